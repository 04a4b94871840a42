package tender

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/calendars"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

const columns = `t.id, t.number, t.kind, t.about, p.id, p.slug, p.name, p.name_en, p.profile, t.profile, t.rule_profile, t.rule_path, t.method, t.title, t.title_en, t.description, t.requirements, t.pricing, coalesce(t.limit_minor, 0),
	t.opens, t.closes, t.opening_at, t.reveal_until, t.least_bidders, t.least_panel, t.state, t.round, t.scoring, t.sent_back, t.key_public, t.key_locked, t.stage_profile, t.stage_path, t.stage_from, t.report, t.contract,
	t.made_by, t.made_name, t.made_at, t.announced_at, t.opened_at, t.evaluated_at, t.notice_at, t.confirmed_at, t.ended_at, t.revision`

func (s *Service) scan(row pgx.CollectableRow) (t Tender, err error) {
	d := &t.Department
	var from *time.Time
	if err = row.Scan(&t.ID, &t.Number, &t.Kind, &t.About, &d.ID, &d.Slug, &d.Name, &d.NameEN, &d.Profile, &t.Profile, &t.RuleOf, &t.rulePath, &t.Method, &t.Title, &t.TitleEN, &t.Description, &t.Requirements, &t.Pricing, &t.Limit,
		&t.Opens, &t.Closes, &t.OpeningAt, &t.RevealUntil, &t.LeastBidders, &t.LeastPanel, &t.State, &t.Round, &t.scoring, &t.SentBack, &t.keyPublic, &t.keyLocked, &t.stage.Profile, &t.stage.Path, &from, &t.Report, &t.Contract,
		&t.madeBy, &t.MadeBy, &t.MadeAt, &t.AnnouncedAt, &t.OpenedAt, &t.EvaluatedAt, &t.NoticeAt, &t.ConfirmedAt, &t.EndedAt, &t.Revision); err != nil {
		return t, err
	}
	t.at, t.Rule = s.now(), s.ruleAt(t.RuleOf, t.rulePath)
	if from != nil {
		t.stage.From = *from
		if clock, wrong := s.clocks.Resume(t.stage); wrong == nil {
			t.Clock = &clock
		}
	}
	return t, nil
}

func (s *Service) list(ctx context.Context, q database.Querier, where, order string, args pgx.NamedArgs) ([]Tender, error) {
	rows, err := q.Query(ctx, `SELECT `+columns+` FROM tenders t JOIN departments p ON p.id = t.department_id WHERE `+where+` ORDER BY `+order+` LIMIT @limit`, args)
	if err != nil {
		return nil, fmt.Errorf("tenders: %w", err)
	}
	out, err := pgx.CollectRows(rows, s.scan)
	if err != nil {
		return nil, fmt.Errorf("tenders: %w", err)
	}
	return out, nil
}

// filtered is the condition of a Filter.
const filtered = `(@state = '' OR t.state = @state) AND (@kind = '' OR t.kind = @kind) AND (@department = 0 OR t.department_id = @department) AND (@before = 0 OR t.id < @before)
	AND (NOT @running OR t.state NOT IN ('contracted', 'cancelled', 'failed'))`

func (f Filter) args() pgx.NamedArgs {
	if f.Limit == 0 {
		f.Limit = 100
	}
	return pgx.NamedArgs{"state": f.State, "kind": f.Kind, "department": f.Department, "running": f.Running, "before": f.Before, "limit": f.Limit}
}

func lockTender(ctx context.Context, q database.Querier, number string) error {
	var id int64
	err := q.QueryRow(ctx, `SELECT id FROM tenders WHERE number = $1 FOR UPDATE`, number).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return errNone()
	}
	return err
}

func limitOf(t *Tender) *int64 {
	if t.Limit == 0 {
		return nil
	}
	return &t.Limit
}

