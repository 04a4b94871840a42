package opening

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/datasets/catalogue"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// NewEvent is an emergency as the authority records that it was declared.
type NewEvent struct {
	Kind       string
	Title      string
	DeclaredBy string
	DeclaredOn string // a date
	Basis      string
}

// DeclareEvent records an emergency for the departments under who's text. It
// returns fault.Invalid at the field that lacks something: without who declared
// it, when and on what basis, nothing is opened before its review (AS-20.4,
// AB-32).
func (s *Service) DeclareEvent(ctx context.Context, who account.Actor, n NewEvent) (*Event, error) {
	if !who.Is(account.Authority) || who.Department == 0 || who.Key != "" {
		return nil, fault.New(fault.Forbidden, "突发事件由数据主管部门登记。")
	}
	for _, f := range []struct {
		field string
		text  *string
		empty string
	}{{"title", &n.Title, "请写明是什么事件。"}, {"declared_by", &n.DeclaredBy, "请写明由谁宣布或者启动响应。"}, {"basis", &n.Basis, "请写明依据：文号、条款。"}} {
		clean, err := datasets.CleanLine(f.field, *f.text)
		if err != nil {
			return nil, err
		}
		if *f.text = clean; clean == "" || f.field == "basis" && catalogue.Vague(clean) {
			return nil, fault.At(f.field, f.empty)
		}
	}
	if !slices.ContainsFunc(EventKinds(), func(l Line) bool { return l.Code == n.Kind }) {
		return nil, fault.At("kind", "请选择事件的种类。")
	}
	on, err := time.Parse(time.DateOnly, n.DeclaredOn)
	if err != nil || on.Year() < 1949 {
		return nil, fault.At("declared_on", "日期要写成 2026-11-30 这样。")
	}
	if n.DeclaredOn > s.now().In(china).Format(time.DateOnly) {
		return nil, fault.At("declared_on", "还没有宣布的事件不能登记。")
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Event, error) {
		e := &Event{Kind: n.Kind, Title: n.Title, DeclaredBy: n.DeclaredBy, DeclaredOn: on, Basis: n.Basis, RecordedName: who.Name, RecordedAt: s.now().Truncate(time.Microsecond)}
		var err error
		if e.Profile, err = profileOf(ctx, tx, who.Department); err != nil {
			return nil, err
		}
		if err := insertEvent(ctx, tx, who, e); err != nil {
			return nil, err
		}
		return e, audit.Append(ctx, tx, who, "opening-event", strconv.FormatInt(e.ID, 10), "declare", map[string]string{"kind": e.Kind, "title": e.Title, "basis": e.Basis})
	})
}

// EndEvent records that an emergency is over: nothing more is opened under it.
func (s *Service) EndEvent(ctx context.Context, who account.Actor, eventID int64) error {
	if !who.Is(account.Authority) || who.Department == 0 || who.Key != "" {
		return fault.New(fault.Forbidden, "突发事件由数据主管部门登记。")
	}
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var none struct{}
		tag, err := tx.Exec(ctx, `UPDATE opening_events SET ended_on = @today WHERE id = @id AND ended_on IS NULL AND profile = (SELECT profile FROM departments WHERE id = @department)`,
			pgx.NamedArgs{"id": eventID, "today": s.now().In(china).Format(time.DateOnly), "department": who.Department})
		if err != nil {
			return none, err
		}
		if tag.RowsAffected() == 0 {
			return none, errNoEvent()
		}
		return none, audit.Append(ctx, tx, who, "opening-event", strconv.FormatInt(eventID, 10), "end", nil)
	})
	return err
}

func errNoEvent() error {
	return fault.New(fault.NotFound, "没有这个正在进行的突发事件。")
}

// Events are the emergencies of the text that binds who's department.
func (s *Service) Events(ctx context.Context, who account.Actor) ([]Event, error) {
	if _, _, ok := mine(who); !ok {
		return nil, fault.New(fault.Forbidden, "只有部门和审查员能看开放审查。")
	}
	return selectEvents(ctx, s.pool, `e.profile = (SELECT profile FROM departments WHERE id = @department)`, pgx.NamedArgs{"department": who.Department})
}

// eventFor is an emergency under which a department of that text may open now.
func (s *Service) eventFor(ctx context.Context, q database.Querier, profile string, eventID int64) (*Event, error) {
	found, err := selectEvents(ctx, q, `e.id = @id AND e.profile = @profile AND e.ended_on IS NULL`, pgx.NamedArgs{"id": eventID, "profile": profile})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fault.At("event", "没有这个正在进行的突发事件。")
	}
	return &found[0], nil
}

// PublicEmergency is a declared event with the slugs of what was opened under
// it; whether each is public now, datasets.Visible says.
type PublicEmergency struct {
	Event
	Slugs []string
}

// PublicEmergencies are the events under which something was opened, for
// everybody, the newest first.
func (s *Service) PublicEmergencies(ctx context.Context) ([]PublicEmergency, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT o.event_id, d.slug FROM opening_reviews o JOIN datasets d ON d.id = o.dataset_id
		WHERE o.event_id IS NOT NULL AND o.state IN ('published_provisional', 'confirmed') AND o.revoked_at IS NULL AND d.status = 'published' AND d.open_type <> 'withheld'
		GROUP BY o.event_id, d.slug, d.title ORDER BY d.title, d.slug`)
	if err != nil {
		return nil, err
	}
	slugs, ids := map[int64][]string{}, []int64{}
	var event int64
	var slug string
	if _, err := pgx.ForEachRow(rows, []any{&event, &slug}, func() error {
		slugs[event], ids = append(slugs[event], slug), append(ids, event)
		return nil
	}); err != nil {
		return nil, err
	}
	events, err := selectEvents(ctx, s.pool, `e.id = ANY (@ids)`, pgx.NamedArgs{"ids": ids})
	var out []PublicEmergency
	for _, e := range events {
		out = append(out, PublicEmergency{e, slugs[e.ID]})
	}
	return out, err
}

// EmergencyOf is the review of the emergency under which an entry is open, with
// its event and its clock; fault.NotFound where it is open under none.
func (s *Service) EmergencyOf(ctx context.Context, datasetID int64) (*Review, error) {
	found, err := selectReviews(ctx, s.pool, `o.dataset_id = @dataset AND o.event_id IS NOT NULL AND o.state IN ('published_provisional', 'confirmed') AND o.revoked_at IS NULL AND o.version_id IS NOT NULL`,
		pgx.NamedArgs{"dataset": datasetID}, ` ORDER BY o.id DESC LIMIT 1`)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errNoReview()
	}
	s.resume(found[0])
	return found[0], nil
}
