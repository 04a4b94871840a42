package licensing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/internal/workdays"
)

const grantColumns = `g.id, g.number, a.number, g.agreement_id, g.user_id, coalesce(g.organisation_id, 0), a.applicant_name, g.lane, g.purpose, g.terms, g.files_day, g.rows_day,
	coalesce(y.files, 0), coalesce(y.questions, 0), g.from_at, g.until_at, g.state, g.state_at, g.reason, g.suspended_by, g.revision, coalesce(f.kind, 'new'), coalesce(e.number, ''), coalesce(l.number, ''),
	` + holderSuspended + `,
	d.id, d.slug, d.title, d.title_en, d.status, p.id, p.slug, p.name, p.name_en, p.profile`

// holderSuspended is the condition in SQL that the organisation which holds the
// grant g is suspended: nothing passes under it meanwhile.
const holderSuspended = `EXISTS (SELECT FROM organisations h WHERE h.id = g.organisation_id AND h.suspended_at IS NOT NULL)`

const grantTables = ` FROM grants g JOIN applications a ON a.id = g.application_id JOIN datasets d ON d.id = g.dataset_id JOIN departments p ON p.id = d.department_id
	LEFT JOIN grant_days y ON y.grant_id = g.id AND y.day = @today
	LEFT JOIN grant_follows f ON f.grant_id = g.id LEFT JOIN grants e ON e.id = f.earlier_id
	LEFT JOIN grant_follows n ON n.earlier_id = g.id LEFT JOIN grants l ON l.id = n.grant_id `

// heldBy are the grants of a person and of the organisations that the person is in.
const heldBy = `(g.user_id = @user AND g.organisation_id IS NULL OR g.organisation_id IN (SELECT organisation_id FROM organisation_members WHERE user_id = @user))`

func scanGrant(row pgx.CollectableRow) (g Held, err error) {
	d := &g.Dataset
	err = row.Scan(&g.ID, &g.Number, &g.Application, &g.Agreement, &g.User, &g.Organisation, &g.Holder, &g.Lane, &g.Purpose, &g.Terms, &g.Files, &g.Rows,
		&g.UsedFiles, &g.UsedRows, &g.From, &g.Until, &g.State, &g.StateAt, &g.Reason, &g.SuspendedBy, &g.Revision, &g.Kind, &g.Earlier, &g.Later, &g.HolderSuspended,
		&d.ID, &d.Slug, &d.Title, &d.TitleEN, &d.Status, &d.Department.ID, &d.Department.Slug, &d.Department.Name, &d.Department.NameEN, &d.Department.Profile)
	return g, err
}

func (s *Service) grants(ctx context.Context, q database.Querier, where, order string, args pgx.NamedArgs) ([]Held, error) {
	args["today"] = s.now().In(workdays.Zone).Format(time.DateOnly)
	rows, err := q.Query(ctx, `SELECT `+grantColumns+grantTables+`WHERE `+where+` `+order, args)
	if err != nil {
		return nil, fmt.Errorf("grants: %w", err)
	}
	return pgx.CollectRows(rows, scanGrant)
}

// insertGrant keeps the grant of an application under its agreement g, with what
// is given of each file.
func insertGrant(ctx context.Context, tx pgx.Tx, a *Application, g Agreement, number string, now, from, until time.Time) (id int64, err error) {
	var organisation *int64
	if a.Organisation != 0 {
		organisation = &a.Organisation
	}
	if err := tx.QueryRow(ctx, `
		INSERT INTO grants (number, application_id, agreement_id, dataset_id, user_id, organisation_id, lane, purpose, terms, files_day, rows_day, from_at, until_at, state, state_at)
		VALUES (@number, @application, @agreement, @dataset, @user, @organisation, @lane, @purpose, @terms, @files, @rows, @from, @until, 'active', @now) RETURNING id`,
		pgx.NamedArgs{"number": number, "application": a.ID, "agreement": g.ID, "dataset": a.Dataset.ID, "user": a.User, "organisation": organisation, "lane": a.Lane, "purpose": a.Purpose,
			"terms": g.SHA256, "files": a.Conditions.Files, "rows": a.Conditions.Rows, "from": from, "now": now, "until": until}).Scan(&id); err != nil {
		return 0, fmt.Errorf("grant: %w", err)
	}
	if a.Earlier != nil {
		if _, err := tx.Exec(ctx, `INSERT INTO grant_follows (grant_id, earlier_id, kind) VALUES ($1, $2, $3)`, id, a.Earlier.ID, a.Kind); err != nil {
			return 0, fmt.Errorf("grant: %w", err)
		}
	}
	for _, i := range a.Items {
		columns, where, some := i.Given()
		if !some {
			continue
		}
		if _, err := tx.Exec(ctx, `INSERT INTO grant_items (grant_id, resource_id, columns, rows_where) VALUES ($1, $2, $3, $4)`, id, i.Resource, columns, where); err != nil {
			return 0, fmt.Errorf("grant: %w", err)
		}
	}
	return id, nil
}

