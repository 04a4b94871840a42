package offering

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
	"shuyuan/internal/workflow"
)

// PlanKind is how a plan is paid for.
type PlanKind string

// The kinds.
const (
	Free         PlanKind = "free"
	OneOff       PlanKind = "one_off"
	Subscription PlanKind = "subscription"
	PayPerUse    PlanKind = "metered"
	Trial        PlanKind = "trial"
)

// PlanKinds are all of them.
var PlanKinds = []PlanKind{Free, OneOff, Subscription, PayPerUse, Trial}

// PlanState is where a plan stands.
type PlanState string

// The states of a plan. One that is live is never changed.
const (
	PlanDraft PlanState = "draft"
	Live      PlanState = "live"
	Ended     PlanState = "ended"
)

// PlanAction is what is done about a plan.
type PlanAction string

// The actions on a plan.
const (
	MakePlan    PlanAction = "make" // how it begins
	EditPlan    PlanAction = "edit"
	Enliven     PlanAction = "enliven"
	End         PlanAction = "end"
	ReplacePlan PlanAction = "replace" // by another, which went live
)

// plans is every move of a plan.
var plans = workflow.Lifecycle[PlanState, PlanAction, *Plan]{
	{Action: Enliven, From: []PlanState{PlanDraft}, To: Live, By: anybody, Needs: priced},
	{Action: End, From: []PlanState{PlanDraft, Live}, To: Ended, By: anybody},
	{Action: ReplacePlan, From: []PlanState{Live}, To: Ended, By: []account.Role{account.Administrator}},
}

// PlanLifecycle is the table of moves as a diagram, for docs/lifecycles.md.
func PlanLifecycle() string { return plans.Mermaid(PlanDraft) }

// priced: the price may be asked.
func priced(p *Plan) error { return p.wrong }

// Band is the price of a unit beyond From, until the next band begins, as the fees of
// package licensing/operation.
type Band struct {
	From int64 `json:"from"`
	Fen  int64 `json:"fen"`
}

// Price is how much a plan costs, and for what. Amounts are in hundredths of the
// currency.
type Price struct {
	Currency    string
	Fen         int64
	Months      int    // of a subscription
	Unit        string // that is metered
	Bands       []Band
	Cap         int64 // most that is charged in a month, of what is metered; 0: none
	Tax         int   // basis points
	TaxIncluded bool
}

// Charged reports whether anything is paid.
func (p Price) Charged() bool {
	return p.Fen > 0 || slices.ContainsFunc(p.Bands, func(b Band) bool { return b.Fen > 0 })
}

// Most is the highest price of one unit in it.
func (p Price) Most() int64 {
	most := p.Fen
	for _, b := range p.Bands {
		most = max(most, b.Fen)
	}
	return most
}

// least is the lowest price of one unit in it that is none.
func (p Price) least() int64 {
	least := p.Fen
	for _, b := range p.Bands {
		if b.Fen > 0 && (least == 0 || b.Fen < least) {
			least = b.Fen
		}
	}
	return least
}

// Amount is what so many units cost before tax that is not included: bands are summed,
// each for the units that lie in it, and no more than the cap.
func (p Price) Amount(units int64) (fen int64, err error) {
	if len(p.Bands) == 0 {
		return p.Fen, nil
	}
	for i, b := range p.Bands {
		until := units
		if i+1 < len(p.Bands) {
			until = min(units, p.Bands[i+1].From)
		}
		n := until - b.From
		if n <= 0 {
			break
		}
		if b.Fen != 0 && n > (math.MaxInt64-fen)/b.Fen {
			if p.Cap > 0 {
				return p.Cap, nil
			}
			return 0, fault.New(fault.Invalid, "数量太大，算不出金额。")
		}
		fen += n * b.Fen
	}
	if p.Cap > 0 {
		fen = min(fen, p.Cap)
	}
	return fen, nil
}

// Ceiling is the most that a mandate lets be charged for a unit of a form.
type Ceiling struct {
	Mandate string `json:"mandate"`
	Form    string `json:"form"`
	Unit    string `json:"unit"`
	Fen     int64  `json:"fen"`
}

