package opening_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"shuyuan/datasets"
	"shuyuan/datasets/catalogue"
	"shuyuan/datasets/opening"
	"shuyuan/internal/fault"
)

// A limit rests on a basis of a kind that the text counts (AS-27.3); a text that
// says nothing about opening leaves every kind, by the platform's rule. What was
// asked, what was decided on conditions and what was withheld are held to it
// alike, and the field says what counts.
func TestTheBasisOfAReviewIsOfAKindThatTheTextAllows(t *testing.T) {
	all, strict := catalogue.Kinds, []string{"法律", "行政法规", "地方性法规", "国家有关规定"}
	now, inAba := time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC), time.Date(2023, 6, 20, 2, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		profile string
		on      time.Time
		counted []string
	}{
		{"cn-liaoning-anshan-2022", now, strict},
		{"cn-tianjin-2018", now, all},
		{"cn-fujian-2023", now, all},
		{"cn-sichuan-aba-2021", inAba, all},
		{"cn-sichuan-aba-2021", now, strict}, // no longer in force: the strictest of those that are
	} {
		d, profile, counted := newDesk(t), c.profile, c.counted
		if _, err := d.Pool.Exec(t.Context(), `UPDATE departments SET profile = $1 WHERE id = $2`, profile, d.dataset.Department.ID); err != nil {
			t.Fatal(err)
		}
		d.reviews = d.OpeningOn(t, func() time.Time { return c.on })
		upload := d.upload(t, people)
		terms := func(kind string) datasets.Terms {
			return datasets.Terms{Open: datasets.Conditional, Bases: []datasets.LegalBasis{{Kind: kind, Instrument: "某规定", Article: "第八条", Quote: "原文"}}, Method: "申请", Requirements: "只用于研究", Safeguards: "不得转让"}
		}
		refused := func(what, kind string, err error) {
			t.Helper()
			f := fault.Of(err)
			if err == nil || f.Kind != fault.Invalid || f.Field != "basis" || !strings.Contains(f.Text(), strings.Join(counted, "、")) {
				t.Errorf("%s: %s on a basis of kind %s: %v", profile, what, kind, err)
			}
		}
		var bad []string
		for _, kind := range append(slices.Clone(all), "道听途说") {
			if !slices.Contains(counted, kind) {
				bad = append(bad, kind)
			}
		}
		for _, kind := range bad {
			_, err := d.reviews.Propose(t.Context(), d.officer, opening.Proposal{UploadID: upload, Terms: terms(kind)})
			refused("asked", kind, err)
		}
		for _, kind := range counted {
			r, err := d.reviews.Propose(t.Context(), d.officer, opening.Proposal{UploadID: upload, Terms: terms(kind)})
			if err != nil || r.Terms.Basis[0] != "《某规定》第八条" {
				t.Fatalf("%s: asked on a basis of kind %s: %v", profile, kind, err)
			}
			d.decide(t, d.officer, r, opening.TakeBack)
		}
		r := d.decide(t, d.secrecy, d.decide(t, d.security, d.propose(t, upload), opening.Pass), opening.Pass)
		for _, kind := range bad {
			for _, a := range []opening.Action{opening.ApproveConditional, opening.Withhold} {
				_, err := d.try(t, d.net, r, a, func(next *opening.Decision) { next.Terms = terms(kind) })
				refused(string(a), kind, err)
			}
		}
		for part, missing := range map[string]datasets.LegalBasis{
			"no kind": {Instrument: "某规定", Article: "第八条", Quote: "原文"}, "no instrument": {Kind: "法律", Article: "第八条", Quote: "原文"},
			"no article": {Kind: "法律", Instrument: "某规定", Quote: "原文"}, "no words": {Kind: "法律", Instrument: "某规定", Article: "第八条", Quote: " "},
		} {
			if _, err := d.try(t, d.net, r, opening.Withhold, func(next *opening.Decision) { next.Terms.Bases = []datasets.LegalBasis{missing} }); fault.Of(err).Field != "basis" {
				t.Errorf("%s: withheld with %s: %v", profile, part, err)
			}
		}
		kind := counted[len(counted)-1]
		r = d.decide(t, d.net, r, opening.Withhold, func(next *opening.Decision) { next.Terms = terms(kind) })
		if r.State != opening.Withheld || r.Decided.Bases[0].Kind != kind {
			t.Errorf("%s: withheld on a basis of kind %s: %+v", profile, kind, r.Decided)
		}
	}
}
