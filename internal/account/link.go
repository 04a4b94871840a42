package account

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/internal/jobs"
)

// What a mailed link is for.
const (
	linkSignUp  = "sign-up"
	linkRecover = "recover"
	linkInvite  = "invite"
	linkAddress = "address"
)

// The letters that hold a link, or say why there is none.
const (
	LetterSignUp  = "sign-up"
	LetterKnown   = "sign-up-known"   // somebody signed up for an address that has an account
	LetterRecover = "recover"         //
	LetterUnknown = "recover-unknown" // somebody wants into an account that there is not
	LetterInvite  = "invite"

	LetterAddress      = "address"
	LetterAddressTaken = "address-taken" // somebody wants an address for an account that has another
)

// Letter is the job of one letter with a link that works once. It does not hold
// the link: Service.LinkOf makes it when the letter is written, so that no table
// ever has it.
type Letter struct {
	ID      string    `json:"id"` // of the link, in hex; the same at every try
	What    string    `json:"what"`
	To      string    `json:"to"` // e-mail address
	At      time.Time `json:"at"`
	Network string    `json:"network,omitempty"`
	From    string    `json:"from,omitempty"` // of an invitation: the organisation
	Who     string    `json:"who,omitempty"`  // of an invitation: who invites
	// Verified is whether the organisation that invites was looked at by anybody:
	// until then its name is what a stranger typed.
	Verified bool `json:"verified,omitempty"`
}

// Kind names the job.
func (Letter) Kind() string { return "account_letter" }

// purpose is what the link in the letter is for.
func (l Letter) purpose() string {
	switch l.What {
	case LetterSignUp:
		return linkSignUp
	case LetterKnown, LetterRecover:
		return linkRecover
	case LetterInvite:
		return linkInvite
	case LetterAddress:
		return linkAddress
	}
	return ""
}

// LinkOf is the secret of the link in a letter, empty where it has none.
func (s *Service) LinkOf(l Letter) (string, error) {
	id, err := hex.DecodeString(l.ID)
	if err != nil || len(id) != linkBytes {
		return "", fmt.Errorf("letter %q has no link", l.What)
	}
	if l.purpose() == "" {
		return "", nil
	}
	return s.linkSecret(l.purpose(), id), nil
}

const linkBytes = 16

func newLinkID() []byte {
	id := make([]byte, linkBytes)
	rand.Read(id)
	return id
}

// linkSecret is the id of a link with a code that only this installation makes.
func (s *Service) linkSecret(purpose string, id []byte) string {
	return base64.RawURLEncoding.EncodeToString(append(append([]byte{}, id...), s.keeper.code("link "+purpose, id)...))
}

// linkID is the id in the secret of a link, if it was made here for purpose.
func (s *Service) linkID(purpose, secret string) ([]byte, error) {
	raw, err := base64.RawURLEncoding.DecodeString(secret)
	if err != nil || len(raw) <= linkBytes || !hmac.Equal(raw[linkBytes:], s.keeper.code("link "+purpose, raw[:linkBytes])) {
		return nil, errLink()
	}
	return raw[:linkBytes], nil
}

func errLink() error {
	return fault.New(fault.Gone, "这个链接已经用过、已过期，或者不完整。请重新申请一封信。")
}

// link is a mailed link that may still be followed.
type link struct {
	Identifier string
	User       int64 // 0 for a sign-up
}

// sendLink mails a link for an address. Which letter goes out depends on
// whether the address has an account; what is done and how long it takes does
// not, and neither does what the page says.
func (s *Service) sendLink(ctx context.Context, purpose, identifier, network string) error {
	valid := s.rules.Confirm
	if purpose == linkRecover {
		valid = s.rules.Recover
	}
	now := s.now()
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		var user *int64
		err := tx.QueryRow(ctx, `SELECT max(id) FROM users WHERE identifier = $1 AND disabled_at IS NULL`, identifier).Scan(&user)
		if err != nil {
			return struct{}{}, fmt.Errorf("link: %w", err)
		}
		l := Letter{To: identifier, At: now, Network: network}
		switch known := user != nil; {
		case purpose == linkSignUp && known: // what they need is a way in
			l.What, purpose, valid = LetterKnown, linkRecover, s.rules.Recover
		case purpose == linkSignUp:
			l.What = LetterSignUp
		case known:
			l.What = LetterRecover
		default:
			l.What = LetterUnknown
		}
		id := newLinkID()
		l.ID = hex.EncodeToString(id)
		_, err = tx.Exec(ctx, `
			INSERT INTO one_time_links (id, purpose, identifier, user_id, created_at, expires_at)
			VALUES (@id, @purpose, @identifier, @user, @now, @expires)`,
			pgx.NamedArgs{"id": id, "purpose": purpose, "identifier": identifier, "user": user, "now": now, "expires": now.Add(valid)})
		if err != nil {
			return struct{}{}, fmt.Errorf("link: %w", err)
		}
		return struct{}{}, jobs.Announce(ctx, tx, l)
	})
	return err
}

// linkOpen is the link behind secret while it is good. Looking does not use it.
func (s *Service) linkOpen(ctx context.Context, purpose, secret string) (link, error) {
	id, err := s.linkID(purpose, secret)
	if err != nil {
		return link{}, err
	}
	var l link
	err = s.pool.QueryRow(ctx, `
		SELECT identifier, coalesce(user_id, 0) FROM one_time_links
		WHERE id = @id AND purpose = @purpose AND used_at IS NULL AND expires_at > @now`,
		pgx.NamedArgs{"id": id, "purpose": purpose, "now": s.now()}).Scan(&l.Identifier, &l.User)
	if errors.Is(err, pgx.ErrNoRows) {
		return link{}, errLink()
	}
	return l, err
}

// useLink spends a link, and with it every other one that was mailed to the
// same address for the same purpose: of two at once, one gets it.
func (s *Service) useLink(ctx context.Context, tx pgx.Tx, purpose, secret string) (link, error) {
	id, err := s.linkID(purpose, secret)
	if err != nil {
		return link{}, err
	}
	var l link
	err = tx.QueryRow(ctx, `
		UPDATE one_time_links SET used_at = @now
		WHERE id = @id AND purpose = @purpose AND used_at IS NULL AND expires_at > @now
		RETURNING identifier, coalesce(user_id, 0)`,
		pgx.NamedArgs{"id": id, "purpose": purpose, "now": s.now()}).Scan(&l.Identifier, &l.User)
	if errors.Is(err, pgx.ErrNoRows) {
		return link{}, errLink()
	}
	if err != nil {
		return link{}, fmt.Errorf("link: %w", err)
	}
	_, err = tx.Exec(ctx, `UPDATE one_time_links SET used_at = @now WHERE identifier = @identifier AND purpose = @purpose AND used_at IS NULL`,
		pgx.NamedArgs{"now": s.now(), "identifier": l.Identifier, "purpose": purpose})
	return l, err
}

// admitAll counts a call in each bucket and returns fault.TooMany where one is
// full.
func (s *Service) admitAll(ctx context.Context, counts ...[2]string) error {
	for _, n := range counts {
		limit, err := s.Allow(ctx, n[0], n[1])
		if err != nil {
			return err
		}
		if !limit.Allowed {
			return errTooMany(limit)
		}
	}
	return nil
}

// IsPhone reports whether an identifier is a phone number: no letter goes there.
func IsPhone(identifier string) bool { return strings.HasPrefix(identifier, "+") }
