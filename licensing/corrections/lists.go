package corrections

import (
	"context"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/workdays"
)

// answers reports whether who is of the department that answers.
func answers(who account.Actor, c *Correction) bool {
	return who.Key == "" && who.Any(account.Officer, account.Head) && who.Department != 0 && who.Department == c.department
}

// sees reports whether who may know of c at the desk: the department that
// answers, and the authority of the text that bound it.
func (s *Service) sees(ctx context.Context, q database.Querier, who account.Actor, c *Correction) (bool, error) {
	if answers(who, c) {
		return true, nil
	}
	theirs, ok, err := overseen(ctx, q, who)
	return ok && theirs == c.Profile, err
}

// overseen is the text whose departments who has authority over, empty for those
// that none binds; ok is false for who has none.
func overseen(ctx context.Context, q database.Querier, who account.Actor) (profile string, ok bool, err error) {
	if !who.Is(account.Authority) || who.Department == 0 || who.Key != "" {
		return "", false, nil
	}
	err = q.QueryRow(ctx, `SELECT profile FROM departments WHERE id = @id`, pgx.NamedArgs{"id": who.Department}).Scan(&profile)
	return profile, err == nil, err
}

// Desk is an objection as who sees it at the desk.
type Desk struct {
	Correction
	Reporter *Reporter // nil: erased, or who is not of the department
	Events   []Event
	Offers   []Action
}

