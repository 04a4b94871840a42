package ingest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"shuyuan/internal/fault"
	"shuyuan/internal/sandbox"
)

// sheetsOrder asks for the cells of a small workbook as they stand there: it is
// a form that somebody filled in, and no table of data.
type sheetsOrder struct{}

// FilledSheet is one sheet of such a workbook.
type FilledSheet struct {
	Name string
	Rows []FilledRow
}

// FilledRow is a row of it that has any value. Blank rows and the empty cells
// at the end of a row are left out.
type FilledRow struct {
	Line     int // from 1, as a spreadsheet numbers it
	Cells    []string
	Formulas []int `json:",omitempty"` // columns from 1 whose value a formula works out
}

// mostFilled is how many cells with a value a workbook may have for Sheets, and
// mostSheets how many sheets.
const (
	mostFilled = 400_000
	mostSheets = 20
)

// Sheets reads the sheets of a small XLSX file in a limited child. It returns
// fault.Invalid for what is none, and for one that hides anything, brings in
// what lies elsewhere or has merged cells: whoever sends such a form does not
// see what is in it.
func Sheets(ctx context.Context, file *os.File) ([]FilledSheet, error) {
	told, err := json.Marshal(order{Sheets: &sheetsOrder{}})
	if err != nil {
		return nil, fmt.Errorf("ingest: %w", err)
	}
	var out bytes.Buffer
	child, err := sandbox.Start(ctx, sandbox.Spec{
		Job: JobName, Files: []*os.File{file}, Stdin: bytes.NewReader(told), Stdout: &answer{w: &out},
		Memory: childMemory, CPU: time.Minute, Time: time.Minute, FileSize: 1,
	})
	if err != nil {
		return nil, fault.New(fault.Unavailable, "现在不能读取文件，请稍后再试。").Because(err)
	}
	if err := child.Wait(); err != nil {
		return nil, rejected(ctx, err)
	}
	var f frame
	if err := json.Unmarshal(out.Bytes(), &f); err != nil {
		return nil, rejected(ctx, err)
	}
	if f.Refused != nil {
		return nil, fault.New(fault.Invalid, f.Refused.Why.Sentence, f.Refused.Why.Args...)
	}
	if len(f.Sheets) == 0 || len(f.Sheets) > mostSheets || filledCells(f.Sheets) > mostFilled {
		return nil, rejected(ctx, errors.New("more cells than there may be"))
	}
	return f.Sheets, nil
}

func filledCells(sheets []FilledSheet) (n int) {
	for _, s := range sheets {
		for _, r := range s.Rows {
			n += len(r.Cells)
		}
	}
	return n
}

// tellSheets is Sheets in the child.
func tellSheets(w io.Writer, file io.ReadSeeker) error {
	sheets, err := fillSheets(file)
	out := json.NewEncoder(w)
	if err != nil {
		f := fault.Of(err)
		if f.Kind == fault.Internal {
			return err
		}
		return out.Encode(frame{Refused: &refusal{Kind: fault.Invalid, Why: note(f.Sentence, f.Args...)}})
	}
	return out.Encode(frame{Sheets: sheets})
}

// deceiving are the kinds of findings for which a form is not taken in: what it
// shows is not all of it, or not what it holds.
var deceiving = []string{"hidden-sheet", "hidden-cells", "external-links", "connections", "macros", "data-model", "pivot-cache", "attachment"}

func fillSheets(file io.ReadSeeker) ([]FilledSheet, error) {
	if err := (source{whole: file, limit: MostRecords}).harmless("xlsx"); err != nil {
		return nil, err
	}
	limits := Limits{Columns: 200, Cell: 200_000, Bytes: 64 << 20}.orDefault()
	p, err := openParts(file, limits)
	if err != nil {
		return nil, err
	}
	b, err := readBook(p)
	if err != nil {
		return nil, unreadableBook(err)
	}
	b.findings = &findings{}
	b.surveyParts()
	var out []FilledSheet
	left := mostFilled
	for _, s := range b.sheets {
		if s.hidden {
			b.findings.add("hidden-sheet", note("工作表“%s”是隐藏的，请取消隐藏或删除后再上传。", s.name))
			continue
		}
		m, err := b.survey(s)
		if err != nil {
			return nil, unreadableSheet(s.name, 1, err)
		}
		if len(m.top)+m.below > 0 {
			return nil, fault.New(fault.Invalid, "工作表“%s”里有合并的单元格，请取消合并，每一格各写各的。", s.name)
		}
		filled, err := b.fill(s, limits, &left)
		if err != nil {
			return nil, err
		}
		if out = append(out, *filled); len(out) > mostSheets {
			return nil, fault.New(fault.Invalid, "工作表太多，最多 %d 张。", mostSheets)
		}
	}
	for _, f := range b.findings.list {
		if slices.Contains(deceiving, f.Kind) {
			return nil, fault.New(fault.Invalid, f.Note.Sentence, f.Note.Args...)
		}
	}
	if len(out) == 0 {
		return nil, fault.New(fault.Invalid, "文件是空的。")
	}
	return out, nil
}

// fill reads a sheet, of at most so many cells.
func (b *book) fill(s sheet, limits Limits, left *int) (*FilledSheet, error) {
	out := &FilledSheet{Name: s.name}
	err := b.cells(s, limits, func(line int, row []string) error {
		for i, cell := range row {
			if len(cell) > limits.Cell {
				return tooLongCell(limits, line, i+1)
			}
		}
		if *left -= len(row); *left < 0 || len(out.Rows) >= mostRecord {
			return fault.New(fault.Invalid, "行数太多，最多 %d 行。", mostRecord)
		}
		out.Rows = append(out.Rows, FilledRow{Line: line, Cells: slices.Clone(row), Formulas: slices.Clone(b.formulas)})
		return nil
	}, func() error { return nil })
	return out, err
}
