package demo

import (
	"os"
	"testing"

	"shuyuan/datasets/ingest"
	"shuyuan/internal/sandbox"
)

// TestMain is a program whose children read the files of the sample world.
func TestMain(m *testing.M) {
	sandbox.Main(map[string]sandbox.Job{ingest.JobName: ingest.Job})
	os.Exit(m.Run())
}
