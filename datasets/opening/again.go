package opening

import (
	"context"
	"strconv"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/inbox"
)

// Again is a file that must be reviewed anew (re_review_required): an earlier
// version of it was let through, this one is another content, and nobody has
// asked for its review yet. It stays unpublished.
type Again struct {
	Upload *datasets.Upload
	Newest int          // number of the version that is public
	Why    *fault.Fault // what is otherwise
}

// ReviewAgain are the uploads of who's department that must be reviewed anew.
func (s *Service) ReviewAgain(ctx context.Context, who account.Actor) ([]Again, error) {
	if !who.Is(account.Officer) || who.Department == 0 || who.Key != "" {
		return nil, nil
	}
	rows, err := s.pool.Query(ctx, `
		SELECT u.id, v.number
		FROM uploads u JOIN resources r ON r.id = u.resource_id JOIN datasets d ON d.id = r.dataset_id
		JOIN LATERAL (SELECT max(number) AS number FROM versions WHERE resource_id = r.id) v ON v.number IS NOT NULL
		WHERE u.department_id = @department AND u.state = 'review' AND d.open_type <> 'withheld'
		  AND NOT EXISTS (SELECT FROM opening_reviews o WHERE o.upload_id = u.id AND o.state <> 'taken_back')
		ORDER BY u.changed_at, u.id LIMIT 100`, pgx.NamedArgs{"department": who.Department})
	if err != nil {
		return nil, err
	}
	type found struct {
		Upload string
		Number int
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[found])
	if err != nil {
		return nil, err
	}
	var out []Again
	for _, f := range all {
		u, err := s.catalogue.Upload(ctx, who, f.Upload)
		if err != nil {
			return nil, err
		}
		_, _, err = s.catalogue.Covered(ctx, who, u)
		switch fault.KindOf(err) {
		case fault.Conflict:
			out = append(out, Again{Upload: u, Newest: f.Number, Why: fault.Of(err)})
		case fault.KindOf(nil):
		default:
			return nil, err
		}
	}
	return out, nil
}

func (s *Service) againWaiting(ctx context.Context, who account.Actor) ([]inbox.Item, error) {
	all, err := s.ReviewAgain(ctx, who)
	var out []inbox.Item
	for _, a := range all {
		title := inbox.Text{Zh: a.Upload.DatasetTitle + " · " + a.Upload.ResourceName}
		if a.Upload.DatasetTitleEN != "" && a.Upload.ResourceNameEN != "" {
			title.En = a.Upload.DatasetTitleEN + " · " + a.Upload.ResourceNameEN
		}
		out = append(out, inbox.Item{Kind: "opening-again", ID: a.Upload.ID, Title: title, Ask: "新的一版要重新审查，请送审；公开着的还是第 %s 版", Args: []any{strconv.Itoa(a.Newest)}, Path: "/desk/reviews/new?upload=" + a.Upload.ID, Since: a.Upload.Changed})
	}
	return out, err
}
