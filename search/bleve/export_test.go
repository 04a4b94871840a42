package bleve

import "testing"

// SetLayout has the program expect another layout for the length of a test.
func SetLayout(t *testing.T, version string) {
	t.Helper()
	was := layoutVersion
	layoutVersion = version
	t.Cleanup(func() { layoutVersion = was })
}
