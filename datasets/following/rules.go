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
	Most int           // follows of one account
	Hits int           // that a search may have when it is first followed
	Hour int           // of the day, in China, at which daily letters go out
	Kept time.Duration // notices that were read

	Ahead int // working days before the last one, from which on a desk is reminded
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
		Most: number("follow_limit", ""),
		Hits: number("follow_limit", "search_hits"),
		Hour: number("notice_daily", ""),
		Kept: time.Duration(number("notice_kept", "")) * day,

		Ahead: number("desk_reminder", ""),
	}
	return r, errors.Join(missing...)
}
