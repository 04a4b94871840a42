package opening

import (
	"context"
	"crypto/rand"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/internal/inbox"
	"shuyuan/internal/jobs"
)

// Incident is that an entry was taken from the public at once.
type Incident struct {
	ID             int64
	Slug, Title    string
	TitleEN        string
	Department     int64
	DepartmentName string
	Reason         string
	Name           string
	Role           account.Role
	By             string // the body that whoever withdrew it acts for
	ByEN           string
	At             time.Time
	Told           int
	RestoredAt     *time.Time
	Versions       []IncidentVersion // of its files, each of which must pass a new review
}

// IncidentVersion is one version of an entry that was withdrawn.
type IncidentVersion struct {
	ID       int64
	Resource string
	Number   int
	Review   int64 // that lets it through again, or waits; 0: none
	Let      bool
}

// withdrawing are who may take data from the public at once: who answers for
// it, the authority over it, and the regulator.
var withdrawing = []account.Role{account.Head, account.Authority, account.Regulator}

// MayWithdraw reports whether who could take something from the public at once.
func MayWithdraw(who account.Actor) bool {
	return who.Any(withdrawing...) && who.Department != 0 && who.Key == ""
}

// IncidentNotice is the job of one letter to a known downloader (TJ-50).
type IncidentNotice struct {
	ID         string    `json:"id"`
	To         string    `json:"to"`
	Incident   int64     `json:"incident"`
	Department string    `json:"department"`
	Title      string    `json:"title"`
	TitleEN    string    `json:"title_en"`
	Slug       string    `json:"slug"`
	Reason     string    `json:"reason"`
	At         time.Time `json:"at"`
}

// Kind names the job.
func (IncidentNotice) Kind() string { return "opening_incident" }

// Withdraw takes an entry from the public at once (published to
// emergency_withdrawn): no byte of it is served from then on, its page says that
// it was withdrawn and why, whoever is known to have taken it is written to, and
// every approval of it ends, so that nothing but new reviews brings it back. It
// returns fault.NotFound for what is not public, fault.Forbidden where it is not
// who's to withdraw, and fault.Invalid without a reason.
func (s *Service) Withdraw(ctx context.Context, who account.Actor, slug, reason string) (*Incident, error) {
	if !MayWithdraw(who) {
		return nil, fault.New(fault.Forbidden, "紧急撤回由提供部门的负责人、主管部门或者监管机构作出。")
	}
	reason, err := datasets.CleanProse("reason", reason)
	if err != nil {
		return nil, err
	}
	if reason == "" {
		return nil, fault.At("reason", "请写明为什么紧急撤回：公开的页面会说。")
	}
	d, err := s.catalogue.Dataset(ctx, account.Actor{}, slug) // as the public sees it
	if err != nil {
		return nil, fault.At("slug", "没有这个公开的数据集。").Because(err)
	}
	if err := s.mayWithdraw(ctx, who, d); err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Incident, error) {
		at := s.now().Truncate(time.Microsecond)
		addresses, err := s.catalogue.KnownDownloaders(ctx, tx, d.ID)
		if err != nil {
			return nil, err
		}
		i := &Incident{Slug: d.Slug, Title: d.Title, TitleEN: d.TitleEN, Department: d.Department.ID, DepartmentName: d.Department.Name, Reason: reason, Name: who.Name, Role: roleOf(who), At: at, Told: len(addresses)}
		if err := insertIncident(ctx, tx, who, d.ID, i); err != nil {
			return nil, err
		}
		if _, err := revokeReviews(ctx, tx, `o.dataset_id = @dataset AND o.state IN ('approved', 'approved_conditional', 'published_provisional', 'confirmed')`, who, reason, at, pgx.NamedArgs{"dataset": d.ID}); err != nil {
			return nil, err
		}
		if err := s.catalogue.WithdrawIn(ctx, tx, who, d.ID, fmt.Sprintf("紧急撤回（%s）：%s", at.In(china).Format(time.DateOnly), reason)); err != nil {
			return nil, err
		}
		if err := audit.Append(ctx, tx, who, "dataset", d.Slug, "emergency-withdraw", map[string]string{"incident": strconv.FormatInt(i.ID, 10), "reason": reason, "told": strconv.Itoa(i.Told)}); err != nil {
			return nil, err
		}
		for _, to := range addresses {
			n := IncidentNotice{ID: strings.ToLower(rand.Text()), To: to, Incident: i.ID, Department: d.Department.Name, Title: d.Title, TitleEN: d.TitleEN, Slug: d.Slug, Reason: reason, At: at}
			if err := jobs.Announce(ctx, tx, n); err != nil {
				return nil, err
			}
		}
		return i, nil
	})
}

