package delivery

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/jobs"
)

// Told is what a letter tells.
type Told string

// What is told.
const (
	Opened       Told = "opened"
	Over         Told = "over" // and the copies are to be destroyed
	BillIssued   Told = "bill"
	BillLate     Told = "bill_late"
	BillObjected Told = "bill_objected" // to the seller
	BillAnswered Told = "bill_answered"
	Declared     Told = "declared" // to the seller: the copies are destroyed
	Reminded     Told = "reminded"
)

// Letter is the job of one letter about a delivery.
type Letter struct {
	ID      string    `json:"id"` // the same at every try
	To      string    `json:"to"`
	Order   string    `json:"order"`
	What    Told      `json:"what"`
	About   string    `json:"about,omitempty"` // number of a bill, or a last day
	Title   string    `json:"title"`
	TitleEN string    `json:"title_en"`
	At      time.Time `json:"at"`
}

// Kind names the job.
func (Letter) Kind() string { return "delivery_letter" }

// tell writes to the owners of an organisation.
func (s *Service) tell(ctx context.Context, tx pgx.Tx, v *Serving, what Told, about string, organisation int64) error {
	to, err := addresses(ctx, tx, organisation)
	if err != nil {
		return err
	}
	n := Letter{Order: v.Order, What: what, About: about, Title: v.Title, TitleEN: v.TitleEN, At: s.instant()}
	return jobs.AnnounceTo(ctx, tx, to, func(id, to string) jobs.Args {
		n.ID, n.To = id, to
		return n
	})
}
