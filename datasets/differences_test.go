package datasets_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/datasets/rows"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

var schoolFields = []datasets.Field{{Name: "编号", Type: "text", Key: true}, {Name: "名称", Type: "text"}, {Name: "人数", Type: "integer"}}

// schools is a file in two versions, in which one row went, one came, and two
// have another number.
func schools(t *testing.T, c *datasetstest.Catalogue, options ...func(*datasets.Dataset)) (from, to *datasets.Version) {
	t.Helper()
	d := c.Dataset(t, options...)
	id := c.Resource(t, d)
	c.Version(t, d, id, "a.csv", "编号,名称,人数\n1,一中,100\n2,二中,200\n3,三中,300\n4,四中,400\n", schoolFields...)
	c.Version(t, d, id, "b.csv", "编号,名称,人数\n1,一中,110\n3,三中,310\n4,四中,400\n5,五中,500\n", schoolFields...)
	return version(t, c, id, 1), version(t, c, id, 2)
}

// version is a version as the officer of every entry's department sees it.
func version(t *testing.T, c *datasetstest.Catalogue, id string, n int) *datasets.Version {
	t.Helper()
	v, err := c.Service.Version(t.Context(), datasetstest.Officer(c.Office(t)), id, n)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func differences(t *testing.T, c *datasetstest.Catalogue, from, to *datasets.Version) *datasets.Differences {
	t.Helper()
	d, err := c.Service.Differences(t.Context(), account.Actor{}, from, to)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestAVersionIsComparedWithTheOneBefore(t *testing.T) {
	c := datasetstest.New(t, &datasetstest.Gate{}, datasetstest.Asked)
	from, to := schools(t, c)
	for range 2 { // a job may be run again
		if err := c.Service.CompareVersions(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	d := differences(t, c, from, to)
	want := &datasets.RowDifference{Key: []string{"编号"}, Added: 1, Removed: 1, Changed: 2, Same: 1, Cells: map[string]int64{"人数": 2}, Listed: 4}
	if diff := cmp.Diff(want, d.Tables[0].Rows); diff != "" || d.SameBytes() || d.Refused != nil {
		t.Errorf("%s %+v", diff, d)
	}
	r, err := c.Service.DifferingRows(t.Context(), account.Actor{}, from, to, 0, rows.Query{Limit: 2})
	if err != nil || fmt.Sprint(r.Rows) != "[[changed 1 1 1 1 1 一中 一中 100 110] [changed 3 2 1 3 3 三中 三中 300 310]]" || r.Total != 4 || r.Next == "" {
		t.Fatalf("%v, %v", r, err)
	}
	if r, err = c.Service.DifferingRows(t.Context(), account.Actor{}, from, to, 0, rows.Query{Limit: 2, Cursor: r.Next}); err != nil || fmt.Sprint(r.Rows) != "[[removed 2 <nil> 1 2 <nil> 二中 <nil> 200 <nil>] [added <nil> 4 1 <nil> 5 <nil> 五中 <nil> 500]]" {
		t.Errorf("the next page: %v, %v", r, err)
	}
	if r, err = c.Service.DifferingRows(t.Context(), account.Actor{}, from, to, 0, rows.Query{Where: `变化 = "added"`}); err != nil || len(r.Rows) != 1 {
		t.Errorf("only new rows: %v, %v", r, err)
	}
	var csv bytes.Buffer
	e, err := c.Service.ExportDiffering(t.Context(), account.Actor{}, from, to, 0, rows.Query{}, rows.ExportOptions{Format: rows.CSV, BOM: true})
	if err == nil {
		err = e.Write(t.Context(), &csv)
	}
	if err != nil || !strings.HasPrefix(csv.String(), "\uFEFF变化,原行号,新行号,次数,编号（原）,编号（新）,名称（原）,名称（新）,人数（原）,人数（新）\nchanged,1,1,1,1,1,一中,一中,100,110\n") {
		t.Errorf("%q, %v", csv.String(), err)
	}
}

func TestWhyRowsAreNotComparedByKey(t *testing.T) {
	c := datasetstest.New(t, &datasetstest.Gate{}, datasetstest.Asked)
	d := c.Dataset(t)
	key := func(name string) []datasets.Field { return []datasets.Field{{Name: name, Type: "text", Key: true}} }
	for _, k := range []struct {
		name, old, other string
		before, after    []datasets.Field
		want             datasets.RowDifference
	}{
		{"the dictionary names no key", "a,b\n1,x\n", "a,b\n1,y\n", nil, nil, datasets.RowDifference{Why: datasets.NoKey, Added: 1, Removed: 1, Listed: 2}},
		{"the key is new", "b\nx\ny\n", "a,b\n1,x\n2,y\n", nil, key("a"), datasets.RowDifference{Why: datasets.KeyAbsent, Same: 2}},
		{"the key repeats", "a,b\n1,x\n", "a,b\n1,x\n1,y\n", key("a"), key("a"), datasets.RowDifference{Why: datasets.KeyRepeats, Added: 1, Same: 1, Listed: 1}},
		{"the same bytes", "a,b\n1,x\n", "a,b\n1,x\n", key("a"), key("a"), datasets.RowDifference{Key: []string{"a"}, Same: 1}},
		{"a column under another name", "a,b\n1,x\n2,y\n", "a,c\n1,x\n2,y\n", key("a"), key("a"), datasets.RowDifference{Key: []string{"a"}, Same: 2, Renamed: []datasets.Renaming{{From: "b", To: "c"}}}},
		{"nothing in common", "a\n1\n", "b\nx\n", nil, nil, datasets.RowDifference{Why: datasets.NothingIn}},
	} {
		id := c.Resource(t, d)
		c.Version(t, d, id, "a.csv", k.old, k.before...)
		c.Version(t, d, id, "a.csv", k.other, k.after...)
		got := differences(t, c, version(t, c, id, 1), version(t, c, id, 2))
		if diff := cmp.Diff(&k.want, got.Tables[0].Rows); diff != "" {
			t.Errorf("%s: %s", k.name, diff)
		}
	}
}

func TestAnyTwoVersionsAreCompared(t *testing.T) {
	c := datasetstest.New(t, &datasetstest.Gate{}, datasetstest.Asked)
	from, to := schools(t, c)
	d, _, err := c.Service.Resource(t.Context(), datasetstest.Officer(c.Office(t)), to.ResourceID)
	if err != nil {
		t.Fatal(err)
	}
	third := c.Version(t, d, to.ResourceID, "c.csv", "编号,名称,人数\n9,九中,900\n", schoolFields...)
	if got := differences(t, c, from, third).Tables[0].Rows; got == nil || got.Added != 1 || got.Removed != 4 {
		t.Errorf("%+v", got)
	}
	for _, wrong := range [][2]*datasets.Version{{to, from}, {to, to}} {
		if _, err := c.Service.Differences(t.Context(), account.Actor{}, wrong[0], wrong[1]); fault.KindOf(err) != fault.Invalid {
			t.Errorf("version %d with %d: %v", wrong[0].Number, wrong[1].Number, err)
		}
	}
}

// Rows are shown only to who may have both versions; columns to everybody.
func TestTheGateOfBothVersions(t *testing.T) {
	gate := &oneShut{}
	c := datasetstest.New(t, gate, datasetstest.Asked)
	from, to := schools(t, c)
	if err := c.Service.CompareVersions(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, shut := range []int{1, 2} {
		gate.shut = shut
		d := differences(t, c, from, to)
		if d.Refused == nil || d.Tables[0].Rows != nil || d.Tables[0].Before.Rows != 4 {
			t.Errorf("version %d is not to be had, and of rows it is said: %+v", shut, d.Tables[0].Rows)
		}
		if _, err := c.Service.DifferingRows(t.Context(), account.Actor{}, from, to, 0, rows.Query{}); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("rows with version %d shut: %v", shut, err)
		}
		if _, err := c.Service.ExportDiffering(t.Context(), account.Actor{}, from, to, 0, rows.Query{}, rows.ExportOptions{Format: rows.CSV}); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("a file of rows with version %d shut: %v", shut, err)
		}
		if got, err := c.Service.Summaries(t.Context(), account.Actor{}, []datasets.Version{*to, *from}); err != nil || len(got) != 0 {
			t.Errorf("counts with version %d shut: %v, %v", shut, got, err)
		}
	}
	gate.shut = 0
	if got, err := c.Service.Summaries(t.Context(), account.Actor{}, []datasets.Version{*to, *from}); err != nil || len(got) != 1 || got[2][0].Changed != 2 {
		t.Errorf("%v, %v", got, err)
	}
}

// oneShut is a gate that refuses one version.
type oneShut struct{ shut int }

func (g *oneShut) MayServe(_ context.Context, _ account.Actor, v *datasets.Version, _ []string, _ time.Time) error {
	if v.Number == g.shut {
		return fault.New(fault.Forbidden, "没有这份数据。")
	}
	return nil
}

func (g *oneShut) Permit(ctx context.Context, who account.Actor, v *datasets.Version, now time.Time) (datasets.Permit, error) {
	return datasets.Permit{}, g.MayServe(ctx, who, v, nil, now)
}

func (*oneShut) Take(context.Context, pgx.Tx, datasets.Permit, datasets.Taking, time.Time) (bool, error) {
	return true, nil
}

func TestOtherColumnsAreAnEvent(t *testing.T) {
	c := datasetstest.New(t, &datasetstest.Gate{}, datasetstest.Asked)
	d := c.Dataset(t)
	id := c.Resource(t, d)
	c.Version(t, d, id, "a.csv", "编号,名称\n1,x\n2,y\n")
	c.Version(t, d, id, "a.csv", "编号,名称\n1,x\n2,z\n")
	third := c.Version(t, d, id, "a.csv", "编号,校名,人数\n1,x,5\n2,z,6\n")
	if !third.Reshaped || version(t, c, id, 2).Reshaped || !version(t, c, id, 3).Reshaped {
		t.Error("only version 3 has other columns")
	}
	found, err := c.Service.Reshapings(t.Context(), account.Actor{}, id)
	if err != nil || len(found) != 1 || found[0].Version != 3 || !cmp.Equal(found[0].Tables[0].ColumnChanges, datasets.ColumnChanges{Added: []string{"校名", "人数"}, Removed: []string{"名称"}}) {
		t.Errorf("%+v, %v", found, err)
	}
	var acts int
	if err := c.Pool.QueryRow(t.Context(), `SELECT count(*) FROM audit_entries WHERE subject = 'resource' AND subject_id = $1 AND act = 'change-columns'`, id).Scan(&acts); err != nil || acts != 1 {
		t.Errorf("%d entries in the trail, %v", acts, err)
	}
	if err := c.Service.CompareVersions(t.Context()); err != nil {
		t.Fatal(err)
	}
	if found, err = c.Service.Reshapings(t.Context(), account.Actor{}, id); err != nil || !cmp.Equal(found[0].Tables[0].ColumnChanges, datasets.ColumnChanges{Added: []string{"人数"}, Renamed: []datasets.Renaming{{From: "名称", To: "校名"}}}) {
		t.Errorf("once the values were compared: %+v, %v", found, err)
	}
	hidden := c.Dataset(t, func(d *datasets.Dataset) { d.Open = datasets.Withheld })
	secret := c.Resource(t, hidden)
	c.Version(t, hidden, secret, "a.csv", "a\n1\n")
	c.Version(t, hidden, secret, "a.csv", "b\n1\n")
	if found, err = c.Service.Reshapings(t.Context(), account.Actor{}, secret); err != nil || len(found) != 0 {
		t.Errorf("of an entry that nobody may know of: %+v, %v", found, err)
	}
}

func TestAFileThatIsLostStopsNoOther(t *testing.T) {
	c := datasetstest.New(t, &datasetstest.Gate{}, datasetstest.Asked)
	lost, _ := schools(t, c)
	from, to := schools(t, c)
	var digest string
	if err := c.Pool.QueryRow(t.Context(), `UPDATE table_files SET sha256 = (SELECT sha256 FROM versions WHERE id = $1) WHERE version_id = $1 RETURNING sha256`, lost.ID).Scan(&digest); err != nil {
		t.Fatal(err)
	}
	if err := c.Service.CompareVersions(t.Context()); err == nil {
		t.Error("a table that is none was compared")
	}
	if d := differences(t, c, from, to); d.Tables[0].Rows == nil || d.Tables[0].Rows.Changed != 2 {
		t.Errorf("%+v", d.Tables[0].Rows)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Service.CompareVersions(ctx); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("a job that was told to stop: %v", err)
	}
}

func TestDocumentsDifferInBytes(t *testing.T) {
	c := datasetstest.New(t, &datasetstest.Gate{}, datasetstest.Asked)
	d := c.Dataset(t)
	id := c.Resource(t, d)
	for _, text := range []string{"1", "12"} {
		if _, err := c.Service.AddVersion(t.Context(), datasetstest.Officer(d.Department), d, id, datasets.NewVersion{FileName: "a.pdf", Content: strings.NewReader("%PDF-1.4\n" + text + "\n%%EOF\n")}); err != nil {
			t.Fatal(err)
		}
	}
	got := differences(t, c, version(t, c, id, 1), version(t, c, id, 2))
	if len(got.Tables) != 0 || got.SameBytes() || got.To.Bytes-got.From.Bytes != 1 {
		t.Errorf("%+v", got)
	}
}
