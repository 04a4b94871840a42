package marketplace

import (
	"context"
	"regexp"
	"strings"
	"sync"
	"time"

	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/internal/signing/register"
	"shuyuan/licensing/workspace"
	"shuyuan/marketplace/provenance/statement"
	"shuyuan/marketplace/provenance/verify"
	"shuyuan/marketplace/receipts"
)

// Answer is what the ledger says of a digest, a product or a version. It names no
// person and no buyer (I-41).
type Answer struct {
	Verdict    verify.Verdict // Valid, Lapsed or Unknown: only reading a file tells the two others
	Reasons    []*fault.Fault // why it lapsed, or what else there is to know
	As         string         // what was asked for: statement, content, artefact, version
	Product    string
	Version    string
	State      VersionState
	Title      string
	TitleEN    string
	Developer  Developer
	Sample     bool
	Statement  string // digest
	Form       Form   // of an artefact
	Said       *statement.Statement
	Envelope   []byte // DSSE, in JSON
	Key        string
	SealedAt   time.Time
	Leaf       int64
	Checkpoint Checkpointed
	Also       []string // other versions with the same content, product@version

	Countersigned *Countersigning // by its developer; nil: it is not

	Open     *receipts.Answer // what is known of a certificate of download or of an open file; nil: it is of a product, or unknown
	Handover *Handover        // what is known of a receipt of delivery; nil: it is none

	version             int64 // id
	flags               []Flag
	others              []recalledBeside
	recall              *Recalling
	certificate         *endedCertificate
	lapses              []lapse
	scenario, developer int64          // 0: all of it stands, or it was made outside
	broken              workspace.Link // what it was developed under, and no longer stands
	revoked             bool           // the key, before the log had the seal
	gone                []fault.Named  // data that was withdrawn
}

// recalledBeside is another version that was recalled: of the same content, or a newer one of
// the product.
type recalledBeside struct {
	Of     string // product@version
	Reason string
	At     time.Time
}

// endedCertificate is the certificate of the registration of a product that was
// registered and is so no more.
type endedCertificate struct {
	Number    string
	Cancelled bool // or it ran out
	At        time.Time
}

// lapse is why what is genuine is no longer valid.
type lapse struct {
	state verify.State
	since time.Time
	why   *fault.Fault
}

// Checkpointed is the newest signed state of the log that covers a leaf; of size 0
// where none does yet.
type Checkpointed struct {
	Size int64
	At   time.Time
}

// digests and numbers are what can be asked for.
var (
	digests  = regexp.MustCompile(`^[0-9a-f]{64}$`)
	received = regexp.MustCompile(`^XZZ-\d{4}-\d{6}$`)
	numbers  = regexp.MustCompile(`^(PRD-\d{4}-\d{6})(?:@(\d{1,6}\.\d{1,6}\.\d{1,6}))?$`)
)

// Verify answers what a digest (of a content, a file or a statement) is, a product by
// its number, or a version by product@version. What it does not know is no error: the
// answer says so.
func (s *Service) Verify(ctx context.Context, what string) (*Answer, error) {
	what = strings.TrimSpace(what)
	now := s.now()
	if a, ok := s.cache.get(what, now); ok {
		return a, nil
	}
	var a *Answer
	var err error
	if lower := strings.ToLower(what); digests.MatchString(lower) {
		a, err = s.selectAnswer(ctx, s.pool, lower, "", "", 0, now)
	} else if m := numbers.FindStringSubmatch(what); m != nil {
		a, err = s.selectAnswer(ctx, s.pool, "", m[1], m[2], 0, now)
	}
	if err != nil {
		return nil, err
	}
	if a == nil {
		if a, err = s.handedOver(ctx, what); err != nil || a != nil {
			return a, err
		}
		if a, err = s.openAnswer(ctx, what); err != nil || a.Open == nil {
			return a, err
		}
	} else if err := s.judged(ctx, s.pool, a, now); err != nil {
		return nil, err
	} else if a.Countersigned, err = selectCountersigning(ctx, s.pool, a.version); err != nil {
		return nil, err
	}
	s.cache.put(what, a, now)
	return a, nil
}

// noLongerValid is why a sealed version is no longer valid, whether it was published or
// not; nil: it is.
func (s *Service) noLongerValid(ctx context.Context, q database.Querier, v *Version) (*fault.Fault, error) {
	now := s.now()
	a, err := s.selectAnswer(ctx, q, "", "", "", v.ID, now)
	if err != nil || a == nil {
		return nil, err
	}
	if err := s.judged(ctx, q, a, now); err != nil {
		return nil, err
	}
	return a.lapsed(), nil
}

// lapsed is the first reason for which what is genuine no longer counts; nil: there is none.
func (a *Answer) lapsed() *fault.Fault {
	if len(a.lapses) == 0 {
		return nil
	}
	return a.lapses[0].why
}

