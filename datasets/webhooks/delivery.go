package webhooks

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"shuyuan/datasets/following"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/internal/jobs"
	"shuyuan/internal/outbound"
)

// Delivery is the job of one attempt to send something.
type Delivery struct {
	jobs.Outside
	ID      int64 `json:"id"`
	Attempt int   `json:"attempt"` // which one, from 1; one that was made is not made again
}

// Kind names the job.
func (Delivery) Kind() string { return "webhook_delivery" }

// SentState is what became of something that is sent.
type SentState string

// The states.
const (
	Waiting  SentState = "waiting"
	Accepted SentState = "accepted"
	Failed   SentState = "failed"
	Dropped  SentState = "dropped" // its address is off, or nobody may know of it any more
)

// Sent is one thing that was sent or is to be.
type Sent struct {
	ID       int64
	Event    Event
	Message  string // webhook-id
	At       time.Time
	State    SentState
	Next     *time.Time // of what waits
	Attempts []Attempt
}

// Attempt is one sending.
type Attempt struct {
	Number  int              `json:"number"`
	At      time.Time        `json:"at"`
	Status  int              `json:"status"`  // of HTTP; 0: there was no answer
	Problem outbound.Problem `json:"problem"` // where there was none
	Took    int              `json:"took"`    // milliseconds to the head of the answer
}

