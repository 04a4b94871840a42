package portal

import (
	"encoding/csv"
	"slices"
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
	return s.scoreOf(c, c.Params("slug"))
}

// scoreOf is the score card of the department with that slug, as whoever asks may
// know it.
func (s *Server) scoreOf(c *fiber.Ctx, slug string) (p templates.ScoreCardPage, err error) {
	ctx := c.UserContext()
	d, err := s.Datasets.Department(ctx, account.Actor{}, slug)
	if err != nil {
		return p, err
	}
	p.Department = d.Item
	if p.Card, err = s.Datasets.ScoreCard(ctx, d.Item.Slug); err != nil {
		return p, err
	}
	if s.Questions != nil {
		if p.Answers, err = s.Questions.InTime(ctx, d.Item.Slug); err != nil {
			return p, err
		}
	}
	if s.Licensing != nil {
		if p.Applied, err = s.Licensing.InTime(ctx, d.Item.Slug); err != nil {
			return p, err
		}
	}
	if s.Demands != nil {
		if p.Wanted, err = s.Demands.InTime(ctx, d.Item.Slug); err != nil {
			return p, err
		}
		if p.Promised, err = s.Demands.Kept(ctx, d.Item.Slug); err != nil {
			return p, err
		}
	}
	if s.Use != nil {
		if p.Used, err = s.Use.InTime(ctx, d.Item.Slug); err != nil {
			return p, err
		}
	}
	if s.Corrections != nil {
		if p.Rechecks, err = s.Corrections.InTime(ctx, d.Item.Slug); err != nil {
			return p, err
		}
	}
	// what departments ask each other is for those who may know of it
	if who := actor(c); s.Sharing != nil && who.Key == "" && who.Any(knowsSharing...) {
		score, err := s.Sharing.ScoreOf(ctx, d.Item.Slug)
		if err != nil {
			return p, err
		}
		p.Sharing = &score
	}
	if s.Supervision != nil {
		if p.Orders, err = s.Supervision.Oversees(ctx, actor(c), d.Item); err != nil {
			return p, err
		}
		score, may, err := s.Supervision.ScoreOf(ctx, actor(c), d.Item.Slug)
		if err != nil {
			return p, err
		}
		if may {
			p.Supervised = &score
		}
	}
	profile, ok := s.Policy.Profile(d.Item.Profile)
	if !ok {
		return p, nil
	}
	for _, path := range []string{"open.application.decision_deadline", "open.application"} {
		if r, ok := profile.Rule(path); ok && !r.Silent && len(r.Cite) > 0 {
			p.Applying = s.scoreBasis(profile, r.Cite[0])
		} else if ok && len(r.Answers) > 0 {
			p.ApplyingRule = r.Answers[0].Path
		}
	}
	if r, ok := profile.Rule("share.application.decision_deadline"); ok && !r.Silent && len(r.Cite) > 0 {
		p.SharingBasis = s.scoreBasis(profile, r.Cite[0])
	} else if ok && len(r.Answers) > 0 {
		p.SharingRule = r.Answers[0].Path
	}
	if p.Supervised != nil {
		p.SupervisedBasis = map[string]templates.ScoreBasis{}
		for _, path := range []string{"rectification", "violations", "incident_notice"} {
			if by, r, ok := s.Policy.Governing(profile.ID(), path, s.Now()); ok && !r.Silent && len(r.Cite) > 0 {
				p.SupervisedBasis[path] = s.scoreBasis(by, r.Cite[0])
			}
		}
	}
	if r, ok := profile.Rule("evaluation"); ok && !r.Silent && len(r.Cite) > 0 {
		p.Basis = s.scoreBasis(profile, r.Cite[0])
	}
	if slices.ContainsFunc(s.Policy.Provision(notRechecking), func(at policy.Provision) bool { return at.Profile == profile.ID() }) {
		p.Rechecking = s.scoreBasis(profile, notRechecking)
	}
	if slices.ContainsFunc(s.Policy.Provision(supplying), func(at policy.Provision) bool { return at.Profile == profile.ID() }) {
		p.Supplying = s.scoreBasis(profile, supplying)
	}
	return p, nil
}

// notRechecking is the provision that data must be re-checked as prescribed (未按照规定更新或者复核政务数据).
const notRechecking = "AB-44(5)"

// knowsSharing are the roles that know of sharing between departments.
var knowsSharing = []account.Role{account.Officer, account.Head, account.Authority, account.Regulator}

// supplying is the provision that what is catalogued be supplied (发布公共数据资源目录、提供相应的公共数据资源).
const supplying = "AS-13.2"

func (s *Server) scoreBasis(p *policy.Profile, cite string) templates.ScoreBasis {
	b := templates.ScoreBasis{Cite: cite, Place: policy.Place(cite)}
	if len(s.Policy.Provision(cite)) > 0 {
		b.Href = "/law/" + p.ID() + "#" + cite
	}
	return b
}

// showScore is GET /departments/{slug}/score.
func (s *Server) showScore(c *fiber.Ctx) error {
	ctx := c.UserContext()
	p, err := s.scoreCard(c)
	if err != nil {
		return err
	}
	name := templates.DepartmentName(ctx, &p.Department)
	p.Frame = s.frame(c, text.T(ctx, "%s的评价", name), text.T(ctx, "%s公开数据的完整、及时、质量、开放、答复和挂接，每个数字都写明怎样数、依据是什么。", name))
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
		if l.Basis.Cite != "" {
			rule = l.Basis.Cite
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
