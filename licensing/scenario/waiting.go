package scenario

import (
	"context"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/inbox"
)

// WaitsScenario is the kind of what waits.
const WaitsScenario = "scenario"

// Path is the page of a developer about a scenario, DeskPath that of a desk.
func (x *Scenario) Path() string { return "/account/scenarios/" + x.Number }

// DeskPath is where a desk finds it.
func (x *Scenario) DeskPath() string { return "/desk/scenarios/" + x.Number }

// Waiting implements inbox.Source: what a scenario waits for of who.
func (s *Service) Waiting(ctx context.Context, who account.Actor) ([]inbox.Item, error) {
	where, args := s.desk(who)
	if who.Side == account.Use && who.Key == "" && who.ID > 0 {
		where = `s.organisation_id IN (SELECT organisation_id FROM organisation_members WHERE user_id = @user)`
	}
	if where == "" {
		return nil, nil
	}
	where = `(` + where + `) AND (s.state IN ('submitted', 'returned', 'screened', 'reviewed', 'awarding', 'authorised', 'expired', 'terminated', 'surrendered') OR EXISTS (SELECT FROM scenario_reports r WHERE r.scenario_id = s.id AND r.state IN ('filed', 'returned', 'open')))`
	args["limit"] = inbox.Listed + 1
	found, err := s.list(ctx, s.pool, where, `ORDER BY s.id LIMIT @limit`, args)
	if err != nil {
		return nil, err
	}
	var out []inbox.Item
	for k := range found[:min(len(found), inbox.Listed)] {
		items, err := s.waiting(ctx, who, &found[k])
		if err != nil {
			return nil, err
		}
		out = append(out, items...)
	}
	if len(found) > inbox.Listed {
		args["counted"], args["now"] = inbox.Counted+1, s.now()
		n, err := s.countWhere(ctx, where, args)
		if err != nil {
			return nil, err
		}
		path := "/desk/scenarios"
		if who.Side == account.Use {
			path = "/account/scenarios"
		}
		out = append(out, inbox.Rest(WaitsScenario, inbox.Text{Zh: "场景", En: "Scenarios"}, n, path, s.now()))
	}
	return out, nil
}

// waiting is what one scenario waits for of who.
func (s *Service) waiting(ctx context.Context, who account.Actor, x *Scenario) (out []inbox.Item, err error) {
	at, err := s.sidesOf(ctx, s.pool, who, x)
	if err != nil {
		return nil, err
	}
	path := x.DeskPath()
	if slices.Contains(at, OfDeveloper) {
		path = x.Path()
	}
	item := func(side Side, t Turn) inbox.Item {
		i := inbox.Item{Kind: WaitsScenario, ID: x.Number, Title: inbox.Text{Zh: x.Title}, Sub: inbox.Text{Zh: x.Number + " · " + x.Developer}, Path: path, Since: x.StateAt, Clock: t.Clock, Ask: asks[side][x.State], After: "到期没有办：标明逾期，仍要办理"}
		if x.State == Returned {
			i.After = "到期没有补齐，申请作废。"
		}
		if t.Item != nil {
			i.ID, i.Sub.Zh = x.Number+"/"+t.Item.Resource, x.Number+" · "+t.Item.Dataset.Title
			i.After = "到期没有给出意见：标明逾期，不算同意，仍要给出"
		}
		return i
	}
	for _, t := range x.Turns() {
		if !slices.Contains(at, t.Side) || t.Side == OfDepartment && t.Item.Dataset.Department.ID != who.Department || x.State == Draft || x.State == Suspended {
			continue
		}
		if t.Side == OfAuthority && s.apart(who, x, OfAuthority, Authorise) != nil || t.Side == OfSecurity && s.apart(who, x, OfSecurity, Check) != nil {
			continue
		}
		out = append(out, item(t.Side, t))
	}
	if slices.Contains(at, OfOperator) && slices.Contains([]State{Expired, Terminated, Surrendered}, x.State) {
		if left, err := s.leftOf(ctx, s.pool, x); err != nil || left == "" {
			if err != nil {
				return nil, err
			}
			i := item(OfOperator, Turn{})
			i.After = ""
			out = append(out, i)
		}
	}
	more, err := s.reportsWaiting(ctx, x, at, path)
	return append(out, more...), err
}

var asks = map[Side]map[State]string{
	OfDeveloper:  {Returned: "场景退回补正，请补齐后再交。", Authorised: "场景已授权，请签数据使用协议。"},
	OfOperator:   {Submitted: "场景申请待初审：材料齐的送出，不齐的一次列全退回。", Authorised: "场景已授权，请办数据使用协议。", Expired: "场景已经结束，请办结。", Terminated: "场景已经结束，请办结。", Surrendered: "场景已经结束，请办结。"},
	OfDepartment: {Screened: "场景要用本部门的数据，请逐项给出意见。"},
	OfSecurity:   {Screened: "场景待安全审查。"},
	OfAuthority:  {Reviewed: "场景意见已齐，请审核授权。", Awarding: "场景在等竞争的结果，请登记后决定。"},
}

func (s *Service) reportsWaiting(ctx context.Context, x *Scenario, at []Side, path string) (out []inbox.Item, err error) {
	if !slices.Contains(at, OfDeveloper) && !slices.Contains(at, OfOperator) {
		return nil, nil
	}
	all, err := s.selectReports(ctx, s.pool, `r.scenario_id = @id AND r.state IN ('open', 'filed', 'returned')`, `ORDER BY r.number`, pgx.NamedArgs{"id": x.ID})
	if err != nil {
		return nil, err
	}
	for k := range all {
		r := &all[k]
		i := inbox.Item{Kind: "scenario-report", ID: x.Number + "/" + numberText(r.Number), Title: inbox.Text{Zh: x.Title}, Sub: inbox.Text{Zh: x.Number}, Path: path + "#reports", Since: r.Begins, Clock: r.Clock, After: "到期没有办：标明逾期，仍要办理"}
		switch {
		case slices.Contains(at, OfDeveloper) && r.State == ReportReturned:
			i.Ask, i.After = "使用报告退回，请补齐。", "逾期先警告，再不交，暂停场景。"
		case slices.Contains(at, OfDeveloper) && r.State == ReportOpen && r.Clock != nil && (r.RemindedAt != nil || r.Clock.Late(s.now())):
			i.Ask, i.After = "请交场景的年度使用报告。", "逾期先警告，再不交，暂停场景。"
		case slices.Contains(at, OfOperator) && r.State == ReportFiled:
			i.Ask, i.Since = "请看场景的年度使用报告：采纳或退回。", *r.FiledAt
		default:
			continue
		}
		out = append(out, i)
	}
	return out, nil
}

func numberText(n int) string { return strconv.Itoa(n) }
