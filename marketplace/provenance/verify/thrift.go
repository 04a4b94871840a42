package verify

import "encoding/binary"

// Limits of what a description in Thrift may make its reader allocate: it makes room
// for a list before it has read one element of it.
const (
	mostStructs = 500_000
	mostItems   = 8_000_000
	mostDeep    = 24
)

// thriftWalk walks over a struct in the compact protocol of Thrift, and finds whether
// everything that it announces is there.
type thriftWalk struct {
	b              []byte
	at             int
	structs, items uint64
}

// walked is how long the struct is that b begins with.
func walked(b []byte) (int, error) {
	w := &thriftWalk{b: b}
	if !w.record(0) {
		return 0, errDamaged
	}
	if w.structs > mostStructs || w.items > mostItems {
		return 0, errMuch
	}
	return w.at, nil
}

func (w *thriftWalk) byte() (byte, bool) {
	if w.at >= len(w.b) {
		return 0, false
	}
	w.at++
	return w.b[w.at-1], true
}

func (w *thriftWalk) varint() (uint64, bool) {
	n, size := binary.Uvarint(w.b[w.at:])
	if size <= 0 {
		return 0, false
	}
	w.at += size
	return n, true
}

func (w *thriftWalk) skip(n uint64) bool {
	if n > uint64(len(w.b)-w.at) {
		return false
	}
	w.at += int(n) //nolint:gosec // it is no more than there is
	return true
}

func (w *thriftWalk) record(deep int) bool {
	if w.structs++; deep > mostDeep || w.structs > mostStructs {
		return deep <= mostDeep && w.skip(uint64(len(w.b)-w.at)) // enough was seen
	}
	for {
		head, ok := w.byte()
		if !ok {
			return false
		}
		kind := head & 15
		if kind == 0 {
			return true
		}
		if head>>4 == 0 { // the number of the field follows
			if _, ok := w.varint(); !ok {
				return false
			}
		}
		if kind > 2 && !w.value(kind, deep) { // a truth lies in its kind
			return false
		}
	}
}

func (w *thriftWalk) value(kind byte, deep int) bool {
	switch kind {
	case 1, 2, 3:
		return w.skip(1)
	case 4, 5, 6:
		_, ok := w.varint()
		return ok
	case 7:
		return w.skip(8)
	case 8:
		n, ok := w.varint()
		return ok && w.skip(n)
	case 9, 10:
		return w.list(deep)
	case 12:
		return w.record(deep + 1)
	}
	return false // Parquet has no maps
}

func (w *thriftWalk) list(deep int) bool {
	head, ok := w.byte()
	n := uint64(head >> 4)
	if ok && n == 15 {
		n, ok = w.varint()
	}
	if !ok || n > uint64(len(w.b)-w.at) || deep > mostDeep { // each takes a byte at least
		return false
	}
	if w.items += n; w.items > mostItems {
		return w.skip(uint64(len(w.b) - w.at))
	}
	for range n {
		if !w.value(head&15, deep+1) {
			return false
		}
	}
	return true
}
