package licensing

// Standing is the question of the gate, for a test of how it is answered.
const Standing = standing

// TakeAtOnce sets how many rows are taken at a time.
func (s *Service) TakeAtOnce(n int) { s.batch = n }
