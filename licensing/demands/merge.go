package demands

import (
	"context"
	"strconv"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/fault"
)

// merge makes d point to the demand that it is the same as: its votes and those
// of what was merged into it count there, each account once, and whoever
// proposed it seconds that one.
func (s *Service) merge(ctx context.Context, tx pgx.Tx, who account.Actor, d *Demand, r Reply) error {
	if _, err := lifecycle.Next(d.State, Merge, who, d); err != nil {
		return err
	}
	if r.Into == 0 || r.Into == d.ID {
		return fault.At("into", "请写并入第几号需求。")
	}
	to, err := s.lock(ctx, tx, r.Into)
	if err != nil || !to.Public() {
		return fault.At("into", "没有第 %d 号需求，或者它不公开。", r.Into).Because(err)
	}
	root := to.Root
	if root == 0 {
		root = to.ID
	} else if _, err := s.lock(ctx, tx, root); err != nil {
		return err
	}
	if root == d.ID {
		return fault.At("into", "第 %d 号已经并入这一条，不能倒过来再并。", to.ID)
	}
	d.Into, d.Root = to.ID, root
	if err := saveMerged(ctx, tx, d, s.now()); err != nil {
		return err
	}
	if err := endTurn(ctx, tx, d.ID, Merge, s.now()); err != nil {
		return err
	}
	d.Clock = nil
	if d.Votes, err = count(ctx, tx, d.ID); err != nil {
		return err
	}
	if _, err := count(ctx, tx, root); err != nil {
		return err
	}
	stepID, err := s.step(ctx, tx, who, d, Step{Act: string(Merge), Words: r.Words, Other: to.ID})
	if err != nil {
		return err
	}
	if err := audit.Append(ctx, tx, who, "demand", id(d), string(Merge), map[string]string{"into": strconv.FormatInt(to.ID, 10)}); err != nil {
		return err
	}
	return s.announce(ctx, tx, stepID)
}

// split undoes a merge: d stands where it stood, with its votes and those of what
// was merged into it, and its clock as if it had never stopped.
func (s *Service) split(ctx context.Context, tx pgx.Tx, who account.Actor, d *Demand) error {
	if _, err := lifecycle.Next(d.State, Split, who, d); err != nil {
		return err
	}
	root, other := d.Root, d.Into
	if _, err := s.lock(ctx, tx, root); err != nil {
		return err
	}
	d.Into, d.Root = 0, 0
	if err := saveSplit(ctx, tx, d); err != nil {
		return err
	}
	if err := reopenTurn(ctx, tx, d.ID, Merge); err != nil {
		return err
	}
	var err error
	for _, n := range []int64{root, d.ID} {
		if d.Votes, err = count(ctx, tx, n); err != nil {
			return err
		}
	}
	if _, err := s.step(ctx, tx, who, d, Step{Act: string(Split), Other: other}); err != nil {
		return err
	}
	return audit.Append(ctx, tx, who, "demand", id(d), string(Split), map[string]string{"from": strconv.FormatInt(other, 10)})
}
