package payment_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76/webhook"

	"shuyuan/internal/fault"
	"shuyuan/marketplace/payment"
	"shuyuan/marketplace/payment/paymenttest"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func at() time.Time { return noon }

func gateway(t *testing.T, tries int64) (*payment.Stripe, *paymenttest.Stripe) {
	t.Helper()
	fake := paymenttest.New(t.Context(), at, 1)
	return payment.NewStripe(payment.StripeConfig{Key: "sk_test_x", URL: fake.URL, Tries: tries}), fake
}

func checkout(order string, amount int64) payment.Checkout {
	return payment.Checkout{Key: "order:" + order + ":1", Order: order, Title: "空气质量月报", Amount: amount, Currency: "USD", Expires: noon.Add(time.Hour), Success: "https://example.org/ok", Cancel: "https://example.org/no"}
}

// A checkout is paid, part of it given back, and its payees get theirs.
func TestACheckoutThroughStripe(t *testing.T) {
	g, fake := gateway(t, 0)
	ctx := t.Context()
	s, err := g.Open(ctx, checkout("DD-1", 9_999))
	if err != nil || !s.Open || s.Paid || s.Order != "DD-1" || s.Amount != 9_999 || s.Currency != "USD" || s.Live || s.URL == "" {
		t.Fatalf("%+v %v", s, err)
	}
	if again, err := g.Open(ctx, checkout("DD-1", 9_999)); err != nil || again.ID != s.ID {
		t.Errorf("again: %+v %v", again, err)
	}
	if _, err := g.Open(ctx, checkout("DD-1", 1)); fault.KindOf(err) != fault.Conflict {
		t.Errorf("another amount under the key: %v", err)
	}
	fake.PayLater(s.ID)
	if s, err = g.Session(ctx, s.ID); err != nil || s.Paid || !s.Pending {
		t.Errorf("on its way: %+v %v", s, err)
	}
	fake.Arrive(s.ID)
	if s, err = g.Session(ctx, s.ID); err != nil || !s.Paid || s.Payment == "" || s.Charge == "" {
		t.Fatalf("paid: %+v %v", s, err)
	}
	if _, err := g.Expire(ctx, s.ID, "x"); fault.KindOf(err) != fault.Conflict {
		t.Errorf("expire what is paid: %v", err)
	}
	r, err := g.Refund(ctx, payment.Refund{Key: "refund:1", Payment: s.Payment, Amount: 5_000, Number: "TK-1"})
	if err != nil || r.State != payment.RefundSucceeded || r.Payment != s.Payment {
		t.Errorf("refund: %+v %v", r, err)
	}
	if _, err := g.Refund(ctx, payment.Refund{Key: "refund:2", Payment: s.Payment, Amount: 5_000}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("more than is left: %v", err)
	}
	if again, err := g.RefundOf(ctx, r.ID); err != nil || again != r {
		t.Errorf("%+v %v", again, err)
	}
	id, err := g.Transfer(ctx, payment.Transfer{Key: "settle:1", Charge: s.Charge, Account: "acct_seller", Amount: 4_000, Currency: "USD", Group: "DD-1"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Transfer(ctx, payment.Transfer{Key: "settle:2", Charge: s.Charge, Account: "acct_restricted", Amount: 1, Currency: "USD"}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("to a restricted account: %v", err)
	}
	if _, err := g.Reverse(ctx, payment.Reversal{Key: "back:1", Transfer: id, Amount: 4_000}); err != nil {
		t.Error(err)
	}
	if _, err := g.Reverse(ctx, payment.Reversal{Key: "back:2", Transfer: id, Amount: 1}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("more than was handed over: %v", err)
	}
	if _, err := g.Session(ctx, "cs_none"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("of nothing: %v", err)
	}
	late, err := g.Open(ctx, checkout("DD-2", 100))
	if err != nil {
		t.Fatal(err)
	}
	fake.PayLater(late.ID)
	fake.Fail(late.ID)
	if late, err = g.Session(ctx, late.ID); err != nil || late.Paid || late.Pending || late.Open {
		t.Errorf("failed: %+v %v", late, err)
	}
}

// A server that does the work and then says that it failed is asked again, and the work
// is done once.
func TestAnErrorAfterTheWork(t *testing.T) {
	g, fake := gateway(t, 0)
	fake.Set(paymenttest.Dials{After500: 100})
	c := checkout("DD-1", 100)
	if _, err := g.Open(t.Context(), c); fault.KindOf(err) != fault.Unavailable {
		t.Fatalf("%v", err)
	}
	fake.Set(paymenttest.Dials{})
	s, err := g.Open(t.Context(), c)
	if err != nil || s.ID != "cs_test_000001" {
		t.Errorf("%+v %v", s, err)
	}
	fake.Set(paymenttest.Dials{Down: true})
	if _, err := g.Session(t.Context(), s.ID); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("down: %v", err)
	}
	if f := fake.Fired(); f.After500 != 1 {
		t.Errorf("%+v", f)
	}
}

// Events are read from where one left off, none twice and none left out.
func TestEventsAreReadOn(t *testing.T) {
	g, fake := gateway(t, 0)
	var want []string
	read := func(after string) (last string) {
		for {
			list, more, err := g.Events(t.Context(), after)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range list {
				if len(want) == 0 || e.ID != want[0] {
					t.Fatalf("%s, want %v", e.ID, want[:min(len(want), 3)])
				}
				want, after = want[1:], e.ID
			}
			if !more {
				return after
			}
		}
	}
	pay := func(n int) {
		before := len(fake.Happened())
		for i := range n {
			s, err := g.Open(t.Context(), checkout(fmt.Sprintf("DD-%d-%d", before, i), 100))
			if err != nil {
				t.Fatal(err)
			}
			fake.Pay(s.ID)
		}
		for _, e := range fake.Happened()[before:] {
			want = append(want, e["id"].(string))
		}
	}
	pay(130)
	last := read("")
	pay(140)
	if last = read(last); len(want) != 0 {
		t.Errorf("%d left out", len(want))
	}
	if read(last) != last {
		t.Error("something after the last")
	}
	list, _, err := g.Events(t.Context(), "")
	if err != nil || list[0].Order != "DD-0-0" || list[0].Object != "payment_intent" || !list[0].Created.Equal(noon) {
		t.Errorf("%+v %v", list[0], err)
	}
}

// Only what is signed, now, for this installation, is taken (W01 to W11, W18 to W20, W24).
func TestWebhooks(t *testing.T) {
	w := payment.Webhook{Secrets: []string{"whsec_new", "whsec_old"}, Now: at}
	body := []byte(`{"id":"evt_1","object":"event","type":"checkout.session.completed","created":1772452800,"livemode":false,"api_version":"2023-10-16","data":{"object":{"id":"cs_1","object":"checkout.session","client_reference_id":"DD-1"}}}`)
	sign := func(body []byte, secret string, when time.Time) string {
		return webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: body, Secret: secret, Timestamp: when}).Header
	}
	good := sign(body, "whsec_new", noon)
	for name, header := range map[string]string{"new": good, "old, while rotating": sign(body, "whsec_old", noon), "of four minutes ago": sign(body, "whsec_new", noon.Add(-4*time.Minute)), "several, one of them right": good + ",v1=" + strings.Repeat("ab", 32), "besides one of another kind": good + ",v0=" + strings.Repeat("ab", 32)} {
		e, err := w.Read(body, header)
		if err != nil || e.ID != "evt_1" || e.Subject != "cs_1" || e.Order != "DD-1" || e.Object != "checkout.session" {
			t.Errorf("%s: %+v %v", name, e, err)
		}
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write(body); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	spaced := bytes.ReplaceAll(body, []byte(`":`), []byte(`": `))
	change := func(from, to string) []byte { return bytes.Replace(body, []byte(from), []byte(to), 1) }
	huge := append(append([]byte{}, body...), bytes.Repeat([]byte(" "), payment.MostWebhook)...)
	deep := []byte(strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000))
	for name, c := range map[string]struct {
		body   []byte
		header string
		kind   fault.Kind
	}{
		"no signature":             {body, "", fault.Invalid},
		"a wrong secret":           {body, sign(body, "whsec_wrong", noon), fault.Invalid},
		"an empty secret":          {body, sign(body, "", noon), fault.Invalid},
		"v0 alone":                 {body, strings.Replace(good, "v1=", "v0=", 1), fault.Invalid},
		"a time alone":             {body, strings.Split(good, ",")[0], fault.Invalid},
		"301 seconds old":          {body, sign(body, "whsec_new", noon.Add(-301*time.Second)), fault.Invalid},
		"301 seconds ahead":        {body, sign(body, "whsec_new", noon.Add(301*time.Second)), fault.Invalid},
		"a time that is no number": {body, "t=now," + strings.Split(good, ",")[1], fault.Invalid},
		"two times":                {body, "t=1," + good, fault.Invalid},
		"written anew":             {spaced, good, fault.Invalid},
		"with a mark in front":     {append([]byte("\xef\xbb\xbf"), body...), good, fault.Invalid},
		"zipped":                   {zipped.Bytes(), good, fault.Invalid},
		"one letter changed":       {change("DD-1", "DD-2"), good, fault.Invalid},
		"too long":                 {huge, sign(huge, "whsec_new", noon), fault.TooLarge},
		"deep":                     {deep, sign(deep, "whsec_new", noon), fault.Conflict},
		"of real money":            {change(`"livemode":false`, `"livemode":true`), sign(change(`"livemode":false`, `"livemode":true`), "whsec_new", noon), fault.Conflict},
		"of another account":       {change(`"livemode"`, `"account":"acct_1","livemode"`), sign(change(`"livemode"`, `"account":"acct_1","livemode"`), "whsec_new", noon), fault.Conflict},
		"of another version":       {change("2023-10-16", "2025-01-01"), sign(change("2023-10-16", "2025-01-01"), "whsec_new", noon), fault.Conflict},
		"without an id":            {change("evt_1", ""), sign(change("evt_1", ""), "whsec_new", noon), fault.Conflict},
		"without a version at all": {change(`"api_version":"2023-10-16",`, ""), sign(change(`"api_version":"2023-10-16",`, ""), "whsec_new", noon), fault.Conflict},
	} {
		if e, err := w.Read(c.body, c.header); fault.KindOf(err) != c.kind || e != (payment.Event{}) {
			t.Errorf("%s: %+v %v", name, e, err)
		}
	}
}

