package operation

import (
	"context"
	"io"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/internal/workdays"
	"shuyuan/licensing/papers"
	"shuyuan/licensing/tender"
)

// NewAward is how the operator was chosen, as the body records it.
type NewAward struct {
	Winner     string // 统一社会信用代码
	Way        string // code of mandate_award
	Candidates int    // how many took part
	On         string // day on which the result was announced
	Words      string
	Tender     string // number of a tender of this platform, which says all of the above; empty: it was held elsewhere
}

// otherWay is how the rules call a competition that is none of the others.
const otherWay = "other_competitive"

// byTender records the confirmed result of a tender that the body held on this
// platform: whoever won it operates, and nobody else can be written down. A tender
// chooses once.
func (s *Service) byTender(ctx context.Context, who account.Actor, number string, revision int, of string) (*Plan, error) {
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Plan, error) {
		p, err := s.awarding(ctx, tx, who, number)
		if err != nil {
			return p, err
		}
		if p.Revision != revision {
			return p, errMoved()
		}
		held, err := tender.HeldBy(ctx, tx, p.Body.ID, tender.Mandate, of)
		if err != nil {
			return p, err
		}
		if len(held) == 0 {
			return p, fault.At("tender", "没有这个已经确认结果的竞争项目。")
		}
		t := held[0]
		if taken, err := awardOf(ctx, tx, t.Number); err != nil {
			return p, err
		} else if taken != "" {
			return p, fault.At("tender", "这个竞争项目已经为实施方案 %s 选定运营机构。", taken)
		}
		a := &Award{Way: otherWay, Candidates: t.Bidders, On: t.NoticeAt, Words: t.Report, Tender: t.Number, By: who.Name, At: s.instant()}
		for _, o := range s.rule("mandate_award").Options {
			if o.Name.Zh == t.Method {
				a.Way = o.Code
			}
		}
		if a.Winner, err = operatorBy(ctx, tx, t.Code); fault.KindOf(err) == fault.Invalid {
			return p, fault.At("tender", "中选的“%s”现在不是通过认证的运营机构，不能登记。", t.Name)
		} else if err != nil {
			return p, err
		}
		if err := papers.Freeze(ctx, tx, papers.MandateAward, p.ID, a.At); err != nil {
			return p, err
		}
		return p, s.award(ctx, tx, who, p, a)
	})
}

// heldTenders are the tenders of a body that have chosen an operator for no plan yet.
func (s *Service) heldTenders(ctx context.Context, body int64) (out []tender.Held, err error) {
	held, err := tender.HeldBy(ctx, s.pool, body, tender.Mandate, "")
	if err != nil {
		return nil, err
	}
	for _, t := range held {
		taken, err := awardOf(ctx, s.pool, t.Number)
		if err != nil {
			return nil, err
		}
		if taken == "" {
			out = append(out, t)
		}
	}
	return out, nil
}

// RecordAward records who is to operate an approved plan: by a tender of this platform,
// or by a competition that was held elsewhere, whose papers are prepared before and
// frozen with it.
func (s *Service) RecordAward(ctx context.Context, who account.Actor, number string, revision int, n NewAward) (*Plan, error) {
	if err := s.accounts.RequireFresh(who); err != nil {
		return nil, err
	}
	if n.Tender != "" {
		return s.byTender(ctx, who, number, revision, n.Tender)
	}
	words, err := prose("words", n.Words)
	if err != nil {
		return nil, err
	}
	on, err := dayOf("on", n.On)
	if err != nil {
		return nil, err
	}
	switch {
	case words == "":
		return nil, fault.At("words", "这一项须填写。")
	case n.Candidates < 1 || n.Candidates > 1000:
		return nil, fault.At("candidates", "请写有几家参加。")
	case on.After(s.now()):
		return nil, fault.At("on", "不能晚于今天。")
	}
	if _, err := s.known("way", "mandate_award", []string{n.Way}); err != nil {
		return nil, err
	}
	a := &Award{Way: n.Way, Candidates: n.Candidates, On: on, Words: words, By: who.Name, At: s.instant()}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Plan, error) {
		p, err := s.awarding(ctx, tx, who, number)
		if err != nil {
			return p, err
		}
		if p.Revision != revision {
			return p, errMoved()
		}
		if a.Winner, err = operatorBy(ctx, tx, n.Winner); err != nil {
			return p, err
		}
		if a.Papers, err = papers.Of(ctx, tx, papers.MandateAward, p.ID); err != nil {
			return p, err
		}
		if len(a.Papers) == 0 {
			return p, fault.At("file", "请先上传选定过程的材料：公告、评审记录、结果通知。")
		}
		if err := papers.Freeze(ctx, tx, papers.MandateAward, p.ID, a.At); err != nil {
			return p, err
		}
		return p, s.award(ctx, tx, who, p, a)
	})
}

