package bleve

import (
	"sync"

	"github.com/blevesearch/bleve/v2/index/scorch"
)

// Bleve works in the background and tells what it did by callbacks that are
// found by name, the same for every index.
const callbacks = "shuyuan"

// open indexes, by the path that an error comes with.
var watched sync.Map // path -> *generation

func init() {
	scorch.RegistryEventCallbacks[callbacks] = func(e scorch.Event) bool {
		switch e.Kind {
		case scorch.EventKindMergeTaskIntroduction, scorch.EventKindPersisterProgress:
			watched.Range(func(_, gen any) bool {
				if g := gen.(*generation); g.index == e.Scorch {
					g.rearranged()
					return false
				}
				return true
			})
		}
		return true
	}
	scorch.RegistryAsyncErrorCallbacks[callbacks] = func(err error, path string) {
		if gen, ok := watched.Load(path); ok {
			gen.(*generation).fail(err)
		}
	}
}

// rearranged takes note that segments were written or merged.
func (g *generation) rearranged() {
	select {
	case g.pending <- struct{}{}:
	default: // it is noted already
	}
}

// fail takes note that Bleve has stopped working in the background: it would
// wait for itself forever.
func (g *generation) fail(err error) {
	g.failing.Do(func() {
		g.failure = err
		close(g.failed)
	})
}

// watch renews the view of gen whenever segments were merged, and gives gen up
// when it has failed.
func (e *Engine) watch(gen *generation) {
	for {
		var err error
		select {
		case <-gen.pending:
			err = e.renew(gen)
		case <-gen.failed:
			err = gen.failure
		case <-gen.ended:
			return
		}
		if err != nil {
			e.giveUp(gen, err)
			return
		}
	}
}

// batch takes in b, unless Bleve fails at it or before it gets to it.
func (g *generation) batch(b func() error) error {
	done := make(chan error, 1)
	go func() {
		var err error
		defer func() { done <- err }()
		defer guarded(&err)()
		err = b()
	}()
	select {
	case err := <-done:
		return err
	case <-g.failed:
		return g.failure
	}
}