func (s *Service) judged(ctx context.Context, q database.Querier, a *Answer, now time.Time) (err error) {
	if a.scenario != 0 {
		if a.broken, err = workspace.Broken(ctx, q, a.scenario, a.developer, now); err != nil {
			return err
		}
	}
	a.judge()
	return nil
}

// handedOver is what is known of a receipt of delivery; nil: it is none. The digest of a
// file leads to no receipt.
func (s *Service) handedOver(ctx context.Context, what string) (*Answer, error) {
	lower := strings.ToLower(what)
	if s.Deliveries == nil || !digests.MatchString(lower) {
		return nil, nil
	}
	h, err := s.Deliveries.Issued(ctx, lower)
	if err != nil || h == nil {
		return nil, err
	}
	a := &Answer{Verdict: h.Verdict, As: "delivery", Handover: h}
	if h.Lapsed != nil {
		a.Reasons = append(a.Reasons, h.Lapsed)
	}
	return a, nil
}

// openAnswer is what is known of a certificate of download, or of an open file.
func (s *Service) openAnswer(ctx context.Context, what string) (*Answer, error) {
	none := &Answer{Verdict: verify.Unknown}
	if s.Receipts == nil {
		return none, nil
	}
	var found *receipts.Answer
	var err error
	if lower := strings.ToLower(what); digests.MatchString(lower) {
		found, err = s.Receipts.ByDigest(ctx, lower)
	} else if received.MatchString(what) {
		found, err = s.Receipts.ByNumber(ctx, what)
	}
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return nil, err
	}
	if found == nil {
		return none, nil
	}
	return &Answer{Verdict: found.Verdict, Reasons: found.Reasons, As: found.As, Open: found}, nil
}

// judge says what follows from the records.
func (a *Answer) judge() {
	a.Verdict = verify.Valid
	lapse := func(state verify.State, since time.Time, why *fault.Fault) {
		a.Verdict = verify.Lapsed
		a.Reasons = append(a.Reasons, why)
		a.lapses = append(a.lapses, lapse{state, since, why})
	}
	if r := a.recall; r != nil {
		if r.Side == "developer" {
			lapse(verify.Recalled, r.At, fault.New(fault.Gone, "开发方在 %s 召回了这一版：%s", statement.Day(r.At), r.Reason))
		} else {
			lapse(verify.Recalled, r.At, fault.New(fault.Gone, "平台在 %s 召回了这一版：%s", statement.Day(r.At), r.Reason))
		}
	}
	for _, r := range a.others {
		a.Reasons = append(a.Reasons, fault.New(fault.Gone, "%s 在 %s 召回了：%s", r.Of, statement.Day(r.At), r.Reason))
	}
	if a.scenario != 0 {
		lapse(stateOf(a.broken), a.broken.Since, noLonger(a.broken))
	}
	if c := a.certificate; c != nil && c.Cancelled {
		lapse(verify.Revoked, c.At, fault.New(fault.Gone, "它的登记证 %s 在 %s 注销，现在没有有效的登记。", c.Number, statement.Day(c.At)))
	} else if c != nil {
		lapse(verify.Expired, c.At, fault.New(fault.Gone, "它的登记证 %s 在 %s 到期，现在没有有效的登记。", c.Number, statement.Day(c.At)))
	}
	for _, data := range a.gone {
		var since time.Time
		for _, f := range a.flags {
			if f.Why == InputWithdrawn && f.Of == data.Zh {
				since = f.At
			}
		}
		lapse(verify.InputGone, since, fault.New(fault.Gone, "它用的公共数据“%s”已经撤下。", data))
	}
	for _, f := range a.flags {
		switch f.Why {
		case InputCorrected:
			a.Reasons = append(a.Reasons, fault.New(fault.Gone, "它用的公共数据“%s”在 %s 以后有更正。", fault.Named{Zh: f.Of, En: f.OfEN}, statement.Day(f.At)))
		case InputRecalled:
			lapse(verify.InputGone, f.At, fault.New(fault.Gone, "它用的产品 %s 已经召回。", f.Of))
		case InputWithdrawn: // said above, for as long as it is
		}
	}
	if a.revoked { // by then anybody may have had the key: whether it is genuine cannot be told
		lapse(verify.Revoked, time.Time{}, fault.New(fault.Gone, "签它的密钥在封存以前已经失效。"))
		a.Verdict = verify.Unknown
	}
	if a.State == Deprecated {
		a.Reasons = append(a.Reasons, fault.New(fault.Gone, "已经有更新的版本，这一版不再提供。"))
	}
}

