package sandbox

import (
	"errors"
	"strings"
	"testing"
)

// A child that was killed has told nothing of the wall: another is sent, and not
// for ever. What a child told is believed at once.
func TestAKilledSelfTestIsNoVerdict(t *testing.T) {
	t.Parallel()
	killed := &Failure{Cause: ErrCrash, Killed: true, How: "signal: killed, 3ms of processor time, 40 MiB at most"}
	told := &Failure{Cause: errors.New("exit status 1"), How: "exit status 1", Stderr: "a child reads /etc/passwd\n"}
	none := errors.New("sandbox: no child could be started behind a wall")
	for _, c := range []struct {
		name  string
		ends  []error
		sent  int
		wants string
	}{
		{"it stands", []error{nil}, 1, ""},
		{"killed once", []error{killed, nil}, 2, ""},
		{"killed twice, then an open door", []error{killed, killed, told}, 3, "does not stand here: exit status 1 (exit status 1): a child reads /etc/passwd"},
		{"killed always", []error{killed, killed, killed}, 3, "3 children were killed before they told: the child crashed (signal: killed, 3ms"},
		{"an open door", []error{told}, 1, "does not stand here"},
		{"no child at all", []error{none}, 1, "no child could be started"},
	} {
		sent := 0
		err := try(checkTries, func() error { sent++; return c.ends[sent-1] })
		if sent != c.sent || (err == nil) != (c.wants == "") || err != nil && !strings.Contains(err.Error(), c.wants) {
			t.Errorf("%s: %d sent, %v", c.name, sent, err)
		}
	}
}
