package supervision

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/jobs"
)

// Notice is the job of one letter about a breach case, an incident or an order: to
// whoever has to act, or has to know.
type Notice struct {
	ID      string    `json:"id"` // the same at every try
	To      string    `json:"to"`
	Of      string    `json:"of"` // breach, incident or order
	Number  string    `json:"number"`
	Act     string    `json:"act"`
	Holder  bool      `json:"holder"`             // the reader is the one whom it concerns
	Desk    bool      `json:"desk"`               // and reads it at the desk
	Yours   bool      `json:"yours"`              // the reader has to act
	Grant   string    `json:"grant,omitempty"`    // number
	Title   string    `json:"title,omitempty"`    // of the entry
	TitleEN string    `json:"title_en,omitempty"` //
	From    string    `json:"from"`               // the body that did it
	FromEN  string    `json:"from_en"`
	Words   string    `json:"words,omitempty"`
	WordsEN string    `json:"words_en,omitempty"`
	Due     string    `json:"due,omitempty"` // date
	Halted  bool      `json:"halted,omitempty"`
	At      time.Time `json:"at"`
}

// Kind names the job.
func (Notice) Kind() string { return "supervision_notice" }

func send(ctx context.Context, tx pgx.Tx, n Notice, to []string) error {
	return jobs.AnnounceTo(ctx, tx, to, func(id, to string) jobs.Args {
		n.ID, n.To = id, to
		return n
	})
}

// holderReaders are the addresses of whoever holds something: the person and the
// owners of the organisation, or officers and heads of the department.
func holderReaders(ctx context.Context, q database.Querier, user, organisation, department int64) ([]string, error) {
	if department != 0 {
		people, err := account.Players(ctx, q, []int64{department}, body...)
		return people[department], err
	}
	rows, err := q.Query(ctx, `
		SELECT u.identifier FROM users u
		WHERE u.disabled_at IS NULL AND u.leaving_at IS NULL AND (u.id = $1 OR u.id IN (SELECT user_id FROM organisation_members WHERE organisation_id = $2 AND role = 'owner'))
		ORDER BY u.id`, user, organisation)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// sideReaders are the addresses of a side that decides: the officers of the
// department, the authority over its text, or who regulates.
func sideReaders(ctx context.Context, q database.Querier, side Side, department int64, profile string) ([]string, error) {
	if side == OfDepartment {
		people, err := account.Players(ctx, q, []int64{department}, body...)
		return people[department], err
	}
	role, where := account.Authority, ` AND p.profile = @profile`
	if side == OfRegulator {
		role, where = account.Regulator, ``
	}
	rows, err := q.Query(ctx, `SELECT DISTINCT u.identifier FROM user_roles r JOIN users u ON u.id = r.user_id JOIN departments p ON p.id = r.department_id
		WHERE r.role = @role AND u.disabled_at IS NULL`+where+` ORDER BY 1`, pgx.NamedArgs{"role": role, "profile": profile})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// tellBreach announces the letters about what was done in a case.
func (s *Service) tellBreach(ctx context.Context, tx pgx.Tx, b *Breach, a BreachAction) error {
	d := b.Dataset
	n := Notice{Of: "breach", Number: b.Number, Act: string(a), Grant: b.GrantNo, Title: d.Title, TitleEN: d.TitleEN, From: d.Department.Name, FromEN: d.Department.NameEN, Words: b.words, Halted: b.Holds && !b.GrantOver(), At: s.now()}
	if a == Open {
		n.Words = b.Facts
	}
	if b.Clock != nil && (b.State.Open() || a == Warn || a == HoldUp || a == Revoke) {
		n.Due = b.Clock.Last.Format(time.DateOnly)
	}
	holder := func(yours bool) error {
		to, err := holderReaders(ctx, tx, b.user, b.organisation, b.department)
		if err != nil {
			return err
		}
		m := n
		m.Holder, m.Desk, m.Yours = true, b.OfSharing(), yours
		return send(ctx, tx, m, to)
	}
	desk := func(side Side, yours bool) error {
		to, err := sideReaders(ctx, tx, side, d.Department.ID, b.Profile)
		if err != nil {
			return err
		}
		m := n
		m.Desk, m.Yours = true, yours
		return send(ctx, tx, m, to)
	}
	switch a {
	case Report:
		n.Words = b.Facts
		return desk(OfDepartment, true)
	case Open:
		if b.Decider != OfDepartment {
			if err := desk(OfDepartment, false); err != nil {
				return err
			}
		}
		return holder(true)
	case Answer:
		return desk(b.Decider, true)
	case Refer:
		return desk(OfAuthority, true)
	case Dispute:
		if err := desk(OfAuthority, true); err != nil {
			return err
		}
		if b.Decider != OfAuthority {
			return desk(b.Decider, false)
		}
		return nil
	case Dismiss:
		return nil
	}
	if err := holder(false); err != nil {
		return err
	}
	if b.Decider != OfDepartment || a == Uphold || a == Overturn || a == Enforce {
		return desk(OfDepartment, false)
	}
	return nil
}

// tellOrder announces the letters about what was done about an order: what the
// authority does is told to the department, and the other way round.
func (s *Service) tellOrder(ctx context.Context, tx pgx.Tx, o *Order, a OrderAction) error {
	n := Notice{Of: "order", Number: o.Number, Act: string(a), Desk: true, From: o.Issuer.Name, FromEN: o.Issuer.NameEN, Words: o.words, At: s.now()}
	to, err := sideReaders(ctx, tx, OfDepartment, o.Department.ID, o.Profile)
	n.Yours = o.State.Owed()
	if orderSide(a) == OfDepartment {
		to, err = sideReaders(ctx, tx, OfAuthority, o.Issuer.ID, o.Profile)
		n.From, n.FromEN, n.Yours = o.Department.Name, o.Department.NameEN, true
	}
	if err != nil {
		return err
	}
	if clock := o.Clock(); clock != nil && n.Yours {
		n.Due = clock.Last.Format(time.DateOnly)
	}
	return send(ctx, tx, n, to)
}
