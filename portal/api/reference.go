package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"shuyuan/portal"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// showReference is the description of the API for people.
func (a *api) showReference(_ *portal.Server, c *fiber.Ctx) error {
	if _, err := portal.Query(c); err != nil {
		return err
	}
	ctx := c.UserContext()
	here, err := a.here(ctx)
	if err != nil {
		return err
	}
	info := a.doc.Info
	p := templates.ReferencePage{
		Frame: a.Frame(c, text.T(ctx, "接口参考"), text.T(ctx, "JSON 接口的每个地址、参数和字段。")),
		About: inBoth(ctx, info.Description, info.Extensions, descriptionZH),
	}
	p.Alternate = []templates.Link{{Href: Base + "/openapi.json", Title: "OpenAPI 3.1", Type: fiber.MIMEApplicationJSON}}
	for _, o := range a.operations() {
		p.Operations = append(p.Operations, a.operation(ctx, o, here))
	}
	p.Types = a.types(ctx)
	return a.Page(c, templates.Reference(p))
}

// inBoth is a text of the document in the language of the reader.
func inBoth(ctx context.Context, en string, extensions map[string]any, key string) string {
	zh, _ := extensions[key].(string)
	return text.Pick(ctx, zh, en)
}

// described is an operation with its path.
type described struct {
	path string
	*huma.Operation
}

// answers is the schema of what the operation answers with; nil for a file.
func (o described) answers() *huma.Schema {
	if media := o.answer().Content[fiber.MIMEApplicationJSON]; media != nil {
		return media.Schema
	}
	return nil
}

// status is that of its answer where nothing is wrong.
func (o described) status() string {
	return slices.Min(slices.Collect(maps.Keys(o.Responses)))
}

func (o described) answer() *huma.Response { return o.Responses[o.status()] }

// operations are those of the document, in the order of Routes.
func (a *api) operations() []described { return a.operationsOf(Routes) }

func (a *api) operationsOf(routes []portal.Route) (out []described) {
	for _, r := range routes {
		path := fiberParam.ReplaceAllString(strings.TrimPrefix(r.Path, Base), "{$1}")
		if item := a.doc.Paths[path]; item != nil && strings.HasPrefix(r.Path, Base) && methods(item)[r.Method] != nil {
			out = append(out, described{path, methods(item)[r.Method]})
		}
	}
	return out
}

func (a *api) operation(ctx context.Context, o described, here *strings.Replacer) templates.Operation {
	out := templates.Operation{
		ID: o.OperationID, Method: o.Method, Path: Base + o.path, Summary: inBoth(ctx, o.Summary, o.Extensions, summaryZH), Text: inBoth(ctx, o.Description, o.Extensions, descriptionZH),
		Returns: templates.ReferenceLink{Words: text.T(ctx, "文件")}, Status: o.status(), Keyed: scopeWords(ctx, scopeOf(o.Operation)),
	}
	switch schema := o.answers(); {
	case schema != nil:
		out.Returns, out.Example = kindOf(ctx, schema), indented(o.answer().Content[fiber.MIMEApplicationJSON].Example.(json.RawMessage))
	case len(o.answer().Content) == 0:
		out.Returns.Words = text.T(ctx, "没有正文")
	}
	if o.RequestBody != nil {
		out.Takes = bodies(ctx, o.RequestBody.Content)
	}
	for _, name := range slices.Sorted(maps.Keys(o.answer().Headers)) {
		if h := o.answer().Headers[name]; h.Extensions[descriptionZH] != nil { // else it is one of every answer
			out.Headers = append(out.Headers, templates.ReferenceField{Name: name, Kind: kindOf(ctx, h.Schema), Optional: !h.Required, Words: inBoth(ctx, h.Description, h.Extensions, descriptionZH)})
		}
	}
	for _, p := range o.Parameters {
		out.Params = append(out.Params, templates.ReferenceField{
			Name: p.Name, Place: p.In, Kind: kindOf(ctx, p.Schema), Allowed: allowed(ctx, p.Schema), Words: inBoth(ctx, p.Description, p.Extensions, descriptionZH),
		})
	}
	for _, code := range slices.Sorted(maps.Keys(o.Responses)) {
		if code >= "400" {
			out.Codes = append(out.Codes, code)
		}
	}
	if o.Extensions[exampleKey] == nil { // it changes something, or is of a key
		return out
	}
	if example, _ := o.Extensions[exampleKey].(string); here != nil {
		out.Try = a.address(here.Replace(example))
	}
	return out
}

// scopeWords says what a key must be good for; empty: none is needed.
func scopeWords(ctx context.Context, scope string) string {
	s := goodFor(scope)
	return text.Pick(ctx, s.Zh, s.En)
}

