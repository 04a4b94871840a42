package ingest

import (
	"github.com/xuri/excelize/v2"

	"shuyuan/internal/fault"
)

// workbook opens the visible sheets of an XLSX file, each a table whose first
// row names the columns.
func workbook(src source, opt Options) ([]Table, func() error, error) {
	r, err := source{r: src.r, limit: min(src.limit, 512<<20)}.open()
	if err != nil {
		return nil, nil, err
	}
	book, err := excelize.OpenReader(r, excelize.Options{UnzipSizeLimit: 1 << 30, UnzipXMLSizeLimit: 16 << 20})
	if err != nil {
		return nil, nil, fault.New(fault.Invalid, "这不是完好的 XLSX 文件。").Because(err)
	}
	var tables []Table
	for _, sheet := range book.GetSheetList() {
		if visible, err := book.GetSheetVisible(sheet); err != nil || !visible {
			continue
		}
		tables = append(tables, Table{Name: sheet, read: func(yield func([]string) error) error {
			return sheetRows(book, sheet, opt, yield)
		}})
	}
	return tables, book.Close, nil
}

func sheetRows(book *excelize.File, sheet string, opt Options, yield func([]string) error) error {
	rows, err := book.Rows(sheet)
	if err != nil {
		return fault.New(fault.Invalid, "工作表“%s”读不出来。", sheet).Because(err)
	}
	defer rows.Close()
	width := 0
	for line := 1; rows.Next(); line++ {
		row, err := rows.Columns()
		if err != nil {
			return fault.New(fault.Invalid, "工作表“%s”第 %d 行读不出来。", sheet, line).Because(err)
		}
		if err := checkCells(row, line, "", opt.Limits); err != nil {
			return err
		}
		if width == 0 {
			if width = len(row); width == 0 {
				return fault.New(fault.Invalid, "工作表“%s”的第一行是空的。", sheet)
			}
			if err := checkHeader(row); err != nil {
				return err
			}
		}
		if len(row) > width {
			return fault.New(fault.Invalid, "第 %d 行有 %d 栏，应有 %d 栏。", line, len(row), width)
		}
		for len(row) < width { // trailing empty cells are not stored
			row = append(row, "")
		}
		if err := yield(row); err != nil {
			return err
		}
	}
	return rows.Error()
}
