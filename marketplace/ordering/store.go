package ordering

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/calendars"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

func roleIn(ctx context.Context, q database.Querier, organisation, user int64) (role string, err error) {
	err = q.QueryRow(ctx, `SELECT role FROM organisation_members WHERE organisation_id = $1 AND user_id = $2`, organisation, user).Scan(&role)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return role, err
}

// selectBuyers are the organisations that who answers for.
func selectBuyers(ctx context.Context, q database.Querier, user int64) ([]Organisation, error) {
	rows, err := q.Query(ctx, `SELECT o.id, o.name, o.credit_code FROM organisation_members m JOIN organisations o ON o.id = m.organisation_id WHERE m.user_id = $1 AND m.role = 'owner' AND o.side = 'use' AND o.status = 'verified' AND o.suspended_at IS NULL ORDER BY o.id`, user)
	if err != nil {
		return nil, fmt.Errorf("buyers: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Organisation])
}

func mayBuy(ctx context.Context, q database.Querier, organisation int64) (may bool, err error) {
	err = q.QueryRow(ctx, `SELECT status = 'verified' AND suspended_at IS NULL FROM organisations WHERE id = $1`, organisation).Scan(&may)
	return may, err
}

// offered is what an order needs of the plan that it is of.
type offered struct {
	planID, listingID, productID, versionID int64
	title, titleEN                          string
	sample                                  bool
	until                                   *time.Time // of what the version was developed under; nil: it rests on nothing
	scenarios                               bool
	purposes                                []string
	operator                                *Organisation
	certificates                            []string
}

func selectOffered(ctx context.Context, q database.Querier, plan, version string, at time.Time) (x offered, err error) {
	var op struct {
		id         *int64
		name, code *string
	}
	err = q.QueryRow(ctx, `
		SELECT t.id, l.id, p.id, v.id, p.title, p.title_en, l.sample OR p.sample, version_until(v.id), EXISTS (SELECT FROM version_scenarios(v.id)), ARRAY(SELECT purpose FROM version_purposes(v.id) ORDER BY 1), o.id, o.name, o.credit_code,
			ARRAY(SELECT c.number FROM product_certificates c WHERE c.product_id = p.id AND c.kind IN ('registration', 'certification') AND c.state = 'issued' AND c.valid_until > @at ORDER BY c.kind DESC, c.number)
		FROM listing_plans t JOIN listings l ON l.id = t.listing_id JOIN products p ON p.id = l.product_id JOIN product_versions v ON v.product_id = p.id AND v.semver = @version
			LEFT JOIN organisations o ON o.id = (SELECT m.operator_id FROM version_scenarios(v.id) x JOIN scenarios s ON s.id = x.scenario_id JOIN mandates m ON m.id = s.mandate_id ORDER BY s.id IS DISTINCT FROM p.scenario_id, s.id LIMIT 1)
		WHERE t.number = @plan`, pgx.NamedArgs{"plan": plan, "version": version, "at": at}).
		Scan(&x.planID, &x.listingID, &x.productID, &x.versionID, &x.title, &x.titleEN, &x.sample, &x.until, &x.scenarios, &x.purposes, &op.id, &op.name, &op.code, &x.certificates)
	if err != nil {
		return x, fmt.Errorf("what is offered: %w", err)
	}
	if op.id != nil {
		x.operator = &Organisation{ID: *op.id, Name: *op.name, Code: *op.code}
	}
	return x, nil
}

const orderColumns = `o.id, o.number, b.id, b.name, b.credit_code, s.id, s.name, s.credit_code, d.id, d.name, d.credit_code, op.id, op.name, op.credit_code, l.number, o.plan_id, p.number, p.title, p.title_en, p.id, v.id, v.semver,
	o.plan, o.quantity, o.currency, o.net, o.tax, o.total, coalesce(r.number, ''), o.split, o.purpose, o.territory, o.cross_border, o.cleared_name, o.cleared_at, o.state, o.state_at, o.reason, o.clock_profile, o.clock_path, o.clock_from,
	o.pay_until, o.accept_until, o.paid_at, o.delivered_at, o.accepted_at, o.accepted_by, o.term_from, o.term_until, o.noticed_at, o.sample, o.made_by, o.made_name, o.made_at, o.revision,
	c.id, c.number, c.template, c.terms, c.body, c.sha256, c.from_at, c.until_at, coalesce(c.buyer_by, 0), c.buyer_name, c.buyer_at, c.buyer_method, coalesce(c.seller_by, 0), c.seller_name, c.seller_at, c.seller_method, c.state, c.state_at, c.void_at, c.made_at`

const orderTables = ` FROM orders o JOIN organisations b ON b.id = o.buyer_id JOIN organisations s ON s.id = o.seller_id JOIN organisations d ON d.id = o.developer_id LEFT JOIN organisations op ON op.id = o.operator_id
	JOIN listings l ON l.id = o.listing_id JOIN products p ON p.id = o.product_id JOIN product_versions v ON v.id = o.version_id JOIN contracts c ON c.order_id = o.id LEFT JOIN split_rules r ON r.id = o.split_rule_id`

func readOrder(row pgx.CollectableRow) (o Order, err error) {
	var op struct {
		id         *int64
		name, code *string
	}
	var from *time.Time
	c := &o.Contract
	err = row.Scan(&o.ID, &o.Number, &o.Buyer.ID, &o.Buyer.Name, &o.Buyer.Code, &o.Seller.ID, &o.Seller.Name, &o.Seller.Code, &o.Developer.ID, &o.Developer.Name, &o.Developer.Code, &op.id, &op.name, &op.code, &o.Listing, &o.PlanID, &o.Product, &o.Title, &o.TitleEN, &o.ProductID, &o.VersionID, &o.Version,
		&o.Plan, &o.Quantity, &o.Currency, &o.Money.Net, &o.Money.Tax, &o.Money.Total, &o.Rule, &o.Split, &o.Purpose, &o.Territory, &o.CrossBorder, &o.ClearedName, &o.ClearedAt, &o.State, &o.StateAt, &o.Reason, &o.clock.Profile, &o.clock.Path, &from,
		&o.PayUntil, &o.AcceptUntil, &o.PaidAt, &o.DeliveredAt, &o.AcceptedAt, &o.AcceptedBy, &o.TermFrom, &o.TermUntil, &o.NoticedAt, &o.Sample, &o.maker, &o.MadeBy, &o.MadeAt, &o.Revision,
		&c.ID, &c.Number, &c.Template, &c.Terms, &c.Body, &c.SHA256, &c.From, &c.Until, &c.Buyer.by, &c.Buyer.Name, &c.Buyer.At, &c.Buyer.Method, &c.Seller.by, &c.Seller.Name, &c.Seller.At, &c.Seller.Method, &c.State, &c.StateAt, &c.VoidAt, &c.MadeAt)
	if op.id != nil {
		o.Operator = &Organisation{ID: *op.id, Name: *op.name, Code: *op.code}
	}
	if from != nil {
		o.clock.From = *from
	}
	return o, err
}

func selectOrders(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]Order, error) {
	rows, err := q.Query(ctx, `SELECT `+orderColumns+orderTables+` WHERE `+where+` ORDER BY o.id DESC LIMIT @limit`, args)
	if err != nil {
		return nil, fmt.Errorf("orders: %w", err)
	}
	return pgx.CollectRows(rows, readOrder)
}

// lockOrder holds an order and its contract until tx ends.
func lockOrder(ctx context.Context, tx pgx.Tx, number string) error {
	if _, err := tx.Exec(ctx, `SELECT FROM orders WHERE number = $1 FOR UPDATE`, number); err != nil {
		return fmt.Errorf("lock order: %w", err)
	}
	return nil
}

func selectPapers(ctx context.Context, q database.Querier, order int64) ([]Clearance, error) {
	rows, err := q.Query(ctx, `SELECT kind, reference, issuer, dated, given_name, given_at FROM order_clearances WHERE order_id = $1 ORDER BY kind`, order)
	if err != nil {
		return nil, fmt.Errorf("papers of an order: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Clearance])
}

func selectObjection(ctx context.Context, q database.Querier, order int64) (*Objection, error) {
	rows, err := q.Query(ctx, `SELECT ground, words, name, at, answer, answer_words, answered_name, answered_at, withdrawn_at FROM order_objections WHERE order_id = $1`, order)
	if err != nil {
		return nil, fmt.Errorf("objection: %w", err)
	}
	out, err := pgx.CollectOneRow(rows, pgx.RowToAddrOfStructByPos[Objection])
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return out, err
}

func insertOrder(ctx context.Context, tx pgx.Tx, o *Order, x offered, rule *int64, who account.Actor, sent string) error {
	var operator *int64
	var from *time.Time
	if o.clock.Path != "" {
		from = &o.clock.From
	}
	if o.Operator != nil {
		operator = &o.Operator.ID
	}
	if o.Split == nil {
		o.Split = []Share{}
	}
	err := tx.QueryRow(ctx, `
		INSERT INTO orders (number, buyer_id, seller_id, developer_id, operator_id, listing_id, plan_id, product_id, version_id, plan, quantity, currency, net, tax, total, split_rule_id, split, purpose, territory, cross_border, state, state_at, clock_profile, clock_path, clock_from, sample, made_by, made_name, made_at, sent)
		VALUES (@number, @buyer, @seller, @developer, @operator, @listing, @plan_id, @product, @version, @plan, @quantity, @currency, @net, @tax, @total, @rule, @split, @purpose, @territory, @cross, @state, @at, @profile, @path, @from, @sample, @by, @name, @at, nullif(@sent, '')) RETURNING id`,
		pgx.NamedArgs{
			"number": o.Number, "buyer": o.Buyer.ID, "seller": o.Seller.ID, "developer": o.Developer.ID, "operator": operator, "listing": x.listingID, "plan_id": x.planID, "product": x.productID, "version": x.versionID, "plan": o.Plan, "quantity": o.Quantity, "currency": o.Currency,
			"net": o.Money.Net, "tax": o.Money.Tax, "total": o.Money.Total, "rule": rule, "split": o.Split, "purpose": o.Purpose, "territory": o.Territory, "cross": o.CrossBorder, "state": o.State, "at": o.StateAt, "profile": o.clock.Profile, "path": o.clock.Path, "from": from,
			"sample": o.Sample, "by": who.ID, "name": who.Name, "sent": sent,
		}).Scan(&o.ID)
	if err != nil {
		return fmt.Errorf("order: %w", err)
	}
	c := &o.Contract
	err = tx.QueryRow(ctx, `
		INSERT INTO contracts (number, order_id, template, terms, body, sha256, from_at, until_at, state, state_at, made_at) VALUES (@number, @order, @template, @terms, @body, @sha256, @from, @until, @state, @at, @at) RETURNING id`,
		pgx.NamedArgs{"number": c.Number, "order": o.ID, "template": c.Template, "terms": c.Terms, "body": c.Body, "sha256": c.SHA256, "from": c.From, "until": c.Until, "state": c.State, "at": c.MadeAt}).Scan(&c.ID)
	if err != nil {
		return fmt.Errorf("contract: %w", err)
	}
	return nil
}

// saveOrder is the one UPDATE of a move.
func saveOrder(ctx context.Context, tx pgx.Tx, o *Order) error {
	var from *time.Time
	if o.clock.Path != "" {
		from = &o.clock.From
	}
	err := tx.QueryRow(ctx, `
		UPDATE orders SET state = @state, state_at = @at, reason = @reason, clock_profile = @profile, clock_path = @path, clock_from = @from, pay_until = @pay, accept_until = @accept, paid_at = @paid, delivered_at = @delivered, accepted_at = @accepted, accepted_by = @accepted_by,
			term_from = @term_from, term_until = @term_until, noticed_at = @noticed, cleared_by = coalesce(nullif(@cleared_by::bigint, 0), cleared_by), cleared_name = @cleared_name, cleared_at = @cleared_at, revision = revision + 1
		WHERE id = @id RETURNING revision`,
		pgx.NamedArgs{
			"id": o.ID, "state": o.State, "at": o.StateAt, "reason": o.Reason, "profile": o.clock.Profile, "path": o.clock.Path, "from": from, "pay": o.PayUntil, "accept": o.AcceptUntil, "paid": o.PaidAt, "delivered": o.DeliveredAt, "accepted": o.AcceptedAt, "accepted_by": o.AcceptedBy,
			"term_from": o.TermFrom, "term_until": o.TermUntil, "noticed": o.NoticedAt, "cleared_by": o.clearer, "cleared_name": o.ClearedName, "cleared_at": o.ClearedAt,
		}).Scan(&o.Revision)
	if err != nil {
		return fmt.Errorf("save order %s: %w", o.Number, err)
	}
	return nil
}

// signContract writes down that who signed for a side, and how they had shown who they
// are.
func signContract(ctx context.Context, tx pgx.Tx, c *Contract, side Side, who account.Actor, at time.Time) error {
	set, mine := `seller_by = @by, seller_name = @name, seller_at = @at, seller_method`, &c.Seller
	if side == OfBuyer {
		set, mine = `buyer_by = @by, buyer_name = @name, buyer_at = @at, buyer_method`, &c.Buyer
	}
	column := `seller_method`
	if side == OfBuyer {
		column = `buyer_method`
	}
	*mine = Signature{Name: who.Name, At: &at, by: who.ID}
	err := tx.QueryRow(ctx, `UPDATE contracts SET `+set+` = coalesce((SELECT coalesce(nullif(confirmed_by, ''), 'sign-in') FROM sessions WHERE id = @session), '') WHERE id = @id RETURNING `+column,
		pgx.NamedArgs{"id": c.ID, "by": who.ID, "name": who.Name, "at": at, "session": who.Session}).Scan(&mine.Method)
	if err != nil {
		return fmt.Errorf("sign %s: %w", c.Number, err)
	}
	return nil
}

func moveContract(ctx context.Context, tx pgx.Tx, c *Contract, to ContractState, at time.Time) error {
	c.State, c.StateAt = to, at
	if to == Void {
		c.VoidAt = &at
	}
	if _, err := tx.Exec(ctx, `UPDATE contracts SET state = $2, state_at = $3, void_at = $4 WHERE id = $1`, c.ID, c.State, at, c.VoidAt); err != nil {
		return fmt.Errorf("contract %s: %w", c.Number, err)
	}
	return nil
}

func insertPaper(ctx context.Context, tx pgx.Tx, order int64, p Clearance, who account.Actor) error {
	if _, err := tx.Exec(ctx, `
		INSERT INTO order_clearances (order_id, kind, reference, issuer, dated, given_by, given_name, given_at) VALUES (@order, @kind, @reference, @issuer, @dated, @by, @name, @at)
		ON CONFLICT (order_id, kind) DO UPDATE SET reference = excluded.reference, issuer = excluded.issuer, dated = excluded.dated, given_by = excluded.given_by, given_name = excluded.given_name, given_at = excluded.given_at`,
		pgx.NamedArgs{"order": order, "kind": p.Kind, "reference": p.Reference, "issuer": p.Issuer, "dated": p.Dated, "by": who.ID, "name": who.Name, "at": p.GivenAt}); err != nil {
		return fmt.Errorf("paper: %w", err)
	}
	return nil
}

func insertObjection(ctx context.Context, tx pgx.Tx, order int64, x *Objection, who account.Actor) error {
	if _, err := tx.Exec(ctx, `INSERT INTO order_objections (order_id, ground, words, by_id, name, at) VALUES ($1, $2, $3, $4, $5, $6)`, order, x.Ground, x.Words, who.ID, x.Name, x.At); err != nil {
		return fmt.Errorf("objection: %w", err)
	}
	return nil
}

func saveObjection(ctx context.Context, tx pgx.Tx, order int64, x *Objection, answerer int64) error {
	if _, err := tx.Exec(ctx, `UPDATE order_objections SET answer = @answer, answer_words = @words, answered_by = coalesce(nullif(@by::bigint, 0), answered_by), answered_name = @name, answered_at = @at, withdrawn_at = @withdrawn WHERE order_id = @order`,
		pgx.NamedArgs{"order": order, "answer": x.Answer, "words": x.AnswerWords, "by": answerer, "name": x.AnsweredName, "at": x.AnsweredAt, "withdrawn": x.WithdrawnAt}); err != nil {
		return fmt.Errorf("objection: %w", err)
	}
	return nil
}

func insertEvent(ctx context.Context, tx pgx.Tx, o *Order, who account.Actor, act, words string, at time.Time) error {
	if _, err := tx.Exec(ctx, `INSERT INTO order_events (order_id, act, side, state, by_id, name, words, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, o.ID, act, o.side, o.State, who.ID, who.Name, words, at); err != nil {
		return fmt.Errorf("step of order %s: %w", o.Number, err)
	}
	return nil
}

func selectEvents(ctx context.Context, q database.Querier, order int64) ([]Event, error) {
	rows, err := q.Query(ctx, `SELECT act, side, state, name, words, at FROM order_events WHERE order_id = $1 ORDER BY id`, order)
	if err != nil {
		return nil, fmt.Errorf("steps of an order: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Event])
}

// selectDue are the numbers of orders that time moves.
func selectDue(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]string, error) {
	rows, err := q.Query(ctx, `SELECT o.number FROM orders o WHERE `+where+` ORDER BY o.id LIMIT 500`, args)
	if err != nil {
		return nil, fmt.Errorf("orders that are due: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func openClocks(ctx context.Context, q database.Querier) ([]calendars.Open, error) {
	rows, err := q.Query(ctx, `SELECT 'order', number, clock_profile, clock_path, clock_from FROM orders WHERE clock_path <> '' ORDER BY 2`)
	if err != nil {
		return nil, fmt.Errorf("open clocks: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (o calendars.Open, err error) {
		return o, row.Scan(&o.Kind, &o.ID, &o.Ref.Profile, &o.Ref.Path, &o.Ref.From)
	})
}

const ruleColumns = `r.id, r.number, l.number, l.id, p.number, p.title, p.title_en, s.id, s.name, s.credit_code, op.id, op.name, op.credit_code, r.edition, r.shares, r.state, r.state_at, r.reason, r.made_by, r.made_name, r.made_at, r.agreed_name, r.agreed_at, r.revision`

func selectRules(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]SplitRule, error) {
	rows, err := q.Query(ctx, `SELECT `+ruleColumns+` FROM split_rules r JOIN listings l ON l.id = r.listing_id JOIN products p ON p.id = l.product_id JOIN organisations s ON s.id = l.organisation_id JOIN organisations op ON op.id = r.operator_id WHERE `+where+` ORDER BY r.id DESC LIMIT 200`, args)
	if err != nil {
		return nil, fmt.Errorf("rules of division: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (r SplitRule, err error) {
		err = row.Scan(&r.ID, &r.Number, &r.Listing, &r.listing, &r.Product, &r.Title, &r.TitleEN, &r.Seller.ID, &r.Seller.Name, &r.Seller.Code, &r.Operator.ID, &r.Operator.Name, &r.Operator.Code, &r.Edition, &r.Shares, &r.State, &r.StateAt, &r.Reason, &r.maker, &r.MadeBy, &r.MadeAt, &r.AgreedBy, &r.AgreedAt, &r.Revision)
		return r, err
	})
}

// lockRules holds the rules of a listing until tx ends.
func lockRules(ctx context.Context, tx pgx.Tx, listing string) (id int64, err error) {
	err = tx.QueryRow(ctx, `SELECT id FROM listings WHERE number = $1 FOR UPDATE`, listing).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, fault.New(fault.NotFound, "没有这件上架。")
	}
	return id, err
}

// listed is what a rule of a listing is about.
type listed struct {
	id                          int64
	seller, developer, operator Organisation
}

func selectListed(ctx context.Context, q database.Querier, listing string) (x listed, err error) {
	var op, name, code *string
	var id *int64
	err = q.QueryRow(ctx, `
		SELECT l.id, s.id, s.name, s.credit_code, d.id, d.name, d.credit_code, o.id, o.name, o.credit_code, l.number FROM listings l JOIN products p ON p.id = l.product_id JOIN organisations s ON s.id = l.organisation_id JOIN organisations d ON d.id = p.organisation_id
			LEFT JOIN organisations o ON o.id = (SELECT m.operator_id FROM product_versions v CROSS JOIN LATERAL version_scenarios(v.id) x JOIN scenarios c ON c.id = x.scenario_id JOIN mandates m ON m.id = c.mandate_id WHERE v.product_id = p.id AND v.state = 'published' ORDER BY c.id IS DISTINCT FROM p.scenario_id, c.id LIMIT 1)
		WHERE l.number = $1`, listing).Scan(&x.id, &x.seller.ID, &x.seller.Name, &x.seller.Code, &x.developer.ID, &x.developer.Name, &x.developer.Code, &id, &name, &code, &op)
	if errors.Is(err, pgx.ErrNoRows) {
		return x, fault.New(fault.NotFound, "没有这件上架。")
	}
	if err != nil {
		return x, fmt.Errorf("listing of a rule: %w", err)
	}
	if id != nil {
		x.operator = Organisation{ID: *id, Name: *name, Code: *code}
	}
	return x, nil
}

func insertRule(ctx context.Context, tx pgx.Tx, r *SplitRule, who account.Actor, sent string) error {
	err := tx.QueryRow(ctx, `
		INSERT INTO split_rules (number, listing_id, edition, operator_id, shares, state, state_at, made_by, made_name, made_at, sent)
		SELECT @number, @listing, 1 + coalesce(max(edition), 0), @operator, @shares, @state, @at, @by, @name, @at, nullif(@sent, '') FROM split_rules WHERE listing_id = @listing RETURNING id, edition, revision`,
		pgx.NamedArgs{"number": r.Number, "listing": r.listing, "operator": r.Operator.ID, "shares": r.Shares, "state": r.State, "at": r.MadeAt, "by": who.ID, "name": who.Name, "sent": sent}).Scan(&r.ID, &r.Edition, &r.Revision)
	if err != nil {
		return fmt.Errorf("rule of division: %w", err)
	}
	return nil
}

func moveRule(ctx context.Context, tx pgx.Tx, r *SplitRule, agreer int64) error {
	err := tx.QueryRow(ctx, `UPDATE split_rules SET state = @state, state_at = @at, reason = @reason, agreed_by = coalesce(nullif(@by::bigint, 0), agreed_by), agreed_name = @name, agreed_at = @agreed, revision = revision + 1 WHERE id = @id RETURNING revision`,
		pgx.NamedArgs{"id": r.ID, "state": r.State, "at": r.StateAt, "reason": r.Reason, "by": agreer, "name": r.AgreedBy, "agreed": r.AgreedAt}).Scan(&r.Revision)
	if err != nil {
		return fmt.Errorf("rule of division %s: %w", r.Number, err)
	}
	return nil
}

func addresses(ctx context.Context, q database.Querier, query string, args ...any) ([]string, error) {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("addresses: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func ownersOf(ctx context.Context, q database.Querier, organisation int64) ([]string, error) {
	return addresses(ctx, q, `SELECT u.identifier FROM users u JOIN organisation_members m ON m.user_id = u.id WHERE m.organisation_id = $1 AND m.role = 'owner' AND u.disabled_at IS NULL AND u.leaving_at IS NULL ORDER BY u.id`, organisation)
}

func withRole(ctx context.Context, q database.Querier, role account.Role) ([]string, error) {
	return addresses(ctx, q, `SELECT DISTINCT u.identifier FROM users u JOIN user_roles r ON r.user_id = u.id WHERE r.role = $1 AND u.disabled_at IS NULL AND u.leaving_at IS NULL ORDER BY 1`, role)
}

// marshalled is what a mark of a page is worked out of.
func marshalled(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain values
	}
	return b
}

// holdOffer keeps the listing of a plan, its plans and its rules from being moved until tx
// ends: who moves a listing or a plan holds its product, who moves a rule the listing.
func holdOffer(ctx context.Context, tx pgx.Tx, plan string) error {
	if _, err := tx.Exec(ctx, `SELECT FROM listing_plans t JOIN listings l ON l.id = t.listing_id JOIN products p ON p.id = l.product_id WHERE t.number = $1 FOR SHARE OF p, l`, plan); err != nil {
		return fmt.Errorf("hold the offer: %w", err)
	}
	return nil
}
