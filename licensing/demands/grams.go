package demands

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// grams are the pairs of neighbouring characters of a text, each once, without
// case and punctuation: what Chinese words can be found by without knowing where
// they end. A character that stands alone is itself.
func grams(texts ...string) []string {
	out := []string{}
	for _, t := range texts {
		run := []rune{}
		end := func() {
			for i := range run {
				if i+1 < len(run) {
					out = append(out, string(run[i:i+2]))
				} else if len(run) == 1 {
					out = append(out, string(run))
				}
			}
			run = run[:0]
		}
		for _, r := range strings.ToLower(norm.NFKC.String(t)) {
			if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
				end()
				continue
			}
			run = append(run, r)
		}
		end()
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// common are the pairs that say nothing of what is wanted.
var common = []string{"数据", "信息", "情况", "统计", "全省", "全市", "福建", "建省", "示例"}

// telling are the grams of a title that tell it from others.
func telling(title string) []string {
	return slices.DeleteFunc(grams(title), func(g string) bool { return slices.Contains(common, g) })
}
