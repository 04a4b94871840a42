package check

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/audit"
)

func auditChain(ctx context.Context, r *run) ([]string, error) {
	remembered, err := audit.Remembered(ctx, r.tx)
	if err != nil {
		return nil, err
	}
	report, err := audit.Verify(ctx, r.tx, remembered...)
	var found []string
	for _, p := range report.Problems {
		found = append(found, fmt.Sprintf("audit entry %d at place %d: %s", p.EntryID, p.Seq, p.What))
	}
	if more := report.Faults - int64(len(found)); more > 0 {
		found = append(found, fmt.Sprintf("and %d more", more))
	}
	return found, err
}

// secretPattern is what secrets look like: our own API keys, private keys,
// payment keys, and addresses with a password.
const secretPattern = `sy_[0-9A-Za-z]{46}` +
	`|-----BEGIN [A-Z ]*PRIVATE KEY-----` +
	`|AGE-SECRET-KEY-(PQ-)?1` +
	`|(sk|rk)_(live|test)_[0-9A-Za-z]{10,}` +
	`|whsec_[0-9A-Za-z]{10,}` +
	`|(postgres|postgresql|smtp|smtps|https?)://[^\s/:@]+:[^\s/@]+@`

// secrets looks into every text column of every table, a table at a time; it
// names the place and never the secret.
func secrets(ctx context.Context, r *run) ([]string, error) {
	rows, err := r.tx.Query(ctx, `
		SELECT c.relname::text, array_agg(a.attname::text ORDER BY a.attnum)
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
		  AND a.atttypid = ANY ('{text,varchar,jsonb,json,text[],varchar[],jsonb[]}'::regtype[])
		GROUP BY 1 ORDER BY 1`)
	if err != nil {
		return nil, err
	}
	type table struct {
		Name    string
		Columns []string
	}
	tables, err := pgx.CollectRows(rows, pgx.RowToStructByPos[table])
	if err != nil {
		return nil, err
	}
	var found []string
	for _, t := range tables {
		var cells []string
		for i, c := range t.Columns {
			cells = append(cells, fmt.Sprintf("(%d, %s::text)", i+1, pgx.Identifier{"t", c}.Sanitize()))
		}
		places, err := r.texts(ctx, `
			SELECT $2 || '.' || ($3::text[])[c.at] || ' in the row at ' || t.ctid
			FROM `+pgx.Identifier{t.Name}.Sanitize()+` t, LATERAL (VALUES `+strings.Join(cells, ", ")+`) AS c (at, content)
			WHERE c.content ~ $1 ORDER BY c.at, t.ctid`, secretPattern, t.Name, t.Columns)
		if err != nil {
			return nil, err
		}
		found = append(found, places...)
	}
	return found, nil
}

// guarded are the triggers without which a rule above is only a wish.
var guarded = [][2]string{
	{"use_draws", "use_draws_frozen"}, {"use_draws", "use_draws_kept"}, {"use_events", "use_events_frozen"}, {"use_events", "use_events_kept"},
	{"versions", "versions_frozen"},
	{"versions", "versions_kept"},
	{"version_tables", "version_tables_frozen"},
	{"version_tables", "version_tables_kept"},
	{"dictionary_revisions", "dictionary_revisions_frozen"},
	{"dictionary_revisions", "dictionary_revisions_kept"},
	{"blobs", "blobs_frozen"},
	{"opening_checks", "opening_checks_final"},
	{"lineages", "lineages_final"},
	{"audit_entries", "audit_entries_guard"},
	{"audit_entries", "audit_entries_keep"},
	{"audit_personal", "audit_personal_guard"},
	{"audit_personal", "audit_personal_keep"},
}

func guards(ctx context.Context, r *run) ([]string, error) {
	var found []string
	for _, g := range guarded {
		var on bool
		err := r.tx.QueryRow(ctx, `
			SELECT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = to_regclass($1) AND tgname = $2 AND tgenabled IN ('O', 'A'))`,
			"public."+g[0], g[1]).Scan(&on)
		if err != nil {
			return nil, err
		}
		if !on {
			found = append(found, fmt.Sprintf("trigger %s of %s is missing or off", g[1], g[0]))
		}
	}
	return found, nil
}

// links are the references between rows, written out so that a foreign key
// that somebody dropped is missed.
var links = [][4]string{
	{"datasets", "department_id", "departments", "id"},
	{"datasets", "theme_id", "themes", "id"},
	{"datasets", "licence_id", "licences", "id"},
	{"datasets", "region", "regions", "code"},
	{"regions", "parent", "regions", "code"},
	{"resources", "dataset_id", "datasets", "id"},
	{"versions", "resource_id", "resources", "id"},
	{"versions", "sha256", "blobs", "sha256"},
	{"version_tables", "version_id", "versions", "id"},
	{"table_files", "version_id", "versions", "id"},
	{"table_files", "sha256", "blobs", "sha256"},
	{"unread_versions", "version_id", "versions", "id"},
	{"version_changes", "to_id", "versions", "id"},
	{"version_changes", "from_id", "versions", "id"},
	{"change_files", "to_id", "versions", "id"},
	{"change_files", "sha256", "blobs", "sha256"},
	{"schema_changes", "version_id", "versions", "id"},
	{"schema_changes", "from_id", "versions", "id"},
	{"dictionary_revisions", "version_id", "versions", "id"},
	{"table_profiles", "version_id", "versions", "id"},
	{"version_checks", "version_id", "versions", "id"},
	{"dataset_scores", "dataset_id", "datasets", "id"},
	{"scans", "resource_id", "resources", "id"},
	{"findings", "carried_from", "versions", "id"},
	{"finding_letters", "version_id", "versions", "id"},
	{"uploads", "resource_id", "resources", "id"},
	{"renditions", "version_id", "versions", "id"},
	{"renditions", "sha256", "blobs", "sha256"},
	{"changes", "dataset_id", "datasets", "id"},
	{"usage_days", "dataset_id", "datasets", "id"},
	{"usage_totals", "dataset_id", "datasets", "id"},
	{"users", "department_id", "departments", "id"},
	{"user_roles", "user_id", "users", "id"},
	{"sessions", "user_id", "users", "id"},
	{"api_keys", "user_id", "users", "id"},
	{"known_networks", "user_id", "users", "id"},
	{"audit_personal", "entry_id", "audit_entries", "id"},
}

func references(ctx context.Context, r *run) ([]string, error) {
	var found []string
	for _, l := range links {
		child, column, parent, key := l[0], l[1], l[2], l[3]
		lost, err := r.texts(ctx, fmt.Sprintf(`
			SELECT format('%[1]s at %%s: %[2]s %%s is no %[4]s of %[3]s', c.ctid, c.%[2]s)
			FROM %[1]s c WHERE c.%[2]s IS NOT NULL AND NOT EXISTS (SELECT FROM %[3]s p WHERE p.%[4]s = c.%[2]s)`,
			child, column, parent, key))
		if err != nil {
			return nil, err
		}
		found = append(found, lost...)
	}
	unproven, err := r.texts(ctx, `
		SELECT format('constraint %s of %s was never checked against the rows', conname, conrelid::regclass)
		FROM pg_constraint WHERE NOT convalidated AND connamespace = 'public'::regnamespace`)
	return append(found, unproven...), err
}
