package ingest

import (
	"archive/zip"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"shuyuan/internal/fault"
)

// mostEntries is how many files an archive may hold.
const mostEntries = 1000

// archive is a zip file whose entries are read where they lie; nothing of it
// is ever written under a name of its own.
type archive struct {
	entries []entry // those that people see
	unseen  []entry // what systems and programs leave there
}

type entry struct {
	file *zip.File
	name string // as its makers saw it
	way  string // with its folders
	base string // in lower case, without folders
}

// archived opens the tables in a zip file: shapefiles, or files of the other
// formats, each a table. What stands beside them to be read by people is left
// alone; an archive within an archive, a locked one and a program are refused.
func archived(r io.ReadSeeker, opt Options) (*File, error) {
	a, err := openArchive(r, opt.Limits)
	if err != nil {
		return nil, err
	}
	f := &File{Format: "zip", Compression: "zip", findings: &findings{}}
	if err := a.survey(f, opt); err != nil {
		return nil, err
	}
	layers := a.layers()
	if len(layers) > 0 {
		f.Format = "shp"
	}
	for _, l := range layers {
		if err := l.open(f, opt); err != nil {
			return nil, err
		}
	}
	var data []entry
	for _, e := range a.entries {
		if len(layers) == 0 && e.isTable() {
			data = append(data, e)
		}
	}
	if text := func(e entry) bool { return path.Ext(e.base) == ".txt" }; !allOf(data, text) { // a text beside data is about it
		data = slices.DeleteFunc(data, text)
	}
	if len(data) > 1 && !opt.NoHeader {
		opt.Header = true // what a person says of it would be said of all
	}
	for _, e := range data {
		inner, err := opened(e.base, a.source(e, opt), opt, f.findings)
		if err != nil {
			return nil, err
		}
		if len(data) == 1 {
			f.Format, f.Encoding = inner.Format, inner.Encoding
		}
		f.Notes = append(f.Notes, inner.Notes...)
		for _, t := range inner.tables {
			if len(data) > 1 {
				t.Name = strings.TrimSpace(e.called(data) + " " + t.Name)
			}
			f.tables = append(f.tables, t)
		}
	}
	if len(f.tables) == 0 {
		return nil, fault.New(fault.Invalid, "压缩包里没有认得的数据文件。")
	}
	return f, nil
}

// called is what a file is called among others: by its folder too where others
// have its name.
func (e entry) called(all []entry) string {
	for _, other := range all {
		if other.base == e.base && other.way != e.way {
			return e.way
		}
	}
	return e.name
}

func allOf(all []entry, is func(entry) bool) bool {
	return !slices.ContainsFunc(all, func(e entry) bool { return !is(e) })
}

// besides may lie beside data; packs may not.
var besides = []string{".txt", ".md", ".pdf", ".docx", ".doc", ".html", ".htm", ".png", ".jpg", ".jpeg", ".xml", ".prj", ".cpg", ".shx", ".sbn", ".sbx", ".qix", ".qpj", ".dbf", ".shp", ".cst", ".fix", ".atx", ".ain", ".aih"}

var packs = []string{".zip", ".gz", ".rar", ".7z", ".tar", ".tgz", ".bz2", ".xz", ".zst", ".jar"}

func (e entry) isTable() bool {
	ext := strings.TrimPrefix(path.Ext(e.base), ".")
	return opener(ext) != nil && ext != "pdf" && ext != "docx"
}

func openArchive(r io.ReadSeeker, limits Limits) (*archive, error) {
	size, err := r.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	at := &window{r: r, size: size}
	if err := countEntries(at, size, mostEntries); err != nil {
		return nil, notArchive(err)
	}
	z, err := zip.NewReader(at, size)
	if err != nil {
		return nil, notArchive(err)
	}
	a := &archive{}
	for _, f := range z.File {
		name, err := entryName(f)
		if err != nil {
			return nil, err
		}
		e := entry{file: f, name: path.Base(name), way: name, base: strings.ToLower(path.Base(name))}
		ext := path.Ext(e.base)
		switch {
		case strings.HasSuffix(name, "/") && f.UncompressedSize64 == 0:
			continue
		case f.Flags&1 != 0:
			return nil, fault.New(fault.Invalid, "压缩包有密码，打不开；请不加密码重新压缩。")
		case slices.Contains(packs, ext):
			return nil, fault.New(fault.Invalid, "压缩包里不能再有压缩包。")
		case strings.HasPrefix(e.base, ".") || strings.Contains(name, "__MACOSX/") || e.base == "thumbs.db":
			a.unseen = append(a.unseen, e)
			continue
		case !e.isTable() && !slices.Contains(besides, ext):
			return nil, unknownFile(e.base)
		}
		a.entries = append(a.entries, e)
	}
	if err := a.plausible(); err != nil {
		return nil, err
	}
	for _, e := range a.all() { // whoever downloads the archive gets all of it
		if err := a.source(e, Options{Limits: limits}).harmless(""); err != nil {
			return nil, err
		}
	}
	return a, nil
}