// roleOf is the part in which who withdraws.
func roleOf(who account.Actor) account.Role {
	for _, r := range withdrawing {
		if who.Is(r) {
			return r
		}
	}
	return ""
}

// mayWithdraw asks whose entry it is: a head's own, and for the authority and the
// regulator one under the same text.
func (s *Service) mayWithdraw(ctx context.Context, who account.Actor, d *datasets.Dataset) error {
	if who.Is(account.Head) && who.Department == d.Department.ID {
		return nil
	}
	profile, err := profileOf(ctx, s.pool, who.Department)
	if err != nil {
		return err
	}
	if who.Any(account.Authority, account.Regulator) && profile == d.Department.Profile {
		return nil
	}
	return fault.New(fault.Forbidden, "这个数据集不归您管，不能由您撤回。")
}

// Incidents are those that who may know of, the newest first: of the own
// department, and for the authority and the regulator those under the same text.
func (s *Service) Incidents(ctx context.Context, who account.Actor) ([]Incident, error) {
	where := `d.department_id = @department`
	switch {
	case who.Department == 0 || who.Key != "":
		return nil, fault.New(fault.Forbidden, "只有部门、主管部门和监管机构能看紧急撤回。")
	case who.Any(account.Authority, account.Regulator):
		where = `p.profile = (SELECT profile FROM departments WHERE id = @department)`
	case !who.Any(account.Officer, account.Head):
		return nil, fault.New(fault.Forbidden, "只有部门、主管部门和监管机构能看紧急撤回。")
	}
	return selectIncidents(ctx, s.pool, where, pgx.NamedArgs{"department": who.Department})
}

// incidentsWaiting are those of who's department that nobody has brought back.
func (s *Service) incidentsWaiting(ctx context.Context, who account.Actor) ([]inbox.Item, error) {
	if !who.Is(account.Officer) {
		return nil, nil
	}
	open, err := selectIncidents(ctx, s.pool, `d.department_id = @department AND i.restored_at IS NULL AND d.status = 'withdrawn'`, pgx.NamedArgs{"department": who.Department})
	var out []inbox.Item
	for _, i := range open {
		out = append(out, inbox.Item{Kind: "opening-incident", ID: strconv.FormatInt(i.ID, 10), Title: inbox.Text{Zh: i.Title, En: i.TitleEN}, Ask: "紧急撤回了：弄清楚，改好，重新送审", Path: "/desk/reviews/incidents", Since: i.At})
	}
	return out, err
}

func insertIncident(ctx context.Context, tx pgx.Tx, who account.Actor, dataset int64, i *Incident) error {
	err := tx.QueryRow(ctx, `
		INSERT INTO opening_incidents (dataset_id, reason, withdrawn_by, name, role, department_id, withdrawn_at, told)
		VALUES (@dataset, @reason, @who, @name, @role, @department, @at, @told) RETURNING id`,
		pgx.NamedArgs{"dataset": dataset, "reason": i.Reason, "who": who.ID, "name": who.Name, "role": i.Role, "department": who.Department, "at": i.At, "told": i.Told}).Scan(&i.ID)
	if database.Taken(err) {
		return fault.New(fault.Conflict, "这个数据集已经紧急撤回了。")
	}
	if err != nil {
		return fmt.Errorf("insert incident: %w", err)
	}
	return nil
}

func selectIncidents(ctx context.Context, q database.Querier, where string, args pgx.NamedArgs) ([]Incident, error) {
	rows, err := q.Query(ctx, `
		SELECT i.id, d.slug, d.title, d.title_en, d.department_id, p.name, i.reason, i.name, i.role, b.name, b.name_en, i.withdrawn_at, i.told, i.restored_at,
		       (SELECT coalesce(jsonb_agg(jsonb_build_object('ID', v.id, 'Resource', r.name, 'Number', v.number, 'Review', coalesce(o.id, 0), 'Let', coalesce(o.state IN ('approved', 'approved_conditional'), false)) ORDER BY r.position, v.number), '[]')
		        FROM resources r JOIN versions v ON v.resource_id = r.id
		        LEFT JOIN LATERAL (SELECT o.id, o.state FROM opening_reviews o WHERE o.resource_id = r.id AND o.sha256 = v.sha256 AND o.proposed_at >= i.withdrawn_at AND o.revoked_at IS NULL ORDER BY o.id DESC LIMIT 1) o ON true
		        WHERE r.dataset_id = d.id)
		FROM opening_incidents i JOIN datasets d ON d.id = i.dataset_id JOIN departments p ON p.id = d.department_id JOIN departments b ON b.id = i.department_id
		WHERE `+where+` ORDER BY i.id DESC LIMIT 200`, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Incident])
}
