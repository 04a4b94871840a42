// Package byterange reads Range headers (RFC 9110, 14) and cuts files by them.
package byterange

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Range is a part of a file.
type Range struct{ From, Length int64 }

// Header is the value of Content-Range.
func (r Range) Header(size int64) string {
	return fmt.Sprintf("bytes %d-%d/%d", r.From, r.From+r.Length-1, size)
}

// most is how many ranges one request may name.
const most = 20

// ErrUnsatisfiable is for ranges that cannot be had: the answer is 416.
var ErrUnsatisfiable = errors.New("the ranges cannot be had")

// Parse reads a Range header for a file of size bytes. It returns nothing for
// an absent header, another unit, or one that is malformed, which means the
// whole file; and ErrUnsatisfiable where no range lies within the file, where
// there are too many, or where they overlap so that more would be sent than
// there is. Adjoining ranges come out as one.
func Parse(header string, size int64) ([]Range, error) {
	list, ok := strings.CutPrefix(header, "bytes=")
	if !ok {
		return nil, nil
	}
	parts := strings.Split(list, ",")
	if len(parts) > most {
		return nil, ErrUnsatisfiable
	}
	var out []Range
	for _, part := range parts {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		r, ok, valid := one(part, size)
		if !valid {
			return nil, nil
		}
		if ok {
			out = append(out, r)
		}
	}
	if len(out) == 0 {
		return nil, ErrUnsatisfiable
	}
	return join(out, size)
}

// one reads a single range; ok is whether it lies within the file.
func one(part string, size int64) (r Range, ok, valid bool) {
	first, last, found := strings.Cut(part, "-")
	if !found {
		return r, false, false
	}
	if first == "" { // the last n bytes
		n, err := number(last)
		if err != nil {
			return r, false, false
		}
		n = min(n, size)
		return Range{size - n, n}, n > 0, true
	}
	from, err := number(first)
	if err != nil {
		return r, false, false
	}
	to := size - 1
	if last != "" {
		if to, err = number(last); err != nil || to < from {
			return r, false, err == nil // bytes=9-1 names nothing that could be had
		}
		to = min(to, size-1)
	}
	return Range{from, to - from + 1}, from < size, true
}

// number reads digits only; what is beyond any file counts as the largest.
func number(s string) (int64, error) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, strconv.ErrSyntax
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if errors.Is(err, strconv.ErrRange) {
		return n, nil
	}
	return n, err
}

// join merges ranges that adjoin in the order asked, and refuses a set that
// would send more than the file.
func join(in []Range, size int64) ([]Range, error) {
	out := []Range{in[0]}
	for _, r := range in[1:] {
		if last := &out[len(out)-1]; r.From == last.From+last.Length {
			last.Length += r.Length
			continue
		}
		out = append(out, r)
	}
	if Sum(out) > size {
		return nil, ErrUnsatisfiable
	}
	return out, nil
}

// Sum is how many bytes the ranges are together.
func Sum(ranges []Range) int64 {
	var total int64
	for _, r := range ranges {
		total += r.Length
	}
	return total
}

type part struct {
	io.Reader
	io.Closer
}

// Part is the range of a file that has been moved to its start; closing it
// closes the file.
func Part(f io.ReadCloser, r Range) io.ReadCloser {
	return part{io.LimitReader(f, r.Length), f}
}

// Multi is a multipart/byteranges body over f, with its boundary and length.
func Multi(f io.ReadSeekCloser, mediaType string, size int64, ranges []Range) (body io.ReadCloser, boundary string, length int64) {
	boundary = rand.Text()
	var readers []io.Reader
	add := func(s string) {
		readers = append(readers, strings.NewReader(s))
		length += int64(len(s))
	}
	for i, r := range ranges {
		head := "--" + boundary + "\r\nContent-Type: " + mediaType + "\r\nContent-Range: " + r.Header(size) + "\r\n\r\n"
		if i > 0 {
			head = "\r\n" + head
		}
		add(head)
		readers = append(readers, &section{f: f, r: r})
		length += r.Length
	}
	add("\r\n--" + boundary + "--\r\n")
	return part{io.MultiReader(readers...), f}, boundary, length
}

// section seeks when it is first read.
type section struct {
	f       io.ReadSeeker
	r       Range
	limited io.Reader
}

func (s *section) Read(p []byte) (int, error) {
	if s.limited == nil {
		if _, err := s.f.Seek(s.r.From, io.SeekStart); err != nil {
			return 0, err
		}
		s.limited = io.LimitReader(s.f, s.r.Length)
	}
	return s.limited.Read(p)
}
