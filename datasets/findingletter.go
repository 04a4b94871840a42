package datasets

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/jobs"
)

// FindingNotice is the job of one letter: what was found in files that are
// public already and an officer of the department must decide about. It tells
// all that became known in one round, and holds no values.
type FindingNotice struct {
	ID         string        `json:"id"` // the same at every try
	To         string        `json:"to"` // e-mail address
	Department string        `json:"department"`
	At         time.Time     `json:"at"`
	News       []FindingNews `json:"news"`
}

// FindingNews is what is told of one finding.
type FindingNews struct {
	Finding  int64        `json:"finding"` // id
	Slug     string       `json:"slug"`
	Title    string       `json:"title"`
	Name     string       `json:"name"`    // of the resource
	Version  int          `json:"version"` // number
	Sentence string       `json:"sentence"`
	Args     SentenceArgs `json:"args"`
}

// SentenceArgs are arguments of a sentence that come back from JSON as they
// were: texts and whole numbers.
type SentenceArgs []any

// UnmarshalJSON reads them.
func (a *SentenceArgs) UnmarshalJSON(text []byte) (err error) {
	*a, err = sentenceArgs(text)
	return err
}

// Kind names the job.
func (FindingNotice) Kind() string { return "finding_notice" }

// TellOfFindings announces letters about what must be decided in files that are
// public already: to the department, to each of its officers, who decide, and
// to its reviewers.
// Each version and kind is told of once, for ever, also where nobody has an
// address or where more of it is found later: the desk of findings tells the
// rest.
func (s *Service) TellOfFindings(ctx context.Context) error {
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		letters, err := s.findingLetters(ctx, tx)
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

// toldOnce is what was not told yet, marked as told.
type toldOnce struct {
	FindingNews
	department int64
	name       string
	email      string // of the department, for this entry; may be empty
}

func (s *Service) findingLetters(ctx context.Context, tx pgx.Tx) ([]FindingNotice, error) {
	news, err := untold(ctx, tx, s.now())
	if err != nil || len(news) == 0 {
		return nil, err
	}
	var departments []int64
	for _, n := range news {
		departments = append(departments, n.department)
	}
	people, err := account.Players(ctx, tx, departments, account.Officer, account.SecurityReviewer, account.SecrecyReviewer, account.CyberspaceReviewer)
	if err != nil {
		return nil, err
	}
	var letters []FindingNotice
	for _, n := range news {
		told := map[string]bool{}
		for _, to := range append([]string{n.email}, people[n.department]...) {
			if !strings.Contains(to, "@") || told[strings.ToLower(to)] {
				continue
			}
			told[strings.ToLower(to)] = true
			at := slices.IndexFunc(letters, func(l FindingNotice) bool { return strings.EqualFold(l.To, to) && l.Department == n.name })
			if at < 0 {
				at, letters = len(letters), append(letters, FindingNotice{ID: strings.ToLower(rand.Text()), To: to, Department: n.name, At: s.now()})
			}
			letters[at].News = append(letters[at].News, n.FindingNews)
		}
	}
	return letters, nil
}

func untold(ctx context.Context, tx pgx.Tx, now time.Time) ([]toldOnce, error) {
	rows, err := tx.Query(ctx, `
		WITH standing AS MATERIALIZED (
			SELECT v.id AS version, v.number, f.id, f.kind, f.position, f.column_name, f.sentence, f.args, r.name, r.position AS place, d.slug, d.title, d.department_id, d.email
			FROM findings f
			JOIN versions v ON v.resource_id = f.resource_id AND v.sha256 = f.sha256
			JOIN resources r ON r.id = f.resource_id
			JOIN datasets d ON d.id = r.dataset_id
			WHERE f.state = 'open' AND f.severity = 'block' AND `+toldOfPublic+`
		), told AS (
			INSERT INTO finding_letters (version_id, kind, at) SELECT DISTINCT version, kind, @now::timestamptz FROM standing
			ON CONFLICT DO NOTHING RETURNING version_id, kind)
		SELECT p.id, p.name, CASE WHEN n.email <> '' THEN n.email ELSE p.email END, n.id, n.slug, n.title, n.name, n.number, n.sentence, n.args
		FROM standing n
		JOIN told t ON t.version_id = n.version AND t.kind = n.kind
		JOIN departments p ON p.id = n.department_id
		ORDER BY p.id, n.title, n.place, n.number, n.position, n.column_name, n.id`, pgx.NamedArgs{"now": now})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (n toldOnce, err error) {
		var args []byte
		if err = row.Scan(&n.department, &n.name, &n.email, &n.Finding, &n.Slug, &n.Title, &n.Name, &n.Version, &n.Sentence, &args); err == nil {
			err = json.Unmarshal(args, &n.Args)
		}
		return n, err
	})
}
