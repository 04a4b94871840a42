package disclosure

import (
	"encoding/binary"
	"errors"
)

// behind is who stands behind something that was released: a cell, or the sum of
// cells.
type behind struct {
	mass  int64    // subjects, as R1 counts them; of a sum, those of all its cells
	parts []crowd  // one for each kind of subjects
	cells [][2]int // rows of the table, and the column of a cell of its own, else -1

	weighed bool // it is a cell of a column that is Weighed
}

// crowd is who of one kind of subjects stands behind something.
type crowd struct {
	kind   string
	sketch Sketch
	rows   []Sketch
	blocks [16]int32 // sums of sixteen counters each: they differ no more than the subjects do
	level  int64     // the sum of all counters, likewise
}

func newBehind(mass int64, of []Kind, cells ...[2]int) behind {
	b := behind{mass: mass, parts: make([]crowd, len(of)), cells: cells}
	for x := range of {
		p := &b.parts[x]
		p.kind, p.sketch, p.rows = of[x].Name, of[x].Sketch, of[x].Rows
		for k, c := range p.sketch {
			p.blocks[k/16] += c
			p.level += int64(c)
		}
	}
	return b
}

// sum reports whether b is that of several cells.
func (b *behind) sum() bool { return len(b.cells) > 1 }

// alone reports whether b is of one kind of subjects.
func (b *behind) alone() bool { return len(b.parts) == 1 }

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

const (
	releaseFormat = 3
	withoutRows   = 2 // the format before
)

var errRelease = errors.New("disclosure: no release can be read there")

// MarshalBinary writes a release; its sketches as the counters that are not zero.
func (r Release) MarshalBinary() ([]byte, error) {
	b := []byte{releaseFormat}
	b = binary.AppendUvarint(b, uint64(len(r.ID)))
	b = append(b, r.ID...)
	b = binary.AppendUvarint(b, uint64(r.plain))
	b = binary.AppendUvarint(b, uint64(len(r.cells)))
	var kinds []crowd
	if len(r.cells) > 0 {
		kinds = r.cells[0].parts // as all others have
	}
	b = binary.AppendUvarint(b, uint64(len(kinds)))
	for _, p := range kinds {
		b = append(binary.AppendUvarint(b, uint64(len(p.kind))), p.kind...)
	}
	for _, c := range r.cells {
		b = binary.AppendUvarint(b, uint64(c.mass))
		if c.weighed {
			b = append(b, 1)
		} else {
			b = append(b, 0)
		}
		for x := range c.parts {
			b = appendSketch(b, &c.parts[x].sketch)
			b = binary.AppendUvarint(b, uint64(len(c.parts[x].rows)))
			for k := range c.parts[x].rows {
				b = appendSketch(b, &c.parts[x].rows[k])
			}
		}
	}
	return b, nil
}

func appendSketch(b []byte, s *Sketch) []byte {
	n := 0
	for _, v := range s {
		if v != 0 {
			n++
		}
	}
	b = binary.AppendUvarint(b, uint64(n))
	for k, v := range s {
		if v != 0 {
			b = binary.AppendVarint(append(b, byte(k)), int64(v))
		}
	}
	return b
}

// UnmarshalBinary reads what MarshalBinary wrote.
func (r *Release) UnmarshalBinary(b []byte) error {
	if len(b) == 0 || b[0] != releaseFormat && b[0] != withoutRows {
		return errRelease
	}
	in := reader{b: b[1:]}
	out := Release{ID: in.text()}
	plain, cells, n := in.number(), in.number(), in.number()
	if in.bad || plain > cells || cells > uint64(len(in.b)) || n > uint64(len(in.b)) || n == 0 && cells > 0 {
		return errRelease
	}
	kinds := make([]Kind, n)
	for x := range kinds {
		kinds[x].Name = in.text()
	}
	out.plain = int(plain)
	for range cells {
		mass, weighed := in.number(), false
		if b[0] != withoutRows {
			weighed = in.number() == 1
		}
		for x := range kinds {
			kinds[x].Sketch, kinds[x].Rows = in.sketch(), nil
			if b[0] == withoutRows {
				continue
			}
			for range in.number() {
				if in.bad {
					return errRelease
				}
				kinds[x].Rows = append(kinds[x].Rows, in.sketch())
			}
		}
		if in.bad {
			return errRelease
		}
		out.cells = append(out.cells, newBehind(int64(mass), kinds))
		out.cells[len(out.cells)-1].weighed = weighed
	}
	if in.bad || len(in.b) > 0 {
		return errRelease
	}
	*r = out
	return nil
}

// reader reads what a release was written as; bad once it is none.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) number() uint64 {
	v, n := binary.Uvarint(r.b)
	if r.bad = r.bad || n <= 0; r.bad {
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) text() string {
	n := r.number()
	if r.bad = r.bad || n > uint64(len(r.b)); r.bad {
		return ""
	}
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

func (r *reader) sketch() (s Sketch) {
	n := r.number()
	r.bad = r.bad || n > SketchSize
	for range n {
		if r.bad = r.bad || len(r.b) < 2; r.bad {
			return s
		}
		v, used := binary.Varint(r.b[1:])
		if r.bad = used <= 0 || v != int64(int32(v)); r.bad {
			return s
		}
		s[r.b[0]], r.b = int32(v), r.b[1+used:]
	}
	return s
}
