package account

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database"
	"shuyuan/internal/fault"
)

// Passkey is a passkey as its owner sees it.
type Passkey struct {
	ID       string // base64url
	Name     string
	Created  time.Time
	LastUsed *time.Time // the day
}

const (
	passkeysMax   = 10
	ceremonyValid = 10 * time.Minute // a page with a challenge on it
)

// Party is the portal as passkeys know it: a name, and the origin of its pages.
type Party struct{ ID, Origin string }

// PartyOf is the party of a request for host at a portal whose address is base.
// It returns fault.Invalid, and the page says so, where passkeys cannot be: they
// belong to a name, not to a number (WebAuthn, 5.1.2), and to https or this
// machine.
func PartyOf(base, host string) (Party, error) {
	b, err := url.Parse(base)
	if err != nil {
		return Party{}, err
	}
	asked, err := url.Parse(b.Scheme + "://" + host)
	if err != nil || asked.Host != b.Host && !sameMachine(asked, b) {
		asked = b
	}
	if _, err := netip.ParseAddr(asked.Hostname()); err == nil {
		if local, _ := netip.ParseAddr(asked.Hostname()); local.IsLoopback() {
			return Party{}, fault.New(fault.Invalid, "通行密钥只能用在有名字的网址上，不能用 IP 地址。请改用 %s 打开本站。", b.Scheme+"://localhost:"+asked.Port())
		}
		return Party{}, fault.New(fault.Invalid, "通行密钥只能用在有名字的网址上，不能用 IP 地址。请让管理员给本站一个域名和 https。")
	}
	if b.Scheme != "https" && asked.Hostname() != "localhost" {
		return Party{}, fault.New(fault.Invalid, "通行密钥只能用在 https 网址上。请让管理员给本站配上 https。")
	}
	return Party{ID: asked.Hostname(), Origin: asked.Scheme + "://" + asked.Host}, nil
}

func (p Party) relying() (*webauthn.WebAuthn, error) {
	return webauthn.New(&webauthn.Config{
		RPID: p.ID, RPDisplayName: "数源 Shuyuan", RPOrigins: []string{p.Origin},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired,
		},
	})
}

// Ceremony is a challenge on a page: what the browser is asked, and what comes
// back with its answer so that nothing need be kept meanwhile.
type Ceremony struct{ Options, Sealed string }

type sealedCeremony struct {
	Data    webauthn.SessionData
	Expires time.Time
}

// The purposes of ceremonies: an answer to one is none to another.
const (
	toAdd     = "add"
	toSignIn  = "sign in"
	toConfirm = "confirm"
)

func (s *Service) seal(purpose string, user int64, options any, data *webauthn.SessionData) (Ceremony, error) {
	shown, err := json.Marshal(options)
	if err != nil {
		return Ceremony{}, err
	}
	kept, err := json.Marshal(sealedCeremony{*data, s.now().Add(ceremonyValid)})
	if err != nil {
		return Ceremony{}, err
	}
	locked := s.keeper.lock("passkey "+purpose, strconv.FormatInt(user, 10), kept)
	return Ceremony{string(shown), base64.RawURLEncoding.EncodeToString(locked)}, nil
}

func errCeremony() error {
	return fault.At("passkey", "这一步没有完成，或者页面放得太久。请再试一次。")
}

