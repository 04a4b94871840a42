package passwords

import "testing"

func TestLeakedPasswordsAreKnown(t *testing.T) {
	for password, want := range map[string]bool{
		"qwertyuiop":            true,
		"manchester":            true,
		"woaini1314520":         true,  // ours, not in the package
		"password2024!":         true,  // one of the list with a year behind it
		"basketball23":          true,  //
		"abc12345678901":        false, // too short a stem to say anything
		"correct horse battery": false,
		"":                      false,
	} {
		if got := Leaked(password); got != want {
			t.Errorf("%q: %t", password, got)
		}
	}
	if n := len(leaked()); n < 49000 {
		t.Errorf("the list holds %d", n)
	}
}
