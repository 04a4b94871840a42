// Package calendars is the one source of the working-day calendar: the years that
// ship with the program, and over them those that the system administrator has
// registered from the notices of the State Council. Everybody who counts days asks
// Calendar; Refresh brings in what another replica has registered.
package calendars

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/inbox"
	"shuyuan/internal/policy"
	"shuyuan/internal/workdays"
)

// warnRule is the rule of the platform that says from which month on the calendar
// of the next year must be there.
const warnRule = "calendar_next_year"

// Service keeps the calendar.
type Service struct {
	pool  *pgxpool.Pool
	now   func() time.Time
	log   *slog.Logger
	ships workdays.Calendar
	rule  policy.Rule
	house string
	held  atomic.Pointer[held]
	said  atomic.Int64 // the year that was last warned of
}

// held is the calendar as it was last read.
type held struct {
	revision int64
	calendar workdays.Calendar
	notices  map[int]Notice
}

// Notice is where a registered year comes from.
type Notice struct {
	Year   int
	Notice string
	At     time.Time
	By     string
}

// New returns the calendar on pool, read once.
func New(ctx context.Context, pool *pgxpool.Pool, book *policy.Book, now func() time.Time, log *slog.Logger) (*Service, error) {
	ships, err := workdays.China()
	if err != nil {
		return nil, err
	}
	s := &Service{pool: pool, now: now, log: log, ships: ships, house: book.House().ID()}
	var known bool
	if s.rule, known = book.House().Rule(warnRule); !known {
		return nil, fmt.Errorf("calendars: the platform has no rule %s", warnRule)
	}
	if month, number := s.rule.Number(); !number || month < 1 || month > 12 {
		return nil, fmt.Errorf("calendars: %s is no month", warnRule)
	}
	s.held.Store(&held{revision: -1, calendar: ships})
	return s, s.Refresh(ctx)
}

// Calendar is the calendar as it is now.
func (s *Service) Calendar() workdays.Calendar { return s.held.Load().calendar }

// Notices are the years that were registered here.
func (s *Service) Notices() map[int]Notice { return s.held.Load().notices }

// Rule is the platform's rule of when the next year must be there.
func (s *Service) Rule() policy.Rule { return s.rule }

// Missing is the year whose calendar should be there by the rule and is not; 0
// where all is well.
func (s *Service) Missing() int {
	now := s.now().In(workdays.Zone)
	c := s.Calendar()
	if !c.Covers(now.Year()) {
		return now.Year()
	}
	if month, _ := s.rule.Number(); int(now.Month()) >= month && !c.Covers(now.Year()+1) {
		return now.Year() + 1
	}
	return 0
}

// Refresh reads the registered years anew if any has changed, and says in the log
// once that a year is missing.
func (s *Service) Refresh(ctx context.Context) error {
	var revision int64
	if err := s.pool.QueryRow(ctx, `SELECT coalesce(max(revision), 0) FROM calendar_years`).Scan(&revision); err != nil {
		return fmt.Errorf("calendars: %w", err)
	}
	if revision != s.held.Load().revision {
		read, err := s.read(ctx, revision)
		if err != nil {
			return err
		}
		s.held.Store(read)
	}
	if year := int64(s.Missing()); s.said.Swap(year) != year && year != 0 {
		s.log.LogAttrs(ctx, slog.LevelWarn, "the working-day calendar of a year is missing: an administrator registers it at /desk/admin/calendars", slog.Int64("year", year))
	}
	return nil
}

