package api

import (
	_ "embed"
	"encoding/json"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"shuyuan/portal"
	"shuyuan/portal/problem"
)

// The words of the description. English is the language of the document;
// Chinese stands beside it in extensions, for /developers.
const (
	summaryZH     = "x-summary-zh"
	descriptionZH = "x-description-zh"
	exampleKey    = "x-example" // a request that answers something, with {…} where an id of this portal belongs
)

func config() huma.Config {
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "数源 Shuyuan JSON API", Version: "1",
				Description: "The catalogue of public data of this portal, for programs. Reading needs no key and no sign-in; a key only raises the quota. " +
					"Texts come in Chinese and, in fields that end in _en, in English (empty where there is none). Fields may be added; none is renamed or removed within version 1.",
				Extensions: map[string]any{descriptionZH: "本门户公共数据的目录，供程序使用。读取不要密钥，不要登录；密钥只用来提高额度。" +
					"文字有中文，以 _en 结尾的是英文（没有则为空）。第 1 版之内只增字段，不改名，不删除。"},
			},
			Servers: []*huma.Server{{URL: Base}},
			Components: &huma.Components{
				Schemas:         huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
				SecuritySchemes: map[string]*huma.SecurityScheme{"key": {Type: "http", Scheme: "bearer", Description: "An API key made at /account. Without one the quota is lower; nothing public needs one."}},
			},
		},
		Formats:       map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat},
		DefaultFormat: "application/json",
	}
}

// op is an operation with its words in both languages.
func op(id, path, tag, summary, zh string) huma.Operation {
	return huma.Operation{OperationID: id, Method: http.MethodGet, Path: path, Tags: []string{tag}, Summary: summary,
		Extensions: map[string]any{summaryZH: zh},
		Security:   []map[string][]string{{}, {"key": {}}}}
}

// described adds a description in both languages.
func described(o huma.Operation, en, zh string) huma.Operation {
	o.Description, o.Extensions[descriptionZH] = en, zh
	return o
}

// example adds a request that answers something.
func example(o huma.Operation, path string) huma.Operation {
	o.Extensions[exampleKey] = path
	return o
}

// failures are the errors that every operation can answer with.
var failures = map[string]string{
	"400": "The request is wrong: an unknown parameter, a value that is not allowed, a cursor of another list. errors[].location names it.",
	"401": "The key is wrong, revoked or expired.",
	"429": "The quota is used up. Retry-After says when to come back.",
	"503": "A part of the portal does not answer. Retry-After says when to come back.",
}

// describe completes what huma cannot know: the errors, and the headers.
func describe[I any](h huma.API, o *huma.Operation) {
	schema := h.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[problem.Problem](), true, "Problem")
	refuse := func(code, words string) {
		o.Responses[code] = &huma.Response{Description: words, Content: map[string]*huma.MediaType{problem.MediaType: {Schema: schema}}}
	}
	o.Responses = map[string]*huma.Response{}
	for code, words := range failures {
		refuse(code, words)
	}
	if strings.Contains(o.Path, "{") {
		refuse("404", "There is no such thing, or it is not public.")
		refuse("410", "It was public and has been withdrawn; detail says why.")
	}
}

// paper is a router on which nothing is ever asked for.
type paper struct{ huma.Adapter }

func (paper) Handle(*huma.Operation, func(huma.Context)) {}

// Document makes the description from the types. TestOpenAPIFile keeps
// openapi.json the same.
func Document() ([]byte, error) {
	h := huma.NewAPI(config(), paper{})
	(&api{}).register(h)
	finish(h.OpenAPI())
	out, err := json.MarshalIndent(h.OpenAPI(), "", "  ")
	return append(out, '\n'), err
}

// finish adds the Chinese words of fields and parameters, which huma does not
// know, and leaves out what it adds of its own.
func finish(doc *huma.OpenAPI) {
	schemas := doc.Components.Schemas
	delete(schemas.Map(), "ErrorModel")
	for name, schema := range schemas.Map() {
		schema.AdditionalProperties = nil // fields may come to stand beside these
		fields(schemas.TypeFromRef("#/components/schemas/"+name), func(f reflect.StructField) {
			key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if p := schema.Properties[key]; p != nil {
				translate(&p.Extensions, f)
			}
		})
	}
}

// fields calls do with every field of a struct and of those embedded in it.
func fields(t reflect.Type, do func(reflect.StructField)) {
	for i := range t.NumField() {
		if f := t.Field(i); f.Anonymous {
			fields(f.Type, do)
		} else {
			do(f)
		}
	}
}

func translate(extensions *map[string]any, f reflect.StructField) {
	if *extensions == nil {
		*extensions = map[string]any{}
	}
	(*extensions)[descriptionZH] = f.Tag.Get("zh")
}

//go:embed openapi.json
var document []byte

// showDocument is the description itself.
func (a *api) showDocument(_ *portal.Server, c *fiber.Ctx) error {
	if _, err := portal.Query(c); err != nil {
		return inQuery(err)
	}
	c.Set(fiber.HeaderCacheControl, "public, max-age=300")
	return a.Kept(c, func(_ *portal.Server, c *fiber.Ctx) error {
		c.Set(fiber.HeaderContentType, "application/json")
		return c.Send(document)
	})
}
