package meili

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/meilisearch/meilisearch-go"

	"shuyuan/internal/fault"
)

// refusal is why the server did not do what was asked. It repeats neither the
// request nor the key nor the address.
type refusal struct {
	asked   string
	status  int    // of HTTP; 0 where there was no answer
	code    string // the server's
	message string
}

func (r *refusal) Error() string {
	s := "meilisearch: " + r.asked + ": "
	if r.status != 0 {
		s += fmt.Sprintf("status %d: ", r.status)
	}
	if r.code != "" {
		s += r.code + ": "
	}
	return s + r.message
}

// passing reports whether asking again may help.
func (r *refusal) passing() bool {
	return r.status == 0 || r.status == http.StatusTooManyRequests || r.status >= 500
}

// call asks the server, for at most so long. Whatever goes wrong is
// fault.Unavailable with a refusal as its cause, so that the answer can come
// from elsewhere, unless the caller itself has left.
func (e *Engine) call(ctx context.Context, limit time.Duration, asked string, ask func(context.Context) error) error {
	inner, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := ask(inner)
	if err == nil {
		return nil
	}
	r := e.refusalOf(err)
	r.asked = asked
	if inner.Err() != nil {
		r.message = "no answer within " + limit.String()
	}
	return unavailable(ctx, r)
}

func unavailable(ctx context.Context, r *refusal) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return context.Cause(ctx)
	}
	return fault.New(fault.Unavailable, "搜索服务暂时没有响应，请稍后再试。").Because(r)
}

// longestMessage is how much of what the server says is kept.
const longestMessage = 300

func (e *Engine) refusalOf(err error) *refusal {
	r := &refusal{}
	if api, ok := errors.AsType[*meilisearch.Error](err); ok {
		r.status, r.code, r.message = api.StatusCode, api.MeilisearchApiError.Code, api.MeilisearchApiError.Message
		err = api.OriginError
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err // without the address
	}
	switch {
	case r.code != "":
	case err != nil:
		r.message = err.Error()
	default:
		r.message = "this is no answer of a Meilisearch server"
	}
	if e.key != "" {
		r.message = strings.ReplaceAll(r.message, e.key, "***")
	}
	if len(r.message) > longestMessage {
		r.message = strings.ToValidUTF8(r.message[:longestMessage], "") + "…"
	}
	return r
}

// says reports whether the server refused with this code.
func says(err error, code string) bool {
	r, ok := errors.AsType[*refusal](err)
	return ok && r.code == code
}

// sized sends bodies whole and says how long they are. The client library sends
// them in chunks, which cannot be sent again where the server closed an idle
// connection at that moment.
type sized struct{ *http.Transport }

// RoundTrip implements http.RoundTripper.
func (s sized) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil || r.ContentLength > 0 {
		return s.Transport.RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	r.Body.Close()
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.ContentLength = int64(len(body))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	r.Body, _ = r.GetBody()
	return s.Transport.RoundTrip(r)
}

// do has the server do something and waits until it is done.
func (e *Engine) do(ctx context.Context, asked string, ask func(context.Context) (*meilisearch.TaskInfo, error)) error {
	task, err := e.enqueue(ctx, asked, ask)
	if err != nil {
		return err
	}
	return e.wait(ctx, asked, task)
}

// enqueue has the server take note of something to do.
func (e *Engine) enqueue(ctx context.Context, asked string, ask func(context.Context) (*meilisearch.TaskInfo, error)) (int64, error) {
	var task int64
	err := e.call(ctx, e.writeLimit, asked, func(ctx context.Context) error {
		info, err := ask(ctx)
		if err == nil {
			task = info.TaskUID
		}
		return err
	})
	return task, err
}

// wait returns when the task is done, and an error if it failed, was cancelled
// or takes too long. The server may be away for a while: it keeps its tasks.
func (e *Engine) wait(ctx context.Context, asked string, task int64) error {
	until, cancel := context.WithTimeout(ctx, e.taskLimit)
	defer cancel()
	pause := 2 * time.Millisecond
	for {
		var t *meilisearch.Task
		err := e.call(until, e.searchLimit, asked, func(ctx context.Context) (err error) {
			t, err = e.server.GetTaskWithContext(ctx, task)
			return err
		})
		if until.Err() != nil {
			return unavailable(ctx, &refusal{asked: asked, message: "the task has not ended within " + e.taskLimit.String()})
		}
		if r, ok := errors.AsType[*refusal](err); ok && !r.passing() {
			return err
		}
		if err == nil {
			switch t.Status {
			case meilisearch.TaskStatusSucceeded:
				return nil
			case meilisearch.TaskStatusFailed, meilisearch.TaskStatusCanceled:
				r := e.refusalOf(errors.New(t.Error.Message))
				r.asked, r.code = asked+": task "+string(t.Status), t.Error.Code
				return unavailable(ctx, r)
			}
		}
		select {
		case <-until.Done():
		case <-time.After(pause):
		}
		pause = min(pause*3/2+time.Millisecond, 500*time.Millisecond)
	}
}
