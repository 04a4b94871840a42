package licensing_test

import (
	"fmt"
	"testing"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/licensing"
	"shuyuan/licensing/licensingtest"
)

// A file that is fetched in a hundred parts at once, or resumed, takes one of the
// day's files, exactly; each part is written down; and the quota stays what it is.
func TestPartsOfAFileCountOnce(t *testing.T) {
	w := licensingtest.New(t)
	w.Day(t, "2026-11-02")
	d, v := w.Conditional(t, licensingtest.Anshan)
	citizen, officer := w.Person(t, "张三"), w.Official(t, d.Department, account.Officer)
	if err := w.Licensing.SetConditions(t.Context(), officer, d.Slug, licensing.Conditions{Months: 12, Files: 4, Rows: 7, Materials: []string{}}); err != nil {
		t.Fatal(err)
	}
	a := w.Granted(t, citizen, officer, d)
	fetch := func(content, part string, bytes int64) error {
		h, err := w.Service.Deliver(t.Context(), citizen, v, datasets.Delivery{Channel: datasets.ByFile, Form: "csv", Part: part, Request: "r", Content: content, Bytes: bytes, Size: 1000})
		if err == nil {
			h.Sent(int(bytes))
		}
		return err
	}
	used := func(what string, want int) {
		t.Helper()
		g, _, err := w.Licensing.Grant(t.Context(), citizen, a.Grant)
		if err != nil || g.UsedFiles != want {
			t.Errorf("%s: %d files of the day are used, want %d; %v", what, g.UsedFiles, want, err)
		}
	}
	var acts []func() error
	for i := range 100 {
		acts = append(acts, func() error { return fetch("one", fmt.Sprintf("bytes=%d-%d", i*10, i*10+9), 10) })
	}
	if done := atOnce(t, acts...); done != 100 {
		t.Errorf("%d parts went through", done)
	}
	used("a hundred parts at once", 1)
	if err := fetch("one", "bytes=0-999", 1000); err != nil { // as many bytes again: resumed from the beginning
		t.Error(err)
	}
	used("once more as a part", 1)
	if err := fetch("one", "bytes=0-0", 1); err != nil {
		t.Error(err)
	}
	used("more than twice the file", 2)
	if err := fetch("two", "", 1000); err != nil { // another rendition, broken off and resumed
		t.Error(err)
	}
	if err := fetch("two", "bytes=400-", 600); err != nil {
		t.Error(err)
	}
	used("another rendition", 3)
	w.Set(w.Clock().Add(25 * time.Hour))
	if err := fetch("two", "bytes=400-", 400); err != nil {
		t.Error(err)
	}
	used("the day after", 1)
	for range 3 {
		if err := fetch("two", "", 1000); err != nil {
			t.Error(err)
		}
	}
	used("the whole, three times", 4)
	kind(t, "beyond the quota", fetch("two", "", 1000), fault.TooMany, "")
	kind(t, "a part of what was never counted", fetch("three", "bytes=0-", 1000), fault.TooMany, "")
	if err := fetch("two", "bytes=1-", 999); err != nil {
		t.Error("a part of what was counted", err)
	}
	used("the quota", 4)
	kept, err := w.Licensing.Acquired(t.Context(), citizen, a.Grant, 0, 1000)
	if err != nil || len(kept) != 109 {
		t.Errorf("%d written down, %v", len(kept), err)
	}
	g, _, err := w.Licensing.Grant(t.Context(), officer, a.Grant)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Licensing.MoveGrant(t.Context(), officer, a.Grant, licensing.Suspend, "核查。", g.Revision); err != nil {
		t.Fatal(err)
	}
	kind(t, "a part of what was counted, under a grant that is suspended", fetch("two", "bytes=1-", 999), fault.Forbidden, "")
}

// Of many first parts against a quota, as many go through as it has.
func TestAQuotaIsExactForParts(t *testing.T) {
	w := licensingtest.New(t)
	w.Day(t, "2026-11-02")
	d, v := w.Conditional(t, licensingtest.Anshan)
	citizen, officer := w.Person(t, "张三"), w.Official(t, d.Department, account.Officer)
	if err := w.Licensing.SetConditions(t.Context(), officer, d.Slug, licensing.Conditions{Months: 12, Files: 20, Rows: 7, Materials: []string{}}); err != nil {
		t.Fatal(err)
	}
	w.Granted(t, citizen, officer, d)
	var acts []func() error
	for i := range 200 { // four parts each of fifty files
		acts = append(acts, func() error {
			h, err := w.Service.Deliver(t.Context(), citizen, v, datasets.Delivery{Channel: datasets.ByFile, Form: "csv", Part: "bytes=0-249", Request: "r", Content: fmt.Sprint(i / 4), Bytes: 250, Size: 1000})
			if err == nil {
				h.Sent(250)
			}
			return err
		})
	}
	if done := atOnce(t, acts...); done != 80 {
		t.Errorf("%d parts went through, want those of 20 files", done)
	}
}
