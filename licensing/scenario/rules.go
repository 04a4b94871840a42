package scenario

import (
	"slices"
	"strings"
	"time"

	"shuyuan/datasets"
	"shuyuan/datasets/catalogue"
	"shuyuan/internal/deadline"
	"shuyuan/internal/policy"
)

// The periods. Only the opinion has one in a text (AB-35): where that binds the
// department. The plan says that there is a review (FJ-4.1) and not how long it
// takes.
var (
	screeningTerm  = deadline.Term{House: "operator_screening"}
	completionTerm = deadline.Term{House: "completion_of_form"}
	opinionTerm    = deadline.Term{Path: "development.opinion_deadline", House: "provider_opinion"}
	securityTerm   = deadline.Term{House: "scenario_security"}
	decisionTerm   = deadline.Term{Path: "development.authorisation_deadline", House: "authority_review"}
	signingTerm    = deadline.Term{House: "scenario_signing"}
	reportTerm     = deadline.Term{Path: "open.tracking", House: "scenario_report"}
	readingTerm    = deadline.Term{House: "use_report_reading"}
	lackingTerm    = deadline.Term{House: "use_report_completion"}
	holdTerm       = deadline.Term{House: "use_report_suspension"}
)

// Limits are the platform's own numbers (平台规则), as house.yaml has them.
type Limits struct {
	Completions int // times that the operator may ask for what is missing
	Months      int // the longest term
	Minimum     int // the least that a group of a result may be
	Ending      int // days before its end when its developer is told
	EndingAgain int
	Extension   int // days before its end from which an extension can be asked for
	Reminder    int // working days before a report is due
	Returns     int // times that a report may be returned
	Consent     int // months that a standing consent lasts
	Draft       time.Duration
}

// LimitsOf reads them from the book of rules.
func LimitsOf(book *policy.Book) (Limits, error) {
	n := book.Numbers()
	const day = 24 * time.Hour
	l := Limits{
		Completions: n.Of("completion_of_form", "times"), Months: n.Of("scenario_term_max", ""), Minimum: n.Of("quality.small_cells", ""),
		Ending: n.Of("scenario_ending", ""), EndingAgain: n.Of("scenario_ending", "again"), Extension: n.Of("scenario_extension", ""),
		Reminder: n.Of("use_report_reminder", ""), Returns: n.Of("use_report_completion", "times"), Consent: n.Of("scenario_consent", ""), Draft: n.Times("application_draft", "", day),
	}
	return l, n.Missing()
}

// The rules that name the purposes and the forms of products of mandates.
const (
	PurposesRule = "mandate_purposes"
	FormsRule    = "mandate_forms"
)

// Name is what a code of such a rule is called; the code itself where it has none.
func Name(book *policy.Book, rule, code string) policy.Text {
	r, _ := book.House().Rule(rule)
	if i := slices.IndexFunc(r.Options, func(o policy.Option) bool { return o.Code == code }); i >= 0 {
		return r.Options[i].Name
	}
	return policy.Text{Zh: code, En: code}
}

// Source is where a rule comes from.
type Source = catalogue.Source

var ours = Source{Cite: []string{policy.HouseCite}, House: true}

// Sectors are the sectors of a scenario: those that the text of the body names
// (FJ-4.2), the platform's where it names none, and "other" in any case.
func Sectors(book *policy.Book, profile string, t time.Time) ([]string, Source) {
	house, _ := book.House().Rule("scenario_sectors")
	var out []string
	add := func(words []policy.Word) {
		for _, w := range words {
			if !slices.Contains(out, w.Zh) {
				out = append(out, w.Zh)
			}
		}
	}
	from := Source{}
	if _, r, ok := book.Governing(profile, "development.priority_sectors", t); ok && !r.Silent {
		add(r.Value)
		from.Cite = append(from.Cite, r.Cite...)
	}
	if _, r, ok := book.Governing(profile, "development.pilot_sectors", t); ok && !r.Silent {
		add(r.Value)
		for _, c := range r.Cite {
			if !slices.Contains(from.Cite, c) {
				from.Cite = append(from.Cite, c)
			}
		}
	}
	if len(out) == 0 {
		add(house.Value)
		return out, ours
	}
	if n := len(house.Value); n > 0 {
		add(house.Value[n-1:])
	}
	return out, from
}

