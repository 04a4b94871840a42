package following

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database"
	"shuyuan/internal/jobs"
	"shuyuan/internal/workdays"
)

// Mailing is the job of one letter: about one notice, or a day's.
type Mailing struct {
	ID int64 `json:"id"`
}

// Kind names the job.
func (Mailing) Kind() string { return "notice_mailing" }

// Letter is what a mailing tells, as it is when it is sent.
type Letter struct {
	ID     string // the same at every try
	To     string
	Name   string // of the reader
	Lang   Lang
	Digest bool
	Day    time.Time // of a digest
	At     time.Time
	Items  []Notice         // in the order in which they happened
	Ends   map[Topic]string // a token that ends letters, by topic
	End    string           // one that ends letters like this one
}

// Told is a notice that was just written.
type Told struct {
	ID   int64
	User int64
	Mail Mode
	Kind string // as of a Notice
}

// OnTold adds somebody who acts on new notices, in the transaction that writes
// them. It is for the start of the program.
func (s *Service) OnTold(do func(ctx context.Context, tx pgx.Tx, list []Told) error) {
	s.onTold = append(s.onTold, do)
}

// sendOut has letters sent for new notices, once the transaction
// that wrote them commits.
func (s *Service) sendOut(ctx context.Context, tx pgx.Tx, list []Told) error {
	for _, do := range s.onTold {
		if err := do(ctx, tx, list); err != nil {
			return err
		}
	}
	for _, n := range list {
		if n.Mail != AtOnce {
			continue
		}
		id, err := insertMailing(ctx, tx, n, s.now())
		if err != nil {
			return err
		}
		if err := jobs.Announce(ctx, tx, Mailing{ID: id}); err != nil {
			return err
		}
	}
	return nil
}

// SendDaily puts what waits for the daily letters into one letter each, once a
// day after the hour of the platform. What comes after the letter of a day goes
// into the next.
func (s *Service) SendDaily(ctx context.Context) error {
	now := s.now().In(workdays.Zone)
	if now.Hour() < s.rules.Hour {
		return nil
	}
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		ids, err := insertDigests(ctx, tx, now.Format(time.DateOnly), s.now())
		if err != nil {
			return struct{}{}, err
		}
		for _, id := range ids {
			if err := jobs.Announce(ctx, tx, Mailing{ID: id}); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, nil
	})
	return err
}

// Letter is what a mailing says now; nil where there is nothing to say any more:
// it was sent, its reader wants no letters or is gone, or nobody may know of
// what it was about.
func (s *Service) Letter(ctx context.Context, m Mailing) (*Letter, error) {
	l, user, err := selectMailing(ctx, s.pool, m.ID)
	if err != nil || l == nil {
		return nil, err
	}
	settings, err := selectSettings(ctx, s.pool, user)
	if err != nil {
		return nil, err
	}
	l.ID, l.Lang, l.Ends = "notice-mailing-"+strconv.FormatInt(m.ID, 10), settings.Lang, map[Topic]string{}
	all, err := s.selectNotices(ctx, s.pool, `n.mailing_id = @mailing`, pgx.NamedArgs{"mailing": m.ID, "limit": nil})
	if err != nil {
		return nil, err
	}
	if all, err = s.atDesk(ctx, user, all); err != nil {
		return nil, err
	}
	for i := len(all) - 1; i >= 0; i-- { // as they happened
		if n := all[i]; settings.Modes[n.Topic][Mail] != Off {
			l.Items = append(l.Items, n)
			l.Ends[n.Topic] = s.token(Unsubscription{User: user, Topic: n.Topic})
		}
	}
	if len(l.Items) == 0 {
		return nil, s.Sent(ctx, m)
	}
	if l.End = l.Ends[l.Items[0].Topic]; l.Digest {
		l.End = s.token(Unsubscription{User: user, Topic: OnDaily})
	}
	return l, nil
}

// Sent keeps that a mailing is done with.
func (s *Service) Sent(ctx context.Context, m Mailing) error {
	return closeMailing(ctx, s.pool, m.ID, s.now())
}
