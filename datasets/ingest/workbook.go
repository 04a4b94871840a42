package ingest

import (
	"encoding/xml"
	"errors"
	"io"
	"path"
	"slices"
	"strings"

	"shuyuan/internal/fault"
)

// workbook opens the sheets of an XLSX file, each a table whose first rows
// name the columns. Sheets without any cell are left out, and so are hidden
// ones. What is hidden anywhere is found and told: whoever publishes the file
// must have seen all of it.
//
// It reads the values themselves, not what a spreadsheet would show of them:
// a number keeps all its digits, a day is 2026-01-15 in whatever form.
func workbook(f *File, src source, opt Options) error {
	r, err := src.seeker()
	if err != nil {
		return err
	}
	p, err := openParts(r, opt.Limits)
	if err != nil {
		return err
	}
	b, err := readBook(p)
	if err != nil {
		return unreadableBook(err)
	}
	b.findings = f.findings
	if err := p.pictures(f.findings); err != nil {
		return unreadableBook(err)
	}
	b.surveyParts()
	for _, s := range b.sheets {
		if s.hidden {
			b.findings.add("hidden-sheet", note("工作表“%s”是隐藏的，请取消隐藏或删除后再上传。", s.name))
			continue
		}
		filled, err := b.filled(s)
		if err != nil {
			return unreadableSheet(s.name, 1, err)
		}
		if !filled {
			continue
		}
		if s.merged, err = b.survey(s); err != nil {
			return unreadableSheet(s.name, 1, err)
		}
		top, err := b.top(s)
		if err != nil {
			return unreadableSheet(s.name, 1, err)
		}
		s.merged.decide(top)
		notes := s.merged.notes(s.name)
		f.Notes = append(f.Notes, notes...)
		said := &said{}
		f.tables = append(f.tables, Table{Name: s.name, said: said, read: func(yield func([]string) error) error { return b.rows(s, opt, said, yield) }})
	}
	if len(f.tables) == 0 {
		return fault.New(fault.Invalid, "文件是空的。")
	}
	return nil
}

// surveyParts finds what lies in a workbook beside its sheets.
func (b *book) surveyParts() {
	for name := range b.parts.files {
		for _, sign := range bookSigns {
			if strings.HasPrefix(name, sign.prefix) {
				b.findings.add(sign.kind, sign.note)
			}
		}
	}
	slices.SortFunc(b.findings.list, func(x, y Finding) int { return strings.Compare(x.Kind, y.Kind) })
}

var bookSigns = []struct {
	prefix, kind string
	note         Note
}{
	{"xl/pivotcache/", "pivot-cache", note("工作簿里有数据透视表的缓存，里面是透视前的全部数据；请删除透视表，或把结果粘贴为值再传。")},
	{"xl/externallinks/", "external-links", note("工作簿里留着其他文件的数据（外部链接），请断开链接再传。")},
	{"xl/embeddings/", "attachment", note("工作簿里嵌有其他文件，请去掉再传。")},
	{"xl/comments", "comments", note("工作簿里有批注，请删除再传。")},
	{"xl/threadedcomments/", "comments", note("工作簿里有批注，请删除再传。")},
	{"xl/revisions/", "tracked-changes", note("工作簿里留着修订记录，请停止共享并清除再传。")},
	{"xl/model/", "data-model", note("工作簿里有数据模型，里面可能有表里看不到的数据；请删除再传。")},
	{"xl/connections.xml", "connections", note("工作簿里留着数据连接，请删除再传。")},
	{"xl/querytables/", "connections", note("工作簿里留着数据连接，请删除再传。")},
	{"xl/vbaproject.bin", "macros", note("工作簿里有宏，请另存为不带宏的 XLSX 再传。")},
}

// book is what all sheets of a workbook share.
type book struct {
	parts    parts
	findings *findings
	sheets   []sheet
	texts    *texts
	styles   []style // by the number that a cell names
	date1904 bool
	unworked int   // formulas of the sheet at hand without what they come to
	formulas []int // columns of the row at hand that formulas work out
}

type sheet struct {
	name, part string
	hidden     bool
	merged     merges
}

