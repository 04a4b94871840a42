package policy

import (
	"regexp"
	"strings"
)

// The form of a citation: the code of a text, then an article with, after it,
// a paragraph (.2), items in brackets ((3)) and a letter that only splits one
// paragraph into several duties and has no place in the text itself.
var (
	articleForm = regexp.MustCompile(`^([A-Z]+)-(\d+)((?:\.\d+|\(\d+\))*)([a-z]?)$`)
	stepForm    = regexp.MustCompile(`\.\d+|\(\d+\)`)
	planForm    = regexp.MustCompile(`^FJ-(?:(G|B|L)|(III)\.(\d+)|(\d+)\.(\d+))(?:\.\d+)?([a-z]?)$`)
)

// Place is where a citation stands in its text: AS-27.3 is 第二十七条第三款. The
// plan of Fujian has parts and headings instead of articles. It is empty for
// what is no citation of this form, as the number of a whole document.
func Place(id string) Text {
	if m := planForm.FindStringSubmatch(id); m != nil {
		return planPlace(m)
	}
	m := articleForm.FindStringSubmatch(id)
	if m == nil {
		return Text{}
	}
	out := Text{Zh: "第" + numeral(m[2]) + "条", En: "Art. " + m[2]}
	for _, step := range stepForm.FindAllString(m[3], -1) {
		n := strings.Trim(step, ".()")
		if step[0] == '.' {
			out.Zh += "第" + numeral(n) + "款"
			out.En += ", para. " + n
		} else {
			out.Zh += "（" + numeral(n) + "）"
			out.En += " (" + n + ")"
		}
	}
	return out
}

// planPlace names a place of the plan of Fujian: part two has numbered sections
// with items, the other parts have headings.
func planPlace(m []string) Text {
	switch {
	case m[1] == "G":
		return Text{"一（三）主要目标", "Part I (3), goals"}
	case m[1] == "B":
		return Text{"一（一）现状", "Part I (1), present state"}
	case m[1] == "L":
		return Text{"导语（不是正文）", "lead-in (not part of the text)"}
	case m[2] == "III":
		return Text{"三（" + numeral(m[3]) + "）", "Part III (" + m[3] + ")"}
	}
	return Text{"二（" + numeral(m[4]) + "）" + m[5], "Part II (" + m[4] + ") " + m[5]}
}

// ArticleOf is the article that a citation lies in: AS-27 of AS-27.3a. For the
// plan of Fujian it is the heading: FJ-4.1 of FJ-4.1a.
func ArticleOf(id string) string {
	if m := planForm.FindStringSubmatch(id); m != nil {
		switch {
		case m[1] != "":
			return "FJ-" + m[1]
		case m[2] != "":
			return "FJ-III." + m[3]
		}
		return "FJ-" + m[4] + "." + m[5]
	}
	if m := articleForm.FindStringSubmatch(id); m != nil {
		return m[1] + "-" + m[2]
	}
	return id
}

// Whole is what a citation is a part of: AS-27.3 of AS-27.3a, AS-27 of AS-27.3.
// An article is a part of nothing smaller than its text: it is its own whole.
func Whole(id string) string {
	article := ArticleOf(id)
	rest := strings.TrimPrefix(id, article)
	if rest == "" {
		return id
	}
	if last := rest[len(rest)-1]; last >= 'a' && last <= 'z' {
		return id[:len(id)-1]
	}
	steps := stepForm.FindAllString(rest, -1)
	if len(steps) == 0 {
		return article
	}
	return strings.TrimSuffix(id, steps[len(steps)-1])
}

// numeral writes a number below a hundred as the texts do: 二十七.
func numeral(digits string) string {
	const ones = "〇一二三四五六七八九"
	at := func(d byte) string { return string([]rune(ones)[d-'0']) }
	switch len(digits) {
	case 1:
		return at(digits[0])
	case 2:
		out := "十"
		if digits[0] != '1' {
			out = at(digits[0]) + out
		}
		if digits[1] != '0' {
			out += at(digits[1])
		}
		return out
	}
	return digits
}

// Cites reports whether the rule has its source in the provision: it cites the
// provision, or something that the provision is a part of.
func (r Rule) Cites(provision string) bool {
	for _, c := range r.Cite {
		if c == provision || within(provision, c) {
			return true
		}
	}
	return false
}

// Gap is a silence of a text that a rule of the platform fills.
type Gap struct {
	Profile *Profile
	Rule    Rule
}

// Fills are the silences that the platform's rule at path answers, in the order
// of the texts.
func (b *Book) Fills(path string) []Gap {
	var out []Gap
	for _, p := range b.profiles {
		for _, r := range p.rules {
			for _, a := range r.Answers {
				if a.Path == path {
					out = append(out, Gap{p, r})
				}
			}
		}
	}
	return out
}
