package offering_test

import (
	"strings"
	"testing"

	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/marketplace/offering"
	"shuyuan/marketplace/offering/offeringtest"
)

// From the draft to the gate: the seller lists, prices and submits, the exchange checks,
// and what rests on something asks for it each time.
func TestAProductIsListed(t *testing.T) {
	w := offeringtest.New(t)
	l := w.Listed(t)
	if l.Number != "SJ-2026-000001" || l.State != offering.Draft {
		t.Errorf("%s is %s", l.Number, l.State)
	}
	if err := w.Try(t, w.Owner, l.Number, offering.Submit); fault.KindOf(err) != fault.Conflict {
		t.Errorf("submitted without a plan: %v", err)
	}
	p := w.Live(t, l.Number, offeringtest.Plan(offering.OneOff))
	if p.Number != "TC-2026-000001" || len(p.Ceilings) != 1 || p.Ceilings[0] != (offering.Ceiling{Mandate: w.Number, Form: "result_table", Unit: "per_piece", Fen: 200_000}) {
		t.Errorf("%s was held against %+v", p.Number, p.Ceilings)
	}
	if err := w.Offered(t, p.Number); fault.KindOf(err) != fault.Conflict {
		t.Errorf("offered before it was checked: %v", err)
	}
	w.Move(t, w.Owner, l.Number, offering.Submit)
	for who, a := range map[string]account.Actor{"seller": w.Owner, "regulator": w.Regulator} {
		if err := w.Try(t, a, l.Number, offering.Publish); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("published by the %s: %v", who, err)
		}
	}
	waits, err := w.Offers.Waiting(t.Context(), w.Registrar)
	if err != nil || len(waits) != 1 || waits[0].Clock == nil || waits[0].Path != "/desk/listings/"+l.Number {
		t.Errorf("the exchange waits for %+v (%v)", waits, err)
	}
	w.Move(t, w.Registrar, l.Number, offering.Return)
	if waits, err := w.Offers.Waiting(t.Context(), w.Owner); err != nil || len(waits) != 1 {
		t.Errorf("the seller waits for %+v (%v)", waits, err)
	}
	w.Move(t, w.Owner, l.Number, offering.Submit)
	w.Move(t, w.Registrar, l.Number, offering.Publish)

	o, err := w.Offers.Offered(t.Context(), w.Pool, p.Number, 0)
	if err != nil || o.Version != "1.0.0" || o.Listing.Number != l.Number {
		t.Fatalf("%+v: %v", o, err)
	}
	if _, err := w.Offers.Offered(t.Context(), w.Pool, p.Number, w.Firm); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("the seller buys its own: %v", err)
	}
	for what, c := range map[string]struct{ break_, mend, says string }{
		"mandate":       {`UPDATE mandates SET state = 'suspended', reason = 'x', held_by = 'body', basis = 'x'`, `UPDATE mandates SET state = 'active', reason = '', held_by = '', basis = ''`, "授权"},
		"certification": {`UPDATE product_certificates SET issued_at = issued_at - interval '1 day', valid_until = issued_at WHERE kind = 'certification'`, `UPDATE product_certificates SET valid_until = '2029-11-01' WHERE kind = 'certification'`, "合规认证"},
		"registration":  {`UPDATE product_certificates SET issued_at = issued_at - interval '1 day', valid_until = issued_at WHERE kind = 'registration'`, `UPDATE product_certificates SET valid_until = '2029-11-01' WHERE kind = 'registration'`, "登记证"},
		"product":       {`UPDATE products SET state = 'suspended', reason = 'x'`, `UPDATE products SET state = 'listable'`, "暂停"},
		"version":       {`UPDATE product_versions SET state = 'deprecated'`, `UPDATE product_versions SET state = 'published'`, "版本"},
		"seller":        {`UPDATE organisations SET suspended_at = now(), suspended_reason = 'x' WHERE credit_code = '91350100MA00000T07'`, `UPDATE organisations SET suspended_at = NULL, suspended_reason = ''`, "暂停"},
		"ceiling":       {`UPDATE mandate_ceilings SET fen = 100 WHERE unit = 'per_piece'`, `UPDATE mandate_ceilings SET fen = 200000 WHERE unit = 'per_piece'`, "上限"},
		"no ceiling":    {`DELETE FROM mandate_ceilings WHERE unit = 'per_piece'`, `INSERT INTO mandate_ceilings (mandate_id, form, unit, fen) SELECT id, 'result_table', 'per_piece', 200000 FROM mandates`, "上限"},
		"use":           {`UPDATE scenarios SET use_class = 'public_benefit'`, `UPDATE scenarios SET use_class = 'industry'`, "公益"},
		"sold":          {`UPDATE products SET sold = false`, `UPDATE products SET sold = true`, "免费"},
	} {
		w.Exec(t, c.break_)
		if err := w.Offered(t, p.Number); err == nil || fault.KindOf(err) == fault.Internal || !strings.Contains(fault.Of(err).Text(), c.says) {
			t.Errorf("%s: %v", what, err)
		}
		w.Exec(t, c.mend)
		if err := w.Offered(t, p.Number); err != nil {
			t.Fatalf("%s mended: %v", what, err)
		}
	}

	w.Move(t, w.Regulator, l.Number, offering.Pause)
	if err := w.Offered(t, p.Number); fault.KindOf(err) != fault.Conflict {
		t.Errorf("offered while it is paused: %v", err)
	}
	for who, a := range map[string]account.Actor{"seller": w.Owner, "exchange": w.Registrar} {
		if err := w.Try(t, a, l.Number, offering.Resume); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("what the regulator stopped the %s resumes: %v", who, err)
		}
	}
	w.Move(t, w.Regulator, l.Number, offering.Resume)
	w.Move(t, w.Owner, l.Number, offering.Pause, offering.Resume, offering.Delist)
	if err := w.Offered(t, p.Number); fault.KindOf(err) != fault.Conflict {
		t.Errorf("offered after it was delisted: %v", err)
	}
}
