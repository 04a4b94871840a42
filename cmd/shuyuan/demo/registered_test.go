package demo

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"shuyuan/internal/account"
)

// One product went the whole road of registration, was certified and valued; one is in
// public notice with an objection that nobody answered; one was returned. The
// certificates are genuine, and playing again adds nothing.
func TestTheSampleRegistrations(t *testing.T) {
	in := loaded(t)
	want := []string{
		strikesProduct + " listable 1.1.0 issued t 0",
		holidaysProduct + " internal_review 1.1.0 objected t 1",
		reportProduct + " internal_review 1.0.0 returned t 0",
	}
	stand := in.state(t, `SELECT concat_ws(' ', p.title, p.state, v.major || '.' || v.minor || '.' || v.patch, r.state, r.sample, (SELECT count(*) FROM registration_objections o WHERE o.registration_id = r.id AND o.upheld IS NULL))
		FROM registrations r JOIN products p ON p.id = r.product_id JOIN product_versions v ON v.id = r.version_id ORDER BY r.id`)
	if diff := cmp.Diff(want, stand); diff != "" {
		t.Errorf("want -, got +\n%s", diff)
	}
	m, err := in.Products(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{Deps: in.Deps, w: theWorld(t), players: map[string]account.Actor{}}
	for _, who := range []string{theDeveloper, theRegistrar, theCertifier, theValuer, theCitizen} {
		s.players[who] = in.actor(t, who)
	}
	now := s.registrationsAgo(m, 0)
	p, err := s.productTitled(t.Context(), m, strikesProduct)
	if err != nil {
		t.Fatal(err)
	}
	certificates, err := now.CertificatesOf(t.Context(), p.Number)
	if err != nil || len(certificates) != 3 {
		t.Fatalf("%d certificates, %v", len(certificates), err)
	}
	for i, issuer := range []string{sampleHouses[theValuer].Name, sampleHouses[theCertifier].Name, sampleHouses[theRegistrar].Name} {
		c := &certificates[i]
		if err := now.Genuine(t.Context(), c); err != nil || c.Issuer != issuer || !c.Sample || !c.Counts(in.Now()) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	before := in.state(t, acts)
	for _, x := range sampleRegistrations {
		p, err := s.productTitled(t.Context(), m, x.product)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.bringRegistration(t.Context(), m, p.Number, x); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(before, in.state(t, acts)); diff != "" {
		t.Errorf("played again, it wrote:\n%s", diff)
	}
}
