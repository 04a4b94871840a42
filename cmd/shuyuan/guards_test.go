package main

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
)

// guardsHold tries two processes on one database: what one counts counts at the
// other, and what one ends is over at the other at once.
func guardsHold(t *testing.T, address string, a, b *process) {
	pool, err := database.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	accounts := account.NewService(pool, account.Config{}, time.Now)
	const right = "correct horse battery"
	for _, id := range []string{"zhao@tests.example", "qian@tests.example"} {
		if _, err := accounts.CreateUser(t.Context(), account.System("test"), account.NewUser{Identifier: id, Name: "示例", Password: right}); err != nil {
			t.Fatal(err)
		}
	}
	both := []*process{a, b}

	// a session is one on both, and over on both
	at := newReader(t, a)
	if !at.signIn("zhao@tests.example", right) {
		t.Fatal("the password is refused")
	}
	there := &reader{b, t, at.client} // a browser sends the cookie to every port
	if status, _ := there.open("/account"); status != http.StatusOK {
		t.Errorf("a session of one at the other: %d", status)
	}
	if status := at.send("/account", "/sign-out", url.Values{}); status != http.StatusSeeOther {
		t.Errorf("signing out: %d", status)
	}
	if status, _ := there.open("/account"); status != http.StatusSeeOther {
		t.Errorf("a session that ended at one lives at the other: %d", status)
	}

	// guesses spread over both count together
	guess := func(p *process, password string) int {
		r := newReader(t, p)
		return r.send("/sign-in", "/sign-in", url.Values{"identifier": {"qian@tests.example"}, "password": {password}})
	}
	let := 0
	for i := range 14 {
		switch status := guess(both[i%2], "wrong horse battery"); status {
		case http.StatusUnprocessableEntity, http.StatusUnauthorized:
			let++
		case http.StatusTooManyRequests:
		default:
			t.Fatalf("a wrong password: %d", status)
		}
	}
	if most := account.Rates["sign-in-pair"].Limit; let < most || let > most+1 { // one more where a window slides meanwhile
		t.Errorf("%d guesses were looked at, want %d", let, most)
	}
	for _, p := range both {
		if status := guess(p, right); status != http.StatusTooManyRequests {
			t.Errorf("the right password after that at %s: %d", p.base, status)
		}
	}

	// calls with two keys of one account, at two processes, are one quota
	in, err := accounts.SignIn(t.Context(), "zhao@tests.example", right, "198.51.100.7", "test")
	if err != nil {
		t.Fatal(err)
	}
	who, err := accounts.Actor(t.Context(), in.Token)
	if err != nil {
		t.Fatal(err)
	}
	var keys, prefixes []string
	for _, name := range []string{"一", "二"} {
		key, k, err := accounts.CreateKey(t.Context(), who, name, []string{account.ScopeRead}, 24*time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		keys, prefixes = append(keys, key), append(prefixes, k.Prefix)
	}
	ask := func(p *process, key string) (status int, left string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.base+"/api/v1/resources/aaaaaaaa/export.csv", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+key)
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode, resp.Header.Get("RateLimit-Remaining")
	}
	limit, passed := account.Rates["export-key"].Limit, 0
	refused := map[*process]int{}
	for i := range limit + limit/2 {
		p := both[i%2]
		if status, _ := ask(p, keys[i/2%2]); status == http.StatusTooManyRequests {
			refused[p]++
		} else if status == http.StatusNotFound { // there is no such file: counted before it is looked for
			passed++
		} else {
			t.Fatalf("a call: %d", status)
		}
	}
	if passed < limit-limit/20 || passed > limit+limit/6 || refused[a] == 0 || refused[b] == 0 { // a minute's end may slide by meanwhile
		t.Errorf("%d calls passed, want %d; refused %d and %d", passed, limit, refused[a], refused[b])
	}

	// a key that is revoked at one is over at the other
	if err := accounts.RevokeKey(t.Context(), who, prefixes[0]); err != nil {
		t.Fatal(err)
	}
	for _, p := range both {
		if status, _ := ask(p, keys[0]); status != http.StatusUnauthorized {
			t.Errorf("a revoked key at %s: %d", p.base, status)
		}
	}
}
