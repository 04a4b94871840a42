package datasets_test

import (
	"strings"
	"testing"
	"time"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

func count(t *testing.T, c *datasetstest.Catalogue, query string) (n int) {
	t.Helper()
	if err := c.Pool.QueryRow(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// theFinding is the only finding in a file.
func theFinding(t *testing.T, c *datasetstest.Catalogue, who account.Actor, resource, sha256 string) datasets.Finding {
	t.Helper()
	all, err := c.Service.Findings(t.Context(), who, datasets.FindingFilter{Resource: resource, SHA256: sha256})
	if err != nil || len(all) != 1 {
		t.Fatalf("%+v, %v", all, err)
	}
	return all[0]
}

func decide(t *testing.T, c *datasetstest.Catalogue, who account.Actor, f datasets.Finding, state datasets.FindingState, reason string) {
	t.Helper()
	if err := c.Service.DecideFinding(t.Context(), who, f.ID, state, reason); err != nil {
		t.Fatal(err)
	}
}

const phones = "单位,电话\n甲,13800138000\n乙,13900139000\n丙,\n丁,\n"

// What was found in a file goes when nothing else is kept of the file, and not
// before.
func TestWhatWasFoundInAFileGoesWithTheFile(t *testing.T) {
	day := 24 * time.Hour
	for name, x := range map[string]struct {
		do   func(t *testing.T, c *datasetstest.Catalogue, who account.Actor, d *datasets.Dataset, u *datasets.Upload)
		want int
	}{
		"an upload that waits": {func(*testing.T, *datasetstest.Catalogue, account.Actor, *datasets.Dataset, *datasets.Upload) {}, 1},
		"an upload that was discarded": {func(t *testing.T, c *datasetstest.Catalogue, who account.Actor, _ *datasets.Dataset, u *datasets.Upload) {
			if err := c.Service.DiscardUpload(t.Context(), who, u.ID); err != nil {
				t.Fatal(err)
			}
		}, 0},
		"an upload that nobody came back to": {func(_ *testing.T, c *datasetstest.Catalogue, _ account.Actor, _ *datasets.Dataset, _ *datasets.Upload) {
			c.Set(datasetstest.Now.Add(31 * day))
		}, 0},
		"one upload of two of the same file": {func(t *testing.T, c *datasetstest.Catalogue, who account.Actor, _ *datasets.Dataset, u *datasets.Upload) {
			sent(t, c, who, u.ResourceID, "b.csv", phones)
			if err := c.Service.DiscardUpload(t.Context(), who, u.ID); err != nil {
				t.Fatal(err)
			}
		}, 1},
		"a version, long ago": {func(t *testing.T, c *datasetstest.Catalogue, who account.Actor, _ *datasets.Dataset, u *datasets.Upload) {
			decide(t, c, who, theFinding(t, c, who, u.ResourceID, u.SHA256), datasets.FindingDismissed, "单位的电话")
			publishing(t, c, who, u, datasets.Publication{})
			again := sent(t, c, who, u.ResourceID, "b.csv", phones)
			if err := c.Service.DiscardUpload(t.Context(), who, again.ID); err != nil {
				t.Fatal(err)
			}
			c.Set(datasetstest.Now.Add(400 * day))
		}, 1},
		"an upload that ended while it was looked through": {func(t *testing.T, c *datasetstest.Catalogue, _ account.Actor, _ *datasets.Dataset, _ *datasets.Upload) {
			forget(t, c)
			if _, err := c.Pool.Exec(t.Context(), `
				CREATE FUNCTION discard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE uploads SET state = 'discarded', sha256 = NULL; RETURN NULL; END $$;
				CREATE TRIGGER discard AFTER INSERT ON scans FOR EACH ROW EXECUTE FUNCTION discard()`); err != nil {
				t.Fatal(err)
			}
			if err := c.Service.ScanUploads(t.Context()); err != nil {
				t.Fatal(err)
			}
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			c := newUploads(t)
			d := c.Dataset(t)
			who := datasetstest.Officer(d.Department)
			u := sent(t, c, who, c.Resource(t, d), "a.csv", phones)
			if scans(t, c) != 1 || count(t, c, `SELECT count(*) FROM findings`) != 1 {
				t.Fatal("nothing was found")
			}
			x.do(t, c, who, d, u)
			if err := c.Service.SweepUploads(t.Context()); err != nil {
				t.Fatal(err)
			}
			if n := count(t, c, `SELECT count(*) FROM findings`); scans(t, c) != x.want || n != x.want {
				t.Errorf("%d scans, %d findings are left, want %d", scans(t, c), n, x.want)
			}
		})
	}
}

// A file that was refused where no upload is made of it waits for a decision as
// long as an upload would, from the last that was made of it.
func TestWhatWasFoundInARefusedFileWaitsForADecision(t *testing.T) {
	c := newUploads(t)
	d := c.Dataset(t)
	id, who := c.Resource(t, d), datasetstest.Officer(d.Department)
	_, err := c.Service.AddVersion(t.Context(), who, d, id, datasets.NewVersion{FileName: "a.csv", Content: strings.NewReader(phones), Reviewed: true})
	if fault.KindOf(err) != fault.Invalid {
		t.Fatalf("%v", err)
	}
	all, err := c.Service.Findings(t.Context(), who, datasets.FindingFilter{})
	if err != nil || len(all) != 1 {
		t.Fatalf("%+v, %v", all, err)
	}
	for _, x := range []struct {
		days   int
		decide bool
		want   int
	}{{20, true, 1}, {40, false, 1}, {51, false, 0}} {
		c.Set(datasetstest.Now.AddDate(0, 0, x.days))
		if x.decide {
			decide(t, c, who, all[0], datasets.FindingConfirmed, "")
		}
		if err := c.Service.SweepUploads(t.Context()); err != nil || scans(t, c) != x.want {
			t.Errorf("after %d days: %d scans, want %d, %v", x.days, scans(t, c), x.want, err)
		}
	}
}
