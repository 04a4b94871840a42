package catalogue

// Change is a change of the catalogue under way.
type Change struct {
	ID int64
}
