package demands

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/inbox"
)

// Group is a part of the public list.
type Group string

// The parts; All is empty.
const (
	All      Group = ""
	Waiting  Group = "waiting" // for a department, or its answer
	Promised Group = "promised"
	Met      Group = "there"
	Denied   Group = "refused"
)

// Groups are all parts, in their order.
func Groups() []Group { return []Group{All, Waiting, Promised, Met, Denied} }

// states are, in SQL, those of a group over demands w.
var states = map[Group]string{
	All: `w.state <> 'withdrawn'`, Waiting: `w.state IN ('unassigned', 'open')`, Promised: `w.state = 'planned'`, Met: `w.state = 'there'`, Denied: `w.state = 'refused'`,
}

// Order is how the list is sorted.
type Order string

// The orders; ties are broken by number, the newest first.
const (
	ByVotes Order = "votes"
	ByDate  Order = "new"
)

// Filter chooses from the public list.
type Filter struct {
	Words      string // all of them
	Group      Group
	Department string // slug; "none": of those that the platform looks for
	Order      Order
	After      string // Next of the page before
	Limit      int
}

// Listed is one page of the public list.
type Listed struct {
	Items []Demand
	Next  string // names the next page; empty: this is the last
}

// nobody names the demands without a department in a Filter.
const nobody = "none"

// List is one page of the demands that everybody may see, without those that
// were merged. It returns fault.Malformed where the filter is none.
func (s *Service) List(ctx context.Context, f Filter) (*Listed, error) {
	where, args, err := f.where()
	if err != nil {
		return nil, err
	}
	order := `w.votes DESC, w.id DESC`
	if f.Order == ByDate {
		order = `w.id DESC`
	}
	if f.After != "" {
		votes, number, err := readCursor(f.After)
		if err != nil {
			return nil, err
		}
		after := `(w.votes, w.id) < (@votes, @after)`
		if f.Order == ByDate {
			after = `w.id < @after`
		}
		where += ` AND ` + after
		args["votes"], args["after"] = votes, number
	}
	args["limit"] = f.Limit + 1
	found, err := s.list(ctx, s.pool, where, order, args)
	if err != nil {
		return nil, err
	}
	out := &Listed{Items: found}
	if len(found) > f.Limit {
		out.Items = found[:f.Limit]
		last := out.Items[f.Limit-1]
		out.Next = fmt.Sprintf("%d-%d", last.Votes, last.ID)
	}
	return out, nil
}

// readCursor reads what List calls Next.
func readCursor(c string) (votes int, number int64, err error) {
	v, n, _ := strings.Cut(c, "-")
	if votes, err = strconv.Atoi(v); err == nil {
		number, err = strconv.ParseInt(n, 10, 64)
	}
	if err != nil || votes < 0 || votes > 1<<30 || number < 1 || fmt.Sprintf("%d-%d", votes, number) != c {
		return 0, 0, errNoPage()
	}
	return votes, number, nil
}

const listed = `w.root_id IS NULL AND w.hidden_at IS NULL AND `

// where is the filter but for the page.
func (f Filter) where() (string, pgx.NamedArgs, error) {
	in, known := states[f.Group]
	if !known {
		m := fault.New(fault.Malformed, "没有这种情况。")
		m.Field = "state"
		return "", nil, m
	}
	where, args := listed+in, pgx.NamedArgs{}
	switch f.Department {
	case "":
	case nobody:
		where += ` AND w.department_id IS NULL`
	default:
		where += ` AND p.slug = @department`
		args["department"] = f.Department
	}
	for i, word := range strings.Fields(f.Words) {
		name := "word" + strconv.Itoa(i)
		where += ` AND (w.title || ' ' || w.need || ' ' || w.purpose) ILIKE @` + name
		args[name] = "%" + likely.Replace(word) + "%"
		if g := grams(word); len(g) > 0 && len([]rune(word)) > 1 {
			where += ` AND w.grams @> @` + name + `grams`
			args[name+"grams"] = g
		}
	}
	return where, args, nil
}

// likely keeps what a word says from meaning something to LIKE.
var likely = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// Count is how many demands there are in each group, by the rest of the filter.
func (s *Service) Count(ctx context.Context, f Filter) (map[Group]int, error) {
	f.Group = All
	where, args, err := f.where()
	if err != nil {
		return nil, err
	}
	out := map[Group]int{}
	rows, err := s.pool.Query(ctx, `SELECT w.state, count(*)`+tables+`WHERE `+where+` GROUP BY w.state`, args)
	if err != nil {
		return nil, err
	}
	var state State
	var n int
	_, err = pgx.ForEachRow(rows, []any{&state, &n}, func() error {
		out[All] += n
		switch state {
		case Unassigned, Open:
			out[Waiting] += n
		case Planned:
			out[Promised] += n
		case There:
			out[Met] += n
		case Refused:
			out[Denied] += n
		}
		return nil
	})
	return out, err
}

