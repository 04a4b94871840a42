package scenario

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/cases"
	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/workdays"
	"shuyuan/licensing/papers"
)

// Form is what a developer writes, as texts: a draft keeps whatever is not
// hostile, and a submission is checked as a whole.
type Form struct {
	Title         string
	Sector        string
	Class         string
	Research      bool
	Purpose       string
	Description   string
	Method        string
	Audience      string
	Outputs       []FormOutput
	Personal      string
	PersonalHow   string
	SecurityPlan  string
	EmergencyPlan string
	Filing        string
	Delivery      string
	Months        string
	Items         []FormItem
}

// FormOutput is one result that is wanted.
type FormOutput struct{ Form, Fields, Minimum string }

// FormItem is one file that is wanted. A column without a reason of its own has the
// one of all of them.
type FormItem struct {
	Resource string
	Columns  []string
	Uses     map[string]string
	Why      map[string]string
	Reason   string
	Where    string
	Span     string
	Refresh  string
}

// How long the texts of a scenario may be, in characters, and how much it names.
const (
	longest    = 4000
	longRow    = 1000
	mostItems  = 40
	mostOutput = 20
)

// Place is where a developer can ask for scenarios.
type Place struct {
	Organisation int64
	Name         string
	Owner        bool   // whoever asks may submit and sign
	Wrong        string // why not now; a sentence
	Mandates     []Mandate
}

// Places are the organisations of who with the mandates under which they are
// admitted (FJ-4.2): without one there is nothing to ask for.
func (s *Service) Places(ctx context.Context, who account.Actor) ([]Place, error) {
	if who.IsVisitor() || who.Key != "" || who.Side != account.Use {
		return nil, nil
	}
	all, err := s.accounts.Organisations(ctx, who)
	if err != nil {
		return nil, err
	}
	var out []Place
	for _, o := range all {
		ids, err := admitted(ctx, s.pool, o.ID)
		if err != nil {
			return nil, err
		}
		if len(ids) == 0 {
			continue
		}
		p := Place{Organisation: o.ID, Name: o.Name, Owner: o.Role == account.Owner}
		if o.Status != account.OrgVerified || !o.Stands() {
			p.Wrong = "机构没有通过认证，或者被暂停，现在不能申请。"
		}
		for _, id := range ids {
			m, err := selectMandate(ctx, s.pool, `m.id = @id`, pgx.NamedArgs{"id": id}, s.now())
			if err != nil {
				return nil, err
			}
			p.Mandates = append(p.Mandates, *m)
		}
		out = append(out, p)
	}
	return out, nil
}

// place is the one of who's that is asked from.
func (s *Service) place(ctx context.Context, who account.Actor, organisation int64, mandate string) (*Place, *Mandate, error) {
	if who.Key != "" || who.Side != account.Use {
		return nil, nil, fault.New(fault.Forbidden, "场景由二级开发主体的人申请。")
	}
	all, err := s.Places(ctx, who)
	if err != nil {
		return nil, nil, err
	}
	i := slices.IndexFunc(all, func(p Place) bool { return p.Organisation == organisation })
	if i < 0 {
		return nil, nil, fault.New(fault.Forbidden, "这个机构还没有入驻，入驻以后才能申请场景。")
	}
	p := &all[i]
	if p.Wrong != "" {
		return nil, nil, fault.New(fault.Forbidden, p.Wrong)
	}
	k := slices.IndexFunc(p.Mandates, func(m Mandate) bool { return m.Number == mandate })
	if k < 0 {
		return nil, nil, fault.New(fault.Forbidden, "这个机构还没有入驻，入驻以后才能申请场景。")
	}
	m := &p.Mandates[k]
	if !m.Stands {
		return nil, nil, fault.New(fault.Conflict, "运营授权 %s 现在不在有效期内，或者被暂停，不能申请场景。", m.Number)
	}
	return p, m, nil
}