// One is an objection with its history, for the department that answers and the
// authority over it. It returns fault.NotFound to anybody else.
func (s *Service) One(ctx context.Context, who account.Actor, id int64) (*Desk, error) {
	c, err := s.one(ctx, s.pool, id, "")
	if err != nil {
		return nil, err
	}
	if ok, err := s.sees(ctx, s.pool, who, c); err != nil || !ok {
		return nil, firstOf(err, errNone())
	}
	out := &Desk{Correction: *c, Offers: s.offers(who, c)}
	if answers(who, c) {
		if out.Reporter, err = selectReporter(ctx, s.pool, c.ID); err != nil {
			return nil, err
		}
	} else {
		out.Evidence = ""
	}
	out.Events, err = selectEvents(ctx, s.pool, c.ID)
	return out, err
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// offers are the moves that who can take now at the desk.
func (s *Service) offers(who account.Actor, c *Correction) []Action {
	var out []Action
	for _, a := range lifecycle.Offer(c.State, who, c) {
		switch {
		case a == Reopen || a == Close:
		case a == Forward || answers(who, c):
			if a == GiveMore && c.askedBy == who.ID {
				continue
			}
			out = append(out, a)
		}
	}
	return out
}

// Page is a part of a list, and where the next begins.
type Page struct {
	Items []Correction
	Next  string // cursor; empty: no more
}

const pageSize = 50

// Department are the objections that who sees at the desk: those that wait for an
// answer, the oldest clock first; or all, the newest first.
func (s *Service) Department(ctx context.Context, who account.Actor, all bool, after string) (Page, error) {
	var out Page
	args := pgx.NamedArgs{"limit": pageSize + 1, "department": who.Department}
	mine, waits := `c.department_id = @department`, ` AND c.state IN ('received', 'checking', 'extended', 'inconsistent')`
	switch {
	case who.Key != "" || who.Department == 0:
		return out, fault.New(fault.Forbidden, "只有部门和主管部门能看这一页。")
	case who.Any(account.Officer, account.Head):
	case who.Is(account.Authority):
		profile, _, err := overseen(ctx, s.pool, who)
		if err != nil {
			return out, err
		}
		mine, waits = `c.profile = @profile`, ` AND c.state = 'submitted'`
		args["profile"] = profile
	default:
		return out, fault.New(fault.Forbidden, "只有部门和主管部门能看这一页。")
	}
	cursor, err := readCursor(after)
	if err != nil {
		return out, err
	}
	args["id"], args["from"] = cursor.id, cursor.from
	where, order := mine, `c.id DESC`
	if all {
		if after != "" {
			where += ` AND c.id < @id`
		}
	} else {
		where, order = mine+waits, `c.clock_from, c.id`
		if after != "" {
			where += ` AND (c.clock_from, c.id) > (@from::timestamptz, @id::bigint)`
		}
	}
	if out.Items, err = s.list(ctx, where, order, args); err != nil {
		return out, err
	}
	if len(out.Items) > pageSize {
		out.Items = out.Items[:pageSize]
		last := &out.Items[pageSize-1]
		out.Next = position{last.base.From, last.ID}.cursor()
	}
	return out, nil
}

// Own are those that who filed with their account, the newest first.
func (s *Service) Own(ctx context.Context, who account.Actor, after string) (Page, error) {
	var out Page
	if who.IsVisitor() || who.Key != "" {
		return out, fault.New(fault.Unauthenticated, "请先登录。")
	}
	cursor, err := readCursor(after)
	if err != nil {
		return out, err
	}
	where := `c.id IN (SELECT correction_id FROM correction_reporters WHERE user_id = @user AND (@id = 0 OR correction_id < @id) ORDER BY correction_id DESC LIMIT @limit)`
	if out.Items, err = s.list(ctx, where, `c.id DESC`, pgx.NamedArgs{"user": who.ID, "id": cursor.id, "limit": pageSize + 1}); err != nil {
		return out, err
	}
	return out.cut(), nil
}

func (p Page) cut() Page {
	if len(p.Items) > pageSize {
		p.Items = p.Items[:pageSize]
		p.Next = position{p.Items[pageSize-1].FiledAt, p.Items[pageSize-1].ID}.cursor()
	}
	return p
}

// Public are the answered objections to an entry that who can see, the newest
// first, without who filed them and without the evidence.
func (s *Service) Public(ctx context.Context, who account.Actor, slug, after string) (Page, error) {
	return s.public(ctx, who, slug, after, `c.outcome <> ''`, `c.id DESC`, `c.id < @id`)
}

// Rechecked are the objections to an entry that are open: where, since when and
// until when, and not their words. The oldest come first.
func (s *Service) Rechecked(ctx context.Context, who account.Actor, slug, after string) (Page, error) {
	p, err := s.public(ctx, who, slug, after, `c.outcome = ''`, `c.id`, `c.id > @id`)
	for i := range p.Items {
		p.Items[i].Alleged = ""
	}
	return p, err
}

func (s *Service) public(ctx context.Context, who account.Actor, slug, after, which, order, beyond string) (Page, error) {
	var out Page
	d, err := s.catalogue.Dataset(ctx, who, slug) // who may see the entry may see what was said of it
	if err != nil {
		return out, err
	}
	cursor, err := readCursor(after)
	if err != nil {
		return out, err
	}
	where := `c.dataset_id = @dataset AND ` + which
	if after != "" {
		where += ` AND ` + beyond
	}
	if out.Items, err = s.list(ctx, where, order, pgx.NamedArgs{"dataset": d.ID, "id": cursor.id, "limit": pageSize + 1}); err != nil {
		return out, err
	}
	for i := range out.Items {
		out.Items[i].Evidence, out.Items[i].AskReason = "", ""
	}
	return out.cut(), nil
}

// InTime counts, of the objections to what a department has open that came to
// their day, those that were answered by then (AB-44(5)). One that waits within
// its time, whose day is only preliminary, or whose values departments are
// settling, is not counted.
func (s *Service) InTime(ctx context.Context, department string) (datasets.Share, error) {
	var out datasets.Share
	visible := datasets.Visible(account.Actor{})
	args := pgx.NamedArgs{"department": department}
	maps.Copy(args, visible.Args)
	rows, err := s.pool.Query(ctx, `
		SELECT c.state, c.clock_profile, c.clock_path, c.clock_from, c.more_at, c.more_path, coalesce(c.more_days, 0), c.more_from, c.reopened_at, c.answered_at, coalesce(c.case_id, 0), k.decided_at
		FROM corrections c JOIN datasets d ON d.id = c.dataset_id JOIN departments p ON p.id = c.department_id LEFT JOIN source_cases k ON k.id = c.case_id
		WHERE p.slug = @department AND c.state <> 'submitted' AND `+visible.SQL, args)
	if err != nil {
		return out, err
	}
	now := s.now()
	days := map[deadline.Ref]*deadline.Clock{} // of each day, since only that counts
	var c Correction
	_, err = pgx.ForEachRow(rows, []any{&c.State, &c.base.Profile, &c.base.Path, &c.base.From, &c.More, &c.morePath, &c.MoreDays, &c.moreFrom, &c.Reopened, &c.Answered, &c.Case, &c.caseEnded}, func() error {
		one := c
		if one.moreFrom != nil {
			day := dayIn(*one.moreFrom)
			one.moreFrom = &day
		}
		ref := one.ref()
		ref.From = dayIn(ref.From.In(workdays.Zone))
		if _, known := days[ref]; !known {
			days[ref] = s.clock(&one)
		}
		one.Clock = days[ref]
		switch {
		case one.Clock == nil || one.Clock.Preliminary() || one.Case != 0 && one.caseEnded == nil || one.State.Open() && !one.Late(now):
		case one.State.Open() || one.Clock.Late(*one.Answered):
			out.All++
		default:
			out.Yes++
			out.All++
		}
		return nil
	})
	return out, err
}

// position is where a page of a list ends.
type position struct {
	from time.Time
	id   int64
}

func (p position) cursor() string {
	return p.from.UTC().Format("20060102T150405.000000") + "-" + strconv.FormatInt(p.id, 10)
}

// readCursor reads where a page ended; the zero position for none. It returns
// fault.Malformed for what no list of ours says.
func readCursor(s string) (p position, err error) {
	if s == "" {
		return p, nil
	}
	wrong := fault.New(fault.Malformed, "翻页的位置写法不对。")
	wrong.Field = "after"
	at, number, ok := strings.Cut(s, "-")
	if !ok || len(s) > 60 {
		return p, wrong
	}
	if p.from, err = time.Parse("20060102T150405.000000", at); err != nil {
		return position{}, wrong
	}
	if p.id, err = strconv.ParseInt(number, 10, 64); err != nil {
		return position{}, wrong
	}
	return p, nil
}