func (a *archive) all() []entry { return slices.Concat(a.entries, a.unseen) }

// survey finds what lies in the documents and pictures beside the tables that
// nobody sees who only looks at them.
func (a *archive) survey(f *File, opt Options) error {
	for _, e := range a.entries {
		src := a.source(e, opt)
		var err error
		switch path.Ext(e.base) {
		case ".pdf":
			err = pdf(f, src, opt)
		case ".docx":
			err = docx(f, src, opt)
		case ".doc":
			f.findings.add("unreadable", note("压缩包里有旧格式的文档，看不出里面写着什么；请另存为 DOCX 再传。"))
		case ".png", ".jpg", ".jpeg":
			var r io.Reader
			if r, err = src.open(); err == nil {
				err = picture(f.findings, r)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// entryName is the name of an entry, which many programs write in GBK.
func entryName(f *zip.File) (string, error) {
	name := f.Name
	if f.NonUTF8 && !utf8.ValidString(name) {
		if decoded, err := simplifiedchinese.GB18030.NewDecoder().String(name); err == nil {
			name = decoded
		}
	}
	name = strings.ReplaceAll(name, `\`, "/")
	if !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool {
		return r < ' ' || r == utf8.RuneError || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069
	}) {
		return "", fault.New(fault.Invalid, "压缩包里有文件名读不出来。")
	}
	return name, nil
}

// plausible refuses entries that lie over one another, and those that say that
// they unpack like a bomb. What they say is not relied on: see source.
func (a *archive) plausible() error {
	type span struct{ from, to int64 }
	var spans []span
	for _, e := range a.all() {
		from, err := e.file.DataOffset()
		if err != nil {
			return notArchive(err)
		}
		packed := int64(min(e.file.CompressedSize64, 1<<62)) //nolint:gosec // bounded
		if e.file.UncompressedSize64 > bombBytes && e.file.UncompressedSize64/mostRatio > e.file.CompressedSize64 {
			return errBomb()
		}
		spans = append(spans, span{from, from + packed})
	}
	slices.SortFunc(spans, func(x, y span) int { return cmp.Compare(x.from, y.from) })
	for i := 1; i < len(spans); i++ {
		if spans[i].from < spans[i-1].to {
			return notArchive(errors.New("entries overlap"))
		}
	}
	return nil
}

// source reads an entry.
func (a *archive) source(e entry, opt Options) source {
	return source{limit: opt.Limits.Bytes, temp: opt.Temp, entry: func() (io.ReadCloser, error) {
		r, err := e.file.Open()
		if err != nil {
			return nil, notArchive(err)
		}
		return &unpacking{r: r, left: opt.Limits.Bytes, packed: int64(min(e.file.CompressedSize64, 1<<62))}, nil //nolint:gosec // bounded
	}}
}

// unpacking counts what comes out of an entry.
type unpacking struct {
	r            io.ReadCloser
	left, packed int64
	given        int64
}

func (u *unpacking) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	u.given += int64(n)
	switch u.left -= int64(n); {
	case u.left < 0:
		return 0, errUnpacks(u.given + u.left)
	case u.given > bombBytes && u.given/mostRatio > u.packed:
		return 0, errBomb()
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = notArchive(err)
	}
	return n, err
}

func (u *unpacking) Close() error { return u.r.Close() }

func notArchive(err error) error {
	if f, ok := errors.AsType[*fault.Fault](err); ok {
		return f
	}
	return fault.New(fault.Invalid, "这不是完好的 zip 文件。").Because(err)
}

func tooManyEntries(most int) error {
	return fault.New(fault.TooLarge, "压缩包里的文件太多，最多 %d 个。", most)
}

// countEntries walks the directory of an archive before it is read into
// memory: a small file can list millions of entries.
func countEntries(r io.ReaderAt, size int64, most int) error {
	tail := make([]byte, min(size, 22+1<<16))
	if _, err := r.ReadAt(tail, size-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	end := strings.LastIndex(string(tail), "PK\x05\x06")
	if end < 0 || end+22 > len(tail) {
		return errors.New("no end of directory")
	}
	at := int64(binary.LittleEndian.Uint32(tail[end+16:]))
	if n := binary.LittleEndian.Uint16(tail[end+10:]); at == 1<<32-1 { // more than any file here has
		return fmt.Errorf("%d entries", n)
	} else if int(n) > most {
		return tooManyEntries(most)
	}
	header := make([]byte, 46)
	for n := 0; ; n++ {
		if n > most {
			return tooManyEntries(most)
		}
		if k, err := r.ReadAt(header, at); k < len(header) || string(header[:4]) != "PK\x01\x02" {
			if err != nil && !errors.Is(err, io.EOF) {
				return err
			}
			return nil // the end, or a directory that the reader itself refuses
		}
		at += 46
		for _, length := range []int{28, 30, 32} { // of name, extra field, comment
			at += int64(binary.LittleEndian.Uint16(header[length:]))
		}
	}
}
