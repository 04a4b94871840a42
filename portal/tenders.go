package portal

import (
	"cmp"
	"context"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/fault"
	"shuyuan/licensing"
	"shuyuan/licensing/papers"
	"shuyuan/licensing/tender"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// tendersPage is a list of tenders.
func (s *Server) tendersPage(c *fiber.Ctx, path string, list func(tender.Filter) ([]tender.Tender, error)) error {
	q, err := query(c, "state", "kind", "before")
	if err != nil {
		return err
	}
	p := templates.TendersPage{Frame: s.frame(c, text.T(c.UserContext(), "竞争项目"), text.T(c.UserContext(), "公开招标等竞争性方式：要什么、怎样评分、谁投了、结果怎样。")), Path: path, State: q.Get("state"), Kind: q.Get("kind")}
	switch {
	case !templates.KnownTenderState(p.State) || path != "/desk/tenders" && p.State == string(tender.Draft):
		return malformed("state", "没有这种状态，请从列表里选。")
	case !templates.KnownTenderKind(p.Kind):
		return malformed("kind", "没有这种状态，请从列表里选。")
	}
	before, err := after(q.Get("before"))
	if err != nil {
		return err
	}
	p.Wide, p.NoIndex = true, path != "/tenders" || p.State != "" || p.Kind != "" || before != 0
	if path == "/tenders" {
		p.Feeds = []templates.Link{{Href: "/tenders/feed.xml", Title: p.Title}}
	}
	p.May = path == "/desk/tenders" && tender.Organises(actor(c))
	if p.Items, err = list(tender.Filter{State: p.State, Kind: p.Kind, Before: before, Limit: listed + 1}); err != nil {
		return err
	}
	more := templates.TendersHref(path, p.State, p.Kind)
	more += map[bool]string{true: "&before=", false: "?before="}[strings.Contains(more, "?")]
	p.Items, p.Next = pageOf(p.Items, func(t tender.Tender) int64 { return t.ID }, more)
	return s.page(c, templates.Tenders(p))
}

// showTenders is GET /tenders.
func (s *Server) showTenders(c *fiber.Ctx) error {
	return s.tendersPage(c, "/tenders", func(f tender.Filter) ([]tender.Tender, error) { return s.Tenders.Public(c.UserContext(), f) })
}

// showDeskTenders is GET /desk/tenders.
func (s *Server) showDeskTenders(c *fiber.Ctx) error {
	return s.tendersPage(c, "/desk/tenders", func(f tender.Filter) ([]tender.Tender, error) { return s.Tenders.Desk(c.UserContext(), actor(c), f) })
}

// showOwnTenders is GET /account/tenders.
func (s *Server) showOwnTenders(c *fiber.Ctx) error {
	return s.tendersPage(c, "/account/tenders", func(f tender.Filter) ([]tender.Tender, error) { return s.Tenders.Mine(c.UserContext(), actor(c), f) })
}

// tenderDone are what is said after something was done.
var tenderDone = map[string]string{"1": "已记下。", "sealed": "已封好、收到。回执在下面，也寄到了邮箱。", "withdrawn": "已撤回。", "revealed": "已拆开，和封条对上。", "challenged": "质疑已提出，等组织方答复。", "declared": "已声明。", "scored": "分数已交。"}

func saidDone(c *fiber.Ctx, key string) string {
	if zh := tenderDone[key]; zh != "" {
		return text.T(c.UserContext(), zh)
	}
	return ""
}

// showTender is GET /tenders/{number}.
func (s *Server) showTender(c *fiber.Ctx) error {
	q, err := query(c, "done")
	if err != nil {
		return err
	}
	return s.tenderPage(c, templates.TenderPage{Done: saidDone(c, q.Get("done"))})
}

// showDeskTender is GET /desk/tenders/{number}.
func (s *Server) showDeskTender(c *fiber.Ctx) error {
	q, err := query(c, "done")
	if err != nil {
		return err
	}
	return s.tenderPage(c, templates.TenderPage{Desk: true, Done: saidDone(c, q.Get("done"))})
}

func (s *Server) tenderPage(c *fiber.Ctx, p templates.TenderPage) (err error) {
	ctx, who := c.UserContext(), actor(c)
	if p.Case, err = s.Tenders.One(ctx, who, c.Params("number")); err != nil {
		return err
	}
	if p.Desk && !p.Case.Organiser && !p.Case.Watches {
		return fault.New(fault.NotFound, "没有这个竞争项目。")
	}
	p.Frame, p.Book, p.Rules = s.quietFrame(c, p.Case.Number), s.Policy, s.Tenders.Rules()
	if !p.Desk && p.Case.AnnouncedAt != nil {
		p.Frame = s.frame(c, text.Pick(ctx, p.Case.Title, p.Case.TitleEN), "")
	}
	if p.Desk && p.Case.Organiser {
		if p.Tied, err = s.Licensing.Tied(ctx, who, p.Case.Number); err != nil {
			return err
		}
	}
	if len(p.Case.Mine) > 0 {
		if p.Bidders, err = s.ableBidders(c); err != nil {
			return err
		}
	}
	return s.page(c, templates.Tender(p))
}

// ableBidders are the organisations for which who asks can bid.
func (s *Server) ableBidders(c *fiber.Ctx) ([]tender.Bidder, error) {
	all, err := s.Tenders.Bidders(c.UserContext(), actor(c))
	return slices.DeleteFunc(all, func(b tender.Bidder) bool { return b.Wrong != "" }), err
}

// moveTender is POST /desk/tenders/{number}.
func (s *Server) moveTender(c *fiber.Ctx) error {
	f, err := form(c, "revision", "action", "report", "reason", "contract", "answer", "challenge")
	if err != nil {
		return err
	}
	step := tender.Step{Action: tender.Action(f.Get("action")), Challenge: tender.ChallengeID(f.Get("challenge"))}
	step.Words = f.Get(step.Action.Field())
	step.Revision, _ = strconv.Atoi(f.Get("revision")) // none is not the one that is there
	_, err = s.Tenders.Move(c.UserContext(), actor(c), c.Params("number"), step)
	return s.afterTender(c, templates.TenderStepForm{Action: step.Action, Words: step.Words, Challenge: f.Get("challenge")}, err)
}

// afterTender shows the desk's page of a tender again where something lacks, and else
// as it is now.
func (s *Server) afterTender(c *fiber.Ctx, typed templates.TenderStepForm, err error) error {
	if fault.KindOf(err) == fault.Forbidden {
		return err
	}
	if wrong, ok := s.mistake(c, err); ok {
		return s.tenderPage(c, templates.TenderPage{Desk: true, Form: typed, Mistake: wrong})
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk/tenders/"+c.Params("number")+"?done=1")
}

// examineBid is POST /desk/tenders/{number}/bids/{bid}.
func (s *Server) examineBid(c *fiber.Ctx) error {
	f, err := form(c, "revision", "admit", "reason")
	if err != nil {
		return err
	}
	revision, _ := strconv.Atoi(f.Get("revision"))      // none is not the one that is there
	bid, _ := strconv.ParseInt(c.Params("bid"), 10, 64) // as above
	_, err = s.Tenders.Examine(c.UserContext(), actor(c), c.Params("number"), revision, bid, f.Get("admit") != "", f.Get("reason"))
	return s.afterTender(c, templates.TenderStepForm{Action: tender.Disqualify, Bid: c.Params("bid"), Words: f.Get("reason")}, err)
}

// changePanel is POST /desk/tenders/{number}/panel.
func (s *Server) changePanel(c *fiber.Ctx) error {
	f, err := form(c, "revision", "add", "strike", "reason")
	if err != nil {
		return err
	}
	revision, _ := strconv.Atoi(f.Get("revision")) // none is not the one that is there
	if f.Get("strike") != "" {
		user, _ := strconv.ParseInt(f.Get("strike"), 10, 64)
		_, err = s.Tenders.Strike(c.UserContext(), actor(c), c.Params("number"), revision, user, f.Get("reason"))
	} else {
		_, err = s.Tenders.AddMember(c.UserContext(), actor(c), c.Params("number"), revision, f.Get("add"))
	}
	return s.afterTender(c, templates.TenderStepForm{Action: tender.ChangePanel, Member: f.Get("add")}, err)
}

// tenderFields are the fields of the form of a tender.
var tenderFields = []string{"sent", "revision", "kind", "about", "method", "title", "title_en", "description", "requirements", "entries", "pricing", "limit", "price_weight", "name*", "weight*", "says*", "opens", "closes", "opening_at", "panel"}

// tenderForm reads the form of a tender, as it was typed and as it is meant.
func tenderForm(c *fiber.Ctx) (templates.TenderForm, tender.Form, int, error) {
	f, err := form(c, tenderFields...)
	if err != nil {
		return templates.TenderForm{}, tender.Form{}, 0, err
	}
	typed := templates.TenderForm{Kind: f.Get("kind"), About: f.Get("about"), Method: f.Get("method"), Title: f.Get("title"), TitleEN: f.Get("title_en"), Description: f.Get("description"), Requirements: f.Get("requirements"), Entries: f.Get("entries"),
		Pricing: f.Get("pricing"), Limit: f.Get("limit"), PriceWeight: f.Get("price_weight"), Names: f["name"], Weights: f["weight"], Says: f["says"], Opens: f.Get("opens"), Closes: f.Get("closes"), OpeningAt: f.Get("opening_at"), Panel: f.Get("panel")}
	n := tender.Form{Kind: tender.Kind(typed.Kind), About: typed.About, Method: typed.Method, Title: typed.Title, TitleEN: typed.TitleEN, Description: typed.Description, Requirements: typed.Requirements, Pricing: tender.Pricing(typed.Pricing),
		Limit: typed.Limit, PriceWeight: typed.PriceWeight, Opens: typed.Opens, Closes: typed.Closes, OpeningAt: typed.OpeningAt, Sent: sent(c, f)}
	for i := range max(len(typed.Names), len(typed.Weights), len(typed.Says)) {
		n.Criteria = append(n.Criteria, tender.FormCriterion{Name: nthOf(typed.Names, i), Weight: nthOf(typed.Weights, i), Says: nthOf(typed.Says, i)})
	}
	for line := range strings.Lines(typed.Entries) {
		slug, columns, _ := strings.Cut(strings.ReplaceAll(strings.TrimSpace(line), "：", ":"), ":")
		if slug = slugIn(strings.TrimSpace(slug)); slug != "" {
			n.Entries = append(n.Entries, tender.FormEntry{Slug: slug, Columns: strings.TrimSpace(columns)})
		}
	}
	for line := range strings.Lines(typed.Panel) {
		if line = strings.TrimSpace(line); line != "" {
			n.Panel = append(n.Panel, line)
		}
	}
	revision, _ := strconv.Atoi(f.Get("revision")) // none is not the one that is there
	return typed, n, revision, nil
}

func nthOf(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return ""
}

// tenderFormPage shows the form of a tender.
func (s *Server) tenderFormPage(c *fiber.Ctx, p templates.NewTenderPage) error {
	ctx, who := c.UserContext(), actor(c)
	if p.Action == "" {
		p.Action = "/desk/tenders"
	}
	p.Frame = s.quietFrame(c, text.T(ctx, "起草竞争项目"))
	if p.Back.Href == "" {
		p.Back = templates.Link{Href: "/desk/tenders", Title: text.T(ctx, "竞争项目")}
	}
	profile, err := s.Tenders.ProfileOf(ctx, who)
	if err != nil {
		return err
	}
	p.Book, p.Rules = s.Policy, s.Tenders.Rules()
	p.Method = s.Tenders.MethodOn(profile, cmp.Or(tender.Kind(p.Form.Kind), tender.DataUse), s.Now())
	return s.page(c, templates.NewTender(p))
}

// showNewTender is GET /desk/tenders/new.
func (s *Server) showNewTender(c *fiber.Ctx) error {
	q, err := query(c, "kind", "about")
	if err != nil {
		return err
	}
	f := templates.TenderForm{Kind: q.Get("kind"), About: q.Get("about")}
	if tender.Kind(f.Kind) == tender.Scenario && f.About != "" {
		v, err := s.Scenarios.One(c.UserContext(), actor(c), f.About)
		if err != nil {
			return err
		}
		f.Title, f.Description = v.Title, v.Description
		for i := range v.Items {
			if x := &v.Items[i]; x.Given() {
				f.Entries += x.Dataset.Slug + "：" + strings.Join(x.GivenColumns, "、") + "\n"
			}
		}
	}
	return s.tenderFormPage(c, templates.NewTenderPage{Form: f})
}

// writeTender is POST /desk/tenders.
func (s *Server) writeTender(c *fiber.Ctx) error {
	typed, n, _, err := tenderForm(c)
	if err != nil {
		return err
	}
	t, err := s.Tenders.Write(c.UserContext(), actor(c), n)
	if fault.KindOf(err) == fault.Forbidden {
		return err
	}
	if wrong, ok := s.mistake(c, err); ok {
		return s.tenderFormPage(c, templates.NewTenderPage{Form: typed, Mistake: wrong})
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk/tenders/"+t.Number+"?done=1")
}

// showEditTender is GET /desk/tenders/{number}/edit.
func (s *Server) showEditTender(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	v, err := s.organised(c)
	if err != nil {
		return err
	}
	panel, err := s.Tenders.PanelIdentifiers(c.UserContext(), actor(c), v.Number)
	if err != nil {
		return err
	}
	return s.tenderFormPage(c, templates.NewTenderPage{Action: "/desk/tenders/" + v.Number + "/edit", Number: v.Number, Revision: v.Revision, Form: templates.TenderFormOf(v.Tender, panel), Back: templates.Link{Href: "/desk/tenders/" + v.Number, Title: v.Number}})
}

// organised is a tender that who asks organises.
func (s *Server) organised(c *fiber.Ctx) (*tender.View, error) {
	v, err := s.Tenders.One(c.UserContext(), actor(c), c.Params("number"))
	if err == nil && !v.Organiser {
		err = fault.New(fault.NotFound, "没有这个竞争项目。")
	}
	return v, err
}

// editTender is POST /desk/tenders/{number}/edit.
func (s *Server) editTender(c *fiber.Ctx) error {
	typed, n, revision, err := tenderForm(c)
	if err != nil {
		return err
	}
	number := c.Params("number")
	_, err = s.Tenders.Rewrite(c.UserContext(), actor(c), number, revision, n)
	if fault.KindOf(err) == fault.Forbidden {
		return err
	}
	if wrong, ok := s.mistake(c, err); ok {
		return s.tenderFormPage(c, templates.NewTenderPage{Action: "/desk/tenders/" + number + "/edit", Number: number, Revision: revision, Form: typed, Mistake: wrong, Back: templates.Link{Href: "/desk/tenders/" + number, Title: number}})
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk/tenders/"+number+"?done=1")
}

// showTenderForApplication is GET /desk/applications/{number}/tender: the draft of a
// tender that decides the application.
func (s *Server) showTenderForApplication(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	a, err := s.awarding(c)
	if err != nil {
		return err
	}
	f := templates.TenderForm{Kind: string(tender.DataUse), Title: text.In(text.Chinese, "%s：商业使用", a.Dataset.Title), Entries: a.Dataset.Slug, Description: a.Purpose}
	return s.applicationTenderPage(c, a, f, templates.Mistake{})
}

// awarding is an application that a competition decides, for its department.
func (s *Server) awarding(c *fiber.Ctx) (*licensing.Application, error) {
	a, side, err := s.Licensing.One(c.UserContext(), actor(c), c.Params("number"))
	if err == nil && (side != licensing.OfDepartment || a.State != licensing.Awarding) {
		err = fault.New(fault.Conflict, "现在的状态不能这样做，请刷新页面看看有什么变化。")
	}
	return a, err
}

func (s *Server) applicationTenderPage(c *fiber.Ctx, a *licensing.Application, f templates.TenderForm, wrong templates.Mistake) error {
	at := "/desk/applications/" + a.Number
	return s.tenderFormPage(c, templates.NewTenderPage{Action: at + "/tender", Application: a, Revision: a.Revision, Form: f, Mistake: wrong, Back: templates.Link{Href: at, Title: a.Number}})
}

// startTender is POST /desk/applications/{number}/tender.
func (s *Server) startTender(c *fiber.Ctx) error {
	typed, n, revision, err := tenderForm(c)
	if err != nil {
		return err
	}
	number, err := s.Licensing.StartTender(c.UserContext(), actor(c), c.Params("number"), revision, n)
	if k := fault.KindOf(err); k == fault.Forbidden || k == fault.Conflict {
		return err
	}
	if wrong, ok := s.mistake(c, err); ok {
		a, err := s.awarding(c)
		if err != nil {
			return err
		}
		return s.applicationTenderPage(c, a, typed, wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk/tenders/"+number+"?done=1")
}

// joinTender is POST /desk/applications/{number}/tender/join.
func (s *Server) joinTender(c *fiber.Ctx) error {
	f, revision, err := revisionForm(c, "tender")
	if err != nil {
		return err
	}
	_, err = s.Licensing.JoinTender(c.UserContext(), actor(c), c.Params("number"), revision, strings.TrimSpace(f.Get("tender")))
	return s.afterMove(c, "tender", templates.DecisionForm{Tender: f.Get("tender")}, err)
}

// ── bidders ──

// showBid is GET /tenders/{number}/bid.
func (s *Server) showBid(c *fiber.Ctx) error {
	q, err := query(c, "done")
	if err != nil {
		return err
	}
	return s.bidPage(c, templates.BidPage{Done: saidDone(c, q.Get("done"))})
}

func (s *Server) bidPage(c *fiber.Ctx, p templates.BidPage) (err error) {
	if p.Case, err = s.Tenders.One(c.UserContext(), actor(c), c.Params("number")); err != nil {
		return err
	}
	if p.Bidders, err = s.Tenders.Bidders(c.UserContext(), actor(c)); err != nil {
		return err
	}
	p.Frame, p.Book, p.Rules = s.quietFrame(c, text.T(c.UserContext(), "投标")+" "+p.Case.Number), s.Policy, s.Tenders.Rules()
	return s.page(c, templates.Bid(p))
}

// bidForm reads the form of a bid, as it was typed and as it is meant.
func bidForm(c *fiber.Ctx) (typed templates.BidForm, o tender.Offer, organisation int64, err error) {
	f, err := form(c, "organisation", "way", "amount", "proposal", "nonce", "commitment")
	if err != nil {
		return typed, o, 0, err
	}
	typed = templates.BidForm{Organisation: f.Get("organisation"), Way: f.Get("way"), Amount: f.Get("amount"), Proposal: f.Get("proposal"), Nonce: f.Get("nonce"), Commitment: f.Get("commitment")}
	organisation, _ = strconv.ParseInt(typed.Organisation, 10, 64) // none is not one of the reader's
	o.Proposal = typed.Proposal
	o.Amount, err = tender.ParseYuan("amount", typed.Amount)
	return typed, o, organisation, err
}

// bidAgain shows the form again with what is wrong; done: where to go where nothing is.
func (s *Server) bidAgain(c *fiber.Ctx, typed templates.BidForm, done string, err error) error {
	if fault.KindOf(err) == fault.Malformed {
		return err
	}
	if wrong, ok := s.mistake(c, err); ok {
		return s.bidPage(c, templates.BidPage{Form: typed, Mistake: wrong})
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/tenders/"+c.Params("number")+"/bid?done="+done)
}

// previewBid is POST /tenders/{number}/bid: what would be sealed; nothing is kept.
func (s *Server) previewBid(c *fiber.Ctx) error {
	typed, o, organisation, err := bidForm(c)
	var p tender.Prepared
	if err == nil {
		p, err = s.Tenders.Prepare(c.UserContext(), actor(c), c.Params("number"), organisation, o, "")
	}
	if err != nil {
		return s.bidAgain(c, typed, "", err)
	}
	return s.bidPage(c, templates.BidPage{Form: typed, Prepared: &p})
}

// sealBid is POST /tenders/{number}/bid/seal.
func (s *Server) sealBid(c *fiber.Ctx) error {
	typed, o, organisation, err := bidForm(c)
	if err == nil {
		_, err = s.Tenders.Seal(c.UserContext(), actor(c), c.Params("number"), tender.Sealing{Organisation: organisation, Way: tender.Way(typed.Way), Offer: o, Nonce: typed.Nonce, Commitment: typed.Commitment})
	}
	return s.bidAgain(c, typed, "sealed", err)
}

// withdrawBid is POST /tenders/{number}/bid/withdraw.
func (s *Server) withdrawBid(c *fiber.Ctx) error {
	f, err := form(c, "organisation")
	if err != nil {
		return err
	}
	organisation, _ := strconv.ParseInt(f.Get("organisation"), 10, 64) // none is not one of the reader's
	err = s.Tenders.Withdraw(c.UserContext(), actor(c), c.Params("number"), organisation)
	return s.bidAgain(c, templates.BidForm{}, "withdrawn", err)
}

// revealBid is POST /tenders/{number}/bid/reveal.
func (s *Server) revealBid(c *fiber.Ctx) error {
	typed, o, organisation, err := bidForm(c)
	if err == nil {
		_, err = s.Tenders.RevealOwn(c.UserContext(), actor(c), c.Params("number"), organisation, o, typed.Nonce)
	}
	return s.bidAgain(c, typed, "revealed", err)
}

// challengeTender is POST /tenders/{number}/challenge.
func (s *Server) challengeTender(c *fiber.Ctx) error {
	f, err := form(c, "organisation", "grounds")
	if err != nil {
		return err
	}
	organisation, _ := strconv.ParseInt(f.Get("organisation"), 10, 64) // none is not one of the reader's
	_, err = s.Tenders.Object(c.UserContext(), actor(c), c.Params("number"), organisation, f.Get("grounds"))
	if wrong, ok := s.mistake(c, err); ok {
		return s.tenderPage(c, templates.TenderPage{Form: templates.TenderStepForm{Action: tender.Challenge, Words: f.Get("grounds")}, Mistake: wrong})
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/tenders/"+c.Params("number")+"?done=challenged")
}

// ── the panel ──

// showPanel is GET /tenders/{number}/panel.
func (s *Server) showPanel(c *fiber.Ctx) error {
	q, err := query(c, "done")
	if err != nil {
		return err
	}
	return s.panelPage(c, templates.PanelPage{Form: url.Values{}, Done: saidDone(c, q.Get("done"))})
}

func (s *Server) panelPage(c *fiber.Ctx, p templates.PanelPage) (err error) {
	if p.Case, err = s.Tenders.One(c.UserContext(), actor(c), c.Params("number")); err != nil {
		return err
	}
	if p.Case.Member == nil {
		return fault.New(fault.Forbidden, "您不是这个项目的评审。")
	}
	p.Frame, p.Book, p.Rules = s.quietFrame(c, text.T(c.UserContext(), "评审")+" "+p.Case.Number), s.Policy, s.Tenders.Rules()
	return s.page(c, templates.Panel(p))
}

// panelAgain shows the page of the panel again with what is wrong.
func (s *Server) panelAgain(c *fiber.Ctx, f url.Values, done string, err error) error {
	if fault.KindOf(err) == fault.Forbidden {
		return err
	}
	if wrong, ok := s.mistake(c, err); ok {
		return s.panelPage(c, templates.PanelPage{Form: f, Mistake: wrong})
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/tenders/"+c.Params("number")+"/panel?done="+done)
}

// declareInterest is POST /tenders/{number}/panel.
func (s *Server) declareInterest(c *fiber.Ctx) error {
	f, err := form(c, "conflict")
	if err != nil {
		return err
	}
	_, err = s.Tenders.Declare(c.UserContext(), actor(c), c.Params("number"), f.Get("conflict"))
	return s.panelAgain(c, f, "declared", err)
}

// handMarks is POST /tenders/{number}/panel/marks.
func (s *Server) handMarks(c *fiber.Ctx) error {
	f, err := formWith(c, []string{"mark.", "words."})
	if err != nil {
		return err
	}
	v, err := s.Tenders.One(c.UserContext(), actor(c), c.Params("number"))
	if err != nil {
		return err
	}
	var all []tender.Given
	for _, b := range v.Bids {
		if b.State != tender.Valid {
			continue
		}
		g := tender.Given{Bid: b.ID, Words: f.Get("words." + strconv.FormatInt(b.ID, 10))}
		for i := range v.Scored() {
			n, err := strconv.Atoi(strings.TrimSpace(f.Get(tender.MarkField(b.ID, i))))
			if err != nil {
				n = -1 // no number is out of range
			}
			g.Marks = append(g.Marks, n)
		}
		all = append(all, g)
	}
	_, err = s.Tenders.Hand(c.UserContext(), actor(c), c.Params("number"), all)
	return s.panelAgain(c, f, "scored", err)
}

// ── documents ──

// readTenderPaper is GET /tenders/{number}/papers/{paper}, and of the desk.
func (s *Server) readTenderPaper(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	p, raw, err := s.Tenders.ReadPaper(c.UserContext(), actor(c), c.Params("number"), c.Params("paper"))
	if err != nil {
		return err
	}
	return sendKept(c, p.Media, p.Name, raw)
}

// showTenderPapers is GET /desk/tenders/{number}/papers.
func (s *Server) showTenderPapers(c *fiber.Ctx) error {
	q, err := query(c, "done")
	if err != nil {
		return err
	}
	said := map[string]string{"added": "文件已上传。", "removed": "文件已移除。"}[q.Get("done")]
	return s.tenderPapersPage(c, said, templates.Mistake{})
}

func (s *Server) tenderPapersPage(c *fiber.Ctx, said string, wrong templates.Mistake) error {
	ctx := c.UserContext()
	v, err := s.organised(c)
	if err != nil {
		return err
	}
	at := "/desk/tenders/" + v.Number
	if !v.Prepares() {
		return seeOther(c, at)
	}
	p := templates.TenderPapersPage{Frame: s.quietFrame(c, text.T(ctx, "项目的文件")+" "+v.Number), Case: v, Papers: templates.PaperSet{Action: at + "/papers", Papers: v.Papers, Rules: s.Tenders.PaperRules(), Mistake: wrong}}
	if said != "" {
		p.Done = text.T(ctx, said)
	}
	return s.page(c, templates.TenderPapers(p))
}

// addTenderPapers is POST /desk/tenders/{number}/papers.
func (s *Server) addTenderPapers(c *fiber.Ctx) error {
	number, who := c.Params("number"), actor(c)
	if _, err := s.organised(c); err != nil {
		return err
	}
	_, _, err := s.takePapers(c, s.Tenders.PaperRules().Files, func(ctx context.Context, n papers.New, r io.Reader) error {
		_, err := s.Tenders.AddPaper(ctx, who, number, n, r)
		return err
	})
	if wrong, ok := s.mistake(c, err); ok {
		return s.tenderPapersPage(c, "", wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, c.Path()+"?done=added")
}

// removeTenderPaper is POST /desk/tenders/{number}/papers/{paper}/remove.
func (s *Server) removeTenderPaper(c *fiber.Ctx) error {
	if _, err := form(c); err != nil {
		return err
	}
	number := c.Params("number")
	err := s.Tenders.RemovePaper(c.UserContext(), actor(c), number, c.Params("paper"))
	if wrong, ok := s.mistake(c, err); ok {
		return s.tenderPapersPage(c, "", wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk/tenders/"+number+"/papers?done=removed")
}
