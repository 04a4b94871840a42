package datasets

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/jobs"
)

// EventKind is what has happened to an entry that its followers are told of.
type EventKind string

// The kinds. A program may depend on these names.
const (
	EventPublished  EventKind = "published"  // everybody may see it for the first time
	EventRestored   EventKind = "restored"   // and again
	EventWithdrawn  EventKind = "withdrawn"  // taken from the public, with a reason
	EventVersion    EventKind = "version"    // a file has a new version
	EventSchema     EventKind = "schema"     // whose columns are others than before
	EventCorrection EventKind = "correction" // of what the data dictionary says
	EventOverdue    EventKind = "overdue"    // the promised day has passed without a new version
	EventAnswer     EventKind = "answer"     // a question about it is answered
	EventNote       EventKind = "note"       // its department explains it
	EventRecheck    EventKind = "recheck"    // it was corrected after an objection
)

// EventKinds are all kinds.
func EventKinds() []EventKind {
	return []EventKind{EventPublished, EventRestored, EventWithdrawn, EventVersion, EventSchema, EventCorrection, EventOverdue, EventAnswer, EventNote, EventRecheck}
}

// Event is one thing that happened to an entry.
type Event struct {
	ID      int64
	Kind    EventKind
	Dataset Dataset // slug, titles, department and theme alone
	File    string  // id of the resource; empty for the entry itself
	Name    string  // of the resource
	NameEN  string
	Number  int64 // version, question, note or objection; 0 for the entry itself
	Detail  EventDetail
	At      time.Time

	key string
}

// EventDetail is what an event says beyond its kind.
type EventDetail struct {
	Columns []string `json:"columns,omitempty"` // that are others, or of which something else is said
	Due     string   `json:"due,omitempty"`     // the promised day, as a date
	Days    int      `json:"days,omitempty"`    // after the promised day; below 0: before it
	Reason  string   `json:"reason,omitempty"`
	Title   string   `json:"title,omitempty"` // of a note, or how a question begins
	TitleEN string   `json:"title_en,omitempty"`
}

// EventsTold is the job that tells followers of events.
type EventsTold struct {
	IDs []int64 `json:"ids"`
}

// Kind names the job.
func (EventsTold) Kind() string { return "dataset_events" }

// happened writes an event in the transaction of the act and has followers told
// once that commits. What was written before is not written again.
func (s *Service) happened(ctx context.Context, tx pgx.Tx, e Event) error {
	detail, err := json.Marshal(e.Detail)
	if err != nil {
		return err
	}
	var file *string
	if e.File != "" {
		file = &e.File
	}
	var id int64
	err = tx.QueryRow(ctx, `
		INSERT INTO events (kind, dataset_id, resource_id, number, key, detail, at) VALUES (@kind, @dataset, @file, @number, @key, @detail, @at)
		ON CONFLICT (dataset_id, kind, key) DO NOTHING RETURNING id`,
		pgx.NamedArgs{"kind": e.Kind, "dataset": e.Dataset.ID, "file": file, "number": e.Number, "key": e.key, "detail": detail, "at": s.now()}).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("write event %s: %w", e.Kind, err)
	}
	return jobs.Announce(ctx, tx, EventsTold{IDs: []int64{id}})
}

// Happened writes, in the transaction of the act, what a neighbouring domain did
// to an entry: an answer, a note or an objection, by its number. The key tells one from a
// repetition.
func (s *Service) Happened(ctx context.Context, tx pgx.Tx, datasetID int64, kind EventKind, number int64, key string, detail EventDetail) error {
	if key == "" {
		return fmt.Errorf("an event %s of entry %d has no key", kind, datasetID)
	}
	return s.happened(ctx, tx, Event{Kind: kind, Dataset: Dataset{ID: datasetID}, Number: number, Detail: detail, key: key})
}

