// Package journal writes the rows of the audit trail. It is the only writer,
// and lies below the packages whose acts it records: internal/account writes
// here directly, everybody else through audit.Append.
package journal

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"

	"github.com/jackc/pgx/v5"
)

// Entry is one act, before it is written.
type Entry struct {
	Actor      int64 // users.id; 0 nobody, -1 the installation itself
	Roles      []string
	Department int64
	Subject    string // kind of thing: account, dataset, ...
	SubjectID  string
	Act        string // noun.verb, as session.started
	Personal   Personal
}

// Personal is what of an entry may concern a person. It lies in a row of its
// own that can be erased; the chain holds only a salted hash of it.
type Personal struct {
	Name    string            `json:"name,omitempty"`
	Session string            `json:"session,omitempty"`
	Key     string            `json:"key,omitempty"`
	Details map[string]string `json:"details,omitempty"`
}

// The most that is kept of one field, and of how many: an entry is a record,
// not a store for whatever a client sends.
const (
	fieldMax   = 1000
	detailsMax = 30
)

// Write adds e to the trail in tx, so that the act and its record commit
// together or not at all.
func Write(ctx context.Context, tx pgx.Tx, e Entry) error {
	content, err := json.Marshal(e.Personal.plain())
	if err != nil {
		return fmt.Errorf("audit entry: %w", err)
	}
	salt := make([]byte, 32)
	rand.Read(salt)
	_, err = tx.Exec(ctx, `
		WITH entry AS (
			INSERT INTO audit_entries (actor, roles, department, subject, subject_id, act, commitment)
			VALUES (@actor, @roles, @department, @subject, @subject_id, @act, @commitment)
			RETURNING id)
		INSERT INTO audit_personal (entry_id, salt, content)
		SELECT id, @salt, @content FROM entry`,
		pgx.NamedArgs{
			"actor": e.Actor, "roles": append([]string{}, e.Roles...), "department": e.Department,
			"subject": Plain(e.Subject), "subject_id": Plain(e.SubjectID), "act": Plain(e.Act),
			"commitment": Commit(salt, content), "salt": salt, "content": string(content),
		})
	if err != nil {
		return fmt.Errorf("audit entry: %w", err)
	}
	return nil
}

// Commit is the salted hash that stands for content in the chain.
func Commit(salt, content []byte) []byte {
	h := sha256.New()
	h.Write(salt)
	h.Write(content)
	return h.Sum(nil)
}

func (p Personal) plain() Personal {
	out := Personal{Name: Plain(p.Name), Session: Plain(p.Session), Key: Plain(p.Key)}
	for k, v := range p.Details {
		if len(out.Details) == detailsMax {
			break
		}
		if out.Details == nil {
			out.Details = map[string]string{}
		}
		out.Details[Plain(k)] = Plain(v)
	}
	return out
}

// Plain is s fit to be shown in a log: valid, bounded, and with every
// character that could forge a line or turn the text around written out.
func Plain(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n++; n > fieldMax {
			b.WriteRune('…')
			break
		}
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
			fmt.Fprintf(&b, `\u%04x`, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}
