package tender

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/internal/sealed"
)

// Offer is what a bidder bids.
type Offer struct {
	Amount   *int64 // fen; nil where the tender has no price
	Proposal string
}

// canonicalHead begins every bid, so that its form can change later.
const canonicalHead = "shuyuan bid 1"

// Canonical is the one way to write an offer of a bidder, by its credit code, to a
// tender: no other tender and no other bidder has the same text.
func Canonical(number, code string, o Offer) string {
	amount := "-"
	if o.Amount != nil {
		amount = strconv.FormatInt(*o.Amount, 10)
	}
	return fmt.Sprintf("%s\ntender %s\nbidder %s\namount %s\n\n%s", canonicalHead, number, code, amount, o.Proposal)
}

// Commitment is the seal of a bid: SHA-256 of the nonce, as its 64 letters, and the
// canonical bid.
func Commitment(nonce, canonical string) string {
	sum := sha256.Sum256([]byte(nonce + canonical))
	return hex.EncodeToString(sum[:])
}

// NewNonce is 32 bytes of chance, as 64 letters.
func NewNonce() string {
	var b [32]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

func proposalOf(canonical string) string {
	_, proposal, _ := strings.Cut(canonical, "\n\n")
	return proposal
}

// amountOf is the amount that a canonical bid names; nil: none.
func amountOf(canonical string) *int64 {
	head, _, _ := strings.Cut(canonical, "\n\n")
	_, raw, _ := strings.Cut(head, "\namount ")
	n, err := strconv.ParseInt(raw, 10, 64)
	if err != nil {
		return nil
	}
	return &n
}

// mostMinor is more than anybody bids, in fen: so much that points are still counted
// without overflow.
const mostMinor = 10_000_000_000_000

var yuan = regexp.MustCompile(`^(\d{1,13})(?:\.(\d{1,2}))?$`)

// ParseYuan reads an amount in yuan as fen; nil where nothing is written.
func ParseYuan(field, raw string) (*int64, error) {
	raw = strings.ReplaceAll(strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(raw), "¥")), ",", "")
	if raw == "" {
		return nil, nil
	}
	m := yuan.FindStringSubmatch(raw)
	if m == nil {
		return nil, fault.At(field, "请写金额，单位元，最多两位小数，例如 860000.00。")
	}
	whole, _ := strconv.ParseInt(m[1], 10, 64)
	cents, _ := strconv.ParseInt((m[2] + "00")[:2], 10, 64)
	n := whole*100 + cents
	if n > mostMinor {
		return nil, fault.At(field, "金额太大。")
	}
	return &n, nil
}

// LongestProposal is how many characters a proposal may have.
const LongestProposal = 5000

// check cleans an offer and returns a fault where the tender does not take it.
func (o *Offer) check(t *Tender) (err error) {
	if o.Proposal, err = datasets.CleanProse("proposal", o.Proposal); err != nil {
		return err
	}
	if o.Proposal == "" {
		return fault.At("proposal", "请写方案：按评分的各项说明。")
	}
	switch {
	case t.Pricing == NoPrice && o.Amount != nil:
		return fault.At("amount", "这个项目不报价。")
	case t.Pricing != NoPrice && o.Amount == nil:
		return fault.At("amount", "请写报价。")
	}
	return t.within(o.Amount)
}

// within returns a fault where an amount is beyond the limit.
func (t *Tender) within(amount *int64) error {
	switch {
	case amount == nil || t.Limit == 0:
	case t.Pricing == Pays && *amount < t.Limit:
		return fault.At("amount", "报价低于底价。")
	case t.Pricing == Asks && *amount > t.Limit:
		return fault.At("amount", "报价高于最高限价。")
	}
	return nil
}

var hex64 = regexp.MustCompile(`^[0-9a-f]{64}$`)

