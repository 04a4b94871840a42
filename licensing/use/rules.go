package use

import (
	"time"

	"shuyuan/datasets/catalogue"
	"shuyuan/internal/deadline"
	"shuyuan/internal/policy"
)

// The periods. A text that names one for the tracking of use would run instead of
// the platform's; today none does. Which rule runs is kept with what is owed.
var (
	reportTerm     = deadline.Term{Path: "open.tracking", House: "use_report"}
	readingTerm    = deadline.Term{House: "use_report_reading"}
	completionTerm = deadline.Term{House: "use_report_completion"}
	suspensionTerm = deadline.Term{House: "use_report_suspension"}
	destroyTerm    = deadline.Term{House: "destruction"}
	checkTerm      = deadline.Term{House: "destruction_check"}
	answerTerm     = deadline.Term{House: "use_audit_answer"}
	findingTerm    = deadline.Term{House: "use_audit_finding"}
)

// Limits are the platform's own numbers (平台规则), as house.yaml has them.
type Limits struct {
	Reminder    int // working days before a report is due at which a letter tells
	Destruction int // the same of a certificate of destruction
	Audit       int // and of the answer to an audit
	Returns     int // times that a report may be returned
	Percent     int // of a population that a draw takes
	Least       int // and how many at least
}

// LimitsOf reads them from the book of rules.
func LimitsOf(book *policy.Book) (Limits, error) {
	n := book.Numbers()
	l := Limits{Reminder: n.Of("use_report_reminder", ""), Destruction: n.Of("destruction_reminder", ""), Audit: n.Of("use_audit_reminder", ""), Returns: n.Of("use_report_completion", "times"), Percent: n.Of("use_audit", ""), Least: n.Of("use_audit", "least")}
	return l, n.Missing()
}

// Violations are the named kinds of violation: of the text in force that binds the
// department, else those of the platform's rule. profile is where the rule stands.
func Violations(book *policy.Book, binds string, t time.Time) (profile string, rule policy.Rule) {
	if p, r, ok := book.Governing(binds, "violations", t); ok && len(r.Options) > 0 {
		return p.ID(), r
	}
	r, _ := book.House().Rule("breach_violations")
	return book.House().ID(), r
}

// Exceptions are the grounds on which data need not be destroyed, and where they
// come from: the text that binds the department, else the platform's rule.
func Exceptions(book *policy.Book, profile string, t time.Time) ([]policy.Word, catalogue.Source) {
	grounds := func(r policy.Rule) []policy.Word {
		for _, d := range r.Details {
			if d.Key == "exceptions" {
				return d.Value
			}
		}
		return nil
	}
	if _, r, ok := book.Governing(profile, "processor", t); ok {
		if words := grounds(r); len(words) > 0 {
			return words, catalogue.Source{Cite: r.Cite}
		}
	}
	r, _ := book.House().Rule("destruction")
	return grounds(r), catalogue.Source{Cite: []string{policy.HouseCite}, House: true}
}
