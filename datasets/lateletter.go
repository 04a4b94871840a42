package datasets

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/jobs"
)

// LateNotice is the job of one letter to a department that has not kept a
// promised day.
type LateNotice struct {
	ID         string     `json:"id"` // the same at every try
	To         string     `json:"to"` // e-mail address
	Department string     `json:"department"`
	English    string     `json:"english"` // its name
	At         time.Time  `json:"at"`
	Late       []LateNews `json:"late"`
}

// LateNews is one entry that was not updated on its day.
type LateNews struct {
	Slug    string `json:"slug"`
	Title   string `json:"title"`
	TitleEN string `json:"title_en"`
	Due     string `json:"due"` // date
}

// Kind names the job.
func (LateNotice) Kind() string { return "late_notice" }

// tellLate announces a letter to each department of these new events. Whoever has
// no e-mail address is told by the desk alone.
func (s *Service) tellLate(ctx context.Context, tx pgx.Tx, events []int64) error {
	rows, err := tx.Query(ctx, `
		SELECT CASE WHEN d.email <> '' THEN d.email ELSE p.email END, p.name, p.name_en, d.slug, d.title, d.title_en, e.detail ->> 'due'
		FROM events e JOIN datasets d ON d.id = e.dataset_id JOIN departments p ON p.id = d.department_id
		WHERE e.id = ANY (@ids) ORDER BY 1, 2, 7, d.id`, pgx.NamedArgs{"ids": events})
	if err != nil {
		return err
	}
	var letters []LateNotice
	var to, name, english string
	var n LateNews
	_, err = pgx.ForEachRow(rows, []any{&to, &name, &english, &n.Slug, &n.Title, &n.TitleEN, &n.Due}, func() error {
		if !strings.Contains(to, "@") {
			return nil
		}
		if len(letters) == 0 || letters[len(letters)-1].To != to || letters[len(letters)-1].Department != name {
			letters = append(letters, LateNotice{ID: strings.ToLower(rand.Text()), To: to, Department: name, English: english, At: s.now()})
		}
		l := &letters[len(letters)-1]
		l.Late = append(l.Late, n)
		return nil
	})
	if err != nil {
		return err
	}
	for _, l := range letters {
		if err := jobs.Announce(ctx, tx, l); err != nil {
			return err
		}
	}
	return nil
}