// cleanHex reads 64 letters of hexadecimal.
func cleanHex(field, raw string) (string, error) {
	raw = strings.ToLower(strings.TrimSpace(raw))
	if !hex64.MatchString(raw) {
		return "", fault.At(field, "须是 64 位十六进制字符（0 到 9、a 到 f）。")
	}
	return raw, nil
}

// Bidder is an organisation for which somebody can bid.
type Bidder struct {
	Organisation int64
	Name, Code   string
	Wrong        string // why it cannot now; a sentence
}

// Bidders are the organisations of who, with why one cannot bid.
func (s *Service) Bidders(ctx context.Context, who account.Actor) ([]Bidder, error) {
	if who.IsVisitor() || who.Key != "" {
		return nil, nil
	}
	all, err := s.accounts.Organisations(ctx, who)
	var out []Bidder
	for i := range all {
		o := &all[i]
		b := Bidder{Organisation: o.ID, Name: o.Name, Code: o.Code}
		switch {
		case o.Side != account.Use && o.Side != account.Operate:
			continue
		case o.Status != account.OrgVerified:
			b.Wrong = "机构还没有通过认证。"
		case !o.Stands():
			b.Wrong = "机构被数据主管部门暂停，恢复以前不能投标。"
		case o.Role != account.Owner:
			b.Wrong = "由机构的负责人投标。"
		}
		out = append(out, b)
	}
	return out, err
}

// bidder is the organisation for which who bids, or the fault that it cannot.
func (s *Service) bidder(ctx context.Context, who account.Actor, organisation int64) (Bidder, error) {
	switch {
	case who.IsVisitor():
		return Bidder{}, fault.New(fault.Unauthenticated, "请先登录。")
	case who.Key != "":
		return Bidder{}, fault.New(fault.Forbidden, "密钥不能办这件事，请在网页上登录后办。")
	}
	all, err := s.Bidders(ctx, who)
	if err != nil {
		return Bidder{}, err
	}
	for _, b := range all {
		if b.Organisation == organisation {
			if b.Wrong != "" {
				return b, fault.New(fault.Forbidden, b.Wrong)
			}
			return b, nil
		}
	}
	return Bidder{}, fault.New(fault.NotFound, "没有这个机构，或者现在不能这样做。")
}

// Prepared is a bid as it would be sealed: what its bidder keeps a copy of.
type Prepared struct {
	Nonce, Canonical, Commitment string
}

// Prepare is what would be sealed of an offer to a tender; nothing is kept. nonce may
// be empty: then one is made.
func (s *Service) Prepare(ctx context.Context, who account.Actor, number string, organisation int64, o Offer, nonce string) (Prepared, error) {
	b, err := s.bidder(ctx, who, organisation)
	if err != nil {
		return Prepared{}, err
	}
	v, err := s.One(ctx, who, number)
	if err != nil {
		return Prepared{}, err
	}
	if err := v.takes(s.instant()); err != nil {
		return Prepared{}, err
	}
	return prepare(v.Tender, b, o, nonce)
}

func prepare(t *Tender, b Bidder, o Offer, nonce string) (p Prepared, err error) {
	if err := o.check(t); err != nil {
		return p, err
	}
	if nonce == "" {
		nonce = NewNonce()
	}
	if p.Nonce, err = cleanHex("nonce", nonce); err != nil {
		return p, err
	}
	p.Canonical = Canonical(t.Number, b.Code, o)
	p.Commitment = Commitment(p.Nonce, p.Canonical)
	return p, nil
}

// takes returns a fault unless a tender takes bids at this moment.
func (t *Tender) takes(at instant) error {
	switch {
	case t.State == Announced || t.State == Open && at.Before(t.Opens):
		return fault.New(fault.Conflict, "还没有开始投标。")
	case t.State != Open || !at.Before(t.Closes):
		return fault.New(fault.Conflict, "投标已经截止，以服务器时间为准。")
	}
	return nil
}

