package rows

import (
	"container/list"
	"context"
	"sync"
)

// flight answers equal questions once: those who ask while the answer is being
// worked out wait for it, and those who ask later find it kept. When nobody
// waits any more, the work is given up.
type flight[T any] struct {
	most int64 // bytes kept

	mu    sync.Mutex
	going map[string]*call[T]
	kept  map[string]*list.Element // of answer[T]
	order list.List
	bytes int64
}

type call[T any] struct {
	done    chan struct{}
	waiting int
	stop    context.CancelCauseFunc
	value   T
	err     error
}

type answer[T any] struct {
	key   string
	value T
	bytes int64
}

func newFlight[T any](most int64) *flight[T] {
	return &flight[T]{most: most, going: map[string]*call[T]{}, kept: map[string]*list.Element{}}
}

// do returns the answer to key, which work finds and weighs.
func (f *flight[T]) do(ctx context.Context, key string, work func(context.Context) (T, int64, error)) (T, error) {
	f.mu.Lock()
	if e, ok := f.kept[key]; ok {
		f.order.MoveToFront(e)
		value := e.Value.(answer[T]).value
		f.mu.Unlock()
		return value, nil
	}
	c, ok := f.going[key]
	if !ok {
		inner, stop := context.WithCancelCause(context.WithoutCancel(ctx))
		c = &call[T]{done: make(chan struct{}), stop: stop}
		f.going[key] = c
		go f.work(inner, key, c, work)
	}
	c.waiting++
	f.mu.Unlock()
	select {
	case <-c.done:
		return c.value, c.err
	case <-ctx.Done():
		f.leave(key, c, context.Cause(ctx))
		var none T
		return none, context.Cause(ctx)
	}
}

func (f *flight[T]) work(ctx context.Context, key string, c *call[T], work func(context.Context) (T, int64, error)) {
	defer c.stop(nil)
	value, bytes, err := work(ctx)
	f.mu.Lock()
	defer f.mu.Unlock()
	c.value, c.err = value, err
	close(c.done)
	if f.going[key] == c {
		delete(f.going, key)
	}
	if err == nil {
		f.keep(answer[T]{key, value, bytes})
	}
}

// leave gives up the work if nobody else waits for it; who asks next starts anew.
func (f *flight[T]) leave(key string, c *call[T], why error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if c.waiting--; c.waiting > 0 {
		return
	}
	c.stop(why)
	if f.going[key] == c {
		delete(f.going, key)
	}
}

// keep keeps an answer and drops what was not asked for longest. One that
// would take an eighth of the room is not kept.
func (f *flight[T]) keep(a answer[T]) {
	if _, ok := f.kept[a.key]; ok || a.bytes > f.most/8 {
		return
	}
	f.kept[a.key] = f.order.PushFront(a)
	f.bytes += a.bytes
	for f.bytes > f.most {
		last := f.order.Back()
		dropped := last.Value.(answer[T])
		f.order.Remove(last)
		delete(f.kept, dropped.key)
		f.bytes -= dropped.bytes
	}
}
