package account_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
)

// notices are the letters that were announced since the last look.
func (w world) notices() []account.Notice {
	w.t.Helper()
	rows, err := w.pool.Query(context.Background(), `
		WITH gone AS (DELETE FROM river_job WHERE kind = 'account_notice' RETURNING id, args)
		SELECT args FROM gone ORDER BY id`)
	if err != nil {
		w.t.Fatal(err)
	}
	raw, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	if err != nil {
		w.t.Fatal(err)
	}
	var out []account.Notice
	seen := map[string]bool{}
	for _, r := range raw {
		var n account.Notice
		if err := json.Unmarshal(r, &n); err != nil {
			w.t.Fatal(err)
		}
		if n.ID == "" || seen[n.ID] {
			w.t.Errorf("a letter without a name of its own: %+v", n)
		}
		seen[n.ID], n.ID, n.At = true, "", n.At.UTC()
		out = append(out, n)
	}
	return out
}

func (w world) told(what string, want ...account.Notice) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.notices()); diff != "" {
		w.t.Errorf("%s: %s", what, diff)
	}
}

func TestOwnersAreToldWhatHappensToTheirAccounts(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	const wang = "wang@tests.example"
	id := w.officer(wang)
	at := w.clock.now()
	w.told("an account is made")
	_, a := w.enter(wang)
	w.told("the first network", account.Notice{What: account.NewNetwork, To: wang, At: at, Network: home})
	w.enter(wang)
	w.told("the same network")
	if _, err := w.SignIn(ctx, wang, wrong, "198.51.100.9", agent); err == nil {
		t.Fatal("a wrong password opens")
	}
	w.told("nobody got in")
	if _, err := w.SignIn(ctx, wang, right, "2001:db8:1:2::3", agent); err != nil {
		t.Fatal(err)
	}
	w.told("another network", account.Notice{What: account.NewNetwork, To: wang, At: at, Network: "2001:db8:1:2::/64"})

	_, key, err := w.CreateKey(ctx, a, "脚本", []string{account.ScopeRead}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	w.told("a key", account.Notice{What: account.KeyMade, To: wang, At: at, Network: home, Key: key.Prefix})
	if _, _, err := w.CreateKey(ctx, a, "脚本", []string{account.ScopeRead}, time.Hour); err == nil {
		t.Fatal("two keys of one name")
	}
	w.told("no key was made")
	if n, err := w.EndOtherSessions(ctx, a); err != nil || n != 2 {
		t.Fatal(n, err)
	}
	w.told("all others ended", account.Notice{What: account.SessionsEnded, To: wang, At: at, Network: home})
	if n, err := w.EndOtherSessions(ctx, a); err != nil || n != 0 {
		t.Fatal(n, err)
	}
	w.told("there was none to end")
	if err := w.ChangePassword(ctx, a, right, "battery staple correct"); err != nil {
		t.Fatal(err)
	}
	w.told("own password", account.Notice{What: account.PasswordSet, To: wang, At: at, Network: home})
	if err := w.SetPassword(ctx, root, id, right); err != nil {
		t.Fatal(err)
	}
	w.told("password by command", account.Notice{What: account.PasswordSet, To: wang, At: at})
}

func TestAPhoneGetsNoMail(t *testing.T) {
	w := newWorld(t)
	id := w.officer("13800000000")
	w.enter("13800000000")
	if err := w.SetPassword(context.Background(), root, id, "battery staple correct"); err != nil {
		t.Fatal(err)
	}
	w.told("a phone")
}
