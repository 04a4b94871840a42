package datasets_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"

	"shuyuan/datasets"
	"shuyuan/datasets/datasetstest"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

// publishing fails unless an upload is let through and becomes a version.
func publishing(t *testing.T, c *datasetstest.Catalogue, who account.Actor, u *datasets.Upload, p datasets.Publication) *datasets.Version {
	t.Helper()
	c.Approve(t, who, u.ID)
	v, err := c.Service.PublishUpload(t.Context(), who, u.ID, p)
	if err != nil {
		t.Fatalf("%s: %v", u.FileName, err)
	}
	return v
}

// packedIn is a zip with these entries.
func packedIn(t *testing.T, entries map[string]string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, content := range entries {
		f, err := w.Create(name)
		if err == nil {
			_, err = f.Write([]byte(content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Three files that mean harm are read at the same time as a good one: it
// becomes a version, and they say why not.
func TestEvilFilesDoNotHinderAGoodOne(t *testing.T) {
	c := newUploads(t)
	d := c.Dataset(t)
	who := datasetstest.Officer(d.Department)
	files := map[string]string{
		"good.csv":   "代码,人口\n350100,842\n",
		"entity.xml": `<!DOCTYPE x [<!ENTITY a "` + strings.Repeat("a", 50_000) + `">]><r><x>` + strings.Repeat("&a;", 1000) + `</x><x/></r>`,
		"nested.zip": packedIn(t, map[string]string{"a.zip": packedIn(t, map[string]string{"a.csv": "a\n1\n"})}),
		"page.csv":   "<!DOCTYPE html>\n<html><script>alert(1)</script></html>\n",
	}
	var mu sync.Mutex
	read := map[string]*datasets.Upload{}
	var all sync.WaitGroup
	for name, content := range files {
		resource := c.Resource(t, d)
		all.Go(func() {
			u, err := c.Service.StartUpload(t.Context(), who, datasets.NewUpload{ResourceID: resource, FileName: name, Bytes: int64(len(content))})
			if err == nil {
				_, err = c.Service.AppendUpload(t.Context(), who, u.ID, datasets.Chunk{Reader: strings.NewReader(content)})
			}
			if err == nil {
				err = c.Service.ReadReceived(t.Context(), datasets.UploadReceived{ID: u.ID})
			}
			if err == nil {
				u, err = c.Service.Upload(t.Context(), who, u.ID)
			}
			if err != nil {
				t.Errorf("%s: %v", name, err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			read[name] = u
		})
	}
	all.Wait()
	if t.Failed() {
		t.FailNow()
	}
	for name, u := range read {
		if name == "good.csv" {
			if v := publishing(t, c, who, u, datasets.Publication{}); v.Number != 1 || v.Tables[0].Rows != 1 {
				t.Errorf("%+v", v)
			}
			continue
		}
		if u.State != datasets.Rejected || u.Refusal == nil || u.Refusal.Sentence == "" {
			t.Errorf("%s is %s: %v", name, u.State, u.Refusal)
		}
		if _, err := c.Service.PublishUpload(t.Context(), who, u.ID, datasets.Publication{Reviewed: "看过"}); fault.KindOf(err) != fault.Conflict {
			t.Errorf("%s is published: %v", name, err)
		}
		if versions, err := c.Service.Versions(t.Context(), who, u.ResourceID); len(versions) > 0 {
			t.Errorf("%s: %d versions, %v", name, len(versions), err)
		}
	}
}

// What an officer says of a column holds for every version to come, also for one
// that is imported; what a dictionary at hand says is the newer word.
func TestWhatIsSaidOfAColumnHoldsForImportsToo(t *testing.T) {
	c := newUploads(t)
	d := c.Dataset(t)
	id, who := c.Resource(t, d), datasetstest.Officer(d.Department)
	u := sent(t, c, who, id, "a.csv", "代码,人口\n350100,842\n")
	if err := c.Service.RereadUpload(t.Context(), who, u.ID, datasets.Reread{Columns: []datasets.ColumnOverride{{Name: "代码", Override: datasets.Override{Type: "text", Label: "区划代码", Unit: "个"}}}}); err != nil {
		t.Fatal(err)
	}
	publishing(t, c, who, read(t, c, who, u.ID), datasets.Publication{})
	for _, x := range []struct {
		dictionary        [][]datasets.Field
		kind, label, unit string
	}{
		{nil, "text", "区划代码", "个"},
		{[][]datasets.Field{{{Name: "代码", Label: "编码", Type: "integer"}, {Name: "人口"}}}, "integer", "编码", "个"},
	} {
		v, err := c.Service.AddVersion(t.Context(), who, d, id, datasets.NewVersion{FileName: "a.csv", Content: strings.NewReader("代码,人口\n350200,531\n"), Fields: x.dictionary, Reason: "新"})
		if err != nil {
			t.Fatal(err)
		}
		if f := v.Tables[0].Fields[0]; f.Type != x.kind || f.Label != x.label || f.Unit != x.unit {
			t.Errorf("%+v, want %s %s %s", f, x.kind, x.label, x.unit)
		}
	}
	if said, err := c.Service.Overrides(t.Context(), who, id); err != nil || said[0]["代码"].Type != "text" {
		t.Errorf("what was said: %v, %v", said, err)
	}
}

// How an officer had a file read is how the next of its kind is read, but for
// the encoding.
func TestTheNextFileIsReadAsTheLast(t *testing.T) {
	c := newUploads(t)
	d := c.Dataset(t)
	id, who := c.Resource(t, d), datasetstest.Officer(d.Department)
	chinese, err := simplifiedchinese.GB18030.NewEncoder().String("福州;842\n厦门;531\n")
	if err != nil {
		t.Fatal(err)
	}
	u := sent(t, c, who, id, "a.csv", chinese)
	if err := c.Service.RereadUpload(t.Context(), who, u.ID, datasets.Reread{Header: "no", Encoding: "GB18030", Delimiter: ";"}); err != nil {
		t.Fatal(err)
	}
	u = read(t, c, who, u.ID)
	if u.State != datasets.Reviewing || u.Tables[0].Rows != 2 || len(u.Tables[0].Columns) != 2 || u.Tables[0].Preview[0][0] != "福州" || u.Found != "GB18030" {
		t.Fatalf("%s %+v", u.State, u.Tables)
	}
	v := publishing(t, c, who, u, datasets.Publication{})
	if v.Header || v.Delimiter != ";" || !v.Told || v.Encoding != "GB18030" {
		t.Errorf("the version does not say how it is read: %+v", v)
	}
	next := sent(t, c, who, id, "B.CSV", "福州;850\n厦门;540\n泉州;888\n")
	if next.Header != "no" || next.Delimiter != ";" || next.Encoding != "" || next.Tables[0].Rows != 3 || next.Tables[0].Preview[0][0] != "福州" {
		t.Fatalf("the next is read by %q %q %q: %+v", next.Header, next.Delimiter, next.Encoding, next.Tables)
	}
	second := publishing(t, c, who, next, datasets.Publication{Reason: "新的一年"})
	for i, f := range second.Tables[0].Fields {
		if was := v.Tables[0].Fields[i].Name; f.Name != was {
			t.Errorf("column %d is called %q and was %q", i, f.Name, was)
		}
	}
	if other := sent(t, c, who, id, "c.json", `[{"甲": 1}]`); other.Header != "" || other.Delimiter != "" {
		t.Errorf("a file of another kind is read by %q %q", other.Header, other.Delimiter)
	}
	if elsewhere := sent(t, c, who, c.Resource(t, d), "a.csv", "甲,乙\n1,2\n"); elsewhere.Header != "" || elsewhere.Delimiter != "" {
		t.Errorf("another resource is read by %q %q", elsewhere.Header, elsewhere.Delimiter)
	}
	traditional, err := traditionalchinese.Big5.NewEncoder().String("縣市,人口\n連江,14\n")
	if err != nil {
		t.Fatal(err)
	}
	forced := sent(t, c, who, c.Resource(t, d), "big5.csv", traditional)
	if err := c.Service.RereadUpload(t.Context(), who, forced.ID, datasets.Reread{Encoding: "Big5"}); err != nil {
		t.Fatal(err)
	}
	if forced = read(t, c, who, forced.ID); forced.State != datasets.Reviewing || forced.Tables[0].Columns[0].Name != "縣市" {
		t.Errorf("%s %+v", forced.State, forced.Tables)
	}
}

func TestHowAFileIsToBeReadMustBeAWay(t *testing.T) {
	c := newUploads(t)
	d := c.Dataset(t)
	id, who := c.Resource(t, d), datasetstest.Officer(d.Department)
	u := sent(t, c, who, id, "a.csv", "代码,人口\n350100,842\n")
	for name, r := range map[string]datasets.Reread{
		"a header that is none": {Header: "maybe"}, "an encoding that is none": {Encoding: "EBCDIC"}, "two delimiters": {Delimiter: ";;"}, "a quote": {Delimiter: `"`}, "a line end": {Delimiter: "\n"},
		"a type that is none": {Columns: []datasets.ColumnOverride{{Name: "代码", Override: datasets.Override{Type: "varchar"}}}},
		"a label with NUL":    {Columns: []datasets.ColumnOverride{{Name: "代码", Override: datasets.Override{Label: "a\x00"}}}},
	} {
		if err := c.Service.RereadUpload(t.Context(), who, u.ID, r); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if u, err := c.Service.Upload(t.Context(), who, u.ID); err != nil || u.State != datasets.Reviewing {
		t.Errorf("%v, %v", u.State, err)
	}
}

// Documents go the same road and have no tables. What they hide somebody must
// have seen.
func TestDocumentsArePublishedAsFiles(t *testing.T) {
	c := newUploads(t)
	d := c.Dataset(t)
	who := datasetstest.Officer(d.Department)
	for name, text := range map[string]string{
		"a.pdf":  "%PDF-1.4\n1 0 obj <<>> endobj\n%%EOF\n",
		"a.docx": packedIn(t, map[string]string{"[Content_Types].xml": "<Types/>", "word/document.xml": "<document><body><p><r><t>甲</t></r></p></body></document>"}),
	} {
		u := sent(t, c, who, c.Resource(t, d), name, text)
		if u.State != datasets.Reviewing || len(u.Tables) != 0 || len(u.Findings) != 0 {
			t.Fatalf("%s: %s %v %v %v", name, u.State, u.Tables, u.Findings, u.Refusal)
		}
		v := publishing(t, c, who, u, datasets.Publication{})
		if got, err := content(c.Service.Original(t.Context(), account.Actor{}, v)); err != nil || got != text || len(v.Tables) != 0 {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	u := sent(t, c, who, c.Resource(t, d), "b.pdf", "%PDF-1.4\n1 0 obj <</Type/Action/S/JavaScript/JS(app.alert(1))>> endobj\n%%EOF")
	if _, err := c.Service.PublishUpload(t.Context(), who, u.ID, datasets.Publication{}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a script in it is published unseen: %v", err)
	}
	publishing(t, c, who, u, datasets.Publication{Reviewed: "只是打印按钮"})
	if u, err := c.Service.Upload(t.Context(), who, u.ID); err != nil || u.ReviewedName != who.Name || u.ReviewedReason != "只是打印按钮" {
		t.Errorf("who has seen it is not kept: %+v, %v", u, err)
	}
}

// An upload with a valid number of a resident does not become a version before
// somebody has decided that it may.
func TestAnUploadThatNamesPersonsWaitsForADecision(t *testing.T) {
	c := newUploads(t)
	d := c.Dataset(t)
	id, who := c.Resource(t, d), datasetstest.Officer(d.Department)
	u := sent(t, c, who, id, "a.csv", "序号,备注\n1,无\n2,"+someID+"\n")
	against, err := c.Service.Objections(t.Context(), who, u)
	if err != nil || len(against) != 1 || !against[0].Block || against[0].Finding == 0 {
		t.Fatalf("against it stands %+v, %v", against, err)
	}
	for _, reviewed := range []string{"", "看过了"} {
		if _, err := c.Service.PublishUpload(t.Context(), who, u.ID, datasets.Publication{Reviewed: reviewed}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("it is published: %v", err)
		}
	}
	if versions, err := c.Service.Versions(t.Context(), who, id); len(versions) != 0 {
		t.Errorf("%d versions, %v", len(versions), err)
	}
	if err := c.Service.DecideFinding(t.Context(), who, against[0].Finding, datasets.FindingDismissed, "样例号码，不是任何人的"); err != nil {
		t.Fatal(err)
	}
	publishing(t, c, who, u, datasets.Publication{})
}

// What uploads may take of the installation.
func TestUploadsKeepToTheRules(t *testing.T) {
	start := func(c *datasetstest.Catalogue, who account.Actor, id string, bytes int64) error {
		_, err := c.Service.StartUpload(t.Context(), who, datasets.NewUpload{ResourceID: id, FileName: "a.csv", Bytes: bytes})
		return err
	}
	for name, x := range map[string]struct {
		rule  func(*datasets.UploadRules)
		sizes []int64
		want  fault.Kind
	}{
		"too many of one person":     {func(r *datasets.UploadRules) { r.OpenOfPerson = 2 }, []int64{1, 1, 1}, fault.Conflict},
		"too much of one department": {func(r *datasets.UploadRules) { r.DepartmentBytes = 100 }, []int64{60, 40, 1}, fault.TooLarge},
		"a disk nearly full":         {func(r *datasets.UploadRules) { r.FreeBytes = 1 << 60 }, []int64{1}, fault.Unavailable},
		"a file too large":           {func(r *datasets.UploadRules) { r.FileBytes = 10 }, []int64{10, 11}, fault.TooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			c := newUploads(t, x.rule)
			d := c.Dataset(t)
			id, who := c.Resource(t, d), datasetstest.Officer(d.Department)
			for i, bytes := range x.sizes {
				err := start(c, who, id, bytes)
				if last := i == len(x.sizes)-1; last != (err != nil) || last && fault.KindOf(err) != x.want {
					t.Errorf("number %d: %v", i+1, err)
				}
			}
			page, err := c.Service.Uploads(t.Context(), who, 0, 10)
			if err != nil || page.Total != len(x.sizes)-1 {
				t.Errorf("%d uploads, %v", page.Total, err)
			}
			if len(page.Items) == 0 || name == "a file too large" {
				return
			}
			if err := c.Service.DiscardUpload(t.Context(), who, page.Items[0].ID); err != nil { // makes room
				t.Fatal(err)
			}
			if err := start(c, who, id, 1); err != nil {
				t.Errorf("once one is given up: %v", err)
			}
		})
	}
}

// An upload that nobody comes back to ends, and takes nothing any more.
func TestUploadsThatNobodyComesBackToEnd(t *testing.T) {
	staged := t.TempDir()
	c := datasetstest.New(t, &datasetstest.Gate{}, datasetstest.Asked, datasetstest.UploadingIn(staged))
	d := c.Dataset(t)
	id, who := c.Resource(t, d), datasetstest.Officer(d.Department)
	reviewed := sent(t, c, who, id, "a.csv", "代码,人口\n350100,842\n")
	half, err := c.Service.StartUpload(t.Context(), who, datasets.NewUpload{ResourceID: id, FileName: "b.csv", Bytes: 100})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := c.Service.AppendUpload(t.Context(), who, half.ID, datasets.Chunk{Reader: strings.NewReader("代码")}); err != nil || got != 6 {
		t.Fatalf("%d, %v", got, err)
	}
	stray := filepath.Join(staged, strings.Repeat("a", 26)+".part")
	if err := os.WriteFile(stray, []byte("of no upload"), 0o600); err != nil {
		t.Fatal(err)
	}
	states := func(after time.Duration) (out []datasets.UploadState) {
		t.Helper()
		c.Set(datasetstest.Now.Add(after))
		if err := c.Service.SweepUploads(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, u := range []*datasets.Upload{half, reviewed} {
			now, err := c.Service.Upload(t.Context(), who, u.ID)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, now.State)
		}
		return out
	}
	if got := states(71 * time.Hour); !slices.Equal(got, []datasets.UploadState{datasets.Uploading, datasets.Reviewing}) {
		t.Errorf("in time they are %v", got)
	}
	if _, err := os.Stat(stray); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file of no upload stays: %v", err)
	}
	if got := states(73 * time.Hour); !slices.Equal(got, []datasets.UploadState{datasets.Expired, datasets.Reviewing}) {
		t.Errorf("after three days they are %v", got)
	}
	if left, err := os.ReadDir(staged); err != nil || len(left) != 0 {
		t.Errorf("%v is left, %v", left, err)
	}
	if got := states(31 * 24 * time.Hour); !slices.Equal(got, []datasets.UploadState{datasets.Expired, datasets.Expired}) {
		t.Errorf("after a month they are %v", got)
	}
	var objects int
	if err := c.Pool.QueryRow(t.Context(), `SELECT count(*) FROM blobs`).Scan(&objects); err != nil || objects != 0 {
		t.Errorf("%d objects are kept, %v", objects, err)
	}
	if err := c.Service.ReadReceived(t.Context(), datasets.UploadReceived{ID: reviewed.ID}); err != nil {
		t.Errorf("a job that comes late: %v", err)
	}
}

// Where a backup was restored that left the staged files out, the sender is told
// and sends the bytes again.
func TestBytesThatAreGoneAreSentAgain(t *testing.T) {
	staged := t.TempDir()
	c := datasetstest.New(t, &datasetstest.Gate{}, datasetstest.Asked, datasetstest.UploadingIn(staged))
	d := c.Dataset(t)
	id, who := c.Resource(t, d), datasetstest.Officer(d.Department)
	const file = "代码,人口\n350100,842\n"
	begin := func() *datasets.Upload {
		u, err := c.Service.StartUpload(t.Context(), who, datasets.NewUpload{ResourceID: id, FileName: "a.csv", Bytes: int64(len(file))})
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	lose := func(u *datasets.Upload) {
		if err := os.Remove(filepath.Join(staged, u.ID+".part")); err != nil {
			t.Fatal(err)
		}
	}
	u := begin()
	for i, x := range []struct {
		offset int
		want   fault.Kind
		got    int64
	}{{0, 0, 9}, {9, fault.Conflict, 0}} {
		if i == 1 {
			lose(u)
		}
		got, err := c.Service.AppendUpload(t.Context(), who, u.ID, datasets.Chunk{Reader: strings.NewReader(file[x.offset : x.offset+9]), Offset: int64(x.offset)})
		if got != x.got || (err != nil) != (x.want != 0) || err != nil && fault.KindOf(err) != x.want {
			t.Errorf("at %d: %d, %v", x.offset, got, err)
		}
	}
	if got, err := c.Service.AppendUpload(t.Context(), who, u.ID, datasets.Chunk{Reader: strings.NewReader(file)}); err != nil || got != int64(len(file)) {
		t.Errorf("%d, %v", got, err)
	}
	if u := read(t, c, who, u.ID); u.State != datasets.Reviewing {
		t.Errorf("it is %s", u.State)
	}
	whole := begin() // the bytes of a whole one are gone: it says so, and is not read forever
	if _, err := c.Service.AppendUpload(t.Context(), who, whole.ID, datasets.Chunk{Reader: strings.NewReader(file)}); err != nil {
		t.Fatal(err)
	}
	lose(whole)
	if u := read(t, c, who, whole.ID); u.State != datasets.Rejected || !strings.Contains(u.Refusal.Sentence, "重新上传") {
		t.Errorf("it is %s: %v", u.State, u.Refusal)
	}
}

// The same file as the newest version is not published once more.
func TestTheSameFileIsNotPublishedTwice(t *testing.T) {
	c := newUploads(t)
	d := c.Dataset(t)
	id, who := c.Resource(t, d), datasetstest.Officer(d.Department)
	publishing(t, c, who, sent(t, c, who, id, "a.csv", "代码,人口\n350100,842\n"), datasets.Publication{})
	if _, err := c.Service.PublishUpload(t.Context(), who, sent(t, c, who, id, "b.csv", "代码,人口\n350100,842\n").ID, datasets.Publication{Reason: "再来"}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("%v", err)
	}
	other := sent(t, c, who, id, "b.csv", "代码,人口\n350100,843\n")
	if _, err := c.Service.PublishUpload(t.Context(), who, other.ID, datasets.Publication{}); fault.KindOf(err) != fault.Invalid || fault.Of(err).Field != "reason" {
		t.Errorf("without a reason: %v", err)
	}
	if v := publishing(t, c, who, other, datasets.Publication{Reason: "改正"}); v.Number != 2 || v.Reason != "改正" {
		t.Errorf("%+v", v)
	}
}
