package account

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/fault"
)

// Credential is a demo account with the password just made for it.
type Credential struct {
	User     NewUser
	Password string
}

// ResetDemo makes the demo accounts of the sample world (示例), or gives those
// that exist a new password, and returns the passwords this once. They are
// random: no installation in the world shares one. It refuses identifiers
// outside the domains that are reserved for examples, so that it can never be
// turned on a real account.
func (s *Service) ResetDemo(ctx context.Context, who Actor, users []NewUser) ([]Credential, error) {
	if err := administers(who); err != nil {
		return nil, err
	}
	var out []Credential
	for _, u := range users {
		u.Sample, u.Password = true, NewPassword()
		identifier, err := Identifier(u.Identifier)
		if err != nil {
			return nil, err
		}
		if !strings.HasSuffix(identifier, ".example") {
			return nil, fault.At("identifier", "示例账号只能用 .example 结尾的邮箱。")
		}
		var id int64
		err = s.pool.QueryRow(ctx, `SELECT id FROM users WHERE identifier = $1 AND sample`, identifier).Scan(&id)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			_, err = s.createUser(ctx, who, u)
		case err == nil:
			err = s.setPassword(ctx, who, id, u.Password, "")
		}
		if err != nil {
			return nil, fmt.Errorf("demo account %s: %w", identifier, err)
		}
		out = append(out, Credential{User: u, Password: u.Password})
	}
	return out, nil
}

// NewPassword is 80 random bits in letters that cannot be mistaken for each
// other.
func NewPassword() string {
	const clear = "abcdefghijkmnpqrstuvwxyz23456789"
	raw := make([]byte, 16)
	rand.Read(raw)
	var b strings.Builder
	for i, r := range raw {
		if i > 0 && i%4 == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(clear[r%32])
	}
	return b.String()
}
