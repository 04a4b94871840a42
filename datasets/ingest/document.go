package ingest

import (
	"bytes"
	"encoding/xml"
	"errors"
	"regexp"
	"strings"

	"shuyuan/internal/fault"
)

// pdf looks at a PDF, which is kept as it is: no table is taken out of it. What
// is found is found in the open; what lies in packed parts of the file is not
// looked at.
func pdf(f *File, src source, _ Options) error {
	r, err := src.open()
	if err != nil {
		return err
	}
	ends, linear, first := 0, false, true
	err = inParts(r, detailsBytes, func(part []byte, fresh int) error {
		if first {
			head := part[:min(len(part), 1024)]
			if !bytes.Contains(head, []byte("%PDF-")) {
				return fault.New(fault.Invalid, "这不是 PDF 文件。")
			}
			first, linear = false, bytes.Contains(head, []byte("/Linearized"))
		}
		for _, sign := range pdfSigns {
			if sign.in.Match(part) {
				f.findings.add(sign.kind, sign.note)
			}
		}
		if tellsPlace(part) {
			f.findings.add("picture-place", placeNote)
		}
		// one across the border counts now
		ends += bytes.Count(part[max(0, fresh-len(endOfPDF)+1):], []byte(endOfPDF))
		return nil
	})
	if err != nil {
		return err
	}
	if ends > 2 || ends == 2 && !linear {
		f.findings.add("earlier-revision", note("PDF 里还留着修改以前的内容，请另存或打印为新的 PDF。"))
	}
	return nil
}

const endOfPDF = "%%EOF"

var pdfSigns = []struct {
	kind string
	in   *regexp.Regexp
	note Note
}{
	{"script", regexp.MustCompile(`/(JavaScript|JS)\b`), note("PDF 里有脚本，请去掉再传。")},
	{"launch", regexp.MustCompile(`/Launch\b`), note("PDF 里有打开其他程序的动作，请去掉再传。")},
	{"attachment", regexp.MustCompile(`/EmbeddedFiles?\b`), note("PDF 里嵌有其他文件，请去掉再传。")},
	{"author", regexp.MustCompile(`/Author\s*[(<][^)>]|<dc:creator>\s*<rdf:Seq>\s*<rdf:li[^>]*>\s*[^\s<]`), note("文件属性里写着作者，请确认可以公开。")},
	{"locked", regexp.MustCompile(`/Encrypt\b`), note("PDF 有密码或限制，公众可能打不开。")},
}

// docx looks at a document, which is kept as it is.
func docx(f *File, src source, opt Options) error {
	r, err := src.seeker()
	if err != nil {
		return err
	}
	p, err := openParts(r, opt.Limits)
	if err != nil {
		return notDocument(err)
	}
	if p.files["word/document.xml"] == nil {
		return notDocument(errors.New("no document part"))
	}
	if err := errors.Join(p.author(f.findings), p.pictures(f.findings)); err != nil {
		return notDocument(err)
	}
	for name := range p.files {
		switch {
		case name == "word/vbaproject.bin":
			return fault.New(fault.Invalid, "文件里有宏，请去掉再传。")
		case strings.HasPrefix(name, "word/comments"):
			f.findings.add("comments", note("文档里有批注，请删除再传。"))
		case strings.HasPrefix(name, "word/embeddings/"):
			f.findings.add("attachment", note("文档里嵌有其他文件，请去掉再传。"))
		}
	}
	err = p.each("word/document.xml", func(_ *elements, start xml.StartElement) error {
		switch start.Name.Local {
		case "ins", "del", "moveFrom", "moveTo":
			f.findings.add("tracked-changes", note("文档里留着修订记录，请接受或拒绝全部修订再传。"))
		case "vanish":
			f.findings.add("hidden-text", note("文档里有隐藏的文字，请删除再传。"))
		}
		return nil
	})
	return notDocument(err)
}

func notDocument(err error) error {
	if err == nil {
		return nil
	}
	if f, ok := errors.AsType[*fault.Fault](err); ok && f.Kind == fault.TooLarge {
		return f
	}
	return fault.New(fault.Invalid, "这不是完好的 DOCX 文件。").Because(err)
}

// author finds who the file says wrote it.
func (p parts) author(found *findings) error {
	if p.files["docprops/core.xml"] == nil {
		return nil
	}
	return p.each("docProps/core.xml", func(e *elements, start xml.StartElement) error {
		if start.Name.Local != "creator" && start.Name.Local != "lastModifiedBy" {
			return nil
		}
		text, err := e.text("")
		if strings.TrimSpace(text) != "" {
			found.add("author", note("文件属性里写着作者，请确认可以公开。"))
		}
		return err
	})
}
