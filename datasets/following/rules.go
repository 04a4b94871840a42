package following

import (
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
	numbers := book.Numbers()
	const day = 24 * time.Hour
	r := Rules{
		Most: numbers.Of("follow_limit", ""),
		Hits: numbers.Of("follow_limit", "search_hits"),
		Hour: numbers.Of("notice_daily", ""),
		Kept: numbers.Times("notice_kept", "", day),

		Ahead: numbers.Of("desk_reminder", ""),
	}
	return r, numbers.Missing()
}
