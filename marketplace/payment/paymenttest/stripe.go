// Package paymenttest has a stand-in for Stripe that remembers: checkouts, payments,
// refunds, transfers, disputes, events, and the keys under which they were asked for. It
// speaks the API that the library of Stripe speaks, over HTTP, and sends webhooks with
// signatures. Dials make it fail as the real one can.
package paymenttest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/webhook"
)

// Dials are what goes wrong, each in so many of a hundred.
type Dials struct {
	After500  int // the work is done, and the answer is an error of the server
	Before500 int // nothing is done
	Duplicate int // a webhook comes twice
	Forged    int // besides, one with a wrong signature
	Drop      int // a webhook never comes
	Reorder   bool
	Down      bool // nothing answers
}

// Fired is how often each dial did something.
type Fired struct{ After500, Before500, Duplicate, Forged, Drop int }

// Secret is that of the endpoint for webhooks.
const Secret = "whsec_sample"

// Stripe is the stand-in.
type Stripe struct {
	URL string

	mu     sync.Mutex
	now    func() time.Time
	random *rand.Rand
	dials  Dials
	fired  Fired
	serial int
	things map[string]object // by id
	order  []string          // ids of things as they came
	keys   map[string]answered
	events []object
	unsent []object
	asked  int
}

type object = map[string]any

// answered is what was said under a key.
type answered struct {
	path, form string
	status     int
	body       []byte
}

// New starts one on the loopback; it ends with ctx. seed decides what the dials hit.
func New(ctx context.Context, now func() time.Time, seed uint64) *Stripe {
	s := &Stripe{now: now, random: rand.New(rand.NewPCG(seed, 2)), things: map[string]object{}, keys: map[string]answered{}}
	server := httptest.NewServer(http.HandlerFunc(s.serve))
	s.URL = server.URL
	context.AfterFunc(ctx, server.Close)
	return s
}

// Set turns the dials.
func (s *Stripe) Set(d Dials) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dials = d
}

// Fired is how often each dial did something so far.
func (s *Stripe) Fired() Fired {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fired
}

// Asked is how many calls came.
func (s *Stripe) Asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// hits rolls for a dial and counts.
func (s *Stripe) hits(percent int, n *int) bool {
	if percent == 0 || s.random.IntN(100) >= percent {
		return false
	}
	*n++
	return true
}

