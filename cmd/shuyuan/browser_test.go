//go:build e2e

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/jackc/pgx/v5"
)

// world is an installation with the sample world that all journeys read. What
// a journey changes there is its own.
var world = sync.OnceValues(func() (*process, error) {
	data := filepath.Join(scratch, "world")
	load := exec.Command(binary, "demo", "--data", data)
	load.Env = bare()
	if out, err := load.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("demo: %w\n%s", err, out)
	}
	p, err := begin(data)
	if p != nil {
		atExit = append(atExit, p.end)
	}
	if err == nil && p.base == "" {
		err = fmt.Errorf("the server ended while starting:\n%s", p.log)
	}
	return p, err
})

// portal is where the sample world is served.
func portalOf(t testing.TB) *process {
	t.Helper()
	p, err := world()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// chromium is the browser of all journeys, started by the first of them. A
// busy machine may lose one, mostly while it starts: the next journey has
// another.
var chromium struct {
	sync.Mutex
	context.Context
	said output
}

// output is what a process said, read while it still speaks.
type output struct {
	sync.Mutex
	strings.Builder
}

func (o *output) Write(p []byte) (int, error) {
	o.Lock()
	defer o.Unlock()
	return o.Builder.Write(p)
}

func (o *output) String() string {
	o.Lock()
	defer o.Unlock()
	return o.Builder.String()
}

// newWindow opens a window of a person who has been nowhere yet.
func newWindow() (in context.Context, person cdp.BrowserContextID, window target.ID, err error) {
	chromium.Lock()
	defer chromium.Unlock()
	for range 3 {
		if chromium.Context == nil || chromium.Err() != nil {
			chromium.Context, err = startChromium(&chromium.said)
		}
		if err == nil {
			person, window, err = windowIn(chromium.Context)
		}
		if err == nil {
			return chromium.Context, person, window, nil
		}
		chromium.Context = nil
	}
	return nil, "", "", fmt.Errorf("chromium: %w\n%s", err, chromium.said.String())
}

func windowIn(browser context.Context) (person cdp.BrowserContextID, window target.ID, err error) {
	ctx, cancel := context.WithTimeout(browser, time.Minute)
	defer cancel()
	c := cdp.WithExecutor(ctx, chromedp.FromContext(browser).Browser)
	if person, err = target.CreateBrowserContext().WithDisposeOnDetach(true).Do(c); err == nil {
		window, err = target.CreateTarget("about:blank").WithBrowserContextID(person).WithNewWindow(true).Do(c)
	}
	return person, window, err
}

func startChromium(said *output, more ...chromedp.ExecAllocatorOption) (context.Context, error) {
	flags := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.WSURLReadTimeout(time.Minute), chromedp.CombinedOutput(said),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-quic", true), chromedp.Flag("force-prefers-reduced-motion", true))
	all, end := chromedp.NewExecAllocator(context.Background(), append(flags, more...)...)
	atExit = append(atExit, func() error { end(); return nil })
	ctx, _ := chromedp.NewContext(all)
	return ctx, chromedp.Run(ctx)
}

// tab is one reader: a window with cookies of its own. Whatever the console
// says there fails the test.
type tab struct {
	*testing.T
	ctx    context.Context
	base   string
	person cdp.BrowserContextID
	passes bool // by pages that another journey looks at

	mu       sync.Mutex
	problems []string
	forgiven []string
}

// newTab opens a window of a common size on the sample world.
func newTab(t *testing.T) *tab {
	t.Helper()
	return newTabOn(t, portalOf(t))
}

// newTabOn is newTab on another installation.
func newTabOn(t *testing.T, p *process) *tab {
	t.Helper()
	in, person, window, err := newWindow()
	if err != nil {
		t.Fatal(err)
	}
	return tabIn(t, p, in, person, window)
}

func tabIn(t *testing.T, p *process, in context.Context, person cdp.BrowserContextID, window target.ID) *tab {
	t.Helper()
	ctx, end := chromedp.NewContext(in, chromedp.WithTargetID(window))
	ctx, cancel := context.WithTimeout(ctx, 4*time.Minute)
	b := &tab{T: t, ctx: ctx, base: p.base, person: person}
	t.Cleanup(func() { cancel(); end(); b.judge() })
	chromedp.ListenTarget(ctx, b.hear)
	b.run(cdplog.Enable(), network.Enable())
	// all readers come from one network here, and may enter as often as if from many
	if _, err := connect(t, p).Exec(t.Context(), `DELETE FROM rate_windows WHERE bucket = 'sign-in-network'`); err != nil {
		t.Fatalf("forgetting who entered: %v", err)
	}
	b.size(1280, 900)
	b.language("zh-CN")
	return b
}

// hear collects what a reader with an open console would see.
func (b *tab) hear(event any) {
	say := func(format string, args ...any) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.problems = append(b.problems, fmt.Sprintf(format, args...))
	}
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.APITypeError || e.Type == runtime.APITypeWarning {
			var words []string
			for _, a := range e.Args {
				words = append(words, string(a.Value)+a.Description)
			}
			say("console %s: %s", e.Type, strings.Join(words, " "))
		}
	case *runtime.EventExceptionThrown:
		say("exception: %s", e.ExceptionDetails.Error())
	case *cdplog.EventEntryAdded:
		if e.Entry.Level == cdplog.LevelError || e.Entry.Level == cdplog.LevelWarning {
			say("%s %s: %s %s", e.Entry.Source, e.Entry.Level, e.Entry.Text, e.Entry.URL)
		}
	}
}

