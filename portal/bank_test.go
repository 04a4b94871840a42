package portal_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"shuyuan/internal/account"
	"shuyuan/marketplace/ledger"
	"shuyuan/marketplace/offering/offeringtest"
	"shuyuan/marketplace/payment"
)

// The pages of payments by transfer: an operator's two people open an account, bring a
// statement and agree what a line is for; the exchange and the regulator read it and the
// books; nobody else is told.
func TestPagesOfTheBankAndOfTheBooks(t *testing.T) {
	x := offeringtest.New(t)
	book := ledger.New(x.Clock)
	bank := &payment.Bank{Pool: x.Pool, Book: book, Now: x.Clock, Layouts: payment.Layouts}
	p := wholeOn(t, x.Catalogue, func(s *setup) { s.Bank, s.Ledger = bank, &ledger.Reader{Pool: x.Pool, Book: book} })
	if _, err := x.Pool.Exec(t.Context(), `UPDATE users SET sample = true`); err != nil { // whose roles do not rest without a second step
		t.Fatal(err)
	}
	for who, a := range map[persona]account.Actor{"exchange": x.Registrar, "regulator": x.Regulator, "buyer": x.Person(t, "别人")} {
		var identifier string
		if err := x.Pool.QueryRow(t.Context(), `UPDATE users u SET password = o.password FROM users o WHERE o.identifier = 'own@tests.example' AND u.id = $1 RETURNING u.identifier`, a.ID).Scan(&identifier); err != nil {
			t.Fatal(err)
		}
		p.tokens[who] = p.signIn(t, identifier)
	}
	var ben account.Actor
	for _, who := range []persona{"ann", "ben", "other"} {
		var id int64
		name := string(who) + "@bank.example"
		if err := x.Pool.QueryRow(t.Context(), `INSERT INTO users (identifier, name, side, sample, password, created_at, confirmed_at) SELECT $1, $1, 'operate', true, password, created_at, created_at FROM users WHERE identifier = 'own@tests.example' RETURNING id`, name).Scan(&id); err != nil {
			t.Fatal(err)
		}
		if _, err := x.Pool.Exec(t.Context(), `INSERT INTO user_roles (user_id, role, side, granted_at) VALUES ($1, $2, 'operate', now())`, id, account.Operator); err != nil {
			t.Fatal(err)
		}
		if who == "ben" {
			ben = account.Actor{ID: id, Name: "ben", Side: account.Operate, Roles: []account.Role{account.Operator}}
		}
		if who == "ann" || who == "ben" {
			if _, err := x.Pool.Exec(t.Context(), `INSERT INTO credit_codes VALUES ('91350100M000100Y95', 'organisation') ON CONFLICT DO NOTHING`); err != nil {
				t.Fatal(err)
			}
			if _, err := x.Pool.Exec(t.Context(), `INSERT INTO organisations (kind, name, credit_code, side, status, submitted_at, decided_at, created_at) SELECT 'legal', '海峡运营公司', '91350100M000100Y95', 'operate', 'verified', now(), now(), now() WHERE NOT EXISTS (SELECT FROM organisations WHERE credit_code = '91350100M000100Y95')`); err != nil {
				t.Fatal(err)
			}
			if _, err := x.Pool.Exec(t.Context(), `INSERT INTO organisation_members (organisation_id, user_id, side, role, joined_at) SELECT id, $1, 'operate', 'member', now() FROM organisations WHERE credit_code = '91350100M000100Y95'`, id); err != nil {
				t.Fatal(err)
			}
		}
		p.tokens[who] = p.signIn(t, name)
	}
	opens := func(at string, want map[persona]int) {
		t.Helper()
		for who, status := range want {
			if r := p.get(t, who, at); r.status != status {
				t.Errorf("%s of the %s: %d", at, who, r.status)
			}
		}
	}
	opens("/desk/bank", map[persona]int{"ann": 200, "exchange": 200, "regulator": 200, "other": 200, "buyer": 403})
	opens("/desk/ledger", map[persona]int{"ann": 200, "exchange": 200, "regulator": 200, "buyer": 403})
	form := url.Values{"bank": {"某银行"}, "account": {"12"}, "holder": {"海峡运营公司"}, "currency": {"CNY"}, "sent": {"1"}}
	if r := p.post(t, "ann", "/desk/bank", form); r.status != 422 || r.doc(t).Find("#bank").AttrOr("value", "") != "某银行" {
		t.Errorf("a short number: %d", r.status)
	}
	form.Set("account", "35010000 1111")
	p.post303(t, "ann", "/desk/bank", form)
	var number string
	if err := x.Pool.QueryRow(t.Context(), `SELECT number FROM collection_accounts`).Scan(&number); err != nil {
		t.Fatal(err)
	}
	at := "/desk/bank/accounts/" + number
	opens(at, map[persona]int{"ann": 200, "ben": 200, "exchange": 200, "regulator": 200, "other": 404, "buyer": 403})
	if err := bank.MoveAccount(t.Context(), ben, number, "confirm", ""); err != nil {
		t.Fatal(err)
	}
	send := func(who persona, content string) reply {
		t.Helper()
		var body bytes.Buffer
		m := multipart.NewWriter(&body)
		for _, f := range [][2]string{{"csrf", p.Accounts.CSRF(p.tokens[who])}, {"sent", "x"}} {
			if err := m.WriteField(f[0], f[1]); err != nil {
				t.Fatal(err)
			}
		}
		part, err := m.CreateFormFile("file", "流水.csv")
		if err == nil {
			_, err = part.Write([]byte(content))
		}
		if err != nil || m.Close() != nil {
			t.Fatal(err)
		}
		return p.send(t, httptest.NewRequest(http.MethodPost, at+"/statements", &body), "Cookie", "__Host-session="+p.tokens[who], "Content-Type", m.FormDataContentType())
	}
	if r := send("ann", "甲,乙\n1,2\n"); r.status != 422 || !strings.Contains(r.body, "表头") {
		t.Errorf("no statement: %d", r.status)
	}
	if r := send("other", "x"); r.status != 404 {
		t.Errorf("by another operator: %d", r.status)
	}
	if r := send("ann", "流水号,入账日期,金额,对方户名,附言\nT1,20260301,10.00,无名氏,<b>房租</b>\n"); r.status != 303 {
		t.Fatalf("a statement: %d %s", r.status, r.body)
	}
	line := "/desk/bank/lines/YH-1"
	opens(line, map[persona]int{"ann": 200, "regulator": 200, "other": 404, "buyer": 403})
	propose := url.Values{"action": {"propose"}, "revision": {"2"}, "kind": {"not_ours", ""}, "ref": {"", ""}, "amount": {"", ""}, "letter": {"", ""}}
	if r := p.post(t, "ann", line, propose); r.status != 422 || strings.Contains(r.body, "<b>房租") {
		t.Errorf("without why: %d", r.status)
	}
	propose.Set("letter", "房屋租金")
	p.post303(t, "ann", line, propose)
	if r := p.post(t, "ann", line, url.Values{"action": {"agree"}, "revision": {"3"}}); r.status != 403 {
		t.Errorf("who proposed agrees: %d", r.status)
	}
	if r := p.post(t, "other", line, url.Values{"action": {"agree"}, "revision": {"3"}}); r.status != 404 {
		t.Errorf("another operator agrees: %d", r.status)
	}
	if r := p.post(t, "ben", line, url.Values{"action": {"agree"}, "revision": {"2"}}); r.status != 409 {
		t.Errorf("an old page: %d", r.status)
	}
	p.post303(t, "ben", line, url.Values{"action": {"agree"}, "revision": {"3"}})
	trial := p.get(t, "regulator", "/desk/ledger").doc(t)
	if n := trial.Find("table.led tbody tr").Length(); n != 2 {
		t.Errorf("%d accounts", n)
	}
	steps := p.get(t, "regulator", trial.Find("table.led tbody a").First().AttrOr("href", ""))
	if steps.status != 200 || steps.doc(t).Find("table.led tbody tr").Length() != 2 {
		t.Errorf("the entries of an account: %d", steps.status)
	}
	opens(steps.doc(t).Find("table.led tbody a").First().AttrOr("href", ""), map[persona]int{"regulator": 200, "exchange": 200, "ann": 200, "other": 404, "buyer": 403})
	opens("/desk/ledger/of/YH-1", map[persona]int{"regulator": 200, "ann": 200, "other": 404})
	opens("/desk/ledger/account?code=suspense&currency=CNY", map[persona]int{"regulator": 200, "ann": 404})
	opens("/desk/ledger?on=2026-13-01", map[persona]int{"regulator": 400})
	opens("/desk/bank/files/instructions.csv", map[persona]int{"ann": 200, "buyer": 403})
	opens("/desk/ledger/files/trial-balance.csv", map[persona]int{"exchange": 200, "buyer": 403})
}
