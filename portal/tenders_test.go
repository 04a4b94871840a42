package portal_test

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/mail"
	"shuyuan/internal/workdays"
	"shuyuan/licensing"
	"shuyuan/licensing/licensingtest"
	"shuyuan/licensing/tender"
	"shuyuan/portal/notify"
	"shuyuan/templates/text"
)

// bidders are three organisations with their owners.
func (w *whole) bidders(t *testing.T) (who []persona, of []string) {
	t.Helper()
	for i, code := range []string{"91350100M000100Y43", "91350100M000100Y44", "91350100M000100Y45"} {
		p := persona(fmt.Sprintf("bidder%d", i+1))
		if _, err := w.Accounts.CreateUser(t.Context(), account.System("test"), account.NewUser{Identifier: string(p) + "@tests.example", Name: fmt.Sprintf("负责人%d", i+1), Side: account.Use, Password: password}); err != nil {
			t.Fatal(err)
		}
		w.tokens[p] = w.signIn(t, string(p)+"@tests.example")
		var id int64
		if err := w.Pool.QueryRow(t.Context(), `
			WITH made AS (INSERT INTO organisations (kind, name, credit_code, side, status, submitted_at, decided_at, created_at) VALUES ('legal', $3, $4, 'use', 'verified', $2, $2, $2) RETURNING id)
			INSERT INTO organisation_members (organisation_id, user_id, side, role, joined_at) SELECT id, $1, 'use', 'owner', $2 FROM made RETURNING organisation_id`,
			w.actorOf(t, p).ID, w.Clock(), fmt.Sprintf("机构%d", i+1), code).Scan(&id); err != nil {
			t.Fatal(err)
		}
		who, of = append(who, p), append(of, strconv.FormatInt(id, 10))
	}
	return who, of
}

// come makes it a moment of December 2026, at which everybody signs in anew.
func (w *whole) come(t *testing.T, to time.Time) {
	t.Helper()
	w.Set(to)
	if _, err := w.Pool.Exec(t.Context(), `UPDATE users SET sample = true`); err != nil { // whose roles do not rest without a second step
		t.Fatal(err)
	}
	for p := range w.tokens {
		w.tokens[p] = w.signIn(t, string(p)+"@tests.example")
	}
}

func december(day, hour, minute int) time.Time {
	return time.Date(2026, time.December, day, hour, minute, 0, 0, workdays.Zone)
}

// awarding is an application of the first bidder's for commercial use that waits for
// a competition.
func (w *whole) awarding(t *testing.T, who persona, organisation string) *licensing.Application {
	t.Helper()
	ctx := t.Context()
	d, err := w.Datasets.Dataset(ctx, account.Actor{}, "stations")
	if err != nil {
		t.Fatal(err)
	}
	of, _ := strconv.ParseInt(organisation, 10, 64)
	a, err := w.Server.Licensing.Begin(ctx, w.actorOf(t, who), d.Slug, of)
	if err != nil {
		t.Fatal(err)
	}
	if a, err = w.Server.Licensing.SaveDraft(ctx, w.actorOf(t, who), a.Number, licensingtest.Form(d, func(f *licensing.Form) { f.Lane = licensing.Commercial }), a.Revision); err != nil {
		t.Fatal(err)
	}
	if a, _, err = w.Server.Licensing.One(ctx, w.actorOf(t, who), a.Number); err != nil {
		t.Fatal(err)
	}
	shown, err := w.Server.Licensing.Preview(ctx, a)
	if err != nil {
		t.Fatal(err)
	}
	if a, err = w.Server.Licensing.Submit(ctx, w.actorOf(t, who), a.Number, a.Revision, licensing.Digest(shown)); err != nil {
		t.Fatal(err)
	}
	if a, err = w.Server.Licensing.Accept(ctx, w.actorOf(t, own), a.Number, a.Revision); err != nil {
		t.Fatal(err)
	}
	if a, err = w.Server.Licensing.SendToAward(ctx, w.actorOf(t, own), a.Number, a.Revision); err != nil {
		t.Fatal(err)
	}
	return a
}

var tenderAt = regexp.MustCompile(`TD-\d{4}-\d{6}`)

// tenderLetters are what somebody is written about tenders, as it goes out.
func (w *whole) tenderLetters(t *testing.T, to string) (out []mail.Letter) {
	t.Helper()
	rows, err := w.Pool.Query(t.Context(), `SELECT args FROM river_job WHERE kind = 'tender_letter' AND args ->> 'to' = $1 ORDER BY id`, to)
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[tender.Letter])
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range all {
		out = append(out, notify.Tender(n, "https://data.example.gov.cn", text.Chinese, text.English))
	}
	return out
}

