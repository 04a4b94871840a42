package identity_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"shuyuan/internal/fault"
	"shuyuan/internal/identity"
	"shuyuan/internal/identity/identitytest"
)

func provider(issuer string, now func() time.Time) *identity.Provider {
	return identity.New(identity.Config{
		Issuer: issuer, ClientID: identitytest.ClientID, Secret: identitytest.Secret, Callback: "https://data.example/sign-in/identity/callback",
		Home: "https://data.example/", Name: "统一身份认证平台", Now: now,
	})
}

// A whole sign-in at a real server: its own pages, its own keys.
func TestARealServerSaysWhoItIs(t *testing.T) {
	real := identitytest.Start(t, "https://data.example/sign-in/identity/callback")
	p := provider(real.Issuer, time.Now)
	a, address, err := p.Begin(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"code_challenge_method=S256", "code_challenge=", "state=" + a.State, "nonce=" + a.Nonce, "response_type=code"} {
		if !strings.Contains(address, part) {
			t.Errorf("%s is not in %s", part, address)
		}
	}
	if strings.Contains(address, a.Verifier) {
		t.Error("the address holds the verifier")
	}
	back := real.SignIn(t, address, "zhang")
	answer := identity.Answer{Code: back.Get("code"), State: back.Get("state"), Issuer: back.Get("iss")}
	who, err := p.Finish(t.Context(), a, answer)
	if err != nil {
		t.Fatal(err)
	}
	if who.Issuer != real.Issuer || who.Subject != "p-zhang" || who.Email != "zhang@tests.example" || who.Strong {
		t.Errorf("it is %+v", who)
	}
	if _, err := p.Finish(t.Context(), a, answer); fault.KindOf(err) != fault.Unauthenticated {
		t.Errorf("the code is taken twice: %v", err)
	}
	if leave := p.Leave(t.Context()); !strings.HasPrefix(leave, real.Issuer) || !strings.Contains(leave, "client_id=") {
		t.Errorf("signing out there: %s", leave)
	}
}

func TestTheServerRefusesAnotherVerifier(t *testing.T) {
	real := identitytest.Start(t, "https://data.example/sign-in/identity/callback")
	p := provider(real.Issuer, time.Now)
	a, address, err := p.Begin(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	back := real.SignIn(t, address, "zhang")
	a.Verifier = strings.Repeat("x", 43)
	if _, err := p.Finish(t.Context(), a, identity.Answer{Code: back.Get("code"), State: a.State}); fault.KindOf(err) != fault.Unauthenticated {
		t.Errorf("a stolen code is taken: %v", err)
	}
}

// hostile is a provider that answers as a test wants it to.
type hostile struct {
	*httptest.Server
	key    *rsa.PrivateKey
	status int
	move   bool
	issuer string
	fat    bool

	subject  string // of whom the provider tells besides
	verified bool
}

func newHostile(t *testing.T) *hostile {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	h := &hostile{key: key, status: 200, subject: "p-1"}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, r *http.Request) {
		answer(w, map[string]any{"issuer": h.issuer, "authorization_endpoint": h.URL + "/authorize", "token_endpoint": h.URL + "/token", "jwks_uri": h.URL + "/keys", "userinfo_endpoint": h.URL + "/person", "padding": strings.Repeat("x", map[bool]int{true: 2 << 20}[h.fat])})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, r *http.Request) {
		answer(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &h.key.PublicKey, KeyID: "1", Algorithm: "RS256", Use: "sig"}}})
	})
	mux.HandleFunc("/person", func(w http.ResponseWriter, r *http.Request) {
		answer(w, map[string]any{"sub": h.subject, "name": "张三", "email": "zhang@tests.example", "email_verified": h.verified})
	})
	h.Server = httptest.NewServer(mux)
	t.Cleanup(h.Close)
	h.issuer = h.URL
	return h
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

// tokens begins to answer at the token endpoint.
func (h *hostile) tokens(claims map[string]any, sign func(*testing.T, *hostile, map[string]any) string, t *testing.T) {
	h.Config.Handler.(*http.ServeMux).HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		switch {
		case h.move:
			http.Redirect(w, r, h.URL+"/elsewhere", http.StatusTemporaryRedirect)
		case h.status != 200:
			w.WriteHeader(h.status)
		case claims == nil:
			answer(w, map[string]any{"access_token": "x", "token_type": "Bearer"})
		default:
			answer(w, map[string]any{"access_token": "x", "token_type": "Bearer", "id_token": sign(t, h, claims)})
		}
	})
}

