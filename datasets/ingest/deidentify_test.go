package ingest_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shuyuan/datasets/ingest"
	"shuyuan/internal/fault"
)

const applicants = "姓名,身份证号,地址,出生日期,月收入,编号,救助类别\n" +
	"张三丰,210302198001011234,辽宁省鞍山市铁东区和平街1号,1980-01-01,850,1001,低保\n" +
	"李四,210302198203051238,辽宁省鞍山市铁东区和平街9号,1982-03-05,890,1002,低保\n" +
	"王小五,210302198305061231,鞍山市铁东区胜利路3号,1983-05-06,1200,1003,低保\n" +
	"赵六,210303199012311235,辽宁省鞍山市铁西区人民路2号,1990-12-31,2300,1001,特困\n"

// deidentify has a child read a text and another treat its one table.
func deidentify(t *testing.T, text string, r ingest.Recipe) (*ingest.Deidentified, string, error) {
	t.Helper()
	dir, out := folder(t), folder(t)
	report, err := run(t, t.Context(), "a.csv", text, dir)
	if err != nil {
		t.Fatal(err)
	}
	table, err := report.Tables[0].OpenTable(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	made, err := ingest.Deidentify(t.Context(), table, r, []byte("a key of one time"), out)
	if err != nil {
		return nil, "", err
	}
	f, err := ingest.OpenDeidentified(out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return made, string(b), nil
}

// AB-31.3: each method does what it is called, the report counts it, and of what
// is left every group has as many rows as was asked.
func TestATableIsMadeToNameNobody(t *testing.T) {
	made, text, err := deidentify(t, applicants, ingest.Recipe{Least: 2, Columns: []ingest.Treatment{
		{Method: ingest.Mask, First: 1}, {Method: ingest.Drop}, {Method: ingest.Place, Level: "city", Quasi: true}, {Method: ingest.CoarseDate, Level: "year"},
		{Method: ingest.Band, Width: 1000}, {Method: ingest.Hash}, {Method: ingest.Keep, Quasi: true},
	}})
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if lines[0] != "姓名,地址,出生日期,月收入,编号,救助类别" || len(lines) != 3 {
		t.Fatalf("%s", text)
	}
	if !strings.HasPrefix(lines[1], "张***,辽宁省鞍山市,1980,0~999,") || !strings.HasPrefix(lines[2], "李***,辽宁省鞍山市,1982,0~999,") {
		t.Errorf("%s", text)
	}
	code := strings.Split(lines[1], ",")[4]
	if len(code) != 16 || code == "1001" || code == strings.Split(lines[2], ",")[4] {
		t.Errorf("the codes are %s", text)
	}
	for _, secret := range []string{"三丰", "210302", "和平街", "01-01", "850", "1001"} {
		if strings.Contains(text, secret) {
			t.Errorf("%s is left: %s", secret, text)
		}
	}
	if made.Rows != 4 || made.Suppressed != 2 || made.Before != 1 || made.Treated != 1 || made.After != 2 || made.Columns[0].Changed != 4 || len(made.Preview) != 2 {
		t.Errorf("%+v", made)
	}
}

// A cell that a method cannot read is emptied: that alone surely says nothing.
func TestWhatAMethodCannotReadIsEmptied(t *testing.T) {
	const text = "岁,日,地\n20,2024-03-01,210302\n35,2024-04-02,某处\n不详,不详,上海市浦东新区\n41,2024-12-31,内蒙古自治区锡林郭勒盟正蓝旗\n12,2023-01-01,福建省福州市\n"
	made, got, err := deidentify(t, text+strings.Repeat("50,2024-05-05,350102\n", 60), ingest.Recipe{Columns: []ingest.Treatment{
		{Method: ingest.Band, Width: 10}, {Method: ingest.CoarseDate, Level: "quarter"}, {Method: ingest.Place, Level: "county"}}})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"岁,日,地", "20~29,2024-Q1,210302", "30~39,2024-Q2,", ",,上海市浦东新区", "40~49,2024-Q4,内蒙古自治区锡林郭勒盟正蓝旗", "10~19,2023-Q1,"}
	if diff := cmp.Diff(want, strings.Split(got, "\n")[:len(want)]); diff != "" {
		t.Error(diff)
	}
	if made.Columns[0].Emptied != 1 || made.Columns[1].Emptied != 1 || made.Columns[2].Emptied != 2 || made.Suppressed != 0 || made.Before != 0 {
		t.Errorf("%+v", made)
	}
}

func TestARecipeThatCannotBeFollowedIsRefused(t *testing.T) {
	keep := func(n int) []ingest.Treatment {
		out := make([]ingest.Treatment, n)
		for i := range out {
			out[i].Method = ingest.Keep
		}
		return out
	}
	with := func(at int, tr ingest.Treatment) []ingest.Treatment {
		out := keep(7)
		out[at] = tr
		return out
	}
	drop := keep(7)
	for i := range drop {
		drop[i].Method = ingest.Drop
	}
	for name, r := range map[string]ingest.Recipe{
		"too few columns":           {Columns: keep(6)},
		"none":                      {},
		"a method that there isn't": {Columns: with(0, ingest.Treatment{Method: "burn"})},
		"no method":                 {Columns: with(0, ingest.Treatment{})},
		"a band of names":           {Columns: with(0, ingest.Treatment{Method: ingest.Band, Width: 10})},
		"a band of no width":        {Columns: with(4, ingest.Treatment{Method: ingest.Band})},
		"a band of less":            {Columns: with(4, ingest.Treatment{Method: ingest.Band, Width: -5})},
		"the year of a name":        {Columns: with(0, ingest.Treatment{Method: ingest.CoarseDate, Level: "year"})},
		"no level":                  {Columns: with(3, ingest.Treatment{Method: ingest.CoarseDate})},
		"a level of places":         {Columns: with(3, ingest.Treatment{Method: ingest.CoarseDate, Level: "city"})},
		"less than nothing stays":   {Columns: with(0, ingest.Treatment{Method: ingest.Mask, First: -1})},
		"nothing is left":           {Columns: drop},
		"groups of no columns":      {Columns: keep(7), Least: 2},
		"groups of a dropped one":   {Columns: with(0, ingest.Treatment{Method: ingest.Drop, Quasi: true}), Least: 2},
		"no row is left":            {Columns: with(0, ingest.Treatment{Method: ingest.Keep, Quasi: true}), Least: 2},
		"less than no rows":         {Columns: with(0, ingest.Treatment{Method: ingest.Keep, Quasi: true}), Least: -1},
	} {
		if _, _, err := deidentify(t, applicants, r); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Without its key nobody finds the cell again, and with another it is another.
func TestACodeIsOfItsKey(t *testing.T) {
	dir := folder(t)
	report, err := run(t, t.Context(), "a.csv", "号,名\n1,a\n1,b\n2,c\n", dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, key := range []string{"one", "two"} {
		table, err := report.Tables[0].OpenTable(dir)
		if err != nil {
			t.Fatal(err)
		}
		made, err := ingest.Deidentify(t.Context(), table, ingest.Recipe{Columns: []ingest.Treatment{{Method: ingest.Hash}, {Method: ingest.Drop}}}, []byte(key), folder(t))
		table.Close()
		if err != nil {
			t.Fatal(err)
		}
		if made.Preview[0][0] != made.Preview[1][0] || made.Preview[0][0] == made.Preview[2][0] {
			t.Errorf("codes %v", made.Preview)
		}
		all = append(all, fmt.Sprint(made.Preview))
	}
	if all[0] == all[1] {
		t.Errorf("two keys give the same codes: %s", all[0])
	}
}
