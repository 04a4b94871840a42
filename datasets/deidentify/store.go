package deidentify

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// wasReturned reports whether the last review of an upload ended in its return
// to be treated, or in that it is withheld.
func wasReturned(ctx context.Context, q database.Querier, upload string) (returned bool, err error) {
	err = q.QueryRow(ctx, `
		SELECT coalesce((SELECT state IN ('returned_for_deidentification', 'withheld') FROM opening_reviews WHERE upload_id = @upload ORDER BY id DESC LIMIT 1), false)`,
		pgx.NamedArgs{"upload": upload}).Scan(&returned)
	return returned, err
}

// Listed is one file that could be treated, in the list of the desk.
type Listed struct {
	Version                      int64 // 0: an upload
	Upload                       string
	Number                       int
	Slug, Title, TitleEN         string
	ResourceName, ResourceNameEN string
	FileName                     string
	Tables                       int
	At                           time.Time
	Made                         int // files that were made of it
}

// Sources are the files of who's department that could be treated: the newest
// version of each file of its withheld entries, and the uploads that a review
// returned.
func (s *Service) Sources(ctx context.Context, who account.Actor) ([]Listed, error) {
	if !who.Is(account.Officer) || who.Department == 0 {
		return nil, fault.New(fault.Forbidden, "只有部门的数据专员可以脱敏。")
	}
	rows, err := s.pool.Query(ctx, `
		SELECT v.id, '', v.number, d.slug, d.title, d.title_en, r.name, r.name_en, v.file_name,
		       (SELECT count(*) FROM version_tables t WHERE t.version_id = v.id), v.published_at, (SELECT count(*) FROM lineages l WHERE l.source_version_id = v.id)
		FROM versions v JOIN resources r ON r.id = v.resource_id JOIN datasets d ON d.id = r.dataset_id
		WHERE d.department_id = @department AND d.open_type = 'withheld' AND v.number = (SELECT max(number) FROM versions n WHERE n.resource_id = r.id)
		UNION ALL
		SELECT 0, u.id, 0, d.slug, d.title, d.title_en, r.name, r.name_en, u.file_name,
		       (SELECT count(*) FROM upload_tables t WHERE t.upload_id = u.id), u.changed_at, (SELECT count(*) FROM lineages l WHERE l.source_upload_id = u.id)
		FROM uploads u JOIN resources r ON r.id = u.resource_id JOIN datasets d ON d.id = r.dataset_id
		WHERE d.department_id = @department AND u.state = 'review'
		  AND (SELECT o.state FROM opening_reviews o WHERE o.upload_id = u.id ORDER BY o.id DESC LIMIT 1) IN ('returned_for_deidentification', 'withheld')
		ORDER BY 11 DESC LIMIT 500`, pgx.NamedArgs{"department": who.Department})
	if err != nil {
		return nil, fmt.Errorf("what can be treated: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Listed])
}
