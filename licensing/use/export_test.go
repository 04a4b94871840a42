package use

// TakeAtOnce sets how many rows are taken at a time.
func (s *Service) TakeAtOnce(n int) { s.batch = n }
