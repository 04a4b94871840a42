package portal_test

import (
	"archive/zip"
	"io"
	"net/url"
	"strings"
	"testing"
)

func TestOnesDataIsTakenAlongAndTheAccountLeft(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	b := w.visits(t, citizen)
	page := b.open("/account")
	got := b.submit(page, "/account/export", nil)
	if got.status != 200 || got.header.Get("Content-Type") != "application/zip" || !strings.HasPrefix(got.header.Get("Content-Disposition"), "attachment") {
		t.Fatalf("%d %v", got.status, got.header)
	}
	z, err := zip.NewReader(strings.NewReader(got.body), int64(len(got.body)))
	if err != nil {
		t.Fatal(err)
	}
	held := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		held[f.Name] = string(raw)
	}
	if !strings.Contains(held["README.txt"], "account.json：") || !strings.Contains(held["README.txt"], "account.json: the account") || !strings.Contains(held["account.json"], "citizen@tests.example") || !strings.Contains(held["acts.ndjson"], "session.started") || held["questions.json"] == "" || held["requests.json"] == "" {
		t.Errorf("%v", held)
	}
	if strings.Contains(held["account.json"]+held["acts.ndjson"], b.session()) {
		t.Error("the secret of the session goes along")
	}
	if bare := b.submit(page, "/account/leave", nil); bare.status != 422 || bare.doc(t).Find("#leaving .err").Length() == 0 {
		t.Errorf("without having read it: %d", bare.status)
	}
	left := b.submit(page, "/account/leave", url.Values{"understood": {"1"}})
	if left.status != 303 || left.header.Get("Location") != "/sign-in?done=leaving" || b.session() != "" {
		t.Fatalf("%d to %s", left.status, left.header.Get("Location"))
	}
	if in := b.signIn("/sign-in", "citizen", password); in.status != 303 || b.session() == "" {
		t.Errorf("coming back: %d", in.status)
	}
	boss := w.visits(t, admin)
	if no := boss.submit(boss.open("/account"), "/account/leave", url.Values{"understood": {"1"}}); no.status != 409 || !strings.Contains(no.body, "最后一个系统管理员") {
		t.Errorf("the last administrator: %d", no.status)
	}
	notice := w.get(t, visitor, "/privacy")
	if !strings.Contains(notice.body, "申请删除账号") || strings.Contains(notice.body, "还做不到") || !strings.Contains(notice.doc(t).Text(), "删除账号：15") {
		t.Error("the notice does not say so")
	}
}
