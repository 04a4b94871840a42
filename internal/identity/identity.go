package identity

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"shuyuan/internal/fault"
)

// Config is what the operator agreed on with the provider.
type Config struct {
	Issuer   string // exactly as the provider names itself
	ClientID string
	Secret   string
	Callback string // address of the portal that the provider sends people back to
	Home     string // and where to after signing out there
	Name     string // what people call the provider
	Create   bool   // whoever the provider knows may make an account
	Now      func() time.Time
}

// The bounds on the provider: nobody waits longer for it, and no answer is larger.
const (
	patience   = 8 * time.Second
	maxAnswer  = 1 << 20
	quiet      = 10 * time.Second // after a failure it is not asked again for so long
	skew       = 2 * time.Minute  // that its clock may be off
	maxSubject = 255              // bytes (OpenID Connect Core 1.0, 2)
)

// algorithms are the signatures that are believed: those that only the provider
// can make. "none" and those with a shared secret are no proof.
var algorithms = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA}

// Provider is the provider of identity.
type Provider struct {
	cfg    Config
	client *http.Client

	mu     sync.Mutex
	found  *discovered
	failed time.Time
}

// discovered is what the provider says of itself.
type discovered struct {
	oauth oauth2.Config
	check *oidc.IDTokenVerifier

	provider *oidc.Provider

	leave string
	named bool // it names itself in its answers (RFC 9207)
}

// New returns the provider; nothing is asked of it yet.
func New(cfg Config) *Provider {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	return &Provider{cfg: cfg, client: &http.Client{
		Timeout:       patience,
		Transport:     bounded{transport},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// bounded lets no answer be larger than maxAnswer.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	a, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		a.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(a.Body, maxAnswer), a.Body}
	}
	return a, err
}

// Name is what people call the provider.
func (p *Provider) Name() string { return p.cfg.Name }

// Issuer is what the provider calls itself.
func (p *Provider) Issuer() string { return p.cfg.Issuer }

// Creates reports whether whoever the provider knows may make an account.
func (p *Provider) Creates() bool { return p.cfg.Create }

// Attempt is a sign-in that has begun. It is for the browser that began it alone
// to keep, and nobody to read.
type Attempt struct {
	State, Nonce, Verifier string
	Begun                  time.Time
	Anew                   bool // the provider was told to ask who it is once more
}

// Answer is what the browser brings back.
type Answer struct{ Code, State, Issuer, Error string }

// Person is whom the provider knows.
type Person struct {
	Issuer, Subject string
	Name            string
	Email           string // only where the provider verified it
	Strong          bool   // two factors were given there (RFC 8176, mfa)
}

// Begin is a new attempt, and the address at the provider to send the browser to.
// With anew the provider is to ask even who is signed in there. It returns
// fault.Unavailable where the provider does not answer.
func (p *Provider) Begin(ctx context.Context, anew bool) (Attempt, string, error) {
	d, err := p.discover(ctx)
	if err != nil {
		return Attempt{}, "", err
	}
	a := Attempt{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Begun: p.cfg.Now(), Anew: anew}
	options := []oauth2.AuthCodeOption{oidc.Nonce(a.Nonce), oauth2.S256ChallengeOption(a.Verifier)}
	if anew {
		options = append(options, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	}
	return a, d.oauth.AuthCodeURL(a.State, options...), nil
}

// Finish is the person that an attempt led to. It returns fault.Unauthenticated
// for any answer that does not prove it, in the same words, and
// fault.Unavailable where the provider does not answer.
func (p *Provider) Finish(ctx context.Context, a Attempt, answer Answer) (Person, error) {
	if a.State == "" || subtle.ConstantTimeCompare([]byte(a.State), []byte(answer.State)) != 1 {
		return Person{}, wrong(errors.New("state of another browser, or none"))
	}
	if answer.Error != "" {
		return Person{}, fault.New(fault.Unauthenticated, "您没有在%s上完成登录。", p.cfg.Name).Because(fmt.Errorf("provider: %.40q", answer.Error))
	}
	d, err := p.discover(ctx)
	if err != nil {
		return Person{}, err
	}
	if (d.named || answer.Issuer != "") && answer.Issuer != p.cfg.Issuer {
		return Person{}, wrong(errors.New("the answer of another provider"))
	}
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, p.client), patience)
	defer cancel()
	token, err := d.oauth.Exchange(ctx, answer.Code, oauth2.VerifierOption(a.Verifier))
	if refused, is := errors.AsType[*oauth2.RetrieveError](err); is && refused.Response.StatusCode < 500 {
		return Person{}, wrong(fmt.Errorf("the code was refused: %.40q", refused.ErrorCode))
	}
	if err != nil {
		return Person{}, p.down(err)
	}
	raw, _ := token.Extra("id_token").(string)
	proof, err := d.check.Verify(ctx, raw)
	if err != nil {
		return Person{}, wrong(err)
	}
	who, err := p.person(a, proof)
	if err != nil {
		return Person{}, err
	}
	return p.filled(ctx, d, token, who)
}

