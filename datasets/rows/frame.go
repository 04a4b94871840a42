package rows

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// What the server and a worker say to each other. The server writes orders as
// JSON, one a line, to the worker's standard input; the worker answers in
// frames: a kind, a length, and so many bytes. A worker reads files that may be
// crafted, so nothing that it says is believed beyond what is checked here.

// setup is the first order: how the worker sets up its engine.
type setup struct {
	Memory  int64    // bytes that the engine may use
	Threads int      // at once
	Temp    string   // folder for what does not fit
	TempMax int64    // bytes there
	Allowed []string // folders that the engine may read
}

// order is one thing to do. Cancel names the order to give up instead.
type order struct {
	ID     uint64
	SQL    string
	Args   []value
	Base   base  `json:",omitzero"` // the fast copy that SQL names, if it does
	Most   int64 // bytes of the answer
	Cancel uint64
}

// value is a bound value; one of its fields is set, or none for null.
type value struct {
	Text  *string  `json:",omitempty"`
	Int   *int64   `json:",omitempty"`
	Float *float64 `json:",omitempty"`
	Bool  *bool    `json:",omitempty"`
}

func values(args []any) ([]value, error) {
	out := make([]value, len(args))
	for i, a := range args {
		switch a := a.(type) {
		case nil:
		case string:
			out[i].Text = &a
		case int:
			n := int64(a)
			out[i].Int = &n
		case int64:
			out[i].Int = &a
		case float64:
			out[i].Float = &a
		case bool:
			out[i].Bool = &a
		default:
			return nil, fmt.Errorf("rows: a value of type %T cannot be bound", a)
		}
	}
	return out, nil
}

// any is the value as the engine's driver takes it.
func (v value) any() any {
	switch {
	case v.Text != nil:
		return *v.Text
	case v.Int != nil:
		return *v.Int
	case v.Float != nil:
		return *v.Float
	case v.Bool != nil:
		return *v.Bool
	}
	return nil
}

// Kinds of frames.
const (
	frameRows byte = 'r' // rows: for each its number of cells, for each cell its length plus one, or zero for null
	frameEnd  byte = 'e' // end, as JSON
)

// end is how an order ended.
type end struct {
	ID     uint64
	Failed failure
	Detail string // for the log
	Rows   int64  // written by COPY
}

// failure is why an order was not done.
type failure string

const (
	failedNot       failure = ""
	failedCancelled failure = "cancelled"
	failedMemory    failure = "memory"
	failedRange     failure = "range"  // a value that cannot be represented
	failedLarge     failure = "large"  // the answer is larger than it may be
	failedDisk      failure = "disk"   // no room for what does not fit in memory
	failedBase      failure = "base"   // the fast copy cannot be read
	failedOther     failure = "failed" // our SQL is wrong, or the file is damaged
)

// mostFrame is the largest frame that is read.
const mostFrame = 64 << 20

func writeFrame(w io.Writer, kind byte, body []byte) error {
	var head [5]byte
	head[0] = kind
	binary.BigEndian.PutUint32(head[1:], uint32(len(body)))
	if _, err := w.Write(head[:]); err != nil {
		return err
	}
	_, err := w.Write(body)
	return err
}

func readFrame(r *bufio.Reader) (byte, []byte, error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, err
	}
	n := binary.BigEndian.Uint32(head[1:])
	if n > mostFrame {
		return 0, nil, errOdd("a frame is too large")
	}
	body := make([]byte, n)
	_, err := io.ReadFull(r, body)
	return head[0], body, err
}

// Cell is one cell of an answer, as text.
type Cell struct {
	Text string
	Null bool
}

// appendRow appends a row to the body of a frame.
func appendRow(body []byte, cells []Cell) []byte {
	body = binary.AppendUvarint(body, uint64(len(cells)))
	for _, c := range cells {
		if c.Null {
			body = binary.AppendUvarint(body, 0)
			continue
		}
		body = binary.AppendUvarint(body, uint64(len(c.Text))+1)
		body = append(body, c.Text...)
	}
	return body
}

// eachRow yields the rows of a frame. The cells share the frame's memory.
func eachRow(body []byte, yield func([]Cell) error) error {
	text := string(body)
	at := 0
	number := func() (uint64, bool) {
		n, size := binary.Uvarint(body[at:])
		at += max(size, 0)
		return n, size > 0
	}
	for at < len(body) {
		n, ok := number()
		if !ok || n > uint64(len(body)-at) {
			return errOdd("a row is cut short")
		}
		cells := make([]Cell, n)
		for i := range cells {
			size, ok := number()
			switch {
			case !ok || size > uint64(len(body)-at)+1:
				return errOdd("a cell is cut short")
			case size == 0:
				cells[i].Null = true
			default:
				cells[i].Text = text[at : at+int(size)-1]
				at += int(size) - 1
			}
		}
		if err := yield(cells); err != nil {
			return err
		}
	}
	return nil
}

func readEnd(body []byte) (end, error) {
	var e end
	if err := json.Unmarshal(body, &e); err != nil {
		return e, errOdd("an end cannot be read")
	}
	return e, nil
}

// errOdd is an answer that no worker of ours gives.
func errOdd(what string) error {
	return errors.New("rows: a worker answered oddly: " + strings.ToValidUTF8(what, "?"))
}
