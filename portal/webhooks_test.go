package portal_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/datasets/following"
	"shuyuan/datasets/webhooks"
	"shuyuan/internal/outbound"
	"shuyuan/portal/notify"
	"shuyuan/templates/text"
)

// receiver is somebody's program that takes webhooks: it has the secret, checks
// each signature, and keeps what it took. How it behaves can be changed.
type receiver struct {
	listener net.Listener
	names    map[string][]string // what its names resolve to; of several, each once, the last for ever

	mu      sync.Mutex
	secrets []string // those that it knows, all of which must have signed
	answer  func(http.ResponseWriter, *http.Request, notify.WebhookMessage) bool
	took    []taken
	refused []string // why
	clock   func() time.Time
}

// taken is one request that was signed as it should be.
type taken struct {
	id         string
	signatures int
	payload    notify.WebhookMessage
	body       string
}

func (r *receiver) url() string { return "http://" + r.listener.Addr().String() + "/hook" }

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var p notify.WebhookMessage
	why := ""
	if err := json.Unmarshal(body, &p); err != nil {
		why = "no JSON: " + err.Error()
	}
	for _, secret := range r.secrets {
		checker, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			why = err.Error()
		} else if err := checker.VerifyIgnoringTimestamp(body, q.Header); err != nil {
			why = err.Error()
		}
	}
	if at, err := strconv.ParseInt(q.Header.Get("webhook-timestamp"), 10, 64); err != nil || at != r.clock().Unix() {
		why = "the time is " + q.Header.Get("webhook-timestamp")
	}
	if q.Method != http.MethodPost || q.Header.Get("Cookie") != "" || q.Header.Get("Authorization") != "" || !strings.HasPrefix(q.UserAgent(), "Shuyuan") {
		why = q.Method + " with credentials, or by nobody"
	}
	if why != "" {
		r.refused = append(r.refused, why)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.took = append(r.took, taken{q.Header.Get("webhook-id"), len(strings.Fields(q.Header.Get("webhook-signature"))), p, string(body)})
	if r.answer != nil && r.answer(w, q, p) {
		return
	}
	if p.Type == webhooks.Challenge {
		fmt.Fprintln(w, p.Data.Challenge)
	}
}

// LookupNetIP resolves the names of a receiver.
func (r *receiver) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	answers := r.names[host]
	if len(answers) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	if len(answers) > 1 {
		r.names[host] = answers[1:]
	}
	return []netip.Addr{netip.MustParseAddr(answers[0])}, nil
}

// behave changes how a receiver answers; do reports whether it did.
func (r *receiver) behave(do func(http.ResponseWriter, *http.Request, notify.WebhookMessage) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = do
}

func (r *receiver) knows(secrets ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.secrets = secrets
}

// news is what it took since the last time, and fails on what it had to refuse.
func (r *receiver) news(t *testing.T) []taken {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.refused) > 0 {
		t.Errorf("refused: %q", r.refused)
	}
	took := r.took
	r.took, r.refused = nil, nil
	return took
}

func answers(status int) func(http.ResponseWriter, *http.Request, notify.WebhookMessage) bool {
	return func(w http.ResponseWriter, _ *http.Request, _ notify.WebhookMessage) bool {
		w.WriteHeader(status)
		return true
	}
}

