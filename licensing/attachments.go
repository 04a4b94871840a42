package licensing

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/licensing/papers"
)

// Files are handed in with an application, with a dispute over its refusal, and
// with the record of a competition. Only what the entry has listed beforehand may
// be asked for (AB-26.2 by analogy), and all of that is needed.

// KeepPapers lets files be handed in.
func (s *Service) KeepPapers(p *papers.Service) { s.papers = p }

// Papers keeps the files of cases, for those of others too; nil: none are taken.
func (s *Service) Papers() *papers.Service { return s.papers }

// PaperRules are the platform's numbers about files.
func (s *Service) PaperRules() (r papers.Rules) {
	if s.papers != nil {
		r = s.papers.Rules
	}
	return r
}

// Materials are what a's applicant has to hand in: what the entry lists now, or
// listed when it was submitted.
func (a *Application) Materials(now []string) []string {
	if a.Conditions != nil {
		return a.Conditions.Materials
	}
	return now
}

// MaterialsOf is Materials of a as the entry lists them at this moment.
func (s *Service) MaterialsOf(ctx context.Context, a *Application) ([]string, error) {
	kept, err := s.keptConditions(ctx, s.pool, a.Dataset.ID)
	return a.Materials(kept.Materials), err
}

// PapersNow is the kind of files that somebody on a side can add to a now, or
// take away; false: none.
func (s *Service) PapersNow(a *Application, side Side) (papers.Kind, bool) {
	switch {
	case side == OfApplicant && (a.State == Draft || a.State == Returned):
		return papers.Application, true
	case side == OfApplicant && a.State == Refused && a.Stage != nil && !a.Stage.Late(s.now()):
		return papers.Dispute, true
	case side == OfDepartment && a.State == Awarding && a.Award == nil:
		return papers.Award, true
	}
	return "", false
}

// PapersOf are the files of a kind of a that somebody on a side may read: what
// is not handed in yet is read by whoever prepares it, the record of a
// competition not by the applicant, since others took part in it; an authority
// reads them once it has a dispute to decide.
func (a *Application) PapersOf(kind papers.Kind, side Side) []papers.Paper {
	preparing, reading := OfApplicant, []Side{OfApplicant, OfDepartment, OfRegulator}
	if kind == papers.Award {
		preparing, reading = OfDepartment, []Side{OfDepartment, OfRegulator}
	}
	if a.Grounds != "" {
		reading = append(reading, OfAuthority)
	}
	return slices.DeleteFunc(slices.Clone(a.papers[kind]), func(p papers.Paper) bool {
		return p.Frozen == nil && side != preparing || p.Frozen != nil && !slices.Contains(reading, side)
	})
}

// paperKinds are the kinds of files of an application.
var paperKinds = []papers.Kind{papers.Application, papers.Dispute, papers.Award}

func (s *Service) fillPapers(ctx context.Context, q database.Querier, a *Application) error {
	a.papers = map[papers.Kind][]papers.Paper{}
	for _, kind := range paperKinds {
		all, err := papers.Of(ctx, q, kind, a.ID)
		if err != nil {
			return err
		}
		a.papers[kind] = all
	}
	return selectAsked(ctx, q, a)
}

// caseOf is a as its files see it.
func (a *Application) caseOf(kind papers.Kind, slots []string) papers.Case {
	if kind == papers.Award { // a desk is a page: no program adds to its record
		return papers.Case{Kind: kind, ID: a.ID, Number: a.Number, Owner: papers.Owner{Department: a.Dataset.Department.ID}}
	}
	return papers.Case{Kind: kind, ID: a.ID, Number: a.Number, Owner: papers.Owner{User: a.User, Organisation: a.Organisation}, Slots: slots, Scope: account.ScopeApply}
}

// adding is the case of a, and what holds it while who changes its files.
func (s *Service) adding(ctx context.Context, who account.Actor, number string) (papers.Case, func(context.Context, pgx.Tx) error, error) {
	if s.papers == nil {
		return papers.Case{}, nil, fault.New(fault.Unavailable, "这里不能上传材料。")
	}
	a, side, err := s.One(ctx, who, number)
	if err != nil {
		return papers.Case{}, nil, err
	}
	materials, err := s.MaterialsOf(ctx, a)
	if err != nil {
		return papers.Case{}, nil, err
	}
	kind, _ := s.PapersNow(a, side)
	c := a.caseOf(kind, materials)
	may := func(a *Application, side Side) error {
		now, open := s.PapersNow(a, side)
		switch {
		case !open || now != kind:
			return fault.New(fault.Conflict, "现在不能增减材料：已经提交，或者不由您办。")
		case side == OfDepartment && !department(who, a):
			return fault.New(fault.Forbidden, "这一步不由您办。")
		}
		return nil
	}
	return c, func(ctx context.Context, tx pgx.Tx) error {
		a, err := s.lock(ctx, tx, number)
		if err != nil {
			return err
		}
		side, err := s.side(ctx, tx, who, a)
		if err != nil {
			return err
		}
		return may(a, side)
	}, may(a, side)
}

