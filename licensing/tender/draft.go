package tender

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/cases"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
	"shuyuan/internal/workdays"
	"shuyuan/licensing/papers"
)

// Form is what an organiser writes of a tender.
type Form struct {
	Kind         Kind
	About        string // number of what is awarded
	Method       string
	Title        string
	TitleEN      string
	Description  string
	Requirements string
	Entries      []FormEntry
	Pricing      Pricing
	Limit        string // yuan
	PriceWeight  string
	Criteria     []FormCriterion
	Opens        string // 2006-01-02T15:04, in China
	Closes       string
	OpeningAt    string
	Panel        []string // identifiers of accounts
	Sent         string   // mark of the form, which makes one tender however often it is sent
}

// FormEntry is an entry that a tender is about, with the columns in words.
type FormEntry struct{ Slug, Columns string }

// FormCriterion is one line of the criteria.
type FormCriterion struct{ Name, Weight, Says string }

// Longest is how many characters a text of a tender may have.
const Longest = 4000

const (
	mostEntries  = 20
	mostCriteria = 8
	mostPanel    = 15
)

const moment = "2006-01-02T15:04"

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

// short is a name of one line, of at most so many characters.
func short(field, s string, most int) (string, error) {
	s, err := datasets.CleanLine(field, s)
	if err == nil && len([]rune(s)) > most {
		err = fault.At(field, "太长，最多 %d 个字。", most)
	}
	return s, err
}

// read writes a form into a tender.
func (s *Service) read(ctx context.Context, who account.Actor, q database.Querier, t *Tender, f Form) (err error) {
	if !slices.Contains(Kinds, f.Kind) {
		return fault.At("kind", "请选要竞争的是什么。")
	}
	t.Kind = f.Kind
	if t.About, err = short("about", f.About, 100); err != nil {
		return err
	}
	if err := s.readMethod(t, f.Method); err != nil {
		return err
	}
	if t.Title, err = short("title", f.Title, 100); err != nil {
		return err
	}
	if t.Title == "" {
		return fault.At("title", "请写名称。")
	}
	if t.TitleEN, err = short("title_en", f.TitleEN, 200); err != nil {
		return err
	}
	if t.Description, err = prose("description", f.Description); err != nil {
		return err
	}
	if t.Requirements, err = prose("requirements", f.Requirements); err != nil {
		return err
	}
	if err := s.readEntries(ctx, who, t, f.Entries); err != nil {
		return err
	}
	if err := t.readPrice(f); err != nil {
		return err
	}
	if err := t.readCriteria(f); err != nil {
		return err
	}
	if err := s.readTimes(t, f); err != nil {
		return err
	}
	return s.readPanel(ctx, q, t, f.Panel)
}

func (s *Service) readMethod(t *Tender, method string) error {
	m := s.MethodOn(t.Profile, t.Kind, s.instant())
	if !slices.ContainsFunc(m.Ways, func(w policy.Word) bool { return w.Zh == method }) {
		return fault.At("method", "请从列出的竞争方式中选。")
	}
	t.Method, t.Rule, t.RuleOf, t.rulePath = method, m.Rule, m.Profile, m.Path
	return nil
}

func (s *Service) readEntries(ctx context.Context, who account.Actor, t *Tender, list []FormEntry) error {
	t.Entries = nil
	if len(list) > mostEntries {
		return fault.At("entries", "最多写 %d 个。", mostEntries)
	}
	for _, e := range list {
		d, err := s.catalogue.Dataset(ctx, who, e.Slug)
		if fault.KindOf(err) == fault.NotFound || err == nil && d.Status != datasets.Published {
			return fault.At("entries", "没有公开的条目“%s”，请写条目页面网址里 /datasets/ 后面的那一段。", e.Slug)
		}
		if err != nil {
			return err
		}
		columns, err := short("entries", e.Columns, 500)
		if err != nil {
			return err
		}
		if t.Kind == DataUse && (d.Open != datasets.Conditional || d.Department.ID != t.Department.ID) {
			return fault.At("entries", "“%s”不是本部门有条件开放的条目，不用竞争，或者不由本部门定。", d.Title)
		}
		if !slices.ContainsFunc(t.Entries, func(x Entry) bool { return x.Dataset.ID == d.ID }) {
			t.Entries = append(t.Entries, Entry{Dataset: *d, Columns: columns})
		}
	}
	if t.Kind == DataUse && len(t.Entries) == 0 {
		return fault.At("entries", "请写要用哪些数据。")
	}
	return nil
}

func (t *Tender) readPrice(f Form) error {
	if !slices.Contains(Pricings, f.Pricing) {
		return fault.At("pricing", "请选报价怎么算。")
	}
	t.Pricing, t.Limit = f.Pricing, 0
	limit, err := ParseYuan("limit", f.Limit)
	switch {
	case err != nil:
		return err
	case limit == nil:
	case t.Pricing == NoPrice:
		return fault.At("limit", "不报价的，不写底价或者限价。")
	case *limit == 0:
		return fault.At("limit", "没有底价或者限价的，请留空。")
	default:
		t.Limit = *limit
	}
	return nil
}

