package datasets

import (
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/workflow"
)

// Action is what can be done to an entry.
type Action string

// The actions of the first day; the opening review comes to stand between a
// draft and its publication.
const (
	Publish  Action = "publish"
	Withdraw Action = "withdraw"
	Restore  Action = "restore"
)

// lifecycle is every move an entry can make. Nothing else changes its status.
// Whose entry it is, mayEdit decides.
var lifecycle = workflow.Lifecycle[Status, Action, *Dataset]{
	{Action: Publish, From: []Status{Draft}, To: Published, By: []account.Role{account.Officer}, Needs: (*Dataset).complete},
	{Action: Withdraw, From: []Status{Published}, To: Withdrawn, By: []account.Role{account.Officer}, Needs: withReason},
	{Action: Restore, From: []Status{Withdrawn}, To: Published, By: []account.Role{account.Officer}},
}

func withReason(d *Dataset) error {
	if d.WithdrawnReason == "" {
		return fault.At("withdrawn_reason", "请写明为何撤下。")
	}
	return nil
}

// Offers are the actions that who can take on d: a button for each.
func (d *Dataset) Offers(who account.Actor) []Action {
	if mayEdit(who, d.Department.ID) != nil {
		return nil
	}
	return lifecycle.Offer(d.Status, who, d)
}

// EntryLifecycle is the table of moves of an entry as a diagram, for
// docs/lifecycles.md.
func EntryLifecycle() string { return lifecycle.Mermaid(Draft) }

// UploadLifecycle is that of an upload.
func UploadLifecycle() string { return uploadLifecycle.Mermaid(Uploading) }
