package operation

import (
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/workdays"
)

// Disclosure (信息披露): what everybody may know of a mandate from the day both sides
// have signed on. It names organisations and days, and no person. Of its scope it
// names what everybody may see of the catalogue, and counts the rest.

// Disclosed is a mandate as it is disclosed.
type Disclosed struct {
	ID            int64               `json:"-"`
	Number        string              `json:"number"`
	Title         string              `json:"title"`
	Parent        string              `json:"parent,omitempty"`
	Renews        string              `json:"renews,omitempty"`
	Body          string              `json:"body"`
	BodyEN        string              `json:"body_en"`
	BodySlug      string              `json:"body_slug"`
	Operator      string              `json:"operator"`
	OperatorCode  string              `json:"operator_code"`
	Award         *DisclosedAward     `json:"award,omitempty"` // nil: under a mandate above, or renewed, without a competition of its own
	State         State               `json:"state"`
	Held          bool                `json:"held,omitempty"` // it is active, and lets nothing pass: one above it does not stand, or an operator is suspended
	From          string              `json:"from"`
	Last          string              `json:"last"`
	Purposes      []string            `json:"purposes"`
	Forms         []string            `json:"forms"`
	Products      string              `json:"products"`
	Scope         []DisclosedItem     `json:"scope"`
	NotPublic     int                 `json:"scope_not_public"`
	Ceilings      []DisclosedCeiling  `json:"ceilings"`
	Income        int64               `json:"permitted_income_fen,omitempty"`
	IncomeMonths  int                 `json:"permitted_income_months,omitempty"`
	Tariff        []Fee               `json:"tariff"`
	SecurityLevel string              `json:"security_level"`
	Cycle         int                 `json:"evaluation_months"`
	Evaluations   []DisclosedVerdict  `json:"evaluations"`
	Scenarios     []DisclosedScenario `json:"scenarios"`
	Developers    int                 `json:"developers"` // also under the mandates below it
	Admitted      []DisclosedEntrant  `json:"admitted"`
	Grants        int                 `json:"grants"`
	SHA256        string              `json:"agreement_sha256"`
	History       []DisclosedMove     `json:"history"`
}

// DisclosedAward is by which competition the operator was chosen (AB-35.3).
type DisclosedAward struct {
	Way        string `json:"way"`
	Candidates int    `json:"candidates"`
	On         string `json:"on"`
	Tender     string `json:"tender,omitempty"` // held on this platform
}

// DisclosedItem is one dataset of a scope.
type DisclosedItem struct {
	Dataset      string   `json:"dataset"` // slug
	Title        string   `json:"title"`
	TitleEN      string   `json:"title_en"`
	Department   string   `json:"department"`
	DepartmentEN string   `json:"department_en"`
	Columns      []string `json:"columns"`
	Forms        []string `json:"forms,omitempty"`
	Purposes     []string `json:"purposes,omitempty"`
}

// DisclosedCeiling is the most that may be charged for one unit.
type DisclosedCeiling struct {
	Form string `json:"form"`
	Unit string `json:"unit"`
	Fen  int64  `json:"fen"`
}

// DisclosedVerdict is the conclusion of an evaluation.
type DisclosedVerdict struct {
	From    string `json:"from"`
	Last    string `json:"last"`
	Verdict string `json:"verdict"`
	Carried int64  `json:"carried_fen"`
}

// DisclosedScenario is a scenario that was authorised under a mandate.
type DisclosedScenario struct {
	Number    string `json:"number"`
	Title     string `json:"title"`
	Developer string `json:"developer"`
	Class     string `json:"use_class"`
	State     string `json:"state"`
}

// DisclosedEntrant is a developer that is admitted with a mandate.
type DisclosedEntrant struct {
	Name  string `json:"name"`
	Code  string `json:"code"`
	Since string `json:"since"` // day on which it was admitted, or let go on
}

// DisclosedMove is a state and the day on which it began.
type DisclosedMove struct {
	State string `json:"state"`
	On    string `json:"on"`
	Basis string `json:"basis,omitempty"`
}

