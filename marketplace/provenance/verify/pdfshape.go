package verify

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
)

var (
	pdfHead    = []byte("%PDF-1.3\n%\xc2\xb5\xc2\xb6\n")
	pdfTrailer = regexp.MustCompile(`trailer\n<<\n/Size (\d{1,7})\n/Root (\d{1,7}) 0 R\n/Info (\d{1,7}) 0 R\n>>\nstartxref\n(\d{1,10})\n%%EOF\n$`)
	pdfObject  = regexp.MustCompile(`(?m)^\d+ \d+ obj\b`)
)

// onePDF reports whether a PDF is built as ours are: one revision, one table of objects,
// which lie one after another from the head to it and are all in it (ISO 32000-2, 7.5),
// and the files within are those that the document lists.
func onePDF(b []byte) bool {
	tail := b[max(0, len(b)-256):]
	at := pdfTrailer.FindSubmatch(tail)
	if at == nil || !bytes.HasPrefix(b, pdfHead) || bytes.Count(b, []byte("\nxref\n")) != 1 {
		return false
	}
	var n [4]int
	for i := range n {
		n[i], _ = strconv.Atoi(string(at[i+1])) //nolint:errcheck // digits
	}
	size, table := n[0], n[3]
	head := fmt.Appendf(nil, "xref\n0 %d\n0000000000 65535 f \n", size)
	const entry = 20
	if n[1] != size-1 || n[2] != size-2 || size < 8 || table < 0 || table+len(head)+(size-1)*entry+len(at[0]) != len(b) || !bytes.HasPrefix(b[table:], head) {
		return false
	}
	places := make([]int, size)
	for i := 1; i < size; i++ {
		line := b[table+len(head)+(i-1)*entry:][:entry]
		place, err := strconv.Atoi(string(line[:10]))
		if err != nil || string(line[10:]) != " 00000 n \n" || place < len(pdfHead) || place >= table || !bytes.HasPrefix(b[place:], fmt.Appendf(nil, "%d 0 obj\n", i)) {
			return false
		}
		places[i] = place
	}
	order := slices.Sorted(slices.Values(places[1:]))
	for i, place := range order {
		if i == 0 && place != len(pdfHead) || i > 0 && (place == order[i-1] || !bytes.HasSuffix(b[:place], []byte("endobj\n"))) {
			return false
		}
	}
	return bytes.HasSuffix(b[:table], []byte("endobj\n")) && len(pdfObject.FindAllIndex(b, size)) == size-1 && listed(b[places[size-1]:table], b, places)
}

// listed reports whether the catalogue lists the files within, each by its description.
func listed(catalogue, b []byte, places []int) bool {
	if !bytes.HasPrefix(catalogue, fmt.Appendf(nil, "%d 0 obj\n<<\n/Type /Catalog\n", len(places)-1)) {
		return false
	}
	var names []byte
	for i, first := 0, 3; first+1 < len(places) && bytes.HasPrefix(b[places[first]:], fmt.Appendf(nil, "%d 0 obj\n<< /Type /EmbeddedFile ", first)); i, first = i+1, first+2 {
		about := b[places[first+1]:]
		if end := bytes.Index(about, []byte("endobj\n")); end < 0 || !bytes.HasPrefix(about, fmt.Appendf(nil, "%d 0 obj\n<< /Type /Filespec /F () /UF (", first+1)) ||
			bytes.Count(about[:end], fmt.Appendf(nil, "/EF << /F %d 0 R >>", first)) != 1 {
			return false
		}
		names = fmt.Appendf(names, "(Attachement%d) %d 0 R \n", i+1, first+1)
	}
	want := fmt.Appendf(nil, "/Names <<\n/EmbeddedFiles << /Names [\n %s] >>\n>>\n", bytes.TrimSuffix(names, []byte("\n")))
	want = bytes.Replace(want, []byte(" ] >>"), []byte("  \n] >>"), 1)
	return bytes.Count(catalogue, want) == 1 && bytes.Count(b, []byte("/EmbeddedFiles")) == 1
}
