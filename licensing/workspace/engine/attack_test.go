package engine

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"shuyuan/internal/blob"
	"shuyuan/internal/sandbox"
)

var update = flag.Bool("update", false, "write docs/attacks.md")

// attack is one attempt to get out.
type attack struct{ family, text string }

var repeated = regexp.MustCompile(`\{([^{}*]+|\*)\*(\d+)\}`)

// attacks reads testdata/attacks.yaml; of are what stands in it for places.
func attacks(t testing.TB, of map[string]string) []attack {
	t.Helper()
	raw, err := os.ReadFile("testdata/attacks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var families yaml.MapSlice
	if err := yaml.UnmarshalWithOptions(raw, &families, yaml.UseOrderedMap()); err != nil {
		t.Fatal(err)
	}
	var all []attack
	for _, f := range families {
		for _, v := range f.Value.([]any) {
			text := fmt.Sprint(v)
			for name, value := range of {
				text = strings.ReplaceAll(text, "{"+name+"}", value)
			}
			text = repeated.ReplaceAllStringFunc(text, func(s string) string {
				m := repeated.FindStringSubmatch(s)
				n, err := strconv.Atoi(m[2])
				if err != nil {
					t.Fatal(err)
				}
				return strings.Repeat(m[1], n)
			})
			all = append(all, attack{fmt.Sprint(f.Key), text})
		}
	}
	return all
}

func short(s string) string {
	if r := []rune(s); len(r) > 120 {
		return string(r[:120]) + "…"
	}
	return s
}

func TestVettingRefusesEveryAttack(t *testing.T) {
	e := vetOnly(t)
	count := map[string]int{}
	for _, a := range attacks(t, map[string]string{"secret": "/tmp/secret", "folder": "/tmp/folder", "address": "127.0.0.1:9"}) {
		v, err := e.Vet(t.Context(), allMounts, Code{SQL: a.text})
		if err != nil {
			t.Errorf("%s: %s: %v", a.family, short(a.text), err)
			continue
		}
		if v.Passed() {
			t.Errorf("%s: passed: %s", a.family, short(a.text))
			continue
		}
		count[a.family]++
		for _, f := range v.Findings {
			if f.Rule == "engine" && a.family != "covert" {
				t.Logf("%s: refused by the engine only: %s: %s", a.family, short(a.text), f.Text())
			}
		}
	}
	all := 0
	for _, n := range count {
		all += n
	}
	if all < 200 {
		t.Errorf("only %d attacks", all)
	}
}

// vetOnly is an Engine without tables.
func vetOnly(t testing.TB) *Engine {
	t.Helper()
	e, err := New(Options{Store: nothingStored{}, Dir: t.TempDir(), Now: time.Now, Sketches: platformKey})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

// tried is how one attack ended behind the walls.
type tried struct {
	Failed bool
	Cells  []string // what came out
}

// attackChild is a job that only the tests have: it locks the engine as a worker
// does, and runs statements without vetting, one after the other. What they change
// of the engine, those after them find changed.
func attackChild(ctx context.Context, files []*os.File) error {
	var all []task
	if err := json.NewDecoder(bufio.NewReader(os.Stdin)).Decode(&all); err != nil {
		return err
	}
	db, c, err := openEngine(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := all[0].Setting.lockDown(ctx, c, handed(files)); err != nil {
		return err
	}
	for _, one := range all {
		within, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
		out := tried{}
		r, err := c.QueryContext(within, one.SQL)
		if err == nil {
			columns, _ := r.Columns()
			values, into := make([]any, len(columns)), make([]any, len(columns))
			for i := range values {
				into[i] = &values[i]
			}
			for r.Next() && len(out.Cells) < 20_000 {
				if err = r.Scan(into...); err != nil {
					break
				}
				for _, v := range values {
					out.Cells = append(out.Cells, fmt.Sprintf("%.2000v", v))
				}
			}
			if err == nil {
				err = r.Err()
			}
			r.Close()
		}
		cancel()
		out.Failed = err != nil
		if err := writeFrame(os.Stdout, frameEnd, out); err != nil {
			return err
		}
		// an engine that a statement has spoilt would hold the next one for the wrong reason
		c.ExecContext(ctx, "ROLLBACK") //nolint:errcheck // most have begun nothing
		if err := selfTest(ctx, c); err != nil {
			return fmt.Errorf("engine: after %s: %w", short(one.SQL), err)
		}
		var n int
		if c.QueryRowContext(ctx, "SELECT count(*) FROM air_hourly").Scan(&n) != nil || n == 0 {
			return nil
		}
	}
	return nil
}

// cage runs attacks behind the walls, in as few children as survive them.
func cage(t *testing.T, r *rig, all []attack) []tried {
	t.Helper()
	j := r.job(t, "select 1")
	j.Mounts = only(j.Mounts, []string{"air_hourly", "visits", "persons"})
	var files []*os.File
	var mounts []mounted
	for _, p := range j.Mounts {
		f, done, err := r.vault.open(t.Context(), space, p.File, p.Digest)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(done)
		files, mounts = append(files, f), append(mounts, p.mounted(false))
	}
	var out []tried
	for len(out) < len(all) {
		var tasks []task
		for _, a := range all[len(out):] {
			tasks = append(tasks, task{SQL: a.text, Setting: setting{Memory: 256 << 20, Mounts: mounts}})
		}
		told, err := json.Marshal(tasks)
		if err != nil {
			t.Fatal(err)
		}
		var said bytes.Buffer
		child, err := sandbox.Start(t.Context(), sandbox.Spec{
			Job: "attack", Read: systemFiles(), Memory: 1 << 30, CPU: 2 * time.Minute, Time: 2 * time.Minute, Stdin: bytes.NewReader(told), Stdout: &said, Files: files,
		})
		if err != nil {
			t.Fatal(err)
		}
		ended := child.Wait()
		for read := bufio.NewReader(&said); ; {
			_, body, err := readFrame(read)
			if err != nil {
				break
			}
			var one tried
			if err := decode(body, &one); err != nil {
				t.Fatal(err)
			}
			out = append(out, one)
		}
		if ended != nil {
			if strings.Contains(ended.Error(), "engine:") {
				t.Fatal(ended)
			}
			if len(out) < len(all) {
				t.Logf("%s ended its child: %s", all[len(out)].family, short(all[len(out)].text))
				out = append(out, tried{Failed: true})
			}
		}
	}
	return out
}

// With vetting left out, no attack brings anything out that is not in the mounts,
// and none leaves anything behind.
func TestTheWallsHoldEveryAttack(t *testing.T) {
	r := newRig(t, nil)
	dir, err := os.MkdirTemp("", "shuyuan-attack-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	const canary = "canary-7d1f"
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	secret := filepath.Join(dir, "secret.csv")
	if err := os.WriteFile(secret, []byte(canary+",1\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var reached atomic.Bool
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			reached.Store(true)
			c.Close()
		}
	}()
	var all []attack
	for _, a := range attacks(t, map[string]string{"secret": secret, "folder": dir, "address": l.Addr().String()}) {
		if a.family != "resource" {
			all = append(all, a)
		}
	}
	host, _ := os.Hostname()
	passwd, _ := os.ReadFile("/etc/passwd")
	told := []string{canary, space.ID + "/", dir + "/mounts", string(space.Key)}
	for _, line := range strings.Split(string(passwd), "\n") {
		if strings.Contains(line, ":") {
			told = append(told, line)
		}
	}
	count := map[string][2]int{}
	for i, got := range cage(t, r, all) {
		n := count[all[i].family]
		n[0]++
		if got.Failed {
			n[1]++
		}
		count[all[i].family] = n
		for _, cell := range got.Cells {
			for _, s := range told {
				if strings.Contains(cell, s) && !strings.Contains(all[i].text, s) {
					t.Errorf("%s: %s brought out %q", all[i].family, short(all[i].text), short(cell))
				}
			}
			if host != "" && cell == host {
				t.Errorf("%s: %s brought out the machine's name", all[i].family, short(all[i].text))
			}
		}
		if slices.Contains([]string{"read", "attach", "extension"}, all[i].family) && !got.Failed && len(got.Cells) > 0 && strings.Contains(all[i].text, "'/") && !strings.Contains(all[i].text, "load_aws") {
			t.Errorf("%s: %s gave %q", all[i].family, short(all[i].text), short(strings.Join(got.Cells, " ")))
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v %v", left, err)
	}
	if body, err := os.ReadFile(secret); err != nil || string(body) != canary+",1\n" {
		t.Errorf("the secret is %q now: %v", body, err)
	}
	if reached.Load() {
		t.Error("the network was reached")
	}
	for _, p := range r.prepared(t, space) {
		if _, done, err := r.vault.open(t.Context(), space, p.File, p.Digest); err != nil {
			t.Error(err)
		} else {
			done()
		}
	}
	var table strings.Builder
	families := []string{}
	for f := range count {
		families = append(families, f)
	}
	slices.Sort(families)
	for _, f := range families {
		fmt.Fprintf(&table, "%-10s %3d tried, %3d refused by the engine, the rest saw only their own mounts\n", f, count[f][0], count[f][1])
	}
	t.Log("\n" + table.String())
}

// What would eat the machine is ended by the limits, with a clear reason.
func TestTheLimitsEndWhatEats(t *testing.T) {
	r := newRig(t, nil)
	for _, a := range attacks(t, nil) {
		if a.family != "resource" {
			continue
		}
		j := r.job(t, a.text)
		j.Limits = Limits{CPU: time.Second, Wall: 20 * time.Second, Memory: 128 << 20, Rows: 1000, Bytes: 1 << 20}
		began := time.Now()
		_, err := r.execute(t.Context(), j, task{SQL: a.text})
		var end *Ended
		if !errors.As(err, &end) {
			t.Errorf("%s: %v after %v", short(a.text), err, time.Since(began))
			continue
		}
		t.Logf("%-10s %8v %4d MiB  %s", end.Reason, end.Resources.CPU.Round(time.Millisecond), end.Resources.Memory>>20, short(a.text))
		if slices.Contains([]Reason{ReasonCancelled, ReasonKilled, ReasonRefused}, end.Reason) {
			t.Errorf("%s: %v", short(a.text), err)
		}
	}
}

// docs/attacks.md says what is tried.
func TestAttacksFile(t *testing.T) {
	count, order := map[string]int{}, []string{}
	for _, a := range attacks(t, nil) {
		if count[a.family] == 0 {
			order = append(order, a.family)
		}
		count[a.family]++
	}
	about := map[string]string{
		"read": "Files of the machine, by every reader, path and address", "write": "Writing, changing and dropping", "attach": "Other databases, and the mounts once more", "extension": "Extensions and secrets",
		"setting": "Settings, pragmas, variables", "hidden": "SQL in strings, plans, descriptions", "catalogue": "What the engine knows of itself, hidden columns", "resource": "Memory, time, size",
		"several": "Several statements in one text", "text": "Remarks, quotes, invisible and look-alike letters", "nesting": "Very deep trees", "size": "Very large texts", "covert": "Rows, single values and keys in results, orders, errors and filters",
	}
	var b strings.Builder
	b.WriteString("# Attempts to get out of the secure workspace\n\nWritten by `go test ./licensing/workspace/engine -run TestAttacksFile -update` from `testdata/attacks.yaml`. Vetting refuses each of them\n(`TestVettingRefusesEveryAttack`); with vetting left out the walls hold them (`TestTheWallsHoldEveryAttack`, `TestTheLimitsEndWhatEats`,\n`TestNothingElseIsOpened`). What the walls do not stop of the family covert is a result: it goes to review and nowhere else.\n\n| Family | Attempts | What is tried |\n| --- | --- | --- |\n")
	all := 0
	for _, f := range order {
		all += count[f]
		fmt.Fprintf(&b, "| %s | %d | %s |\n", f, count[f], about[f])
	}
	fmt.Fprintf(&b, "| | %d | |\n", all)
	const path = "../../../docs/attacks.md"
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(path)
	if err != nil || string(kept) != b.String() {
		t.Errorf("docs/attacks.md is out of date (%v): run with -update", err)
	}
}

// nothingStored is a store without objects.
type nothingStored struct{ blob.Store }
