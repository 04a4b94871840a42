package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unicode"

	"shuyuan/internal/fault"
)

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args   []string
		code   int
		stdout string
		stderr string
	}{
		{nil, 0, "shuyuan serve", ""},
		{[]string{"help"}, 0, "shuyuan restore", ""},
		{[]string{"frobnicate"}, 2, "", `there is no command "frobnicate"`},
		{[]string{"serve", "--nonsense"}, 2, "", "usage: shuyuan serve"},
		{[]string{"serve", "now"}, 2, "", "usage: shuyuan serve"},
		{[]string{"check", "everything"}, 2, "", "usage: shuyuan check"},
		{[]string{"restore", "file"}, 2, "", "usage: shuyuan restore"},
		{[]string{"backup"}, 2, "", "usage: shuyuan backup"},
		{[]string{"import"}, 2, "", "usage: shuyuan import"},
		{[]string{"account"}, 2, "", "usage: shuyuan account"},
		{[]string{"account", "remove", "zhou@tests.example"}, 2, "", "usage: shuyuan account"},
		{[]string{"account", "add", "zhou@tests.example", "--name", "周"}, 2, "", "usage: shuyuan account"},
		{[]string{"account", "add", "--name", "周", "--role", "king", "zhou@tests.example"}, 2, "", "usage: shuyuan account"},
		{[]string{"account", "list", "--name", "周"}, 2, "", "usage: shuyuan account"},
		{[]string{"account", "disable"}, 2, "", "usage: shuyuan account"},
		{[]string{"keys"}, 2, "", "usage: shuyuan keys"},
		{[]string{"keys", "rotate"}, 2, "", "usage: shuyuan keys"},
		{[]string{"keys", "revoke", "x"}, 2, "", "usage: shuyuan keys"},
		{[]string{"witness"}, 2, "", "usage: shuyuan witness"},
		{[]string{"audit"}, 2, "", "usage: shuyuan audit"},
		{[]string{"audit", "verify"}, 2, "", "usage: shuyuan audit"},
		{[]string{"audit", "verify", "no-such-file.ndjson"}, 1, "", "no such file"},
		{[]string{"migrate", "-h"}, 0, "", "usage: shuyuan migrate"},
	} {
		var out, log bytes.Buffer
		data := t.TempDir()
		code := run(t.Context(), c.args, func(name string) string {
			if name == "SHUYUAN_DATA" {
				return data
			}
			return ""
		}, &out, &log)
		if code != c.code || !strings.Contains(out.String(), c.stdout) || !strings.Contains(log.String(), c.stderr) {
			t.Errorf("shuyuan %v: exit code %d\n%s%s", c.args, code, &out, &log)
		}
	}
}

// An export is verified by whoever has it, without an installation.
func TestAnExportOfTheTrailIsVerifiedByCommand(t *testing.T) {
	t.Parallel()
	const first = `{"seq":1,"entry":1,"at":"2026-11-25T08:00:00.123456Z","actor":7,"name":"王","roles":["officer"],"department":3,"subject":"dataset","subject_id":"1","act":"publish","details":{"from":"draft"},"commitment":"0101010101010101010101010101010101010101010101010101010101010101","hash":"` + firstHash + `"}`
	for name, c := range map[string]struct {
		file string
		code int
		says string
	}{
		"whole":   {first + "\n", 0, "1 entries, 1 links recomputed\nlast link: place 1, " + firstHash},
		"altered": {strings.Replace(first, "publish", "withdraw", 1) + "\n", 1, "BROKEN: entry 1 at place 1"},
		"no file": {"nonsense", 1, "line 1: it is no entry of an export as NDJSON"},
	} {
		file := filepath.Join(t.TempDir(), "audit.ndjson")
		if err := os.WriteFile(file, []byte(c.file), 0o600); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if code := run(t.Context(), []string{"audit", "verify", file}, func(string) string { return "" }, &out, &out); code != c.code || !strings.Contains(out.String(), c.says) {
			t.Errorf("%s: exit code %d\n%s", name, code, &out)
		}
	}
}

// firstHash was computed by hand from the recipe in docs/audit-chain.md.
const firstHash = "92f922a33d34ad6cd8a8c6afd2a3eaaf4e77ffc67e131f218f9f2c0fe25aadb3"

func TestAWrongSettingIsNamedAndNothingStarts(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	p := launch(t, data, env("SHUYUAN_LISTEN=8080", "SHUYUAN_SEARCH_KEY=k"))
	if code := p.exit(t, patience); code != 1 {
		t.Errorf("exit code %d", code)
	}
	for _, name := range []string{"SHUYUAN_LISTEN: ", "SHUYUAN_SEARCH_URL is not"} {
		if !strings.Contains(p.log.String(), name) {
			t.Errorf("%q is not in:\n%s", name, p.log)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(data, "*")); len(left) > 0 {
		t.Errorf("it made %v", left)
	}
}

func TestCommandsWorkBesideARunningServer(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir())
	newWriter(t, p.data).publish(t, "年份,数值\n2025,1\n")
	p.finds(t, "已确认", "acknowledged")
	indexed := func(said string) {
		t.Helper()
		if !strings.Contains(said, "I11  holds") {
			t.Errorf("the index was not looked at:\n%s", said)
		}
	}
	indexed(succeeds(t, p.data, "check"))
	if said := succeeds(t, p.data, "reindex"); !strings.Contains(said, "built anew") {
		t.Errorf("reindex says %q", said)
	}
	indexed(succeeds(t, p.data, "check", "--deep"))
	succeeds(t, p.data, "migrate")
	wants(t, p.base+"/healthz", 200)
	p.stop(t, syscall.SIGTERM)
	indexed(succeeds(t, p.data, "check")) // alone
	succeeds(t, p.data, "reindex")
	if err := os.RemoveAll(filepath.Join(p.data, "search")); err != nil {
		t.Fatal(err)
	}
	if said := succeeds(t, p.data, "check"); !strings.Contains(said, "I11  not looked at") {
		t.Errorf("an index that waits for its server is a fault:\n%s", said)
	}
}

