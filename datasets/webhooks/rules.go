package webhooks

import (
	"errors"
	"fmt"
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
	many := func(n int, unit time.Duration) time.Duration { return time.Duration(n) * unit }
	const day = 24 * time.Hour
	r := Rules{
		Most:     number("webhook_limit", ""),
		Answer:   many(number("webhook_answer", ""), time.Second),
		Sendings: number("webhook_retry", ""),
		First:    many(number("webhook_retry", "first_minutes"), time.Minute),
		Factor:   number("webhook_retry", "factor"),
		Longest:  many(number("webhook_retry", "longest_hours"), time.Hour),
		Off:      many(number("webhook_off", ""), day),
		Overlap:  many(number("webhook_rotation", ""), time.Hour),
		Kept:     many(number("webhook_log", ""), day),
	}
	return r, errors.Join(missing...)
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
