package datasets

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"io"
	"math"
	"regexp"
	"strconv"
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
		if len(row) == 1 && row[0] == "" { // as a blank line it would be no row at all
			out.Flush()
			_, err := io.WriteString(w, "\"\"\n")
			return err
		}
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
// like one gets an apostrophe in front. Numbers with a sign, and dashes that
// stand for nothing, begin like one and are none. Original files keep their
// bytes and JSON its values; only the CSV that we make ourselves is changed.
func harmless(cell string) string {
	if cell == "" || cell[0] != '\t' && cell[0] != '\r' && !strings.ContainsRune("=+-@＝＋－＠", firstRune(strings.TrimSpace(cell))) || notFormula.MatchString(cell) {
		return cell
	}
	return "'" + cell
}

var notFormula = regexp.MustCompile(`^\s*([+-]?[0-9][0-9,]*(\.[0-9]+)?([eE][+-]?[0-9]+)?%?|[-－+＋]+)\s*$`)

func firstRune(s string) rune {
	for _, r := range s {
		return r
	}
	return 0
}

// writeJSON writes an array of objects. A number stands as a number only where
// the dictionary says that the column holds numbers and readers will see the
// same number; an empty cell is null.
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
		if exact(cell) {
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

// exact reports whether cell is a JSON number that a reader who keeps numbers
// in 64 bits does not change: neither infinite nor a whole number too long. A
// code with leading zeros is no JSON number.
func exact(cell string) bool {
	if strings.Trim(cell, "-0123456789.eE+") != "" || !json.Valid([]byte(cell)) {
		return false
	}
	n, err := strconv.ParseFloat(cell, 64)
	if err != nil {
		return false
	}
	return strings.ContainsAny(cell, ".eE") || math.Abs(n) <= 1<<53-1
}

// quote is s as a JSON string; data is not HTML, so < stays <.
func quote(s string) ([]byte, error) {
	var out strings.Builder
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	err := e.Encode(s)
	return []byte(strings.TrimSuffix(out.String(), "\n")), err
}
