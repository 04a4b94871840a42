package api

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/fault"
	"shuyuan/portal"
)

func malformed(location, sentence string, args ...any) error {
	f := fault.New(fault.Malformed, sentence, args...)
	f.Field = location
	return f
}

// check holds the address against the description of the operation: it knows
// no other parameters, and each has the type, the length and one of the values
// that the document names. What is in the path and cannot be is not found.
func check(c *fiber.Ctx, op *huma.Operation) error {
	var names []string
	for _, p := range op.Parameters {
		switch {
		case p.In == "path" && fits(p.Schema, "", c.Params(p.Name)) != nil:
			return fault.New(fault.NotFound, "没有这一项。")
		case p.In == "query" && p.Schema.Type == huma.TypeArray:
			names = append(names, p.Name+"*")
		case p.In == "query":
			names = append(names, p.Name)
		}
	}
	query, err := portal.Query(c, names...)
	if err != nil {
		return inQuery(err)
	}
	for _, p := range op.Parameters {
		if p.In != "query" {
			continue
		}
		values := query[p.Name]
		schema := p.Schema
		if schema.Type == huma.TypeArray {
			values = list(values)
			if schema.MaxItems != nil && len(values) > *schema.MaxItems {
				return malformed("query."+p.Name, "最多 %d 个。", *schema.MaxItems)
			}
			schema = schema.Items
		}
		for _, v := range values {
			if v == "" {
				continue // as if it were not there
			}
			if err := fits(schema, "query."+p.Name, v); err != nil {
				return err
			}
		}
	}
	return nil
}

// inQuery says where a parameter stands that pages name without saying so.
func inQuery(err error) error {
	if err == nil {
		return nil
	}
	if f := fault.Of(err); f.Field != "" {
		g := *f
		g.Field = "query." + f.Field
		return &g
	}
	return err
}

// fits holds one value against its schema.
func fits(s *huma.Schema, location, value string) error {
	switch {
	case s.Type == huma.TypeInteger:
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil || strconv.FormatInt(n, 10) != value || float64(n) < *s.Minimum || float64(n) > *s.Maximum {
			return malformed(location, "须是 %d 到 %d 的整数。", int64(*s.Minimum), int64(*s.Maximum))
		}
	case s.Type == huma.TypeBoolean && value != "true" && value != "false":
		return malformed(location, "须是其中之一：%s。", "true, false")
	case len(s.Enum) > 0 && !slices.Contains(s.Enum, any(value)):
		return malformed(location, "须是其中之一：%s。", strings.Join(words(s.Enum), ", "))
	case s.MaxLength != nil && utf8.RuneCountInString(value) > *s.MaxLength:
		return malformed(location, "最多 %d 个字。", *s.MaxLength)
	}
	return nil
}

func words(values []any) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = fmt.Sprint(v)
	}
	return out
}

// list is a parameter that was repeated, or whose values stand between commas,
// or both; each value once.
func list(values []string) []string {
	var out []string
	for _, v := range values {
		for part := range strings.SplitSeq(v, ",") {
			if part = strings.TrimSpace(part); part != "" && !slices.Contains(out, part) {
				out = append(out, part)
			}
		}
	}
	return out
}
