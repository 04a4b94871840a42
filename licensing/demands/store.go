package demands

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
)

var columns = `w.id, coalesce(w.user_id, 0), w.proposer, w.title, w.need, w.purpose, w.proposed_at, w.state, w.ground, w.answer, w.bases, w.answered_name, w.answered_at, w.planned_on,
	coalesce(w.merged_into, 0), coalesce(w.root_id, 0), w.votes, w.hidden_at, w.hidden_name, w.hidden_reason, w.revision,
	coalesce(p.id, 0), coalesce(p.slug, ''), coalesce(p.name, ''), coalesce(p.name_en, ''), coalesce(p.profile, ''),
	coalesce(e.id, 0), coalesce(e.slug, ''), coalesce(e.title, ''), coalesce(e.title_en, ''),
	coalesce(w.dataset_id, 0), coalesce(d.slug, ''), coalesce(d.title, ''), coalesce(d.title_en, ''),
	coalesce(t.clock_profile, ''), coalesce(t.clock_path, ''), coalesce(t.began_at, w.proposed_at),
	(SELECT count(*) FROM demand_turns h WHERE h.demand_id = w.id AND h.ended = 'forward'), ` + kept.Counts("w.id")

// tables joins the dataset that is it only while everybody may see that.
var tables = ` FROM demands w LEFT JOIN departments p ON p.id = w.department_id LEFT JOIN datasets e ON e.id = w.entry_id
	LEFT JOIN datasets d ON d.id = w.dataset_id AND ` + datasets.Visible(account.Actor{}).SQL + `
	LEFT JOIN demand_turns t ON t.demand_id = w.id AND t.ended_at IS NULL `

func scan(row pgx.CollectableRow) (w Demand, err error) {
	var bases []byte
	if err = row.Scan(&w.ID, &w.User, &w.Proposer, &w.Title, &w.Need, &w.Purpose, &w.ProposedAt, &w.State, &w.Ground, &w.Answer, &bases, &w.Answerer, &w.AnsweredAt, &w.PlannedOn,
		&w.Into, &w.Root, &w.Votes, &w.HiddenAt, &w.Hider, &w.HideReason, &w.Revision,
		&w.Department.ID, &w.Department.Slug, &w.Department.Name, &w.Department.NameEN, &w.Department.Profile,
		&w.Entry.ID, &w.Entry.Slug, &w.Entry.Title, &w.Entry.TitleEN,
		&w.Dataset.ID, &w.Dataset.Slug, &w.Dataset.Title, &w.Dataset.TitleEN,
		&w.clock.Profile, &w.clock.Path, &w.clock.From, &w.Hops, &w.Reported, &w.ReportedAt); err == nil {
		err = json.Unmarshal(bases, &w.Bases)
	}
	return w, err
}

func (s *Service) list(ctx context.Context, q database.Querier, where, order string, args pgx.NamedArgs) ([]Demand, error) {
	rows, err := q.Query(ctx, `SELECT `+columns+tables+`WHERE `+where+` ORDER BY `+order+` LIMIT @limit`, named(args))
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, scan)
	for i := range found {
		s.resume(&found[i])
	}
	return found, err
}

// countDemands is how many there are, up to one more than the inbox counts.
func countDemands(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) (n int, err error) {
	if err = q.QueryRow(ctx, `SELECT count(*) FROM (SELECT FROM demands w WHERE `+where+` LIMIT @counted) w`, args).Scan(&n); err != nil {
		return 0, fmt.Errorf("count demands: %w", err)
	}
	return n, nil
}

// lock reads a demand and holds it until tx ends, so that nothing happens to it
// twice at once.
func (s *Service) lock(ctx context.Context, tx pgx.Tx, number int64) (*Demand, error) {
	var held int64 // first, so that what is read after it is as it is then
	err := tx.QueryRow(ctx, `SELECT id FROM demands WHERE id = @id FOR UPDATE`, pgx.NamedArgs{"id": number}).Scan(&held)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, errNone()
	}
	if err != nil {
		return nil, err
	}
	found, err := s.list(ctx, tx, `w.id = @id`, `w.id`, pgx.NamedArgs{"id": number, "limit": 1})
	if err != nil || len(found) == 0 {
		return nil, errors.Join(err, errNone())
	}
	return &found[0], nil
}

