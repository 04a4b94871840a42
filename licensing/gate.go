package licensing

import (
	"context"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
)

// Gate is the one answer to "may these bytes go to this person?". It fills
// datasets.Gate.
type Gate struct{}

// MayServe lets everybody have what is open without condition (AS-27.2,
// TJ-20, AB-31; no sign-in), and refuses everything else: there is no grant
// yet that could allow a conditional version, and a withheld one is never
// served. An unknown open type is refused too. What is under opening review goes
// to its reviewers, however it will be open, and to nobody else (AS-28, AS-30).
func (Gate) MayServe(_ context.Context, subject account.Actor, v *datasets.Version, _ []string, _ time.Time) error {
	if v.Under != nil {
		if v.Under.Include(subject) {
			return nil
		}
		return fault.New(fault.NotFound, "没有这份数据。")
	}
	switch v.Open {
	case datasets.Unconditional:
		return nil
	case datasets.Conditional:
		return fault.New(fault.Forbidden, "这份数据有条件开放，须先申请并获得授权；目录信息照常公开。")
	case datasets.Withheld:
	}
	return fault.New(fault.NotFound, "没有这份数据。")
}