// weight reads how many points a criterion has.
func weight(field, raw string) (int, error) {
	n, err := strconv.Atoi(strings.TrimSpace(raw))
	if err != nil || n < 1 || n > 100 {
		return 0, fault.At(field, "权重须是 1 到 100 的整数。")
	}
	return n, nil
}

func (t *Tender) readCriteria(f Form) error {
	t.Criteria = nil
	sum := 0
	for _, line := range f.Criteria {
		name, err := short("criteria", line.Name, 60)
		if err != nil {
			return err
		}
		says, err := short("criteria", line.Says, 300)
		if err != nil {
			return err
		}
		if name == "" && says == "" && strings.TrimSpace(line.Weight) == "" {
			continue
		}
		if name == "" {
			return fault.At("criteria", "请写评分项的名称。")
		}
		c := Criterion{Name: name, Says: says}
		if c.Weight, err = weight("criteria", line.Weight); err != nil {
			return err
		}
		if slices.ContainsFunc(t.Criteria, func(x Criterion) bool { return x.Name == name }) {
			return fault.At("criteria", "评分项“%s”写了两次。", name)
		}
		t.Criteria, sum = append(t.Criteria, c), sum+c.Weight
	}
	switch {
	case len(t.Criteria) == 0:
		return fault.At("criteria", "请至少写一个由评审打分的项。")
	case len(t.Criteria) > mostCriteria:
		return fault.At("criteria", "最多写 %d 个评分项。", mostCriteria)
	case t.Pricing == NoPrice && strings.TrimSpace(f.PriceWeight) != "":
		return fault.At("price_weight", "不报价的，不写报价的权重。")
	case t.Pricing != NoPrice:
		w, err := weight("price_weight", f.PriceWeight)
		if err != nil {
			return err
		}
		t.Criteria, sum = append(t.Criteria, Criterion{Name: "报价", Weight: w, Price: true}), sum+w
	}
	if sum != 100 {
		return fault.At("criteria", "权重合计须是 100，现在是 %d。", sum)
	}
	return nil
}

func (s *Service) readTimes(t *Tender, f Form) error {
	for _, x := range []struct {
		field, raw string
		to         *time.Time
	}{{"opens", f.Opens, &t.Opens}, {"closes", f.Closes, &t.Closes}, {"opening_at", f.OpeningAt, &t.OpeningAt}} {
		at, err := time.ParseInLocation(moment, strings.TrimSpace(x.raw), workdays.Zone)
		if err != nil {
			return fault.At(x.field, "请写日期和时间，例如 2026-12-10T10:00。")
		}
		*x.to = at
	}
	switch {
	case !t.Closes.After(t.Opens):
		return fault.At("closes", "截止须在开始投标以后。")
	case t.OpeningAt.Before(t.Closes):
		return fault.At("opening_at", "开标不能早于截止。")
	case t.OpeningAt.After(t.Closes.Add(time.Duration(s.numbers.openingHours) * time.Hour)):
		return fault.At("opening_at", "开标不能晚于截止后 %d 小时（平台规则）。", s.numbers.openingHours)
	}
	t.RevealUntil = t.OpeningAt.Add(time.Duration(s.numbers.revealHours) * time.Hour)
	t.LeastBidders, t.LeastPanel = s.numbers.bidders, s.numbers.panel
	return nil
}

// timely returns a fault unless a tender that is announced now leaves the time to bid
// that the rule names.
func (s *Service) timely(t *Tender) error {
	at := s.instant()
	least, err := s.clocks.Start(t.Profile, bidding, at)
	if err != nil {
		return err
	}
	ref := least.Ref
	ref.Given = s.numbers.most
	most, err := s.clocks.Resume(ref)
	if err != nil {
		return err
	}
	n, _ := least.Rule.Number()
	switch {
	case t.Opens.Before(at):
		return fault.At("opens", "开始投标的时间已经过了，请改。")
	case t.Closes.Before(least.Last):
		return fault.At("closes", "截止太早：从公告起至少 %d 个工作日，最早 %s（平台规则）。", n, least.Last.Format(time.DateOnly))
	case t.Closes.After(most.Due()):
		return fault.At("closes", "截止太晚：从公告起至多 %d 个工作日，最晚 %s（平台规则）。", s.numbers.most, most.Last.Format(time.DateOnly))
	case len(t.Active()) < t.LeastPanel:
		return fault.At("panel", "评审至少 %d 人（平台规则）。", t.LeastPanel)
	}
	return nil
}

