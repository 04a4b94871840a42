//go:build e2e

package main

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/internal/database/embedded"
)

// An officer uploads a file, watches it being read, overrides a type, publishes
// it, and finds the override again with the next version.
func TestAnOfficerPublishesAFile(t *testing.T) {
	b := newTab(t)
	resource := ownResource(t, "e2eupload0000001")
	b.officer("officer@tjj.fujian.example")
	b.open("/desk/uploads/new?resource=" + resource)
	b.choose("人口.csv", "代码,人口,备注\n350100,842,\n350200,531,暂缺\n350300,-,\n")
	b.follow("form[data-upload] [type=submit]")
	b.until("it is read", `document.querySelector('#run')?.dataset.state === 'review'`)
	b.shot("upload-review")
	if h := b.text("h1"); h != "人口.csv" {
		b.Errorf("the page is called %q", h)
	}
	if m := b.text("#misfits"); !strings.Contains(m, "3") || !strings.Contains(m, "-") {
		b.Errorf("the cell that does not fit is not listed: %q", m)
	}
	if at := eval[string](b, `document.querySelector('select[name="type-0-1"] option').textContent`); !strings.Contains(at, "整数") {
		b.Errorf("人口 is proposed as %q", at)
	}
	b.run(chromedp.SetValue(`select[name="type-0-1"]`, "text", chromedp.ByQuery))
	b.follow(`#columns [type=submit]`)
	b.until("it is read anew", `document.querySelector('#run')?.dataset.state === 'review'`)
	if said := b.text("#columns"); !strings.Contains(said, "改过，原提议：整数") || b.text("#misfits") != "" {
		b.Errorf("the override is not taken: %q", said)
	}
	letThroughHere(b, "2027-01-31")
	b.follow(`#publish [type=submit]`)
	if !strings.HasSuffix(b.at(), "/resources/"+resource) {
		b.Fatalf("publishing leads to %s", b.at())
	}

	// the next version, by keyboard alone, and on a phone
	b.size(320, 640)
	b.open("/desk/uploads/new?resource=" + resource)
	b.choose("人口2.csv", "代码,人口,备注\n350100,843,\n350200,532,\n")
	b.narrow()
	b.shot("upload-new-phone")
	b.tabTo("form[data-upload] [type=submit]")
	b.leads(func() { b.press(kb.Enter) })
	b.until("it is read", `document.querySelector('#run')?.dataset.state === 'review'`)
	b.narrow()
	b.shot("upload-review-phone")
	if v := eval[string](b, `document.querySelector('select[name="type-0-1"]').value`); v != "text" {
		b.Errorf("the next version does not keep the override: %q", v)
	}
	b.tabTo("#reason")
	b.press("七月的数")
	b.leads(func() { b.press(kb.Enter) })
	if !strings.HasSuffix(b.at(), "/resources/"+resource) {
		b.Fatalf("publishing leads to %s: %s", b.at(), b.text("#publish"))
	}
	b.open("/desk/uploads")
	b.narrow()
	b.shot("uploads-phone")
	if list := b.text("#list"); !strings.Contains(list, "第 2 版") {
		b.Errorf("the list says %q", list)
	}
}

// Without script the file goes as a form, and the page of its upload comes anew
// by itself.
func TestAFileIsUploadedWithoutScript(t *testing.T) {
	b := newTab(t)
	resource := ownResource(t, "e2eupload0000002")
	b.officer("officer@tjj.fujian.example")
	b.open("/desk/uploads/new?resource=" + resource)
	b.choose("人口.csv", "代码,人口\n350100,842\n")
	b.scripts(false)
	b.run(chromedp.Focus("form[data-upload] [type=submit]", chromedp.ByQuery), chromedp.KeyEvent(kb.Enter))
	eventually(t, "it is read", func() bool {
		var title, state string
		var ok bool
		err := chromedp.Run(b.ctx, chromedp.Title(&title), chromedp.AttributeValue("#run", "data-state", &state, &ok, chromedp.ByQuery, chromedp.AtLeast(0)))
		return err == nil && state == "review"
	})
	b.scripts(true)
	b.shot("upload-noscript")
}

// letThroughHere takes the upload of the page through its review, until when the
// next like it may follow, and opens the page anew.
func letThroughHere(b *tab, until string) {
	b.Helper()
	url, err := embedded.RunningURL(filepath.Join(portalOf(b.T).data, "postgres"))
	if err != nil {
		b.Fatal(err)
	}
	pool, err := pgxpool.New(b.Context(), url)
	if err != nil {
		b.Fatal(err)
	}
	defer pool.Close()
	id := path.Base(b.at())
	var department int64
	if err := pool.QueryRow(b.Context(), `SELECT department_id FROM uploads WHERE id = $1`, id).Scan(&department); err != nil {
		b.Fatal(err)
	}
	letThrough(b.T, pool, department, id, until)
	b.open("/desk/uploads/" + id)
}

// ownResource is a file of a draft of the officer's, for a journey alone.
func ownResource(t *testing.T, id string) string {
	t.Helper()
	tag, err := connect(t, portalOf(t)).Exec(t.Context(), `
		INSERT INTO resources (id, dataset_id, position, name)
		SELECT $1, d.id, 90 + (SELECT count(*) FROM resources WHERE dataset_id = d.id), '上传试验'
		FROM datasets d JOIN users u ON u.department_id = d.department_id
		WHERE u.identifier = 'officer@tjj.fujian.example' AND d.status = 'draft' ORDER BY d.id LIMIT 1`, id)
	if err != nil || tag.RowsAffected() != 1 {
		t.Fatalf("no file to upload for: %v", err)
	}
	return id
}

// officer signs in with a demo account.
func (b *tab) officer(identifier string) {
	b.Helper()
	kept, err := os.ReadFile(filepath.Join(portalOf(b.T).data, "demo-accounts"))
	if err != nil {
		b.Fatal(err)
	}
	found := regexp.MustCompile(regexp.QuoteMeta(identifier) + `\s+(\S+)`).FindSubmatch(kept)
	if found == nil {
		b.Fatalf("no password of %s is kept", identifier)
	}
	b.enter(identifier, string(found[1]))
}

// enter signs in.
func (b *tab) enter(identifier, password string) {
	b.Helper()
	b.open("/sign-in")
	b.run(chromedp.SendKeys(`input[name=identifier]`, identifier, chromedp.ByQuery), chromedp.SendKeys(`input[name=password]`, password, chromedp.ByQuery))
	b.leads(func() { b.press(kb.Enter) })
}

// choose makes a file and chooses it in the form.
func (b *tab) choose(name, content string) {
	b.Helper()
	path := filepath.Join(b.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		b.Fatal(err)
	}
	b.run(chromedp.SetUploadFiles("#file", []string{path}, chromedp.ByQuery))
}

// narrow fails where the page is wider than the window.
func (b *tab) narrow() {
	b.Helper()
	if wide := eval[int](b, `document.documentElement.scrollWidth`); wide > 320 {
		b.Errorf("%s is %d wide on a phone", b.at(), wide)
	}
}

// shot keeps a picture of the page where somebody wants to look.
func (b *tab) shot(name string) {
	b.Helper()
	dir := os.Getenv("SHUYUAN_TEST_PICTURES")
	if dir == "" {
		return
	}
	var picture []byte
	b.run(chromedp.FullScreenshot(&picture, 100))
	if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s.png", name)), picture, 0o644); err != nil {
		b.Fatal(err)
	}
}
