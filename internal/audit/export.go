package audit

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// Line is one entry of the export for programs, an object a line (NDJSON). With
// it anybody can recompute the chain without us; see VerifyExport.
type Line struct {
	Seq        *int64            `json:"seq"`
	Entry      int64             `json:"entry"`
	At         time.Time         `json:"at"`
	Actor      int64             `json:"actor"`
	Name       string            `json:"name,omitempty"`
	Roles      []string          `json:"roles"`
	Department int64             `json:"department"`
	Subject    string            `json:"subject"`
	SubjectID  string            `json:"subject_id"`
	Act        string            `json:"act"`
	Erased     bool              `json:"erased,omitempty"`
	Details    map[string]string `json:"details,omitempty"`
	Commitment string            `json:"commitment"`
	Hash       string            `json:"hash,omitempty"`
}

// LineOf is r as a line.
func LineOf(r Record) Line {
	return Line{
		r.Seq, r.ID, r.At.UTC(), r.Actor, r.Name, r.Roles, r.Department, r.Subject, r.SubjectID, r.Act, r.Erased, r.Details,
		hex.EncodeToString(r.Commitment), hex.EncodeToString(r.Hash),
	}
}

// ExportReport is what VerifyExport found.
type ExportReport struct {
	Lines    int64
	Links    int64 // whose hash was recomputed from the line before
	Gaps     int64 // places where the line before is not in the file, as where it was filtered
	Unsealed int64 // entries that had no place in the chain yet
	Head     Head  // the last link: the page of the trail shows the same
	Faults   int64
	Problems []Problem // the first of them
}

// lineMost is the longest line that is read. No entry comes near it.
const lineMost = 1 << 20

// VerifyExport recomputes the chain of an export (NDJSON) and holds one line at a
// time. A file that begins with link 1 and has no gap is proven whole up to its
// head; whoever remembers a head proves the rest with it. Names and details are
// bound by the commitment alone, whose salt stays in the database: that they are
// those of the entry is proven there (Verify).
func VerifyExport(in io.Reader) (ExportReport, error) {
	var r ExportReport
	prev := start()
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 64<<10), lineMost)
	for lines.Scan() {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		r.Lines++
		e, err := readLine(lines.Bytes())
		if err != nil {
			return r, fmt.Errorf("line %d: %w", r.Lines, err)
		}
		if e.Seq == nil {
			r.Unsealed++
			continue
		}
		found := func(kind ProblemKind, what string) {
			if r.Faults++; len(r.Problems) < problemsMost {
				r.Problems = append(r.Problems, Problem{EntryID: e.ID, Seq: *e.Seq, Kind: kind, What: what})
			}
		}
		switch {
		case *e.Seq <= prev.Seq:
			found(LinksMissing, fmt.Sprintf("it stands behind place %d", prev.Seq))
		case *e.Seq != prev.Seq+1:
			r.Gaps++
		default:
			r.Links++
			if !bytes.Equal(e.Hash, link(prev.Hash, *e.Seq, e)) {
				found(HashWrong, "the hash does not follow from the entry and the one before")
			}
		}
		prev = Head{Seq: *e.Seq, Hash: e.Hash}
	}
	if err := lines.Err(); err != nil {
		return r, fmt.Errorf("line %d: %w", r.Lines+1, err)
	}
	if r.Lines == 0 {
		return r, errors.New("the file holds no entry")
	}
	r.Head = prev
	return r, nil
}

func readLine(b []byte) (sealed, error) {
	var l Line
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&l); err != nil {
		return sealed{}, fmt.Errorf("it is no entry of an export as NDJSON: %w", err)
	}
	e := sealed{
		ID: l.Entry, At: l.At, Actor: l.Actor, Roles: l.Roles, Department: l.Department,
		Subject: l.Subject, SubjectID: l.SubjectID, Act: l.Act, Seq: l.Seq,
	}
	var err, bad error
	if e.Commitment, err = hex.DecodeString(l.Commitment); err != nil || len(e.Commitment) != len(start().Hash) {
		bad = errors.New("its commitment is none: only an export as NDJSON can be verified")
	}
	if e.Hash, err = hex.DecodeString(l.Hash); err != nil || l.Seq != nil && len(e.Hash) != len(start().Hash) {
		bad = errors.Join(bad, errors.New("its hash is none"))
	}
	return e, bad
}
