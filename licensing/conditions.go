package licensing

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// The most that a department can set for an entry.
const (
	mostDay       = 1_000_000
	mostMaterials = 20
)

// ConditionsOf are the conditions of an entry for whoever can see it.
func (s *Service) ConditionsOf(ctx context.Context, who account.Actor, slug string) (*datasets.Dataset, Conditions, error) {
	d, err := s.catalogue.Dataset(ctx, who, slug)
	if err != nil {
		return nil, Conditions{}, err
	}
	kept, err := s.keptConditions(ctx, s.pool, d.ID)
	return d, conditionsOf(d, kept), err
}

// SetConditions says what every applicant from now on is given and asked for:
// the longest term, the quota of a day and the materials. Applications that are
// under way keep what they were made under.
func (s *Service) SetConditions(ctx context.Context, who account.Actor, slug string, c Conditions) error {
	d, err := s.catalogue.Dataset(ctx, who, slug)
	if err != nil {
		return err
	}
	switch {
	case !department(who, &Application{Dataset: *d}):
		return fault.New(fault.Forbidden, "只有提供数据的部门能定这些条件。")
	case d.Open != datasets.Conditional:
		return fault.New(fault.Conflict, "只有有条件开放的条目才有申请的条件。")
	case c.Months < 1 || c.Months > s.limits.Months:
		return fault.At("months", "期限请写 1 到 %d 之间的整数。", s.limits.Months)
	case c.Files < 1 || c.Files > mostDay:
		return fault.At("files", "请写 1 到 %d 之间的整数。", mostDay)
	case c.Rows < 1 || c.Rows > mostDay:
		return fault.At("rows", "请写 1 到 %d 之间的整数。", mostDay)
	}
	if c.Materials, err = cleanMaterials(c.Materials); err != nil {
		return err
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		if err := s.writeConditions(ctx, tx, who, d.ID, c); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, audit.Append(ctx, tx, who, "dataset", d.Slug, "open-conditions", map[string]string{
			"months": fmt.Sprint(c.Months), "files": fmt.Sprint(c.Files), "rows": fmt.Sprint(c.Rows), "materials": strings.Join(c.Materials, "; ")})
	})
	return err
}
