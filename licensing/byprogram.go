package licensing

import "shuyuan/internal/account"

// byProgram reports whether who is a program that may do what only gives up or
// asks: withdraw, dispute, give back. Whatever binds somebody, a person signs who
// has shown anew who they are.
func byProgram(who account.Actor, yields bool) bool {
	return yields && who.Key != "" && who.Covers(account.ScopeApply)
}
