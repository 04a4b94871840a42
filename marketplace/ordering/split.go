package ordering

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/cases"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/internal/workflow"
	"shuyuan/marketplace/ledger"
)

// RuleState is where a rule of division stands.
type RuleState string

// The states of a rule.
const (
	Proposed  RuleState = "proposed"
	Agreed    RuleState = "agreed" // in force, for orders that come
	Rejected  RuleState = "refused"
	TakenBack RuleState = "withdrawn"
	Replaced  RuleState = "replaced"
)

// RuleAction is what is done about a rule.
type RuleAction string

// The actions on a rule.
const (
	Propose   RuleAction = "propose" // how it begins
	Agree     RuleAction = "agree"
	Reject    RuleAction = "refuse"
	TakeBack  RuleAction = "take_back"
	Supersede RuleAction = "supersede" // by the one that was agreed after it
)

// SplitRule is how what is paid for orders of a listing is divided (分账规则). Who
// sells proposes, and the operator of the mandate, into whose account it is paid, agrees.
// No text says who gets how much: each share says what it rests on.
type SplitRule struct {
	ID       int64
	Number   string
	Listing  string // number
	Product  string
	Title    string
	TitleEN  string
	Seller   Organisation
	Operator Organisation
	Edition  int
	Shares   []Share
	State    RuleState
	StateAt  time.Time
	Reason   string
	MadeBy   string
	MadeAt   time.Time
	AgreedBy string
	AgreedAt *time.Time
	Revision int

	listing, maker, actor int64
	words                 string
	party                 Side
}

// rules is every move of a rule.
var rules = workflow.Lifecycle[RuleState, RuleAction, *SplitRule]{
	{Action: Agree, From: []RuleState{Proposed}, To: Agreed, By: []account.Role{account.Operator}, When: ofOperator},
	{Action: Reject, From: []RuleState{Proposed}, To: Rejected, By: []account.Role{account.Operator}, When: ofOperator, Needs: ruleReasoned},
	{Action: TakeBack, From: []RuleState{Proposed}, To: TakenBack, By: anybody, When: ofSeller},
	{Action: Supersede, From: []RuleState{Agreed}, To: Replaced, By: platform},
}

// RuleLifecycle is the table of moves as a diagram, for docs/lifecycles.md.
func RuleLifecycle() string { return rules.Mermaid(Proposed) }

func ofOperator(r *SplitRule) error {
	switch {
	case r.party != OfOperator:
		return errNotYours()
	case r.actor == r.maker:
		return fault.New(fault.Forbidden, "提出的人不能自己同意。")
	}
	return nil
}

func ofSeller(r *SplitRule) error {
	if r.party != OfSeller {
		return errNotYours()
	}
	return nil
}

func ruleReasoned(r *SplitRule) error {
	if r.words == "" {
		return fault.At("reason", "请写明理由。")
	}
	return nil
}

// SplitForm is what a seller proposes: percents up to two decimals. What is left of the
// whole after these and the platform's part is the seller's.
type SplitForm struct {
	Developer, DeveloperBasis string // where the developer is another than the seller
	Operator, OperatorBasis   string
	Treasury, TreasuryBasis   string
	SellerBasis               string
	Sent                      string
}

var percent = regexp.MustCompile(`^([0-9]{1,3})(?:\.([0-9]{1,2}))?$`)

// points reads a percent exactly, in basis points; empty is 0.
func points(field, typed string) (int64, error) {
	typed = strings.TrimSpace(typed)
	if typed == "" {
		return 0, nil
	}
	m := percent.FindStringSubmatch(typed)
	if m == nil {
		return 0, fault.At(field, "请写百分数，最多两位小数，例如 10 或者 2.5。")
	}
	whole, _ := strconv.ParseInt(m[1], 10, 64)
	part, _ := strconv.ParseInt((m[2] + "00")[:2], 10, 64)
	if whole*100+part > ledger.Whole {
		return 0, fault.At(field, "最多 100。")
	}
	return whole*100 + part, nil
}

