package papers_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"shuyuan/licensing/papers"
)

// A name is shown and given out: nothing in it hides what the file is, leads to
// another folder, or is longer than a name may be (U33 to U36).
func TestNamesOfPapers(t *testing.T) {
	for _, c := range []struct{ id, from, want string }{
		{"as it is", "营业执照.pdf", "营业执照.pdf"},
		{"another ending", "a.html", "a.pdf"},
		{"two endings", "a.pdf.exe", "a.pdf.pdf"},
		{"no ending", "扫描件", "扫描件.pdf"},
		{"a long word after a dot", "第1.2版说明", "第1.2版说明.pdf"},
		{"U33 folders", `..\..\etc/passwd`, "passwd.pdf"},
		{"U33 nothing but folders", "../..", "材料.pdf"},
		{"U34 a device", "con.csv", "_con.pdf"},
		{"U34 another", "LPT1", "_LPT1.pdf"},
		{"U36 letters turned round", "a\u202Efdp.exe", "afdp.pdf"},
		{"U36 lines and NUL", "a\r\n\x00b.pdf", "ab.pdf"},
		{"U36 nothing seen", "\u200B\u2060.pdf", "材料.pdf"},
		{"no UTF-8", "a\xff.pdf", "a.pdf"},
		{"marks piled up", "a" + strings.Repeat("\u0301", 40) + ".pdf", "á" + strings.Repeat("\u0301", 4) + ".pdf"},
		{"signs that other systems do not keep", `a<b>:"|?*.pdf`, "ab.pdf"},
		{"rare characters", "㐂𠮷.pdf", "㐂𠮷.pdf"},
		{"empty", "", "材料.pdf"},
	} {
		if got := papers.Name(c.from, ".pdf"); got != c.want {
			t.Errorf("%s: %q, wanted %q", c.id, got, c.want)
		}
	}
	for _, long := range []string{strings.Repeat("a", 4000), strings.Repeat("长", 4000), strings.Repeat("𠮷", 1000) + ".pdf"} { // U35
		if got := papers.Name(long, ".pdf"); utf8.RuneCountInString(got) > 80 || len(got) > 330 || !utf8.ValidString(got) || !strings.HasSuffix(got, ".pdf") {
			t.Errorf("%d bytes become %q", len(long), got)
		}
	}
}
