package opening

import (
	"shuyuan/internal/policy"
)

// Check is one line of a gate's list: what a reviewer has looked at. Its
// sentence has its English in templates/text.
type Line struct {
	Code     string
	Sentence string
}

// lists are what is looked at, at each gate.
var lists = map[Gate][]Line{
	Security: {
		{"findings", "逐条看过个人信息、隐藏内容和小格的发现，处置都有理由"},
		{"sample", "看过数据样例和每一列的含义"},
		{"joining", "想过与别的公开数据拼起来能不能认出人"},
		{"measures", "拟开放的方式配得上数据的安全级别"},
	},
	Secrecy: {
		{"secrets", "对照保密事项范围，没有国家秘密"},
		{"work", "没有工作秘密和不宜公开的内部信息"},
		{"gathered", "汇集起来也不涉密"},
		{"business", "没有未经权利人同意的商业秘密"},
	},
	Joint: {
		{"both", "看过安全、保密两关的意见"},
		{"basis", "开放类型的依据成立，条件对所有申请人一样"},
		{"difference", "看过和上一版的不同"},
	},
}

// List is what is looked at, at a gate.
func (g Gate) List() []Line { return lists[g] }

// terms of the two clocks.
const (
	houseReview     = "opening_review"
	houseAfterCheck = "emergency_after_check"
	houseStanding   = "opening_standing_max"
	reviewPath      = "open.review"
)

// provisions are those of each text that ask for a gate.
var provisions = map[Gate]map[string][]string{
	Security: {"cn-liaoning-anshan-2022": {"AS-30"}},
	Secrecy:  {"cn-liaoning-anshan-2022": {"AS-30"}, "cn-tianjin-2018": {"TJ-20.2"}, "cn-sichuan-aba-2021": {"AB-39"}},
	Joint:    {"cn-liaoning-anshan-2022": {"AS-28"}},
}

// Source is which provisions of the text that binds a department ask for a
// gate. Where none does, it is a rule of the platform: every department's data
// passes the same three.
func (g Gate) Source(book *policy.Book, profile string) (provisionIDs []string, house bool) {
	p, ok := book.Profile(profile)
	if !ok {
		return nil, true
	}
	r, ok := p.Rule(reviewPath)
	if !ok {
		return nil, true
	}
	for _, id := range provisions[g][profile] {
		if r.Cites(id) {
			provisionIDs = append(provisionIDs, id)
		}
	}
	return provisionIDs, len(provisionIDs) == 0
}
