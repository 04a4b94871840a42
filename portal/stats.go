package portal

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/portal/interop"
	"shuyuan/search"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

const (
	lateShown        = 10
	popularShown     = 10
	departmentsShown = 12
)

// showStats is the page of statistics. Every figure leads to where it can be
// counted.
func (s *Server) showStats(c *fiber.Ctx) error {
	ctx, viewer := c.UserContext(), actor(c)
	if _, err := query(c); err != nil {
		return err
	}
	st, err := s.Datasets.Stats(ctx, viewer)
	if err != nil {
		return err
	}
	p := templates.StatsPage{
		Frame:   s.frame(c, text.T(ctx, "统计"), text.T(ctx, "公共数据目录的数字：数据集、文件、行数、格式、更新频率、承诺与兑现、近 30 天的浏览和下载。")),
		Figures: statsFigures(ctx, st), Promised: st.Promised, Overdue: st.Overdue, Use: useChart(ctx, st.ByDay),
		Formats: formatLines(st.ByFormat), Frequencies: frequencyLines(ctx, st.ByFrequency), API: "/api/v1/stats",
	}
	p.Alternate = []templates.Link{{Href: p.API, Title: "JSON", Type: "application/json"}}
	if err := s.statsLists(ctx, viewer, st, &p); err != nil {
		return err
	}
	if p.Quality, err = s.Datasets.QualityCard(ctx, viewer, ""); err != nil {
		return err
	}
	if p.JSONLD, err = interop.Collection(p.Canonical, p.Title, p.Description, s.Config.BaseURL); err != nil {
		return err
	}
	return s.page(c, templates.Stats(p))
}

// statsLists are what stands behind the figures: themes, departments, what is
// late, what is used most.
func (s *Server) statsLists(ctx context.Context, viewer account.Actor, st datasets.Stats, p *templates.StatsPage) error {
	themes, err := s.Datasets.Themes(ctx, viewer)
	if err != nil {
		return err
	}
	for _, t := range themes {
		if t.Datasets > 0 {
			p.Themes = append(p.Themes, t)
		}
	}
	departments, err := s.Datasets.Departments(ctx, viewer)
	if err != nil {
		return err
	}
	for _, row := range s.rows(departments) {
		if row.Datasets > 0 {
			p.Departments = append(p.Departments, row)
		}
	}
	p.Publishing = len(p.Departments)
	slices.SortStableFunc(p.Departments, func(a, b templates.DepartmentRow) int { return b.Datasets - a.Datasets })
	p.Departments = p.Departments[:min(len(p.Departments), departmentsShown)]
	p.Goals = s.goals(departments)
	if st.Overdue > 0 {
		late, err := s.Datasets.List(ctx, viewer, datasets.Filter{Late: true, Order: datasets.ByDue, Limit: lateShown})
		if err != nil {
			return err
		}
		p.Late = late.Items
	}
	if st.Views+st.Downloads > 0 {
		popular, err := s.Datasets.List(ctx, viewer, datasets.Filter{Order: datasets.ByPopular, Limit: popularShown})
		if err != nil {
			return err
		}
		for _, d := range popular.Items {
			if d.Views+d.Downloads > 0 {
				p.Popular = append(p.Popular, d)
			}
		}
	}
	return nil
}

func statsFigures(ctx context.Context, st datasets.Stats) []templates.Figure {
	return []templates.Figure{
		{Number: number(st.Datasets), Words: text.T(ctx, "个数据集，%s 个文件，%s 个版本", number(st.Files), number(st.Versions)), Href: "/datasets"},
		{Number: templates.Thousands(st.Rows), Words: text.T(ctx, "行，在无条件开放的文件里"), Href: "/about#counted"},
		{Number: templates.Size(st.Bytes), Words: text.T(ctx, "最新一版文件的大小"), Href: "/about#counted"},
		{Number: number(st.Unconditional) + " / " + number(st.Conditional), Words: text.T(ctx, "无条件 / 有条件开放"), Href: "/datasets?open=conditional"},
		{Number: number(st.Departments), Words: text.T(ctx, "个部门，%d 个主题", st.Themes), Href: "/departments"},
		{Number: templates.Thousands(st.Downloads), Words: text.T(ctx, "次下载，%s 次浏览", templates.Thousands(st.Views)), Href: "#use"},
	}
}

// useChart draws the days; nil where nothing was used on any of them.
func useChart(ctx context.Context, days []datasets.Day) *templates.Chart {
	chart := &templates.Chart{Label: text.T(ctx, "近 30 天每天的浏览和下载次数"), Zero: true, Width: 800, Height: 240,
		Series: []templates.Series{{Name: text.T(ctx, "浏览"), Strong: true}, {Name: text.T(ctx, "下载")}}}
	used := int64(0)
	for _, d := range days {
		chart.X = append(chart.X, d.Day.Format(time.DateOnly))
		chart.Series[0].Values = append(chart.Series[0].Values, float64(d.Views))
		chart.Series[1].Values = append(chart.Series[1].Values, float64(d.Downloads))
		used += d.Views + d.Downloads
	}
	if used == 0 {
		return nil
	}
	return chart
}

