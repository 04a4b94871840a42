package datasets_test

import (
	"slices"
	"testing"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/blob"
)

// What an officer discards is gone when the answer comes: its bytes, its tables
// and what was found in it. What a version or another upload holds stays.
func TestADiscardedFileIsGoneAtOnce(t *testing.T) {
	c := newUploads(t)
	d := c.Dataset(t)
	id, who := c.Resource(t, d), datasetstest.Officer(d.Department)
	objects := func() (all []string) {
		t.Helper()
		if err := c.Store.List(t.Context(), func(o blob.Info) error { all = append(all, string(o.Digest)); return nil }); err != nil {
			t.Fatal(err)
		}
		return all
	}
	findings := func() int {
		t.Helper()
		all, err := c.Service.Findings(t.Context(), who, datasets.FindingFilter{})
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	const names, harmless = "单位,电话\n甲,13800138000\n", "单位,人数\n甲,3\n"
	first, second := sent(t, c, who, id, "a.csv", names), sent(t, c, who, id, "b.csv", names)
	if got := objects(); len(got) != 2 || findings() != 1 {
		t.Fatalf("%d objects, %d findings", len(got), findings())
	}
	if err := c.Service.DiscardUpload(t.Context(), who, first.ID); err != nil {
		t.Fatal(err)
	}
	if got := objects(); len(got) != 2 || !slices.Contains(got, second.SHA256) || findings() != 1 {
		t.Errorf("another upload of the same file lost something: %d objects, %d findings", len(got), findings())
	}
	if err := c.Service.DiscardUpload(t.Context(), who, second.ID); err != nil {
		t.Fatal(err)
	}
	if got := objects(); len(got) != 0 || findings() != 0 {
		t.Errorf("%d objects and %d findings are left", len(got), findings())
	}

	v := publishing(t, c, who, sent(t, c, who, id, "a.csv", harmless), datasets.Publication{})
	before := objects()
	if err := c.Service.DiscardUpload(t.Context(), who, sent(t, c, who, id, "a.csv", harmless).ID); err != nil {
		t.Fatal(err)
	}
	if got := objects(); !slices.Equal(got, before) || !slices.Contains(got, v.SHA256) {
		t.Errorf("a version lost something: %d objects, %d before", len(got), len(before))
	}
}
