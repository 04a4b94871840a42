package catalogue

import (
	"slices"
	"strings"
	"time"

	"shuyuan/internal/policy"
)

// Rules are what the text that binds a department asks of its entries on one
// day. Where none is in force the strictest of all that are answers
// (平台规则 when_no_profile).
type Rules struct {
	Profile *policy.Profile // in force; nil: none binds
	Lapsed  *policy.Profile // named by the department and not in force on the day

	Required   []Requirement
	Share      Axis
	Open       Axis
	Conditions Source   // conditional sharing lists its conditions; zero: not asked
	Materials  Source   // and the materials an applicant needs
	OpenFields Source   // conditional opening names method, requirements and safeguards
	FiledWith  []string // who must have been told of a limit, or of every entry
	FiledAll   bool     // of every entry, not only of limits
	FiledBy    Source
	Effective  bool // a change takes effect only when the authority has confirmed it
	Confirm    Source
	Triggers   []Type
	OneSource  Source // each item has one source (一数一源)
}

// Source is where a rule comes from.
type Source struct {
	Cite  []string // ids of provisions
	House bool
}

// Asked reports whether there is such a rule at all.
func (s Source) Asked() bool { return len(s.Cite) > 0 }

// Requirement is a field that the text names.
type Requirement struct {
	Name string // verbatim
	Keys []string
	Source
}

// Type is one value of an axis with the words of the text.
type Type struct {
	Code string
	policy.Text
	Source
}

// Axis is one of the two ways in which data is given: to other bodies, or to
// everybody. Neither is ever derived from the other.
type Axis struct {
	Types    []Type
	Basis    Source   // of the types that are limits
	Kinds    []string // of basis that count
	Excluded []string // that the text, or its silence about them, rules out
	Reason   Source   // a limit says why, besides
	Grounds  []string // of the type that gives nothing
	Withheld Source   // where the grounds come from
}

// The kinds of basis that there are, the highest first.
const (
	Statute        = "法律"
	AdminRegula    = "行政法规"
	LocalRegula    = "地方性法规"
	Rule           = "规章"
	StateProvision = "国家有关规定"
	PartyPolicy    = "党中央政策"
	CouncilPolicy  = "国务院政策"
	OtherDocument  = "其他规范性文件"
)

// Kinds are all kinds of basis, in order.
var Kinds = []string{Statute, AdminRegula, LocalRegula, Rule, StateProvision, PartyPolicy, CouncilPolicy, OtherDocument}

// kindsOf are the kinds that a text's own words take in: 法规 are those of the
// State Council and of the people's congresses alike, and a list that ends in
// 等 leaves every kind open.
func kindsOf(words []policy.Word) []string {
	var out []string
	for _, w := range words {
		switch w.Zh {
		case "法规":
			out = append(out, AdminRegula, LocalRegula)
		case "等":
			return slices.Clone(Kinds)
		default:
			out = append(out, w.Zh)
		}
	}
	return out
}

// limits are the types that hold something back.
var limits = []string{"conditional", "withheld"}

// Limits reports whether a type holds something back.
func Limits(code string) bool { return slices.Contains(limits, code) }

var house = Source{Cite: []string{policy.HouseCite}, House: true}

// RulesOn are the rules for a department whose profile is id, on the day of t.
func RulesOn(book *policy.Book, id string, t time.Time) Rules {
	if p, ok := book.On(id, t); ok {
		return rulesOf(book, p)
	}
	r := strictest(book, t)
	if p, ok := book.Profile(id); ok {
		r.Lapsed = p
	}
	return r
}

func rulesOf(book *policy.Book, p *policy.Profile) Rules {
	r := Rules{Profile: p, Confirm: house}
	if rule, ok := p.Rule("catalogue.required_fields"); ok {
		for _, w := range rule.Value {
			r.Required = append(r.Required, requirement(p.Code(), w.Zh, rule.Cite))
		}
	}
	r.Share, r.Open = axisOf(book, p, "share"), axisOf(book, p, "open")
	r.Conditions = sourceOf(p, "share.conditions_listed_for")
	r.Materials = sourceOf(p, "share.application.required_materials_list")
	r.OpenFields = sourceOf(p, "open.conditional_catalogue_fields")
	if !r.OpenFields.Asked() {
		r.OpenFields = house
	}
	r.filing(p)
	for _, path := range []string{"catalogue.confirmation", "catalogue.approval"} {
		if s := sourceOf(p, path); s.Asked() {
			r.Confirm, r.Effective = s, true
		}
	}
	r.Triggers = triggersOf(p)
	if r.OneSource = sourceOf(p, "catalogue.duplicates"); !r.OneSource.Asked() {
		r.OneSource = house
	}
	return r
}