// Retract hides, in the transaction of the act, the event that a neighbouring
// domain had written under key, or lets it be told again. Nobody is told of it
// twice.
func (s *Service) Retract(ctx context.Context, tx pgx.Tx, datasetID int64, kind EventKind, key string, hidden bool) error {
	_, err := tx.Exec(ctx, `UPDATE events SET retracted = @hidden WHERE dataset_id = @dataset AND kind = @kind AND key = @key`,
		pgx.NamedArgs{"hidden": hidden, "dataset": datasetID, "kind": kind, "key": key})
	return err
}

// versionHappened tells of a new version, and of its columns if they are others.
func (s *Service) versionHappened(ctx context.Context, tx pgx.Tx, v *Version, changed []TableReshaping) error {
	e := Event{Kind: EventVersion, Dataset: Dataset{ID: v.DatasetID}, File: v.ResourceID, Number: int64(v.Number), key: v.ResourceID + "/" + strconv.Itoa(v.Number)}
	var due *time.Time
	if err := tx.QueryRow(ctx, `SELECT CASE WHEN `+promised+` THEN d.next_due END FROM datasets d WHERE d.id = @id`, pgx.NamedArgs{"id": v.DatasetID}).Scan(&due); err != nil {
		return err
	}
	if due != nil && v.Number > 1 {
		e.Detail.Due, e.Detail.Days = due.Format(time.DateOnly), daysAfter(*due, v.PublishedAt)
	}
	if err := s.happened(ctx, tx, e); err != nil || len(changed) == 0 {
		return err
	}
	e.Kind, e.Detail = EventSchema, EventDetail{Columns: changedNames(changed)}
	return s.happened(ctx, tx, e)
}

// daysAfter is how many days at is after the promised day, by the calendar of
// China; below 0 where it is before.
func daysAfter(promised, at time.Time) int {
	y, m, d := at.In(china).Date()
	py, pm, pd := promised.Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Sub(time.Date(py, pm, pd, 0, 0, 0, 0, time.UTC)) / (24 * time.Hour))
}

// appeared notices, whenever entries change, that everybody may see one that
// nobody could see before, or that one is gone. That an entry is withheld from
// now on is told to nobody: there is nothing to see of it any more.
func (s *Service) appeared(ctx context.Context, tx pgx.Tx, ids []int64) error {
	rows, err := tx.Query(ctx, `
		WITH now AS (SELECT d.id, `+Visible(account.Actor{}).SQL+` AS public FROM datasets d WHERE d.id = ANY(@ids)),
		changed AS (
			INSERT INTO appearances AS a (dataset_id, public)
			SELECT id, public FROM now WHERE public OR EXISTS (SELECT FROM appearances WHERE dataset_id = now.id)
			ON CONFLICT (dataset_id) DO UPDATE SET public = excluded.public WHERE a.public <> excluded.public
			RETURNING dataset_id, public, xmax = 0 AS first)
		SELECT c.dataset_id, c.public, c.first, d.status, d.open_type, d.withdrawn_reason, d.revision
		FROM changed c JOIN datasets d ON d.id = c.dataset_id ORDER BY c.dataset_id`, pgx.NamedArgs{"ids": ids})
	if err != nil {
		return err
	}
	var events []Event
	var public, first bool
	var d Dataset
	_, err = pgx.ForEachRow(rows, []any{&d.ID, &public, &first, &d.Status, &d.Open, &d.WithdrawnReason, &d.Revision}, func() error {
		e := Event{Dataset: Dataset{ID: d.ID}, key: strconv.FormatInt(d.Revision, 10)}
		switch {
		case public && first:
			e.Kind = EventPublished
		case public:
			e.Kind = EventRestored
		case d.Status == Withdrawn && d.Open != Withheld:
			e.Kind, e.Detail.Reason = EventWithdrawn, d.WithdrawnReason
		default:
			return nil
		}
		events = append(events, e)
		return nil
	})
	if err != nil {
		return err
	}
	for _, e := range events {
		if err := s.happened(ctx, tx, e); err != nil {
			return err
		}
	}
	return nil
}

