package account_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

func TestAnAccountIsShutThenDeleted(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	a := w.signUp("zhao@tests.example")
	secret, _, err := w.CreateKey(ctx, a, "脚本", []string{account.ScopeRead}, 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	w.addPaper(a, w.draft(a, account.Legal))
	if err := w.LinkIdentity(ctx, a, account.Known{Issuer: "https://id.example", Subject: "1"}); err != nil {
		t.Fatal(err)
	}
	old := a
	old.Confirmed = w.clock.now().Add(-time.Hour)
	wantKind(t, w.AskToLeave(ctx, old), fault.Forbidden) // has not shown anew who they are
	if err := w.AskToLeave(ctx, a); err != nil {
		t.Fatal(err)
	}
	if n := w.count(`SELECT count(*) FROM sessions`); n != 0 {
		t.Errorf("%d sessions go on", n)
	}
	_, err = w.ActorByKey(ctx, secret)
	wantKind(t, err, fault.Unauthenticated)
	w.clock.pass(w.Rules().Grace - time.Hour)
	if err := w.Depart(ctx); err != nil || w.count(`SELECT count(*) FROM users WHERE gone_at IS NOT NULL`) != 0 {
		t.Fatalf("deleted before its time: %v", err)
	}
	w.enter("zhao@tests.example") // takes it back
	w.clock.pass(2 * time.Hour)
	if err := w.Depart(ctx); err != nil || w.count(`SELECT count(*) FROM users WHERE gone_at IS NOT NULL`) != 0 {
		t.Fatalf("deleted although it came back: %v", err)
	}
	_, back := w.enter("zhao@tests.example")
	if err := w.AskToLeave(ctx, back); err != nil {
		t.Fatal(err)
	}
	w.clock.pass(w.Rules().Grace)
	forgotten := int64(0)
	w.OnLeave(func(_ context.Context, _ pgx.Tx, user int64) error { forgotten = user; return nil })
	if err := w.Depart(ctx); err != nil {
		t.Fatal(err)
	}
	if forgotten != a.ID {
		t.Error("what other domains keep stays")
	}
	for _, table := range []string{"sessions", "api_keys", "known_networks", "identities", "organisation_members", "organisations", "papers", "blobs", "one_time_links"} {
		if n := w.count(`SELECT count(*) FROM ` + table); n != 0 {
			t.Errorf("%s: %d rows stay", table, n)
		}
	}
	if n := w.count(`SELECT count(*) FROM users WHERE identifier = 'gone:' || id AND name = '已注销的用户' AND disabled_at IS NOT NULL`); n != 1 {
		t.Error("the row has its name still, or is gone")
	}
	if n := w.count(`SELECT count(*) FROM audit_personal WHERE content LIKE '%赵一%' OR content LIKE '%zhao@%'`); n != 0 {
		t.Errorf("the trail tells of the person %d times", n)
	}
	if n := w.count(`SELECT count(*) FROM audit_entries WHERE act IN ('account.leaving', 'account.stayed', 'account.gone')`); n != 4 {
		t.Errorf("%d acts are in the trail", n)
	}
	_, err = w.SignIn(ctx, "zhao@tests.example", right, home, agent)
	wantKind(t, err, fault.Unauthenticated)
	w.signUp("zhao@tests.example") // the address is free again
}

func TestWhoCannotLeave(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	w.administrator("root@tests.example")
	_, last := w.enter("root@tests.example")
	if err := w.AskToLeave(ctx, last); fault.KindOf(err) != fault.Conflict || !strings.Contains(err.Error(), "最后一个系统管理员") {
		t.Errorf("the last administrator: %v", err)
	}
	_, officer := w.enterAs("wang@tests.example")
	if err := w.AskToLeave(ctx, officer); fault.KindOf(err) != fault.Conflict || !strings.Contains(err.Error(), "先交给别人") {
		t.Errorf("an officer: %v", err)
	}
	a, b := w.signUp("zhao@tests.example"), w.signUp("qian@tests.example")
	org := w.draft(a, account.Legal)
	if _, err := w.SaveOrganisation(ctx, a, org, account.NewOrganisation{Kind: account.Legal, Name: "甲公司", Code: code, Head: "赵一", Registrar: "局", Address: "路"}); err != nil {
		t.Fatal(err)
	}
	w.addPaper(a, org)
	if err := w.SubmitOrganisation(ctx, a, org); err != nil {
		t.Fatal(err)
	}
	if err := w.AskToLeave(ctx, a); fault.KindOf(err) != fault.Conflict || !strings.Contains(err.Error(), "甲公司") {
		t.Errorf("the only owner: %v", err)
	}
	if err := w.Invite(ctx, a, org, "qian@tests.example", account.Owner); err != nil {
		t.Fatal(err)
	}
	_, secret := w.letter()
	if _, err := w.Join(ctx, b, secret); err != nil {
		t.Fatal(err)
	}
	if err := w.AskToLeave(ctx, a); err != nil {
		t.Errorf("with another owner: %v", err)
	}
	// the other leaves the organisation within the time: the sweep leaves it its owner
	w.clock.pass(w.Rules().Grace)
	if _, err := w.pool.Exec(ctx, `DELETE FROM organisation_members WHERE user_id = $1`, b.ID); err != nil {
		t.Fatal(err)
	}
	if err := w.Depart(ctx); err != nil || w.count(`SELECT count(*) FROM users WHERE gone_at IS NOT NULL`) != 0 {
		t.Errorf("an organisation is left without an owner: %v", err)
	}
}

func TestEverythingThatIsKeptGoesAlong(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	a := w.signUp("zhao@tests.example")
	secret, k, err := w.CreateKey(ctx, a, "脚本", []string{account.ScopeRead}, 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	w.addPaper(a, w.draft(a, account.Unincorporated))
	b, err := w.TakeAlong(ctx, a)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"zhao@tests.example", "赵一", k.Prefix, code, "执照.pdf", home[:5]} {
		if !strings.Contains(string(raw), part) {
			t.Errorf("%s does not go along", part)
		}
	}
	if strings.Contains(string(raw), secret) || strings.Contains(string(raw), "argon2") {
		t.Error("a secret goes along")
	}
	acts := map[string]int{}
	if err := w.PastActs(ctx, a, func(p account.PastAct) error { acts[p.Actor+" "+p.Act]++; return nil }); err != nil || acts["self key.created"] != 1 || acts["self organisation.paper-added"] != 1 {
		t.Errorf("%v, %v", acts, err)
	}
	other := w.signUp("qian@tests.example")
	if err := w.PastActs(ctx, other, func(p account.PastAct) error {
		if p.Actor != "self" {
			t.Errorf("%+v is another's", p)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		if _, err := w.TakeAlong(ctx, a); err != nil {
			t.Fatal(err)
		}
	}
	_, err = w.TakeAlong(ctx, a)
	wantKind(t, err, fault.TooMany)
}

// The secret that an app is given waits for its first code no longer than the rule
// says.
func TestAPendingSecretExpires(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	a := w.signUp("zhao@tests.example")
	first, err := w.BeginTOTP(ctx, a)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := w.BeginTOTP(ctx, a); err != nil || again.Secret() != first.Secret() {
		t.Errorf("another secret at once: %v", err)
	}
	w.clock.pass(w.Rules().Pending)
	_, a = w.enter("zhao@tests.example")
	_, err = w.PendingTOTP(ctx, a)
	wantKind(t, err, fault.NotFound)
	_, err = w.ConfirmTOTP(ctx, a, w.code(first.Secret(), 0))
	wantKind(t, err, fault.Invalid)
	if again, err := w.BeginTOTP(ctx, a); err != nil || again.Secret() == first.Secret() {
		t.Errorf("the old secret once more: %v", err)
	}
}
