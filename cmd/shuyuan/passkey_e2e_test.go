//go:build e2e

package main

import (
	"context"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// A passkey is added on one visit and opens the account on the next, in a real
// browser with an authenticator of its own.
func TestAPasskeyIsAddedAndSignsIn(t *testing.T) {
	b := newTab(t)
	b.base = strings.Replace(b.base, "127.0.0.1", "localhost", 1)
	b.run(webauthn.Enable(), chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := webauthn.AddVirtualAuthenticator(&webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Ctap2version: webauthn.Ctap2versionCtap21, Transport: webauthn.AuthenticatorTransportInternal,
			HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
		}).Do(ctx)
		return err
	}))
	b.officer("head@tjj.fujian.example")
	b.open("/account/factors")
	b.run(chromedp.SendKeys("#name", "试验设备", chromedp.ByQuery))
	b.leads(func() { b.click("button[data-passkey]") })
	if page := b.text("#main"); !strings.Contains(page, "通行密钥已添加") || !strings.Contains(page, "试验设备") {
		t.Fatalf("after adding it the page says %s", page)
	}
	b.clean("/account/factors")
	b.open("/account")
	b.follow(`form[action="/sign-out"] button`)
	b.open("/sign-in?back=/account/factors")
	b.leads(func() { b.click("button[data-passkey]") })
	if at := b.at(); at != "/account/factors" {
		t.Fatalf("signed in at %s: %s", at, b.text("#main"))
	}
	b.follow(`form[action="/account/factors/passkeys/remove"] button`)
	if page := b.text("#passkeys"); strings.Contains(page, "试验设备") {
		t.Errorf("deleted, and the page says %s", page)
	}
}