func (s *Stripe) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if s.dials.Down {
		fail(w, http.StatusServiceUnavailable, "api_error", "", "down")
		return
	}
	if r.Header.Get("Stripe-Version") != stripe.APIVersion || !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer sk_test_") {
		fail(w, http.StatusUnauthorized, "invalid_request_error", "", "no key, or another version")
		return
	}
	if err := r.ParseForm(); err != nil {
		fail(w, http.StatusBadRequest, "invalid_request_error", "", err.Error())
		return
	}
	key := r.Header.Get("Idempotency-Key")
	if r.Method == http.MethodPost && key != "" {
		if before, there := s.keys[key]; there {
			if before.path != r.URL.Path || before.form != r.PostForm.Encode() {
				fail(w, http.StatusBadRequest, "idempotency_error", "", "the key was used for something else")
				return
			}
			w.WriteHeader(before.status)
			w.Write(before.body) //nolint:errcheck // a client that went away
			return
		}
	}
	if r.Method == http.MethodPost && s.hits(s.dials.Before500, &s.fired.Before500) {
		fail(w, http.StatusInternalServerError, "api_error", "", "nothing was done")
		return
	}
	var said bytes.Buffer
	kept := &recorder{header: http.Header{}, body: &said, status: http.StatusOK}
	s.route(kept, r)
	if r.Method == http.MethodPost {
		if key != "" && kept.status < 500 {
			s.keys[key] = answered{r.URL.Path, r.PostForm.Encode(), kept.status, said.Bytes()}
		}
		if kept.status == http.StatusOK && s.hits(s.dials.After500, &s.fired.After500) {
			fail(w, http.StatusInternalServerError, "api_error", "", "it was done all the same")
			return
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(kept.status)
	w.Write(said.Bytes()) //nolint:errcheck // a client that went away
}

// recorder keeps an answer.
type recorder struct {
	header http.Header
	body   *bytes.Buffer
	status int
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }

func fail(w http.ResponseWriter, status int, kind, code, message string) {
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(object{"error": object{"type": kind, "code": code, "message": message}}) //nolint:errcheck // a client that went away
}

func (s *Stripe) route(w http.ResponseWriter, r *http.Request) {
	path := strings.Split(strings.Trim(strings.TrimPrefix(r.URL.Path, "/v1/"), "/"), "/")
	f := r.PostForm
	say := func(o object) { json.NewEncoder(w).Encode(s.expanded(o)) } //nolint:errcheck // a client that went away
	get := func(id, kind string) object {
		o := s.things[id]
		if o == nil || o["object"] != kind {
			fail(w, http.StatusNotFound, "invalid_request_error", "resource_missing", "no such "+kind)
			return nil
		}
		return o
	}
	switch route := r.Method + " " + strings.Join(shape(path), "/"); route {
	case "POST checkout/sessions":
		amount := number(f.Get("line_items[0][price_data][unit_amount]")) * max(1, number(f.Get("line_items[0][quantity]")))
		if amount <= 0 || f.Get("success_url") == "" || f.Get("mode") != "payment" {
			fail(w, http.StatusBadRequest, "invalid_request_error", "parameter_missing", "a parameter is missing")
			return
		}
		o := s.add("checkout.session", "cs_test_", object{
			"amount_total": amount, "currency": f.Get("line_items[0][price_data][currency]"), "client_reference_id": f.Get("client_reference_id"), "expires_at": number(f.Get("expires_at")),
			"metadata": object{"order": f.Get("metadata[order]")}, "status": "open", "payment_status": "unpaid", "payment_intent": nil, "livemode": false,
		})
		o["url"] = s.URL + "/pay/" + o["id"].(string)
		o["transfer_group"] = f.Get("payment_intent_data[transfer_group]")
		say(o)
	case "GET checkout/sessions/*":
		if o := get(path[2], "checkout.session"); o != nil {
			say(o)
		}
	case "POST checkout/sessions/*/expire":
		if o := get(path[2], "checkout.session"); o != nil {
			if o["status"] != "open" {
				fail(w, http.StatusBadRequest, "invalid_request_error", "", "only open sessions can be expired")
				return
			}
			o["status"] = "expired"
			s.event("checkout.session.expired", o)
			say(o)
		}
	case "POST refunds":
		intent := get(f.Get("payment_intent"), "payment_intent")
		if intent == nil {
			return
		}
		amount := number(f.Get("amount"))
		if amount <= 0 || intent["status"] != "succeeded" || s.sum("refund", "payment_intent", intent["id"])+amount > intent["amount"].(int64) {
			fail(w, http.StatusBadRequest, "invalid_request_error", "charge_already_refunded", "more than is left")
			return
		}
		o := s.add("refund", "re_", object{"amount": amount, "payment_intent": intent["id"], "status": "succeeded", "metadata": object{"refund": f.Get("metadata[refund]")}})
		s.event("charge.refunded", s.things[intent["latest_charge"].(string)])
		s.event("refund.updated", o)
		say(o)
	case "GET refunds/*":
		if o := get(path[1], "refund"); o != nil {
			say(o)
		}
	case "POST transfers":
		source := get(f.Get("source_transaction"), "charge")
		if source == nil {
			return
		}
		amount := number(f.Get("amount"))
		switch {
		case strings.HasPrefix(f.Get("destination"), "acct_restricted"):
			fail(w, http.StatusBadRequest, "invalid_request_error", "account_invalid", "the account cannot take transfers")
		case amount <= 0 || s.sum("transfer", "source_transaction", source["id"])+amount > source["amount"].(int64):
			fail(w, http.StatusBadRequest, "invalid_request_error", "balance_insufficient", "more than was charged")
		default:
			o := s.add("transfer", "tr_", object{"amount": amount, "currency": f.Get("currency"), "destination": f.Get("destination"), "source_transaction": source["id"], "transfer_group": f.Get("transfer_group"), "amount_reversed": int64(0)})
			s.event("transfer.created", o)
			say(o)
		}
	case "POST transfers/*/reversals":
		t := get(path[1], "transfer")
		if t == nil {
			return
		}
		amount := number(f.Get("amount"))
		if amount <= 0 || t["amount_reversed"].(int64)+amount > t["amount"].(int64) || strings.HasPrefix(t["destination"].(string), "acct_empty") {
			fail(w, http.StatusBadRequest, "invalid_request_error", "balance_insufficient", "the payee has not so much")
			return
		}
		t["amount_reversed"] = t["amount_reversed"].(int64) + amount
		o := s.add("transfer_reversal", "trr_", object{"amount": amount, "transfer": t["id"]})
		s.event("transfer.reversed", t)
		say(o)
	case "GET events":
		s.list(w, r.Form)
	default:
		fail(w, http.StatusNotFound, "invalid_request_error", "", "unknown: "+route)
	}
}

// shape is a path with its ids as stars.
func shape(path []string) []string {
	out := slices.Clone(path)
	for i, p := range out {
		if strings.Contains(p, "_") {
			out[i] = "*"
		}
	}
	return out
}

func number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func (s *Stripe) add(kind, prefix string, o object) object {
	s.serial++
	o["object"], o["id"], o["created"] = kind, fmt.Sprintf("%s%06d", prefix, s.serial), s.now().Unix()
	id := o["id"].(string)
	s.things[id] = o
	s.order = append(s.order, id)
	return o
}

func (s *Stripe) sum(kind, field string, is any) (n int64) {
	for _, o := range s.things {
		if o["object"] == kind && o[field] == is && o["status"] != "failed" {
			n += o["amount"].(int64)
		}
	}
	return n
}

// expanded is a thing with what its callers ask to have in it.
func (s *Stripe) expanded(o object) object {
	out := object{}
	for k, v := range o {
		out[k] = v
		if id, ok := v.(string); ok && (k == "payment_intent" && o["object"] == "checkout.session" || k == "latest_charge") && s.things[id] != nil {
			out[k] = s.expanded(s.things[id])
		}
	}
	return out
}

// event writes down what happened, as it is now, to be sent.
func (s *Stripe) event(kind string, o object) {
	s.serial++
	raw, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	e := object{"id": fmt.Sprintf("evt_%06d", s.serial), "object": "event", "type": kind, "created": s.now().Unix(), "livemode": false, "api_version": stripe.APIVersion, "data": object{"object": json.RawMessage(raw)}}
	s.events = append(s.events, e)
	s.unsent = append(s.unsent, e)
}

// list answers for events as Stripe does: the newest first, and before one those that
// are next to it.
func (s *Stripe) list(w http.ResponseWriter, f url.Values) {
	newest := slices.Clone(s.events)
	slices.Reverse(newest)
	at := func(id string) int { return slices.IndexFunc(newest, func(e object) bool { return e["id"] == id }) }
	limit := int(number(f.Get("limit")))
	if limit == 0 {
		limit = 10
	}
	page, more := newest, false
	if id := f.Get("ending_before"); id != "" {
		k := max(0, at(id))
		from := max(0, k-limit)
		page, more = newest[from:k], from > 0
	} else {
		if id := f.Get("starting_after"); id != "" {
			page = page[at(id)+1:]
		}
		if len(page) > limit {
			page, more = page[:limit], true
		}
	}
	json.NewEncoder(w).Encode(object{"object": "list", "url": "/v1/events", "has_more": more, "data": page}) //nolint:errcheck // a client that went away
}

// Pay is what a buyer does at the end of a checkout: the money is there at once.
func (s *Stripe) Pay(session string) { s.complete(session, "succeeded", "paid") }

// PayLater is a buyer who pays in a way that takes days.
func (s *Stripe) PayLater(session string) { s.complete(session, "processing", "unpaid") }

func (s *Stripe) complete(session, intent, status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.things[session]
	i := s.add("payment_intent", "pi_", object{"amount": o["amount_total"], "currency": o["currency"], "status": intent, "metadata": o["metadata"], "transfer_group": o["transfer_group"], "latest_charge": nil})
	o["payment_intent"], o["status"], o["payment_status"] = i["id"], "complete", status
	if status == "paid" {
		s.charge(i)
	}
	s.event("checkout.session.completed", o)
}

func (s *Stripe) charge(i object) {
	c := s.add("charge", "ch_", object{"amount": i["amount"], "currency": i["currency"], "payment_intent": i["id"], "metadata": i["metadata"]})
	i["latest_charge"], i["status"] = c["id"], "succeeded"
	s.event("payment_intent.succeeded", i)
}

// Arrive is money of PayLater that comes; Fail is that it does not.
func (s *Stripe) Arrive(session string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.things[session]
	s.charge(s.things[o["payment_intent"].(string)])
	o["payment_status"] = "paid"
	s.event("checkout.session.async_payment_succeeded", o)
}

// Fail is money of PayLater that does not come.
func (s *Stripe) Fail(session string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.things[session]
	s.things[o["payment_intent"].(string)]["status"] = "requires_payment_method"
	s.event("checkout.session.async_payment_failed", o)
}

// Forget loses a thing.
func (s *Stripe) Forget(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.things, id)
}

