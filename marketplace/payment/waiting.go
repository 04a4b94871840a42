package payment

import (
	"context"

	"shuyuan/internal/account"
	"shuyuan/internal/inbox"
)

// mostWaiting is how many the inbox lists; the pages list all.
const mostWaiting = 200

// Waiting implements inbox.Source: accounts to confirm, lines to explain, and lines that
// another person has to agree with, for the people of an operator.
func (b *Bank) Waiting(ctx context.Context, who account.Actor) ([]inbox.Item, error) {
	if who.ID <= 0 || !Moves(who) {
		return nil, nil
	}
	accounts, err := b.Accounts(ctx, who)
	if err != nil {
		return nil, err
	}
	var out []inbox.Item
	for _, a := range accounts {
		if a.State == CollectionProposed && a.maker != who.ID {
			out = append(out, inbox.Item{Kind: "bank", ID: a.Number, Title: inbox.Text{Zh: a.Number, En: a.Number}, Sub: inbox.Text{Zh: a.Holder, En: a.Holder}, Ask: "有收款账户要确认，请核对开户证明。", Path: a.Path(), Since: a.MadeAt})
		}
	}
	lines, err := b.Lines(ctx, who, LineFilter{Queue: true, Limit: mostWaiting})
	if err != nil {
		return nil, err
	}
	for _, e := range lines {
		ask := "有一笔流水要写明是什么。"
		switch {
		case e.State == Typed && e.typist == who.ID, e.State == Proposed && e.proposer == who.ID:
			continue
		case e.State == Typed:
			ask = "有手工录入的流水要对着回单核对。"
		case e.State == Proposed:
			ask = "有一笔流水要您同意。"
		}
		out = append(out, inbox.Item{Kind: "bank", ID: e.Number, Title: inbox.Text{Zh: e.Number, En: e.Number}, Sub: inbox.Text{Zh: e.Party, En: e.Party}, Ask: ask, Path: e.Path(), Since: e.StateAt})
	}
	return out, nil
}