// Plan is one way to have what is listed.
type Plan struct {
	ID      int64
	Number  string
	Listing string // number
	Name    string
	NameEN  string
	Kind    PlanKind
	Channel Channel
	Price
	Days       int   // of a trial
	Quota      int64 // calls, files or questions; 0: as many as one likes
	Refund     string
	RefundDays int
	RefundFee  int           // basis points that are kept
	PrivateTo  *Organisation // nil: whoever sees the listing
	Replaces   string        // number
	State      PlanState
	StateAt    time.Time
	LiveAt     *time.Time
	Ceilings   []Ceiling // that it was held against when it went live
	Reason     string
	MadeBy     string
	MadeAt     time.Time
	Revision   int

	replaces int64
	wrong    error // why it cannot go live
}

// counted is the unit of a ceiling that a plan is held to, and how many of it the price
// is for.
func (p *Plan) counted() (unit string, times int64) {
	switch p.Kind {
	case OneOff:
		return "per_piece", 1
	case Subscription:
		return "per_month", int64(p.Months)
	}
	return p.Unit, 1
}

// PlanForm is what a seller says of a plan, as it was typed.
type PlanForm struct {
	Name, NameEN        string
	Kind                PlanKind
	Channel             Channel
	Currency            string
	Price               string // in the currency, up to two decimals
	Months, Days        string
	Unit                string
	BandFrom, BandFen   []string // units; price of a unit, as Price
	Cap                 string
	Quota               string
	Tax                 string // code of a rate
	TaxIncluded         bool
	Refund              string // code of a rule
	RefundDays, Percent string
	PrivateTo           string // credit code
	Sent                string
}

// Rate is a rate of tax that a plan may state.
type Rate struct {
	policy.Option
	Points int
}

// Rules are what the book of rules says of plans.
type Rules struct {
	Currencies                          []policy.Option
	Rates                               []Rate
	Refunds                             []policy.Option
	Units                               []policy.Word // that are metered
	Bands, Months, Days, Plans, Invited int

	units map[string][]string // by form of a mandate
}

// RulesOf reads them.
func RulesOf(book *policy.Book) (r Rules, err error) {
	n := book.Numbers()
	r = Rules{Bands: n.Of("plan_limits", "bands"), Months: n.Of("plan_limits", "months"), Days: n.Of("plan_limits", "days"), Plans: n.Of("plan_limits", "plans"), Invited: n.Of("plan_limits", "invited"), units: map[string][]string{}}
	if err := n.Missing(); err != nil {
		return r, err
	}
	currencies, _ := book.House().Rule("plan_currencies")
	refunds, _ := book.House().Rule("plan_refunds")
	rates, _ := book.House().Rule("plan_tax_rates")
	forms, _ := book.House().Rule("mandate_forms")
	r.Currencies, r.Refunds = currencies.Options, refunds.Options
	for _, o := range rates.Options {
		rate := Rate{Option: o, Points: -1}
		for _, d := range o.Details {
			if d.Key == "basis_points" {
				if rate.Points, err = strconv.Atoi(d.Value[0].Zh); err != nil {
					return r, fmt.Errorf("tax rate %s: %w", o.Code, err)
				}
			}
		}
		if rate.Points < 0 || rate.Points > 100_00 {
			return r, fmt.Errorf("tax rate %s has no basis points", o.Code)
		}
		r.Rates = append(r.Rates, rate)
	}
	for _, o := range forms.Options {
		for _, d := range o.Details {
			if d.Key != "units" {
				continue
			}
			for _, w := range d.Value {
				r.units[o.Code] = append(r.units[o.Code], w.Code)
				if w.Code != "per_month" && !slices.ContainsFunc(r.Units, func(x policy.Word) bool { return x.Code == w.Code }) {
					r.Units = append(r.Units, w)
				}
			}
		}
	}
	if len(r.Currencies) == 0 || len(r.Refunds) == 0 || len(r.Rates) == 0 || len(r.Units) == 0 {
		return r, fmt.Errorf("the rules say too little of plans")
	}
	return r, nil
}

func coded(options []policy.Option, code string) bool {
	return slices.ContainsFunc(options, func(o policy.Option) bool { return o.Code == code })
}

// MostFen is the highest amount: ten thousand million of the currency.
const MostFen = 1_000_000_000_000

var (
	plainNumber = regexp.MustCompile(`^[0-9]{1,15}$`)
	plainAmount = regexp.MustCompile(`^([0-9]{1,13})(?:\.([0-9]{1,2}))?$`)
)

// whole reads a whole number from 0 to most; empty is 0.
func whole(field, typed string, most int64) (int64, error) {
	typed = strings.TrimSpace(typed)
	if typed == "" {
		return 0, nil
	}
	if !plainNumber.MatchString(typed) {
		return 0, fault.At(field, "请写整数，只用数字 0 到 9。")
	}
	n, err := strconv.ParseInt(typed, 10, 64)
	if err != nil || n > most {
		return 0, fault.At(field, "太大，最多 %d。", most)
	}
	return n, nil
}

