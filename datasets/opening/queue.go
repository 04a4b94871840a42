package opening

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/inbox"
)

// Filter narrows a list of reviews. The zero value is what waits.
type Filter struct {
	All   bool // what has ended, too
	Limit int  // 200 if zero
}

// Queue is the reviews that who may know of: what is due first comes first, what
// has ended last, the newest first.
func (s *Service) Queue(ctx context.Context, who account.Actor, f Filter) ([]*Review, error) {
	where, args, ok := mine(who)
	if !ok {
		return nil, fault.New(fault.Forbidden, "只有部门和审查员能看开放审查。")
	}
	if f.Limit <= 0 {
		f.Limit = 200
	}
	args["limit"], args["all"] = f.Limit, f.All
	found, err := selectReviews(ctx, s.pool, `(@all OR o.state IN ('proposed', 'security_check', 'secrecy_check', 'joint_review', 'published_provisional')) AND `+where, args, ` ORDER BY o.id DESC LIMIT @limit`)
	if err != nil {
		return nil, err
	}
	for _, r := range found {
		s.resume(r)
	}
	slices.SortStableFunc(found, func(a, b *Review) int { return due(a).Compare(due(b)) })
	return found, nil
}

// due is when r is due; what has no day, or has ended, comes last.
func due(r *Review) time.Time {
	if r.Clock == nil {
		return time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return r.Clock.Due()
}

// Yours reports whether who is awaited at r: there is something that they and
// nobody of another part can do to bring it on.
func (s *Service) Yours(who account.Actor, r *Review) bool {
	return slices.ContainsFunc(s.Offers(who, r), func(a Action) bool { return a != TakeBack })
}

// Waiting implements inbox.Source: reviews at who's gate, and for officers those
// that came back or were let through and wait to be published.
func (s *Service) Waiting(ctx context.Context, who account.Actor) ([]inbox.Item, error) {
	if _, _, ok := mine(who); !ok {
		return nil, nil
	}
	all, err := s.Queue(ctx, who, Filter{All: true})
	if err != nil {
		return nil, err
	}
	var out []inbox.Item
	for _, r := range all {
		ask := ""
		switch {
		case s.Yours(who, r) && r.State == Proposed:
			ask = "应急开放：先开放，再补审"
		case s.Yours(who, r):
			ask = asks[r.Gate()]
		case who.Is(account.Officer) && who.Department == r.Department:
			ask = s.next(ctx, r)
		}
		if ask == "" {
			continue
		}
		item := inbox.Item{Kind: "opening-review", ID: id(r), Title: inbox.Text{Zh: r.Title + " · " + r.ResourceName, En: english(r)}, Sub: inbox.Text{Zh: r.DepartmentName, En: r.DepartmentNameEN}, Ask: ask, Path: "/desk/reviews/" + id(r), Since: r.ProposedAt, Clock: r.Clock}
		if r.DecidedAt != nil {
			item.Since = *r.DecidedAt
		}
		if r.Clock != nil {
			item.After = "到期没有判：标明超期，仍然不公开"
			if r.State == Provisional {
				item.After = "到期没有判：标明超期，请尽快确认或者撤下"
			}
		}
		out = append(out, item)
	}
	incidents, err := s.incidentsWaiting(ctx, who)
	if err != nil {
		return nil, err
	}
	again, err := s.againWaiting(ctx, who)
	return append(append(out, incidents...), again...), err
}

// english is the title of what r is about, where it has an English one.
func english(r *Review) string {
	if r.TitleEN == "" || r.ResourceNameEN == "" {
		return r.TitleEN
	}
	return r.TitleEN + " · " + r.ResourceNameEN
}

var asks = map[Gate]string{Security: "安全审查", Secrecy: "保密审查", Joint: "会同开放审查"}

// next is what an officer does with a review that has ended; empty where
// nothing is left.
func (s *Service) next(ctx context.Context, r *Review) string {
	if r.Kind == Imported || r.UploadID == "" {
		return ""
	}
	var live bool
	if err := s.pool.QueryRow(ctx, `SELECT state = 'review' AND NOT EXISTS (SELECT FROM opening_reviews o WHERE o.upload_id = @upload AND o.id > @id) FROM uploads WHERE id = @upload`,
		pgx.NamedArgs{"upload": r.UploadID, "id": r.ID}).Scan(&live); err != nil || !live {
		return ""
	}
	switch r.State {
	case Approved, ApprovedConditional, Provisional:
		if r.RevokedAt == nil {
			return "通过了，可以发布"
		}
	case Returned:
		return "退回了，改好再送审"
	case ToDeidentify:
		return "退回脱敏，处理后再送审"
	}
	return ""
}

// OfUpload is the last review of an upload that who may know of; nil where there
// is none.
func (s *Service) OfUpload(ctx context.Context, who account.Actor, upload string) (*Review, error) {
	where, args, ok := mine(who)
	if !ok {
		return nil, nil
	}
	args["upload"] = upload
	found, err := selectReviews(ctx, s.pool, `o.upload_id = @upload AND `+where, args, ` ORDER BY o.id DESC LIMIT 1`)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// Found is a review with everything that its page shows.
type Found struct {
	*Review
	Content     *datasets.Content // nil where it is gone
	Gone        error             // why
	Changed     bool              // it is no longer what was proposed
	Reviewing   bool              // who reads is shown the rows: the Gate said so
	Findings    []datasets.Finding
	Objections  []datasets.Objection
	Columns     []datasets.TableReshaping // from the newest version
	Rows        []datasets.RowDifference
	RowsLater   error  // why rows are not compared; nil if they are, or need not be
	NewerNumber int    // a later version was published since; 0: none
	NewerUpload string // a later file waits; empty: none
	Offers      []Action
	Revocable   bool
	Events      []Event           // of the department's text that have not ended
	Origin      *datasets.Lineage // of which withheld data it was made; nil: of none
}

// Review is one of those that who may know of. Rows and previews are in it for
// its reviewers alone, as the Gate says.
func (s *Service) Review(ctx context.Context, who account.Actor, reviewID int64) (*Found, error) {
	r, err := oneReview(ctx, s.pool, who, reviewID, ``)
	if err != nil {
		return nil, err
	}
	s.resume(r)
	f := &Found{Review: r, Offers: s.Offers(who, r), Revocable: s.MayRevoke(who, r)}
	if f.Content, f.Gone = s.contentOf(ctx, s.pool, r); f.Gone != nil {
		return f, nil
	}
	c := f.Content
	f.Changed = c.Version.SHA256 != r.SHA256 || r.State.Waits() && c.Fingerprint(r.Terms) != r.SchemaHash
	reviewers, err := s.reviewers(ctx, r)
	if err != nil {
		return nil, err
	}
	shown := s.catalogue.Shown(ctx, who, c, reviewers)
	if f.Reviewing = shown == nil; fault.KindOf(shown) == fault.Internal {
		return nil, shown
	}
	if f.NewerNumber, f.NewerUpload, err = s.catalogue.NewerThan(ctx, s.pool, c, r.ID); err != nil {
		return nil, err
	}
	f.Columns = c.Columns()
	if f.Origin, err = s.catalogue.Origin(ctx, s.pool, c.Entry, r.SHA256); fault.KindOf(err) == fault.Internal {
		return nil, err
	}
	if !f.Reviewing {
		return f, nil
	}
	if f.Findings, err = s.catalogue.ContentFindings(ctx, s.pool, c); err != nil {
		return nil, err
	}
	if f.Objections, err = s.catalogue.ContentObjections(ctx, s.pool, c); err != nil {
		return nil, err
	}
	f.Rows, f.RowsLater = s.catalogue.ContentRows(ctx, who, c)
	return f, nil
}
