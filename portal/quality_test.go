package portal

import (
	"testing"

	"shuyuan/datasets"
	"shuyuan/datasets/quality"
)

// Each rule is a line that says what is looked at and how to mend it; what is
// not known yet is not called missed.
func TestAnEntryShowsItsQualityLineByLine(t *testing.T) {
	w := newWorld(t)
	d := w.Dataset(t, func(d *datasets.Dataset) { d.Slug = "tides" })
	w.Version(t, d, w.Resource(t, d), "a.csv", "甲\n1\n")
	doc := w.get(t, "/datasets/tides").page(t)
	if n := doc.Find("#quality .checks > li").Length(); n != len(quality.Rules) {
		t.Errorf("%d lines, want %d", n, len(quality.Rules))
	}
	if doc.Find("#quality .checks > li.yes").Length() == 0 || doc.Find("#quality .checks > li.unknown").Length() < 12 {
		t.Errorf("%s", doc.Find("#quality").Text())
	}
	if doc.Find(`#quality a[href^="/law/cn-liaoning-anshan-2022#AS-"]`).Length() == 0 || doc.Find(`#quality a[href="/law/house-defaults"]`).Length() == 0 {
		t.Error("no line leads to its source")
	}
}
