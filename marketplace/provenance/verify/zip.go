package verify

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"path"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Names of the files beside the data.
const (
	fileStamp  = "stamp.dsse.json"
	fileNotice = "来源说明.txt"
	fileCSVW   = "data.csv-metadata.json"
	fileCSV    = "data.csv"
	fileNDJSON = "data.ndjson"
)

// archive is a zip whose names were looked at.
type archive struct{ files map[string]*zip.File }

// openArchive reads the directory of a zip, and says what is wrong with it.
func (f *file) openArchive(s *source) (archive, error) {
	a := archive{map[string]*zip.File{}}
	if !tidyEnd(s) {
		f.issue(BytesExtra)
	}
	z, err := zip.NewReader(s, s.size)
	if err != nil {
		return a, errDamaged
	}
	if len(z.File) > mostFiles {
		return a, errMuch
	}
	if !laidOut(s, z.File) {
		f.issue(NotOurs)
	}
	z.RegisterDecompressor(zip.Deflate, flate.NewReader)
	folded := map[string]bool{}
	for _, one := range z.File {
		name := one.Name
		if strings.HasPrefix(name, "/") || strings.ContainsAny(name, "\\:\x00") || path.Clean(name) != name || strings.HasPrefix(name, "..") || !one.Mode().IsRegular() || one.Flags&1 != 0 {
			f.issue(NameOdd)
		}
		// systems take names for the same that differ in case, width or marks
		fold := strings.ToLower(norm.NFKC.String(name))
		if folded[fold] {
			f.issue(NameTwice)
		}
		folded[fold] = true
		if a.files[name] == nil { // the first: what comes later is not believed
			a.files[name] = one
		}
	}
	return a, nil
}

// tidyEnd reports whether the archive begins with a file and ends with its directory,
// without a comment.
func tidyEnd(s *source) bool {
	var end [22]byte
	if s.size < int64(len(end)) {
		return false
	}
	if n, _ := s.ReadAt(end[:], s.size-int64(len(end))); n < len(end) { //nolint:errcheck // kept by the source
		return false
	}
	return string(end[:4]) == "PK\x05\x06" && end[20] == 0 && end[21] == 0
}

// Sizes of records (APPNOTE.TXT, 4.3), and what is in them.
const (
	localHead     = 30
	directoryHead = 46
	directoryEnd  = 22
	end64, at64   = 56, 20
	asUTF8, after = 0x800, 0x8 // flags: the name is UTF-8, sizes come after the data
)

// laidOut reports whether an archive is laid out as ours are: each file after the one
// before it from the first byte on, the directory after the last, and what stands at a
// file the same as in the directory. Programs that read from the front see the same
// files then as those that read from the end.
func laidOut(s *source, files []*zip.File) bool {
	at, directory := int64(0), int64(0)
	for _, one := range files {
		next, ok := laid(s, one, at)
		if !ok {
			return false
		}
		at = next
		directory += directoryHead + int64(len(one.Name)+len(one.Extra))
	}
	end := make([]byte, end64+at64+directoryEnd)
	long := at+directory+int64(len(end)) == s.size
	if !long {
		end = end[:directoryEnd]
	}
	if at+directory+int64(len(end)) != s.size {
		return false
	}
	if n, err := s.ReadAt(end, at+directory); n < len(end) || err != nil && !errors.Is(err, io.EOF) {
		return false
	}
	number := binary.LittleEndian
	if long {
		return string(end[:4]) == "PK\x06\x06" && string(end[end64:end64+4]) == "PK\x06\x07" && number.Uint64(end[32:]) == uint64(len(files)) &&
			number.Uint64(end[40:]) == uint64(directory) && number.Uint64(end[48:]) == uint64(at) && number.Uint64(end[end64+8:]) == uint64(at+directory)
	}
	return number.Uint32(end[4:]) == 0 && int(number.Uint16(end[8:])) == len(files) && int(number.Uint16(end[10:])) == len(files) && int64(number.Uint32(end[12:])) == directory && int64(number.Uint32(end[16:])) == at
}

