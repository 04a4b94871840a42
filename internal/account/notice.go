package account

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/jobs"
)

// What an account's owner is told of by mail.
const (
	PasswordSet    = "password-set"
	KeyMade        = "key-made"
	SessionsEnded  = "sessions-ended"
	NewNetwork     = "new-network"
	FactorAdded    = "factor-added"
	FactorRemoved  = "factor-removed"
	Leaving        = "leaving"         // asked to delete the account
	Staying        = "staying"         // signed in and so took that back
	AddressChanged = "address-changed" // told to the address before
	KeyEnding      = "key-ending"      // a key expires soon
	FactorsLost    = "factors-lost"    // administrators took away second steps that were lost
)

// Notice is the job of one letter to an account's owner about its safety. It
// is announced in the transaction of the act, so that there is neither a
// letter without the act nor the act without a letter.
type Notice struct {
	ID      string    `json:"id"` // the same at every try
	What    string    `json:"what"`
	To      string    `json:"to"` // e-mail address
	At      time.Time `json:"at"`
	Network string    `json:"network,omitempty"` // empty: a command on the server
	Key     string    `json:"key,omitempty"`     // prefix of the key that was made, or that expires
}

// Kind names the job.
func (Notice) Kind() string { return "account_notice" }

// tell announces the letter about n to the owner of an account. The network is
// that of the session which did it, unless n names one. An account that is
// entered by a phone number gets no mail.
func (s *Service) tell(ctx context.Context, tx pgx.Tx, userID int64, session string, n Notice) error {
	var network string
	err := tx.QueryRow(ctx, `
		SELECT u.identifier, coalesce(s.network, '')
		FROM users u
		LEFT JOIN sessions s ON s.id = @session AND s.user_id = u.id
		WHERE u.id = @user`, pgx.NamedArgs{"user": userID, "session": session}).Scan(&n.To, &network)
	if err != nil {
		return fmt.Errorf("notice: %w", err)
	}
	if !strings.Contains(n.To, "@") {
		return nil
	}
	if n.Network == "" {
		n.Network = network
	}
	n.ID, n.At = randomHex(16), s.now()
	return jobs.Announce(ctx, tx, n)
}
