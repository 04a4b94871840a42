package portal

import (
	"archive/zip"
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets/questions"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/licensing/demands"
	"shuyuan/templates"
	"shuyuan/templates/text"
)

// leaveAccount is POST /account/leave: asks to delete the own account, which is
// shut at once.
func (s *Server) leaveAccount(c *fiber.Ctx) error {
	f, err := form(c, "understood")
	if err != nil {
		return err
	}
	if f.Get("understood") != "1" {
		err = fault.At("understood", "请先看清楚什么会删除、什么会留下，并勾选。")
	} else {
		err = s.Accounts.AskToLeave(c.UserContext(), actor(c))
	}
	if wrong, ok := s.mistake(c, err); ok {
		return s.accountPage(c, func(p *templates.AccountPage) { p.Leaving = wrong })
	}
	if err != nil {
		return err
	}
	c.Cookie(s.cookie(s.cookieName(), "", -1))
	return seeOther(c, "/sign-in?done=leaving")
}

// exportAccount is POST /account/export: everything that is kept of whoever asks,
// as a zip of JSON files with a page that explains them. It is sent as it is
// made: the acts of years may be many.
func (s *Server) exportAccount(c *fiber.Ctx) error {
	if _, err := form(c); err != nil {
		return err
	}
	ctx, who := c.UserContext(), actor(c)
	own, err := s.Accounts.TakeAlong(ctx, who)
	if wrong, ok := s.mistake(c, err); ok {
		return s.accountPage(c, func(p *templates.AccountPage) { p.Leaving = wrong })
	}
	if err != nil {
		return err
	}
	asked, err := s.Questions.Asked(ctx, who)
	if err != nil {
		return err
	}
	wanted, err := s.Demands.Proposed(ctx, who)
	if err != nil {
		return err
	}
	h := &c.Response().Header
	h.Set(fiber.HeaderContentType, "application/zip")
	h.Set(fiber.HeaderContentDisposition, `attachment; filename="shuyuan-account-`+s.Now().UTC().Format("20060102")+`.zip"`)
	h.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; sandbox")
	ctx = context.WithoutCancel(ctx) // the handler returns before the last byte
	c.Context().SetBodyStreamWriter(func(w *bufio.Writer) {
		if err := s.writeAccount(ctx, w, who, own, asked, wanted); err != nil {
			// without its directory the file opens nowhere: nobody takes half for all
			s.Log.LogAttrs(ctx, slog.LevelWarn, "export of an account cut off", slog.Int64("user", who.ID), slog.Any("error", err))
		}
	})
	return nil
}

func (s *Server) writeAccount(ctx context.Context, w io.Writer, who account.Actor, own account.Belongings, asked []questions.Question, wanted []demands.Demand) error {
	z := zip.NewWriter(w)
	put := func(name string, v any) error {
		f, err := z.Create(name)
		if err != nil {
			return err
		}
		e := json.NewEncoder(f)
		e.SetIndent("", "  ")
		return e.Encode(v)
	}
	f, err := z.Create("README.txt")
	if err == nil {
		_, err = io.WriteString(f, "\ufeff"+text.In(text.Chinese, templates.ExportReadme)+"\n\n"+text.In(text.English, templates.ExportReadme)+"\n")
	}
	if err := errors.Join(err, put("account.json", own), put("questions.json", asked), put("requests.json", wanted)); err != nil {
		return err
	}
	data, err := s.ownData(ctx, who)
	if err != nil {
		return err
	}
	if err := put("data.json", data); err != nil {
		return err
	}
	acts, err := z.Create("acts.ndjson")
	if err != nil {
		return err
	}
	lines := json.NewEncoder(acts)
	if err := s.Accounts.PastActs(ctx, who, func(a account.PastAct) error { return lines.Encode(a) }); err != nil {
		return err
	}
	return z.Close()
}

// ownData is what somebody applied for, was granted and was given, as the
// export of an account holds it.
func (s *Server) ownData(ctx context.Context, who account.Actor) (map[string]any, error) {
	const all = 100_000
	applied, err := s.Licensing.Mine(ctx, who, 0, all)
	if err != nil {
		return nil, err
	}
	held, err := s.Licensing.GrantsOf(ctx, who, 0, all)
	if err != nil {
		return nil, err
	}
	taken, err := s.Datasets.Acquired(ctx, who, 0, all)
	if err != nil {
		return nil, err
	}
	out := map[string]any{"applications": applied, "grants": held, "downloads": taken}
	if s.Scenarios != nil {
		if out["scenarios"], err = s.Scenarios.OwnExport(ctx, who); err != nil {
			return nil, err
		}
	}
	if s.Supervision == nil {
		return out, nil
	}
	if out["breach_cases"], err = s.Supervision.OwnBreaches(ctx, who); err == nil {
		out["incident_notices"], err = s.Supervision.Tellings(ctx, who)
	}
	return out, err
}
