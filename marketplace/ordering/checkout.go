package ordering

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/cases"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/marketplace/offering"
)

// Checkout is what is ordered by a click: everything in it was worked out on the server,
// from what is true now.
type Checkout struct {
	Offer    *offering.Offer
	Title    string
	TitleEN  string
	Plan     Snapshot
	Quantity int
	Money    Money
	Split    []Share
	Operator *Organisation
	Buyers   []Organisation // of whoever orders
	Buyer    Organisation
	Purposes []string // that may be chosen
	Until    time.Time
	Preview  string // of the contract; empty until the blanks are filled in
	// Mark is of all that a buyer confirms: price, rule of division, product version,
	// conditions of the listing and clauses. A page that shows another one is old.
	Mark string

	rule  *SplitRule
	facts offered
}

// PreviewNumber stands for the numbers that an order has once it is made.
const PreviewNumber = "（下单时编号）"

// Checkout is a plan as it would be ordered now, or why not: fault.NotFound,
// fault.Forbidden or fault.Conflict as offering.Offered has them, and fault.Conflict where
// the money could not be divided, paid in, or used long enough.
func (s *Service) Checkout(ctx context.Context, who account.Actor, product, plan string, f Form) (*Checkout, error) {
	return s.checkout(ctx, s.pool, who, product, plan, f)
}

func (s *Service) checkout(ctx context.Context, q database.Querier, who account.Actor, product, plan string, f Form) (*Checkout, error) {
	if who.IsVisitor() || who.Key != "" || who.Side != account.Use {
		return nil, fault.New(fault.Forbidden, "请用买方机构的账号登录以后再订购。")
	}
	x := &Checkout{Quantity: 1}
	var err error
	if x.Buyers, err = selectBuyers(ctx, q, who.ID); err != nil {
		return nil, err
	}
	if len(x.Buyers) == 0 {
		return nil, fault.New(fault.Forbidden, "只有已认证机构的负责人能下单。请先认证机构，或者请负责人来办。")
	}
	x.Buyer = x.Buyers[0]
	if f.Buyer != "" {
		i := slices.IndexFunc(x.Buyers, func(o Organisation) bool { return o.Code == f.Buyer })
		if i < 0 {
			return nil, fault.At("buyer", "请从列出的里面选。")
		}
		x.Buyer = x.Buyers[i]
	}
	if x.Offer, err = s.Offers.Offered(ctx, q, plan, x.Buyer.ID); err != nil {
		return nil, err
	}
	if x.Offer.Listing.Product != product {
		return nil, fault.New(fault.NotFound, "没有这个套餐。")
	}
	now := s.instant()
	if x.facts, err = selectOffered(ctx, q, plan, x.Offer.Version, now); err != nil {
		return nil, err
	}
	x.Title, x.TitleEN, x.Plan = x.facts.title, x.facts.titleEN, SnapshotOf(x.Offer.Plan)
	if x.Plan.Kind == offering.Subscription {
		if x.Quantity, err = number("quantity", f.Quantity, 1, s.Rules.Periods); err != nil {
			return x, err
		}
	}
	x.Money = x.Plan.Count(x.Quantity)
	for _, p := range s.Rules.Purposes {
		if !x.facts.scenarios || slices.Contains(x.facts.purposes, p.Code) {
			x.Purposes = append(x.Purposes, p.Code)
		}
	}
	if len(x.Purposes) == 0 {
		return nil, fault.New(fault.Conflict, "产品所依据的场景和授权没有共同的用途，不能订购（I-10）。")
	}
	if err := s.payable(ctx, q, x); err != nil {
		return nil, err
	}
	if err := s.longEnough(x, now); err != nil {
		return x, err
	}
	sum := sha256.Sum256(marshalled(map[string]any{
		"plan": x.Plan, "version": x.Offer.Version, "split": x.Split, "listing": []any{x.Offer.Listing.Number, x.Offer.Listing.Terms}, "template": contractTemplate, "purposes": x.Purposes, "until": x.facts.until, "certificates": x.facts.certificates,
	}))
	x.Mark = hex.EncodeToString(sum[:])
	return x, nil
}

