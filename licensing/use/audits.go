package use

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/cases"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/licensing"
)

// drawer is on which side who draws samples, and of whose departments: an authority
// of those under its own text (empty: no text binds it, and it draws none), the
// regulator of all.
func (s *Service) drawer(ctx context.Context, q database.Querier, who account.Actor) (side licensing.Side, profile string, err error) {
	switch {
	case who.Key != "":
	case who.Is(account.Regulator):
		return licensing.OfRegulator, "", nil
	case who.Is(account.Authority) && who.Department != 0:
		profile, err = profileOf(ctx, q, who.Department)
		return licensing.OfAuthority, profile, err
	}
	return "", "", fault.New(fault.Forbidden, "只有主管部门和监管机构抽查。")
}

// Draw takes a sample of the grants that there are, and asks each holder the same
// questions. Whoever draws says of which grants, and nothing else: the share is the
// platform's, the seed comes by chance and stays with what was drawn. sent is the mark
// of the form: sent again, it is the sample that it drew.
func (s *Service) Draw(ctx context.Context, who account.Actor, which, questions, sent string) (*Draw, error) {
	if err := cleaned(map[string]*string{"questions": &questions}); err != nil {
		return nil, err
	}
	if !slices.Contains(Whiches, which) {
		return nil, fault.At("which", "请从列表里选。")
	}
	if err := words("questions", questions); err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Draw, error) {
		d := &Draw{Which: which, At: s.instant(), By: who.Name, by: who.ID, Percent: s.limits.Percent, Least: s.limits.Least, Questions: questions, sent: sent}
		var err error
		if d.ID, d.Number, err = cases.Made(ctx, tx, "use_draws", sent); err != nil || d.ID != 0 {
			return d, err
		}
		if d.Side, d.Profile, err = s.drawer(ctx, tx, who); err != nil {
			return nil, err
		}
		if d.Side == licensing.OfAuthority && d.Profile == "" {
			return nil, fault.New(fault.Conflict, "没有可以抽的授权。")
		}
		if d.Population, err = population(ctx, tx, d.Profile, which); err != nil {
			return nil, err
		}
		if len(d.Population) == 0 {
			return nil, fault.New(fault.Conflict, "没有可以抽的授权。")
		}
		seed := make([]byte, 32)
		_, _ = rand.Read(seed)
		d.Seed = hex.EncodeToString(seed)
		d.Drawn = Sample(d.Seed, d.Population, d.Percent, d.Least)
		if d.Number, err = cases.Number(ctx, tx, "CC", d.At); err != nil {
			return nil, err
		}
		if err := insertDraw(ctx, tx, d); err != nil {
			return nil, err
		}
		if err := audit.Append(ctx, tx, who, "use-draw", strconv.FormatInt(d.ID, 10), "draw", map[string]string{"number": d.Number, "seed": d.Seed, "of": strconv.Itoa(len(d.Population)), "drawn": strconv.Itoa(len(d.Drawn))}); err != nil {
			return nil, err
		}
		for _, number := range d.Drawn {
			if err := s.ask(ctx, tx, who, d, number); err != nil {
				return nil, err
			}
		}
		return d, nil
	})
}

// ask opens the audit of one grant that was drawn.
func (s *Service) ask(ctx context.Context, tx pgx.Tx, who account.Actor, d *Draw, number string) error {
	g, err := selectGrant(ctx, tx, `g.number = @number`, ``, pgx.NamedArgs{"number": number})
	if err != nil {
		return err
	}
	a := &Audit{Draw: *d, Grant: *g, State: AuditAsked, AskedAt: d.At}
	if a.ref, err = s.start(g, answerTerm, d.At); err != nil {
		return err
	}
	if err := insertAudit(ctx, tx, a); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	if err := s.note(ctx, tx, who, ofAudit, a.ID, Event{Side: d.Side, Act: string(AskAudit), State: string(AuditAsked)}); err != nil {
		return err
	}
	s.resumeAudit(a)
	return s.tell(ctx, tx, g, Notice{About: AboutAudit, Act: "ask", Subject: a.ID, Draw: d.Number}, a.Clock, licensing.OfApplicant)
}

// Draws are the samples that who may see, the newest first.
func (s *Service) Draws(ctx context.Context, who account.Actor, before int64, limit int) ([]Draw, error) {
	side, profile, err := s.drawer(ctx, s.pool, who)
	if err != nil || side == licensing.OfAuthority && profile == "" {
		return nil, err
	}
	return selectDraws(ctx, s.pool, `(@all OR w.profile IN (@profile, '')) AND (@before = 0 OR w.id < @before)`, `ORDER BY w.id DESC LIMIT @limit`,
		pgx.NamedArgs{"all": side == licensing.OfRegulator, "profile": profile, "before": before, "limit": limit})
}

// Sampled is one sample with the audits of it that who may see.
func (s *Service) Sampled(ctx context.Context, who account.Actor, id int64) (*Draw, []Audit, error) {
	side, profile, err := s.drawer(ctx, s.pool, who)
	if err != nil || side == licensing.OfAuthority && profile == "" {
		return nil, nil, orNone(err)
	}
	args := pgx.NamedArgs{"id": id, "all": side == licensing.OfRegulator, "profile": profile}
	found, err := selectDraws(ctx, s.pool, `w.id = @id AND (@all OR w.profile IN (@profile, ''))`, ``, args)
	if err != nil || len(found) == 0 {
		return nil, nil, orNone(err)
	}
	all, err := s.audits(ctx, s.pool, `w.id = @id AND (@all OR p.profile = @profile)`, `ORDER BY g.number`, args)
	return &found[0], all, err
}

