package demo

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// private is how addresses, numbers of people and what opens something look.
// Boundaries are letters and digits, so that a hash is no telephone.
var private = map[string]*regexp.Regexp{
	"an e-mail address":    regexp.MustCompile(`[\w.+-]+@[\w-]+(\.[\w-]+)*\.[A-Za-z]`), // and no product@1.0.0
	"a mobile number":      regexp.MustCompile(`(^|[^0-9A-Za-z.])(\+?86)?1[3-9][0-9]{9}([^0-9A-Za-z]|$)`),
	"a telephone":          regexp.MustCompile(`(^|[^0-9A-Za-z-])0[0-9]{2,3}-[0-9]{7,8}([^0-9A-Za-z]|$)`),
	"a number of identity": regexp.MustCompile(`(^|[^0-9A-Za-z])[1-9][0-9]{16}[0-9Xx]([^0-9A-Za-z]|$)`),
	"an API key":           regexp.MustCompile(`sy_[0-9A-Za-z]{46}`),
	"a hashed password":    regexp.MustCompile(`\$argon2`),
	"a private key":        regexp.MustCompile(`PRIVATE KEY|AGE-SECRET-KEY|otpauth:`),
	"a link with a secret": regexp.MustCompile(`(/join/|/recover/|/sign-up/|[?&]token=)[\w-]{20,}`),
}

// keepsACleanTrail walks every act by which the whole sample world came about, and
// finds in none of them what is needless: addresses, numbers, secrets, and what
// stands in the papers of organisations and in questions.
func (in *installation) keepsACleanTrail(t *testing.T) {
	var words []string // that stand in the database, and never in the trail
	for _, of := range []string{
		`SELECT identifier FROM users`, `SELECT identifier FROM invitations`, `SELECT password FROM users WHERE password <> ''`,
		`SELECT head FROM organisations WHERE head <> ''`, `SELECT address FROM organisations WHERE address <> ''`,
		`SELECT name FROM papers`, `SELECT body FROM questions`, `SELECT encode(token_hash, 'hex') FROM sessions`, `SELECT encode(hash, 'hex') FROM api_keys`, `SELECT subject FROM identities`,
	} {
		words = append(words, in.state(t, of)...)
	}
	if kept, err := os.ReadFile(in.Kept); err != nil {
		t.Error(err)
	} else {
		for _, line := range strings.Split(string(kept), "\n") {
			if f := strings.Fields(line); len(f) > 2 { // identifier, password, name
				words = append(words, f[1])
			}
		}
	}
	if len(words) < 30 {
		t.Errorf("only %d words are looked for", len(words))
	}
	rows, err := in.pool.Query(t.Context(), `
		SELECT e.subject || ' ' || e.act, e.subject_id || ' ' || coalesce(p.content::jsonb->>'details', '') || ' ' || coalesce(p.content::jsonb->>'key', '')
		FROM audit_entries e JOIN audit_personal p ON p.entry_id = e.id ORDER BY e.id`)
	if err != nil {
		t.Fatal(err)
	}
	acts := map[string]int{}
	var act, content string
	_, err = pgx.ForEachRow(rows, []any{&act, &content}, func() error {
		acts[act]++
		for what, looks := range private {
			if looks.MatchString(content) {
				t.Errorf("%s holds %s", act, what)
			}
		}
		for _, w := range words {
			if strings.Contains(content, w) {
				t.Errorf("%s holds what belongs to a person: %.12q…", act, w)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(acts) < 30 {
		t.Errorf("only %d kinds of acts were looked at: %v", len(acts), acts)
	}
}
