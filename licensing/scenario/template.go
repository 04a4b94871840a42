package scenario

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/cases"
	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/workdays"
)

// Template is a known kind of scenario (场景快审). It skips nothing: where a
// department has consented beforehand to an item, that fills its opinion in, with the
// day and who gave it, and the department may still say otherwise.
type Template struct {
	ID          int64
	Number      string
	Mandate     string // number
	Title       string
	Sector      string
	Class       string
	Purpose     string
	Description string
	Method      string
	Outputs     []Output
	Items       []TemplateItem
	By          string
	At          time.Time
	EndedAt     *time.Time
	Revision    int
	Used        int // scenarios that began with it

	mandate, body, operator int64
}

// TemplateItem is one file of a template.
type TemplateItem struct {
	ID       int64
	Dataset  datasets.Dataset
	Resource string
	Name     string
	NameEN   string
	Columns  []string
	Uses     map[string]Use
	Where    string
	Consent  *Consent // that stands, or stood last; nil: there was none
}

// Consent is what a department agrees to beforehand of an item of a template.
type Consent struct {
	ID      int64
	Columns []string
	Uses    map[string]Use
	Where   string
	By      string
	At      time.Time
	Until   time.Time
	Ended   *time.Time

	byID     int64
	resource string
}

// Stands reports whether a consent counts at t.
func (c *Consent) Stands(t time.Time) bool { return c.Ended == nil && t.Before(c.Until) }

// TemplateAct is what is done with a template, in the audit trail.
type TemplateAct string

// The acts.
const (
	MakeIt    TemplateAct = "make"
	EndIt     TemplateAct = "end"
	ConsentTo TemplateAct = "consent"
	RecallIt  TemplateAct = "recall"
)

func errNoTemplate() error { return fault.New(fault.NotFound, "没有这个模板。") }

// fill writes a template into a draft.
func (t *Template) fill(x *Scenario) {
	x.template, x.Template = t.ID, t.Number
	x.Title, x.Sector, x.Class, x.Purpose, x.Description, x.Method, x.Outputs = t.Title, t.Sector, t.Class, t.Purpose, t.Description, t.Method, t.Outputs
	for _, i := range t.Items {
		x.Items = append(x.Items, Item{Dataset: i.Dataset, Resource: i.Resource, Name: i.Name, NameEN: i.NameEN, Columns: i.Columns, Uses: i.Uses, Where: i.Where})
	}
}

// maintains returns nil for who may keep the templates of a mandate: its operator, and
// the authority that authorises under it.
func (s *Service) maintains(ctx context.Context, q database.Querier, who account.Actor, operator, body int64) error {
	if who.Key == "" && who.Is(account.Authority) && who.Department == body {
		return nil
	}
	if who.Key == "" && who.Is(account.Operator) {
		member, err := isMember(ctx, q, operator, who.ID)
		if err != nil || member {
			return err
		}
	}
	return fault.New(fault.Forbidden, "模板由授权方或者运营机构维护。")
}

// MakeTemplate keeps what a scenario asked for that was authorised as a template, for
// those that will ask for the same.
func (s *Service) MakeTemplate(ctx context.Context, who account.Actor, number, title string) (*Template, error) {
	title, err := datasets.CleanLine("title", title)
	if err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Template, error) {
		x, err := s.lock(ctx, tx, number)
		if err != nil {
			return nil, err
		}
		if err := s.maintains(ctx, tx, who, x.Mandate.Operator, x.Mandate.Body.ID); err != nil {
			return nil, err
		}
		if !templatable(x) {
			return nil, fault.New(fault.Conflict, "授权过的场景才能做成模板。")
		}
		if title == "" {
			title = x.Title
		}
		t := &Template{Mandate: x.Mandate.Number, mandate: x.Mandate.ID, Title: title, Sector: x.Sector, Class: x.Class, Purpose: x.Purpose, Description: x.Description, Method: x.Method, Outputs: x.Outputs, By: who.Name, At: s.instant()}
		for _, i := range x.Items {
			if i.Given() {
				t.Items = append(t.Items, TemplateItem{Dataset: i.Dataset, Resource: i.Resource, Columns: i.GivenColumns, Uses: i.GivenUses, Where: i.GivenWhere})
			}
		}
		if t.Number, err = cases.Number(ctx, tx, "MB", t.At); err != nil {
			return nil, err
		}
		if err := insertTemplate(ctx, tx, t, who); err != nil {
			return nil, err
		}
		return t, audit.Append(ctx, tx, who, "scenario-template", t.Number, string(MakeIt), map[string]string{"scenario": x.Number})
	})
}

// MayMakeTemplate reports whether who may make a template of x now.
func (s *Service) MayMakeTemplate(ctx context.Context, who account.Actor, x *Scenario) bool {
	return templatable(x) && s.maintains(ctx, s.pool, who, x.Mandate.Operator, x.Mandate.Body.ID) == nil
}

func templatable(x *Scenario) bool {
	return slices.Contains([]State{Authorised, Active, Expired, Surrendered, Closed}, x.State) && x.DecidedAt != nil
}

// EndTemplate takes a template out of use; what began with it goes on.
func (s *Service) EndTemplate(ctx context.Context, who account.Actor, number string, revision int) error {
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		t, err := s.templateIn(ctx, tx, number)
		if err != nil {
			return none, err
		}
		if err := s.maintains(ctx, tx, who, t.operator, t.body); err != nil {
			return none, err
		}
		if t.EndedAt != nil || t.Revision != revision {
			return none, errMoved()
		}
		if err := endTemplate(ctx, tx, t.ID, s.instant()); err != nil {
			return none, err
		}
		return none, audit.Append(ctx, tx, who, "scenario-template", t.Number, string(EndIt), nil)
	})
	return err
}