// Similar are the demands in the list whose titles share at least half of what
// tells them from others with a title, the closest first.
func (s *Service) Similar(ctx context.Context, title string, limit int) ([]Demand, error) {
	g := telling(title)
	if len(g) == 0 || len(g) > 200 {
		return nil, nil
	}
	const shared = `(SELECT count(*) FROM unnest(@grams::text[]) g WHERE g = ANY(w.title_grams))`
	return s.list(ctx, s.pool, listed+states[All]+` AND w.title_grams && @grams::text[] AND `+shared+` * 2 >= @all`, shared+` DESC, w.votes DESC, w.id DESC`,
		pgx.NamedArgs{"grams": g, "all": len(g), "limit": limit})
}

// One is the demand with that number. What is hidden or withdrawn is without its
// words, but for its proposer and the desk that decides about it.
func (s *Service) One(ctx context.Context, who account.Actor, number int64) (*Demand, error) {
	found, err := s.list(ctx, s.pool, `w.id = @id`, `w.id`, pgx.NamedArgs{"id": number, "limit": 1})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errNone()
	}
	d := &found[0]
	desk := who.Key == "" && (answers(who, d) || leads(who, d))
	if !d.Public() && !desk && (who.IsVisitor() || d.User != who.ID) {
		d.Title, d.Need, d.Purpose, d.Proposer, d.Answer, d.Bases = "", "", "", "", "", nil
	}
	if !desk {
		d.Entry = datasets.Dataset{}
	}
	d.Voters, err = selectVoters(ctx, s.pool, d.ID)
	return d, err
}

// AtDesk is a demand for the desk that decides about it.
func (s *Service) AtDesk(ctx context.Context, who account.Actor, number int64) (*Demand, error) {
	d, err := s.One(ctx, who, number)
	if err != nil {
		return nil, err
	}
	if who.Key != "" || !answers(who, d) && !leads(who, d) {
		return nil, errNone()
	}
	return d, nil
}

// Side is what an account is to a demand.
type Side struct{ Votes, Follows bool }

// Sides are what who is to demands, by number.
func (s *Service) Sides(ctx context.Context, who account.Actor, numbers ...int64) (map[int64]Side, error) {
	if who.ID <= 0 {
		return nil, nil
	}
	return selectSides(ctx, s.pool, who.ID, numbers)
}

// Own are the demands that who proposed, seconds or follows, the newest first.
func (s *Service) Own(ctx context.Context, who account.Actor) ([]Demand, error) {
	if who.ID <= 0 {
		return nil, errSignIn()
	}
	return s.list(ctx, s.pool, `(w.user_id = @user OR w.hidden_at IS NULL AND w.state <> 'withdrawn' AND (EXISTS (SELECT FROM demand_votes v WHERE v.demand_id = w.id AND v.user_id = @user)
		OR EXISTS (SELECT FROM demand_follows f WHERE f.demand_id = w.id AND f.user_id = @user)))`, `w.id DESC`, pgx.NamedArgs{"user": who.ID, "limit": 200})
}

// Proposed are the demands that who proposed, for the export of an account.
func (s *Service) Proposed(ctx context.Context, who account.Actor) ([]Demand, error) {
	if who.ID <= 0 {
		return nil, errSignIn()
	}
	return s.list(ctx, s.pool, `w.user_id = @user`, `w.id`, pgx.NamedArgs{"user": who.ID, "limit": 1000})
}

// Reported are what readers reported and nobody has looked at.
const reportedNow = `EXISTS (SELECT FROM demand_reports z WHERE z.demand_id = w.id AND z.closed_at IS NULL)`

// Department is one page of the demands at who's desk: those that wait, those of
// which the promised day has passed, and those that were reported, the oldest
// first; or all, the newest first. after is Next of the page before.
func (s *Service) Department(ctx context.Context, who account.Actor, all bool, after string) (*Listed, error) {
	if !Desk(who) {
		return nil, fault.New(fault.Forbidden, "只有部门的数据专员和主管部门能看这一页。")
	}
	where, order, beyond := s.due(who), `w.proposed_at, w.id`, ` AND (w.proposed_at, w.id) > (@since::timestamptz, @after::bigint)`
	if all {
		where, order, beyond = ofDesk(who)+` AND w.state <> 'withdrawn'`, `w.id DESC`, ` AND w.id < @after`
	}
	args := s.deskArgs(who)
	if after != "" {
		since, number, err := readPlace(after)
		if err != nil {
			return nil, err
		}
		where += beyond
		args["since"], args["after"] = since, number
	}
	found, err := s.list(ctx, s.pool, where, order, args)
	if err != nil {
		return nil, err
	}
	out := &Listed{Items: found}
	if len(found) > inbox.Listed {
		out.Items = found[:inbox.Listed]
		last := out.Items[inbox.Listed-1]
		out.Next = fmt.Sprintf("%d-%d", last.ProposedAt.UnixMicro(), last.ID)
	}
	return out, nil
}

