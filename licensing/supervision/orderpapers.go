package supervision

import (
	"context"
	"io"
	"slices"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/licensing/papers"
)

// The files by which a department shows what it did about an order are prepared
// while it is its turn, and handed in with its answer.

// PaperRules are the platform's numbers about files.
func (s *Service) PaperRules() papers.Rules { return s.licensing.PaperRules() }

// caseOf is an order as its files see it: a desk is a page, and no program adds to it.
func (o *Order) caseOf() papers.Case {
	return papers.Case{Kind: papers.Order, ID: o.ID, Number: o.Number, Owner: papers.Owner{Department: o.Department.ID}}
}

// PapersOf are the files that somebody on a side may read: what is not handed in yet
// only the department.
func (o *Order) PapersOf(side Side) []papers.Paper {
	return slices.DeleteFunc(slices.Clone(o.papers), func(p papers.Paper) bool { return p.Frozen == nil && side != OfDepartment })
}

// prepared are the files that the next answer hands in.
func (o *Order) prepared() []papers.Paper {
	return slices.DeleteFunc(slices.Clone(o.papers), func(p papers.Paper) bool { return p.Frozen != nil })
}

// addable returns a fault unless who, on a side, can prepare files of an order now.
func (o *Order) addable(who account.Actor, side Side) error {
	switch {
	case side != OfDepartment || !who.Any(body...):
		return errNotYours()
	case !o.State.Owed():
		return fault.New(fault.Conflict, "现在不能增减文件：整改已经报告，或者这件责令已经结束。")
	}
	return nil
}

// adding is the case of an order, and what holds it while who changes its files.
func (s *Service) adding(ctx context.Context, who account.Actor, number string) (*papers.Service, papers.Case, func(context.Context, pgx.Tx) error, error) {
	o, side, err := s.order(ctx, s.pool, who, number, false)
	if err != nil {
		return nil, papers.Case{}, nil, err
	}
	kept := s.licensing.Papers()
	if kept == nil {
		return nil, papers.Case{}, nil, fault.New(fault.Unavailable, "这里不能上传材料。")
	}
	return kept, o.caseOf(), func(ctx context.Context, tx pgx.Tx) error {
		o, side, err := s.order(ctx, tx, who, number, true)
		if err != nil {
			return err
		}
		return o.addable(who, side)
	}, o.addable(who, side)
}

// AddOrderPaper prepares a file for the answer to an order. See papers.Service.Add.
func (s *Service) AddOrderPaper(ctx context.Context, who account.Actor, number string, n papers.New, file io.Reader) (papers.Paper, error) {
	kept, c, hold, err := s.adding(ctx, who, number)
	if err != nil {
		return papers.Paper{}, err
	}
	return kept.Add(ctx, who, c, n, file, hold)
}

// RemoveOrderPaper takes back a file that was not handed in yet.
func (s *Service) RemoveOrderPaper(ctx context.Context, who account.Actor, number, id string) error {
	kept, c, hold, err := s.adding(ctx, who, number)
	if err != nil {
		return err
	}
	return kept.Remove(ctx, who, c, id, hold)
}

// ReadOrderPaper is a file of an order with its bytes, for whom PapersOf shows it.
// That it was read is in the audit trail.
func (s *Service) ReadOrderPaper(ctx context.Context, who account.Actor, number, id string) (papers.Paper, []byte, error) {
	v, err := s.Order(ctx, who, number)
	if err != nil {
		return papers.Paper{}, nil, err
	}
	kept := s.licensing.Papers()
	if kept == nil || !slices.ContainsFunc(v.PapersOf(v.Side), func(p papers.Paper) bool { return p.ID == id }) {
		return papers.Paper{}, nil, fault.New(fault.NotFound, "没有这份材料。")
	}
	return kept.Read(ctx, who, v.caseOf(), id)
}
