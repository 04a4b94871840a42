package portal

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/datasets/following"
	"shuyuan/internal/account"
	"shuyuan/internal/policy"
	"shuyuan/portal/interop"
	"shuyuan/search"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// vowsShown is how many promises stand on the page of a department or theme.
const vowsShown = 12

// showDepartments is the page of all departments, by place.
func (s *Server) showDepartments(c *fiber.Ctx) error {
	ctx, viewer := c.UserContext(), actor(c)
	if _, err := query(c); err != nil {
		return err
	}
	departments, err := s.Datasets.Departments(ctx, viewer)
	if err != nil {
		return err
	}
	regions, err := s.regions(ctx)
	if err != nil {
		return err
	}
	p := templates.DepartmentsPage{Frame: s.frame(c, text.T(ctx, "部门"), text.T(ctx, "按地区列出发布公共数据的部门：发布了多少，承诺的更新做到了没有，怎样联系。"))}
	publishing, total, promised, overdue := 0, 0, 0, 0
	for _, row := range s.rows(departments) {
		last := len(p.Groups) - 1
		if last < 0 || p.Groups[last].Region.Code != row.Item.Region {
			p.Groups = append(p.Groups, templates.DepartmentGroup{Region: regions.of(row.Item.Region)})
			last++
		}
		p.Groups[last].Departments = append(p.Groups[last].Departments, row)
		p.Groups[last].Datasets += row.Datasets
		if row.Datasets > 0 {
			publishing++
		}
		total, promised, overdue = total+row.Datasets, promised+row.Promised, overdue+row.Overdue
	}
	p.Figures = []templates.Figure{
		{Number: number(publishing), Words: text.T(ctx, "个部门发布了数据，共登记 %d 个", len(departments))},
		{Number: number(total), Words: text.T(ctx, "个数据集"), Href: "/datasets"},
	}
	p.Figures = append(p.Figures, keptFigures(ctx, promised, overdue, "/stats/promises")...)
	if p.JSONLD, err = interop.Collection(p.Canonical, p.Title, p.Description, s.Config.BaseURL); err != nil {
		return err
	}
	return s.page(c, templates.Departments(p))
}

// rows are departments with the text that binds each.
func (s *Server) rows(departments []datasets.Counted[datasets.Department]) []templates.DepartmentRow {
	out := make([]templates.DepartmentRow, len(departments))
	for i, d := range departments {
		out[i].Counted = d
		out[i].Rules, _ = s.Policy.Profile(d.Item.Profile)
	}
	return out
}

// keptFigures say how many promised days were kept. page is where they can be
// counted.
func keptFigures(ctx context.Context, promised, overdue int, page string) []templates.Figure {
	if promised == 0 {
		return nil
	}
	figures := []templates.Figure{{Number: number(promised-overdue) + " / " + number(promised), Words: text.T(ctx, "项承诺的更新按时"), Href: page}}
	if overdue > 0 {
		figures = append(figures, templates.Figure{Number: number(overdue), Words: text.T(ctx, "项逾期"), Href: withParameter(page, "late", "1")})
	}
	return figures
}

func number(n int) string { return templates.Thousands(int64(n)) }

// withParameter is a page of ours with one more parameter.
func withParameter(page, name, value string) string {
	u, err := url.Parse(page)
	if err != nil {
		return page
	}
	q := u.Query()
	q.Set(name, value)
	return u.Path + "?" + q.Encode()
}

