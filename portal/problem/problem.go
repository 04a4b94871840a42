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
}

// Status is the HTTP status of a kind of fault.
func Status(k fault.Kind) int {
	if code, ok := status[k]; ok {
		return code
	}
	return http.StatusInternalServerError
}

// Problem is a problem document. Its tags are the words of the API's
// description.
type Problem struct {
	Type      string   `json:"type" doc:"Always about:blank: title and status say the kind" zh:"总是 about:blank：种类看 title 和 status" example:"about:blank"`
	Title     string   `json:"title" doc:"The kind of problem" zh:"问题的种类" example:"Bad Request"`
	Status    int      `json:"status" doc:"The HTTP status again" zh:"HTTP 状态码" example:"400"`
	Detail    string   `json:"detail,omitempty" doc:"What is wrong and what to do, in the language of Accept-Language (Chinese or English)" zh:"哪里不对，怎么办；语言看 Accept-Language" example:"It must be a whole number from 1 to 100."`
	Reference string   `json:"reference,omitempty" doc:"Of a failure of ours: name it when you ask for help" zh:"我们这边出错时的编号，求助时请报" example:"Q7XK2M4JTBVA"`
	Errors    []Detail `json:"errors,omitempty" nullable:"false" doc:"What is wrong with the input" zh:"输入哪里不对"`
}

// Detail is one thing that is wrong with the input.
type Detail struct {
	Location string `json:"location" doc:"Where: query. and the name of a parameter" zh:"在哪里：query. 加参数名" example:"query.limit"`
	Message  string `json:"message" doc:"What is allowed there" zh:"那里可以写什么" example:"It must be a whole number from 1 to 100."`
}

// Of is f as a problem, in the language of ctx.
func Of(ctx context.Context, code int, f *fault.Fault, reference string) Problem {
	p := Problem{Type: "about:blank", Title: http.StatusText(code), Status: code, Detail: text.T(ctx, f.Sentence, f.Args...), Reference: reference}
	if f.Field != "" {
		p.Errors = []Detail{{Location: f.Field, Message: p.Detail}}
	}
	return p
}

// Document is Of as bytes with their media type.
func Document(ctx context.Context, code int, f *fault.Fault, reference string) ([]byte, string) {
	body, err := json.Marshal(Of(ctx, code, f, reference))
	if err != nil { // strings and numbers always marshal
		body = []byte(`{"type":"about:blank","status":500}`)
	}
	return body, MediaType
}
