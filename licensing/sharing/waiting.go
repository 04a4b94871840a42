package sharing

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/calendars"
	"shuyuan/internal/inbox"
)

// The kind of what waits.
const (
	WaitsRequest = "share-request"
)

// Path is the page of the desk about a request.
func (r *Request) Path() string { return "/desk/sharing/requests/" + id(r) }

// Waiting implements inbox.Source: requests that who's department has to answer or
// to negotiate about, and those that the authority decides.
func (s *Service) Waiting(ctx context.Context, who account.Actor) ([]inbox.Item, error) {
	w, err := s.standing(ctx, s.pool, who)
	if err != nil {
		return nil, err
	}
	args := w.args()
	args["limit"], args["counted"] = inbox.Listed+1, inbox.Counted+1
	var out []inbox.Item
	for _, list := range []struct {
		may   bool
		as    Part
		where string
	}{
		{w.body, Provider, `r.provider_id = @department AND r.state IN ('received', 'accepted', 'agreed', 'negotiating')`},
		{w.body, Asker, `r.asker_id = @department AND r.state = 'negotiating'`},
		{w.over, Over, `r.profile = @profile AND (r.state IN ('referred', 'assisting', 'forwarded') OR r.kind = 'upward' AND r.state = 'received')`},
	} {
		if !list.may {
			continue
		}
		found, err := s.list(ctx, s.pool, list.where, args, ` ORDER BY r.id LIMIT @limit`)
		if err != nil {
			return nil, err
		}
		for _, r := range found[:min(len(found), inbox.Listed)] {
			item := inbox.Item{Kind: WaitsRequest, ID: id(r), Title: inbox.Text{Zh: r.Entry.Title, En: r.Entry.TitleEN}, Sub: inbox.Text{Zh: r.Asker.Name, En: r.Asker.NameEN}, Ask: r.asks(), Path: r.Path(), Since: r.At}
			if r.Kind == Upward {
				item.Title = inbox.Text{Zh: r.Asked.Title}
			}
			if c := r.Running(); c != nil {
				item.Since, item.Clock = c.From, c.Clock
				if item.After = "到期没有答复：列为逾期，双方和主管部门都看得到"; c.Of == Acceptance {
					item.After = "到期没有受理：自动受理"
				}
			}
			out = append(out, item)
		}
		if len(found) > inbox.Listed {
			n, err := countRequests(ctx, s.pool, list.where, args)
			if err != nil {
				return nil, err
			}
			out = append(out, inbox.Rest(WaitsRequest, inbox.Text{Zh: "共享申请", En: "Requests for sharing"}, n, "/desk/sharing/requests?as="+string(list.as), s.now()))
		}
	}
	return out, nil
}

// asks is what is to be done with a request.
func (r *Request) asks() string {
	switch {
	case r.State == Agreed && r.Kind == Return:
		return "已同意返还，请提供"
	case r.State == Agreed:
		return "已同意共享，请提供数据"
	case r.State == Negotiating:
		return "共享协商：说明意见，协商不成提请主管部门决定"
	case r.State == Referred:
		return "协商不成的共享申请，请决定"
	case r.Kind == Upward && r.State == Received:
		return "向上申请：请接手协助"
	case r.Kind == Upward:
		return "向上申请：请登记上级平台的进展"
	case r.Kind == Reclassify:
		return "请答复重新分类的要求"
	case r.Kind == Return:
		return "请答复数据返还的需求"
	case r.State == Received:
		return "请受理共享申请，也可以直接答复"
	}
	return "请答复共享申请"
}

// OpenClocks are the clocks of the requests that somebody still has to deal with.
func (s *Service) OpenClocks(ctx context.Context) ([]calendars.Open, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT c.request_id::text, c.profile, c.path, c.began_at FROM share_clocks c WHERE c.stopped_at IS NULL ORDER BY c.request_id, c.number`)
	if err != nil {
		return nil, fmt.Errorf("open clocks: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (calendars.Open, error) {
		o := calendars.Open{Kind: WaitsRequest}
		return o, row.Scan(&o.ID, &o.Ref.Profile, &o.Ref.Path, &o.Ref.From)
	})
}
