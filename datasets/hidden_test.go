package datasets_test

import (
	"archive/zip"
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/fault"
)

// workbook has a sheet with two columns and a second one for what it hides, and
// is then changed.
func workbook(t *testing.T, change ...func(*excelize.File) error) string {
	t.Helper()
	b := excelize.NewFile()
	defer b.Close()
	errs := []error{b.SetSheetName("Sheet1", "表"), second(b.NewSheet("底稿"))}
	for _, name := range []string{"表", "底稿"} {
		errs = append(errs, b.SetSheetRow(name, "A1", &[]any{"县", "人口"}), b.SetSheetRow(name, "A2", &[]any{"闽侯", 1}), b.SetSheetRow(name, "A3", &[]any{"连江", 2}))
	}
	for _, f := range change {
		errs = append(errs, f(b))
	}
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	out, err := b.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// holding is a workbook with one more part, such as other programs leave there.
func holding(t *testing.T, book, part string) string {
	t.Helper()
	in, err := zip.NewReader(strings.NewReader(book), int64(len(book)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range in.File {
		if err := w.Copy(f); err != nil {
			t.Fatal(err)
		}
	}
	p, err := w.Create(part)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(p, "<x/>"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func hideSheet(very bool) func(*excelize.File) error {
	return func(b *excelize.File) error { return b.SetSheetVisible("底稿", false, very) }
}

func hideRow(b *excelize.File) error    { return b.SetRowVisible("表", 3, false) }
func hideColumn(b *excelize.File) error { return b.SetColVisible("表", "B", false) }

func pivot(b *excelize.File) error {
	return b.AddPivotTable(&excelize.PivotTableOptions{DataRange: "底稿!A1:B3", PivotTableRange: "表!D1:F5",
		Rows: []excelize.PivotTableField{{Data: "县"}}, Data: []excelize.PivotTableField{{Data: "人口", Subtotal: "Sum"}}})
}

func comment(b *excelize.File) error {
	return b.AddComment("表", excelize.Comment{Cell: "A2", Author: "张三", Text: "底稿见附件"})
}

func named(b *excelize.File) error {
	return b.SetCellValue("表", "A3", "本人（"+someID+"）")
}

// U40–U44: a workbook that holds more than its tables show waits for a person,
// who is told all of it before it is published, together with what names
// persons; by the command as by an upload.
func TestAWorkbookThatHidesIsHeldBackWithAList(t *testing.T) {
	const (
		sheet    = "hidden-sheet: 工作表“底稿”是隐藏的，请取消隐藏或删除后再上传。"
		cells    = "hidden-cells: 工作表“表”有隐藏的行或列，请取消隐藏或删除后再上传。"
		cache    = "pivot-cache: 工作簿里有数据透视表的缓存，里面是透视前的全部数据；请删除透视表，或把结果粘贴为值再传。"
		embedded = "attachment: 工作簿里嵌有其他文件，请去掉再传。"
		comments = "comments: 工作簿里有批注，请删除再传。"
		tracked  = "tracked-changes: 工作簿里留着修订记录，请停止共享并清除再传。"
		person   = "resident-id: “县”列有 1 行里有居民身份证号：行政区划、出生日期和校验码都对。"
	)
	c := newUploads(t)
	d := c.Dataset(t)
	who := datasetstest.Officer(d.Department)
	for _, tc := range []struct {
		name string
		book string
		want []string
	}{
		{"nothing hidden", workbook(t), nil},
		{"U40 hidden sheet", workbook(t, hideSheet(false)), []string{sheet}},
		{"U41 very hidden sheet", workbook(t, hideSheet(true)), []string{sheet}},
		{"U42 hidden row", workbook(t, hideRow), []string{cells}},
		{"U42 hidden column", workbook(t, hideColumn), []string{cells}},
		{"U43 pivot cache", workbook(t, pivot), []string{cache}},
		{"U44 embedded file", holding(t, workbook(t), "xl/embeddings/oleObject1.bin"), []string{embedded}},
		{"U44 comment", workbook(t, comment), []string{comments}},
		{"U44 threaded comment", holding(t, workbook(t), "xl/threadedComments/threadedComment1.xml"), []string{comments}},
		{"U44 tracked changes", holding(t, workbook(t), "xl/revisions/revisionLog1.xml"), []string{tracked}},
		{"all at once", holding(t, holding(t, workbook(t, hideSheet(true), hideRow, pivot, comment), "xl/embeddings/a.bin"), "xl/revisions/userNames.xml"),
			[]string{embedded, comments, sheet, cache, tracked, cells}},
		{"with what names a person", workbook(t, hideColumn, named), []string{cells, person}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			id := c.Resource(t, d)
			n := datasets.NewVersion{FileName: "a.xlsx", Content: strings.NewReader(tc.book)}
			v, err := c.Service.AddVersion(t.Context(), who, d, id, n)
			if len(tc.want) == 0 {
				if err != nil || v.Number != 1 {
					t.Errorf("%+v, %v", v, err)
				}
				return
			}
			if fault.KindOf(err) != fault.Invalid {
				t.Fatalf("added: %v", err)
			}
			for _, w := range tc.want {
				if _, says, _ := strings.Cut(w, ": "); !strings.Contains(err.Error(), says) {
					t.Errorf("the refusal does not name %s: %v", w, err)
				}
			}

			u := sent(t, c, who, id, "a.xlsx", tc.book)
			var got []string
			against, err := c.Service.Objections(t.Context(), who, u)
			if err != nil {
				t.Fatal(err)
			}
			blocked := false
			for _, o := range against {
				got = append(got, o.Kind+": "+fault.New(fault.Invalid, o.Note.Sentence, o.Note.Args...).Text())
				blocked = blocked || o.Block
			}
			slices.Sort(got)
			slices.Sort(tc.want)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
			if _, err := c.Service.PublishUpload(t.Context(), who, u.ID, datasets.Publication{}); fault.KindOf(err) != fault.Invalid {
				t.Errorf("published unseen: %v", err)
			}
			if !blocked {
				c.Approve(t, who, u.ID)
			}
			_, err = c.Service.PublishUpload(t.Context(), who, u.ID, datasets.Publication{Reviewed: "底稿与发布的表一致，可以公开"})
			if blocked != (fault.KindOf(err) == fault.Invalid) || !blocked && err != nil {
				t.Errorf("reviewed: %v", err)
			}
		})
	}
}
