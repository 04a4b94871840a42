package engine

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// What a child says to the server: frames of a kind, a length, and so many bytes
// of JSON. A child may have been taken over by what it runs, so nothing that it
// says is believed beyond what is checked.
const (
	frameHeader   byte = 'h'
	frameRows     byte = 'r'
	frameProgress byte = 'p'
	frameEnd      byte = 'e'
)

// mostFrame is the largest frame that is read.
const mostFrame = 32 << 20

func writeFrame(w io.Writer, kind byte, what any) error {
	body, err := json.Marshal(what)
	if err != nil {
		return err
	}
	head := binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(body)))
	_, err = w.Write(append(head, body...)) // at once: progress is written beside rows
	return err
}

func readFrame(r *bufio.Reader) (byte, []byte, error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, err
	}
	n := binary.BigEndian.Uint32(head[1:])
	if n > mostFrame {
		return 0, nil, errors.New("engine: a child's frame is too large")
	}
	body := make([]byte, n)
	_, err := io.ReadFull(r, body)
	return head[0], body, err
}

// header is what the rows' columns are.
type header struct {
	Columns []outColumn
	Engine  string
}

type outColumn struct {
	Name string
	Type string
}

// progress is how far the child is.
type progress struct {
	Percent  float64
	Read, Of uint64
}

// end is how a child's work ended.
type end struct {
	Failed failure
	Read   map[string]int64 // rows of each mount
	Log    string           // digest of the statements
	Peak   int64            // bytes of memory at most
}

// failure is why a child could not do its work, in one of a few words: what the
// engine itself says may quote values and stays in the child.
type failure string

const (
	failedNot    failure = ""
	failedMemory failure = "memory"
	failedTime   failure = "time"
	failedSize   failure = "size"
	failedValue  failure = "value"
	failedWalls  failure = "walls"
	failedOther  failure = "failed"
)

func decode(body []byte, into any) error {
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("engine: a child answered oddly: %w", err)
	}
	return nil
}