// Tell writes what is to be sent of new notices, in their transaction
// (following.Service.OnTold).
func (s *Service) Tell(ctx context.Context, tx pgx.Tx, list []following.Told) error {
	for _, n := range list {
		event, ok := eventOf[n.Kind]
		if !ok {
			continue
		}
		ids, err := listening(ctx, tx, n.User, event)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := s.send(ctx, tx, id, event, n.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// send writes a delivery and announces its first attempt.
func (s *Service) send(ctx context.Context, tx pgx.Tx, webhook int64, e Event, notice int64) error {
	id, err := insertDelivery(ctx, tx, webhook, e, notice, "msg_"+rand.Text(), s.Rules.Sendings, s.Now())
	if err != nil || id == 0 {
		return err
	}
	return jobs.Announce(ctx, tx, Delivery{ID: id, Attempt: 1})
}

// again gives a delivery as many attempts as a new one has.
func (s *Service) again(ctx context.Context, tx pgx.Tx, webhook, id int64) error {
	attempts, err := reopen(ctx, tx, webhook, id, s.Rules.Sendings, s.Now())
	if errors.Is(err, pgx.ErrNoRows) {
		return fault.New(fault.Conflict, "没有这条投递，或者它还在等着送。")
	}
	if err != nil {
		return err
	}
	return jobs.Announce(ctx, tx, Delivery{ID: id, Attempt: attempts + 1})
}

// Deliver makes one attempt, as a job. What was attempted is kept, and the next
// attempt announced with it; only where that fails is the job tried again, and
// the same thing may arrive twice, with the same webhook-id.
func (s *Service) Deliver(ctx context.Context, job Delivery) error {
	d, err := selectDelivery(ctx, s.Pool, job)
	if err != nil || d == nil { // was made, or is not wanted any more
		return err
	}
	var n *following.Notice
	if d.notice != 0 {
		if n, err = s.Notices.Current(ctx, d.notice); err != nil {
			return err
		}
		if n == nil {
			return drop(ctx, s.Pool, d.id)
		}
	}
	body, err := s.Write(d.event, d.at, n, "")
	if err != nil {
		return err
	}
	secrets, err := s.secrets(ctx, s.Pool, d.webhook)
	if err != nil {
		return err
	}
	at := s.Now()
	waits, cancel := within(ctx, patience)
	defer cancel()
	answer, err := s.post(waits, d.url, d.message, secrets, body, 0)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	a := Attempt{Number: job.Attempt, At: at}
	if err != nil {
		a.Problem = outbound.ProblemOf(err)
		if a.Problem == "" {
			return err
		}
	} else {
		a.Status, a.Took = answer.Status, int(answer.Took.Milliseconds())
	}
	_, err = database.InTx(ctx, s.Pool, func(tx pgx.Tx) (struct{}, error) { return struct{}{}, s.settle(ctx, tx, d, a) })
	return err
}

// post sends a body, signed by each of the secrets.
func (s *Service) post(ctx context.Context, address, message string, secrets [][]byte, body []byte, keep int) (*outbound.Answer, error) {
	now := s.Now()
	var signatures []string
	for _, secret := range secrets {
		signer, err := standardwebhooks.NewWebhookRaw(secret)
		if err != nil {
			return nil, err
		}
		signature, err := signer.Sign(message, now, body)
		if err != nil {
			return nil, err
		}
		signatures = append(signatures, signature)
	}
	answer, err := s.Gate.Do(ctx, outbound.Request{Method: "POST", URL: address, Keep: keep, Body: body, Header: map[string]string{
		"Content-Type":                          "application/json; charset=utf-8",
		standardwebhooks.HeaderWebhookID:        message,
		standardwebhooks.HeaderWebhookTimestamp: strconv.FormatInt(now.Unix(), 10),
		standardwebhooks.HeaderWebhookSignature: strings.Join(signatures, " "),
	}})
	if cause, ok := errors.AsType[*outbound.Error](context.Cause(ctx)); ok && err != nil {
		return nil, cause
	}
	return answer, err
}

// within bounds how long something waits for an address, until another request
// to the same host is done included.
func within(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, d, &outbound.Error{Problem: outbound.Slow, Cause: errors.New("no answer in time")})
}

// patience is how long a job waits, of which Rules.Answer is the address's own.
const patience = 5 * time.Minute

// settle keeps an attempt and what becomes of it.
func (s *Service) settle(ctx context.Context, tx pgx.Tx, d *delivery, a Attempt) error {
	if err := lock(ctx, tx, d.webhook); err != nil {
		if fault.KindOf(err) == fault.NotFound { // removed meanwhile
			return nil
		}
		return err
	}
	found, err := selectWebhooks(ctx, tx, `w.id = @id`, pgx.NamedArgs{"id": d.webhook, "now": s.Now()})
	if err != nil || len(found) == 0 {
		return err
	}
	w := &found[0]
	if made, err := insertAttempt(ctx, tx, d.id, a); err != nil || !made {
		return err
	}
	accepted := a.Status >= 200 && a.Status < 300
	now := s.Now()
	switch {
	case accepted:
		w.Failing = nil
	case w.Failing == nil:
		w.Failing = &now
	}
	if err := update(ctx, tx, w); err != nil {
		return err
	}
	last := a.Number >= d.tries
	switch {
	case accepted:
		return closeDelivery(ctx, tx, d.id, Accepted)
	case w.State != On:
		return closeDelivery(ctx, tx, d.id, Dropped)
	case a.Status == gone:
		return s.giveUp(ctx, tx, w, d, Gone)
	case now.Sub(*w.Failing) >= s.Rules.Off:
		return s.giveUp(ctx, tx, w, d, Failing)
	case last:
		return closeDelivery(ctx, tx, d.id, Failed)
	}
	next := now.Add(s.Rules.Pause(a.Number - (d.tries - s.Rules.Sendings)))
	if err := postpone(ctx, tx, d.id, next); err != nil {
		return err
	}
	return jobs.AnnounceAt(ctx, tx, Delivery{ID: d.id, Attempt: a.Number + 1}, next)
}

// gone is the answer by which an address ends what is sent to it.
const gone = 410

// giveUp switches an address off and has its owner told.
func (s *Service) giveUp(ctx context.Context, tx pgx.Tx, w *Webhook, d *delivery, why string) error {
	if err := closeDelivery(ctx, tx, d.id, Failed); err != nil {
		return err
	}
	if err := s.off(ctx, tx, w, why); err != nil {
		return err
	}
	if err := audit.Append(ctx, tx, account.System("webhooks"), "webhook", strconv.FormatInt(w.ID, 10), "switched-off", map[string]string{"why": why}); err != nil {
		return err
	}
	to, err := addressOf(ctx, tx, w.User)
	if err != nil || to == "" {
		return err
	}
	return jobs.Announce(ctx, tx, Stopped{ID: "webhook-off-" + strings.ToLower(rand.Text()), To: to, Webhook: w.ID, Host: hostOf(w.URL), Why: why, Days: int(s.Rules.Off / (24 * time.Hour)), At: s.Now()})
}

// hostOf is the host of an address: its path may hold a secret of its owner's.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

// Stopped is the job of the letter that an address was switched off.
type Stopped struct {
	ID      string    `json:"id"`
	To      string    `json:"to"`
	Webhook int64     `json:"webhook"`
	Host    string    `json:"host"`
	Why     string    `json:"why"`
	Days    int       `json:"days"` // of failures
	At      time.Time `json:"at"`
}

// Kind names the job.
func (Stopped) Kind() string { return "webhook_stopped" }

// longestProof is how many bytes of the answer to a challenge are read.
const longestProof = 1024

// Prove sends a challenge to an address and switches it on where it answers with
// the word of the challenge, plain or as JSON.
func (s *Service) Prove(ctx context.Context, who account.Actor, id int64) error {
	w, err := s.own(ctx, s.Pool, who, id)
	if err != nil {
		return err
	}
	if err := s.allowed(ctx, who); err != nil {
		return err
	}
	if err := s.check(w.URL); err != nil { // the rules of the gate may be others by now
		return err
	}
	word := rand.Text()
	body, err := s.Write(Challenge, s.Now(), nil, word)
	if err != nil {
		return err
	}
	secrets, err := s.secrets(ctx, s.Pool, id)
	if err != nil {
		return err
	}
	waits, cancel := within(ctx, s.Rules.Answer)
	defer cancel()
	answer, err := s.post(waits, w.URL, "msg_"+rand.Text(), secrets, body, longestProof)
	if err != nil {
		if p := outbound.ProblemOf(err); p != "" {
			return refused(p).Because(err)
		}
		return err
	}
	switch {
	case answer.Status >= 300 && answer.Status < 400:
		return fault.At("url", "这个地址转到了别处（%d）。请直接登记最后的地址。", answer.Status)
	case answer.Status < 200 || answer.Status >= 300:
		return fault.At("url", "这个地址答复了 %d，收下的要答复 200。", answer.Status)
	case !proves(answer.Body, word):
		return fault.At("url", "这个地址没有把收到的 challenge 原样答复回来。")
	}
	return s.change(ctx, who, id, Proved, func(tx pgx.Tx, w *Webhook) error {
		now := s.Now()
		w.State, w.Why, w.Proved, w.Failing = On, "", &now, nil
		return update(ctx, tx, w)
	})
}

// proves reports whether an answer has the word of a challenge and nothing else.
func proves(body []byte, word string) bool {
	if body = bytes.TrimSpace(body); string(body) == word {
		return true
	}
	var answer struct {
		Challenge string `json:"challenge"`
	}
	return json.Unmarshal(body, &answer) == nil && answer.Challenge == word
}

// Sweep removes what was sent long ago.
func (s *Service) Sweep(ctx context.Context) error {
	if err := sweep(ctx, s.Pool, s.Now().Add(-s.Rules.Kept), s.Now()); err != nil {
		return fmt.Errorf("sweep webhooks: %w", err)
	}
	return nil
}

// Asks reports whether w is told of an event.
func (w *Webhook) Asks(e Event) bool { return slices.Contains(w.Events, e) }
