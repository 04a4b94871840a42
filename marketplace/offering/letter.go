package offering

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/jobs"
)

// Letter is the job of one letter about a listing.
type Letter struct {
	ID      string    `json:"id"` // the same at every try
	To      string    `json:"to"`
	Number  string    `json:"number"`
	Act     string    `json:"act"`
	Title   string    `json:"title"`
	TitleEN string    `json:"title_en"`
	Side    Side      `json:"side"`  // of the reader
	Yours   bool      `json:"yours"` // the reader has to act
	Words   string    `json:"words,omitempty"`
	Due     string    `json:"due,omitempty"` // date
	At      time.Time `json:"at"`
}

// Kind names the job.
func (Letter) Kind() string { return "listing_letter" }

// tell writes to the other side of a move: to the exchange of what is to be checked, to
// the seller of what others did.
func (s *Service) tell(ctx context.Context, tx pgx.Tx, l *Listing, a Action) error {
	n := Letter{Number: l.Number, Act: string(a), Title: l.Title, TitleEN: l.TitleEN, Words: l.words, At: s.instant()}
	var to []string
	var err error
	switch {
	case a == Submit || a == TakeBack:
		n.Side, n.Yours = OfExchange, a == Submit
		if l.Clock != nil {
			n.Due = l.Clock.Last.Format(time.DateOnly)
		}
		to, err = exchangeStaff(ctx, tx)
	case l.side != OfSeller:
		n.Side, n.Yours = OfSeller, a == Return
		to, err = ownersOf(ctx, tx, l.Seller.ID)
	}
	if err != nil {
		return err
	}
	return jobs.AnnounceTo(ctx, tx, to, func(id, to string) jobs.Args {
		n.ID, n.To = id, to
		return n
	})
}
