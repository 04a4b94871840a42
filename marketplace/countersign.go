package marketplace

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/internal/policy"
	"shuyuan/internal/signing"
	"shuyuan/internal/transparency"
	"shuyuan/internal/transparency/wire"
	"shuyuan/marketplace/provenance/stamp"
	"shuyuan/marketplace/provenance/verify"
)

// SigningRules are the platform's own rules about signatures of developers (平台规则),
// as house.yaml has them.
type SigningRules struct {
	Required bool          // a version is published only with one
	Valid    time.Duration // of a key
}

// SigningRulesOf reads them from the book of rules.
func SigningRulesOf(book *policy.Book) (SigningRules, error) {
	n := book.Numbers()
	rule, _ := book.House().Rule("developer_signature")
	r := SigningRules{Required: rule.Is("required"), Valid: n.Times("developer_key_valid", "", 24*time.Hour)}
	return r, n.Missing()
}

// DeveloperKey is a key with which an organisation signs for its products. The platform
// never has its private half.
type DeveloperKey struct {
	ID          string // as signing.ID makes it
	Code        string // of the organisation: 统一社会信用代码
	Public      []byte // Ed25519 (RFC 8032)
	From, Until time.Time
	By          string
	Leaf        int64
	Revoked     *signing.Revoked // nil while it counts

	possession []byte
}

// Countersigning is the signature of a developer under a sealed statement, beside that of
// the platform: the platform witnesses facts, the developer answers for them.
type Countersigning struct {
	State     verify.Signed
	Key       string
	By        string
	At        time.Time // when the log has it
	Leaf      int64
	Signature []byte

	keyLeaf    int64
	revoked    *int64 // leaf of the revocation of the key
	compromise *time.Time
}

// DeveloperKeyType is the payload type, as of DSSE, of what a key signs to show that it is
// at hand: for whom it signs, and where.
const DeveloperKeyType = "application/vnd.shuyuan.developer-key+json"

// signs reports whether somebody may sign for an organisation at all.
func signs(who account.Actor) bool {
	return !who.IsVisitor() && who.Key == "" && who.Side == account.Use
}

// signingOwner is the organisation whose keys who changes: one that is verified and that
// who answers for.
func (s *Service) signingOwner(ctx context.Context, q database.Querier, who account.Actor, organisation int64) (*Developer, error) {
	if !signs(who) {
		return nil, errNotYours()
	}
	d, err := selectOwned(ctx, q, who.ID, organisation)
	if err == nil && d == nil {
		err = fault.New(fault.Forbidden, "签名密钥由已认证的机构的负责人登记和撤销。")
	}
	return d, err
}

// Possession is what a key signs before it is registered for an organisation, as it is
// signed (DSSE).
func (s *Service) Possession(ctx context.Context, who account.Actor, organisation int64) ([]byte, error) {
	d, err := s.signingOwner(ctx, s.pool, who, organisation)
	if err != nil {
		return nil, err
	}
	return s.possession(d)
}

func (s *Service) possession(d *Developer) ([]byte, error) {
	payload, err := json.Marshal(map[string]string{"holder": d.Code, "portal": s.Base})
	return signing.PAE(DeveloperKeyType, payload), err
}

