package account

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"shuyuan/internal/policy"
)

// Rules are the platform's own rules about accounts (平台规则), as house.yaml
// has them; pages show them with that mark.
type Rules struct {
	Confirm      time.Duration // a link to confirm a sign-up
	Recover      time.Duration // a link to set a new password
	StepUp       time.Duration // since one has shown anew who one is
	SecondFactor time.Duration // since an account was given roles
	Absolute     time.Duration // of a session
	Idle         time.Duration // of a session that is not used
	StaffIdle    time.Duration // the same with roles
	Networks     time.Duration // that networks are remembered
	Invitation   time.Duration
	Grace        time.Duration // that a deletion can be taken back
	Pending      time.Duration // that the secret of an authenticator app waits for its first code
	LostFactors  time.Duration // that a request to take lost second steps away is good
	KeyWarning   time.Duration // before a key expires
	Paper        int           // MiB that a paper of an organisation may have
	Verification int           // working days to verify an organisation
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
	times := func(path, detail string, unit time.Duration) time.Duration {
		return time.Duration(number(path, detail)) * unit
	}
	const day = 24 * time.Hour
	r := Rules{
		Confirm:      times("account_confirmation", "", time.Hour),
		Recover:      times("account_recovery", "", time.Minute),
		StepUp:       times("account_step_up", "", time.Minute),
		SecondFactor: times("account_second_factor", "", day),
		Absolute:     times("account_session", "", time.Hour),
		Idle:         times("account_session", "idle_minutes", time.Minute),
		StaffIdle:    times("account_session", "staff_idle_minutes", time.Minute),
		Networks:     times("account_networks", "", day),
		Invitation:   times("organisation_invitation", "", day),
		Grace:        times("account_deletion", "", day),
		Pending:      times("account_authenticator", "", time.Minute),
		LostFactors:  times("account_lost_factors", "", time.Hour),
		KeyWarning:   times("account_key_warning", "", day),
		Paper:        number("organisation_paper", ""),
		Verification: number("organisation_verification", ""),
	}
	return r, errors.Join(missing...)
}

// house are the rules that ship with the program.
var house = sync.OnceValue(func() Rules {
	book, err := policy.Load(policy.Files)
	if err == nil {
		var r Rules
		if r, err = RulesOf(book); err == nil {
			return r
		}
	}
	panic(err) // the program was built with rules that it cannot read
})

// Rules are the rules in force here.
func (s *Service) Rules() Rules { return s.rules }
