// Package stamptest makes tables, statements and keys for tests of stamps.
package stamptest

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"database/sql"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/duckdb/duckdb-go/v2"
	"github.com/secure-systems-lab/go-securesystemslib/dsse"

	"shuyuan/datasets/rows"
	"shuyuan/internal/blob"
	"shuyuan/internal/sandbox"
	"shuyuan/marketplace/provenance/stamp"
	"shuyuan/marketplace/provenance/statement"
)

const job = "run SQL"

// Main runs tests with the children that they need.
func Main(m *testing.M) int {
	sandbox.Main(map[string]sandbox.Job{rows.JobName: rows.Duckworker, job: runSQL})
	return m.Run()
}

func runSQL(ctx context.Context, _ []*os.File) error {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	c, err := duckdb.NewConnector("", nil)
	if err != nil {
		return err
	}
	db := sql.OpenDB(c)
	defer db.Close()
	for statement := range strings.SplitSeq(string(text), ";\n") {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// SQL has DuckDB run statements in a folder that it may write, with what is given in
// files, and returns what it wrote to out.
func SQL(t testing.TB, text string, files map[string][]byte, out string) []byte {
	t.Helper()
	dir, err := os.MkdirTemp("", "shuyuan-stamp-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	own := filepath.Join(dir, "own")
	if err := os.Mkdir(own, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(own, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var read []string
	for _, p := range []string{"/proc/self/cgroup", "/sys/fs/cgroup"} {
		if _, err := os.Stat(p); err == nil {
			read = append(read, p)
		}
	}
	c, err := sandbox.Start(t.Context(), sandbox.Spec{
		Job: job, Stdin: strings.NewReader("SET temp_directory = '" + own + "';\n" + strings.ReplaceAll(text, "{dir}", own)), Read: read, Write: []string{own},
		Memory: 4 << 30, CPU: 10 * time.Minute, Time: 10 * time.Minute, FileSize: 4 << 30,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err != nil {
		t.Fatal(err)
	}
	if out == "" {
		return nil
	}
	b, err := os.ReadFile(filepath.Join(own, out))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Table is the table that a query of DuckDB gives, whose columns are c0, c1, …
func Table(t testing.TB, query string, schema rows.Schema, n int64) stamp.Table {
	t.Helper()
	store, err := blob.NewDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	b := SQL(t, "COPY ("+query+") TO '{dir}/t.parquet' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)", nil, "t.parquet")
	info, err := store.Put(t.Context(), strings.NewReader(string(b)), 0)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "shuyuan-stamp-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	s, err := rows.New(rows.Options{Store: store, Dir: dir, Secret: []byte("a secret of an installation"), Workers: 1, Exports: 1, Memory: 256 << 20, Free: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return stamp.Table{Rows: s, Table: rows.Table{Parquet: info.Digest, Schema: schema, Rows: n, Key: "7/3"}}
}

// Odd is a table with what is hard: misfits, texts that look like something else,
// numbers at the edges, places, nothing at all.
func Odd(t testing.TB, n int) stamp.Table {
	t.Helper()
	return Table(t, fmt.Sprintf(`SELECT
		CASE WHEN i %% 11 = 3 THEN NULL WHEN i = 5 THEN 9223372036854775807 WHEN i = 6 THEN 9007199254740993 ELSE 2000 + i %% 25 END AS c0,
		CASE WHEN i %% 11 = 3 AND i %% 2 = 0 THEN '二〇' || i WHEN i = 3 THEN '１２' WHEN i = 25 THEN '007' END AS c0_raw,
		CASE WHEN i %% 7 = 0 THEN NULL WHEN i %% 7 = 1 THEN '' ELSE (['福州', '厦门' || chr(13) || chr(10) || '二行', ' 前后 ', '''; DROP "TABLE" x; --', '=1+1', '_x000A_ _', '12', 'a' || chr(9) || 'b' || chr(1), '<b>&amp;', '2020-01-01', 'TRUE'])[i %% 11 + 1] END AS c1,
		CASE WHEN i %% 13 = 0 THEN NULL WHEN i = 9 THEN 'inf'::DOUBLE WHEN i = 10 THEN 1e-7 WHEN i = 11 THEN 1e22 WHEN i = 12 THEN 0.1::DOUBLE + 0.2 ELSE (i %% 17) / 4.0 END::DOUBLE AS c2,
		CASE WHEN i %% 19 = 0 THEN NULL WHEN i = 7 THEN DATE '0001-01-01' WHEN i = 8 THEN DATE '9999-12-31' ELSE DATE '2019-12-01' + (i %% 90)::INT END AS c3,
		CASE WHEN i = 4 THEN '去年' END AS c3_raw,
		TIMESTAMP '2020-01-01 00:00:00' + INTERVAL (i %% 50) HOUR + INTERVAL (i %% 3) MICROSECOND + INTERVAL (CASE WHEN i %% 3 = 0 THEN (i * 7) %% 1000 ELSE 0 END) MILLISECOND AS c4,
		(CASE i %% 3 WHEN 0 THEN true WHEN 1 THEN false END) AS c5,
		CASE WHEN i %% 17 <> 1 THEN '{"type":"Point","coordinates":[' || (119 + (i %% 10) / 10.0)::VARCHAR || ', 26]}' END AS c6, CASE WHEN i %% 17 <> 1 THEN (119 + (i %% 10) / 10.0)::DOUBLE END AS c6_lon, CASE WHEN i %% 17 <> 1 THEN 26.0::DOUBLE END AS c6_lat,
		'2020-0' || (i %% 9 + 1) AS c7, (i / 3.0)::DECIMAL(18,3) AS c8, (i * 1.5 + 0.000000000000000001)::DECIMAL(38,18) AS c9, '["a", ' || i || ']' AS c10
		FROM range(%d) t(i)`, n), rows.Schema{
		{Name: "年份", Label: "统计年份", LabelEN: "Year", Type: rows.Integer, Store: "c0", RawKept: true, Misfits: 45},
		{Name: "地区", Label: "所在地区", LabelEN: "Region", Type: rows.Text, Store: "c1"},
		{Name: "数值", Type: rows.Decimal, Store: "c2"},
		{Name: "日期", Type: rows.Date, Store: "c3", RawKept: true, Misfits: 1},
		{Name: "时间", Type: rows.DateTime, Store: "c4"},
		{Name: "在用", Type: rows.Boolean, Store: "c5"},
		{Name: "位置", Type: rows.Point, Store: "c6"},
		{Name: "月份", Type: rows.YearMonth, Store: "c7"},
		{Name: "PM2.5", Type: rows.Decimal, Store: "c8"},
		{Name: "单价 (元), \"含税\"", Type: rows.Decimal, Store: "c9"},
		{Name: "标签", Type: rows.Array, Store: "c10"},
	}, int64(n))
}

// At is when the statements of tests are sealed.
var At = time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC)

// Statement is a sample statement with two sources about these contents.
func Statement(subjects []statement.Subject, contents []statement.Content) *statement.Statement {
	acquired := time.Date(2026, 11, 2, 16, 30, 0, 0, time.UTC) // the 3rd in China
	source := func(slug, title, en, department, departmentEN string, version int, at time.Time) statement.Source {
		return statement.Source{
			Dataset: "https://data.example.org/datasets/" + slug, Slug: slug, Title: title, TitleEN: en, File: slug + ".csv", Version: version,
			Digest: statement.Of([]byte(slug)), SchemaDigest: statement.Of([]byte(slug + " schema")),
			Provider: statement.Provider{Department: department, DepartmentEN: departmentEN, Code: slug}, Licence: statement.Licence{Kind: "conditional", ID: "SQ-2026-000012"},
			PublishedAt: "2026-10-31T02:00:00Z", FieldsUsed: []string{"begin", "end"}, RowsRead: 48211, Basis: statement.Machine,
			Acquired: statement.Acquired{Record: "ACQ-2026-" + slug, First: at.Add(-time.Second), Last: at, Date: statement.Day(at), Channel: "mount"},
		}
	}
	return &statement.Statement{
		Type: statement.Type, PredicateType: statement.PredicateType("https://data.example.org"), Subject: subjects,
		Predicate: statement.Derivation{
			Product:  statement.Product{ID: "PRD-2026-000412", Version: "2.1.0", Title: "道路养护影响指数（示例）", TitleEN: "Index of road works (sample)", Kind: "dataset", Certificate: "REG-2026-000007", Developer: statement.Developer{USCC: "91350100M000100Y43", Name: "示例数据公司"}},
			Mandate:  &statement.Mandate{Authorization: "AUTH-2026-000001", Operator: "示例运营", Scenario: "SCN-2026-000003", Purpose: "industry"},
			Contents: contents,
			Sources: []statement.Source{
				source("roadworks", "公路养护作业", "Road works", "省交通运输厅", "Department of Transport", 3, acquired),
				source("weather", "逐小时气象观测", "Hourly weather", "省气象局", "Meteorological Bureau", 17, acquired.Add(-72*time.Hour)),
			},
			Declared:        []statement.Evidence{{Title: "自有传感器数据", Basis: statement.Declared, Evidence: statement.Of([]byte("evidence"))}},
			Transformations: []statement.Transformation{{Job: "JOB-2026-000040", Code: statement.Of([]byte("SELECT 1")), Engine: "duckdb v1.5.5", OutputReview: "REV-2026-000009", Release: "REL-2026-000002"}},
			BuiltAt:         At.Add(-time.Hour), SealedAt: At, Profile: statement.Profile, Verify: "https://data.example.org/verify",
		},
	}
}

// Key is a private key.
type Key struct{ ed25519.PrivateKey }

// NewKey is the key that a seed gives.
func NewKey(seed string) Key {
	sum := sha256.Sum256([]byte(seed))
	return Key{ed25519.NewKeyFromSeed(sum[:])}
}

// ID names the key: the SHA-256 of its SubjectPublicKeyInfo.
func (k Key) ID() string {
	der, err := x509.MarshalPKIXPublicKey(k.Public())
	if err != nil {
		panic(err)
	}
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

// Sign signs a message.
func (k Key) Sign(_ context.Context, message []byte) (string, []byte, error) {
	return k.ID(), ed25519.Sign(k.PrivateKey, message), nil
}

// Sealed describes a table, and seals a statement about it with a key.
func Sealed(t testing.TB, table stamp.Table, key Key) (stamp.Stamp, *dsse.Envelope) {
	t.Helper()
	subject, about, err := stamp.Describe(t.Context(), "PRD-2026-000412@2.1.0/data", table)
	if err != nil {
		t.Fatal(err)
	}
	return SealedAs(t, []statement.Subject{subject}, []statement.Content{about}, key)
}

// SealedAs seals a statement about contents.
func SealedAs(t testing.TB, subjects []statement.Subject, contents []statement.Content, key Key) (stamp.Stamp, *dsse.Envelope) {
	t.Helper()
	e, err := stamp.Seal(t.Context(), Statement(subjects, contents), key)
	if err != nil {
		t.Fatal(err)
	}
	s, err := stamp.Open(e, 0)
	if err != nil {
		t.Fatal(err)
	}
	return s, e
}
