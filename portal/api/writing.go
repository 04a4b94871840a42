package api

import (
	"cmp"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets/rows"
	"shuyuan/internal/account"
	"shuyuan/portal"
	"shuyuan/portal/problem"
)

// The operations that change something are answered by the portal itself, not
// by huma: the bytes of files are a stream, by the tus protocol. Here they are
// described, as the others are, by the same types that are sent.

// tusMedia is a piece of a file, in the tus protocol.
const tusMedia = "application/offset+octet-stream"

// header is one header of a request or of an answer.
type header struct {
	name, kind string
	en, zh     string
	required   bool // of a request: refused without; of an answer: always there
	only       string
	example    any
}

var (
	tusResumable   = header{"Tus-Resumable", huma.TypeString, "Version of the protocol", "协议的版本", true, "1.0.0", "1.0.0"}
	uploadLength   = header{"Upload-Length", huma.TypeInteger, "Bytes of the whole file", "整个文件有多少字节", true, "", 123456}
	uploadMetadata = header{"Upload-Metadata", huma.TypeString, "filename and resource, each with a blank and its value as Base64 behind it, with a comma between: the name of the file, and the id of the file of the catalogue that it becomes a version of",
		"filename 和 resource，各跟一个空格和 Base64 写的值，中间用逗号：文件名，以及它要成为哪个文件（编号）的新版本", true, "", "filename ZGF0YS5jc3Y=,resource aG9saWRheXMtY3N2"}
	uploadOffset   = header{"Upload-Offset", huma.TypeInteger, "Bytes that are here already: where the body goes on", "已经收到多少字节：正文从这里接着", true, "", 0}
	uploadChecksum = header{"Upload-Checksum", huma.TypeString, "sha256, a blank, and the SHA-256 of the body as Base64: a body that does not match is not kept", "sha256、一个空格、正文的 SHA-256（Base64）：不符的正文不保存", false, "", "sha256 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="}
	uploadExpires  = header{"Upload-Expires", huma.TypeString, "When the upload is swept unless it goes on; absent once the file is whole", "不再继续的话何时清除；收齐之后没有这个头", false, "", "Wed, 21 Oct 2026 07:28:00 GMT"}
	location       = header{"Location", huma.TypeString, "Address of the upload: everything else is asked of it", "这次上传的地址：其余都向它请求", true, "", "https://data.example/api/v1/uploads/6b1f0c0e9d2a4b7c"}
)

// writing is an operation that changes something, with what huma would know of
// it.
type writing struct {
	operation
	takes   map[string]*huma.MediaType
	must    bool // there is no request without a body
	status  string
	answer  *huma.Schema // nil: no body, or a file
	sends   []string     // media types of a file; none: it sends none
	headers []header
	codes   string // of errors, beside those that every such operation has
}

