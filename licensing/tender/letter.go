package tender

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/jobs"
)

// The kinds of letters.
const (
	noticeSealed     = "sealed"    // the receipt
	noticeWithdrawn  = "withdrawn" // by the bidder
	noticeToReveal   = "reveal"    // what the bidder kept
	noticeOpened     = "opened"
	noticeToScore    = "score" // to the panel
	noticeToExamine  = "examine"
	noticeExcluded   = "excluded"
	noticeEvaluated  = "evaluated"
	noticeAward      = "award"
	noticeChallenged = "challenged"
	noticeAnswered   = "answered"
	noticeConfirmed  = "confirmed"
	noticeFailed     = "failed"
	noticeCancelled  = "cancelled"
)

// Letters are the kinds of letters in order.
var Letters = []string{noticeSealed, noticeWithdrawn, noticeToReveal, noticeOpened, noticeToScore, noticeToExamine, noticeExcluded, noticeEvaluated, noticeAward, noticeChallenged, noticeAnswered, noticeConfirmed, noticeFailed, noticeCancelled}

// Letter is the job of one letter about a tender to one reader.
type Letter struct {
	ID      string    `json:"id"` // the same at every try
	To      string    `json:"to"`
	Number  string    `json:"number"`
	What    string    `json:"what"`
	Title   string    `json:"title"`
	TitleEN string    `json:"title_en"`
	From    string    `json:"from"` // the department
	FromEN  string    `json:"from_en"`
	Bidder  bool      `json:"bidder"` // the reader bids
	Desk    bool      `json:"desk"`   // the reader organises
	Yours   bool      `json:"yours"`  // and has to act
	Words   string    `json:"words,omitempty"`
	Due     string    `json:"due,omitempty"` // date
	At      time.Time `json:"at"`
}

// Kind names the job.
func (Letter) Kind() string { return "tender_letter" }

func (s *Service) letter(t *Tender, what, words string) Letter {
	n := Letter{Number: t.Number, What: what, Title: t.Title, TitleEN: t.TitleEN, From: t.Department.Name, FromEN: t.Department.NameEN, Words: words, At: s.instant()}
	if t.Clock != nil && slices.Contains([]string{noticeToScore, noticeToExamine, noticeEvaluated, noticeAward, noticeChallenged, noticeConfirmed}, what) {
		n.Due = t.Clock.Last.Format(time.DateOnly)
	}
	return n
}

func send(ctx context.Context, tx pgx.Tx, n Letter, to []string) error {
	return jobs.AnnounceTo(ctx, tx, to, func(id, to string) jobs.Args {
		n.ID, n.To = id, to
		return n
	})
}

// tellBidder writes to the owners of a bidder.
func (s *Service) tellBidder(ctx context.Context, tx pgx.Tx, t *Tender, b *Bid, what, words string) error {
	to, err := ownersOf(ctx, tx, b.Organisation)
	if err != nil {
		return err
	}
	n := s.letter(t, what, words)
	n.Bidder, n.Yours = true, what == noticeToReveal
	return send(ctx, tx, n, to)
}

// tellAll writes to all whose bids were not withdrawn before the round ended, and to
// whoever organises where they did not do it themselves.
func (s *Service) tellAll(ctx context.Context, tx pgx.Tx, t *Tender, what, words string) error {
	for i := range t.bids {
		if err := s.tellBidder(ctx, tx, t, &t.bids[i], what, words); err != nil {
			return err
		}
	}
	if what == noticeFailed {
		return s.tellOrganiser(ctx, tx, t, what, words)
	}
	return nil
}

// tellOpened writes to the bidders, to the panel and to whoever examines the bids.
func (s *Service) tellOpened(ctx context.Context, tx pgx.Tx, t *Tender) error {
	for i := range t.bids {
		what := noticeOpened
		if t.bids[i].State == Sealed {
			what = noticeToReveal
		}
		if err := s.tellBidder(ctx, tx, t, &t.bids[i], what, t.bids[i].Reason); err != nil {
			return err
		}
	}
	if err := s.tellPanel(ctx, tx, t); err != nil {
		return err
	}
	return s.tellOrganiser(ctx, tx, t, noticeToExamine, "")
}

func (s *Service) tellPanel(ctx context.Context, tx pgx.Tx, t *Tender) error {
	for _, m := range t.Active() {
		if err := s.tellMember(ctx, tx, t, m.User); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) tellMember(ctx context.Context, tx pgx.Tx, t *Tender, user int64) error {
	to, err := addressOf(ctx, tx, user)
	if err != nil {
		return err
	}
	n := s.letter(t, noticeToScore, "")
	n.Yours = true
	return send(ctx, tx, n, to)
}

// tellOrganiser writes to whoever can hold the tender.
func (s *Service) tellOrganiser(ctx context.Context, tx pgx.Tx, t *Tender, what, words string) error {
	to, err := organisersOf(ctx, tx, t.Department.ID)
	if err != nil {
		return err
	}
	n := s.letter(t, what, words)
	n.Desk, n.Yours = true, true
	return send(ctx, tx, n, to)
}