// The whole road on pages without script: from the application that needs a
// competition to the award that it is given by itself.
func TestATenderFromTheApplicationToItsAward(t *testing.T) {
	w := newWhole(t)
	w.come(t, december(1, 10, 0))
	w.everyone(t)
	w.File(t, "stations.csv", licensingtest.Table, func(d *datasets.Dataset) { d.Slug, d.Title, d.Open = "stations", "监测站", datasets.Conditional })
	bidder, of := w.bidders(t)
	a := w.awarding(t, bidder[0], of[0])
	second := w.awarding(t, bidder[1], of[1])
	desk := "/desk/applications/" + a.Number
	if n := w.get(t, own, desk).doc(t).Find(`a[href="` + desk + `/tender"]`).Length(); n != 1 {
		t.Fatalf("the application leads to a tender %d times", n)
	}
	page := w.get(t, own, desk+"/tender").doc(t)
	if page.Find("#title").AttrOr("value", "") != "监测站：商业使用" || strings.TrimSpace(page.Find("#entries").Text()) != "stations" || page.Find("#method option").Length() != 2 {
		t.Errorf("the form: %s", page.Find("form").Text())
	}
	f := url.Values{"revision": {strconv.Itoa(a.Revision)}, "kind": {"data_use"}, "method": {"公开招标"}, "title": {"监测站的商业开发"}, "title_en": {"Commercial use of stations"}, "description": {"做日前预报。"}, "requirements": {"已认证的机构。"},
		"entries": {"stations：年份、人口"}, "pricing": {"pays"}, "price_weight": {"20"}, "limit": {"1000"}, "name": {"方案", "安全", "", "", "", ""}, "weight": {"50", "30", "", "", "", ""}, "says": {"可行", "", "", "", "", ""},
		"opens": {"2026-12-01T12:00"}, "closes": {"2026-12-16T10:00"}, "opening_at": {"2026-12-16T14:00"}, "panel": {"head@tests.example\nsecurity_reviewer@tests.example\nsecrecy_reviewer@tests.example\n"}}
	for field, changed := range map[string]url.Values{"criteria": with(f, "price_weight", "21"), "closes": with(f, "closes", "2026-12-01T11:00"), "panel": with(f, "panel", "nobody@tests.example"), "entries": with(f, "entries", "nonesuch"), "limit": with(f, "limit", "一千"), "method": with(f, "method", "抽签")} {
		r := w.post(t, own, desk+"/tender", changed)
		if page := r.doc(t); r.status != 422 || page.Find("#"+field).Length() != 1 || page.Find("form .err").Length() != 1 || page.Find("#description").Text() != "做日前预报。" {
			t.Errorf("%s: %d %s", field, r.status, page.Find(".err,.bad").Text())
		}
	}
	if r := w.post(t, own, desk+"/tender", with(f, "state", "open")); r.status != 400 {
		t.Errorf("a field that there is not: %d", r.status)
	}
	if r := w.post(t, other, desk+"/tender", f); r.status != 404 {
		t.Errorf("of another department: %d", r.status)
	}
	r := w.post(t, own, desk+"/tender", f)
	number := tenderAt.FindString(r.header.Get("Location"))
	if r.status != 303 || number == "" {
		t.Fatalf("%d %s", r.status, r.doc(t).Find(".err,.bad").Text())
	}
	at, act := "/tenders/"+number, "/desk/tenders/"+number
	if r := w.post(t, own, "/desk/applications/"+second.Number+"/tender/join", url.Values{"revision": {strconv.Itoa(second.Revision)}, "tender": {number}}); r.status != 303 {
		t.Errorf("a second application: %d %s", r.status, r.doc(t).Find(".err,.bad").Text())
	}
	if r := w.post(t, own, desk+"/awarded", url.Values{"revision": {strconv.Itoa(a.Revision + 1)}, "method": {"公开招标"}, "notice": {"x"}, "day": {"2026-12-01"}, "bidders": {"机构1"}, "winner": {"机构1"}}); r.status != 409 {
		t.Errorf("written down by hand besides: %d", r.status)
	}
	for _, list := range []string{"/tenders/feed.xml", "/api/v1/tenders"} {
		if r := w.get(t, visitor, list); r.status != 200 || strings.Contains(r.body, number) {
			t.Errorf("the draft in %s: %d", list, r.status)
		}
	}
	for p, want := range map[persona]int{visitor: 404, bidder[0]: 404, other: 404, own: 200} {
		if r := w.get(t, p, at); r.status != want {
			t.Errorf("the draft for %s: %d", p, r.status)
		}
	}
	revision := func() string {
		return strconv.Itoa(w.view(t, number).Revision)
	}
	move := func(pairs ...string) reply {
		r := w.post(t, own, act, with(url.Values{"revision": {revision()}}, pairs...))
		if r.status != 303 {
			t.Errorf("%v: %d %s", pairs, r.status, r.doc(t).Find(".err,.bad,.late").Text())
		}
		return r
	}
	if r := w.handIn(t, own, act+"/papers", "", "招标文件.pdf", anyPDF); r.status != 303 {
		t.Errorf("a document: %d", r.status)
	}
	move("action", "announce")
	for _, p := range []persona{visitor, citizen, bidder[0]} {
		if r := w.get(t, p, at); r.status != 200 || !strings.Contains(r.body, "监测站的商业开发") || !strings.Contains(r.body, "招标文件.pdf") {
			t.Errorf("announced, for %s: %d", p, r.status)
		}
	}
	if r := w.get(t, visitor, at, "Cookie", "lang=en"); !strings.Contains(r.body, "Commercial use of stations") || !strings.Contains(r.body, "Open for bids") && !strings.Contains(r.body, "bids are taken from") {
		t.Errorf("in English: %s", r.doc(t).Find("main").Text())
	}
	for _, list := range []string{"/tenders?state=announced&kind=data_use", "/tenders/feed.xml", "/api/v1/tenders?state=announced&kind=data_use"} {
		if r := w.get(t, visitor, list); r.status != 200 || !strings.Contains(r.body, number) {
			t.Errorf("%s: %d %s", list, r.status, r.body)
		}
	}
	if r := w.get(t, visitor, "/api/v1/tenders?kind=mandate"); strings.Contains(r.body, number) {
		t.Error("the list of another kind")
	}
	for _, bad := range []string{"/tenders?state=draft", "/tenders?state=x", "/tenders?kind=x", "/tenders?before=x", "/tenders/feed.xml?x=1", "/api/v1/tenders?cursor=x", at + "?x=1"} {
		if r := w.get(t, visitor, bad); r.status != 400 {
			t.Errorf("%s: %d", bad, r.status)
		}
	}

	// bids: previewed, sealed, with a receipt; the third keeps the text
	w.come(t, december(1, 12, 0))
	bid := func(i int, amount string) url.Values {
		return url.Values{"organisation": {of[i]}, "amount": {amount}, "proposal": {fmt.Sprintf("方案%d：每天六点前出预报。", i+1)}}
	}
	for field, f := range map[string]url.Values{"amount": bid(0, "999.99"), "proposal": with(bid(0, "5000"), "proposal", " ")} {
		if r := w.post(t, bidder[0], at+"/bid", f); r.status != 422 || r.doc(t).Find("#"+field+"-wrong,#"+field+"-note .err").Length() != 1 {
			t.Errorf("%s: %d %s", field, r.status, r.doc(t).Find(".err,.bad").Text())
		}
	}
	if r := w.post(t, bidder[0], at+"/bid", bid(1, "5000")); r.status != 404 {
		t.Errorf("for another's organisation: %d", r.status)
	}
	for i := range 2 {
		preview := w.post(t, bidder[i], at+"/bid", bid(i, strconv.Itoa(2000*(i+1)))).doc(t)
		form := preview.Find(`form[action="` + at + `/bid/seal"]`)
		sealing := url.Values{}
		for _, name := range []string{"way", "organisation", "amount", "proposal", "nonce", "commitment"} {
			sealing.Set(name, form.Find(`input[name=`+name+`]`).AttrOr("value", ""))
		}
		if tender.Commitment(sealing.Get("nonce"), preview.Find("pre.code").First().Text()) != sealing.Get("commitment") {
			t.Error("the preview does not show what is sealed")
		}
		if r := w.post(t, bidder[i], at+"/bid/seal", with(sealing, "proposal", "另一份")); r.status != 422 {
			t.Errorf("another text than was looked through: %d", r.status)
		}
		for range 2 { // sent twice is one
			if r := w.post(t, bidder[i], at+"/bid/seal", sealing); r.status != 303 {
				t.Fatalf("seal: %d %s", r.status, r.doc(t).Find(".err,.bad").Text())
			}
		}
		if receipt := w.get(t, bidder[i], at+"/bid"); !strings.Contains(receipt.body, sealing.Get("commitment")) {
			t.Error("no receipt")
		}
	}
	nonce := tender.NewNonce()
	amount := int64(300000)
	kept := tender.Commitment(nonce, tender.Canonical(number, "91350100M000100Y45", tender.Offer{Amount: &amount, Proposal: "方案3：每天六点前出预报。"}))
	if r := w.post(t, bidder[2], at+"/bid/seal", url.Values{"way": {"own"}, "organisation": {of[2]}, "commitment": {kept}}); r.status != 303 {
		t.Fatalf("own: %d %s", r.status, r.doc(t).Find(".err,.bad").Text())
	}
	for _, p := range []persona{visitor, own, persona(account.Head), persona(account.Regulator), bidder[1], admin} {
		for _, page := range []string{at, act} {
			words := []string{"机构3", "每天六点", "负责人1", "2,000.00"} // the other two have applied, and who organises knows that
			if r := w.get(t, p, page); r.contains(words...) != "" {
				t.Errorf("%s tells %s of a bid: %q", page, p, r.contains(words...))
			}
		}
	}
	if r := w.get(t, visitor, at); !strings.Contains(r.body, "已投 3 份") || !strings.Contains(r.body, kept[:24]) {
		t.Error("the seals are not public")
	}

	// opened, revealed, examined
	w.come(t, december(16, 14, 0))
	if r := w.get(t, visitor, at); r.contains("机构1") == "" || r.contains("每天六点") != "" || r.contains("2,000.00") == "" {
		t.Error("the record of the opening")
	}
	if r := w.post(t, bidder[2], at+"/bid/reveal", with(bid(2, "3001"), "nonce", nonce)); r.status != 422 || r.doc(t).Find("#nonce-wrong").Length() != 1 {
		t.Errorf("another price: %d", r.status)
	}
	if r := w.post(t, bidder[2], at+"/bid/reveal", with(bid(2, "3000"), "nonce", nonce)); r.status != 303 {
		t.Fatalf("reveal: %d %s", r.status, r.doc(t).Find(".err,.bad").Text())
	}
	if inbox := w.get(t, own, "/desk/inbox?kind=tender"); !strings.Contains(inbox.body, number) {
		t.Error("nothing waits for whoever organises")
	}
	for range 3 {
		page := w.get(t, own, act).doc(t)
		form := page.Find(`form[action^="` + act + `/bids/"]`).FilterFunction(func(_ int, f *goquery.Selection) bool { return f.Find(`button[value="1"]`).Length() == 1 }).First()
		to, _, _ := strings.Cut(form.AttrOr("action", ""), "#")
		if r := w.post(t, own, to, url.Values{"revision": {revision()}, "admit": {"1"}, "reason": {""}}); r.status != 303 {
			t.Fatalf("admit: %d %s", r.status, r.doc(t).Find(".err,.bad").Text())
		}
	}

	// scored, each alone
	panel := []persona{persona(account.Head), persona(account.SecurityReviewer), persona(account.SecrecyReviewer)}
	for k, p := range panel {
		if r := w.get(t, p, at+"/panel"); r.contains("每天六点") != "" {
			t.Errorf("%s reads bids before the declaration", p)
		}
		if r := w.post(t, p, at+"/panel", url.Values{"conflict": {""}}); r.status != 303 {
			t.Fatalf("declare: %d", r.status)
		}
		page := w.get(t, p, at+"/panel")
		marks := url.Values{}
		page.doc(t).Find(`input[name^="mark."]`).Each(func(i int, s *goquery.Selection) {
			most, _ := strconv.Atoi(s.AttrOr("max", ""))
			marks.Set(s.AttrOr("name", ""), strconv.Itoa(most-i-k))
		})
		if len(marks) != 6 || page.contains("每天六点") == "" {
			t.Fatalf("%d marks are asked for", len(marks))
		}
		for name := range marks {
			if r := w.post(t, p, at+"/panel/marks", with(marks, name, "51")); r.status != 422 {
				t.Errorf("51: %d", r.status)
			}
			break
		}
		if r := w.post(t, p, at+"/panel/marks", marks); r.status != 303 {
			t.Fatalf("marks: %d %s", r.status, r.doc(t).Find(".err,.bad").Text())
		}
		if k < 2 {
			if r := w.get(t, own, act); r.doc(t).Find("summary:contains(每位评审的分数)").Length() != 0 {
				t.Error("marks are shown before all are in")
			}
		}
	}
	for _, p := range []persona{visitor, bidder[0], own} {
		if r := w.get(t, p, at+"/panel"); r.status != 303 && r.status != 403 {
			t.Errorf("the page of the panel for %s: %d", p, r.status)
		}
	}
	move("action", "notice", "report", "三份有效，机构2 的报价最好。")
	if r := w.get(t, visitor, at); r.contains("三份有效") == "" || r.doc(t).Find("#opened tbody tr").First().Find(".ok:contains(中选)").Length() != 1 {
		t.Error("the notice")
	}

	// challenged, answered, confirmed
	w.come(t, december(17, 10, 0))
	if r := w.post(t, bidder[1], at+"/challenge", url.Values{"organisation": {of[1]}, "grounds": {""}}); r.status != 422 {
		t.Errorf("without grounds: %d", r.status)
	}
	if r := w.post(t, bidder[1], at+"/challenge", url.Values{"organisation": {of[1]}, "grounds": {"安全一项没有看。"}}); r.status != 303 {
		t.Fatalf("challenge: %d %s", r.status, r.doc(t).Find(".err,.bad").Text())
	}
	challenge := w.get(t, own, act).doc(t).Find(`input[name=challenge]`).AttrOr("value", "")
	move("action", "dismiss", "challenge", challenge, "answer", "都看了，分数在上面。")
	w.come(t, december(24, 0, 0))
	move("action", "confirm")
	for number, won := range map[string]bool{a.Number: false, second.Number: true} {
		x, _, err := w.Server.Licensing.One(t.Context(), w.actorOf(t, own), number)
		if err != nil || x.Award == nil || x.Award.Won != won || x.Award.Winner != "机构2" || len(x.Award.Bidders) != 3 {
			t.Errorf("the award of %s: %+v, %v", number, x.Award, err)
		}
	}
	if r := w.get(t, bidder[0], "/applications/"+a.Number); !strings.Contains(r.body, "竞争项目确认了结果") {
		t.Error("the application does not tell of it")
	}
	move("action", "contract", "contract", "合同 7 号，2026-12-24")
	if r := w.get(t, visitor, at); r.contains("合同 7 号") == "" || r.contains("都看了，分数在上面。") == "" {
		t.Error("the result")
	}
	if r := w.get(t, bidder[0], "/account/tenders"); !strings.Contains(r.body, number) {
		t.Error("my bids")
	}
	letters := w.tenderLetters(t, "bidder1@tests.example")
	if len(letters) < 4 || !strings.Contains(letters[0].Subject, "投标回执") || !strings.Contains(letters[0].Text, "Receipt of your bid") || !strings.Contains(letters[len(letters)-1].Subject, "结果已确认") {
		t.Errorf("%d letters: %+v", len(letters), letters)
	}
}