// Sealing is a bid that is handed in: of the way Kept with its offer and nonce, of
// the way Own with the commitment alone.
type Sealing struct {
	Organisation int64
	Way          Way
	Offer        Offer
	Nonce        string
	Commitment   string // of the way Kept: as it was shown; empty: whatever it is
}

// kept is what the server locks away.
type kept struct {
	Nonce     string `json:"nonce"`
	Canonical string `json:"canonical"`
}

// Seal hands in a bid, in place of the one that the organisation handed in before,
// if there is one: that one stays as withdrawn. The bid is in time by the clock of the
// server at the moment at which the tender is held, or it is refused. It returns
// fault.Forbidden for whoever cannot bid, fault.Conflict out of time or for a seal
// that is there already, and fault.Invalid at the field.
func (s *Service) Seal(ctx context.Context, who account.Actor, number string, n Sealing) (*Bid, error) {
	b, err := s.bidder(ctx, who, n.Organisation)
	if err != nil {
		return nil, err
	}
	if err := s.accounts.RequireFresh(who); err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Bid, error) {
		t, err := s.hold(ctx, tx, number)
		if err != nil {
			return nil, err
		}
		if err := notOfPanel(t, who); err != nil {
			return nil, err
		}
		bid, err := s.sealable(t, b, n)
		if err != nil {
			return nil, err
		}
		bid.SealedAt, bid.SealedBy, bid.round = s.instant(), who.Name, t.Round // after it is held: nobody closes it meanwhile
		if err := t.takes(bid.SealedAt); err != nil {
			return nil, err
		}
		if there, err := bidSealed(ctx, tx, bid.Commitment); err != nil || there != nil {
			return s.again(t, bid, there, err)
		}
		for i := range t.bids {
			if t.bids[i].Organisation == b.Organisation {
				if err := s.moveBid(ctx, tx, who, t, &t.bids[i], TakeBack, "用新的一份代替。"); err != nil {
					return nil, err
				}
			}
		}
		if err := insertBid(ctx, tx, who, t, bid); err != nil {
			return nil, err
		}
		if err := audit.Append(ctx, tx, who, "tender-bid", strconv.FormatInt(bid.ID, 10), string(sealedAct), map[string]string{"tender": t.Number, "commitment": bid.Commitment, "way": string(bid.Way)}); err != nil {
			return nil, err
		}
		return bid, s.tellBidder(ctx, tx, t, bid, noticeSealed, bid.Commitment)
	})
}

// notOfPanel: nobody bids where they score.
func notOfPanel(t *Tender, who account.Actor) error {
	if m := t.member(who.ID); m != nil && m.Active() {
		return fault.New(fault.Forbidden, "您是这个项目的评审，不能投标。")
	}
	return nil
}

// again answers a seal that is there: the same form sent twice leads to its bid, and
// anything else is no bid.
func (s *Service) again(t *Tender, bid, there *Bid, err error) (*Bid, error) {
	if err != nil {
		return nil, err
	}
	for i := range t.bids {
		if t.bids[i].ID == there.ID && there.Organisation == bid.Organisation && bid.Way == Kept {
			return &t.bids[i], nil
		}
	}
	return nil, fault.At("commitment", "这个封条已经用过，不能再投；请换一串随机数重新封。")
}

// sealable is the bid that a sealing makes.
func (s *Service) sealable(t *Tender, b Bidder, n Sealing) (*Bid, error) {
	bid := &Bid{Organisation: b.Organisation, Bidder: b.Name, Code: b.Code, Way: n.Way, State: Sealed}
	if n.Way == Own {
		var err error
		bid.Commitment, err = cleanHex("commitment", n.Commitment)
		return bid, err
	}
	if n.Way != Kept {
		return nil, fault.At("way", "请选怎样保管标书。")
	}
	p, err := prepare(t, b, n.Offer, n.Nonce)
	if err != nil {
		return nil, err
	}
	if n.Commitment != "" && n.Commitment != p.Commitment {
		return nil, fault.At("commitment", "内容和您看过的不一样了，请重新预览。")
	}
	plain, err := json.Marshal(kept{p.Nonce, p.Canonical})
	if err != nil {
		return nil, err
	}
	bid.Commitment = p.Commitment
	bid.locked, err = sealed.Lock(t.keyPublic, plain)
	return bid, err
}

