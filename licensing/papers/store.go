package papers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/blob"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

const columns = `id, slot, name, media, bytes, sha256, uploaded_name, uploaded_at, frozen_at`

func scan(row pgx.CollectableRow) (p Paper, err error) {
	err = row.Scan(&p.ID, &p.Slot, &p.Name, &p.Media, &p.Bytes, &p.SHA256, &p.By, &p.At, &p.Frozen)
	return p, err
}

// Of are the files of a case in the order in which they came.
func Of(ctx context.Context, q database.Querier, kind Kind, id int64) ([]Paper, error) {
	rows, err := q.Query(ctx, `SELECT `+columns+` FROM case_papers WHERE kind = @kind AND case_id = @case ORDER BY uploaded_at, position, id`, pgx.NamedArgs{"kind": kind, "case": id})
	if err != nil {
		return nil, fmt.Errorf("papers: %w", err)
	}
	out, err := pgx.CollectRows(rows, scan)
	if err != nil {
		return nil, fmt.Errorf("papers: %w", err)
	}
	return out, nil
}

// one is a file of a case, and where it lies.
func one(ctx context.Context, q database.Querier, c Case, id string) (p Paper, object blob.Digest, err error) {
	err = q.QueryRow(ctx, `SELECT `+columns+`, object FROM case_papers WHERE kind = @kind AND case_id = @case AND id = @id`, pgx.NamedArgs{"kind": c.Kind, "case": c.ID, "id": id}).
		Scan(&p.ID, &p.Slot, &p.Name, &p.Media, &p.Bytes, &p.SHA256, &p.By, &p.At, &p.Frozen, &object)
	if errors.Is(err, pgx.ErrNoRows) {
		return p, "", errNoPaper()
	}
	if err != nil {
		return p, "", fmt.Errorf("paper: %w", err)
	}
	return p, object, nil
}

// rooms is the advisory lock of those who count what an owner keeps.
const rooms = 7306

