package ordering

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/jobs"
)

// Letter is the job of one letter about an order.
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
func (Letter) Kind() string { return "order_letter" }

// readers are the sides that are told of a step, and whether they have to act.
func (o *Order) readers(a Action) map[Side]bool {
	switch a {
	case Make:
		if o.Held() {
			return map[Side]bool{OfSeller: true}
		}
		return map[Side]bool{OfSeller: true, OfBuyer: true}
	case HandIn:
		if len(o.Papers)+1 >= len(Clearances) {
			return map[Side]bool{OfAuthority: true}
		}
	case Clear:
		return map[Side]bool{OfBuyer: true, OfSeller: true}
	case Sign:
		if o.Contract.Buyer.At == nil {
			return map[Side]bool{OfBuyer: true}
		} else if o.Contract.Seller.At == nil {
			return map[Side]bool{OfSeller: true}
		}
	case Effect:
		if o.State == AwaitingPayment {
			return map[Side]bool{OfBuyer: true, OfSeller: false}
		}
		return map[Side]bool{OfBuyer: false, OfSeller: true}
	case Pay:
		return map[Side]bool{OfBuyer: false, OfSeller: true}
	case Deliver:
		return map[Side]bool{OfBuyer: true}
	case Object:
		return map[Side]bool{OfSeller: true}
	case Cancel, Accept, Withdraw:
		return map[Side]bool{OfSeller: false}
	case Decline, Answer, Notice:
		return map[Side]bool{OfBuyer: a == Answer}
	case Silence, Lapse, Refund, End:
		return map[Side]bool{OfBuyer: a == End, OfSeller: false}
	case Read:
	}
	return nil
}

// tell writes to the sides that a step concerns. A free order signed by both is told like
// one that was paid.
func (s *Service) tell(ctx context.Context, tx pgx.Tx, o *Order, a Action) error {
	n := Letter{Number: o.Number, Act: string(a), Title: o.Title, TitleEN: o.TitleEN, Words: o.words, At: s.instant()}
	if o.Clock != nil {
		n.Due = o.Clock.Last.Format(time.DateOnly)
	}
	for side, yours := range o.readers(a) {
		n.Side, n.Yours = side, yours
		var to []string
		var err error
		switch side {
		case OfBuyer:
			to, err = ownersOf(ctx, tx, o.Buyer.ID)
		case OfSeller:
			to, err = ownersOf(ctx, tx, o.Seller.ID)
		case OfAuthority:
			to, err = withRole(ctx, tx, account.Authority)
		case OfOperator, OfExchange, OfRegulator, OfPlatform:
		}
		if err != nil {
			return err
		}
		if err := jobs.AnnounceTo(ctx, tx, to, func(id, to string) jobs.Args {
			n.ID, n.To = id, to
			return n
		}); err != nil {
			return err
		}
	}
	return nil
}