// RegisterKey registers a public key (PEM, SubjectPublicKeyInfo) for an organisation of
// who, with its signature over what Possession gave out. Its leaf of the log says the code
// of the organisation and nobody's name.
func (s *Service) RegisterKey(ctx context.Context, who account.Actor, organisation int64, public, signature string) (*DeveloperKey, error) {
	if err := s.Accounts.RequireFresh(who); err != nil {
		return nil, err
	}
	key, err := publicKey(public)
	if err != nil {
		return nil, err
	}
	sig, err := signatureOf(signature)
	if err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*DeveloperKey, error) {
		d, err := s.signingOwner(ctx, tx, who, organisation)
		if err != nil {
			return nil, err
		}
		message, err := s.possession(d)
		if err != nil {
			return nil, err
		}
		if !ed25519.Verify(key, message, sig) {
			return nil, fault.At("signature", "签名和公钥对不上：请用这把密钥的私钥，对下载的原文签名。")
		}
		at := s.instant().Truncate(time.Second)
		k := &DeveloperKey{ID: signing.ID(key), Code: d.Code, Public: key, From: at, Until: at.Add(s.Signing.Valid), By: who.Name, possession: sig}
		if known, err := hasDeveloperKey(ctx, tx, k.ID); err != nil || known {
			if err == nil {
				err = fault.At("public", "这把密钥登记过，不能再登记，请换一把新的。")
			}
			return nil, err
		}
		if err := audit.Append(ctx, tx, who, "developer-key", k.ID, "register", map[string]string{"organisation": d.Code}); err != nil {
			return nil, err
		}
		if k.Leaf, err = transparency.Append(ctx, tx, transparency.Leaf{Kind: wire.DeveloperKey, Body: map[string]string{
			"key": k.ID, "public": hex.EncodeToString(key), "holder": k.Code, "from": k.From.UTC().Format(time.RFC3339), "until": k.Until.UTC().Format(time.RFC3339), "signature": hex.EncodeToString(sig),
		}}); err != nil {
			return nil, err
		}
		return k, insertDeveloperKey(ctx, tx, d.ID, k, who.ID)
	})
}

// RevokeKey ends a key of an organisation of who: what the log has later than compromised
// counts no more.
func (s *Service) RevokeKey(ctx context.Context, who account.Actor, organisation int64, id string, compromised time.Time, reason signing.Reason) error {
	if err := s.Accounts.RequireFresh(who); err != nil {
		return err
	}
	if !slices.Contains([]signing.Reason{signing.Compromised, signing.Lost, signing.Retired}, reason) {
		return fault.At("reason", "没有这种撤销密钥的原因。")
	}
	if b, err := hex.DecodeString(id); err != nil || len(b) != sha256.Size {
		return fault.New(fault.NotFound, "没有这把密钥。")
	}
	compromised = compromised.UTC().Truncate(time.Second)
	_, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		d, err := s.signingOwner(ctx, tx, who, organisation)
		if err != nil {
			return struct{}{}, err
		}
		if err := lockDeveloperKey(ctx, tx, id); err != nil {
			return struct{}{}, err
		}
		keys, err := selectDeveloperKeys(ctx, tx, d.ID)
		if err != nil {
			return struct{}{}, err
		}
		i := slices.IndexFunc(keys, func(k DeveloperKey) bool { return k.ID == id })
		switch {
		case i < 0:
			return struct{}{}, fault.New(fault.NotFound, "没有这把密钥。")
		case keys[i].Revoked != nil:
			return struct{}{}, fault.New(fault.Conflict, "这把密钥已经撤销。")
		case compromised.After(s.now()):
			return struct{}{}, fault.At("since", "密钥失效的时间不能在将来。")
		case compromised.Before(keys[i].From.Truncate(time.Minute)): // a form says minutes
			return struct{}{}, fault.At("since", "密钥失效的时间不能早于它登记的时间。")
		}
		if err := audit.Append(ctx, tx, who, "developer-key", id, "revoke", map[string]string{"organisation": d.Code, "reason": string(reason)}); err != nil {
			return struct{}{}, err
		}
		leaf, err := transparency.Append(ctx, tx, transparency.Leaf{Kind: wire.Revocation, Body: map[string]string{
			"key": id, "purpose": "developer", "compromised": compromised.Format(time.RFC3339), "reason": string(reason),
		}})
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, insertDeveloperKeyRevocation(ctx, tx, id, who, signing.Revoked{Compromised: compromised, Reason: reason, Leaf: leaf})
	})
	return err
}

// DeveloperKeys are the keys of an organisation, the newest first: they stand in the
// public log, and everybody may know them.
func (s *Service) DeveloperKeys(ctx context.Context, organisation int64) ([]DeveloperKey, error) {
	return selectDeveloperKeys(ctx, s.pool, organisation)
}

