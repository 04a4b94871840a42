package corrections

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/jobs"
)

// Notice is the job of one letter about an objection: to the desk, to whoever
// filed it, or to whoever took the data that was corrected. It holds no word of
// what was alleged, so that nobody sends a stranger words through us, and no link.
type Notice struct {
	ID       string    `json:"id"` // the same at every try
	To       string    `json:"to"`
	For      Reader    `json:"for"`
	Number   int64     `json:"number"`
	Act      Action    `json:"act"`
	Title    string    `json:"title"` // of the entry
	TitleEN  string    `json:"title_en"`
	Slug     string    `json:"slug"`
	From     string    `json:"from"` // the department
	FromEN   string    `json:"from_en"`
	Words    string    `json:"words"` // of the department; empty: none
	Due      string    `json:"due"`   // date; empty: no day
	Profile  string    `json:"profile"`
	Path     string    `json:"path"`     // of the rule of Due
	Language string    `json:"language"` // zh or en; empty: as its account says
	At       time.Time `json:"at"`
}

// Kind names the job.
func (Notice) Kind() string { return "correction_notice" }

// Reader is who a letter is for.
type Reader string

// The readers.
const (
	ForDesk       Reader = "desk"
	ForReporter   Reader = "reporter"
	ForDownloader Reader = "downloader"
)

func (s *Service) notice(c *Correction, for_ Reader, a Action) Notice {
	d := c.Dataset
	n := Notice{For: for_, Number: c.ID, Act: a, Title: d.Title, TitleEN: d.TitleEN, Slug: d.Slug, From: d.Department.Name, FromEN: d.Department.NameEN, At: s.now()}
	if c.State.Open() && c.Clock != nil {
		n.Due, n.Profile, n.Path = c.Clock.Last.Format(time.DateOnly), c.Clock.Profile, c.Clock.Path
	}
	return n
}

func announce(ctx context.Context, tx pgx.Tx, n Notice, to ...string) error {
	for _, address := range to {
		if !strings.Contains(address, "@") {
			continue
		}
		n.ID, n.To = strings.ToLower(rand.Text()), address
		if err := jobs.Announce(ctx, tx, n); err != nil {
			return err
		}
	}
	return nil
}

// tellDesk announces the letter to whoever must act after a step: the authority
// that forwards, the officers who check, the head who decides about more days.
func (s *Service) tellDesk(ctx context.Context, tx pgx.Tx, c *Correction, a Action) error {
	role, at := account.Officer, []int64{c.department}
	switch {
	case a == File && c.State == Submitted:
		var err error
		role = account.Authority
		if at, err = underProfile(ctx, tx, c.Profile); err != nil {
			return err
		}
	case a == AskMore:
		role = account.Head
	case a == File, a == Forward, a == GiveMore, a == DenyMore, a == Reopen:
	default:
		return nil
	}
	people, err := account.Players(ctx, tx, at, role)
	if err != nil {
		return err
	}
	n := s.notice(c, ForDesk, a)
	for _, department := range at {
		if err := announce(ctx, tx, n, people[department]...); err != nil {
			return err
		}
	}
	return nil
}

// underProfile are the departments that a text binds: the authority over them is
// one of them.
func underProfile(ctx context.Context, q database.Querier, profile string) ([]int64, error) {
	rows, err := q.Query(ctx, `SELECT id FROM departments WHERE profile = @profile ORDER BY id`, pgx.NamedArgs{"profile": profile})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// tellReporter announces the letter to whoever filed it, where the contact is an
// e-mail address.
func (s *Service) tellReporter(ctx context.Context, tx pgx.Tx, c *Correction, by *Reporter, a Action) error {
	if by == nil {
		return nil
	}
	n := s.notice(c, ForReporter, a)
	switch a {
	case Correct, Confirm:
		n.Words = c.Answer
	case File, Forward, GiveMore, Disagree:
	default:
		return nil
	}
	if by.User == 0 {
		n.Language = by.Language
	}
	return announce(ctx, tx, n, by.Contact)
}

// tellDownloaders announces the letter to whoever is known to have taken data of
// the entry.
func (s *Service) tellDownloaders(ctx context.Context, tx pgx.Tx, c *Correction) error {
	people, err := s.catalogue.KnownDownloaders(ctx, tx, c.Dataset.ID)
	if err != nil {
		return err
	}
	n := s.notice(c, ForDownloader, Correct)
	n.Words = c.Answer
	return announce(ctx, tx, n, people...)
}

// LinkFor is the link of the objection with that number, for a letter to whoever
// filed it.
func (s *Service) LinkFor(ctx context.Context, number int64) (string, error) {
	c, err := s.one(ctx, s.pool, number, "")
	if err != nil {
		return "", err
	}
	return s.link(c), nil
}
