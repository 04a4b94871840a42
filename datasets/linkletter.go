package datasets

import (
	"cmp"
	"context"
	"crypto/rand"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database"
	"shuyuan/internal/jobs"
	"shuyuan/internal/outbound"
)

// LinkNotice is the job of one letter to a department: which of its addresses
// are dead, and which answer again. One letter tells everything that became
// known in one round of checks.
type LinkNotice struct {
	ID         string     `json:"id"` // the same at every try
	To         string     `json:"to"` // e-mail address
	Department string     `json:"department"`
	At         time.Time  `json:"at"`
	Dead       []LinkNews `json:"dead,omitempty"`
	Back       []LinkNews `json:"back,omitempty"`
}

// LinkNews is what is told of one address.
type LinkNews struct {
	Resource string           `json:"resource"` // id
	Slug     string           `json:"slug"`
	Title    string           `json:"title"`
	Name     string           `json:"name"`
	URL      string           `json:"url"`
	Problem  outbound.Problem `json:"problem,omitempty"`
	Status   int              `json:"status,omitempty"`
	Since    *time.Time       `json:"since,omitempty"`
}

// Kind names the job.
func (LinkNotice) Kind() string { return "link_notice" }

// tellOfLinks announces a letter to each department of which an address died or
// came back since it was last told. Whoever has no e-mail address is told by
// the desk alone.
func (s *Service) tellOfLinks(ctx context.Context) error {
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		rows, err := tx.Query(ctx, `
			WITH news AS (
				UPDATE link_states SET told = (state = 'dead') WHERE resource_id IN (
					SELECT resource_id FROM link_states WHERE state = 'dead' AND NOT told OR state IN ('ok', 'wrong') AND told FOR UPDATE SKIP LOCKED)
				RETURNING resource_id, told, problem, status, failing_since)
			SELECT CASE WHEN d.email <> '' THEN d.email ELSE p.email END, p.name, n.told, r.id, d.slug, d.title, r.name, k.url, n.problem, n.status, n.failing_since
			FROM news n JOIN links k USING (resource_id) JOIN resources r ON r.id = n.resource_id JOIN datasets d ON d.id = r.dataset_id JOIN departments p ON p.id = d.department_id
			WHERE d.status <> 'withdrawn' ORDER BY 1, d.title, r.position`)
		if err != nil {
			return none, err
		}
		letters, err := s.linkLetters(rows)
		if err != nil {
			return none, err
		}
		for _, l := range letters {
			if err := jobs.Announce(ctx, tx, l); err != nil {
				return none, err
			}
		}
		return none, nil
	})
	return err
}

func (s *Service) linkLetters(rows pgx.Rows) (letters []LinkNotice, err error) {
	var to, department string
	var dead bool
	var n LinkNews
	_, err = pgx.ForEachRow(rows, []any{&to, &department, &dead, &n.Resource, &n.Slug, &n.Title, &n.Name, &n.URL, &n.Problem, &n.Status, &n.Since}, func() error {
		if !strings.Contains(to, "@") {
			return nil
		}
		if len(letters) == 0 || letters[len(letters)-1].To != to || letters[len(letters)-1].Department != department {
			letters = append(letters, LinkNotice{ID: strings.ToLower(rand.Text()), To: to, Department: department, At: s.now()})
		}
		l := &letters[len(letters)-1]
		news := n
		news.Since = nil
		if dead {
			since := *cmp.Or(n.Since, &l.At)
			news.Since = &since
			l.Dead = append(l.Dead, news)
		} else {
			news.Problem, news.Status = "", 0
			l.Back = append(l.Back, news)
		}
		return nil
	})
	return letters, err
}
