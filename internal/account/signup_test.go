package account_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

var person = account.NewPerson{Name: "赵一", Password: right, Agreed: true}

// letter is the last letter with a link that was announced, with its secret.
func (w world) letter() (account.Letter, string) {
	w.t.Helper()
	var args []byte
	err := w.pool.QueryRow(context.Background(), `SELECT args FROM river_job WHERE kind = 'account_letter' ORDER BY id DESC LIMIT 1`).Scan(&args)
	if err != nil {
		w.t.Fatal(err)
	}
	var l account.Letter
	if err := json.Unmarshal(args, &l); err != nil {
		w.t.Fatal(err)
	}
	secret, err := w.LinkOf(l)
	if err != nil {
		w.t.Fatal(err)
	}
	if secret != "" && strings.Contains(string(args), secret) {
		w.t.Error("the queue holds the link")
	}
	return l, secret
}

// signUp makes an account as a person does.
func (w world) signUp(identifier string) account.Actor {
	w.t.Helper()
	if err := w.SignUp(context.Background(), identifier, home); err != nil {
		w.t.Fatal(err)
	}
	_, secret := w.letter()
	s, err := w.CompleteSignUp(context.Background(), secret, person, home, agent)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.actor(s.Token)
}

func TestASignUpIsMadeByWhoeverHasTheMailbox(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	if err := w.SignUp(ctx, " Zhao@Tests.EXAMPLE ", home); err != nil {
		t.Fatal(err)
	}
	if n := w.count(`SELECT count(*) FROM users`); n != 0 {
		t.Fatalf("%d accounts before the link was followed", n)
	}
	l, secret := w.letter()
	if l.What != account.LetterSignUp || l.To != "zhao@tests.example" || l.Network != home {
		t.Errorf("the letter: %+v", l)
	}
	if to, err := w.SigningUp(ctx, secret); err != nil || to != l.To {
		t.Errorf("the link is for %q: %v", to, err)
	}
	weak := person
	weak.Password = "password2024!"
	_, err := w.CompleteSignUp(ctx, secret, weak, home, agent)
	wantKind(t, err, fault.Invalid)
	unread := person
	unread.Agreed = false
	_, err = w.CompleteSignUp(ctx, secret, unread, home, agent)
	if wantKind(t, err, fault.Invalid); fault.Of(err).Field != "agreed" {
		t.Errorf("beside %q", fault.Of(err).Field)
	}
	s, err := w.CompleteSignUp(ctx, secret, person, home, agent)
	if err != nil {
		t.Fatal(err)
	}
	a := w.actor(s.Token)
	if a.Name != "赵一" || a.Side != account.Use || len(a.Roles) != 0 || a.Department != 0 {
		t.Errorf("signed in as %+v", a)
	}
	if n := w.count(`SELECT count(*) FROM users WHERE identifier = 'zhao@tests.example' AND confirmed_at IS NOT NULL AND agreed_at IS NOT NULL`); n != 1 {
		t.Error("the account is not confirmed")
	}
	_, err = w.CompleteSignUp(ctx, secret, person, home, agent)
	wantKind(t, err, fault.Gone)
	if _, err := w.SignIn(ctx, "zhao@tests.example", right, home, agent); err != nil {
		t.Error(err)
	}
}

// What a stranger sees and what happens is the same whether an address has an
// account; the letter alone says it (A01, A02).
func TestSigningUpAndRecoveringDoNotTellWhoHasAnAccount(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	w.officer("there@tests.example")
	for _, c := range []struct {
		do         func(context.Context, string, string) error
		address    string
		what       string
		opens      bool
		completion func(string) error
	}{
		{w.SignUp, "There@tests.example", account.LetterKnown, true, func(s string) error { return w.CompleteRecovery(ctx, s, "another good phrase") }},
		{w.SignUp, "new@tests.example", account.LetterSignUp, true, func(s string) error { _, err := w.CompleteSignUp(ctx, s, person, home, agent); return err }},
		{w.Recover, "there@tests.example", account.LetterRecover, true, func(s string) error { return w.CompleteRecovery(ctx, s, "another good phrase") }},
		{w.Recover, "nobody@tests.example", account.LetterUnknown, false, func(s string) error { return w.CompleteRecovery(ctx, s, right) }},
	} {
		links, jobs := w.count(`SELECT count(*) FROM one_time_links`), w.count(`SELECT count(*) FROM river_job WHERE kind = 'account_letter'`)
		if err := c.do(ctx, c.address, home); err != nil {
			t.Errorf("%s: %v", c.address, err)
		}
		if l, j := w.count(`SELECT count(*) FROM one_time_links`), w.count(`SELECT count(*) FROM river_job WHERE kind = 'account_letter'`); l != links+1 || j != jobs+1 {
			t.Errorf("%s: %d links, %d letters more", c.address, l-links, j-jobs)
		}
		l, secret := w.letter()
		if l.What != c.what || (secret != "") != c.opens {
			t.Errorf("%s: %s, with a link: %t", c.address, l.What, secret != "")
		}
		if err := c.completion(secret); (err == nil) != c.opens {
			t.Errorf("%s: %v", c.what, err)
		}
	}
}

