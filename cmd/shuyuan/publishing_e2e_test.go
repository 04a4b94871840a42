//go:build e2e

package main

import (
	"net/url"
	"path"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// An entry goes from an empty form to the public by the right people, each at
// their own desk: an officer writes it, the head signs, the authority confirms,
// a file passes three gates, and a citizen finds what was published.
func TestAnEntryGoesFromAnEmptyFormToThePublic(t *testing.T) {
	const slug = "journey-of-an-entry"
	officer, head, authority, citizen := newTab(t), newTab(t), newTab(t), newTab(t)
	officer.officer("officer@tjj.fujian.example")
	entry := "/desk/catalogue/" + slug

	// an empty form
	officer.open("/desk/catalogue")
	officer.follow(`main a[href="/desk/catalogue/new"]`)
	officer.shot("journey-01-new")
	officer.click(`input[name=secret][value=no]`)
	officer.fill("title", "分设区市夜间经济街区名录")
	officer.fill("slug", slug)
	officer.follow(`main form[action="/desk/catalogue/new"] button`)
	officer.clean("an empty entry")

	// sent too early, it says at each field what is missing
	officer.forgive("status of 422 (Unprocessable Entity) " + officer.base + entry)
	officer.follow(`button[name=step][value=send_to_head]`)
	missing := eval[[]string](officer, `[...document.querySelectorAll('.errlist a[href^="#f-"]')].map(a => a.hash.slice(3))`)
	officer.shot("journey-02-missing")
	if len(missing) < 5 || eval[int](officer, `document.querySelectorAll('b.err').length`) < len(missing) {
		t.Fatalf("an empty form lacks %q", missing)
	}
	for field, value := range written {
		officer.fill(field, value)
	}
	for _, axis := range []string{"share_type", "open_type"} {
		officer.click(`input[name=` + axis + `][value=unconditional]`)
	}
	for part, value := range map[string]string{"name": "name", "label": "街区名称", "type": "text", "about": "经认定的夜间经济街区的名称"} {
		officer.run(chromedp.SetValue(`[name="items-0-`+part+`"]`, value, chromedp.ByQuery))
	}
	officer.shot("journey-03-filled")
	officer.follow(`button[name=step][value=send_to_head]`)
	if !strings.Contains(officer.at(), "done=send_to_head") {
		t.Fatalf("the whole form is not sent: %s", officer.text("main"))
	}

	// signed by the head, confirmed by the authority
	head.officer("head@tjj.fujian.example")
	head.open("/desk/inbox")
	head.shot("journey-04-head")
	head.follow(`main a[href="` + entry + `"]`)
	head.clean("an entry to be signed")
	head.follow(`button[name=action][value=sign]`)
	authority.officer("authority@sjj.fujian.example")
	authority.open("/desk/inbox")
	authority.follow(`main a[href="` + entry + `"]`)
	authority.shot("journey-05-authority")
	authority.follow(`button[name=action][value=confirm]`)

	// a file, uploaded and sent to its review
	officer.open(entry)
	officer.follow(`aside a[href="` + entry + `/files"]`)
	officer.clean("an entry without files")
	officer.shot("journey-06-files")
	officer.fill("f-name", "街区名录")
	officer.follow(`form[action="` + entry + `/files"] button.main`)
	officer.follow(`#files a[href^="/desk/uploads/new"]`)
	officer.choose("街区.csv", "街区名称,所在设区市,认定年份\n三坊七巷,福州市,2021\n中山路,厦门市,2020\n西街,泉州市,2022\n")
	officer.follow("form[data-upload] [type=submit]")
	officer.until("it is read", `document.querySelector('#run')?.dataset.state === 'review'`)
	officer.shot("journey-07-read")
	upload := path.Base(officer.at())
	officer.follow(`#publish a.main`)
	officer.shot("journey-08-propose")
	officer.follow(`form[action="/desk/reviews"] button.main`)
	review, _, _ := strings.Cut(officer.at(), "?")

	// three gates, three people
	for i, who := range []struct{ identifier, action string }{
		{"security@tjj.fujian.example", "pass"}, {"secrecy@tjj.fujian.example", "pass"}, {"review@wxb.fujian.example", "approve"},
	} {
		gate := newTab(t)
		gate.officer(who.identifier)
		gate.open("/desk/inbox")
		gate.follow(`main a[href="` + review + `"]`)
		gate.clean("the review at gate " + itoa(i+1))
		eval[bool](gate, `document.querySelectorAll('input[name=tick]').forEach(e => e.checked = true) || true`)
		gate.click(`input[name=action][value=` + who.action + `]`)
		gate.shot("journey-09-gate" + itoa(i+1))
		gate.follow(`form[action^="` + review + `"] button.main`)
		if wrong := gate.text("main .note.bad"); wrong != "" {
			t.Fatalf("gate %d: %s", i+1, wrong)
		}
	}
	if nobody := citizen.status("/datasets/" + slug); nobody != 404 {
		t.Errorf("before it is published a citizen is answered %d", nobody)
	}

	// published, and found
	officer.open("/desk/uploads/" + upload)
	officer.follow(`#publish [type=submit]`)
	officer.open(entry + "/files")
	officer.shot("journey-10-ready")
	officer.follow(`button[name=action][value=publish]`)
	if said := officer.text("main [role=status]"); !strings.Contains(said, "已公开") {
		t.Fatalf("publishing says %q: %s", said, officer.text("main .note"))
	}
	citizen.open("/datasets/" + slug)
	citizen.clean("the entry in public")
	citizen.shot("journey-11-public")
	if words := citizen.text("main"); !strings.Contains(words, "三坊七巷") || !strings.Contains(words, "福建省统计局") {
		t.Errorf("the public page does not show its data or its department")
	}
	eventually(t, "search finds it", func() bool {
		citizen.open("/datasets?" + url.Values{"q": {"夜间经济街区"}}.Encode())
		return strings.Contains(citizen.text("main"), "分设区市夜间经济街区名录")
	})

	// and taken back, with a reason that stays
	officer.open(entry + "/files")
	officer.fill("f-reason", "名录改由商务厅发布")
	officer.follow(`button[name=action][value=withdraw]`)
	if gone := citizen.status("/datasets/" + slug); gone != 410 {
		t.Errorf("withdrawn, a citizen is answered %d", gone)
	}
	onAPhone(officer, entry, entry+"/files", "/desk/catalogue", review)
}

// written is what the officer writes: all that the rules in force in Fujian and
// the platform itself ask of an open entry.
var written = map[string]string{
	"summary": "经省级认定的夜间经济街区，每年认定一次。", "theme": "", "db_class": "business", "source": "各设区市申报，省级认定",
	"region": "", "licence": "", "update_frequency": "annual", "last_updated": "2026-11-01", "linked_system": "夜间经济认定系统",
	"security_level": "一般", "data_form": "结构化表格", "format": "CSV", "collecting_org": "福建省统计局", "duty_item": "夜间经济街区认定", "collection_method": "业务生成",
	"core_business": "夜间经济街区认定", "attributes": "业务类", "source_kind": "政务数据", "share_content": "全部数据项", "share_conditions": "无",
}

// fill writes into a field of a form; an empty value chooses the first option
// that says something.
func (b *tab) fill(id, value string) {
	b.Helper()
	said := eval[string](b, `(() => {
		const e = document.getElementById(`+quoted(id)+`)
		if (!e) return 'there is no such field'
		e.value = `+quoted(value)+` || [...e.options].find(o => o.value).value
		e.dispatchEvent(new Event('input', {bubbles: true}))
		return e.value ? '' : 'the field does not take it'
	})()`)
	if said != "" {
		b.Fatalf("%s at %s: %s", id, b.at(), said)
	}
}

// status is what a bare request for a page is answered, by this reader.
func (b *tab) status(path string) int {
	b.Helper()
	b.forgive(path)
	var code int
	b.open("/")
	b.run(chromedp.Evaluate(`fetch(`+quoted(path)+`).then(r => r.status)`, &code, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	return code
}
