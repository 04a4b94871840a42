package licensing

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/workdays"
	"shuyuan/licensing/tender"
)

// A competition that is held on this platform decides applications for commercial use
// (AB-35.3): its confirmed result is written down as their award by itself. What is
// held elsewhere is recorded by hand, as RecordAward does.

// UseTenders lets tenders of this platform decide applications.
func (s *Service) UseTenders(t *tender.Service) {
	s.tenders = t
	t.OnConfirm(s.awardByTender)
}

// Tenders reports whether competitions can be held on this platform.
func (s *Service) Tenders() bool { return s.tenders != nil }

func errNoTenders() error { return fault.New(fault.Unavailable, "这里不能办竞争项目。") }

// StartTender makes the draft of a tender that decides an application, and returns its
// number. The form of the tender is checked as tender.Service.Write does.
func (s *Service) StartTender(ctx context.Context, who account.Actor, number string, revision int, f tender.Form) (string, error) {
	if s.tenders == nil {
		return "", errNoTenders()
	}
	started := ""
	_, err := s.move(ctx, who, number, revision, OfDepartment, PutToTender, "", func(ctx context.Context, tx pgx.Tx, a *Application) error {
		if err := noTenderYet(a); err != nil {
			return err
		}
		f.Kind = tender.DataUse
		t, err := s.tenders.WriteIn(ctx, tx, who, f)
		if err != nil {
			return err
		}
		started = t.Number
		return s.tie(ctx, tx, who, a, t)
	})
	return started, err
}

// JoinTender has a tender that is there decide one more application for the same data.
func (s *Service) JoinTender(ctx context.Context, who account.Actor, number string, revision int, of string) (*Application, error) {
	if s.tenders == nil {
		return nil, errNoTenders()
	}
	return s.move(ctx, who, number, revision, OfDepartment, PutToTender, of, func(ctx context.Context, tx pgx.Tx, a *Application) error {
		if err := noTenderYet(a); err != nil {
			return err
		}
		v, err := s.tenders.One(ctx, who, of)
		if fault.KindOf(err) == fault.NotFound {
			return fault.At("tender", "没有这个竞争项目。")
		}
		if err != nil {
			return err
		}
		switch {
		case !v.Organiser || !slices.ContainsFunc(v.Entries, func(e tender.Entry) bool { return e.Dataset.ID == a.Dataset.ID }):
			return fault.At("tender", "这个竞争项目不是本部门对这份数据办的。")
		case !slices.Contains([]tender.State{tender.Draft, tender.Announced, tender.Open}, v.State):
			return fault.At("tender", "这个竞争项目已经截止，不能再归入。")
		}
		return s.tie(ctx, tx, who, a, v.Tender)
	})
}

// tie has a tender decide an application.
func (s *Service) tie(ctx context.Context, tx pgx.Tx, who account.Actor, a *Application, t *tender.Tender) error {
	if err := s.next(a, PutToTender, who); err != nil {
		return err
	}
	if a.awardVoid() {
		a.Award = nil
	}
	a.Tender, a.TenderState, a.said = t.Number, t.State, t.Number
	return tieTender(ctx, tx, a.ID, t.ID, s.instant())
}

// awardByTender writes a confirmed result down in every application that waits for it.
func (s *Service) awardByTender(ctx context.Context, tx pgx.Tx, r tender.Result) error {
	waiting, err := tiedTo(ctx, tx, r.ID)
	if err != nil {
		return err
	}
	for _, number := range waiting {
		a, err := s.lock(ctx, tx, number)
		if err != nil {
			return err
		}
		if a.State != Awarding || noAwardYet(a) != nil {
			continue
		}
		w := Award{Method: r.Method, Notice: r.Number, Day: r.NoticeAt.In(workdays.Zone).Format(time.DateOnly), Bidders: r.Bidders, Winner: r.Winner, Won: a.Organisation != 0 && a.Organisation == r.Of, At: s.instant()}
		a.Award, a.recorded, a.SavedAt = &w, &w, w.At
		e := s.event(a, platform(), OfPlatform, AwardByTender, r.Winner)
		e.Name = ""
		if err := s.next(a, AwardByTender, platform()); err != nil {
			return err
		}
		if err := s.moved(ctx, tx, platform(), a, e); err != nil {
			return err
		}
	}
	return nil
}

// Tied are the applications that a tender decides, for whoever may see them.
func (s *Service) Tied(ctx context.Context, who account.Actor, of string) ([]Application, error) {
	if !who.Any(account.Officer, account.Head) || who.Department == 0 || who.Key != "" {
		return nil, nil
	}
	return s.list(ctx, s.pool, `n.number = @tender AND d.department_id = @department`, `ORDER BY a.id LIMIT 100`, pgx.NamedArgs{"tender": of, "department": who.Department})
}
