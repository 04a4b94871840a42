package datasets_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/datasets/rows"
	"shuyuan/internal/account"
	"shuyuan/internal/blob"
	"shuyuan/internal/fault"
)

func TestRowsAreAskedFor(t *testing.T) {
	c := datasetstest.New(t, &datasetstest.Gate{}, datasetstest.Asked)
	d := c.Dataset(t)
	v := c.Version(t, d, c.Resource(t, d), "a.csv", "区划,人口,占比,日期\n350100,842,12.5%,2020年1月31日\n350200,-,7%,2020年2月30日\n350300,321,3.25%,\n",
		datasets.Field{Name: "区划", Label: "区划代码", LabelEN: "Division code", Type: "text"}, datasets.Field{Name: "日期", Type: "date"})
	fields := v.Tables[0].Fields
	var types []string
	for _, f := range fields {
		types = append(types, f.Name+" "+f.Type+" "+f.Unit)
	}
	if diff := cmp.Diff([]string{"区划 text ", "人口 integer ", "占比 decimal %", "日期 date "}, types); diff != "" {
		t.Error(diff)
	}
	r, err := c.Service.Query(t.Context(), account.Actor{}, v, 0, rows.Query{Select: "区划, 人口, 占比, 日期", OrderBy: "占比 desc"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(r.Rows)
	if err != nil {
		t.Fatal(err)
	}
	if want := `[["350100",842,12.5,"2020-01-31"],["350200","-",7,"2020年2月30日"],["350300",321,3.25,null]]`; string(got) != want {
		t.Errorf("%s, want %s", got, want)
	}
	if r.Rows[1][1] != rows.Misfit("-") || r.Fields[0].LabelEN != "Division code" {
		t.Errorf("%v, %v", r.Rows[1], r.Fields)
	}
	if r, err = c.Service.Query(t.Context(), account.Actor{}, v, 0, rows.Query{Select: "sum(人口) as 总数", Where: "占比 < 10"}); err != nil || fmt.Sprint(r.Rows) != "[[321]]" {
		t.Errorf("%v, %v", r, err)
	}
	var whole [][]string
	if err := c.Service.Rows(t.Context(), account.Actor{}, v, 0, func(row []string) error { whole = append(whole, append([]string{}, row...)); return nil }); err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"区划", "人口", "占比", "日期"}, {"350100", "842", "12.5%", "2020年1月31日"}, {"350200", "-", "7%", "2020年2月30日"}, {"350300", "321", "3.25%", ""}}
	if diff := cmp.Diff(want, whole); diff != "" {
		t.Errorf("what stands in the file: %s", diff)
	}
}

func TestWhereNobodyAsksThereIsNoAnswer(t *testing.T) {
	c := newCatalogue(t)
	_, v := c.File(t, "a.csv", "甲\n1\n")
	if _, err := c.Service.Query(t.Context(), account.Actor{}, v, 0, rows.Query{}); fault.KindOf(err) != fault.Unavailable {
		t.Error(err)
	}
}

// A file without a line of names is published with names of ours, and is read
// the same way when its tables are made anew.
func TestAFileWithoutAHeadIsPublishedAsSuch(t *testing.T) {
	c := datasetstest.New(t, &datasetstest.Gate{}, datasetstest.Asked)
	d := c.Dataset(t)
	v, err := c.Service.AddVersion(t.Context(), datasetstest.Officer(d.Department), d, c.Resource(t, d), datasets.NewVersion{
		FileName: "词频.tsv", Content: strings.NewReader("中国\t19\n北京\t11\n美国\t8\n医院\t5\n")})
	if err != nil {
		t.Fatal(err)
	}
	if v.Header || v.Tables[0].Rows != 4 || v.Tables[0].Fields[1].Name != "列2" || v.Tables[0].Fields[1].Type != "integer" {
		t.Errorf("header %v, %d rows, %+v", v.Header, v.Tables[0].Rows, v.Tables[0].Fields)
	}
	if _, err := c.Pool.Exec(t.Context(), `DELETE FROM table_files`); err != nil {
		t.Fatal(err)
	}
	r, err := c.Service.Query(t.Context(), account.Actor{}, v, 0, rows.Query{Select: "sum(列2) as n"})
	if err != nil || fmt.Sprint(r.Rows) != "[[43]]" {
		t.Errorf("%v, %v", r, err)
	}
}