// Start makes a draft for an organisation of who's under a mandate; template is the
// number of one whose content it takes, empty: none. sent is the mark of the form.
func (s *Service) Start(ctx context.Context, who account.Actor, organisation int64, mandate, template, sent string) (*Scenario, error) {
	p, m, err := s.place(ctx, who, organisation, mandate)
	if err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Scenario, error) {
		x := &Scenario{Mandate: *m, Organisation: p.Organisation, Developer: p.Name, User: who.ID, Kind: First, State: Draft, MadeAt: s.instant(), sent: sent, Class: Industry, Personal: NoPersonal, Delivery: Sandbox}
		var there string
		if x.ID, there, err = cases.Made(ctx, tx, "scenarios", sent); err != nil || x.ID != 0 {
			x.Number = there
			return x, err
		}
		if template != "" {
			t, err := s.templateIn(ctx, tx, template)
			if err != nil {
				return nil, err
			}
			if t.mandate != m.ID || t.EndedAt != nil {
				return nil, fault.New(fault.Conflict, "这个模板不能用了，请重新选。")
			}
			t.fill(x)
		}
		return x, s.startIn(ctx, tx, who, x)
	})
}

// startIn keeps a draft under the next number.
func (s *Service) startIn(ctx context.Context, tx pgx.Tx, who account.Actor, x *Scenario) (err error) {
	if x.Number, err = cases.Number(ctx, tx, "SCN", x.MadeAt); err != nil {
		return err
	}
	if err := insert(ctx, tx, x); err != nil {
		return err
	}
	if err := saveItems(ctx, tx, x); err != nil {
		return err
	}
	x.StateAt, x.SavedAt = x.MadeAt, &x.MadeAt
	if err := save(ctx, tx, x); err != nil {
		return err
	}
	details := map[string]string{"mandate": x.Mandate.Number, "kind": string(x.Kind)}
	if x.Earlier != nil {
		details["earlier"] = x.Earlier.Number
	}
	if err := record(ctx, tx, who, x, OfDeveloper, x.MadeAt, Begin, ""); err != nil {
		return err
	}
	return audit.Append(ctx, tx, who, "scenario", x.Number, string(Begin), details)
}

// StartFrom makes a draft that is written already as an earlier scenario of who's:
// another scope, the time after it, or the same once more where it is over. It is
// decided as every application is; until then the earlier one stays as it is.
func (s *Service) StartFrom(ctx context.Context, who account.Actor, number string, kind Kind, sent string) (*Scenario, error) {
	v, err := s.One(ctx, who, number)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(v.Sides, OfDeveloper) {
		return nil, errNotYours()
	}
	if err := s.mayFollow(v.Scenario, kind); err != nil {
		return nil, err
	}
	if _, _, err := s.place(ctx, who, v.Organisation, v.Mandate.Number); err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Scenario, error) {
		id, there, err := cases.Made(ctx, tx, "scenarios", sent)
		if err != nil || id != 0 {
			return &Scenario{ID: id, Number: there}, err
		}
		if err := lockScenarios(ctx, tx, v.ID); err != nil {
			return nil, err
		}
		later, err := s.list(ctx, tx, `s.earlier_id = @earlier`, ``, pgx.NamedArgs{"earlier": v.ID})
		if err != nil {
			return nil, err
		}
		if i := slices.IndexFunc(later, func(l Scenario) bool {
			return l.Kind == kind && (l.Open() || l.State == Draft || l.State == Authorised)
		}); i >= 0 {
			return nil, fault.New(fault.Conflict, "已经有一件同样的申请 %s 没有办完，请在那一件里改。", later[i].Number)
		}
		old := v.Scenario
		x := *old
		x.ID, x.Number, x.User, x.Kind, x.State, x.MadeAt, x.sent = 0, "", who.ID, kind, Draft, s.instant(), sent
		x.Earlier = &Earlier{old.ID, old.Number, old.State, old.Until}
		x.SubmittedAt, x.Returns, x.Missing, x.ScreenedBy, x.ScreenedAt, x.ScreenedWords, x.screenedBy = nil, 0, nil, "", nil, "", 0
		x.Verdict, x.VerdictWords, x.VerdictBy, x.VerdictAt, x.securityBy = "", "", "", nil, 0
		x.Award, x.Decider, x.DecidedAt, x.Decision, x.Bases, x.decidedBy = nil, "", nil, "", nil, 0
		x.From, x.Until, x.Reason, x.Violation, x.SuspendedBy, x.told, x.Clocks, x.Contract, x.template, x.Template = nil, nil, "", "", "", 0, nil, nil, 0, ""
		x.Items = nil
		for _, i := range old.Items {
			x.Items = append(x.Items, Item{Dataset: i.Dataset, Resource: i.Resource, Name: i.Name, NameEN: i.NameEN, Columns: i.Columns, Uses: i.Uses, Why: i.Why, Where: i.Where, Span: i.Span, Refresh: i.Refresh})
		}
		return &x, s.startIn(ctx, tx, who, &x)
	})
}

