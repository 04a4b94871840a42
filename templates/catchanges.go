package templates

import (
	"context"

	"shuyuan/datasets/catalogue"
	"shuyuan/internal/policy"
	"shuyuan/templates/text"
)

// CatalogueChangesPage lists the changes of the catalogue that somebody makes or
// decides about.
type CatalogueChangesPage struct {
	Frame
	Changes []catalogue.Change
	May     bool // record one
}

// NewCatalogueChangePage is where an event is recorded.
type NewCatalogueChangePage struct {
	Frame
	Book    *policy.Book
	Rules   catalogue.Rules
	Entries []catalogue.ListLine
	Form    catalogue.NewChange
	Mistake Mistake
}

// CatalogueChangePage is one change.
type CatalogueChangePage struct {
	Frame
	Book    *policy.Book
	Change  *catalogue.Change
	Vocab   catalogue.Vocabulary
	Offers  []catalogue.ChangeAction
	Mistake Mistake
	Reason  string
}

// changeStates are the states of a change in words.
var changeStates = map[catalogue.ChangeState]string{
	catalogue.Recorded: "已登记，待更新", catalogue.Updated: "已更新，待报送", catalogue.Reported: "已报送，待确认", catalogue.Approved: "已确认", catalogue.SentBack: "已退回", catalogue.Duplicate: "目录重复，另案处理", catalogue.Cancelled: "登记有误，已撤销",
}

// ChangeStateName is a state of a change in words.
func ChangeStateName(ctx context.Context, s catalogue.ChangeState) string {
	return text.T(ctx, changeStates[s])
}

// changeActions are its buttons.
var changeActions = map[catalogue.ChangeAction]string{
	catalogue.Update: "更新完成", catalogue.Report: "报送变更和依据", catalogue.Approve: "确认", catalogue.SendBack: "退回", catalogue.CallDuplicate: "认定目录重复", catalogue.Resume: "重复案已办完，接着办", catalogue.Cancel: "登记有误，撤销这次变更",
}

// needsWords reports whether an action takes a reason.
func needsWords(a catalogue.ChangeAction) bool {
	return a == catalogue.SendBack || a == catalogue.CallDuplicate || a == catalogue.Cancel
}

func triggerWords(ctx context.Context, r catalogue.Rules, code string) string {
	for _, t := range r.Triggers {
		if t.Code == code {
			return pick(ctx, t.Text)
		}
	}
	return code
}

// ticked reports whether an entry was chosen.
func (p NewCatalogueChangePage) ticked(slug string) bool {
	for _, s := range p.Form.Entries {
		if s == slug {
			return true
		}
	}
	return false
}

func (p CatalogueChangePage) diff(e catalogue.ChangeEntry) []catalogue.Difference {
	if e.After == nil {
		return nil
	}
	return catalogue.Diff(e.Before, e.After)
}
