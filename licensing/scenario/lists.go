package scenario

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

// Mine are the scenarios of the organisations of who, the newest first.
func (s *Service) Mine(ctx context.Context, who account.Actor, before int64, limit int) ([]Scenario, error) {
	if who.IsVisitor() {
		return nil, fault.New(fault.Unauthenticated, "请先登录。")
	}
	return s.list(ctx, s.pool, `s.organisation_id IN (SELECT organisation_id FROM organisation_members WHERE user_id = @user) AND (@before = 0 OR s.id < @before)`, `ORDER BY s.id DESC LIMIT @limit`,
		pgx.NamedArgs{"user": who.ID, "before": before, "limit": limit})
}

// DeskFilter says which scenarios a desk lists.
type DeskFilter struct {
	All    bool   // those that nobody works on any more too
	State  string // empty: any
	Before int64
	Limit  int
}

// desk is the condition of what who sees at the desk; empty: nothing.
func (s *Service) desk(who account.Actor) (string, pgx.NamedArgs) {
	args := pgx.NamedArgs{"user": who.ID, "department": who.Department}
	if who.Key != "" {
		return "", args
	}
	where := ""
	or := func(c string) {
		if where != "" {
			where += " OR "
		}
		where += c
	}
	if who.Is(account.Operator) {
		or(`m.operator_id IN (SELECT organisation_id FROM organisation_members WHERE user_id = @user)`)
	}
	if who.Department != 0 && who.Any(account.Officer, account.Head) {
		or(`s.screened_at IS NOT NULL AND EXISTS (SELECT FROM scenario_items i JOIN datasets d ON d.id = i.dataset_id WHERE i.scenario_id = s.id AND d.department_id = @department)`)
	}
	if who.Department != 0 && who.Is(account.SecurityReviewer) {
		or(`s.screened_at IS NOT NULL AND m.body_id = @department`)
	}
	if who.Department != 0 && who.Is(account.Authority) {
		or(`m.body_id = @department`)
	}
	if who.Is(account.Regulator) {
		or(`true`)
	}
	return where, args
}

// Desk are the scenarios that who works on or watches, the newest first.
func (s *Service) Desk(ctx context.Context, who account.Actor, f DeskFilter) ([]Scenario, error) {
	where, args := s.desk(who)
	if where == "" {
		return nil, fault.New(fault.Forbidden, "您的角色不能看这一页。")
	}
	args["all"], args["state"], args["before"], args["limit"] = f.All, f.State, f.Before, f.Limit
	return s.list(ctx, s.pool, `(`+where+`) AND s.submitted_at IS NOT NULL AND (@state = '' OR s.state = @state) AND (@all OR @state <> '' OR s.state NOT IN ('refused', 'expired', 'terminated', 'surrendered', 'closed', 'withdrawn', 'lapsed')) AND (@before = 0 OR s.id < @before)`,
		`ORDER BY s.id DESC LIMIT @limit`, args)
}

// Filter says which scenarios the public list shows.
type Filter struct {
	Text       string
	Sector     string
	State      string
	Department string // slug
	Developer  string // name
	Before     int64
	Limit      int
}

// public are the states in which a scenario is public: once it was decided.
const public = `s.state IN ('authorised', 'active', 'suspended', 'expired', 'terminated', 'surrendered', 'closed', 'refused')`

// PublicStates are they in the order of the filter.
var PublicStates = []State{Active, Authorised, Suspended, Expired, Terminated, Surrendered, Closed, Refused}

// Public are the scenarios that everybody may know of: those that were decided. Of what
// they use it names what everybody may see of the catalogue, and counts the rest, as the
// disclosure of a mandate does.
func (s *Service) Public(ctx context.Context, f Filter) ([]Scenario, error) {
	found, err := s.list(ctx, s.pool, public+` AND (@text = '' OR s.title ILIKE @like OR s.description ILIKE @like OR s.number ILIKE @like) AND (@sector = '' OR s.sector = @sector) AND (@state = '' OR s.state = @state)
		AND (@developer = '' OR o.name = @developer)
		AND (@department = '' OR EXISTS (SELECT FROM scenario_items i JOIN datasets d ON d.id = i.dataset_id JOIN departments q ON q.id = d.department_id WHERE i.scenario_id = s.id AND q.slug = @department))
		AND (@before = 0 OR s.id < @before)`, `ORDER BY s.id DESC LIMIT @limit`,
		pgx.NamedArgs{"text": f.Text, "like": "%" + escapeLike(f.Text) + "%", "sector": f.Sector, "state": f.State, "developer": f.Developer, "department": f.Department, "before": f.Before, "limit": f.Limit})
	for i := range found {
		found[i].countHidden()
	}
	return found, err
}

