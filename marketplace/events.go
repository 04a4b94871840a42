package marketplace

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/jobs"
)

// Notice is the job of one letter about a product to people of its developer.
type Notice struct {
	ID      string    `json:"id"` // the same at every try
	To      string    `json:"to"`
	Number  string    `json:"number"` // of the product
	Version string    `json:"version,omitempty"`
	Title   string    `json:"title"`
	Act     string    `json:"act"`
	Of      string    `json:"of,omitempty"` // the data that a flag is about
	Words   string    `json:"words,omitempty"`
	At      time.Time `json:"at"`
}

// Kind names the job.
func (Notice) Kind() string { return "product_notice" }

// tell announces the letters about a product to who answers for its developer.
func (s *Service) tell(ctx context.Context, tx pgx.Tx, p *Product, n Notice) error {
	to, err := selectReaders(ctx, tx, p)
	if err != nil {
		return err
	}
	n.Title, n.At = p.Title, s.now()
	return jobs.AnnounceTo(ctx, tx, to, func(id, to string) jobs.Args {
		n.ID, n.To = id, to
		return n
	})
}

// InputsMoved is the job that looks for sealed versions below what was withdrawn, put
// right or recalled.
type InputsMoved struct{}

// Kind names the job.
func (InputsMoved) Kind() string { return "product_inputs_moved" }

// Hear has versions looked at as soon as something above them is announced to have
// moved: an entry that was withdrawn or put right, a product that was recalled. spread
// is what else is done about the events of entries.
func (s *Service) Hear(workers *jobs.Workers, spread func(context.Context, datasets.EventsTold) error) error {
	if err := jobs.Handle(workers, func(ctx context.Context, told datasets.EventsTold) error {
		if err := s.Follow(ctx); err != nil {
			return err
		}
		return spread(ctx, told)
	}); err != nil {
		return err
	}
	return jobs.Handle(workers, func(ctx context.Context, _ InputsMoved) error { return s.Follow(ctx) })
}

// Tick looks whether something above a sealed version moved that nobody announced.
func (s *Service) Tick(ctx context.Context) error { return s.Follow(ctx) }
