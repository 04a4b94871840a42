package webhooks

import (
	"time"

	"shuyuan/internal/policy"
)

// Rules are the platform's own rules about webhooks (平台规则), as house.yaml has
// them; pages show them with that mark.
type Rules struct {
	Most     int           // addresses of one account
	Answer   time.Duration // that an address has to answer
	Sendings int           // of one thing at most
	First    time.Duration // pause after the first
	Factor   int           // by which each pause is longer
	Longest  time.Duration // pause
	Off      time.Duration // of failures, after which an address is switched off
	Overlap  time.Duration // in which a secret that was replaced still signs
	Kept     time.Duration // what was sent
}

// RulesOf reads them from the book of rules.
func RulesOf(book *policy.Book) (Rules, error) {
	numbers := book.Numbers()
	const day = 24 * time.Hour
	r := Rules{
		Most:     numbers.Of("webhook_limit", ""),
		Answer:   numbers.Times("webhook_answer", "", time.Second),
		Sendings: numbers.Of("webhook_retry", ""),
		First:    numbers.Times("webhook_retry", "first_minutes", time.Minute),
		Factor:   numbers.Of("webhook_retry", "factor"),
		Longest:  numbers.Times("webhook_retry", "longest_hours", time.Hour),
		Off:      numbers.Times("webhook_off", "", day),
		Overlap:  numbers.Times("webhook_rotation", "", time.Hour),
		Kept:     numbers.Times("webhook_log", "", day),
	}
	return r, numbers.Missing()
}

// Pause is how long to wait after the n-th sending that was not accepted.
func (r Rules) Pause(n int) time.Duration {
	p := r.First
	for ; n > 1 && p < r.Longest; n-- {
		p *= time.Duration(r.Factor)
	}
	return min(p, r.Longest)
}

// Pauses are all pauses, one after the other.
func (r Rules) Pauses() []time.Duration {
	out := make([]time.Duration, 0, r.Sendings)
	for n := 1; n < r.Sendings; n++ {
		out = append(out, r.Pause(n))
	}
	return out
}
