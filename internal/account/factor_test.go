package account_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

// app sets up an authenticator app for a, and returns its secret and the
// recovery codes.
func (w world) app(a account.Actor) (secret string, codes []string) {
	w.t.Helper()
	key, err := w.BeginTOTP(context.Background(), a)
	if err != nil {
		w.t.Fatal(err)
	}
	if codes, err = w.ConfirmTOTP(context.Background(), a, w.code(key.Secret(), 0)); err != nil {
		w.t.Fatal(err)
	}
	w.clock.pass(time.Minute) // that code is used
	return key.Secret(), codes
}

// code is what the app shows so many steps from now.
func (w world) code(secret string, steps int) string {
	w.t.Helper()
	code, err := totp.GenerateCode(secret, w.clock.now().Add(time.Duration(steps)*30*time.Second))
	if err != nil {
		w.t.Fatal(err)
	}
	return code
}

func (w world) owe(identifier string) string {
	w.t.Helper()
	s, err := w.SignIn(context.Background(), identifier, right, home, agent)
	if err != nil {
		w.t.Fatal(err)
	}
	if s.Token != "" || s.Step == "" {
		w.t.Fatalf("the password alone opens a session: %+v", s)
	}
	return s.Step
}

func TestASecondStepIsAskedForAndEachCodeWorksOnce(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	_, a := w.enterAs("wang@tests.example")
	secret, codes := w.app(a)
	if len(codes) != 10 {
		t.Errorf("%d recovery codes", len(codes))
	}
	if n := w.count(`SELECT count(*) FROM totp WHERE position($1::bytea IN secret) > 0`, []byte(secret)); n != 0 {
		t.Error("the secret is kept as it is")
	}
	first := w.code(secret, 0)
	s, err := w.FinishSignIn(ctx, w.owe("wang@tests.example"), first)
	if err != nil {
		t.Fatal(err)
	}
	if w.actor(s.Token).ID != a.ID {
		t.Error("it opened another account")
	}
	for name, code := range map[string]string{ // A14 to A17
		"the same code": first, "two steps behind": w.code(secret, -2), "two steps ahead": w.code(secret, 2), "the step before the used one": w.code(secret, -1),
		"zeros": "000000", "full-width digits": "１２３４５６", "Arabic digits": "٠١٢٣٤٥", "nothing": "", "a megabyte": string(make([]byte, 1<<20)),
	} {
		if _, err := w.FinishSignIn(ctx, w.owe("wang@tests.example"), code); fault.Of(err).Field != "code" && fault.KindOf(err) != fault.TooMany {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.clock.pass(time.Hour)
	if _, err := w.FinishSignIn(ctx, w.owe("wang@tests.example"), w.code(secret, -1)); err != nil {
		t.Errorf("a clock that is a step behind: %v", err)
	}
	if _, err := w.FinishSignIn(ctx, w.owe("wang@tests.example"), w.code(secret, 1)); err != nil {
		t.Errorf("a clock that is a step ahead: %v", err)
	}
	if _, err := w.FinishSignIn(ctx, w.owe("wang@tests.example"), codes[0]); err != nil {
		t.Errorf("a recovery code: %v", err)
	}
	_, err = w.FinishSignIn(ctx, w.owe("wang@tests.example"), codes[0])
	wantKind(t, err, fault.Invalid)
}

// Of the same code in two browsers at once, one gets in.
func TestTheSameCodeTwiceAtOnceOpensOneSession(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	_, a := w.enterAs("wang@tests.example")
	secret, _ := w.app(a)
	code, steps := w.code(secret, 0), []string{w.owe("wang@tests.example"), w.owe("wang@tests.example")}
	var in atomic.Int32
	var both sync.WaitGroup
	for _, step := range steps {
		both.Go(func() {
			if _, err := w.replica().FinishSignIn(ctx, step, code); err == nil {
				in.Add(1)
			}
		})
	}
	both.Wait()
	if in.Load() != 1 {
		t.Errorf("%d got in", in.Load())
	}
}

// Guesses are counted on all replicas together, by sign-in and by account.
func TestCodesCannotBeGuessed(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	_, a := w.enterAs("wang@tests.example")
	secret, _ := w.app(a)
	step := w.owe("wang@tests.example")
	for range 5 {
		_, err := w.replica().FinishSignIn(ctx, step, "000000")
		wantKind(t, err, fault.Invalid)
	}
	_, err := w.FinishSignIn(ctx, step, w.code(secret, 0))
	wantKind(t, err, fault.Unauthenticated)
	step = w.owe("wang@tests.example")
	for range 5 {
		_, _ = w.replica().FinishSignIn(ctx, step, "000000") // the last of them may be too many already
	}
	_, err = w.FinishSignIn(ctx, w.owe("wang@tests.example"), w.code(secret, 0))
	wantKind(t, err, fault.TooMany)
	w.clock.pass(time.Hour)
	step = w.owe("wang@tests.example")
	w.clock.pass(11 * time.Minute)
	_, err = w.FinishSignIn(ctx, step, w.code(secret, 0))
	wantKind(t, err, fault.Unauthenticated)
}

func TestActsOfWeightAskForTheFactorAgain(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	_, a := w.enterAs("wang@tests.example")
	if !w.Fresh(a) {
		t.Error("just signed in, and not fresh")
	}
	w.clock.pass(w.Rules().StepUp)
	acts := map[string]func() error{
		"key": func() error {
			_, _, err := w.CreateKey(ctx, a, "k", []string{account.ScopeRead}, 24*time.Hour)
			return err
		},
		"password": func() error { return w.ChangePassword(ctx, a, right, "another good phrase") },
		"app":      func() error { _, err := w.BeginTOTP(ctx, a); return err },
		"app off":  func() error { return w.RemoveTOTP(ctx, a) },
		"codes":    func() error { _, err := w.NewCodes(ctx, a); return err },
		"passkey":  func() error { return w.RemovePasskey(ctx, a, "AA") },
	}
	for name, act := range acts {
		if err := act(); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
	wantKind(t, w.Confirm(ctx, a, wrong, ""), fault.Invalid)
	if err := w.Confirm(ctx, a, right, ""); err != nil {
		t.Fatal(err)
	}
	s, err := w.SignIn(ctx, "wang@tests.example", right, home, agent) // another session is not fresher by it
	if err != nil {
		t.Fatal(err)
	}
	a = w.actor(s.Token)
	secret, _ := w.app(a)
	w.clock.pass(w.Rules().StepUp)
	wantKind(t, w.Confirm(ctx, a, right, ""), fault.Invalid) // with a second step the password is not enough
	if err := w.Confirm(ctx, a, "", w.code(secret, 0)); err != nil {
		t.Fatal(err)
	}
	a = w.actor(s.Token)
	if !w.Fresh(a) {
		t.Error("confirmed, and not fresh")
	}
	if err := w.RemoveTOTP(ctx, a); err != nil {
		t.Fatal(err)
	}
	if n := w.count(`SELECT count(*) FROM recovery_codes`); n != 0 {
		t.Errorf("%d recovery codes are left without a second step", n)
	}
}

// Roles rest once the time to set up a second factor is over, and are back with
// it. A sample account is only reminded.
func TestRolesRestWithoutASecondFactor(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	w.officer("wang@tests.example")
	w.user(account.NewUser{Identifier: "sample@tests.example", Name: "示例", Roles: []account.Role{account.Officer}, Department: w.department(), Password: right, Sample: true})
	w.clock.pass(w.Rules().SecondFactor)
	_, a := w.enter("wang@tests.example")
	if !a.Is(account.Officer) {
		t.Error("on the last day the roles rest already")
	}
	w.clock.pass(time.Second)
	s, a := w.enter("wang@tests.example")
	if a.Is(account.Officer) || len(a.Resting) != 1 {
		t.Errorf("roles %v, resting %v", a.Roles, a.Resting)
	}
	if f, err := w.Factors(ctx, a); err != nil || !f.Resting || !f.Staff {
		t.Errorf("%+v, %v", f, err)
	}
	if _, sample := w.enter("sample@tests.example"); !sample.Is(account.Officer) {
		t.Error("a sample account is shut out")
	}
	w.app(a)
	if a := w.actor(s.Token); !a.Is(account.Officer) || len(a.Resting) != 0 {
		t.Errorf("with a second factor: roles %v, resting %v", a.Roles, a.Resting)
	}
}

func TestWherePasskeysCanBe(t *testing.T) {
	for _, c := range []struct{ base, host, id string }{
		{"https://data.example.gov.cn", "data.example.gov.cn", "data.example.gov.cn"},
		{"https://data.example.gov.cn", "evil.example", "data.example.gov.cn"}, // what a request says of the host is not believed
		{"http://127.0.0.1:8080", "localhost:8080", "localhost"},
		{"http://localhost:8080", "localhost:8080", "localhost"},
		{"http://127.0.0.1:8080", "127.0.0.1:8080", ""},
		{"http://localhost:8080", "127.0.0.1:8080", ""},
		{"https://192.0.2.7", "192.0.2.7", ""},
		{"http://data.example.gov.cn", "data.example.gov.cn", ""},
	} {
		p, err := account.PartyOf(c.base, c.host)
		if p.ID != c.id || (err == nil) != (c.id != "") {
			t.Errorf("%s at %s: %+v, %v", c.base, c.host, p, err)
		}
	}
}
