package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"sync/atomic"

	"shuyuan/internal/fault"
	"shuyuan/internal/sandbox"
)

// JobName is the name under which cmd hands Job to sandbox.Main.
const JobName = "ingest"

// order is what the child is told to do.
type order struct {
	Read    *readOrder    `json:",omitempty"` // instead: read a Parquet file back
	Compare *compareOrder `json:",omitempty"` // instead: compare a file with a Parquet file made of it
	Records *recordsOrder `json:",omitempty"` // instead: split a small text into cells
	Sheets  *sheetsOrder  `json:",omitempty"` // instead: the cells of a small workbook

	Attachment *attachmentOrder `json:",omitempty"` // instead: what a file handed in with a case is
	Name       string
	Options    Options

	Deidentify *deidentifyOrder `json:",omitempty"` // instead: make a table name nobody
}

// frame is what the child says, one a line.
type frame struct {
	Progress *Progress `json:",omitempty"`
	Report   *Report   `json:",omitempty"`
	Refused  *refusal  `json:",omitempty"`

	Records [][]string    `json:",omitempty"`
	Made    *Deidentified `json:",omitempty"`
	Sheets  []FilledSheet `json:",omitempty"`

	Attachment string `json:",omitempty"`
}

// Progress is how far a file has been read.
type Progress struct {
	Rows  int64 // of the table at hand
	Bytes int64 // of the file
	Of    int64
}

// refusal is a fault on its way from the child.
type refusal struct {
	Kind fault.Kind
	Why  Note
	Rows *BadRows `json:",omitempty"`
}

// Job is what the limited child does: it reads the file that it was handed,
// writes its tables into its folder, and says what it found.
func Job(ctx context.Context, files []*os.File) error {
	var o order
	if err := json.NewDecoder(os.Stdin).Decode(&o); err != nil {
		return fmt.Errorf("order: %w", err)
	}
	switch {
	case o.Compare != nil && len(files) == 2:
		return o.compare(os.Stdout, files[0], files[1])
	case len(files) != 1:
		return fmt.Errorf("%d files", len(files))
	case o.Records != nil:
		return tellRecords(os.Stdout, files[0])
	case o.Sheets != nil:
		return tellSheets(os.Stdout, files[0])
	case o.Attachment != nil:
		return tellAttachment(os.Stdout, files[0])
	case o.Read != nil:
		return readBack(os.Stdout, files[0], *o.Read)
	}
	folders := sandbox.Folders(ctx)
	if len(folders) != 1 {
		return fmt.Errorf("%d folders", len(folders))
	}
	if o.Deidentify != nil {
		return o.Deidentify.deidentify(os.Stdout, files[0], folders[0])
	}
	return o.ingest(files[0], folders[0], os.Stdout)
}

func (o order) ingest(file *os.File, dir string, w io.Writer) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	out := json.NewEncoder(w)
	in := &meter{r: file}
	report, err := o.convert(in, dir, func(rows int64) error {
		return out.Encode(frame{Progress: &Progress{Rows: rows, Bytes: in.at.Load(), Of: info.Size()}})
	})
	if err != nil {
		f := fault.Of(err)
		if f.Kind == fault.Internal {
			return err
		}
		bad, _ := errors.AsType[*BadRows](err)
		return out.Encode(frame{Refused: &refusal{Kind: f.Kind, Why: note(f.Sentence, f.Args...), Rows: bad}})
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	report.Peak = int64(m.Sys) //nolint:gosec // far less
	return out.Encode(frame{Report: report})
}

func (o order) convert(in io.ReadSeeker, dir string, tell func(rows int64) error) (*Report, error) {
	o.Options.Temp, o.Options.trusting = dir, true
	for {
		f, err := Open(o.Name, in, o.Options)
		if err != nil {
			return nil, err
		}
		report, err := convert(f, dir, o.Options.Types, tell)
		if o.Options.trusting && errors.Is(err, errEncoding) {
			o.Options.trusting = false
			continue
		}
		return report, err
	}
}

// meter knows how far a file has been read. Readers seek and read by turns.
type meter struct {
	mu sync.Mutex
	r  io.ReadSeeker
	at atomic.Int64
}

func (m *meter) Read(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n, err := m.r.Read(p)
	m.at.Add(int64(n))
	return n, err
}

func (m *meter) Seek(offset int64, whence int) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n, err := m.r.Seek(offset, whence)
	m.at.Store(n)
	return n, err
}