// AddPaper hands in a file with an application, or prepares one for a dispute or
// for the record of a competition: whatever who can do now. See papers.Service.Add.
func (s *Service) AddPaper(ctx context.Context, who account.Actor, number string, n papers.New, body io.Reader) (papers.Paper, error) {
	c, hold, err := s.adding(ctx, who, number)
	if err != nil {
		return papers.Paper{}, err
	}
	return s.papers.Add(ctx, who, c, n, body, hold)
}

// RemovePaper takes back a file that was not handed in yet.
func (s *Service) RemovePaper(ctx context.Context, who account.Actor, number, id string) error {
	c, hold, err := s.adding(ctx, who, number)
	if err != nil {
		return err
	}
	return s.papers.Remove(ctx, who, c, id, hold)
}

// ReadPaper is a file of an application with its bytes, for whom PapersOf shows
// it. That it was read is in the audit trail.
func (s *Service) ReadPaper(ctx context.Context, who account.Actor, number, id string) (papers.Paper, []byte, error) {
	a, side, err := s.One(ctx, who, number)
	if err != nil {
		return papers.Paper{}, nil, err
	}
	for _, kind := range paperKinds {
		if slices.ContainsFunc(a.PapersOf(kind, side), func(p papers.Paper) bool { return p.ID == id }) && s.papers != nil {
			return s.papers.Read(ctx, who, a.caseOf(kind, nil), id)
		}
	}
	return papers.Paper{}, nil, fault.New(fault.NotFound, "没有这份材料。")
}

// lacking is what is missing of the materials of a: each that is listed, and of
// those that were asked for anew a file that came since.
func (a *Application) lacking(listed []string) []error {
	var out []error
	there := a.papers[papers.Application]
	for _, m := range papers.Missing(listed, there) {
		out = append(out, fault.At("papers", "请交材料：%s。", m))
	}
	if a.State != Returned {
		return out
	}
	fresh := slices.DeleteFunc(slices.Clone(there), func(p papers.Paper) bool { return p.Frozen != nil })
	for _, m := range papers.Missing(a.Asked, fresh) {
		if !slices.Contains(papers.Missing(listed, there), m) {
			out = append(out, fault.At("papers", "部门要求补交：%s。", m))
		}
	}
	return out
}

// ask takes the materials that a department asks for anew with a return: of
// those that were listed, and no others.
func (a *Application) ask(materials []string) error {
	a.Asked = nil
	for _, m := range materials {
		if a.Conditions == nil || !slices.Contains(a.Conditions.Materials, m) {
			return fault.At("material", "只能要求补交目录里登记过的材料。")
		}
		if !slices.Contains(a.Asked, m) {
			a.Asked = append(a.Asked, m)
		}
	}
	return nil
}

// settle freezes what a move hands in, and drops what it leaves behind.
func (s *Service) settle(ctx context.Context, tx pgx.Tx, a *Application) error {
	kinds := map[Action]papers.Kind{Submit: papers.Application, Complete: papers.Application, Dispute: papers.Dispute, RecordAward: papers.Award}
	if kind, ok := kinds[a.action]; ok {
		if err := papers.Freeze(ctx, tx, kind, a.ID, s.instant()); err != nil {
			return err
		}
	}
	if a.action == Return {
		if err := updateAsked(ctx, tx, a); err != nil {
			return err
		}
	}
	for _, kind := range paperKinds {
		switch {
		case kind == papers.Application && (a.State == Draft || a.State == Returned), kind == papers.Dispute && a.State == Refused, kind == papers.Award && a.State == Awarding:
			continue
		}
		if err := papers.Drop(ctx, tx, kind, a.ID); err != nil {
			return err
		}
	}
	return s.fillPapers(ctx, tx, a)
}

// annex is the list of what was handed in, as it stands in the agreement; empty:
// nothing was.
func (a *Application) annex() string {
	all := a.papers[papers.Application]
	if len(all) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "附件：乙方随申请提交的下列材料，以 SHA-256 为准：\n")
	for i, p := range all {
		slot := ""
		if p.Slot != "" {
			slot = p.Slot + "："
		}
		fmt.Fprintf(&b, "　　%d. %s%s，%d 字节，SHA-256 %s\n", i+1, slot, p.Name, p.Bytes, p.SHA256)
	}
	return b.String()
}

// cleanMaterials are the materials of an entry, each once.
func cleanMaterials(list []string) ([]string, error) {
	out := []string{}
	for _, m := range list {
		m, err := datasets.CleanLine("materials", m)
		switch {
		case err != nil:
			return nil, err
		case m == "":
			continue
		case slices.Contains(out, m):
			return nil, fault.At("materials", "“%s”写了两次。", m)
		}
		out = append(out, m)
	}
	if len(out) > mostMaterials {
		return nil, fault.At("materials", "最多列 %d 样材料。", mostMaterials)
	}
	return out, nil
}