// stateOf is what a link that does not stand makes of what was developed under it.
func stateOf(l workspace.Link) verify.State {
	switch l.State {
	case "suspended", "before", "untrained":
		return verify.Suspended
	case "expired":
		return verify.Expired
	}
	return verify.Revoked
}

// noLonger says to everybody what does not stand, and since when. Why is for those whom it
// concerns; of a mandate the page of its disclosure says it.
func noLonger(l workspace.Link) *fault.Fault {
	since, state := statement.Day(l.Since), workspace.StateWords(l.State)
	switch l.What {
	case "mandate":
		return fault.New(fault.Gone, "它所依据的授权运营协议 %s 从 %s 起不生效（%s）。", l.Number, since, state)
	case "scenario":
		return fault.New(fault.Gone, "它所依据的场景 %s 从 %s 起不生效（%s）。", l.Number, since, state)
	case "contract":
		return fault.New(fault.Gone, "它所依据的使用协议从 %s 起不生效（%s）。", since, state)
	case "operator":
		return fault.New(fault.Gone, "它所依据的授权的运营机构从 %s 起被暂停。", since)
	case "organisation", "developer":
		return fault.New(fault.Gone, "开发方的资格从 %s 起不生效。", since)
	}
	return fault.New(fault.Gone, "它所依据的授权现在不生效。")
}

// kept answers for a moment: many ask for the same.
const (
	mostKept = 10_000
	keptFor  = 2 * time.Second
)

// answers are answers of the last moments.
type answers struct {
	mu sync.Mutex
	of map[string]keptAnswer
}

type keptAnswer struct {
	a  *Answer
	at time.Time
}

func newAnswers() *answers { return &answers{of: map[string]keptAnswer{}} }

func (c *answers) get(what string, now time.Time) (*Answer, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, ok := c.of[what]
	return k.a, ok && now.Sub(k.at) < keptFor
}

func (c *answers) put(what string, a *Answer, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.of) >= mostKept {
		clear(c.of)
	}
	c.of[what] = keptAnswer{a, now}
}

// Proof is all that proves a seal without asking anybody: what stands in a .proof.json
// beside a file. There is none while no checkpoint of the log covers it, which takes
// some seconds: fault.NotFound.
func (s *Service) Proof(ctx context.Context, what string) (*verify.Proof, error) {
	a, err := s.Verify(ctx, what)
	if err != nil {
		return nil, err
	}
	if a.Open != nil {
		return s.Receipts.Proof(ctx, a.Open)
	}
	if a.Handover != nil {
		return &a.Handover.Proof, nil
	}
	if a.Said == nil {
		return nil, fault.New(fault.NotFound, "没有封存过这样的内容、文件或者版本。")
	}
	point, err := s.Log.Checkpoint(ctx)
	if err != nil {
		return nil, err
	}
	keys, err := register.List(ctx, s.pool)
	if err != nil {
		return nil, err
	}
	files, err := selectArtefacts(ctx, s.pool, a.version)
	if err != nil {
		return nil, err
	}
	p := &verify.Proof{Format: verify.ProofFormat, Envelope: a.Envelope, Checkpoint: string(point.Full()), Witnesses: s.Witnesses, Status: a.status()}
	seal, err := s.entry(ctx, a.Leaf, point.Size)
	if err != nil {
		return nil, err
	}
	p.Leaf, p.Inclusion = seal.Leaf, seal.Inclusion
	for _, f := range files {
		p.Artefacts = append(p.Artefacts, verify.Artefact{Form: string(f.Form), SHA256: f.SHA256})
	}
	if r := a.recall; r != nil && r.Leaf < point.Size {
		if p.Recall, err = s.entry(ctx, r.Leaf, point.Size); err != nil {
			return nil, err
		}
	}
	p.Keys = receipts.KeysOf(keys)
	return p, s.bring(ctx, p, a.Countersigned, point.Size)
}

// status is what became of a version, as a proof says it.
func (a *Answer) status() *verify.Status {
	if len(a.lapses) == 0 {
		return &verify.Status{State: verify.Active}
	}
	first := a.lapses[0]
	st := &verify.Status{State: first.state, Reason: first.why.Text()}
	if !first.since.IsZero() {
		st.Since = first.since.UTC().Format(time.RFC3339)
	}
	return st
}

// entry is a leaf of the log with what shows that a checkpoint covers it.
func (s *Service) entry(ctx context.Context, index, size int64) (*verify.Entry, error) {
	leaf, err := s.Log.Leaf(ctx, index)
	if err != nil {
		return nil, err
	}
	hashes, err := s.Log.Inclusion(ctx, index, size)
	if err != nil {
		return nil, err
	}
	e := &verify.Entry{Leaf: verify.Leaf{Index: index, Body: leaf.Bytes}}
	for _, h := range hashes {
		e.Inclusion = append(e.Inclusion, h[:])
	}
	return e, nil
}
