package operation

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/jobs"
	"shuyuan/internal/workdays"
)

// MandateMoved is the job that is announced, in the transaction of the move, when a
// mandate stands or stands no more: whoever runs something below it looks whether it
// still may, and those who hold something are told. At the gate it has ended already,
// with the move itself.
type MandateMoved struct {
	Mandate int64     `json:"mandate"`
	Act     string    `json:"act"`
	From    string    `json:"from,omitempty"` // who did it; empty: the body of the mandate
	FromEN  string    `json:"from_en,omitempty"`
	Words   string    `json:"words,omitempty"`
	At      time.Time `json:"at"`
}

// Kind names the job.
func (MandateMoved) Kind() string { return "mandate_moved" }

// Notice is the job of one letter about a plan, a mandate or an entry.
type Notice struct {
	ID      string    `json:"id"` // the same at every try
	To      string    `json:"to"`
	Of      string    `json:"of"`     // mandate or developer
	Number  string    `json:"number"` // of what the letter is about
	Mandate string    `json:"mandate"`
	Act     string    `json:"act"`
	Side    string    `json:"side"`  // of the reader
	Yours   bool      `json:"yours"` // the reader has to act
	Title   string    `json:"title"` // of the mandate
	From    string    `json:"from"`  // who did it
	FromEN  string    `json:"from_en,omitempty"`
	Words   string    `json:"words,omitempty"`
	Due     string    `json:"due,omitempty"` // day
	At      time.Time `json:"at"`
}

// Kind names the job.
func (Notice) Kind() string { return "operation_notice" }

func send(ctx context.Context, tx pgx.Tx, n Notice, to []string) error {
	return jobs.AnnounceTo(ctx, tx, to, func(id, to string) jobs.Args {
		n.ID, n.To = id, to
		return n
	})
}

// owners are the addresses of those who answer for an organisation.
func owners(ctx context.Context, q database.Querier, organisation int64) ([]string, error) {
	rows, err := q.Query(ctx, `SELECT u.identifier FROM organisation_members m JOIN users u ON u.id = m.user_id WHERE m.organisation_id = $1 AND m.role = 'owner' AND u.disabled_at IS NULL AND u.leaving_at IS NULL ORDER BY u.id`, organisation)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// bodyReaders are the addresses of the authority in a body.
func bodyReaders(ctx context.Context, q database.Querier, body int64, roles ...account.Role) ([]string, error) {
	people, err := account.Players(ctx, q, []int64{body}, roles...)
	return people[body], err
}

// named is a party as letters name it: of the body of a mandate, or of its operator.
func (p party) named(body Body, operator Organisation) (name, english string) {
	switch p.acts() {
	case OfOperator:
		return operator.Name, ""
	case OfAbove:
		return p.body.Name, p.body.NameEN
	case OfRegulator:
		return "监管机构", "The regulator"
	}
	return body.Name, body.NameEN
}

// tell announces the letters to the two sides of a mandate about a move, and to the body
// above that held it until then.
func (s *Service) tell(ctx context.Context, tx pgx.Tx, m *Mandate, step Step, earlier Body) error {
	a := step.Action
	n := Notice{Of: "mandate", Number: m.Number, Mandate: m.Number, Act: string(a), Title: m.Title, Words: m.words, At: m.at}
	n.From, n.FromEN = step.by.named(m.Body, m.Operator)
	toBody := func(yours bool) error {
		to, err := bodyReaders(ctx, tx, m.Body.ID, authority...)
		if err != nil {
			return err
		}
		b := n
		b.Side, b.Yours = string(OfBody), yours
		return send(ctx, tx, b, to)
	}
	toOperator := func(yours bool) error {
		to, err := owners(ctx, tx, m.Operator.ID)
		if err != nil {
			return err
		}
		o := n
		o.Side, o.Yours = string(OfOperator), yours
		return send(ctx, tx, o, to)
	}
	switch a {
	case Submit:
		deciding := m.Body.ID
		if m.parent != 0 {
			deciding = m.parentBody
		}
		to, err := bodyReaders(ctx, tx, deciding, approvers...)
		if err != nil {
			return err
		}
		n.Side, n.Yours = string(OfBody), true
		return send(ctx, tx, n, to)
	case Return, Withdraw:
		if a == Withdraw && m.LockedAt != nil {
			if err := toOperator(false); err != nil {
				return err
			}
		}
		return toBody(a == Return)
	case Approve:
		if err := toOperator(true); err != nil {
			return err
		}
		return toBody(false)
	case SignOperator:
		return toBody(true)
	case SignBody:
		return toOperator(false)
	}
	if err := toOperator(false); err != nil {
		return err
	}
	if earlier.ID != 0 && earlier.ID != step.by.body.ID {
		to, err := bodyReaders(ctx, tx, earlier.ID, authority...)
		if err != nil {
			return err
		}
		h := n
		h.Side = string(OfBody)
		if err := send(ctx, tx, h, to); err != nil {
			return err
		}
	}
	return toBody(false)
}

// Moved tells those below a mandate that it moved: the operators of the mandates under
// it, and the developers that entered with any of them. It is the worker of
// MandateMoved; what runs is stopped by whoever runs it.
func (s *Service) Moved(ctx context.Context, moved MandateMoved) error {
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		m, err := s.mandateByID(ctx, tx, moved.Mandate)
		if err != nil {
			return none, err
		}
		holders, err := holdersBelow(ctx, tx, m.ID)
		if err != nil {
			return none, err
		}
		for _, h := range holders {
			to, err := owners(ctx, tx, h.organisation)
			if err != nil {
				return none, err
			}
			n := Notice{Of: "mandate", Number: m.Number, Mandate: h.mandate, Act: moved.Act, Side: string(h.side), Title: m.Title, From: moved.From, FromEN: moved.FromEN, Words: moved.Words, At: moved.At}
			if n.From == "" {
				n.From, n.FromEN = m.Body.Name, m.Body.NameEN
			}
			if err := send(ctx, tx, n, to); err != nil {
				return none, err
			}
		}
		return none, nil
	})
	return err
}