// Unsigned is what the developer of a sealed version signs: the statement, byte for byte
// as the platform signed it (DSSE).
func (s *Service) Unsigned(ctx context.Context, who account.Actor, product, number string) ([]byte, error) {
	p, party, err := s.one(ctx, s.pool, who, product, false)
	if err != nil {
		return nil, err
	}
	if party.Side != OfDeveloper {
		return nil, errNotYours()
	}
	v, err := s.version(ctx, s.pool, p, number)
	if err != nil {
		return nil, err
	}
	if v.Seal == nil {
		return nil, errNothingToSign()
	}
	return signing.PAE(signing.InToto, v.Seal.payload), nil
}

func errNothingToSign() error {
	return fault.New(fault.Conflict, "还没有封存，没有可以签的原文。")
}

// Countersign takes the signature of a developer under the sealed statement of a version,
// between its seal and its publication. The signature itself shows whose it is: it is
// taken from nobody but the developer, and under no key but one that is registered and
// counts. What is refused leaves nothing behind.
func (s *Service) Countersign(ctx context.Context, who account.Actor, product, number, signature string) error {
	if !signs(who) {
		return errNotYours()
	}
	sig, err := signatureOf(signature)
	if err != nil {
		return err
	}
	_, err = database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
		p, party, err := s.one(ctx, tx, who, product, true)
		if err != nil {
			return struct{}{}, err
		}
		v, err := s.version(ctx, tx, p, number)
		switch {
		case err != nil:
			return struct{}{}, err
		case party.Side != OfDeveloper || !party.Owner:
			return struct{}{}, errNotYours()
		case v.Seal == nil:
			return struct{}{}, errNothingToSign()
		case v.State != Sealed:
			return struct{}{}, fault.New(fault.Conflict, "太晚了：开发主体的签名要在封存以后、发布以前交，这一版已经发布或者召回；请在下一版签名。")
		}
		key, err := s.signedWith(ctx, tx, p, v, sig)
		if err != nil {
			return struct{}{}, err
		}
		if err := s.versionHappened(ctx, tx, who, p, v, Countersign, party.Side, ""); err != nil {
			return struct{}{}, err
		}
		c := &Countersigning{Key: key.ID, By: who.Name, At: s.instant(), Signature: sig}
		if c.Leaf, err = transparency.Append(ctx, tx, transparency.Leaf{Kind: wire.Countersign, Body: map[string]string{
			"statement": v.Seal.Digest, "product": v.Product, "version": v.Number, "key": key.ID, "signature": hex.EncodeToString(sig),
		}}); err != nil {
			return struct{}{}, err
		}
		err = insertCountersigning(ctx, tx, v.ID, c, who.ID)
		if database.Taken(err) {
			err = fault.New(fault.Conflict, "这一版已经用这把密钥签过。")
		}
		return struct{}{}, err
	})
	return err
}

// signedWith is the key of the developer that made a signature under a statement, or why
// the signature is not taken.
func (s *Service) signedWith(ctx context.Context, tx pgx.Tx, p *Product, v *Version, sig []byte) (*DeveloperKey, error) {
	keys, err := selectDeveloperKeys(ctx, tx, p.Developer.ID)
	if err != nil {
		return nil, err
	}
	if len(keys) == 0 {
		return nil, fault.At("signature", "本机构还没有登记签名密钥，请先在机构的页面登记。")
	}
	message, now := signing.PAE(signing.InToto, v.Seal.payload), s.now()
	i := slices.IndexFunc(keys, func(k DeveloperKey) bool { return ed25519.Verify(k.Public, message, sig) })
	switch {
	case i < 0:
		return nil, fault.At("signature", "签名对不上：它不是用本机构登记的密钥对这一版的原文签的，请下载原文重新签。")
	case keys[i].Code != v.Seal.Statement.Predicate.Product.Developer.USCC:
		return nil, fault.At("signature", "签它的密钥登记的信用代码和这一版声明里的不同，请登记新的密钥。")
	}
	if err := lockDeveloperKey(ctx, tx, keys[i].ID); err != nil { // it may be revoked at this moment
		return nil, err
	}
	if keys, err = selectDeveloperKeys(ctx, tx, p.Developer.ID); err != nil {
		return nil, err
	}
	switch k := &keys[i]; {
	case k.Revoked != nil:
		return nil, fault.At("signature", "签它的密钥已经撤销，不能再用来签名。")
	case now.Before(k.From) || !now.Before(k.Until):
		return nil, fault.At("signature", "签它的密钥不在有效期内，不能用来签名。")
	default:
		return k, nil
	}
}

