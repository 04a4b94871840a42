package portal

import (
	"context"
	"net/url"
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/datasets/catalogue"
	"shuyuan/datasets/opening"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// reviewing are the roles that see the desk of opening reviews.
var reviewing = templates.Reviewing

// judging are those that decide in it, one way or another.
var judging = []account.Role{account.Officer, account.Head, account.SecurityReviewer, account.SecrecyReviewer, account.CyberspaceReviewer}

// showReviews is GET /desk/reviews: what waits, the first due first.
func (s *Server) showReviews(c *fiber.Ctx) error {
	q, err := query(c, "all")
	if err != nil {
		return err
	}
	ctx, who := c.UserContext(), actor(c)
	p := templates.ReviewsPage{Frame: s.quietFrame(c, text.T(ctx, "开放审查")), All: q.Get("all") != "", Yours: map[int64]bool{}}
	p.Wide = true
	if p.Items, err = s.Opening.Queue(ctx, who, opening.Filter{All: p.All}); err != nil {
		return err
	}
	if p.Again, err = s.Opening.ReviewAgain(ctx, who); err != nil {
		return err
	}
	for _, r := range p.Items {
		p.Yours[r.ID] = s.Opening.Yours(who, r)
	}
	return s.page(c, templates.Reviews(p))
}

// showNewReview is GET /desk/reviews/new: the form for an upload or a version.
func (s *Server) showNewReview(c *fiber.Ctx) error {
	q, err := query(c, "upload", "version")
	if err != nil {
		return err
	}
	var version int64
	if raw := q.Get("version"); raw != "" {
		if version, err = positive(raw); err != nil {
			return err
		}
	}
	return s.newReviewPage(c, q.Get("upload"), version, nil)
}

func (s *Server) newReviewPage(c *fiber.Ctx, upload string, version int64, form *templates.ReviewForm) error {
	ctx, who := c.UserContext(), actor(c)
	p := templates.NewReviewPage{Frame: s.quietFrame(c, text.T(ctx, "送开放审查")), UploadID: upload, VersionID: version}
	var err error
	if p.Content, err = s.Opening.Proposable(ctx, who, opening.Proposal{UploadID: upload, VersionID: version}); err != nil {
		return err
	}
	if form != nil {
		p.Form = *form
	} else {
		p.Form = termsForm(p.Content.Entry.Terms())
	}
	p.Basis = s.basisInputs("basis", p.Form.Basis, s.Opening.BasisRules(p.Content.Entry.Department.Profile))
	events, err := s.Opening.Events(ctx, who)
	if err != nil {
		return err
	}
	for _, e := range events {
		if e.EndedOn == nil {
			p.Events = append(p.Events, e)
		}
	}
	return s.page(c, templates.NewReview(p))
}

// termsForm is a form filled with how something is open.
func termsForm(t datasets.Terms) templates.ReviewForm {
	return templates.ReviewForm{Open: string(t.Open), Basis: basesForm(t), Method: t.Method, Requirements: t.Requirements, Safeguards: t.Safeguards}
}

// basesForm are the lines of the form of what a thing is limited by. Of one that
// was written before its parts were asked, the name stands, and the rest is asked.
func basesForm(t datasets.Terms) string {
	if len(t.Bases) > 0 || len(t.Basis) == 0 {
		return catalogue.BasisLines(t.Bases)
	}
	var named []datasets.LegalBasis
	for _, b := range t.Basis {
		named = append(named, datasets.LegalBasis{Instrument: b})
	}
	return catalogue.BasisLines(named)
}

// basisFields are the inputs of the lines of a basis.
var basisFields = slotNames("basis", templates.BasisParts, templates.MaxSlots)

// formValues are those of a form of a review.
type formValues struct{ url.Values }

// basis are its lines as they were typed.
func (f formValues) basis() string { return slotted(f.Values, "basis", templates.BasisParts) }

func (f formValues) terms() datasets.Terms {
	bases, _ := catalogue.ReadBases("basis", f.basis()) // no more lines than the form has
	return datasets.Terms{Open: datasets.OpenType(f.Get("open")), Bases: bases, Method: f.Get("method"), Requirements: f.Get("requirements"), Safeguards: f.Get("safeguards")}
}

// proposeReview is POST /desk/reviews.
func (s *Server) proposeReview(c *fiber.Ctx) error {
	values, err := form(c, slices.Concat(basisFields, []string{"upload", "version", "open", "method", "requirements", "safeguards", "note", "event"})...)
	if err != nil {
		return err
	}
	f := formValues{values}
	p := opening.Proposal{UploadID: f.Get("upload"), Terms: f.terms(), Note: f.Get("note")}
	if raw := f.Get("version"); raw != "" {
		if p.VersionID, err = positive(raw); err != nil {
			return err
		}
	}
	if raw := f.Get("event"); raw != "" {
		if p.Event, err = positive(raw); err != nil {
			return err
		}
	}
	if !f.Has("open") {
		p.Terms.Open = "none" // said nothing: told at the field
	}
	r, err := s.Opening.Propose(c.UserContext(), actor(c), p)
	if fault.KindOf(err) == fault.NotFound {
		return err
	}
	if wrong, ok := s.mistake(c, err); ok {
		asked := termsForm(p.Terms)
		asked.Note, asked.Event, asked.Basis, asked.Mistake = p.Note, f.Get("event"), f.basis(), wrong
		return s.newReviewPage(c, p.UploadID, p.VersionID, &asked)
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk/reviews/"+strconv.FormatInt(r.ID, 10))
}

// showReview is GET /desk/reviews/{id}.
func (s *Server) showReview(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	return s.reviewPage(c, nil)
}

func (s *Server) reviewPage(c *fiber.Ctx, asked *templates.ReviewForm) error {
	ctx, who := c.UserContext(), actor(c)
	id, err := reviewID(c)
	if err != nil {
		return err
	}
	p := templates.ReviewPage{Frame: s.quietFrame(c, text.T(ctx, "开放审查")), Sources: map[opening.Gate]templates.GateSource{}}
	p.Wide = true
	if p.Found, err = s.Opening.Review(ctx, who, id); err != nil {
		return err
	}
	if asked != nil {
		p.Form = *asked
	} else {
		p.Form = termsForm(p.Terms)
	}
	p.Basis = s.basisInputs("basis", p.Form.Basis, s.Opening.BasisRules(p.Profile))
	for _, g := range opening.Gates() {
		at := templates.GateSource{Profile: p.Profile}
		at.Provisions, at.House = g.Source(s.Policy, p.Profile)
		p.Sources[g] = at
	}
	return s.page(c, templates.Review(p))
}

// decideReview is POST /desk/reviews/{id}.
func (s *Server) decideReview(c *fiber.Ctx) error {
	values, err := form(c, slices.Concat(basisFields, []string{"revision", "action", "tick*", "words", "method", "requirements", "safeguards", "standing_until", "standing_terms"})...)
	if err != nil {
		return err
	}
	id, err := reviewID(c)
	if err != nil {
		return err
	}
	f := formValues{values}
	d := opening.Decision{Action: opening.Action(f.Get("action")), Words: f.Get("words"), Ticked: values["tick"], Terms: f.terms(), StandingUntil: f.Get("standing_until"), StandingTerms: f.Get("standing_terms")}
	d.Revision, _ = strconv.Atoi(f.Get("revision")) // none is not the one that is there
	_, err = s.Opening.Decide(c.UserContext(), actor(c), id, d)
	if wrong, ok := s.mistake(c, err); ok {
		asked := termsForm(d.Terms)
		asked.Action, asked.Words, asked.Until, asked.Terms, asked.Basis, asked.Mistake = string(d.Action), d.Words, d.StandingUntil, d.StandingTerms, f.basis(), wrong
		asked.Ticked = map[string]bool{}
		for _, code := range d.Ticked {
			asked.Ticked[code] = true
		}
		return s.reviewPage(c, &asked)
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk/reviews/"+strconv.FormatInt(id, 10))
}

// revokeReview is POST /desk/reviews/{id}/revoke.
func (s *Server) revokeReview(c *fiber.Ctx) error {
	f, err := form(c, "revision", "reason")
	if err != nil {
		return err
	}
	id, err := reviewID(c)
	if err != nil {
		return err
	}
	revision, _ := strconv.Atoi(f.Get("revision"))
	err = s.Opening.Revoke(c.UserContext(), actor(c), id, revision, f.Get("reason"))
	if wrong, ok := s.mistake(c, err); ok {
		return s.reviewPage(c, &templates.ReviewForm{Reason: f.Get("reason"), Mistake: wrong})
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk/reviews/"+strconv.FormatInt(id, 10))
}

// basisInputs are the lines of a basis with what the text counts.
func (s *Server) basisInputs(key, value string, a catalogue.Axis) templates.BasisInputs {
	return templates.BasisInputs{Key: key, Value: value, Book: s.Policy, Axis: a}
}

// reviewFile is GET /desk/reviews/{id}/file: the file under review, for its
// reviewers. It is counted as no download, and no cache keeps it.
func (s *Server) reviewFile(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	id, err := reviewID(c)
	if err != nil {
		return err
	}
	f, err := s.Opening.Original(c.UserContext(), actor(c), id)
	if err != nil {
		return err
	}
	return s.sendPrivately(c, f)
}

// sendPrivately answers with a file that is for who asks alone: no cache keeps it.
func (s *Server) sendPrivately(c *fiber.Ctx, f *datasets.File) error {
	h := &c.Response().Header
	h.Set(fiber.HeaderCacheControl, "private, no-store")
	h.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; sandbox")
	h.Set(fiber.HeaderContentType, f.MediaType)
	h.Set(fiber.HeaderContentDisposition, disposition(f.Name))
	h.Set("Repr-Digest", plainDigest(f))
	c.Context().SetBodyStream(f.Object, int(f.Bytes))
	return nil
}

// showEvents is GET /desk/reviews/events.
func (s *Server) showEvents(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	return s.eventsPage(c, templates.EventForm{})
}

func (s *Server) eventsPage(c *fiber.Ctx, asked templates.EventForm) (err error) {
	ctx, who := c.UserContext(), actor(c)
	p := templates.EventsPage{Frame: s.quietFrame(c, text.T(ctx, "突发事件")), May: who.Is(account.Authority), Form: asked}
	if p.Items, err = s.Opening.Events(ctx, who); err != nil {
		return err
	}
	return s.page(c, templates.Events(p))
}

// declareEvent is POST /desk/reviews/events.
func (s *Server) declareEvent(c *fiber.Ctx) error {
	f, err := form(c, "kind", "title", "declared_by", "declared_on", "basis")
	if err != nil {
		return err
	}
	n := opening.NewEvent{Kind: f.Get("kind"), Title: f.Get("title"), DeclaredBy: f.Get("declared_by"), DeclaredOn: f.Get("declared_on"), Basis: f.Get("basis")}
	_, err = s.Opening.DeclareEvent(c.UserContext(), actor(c), n)
	if wrong, ok := s.mistake(c, err); ok {
		return s.eventsPage(c, templates.EventForm{Kind: n.Kind, Title: n.Title, By: n.DeclaredBy, On: n.DeclaredOn, Basis: n.Basis, Mistake: wrong})
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk/reviews/events")
}

// endEvent is POST /desk/reviews/events/{id}/end.
func (s *Server) endEvent(c *fiber.Ctx) error {
	if _, err := form(c); err != nil {
		return err
	}
	id, err := positive(c.Params("id"))
	if err != nil {
		return err
	}
	if err := s.Opening.EndEvent(c.UserContext(), actor(c), id); err != nil {
		return err
	}
	return seeOther(c, "/desk/reviews/events")
}

func reviewID(c *fiber.Ctx) (int64, error) { return positive(c.Params("id")) }

// positive reads the number of a thing; there is none under what is no number.
func positive(raw string) (int64, error) {
	id, err := strconv.ParseInt(raw, 10, 64)
	if err != nil || id < 1 {
		return 0, fault.New(fault.NotFound, "没有这件开放审查。")
	}
	return id, nil
}

// cover adds to the page of an upload what its opening review says.
func (s *Server) cover(ctx context.Context, who account.Actor, p *templates.UploadPage) error {
	if p.Upload.State != datasets.Reviewing {
		return nil
	}
	var err error
	p.Let, p.Stands, err = s.Datasets.Covered(ctx, who, p.Upload)
	if err == nil {
		return nil
	}
	if fault.KindOf(err) != fault.Conflict {
		return err
	}
	p.NotYet = Sentence(ctx, fault.Of(err))
	last, err := s.Opening.OfUpload(ctx, who, p.Upload.ID)
	if err != nil || last == nil {
		return err
	}
	if last.State.Waits() {
		p.Review, p.NotYet = last.ID, text.T(ctx, "这一份正在开放审查。")
	}
	return nil
}