// ExtensibleFrom is how many days before its end an extension can be asked for.
func (s *Service) ExtensibleFrom() int { return s.limits.Extension }

// MayFollow reports whether an application of a kind can be made from x now.
func (s *Service) MayFollow(x *Scenario, kind Kind) bool { return s.mayFollow(x, kind) == nil }

func (s *Service) mayFollow(x *Scenario, kind Kind) error {
	now := s.now()
	switch kind {
	case Change, Extension:
		switch {
		case x.State == Suspended:
			return fault.New(fault.Conflict, "场景正暂停，恢复以后才能申请变更或延期。")
		case x.State != Active || !now.Before(*x.Until):
			return fault.New(fault.Conflict, "只有在用的场景能变更或延期；已经结束的，可以再次申请。")
		case kind == Extension && now.AddDate(0, 0, s.limits.Extension).Before(*x.Until):
			return fault.New(fault.Conflict, "还早：到期前 %d 天起才能申请延期（平台规则）。", s.limits.Extension)
		}
		return nil
	case Again:
		if !slices.Contains([]State{Expired, Terminated, Surrendered, Closed, Refused, Withdrawn, Lapsed}, x.State) {
			return fault.New(fault.Conflict, "场景还没有结束，请申请变更或延期。")
		}
		return nil
	case First:
	}
	return fault.New(fault.Malformed, "请求的格式不对。")
}

// SaveDraft keeps what was written so far.
func (s *Service) SaveDraft(ctx context.Context, who account.Actor, number string, f Form, revision int) (*Scenario, error) {
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Scenario, error) {
		x, err := s.editing(ctx, tx, who, number, revision)
		if err != nil {
			return x, err
		}
		if err := s.write(ctx, tx, x, f); err != nil {
			return x, err
		}
		at := s.instant()
		x.SavedAt = &at
		if err := saveItems(ctx, tx, x); err != nil {
			return nil, err
		}
		return x, save(ctx, tx, x)
	})
}

// editing holds a scenario that its developer may write in.
func (s *Service) editing(ctx context.Context, tx pgx.Tx, who account.Actor, number string, revision int) (*Scenario, error) {
	x, err := s.lock(ctx, tx, number)
	if err != nil {
		return nil, err
	}
	at, err := s.sidesOf(ctx, tx, who, x)
	switch {
	case err != nil:
		return nil, err
	case !slices.Contains(at, OfDeveloper):
		return nil, errNone()
	case x.State != Draft && x.State != Returned:
		return x, fault.New(fault.Conflict, "场景已经提交，不能再改。要改，请先撤回。")
	case x.Revision != revision:
		return x, errMoved()
	}
	x.Mandate.Items, err = selectScope(ctx, tx, x.Mandate.ID)
	return x, err
}

// write reads a form into a draft. It returns fault.Invalid at the field for what
// cannot be kept at all.
func (s *Service) write(ctx context.Context, q database.Querier, x *Scenario, f Form) error {
	for _, t := range []struct {
		field, from string
		to          *string
		line        bool
	}{{"title", f.Title, &x.Title, true}, {"sector", f.Sector, &x.Sector, true}, {"purpose", f.Purpose, &x.Purpose, true}, {"description", f.Description, &x.Description, false}, {"method", f.Method, &x.Method, false},
		{"audience", f.Audience, &x.Audience, false}, {"personal_how", f.PersonalHow, &x.PersonalHow, false}, {"security_plan", f.SecurityPlan, &x.SecurityPlan, false},
		{"emergency_plan", f.EmergencyPlan, &x.EmergencyPlan, false}, {"filing", f.Filing, &x.Filing, false}} {
		clean := datasets.CleanProse
		if t.line {
			clean = datasets.CleanLine
		}
		text, err := clean(t.field, t.from)
		if err != nil {
			return err
		}
		if len([]rune(text)) > longest {
			return fault.At(t.field, "最多 %d 个字。", longest)
		}
		*t.to = text
	}
	for _, c := range []struct {
		field, from string
		to          *string
		of          []string
	}{{"class", f.Class, &x.Class, Classes}, {"personal", f.Personal, &x.Personal, PersonalBases}, {"delivery", f.Delivery, &x.Delivery, Deliveries}} {
		if c.from == "" {
			continue
		}
		if !slices.Contains(c.of, c.from) {
			return fault.At(c.field, "请从列出的里面选。")
		}
		*c.to = c.from
	}
	if x.Research = f.Research; x.Research && x.Class != PublicBenefit {
		return fault.At("class", "高等院校、科研院所的研究只能用于公益性活动，使用类别请选公益。")
	}
	if err := x.writeMonths(f.Months); err != nil {
		return err
	}
	if err := x.writeOutputs(f.Outputs); err != nil {
		return err
	}
	return s.writeItems(ctx, x, f.Items)
}

