package account_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

func TestIdentifiersHaveOneSpelling(t *testing.T) {
	for in, want := range map[string]string{
		"Wang.Shu@Tests.Example":                   "wang.shu@tests.example",
		" ｗａｎｇ＠ｔｅｓｔｓ．ｅｘａｍｐｌｅ ":                     "wang@tests.example",
		"wang+open@tests.example":                  "wang+open@tests.example",
		"wang@数据.example":                          "wang@xn--vxup8b.example",
		"wang@XN--VXUP8B.example":                  "wang@xn--vxup8b.example",
		"138 0013 8000":                            "+8613800138000",
		"+86 138-0013-8000":                        "+8613800138000",
		"１３８００１３８０００":                              "+8613800138000",
		"+44 20 7946 0000":                         "+442079460000",
		"wang":                                     "",
		"@tests.example":                           "",
		"wang@":                                    "",
		"wang@localhost":                           "",
		"wаng@tests.example":                       "", // a Cyrillic а
		"wang\x00@tests.example":                   "",
		"wang\r\n@tests.example":                   "",
		"a b@tests.example":                        "",
		".wang@tests.example":                      "",
		"wang@tests..example":                      "",
		"12345":                                    "",
		strings.Repeat("a", 1<<20):                 "",
		strings.Repeat("a", 65) + "@tests.example": "",
	} {
		got, err := account.Identifier(in)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%.40q: %q, %v; want %q", in, got, err, want)
		}
	}
}

func TestTwoSpellingsAreOneAccount(t *testing.T) {
	w := newWorld(t)
	w.officer("wang@tests.example")
	for _, twin := range []string{"WANG@tests.example", "ｗang@tests.example", " wang@TESTS.example"} {
		_, err := w.CreateUser(context.Background(), root, account.NewUser{Identifier: twin, Name: "又一个", Password: right})
		wantKind(t, err, fault.Conflict)
	}
}

