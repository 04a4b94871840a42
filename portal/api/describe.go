package api

import (
	_ "embed"
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets/rows"
	"shuyuan/internal/fault"
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
			Servers:      []*huma.Server{{URL: Base}},
			ExternalDocs: &huma.ExternalDocs{URL: "/developers", Description: "The page for developers: examples that run, quotas, errors."},
			Tags: []*huma.Tag{
				{Name: "catalogue", Description: "Datasets: find, list, read."},
				{Name: "files", Description: "The files of a dataset, their versions and their columns."},
				{Name: "rows", Description: "The rows of tables: query and export."},
				{Name: "uploads", Description: "Publishing a file by a key that may publish, for officers of its department. Bytes are sent by tus 1.0.0 (core, creation, creation-with-upload, termination, checksum, expiration; OPTIONS says so). " +
					"A curl example that runs stands at /developers#uploads.",
					Extensions: map[string]any{descriptionZH: "部门的数据专员用有发布用途的密钥发布文件。字节按 tus 1.0.0 传（core、creation、creation-with-upload、termination、checksum、expiration，OPTIONS 会说）。能跑的 curl 例子在 /developers#uploads。"}},
				{Name: "applications", Description: "Data that is open on conditions: what an application needs, one's own applications. A program prepares and reads; what binds is signed by a person on a page."},
				{Name: "grants", Description: "What one was granted and what was delivered (取数记录), by a key of one's own."},
				{Name: "workspaces", Description: "Secure workspaces: programs run on data that nobody sees, and what two people released. By a key that may develop; it stops with everything above the workspace."},
				{Name: "scenarios", Description: "Authorised operation: which developer uses which data for what, as it was decided."},
				{Name: "operation", Description: "Authorised operation: mandates, operators, developers, ceilings and reports, as they are disclosed."},
				{Name: "tenders", Description: "Competitions: what is awarded, by whom, until when bids are taken."},
				{Name: "products", Description: "Products made of public data: what each was made from and when that was acquired, and what a file, a digest or a number is."},
				{Name: "registrations", Description: "Registration, certification and valuation of products: the public notices and the signed certificates."},
				{Name: "log", Description: "The transparency log: what was sealed, recalled, certified and received, and the keys that sign, in a Merkle tree that only grows (RFC 6962). " +
					"Any client of C2SP tlog-tiles reads it from /api/v1/log/: checkpoint, tile/{level}/{n}, tile/entries/{n}.",
					Extensions: map[string]any{descriptionZH: "透明日志：封存、撤回、登记、交付回执和签名密钥，都在一棵只增不改的 Merkle 树里（RFC 6962）。C2SP tlog-tiles 的客户端都能读，地址从 /api/v1/log/ 起：checkpoint、tile/{level}/{n}、tile/entries/{n}。"}},
				{Name: "requests", Description: "Data that people want and that is not open yet."},
				{Name: "vocabulary", Description: "Departments, themes and figures."},
			},
			Components: &huma.Components{
				Schemas:         huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
				SecuritySchemes: map[string]*huma.SecurityScheme{"key": {Type: "http", Scheme: "bearer", Description: "An API key made at /account. Without one the quota is lower; nothing public needs one. What changes something, or is about its owner, needs one that is good for it."}},
			},
		},
		Formats:       map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat},
		DefaultFormat: "application/json",
	}
}

// operation is what huma wants to know of one, with its words in both
// languages.
type operation struct{ huma.Operation }

func op(id, path, tag string) operation {
	return operation{huma.Operation{OperationID: id, Method: http.MethodGet, Path: path, Tags: []string{tag},
		Extensions: map[string]any{}, Security: []map[string][]string{{}, {"key": {}}}}}
}

func (o operation) summary(en, zh string) operation {
	o.Summary, o.Extensions[summaryZH] = en, zh
	return o
}

func (o operation) describe(en, zh string) operation {
	o.Description, o.Extensions[descriptionZH] = en, zh
	return o
}

// sends says that the operation answers with a file in one of these formats.
func (o operation) sends(formats []rows.Format) operation {
	content := map[string]*huma.MediaType{}
	for _, f := range formats {
		content[f.MediaType()] = &huma.MediaType{}
	}
	o.Responses = map[string]*huma.Response{"200": {Content: content}}
	return o
}

// example is a request that answers something. What stands in braces belongs
// to the portal that is asked.
func (o operation) example(path string) operation {
	o.Extensions[exampleKey] = path
	return o
}

