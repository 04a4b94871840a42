package operation

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
	"shuyuan/internal/workdays"
	"shuyuan/licensing/papers"
)

// Fresh says whether somebody showed of late who they are.
type Fresh interface {
	RequireFresh(account.Actor) error
}

// Config is what the service is made of.
type Config struct {
	Pool      *pgxpool.Pool
	Catalogue *datasets.Service
	Papers    *papers.Service // nil: no files are taken
	Book      *policy.Book
	Clocks    *deadline.Clocks
	Accounts  Fresh
	Now       func() time.Time
}

// Service is authorised operation on one installation.
type Service struct {
	pool      *pgxpool.Pool
	catalogue *datasets.Service
	papers    *papers.Service
	book      *policy.Book
	clocks    *deadline.Clocks
	accounts  Fresh
	now       func() time.Time

	tariff []Fee
	limits Limits
}

// Limits are the platform's own numbers (平台规则).
type Limits struct {
	Months   int // that an agreement runs at most
	Usual    int // and usually
	Cycle    int // months from one evaluation to the next
	Ending   int // days before the end at which both sides are told
	Clean    int // years without a listed breach
	Training int // months that a training counts
	Remind   int // days before its end at which a letter reminds
}

// LimitsOf reads them from the book of rules.
func LimitsOf(book *policy.Book) (Limits, error) {
	n := book.Numbers()
	l := Limits{Months: n.Of("mandate_term", ""), Usual: n.Of("mandate_term", "usual"), Cycle: n.Of("mandate_evaluation", ""), Ending: n.Of("mandate_ending", ""),
		Clean: n.Of("developer_clean_years", ""), Training: n.Of("developer_training", ""), Remind: n.Of("developer_training", "remind_days")}
	return l, n.Missing()
}

// New returns the service of authorised operation.
func New(c Config) (*Service, error) {
	s := &Service{pool: c.Pool, catalogue: c.Catalogue, papers: c.Papers, book: c.Book, clocks: c.Clocks, accounts: c.Accounts, now: c.Now}
	var err error
	if s.limits, err = LimitsOf(c.Book); err != nil {
		return nil, err
	}
	s.tariff, err = TariffOf(c.Book)
	return s, err
}

// Limits are the numbers that the service runs by.
func (s *Service) Limits() Limits { return s.limits }

func (s *Service) instant() time.Time { return s.now().Truncate(time.Microsecond) }

// rule is a rule of the platform.
func (s *Service) rule(path string) policy.Rule {
	r, _ := s.book.House().Rule(path)
	return r
}

// platform is who moves what time moves.
func platform() account.Actor { return account.System("operation") }

// Longest is how many characters what is written in a field may have.
const Longest = 4000

func prose(field, s string) (string, error) {
	s, err := datasets.CleanProse(field, s)
	if err == nil && len([]rune(s)) > Longest {
		err = fault.At(field, "太长，最多 %d 个字。", Longest)
	}
	return s, err
}

// proses cleans several fields in place.
func proses(fields map[string]*string) error {
	for _, name := range slices.Sorted(keysOf(fields)) {
		clean, err := prose(name, *fields[name])
		if err != nil {
			return err
		}
		*fields[name] = clean
	}
	return nil
}

