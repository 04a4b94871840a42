package sandbox

import (
	"bytes"
	"sync"
)

// mostStderr is how much of a child's last words is kept.
const mostStderr = 8 << 10

// tail keeps the beginning and takes the rest without keeping it: a child that
// talks without end costs nothing. Go says why it dies in its first lines.
type tail struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if room := mostStderr - t.buf.Len(); room > 0 {
		t.buf.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.buf.String()
}

// sawMemory reports whether the child said that it ran out of memory, as Go
// and C++ do before they end.
func (t *tail) sawMemory() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, words := range []string{"out of memory", "cannot allocate memory", "std::bad_alloc", "failed to create new OS thread"} {
		if bytes.Contains(bytes.ToLower(t.buf.Bytes()), []byte(words)) {
			return true
		}
	}
	return false
}
