package workspace

import (
	"bytes"
	"compress/gzip"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"shuyuan/licensing/workspace/disclosure"
)

// keySize is that of every key here: AES-256.
const keySize = 32

// derived is the key for one purpose that follows from another.
func derived(key []byte, purpose string) ([]byte, error) {
	return hkdf.Key(sha256.New, key, nil, "shuyuan workspace "+purpose, keySize)
}

// seal closes text with key; about is what it belongs to, and must be the same when
// it is opened.
func seal(key, text []byte, about string) ([]byte, error) {
	box, err := aead(key)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, box.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return box.Seal(nonce, nonce, text, []byte(about)), nil
}

var errSealed = errors.New("workspace: a box does not open")

func unseal(key, sealed []byte, about string) ([]byte, error) {
	box, err := aead(key)
	if err != nil {
		return nil, err
	}
	if len(sealed) < box.NonceSize() {
		return nil, errSealed
	}
	text, err := box.Open(nil, sealed[:box.NonceSize()], sealed[box.NonceSize():], []byte(about))
	if err != nil {
		return nil, errSealed
	}
	return text, nil
}

func aead(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// newKey is a key and how it rests: wrapped by the key of the installation.
func (s *Service) newKey(number string) (key, wrapped []byte, err error) {
	key = make([]byte, keySize)
	if _, err := rand.Read(key); err != nil {
		return nil, nil, err
	}
	wrapped, err = seal(s.wrapping, key, number)
	return key, wrapped, err
}

// key is that of a workspace, unwrapped.
func (s *Service) key(w *Workspace) ([]byte, error) {
	if w.wrapped == nil {
		return nil, errGone()
	}
	return unseal(s.wrapping, w.wrapped, w.Number)
}

// holding is the key of what w holds: results, not mounts, which are the engine's.
func (s *Service) holding(w *Workspace) ([]byte, error) {
	key, err := s.key(w)
	if err != nil {
		return nil, err
	}
	return derived(key, "results")
}

// mark is the digest that anybody may see of a held result: HMAC-SHA-256 under a key of
// w, in hexadecimal, over the number of the job and the text. A bare digest would let
// whoever guesses a result know that they are right, and one that did not name the job
// would let them have their guess computed. Once the key is destroyed it is a name and
// nothing can be checked against it.
func (s *Service) mark(w *Workspace, job string, text []byte) (string, error) {
	key, err := s.key(w)
	if err != nil {
		return "", err
	}
	if key, err = derived(key, "marks of results"); err != nil {
		return "", err
	}
	h := hmac.New(sha256.New, key)
	h.Write([]byte(job + "\x00"))
	h.Write(text)
	return hex.EncodeToString(h.Sum(nil)), nil
}

// held opens a table of w.
func (s *Service) held(w *Workspace, box []byte, about string) (disclosure.Table, error) {
	key, err := s.holding(w)
	if err != nil {
		return disclosure.Table{}, err
	}
	text, err := unseal(key, box, about)
	if err != nil {
		return disclosure.Table{}, err
	}
	return unpackTable(text)
}

// packed is a table whose cells keep their kinds: JSON knows one kind of number.
type packed struct {
	disclosure.Table
	Rows [][]cell
}

type cell struct{ v any }

// MarshalJSON implements json.Marshaler: the kind, then the value.
func (c cell) MarshalJSON() ([]byte, error) {
	switch v := c.v.(type) {
	case nil:
		return []byte("null"), nil
	case string:
		return json.Marshal("s" + v)
	case int64:
		return json.Marshal("i" + strconv.FormatInt(v, 10))
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return []byte("null"), nil
		}
		return json.Marshal("f" + strconv.FormatFloat(v, 'g', -1, 64))
	case bool:
		return json.Marshal("b" + strconv.FormatBool(v))
	}
	return nil, fmt.Errorf("workspace: a cell is a %T", c.v)
}

// UnmarshalJSON implements json.Unmarshaler.
func (c *cell) UnmarshalJSON(text []byte) (err error) {
	var s *string
	if err := json.Unmarshal(text, &s); err != nil || s == nil {
		c.v = nil
		return err
	}
	if *s == "" {
		return errors.New("workspace: a cell without a kind")
	}
	switch kind, rest := (*s)[0], (*s)[1:]; kind {
	case 's':
		c.v = rest
	case 'i':
		c.v, err = strconv.ParseInt(rest, 10, 64)
	case 'f':
		c.v, err = strconv.ParseFloat(rest, 64)
	case 'b':
		c.v = rest == "true"
	default:
		return fmt.Errorf("workspace: a cell of the kind %q", kind)
	}
	return err
}

func packTable(t disclosure.Table) ([]byte, error) {
	p := packed{Table: t, Rows: make([][]cell, len(t.Rows))}
	p.Table.Rows = nil
	for i, row := range t.Rows {
		p.Rows[i] = make([]cell, len(row))
		for j, v := range row {
			p.Rows[i][j] = cell{v}
		}
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if err := errors.Join(json.NewEncoder(z).Encode(p), z.Close()); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func unpackTable(text []byte) (disclosure.Table, error) {
	z, err := gzip.NewReader(bytes.NewReader(text))
	if err != nil {
		return disclosure.Table{}, err
	}
	plain, err := io.ReadAll(z)
	if err != nil {
		return disclosure.Table{}, err
	}
	var p packed
	if err := json.Unmarshal(plain, &p); err != nil {
		return disclosure.Table{}, err
	}
	t := p.Table
	t.Rows = make([][]any, len(p.Rows))
	for i, row := range p.Rows {
		t.Rows[i] = make([]any, len(row))
		for j, c := range row {
			t.Rows[i][j] = c.v
		}
	}
	return t, nil
}

// digest is a SHA-256 in hexadecimal.
func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
