package portal

import (
	"context"
	"io"
	"strings"

	"github.com/gofiber/fiber/v2"

	"shuyuan/datasets"
)

// downloadWhole is GET /datasets/{slug}/all.zip: the newest original of every
// file of a dataset with its dictionary, licence and source, as one data
// package that is packed while it is sent.
func (s *Server) downloadWhole(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	w, err := s.Datasets.Whole(c.UserContext(), actor(c), c.Params("slug"))
	if err != nil {
		return err
	}
	etag := WeakTag("whole 1 " + w.Tag())
	c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; sandbox")
	if w.Open() == datasets.Unconditional && !s.carriesSession(c) {
		c.Set(fiber.HeaderCacheControl, "public, no-cache")
	}
	if matches(c.Get(fiber.HeaderIfNoneMatch), etag) {
		w.Close()
		c.Set(fiber.HeaderETag, etag)
		return c.SendStatus(fiber.StatusNotModified)
	}
	named := func() {
		c.Set(fiber.HeaderETag, etag)
		c.Set(fiber.HeaderContentType, "application/zip")
		c.Set(fiber.HeaderContentDisposition, disposition(c.Params("slug")+".zip"))
	}
	if c.Method() == fiber.MethodHead { // how long it will be nobody knows yet
		w.Close()
		named()
		c.Context().SetBodyStream(strings.NewReader(""), -1)
		return nil
	}
	leave, err := s.Enter(c)
	if err != nil {
		w.Close()
		return err
	}
	if err := w.Watch(func(v *datasets.Version, f *datasets.File) (*datasets.Handover, error) {
		return s.Deliver(c, actor(c), v, datasets.ByFile, "zip", f.Name)
	}); err != nil {
		leave()
		w.Close()
		return err
	}
	page := s.datasetPage(c.Params("slug"))
	if err := s.Stream(c, s.Counted(w.DatasetID(), func(ctx context.Context, out io.Writer) error {
		defer leave()
		defer w.Close()
		return w.Write(ctx, out, page)
	})); err != nil {
		return err
	}
	named()
	return nil
}