func (s *Service) read(ctx context.Context, revision int64) (*held, error) {
	out := &held{revision: revision, notices: map[int]Notice{}}
	rows, err := s.pool.Query(ctx, `SELECT year, notice, put_at AS at, put_by AS by FROM calendar_years`)
	if err != nil {
		return nil, fmt.Errorf("calendars: %w", err)
	}
	notices, err := pgx.CollectRows(rows, pgx.RowToStructByName[Notice])
	if err != nil {
		return nil, fmt.Errorf("calendars: %w", err)
	}
	for _, n := range notices {
		out.notices[n.Year] = n
	}
	rows, err = s.pool.Query(ctx, `SELECT day, festival, kind, statutory, year FROM calendar_days`)
	if err != nil {
		return nil, fmt.Errorf("calendars: %w", err)
	}
	days, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (workdays.Day, error) {
		var d workdays.Day
		err := row.Scan(&d.Date, &d.Festival, &d.Kind, &d.Statutory, &d.Year)
		d.Date = time.Date(d.Date.Year(), d.Date.Month(), d.Date.Day(), 0, 0, 0, 0, workdays.Zone)
		return d, err
	})
	if err != nil {
		return nil, fmt.Errorf("calendars: %w", err)
	}
	out.calendar = s.ships.With(days)
	return out, nil
}

// Year is a year as an administrator hands it in.
type Year struct {
	Year   int
	Notice string
	CSV    string
	Sure   bool // that the doubts are what the notice says
}

// Looked is what was read of a year, before it is kept.
type Looked struct {
	Days   []workdays.Day
	Wrong  []workdays.Fault
	Doubts []workdays.Fault
	With   workdays.Calendar // as it would be
	Known  bool              // the year is known already: this corrects it
	InUse  bool              // it has begun, or it is the next
}

// noticeMost is how long the name of a notice may be.
const noticeMost = 100

// Look reads a year without keeping it. It returns fault.Invalid where the year or
// the notice is wrong; what is wrong with a line stands in Looked.
func (s *Service) Look(who account.Actor, y Year) (Looked, error) {
	var l Looked
	if err := administers(who); err != nil {
		return l, err
	}
	if now := s.now().In(workdays.Zone).Year(); y.Year < 2004 || y.Year > now+1 {
		return l, fault.At("year", "年份须在 2004 到 %d 之间：以后的年份，通知还没有发。", now+1)
	}
	if n := strings.TrimSpace(y.Notice); n == "" || !utf8.ValidString(n) || utf8.RuneCountInString(n) > noticeMost || strings.ContainsAny(n, "\r\n\x00") {
		return l, fault.At("notice", "请写明是哪个通知，最多 %d 个字，例如：国办发明电〔2025〕7 号。", noticeMost)
	}
	l.Days, l.Wrong, l.Doubts = workdays.ReadYear(strings.NewReader(y.CSV), y.Year)
	c := s.Calendar()
	for _, d := range l.Days { // December days of the year before must not be another year's
		for _, other := range c.Days(d.Date.Year()) {
			if other.Year != y.Year && other.Date.Equal(d.Date) {
				l.Wrong = append(l.Wrong, workdays.Fault{Zh: "%s 已经在 %d 年的日历里了。", Args: []any{d.Date.Format(time.DateOnly), other.Year}})
			}
		}
	}
	if len(l.Wrong) > 0 {
		return l, nil
	}
	l.With, l.Known = c.With(l.Days), c.Covers(y.Year)
	l.InUse = l.Known && y.Year >= s.now().In(workdays.Zone).Year()
	return l, nil
}

