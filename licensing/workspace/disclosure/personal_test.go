package disclosure

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"shuyuan/datasets/quality"
)

// labelled is a text with the kind of personal data that it holds, if any.
type labelled struct {
	text string
	kind quality.Kind
}

// theSet is 6,000 texts as they stand in cells and headings: numbers in the ways in
// which they are written, and others that look like them.
func theSet(r *rand.Rand) []labelled {
	var out []labelled
	n := func(digits int) string {
		s := ""
		for range digits {
			s += fmt.Sprint(r.IntN(10))
		}
		return s
	}
	pick := func(s ...string) string { return s[r.IntN(len(s))] }
	dress := func(s string) string {
		return fmt.Sprintf(pick("%s", "%s", "号码：%s", "（%s）", "%s，已核", "张三 %s", "No.%s", " %s ", "a/%s/b"), s)
	}
	wide := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' || r == 'X' {
				return r + 0xfee0
			}
			return r
		}, s)
	}
	for range 1000 {
		id := idOf(fmt.Sprintf("%s%s%d%02d%02d%s", pick("3501", "1101", "4403", "5101", "6501"), pick("02", "05", "21", "81"), 1935+r.IntN(88), 1+r.IntN(12), 1+r.IntN(28), n(3)))
		switch r.IntN(6) {
		case 0:
			id = strings.ToLower(id)
		case 1:
			id = wide(id)
		case 2:
			id = id[:6] + " " + id[6:14] + " " + id[14:]
		case 3:
			id = id[:7] + "\u200b" + id[7:]
		}
		out = append(out, labelled{dress(id), quality.ResidentID})

		card := pick(cardOf("62"+n(16)), cardOf("62"+n(14)), cardOf("62"+n(13)), cardOf("4"+n(14)), cardOf("5"+pick("1", "3", "5")+n(13)))
		switch r.IntN(5) {
		case 0:
			card = wide(card)
		case 1:
			sep := pick(" ", "-")
			for k := len(card) / 4 * 4; k > 0; k -= 4 {
				if k < len(card) {
					card = card[:k] + sep + card[k:]
				}
			}
		case 2:
			card = card[:5] + "\u200d" + card[5:]
		}
		out = append(out, labelled{dress(card), quality.BankCard})
		out = append(out, labelled{dress(pick("1"+pick("3", "5", "7", "8", "9")+n(9), "138 "+n(4)+" "+n(4), "+86139"+n(8))), quality.Mobile})

		out = append(out,
			labelled{pick("2026-11-25", "2026年第3季度", "350102", "鼓楼区", "0591-8765"+n(4), "400-800-"+n(4), "第"+n(4)+"号", "合计", "18到34岁", "闽政办〔2023〕29号"), ""},
			labelled{pick("91350100MA2XXXXX0"+n(1), "978-7-111-"+n(5)+"-"+n(1), "690"+n(10), "GB/T "+n(5)+"-2015", n(9), n(7)+"."+n(4), "119."+n(6)+",26."+n(6)), ""},
			labelled{pick(n(3)+","+n(3)+","+n(3), n(8), n(6)+"元", "2026"+fmt.Sprintf("%02d%02d", 1+r.IntN(12), 1+r.IntN(28))+n(6), "0"+n(16), "9"+n(19)), ""},
		)
	}
	return out
}

func TestPersonalDataIsRecognised(t *testing.T) {
	p := aPolicy(t)
	set := theSet(rand.New(rand.NewPCG(7, 164)))
	found, of, right, wrong := map[quality.Kind]int{}, map[quality.Kind]int{}, map[quality.Kind]int{}, map[quality.Kind]int{}
	clean, alarms := 0, 0
	for _, one := range set {
		kinds := p.Words(one.text)
		of[one.kind]++
		if slices.Contains(kinds, one.kind) {
			found[one.kind]++
		} else if one.kind != "" && one.kind != quality.Mobile && testing.Verbose() {
			t.Logf("not found: %q", one.text)
		}
		for _, k := range kinds {
			if k == one.kind {
				right[k]++
			} else {
				wrong[k]++
			}
		}
		if one.kind == "" {
			clean++
			if len(kinds) > 0 {
				alarms++
			}
		}
	}
	for _, k := range []quality.Kind{quality.ResidentID, quality.BankCard, quality.Mobile} {
		recall, precision := float64(found[k])/float64(of[k]), float64(right[k])/float64(right[k]+wrong[k])
		t.Logf("%s: recall %.4f (%d/%d), precision %.4f", k, recall, found[k], of[k], precision)
		if recall < 0.99 || precision < 0.98 {
			t.Errorf("%s: recall %.4f, precision %.4f", k, recall, precision)
		}
	}
	t.Logf("of %d texts without personal data %d are taken for some", clean, alarms)
	if alarms*100 > clean {
		t.Errorf("%d of %d texts without personal data are taken for some", alarms, clean)
	}
}
