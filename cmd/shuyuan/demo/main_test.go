package demo

import (
	"os"
	"testing"

	"shuyuan/datasets/ingest"
	"shuyuan/internal/sandbox"
)

// atExit is what ends when all tests have.
var atExit []func()

// TestMain is a program whose children read the files of the sample world.
func TestMain(m *testing.M) {
	sandbox.Main(map[string]sandbox.Job{ingest.JobName: ingest.Job})
	code := m.Run()
	for _, end := range atExit {
		end()
	}
	os.Exit(code)
}
