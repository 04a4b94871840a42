package registration

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/jobs"
)

// Letter is the job of one letter about a registration, a report or a certificate.
type Letter struct {
	ID      string    `json:"id"` // the same at every try
	To      string    `json:"to"`
	Number  string    `json:"number"`
	Of      string    `json:"of"` // registration, report, certificate
	Act     string    `json:"act"`
	Product string    `json:"product"`
	Title   string    `json:"title"`
	TitleEN string    `json:"title_en"`
	Side    Side      `json:"side"`  // of the reader
	Yours   bool      `json:"yours"` // the reader has to act
	Words   string    `json:"words,omitempty"`
	Due     string    `json:"due,omitempty"` // date
	At      time.Time `json:"at"`
}

// Kind names the job.
func (Letter) Kind() string { return "registration_letter" }

func send(ctx context.Context, tx pgx.Tx, n Letter, to []string) error {
	return jobs.AnnounceTo(ctx, tx, to, func(id, to string) jobs.Args {
		n.ID, n.To = id, to
		return n
	})
}

// tell writes to the other side of a move: to the registrar of what the registrant or
// the public did, to the registrant and the receiver of everything else.
func (s *Service) tell(ctx context.Context, tx pgx.Tx, r *Registration, a Action, words string) error {
	n := Letter{Number: r.Number, Of: "registration", Act: string(a), Product: r.Product, Title: r.Title, TitleEN: r.TitleEN, Words: words, At: s.instant()}
	if r.Clock != nil {
		n.Due = r.Clock.Last.Format(time.DateOnly)
	}
	if side := sides[a]; a == Apply || side == OfRegistrant || side == OfReceiver || side == OfPublic {
		to, err := registrarsOf(ctx, tx)
		if err != nil {
			return err
		}
		n.Side, n.Yours = OfRegistrar, !r.State.Over()
		if err := send(ctx, tx, n, to); err != nil {
			return err
		}
	}
	to, err := ownersOf(ctx, tx, r.Registrant.ID)
	if err != nil {
		return err
	}
	n.Side, n.Due, n.Yours = OfRegistrant, "", r.State == Returned
	if err := send(ctx, tx, n, to); err != nil || r.Receiver == nil {
		return err
	}
	if to, err = ownersOf(ctx, tx, r.Receiver.ID); err != nil {
		return err
	}
	n.Side, n.Yours = OfReceiver, r.ReceivedAt == nil && !r.State.Over()
	return send(ctx, tx, n, to)
}

// tellReport writes to the other side of a move of a report.
func (s *Service) tellReport(ctx context.Context, tx pgx.Tx, r *Report, a ReportAction, side Side, words string) error {
	if a == Write {
		return nil // it is a draft
	}
	n := Letter{Number: r.Number, Of: "report", Act: string(a), Product: r.Product, Title: r.Title, TitleEN: r.TitleEN, Words: words, At: s.instant()}
	of := r.Developer.ID
	n.Side = OfRegistrant
	if side == OfRegistrant {
		of, n.Side, n.Yours, n.Due = r.Reporter.ID, OfReporter, a == Request, r.Clock.Last.Format(time.DateOnly)
	}
	to, err := ownersOf(ctx, tx, of)
	if err != nil {
		return err
	}
	return send(ctx, tx, n, to)
}

// tellHolder writes to the holder of a certificate that ended.
func (s *Service) tellHolder(ctx context.Context, tx pgx.Tx, c *Certificate, act string) error {
	to, err := ownersOf(ctx, tx, c.Holder.ID)
	if err != nil {
		return err
	}
	return send(ctx, tx, Letter{Number: c.Number, Of: "certificate", Act: act, Product: c.Product, Title: c.Title, TitleEN: c.TitleEN, Side: OfRegistrant, Words: c.Reason, At: s.instant()}, to)
}
