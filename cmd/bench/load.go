package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
)

// outcome is what one round of load met.
type outcome struct {
	took     []time.Duration // one a request, sorted
	requests int
	failed   int
	elapsed  time.Duration
}

func (o outcome) rate() float64 { return float64(o.requests-o.failed) / o.elapsed.Seconds() }

// at is the q-quantile of the latencies.
func (o outcome) at(q float64) time.Duration {
	if len(o.took) == 0 {
		return 0
	}
	return o.took[min(int(q*float64(len(o.took))), len(o.took)-1)]
}

// median runs f rounds times and returns the outcome whose key is the middle one.
func median(rounds int, key func(outcome) float64, f func() outcome) outcome {
	all := make([]outcome, rounds)
	for i := range all {
		all[i] = f()
	}
	slices.SortFunc(all, func(a, b outcome) int {
		switch ka, kb := key(a), key(b); {
		case ka < kb:
			return -1
		case ka > kb:
			return 1
		}
		return 0
	})
	return all[rounds/2]
}

func newClient() *fasthttp.Client {
	return &fasthttp.Client{MaxConnsPerHost: 256, ReadTimeout: 30 * time.Second, WriteTimeout: 30 * time.Second, ReadBufferSize: 16 << 10}
}

// closedLoop keeps clients busy for length; url is asked for the n-th request.
func closedLoop(ctx context.Context, clients int, length time.Duration, url func(n int64) string) outcome {
	return closedLoopFrom(ctx, clients, length, url, func(int64) string { return "" })
}

// closedLoopFrom is closedLoop with the addresses that a proxy says the requests are from.
func closedLoopFrom(ctx context.Context, clients int, length time.Duration, url, from func(n int64) string) outcome {
	var n, failed atomic.Int64
	took := make([][]time.Duration, clients)
	client, start := newClient(), time.Now()
	var group sync.WaitGroup
	for i := range clients {
		group.Go(func() {
			for time.Since(start) < length && ctx.Err() == nil {
				t := time.Now()
				if k := n.Add(1); !fetchFrom(client, url(k), from(k)) {
					failed.Add(1)
				}
				took[i] = append(took[i], time.Since(t))
			}
		})
	}
	group.Wait()
	return collect(took, failed.Load(), time.Since(start))
}

// fixedLoop asks for total requests with so many clients.
func fixedLoop(ctx context.Context, clients int, total int64, url func(n int64) string) outcome {
	var n, failed atomic.Int64
	took := make([][]time.Duration, clients)
	client, start := newClient(), time.Now()
	var group sync.WaitGroup
	for i := range clients {
		group.Go(func() {
			for ctx.Err() == nil {
				k := n.Add(1) - 1
				if k >= total {
					return
				}
				t := time.Now()
				if !fetch(client, url(k)) {
					failed.Add(1)
				}
				took[i] = append(took[i], time.Since(t))
			}
		})
	}
	group.Wait()
	return collect(took, failed.Load(), time.Since(start))
}

// openLoop sends rate requests a second whatever the answers do, and counts
// each latency from the moment the request was meant to be sent.
func openLoop(ctx context.Context, rate int, length time.Duration, url func(n int64) string) outcome {
	var failed atomic.Int64
	var mu sync.Mutex
	var took []time.Duration
	client, start := newClient(), time.Now()
	var group sync.WaitGroup
	total := int64(float64(rate) * length.Seconds())
	for n := range total {
		due := start.Add(time.Duration(n) * time.Second / time.Duration(rate))
		time.Sleep(time.Until(due))
		if ctx.Err() != nil {
			break
		}
		group.Go(func() {
			if !fetch(client, url(n)) {
				failed.Add(1)
			}
			d := time.Since(due)
			mu.Lock()
			took = append(took, d)
			mu.Unlock()
		})
	}
	group.Wait()
	return collect([][]time.Duration{took}, failed.Load(), time.Since(start))
}

func collect(parts [][]time.Duration, failed int64, elapsed time.Duration) outcome {
	o := outcome{took: slices.Concat(parts...), failed: int(failed), elapsed: elapsed}
	o.requests = len(o.took)
	slices.Sort(o.took)
	return o
}

func fetch(client *fasthttp.Client, url string) bool { return fetchFrom(client, url, "") }

func fetchFrom(client *fasthttp.Client, url, from string) bool {
	req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(resp)
	req.SetRequestURI(url)
	if from != "" {
		req.Header.Set("X-Forwarded-For", from)
	}
	return client.Do(req, resp) == nil && resp.StatusCode() == fasthttp.StatusOK
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }
