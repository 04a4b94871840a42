package ingest

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"shuyuan/internal/fault"
	"shuyuan/internal/sandbox"
)

// attachmentOrder asks what a file is that somebody hands in with a case, and
// whether it does more than show something. No table is taken out of it.
type attachmentOrder struct{}

// MostAttachment is how many bytes Attachment takes: it reads the whole file.
const MostAttachment = 64 << 20

// attachments are the formats that are taken, by what their bytes are, with the
// type under which they are given out and the ending of their name.
var attachments = map[string]AttachmentType{
	"pdf":  {"application/pdf", ".pdf"},
	"jpeg": {"image/jpeg", ".jpg"},
	"png":  {"image/png", ".png"},
	"docx": {"application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx"},
	"xlsx": {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx"},
	"pptx": {"application/vnd.openxmlformats-officedocument.presentationml.presentation", ".pptx"},
	"ofd":  {"application/ofd", ".ofd"}, // GB/T 33190-2016
}

// AttachmentType is what a file handed in is, by its bytes.
type AttachmentType struct {
	Media  string
	Suffix string // of its name, with the dot
}

// AttachmentMedia are the types of what is taken, in order.
func AttachmentMedia() []string {
	var out []string
	for _, is := range attachments {
		out = append(out, is.Media)
	}
	slices.Sort(out)
	return out
}

// Attachment says what a file handed in with a case is, in a limited child. It
// returns fault.Invalid or fault.TooLarge, which say why, for what is none of the
// formats that are taken, is broken, is locked, or does more than show something:
// scripts, macros, files within it, parts that are fetched from elsewhere, two
// formats at once.
func Attachment(ctx context.Context, file *os.File) (AttachmentType, error) {
	told, err := json.Marshal(order{Attachment: &attachmentOrder{}})
	if err != nil {
		return AttachmentType{}, fmt.Errorf("attachment: %w", err)
	}
	var out bytes.Buffer
	child, err := sandbox.Start(ctx, sandbox.Spec{
		Job: JobName, Files: []*os.File{file}, Stdin: bytes.NewReader(told), Stdout: &answer{w: &out},
		Memory: childMemory, CPU: time.Minute, Time: time.Minute, FileSize: 1,
	})
	if err != nil {
		return AttachmentType{}, fault.New(fault.Unavailable, "现在不能读取文件，请稍后再试。").Because(err)
	}
	if err := child.Wait(); err != nil {
		return AttachmentType{}, rejected(ctx, err)
	}
	var f frame
	if err := json.Unmarshal(out.Bytes(), &f); err != nil {
		return AttachmentType{}, rejected(ctx, err)
	}
	if f.Refused != nil {
		return AttachmentType{}, fault.New(fault.Invalid, f.Refused.Why.Sentence, f.Refused.Why.Args...)
	}
	is, known := attachments[f.Attachment]
	if !known {
		return AttachmentType{}, rejected(ctx, fmt.Errorf("the child names a %q", f.Attachment))
	}
	return is, nil
}

// tellAttachment is Attachment in the child.
func tellAttachment(w io.Writer, file io.ReadSeeker) error {
	is, err := lookAtAttachment(file)
	out := json.NewEncoder(w)
	if err != nil {
		f := fault.Of(err)
		if f.Kind == fault.Internal {
			return err
		}
		return out.Encode(frame{Refused: &refusal{Kind: fault.Invalid, Why: note(f.Sentence, f.Args...)}})
	}
	return out.Encode(frame{Attachment: is})
}

func lookAtAttachment(file io.ReadSeeker) (string, error) {
	raw, err := io.ReadAll(io.LimitReader(file, MostAttachment+1))
	if err != nil {
		return "", err
	}
	switch {
	case len(raw) == 0:
		return "", fault.New(fault.Invalid, "文件是空的。")
	case len(raw) > MostAttachment:
		return "", errUnpacks(MostAttachment)
	}
	if err := clean(raw); err != nil {
		return "", err
	}
	begins := func(sign string) bool { return bytes.HasPrefix(raw, []byte(sign)) }
	switch {
	case begins("%PDF-"):
		return "pdf", pdfAttachment(raw)
	case begins("\xFF\xD8\xFF"):
		return "jpeg", pictureAttachment(raw, jpegEnds)
	case begins("\x89PNG\r\n\x1a\n"):
		return "png", pictureAttachment(raw, pngEnds)
	case begins("PK\x03\x04"):
		return officeAttachment(raw)
	case begins("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"):
		return "", fault.New(fault.Invalid, "这个文件有密码，或是旧格式（DOC、XLS、PPT）；请去掉密码，另存为新格式或 PDF 再传。")
	}
	return "", errNoAttachment()
}

func errNoAttachment() error {
	return fault.New(fault.Invalid, "只收 PDF、OFD、DOCX、XLSX、PPTX、JPG 和 PNG。这个文件的内容不是其中任何一种。")
}

func errBroken() error {
	return fault.New(fault.Invalid, "文件不完整，请重新导出或拍照再传。")
}

// clean refuses what is known to be harmful wherever it stands first.
func clean(raw []byte) error {
	if bytes.Contains(raw[:min(len(raw), 512)], []byte("EICAR-STANDARD-ANTIVIRUS-TEST-FILE")) {
		return fault.New(fault.Invalid, "文件里有病毒（测试串），已经拒绝。")
	}
	return nil
}

// alsoArchive reports whether raw, which begins as something else, ends as an
// archive: programs that look at its end would unpack it (APPNOTE 4.3.16).
func alsoArchive(raw []byte) bool {
	tail := raw[max(0, len(raw)-22-1<<16):]
	for rest := tail; ; {
		at := bytes.Index(rest, []byte("PK\x05\x06"))
		if at < 0 {
			return false
		}
		if rest = rest[at:]; len(rest) >= 22 && 22+int(binary.LittleEndian.Uint16(rest[20:])) == len(rest) {
			return true
		}
		rest = rest[4:]
	}
}

func errTwoAtOnce() error {
	return fault.New(fault.Invalid, "这个文件同时是两种格式，已经拒绝；请重新导出或拍照再传。")
}

// pdfActs are what a PDF may not have to be handed in: it shows something and
// does nothing.
var pdfActs = []string{"script", "launch", "attachment", "locked"}

// pdfAttachment looks at a PDF, also into the packed lists of its objects, where
// names may be written with codes (ISO 32000-1, 7.3.5 and 7.5.7).
func pdfAttachment(raw []byte) error {
	if !bytes.Contains(raw[max(0, len(raw)-2048):], []byte(endOfPDF)) {
		return errBroken()
	}
	if alsoArchive(raw) {
		return errTwoAtOnce()
	}
	if err := pdfSigned(raw); err != nil {
		return err
	}
	left := int64(128 << 20)
	for rest := raw; ; {
		at := bytes.Index(rest, []byte("/ObjStm"))
		if at < 0 {
			return nil
		}
		rest = rest[at+len("/ObjStm"):]
		body := streamIn.FindIndex(rest[:min(len(rest), 4096)])
		if body == nil {
			continue
		}
		z, err := zlib.NewReader(bytes.NewReader(rest[body[1]:]))
		if err != nil {
			continue // packed otherwise: what is in it no reader of ours sees, and it is given out to be kept
		}
		objects, err := io.ReadAll(io.LimitReader(z, left+1))
		if left -= int64(len(objects)); left < 0 {
			return errUnpacks(128 << 20)
		}
		if err != nil && len(objects) == 0 {
			continue
		}
		if err := pdfSigned(objects); err != nil {
			return err
		}
	}
}

var streamIn = regexp.MustCompile(`stream\r?\n`)

var coded = regexp.MustCompile(`#[0-9A-Fa-f]{2}`)

// pdfSigned returns a fault for the signs of what a PDF may not have.
func pdfSigned(part []byte) error {
	if bytes.IndexByte(part, '#') >= 0 {
		part = coded.ReplaceAllFunc(part, func(code []byte) []byte {
			var c byte
			fmt.Sscanf(string(code), "#%02x", &c)
			return []byte{c}
		})
	}
	for _, sign := range pdfSigns {
		if slices.Contains(pdfActs, sign.kind) && sign.in.Match(part) {
			return fault.New(fault.Invalid, sign.note.Sentence, sign.note.Args...)
		}
	}
	return nil
}

// markup is what no picture has that is only one.
var markup = regexp.MustCompile(`(?i)<script|<html|<!doctype|<svg|<\?php|%PDF-1`)

// pictureAttachment takes a picture that is whole and nothing else besides. It is
// not opened: whoever reads it gets it as a file to keep.
func pictureAttachment(raw []byte, whole func([]byte) bool) error {
	switch {
	case !whole(raw):
		return errBroken()
	case alsoArchive(raw), markup.Match(raw):
		return errTwoAtOnce()
	}
	return nil
}

// jpegEnds reports whether a JPEG has its segments in order up to the picture,
// and its end after that; phones write more behind it.
func jpegEnds(raw []byte) bool {
	for at := 2; at+4 <= len(raw); {
		if raw[at] != 0xFF {
			return false
		}
		mark := raw[at+1]
		switch {
		case mark == 0xFF: // filled up
			at++
			continue
		case mark == 0xDA: // the picture itself
			return bytes.Contains(raw[at:], []byte{0xFF, 0xD9})
		case mark == 0xD9 || mark == 0:
			return false
		}
		length := int(binary.BigEndian.Uint16(raw[at+2:]))
		if length < 2 {
			return false
		}
		at += 2 + length
	}
	return false
}

// pngEnds reports whether a PNG is a row of chunks that ends with its end.
func pngEnds(raw []byte) bool {
	for at := 8; at+12 <= len(raw); {
		length := int64(binary.BigEndian.Uint32(raw[at:]))
		if next := int64(at) + 12 + length; next > int64(len(raw)) {
			return false
		} else if string(raw[at+4:at+8]) == "IEND" {
			return next == int64(len(raw))
		} else {
			at = int(next)
		}
	}
	return false
}

// What a document may unpack to, and how many parts it may have.
const (
	mostUnpacked = 256 << 20
	mostOffice   = 5000
	mostLinks    = 8 << 20 // bytes of one list of relations
)

// officeKinds are the parts by which a document is known, in lower case.
var officeKinds = []struct{ part, is string }{
	{"word/document.xml", "docx"}, {"xl/workbook.xml", "xlsx"}, {"ppt/presentation.xml", "pptx"}, {"ofd.xml", "ofd"},
}

// officeAttachment looks at a document that is an archive of parts.
func officeAttachment(raw []byte) (string, error) {
	bad := func(err error) error {
		if f, ok := errors.AsType[*fault.Fault](err); ok {
			return f
		}
		return fault.New(fault.Invalid, "这不是完好的文档，请重新导出再传。").Because(err)
	}
	r := bytes.NewReader(raw)
	if err := countEntries(r, r.Size(), mostOffice); err != nil {
		return "", bad(err)
	}
	z, err := zip.NewReader(r, r.Size())
	if err != nil {
		return "", bad(err)
	}
	a, is := &archive{}, ""
	for _, f := range z.File {
		name, err := entryName(f)
		if err != nil {
			return "", err
		}
		e := entry{file: f, name: path.Base(name), way: name, base: strings.ToLower(path.Base(name))}
		whole := strings.TrimPrefix(strings.ToLower(name), "/")
		for _, k := range officeKinds {
			switch {
			case whole != k.part:
			case is != "":
				return "", errTwoAtOnce()
			default:
				is = k.is
			}
		}
		if f.Flags&1 != 0 {
			return "", fault.New(fault.Invalid, "文件有密码，打不开；请去掉密码再传。")
		}
		if slices.ContainsFunc(a.entries, func(o entry) bool { return strings.EqualFold(o.way, name) }) && !strings.HasSuffix(name, "/") {
			return "", bad(fmt.Errorf("two parts are called %s", name))
		}
		a.entries = append(a.entries, e)
	}
	if is == "" {
		return "", errNoAttachment()
	}
	if err := a.plausible(); fault.KindOf(err) == fault.TooLarge {
		return "", err
	} else if err != nil {
		return "", bad(errors.New(err.Error()))
	}
	left := int64(mostUnpacked)
	for _, e := range a.entries {
		if err := officePart(e, &left); err != nil {
			return "", bad(err)
		}
	}
	return is, nil
}

// outside is a part that is fetched from elsewhere when the document is opened;
// a link that somebody clicks on is none.
var (
	relation = regexp.MustCompile(`(?is)<(?:\w+:)?Relationship\b[^>]*>`)
	outside  = regexp.MustCompile(`(?i)TargetMode\s*=\s*["']External`)
	clicked  = regexp.MustCompile(`(?i)/relationships/hyperlink["']`)
	declared = regexp.MustCompile(`(?i)<!(DOCTYPE|ENTITY)`)
)

// officePart unpacks one part to its end, which counts what it unpacks to, and
// refuses what does more than show something.
func officePart(e entry, left *int64) error {
	way := strings.ToLower(e.way)
	switch {
	case strings.HasSuffix(way, "vbaproject.bin") || strings.Contains(way, "/activex/") || strings.Contains(way, "macrosheets/"):
		return fault.New(fault.Invalid, "文件里有宏，请去掉再传。")
	case strings.Contains(way, "/embeddings/") || strings.Contains(way, "/attachs/") || slices.Contains(packs, path.Ext(e.base)):
		return fault.New(fault.Invalid, "文件里嵌有其他文件，请去掉再传，或分开上传。")
	}
	r, err := e.file.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	in := &counted{r: r, left: *left}
	if ext := path.Ext(e.base); ext != ".xml" && ext != ".rels" {
		head := make([]byte, 512)
		n, err := io.ReadFull(in, head)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return err
		}
		if err := clean(head[:n]); err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, in)
		*left = in.left
		return err
	}
	var links []byte
	err = inParts(in, 4<<10, func(part []byte, fresh int) error {
		if declared.Match(part) {
			return refusedDTD(errDTD)
		}
		if path.Ext(e.base) == ".rels" {
			if links = append(links, part[fresh:]...); len(links) > mostLinks {
				return errUnpacks(mostLinks)
			}
		}
		return nil
	})
	*left = in.left
	if err != nil {
		return err
	}
	for _, r := range relation.FindAll(links, -1) {
		if outside.Match(r) && !clicked.Match(r) {
			return fault.New(fault.Invalid, "文件打开时要从别处取内容（外部模板、链接的图片等），请去掉再传。")
		}
	}
	return nil
}
