package use

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets/catalogue"
	"shuyuan/internal/account"
	"shuyuan/internal/cases"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
	"shuyuan/licensing"
)

// DestructionPage is a destruction as who sees it.
type DestructionPage struct {
	Destruction
	Side       licensing.Side
	Events     []Event
	Offers     []DestructionAction
	Grounds    []policy.Word // of an exception
	GroundsFor catalogue.Source
}

// Destruction is what the holder of a grant that has ended owes.
func (s *Service) Destruction(ctx context.Context, who account.Actor, grant string) (*DestructionPage, error) {
	return s.destructionPage(ctx, who, `g.number = @grant`, pgx.NamedArgs{"grant": grant}, licensing.OfApplicant)
}

// DeskDestruction is a destruction for the desk: its department, the authority over
// that, the regulator.
func (s *Service) DeskDestruction(ctx context.Context, who account.Actor, id int64) (*DestructionPage, error) {
	return s.destructionPage(ctx, who, `x.id = @id`, pgx.NamedArgs{"id": id}, desks...)
}

// moversOf are who makes the moves of a destruction.
var moversOf = map[DestructionAction]licensing.Side{
	Certify: licensing.OfApplicant, Claim: licensing.OfApplicant,
	Confirm: licensing.OfDepartment, FindWanting: licensing.OfDepartment, Excuse: licensing.OfDepartment, Deny: licensing.OfDepartment, WriteOff: licensing.OfDepartment,
}

func (s *Service) destructionPage(ctx context.Context, who account.Actor, where string, args pgx.NamedArgs, sides ...licensing.Side) (*DestructionPage, error) {
	found, err := s.destructions(ctx, s.pool, where, ``, args)
	if err != nil || len(found) == 0 {
		return nil, orNone(err)
	}
	p := &DestructionPage{Destruction: found[0]}
	if p.Side, err = s.seen(ctx, who, &p.Grant, sides...); err != nil {
		return nil, err
	}
	p.Offers = slices.DeleteFunc(destructionLifecycle.Offer(p.State, who, &p.Destruction), func(a DestructionAction) bool { return moversOf[a] != p.Side })
	p.Grounds, p.GroundsFor = Exceptions(s.book, p.Grant.Dataset.Department.Profile, p.EndedAt)
	if p.FiledAt == nil || p.Waits() {
		if p.Items, err = delivered(ctx, s.pool, p.Grant.ID); err != nil {
			return nil, err
		}
	}
	p.Events, err = selectEvents(ctx, s.pool, ofDestruction, p.ID)
	return p, err
}

// lockDestruction holds a grant, and then its destruction.
func (s *Service) lockDestruction(ctx context.Context, tx pgx.Tx, grant string, args pgx.NamedArgs) (*Destruction, error) {
	g, err := selectGrant(ctx, tx, grant, locked, args)
	if err != nil {
		return nil, err
	}
	found, err := s.destructions(ctx, tx, `x.grant_id = @grant_id`, `FOR UPDATE OF x`, pgx.NamedArgs{"grant_id": g.ID})
	if err != nil || len(found) == 0 {
		return nil, orNone(err)
	}
	return &found[0], nil
}

// Certify hands in the certificate: for an organisation, its owners do, having
// shown of late who they are.
func (s *Service) Certify(ctx context.Context, who account.Actor, grant string, st Statement, revision int) (*Destruction, error) {
	if err := cleaned(map[string]*string{"method": &st.Method, "destroyer": &st.Destroyer, "supervisor": &st.Supervisor, "copies": &st.Copies}); err != nil {
		return nil, err
	}
	return s.ofHolder(ctx, who, grant, revision, func(tx pgx.Tx, d *Destruction) error {
		var err error
		if d.Items, err = delivered(ctx, tx, d.Grant.ID); err != nil {
			return err
		}
		d.Statement = st
		return s.moveDestruction(ctx, tx, who, d, Certify, licensing.OfApplicant, "")
	})
}

// Claim asks not to destroy, by law or by agreement.
func (s *Service) Claim(ctx context.Context, who account.Actor, grant, ground, why string, revision int) (*Destruction, error) {
	if err := cleaned(map[string]*string{"ground_words": &why}); err != nil {
		return nil, err
	}
	return s.ofHolder(ctx, who, grant, revision, func(tx pgx.Tx, d *Destruction) error {
		d.Ground, d.GroundWords = ground, why
		if grounds, _ := Exceptions(s.book, d.Grant.Dataset.Department.Profile, d.EndedAt); !slices.ContainsFunc(grounds, func(w policy.Word) bool { return w.Code == ground }) {
			d.Ground = ""
		}
		return s.moveDestruction(ctx, tx, who, d, Claim, licensing.OfApplicant, why)
	})
}

