package opening

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/inbox"
)

// Again is a file that must be reviewed anew (re_review_required), and nobody
// has asked for its review yet: an upload to a file of which a version was let
// through, whose content is another, and which stays unpublished; or a public
// version whose entry has another security level or source than was reviewed.
type Again struct {
	UploadID             string // empty of a public version
	VersionID            int64  // 0 of an upload
	Title, TitleEN       string // of the entry
	Resource, ResourceEN string // names of the file
	FileName             string
	Newest               int // number of the version that is public
	Why                  *fault.Fault
	Since                time.Time
}

// ReviewAgain is what of who's department must be reviewed anew.
func (s *Service) ReviewAgain(ctx context.Context, who account.Actor) ([]Again, error) {
	if !who.Is(account.Officer) || who.Department == 0 || who.Key != "" {
		return nil, nil
	}
	uploads, err := s.uploadsAgain(ctx, who)
	if err != nil {
		return nil, err
	}
	versions, err := s.versionsAgain(ctx, who.Department)
	return append(versions, uploads...), err
}

// uploadsAgain are the uploads of who's department that no review covers, to
// files that are public.
func (s *Service) uploadsAgain(ctx context.Context, who account.Actor) ([]Again, error) {
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
			out = append(out, Again{UploadID: u.ID, Title: u.DatasetTitle, TitleEN: u.DatasetTitleEN, Resource: u.ResourceName, ResourceEN: u.ResourceNameEN, FileName: u.FileName, Newest: f.Number, Why: fault.Of(err), Since: u.Changed})
		case fault.KindOf(nil):
		default:
			return nil, err
		}
	}
	return out, nil
}

// versionsAgain are the public versions of a department whose entry has another
// level or source than the review that let them through (law matrix 5.5: at once).
func (s *Service) versionsAgain(ctx context.Context, department int64) ([]Again, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT v.id, v.number, v.file_name, d.title, d.title_en, r.name, r.name_en, d.updated_at, o.security_level IS DISTINCT FROM d.security_level
		FROM datasets d JOIN resources r ON r.dataset_id = d.id
		JOIN LATERAL (SELECT * FROM versions WHERE resource_id = r.id ORDER BY number DESC LIMIT 1) v ON true
		JOIN version_approvals a ON a.version_id = v.id JOIN opening_reviews o ON o.id = a.review_id
		WHERE d.department_id = @department AND d.status = 'published' AND d.open_type <> 'withheld'
		  AND o.source IS NOT NULL AND (o.security_level, o.source) IS DISTINCT FROM (d.security_level, d.source)
		  AND NOT EXISTS (SELECT FROM opening_reviews n WHERE n.resource_id = r.id AND n.sha256 = v.sha256 AND n.state <> 'taken_back'
		                  AND (n.security_level, n.source) IS NOT DISTINCT FROM (d.security_level, d.source))
		ORDER BY d.updated_at, v.id LIMIT 100`, pgx.NamedArgs{"department": department})
	if err != nil {
		return nil, err
	}
	var out []Again
	var a Again
	var level bool
	_, err = pgx.ForEachRow(rows, []any{&a.VersionID, &a.Newest, &a.FileName, &a.Title, &a.TitleEN, &a.Resource, &a.ResourceEN, &a.Since, &level}, func() error {
		a.Why = fault.New(fault.Conflict, "条目的数据来源改过，公开着的这一版要按新的来源重新审查。")
		if level {
			a.Why = fault.New(fault.Conflict, "条目的安全级别改过，公开着的这一版要按新的级别重新审查。")
		}
		out = append(out, a)
		return nil
	})
	return out, err
}

func (s *Service) againWaiting(ctx context.Context, who account.Actor) ([]inbox.Item, error) {
	all, err := s.ReviewAgain(ctx, who)
	var out []inbox.Item
	for _, a := range all {
		item := inbox.Item{Kind: "opening-again", ID: a.UploadID, Title: inbox.Text{Zh: a.Title + " · " + a.Resource}, Ask: "新的一版要重新审查，请送审；公开着的还是第 %s 版", Args: []any{strconv.Itoa(a.Newest)}, Path: "/desk/reviews/new?upload=" + a.UploadID, Since: a.Since}
		if a.TitleEN != "" && a.ResourceEN != "" {
			item.Title.En = a.TitleEN + " · " + a.ResourceEN
		}
		if a.UploadID != "" {
			item.For = inbox.Thing{Kind: datasets.WaitsUpload, ID: a.UploadID}
		} else {
			item.ID = strconv.FormatInt(a.VersionID, 10)
			item.Ask, item.Path = "级别或者来源改过，公开着的第 %s 版要重新审查，请送审", "/desk/reviews/new?version="+item.ID
		}
		out = append(out, item)
	}
	return out, err
}
