//go:build e2e

package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// An officer says what a column means; a citizen reads that, what a new version
// changed, and how good the data is. All these pages are clean on a phone, by
// day and by night.
func TestAnOfficerDescribesAndACitizenCompares(t *testing.T) {
	own, holidays := filesOf(t, "unemployment-by-industry"), filesOf(t, "holidays")
	described := "/datasets/unemployment-by-industry/resources/" + own[0]

	officer := newTab(t)
	officer.officer("officer@tjj.fujian.example")
	officer.open("/account")
	officer.follow(`header a[href="/desk/inbox"]`)
	officer.follow(`nav.desk a[href="/desk/dictionaries"]`)
	officer.follow(`main a[href="/desk/resources/` + own[0] + `/dictionary"]`)
	officer.click("#column-0 > summary")
	officer.run(chromedp.SetValue("#column-0 [name$=description]", "数字所属的月份，照原表", chromedp.ByQuery),
		chromedp.SendKeys("#reason", "补写含义", chromedp.ByQuery))
	officer.follow("#columns button.main")
	if said := officer.text("main [role=status]"); !strings.Contains(said, "已经改好") {
		t.Fatalf("after saving the page says %q: %s", said, officer.text("main .note, main .errs"))
	}

	citizen := newTab(t)
	citizen.open(described)
	if words := citizen.text("#dictionary"); !strings.Contains(words, "数字所属的月份，照原表") {
		t.Errorf("the public dictionary does not say what was written: %s", words)
	}
	citizen.open("/datasets/holidays")
	if views := citizen.text(".xask"); !strings.Contains(views, "看图表") || strings.Contains(views, "看地图") {
		t.Errorf("the views suggested for days off are %q", views)
	}
	citizen.click("#quality .checks summary")
	if why := citizen.text("#quality .checks details[open]"); !strings.Contains(why, "怎样改") || !strings.Contains(why, "出处") {
		t.Errorf("a line of quality does not say how to mend it and by what rule: %q", why)
	}
	citizen.follow(`#versions a[href$="/changes/2"]`)
	if said := citizen.text("#summary"); !strings.Contains(said, "新增 39 行") {
		t.Errorf("the comparison says %q", said)
	}
	if rows := eval[int](citizen, `document.querySelectorAll('#rows tbody tr').length`); rows != 39 {
		t.Errorf("%d rows are shown to differ", rows)
	}

	onAPhone(officer, "/desk/inbox", "/desk/uploads", "/desk/uploads/new?resource="+own[0], "/desk/findings", "/desk/findings?all=1", "/desk/dictionaries", "/desk/resources/"+own[0]+"/dictionary", "/desk/links")
	first := "/datasets/holidays/resources/" + holidays[0]
	onAPhone(citizen, "/datasets/holidays", described, first+"/changes/1", first+"/changes/2", first+"/embed", "/datasets/holidays/resources/"+holidays[2], "/departments/fj-tjj", "/stats")
}

// onAPhone fails where a page is not clean in a narrow window, light or dark.
func onAPhone(b *tab, pages ...string) {
	b.Helper()
	if b.passes {
		return
	}
	b.size(320, 640)
	for _, scheme := range []string{"light", "dark"} {
		b.scheme(scheme)
		for _, path := range pages {
			b.open(path)
			b.clean(path + ", " + scheme)
		}
	}
}

// filesOf are the ids of the files of a dataset.
func filesOf(t *testing.T, slug string) (ids []string) {
	t.Helper()
	var d struct{ Resources []struct{ ID string } }
	if err := json.Unmarshal([]byte(wants(t, portalOf(t).base+"/api/v1/datasets/"+slug, 200)), &d); err != nil {
		t.Fatal(err)
	}
	for _, r := range d.Resources {
		ids = append(ids, r.ID)
	}
	return ids
}