// merging is the advisory lock of whoever merges or undoes that.
const merging = 7304

func lockMerging(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(@lock)`, pgx.NamedArgs{"lock": merging})
	return err
}

func insert(ctx context.Context, tx pgx.Tx, d *Demand) error {
	return tx.QueryRow(ctx, `
		INSERT INTO demands (user_id, proposer, title, need, purpose, title_grams, grams, proposed_at, department_id, state)
		VALUES (@user, @proposer, @title, @need, @purpose, @tg, @g, @at, nullif(@department::bigint, 0), @state) RETURNING id`,
		pgx.NamedArgs{"user": d.User, "proposer": d.Proposer, "title": d.Title, "need": d.Need, "purpose": d.Purpose, "tg": grams(d.Title), "g": grams(d.Title, d.Need, d.Purpose),
			"at": d.ProposedAt, "department": d.Department.ID, "state": d.State}).Scan(&d.ID)
}

// save writes what a move between states changed.
func save(ctx context.Context, tx pgx.Tx, d *Demand, by int64) error {
	bases := d.Bases
	if bases == nil {
		bases = []datasets.LegalBasis{}
	}
	said, err := json.Marshal(bases)
	if err != nil {
		return err
	}
	if err := tx.QueryRow(ctx, `
		UPDATE demands SET state = @state, department_id = nullif(@department::bigint, 0), ground = @ground, answer = @answer, bases = @bases,
		       answered_by = CASE WHEN @at::timestamptz IS NOT NULL THEN @by::bigint END, answered_name = @name, answered_at = @at,
		       planned_on = @planned, entry_id = nullif(@entry::bigint, 0), dataset_id = nullif(@dataset::bigint, 0), revision = revision + 1
		WHERE id = @id RETURNING revision`,
		pgx.NamedArgs{"id": d.ID, "state": d.State, "department": d.Department.ID, "ground": d.Ground, "answer": d.Answer, "bases": said, "by": by, "name": d.Answerer, "at": d.AnsweredAt,
			"planned": d.PlannedOn, "entry": d.Entry.ID, "dataset": d.Dataset.ID}).Scan(&d.Revision); err != nil {
		return fmt.Errorf("save demand %d: %w", d.ID, err)
	}
	return nil
}

// saveMerged points d, and what was merged into it, to where the votes count now.
func saveMerged(ctx context.Context, tx pgx.Tx, d *Demand, now time.Time) error {
	if _, err := tx.Exec(ctx, `UPDATE demands SET root_id = @root WHERE root_id = @id`, pgx.NamedArgs{"id": d.ID, "root": d.Root}); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO demand_votes (demand_id, user_id, at) SELECT id, user_id, @now FROM demands WHERE id = @id AND user_id IS NOT NULL ON CONFLICT DO NOTHING`,
		pgx.NamedArgs{"id": d.ID, "now": now}); err != nil {
		return err
	}
	return tx.QueryRow(ctx, `UPDATE demands SET merged_into = @into, root_id = @root, revision = revision + 1 WHERE id = @id RETURNING revision`,
		pgx.NamedArgs{"id": d.ID, "into": d.Into, "root": d.Root}).Scan(&d.Revision)
}

// saveSplit is the way back: what was merged into d goes with it.
func saveSplit(ctx context.Context, tx pgx.Tx, d *Demand) error {
	if err := tx.QueryRow(ctx, `UPDATE demands SET merged_into = NULL, root_id = NULL, revision = revision + 1 WHERE id = @id RETURNING revision`, pgx.NamedArgs{"id": d.ID}).Scan(&d.Revision); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `
		WITH RECURSIVE below AS (
			SELECT id FROM demands WHERE merged_into = @id
			UNION SELECT m.id FROM demands m JOIN below ON m.merged_into = below.id)
		UPDATE demands SET root_id = @id WHERE id IN (SELECT id FROM below)`, pgx.NamedArgs{"id": d.ID})
	return err
}

