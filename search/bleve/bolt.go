package bleve

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
)

// verifyBolt walks over the file in which Bleve says what belongs to its index.
// The library that reads it follows whatever number stands there, into the
// memory of the process or out of it; nothing may be damaged that it follows.
// What the numbers mean is written in the documentation of bbolt.
func verifyBolt(path string) error {
	file, err := os.ReadFile(path) // some tens of kilobytes
	if err != nil {
		return err
	}
	b := boltFile{file: file, seen: map[uint64]bool{}}
	meta, err := b.meta()
	if err != nil {
		return err
	}
	b.size = uint64(binary.LittleEndian.Uint32(meta[8:]))
	b.end = binary.LittleEndian.Uint64(meta[40:])
	if free := binary.LittleEndian.Uint64(meta[32:]); free != ^uint64(0) { // all ones: there is no list
		if err := b.freelist(free); err != nil {
			return err
		}
	}
	return b.page(binary.LittleEndian.Uint64(meta[16:]))
}

// boltFile is a file of bbolt's, and which of its pages were met.
type boltFile struct {
	file      []byte
	size, end uint64
	seen      map[uint64]bool
}

var errBolt = errors.New("root.bolt is damaged")

// meta is the newer of the two descriptions that are whole: one of them may be
// half written.
func (b *boltFile) meta() ([]byte, error) {
	var best []byte
	for _, at := range []int{0, os.Getpagesize()} {
		if len(b.file) < at+80 {
			continue
		}
		m := b.file[at+16 : at+80]
		sum := fnv.New64a()
		sum.Write(m[:56])
		whole := binary.LittleEndian.Uint32(m) == 0xED0CDAED && sum.Sum64() == binary.LittleEndian.Uint64(m[56:]) &&
			int(binary.LittleEndian.Uint32(m[8:])) == os.Getpagesize()
		if whole && (best == nil || binary.LittleEndian.Uint64(m[48:]) > binary.LittleEndian.Uint64(best[48:])) {
			best = m
		}
	}
	if best == nil {
		return nil, errBolt
	}
	return best, nil
}

// at is a page with those that belong to it.
func (b *boltFile) at(id uint64) ([]byte, error) {
	if id < 2 || id >= b.end || b.seen[id] || (id+1)*b.size > uint64(len(b.file)) {
		return nil, fmt.Errorf("%w: there is no page %d", errBolt, id)
	}
	b.seen[id] = true
	p := b.file[id*b.size:]
	length := (uint64(binary.LittleEndian.Uint32(p[12:])) + 1) * b.size
	if binary.LittleEndian.Uint64(p) != id || length > uint64(len(p)) {
		return nil, fmt.Errorf("%w: page %d is another", errBolt, id)
	}
	return p[:length], nil
}

func (b *boltFile) freelist(id uint64) error {
	p, err := b.at(id)
	if err != nil {
		return err
	}
	count, from := uint64(binary.LittleEndian.Uint16(p[10:])), uint64(16)
	if count == 0xFFFF {
		count, from = binary.LittleEndian.Uint64(p[16:]), 24
	}
	if binary.LittleEndian.Uint16(p[8:]) != 0x10 || count > (uint64(len(p))-from)/8 {
		return fmt.Errorf("%w: the list of free pages", errBolt)
	}
	last := uint64(1)
	for i := range count {
		n := binary.LittleEndian.Uint64(p[from+8*i:])
		if n <= last || n >= b.end {
			return fmt.Errorf("%w: the list of free pages", errBolt)
		}
		last = n
	}
	return nil
}

func (b *boltFile) page(id uint64) error {
	p, err := b.at(id)
	if err != nil {
		return err
	}
	return b.elements(p)
}

// elements checks what a page lists: keys with values, buckets within it, or
// further pages.
func (b *boltFile) elements(p []byte) error {
	kind, count := binary.LittleEndian.Uint16(p[8:]), uint64(binary.LittleEndian.Uint16(p[10:]))
	if 16+16*count > uint64(len(p)) || kind != 1 && kind != 2 {
		return fmt.Errorf("%w: a page of kind %d with %d elements", errBolt, kind, count)
	}
	for i := range count {
		e := p[16+16*i:]
		if kind == 1 {
			if uint64(binary.LittleEndian.Uint32(e))+uint64(binary.LittleEndian.Uint32(e[4:])) > uint64(len(e)) {
				return fmt.Errorf("%w: a key", errBolt)
			}
			if err := b.page(binary.LittleEndian.Uint64(e[8:])); err != nil {
				return err
			}
			continue
		}
		from := uint64(binary.LittleEndian.Uint32(e[4:])) + uint64(binary.LittleEndian.Uint32(e[8:]))
		to := from + uint64(binary.LittleEndian.Uint32(e[12:]))
		if to > uint64(len(e)) {
			return fmt.Errorf("%w: a value", errBolt)
		}
		if binary.LittleEndian.Uint32(e)&1 == 0 {
			continue
		}
		if err := b.bucket(e[from:to]); err != nil {
			return err
		}
	}
	return nil
}

// bucket is a page of its own, or a small one written in place.
func (b *boltFile) bucket(value []byte) error {
	if len(value) < 16 {
		return fmt.Errorf("%w: a bucket", errBolt)
	}
	if root := binary.LittleEndian.Uint64(value); root != 0 {
		return b.page(root)
	}
	if len(value) < 32 {
		return fmt.Errorf("%w: a bucket", errBolt)
	}
	return b.elements(value[16:])
}
