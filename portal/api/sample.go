package api

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// sample is an answer of type t made of the examples of its fields, in the
// order in which they are sent. What may be absent and has no example is.
func sample(schemas huma.Registry, t reflect.Type) json.RawMessage {
	var out bytes.Buffer
	out.WriteByte('{')
	n := 0
	eachField(t, func(f reflect.StructField, key string) {
		s := schemas.Schema(t, false, "").Properties[key]
		if strings.HasSuffix(f.Tag.Get("json"), ",omitempty") && len(s.Examples) == 0 && s.Ref == "" {
			return
		}
		if n++; n > 1 {
			out.WriteByte(',')
		}
		out.Write(encode(key))
		out.WriteByte(':')
		out.Write(sampleOf(schemas, s, f.Type))
	})
	out.WriteByte('}')
	return out.Bytes()
}

func sampleOf(schemas huma.Registry, s *huma.Schema, t reflect.Type) json.RawMessage {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case len(s.Examples) > 0:
		return encode(s.Examples[0])
	case s.Ref != "":
		return sample(schemas, t)
	case t.Kind() == reflect.Map:
		return join('{', encode("theme"), []byte(":"), join('[', sampleOf(schemas, s.AdditionalProperties.(*huma.Schema).Items, t.Elem().Elem()), []byte("]")), []byte("}"))
	case t.Kind() == reflect.Slice:
		return join('[', sampleOf(schemas, s.Items, t.Elem()), []byte("]"))
	case s.Format == "date-time":
		return encode("2026-01-15T02:00:00Z")
	case t.Kind() == reflect.String:
		return encode("")
	}
	return encode(reflect.Zero(t).Interface())
}

func join(open byte, parts ...[]byte) json.RawMessage {
	return append([]byte{open}, bytes.Join(parts, nil)...)
}

func encode(v any) json.RawMessage {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil { // strings, numbers and booleans always encode
		panic(err)
	}
	return bytes.TrimSpace(out.Bytes())
}

// eachField calls do with the fields of t as encoding/json sends them: those of
// embedded structs in their place, less those that an outer one hides.
func eachField(t reflect.Type, do func(f reflect.StructField, key string)) {
	for _, f := range reflect.VisibleFields(t) {
		key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if outer, _ := t.FieldByName(f.Name); !f.Anonymous && key != "" && len(outer.Index) == len(f.Index) {
			do(f, key)
		}
	}
}
