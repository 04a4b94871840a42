package byterange

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	many := "bytes=" + strings.Repeat("0-0,2-2,", 500)
	for _, c := range []struct {
		name, header string
		size         int64
		want         []Range
		err          error
	}{
		{"none", "", 100, nil, nil},
		{"one byte", "bytes=0-0", 100, []Range{{0, 1}}, nil},
		{"to the end", "bytes=90-", 100, []Range{{90, 10}}, nil},
		{"the last bytes", "bytes=-10", 100, []Range{{90, 10}}, nil},
		{"more last bytes than there are", "bytes=-1000", 100, []Range{{0, 100}}, nil},
		{"beyond the end", "bytes=90-1000", 100, []Range{{90, 10}}, nil},
		{"two", "bytes=0-9,50-59", 100, []Range{{0, 10}, {50, 10}}, nil},
		{"two in another order", "bytes=50-59,0-9", 100, []Range{{50, 10}, {0, 10}}, nil},
		{"adjoining ones are one", "bytes=0-9,10-19", 100, []Range{{0, 20}}, nil},
		{"blanks and empty members", "bytes= 0-9 , ,50-59,", 100, []Range{{0, 10}, {50, 10}}, nil},
		{"one of two is there", "bytes=0-9,500-600", 100, []Range{{0, 10}}, nil},
		{"everything", "bytes=0-", 100, []Range{{0, 100}}, nil},

		{"another unit", "rows=0-9", 100, nil, nil},
		{"no unit", "0-9", 100, nil, nil},
		{"no number", "bytes=a-b", 100, nil, nil},
		{"a sign", "bytes=+1-2", 100, nil, nil},
		{"hexadecimal", "bytes=0x1-0x2", 100, nil, nil},
		{"no dash", "bytes=5", 100, nil, nil},
		{"a bad member spoils all", "bytes=0-9,x", 100, nil, nil},
		{"negative", "bytes=--5", 100, nil, nil},

		{"behind the end", "bytes=100-", 100, nil, ErrUnsatisfiable},
		{"backwards", "bytes=9-1", 100, nil, ErrUnsatisfiable},
		{"the last none", "bytes=-0", 100, nil, ErrUnsatisfiable},
		{"nothing named", "bytes=", 100, nil, ErrUnsatisfiable},
		{"of an empty file", "bytes=0-0", 0, nil, ErrUnsatisfiable},
		{"the last of an empty file", "bytes=-5", 0, nil, ErrUnsatisfiable},
		{"so many", many, 100, nil, ErrUnsatisfiable},
		{"overlapping until they are more than the file", "bytes=0-,0-", 100, nil, ErrUnsatisfiable},
		{"overlapping a little", "bytes=0-9,5-14", 100, []Range{{0, 10}, {5, 10}}, nil},
		{"beyond any number", "bytes=99999999999999999999999-", 100, nil, ErrUnsatisfiable},
		{"to beyond any number", "bytes=0-99999999999999999999999", 100, []Range{{0, 100}}, nil},
	} {
		got, err := Parse(c.header, c.size)
		if !errors.Is(err, c.err) {
			t.Errorf("%s: %v, want %v", c.name, err, c.err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

type file struct {
	*strings.Reader
	closed bool
}

func (f *file) Close() error {
	f.closed = true
	return nil
}

func TestPartsAreThoseOfTheFile(t *testing.T) {
	const text = "0123456789abcdefghij"
	f := &file{Reader: strings.NewReader(text)}
	if _, err := f.Seek(5, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	part := Part(f, Range{5, 4})
	got, err := io.ReadAll(part)
	if err != nil || string(got) != "5678" {
		t.Errorf("%q, %v", got, err)
	}
	if part.Close() != nil || !f.closed {
		t.Error("the file stays open")
	}

	f = &file{Reader: strings.NewReader(text)}
	ranges := []Range{{15, 5}, {0, 3}}
	body, boundary, length := Multi(f, "text/csv; charset=utf-8", int64(len(text)), ranges)
	all, err := io.ReadAll(body)
	if err != nil || int64(len(all)) != length {
		t.Fatalf("%d bytes, announced %d: %v", len(all), length, err)
	}
	reader := multipart.NewReader(bytes.NewReader(all), boundary)
	for _, want := range []struct{ content, span string }{{"fghij", "bytes 15-19/20"}, {"012", "bytes 0-2/20"}} {
		p, err := reader.NextPart()
		if err != nil {
			t.Fatal(err)
		}
		content, _ := io.ReadAll(p)
		if string(content) != want.content || p.Header.Get("Content-Range") != want.span || p.Header.Get("Content-Type") != "text/csv; charset=utf-8" {
			t.Errorf("%q, %v", content, p.Header)
		}
	}
	if _, err := reader.NextPart(); err != io.EOF {
		t.Errorf("there is more: %v", err)
	}
	if body.Close() != nil || !f.closed {
		t.Error("the file stays open")
	}
}

// Whatever is asked for, what comes out lies within the file and is not more
// than it.
func FuzzParse(f *testing.F) {
	for _, header := range []string{"", "bytes=", "bytes=0-0", "bytes=-1", "bytes=1-", "bytes=9-1", "bytes=0-9,5-14,-3", "bytes=0-99999999999999999999", "bytes=a-b", "rows=1-2", "bytes=0-0,0-0,0-0", "bytes=\x00-\xff"} {
		f.Add(header, int64(20))
	}
	f.Fuzz(func(t *testing.T, header string, size int64) {
		if size < 0 {
			return
		}
		ranges, err := Parse(header, size)
		if err != nil && len(ranges) > 0 {
			t.Fatalf("%v and an error", ranges)
		}
		for _, r := range ranges {
			if r.From < 0 || r.Length < 1 || r.From+r.Length > size {
				t.Errorf("%q of %d bytes: %+v", header, size, r)
			}
		}
		if Sum(ranges) > size || len(ranges) > most {
			t.Errorf("%q of %d bytes: %v", header, size, ranges)
		}
	})
}