// unseal is the ceremony that an answer is to, once: the second time it is void.
func (s *Service) unseal(ctx context.Context, tx pgx.Tx, purpose string, user int64, sealed string) (webauthn.SessionData, error) {
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil || len(sealed) > 16<<10 {
		return webauthn.SessionData{}, errCeremony()
	}
	kept, err := s.keeper.open("passkey "+purpose, strconv.FormatInt(user, 10), raw)
	var c sealedCeremony
	if err != nil || json.Unmarshal(kept, &c) != nil || !s.now().Before(c.Expires) {
		return webauthn.SessionData{}, errCeremony()
	}
	hash := sha256.Sum256([]byte(c.Data.Challenge))
	tag, err := tx.Exec(ctx, `INSERT INTO used_challenges (hash, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING`, hash[:], c.Expires)
	if err != nil {
		return webauthn.SessionData{}, fmt.Errorf("passkey: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return webauthn.SessionData{}, errCeremony()
	}
	return c.Data, nil
}

// holder is an account as the library wants to see it.
type holder struct {
	id          int64
	handle      [16]byte
	identifier  string
	name        string
	credentials []webauthn.Credential
}

func (h *holder) WebAuthnID() []byte                         { return h.handle[:] }
func (h *holder) WebAuthnName() string                       { return h.identifier }
func (h *holder) WebAuthnDisplayName() string                { return h.name }
func (h *holder) WebAuthnCredentials() []webauthn.Credential { return h.credentials }

// holder reads an account and its passkeys; where is a condition on u.
func (s *Service) holder(ctx context.Context, q database.Querier, where string, arg any) (*holder, error) {
	var h holder
	var kept [][]byte
	err := q.QueryRow(ctx, `
		SELECT u.id, u.handle, u.identifier, u.name, array(SELECT credential::text::bytea FROM passkeys p WHERE p.user_id = u.id ORDER BY created_at)
		FROM users u WHERE u.disabled_at IS NULL AND `+where, arg).Scan(&h.id, &h.handle, &h.identifier, &h.name, &kept)
	if err != nil {
		return nil, err
	}
	for _, k := range kept {
		var c webauthn.Credential
		if err := json.Unmarshal(k, &c); err != nil {
			return nil, fmt.Errorf("passkey: %w", err)
		}
		h.credentials = append(h.credentials, c)
	}
	return &h, nil
}

func (s *Service) passkeys(ctx context.Context, user int64) ([]Passkey, error) {
	rows, err := s.pool.Query(ctx, `SELECT id, name, created_at, last_used_on FROM passkeys WHERE user_id = $1 ORDER BY created_at, id`, user)
	if err != nil {
		return nil, fmt.Errorf("passkeys: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (Passkey, error) {
		var p Passkey
		var id []byte
		err := row.Scan(&id, &p.Name, &p.Created, &p.LastUsed)
		p.ID = base64.RawURLEncoding.EncodeToString(id)
		return p, err
	})
}

// BeginPasskey is the challenge for a new passkey of a's.
func (s *Service) BeginPasskey(ctx context.Context, a Actor, party Party) (Ceremony, error) {
	h, err := s.holder(ctx, s.pool, `u.id = $1`, a.ID)
	if err != nil {
		return Ceremony{}, fmt.Errorf("passkey: %w", err)
	}
	rp, err := party.relying()
	if err != nil {
		return Ceremony{}, err
	}
	var there []protocol.CredentialDescriptor
	for _, c := range h.credentials {
		there = append(there, c.Descriptor())
	}
	options, data, err := rp.BeginRegistration(h, webauthn.WithExclusions(there))
	if err != nil {
		return Ceremony{}, fmt.Errorf("passkey: %w", err)
	}
	return s.seal(toAdd, a.ID, options, data)
}

// AddPasskey keeps the passkey that answered, under a name of a's. Where it is
// the first second step, it returns recovery codes, this once.
func (s *Service) AddPasskey(ctx context.Context, a Actor, party Party, name, sealed, answer string) ([]string, error) {
	if err := s.RequireFresh(a); err != nil {
		return nil, err
	}
	name, err := label("name", name)
	if err != nil {
		return nil, err
	}
	rp, err := party.relying()
	if err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) ([]string, error) {
		if err := lockUser(ctx, tx, a.ID); err != nil {
			return nil, err
		}
		data, err := s.unseal(ctx, tx, toAdd, a.ID, sealed)
		if err != nil {
			return nil, err
		}
		h, err := s.holder(ctx, tx, `u.id = $1`, a.ID)
		if err != nil {
			return nil, err
		}
		if len(h.credentials) >= passkeysMax {
			return nil, fault.New(fault.Conflict, "一个账号最多有 %d 把通行密钥，请先删掉不用的。", passkeysMax)
		}
		parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(answer))
		if err != nil {
			return nil, fault.Of(errCeremony()).Because(err)
		}
		made, err := rp.CreateCredential(h, data, parsed)
		if err != nil {
			return nil, fault.Of(errCeremony()).Because(err)
		}
		kept, err := json.Marshal(made)
		if err != nil {
			return nil, err
		}
		tag, err := tx.Exec(ctx, `INSERT INTO passkeys (id, user_id, name, credential, created_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`, made.ID, a.ID, name, string(kept), s.now())
		if err != nil {
			return nil, fmt.Errorf("passkey: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return nil, errCeremony()
		}
		var codes []string
		var left int
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM recovery_codes WHERE user_id = $1`, a.ID).Scan(&left); err != nil {
			return nil, err
		}
		if left == 0 {
			if codes, err = s.putCodes(ctx, tx, a.ID); err != nil {
				return nil, err
			}
		}
		return codes, s.factorChanged(ctx, tx, a, FactorAdded, "factor.passkey-added")
	})
}

// RemovePasskey drops one of a's own. It returns fault.NotFound for another's.
func (s *Service) RemovePasskey(ctx context.Context, a Actor, id string) error {
	if err := s.RequireFresh(a); err != nil {
		return err
	}
	raw, err := base64.RawURLEncoding.DecodeString(id)
	if err != nil {
		raw = nil
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		tag, err := tx.Exec(ctx, `DELETE FROM passkeys WHERE id = $1 AND user_id = $2`, raw, a.ID)
		if err != nil {
			return struct{}{}, fmt.Errorf("passkey: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return struct{}{}, fault.New(fault.NotFound, "没有这把通行密钥，可能已经删掉。")
		}
		if err := s.dropCodes(ctx, tx, a.ID); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, s.factorChanged(ctx, tx, a, FactorRemoved, "factor.passkey-removed")
	})
	return err
}

// AskPasskey is the challenge for a sign-in, by whichever passkey answers.
func (s *Service) AskPasskey(party Party) (Ceremony, error) {
	return s.ask(toSignIn, 0, party)
}

// AskConfirm is the challenge for showing anew who a is.
func (s *Service) AskConfirm(a Actor, party Party) (Ceremony, error) {
	return s.ask(toConfirm, a.ID, party)
}

func (s *Service) ask(purpose string, user int64, party Party) (Ceremony, error) {
	rp, err := party.relying()
	if err != nil {
		return Ceremony{}, err
	}
	options, data, err := rp.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return Ceremony{}, fmt.Errorf("passkey: %w", err)
	}
	return s.seal(purpose, user, options, data)
}

// answered is the account whose passkey answered. A counter that went back tells
// of a copy: it is refused.
func (s *Service) answered(ctx context.Context, tx pgx.Tx, purpose string, user int64, party Party, sealed, answer string) (int64, error) {
	data, err := s.unseal(ctx, tx, purpose, user, sealed)
	if err != nil {
		return 0, err
	}
	rp, err := party.relying()
	if err != nil {
		return 0, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(answer))
	if err != nil {
		return 0, fault.Of(errCeremony()).Because(err)
	}
	var found *holder
	credential, err := rp.ValidateDiscoverableLogin(func(_, handle []byte) (webauthn.User, error) {
		if len(handle) != 16 {
			return nil, errors.New("no such handle")
		}
		h, err := s.holder(ctx, tx, `u.handle = $1`, [16]byte(handle))
		found = h
		return h, err
	}, data, parsed)
	if err != nil {
		return 0, fault.Of(errCeremony()).Because(err)
	}
	if credential.Authenticator.CloneWarning {
		return 0, errCeremony()
	}
	kept, err := json.Marshal(credential)
	if err != nil {
		return 0, err
	}
	_, err = tx.Exec(ctx, `UPDATE passkeys SET credential = $3, last_used_on = $4 WHERE id = $1 AND user_id = $2`, credential.ID, found.id, string(kept), s.now().Format(time.DateOnly))
	return found.id, err
}

// SignInByPasskey opens a session for whoever holds a passkey: it is something
// one has, opened by something one knows or is, so it counts as two factors.
func (s *Service) SignInByPasskey(ctx context.Context, party Party, sealed, answer, ip, agent string) (Session, error) {
	network := Network(ip)
	if err := s.admitAll(ctx, [2]string{signInNetwork, network}); err != nil {
		return Session{}, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (Session, error) {
		user, err := s.answered(ctx, tx, toSignIn, 0, party, sealed, answer)
		if err != nil {
			return Session{}, err
		}
		return s.openStrong(ctx, tx, user, network, agent)
	})
}

// ConfirmByPasskey shows anew who a is.
func (s *Service) ConfirmByPasskey(ctx context.Context, a Actor, party Party, sealed, answer string) error {
	if err := s.admitAll(ctx, [2]string{confirmTries, strconv.FormatInt(a.ID, 10)}); err != nil {
		return err
	}
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		user, err := s.answered(ctx, tx, toConfirm, a.ID, party, sealed, answer)
		if err == nil && user != a.ID {
			err = errCeremony()
		}
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, s.confirmed(ctx, tx, a, byPasskey)
	})
	return err
}