// Withdraw takes a bid back before the closing.
func (s *Service) Withdraw(ctx context.Context, who account.Actor, number string, organisation int64) error {
	b, err := s.bidder(ctx, who, organisation)
	if err != nil {
		return err
	}
	if err := s.accounts.RequireFresh(who); err != nil {
		return err
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		t, err := s.hold(ctx, tx, number)
		if err != nil {
			return none, err
		}
		if err := t.takes(s.instant()); err != nil {
			return none, err
		}
		bid := t.bidOf(b.Organisation)
		if bid == nil {
			return none, errNoBid()
		}
		if err := s.moveBid(ctx, tx, who, t, bid, TakeBack, ""); err != nil {
			return none, err
		}
		return none, s.tellBidder(ctx, tx, t, bid, noticeWithdrawn, bid.Commitment)
	})
	return err
}

func errNoBid() error { return fault.New(fault.NotFound, "没有这份投标。") }

func (t *Tender) bidOf(organisation int64) *Bid {
	for i := range t.bids {
		if t.bids[i].Organisation == organisation {
			return &t.bids[i]
		}
	}
	return nil
}

// RevealOwn reveals a bid that its bidder kept, between the opening and the end of the
// time for it. It returns fault.Invalid at nonce where the seal is of another text:
// what was sealed can still be given.
func (s *Service) RevealOwn(ctx context.Context, who account.Actor, number string, organisation int64, o Offer, nonce string) (*Bid, error) {
	b, err := s.bidder(ctx, who, organisation)
	if err != nil {
		return nil, err
	}
	if nonce, err = cleanHex("nonce", nonce); err != nil {
		return nil, err
	}
	if o.Proposal, err = datasets.CleanProse("proposal", o.Proposal); err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Bid, error) {
		t, err := s.hold(ctx, tx, number)
		if err != nil {
			return nil, err
		}
		at := s.instant()
		bid := t.bidOf(b.Organisation)
		switch {
		case bid == nil:
			return nil, errNoBid()
		case bid.Way != Own || bid.State != Sealed || t.State != Opened:
			return nil, fault.New(fault.Conflict, "现在没有要拆的标书。")
		case !at.Before(t.RevealUntil):
			return nil, fault.New(fault.Conflict, "拆标的时间已经过了，以服务器时间为准。")
		}
		canonical := Canonical(t.Number, bid.Code, o)
		if Commitment(nonce, canonical) != bid.Commitment {
			return nil, fault.At("nonce", "和封条对不上：报价、方案、随机数里有一处和封的时候不一样。请核对后再拆。")
		}
		bid.Nonce, bid.Canonical, bid.Amount, bid.RevealedAt = nonce, canonical, amountOf(canonical), &at
		if err := s.moveBid(ctx, tx, who, t, bid, Reveal, ""); err != nil {
			return nil, err
		}
		return bid, s.beyond(ctx, tx, t, bid)
	})
}

// beyond finds a revealed bid invalid that the tender says it cannot be.
func (s *Service) beyond(ctx context.Context, tx pgx.Tx, t *Tender, bid *Bid) error {
	wrong := t.within(bid.Amount)
	switch {
	case t.Pricing != NoPrice && bid.Amount == nil:
		wrong = fault.At("amount", "没有报价。")
	case t.Pricing == NoPrice && bid.Amount != nil:
		wrong = fault.At("amount", "这个项目不报价。")
	}
	if wrong == nil {
		return nil
	}
	return s.moveBid(ctx, tx, platform(), t, bid, Lapse, fault.Of(wrong).Sentence)
}
