// Package inbox is the one list of what waits for somebody. Whoever makes work
// for people implements Source; the portal puts the lists together and sorts
// them by the day each thing is due.
package inbox

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"shuyuan/internal/account"
	"shuyuan/internal/deadline"
	"shuyuan/internal/policy"
)

// Item is one thing that waits for somebody.
type Item struct {
	Kind  string    // as opening-review; the portal names it
	ID    string    // within the kind
	Title Text      // what it is about, as its owner wrote it
	Sub   Text      // whose it is, or where it lies; may be empty
	Ask   string    // what is to be done: a sentence with its English in templates/text
	Args  []any     // of Ask
	Path  string    // the page on which it is done
	Since time.Time // when it began to wait
	Clock *deadline.Clock
	For   Thing  // another thing that is done with this one, and does not wait besides; may be empty
	More  int    // of its kind that are not listed: this item stands for them; 0: it is itself one
	Over  bool   // there are even more, not counted
	After string // what happens when the clock runs out: a sentence; empty: nothing but that everybody sees it
}

// Count is how many things the item stands for.
func (i Item) Count() int { return max(1, i.More) }

// Thing names what waits.
type Thing struct{ Kind, ID string }

// Text is what somebody wrote; En is empty where there is only Chinese.
type Text = policy.Text

// Listed is how many things of a kind the inbox lists, and Counted up to where it
// counts them: more is said to be more.
const (
	Listed  = 50
	Counted = 1000
)

// Rest is the one line for those of a kind that are not listed: how many there are
// in all, and the page that lists them. what names the kind, and n may stop at
// Counted + 1.
func Rest(kind string, what Text, n int, path string, now time.Time) Item {
	title := Text{Zh: fmt.Sprintf("%s：共 %d 件", what.Zh, n), En: fmt.Sprintf("%s: %d", what.En, n)}
	if n > Counted {
		title = Text{Zh: fmt.Sprintf("%s：超过 %d 件", what.Zh, Counted), En: fmt.Sprintf("%s: more than %d", what.En, Counted)}
	}
	return Item{Kind: kind, ID: "all", More: n - Listed, Over: n > Counted, Title: title, Ask: "这里列出最先到期的 %d 件，其余看全部。", Args: []any{Listed}, Path: path, Since: now}
}

// Source knows what waits for people.
type Source interface {
	// Waiting is everything of its kind that waits for who, in no order. It never
	// holds what who may not see.
	Waiting(ctx context.Context, who account.Actor) ([]Item, error)
}

// Waiting is what all sources hold for who: what is due first comes first, and
// what has no day comes last, the oldest first.
func Waiting(ctx context.Context, who account.Actor, sources ...Source) ([]Item, error) {
	var all []Item
	for _, s := range sources {
		items, err := s.Waiting(ctx, who)
		if err != nil {
			return nil, err
		}
		all = append(all, items...)
	}
	done := map[Thing]bool{}
	for _, i := range all {
		done[i.For] = true
	}
	all = slices.DeleteFunc(all, func(i Item) bool { return done[Thing{i.Kind, i.ID}] })
	slices.SortStableFunc(all, func(a, b Item) int {
		return cmp.Or(due(a).Compare(due(b)), a.Since.Compare(b.Since), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
	})
	return all, nil
}

// never is after every day that a clock can name.
var never = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

func due(i Item) time.Time {
	if i.Clock == nil {
		return never
	}
	return i.Clock.Due()
}
