package policy

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// A state's text above that of Tianjin, and a later edition of Tianjin's.
const (
	national = `profile: cn-state-2025
code: ST
title: 示例国家规定
short: 国家规定
short_en: State rules
kind: national
effective_from: "2025-01-01"
effective_to: silent
rules:
  - path: open.application.decision_deadline
    value: 5
    unit: wd
    from: accepted
    cite: [ST-1]
  - path: open.fee
    value: silent
    cite: [ST-2]
`
	later = `profile: cn-tianjin-2027
code: TN
title: 示例修订
short: 天津新条例
short_en: Tianjin, as amended
kind: local_regulation
effective_from: "2027-03-01"
effective_to: silent
succeeds: cn-tianjin-2018
yields_to: cn-state-2025
rules:
  - path: open.application.decision_deadline
    value: 3
    unit: wd
    from: accepted
    cite: [TN-1]
  - path: open.fee
    value: free
    cite: [TN-2]
`
)

// amended are the texts with the two of this test among them.
func amended(t *testing.T, change ...string) fstest.MapFS {
	t.Helper()
	texts := files(t)
	tianjin := string(texts["profiles/tianjin.yaml"].Data)
	tianjin = strings.Replace(tianjin, "effective_to: silent", `effective_to: "2027-02-28"`+"\nyields_to: cn-state-2025", 1)
	all := map[string]string{"profiles/tianjin.yaml": tianjin, "profiles/state.yaml": national, "profiles/tianjin-2027.yaml": later}
	for file, body := range all {
		texts[file] = &fstest.MapFile{Data: []byte(strings.NewReplacer(change...).Replace(body))}
	}
	return texts
}

func TestAnAmendedTextAppliesFromItsDay(t *testing.T) {
	b, err := Load(amended(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"cn-tianjin-2018", "cn-tianjin-2027"} { // whichever a department names
		for day, want := range map[string]string{"2018-12-31": "", "2019-01-01": "cn-tianjin-2018", "2027-02-28": "cn-tianjin-2018", "2027-03-01": "cn-tianjin-2027"} {
			at, _ := time.ParseInLocation(time.DateOnly, day, zone)
			p, ok := b.On(id, at)
			if ok != (want != "") || ok && p.ID() != want {
				t.Errorf("%s on %s: %v %t", id, day, p, ok)
			}
		}
	}
}

func TestTheHigherTextPrevailsWhereItDecides(t *testing.T) {
	b, err := Load(amended(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ path, day, by, value string }{
		{"open.application.decision_deadline", "2024-12-31", "cn-tianjin-2018", "2"}, // the state's is not yet in force
		{"open.application.decision_deadline", "2025-01-01", "cn-state-2025", "5"},
		{"open.application.decision_deadline", "2027-03-01", "cn-state-2025", "5"},
		{"open.fee", "2027-03-01", "cn-tianjin-2027", "无偿"}, // the state's is silent
	} {
		at, _ := time.ParseInLocation(time.DateOnly, c.day, zone)
		p, r, ok := b.Governing("cn-tianjin-2018", c.path, at)
		if !ok || p.ID() != c.by || len(r.Value) != 1 || r.Value[0].Zh != c.value {
			t.Errorf("%s on %s: %v %+v", c.path, c.day, p, r.Value)
		}
	}
	if _, _, ok := b.Governing("cn-sichuan-aba-2021", "open.fee", time.Date(2024, 1, 1, 0, 0, 0, 0, zone)); ok {
		t.Error("a text that has lapsed governs")
	}
}

func TestEditionsNeitherOverlapNorLeaveAGap(t *testing.T) {
	for _, c := range []struct{ name, old, new, says string }{
		{"a gap", `effective_to: "2027-02-28"`, `effective_to: "2027-02-27"`, "profiles/tianjin-2027.yaml:7: cn-tianjin-2018 ends on 2027-02-27"},
		{"an overlap", `effective_to: "2027-02-28"`, `effective_to: "2027-03-01"`, "profiles/tianjin-2027.yaml:7: it begins while cn-tianjin-2018 still applies"},
		{"one without an end", `effective_to: "2027-02-28"`, `effective_to: silent`, "two editions overlap"},
		{"an end before the beginning", `effective_to: "2027-02-28"`, `effective_to: "2018-02-28"`, "ends before it begins"},
		{"an edition of nothing", "succeeds: cn-tianjin-2018", "succeeds: cn-tianjin-1918", "there is no such profile"},
		{"below nothing", "yields_to: cn-state-2025", "yields_to: cn-state-1925", "there is no such profile"},
		{"above itself", "effective_from: \"2025-01-01\"", "effective_from: \"2025-01-01\"\nyields_to: cn-tianjin-2018", "above or after itself"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Load(amended(t, c.old, c.new)); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v", err)
			}
		})
	}
}
