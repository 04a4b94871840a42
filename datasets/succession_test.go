package datasets_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/fault"
)

// What would take away what the newest version has must have been seen, by an
// upload and by the command: rows beyond the platform's rule, columns, types,
// the key.
func TestWhatTheNextVersionTakesAwayMustBeSeen(t *testing.T) {
	fields := []datasets.Field{{Name: "编号", Type: "text", Key: true}, {Name: "名称", Type: "text"}, {Name: "人数"}}
	lines := func(n int) string {
		var b strings.Builder
		b.WriteString("编号,名称,人数\n")
		for i := range n {
			fmt.Fprintf(&b, "K%02d,甲%d,%d\n", i, i, 100+i)
		}
		return b.String()
	}
	first := lines(10)
	for _, k := range []struct {
		name, content string
		want          []string
	}{
		{"as many rows", strings.Replace(first, "甲3,103", "乙,999", 1), nil},
		{"half of the rows", lines(5), nil},
		{"fewer than half", lines(4), []string{"rows-dropped: 这个文件 4 行，第 1 版 10 行，少了超过 50%（平台规则）。"}},
		{"a column is gone", "编号,人数\n" + strings.Join(numberedLines(10, "K%02d,%d"), ""), []string{"column-lost: 第 1 版有、这个文件里没有的列：名称"}},
		{"the key is gone", "名称,人数\n" + strings.Join(numberedLines(10, "甲%d,%d"), ""), []string{"column-lost: 第 1 版有、这个文件里没有的列：编号", "key-lost: 主键列没有了，行和第 1 版对不上：编号"}},
		{"the key repeats", strings.Replace(first, "K03", "K02", 1), []string{"key-repeats: 第 1 版里每行的主键都不同，这个文件里有空的或重复的：编号"}},
		{"the key is empty", strings.Replace(first, "K03", "", 1), []string{"key-repeats: 第 1 版里每行的主键都不同，这个文件里有空的或重复的：编号"}},
		{"another type", "编号,名称,人数\n" + strings.Join(numberedLines(10, "K%02d,甲,很多%d"), ""), []string{"type-changed: 和第 1 版类型不同的列：人数"}},
		{"a new column", strings.Replace(strings.ReplaceAll(first, "\n", ",x\n"), "人数,x", "人数,备注", 1), nil},
	} {
		t.Run(k.name, func(t *testing.T) {
			c := newUploads(t)
			d := c.Dataset(t)
			id, who := c.Resource(t, d), datasetstest.Officer(d.Department)
			c.Version(t, d, id, "a.csv", first, fields...)
			u := sent(t, c, who, id, "a.csv", k.content)
			against, err := c.Service.Objections(t.Context(), who, u)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, o := range against {
				if got = append(got, o.Kind+": "+o.Note.Text()); o.Block {
					t.Errorf("%s cannot be reviewed", o.Kind)
				}
			}
			if !slices.Equal(got, k.want) {
				t.Fatalf("got %q, want %q", got, k.want)
			}
			_, err = c.Service.AddVersion(t.Context(), who, d, id, datasets.NewVersion{FileName: "a.csv", Content: strings.NewReader(k.content), Reason: "新"})
			if (err == nil) != (k.want == nil) || err != nil && fault.KindOf(err) != fault.Invalid {
				t.Errorf("by the command: %v", err)
			}
			if k.want == nil {
				return
			}
			if _, err = c.Service.PublishUpload(t.Context(), who, u.ID, datasets.Publication{Reason: "新"}); fault.KindOf(err) != fault.Invalid {
				t.Errorf("published unseen: %v", err)
			}
			publishing(t, c, who, u, datasets.Publication{Reason: "新", Reviewed: "确实如此"})
		})
	}
}

func numberedLines(n int, form string) (lines []string) {
	for i := range n {
		lines = append(lines, fmt.Sprintf(form, i, 100+i)+"\n")
	}
	return lines
}

// The officer sees how the rows differ before anything is published, and what
// somebody else publishes meanwhile is compared, too.
func TestAnUploadIsComparedWithTheNewestVersion(t *testing.T) {
	c := newUploads(t)
	d := c.Dataset(t)
	id, who := c.Resource(t, d), datasetstest.Officer(d.Department)
	key := datasets.Field{Name: "编号", Key: true}
	u := sent(t, c, who, id, "a.csv", "编号,值\nA,1\nB,2\n")
	if changes, err := c.Service.Succession(t.Context(), who, u); err != nil || changes != nil {
		t.Errorf("of a first version: %+v, %v", changes, err)
	}
	c.Version(t, d, id, "a.csv", "编号,值\nA,1\nB,2\n", key)
	u = sent(t, c, who, id, "a.csv", "编号,值,注\nA,1,x\nB,3,x\nC,4,x\n")
	changes, err := c.Service.Succession(t.Context(), who, u)
	if err != nil || len(changes.Tables) != 1 {
		t.Fatalf("%+v, %v", changes, err)
	}
	table := changes.Tables[0]
	if r := table.Rows; r == nil || r.Added != 1 || r.Removed != 0 || r.Changed != 1 || r.Same != 1 || !slices.Equal(r.Key, []string{"编号"}) {
		t.Errorf("%+v", r)
	}
	if table.Before.Rows != 2 || table.After.Rows != 3 || !slices.Equal(table.Columns.Added, []string{"注"}) {
		t.Errorf("%+v", table)
	}
	if _, err := c.Service.Succession(t.Context(), datasetstest.Officer(c.Department(t)), u); fault.KindOf(err) != fault.NotFound {
		t.Errorf("another department is told: %v", err)
	}

	c.Version(t, d, id, "a.csv", "编号,值\nA,1\nB,2\nC,4\n", key)
	against, err := c.Service.Objections(t.Context(), who, u)
	if err != nil || len(against) != 1 || against[0].Kind != "not-compared" || !against[0].Block {
		t.Errorf("%+v, %v", against, err)
	}
	if err := c.Service.ScanUploads(t.Context()); err != nil {
		t.Fatal(err)
	}
	if u, err = c.Service.Upload(t.Context(), who, u.ID); err != nil {
		t.Fatal(err)
	}
	if changes, err = c.Service.Succession(t.Context(), who, u); err != nil || changes.From.Number != 2 || changes.Tables[0].Rows.Added != 0 || changes.Tables[0].Rows.Changed != 1 {
		t.Errorf("%+v, %v", changes, err)
	}
	publishing(t, c, who, u, datasets.Publication{Reason: "新"})
}
