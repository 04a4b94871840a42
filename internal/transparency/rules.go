package transparency

import (
	"time"

	"shuyuan/internal/policy"
)

// Rules are the platform's own rules about the log (平台规则), as house.yaml has
// them.
type Rules struct {
	Every time.Duration // between two checkpoints of a log that grows
	Valid time.Duration // of a signing key
}

// RulesOf reads them from the book of rules.
func RulesOf(book *policy.Book) (Rules, error) {
	numbers := book.Numbers()
	r := Rules{
		Every: numbers.Times("log_checkpoint", "", time.Second),
		Valid: numbers.Times("signing_key_valid", "", 24*time.Hour),
	}
	return r, numbers.Missing()
}