func selectGrantItems(ctx context.Context, q database.Querier, grant int64) ([]Item, error) {
	rows, err := q.Query(ctx, `SELECT i.resource_id, r.name, r.name_en, i.columns, i.rows_where FROM grant_items i JOIN resources r ON r.id = i.resource_id WHERE i.grant_id = $1 ORDER BY r.position`, grant)
	if err != nil {
		return nil, fmt.Errorf("grant: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (i Item, err error) {
		err = row.Scan(&i.Resource, &i.Name, &i.NameEN, &i.Columns, &i.Where)
		return i, err
	})
}

func selectGrantKeys(ctx context.Context, q database.Querier, grant int64) ([]GrantKey, error) {
	rows, err := q.Query(ctx, `SELECT k.prefix, k.name, u.name, k.expires_at, k.revoked_at FROM api_keys k JOIN users u ON u.id = k.user_id WHERE k.grant_id = $1 ORDER BY k.created_at DESC`, grant)
	if err != nil {
		return nil, fmt.Errorf("grant: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[GrantKey])
}

// updateGrant writes the state of a grant: the one place that does.
func updateGrant(ctx context.Context, tx pgx.Tx, g *Held) error {
	if err := tx.QueryRow(ctx, `UPDATE grants SET state = @state, state_at = @at, reason = @reason, suspended_by = @by, revision = revision + 1 WHERE id = @id RETURNING revision`,
		pgx.NamedArgs{"id": g.ID, "state": g.State, "at": g.StateAt, "reason": g.Reason, "by": g.SuspendedBy}).Scan(&g.Revision); err != nil {
		return fmt.Errorf("grant: %w", err)
	}
	return nil
}

// revokeKeys ends the keys of a grant and returns their prefixes.
func revokeKeys(ctx context.Context, tx pgx.Tx, g *Held) ([]string, error) {
	rows, err := tx.Query(ctx, `UPDATE api_keys SET revoked_at = $2 WHERE grant_id = $1 AND revoked_at IS NULL RETURNING prefix`, g.ID, g.StateAt)
	if err != nil {
		return nil, fmt.Errorf("keys of the grant: %w", err)
	}
	prefixes, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("keys of the grant: %w", err)
	}
	return prefixes, nil
}

// standing is the grants that let somebody have what is in a resource now, the
// whole before parts and the newest first. A key reads under the grant that it
// was made for and no other; a session under all of the person and of the
// organisations that the person is in. It begins with who holds: of one entry
// thousands may hold grants, and each of them asks at every request.
const standing = `
	SELECT g.id, g.number, coalesce(g.organisation_id, 0), g.purpose, g.terms, g.until_at, i.columns, i.rows_where
	FROM (
		SELECT h.* FROM grants h WHERE h.user_id = @user AND h.dataset_id = @dataset AND h.organisation_id IS NULL AND h.state = 'active'
		UNION ALL
		SELECT h.* FROM organisation_members m
		JOIN organisations o ON o.id = m.organisation_id AND o.status = 'verified' AND o.suspended_at IS NULL
		JOIN grants h ON h.organisation_id = o.id AND h.dataset_id = @dataset AND h.state = 'active'
		WHERE m.user_id = @user
	) g
	JOIN grant_items i ON i.grant_id = g.id AND i.resource_id = @resource
	JOIN datasets d ON d.id = g.dataset_id AND d.status = 'published' AND d.open_type = 'conditional'
	JOIN users u ON u.id = @user AND u.disabled_at IS NULL AND u.leaving_at IS NULL
	WHERE g.from_at <= @now AND g.until_at > @now
		AND (@key = '' OR EXISTS (SELECT FROM api_keys k WHERE k.prefix = @key AND k.user_id = u.id AND k.grant_id = g.id AND k.revoked_at IS NULL AND k.expires_at > @now))
	ORDER BY g.id DESC`

// selectStanding are the permits that subject has for v at now, the newest first.
func selectStanding(ctx context.Context, q database.Querier, subject account.Actor, v *datasets.Version, now time.Time) ([]datasets.Permit, error) {
	rows, err := q.Query(ctx, standing, pgx.NamedArgs{"user": subject.ID, "key": subject.Key, "dataset": v.DatasetID, "resource": v.ResourceID, "now": now})
	if err != nil {
		return nil, fmt.Errorf("gate: %w", err)
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p datasets.Permit, err error) {
		err = row.Scan(&p.Grant, &p.Number, &p.Organisation, &p.Purpose, &p.Terms, &p.Until, &p.Columns, &p.Where)
		p.Limited = p.Where != "" || p.Columns != nil && !holds(p.Columns, v)
		return p, err
	})
	if err != nil {
		return nil, fmt.Errorf("gate: %w", err)
	}
	return found, nil
}

