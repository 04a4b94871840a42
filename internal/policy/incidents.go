package policy

import "slices"

// The kinds of bodies that an incident with data is reported to.
const (
	ReportCyberspace = "cyberspace" // 网信
	ReportPolice     = "police"     // 公安
	ReportSector     = "sector"     // 行业主管
	ReportAuthority  = "authority"  // 有关主管部门
)

// ReportsDue are the kinds of bodies that a rule about incidents (AS-48, TJ-50, AB-41.2)
// has them reported to.
func ReportsDue(r Rule) []string {
	var out []string
	for _, d := range r.Details {
		if d.Key != "to" && d.Key != "reported_to" {
			continue
		}
		for _, w := range d.Value {
			for _, k := range []struct{ zh, kind string }{{"网信部门", ReportCyberspace}, {"公安机关", ReportPolice}, {"行业主管部门", ReportSector}, {"有关主管部门", ReportAuthority}} {
				if w.Text.Zh == k.zh && !slices.Contains(out, k.kind) {
					out = append(out, k.kind)
				}
			}
		}
	}
	return out
}
