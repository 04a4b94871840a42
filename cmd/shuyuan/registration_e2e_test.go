//go:build e2e

package main

import (
	"strings"
	"testing"
	"time"

	"shuyuan/internal/account"
)

// Who registers products in a past.
const theRegistrar, exchangeCode = "registrar@exchange.example", "91350100M000100Y69"

// exchanges makes the exchange and whoever registers products there.
func (p *past) exchanges() {
	p.t.Helper()
	accounts := account.NewService(p.pool, account.Config{Argon2: account.Argon2{MemoryKiB: 64, Passes: 1, Lanes: 1}}, p.now)
	id, err := accounts.CreateUser(p.t.Context(), account.System("test"), account.NewUser{Identifier: theRegistrar, Name: "登记癸", Roles: []account.Role{account.ExchangeStaff}, Password: password})
	if err != nil {
		p.t.Fatal(err)
	}
	p.exec(`WITH made AS (INSERT INTO organisations (kind, name, credit_code, side, status, submitted_at, decided_at, created_at) VALUES ('legal', '示例数据交易所', $1, 'exchange', 'verified', now(), now(), now()) RETURNING id)
		INSERT INTO organisation_members (organisation_id, user_id, side, role, joined_at) SELECT id, $2, 'exchange', 'owner', now() FROM made`, exchangeCode, id)
}

// theRegistration is how a product is registered: its developer applies, the exchange
// accepts, checks and announces it, somebody objects and is answered, and when the notice
// is full the exchange issues a certificate, which anybody finds by its number.
func theRegistration(t *testing.T, p *past, product string, enter func(string) *tab) {
	p.exchanges()
	lab := enter(labOwner)
	lab.open("/account" + product)
	lab.fill("process", "示例：数据使用协议。")
	lab.fill("operate", "示例：授权运营协议。")
	lab.follow(`#edit form button`)
	lab.follow(`button[name=action][value=submit]`)
	lab.clean("a product that is looked at")
	lab.open("/account" + product + "/registration")
	lab.forgive("status of 422")
	lab.follow(`#apply form button.main`)
	lab.clean("an application in which all is missing")
	lab.says("an application in which all is missing", "请选数据的级别。")
	lab.fill("level", "general")
	lab.fill("abroad", "no")
	lab.fill("lawful", "示例：经授权在安全开发空间取得。")
	lab.fill("unidentifiable", "示例：只有按站的合计。")
	lab.fill("irreversible", "示例：合计不能还原到人。")
	lab.set("#declared", "")
	lab.follow(`#apply form button.main`)
	lab.clean("what was applied for")
	lab.follow(`#registrations a[href^="/account/registrations/DJ-"]`)
	number := lab.number()
	lab.clean("an application of the developer")
	own, public := "/account/registrations/"+number, "/registrations/"+number
	moves := func(b *tab, who string, want ...string) {
		t.Helper()
		got := eval[[]string](b, `[...document.querySelectorAll('#act button[name=action]')].map(e => e.value)`)
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%s is offered %v, not %v", who, got, want)
		}
	}
	moves(lab, "the developer", "withdraw")
	if code := lab.posts(own, "action", "accept", "revision", "1"); code != 403 {
		t.Errorf("the developer accepts its own application: %d", code)
	}
	visitor := newTabOn(t, p.process)
	if code := visitor.status(public); code != 404 {
		t.Errorf("before its notice an application is public: %d", code)
	}

	exchange := enter(theRegistrar)
	exchange.open("/desk/inbox")
	exchange.clean("the inbox of the exchange")
	exchange.open("/desk/exchange")
	exchange.clean("the desk of the exchange")
	exchange.follow(`main a[href="/desk/exchange/` + number + `"]`)
	exchange.says("an application to accept", "示例出行研究所", "办理的期限", "具备")
	moves(exchange, "the exchange", "accept", "return", "refuse")
	exchange.follow(`#act button[value=accept]`)
	exchange.clean("an application to check")
	moves(exchange, "the exchange", "announce", "refuse")
	exchange.follow(`#act button[value=announce]`)
	exchange.says("an application in notice", "公示")
	moves(exchange, "the exchange", "refuse") // no certificate before the notice is full
	exchange.shot("registration-1-notice")

	visitor.open("/registrations")
	visitor.clean("the notices")
	visitor.follow(`main a[href="` + public + `"]`)
	visitor.says("a notice", "各站人数表", "示例出行研究所")
	visitor.clean("a notice")
	visitor.set("#name", "示例市民")
	visitor.set("#contact", "示例电话")
	visitor.set("#words", "示例：东站的人数看着太多，请核对来源。")
	visitor.follow(`#object form button`)
	visitor.says("a notice with an objection", "东站的人数看着太多", "等待答复")
	if page := visitor.text("main"); strings.Contains(page, "示例电话") || strings.Contains(page, "示例市民") {
		t.Errorf("who objects is public: %s", page)
	}
	visitor.clean("a notice with an objection")
	lab.open(own)
	if page := lab.text("main"); strings.Contains(page, "示例电话") {
		t.Errorf("the developer sees who objects: %s", page)
	}

	last := eval[string](visitor, `[...document.querySelectorAll('.kv time')].at(-1).dateTime`)
	day, err := time.Parse(time.DateOnly, last)
	if err != nil || last != "2026-12-07" { // ten working days after Monday 2026-11-23
		t.Fatalf("the notice lasts until %q: %v", last, err)
	}
	p.turn(day.AddDate(0, 0, 1).Format(time.DateOnly))
	exchange = enter(theRegistrar)
	exchange.open("/desk/exchange/" + number)
	exchange.says("an objection to answer", "示例电话")
	moves(exchange, "the exchange") // nothing before the objection is answered
	exchange.fill("answer-1", "示例：逐站核对了来源和作业，人数无误。")
	exchange.clean("an objection to answer")
	exchange.follow(`#objections form button`)
	moves(exchange, "the exchange", "issue", "refuse")
	exchange.follow(`#act button[value=issue]`)
	exchange.clean("a product that was registered")
	exchange.follow(`main a[href^="/certificates/DJZ-"]`)
	certificate := exchange.number()

	visitor.open(public)
	visitor.says("a notice that is over", "异议不成立", "逐站核对了来源", certificate)
	visitor.open("/verify")
	visitor.fill("q", strings.ToLower(certificate))
	visitor.follow("form[data-wanted] button[type=submit]")
	if visitor.at() != "/certificates/"+certificate {
		t.Errorf("the number of a certificate leads to %s", visitor.at())
	}
	visitor.says("a certificate", "真实有效", "示例数据交易所", "示例出行研究所")
	visitor.clean("a certificate")
	visitor.shot("registration-2-certificate")
	onAPhone(visitor, "/registrations", public, "/certificates/"+certificate)
	onAPhone(enter(labOwner), own, "/account"+product+"/registration")
	onAPhone(exchange, "/desk/exchange?all=1", "/desk/exchange/"+number)
}