func (x *Scenario) writeMonths(raw string) error {
	x.Months = 0
	if m := strings.TrimSpace(raw); m != "" {
		n, err := strconv.Atoi(m)
		if err != nil || n < 1 || n > 1200 {
			return fault.At("months", "使用期限请写整数，单位是月。")
		}
		x.Months = n
	}
	return nil
}

func (x *Scenario) writeOutputs(all []FormOutput) error {
	x.Outputs = nil
	if len(all) > mostOutput {
		return fault.At("outputs", "最多 %d 样产出。", mostOutput)
	}
	for _, o := range all {
		if strings.TrimSpace(o.Form+o.Fields) == "" {
			continue
		}
		out := Output{}
		var err error
		if out.Form, err = datasets.CleanLine("outputs", o.Form); err != nil {
			return err
		}
		if out.Fields, err = datasets.CleanLine("outputs", o.Fields); err != nil {
			return err
		}
		if m := strings.TrimSpace(o.Minimum); m != "" {
			if out.Minimum, err = strconv.Atoi(m); err != nil || out.Minimum < 0 || out.Minimum > 1000000 {
				return fault.At("outputs", "每组至少多少，请写整数。")
			}
		}
		x.Outputs = append(x.Outputs, out)
	}
	return nil
}

func (s *Service) writeItems(ctx context.Context, x *Scenario, all []FormItem) error {
	old := x.Items
	x.Items = nil
	if len(all) > mostItems {
		return fault.At("items", "最多 %d 个文件。", mostItems)
	}
	for _, f := range all {
		d, r, err := s.file(ctx, x, f.Resource)
		if err != nil {
			return err
		}
		i := Item{Dataset: *d, Resource: r.ID, Name: r.Name, NameEN: r.NameEN, Columns: []string{}, Uses: map[string]Use{}, Why: map[string]string{}}
		i.Dataset.Resources = nil
		if k := slices.IndexFunc(old, func(o Item) bool { return o.Resource == r.ID }); k >= 0 {
			i.ID = old[k].ID
		}
		if slices.ContainsFunc(x.Items, func(o Item) bool { return o.Resource == r.ID }) {
			return fault.At("items", "同一个文件写了两次。")
		}
		fields := fieldsOf(r.Newest)
		for _, c := range f.Columns {
			if !slices.ContainsFunc(fields, func(x datasets.Field) bool { return x.Name == c }) {
				return fault.At("col."+r.ID, "这个文件没有“%s”这一列。", short(c))
			}
		}
		reason, err := datasets.CleanLine("why."+r.ID, f.Reason)
		if err != nil {
			return err
		}
		for _, field := range fields { // in the order of the file
			if !slices.Contains(f.Columns, field.Name) {
				continue
			}
			i.Columns = append(i.Columns, field.Name)
			use := Use(f.Uses[field.Name])
			if use == "" {
				use = Usual(d.Open, field)
			}
			if !slices.Contains(Uses, use) {
				return fault.At("use."+r.ID, "请从列出的里面选。")
			}
			i.Uses[field.Name] = use
			why, err := datasets.CleanLine("why."+r.ID, f.Why[field.Name])
			if err != nil {
				return err
			}
			if why == "" {
				why = reason
			}
			i.Why[field.Name] = why
		}
		if i.Span, err = datasets.CleanLine("span."+r.ID, f.Span); err != nil {
			return err
		}
		if i.Refresh, err = datasets.CleanLine("refresh."+r.ID, f.Refresh); err != nil {
			return err
		}
		if i.Where, err = s.condition(ctx, r.Newest, "where."+r.ID, f.Where); err != nil {
			return err
		}
		x.Items = append(x.Items, i)
	}
	return nil
}