// hooksOn are the webhooks of a portal that may reach one port of this machine,
// where a receiver listens once it is started.
func hooksOn(t *testing.T, c *datasetstest.Catalogue, s *setup) (*webhooks.Service, *receiver) {
	t.Helper()
	rules, err := webhooks.RulesOf(s.Policy)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	r := &receiver{listener: l, names: map[string][]string{}, clock: c.Clock}
	gate, err := outbound.New(outbound.Config{
		Allow: outbound.Allow{Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Ports: []int{l.Addr().(*net.TCPAddr).Port}}, Agent: "Shuyuan-Webhook/1.0",
		Resolver: r, Now: c.Clock, Times: outbound.Times{Head: 300 * time.Millisecond, Whole: 500 * time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	h := webhooks.NewService(webhooks.Config{Pool: c.Pool, Gate: gate, Notices: s.Following, Limits: s.Accounts, Rules: rules, Now: c.Clock, Write: notify.Webhook(base)})
	s.Following.OnTold(h.Tell)
	return h, r
}

// receive starts the receiver of the portal.
func (w *whole) receive(t *testing.T) *receiver {
	t.Helper()
	s := &httptest.Server{Listener: w.receiver.listener, Config: &http.Server{Handler: w.receiver, ErrorLog: log.New(io.Discard, "", 0)}}
	s.Start()
	t.Cleanup(s.CloseClientConnections)
	t.Cleanup(s.Close)
	t.Cleanup(s.CloseClientConnections)
	return w.receiver
}

// hooked is a receiver whose address a citizen has entered and proved, by the
// pages; it returns the path of its page and its secret.
func (w *whole) hooked(t *testing.T, events ...webhooks.Event) (r *receiver, page, secret string) {
	t.Helper()
	r = w.receive(t)
	form := url.Values{"url": {r.url()}}
	for _, e := range events {
		form.Add("event", string(e))
	}
	added := w.post(t, citizen, "/account/webhooks", form)
	secret = added.doc(t).Find("#new-secret").Text()
	page, _ = w.get(t, citizen, "/account/webhooks").doc(t).Find(`main .hit a:contains("` + r.url() + `")`).Attr("href")
	if added.status != 200 || !strings.HasPrefix(secret, "whsec_") || page == "" {
		t.Fatalf("added: %d, secret %q, page %q: %s", added.status, secret, page, added.doc(t).Find("main").Text())
	}
	r.knows(secret)
	w.post303(t, citizen, page+"/prove", nil)
	if took := r.news(t); len(took) != 1 || took[0].payload.Type != webhooks.Challenge {
		t.Fatalf("the challenge: %+v", took)
	}
	return r, page, secret
}

// deliver works what is due to be sent, each job twice, as the workers may.
func (w *whole) deliver(t *testing.T) {
	t.Helper()
	rows, err := w.Pool.Query(t.Context(), `
		DELETE FROM river_job j USING webhook_deliveries d
		WHERE j.kind = 'webhook_delivery' AND d.id = (j.args->>'id')::bigint AND coalesce(d.next_at, '-infinity') <= $1 RETURNING d.id, (j.args->>'attempt')::int`, w.Clock())
	if err != nil {
		t.Fatal(err)
	}
	var due []webhooks.Delivery
	for rows.Next() {
		var d webhooks.Delivery
		if err := rows.Scan(&d.ID, &d.Attempt); err != nil {
			t.Fatal(err)
		}
		due = append(due, d)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(due, func(a, b webhooks.Delivery) int { return int(a.ID - b.ID) })
	for _, d := range due {
		for range 2 {
			if err := w.hooks.Deliver(t.Context(), d); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// after lets time pass; a citizen signs in anew, since no session lasts so long.
func (w *whole) after(t *testing.T, d time.Duration) {
	t.Helper()
	w.Set(w.Clock().Add(d))
	w.tokens[citizen] = w.signIn(t, "citizen@tests.example")
}

func TestAProgramIsToldBySignedRequests(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	d := w.Dataset(t, func(d *datasets.Dataset) { d.Title, d.TitleEN = "常住人口", "Residents" })
	w.Set(datasetstest.Now.Add(time.Minute))
	w.follow(t, citizen, following.Dataset, d.Slug)
	w.follow(t, citizen, following.Search, "q=公交")
	r, page, _ := w.hooked(t, webhooks.DatasetUpdated, webhooks.SchemaChanged, webhooks.SearchMatched)
	file := w.Resource(t, d)
	w.Version(t, d, file, "a.csv", "年份,人口\n2025,1\n")
	w.Version(t, d, file, "a.csv", "年份,人口,户数\n2025,1,1\n")
	bus := w.Dataset(t, func(d *datasets.Dataset) { d.Title = "公交线路" })
	w.indexed(t)
	w.tell(t)
	w.deliver(t)
	var got []string
	ids := map[string]bool{}
	for _, k := range r.news(t) {
		got = append(got, string(k.payload.Type)+" "+k.payload.Data.Dataset.Slug)
		ids[k.id] = true
		if k.payload.Type == webhooks.SchemaChanged {
			if p := k.payload.Data; !slices.Equal(p.Columns, []string{"户数"}) || p.Resource.ID != file || p.Resource.Version != 2 || p.Dataset.Title != "常住人口" || p.Dataset.TitleEN != "Residents" ||
				p.URL != base+"/datasets/"+d.Slug+"/resources/"+file+"/changes/2" || p.Dataset.API != base+"/api/v1/datasets/"+d.Slug || p.Follow == nil || p.Follow.Of != d.Slug || !strings.Contains(p.TextEN, "Residents") {
				t.Errorf("what changed: %s", k.body)
			}
		}
		if k.signatures != 1 {
			t.Errorf("%d signatures", k.signatures)
		}
	}
	slices.Sort(got)
	want := []string{"dataset.schema_changed " + d.Slug, "dataset.updated " + d.Slug, "dataset.updated " + d.Slug, "search.matched " + bus.Slug}
	if !slices.Equal(got, want) || len(ids) != 4 {
		t.Errorf("told %q with %d ids", got, len(ids))
	}
	// an event that was not asked for, and somebody else's follows, are not sent
	w.post303(t, citizen, page+"/events", url.Values{"event": {"dataset.withdrawn"}})
	w.Version(t, d, file, "a.csv", "年份,人口,户数\n2025,1,2\n")
	w.tell(t)
	w.deliver(t)
	if took := r.news(t); len(took) != 0 {
		t.Errorf("told of what was not asked for: %+v", took)
	}
	rows := w.get(t, citizen, page).doc(t).Find("#sent tbody tr")
	if rows.Length() != 4 || rows.Find(`:contains("答复 200")`).Length() == 0 || !strings.Contains(rows.Text(), "收下了") {
		t.Errorf("the record: %s", rows.Text())
	}
	for _, who := range []persona{other, visitor} {
		if r := w.get(t, who, page); r.status != 404 && r.status != 303 {
			t.Errorf("%s sees it: %d", who, r.status)
		}
	}
	if r := w.post(t, other, page+"/remove", nil); r.status != 404 {
		t.Errorf("somebody else removes it: %d", r.status)
	}
}

// What is withheld between the event and its sending, and between two attempts,
// is not sent.
func TestAWebhookTellsNothingOfWhatIsWithheldByThen(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	d := w.Dataset(t, func(d *datasets.Dataset) { d.Title = "常住人口" })
	w.Set(datasetstest.Now.Add(time.Minute))
	w.follow(t, citizen, following.Dataset, d.Slug)
	r, page, _ := w.hooked(t, webhooks.DatasetUpdated)
	w.Version(t, d, w.Resource(t, d), "a.csv", "a\n1\n")
	w.tell(t)
	r.behave(answers(503))
	w.deliver(t)
	if took := r.news(t); len(took) != 1 {
		t.Fatalf("%+v", took)
	}
	d, err := w.Service.Dataset(t.Context(), datasetstest.Officer(d.Department), d.Slug)
	if err != nil {
		t.Fatal(err)
	}
	d.Open, d.OpenBasis = datasets.Withheld, []string{"《中华人民共和国数据安全法》第二十一条"}
	if err := w.Service.Save(t.Context(), datasetstest.Officer(d.Department), d); err != nil {
		t.Fatal(err)
	}
	w.after(t, time.Hour)
	w.deliver(t)
	if took := r.news(t); len(took) != 0 {
		t.Errorf("told of what is withheld: %+v", took)
	}
	if shown := w.get(t, citizen, page); !strings.Contains(shown.body, "已经看不到了") || shown.contains("常住人口", d.Slug) != "" {
		t.Error("the record does not say so, or says what")
	}
}

// A sending that is not accepted is repeated with growing pauses and the same
// webhook-id, and given up; an address that fails for days is switched off, with
// a letter.
func TestWhatIsNotAcceptedIsSentAgainUntilItIsGivenUp(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	r, page, _ := w.hooked(t, webhooks.DatasetUpdated)
	r.behave(answers(500))
	w.post303(t, citizen, page+"/test", nil)
	w.deliver(t)
	if took := r.news(t); len(took) != 1 || took[0].payload.Type != webhooks.Test {
		t.Fatalf("%+v", took)
	}
	rules := w.hooks.Rules
	for n, pause := range rules.Pauses() {
		w.after(t, pause-time.Second)
		w.deliver(t)
		if took := r.news(t); len(took) != 0 {
			t.Fatalf("sent again %d too early", n)
		}
		w.after(t, time.Second)
		w.deliver(t)
		if took := r.news(t); len(took) != 1 {
			t.Fatalf("attempt %d: %+v", n+2, took)
		}
	}
	w.after(t, rules.Longest)
	w.deliver(t)
	record := w.get(t, citizen, page).doc(t).Find("#sent tbody")
	if took := r.news(t); len(took) != 0 || !strings.Contains(record.Text(), "没有收下，不再送") || !strings.Contains(record.Text(), fmt.Sprintf("第 %d 次", rules.Sendings)) {
		t.Errorf("after the last: %+v, %s", took, record.Text())
	}
	if pauses := rules.Pauses(); pauses[0] != time.Minute || pauses[1] != 5*time.Minute || pauses[len(pauses)-1] != 12*time.Hour || !slices.IsSorted(pauses) {
		t.Errorf("pauses %v", pauses)
	}
	// by hand, with the same id, and accepted by now
	r.behave(nil)
	again, _ := record.Find("input[name=delivery]").Attr("value")
	w.post303(t, citizen, page+"/again", url.Values{"delivery": {again}})
	if refused := w.post(t, citizen, page+"/again", url.Values{"delivery": {again}}); refused.status != 409 {
		t.Errorf("twice at once: %d", refused.status)
	}
	w.deliver(t)
	if took := r.news(t); len(took) != 1 || !strings.Contains(record.Text(), took[0].id) {
		t.Errorf("by hand: %+v", took)
	}
	if text := w.get(t, citizen, page).doc(t).Find("main .lead").Text(); text != "开着" {
		t.Errorf("after a success: %s", text)
	}
	// failing for days
	r.behave(answers(302))
	for !strings.Contains(w.get(t, citizen, page).doc(t).Find("main .lead").Text(), "停用了") {
		if w.Clock().After(datasetstest.Now.AddDate(0, 0, 30)) {
			t.Fatal("never switched off")
		}
		w.post303(t, citizen, page+"/test", nil)
		w.after(t, 6*time.Hour)
		w.deliver(t)
	}
	r.news(t)
	var waiting int
	if err := w.Pool.QueryRow(t.Context(), `SELECT count(*) FROM webhook_deliveries WHERE state = 'waiting'`).Scan(&waiting); err != nil || waiting != 0 {
		t.Errorf("%d wait for an address that is off, %v", waiting, err)
	}
	stopped := w.stopped(t)
	if len(stopped) != 1 || stopped[0].To != "citizen@tests.example" || stopped[0].Why != webhooks.Failing {
		t.Fatalf("letters %+v", stopped)
	}
	l := notify.WebhookStopped(stopped[0], base, text.Chinese)
	if !strings.Contains(l.Subject, "停用了，请看一看 WH-") || !strings.Contains(l.Text, base+page) || strings.Contains(l.Text, "/hook") || !strings.Contains(l.Text, "3 天") {
		t.Errorf("%s\n%s", l.Subject, l.Text)
	}
	if r := w.post(t, citizen, page+"/test", nil); r.status != 409 {
		t.Errorf("a test to one that is off: %d", r.status)
	}
	r.behave(nil)
	w.post303(t, citizen, page+"/prove", nil)
	if text := w.get(t, citizen, page).doc(t).Find("main .lead").Text(); text != "开着" {
		t.Errorf("proved anew: %s", text)
	}
}

// stopped are the letters about addresses that were switched off.
func (w *whole) stopped(t *testing.T) []webhooks.Stopped {
	t.Helper()
	rows, err := w.Pool.Query(t.Context(), `SELECT args FROM river_job WHERE kind = 'webhook_stopped' ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out []webhooks.Stopped
	for rows.Next() {
		var n webhooks.Stopped
		if err := rows.Scan(&n); err != nil {
			t.Fatal(err)
		}
		out = append(out, n)
	}
	return out
}

// A secret is shown once, and a new one and the old one both sign for a day.
func TestASecretIsReplacedWithAnOverlap(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	r, page, old := w.hooked(t, webhooks.DatasetUpdated)
	if strings.Contains(w.get(t, citizen, page).body, "whsec_") {
		t.Error("the secret is shown again")
	}
	renew := func() string {
		t.Helper()
		return w.post(t, citizen, page+"/secret", nil).doc(t).Find("#new-secret").Text()
	}
	fresh := renew()
	if fresh == old || len(fresh) != len(old) {
		t.Fatalf("%q after %q", fresh, old)
	}
	send := func(signatures int, known ...string) {
		t.Helper()
		r.knows(known...)
		w.post303(t, citizen, page+"/test", nil)
		w.deliver(t)
		if took := r.news(t); len(took) != 1 || took[0].signatures != signatures {
			t.Errorf("%+v, want %d signatures", took, signatures)
		}
	}
	send(2, old, fresh)
	if !strings.Contains(w.get(t, citizen, page).body, "旧的一起签名") {
		t.Error("the page does not say that both sign")
	}
	w.after(t, w.hooks.Rules.Overlap)
	send(1, fresh)
	newest := renew()
	last := renew() // at once again: the first of the two before it signs no more
	send(2, newest, last)
	// the plain secret is nowhere in the database
	plain, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(last, "whsec_"))
	if err != nil || len(plain) != 32 {
		t.Fatalf("%d bytes, %v", len(plain), err)
	}
	var found int
	if err := w.Pool.QueryRow(t.Context(), `SELECT count(*) FROM webhook_secrets WHERE position($1::bytea in locked) > 0`, plain).Scan(&found); err != nil || found != 0 {
		t.Errorf("%d, %v", found, err)
	}
}

// Bad addresses, and addresses that answer badly (W in docs/bad-input.md).
func TestAddressesOfWebhooksThatAreRefused(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	port := w.receiver.listener.Addr().(*net.TCPAddr).Port
	for name, c := range map[string][2]string{
		"W01 nothing":                  {"", "请填写接收的地址。"},
		"W01 no address":               {"hooks", "地址不正确"},
		"W01 another scheme":           {"ftp://hooks.example/", "地址不正确"},
		"W01 blanks":                   {"https://hooks.example/a b", "地址不正确"},
		"W01 too long":                 {"https://hooks.example/" + strings.Repeat("a", 3000), "太长"},
		"W02 with credentials":         {"https://me:secret@hooks.example/", "不能带用户名"},
		"W03 not encrypted":            {"http://hooks.example/", "只收 https"},
		"W03 not encrypted, address":   {"http://93.184.216.34/", "只收 https"},
		"W04 this machine":             {"https://127.0.0.2/", "不在公共互联网"},
		"W04 this machine, six":        {"https://[::1]/", "不在公共互联网"},
		"W04 mapped":                   {"https://[::ffff:10.0.0.1]/", "不在公共互联网"},
		"W04 private":                  {"https://10.0.0.1/", "不在公共互联网"},
		"W04 secrets of clouds":        {"https://169.254.169.254/latest/meta-data/", "不在公共互联网"},
		"W04 in another spelling":      {"https://0x7f.1/", "地址不正确"},
		"W04 as a number":              {"https://2130706433/", "地址不正确"},
		"W05 a port of something else": {"https://hooks.example:25/", "端口"},
	} {
		r := w.post(t, citizen, "/account/webhooks", url.Values{"url": {c[0]}, "event": {"dataset.updated"}})
		field := r.doc(t).Find("#url")
		if r.status != 422 || !strings.Contains(r.doc(t).Find("#url-note .err").Text(), c[1]) || field.AttrOr("value", "") != c[0] {
			t.Errorf("%s: %d %s", name, r.status, r.doc(t).Find("main").Text())
		}
	}
	for name, events := range map[string][]string{"W06 none": nil, "W06 unknown": {"dataset.deleted"}, "W06 ours alone": {"webhook.challenge"}} {
		if r := w.post(t, citizen, "/account/webhooks", url.Values{"url": {"https://hooks.example/"}, "event": events}); r.status != 422 || r.doc(t).Find("fieldset .err").Length() != 1 {
			t.Errorf("%s: %d", name, r.status)
		}
	}
	if all, err := w.hooks.All(t.Context(), w.actorOf(t, citizen)); err != nil || len(all) != 0 {
		t.Errorf("kept %+v, %v", all, err)
	}
	// names that lead inside, or do so only later
	w.receiver.names["inside.example"] = []string{"10.0.0.1"}
	w.receiver.names["gone.example"] = nil
	for host, want := range map[string]string{"inside.example": "不在公共互联网", "gone.example": "查不到这个域名"} {
		w.post(t, citizen, "/account/webhooks", url.Values{"url": {"https://" + host + "/"}, "event": {"dataset.updated"}})
		page, _ := w.get(t, citizen, "/account/webhooks").doc(t).Find(`main .hit a:contains("` + host + `")`).Attr("href")
		if r := w.post(t, citizen, page+"/prove", nil); r.status != 422 || !strings.Contains(r.doc(t).Find(".note.bad").Text(), want) {
			t.Errorf("%s: %d %s", host, r.status, r.doc(t).Find("main").Text())
		}
	}
	r, page, _ := w.hooked(t, webhooks.DatasetUpdated)
	if r := w.post(t, citizen, "/account/webhooks", url.Values{"url": {r.url()}, "event": {"dataset.updated"}}); r.status != 422 {
		t.Errorf("W07 entered twice: %d", r.status)
	}
	w.post303(t, citizen, page+"/stop", nil)
	outside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a redirect was followed") }))
	defer outside.Close()
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request, notify.WebhookMessage) bool
		want   string
	}{
		"W08 another word": {func(w http.ResponseWriter, _ *http.Request, _ notify.WebhookMessage) bool {
			fmt.Fprint(w, "ok")
			return true
		}, "原样"},
		"W08 the word among others": {func(w http.ResponseWriter, _ *http.Request, p notify.WebhookMessage) bool {
			fmt.Fprint(w, "<p>"+p.Data.Challenge+"</p>")
			return true
		}, "原样"},
		"W08 nothing":   {answers(200), "原样"},
		"W08 not found": {answers(404), "答复了 404"},
		"W09 redirect": {func(w http.ResponseWriter, q *http.Request, _ notify.WebhookMessage) bool {
			http.Redirect(w, q, outside.URL, http.StatusTemporaryRedirect)
			return true
		}, "转到了别处（307）"},
		"W10 endless": {func(w http.ResponseWriter, q *http.Request, _ notify.WebhookMessage) bool {
			for q.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 1<<16)); err != nil {
					return true
				}
			}
			return true
		}, "原样"},
		"W11 slow": {func(_ http.ResponseWriter, q *http.Request, _ notify.WebhookMessage) bool {
			<-q.Context().Done()
			return true
		}, "没有按时答复"},
	} {
		r.behave(c.answer)
		refused := w.post(t, citizen, page+"/prove", nil)
		if refused.status != 422 || !strings.Contains(refused.doc(t).Find(".note.bad").Text(), c.want) {
			t.Errorf("%s: %d %s", name, refused.status, refused.doc(t).Find(".note.bad").Text())
		}
	}
	r.news(t)
	// the word as JSON is good; then what waits to be sent meets the same answers
	r.behave(func(w http.ResponseWriter, _ *http.Request, p notify.WebhookMessage) bool {
		return p.Type == webhooks.Challenge && json.NewEncoder(w).Encode(map[string]string{"challenge": p.Data.Challenge}) == nil
	})
	w.post303(t, citizen, page+"/prove", nil)
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request, notify.WebhookMessage) bool
		want   string
	}{
		"W09 redirect": {func(w http.ResponseWriter, q *http.Request, _ notify.WebhookMessage) bool {
			http.Redirect(w, q, outside.URL, http.StatusFound)
			return true
		}, "转到别处，不跟"},
		"W11 slow": {func(_ http.ResponseWriter, q *http.Request, _ notify.WebhookMessage) bool {
			<-q.Context().Done()
			return true
		}, "太久没有回应"},
		"W10 endless": {func(w http.ResponseWriter, q *http.Request, _ notify.WebhookMessage) bool {
			for q.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 1<<16)); err != nil {
					return true
				}
			}
			return true
		}, "答复 200"}, // its body is not read
		"W12 too many": {answers(429), "答复 429"},
	} {
		r.behave(c.answer)
		w.post303(t, citizen, page+"/test", nil)
		w.deliver(t)
		row := w.get(t, citizen, page).doc(t).Find("#sent tbody tr").First().Text()
		if !strings.Contains(row, c.want) {
			t.Errorf("%s: %s", name, row)
		}
	}
	// W13: a name that leads elsewhere after it was proved
	r.behave(nil)
	r.names["moving.example"] = []string{"127.0.0.1", "10.0.0.1"}
	if _, err := w.Pool.Exec(t.Context(), `UPDATE webhooks SET url = $1, state = 'new' WHERE url = $2`, fmt.Sprintf("http://moving.example:%d/hook", port), r.url()); err != nil {
		t.Fatal(err)
	}
	if moved := w.post(t, citizen, page+"/prove", nil); moved.status != 422 { // http for another name than this machine's
		t.Errorf("W03 http by a name: %d", moved.status)
	}
	if _, err := w.Pool.Exec(t.Context(), `UPDATE webhooks SET url = $1, state = 'on' WHERE url LIKE '%moving%'`, fmt.Sprintf("https://moving.example:%d/hook", port)); err != nil {
		t.Fatal(err)
	}
	r.names["moving.example"] = []string{"10.0.0.1"}
	w.post303(t, citizen, page+"/test", nil)
	w.deliver(t)
	if row := w.get(t, citizen, page).doc(t).Find("#sent tbody tr").First().Text(); !strings.Contains(row, "指向内部网络") {
		t.Errorf("W13 a name that leads inside by then: %s", row)
	}
	// W14: gone for good
	if _, err := w.Pool.Exec(t.Context(), `UPDATE webhooks SET url = $1 WHERE url LIKE '%moving%'`, r.url()); err != nil {
		t.Fatal(err)
	}
	r.behave(answers(http.StatusGone))
	w.post303(t, citizen, page+"/test", nil)
	w.deliver(t)
	if lead := w.get(t, citizen, page).doc(t).Find("main .lead").Text(); !strings.Contains(lead, "410") {
		t.Errorf("W14 gone: %s", lead)
	}
	if stopped := w.stopped(t); len(stopped) != 1 || stopped[0].Why != webhooks.Gone {
		t.Errorf("W14 gone: %+v", stopped)
	}
}

// Whoever leaves takes the addresses along; whoever is shut out is told nothing.
func TestWebhooksGoWithTheirAccount(t *testing.T) {
	w := newWhole(t)
	w.everyone(t)
	r, page, _ := w.hooked(t, webhooks.DatasetUpdated)
	export := w.post(t, citizen, "/account/export", nil)
	if strings.Contains(export.body, "whsec_") || export.contains("locked") != "" {
		t.Error("the export holds a secret")
	}
	w.post303(t, citizen, page+"/test", nil)
	if err := w.Accounts.AskToLeave(t.Context(), w.actorOf(t, citizen)); err != nil {
		t.Fatal(err)
	}
	w.deliver(t)
	if took := r.news(t); len(took) != 0 {
		t.Errorf("sent for who has left: %+v", took)
	}
	w.Set(w.Clock().AddDate(0, 0, 60))
	if err := w.Accounts.Depart(t.Context()); err != nil {
		t.Fatal(err)
	}
	var left int
	if err := w.Pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM webhooks) + (SELECT count(*) FROM webhook_secrets) + (SELECT count(*) FROM webhook_deliveries) + (SELECT count(*) FROM webhook_attempts)`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d rows stay, %v", left, err)
	}
}

// The number of addresses, and what is kept of what was sent, have an end.
func TestWebhooksAreBounded(t *testing.T) {
	w := newWhole(t, limit("webhook", 30))
	w.everyone(t)
	r, page, _ := w.hooked(t, webhooks.DatasetUpdated)
	for n := 2; n <= w.hooks.Rules.Most+1; n++ {
		reply := w.post(t, citizen, "/account/webhooks", url.Values{"url": {fmt.Sprintf("https://hooks.example/%d", n)}, "event": {"dataset.updated"}})
		if want := map[bool]int{true: 409, false: 200}[n > w.hooks.Rules.Most]; reply.status != want {
			t.Errorf("address %d: %d", n, reply.status)
		}
	}
	w.post303(t, citizen, page+"/test", nil)
	w.deliver(t)
	r.news(t)
	w.after(t, w.hooks.Rules.Kept+time.Hour)
	if err := w.hooks.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := w.get(t, citizen, page).doc(t).Find("#sent tbody tr").Length(); n != 0 {
		t.Errorf("%d rows of the record stay", n)
	}
	status := 0
	for range 40 { // in one hour
		if status = w.post(t, citizen, page+"/test", nil).status; status == 429 {
			break
		}
	}
	if status != 429 {
		t.Errorf("tests without an end: %d", status)
	}
}
