package scenario

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// Said is what a department says of one item.
type Said struct {
	Item     int64
	Decision string            // of the constants; a reduced one names what is left
	Columns  []string          // of those asked for
	Uses     map[string]string // narrower than asked for; none: as asked for
	Where    string            // a condition more
	Reason   string
	Bases    []datasets.LegalBasis
}

// Opine gives the opinion of who's department on one item. A refusal says why and on
// what basis, what is reduced says why; the department says it itself, or replaces
// what its standing consent filled in. That time has run out says nothing.
func (s *Service) Opine(ctx context.Context, who account.Actor, number string, said Said, revision int) (*Scenario, error) {
	reason, err := datasets.CleanProse("reason", said.Reason)
	if err != nil {
		return nil, err
	}
	if len([]rune(reason)) > longest {
		return nil, fault.At("reason", "太长，最多 %d 个字。", longest)
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Scenario, error) {
		x, side, err := s.acting(ctx, tx, who, number, Opine, revision)
		if err != nil {
			return x, err
		}
		k := slices.IndexFunc(x.Items, func(i Item) bool { return i.ID == said.Item })
		if k < 0 || x.Items[k].Dataset.Department.ID != who.Department {
			return x, fault.New(fault.Forbidden, "这一项数据不是本部门的，由提供它的部门给出意见。")
		}
		i := &x.Items[k]
		if !i.Waits() && i.consent == 0 {
			return x, fault.New(fault.Conflict, "这一项已经给出意见。")
		}
		if _, err := lifecycle.Next(x.State, Opine, who, x); err != nil {
			return x, err
		}
		said.Reason, x.replacing = reason, i.consent != 0
		if err := s.take(ctx, x, i, said); err != nil {
			return x, err
		}
		at := s.instant()
		i.by, i.By, i.At, i.consent, i.Consent = who.ID, who.Name, &at, 0, nil
		if err := decideItem(ctx, tx, i); err != nil {
			return x, err
		}
		if err := stop(ctx, tx, x, Opinion, i.ID, at); err != nil {
			return x, err
		}
		x.words = i.Dataset.Title + "：" + map[string]string{ItemGranted: "同意", ItemReduced: "同意一部分", ItemRefused: "不同意"}[i.Decision]
		if reason != "" {
			x.words += "。" + reason
		}
		s.derive(x)
		return x, s.move(ctx, tx, who, x, side, Opine, at)
	})
}

// take writes what a department says into an item.
func (s *Service) take(ctx context.Context, x *Scenario, i *Item, said Said) error {
	i.GivenColumns, i.GivenUses, i.GivenWhere, i.Bases = nil, nil, "", nil
	i.Decision, i.Reason = said.Decision, said.Reason
	switch said.Decision {
	case ItemGranted:
		i.GivenColumns, i.GivenUses, i.GivenWhere = i.Columns, i.Uses, i.Where
		return nil
	case ItemRefused:
		if said.Reason == "" {
			return fault.At("reason", "不同意的，请写明理由。")
		}
		i.Bases = slices.DeleteFunc(slices.Clone(said.Bases), func(b datasets.LegalBasis) bool { return b.Line() == "" })
		if len(i.Bases) == 0 {
			return fault.At("basis", "不同意的，请写明依据。")
		}
		if len(i.Bases) > 20 {
			return fault.At("basis", "依据最多 %d 条。", 20)
		}
		_, err := datasets.CleanBases("basis", i.Bases)
		return err
	case ItemReduced:
		if said.Reason == "" {
			return fault.At("reason", "没有全部同意的，请写明理由。")
		}
		return s.reduce(ctx, i, said)
	}
	return fault.At("decision", "请对这一项作出决定。")
}

// reduce leaves of an item some of its columns, narrower uses, or fewer rows.
func (s *Service) reduce(ctx context.Context, i *Item, said Said) error {
	i.GivenUses = map[string]Use{}
	same := true
	for _, c := range i.Columns {
		if !slices.Contains(said.Columns, c) {
			same = false
			continue
		}
		use := Use(said.Uses[c])
		if use == "" {
			use = i.Uses[c]
		}
		if !slices.Contains(Uses, use) || !narrower(use, i.Uses[c]) {
			return fault.At("uses", "“%s”列的用法只能比申请的更窄。", c)
		}
		same = same && use == i.Uses[c]
		i.GivenColumns = append(i.GivenColumns, c)
		i.GivenUses[c] = use
	}
	if len(i.GivenColumns) == 0 {
		return fault.At("columns", "请至少留一列；一列都不能用的，请选不同意。")
	}
	i.GivenWhere = i.Where
	if said.Where != "" {
		same = false
		more, err := s.conditionOf(ctx, i, said.Where)
		if err != nil {
			return err
		}
		i.GivenWhere = more
		if i.Where != "" {
			i.GivenWhere = "(" + i.Where + ") AND (" + more + ")"
		}
	}
	if same {
		return fault.At("columns", "和申请的一样，请选同意。")
	}
	return nil
}

// conditionOf reads a condition on the rows of the file of an item.
func (s *Service) conditionOf(ctx context.Context, i *Item, where string) (string, error) {
	d, err := s.entry(ctx, &i.Dataset)
	if err != nil {
		return "", err
	}
	if d != nil {
		if k := slices.IndexFunc(d.Resources, func(r datasets.Resource) bool { return r.ID == i.Resource }); k >= 0 && d.Resources[k].Newest != nil {
			return s.condition(ctx, d.Resources[k].Newest, "where", where)
		}
	}
	return "", fault.New(fault.Conflict, "条目已经撤下，不能写条件。")
}
