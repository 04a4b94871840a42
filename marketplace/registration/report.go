package registration

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/cases"
	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/workflow"
	"shuyuan/marketplace/provenance/certificate"
	"shuyuan/marketplace/provenance/statement"
)

// ReportState is where a report stands.
type ReportState string

// The states.
const (
	Requested       ReportState = "requested"
	Drafting        ReportState = "draft" // whoever reports has declared to be independent
	ReportIssued    ReportState = "issued"
	Rejected        ReportState = "rejected" // it did not pass
	Declined        ReportState = "declined" // whoever was asked does not do it
	ReportWithdrawn ReportState = "withdrawn"
)

// Over reports whether nothing is done about it any more.
func (s ReportState) Over() bool { return s != Requested && s != Drafting }

// ReportAction is what is done with a report.
type ReportAction string

// The actions.
const (
	Request     ReportAction = "request" // how it begins
	Declare     ReportAction = "declare" // to be independent
	Write       ReportAction = "write"
	IssueReport ReportAction = "issue"
	Reject      ReportAction = "reject"
	Decline     ReportAction = "decline"
	TakeBack    ReportAction = "withdraw"
)

// Test is one of the three tests of TJ-29.
type Test struct {
	Name     string `json:"name"` // lawful, unidentifiable, irreversible
	Passed   bool   `json:"passed"`
	Evidence string `json:"evidence"`
}

// Category is one of the four kinds of data that may not be traded (TJ-54).
type Category struct {
	Name  string `json:"name"` // national, public, secrets, privacy
	Found bool   `json:"found"`
	Words string `json:"words"` // how it was looked for, and what was found
}

// TestNames and CategoryNames are all of them.
var (
	TestNames     = []string{"lawful", "unidentifiable", "irreversible"}
	CategoryNames = []string{"national", "public", "secrets", "privacy"}
)

// Method is how something is valued.
type Method string

// The methods (资产评估基本准则 16).
const (
	Cost   Method = "cost"
	Income Method = "income"
	Market Method = "market"
)

// Methods are all of them.
var Methods = []Method{Cost, Income, Market}

// Line is one line of a worksheet.
type Line struct {
	Item   string `json:"item"`
	Amount int64  `json:"amount"` // 分
	Words  string `json:"words"`
}

// Body is what a report says besides its conclusion.
type Body struct {
	Tests      []Test     `json:"tests,omitempty"`
	Categories []Category `json:"categories,omitempty"`
	Day        string     `json:"day,omitempty"` // on which it is valued
	Lines      []Line     `json:"lines,omitempty"`
}

// Total is the sum of a worksheet, in 分.
func (b Body) Total() (n int64) {
	for _, l := range b.Lines {
		n += l.Amount
	}
	return n
}

// Report is what an independent organisation says of a version of a product.
type Report struct {
	ID            int64
	Number        string
	Kind          CertificateKind // certification or valuation
	Product       string
	Title         string
	TitleEN       string
	Version       string
	Developer     Organisation
	Reporter      Organisation
	ControlsAsked []string
	Controls      []string
	Declaration   string
	DeclaredAt    *time.Time
	DeclaredBy    string
	Method        string
	Body          Body
	Evaluator     string
	Conclusion    string
	Digest        string // of the report, once it is over
	State         ReportState
	StateAt       time.Time
	Reason        string
	Clock         *deadline.Clock
	Certificate   string // number
	Sample        bool
	MadeBy        string
	MadeAt        time.Time
	Revision      int

	product, version int64
	clock            deadline.Ref
	words            string
	independent      bool
	academic         bool
	productState     string
	versionState     string
}

// Text is the report as its digest is over it: JSON.
func (r *Report) Text() ([]byte, error) {
	return json.Marshal(struct {
		Number     string `json:"report"`
		Kind       string `json:"kind"`
		Product    string `json:"product"`
		Version    string `json:"version"`
		Developer  string `json:"developer"`
		Reporter   string `json:"reporter"`
		Declared   string `json:"independence"`
		Method     string `json:"method"`
		Body       Body   `json:"body"`
		Evaluator  string `json:"evaluator"`
		Conclusion string `json:"conclusion"`
		Outcome    string `json:"outcome"`
		Reason     string `json:"reason,omitempty"`
	}{r.Number, string(r.Kind), r.Product, r.Version, r.Developer.Name, r.Reporter.Name, r.Declaration, r.Method, r.Body, r.Evaluator, r.Conclusion, string(r.State), r.Reason})
}