// laid reports whether a file of an archive begins at that place and is written as ours
// are, and where it ends.
func laid(s *source, one *zip.File, at int64) (next int64, ok bool) {
	head := make([]byte, localHead+len(one.Name)+len(one.Extra))
	n, _ := s.ReadAt(head, at) //nolint:errcheck // kept by the source
	if n < localHead+len(one.Name) || string(head[:4]) != "PK\x03\x04" {
		return 0, false
	}
	number := binary.LittleEndian
	name, extra := int(number.Uint16(head[26:])), int(number.Uint16(head[28:]))
	if name != len(one.Name) || extra > len(one.Extra) || n < localHead+name+extra || string(head[localHead:localHead+name]) != one.Name {
		return 0, false
	}
	ascii := !strings.ContainsFunc(one.Name, func(r rune) bool { return r < ' ' || r > '}' || r == '\\' })
	flags := uint16(after)
	if !ascii {
		flags |= asUTF8
	}
	same := one.Flags == flags && one.Method == zip.Deflate && one.Comment == "" && one.ExternalAttrs == 0 && one.CreatorVersion>>8 == 0 &&
		number.Uint16(head[6:]) == flags && number.Uint16(head[8:]) == one.Method && number.Uint16(head[10:]) == one.ModifiedTime && number.Uint16(head[12:]) == one.ModifiedDate &&
		bytes.Equal(head[14:26], make([]byte, 12)) && bytes.Equal(head[localHead+name:localHead+name+extra], []byte(one.Extra[:extra])) && ours(one.Extra)
	start := at + localHead + int64(name+extra)
	if begins, err := one.DataOffset(); err != nil || begins != start || !same || one.CompressedSize64 > uint64(s.size-start) {
		return 0, false
	}
	end := number.AppendUint32([]byte("PK\x07\x08"), one.CRC32)
	if max(one.CompressedSize64, one.UncompressedSize64) >= math.MaxUint32 {
		end = number.AppendUint64(number.AppendUint64(end, one.CompressedSize64), one.UncompressedSize64)
	} else {
		end = number.AppendUint32(number.AppendUint32(end, uint32(one.CompressedSize64)), uint32(one.UncompressedSize64))
	}
	at = start + int64(one.CompressedSize64)
	got := make([]byte, len(end))
	n, _ = s.ReadAt(got, at) //nolint:errcheck // kept by the source
	return at + int64(len(end)), n == len(end) && bytes.Equal(got, end)
}

// ours reports whether the extra fields of a file are those that we write: its time, and
// its sizes where they are large. Others can give it another name.
func ours(extra []byte) bool {
	if len(extra) >= 9 && string(extra[:5]) == "UT\x05\x00\x01" {
		extra = extra[9:]
	}
	return len(extra) == 0 || len(extra) == 28 && string(extra[:4]) == "\x01\x00\x18\x00"
}

// open opens a file of the archive: no more of it comes than there may be.
func (a archive) open(name string) (io.Reader, error) {
	one := a.files[name]
	if one == nil {
		return nil, errDamaged
	}
	if one.UncompressedSize64 > mostBytes || one.UncompressedSize64 > mostText && one.UncompressedSize64/mostPacked > one.CompressedSize64 {
		return nil, errMuch
	}
	r, err := one.Open()
	if err != nil {
		return nil, errDamaged
	}
	return r, nil // its reader takes no byte beyond the size that was looked at
}

// text is a file of the archive that is kept.
func (a archive) text(name string, most int64) ([]byte, error) {
	r, err := a.open(name)
	if err != nil {
		return nil, err
	}
	return upTo(r, most)
}

func (f *file) openZip(s *source) error {
	a, err := f.openArchive(s)
	if err != nil {
		return err
	}
	if a.files["xl/workbook.xml"] != nil {
		f.format = "xlsx"
		return f.openWorkbook(a)
	}
	if a.files[fileStamp] != nil {
		b, err := a.text(fileStamp, mostStamp)
		if err != nil {
			return err
		}
		f.stamps, f.paged = append(f.stamps, b), true
	}
	if a.files[fileNotice] != nil {
		b, err := a.text(fileNotice, mostStamp)
		if err != nil {
			return err
		}
		f.page = lines(b)
	}
	var data []string
	for name := range a.files {
		if name != fileStamp && name != fileNotice && name != fileCSVW {
			data = append(data, name)
		}
	}
	if a.files[fileCSVW] != nil {
		if f.csvw, err = a.text(fileCSVW, mostStamp); err != nil {
			return err
		}
	}
	return f.openData(a, data)
}

// openData takes the one file of an archive that is not about it.
func (f *file) openData(a archive, data []string) error {
	slices.Sort(data)
	name := ""
	for _, known := range []string{fileCSV, fileNDJSON} {
		if slices.Contains(data, known) && name == "" {
			name = known
		}
	}
	if name == "" && len(data) > 0 {
		name = data[0]
	}
	if len(data) != 1 || (name == fileCSV) != (f.csvw != nil) && len(f.stamps) > 0 {
		f.issue(FileExtra)
	}
	if name == "" {
		return errDamaged
	}
	opens := func() (io.Reader, error) { return a.open(name) }
	f.bytes = opens
	switch name {
	case fileCSV:
		f.format = "csv"
		return f.asCSV(opens)
	case fileNDJSON:
		f.format = "ndjson"
		return f.asNDJSON(opens)
	}
	return nil
}
