package rows

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// writeParquet waits until the engine has written the whole file, whose
// columns are called by our names, and passes it on with a footer in which
// they are called by theirs. No name of a file's becomes SQL for that.
func (e *Export) writeParquet(w io.Writer, r io.Reader) error {
	f, ok := r.(*follower)
	if !ok {
		return errors.New("rows: a Parquet file is read from a spool")
	}
	if err := f.whole(); err != nil {
		return err
	}
	at, footer, err := readFooter(f.s.file)
	if err != nil {
		return err
	}
	if footer, err = e.renamed(footer); err != nil {
		return err
	}
	if _, err := io.Copy(w, io.NewSectionReader(f.s.file, 0, at)); err != nil {
		return err
	}
	_, err = w.Write(binary.LittleEndian.AppendUint32(footer, uint32(len(footer))))
	if err == nil {
		_, err = io.WriteString(w, parquetMagic)
	}
	return err
}

const parquetMagic = "PAR1"

// whole waits for the end of the writing.
func (f *follower) whole() error {
	select {
	case <-f.s.done:
	case <-f.ctx.Done():
		<-f.s.done
	}
	return f.s.err
}

// readFooter returns where the footer of a Parquet file begins, and the footer.
func readFooter(file interface {
	io.ReaderAt
	io.Seeker
}) (int64, []byte, error) {
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, nil, unavailable(err)
	}
	var tail [8]byte
	if size < int64(len(tail)) {
		return 0, nil, errOdd("a Parquet file too short")
	}
	if _, err := file.ReadAt(tail[:], size-8); err != nil {
		return 0, nil, unavailable(err)
	}
	n := int64(binary.LittleEndian.Uint32(tail[:4]))
	at := size - 8 - n
	if string(tail[4:]) != parquetMagic || at < 4 || n > mostFrame {
		return 0, nil, errOdd("no Parquet file")
	}
	footer := make([]byte, n)
	if _, err := file.ReadAt(footer, at); err != nil {
		return 0, nil, unavailable(err)
	}
	return at, footer, nil
}

// renamed is the footer with the names of the fields in place of ours, and with
// what each field is.
func (e *Export) renamed(footer []byte) ([]byte, error) {
	var meta format.FileMetaData
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), footer, &meta); err != nil {
		return nil, errors.Join(errOdd("a footer that cannot be read"), err)
	}
	names := map[string]string{}
	all := e.parquetNames()
	for i := range meta.Schema {
		if s := &meta.Schema[i]; i > 0 {
			if i > len(all) {
				return nil, errOdd("a Parquet file with more columns")
			}
			names[s.Name], s.Name = all[i-1], all[i-1]
		}
	}
	for g := range meta.RowGroups {
		for c := range meta.RowGroups[g].Columns {
			path := meta.RowGroups[g].Columns[c].MetaData.PathInSchema
			for k := range path {
				path[k] = names[path[k]]
			}
			if e.o.Annotation != nil { // readers skip rows by these, and whoever checks the rows cannot see it
				m := &meta.RowGroups[g].Columns[c].MetaData
				m.Statistics, m.BloomFilterOffset, m.BloomFilterLength = format.Statistics{}, 0, 0
			}
		}
	}
	about, err := json.Marshal(e.about())
	if err != nil {
		return nil, err
	}
	meta.KeyValueMetadata = append(meta.KeyValueMetadata, format.KeyValue{Key: "shuyuan.fields", Value: string(about)})
	if a := e.o.Annotation; a != nil {
		for _, p := range a.Pairs {
			meta.KeyValueMetadata = append(meta.KeyValueMetadata, format.KeyValue{Key: p[0], Value: p[1]})
		}
	}
	var out bytes.Buffer
	body, err := thrift.Marshal(new(thrift.CompactProtocol), &meta)
	out.Write(body)
	return out.Bytes(), err
}

// parquetNames are the columns of the file in their order: each field, and
// after it its misfits.
func (e *Export) parquetNames() []string {
	var all []string
	for i, name := range e.names {
		all = append(all, name)
		if e.c.misfit(i) {
			all = append(all, name+"_raw")
		}
	}
	return once(all)
}

// fieldAbout is a field as a file that we make describes it.
type fieldAbout struct {
	Name    string `json:"name"`
	Label   string `json:"label,omitempty"`
	LabelEN string `json:"label_en,omitempty"`
	Type    Type   `json:"type"`
}

func (e *Export) about() []fieldAbout {
	var all []fieldAbout
	for i, f := range e.c.Fields {
		all = append(all, fieldAbout{Name: e.names[i], Label: f.Label, LabelEN: f.LabelEN, Type: f.Type})
	}
	return all
}