func signed(t *testing.T, h *hostile, claims map[string]any) string {
	return signedBy(t, jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: h.key, KeyID: "1"}}, claims)
}

func signedBy(t *testing.T, key jose.SigningKey, claims map[string]any) string {
	t.Helper()
	signer, err := jose.NewSigner(key, nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	object, err := signer.Sign(body)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := object.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func byStranger(t *testing.T, _ *hostile, claims map[string]any) string {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return signedBy(t, jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: key, KeyID: "1"}}, claims)
}

func bySecret(t *testing.T, _ *hostile, claims map[string]any) string {
	return signedBy(t, jose.SigningKey{Algorithm: jose.HS256, Key: []byte(identitytest.Secret + strings.Repeat("0", 32))}, claims)
}

func byNobody(t *testing.T, _ *hostile, claims map[string]any) string {
	body, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + base64.RawURLEncoding.EncodeToString(body) + "."
}

// What a provider, or somebody who speaks for it, may answer that proves nothing.
func TestHostileAnswersProveNothing(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	for name, c := range map[string]struct {
		change func(claims map[string]any, h *hostile)
		sign   func(*testing.T, *hostile, map[string]any) string
		answer func(*identity.Answer)
		anew   bool
		bare   bool // no proof at all
		want   fault.Kind
	}{
		"right": {want: -1},
		"right, two parties": {change: func(c map[string]any, _ *hostile) {
			c["aud"], c["azp"] = []string{identitytest.ClientID, "b"}, identitytest.ClientID
		}, want: -1},
		"right, asked anew":           {change: func(c map[string]any, _ *hostile) { c["auth_time"] = now.Unix() }, anew: true, want: -1},
		"wrong nonce":                 {change: func(c map[string]any, _ *hostile) { c["nonce"] = "other" }, want: fault.Unauthenticated},
		"no nonce":                    {change: func(c map[string]any, _ *hostile) { delete(c, "nonce") }, want: fault.Unauthenticated},
		"wrong audience":              {change: func(c map[string]any, _ *hostile) { c["aud"] = "another" }, want: fault.Unauthenticated},
		"two audiences, party unsaid": {change: func(c map[string]any, _ *hostile) { c["aud"] = []string{identitytest.ClientID, "b"} }, want: fault.Unauthenticated},
		"made for another party":      {change: func(c map[string]any, _ *hostile) { c["azp"] = "another" }, want: fault.Unauthenticated},
		"expired":                     {change: func(c map[string]any, _ *hostile) { c["exp"] = now.Add(-time.Second).Unix() }, want: fault.Unauthenticated},
		"issued in the future":        {change: func(c map[string]any, _ *hostile) { c["iat"] = now.Add(time.Hour).Unix() }, want: fault.Unauthenticated},
		"issued before it was asked":  {change: func(c map[string]any, _ *hostile) { c["iat"] = now.Add(-time.Hour).Unix() }, want: fault.Unauthenticated},
		"other issuer":                {change: func(c map[string]any, _ *hostile) { c["iss"] = "https://other.example" }, want: fault.Unauthenticated},
		"other issuer in the address": {answer: func(a *identity.Answer) { a.Issuer = "https://other.example" }, want: fault.Unauthenticated},
		"no subject":                  {change: func(c map[string]any, _ *hostile) { delete(c, "sub") }, want: fault.Unauthenticated},
		"subject too long":            {change: func(c map[string]any, _ *hostile) { c["sub"] = strings.Repeat("s", 256) }, want: fault.Unauthenticated},
		"subject of two lines":        {change: func(c map[string]any, _ *hostile) { c["sub"] = "a\nb" }, want: fault.Unauthenticated},
		"claims of another shape":     {change: func(c map[string]any, _ *hostile) { c["name"] = []int{1} }, want: fault.Unauthenticated},
		"not asked anew":              {change: func(c map[string]any, _ *hostile) { c["auth_time"] = now.Add(-time.Hour).Unix() }, anew: true, want: fault.Unauthenticated},
		"asked anew, unsaid":          {anew: true, want: fault.Unauthenticated},
		"signed by a stranger":        {sign: byStranger, want: fault.Unauthenticated},
		"signed by our own secret":    {sign: bySecret, want: fault.Unauthenticated},
		"alg none":                    {sign: byNobody, want: fault.Unauthenticated},
		"no proof at all":             {bare: true, want: fault.Unauthenticated},
		"state of another browser":    {answer: func(a *identity.Answer) { a.State = "other" }, want: fault.Unauthenticated},
		"no state":                    {answer: func(a *identity.Answer) { a.State = "" }, want: fault.Unauthenticated},
		"refused by the person":       {answer: func(a *identity.Answer) { a.Error = "access_denied" }, want: fault.Unauthenticated},
		"told of another person":      {change: func(_ map[string]any, h *hostile) { h.subject = "p-2" }, want: fault.Unauthenticated},
		"code refused":                {change: func(_ map[string]any, h *hostile) { h.status = 400 }, want: fault.Unauthenticated},
		"provider broken":             {change: func(_ map[string]any, h *hostile) { h.status = 503 }, want: fault.Unavailable},
		"code sent elsewhere":         {change: func(_ map[string]any, h *hostile) { h.move = true }, want: fault.Unauthenticated},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHostile(t)
			p := provider(h.URL, clock)
			a, _, err := p.Begin(t.Context(), c.anew)
			if err != nil {
				t.Fatal(err)
			}
			claims := map[string]any{"iss": h.URL, "sub": "p-1", "aud": identitytest.ClientID, "exp": now.Add(time.Minute).Unix(), "iat": now.Unix(), "nonce": a.Nonce, "email": "x@tests.example", "email_verified": false}
			if c.change != nil {
				c.change(claims, h)
			}
			if c.sign == nil {
				c.sign = signed
			}
			if c.bare {
				claims = nil
			}
			h.tokens(claims, c.sign, t)
			said := identity.Answer{Code: "1", State: a.State}
			if c.answer != nil {
				c.answer(&said)
			}
			who, err := p.Finish(t.Context(), a, said)
			if fault.KindOf(err) != c.want {
				t.Fatalf("%v, wanted kind %d", err, c.want)
			}
			if err != nil && who != (identity.Person{}) {
				t.Errorf("refused, and yet it is %+v", who)
			}
			if err == nil && who.Name != "张三" {
				t.Errorf("the name is %q", who.Name)
			}
			if err == nil && who.Email != "" {
				t.Error("an address that was not verified is taken")
			}
		})
	}
}

