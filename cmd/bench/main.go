// Command bench measures a built shuyuan as its users meet it: a real server
// with its own PostgreSQL, real HTTP on loopback, and beside it nginx or DuckDB
// where a bound is stated against them. It prints medians with machine, commit
// and date, and of tables whether each bound is met; it never runs as a test.
//
//	bench -binary var/bin/shuyuan [-part pages|tables|cases] [-datasets 10000] [-rows 2500000] [-rounds 3] [-seconds 8]
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"

	"shuyuan/datasets/ingest"
	"shuyuan/internal/sandbox"
)

func main() {
	sandbox.Main(map[string]sandbox.Job{ingest.JobName: ingest.Job})
	if len(os.Args) == 2 && os.Args[1] == aloneArg {
		if err := engineAlone(context.Background(), os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	binary := flag.String("binary", "var/bin/shuyuan", "the shuyuan to measure")
	datasets := flag.Int("datasets", 10_000, "size of the catalogue")
	rows := flag.Int("rows", 2_500_000, "size of the table")
	part := flag.String("part", "", "pages, tables, cases, workspaces or verify; all if left out")
	rounds := flag.Int("rounds", 3, "rounds of each load; the median is printed")
	seconds := flag.Int("seconds", 8, "length of one round")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	b := &bench{binary: *binary, part: *part, datasets: *datasets, rows: *rows, rounds: *rounds, length: time.Duration(*seconds) * time.Second}
	if err := b.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// bench is one run over all measurements.
type bench struct {
	binary   string
	part     string
	datasets int
	rows     int
	rounds   int
	length   time.Duration
	server   *server
}

func (b *bench) run(ctx context.Context) error {
	printHeader()
	dir, err := os.MkdirTemp("", "shuyuan-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if os.Geteuid() == 0 { // PostgreSQL runs as another user and must be able to reach its folder
		if err := os.Chmod(dir, 0o755); err != nil {
			return err
		}
	}
	for _, p := range []struct {
		name    string
		measure func(context.Context, string) error
	}{{"pages", b.measurePages}, {"tables", b.measureTables}, {"cases", b.measureCases}, {"workspaces", b.measureWorkspaces}, {"verify", b.measureVerify}} {
		if b.part != "" && b.part != p.name {
			continue
		}
		if err := p.measure(ctx, dir); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}

// measurePages measures the catalogue: pages, searches, downloads.
func (b *bench) measurePages(ctx context.Context, dir string) (err error) {
	if err := b.measureStart(ctx, dir+"/start"); err != nil {
		return fmt.Errorf("start: %w", err)
	}
	if b.server, err = startServer(ctx, b.binary, dir+"/data"); err != nil {
		return err
	}
	defer b.server.stop()
	if err := grow(ctx, b.server, b.datasets); err != nil {
		return fmt.Errorf("grow the catalogue: %w", err)
	}
	for _, m := range []func(context.Context, string) error{
		b.measureDatasetPages, b.measureSearchPages, b.measureCachedPage, b.measureDownload,
	} {
		if err := m(ctx, dir); err != nil {
			return err
		}
	}
	return nil
}

func printHeader() {
	commit, _ := exec.Command("git", "rev-parse", "--short", "HEAD").Output()
	fmt.Printf("machine: %s, %d CPUs, %s/%s, %s\ncommit:  %s\ndate:    %s\n\n",
		cpuModel(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version(),
		strings.TrimSpace(string(commit)), time.Now().Format(time.RFC3339))
}

func cpuModel() string {
	info, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(info)) {
		if name, ok := strings.CutPrefix(line, "model name"); ok {
			return strings.Trim(name, "\t :\n")
		}
	}
	return "unknown CPU"
}

// row prints one figure with the bound it is held against.
func row(what, figure, bound string) {
	fmt.Printf("%-58s %28s   %s\n", what, figure, bound)
}