// condition is a condition on the rows of a file as it is kept: on one line, and
// one that can be computed.
func (s *Service) condition(ctx context.Context, v *datasets.Version, field, where string) (string, error) {
	where = strings.TrimSpace(where)
	if where == "" {
		return "", nil
	}
	clean, err := datasets.CleanProse(field, where)
	switch {
	case err != nil:
		return "", err
	case strings.ContainsRune(clean, '\n'):
		return "", fault.At(field, "这一项只能写一行。")
	case len([]rune(where)) > longRow:
		return "", fault.At(field, "最多 %d 个字。", longRow)
	}
	err = s.catalogue.CheckCondition(ctx, v, 0, where)
	if f := fault.Of(err); err != nil && f.Kind == fault.Malformed {
		return "", fault.At(field, f.Sentence, f.Args...).Because(err)
	}
	return where, err
}

// file is a file with one table of the scope of a scenario's mandate. Its table is
// known to everybody; what is in it is not asked for.
func (s *Service) file(ctx context.Context, x *Scenario, resource string) (*datasets.Dataset, *datasets.Resource, error) {
	for k := range x.Mandate.Items {
		d, err := s.entry(ctx, &x.Mandate.Items[k].Dataset)
		if err != nil {
			return nil, nil, err
		}
		if d == nil {
			continue
		}
		i := slices.IndexFunc(d.Resources, func(r datasets.Resource) bool { return r.ID == resource })
		if i < 0 {
			continue
		}
		r := &d.Resources[i]
		if r.Newest == nil || len(r.Newest.Tables) != 1 {
			return nil, nil, fault.At("items", "“%s”不是一张表，场景里不能用。", r.Name)
		}
		return d, r, nil
	}
	return nil, nil, fault.At("items", "选的文件不在运营授权 %s 的范围内。", x.Mandate.Number)
}

// entry is an entry of the scope as everybody sees it, with its files; nil: it is
// not public.
func (s *Service) entry(ctx context.Context, d *datasets.Dataset) (*datasets.Dataset, error) {
	if d.Status != datasets.Published || d.Open == datasets.Withheld {
		return nil, nil
	}
	found, err := s.catalogue.Dataset(ctx, account.Actor{}, d.Slug)
	if kind := fault.KindOf(err); err != nil && (kind == fault.NotFound || kind == fault.Gone) {
		return nil, nil
	}
	return found, err
}

func fieldsOf(v *datasets.Version) []datasets.Field {
	if v == nil || len(v.Tables) == 0 {
		return nil
	}
	return v.Tables[0].Fields
}

