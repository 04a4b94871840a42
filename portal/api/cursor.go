package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
)

// thread is a list with its parameters. A cursor is tied to one: it carries a
// sum of both, so that one that was edited, or given out by another list, is
// refused and does not quietly go on somewhere else. It is no secret: what it
// leads to is held against the rules of seeing as everything is.
type thread string

const sumSize = 8

func (t thread) write(at string) string {
	return base64.RawURLEncoding.EncodeToString(append(t.sum(at), at...))
}

// read is what was written, "" for the beginning. It returns fault.Malformed
// for what this list did not give out.
func (t thread) read(cursor string) (string, error) {
	if cursor == "" {
		return "", nil
	}
	body, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(body) < sumSize || !bytes.Equal(body[:sumSize], t.sum(string(body[sumSize:]))) {
		return "", malformed("query.cursor", "这个翻页标记不是本列表给出的。")
	}
	return string(body[sumSize:]), nil
}

func (t thread) sum(at string) []byte {
	sum := sha256.Sum256([]byte("cursor 1\x00" + string(t) + "\x00" + at))
	return sum[:sumSize]
}
