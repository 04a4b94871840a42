package engine

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"
)

// Workspaces have turns one after the other, however many jobs one has waiting.
func TestWorkspacesTakeTurns(t *testing.T) {
	turns := newTurns(1)
	first, err := turns.take(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	order := make(chan string, 10)
	want := []string{"a", "b", "c", "a", "a"}
	for i, w := range []string{"a", "a", "a", "b", "c"} {
		go func() {
			done, err := turns.take(t.Context(), w)
			if err != nil {
				w = err.Error()
			}
			order <- w
			done()
		}()
		for waiting(turns) != i+1 {
			time.Sleep(time.Millisecond)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan error)
	go func() { _, err := turns.take(ctx, "d"); gone <- err }()
	for waiting(turns) != 6 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	first()
	var got []string
	for range want {
		got = append(got, <-order)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
	if done, err := turns.take(t.Context(), "e"); err != nil || turns.free != 0 {
		t.Error("the turn is lost", err)
	} else {
		done()
	}
}

func waiting(t *turns) (n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, w := range t.waiting {
		n += len(w)
	}
	return n
}
