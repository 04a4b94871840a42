package portal

import (
	"context"
	"net/url"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/datasets/rows"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/licensing/corrections"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// rechecking are the roles that see objections at the desk.
var rechecking = []account.Role{account.Officer, account.Head, account.Authority}

// correctionsShown is how many answered objections the page of an entry shows.
const correctionsShown = 3

// showCorrections is GET /datasets/{slug}/corrections: every answered objection to
// an entry, and where the open ones are.
func (s *Server) showCorrections(c *fiber.Ctx) error {
	q, err := query(c, "after", "open")
	if err != nil {
		return err
	}
	ctx, viewer := c.UserContext(), actor(c)
	d, err := s.Datasets.Dataset(ctx, viewer, c.Params("slug"))
	if err != nil {
		return err
	}
	p := templates.CorrectionsPage{Frame: s.frame(c, text.T(ctx, "数据复核：%s", text.Pick(ctx, d.Title, d.TitleEN)), ""), Dataset: d}
	if p.Answered, err = s.Corrections.Public(ctx, viewer, d.Slug, q.Get("after")); err != nil {
		return err
	}
	if p.Open, err = s.Corrections.Rechecked(ctx, viewer, d.Slug, q.Get("open")); err != nil {
		return err
	}
	p.NoIndex = q.Get("after") != "" || q.Get("open") != ""
	return s.page(c, templates.Corrections(p))
}

// filingFields are the parameters that a link to the form carries, and the form
// sends back.
var filingFields = []string{"resource", "version", "table", "row", "column"}

// showCorrect is GET /datasets/{slug}/correct: the form for an objection.
func (s *Server) showCorrect(c *fiber.Ctx) error {
	q, err := query(c, filingFields...)
	if err != nil {
		return err
	}
	f, err := filing(c, q)
	if err != nil {
		return err
	}
	f.Channel = corrections.ToProvider
	return s.correctPage(c, f, templates.Mistake{})
}

// filing is what a link or a form says. Numbers that are none are refused: no
// link and no form of ours has them.
func filing(c *fiber.Ctx, q url.Values) (f corrections.Filing, err error) {
	f = corrections.Filing{Slug: c.Params("slug"), Resource: q.Get("resource"), Column: q.Get("column"), Channel: corrections.Channel(q.Get("channel")),
		Alleged: q.Get("alleged"), Evidence: q.Get("evidence"), Contact: q.Get("contact")}
	number := func(name string, to *int64) {
		raw := q.Get(name)
		if raw == "" || err != nil {
			return
		}
		n, wrong := strconv.ParseInt(raw, 10, 64)
		if wrong != nil || n < 0 || n > 1<<40 {
			err = fault.At(name, "请填一个正整数。")
			return
		}
		*to = n
	}
	var version, table int64
	number("version", &version)
	number("table", &table)
	number("row", &f.Row)
	f.Version, f.Table = int(version), int(table)
	return f, err
}

// correctPage is the form: for an entry, or for a place in one of its files, of
// which it shows the row if the viewer may have it.
func (s *Server) correctPage(c *fiber.Ctx, f corrections.Filing, wrong templates.Mistake) error {
	ctx, viewer := c.UserContext(), actor(c)
	d, err := s.Datasets.Dataset(ctx, viewer, f.Slug)
	if err != nil {
		return err
	}
	p := templates.CorrectPage{Frame: s.quietFrame(c, text.T(ctx, "数据有错：%s", text.Pick(ctx, d.Title, d.TitleEN))), Dataset: d, Filing: f, Mistake: wrong, Most: s.Accounts.Rate(corrections.Bucket).Limit}
	p.CSRF = s.formToken(c)
	if p.Filing.Contact == "" && wrong.Sentence == "" && !viewer.IsVisitor() {
		u, err := s.Accounts.Own(ctx, viewer)
		if err != nil {
			return err
		}
		p.Filing.Contact = u.Identifier
	}
	for _, t := range []*string{&p.Filing.Alleged, &p.Filing.Evidence} {
		if len(*t) > mostTyped {
			*t = ""
		}
	}
	p.Filing.Contact = repeated(p.Filing.Contact)
	if p.Answer, p.Forward, p.More, err = s.Corrections.Days(d.Department.Profile); err != nil {
		return err
	}
	p.Who = firstInForce(s, &d.Department)
	p.House = s.houseRules("correction_who", "correction_contact")
	for i := range d.Resources {
		if r := &d.Resources[i]; r.ID == f.Resource {
			p.Resource = r
		}
	}
	if p.Resource == nil || p.Resource.Newest == nil {
		return s.page(c, templates.Correct(p))
	}
	p.Version = p.Resource.Newest
	if f.Version > 0 && f.Version != p.Version.Number {
		if p.Version, err = s.Datasets.Version(ctx, viewer, p.Resource.ID, f.Version); fault.KindOf(err) == fault.NotFound {
			p.Version, err = p.Resource.Newest, nil
		}
		if err != nil {
			return err
		}
	}
	if at := max(f.Table, 1) - 1; at < len(p.Version.Tables) {
		p.Table = &p.Version.Tables[at]
		p.Cells = s.rowOf(c, p.Version, at, f.Row)
	}
	return s.page(c, templates.Correct(p))
}

// mostTyped is how much of a long text is written back: more was refused, and is
// in the reader's own hands.
const mostTyped = 64 << 10

// rowOf are the values of one row of a table, by column, for who may have them;
// nil where the row is not there, or not to be had now.
func (s *Server) rowOf(c *fiber.Ctx, v *datasets.Version, table int, row int64) map[string]string {
	if row < 1 || row > v.Tables[table].Rows || s.admitVisit(c, QuestionVisit) != nil {
		return nil
	}
	ctx, done := context.WithTimeout(c.UserContext(), firstWait)
	defer done()
	r, err := s.Datasets.Query(ctx, actor(c), v, table, rows.Query{From: row - 1, Limit: 1, Clip: 200})
	if err != nil || len(r.Rows) == 0 {
		return nil
	}
	out := map[string]string{}
	for i, f := range r.Fields {
		switch v := r.Rows[0][i].(type) {
		case nil:
			out[f.Name] = ""
		case rows.Misfit:
			out[f.Name] = string(v)
		case string:
			out[f.Name] = v
		default:
			out[f.Name] = text.T(c.UserContext(), "%v", v)
		}
	}
	return out
}

// correct is POST /datasets/{slug}/correct.
func (s *Server) correct(c *fiber.Ctx) error {
	q, err := form(c, append([]string{"channel", "alleged", "evidence", "contact", templates.TrapName}, filingFields...)...)
	if err != nil {
		return err
	}
	ctx, who := c.UserContext(), actor(c)
	f, err := filing(c, q)
	link := ""
	if err == nil {
		f.Network, f.Language = s.Network(c), letterLanguage(ctx)
		if q.Get(templates.TrapName) != "" {
			if link, err = s.Corrections.Waste(ctx, who, f); err == nil {
				trapped.Inc()
			}
		} else {
			_, link, err = s.Corrections.File(ctx, who, f)
		}
	}
	if wrong, ok := s.mistake(c, err); ok {
		return s.correctPage(c, f, wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, templates.CorrectionLink(link)+"&done=filed")
}

func letterLanguage(ctx context.Context) string {
	if text.Of(ctx) == text.English {
		return "en"
	}
	return "zh"
}

// showFollowedCorrection is GET /corrections?link=: where an objection stands, for
// whoever filed it.
func (s *Server) showFollowedCorrection(c *fiber.Ctx) error {
	q, err := query(c, "link", "done")
	if err != nil {
		return err
	}
	return s.followedCorrectionPage(c, q.Get("link"), q.Get("done"), "", templates.Mistake{})
}

func (s *Server) followedCorrectionPage(c *fiber.Ctx, link, done, typed string, wrong templates.Mistake) error {
	ctx := c.UserContext()
	found, events, err := s.Corrections.Linked(ctx, link)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set(fiber.HeaderReferrerPolicy, "no-referrer") // the address is the secret
	p := templates.FollowedCorrectionPage{Frame: s.quietFrame(c, templates.CorrectionNumber(found.ID)), Correction: found, Events: events, Link: link, Filed: done == "filed", Typed: typed, Mistake: wrong}
	p.CSRF = s.formToken(c)
	return s.page(c, templates.FollowedCorrection(p))
}

// settleCorrection is POST /corrections: whoever filed an objection reopens or
// closes it.
func (s *Server) settleCorrection(c *fiber.Ctx) error {
	f, err := form(c, "link", "action", "reason", "revision")
	if err != nil {
		return err
	}
	revision, err := strconv.Atoi(f.Get("revision"))
	if err != nil {
		return malformed("revision", "请求的格式不对。")
	}
	step := corrections.Step{Action: corrections.Action(f.Get("action")), Words: f.Get("reason"), Revision: revision}
	if step.Action != corrections.Reopen && step.Action != corrections.Close {
		return malformed("action", "请求的格式不对。")
	}
	_, err = s.Corrections.Settle(c.UserContext(), actor(c), f.Get("link"), step)
	if wrong, ok := s.mistake(c, err); ok {
		return s.followedCorrectionPage(c, f.Get("link"), "", repeated(step.Words), wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, templates.CorrectionLink(f.Get("link")))
}

// showOwnCorrections is GET /account/corrections.
func (s *Server) showOwnCorrections(c *fiber.Ctx) error {
	q, err := query(c, "after")
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	p := templates.OwnCorrectionsPage{Frame: s.quietFrame(c, text.T(ctx, "我的异议")), Links: map[int64]string{}}
	if p.List, err = s.Corrections.Own(ctx, actor(c), q.Get("after")); err != nil {
		return err
	}
	for i := range p.List.Items {
		if p.Links[p.List.Items[i].ID], err = s.Corrections.LinkOf(ctx, actor(c), &p.List.Items[i]); err != nil {
			return err
		}
	}
	return s.page(c, templates.OwnCorrections(p))
}

// showDeskCorrections is GET /desk/corrections.
func (s *Server) showDeskCorrections(c *fiber.Ctx) error {
	q, err := query(c, "all", "after", "done")
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	p := templates.DeskCorrectionsPage{Frame: s.quietFrame(c, text.T(ctx, "数据复核")), All: q.Get("all") != "", Done: q.Get("done") != ""}
	p.Wide = true
	if p.List, err = s.Corrections.Department(ctx, actor(c), p.All, q.Get("after")); err != nil {
		return err
	}
	return s.page(c, templates.DeskCorrections(p))
}

// showDeskCorrection is GET /desk/corrections/{id}.
func (s *Server) showDeskCorrection(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	return s.deskCorrectionPage(c, corrections.Step{}, templates.Mistake{})
}

func (s *Server) deskCorrectionPage(c *fiber.Ctx, typed corrections.Step, wrong templates.Mistake) error {
	ctx, who := c.UserContext(), actor(c)
	id, err := correctionID(c)
	if err != nil {
		return err
	}
	p := templates.DeskCorrectionPage{Frame: s.quietFrame(c, templates.CorrectionNumber(id)), Typed: typed, Mistake: wrong}
	if p.Case, err = s.Corrections.One(ctx, who, id); err != nil {
		return err
	}
	if profile, ok := s.Policy.Profile(p.Case.Profile); ok {
		p.Meanwhile = templates.AskedText{Profile: profile, Rule: firstRule(profile, "correction.services_must_not_be_refused_meanwhile")}
	}
	if p.Offered(corrections.Correct) {
		if p.Fixes, err = s.Corrections.Fixes(ctx, who, &p.Case.Correction); err != nil {
			return err
		}
	}
	if p.Offered(corrections.Disagree) {
		if p.Cases, err = s.Corrections.Cases(ctx, who, &p.Case.Correction); err != nil {
			return err
		}
	}
	if place := p.Case.Place; place.Resource != nil && place.Table >= 0 && place.Row > 0 {
		v, err := s.Datasets.Version(ctx, who, place.Resource.ID, place.Version)
		if err == nil && place.Table < len(v.Tables) {
			p.Table, p.Cells = &v.Tables[place.Table], s.rowOf(c, v, place.Table, place.Row)
		}
	}
	return s.page(c, templates.DeskCorrection(p))
}

func correctionID(c *fiber.Ctx) (int64, error) {
	id, err := strconv.ParseInt(c.Params("id"), 10, 64)
	if err != nil || id < 1 {
		return 0, fault.New(fault.NotFound, "没有这件异议。")
	}
	return id, nil
}

// moveCorrection is POST /desk/corrections/{id}.
func (s *Server) moveCorrection(c *fiber.Ctx) error {
	f, err := form(c, "revision", "action", "answer", "reason", "days", "fix", "case", "other")
	if err != nil {
		return err
	}
	id, err := correctionID(c)
	if err != nil {
		return err
	}
	step := corrections.Step{Action: corrections.Action(f.Get("action")), Words: f.Get("reason"), Fix: f.Get("fix"), Other: f.Get("other")}
	if step.Revision, err = strconv.Atoi(f.Get("revision")); err != nil {
		return malformed("revision", "请求的格式不对。")
	}
	if !templates.KnownCorrectionAction(step.Action) {
		return malformed("action", "请求的格式不对。")
	}
	if step.Action == corrections.Correct || step.Action == corrections.Confirm {
		step.Words = f.Get("answer")
	}
	if raw := f.Get("days"); raw != "" {
		step.Days, _ = strconv.Atoi(raw) // what is no number is no number of days
	}
	if raw := f.Get("case"); raw != "" {
		if step.Case, err = strconv.ParseInt(raw, 10, 64); err != nil || step.Case < 0 {
			return malformed("case", "请求的格式不对。")
		}
	}
	_, err = s.Corrections.Move(c.UserContext(), actor(c), id, step)
	if wrong, ok := s.mistake(c, err); ok {
		if len(step.Words) > mostTyped {
			step.Words = ""
		}
		return s.deskCorrectionPage(c, step, wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, corrections.DeskPath(id))
}

// correctionsOf are the newest answered objections to an entry that is public.
func (s *Server) correctionsOf(c *fiber.Ctx, d *datasets.Dataset) ([]corrections.Correction, error) {
	if s.Corrections == nil || d.Status != datasets.Published {
		return nil, nil
	}
	p, err := s.Corrections.Public(c.UserContext(), actor(c), d.Slug, "")
	return p.Items[:min(len(p.Items), correctionsShown)], err
}

// firstInForce is what the text that binds a department says of who may object.
func firstInForce(s *Server, d *datasets.Department) templates.AskedText {
	p, ok := s.Policy.Profile(d.Profile)
	if !ok || !p.InForce(s.Now()) {
		return templates.AskedText{}
	}
	return templates.AskedText{Profile: p, Rule: firstRule(p, "correction.who", "correction")}
}