// TellOfLate writes the event of each promise that is broken today, and the letter
// to its department, once for each promised day.
func (s *Service) TellOfLate(ctx context.Context) error {
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		rows, err := tx.Query(ctx, `
			INSERT INTO events (kind, dataset_id, key, detail, at)
			SELECT 'overdue', d.id, d.next_due::text, jsonb_build_object('due', d.next_due::text), @now
			FROM datasets d WHERE `+Visible(account.Actor{}).SQL+` AND `+promised+` AND d.next_due < @today
			ON CONFLICT (dataset_id, kind, key) DO NOTHING RETURNING id`,
			pgx.NamedArgs{"now": s.now(), "today": s.now().In(china).Format(time.DateOnly)})
		if err != nil {
			return none, err
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil || len(ids) == 0 {
			return none, err
		}
		if err := s.tellLate(ctx, tx, ids); err != nil {
			return none, err
		}
		return none, jobs.Announce(ctx, tx, EventsTold{IDs: ids})
	})
	return err
}

// Told is the condition over datasets aliased d and events aliased e that
// somebody may be told of an event now: the entry is there for everybody, or it
// was and its page says that it was withdrawn; and nobody has hidden what the
// event tells of. Whoever may see more is told no
// more: a letter goes astray.
const Told = `(e.retracted IS NOT TRUE AND (d.status = 'published' AND d.open_type <> 'withheld' OR e.kind = 'withdrawn' AND d.status = 'withdrawn' AND d.open_type <> 'withheld'))`

const eventColumns = `e.id, e.kind, coalesce(e.resource_id, ''), e.number, e.detail, e.at, coalesce(r.name, ''), coalesce(r.name_en, ''),
	d.id, d.slug, d.title, d.title_en, d.status, d.open_type, p.id, p.slug, p.name, p.name_en, t.id, t.slug, t.name, t.name_en`

const eventTables = ` FROM events e JOIN datasets d ON d.id = e.dataset_id JOIN departments p ON p.id = d.department_id JOIN themes t ON t.id = d.theme_id
	LEFT JOIN resources r ON r.id = e.resource_id `

func scanEvent(row pgx.CollectableRow) (e Event, err error) {
	d := &e.Dataset
	var detail []byte
	if err = row.Scan(&e.ID, &e.Kind, &e.File, &e.Number, &detail, &e.At, &e.Name, &e.NameEN,
		&d.ID, &d.Slug, &d.Title, &d.TitleEN, &d.Status, &d.Open, &d.Department.ID, &d.Department.Slug, &d.Department.Name, &d.Department.NameEN,
		&d.Theme.ID, &d.Theme.Slug, &d.Theme.Name, &d.Theme.NameEN); err == nil {
		err = json.Unmarshal(detail, &e.Detail)
	}
	return e, err
}

// EventsByID are those of the events that people may be told of now, in their
// order.
func (s *Service) EventsByID(ctx context.Context, q database.Querier, ids []int64) ([]Event, error) {
	rows, err := s.querier(q).Query(ctx, `SELECT `+eventColumns+eventTables+`WHERE e.id = ANY(@ids) AND `+Told+` ORDER BY e.id`, pgx.NamedArgs{"ids": ids})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanEvent)
}

// EventsOf are the newest events of an entry that viewer may see, for its feed.
func (s *Service) EventsOf(ctx context.Context, viewer account.Actor, slug string, limit int) ([]Event, error) {
	visible := Visible(viewer)
	args := visible.with("slug", keep(slug))
	args["limit"] = limit
	rows, err := s.pool.Query(ctx, `SELECT `+eventColumns+eventTables+`WHERE d.slug = @slug AND `+visible.SQL+` AND `+Told+` ORDER BY e.id DESC LIMIT @limit`, args)
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, scanEvent)
	if err == nil && len(found) == 0 { // the entry says why
		_, err = s.Dataset(ctx, viewer, slug)
	}
	return found, err
}
