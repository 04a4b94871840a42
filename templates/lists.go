package templates

import (
	"context"
	"net/url"

	"shuyuan/datasets"
	"shuyuan/datasets/catalogue"
	"shuyuan/internal/policy"
	"shuyuan/templates/text"
)

// ListsPage shows the three catalogues and the two opening lists.
type ListsPage struct {
	Frame
	Book        *policy.Book
	Lists       []catalogue.Listed
	Department  *datasets.Department // nil: of all
	Departments []datasets.Department
}

// ListHref is the address of a list in a format, of one department or, without
// a slug, of all.
func ListHref(key, format, department string) string {
	href := "/catalogues/" + key + "." + format
	if department != "" {
		href += "?department=" + url.QueryEscape(department)
	}
	return href
}

// slug is the department's, empty for all.
func (p ListsPage) slug() string {
	if p.Department == nil {
		return ""
	}
	return p.Department.Slug
}

// listQuery is where the entries of a list can be seen as a search.
func (p ListsPage) listQuery(l catalogue.Listed) string {
	q := url.Values{}
	if p.Department != nil {
		q.Set("org", p.Department.Slug)
	}
	if l.Open != "" {
		q.Set("open", string(l.Open))
	}
	return "/datasets?" + q.Encode()
}

func asOf(ctx context.Context, l catalogue.Listed) string {
	if l.AsOf.IsZero() {
		return text.T(ctx, "还没有条目")
	}
	return text.T(ctx, "截至 %s", Day(l.AsOf))
}

func listsOf(department string) string {
	return "/catalogues?department=" + url.QueryEscape(department)
}
