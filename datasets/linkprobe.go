package datasets

import (
	"bytes"
	"context"
	"mime"
	"slices"
	"strings"

	"shuyuan/internal/outbound"
)

// sniffed is how much of a body is looked at to see what it is.
const sniffed = 1 << 10

// probe asks an address how it is. The head alone is asked for first; where
// that is refused or does not tell what lies there, the beginning of it is. An
// error is none of the address's: nothing is known.
func (s *Service) probe(ctx context.Context, l *Link) (LinkState, error) {
	address := l.Checked()
	if strings.HasPrefix(address, "/") {
		address = s.base + address
	}
	a, err := s.outbound.Do(ctx, outbound.Request{Method: "HEAD", URL: address})
	if problem := outbound.ProblemOf(err); err != nil && problem == "" {
		return LinkState{}, err
	} else if wantsMore(l, a, problem) {
		a, err = s.outbound.Do(ctx, outbound.Request{Method: "GET", URL: address, Keep: sniffed})
	}
	if err != nil {
		problem := outbound.ProblemOf(err)
		if problem == "" {
			return LinkState{}, err
		}
		return LinkState{Problem: problem}, nil
	}
	return l.judge(a), nil
}

// wantsMore reports whether an answer to HEAD leaves open how the address is:
// many servers know no HEAD, and refuse it in ways of their own.
func wantsMore(l *Link, a *outbound.Answer, problem outbound.Problem) bool {
	switch problem {
	case outbound.BadAnswer, outbound.Unreachable, outbound.Slow:
		return true
	case "":
		return a.Status >= 300 || l.Format != "" && contentKind(a.ContentType, nil) == ""
	}
	return false
}

// judge holds an answer against what is promised of the address.
func (l *Link) judge(a *outbound.Answer) LinkState {
	st := LinkState{Status: a.Status, TookMS: int(a.Took.Milliseconds()), ContentType: a.ContentType}
	if a.Length >= 0 {
		st.Bytes = &a.Length
	}
	if !a.CertificateEnds.IsZero() {
		st.CertificateEnds = &a.CertificateEnds
	}
	if a.Moved && len(a.URL) <= maxURL {
		st.MovedTo = a.URL
	}
	switch {
	case !answers(l.Kind, a.Status):
		st.Problem, st.MovedTo = BadStatus, ""
	case a.Status < 300 && !fits(l.Format, contentKind(a.ContentType, a.Body)):
		st.Problem = WrongFormat
	}
	return st
}

// answers reports whether a status says that the address works. A service that
// wants a key, parameters or another method than ours does, and so does
// whatever asks us to come more seldom.
func answers(kind LinkKind, status int) bool {
	switch status {
	case 429: // too many requests
		return true
	case 400, 401, 403, 405, 406, 411, 415, 422: // it wants something that we do not send
		return kind == LinkAPI
	}
	return status >= 200 && status < 300
}

// contentKinds are what content is, by its media type. Types that say nothing
// are not among them.
var contentKinds = map[string]string{
	"text/html": "html", "application/xhtml+xml": "html", "application/pdf": "pdf",
	"text/csv": "csv", "application/csv": "csv", "text/tab-separated-values": "csv",
	"application/json": "json", "text/json": "json", "application/x-ndjson": "json", "application/ndjson": "json", "application/geojson": "json",
	"application/xml": "xml", "text/xml": "xml",
	"application/zip": "zip", "application/x-zip-compressed": "zip", "application/gzip": "gzip", "application/x-gzip": "gzip",
	"application/vnd.ms-excel": "sheet", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "sheet",
	"application/msword": "word", "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "word",
	"application/vnd.apache.parquet": "parquet",
}

// contentKind is what an answer is, by its media type and, where that says
// nothing, by how it begins. Empty is what neither tells.
func contentKind(contentType string, body []byte) string {
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil && media == "" {
		media = strings.ToLower(strings.TrimSpace(strings.SplitN(contentType, ";", 2)[0]))
	}
	switch known := contentKinds[media]; {
	case known != "":
		return known
	case strings.HasSuffix(media, "+json"):
		return "json"
	case strings.HasSuffix(media, "+xml"):
		return "xml"
	case strings.HasPrefix(media, "image/"), strings.HasPrefix(media, "audio/"), strings.HasPrefix(media, "video/"):
		return "picture"
	}
	begin := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")), " \t\r\n"))
	for _, b := range []struct{ with, kind string }{
		{"<!doctype html", "html"}, {"<html", "html"}, {"<head", "html"}, {"<body", "html"}, {"<?xml", "xml"}, {"%pdf-", "pdf"},
		{"pk\x03\x04", "zip"}, {"\x1f\x8b", "gzip"}, {"par1", "parquet"},
	} {
		if bytes.HasPrefix(begin, []byte(b.with)) {
			return b.kind
		}
	}
	return ""
}

// packed is what any file may be wrapped in.
var packed = []string{"", "zip", "gzip"}

// fitting are the kinds of content that a promised format may have. Tables of
// text are often served as Excel by old servers.
var fitting = map[string][]string{
	"csv": {"csv", "sheet"}, "tsv": {"csv", "sheet"}, "txt": {"csv"}, "json": {"json"}, "ndjson": {"json"}, "geojson": {"json"},
	"xml": {"xml"}, "xlsx": {"sheet"}, "docx": {"word"}, "shp": {}, "parquet": {"parquet"}, "pdf": {"pdf"}, "zip": {"sheet", "word"},
	"html": {"html"}, "wms": {"xml", "picture", "json"}, "wmts": {"xml", "picture", "json"}, "wfs": {"xml", "json"},
}

// fits reports whether content of a kind may be what was promised.
func fits(format, kind string) bool {
	return format == "" || slices.Contains(packed, kind) && format != "html" && format != "pdf" || kind == "" || slices.Contains(fitting[format], kind)
}