func TestAProviderThatIsDownIsSaidToBe(t *testing.T) {
	for name, spoil := range map[string]func(*hostile){
		"gone":        func(h *hostile) { h.Close() },
		"another":     func(h *hostile) { h.issuer = "https://other.example" },
		"without end": func(h *hostile) { h.fat = true },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHostile(t)
			spoil(h)
			now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
			p := provider(h.URL, func() time.Time { return now })
			_, _, err := p.Begin(t.Context(), false)
			if f := fault.Of(err); f.Kind != fault.Unavailable || !strings.Contains(f.Text(), "统一身份认证平台现在连不上") || f.Retry == 0 {
				t.Fatalf("%v", err)
			}
			if leave := p.Leave(context.Background()); leave != "" {
				t.Errorf("signing out at %s", leave)
			}
		})
	}
}

// It is asked again once it may have come back.
func TestAProviderThatComesBackIsFound(t *testing.T) {
	h := newHostile(t)
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	p := provider(h.URL, func() time.Time { return now })
	right := h.issuer
	h.issuer = "https://other.example"
	if _, _, err := p.Begin(t.Context(), false); err == nil {
		t.Fatal("another provider is taken")
	}
	h.issuer = right
	if _, _, err := p.Begin(t.Context(), false); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("asked again at once: %v", err)
	}
	now = now.Add(time.Minute)
	if _, _, err := p.Begin(t.Context(), false); err != nil {
		t.Errorf("not found again: %v", err)
	}
}
