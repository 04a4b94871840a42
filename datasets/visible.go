package datasets

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
)

// Condition is a WHERE clause over datasets aliased d, with its arguments.
type Condition struct {
	SQL  string
	Args pgx.NamedArgs
}

// Visible is the one rule about which entries a viewer may know of. Every
// listing, count, facet, feed and index goes through it: the public sees what
// is published and not withheld; an officer also sees every entry of the own
// department. What is invisible is NotFound, never Forbidden.
func Visible(viewer account.Actor) Condition {
	public := `(d.status = 'published' AND d.open_type <> 'withheld')`
	if own(viewer, viewer.Department) {
		return Condition{
			SQL:  `(` + public + ` OR d.department_id = @viewer_department)`,
			Args: pgx.NamedArgs{"viewer_department": viewer.Department},
		}
	}
	return Condition{SQL: public, Args: pgx.NamedArgs{}}
}

// own reports whether viewer is an officer of the department.
func own(viewer account.Actor, department int64) bool {
	return viewer.Is(account.Officer) && department != 0 && viewer.Department == department
}

// Gate decides on every byte of data: download, preview, rows, export, facet
// of a column, search index. licensing fills it.
type Gate interface {
	// MayServe returns nil if subject may be given these columns (nil: all)
	// of version v at the time now, and otherwise a fault that says what
	// would be needed.
	MayServe(ctx context.Context, subject account.Actor, v *Version, columns []string, now time.Time) error
	// Permit is what subject may be given of v at the time now, and on what
	// ground. It returns the fault of MayServe where that is nothing.
	Permit(ctx context.Context, subject account.Actor, v *Version, now time.Time) (Permit, error)
	// Take takes one delivery from the quota of p's grant, in tx, unless it goes
	// on with one that was taken. It returns fault.TooMany where nothing is left,
	// and fault.Forbidden where the grant no longer stands.
	Take(ctx context.Context, tx pgx.Tx, p Permit, t Taking, now time.Time) (counted bool, err error)
}