func insertTender(ctx context.Context, tx pgx.Tx, t *Tender) error {
	err := tx.QueryRow(ctx, `
		INSERT INTO tenders (number, kind, about, department_id, profile, rule_profile, rule_path, method, title, title_en, description, requirements, pricing, limit_minor, opens, closes, opening_at, reveal_until, least_bidders, least_panel, state, made_by, made_name, made_at, sent)
		VALUES (@number, @kind, @about, @department, @profile, @rule_profile, @rule_path, @method, @title, @title_en, @description, @requirements, @pricing, @limit, @opens, @closes, @opening, @until, @bidders, @panel, @state, @by, @name, @at, nullif(@sent, '')) RETURNING id, revision`,
		said(t, pgx.NamedArgs{"number": t.Number, "department": t.Department.ID, "profile": t.Profile, "state": t.State, "by": t.madeBy, "name": t.MadeBy, "at": t.MadeAt, "sent": t.sent})).Scan(&t.ID, &t.Revision)
	if err != nil {
		return fmt.Errorf("insert tender: %w", err)
	}
	return insertParts(ctx, tx, t)
}

// said adds what a form says of a tender to args.
func said(t *Tender, args pgx.NamedArgs) pgx.NamedArgs {
	for k, v := range map[string]any{"kind": t.Kind, "about": t.About, "rule_profile": t.RuleOf, "rule_path": t.rulePath, "method": t.Method, "title": t.Title, "title_en": t.TitleEN, "description": t.Description, "requirements": t.Requirements, "pricing": t.Pricing, "limit": limitOf(t),
		"opens": t.Opens, "closes": t.Closes, "opening": t.OpeningAt, "until": t.RevealUntil, "bidders": t.LeastBidders, "panel": t.LeastPanel} {
		args[k] = v
	}
	return args
}

// rewriteTender writes what a form says of a tender in place of what was said.
func rewriteTender(ctx context.Context, tx pgx.Tx, t *Tender) error {
	err := tx.QueryRow(ctx, `
		UPDATE tenders SET kind = @kind, about = @about, rule_profile = @rule_profile, rule_path = @rule_path, method = @method, title = @title, title_en = @title_en, description = @description, requirements = @requirements, pricing = @pricing, limit_minor = @limit,
			opens = @opens, closes = @closes, opening_at = @opening, reveal_until = @until, least_bidders = @bidders, least_panel = @panel, revision = revision + 1
		WHERE id = @id RETURNING revision`, said(t, pgx.NamedArgs{"id": t.ID})).Scan(&t.Revision)
	if err != nil {
		return fmt.Errorf("rewrite tender: %w", err)
	}
	for _, table := range []string{"tender_criteria", "tender_datasets", "tender_panel"} {
		if _, err := tx.Exec(ctx, `DELETE FROM `+table+` WHERE tender_id = $1`, t.ID); err != nil {
			return fmt.Errorf("rewrite tender: %w", err)
		}
	}
	return insertParts(ctx, tx, t)
}

func insertParts(ctx context.Context, tx pgx.Tx, t *Tender) error {
	for i, c := range t.Criteria {
		if _, err := tx.Exec(ctx, `INSERT INTO tender_criteria (tender_id, position, name, says, weight, price) VALUES ($1, $2, $3, $4, $5, $6)`, t.ID, i+1, c.Name, c.Says, c.Weight, c.Price); err != nil {
			return fmt.Errorf("criteria: %w", err)
		}
	}
	for i := range t.Entries {
		if _, err := tx.Exec(ctx, `INSERT INTO tender_datasets (tender_id, dataset_id, columns) VALUES ($1, $2, $3)`, t.ID, t.Entries[i].Dataset.ID, t.Entries[i].Columns); err != nil {
			return fmt.Errorf("entries of a tender: %w", err)
		}
	}
	for i := range t.Panel {
		if err := insertMember(ctx, tx, t, &t.Panel[i]); err != nil {
			return err
		}
	}
	return nil
}

