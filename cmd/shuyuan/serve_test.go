package main

import (
	"encoding/json"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestServeAnswersAndLeavesNothingRunning(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir())
	if body := wants(t, p.base+"/healthz", 200); body != "ok\n" {
		t.Errorf("healthz says %q", body)
	}
	wants(t, p.base+"/", 200)
	var ready struct {
		Ready bool
		Parts []part
	}
	if err := json.Unmarshal([]byte(wants(t, p.admin+"/readyz", 200)), &ready); err != nil {
		t.Fatal(err)
	}
	if !ready.Ready || len(ready.Parts) < 3 {
		t.Errorf("readyz says %+v", ready)
	}
	figures := wants(t, p.admin+"/metrics", 200)
	for _, name := range []string{
		"shuyuan_http_request_seconds_count", "shuyuan_database_connections", "shuyuan_jobs", `shuyuan_up{part="files"} 1`, "go_goroutines", "process_resident_memory_bytes",
	} {
		if !strings.Contains(figures, name) {
			t.Errorf("the metrics lack %s", name)
		}
	}
	wants(t, p.admin+"/debug/pprof/goroutine?debug=1", 200)
	pid := p.postmaster()
	if pid == 0 {
		t.Fatal("no PostgreSQL runs")
	}
	begin := time.Now()
	if code := p.stop(t, os.Interrupt); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("the stop took %s", took)
	}
	if syscall.Kill(pid, 0) == nil {
		t.Error("PostgreSQL still runs when the server has ended")
	}
	if status, _ := get(t, p.base+"/healthz"); status != 0 {
		t.Errorf("somebody still answers: %d", status)
	}
}

func TestTheLogIsJSONWithOneLineARequestAndNoSecret(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir(), env("SHUYUAN_SEARCH_URL=", "SHUYUAN_SMTP_URL=smtp://user:canary-5b1@mail.example"))
	wants(t, p.base+"/healthz", 200)
	p.stop(t, syscall.SIGTERM)
	log := p.log.String()
	if strings.Contains(log, "canary-5b1") {
		t.Errorf("a secret is in the log:\n%s", log)
	}
	requests := 0
	for line := range strings.Lines(log) {
		if !strings.HasPrefix(line, "{") {
			continue
		}
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Errorf("no JSON: %s", line)
		}
		if entry["msg"] == "request" && entry["path"] == "/healthz" {
			requests++
		}
		if entry["msg"] == "configuration" && !strings.Contains(line, `"SHUYUAN_SMTP_URL":"***"`) {
			t.Errorf("the configuration is not shown: %s", line)
		}
	}
	if requests != 1 {
		t.Errorf("%d lines about one request", requests)
	}
}

func TestAReaderWhoIsBeingServedIsServedToTheEnd(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir())
	w := newWriter(t, p.data)
	file := strings.Repeat("年份,数值\n2025,1234567890\n", 1<<20) // more than any buffer on the way
	address := w.publish(t, file)
	resp, err := client.Get(p.base + address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	idle, err := net.Dial("tcp", strings.TrimPrefix(p.base, "http://")) // holds nothing up
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	p.signal(syscall.SIGTERM)
	eventually(t, "new readers are refused", func() bool { status, _ := get(t, p.base+"/healthz"); return status == 0 })
	n := 0
	for buf := make([]byte, 1<<20); err == nil; {
		var m int
		m, err = resp.Body.Read(buf)
		n += m
	}
	if n != len(file) {
		t.Errorf("%d of %d bytes arrived (%v)", n, len(file), err)
	}
	if code := p.exit(t, 30*time.Second); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestWhatTheServerCountedAndWasToldIsWritten(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir())
	newWriter(t, p.data).publish(t, "年份,数值\n2025,1\n")
	for range 3 {
		wants(t, p.base+"/datasets/acknowledged", 200)
	}
	conn := connect(t, p)
	count := func(sql string) (n int) {
		if err := conn.QueryRow(t.Context(), sql).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	eventually(t, "the audit trail is sealed", func() bool {
		return count(`SELECT count(*) FROM audit_entries WHERE seq IS NOT NULL`) > 0 && count(`SELECT count(*) FROM audit_entries WHERE seq IS NULL`) == 0
	})
	for _, task := range []string{"account-sweep", "object-sweep"} {
		eventually(t, task+" has run", func() bool {
			return count(`SELECT count(*) FROM river_job WHERE state = 'completed' AND args->>'task' = '`+task+`'`) > 0
		})
	}
	p.stop(t, syscall.SIGTERM) // before the figures are written by themselves
	conn = connect(t, start(t, p.data))
	if n := count(`SELECT coalesce(sum(views), 0) FROM usage_days`); n != 3 {
		t.Errorf("%d of 3 views were kept", n)
	}
}

func TestASecondSignalEndsAtOnce(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir())
	w := newWriter(t, p.data)
	address := w.publish(t, strings.Repeat("年份,数值\n2025,1234567890\n", 1<<20))
	resp, err := client.Get(p.base + address) // and reads no further, so that the stop has to wait
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	p.signal(syscall.SIGINT)
	eventually(t, "the stop begins", func() bool { status, _ := get(t, p.base+"/healthz"); return status == 0 })
	begin := time.Now()
	p.signal(syscall.SIGINT)
	p.exit(t, 5*time.Second)
	if took := time.Since(begin); took > 3*time.Second {
		t.Errorf("it took %s", took)
	}
	eventually(t, "PostgreSQL ends too", func() bool { return !p.databaseRuns() })
}

