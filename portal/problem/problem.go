// Package problem says what a fault looks like over HTTP: its status, and its
// problem document (RFC 9457). Pages and API share it.
package problem

import (
	"context"
	"encoding/json"
	"net/http"

	"shuyuan/internal/fault"
	"shuyuan/templates/text"
)

// MediaType is that of a problem document.
const MediaType = "application/problem+json"

var status = map[fault.Kind]int{
	fault.Internal:        http.StatusInternalServerError,
	fault.Invalid:         http.StatusUnprocessableEntity,
	fault.NotFound:        http.StatusNotFound,
	fault.Unauthenticated: http.StatusUnauthorized,
	fault.Forbidden:       http.StatusForbidden,
	fault.Conflict:        http.StatusConflict,
	fault.Gone:            http.StatusGone,
	fault.TooLarge:        http.StatusRequestEntityTooLarge,
	fault.TooMany:         http.StatusTooManyRequests,
	fault.Unavailable:     http.StatusServiceUnavailable,
	fault.Malformed:       http.StatusBadRequest,
	fault.Unpaid:          http.StatusPaymentRequired,
}

// Status is the HTTP status of a kind of fault.
func Status(k fault.Kind) int {
	if code, ok := status[k]; ok {
		return code
	}
	return http.StatusInternalServerError
}

var name = map[fault.Kind]string{
	fault.Internal:        "internal",
	fault.Invalid:         "invalid",
	fault.NotFound:        "not-found",
	fault.Unauthenticated: "unauthenticated",
	fault.Forbidden:       "forbidden",
	fault.Conflict:        "conflict",
	fault.Gone:            "gone",
	fault.TooLarge:        "too-large",
	fault.TooMany:         "too-many-requests",
	fault.Unavailable:     "unavailable",
	fault.Malformed:       "malformed",
	fault.Unpaid:          "unpaid",
}

// Name is what a kind of fault is called in types, and the end of the id under
// which the page for developers explains it.
func Name(k fault.Kind) string {
	if s, ok := name[k]; ok {
		return s
	}
	return name[fault.Internal]
}

// Type names a kind of fault for programs. It is the same on every portal and
// never changes, and as an address of the portal it leads to the explanation.
func Type(k fault.Kind) string { return "/developers#error-" + Name(k) }

// Problem is a problem document. Its tags are the words of the API's
// description.
type Problem struct {
	Type      string   `json:"type" doc:"The kind of problem, for programs: one of the types on /developers#errors; it never changes, and leads there" zh:"问题的种类，给程序看：/developers#errors 所列之一，永不改变，点开就是说明" example:"/developers#error-malformed"`
	Title     string   `json:"title" doc:"The HTTP status in words" zh:"HTTP 状态的文字" example:"Bad Request"`
	Status    int      `json:"status" doc:"The HTTP status again" zh:"HTTP 状态码" example:"400"`
	Detail    string   `json:"detail,omitempty" doc:"What is wrong and what to do, in the language of Accept-Language (Chinese or English)" zh:"哪里不对，怎么办；语言看 Accept-Language" example:"It must be a whole number from 1 to 100."`
	Reference string   `json:"reference,omitempty" doc:"Of a failure of ours: name it when you ask for help" zh:"我们这边出错时的编号，求助时请报" example:"Q7XK2M4JTBVA"`
	Errors    []Detail `json:"errors,omitempty" nullable:"false" doc:"What is wrong with the input" zh:"输入哪里不对"`
	Next      string   `json:"next,omitempty" format:"uri" doc:"Where no program can do it: the page on which a person goes on from here, signed in" zh:"程序办不了时：由人登录后从这一步接着办的页面" example:"https://data.example/applications/SQ-2026-000012/sign"`
}

// Detail is one thing that is wrong with the input.
type Detail struct {
	Location string `json:"location" doc:"Where: query. and the name of a parameter, or the name of a field of the body" zh:"在哪里：query. 加参数名，或者正文里的字段名" example:"query.limit"`
	Message  string `json:"message" doc:"What is allowed there" zh:"那里可以写什么" example:"It must be a whole number from 1 to 100."`
}

// Of is f as a problem, in the language of ctx.
func Of(ctx context.Context, code int, f *fault.Fault, reference string) Problem {
	p := Problem{Type: Type(f.Kind), Title: http.StatusText(code), Status: code, Detail: text.T(ctx, f.Sentence, f.Args...), Reference: reference, Next: f.Next}
	if f.Field != "" {
		p.Errors = []Detail{{Location: f.Field, Message: p.Detail}}
	}
	for _, other := range f.Also {
		p.Errors = append(p.Errors, Detail{Location: other.Field, Message: text.T(ctx, other.Sentence, other.Args...)})
	}
	return p
}

// Document is Of as bytes with their media type.
func Document(ctx context.Context, code int, f *fault.Fault, reference string) ([]byte, string) {
	body, err := json.Marshal(Of(ctx, code, f, reference))
	if err != nil { // strings and numbers always marshal
		body = []byte(`{"type":"` + Type(fault.Internal) + `","status":500}`)
	}
	return body, MediaType
}
