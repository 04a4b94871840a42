package workspace

import (
	"encoding/json"
	"fmt"
	"time"

	"shuyuan/internal/fault"
	"shuyuan/internal/workdays"
)

// Words are a sentence with what stands in it, as it is kept: it is said in the
// reader's language when it is shown.
type Words struct {
	Sentence string
	Args     []any
	Rule     string // of what is allowed in a statement; empty: of none
	Line     int    // in a program, from 1; 0: of no place
	Column   int
}

type wire struct {
	Sentence string            `json:"s"`
	Args     []json.RawMessage `json:"a,omitempty"`
	Rule     string            `json:"rule,omitempty"`
	Line     int               `json:"line,omitempty"`
	Column   int               `json:"column,omitempty"`
}

// MarshalJSON implements json.Marshaler.
func (w Words) MarshalJSON() ([]byte, error) {
	out := wire{Sentence: w.Sentence, Rule: w.Rule, Line: w.Line, Column: w.Column}
	for _, a := range w.Args {
		switch a.(type) {
		case string, int, int64, float64, bool, fault.Terms:
		default:
			a = fmt.Sprint(a)
		}
		text, err := json.Marshal(a)
		if err != nil {
			return nil, err
		}
		out.Args = append(out.Args, text)
	}
	return json.Marshal(out)
}

// UnmarshalJSON implements json.Unmarshaler: whole numbers come back as such, and
// lists as words of the catalogue.
func (w *Words) UnmarshalJSON(text []byte) error {
	var in wire
	if err := json.Unmarshal(text, &in); err != nil {
		return err
	}
	*w = Words{Sentence: in.Sentence, Rule: in.Rule, Line: in.Line, Column: in.Column}
	for _, raw := range in.Args {
		var n int64
		if json.Unmarshal(raw, &n) == nil {
			w.Args = append(w.Args, n)
			continue
		}
		var terms fault.Terms
		if json.Unmarshal(raw, &terms) == nil {
			w.Args = append(w.Args, terms)
			continue
		}
		var any any
		if err := json.Unmarshal(raw, &any); err != nil {
			return err
		}
		w.Args = append(w.Args, any)
	}
	return nil
}

// wordsOf is what a fault tells a person. What is no fault tells only that
// something went wrong: the cause may quote values.
func wordsOf(err error) []Words {
	if err == nil {
		return []Words{}
	}
	f := fault.Of(err)
	return []Words{{Sentence: f.Sentence, Args: f.Args}}
}

// day is the date of a moment in China; empty where there is none.
func day(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.In(workdays.Zone).Format(time.DateOnly)
}
