package account

import (
	"context"
	"sync"
	"time"
)

// Leases asks the same limits as Service.Allow, without a statement for every
// call: it takes a twentieth of the limit at a time and counts that down in
// memory. All replicas together still never let more through than the limit.
// What one has taken and not used is lost to the others until the window ends,
// so that a subject spread over n replicas may be held to n-1 twentieths less.
type Leases struct {
	service *Service
	rates   map[string]Rate // beside those of the service

	mu    sync.Mutex
	held  map[leaseKey]*lease
	swept time.Time
}

// leaseParts is how many times a subject that uses all of its limit asks the
// database in one window.
const leaseParts = 20

// refusedFor is how long a refusal is repeated without asking again.
const refusedFor = time.Second

type leaseKey struct{ bucket, subject string }

type lease struct {
	mu     sync.Mutex
	left   int       // taken and not yet used
	beyond int       // what nobody had taken when we last asked
	ends   time.Time // of the window: what is left then is void
	asked  time.Time // when we were refused; zero if we were not
	retry  time.Time // when a call may pass again
}

// NewLeases returns leases on the limits of s for one process, and on more of
// them that others set. A limit that s has is that of s.
func NewLeases(s *Service, more map[string]Rate) *Leases {
	return &Leases{service: s, rates: more, held: map[leaseKey]*lease{}}
}

// Rate is the limit of a bucket in this installation.
func (l *Leases) Rate(bucket string) Rate {
	if r := l.service.Rate(bucket); r.Window > 0 {
		return r
	}
	return l.rates[bucket]
}

// Allow counts one call of subject in bucket and says whether it may go on.
func (l *Leases) Allow(ctx context.Context, bucket, subject string) (Limit, error) {
	now := l.service.now()
	h := l.of(leaseKey{bucket, subject}, now)
	h.mu.Lock()
	defer h.mu.Unlock()
	limit := Limit{Limit: l.Rate(bucket).Limit}
	if !now.Before(h.ends) {
		h.left = 0
	}
	if h.left == 0 && (h.asked.IsZero() || now.Sub(h.asked) >= refusedFor || !now.Before(h.ends)) {
		var err error
		if limit.First, err = l.renew(ctx, h, bucket, subject, now); err != nil {
			return Limit{}, err
		}
	}
	limit.Reset = h.ends.Sub(now)
	if h.left == 0 {
		limit.Retry = max(0, h.retry.Sub(now))
		return limit, nil
	}
	h.left--
	limit.Allowed, limit.Remaining = true, h.left+h.beyond
	return limit, nil
}

// renew takes a part of the limit, or as much of one as is there.
func (l *Leases) renew(ctx context.Context, h *lease, bucket, subject string, now time.Time) (first bool, err error) {
	n := max(1, l.Rate(bucket).Limit/leaseParts)
	for n > 0 {
		taken, err := l.service.take(ctx, l.Rate(bucket), bucket, subject, n)
		if err != nil {
			return false, err
		}
		h.ends, h.beyond, h.asked = now.Add(taken.Reset), taken.Remaining, time.Time{}
		if taken.Allowed {
			h.left = n
			return false, nil
		}
		h.asked, h.retry, first = now, now.Add(taken.Retry), taken.First
		n = min(n-1, taken.Remaining)
	}
	return first, nil
}

// of is the lease of a subject. Those of windows long over are dropped now and
// then.
func (l *Leases) of(key leaseKey, now time.Time) *lease {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.swept) > time.Minute {
		for k, h := range l.held {
			if h.mu.TryLock() {
				if now.After(h.ends) {
					delete(l.held, k)
				}
				h.mu.Unlock()
			}
		}
		l.swept = now
	}
	h := l.held[key]
	if h == nil {
		h = &lease{}
		l.held[key] = h
	}
	return h
}