// saveTender writes what a move changed.
func saveTender(ctx context.Context, tx pgx.Tx, t *Tender) error {
	var from *time.Time
	if t.stage.Path != "" {
		from = &t.stage.From
	}
	err := tx.QueryRow(ctx, `
		UPDATE tenders SET state = @state, rule_profile = @rule_profile, rule_path = @rule_path, reveal_until = @until, least_bidders = @bidders, least_panel = @panel, round = @round, scoring = @scoring, sent_back = @sent_back, key_public = @key_public, key_locked = @key_locked,
			stage_profile = @stage_profile, stage_path = @stage_path, stage_from = @stage_from, report = @report, contract = @contract,
			announced_at = @announced, opened_at = @opened, evaluated_at = @evaluated, notice_at = @notice, confirmed_at = @confirmed, ended_at = @ended, revision = revision + 1
		WHERE id = @id RETURNING revision`,
		pgx.NamedArgs{"id": t.ID, "state": t.State, "rule_profile": t.RuleOf, "rule_path": t.rulePath, "until": t.RevealUntil, "bidders": t.LeastBidders, "panel": t.LeastPanel, "round": t.Round, "scoring": t.scoring, "sent_back": t.SentBack, "key_public": t.keyPublic, "key_locked": t.keyLocked,
			"stage_profile": t.stage.Profile, "stage_path": t.stage.Path, "stage_from": from, "report": t.Report, "contract": t.Contract,
			"announced": t.AnnouncedAt, "opened": t.OpenedAt, "evaluated": t.EvaluatedAt, "notice": t.NoticeAt, "confirmed": t.ConfirmedAt, "ended": t.EndedAt}).Scan(&t.Revision)
	if err != nil {
		return fmt.Errorf("save tender %s: %w", t.Number, err)
	}
	return nil
}

