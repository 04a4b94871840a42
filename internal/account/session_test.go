package account_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

func TestSessionsEndByThemselves(t *testing.T) {
	cases := []struct {
		name  string
		staff bool
		steps []time.Duration // a request after each
		lives bool
	}{
		{"staff within half an hour", true, []time.Duration{30 * time.Minute}, true},
		{"staff after half an hour", true, []time.Duration{30*time.Minute + time.Second}, false},
		{"staff who keeps working", true, []time.Duration{29 * time.Minute, 29 * time.Minute, 29 * time.Minute}, true},
		{"anybody else within two hours", false, []time.Duration{119 * time.Minute}, true},
		{"anybody else after two hours", false, []time.Duration{121 * time.Minute}, false},
		{"nobody after twelve hours", true, twentyMinutes(36), false},
		{"the last request of twelve hours", true, twentyMinutes(35), true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			if c.staff {
				w.officer("wang@tests.example")
			} else {
				w.user(account.NewUser{Identifier: "wang@tests.example", Name: "王", Password: right})
			}
			s, _ := w.enter("wang@tests.example")
			var a account.Actor
			for _, step := range c.steps {
				w.clock.pass(step)
				a = w.actor(s.Token)
			}
			if a.IsVisitor() == c.lives {
				t.Errorf("got %+v", a)
			}
		})
	}
}

func twentyMinutes(n int) []time.Duration {
	out := make([]time.Duration, n)
	for i := range out {
		out[i] = 20 * time.Minute
	}
	return out
}

func TestSigningOutHoldsOnTheOtherReplicaAtOnce(t *testing.T) {
	w := newWorld(t)
	w.officer("wang@tests.example")
	s, a := w.enter("wang@tests.example")
	other := w.replica()
	if other.actor(s.Token).IsVisitor() {
		t.Fatal("the other replica does not know the session")
	}
	if err := w.SignOut(context.Background(), a); err != nil {
		t.Fatal(err)
	}
	if !other.actor(s.Token).IsVisitor() {
		t.Error("the session lives on")
	}
	if err := w.SignOut(context.Background(), a); err != nil {
		t.Errorf("signing out twice: %v", err)
	}
}

func TestSessionsAreListedAndEndedByTheirOwnerOnly(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	w.officer("wang@tests.example")
	w.officer("zhao@tests.example")
	first, wang := w.enter("wang@tests.example")
	w.clock.pass(time.Second)
	second, _ := w.enter("wang@tests.example")
	_, zhao := w.enter("zhao@tests.example")

	list, err := w.Sessions(ctx, wang)
	if err != nil || len(list) != 2 || list[0].ID != second.ID || list[1].ID != first.ID || list[0].Network != home || list[0].Agent != agent {
		t.Fatalf("%v, %+v", err, list)
	}
	wantKind(t, w.EndSession(ctx, zhao, first.ID), fault.NotFound)
	if err := w.EndSession(ctx, wang, second.ID); err != nil {
		t.Error(err)
	}
	w.enter("wang@tests.example")
	w.enter("wang@tests.example")
	n, err := w.EndOtherSessions(ctx, wang)
	if err != nil || n != 2 {
		t.Errorf("%d others ended, %v", n, err)
	}
	if w.actor(first.Token).IsVisitor() || !w.actor(second.Token).IsVisitor() {
		t.Error("only the session in use should be left")
	}
	if _, err := w.EndOtherSessions(ctx, account.Actor{}); fault.KindOf(err) != fault.Unauthenticated {
		t.Errorf("a visitor: %v", err)
	}
}

