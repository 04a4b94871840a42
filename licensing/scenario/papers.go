package scenario

import (
	"context"
	"io"
	"slices"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/licensing/papers"
)

// The files of a scenario: those that an application takes (TJ-47, TJ-50; the
// consent scheme where data about people is used by consent).
const (
	SlotSecurity  = "数据安全防护管理制度"
	SlotEmergency = "数据安全应急预案"
	SlotFiling    = "报备材料"
	SlotConsent   = "同意方案"
)

// Slots are the materials that a scenario takes.
func (s *Scenario) Slots() []string {
	out := []string{SlotSecurity, SlotEmergency, SlotFiling}
	if s.Personal == ByConsent {
		out = append(out, SlotConsent)
	}
	return out
}

func papersMissing(s *Scenario) []string { return papers.Missing(s.Slots(), s.Papers) }

// KeepPapers lets files be handed in.
func (s *Service) KeepPapers(p *papers.Service) { s.papers = p }

// PaperRules are the platform's numbers about files.
func (s *Service) PaperRules() (r papers.Rules) {
	if s.papers != nil {
		r = s.papers.Rules
	}
	return r
}

func (s *Scenario) paperCase(kind papers.Kind) papers.Case {
	if kind == papers.ScenarioAward {
		return papers.Case{Kind: kind, ID: s.ID, Number: s.Number, Owner: papers.Owner{Department: s.Mandate.Body.ID}}
	}
	return papers.Case{Kind: kind, ID: s.ID, Number: s.Number, Owner: papers.Owner{User: s.User, Organisation: s.Organisation}, Slots: s.Slots()}
}

// PapersNow is the kind of files that somebody on a side can add to now; false:
// none.
func (s *Scenario) PapersNow(side Side) (papers.Kind, bool) {
	switch {
	case side == OfDeveloper && (s.State == Draft || s.State == Returned):
		return papers.Scenario, true
	case side == OfAuthority && s.State == Awarding && s.Award == nil:
		return papers.ScenarioAward, true
	}
	return "", false
}

// AddPaper hands in a file of a scenario, or of the record of its competition.
func (s *Service) AddPaper(ctx context.Context, who account.Actor, number string, n papers.New, body io.Reader) (papers.Paper, error) {
	if s.papers == nil {
		return papers.Paper{}, fault.New(fault.Unavailable, "这里不能上传材料。")
	}
	v, kind, err := s.adding(ctx, who, number)
	if err != nil {
		return papers.Paper{}, err
	}
	return s.papers.Add(ctx, who, v.paperCase(kind), n, body, s.holding(who, number, kind))
}

// RemovePaper takes back a file that was not handed in yet.
func (s *Service) RemovePaper(ctx context.Context, who account.Actor, number, id string) error {
	if s.papers == nil {
		return fault.New(fault.Unavailable, "这里不能上传材料。")
	}
	v, kind, err := s.adding(ctx, who, number)
	if err != nil {
		return err
	}
	return s.papers.Remove(ctx, who, v.paperCase(kind), id, s.holding(who, number, kind))
}

func (s *Service) adding(ctx context.Context, who account.Actor, number string) (*View, papers.Kind, error) {
	v, err := s.One(ctx, who, number)
	if err != nil {
		return nil, "", err
	}
	for _, side := range v.Sides {
		if kind, ok := v.PapersNow(side); ok {
			return v, kind, nil
		}
	}
	return nil, "", fault.New(fault.Conflict, "现在不能改材料。")
}

func (s *Service) holding(who account.Actor, number string, kind papers.Kind) func(context.Context, pgx.Tx) error {
	return func(ctx context.Context, tx pgx.Tx) error {
		x, err := s.lock(ctx, tx, number)
		if err != nil {
			return err
		}
		at, err := s.sidesOf(ctx, tx, who, x)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(at, func(side Side) bool { k, ok := x.PapersNow(side); return ok && k == kind }) {
			return fault.New(fault.Conflict, "现在不能改材料。")
		}
		return nil
	}
}

// ReadPaper is a file with its bytes, for whoever may see the scenario; the record
// of a competition the developer does not read, since others took part in it.
func (s *Service) ReadPaper(ctx context.Context, who account.Actor, number, id string) (papers.Paper, []byte, error) {
	if s.papers == nil {
		return papers.Paper{}, nil, fault.New(fault.Unavailable, "文件存储暂时没有响应，请稍后再试。")
	}
	v, err := s.One(ctx, who, number)
	if err != nil {
		return papers.Paper{}, nil, err
	}
	for _, kind := range []papers.Kind{papers.Scenario, papers.ScenarioAward} {
		if slices.ContainsFunc(v.PapersOf(kind), func(p papers.Paper) bool { return p.ID == id }) {
			return s.papers.Read(ctx, who, v.paperCase(kind), id)
		}
	}
	return papers.Paper{}, nil, fault.New(fault.NotFound, "没有这份材料。")
}

// PapersOf are the files of a kind that whoever looks may read.
func (v *View) PapersOf(kind papers.Kind) []papers.Paper {
	all, preparing := v.Papers, OfDeveloper
	if kind == papers.ScenarioAward {
		all, preparing = v.AwardPapers, OfAuthority
		if !slices.ContainsFunc(v.Sides, func(side Side) bool { return side == OfAuthority || side == OfRegulator }) {
			return nil
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(p papers.Paper) bool { return p.Frozen == nil && !slices.Contains(v.Sides, preparing) })
}
