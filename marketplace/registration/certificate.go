package registration

import (
	"context"
	"crypto/ed25519"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/cases"
	"shuyuan/internal/database"
	"shuyuan/internal/deadline"
	"shuyuan/internal/fault"
	"shuyuan/internal/signing"
	"shuyuan/internal/signing/register"
	"shuyuan/internal/transparency"
	"shuyuan/internal/transparency/wire"
	"shuyuan/internal/workdays"
	"shuyuan/internal/workflow"
	"shuyuan/marketplace/provenance/certificate"
	"shuyuan/marketplace/provenance/statement"
)

// CertificateKind is what a certificate certifies.
type CertificateKind string

// The kinds.
const (
	OfRegistration  CertificateKind = "registration"
	OfCertification CertificateKind = "certification"
	OfValuation     CertificateKind = "valuation"
)

// CertificateState is where a certificate stands.
type CertificateState string

// The states.
const (
	InForce     CertificateState = "issued"
	Changed     CertificateState = "changed"
	Renewed     CertificateState = "renewed"
	Transferred CertificateState = "transferred"
	Expired     CertificateState = "expired"
	Cancelled   CertificateState = "cancelled"
)

// CertificateAction is what is done with a certificate.
type CertificateAction string

// The actions.
const (
	IssueCertificate CertificateAction = "issue" // how it begins
	ReplaceChanged   CertificateAction = "change"
	ReplaceRenewed   CertificateAction = "renew"
	ReplaceMoved     CertificateAction = "transfer"
	Expire           CertificateAction = "expire" // by the clock
	Surrender        CertificateAction = "surrender"
	Cancel           CertificateAction = "cancel"
)

// certificates is every move of a certificate.
var certificates = workflow.Lifecycle[CertificateState, CertificateAction, *Certificate]{
	{Action: ReplaceChanged, From: []CertificateState{InForce}, To: Changed, By: registrar},
	{Action: ReplaceRenewed, From: []CertificateState{InForce}, To: Renewed, By: registrar},
	{Action: ReplaceMoved, From: []CertificateState{InForce}, To: Transferred, By: registrar},
	{Action: Expire, From: []CertificateState{InForce}, To: Expired, By: itself, Needs: ranOut},
	{Action: Surrender, From: []CertificateState{InForce}, To: Cancelled, By: anybody, Needs: explained},
	{Action: Cancel, From: []CertificateState{InForce}, To: Cancelled, By: anybody, Needs: explained},
}

// CertificateLifecycle is the table of moves of a certificate, for docs/lifecycles.md.
func CertificateLifecycle() string { return certificates.Mermaid(InForce) }

func explained(c *Certificate) error {
	if c.words == "" {
		return fault.At("reason", "请写明理由。")
	}
	return nil
}

func ranOut(c *Certificate) error {
	if c.now.Before(c.ValidUntil) {
		return fault.New(fault.Conflict, "证书还没有到期。")
	}
	return nil
}

// Certificate is a signed certificate.
type Certificate struct {
	ID         int64
	Number     string
	Kind       CertificateKind
	Case       string // number of the registration or of the report
	Product    string
	Title      string
	TitleEN    string
	Version    string
	Holder     Organisation  // to whom it was issued
	MovedTo    *Organisation // who holds the registration of the product now, where that is another; nil: nobody else
	Issuer     string
	IssuerID   int64 // organisation of a certifier or valuer; 0: the registrar
	State      CertificateState
	StateAt    time.Time
	Reason     string
	IssuedAt   time.Time
	ValidUntil time.Time // first moment at which it counts no more
	Digest     string    // SHA-256 of the statement
	Envelope   []byte
	Key        string
	Leaf       int64
	EndLeaf    int64 // 0: none
	Replaces   string
	ReplacedBy string
	Sample     bool
	Revision   int

	product, version int64
	subject          string // digest of the version's statement
	words            string
	now              time.Time
	statement        []byte
}

// LastDay is the last day on which it counts.
func (c *Certificate) LastDay() time.Time {
	return c.ValidUntil.Add(-time.Nanosecond).In(workdays.Zone)
}

// Path is its public page.
func (c *Certificate) Path() string { return "/certificates/" + c.Number }

// Counts reports whether it is in force at t.
func (c *Certificate) Counts(t time.Time) bool { return c.State == InForce && t.Before(c.ValidUntil) }