// deskArgs are the arguments of due and ofDesk.
func (s *Service) deskArgs(who account.Actor) pgx.NamedArgs {
	return pgx.NamedArgs{"own": who.Department, "today": day(s.now()), "limit": inbox.Listed + 1, "counted": inbox.Counted + 1}
}

// readPlace reads what Department calls Next.
func readPlace(c string) (since time.Time, number int64, err error) {
	at, n, _ := strings.Cut(c, "-")
	micro, err := strconv.ParseInt(at, 10, 64)
	if err == nil {
		number, err = strconv.ParseInt(n, 10, 64)
	}
	if err != nil || micro < 0 || micro > 1<<52 || number < 1 || fmt.Sprintf("%d-%d", micro, number) != c {
		return since, 0, errNoPage()
	}
	return time.UnixMicro(micro), number, nil
}

func errNoPage() error {
	f := fault.New(fault.Malformed, "没有这一页，请从第一页看起。")
	f.Field = "after"
	return f
}

// ofDesk is, in SQL, whose demands are at who's desk.
func ofDesk(who account.Actor) string {
	if who.Is(account.Authority) {
		return `true`
	}
	return `w.department_id = @own`
}

// due is, in SQL, what of them somebody has to act on: a department on what is its
// turn, the platform's side on what nobody has.
func (s *Service) due(who account.Actor) string {
	here := ofDesk(who) + ` AND w.root_id IS NULL AND w.hidden_at IS NULL AND `
	if who.Is(account.Authority) {
		return here + `(w.state = 'unassigned' OR w.department_id IS NULL AND ` + reportedNow + `)`
	}
	return here + `(w.state = 'open' OR w.state = 'planned' AND w.planned_on < @today OR ` + reportedNow + `)`
}

// Waiting implements inbox.Source.
func (s *Service) Waiting(ctx context.Context, who account.Actor) ([]inbox.Item, error) {
	if !Desk(who) {
		return nil, nil
	}
	found, err := s.Department(ctx, who, false, "")
	if err != nil {
		return nil, err
	}
	var out []inbox.Item
	for i := range found.Items {
		d := &found.Items[i]
		item := inbox.Item{Kind: "demand", ID: id(d), Title: inbox.Text{Zh: d.Title}, Sub: inbox.Text{Zh: d.Department.Name, En: d.Department.NameEN}, Path: "/desk/requests/" + id(d), Since: d.ProposedAt, Clock: d.Clock}
		switch {
		case d.State == Unassigned:
			item.Ask, item.After = "请指派部门。", "到期没有指派，公开的页面标明逾期，仍要指派。"
			item.Since = d.clock.From
		case d.State == Open:
			item.Ask, item.Args, item.After = "请答复，%d 人附议。", []any{d.Votes}, "到期没有答复，公开的页面标明逾期，仍要答复。"
			item.Since = d.clock.From
		case d.Overdue(s.now()):
			item.Ask, item.Clock = "答应的日子过了，还没有开放：请开放，或者写明新的日子和原因。", nil
		default:
			item = reportItem(d, item)
		}
		out = append(out, item)
		if d.Reported > 0 && item.Kind == "demand" {
			out = append(out, reportItem(d, item))
		}
	}
	if found.Next == "" {
		return out, nil
	}
	n, err := countDemands(ctx, s.pool, s.due(who), s.deskArgs(who))
	return append(out, inbox.Rest("demand", inbox.Text{Zh: "数据需求", En: "Requests for data"}, n, "/desk/requests", s.now())), err
}

func reportItem(d *Demand, i inbox.Item) inbox.Item {
	out := inbox.Item{Kind: "demand-report", ID: i.ID, Title: i.Title, Sub: i.Sub, Ask: "有人举报，请看要不要隐藏。", Path: i.Path, Since: i.Since}
	if d.ReportedAt != nil {
		out.Since = *d.ReportedAt
	}
	return out
}

// Departments are those that somebody can ask: all that publish data.
func (s *Service) Departments(ctx context.Context) ([]datasets.Department, error) {
	return selectDepartments(ctx, s.pool, `true`, nil)
}

// named are the arguments of Visible with more.
func named(args pgx.NamedArgs) pgx.NamedArgs {
	out := pgx.NamedArgs{}
	maps.Copy(out, datasets.Visible(account.Actor{}).Args)
	maps.Copy(out, args)
	return out
}