// room returns a fault unless there is room for one more file: in the case, which
// is held, by the account today, and by the owner this year, who are held too.
func (s *Service) room(ctx context.Context, tx pgx.Tx, who account.Actor, c Case, p Paper) error {
	args := pgx.NamedArgs{"kind": c.Kind, "case": c.ID, "user": who.ID, "organisation": c.Owner.Organisation, "department": c.Owner.Department, "lock": rooms,
		"day": p.At.Add(-24 * time.Hour), "year": p.At.AddDate(0, 0, -365)}
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(@lock, k) FROM unnest(ARRAY[hashtext('user ' || @user::bigint), hashtext('organisation ' || @organisation::bigint || ' department ' || @department::bigint)]) k ORDER BY k`, args); err != nil {
		return fmt.Errorf("paper: %w", err)
	}
	var files int
	var inCase, today, year int64
	err := tx.QueryRow(ctx, `
		SELECT count(*) FILTER (WHERE kind = @kind AND case_id = @case), coalesce(sum(bytes) FILTER (WHERE kind = @kind AND case_id = @case), 0),
			coalesce(sum(bytes) FILTER (WHERE uploaded_by = @user AND uploaded_at > @day), 0),
			coalesce(sum(bytes) FILTER (WHERE uploaded_at > @year AND coalesce(organisation_id, 0) = @organisation AND coalesce(department_id, 0) = @department
				AND (@organisation::bigint <> 0 OR @department::bigint <> 0 OR uploaded_by = @user)), 0)
		FROM case_papers
		WHERE kind = @kind AND case_id = @case OR uploaded_by = @user OR organisation_id = @organisation OR department_id = @department`, args).Scan(&files, &inCase, &today, &year)
	mib := func(n int) int64 { return int64(n) << 20 }
	switch {
	case err != nil:
		return fmt.Errorf("paper: %w", err)
	case files >= s.Rules.Files:
		return fault.At("file", "一件最多交 %d 个文件，请合并或删去几个再传。", s.Rules.Files)
	case inCase+p.Bytes > mib(s.Rules.Case):
		return fault.At("file", "一件的文件合计最多 %d MiB，请压缩图片或删去几个再传。", s.Rules.Case)
	case today+p.Bytes > mib(s.Rules.Day):
		return fault.At("file", "一个账号一天最多上传 %d MiB，请明天再传。", s.Rules.Day)
	case year+p.Bytes > mib(s.Rules.Year):
		return fault.At("file", "一年内保存的文件合计最多 %d MiB。", s.Rules.Year)
	}
	return nil
}

// objectsLock keeps those who refer to objects of the store and whoever sweeps it
// apart (datasets/sweep.go).
const objectsLock = 7303

// keepObject makes the row of an object, so that no sweep takes it.
func (s *Service) keepObject(ctx context.Context, tx pgx.Tx, info blob.Info) error {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock_shared(@lock)`, pgx.NamedArgs{"lock": objectsLock}); err != nil {
		return fmt.Errorf("paper: %w", err)
	}
	if _, err := s.Store.Stat(ctx, info.Digest); err != nil {
		if fault.KindOf(err) == fault.NotFound {
			err = fault.New(fault.Unavailable, "文件没有存好，请再传一次。").Because(err)
		}
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO blobs (sha256, bytes, created_at) VALUES (@sha256, @bytes, @now) ON CONFLICT DO NOTHING`,
		pgx.NamedArgs{"sha256": info.Digest, "bytes": info.Bytes, "now": s.Now()})
	if err != nil {
		return fmt.Errorf("paper: %w", err)
	}
	return nil
}

// insert writes a file of a case that is held: the next in its order.
func insert(ctx context.Context, tx pgx.Tx, who account.Actor, c Case, p Paper, object blob.Digest) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO case_papers (id, kind, case_id, slot, name, media, bytes, sha256, object, organisation_id, department_id, uploaded_by, uploaded_name, uploaded_at, position)
		VALUES (@id, @kind, @case, @slot, @name, @media, @bytes, @sha256, @object, nullif(@organisation::bigint, 0), nullif(@department::bigint, 0), @user, @by, @at,
			(SELECT coalesce(max(position), 0) + 1 FROM case_papers WHERE kind = @kind AND case_id = @case))`,
		pgx.NamedArgs{"id": p.ID, "kind": c.Kind, "case": c.ID, "slot": p.Slot, "name": p.Name, "media": p.Media, "bytes": p.Bytes, "sha256": p.SHA256, "object": object,
			"organisation": c.Owner.Organisation, "department": c.Owner.Department, "user": who.ID, "by": p.By, "at": p.At})
	if err != nil {
		return fmt.Errorf("paper: %w", err)
	}
	return nil
}

// remove deletes a file that is not frozen; its object goes with the next sweep.
func remove(ctx context.Context, tx pgx.Tx, c Case, id string) error {
	tag, err := tx.Exec(ctx, `DELETE FROM case_papers WHERE kind = @kind AND case_id = @case AND id = @id AND frozen_at IS NULL`, pgx.NamedArgs{"kind": c.Kind, "case": c.ID, "id": id})
	if err != nil {
		return fmt.Errorf("paper: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return errNoPaper()
	}
	return nil
}

// Freeze makes what was handed in with a case until now unchangeable.
func Freeze(ctx context.Context, tx pgx.Tx, kind Kind, id int64, at time.Time) error {
	if _, err := tx.Exec(ctx, `UPDATE case_papers SET frozen_at = @at WHERE kind = @kind AND case_id = @case AND frozen_at IS NULL`, pgx.NamedArgs{"kind": kind, "case": id, "at": at}); err != nil {
		return fmt.Errorf("papers: %w", err)
	}
	return nil
}

// Drop deletes what was prepared for a case and not handed in.
func Drop(ctx context.Context, tx pgx.Tx, kind Kind, id int64) error {
	if _, err := tx.Exec(ctx, `DELETE FROM case_papers WHERE kind = @kind AND case_id = @case AND frozen_at IS NULL`, pgx.NamedArgs{"kind": kind, "case": id}); err != nil {
		return fmt.Errorf("papers: %w", err)
	}
	return nil
}