// AwardFor reports whether commercial use of conditional data of a department takes
// a competition, and by which rule (AB-35.3, else the platform's).
func AwardFor(book *policy.Book, profile string, t time.Time) (bool, Source) {
	takes := func(r policy.Rule) bool {
		return slices.ContainsFunc(r.Details, func(d policy.Detail) bool {
			return d.Key == "award" && !d.Silent && len(d.Value) == 1 && d.Value[0].Code == "competitive_required"
		})
	}
	if _, r, ok := book.Governing(profile, "open.commercial_use", t); ok && !r.Silent && takes(r) {
		return true, Source{Cite: r.Cite}
	}
	r, ok := book.House().Rule("application_commercial")
	return ok && takes(r), ours
}

// Goal is how many scenarios a text wants by a year (FJ-G).
type Goal struct {
	Year int
	Want int
	Source
}

// Goals are those of the text that binds a body.
func Goals(book *policy.Book, profile string, t time.Time) (out []Goal) {
	for _, year := range []int{2023, 2025} {
		path := "targets.2023"
		if year == 2025 {
			path = "targets.2025"
		}
		_, r, ok := book.Governing(profile, path, t)
		if !ok || r.Silent {
			continue
		}
		for _, d := range r.Details {
			if d.Key == "scenarios_min" && len(d.Value) == 1 {
				if n, ok := (policy.Rule{Value: d.Value}).Number(); ok {
					out = append(out, Goal{year, n, Source{Cite: r.Cite}})
				}
			}
		}
	}
	return out
}

// Research is who may ask for research, and that it is for public benefit alone
// (AB-35.2, else the platform's).
func Research(book *policy.Book, profile string, t time.Time) Source {
	if _, r, ok := book.Governing(profile, "open.academic_use", t); ok && !r.Silent && len(r.Details) > 0 {
		return Source{Cite: r.Cite}
	}
	if r, ok := book.House().Rule("application_academic"); ok && len(r.Details) > 0 {
		return ours
	}
	return Source{}
}

// Usual is the use of a column that the form proposes, from what is known of it:
// what names a person is a masked key, what is sensitive and what is measured is
// only aggregated, of a public table everything is read.
func Usual(open datasets.OpenType, f datasets.Field) Use {
	personal := f.Sensitivity == datasets.PersonalData || f.Sensitivity == datasets.SensitivePersonal
	switch {
	case personal && names(f):
		return Subject
	case personal || f.Sensitivity == datasets.ImportantData:
		return Aggregate
	case open == datasets.Unconditional:
		return Read
	case f.Type == "point" || f.Type == "geometry" || f.Type == "array" || f.Type == "object":
		return Aggregate
	case (f.Type == "integer" || f.Type == "decimal") && !f.Key && !f.Unitless && len(f.Codes) == 0:
		return Aggregate
	}
	return Group
}

// names reports whether a personal column stands for the person.
func names(f datasets.Field) bool {
	if f.Key {
		return true
	}
	said := f.Name + f.Label + f.Representation
	return slices.ContainsFunc([]string{"证件", "身份证", "号码", "编号", "标识", "姓名", "电话", "手机", "账号", "卡号"}, func(w string) bool { return strings.Contains(said, w) }) || strings.HasSuffix(strings.ToLower(f.Name), "id")
}

// Uses are the uses in the order of the form.
var Uses = []Use{Group, Aggregate, Read, Subject}

// narrower reports whether a use gives no more than another: a department may
// narrow what was asked for, never widen it.
func narrower(given, asked Use) bool {
	weight := map[Use]int{Aggregate: 0, Group: 1, Read: 2}
	switch {
	case given == asked:
		return true
	case given == Subject:
		return false
	case asked == Subject:
		return given == Aggregate
	}
	return weight[given] <= weight[asked]
}
