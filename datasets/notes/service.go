package notes

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/internal/inbox"
)

// Service has every operation on notes.
type Service struct {
	pool      *pgxpool.Pool
	catalogue *datasets.Service
	now       func() time.Time
}

// New returns the notes on the entries of a catalogue.
func New(pool *pgxpool.Pool, catalogue *datasets.Service, now func() time.Time) *Service {
	return &Service{pool: pool, catalogue: catalogue, now: now}
}

func errNone() error { return fault.New(fault.NotFound, "没有这篇解读。") }

// clean brings a text to its one form; it returns fault.Invalid at the field.
func (t *Text) clean() (err error) {
	for _, f := range []struct {
		name  string
		text  *string
		clean func(string, string) (string, error)
	}{
		{"title", &t.Title, datasets.CleanLine}, {"title_en", &t.TitleEN, datasets.CleanLine}, {"body", &t.Body, datasets.CleanProse}, {"body_en", &t.BodyEN, datasets.CleanProse},
	} {
		if *f.text, err = f.clean(f.name, *f.text); err != nil {
			return err
		}
	}
	return nil
}

// Write begins a note on a published entry of who's department. It returns
// fault.NotFound for an entry that who may not see.
func (s *Service) Write(ctx context.Context, who account.Actor, slug string, t Text) (*Note, error) {
	d, err := s.catalogue.Dataset(ctx, who, slug)
	if err != nil {
		return nil, err
	}
	n := &Note{Dataset: *d, State: Draft, Text: t, Author: who.Name, ChangedAt: s.now(), Revision: 1, author: who.ID}
	if !mine(who, n) || !who.Is(account.Officer) {
		return nil, fault.New(fault.Forbidden, "只有本部门的数据专员能写解读。")
	}
	if d.Status != datasets.Published {
		return nil, fault.New(fault.Conflict, "这个条目没有公开，公开后再写解读。")
	}
	if err := n.clean(); err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Note, error) {
		if err := insert(ctx, tx, n); err != nil {
			return nil, err
		}
		return n, audit.Append(ctx, tx, who, "note", id(n), "write", map[string]string{"dataset": d.Slug})
	})
}

// Save keeps what is being written; it becomes a draft again. Revision is that of
// the page it was done on. It returns fault.Conflict where somebody was first.
func (s *Service) Save(ctx context.Context, who account.Actor, number int64, t Text, revision int) (*Note, error) {
	if err := t.clean(); err != nil {
		return nil, err
	}
	return s.change(ctx, who, number, revision, func(tx pgx.Tx, n *Note) error {
		n.Text, n.Author, n.author, n.Reason = t, who.Name, who.ID, ""
		return s.move(ctx, tx, who, n, Edit)
	})
}

// Move submits, approves or returns a note. What is approved is a version from
// then on, with the event that tells of it. It returns the faults of Save.
func (s *Service) Move(ctx context.Context, who account.Actor, number int64, action Action, reason string, revision int) (*Note, error) {
	reason, err := datasets.CleanProse("reason", reason)
	if err != nil {
		return nil, err
	}
	if action == Edit {
		return nil, fault.New(fault.Conflict, "现在的状态不能这样做，请刷新页面看看有什么变化。")
	}
	return s.change(ctx, who, number, revision, func(tx pgx.Tx, n *Note) error {
		if n.Reason = ""; action == Return {
			n.Reason = reason
		}
		if err := s.move(ctx, tx, who, n, action); err != nil || action != Approve {
			return err
		}
		n.Versions++
		if err := insertVersion(ctx, tx, n, who, s.now()); err != nil {
			return err
		}
		if err := s.catalogue.Happened(ctx, tx, n.Dataset.ID, datasets.EventNote, n.ID, id(n)+"/"+strconv.Itoa(n.Versions), datasets.EventDetail{Title: n.Title, TitleEN: n.TitleEN}); err != nil {
			return err
		}
		return s.catalogue.Announce(ctx, tx, n.Dataset.ID)
	})
}

// change locks a note of who's department, changes it and saves it.
func (s *Service) change(ctx context.Context, who account.Actor, number int64, revision int, do func(pgx.Tx, *Note) error) (*Note, error) {
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Note, error) {
		n, err := lock(ctx, tx, number)
		if err != nil {
			return nil, err
		}
		if !mine(who, n) {
			return nil, errNone()
		}
		if n.Revision != revision {
			return n, fault.New(fault.Conflict, "这篇解读在您打开之后已经有人处理过，请重新打开看看。")
		}
		return n, do(tx, n)
	})
}

func (s *Service) move(ctx context.Context, tx pgx.Tx, who account.Actor, n *Note, action Action) (err error) {
	from := n.State
	n.by, n.ChangedAt = who.ID, s.now()
	if n.State, err = lifecycle.Next(from, action, who, n); err != nil {
		return err
	}
	if err := save(ctx, tx, n); err != nil {
		return err
	}
	return audit.Append(ctx, tx, who, "note", id(n), string(action), audit.Moved(from, n.State))
}

// One is a note of who's department.
func (s *Service) One(ctx context.Context, who account.Actor, number int64) (*Note, error) {
	found, err := list(ctx, s.pool, `n.id = @id`, pgx.NamedArgs{"id": number})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 || !mine(who, &found[0]) {
		return nil, errNone()
	}
	return &found[0], nil
}

// Department are the notes of who's department, the newest first.
func (s *Service) Department(ctx context.Context, who account.Actor) ([]Note, error) {
	if !who.Any(account.Officer, account.Head) || who.Department == 0 {
		return nil, fault.New(fault.Forbidden, "只有部门的数据专员和负责人能看这一页。")
	}
	return list(ctx, s.pool, `d.department_id = @department`, pgx.NamedArgs{"department": who.Department})
}

// Of are the versions that were approved of an entry's notes, for everybody who
// can see the entry: of each note the newest first. Newest leaves out the older.
func (s *Service) Of(ctx context.Context, who account.Actor, slug string, newest bool) ([]Version, error) {
	d, err := s.catalogue.Dataset(ctx, who, slug) // who may see the entry may read what explains it
	if err != nil {
		return nil, err
	}
	found, err := versions(ctx, s.pool, d.ID, newest)
	for i := range found {
		found[i].Department = d.Department
	}
	return found, err
}

// Waiting implements inbox.Source: to the head what is to be approved, to the
// officers what was returned.
func (s *Service) Waiting(ctx context.Context, who account.Actor) ([]inbox.Item, error) {
	if !who.Any(account.Officer, account.Head) || who.Department == 0 {
		return nil, nil
	}
	found, err := list(ctx, s.pool, `d.department_id = @department AND n.state IN ('submitted', 'returned')`, pgx.NamedArgs{"department": who.Department})
	if err != nil {
		return nil, err
	}
	var out []inbox.Item
	for i := range found {
		n := &found[i]
		item := inbox.Item{Kind: "note", ID: id(n), Title: inbox.Text{Zh: n.Title, En: n.TitleEN}, Sub: inbox.Text{Zh: n.Dataset.Title, En: n.Dataset.TitleEN}, Path: "/desk/notes/" + id(n), Since: n.ChangedAt}
		switch {
		case n.State == Submitted && who.Is(account.Head) && n.author != who.ID:
			item.Ask = "请批准解读，或者退回。"
		case n.State == Returned && who.Is(account.Officer):
			item.Ask = "解读退回了，请改好再送。"
		default:
			continue
		}
		out = append(out, item)
	}
	return out, nil
}

func id(n *Note) string { return strconv.FormatInt(n.ID, 10) }
