// Package hold says who may take over, and who may lift, what another has suspended:
// one rule for mandates, entries, scenarios and workspaces. A thing is held by one side
// at a time. A side of higher rank takes the hold over, for a reason of its own; from
// then only that side, or one above it, lifts it.
package hold

import (
	"slices"

	"shuyuan/internal/fault"
)

// order is the rank of the sides, the lowest first: whoever supervises stands above
// whoever authorises, who stands above whoever operates (管运分离; FJ-III.3). A body and
// an authority are one: it is the same department that authorises.
var order = [][]string{{"platform"}, {"operator"}, {"body", "authority"}, {"above"}, {"regulator"}}

// names are the sides in the words of the sentences below.
var names = map[string]string{"platform": "平台", "operator": "运营机构", "body": "实施机构", "authority": "主管部门", "above": "上级实施机构", "regulator": "监管机构"}

// By is a side that holds, or would.
type By struct {
	Side  string
	Level int // of a body above: how many mandates lie between it and the one that is held
}

// rank is how high a side stands; 0: it holds nothing.
func (b By) rank() int {
	return 1 + slices.IndexFunc(order, func(same []string) bool { return slices.Contains(same, b.Side) })
}

// compare is less than 0 where b stands below o.
func (b By) compare(o By) int {
	if d := b.rank() - o.rank(); d != 0 {
		return d
	}
	return b.Level - o.Level
}

// Takes returns fault.Conflict unless b may take over what held holds.
func (b By) Takes(held By) error {
	if b.compare(held) <= 0 {
		return fault.New(fault.Conflict, "现在由%s暂停，只有级别更高的一方可以接管。", held.words())
	}
	return nil
}

// Lifts returns fault.Conflict unless b may lift what held holds. What the platform
// holds is lifted by what it waits for, and by nobody's word.
func (b By) Lifts(held By) error {
	switch {
	case held.Side == "platform" && b.Side != held.Side:
		return fault.New(fault.Conflict, "现在由平台暂停，平台等的事办完，当场恢复。")
	case b.compare(held) < 0:
		return fault.New(fault.Conflict, "现在由%s暂停，由它或者级别更高的一方恢复。", held.words())
	}
	return nil
}

func (b By) words() fault.Terms { return fault.Terms{names[b.Side]} }