func day(t time.Time) string { return t.In(workdays.Zone).Format(time.DateOnly) }

// Disclose is a mandate as everybody may see it; fault.NotFound before both sides have
// signed.
func (s *Service) Disclose(ctx context.Context, number string) (*Disclosed, error) {
	m, err := s.mandateBy(ctx, s.pool, number, false)
	if err != nil {
		return nil, err
	}
	if !m.State.Public() {
		return nil, errNoMandate()
	}
	return s.disclosed(ctx, s.pool, m)
}

func (s *Service) disclosed(ctx context.Context, q database.Querier, m *Mandate) (*Disclosed, error) {
	d := &Disclosed{ID: m.ID, BodySlug: m.Body.Slug, Number: m.Number, Title: m.Title, Parent: m.Parent, Renews: m.Renews, Body: m.Body.Name, BodyEN: m.Body.NameEN, Operator: m.Operator.Name, OperatorCode: m.Operator.Code, State: m.State, From: day(m.From), Last: day(m.Last()),
		Purposes: m.Purposes, Forms: m.Forms, Products: m.Products, Tariff: m.Tariff, SecurityLevel: m.SecurityLevel, Cycle: m.Cycle, SHA256: m.SHA256, Income: m.Income, Scope: []DisclosedItem{}, Ceilings: []DisclosedCeiling{}, Evaluations: []DisclosedVerdict{}, Scenarios: []DisclosedScenario{}, History: []DisclosedMove{}}
	if m.Income > 0 {
		d.IncomeMonths = m.IncomeMonths
	}
	if award, err := selectAward(ctx, q, m.plan); err != nil {
		return nil, err
	} else if award != nil {
		d.Award = &DisclosedAward{award.Way, award.Candidates, award.On.Format(time.DateOnly), award.Tender}
	}
	if m.State == Active {
		passes, err := stands(ctx, q, m.ID, s.now())
		if err != nil {
			return nil, err
		}
		d.Held = !passes
	}
	visible, err := visibleIDs(ctx, q, m.ID)
	if err != nil {
		return nil, err
	}
	for _, i := range m.Items {
		if !slices.Contains(visible, i.Dataset) {
			d.NotPublic++
			continue
		}
		d.Scope = append(d.Scope, DisclosedItem{i.Slug, i.Title, i.TitleEN, i.Owner.Name, i.Owner.NameEN, i.Columns, i.Forms, i.Purposes})
	}
	for _, c := range m.Ceilings {
		d.Ceilings = append(d.Ceilings, DisclosedCeiling(c))
	}
	evaluations, err := selectEvaluations(ctx, q, m.ID)
	if err != nil {
		return nil, err
	}
	for _, e := range evaluations {
		d.Evaluations = append(d.Evaluations, DisclosedVerdict{e.From.Format(time.DateOnly), e.Last.Format(time.DateOnly), e.Verdict, e.Carried})
	}
	if d.Scenarios, err = selectScenarios(ctx, q, m.ID); err != nil {
		return nil, err
	}
	if d.Admitted, err = selectAdmitted(ctx, q, m.ID); err != nil {
		return nil, err
	}
	below, err := counts(ctx, q, m.ID)
	if err != nil {
		return nil, err
	}
	d.Developers, d.Grants = below.Developers, below.Grants
	events, err := selectEvents(ctx, q, "mandate", m.ID)
	if err != nil {
		return nil, err
	}
	last := ""
	for _, e := range events {
		if !State(e.State).Public() || e.State == last {
			continue
		}
		last = e.State
		d.History = append(d.History, DisclosedMove{State: e.State, On: day(e.At)})
	}
	for n, h := range slices.Backward(d.History) { // why it was stopped last is told when it goes on, too
		if state := State(h.State); state == Suspended || state == Revoked {
			d.History[n].Basis = m.Basis
			break
		}
	}
	return d, nil
}

