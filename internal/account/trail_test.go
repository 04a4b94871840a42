package account_test

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

// What the trail must not hold of anybody: addresses, numbers, and what opens
// something. The number of an account says whom an act was about.
func TestTheTrailHoldsNoSecretsAndNoAddresses(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	secrets := []string{right, wrong}
	a, b := w.signUp("zhao@tests.example"), w.signUp("qian@tests.example")
	if err := w.SignUpByPhone(ctx, "13800138000", person, home); err != nil {
		t.Fatal(err)
	}
	id := w.officer("wang@tests.example")
	if _, err := w.SignIn(ctx, "wang@tests.example", wrong, home, agent); fault.KindOf(err) != fault.Unauthenticated {
		t.Fatal(err)
	}
	s, _ := w.enter("13800138000")
	key, _, err := w.CreateKey(ctx, a, "脚本", []string{account.ScopeRead}, 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	app, err := w.BeginTOTP(ctx, a)
	if err != nil {
		t.Fatal(err)
	}
	codes, err := w.ConfirmTOTP(ctx, a, w.code(app.Secret(), 0))
	if err != nil {
		t.Fatal(err)
	}
	org := w.draft(a, account.Legal)
	w.addPaper(a, org)
	if err := w.Invite(ctx, a, org, "qian@tests.example", account.Member); err != nil {
		t.Fatal(err)
	}
	_, invitation := w.letter()
	if _, err := w.Join(ctx, b, invitation); err != nil {
		t.Fatal(err)
	}
	if err := w.Recover(ctx, "qian@tests.example", home); err != nil {
		t.Fatal(err)
	}
	_, link := w.letter()
	if err := w.CompleteRecovery(ctx, link, "another horse battery"); err != nil {
		t.Fatal(err)
	}
	if err := w.LinkIdentity(ctx, a, account.Known{Issuer: "https://id.example", Subject: "subject-of-zhao", Email: "zhao@tests.example"}); err != nil {
		t.Fatal(err)
	}
	reset, err := w.ResetPassword(ctx, root, id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.TakeAlong(ctx, a); err != nil {
		t.Fatal(err)
	}
	secrets = append(secrets, s.Token, s.CSRF, key, app.Secret(), invitation, link, reset, "another horse battery", "subject-of-zhao")
	secrets = append(secrets, codes...)
	personal := regexp.MustCompile(`[\w.+-]+@[\w-]+\.|\b1[3-9][0-9]{9}\b|argon2`)
	rows, err := w.pool.Query(ctx, `SELECT e.act, e.subject_id || ' ' || coalesce(p.content, '') FROM audit_entries e JOIN audit_personal p ON p.entry_id = e.id`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	acts := map[string]bool{}
	for rows.Next() {
		var act, content string
		if err := rows.Scan(&act, &content); err != nil {
			t.Fatal(err)
		}
		acts[act] = true
		if found := personal.FindString(content); found != "" {
			t.Errorf("%s holds %s", act, found)
		}
		for _, secret := range secrets {
			if strings.Contains(content, secret) {
				t.Errorf("%s holds what opens something", act)
			}
		}
	}
	if len(acts) < 14 {
		t.Errorf("only %d kinds of acts were looked at: %v", len(acts), acts)
	}
}
