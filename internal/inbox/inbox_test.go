package inbox_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
	"shuyuan/internal/inbox"
)

type source func() ([]inbox.Item, error)

func (s source) Waiting(context.Context, account.Actor) ([]inbox.Item, error) { return s() }

func day(d int) time.Time { return time.Date(2026, 3, d, 0, 0, 0, 0, time.UTC) }

func clock(d int) *deadline.Clock { return &deadline.Clock{Last: day(d)} }

func TestWhatIsDueFirstComesFirst(t *testing.T) {
	one := source(func() ([]inbox.Item, error) {
		return []inbox.Item{{ID: "no day, young", Since: day(9)}, {ID: "late", Clock: clock(3)}, {ID: "far", Clock: clock(20)}}, nil
	})
	two := source(func() ([]inbox.Item, error) {
		return []inbox.Item{{ID: "no day, old", Since: day(1)}, {ID: "soon, waits longer", Since: day(2), Clock: clock(10)}, {ID: "soon", Since: day(3), Clock: clock(10)}}, nil
	})
	all, err := inbox.Waiting(t.Context(), account.Actor{}, one, two)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, i := range all {
		got = append(got, i.ID)
	}
	if want := []string{"late", "soon, waits longer", "soon", "far", "no day, old", "no day, young"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	broken := errors.New("broken")
	if _, err := inbox.Waiting(t.Context(), account.Actor{}, one, source(func() ([]inbox.Item, error) { return nil, broken })); !errors.Is(err, broken) {
		t.Errorf("a list with a part missing was shown as whole: %v", err)
	}
}

func TestWhatIsDoneWithAnotherDoesNotWaitBesides(t *testing.T) {
	upload := source(func() ([]inbox.Item, error) {
		return []inbox.Item{{Kind: "upload", ID: "a"}, {Kind: "upload", ID: "b"}}, nil
	})
	again := source(func() ([]inbox.Item, error) {
		return []inbox.Item{{Kind: "again", ID: "a", For: inbox.Thing{Kind: "upload", ID: "a"}}, {Kind: "again", ID: "b"}}, nil
	})
	all, err := inbox.Waiting(t.Context(), account.Actor{}, upload, again)
	var got []string
	for _, i := range all {
		got = append(got, i.Kind+" "+i.ID)
	}
	if want := []string{"again a", "again b", "upload b"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
}