// hundredths reads a number with up to two decimals exactly, in hundredths; empty is 0.
func hundredths(field, typed string, most int64) (int, error) {
	n, err := amount(field, typed, most)
	return int(n), err
}

// amount reads an amount in a currency exactly, in its hundredths; empty is 0.
func amount(field, typed string, most int64) (int64, error) {
	typed = strings.TrimSpace(typed)
	if typed == "" {
		return 0, nil
	}
	m := plainAmount.FindStringSubmatch(typed)
	if m == nil {
		return 0, fault.At(field, "请写数字，最多两位小数，例如 120.50；不写负号、逗号和单位。")
	}
	n, err := strconv.ParseInt(m[1]+(m[2] + "00")[:2], 10, 64)
	if err != nil || n > most {
		return 0, fault.At(field, "太大，最多 %d。", most/100)
	}
	return n, nil
}

// plan reads a form. Whom it is for is looked up besides.
func (r Rules) plan(f PlanForm) (p Plan, err error) {
	p = Plan{Kind: f.Kind, Channel: f.Channel, Price: Price{Currency: f.Currency, TaxIncluded: f.TaxIncluded}}
	for _, x := range []struct {
		field, typed string
		at           *string
	}{{"name", f.Name, &p.Name}, {"name_en", f.NameEN, &p.NameEN}} {
		if *x.at, err = datasets.CleanLine(x.field, x.typed); err != nil {
			return p, err
		}
		if len([]rune(*x.at)) > 60 {
			return p, fault.At(x.field, "太长，最多 %d 个字。", 60)
		}
	}
	switch {
	case p.Name == "":
		return p, fault.At("name", "请写套餐的名称。")
	case !slices.Contains(PlanKinds, p.Kind):
		return p, fault.At("kind", "请选套餐的类型。")
	case !slices.Contains(Channels, p.Channel):
		return p, fault.At("channel", "请选交付方式。")
	case !coded(r.Currencies, p.Currency):
		return p, fault.At("currency", "请选列出的币种，例如 CNY。")
	}
	if p.Quota, err = whole("quota", f.Quota, 1_000_000_000_000); err != nil {
		return p, err
	}
	i := slices.IndexFunc(r.Rates, func(x Rate) bool { return x.Code == f.Tax })
	if i < 0 {
		return p, fault.At("tax", "请选税率。")
	}
	p.Tax = r.Rates[i].Points
	if p.Fen, err = amount("price", f.Price, MostFen); err != nil {
		return p, err
	}
	months, err := whole("months", f.Months, int64(r.Months))
	if err != nil {
		return p, err
	}
	days, err := whole("days", f.Days, int64(r.Days))
	if err != nil {
		return p, err
	}
	p.Months, p.Days = int(months), int(days)
	if p.Cap, err = amount("cap", f.Cap, MostFen); err != nil {
		return p, err
	}
	p.Unit = strings.TrimSpace(f.Unit)
	if p.Bands, err = r.bands(f); err != nil {
		return p, err
	}
	if err := r.fits(&p); err != nil {
		return p, err
	}
	return p, r.refund(&p, f)
}

// bands reads the bands of what is metered; lines with nothing in them are left out.
func (r Rules) bands(f PlanForm) (out []Band, err error) {
	if len(f.BandFrom) != len(f.BandFen) {
		return nil, fault.At("bands", "每一档都写从多少起和单价。")
	}
	for i := range f.BandFrom {
		if strings.TrimSpace(f.BandFrom[i]) == "" && strings.TrimSpace(f.BandFen[i]) == "" {
			continue
		}
		if strings.TrimSpace(f.BandFrom[i]) == "" || strings.TrimSpace(f.BandFen[i]) == "" {
			return nil, fault.At("bands", "每一档都写从多少起和单价。")
		}
		b := Band{}
		if b.From, err = whole("bands", f.BandFrom[i], 1_000_000_000_000); err != nil {
			return nil, err
		}
		if b.Fen, err = amount("bands", f.BandFen[i], MostFen); err != nil {
			return nil, err
		}
		if len(out) > 0 && b.From <= out[len(out)-1].From {
			return nil, fault.At("bands", "各档从小到大写，不能重复或者重叠：第 %d 档。", len(out)+1)
		}
		out = append(out, b)
	}
	if len(out) > r.Bands {
		return nil, fault.At("bands", "最多写 %d 档。", r.Bands)
	}
	return out, nil
}

