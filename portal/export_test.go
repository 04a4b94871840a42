package portal

import "time"

// Hurry is the portal with less patience for those who send next to nothing.
func (s *Server) Hurry(patience time.Duration) { s.patience = patience }
