package verify

import (
	"bytes"
	"encoding/json"

	json2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// strict reads JSON of a shape of ours and takes nothing else: names as they are
// written and not in another case, none twice, none that is unknown, and nothing behind
// the value. Where two programs could read two things, this one reads neither.
func strict(raw []byte, into any) error {
	return json2.Unmarshal(raw, into, json2.RejectUnknownMembers(true))
}

// sameJSON reports whether a text is the JSON of a value, however it is formatted
// (RFC 8785).
func sameJSON(raw []byte, of any) bool {
	want, err := json.Marshal(of)
	if err != nil {
		return false
	}
	a, b := jsontext.Value(bytes.Clone(raw)), jsontext.Value(want)
	return a.Canonicalize() == nil && b.Canonicalize() == nil && bytes.Equal(a, b)
}