// showDepartment is the page of one department.
func (s *Server) showDepartment(c *fiber.Ctx) error {
	ctx, viewer := c.UserContext(), actor(c)
	d, err := s.Datasets.Department(ctx, viewer, c.Params("slug"))
	if err != nil {
		return err
	}
	part, err := readPart(c)
	if err != nil {
		return err
	}
	regions, err := s.regions(ctx)
	if err != nil {
		return err
	}
	name, page := templates.DepartmentName(ctx, &d.Item), "/departments/"+d.Item.Slug
	p := templates.DepartmentPage{
		Frame:      s.frame(c, name, text.T(ctx, "%s发布的公共数据：数据集、承诺与兑现、联系方式、适用的规则。", name)),
		Department: d.Item, Region: regions.of(d.Item.Region), Feed: page + "/feed.xml", API: "/api/v1/datasets?" + url.Values{"org": {d.Item.Slug}}.Encode(),
	}
	p.Feeds = []templates.Link{{Href: p.Feed, Title: name}}
	if p.Follow, err = s.followButton(c, following.Department, d.Item.Slug); err != nil {
		return err
	}
	p.NoIndex = part != (listPart{})
	if p.List, err = s.listing(ctx, viewer, datasets.Filter{Department: d.Item.Slug}, part, page); err != nil {
		return err
	}
	vows := "/stats/promises?" + url.Values{"org": {d.Item.Slug}}.Encode()
	if p.Promises, p.AllVows, err = s.vows(ctx, viewer, datasets.Filter{Department: d.Item.Slug}, d.Promised, vows); err != nil {
		return err
	}
	conditional, err := s.Datasets.List(ctx, viewer, datasets.Filter{Department: d.Item.Slug, Open: datasets.Conditional, Limit: 1})
	if err != nil {
		return err
	}
	p.Figures = ownFigures(ctx, d.Datasets, conditional.Total, d.Promised, d.Overdue, finding{filters: map[search.Facet][]string{search.FacetOrg: {d.Item.Slug}}}, vows)
	if p.Quality, err = s.Datasets.QualityCard(ctx, viewer, d.Item.Slug); err != nil {
		return err
	}
	if profile, ok := s.Policy.Profile(d.Item.Profile); ok {
		p.Text = &templates.LawText{Profile: profile, InForce: profile.InForce(s.Now())}
		p.Asked = asked(ctx, profile)
	}
	if p.JSONLD, err = interop.Organisation(d.Item, p.Region, s.Config.BaseURL); err != nil {
		return err
	}
	return s.page(c, templates.DepartmentView(p))
}

// ownFigures are the figures of one department or theme; f finds what is its own.
func ownFigures(ctx context.Context, total, conditional, promised, overdue int, f finding, vows string) []templates.Figure {
	figures := []templates.Figure{{Number: number(total), Words: text.T(ctx, "个数据集"), Href: f.href()}}
	for _, o := range []struct {
		open  datasets.OpenType
		count int
		words string
	}{
		{datasets.Unconditional, total - conditional, text.T(ctx, "个无条件开放，不登录即可下载")},
		{datasets.Conditional, conditional, text.T(ctx, "个有条件开放，依据写在页上")},
	} {
		if o.count > 0 {
			g := f.first()
			g.filters[search.FacetOpen] = []string{string(o.open)}
			figures = append(figures, templates.Figure{Number: number(o.count), Words: o.words, Href: g.href()})
		}
	}
	return append(figures, keptFigures(ctx, promised, overdue, vows)...)
}

// asked is what readers ask of the rules that bind a department.
func asked(ctx context.Context, p *policy.Profile) []templates.Asked {
	var out []templates.Asked
	for _, q := range []struct {
		words string
		paths []string
	}{
		{text.T(ctx, "要收费吗"), []string{"open.fee"}},
		{text.T(ctx, "申请有条件开放的数据，几天答复"), []string{"open.application.decision_deadline", "open.application"}},
		{text.T(ctx, "不同意，要说理由吗"), []string{"open.application.refusal"}},
		{text.T(ctx, "数据有错，几天答复"), []string{"correction.deadline", "correction"}},
		{text.T(ctx, "情况变了，几天内更新目录"), []string{"catalogue.update_deadline"}},
	} {
		out = append(out, templates.Asked{Question: q.words, Rule: answering(p, q.paths)})
	}
	return out
}

