package portal

import (
	"context"
	"io"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"shuyuan/licensing/operation"
	"shuyuan/licensing/papers"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// ofDesk reports whether a route about entries is one of the desk.
func ofDesk(c *fiber.Ctx) bool { return strings.HasPrefix(c.Path(), "/desk/") }

// entriesAt is where entries lie for whoever asks.
func entriesAt(c *fiber.Ctx) string {
	if ofDesk(c) {
		return "/desk/developers/"
	}
	return "/entries/"
}

// showEntrants is GET /entries and GET /desk/developers.
func (s *Server) showEntrants(c *fiber.Ctx) error {
	q, err := query(c, "all")
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	p := templates.EntrantsPage{Frame: s.quietFrame(c, text.T(ctx, "开发主体入驻")), Desk: ofDesk(c), All: q.Get("all") != ""}
	if p.Items, err = s.Operation.Entries(ctx, actor(c), operation.Filter{All: p.All, Limit: mostMandates}); err != nil {
		return err
	}
	return s.page(c, templates.Entrants(p))
}

// showEntrant is GET /entries/{number} and GET /desk/developers/{number}.
func (s *Server) showEntrant(c *fiber.Ctx) error {
	q, err := query(c, "done")
	if err != nil {
		return err
	}
	return s.entrantPage(c, templates.EntrantPage{Done: noted(c.UserContext(), q)}, "")
}

// entrantPage is the page of an entry on the side that the route is for: whoever
// stands on another side finds nothing.
func (s *Server) entrantPage(c *fiber.Ctx, p templates.EntrantPage, slot string) (err error) {
	if p.Case, err = s.Operation.Entry(c.UserContext(), actor(c), c.Params("number")); err != nil {
		return err
	}
	if p.Desk = ofDesk(c); p.Desk == (p.Case.Side == operation.OfDeveloper) {
		return operation.ErrNoDeveloper()
	}
	p.Frame, p.Book = s.quietFrame(c, p.Case.Number), s.Policy
	p.Papers = templates.PaperSet{Action: entriesAt(c) + p.Case.Number + "/papers", Slots: []string{operation.SecurityPlan, operation.TrainingRecord}, Papers: p.Case.Papers, Rules: s.Operation.PaperRules(), Slot: slot}
	if slot != "" || p.Mistake.Field == "file" {
		p.Papers.Mistake, p.Mistake = p.Mistake, templates.Mistake{}
	}
	if p.Form.Action == "" || p.Form.Action != operation.SubmitEntry && p.Form.Action != saveEntry {
		filled := templates.EntrantFormOf(p.Case.Developer)
		filled.Action, filled.Reason = p.Form.Action, p.Form.Reason
		if p.Form.Action == operation.AskPeople {
			filled.Writes, filled.Releases = p.Form.Writes, p.Form.Releases
		}
		p.Form = filled
	}
	return s.page(c, templates.Entrant(p))
}

// saveEntry is the button that keeps what was written and submits nothing.
const saveEntry operation.EntryAction = "save"

// moveEntrant is POST /entries/{number}: what the developer writes and does.
func (s *Server) moveEntrant(c *fiber.Ctx) error {
	f, err := form(c, "revision", "action", "contact", "security", "trained_on", "training", "dcmm", "writes*", "releases*", "declared", "reason")
	if err != nil {
		return err
	}
	typed := templates.EntrantForm{Action: operation.EntryAction(f.Get("action")), Contact: f.Get("contact"), Security: f.Get("security"), TrainedOn: f.Get("trained_on"), Training: f.Get("training"), DCMM: f.Get("dcmm"), Declared: f.Get("declared") != "", Writes: f["writes"], Releases: f["releases"], Reason: f.Get("reason")}
	ctx, who, number := c.UserContext(), actor(c), c.Params("number")
	revision, _ := strconv.Atoi(f.Get("revision"))
	if typed.Action == saveEntry || typed.Action == operation.SubmitEntry {
		var d *operation.Developer
		if d, err = s.Operation.SaveEntry(ctx, who, number, revision, entryForm(typed)); err == nil {
			revision = d.Revision
		}
	}
	if err == nil && typed.Action != saveEntry {
		step := operation.EntryStep{Action: typed.Action, Revision: revision, Words: typed.Reason}
		if typed.Action == operation.AskPeople {
			step.Writes, step.Releases = members(typed.Writes), members(typed.Releases)
		}
		_, err = s.Operation.MoveEntry(ctx, who, number, step)
	}
	if wrong, ok := s.mistake(c, err); ok {
		return s.entrantPage(c, templates.EntrantPage{Form: typed, Mistake: wrong}, "")
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/entries/"+number+"?done=1")
}

// entryForm is what a form says, as the service takes it.
func entryForm(f templates.EntrantForm) operation.EntryForm {
	n := operation.EntryForm{Contact: f.Contact, Security: f.Security, TrainedOn: f.TrainedOn, Training: f.Training, Declared: f.Declared}
	n.DCMM, _ = strconv.Atoi(f.DCMM) // none is no level
	n.Writes, n.Releases = members(f.Writes), members(f.Releases)
	return n
}

// members are the users that were ticked.
func members(list []string) (out []int64) {
	for _, raw := range list {
		id, _ := strconv.ParseInt(raw, 10, 64) // no number is no member
		out = append(out, id)
	}
	return out
}

// judgeEntrant is POST /desk/developers/{number}: what the operator and the body do.
func (s *Server) judgeEntrant(c *fiber.Ctx) error {
	f, err := form(c, "revision", "action", "reason", "trained_on", "training")
	if err != nil {
		return err
	}
	typed := templates.EntrantForm{Action: operation.EntryAction(f.Get("action")), Reason: f.Get("reason"), TrainedOn: f.Get("trained_on"), Training: f.Get("training")}
	step := operation.EntryStep{Action: typed.Action, Words: typed.Reason, TrainedOn: typed.TrainedOn, Training: typed.Training}
	step.Revision, _ = strconv.Atoi(f.Get("revision"))
	_, err = s.Operation.MoveEntry(c.UserContext(), actor(c), c.Params("number"), step)
	if wrong, ok := s.mistake(c, err); ok {
		return s.entrantPage(c, templates.EntrantPage{Form: typed, Mistake: wrong}, "")
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/desk/developers/"+c.Params("number")+"?done=1")
}

// addEntrantPapers is POST /entries/{number}/papers.
func (s *Server) addEntrantPapers(c *fiber.Ctx) error {
	number, who := c.Params("number"), actor(c)
	if _, err := s.Operation.Entry(c.UserContext(), who, number); err != nil {
		return err
	}
	slot, _, err := s.takePapers(c, s.Operation.PaperRules().Files, func(ctx context.Context, n papers.New, r io.Reader) error {
		_, err := s.Operation.AddEntryPaper(ctx, who, number, n, r)
		return err
	})
	if wrong, ok := s.mistake(c, err); ok {
		return s.entrantPage(c, templates.EntrantPage{Mistake: wrong}, slot)
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/entries/"+number+"?done=1#papers")
}

// removeEntrantPaper is POST /entries/{number}/papers/{paper}/remove.
func (s *Server) removeEntrantPaper(c *fiber.Ctx) error {
	if _, err := form(c); err != nil {
		return err
	}
	number := c.Params("number")
	err := s.Operation.RemoveEntryPaper(c.UserContext(), actor(c), number, c.Params("paper"))
	if wrong, ok := s.mistake(c, err); ok {
		return s.entrantPage(c, templates.EntrantPage{Mistake: wrong}, "")
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/entries/"+number+"?done=1#papers")
}

// readEntrantPaper is GET …/papers/{paper} of an entry.
func (s *Server) readEntrantPaper(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	p, raw, err := s.Operation.ReadEntryPaper(c.UserContext(), actor(c), c.Params("number"), c.Params("paper"))
	if err != nil {
		return err
	}
	return sendKept(c, p.Media, p.Name, raw)
}