var reporters = []account.Role{account.Certifier, account.Valuer}

var reportMoves = workflow.Lifecycle[ReportState, ReportAction, *Report]{
	{Action: Declare, From: []ReportState{Requested}, To: Drafting, By: reporters, Needs: independent},
	{Action: Write, From: []ReportState{Drafting}, To: Drafting, By: reporters},
	{Action: IssueReport, From: []ReportState{Drafting}, To: ReportIssued, By: reporters, Needs: passes},
	{Action: Reject, From: []ReportState{Drafting}, To: Rejected, By: reporters, Needs: rejectable},
	{Action: Decline, From: []ReportState{Requested, Drafting}, To: Declined, By: reporters, Needs: withReason},
	{Action: TakeBack, From: []ReportState{Requested}, To: ReportWithdrawn, By: anybody},
}

// ReportLifecycle is the table of moves of a report, for docs/lifecycles.md.
func ReportLifecycle() string { return reportMoves.Mermaid(Requested) }

// independent: I-27, by the declaration and by the records.
func independent(r *Report) error {
	if r.Declaration == "" {
		return fault.At("declaration", "请写独立性声明。")
	}
	return apartFrom(r)
}

func apartFrom(r *Report) error {
	if !r.independent {
		return fault.New(fault.Forbidden, "与开发方有共同的成员或者控制关系，不能出具报告。")
	}
	return nil
}

func withReason(r *Report) error {
	if r.words == "" {
		return fault.At("reason", "请写明理由。")
	}
	return nil
}

// written: the report says what it must.
func written(r *Report) error {
	if r.Kind == OfValuation {
		switch {
		case !slices.Contains(Methods, Method(r.Method)):
			return fault.At("method", "请选评估方法：成本法、收益法或者市场法。")
		case r.Body.Day == "":
			return fault.At("day", "请写评估基准日。")
		case len(r.Body.Lines) == 0:
			return fault.At("item", "请填工作底稿，至少一行。")
		case r.Evaluator == "":
			return fault.At("evaluator", "请写评估人员。")
		case r.Conclusion == "":
			return fault.At("conclusion", "请写结论。")
		}
		return nil
	}
	if r.Method == "" {
		return fault.At("method", "请写明怎样检查。")
	}
	for _, t := range r.Body.Tests {
		if t.Evidence == "" {
			return fault.At(t.Name, "请写明依据。")
		}
	}
	for _, c := range r.Body.Categories {
		if c.Words == "" {
			return fault.At(c.Name, "请写明怎样排查、结果怎样。")
		}
	}
	if len(r.Body.Tests) != len(TestNames) || len(r.Body.Categories) != len(CategoryNames) {
		return fault.At("lawful", "请先填写报告。")
	}
	if r.Conclusion == "" {
		return fault.At("conclusion", "请写结论。")
	}
	return nil
}

// passes: all three tests are passed, none of the four kinds of data is in it (TJ-29,
// TJ-54), and nothing in it was given for academic use alone (AB-35.2).
func passes(r *Report) error {
	if err := written(r); err != nil {
		return err
	}
	if err := apartFrom(r); err != nil {
		return err
	}
	switch {
	case r.versionState == "recalled":
		return fault.New(fault.Conflict, "这一版已经召回，不能出具证书。")
	case r.Kind == OfValuation:
		return nil
	case r.productState != "registered" && r.productState != "listable" && r.productState != "suspended":
		return fault.New(fault.Conflict, "产品还没有登记，不能出具合规证书。")
	case r.academic:
		return fault.New(fault.Forbidden, "产品用了只给学术研究使用的数据，不能通过合规认证（AB-35.2）。")
	}
	for _, t := range r.Body.Tests {
		if !t.Passed {
			return fault.New(fault.Conflict, "三项检验没有全部通过，只能写明理由不通过。")
		}
	}
	for _, c := range r.Body.Categories {
		if c.Found {
			return fault.New(fault.Conflict, "含有禁止交易的数据，只能写明理由不通过。")
		}
	}
	return nil
}

func rejectable(r *Report) error {
	if err := withReason(r); err != nil {
		return err
	}
	return written(r)
}

// Asked is what a developer asks a certifier or a valuer for.
type Asked struct {
	Kind     CertificateKind
	Version  string
	Reporter int64 // organisation
	Controls string
	Sent     string
}