func formatLines(bars []datasets.Bar) []templates.StatsLine {
	var out []templates.StatsLine
	for _, b := range bars {
		out = append(out, templates.StatsLine{Title: templates.FormatName(b.Value), Count: b.Count,
			Href: finding{filters: map[search.Facet][]string{search.FacetFormat: {b.Value}}}.href()})
	}
	return out
}

func frequencyLines(ctx context.Context, bars []datasets.Bar) []templates.StatsLine {
	var out []templates.StatsLine
	for _, b := range bars {
		out = append(out, templates.StatsLine{Title: templates.FrequencyName(ctx, datasets.Frequency(b.Value)), Count: b.Count,
			Href: finding{filters: map[search.Facet][]string{search.FacetFreq: {b.Value}}}.href()})
	}
	return out
}

// goals are the numbers of open datasets that the texts in force set, each with
// what the departments have that it binds: the last one of each text.
func (s *Server) goals(departments []datasets.Counted[datasets.Department]) []templates.Goal {
	have := map[string]int{}
	for _, d := range departments {
		have[d.Item.Profile] += d.Datasets
	}
	var out []templates.Goal
	for _, p := range s.Policy.Profiles() {
		if !p.InForce(s.Now()) || have[p.ID()] == 0 {
			continue
		}
		var goal *templates.Goal
		for _, r := range p.Rules() {
			if !strings.HasPrefix(r.Path, "targets.") {
				continue
			}
			for _, d := range r.Details {
				if d.Key != "open_datasets_min" || len(d.Value) != 1 {
					continue
				}
				if target, err := strconv.Atoi(d.Value[0].Zh); err == nil && target > 0 {
					goal = &templates.Goal{Profile: p, Rule: r, Target: target, Have: have[p.ID()], Href: "/departments"}
				}
			}
		}
		if goal != nil {
			out = append(out, *goal)
		}
	}
	return out
}

// showPromises is the page on which promises can be counted: all of them or
// those that are late, of everybody, of one department or under one theme.
func (s *Server) showPromises(c *fiber.Ctx) error {
	ctx, viewer := c.UserContext(), actor(c)
	q, err := query(c, "org", "theme", "late", "after")
	if err != nil {
		return err
	}
	if late := q.Get("late"); late != "" && late != "1" {
		return malformed("late", "late 只能是 1。")
	}
	f := datasets.Filter{Department: q.Get("org"), Theme: q.Get("theme"), Late: q.Get("late") == "1", Order: datasets.ByDue, After: q.Get("after"), Limit: 50}
	p := templates.PromisesPage{}
	title := text.T(ctx, "承诺与兑现")
	if f.Department != "" {
		d, err := s.Datasets.Department(ctx, viewer, f.Department)
		if err != nil {
			return err
		}
		p.Department = &d.Item
		title = templates.DepartmentName(ctx, &d.Item) + " · " + title
	}
	if f.Theme != "" {
		t, err := s.Datasets.Theme(ctx, viewer, f.Theme)
		if err != nil {
			return err
		}
		p.Theme = &t.Item
		title = text.Pick(ctx, t.Item.Name, t.Item.NameEN) + " · " + title
	}
	p.Frame = s.frame(c, title, text.T(ctx, "目录里登记的每一个更新承诺：上次更新、下一次最迟哪一天、是否逾期。"))
	p.NoIndex = len(q) > 0
	found, err := s.Datasets.List(ctx, viewer, f)
	if err != nil {
		return err
	}
	p.List = templates.Listing{Items: found.Items, Total: found.Total, Sorts: []templates.SortLink{
		{Title: text.T(ctx, "全部"), Href: promisesHref(f, false, ""), Here: !f.Late},
		{Title: text.T(ctx, "只看逾期"), Href: promisesHref(f, true, ""), Here: f.Late},
	}}
	if f.After != "" {
		p.List.First = promisesHref(f, f.Late, "")
	}
	if found.Next != "" {
		p.List.Next = promisesHref(f, f.Late, found.Next)
	}
	return s.page(c, templates.PromisesView(p))
}

func promisesHref(f datasets.Filter, late bool, after string) string {
	q := url.Values{}
	for name, value := range map[string]string{"org": f.Department, "theme": f.Theme, "after": after} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if late {
		q.Set("late", "1")
	}
	if len(q) == 0 {
		return "/stats/promises"
	}
	return "/stats/promises?" + q.Encode()
}
