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

// Problem is a problem document.
type Problem struct {
	Type      string   `json:"type"`
	Title     string   `json:"title"`
	Status    int      `json:"status"`
	Detail    string   `json:"detail,omitempty"`
	Reference string   `json:"reference,omitempty"` // of a failure of ours: say it when you ask
	Errors    []Detail `json:"errors,omitempty"`
}

// Detail is one thing that is wrong with the input.
type Detail struct {
	Location string `json:"location"`
	Message  string `json:"message"`
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
