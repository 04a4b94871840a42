package webhooks

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/datasets"
	"shuyuan/datasets/following"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/internal/outbound"
)

// Event is what an address is told of. A program may depend on these names.
type Event string

// The events. The last two are sent whatever an address asked for.
const (
	DatasetPublished Event = "dataset.published"
	DatasetRestored  Event = "dataset.restored"
	DatasetWithdrawn Event = "dataset.withdrawn"
	DatasetUpdated   Event = "dataset.updated"
	SchemaChanged    Event = "dataset.schema_changed"
	DatasetCorrected Event = "dataset.corrected"
	DatasetOverdue   Event = "dataset.overdue"
	QuestionAnswered Event = "question.answered"
	NotePublished    Event = "note.published"
	SearchMatched    Event = "search.matched"
	DeskDue          Event = "desk.due"
	Challenge        Event = "webhook.challenge"
	Test             Event = "webhook.test"
)

const (
	longestAddress = 2000 // bytes
	bytesOfSecret  = 32
	secretPrefix   = "whsec_"
	purpose        = "webhook" // of the lock of a secret
	shownAtOnce    = 50        // deliveries on the page of an address
)

// Events are those that an address can ask for.
var Events = []Event{DatasetPublished, DatasetUpdated, SchemaChanged, DatasetCorrected, DatasetOverdue, DatasetWithdrawn, DatasetRestored, QuestionAnswered, NotePublished, SearchMatched, DeskDue}

// eventOf is the event of each kind of notice.
var eventOf = map[string]Event{
	string(datasets.EventPublished): DatasetPublished, string(datasets.EventRestored): DatasetRestored, string(datasets.EventWithdrawn): DatasetWithdrawn,
	string(datasets.EventVersion): DatasetUpdated, string(datasets.EventSchema): SchemaChanged, string(datasets.EventCorrection): DatasetCorrected,
	string(datasets.EventOverdue): DatasetOverdue, string(datasets.EventAnswer): QuestionAnswered, string(datasets.EventNote): NotePublished, string(datasets.EventRecheck): DatasetCorrected,
	following.Match: SearchMatched, following.Due: DeskDue,
}

// State is where an address stands.
type State string

// The states.
const (
	New State = "new" // has not proved itself
	On  State = "on"
	Off State = "off"
)

// Why an address is off.
const (
	ByOwner = "owner"
	Failing = "failing" // for so long
	Gone    = "gone"    // it answered 410
)

// Webhook is an address that is told of what happens.
type Webhook struct {
	ID      int64
	User    int64
	URL     string
	Events  []Event
	State   State
	Why     string // of one that is off
	Created time.Time
	Proved  *time.Time
	Failing *time.Time // since when nothing was accepted
	Overlap *time.Time // until when the secret before signs as well
}

// Gate sends requests to addresses that people typed; outbound.Gate is one.
type Gate interface {
	Do(ctx context.Context, r outbound.Request) (*outbound.Answer, error)
	CheckSecure(address string) error
}

// Notices tells what a notice says now; following.Service does.
type Notices interface {
	// Current is a notice as its reader may be told of it now; nil where not.
	Current(ctx context.Context, id int64) (*following.Notice, error)
}

// Bucket names the limit of how often one account has requests sent.
const Bucket = "webhook"

// Config is what a Service stands on.
type Config struct {
	Pool    *pgxpool.Pool
	Gate    Gate
	Notices Notices
	Limits  following.Limiter
	Secret  []byte // of the installation; nil: one that ends with the process
	Rules   Rules
	Now     func() time.Time

	// Write is the body of what is sent: the event, when it happened, and the
	// notice; nil for a test or a challenge, whose word it is given.
	Write func(e Event, at time.Time, n *following.Notice, challenge string) ([]byte, error)
}

// Service has every operation on webhooks.
type Service struct {
	Config
	keeper account.Keeper
}

// NewService returns the webhooks of an installation.
func NewService(c Config) *Service { return &Service{Config: c, keeper: account.NewKeeper(c.Secret)} }

func person(who account.Actor) error {
	if who.IsVisitor() || who.Key != "" || who.ID < 1 {
		return fault.New(fault.Unauthenticated, "请先登录。")
	}
	return nil
}

func errNone() error { return fault.New(fault.NotFound, "没有这个 webhook 地址。") }

// allowed counts what who has us send.
func (s *Service) allowed(ctx context.Context, who account.Actor) error {
	limit, err := s.Limits.Allow(ctx, Bucket, strconv.FormatInt(who.ID, 10))
	if err != nil || limit.Allowed {
		return err
	}
	f := fault.New(fault.TooMany, "这一小时里操作得太多了，请过一会儿再试。")
	f.Retry = limit.Retry
	return f
}