func TestARecoveryLinkWorksOnceAndEndsAllSessions(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	before, a := w.enterAs("wang@tests.example")
	ask := func() string {
		if err := w.Recover(ctx, "wang@tests.example", home); err != nil {
			t.Fatal(err)
		}
		_, secret := w.letter()
		return secret
	}
	old, secret := ask(), ask()
	if who, err := w.Recovering(ctx, secret); err != nil || who != "wang@tests.example" {
		t.Errorf("%q: %v", who, err)
	}
	wantKind(t, w.CompleteRecovery(ctx, secret, "short"), fault.Invalid)
	var done, refused int // two browsers at once (A20)
	var mu sync.Mutex
	var both sync.WaitGroup
	for _, password := range []string{"first of two phrases", "second of two phrases"} {
		both.Go(func() {
			err := w.replica().CompleteRecovery(ctx, secret, password)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				done++
			} else if fault.KindOf(err) == fault.Gone {
				refused++
			}
		})
	}
	both.Wait()
	if done != 1 || refused != 1 {
		t.Errorf("%d set it, %d were refused", done, refused)
	}
	if !w.actor(before.Token).IsVisitor() {
		t.Error("the session lives on")
	}
	wantKind(t, w.CompleteRecovery(ctx, old, right), fault.Gone) // a new password spends them all (A18)
	if n := w.count(`SELECT count(*) FROM audit_entries WHERE act = 'password.recovered' AND actor = $1`, a.ID); n != 1 {
		t.Errorf("%d entries in the trail", n)
	}
	if n := w.count(`SELECT count(*) FROM river_job WHERE kind = 'account_notice' AND args->>'what' = 'password-set'`); n != 1 {
		t.Errorf("the owner is told %d times", n)
	}
}

func TestALinkThatIsNotOursOrTooOldOpensNothing(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	w.officer("wang@tests.example")
	if err := w.Recover(ctx, "wang@tests.example", home); err != nil {
		t.Fatal(err)
	}
	l, secret := w.letter()
	stranger := account.NewService(w.pool, account.Config{Secret: []byte("another installation")}, w.clock.now)
	forged, err := stranger.LinkOf(l)
	if err != nil {
		t.Fatal(err)
	}
	for name, link := range map[string]string{
		"none": "", "cut off": secret[:40], "another letter": flipLetter(secret), "of another installation": forged,
		"longer": secret + "AA", "no code": strings.Repeat("A", 64), "huge": strings.Repeat("A", 1<<20), "a megabyte of %": strings.Repeat("%", 1<<20),
	} {
		if _, err := w.Recovering(ctx, link); fault.KindOf(err) != fault.Gone {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err = w.SigningUp(ctx, secret) // a link for one thing is none for another (A19)
	wantKind(t, err, fault.Gone)
	w.clock.pass(w.Rules().Recover - time.Second)
	if _, err := w.Recovering(ctx, secret); err != nil {
		t.Errorf("in the last second: %v", err)
	}
	w.clock.pass(time.Second)
	wantKind(t, w.CompleteRecovery(ctx, secret, "another good phrase"), fault.Gone)
}

func TestAPhoneNumberSignsUpWithoutALetterAndTellsNothing(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	for range 2 { // the second time the number is taken, and nobody is told
		if err := w.SignUpByPhone(ctx, "138 0013 8000", person, home); err != nil {
			t.Fatal(err)
		}
	}
	if n := w.count(`SELECT count(*) FROM users WHERE identifier = '+8613800138000' AND confirmed_at IS NULL`); n != 1 {
		t.Errorf("%d accounts", n)
	}
	if _, err := w.SignIn(ctx, "13800138000", right, home, agent); err != nil {
		t.Error(err)
	}
	wantKind(t, w.Recover(ctx, "13800138000", home), fault.Invalid)
	wantKind(t, w.SignUp(ctx, "13800138000", home), fault.Invalid)
	wantKind(t, w.SignUpByPhone(ctx, "wang@tests.example", person, home), fault.Invalid)
}

// The limits hold for all replicas together, by network and by address.
func TestLettersAreLimitedByNetworkAndByAddress(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	for i := range account.Rates["recover-address"].Limit {
		if err := w.replica().Recover(ctx, "nobody@tests.example", "198.51.100."+itoa(int64(i))); err != nil {
			t.Fatal(err)
		}
	}
	wantKind(t, w.replica().Recover(ctx, "nobody@tests.example", "198.51.100.99"), fault.TooMany)
	for i := range account.Rates["sign-up-network"].Limit {
		if err := w.replica().SignUp(ctx, "p"+itoa(int64(i))+"@tests.example", "2001:db8::"+itoa(int64(i+1))); err != nil {
			t.Fatal(err)
		}
	}
	wantKind(t, w.replica().SignUp(ctx, "more@tests.example", "2001:db8::ffff"), fault.TooMany) // one /64 is one network (A22)
}
