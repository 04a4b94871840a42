package portal

import (
	"context"
	"strings"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
	"shuyuan/portal/interop"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// showLaw is the page of all texts.
func (s *Server) showLaw(c *fiber.Ctx) error {
	ctx := c.UserContext()
	if _, err := query(c); err != nil {
		return err
	}
	bound, err := s.bound(ctx, actor(c))
	if err != nil {
		return err
	}
	p := templates.LawPage{
		Frame: s.frame(c, text.T(ctx, "规则"), text.T(ctx, "公共数据的现行规则，逐条写明出处：期限、收费、开放类型、申请与异议，各地对照。")),
		House: s.lawText(s.Policy.House(), nil),
	}
	for _, profile := range s.Policy.Profiles() {
		l := s.lawText(profile, bound[profile.ID()])
		if l.InForce {
			p.InForce = append(p.InForce, l)
		} else {
			p.Past = append(p.Past, l)
		}
	}
	p.Columns, p.Compared = compare(s.Policy.Profiles())
	if p.JSONLD, err = interop.Collection(p.Canonical, p.Title, p.Description, s.Config.BaseURL); err != nil {
		return err
	}
	return s.page(c, templates.LawIndex(p))
}

// bound are the departments with public data that each text binds.
func (s *Server) bound(ctx context.Context, viewer account.Actor) (map[string][]datasets.Department, error) {
	departments, err := s.Datasets.Departments(ctx, viewer)
	if err != nil {
		return nil, err
	}
	out := map[string][]datasets.Department{}
	for _, d := range departments {
		if d.Datasets > 0 && d.Item.Profile != "" {
			out[d.Item.Profile] = append(out[d.Item.Profile], d.Item)
		}
	}
	return out, nil
}

func (s *Server) lawText(p *policy.Profile, binds []datasets.Department) templates.LawText {
	l := templates.LawText{Profile: p, InForce: p.House() || p.InForce(s.Now()), Rules: len(p.Rules()), Provisions: len(s.Policy.Provisions(p.ID())), Departments: binds}
	for _, r := range p.Rules() {
		if r.Silent {
			l.Silent++
		}
	}
	return l
}

// compare holds the texts side by side: the rules that at least three of them
// deal with, and the texts that deal with at least half of these. A text of one
// field alone, as that of civil defence, has no column.
func compare(profiles []*policy.Profile) (columns []*policy.Profile, sections []templates.ComparedSection) {
	const enough = 3
	times := map[string]int{}
	var paths []string
	for _, p := range profiles {
		for _, r := range p.Rules() {
			if times[r.Path]++; times[r.Path] == enough {
				paths = append(paths, r.Path)
			}
		}
	}
	for _, p := range profiles {
		has := 0
		for _, path := range paths {
			if _, ok := p.Rule(path); ok {
				has++
			}
		}
		if 2*has >= len(paths) {
			columns = append(columns, p)
		}
	}
	rest := templates.ComparedSection{}
	at := map[string]int{}
	for _, path := range inOrder(columns, paths) {
		row := templates.ComparedRow{}
		var title policy.Text
		for _, p := range columns {
			cell := firstRule(p, path)
			if cell != nil && len(cell.Section) > 0 {
				title = cell.Section[0]
			}
			row.Cells = append(row.Cells, cell)
		}
		if title.Zh == "" {
			rest.Rows = append(rest.Rows, row)
			continue
		}
		i, ok := at[title.Zh]
		if !ok {
			i = len(sections)
			at[title.Zh] = i
			sections = append(sections, templates.ComparedSection{Title: title})
		}
		sections[i].Rows = append(sections[i].Rows, row)
	}
	if len(rest.Rows) > 0 {
		sections = append(sections, rest)
	}
	return columns, sections
}

// inOrder puts paths in the order in which the texts have them.
func inOrder(columns []*policy.Profile, paths []string) []string {
	wanted, seen := map[string]bool{}, map[string]bool{}
	for _, path := range paths {
		wanted[path] = true
	}
	var out []string
	for _, p := range columns {
		for _, r := range p.Rules() {
			if wanted[r.Path] && !seen[r.Path] {
				seen[r.Path] = true
				out = append(out, r.Path)
			}
		}
	}
	return out
}

// showProfile is the page of one text.
func (s *Server) showProfile(c *fiber.Ctx) error {
	ctx := c.UserContext()
	if _, err := query(c); err != nil {
		return err
	}
	profile, ok := s.Policy.Profile(c.Params("profile"))
	if house := s.Policy.House(); c.Params("profile") == house.ID() {
		profile, ok = house, true
	}
	if !ok {
		return fault.New(fault.NotFound, "没有这个文本。")
	}
	bound, err := s.bound(ctx, actor(c))
	if err != nil {
		return err
	}
	title := lawTitle(ctx, profile)
	p := templates.ProfilePage{
		Frame: s.frame(c, title, text.T(ctx, "%s：逐项写明规定了什么、出自哪一条、哪些原文没有规定。", title)),
		Text:  s.lawText(profile, bound[profile.ID()]), Sections: templates.Sections(s.Policy, profile), Articles: templates.Articles(s.Policy, profile),
	}
	if !profile.House() {
		if p.JSONLD, err = interop.Legislation(described(p.Text, p.Canonical)); err != nil {
			return err
		}
	}
	return s.page(c, templates.ProfileView(p))
}

// firstRule is the first of paths that the text has a rule for.
func firstRule(p *policy.Profile, paths ...string) *policy.Rule {
	for _, path := range paths {
		if r, ok := p.Rule(path); ok {
			return &r
		}
	}
	return nil
}

// described is a text as search engines are told of it.
func described(l templates.LawText, address string) interop.Law {
	from, last, _ := l.Profile.Effective()
	name := l.Profile.Short().Zh
	if l.Profile.Titled() {
		name = l.Profile.Title().Zh
	}
	return interop.Law{URL: address, Name: name, Kind: l.Profile.Kind().Zh, Number: l.Profile.Document(), InForce: l.InForce, Adopted: l.Profile.Adopted(), From: from, Last: last}
}

// lawTitle is the name of a text in the reader's language, the short one where
// the text has none or none in that language.
func lawTitle(ctx context.Context, p *policy.Profile) string {
	short := text.Pick(ctx, p.Short().Zh, p.Short().En)
	if !p.Titled() || (text.Of(ctx) == text.English && p.Title().En == "") {
		return short
	}
	return strings.TrimSpace(text.Pick(ctx, p.Title().Zh, p.Title().En))
}
