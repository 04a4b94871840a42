package stamp

import (
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"
)

// Header is one header of an HTTP answer.
type Header struct{ Name, Value string }

// Headers are what an answer of an API says of the product that it is a part of:
// where the provenance is (PROV-AQ, 3.1, as RFC 8288 writes links), from what data,
// and acquired on which days. A header is ASCII, so that titles are percent-encoded
// as UTF-8 (RFC 3986); list members are those of RFC 9651. The address is where the
// stamp is served.
//
// Proxies cut headers off: an answer carries Provenance in its body too, as the
// member _provenance, unless the contract says otherwise. An ETag covers Tag.
func (s Stamp) Headers(address string) []Header {
	n := s.Notice()
	var sources, days []string
	for _, one := range n.Sources {
		sources = append(sources, quote(url.PathEscape(one.Department)+"/"+url.PathEscape(one.Title))+";version="+strconv.Itoa(one.Version))
		days = append(days, quote(one.Acquired))
	}
	return []Header{
		{"Link", "<" + address + `>; rel="http://www.w3.org/ns/prov#has_provenance"`},
		{"X-Data-Source", strings.Join(sources, ", ")},
		{"X-Data-Acquired", strings.Join(days, ", ")},
	}
}

// quote is a string of a structured field (RFC 9651, 3.3.3).
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// Tag is what an ETag of an answer with this stamp is made of: another stamp,
// another answer.
func (s Stamp) Tag() string { return s.Notice().Statement.SHA256[:16] + "-" + strconv.Itoa(s.Subject) }

// ContentDigest is the header of that name for the bytes of an answer (RFC 9530, 2).
func ContentDigest(body []byte) Header {
	sum := sha256.Sum256(body)
	return Header{"Content-Digest", "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"}
}
