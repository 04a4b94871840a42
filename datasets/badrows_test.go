package datasets_test

import (
	"fmt"
	"strings"
	"testing"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/datasets/ingest"
	"shuyuan/internal/fault"
)

// A file whose rows are of another length is refused with all of them: whoever
// made it mends it at once, and not one row at a time.
func TestRowsOfAnotherLengthAreToldOneByOne(t *testing.T) {
	c := newUploads(t)
	d := c.Dataset(t)
	who := datasetstest.Officer(d.Department)
	many := "a,b,c\n"
	for i := range 300 {
		many += fmt.Sprintf("%d,2,3\n%d,x\n", i, i)
	}
	for _, k := range []struct {
		name, content, says string
		count               int64
		rows                []ingest.BadRow
	}{
		{"one", "a,b\n1,2\n3\n", "第 3 行有 1 栏，应有 2 栏。", 1, []ingest.BadRow{{Line: 3, Cells: 1, Text: "3"}}},
		{"some", "a,b\n1,2\n3\n4,5\n6,7,\"八\n九\"\n1\n", "有 3 行的栏数不对，应有 2 栏；最先的是第 3 行，有 1 栏。", 3,
			[]ingest.BadRow{{Line: 3, Cells: 1, Text: "3"}, {Line: 5, Cells: 3, Text: "6,7,八 九"}, {Line: 7, Cells: 1, Text: "1"}}},
		{"before a quote that never closes", "a,b\n" + strings.Repeat("1,2\n", 100) + "3\n4\n5,\"x", "有 2 行的栏数不对，应有 2 栏；最先的是第 102 行，有 1 栏。", 2,
			[]ingest.BadRow{{Line: 102, Cells: 1, Text: "3"}, {Line: 103, Cells: 1, Text: "4"}}},
		{"more than are listed", many, "有 300 行的栏数不对，应有 3 栏；最先的是第 3 行，有 2 栏。", 300, nil},
		{"names that repeat", "a,b,a,c,b,d\n1,2,3,4,5,6\n", "有 2 个列名不止出现一次：a、b", 0, nil},
	} {
		u := sent(t, c, who, c.Resource(t, d), "a.csv", k.content)
		if u.State != datasets.Rejected || u.Refusal == nil || u.Refusal.Text() != k.says {
			t.Errorf("%s is %s: %v", k.name, u.State, u.Refusal)
			continue
		}
		if (u.BadRows != nil) != (k.count > 0) {
			t.Errorf("%s: %+v", k.name, u.BadRows)
			continue
		}
		if k.count == 0 {
			continue
		}
		if u.BadRows.Count != k.count || len(u.BadRows.Rows) != int(min(k.count, ingest.MostBadRows)) {
			t.Errorf("%s: %d, of which %d are told", k.name, u.BadRows.Count, len(u.BadRows.Rows))
		}
		if k.rows != nil && fmt.Sprint(u.BadRows.Rows) != fmt.Sprint(k.rows) {
			t.Errorf("%s: %+v", k.name, u.BadRows.Rows)
		}
	}
	u := sent(t, c, who, c.Resource(t, d), "a.csv", "a,b\n1,2\n3\n")
	if err := c.Service.RereadUpload(t.Context(), who, u.ID, datasets.Reread{Delimiter: ";"}); err != nil {
		t.Fatal(err)
	}
	if u = read(t, c, who, u.ID); u.BadRows != nil {
		t.Errorf("what was wrong before is still told: %+v", u.BadRows)
	}
}

// A version that there is not is told apart from a file that there is not.
func TestAVersionThatThereIsNot(t *testing.T) {
	c := newUploads(t)
	_, v := c.File(t, "a.csv", "甲\n1\n")
	for resource, want := range map[string]string{v.ResourceID: "没有这一版。", "nonesuch": "没有这个文件。"} {
		if _, err := c.Service.Version(t.Context(), datasetstest.Visitor(), resource, 99); fault.KindOf(err) != fault.NotFound || fault.Of(err).Text() != want {
			t.Errorf("%s: %v, want %s", resource, err, want)
		}
	}
}