// describeWriting adds them to the document.
func describeWriting(h huma.API) {
	schemas := h.OpenAPI().Components.Schemas
	of := func(t reflect.Type) *huma.Schema { return schemas.Schema(t, true, t.Name()) }
	for _, k := range keyedOperations() {
		k.writing(of).add(h)
	}
	piece := map[string]*huma.MediaType{tusMedia: {}}
	for _, w := range []writing{
		objecting(of),
		receiving(of),
		describePropose(of),
		{operation: change("createUpload", http.MethodPost, "/uploads", "uploads", tusResumable, uploadLength, uploadMetadata, uploadChecksum).
			summary("Begin to upload a file", "开始上传一个文件").
			describe("Makes room for a file by the tus protocol; a body is its first bytes. The file is read once all of it is here.", "按 tus 协议为一个文件占位；有正文的话就是它开头的字节。收齐之后开始读。"),
			takes: piece, status: "201", headers: []header{tusResumable, location, uploadOffset, uploadExpires}, codes: "404 409 412 413 415 422"},
		{operation: change("continueUpload", http.MethodPatch, "/uploads/{id}", "uploads", tusResumable, uploadOffset, uploadChecksum).
			summary("Send the next bytes", "接着传").
			describe("What came before a break is kept: ask HEAD how much that is, and go on from there.", "中断之前收到的都在：用 HEAD 问收到哪里，从那里接着传。"),
			takes: piece, must: true, status: "204", headers: []header{tusResumable, uploadOffset}, codes: "404 409 410 412 415 460"},
		{operation: change("headUpload", http.MethodHead, "/uploads/{id}", "uploads", tusResumable).
			summary("How many bytes are here", "收到了多少字节").
			describe("Only headers, as the protocol has it; errors have no body either.", "只有头，照协议；出错时也没有正文。"),
			status: "200", headers: []header{tusResumable, uploadOffset, uploadLength, uploadExpires}, codes: "404 410 412"},
		{operation: change("deleteUpload", http.MethodDelete, "/uploads/{id}", "uploads", tusResumable).
			summary("Give an upload up", "放弃一次上传").
			describe("Its bytes are deleted. What has been published stays.", "删去它的字节。已经发布的不受影响。"),
			status: "204", headers: []header{tusResumable}, codes: "404 409 410 412"},
		{operation: change("getUpload", http.MethodGet, "/uploads/{id}", "uploads").
			summary("What was read of an upload", "一次上传读出了什么").
			describe("How far it is, the columns with their types, what is said of the file, and what stands against publishing it.", "到了哪一步、每列的类型、关于文件要说的话，以及什么挡着发布。"),
			status: "200", answer: of(reflect.TypeFor[Upload]()), codes: "404"},
		{operation: change("publishUpload", http.MethodPost, "/uploads/{id}/publish", "uploads").
			summary("Publish an upload as the next version", "把上传的文件发布成新一版").
			describe("Once state is review and the opening review has let the file through; before that the answer is 409. A version never changes afterwards.", "state 为 review、并且通过了开放审查之后可以发布，之前回 409。发布之后这一版不再改变。"),
			takes: map[string]*huma.MediaType{fiber.MIMEApplicationJSON: {Schema: of(reflect.TypeFor[Publication]())}}, must: true,
			status: "200", answer: of(reflect.TypeFor[Publishing]()), codes: "404 409 410 413 422"},
		{operation: change("putDictionary", http.MethodPut, "/resources/{id}/dictionary", "files").
			summary("Bring a corrected data dictionary back", "传回改好的数据字典").
			describe("The body is the file that /resources/{id}/dictionary.{format} gives, corrected, at most 1 MB. It is held against the newest version; columns and types are those of the file.",
				"正文是 /resources/{id}/dictionary.{format} 给的文件，改好的，最大 1 MB。对照最新一版；列名和类型照文件，不能在这里改。").
			asks("reason", &huma.Schema{Type: huma.TypeString}, "Why it is changed; needed unless dry_run is set", "为什么改；不是 dry_run 就必填", "补上单位").
			asks("dry_run", &huma.Schema{Type: huma.TypeString, Enum: []any{"1"}}, "1: only say what would change", "1：只说会改什么", "1"),
			takes: map[string]*huma.MediaType{rows.CSV.MediaType(): {}, fiber.MIMEApplicationJSON: {}}, must: true,
			status: "200", answer: of(reflect.TypeFor[portal.DictionarySaved]()), codes: "404 409 410 413 422"},
	} {
		w.add(h)
	}
}

// change begins an operation that changes something: it needs a key that may
// publish. In OpenAPI 3.1 the names beside a scheme are what its holder must be
// allowed.
func change(id, method, path, tag string, headers ...header) operation {
	o := op(id, path, tag)
	o.Method, o.Security = method, []map[string][]string{{"key": {account.ScopePublish}}}
	if strings.Contains(path, "{id}") {
		words := [2]string{"Id of the upload", "这次上传的编号"}
		if strings.HasPrefix(path, "/resources/") {
			words = [2]string{"Id of the file", "文件的编号"}
		}
		o.Parameters = append(o.Parameters, &huma.Param{Name: "id", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}, Description: words[0], Extensions: map[string]any{descriptionZH: words[1]}})
	}
	for _, h := range headers {
		o.Parameters = append(o.Parameters, &huma.Param{Name: h.name, In: "header", Required: h.required, Schema: h.schema(), Description: h.en, Example: h.example, Extensions: map[string]any{descriptionZH: h.zh}})
	}
	return o
}