func keysOf[K comparable, V any](m map[K]V) func(func(K) bool) {
	return func(yield func(K) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func errMoved() error {
	return fault.New(fault.Conflict, "在您打开之后已经有人处理过，请重新打开看看。")
}

func errNotYours() error { return fault.New(fault.Forbidden, "这一步不由您办。") }

func errNoMandate() error { return fault.New(fault.NotFound, "没有这份授权运营协议。") }

// known returns the codes of list that are options of a rule of the platform, in the
// order of the rule, and fault.Invalid at field for one that is none.
func (s *Service) known(field, path string, list []string) ([]string, error) {
	rule := s.rule(path)
	out := []string{}
	for _, o := range rule.Options {
		if slices.Contains(list, o.Code) {
			out = append(out, o.Code)
		}
	}
	for _, c := range list {
		if !slices.Contains(out, c) {
			return nil, fault.At(field, "没有这一种，请从列表里选。")
		}
	}
	return out, nil
}

// Options are the options of a rule of the platform: what forms choose from.
func (s *Service) Options(path string) []policy.Option { return s.rule(path).Options }

// units are the units in which a form of product is counted.
func (s *Service) units(form string) (out []string) {
	for _, o := range s.rule("mandate_forms").Options {
		for _, d := range o.Details {
			if o.Code == form && d.Key == "units" {
				for _, w := range d.Value {
					out = append(out, w.Code)
				}
			}
		}
	}
	return out
}

// dayOf reads a day as the first moment of it in China.
func dayOf(field, raw string) (time.Time, error) {
	d, err := time.ParseInLocation(time.DateOnly, strings.TrimSpace(raw), workdays.Zone)
	if err != nil {
		return d, fault.At(field, "请写日期，例如 2026-01-31。")
	}
	return d, nil
}

// NewItem is a dataset of a scope, as somebody writes it.
type NewItem struct {
	Slug     string
	Columns  []string // Every alone: all of them
	Forms    []string
	Purposes []string
}

// Every, alone, stands for every column that a dataset has now.
const Every = "*"

// mostItems is how many datasets a scope has.
const mostItems = 500

// items are the datasets of a scope that who may see, with columns that they have.
func (s *Service) items(ctx context.Context, who account.Actor, list []NewItem) ([]Item, error) {
	if len(list) > mostItems {
		return nil, fault.At("items", "最多写 %d 个。", mostItems)
	}
	var out []Item
	for _, n := range list {
		d, err := s.catalogue.Dataset(ctx, who, n.Slug)
		if k := fault.KindOf(err); k == fault.NotFound || k == fault.Gone {
			return nil, fault.At("items", "没有条目“%s”，请写条目页面网址里 /datasets/ 后面的那一段。", short(n.Slug))
		}
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(out, func(i Item) bool { return i.Dataset == d.ID }) {
			return nil, fault.At("items", "“%s”写了两次。", short(n.Slug))
		}
		i := Item{Dataset: d.ID, Slug: d.Slug, Title: d.Title, TitleEN: d.TitleEN, Open: d.Open, Owner: d.Department}
		there := columnsOf(d)
		if len(n.Columns) == 1 && n.Columns[0] == Every {
			n.Columns = there
		}
		if len(n.Columns) == 0 {
			return nil, fault.At("items", "请为“%s”写明列。", short(n.Slug))
		}
		for _, c := range n.Columns {
			if !slices.Contains(there, c) {
				return nil, fault.At("items", "“%s”没有“%s”这一列。", short(n.Slug), short(c))
			}
		}
		i.Columns = slices.Clone(n.Columns)
		slices.SortFunc(i.Columns, func(a, b string) int { return slices.Index(there, a) - slices.Index(there, b) })
		i.Columns = slices.Compact(i.Columns)
		if i.Forms, err = s.known("items", "mandate_forms", n.Forms); err != nil {
			return nil, err
		}
		if i.Purposes, err = s.known("items", "mandate_purposes", n.Purposes); err != nil {
			return nil, err
		}
		out = append(out, i)
	}
	return out, nil
}

// columnsOf are the columns of the newest tables of a dataset.
func columnsOf(d *datasets.Dataset) (out []string) {
	for i := range d.Resources {
		if d.Resources[i].Newest == nil {
			continue
		}
		for _, t := range d.Resources[i].Newest.Tables {
			for _, f := range t.Fields {
				if !slices.Contains(out, f.Name) {
					out = append(out, f.Name)
				}
			}
		}
	}
	return out
}

func short(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

// Event is one thing that was done, and the state that it led to.
type Event struct {
	Act   string
	Name  string
	Side  Side
	Words string
	State string
	At    time.Time
}

func (s *Service) happened(ctx context.Context, tx pgx.Tx, who account.Actor, subject string, id int64, e Event) error {
	e.Name, e.At = who.Name, s.instant()
	return insertEvent(ctx, tx, who, subject, id, e)
}

// PaperRules are the platform's numbers about files.
func (s *Service) PaperRules() papers.Rules {
	if s.papers == nil {
		return papers.Rules{}
	}
	return s.papers.Rules
}

// Home is the department for which who acts, by its slug, and the text that binds it;
// empty where there is none.
func (s *Service) Home(ctx context.Context, who account.Actor) (slug, profile string, err error) {
	if who.Department == 0 {
		return "", "", nil
	}
	b, err := bodyByID(ctx, s.pool, who.Department)
	return b.Slug, b.Profile, err
}

// UsualEnd is the first moment after a term of so many months from the day of from.
func UsualEnd(from time.Time, months int) time.Time { return deadline.Months(from, months) }

// Sort puts ceilings into the order of the forms of product, and of units by name.
func Sort(list []Ceiling, forms []string) {
	slices.SortFunc(list, func(a, b Ceiling) int {
		return cmp.Or(slices.Index(forms, a.Form)-slices.Index(forms, b.Form), cmp.Compare(a.Unit, b.Unit))
	})
}

// Load is what there is now under the mandates of the organisations of somebody who
// operates.
type Load struct {
	Developers int // admitted
	Scenarios  int // in use or suspended
	Applied    int // scenarios on their way to a decision
	Workspaces int // not destroyed
	Reviews    int // of results, that are not over
}

// LoadOf counts it; nothing for whoever does not operate.
func (s *Service) LoadOf(ctx context.Context, who account.Actor) (Load, error) {
	if who.Key != "" || !who.Is(account.Operator) {
		return Load{}, nil
	}
	return selectLoad(ctx, s.pool, who.ID)
}