// chosen are the events that a form names, each once and in our order.
func chosen(names []string) ([]Event, error) {
	for _, n := range names {
		if !slices.Contains(Events, Event(n)) {
			return nil, fault.At("event", "没有这种事件，请重新选。")
		}
	}
	var out []Event
	for _, e := range Events {
		if slices.Contains(names, string(e)) {
			out = append(out, e)
		}
	}
	if len(out) == 0 {
		return nil, fault.At("event", "请至少选一种事件。")
	}
	return out, nil
}

// check returns a fault at the field for an address to which nothing is sent.
func (s *Service) check(address string) error {
	if address == "" {
		return fault.At("url", "请填写接收的地址。")
	}
	if len(address) > longestAddress {
		return fault.At("url", "地址太长，最多 %d 个字节。", longestAddress)
	}
	if err := s.Gate.CheckSecure(address); err != nil {
		return refused(outbound.ProblemOf(err)).Because(err)
	}
	return nil
}

// refused says why nothing is sent to an address.
func refused(p outbound.Problem) *fault.Fault {
	sentence := "连不上这个地址，请看它是不是开着。"
	switch p {
	case outbound.Malformed:
		sentence = "地址不正确：要写完整的 https 地址，不能带用户名、密码和空格。"
	case outbound.NotEncrypted:
		sentence = "只收 https 的地址。"
	case outbound.PortRefused:
		sentence = "只收网页的端口（443）。"
	case outbound.NotPublic:
		sentence = "这个地址不在公共互联网上，不能往那里送。"
	case outbound.NoName, outbound.NameFailed:
		sentence = "查不到这个域名。"
	case outbound.Slow:
		sentence = "这个地址没有按时答复。"
	case outbound.Expired, outbound.WrongName, outbound.Untrusted, outbound.NoEncryption:
		sentence = "这个地址的证书有问题，连接不能加密。"
	}
	return fault.At("url", sentence)
}

// Add keeps an address of who's. The secret is returned this once. Nothing is
// sent there before Prove.
func (s *Service) Add(ctx context.Context, who account.Actor, address string, events []string) (*Webhook, string, error) {
	if err := person(who); err != nil {
		return nil, "", err
	}
	address = strings.TrimSpace(address)
	if err := s.check(address); err != nil {
		return nil, "", err
	}
	list, err := chosen(events)
	if err != nil {
		return nil, "", err
	}
	if err := s.allowed(ctx, who); err != nil {
		return nil, "", err
	}
	w := &Webhook{User: who.ID, URL: address, Events: list, State: New, Created: s.Now().Truncate(time.Microsecond)}
	secret, err := database.InTx(ctx, s.Pool, func(tx pgx.Tx) (string, error) {
		if err := insert(ctx, tx, w, s.Rules.Most); err != nil {
			return "", err
		}
		plain, err := s.newSecret(ctx, tx, w.ID)
		if err != nil {
			return "", err
		}
		return plain, s.record(ctx, tx, who, w.ID, Added)
	})
	if err != nil {
		return nil, "", err
	}
	return w, secret, nil
}

// Act is what somebody does with an address, as the audit trail calls it.
type Act string

// The acts.
const (
	Added    Act = "add"
	Proved   Act = "prove"
	Chose    Act = "choose"
	Rotated  Act = "rotate"
	Switched Act = "stop"
	Removed  Act = "remove"
	Tested   Act = "test"
	Repeated Act = "again"
)

// record puts an act into the audit trail; it keeps no address, which may hold a
// secret of its owner's.
func (s *Service) record(ctx context.Context, tx pgx.Tx, who account.Actor, id int64, act Act) error {
	return audit.Append(ctx, tx, who, "webhook", strconv.FormatInt(id, 10), string(act), nil)
}

// newSecret makes and keeps a secret, and returns it as it is written.
func (s *Service) newSecret(ctx context.Context, tx pgx.Tx, id int64) (string, error) {
	plain := make([]byte, bytesOfSecret)
	rand.Read(plain)
	if err := insertSecret(ctx, tx, id, s.keeper.Lock(purpose, strconv.FormatInt(id, 10), plain), s.Now()); err != nil {
		return "", err
	}
	return secretPrefix + base64.StdEncoding.EncodeToString(plain), nil
}

