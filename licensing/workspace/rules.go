package workspace

import (
	"time"

	"shuyuan/internal/deadline"
	"shuyuan/internal/policy"
)

// The periods are the platform's (平台规则): no text names one.
var (
	reviewTerm = deadline.Term{House: "output_review"}
	closeTerm  = deadline.Term{House: "workspace_destruction"}
	endTerm    = deadline.Term{House: "workspace_winding_up"}
)

// Quota is how much a workspace may take.
type Quota struct {
	CPUSeconds int // of processor time in a month
	MemoryMB   int // of a job
	Wall       int // seconds of a job
	Concurrent int // jobs that run at a time
	Rows       int // of a result
}

// Limits are the platform's own numbers (平台规则), as house.yaml has them.
type Limits struct {
	Quota
	Bytes   int // of a result
	Queued  int // jobs that wait in a workspace
	Samples int // synthetic rows of a mount that are shown
	Tried   int // and on which a program is tried
	SQL     int // characters of a program
	Ending  int // working days before a scenario ends at which the inbox tells
	Refused int // results of a scenario that the rules may refuse in a month
	Failed  int // jobs of a scenario that may fail in a month
}

// LimitsOf reads them from the book of rules.
func LimitsOf(book *policy.Book) (Limits, error) {
	n := book.Numbers()
	const path = "workspace_quota"
	l := Limits{
		Quota:  Quota{CPUSeconds: n.Of(path, "cpu_minutes") * 60, MemoryMB: n.Of(path, "memory_megabytes"), Wall: n.Of(path, "wall_seconds"), Concurrent: n.Of(path, "concurrent"), Rows: n.Of(path, "rows")},
		Bytes:  n.Of(path, "megabytes") * 1_000_000,
		Queued: n.Of(path, "queued"), SQL: n.Of(path, "characters"), Samples: n.Of("workspace_samples", ""), Tried: n.Of("workspace_samples", "tried"), Ending: n.Of("workspace_ending", ""),
		Refused: n.Of("workspace_refusals", "results"), Failed: n.Of("workspace_refusals", "jobs"),
	}
	return l, n.Missing()
}

// month is when the month of t begins and ends, in China.
func month(t time.Time) (from, until time.Time) {
	y, m, _ := t.Date()
	from = time.Date(y, m, 1, 0, 0, 0, 0, t.Location())
	return from, from.AddDate(0, 1, 0)
}