func (r *Rules) filing(p *policy.Profile) {
	if rule, ok := p.Rule("share.basis_required_for"); ok {
		if with := words(rule, "filing.with"); len(with) > 0 {
			r.FiledWith, r.FiledBy = with, Source{Cite: rule.Cite}
		}
	}
	if rule, ok := p.Rule("catalogue.filing_with"); ok {
		r.FiledAll, r.FiledBy = true, Source{Cite: rule.Cite}
		for _, w := range rule.Value {
			r.FiledWith = append(r.FiledWith, w.Zh)
		}
	}
}

// typeNames are the words where no text has any.
var typeNames = map[string]map[string]policy.Text{
	"share": {"unconditional": {Zh: "无条件共享", En: "unconditional sharing"}, "conditional": {Zh: "有条件共享", En: "conditional sharing"}, "withheld": {Zh: "不予共享", En: "not shared"}},
	"open":  {"unconditional": {Zh: "无条件开放", En: "unconditional opening"}, "conditional": {Zh: "有条件开放", En: "conditional opening"}, "withheld": {Zh: "不予开放", En: "not opened"}},
}

func axisOf(book *policy.Book, p *policy.Profile, axis string) Axis {
	var a Axis
	for _, code := range []string{"unconditional", "conditional", "withheld"} {
		a.Types = append(a.Types, typeOf(p, axis, code))
	}
	if rule, ok := p.Rule(axis + ".types"); ok {
		for _, o := range rule.Options {
			for _, d := range o.Details {
				if o.Code == "withheld" && d.Key == "grounds" && !d.Silent {
					a.Grounds, a.Withheld = wordsOf(d.Value), Source{Cite: rule.Cite}
				}
			}
		}
	}
	a.Basis, a.Kinds = house, slices.Clone(Kinds)
	if rule, ok := p.Rule(axis + ".basis_required_for"); ok && !rule.Silent {
		for _, d := range rule.Details {
			switch d.Key {
			case "kinds":
				a.Basis, a.Kinds = Source{Cite: rule.Cite}, kindsOf(d.Value)
			case "reason_also":
				if len(d.Value) == 1 && d.Value[0].Code == "true" || len(d.Value) == 1 && d.Value[0].Zh == "true" {
					a.Reason = Source{Cite: rule.Cite}
				}
			}
		}
	}
	a.Excluded = without(Kinds, a.Kinds)
	return a
}

// typeOf finds the words of a type: in the text, else in the platform's answer
// to its silence, else our own.
func typeOf(p *policy.Profile, axis, code string) Type {
	for _, path := range []string{axis + ".types", axis + ".other_types"} {
		rule, ok := p.Rule(path)
		if !ok {
			continue
		}
		for _, o := range rule.Options {
			if o.Code == code {
				return Type{code, o.Name, Source{Cite: rule.Cite}}
			}
		}
		for _, answer := range rule.Answers {
			for _, o := range answer.Options {
				if o.Code == code {
					return Type{code, policy.Text{Zh: o.Name.Zh, En: o.Name.En}, house}
				}
			}
		}
	}
	return Type{code, typeNames[axis][code], house}
}

// triggersOf are what obliges a department to change its catalogue.
func triggersOf(p *policy.Profile) []Type {
	if p != nil {
		if rule, ok := p.Rule("catalogue.change_triggers"); ok && len(rule.Options) > 0 {
			var out []Type
			for _, o := range rule.Options {
				out = append(out, Type{o.Code, glossed(o.Code, o.Name), Source{Cite: rule.Cite}})
			}
			return out
		}
	}
	return slices.Clone(houseTriggers)
}