// A version that was published before tables were kept gets them from a job, or
// from whoever asks first.
func TestOlderVersionsGetTheirTables(t *testing.T) {
	c := datasetstest.New(t, &datasetstest.Gate{}, datasetstest.Asked)
	d := c.Dataset(t)
	id := c.Resource(t, d)
	field := datasets.Field{Name: "甲", Type: "decimal"}
	for i := range 3 {
		c.Version(t, d, id, "a.csv", fmt.Sprintf("甲\n%d\n", i), field)
	}
	noHeader, err := c.Service.AddVersion(t.Context(), datasetstest.Officer(d.Department), d, id, datasets.NewVersion{
		FileName: "词.txt", Content: strings.NewReader("的\n了\n"), NoHeader: true, Fields: [][]datasets.Field{{{Name: "停用词"}}}, Reviewed: true})
	if err != nil {
		t.Fatal(err)
	}
	kept := func() (n int) {
		if err := c.Pool.QueryRow(t.Context(), `SELECT count(*) FROM table_files`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	forget := func() {
		if _, err := c.Pool.Exec(t.Context(), `DELETE FROM table_files`); err != nil {
			t.Fatal(err)
		}
	}
	forget()
	r, err := c.Service.Query(t.Context(), account.Actor{}, noHeader, 0, rows.Query{})
	if err != nil || fmt.Sprint(r.Rows) != "[[的] [了]]" || kept() != 1 {
		t.Errorf("%v, %v, %d tables", r, err, kept())
	}
	for range 2 { // twice: a job may be run again
		if err := c.Service.MakeTables(t.Context()); err != nil || kept() != 4 {
			t.Errorf("%v, %d tables", err, kept())
		}
	}
	v, err := c.Service.Version(t.Context(), account.Actor{}, id, 2)
	if err != nil {
		t.Fatal(err)
	}
	if r, err = c.Service.Query(t.Context(), account.Actor{}, v, 0, rows.Query{}); err != nil || r.Fields[0].Type != rows.Decimal {
		t.Errorf("the dictionary's type is not kept: %v, %v", r, err)
	}

	forget()
	if err := c.Store.Delete(t.Context(), blob.Digest(v.SHA256)); err != nil {
		t.Fatal(err)
	}
	if err := c.Service.MakeTables(t.Context()); err == nil || kept() != 3 {
		t.Errorf("one file is lost: %v, %d tables", err, kept())
	}
}

// A file that was published and that is refused today is told so, once read.
func TestAVersionThatIsRefusedTodayIsPassedOver(t *testing.T) {
	c := datasetstest.New(t, &datasetstest.Gate{}, datasetstest.Asked)
	_, v := c.File(t, "a.csv", "甲\n1\n")
	page, err := c.Store.Put(t.Context(), strings.NewReader("<html>\n1\n"), 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		`DELETE FROM table_files`, `ALTER TABLE versions DISABLE TRIGGER versions_frozen`, `INSERT INTO blobs VALUES ('` + string(page.Digest) + `', 9, now())`,
		`UPDATE versions SET bytes = 9, sha256 = '` + string(page.Digest) + `'`,
	} {
		if _, err := c.Pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	v.SHA256 = string(page.Digest)
	for range 2 {
		if err := c.Service.MakeTables(t.Context()); err != nil {
			t.Error(err)
		}
		if _, err := c.Service.Query(t.Context(), account.Actor{}, v, 0, rows.Query{}); fault.Of(err).Text() != "文件的内容是网页，不是数据。" {
			t.Error(err)
		}
	}
	var n int
	if err := c.Pool.QueryRow(t.Context(), `SELECT count(*) FROM unread_versions`).Scan(&n); err != nil || n != 1 {
		t.Errorf("%d noted, %v", n, err)
	}
}

// hiding is a workbook with a hidden sheet.
func hiding(t *testing.T) string {
	t.Helper()
	b := excelize.NewFile()
	defer b.Close()
	for _, err := range []error{b.SetCellValue("Sheet1", "A1", "甲"), b.SetCellValue("Sheet1", "A2", "1"), second(b.NewSheet("底稿")), b.SetCellValue("底稿", "A1", "乙"), b.SetCellValue("底稿", "A2", "秘密"), b.SetSheetVisible("底稿", false)} {
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

func TestWhatAFileHidesIsNotPublishedUnseen(t *testing.T) {
	c := newCatalogue(t)
	d := c.Dataset(t)
	id := c.Resource(t, d)
	n := datasets.NewVersion{FileName: "a.xlsx", Content: strings.NewReader(hiding(t))}
	_, err := c.Service.AddVersion(t.Context(), datasetstest.Officer(d.Department), d, id, n)
	if f := fault.Of(err); f.Kind != fault.Invalid || f.Text() != "工作表“底稿”是隐藏的，请取消隐藏或删除后再上传。" {
		t.Errorf("%v", err)
	}
	n.Content, n.Reviewed = strings.NewReader(hiding(t)), true
	v, err := c.Service.AddVersion(t.Context(), datasetstest.Officer(d.Department), d, id, n)
	if err != nil || len(v.Tables) != 1 || v.Tables[0].Fields[0].Name != "甲" {
		t.Errorf("%+v, %v", v, err)
	}
}

func TestADocumentIsAFileWithoutTables(t *testing.T) {
	c := newCatalogue(t)
	d, v := c.File(t, "说明.pdf", "%PDF-1.7\n1 0 obj\n<</Type/Catalog>>\nendobj\n%%EOF\n")
	if v.Format != "pdf" || v.MediaType != "application/pdf" || len(v.Tables) != 0 || d.Resources[0].Newest == nil {
		t.Errorf("%+v", v)
	}
	for position := range 2 {
		if _, err := c.Service.Rendition(t.Context(), account.Actor{}, v, position, datasets.CSV); fault.KindOf(err) != fault.NotFound {
			t.Errorf("table %d: %v", position, err)
		}
	}
	if err := c.Service.MakeTables(t.Context()); err != nil {
		t.Error(err)
	}
}

// breaking is a store that fails at one of the files it is given.
type breaking struct {
	blob.Store
	left atomic.Int64
}

var errFull = errors.New("the disk is full")

func (b *breaking) Put(ctx context.Context, r io.Reader, limit int64) (blob.Info, error) {
	if b.left.Add(-1) == 0 {
		return blob.Info{}, errFull
	}
	return b.Store.Put(ctx, r, limit)
}

// Whatever fails on the way, nothing is there that refers to what is not.
func TestAVersionIsThereWithItsTablesOrNotAtAll(t *testing.T) {
	c := newCatalogue(t)
	d := c.Dataset(t)
	id := c.Resource(t, d)
	before := state(t, c)
	store := &breaking{Store: c.Store}
	s := datasets.NewService(c.Pool, store, &datasetstest.Gate{}, c.Clock)
	for fails := range 3 { // the original and two tables
		store.left.Store(int64(fails + 1))
		_, err := s.AddVersion(t.Context(), datasetstest.Officer(d.Department), d, id, datasets.NewVersion{FileName: "a.xlsx", Content: strings.NewReader(twoSheets(t)), Reviewed: true})
		if !errors.Is(err, errFull) {
			t.Errorf("file %d: %v", fails, err)
		}
		if diff := cmp.Diff(before, state(t, c)); diff != "" {
			t.Errorf("file %d: %s", fails, diff)
		}
	}
	v, err := s.AddVersion(t.Context(), datasetstest.Officer(d.Department), d, id, datasets.NewVersion{FileName: "a.xlsx", Content: strings.NewReader(twoSheets(t))})
	if err != nil || len(v.Tables) != 2 {
		t.Fatalf("%+v, %v", v, err)
	}
	var tables, missing int
	if err := c.Pool.QueryRow(t.Context(), `SELECT count(*), count(*) FILTER (WHERE b.sha256 IS NULL OR b.bytes <> f.bytes) FROM table_files f LEFT JOIN blobs b USING (sha256)`).Scan(&tables, &missing); err != nil || tables != 2 || missing != 0 {
		t.Errorf("%d tables, %d without their file, %v", tables, missing, err)
	}
}

func twoSheets(t *testing.T) string {
	t.Helper()
	b := excelize.NewFile()
	defer b.Close()
	for _, err := range []error{b.SetCellValue("Sheet1", "A1", "甲"), b.SetCellValue("Sheet1", "A2", "1"), second(b.NewSheet("另表")), b.SetCellValue("另表", "A1", "乙"), b.SetCellValue("另表", "A2", "2")} {
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

func TestNothingIsLeftWhereChildrenWork(t *testing.T) {
	c := newCatalogue(t)
	d := c.Dataset(t)
	id := c.Resource(t, d)
	dir, err := os.MkdirTemp("", "shuyuan-work-") // other users reach it, unlike the test's own
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	s := datasets.NewService(c.Pool, c.Store, &datasetstest.Gate{}, c.Clock, datasets.Work(dir))
	for _, text := range []string{"甲\n1\n", "甲\n1,2\n"} {
		_, err = s.AddVersion(t.Context(), datasetstest.Officer(d.Department), d, id, datasets.NewVersion{FileName: "a.csv", Content: strings.NewReader(text)})
		if left, readErr := os.ReadDir(dir); readErr != nil || len(left) > 0 {
			t.Errorf("%v, %v after %v", left, readErr, err)
		}
	}
	// what a process left that was killed
	if err := os.MkdirAll(filepath.Join(dir, "ingest-123", "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := s.Sweep(t.Context()); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
}