// OrganisationHasMoved tells those who work with an organisation that it was suspended
// or reinstated as a whole: the bodies that gave it mandates and whoever stands below
// them, and the operators that let it in. Why is for the organisation alone to read. It
// is the worker of account.OrganisationMoved; what runs is stopped by whoever runs it.
func (s *Service) OrganisationHasMoved(ctx context.Context, moved account.OrganisationMoved) error {
	act := "organisation_reinstated"
	if moved.Suspended {
		act = "organisation_suspended"
	}
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		ids, err := standingMandates(ctx, tx, moved.Organisation)
		if err != nil {
			return none, err
		}
		for _, id := range ids {
			m, err := s.mandateByID(ctx, tx, id)
			if err != nil {
				return none, err
			}
			n := Notice{Of: "mandate", Number: m.Number, Mandate: m.Number, Act: act, Side: string(OfBody), Title: m.Title, From: m.Operator.Name, At: moved.At}
			to, err := bodyReaders(ctx, tx, m.Body.ID, authority...)
			if err != nil {
				return none, err
			}
			if err := send(ctx, tx, n, to); err != nil {
				return none, err
			}
			holders, err := holdersBelow(ctx, tx, m.ID)
			if err != nil {
				return none, err
			}
			for _, h := range holders {
				n.Mandate, n.Side = h.mandate, string(h.side)
				if to, err = owners(ctx, tx, h.organisation); err != nil {
					return none, err
				}
				if err := send(ctx, tx, n, to); err != nil {
					return none, err
				}
			}
		}
		ids, err = standingEntries(ctx, tx, moved.Organisation)
		if err != nil {
			return none, err
		}
		for _, id := range ids {
			d, err := s.developerByID(ctx, tx, id)
			if err != nil {
				return none, err
			}
			to, err := owners(ctx, tx, d.Operator.ID)
			if err != nil {
				return none, err
			}
			n := Notice{Of: "developer", Number: d.Number, Mandate: d.Mandate, Act: act, Side: string(OfOperator), Title: d.MandateTitle, From: d.Organisation.Name, At: moved.At}
			if err := send(ctx, tx, n, to); err != nil {
				return none, err
			}
		}
		return none, nil
	})
	return err
}

// holder is an organisation that holds something below a mandate.
type holder struct {
	organisation int64
	mandate      string
	side         Side
}

// remind tells both sides of a mandate, and the developers that entered with it, that it
// ends, once; and developers that their training does.
func (s *Service) remind(ctx context.Context) error {
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		ending, err := takeEnding(ctx, tx, s.instant(), s.instant().AddDate(0, 0, s.limits.Ending))
		if err != nil {
			return none, err
		}
		for _, id := range ending {
			m, err := s.mandateByID(ctx, tx, id)
			if err != nil {
				return none, err
			}
			m.at = s.instant()
			if err := s.tellEnding(ctx, tx, m); err != nil {
				return none, err
			}
		}
		training, err := takeTraining(ctx, tx, s.instant(), s.instant().AddDate(0, 0, s.limits.Remind))
		if err != nil {
			return none, err
		}
		for _, id := range training {
			d, err := s.developerByID(ctx, tx, id)
			if err != nil {
				return none, err
			}
			to, err := owners(ctx, tx, d.Organisation.ID)
			if err != nil {
				return none, err
			}
			if err := send(ctx, tx, Notice{Of: "developer", Number: d.Number, Mandate: d.Mandate, Act: "training", Side: string(OfDeveloper), Yours: true, Title: d.MandateTitle, From: d.Operator.Name, Due: d.LastTrained().Format(time.DateOnly), At: s.instant()}, to); err != nil {
				return none, err
			}
		}
		return none, nil
	})
	return err
}

func (s *Service) tellEnding(ctx context.Context, tx pgx.Tx, m *Mandate) error {
	n := Notice{Of: "mandate", Number: m.Number, Mandate: m.Number, Act: "ending", Title: m.Title, From: m.Body.Name, FromEN: m.Body.NameEN, Due: m.Last().In(workdays.Zone).Format(time.DateOnly), At: m.at, Side: string(OfBody)}
	to, err := bodyReaders(ctx, tx, m.Body.ID, authority...)
	if err != nil {
		return err
	}
	if err := send(ctx, tx, n, to); err != nil {
		return err
	}
	n.Side = string(OfOperator)
	if to, err = owners(ctx, tx, m.Operator.ID); err != nil {
		return err
	}
	if err := send(ctx, tx, n, to); err != nil {
		return err
	}
	holders, err := holdersBelow(ctx, tx, m.ID)
	if err != nil {
		return err
	}
	for _, h := range holders {
		if h.side != OfDeveloper || h.mandate != m.Number { // who stands below hears of it with the mandate that they stand under
			continue
		}
		n.Side = string(OfDeveloper)
		if to, err = owners(ctx, tx, h.organisation); err != nil {
			return err
		}
		if err := send(ctx, tx, n, to); err != nil {
			return err
		}
	}
	return nil
}
