package portal

import (
	"github.com/gofiber/fiber/v2"

	"shuyuan/internal/fault"
)

// Pages that come next answer that they are not there.
func pending() error { return fault.New(fault.NotFound, "没有这一页。") }

func (s *Server) showHelp(*fiber.Ctx) error  { return pending() }
func (s *Server) showAbout(*fiber.Ctx) error { return pending() }