// validity is how long certificates of a kind count.
var validity = map[CertificateKind]deadline.Term{OfRegistration: registeredFor, OfCertification: certifiedFor, OfValuation: valuedFor}

var prefixes = map[CertificateKind]string{OfRegistration: "DJZ", OfCertification: "HGZ", OfValuation: "PGZ"}

// purpose signs with the key for certificates.
type purpose struct{ signing.Signer }

func (p purpose) Sign(ctx context.Context, message []byte) (string, []byte, error) {
	return p.Signer.Sign(ctx, signing.Certificate, message)
}

// issue signs a certificate and writes it with its leaf of the log.
func (s *Service) issue(ctx context.Context, tx pgx.Tx, who account.Actor, c *Certificate, of int64, p certificate.Predicate) (err error) {
	if s.Signer == nil {
		return fault.New(fault.Unavailable, "这里现在不能签发证书，请稍后再试。")
	}
	if c.Number, err = cases.Number(ctx, tx, prefixes[c.Kind], s.instant()); err != nil {
		return err
	}
	c.IssuedAt, c.State, c.StateAt = s.instant(), InForce, s.instant()
	for_, err := s.Clocks.Start("", validity[c.Kind], c.IssuedAt)
	if err != nil {
		return err
	}
	c.ValidUntil = for_.Due()
	p.Number, p.Kind, p.Product, p.Version, p.Title, p.TitleEN = c.Number, string(c.Kind), c.Product, c.Version, c.Title, c.TitleEN
	p.Holder, p.Issuer, p.Case, p.Replaces = statement.Developer{USCC: c.Holder.Code, Name: c.Holder.Name}, c.Issuer, c.Case, c.Replaces
	p.IssuedAt, p.ValidDay, p.StatusURL = c.IssuedAt.UTC(), c.LastDay().Format(time.DateOnly), s.Base+c.Path()
	if c.subject, err = selectSealed(ctx, tx, c.version); err != nil {
		return err
	}
	made, err := certificate.Sign(ctx, s.Base, c.subject, p, purpose{s.Signer})
	if err != nil {
		return err
	}
	c.statement, c.Envelope, c.Digest, c.Key = made.Payload, made.Envelope, made.Digest, made.Key
	if c.Leaf, err = transparency.Append(ctx, tx, transparency.Leaf{Kind: wire.Certificate, Body: leafOf(c)}); err != nil {
		return err
	}
	if err := insertCertificate(ctx, tx, c, of, who); err != nil {
		return err
	}
	return audit.Append(ctx, tx, who, "product-certificate", c.Number, string(IssueCertificate), map[string]string{"product": c.Product + "@" + c.Version, "case": c.Case})
}

// leafOf is what the log says of a certificate: numbers and digests, and nobody's name
// (I-41).
func leafOf(c *Certificate) map[string]string {
	return map[string]string{"statement": c.Digest, "certificate": c.Number, "product": c.Product, "version": c.Version, "key": c.Key, "state": string(c.State), "until": c.LastDay().Format(time.DateOnly)}
}

// end moves a certificate from where it is in force. What is cancelled or expired is
// said in the log; what another replaces, by the leaf of that.
func (s *Service) end(ctx context.Context, tx pgx.Tx, who account.Actor, c *Certificate, a CertificateAction, words string) (err error) {
	c.words, c.now = words, s.now()
	if c.State, err = certificates.Next(c.State, a, who, c); err != nil {
		return err
	}
	c.StateAt, c.Reason = s.instant(), words
	if c.State == Expired || c.State == Cancelled {
		if c.EndLeaf, err = transparency.Append(ctx, tx, transparency.Leaf{Kind: wire.Certificate, Body: leafOf(c)}); err != nil {
			return err
		}
	}
	if err := saveCertificate(ctx, tx, c); err != nil {
		return err
	}
	if err := audit.Append(ctx, tx, who, "product-certificate", c.Number, string(a), map[string]string{"to": string(c.State)}); err != nil {
		return err
	}
	if c.State != Expired && c.State != Cancelled {
		return nil
	}
	if c.Kind != OfValuation { // what is offered is registered and certified
		if err := s.Products.Lapsed(ctx, tx, c.Product, "证书已经失效。"); err != nil {
			return err
		}
	}
	return s.tellHolder(ctx, tx, c, string(a))
}

func errNoCertificate() error { return fault.New(fault.NotFound, "没有这份证书。") }