// houseTriggers are the platform's where a text has none.
var houseTriggers = []Type{
	{"basis_changed", policy.Text{Zh: "法律、法规、规章等依据发生变化", En: "the law it rests on changed"}, house},
	{"function_changed", policy.Text{Zh: "职责发生变化", En: "duties changed"}, house},
	{"system_updated", policy.Text{Zh: "信息系统更新完成", En: "an information system was renewed"}, house},
	{"other", policy.Text{Zh: "其他情形", En: "something else"}, house},
}

// glossed is the name of a trigger, in the words of its text; whoever reads
// English is told what it means where nobody has translated those.
func glossed(code string, name policy.Text) policy.Text {
	i := slices.IndexFunc(houseTriggers, func(t Type) bool { return t.Code == code })
	if name.En == "" && i >= 0 {
		name.En = houseTriggers[i].En
	}
	return name
}

// strictest takes from every text in force what asks the most. A text for one
// kind of data alone, as the civil-defence overlay, binds nobody else.
func strictest(book *policy.Book, t time.Time) Rules {
	r := Rules{Confirm: house, Effective: true, OneSource: house, OpenFields: house, Conditions: house, Materials: house}
	r.Share = Axis{Basis: house, Reason: house, Kinds: slices.Clone(Kinds)}
	r.Open = Axis{Basis: house, Reason: house, Kinds: slices.Clone(Kinds)}
	for _, code := range []string{"unconditional", "conditional", "withheld"} {
		r.Share.Types = append(r.Share.Types, Type{code, typeNames["share"][code], house})
		r.Open.Types = append(r.Open.Types, Type{code, typeNames["open"][code], house})
	}
	for _, p := range book.Profiles() {
		if _, overlay := p.Rule("applies_to"); overlay || !p.InForce(t) {
			continue
		}
		one := rulesOf(book, p)
		for _, q := range one.Required {
			if !slices.ContainsFunc(r.Required, func(there Requirement) bool { return slices.Equal(there.Keys, q.Keys) }) {
				q.House = true
				r.Required = append(r.Required, q)
			}
		}
		r.Share.Kinds = both(r.Share.Kinds, one.Share.Kinds)
		r.Open.Kinds = both(r.Open.Kinds, one.Open.Kinds)
	}
	r.Share.Excluded, r.Open.Excluded = without(Kinds, r.Share.Kinds), without(Kinds, r.Open.Kinds)
	r.Triggers = triggersOf(nil)
	return r
}

func both(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return !slices.Contains(b, s) })
}

func without(all, some []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return slices.Contains(some, s) })
}

func sourceOf(p *policy.Profile, path string) Source {
	rule, ok := p.Rule(path)
	if !ok || rule.Silent {
		return Source{}
	}
	return Source{Cite: rule.Cite, House: rule.House}
}

func words(rule policy.Rule, key string) []string {
	for _, d := range rule.Details {
		if d.Key == key && !d.Silent {
			return wordsOf(d.Value)
		}
	}
	return nil
}

func wordsOf(list []policy.Word) []string {
	var out []string
	for _, w := range list {
		if w.Zh != policy.Silent {
			out = append(out, w.Zh)
		}
	}
	return out
}

// requirement maps a verbatim name to the fields of an entry. cite is of the
// whole rule; the table knows the paragraph.
func requirement(code, name string, cite []string) Requirement {
	for _, t := range Terms {
		if t.Name == name {
			for _, id := range t.Cite {
				if strings.HasPrefix(id, code+"-") {
					return Requirement{Name: name, Keys: t.Keys, Source: Source{Cite: []string{id}}}
				}
			}
			return Requirement{Name: name, Keys: t.Keys, Source: Source{Cite: cite}}
		}
	}
	return Requirement{Name: name, Source: Source{Cite: cite}}
}

// RequiredFor are the requirements that a field answers.
func (r Rules) RequiredFor(key string) []Requirement {
	var out []Requirement
	for _, q := range r.Required {
		if slices.Contains(q.Keys, key) {
			out = append(out, q)
		}
	}
	return out
}

// TypeName is a type of an axis in the words of the text.
func (a Axis) TypeName(code string) policy.Text {
	for _, t := range a.Types {
		if t.Code == code {
			return t.Text
		}
	}
	return policy.Text{Zh: code}
}
