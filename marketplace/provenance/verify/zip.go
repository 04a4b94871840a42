package verify

import (
	"archive/zip"
	"compress/flate"
	"io"
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