// Reporter is an organisation that certifies or values.
type Reporter struct {
	ID   int64
	Name string
	Kind CertificateKind
}

var reporterRoles = map[CertificateKind]account.Role{OfCertification: account.Certifier, OfValuation: account.Valuer}

// Ask asks an organisation for a report on a version of a product that who answers for.
func (s *Service) Ask(ctx context.Context, who account.Actor, product string, f Asked) (*Report, error) {
	if who.IsVisitor() || who.Key != "" || who.Side != account.Use {
		return nil, errNotYours()
	}
	if _, ok := reporterRoles[f.Kind]; !ok {
		return nil, fault.At("kind", "请选合规认证或者资产评估。")
	}
	asked, err := codes("controls", f.Controls)
	if err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Report, error) {
		if id, number, err := cases.Made(ctx, tx, "product_reports", f.Sent); err != nil || id != 0 {
			if err != nil {
				return nil, err
			}
			return s.report(ctx, tx, number, false)
		}
		sub, owner, err := selectSubject(ctx, tx, who.ID, product, f.Version)
		if err != nil {
			return nil, err
		}
		if !owner {
			return nil, errNotYours()
		}
		all, err := selectReporters(ctx, tx)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(all, func(r Reporter) bool { return r.ID == f.Reporter && r.Kind == f.Kind }) {
			return nil, fault.At("reporter", "请从列表里选机构。")
		}
		at := s.instant()
		r := &Report{Kind: f.Kind, Reporter: Organisation{ID: f.Reporter}, ControlsAsked: asked, State: Requested, StateAt: at, MadeBy: who.Name, MadeAt: at, product: sub.product, version: sub.version}
		term, prefix := certifyTerm, "HG"
		if f.Kind == OfValuation {
			term, prefix = valueTerm, "PG"
		}
		c, err := s.Clocks.Start("", term, at)
		if err != nil {
			return nil, err
		}
		r.clock = c.Ref
		if r.Number, err = cases.Number(ctx, tx, prefix, at); err != nil {
			return nil, err
		}
		if err := insertReport(ctx, tx, r, who.ID, f.Sent); err != nil {
			if database.Taken(err) {
				return nil, fault.New(fault.Conflict, "这一版已经请这家机构出具报告。")
			}
			return nil, err
		}
		if r, err = s.report(ctx, tx, r.Number, false); err != nil {
			return nil, err
		}
		return r, s.reported(ctx, tx, who, r, Request, OfRegistrant, "")
	})
}

// ReportForm is what whoever reports writes.
type ReportForm struct {
	Declaration string
	Controls    string
	Method      string
	Passed      []string // names of tests
	Found       []string // names of categories
	Words       map[string]string
	Day         string
	Items       []string
	Amounts     []string // 元
	Notes       []string
	Evaluator   string
	Conclusion  string
}

// ReportStep is what somebody does about a report.
type ReportStep struct {
	Action   ReportAction
	Words    string
	Revision int
	Form     ReportForm
}

// MoveReport makes one move of a report.
func (s *Service) MoveReport(ctx context.Context, who account.Actor, number string, step ReportStep) (*Report, error) {
	words, err := prose("reason", step.Words)
	if err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Report, error) {
		r, party, err := s.reporting(ctx, tx, who, number, true)
		if err != nil {
			return nil, err
		}
		if !party.reports(step.Action) {
			return r, errNotYours()
		}
		if r.Revision != step.Revision {
			return r, errMoved()
		}
		r.words = words
		switch step.Action {
		case Declare:
			err = s.declare(ctx, tx, who, r, step.Form)
		case Write:
			err = r.write(step.Form)
		case IssueReport:
			err = s.Accounts.RequireFresh(who)
		case Request, Reject, Decline, TakeBack:
		}
		if err != nil {
			return r, err
		}
		return r, s.moveReport(ctx, tx, who, r, step.Action, party.Side)
	})
}