func short(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// Choice is one file that can be asked for, with its columns and the uses that the
// form proposes.
type Choice struct {
	Dataset  datasets.Dataset
	Resource datasets.Resource
	Fields   []datasets.Field
	Usual    map[string]Use
	Allowed  []string // columns that lie in the scope
}

// Choices are the files of the scope of a mandate that are tables.
func (s *Service) Choices(ctx context.Context, x *Scenario) ([]Choice, error) {
	scope, err := selectScope(ctx, s.pool, x.Mandate.ID)
	if err != nil {
		return nil, err
	}
	var out []Choice
	for k := range scope {
		d, err := s.entry(ctx, &scope[k].Dataset)
		if err != nil {
			return nil, err
		}
		if d == nil {
			continue
		}
		for i := range d.Resources {
			r := d.Resources[i]
			if r.Newest == nil || len(r.Newest.Tables) != 1 {
				continue
			}
			c := Choice{Dataset: *d, Resource: r, Usual: map[string]Use{}, Allowed: scope[k].Columns}
			c.Dataset.Resources = nil
			for _, f := range fieldsOf(r.Newest) {
				if slices.Contains(scope[k].Columns, f.Name) {
					c.Fields = append(c.Fields, f)
					c.Usual[f.Name] = Usual(d.Open, f)
				}
			}
			if len(c.Fields) > 0 {
				out = append(out, c)
			}
		}
	}
	return out, nil
}

// freshen brings the items of a draft up to what the catalogue has now, and finds
// out whether a column is about people.
func (s *Service) freshen(ctx context.Context, x *Scenario) error {
	x.personal = false
	for k := range x.Items {
		i := &x.Items[k]
		d, r, err := s.file(ctx, x, i.Resource)
		if fault.KindOf(err) == fault.Invalid {
			continue // outside says it
		}
		if err != nil {
			return err
		}
		i.Dataset.Status, i.Dataset.Open, i.Open = d.Status, d.Open, d.Open
		for _, f := range fieldsOf(r.Newest) {
			if slices.Contains(i.Columns, f.Name) && (f.Sensitivity == datasets.PersonalData || f.Sensitivity == datasets.SensitivePersonal) {
				x.personal = true
			}
		}
	}
	return nil
}

// problemsIn is everything that keeps x from being submitted, each at its field.
func (s *Service) problemsIn(ctx context.Context, q database.Querier, x *Scenario) (all []error, err error) {
	if x.Mandate.Items, err = selectScope(ctx, q, x.Mandate.ID); err != nil {
		return nil, err
	}
	if err := s.freshen(ctx, x); err != nil {
		return nil, err
	}
	if x.Papers, err = papers.Of(ctx, q, papers.Scenario, x.ID); err != nil {
		return nil, err
	}
	sectors, _ := Sectors(s.book, x.Mandate.Body.Profile, s.now())
	all = x.problems(sectors, s.limits)
	if x.Months > 0 && x.Kind != Change {
		from := s.now()
		if x.Kind == Extension && x.Earlier != nil && x.Earlier.Until != nil && x.Earlier.Until.After(from) {
			from = *x.Earlier.Until
		}
		if workdays.EndOfDay(deadline.Months(from, x.Months)).After(x.Mandate.Until) {
			all = append(all, fault.At("months", "使用期限超过运营授权 %s 的期限。", x.Mandate.Number))
		}
	}
	return all, nil
}

// Problems is everything that keeps x from being submitted.
func (s *Service) Problems(ctx context.Context, x *Scenario) ([]error, error) {
	return s.problemsIn(ctx, s.pool, x)
}

// Foreseen is one step that lies ahead of a draft: who decides, and by which clock.
type Foreseen struct {
	Side  Side
	Body  datasets.Department
	About string // title of the entry, of an opinion
	Clock deadline.Clock
	Open  bool // everybody may have it: nobody is asked
}

// Ahead are the steps that lie ahead of x, as if each began now, and whether a
// competition is among them with the rule that says so: what is known before
// starting.
func (s *Service) Ahead(x *Scenario) (out []Foreseen, award bool, by Source, err error) {
	now, m := s.now(), &x.Mandate
	add := func(side Side, body datasets.Department, about string, term deadline.Term, profile string) {
		if err != nil {
			return
		}
		var k deadline.Clock
		if k, err = s.clocks.Start(profile, term, now); err == nil {
			out = append(out, Foreseen{Side: side, Body: body, About: about, Clock: k})
		}
	}
	add(OfOperator, datasets.Department{Name: m.Name}, "", screeningTerm, m.Body.Profile)
	for k := range x.Items {
		i := &x.Items[k]
		if i.Dataset.Open == datasets.Unconditional {
			out = append(out, Foreseen{Side: OfDepartment, Body: i.Dataset.Department, About: i.Dataset.Title, Open: true})
			continue
		}
		add(OfDepartment, i.Dataset.Department, i.Dataset.Title, opinionTerm, i.Dataset.Department.Profile)
	}
	add(OfSecurity, m.Body, "", securityTerm, m.Body.Profile)
	add(OfAuthority, m.Body, "", decisionTerm, m.Body.Profile)
	add(OfDeveloper, datasets.Department{Name: x.Developer}, "", signingTerm, m.Body.Profile)
	award, by = s.takesAward(x)
	return out, award, by, err
}

// AwardBy is the rule by which x takes a competition; empty: it takes none.
func (s *Service) AwardBy(x *Scenario) Source {
	_, by := s.takesAward(x)
	return by
}

// takesAward reports whether x takes a competition, and by which rule.
func (s *Service) takesAward(x *Scenario) (bool, Source) {
	if x.Class != Commercial {
		return false, Source{}
	}
	at := s.now()
	if x.SubmittedAt != nil {
		at = *x.SubmittedAt
	}
	var found *Source
	for k := range x.Items {
		i := &x.Items[k]
		open := i.Open
		if open == "" {
			open = i.Dataset.Open
		}
		if open != datasets.Conditional || i.Decision == ItemRefused {
			continue
		}
		if takes, by := AwardFor(s.book, i.Dataset.Department.Profile, at); takes && (found == nil || found.House) {
			found = &by
		}
	}
	if found == nil {
		return false, Source{}
	}
	return true, *found
}