// CertificateByNumber is a certificate of any kind, which anybody may ask for.
func (s *Service) CertificateByNumber(ctx context.Context, number string) (*Certificate, error) {
	return certificateBy(ctx, s.pool, number, false)
}

// Genuine returns nil if the key for certificates signed a certificate that says what
// its row says, and counted when the log took it. Otherwise it says why not.
func (s *Service) Genuine(ctx context.Context, c *Certificate) error {
	o, err := certificate.Open(c.Envelope)
	if err != nil {
		return err
	}
	p := o.Statement.Predicate
	if statement.Of(o.Payload).SHA256 != c.Digest || p.Number != c.Number || p.Product != c.Product || p.Version != c.Version || len(o.Signature) != ed25519.SignatureSize {
		return errors.New("registration: the envelope is of another certificate")
	}
	keys, err := register.List(ctx, s.pool)
	if err != nil {
		return err
	}
	return keys.Verify(signing.Certificate, o.Key, signing.PAE(signing.InToto, o.Payload), o.Signature, c.IssuedAt)
}

// CertificatesOf are the certificates of a product, the newest first.
func (s *Service) CertificatesOf(ctx context.Context, product string) ([]Certificate, error) {
	return selectCertificates(ctx, s.pool, `p.number = @product`, pgx.NamedArgs{"product": product, "limit": 100})
}

// Counting are those of a product that are in force now.
func (s *Service) Counting(ctx context.Context, product string) ([]Certificate, error) {
	list, err := s.CertificatesOf(ctx, product)
	now := s.instant()
	return slices.DeleteFunc(list, func(c Certificate) bool { return !c.Counts(now) }), err
}

// Certificates are the certificates of all kinds, those that ended too, the newest
// first, for everybody.
func (s *Service) Certificates(ctx context.Context, f Filter) ([]Certificate, error) {
	return selectCertificates(ctx, s.pool, `(@before = 0 OR c.id < @before) AND (@product = '' OR p.number = @product) AND (@kind = '' OR c.kind = @kind) AND (@code = '' OR o.credit_code = @code)`, f.args())
}

// EndCertificate ends a certificate before its time, with words: its holder gives it
// up, the registrar or whoever issued it takes it back.
func (s *Service) EndCertificate(ctx context.Context, who account.Actor, number string, revision int, words string) (*Certificate, error) {
	words, err := prose("reason", words)
	if err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Certificate, error) {
		c, err := certificateBy(ctx, tx, number, true)
		if err != nil {
			return nil, err
		}
		a, err := s.ends(ctx, tx, who, c)
		if err != nil {
			return c, err
		}
		if c.Revision != revision {
			return c, errMoved()
		}
		if err := s.Accounts.RequireFresh(who); err != nil {
			return c, err
		}
		return c, s.end(ctx, tx, who, c, a, words)
	})
}

// ends is how who may end a certificate before its time.
func (s *Service) ends(ctx context.Context, q database.Querier, who account.Actor, c *Certificate) (CertificateAction, error) {
	if who.IsVisitor() || who.Key != "" {
		return "", errNotYours()
	}
	if c.Kind == OfRegistration && who.Is(account.ExchangeStaff) {
		return Cancel, nil
	}
	of, err := ownedBy(ctx, q, who.ID)
	if err != nil {
		return "", err
	}
	switch {
	case c.IssuerID != 0 && slices.Contains(of, c.IssuerID) && who.Any(account.Certifier, account.Valuer):
		return Cancel, nil
	case c.Kind == OfRegistration && slices.Contains(of, c.Holder.ID):
		return Surrender, nil
	}
	return "", errNotYours()
}

// MayEnd reports whether who may end a certificate before its time.
func (s *Service) MayEnd(ctx context.Context, who account.Actor, c *Certificate) (bool, error) {
	if c.State != InForce {
		return false, nil
	}
	_, err := s.ends(ctx, s.pool, who, c)
	if fault.KindOf(err) == fault.Forbidden {
		return false, nil
	}
	return err == nil, err
}

// Tick lets certificates run out.
func (s *Service) Tick(ctx context.Context) error {
	for {
		number, err := selectRunOut(ctx, s.pool, s.now())
		if err != nil || number == "" {
			return err
		}
		if _, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (struct{}, error) {
			c, err := certificateBy(ctx, tx, number, true)
			if err != nil || c.State != InForce {
				return struct{}{}, err
			}
			return struct{}{}, s.end(ctx, tx, platform(), c, Expire, "")
		}); err != nil {
			return err
		}
	}
}
