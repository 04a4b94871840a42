package datasets_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/fault"
)

// A decision that something may be public holds for the next version where it
// is no worse there: the same kind, the same column, no larger a share of the
// rows. It says whose it is and of when. Anything else asks again.
func TestADecisionIsCarriedToTheNextVersionUnlessItIsWorse(t *testing.T) {
	c := newUploads(t)
	decided, later := datasetstest.Now.Add(time.Hour), datasetstest.Now.AddDate(0, 1, 0)
	for name, x := range map[string]struct {
		next    string
		state   datasets.FindingState // of the decision about the version before
		carried bool
	}{
		"as much of as many rows":     {"单位,电话\n甲,13800138001\n乙,13900139001\n丙,\n丁,1\n", datasets.FindingDismissed, true},
		"the same share of fewer":     {"单位,电话\n甲,13800138000\n丙,\n", datasets.FindingDismissed, true},
		"a smaller share of more":     {phones + strings.Repeat("戊,\n", 3) + "己,13700137000\n", datasets.FindingDismissed, true},
		"a larger share of as many":   {"单位,电话\n甲,13800138000\n乙,13900139000\n丙,13700137000\n丁,\n", datasets.FindingDismissed, false},
		"a larger share of fewer":     {"单位,电话\n甲,13800138000\n", datasets.FindingDismissed, false},
		"another column":              {"单位,手机\n甲,13800138000\n乙,13900139000\n丙,\n丁,\n", datasets.FindingDismissed, false},
		"another kind":                {"单位,电话\n甲," + someID + "\n乙,\n丙,\n丁,\n", datasets.FindingDismissed, false},
		"what was found true before":  {"单位,电话\n甲,13800138000\n乙,\n丙,\n丁,\n", datasets.FindingConfirmed, false},
		"what nobody had decided yet": {"单位,电话\n甲,13800138000\n乙,\n丙,\n丁,\n", datasets.FindingOpen, false},
	} {
		t.Run(name, func(t *testing.T) {
			c.Set(decided)
			d := c.Dataset(t)
			who := datasetstest.Officer(d.Department)
			v := imported(t, c, d, "a.csv", phones)
			if err := c.Service.ScanVersions(t.Context()); err != nil {
				t.Fatal(err)
			}
			before := theFinding(t, c, who, v.ResourceID, v.SHA256)
			if x.state != datasets.FindingOpen {
				decide(t, c, who, before, x.state, "单位的电话")
			}
			c.Set(later)
			other := who
			other.ID, other.Name = who.ID+1, "另一位专员"
			u := sent(t, c, other, v.ResourceID, "b.csv", x.next)
			f := theFinding(t, c, other, v.ResourceID, u.SHA256)
			want := datasets.Finding{State: datasets.FindingOpen}
			if x.carried {
				want = datasets.Finding{State: datasets.FindingDismissed, Reason: "单位的电话", DecidedBy: who.ID, Decider: who.Name, Carried: 1}
			}
			got := datasets.Finding{State: f.State, Reason: f.Reason, DecidedBy: f.DecidedBy, Decider: f.Decider, Carried: f.Carried}
			if fmt.Sprint(got) != fmt.Sprint(want) || x.carried != (f.DecidedAt != nil && f.DecidedAt.Equal(decided)) {
				t.Errorf("%+v of %v, want %+v", got, f.DecidedAt, want)
			}
			if x.carried {
				c.Approve(t, other, u.ID)
			}
			_, err := c.Service.PublishUpload(t.Context(), other, u.ID, datasets.Publication{Reason: "新的一期"})
			if x.carried != (err == nil) {
				t.Errorf("published: %v", err)
			}
			acts := count(t, c, fmt.Sprintf(`SELECT count(*) FROM audit_entries WHERE subject = 'finding' AND act = 'carry' AND subject_id = '%d'`, f.ID))
			if x.carried != (acts == 1) {
				t.Errorf("%d acts in the trail", acts)
			}
		})
	}
}

