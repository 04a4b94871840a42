package portal

import (
	"encoding/csv"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/account"
	"shuyuan/internal/policy"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// scoreCard is what the page of a department's score and its CSV show.
func (s *Server) scoreCard(c *fiber.Ctx) (p templates.ScoreCardPage, err error) {
	if _, err := query(c); err != nil {
		return p, err
	}
	ctx := c.UserContext()
	d, err := s.Datasets.Department(ctx, account.Actor{}, c.Params("slug"))
	if err != nil {
		return p, err
	}
	p.Department = d.Item
	if p.Card, err = s.Datasets.ScoreCard(ctx, d.Item.Slug); err != nil {
		return p, err
	}
	profile, ok := s.Policy.Profile(d.Item.Profile)
	if !ok {
		return p, nil
	}
	if r, ok := profile.Rule("evaluation"); ok && !r.Silent && len(r.Cite) > 0 {
		p.Basis = templates.ScoreBasis{Cite: r.Cite[0], Place: policy.Place(r.Cite[0])}
		if len(s.Policy.Provision(r.Cite[0])) > 0 {
			p.Basis.Href = "/law/" + profile.ID() + "#" + r.Cite[0]
		}
	}
	return p, nil
}

// showScore is GET /departments/{slug}/score.
func (s *Server) showScore(c *fiber.Ctx) error {
	ctx := c.UserContext()
	p, err := s.scoreCard(c)
	if err != nil {
		return err
	}
	name := templates.DepartmentName(ctx, &p.Department)
	p.Frame = s.frame(c, text.T(ctx, "%s的评价", name), text.T(ctx, "%s公开数据的完整、及时、质量和开放，每个数字都写明怎样数、依据是什么。", name))
	return s.page(c, templates.ScoreCardView(p))
}

// scoreCSV is GET /departments/{slug}/score.csv.
func (s *Server) scoreCSV(c *fiber.Ctx) error {
	ctx := c.UserContext()
	p, err := s.scoreCard(c)
	if err != nil {
		return err
	}
	var out strings.Builder
	out.WriteString("\uFEFF")
	w := csv.NewWriter(&out)
	_ = w.Write([]string{text.T(ctx, "部门"), text.T(ctx, "方面"), text.T(ctx, "份额"), text.T(ctx, "数目"), text.T(ctx, "全部"), text.T(ctx, "怎样数"), text.T(ctx, "依据")})
	for _, l := range p.Lines() {
		rule, percent := text.T(ctx, "平台规则"), ""
		if l.Law && p.Basis.Cite != "" {
			rule = p.Basis.Cite
		}
		if l.Share.All > 0 {
			percent = strconv.Itoa(l.Share.Percent())
		}
		_ = w.Write([]string{harmless(templates.DepartmentName(ctx, &p.Department)), text.T(ctx, l.Name), percent, strconv.Itoa(l.Share.Yes), strconv.Itoa(l.Share.All), text.T(ctx, l.How), rule})
	}
	w.Flush()
	c.Set(fiber.HeaderContentType, "text/csv; charset=utf-8")
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="score-`+p.Department.Slug+`.csv"`)
	return c.SendString(out.String())
}
