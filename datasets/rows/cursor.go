package rows

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"regexp"
	"strconv"
)

// position is the place in an answer from which a page goes on: the keys of
// the last row shown, or of the first where one pages back. Groups are worked
// out as a whole for every page, and a version never changes: their place is
// how many come before. The zero value is the beginning.
type position struct {
	values []keyValue
	back   bool
	skip   int
	before int64 // rows of the answer before the page; where one pages back, before the page after it
	end    int   // the page is the last one and has so many rows
}

func (p position) beginning() bool { return p.values == nil && p.skip == 0 && p.end == 0 }

// keyValue is the value of one key, in the text from which the engine reads
// the same value again.
type keyValue struct {
	Type string `json:"t"`
	Text string `json:"v,omitempty"`
	Null bool   `json:"n,omitempty"`
	Long bool   `json:"l,omitempty"` // too long for an address: the row has it
}

// cursor is what a Cursor says. It is signed: what it holds becomes a part of
// SQL only if we wrote it.
type cursor struct {
	Key    string     `json:"k"` // of the Table
	Query  string     `json:"q"` // fingerprint
	Values []keyValue `json:"v,omitempty"`
	Back   bool       `json:"b,omitempty"`
	Skip   int        `json:"s,omitempty"`
	Before int64      `json:"n,omitempty"`
	End    int        `json:"e,omitempty"`
}

const macBytes = 16

// ErrCursor is the fault of a cursor that belongs to another question.
func ErrCursor() error {
	return malformed("cursor", "这个翻页位置不属于这次查询，请从第一页开始。")
}

func (s *Service) sign(c cursor) (string, error) {
	body, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(append(s.mac(body), body...)), nil
}

func (s *Service) mac(body []byte) []byte {
	m := hmac.New(sha256.New, s.opt.Secret)
	m.Write([]byte("rows cursor\x00"))
	m.Write(body)
	return m.Sum(nil)[:macBytes]
}

// keyTypes are the types a key can have; nothing else is written into SQL.
var keyTypes = regexp.MustCompile(`^(BOOLEAN|INTEGER|BIGINT|HUGEINT|DOUBLE|VARCHAR|DATE|TIMESTAMP|DECIMAL\([0-9]{1,2},[0-9]{1,2}\))$`)

func (s *Service) read(text string) (cursor, error) {
	var c cursor
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) <= macBytes || !hmac.Equal(raw[:macBytes], s.mac(raw[macBytes:])) {
		return c, ErrCursor()
	}
	if err := json.Unmarshal(raw[macBytes:], &c); err != nil {
		return c, ErrCursor()
	}
	for _, v := range c.Values {
		if !v.Null && !keyTypes.MatchString(v.Type) {
			return c, ErrCursor()
		}
	}
	return c, nil
}

// Key is the Key of the table that a cursor was given out for, so that the
// next page is read from the same version. It returns fault.Malformed for a
// cursor that this installation did not give out.
func (s *Service) Key(text string) (string, error) {
	c, err := s.read(text)
	return c.Key, err
}

// position is where q's answer goes on in t.
func (s *Service) position(t Table, c *Compiled, q Query) (position, error) {
	if q.Cursor == "" {
		if q.From == 0 {
			return position{}, nil
		}
		if !c.Whole() || q.From < 0 {
			return position{}, malformed("from", "只有没有筛选、排序和分组的表可以从第几行看起。")
		}
		return position{values: []keyValue{rowValue(q.From - 1)}, before: q.From}, nil
	}
	at, err := s.read(q.Cursor)
	if err != nil {
		return position{}, err
	}
	if at.Key != t.Key || at.Query != c.fingerprint() || !c.byGroup && at.End == 0 && len(at.Values) != len(c.keys()) {
		return position{}, ErrCursor()
	}
	return position{values: at.Values, back: at.Back, skip: at.Skip, before: at.Before, end: min(at.End, q.Limit)}, nil
}

// keyValues reads the texts and types of a row's keys, as Compiled.page gives them.
func keyValues(cells []Cell) ([]keyValue, error) {
	var out []keyValue
	for i := 0; i+1 < len(cells); i += 2 {
		v, typ := cells[i], cells[i+1].Text
		switch {
		case v.Null:
			out = append(out, keyValue{Null: true})
		case v.Text == "":
			out = append(out, keyValue{Type: "VARCHAR", Long: true})
		case !keyTypes.MatchString(typ):
			return nil, errOdd("a key of type " + typ)
		default:
			out = append(out, keyValue{Type: typ, Text: v.Text[1:]})
		}
	}
	return out, nil
}

// rowValue is the key of the row with that number.
func rowValue(n int64) keyValue { return keyValue{Type: "BIGINT", Text: strconv.FormatInt(n, 10)} }
