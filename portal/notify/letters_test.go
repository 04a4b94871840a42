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
		if strings.HasSuffix(l.Subject, c.what) || !strings.Contains(l.Subject, "2026-03-02 09:05") || l.To.Address != "wang@tests.example" || l.ID != "1" {
			t.Errorf("%s: %s", c.what, l.Subject)
		}
	}
}