func TestDisablingEndsSessionsAndKeysAtOnce(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	id := w.officer("wang@tests.example")
	s, a := w.enter("wang@tests.example")
	key, _, err := w.CreateKey(ctx, a, "脚本", []string{account.ScopeRead}, 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.replica().Disable(ctx, root, id); err != nil {
		t.Fatal(err)
	}
	if !w.actor(s.Token).IsVisitor() {
		t.Error("the session lives on")
	}
	_, err = w.ActorByKey(ctx, key)
	wantKind(t, err, fault.Unauthenticated)
	if err := w.Enable(ctx, root, id); err != nil {
		t.Fatal(err)
	}
	if _, err = w.ActorByKey(ctx, key); err == nil || !w.actor(s.Token).IsVisitor() {
		t.Error("enabling brought an old session or key back")
	}
	w.enter("wang@tests.example")
}

func TestRolesAreReadAtEveryRequest(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	id := w.officer("wang@tests.example")
	s, a := w.enter("wang@tests.example")
	if !a.Is(account.Officer) {
		t.Fatalf("signed in as %+v", a)
	}
	if _, err := w.pool.Exec(ctx, `DELETE FROM user_roles WHERE user_id = $1`, id); err != nil {
		t.Fatal(err)
	}
	if a = w.actor(s.Token); a.Is(account.Officer) || a.IsVisitor() {
		t.Errorf("got %+v", a)
	}
	if err := w.SetRoles(ctx, root, id, []account.Role{account.Officer}, w.department(), "调入"); err != nil {
		t.Fatal(err)
	}
	if !w.actor(s.Token).IsVisitor() {
		t.Error("a change of roles must end the sessions drawn for the old ones")
	}
}

func TestOnlySoManySessionsAreKept(t *testing.T) {
	w := newWorld(t)
	w.officer("wang@tests.example")
	first, _ := w.enter("wang@tests.example")
	for range 20 {
		w.clock.pass(time.Second)
		w.enter("wang@tests.example")
	}
	if n := w.count(`SELECT count(*) FROM sessions`); n != 20 || !w.actor(first.Token).IsVisitor() {
		t.Errorf("%d sessions", n)
	}
}

func TestSweepDeletesOnlyWhatHasEnded(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	w.officer("wang@tests.example")
	w.enter("wang@tests.example")
	w.clock.pass(3 * time.Hour)
	live, _ := w.enter("wang@tests.example")
	if err := w.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	if n := w.count(`SELECT count(*) FROM sessions`); n != 1 || w.actor(live.Token).IsVisitor() {
		t.Errorf("%d sessions", n)
	}
	w.clock.pass(61 * 24 * time.Hour)
	if err := w.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	if n := w.count(`SELECT (SELECT count(*) FROM sessions) + (SELECT count(*) FROM rate_windows) + (SELECT count(*) FROM known_networks)`); n != 0 {
		t.Errorf("%d rows left", n)
	}
}

func TestFormTokens(t *testing.T) {
	s := account.NewService(nil, cheap, newClock().now)
	mine, theirs := strings.Repeat("a", 64), strings.Repeat("b", 64)
	token := s.CSRF(mine)
	if token == s.CSRF(mine) {
		t.Error("two pages carry the same token")
	}
	for name, c := range map[string]struct {
		token, form string
		ok          bool
	}{
		"mine":          {mine, token, true},
		"of another":    {mine, s.CSRF(theirs), false},
		"none":          {mine, "", false},
		"no session":    {"", s.CSRF(""), false},
		"cut":           {mine, token[:len(token)-1], false},
		"changed":       {mine, flip(token), false},
		"not base64":    {mine, strings.Repeat("!", len(token)), false},
		"huge":          {mine, strings.Repeat("a", 1<<20), false},
		"before signin": {s.NewPreSession(), token, false},
	} {
		err := s.CheckCSRF(c.token, c.form)
		if c.ok != (err == nil) || !c.ok && fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func flip(token string) string {
	last := byte('A')
	if token[5] == 'A' {
		last = 'B'
	}
	return token[:5] + string(last) + token[6:]
}

func TestRequestsFromOtherSitesAreRefused(t *testing.T) {
	const own = "https://data.tests.example"
	for _, c := range []struct {
		origin, site string
		ok           bool
	}{
		{"", "", true},
		{own, "same-origin", true},
		{own, "", true},
		{"", "same-origin", true},
		{"", "none", true},
		{"", "cross-site", false},
		{"", "same-site", false},
		{own, "cross-site", false},
		{"null", "", false},
		{"http://data.tests.example", "", false},
		{"https://data.tests.example:8443", "", false},
		{"https://data.tests.example.evil.example", "same-origin", false},
		{"garbage", "", false},
	} {
		if err := account.CheckOrigin(own, c.origin, c.site); (err == nil) != c.ok {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestAPortalOnThisMachineHasSeveralNames(t *testing.T) {
	const own = "http://127.0.0.1:8080"
	for origin, ok := range map[string]bool{
		"http://localhost:8080": true, "http://[::1]:8080": true, own: true,
		"http://localhost:8081": false, "http://localhost": false, "https://localhost:8080": false, "http://192.0.2.7:8080": false, "http://localhost.evil.example:8080": false,
	} {
		if err := account.CheckOrigin(own, origin, "same-origin"); (err == nil) != ok {
			t.Errorf("%s: %v", origin, err)
		}
	}
	if err := account.CheckOrigin("https://data.tests.example", "https://localhost", "same-origin"); err == nil {
		t.Error("a public portal takes this machine for itself")
	}
}

func TestAgentsAreKeptShortAndPlain(t *testing.T) {
	w := newWorld(t)
	w.officer("wang@tests.example")
	nasty := "Mozilla\r\n\x00\u202e" + strings.Repeat("长", 5000) + "\xff"
	s, err := w.SignIn(context.Background(), "wang@tests.example", right, home, nasty)
	if err != nil {
		t.Fatal(err)
	}
	list, err := w.Sessions(context.Background(), w.actor(s.Token))
	if err != nil || len(list) != 1 || len([]rune(list[0].Agent)) != 200 || !strings.HasPrefix(list[0].Agent, `Mozilla\u000d\u000a\u0000\u202e长`) {
		t.Errorf("%v, %q", err, fmt.Sprint(list))
	}
}
