package bleve

import (
	"sync"

	"github.com/blevesearch/bleve/v2/index/scorch"
)

// eventCallback is the name under which Bleve finds our callback.
const eventCallback = "shuyuan"

// watched holds, for each open index, what to do when its segments changed.
var watched sync.Map // *scorch.Scorch -> func()

func init() {
	scorch.RegistryEventCallbacks[eventCallback] = func(e scorch.Event) bool {
		switch e.Kind {
		case scorch.EventKindMergeTaskIntroduction, scorch.EventKindPersisterProgress:
			if f, ok := watched.Load(e.Scorch); ok {
				f.(func())()
			}
		}
		return true
	}
}

// watch renews the view of gen whenever Bleve has merged segments.
func (e *Engine) watch(gen *generation) {
	pending := make(chan struct{}, 1)
	done := make(chan struct{})
	gen.ended = sync.OnceFunc(func() { close(done) })
	watched.Store(gen.index, func() {
		select {
		case pending <- struct{}{}:
		default: // one is under way already
		}
	})
	go func() {
		for {
			select {
			case <-pending:
				if e.renew(gen) != nil {
					return // the next write meets the same error and reports it
				}
			case <-done:
				return
			}
		}
	}()
}