// view is a tender as whoever organises it sees it.
func (w *whole) view(t *testing.T, number string) *tender.View {
	t.Helper()
	v, err := w.Tenders.One(t.Context(), w.actorOf(t, own), number)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// canBid reports whether an organisation that p owns can bid: the form says that there
// is no such tender, and not that nobody of that side bids.
func (w *whole) canBid(t *testing.T, p persona) bool {
	t.Helper()
	who := w.actorOf(t, p)
	if who.IsVisitor() || who.Key != "" {
		return false
	}
	var id int64
	w.organisations++
	if err := w.Pool.QueryRow(t.Context(), `
		WITH made AS (INSERT INTO organisations (kind, name, credit_code, side, status, submitted_at, decided_at, created_at) SELECT 'legal', '投标机构', $3, side, 'verified', $2, $2, $2 FROM users WHERE id = $1 AND side IN ('use', 'operate') RETURNING id, side)
		INSERT INTO organisation_members (organisation_id, user_id, side, role, joined_at) SELECT id, $1, side, 'owner', $2 FROM made RETURNING organisation_id`,
		who.ID, w.Clock(), fmt.Sprintf("91350100M%08dX", w.organisations)).Scan(&id); err != nil {
		return false // nobody of that side bids
	}
	r := w.post(t, p, "/tenders/TD-2026-999999/bid/seal", url.Values{"organisation": {strconv.FormatInt(id, 10)}, "way": {"own"}, "commitment": {tender.NewNonce()}})
	return r.status == 404 && strings.Contains(r.body, "没有这个竞争项目")
}
