package main

import (
	"context"
	"fmt"
	"os"
	"strings"
)

// leastVerified is how many questions about known digests are to be answered a second.
const leastVerified = 1000

// measureVerify measures what anybody asks about a digest that was sealed: the interface and
// the page, over all digests of the sample world in turn, from 512 networks.
func (b *bench) measureVerify(ctx context.Context, dir string) (err error) {
	if b.server, err = newServer(b.binary, dir+"/verify"); err != nil {
		return err
	}
	b.server.proxies = "127.0.0.1/32" // as one network may ask the interface for so much a minute
	if err := b.server.demo(ctx, b.binary); err != nil {
		return err
	}
	if err := b.server.serve(ctx, b.binary); err != nil {
		return err
	}
	defer b.server.stop()
	digests, err := b.server.strings(ctx, `SELECT sha256 FROM product_artefacts UNION SELECT digest FROM product_seals`)
	if err != nil {
		return err
	}
	if len(digests) == 0 {
		return fmt.Errorf("nothing is sealed in the sample world")
	}
	for _, m := range []struct{ what, path string }{{"by the interface", "/api/v1/verify/"}, {"by the page", "/verify/"}} {
		o := median(b.rounds, outcome.rate, func() outcome {
			return closedLoopFrom(ctx, 64, b.length,
				func(n int64) string { return b.server.base + m.path + digests[int(n)%len(digests)] },
				func(n int64) string { return fmt.Sprintf("198.%d.%d.7", 18+n/256%2, n%256) }) // RFC 2544
		})
		held(fmt.Sprintf("verify %s, %d known digests, 64 clients", m.what, len(digests)), fmt.Sprintf("%.0f /s, p50 %s  p99 %s", o.rate(), ms(o.at(0.5)), ms(o.at(0.99))),
			fmt.Sprintf("at least %d /s, %d failed", leastVerified, o.failed), o.rate() >= leastVerified && o.failed == 0)
	}
	if err := b.measureMarket(ctx); err != nil {
		return err
	}
	load, err := os.ReadFile("/proc/loadavg")
	row("load of the machine", strings.TrimSpace(string(load)), "")
	return err
}

// measureMarket measures the pages of the market beside the page of a dataset, in one
// run: they are to take no longer.
func (b *bench) measureMarket(ctx context.Context) error {
	products, err := b.server.strings(ctx, `SELECT DISTINCT p.number FROM products p JOIN product_versions v ON v.product_id = p.id WHERE v.state = 'published' ORDER BY 1`)
	if err != nil {
		return err
	}
	slugs, err := b.server.slugs(ctx)
	if err != nil {
		return err
	}
	measure := func(path func(n int64) string) outcome {
		return median(b.rounds, func(o outcome) float64 { return float64(o.at(0.99)) }, func() outcome {
			return closedLoop(ctx, 64, b.length, func(n int64) string { return b.server.base + path(n) })
		})
	}
	dataset := measure(func(n int64) string { return "/datasets/" + slugs[int(n)%len(slugs)] })
	row(fmt.Sprintf("dataset page, %d datasets, 64 connections", len(slugs)), fmt.Sprintf("p50 %s  p99 %s", ms(dataset.at(0.5)), ms(dataset.at(0.99))), "")
	for _, m := range []struct {
		what string
		path func(n int64) string
	}{
		{"home page of the market", func(int64) string { return "/marketplace" }},
		{fmt.Sprintf("product page, %d products", len(products)), func(n int64) string { return "/products/" + products[int(n)%len(products)] }},
	} {
		o := measure(m.path)
		held(m.what+", 64 connections", fmt.Sprintf("p50 %s  p99 %s", ms(o.at(0.5)), ms(o.at(0.99))),
			fmt.Sprintf("p50 as of a dataset page at most, %d failed", o.failed), o.at(0.5) <= dataset.at(0.5) && o.failed == 0)
	}
	return nil
}