func TestTwoInstallationsOnOneMachine(t *testing.T) {
	t.Parallel()
	anywhere := env("SHUYUAN_ADMIN_LISTEN=") // neither says where it wants to be administered
	a, b := start(t, t.TempDir(), anywhere), start(t, t.TempDir(), anywhere)
	if a.admin == b.admin || a.base == b.base {
		t.Fatalf("both serve at %s %s", a.base, a.admin)
	}
	newWriter(t, a.data).publish(t, "年份\n2025\n")
	wants(t, a.base+"/datasets/acknowledged", 200)
	wants(t, b.base+"/datasets/acknowledged", 404)
	wants(t, a.admin+"/readyz", 200)
	wants(t, b.admin+"/readyz", 200)
}

func TestWhatIsTakenIsSaidInOneLine(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir())
	same := launch(t, p.data)
	if code := same.exit(t, time.Minute); code != 1 || same.base != "" {
		t.Errorf("a second server on the same folder: exit code %d", code)
	}
	if !strings.Contains(same.log.String(), "shuyuan serve: a server already runs on "+p.data+"\n") {
		t.Errorf("it says:\n%s", same.log)
	}
	other := launch(t, t.TempDir(), arg("--listen", strings.TrimPrefix(p.base, "http://")))
	if code := other.exit(t, time.Minute); code != 1 {
		t.Errorf("a server on a taken address: exit code %d", code)
	}
	if !strings.Contains(other.log.String(), "is in use by another program: set another address with SHUYUAN_LISTEN or --listen\n") {
		t.Errorf("it says:\n%s", other.log)
	}
	eventually(t, "PostgreSQL ends too", func() bool { return !other.databaseRuns() })
	wants(t, p.base+"/healthz", 200)
}

func TestDownloadsMayHaveAnOriginOfTheirOwn(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	files := l.Addr().String()
	l.Close()
	p := start(t, t.TempDir(), env("SHUYUAN_FILES_LISTEN="+files, "SHUYUAN_FILES_BASE_URL=http://"+files))
	const text = "年份\n2025\n"
	w := newWriter(t, p.data)
	address := w.publish(t, text)
	if body := wants(t, "http://"+files+address, 200); body != text {
		t.Errorf("the file is %q", body)
	}
	for _, page := range []string{"/", "/datasets", "/sign-in", "/api/v1/datasets"} {
		wants(t, "http://"+files+page, 404)
	}
	resp, err := client.Get(p.base + "/r/" + w.resource)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if to := resp.Header.Get("Location"); resp.StatusCode != http.StatusFound || to != "http://"+files+address {
		t.Errorf("the newest file is at %d %s", resp.StatusCode, to)
	}
}

func TestAnyFolderWillDo(t *testing.T) {
	t.Parallel()
	for name, folder := range map[string]string{
		"with spaces":      "a folder with 'quotes', spaces and 中文",
		"longer than 107":  strings.Repeat("long-", 24) + "/" + strings.Repeat("path-", 24),
		"that is relative": "../elsewhere",
	} {
		t.Run(name, func(t *testing.T) {
			here := filepath.Join(t.TempDir(), "here")
			if err := os.Mkdir(here, 0o755); err != nil {
				t.Fatal(err)
			}
			p := start(t, filepath.Join(here, folder), arg("--data", folder), in(here))
			wants(t, p.base+"/healthz", 200)
		})
	}
}

func TestAnOrdinaryUserServesToo(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		wants(t, start(t, t.TempDir()).base+"/healthz", 200) // who runs this test is one
		return
	}
	const nobody = 65534
	home, err := os.MkdirTemp("", "shuyuan-home-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(home) })
	if err := os.Chown(home, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	p := start(t, filepath.Join(home, "data"), as(nobody), env("HOME="+home))
	wants(t, p.base+"/healthz", 200)
	if code := p.stop(t, syscall.SIGTERM); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestTheAdminPortAnswersToItsOwnNameOnly(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir())
	req, err := http.NewRequest(http.MethodGet, p.admin+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "rebound.example"
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("under a foreign name it answers %d", resp.StatusCode)
	}
}