func (h header) schema() *huma.Schema {
	s := &huma.Schema{Type: h.kind}
	if h.only != "" {
		s.Enum = []any{h.only}
	}
	return s
}

// asks adds a parameter of the address.
func (o operation) asks(name string, s *huma.Schema, en, zh string, example any) operation {
	o.Parameters = append(o.Parameters, &huma.Param{Name: name, In: "query", Schema: s, Description: en, Example: example, Extensions: map[string]any{descriptionZH: zh}})
	return o
}

// add puts the operation into the document.
func (w writing) add(h huma.API) {
	o := w.Operation
	if w.takes != nil {
		o.RequestBody = &huma.RequestBody{Required: w.must, Content: w.takes}
	}
	answer := &huma.Response{Description: "Done.", Headers: map[string]*huma.Param{}}
	if len(w.sends) > 0 {
		answer.Content = map[string]*huma.MediaType{}
	}
	for _, media := range w.sends {
		answer.Content[media] = &huma.MediaType{}
	}
	if w.answer != nil {
		answer.Content = map[string]*huma.MediaType{fiber.MIMEApplicationJSON: {Schema: w.answer}}
	}
	for _, d := range w.headers {
		answer.Headers[d.name] = &huma.Param{Description: d.en, Required: d.required, Schema: d.schema(), Extensions: map[string]any{descriptionZH: d.zh}}
	}
	for _, d := range headers {
		if strings.HasPrefix(d.name, "RateLimit-") {
			answer.Headers[d.name] = &huma.Param{Description: d.en, Required: true, Schema: &huma.Schema{Type: d.kind}}
		}
	}
	o.Responses = map[string]*huma.Response{w.status: answer}
	schema := h.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[problem.Problem](), true, "Problem")
	for _, f := range refusals {
		if f.always || slices.Contains(strings.Fields(w.codes), f.code) {
			r := &huma.Response{Description: f.en + " Its type is " + problem.Type(f.kind) + "."}
			if o.Method != http.MethodHead {
				r.Content = map[string]*huma.MediaType{problem.MediaType: {Schema: schema}}
			}
			if f.later {
				r.Headers = map[string]*huma.Param{"Retry-After": {Description: "Seconds to wait.", Required: true, Schema: &huma.Schema{Type: huma.TypeInteger}}}
			}
			o.Responses[f.code] = r
		}
	}
	h.OpenAPI().AddOperation(&o)
}

// refusals are the errors of operations that change something: those of
// reading, where they mean the same, and their own.
var refusals = func() []failure {
	own := []failure{
		{code: "400", kind: kindOfCode("400"), en: "The request is wrong: a header or the body is not what is described here; detail says what.", always: true},
		{code: "401", kind: kindOfCode("401"), en: "A key is needed, made at /account, that is good for what security names.", always: true},
		{code: "403", kind: kindOfCode("403"), en: "The key is not good for what security names, or its owner may not do this: detail says which. Where only a person on a page can, next names the page.", always: true},
		{code: "413", kind: kindOfCode("413"), en: "The body, the file or what the department has in work is larger than it may be; detail says which limit."},
	}
	for _, f := range slices.Concat(failures, others) {
		if !slices.ContainsFunc(own, func(o failure) bool { return o.code == f.code }) {
			f.always = f.later // of all that say when to come back; the others are named
			own = append(own, f)
		}
	}
	slices.SortStableFunc(own, func(a, b failure) int { return cmp.Compare(a.code, b.code) })
	return own
}()
