package engine

import (
	"context"
	"sync"
)

// turns lets a number of jobs run at once, and of those that wait takes one of
// each workspace in turn: who asks for a hundred does not keep another's one
// waiting.
type turns struct {
	mu      sync.Mutex
	free    int
	order   []string // workspaces that wait, the next first
	waiting map[string][]chan struct{}
}

func newTurns(n int) *turns { return &turns{free: n, waiting: map[string][]chan struct{}{}} }

// take waits for a turn. done gives it back.
func (t *turns) take(ctx context.Context, workspace string) (done func(), err error) {
	t.mu.Lock()
	if t.free > 0 {
		t.free--
		t.mu.Unlock()
		return sync.OnceFunc(t.next), nil
	}
	mine := make(chan struct{})
	if len(t.waiting[workspace]) == 0 {
		t.order = append(t.order, workspace)
	}
	t.waiting[workspace] = append(t.waiting[workspace], mine)
	t.mu.Unlock()
	select {
	case <-mine:
		return sync.OnceFunc(t.next), nil
	case <-ctx.Done():
		t.leave(workspace, mine)
		return nil, context.Cause(ctx)
	}
}

// next hands the turn on.
func (t *turns) next() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.order) == 0 {
		t.free++
		return
	}
	workspace := t.order[0]
	t.order = t.order[1:]
	first := t.waiting[workspace][0]
	if t.waiting[workspace] = t.waiting[workspace][1:]; len(t.waiting[workspace]) > 0 {
		t.order = append(t.order, workspace)
	} else {
		delete(t.waiting, workspace)
	}
	close(first)
}

// leave takes back a wish; a turn that came meanwhile is handed on.
func (t *turns) leave(workspace string, mine chan struct{}) {
	t.mu.Lock()
	for i, c := range t.waiting[workspace] {
		if c != mine {
			continue
		}
		t.waiting[workspace] = append(t.waiting[workspace][:i:i], t.waiting[workspace][i+1:]...)
		if len(t.waiting[workspace]) == 0 {
			delete(t.waiting, workspace)
			for j, w := range t.order {
				if w == workspace {
					t.order = append(t.order[:j:j], t.order[j+1:]...)
					break
				}
			}
		}
		t.mu.Unlock()
		return
	}
	t.mu.Unlock()
	t.next()
}
