// Package engine is what computes in a secure development workspace: a person
// writes SQL on data that nobody there can see.
//
// It knows no database, no page, no person. Whoever calls (licensing/workspace)
// says which columns and rows of which version are given for what use, keeps
// states and clocks, and holds what comes out; the engine
//
//   - prepares a mount (Prepare): the approved columns and rows of a version as
//     one read-only file, subject keys masked by the workspace's key, encrypted
//     at rest;
//   - vets a statement (Vet): the engine's own parse tree against lists of what
//     may be in one, in a child that holds no data;
//   - runs it (Run): in a child of internal/sandbox without network, files or
//     environment, DuckDB locked down inside it;
//   - measures a held result (Measure): who stands behind each of its rows and
//     conditions, for the checks of package disclosure; under one key of the
//     platform, so that results of all workspaces can be compared;
//   - describes a mount without showing a row (Prepared.Statistics, Samples).
//
// What may be in a statement is data: allow.yaml. What each column may be used
// for is its Use. A statement that cannot be measured is refused when it is
// vetted, so that nobody waits for a result that can never be released.
//
// Its methods:
//
//	New(Options) (*Engine, error)                                  Close()
//	Prepare(ctx, Workspace, Source) (*Prepared, error)             Samples(*Prepared, n int) [][]any
//	Vet(ctx, []Mount, Code) (*Verdict, error)
//	Run(ctx, Job) (*Result, error)                                 *Ended where there is none
//	Measure(ctx, Job, held disclosure.Table) (*Result, error)      the same, with measures
//	Erase(workspace string) error
//
// How it is wired: cmd hands Jobs to sandbox.Main before anything else, makes one
// Engine with New and closes it at the end.
package engine
