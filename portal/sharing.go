package portal

import (
	"context"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/datasets/catalogue"
	"shuyuan/datasets/rows"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/licensing/sharing"
	"shuyuan/licensing/supervision"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// The desk's pages about what public bodies share with each other. The public
// never sees them, and nothing of them is counted, indexed or fed.

// sharers are the roles that find the directory, and askers those that ask.
var (
	sharers = []account.Role{account.Officer, account.Head, account.Authority}
	askers  = []account.Role{account.Officer, account.Head}
)

const shareRows = 50

// showSharing is GET /desk/sharing: the directory.
func (s *Server) showSharing(c *fiber.Ctx) error {
	q, err := query(c, "q", "department", "type", "page")
	if err != nil {
		return err
	}
	page, err := pageNumber(q, 10000)
	if err != nil {
		return err
	}
	ctx, who := c.UserContext(), actor(c)
	f := datasets.ShareFilter{Department: q.Get("department"), Type: q.Get("type"), Offset: (page - 1) * shareRows, Limit: shareRows}
	if f.Words, err = datasets.CleanLine("q", q.Get("q")); err != nil {
		return err
	}
	if f.Type != "" && !slices.Contains([]string{string(datasets.Unconditional), string(datasets.Conditional), string(datasets.Withheld)}, f.Type) {
		return malformed("type", "没有这种类型，请从列表里选。")
	}
	p := templates.SharingPage{Frame: s.quietFrame(c, text.T(ctx, "共享目录")), Filter: f, Page: page}
	p.Wide = true
	if p.Found, err = s.Sharing.Directory(ctx, who, f); err != nil {
		return err
	}
	p.Pages = (p.Found.Total + shareRows - 1) / shareRows
	all, err := s.Datasets.Departments(ctx, who)
	if err != nil {
		return err
	}
	for _, d := range all {
		p.Departments = append(p.Departments, d.Item)
	}
	return s.page(c, templates.Sharing(p))
}

// showShareEntry is GET /desk/sharing/entries/{slug}.
func (s *Server) showShareEntry(c *fiber.Ctx) error {
	q, err := query(c, "return")
	if err != nil {
		return err
	}
	return s.shareEntryPage(c, sharing.Asked{}, q.Get("return") == "1", templates.Mistake{})
}

func (s *Server) shareEntryPage(c *fiber.Ctx, asked sharing.Asked, returns bool, wrong templates.Mistake) error {
	ctx, who := c.UserContext(), actor(c)
	found, err := s.Sharing.Entry(ctx, who, c.Params("slug"))
	if err != nil {
		return err
	}
	p := templates.ShareEntryPage{Frame: s.quietFrame(c, text.T(ctx, "共享：%s", text.Pick(ctx, found.Title, found.TitleEN))), Book: s.Policy, Entry: found, Returns: returns, Form: asked, May: who.Any(askers...), Mistake: wrong}
	p.Type = catalogue.RulesOn(s.Policy, found.Department.Profile, s.Now()).Share.TypeName(found.ShareType)
	return s.page(c, templates.ShareEntry(p))
}

// askedOf reads a form that asks for something.
func askedOf(f url.Values) (sharing.Asked, error) {
	a := sharing.Asked{Basis: f.Get("basis"), Purpose: f.Get("purpose"), Scenario: f.Get("scenario"), Scope: f.Get("scope"), Method: f.Get("method"), Needs: f.Get("needs"), Columns: f["column"], Answers: f["material"],
		Pledge: f.Get("pledge") == "1", Upper: f.Get("upper"), Title: f.Get("title")}
	if raw := strings.TrimSpace(f.Get("months")); raw != "" {
		n, err := strconv.Atoi(raw)
		if err != nil || n < 1 {
			return a, fault.At("months", "请写一个整数。")
		}
		a.Months = n
	}
	return a, nil
}

// askShare is POST /desk/sharing/entries/{slug}.
func (s *Server) askShare(c *fiber.Ctx) error {
	f, err := form(c, "kind", "basis", "purpose", "scenario", "scope", "method", "needs", "months", "column*", "material*", "pledge")
	if err != nil {
		return err
	}
	kind := sharing.Kind(f.Get("kind"))
	if kind != "" && !slices.Contains(sharing.Kinds(), kind) {
		return malformed("kind", "请求的格式不对。")
	}
	asked, err := askedOf(f)
	var r *sharing.Request
	if err == nil {
		r, err = s.Sharing.File(c.UserContext(), actor(c), c.Params("slug"), kind, asked)
	}
	if fault.KindOf(err) == fault.Forbidden {
		return err
	}
	if wrong, ok := s.mistake(c, err); ok {
		return s.shareEntryPage(c, asked, kind == sharing.Return, wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, r.Path())
}

// showUpward is GET /desk/sharing/upward.
func (s *Server) showUpward(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	return s.upwardPage(c, sharing.Asked{}, templates.Mistake{})
}

func (s *Server) upwardPage(c *fiber.Ctx, asked sharing.Asked, wrong templates.Mistake) error {
	return s.page(c, templates.Upward(templates.UpwardPage{Frame: s.quietFrame(c, text.T(c.UserContext(), "向上申请")), Form: asked, Mistake: wrong}))
}

// askUpward is POST /desk/sharing/upward.
func (s *Server) askUpward(c *fiber.Ctx) error {
	f, err := form(c, "title", "upper", "basis", "purpose", "scope")
	if err != nil {
		return err
	}
	asked, err := askedOf(f)
	var r *sharing.Request
	if err == nil {
		r, err = s.Sharing.FileUpward(c.UserContext(), actor(c), asked)
	}
	if fault.KindOf(err) == fault.Forbidden {
		return err
	}
	if wrong, ok := s.mistake(c, err); ok {
		return s.upwardPage(c, asked, wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, r.Path())
}

// showShareRequests is GET /desk/sharing/requests: those of one side.
func (s *Server) showShareRequests(c *fiber.Ctx) error {
	q, err := query(c, "as", "all", "before")
	if err != nil {
		return err
	}
	ctx, who := c.UserContext(), actor(c)
	p := templates.ShareRequestsPage{Frame: s.quietFrame(c, text.T(ctx, "共享申请")), As: sharing.Part(q.Get("as")), All: q.Get("all") != ""}
	p.Wide = true
	if who.Any(askers...) {
		p.Sides = append(p.Sides, sharing.Provider, sharing.Asker)
	}
	if who.Is(account.Authority) {
		p.Sides = append(p.Sides, sharing.Over)
	}
	if p.As == "" && len(p.Sides) > 0 {
		p.As = p.Sides[0]
	}
	if !slices.Contains([]sharing.Part{sharing.Provider, sharing.Asker, sharing.Over}, p.As) {
		return malformed("as", "请求的格式不对。")
	}
	f := sharing.Filter{As: p.As, All: p.All, Limit: shareRows}
	if raw := q.Get("before"); raw != "" {
		if f.Before, err = strconv.ParseInt(raw, 10, 64); err != nil || f.Before < 1 {
			return malformed("before", "请求的格式不对。")
		}
	}
	if p.Items, err = s.Sharing.Requests(ctx, who, f); err != nil {
		return err
	}
	if len(p.Items) == shareRows {
		p.Next = p.Items[len(p.Items)-1].ID
	}
	return s.page(c, templates.ShareRequests(p))
}

func shareNumber(c *fiber.Ctx) (int64, error) {
	number, err := strconv.ParseInt(c.Params("id"), 10, 64)
	if err != nil || number < 1 {
		return 0, fault.New(fault.NotFound, "没有这件共享申请。")
	}
	return number, nil
}

// showShareRequest is GET /desk/sharing/requests/{id}.
func (s *Server) showShareRequest(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	return s.shareRequestPage(c, nil, "", templates.Mistake{})
}

func (s *Server) shareRequestPage(c *fiber.Ctx, typed *templates.ShareForm, basis string, wrong templates.Mistake) error {
	number, err := shareNumber(c)
	if err != nil {
		return err
	}
	ctx, who := c.UserContext(), actor(c)
	p := templates.ShareRequestPage{Frame: s.quietFrame(c, text.T(ctx, "共享申请")), Book: s.Policy, Mistake: wrong}
	if p.Request, p.Parts, p.Offers, err = s.Sharing.One(ctx, who, number); err != nil {
		return err
	}
	r := p.Request
	if typed != nil {
		p.Form = *typed
	} else {
		p.Form.Given = s.Sharing.Proposed(r)
		p.Form.Filed = r.Filed
		for _, f := range r.Entry.Filings {
			if slices.Contains(r.Rules().Filed, f.With) {
				p.Form.Filed = f.Date
			}
		}
	}
	p.Basis = s.basisInputs("basis", basis, r.Rules().Axis())
	if p.Cases, p.MayCharge, err = s.shareCases(c, r); err != nil {
		return err
	}
	if r.Kind != sharing.Upward {
		found, err := s.Sharing.Entry(ctx, who, r.Entry.Slug)
		switch {
		case err == nil:
			p.Columns = found.Columns
			if slices.Contains(p.Parts, sharing.Asker) && r.Grant != nil && r.Grant.Runs(s.Now()) {
				p.Files = s.shareFiles(c, found)
			}
		case fault.KindOf(err) != fault.NotFound: // withdrawn: the request stays
			return err
		}
	}
	return s.page(c, templates.ShareRequest(p))
}

// shareCases are the breach cases about the grant of a request, and whether who asks
// may open one against it: while it runs, since what has ended or is held already
// nothing holds.
func (s *Server) shareCases(c *fiber.Ctx, r *sharing.Request) (cases []supervision.Breach, may bool, err error) {
	if s.Supervision == nil || r.Grant == nil {
		return nil, false, nil
	}
	ctx, who, of := c.UserContext(), actor(c), supervision.OfRequest(r.ID)
	x, err := s.Supervision.Against(ctx, who, of)
	if err != nil {
		return nil, false, err
	}
	cases, err = s.Supervision.BreachesOf(ctx, who, of)
	return cases, x.May && r.Grant.Runs(s.Now()), err
}

// shareFiles are the files of an entry that the Gate lets who asks have.
func (s *Server) shareFiles(c *fiber.Ctx, found *sharing.Found) (out []templates.ShareFile) {
	for i := range found.Resources {
		r := &found.Resources[i]
		f := templates.ShareFile{Name: r.Name, NameEN: r.NameEN}
		base := "/desk/sharing/entries/" + found.Slug + "/files/" + r.ID
		switch {
		case r.Link != nil:
			f.Address = r.Link.URL
		case r.Newest == nil:
			continue
		case s.Datasets.MayServe(c.UserContext(), actor(c), r.Newest) == nil:
			f.Path = base + "/original"
			if len(r.Newest.Tables) > 0 {
				f.Rows = base + "/csv"
			}
		case len(found.Scopes) > 0 && sharing.Covering(found.Scopes, nil) == nil && len(r.Newest.Tables) > 0:
			f.Rows = base + "/csv" // the columns that were given
		default:
			continue
		}
		out = append(out, f)
	}
	return out
}

// metFields are the answers about the conditions.
var metFields = func() (out []string) {
	for i := range sharing.MostListed {
		out = append(out, "met"+strconv.Itoa(i))
	}
	return out
}()

// moveShareRequest is POST /desk/sharing/requests/{id}.
func (s *Server) moveShareRequest(c *fiber.Ctx) error {
	values, err := form(c, slices.Concat(basisFields, metFields, []string{"revision", "action", "words", "until", "column*", "scope", "method", "guidance", "filed"})...)
	if err != nil {
		return err
	}
	number, err := shareNumber(c)
	if err != nil {
		return err
	}
	f := formValues{values}
	step := sharing.Step{Action: sharing.Action(f.Get("action")), Words: f.Get("words"), Filed: f.Get("filed"),
		Given: sharing.Given{Columns: values["column"], Scope: f.Get("scope"), Method: f.Get("method"), Until: f.Get("until"), Guidance: f.Get("guidance")}}
	step.Revision, _ = strconv.Atoi(f.Get("revision")) // none is not the one that is there
	step.Bases, _ = catalogue.ReadBases("basis", f.basis())
	typed := templates.ShareForm{Action: f.Get("action"), Words: step.Words, Given: step.Given, Filed: step.Filed, Met: map[int]string{}}
	for i, name := range metFields {
		switch said := f.Get(name); said {
		case "":
		case "yes", "no":
			typed.Met[i] = said
			if len(step.Verdicts) == i { // a gap leaves the rest unsaid
				step.Verdicts = append(step.Verdicts, said == "yes")
			}
		default:
			return malformed(name, "请求的格式不对。")
		}
	}
	_, err = s.Sharing.Move(c.UserContext(), actor(c), number, step)
	if wrong, ok := s.mistake(c, err); ok {
		return s.shareRequestPage(c, &typed, f.basis(), wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk/sharing/requests/"+strconv.FormatInt(number, 10))
}

// shareFile is GET /desk/sharing/entries/{slug}/files/{resource}/{kind}: a file for
// who holds a grant. The Gate says so; no cache keeps it.
func (s *Server) shareFile(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	got, err := s.Sharing.Fetch(c.UserContext(), actor(c), c.Params("slug"), c.Params("resource"), c.Params("kind"))
	if err != nil {
		return err
	}
	if got.File != nil {
		return s.sendPrivately(c, got.File)
	}
	h := &c.Response().Header
	h.Set(fiber.HeaderCacheControl, "private, no-store")
	h.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; sandbox")
	h.Set(fiber.HeaderContentType, rows.CSV.MediaType())
	h.Set(fiber.HeaderContentDisposition, disposition(got.Name+".csv"))
	leave, err := s.Enter(c)
	if err != nil {
		return err
	}
	return s.Stream(c, func(ctx context.Context, w io.Writer) error {
		defer leave()
		return got.Export.Write(ctx, w)
	})
}