func (s *Service) moveReport(ctx context.Context, tx pgx.Tx, who account.Actor, r *Report, a ReportAction, side Side) (err error) {
	if r.State, err = reportMoves.Next(r.State, a, who, r); err != nil {
		return err
	}
	r.StateAt, r.Reason = s.instant(), r.words
	if r.State == ReportIssued || r.State == Rejected {
		text, err := r.Text()
		if err != nil {
			return err
		}
		r.Digest = statement.Of(text).SHA256
	}
	if r.State == ReportIssued {
		holder, err := selectRunning(ctx, tx, r.product)
		if err != nil {
			return err
		}
		c := &Certificate{Kind: r.Kind, Case: r.Number, Product: r.Product, Title: r.Title, TitleEN: r.TitleEN, Version: r.Version, Holder: holder, Issuer: r.Reporter.Name, IssuerID: r.Reporter.ID, product: r.product, version: r.version}
		if err := s.issue(ctx, tx, who, c, r.ID, certificate.Predicate{Report: r.Digest}); err != nil {
			return err
		}
		r.Certificate = c.Number
		if r.Kind == OfCertification && r.productState == "registered" {
			if err := s.Products.Certified(ctx, tx, r.Product); err != nil {
				return err
			}
		}
	}
	if err := saveReport(ctx, tx, r); err != nil {
		return err
	}
	return s.reported(ctx, tx, who, r, a, side, r.words)
}

// declare writes the declaration, and holds it against the records.
func (s *Service) declare(ctx context.Context, tx pgx.Tx, who account.Actor, r *Report, f ReportForm) (err error) {
	if r.Declaration, err = prose("declaration", f.Declaration); err != nil {
		return err
	}
	if r.Controls, err = codes("controls", f.Controls); err != nil {
		return err
	}
	if r.Declaration == "" {
		return nil // Next says so
	}
	at := s.instant()
	r.DeclaredAt, r.DeclaredBy = &at, who.Name
	if err := saveDeclaration(ctx, tx, r, who.ID); err != nil {
		return err
	}
	r.independent, err = selectIndependent(ctx, tx, r.ID)
	return err
}

// write takes what was typed into the report.
func (r *Report) write(f ReportForm) (err error) {
	get := func(field string) (text string) {
		if err == nil {
			text, err = prose(field, f.Words[field])
		}
		return text
	}
	b := Body{}
	if r.Kind == OfCertification {
		for _, n := range TestNames {
			b.Tests = append(b.Tests, Test{Name: n, Passed: slices.Contains(f.Passed, n), Evidence: get(n)})
		}
		for _, n := range CategoryNames {
			b.Categories = append(b.Categories, Category{Name: n, Found: slices.Contains(f.Found, n), Words: get(n)})
		}
		if err == nil {
			r.Method, err = prose("method", f.Method)
		}
	} else {
		if f.Day != "" {
			if _, bad := time.Parse(time.DateOnly, f.Day); bad != nil {
				return fault.At("day", "请写评估基准日。")
			}
		}
		b.Day, r.Method = f.Day, f.Method
		if b.Lines, err = lines(f); err != nil {
			return err
		}
		if r.Evaluator, err = datasets.CleanLine("evaluator", f.Evaluator); err != nil {
			return err
		}
		if f.Method != "" && !slices.Contains(Methods, Method(f.Method)) {
			return fault.At("method", "请选评估方法：成本法、收益法或者市场法。")
		}
	}
	if err != nil {
		return err
	}
	r.Body = b
	r.Conclusion, err = prose("conclusion", f.Conclusion)
	return err
}

// mostLines is how many lines a worksheet may have.
const mostLines = 20

// lines reads a worksheet; empty lines are left out.
func lines(f ReportForm) (out []Line, err error) {
	if len(f.Items) > mostLines || len(f.Items) != len(f.Amounts) || len(f.Items) != len(f.Notes) {
		return nil, fault.At("item", "最多写 %d 个。", mostLines)
	}
	for i := range f.Items {
		var l Line
		if l.Item, err = datasets.CleanLine("item", f.Items[i]); err != nil {
			return nil, err
		}
		if l.Words, err = prose("note", f.Notes[i]); err != nil {
			return nil, err
		}
		if l.Item == "" && f.Amounts[i] == "" && l.Words == "" {
			continue
		}
		yuan, bad := strconv.ParseInt(f.Amounts[i], 10, 64)
		if bad != nil || yuan < 0 || yuan > 1_000_000_000_000 || l.Item == "" {
			return nil, fault.At("amount", "工作底稿的每一行写项目和金额（整数元）。")
		}
		l.Amount = yuan * 100
		out = append(out, l)
	}
	return out, nil
}

