package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"
)

// measureStart times from starting the process to the first page served: once
// on an empty folder (which loads the sample world) and then on a later one.
func (b *bench) measureStart(ctx context.Context, data string) error {
	s, err := newServer(b.binary, data)
	if err != nil {
		return err
	}
	start := time.Now()
	if err := s.demo(ctx, b.binary); err != nil {
		return err
	}
	if err := s.serve(ctx, b.binary); err != nil {
		return err
	}
	row("first start: empty folder to page served", ms(time.Since(start)), "aim 10 s")
	s.stop()
	var later []time.Duration
	for range max(b.rounds, 3) {
		start = time.Now()
		if err := s.demo(ctx, b.binary); err != nil {
			return err
		}
		if err := s.serve(ctx, b.binary); err != nil {
			return err
		}
		later = append(later, time.Since(start))
		s.stop()
	}
	slices.Sort(later)
	row("later start: to page served, median", ms(later[len(later)/2]), "aim 1 s")
	return nil
}

// measureDatasetPages asks for the dataset pages of the whole catalogue: some
// for the first time, then, once each has been shown, all of them in turn, so
// that no small part of them answers alone.
func (b *bench) measureDatasetPages(ctx context.Context, _ string) error {
	slugs, err := b.server.slugs(ctx)
	if err != nil {
		return err
	}
	page := func(n int64) string { return b.server.base + "/datasets/" + slugs[int(n)%len(slugs)] }
	first := int64(min(500, len(slugs)))
	cold := fixedLoop(ctx, 1, first, page)
	row("dataset page, first time, one client", fmt.Sprintf("p50 %s  p99 %s", ms(cold.at(0.5)), ms(cold.at(0.99))), "")
	shown := fixedLoop(ctx, 8, int64(len(slugs)), page)
	row("", fmt.Sprintf("%.0f /s with 8 clients, %d failed", shown.rate(), shown.failed), "")
	o := median(b.rounds, func(o outcome) float64 { return float64(o.at(0.99)) }, func() outcome {
		return closedLoop(ctx, 64, b.length, func(n int64) string { return page(n * 7919) })
	})
	row(fmt.Sprintf("dataset page, %d datasets, 64 connections", len(slugs)), fmt.Sprintf("p50 %s  p99 %s", ms(o.at(0.5)), ms(o.at(0.99))), "aim p99 < 15 ms")
	row("", fmt.Sprintf("%.0f /s, %d failed; memory %d MB", o.rate(), o.failed, b.server.memory()>>20), "")
	return nil
}

// measureSearchPages sends 200 searches a second whatever happens, every query another.
func (b *bench) measureSearchPages(ctx context.Context, _ string) error {
	words, err := b.server.words(ctx)
	if err != nil {
		return err
	}
	address := queries(words)
	var sent atomic.Int64
	o := median(b.rounds, func(o outcome) float64 { return float64(o.at(0.99)) }, func() outcome {
		return openLoop(ctx, 200, b.length, func(int64) string { return b.server.base + address(sent.Add(1)-1) })
	})
	row("search page, 200 requests/s, open loop, distinct queries", fmt.Sprintf("p50 %s  p99 %s", ms(o.at(0.5)), ms(o.at(0.99))), "aim p99 < 30 ms")
	row("", fmt.Sprintf("%d requests, %d failed", o.requests, o.failed), "")
	return nil
}

// measureCachedPage compares the home page with nginx serving the same bytes.
func (b *bench) measureCachedPage(ctx context.Context, dir string) error {
	body, err := download(ctx, b.server.base+"/")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "page.html"), body, 0o644); err != nil {
		return err
	}
	return b.besideNginx(ctx, dir, fmt.Sprintf("cached home page, %d bytes, 64 connections", len(body)), 64, "/", "/page.html", "at least 0.40")
}

// measureDownload compares one file of 100 MB with nginx sending the same file.
func (b *bench) measureDownload(ctx context.Context, dir string) error {
	path, err := b.server.addLargeFile(ctx, 100<<20)
	if err != nil {
		return err
	}
	body, err := download(ctx, b.server.base+path)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "large.csv"), body, 0o644); err != nil {
		return err
	}
	before := b.server.memory()
	n, err := startNginx(ctx, dir)
	if err != nil {
		return err
	}
	defer n.stop()
	var ours, theirs []float64
	for range max(b.rounds, 3) {
		a, err := drain(ctx, b.server.base+path)
		if err != nil {
			return err
		}
		z, err := drain(ctx, n.base+"/large.csv")
		if err != nil {
			return err
		}
		ours, theirs = append(ours, a), append(theirs, z)
	}
	slices.Sort(ours)
	slices.Sort(theirs)
	a, z := ours[len(ours)/2], theirs[len(theirs)/2]
	row(fmt.Sprintf("download of %d MB", len(body)>>20), fmt.Sprintf("%.2f GB/s, nginx %.2f GB/s", a/1e9, z/1e9), fmt.Sprintf("ratio %.2f, at least 0.80", a/z))
	row("memory of the server before and after", fmt.Sprintf("%d MB, %d MB", before>>20, b.server.memory()>>20), "flat")
	return nil
}

// besideNginx loads ours and nginx's copy in turn and prints the ratio of the medians.
func (b *bench) besideNginx(ctx context.Context, dir, what string, clients int, ours, theirs, bound string) error {
	n, err := startNginx(ctx, dir)
	if err != nil {
		return err
	}
	defer n.stop()
	load := func(url string) func() outcome {
		return func() outcome { return closedLoop(ctx, clients, b.length/2, func(int64) string { return url }) }
	}
	a := median(b.rounds, outcome.rate, load(b.server.base+ours))
	z := median(b.rounds, outcome.rate, load(n.base+theirs))
	row(what, fmt.Sprintf("%.0f/s, nginx %.0f/s", a.rate(), z.rate()), fmt.Sprintf("ratio %.2f, %s", a.rate()/z.rate(), bound))
	return nil
}

func download(ctx context.Context, url string) ([]byte, error) {
	resp, err := get(ctx, url)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

// drain reads url to its end and returns bytes a second.
func drain(ctx context.Context, url string) (float64, error) {
	start := time.Now()
	resp, err := get(ctx, url)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	n, err := io.CopyBuffer(io.Discard, struct{ io.Reader }{resp.Body}, make([]byte, 1<<20))
	return float64(n) / time.Since(start).Seconds(), err
}

func get(ctx context.Context, url string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept-Encoding", "identity")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		_ = resp.Body.Close()
		return nil, fmt.Errorf("%s: %s", url, resp.Status)
	}
	return resp, nil
}
