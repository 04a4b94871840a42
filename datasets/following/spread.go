package following

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/database"
)

// Spread tells the followers of events, as a job of datasets.EventsTold. Done
// twice, it tells nobody twice.
func (s *Service) Spread(ctx context.Context, job datasets.EventsTold) error {
	for _, id := range job.IDs {
		_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
			events, err := s.catalogue.EventsByID(ctx, tx, []int64{id})
			if err != nil || len(events) == 0 { // nobody may know of it, or not any more
				return struct{}{}, err
			}
			return struct{}{}, s.spread(ctx, tx, &events[0])
		})
		if err != nil {
			return fmt.Errorf("spread event %d: %w", id, err)
		}
	}
	return nil
}

func (s *Service) spread(ctx context.Context, tx pgx.Tx, e *datasets.Event) error {
	told, err := tellFollowers(ctx, tx, e, s.now())
	if err != nil {
		return err
	}
	if e.Kind == datasets.EventAnswer {
		asker, err := tellAsker(ctx, tx, e, s.now())
		if err != nil {
			return err
		}
		told = append(told, asker...)
	}
	return s.sendOut(ctx, tx, told)
}

// newKey is the key of the notice that there is a new entry: whoever follows its
// department and its theme and a search that finds it is told once.
func newKey(dataset int64) string { return "new/" + strconv.FormatInt(dataset, 10) }

// eventKey is the key of the notice of an event.
func eventKey(e *datasets.Event) string {
	if e.Kind == datasets.EventPublished {
		return newKey(e.Dataset.ID)
	}
	return "event/" + strconv.FormatInt(e.ID, 10)
}

// changesAtOnce is how many changes are looked through in one transaction.
const changesAtOnce = 500

// MatchSearches looks through the entries that came or changed since the last
// time for searches that people follow, and tells of each entry once a search.
func (s *Service) MatchSearches(ctx context.Context) error {
	for {
		went, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (bool, error) { return s.matchSome(ctx, tx) })
		if err != nil || !went {
			return err
		}
	}
}

func (s *Service) matchSome(ctx context.Context, tx pgx.Tx) (bool, error) {
	seq, err := lockCursor(ctx, tx)
	if err != nil {
		return false, err
	}
	changes, err := s.catalogue.Changes(ctx, seq, changesAtOnce)
	if err != nil || len(changes) == 0 {
		return false, err
	}
	var ids []int64
	seen := map[int64]bool{}
	for _, c := range changes {
		if c.Public && !seen[c.DatasetID] {
			seen[c.DatasetID] = true
			ids = append(ids, c.DatasetID)
		}
	}
	if err := moveCursor(ctx, tx, changes[len(changes)-1].Seq); err != nil {
		return false, err
	}
	queries, err := followedSearches(ctx, tx)
	if err != nil || len(queries) == 0 || len(ids) == 0 {
		return true, err
	}
	matching, err := s.finder.Matching(ctx, queries, ids)
	if err != nil {
		return false, err
	}
	for query, datasets := range matching {
		told, err := tellSearchers(ctx, tx, query, datasets, s.now())
		if err != nil {
			return false, err
		}
		if err := s.sendOut(ctx, tx, told); err != nil {
			return false, err
		}
	}
	return true, nil
}