// forgive says which words on the console are meant to be there.
func (b *tab) forgive(words string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forgiven = append(b.forgiven, words)
}

func (b *tab) judge() {
	b.mu.Lock()
	defer b.mu.Unlock()
next:
	for _, p := range b.problems {
		for _, f := range b.forgiven {
			if strings.Contains(p, f) {
				continue next
			}
		}
		b.Errorf("on the console: %s", p)
	}
}

// run does steps in order.
func (b *tab) run(steps ...chromedp.Action) {
	b.Helper()
	if err := chromedp.Run(b.ctx, steps...); err != nil {
		b.Fatal(err)
	}
}

// open goes to an address and waits until it is loaded.
func (b *tab) open(path string) {
	b.Helper()
	if err := chromedp.Run(b.ctx, chromedp.Navigate(b.base+path)); err != nil {
		b.Fatalf("%s: %v", path, err)
	}
}

// at is where the reader is: path and query.
func (b *tab) at() string {
	b.Helper()
	return eval[string](b, `location.pathname + location.search`)
}

func (b *tab) size(width, height int64) {
	b.Helper()
	b.run(chromedp.EmulateViewport(width, height))
}

// scheme sets what the system of the reader prefers: light or dark.
func (b *tab) scheme(name string) {
	b.Helper()
	b.run(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}}))
}

// language sets what the browser of the reader asks for.
func (b *tab) language(tag string) {
	b.Helper()
	b.run(network.SetExtraHTTPHeaders(network.Headers{"Accept-Language": tag}))
}

// scripts allows or forbids them.
func (b *tab) scripts(allowed bool) {
	b.Helper()
	b.run(emulation.SetScriptExecutionDisabled(!allowed))
}

// eval asks the page.
func eval[T any](b *tab, script string) T {
	b.Helper()
	var out T
	if err := chromedp.Run(b.ctx, chromedp.Evaluate(script, &out)); err != nil {
		b.Fatalf("%s: %v", script, err)
	}
	return out
}

// until waits until the page says so.
func (b *tab) until(what, condition string) {
	b.Helper()
	defer func() {
		if b.Failed() { // only then: between two pages there is nobody to ask where we are
			var at string
			err := chromedp.Run(b.ctx, chromedp.Evaluate(`location.pathname + location.search`, &at))
			b.Log("at", at, err)
		}
	}()
	eventually(b, what, func() bool {
		var is bool
		// between two pages nobody answers
		return chromedp.Run(b.ctx, chromedp.Evaluate(`Boolean(`+condition+`)`, &is)) == nil && is
	})
}

// click presses the first thing that selector finds, as a mouse does.
func (b *tab) click(selector string) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 15*time.Second)
	defer cancel()
	err := chromedp.Run(ctx, chromedp.ScrollIntoView(selector, chromedp.ByQuery), chromedp.Click(selector, chromedp.ByQuery, chromedp.NodeVisible))
	if err != nil {
		b.Fatalf("at %s one cannot press %s: %v", b.at(), selector, err)
	}
}

// follow is click on something that leads to another page.
func (b *tab) follow(selector string) {
	b.Helper()
	b.leads(func() { b.click(selector) })
}

// leads does something that leads to another page, and waits for it: the mark
// on this page is gone with it. A load event would not do, since that of the
// page before may come late.
func (b *tab) leads(do func()) {
	b.Helper()
	b.run(chromedp.Evaluate(`void (window.thisPage = true)`, nil))
	do()
	b.until("another page", `!window.thisPage && document.readyState === 'complete'`)
}

// press presses keys, one after the other.
func (b *tab) press(keys ...string) {
	b.Helper()
	for _, k := range keys {
		b.run(chromedp.KeyEvent(k))
	}
}

// tabTo moves by the Tab key until the focus is on what selector finds.
func (b *tab) tabTo(selector string) {
	b.Helper()
	for range 200 {
		b.press(kb.Tab)
		if eval[bool](b, `document.activeElement.matches(`+quoted(selector)+`)`) {
			return
		}
	}
	b.Fatalf("at %s the Tab key does not lead to %s", b.at(), selector)
}

// text is what the reader reads there.
func (b *tab) text(selector string) string {
	b.Helper()
	return eval[string](b, `document.querySelector(`+quoted(selector)+`)?.innerText ?? ''`)
}

// sees fails unless selector finds something that shows.
func (b *tab) sees(selector string) {
	b.Helper()
	if !eval[bool](b, `[...document.querySelectorAll(`+quoted(selector)+`)].some(e => e.checkVisibility())`) {
		b.Fatalf("at %s nothing like %s shows", b.at(), selector)
	}
}

func quoted(s string) string {
	out, _ := json.Marshal(s) // a string: cannot fail
	return string(out)
}

func itoa(n int) string { return fmt.Sprint(n) }

// entry is a dataset as the database knows it.
type entry struct{ slug, title string }

// withheld are the entries that no visitor may know of.
func withheld(t testing.TB) []entry {
	t.Helper()
	rows, err := connect(t, portalOf(t)).Query(t.Context(), `SELECT slug, title FROM datasets WHERE status = 'published' AND open_type = 'withheld'`)
	if err != nil {
		t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (e entry, err error) { return e, row.Scan(&e.slug, &e.title) })
	if err != nil {
		t.Fatal(err)
	}
	if len(list) == 0 {
		t.Fatal("the sample world withholds nothing: this would show nothing")
	}
	return list
}
