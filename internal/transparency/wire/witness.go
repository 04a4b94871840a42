package wire

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// AddCheckpoint is what a log asks of a witness (C2SP tlog-witness): a checkpoint,
// and the proof that it continues the one of size Old.
type AddCheckpoint struct {
	Old   int64
	Proof tlog.TreeProof
	Note  []byte
}

// proofMost is how many hashes a consistency proof can have.
const proofMost = 63

// Marshal is the body of the request.
func (a AddCheckpoint) Marshal() []byte {
	b := fmt.Appendf(nil, "old %d\n", a.Old)
	for _, h := range a.Proof {
		b = fmt.Appendf(b, "%s\n", h)
	}
	return append(append(b, '\n'), a.Note...)
}

// ParseAddCheckpoint reads such a body.
func ParseAddCheckpoint(body []byte) (AddCheckpoint, error) {
	bad := errors.New("witness: the request is malformed")
	head, signed, ok := bytes.Cut(body, []byte("\n\n"))
	if !ok {
		return AddCheckpoint{}, bad
	}
	first, rest, more := strings.Cut(string(head), "\n")
	digits, ok := strings.CutPrefix(first, "old ")
	old, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil || old < 0 || strconv.FormatInt(old, 10) != digits {
		return AddCheckpoint{}, bad
	}
	a := AddCheckpoint{Old: old, Note: signed}
	if !more {
		return a, nil
	}
	for line := range strings.SplitSeq(rest, "\n") {
		h, err := tlog.ParseHash(line)
		if err != nil || len(a.Proof) == proofMost {
			return AddCheckpoint{}, bad
		}
		a.Proof = append(a.Proof, h)
	}
	return a, nil
}
