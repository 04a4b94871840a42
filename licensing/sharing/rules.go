package sharing

import (
	"slices"
	"time"

	"shuyuan/datasets/catalogue"
	"shuyuan/internal/deadline"
	"shuyuan/internal/policy"
)

// Source is where a rule comes from.
type Source = catalogue.Source

// Rules are what the text that binds a provider asks of a request received on one
// day. Where none is in force then, the strictest of all that are answers
// (平台规则 when_no_profile).
type Rules struct {
	Profile *policy.Profile // in force; nil: none was
	Lapsed  *policy.Profile // that the department names, and that was not in force

	Required []Requirement // fields of a request

	Accepted bool     // the time to answer runs from acceptance (受理) and not from receipt
	Supplied bool     // and is kept only when the data are there, not when they are promised
	Must     Source   // the provider agrees where the conditions are met (AS-21)
	Reason   Source   // a refusal says why
	Basis    Source   // and on what legal basis
	Kinds    []string // of basis that count
	Ground   bool     // the basis is what the text calls a statutory ground (法定事由)
	Filed    []string // who must have been told of the limit (TJ-16)
	FiledBy  Source

	Materials Source // the provider lists beforehand what an applicant shows (AB-26)
	Ladder    Source // negotiation, then the authority (TJ-17)
	Purpose   Source // no other purpose
	Onward    Source // nobody else
	Free      Source // no fee; not asked where the text says nothing

	answer string // house rule of the time to answer, where the text has no number
}

// Requirement is a field that a request must fill in.
type Requirement struct {
	Field string // of Asked: its key in forms
	Name  string // in the words of the text
	Source
}

// fieldNames are the fields of a request by the words of the texts.
var fieldNames = map[string]string{
	"依据": "basis", "目的": "purpose", "范围": "scope", "方式": "method", "相关需求": "needs", "应用场景": "scenario", "期限": "months",
}

var house = Source{Cite: []string{policy.HouseCite}, House: true}

// RulesOn are the rules for a request to a department bound by profile, received
// at t.
func RulesOn(book *policy.Book, profile string, t time.Time) Rules {
	if p, ok := book.On(profile, t); ok {
		return rulesOf(book, p, t)
	}
	r := strictest(book, t)
	r.Lapsed, _ = book.Profile(profile)
	return r
}

func rulesOf(book *policy.Book, p *policy.Profile, t time.Time) Rules {
	r := Rules{Profile: p, Reason: house, Ladder: house, Purpose: house, Onward: house}
	find := func(path string) (policy.Rule, bool) {
		_, rule, ok := book.Governing(p.ID(), path, t)
		return rule, ok && !rule.Silent
	}
	r.requires(book, find)
	r.clock(book, p, t)
	r.refusal(book, p, t, find)
	for _, x := range []struct {
		path string
		to   *Source
	}{
		{"share.application.must_approve_if_conditions_met", &r.Must}, {"share.application.required_materials_list", &r.Materials},
		{"share.application.dispute", &r.Ladder}, {"share.purpose_limit", &r.Purpose}, {"share.onward_transfer", &r.Onward}, {"share.fee", &r.Free},
	} {
		if rule, ok := find(x.path); ok {
			*x.to = Source{Cite: rule.Cite}
		}
	}
	return r
}

// requires reads which fields must be filled in. What the grant names, the
// request asks for (AB-23.4); what no text asks for, the platform needs: without
// a purpose there is no purpose to keep to.
func (r *Rules) requires(book *policy.Book, find func(string) (policy.Rule, bool)) {
	add := func(name string, s Source) {
		if field := fieldNames[name]; field != "" && !slices.ContainsFunc(r.Required, func(q Requirement) bool { return q.Field == field }) {
			r.Required = append(r.Required, Requirement{field, name, s})
		}
	}
	if rule, ok := find("share.application.required_fields"); ok {
		for _, w := range rule.Value {
			add(w.Zh, Source{Cite: rule.Cite})
		}
	}
	if rule, ok := find("share.grant"); ok {
		for _, w := range detail(rule, "elements") {
			add(w.Zh, Source{Cite: rule.Cite})
		}
	}
	if rule, ok := book.House().Rule("share_request_fields"); ok {
		for _, w := range rule.Value {
			add(w.Zh, house)
		}
	}
}

