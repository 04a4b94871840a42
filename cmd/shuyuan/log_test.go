package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// watches runs `shuyuan witness --once`, as somebody does who has nothing of the portal but
// its address.
func watches(t *testing.T, portal, folder string, more ...string) (code int, out, log string) {
	t.Helper()
	return bareCommand(t, append([]string{"witness", "--once", "--log", portal, "--key", filepath.Join(folder, "w.key"), "--name", "w.example", "--state", filepath.Join(folder, "seen.json")}, more...))
}

// The keys of a running server are listed, rotated and revoked by command, each by its
// number; a witness follows, drops the one that was revoked, and finds a log set back.
func TestKeysAndWitnessBesideARunningServer(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir())
	eventually(t, "the log has a checkpoint", func() bool {
		time.Sleep(200 * time.Millisecond) // it may be asked for so much a minute
		status, _ := get(t, p.base+"/api/v1/log/checkpoint")
		return status == http.StatusOK
	})
	line := regexp.MustCompile(`(?m)^([0-9a-f]{64})  (\w+) +\S+ to \S+(  \w+ since \S+)?$`)
	listed := func(args ...string) [][]string {
		t.Helper()
		said := succeeds(t, p.data, append([]string{"keys"}, args...)...)
		all := line.FindAllStringSubmatch(said, -1)
		if len(all) != strings.Count(said, "\n") {
			t.Fatalf("keys %v says\n%s", args, said)
		}
		return all
	}
	if all := listed("list"); len(all) != 3 {
		t.Errorf("%d keys of three purposes", len(all))
	}
	own := t.TempDir()
	code, out, log := watches(t, p.base, own)
	first := regexp.MustCompile(`: (\d+) leaves, root \S+\n`).FindStringSubmatch(out)
	if code != 0 || first == nil || !strings.HasPrefix(out, "witness w.example+") {
		t.Fatalf("the first look: exit code %d\n%s%s", code, out, log)
	}
	old := wants(t, p.base+"/api/v1/log/checkpoint", http.StatusOK)

	after := listed("rotate", "checkpoint")
	if len(after) != 4 || after[3][2] != "checkpoint" {
		t.Fatalf("rotated: %q", after)
	}
	var stolen string
	for _, k := range after {
		if k[2] == "checkpoint" {
			stolen = k[1]
			break
		}
	}
	since := time.Now().UTC().Add(-time.Minute).Format(time.RFC3339)
	var revoked int
	for _, k := range listed("revoke", "--since", since, "--reason", "compromised", stolen) {
		if k[3] == "  compromised since "+since && k[1] == stolen {
			revoked++
		} else if k[3] != "" {
			t.Errorf("%s is revoked too", k[1])
		}
	}
	if revoked != 1 {
		t.Errorf("revoked: %d", revoked)
	}
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"keys", "rotate", "nonsense"}, "There is no key for that purpose."},
		{[]string{"keys", "revoke", "--since", since, "--reason", "compromised", stolen}, "This key was revoked already."},
		{[]string{"keys", "revoke", "--since", since, "--reason", "boredom", after[0][1]}, "There is no such reason to revoke a key."},
		{[]string{"keys", "revoke", "--since", since, "--reason", "lost", strings.Repeat("0", 64)}, "There is no such key."},
		{[]string{"keys", "revoke", "--since", "2999-01-01T00:00:00Z", "--reason", "lost", after[0][1]}, "A key cannot end in the future."},
		{[]string{"keys", "revoke", "--since", "yesterday", "--reason", "lost", after[0][1]}, "usage: shuyuan keys"},
	} {
		if code, out, log := shuyuan(t, p.data, c.args); code == 0 || !strings.Contains(log, c.says) {
			t.Errorf("%v: exit code %d\n%s%s", c.args, code, out, log)
		}
	}

	leaves := func(checkpoint string) int {
		n, _ := strconv.Atoi(append(strings.SplitN(checkpoint, "\n", 3), "", "")[1])
		return n
	}
	eventually(t, "the log is signed with the next key", func() bool {
		time.Sleep(200 * time.Millisecond) // it may be asked for so much a minute
		_, now := get(t, p.base+"/api/v1/log/checkpoint")
		return leaves(now) >= leaves(old)+2 // the key and the revocation
	})
	if code, out, log := watches(t, p.base, own); code != 0 {
		t.Fatalf("after the rotation: exit code %d\n%s%s", code, out, log)
	}
	var seen map[string]struct {
		Keys, Revoked []string
		Size          int64
	}
	raw, err := os.ReadFile(filepath.Join(own, "seen.json"))
	if err != nil || json.Unmarshal(raw, &seen) != nil || len(seen) != 1 {
		t.Fatalf("it remembers %s (%v)", raw, err)
	}
	for origin, s := range seen {
		if len(s.Keys) != 2 || len(s.Revoked) != 1 || s.Revoked[0] != s.Keys[0] {
			t.Errorf("of %s it knows %+v", origin, s)
		}
	}
	set := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { // a portal that was set back
		if strings.HasSuffix(r.URL.Path, "/checkpoint") {
			w.Write([]byte(old)) //nolint:errcheck // the test sees it
			return
		}
		_, body := get(t, p.base+r.URL.RequestURI())
		w.Write([]byte(body)) //nolint:errcheck // the test sees it
	}))
	defer set.Close()
	if code, out, log := watches(t, set.URL, own); code != 1 || !strings.Contains(log, "a key that its log has revoked") {
		t.Errorf("a log set back, with a key that was revoked: exit code %d\n%s%s", code, out, log)
	}
	if code, _, log := watches(t, p.base, t.TempDir(), "--trust", "nonsense"); code != 1 || !strings.Contains(log, "is no key of the log") {
		t.Errorf("with a key that is none: exit code %d\n%s", code, log)
	}
	if code, _, log := watches(t, "http://127.0.0.1:1", t.TempDir()); code != 1 || !strings.Contains(log, "refused") {
		t.Errorf("where nobody answers: exit code %d\n%s", code, log)
	}
}
