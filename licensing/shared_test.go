package licensing_test

import (
	"testing"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/licensing/licensingtest"
)

// What one department was granted of another's data passes the same gate, also of
// what the public never has; each delivery is written down under that grant, and
// none without it.
func TestWhatIsSharedPassesTheGate(t *testing.T) {
	w := licensingtest.New(t)
	w.Day(t, "2026-11-02")
	d, v := w.File(t, "people.csv", licensingtest.Table, func(d *datasets.Dataset) { d.Open = datasets.Withheld })
	asker := w.Department(t)
	officer, stranger := w.Official(t, asker, account.Officer), w.Official(t, w.Department(t), account.Officer)
	citizen := w.Person(t, "张三")
	for what, who := range map[string]account.Actor{"the department": officer, "another": stranger, "a citizen": citizen} {
		kind(t, what+" without a grant", w.Service.MayServe(t.Context(), who, v), fault.NotFound, "")
	}
	if _, err := w.Pool.Exec(t.Context(), `
		WITH asked AS (
			INSERT INTO share_requests (kind, state, dataset_id, asker_id, provider_id, profile, asked_by, asked_name, received_at, purpose, pledged, words, given, supplied_at)
			VALUES ('share', 'supplied', $1, $2, $3, 'x', $4, '林', '2026-10-01', '核对', true, '', '{}', '2026-10-02') RETURNING id)
		INSERT INTO share_grants (request_id, kind, dataset_id, department_id, purpose, began_at, last_day, ends_at)
		SELECT id, 'share', $1, $2, '核对', '2026-10-02', '2027-01-01', '2027-01-02 00:00+08' FROM asked`, d.ID, asker.ID, d.Department.ID, officer.ID); err != nil {
		t.Fatal(err)
	}
	if err := w.Service.MayServe(t.Context(), officer, v); err != nil {
		t.Fatal("with a grant", err)
	}
	for what, who := range map[string]account.Actor{"another": stranger, "a citizen": citizen, "a visitor": {}} {
		kind(t, what, w.Service.MayServe(t.Context(), who, v), fault.NotFound, "")
	}
	h, err := w.Service.Deliver(t.Context(), officer, v, datasets.Delivery{Channel: datasets.ByFile, Form: "csv", Request: "r"})
	if err != nil || h.Permit.Share == 0 {
		t.Fatalf("%+v, %v", h, err)
	}
	h.Sent(9)
	var n int
	if err := w.Pool.QueryRow(t.Context(), `SELECT count(*) FROM acquisitions a JOIN acquisition_ends e ON e.acquisition_id = a.id WHERE share_grant_id IS NOT NULL AND grant_id IS NULL AND user_id = $1`, officer.ID).Scan(&n); err != nil || n != 1 {
		t.Errorf("%d written down, %v", n, err)
	}
	if _, err := w.Pool.Exec(t.Context(), `UPDATE share_grants SET ended_at = now(), ended_name = 'x', ended_reason = 'x'`); err != nil {
		t.Fatal(err)
	}
	kind(t, "after it ended", w.Service.MayServe(t.Context(), officer, v), fault.NotFound, "")
}
