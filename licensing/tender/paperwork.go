package tender

import (
	"context"
	"io"
	"slices"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/licensing/papers"
)

// The documents of a tender are prepared while it is a draft, and public with its
// announcement.

// PaperRules are the platform's numbers about files.
func (s *Service) PaperRules() (r papers.Rules) {
	if s.files != nil {
		r = s.files.Rules
	}
	return r
}

func (t *Tender) caseOf() papers.Case {
	return papers.Case{Kind: papers.Tender, ID: t.ID, Number: t.Number, Owner: papers.Owner{Department: t.Department.ID}}
}

// Prepares reports whether the reader can add documents now.
func (v *View) Prepares() bool { return v.Organiser && v.State == Draft }

func (s *Service) adding(ctx context.Context, who account.Actor, number string) (papers.Case, func(context.Context, pgx.Tx) error, error) {
	if s.files == nil {
		return papers.Case{}, nil, fault.New(fault.Unavailable, "这里不能上传材料。")
	}
	v, err := s.One(ctx, who, number)
	if err != nil {
		return papers.Case{}, nil, err
	}
	may := func(t *Tender) error {
		switch {
		case !t.organises(who):
			return errNotYours()
		case t.State != Draft:
			return fault.New(fault.Conflict, "已经公告，不能再增减文件。")
		}
		return nil
	}
	return v.caseOf(), func(ctx context.Context, tx pgx.Tx) error {
		t, err := s.hold(ctx, tx, number)
		if err != nil {
			return err
		}
		return may(t)
	}, may(v.Tender)
}

// AddPaper adds a document to a draft. See papers.Service.Add.
func (s *Service) AddPaper(ctx context.Context, who account.Actor, number string, n papers.New, file io.Reader) (papers.Paper, error) {
	c, hold, err := s.adding(ctx, who, number)
	if err != nil {
		return papers.Paper{}, err
	}
	return s.files.Add(ctx, who, c, n, file, hold)
}

// RemovePaper takes a document of a draft away.
func (s *Service) RemovePaper(ctx context.Context, who account.Actor, number, id string) error {
	c, hold, err := s.adding(ctx, who, number)
	if err != nil {
		return err
	}
	return s.files.Remove(ctx, who, c, id, hold)
}

// ReadPaper is a document with its bytes, for whoever has signed in and may see the
// tender. That it was read is in the audit trail.
func (s *Service) ReadPaper(ctx context.Context, who account.Actor, number, id string) (papers.Paper, []byte, error) {
	v, err := s.One(ctx, who, number)
	if err != nil {
		return papers.Paper{}, nil, err
	}
	if s.files == nil || !slices.ContainsFunc(v.Papers, func(p papers.Paper) bool { return p.ID == id }) {
		return papers.Paper{}, nil, fault.New(fault.NotFound, "没有这份材料。")
	}
	return s.files.Read(ctx, who, v.caseOf(), id)
}
