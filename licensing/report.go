package licensing

import (
	"context"
	"time"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
)

// Decided is one application that was decided, as everybody may read it: what was
// asked and given, how long it took, and under which conditions; not who asked.
type Decided struct {
	At         time.Time
	Applicant  string // natural, legal, unincorporated
	Lane       string
	State      State
	Months     int
	Asked      int // columns, or whole files where they are no tables
	Given      int
	Conditions int // revision of the conditions; 0: the platform's figures
	Days       int // working days from submission to decision
	Late       bool
	Bases      []datasets.LegalBasis // of what was not given
}

// Consistency are the decided applications for an entry, the newest first, for
// everybody who can see the entry: whether like was treated alike (AS-27.2 平等开放).
// Other has how many more there are than are shown.
func (s *Service) Consistency(ctx context.Context, who account.Actor, slug string, limit int) (d *datasets.Dataset, list []Decided, other int, err error) {
	if d, err = s.catalogue.Dataset(ctx, who, slug); err != nil {
		return nil, nil, 0, err
	}
	list, all, err := s.selectDecided(ctx, d.ID, limit)
	if err != nil {
		return nil, nil, 0, err
	}
	return d, list, all - len(list), nil
}

// late reports whether a clock that a case kept had run out by at.
func (s *Service) late(ref deadline.Ref, from *time.Time, at time.Time) bool {
	if from == nil || ref.Path == "" {
		return false
	}
	ref.From = *from
	clock, err := s.clocks.Resume(ref)
	return err == nil && clock.Late(at)
}