// A decision is carried from version to version as whose it is, is no longer
// carried where it was changed, and does not outlive that more is found in the
// same file.
func TestACarriedDecisionIsThatOfWhoMadeIt(t *testing.T) {
	c := newUploads(t)
	d := c.Dataset(t)
	id, who := c.Resource(t, d), datasetstest.Officer(d.Department)
	var versions []*datasets.Version
	for i, text := range []string{phones, phones + "戊,\n", phones + "戊,\n己,\n"} {
		u := sent(t, c, who, id, "a.csv", text)
		if i == 0 {
			decide(t, c, who, theFinding(t, c, who, id, u.SHA256), datasets.FindingDismissed, "单位的电话")
			c.Set(datasetstest.Now.AddDate(0, 1, 0))
		}
		versions = append(versions, publishing(t, c, who, u, datasets.Publication{Reason: "新的一期"}))
	}
	of := func(n int) datasets.Finding { return theFinding(t, c, who, id, versions[n-1].SHA256) }
	if f := of(3); f.Carried != 2 || f.DecidedAt == nil || !f.DecidedAt.Equal(datasetstest.Now) || f.Decider != who.Name {
		t.Errorf("%+v", f)
	}
	if _, err := c.Pool.Exec(t.Context(), `UPDATE findings SET found = 1 WHERE sha256 = $1; `, versions[2].SHA256); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Pool.Exec(t.Context(), `UPDATE scans SET detectors = 0`); err != nil {
		t.Fatal(err)
	}
	if err := c.Service.ScanVersions(t.Context()); err != nil {
		t.Fatal(err)
	}
	if f := of(3); f.State != datasets.FindingOpen || f.Carried != 0 || f.Decider != "" {
		t.Errorf("more is found than was decided about: %+v", f)
	}
	if f := of(2); f.Carried != 1 || f.State != datasets.FindingDismissed {
		t.Errorf("no more is found: %+v", f)
	}

	decide(t, c, who, of(1), datasets.FindingDismissed, "仍是单位的电话")
	if f := of(2); f.State != datasets.FindingDismissed || f.Reason != "单位的电话" {
		t.Errorf("confirmed once more: %+v", f)
	}
	decide(t, c, who, of(2), datasets.FindingDismissed, "单位的电话，又看了一遍")
	if f := of(2); f.Carried != 0 || f.Reason != "单位的电话，又看了一遍" {
		t.Errorf("decided by a person: %+v", f)
	}
}

// Where what was decided to be a false alarm is found true after all, the
// versions to which that was carried ask again.
func TestWhatIsFoundTrueAfterAllAsksAgain(t *testing.T) {
	c := newUploads(t)
	d := c.Dataset(t)
	id, who := c.Resource(t, d), datasetstest.Officer(d.Department)
	var all []*datasets.Upload
	for i, text := range []string{phones, phones + "戊,\n", phones + "戊,\n己,\n"} {
		u := sent(t, c, who, id, "a.csv", text)
		if i == 0 {
			decide(t, c, who, theFinding(t, c, who, id, u.SHA256), datasets.FindingDismissed, "单位的电话")
		}
		if i < 2 {
			publishing(t, c, who, u, datasets.Publication{Reason: "新的一期"})
		}
		all = append(all, u)
	}
	decide(t, c, who, theFinding(t, c, who, id, all[0].SHA256), datasets.FindingConfirmed, "其中有个人的号码")
	for i, want := range []datasets.FindingState{datasets.FindingConfirmed, datasets.FindingOpen, datasets.FindingOpen} {
		if f := theFinding(t, c, who, id, all[i].SHA256); f.State != want || f.Carried != 0 {
			t.Errorf("file %d: %+v", i+1, f)
		}
	}
	if _, err := c.Service.PublishUpload(t.Context(), who, all[2].ID, datasets.Publication{Reason: "新的一期"}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("published: %v", err)
	}
}
