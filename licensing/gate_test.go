package licensing_test

import (
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/licensing"
	"shuyuan/licensing/licensingtest"
)

var now = time.Date(2026, 11, 22, 10, 0, 0, 0, time.FixedZone("CST", 8*60*60))

// The open type alone decides, whoever asks, for which columns and when: there
// is no grant yet that could say more.
func TestWhatMayBeServed(t *testing.T) {
	department := datasets.Department{ID: 3}
	asking := map[string]account.Actor{
		"visitor": {}, "officer of the department": datasetstest.Officer(department), "officer of another": datasetstest.Officer(datasets.Department{ID: 4}),
		"administrator": {ID: 1, Roles: []account.Role{account.Administrator}}, "the installation": account.System("test"),
		"key of every scope": {ID: 2, Key: "sy_AAAAAAAA", Scopes: []string{"read", "publish"}},
	}
	for open, want := range map[datasets.OpenType]fault.Kind{
		datasets.Unconditional: fault.KindOf(nil),
		datasets.Conditional:   fault.Forbidden,
		datasets.Withheld:      fault.NotFound,
		"":                     fault.NotFound,
		"open":                 fault.NotFound,
		"UNCONDITIONAL":        fault.NotFound,
		"unconditional ":       fault.NotFound,
	} {
		for who, actor := range asking {
			for _, columns := range [][]string{nil, {}, {"甲"}} {
				for _, at := range []time.Time{{}, now, now.AddDate(100, 0, 0)} {
					err := licensing.Gate{}.MayServe(t.Context(), actor, &datasets.Version{Open: open}, columns, at)
					if fault.KindOf(err) != want {
						t.Errorf("%q for %s, columns %v at %s: %v", open, who, columns, at, err)
					}
				}
			}
		}
	}
}

// A refusal says what would be needed, and of what is withheld nothing at all.
func TestWhatARefusalSays(t *testing.T) {
	for open, want := range map[datasets.OpenType]string{
		datasets.Conditional: "这份数据有条件开放，须先申请并获得授权；目录信息照常公开。",
		datasets.Withheld:    "没有这份数据。",
	} {
		err := licensing.Gate{}.MayServe(t.Context(), account.Actor{}, &datasets.Version{Open: open, FileName: "机密.csv"}, nil, now)
		if f := fault.Of(err); f.Text() != want || f.Cause != nil {
			t.Errorf("%s: %v", open, err)
		}
	}
}

// On a real catalogue: the bytes leave by every road for one open type and by
// none for the others, and the entry itself stays public where it was.
func TestTheGateOfTheCatalogue(t *testing.T) {
	c := datasetstest.New(t, licensing.Gate{}, datasetstest.Asked)
	grid := c.Grid(t)
	for slug, d := range grid {
		if d.Status != datasets.Published {
			continue
		}
		v := d.Resources[0].Newest
		served := map[string]error{"preview": c.Service.Preview(t.Context(), account.Actor{}, v)}
		for _, kind := range []string{datasets.CSV, datasets.CSVBOM, datasets.JSON, "xlsx", "parquet"} {
			f, err := c.Service.Rendition(t.Context(), account.Actor{}, v, 0, kind)
			if err == nil {
				f.Object.Close()
			}
			served[kind] = err
		}
		f, err := c.Service.Original(t.Context(), account.Actor{}, v)
		if err == nil {
			f.Object.Close()
		}
		served["original"] = err
		served["rows"] = c.Service.Rows(t.Context(), account.Actor{}, v, 0, func([]string) error { return nil })
		for road, err := range served {
			if want := d.Open == datasets.Unconditional; (err == nil) != want {
				t.Errorf("%s: %s: %v", slug, road, err)
			}
		}
		_, err = c.Service.Dataset(t.Context(), account.Actor{}, slug)
		if want := slices.Contains([]datasets.OpenType{datasets.Unconditional, datasets.Conditional}, d.Open); (err == nil) != want {
			t.Errorf("%s: its page: %v", slug, err)
		}
	}
}

// What the gate reads does not grow with how many others hold a grant of the same
// file.
func TestTheGateReadsTheGrantsOfWhoAsks(t *testing.T) {
	w := licensingtest.New(t)
	d, v := w.Conditional(t, licensingtest.Fujian)
	citizen := w.Person(t, "张三")
	w.Granted(t, citizen, w.Official(t, d.Department, account.Officer), d)
	for _, q := range []string{
		`INSERT INTO users (identifier, name, side, created_at) SELECT 'holder-' || k || '@tests.example', 'x', 'use', now() FROM generate_series(1, 2000) k`,
		`INSERT INTO applications (number, dataset_id, user_id, applicant, applicant_name, state, created_at, saved_at, submitted_at, accepted_at, decided_at)
			SELECT 'SQ-2001-' || lpad(row_number() OVER (ORDER BY u.id)::text, 6, '0'), d.id, u.id, 'natural', 'x', 'granted', now(), now(), now(), now(), now() FROM users u, datasets d WHERE u.identifier LIKE 'holder-%' AND d.id = @dataset`,
		`INSERT INTO agreements (application_id, edition, template, body, sha256, made_at) SELECT id, 1, 'x', '', encode(sha256(number::bytea), 'hex'), now() FROM applications WHERE number LIKE 'SQ-2001-%'`,
		`INSERT INTO grants (number, application_id, agreement_id, dataset_id, user_id, lane, purpose, terms, files_day, rows_day, from_at, until_at, state, state_at)
			SELECT 'SQZ' || substr(a.number, 3), a.id, g.id, a.dataset_id, a.user_id, 'public', 'x', g.sha256, 1, 1, now() - interval '1 year', now() + interval '1 year', 'active', now() FROM applications a JOIN agreements g ON g.application_id = a.id WHERE a.number LIKE 'SQ-2001-%'`,
		`INSERT INTO grant_items (grant_id, resource_id) SELECT id, @resource FROM grants WHERE number LIKE 'SQZ-2001-%'`,
		`ANALYZE grants`, `ANALYZE grant_items`, `ANALYZE users`,
	} {
		if _, err := w.Pool.Exec(t.Context(), q, pgx.NamedArgs{"dataset": d.ID, "resource": v.ResourceID}); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	type node struct {
		Relation string  `json:"Relation Name"`
		Rows     float64 `json:"Actual Rows"`
		Loops    float64 `json:"Actual Loops"`
		Removed  float64 `json:"Rows Removed by Filter"`
		Plans    []node
	}
	var plans []struct{ Plan node }
	if err := w.Pool.QueryRow(t.Context(), `EXPLAIN (ANALYZE, FORMAT JSON) `+licensing.Standing,
		pgx.NamedArgs{"user": citizen.ID, "key": "", "dataset": d.ID, "resource": v.ResourceID, "now": w.Clock()}).Scan(&plans); err != nil {
		t.Fatal(err)
	}
	read := map[string]float64{}
	var count func(node)
	count = func(n node) {
		if n.Relation != "" {
			read[n.Relation] += (n.Rows + n.Removed) * n.Loops
		}
		for _, p := range n.Plans {
			count(p)
		}
	}
	count(plans[0].Plan)
	if read["grants"] != 1 || read["grant_items"] != 1 {
		t.Errorf("to find one grant it read %v", read)
	}
}