// A fault has a Chinese sentence; the commands speak English, and what was said
// around the fault stays.
func TestTheCommandLineSaysFaultsInEnglish(t *testing.T) {
	var said strings.Builder
	c := &call{command: &commands[0], err: &said}
	code := c.exitCode(fmt.Errorf("datasets/a.yaml: %w", fault.New(fault.Invalid, "备份公钥须以 age1 开头。").Because(errors.New("no key"))))
	if want := "shuyuan " + commands[0].name + ": datasets/a.yaml: A backup recipient begins with age1: no key\n"; code != 1 || said.String() != want {
		t.Errorf("exit code %d, %q, want %q", code, said.String(), want)
	}
}

func TestAnImportBesideARunningServerIsFoundAtOnce(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir())
	folder := t.TempDir()
	for _, part := range []string{"regions.yaml", "licences.yaml", "themes.yaml", "departments.yaml", "statutes.yaml", "datasets/currency-codes.yaml", "files/currency-codes.csv"} {
		body, err := os.ReadFile(filepath.Join("demo", "world", part))
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(folder, part)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		body = bytes.Replace(body, []byte("related: [country-codes]\n"), nil, 1) // which is not in this folder
		if err := os.WriteFile(to, body, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if said := succeeds(t, p.data, "import", folder); !strings.Contains(said, "imported: 1 of 1 datasets are new") {
		t.Errorf("import says %q", said)
	}
	p.finds(t, "货币", "currency-codes")
	wants(t, p.base+"/datasets/currency-codes", 200)
	succeeds(t, p.data, "check", "--deep")
	code, _, log := shuyuan(t, p.data, []string{"import", filepath.Join(folder, "files")})
	if code != 1 || !strings.Contains(log, "there is no datasets/*.yaml") {
		t.Errorf("a folder of another form: exit code %d, %s", code, log)
	}
}

func TestOrdersNeedTheTokenOfTheDataFolder(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir())
	for _, c := range []struct{ method, path, token string }{
		{http.MethodPost, "/orders/reindex", ""},
		{http.MethodPost, "/orders/reindex", "Bearer guess"},
		{http.MethodGet, "/orders/index", ""},
	} {
		req, err := http.NewRequest(c.method, p.admin+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", c.token)
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s %s with %q: %s", c.method, c.path, c.token, resp.Status)
		}
	}
	info, err := os.Stat(filepath.Join(p.data, "lock"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		t.Errorf("the token lies open: %v", info.Mode())
	}
}

func TestABrokenInstallationIsFound(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir())
	newWriter(t, p.data).publish(t, "年份,数值\n2025,1\n")
	objects, err := filepath.Glob(filepath.Join(p.data, "files", "??", "??", "*"))
	if err != nil || len(objects) == 0 {
		t.Fatalf("no file is stored: %v", err)
	}
	for _, o := range objects {
		if err := os.Remove(o); err != nil {
			t.Fatal(err)
		}
	}
	code, out, log := shuyuan(t, p.data, []string{"check"})
	if code != 1 || !strings.Contains(out, "I10  BROKEN") || log != "" {
		t.Errorf("exit code %d\n%s%s", code, out, log)
	}
}

func TestABackupMadeBesideAServerComesBackInAnEmptyFolder(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir())
	w := newWriter(t, p.data)
	const text = "年份,数值\n2025,1\n"
	address := w.publish(t, text)
	config := filepath.Join(p.data, "config", "synonyms.txt")
	if err := os.MkdirAll(filepath.Dir(config), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(config, []byte("已确认 = 确凿\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	away := t.TempDir() // where keys and backups are kept
	key, file := filepath.Join(away, "key"), filepath.Join(away, "backup")
	public := strings.TrimSpace(succeeds(t, p.data, "backup", "--new-key", key))
	if said := succeeds(t, p.data, "backup", "--to", public, file); !strings.Contains(said, "backed up:") {
		t.Errorf("backup says %q", said)
	}
	later := w.publish(t, "年份,数值\n2026,2\n") // not in the backup
	if body, err := os.ReadFile(file); err != nil || bytes.Contains(body, []byte(text)) || bytes.Contains(body, []byte("acknowledged")) {
		t.Errorf("the backup lies in clear (%v)", err)
	}
	code, _, log := shuyuan(t, p.data, []string{"restore", "--key", key, file})
	if code != 1 || !strings.Contains(log, "stop it first") {
		t.Errorf("restoring over a running server: exit code %d, %s", code, log)
	}
	p.stop(t, syscall.SIGTERM)
	other := filepath.Join(t.TempDir(), "other")
	if err := os.WriteFile(other, []byte("no backup"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{file, other} { // over data, and from what is no backup
		if code, _, said := shuyuan(t, p.data, []string{"restore", "--key", key, from}); code != 1 || strings.ContainsFunc(said, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			t.Errorf("restoring %s: exit code %d, %s", from, code, said)
		}
	}

	empty := filepath.Join(t.TempDir(), "new")
	if said := succeeds(t, empty, "restore", "--key", key, file); !strings.Contains(said, "restored:") {
		t.Errorf("restore says %q", said)
	}
	succeeds(t, empty, "check", "--deep")
	q := start(t, empty)
	if body := wants(t, q.base+address, 200); body != text {
		t.Errorf("the file is %q", body)
	}
	wants(t, q.base+later, 404)
	q.finds(t, "确凿", "acknowledged") // by the restored synonyms
	succeeds(t, empty, "check")
}
