package demo

import (
	"os"
	"testing"

	"shuyuan/datasets/ingest"
	"shuyuan/internal/sandbox"
	"shuyuan/licensing/workspace/engine"
)

// atExit is what ends when all tests have.
var atExit []func()

// TestMain is a program whose children read the files of the sample world.
func TestMain(m *testing.M) {
	jobs := engine.Jobs()
	jobs[ingest.JobName] = ingest.Job
	sandbox.Main(jobs)
	code := m.Run()
	for _, end := range atExit {
		end()
	}
	os.Exit(code)
}
