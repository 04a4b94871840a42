package datasets_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/account"
	"shuyuan/internal/blob"
	"shuyuan/internal/fault"
)

func TestAVersionIsTheFileAndWhatIsInIt(t *testing.T) {
	c := newCatalogue(t)
	d := c.Dataset(t, func(d *datasets.Dataset) { d.Open = datasets.Conditional })
	id := c.Resource(t, d)
	text := "代码,人口\n350100,842\n350200,\n"
	at := time.Date(2026, 3, 1, 8, 0, 0, 123456789, datasetstest.China)
	code := datasets.Field{Name: "代码", Label: " 区划代码 ", Unit: "位", UnitEN: " digits ", Description: "六位", DescriptionEN: "six digits", Codes: []datasets.Code{{Value: "350100", Label: "福州市", LabelEN: " Fuzhou "}}}
	v, err := c.Service.AddVersion(t.Context(), datasetstest.Officer(d.Department), d, id, datasets.NewVersion{
		FileName: `C:\数据\..\人口.csv`, Content: strings.NewReader(text), Reason: " 首次发布 ", ReasonEN: " First published ", TablesEN: []string{" People "}, PublishedAt: at,
		Fields: [][]datasets.Field{{{Name: "不在文件里"}, code}}})
	if err != nil {
		t.Fatal(err)
	}
	code.Label, code.Type, code.UnitEN = "区划代码", "text", "digits"
	code.Codes = []datasets.Code{{Value: "350100", Label: "福州市", LabelEN: "Fuzhou"}}
	want := &datasets.Version{
		ID: v.ID, ResourceID: id, DatasetID: d.ID, Open: datasets.Conditional, Number: 1, FileName: "人口.csv", MediaType: "text/csv; charset=utf-8", Format: "csv", Encoding: "UTF-8", Header: true,
		SHA256: v.SHA256, Bytes: int64(len(text)), Reason: "首次发布", ReasonEN: "First published", PublishedAt: at.Truncate(time.Microsecond),
		Tables: []datasets.Table{{NameEN: "People", Rows: 2, Fields: []datasets.Field{code, {Name: "人口", Label: "人口", Type: "integer"}}}},
	}
	if diff := cmp.Diff(want, v); diff != "" {
		t.Errorf("returned: %s", diff)
	}
	got, err := c.Service.Version(t.Context(), account.Actor{}, id, 1)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("kept: %s", diff)
	}
	bytes, err := content(c.Service.Original(t.Context(), account.Actor{}, got))
	if err != nil || bytes != text {
		t.Errorf("%q, %v", bytes, err)
	}
	if err := c.Service.Preview(t.Context(), account.Actor{}, got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]string{{"350100", "842"}, {"350200", ""}}, got.Tables[0].Preview); diff != "" {
		t.Errorf("preview: %s", diff)
	}
}

func TestAPreviewIsTheBeginningAndShort(t *testing.T) {
	c := newCatalogue(t)
	var text strings.Builder
	text.WriteString("甲\n")
	for i := range 80 {
		fmt.Fprintf(&text, "%d%s\n", i, strings.Repeat("长", 1000))
	}
	_, v := c.File(t, "a.csv", text.String())
	if err := c.Service.Preview(t.Context(), account.Actor{}, v); err != nil {
		t.Fatal(err)
	}
	p := v.Tables[0].Preview
	if len(p) != 50 || v.Tables[0].Rows != 80 || p[49][0] != "49"+strings.Repeat("长", 666) {
		t.Errorf("%d rows of %d, the last %.20q of %d bytes", len(p), v.Tables[0].Rows, p[len(p)-1][0], len(p[len(p)-1][0]))
	}
}

