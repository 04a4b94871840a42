package pdf

import (
	"bytes"
	"compress/gzip"
	_ "embed" // the font
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
)

//go:embed font/NotoSerifSC-subset.ttf.gz
var packed []byte

// face is the font and which characters it has.
type face struct {
	ttf   []byte
	has   map[rune]bool
	width map[rune]float64 // in parts of the size
}

var theFace = sync.OnceValues(func() (*face, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("font: %w", err)
	}
	ttf, err := io.ReadAll(z)
	if err != nil {
		return nil, fmt.Errorf("font: %w", err)
	}
	return read(ttf)
})

// read finds the characters of a TrueType font and how wide they are (OpenType
// 1.9: cmap format 4, hhea, hmtx, head).
func read(ttf []byte) (*face, error) {
	u16 := func(at int) int { return int(binary.BigEndian.Uint16(ttf[at:])) }
	u32 := func(at int) int { return int(binary.BigEndian.Uint32(ttf[at:])) }
	tables := map[string]int{}
	for i := range u16(4) {
		at := 12 + 16*i
		tables[string(ttf[at:at+4])] = u32(at + 8)
	}
	cmap, sub := tables["cmap"], 0
	for i := range u16(cmap + 2) {
		at := cmap + 4 + 8*i
		if u16(at) == 3 && u16(at+2) == 1 && u16(cmap+u32(at+4)) == 4 {
			sub = cmap + u32(at+4)
		}
	}
	if sub == 0 {
		return nil, errors.New("font: no table of characters")
	}
	f := &face{ttf: ttf, has: map[rune]bool{}, width: map[rune]float64{}}
	em, metrics := float64(u16(tables["head"]+18)), u16(tables["hhea"]+34)
	n := u16(sub+6) / 2
	ends, starts, deltas, offsets := sub+14, sub+16+2*n, sub+16+4*n, sub+16+6*n
	for i := range n {
		for r := u16(starts + 2*i); r <= u16(ends+2*i) && r < 0xFFFF; r++ {
			glyph := r
			if o := u16(offsets + 2*i); o != 0 {
				glyph = u16(offsets + 2*i + o + 2*(r-u16(starts+2*i)))
			}
			if glyph != 0 {
				glyph = (glyph + u16(deltas+2*i)) & 0xFFFF
			}
			if glyph == 0 {
				continue
			}
			f.has[rune(r)] = true
			f.width[rune(r)] = float64(u16(tables["hmtx"]+4*min(glyph, metrics-1))) / em
		}
	}
	return f, nil
}