// answering is the first of paths that the text has a rule for. Where it has
// none, but is silent about all that the first is a part of, it is silent about
// that too.
func answering(p *policy.Profile, paths []string) *policy.Rule {
	if r := firstRule(p, paths...); r != nil {
		return r
	}
	whole := paths[0]
	for at := strings.LastIndexByte(whole, '.'); at > 0; at = strings.LastIndexByte(whole, '.') {
		whole = whole[:at]
		if r := firstRule(p, whole); r != nil && r.Silent {
			return &policy.Rule{Path: r.Path, Section: r.Section, Label: r.Label, Silent: true}
		}
	}
	return nil
}

// vows are the promises under f, the earliest days first, and where all of them
// are if there are more.
func (s *Server) vows(ctx context.Context, viewer account.Actor, f datasets.Filter, promised int, page string) ([]datasets.Dataset, string, error) {
	if promised == 0 {
		return nil, "", nil
	}
	f.Order, f.Limit = datasets.ByDue, vowsShown
	list, err := s.Datasets.List(ctx, viewer, f)
	if err != nil || list.Next == "" {
		return list.Items, "", err
	}
	return list.Items, page, nil
}

// listPart is which part of a list is asked for, and in which order.
type listPart struct {
	sort  datasets.Order // empty for the usual one
	after string
}

func readPart(c *fiber.Ctx) (listPart, error) {
	q, err := query(c, "sort", "after")
	if err != nil {
		return listPart{}, err
	}
	part := listPart{sort: datasets.Order(q.Get("sort")), after: q.Get("after")}
	if part.sort != "" && !slices.Contains(listOrders, part.sort) {
		return part, malformed("sort", "没有这种排序。")
	}
	return part, nil
}

// listOrders are the orders of a list on a page, the usual one first.
var listOrders = []datasets.Order{datasets.ByUpdated, datasets.ByTitle, datasets.ByPopular, datasets.ByQuality}

// listing is a part of what f finds, as the page shows it.
func (s *Server) listing(ctx context.Context, viewer account.Actor, f datasets.Filter, part listPart, page string) (templates.Listing, error) {
	f.Order, f.After = part.sort, part.after
	found, err := s.Datasets.List(ctx, viewer, f)
	if err != nil {
		return templates.Listing{}, err
	}
	l := templates.Listing{Items: found.Items, Total: found.Total}
	at := func(sort datasets.Order, after string) string {
		q := url.Values{}
		if sort != "" && sort != listOrders[0] {
			q.Set("sort", string(sort))
		}
		if after != "" {
			q.Set("after", after)
		}
		if len(q) == 0 {
			return page
		}
		return page + "?" + q.Encode()
	}
	here := part.sort
	if here == "" {
		here = listOrders[0]
	}
	for _, o := range listOrders {
		l.Sorts = append(l.Sorts, templates.SortLink{Title: orderName(ctx, o), Href: at(o, ""), Here: o == here})
	}
	if part.after != "" {
		l.First = at(part.sort, "")
	}
	if found.Next != "" {
		l.Next = at(part.sort, found.Next)
	}
	return l, nil
}

func orderName(ctx context.Context, o datasets.Order) string {
	switch o {
	case datasets.ByTitle:
		return text.T(ctx, "名称")
	case datasets.ByPopular:
		return text.T(ctx, "最常用")
	case datasets.ByQuality:
		return text.T(ctx, "质量")
	case datasets.ByDue, datasets.ByUpdated:
	}
	return text.T(ctx, "更新")
}

// places are the regions by code.
type places map[string]datasets.Region

func (s *Server) regions(ctx context.Context) (places, error) {
	list, err := s.Datasets.Regions(ctx)
	if err != nil {
		return nil, err
	}
	out := places{}
	for _, r := range list {
		out[r.Code] = r
	}
	return out, nil
}

// of is the region with this code; one that is not listed is named by its code.
func (p places) of(code string) datasets.Region {
	if r, ok := p[code]; ok {
		return r
	}
	return datasets.Region{Code: code, Name: code, NameEN: code}
}
