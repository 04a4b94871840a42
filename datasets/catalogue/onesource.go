package catalogue

import (
	"shuyuan/datasets"
	"shuyuan/datasets/sources"
)

// oneSourceCheck asks whether an entry says what was decided about its items.
var oneSourceCheck = Check{Name: "one-source", Sentence: "“%s”已由第 %d 号案决定由“%s”采集：采集部门请写它，数据通过共享取得。"}

// oneSource holds what an entry says of who collects against the decisions. Who
// says nothing contradicts nothing.
func oneSource(d *datasets.Dataset, r Rules, uses []sources.Use) []Finding {
	var out []Finding
	for _, u := range uses {
		if d.CollectingOrg != "" && d.CollectingOrg != u.Collector {
			out = append(out, oneSourceCheck.at("collecting_org", r.OneSource, u.Items, u.Case, u.Collector))
		}
	}
	return out
}
