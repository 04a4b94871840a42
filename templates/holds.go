package templates

import (
	"context"
	"slices"
	"time"

	op "shuyuan/licensing/operation"
	"shuyuan/licensing/scenario"
	"shuyuan/licensing/workspace"
	"shuyuan/templates/text"
)

// Holder is who holds something that is suspended, and since when. What held it before
// is in its history.
type Holder struct {
	Name  string // empty: nobody
	Since time.Time
}

// holder is who holds something, since the last event by which somebody took hold of it.
func holder[E any](name string, events []E, took func(E) (time.Time, bool)) Holder {
	for _, e := range slices.Backward(events) {
		if at, ok := took(e); ok {
			return Holder{name, at}
		}
	}
	return Holder{Name: name}
}

func operationHolder(ctx context.Context, side op.Side, body op.Body, events []op.Event) Holder {
	if side == "" {
		return Holder{}
	}
	name := text.T(ctx, operationSides[side])
	if body.ID != 0 {
		name = DepartmentName(ctx, &body) + text.T(ctx, "（%s）", name)
	}
	return holder(name, events, func(e op.Event) (time.Time, bool) { return e.At, e.State == string(op.Suspended) })
}

func scenarioHolder(ctx context.Context, x *scenario.View) Holder {
	if x.SuspendedBy == "" {
		return Holder{}
	}
	return holder(text.T(ctx, scenarioSides[scenario.Side(x.SuspendedBy)]), x.Events, func(e scenario.Event) (time.Time, bool) {
		return e.At, e.Act == scenario.Suspend || e.Act == scenario.TakeOver
	})
}

func workspaceHolder(ctx context.Context, v *workspace.View) Holder {
	if v.FrozenBy == "" {
		return Holder{}
	}
	return holder(text.T(ctx, workspaceSides[v.FrozenBy]), v.History, func(e workspace.Moved) (time.Time, bool) { return e.At, e.State == workspace.Frozen })
}
