package backup_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/backup"
	"shuyuan/internal/blob"
	"shuyuan/internal/blob/blobtest"
	"shuyuan/internal/database"
	"shuyuan/internal/database/dbtest"
	"shuyuan/internal/fault"
)

// sentinel stands for what nobody may read in a backup.
const sentinel = "不可外泄-SENTINEL-7f3a"

type installation struct {
	pool  *pgxpool.Pool
	store blob.Store
	keys  string
}

func bare(t *testing.T, url string) installation {
	t.Helper()
	pool, err := database.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	root := t.TempDir()
	store, err := blob.NewDir(filepath.Join(root, "files"))
	if err != nil {
		t.Fatal(err)
	}
	return installation{pool, store, filepath.Join(root, "keys")}
}

func lived(t *testing.T) installation {
	t.Helper()
	in := bare(t, dbtest.URL(t))
	big := blobtest.Put(t, in.store, blobtest.Bytes(3<<20))
	small := blobtest.Put(t, in.store, []byte(sentinel))
	none := blobtest.Put(t, in.store, nil)
	_, err := in.pool.Exec(t.Context(), fmt.Sprintf(`
		INSERT INTO regions (code, name, name_en, parent) VALUES ('350100', '福州市', 'Fuzhou', '350000'), ('350000', '福建省', 'Fujian', NULL);
		INSERT INTO departments (slug, name, name_en, region, aliases) VALUES ('tjj', '统计局', 'Statistics', '350000', '{"a,b","c\"d","\\N"}');
		INSERT INTO themes (slug, name, name_en, position) VALUES ('people', '人口', 'People', 1);
		INSERT INTO licences (id, name, name_en) VALUES ('open', '开放', 'Open');
		INSERT INTO datasets (slug, title, summary, department_id, theme_id, licence_id, region, open_type, update_frequency, last_updated, source, updated_at)
		SELECT 'd' || n, '标题' || n, E'制表\t换行\n反斜线\\ \\N %[1]s' || repeat('长', 300), 1, 1, 'open', '350100', 'unconditional', 'annual', '2025-01-01', '', '2025-01-01 08:00:00.123456+08'
		FROM generate_series(1, 3000) n;
		INSERT INTO blobs VALUES ('%[2]s', %[3]d, now()), ('%[4]s', %[5]d, now()), ('%[6]s', 0, now());
		INSERT INTO resources (id, dataset_id, position, name) VALUES ('aaaaaaaa', 1, 1, '年度');
		INSERT INTO versions (resource_id, number, file_name, media_type, format, sha256, bytes, published_at)
		VALUES ('aaaaaaaa', 1, 'a.csv', 'text/csv', 'csv', '%[2]s', %[3]d, now());
		INSERT INTO version_tables VALUES (1, 1, '', 1, '[{"name": "年份"}]', '[["2023"]]');
		INSERT INTO changes (dataset_id, at) VALUES (1, now())`,
		sentinel, big.Digest, big.Bytes, small.Digest, small.Bytes, none.Digest))
	if err != nil {
		t.Fatal(err)
	}
	act(t, in)
	if err := os.MkdirAll(filepath.Join(in.keys, "old"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, body := range map[string]string{"cursor.key": sentinel, "old/stamp.key": "二"} {
		if err := os.WriteFile(filepath.Join(in.keys, name), []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return in
}

// act adds to the audit trail and seals it: a guarded table.
func act(t *testing.T, in installation) {
	t.Helper()
	_, err := database.InTx(t.Context(), in.pool, func(tx pgx.Tx) (any, error) {
		return nil, audit.Append(t.Context(), tx, account.System("test"), "dataset", "1", "dataset.published", nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := audit.Seal(t.Context(), in.pool); err != nil {
		t.Fatal(err)
	}
}

func (in installation) source(r age.Recipient) backup.Source {
	return backup.Source{
		Pool: in.pool, Store: in.store, Folders: map[string]string{"keys": in.keys, "config": "/nowhere"}, Recipient: r,
		Now: time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC),
	}
}

func (in installation) target(id age.Identity) backup.Target {
	return backup.Target{Pool: in.pool, Store: in.store, Folders: map[string]string{"keys": in.keys}, Identity: id}
}

// all is every row of every table as text.
func (in installation) all(t *testing.T) map[string][]string {
	t.Helper()
	rows, err := in.pool.Query(t.Context(), `
		SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'migrations' AND relname <> 'river_migration'`)
	if err != nil {
		t.Fatal(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for _, n := range names {
		rows, err := in.pool.Query(t.Context(), `SELECT t::text FROM `+n+` t ORDER BY 1`)
		if err != nil {
			t.Fatal(err)
		}
		if all[n], err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func (in installation) files(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for d := range blobtest.List(t, in.store) {
		if _, err := blob.Verify(t.Context(), in.store, d); err != nil {
			t.Error(err)
		}
		all[string(d)] = ""
	}
	err := filepath.WalkDir(in.keys, func(p string, e os.DirEntry, err error) error {
		if os.IsNotExist(err) || err == nil && e.IsDir() {
			return nil
		}
		b, err := os.ReadFile(p)
		rel, _ := filepath.Rel(in.keys, p)
		all[rel] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func key(t *testing.T) (age.Recipient, age.Identity) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "backup.key")
	public, err := backup.NewKey(file)
	if err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(file); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("the key file: %v %v", st.Mode(), err)
	}
	if _, err := backup.NewKey(file); err == nil {
		t.Error("a key file is overwritten")
	}
	r, err := backup.Recipient(public)
	if err != nil {
		t.Fatal(err)
	}
	id, err := backup.Identity(file)
	if err != nil {
		t.Fatal(err)
	}
	return r, id
}

func TestWhatWasBackedUpComesBack(t *testing.T) {
	in := lived(t)
	r, id := key(t)
	file := filepath.Join(t.TempDir(), "backup")
	wrote, err := backup.WriteFile(t.Context(), file, in.source(r))
	if err != nil {
		t.Fatal(err)
	}
	if wrote.Objects != 3 || wrote.Files != 2 || wrote.Rows < 3000 {
		t.Errorf("wrote %+v", wrote)
	}
	if _, err := backup.WriteFile(t.Context(), file, in.source(r)); err == nil {
		t.Error("an earlier backup is overwritten")
	}
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{sentinel, "SENTINEL", "departments", "cursor.key"} {
		if bytes.Contains(body, []byte(secret)) {
			t.Errorf("%q can be read in the backup", secret)
		}
	}
	for name, url := range map[string]string{"no schema yet": dbtest.Empty(t), "a schema": dbtest.URL(t)} {
		t.Run(name, func(t *testing.T) {
			out := bare(t, url)
			checked := false
			target := out.target(id)
			target.Check = func(context.Context) error { checked = true; return nil }
			got, err := backup.Restore(t.Context(), bytes.NewReader(body), target)
			if err != nil {
				t.Fatal(err)
			}
			if got != wrote || !checked {
				t.Errorf("restored %+v, checked: %v; want %+v", got, checked, wrote)
			}
			if d := cmp.Diff(in.all(t), out.all(t)); d != "" {
				t.Errorf("rows differ: %s", d)
			}
			if d := cmp.Diff(in.files(t), out.files(t)); d != "" {
				t.Errorf("files differ: %s", d)
			}
			if report, err := audit.Verify(t.Context(), out.pool); err != nil || len(report.Problems) > 0 || report.Head.Seq != 1 {
				t.Errorf("audit trail: %+v %v", report, err)
			}
			act(t, out) // life goes on: numbers continue, guards are on
			if _, err := out.pool.Exec(t.Context(), `UPDATE versions SET number = 2`); err == nil {
				t.Error("a restored version can be changed")
			}
			_, err = backup.Restore(t.Context(), bytes.NewReader(body), out.target(id))
			if fault.KindOf(err) != fault.Conflict {
				t.Errorf("restored over what is there: %v", err)
			}
		})
	}
}

func TestABadBackupIsRefusedAndLeavesNothing(t *testing.T) {
	in := lived(t)
	r, id := key(t)
	_, other := key(t)
	var buf bytes.Buffer
	if _, err := backup.Write(t.Context(), &buf, in.source(r)); err != nil {
		t.Fatal(err)
	}
	good := buf.Bytes()
	cases := map[string][]byte{"empty": nil, "no backup": []byte("PK\x03\x04 something else"), "more follows": append(slices.Clone(good), 'x')}
	for _, percent := range []int{1, 30, 60, 90, 99} {
		cases[fmt.Sprintf("cut at %d%%", percent)] = good[:len(good)*percent/100]
		changed := slices.Clone(good)
		changed[len(good)*percent/100] ^= 1
		cases[fmt.Sprintf("changed at %d%%", percent)] = changed
	}
	cases["one byte short"] = good[:len(good)-1]
	cases["without its last piece"] = good[:len(good)-(len(good)%65552)]
	out := bare(t, dbtest.URL(t))
	before := out.all(t)
	left := func(t *testing.T) {
		t.Helper()
		if d := cmp.Diff(before, out.all(t)); d != "" {
			t.Errorf("rows left: %s", d)
		}
		if f := out.files(t); len(f) > 0 {
			t.Errorf("files left: %v", slices.Collect(maps.Keys(f)))
		}
		if _, err := os.Stat(out.keys); !os.IsNotExist(err) {
			t.Error("the keys folder is left")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		t.Run(name, func(t *testing.T) {
			_, err := backup.Restore(t.Context(), bytes.NewReader(cases[name]), out.target(id))
			if fault.KindOf(err) != fault.Invalid {
				t.Errorf("got %v, want fault.Invalid", err)
			}
			left(t)
		})
	}
	t.Run("another key", func(t *testing.T) {
		_, err := backup.Restore(t.Context(), bytes.NewReader(good), out.target(other))
		if fault.KindOf(err) != fault.Invalid || !strings.Contains(fault.Of(err).Text(), "密钥") {
			t.Errorf("got %v", err)
		}
		left(t)
	})
	t.Run("a store that fails", func(t *testing.T) {
		target := out.target(id)
		target.Store = &failing{Store: out.store, after: 2}
		if _, err := backup.Restore(t.Context(), bytes.NewReader(good), target); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("got %v", err)
		}
		left(t)
	})
	if _, err := backup.Restore(t.Context(), bytes.NewReader(good), out.target(id)); err != nil {
		t.Errorf("after all that the good one: %v", err)
	}
}

// failing is a store whose disk is full after some objects.
type failing struct {
	blob.Store
	after int
}

func (f *failing) Put(ctx context.Context, r io.Reader, limit int64) (blob.Info, error) {
	if f.after--; f.after < 0 {
		return blob.Info{}, fault.New(fault.Unavailable, "存储空间已满，文件没有保存。")
	}
	return f.Store.Put(ctx, r, limit)
}

func TestABackupWithAPassphrase(t *testing.T) {
	in := lived(t)
	file := filepath.Join(t.TempDir(), "passphrase")
	if err := os.WriteFile(file, []byte("short\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := backup.Passphrase(file); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a short passphrase is taken: %v", err)
	}
	if err := os.WriteFile(file, []byte("六只灰鹤飞过闽江口的滩涂与渔船\n甲"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := backup.Passphrase(file); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a passphrase of 15 characters is taken: %v", err)
	}
	if err := os.WriteFile(file, []byte("六只灰鹤飞过闽江口的滩涂与渔船们\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := backup.Passphrase(file)
	if err != nil {
		t.Fatal(err)
	}
	id, err := backup.Identity(file)
	if err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	if _, err := backup.Write(t.Context(), &buf, in.source(r)); err != nil {
		t.Fatal(err)
	}
	out := bare(t, dbtest.URL(t))
	if _, err := backup.Restore(t.Context(), &buf, out.target(id)); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(in.all(t), out.all(t)); d != "" {
		t.Errorf("rows differ: %s", d)
	}
}

// A row and its file go into a backup together or not at all, whatever the
// server does meanwhile.
func TestABackupBesideARunningServerIsOfOneMoment(t *testing.T) {
	in := lived(t)
	r, id := key(t)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		var err error
		for n := 0; ctx.Err() == nil && err == nil; n++ {
			var i blob.Info
			if i, err = in.store.Put(ctx, strings.NewReader(fmt.Sprint("file ", n)), 0); err == nil {
				_, err = in.pool.Exec(ctx, `INSERT INTO blobs VALUES ($1, $2, now())`, i.Digest, i.Bytes)
			}
		}
		done <- err
	}()
	var buf bytes.Buffer
	_, err := backup.Write(t.Context(), &buf, in.source(r))
	stop()
	if e := <-done; e != nil && !errors.Is(e, context.Canceled) && ctx.Err() == nil {
		t.Fatal(e)
	}
	if err != nil {
		t.Fatal(err)
	}
	out := bare(t, dbtest.URL(t))
	if _, err := backup.Restore(t.Context(), &buf, out.target(id)); err != nil {
		t.Fatal(err)
	}
	var rows int
	if err := out.pool.QueryRow(t.Context(), `SELECT count(*) FROM blobs`).Scan(&rows); err != nil {
		t.Fatal(err)
	}
	if n := len(blobtest.List(t, out.store)); n != rows {
		t.Errorf("%d rows, %d objects", rows, n)
	}
}
