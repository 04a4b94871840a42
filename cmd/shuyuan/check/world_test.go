package check_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/blob"
	"shuyuan/internal/blob/blobtest"
	"shuyuan/internal/database"
	"shuyuan/internal/database/dbtest"
)

// index is a search index of slugs.
type index []string

func (x index) IDs(_ context.Context, yield func(string) error) error {
	for _, id := range x {
		if err := yield(id); err != nil {
			return err
		}
	}
	return nil
}

// world is a small installation in which every invariant holds: two public
// entries, a withheld one and a draft of which little is said; a file with a rendition, looked through, with
// one finding of which its department was told; an officer,
// an administrator, a session, a key, five acts in the audit trail, and an upload
// that rests for two days now.
type world struct {
	pool   *pgxpool.Pool
	store  blob.Store
	path   string // of the store
	staged string // the folder of staged files
	engine string // that of what computes in workspaces

	scratch string
	index   index
}

var (
	original = []byte("年份,人口\n2023,4183\n2024,4193\n")
	withBOM  = append([]byte("\ufeff"), original...)
	table    = append([]byte("a table of:"), original...)
)

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{pool: dbtest.New(t), path: t.TempDir(), staged: t.TempDir(), engine: t.TempDir(), scratch: "shuyuan-mount-" + strings.ToLower(rand.Text()) + "-", index: index{"population", "hospitals"}}
	var err error
	if w.store, err = blob.NewDir(w.path); err != nil {
		t.Fatal(err)
	}
	file, kept, stored := blobtest.Put(t, w.store, original), blobtest.Put(t, w.store, withBOM), blobtest.Put(t, w.store, table)
	blobtest.Put(t, w.store, []byte("an upload in progress"))
	w.exec(t, fmt.Sprintf(`
		INSERT INTO regions (code, name, name_en) VALUES ('350000', '福建省', 'Fujian');
		INSERT INTO departments (slug, name, name_en, region) VALUES ('tjj', '统计局', 'Statistics', '350000'), ('wjw', '卫健委', 'Health', '350000');
		INSERT INTO themes (slug, name, name_en, position) VALUES ('people', '人口', 'People', 1);
		INSERT INTO licences (id, name, name_en) VALUES ('open', '开放', 'Open');
		INSERT INTO datasets (slug, title, summary, department_id, theme_id, licence_id, region, status, open_type, open_basis,
			open_method, use_requirements, safeguards, update_frequency, last_updated, source, published_at, updated_at)
		SELECT slug, slug, '', 1, 1, 'open', '350000', status, open, basis, terms, terms, terms, 'annual', '2025-01-01', '', published, '2025-01-01'
		FROM (VALUES ('population', 'published', 'unconditional', '{}'::text[], '', '2025-01-01'::timestamptz),
		             ('hospitals', 'published', 'conditional', '{AS-27}', '须申请', '2025-01-01'),
		             ('secret-list', 'published', 'withheld', '{AS-27}', '', '2025-01-01'),
		             ('draft', 'draft', '', '{}', '', NULL)) AS v (slug, status, open, basis, terms, published);
		INSERT INTO resources (id, dataset_id, position, name) VALUES ('aaaaaaaa', 1, 1, '年度'), ('bbbbbbbb', 2, 1, '名单');
		INSERT INTO blobs VALUES ('%[1]s', %[2]d, '2025-01-01'), ('%[3]s', %[4]d, '2025-01-01');
		INSERT INTO versions (resource_id, number, file_name, media_type, format, sha256, bytes, published_at)
		VALUES ('aaaaaaaa', 1, 'a.csv', 'text/csv', 'csv', '%[1]s', %[2]d, '2025-01-01'),
		       ('aaaaaaaa', 2, 'a.csv', 'text/csv', 'csv', '%[1]s', %[2]d, '2025-02-01');
		INSERT INTO opening_reviews (kind, dataset_id, department_id, resource_id, version_id, sha256, schema_hash, tables, terms, entry_terms, decided_terms, approved_hash, profile, proposed_by, proposed_name, proposed_at, state, decided_at)
		SELECT 'imported', 1, 1, resource_id, id, sha256, '', '[]', t, t, t, '', '', -1, 'import', published_at, 'approved', published_at FROM versions, (SELECT '{"open": "unconditional"}'::jsonb) AS terms (t);
		INSERT INTO version_approvals SELECT version_id, id, false, proposed_at FROM opening_reviews;
		INSERT INTO version_tables (version_id, position, rows, fields, preview)
		SELECT id, 1, 2, '[{"name": "年份"}, {"name": "人口"}]', '[["2023", "4183"], ["2024", "4193"]]' FROM versions;
		INSERT INTO renditions VALUES (1, 1, 'csv-bom', '%[3]s', %[4]d);
		INSERT INTO blobs VALUES ('%[5]s', %[6]d, '2025-01-01');
		INSERT INTO table_files (version_id, position, sha256, bytes, columns, misfits, notes)
		SELECT id, 1, '%[5]s', %[6]d, '[{"name": "年份", "misfits": 0}, {"name": "人口", "misfits": 1}]', 1, '[]' FROM versions;
		INSERT INTO table_profiles SELECT id, 1, field, jsonb_build_object('column', name) FROM versions, (VALUES (0, '年份'), (1, '人口')) AS c (field, name);
		INSERT INTO version_checks SELECT id, 'types', 1, 'yes', 0, 4, '都合类型。', '[]', '[]', '2025-02-02' FROM versions;
		INSERT INTO scans VALUES ('aaaaaaaa', '%[1]s', 1, '2025-02-02'), ('aaaaaaaa', repeat('0', 64), 1, now());
		INSERT INTO findings (resource_id, sha256, kind, position, column_name, severity, found, rows, masked, sentence, args, at)
		VALUES ('aaaaaaaa', '%[1]s', 'mobile', 1, '人口', 'block', 1, '{1}', '{}', '有手机号码。', '[]', '2025-02-02');
		INSERT INTO finding_letters SELECT id, 'mobile', '2025-02-02' FROM versions;
		INSERT INTO changes (dataset_id, at) SELECT id, '2025-01-01' FROM datasets WHERE status <> 'draft';
		INSERT INTO usage_days VALUES (1, '2025-01-02', 10, 2, 100);
		INSERT INTO usage_totals VALUES (1, 10, 2);
		INSERT INTO users (identifier, name, department_id, side, created_at, password)
		VALUES ('officer@example.org', '林', 1, 'manage', '2025-01-01', '$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'),
		       ('admin@example.org', '陈', NULL, 'system', '2025-01-01', '');
		INSERT INTO user_roles VALUES (1, 'officer', 1, 'manage', '2025-01-01'), (2, 'administrator', NULL, 'system', '2025-01-01');
		INSERT INTO sessions VALUES (repeat('a', 32), decode(repeat('ab', 32), 'hex'), 1, now(), now(), now() + interval '1 hour', '', '', now());
		INSERT INTO api_keys VALUES ('sy_AAAAAAAA', decode(repeat('cd', 32), 'hex'), 1, '脚本', '{read}', now(), now() + interval '1 day', NULL, NULL);
		INSERT INTO river_job (kind, max_attempts, args) VALUES ('reindex', 5, '{}');
		INSERT INTO river_job (kind, max_attempts, args, state, attempted_at, finalized_at) VALUES ('task_due', 1, '{"task": "quality"}', 'completed', now(), now())`,
		file.Digest, file.Bytes, kept.Digest, kept.Bytes, stored.Digest, stored.Bytes))
	w.exec(t, fmt.Sprintf(`
		INSERT INTO uploads (id, resource_id, department_id, user_id, user_name, file_name, bytes, got, state, created_at, changed_at, expires_at)
		VALUES ('%s', 'aaaaaaaa', 1, 1, '林', 'a.csv', 9, 9, 'received', '2025-01-01', '2025-01-01', '2025-02-01')`, upload(1)))
	w.stage(t, upload(1), 48*time.Hour)
	for _, act := range [][3]string{{"dataset", "0", "dataset.published"}, {"dataset", "1", "dataset.published"}, {"dataset", "2", "dataset.published"},
		{"resource", "aaaaaaaa", "publish-version"}, {"resource", "aaaaaaaa", "publish-version"}} {
		_, err := database.InTx(t.Context(), w.pool, func(tx pgx.Tx) (any, error) {
			return nil, audit.Append(t.Context(), tx, account.System("test"), act[0], act[1], act[2], nil)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := audit.Seal(t.Context(), w.pool); err != nil {
		t.Fatal(err)
	}
	return w
}

// upload is the id of an upload.
func upload(n int) string { return fmt.Sprintf("%026d", n) }

// stage puts nine bytes of an upload where they wait, as old as age.
func (w *world) stage(t *testing.T, id string, age time.Duration) {
	t.Helper()
	name, then := filepath.Join(w.staged, id+".part"), time.Now().Add(-age)
	if err := errors.Join(os.WriteFile(name, []byte("123456789"), 0o600), os.Chtimes(name, then, then)); err != nil {
		t.Fatal(err)
	}
}

// lies puts something where it has been for so long.
func (w *world) lies(t *testing.T, path string, age time.Duration) {
	t.Helper()
	then := time.Now().Add(-age)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte("x"), 0o600), os.Chtimes(path, then, then)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Remove(path) })
}

func (w *world) remove(t *testing.T, staged string) {
	t.Helper()
	if err := os.Remove(filepath.Join(w.staged, staged)); err != nil {
		t.Fatal(err)
	}
}

// exec runs sql with the triggers off, as somebody with the database in his
// hands could.
func (w *world) exec(t *testing.T, sql string) {
	t.Helper()
	_, err := w.pool.Exec(t.Context(), `SET session_replication_role = replica; `+sql+`; SET session_replication_role = origin`)
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) object(b []byte) string {
	d := blobtest.Digest(b)
	return filepath.Join(w.path, string(d[:2]), string(d[2:4]), string(d))
}

func (w *world) overwrite(t *testing.T, b, with []byte) {
	t.Helper()
	if err := os.Remove(w.object(b)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(w.object(b), with, 0o600); err != nil {
		t.Fatal(err)
	}
}