// bodies are the ways to write the body of a request.
func bodies(ctx context.Context, content map[string]*huma.MediaType) (out []templates.ReferenceBody) {
	for _, name := range slices.Sorted(maps.Keys(content)) {
		b := templates.ReferenceBody{Media: name, Kind: templates.ReferenceLink{Words: text.T(ctx, "文件")}}
		if media := content[name]; media.Schema != nil {
			b.Kind = kindOf(ctx, media.Schema)
		}
		if example, ok := content[name].Example.(json.RawMessage); ok {
			b.Example = indented(example)
		}
		out = append(out, b)
	}
	return out
}

// types are the objects of the document by their names, the larger before what
// they are made of.
func (a *api) types(ctx context.Context) []templates.ReferenceType {
	return a.typesOf(ctx, a.operations(), "Problem", "WebhookMessage")
}

func (a *api) typesOf(ctx context.Context, operations []described, besides ...string) (out []templates.ReferenceType) {
	schemas, seen := a.doc.Components.Schemas, map[string]bool{}
	var visit func(s *huma.Schema)
	visit = func(s *huma.Schema) {
		switch {
		case s == nil:
		case s.Ref != "":
			name := typeName(s)
			if seen[name] {
				return
			}
			seen[name] = true
			at := len(out)
			out = append(out, templates.ReferenceType{Name: name})
			schema := schemas.SchemaFromRef(s.Ref)
			var inner []*huma.Schema
			eachField(schemas.TypeFromRef(s.Ref), func(_ reflect.StructField, key string) {
				f := schema.Properties[key]
				out[at].Fields = append(out[at].Fields, templates.ReferenceField{
					Name: key, Kind: kindOf(ctx, f), Optional: !slices.Contains(schema.Required, key), Allowed: allowed(ctx, f), Words: inBoth(ctx, f.Description, f.Extensions, descriptionZH),
				})
				inner = append(inner, f)
			})
			for _, f := range inner {
				visit(f)
			}
		default:
			visit(s.Items)
			if values, ok := s.AdditionalProperties.(*huma.Schema); ok {
				visit(values)
			}
		}
	}
	for _, o := range operations {
		visit(o.answers())
		if o.RequestBody != nil {
			for _, media := range slices.Sorted(maps.Keys(o.RequestBody.Content)) {
				visit(o.RequestBody.Content[media].Schema)
			}
		}
	}
	for _, name := range besides {
		visit(&huma.Schema{Ref: "#/components/schemas/" + name})
	}
	return out
}

func typeName(s *huma.Schema) string { return strings.TrimPrefix(s.Ref, "#/components/schemas/") }

// kindOf is a type in words.
func kindOf(ctx context.Context, s *huma.Schema) templates.ReferenceLink {
	switch {
	case s.Ref != "":
		return templates.ReferenceLink{Words: typeName(s), Type: typeName(s)}
	case s.Type == huma.TypeArray:
		k := kindOf(ctx, s.Items)
		return templates.ReferenceLink{Words: text.T(ctx, "%s的列表", k.Words), Type: k.Type}
	case s.Type == huma.TypeObject:
		k := kindOf(ctx, s.AdditionalProperties.(*huma.Schema))
		return templates.ReferenceLink{Words: text.T(ctx, "按名称的 %s", k.Words), Type: k.Type}
	}
	words := kinds(ctx, s)
	if s.Nullable {
		words = text.T(ctx, "%s 或 null", words)
	}
	return templates.ReferenceLink{Words: words}
}

func kinds(ctx context.Context, s *huma.Schema) string {
	switch {
	case s.Format == "date":
		return text.T(ctx, "日期")
	case s.Format == "date-time":
		return text.T(ctx, "时刻")
	case s.Format == "uri":
		return text.T(ctx, "网址")
	case s.Type == huma.TypeInteger:
		return text.T(ctx, "整数")
	case s.Type == huma.TypeBoolean:
		return text.T(ctx, "是否")
	case s.Type == "":
		return text.T(ctx, "值")
	}
	return text.T(ctx, "文字")
}

// allowed says which values there are.
func allowed(ctx context.Context, s *huma.Schema) string {
	var out []string
	if s.Type == huma.TypeArray {
		if s.MaxItems != nil {
			out = append(out, text.T(ctx, "最多 %d 个", *s.MaxItems))
		}
		s = s.Items
	}
	if len(s.Enum) > 0 {
		out = append(out, text.T(ctx, "取值：%s", strings.Join(words(s.Enum), ", ")))
	}
	if s.Type == huma.TypeInteger && s.Minimum != nil && s.Maximum != nil {
		out = append(out, text.T(ctx, "%d 到 %d", int64(*s.Minimum), int64(*s.Maximum)))
	}
	if s.MaxLength != nil {
		out = append(out, text.T(ctx, "最多 %d 个字", *s.MaxLength))
	}
	if s.Default != nil {
		out = append(out, text.T(ctx, "不写就是 %s", fmt.Sprint(s.Default)))
	}
	return strings.Join(out, text.T(ctx, "；"))
}

func indented(body json.RawMessage) string {
	var out bytes.Buffer
	if err := json.Indent(&out, body, "", "  "); err != nil { // we made it
		panic(err)
	}
	return out.String()
}