func selectCriteria(ctx context.Context, q database.Querier, tender int64) ([]Criterion, error) {
	rows, err := q.Query(ctx, `SELECT name, says, weight, price FROM tender_criteria WHERE tender_id = $1 ORDER BY position`, tender)
	if err != nil {
		return nil, fmt.Errorf("criteria: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Criterion])
}

func selectEntries(ctx context.Context, q database.Querier, tender int64) ([]Entry, error) {
	rows, err := q.Query(ctx, `SELECT d.id, d.slug, d.title, d.title_en, d.status, e.columns FROM tender_datasets e JOIN datasets d ON d.id = e.dataset_id WHERE e.tender_id = $1 ORDER BY d.id`, tender)
	if err != nil {
		return nil, fmt.Errorf("entries of a tender: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (e Entry, err error) {
		d := &e.Dataset
		return e, row.Scan(&d.ID, &d.Slug, &d.Title, &d.TitleEN, &d.Status, &e.Columns)
	})
}

func selectPanel(ctx context.Context, q database.Querier, t *Tender) ([]Member, error) {
	rows, err := q.Query(ctx, `
		SELECT m.user_id, m.name, m.added_at, m.declared_at, m.conflict, m.struck_at, m.struck_why, EXISTS (SELECT FROM tender_scores s JOIN tender_bids b ON b.id = s.bid_id WHERE b.tender_id = m.tender_id AND s.user_id = m.user_id AND s.scoring = @scoring AND b.round = @round)
		FROM tender_panel m WHERE m.tender_id = @id ORDER BY m.added_at, m.user_id`, pgx.NamedArgs{"id": t.ID, "scoring": t.scoring, "round": t.Round})
	if err != nil {
		return nil, fmt.Errorf("panel: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Member])
}

// selectPanelist is somebody by the identifier of the account; User is 0 where there is
// none that can sign in.
func selectPanelist(ctx context.Context, q database.Querier, identifier string) (m Member, side account.Side, err error) {
	err = q.QueryRow(ctx, `SELECT id, name, side FROM users WHERE identifier = $1 AND disabled_at IS NULL AND leaving_at IS NULL AND confirmed_at IS NOT NULL`, identifier).Scan(&m.User, &m.Name, &side)
	if errors.Is(err, pgx.ErrNoRows) {
		return m, "", nil
	}
	return m, side, err
}

func insertMember(ctx context.Context, tx pgx.Tx, t *Tender, m *Member) error {
	_, err := tx.Exec(ctx, `INSERT INTO tender_panel (tender_id, user_id, name, added_at) VALUES ($1, $2, $3, $4)`, t.ID, m.User, m.Name, m.AddedAt)
	if err != nil {
		return fmt.Errorf("panel: %w", err)
	}
	return nil
}

func saveMember(ctx context.Context, tx pgx.Tx, t *Tender, m *Member) error {
	_, err := tx.Exec(ctx, `UPDATE tender_panel SET declared_at = @declared, conflict = @conflict, struck_at = @struck, struck_why = @why WHERE tender_id = @id AND user_id = @user`,
		pgx.NamedArgs{"id": t.ID, "user": m.User, "declared": m.Declared, "conflict": m.Conflict, "struck": m.Struck, "why": m.Why})
	if err != nil {
		return fmt.Errorf("panel: %w", err)
	}
	return nil
}

const bidColumns = `b.id, b.organisation_id, b.bidder, b.code, b.way, b.commitment, b.sealed_at, b.sealed_name, b.state, coalesce(b.nonce, ''), coalesce(b.canonical, ''), b.amount_minor, b.revealed_at, b.reason, b.marks, b.price_points, b.total, coalesce(b.rank, 0), b.locked, b.round`

func scanBid(row pgx.CollectableRow) (b Bid, err error) {
	return b, row.Scan(&b.ID, &b.Organisation, &b.Bidder, &b.Code, &b.Way, &b.Commitment, &b.SealedAt, &b.SealedBy, &b.State, &b.Nonce, &b.Canonical, &b.Amount, &b.RevealedAt, &b.Reason, &b.Marks, &b.Price, &b.Total, &b.Rank, &b.locked, &b.round)
}

func bids(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]Bid, error) {
	rows, err := q.Query(ctx, `SELECT `+bidColumns+` FROM tender_bids b WHERE `+where, args)
	if err != nil {
		return nil, fmt.Errorf("bids: %w", err)
	}
	return pgx.CollectRows(rows, scanBid)
}

// selectBids are the bids of the round that were not withdrawn: ranked ones first, then
// as they were sealed.
func selectBids(ctx context.Context, q database.Querier, t *Tender) ([]Bid, error) {
	return bids(ctx, q, `b.tender_id = @id AND b.round = @round AND b.state <> 'withdrawn' ORDER BY (b.state = 'invalid'), b.rank NULLS LAST, b.sealed_at, b.id`, pgx.NamedArgs{"id": t.ID, "round": t.Round})
}

// selectMine are the bids of the organisations that somebody is in.
func selectMine(ctx context.Context, q database.Querier, t *Tender, user int64) ([]Bid, error) {
	return bids(ctx, q, `b.tender_id = @id AND b.organisation_id IN (SELECT organisation_id FROM organisation_members WHERE user_id = @user) ORDER BY b.sealed_at DESC, b.id DESC LIMIT 100`, pgx.NamedArgs{"id": t.ID, "user": user})
}

// bidSealed is the bid with that seal, of any tender; nil: there is none.
func bidSealed(ctx context.Context, q database.Querier, commitment string) (*Bid, error) {
	found, err := bids(ctx, q, `b.commitment = @commitment`, pgx.NamedArgs{"commitment": commitment})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

func countWithdrawn(ctx context.Context, q database.Querier, t *Tender) (n int, err error) {
	err = q.QueryRow(ctx, `SELECT count(*) FROM tender_bids WHERE tender_id = $1 AND round = $2 AND state = 'withdrawn'`, t.ID, t.Round).Scan(&n)
	return n, err
}

func insertBid(ctx context.Context, tx pgx.Tx, who account.Actor, t *Tender, b *Bid) error {
	err := tx.QueryRow(ctx, `
		INSERT INTO tender_bids (tender_id, round, organisation_id, bidder, code, way, commitment, locked, sealed_at, sealed_by, sealed_name, state)
		VALUES (@tender, @round, @organisation, @bidder, @code, @way, @commitment, @locked, @at, @by, @name, @state) RETURNING id`,
		pgx.NamedArgs{"tender": t.ID, "round": b.round, "organisation": b.Organisation, "bidder": b.Bidder, "code": b.Code, "way": b.Way, "commitment": b.Commitment, "locked": b.locked, "at": b.SealedAt, "by": who.ID, "name": who.Name, "state": b.State}).Scan(&b.ID)
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.ConstraintName == "tender_bids_commitment_key" { // in another tender, at this moment
		return fault.At("commitment", "这个封条已经用过，不能再投；请换一串随机数重新封。").Because(err)
	}
	if err != nil {
		return fmt.Errorf("insert bid: %w", err)
	}
	return nil
}

func saveBid(ctx context.Context, tx pgx.Tx, b *Bid, at time.Time) error {
	_, err := tx.Exec(ctx, `
		UPDATE tender_bids SET state = @state, locked = @locked, withdrawn_at = CASE WHEN @state = 'withdrawn' THEN coalesce(withdrawn_at, @at) END, nonce = nullif(@nonce, ''), canonical = nullif(@canonical, ''), amount_minor = @amount, revealed_at = @revealed, reason = @reason,
			marks = @marks, price_points = @price, total = @total, rank = nullif(@rank, 0)
		WHERE id = @id`,
		pgx.NamedArgs{"id": b.ID, "state": b.State, "locked": lockedOf(b), "at": at, "nonce": b.Nonce, "canonical": b.Canonical, "amount": b.Amount, "revealed": b.RevealedAt, "reason": b.Reason, "marks": b.Marks, "price": b.Price, "total": b.Total, "rank": b.Rank})
	if err != nil {
		return fmt.Errorf("save bid %d: %w", b.ID, err)
	}
	return nil
}

// lockedOf is what stays locked of a bid: nothing of one that nobody will open.
func lockedOf(b *Bid) []byte {
	if b.State == Withdrawn {
		return nil
	}
	return b.locked
}

func insertScore(ctx context.Context, tx pgx.Tx, t *Tender, user int64, g Given, at time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO tender_scores (bid_id, user_id, scoring, marks, words, at) VALUES ($1, $2, $3, $4, $5, $6)`, g.Bid, user, t.scoring, g.Marks, g.Words, at)
	if err != nil {
		return fmt.Errorf("score: %w", err)
	}
	return nil
}

// selectScores are the marks of this scoring, by bid.
func selectScores(ctx context.Context, q database.Querier, t *Tender) (map[int64][]Score, error) {
	rows, err := q.Query(ctx, `
		SELECT s.bid_id, s.user_id, m.name, s.marks, s.words, s.at FROM tender_scores s JOIN tender_bids b ON b.id = s.bid_id JOIN tender_panel m ON m.tender_id = b.tender_id AND m.user_id = s.user_id
		WHERE b.tender_id = @id AND b.round = @round AND s.scoring = @scoring ORDER BY s.bid_id, m.added_at, s.user_id`, pgx.NamedArgs{"id": t.ID, "round": t.Round, "scoring": t.scoring})
	if err != nil {
		return nil, fmt.Errorf("scores: %w", err)
	}
	out := map[int64][]Score{}
	var bid int64
	var s Score
	_, err = pgx.ForEachRow(rows, []any{&bid, &s.User, &s.Name, &s.Marks, &s.Words, &s.At}, func() error {
		out[bid] = append(out[bid], Score{s.User, s.Name, append([]int(nil), s.Marks...), s.Words, s.At})
		return nil
	})
	return out, err
}

func selectChallenges(ctx context.Context, q database.Querier, tender int64) ([]Objection, error) {
	rows, err := q.Query(ctx, `
		SELECT c.id, c.bid_id, b.bidder, c.notice_at, c.grounds, c.made_name, c.made_at, c.upheld, c.answer, c.answered_name, c.answered_at, b.organisation_id
		FROM tender_challenges c JOIN tender_bids b ON b.id = c.bid_id WHERE c.tender_id = $1 ORDER BY c.id`, tender)
	if err != nil {
		return nil, fmt.Errorf("challenges: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (c Objection, err error) {
		return c, row.Scan(&c.ID, &c.Bid, &c.Bidder, &c.NoticeAt, &c.Grounds, &c.MadeBy, &c.MadeAt, &c.Upheld, &c.Answer, &c.AnsweredBy, &c.AnsweredAt, &c.organisation)
	})
}

func insertChallenge(ctx context.Context, tx pgx.Tx, who account.Actor, t *Tender, b *Bid, grounds string, at time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO tender_challenges (tender_id, bid_id, notice_at, grounds, made_by, made_name, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`, t.ID, b.ID, t.NoticeAt, grounds, who.ID, who.Name, at)
	if err != nil {
		return fmt.Errorf("challenge: %w", err)
	}
	return nil
}

func answerChallenge(ctx context.Context, tx pgx.Tx, who account.Actor, id int64, upheld bool, answer string, at time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE tender_challenges SET upheld = $2, answer = $3, answered_by = $4, answered_name = $5, answered_at = $6 WHERE id = $1`, id, upheld, answer, who.ID, who.Name, at)
	if err != nil {
		return fmt.Errorf("challenge: %w", err)
	}
	return nil
}

func insertEvent(ctx context.Context, tx pgx.Tx, who account.Actor, tender int64, e Event) error {
	_, err := tx.Exec(ctx, `INSERT INTO tender_events (tender_id, act, by_id, by_name, side, words, at) VALUES ($1, $2, $3, $4, $5, $6, $7)`, tender, e.Act, who.ID, e.Name, e.Side, e.Words, e.At)
	if err != nil {
		return fmt.Errorf("event: %w", err)
	}
	return nil
}

func selectEvents(ctx context.Context, q database.Querier, tender int64) ([]Event, error) {
	rows, err := q.Query(ctx, `SELECT act, by_name, side, words, at FROM tender_events WHERE tender_id = $1 ORDER BY id`, tender)
	if err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Event])
}

func selectDepartment(ctx context.Context, q database.Querier, id int64) (d datasets.Department, err error) {
	err = q.QueryRow(ctx, `SELECT id, slug, name, name_en, profile FROM departments WHERE id = $1`, id).Scan(&d.ID, &d.Slug, &d.Name, &d.NameEN, &d.Profile)
	if errors.Is(err, pgx.ErrNoRows) {
		return d, errNotYours()
	}
	return d, err
}

// membersOf is who is of an organisation that bids in this round.
func membersOf(ctx context.Context, q database.Querier, t *Tender) (map[int64]bool, error) {
	rows, err := q.Query(ctx, `SELECT DISTINCT m.user_id FROM organisation_members m JOIN tender_bids b ON b.organisation_id = m.organisation_id WHERE b.tender_id = $1 AND b.round = $2 AND b.state <> 'withdrawn'`, t.ID, t.Round)
	if err != nil {
		return nil, fmt.Errorf("members of bidders: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	out := map[int64]bool{}
	for _, id := range ids {
		out[id] = true
	}
	return out, err
}

func organisationStands(ctx context.Context, q database.Querier, id int64) (stands bool, err error) {
	err = q.QueryRow(ctx, `SELECT EXISTS (SELECT FROM organisations WHERE id = $1 AND status = 'verified' AND suspended_at IS NULL)`, id).Scan(&stands)
	return stands, err
}

// selectDue are the tenders that time has moved by now.
func selectDue(ctx context.Context, q database.Querier, now time.Time) ([]string, error) {
	rows, err := q.Query(ctx, `
		SELECT number FROM tenders t WHERE state = 'announced' AND opens <= @now OR state = 'open' AND closes <= @now OR state = 'closed' AND opening_at <= @now
			OR state = 'opened' AND reveal_until <= @now AND EXISTS (SELECT FROM tender_bids b WHERE b.tender_id = t.id AND b.round = t.round AND b.state = 'sealed') ORDER BY id`, pgx.NamedArgs{"now": now})
	if err != nil {
		return nil, fmt.Errorf("tenders that are due: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func selectAbout(ctx context.Context, q database.Querier, kind Kind, number string, body int64) ([]Standing, error) {
	rows, err := q.Query(ctx, `
		SELECT t.number, t.title, t.title_en, t.state, coalesce(o.id, 0), coalesce(o.name, '')
		FROM tenders t LEFT JOIN tender_bids b ON b.tender_id = t.id AND b.state = 'won' AND t.state IN ('confirmed', 'contracted') LEFT JOIN organisations o ON o.id = b.organisation_id
		WHERE t.kind = $1 AND t.about = $2 AND t.about <> '' AND t.department_id = $3 AND t.announced_at IS NOT NULL ORDER BY t.id DESC LIMIT 20`, kind, number, body)
	if err != nil {
		return nil, fmt.Errorf("tenders about: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Standing])
	if err != nil {
		return nil, fmt.Errorf("tenders about: %w", err)
	}
	return out, nil
}

func selectHeld(ctx context.Context, q database.Querier, department int64, kind Kind, number string) ([]Held, error) {
	rows, err := q.Query(ctx, `
		SELECT t.number, t.title, t.method, (SELECT count(*) FROM tender_bids o WHERE o.tender_id = t.id AND o.round = t.round AND o.revealed_at IS NOT NULL), b.organisation_id, b.bidder, b.code, t.notice_at, t.report
		FROM tenders t JOIN tender_bids b ON b.tender_id = t.id AND b.state = 'won'
		WHERE t.department_id = $1 AND t.kind = $2 AND t.state IN ('confirmed', 'contracted') AND ($3 = '' OR t.number = $3) ORDER BY t.id DESC LIMIT 100`, department, kind, number)
	if err != nil {
		return nil, fmt.Errorf("tenders that were held: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Held])
}

func addresses(ctx context.Context, q database.Querier, sql string, id int64) ([]string, error) {
	rows, err := q.Query(ctx, sql, id)
	if err != nil {
		return nil, fmt.Errorf("readers: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func ownersOf(ctx context.Context, q database.Querier, organisation int64) ([]string, error) {
	return addresses(ctx, q, `SELECT u.identifier FROM users u JOIN organisation_members m ON m.user_id = u.id WHERE m.organisation_id = $1 AND m.role = 'owner' AND u.disabled_at IS NULL AND u.leaving_at IS NULL ORDER BY u.id`, organisation)
}

func addressOf(ctx context.Context, q database.Querier, user int64) ([]string, error) {
	return addresses(ctx, q, `SELECT identifier FROM users WHERE id = $1 AND disabled_at IS NULL AND leaving_at IS NULL`, user)
}

func organisersOf(ctx context.Context, q database.Querier, department int64) ([]string, error) {
	people, err := account.Players(ctx, q, []int64{department}, organisers...)
	return people[department], err
}

func selectOpenClocks(ctx context.Context, q database.Querier) ([]calendars.Open, error) {
	rows, err := q.Query(ctx, `SELECT 'tender', number, stage_profile, stage_path, stage_from FROM tenders WHERE stage_path <> '' AND ended_at IS NULL ORDER BY number`)
	if err != nil {
		return nil, fmt.Errorf("open clocks: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (o calendars.Open, err error) {
		return o, row.Scan(&o.Kind, &o.ID, &o.Ref.Profile, &o.Ref.Path, &o.Ref.From)
	})
}

func panelIdentifiers(ctx context.Context, q database.Querier, tender int64) ([]string, error) {
	return addresses(ctx, q, `SELECT u.identifier FROM tender_panel m JOIN users u ON u.id = m.user_id WHERE m.tender_id = $1 AND m.struck_at IS NULL ORDER BY m.added_at, m.user_id`, tender)
}
