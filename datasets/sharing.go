package datasets

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// Shareable is the one rule about which entries a viewer finds in the directory
// of what public bodies share (共享目录): whoever acts for a department finds what
// is published of every department, also what is withheld from the public, which
// never sees this side. ok is false for whoever finds nothing there. A key looks
// only where it was made for that.
func Shareable(viewer account.Actor) (c Condition, ok bool) {
	if !viewer.Covers(account.ScopeShare) || viewer.Department == 0 || !viewer.Any(account.Officer, account.Head, account.Authority) {
		return Condition{SQL: `false`, Args: pgx.NamedArgs{}}, false
	}
	return Condition{SQL: `d.status = 'published'`, Args: pgx.NamedArgs{}}, true
}

// ShareFilter narrows the directory of what is shared.
type ShareFilter struct {
	Words      string // in the title or the summary
	Department string // slug
	Type       string // share type
	Offset     int
	Limit      int // 50 if zero
}

// SharePage is a part of the directory.
type SharePage struct {
	Items []Dataset // without their resources
	Total int
}

// ShareDirectory is what the departments share with each other, by title. It
// returns fault.Forbidden for whoever acts for none.
func (s *Service) ShareDirectory(ctx context.Context, viewer account.Actor, f ShareFilter) (SharePage, error) {
	may, ok := Shareable(viewer)
	if !ok {
		return SharePage{}, errNotShared()
	}
	where := []string{may.SQL}
	args := pgx.NamedArgs{}
	if f.Words != "" {
		where = append(where, `(position(lower(@words) IN lower(d.title)) > 0 OR position(lower(@words) IN lower(d.title_en)) > 0 OR position(lower(@words) IN lower(d.summary)) > 0)`)
		args["words"] = f.Words
	}
	if f.Department != "" {
		where = append(where, `d.department_id = (SELECT id FROM departments WHERE slug = @department)`)
		args["department"] = f.Department
	}
	if f.Type != "" {
		where = append(where, `d.share_type = @type`)
		args["type"] = f.Type
	}
	if f.Limit <= 0 || f.Limit > 200 {
		f.Limit = 50
	}
	condition := strings.Join(where, " AND ")
	var out SharePage
	var err error
	if out.Total, err = countDatasets(ctx, s.pool, condition, args); err != nil {
		return out, fmt.Errorf("count the directory of sharing: %w", err)
	}
	args["limit"], args["offset"] = f.Limit, max(0, f.Offset)
	out.Items, err = selectDatasets(ctx, s.pool, `d.id IN (SELECT d.id FROM datasets d WHERE `+condition+` ORDER BY d.title, d.id LIMIT @limit OFFSET @offset)`, args, `d.title, d.id`)
	if err != nil {
		return out, fmt.Errorf("directory of sharing: %w", err)
	}
	return out, nil
}

func errNotShared() error {
	return fault.New(fault.Forbidden, "共享目录只供部门使用。")
}

// Shared is an entry of the directory with its resources, their newest versions
// and tables. It returns fault.NotFound for what viewer does not find there.
func (s *Service) Shared(ctx context.Context, viewer account.Actor, slug string) (*Dataset, error) {
	return s.SharedIn(ctx, s.pool, viewer, slug)
}

// SharedIn is Shared as q sees it.
func (s *Service) SharedIn(ctx context.Context, q database.Querier, viewer account.Actor, slug string) (*Dataset, error) {
	may, ok := Shareable(viewer)
	if !ok || !slugForm.MatchString(slug) {
		return nil, errNoDataset()
	}
	found, err := selectDatasets(ctx, q, `d.slug = @slug AND `+may.SQL, pgx.NamedArgs{"slug": slug}, "")
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errNoDataset()
	}
	if err := s.fill(ctx, found, true); err != nil {
		return nil, err
	}
	d := &found[0]
	for i := range d.Resources {
		s.withoutValues(ctx, viewer, d.Resources[i].Newest)
		s.withoutAddress(ctx, viewer, d, &d.Resources[i])
	}
	return d, nil
}