func saveHidden(ctx context.Context, tx pgx.Tx, d *Demand, by int64) error {
	return tx.QueryRow(ctx, `
		UPDATE demands SET hidden_at = @at, hidden_by = CASE WHEN @at::timestamptz IS NOT NULL THEN @by::bigint END, hidden_name = @name, hidden_reason = @reason, revision = revision + 1
		WHERE id = @id RETURNING revision`, pgx.NamedArgs{"id": d.ID, "at": d.HiddenAt, "by": by, "name": d.Hider, "reason": d.HideReason}).Scan(&d.Revision)
}

func insertTurn(ctx context.Context, tx pgx.Tx, d *Demand) error {
	_, err := tx.Exec(ctx, `INSERT INTO demand_turns (demand_id, department_id, clock_profile, clock_path, began_at) VALUES (@demand, nullif(@department::bigint, 0), @profile, @path, @from)`,
		pgx.NamedArgs{"demand": d.ID, "department": d.Department.ID, "profile": d.clock.Profile, "path": d.clock.Path, "from": d.clock.From})
	return err
}

// endTurn ends the turn under way, if it is anybody's.
func endTurn(ctx context.Context, tx pgx.Tx, demand int64, by Action, now time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE demand_turns SET ended_at = greatest(@now::timestamptz, began_at), ended = @by WHERE demand_id = @demand AND ended_at IS NULL`,
		pgx.NamedArgs{"demand": demand, "by": by, "now": now})
	return err
}

// reopenTurn has the turn that by ended go on as if it had not.
func reopenTurn(ctx context.Context, tx pgx.Tx, demand int64, by Action) error {
	_, err := tx.Exec(ctx, `UPDATE demand_turns SET ended_at = NULL, ended = '' WHERE demand_id = @demand AND ended = @by`, pgx.NamedArgs{"demand": demand, "by": by})
	return err
}

// supporters are, in SQL, the accounts that second the demand @root or one that
// was merged into it, each as often as it does.
const supporters = `FROM demand_votes v JOIN demands m ON m.id = v.demand_id WHERE coalesce(m.root_id, m.id) = `

// count counts the votes of a demand anew: nothing that goes up and down by one
// can be trusted with merges.
func count(ctx context.Context, tx pgx.Tx, number int64) (votes int, err error) {
	err = tx.QueryRow(ctx, `UPDATE demands w SET votes = (SELECT count(DISTINCT v.user_id) `+supporters+`w.id AND v.user_id IS DISTINCT FROM w.user_id) WHERE w.id = @id RETURNING votes`,
		pgx.NamedArgs{"id": number}).Scan(&votes)
	return votes, err
}

// takeSides writes or deletes that somebody seconds or follows a demand; changed
// is false where it was so already.
func takeSides(ctx context.Context, tx pgx.Tx, table string, root, user int64, on bool, now time.Time) (changed bool, err error) {
	args := pgx.NamedArgs{"root": root, "user": user, "now": now}
	of := ` v.user_id = @user AND v.demand_id IN (SELECT m.id FROM demands m WHERE coalesce(m.root_id, m.id) = @root)`
	do := `DELETE FROM ` + table + ` v WHERE` + of
	if on {
		do = `INSERT INTO ` + table + ` (demand_id, user_id, at) SELECT @root, @user, @now WHERE NOT EXISTS (SELECT FROM ` + table + ` v WHERE` + of + `)`
	}
	tag, err := tx.Exec(ctx, do, args)
	return tag.RowsAffected() > 0, err
}

func selectSides(ctx context.Context, q database.Querier, user int64, numbers []int64) (map[int64]Side, error) {
	rows, err := q.Query(ctx, `
		SELECT coalesce(m.root_id, m.id), bool_or(x.vote), bool_or(NOT x.vote) FROM (
			SELECT demand_id, true AS vote FROM demand_votes WHERE user_id = @user
			UNION ALL SELECT demand_id, false FROM demand_follows WHERE user_id = @user) x
		JOIN demands m ON m.id = x.demand_id WHERE coalesce(m.root_id, m.id) = ANY(@numbers) GROUP BY 1`, pgx.NamedArgs{"user": user, "numbers": numbers})
	if err != nil {
		return nil, err
	}
	out := map[int64]Side{}
	var number int64
	var side Side
	_, err = pgx.ForEachRow(rows, []any{&number, &side.Votes, &side.Follows}, func() error {
		out[number] = side
		return nil
	})
	return out, err
}

// selectVoters is how many of those who second a demand act for a verified
// organisation.
func selectVoters(ctx context.Context, q database.Querier, number int64) (n int, err error) {
	err = q.QueryRow(ctx, `SELECT count(DISTINCT v.user_id) `+supporters+`@id AND EXISTS (
		SELECT FROM organisation_members x JOIN organisations o ON o.id = x.organisation_id WHERE x.user_id = v.user_id AND o.status = 'verified' AND o.suspended_at IS NULL)`, pgx.NamedArgs{"id": number}).Scan(&n)
	return n, err
}

// Step is one thing that was done with a demand, in public.
type Step struct {
	ID         int64
	Act        string
	Name       string // of who did it for a body, or of its proposer
	By         datasets.Department
	To         datasets.Department
	Other      int64
	OtherTitle string // empty where it is not public
	Data       datasets.Dataset
	Planned    *time.Time
	Words      string
	At         time.Time

	Department int64 // of To, when it is written
	Dataset    int64 // of Data
}

// step writes what was done.
func (s *Service) step(ctx context.Context, tx pgx.Tx, who account.Actor, d *Demand, x Step) (number int64, err error) {
	args := pgx.NamedArgs{"demand": d.ID, "act": x.Act, "by": nil, "name": who.Name, "own": who.Department, "to": x.Department, "other": x.Other, "dataset": x.Dataset, "planned": x.Planned, "words": x.Words, "at": s.now()}
	switch {
	case who.ID < 0: // the program
		args["name"], args["dataset"] = "", d.Dataset.ID
	case x.Act == "propose" || x.Act == string(Withdraw):
		args["name"], args["own"] = "", 0
	default:
		args["by"] = who.ID
	}
	err = tx.QueryRow(ctx, `
		INSERT INTO demand_steps (demand_id, act, by_id, name, by_department, department_id, other_id, dataset_id, planned_on, words, at)
		VALUES (@demand, @act, @by, @name, nullif(@own::bigint, 0), nullif(@to::bigint, 0), nullif(@other::bigint, 0), nullif(@dataset::bigint, 0), @planned, @words, @at) RETURNING id`, args).Scan(&number)
	return number, err
}

// Steps are what was done with a demand, the oldest first, for who may read it.
func (s *Service) Steps(ctx context.Context, d *Demand) ([]Step, error) {
	visible := datasets.Visible(account.Actor{})
	rows, err := s.pool.Query(ctx, `
		SELECT x.id, x.act, x.name, coalesce(b.slug, ''), coalesce(b.name, ''), coalesce(b.name_en, ''), coalesce(t.slug, ''), coalesce(t.name, ''), coalesce(t.name_en, ''),
		       coalesce(x.other_id, 0), coalesce(CASE WHEN o.hidden_at IS NULL AND o.state <> 'withdrawn' THEN o.title END, ''),
		       coalesce(d.slug, ''), coalesce(d.title, ''), coalesce(d.title_en, ''), x.planned_on, x.words, x.at
		FROM demand_steps x LEFT JOIN departments b ON b.id = x.by_department LEFT JOIN departments t ON t.id = x.department_id LEFT JOIN demands o ON o.id = x.other_id
		LEFT JOIN datasets d ON d.id = x.dataset_id AND `+visible.SQL+`
		WHERE x.demand_id = @id ORDER BY x.id`, named(pgx.NamedArgs{"id": d.ID}))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (x Step, err error) {
		return x, row.Scan(&x.ID, &x.Act, &x.Name, &x.By.Slug, &x.By.Name, &x.By.NameEN, &x.To.Slug, &x.To.Name, &x.To.NameEN,
			&x.Other, &x.OtherTitle, &x.Data.Slug, &x.Data.Title, &x.Data.TitleEN, &x.Planned, &x.Words, &x.At)
	})
}

// Turn is how long somebody had, and took.
type Turn struct {
	Department datasets.Department // ID 0: the platform
	From       time.Time
	Ended      *time.Time
	By         Action // that ended it
	Clock      *deadline.Clock
}

const turnColumns = `SELECT coalesce(p.id, 0), coalesce(p.slug, ''), coalesce(p.name, ''), coalesce(p.name_en, ''), t.clock_profile, t.clock_path, t.began_at, t.ended_at, t.ended
	FROM demand_turns t LEFT JOIN departments p ON p.id = t.department_id `

func (s *Service) collectTurns(rows pgx.Rows, err error) ([]Turn, error) {
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (t Turn, err error) {
		var ref deadline.Ref
		err = row.Scan(&t.Department.ID, &t.Department.Slug, &t.Department.Name, &t.Department.NameEN, &ref.Profile, &ref.Path, &ref.From, &t.Ended, &t.By)
		t.From = ref.From
		if clock, wrong := s.clocks.Resume(ref); wrong == nil {
			t.Clock = &clock
		}
		return t, err
	})
}

// Turns are whose turn a demand was and is, one after another.
func (s *Service) Turns(ctx context.Context, d *Demand) ([]Turn, error) {
	return s.collectTurns(s.pool.Query(ctx, turnColumns+`WHERE t.demand_id = @id ORDER BY t.id`, pgx.NamedArgs{"id": d.ID}))
}

// turnsOf are the turns of a department but for those that no answer could end.
func (s *Service) turnsOf(ctx context.Context, department string) ([]Turn, error) {
	return s.collectTurns(s.pool.Query(ctx, turnColumns+`WHERE p.slug = @department AND t.ended NOT IN ('merge', 'hide', 'withdraw', 'assign')`, pgx.NamedArgs{"department": department}))
}

// selectKept counts the promised days of a department that came: how many there
// are, and how many it kept.
func selectKept(ctx context.Context, q database.Querier, department string, today time.Time) (out datasets.Share, err error) {
	err = q.QueryRow(ctx, `
		SELECT count(*) FILTER (WHERE w.state = 'there' AND (w.answered_at AT TIME ZONE 'Asia/Shanghai')::date <= x.planned_on), count(*)
		FROM demand_steps x JOIN demands w ON w.id = x.demand_id JOIN departments p ON p.id = w.department_id
		WHERE x.act = 'plan' AND p.slug = @department AND w.hidden_at IS NULL AND w.root_id IS NULL AND (x.planned_on < @today OR w.state = 'there')`,
		pgx.NamedArgs{"department": department, "today": today}).Scan(&out.Yes, &out.All)
	return out, err
}

// selectAppeared are the demands whose promised entry is public.
func selectAppeared(ctx context.Context, q database.Querier) ([]int64, error) {
	visible := datasets.Visible(account.Actor{})
	rows, err := q.Query(ctx, `SELECT w.id FROM demands w JOIN datasets d ON d.id = w.entry_id WHERE w.state = 'planned' AND w.root_id IS NULL AND w.hidden_at IS NULL AND `+visible.SQL+` ORDER BY w.id LIMIT 200`, visible.Args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// selectDepartments are those that publish data, and not those that supervise.
func selectDepartments(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]datasets.Department, error) {
	rows, err := q.Query(ctx, `SELECT id, slug, name, name_en, profile FROM departments WHERE side = 'manage' AND `+where+` ORDER BY name`, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (d datasets.Department, err error) {
		return d, row.Scan(&d.ID, &d.Slug, &d.Name, &d.NameEN, &d.Profile)
	})
}