// shares are the shares of a proposal, in the order in which they are shown.
func (f SplitForm) shares(x listed, fee Fee) ([]Share, error) {
	var out []Share
	left := int64(ledger.Whole) - fee.Points
	add := func(field, typed, basis string, class ledger.Class, to Organisation) error {
		n, err := points(field, typed)
		if err != nil || n == 0 {
			return err
		}
		if basis, err = basisOf(field+"_basis", basis); err != nil {
			return err
		}
		left -= n
		out = append(out, Share{Class: class.Code, Organisation: to.ID, Name: to.Name, Points: n, Basis: basis})
		return nil
	}
	if x.developer.ID != x.seller.ID {
		if err := add("developer", f.Developer, f.DeveloperBasis, ledger.PayableDeveloper, x.developer); err != nil {
			return nil, err
		}
	}
	if err := add("operator", f.Operator, f.OperatorBasis, ledger.PayableOperator, x.operator); err != nil {
		return nil, err
	}
	if err := add("treasury", f.Treasury, f.TreasuryBasis, ledger.PayableTreasury, Organisation{Name: "财政"}); err != nil {
		return nil, err
	}
	basis, err := basisOf("seller_basis", f.SellerBasis)
	if err != nil {
		return nil, err
	}
	if left <= 0 {
		return nil, fault.At("operator", "各方份额加上平台的 %s 已经到了百分之百，卖方没有份额。", Percent(fee.Points))
	}
	out = append([]Share{{Class: ledger.PayableDeveloper.Code, Organisation: x.seller.ID, Name: x.seller.Name, Points: left, Basis: basis}}, out...)
	return append(out, Share{Class: ledger.PlatformFee.Code, Name: "平台", Points: fee.Points, Basis: "平台规则", Tax: fee.Tax}), nil
}

func basisOf(field, typed string) (string, error) {
	typed, err := datasets.CleanLine(field, typed)
	if err != nil {
		return "", err
	}
	if typed == "" || len([]rune(typed)) > 200 {
		return "", fault.At(field, "请写明这一份的依据，最多 %d 个字。", 200)
	}
	return typed, nil
}

// Percent is basis points as people write them.
func Percent(points int64) string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%d.%02d", points/100, points%100), "0"), ".") + "%"
}

// Propose makes a rule for a listing, by whoever answers for its seller.
func (s *Service) Propose(ctx context.Context, who account.Actor, listing string, f SplitForm) (*SplitRule, error) {
	if who.IsVisitor() || who.Key != "" {
		return nil, fault.New(fault.NotFound, "没有这件上架。")
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*SplitRule, error) {
		id, err := lockRules(ctx, tx, listing)
		if err != nil {
			return nil, err
		}
		x, err := selectListed(ctx, tx, listing)
		if err != nil {
			return nil, err
		}
		if role, err := roleIn(ctx, tx, x.seller.ID, who.ID); err != nil || role != account.Owner {
			if err == nil {
				err = errNotYours()
			}
			return nil, err
		}
		if made, number, err := cases.Made(ctx, tx, "split_rules", f.Sent); err != nil || made != 0 {
			if err != nil {
				return nil, err
			}
			return s.rule(ctx, tx, number)
		}
		if x.operator.ID == 0 {
			return nil, fault.New(fault.Conflict, "这个产品没有用授权运营的数据，没有收款的运营机构，不能收费。")
		}
		r := &SplitRule{Listing: listing, listing: id, Seller: x.seller, Operator: x.operator, State: Proposed, MadeBy: who.Name, MadeAt: s.instant(), maker: who.ID}
		if r.Shares, err = f.shares(x, s.Rules.Fee); err != nil {
			return nil, err
		}
		if r.Number, err = cases.Number(ctx, tx, "FZ", r.MadeAt); err != nil {
			return nil, err
		}
		if err := insertRule(ctx, tx, r, who, f.Sent); err != nil {
			if database.Taken(err) {
				return nil, fault.New(fault.Conflict, "已经有一份分账规则等运营机构同意；要改先撤回。")
			}
			return nil, err
		}
		return r, audit.Append(ctx, tx, who, "split_rule", r.Number, string(Propose), map[string]string{"listing": listing})
	})
}

func (s *Service) rule(ctx context.Context, q database.Querier, number string) (*SplitRule, error) {
	found, err := selectRules(ctx, q, `r.number = @number`, pgx.NamedArgs{"number": number})
	if err == nil && len(found) == 0 {
		err = fault.New(fault.NotFound, "没有这份分账规则。")
	}
	if err != nil {
		return nil, err
	}
	return &found[0], nil
}