func TestNumbersFollowOneAnotherWhoeverPublishes(t *testing.T) {
	c := newCatalogue(t)
	d := c.Dataset(t)
	id, beside := c.Resource(t, d), c.Resource(t, d)
	var wg sync.WaitGroup
	for i := range 12 {
		resource := []string{id, beside}[i%2]
		wg.Go(func() {
			if _, err := c.Service.AddVersion(t.Context(), datasetstest.Officer(d.Department), d, resource, datasets.NewVersion{FileName: "a.csv", Content: strings.NewReader(fmt.Sprintf("甲\n%d\n", i))}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, resource := range []string{id, beside} {
		all, err := c.Service.Versions(t.Context(), account.Actor{}, resource)
		if err != nil {
			t.Fatal(err)
		}
		var numbers []int
		for _, v := range all {
			numbers = append(numbers, v.Number)
		}
		if diff := cmp.Diff([]int{6, 5, 4, 3, 2, 1}, numbers); diff != "" {
			t.Error(diff)
		}
	}
}

func TestAPublishedVersionNeverChanges(t *testing.T) {
	c := asked(t)
	_, v := c.File(t, "a.csv", "甲\n1\n")
	if _, err := content(c.Service.Rendition(t.Context(), account.Actor{}, v, 0, datasets.CSV)); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		`UPDATE versions SET sha256 = sha256`, `UPDATE versions SET reason = 'x'`, `DELETE FROM versions`, `TRUNCATE versions CASCADE`,
		`UPDATE version_tables SET fields = '[]'`, `DELETE FROM version_tables`, `TRUNCATE version_tables CASCADE`, `UPDATE blobs SET bytes = bytes + 1`,
	} {
		if _, err := c.Pool.Exec(t.Context(), sql); err == nil || !strings.Contains(err.Error(), "a published version never changes") {
			t.Errorf("%s: %v", sql, err)
		}
	}
	if _, err := c.Pool.Exec(t.Context(), `DELETE FROM blobs`); err == nil {
		t.Error("the row of a file that a version has can be deleted")
	}
}

// failing is a file whose sender goes away before its end.
type failing struct{ rest io.Reader }

var errCutOff = errors.New("the sender went away")

func (f failing) Read(p []byte) (int, error) {
	n, err := f.rest.Read(p)
	if errors.Is(err, io.EOF) {
		err = errCutOff
	}
	return n, err
}

func TestWhatIsRefusedLeavesNothingVisible(t *testing.T) {
	c := newCatalogue(t)
	d := c.Dataset(t)
	id, elsewhere := c.Resource(t, d), c.Resource(t, c.Dataset(t))
	c.Version(t, d, id, "a.csv", "甲\n1\n")
	c.Set(datasetstest.Now.Add(time.Hour))
	c.Version(t, d, id, "a.csv", "甲\n2\n")
	before := state(t, c)
	good := func() io.Reader { return strings.NewReader("甲\n3\n") }
	for _, x := range []struct {
		name     string
		resource string
		n        datasets.NewVersion
		kind     fault.Kind
		field    string
	}{
		{"a file that does not hold what it promises", id, datasets.NewVersion{FileName: "a.csv", Content: strings.NewReader("甲\n1,2\n")}, fault.Invalid, ""},
		{"an empty file", id, datasets.NewVersion{FileName: "a.csv", Content: strings.NewReader("")}, fault.Invalid, ""},
		{"a file of another kind", id, datasets.NewVersion{FileName: "a.exe", Content: good()}, fault.Invalid, ""},
		{"NUL in a cell", id, datasets.NewVersion{FileName: "a.csv", Content: strings.NewReader("甲\n" + strings.Repeat("x", 2000) + "\x00\n")}, fault.Invalid, ""},
		{"no name", id, datasets.NewVersion{FileName: "", Content: good()}, fault.Invalid, "file_name"},
		{"a name that is a folder", id, datasets.NewVersion{FileName: "a.csv/", Content: good()}, fault.Invalid, "file_name"},
		{"a name of dots", id, datasets.NewVersion{FileName: "..", Content: good()}, fault.Invalid, "file_name"},
		{"a name turned round", id, datasets.NewVersion{FileName: "a\u202evsc.exe.csv", Content: good()}, fault.Invalid, "file_name"},
		{"a name with NUL", id, datasets.NewVersion{FileName: "a\x00.csv", Content: good()}, fault.Invalid, "file_name"},
		{"a name with a line end", id, datasets.NewVersion{FileName: "a\r\nX-Y: z.csv", Content: good()}, fault.Invalid, "file_name"},
		{"a name of 4,000", id, datasets.NewVersion{FileName: strings.Repeat("a", 4000) + ".csv", Content: good()}, fault.Invalid, "file_name"},
		{"a name of too many bytes", id, datasets.NewVersion{FileName: strings.Repeat("长", 100) + ".csv", Content: good()}, fault.Invalid, "file_name"},
		{"a reason with an escape", id, datasets.NewVersion{FileName: "a.csv", Content: good(), Reason: "\x1b"}, fault.Invalid, "reason"},
		{"a type that there is not", id, datasets.NewVersion{FileName: "a.csv", Content: good(), Fields: [][]datasets.Field{{{Name: "甲", Type: "money"}}}}, fault.Invalid, "fields"},
		{"NUL in a code", id, datasets.NewVersion{FileName: "a.csv", Content: good(), Fields: [][]datasets.Field{{{Name: "甲", Codes: []datasets.Code{{Value: "\x00"}}}}}}, fault.Invalid, "fields"},
		{"a label turned round", id, datasets.NewVersion{FileName: "a.csv", Content: good(), Fields: [][]datasets.Field{{{Name: "甲", Label: "\u202e"}}}}, fault.Invalid, "fields"},
		{"no header and another number of names", id, datasets.NewVersion{FileName: "a.csv", Content: good(), NoHeader: true, Fields: [][]datasets.Field{{{Name: "甲"}, {Name: "乙"}}}}, fault.Invalid, ""},
		{"older than the last", id, datasets.NewVersion{FileName: "a.csv", Content: good(), PublishedAt: datasetstest.Now}, fault.Invalid, "published_at"},
		{"of tomorrow", id, datasets.NewVersion{FileName: "a.csv", Content: good(), PublishedAt: datasetstest.Now.Add(24 * time.Hour)}, fault.Invalid, "published_at"},
		{"a file of another entry", elsewhere, datasets.NewVersion{FileName: "a.csv", Content: good()}, fault.NotFound, ""},
		{"a file that there is not", "nosuchfile", datasets.NewVersion{FileName: "a.csv", Content: good()}, fault.NotFound, ""},
		{"a sender who goes away", id, datasets.NewVersion{FileName: "a.csv", Content: failing{good()}}, fault.Internal, ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			_, err := c.Service.AddVersion(t.Context(), datasetstest.Officer(d.Department), d, x.resource, x.n)
			if f := fault.Of(err); err == nil || f.Kind != x.kind || f.Field != x.field {
				t.Errorf("%v (field %q)", err, fault.Of(err).Field)
			}
			if diff := cmp.Diff(before, state(t, c)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// state is everything that others could see of what was published.
func state(t *testing.T, c *datasetstest.Catalogue) string {
	t.Helper()
	var out string
	if err := c.Pool.QueryRow(t.Context(), `
		SELECT format('%s versions, %s tables, %s objects, %s changes, %s acts',
			(SELECT count(*) FROM versions), (SELECT count(*) FROM version_tables), (SELECT count(*) FROM blobs), (SELECT count(*) FROM changes),
			(SELECT count(*) FROM audit_entries))`).Scan(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAVersionIsNotOlderThanTheLastEvenIfAClockIs(t *testing.T) {
	c := newCatalogue(t)
	d := c.Dataset(t)
	id := c.Resource(t, d)
	first := c.Version(t, d, id, "a.csv", "甲\n1\n")
	c.Set(datasetstest.Now.Add(-time.Minute)) // another replica's
	second := c.Version(t, d, id, "a.csv", "甲\n2\n")
	if second.PublishedAt.Before(first.PublishedAt) || second.Number != 2 {
		t.Errorf("%d at %s after %s", second.Number, second.PublishedAt, first.PublishedAt)
	}
}

func TestTheMediaTypeIsOurs(t *testing.T) {
	c := newCatalogue(t)
	d := c.Dataset(t)
	for name, x := range map[string]struct{ content, media string }{
		"a.CSV":     {"a\n1\n", "text/csv; charset=utf-8"},
		"a.txt":     {"一\n", "text/plain; charset=utf-8"},
		"bom.tsv":   {"\uFEFFa\n1\n", "text/tab-separated-values; charset=utf-8"},
		"gb.csv":    {"\xb4\xe5\n1\n", "text/csv; charset=gb18030"},
		"a.csv.gz":  {gzipped(t, "a\n1\n"), "application/gzip"},
		"a.json":    {`[{"a":1}]`, "application/json"},
		"a.ndjson":  {`{"a":1}`, "application/x-ndjson"},
		"a.geojson": {`{"features":[{"type":"Feature","properties":{},"geometry":null}]}`, "application/geo+json"},
	} {
		if v := c.Version(t, d, c.Resource(t, d), name, x.content); v.MediaType != x.media || v.FileName != name {
			t.Errorf("%s is %s called %s", name, v.MediaType, v.FileName)
		}
	}
}

func gzipped(t *testing.T, s string) string {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := io.WriteString(w, s); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestOddKeysAreOfNothing(t *testing.T) {
	c := newCatalogue(t)
	_, v := c.File(t, "a.csv", "甲\n1\n")
	long := strings.Repeat("a", 1<<16)
	for _, key := range []string{"", " ", "nowhere", "a\x00b", "\xff", "../x", "' OR 1=1 --", "ａ", long, v.ResourceID + "\x00"} {
		for road, err := range map[string]error{
			"dataset":    second(c.Service.Dataset(t.Context(), account.Actor{}, key)),
			"department": second(c.Service.Department(t.Context(), account.Actor{}, key)),
			"theme":      second(c.Service.Theme(t.Context(), account.Actor{}, key)),
			"versions":   second(c.Service.Versions(t.Context(), account.Actor{}, key)),
			"version":    second(c.Service.Version(t.Context(), account.Actor{}, key, 1)),
			"some":       second(c.Service.VersionsBefore(t.Context(), account.Actor{}, key, 1, 1)),
		} {
			if fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s %.20q: %v", road, key, err)
			}
		}
		if _, _, err := c.Service.Resource(t.Context(), account.Actor{}, key); fault.KindOf(err) != fault.NotFound {
			t.Errorf("resource %.20q: %v", key, err)
		}
		for _, f := range []datasets.Filter{{Department: key}, {Theme: key}, {Open: datasets.OpenType(key)}, {Among: map[datasets.Facet][]string{"tag": {key}, "org": {key}, "region": {key}}}} {
			if key == "" {
				continue // no filter
			}
			if page, err := c.Service.List(t.Context(), account.Actor{}, f); err != nil || page.Total != 0 {
				t.Errorf("%+.60v: %d, %v", f, page.Total, err)
			}
		}
		if found, err := c.Service.BySlugs(t.Context(), account.Actor{}, []string{key}); err != nil || len(found) != 0 {
			t.Errorf("slugs %.20q: %v, %v", key, found, err)
		}
	}
	for _, number := range []int{-1, 0, 2, 1 << 31, 1 << 40} {
		if _, err := c.Service.Version(t.Context(), account.Actor{}, v.ResourceID, number); fault.KindOf(err) != fault.NotFound {
			t.Errorf("version %d: %v", number, err)
		}
	}
	if found, err := c.Service.VersionsBefore(t.Context(), account.Actor{}, v.ResourceID, 1<<40, 5); err != nil || len(found) != 1 {
		t.Errorf("before a number beyond all: %v, %v", found, err)
	}
}

func second[T any](_ T, err error) error { return err }

// lost is a store that loses what was put in it.
type lost struct{ blob.Store }

func (lost) Stat(context.Context, blob.Digest) (blob.Info, error) {
	return blob.Info{}, fault.New(fault.NotFound, "没有这个文件。")
}

func TestNoRowIsMadeOfAnObjectThatIsNotThere(t *testing.T) {
	c := asked(t)
	d, v := c.File(t, "a.csv", "甲\n1\n")
	before := state(t, c)
	s := datasets.NewService(c.Pool, lost{c.Store}, &datasetstest.Gate{}, c.Clock)
	_, err := s.AddVersion(t.Context(), datasetstest.Officer(d.Department), d, v.ResourceID, datasets.NewVersion{FileName: "a.csv", Content: strings.NewReader("甲\n2\n")})
	if fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a version: %v", err)
	}
	if _, err := s.Rendition(t.Context(), account.Actor{}, v, 0, datasets.CSV); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a rendition: %v", err)
	}
	if diff := cmp.Diff(before, state(t, c)); diff != "" {
		t.Error(diff)
	}
}

func TestSweepTakesWhatNobodyRefersTo(t *testing.T) {
	c := asked(t)
	d, v := c.File(t, "a.csv", "甲\n1\n")
	if _, err := content(c.Service.Rendition(t.Context(), account.Actor{}, v, 0, datasets.CSVBOM)); err != nil {
		t.Fatal(err)
	}
	who := datasetstest.Officer(d.Department)
	if _, err := c.Service.AddVersion(t.Context(), who, d, v.ResourceID, datasets.NewVersion{FileName: "a.csv", Content: strings.NewReader("甲\n1,2\n")}); err == nil {
		t.Fatal("a ragged file was taken")
	}
	objects := func() int {
		n := 0
		if err := c.Store.List(t.Context(), func(blob.Info) error { n++; return nil }); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, x := range []struct {
		name  string
		after time.Duration
		want  int
	}{{"an upload may still be read", 23 * time.Hour, 4}, {"after a day", 25 * time.Hour, 3}, {"once more", 25 * time.Hour, 3}} {
		c.Set(time.Now().Add(x.after)) // the store tells the age of an object by the real clock
		if err := c.Service.Sweep(t.Context()); err != nil || objects() != x.want {
			t.Errorf("%s: %d objects, %v", x.name, objects(), err)
		}
	}
	if got, err := content(c.Service.Original(t.Context(), account.Actor{}, v)); err != nil || got != "甲\n1\n" {
		t.Errorf("%q, %v", got, err)
	}
}
