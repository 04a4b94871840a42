package datasets

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// linkColumn is the link of resource r as one value, null where it is files.
// The addresses and all that is told of the use come only with @fields: no
// list shows them.
const linkColumn = `
	(SELECT jsonb_build_object('Kind', k.kind, 'Format', k.format,
	            'URL', CASE WHEN @fields THEN k.url ELSE '' END, 'Example', CASE WHEN @fields THEN k.example ELSE '' END, 'Docs', CASE WHEN @fields THEN k.docs ELSE '' END,
	            'Usage', CASE WHEN @fields THEN k.usage ELSE '' END, 'UsageEN', CASE WHEN @fields THEN k.usage_en ELSE '' END,
	            'Notes', CASE WHEN @fields THEN k.notes ELSE '' END, 'NotesEN', CASE WHEN @fields THEN k.notes_en ELSE '' END,
	            'State', ` + linkStateColumn + `)
	 FROM links k LEFT JOIN link_states x USING (resource_id) WHERE k.resource_id = r.id)`

// linkStateColumn is the state x as one value, of an address that was not
// checked yet an empty one.
const linkStateColumn = `
	CASE WHEN x.resource_id IS NULL THEN '{}' ELSE jsonb_build_object('Health', x.state, 'Problem', x.problem, 'Status', x.status, 'TookMS', x.took_ms,
	    'ContentType', x.content_type, 'Bytes', x.bytes, 'MovedTo', x.moved_to, 'CertificateEnds', x.certificate_ends, 'CheckedAt', x.checked_at, 'OKAt', x.ok_at,
	    'Failures', x.failures, 'FailingSince', x.failing_since, 'DeadSince', x.dead_since, 'NextCheck', x.next_check) END`

func insertLink(ctx context.Context, tx pgx.Tx, resourceID string, l Link) error {
	args := l.args(resourceID)
	if _, err := tx.Exec(ctx, `
		INSERT INTO links (resource_id, kind, url, format, example, docs, usage, usage_en, notes, notes_en)
		VALUES (@resource, @kind, @url, @format, @example, @docs, @usage, @usage_en, @notes, @notes_en)`, args); err != nil {
		return refused(fmt.Errorf("insert link %s: %w", resourceID, err))
	}
	return nil
}

// updateLink reports whether the resource is an address. What was known of the
// old one is forgotten, unless the new one is checked in the same place.
func updateLink(ctx context.Context, tx pgx.Tx, resourceID string, l Link) (changed bool, err error) {
	var before Link
	err = tx.QueryRow(ctx, `SELECT url, example FROM links WHERE resource_id = @resource FOR UPDATE`, pgx.NamedArgs{"resource": resourceID}).Scan(&before.URL, &before.Example)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if before.Checked() != l.Checked() {
		if _, err := tx.Exec(ctx, `DELETE FROM link_states WHERE resource_id = @resource`, pgx.NamedArgs{"resource": resourceID}); err != nil {
			return false, err
		}
	}
	_, err = tx.Exec(ctx, `
		UPDATE links SET kind = @kind, url = @url, format = @format, example = @example, docs = @docs,
		       usage = @usage, usage_en = @usage_en, notes = @notes, notes_en = @notes_en
		WHERE resource_id = @resource`, l.args(resourceID))
	return err == nil, err
}

func (l *Link) args(resourceID string) pgx.NamedArgs {
	return pgx.NamedArgs{"resource": resourceID, "kind": l.Kind, "url": l.URL, "format": l.Format, "example": l.Example, "docs": l.Docs,
		"usage": l.Usage, "usage_en": l.UsageEN, "notes": l.Notes, "notes_en": l.NotesEN}
}

// checkable is an address whose turn it is.
type checkable struct {
	Resource string
	Dataset  int64
	Link     Link // what a check must know of it
}