// fits: a plan of a kind says what that needs, and nothing else.
func (r Rules) fits(p *Plan) error {
	switch p.Kind {
	case OneOff, Subscription:
		if p.Fen == 0 {
			return fault.At("price", "收费的套餐写大于零的价格；不收费请选免费。")
		}
	case Free, Trial, PayPerUse:
		if p.Fen != 0 {
			return fault.At("price", "这种套餐没有总价：免费和试用不收费，按量的写在各档里。")
		}
	}
	switch {
	case p.Kind == Subscription && p.Months == 0:
		return fault.At("months", "请写订阅的月数，1 到 %d。", r.Months)
	case p.Kind != Subscription && p.Months != 0:
		return fault.At("months", "只有订阅写月数。")
	case p.Kind == Trial && p.Days == 0:
		return fault.At("days", "请写试用的天数，1 到 %d。", r.Days)
	case p.Kind != Trial && p.Days != 0:
		return fault.At("days", "只有试用写天数。")
	case p.Kind == Trial && p.Quota == 0:
		return fault.At("quota", "试用写明限量。")
	case p.Kind == PayPerUse && !slices.ContainsFunc(r.Units, func(w policy.Word) bool { return w.Code == p.Unit }):
		return fault.At("unit", "请选计量的单位。")
	case p.Kind != PayPerUse && (p.Unit != "" || len(p.Bands) > 0 || p.Cap != 0):
		return fault.At("bands", "只有按量的套餐写单位、分档和封顶。")
	case p.Kind == PayPerUse && (len(p.Bands) == 0 || p.Bands[0].From != 0):
		return fault.At("bands", "第一档从 0 起。")
	case p.Kind == PayPerUse && !p.Charged():
		return fault.At("bands", "按量的套餐至少有一档大于零；不收费请选免费。")
	}
	return nil
}

func (r Rules) refund(p *Plan, f PlanForm) error {
	if p.Kind == Free || p.Kind == Trial {
		return nil // there is nothing to refund
	}
	if !coded(r.Refunds, f.Refund) {
		return fault.At("refund", "请选退款的规则。")
	}
	p.Refund = f.Refund
	days, err := whole("refund_days", f.RefundDays, 365)
	if err != nil {
		return err
	}
	fee, err := hundredths("percent", f.Percent, 100_00)
	if err != nil {
		return err
	}
	switch {
	case p.Refund == "within_days" && days == 0:
		return fault.At("refund_days", "请写多少天以内可以退款。")
	case p.Refund != "within_days" && days != 0:
		return fault.At("refund_days", "只有按天数退款的写天数。")
	case p.Refund == "less_fee" && (fee == 0 || fee >= 100_00):
		return fault.At("percent", "请写扣除的手续费，大于零、小于 100 的百分数。")
	case p.Refund != "less_fee" && fee != 0:
		return fault.At("percent", "只有扣除手续费的写百分数。")
	}
	p.RefundDays, p.RefundFee = int(days), fee
	return nil
}

// above compares a price with tax against a ceiling, exactly: the amount that a buyer
// pays counts.
func (p *Plan) above(ceiling Ceiling, times int64) bool {
	points := int64(100_00)
	if !p.TaxIncluded {
		points += int64(p.Tax)
	}
	return p.Most()*points > ceiling.Fen*times*100_00
}

// within returns why a price is not within the ceilings; where a mandate says none,
// nothing is charged.
func (p *Plan) within(list []ceiling) ([]Ceiling, error) {
	unit, times := p.counted()
	var held []Ceiling
	for _, c := range list {
		if c.fen == nil {
			return nil, fault.New(fault.Conflict, "授权 %s 没有给这种形态和计量单位定费用上限，不能收费。", c.mandate)
		}
		one := Ceiling{Mandate: c.mandate, Form: c.form, Unit: unit, Fen: *c.fen}
		if p.above(one, times) {
			return nil, fault.New(fault.Conflict, "价格高于授权 %s 的费用上限：每个单位最多 %s 元（含税），请降价或者换套餐。", c.mandate, yuan(one.Fen))
		}
		held = append(held, one)
	}
	return held, nil
}

func yuan(fen int64) string { return fmt.Sprintf("%d.%02d", fen/100, fen%100) }