func (s *Service) ofHolder(ctx context.Context, who account.Actor, grant string, revision int, do func(pgx.Tx, *Destruction) error) (*Destruction, error) {
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Destruction, error) {
		d, err := s.lockDestruction(ctx, tx, `g.number = @grant`, pgx.NamedArgs{"grant": grant})
		if err != nil {
			return nil, err
		}
		if _, err := s.stand(ctx, tx, who, &d.Grant, licensing.OfApplicant); err != nil {
			return nil, err
		}
		if err := s.accounts.RequireFresh(who); err != nil {
			return d, err
		}
		if err := s.licensing.Owns(ctx, who, d.Grant.Organisation); err != nil {
			return d, err
		}
		if d.Revision != revision {
			return d, errDone()
		}
		return d, do(tx, d)
	})
}

// Judge is what the department does: confirms a certificate or finds it wanting,
// grants or denies an exception, writes off what nobody is left to answer for.
func (s *Service) Judge(ctx context.Context, who account.Actor, id int64, action DestructionAction, said string, revision int) (*Destruction, error) {
	if err := cleaned(map[string]*string{"words": &said}); err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Destruction, error) {
		d, err := s.lockDestruction(ctx, tx, `g.id = (SELECT grant_id FROM use_destructions WHERE id = @id)`, pgx.NamedArgs{"id": id})
		if err != nil {
			return nil, err
		}
		if _, err := s.stand(ctx, tx, who, &d.Grant, licensing.OfDepartment); err != nil {
			return nil, err
		}
		if moversOf[action] != licensing.OfDepartment {
			return d, fault.New(fault.Forbidden, "这一步不由您办。")
		}
		if d.Revision != revision {
			return d, errDone()
		}
		d.Words = said
		return d, s.moveDestruction(ctx, tx, who, d, action, licensing.OfDepartment, said)
	})
}

// moveDestruction makes one move of a destruction, with all that goes with it.
func (s *Service) moveDestruction(ctx context.Context, tx pgx.Tx, who account.Actor, d *Destruction, action DestructionAction, side licensing.Side, said string) error {
	d.now = s.now()
	to, err := destructionLifecycle.Next(d.State, action, who, d)
	if err != nil {
		return err
	}
	now := s.instant()
	d.State = to
	switch action {
	case Certify:
		if d.Number == "" {
			if d.Number, err = cases.Number(ctx, tx, "XH", now); err != nil {
				return err
			}
		}
		d.FiledAt, d.FiledBy, d.RemindedAt, d.WarnedAt, d.Words = &now, who.Name, nil, nil, ""
		d.Body = draw(d)
		d.SHA256 = Digest(d.Body)
		d.ref, err = s.start(&d.Grant, checkTerm, now)
	case Claim:
		d.RemindedAt, d.WarnedAt = nil, nil
		d.ref, err = s.start(&d.Grant, checkTerm, now)
	case FindWanting, Deny:
		d.DecidedAt, d.DecidedBy = &now, who.Name
		d.ref, err = s.start(&d.Grant, destroyTerm, now)
	case Confirm, Excuse, WriteOff:
		d.DecidedAt, d.DecidedBy = &now, who.Name
	case WarnOfDestroy:
		d.WarnedAt = &now
	case Carry:
	}
	if err != nil {
		return err
	}
	if err := saveDestruction(ctx, tx, d, who); err != nil {
		return err
	}
	if err := s.note(ctx, tx, who, ofDestruction, d.ID, Event{Side: side, Act: string(action), State: string(to), Words: said}); err != nil {
		return err
	}
	s.resumeDestruction(d)
	return s.tellOfDestruction(ctx, tx, d, action, said)
}

// OwedBy are the destructions that an applicant owes past their day: an officer is
// told of them before deciding about another application.
func (s *Service) OwedBy(ctx context.Context, user, organisation int64) ([]Destruction, error) {
	return s.destructions(ctx, s.pool, `x.state IN ('owed', 'wanting', 'claimed') AND CASE WHEN @organisation::bigint = 0 THEN g.organisation_id IS NULL AND g.user_id = @user ELSE g.organisation_id = @organisation END`,
		`ORDER BY x.id LIMIT 20`, pgx.NamedArgs{"user": user, "organisation": organisation})
}

// Path is where the holder finds it.
func (d *Destruction) Path() string { return "/grants/" + d.Grant.Number + "/destruction" }

// Desk is where the desk finds it.
func (d *Destruction) Desk() string { return fmt.Sprintf("/desk/use/destructions/%d", d.ID) }
