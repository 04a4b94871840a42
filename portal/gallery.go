package portal

import (
	"github.com/gofiber/fiber/v2"

	"shuyuan/templates"
)

// showGallery shows every part in every state. It exists in development only.
func (s *Server) showGallery(c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	f := s.frame(c, "部件总览", "")
	f.NoIndex = true
	return s.page(c, templates.Gallery(templates.GalleryPage{Frame: f}))
}