// Send posts what happened and was not sent yet, in its order or in none, once or more.
// The endpoint says with its status that it took it; what it did not take is sent again
// by the next Send.
func (s *Stripe) Send(ctx context.Context, endpoint string) error {
	s.mu.Lock()
	list := s.unsent
	s.unsent = nil
	var out []object
	for _, e := range list {
		if s.hits(s.dials.Drop, &s.fired.Drop) {
			continue
		}
		out = append(out, e)
		if s.hits(s.dials.Duplicate, &s.fired.Duplicate) {
			out = append(out, e)
		}
	}
	if s.dials.Reorder {
		s.random.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	}
	forged := make([]bool, len(out))
	for i := range out {
		forged[i] = s.hits(s.dials.Forged, &s.fired.Forged)
	}
	s.mu.Unlock()
	for i, e := range out {
		if forged[i] {
			if taken, err := s.post(ctx, endpoint, e, "whsec_wrong"); err != nil || taken {
				return fmt.Errorf("a forged webhook was taken, or %w", err)
			}
		}
		taken, err := s.post(ctx, endpoint, e, Secret)
		if err != nil {
			return err
		}
		if !taken {
			s.mu.Lock()
			s.unsent = append(s.unsent, e)
			s.mu.Unlock()
		}
	}
	return nil
}

// Signed is an event as it is sent: its bytes and its signature.
func (s *Stripe) Signed(e map[string]any, secret string) (body []byte, signature string) {
	body, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	p := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: body, Secret: secret, Timestamp: s.now()})
	return body, p.Header
}

// Happened are all events so far.
func (s *Stripe) Happened() []map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.events)
}

func (s *Stripe) post(ctx context.Context, endpoint string, e object, secret string) (taken bool, err error) {
	body, signature := s.Signed(e, secret)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, bytes.NewReader(body))
	if err != nil {
		return false, err
	}
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Set("Stripe-Signature", signature)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return false, err
	}
	return answer.StatusCode == http.StatusOK, answer.Body.Close()
}
