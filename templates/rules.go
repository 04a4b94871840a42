package templates

import "shuyuan/internal/policy"

// isPeriod reports whether the rule is a number of days or months.
func isPeriod(r policy.Rule) bool {
	_, number := r.Number()
	return number && (r.Unit.Zh == "个工作日" || r.Unit.Zh == "个月")
}
