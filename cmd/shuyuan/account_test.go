package main

import (
	"bytes"
	"io"
	"mime/quotedprintable"
	"net/http"
	"net/http/cookiejar"
	"net/mail"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"shuyuan/internal/mail/mailtest"
)

// reader is a browser without scripts: it keeps cookies.
type reader struct {
	*process
	t      testing.TB
	client *http.Client
}

func newReader(t testing.TB, p *process) *reader {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := *client
	c.Jar = jar
	return &reader{p, t, &c}
}

var formToken = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

// open returns status and body of a page.
func (r *reader) open(path string) (int, string) {
	r.t.Helper()
	return r.read(r.client.Get(r.base + path))
}

// send fills in the token that the page holds and sends a form to action.
func (r *reader) send(page, action string, fields url.Values) int {
	r.t.Helper()
	_, body := r.open(page)
	token := formToken.FindStringSubmatch(body)
	if token == nil {
		r.t.Fatalf("%s has no form: %.300s", page, body)
	}
	fields.Set("csrf", token[1])
	status, _ := r.read(r.client.PostForm(r.base+action, fields))
	return status
}

func (r *reader) read(resp *http.Response, err error) (int, string) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// signIn reports whether the password opens the account.
func (r *reader) signIn(identifier, password string) bool {
	r.t.Helper()
	return r.send("/sign-in", "/sign-in", url.Values{"identifier": {identifier}, "password": {password}}) == http.StatusSeeOther
}

var printed = regexp.MustCompile(`(?m)^password: (\S+)$`)

// passwordIn is the password that a command printed.
func passwordIn(t testing.TB, said string) string {
	t.Helper()
	m := printed.FindStringSubmatch(said)
	if m == nil {
		t.Fatalf("no password is printed: %s", said)
	}
	return m[1]
}

func TestLettersGoThroughTheMailServerThatIsConfigured(t *testing.T) {
	t.Parallel()
	srv := mailtest.Serve(t, nil)
	p := start(t, t.TempDir(), env("SHUYUAN_SMTP_URL=smtp://"+srv.Addr, "SHUYUAN_BASE_URL=http://data.example"))
	password := passwordIn(t, succeeds(t, p.data, "account", "add", "zhou@tests.example", "--name", "周总管", "--role", "administrator"))
	succeeds(t, p.data, "account", "password", "zhou@tests.example")
	eventually(t, "the letter arrives", func() bool { return len(srv.Arrived()) == 1 })
	letter, err := mail.ReadMessage(bytes.NewReader(srv.Arrived()[0]))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(quotedprintable.NewReader(letter.Body))
	if err != nil {
		t.Fatal(err)
	}
	if from := letter.Header.Get("From"); letter.Header.Get("To") != "<zhou@tests.example>" || !strings.HasSuffix(from, "<noreply@data.example>") {
		t.Errorf("from %s to %s", from, letter.Header.Get("To"))
	}
	if !strings.Contains(string(text), "密码已更改") || !strings.Contains(string(text), "http://data.example/account") || strings.Contains(string(text), password) {
		t.Errorf("the letter:\n%s", text)
	}
	if left, err := filepath.Glob(filepath.Join(p.data, "mail")); err != nil || len(left) != 0 {
		t.Errorf("a folder of letters lies beside: %v (%v)", left, err)
	}
}

