package portal

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/internal/fault"
	"shuyuan/licensing"
	"shuyuan/licensing/supervision"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// showGrants is GET /grants, and GET /desk/grants for a department.
func (s *Server) showGrants(c *fiber.Ctx) error {
	q, err := query(c, "before")
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	before, err := after(q.Get("before"))
	if err != nil {
		return err
	}
	p := templates.GrantsPage{Desk: strings.HasPrefix(c.Path(), "/desk/")}
	path := "/grants"
	if p.Desk {
		path, p.Frame = "/desk/grants", s.quietFrame(c, text.T(ctx, "给出的授权"))
		p.Items, err = s.Licensing.GrantsBy(ctx, actor(c), before, listed+1)
	} else {
		p.Frame = s.quietFrame(c, text.T(ctx, "我的授权和密钥"))
		p.Items, err = s.Licensing.GrantsOf(ctx, actor(c), before, listed+1)
	}
	if err != nil {
		return err
	}
	p.Items, p.Next = pageOf(p.Items, func(g licensing.Held) int64 { return g.ID }, path+"?before=")
	under, err := s.owedUnder(c, p.Items...)
	if err != nil {
		return err
	}
	p.Owed = under.Owed()
	return s.page(c, templates.Grants(p))
}

// showGrant is GET /grants/{number}, and GET /desk/grants/{number}.
func (s *Server) showGrant(c *fiber.Ctx) error {
	q, err := query(c, "done")
	if err != nil {
		return err
	}
	said := ""
	switch q.Get("done") {
	case "":
	case "reported":
		said = text.T(c.UserContext(), "已送到数据部门，由它查看。")
	default:
		said = text.T(c.UserContext(), "已记下，从下一个请求起算数。")
	}
	return s.grantPage(c, said, "", templates.Mistake{})
}

func (s *Server) grantPage(c *fiber.Ctx, said, secret string, wrong templates.Mistake) error {
	ctx, who := c.UserContext(), actor(c)
	g, side, err := s.Licensing.Grant(ctx, who, c.Params("number"))
	if err != nil {
		return err
	}
	if desk := strings.HasPrefix(c.Path(), "/desk/"); desk == (side == licensing.OfApplicant) {
		return fault.New(fault.NotFound, "没有这份授权。")
	}
	p := templates.GrantPage{Frame: s.quietFrame(c, g.Number), Grant: g, Side: side, Done: said, Secret: secret, Mistake: wrong}
	if p.Acquired, err = s.Licensing.Acquired(ctx, who, g.Number, 0, 100); err != nil {
		return err
	}
	if p.Under, err = s.owedUnder(c, *g); err != nil {
		return err
	}
	p.Renewable, p.Changeable, p.Again = s.Licensing.MayFollow(g, licensing.Renewal), s.Licensing.MayFollow(g, licensing.Change), s.Licensing.MayFollow(g, licensing.First)
	if g.State == licensing.Active && g.Later == "" {
		p.RenewableFrom = s.Licensing.RenewableFrom(g)
	}
	d, err := s.Datasets.Dataset(ctx, who, g.Dataset.Slug)
	if err == nil {
		p.Files = newestOf(d)
	} else if kind := fault.KindOf(err); kind != fault.Gone && kind != fault.NotFound {
		return err
	}
	if s.Supervision != nil {
		if p.Cases, err = s.Supervision.BreachesOf(ctx, who, supervision.Of(g.Number)); err != nil {
			return err
		}
		p.MayReport, p.MayCharge = side == licensing.OfApplicant, supervision.Desk(who)
	}
	return s.page(c, templates.Grant(p))
}

// makeGrantKey is POST /grants/{number}/keys. Its answer shows the secret, once.
func (s *Server) makeGrantKey(c *fiber.Ctx) error {
	f, err := form(c, "name")
	if err != nil {
		return err
	}
	secret, err := s.Licensing.MakeKey(c.UserContext(), actor(c), c.Params("number"), f.Get("name"))
	if wrong, ok := s.mistake(c, err); ok {
		return s.grantPage(c, "", "", wrong)
	}
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return s.grantPage(c, "", secret, templates.Mistake{})
}

// followGrant is POST /grants/{number}/apply: a draft written as the grant stands,
// of its renewal, of a change, or of the same once more.
func (s *Server) followGrant(c *fiber.Ctx) error {
	f, err := form(c, "kind")
	if err != nil {
		return err
	}
	a, err := s.Licensing.BeginFrom(c.UserContext(), actor(c), c.Params("number"), licensing.Kind(f.Get("kind")))
	if wrong, ok := s.mistake(c, err); ok {
		return s.grantPage(c, "", "", wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, begunAt(a))
}

// surrenderGrant is POST /grants/{number}/surrender.
func (s *Server) surrenderGrant(c *fiber.Ctx) error {
	f, revision, err := revisionForm(c, "sure")
	if err != nil {
		return err
	}
	if f.Get("sure") == "" {
		wrong, _ := s.mistake(c, fault.At("sure", "请勾选，确认要交还。"))
		return s.grantPage(c, "", "", wrong)
	}
	return s.movedGrant(c, licensing.Surrender, "", revision)
}

// moveGrant is POST /desk/grants/{number}/move.
func (s *Server) moveGrant(c *fiber.Ctx) error {
	f, revision, err := revisionForm(c, "reason", "action")
	if err != nil {
		return err
	}
	action := licensing.GrantAction(f.Get("action"))
	if action != licensing.Suspend && action != licensing.Reinstate && action != licensing.Revoke {
		return malformed("action", "请求的格式不对。")
	}
	return s.movedGrant(c, action, f.Get("reason"), revision)
}

func (s *Server) movedGrant(c *fiber.Ctx, action licensing.GrantAction, reason string, revision int) error {
	_, err := s.Licensing.MoveGrant(c.UserContext(), actor(c), c.Params("number"), action, reason, revision)
	if wrong, ok := s.mistake(c, err); ok {
		return s.grantPage(c, "", "", wrong)
	}
	if err != nil {
		return err
	}
	path := c.Path()
	return seeOther(c, path[:strings.LastIndexByte(path, '/')]+"?done=1")
}

// showDownloads is GET /downloads: the acquisition records of who has signed in.
func (s *Server) showDownloads(c *fiber.Ctx) error {
	q, err := query(c, "before")
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	before, err := after(q.Get("before"))
	if err != nil {
		return err
	}
	p := templates.DownloadsPage{Frame: s.quietFrame(c, text.T(ctx, "我的取数记录"))}
	p.Wide = true
	if p.Items, err = s.Datasets.Acquired(ctx, actor(c), before, listed+1); err != nil {
		return err
	}
	if s.Supervision != nil && before == 0 {
		if p.Told, err = s.Supervision.Tellings(ctx, actor(c)); err != nil {
			return err
		}
	}
	p.Items, p.Next = pageOf(p.Items, func(a datasets.Acquisition) int64 { return a.ID }, "/downloads?before=")
	return s.page(c, templates.Downloads(p))
}