// failure is an error that operations can answer with.
type failure struct {
	code   string
	kind   fault.Kind
	en, zh string
	always bool   // of every operation; the others of those that name one thing
	later  bool   // says when to come back
	only   string // of operations with this tag alone; empty: of all
}

// failures are the errors of operations that read. /developers shows them as a
// table.
var failures = []failure{
	{"400", fault.Malformed, "The request is wrong: an unknown parameter, a value that is not allowed, a cursor of another list. errors[].location names the place, errors[].message what is allowed.",
		"请求有误：不认识的参数、不允许的值、别的列表的游标。errors[].location 指出在哪里，errors[].message 说明可以怎样。", true, false, ""},
	{"401", fault.Unauthenticated, "The key is misspelt, revoked or expired. Leave it out: nothing here needs one.", "密钥拼错、停用或过期。去掉它即可：这里都不需要密钥。", true, false, ""},
	{"402", fault.Unpaid, "Of what was ordered: the order or a bill of it is to be paid first; detail says which.", "订购的产品：订单或者账单要先付；detail 里有是哪一份。", false, false, "products"},
	{"403", fault.Forbidden, "The data is open under conditions and must be applied for, or the key is not good for this; detail says which. What describes the data is public all the same.",
		"这份数据有条件开放，须先申请；或者这个密钥没有这项用途。detail 里有是哪一样。目录信息照常公开。", false, false, ""},
	{"404", fault.NotFound, "There is no such thing, or it is not public. Both look alike.", "没有这一项，或者不公开。两者看起来一样。", false, false, ""},
	{"410", fault.Gone, "It was public and has been withdrawn; detail says why.", "曾经公开，已撤下；detail 里有原因。", false, false, ""},
	{"413", fault.TooLarge, "The question takes more time, memory or room than one may; detail says which limit, and what to do.", "这次查询超过了时间、内存或大小的上限；detail 里有是哪一个，怎么办。", false, false, "rows"},
	{"429", fault.TooMany, "The quota is used up. Come back after Retry-After seconds.", "额度用完。过 Retry-After 秒再来。", true, true, ""},
	{"503", fault.Unavailable, "A part of the portal does not answer. Come back after Retry-After seconds.", "门户的一部分暂时不应答。过 Retry-After 秒再来。", true, true, ""},
}

// others are the problems that no reading of the API meets by itself: what
// changes something answers so, or a form of the portal. Their types are kept,
// too.
var others = []failure{
	{code: "409", kind: fault.Conflict, en: "Somebody else has changed it meanwhile. Read it again.", zh: "已被别人改过。重新读一遍。"},
	{code: "422", kind: fault.Invalid, en: "What was filled in breaks a rule; detail says which.", zh: "填写的内容不合规则；detail 里有是哪一条。"},
	{code: "412", kind: fault.Malformed, en: "The header Tus-Resumable is missing or names another version than 1.0.0.", zh: "没有 Tus-Resumable 头，或者不是 1.0.0。"},
	{code: "415", kind: fault.Malformed, en: "The bytes of a file come as application/offset+octet-stream.", zh: "文件的字节要以 application/offset+octet-stream 送来。"},
	{code: "460", kind: fault.Malformed, en: "The body is not what Upload-Checksum says; nothing of it was kept. Send it again.", zh: "正文和 Upload-Checksum 不符，没有保存，请重发。"},
	{code: "500", kind: fault.Internal, en: "A failure of ours. Name reference when you ask for help.", zh: "我们这边出错。求助时请报 reference。"},
}

// kindOfCode is the kind of fault that failures name for a status.
func kindOfCode(code string) fault.Kind {
	return failures[slices.IndexFunc(failures, func(f failure) bool { return f.code == code })].kind
}

// headers are those of every answer.
var headers = []struct{ name, kind, en, zh string }{
	{"ETag", huma.TypeString, "Names this state of the answer. Send it back as If-None-Match: while nothing has changed the answer is 304 without a body.",
		"回包这一状态的名字。下次放在 If-None-Match 里送来：没变就回 304，没有正文。"},
	{"Link", huma.TypeString, `On a list with more to come: the whole address of the next page, rel="next".`, "列表后面还有时：下一页的完整地址，rel=\"next\"。"},
	{"RateLimit-Limit", huma.TypeInteger, "Requests a minute that whoever asks may make.", "每分钟可以请求几次。"},
	{"RateLimit-Remaining", huma.TypeInteger, "How many of these are left.", "还剩几次。"},
	{"RateLimit-Reset", huma.TypeInteger, "Seconds until the minute is over.", "这一分钟还有几秒。"},
}

