package datasets

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"shuyuan/datasets/rows"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

// Whole is the newest files of a dataset that viewer may have, to be written as
// one data package.
type Whole struct {
	d     *Dataset
	files []*File
	of    []*Version
	left  []string // names of what viewer may not have
}

// Whole opens the newest originals of a dataset that viewer may have. It
// returns the Gate's fault where there are none, and fault.NotFound where
// nothing was published. Close it.
func (s *Service) Whole(ctx context.Context, viewer account.Actor, slug string) (*Whole, error) {
	d, err := s.Dataset(ctx, viewer, slug)
	if err != nil {
		return nil, err
	}
	w := &Whole{d: d}
	var refused error = fault.New(fault.NotFound, "这个数据集还没有发布任何文件。")
	for i := range d.Resources {
		v := d.Resources[i].Newest
		if v == nil {
			continue
		}
		f, err := s.Original(ctx, viewer, v)
		switch kind := fault.KindOf(err); {
		case kind == fault.Forbidden || kind == fault.NotFound || kind == fault.Unauthenticated:
			refused = err
			w.left = append(w.left, v.FileName)
		case err != nil:
			w.Close()
			return nil, err
		default:
			w.files, w.of = append(w.files, f), append(w.of, v)
		}
	}
	if len(w.files) == 0 {
		return nil, refused
	}
	return w, nil
}

// Watch lets the bytes of its files be watched
// while they are written: hand is asked once for each.
func (w *Whole) Watch(hand func(v *Version, f *File) (*Handover, error)) error {
	for i, f := range w.files {
		h, err := hand(w.of[i], f)
		if err != nil {
			return err
		}
		f.Object = h.Object(f.Object, f.Bytes)
	}
	return nil
}

// Close closes every file.
func (w *Whole) Close() {
	for _, f := range w.files {
		f.Object.Close()
	}
}

// DatasetID is the dataset's.
func (w *Whole) DatasetID() int64 { return w.d.ID }

// Open is how far the dataset is open.
func (w *Whole) Open() OpenType { return w.d.Open }

// Tag names what is written: equal tags, equal contents.
func (w *Whole) Tag() string {
	parts := []string{w.d.Slug, fmt.Sprint(w.d.Revision), fmt.Sprint(w.left)}
	for i, f := range w.files {
		parts = append(parts, w.of[i].ResourceID, fmt.Sprint(w.of[i].Number), string(f.Digest))
	}
	return strings.Join(parts, " ")
}

// Write writes the package as a zip: datapackage.json, the dictionary, licence
// and source, and every original in data/.
func (w *Whole) Write(ctx context.Context, out io.Writer, page string) error {
	z := zip.NewWriter(out)
	names := w.names()
	about := aboutPackage(w.d, page)
	var resources []map[string]any
	var tables []described
	for i, f := range w.files {
		v := w.of[i]
		resources = append(resources, without(map[string]any{
			"name": strings.ToLower(v.ResourceID), "path": names[i], "title": v.FileName, "format": v.Format, "mediatype": f.MediaType, "encoding": v.Encoding,
			"bytes": f.Bytes, "hash": "sha256:" + string(f.Digest), "version": fmt.Sprint(v.Number),
		}))
		for at, t := range v.Tables {
			tables = append(tables, described{strings.TrimSuffix(path.Base(names[i])+" "+t.Name, " "), v, at})
		}
	}
	about["resources"] = resources
	body, err := json.MarshalIndent(about, "", "  ")
	if err != nil {
		return err
	}
	notes := append([]rows.PackageFile{{Name: "datapackage.json", Body: append(body, '\n')}}, w.d.notes(page, nil)...)
	if len(tables) > 0 {
		notes = append(notes, rows.PackageFile{Name: "dictionary.csv", Body: dictionaryCSV(tables...)})
	}
	if len(w.left) > 0 {
		notes = append(notes, rows.PackageFile{Name: "not-included.txt", Body: lines(append([]string{"以下文件须申请，没有放进来。These files must be applied for and are not in here."}, w.left...)...)})
	}
	var newest time.Time
	for _, v := range w.of {
		if at := v.PublishedAt.UTC(); at.After(newest) {
			newest = at
		}
	}
	for _, n := range notes {
		if err := packFile(ctx, z, zip.FileHeader{Name: n.Name, Method: zip.Deflate, Modified: newest}, strings.NewReader(string(n.Body))); err != nil {
			return err
		}
	}
	for i, f := range w.files {
		method := zip.Deflate
		if packedAlready(f.Name) {
			method = zip.Store
		}
		if err := packFile(ctx, z, zip.FileHeader{Name: names[i], Method: method, Modified: w.of[i].PublishedAt.UTC()}, f.Object); err != nil {
			return err
		}
	}
	return z.Close()
}

// names are the names of the files in the package, each once.
func (w *Whole) names() []string {
	seen := map[string]bool{}
	var out []string
	for i, f := range w.files {
		name := strings.NewReplacer("/", "_", `\`, "_", ":", "_").Replace(f.Name)
		if name = strings.TrimLeft(name, "."); name == "" || seen[strings.ToLower(name)] {
			name = w.of[i].ResourceID + "-" + name
		}
		seen[strings.ToLower(name)] = true
		out = append(out, "data/"+name)
	}
	return out
}

// packedAlready reports whether a file is compressed by itself.
func packedAlready(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".gz", ".zip", ".xlsx", ".docx", ".parquet", ".pdf", ".png", ".jpg", ".jpeg":
		return true
	}
	return false
}

func packFile(ctx context.Context, z *zip.Writer, h zip.FileHeader, r io.Reader) error {
	w, err := z.CreateHeader(&h)
	if err != nil {
		return err
	}
	buf := make([]byte, 256<<10)
	for {
		n, err := r.Read(buf)
		if _, bad := w.Write(buf[:n]); bad != nil {
			return bad
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case ctx.Err() != nil:
			return context.Cause(ctx)
		}
	}
}