// Put keeps a year, in the place of what there was of it, for every replica. It
// returns fault.Invalid at "rows" while a line is wrong, and at "sure" while there
// are doubts that nobody has answered for.
func (s *Service) Put(ctx context.Context, who account.Actor, y Year) error {
	l, err := s.Look(who, y)
	switch {
	case err != nil:
		return err
	case len(l.Wrong) > 0:
		return fault.At("rows", "还有 %d 处不对，一行也没有保存。", len(l.Wrong))
	case len(l.Doubts) > 0 && !y.Sure:
		return fault.At("sure", "请先对照通知，确认下面的疑点确实如此。")
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		if _, err := tx.Exec(ctx, `LOCK TABLE calendar_years IN EXCLUSIVE MODE`); err != nil {
			return none, fmt.Errorf("calendars: %w", err)
		}
		_, err := tx.Exec(ctx, `
			INSERT INTO calendar_years (year, notice, revision, put_at, put_by)
			VALUES (@year, @notice, nextval('calendar_revision'), @now, @by)
			ON CONFLICT (year) DO UPDATE SET notice = excluded.notice, revision = excluded.revision, put_at = excluded.put_at, put_by = excluded.put_by`,
			pgx.NamedArgs{"year": y.Year, "notice": strings.TrimSpace(y.Notice), "now": s.now(), "by": who.Name})
		if err != nil {
			return none, fmt.Errorf("calendars: %w", err)
		}
		if _, err := tx.Exec(ctx, `DELETE FROM calendar_days WHERE year = $1`, y.Year); err != nil {
			return none, fmt.Errorf("calendars: %w", err)
		}
		for _, d := range l.Days {
			_, err := tx.Exec(ctx, `INSERT INTO calendar_days (day, year, festival, kind, statutory) VALUES ($1, $2, $3, $4, $5)`,
				d.Date.Format(time.DateOnly), d.Year, d.Festival, d.Kind, d.Statutory)
			if err != nil {
				return none, fmt.Errorf("calendars: %w", err)
			}
		}
		act := "register"
		if l.Known {
			act = "correct"
		}
		return none, audit.Append(ctx, tx, who, "calendar", strconv.Itoa(y.Year), act,
			map[string]string{"notice": strings.TrimSpace(y.Notice), "days": strconv.Itoa(len(l.Days)), "doubts": strconv.Itoa(len(l.Doubts))})
	})
	if err != nil {
		return err
	}
	return s.Refresh(ctx)
}

// administers allows only the system administrator, by a session.
func administers(who account.Actor) error {
	if !who.Is(account.Administrator) || who.Key != "" {
		return fault.New(fault.Forbidden, "只有系统管理员可以登记工作日历。")
	}
	return nil
}

// Waiting is the year that the system administrator should register.
func (s *Service) Waiting(_ context.Context, who account.Actor) ([]inbox.Item, error) {
	year := s.Missing()
	if year == 0 || administers(who) != nil {
		return nil, nil
	}
	month, _ := s.rule.Number()
	since := time.Date(year-1, time.Month(month), 1, 0, 0, 0, 0, workdays.Zone)
	return []inbox.Item{{
		Kind: "calendar", ID: strconv.Itoa(year), Title: inbox.Text{Zh: fmt.Sprintf("%d 年的工作日历", year), En: fmt.Sprintf("The working-day calendar of %d", year)},
		Ask: "请按国务院办公厅的通知登记。", Path: "/desk/admin/calendars?year=" + strconv.Itoa(year) + "#register", Since: since,
		Clock: &deadline.Clock{Ref: deadline.Ref{Profile: s.house, Path: warnRule}, Rule: s.rule, Last: time.Date(year-1, time.December, 31, 0, 0, 0, 0, workdays.Zone)},
		After: "数到那一年的时限只能暂算，页面会写明缺日历。",
	}}, nil
}

// Moved is an open clock whose day another calendar would move.
type Moved struct {
	Open
	Before, After time.Time // zero: cannot be told without the calendar of a year
}

// Open is a clock that runs: what it is about without saying whose, since the
// administrator has no power over data.
type Open struct {
	Kind, ID string
	Ref      deadline.Ref
}

// Runner knows clocks that run.
type Runner interface {
	OpenClocks(context.Context) ([]Open, error)
}

// Moves are the open clocks that with would move.
func Moves(ctx context.Context, clocks *deadline.Clocks, with workdays.Calendar, runners ...Runner) ([]Moved, error) {
	then := clocks.By(func() workdays.Calendar { return with })
	var out []Moved
	for _, r := range runners {
		open, err := r.OpenClocks(ctx)
		if err != nil {
			return nil, err
		}
		for _, o := range open {
			before, err := clocks.Resume(o.Ref)
			if err != nil {
				return nil, err
			}
			after, err := then.Resume(o.Ref)
			if err != nil {
				return nil, err
			}
			for _, k := range []*deadline.Clock{&before, &after} {
				if k.Preliminary() {
					k.Last = time.Time{}
				}
			}
			if !before.Last.Equal(after.Last) {
				out = append(out, Moved{Open: o, Before: before.Last, After: after.Last})
			}
		}
	}
	return out, nil
}
