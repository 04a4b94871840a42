package portal

import (
	"cmp"

	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/account"
	"shuyuan/internal/policy"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// showAdmin is GET /desk/admin: the role table. ?role= shows one role's rows by
// themselves; without it, those of the reader's own.
func (s *Server) showAdmin(c *fiber.Ctx) error {
	q, err := query(c, "role")
	if err != nil {
		return err
	}
	ctx, who := c.UserContext(), actor(c)
	p := templates.AdminPage{Frame: s.quietFrame(c, text.T(ctx, "谁能做什么"))}
	p.Wide = true
	p.Role = account.Role(cmp.Or(q.Get("role"), string(who.Roles[0])))
	if _, known := account.PartOf(p.Role); !known {
		return malformed("role", "没有这个角色。")
	}
	for _, e := range account.Exclusions {
		shown := templates.AdminExclusion{Exclusion: e}
		if e.Cite != "" && !e.Standard {
			shown.Place = policy.Place(e.Cite)
			if held := s.Policy.Provision(e.Cite); len(held) > 0 {
				shown.Href = "/law/" + held[0].Profile + "#" + e.Cite
			}
		}
		p.Exclusions = append(p.Exclusions, shown)
	}
	return s.page(c, templates.Admin(p))
}
