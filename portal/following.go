package portal

import (
	"bytes"
	"context"
	"mime"
	"mime/multipart"
	"net/url"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets/following"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// followButton is the button of a page that can be followed; nil where nobody can
// follow anything.
func (s *Server) followButton(c *fiber.Ctx, kind following.Kind, of string) (*templates.FollowButton, error) {
	if s.Following == nil || of == "" {
		return nil, nil
	}
	id, err := s.Following.Following(c.UserContext(), actor(c), following.Target{Kind: kind, Of: of})
	return &templates.FollowButton{Kind: kind, Of: of, ID: id}, err
}

// followed is a search as it is followed: without its order and its page.
func (f finding) followed() string {
	g := f.first()
	g.sort = ""
	return g.values().Encode()
}

// readFollowed reads a followed search again, so that it is kept in one spelling
// and holds nothing that the search page would refuse.
func readFollowed(of string) (finding, error) {
	q, err := only(of, parameters)
	if err != nil {
		return finding{}, err
	}
	return findingIn(q)
}

// targetIn is what a form or an address wants to follow.
func targetIn(q url.Values) (following.Target, error) {
	t := following.Target{Kind: following.Kind(q.Get("kind")), Of: q.Get("of")}
	if t.Kind == following.Search {
		f, err := readFollowed(t.Of)
		if err != nil {
			return t, err
		}
		t.Of = f.followed()
	}
	return t, nil
}

// langOf is the language of the page that is read, as one is written to.
func langOf(ctx context.Context) following.Lang {
	if text.Of(ctx) == text.English {
		return following.English
	}
	return following.Chinese
}

// showFollow is GET /follow?kind=&of=: how one thing is followed.
func (s *Server) showFollow(c *fiber.Ctx) error {
	q, err := query(c, "kind", "of")
	if err != nil {
		return err
	}
	t, err := targetIn(q)
	if err != nil {
		return err
	}
	return s.followPage(c, t, templates.Mistake{})
}

func (s *Server) followPage(c *fiber.Ctx, t following.Target, wrong templates.Mistake) error {
	ctx := c.UserContext()
	p, err := s.followed(ctx, t)
	if err != nil {
		return err
	}
	p.Frame = s.quietFrame(c, text.T(ctx, "关注：%s", p.Name))
	p.Path = "/follow?" + url.Values{"kind": {string(t.Kind)}, "of": {t.Of}}.Encode()
	p.Feeds = []templates.Link{{Href: p.Feed, Title: p.Name}}
	p.Mistake = wrong
	b, err := s.followButton(c, t.Kind, t.Of)
	if err != nil {
		return err
	}
	if b == nil {
		return fault.New(fault.NotFound, "没有这个可以关注的东西。")
	}
	p.Button = *b
	return s.page(c, templates.FollowView(p))
}

// followed names the thing that can be followed: for everybody alike.
func (s *Server) followed(ctx context.Context, t following.Target) (p templates.FollowPage, err error) {
	everybody := account.Actor{}
	switch t.Kind {
	case following.Dataset:
		d, err := s.Datasets.Dataset(ctx, everybody, t.Of)
		if err != nil {
			return p, err
		}
		p.Name, p.Href = text.Pick(ctx, d.Title, d.TitleEN), "/datasets/"+d.Slug
	case following.Department:
		d, err := s.Datasets.Department(ctx, everybody, t.Of)
		if err != nil {
			return p, err
		}
		p.Name, p.Href = templates.DepartmentName(ctx, &d.Item), "/departments/"+d.Item.Slug
	case following.Theme:
		th, err := s.Datasets.Theme(ctx, everybody, t.Of)
		if err != nil {
			return p, err
		}
		p.Name, p.Href = text.Pick(ctx, th.Item.Name, th.Item.NameEN), "/themes/"+th.Item.Slug
	case following.Search:
		f, err := readFollowed(t.Of)
		if err != nil {
			return p, err
		}
		if t.Of == "" {
			return p, fault.At("of", "请先写要找的词，或者选一个筛选条件，再关注这个搜索。")
		}
		p.Name, p.Href, p.Feed = f.title(ctx), f.href(), "/datasets/feed.xml?"+t.Of
		return p, nil
	default:
		return p, fault.New(fault.NotFound, "没有这个可以关注的东西。")
	}
	p.Feed = p.Href + "/feed.xml"
	return p, nil
}

// follow is POST /account/follows.
func (s *Server) follow(c *fiber.Ctx) error {
	f, err := form(c, "kind", "of", "back")
	if err != nil {
		return err
	}
	t, err := targetIn(f)
	if err != nil {
		return err
	}
	err = s.Following.Follow(c.UserContext(), actor(c), t, langOf(c.UserContext()))
	if wrong, ok := s.mistake(c, err); ok {
		return s.followPage(c, t, wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, backTo(f.Get("back"), "/account/follows?done=followed"))
}

// backTo is where a form came from, or another page where it does not say.
func backTo(back, otherwise string) string {
	if back == "" {
		return otherwise
	}
	return safeBack(back)
}

// endFollow is POST /account/follows/{id}/end.
func (s *Server) endFollow(c *fiber.Ctx) error {
	f, err := form(c, "back")
	if err != nil {
		return err
	}
	id, err := numberIn(c, "id")
	if err != nil {
		return err
	}
	if err := s.Following.Unfollow(c.UserContext(), actor(c), id); err != nil {
		return err
	}
	return seeOther(c, backTo(f.Get("back"), "/account/follows?done=ended"))
}

// numberIn is a number in the path.
func numberIn(c *fiber.Ctx, name string) (int64, error) {
	id, err := strconv.ParseInt(c.Params(name), 10, 64)
	if err != nil || id < 1 || strconv.FormatInt(id, 10) != c.Params(name) {
		return 0, fault.New(fault.NotFound, "没有这一页。")
	}
	return id, nil
}

// showFollows is GET /account/follows.
func (s *Server) showFollows(c *fiber.Ctx) error {
	q, err := query(c, "done")
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	p := templates.FollowsPage{Frame: s.quietFrame(c, text.T(ctx, "我关注的")), Most: s.Following.Rules().Most}
	switch q.Get("done") {
	case "followed":
		p.Done = text.T(ctx, "已关注。")
	case "ended":
		p.Done = text.T(ctx, "已取消。")
	}
	if p.Items, err = s.Following.Follows(ctx, actor(c)); err != nil {
		return err
	}
	return s.page(c, templates.Follows(p))
}

// showNotices is GET /account/notifications.
func (s *Server) showNotices(c *fiber.Ctx) error {
	q, err := query(c, "unread", "before", "done")
	if err != nil {
		return err
	}
	var before int64
	if raw := q.Get("before"); raw != "" {
		if before, err = strconv.ParseInt(raw, 10, 64); err != nil || before < 1 {
			return malformed("before", "请求的格式不对。")
		}
	}
	ctx := c.UserContext()
	p := templates.NoticesPage{Frame: s.quietFrame(c, text.T(ctx, "通知")), OnlyUnread: q.Get("unread") != ""}
	if q.Get("done") != "" {
		p.Done = text.T(ctx, "已标为已读。")
	}
	var more bool
	if p.Items, more, err = s.Following.Notices(ctx, actor(c), before, p.OnlyUnread); err != nil {
		return err
	}
	if more {
		next := url.Values{"before": {strconv.FormatInt(p.Items[len(p.Items)-1].ID, 10)}}
		if p.OnlyUnread {
			next.Set("unread", "1")
		}
		p.More = "/account/notifications?" + next.Encode()
	}
	return s.page(c, templates.Notices(p))
}

// openNotice is GET /account/notifications/{id}: on to the page that a notice
// leads to; it is read then.
func (s *Server) openNotice(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	id, err := numberIn(c, "id")
	if err != nil {
		return err
	}
	n, err := s.Following.Read(c.UserContext(), actor(c), id)
	if err != nil {
		return err
	}
	return seeOther(c, templates.NoticePath(n))
}

// readNotices is POST /account/notifications/read.
func (s *Server) readNotices(c *fiber.Ctx) error {
	f, err := form(c, "to")
	if err != nil {
		return err
	}
	to, err := strconv.ParseInt(f.Get("to"), 10, 64)
	if err != nil {
		return malformed("to", "请求的格式不对。")
	}
	if err := s.Following.ReadAll(c.UserContext(), actor(c), to); err != nil {
		return err
	}
	return seeOther(c, "/account/notifications?done=read")
}

// showNoticeSettings is GET /account/notifications/settings.
func (s *Server) showNoticeSettings(c *fiber.Ctx) error {
	q, err := query(c, "done")
	if err != nil {
		return err
	}
	settings, err := s.Following.Settings(c.UserContext(), actor(c))
	if err != nil {
		return err
	}
	done := ""
	if q.Get("done") != "" {
		done = text.T(c.UserContext(), "已保存。")
	}
	return s.noticeSettingsPage(c, settings, done, templates.Mistake{})
}

func (s *Server) noticeSettingsPage(c *fiber.Ctx, settings following.Settings, done string, wrong templates.Mistake) error {
	ctx, who := c.UserContext(), actor(c)
	u, err := s.Accounts.Own(ctx, who)
	if err != nil {
		return err
	}
	return s.page(c, templates.NoticeSettings(templates.NoticeSettingsPage{
		Frame: s.quietFrame(c, text.T(ctx, "怎样通知我")), Settings: settings, Rules: s.Following.Rules(),
		Mail: !account.IsPhone(u.Identifier), Desk: who.Any(account.Deskers...), Done: done, Mistake: wrong,
	}))
}

// setNotices is POST /account/notifications/settings.
func (s *Server) setNotices(c *fiber.Ctx) error {
	names := []string{"lang"}
	for _, t := range following.Topics {
		for _, ch := range t.Channels() {
			names = append(names, following.Field(t, ch))
		}
	}
	f, err := form(c, names...)
	if err != nil {
		return err
	}
	ctx := c.UserContext()
	chosen, err := s.Following.Settings(ctx, actor(c))
	if err != nil {
		return err
	}
	chosen.Lang = following.Lang(f.Get("lang"))
	for _, t := range following.Topics {
		for _, ch := range t.Channels() {
			if name := following.Field(t, ch); f.Has(name) { // what the page did not show stays as it is
				chosen.Modes[t][ch] = following.Mode(f.Get(name))
			}
		}
	}
	err = s.Following.Set(ctx, actor(c), chosen)
	if wrong, ok := s.mistake(c, err); ok {
		return s.noticeSettingsPage(c, chosen, "", wrong)
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/account/notifications/settings?done=saved")
}

// showUnsubscribe is GET /unsubscribe/{token}: says what would end; looking ends
// nothing, since programs look at links in letters.
func (s *Server) showUnsubscribe(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	u, err := s.Following.Unsubscription(c.Params("token"))
	if err != nil {
		return err
	}
	return s.page(c, templates.Unsubscribe(templates.UnsubscribePage{Frame: s.quietFrame(c, text.T(c.UserContext(), "退订")), Token: c.Params("token"), Topic: u.Topic}))
}

// unsubscribe is POST /unsubscribe/{token}, from the page or by a mail program
// (RFC 8058, 3.2): the token is all that it needs.
func (s *Server) unsubscribe(c *fiber.Ctx) error {
	if !oneClick(c) {
		return malformed("List-Unsubscribe", "请求的格式不对。")
	}
	u, err := s.Following.Unsubscribe(c.UserContext(), c.Params("token"))
	if err != nil {
		return err
	}
	return s.page(c, templates.Unsubscribe(templates.UnsubscribePage{Frame: s.quietFrame(c, text.T(c.UserContext(), "已退订")), Topic: u.Topic, Done: true}))
}

// oneClick reports whether the body says what RFC 8058 has it say, in either of
// its two forms.
func oneClick(c *fiber.Ctx) bool {
	media, params, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	if err != nil {
		return false
	}
	const name, value = "List-Unsubscribe", "One-Click"
	switch media {
	case fiber.MIMEApplicationForm:
		q, err := url.ParseQuery(string(c.Body()))
		return err == nil && len(q[name]) == 1 && q.Get(name) == value
	case fiber.MIMEMultipartForm:
		f, err := multipart.NewReader(bytes.NewReader(c.Body()), params["boundary"]).ReadForm(1 << 10)
		if err != nil {
			return false
		}
		defer f.RemoveAll() //nolint:errcheck // it holds no files
		return len(f.File) == 0 && len(f.Value[name]) == 1 && f.Value[name][0] == value
	}
	return false
}
