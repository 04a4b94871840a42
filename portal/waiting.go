package portal

import (
	"context"
	"strconv"

	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
	"shuyuan/internal/inbox"
)

// organisationsWaiting implements inbox.Source for the organisations that wait
// to be verified. It stands here since the inbox knows accounts, and accounts
// cannot know the inbox.
type organisationsWaiting struct {
	accounts *account.Service
	clocks   *deadline.Clocks
}

// verification is how long the data authority has: no text says.
var verification = deadline.Term{House: "organisation_verification"}

// Waiting is every submitted organisation, for the data authority.
func (o organisationsWaiting) Waiting(ctx context.Context, who account.Actor) ([]inbox.Item, error) {
	if !who.Is(account.Authority) {
		return nil, nil
	}
	submitted, err := o.accounts.Submitted(ctx, who)
	if err != nil {
		return nil, err
	}
	var out []inbox.Item
	for _, org := range submitted {
		id := strconv.FormatInt(org.ID, 10)
		clock, err := o.clocks.Start("", verification, *org.Submitted)
		if err != nil {
			return nil, err
		}
		out = append(out, inbox.Item{Kind: "organisation", ID: id, Title: inbox.Text{Zh: org.Name}, Sub: inbox.Text{Zh: org.Code},
			Ask: "请认证这个机构，或者写明理由退回。", Path: "/desk/organisations/" + id, Since: *org.Submitted, Clock: &clock, After: "到期没有认证，列为逾期，仍要办理。"})
	}
	return out, nil
}
