package questions

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/jobs"
)

// Notice is the job of one letter: to an officer about a question, or to its
// asker about the answer.
type Notice struct {
	ID       string    `json:"id"` // the same at every try
	To       string    `json:"to"`
	Question int64     `json:"question"`
	State    State     `json:"state"` // open: to an officer; else to the asker
	Title    string    `json:"title"` // of the entry
	TitleEN  string    `json:"title_en"`
	Slug     string    `json:"slug"`
	Body     string    `json:"body"`
	Answer   string    `json:"answer"`
	From     string    `json:"from"` // the department
	FromEN   string    `json:"from_en"`
	Due      string    `json:"due"` // date; of one to an officer
	At       time.Time `json:"at"`
}

// Kind names the job.
func (Notice) Kind() string { return "question_notice" }

func (s *Service) notice(q *Question) Notice {
	d := q.Dataset
	n := Notice{Question: q.ID, State: q.State, Title: d.Title, TitleEN: d.TitleEN, Slug: d.Slug, Body: q.Body, Answer: q.Answer, From: d.Department.Name, FromEN: d.Department.NameEN, At: s.now()}
	if q.State == Open && q.Clock != nil {
		n.Due = q.Clock.Last.Format(time.DateOnly)
	}
	return n
}

// tellDepartment announces a letter to each officer of the department that is
// asked.
func (s *Service) tellDepartment(ctx context.Context, tx pgx.Tx, q *Question) error {
	people, err := account.Players(ctx, tx, []int64{q.Dataset.Department.ID}, account.Officer)
	if err != nil {
		return err
	}
	for _, to := range people[q.Dataset.Department.ID] {
		if !strings.Contains(to, "@") {
			continue
		}
		n := s.notice(q)
		n.ID, n.To = strings.ToLower(rand.Text()), to
		if err := jobs.Announce(ctx, tx, n); err != nil {
			return err
		}
	}
	return nil
}

// tellAsker announces the letter about an answer. An account without mail sees
// it on its own page.
func (s *Service) tellAsker(ctx context.Context, tx pgx.Tx, q *Question) error {
	if q.State == TakenBack || q.User == 0 {
		return nil
	}
	n := s.notice(q)
	var err error
	if n.To, err = addressOf(ctx, tx, q.User); err != nil || n.To == "" {
		return err
	}
	n.ID = strings.ToLower(rand.Text())
	return jobs.Announce(ctx, tx, n)
}