// readPanel finds who is to score. Nobody of an operator, of the exchange or who
// supervises does.
func (s *Service) readPanel(ctx context.Context, q database.Querier, t *Tender, identifiers []string) error {
	if len(identifiers) > mostPanel {
		return fault.At("panel", "最多写 %d 人。", mostPanel)
	}
	t.Panel = nil
	for _, raw := range identifiers {
		m, err := s.panelist(ctx, q, raw)
		if err != nil {
			return err
		}
		if t.member(m.User) == nil {
			t.Panel = append(t.Panel, m)
		}
	}
	return nil
}

func (s *Service) panelist(ctx context.Context, q database.Querier, raw string) (Member, error) {
	identifier, err := account.Identifier(raw)
	if err != nil {
		return Member{}, fault.At("panel", "“%s”不是账号。", clip(raw))
	}
	m, side, err := selectPanelist(ctx, q, identifier)
	switch {
	case err != nil:
		return m, err
	case m.User == 0 || side != account.Manage && side != account.Use:
		return m, fault.At("panel", "“%s”不能做评审：没有这个账号，或者是运营、交易、监管、管理的账号。", clip(raw))
	}
	m.AddedAt = s.instant()
	return m, nil
}

func clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

// Write makes a draft of who's department.
func (s *Service) Write(ctx context.Context, who account.Actor, f Form) (*Tender, error) {
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Tender, error) { return s.WriteIn(ctx, tx, who, f) })
}

// WriteIn is Write in a transaction of the caller's, who ties the draft to something.
func (s *Service) WriteIn(ctx context.Context, tx pgx.Tx, who account.Actor, f Form) (*Tender, error) {
	if !Organises(who) {
		return nil, errNotYours()
	}
	t := &Tender{State: Draft, madeBy: who.ID, MadeBy: who.Name, MadeAt: s.instant(), scoring: 1, sent: f.Sent}
	var err error
	if t.Department, err = selectDepartment(ctx, tx, who.Department); err != nil {
		return nil, err
	}
	t.Profile = t.Department.Profile
	if t.ID, t.Number, err = cases.Made(ctx, tx, "tenders", f.Sent); err != nil || t.ID != 0 {
		return t, err
	}
	if err := s.read(ctx, who, tx, t, f); err != nil {
		return nil, err
	}
	if t.Number, err = cases.Number(ctx, tx, "TD", t.MadeAt); err != nil {
		return nil, err
	}
	if err := insertTender(ctx, tx, t); err != nil {
		return nil, err
	}
	return t, audit.Append(ctx, tx, who, "tender", t.Number, "write", map[string]string{"kind": string(t.Kind), "title": t.Title})
}

// Rewrite changes a draft, or a tender that failed.
func (s *Service) Rewrite(ctx context.Context, who account.Actor, number string, revision int, f Form) (*Tender, error) {
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Tender, error) {
		t, err := s.organised(ctx, tx, who, number, revision)
		if err != nil {
			return t, err
		}
		if t.State != Draft && t.State != Failed {
			return t, fault.New(fault.Conflict, "已经公告，不能再改。")
		}
		if err := s.read(ctx, who, tx, t, f); err != nil {
			return t, err
		}
		if err := rewriteTender(ctx, tx, t); err != nil {
			return nil, err
		}
		return t, audit.Append(ctx, tx, who, "tender", t.Number, "rewrite", nil)
	})
}

// organised holds a tender that who organises, as it was when who opened it.
func (s *Service) organised(ctx context.Context, tx pgx.Tx, who account.Actor, number string, revision int) (*Tender, error) {
	t, err := s.hold(ctx, tx, number)
	switch {
	case err != nil:
		return nil, err
	case !t.organises(who) && t.AnnouncedAt == nil:
		return nil, errNone()
	case !t.organises(who):
		return t, errNotYours()
	case t.Revision != revision:
		return t, errMoved()
	}
	t.words = ""
	return t, nil
}

// announce makes a tender public.
func (s *Service) announce(ctx context.Context, tx pgx.Tx, who account.Actor, t *Tender) error {
	at := s.instant()
	if t.wrong = s.readMethod(t, t.Method); t.wrong == nil {
		t.wrong = s.timely(t)
	}
	first := t.State == Draft
	err := s.move(ctx, tx, who, t, OfOrganiser, Announce, func() error {
		t.Round, t.AnnouncedAt, t.SentBack = t.Round+1, &at, false
		t.LeastBidders, t.LeastPanel = s.numbers.bidders, s.numbers.panel
		t.RevealUntil = t.OpeningAt.Add(time.Duration(s.numbers.revealHours) * time.Hour)
		t.bids, t.OpenedAt, t.EvaluatedAt, t.NoticeAt, t.Report = nil, nil, nil, nil, ""
		return s.newKey(t)
	})
	if err != nil || !first {
		return err
	}
	return papers.Freeze(ctx, tx, papers.Tender, t.ID, at)
}
