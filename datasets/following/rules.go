package following

import (
	"errors"
	"fmt"
	"time"

	"shuyuan/internal/policy"
)

// Rules are the platform's own rules about following (平台规则), as house.yaml has
// them; pages show them with that mark.
type Rules struct {
	Most  int // follows of one account
	Hits  int // that a search may have when it is first followed
	Hour  int // of the day, in China, at which daily letters go out
	Ahead int // working days before the last day on which one is reminded
	Hooks HookRules
	Kept  time.Duration // notices that were read
}

// HookRules are those about webhooks.
type HookRules struct {
	Most    int           // addresses of one account
	Overlap time.Duration // that an old secret signs beside the new one
	Tries   int           // of one message
	First   time.Duration // after which a message is tried again, doubled each time
	Longest time.Duration // between two tries
	Kept    time.Duration // the log of what was sent
}

// RulesOf reads them from the book of rules.
func RulesOf(book *policy.Book) (Rules, error) {
	var missing []error
	number := func(path, detail string) int {
		r, ok := book.House().Rule(path)
		for _, d := range r.Details {
			if d.Key == detail {
				r.Value = d.Value
			}
		}
		n, counts := r.Number()
		if !ok || !counts || n < 1 {
			missing = append(missing, fmt.Errorf("the rules of the platform say no number of %s %s", path, detail))
		}
		return n
	}
	const day = 24 * time.Hour
	r := Rules{
		Most:  number("follow_limit", ""),
		Hits:  number("follow_limit", "search_hits"),
		Hour:  number("notice_daily", ""),
		Ahead: number("notice_due_soon", ""),
		Kept:  time.Duration(number("notice_kept", "")) * day,
		Hooks: HookRules{
			Most:    number("webhook_limit", ""),
			Overlap: time.Duration(number("webhook_secret_overlap", "")) * time.Hour,
			Tries:   number("webhook_retry", ""),
			First:   time.Duration(number("webhook_retry", "first_minutes")) * time.Minute,
			Longest: time.Duration(number("webhook_retry", "longest_hours")) * time.Hour,
			Kept:    time.Duration(number("webhook_log", "")) * day,
		},
	}
	return r, errors.Join(missing...)
}