// filled adds name and verified address where the provider says them elsewhere
// (OpenID Connect Core 1.0, 5.3). They fill in a form: without them it is empty.
// An answer about somebody else proves that all of it is wrong.
func (p *Provider) filled(ctx context.Context, d *discovered, token *oauth2.Token, who Person) (Person, error) {
	if who.Name != "" && who.Email != "" || d.provider.UserInfoEndpoint() == "" {
		return who, nil
	}
	said, err := d.provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return who, nil //nolint:nilerr // who it is has been proved
	}
	if said.Subject != who.Subject {
		return Person{}, wrong(errors.New("the provider tells of another person"))
	}
	var c struct {
		Name string `json:"name"`
	}
	if err := said.Claims(&c); err == nil && who.Name == "" {
		who.Name = c.Name
	}
	if said.EmailVerified && who.Email == "" {
		who.Email = said.Email
	}
	return who, nil
}

// person is what a proof says whose signature, issuer, audience and time are
// right.
func (p *Provider) person(a Attempt, proof *oidc.IDToken) (Person, error) {
	var c struct {
		Name     string   `json:"name"`
		Email    string   `json:"email"`
		Verified any      `json:"email_verified"` // some providers write it as a word
		Party    string   `json:"azp"`
		Signed   float64  `json:"auth_time"`
		Methods  []string `json:"amr"`
	}
	if err := proof.Claims(&c); err != nil {
		return Person{}, wrong(err)
	}
	now := p.cfg.Now()
	switch {
	case subtle.ConstantTimeCompare([]byte(proof.Nonce), []byte(a.Nonce)) != 1:
		return Person{}, wrong(errors.New("nonce of another attempt"))
	case c.Party != "" && c.Party != p.cfg.ClientID, len(proof.Audience) > 1 && c.Party == "":
		return Person{}, wrong(errors.New("made for another party"))
	case proof.IssuedAt.After(now.Add(skew)), proof.IssuedAt.Before(a.Begun.Add(-skew)):
		return Person{}, wrong(errors.New("issued at another time"))
	case a.Anew && time.Unix(int64(c.Signed), 0).Before(a.Begun.Add(-skew)):
		return Person{}, wrong(errors.New("the provider did not ask anew"))
	case proof.Subject == "" || len(proof.Subject) > maxSubject || strings.ContainsFunc(proof.Subject, func(r rune) bool { return r < ' ' || r > '~' }):
		return Person{}, wrong(errors.New("no subject, or none that can be"))
	}
	who := Person{Issuer: p.cfg.Issuer, Subject: proof.Subject, Name: c.Name, Strong: slices.Contains(c.Methods, "mfa")}
	if c.Verified == true || c.Verified == "true" {
		who.Email = c.Email
	}
	return who, nil
}

// Leave is the address at the provider that signs out there (OpenID Connect
// RP-Initiated Logout 1.0), empty where there is none or it does not answer.
func (p *Provider) Leave(ctx context.Context) string {
	d, err := p.discover(ctx)
	if err != nil || d.leave == "" {
		return ""
	}
	u, err := url.Parse(d.leave)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	q := u.Query()
	q.Set("client_id", p.cfg.ClientID)
	q.Set("post_logout_redirect_uri", p.cfg.Home)
	u.RawQuery = q.Encode()
	return u.String()
}

// discover asks the provider once where its parts are. After a failure it is left
// alone for a while, so that nobody waits for what just did not answer.
func (p *Provider) discover(ctx context.Context) (*discovered, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found != nil {
		return p.found, nil
	}
	now := p.cfg.Now()
	if since := now.Sub(p.failed); since >= 0 && since < quiet {
		return nil, p.down(errors.New("it did not answer a moment ago"))
	}
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, p.client), patience)
	defer cancel()
	provider, err := oidc.NewProvider(ctx, p.cfg.Issuer)
	if err != nil {
		p.failed = now
		return nil, p.down(err)
	}
	var said struct {
		Leave string `json:"end_session_endpoint"`
		Named bool   `json:"authorization_response_iss_parameter_supported"`
	}
	if err := provider.Claims(&said); err != nil {
		return nil, p.down(err)
	}
	p.found = &discovered{
		oauth:    oauth2.Config{ClientID: p.cfg.ClientID, ClientSecret: p.cfg.Secret, Endpoint: provider.Endpoint(), RedirectURL: p.cfg.Callback, Scopes: []string{oidc.ScopeOpenID, "profile", "email"}},
		check:    provider.Verifier(&oidc.Config{ClientID: p.cfg.ClientID, SupportedSigningAlgs: algorithms, Now: p.cfg.Now}),
		provider: provider,
		leave:    said.Leave, named: said.Named,
	}
	return p.found, nil
}

func (p *Provider) down(cause error) error {
	f := fault.New(fault.Unavailable, "%s现在连不上。请过一会儿再试，或者用密码、通行密钥登录。", p.cfg.Name).Because(cause)
	f.Retry = quiet
	return f
}

// wrong is one sentence for every answer that proves nothing.
func wrong(cause error) error {
	return fault.New(fault.Unauthenticated, "这次登录没有完成，或者已经过期。请从头再来。").Because(cause)
}
