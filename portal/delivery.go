package portal

import (
	"context"
	"io"
	"log/slog"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
	"shuyuan/datasets/rows"
	"shuyuan/internal/account"
)

// Deliver writes down that who is about to be given data of v, and says in the
// answer on what terms: every road on which data leaves goes through here.
func (s *Server) Deliver(c *fiber.Ctx, who account.Actor, v *datasets.Version, by datasets.Channel, form, part string) (*datasets.Handover, error) {
	ctx, request := c.UserContext(), requestID(c)
	h, err := s.Datasets.Deliver(ctx, who, v, datasets.Delivery{Channel: by, Form: form, Part: part, Request: request, Failed: func(err error) {
		s.Log.LogAttrs(context.WithoutCancel(ctx), slog.LevelError, "the end of a delivery was not written down", slog.String("request", request), slog.Any("error", err))
	}})
	if err != nil {
		return nil, err
	}
	if p := h.Permit; p.Grant != 0 || p.Share != 0 {
		c.Set(fiber.HeaderCacheControl, "private, no-store")
		c.Set("Shuyuan-Grant", p.Number)
		c.Set("Shuyuan-Purpose", "UTF-8''"+url.PathEscape(strings.Join(strings.Fields(p.Purpose), " ")))
		if p.Grant != 0 {
			c.Set("Shuyuan-Terms", "sha256:"+p.Terms)
			c.Append(fiber.HeaderLink, "<"+s.Config.BaseURL+"/grants/"+p.Number+`>; rel="license"`)
		}
	}
	return h, nil
}

// shown is Deliver for what a page shows of v, and says under which grant; nothing
// is said or done where v is open to everybody.
func (s *Server) shown(c *fiber.Ctx, v *datasets.Version, part string) (*datasets.Permit, error) {
	if v == nil || v.Open == datasets.Unconditional || v.Under != nil {
		return nil, nil
	}
	h, err := s.Deliver(c, actor(c), v, datasets.ByPage, "html", part)
	if err != nil {
		return nil, err
	}
	h.End(true)
	return &h.Permit, nil
}

// partOf is the grant of which viewer holds a part of v, where no page shows it
// whole; nil: none.
func (s *Server) partOf(c *fiber.Ctx, v *datasets.Version) *datasets.Permit {
	if v == nil || v.Open == datasets.Unconditional {
		return nil
	}
	if p, err := s.Datasets.Permit(c.UserContext(), actor(c), v); err == nil && p.Limited && p.Grant != 0 {
		return &p
	}
	return nil
}

// downloadPart sends what a grant gives of a table, where it does not give the
// whole: the same address, made for who asks.
func (s *Server) downloadPart(c *fiber.Ctx, v *datasets.Version, kind string, position int, bom bool) error {
	format := rows.Format(kind)
	e, err := s.Datasets.Export(c.UserContext(), actor(c), v, position, rows.Query{}, rows.ExportOptions{Format: format, BOM: bom, Safe: format == rows.CSV})
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, "private, no-store")
	c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; sandbox")
	c.Set(fiber.HeaderContentType, format.MediaType())
	c.Set(fiber.HeaderContentDisposition, disposition(v.BaseName(position)+"-part."+kind))
	if c.Method() == fiber.MethodHead { // how long it will be nobody knows yet
		c.Context().SetBodyStream(strings.NewReader(""), -1)
		return nil
	}
	h, err := s.Deliver(c, actor(c), v, datasets.ByFile, kind, "")
	if err != nil {
		return err
	}
	leave, err := s.Enter(c)
	if err != nil {
		h.End(false)
		return err
	}
	return s.Stream(c, s.Counted(v.DatasetID, h.Write(func(ctx context.Context, w io.Writer) error {
		defer leave()
		return e.Write(ctx, w)
	})))
}
