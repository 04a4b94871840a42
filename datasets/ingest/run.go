package ingest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"shuyuan/internal/fault"
	"shuyuan/internal/sandbox"
)

// Input is a file to read.
type Input struct {
	File    *os.File // open for reading; the child is handed it
	Name    string
	Options Options
}

// What a child may take.
const (
	childMemory = 1 << 30
	childTime   = 30 * time.Minute
	childDisk   = 16 << 30 // one Parquet file
	childNice   = 10       // who waits for a page comes first
)

// Run reads the file in a limited child, which writes a Parquet file for each
// of its tables into dir, a folder of its own. It tells onProgress, which may be nil, how far it is. It returns fault.Invalid
// or fault.TooLarge, which say why, where the file is refused; one that makes
// the child crash, hang or take more than it may is refused, too.
func Run(ctx context.Context, in Input, dir string, onProgress func(Progress)) (*Report, error) {
	told, err := json.Marshal(order{Name: in.Name, Options: in.Options})
	if err != nil {
		return nil, fmt.Errorf("ingest: %w", err)
	}
	out, answer := io.Pipe()
	child, err := sandbox.Start(ctx, sandbox.Spec{
		Job: JobName, Write: []string{dir}, Files: []*os.File{in.File}, Stdin: bytes.NewReader(told), Stdout: answer,
		Memory: childMemory, CPU: 2 * childTime, Time: childTime, FileSize: childDisk, Nice: childNice,
	})
	if err != nil {
		return nil, fault.New(fault.Unavailable, "现在不能读取文件，请稍后再试。").Because(err)
	}
	heard := make(chan listened, 1)
	go func() {
		l := listen(out, onProgress)
		out.CloseWithError(l.err) // a child that talks nonsense is not listened to
		heard <- l
	}()
	ended := child.Wait()
	answer.Close()
	l := <-heard
	switch {
	case l.refused != nil:
		return nil, l.refused
	case ended != nil:
		return nil, rejected(ctx, ended)
	case l.report == nil:
		return nil, rejected(ctx, errors.Join(errors.New("the child said nothing"), l.err))
	}
	if err := l.report.check(); err != nil {
		return nil, rejected(ctx, err)
	}
	return l.report, nil
}

// rejected says why nothing came of a file.
func rejected(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	switch {
	case errors.Is(err, sandbox.ErrMemory):
		return fault.New(fault.Invalid, "读这个文件要用的内存超过上限，已经停下。请把它拆小，或另存为 CSV 再传。").Because(err)
	case errors.Is(err, sandbox.ErrTime):
		return fault.New(fault.Invalid, "读这个文件超过了时间上限，已经停下。请把它拆小再传。").Because(err)
	}
	return fault.New(fault.Invalid, "这个文件读不了，已经拒绝：读它的程序出了错。请检查文件，或换一种格式再传。").Because(err)
}

// listened is what a child said.
type listened struct {
	report  *Report
	refused error
	err     error
}

// listen reads the child's frames. What it says is not trusted: the file it
// reads may have taken it over.
func listen(r io.Reader, onProgress func(Progress)) (l listened) {
	d := json.NewDecoder(io.LimitReader(r, mostReport))
	for {
		var f frame
		if err := d.Decode(&f); err != nil {
			if !errors.Is(err, io.EOF) {
				l.err = err
			}
			return l
		}
		switch {
		case f.Progress != nil && onProgress != nil:
			onProgress(*f.Progress)
		case f.Report != nil:
			l.report = f.Report
		case f.Refused != nil && (f.Refused.Kind == fault.Invalid || f.Refused.Kind == fault.TooLarge):
			refused := fault.New(f.Refused.Kind, f.Refused.Why.Sentence, f.Refused.Why.Args...)
			if f.Refused.Rows != nil && f.Refused.Rows.check() {
				refused.Cause = f.Refused.Rows
			}
			l.refused = refused
		}
	}
}

// check refuses a report that no child of ours makes.
func (r *Report) check() error {
	if opener(r.Format) == nil && r.Format != "zip" && r.Format != "shp" || r.Compression != "" && r.Compression != "gzip" && r.Compression != "zip" || len(r.Encoding) > 20 {
		return fmt.Errorf("the report is of a %q", r.Format)
	}
	if len(r.Tables) == 0 && r.Format != "pdf" && r.Format != "docx" || len(r.Tables) > mostTables {
		return fmt.Errorf("a report of %d tables", len(r.Tables))
	}
	if len(r.Notes) > mostNotes || len(r.Findings) > mostNotes {
		return errors.New("a report of too many words")
	}
	for i, t := range r.Tables {
		if err := t.check(i); err != nil {
			return fmt.Errorf("table %d of the report is odd: %w", i, err)
		}
	}
	return nil
}

func (t TableReport) check(i int) error {
	if t.File != strconv.Itoa(i)+".parquet" || t.Rows < 0 || len(t.Preview) > previewRows || len(t.Misfits) > MostMisfits || len(t.Columns) == 0 || len(t.Notes) > mostNotes || !keepable(t.Name) {
		return errors.New("its frame")
	}
	for j, c := range t.Columns {
		if c.Store != "c"+strconv.Itoa(j) || typeSet[c.Type] == 0 || !keepable(c.Name) || !keepable(c.Unit) || c.Misfits < 0 || len(c.Evidence) > mostNotes {
			return fmt.Errorf("column %d", j)
		}
	}
	for _, row := range t.Preview {
		if len(row) != len(t.Columns) {
			return errors.New("its preview")
		}
		for _, cell := range row {
			if len(cell) > previewCell || !keepable(cell) {
				return errors.New("its preview")
			}
		}
	}
	return nil
}

// keepable reports whether the database can keep a text.
func keepable(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// mostNotes is how much there is to say of anything.
const mostNotes = 2000

// mostTables is how many tables one file may have.
const mostTables = 500

var typeSet = map[Type]int{Text: 1, Integer: 1, Decimal: 1, Date: 1, YearMonth: 1, DateTime: 1, Boolean: 1, Point: 1, Geometry: 1, Array: 1, Object: 1}

// OpenTable opens the Parquet file of a table that Run left in dir: a plain
// file and no link to another.
func (t TableReport) OpenTable(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, t.File), os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("ingest: %w", err)
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		f.Close()
		return nil, fmt.Errorf("ingest: %s is no plain file", t.File)
	}
	return f, nil
}