// payable: what is charged goes into the account of an operator and is divided by a rule
// that is in force.
func (s *Service) payable(ctx context.Context, q database.Querier, x *Checkout) (err error) {
	if !x.Offer.Plan.Charged() {
		return nil
	}
	if x.Operator = x.facts.operator; x.Operator == nil {
		return fault.New(fault.Conflict, "这个产品没有用授权运营的数据，没有收款的运营机构，不能收费。")
	}
	if x.rule, err = s.inForce(ctx, q, x.Offer.Listing.Number); err != nil {
		return err
	}
	if x.rule == nil || x.rule.Operator.ID != x.Operator.ID {
		return fault.New(fault.Conflict, "卖方和运营机构还没有定下分账规则，收费的套餐暂时不能订购。")
	}
	x.Split = x.rule.Shares
	collects, err := s.Bank.Collects(ctx, q, x.Operator.ID, x.Plan.Currency)
	if err == nil && !collects {
		err = fault.New(fault.Conflict, "运营机构还没有开通收款账户，收费的套餐暂时不能订购。")
	}
	return err
}

// longEnough: what is paid for by time can be used until its end within the scenario and
// the mandate (I-08), even if all before delivery takes as long as it may.
func (s *Service) longEnough(x *Checkout, now time.Time) error {
	latest := now.AddDate(0, 0, 2*(s.Rules.Signing+s.Rules.Payment+s.Rules.Delivery)+14) // working days, with holidays between them
	x.Until = s.lasts(x.Plan, x.Quantity, latest)
	if x.facts.until == nil || !x.Until.After(*x.facts.until) {
		return nil
	}
	x.Until = *x.facts.until
	if x.Plan.Kind == offering.Subscription || !x.Until.After(latest) {
		return fault.New(fault.Conflict, "授权到 %s 为止，剩下的时间不够这个套餐用完（I-08）。", Last(x.Until).Format(time.DateOnly))
	}
	return nil
}

// read reads the blanks that a buyer filled in.
func (s *Service) read(x *Checkout, f Form) (b blanks, err error) {
	b = blanks{quantity: x.Quantity, purpose: f.Purpose, territory: f.Territory, derivative: f.Derivative, dispute: f.Dispute}
	if !slices.Contains(x.Purposes, f.Purpose) {
		return b, fault.At("purpose", "请从列出的用途里选：不能超出场景和授权的用途。")
	}
	if b.use, err = prose("use", f.Use); err != nil {
		return b, err
	}
	if b.use == "" {
		return b, fault.At("use", "请写明用来做什么。")
	}
	if !coded(s.Rules.Territories, f.Territory) {
		return b, fault.At("territory", "请选使用地域。")
	}
	if b.seats, err = number("seats", f.Seats, 0, s.Rules.Seats); err != nil {
		return b, err
	}
	if b.contact, err = line("contact", f.Contact, "请写接收通知的联系方式。"); err != nil {
		return b, err
	}
	if !slices.Contains(Disputes, f.Dispute) {
		return b, fault.At("dispute", "请从列出的里面选。")
	}
	if b.place, err = line("place", f.Place, "请写仲裁机构或者法院。"); err != nil {
		return b, err
	}
	b.purposeName, b.territoryName = option(s.Rules.Purposes, f.Purpose).Zh, option(s.Rules.Territories, f.Territory).Zh
	b.disputeHow = map[string]string{Arbitration: "申请仲裁", Court: "向人民法院起诉"}[f.Dispute]
	return b, nil
}

