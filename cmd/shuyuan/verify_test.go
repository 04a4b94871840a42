package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"shuyuan/marketplace/provenance/stamp"
	"shuyuan/marketplace/provenance/stamptest"
	"shuyuan/marketplace/provenance/statement"
	"shuyuan/marketplace/provenance/verify"
)

// A stamped file is checked with a proof beside it, or by asking the portal; the exit
// code is what was said of it.
func TestVerifyCommand(t *testing.T) {
	model := []byte("a model\x00")
	l := stamptest.NewLog()
	subject, about := stamp.DescribeBytes("PRD@1/model", statement.Of(model), int64(len(model)), "application/octet-stream")
	s, e := stamptest.SealedAs(t, []statement.Subject{subject}, []statement.Content{about}, l.Statement)
	var stamped bytes.Buffer
	if err := stamp.WriteBytes(t.Context(), &stamped, "model.bin", bytes.NewReader(model), s); err != nil {
		t.Fatal(err)
	}
	proof := l.Proof(t, e)
	raw, err := json.Marshal(proof)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	zip, bare, other, proofs := file("a.zip", stamped.Bytes()), file("model.bin", model), file("other.bin", []byte("other")), file("a.proof.json", raw)
	trust := strings.Join(l.Trust(), ",")
	listed := file("trust", []byte(strings.ReplaceAll(trust, ",", "\n")+"\n"))

	payload, err := e.DecodeB64Payload()
	if err != nil {
		t.Fatal(err)
	}
	status := &verify.Status{State: verify.Active}
	portal := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		digest := strings.TrimPrefix(r.URL.Path, "/sub/api/v1/verify/")
		switch {
		case status == nil:
			http.Redirect(w, r, "http://elsewhere.example.org/", http.StatusFound)
		case r.URL.Query().Get("proof") != "true":
			http.Error(w, "nobody asked for the proof", http.StatusBadRequest)
		case slices.Contains(verify.Digests(s.Statement, payload), digest):
			p := proof
			p.Status = status
			json.NewEncoder(w).Encode(verify.Answer{Verdict: verify.Valid, Proof: &p}) //nolint:errcheck // the test sees it
		default:
			http.NotFound(w, r)
		}
	}))
	defer portal.Close()
	base := portal.URL + "/sub/"

	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{zip, "--proof", proofs, "--trust", trust}, 0, "真实有效  genuine and valid"},
		{[]string{"--proof", proofs, zip, "--trust", listed}, 0, "数据来源：省交通运输厅《公路养护作业》第 3 版；获取日期：2026-11-03"},
		{[]string{zip, "--proof", proofs}, 6, "anybody can make such a proof"},
		{[]string{zip, "--proof", proofs}, 6, l.Trust()[0]},
		{[]string{zip, "--proof", proofs, "--trust", strings.Repeat("0", 64)}, 6, "未知"},
		{[]string{bare, "--proof", proofs, "--trust", trust}, 4, "内容已知，标识缺失"},
		{[]string{other, "--proof", proofs, "--trust", trust}, 6, "No such data was sealed"},
		{[]string{zip}, 6, "There is no proof for this stamp."},
		{[]string{zip, "--portal", base}, 0, "cosigned by regulator.example.org"},
		{[]string{bare, "--portal", base}, 4, "content known, stamp missing"},
		{[]string{other, "--portal", base}, 6, "未知"},
		{[]string{zip, "--portal", base, "--json"}, 0, `"verdict": "valid"`},
		{[]string{zip, "--portal", portal.URL}, 6, "There is no proof"},
		{[]string{zip, "--portal", "ftp://x"}, 1, "no address of a portal"},
		{[]string{zip, "--proof", zip}, 1, "the proof cannot be read"},
		{[]string{zip, "--trust", "x"}, 1, "neither a file nor the name of a key"},
		{[]string{filepath.Join(dir, "none")}, 1, "no such file"},
		{nil, 2, "usage"},
		{[]string{zip, bare}, 2, "usage"},
	} {
		var out bytes.Buffer
		code := run(t.Context(), append([]string{"verify"}, c.args...), func(string) string { return "" }, &out, &out)
		if code != c.code || !strings.Contains(out.String(), c.says) {
			t.Errorf("%v: exit %d, wanted %d and %q: %s", c.args, code, c.code, c.says, out.String())
		}
	}
	for state, code := range map[verify.State]int{verify.Recalled: 3, verify.Expired: 3, verify.Revoked: 3} {
		status = &verify.Status{State: state, Since: "2026-11-20T00:00:00Z", Reason: "更正\x1b[2J"}
		var out bytes.Buffer
		if got := run(t.Context(), []string{"verify", zip, "--portal", base}, func(string) string { return "" }, &out, &out); got != code || !strings.Contains(out.String(), "真实但已失效") || strings.Contains(out.String(), "\x1b") {
			t.Errorf("%s: exit %d: %s", state, got, out.String())
		}
	}
	status = nil
	var out bytes.Buffer
	if got := run(t.Context(), []string{"verify", zip, "--portal", base}, func(string) string { return "" }, &out, &out); got != 1 || !strings.Contains(out.String(), "elsewhere") {
		t.Errorf("exit %d: %s", got, out.String())
	}
}
