package disclosure

import (
	"encoding/binary"
	"errors"
)

// behind is who stands behind something that was released: a cell, or the sum of
// cells.
type behind struct {
	mass   int64 // subjects, as R1 counts them; of a sum, those of all its cells
	sketch Sketch
	blocks [16]int32 // sums of sixteen counters each: they differ no more than the subjects do
	level  int64     // the sum of all counters, likewise
	cells  [][2]int  // rows of the table, and the column of a cell of its own, else -1
}

func newBehind(mass int64, s Sketch, cells ...[2]int) behind {
	b := behind{mass: mass, sketch: s, cells: cells}
	for k, c := range s {
		b.blocks[k/16] += c
		b.level += int64(c)
	}
	return b
}

// sum reports whether b is that of several cells.
func (b *behind) sum() bool { return len(b.cells) > 1 }

// Release is what is remembered of a release so that later ones can be held
// against it: sketches of who stands behind its cells and their sums. It holds no
// value. Whoever keeps it keeps it away from developers: with the key of the
// sketches, somebody known can be looked for in it.
type Release struct {
	ID    string // of the release, as reviewers know it
	cells []behind
	plain int // how many of the first are cells, and no sums
}

// Record is the release that report r lets leave; it has no cells where nothing may.
func Record(id string, r Report) Release {
	out := Release{ID: id}
	if r.Refused() {
		return out
	}
	for _, sums := range []bool{false, true} {
		for _, b := range r.kept {
			if b.sum() == sums {
				out.cells = append(out.cells, b)
			}
		}
		if !sums {
			out.plain = len(out.cells)
		}
	}
	return out
}

// Size is how many cells and sums are remembered.
func (r Release) Size() int { return len(r.cells) }

const releaseFormat = 1

var errRelease = errors.New("disclosure: no release can be read there")

// MarshalBinary writes a release; its sketches as the counters that are not zero.
func (r Release) MarshalBinary() ([]byte, error) {
	b := []byte{releaseFormat}
	b = binary.AppendUvarint(b, uint64(len(r.ID)))
	b = append(b, r.ID...)
	b = binary.AppendUvarint(b, uint64(r.plain))
	b = binary.AppendUvarint(b, uint64(len(r.cells)))
	for _, c := range r.cells {
		b = binary.AppendUvarint(b, uint64(c.mass))
		n := 0
		for _, v := range c.sketch {
			if v != 0 {
				n++
			}
		}
		b = binary.AppendUvarint(b, uint64(n))
		for k, v := range c.sketch {
			if v != 0 {
				b = binary.AppendVarint(append(b, byte(k)), int64(v))
			}
		}
	}
	return b, nil
}

// UnmarshalBinary reads what MarshalBinary wrote.
func (r *Release) UnmarshalBinary(b []byte) error {
	if len(b) == 0 || b[0] != releaseFormat {
		return errRelease
	}
	b = b[1:]
	bad := false
	next := func() uint64 {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			bad = true
			return 0
		}
		b = b[n:]
		return v
	}
	length := next()
	if bad || length > uint64(len(b)) {
		return errRelease
	}
	out := Release{ID: string(b[:length])}
	b = b[length:]
	plain, cells := next(), next()
	if bad || plain > cells || cells > uint64(len(b)) {
		return errRelease
	}
	out.plain = int(plain)
	for range cells {
		mass, n := next(), next()
		if bad || n > SketchSize {
			return errRelease
		}
		var s Sketch
		for range n {
			if len(b) < 2 {
				return errRelease
			}
			k := b[0]
			v, used := binary.Varint(b[1:])
			if used <= 0 || v != int64(int32(v)) {
				return errRelease
			}
			s[k], b = int32(v), b[1+used:]
		}
		out.cells = append(out.cells, newBehind(int64(mass), s))
	}
	if len(b) > 0 {
		return errRelease
	}
	*r = out
	return nil
}