// signedEnough: where the rules of the platform ask for the signature of the developer, a
// version is not published without.
func (s *Service) signedEnough(v *Version) error {
	if s.Signing.Required && (v.Countersigned == nil || v.Countersigned.State != verify.IsSigned) {
		return fault.New(fault.Conflict, "平台规则要求开发主体签名：请先下载原文，签名，交回，再发布。")
	}
	return nil
}

// Signed is whether the developer signed: a version without is signed by nobody but the
// platform.
func (c *Countersigning) Signed() verify.Signed {
	if c == nil {
		return verify.NotSigned
	}
	return c.State
}

// judge says what a signature is worth: whose key, and whether that counted then.
func (c *Countersigning) judge(public, payload []byte) {
	switch {
	case len(public) != ed25519.PublicKeySize || !ed25519.Verify(public, signing.PAE(signing.InToto, payload), c.Signature):
		c.State = verify.SignedOtherwise
	case c.compromise != nil && c.At.After(*c.compromise):
		c.State = verify.SignedRevoked
	default:
		c.State = verify.IsSigned
	}
}

// beside is an envelope with the signature of the developer beside that of the platform.
func (c *Countersigning) beside(envelope []byte) ([]byte, error) {
	if c == nil {
		return envelope, nil
	}
	return stamp.Beside(envelope, c.Key, c.Signature)
}

// bring puts into a proof what shows the signature of the developer, as far as a
// checkpoint of that size covers it.
func (s *Service) bring(ctx context.Context, p *verify.Proof, c *Countersigning, size int64) (err error) {
	if c == nil || c.Leaf >= size {
		return nil
	}
	if p.Envelope, err = c.beside(p.Envelope); err != nil {
		return err
	}
	signed, err := s.entry(ctx, c.Leaf, size)
	if err != nil {
		return err
	}
	key, err := s.entry(ctx, c.keyLeaf, size)
	if err != nil {
		return err
	}
	p.Developer = &verify.Countersignature{Signed: *signed, Key: *key}
	if c.revoked != nil && *c.revoked < size {
		p.Developer.Revoked, err = s.entry(ctx, *c.revoked, size)
	}
	return err
}

// publicKey reads a public key as `openssl pkey -pubout` writes it (RFC 8410).
func publicKey(text string) (ed25519.PublicKey, error) {
	wrong := fault.At("public", "公钥读不出来：请贴 Ed25519 公钥的 PEM，从 BEGIN PUBLIC KEY 到 END PUBLIC KEY。")
	block, rest := pem.Decode([]byte(strings.TrimSpace(text) + "\n"))
	if block == nil || block.Type != "PUBLIC KEY" || len(rest) > 0 {
		return nil, wrong
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, wrong
	}
	key, ok := parsed.(ed25519.PublicKey)
	if !ok {
		return nil, wrong
	}
	if verify.Weak(key) {
		return nil, fault.At("public", "这样的公钥，谁都能替它签名，不能登记，请重新做一把密钥。")
	}
	return key, nil
}

// signatureOf reads a detached signature in Base64.
func signatureOf(text string) ([]byte, error) {
	sig, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil || len(sig) != ed25519.SignatureSize {
		return nil, fault.At("signature", "签名读不出来：请贴 64 字节签名的 Base64，一共 88 个字符。")
	}
	return sig, nil
}
