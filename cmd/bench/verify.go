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
	load, err := os.ReadFile("/proc/loadavg")
	row("load of the machine", strings.TrimSpace(string(load)), "")
	return err
}