func readBook(p parts) (*book, error) {
	b := &book{parts: p}
	office, err := p.related("_rels/.rels", "")
	if err != nil {
		return nil, err
	}
	main, ok := office.first("officedocument")
	if !ok {
		return nil, errors.New("no workbook part")
	}
	folder := path.Dir(main)
	links, err := p.related(path.Join(folder, "_rels", path.Base(main)+".rels"), folder)
	if err != nil {
		return nil, err
	}
	if err := b.readMain(main, links); err != nil {
		return nil, err
	}
	if part, ok := links.first("styles"); ok {
		if b.styles, err = p.styles(part); err != nil {
			return nil, err
		}
	}
	if part, ok := links.first("sharedstrings"); ok {
		b.texts, err = p.texts(part)
	}
	return b, err
}

func (b *book) readMain(part string, links links) error {
	return b.parts.each(part, func(e *elements, start xml.StartElement) error {
		switch start.Name.Local {
		case "workbookPr":
			b.date1904 = truth(attribute(start, "date1904"))
		case "sheet":
			link, ok := links[linkID(start)]
			if ok && link.kind != "worksheet" {
				return nil // a chart, a dialogue
			}
			state := attribute(start, "state")
			b.sheets = append(b.sheets, sheet{name: attribute(start, "name"), part: link.part, hidden: state != "" && state != "visible"})
		}
		return nil
	})
}

// linkID is the id attribute that belongs to relationships, as against a
// sheet's own.
func linkID(e xml.StartElement) string {
	for _, a := range e.Attr {
		if a.Name.Local == "id" && strings.HasSuffix(a.Name.Space, "/relationships") {
			return a.Value
		}
	}
	return ""
}

// links are what a part refers to, by id.
type links map[string]link

type link struct{ kind, part string } // kind in lower case, as worksheet

func (l links) first(kind string) (string, bool) {
	for _, one := range l {
		if one.kind == kind {
			return one.part, true
		}
	}
	return "", false
}

// related reads the references of a part that lies in folder.
func (p parts) related(part, folder string) (links, error) {
	out := links{}
	err := p.each(part, func(_ *elements, start xml.StartElement) error {
		if start.Name.Local != "Relationship" || attribute(start, "TargetMode") == "External" {
			return nil
		}
		target := strings.ReplaceAll(attribute(start, "Target"), `\`, "/")
		if !strings.HasPrefix(target, "/") {
			target = path.Join(folder, target)
		}
		out[attribute(start, "Id")] = link{strings.ToLower(path.Base(attribute(start, "Type"))), strings.TrimPrefix(path.Clean(target), "/")}
		if len(out) > maxParts {
			return errors.New("too many references")
		}
		return nil
	})
	return out, err
}

// each calls do for every element of a part. Do may read on to its end.
func (p parts) each(part string, do func(*elements, xml.StartElement) error) error {
	e, err := p.open(part)
	if err != nil {
		return err
	}
	defer e.close()
	for {
		token, err := e.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if start, ok := token.(xml.StartElement); ok {
			if err := do(e, start); err != nil {
				return err
			}
		}
	}
}

// texts are the strings that the cells of all sheets share, in one piece.
type texts struct {
	all  []byte
	ends []uint32
}

const maxTexts = 256 << 20

func (t *texts) at(i int) (string, bool) {
	if t == nil || i < 0 || i >= len(t.ends) {
		return "", false
	}
	from := uint32(0)
	if i > 0 {
		from = t.ends[i-1]
	}
	return string(t.all[from:t.ends[i]]), true
}

func (p parts) texts(part string) (*texts, error) {
	out := &texts{}
	err := p.each(part, func(e *elements, start xml.StartElement) error {
		if start.Name.Local != "si" {
			return nil
		}
		s, err := e.text("rPh") // what is said of its pronunciation is no part of a text
		if err != nil {
			return err
		}
		if out.all = append(out.all, unescape(s)...); len(out.all)+4*len(out.ends) > maxTexts {
			return errUnpacks(maxTexts)
		}
		out.ends = append(out.ends, uint32(len(out.all))) //nolint:gosec // below maxTexts
		return nil
	})
	return out, err
}

// truth reads a boolean attribute.
func truth(s string) bool { return s == "1" || s == "true" || s == "on" }

func unreadableBook(err error) error {
	if errors.Is(err, errTooLong) {
		return fault.New(fault.TooLarge, "工作簿里有一段内容太长，最多 %s。", inUnits(int64(Limits{}.orDefault().Record))).Because(err)
	}
	return notWorkbook(err)
}