// Consents gives the standing consent of who's department to an item of a template as
// it is, for as long as the platform lets it stand (平台规则 scenario_consent).
func (s *Service) Consents(ctx context.Context, who account.Actor, number string, item int64) error {
	return s.consenting(ctx, who, number, item, func(tx pgx.Tx, i *TemplateItem) (TemplateAct, error) {
		if i.Consent != nil && i.Consent.Stands(s.now()) {
			return "", fault.New(fault.Conflict, "这一项已经有常设同意。")
		}
		at := s.instant()
		if err := endConsent(ctx, tx, i.ID, who.Name, at); err != nil { // one whose time is over
			return "", err
		}
		return ConsentTo, insertConsent(ctx, tx, i, who, at, workdays.EndOfDay(deadline.Months(at, s.limits.Consent)))
	})
}

// Recall ends the standing consent of who's department: what it filled in stays, until
// the department says otherwise.
func (s *Service) Recall(ctx context.Context, who account.Actor, number string, item int64) error {
	return s.consenting(ctx, who, number, item, func(tx pgx.Tx, i *TemplateItem) (TemplateAct, error) {
		if i.Consent == nil || i.Consent.Ended != nil {
			return "", fault.New(fault.Conflict, "这一项没有常设同意。")
		}
		return RecallIt, endConsent(ctx, tx, i.ID, who.Name, s.instant())
	})
}

func (s *Service) consenting(ctx context.Context, who account.Actor, number string, item int64, do func(pgx.Tx, *TemplateItem) (TemplateAct, error)) error {
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		t, err := s.templateIn(ctx, tx, number)
		if err != nil {
			return none, err
		}
		k := slices.IndexFunc(t.Items, func(i TemplateItem) bool { return i.ID == item })
		if k < 0 {
			return none, errNoTemplate()
		}
		i := &t.Items[k]
		if who.Key != "" || !who.Any(account.Officer, account.Head) || who.Department != i.Dataset.Department.ID {
			return none, fault.New(fault.Forbidden, "这一项数据不是本部门的，由提供它的部门同意。")
		}
		if t.EndedAt != nil {
			return none, fault.New(fault.Conflict, "这个模板已经停用。")
		}
		act, err := do(tx, i)
		if err != nil {
			return none, err
		}
		return none, audit.Append(ctx, tx, who, "scenario-template", t.Number, string(act), map[string]string{"item": i.Resource})
	})
	return err
}

// Templates are those of the mandates; open: those in use alone. They are public:
// what can be asked for fast is known before anybody asks.
func (s *Service) Templates(ctx context.Context, mandate string, open bool) ([]Template, error) {
	return s.templates(ctx, s.pool, `(@mandate = '' OR m.number = @mandate) AND (NOT @open OR t.ended_at IS NULL)`, pgx.NamedArgs{"mandate": mandate, "open": open})
}

// Template is the template with that number.
func (s *Service) Template(ctx context.Context, number string) (*Template, error) {
	return s.templateIn(ctx, s.pool, number)
}

func (s *Service) templateIn(ctx context.Context, q database.Querier, number string) (*Template, error) {
	found, err := s.templates(ctx, q, `t.number = @number`, pgx.NamedArgs{"number": number})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errNoTemplate()
	}
	return &found[0], nil
}

// Keeps reports whether who keeps the templates of t's mandate.
func (s *Service) Keeps(ctx context.Context, who account.Actor, t *Template) bool {
	return s.maintains(ctx, s.pool, who, t.operator, t.body) == nil
}

// consentFor is the consent that covers what an item asks for: these columns with
// uses that are no wider, of the same rows; nil: none does.
func consentFor(all []Consent, i *Item) *Consent {
	for k := range all {
		c := &all[k]
		if c.resource != i.Resource || strings.TrimSpace(c.Where) != "" && c.Where != i.Where {
			continue
		}
		covers := !slices.ContainsFunc(i.Columns, func(col string) bool {
			return !slices.Contains(c.Columns, col) || !narrower(i.Uses[col], c.Uses[col])
		})
		if covers {
			return c
		}
	}
	return nil
}

// standingConsents are the consents of x's template that count at a moment: none
// where x asks for another purpose or class of use, for smaller groups, or for data
// about people that the template had not.
func (s *Service) standingConsents(ctx context.Context, tx pgx.Tx, x *Scenario, at time.Time) ([]Consent, error) {
	if x.Template == "" {
		return nil, nil
	}
	t, err := s.templateIn(ctx, tx, x.Template)
	if err != nil {
		return nil, err
	}
	same := t.EndedAt == nil && t.Purpose == x.Purpose && t.Class == x.Class && t.Sector == x.Sector && len(x.Outputs) <= len(t.Outputs) && x.Personal == NoPersonal
	for _, o := range x.Outputs {
		same = same && slices.ContainsFunc(t.Outputs, func(p Output) bool { return p.Form == o.Form && p.Fields == o.Fields && p.Minimum <= o.Minimum })
	}
	if !same {
		return nil, nil
	}
	var out []Consent
	for _, i := range t.Items {
		if c := i.Consent; c != nil && c.Stands(at) {
			one := *c
			one.resource = i.Resource
			out = append(out, one)
		}
	}
	return out, nil
}