// selectCheckable reads addresses of entries that were not withdrawn.
func selectCheckable(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]checkable, error) {
	rows, err := q.Query(ctx, `
		SELECT k.resource_id, r.dataset_id, k.kind, k.url, k.format, k.example
		FROM links k JOIN resources r ON r.id = k.resource_id JOIN datasets d ON d.id = r.dataset_id LEFT JOIN link_states x ON x.resource_id = k.resource_id
		WHERE d.status <> 'withdrawn' AND `+where+` ORDER BY x.next_check NULLS FIRST, k.resource_id LIMIT 500`, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (c checkable, err error) {
		return c, row.Scan(&c.Resource, &c.Dataset, &c.Link.Kind, &c.Link.URL, &c.Link.Format, &c.Link.Example)
	})
}

// lockLinkState reads what is known of an address until tx ends. It is not
// there where the address is no longer what was checked.
func lockLinkState(ctx context.Context, tx pgx.Tx, c checkable) (was LinkState, there bool, err error) {
	err = tx.QueryRow(ctx, `
		SELECT `+linkStateColumn+` FROM links k LEFT JOIN link_states x USING (resource_id)
		WHERE k.resource_id = @resource AND k.url = @url AND k.example = @example AND k.kind = @kind AND k.format = @format FOR UPDATE OF k`,
		c.Link.args(c.Resource)).Scan(&was)
	if errors.Is(err, pgx.ErrNoRows) {
		return was, false, nil
	}
	return was, err == nil, err
}

func upsertLinkState(ctx context.Context, tx pgx.Tx, resourceID string, st LinkState) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO link_states AS x (resource_id, state, problem, status, took_ms, content_type, bytes, moved_to, certificate_ends, checked_at, ok_at,
		                              failures, failing_since, dead_since, next_check)
		VALUES (@resource, @state, @problem, @status, @took, @type, @bytes, @moved, @certificate, @checked, @ok, @failures, @failing, @dead, @next)
		ON CONFLICT (resource_id) DO UPDATE
		SET (state, problem, status, took_ms, content_type, bytes, moved_to, certificate_ends, checked_at, ok_at, failures, failing_since, dead_since, next_check)
		  = (excluded.state, excluded.problem, excluded.status, excluded.took_ms, excluded.content_type, excluded.bytes, excluded.moved_to, excluded.certificate_ends,
		     excluded.checked_at, excluded.ok_at, excluded.failures, excluded.failing_since, excluded.dead_since, excluded.next_check)`,
		pgx.NamedArgs{"resource": resourceID, "state": st.Health, "problem": st.Problem, "status": st.Status, "took": st.TookMS, "type": st.ContentType, "bytes": st.Bytes,
			"moved": st.MovedTo, "certificate": st.CertificateEnds, "checked": st.CheckedAt, "ok": st.OKAt, "failures": st.Failures, "failing": st.FailingSince,
			"dead": st.DeadSince, "next": st.NextCheck})
	return err
}

// countLinkDay adds a check to the figures of its day.
func countLinkDay(ctx context.Context, tx pgx.Tx, resourceID string, st LinkState) error {
	answered, took := 0, 0
	if st.answered() {
		answered, took = 1, st.TookMS
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO link_days AS n (resource_id, day, checks, answered, took_ms) VALUES (@resource, @day, 1, @answered, @took)
		ON CONFLICT (resource_id, day) DO UPDATE SET checks = n.checks + 1, answered = n.answered + excluded.answered, took_ms = n.took_ms + excluded.took_ms`,
		pgx.NamedArgs{"resource": resourceID, "day": dayOf(*st.CheckedAt), "answered": answered, "took": took})
	return err
}

func dayOf(t time.Time) string { return t.In(china).Format(time.DateOnly) }

// LinkDay is how an address did on one day in China.
type LinkDay struct {
	Day      time.Time
	Checks   int
	Answered int
	TookMS   int64 // of all answers together
}

func errNotAnAddress() error { return fault.New(fault.NotFound, "这个资源不是地址。") }
