package datasets

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"io"
	"strings"
)

// write turns rows into the format of kind.
func write(w io.Writer, kind string, fields []Field, rows func(yield func([]string) error) error) error {
	out := bufio.NewWriterSize(w, 256<<10)
	var err error
	if kind == JSON {
		err = writeJSON(out, fields, rows)
	} else {
		err = writeCSV(out, kind == CSVBOM, rows)
	}
	if err != nil {
		return err
	}
	return out.Flush()
}

func writeCSV(w io.Writer, bom bool, rows func(yield func([]string) error) error) error {
	if bom {
		if _, err := io.WriteString(w, "\uFEFF"); err != nil {
			return err
		}
	}
	out := csv.NewWriter(w)
	var safe []string
	if err := rows(func(row []string) error {
		safe = safe[:0]
		for _, cell := range row {
			safe = append(safe, harmless(cell))
		}
		return out.Write(safe)
	}); err != nil {
		return err
	}
	out.Flush()
	return out.Error()
}

// harmless keeps a spreadsheet from running a cell as a formula: what begins
// like one and is not a number gets an apostrophe in front. Original files
// keep their bytes; only what we make ourselves is changed.
func harmless(cell string) string {
	if cell == "" || !strings.ContainsRune("=+-@\t\r＝＋－＠", firstRune(cell)) || isNumber(cell) {
		return cell
	}
	return "'" + cell
}

func firstRune(s string) rune {
	for _, r := range s {
		return r
	}
	return 0
}

// isNumber reports whether s is a plain decimal number, with a sign or without.
func isNumber(s string) bool {
	return json.Valid([]byte(strings.TrimPrefix(s, "+"))) && strings.Trim(s, "+-0123456789.eE") == ""
}

// writeJSON writes an array of objects. A number stands as a number only where
// the dictionary says that the column holds numbers; nothing is null.
func writeJSON(w *bufio.Writer, fields []Field, rows func(yield func([]string) error) error) error {
	types := map[string]string{}
	for _, f := range fields {
		types[f.Name] = f.Type
	}
	var names [][]byte
	var kinds []string
	n := 0
	err := rows(func(row []string) error {
		if n++; n == 1 {
			for _, name := range row {
				quoted, err := quote(name)
				if err != nil {
					return err
				}
				names, kinds = append(names, quoted), append(kinds, types[name])
			}
			return w.WriteByte('[')
		}
		start := ",\n{"
		if n == 2 {
			start = "\n{"
		}
		if _, err := w.WriteString(start); err != nil {
			return err
		}
		for i, cell := range row {
			value, err := jsonValue(cell, kinds[i])
			if err != nil {
				return err
			}
			if i > 0 {
				_ = w.WriteByte(',') // a bufio.Writer keeps its first error
			}
			_, _ = w.Write(names[i])
			_ = w.WriteByte(':')
			_, _ = w.Write(value)
		}
		return w.WriteByte('}')
	})
	if err != nil {
		return err
	}
	_, err = w.WriteString("\n]\n")
	return err
}

func jsonValue(cell, kind string) ([]byte, error) {
	if cell == "" {
		return []byte("null"), nil
	}
	switch kind {
	case "integer", "decimal":
		if isNumber(cell) && json.Valid([]byte(cell)) {
			return []byte(cell), nil
		}
	case "point", "geometry", "array", "object":
		if json.Valid([]byte(cell)) {
			return []byte(cell), nil
		}
	case "boolean":
		if cell == "true" || cell == "false" {
			return []byte(cell), nil
		}
	}
	return quote(cell)
}

// quote is s as a JSON string; data is not HTML, so < stays <.
func quote(s string) ([]byte, error) {
	var out strings.Builder
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	err := e.Encode(s)
	return []byte(strings.TrimSuffix(out.String(), "\n")), err
}