// Public narrows the mandates that everybody may see.
type Public struct {
	State    string
	Body     string // slug
	Operator string // 统一社会信用代码
	Before   int64  // ID of the last one of the page before; 0: from the newest
	Limit    int    // 0: as many as a page or a file has
}

// isPublic is the condition of a mandate that everybody may see, as State.Public has it.
const isPublic = `m.state IN ('signed', 'active', 'suspended', 'expired', 'revoked', 'surrendered', 'closed')`

// Disclosures are the mandates that everybody may see, the newest first.
func (s *Service) Disclosures(ctx context.Context, f Public) ([]Disclosed, error) {
	if f.Limit == 0 {
		f.Limit = mostDisclosed
	}
	list, err := s.mandateList(ctx, s.pool, isPublic+` AND (@state = '' OR m.state = @state) AND (@body = '' OR b.slug = @body) AND (@operator = '' OR o.credit_code = upper(@operator)) AND (@before = 0 OR m.id < @before)`,
		pgx.NamedArgs{"state": f.State, "body": f.Body, "operator": f.Operator, "before": f.Before, "limit": f.Limit})
	if err != nil {
		return nil, err
	}
	return s.discloseAll(ctx, s.pool, list)
}

// Figures are sums over all mandates that everybody may see.
type Figures struct {
	Mandates   int
	Active     int
	Operators  int // of the active ones
	Developers int // admitted under those
	Scenarios  int // that were ever authorised
}

// Figures counts them.
func (s *Service) Figures(ctx context.Context) (Figures, error) { return selectFigures(ctx, s.pool) }

// mostDisclosed is how many mandates one page or file discloses.
const mostDisclosed = 1000

func (s *Service) discloseAll(ctx context.Context, q database.Querier, list []Mandate) ([]Disclosed, error) {
	out := []Disclosed{}
	for i := range list {
		d, err := s.disclosed(ctx, q, &list[i])
		if err != nil {
			return nil, err
		}
		out = append(out, *d)
	}
	return out, nil
}

// Report is the yearly disclosure report of a body.
type Report struct {
	Body     string      `json:"body"`
	BodyEN   string      `json:"body_en"`
	Year     int         `json:"year"`
	Asked    string      `json:"as_of"` // day
	Mandates []Disclosed `json:"mandates"`
}

// JSON is the report as it is frozen and given out.
func (r *Report) JSON() []byte {
	raw, _ := json.MarshalIndent(r, "", "  ") // words and numbers
	return append(raw, '\n')
}

// CSV is one line for each dataset in the scope of each mandate of a report, and one
// for a mandate without any that is public.
func (r *Report) CSV() []byte { return CSV(r.Mandates) }

// CSV is one line for each dataset of each mandate.
func CSV(list []Disclosed) []byte {
	var b strings.Builder
	b.WriteString("\ufeff")
	w := csv.NewWriter(&b)
	_ = w.Write([]string{"授权", "名称", "实施机构", "运营机构", "统一社会信用代码", "状态", "起", "止", "数据集", "数据部门", "列", "产品形态", "用途", "不公开的数据集"})
	for _, m := range list {
		head := []string{m.Number, m.Title, m.Body, m.Operator, m.OperatorCode, string(m.State), m.From, m.Last}
		tail := []string{strings.Join(m.Forms, " "), strings.Join(m.Purposes, " "), strconv.Itoa(m.NotPublic)}
		if len(m.Scope) == 0 {
			_ = w.Write(slices.Concat(head, []string{"", "", ""}, tail))
		}
		for _, i := range m.Scope {
			_ = w.Write(slices.Concat(head, []string{i.Title, i.Department, strings.Join(i.Columns, " ")}, tail))
		}
	}
	w.Flush() // into memory
	return []byte(b.String())
}

// Issued is a report that was issued and stays as it is.
type Issued struct {
	Report
	Raw    []byte // what was frozen
	SHA256 string
	At     time.Time
	Slug   string // of the body
}

var reportTerm = deadline.Term{House: "disclosure_report"}