// compose is the order that a checkout and its blanks make, without a number.
func (s *Service) compose(x *Checkout, b blanks, at time.Time) *Order {
	l := x.Offer.Listing
	o := &Order{
		Number: PreviewNumber, Buyer: x.Buyer, Seller: l.Seller, Developer: l.Developer, Operator: x.Operator, Listing: l.Number, PlanID: x.facts.planID, Product: l.Product, Title: x.facts.title, TitleEN: x.facts.titleEN, ProductID: x.facts.productID, VersionID: x.facts.versionID, Version: x.Offer.Version,
		Plan: x.Plan, Quantity: x.Quantity, Currency: x.Plan.Currency, Money: x.Money, Split: x.Split, Purpose: b.purpose, Territory: b.territory, CrossBorder: b.territory != Mainland, State: Created, StateAt: at, MadeAt: at, Sample: x.facts.sample, Revision: 1, side: OfBuyer,
	}
	o.Contract = Contract{
		Number: PreviewNumber, Template: contractTemplate, From: at, Until: x.Until, State: Offered, StateAt: at, MadeAt: at,
		Terms: Terms{Purposes: []string{b.purpose}, Areas: []string{b.territory}, Seats: b.seats, Derivative: b.derivative, Attribution: AttributionRequired, DestroyOnEnd: true, AuditRight: true, AcceptanceDays: s.Rules.Inspection},
	}
	return o
}

// Preview fills the text of the contract into a checkout, as it would be with these
// blanks, or says which of them lacks something.
func (s *Service) Preview(x *Checkout, f Form) error {
	b, err := s.read(x, f)
	if err != nil {
		return err
	}
	x.Preview = s.draw(s.compose(x, b, s.instant()), x.Offer.Listing, b, x.facts.certificates)
	return nil
}

// Order makes an order of a plan: what the buyer confirmed must still be so, in the same
// transaction in which the order is made. fault.Conflict: it is not; the page is to be
// shown anew. The same form again is the same order.
func (s *Service) Order(ctx context.Context, who account.Actor, product, plan string, f Form) (*Order, error) {
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Order, error) {
		if id, made, err := cases.Made(ctx, tx, "orders", f.Sent); err != nil || id != 0 {
			if err != nil {
				return nil, err
			}
			return s.get(ctx, tx, made)
		}
		// Plans, listings and rules are moved by who holds these.
		if err := holdOffer(ctx, tx, plan); err != nil {
			return nil, err
		}
		x, err := s.checkout(ctx, tx, who, product, plan, f)
		if err != nil {
			return nil, err
		}
		b, err := s.read(x, f)
		if err != nil {
			return nil, err
		}
		if strings.TrimSpace(f.Seen) != x.Mark {
			return nil, errChanged()
		}
		o := s.compose(x, b, s.instant())
		o.maker, o.MadeBy = who.ID, who.Name
		if o.Number, err = cases.Number(ctx, tx, "DD", o.MadeAt); err != nil {
			return nil, err
		}
		if o.Contract.Number, err = cases.Number(ctx, tx, "HT", o.MadeAt); err != nil {
			return nil, err
		}
		o.Contract.Body = s.draw(o, x.Offer.Listing, b, x.facts.certificates)
		o.Contract.SHA256 = Digest(o.Contract.Body)
		if !o.CrossBorder { // else it begins once the papers are whole
			if _, err := s.start(o, signTerm, o.MadeAt); err != nil {
				return nil, err
			}
		}
		var rule *int64
		if x.rule != nil {
			o.Rule, rule = x.rule.Number, &x.rule.ID
		}
		if err := insertOrder(ctx, tx, o, x.facts, rule, who, f.Sent); err != nil {
			if database.Taken(err) {
				return nil, fault.New(fault.Conflict, "这个产品每家机构只能试用一次。")
			}
			return nil, err
		}
		return o, s.happened(ctx, tx, who, o, Make)
	})
}

func errChanged() error {
	return fault.New(fault.Conflict, "在您打开以后，价格、合同内容或者上架的状态变了。请重新看过再确认。")
}