func TestAccountsAreMadeByCommand(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir())
	pool := newWriter(t, p.data).pool // it brings the department, too
	const zhou, wang = "zhou@tests.example", "wang@tests.example"
	first := passwordIn(t, succeeds(t, p.data, "account", "add", " ZHOU@tests.example", "--name", "周总管", "--role", "administrator"))
	secret := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(secret, []byte("correct horse battery\nnot this\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if said := succeeds(t, p.data, "account", "add", wang, "--name", "王数据", "--role", "officer", "--department", "tjj", "--password", secret); strings.Contains(said, "password") || strings.Contains(said, "horse") {
		t.Errorf("a password that was given is printed: %s", said)
	}

	boss, officer := newReader(t, p), newReader(t, p)
	if !boss.signIn(zhou, first) || !officer.signIn(wang, "correct horse battery") {
		t.Fatal("the new accounts do not open")
	}
	if status, body := officer.open("/account"); status != 200 || !strings.Contains(body, "统计局") || !strings.Contains(body, "部门数据专员") {
		t.Errorf("the officer's page: %d", status)
	}
	for _, want := range []string{`(?m)^zhou@tests\.example +administrator +- +active +周总管$`, `(?m)^wang@tests\.example +officer +tjj +active +王数据$`} {
		if said := succeeds(t, p.data, "account", "list"); !regexp.MustCompile(want).MatchString(said) {
			t.Errorf("%s is not in:\n%s", want, said)
		}
	}

	second := passwordIn(t, succeeds(t, p.data, "account", "password", wang))
	if status, _ := officer.open("/account"); status != http.StatusSeeOther {
		t.Errorf("the session outlives its password: %d", status)
	}
	if newReader(t, p).signIn(wang, "correct horse battery") || !officer.signIn(wang, second) {
		t.Error("the old password opens, or the new one does not")
	}
	eventually(t, "two sign-ins from a new network and one new password are told by mail", func() bool {
		letters, err := filepath.Glob(filepath.Join(p.data, "mail", "*.eml"))
		return err == nil && len(letters) == 3
	})

	if _, err := pool.Exec(t.Context(), `INSERT INTO totp (user_id, secret, created_at, confirmed_at) SELECT id, '\x00', now(), now() FROM users WHERE identifier = $1`, wang); err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(t.Context(), `INSERT INTO recovery_codes (user_id, hash) SELECT id, sha256('x') FROM users WHERE identifier = $1`, wang); err != nil {
		t.Fatal(err)
	}
	locked := newReader(t, p)
	if !locked.signIn(wang, second) {
		t.Fatal("the password is refused")
	}
	if status, _ := locked.open("/account"); status != http.StatusSeeOther {
		t.Fatalf("the password alone opens: %d", status)
	}
	if said := succeeds(t, p.data, "account", "factors", "Wang@tests.example"); !strings.Contains(said, "has no second step any more") {
		t.Errorf("it says %s", said)
	}
	if status, _ := officer.open("/account"); status != http.StatusSeeOther {
		t.Errorf("a session outlives the second step: %d", status)
	}
	if !officer.signIn(wang, second) {
		t.Fatal("the password is refused")
	}
	if status, _ := officer.open("/account"); status != http.StatusOK {
		t.Errorf("a second step is asked for still: %d", status)
	}
	var left, recorded int
	if err := pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM totp) + (SELECT count(*) FROM recovery_codes), (SELECT count(*) FROM audit_entries WHERE act = 'factor.reset' AND actor = -1)`).Scan(&left, &recorded); err != nil || left != 0 || recorded != 1 {
		t.Errorf("%d second steps are left, recorded %d times, %v", left, recorded, err)
	}
	eventually(t, "the owner is told by mail", func() bool {
		letters, err := filepath.Glob(filepath.Join(p.data, "mail", "*.eml"))
		return err == nil && len(letters) == 4
	})
	succeeds(t, p.data, "account", "disable", wang)
	if status, _ := officer.open("/account"); status != http.StatusSeeOther || newReader(t, p).signIn(wang, second) {
		t.Error("a disabled account opens")
	}
	if said := succeeds(t, p.data, "account", "list"); !regexp.MustCompile(`wang\S+ +officer +tjj +disabled`).MatchString(said) {
		t.Errorf("it is not listed as disabled:\n%s", said)
	}

	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"taken":              {[]string{"add", "Wang@Tests.example", "--name", "王", "--role", "administrator"}, "already has an account"},
		"no department":      {[]string{"add", "a@tests.example", "--name", "甲", "--role", "officer"}, "department"},
		"unknown department": {[]string{"add", "a@tests.example", "--name", "甲", "--role", "officer", "--department", "nowhere"}, `there is no department "nowhere"`},
		"no address":         {[]string{"add", "a", "--name", "甲", "--role", "administrator"}, "e-mail"},
		"unknown":            {[]string{"password", "nobody@tests.example"}, "there is no account nobody@tests.example"},
		"no such steps":      {[]string{"factors", "nobody@tests.example"}, "there is no account nobody@tests.example"},
		"no file":            {[]string{"password", wang, "--password", secret + "-not"}, "no such file"},
		"the last one":       {[]string{"disable", zhou}, "last administrator"},
	} {
		code, out, log := shuyuan(t, p.data, append([]string{"account"}, c.args...))
		if code != 1 || out != "" || !strings.Contains(log, c.says) || regexp.MustCompile(`\p{Han}`).MatchString(log) {
			t.Errorf("%s: exit code %d\n%s%s", name, code, out, log)
		}
	}

	var acts string
	err := connect(t, p).QueryRow(t.Context(), `
		SELECT string_agg(e.act, ' ' ORDER BY e.id) FROM audit_entries e JOIN audit_personal p ON p.entry_id = e.id
		WHERE e.actor = -1 AND p.content::jsonb->>'name' = 'account'`).Scan(&acts)
	if err != nil || acts != "account.created account.created password.set factor.reset account.disabled" {
		t.Errorf("the audit trail tells of %q (%v)", acts, err)
	}

	p.stop(t, syscall.SIGTERM)
	succeeds(t, p.data, "account", "enable", wang) // alone
	third := passwordIn(t, succeeds(t, p.data, "account", "password", wang))
	q := start(t, p.data)
	if !newReader(t, q).signIn(wang, third) {
		t.Error("an account that was enabled again does not open")
	}
	succeeds(t, p.data, "check")
}
