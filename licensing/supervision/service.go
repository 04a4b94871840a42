package supervision

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
	"shuyuan/licensing"
	"shuyuan/licensing/sharing"
)

// Fresh asks whether somebody has just shown who they are, as account.Service does.
type Fresh interface {
	RequireFresh(account.Actor) error
}

// Config is what the service is made of.
type Config struct {
	Pool      *pgxpool.Pool
	Catalogue *datasets.Service
	Licensing *licensing.Service
	Sharing   *sharing.Service
	Book      *policy.Book
	Clocks    *deadline.Clocks
	Accounts  Fresh
	Now       func() time.Time
}

// Service has every operation on breach cases and incidents.
type Service struct {
	pool      *pgxpool.Pool
	catalogue *datasets.Service
	licensing *licensing.Service
	sharing   *sharing.Service
	book      *policy.Book
	clocks    *deadline.Clocks
	accounts  Fresh
	now       func() time.Time
}

// New returns the supervision of what is given by these services.
func New(c Config) *Service {
	return &Service{pool: c.Pool, catalogue: c.Catalogue, licensing: c.Licensing, sharing: c.Sharing, book: c.Book, clocks: c.Clocks, accounts: c.Accounts, now: c.Now}
}

func (s *Service) instant() time.Time { return s.now().Truncate(time.Microsecond) }

// Side is on which side of a case somebody stands: licensing.OfApplicant is the
// holder, the others are whose names they bear.
type Side = licensing.Side

// The sides.
const (
	OfHolder     = licensing.OfApplicant
	OfDepartment = licensing.OfDepartment
	OfAuthority  = licensing.OfAuthority
	OfRegulator  = licensing.OfRegulator
	OfPlatform   = licensing.OfPlatform
)

var (
	anybody = []account.Role{account.Visitor} // whose case it is, the side says
	body    = []account.Role{account.Officer, account.Head}
	deskers = []account.Role{account.Officer, account.Head, account.Authority, account.Regulator}
	itself  = []account.Role{account.Administrator}
)

// platform is who moves what time moves.
func platform() account.Actor { return account.System("supervision") }

// Desk reports whether who works on breach cases and incidents at the desk.
func Desk(who account.Actor) bool {
	return who.Key == "" && who.Department != 0 && who.Any(deskers...)
}

// Longest is how many characters what is written in a case may have.
const Longest = 4000

// prose cleans what was written in a field that must say something.
func prose(field, s string) (string, error) {
	s, err := optional(field, s)
	if err == nil && s == "" {
		err = fault.At(field, "这一项须填写。")
	}
	return s, err
}

func optional(field, s string) (string, error) {
	s, err := datasets.CleanProse(field, s)
	if err == nil && len([]rune(s)) > Longest {
		err = fault.At(field, "太长，最多 %d 个字。", Longest)
	}
	return s, err
}

func errMoved() error {
	return fault.New(fault.Conflict, "这一案在您打开之后已经有人处理过，请重新打开看看。")
}

func errNotYours() error { return fault.New(fault.Forbidden, "这一步不由您办。") }

// Event is one thing that was done in a case.
type Event struct {
	Act   string
	Name  string
	Side  Side
	Words string
	At    time.Time
}

// happened writes what was done into the history of a case; the audit trail has it
// besides.
func (s *Service) happened(ctx context.Context, tx pgx.Tx, who account.Actor, side Side, subject string, id int64, act, words string) error {
	return insertEvent(ctx, tx, who, subject, id, Event{Act: act, Name: who.Name, Side: side, Words: words, At: s.instant()})
}

// named are kinds of something as a rule names them.
type named struct {
	Profile, Path string // where the rule stands; the profile of the platform's rules where it is one of them
	Rule          policy.Rule
}

// kinds are the options of the first of these rules that the text in force at t
// has for whoever profile binds; house is the platform's.
func (s *Service) kinds(profile, house string, t time.Time, paths ...string) named {
	for _, path := range paths {
		if p, r, ok := s.book.Governing(profile, path, t); ok && len(r.Options) > 0 {
			return named{p.ID(), path, r}
		}
	}
	r, _ := s.book.House().Rule(house)
	return named{s.book.House().ID(), house, r}
}

// ruleAt is the rule that a case was opened under.
func (s *Service) ruleAt(profile, path string) (policy.Rule, bool) {
	if p, ok := s.book.Profile(profile); ok {
		return p.Rule(path)
	}
	if profile == s.book.House().ID() {
		return s.book.House().Rule(path)
	}
	return policy.Rule{}, false
}

// chosen returns the options of rule that have these codes, and false where one has
// none.
func chosen(rule policy.Rule, codes []string) ([]policy.Option, bool) {
	var out []policy.Option
	for _, c := range codes {
		i := slices.IndexFunc(rule.Options, func(o policy.Option) bool { return o.Code == c })
		if i < 0 {
			return nil, false
		}
		out = append(out, rule.Options[i])
	}
	return out, true
}

// profileOf is the text that binds the department of who.
func profileOf(ctx context.Context, q database.Querier, department int64) (profile string, err error) {
	err = q.QueryRow(ctx, `SELECT coalesce((SELECT profile FROM departments WHERE id = $1), '')`, department).Scan(&profile)
	return profile, err
}

// overseen reports whether who, of an authority, acts for departments that profile
// binds.
func overseen(ctx context.Context, q database.Querier, who account.Actor, profile string) (bool, error) {
	own, err := profileOf(ctx, q, who.Department)
	return err == nil && own != "" && own == profile, err
}

// Events are what was done in a case, the oldest first.
func (s *Service) events(ctx context.Context, subject string, id int64) ([]Event, error) {
	return selectEvents(ctx, s.pool, subject, id)
}