func errNoReport() error { return fault.New(fault.NotFound, "没有这份信息披露报告。") }

// ReportOf is the report of a body about a year as the tables say it now; of a year
// that has not ended, so far.
func (s *Service) ReportOf(ctx context.Context, slug string, year int) (*Report, error) {
	b, err := bodyBy(ctx, s.pool, slug)
	if err != nil {
		return nil, err
	}
	return s.report(ctx, s.pool, b, year)
}

func (s *Service) report(ctx context.Context, q database.Querier, b Body, year int) (*Report, error) {
	from, until := yearOf(year)
	if year < 2000 || from.After(s.now()) {
		return nil, errNoReport()
	}
	list, err := s.mandateList(ctx, q, `m.body_id = @body AND m.body_signed_at < @until AND (m.state IN ('signed', 'active', 'suspended') OR m.state_at >= @from)`, pgx.NamedArgs{"body": b.ID, "from": from, "until": until, "limit": mostDisclosed})
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, errNoReport()
	}
	r := &Report{Body: b.Name, BodyEN: b.NameEN, Year: year, Asked: day(s.now())}
	r.Mandates, err = s.discloseAll(ctx, q, list)
	return r, err
}

func yearOf(year int) (from, until time.Time) {
	from = time.Date(year, 1, 1, 0, 0, 0, 0, workdays.Zone)
	return from, from.AddDate(1, 0, 0)
}

// Due is by when the report of a body about a year is issued, and by which rule.
func (s *Service) Due(profile string, year int) (deadline.Clock, error) {
	_, until := yearOf(year)
	return s.clocks.Start(profile, reportTerm, until.AddDate(0, 0, -1))
}

// Issue freezes the report of the own body about a year that has ended.
func (s *Service) Issue(ctx context.Context, who account.Actor, year int) (*Issued, error) {
	if err := draws(who); err != nil {
		return nil, err
	}
	if err := s.accounts.RequireFresh(who); err != nil {
		return nil, err
	}
	if _, until := yearOf(year); s.now().Before(until) {
		return nil, fault.New(fault.Conflict, "这一年还没有结束，不能发布。")
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Issued, error) {
		b, err := bodyByID(ctx, tx, who.Department)
		if err != nil {
			return nil, err
		}
		r, err := s.report(ctx, tx, b, year)
		if err != nil {
			return nil, err
		}
		i := &Issued{Report: *r, Raw: r.JSON(), At: s.instant(), Slug: b.Slug}
		sum := sha256.Sum256(i.Raw)
		i.SHA256 = hex.EncodeToString(sum[:])
		made, err := insertReport(ctx, tx, who, b.ID, i)
		if err != nil {
			return nil, err
		}
		if !made {
			return nil, fault.New(fault.Conflict, "这一年的报告已经发布，发布以后不能改。")
		}
		return i, audit.Append(ctx, tx, who, "disclosure", b.Slug+" "+strconv.Itoa(year), "issue", map[string]string{"sha256": i.SHA256})
	})
}

// IssuedReport is a report that was issued.
func (s *Service) IssuedReport(ctx context.Context, slug string, year int) (*Issued, error) {
	found, err := selectReports(ctx, s.pool, `b.slug = @slug AND r.year = @year`, pgx.NamedArgs{"slug": slug, "year": year})
	if err == nil && len(found) == 0 {
		err = errNoReport()
	}
	if err != nil {
		return nil, err
	}
	return &found[0], nil
}

// IssuedReports are all reports that were issued, the newest first.
func (s *Service) IssuedReports(ctx context.Context) ([]Issued, error) {
	return selectReports(ctx, s.pool, `true`, pgx.NamedArgs{})
}

// Owed are the years for which a body owes a report now.
func (s *Service) Owed(ctx context.Context, who account.Actor) ([]int, error) {
	if draws(who) != nil {
		return nil, nil
	}
	return owedYears(ctx, s.pool, who.Department, s.now().In(workdays.Zone).Year())
}