// takeOne counts one more in a column of the day of a grant that stands, up to
// its quota. taken: it was counted; else stands says whether the grant still does.
func takeOne(ctx context.Context, tx pgx.Tx, grant int64, column, quota string, now time.Time) (taken, stands bool, err error) {
	args := pgx.NamedArgs{"grant": grant, "day": now.In(workdays.Zone).Format(time.DateOnly), "now": now}
	var count int
	err = tx.QueryRow(ctx, `
		INSERT INTO grant_days AS d (grant_id, day, `+column+`)
		SELECT g.id, @day, 1 FROM grants g WHERE g.id = @grant AND g.state = 'active' AND g.until_at > @now AND NOT `+holderSuspended+`
		ON CONFLICT (grant_id, day) DO UPDATE SET `+column+` = d.`+column+` + 1
		WHERE d.`+column+` < (SELECT `+quota+` FROM grants WHERE id = d.grant_id)
		RETURNING `+column, args).Scan(&count)
	if !errors.Is(err, pgx.ErrNoRows) {
		return err == nil, err == nil, err
	}
	stands, err = grantStands(ctx, tx, grant, now)
	return false, stands, err
}

// moveKeys lets the keys of a grant read under the one that took its place, and
// ends them with that at the latest.
func moveKeys(ctx context.Context, tx pgx.Tx, from, to int64, until time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE api_keys SET grant_id = $2, expires_at = least(expires_at, $3) WHERE grant_id = $1 AND revoked_at IS NULL`, from, to, until)
	if err != nil {
		return fmt.Errorf("keys of the grant: %w", err)
	}
	return nil
}

// ending are the grants that stand, end by a time and have not had so many
// letters about it; not those that were renewed. They come in the order of ids, so
// many after one.
func (s *Service) ending(ctx context.Context, by time.Time, told int, after int64, limit int) ([]Held, error) {
	return s.grants(ctx, s.pool, `g.state = 'active' AND g.from_at <= @now AND g.until_at > @now AND g.until_at <= @by AND g.ending_told < @told AND l.id IS NULL AND g.id > @after`,
		`ORDER BY g.id LIMIT @limit`, pgx.NamedArgs{"now": s.now(), "by": by, "told": told, "after": after, "limit": limit})
}

// markTold keeps how many letters about its end a grant has had; it reports
// false where another has written them meanwhile.
func markTold(ctx context.Context, tx pgx.Tx, grant int64, told int) (bool, error) {
	tag, err := tx.Exec(ctx, `UPDATE grants SET ending_told = $2 WHERE id = $1 AND ending_told < $2 AND state = 'active'`, grant, told)
	if err != nil {
		return false, fmt.Errorf("end of the grant: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// notHeld returns fault.Conflict while a breach case keeps the grant suspended, or
// the one that it renews: its decision lifts that, and nothing else does. A renewal
// does not come back either while what it renews is suspended or was revoked.
func notHeld(ctx context.Context, q database.Querier, grant int64) error {
	var number string
	err := q.QueryRow(ctx, `
		SELECT g.number FROM grant_follows f JOIN grants g ON g.id = f.earlier_id WHERE f.grant_id = $1 AND f.kind = 'renewal' AND g.state IN ('suspended', 'revoked')`, grant).Scan(&number)
	if err == nil {
		return fault.New(fault.Conflict, "这份授权续的是 %s，那一份暂停或撤销着，这一份也不能恢复。", number)
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("what holds the grant: %w", err)
	}
	err = q.QueryRow(ctx, `
		SELECT number FROM breaches WHERE holds AND (grant_id = $1 OR grant_id IN (SELECT earlier_id FROM grant_follows WHERE grant_id = $1 AND kind = 'renewal')) ORDER BY id LIMIT 1`, grant).Scan(&number)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("what holds the grant: %w", err)
	}
	return fault.New(fault.Conflict, "这份授权因违约案 %s 暂停，由那一案的决定恢复。", number)
}
