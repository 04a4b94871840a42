// Command bench measures a built shuyuan as its users meet it: a real server
// with its own PostgreSQL, real HTTP on loopback, and nginx beside it where a
// bound is stated against nginx. It prints medians with machine, commit and
// date; it judges nothing and never runs as a test.
//
//	bench -binary var/bin/shuyuan [-datasets 10000] [-rounds 3] [-seconds 8]
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
	binary := flag.String("binary", "var/bin/shuyuan", "the shuyuan to measure")
	datasets := flag.Int("datasets", 10_000, "size of the catalogue")
	rounds := flag.Int("rounds", 3, "rounds of each load; the median is printed")
	seconds := flag.Int("seconds", 8, "length of one round")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	b := &bench{binary: *binary, datasets: *datasets, rounds: *rounds, length: time.Duration(*seconds) * time.Second}
	if err := b.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// bench is one run over all measurements.
type bench struct {
	binary   string
	datasets int
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
