package meilitest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// task is something to do. Tasks are done one after the other, each whole or
// not at all.
type task struct {
	uid      int
	index    string
	kind     string
	status   string
	polls    int // until it has been worked on
	enqueued time.Time
	finished time.Time
	failure  *failure
	do       func() *failure
}

func (s *Server) enqueue(kind, index string, do func() *failure) response {
	s.now = s.now.Add(time.Second)
	t := &task{uid: len(s.tasks), index: index, kind: kind, status: "enqueued", polls: s.polls, enqueued: s.now, do: do}
	s.tasks = append(s.tasks, t)
	return response{http.StatusAccepted, map[string]any{"taskUid": t.uid, "indexUid": orNull(index), "status": t.status, "type": kind, "enqueuedAt": t.enqueued}}
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// work does the first n tasks, those that are not done yet.
func (s *Server) work(n int) {
	if s.held {
		return
	}
	for _, t := range s.tasks[:n] {
		if t.status != "enqueued" && t.status != "processing" {
			continue
		}
		s.now = s.now.Add(time.Second)
		t.finished = s.now
		t.failure = s.planned(t)
		if t.failure == nil {
			t.failure = t.do()
		}
		t.status = "succeeded"
		if t.failure != nil {
			t.status = "failed"
			if t.failure.Code == "canceled" {
				t.status, t.failure = "canceled", nil
			}
		}
	}
}

func (s *Server) planned(t *task) *failure {
	for _, p := range s.plans {
		if p.Task != t.kind || p.Times == 0 {
			continue
		}
		if p.After > 0 {
			p.After--
			continue
		}
		if p.Times > 0 {
			p.Times--
		}
		return refuse(http.StatusInternalServerError, p.Code, "planned by the test")
	}
	return nil
}

func (s *Server) showTask(uid string) response {
	n, err := strconv.Atoi(uid)
	if err != nil || n < 0 {
		return refused(bad("invalid_task_uids", "Task uid `%s` is invalid. It should only contain numeric characters.", uid))
	}
	if n >= len(s.tasks) || !s.scoped(s.tasks[n].index) {
		return refused(refuse(http.StatusNotFound, "task_not_found", "Task `%d` not found.", n))
	}
	t := s.tasks[n]
	if t.polls--; t.polls < 0 {
		s.work(n + 1)
	} else if t.status == "enqueued" && t.polls == 0 && !s.held {
		t.status = "processing"
	}
	return response{http.StatusOK, t.view()}
}

func (t *task) view() map[string]any {
	v := map[string]any{"uid": t.uid, "batchUid": t.uid, "indexUid": orNull(t.index), "status": t.status, "type": t.kind, "canceledBy": nil,
		"details": map[string]any{}, "error": nil, "duration": nil, "enqueuedAt": t.enqueued, "startedAt": nil, "finishedAt": nil}
	if t.failure != nil {
		v["error"] = t.failure
	}
	if !t.finished.IsZero() {
		v["startedAt"], v["finishedAt"], v["duration"] = t.finished, t.finished, "PT0.1S"
	}
	return v
}

func (s *Server) listTasks(r request) response {
	limit, f := r.number("limit", 20)
	if f != nil {
		return refused(f)
	}
	list := []map[string]any{}
	for _, t := range slices.Backward(s.tasks) {
		if len(list) < limit {
			list = append(list, t.view())
		}
	}
	return response{http.StatusOK, map[string]any{"results": list, "total": len(s.tasks), "limit": limit, "from": max(len(s.tasks)-1, 0), "next": nil}}
}

func (s *Server) swap(r request) response {
	var swaps []struct {
		Indexes []string `json:"indexes"`
		Rename  bool     `json:"rename"`
	}
	if f := r.decode(&swaps); f != nil {
		return refused(f)
	}
	seen := map[string]bool{}
	for _, w := range swaps {
		if len(w.Indexes) != 2 {
			return refused(bad("invalid_swap_indexes", "Two indexes must be given for each swap. The list `%q` contains %d indexes.", w.Indexes, len(w.Indexes)))
		}
		for _, uid := range w.Indexes {
			if !validUID(uid) {
				return refused(invalidUID(uid))
			}
			if !s.scoped(uid) {
				return refused(badKey())
			}
			if seen[uid] {
				return refused(bad("invalid_swap_duplicate_index_found", "Indexes must be declared only once during a swap. `%s` was specified several times.", uid))
			}
			seen[uid] = true
		}
		if w.Rename {
			return response{http.StatusNotImplemented, refuse(http.StatusNotImplemented, "stand_in", "the stand-in does not rename")}
		}
	}
	return s.enqueue("indexSwap", "", func() *failure {
		for _, w := range swaps {
			for _, uid := range w.Indexes {
				if s.indexes[uid] == nil {
					return noIndex(uid)
				}
			}
		}
		for _, w := range swaps {
			a, b := w.Indexes[0], w.Indexes[1]
			s.indexes[a], s.indexes[b] = s.indexes[b], s.indexes[a]
			s.indexes[a].uid, s.indexes[b].uid = a, b
			s.indexes[a].updated, s.indexes[b].updated = s.now, s.now
		}
		return nil
	})
}

func (s *Server) stats() response {
	all := map[string]any{}
	for uid, x := range s.indexes {
		all[uid] = x.stats()
	}
	return response{http.StatusOK, map[string]any{"databaseSize": 0, "usedDatabaseSize": 0, "lastUpdate": s.now, "indexes": all}}
}

func invalidUID(uid string) *failure {
	return bad("invalid_index_uid", "Invalid value at `.uid`: `%s` is not a valid index uid.", fmt.Sprint(uid))
}
