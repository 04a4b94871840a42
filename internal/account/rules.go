package account

import (
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
	numbers := book.Numbers()
	const day = 24 * time.Hour
	r := Rules{
		Confirm:      numbers.Times("account_confirmation", "", time.Hour),
		Recover:      numbers.Times("account_recovery", "", time.Minute),
		StepUp:       numbers.Times("account_step_up", "", time.Minute),
		SecondFactor: numbers.Times("account_second_factor", "", day),
		Absolute:     numbers.Times("account_session", "", time.Hour),
		Idle:         numbers.Times("account_session", "idle_minutes", time.Minute),
		StaffIdle:    numbers.Times("account_session", "staff_idle_minutes", time.Minute),
		Networks:     numbers.Times("account_networks", "", day),
		Invitation:   numbers.Times("organisation_invitation", "", day),
		Grace:        numbers.Times("account_deletion", "", day),
		Pending:      numbers.Times("account_authenticator", "", time.Minute),
		LostFactors:  numbers.Times("account_lost_factors", "", time.Hour),
		KeyWarning:   numbers.Times("account_key_warning", "", day),
		Paper:        numbers.Of("organisation_paper", ""),
		Verification: numbers.Of("organisation_verification", ""),
	}
	return r, numbers.Missing()
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
