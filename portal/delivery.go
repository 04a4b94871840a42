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
// HEAD hands over nothing, so it takes nothing and nothing is written down.
func (s *Server) Deliver(c *fiber.Ctx, who account.Actor, v *datasets.Version, by datasets.Channel, form, part string) (*datasets.Handover, error) {
	return s.deliver(c, who, v, datasets.Delivery{Channel: by, Form: form, Part: part})
}

func (s *Server) deliver(c *fiber.Ctx, who account.Actor, v *datasets.Version, d datasets.Delivery) (*datasets.Handover, error) {
	ctx := c.UserContext()
	d.Request = requestID(c)
	d.Failed = func(err error) {
		s.Log.LogAttrs(context.WithoutCancel(ctx), slog.LevelError, "the end of a delivery was not written down", slog.String("request", d.Request), slog.Any("error", err))
	}
	h, err := s.handover(c, who, v, d)
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

// handover writes a delivery down; of HEAD it only asks what may be given.
func (s *Server) handover(c *fiber.Ctx, who account.Actor, v *datasets.Version, d datasets.Delivery) (*datasets.Handover, error) {
	if c.Method() != fiber.MethodHead {
		return s.Datasets.Deliver(c.UserContext(), who, v, d)
	}
	p, err := s.Datasets.Permit(c.UserContext(), who, v)
	return &datasets.Handover{Permit: p}, err
}

// keyShown is where the deliveries of a page wait for its bytes.
const keyShown = "shown"

// shown is Deliver for what a page shows of v, and says under which grant; nothing
// is said or done where v is open to everybody. The bytes are those of the page,
// which are written down once it is made. beside: another version that the page
// shows together with it counts.
func (s *Server) shown(c *fiber.Ctx, v *datasets.Version, part string, beside bool) (*datasets.Permit, error) {
	if v == nil || v.Open == datasets.Unconditional || v.Under != nil {
		return nil, nil
	}
	h, err := s.deliver(c, actor(c), v, datasets.Delivery{Channel: datasets.ByPage, Form: "html", Part: part, Beside: beside})
	if err != nil {
		return nil, err
	}
	waiting, _ := c.Locals(keyShown).([]*datasets.Handover)
	c.Locals(keyShown, append(waiting, h))
	return &h.Permit, nil
}

// handedOn writes down how many bytes of a page left that shows granted data, or
// that none did since it could not be made.
func handedOn(c *fiber.Ctx, bytes int, made bool) {
	waiting, _ := c.Locals(keyShown).([]*datasets.Handover)
	for _, h := range waiting {
		if made {
			h.Sent(bytes)
		} else {
			h.End(false)
		}
	}
	c.Locals(keyShown, nil)
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
