package portal

import (
	"testing"
	"time"

	"shuyuan/internal/fault"
)

// One reader who exports as much as may be is refused more, with when to come
// back; nobody else is, and what has ended counts no more.
func TestOneReaderLeavesTheEngineToOthers(t *testing.T) {
	var s slots
	var leave []func()
	for range ExportsAtOnce {
		l, err := s.enter("a")
		if err != nil {
			t.Fatal(err)
		}
		leave = append(leave, l)
	}
	if _, err := s.enter("a"); fault.KindOf(err) != fault.TooMany || fault.Of(err).Retry != 10*time.Second {
		t.Errorf("one more: %v", err)
	}
	if l, err := s.enter("b"); err != nil {
		t.Errorf("somebody else: %v", err)
	} else {
		l()
	}
	leave[0]()
	leave[0]() // twice is once
	if _, err := s.enter("a"); err != nil {
		t.Errorf("after one has ended: %v", err)
	}
	if _, err := s.enter("a"); err == nil {
		t.Error("one that ended twice was counted twice")
	}
	for _, l := range leave[1:] {
		l()
	}
	if len(s.taken) != 1 || s.taken["a"] != 1 {
		t.Errorf("what is left: %v", s.taken)
	}
}
