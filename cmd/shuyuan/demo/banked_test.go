package demo

import (
	"slices"
	"testing"
)

// The sample account has a line in each stand that people meet, and playing again adds
// nothing.
func TestTheSampleStatement(t *testing.T) {
	in := loaded(t)
	stand := func() []string {
		return in.state(t, `SELECT concat_ws(' ', l.serial, l.state, (SELECT string_agg(a.kind || ' ' || a.state, ',') FROM allocations a WHERE a.line_id = l.id)) FROM bank_lines l WHERE l.serial LIKE 'SAMPLE-%' ORDER BY l.id
			`)
	}
	want := []string{"SAMPLE-0001 done not_ours booked", "SAMPLE-0002 done send_back booked", "SAMPLE-0003 waiting", "SAMPLE-0004 proposed not_ours proposed"}
	if got := stand(); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if got := in.state(t, `SELECT concat_ws(' ', kind, state, amount) FROM payment_instructions WHERE kind = 'send_back'`); !slices.Equal(got, []string{"send_back instructed 86000"}) {
		t.Errorf("%q", got)
	}
}
