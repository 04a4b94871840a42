package demo

import (
	"context"
	"fmt"
	"time"

	"shuyuan/datasets/catalogue"
	"shuyuan/datasets/sources"
	"shuyuan/internal/account"
)

// The sample cases: one in which departments are to state their positions, one
// that was decided, one of values to be checked, and a change that was recorded
// too late. Nothing in them says that anything is wrong with the data.
const (
	casesAuthority = "fj-sjj"
	casesOffice    = "fj-tjj"

	openEntry, openOther       = "cn-township-codes", "id-address-codes"
	decidedEntry, decidedOther = "cn-village-codes", "fujian-villages"
	checkedEntry, checkedOther = "cn-settlements", "fujian-settlements"

	recordedLate = 40 // days after what happened
)

// dispute makes the sample cases, through the same doors as people. What an
// earlier load made stays.
func (w *world) dispute(ctx context.Context, d Deps, p people) error {
	authority, err := w.acting(ctx, d, p, account.Authority, casesAuthority)
	if err != nil {
		return err
	}
	officer, err := w.acting(ctx, d, p, account.Officer, casesOffice)
	if err != nil {
		return err
	}
	for _, make := range []func(context.Context, Deps, account.Actor) error{w.duplicates, w.inconsistency} {
		if err := make(ctx, d, authority); err != nil {
			return fmt.Errorf("sample cases: %w", err)
		}
	}
	if err := w.lateChange(ctx, d, officer); err != nil {
		return fmt.Errorf("sample change: %w", err)
	}
	return nil
}

// acting is the installation playing a role for a department.
func (w *world) acting(ctx context.Context, d Deps, p people, role account.Role, department string) (account.Actor, error) {
	of, err := d.Datasets.Department(ctx, account.Actor{}, department)
	if err != nil {
		return account.Actor{}, err
	}
	who := account.System(w.task())
	who.Roles, who.Department, who.Name = []account.Role{role}, of.Item.ID, p.of(department, who.Name)
	return who, nil
}

func (w *world) duplicates(ctx context.Context, d Deps, authority account.Actor) error {
	s := d.Catalogue.Sources()
	there, err := s.Cases(ctx, authority, sources.Duplicate)
	if err != nil || len(there) > 1 {
		return err
	}
	if len(there) == 0 {
		id, err := s.OpenDuplicate(ctx, authority, decidedEntry, []string{decidedOther}, "示例：编目检查时发现两个部门有相同的数据项。")
		if err != nil {
			return err
		}
		c, err := s.Case(ctx, authority, id)
		if err != nil {
			return err
		}
		there = []sources.Case{*c}
	}
	if c := there[0]; c.State == sources.Open {
		step := sources.Step{Action: sources.Decide, Revision: c.Revision, Source: c.Entries[0].Department, Reason: "示例：统计用区划代码由统计部门编制，其他部门通过共享使用。"}
		if err := s.Move(ctx, authority, c.ID, step); err != nil {
			return err
		}
	}
	_, err = s.OpenDuplicate(ctx, authority, openEntry, []string{openOther}, "示例：两个部门的代码表有相同的数据项，请说明各自的职责和来源。")
	return err
}

func (w *world) inconsistency(ctx context.Context, d Deps, authority account.Actor) error {
	s := d.Catalogue.Sources()
	there, err := s.Cases(ctx, authority, sources.Inconsistency)
	if err != nil || len(there) > 0 {
		return err
	}
	_, err = s.OpenInconsistency(ctx, authority, sources.NewInconsistency{One: checkedEntry, Other: checkedOther, About: "示例：两个部门都提供城镇人口，请核对是否一致。"})
	return err
}

// lateChange records what happened so long ago that it is late at once.
func (w *world) lateChange(ctx context.Context, d Deps, officer account.Actor) error {
	there, err := d.Catalogue.Changes(ctx, officer)
	if err != nil || len(there) > 0 {
		return err
	}
	entry, err := d.Datasets.Dataset(ctx, officer, openEntry)
	if err != nil {
		return err
	}
	event := entry.UpdatedAt.AddDate(0, 0, -recordedLate).Format(time.DateOnly)
	_, err = d.Catalogue.Record(ctx, officer, catalogue.NewChange{Trigger: "function_changed", EventDate: event, Evidence: "示例：职责调整，登记得晚了。", Entries: []string{openEntry}})
	return err
}