// prepare adds what huma cannot know: the errors and the headers.
func prepare(h huma.API, o *huma.Operation) {
	schema := h.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[problem.Problem](), true, "Problem")
	var content map[string]*huma.MediaType
	if r := o.Responses["200"]; r != nil {
		content = r.Content
	}
	o.Responses = map[string]*huma.Response{
		"200": {Description: "Found.", Headers: map[string]*huma.Param{}, Content: content},
		"304": {Description: "Nothing has changed since the ETag that was sent along."},
	}
	for _, d := range headers {
		o.Responses["200"].Headers[d.name] = &huma.Param{Description: d.en, Schema: &huma.Schema{Type: d.kind}}
	}
	for _, f := range failures {
		if (f.always || strings.Contains(o.Path, "{") || f.kind == fault.NotFound && slices.Contains(o.Tags, "log")) && (f.only == "" || slices.Contains(o.Tags, f.only)) {
			r := &huma.Response{Description: f.en + " Its type is " + problem.Type(f.kind) + ".", Content: map[string]*huma.MediaType{problem.MediaType: {Schema: schema}}}
			if f.later {
				r.Headers = map[string]*huma.Param{"Retry-After": {Description: "Seconds to wait.", Schema: &huma.Schema{Type: huma.TypeInteger}}}
			}
			o.Responses[f.code] = r
		}
	}
}

// translate adds the Chinese words of the parameters, which are fields of in.
func translate(o *huma.Operation, in reflect.Type) {
	fields(in, func(f reflect.StructField) {
		for _, place := range []string{"path", "query"} {
			name, _, _ := strings.Cut(f.Tag.Get(place), ",")
			for _, p := range o.Parameters {
				if name != "" && p.In == place && p.Name == name {
					p.Extensions = map[string]any{descriptionZH: f.Tag.Get("zh")}
				}
			}
		}
	})
}

// paper is a router on which nothing is ever asked for.
type paper struct{ huma.Adapter }

func (paper) Handle(*huma.Operation, func(huma.Context)) {}

// Document makes the description from the types. TestOpenAPIFile keeps
// openapi.json the same.
func Document() ([]byte, error) {
	h := huma.NewAPI(config(), paper{})
	(&api{}).register(h)
	describeWriting(h)
	describeWebhooks(h.OpenAPI())
	finish(h.OpenAPI())
	out, err := json.MarshalIndent(h.OpenAPI(), "", "  ")
	return append(out, '\n'), err
}

// finish adds the Chinese words of the fields, which huma does not know, and
// takes away what it adds of its own.
func finish(doc *huma.OpenAPI) {
	schemas := doc.Components.Schemas
	exemplify := func(content map[string]*huma.MediaType) {
		if media := content[fiber.MIMEApplicationJSON]; media != nil && media.Schema != nil {
			media.Example = sample(schemas, schemas.TypeFromRef(media.Schema.Ref))
		}
	}
	for _, item := range doc.Paths {
		for method, o := range methods(item) {
			if _, answers := o.Responses["200"]; answers && method == http.MethodGet {
				delete(o.Responses, "204") // huma's, of those that send themselves
			}
			if o.RequestBody != nil {
				exemplify(o.RequestBody.Content)
			}
			for _, r := range o.Responses {
				exemplify(r.Content)
			}
		}
	}
	delete(schemas.Map(), "ErrorModel")
	delete(schemas.Map(), "ErrorDetail")
	for name, schema := range schemas.Map() {
		schema.AdditionalProperties = nil // fields may come to stand beside these
		fields(schemas.TypeFromRef("#/components/schemas/"+name), func(f reflect.StructField) {
			key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if p := schema.Properties[key]; p != nil {
				p.Extensions = map[string]any{descriptionZH: f.Tag.Get("zh")}
			}
		})
	}
}

// methods are the operations at one path.
func methods(item *huma.PathItem) map[string]*huma.Operation {
	out := map[string]*huma.Operation{http.MethodGet: item.Get, http.MethodPost: item.Post, http.MethodPut: item.Put, http.MethodPatch: item.Patch, http.MethodHead: item.Head, http.MethodDelete: item.Delete}
	maps.DeleteFunc(out, func(_ string, o *huma.Operation) bool { return o == nil })
	return out
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

//go:embed openapi.json
var document []byte

// showDocument is the description itself.
func (a *api) showDocument(_ *portal.Server, c *fiber.Ctx) error {
	if _, err := portal.Query(c); err != nil {
		return inQuery(err)
	}
	return a.kept(c, func(_ *portal.Server, c *fiber.Ctx) error {
		c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
		c.Set(fiber.HeaderCacheControl, "public, max-age=300")
		return c.Send(document)
	})
}
