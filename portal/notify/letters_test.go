package notify

import (
	"strings"
	"testing"
	"time"

	"shuyuan/internal/account"
)

func TestALetterWithALinkSaysWhatToDo(t *testing.T) {
	at := time.Date(2026, 3, 2, 1, 5, 0, 0, time.UTC)
	for _, c := range []struct {
		what, secret string
		want         []string
	}{
		{account.LetterSignUp, "S3", []string{"填姓名和密码", base + "/sign-up/confirm?link=S3", "name and password", "only once"}},
		{account.LetterKnown, "S3", []string{"已经有账号", base + "/sign-in", base + "/recover/set?link=S3"}},
		{account.LetterRecover, "S3", []string{base + "/recover/set?link=S3", "a new password"}},
		{account.LetterUnknown, "", []string{"没有账号", base + "/sign-up", "has no account"}},
		{account.LetterInvite, "S3", []string{"王五 邀请您加入机构“甲公司”", base + "/invitations?link=S3"}},
	} {
		l := Linked(account.Letter{ID: "1", What: c.what, To: "wang@tests.example", At: at, Network: "203.0.113.7", From: "甲公司", Who: "王五"}, base, c.secret)
		for _, want := range append(c.want, "203.0.113.7") {
			if !strings.Contains(l.Text, want) {
				t.Errorf("%s: %q is not in:\n%s", c.what, want, l.Text)
			}
		}
		if c.secret == "" && strings.Contains(l.Text, "link=") {
			t.Errorf("%s has a link:\n%s", c.what, l.Text)
		}
		if strings.HasSuffix(l.Subject, c.what) || !strings.Contains(l.Subject, "2026-03-02 09:05:00") || l.To.Address != "wang@tests.example" || l.ID != "1" {
			t.Errorf("%s: %s", c.what, l.Subject)
		}
	}
}

func TestNobodyWritesTheSubjectOfALetterToAStranger(t *testing.T) {
	l := account.Letter{ID: "1", What: account.LetterInvite, To: "wang@tests.example", At: time.Date(2026, 3, 2, 1, 5, 7, 0, time.UTC), From: "恭喜中奖请打开 prize.example", Who: "客服"}
	got := Linked(l, base, "S3")
	if strings.Contains(got.Subject, "prize") || !strings.Contains(got.Subject, "请决定是否加入一家机构（2026-03-02 09:05:07）") || !strings.Contains(got.Subject, "please decide") {
		t.Errorf("of an organisation nobody verified: %s", got.Subject)
	}
	for _, want := range []string{"还没有经过认证", "Nobody has verified"} {
		if !strings.Contains(got.Text, want) {
			t.Errorf("%q is not in:\n%s", want, got.Text)
		}
	}
	l.From, l.Verified = "甲公司", true
	if got := Linked(l, base, "S3"); !strings.Contains(got.Subject, "甲公司 邀请您加入") || strings.Contains(got.Text, "没有经过认证") {
		t.Errorf("of one that was: %s\n%s", got.Subject, got.Text)
	}
}
