package licensing

import (
	"slices"
	"time"

	"shuyuan/datasets/catalogue"
	"shuyuan/internal/deadline"
	"shuyuan/internal/policy"
)

// Rules are what binds the applications to a department on one day: from the
// text in force, or where that is silent from the platform's own (平台规则). A
// case keeps the day on which it was received, and with it these rules.
type Rules struct {
	Profile *policy.Profile // in force; nil: none binds

	Decide      deadline.Term // by when a department decides
	FromReceipt bool          // counted from receipt, not from acceptance
	From        catalogue.Source
	Opened      bool // within it the data is opened, not only agreed to (TJ-23)
	Target      catalogue.Source
	Areas       []policy.Word // of use, that one is chosen from
	AreasFrom   catalogue.Source
	Academic    Lane
	Commercial  Lane
	Reason      catalogue.Source // a refusal says why
	Basis       catalogue.Source // and on what basis
	Kinds       catalogue.Axis   // of basis that count
	Free        catalogue.Source // nothing is charged; zero: the text does not say
}

// Lane is what a text asks of one way to use data.
type Lane struct {
	Applicants []policy.Word // who may take it; of the academic lane
	Limit      policy.Text   // what it is limited to
	Award      bool          // only whoever wins a competition is given the data (AB-35.3)
	Methods    []policy.Word // of the competition
	catalogue.Source
}

const (
	rule    = "open.application.decision_deadline"
	refusal = "open.application.refusal"
)

// RulesOn are the rules for a department whose profile is id, on the day of t.
func RulesOn(book *policy.Book, id string, t time.Time) Rules {
	r := Rules{Decide: deadline.Term{House: "open_application_no_profile"}, From: ours, Opened: true, Target: ours}
	r.Profile, _ = book.On(id, t)
	if r.Profile != nil && !r.Profile.InForce(t) {
		r.Profile = nil
	}
	r.clock(book, id, t)
	r.areas(book, id, t)
	r.Academic, r.Commercial = laneOn(book, id, "open.academic_use", "application_academic", t), laneOn(book, id, "open.commercial_use", "application_commercial", t)
	r.Reason, r.Basis = ours, ours
	if _, found, ok := book.Governing(id, refusal, t); ok {
		for _, d := range found.Details {
			if d.Silent || len(d.Value) != 1 || d.Value[0].Code != "required" {
				continue
			}
			switch d.Key {
			case "reason":
				r.Reason = catalogue.Source{Cite: found.Cite}
			case "basis":
				r.Basis = catalogue.Source{Cite: found.Cite}
			}
		}
	}
	r.Kinds = catalogue.RulesOn(book, id, t).Open
	if _, fee, ok := book.Governing(id, "open.fee", t); ok && !fee.Silent {
		r.Free = catalogue.Source{Cite: fee.Cite}
	}
	return r
}

// ours is the source of the platform's own rules.
var ours = catalogue.Source{Cite: []string{policy.HouseCite}, House: true}

// clock finds by when a department decides, and from when that is counted.
func (r *Rules) clock(book *policy.Book, id string, t time.Time) {
	for _, path := range []string{rule, "open.application"} {
		_, found, ok := book.Governing(id, path, t)
		if !ok {
			continue
		}
		source := catalogue.Source{Cite: found.Cite}
		if _, number := found.Number(); number {
			r.Decide = deadline.Term{Path: path}
			r.Opened, r.Target = found.Target.Code == "data_opened_on_platform", source
			r.FromReceipt, r.From = found.From.Code == "received", source
			if i := slices.IndexFunc(found.Answers, func(a policy.Rule) bool { return a.Is("received") }); found.From.Code == policy.Silent && i >= 0 {
				r.FromReceipt, r.From = true, ours
			}
			return
		}
		for _, answer := range found.Answers {
			if _, number := answer.Number(); number {
				r.Decide = deadline.Term{House: answer.Path}
				r.Opened, r.FromReceipt = answer.Target.Code == "data_opened_on_platform", answer.From.Code == "received"
				return
			}
		}
	}
}

func (r *Rules) areas(book *policy.Book, id string, t time.Time) {
	house, _ := book.House().Rule("application_areas")
	r.Areas, r.AreasFrom = house.Value, ours
	if _, found, ok := book.Governing(id, "open.application.use_areas", t); ok && !found.Silent {
		r.Areas = slices.DeleteFunc(slices.Clone(found.Value), func(w policy.Word) bool { return w.Zh == "等" })
		r.AreasFrom = catalogue.Source{Cite: found.Cite}
		if len(r.Areas) < len(found.Value) { // the list of the text is open
			r.Areas = append(r.Areas, house.Value[len(house.Value)-1])
		}
	}
}

// laneOn is what the text says of a lane, and of what it leaves open the
// platform.
func laneOn(book *policy.Book, id, path, house string, t time.Time) Lane {
	own, _ := book.House().Rule(house)
	l := lane(own, ours)
	if _, found, ok := book.Governing(id, path, t); ok && !found.Silent && len(found.Details) > 0 {
		text := lane(found, catalogue.Source{Cite: found.Cite})
		if len(text.Applicants) > 0 || text.Award {
			l = text
		}
	}
	return l
}

func lane(r policy.Rule, source catalogue.Source) Lane {
	l := Lane{Source: source}
	for _, d := range r.Details {
		switch {
		case d.Silent || len(d.Value) == 0:
		case d.Key == "applicants":
			l.Applicants = d.Value
		case d.Key == "limit":
			l.Limit = d.Value[0].Text
		case d.Key == "award":
			l.Award = d.Value[0].Code == "competitive_required"
		case d.Key == "methods":
			l.Methods = d.Value
		}
	}
	return l
}

// Limits are the platform's own numbers about applications and grants
// (平台规则), as house.yaml has them; pages show them with that mark.
type Limits struct {
	Completions int // times that a department may ask for what is missing
	Months      int // the longest term
	Files, Rows int // a day, where a department has set no others
	Draft       time.Duration
	Renewal     int  // days before its end from which a grant can be renewed
	Ending      int  // days before its end when its holder is reminded
	EndingAgain int  // and once more
	Holds       bool // the clock of a decision stands still while the grant that is to be renewed is suspended
}

// LimitsOf reads them from the book of rules.
func LimitsOf(book *policy.Book) (Limits, error) {
	n := book.Numbers()
	const day = 24 * time.Hour
	l := Limits{
		Completions: n.Of("completion_of_form", "times"), Months: n.Of("grant_term_max", ""),
		Files: n.Of("grant_quota", ""), Rows: n.Of("grant_quota", "rows_a_day"), Draft: n.Times("application_draft", "", day),
		Renewal: n.Of("grant_renewal", ""), Ending: n.Of("grant_ending", ""), EndingAgain: n.Of("grant_ending", "again"),
	}
	held, _ := book.House().Rule("grant_suspended_clock")
	l.Holds = slices.ContainsFunc(held.Details, func(d policy.Detail) bool {
		return d.Key == "stops_clock" && len(d.Value) == 1 && d.Value[0].Code == "true"
	})
	return l, n.Missing()
}