// clock reads from when the time to answer runs and what must be done by then: in
// the text, or in the platform's answer to its silence.
func (r *Rules) clock(book *policy.Book, p *policy.Profile, t time.Time) {
	_, rule, ok := book.Governing(p.ID(), "share.application.decision_deadline", t)
	r.answer = "share_application_default"
	if ok && rule.Silent || !ok {
		for _, a := range rule.Answers {
			r.answer = a.Path
			rule = a
		}
		if len(rule.Value) == 0 || rule.Silent {
			rule, _ = book.House().Rule(r.answer)
		}
	}
	r.Accepted = rule.From.Code == "accepted"
	r.Supplied = rule.Target.Code == "data_supplied_on_platform"
}

func (r *Rules) refusal(book *policy.Book, p *policy.Profile, t time.Time, find func(string) (policy.Rule, bool)) {
	axis := catalogue.RulesOn(book, p.ID(), t)
	r.Kinds = axis.Share.Kinds
	rule, ok := find("share.application.refusal")
	if !ok {
		return
	}
	from := Source{Cite: rule.Cite}
	if says(rule, "reason", "required") {
		r.Reason = from
	}
	if says(rule, "basis", "required") {
		r.Basis = from
		r.Filed, r.FiledBy = axis.FiledWith, axis.FiledBy
		if axis.FiledAll {
			r.Filed = nil
		}
	}
	if kinds := detail(rule, "basis_kinds"); len(kinds) > 0 {
		r.Kinds = nil
		for _, w := range kinds {
			r.Kinds = append(r.Kinds, w.Zh)
		}
	}
	if says(rule, "statutory_ground_required", "true") {
		r.Basis, r.Ground = from, true
		if kinds, ok := book.House().Rule("share_statutory_ground"); ok {
			r.Kinds = nil
			for _, w := range kinds.Value {
				r.Kinds = append(r.Kinds, w.Zh)
			}
		}
	}
}

// strictest takes from every text in force what asks the most.
func strictest(book *policy.Book, t time.Time) Rules {
	r := Rules{Reason: house, Basis: house, Must: house, Ladder: house, Purpose: house, Onward: house, Materials: house,
		Accepted: true, Supplied: true, Kinds: slices.Clone(catalogue.Kinds), answer: "share_application_default"}
	for _, p := range book.Profiles() {
		if _, overlay := p.Rule("applies_to"); overlay || !p.InForce(t) {
			continue
		}
		one := rulesOf(book, p, t)
		for _, q := range one.Required {
			if !slices.ContainsFunc(r.Required, func(there Requirement) bool { return there.Field == q.Field }) {
				r.Required = append(r.Required, Requirement{q.Field, q.Name, house})
			}
		}
		if one.Basis.Asked() {
			r.Kinds = slices.DeleteFunc(r.Kinds, func(k string) bool { return !slices.Contains(one.Kinds, k) })
		}
	}
	if len(r.Required) == 0 {
		r.requires(book, func(string) (policy.Rule, bool) { return policy.Rule{}, false })
	}
	return r
}

// Needs are the requirements that a field answers.
func (r Rules) Needs(field string) (Requirement, bool) {
	at := slices.IndexFunc(r.Required, func(q Requirement) bool { return q.Field == field })
	if at < 0 {
		return Requirement{}, false
	}
	return r.Required[at], true
}

// Axis is by which a legal basis of a refusal is judged.
func (r Rules) Axis() catalogue.Axis {
	a := catalogue.Axis{Kinds: r.Kinds, Basis: r.Basis}
	for _, k := range catalogue.Kinds {
		if !slices.Contains(r.Kinds, k) {
			a.Excluded = append(a.Excluded, k)
		}
	}
	return a
}

// The periods that do not depend on the provider's text, and that of the answer.
var (
	acceptanceTerm  = deadline.Term{Path: "share.application.acceptance_deadline", House: "acceptance_of_application"}
	negotiationTerm = deadline.Term{House: "negotiation"}
	authorityTerm   = deadline.Term{House: "authority_decision"}
	reclassifyTerm  = deadline.Term{House: "share_reclassify"}
	upwardTerm      = deadline.Term{House: "share_upward"}
	returnTerm      = deadline.Term{House: "share_return"}
	grantTerm       = deadline.Term{House: "grant_term_max"}
)

func (r Rules) answerTerm() deadline.Term {
	return deadline.Term{Path: "share.application.decision_deadline", House: r.answer}
}

func detail(rule policy.Rule, key string) []policy.Word {
	for _, d := range rule.Details {
		if d.Key == key && !d.Silent {
			return d.Value
		}
	}
	return nil
}

// says reports whether a detail of rule is the one word.
func says(rule policy.Rule, key, word string) bool {
	v := detail(rule, key)
	return len(v) == 1 && (v[0].Code == word || v[0].Zh == word)
}