// award writes an award down.
func (s *Service) award(ctx context.Context, tx pgx.Tx, who account.Actor, p *Plan, a *Award) error {
	p.Award = a
	if err := insertAward(ctx, tx, who, p.ID, a); err != nil {
		return err
	}
	if err := savePlan(ctx, tx, p, false); err != nil { // its revision: two people do not record two
		return err
	}
	if err := s.happened(ctx, tx, who, "plan", p.ID, Event{Act: string(AwardPlan), Side: OfBody, Words: a.Winner.Name, State: string(p.State)}); err != nil {
		return err
	}
	details := map[string]string{"winner": a.Winner.Code, "way": a.Way, "on": a.On.In(workdays.Zone).Format(time.DateOnly)}
	if a.Tender != "" {
		details["tender"] = a.Tender
	}
	return audit.Append(ctx, tx, who, "mandate-plan", p.Number, string(AwardPlan), details)
}

// awarding is a plan whose award who may record now; it is held.
func (s *Service) awarding(ctx context.Context, q database.Querier, who account.Actor, number string) (*Plan, error) {
	p, err := s.planFor(ctx, q, who, number, true)
	switch {
	case err != nil:
		return nil, err
	case who.Department != p.Body.ID || !who.Is(account.Authority):
		return p, errNotYours()
	case p.State != PlanApproved:
		return p, fault.New(fault.Conflict, "方案还没有批准，不能选定运营机构。")
	case p.Award != nil:
		return p, fault.New(fault.Conflict, "已经选定运营机构。")
	}
	return p, nil
}

func awardCase(p *Plan) papers.Case {
	return papers.Case{Kind: papers.MandateAward, ID: p.ID, Number: p.Number, Owner: papers.Owner{Department: p.Body.ID}}
}

// AddAwardPaper prepares a file of the competition. See papers.Service.Add.
func (s *Service) AddAwardPaper(ctx context.Context, who account.Actor, number string, n papers.New, file io.Reader) (papers.Paper, error) {
	p, err := s.planFor(ctx, s.pool, who, number, false)
	if err != nil {
		return papers.Paper{}, err
	}
	return s.papers.Add(ctx, who, awardCase(p), n, file, func(ctx context.Context, tx pgx.Tx) error {
		_, err := s.awarding(ctx, tx, who, number)
		return err
	})
}

// RemoveAwardPaper takes back a file that was not recorded yet.
func (s *Service) RemoveAwardPaper(ctx context.Context, who account.Actor, number, id string) error {
	p, err := s.planFor(ctx, s.pool, who, number, false)
	if err != nil {
		return err
	}
	return s.papers.Remove(ctx, who, awardCase(p), id, func(ctx context.Context, tx pgx.Tx) error {
		_, err := s.awarding(ctx, tx, who, number)
		return err
	})
}

// ReadAwardPaper is a file of an award with its bytes, for whom the plan is.
func (s *Service) ReadAwardPaper(ctx context.Context, who account.Actor, number, id string) (papers.Paper, []byte, error) {
	v, err := s.PlanOf(ctx, who, number)
	if err != nil {
		return papers.Paper{}, nil, err
	}
	if s.papers == nil || !slices.ContainsFunc(v.Papers, func(p papers.Paper) bool { return p.ID == id }) {
		return papers.Paper{}, nil, fault.New(fault.NotFound, "没有这份材料。")
	}
	return s.papers.Read(ctx, who, awardCase(v.Plan), id)
}
