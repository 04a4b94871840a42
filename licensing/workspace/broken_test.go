package workspace_test

import (
	"testing"

	"shuyuan/internal/fault"
	"shuyuan/licensing/workspace/workspacetest"
)

// Whichever link above a workspace does not stand, the page names that one, and says
// where to go on where the developer can put it right.
func TestTheBrokenLinkIsNamed(t *testing.T) {
	w := workspacetest.New(t)
	w.Running(t)
	space := w.Opened(t).Number
	do := func(sql string) {
		t.Helper()
		if _, err := w.Pool.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	do(`ALTER TABLE mandates DISABLE TRIGGER mandates_locked`)
	do(`INSERT INTO mandates (number, body_id, operator_id, title, from_at, until_at, state, state_at, made_at, sha256, approved_by, locked_at, body_signed_by, operator_signed_by)
		SELECT 'AUTH-2025-000009', body_id, operator_id, '示例省级授权', from_at, until_at, state, state_at, made_at, sha256, approved_by, locked_at, body_signed_by, operator_signed_by FROM mandates`)
	do(`UPDATE mandates SET parent_id = (SELECT id FROM mandates WHERE number = 'AUTH-2025-000009') WHERE number = 'AUTH-2026-000001'`)
	do(`ALTER TABLE mandates ENABLE TRIGGER mandates_locked`)
	why := func() *fault.Fault {
		t.Helper()
		v, err := w.Workspaces.Workspace(t.Context(), w.Owner, space)
		if err != nil {
			t.Fatal(err)
		}
		if v.Why == nil {
			return nil
		}
		return fault.Of(v.Why)
	}
	if f := why(); f != nil {
		t.Fatalf("all stands: %v", f)
	}
	const held = `state = 'suspended', reason = '检查', held_by = 'body', basis = '第八条'`
	for _, c := range []struct{ name, breaks, mends, says, next string }{
		{"training", `UPDATE developers SET trained_until = '2026-11-01'`, `UPDATE developers SET trained_until = '2027-11-01'`, "入驻 RZ-2026-000001 的培训已经到期：重新培训、运营机构登记以后恢复。", "/entries/RZ-2026-000001"},
		{"entry", `UPDATE developers SET state = 'suspended', reason = '检查', held_by = 'operator'`, `UPDATE developers SET state = 'admitted', reason = '', held_by = ''`, "入驻现在不生效（暂停）：检查", ""},
		{"organisation", `UPDATE organisations SET suspended_at = '2026-11-02', suspended_reason = '检查' WHERE side = 'use'`, `UPDATE organisations SET suspended_at = NULL, suspended_reason = ''`, "本机构被暂停：检查", ""},
		{"operator", `UPDATE organisations SET suspended_at = '2026-11-02', suspended_reason = '检查' WHERE side = 'operate'`, `UPDATE organisations SET suspended_at = NULL, suspended_reason = ''`, "运营机构被暂停：检查", ""},
		{"contract", `UPDATE scenario_contracts SET state = 'suspended', reason = '检查'`, `UPDATE scenario_contracts SET state = 'active', reason = ''`, "使用协议 KFHT-2026-000001 现在不生效（暂停）：检查", ""},
		{"scenario", `UPDATE scenarios SET state = 'suspended', reason = '检查', suspended_by = 'operator'`, `UPDATE scenarios SET state = 'active', reason = '', suspended_by = ''`, "场景 SCN-2026-000001 现在不生效（暂停）：检查", ""},
		{"mandate", `UPDATE mandates SET ` + held + ` WHERE number = 'AUTH-2026-000001'`, `UPDATE mandates SET state = 'active', reason = '', held_by = ''`, "授权运营协议 AUTH-2026-000001 现在不生效（暂停）：检查", ""},
		{"mandate above", `UPDATE mandates SET ` + held + ` WHERE number = 'AUTH-2025-000009'`, `UPDATE mandates SET state = 'active', reason = '', held_by = ''`, "授权运营协议 AUTH-2025-000009 现在不生效（暂停）：检查", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			do(c.breaks)
			if f := why(); f == nil || f.Text() != c.says || f.Next != c.next || f.Kind != fault.Forbidden {
				t.Errorf("%+v", f)
			}
			do(c.mends)
			if f := why(); f != nil {
				t.Errorf("after it was put right: %v", f)
			}
		})
	}
}
