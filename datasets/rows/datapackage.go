package rows

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"path"
	"strings"
	"time"
)

// DataPackage is what a Frictionless data package has beside the data.
type DataPackage struct {
	Data    string                    // file name of the data, data.csv if empty
	About   map[string]any            // properties of datapackage.json: name, title, description, licenses, sources, version, …
	Columns map[string]map[string]any // more properties of fields, by the name of the table's column: title, description, unit, constraints, …
	Files   []PackageFile             // dictionary, licence, note on the source
	GeoJSON string                    // the column whose cells are GeoJSON; empty where none is
	At      time.Time                 // of the files in it
}

// PackageFile is a file of a package.
type PackageFile struct {
	Name string
	Body []byte
}

// writePackage writes a zip: the data as it comes, then what is known only when
// it has come, and the files.
func (e *Export) writePackage(w io.Writer, r io.Reader) error {
	p := e.o.Package
	z := newZip(w, 4)
	name := p.Data
	if name == "" {
		name = "data.csv"
	}
	part := &lazyPart{create: func() (io.Writer, error) { return createPart(z, name, p.At) }, hash: sha256.New()}
	if err := e.writeCSV(part, r); err != nil {
		return err
	}
	about, err := json.MarshalIndent(p.describe(e, name, part), "", "  ")
	if err != nil {
		return err
	}
	for _, f := range append([]PackageFile{{Name: "datapackage.json", Body: append(about, '\n')}}, p.Files...) {
		if f.Name != path.Base(f.Name) || f.Name == name || strings.ContainsAny(f.Name, `\:`) {
			return errors.New("rows: a package cannot have a file called " + f.Name)
		}
		if err := writePart(z, f.Name, string(f.Body), p.At); err != nil {
			return err
		}
	}
	return z.Close()
}

// lazyPart is a file of a zip that begins with its first byte: nothing is
// written before there is something.
type lazyPart struct {
	create func() (io.Writer, error)
	w      io.Writer
	hash   interface {
		io.Writer
		Sum([]byte) []byte
	}
	bytes int64
}

func (l *lazyPart) Write(b []byte) (int, error) {
	if l.w == nil {
		var err error
		if l.w, err = l.create(); err != nil {
			return 0, err
		}
	}
	n, err := l.w.Write(b)
	l.bytes += int64(n)
	l.hash.Write(b[:n]) //nolint:errcheck // a hash takes everything
	return n, err
}

// describe is datapackage.json (Frictionless Data Package 1.0).
func (p *DataPackage) describe(e *Export, name string, data *lazyPart) map[string]any {
	about := maps.Clone(p.About)
	if about == nil {
		about = map[string]any{}
	}
	if _, ok := about["name"]; !ok {
		about["name"] = "data"
	}
	about["profile"] = "tabular-data-package"
	var fields []map[string]any
	for i, f := range e.c.Fields {
		field := map[string]any{"name": e.names[i], "type": e.tableType(i)}
		if title := f.Label; title != "" && title != e.names[i] {
			field["title"] = title
		}
		if f.Type == DateTime && field["type"] != "any" {
			field["format"] = "%Y-%m-%d %H:%M:%S"
		}
		maps.Copy(field, p.Columns[f.Column])
		fields = append(fields, field)
	}
	about["resources"] = []map[string]any{{
		"name": "data", "path": name, "profile": "tabular-data-resource", "format": "csv", "mediatype": "text/csv", "encoding": "utf-8",
		"bytes": data.bytes, "hash": "sha256:" + hex.EncodeToString(data.hash.Sum(nil)),
		"schema": map[string]any{"fields": fields, "missingValues": []string{""}},
	}}
	return about
}

// tableType is the type of field i in Table Schema. One with misfits in it is
// of any type: that is the truth.
func (e *Export) tableType(i int) string {
	if e.c.misfit(i) {
		return "any"
	}
	switch t := e.c.Fields[i].Type; t {
	case Integer, Boolean, Date, YearMonth, DateTime, Array, Object:
		return string(t)
	case Decimal:
		return "number"
	case Point, Geometry:
		if e.o.Package != nil && e.c.Fields[i].Column == e.o.Package.GeoJSON {
			return "geojson"
		}
	}
	return "string"
}