// countHidden leaves out and counts the items that everybody may not see of the catalogue.
func (s *Scenario) countHidden() {
	all := len(s.Items)
	s.Items = slices.DeleteFunc(s.Items, func(i Item) bool {
		return i.Dataset.Status != datasets.Published || i.Dataset.Open == datasets.Withheld
	})
	s.NotPublic = all - len(s.Items)
}

// Facets are what the public list can be narrowed by.
type Facets struct {
	Sectors     []string
	Developers  []string
	Departments []Named
}

// Named is a department by its slug.
type Named struct{ Slug, Name, NameEN string }

// PublicOne is the public form of the scenario with that number: nothing of who in a
// body did what, of plans, contacts or papers.
func (s *Service) PublicOne(ctx context.Context, number string) (*Scenario, error) {
	found, err := s.list(ctx, s.pool, public+` AND s.number = @number`, ``, pgx.NamedArgs{"number": number})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errNone()
	}
	x := &found[0]
	x.countHidden()
	x.SecurityPlan, x.EmergencyPlan, x.Filing, x.VerdictWords, x.VerdictBy, x.ScreenedBy, x.ScreenedWords, x.Decider, x.Missing, x.Contract, x.Clocks = "", "", "", "", "", "", "", "", nil, nil, nil
	for i := range x.Items {
		x.Items[i].By, x.Items[i].Clock, x.Items[i].Stopped = "", nil, nil
		if x.Items[i].Consent != nil {
			x.Items[i].Consent.By = ""
		}
	}
	return x, nil
}

// ReleasedOf is how many results of scenarios have left their workspaces.
func (s *Service) ReleasedOf(ctx context.Context, all []Scenario) (map[int64]int, error) {
	if s.released == nil || len(all) == 0 {
		return nil, nil
	}
	ids := make([]int64, len(all))
	for i := range all {
		ids[i] = all[i].ID
	}
	return s.released(ctx, s.pool, ids)
}

// HeldOf are those of scenarios that are in use by their own state and let nothing
// pass now: the mandate, the entry, the organisation or the contract does not stand.
func (s *Service) HeldOf(ctx context.Context, all []Scenario) (map[int64]bool, error) {
	ids := make([]int64, len(all))
	for i := range all {
		ids[i] = all[i].ID
	}
	return held(ctx, s.pool, ids, s.now())
}

// ResultsOf are the results of x that have left its workspace.
func (s *Service) ResultsOf(ctx context.Context, x *Scenario) ([]Result, error) {
	if s.results == nil {
		return nil, nil
	}
	return s.results(ctx, s.pool, x.ID)
}

// Progress is how many scenarios there are and what a text wants.
type Progress struct {
	Authorised int // ever
	Active     int
	Goals      []Goal
}

// Progress counts toward the goals (FJ-G) of the texts that bind the bodies with
// mandates.
func (s *Service) Progress(ctx context.Context) (p Progress, err error) {
	var profiles []string
	if p.Authorised, p.Active, profiles, err = countPublic(ctx, s.pool); err != nil {
		return p, err
	}
	for _, profile := range profiles {
		for _, g := range Goals(s.book, profile, s.now()) {
			if !slices.ContainsFunc(p.Goals, func(o Goal) bool { return o.Year == g.Year && o.Want == g.Want }) {
				p.Goals = append(p.Goals, g)
			}
		}
	}
	return p, nil
}

// FacetsOf is what the public list can be narrowed by now.
func (s *Service) FacetsOf(ctx context.Context) (Facets, error) { return selectFacets(ctx, s.pool) }

// OwnExport is what an account's copy of its data holds of scenarios.
func (s *Service) OwnExport(ctx context.Context, who account.Actor) ([]Own, error) {
	all, err := s.Mine(ctx, who, 0, 1000)
	out := []Own{}
	for i := range all {
		if x := &all[i]; x.User == who.ID {
			out = append(out, Own{x.Number, x.Title, string(x.State), x.MadeAt})
		}
	}
	return out, err
}

// Own is a scenario that somebody began.
type Own struct {
	Number string    `json:"number"`
	Title  string    `json:"title"`
	State  string    `json:"state"`
	At     time.Time `json:"began_at"`
}