// reports reports whether a move of a report is for who stands there.
func (p Party) reports(a ReportAction) bool {
	switch a {
	case Request:
		return false
	case TakeBack:
		return p.Side == OfRegistrant && p.Owner
	case Declare, Write, IssueReport, Reject, Decline:
		return p.Side == OfReporter
	}
	return false
}

func errNoReport() error { return fault.New(fault.NotFound, "没有这份报告。") }

// reporting is a report that who may know of, and where who stands.
func (s *Service) reporting(ctx context.Context, q database.Querier, who account.Actor, number string, lock bool) (*Report, Party, error) {
	if who.IsVisitor() || who.Key != "" {
		return nil, Party{}, errNoReport()
	}
	r, err := s.report(ctx, q, number, lock)
	if err != nil {
		return nil, Party{}, err
	}
	role, err := roleIn(ctx, q, r.Reporter.ID, who.ID)
	if err != nil {
		return nil, Party{}, err
	}
	if role != "" && who.Is(reporterRoles[r.Kind]) {
		return r, Party{Side: OfReporter, Owner: role == account.Owner}, nil
	}
	if role, err = roleIn(ctx, q, r.Developer.ID, who.ID); err != nil {
		return nil, Party{}, err
	}
	switch {
	case role != "":
		return r, Party{Side: OfRegistrant, Owner: role == account.Owner}, nil
	case who.Any(account.Regulator, account.Authority, account.ExchangeStaff):
		return r, Party{Side: OfRegulator}, nil
	}
	return nil, Party{}, errNoReport()
}

func (s *Service) report(ctx context.Context, q database.Querier, number string, lock bool) (*Report, error) {
	if lock {
		if err := lockReport(ctx, q, number); err != nil {
			return nil, err
		}
	}
	found, err := s.reports(ctx, q, `r.number = @number`, pgx.NamedArgs{"number": number, "limit": 1})
	if err == nil && len(found) == 0 {
		err = errNoReport()
	}
	if err != nil {
		return nil, err
	}
	return &found[0], nil
}

func (s *Service) reports(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]Report, error) {
	found, err := selectReports(ctx, q, where, args)
	if err != nil {
		return nil, err
	}
	for i := range found {
		c, err := s.Clocks.Resume(found[i].clock)
		if err != nil {
			return nil, err
		}
		found[i].Clock = &c
	}
	return found, nil
}

// ReportView is a report as somebody sees it who takes part or supervises.
type ReportView struct {
	*Report
	Party  Party
	Events []Event
	Offers []ReportAction
	Now    time.Time
}

// ReportOf is one report for whoever takes part or supervises.
func (s *Service) ReportOf(ctx context.Context, who account.Actor, number string) (*ReportView, error) {
	r, party, err := s.reporting(ctx, s.pool, who, number, false)
	if err != nil {
		return nil, err
	}
	v := &ReportView{Report: r, Party: party, Now: s.now()}
	for _, a := range reportMoves.Offer(r.State, who, r) {
		if party.reports(a) {
			v.Offers = append(v.Offers, a)
		}
	}
	v.Events, err = selectReportEvents(ctx, s.pool, r.ID)
	return v, err
}

// Reports are the reports that who's organisations are asked for, or all for whoever
// supervises, the newest first.
func (s *Service) Reports(ctx context.Context, who account.Actor, before int64, limit int) ([]Report, error) {
	where := `r.organisation_id IN (SELECT organisation_id FROM organisation_members WHERE user_id = @user)`
	switch {
	case who.Any(account.Regulator, account.Authority, account.ExchangeStaff):
		where = `true`
	case !who.Any(reporters...):
		return nil, errNotYours()
	}
	return s.reports(ctx, s.pool, where+` AND (@before = 0 OR r.id < @before)`, pgx.NamedArgs{"user": who.ID, "before": before, "limit": limit})
}

// reported writes a step of a report into its history and into the audit trail, and
// tells whom it concerns.
func (s *Service) reported(ctx context.Context, tx pgx.Tx, who account.Actor, r *Report, a ReportAction, side Side, words string) error {
	if err := insertReportEvent(ctx, tx, r, who, a, side, words, s.instant()); err != nil {
		return err
	}
	if err := audit.Append(ctx, tx, who, "product-report", r.Number, string(a), map[string]string{"to": string(r.State), "product": r.Product + "@" + r.Version}); err != nil {
		return err
	}
	return s.tellReport(ctx, tx, r, a, side, words)
}
