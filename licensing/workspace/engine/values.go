package engine

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/duckdb/duckdb-go/v2"

	"shuyuan/datasets/rows"
	"shuyuan/internal/fault"
)

// stored is the engine's type of a mount's column.
func (c Column) stored() string {
	if c.Use == Subject {
		return "UBIGINT"
	}
	switch c.Type {
	case rows.Integer:
		return "BIGINT"
	case rows.Decimal:
		return "DOUBLE"
	case rows.Boolean:
		return "BOOLEAN"
	case rows.Date:
		return "DATE"
	case rows.DateTime:
		return "TIMESTAMP"
	}
	return "VARCHAR"
}

// typeName is the engine's name of a type, as far as one can be in a result.
func typeName(t duckdb.Type) string {
	for name, of := range map[string][]duckdb.Type{
		"VARCHAR": {duckdb.TYPE_VARCHAR, duckdb.TYPE_SQLNULL},
		"BIGINT":  {duckdb.TYPE_TINYINT, duckdb.TYPE_SMALLINT, duckdb.TYPE_INTEGER, duckdb.TYPE_BIGINT, duckdb.TYPE_UTINYINT, duckdb.TYPE_USMALLINT, duckdb.TYPE_UINTEGER, duckdb.TYPE_UBIGINT, duckdb.TYPE_HUGEINT},
		"DOUBLE":  {duckdb.TYPE_FLOAT, duckdb.TYPE_DOUBLE, duckdb.TYPE_DECIMAL},
		"BOOLEAN": {duckdb.TYPE_BOOLEAN}, "DATE": {duckdb.TYPE_DATE}, "TIMESTAMP": {duckdb.TYPE_TIMESTAMP},
	} {
		if slices.Contains(of, t) {
			return name
		}
	}
	return ""
}

// outTypes are the types of a result's columns; "" is what can be in none.
var outTypes = map[string]string{"VARCHAR": "text", "BIGINT": "integer", "DOUBLE": "decimal", "BOOLEAN": "boolean", "DATE": "date", "TIMESTAMP": "datetime"}

// outType is the type of a column as a child calls it.
func outType(name string) string {
	switch {
	case strings.HasPrefix(name, "DECIMAL"), name == "FLOAT":
		return "decimal"
	case name == "TINYINT", name == "SMALLINT", name == "INTEGER", name == "HUGEINT", strings.HasPrefix(name, "U") && strings.HasSuffix(name, "INT"), name == "UINTEGER":
		return "integer"
	case name == "NULL", name == `"NULL"`, name == "SQLNULL":
		return "text"
	}
	return outTypes[name]
}

// read is a cell of a child's answer as a value of a column's type.
func read(s *string, typ string) (any, error) {
	if s == nil {
		return nil, nil
	}
	switch typ {
	case "integer":
		if n, err := strconv.ParseInt(*s, 10, 64); err == nil {
			return n, nil
		}
		f, err := strconv.ParseFloat(*s, 64) // beyond 64 bits
		return f, err
	case "decimal":
		f, err := strconv.ParseFloat(*s, 64)
		if err == nil && (math.IsNaN(f) || math.IsInf(f, 0)) {
			return nil, nil
		}
		return f, err
	case "boolean":
		return strconv.ParseBool(*s)
	case "text", "date", "datetime":
		return *s, nil
	}
	return nil, fmt.Errorf("engine: a column of type %q", typ)
}

// bind puts the values of a job in the place of the statement's parameters.
func bind(declared []Parameter, used []string, values map[string]any) ([]bound, error) {
	var out []bound
	for name := range values {
		if !slices.ContainsFunc(declared, func(p Parameter) bool { return p.Name == name }) {
			return nil, fault.At(name, "没有参数“%s”。", clip(name))
		}
	}
	for _, p := range declared {
		v, ok := values[p.Name]
		if !ok {
			return nil, fault.At(p.Name, "请填参数“%s”。", p.Name)
		}
		if !slices.Contains(used, p.Name) {
			continue
		}
		b := bound{Name: p.Name, Type: p.Type}
		switch v := v.(type) {
		case nil:
			b.Null = true
		case string:
			ok, b.Text = p.Type == rows.Text, v
		case int64:
			ok, b.Text = p.Type == rows.Integer || p.Type == rows.Decimal, strconv.FormatInt(v, 10)
		case float64:
			ok, b.Text = p.Type == rows.Decimal && !math.IsNaN(v) && !math.IsInf(v, 0), strconv.FormatFloat(v, 'g', -1, 64)
		case bool:
			ok, b.Text = p.Type == rows.Boolean, strconv.FormatBool(v)
		case time.Time:
			ok, b.Text = p.Type == rows.Date || p.Type == rows.DateTime, v.UTC().Format(momentForm)
			if p.Type == rows.Date {
				b.Text = v.UTC().Format(time.DateOnly)
			}
		default:
			ok = false
		}
		if !ok {
			return nil, fault.At(p.Name, "参数“%s”的值不是说明的类型（%s）。", p.Name, string(p.Type))
		}
		out = append(out, b)
	}
	return out, nil
}