// MoveRule makes one move of a rule. The one that was in force is replaced by it in the
// same transaction.
func (s *Service) MoveRule(ctx context.Context, who account.Actor, number string, step Step) (*SplitRule, error) {
	words, err := prose("reason", step.Words)
	if err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*SplitRule, error) {
		r, err := s.rule(ctx, tx, number)
		if err != nil {
			return nil, err
		}
		if _, err := lockRules(ctx, tx, r.Listing); err != nil {
			return nil, err
		}
		if r, err = s.rule(ctx, tx, number); err != nil {
			return nil, err
		}
		if err := s.standsAt(ctx, tx, who, r); err != nil {
			return nil, err
		}
		if r.Revision != step.Revision {
			return r, errMoved()
		}
		r.words, r.actor = words, who.ID
		next, err := rules.Next(r.State, RuleAction(step.Action), who, r)
		if err != nil {
			return r, err
		}
		agreer := int64(0)
		if next == Agreed {
			before, err := selectRules(ctx, tx, `r.listing_id = @listing AND r.state = 'agreed'`, pgx.NamedArgs{"listing": r.listing})
			if err != nil {
				return r, err
			}
			for i := range before {
				b := &before[i]
				if b.State, err = rules.Next(b.State, Supersede, account.System("ordering"), b); err != nil {
					return r, err
				}
				b.StateAt = s.instant()
				if err := moveRule(ctx, tx, b, 0); err != nil {
					return r, err
				}
			}
			at := s.instant()
			r.AgreedBy, r.AgreedAt, agreer = who.Name, &at, who.ID
		}
		r.State, r.StateAt, r.Reason = next, s.instant(), words
		if err := moveRule(ctx, tx, r, agreer); err != nil {
			return r, err
		}
		return r, audit.Append(ctx, tx, who, "split_rule", r.Number, step.Action, map[string]string{"listing": r.Listing, "to": string(r.State)})
	})
}

// standsAt says where who stands to a rule, or that there is none for them.
func (s *Service) standsAt(ctx context.Context, q database.Querier, who account.Actor, r *SplitRule) error {
	r.party = ""
	switch {
	case who.IsVisitor() || who.Key != "":
	case who.Is(account.ExchangeStaff):
		r.party = OfExchange
	case who.Is(account.Regulator):
		r.party = OfRegulator
	case who.Is(account.Authority):
		r.party = OfAuthority
	case who.Is(account.Operator):
		if role, err := roleIn(ctx, q, r.Operator.ID, who.ID); err != nil || role != "" {
			r.party = OfOperator
			return err
		}
	default:
		if role, err := roleIn(ctx, q, r.Seller.ID, who.ID); err != nil || role == account.Owner {
			r.party = OfSeller
			return err
		}
	}
	if r.party == "" {
		return fault.New(fault.NotFound, "没有这份分账规则。")
	}
	return nil
}

// RuleView is a rule as somebody sees it who may.
type RuleView struct {
	*SplitRule
	Party  Side
	Offers []RuleAction
}

// Rules are the rules of a listing for whoever sells it, is paid for it or supervises,
// the newest first.
func (s *Service) RulesFor(ctx context.Context, who account.Actor, listing string) ([]RuleView, error) {
	found, err := selectRules(ctx, s.pool, `l.number = @listing`, pgx.NamedArgs{"listing": listing})
	if err != nil {
		return nil, err
	}
	return s.views(ctx, who, found)
}

func (s *Service) views(ctx context.Context, who account.Actor, found []SplitRule) (out []RuleView, err error) {
	for i := range found {
		r := &found[i]
		r.actor = who.ID
		switch err := s.standsAt(ctx, s.pool, who, r); {
		case fault.KindOf(err) == fault.NotFound:
			continue
		case err != nil:
			return nil, err
		}
		out = append(out, RuleView{SplitRule: r, Party: r.party, Offers: rules.Offer(r.State, who, r)})
	}
	return out, nil
}

// RulesOf are the rules that an operator has to answer or has answered, or all of them
// for the exchange and who supervises.
func (s *Service) RulesOf(ctx context.Context, who account.Actor) ([]RuleView, error) {
	if !who.Any(account.Operator, account.ExchangeStaff, account.Regulator, account.Authority) {
		return nil, errNotYours()
	}
	found, err := selectRules(ctx, s.pool, `@all OR r.operator_id IN (SELECT organisation_id FROM organisation_members WHERE user_id = @user)`, pgx.NamedArgs{"user": who.ID, "all": !who.Is(account.Operator)})
	if err != nil {
		return nil, err
	}
	return s.views(ctx, who, found)
}

// inForce is the rule by which an order of a listing is divided now; nil: none.
func (s *Service) inForce(ctx context.Context, q database.Querier, listing string) (*SplitRule, error) {
	found, err := selectRules(ctx, q, `l.number = @listing AND r.state = 'agreed'`, pgx.NamedArgs{"listing": listing})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}
