package marketplacetest

import (
	"shuyuan/internal/sandbox"
	"shuyuan/marketplace"
)

// A file that somebody checks is read by a child: whoever imports this package is such a
// program.
func init() {
	if sandbox.Asked() == marketplace.FileJob {
		sandbox.Main(map[string]sandbox.Job{marketplace.FileJob: marketplace.ReadFile})
	}
}