// AuditPage is an audit as who sees it.
type AuditPage struct {
	Audit
	Side   licensing.Side
	Judges bool // who sees it makes the finding
	Events []Event
	Offers []AuditAction
}

// Audit is an audit of a grant, for its holder.
func (s *Service) Audit(ctx context.Context, who account.Actor, grant string, id int64) (*AuditPage, error) {
	return s.auditPage(ctx, who, `g.number = @grant AND u.id = @id`, pgx.NamedArgs{"grant": grant, "id": id}, licensing.OfApplicant)
}

// DeskAudit is an audit for the desk: who drew it, the department, the authority
// over that, the regulator.
func (s *Service) DeskAudit(ctx context.Context, who account.Actor, id int64) (*AuditPage, error) {
	return s.auditPage(ctx, who, `u.id = @id`, pgx.NamedArgs{"id": id}, desks...)
}

func (s *Service) auditPage(ctx context.Context, who account.Actor, where string, args pgx.NamedArgs, sides ...licensing.Side) (*AuditPage, error) {
	found, err := s.audits(ctx, s.pool, where, ``, args)
	if err != nil || len(found) == 0 {
		return nil, orNone(err)
	}
	p := &AuditPage{Audit: found[0]}
	if p.Side, err = s.seen(ctx, who, &p.Grant, sides...); err != nil {
		return nil, err
	}
	p.Judges = p.Side == p.Draw.Side
	p.Offers = slices.DeleteFunc(auditLifecycle.Offer(p.State, who, &p.Audit), func(a AuditAction) bool {
		if a == Answer {
			return p.Side != licensing.OfApplicant
		}
		return !p.Judges
	})
	p.Events, err = selectEvents(ctx, s.pool, ofAudit, p.ID)
	return p, err
}

// lockAudit holds a grant, and then an audit of it.
func (s *Service) lockAudit(ctx context.Context, tx pgx.Tx, id int64) (*Audit, error) {
	args := pgx.NamedArgs{"id": id}
	if _, err := selectGrant(ctx, tx, `g.id = (SELECT grant_id FROM use_audits WHERE id = @id)`, locked, args); err != nil {
		return nil, err
	}
	found, err := s.audits(ctx, tx, `u.id = @id`, `FOR UPDATE OF u`, args)
	if err != nil || len(found) == 0 {
		return nil, orNone(err)
	}
	return &found[0], nil
}

// AuditStep is what somebody does with an audit.
type AuditStep struct {
	Action    AuditAction
	Words     string // the answer, the finding or how it was closed
	Violation string
	Revision  int
}

// Move takes an audit further: its holder answers, and whoever drew it finds. grant
// is its number where the holder acts, empty at the desk.
func (s *Service) Move(ctx context.Context, who account.Actor, grant string, id int64, step AuditStep) (*Audit, error) {
	field := map[AuditAction]string{Answer: "answer", CloseAudit: "closing"}[step.Action]
	if field == "" {
		field = "words"
	}
	if err := cleaned(map[string]*string{field: &step.Words}); err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Audit, error) {
		a, err := s.lockAudit(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		side := licensing.OfApplicant
		switch {
		case grant == "":
			side, err = s.stand(ctx, tx, who, &a.Grant, a.Draw.Side)
		case grant == a.Grant.Number:
			err = s.holds(ctx, tx, who, &a.Grant)
		default:
			err = errNone()
		}
		if err != nil {
			return nil, err
		}
		if (step.Action == Answer) != (side == licensing.OfApplicant) || step.Action == WarnOfAudit {
			return a, fault.New(fault.Forbidden, "这一步不由您办。")
		}
		if a.Revision != step.Revision {
			return a, errDone()
		}
		return a, s.moveAudit(ctx, tx, who, a, step, side)
	})
}

func (s *Service) moveAudit(ctx context.Context, tx pgx.Tx, who account.Actor, a *Audit, step AuditStep, side licensing.Side) error {
	switch step.Action {
	case Answer:
		a.Answer = step.Words
	case FindInOrder:
		a.Words = step.Words
	case FindFault:
		a.Words, a.Violation = step.Words, step.Violation
	case CloseAudit:
		a.Closing = step.Words
	case WarnOfAudit:
	}
	to, err := auditLifecycle.Next(a.State, step.Action, who, a)
	if err != nil {
		return err
	}
	now := s.instant()
	a.State = to
	switch step.Action {
	case Answer:
		a.AnsweredAt, a.AnsweredBy = &now, who.Name
		a.ref, err = s.start(&a.Grant, findingTerm, now)
	case FindInOrder, FindFault:
		a.FoundAt, a.FoundBy = &now, who.Name
		if to == FoundWanting {
			a.ViolationOf, _ = s.Violations(a)
		}
	case CloseAudit:
		a.ClosedAt = &now
	case WarnOfAudit:
		a.WarnedAt = &now
	}
	if err != nil {
		return err
	}
	if err := saveAudit(ctx, tx, a, who); err != nil {
		return err
	}
	if err := s.note(ctx, tx, who, ofAudit, a.ID, Event{Side: side, Act: string(step.Action), State: string(to), Words: step.Words}); err != nil {
		return err
	}
	s.resumeAudit(a)
	return s.tellOfAudit(ctx, tx, a, step)
}

// Path is where the holder finds it.
func (a *Audit) Path() string { return fmt.Sprintf("/grants/%s/audits/%d", a.Grant.Number, a.ID) }

// Desk is where the desk finds it.
func (a *Audit) Desk() string { return fmt.Sprintf("/desk/use/audits/%d", a.ID) }
