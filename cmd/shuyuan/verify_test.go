package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"shuyuan/internal/blob"
	"shuyuan/marketplace"
	"shuyuan/marketplace/marketplacetest"
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
	if err := stamp.WriteBytes(t.Context(), &stamped, stamp.Bytes, "model.bin", bytes.NewReader(model), s); err != nil {
		t.Fatal(err)
	}
	l.Deliver("bytes", stamped.Bytes())
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
	stampedZip, bare, other, proofs := file("a.zip", stamped.Bytes()), file("model.bin", model), file("other.bin", []byte("other")), file("a.proof.json", raw)
	old := proof
	old.Status = &verify.Status{State: verify.InputGone, Since: "2026-11-20T00:00:00Z", Reason: "它用的公共数据已经撤下"}
	if raw, err = json.Marshal(old); err != nil {
		t.Fatal(err)
	}
	lapsed, again := file("old.proof.json", raw), file("again.zip", repacked(t, stamped.Bytes(), func(_ string, body []byte) []byte { return body }))
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
		{[]string{stampedZip, "--proof", proofs, "--trust", trust}, 0, "真实有效  genuine and valid"},
		{[]string{"--proof", proofs, stampedZip, "--trust", listed}, 0, "数据来源：省交通运输厅《公路养护作业》第 3 版；获取日期：2026-11-03"},
		{[]string{stampedZip, "--proof", proofs, "--trust", trust}, 0, "是否被召回或失效没有查过，请联网核验。这份证明是 "},
		{[]string{stampedZip, "--proof", proofs, "--trust", trust}, 0, "cosigned by regulator.example.org"},
		{[]string{stampedZip, "--proof", lapsed, "--trust", trust}, 3, "signed by nobody: input-withdrawn 2026-11-20T00:00:00Z 它用的公共数据已经撤下"},
		{[]string{again, "--proof", proofs, "--trust", trust}, 4, "The file is not as it was delivered"},
		{[]string{stampedZip, "--proof", lapsed, "--portal", base}, 0, "状态  status: active"},
		{[]string{stampedZip, "--proof", proofs}, 6, "anybody can make such a proof"},
		{[]string{stampedZip, "--proof", proofs}, 6, l.Trust()[0]},
		{[]string{stampedZip, "--proof", proofs, "--trust", strings.Repeat("0", 64)}, 6, "未知"},
		{[]string{bare, "--proof", proofs, "--trust", trust}, 4, "内容已知，标识缺失"},
		{[]string{other, "--proof", proofs, "--trust", trust}, 6, "No such data was sealed"},
		{[]string{stampedZip}, 6, "There is no proof for this stamp."},
		{[]string{stampedZip, "--portal", base}, 0, "cosigned by regulator.example.org"},
		{[]string{bare, "--portal", base}, 4, "content known, stamp missing"},
		{[]string{other, "--portal", base}, 6, "未知"},
		{[]string{stampedZip, "--portal", base, "--json"}, 0, `"verdict": "valid"`},
		{[]string{stampedZip, "--portal", portal.URL}, 6, "There is no proof"},
		{[]string{stampedZip, "--portal", "ftp://x"}, 1, "no address of a portal"},
		{[]string{stampedZip, "--proof", stampedZip}, 1, "the proof cannot be read"},
		{[]string{stampedZip, "--trust", "x"}, 1, "neither a file nor the name of a key"},
		{[]string{filepath.Join(dir, "none")}, 1, "no such file"},
		{nil, 2, "usage"},
		{[]string{stampedZip, bare}, 2, "usage"},
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
		if got := run(t.Context(), []string{"verify", stampedZip, "--portal", base}, func(string) string { return "" }, &out, &out); got != code || !strings.Contains(out.String(), "真实但已失效") || strings.Contains(out.String(), "\x1b") {
			t.Errorf("%s: exit %d: %s", state, got, out.String())
		}
	}
	status = nil
	var out bytes.Buffer
	if got := run(t.Context(), []string{"verify", stampedZip, "--portal", base}, func(string) string { return "" }, &out, &out); got != 1 || !strings.Contains(out.String(), "elsewhere") {
		t.Errorf("exit %d: %s", got, out.String())
	}
}

// repacked is a zip with each file as change makes it; nil leaves it out.
func repacked(t *testing.T, packed []byte, change func(name string, body []byte) []byte) []byte {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range r.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(in)
		in.Close()
		if err != nil {
			t.Fatal(err)
		}
		if body = change(f.Name, body); body == nil {
			continue
		}
		to, err := w.Create(f.Name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := to.Write(body); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// What a witness signs counts where a proof of the portal is checked: it brings the keys
// of the witnesses along.
func TestAProofBringsItsWitnesses(t *testing.T) {
	const name = "regulator.example.org"
	key := stamptest.NewKey("witness")
	w := marketplacetest.New(t, func(c *marketplace.Config) {
		var err error
		if c.Witnesses, err = witnessKeys(key.Witness(name) + " https://regulator.example.org"); err != nil {
			t.Fatal(err)
		}
	})
	v := w.Published(t)
	if err := w.Log.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	point, err := w.Log.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	text, _, _ := strings.Cut(string(point.Note), "\n\n")
	w.Exec(t, `INSERT INTO log_cosignatures (size, key_id, witness, line, at) VALUES ($1, $2, $3, $4, $5)`, point.Size, point.Key, name+"+00000000", stamptest.Cosigned(name, key, w.Clock(), text+"\n"), w.Clock())
	proof, err := w.Products.Proof(t.Context(), v.Full())
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(proof)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := w.Keys.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	roots := []string{key.ID()}
	for _, k := range keys {
		if k.By == k.ID {
			roots = append(roots, k.ID)
		}
	}
	r, err := w.Store.Open(t.Context(), blob.Digest(v.Artefacts[0].SHA256))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	file, beside := filepath.Join(t.TempDir(), "a.zip"), filepath.Join(t.TempDir(), "a.proof.json")
	if err := errors.Join(os.WriteFile(file, body, 0o600), os.WriteFile(beside, raw, 0o600)); err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{true, false} { // and a witness whom nobody trusts is not named
		var out bytes.Buffer
		code := run(t.Context(), []string{"verify", file, "--proof", beside, "--trust", strings.Join(roots[i:], ",")}, func(string) string { return "" }, &out, &out)
		if code != 0 || strings.Contains(out.String(), "cosigned by "+name) != want {
			t.Errorf("exit %d: %s", code, out.String())
		}
	}
}
