package account

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/netip"
	"net/url"

	"shuyuan/internal/fault"
)

const csrfNonce = 16

// CSRF is a form token of the session whose secret is token. It is derived,
// not stored; each call gives another spelling, so that it cannot be guessed
// from the size of compressed pages.
//
// Forms that a visitor sends before any session exists, the sign-in form above
// all, are guarded the same way: the page that shows the form sets the cookie
// to NewPreSession (HttpOnly, Secure where the site is on https, SameSite=Lax,
// and with the name prefix __Host- there), puts CSRF of it in the form, and
// CheckCSRF compares the two when the form comes back. Signing in replaces
// that cookie by the session's.
func (s *Service) CSRF(token string) string {
	nonce := make([]byte, csrfNonce)
	rand.Read(nonce)
	return base64.RawURLEncoding.EncodeToString(append(nonce, csrfMAC(token, nonce)...))
}

// CheckCSRF returns fault.Forbidden unless form was made by CSRF from the same
// token. It takes the same time wherever the two differ.
func (s *Service) CheckCSRF(token, form string) error {
	refused := fault.New(fault.Forbidden, "这个表单已经失效，请刷新页面后再提交。")
	raw, err := base64.RawURLEncoding.DecodeString(form)
	if token == "" || len(form) > 128 || err != nil || len(raw) != csrfNonce+sha256.Size {
		return refused
	}
	if !hmac.Equal(raw[csrfNonce:], csrfMAC(token, raw[:csrfNonce])) {
		return refused
	}
	return nil
}

// NewPreSession is a fresh value for the cookie that guards a visitor's form.
func (s *Service) NewPreSession() string { return randomHex(32) }

// CheckOrigin is the second wall of every unsafe request that a browser sends:
// it returns fault.Forbidden if the browser says that another site made it.
// own is the base URL of the portal; origin and fetchSite are the Origin and
// Sec-Fetch-Site headers, empty where absent. A request with neither, as curl
// sends it, is left to CheckCSRF.
func CheckOrigin(own, origin, fetchSite string) error {
	refused := fault.New(fault.Forbidden, "这个请求来自另一个网站，没有执行。")
	switch fetchSite {
	case "", "same-origin", "none":
	default:
		return refused
	}
	if origin == "" {
		return nil
	}
	o, err := url.Parse(origin)
	if err != nil || o.Host == "" {
		return refused // "null" too: a sandboxed frame
	}
	base, err := url.Parse(own)
	if err != nil || o.Scheme != base.Scheme || o.Host != base.Host && !sameMachine(o, base) {
		return refused
	}
	return nil
}

// sameMachine reports whether two addresses are names of one port of this
// machine: people type localhost where a portal says 127.0.0.1.
func sameMachine(a, b *url.URL) bool {
	loopback := func(u *url.URL) bool {
		ip, err := netip.ParseAddr(u.Hostname())
		return u.Hostname() == "localhost" || err == nil && ip.IsLoopback()
	}
	return loopback(a) && loopback(b) && a.Port() == b.Port()
}

func csrfMAC(token string, nonce []byte) []byte {
	m := hmac.New(sha256.New, []byte(token))
	m.Write([]byte("form token\x00"))
	m.Write(nonce)
	return m.Sum(nil)
}