func TestWhatAnAccountCannotBe(t *testing.T) {
	w := newWorld(t)
	of := w.department()
	officer, admin := []account.Role{account.Officer}, []account.Role{account.Administrator}
	for name, n := range map[string]account.NewUser{
		"officer of nothing":    {Roles: officer},
		"administrator of data": {Roles: []account.Role{account.Officer, account.Administrator}, Department: of},
		"administrator within":  {Roles: admin, Department: of},
		"unknown role":          {Roles: []account.Role{"emperor"}},
		"a role twice":          {Roles: []account.Role{account.Administrator, account.Administrator}},
		"no such department":    {Roles: officer, Department: of + 1000},
		"name over two lines":   {Name: "王\r\nBcc: all"},
		"no name":               {Name: " "},
		"name turned around":    {Name: "王\u202e"},
		"weak password":         {Password: "1234567890"},
		"password of NUL bytes": {Password: strings.Repeat("\x00", 12)},
		"endless name":          {Name: strings.Repeat("长", 101)},
		"not an identifier":     {Identifier: "wang"},
	} {
		if n.Identifier == "" {
			n.Identifier = "wang@tests.example"
		}
		if n.Name == "" {
			n.Name = "王"
		}
		if _, err := w.CreateUser(context.Background(), root, n); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := w.count(`SELECT count(*) FROM users`); n != 0 {
		t.Errorf("%d accounts were made", n)
	}
	// One rare character, a middle dot: names that people have.
	for i, name := range []string{"𠮷𡈽", "阿卜杜热合曼·买买提", "Ada Lovelace"} {
		if _, err := w.CreateUser(context.Background(), root, account.NewUser{Identifier: "1380013800" + string(rune('0'+i)), Name: name}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheDatabaseKeepsTheSidesApart(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	admin, officer := w.administrator("root@tests.example"), w.officer("wang@tests.example")
	for name, sql := range map[string]string{
		"an administrator becomes an officer": `INSERT INTO user_roles (user_id, role, department_id, side, granted_at) SELECT $1, 'officer', id, 'manage', now() FROM departments`,
		"… on the side of the system":         `INSERT INTO user_roles (user_id, role, side, granted_at) SELECT $1, 'officer', 'system', now()`,
		"the manager operates":                `INSERT INTO user_roles (user_id, role, side, granted_at) SELECT $2, 'operator', 'operate', now()`,
		"the manager supervises":              `INSERT INTO user_roles (user_id, role, side, department_id, granted_at) SELECT $2, 'regulator', 'regulate', department_id, now() FROM users WHERE id = $2`,
		"the system administrator audits":     `INSERT INTO user_roles (user_id, role, side, granted_at) SELECT $1, 'audit_administrator', 'audit', now()`,
		"an account changes sides":            `UPDATE users SET side = 'operate' WHERE id = $2`,
		"an officer becomes an administrator": `INSERT INTO user_roles (user_id, role, side, granted_at) SELECT $2, 'administrator', 'system', now()`,
		"an officer of no department":         `UPDATE user_roles SET department_id = NULL WHERE user_id = $2`,
		"a role that does not exist":          `UPDATE user_roles SET role = 'emperor' WHERE user_id = $2`,
		"a password in the clear":             `UPDATE users SET password = 'secret' WHERE id = $2`,
		"a second spelling":                   `UPDATE users SET identifier = 'Wang@tests.example' WHERE id = $2`,
	} {
		if _, err := w.pool.Exec(ctx, strings.NewReplacer("$1", itoa(admin), "$2", itoa(officer)).Replace(sql)); err == nil {
			t.Errorf("%s: the database let it pass", name)
		}
	}
	wantKind(t, w.SetRoles(ctx, root, officer, []account.Role{account.Administrator}, 0, "升任"), fault.Conflict)
}

func TestOnlyAdministratorsManageAccounts(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	admin := w.administrator("root@tests.example")
	id := w.officer("wang@tests.example")
	_, officer := w.enter("wang@tests.example")
	_, boss := w.enter("root@tests.example")
	byKey := boss
	byKey.Session, byKey.Key, byKey.Scopes = "", "sy_abcdefgh", []string{account.ScopeRead}
	for name, who := range map[string]account.Actor{"a visitor": {}, "an officer": officer, "an administrator's key": byKey} {
		_, created := w.CreateUser(ctx, who, account.NewUser{Identifier: "new@tests.example", Name: "新"})
		_, listed := w.Users(ctx, who)
		_, demo := w.ResetDemo(ctx, who, nil)
		for _, err := range []error{
			created, listed, demo, w.Disable(ctx, who, id), w.Enable(ctx, who, id),
			w.SetPassword(ctx, who, id, right), w.SetRoles(ctx, who, id, nil, 0, "调离"),
		} {
			if fault.KindOf(err) != fault.Forbidden {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	users, err := w.Users(ctx, boss)
	if err != nil || len(users) != 2 || users[0].ID != admin || users[1].Department != w.department() {
		t.Errorf("%v, %+v", err, users)
	}
	wantKind(t, w.Disable(ctx, boss, id+1000), fault.NotFound)
}

func TestTheLastAdministratorStays(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	one, two := w.administrator("one@tests.example"), w.administrator("two@tests.example")
	errs := make([]error, 2)
	var wg sync.WaitGroup
	for i, id := range []int64{one, two} { // each shuts the other out, at once
		wg.Go(func() { errs[i] = w.Disable(ctx, root, id) })
	}
	wg.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Errorf("got %v", errs)
	}
	if n := w.count(`SELECT count(*) FROM users WHERE disabled_at IS NULL`); n != 1 {
		t.Errorf("%d administrators left", n)
	}
}

func TestChangingOnesPassword(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	w.officer("wang@tests.example")
	s, a := w.enter("wang@tests.example")
	stolen, _ := w.enter("wang@tests.example")
	err := w.ChangePassword(ctx, a, wrong, "another good password")
	if fault.KindOf(err) != fault.Invalid || fault.Of(err).Field != "old" {
		t.Errorf("a wrong old password: %v", err)
	}
	if err := w.ChangePassword(ctx, a, right, "another good password"); err != nil {
		t.Fatal(err)
	}
	if w.actor(s.Token).IsVisitor() || !w.actor(stolen.Token).IsVisitor() {
		t.Error("the other sessions should end, the one in use should not")
	}
	if _, err := w.SignIn(ctx, "wang@tests.example", right, home, agent); fault.KindOf(err) != fault.Unauthenticated {
		t.Errorf("the old password: %v", err)
	}
	if _, err := w.SignIn(ctx, "wang@tests.example", "another good password", home, agent); err != nil {
		t.Errorf("the new password: %v", err)
	}
	for range 10 {
		err = w.ChangePassword(ctx, a, wrong, "yet another password")
	}
	wantKind(t, err, fault.TooMany)
	wantKind(t, w.ChangePassword(ctx, account.Actor{}, right, right), fault.Unauthenticated)
}

func TestKeysReachAsFarAsTheirScopes(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	id := w.officer("wang@tests.example")
	_, a := w.enter("wang@tests.example")
	secret, key, err := w.CreateKey(ctx, a, "夜间脚本", []string{account.ScopeRead, account.ScopeRead}, 48*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(secret, key.Prefix) || len(secret) != 49 || len(key.Scopes) != 1 {
		t.Errorf("%s, %+v", secret, key)
	}
	got, err := w.replica().ActorByKey(ctx, secret)
	if err != nil || got.ID != id || got.Key != key.Prefix || got.Session != "" || !got.Is(account.Officer) ||
		!got.Covers(account.ScopeRead) || got.Covers(account.ScopePublish) || !a.Covers(account.ScopePublish) {
		t.Errorf("%v, %+v", err, got)
	}
	if n := w.count(`SELECT count(*) FROM api_keys WHERE hash = sha256(convert_to($1, 'UTF8')) AND last_used_on = '2026-03-02'`, secret); n != 1 {
		t.Error("the key is not kept as a hash with the day of its use")
	}
	keys, err := w.Keys(ctx, a)
	if err != nil || len(keys) != 1 || keys[0].Name != "夜间脚本" || keys[0].LastUsed == nil || keys[0].Revoked != nil {
		t.Errorf("%v, %+v", err, keys)
	}
}

func TestKeysThatOpenNothing(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	w.officer("wang@tests.example")
	_, a := w.enter("wang@tests.example")
	_, other := w.enterAs("zhao@tests.example")
	secret, key, err := w.CreateKey(ctx, a, "脚本", []string{account.ScopeRead}, 48*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	wantKind(t, w.RevokeKey(ctx, other, key.Prefix), fault.NotFound)
	var last error
	for name, s := range map[string]string{
		"none": "", "huge": strings.Repeat("sy_", 1<<19), "wrong checksum": secret[:48] + flipLetter(secret[48:]),
		"wrong letter": secret[:20] + flipLetter(secret[20:21]) + secret[21:], "wrong prefix": "xx_" + secret[3:],
		"unknown but well formed": "sy_000000000000000000000000000000000000000044WfKs", "control bytes": "sy_\x00" + secret[4:],
	} {
		_, err := w.ActorByKey(ctx, s)
		if fault.KindOf(err) != fault.Unauthenticated {
			t.Errorf("%s: %v", name, err)
		}
		last = err
	}
	if err := w.RevokeKey(ctx, a, key.Prefix); err != nil {
		t.Fatal(err)
	}
	w.clock.pass(time.Second)
	_, err = w.replica().ActorByKey(ctx, secret) // revoked one second ago, elsewhere
	wantKind(t, err, fault.Unauthenticated)
	if err.Error() != last.Error() {
		t.Error("a revoked key and a misspelt one are told apart")
	}
	wantKind(t, w.RevokeKey(ctx, a, key.Prefix), fault.NotFound)

	short, _, err := w.CreateKey(ctx, a, "短", []string{account.ScopeRead}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	w.clock.pass(time.Hour)
	_, err = w.ActorByKey(ctx, short)
	wantKind(t, err, fault.Unauthenticated)

	leaked, _, err := w.CreateKey(ctx, w.again(a), "漏", []string{account.ScopeRead}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.RevokeKeyOf(ctx, leaked, "in an address"); err != nil {
		t.Fatal(err)
	}
	_, err = w.ActorByKey(ctx, leaked)
	wantKind(t, err, fault.Unauthenticated)
}

func TestKeysThatCannotBeMade(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	w.administrator("root@tests.example")
	w.officer("wang@tests.example")
	_, boss := w.enter("root@tests.example")
	_, a := w.enter("wang@tests.example")
	byKey := a
	byKey.Session, byKey.Key = "", "sy_abcdefgh"
	read := []string{account.ScopeRead}
	for name, c := range map[string]struct {
		who    account.Actor
		name   string
		scopes []string
		valid  time.Duration
		want   fault.Kind
	}{
		"visitor":       {account.Actor{}, "脚本", read, time.Hour, fault.Unauthenticated},
		"by a key":      {byKey, "脚本", read, time.Hour, fault.Unauthenticated},
		"no name":       {a, "", read, time.Hour, fault.Invalid},
		"no scope":      {a, "脚本", nil, time.Hour, fault.Invalid},
		"unknown scope": {a, "脚本", []string{"everything"}, time.Hour, fault.Invalid},
		"beyond roles":  {boss, "脚本", []string{account.ScopePublish}, time.Hour, fault.Forbidden},
		"for ever":      {a, "脚本", read, 10 * 366 * 24 * time.Hour, fault.Invalid},
		"for no time":   {a, "脚本", read, -time.Hour, fault.Invalid},
	} {
		_, _, err := w.CreateKey(ctx, c.who, c.name, c.scopes, c.valid)
		if fault.KindOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	var wg sync.WaitGroup
	for n := range 30 {
		wg.Go(func() { w.CreateKey(ctx, a, "脚本"+strconv.Itoa(n), []string{account.ScopeRead}, time.Hour) }) //nolint:errcheck // counted below
	}
	wg.Wait()
	if n := w.count(`SELECT count(*) FROM api_keys`); n != 20 {
		t.Errorf("%d keys, want 20", n)
	}
}

func TestAFormThatArrivesTwiceMakesOneKey(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	_, a := w.enterAs("wang@tests.example")
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() { w.CreateKey(ctx, a, " 脚本 ", []string{account.ScopeRead}, time.Hour) }) //nolint:errcheck // counted below
	}
	wg.Wait()
	if n := w.count(`SELECT count(*) FROM api_keys`); n != 1 {
		t.Errorf("%d keys, want 1", n)
	}
	_, _, err := w.CreateKey(ctx, a, "脚本", []string{account.ScopeRead}, time.Hour)
	if f := fault.Of(err); f.Kind != fault.Invalid || f.Field != "name" {
		t.Errorf("got %v", err)
	}
	w.clock.pass(time.Hour)
	if _, _, err := w.CreateKey(ctx, w.again(a), "脚本", []string{account.ScopeRead}, time.Hour); err != nil {
		t.Errorf("the name of an expired key is not free: %v", err)
	}
	_, other := w.enterAs("zhao@tests.example")
	if _, _, err := w.CreateKey(ctx, other, "脚本", []string{account.ScopeRead}, time.Hour); err != nil {
		t.Errorf("the name of somebody else's key is not free: %v", err)
	}
}

func TestOneSeesOnesOwnAccount(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	_, a := w.enterAs("wang@tests.example")
	w.officer("zhao@tests.example")
	u, err := w.Own(ctx, a)
	if err != nil || u.ID != a.ID || u.Identifier != "wang@tests.example" || u.Department != a.Department || len(u.Roles) != 1 {
		t.Errorf("%v, %+v", err, u)
	}
	_, err = w.Own(ctx, account.Actor{})
	wantKind(t, err, fault.Unauthenticated)
}

func TestDemoAccountsGetFreshPasswords(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	demo := []account.NewUser{
		{Identifier: "admin@shuyuan.example", Name: "系统管理员（示例）", Roles: []account.Role{account.Administrator}},
		{Identifier: "officer@shuyuan.example", Name: "数据专员（示例）", Roles: []account.Role{account.Officer}, Department: w.department()},
	}
	first, err := w.ResetDemo(ctx, root, demo)
	if err != nil || len(first) != 2 || first[0].Password == first[1].Password || len(first[0].Password) != 19 {
		t.Fatalf("%v, %+v", err, first)
	}
	second, err := w.ResetDemo(ctx, root, demo)
	if err != nil || second[0].Password == first[0].Password {
		t.Fatalf("%v, %+v", err, second)
	}
	if _, err := w.SignIn(ctx, "admin@shuyuan.example", first[0].Password, home, agent); err == nil {
		t.Error("the first password still opens the account")
	}
	s, err := w.SignIn(ctx, "admin@shuyuan.example", second[0].Password, home, agent)
	if err != nil || !w.actor(s.Token).Is(account.Administrator) {
		t.Error(err)
	}
	if n := w.count(`SELECT count(*) FROM users WHERE sample`); n != 2 {
		t.Errorf("%d accounts are marked as samples", n)
	}
	_, err = w.ResetDemo(ctx, root, []account.NewUser{{Identifier: "wang@fujian.gov.cn", Name: "真"}})
	wantKind(t, err, fault.Invalid)
	w.officer("real@tests.example")
	if _, err = w.ResetDemo(ctx, root, []account.NewUser{{Identifier: "real@tests.example", Name: "真"}}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("an account that is no sample was touched: %v", err)
	}
}

// The role table of the program and that of the database are one.
func TestTheRoleTableIsTheDatabases(t *testing.T) {
	w := newWorld(t)
	rows, err := w.pool.Query(context.Background(), `SELECT role, side, body FROM roles`)
	if err != nil {
		t.Fatal(err)
	}
	there := map[account.Role]account.Part{}
	var p account.Part
	if _, err := pgx.ForEachRow(rows, []any{&p.Role, &p.Side, &p.Body}, func() error { there[p.Role] = p; return nil }); err != nil {
		t.Fatal(err)
	}
	for _, p := range account.Parts {
		if got := there[p.Role]; p.Role != account.Visitor && (got.Side != p.Side || got.Body != p.Body || got.Role != p.Role) {
			t.Errorf("%s: the database says %+v", p.Role, got)
		}
		delete(there, p.Role)
	}
	if len(there) > 0 {
		t.Errorf("only the database knows %v", there)
	}
}

// Every two roles of different sides exclude each other, in the program and in
// the database.
func TestSidesExcludeEachOther(t *testing.T) {
	w := newWorld(t)
	w.officer("wang@tests.example")
	var body int64
	if err := w.pool.QueryRow(context.Background(), `SELECT min(id) FROM departments`).Scan(&body); err != nil {
		t.Fatal(err)
	}
	for i, a := range account.Parts[1:] {
		for j, b := range account.Parts[1:] {
			if i == j {
				continue
			}
			of := int64(0)
			if account.NeedsBody([]account.Role{a.Role, b.Role}) {
				of = body
			}
			_, err := w.CreateUser(context.Background(), root, account.NewUser{Identifier: fmt.Sprintf("p%dx%d@tests.example", i, j), Name: "甲", Roles: []account.Role{a.Role, b.Role}, Department: of})
			if (err == nil) != (a.Side == b.Side) {
				t.Errorf("%s and %s: %v", a.Role, b.Role, err)
			}
		}
	}
}

func TestThePermissionTableIsWhole(t *testing.T) {
	named := map[account.Role]bool{}
	for _, r := range account.Parts {
		named[r.Role] = r.Zh != "" && r.En != ""
	}
	for _, p := range account.Permissions {
		if p.Zh == "" || p.En == "" || len(p.By) == 0 {
			t.Errorf("%+v", p)
		}
		for _, r := range p.By {
			if !named[r] {
				t.Errorf("%s: role %s has no name", p.Zh, r)
			}
		}
	}
	if p := account.Permissions[0]; !p.May(account.Officer) || !p.May(account.Visitor) {
		t.Error("what visitors may do, everybody may")
	}
}