// The parameters of every call are ones that Stripe's own description of its API has.
// Its mock remembers nothing, so only that is looked at.
func TestParametersAgainstStripesMock(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	mock := exec.CommandContext(t.Context(), "go", "-C", "../../.ci/tools", "tool", "stripe-mock", "-http-addr", address, "-https-addr", "127.0.0.1:0")
	mock.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	mock.Cancel = func() error { return syscall.Kill(-mock.Process.Pid, syscall.SIGKILL) }
	var out bytes.Buffer
	mock.Stdout, mock.Stderr = &out, &out
	if err := mock.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Kill(-mock.Process.Pid, syscall.SIGKILL); mock.Wait() }) //nolint:errcheck // it is killed
	g := payment.NewStripe(payment.StripeConfig{Key: "sk_test_x", URL: "http://" + address})
	ctx := t.Context()
	waiting, stop := context.WithTimeout(ctx, 2*time.Minute) // it is built first, where nobody did
	defer stop()
	for {
		c, err := new(net.Dialer).DialContext(waiting, "tcp", address)
		if err == nil {
			c.Close()
			break
		}
		select {
		case <-waiting.Done():
			t.Fatalf("the mock does not answer: %v\n%s", err, &out)
		case <-time.After(100 * time.Millisecond):
		}
	}
	calls := map[string]func() error{
		"open":    func() error { _, err := g.Open(ctx, checkout("DD-1", 100)); return err },
		"session": func() error { _, err := g.Session(ctx, "cs_1"); return err },
		"expire":  func() error { _, err := g.Expire(ctx, "cs_1", "k"); return err },
		"refund": func() error {
			_, err := g.Refund(ctx, payment.Refund{Key: "k1", Payment: "pi_1", Amount: 1})
			return err
		},
		"refunded": func() error { _, err := g.RefundOf(ctx, "re_1"); return err },
		"transfer": func() error {
			_, err := g.Transfer(ctx, payment.Transfer{Key: "k2", Charge: "ch_1", Account: "acct_1", Amount: 1, Currency: "USD", Group: "DD-1"})
			return err
		},
		"reverse": func() error {
			_, err := g.Reverse(ctx, payment.Reversal{Key: "k3", Transfer: "tr_1", Amount: 1})
			return err
		},
		"events": func() error { _, _, err := g.Events(ctx, "evt_1"); return err },
	}
	for name, call := range calls {
		if err := call(); err != nil {
			var f *fault.Fault
			errors.As(err, &f)
			t.Errorf("%s: %v (%v)", name, err, f.Cause)
		}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/v1/transfers", strings.NewReader("amount=1"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer sk_test_x")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := http.DefaultClient.Do(r)
	if err != nil || answer.Body.Close() != nil || answer.StatusCode != http.StatusBadRequest {
		t.Errorf("the mock takes anything: %v %v", answer, err)
	}
}