// secrets are those that sign now, the newest first.
func (s *Service) secrets(ctx context.Context, q database.Querier, id int64) ([][]byte, error) {
	locked, err := selectSecrets(ctx, q, id, s.Now())
	if err != nil {
		return nil, err
	}
	out := make([][]byte, len(locked))
	for i, l := range locked {
		if out[i], err = s.keeper.Open(purpose, strconv.FormatInt(id, 10), l); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// All are who's addresses, the oldest first.
func (s *Service) All(ctx context.Context, who account.Actor) ([]Webhook, error) {
	if err := person(who); err != nil {
		return nil, err
	}
	return selectWebhooks(ctx, s.Pool, `w.user_id = @user`, pgx.NamedArgs{"user": who.ID, "now": s.Now()})
}

// One is an address of who's, with what was sent there last.
func (s *Service) One(ctx context.Context, who account.Actor, id int64) (*Webhook, []Sent, error) {
	w, err := s.own(ctx, s.Pool, who, id)
	if err != nil {
		return nil, nil, err
	}
	sent, err := selectSent(ctx, s.Pool, id, shownAtOnce)
	return w, sent, err
}

func (s *Service) own(ctx context.Context, q database.Querier, who account.Actor, id int64) (*Webhook, error) {
	if err := person(who); err != nil {
		return nil, err
	}
	found, err := selectWebhooks(ctx, q, `w.user_id = @user AND w.id = @id`, pgx.NamedArgs{"user": who.ID, "id": id, "now": s.Now()})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errNone()
	}
	return &found[0], nil
}

// change does something to an address of who's while nobody else does.
func (s *Service) change(ctx context.Context, who account.Actor, id int64, act Act, do func(pgx.Tx, *Webhook) error) error {
	if err := person(who); err != nil {
		return err
	}
	_, err := database.InTx(ctx, s.Pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		if err := lock(ctx, tx, id); err != nil {
			return none, err
		}
		w, err := s.own(ctx, tx, who, id)
		if err != nil {
			return none, err
		}
		if err := do(tx, w); err != nil {
			return none, err
		}
		return none, s.record(ctx, tx, who, id, act)
	})
	return err
}

// Choose keeps what an address is told of from now on.
func (s *Service) Choose(ctx context.Context, who account.Actor, id int64, events []string) error {
	list, err := chosen(events)
	if err != nil {
		return err
	}
	return s.change(ctx, who, id, Chose, func(tx pgx.Tx, w *Webhook) error {
		w.Events = list
		return update(ctx, tx, w)
	})
}

// Rotate replaces the secret, and returns the new one this once. The one before
// signs as well for the time of the rules; one before that no more.
func (s *Service) Rotate(ctx context.Context, who account.Actor, id int64) (secret string, err error) {
	err = s.change(ctx, who, id, Rotated, func(tx pgx.Tx, w *Webhook) (err error) {
		if err := retireSecret(ctx, tx, id, s.Now(), s.Now().Add(s.Rules.Overlap)); err != nil {
			return err
		}
		secret, err = s.newSecret(ctx, tx, id)
		return err
	})
	return secret, err
}

// Stop switches an address off. What waits to be sent there is dropped.
func (s *Service) Stop(ctx context.Context, who account.Actor, id int64) error {
	return s.change(ctx, who, id, Switched, func(tx pgx.Tx, w *Webhook) error { return s.off(ctx, tx, w, ByOwner) })
}

func (s *Service) off(ctx context.Context, tx pgx.Tx, w *Webhook, why string) error {
	w.State, w.Why = Off, why
	if err := update(ctx, tx, w); err != nil {
		return err
	}
	return dropWaiting(ctx, tx, w.ID)
}

// Remove takes an address away, with all that is kept of it.
func (s *Service) Remove(ctx context.Context, who account.Actor, id int64) error {
	return s.change(ctx, who, id, Removed, func(tx pgx.Tx, w *Webhook) error { return remove(ctx, tx, id) })
}

// Test has a test sent to an address that is on.
func (s *Service) Test(ctx context.Context, who account.Actor, id int64) error {
	if err := s.allowed(ctx, who); err != nil {
		return err
	}
	return s.change(ctx, who, id, Tested, func(tx pgx.Tx, w *Webhook) error {
		if w.State != On {
			return errNotOn()
		}
		return s.send(ctx, tx, w.ID, Test, 0)
	})
}

func errNotOn() error {
	return fault.New(fault.Conflict, "这个地址没有开通，先验证它，才能往那里送。")
}

// Again has something sent once more that was sent before, with the same
// webhook-id.
func (s *Service) Again(ctx context.Context, who account.Actor, id, delivery int64) error {
	if err := s.allowed(ctx, who); err != nil {
		return err
	}
	return s.change(ctx, who, id, Repeated, func(tx pgx.Tx, w *Webhook) error {
		if w.State != On {
			return errNotOn()
		}
		return s.again(ctx, tx, id, delivery)
	})
}
