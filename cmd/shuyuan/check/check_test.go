package check_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/cmd/shuyuan/check"
	"shuyuan/internal/blob"
	"shuyuan/internal/signing"
	"shuyuan/internal/signing/register"
	"shuyuan/internal/signing/vault"
	"shuyuan/internal/transparency"
	"shuyuan/internal/transparency/wire"
)

func (w *world) check(t *testing.T, options ...check.Option) (int, string) {
	t.Helper()
	var out strings.Builder
	n, err := check.Run(t.Context(), w.pool, w.store, w.index, &out, append(options, check.Settle(0), check.Tables(w.reread), check.Staged(w.staged), check.Workspaces(w.engine, w.scratch))...)
	if err != nil {
		t.Fatalf("check: %v\n%s", err, &out)
	}
	return n, out.String()
}

// reread stands for what reads tables: a table here is some words and the file
// that it was made of.
func (w *world) reread(ctx context.Context, t check.Table) (int64, string, error) {
	read := func(d blob.Digest) ([]byte, error) {
		o, err := w.store.Open(ctx, d)
		if err != nil {
			return nil, err
		}
		defer o.Close()
		return io.ReadAll(o)
	}
	from, err := read(t.Original)
	if err != nil {
		return 0, "", err
	}
	made, err := read(t.Stored)
	if err != nil {
		return 0, "", err
	}
	if string(made) != "a table of:"+string(from) || t.File != "a.csv" || !t.Header || t.Names != nil {
		return 0, "row 1, column 1 is another", nil
	}
	if t.Delimiter != "" || t.Encoding != "" {
		return 0, fmt.Sprintf("it is read by %q in %q", t.Delimiter, t.Encoding), nil
	}
	return int64(bytes.Count(from, []byte("\n"))) - 1, "", nil
}

func TestASoundInstallationHasNoViolation(t *testing.T) {
	w := newWorld(t)
	for name, options := range map[string][]check.Option{"quick": nil, "deep": {check.Deep}} {
		if n, out := w.check(t, options...); n != 0 {
			t.Errorf("%s: %d violations\n%s", name, n, out)
		}
	}
	var out strings.Builder
	if n, err := check.Run(t.Context(), w.pool, w.store, nil, &out); n != 0 || err != nil || !strings.Contains(out.String(), "I11  not looked at") {
		t.Errorf("without an index: %d, %v\n%s", n, err, &out)
	}
}

// drop makes sql for constraints that would refuse the violation.
func drop(table string, constraints ...string) string {
	s := ""
	for _, c := range constraints {
		s += "ALTER TABLE " + table + " DROP CONSTRAINT " + c + " CASCADE; "
	}
	return s
}

// checks drops every CHECK of a table.
func checks(table string) string {
	return `DO $$ DECLARE c text; BEGIN
		FOR c IN SELECT conname FROM pg_constraint WHERE conrelid = '` + table + `'::regclass AND contype = 'c' LOOP
			EXECUTE 'ALTER TABLE ` + table + ` DROP CONSTRAINT ' || quote_ident(c); END LOOP; END $$; `
}

// shareRequest makes sql for a request for sharing in a state, with its history.
func shareRequest(state string) string {
	return `INSERT INTO share_requests (kind, state, dataset_id, asker_id, provider_id, profile, asked_by, asked_name, received_at, purpose, pledged, words, given, supplied_at)
		VALUES ('share', '` + state + `', 2, 1, 2, 'x', 1, '林', '2020-01-01', '核对', true, '理由', '{}', '2020-01-01');
		INSERT INTO share_events VALUES (1, 1, '2020-01-01', 1, '林', 1, 'receive', '` + state + `', ''); `
}

// objected makes an objection to the first entry, with its mark and who filed it,
// that came on 2025-03-01 and is in a state with what is set besides.
func objected(state, set string) string {
	s := `INSERT INTO source_cases (kind, profile, state, origin, opened_at, opened_by, opened_name, clock_profile, clock_path, clock_from) VALUES ('inconsistency', 'x', 'negotiating', 'department', now(), 1, '林', 'x', 'y', now());
		UPDATE datasets SET department_id = 2 WHERE id = 2; INSERT INTO source_case_entries VALUES (1, 2), (1, 3);
		INSERT INTO corrections (dataset_id, department_id, profile, channel, alleged, evidence, salt, state, filed_at, received_at, clock_profile, clock_path, clock_from)
		VALUES (1, 1, '', 'provider', '人口不对。', '名册。', decode(repeat('00', 16), 'hex'), 'received', '2025-03-01', '2025-03-01', 'house-defaults', 'correction_default', '2025-03-01');
		INSERT INTO correction_reporters VALUES (1, NULL, 'zhang@example.org', 'zh'); INSERT INTO correction_events VALUES (1, 1, 'file', now(), '', ''); UPDATE datasets SET rechecks = 1 WHERE id = 1; `
	if set != "" {
		set = ", " + set
	}
	return s + `UPDATE corrections SET state = '` + state + `'` + set + `; `
}

// breach makes sql for a breach case against a grant of sharing, in a state, with
// the last step of its history and what is set besides.
func breach(state, act, set string) string {
	return shareRequest("supplied") + `INSERT INTO share_grants (request_id, kind, dataset_id, department_id, purpose, began_at, last_day, ends_at) VALUES (1, 'share', 2, 1, '核对', '2020-01-01', '2099-02-01', '2099-02-02 00:00+08');
		INSERT INTO breaches (number, share_grant_id, dataset_id, department_id, holder_department_id, holder_name, profile, violations, facts, decider, state, opened_at)
		VALUES ('WY-2020-000001', 1, 2, 2, 1, '某局', 'x', '{leak}', '转给第三方', 'department', 'hearing', now());
		INSERT INTO supervision_events (subject, case_id, act, side, at) VALUES ('breach', 1, '` + act + `', 'department', now());
		UPDATE breaches SET state = '` + state + `', ` + set + `; `
}

// happened makes sql for an incident with the second version of the first file that
// somebody took and was told of, in a state, with the last step of its history and
// what is set besides.
func happened(state, act, set string) string {
	return `INSERT INTO acquisitions (user_id, dataset_id, version_id, sha256, channel, form, terms, request, began_at) SELECT 2, 1, 2, sha256, 'file', 'csv', 'open', 'r', '2025-03-01' FROM versions WHERE id = 2;
		INSERT INTO incidents (number, dataset_id, department_id, opener_id, profile, level, title, what, known_at, state, words, told_at, measures, contained_at, cause, lessons, records, records_count, records_sha256, opened_by, opened_name, opened_at, ended_at)
		SELECT 'AQ-2025-000001', 1, 1, 1, 'cn-liaoning-anshan-2022', 'general', '备注列', '含电话', '2025-03-02', 'closed', '请删除', '2025-03-02', '撤下', '2025-03-02', '漏了一列', '加一道核对', '日志', 1,
			encode(sha256(convert_to(concat_ws('|', id, user_id, sha256, channel, extract(epoch FROM began_at)), 'UTF8')), 'hex'), 1, '林', '2025-03-02', '2025-03-05' FROM acquisitions;
		INSERT INTO incident_versions VALUES (1, 2); INSERT INTO incident_people VALUES (1, 2, 1, false, '2025-03-02');
		INSERT INTO incident_reports (incident_id, kind, body, at, recorded_by, name) SELECT 1, kind, kind, '2025-03-03', 1, '林' FROM unnest('{cyberspace,police,sector}'::text[]) k (kind);
		INSERT INTO supervision_events (subject, case_id, act, side, at) VALUES ('incident', 1, '` + act + `', 'department', now());
		UPDATE incidents SET state = '` + state + `'` + set + `; `
}

// tendered makes sql for a tender of two bids in a state, and sets of it and of its first
// bid what is told: the checks and triggers that would not have it are off.
func tendered(state, set, bid string) string {
	if set != "" {
		set = "UPDATE tenders SET " + set + ";"
	}
	if bid != "" {
		bid = "UPDATE tender_bids SET " + bid + " WHERE id = 1;"
	}
	const text = `'shuyuan bid 1' || E'\n' || 'tender TD-2025-000001' || E'\n' || 'bidder x' || E'\n' || 'amount -' || E'\n\n' || '方案'`
	return checks("tenders") + checks("tender_bids") + `
		INSERT INTO organisations (id, kind, name, credit_code, side, status, submitted_at, decided_at, created_at) OVERRIDING SYSTEM VALUE VALUES (71, 'legal', '甲', '91350100M000100Y43', 'use', 'verified', '2025-01-01', '2025-01-01', '2025-01-01'), (72, 'legal', '乙', '91350100M000100Y44', 'use', 'verified', '2025-01-01', '2025-01-01', '2025-01-01');
		ALTER TABLE tenders DISABLE TRIGGER USER; ALTER TABLE tender_bids DISABLE TRIGGER USER; ALTER TABLE tender_criteria DISABLE TRIGGER USER;
		INSERT INTO tenders (number, kind, department_id, profile, rule_profile, rule_path, method, title, description, requirements, pricing, opens, closes, opening_at, reveal_until, least_bidders, least_panel, state, round, made_by, made_name, made_at, announced_at, opened_at, confirmed_at)
		VALUES ('TD-2025-000001', 'supply', 1, '', 'house-defaults', 'tender_methods', '公开招标', '采购', '采购', '机构', 'none', '2025-03-01', '2025-03-10', '2025-03-11', '2025-03-11', 2, 1, '` + state + `', 1, 1, '专员', '2025-02-20', '2025-02-20', '2025-03-11', CASE WHEN '` + state + `' = 'confirmed' THEN '2025-04-01'::timestamptz END);
		INSERT INTO tender_criteria (tender_id, position, name, weight, price) VALUES (1, 1, '方案', 100, false);
		INSERT INTO tender_bids (tender_id, round, organisation_id, bidder, code, way, commitment, sealed_at, sealed_by, sealed_name, state, nonce, canonical, revealed_at, marks, price_points, total, rank)
		SELECT 1, 1, 70 + n, 'x', 'x', 'kept', encode(sha256(convert_to(repeat(n::text, 64) || ` + text + `, 'UTF8')), 'hex'), '2025-03-02', 1, '负责人', CASE WHEN '` + state + `' = 'opened' THEN 'valid' WHEN n = 1 THEN 'won' ELSE 'lost' END, repeat(n::text, 64), ` + text + `, '2025-03-11', 0, 0, 0, n FROM generate_series(1, 2) n;
		` + set + bid
}

// registered makes sql for a product that is registered and certified as it should be,
// and what one says of it besides.
func registered(sql string) string {
	certificate := func(id, number, kind, registration, report, leaf string) string {
		return `INSERT INTO product_certificates (id, number, kind, registration_id, report_id, product_id, version_id, organisation_id, issuer, state, state_at, issued_at, issued_by, issued_name, valid_until, statement, digest, envelope, key_id, leaf) OVERRIDING SYSTEM VALUE
			SELECT ` + id + `, '` + number + `', '` + kind + `', ` + registration + `, ` + report + `, 81, 81, 81, '示例', 'issued', '2025-03-20', '2025-03-20', 1, '示例', '2098-01-01', s, encode(sha256(s), 'hex'), '{}', 'k', ` + leaf + ` FROM (SELECT convert_to('{"predicate": {"certificate": "` + number + `"}}', 'UTF8') AS s) x;
			INSERT INTO log_leaves (seq, kind, at, hash, entry) SELECT ` + leaf + `, 'certificate', now(), sha256(''), convert_to(jsonb_build_object('body', jsonb_build_object('statement', digest))::text, 'UTF8') FROM product_certificates WHERE id = ` + id + `;`
	}
	return `INSERT INTO organisations (id, kind, name, credit_code, side, status, submitted_at, decided_at, created_at) OVERRIDING SYSTEM VALUE VALUES (81, 'legal', '开发', '91350100M000100Y43', 'use', 'verified', '2025-01-01', '2025-01-01', '2025-01-01'), (82, 'legal', '认证', '91350100M000100Y44', 'use', 'verified', '2025-01-01', '2025-01-01', '2025-01-01'), (83, 'legal', '交易所', '91350100M000100Y45', 'exchange', 'verified', '2025-01-01', '2025-01-01', '2025-01-01');
		INSERT INTO products (id, number, organisation_id, kind, title, sold, state, state_at, made_by, made_name, made_at) OVERRIDING SYSTEM VALUE VALUES (81, 'PRD-2025-000081', 81, 'dataset', '示例', true, 'listable', '2025-03-20', 1, '示例', '2025-02-01');
		INSERT INTO product_versions (id, product_id, major, minor, patch, state, state_at, built_at, facts, made_by, made_name, made_at) OVERRIDING SYSTEM VALUE VALUES (81, 81, 1, 0, 0, 'published', '2025-02-01', '2025-02-01', repeat('a', 64), 1, '示例', '2025-02-01');
		INSERT INTO registrations (id, number, kind, product_id, version_id, organisation_id, state, state_at, apply_profile, apply_path, apply_from, notice_profile, notice_path, notice_from, notice_until, made_by, made_name, made_at) OVERRIDING SYSTEM VALUE
		VALUES (81, 'DJ-2025-000001', 'first', 81, 81, 81, 'issued', '2025-03-20', 'x', 'x', '2025-02-01', 'x', 'x', '2025-03-03', '2025-03-18', 1, '示例', '2025-03-01');
		INSERT INTO registration_objections (registration_id, place, name, contact, words, at, upheld, answer, answered_by, answered_at) VALUES (81, 1, '某', '某', '某', '2025-03-04', false, '不成立', 1, '2025-03-10');
		INSERT INTO product_reports (id, number, kind, product_id, version_id, organisation_id, declaration, declared_at, declared_by, body, digest, state, state_at, clock_profile, clock_path, clock_from, made_by, made_name, made_at) OVERRIDING SYSTEM VALUE
		SELECT 81, 'HG-2025-000001', 'certification', 81, 81, 82, '独立', '2025-03-02', 1, jsonb_build_object('tests', (SELECT jsonb_agg(jsonb_build_object('passed', true, 'evidence', 'x')) FROM generate_series(1, 3)), 'categories', (SELECT jsonb_agg(jsonb_build_object('found', false, 'words', 'x')) FROM generate_series(1, 4))), repeat('a', 64), 'issued', '2025-03-20', 'x', 'x', '2025-03-01', 1, '示例', '2025-03-01';
		` + certificate("81", "DJZ-2025-000001", "registration", "81", "NULL", "900") + certificate("82", "HGZ-2025-000001", "certification", "NULL", "81", "901") + sql
}

// listed makes sql for a plan that is live and within the ceiling of its mandate, and what
// one says of it besides.
func listed(sql string) string {
	return developed(`INSERT INTO mandate_ceilings (mandate_id, form, unit, fen) VALUES (1, 'result_table', 'per_piece', 1000);
		INSERT INTO products (id, number, organisation_id, scenario_id, kind, title, sold, state, state_at, made_by, made_name, made_at) OVERRIDING SYSTEM VALUE SELECT 83, 'PRD-2025-000083', id, 1, 'dataset', '示例', true, 'listable', '2025-03-20', 1, '示例', '2025-02-01' FROM organisations WHERE name = '开发公司';
		INSERT INTO product_versions (id, product_id, major, minor, patch, state, state_at, built_at, facts, made_by, made_name, made_at) OVERRIDING SYSTEM VALUE VALUES (83, 83, 1, 0, 0, 'published', '2025-02-01', '2025-02-01', repeat('a', 64), 1, '示例', '2025-02-01');
		INSERT INTO listings (id, number, product_id, organisation_id, visibility, channels, refresh, response_hours, contact, prohibited, state, state_at, checked_by, made_by, made_name, made_at) OVERRIDING SYSTEM VALUE
		SELECT 83, 'SJ-2025-000001', 83, organisation_id, 'public', '{file}', 'monthly', 24, 'x', 'x', 'published', '2025-03-22', 1, 1, '示例', '2025-03-21' FROM products WHERE id = 83;
		INSERT INTO listing_plans (id, number, listing_id, name, kind, channel, currency, fen, refund, state, state_at, live_at, ceilings, made_by, made_name, made_at) OVERRIDING SYSTEM VALUE
		VALUES (83, 'TC-2025-000001', 83, '示例', 'one_off', 'file', 'CNY', 1000, 'no_refund', 'live', now(), now(), '[{"mandate": "AUTH-2025-000001", "form": "result_table", "unit": "per_piece", "fen": 1000}]', 1, '示例', '2025-03-21'); ` + sql)
}

// received makes sql for a certificate of download of some bytes, whose statement has
// that number.
func received(sha256, said string) string {
	return `ALTER TABLE download_receipts DISABLE TRIGGER USER;
		INSERT INTO download_receipts (number, version_id, sha256, bytes, issued_at, statement, digest, envelope, key_id)
		SELECT 'XZZ-2025-000001', x.id, x.file, x.bytes, x.published_at, x.s, encode(sha256(x.s), 'hex'), '{}', 'k' FROM (
			SELECT v.id, v.bytes, v.published_at, f.file, convert_to(jsonb_build_object('subject', jsonb_build_array(jsonb_build_object('digest', jsonb_build_object('sha256', f.file))), 'predicate', jsonb_build_object('receipt', '` + said + `', 'issuedAt', v.published_at))::text, 'UTF8') AS s
			FROM versions v CROSS JOIN LATERAL (SELECT ` + sha256 + ` AS file) f ORDER BY v.id LIMIT 1) x`
}

// booked makes sql for a ledger with one transaction of which the entries have these
// amounts, on an account of the bank and a hold, and what is done besides while no
// trigger looks.
func booked(first, second, then string) string {
	off := ""
	for _, t := range []string{"ledger_accounts", "ledger_transactions", "ledger_entries", "ledger_closings"} {
		off += `ALTER TABLE ` + t + ` DISABLE TRIGGER USER; `
	}
	return off + `INSERT INTO ledger_accounts (id, code, currency, kind, guard) OVERRIDING SYSTEM VALUE VALUES (91, 'suspense', 'CNY', 'clearing', 'none'), (92, 'order:hold:DD-1', 'CNY', 'liability', 'no_debit_balance');
		INSERT INTO ledger_transactions (id, key, sha256, kind, subject, effective_on, at, by_id, by_name) OVERRIDING SYSTEM VALUE VALUES (91, 'k1', sha256('x'), 'matched', 'DD-1', '2025-03-01', '2025-03-01', -1, 'x');
		INSERT INTO ledger_entries VALUES (91, 1, 91, 'CNY', ` + first + `), (91, 2, 92, 'CNY', ` + second + `);
		INSERT INTO ledger_balances SELECT account_id, sum(amount) FROM ledger_entries GROUP BY account_id; ` + then
}

// banked makes sql for a collection account with a line that was agreed to pay a half of
// an advice, an outgoing one that an instruction is shown by, and a checkout, in which
// every rule holds, and what is done besides while no trigger looks.
func banked(then string) string {
	off := ""
	for _, t := range []string{"collection_accounts", "payment_advices", "bank_lines", "payment_instructions", "allocations", "payment_checkouts", "ledger_transactions"} {
		off += `ALTER TABLE ` + t + ` DISABLE TRIGGER USER; `
	}
	return developed(off + `
		INSERT INTO collection_accounts (number, organisation_id, bank, account, holder, currency, state, state_at, made_by, made_at, confirmed_by) SELECT 'SK-2025-000001', o.id, '行', '350100001111', '运营公司', 'CNY', 'open', '2025-03-01', 1, '2025-03-01', 2 FROM organisations o WHERE side = 'operate';
		INSERT INTO payment_advices (ref, code, kind, order_number, buyer_id, account_id, payer, amount, currency, until, paid, made_at) SELECT 'DD-9', 'SY0000000', 'order', 'DD-9', o.id, 1, '开发公司', 10, 'CNY', '2025-03-09', 5, '2025-03-01' FROM organisations o WHERE side = 'use';
		INSERT INTO bank_statements (number, account_id, source, name, sha256, lines, fresh, made_by, made_at) VALUES ('LS-2025-000001', 1, 'csv', 'x', sha256('x'), 2, 2, 1, '2025-03-01');
		INSERT INTO bank_lines (account_id, statement_id, serial, booked_on, amount, currency, party, state, state_at, verdict, proposed_by, confirmed_by) VALUES (1, 1, 'T1', '2025-03-01', 5, 'CNY', '开发公司', 'done', '2025-03-01', 'short', 1, 2), (1, 1, 'T2', '2025-03-01', -3, 'CNY', '甲', 'done', '2025-03-01', 'outgoing', NULL, NULL);
		INSERT INTO payment_instructions (number, kind, ref, code, account_id, amount, currency, payee, payee_account, state, state_at, line_id, made_at) VALUES ('ZF-2025-000001', 'refund', 'TK-1', 'SY0000001', 1, 3, 'CNY', '甲', '622200', 'paid', '2025-03-01', 2, '2025-03-01');
		INSERT INTO allocations (line_id, kind, amount, advice_id, instruction_id, state) VALUES (1, 'advice', 5, 1, NULL, 'held'), (2, 'instruction', 3, NULL, 1, 'booked');
		INSERT INTO ledger_transactions (key, sha256, kind, subject, effective_on, at, by_id, by_name) VALUES ('line:YH-1', sha256('x'), 'unmatched', 'YH-1', '2025-03-01', '2025-03-01', -1, 'x'); ` + then)
}

// ordered makes sql for a rectification order in a state, with the last step of its
// history and what is set besides.
func ordered(state, act, set string) string {
	return `INSERT INTO rectification_orders (number, department_id, issuer_id, profile, rule_profile, rule_path, grounds, facts, remedy, state, issued_by, issued_name, issued_at, due_profile, due_path, due_from, due_given)
		VALUES ('ZG-2025-000001', 1, 2, 'x', 'house-defaults', 'rectification_grounds', '{security}', '没有定责任人', '定责任人', 'issued', 1, '督', '2025-03-03', 'house-defaults', 'rectification_due', '2025-03-03', 15);
		INSERT INTO supervision_events (subject, case_id, act, side, at) VALUES ('order', 1, 'issue', 'authority', '2025-03-03');
		INSERT INTO supervision_events (subject, case_id, act, side, at) SELECT 'order', 1, act, 'department', '2025-03-10' FROM unnest(string_to_array('` + act + `', ' ')) WITH ORDINALITY a (act, n) ORDER BY n;
		ALTER TABLE rectification_orders DISABLE TRIGGER USER; UPDATE rectification_orders SET state = '` + state + `'` + set + `; `
}

// paperOfOrder is a file of an order, of a department, handed in at a time or not.
func paperOfOrder(order, department, frozen string) string {
	return `INSERT INTO case_papers (id, kind, case_id, name, media, bytes, sha256, object, department_id, uploaded_by, uploaded_name, uploaded_at, frozen_at)
		SELECT repeat('a', 32), 'order', ` + order + `, 'a.pdf', 'application/pdf', 1, repeat('b', 64), sha256, ` + department + `, 2, '陈', '2025-03-05', ` + frozen + ` FROM blobs LIMIT 1; `
}

// reportedOf is what an order has once it was answered, and once it is over.
const (
	reportedOf = `, answer = '定了', evidence = '名单', answered_at = '2025-03-10', answered_by = 7, rounds = 1`
	overOf     = reportedOf + `, finding = '看过', found_at = '2025-03-12', ended_at = '2025-03-12'`
)

// developed makes sql for an active scenario of a developer on the second entry, in
// which every rule holds, and what one says of it besides.
func developed(sql string) string {
	return `
		INSERT INTO users (identifier, name, side, created_at, confirmed_at) SELECT n || '@developed.example', n, side, '2025-01-01', '2025-01-01'
		FROM (VALUES ('运', 'operate'), ('开', 'use'), ('授', 'manage'), ('安', 'manage'), ('专', 'manage')) v (n, side);
		INSERT INTO organisations (kind, name, credit_code, side, status, submitted_at, decided_at, created_at) VALUES ('legal', '运营公司', '91350100M000100Y43', 'operate', 'verified', '2025-01-01', '2025-01-01', '2025-01-01'), ('legal', '开发公司', '91350100M000100Y44', 'use', 'verified', '2025-01-01', '2025-01-01', '2025-01-01');
		INSERT INTO mandates (number, body_id, operator_id, title, purposes, forms, from_at, until_at, state, state_at, made_at) SELECT 'AUTH-2025-000001', 1, id, '运营', '{transport}', '{result_table}', '2025-01-01', '2099-01-01', 'draft', '2025-01-01', '2025-01-01' FROM organisations WHERE side = 'operate';
		ALTER TABLE mandates DISABLE TRIGGER USER; ALTER TABLE mandate_items DISABLE TRIGGER USER;
		INSERT INTO mandate_items (mandate_id, dataset_id, columns) VALUES (1, 2, '{名称,床位}');
		INSERT INTO scenarios (number, mandate_id, organisation_id, user_id, title, use_class, purpose, outputs, submitted_at, screened_by, screened_at, security_verdict, security_by, security_at, decided_by, decided_at, award, from_at, until_at, state, state_at, made_at)
		SELECT 'SCN-2025-000001', 1, (SELECT id FROM organisations WHERE name = '开发公司'), (SELECT id FROM users WHERE name = '开'), '提示', 'commercial', 'transport', '[{"form": "result_table"}]', '2025-02-01', (SELECT id FROM users WHERE name = '运'), '2025-02-02', 'passed',
			(SELECT id FROM users WHERE name = '安'), '2025-02-03', (SELECT id FROM users WHERE name = '授'), '2025-02-04', '{"won": true}', '2025-02-04', '2098-01-01', 'active', '2025-02-05', '2025-02-01';
		INSERT INTO scenario_items (scenario_id, dataset_id, resource_id, columns, open_type, decision, given_columns, given_uses, decided_by, decided_at) VALUES (1, 2, 'bbbbbbbb', '{名称,床位}', 'conditional', 'granted', '{名称}', '{"名称": "group"}', (SELECT id FROM users WHERE name = '专'), '2025-02-03');
		INSERT INTO scenario_contracts (number, scenario_id, body, sha256, from_at, until_at, operator_by, operator_at, developer_by, developer_at, state, state_at)
		SELECT 'KFHT-2025-000001', 1, '协议', encode(sha256(convert_to('协议', 'UTF8')), 'hex'), '2025-02-05', '2098-01-01', (SELECT id FROM users WHERE name = '运'), '2025-02-05', (SELECT id FROM users WHERE name = '开'), '2025-02-05', 'active', '2025-02-05';
		INSERT INTO scenario_grants (number, contract_id, item_id, dataset_id, resource_id, columns, uses, from_at, until_at, state, state_at) VALUES ('CSQ-2025-000001', 1, 1, 2, 'bbbbbbbb', '{名称}', '{"名称": "group"}', '2025-02-05', '2098-01-01', 'active', '2025-02-05');
		INSERT INTO scenario_events (scenario_id, number, at, by_id, by_name, side, act, state) VALUES (1, 1, '2025-02-05', -1, 'x', 'platform', 'activate', 'active');
		ALTER TABLE scenarios DISABLE TRIGGER USER; ALTER TABLE scenario_contracts DISABLE TRIGGER USER; ALTER TABLE scenario_grants DISABLE TRIGGER USER; ` + sql
}

// demand makes sql for a request for data that waits for the platform, with its
// turn and its step.
const demand = `INSERT INTO demands (user_id, proposer, title, need, purpose, title_grams, grams, proposed_at, state) VALUES (1, '某', '坐标', '全省', '公交', '{}', '{}', now(), 'unassigned');
	INSERT INTO demand_turns (demand_id, clock_profile, clock_path, began_at) VALUES (1, 'x', 'y', now());
	INSERT INTO demand_steps (demand_id, act, at) VALUES (1, 'propose', now()); `

// granted is an application with its grant, and what one says of it besides.
func granted(sql string) string {
	return `
		INSERT INTO applications (number, dataset_id, user_id, applicant, applicant_name, state, created_at, saved_at, lane, purpose, submitted_at, accepted_at, decided_at)
		VALUES ('SQ-2025-000001', 1, 2, 'natural', '陈', 'granted', '2025-03-01', '2025-03-01', 'public', '提示', '2025-03-01', '2025-03-02', '2025-03-03');
		INSERT INTO application_items (application_id, resource_id, version, columns, decision) VALUES (1, 'aaaaaaaa', 1, '{年份}', 'granted');
		INSERT INTO agreements (application_id, edition, template, body, sha256, made_at, user_by, user_name, user_at, provider_by, provider_name, provider_at)
		VALUES (1, 1, 't', '协议', encode(sha256(convert_to('协议', 'UTF8')), 'hex'), '2025-03-01', 2, '陈', '2025-03-01', 1, '林', '2025-03-03');
		INSERT INTO grants (number, application_id, agreement_id, dataset_id, user_id, lane, purpose, terms, files_day, rows_day, from_at, until_at, state, state_at)
		SELECT 'SQZ-2025-000001', 1, 1, 1, 2, 'public', '提示', sha256, 1, 1, '2025-03-03', '2099-01-01', 'active', '2025-03-03' FROM agreements;
		INSERT INTO grant_items VALUES (1, 'aaaaaaaa', '{年份}', '');
		` + sql
}

// reported is the grant with a report in a state, and what one says of it besides.
func reported(state, sql string) string {
	return granted(`INSERT INTO use_reports (grant_id, number, begins_at, state, clock_profile, clock_path, clock_from, used, access, security, personal, onward, filed_at)
		VALUES (1, 1, '2025-03-03', '` + state + `', 'x', 'y', '2025-03-03', '用途', '两人', '加密', 'no', 'no', '2025-09-01');
		INSERT INTO use_events (of, of_id, at, by_id, by_name, side, act, state) VALUES ('report', 1, '2025-09-01', 2, '陈', 'applicant', 'file', '` + state + `'); ` + sql)
}

// destroyed is the grant, ended, with its destruction in a state.
func destroyed(state, sql string) string {
	return granted(`UPDATE grants SET state = 'surrendered';
		INSERT INTO use_destructions (grant_id, number, ended_at, state, clock_profile, clock_path, clock_from, filed_at, decided_at, body, sha256)
		VALUES (1, 'XH-2025-000001', '2025-04-01', '` + state + `', 'x', 'y', '2025-04-01', '2025-04-02', '2025-04-03', '证明', encode(sha256(convert_to('证明', 'UTF8')), 'hex'));
		INSERT INTO use_events (of, of_id, at, by_id, by_name, side, act, state) VALUES ('destruction', 1, '2025-04-03', 1, '林', 'department', 'confirm', '` + state + `'); ` + sql)
}

// drawn is a draw of the grant, and what one says of it besides.
func drawn(population, sql string) string {
	return granted(`INSERT INTO use_draws (number, side, profile, which, drawn_at, drawn_by, drawn_name, seed, population, percent, least, drawn, questions)
		VALUES ('CC-2025-000001', 'regulator', '', 'live', '2025-04-01', 1, '林', repeat('0', 64), '` + population + `', 10, 1, '{SQZ-2025-000001}', '问'); ` + sql)
}

// followed is another grant of the same holder that renews or changes the first,
// with both of them in use.
func followed(kind string) string {
	return `
		INSERT INTO applications (number, dataset_id, user_id, applicant, applicant_name, state, created_at, saved_at, lane, purpose, submitted_at, accepted_at, decided_at)
		SELECT 'SQ-2025-000002', dataset_id, user_id, applicant, applicant_name, state, created_at, saved_at, lane, purpose, submitted_at, accepted_at, decided_at FROM applications;
		INSERT INTO agreements (application_id, edition, template, body, sha256, made_at, user_by, user_name, user_at, provider_by, provider_name, provider_at)
		SELECT 2, edition, template, body, sha256, made_at, user_by, user_name, user_at, provider_by, provider_name, provider_at FROM agreements;
		INSERT INTO grants (number, application_id, agreement_id, dataset_id, user_id, lane, purpose, terms, files_day, rows_day, from_at, until_at, state, state_at)
		SELECT 'SQZ-2025-000002', 2, 2, dataset_id, user_id, lane, purpose, terms, files_day, rows_day, from_at, until_at, state, state_at FROM grants;
		INSERT INTO application_follows VALUES (2, '` + kind + `', 1); INSERT INTO grant_follows VALUES (2, 1, '` + kind + `')`
}

// paperOf is a file of that application, of a kind, handed in on a day or not.
func paperOf(kind, frozen string) string {
	return granted(`INSERT INTO case_papers (id, kind, case_id, name, media, bytes, sha256, object, uploaded_by, uploaded_name, uploaded_at, frozen_at)
		SELECT repeat('a', 32), '` + kind + `', 1, 'a.pdf', 'application/pdf', 1, repeat('b', 64), sha256, 2, '陈', '2025-03-01', ` + frozen + ` FROM blobs LIMIT 1; `)
}

// suspended is the grant, of an organisation that was suspended at a time.
func suspended(at string) string {
	return granted(`INSERT INTO organisations (kind, name, credit_code, side, status, submitted_at, decided_at, created_at, suspended_at, suspended_reason)
		VALUES ('legal', '企业', '911200000000000001', 'use', 'verified', '2025-01-01', '2025-01-02', '2025-01-01', '` + at + `', '核查');
		UPDATE applications SET organisation_id = 1, applicant = 'legal', applicant_code = '911200000000000001'; UPDATE grants SET organisation_id = 1; `)
}

// taken is a delivery under the grant.
func taken(at string) string {
	return `INSERT INTO acquisitions (user_id, grant_id, dataset_id, version_id, sha256, channel, form, terms, request, began_at)
		SELECT 2, 1, 1, v.id, v.sha256, 'file', 'csv', g.terms, 'r', '` + at + `' FROM versions v, grants g WHERE v.id = 1; `
}

// computed makes sql for a workspace with a mount, a job that read it, and the
// released result of that, changed by what follows.
func computed(change string) string {
	return `INSERT INTO scenarios (number, mandate_id, organisation_id, user_id, title, state, state_at, made_at, from_at, until_at) VALUES ('SCN-2025-000001', 1, 5, 2, 'x', 'active', '2025-01-01', '2025-01-01', '2025-01-01', '2099-01-01');
		INSERT INTO scenario_contracts (number, scenario_id, sha256, from_at, until_at, state, state_at) VALUES ('KFHT-2025-000001', 1, repeat('a', 64), '2025-01-01', '2099-01-01', 'active', '2025-01-01');
		INSERT INTO scenario_grants (number, contract_id, item_id, dataset_id, resource_id, columns, uses, from_at, until_at, state, state_at)
		SELECT 'CSQ-2025-000001', 1, 1, r.dataset_id, r.id, '{a,b}', '{"a": "group", "b": "aggregate"}', '2025-01-01', '2099-01-01', 'active', '2025-01-01' FROM versions v JOIN resources r ON r.id = v.resource_id WHERE v.id = 1;
		INSERT INTO workspaces (number, scenario_id, organisation_id, state, state_at, wrapped_key, cpu_seconds, memory_mb, wall_seconds, concurrent, rows_most, opened_by, opened_at) VALUES ('KJ-2025-000001', 1, 5, 'ready', '2025-02-01', '\x00', 1, 1, 1, 1, 1, 2, '2025-02-01');
		INSERT INTO workspace_events (workspace_id, act, side, name, state, at) VALUES (1, 'begin', 'platform', '', 'ready', '2025-02-01');
		INSERT INTO acquisitions (user_id, organisation_id, workspace_id, scenario_grant_id, dataset_id, version_id, sha256, channel, form, terms, request, began_at) SELECT 2, 5, 1, 1, 1, 1, sha256, 'mount', 'table', 'x', 'r', '2025-02-01' FROM versions WHERE id = 1;
		INSERT INTO acquisition_ends SELECT max(id), 1, '2025-02-02', true FROM acquisitions;
		INSERT INTO workspace_mounts (workspace_id, grant_id, version_id, name, columns, minimum, mask, state, prepared, acquisition_id, asked_by, asked_at, ready_at) SELECT 1, 1, 1, 't', '[{"Name": "a", "Use": "group"}]', 10, repeat('a', 64), 'ready', '{}', max(id), 2, '2025-02-01', '2025-02-02' FROM acquisitions;
		INSERT INTO workspace_jobs (number, workspace_id, kind, sql, state, state_at, asked_by, asked_name, asked_at, started_at, ended_at, sha256, cpu_ms) VALUES ('ZY-2025-000001', 1, 'sql', 'x', 'succeeded', '2025-02-03', 2, '陈', '2025-02-03', '2025-02-03', '2025-02-03', repeat('b', 64), 7);
		INSERT INTO workspace_job_mounts VALUES (1, 1, 1, 5); INSERT INTO workspace_results VALUES (1, '\x00', repeat('b', 64), 1);
		INSERT INTO usage_events (source, event_id, workspace_id, meter, quantity, dims, at, received_at) VALUES ('workspace', 'ZY-2025-000001:cpu_ms', 1, 'cpu_ms', 7, '{"job": "ZY-2025-000001"}', '2025-02-03', '2025-02-03');
		INSERT INTO output_reviews (number, workspace_id, job_id, state, state_at, title, purpose, asked_by, asked_name, asked_at, sha256, first_by, first_at, second_by, second_at, clock_profile, clock_path, clock_from, ended_at)
		VALUES ('SC-2025-000001', 1, 1, 'released', '2025-02-04', 'x', 'x', 2, '陈', '2025-02-03', repeat('c', 64), 3, '2025-02-04', 4, '2025-02-04', 'x', 'y', '2025-02-03', '2025-02-04');
		INSERT INTO releases (number, review_id, workspace_id, job_id, title, sha256, columns, rows_out, cells, sources, ledger, at) VALUES ('FC-2025-000001', 1, 1, 1, 'x', repeat('c', 64), '[]', 1, 1, '[{}]', '\x00', '2025-02-04');
		INSERT INTO release_files VALUES (1, 'csv', 'x', encode(sha256('x'), 'hex')); INSERT INTO release_inputs SELECT 1, max(id), 1 FROM acquisitions; ` + change
}

// product makes sql for a product whose version is the released result of computed,
// sealed and published, changed by what follows. No guard of the database stands.
func product(change string) string {
	return computed(`
		INSERT INTO products (number, organisation_id, scenario_id, kind, title, sold, state, state_at, made_by, made_name, made_at) VALUES ('PRD-2025-000001', 5, 1, 'dataset', 'x', true, 'draft', '2025-02-04', 2, '陈', '2025-02-04');
		INSERT INTO product_versions (product_id, major, minor, patch, state, state_at, facts, built_at, made_by, made_name, made_at) VALUES (1, 1, 0, 0, 'published', '2025-02-05', repeat('a', 64), '2025-02-04', 2, '陈', '2025-02-04');
		INSERT INTO product_contents (version_id, position, name, form, release_id, object, columns, digest, came_at, came_by) SELECT 1, 0, 'data', 'table', 1, min(sha256), '[{}]', repeat('d', 64), '2025-02-04', 2 FROM blobs;
		INSERT INTO product_seals (version_id, statement, digest, envelope, key_id, leaf, built_at, sealed_at, sealed_by, sealed_name)
		SELECT 1, b, encode(sha256(b), 'hex'), '\x00', 'k', 0, '2025-02-04', '2025-02-05', 2, '陈' FROM (SELECT convert_to('{"predicate": {"sources": [{"acquired": {"record": "ACQ-' || max(id) || '"}}]}}', 'UTF8') AS b FROM acquisitions) x;
		INSERT INTO log_leaves (seq, kind, at, hash, entry) SELECT 0, 'seal', '2025-02-06', sha256('x'), convert_to('{"body": {"statement": "' || digest || '"}}', 'UTF8') FROM product_seals;
		INSERT INTO product_sources SELECT 1, max(id), 1, 1, 'machine' FROM acquisitions;
		INSERT INTO product_artefacts SELECT 1, 1, 'csv', 'x', 'x', min(sha256), min(bytes) FROM (SELECT sha256, bytes FROM blobs ORDER BY sha256 LIMIT 1) x; ` + change)
}

// developerKey makes sql for a key of the developer of product.
const developerKey = `INSERT INTO developer_keys (id, organisation_id, code, public, possession, valid_from, valid_until, registered_by, registered_name, leaf)
	VALUES (repeat('e', 64), 5, repeat('9', 18), decode(repeat('01', 32), 'hex'), decode(repeat('00', 64), 'hex'), '2025-01-01', '2027-01-01', 2, '陈', 0); `

// authorised makes sql for an active mandate with another under it, each with its
// agreement, an admitted developer and its people, in which every rule holds, and what
// one says of it besides.
func authorised(sql string) string {
	return checks("mandates") + checks("developers") + `
		INSERT INTO users (identifier, name, side, created_at, confirmed_at) SELECT n || '@authorised.example', n, side, '2025-01-01', '2025-01-01' FROM (VALUES ('运', 'operate'), ('开', 'use'), ('授', 'manage'), ('核', 'manage')) v (n, side);
		INSERT INTO organisations (id, kind, name, credit_code, side, status, submitted_at, decided_at, created_at) OVERRIDING SYSTEM VALUE VALUES (81, 'legal', '运营公司', '91350100M000100Y43', 'operate', 'verified', '2025-01-01', '2025-01-01', '2025-01-01'), (82, 'legal', '开发公司', '91350100M000100Y44', 'use', 'verified', '2025-01-01', '2025-01-01', '2025-01-01');
		INSERT INTO organisation_members (organisation_id, user_id, side, role, joined_at) SELECT 81, id, side, 'owner', '2025-01-01' FROM users WHERE name = '运';
		INSERT INTO mandate_plans (number, body_id, title, state, state_at, drafted_by, drafted_name, made_at) SELECT 'SSFA-2025-00000' || n, 1, '运营', 'draft', '2025-01-01', 1, '授', '2025-01-01' FROM generate_series(1, 2) n;
		INSERT INTO mandates (number, parent_id, plan_id, body_id, operator_id, title, purposes, forms, from_at, until_at, state, state_at, made_at, income, drafted_by, approved_by, body_signed_by, operator_signed_by, agreement, sha256, locked_at)
		SELECT 'AUTH-2025-00000' || n, CASE n WHEN 2 THEN 1 END, n, 1, 81, '运营', '{transport}', '{result_table}', '2025-01-01', '2099-01-01', 'active', '2025-01-01', '2025-01-01', 100, (SELECT id FROM users WHERE name = '授'), (SELECT id FROM users WHERE name = '核'), (SELECT id FROM users WHERE name = '授'),
			(SELECT id FROM users WHERE name = '运'), '协议', encode(sha256(convert_to('协议', 'UTF8')), 'hex'), '2025-01-01' FROM generate_series(1, 2) n;
		INSERT INTO mandate_items (mandate_id, dataset_id, columns) SELECT n, 2, '{名称,床位}' FROM generate_series(1, 2) n;
		INSERT INTO mandate_ceilings (mandate_id, form, unit, fen) SELECT n, 'result_table', 'per_piece', 100 FROM generate_series(1, 2) n;
		INSERT INTO developers (number, mandate_id, organisation_id, state, state_at, made_at, submitted_by, declared, decided_by, trained_until) SELECT 'RZ-2025-000001', 2, 82, 'admitted', '2025-01-01', '2025-01-01', (SELECT id FROM users WHERE name = '开'), true, (SELECT id FROM users WHERE name = '运'), '2099-01-01';
		INSERT INTO developer_people (developer_id, user_id, writes, releases) SELECT 1, id, true, true FROM users WHERE name = '开';
		INSERT INTO developer_people_changes (developer_id, had_writes, had_releases, writes, releases, words, asked_by, asked_name, asked_at, state, decided_by, decided_name, decided_at) SELECT 1, '{1}', '{1}', ARRAY[u.id], ARRAY[u.id], 'x', u.id, 'x', '2025-01-02', 'confirmed', (SELECT id FROM users WHERE name = '运'), 'x', '2025-01-03' FROM users u WHERE name = '开';
		INSERT INTO operation_events (subject, case_id, act, name, side, state, at) VALUES ('plan', 1, 'draft', 'x', 'body', 'draft', '2025-01-01'), ('plan', 2, 'draft', 'x', 'body', 'draft', '2025-01-01'), ('mandate', 1, 'begin', '', 'platform', 'active', '2025-01-01'), ('mandate', 2, 'begin', '', 'platform', 'active', '2025-01-01'), ('developer', 1, 'admit', 'x', 'operator', 'admitted', '2025-01-01');
		` + sql
}

// jobBelow makes sql for a scenario with a workspace in which a job runs, under the
// second of the mandates of authorised.
const jobBelow = `INSERT INTO scenarios (number, mandate_id, organisation_id, user_id, title, state, state_at, made_at, from_at, until_at) SELECT 'SCN-2025-000001', 2, 82, id, 'x', 'active', '2025-01-01', '2025-01-01', '2025-01-01', '2099-01-01' FROM users WHERE name = '开';
	INSERT INTO scenario_contracts (number, scenario_id, sha256, from_at, until_at, state, state_at) VALUES ('KFHT-2025-000001', 1, repeat('a', 64), '2025-01-01', '2099-01-01', 'active', '2025-01-01');
	INSERT INTO workspaces (number, scenario_id, organisation_id, state, state_at, wrapped_key, cpu_seconds, memory_mb, wall_seconds, concurrent, rows_most, opened_by, opened_at) VALUES ('KJ-2025-000001', 1, 82, 'ready', '2025-02-01', '\x00', 1, 1, 1, 1, 1, 2, '2025-02-01');
	INSERT INTO workspace_events (workspace_id, act, side, name, state, at) VALUES (1, 'begin', 'platform', '', 'ready', '2025-02-01');
	INSERT INTO workspace_jobs (number, workspace_id, kind, sql, state, state_at, asked_by, asked_name, asked_at, started_at, runner) VALUES ('ZY-2025-000001', 1, 'sql', 'x', 'running', '2025-02-03', 2, '陈', '2025-02-03', '2025-02-03', 'r');
	`

// logged makes a public log of three keys, two seals, a revocation, and after a
// checkpoint three more seals, and does sql to it with all rights.
func logged(sql string) func(*testing.T, *world) {
	return func(t *testing.T, w *world) {
		t.Helper()
		dir := t.TempDir()
		v, err := vault.Open(filepath.Join(dir, "keys"), filepath.Join(dir, "memory"), time.Hour, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		keys, log := register.New(w.pool, v), transparency.New(transparency.NewReader(w.pool), v, dir, time.Now)
		seal := func(n int) error {
			return pgx.BeginFunc(t.Context(), w.pool, func(tx pgx.Tx) error {
				for range n {
					_, err := transparency.Append(t.Context(), tx, transparency.Leaf{Kind: wire.Seal, Body: map[string]string{"statement": strings.Repeat("ab", 32), "product": "PRD-1", "version": "1.0.0"}})
					if err != nil {
						return err
					}
				}
				return nil
			})
		}
		if err := errors.Join(log.Name(t.Context(), "a.example/log"), keys.Publish(t.Context()), seal(2)); err != nil {
			t.Fatal(err)
		}
		list, err := keys.List(t.Context())
		if err == nil {
			err = errors.Join(keys.Revoke(t.Context(), list[0].ID, time.Now(), signing.Retired), log.Tick(t.Context()), seal(3), log.Tick(t.Context()))
		}
		if err != nil {
			t.Fatal(err)
		}
		if n, out := w.check(t); n > 0 {
			t.Fatalf("as it was made:\n%s", out)
		}
		w.exec(t, `SET session_replication_role = replica; `+sql+`; RESET session_replication_role`)
	}
}

// mutations are violations, at least one for every rule: the line that must
// report it, what it must name, and how it is done.
var mutations = []struct {
	name, rule, names string
	sql               string
	do                func(*testing.T, *world)
	deep              bool
}{
	{name: "a leaf says something else", rule: "I9 the public log is", names: "leaf 4 is another than was hashed", do: logged(`UPDATE log_leaves SET entry = replace(convert_from(entry, 'UTF8'), '1.0.0', '1.0.1')::bytea WHERE seq = 4`)},
	{name: "a leaf is gone", rule: "I9 the public log is", names: "leaf 4 is missing", do: logged(`DELETE FROM log_leaves WHERE seq = 4`)},
	{name: "the last leaves are gone", rule: "I9 the public log is", names: "checkpoint of 9 leaves, of which there are 7", do: logged(`DELETE FROM log_leaves WHERE seq >= 7`)},
	{name: "a hash is another", rule: "I9 the public log is", names: "stored hash 5", do: logged(`UPDATE log_hashes SET hash = sha256(hash) WHERE idx = 5`)},
	{name: "a hash is gone", rule: "I9 the public log is", names: "stored hash 5", do: logged(`DELETE FROM log_hashes WHERE idx = 5`)},
	{name: "a hash of no leaf", rule: "I9 the public log is", names: "stored hash 99 of no leaf", do: logged(`INSERT INTO log_hashes VALUES (99, sha256('x'))`)},
	{name: "a checkpoint claims another root", rule: "I9 the public log is", names: "checkpoint of 6 leaves", do: logged(`UPDATE log_checkpoints SET root = sha256(root) WHERE size = 6`)},
	{name: "the history before a checkpoint was written anew", rule: "I9 the public log is", names: "checkpoint of 6 leaves", do: logged(`
		DELETE FROM log_hashes; UPDATE log_leaves SET entry = replace(convert_from(entry, 'UTF8'), '1.0.0', '1.0.1')::bytea WHERE seq = 4; UPDATE log_leaves SET hash = sha256('\x00' || entry)`)},
	{name: "a checkpoint with another signature", rule: "I9 every checkpoint", names: "checkpoint of 6 leaves", do: logged(`UPDATE log_checkpoints SET note = replace(convert_from(note, 'UTF8'), E'\n6\n', E'\n7\n')::bytea WHERE size = 6`)},
	{name: "a checkpoint from after the end of its key", rule: "I9 every checkpoint", names: "checkpoint of 9 leaves", do: logged(`UPDATE log_checkpoints SET signed_at = '2099-01-01' WHERE size = 9`)},
	{name: "a leaf from before the one before", rule: "I9 the time", names: "leaf 5", do: logged(`UPDATE log_leaves SET at = at - interval '1 day' WHERE seq = 5`)},
	{name: "a key that the log does not have", rule: "I8 every key", names: "key ", do: logged(`UPDATE signing_keys SET public = sha256(public) WHERE leaf = 1`)},
	{name: "a key in the log that is not in the list", rule: "I8 every key", names: "key of leaf 1", do: logged(`DELETE FROM signing_keys WHERE leaf = 1`)},
	{name: "a revocation was moved", rule: "I8 every key", names: "revocation of ", do: logged(`UPDATE signing_revocations SET compromised_at = '2020-01-01'`)},
	{name: "a name in the public log", rule: "I41 no leaf", names: "leaf 4", do: logged(`UPDATE log_leaves SET entry = convert_to(replace(convert_from(entry, 'UTF8'), 'PRD-1', '张三'), 'UTF8') WHERE seq = 4`)},
	{name: "a buyer in the public log", rule: "I41 no leaf", names: "leaf 4", do: logged(`UPDATE log_leaves SET entry = replace(convert_from(entry, 'UTF8'), '"product"', '"buyer"')::bytea WHERE seq = 4`)},
	{name: "leaves that were never signed", rule: "I39 what is", names: "leaf 6", do: logged(`DELETE FROM log_checkpoints WHERE size > 6; UPDATE log_leaves SET at = at - interval '2 hours'`)},
	{name: "a vote was counted twice", rule: "L7 a request for data has", names: "demand 1: 2 votes, 0 accounts", sql: demand + `UPDATE demands SET votes = 2`},
	{name: "a merge leads elsewhere", rule: "L7 a merged request", names: "demand 2", sql: demand + `
		INSERT INTO demands (proposer, title, need, purpose, title_grams, grams, proposed_at, state) SELECT proposer, title, need, purpose, title_grams, grams, proposed_at, state FROM demands CROSS JOIN generate_series(1, 2);
		UPDATE demands SET merged_into = 1, root_id = 3 WHERE id = 2`},
	{name: "whose turn it is has no clock", rule: "L7 a clock", names: "demand 1 (unassigned)", sql: demand + `DELETE FROM demand_turns`},
	{name: "a clock of another department runs", rule: "L7 a clock", names: "demand 1 (unassigned)", sql: demand + `UPDATE demand_turns SET department_id = 1`},
	{name: "a demand was moved behind its steps", rule: "L7 a request for data stands", names: "demand 1 is withdrawn, its steps end with propose", sql: demand + `UPDATE demands SET state = 'withdrawn'`},
	{name: "a demand that nobody proposed", rule: "I7 every request for data", names: "demand 1", sql: demand},
	{name: "granted to somebody who did not apply", rule: "I5 a grant has one cause", names: "grant SQZ-2025-000001", sql: granted(`UPDATE grants SET user_id = 1`)},
	{name: "agreed to without a grant", rule: "I5 a grant has one cause", names: "application SQ-2025-000001 has no grant", sql: granted(`DELETE FROM grant_items; DELETE FROM grants`)},
	{name: "renewed before its end", rule: "I5 a renewal begins", names: "grant SQZ-2025-000002 after SQZ-2025-000001", sql: granted(followed("renewal"))},
	{name: "changed and in use still", rule: "I5 a renewal begins", names: "grant SQZ-2025-000002 after SQZ-2025-000001", sql: granted(followed("change"))},
	{name: "replaced by none", rule: "I5 a renewal begins", names: "grant SQZ-2025-000001 was replaced by none", sql: granted(`UPDATE grants SET state = 'replaced'`)},
	{name: "more columns than were decided", rule: "I5 a grant gives nothing", names: "file aaaaaaaa", sql: granted(`UPDATE grant_items SET columns = '{年份,人口}'`)},
	{name: "a file that was refused", rule: "I5 a grant gives nothing", names: "file aaaaaaaa", sql: granted(`UPDATE application_items SET decision = 'refused', reason = 'x'`)},
	{name: "one signature is missing", rule: "I6 a grant stands", names: "grant SQZ-2025-000001", sql: granted(`UPDATE agreements SET provider_by = NULL, provider_at = NULL`)},
	{name: "an agreement was altered", rule: "I6 a grant stands", names: "grant SQZ-2025-000001", sql: granted(`UPDATE agreements SET body = '别的'`)},
	{name: "taken after the term", rule: "I5 what was taken", names: "delivery 1 under SQZ-2025-000001", sql: granted(`UPDATE grants SET until_at = '2025-04-01', state = 'expired'; ` + taken("2025-04-01"))},
	{name: "taken of another file", rule: "I5 what was taken", names: "delivery 1", sql: granted(`DELETE FROM grant_items; ` + taken("2025-03-10"))},
	{name: "over the quota", rule: "I14 no grant gave", names: "grant SQZ-2025-000001 on 2025-03-10", sql: granted(`INSERT INTO grant_days VALUES (1, '2025-03-10', 2, 0); ` + taken("2025-03-10 08:00+08") + taken("2025-03-10 09:00+08"))},
	{name: "a part of nothing", rule: "I14 what took nothing", names: "under SQZ-2025-000001", sql: granted(strings.NewReplacer("began_at)", "began_at, counted)", "+08' FROM", "+08', false FROM").Replace(taken("2025-03-10 08:00+08")))},
	{name: "counted and not written down", rule: "I14 no grant gave", names: "on 2025-03-10", sql: granted(`INSERT INTO grant_days VALUES (1, '2025-03-10', 1, 0)`)},
	{name: "a key outlives its grant", rule: "I5 no key", names: "key sy_AAAAAAAA of SQZ-2025-000001", sql: granted(`UPDATE grants SET state = 'revoked', reason = 'x'; UPDATE api_keys SET grant_id = 1`)},
	{name: "a term that nobody ended", rule: "I5 no key", names: "grant SQZ-2025-000001", sql: granted(`UPDATE grants SET until_at = '2025-04-01'`)},
	{name: "a file that the agreement does not name", rule: "I6 a file handed in with an application", names: "application SQ-2025-000001", sql: paperOf("application", `'2025-03-01'`)},
	{name: "a file left behind", rule: "I10 a file of an application is", names: "dispute of case 1", sql: paperOf("dispute", "NULL")},
	{name: "a file of no application", rule: "I10 a file of an application is", names: "application of case 99", sql: paperOf("award", "NULL") + `; UPDATE case_papers SET kind = 'application', case_id = 99`},
	{name: "a material is missing", rule: "I6 an application that was handed in", names: "SQ-2025-000001 lacks 营业执照", sql: granted(`UPDATE applications SET submitted_at = '2999-01-01', conditions = '{"materials": ["营业执照"]}'`)},
	{name: "commercial without a competition", rule: "L7 commercial", names: "application SQ-2025-000001", sql: granted(`UPDATE applications SET lane = 'commercial'`)},
	{name: "won by another", rule: "L7 commercial", names: "application SQ-2025-000001", sql: granted(`UPDATE applications SET lane = 'commercial', award = '{"won": false}'`)},
	{name: "refused without a basis", rule: "L7 a refusal", names: "application SQ-2025-000001", sql: granted(`UPDATE applications SET state = 'refused', reason = 'x'`)},
	{name: "returned twice", rule: "L7 an application", names: "application SQ-2025-000001", sql: granted(`UPDATE applications SET completions = 2`)},
	{name: "decided before it was accepted", rule: "L7 an application", names: "application SQ-2025-000001", sql: granted(`UPDATE applications SET decided_at = '2025-03-01'`)},
	{name: "ended, and nothing is owed", rule: "L8 what was delivered", names: "grant SQZ-2025-000001", sql: granted(`UPDATE grants SET state = 'surrendered'`)},
	{name: "to be destroyed while the grant stands", rule: "L8 what was delivered", names: "grant SQZ-2025-000001", sql: destroyed("confirmed", `UPDATE grants SET state = 'active'`)},
	{name: "a certificate was altered", rule: "L8 a certificate", names: "certificate XH-2025-000001", sql: destroyed("confirmed", `UPDATE use_destructions SET body = '别的'`)},
	{name: "suspended without a warning", rule: "L8 the platform suspends", names: "grant SQZ-2025-000001", sql: granted(`UPDATE grants SET state = 'suspended', suspended_by = 'platform', reason = 'x'`)},
	{name: "the report is in and the suspension stays", rule: "L8 the platform suspends", names: "report 1 of grant SQZ-2025-000001", sql: reported("filed", `UPDATE use_reports SET warned_at = '2025-09-04', suspended_at = '2025-09-19'`)},
	{name: "a report was moved behind its history", rule: "L8 a report", names: "report 1 is void, its history ends with filed", sql: reported("filed", `UPDATE use_reports SET state = 'void'`)},
	{name: "a destruction without a history", rule: "L8 a report", names: "destruction 1 is confirmed, its history ends with wanting", sql: destroyed("confirmed", `INSERT INTO use_events (of, of_id, at, by_id, by_name, side, act, state) VALUES ('destruction', 1, now(), 1, '林', 'department', 'find_wanting', 'wanting')`)},
	{name: "a drawn grant is not audited", rule: "L8 a draw", names: "draw CC-2025-000001", sql: drawn("{SQZ-2025-000001}", ``)},
	{name: "drawn by choice", rule: "L8 a draw", names: "draw CC-2025-000001", sql: drawn("{SQZ-2025-000001,SQZ-2025-000002,SQZ-2025-000003,SQZ-2025-000004,SQZ-2025-000005}", `INSERT INTO use_audits (draw_id, grant_id, state, asked_at, clock_profile, clock_path, clock_from) VALUES (1, 1, 'asked', now(), 'x', 'y', now())`)},
	{name: "a report that nobody recorded", rule: "I7 every step of a report", names: "report 1", sql: reported("filed", ``)},
	{name: "a grant went to another department", rule: "L6 a grant of sharing", names: "grant 1 of request 1", sql: shareRequest("supplied") + `
		INSERT INTO share_grants (request_id, kind, dataset_id, department_id, purpose, began_at, last_day, ends_at) VALUES (1, 'share', 2, 2, '核对', '2020-01-01', '2099-01-01', '2099-01-02 00:00+08')`},
	{name: "a request was supplied without a grant", rule: "L6 a grant of sharing", names: "request 1 has no grant", sql: shareRequest("supplied")},
	{name: "a grant was not ended", rule: "L6 no grant", names: "until 2020-02-01", sql: shareRequest("supplied") + `
		INSERT INTO share_grants (request_id, kind, dataset_id, department_id, purpose, began_at, last_day, ends_at) VALUES (1, 'share', 2, 1, '核对', '2020-01-01', '2020-02-01', '2020-02-02 00:00+08')`},
	{name: "a request was moved behind its history", rule: "L6 a request for sharing", names: "request 1 is upheld, its history ends with refused", sql: shareRequest("refused") + `UPDATE share_requests SET state = 'upheld'`},
	{name: "nobody's clock runs", rule: "L6 a clock runs", names: "request 1 (accepted)", sql: shareRequest("accepted")},
	{name: "a clock runs on", rule: "L6 a clock runs", names: "request 1 (withdrawn)", sql: shareRequest("withdrawn") + `INSERT INTO share_clocks VALUES (1, 1, 'answer', 'x', 'y', now(), NULL)`},
	{name: "refused without a word", rule: "L6 a refusal", names: "request 1 (refused)", sql: checks("share_requests") + shareRequest("refused") + `UPDATE share_requests SET words = ''`},
	{name: "a request that nobody made", rule: "I7 every request for sharing", names: "request 1", sql: shareRequest("withdrawn")},
	{name: "a suspended organisation was given data", rule: "L8 a suspended organisation", names: "delivery 1 under SQZ-2025-000001", sql: suspended("2025-04-01") + taken("2025-04-02")},
	{name: "a suspended organisation signed", rule: "L8 a suspended organisation", names: "agreement 1 of application SQ-2025-000001", sql: suspended("2025-02-01")},
	{name: "suspended by nobody", rule: "I7 an organisation is suspended", names: "organisation 1", sql: suspended("2025-04-01")},
	{name: "commercial without an award", rule: "L7 a scenario over conditional data", names: "scenario SCN-2025-000001", sql: developed(`UPDATE scenarios SET award = NULL`)},
	{name: "another won", rule: "L7 a scenario over conditional data", names: "scenario SCN-2025-000001", sql: developed(`UPDATE scenarios SET award = '{"won": false}'`)},
	{name: "authorised by the operator", rule: "L9 no operator decides", names: "scenario SCN-2025-000001", sql: developed(checks("scenarios") + `UPDATE scenarios SET decided_by = screened_by`)},
	{name: "reviewed and decided by one", rule: "L9 no operator decides", names: "scenario SCN-2025-000001", sql: developed(checks("scenarios") + `UPDATE scenarios SET decided_by = security_by`)},
	{name: "authorised without a decision", rule: "L9 no operator decides", names: "scenario SCN-2025-000001", sql: developed(`UPDATE scenarios SET decided_at = NULL, decided_by = NULL`)},
	{name: "no opinion", rule: "L9 an opinion on an item", names: "file bbbbbbbb", sql: developed(`UPDATE scenario_items SET decided_by = NULL`)},
	{name: "more columns than the department gave", rule: "L9 a grant of a scenario", names: "grant CSQ-2025-000001", sql: developed(`UPDATE scenario_grants SET columns = '{名称,床位}'`)},
	{name: "columns that the mandate has not", rule: "L9 a grant of a scenario", names: "grant CSQ-2025-000001", sql: developed(`UPDATE mandate_items SET columns = '{床位}'`)},
	{name: "a purpose that the mandate has not", rule: "L9 a scenario keeps", names: "scenario SCN-2025-000001", sql: developed(`UPDATE scenarios SET purpose = 'health'`)},
	{name: "a form that the mandate has not", rule: "L9 a scenario keeps", names: "scenario SCN-2025-000001", sql: developed(`UPDATE scenarios SET outputs = '[{"form": "model_product"}]'`)},
	{name: "a grant beyond its contract", rule: "L9 the terms", names: "grant CSQ-2025-000001", sql: developed(`UPDATE scenario_grants SET until_at = '2098-01-02'`)},
	{name: "a scenario beyond its mandate", rule: "L9 the terms", names: "scenario SCN-2025-000001", sql: developed(`UPDATE scenarios SET until_at = '2099-01-02'`)},
	{name: "another text", rule: "L9 an active scenario", names: "scenario SCN-2025-000001", sql: developed(`UPDATE scenario_contracts SET body = '另一份'`)},
	{name: "a contract without its scenario", rule: "L9 an active scenario", names: "contract KFHT-2025-000001", sql: developed(`UPDATE scenarios SET state = 'closed'; UPDATE scenario_events SET state = 'closed'`)},
	{name: "suspended by the platform for nothing", rule: "L9 the platform suspends", names: "scenario SCN-2025-000001", sql: developed(`UPDATE scenarios SET state = 'suspended', suspended_by = 'platform', reason = 'x'; UPDATE scenario_events SET state = 'suspended'`)},
	{name: "a scenario was moved behind its history", rule: "L9 a scenario stands", names: "its history ends with active", sql: developed(`UPDATE scenarios SET state = 'suspended', suspended_by = 'operator', reason = 'x'`)},
	{name: "a breach case holds nothing", rule: "L8 a grant that a breach case holds", names: "breach WY-2020-000001", sql: breach("hearing", "open", `holds = true`)},
	{name: "halted without a case", rule: "L8 a grant that a breach case holds", names: "grant of sharing 1", sql: breach("cleared", "clear", `outcome = 'none', decided_at = now(), reason = 'x'`) + `UPDATE share_grants SET halted_at = now(), halted_reason = 'x'`},
	{name: "a revocation that ended nothing", rule: "L8 a revocation", names: "breach WY-2020-000001", sql: breach("revoked", "enforce", `outcome = 'revocation', decided_at = now(), reason = 'x', basis = 'x'`)},
	{name: "a breach case was moved behind its history", rule: "L8 a breach case stands", names: "breach WY-2020-000001 is cleared, its history ends with open", sql: breach("cleared", "open", `outcome = 'none', decided_at = now(), reason = 'x'`)},
	{name: "judged one's own decision", rule: "L8 nobody decided", names: "breach WY-2020-000001", sql: breach("upheld", "uphold", `outcome = 'warning', decided_at = now(), decided_by = 7, reason = 'x', verdict = 'x', verdict_at = now(), verdict_by = 7, disputed_at = now(), grounds = 'x'`)},
	{name: "a step that nobody recorded", rule: "I7 every step of a breach case", names: "breach WY-2020-000001: 1 steps, 0 acts", sql: breach("hearing", "open", `facts = 'x'`)},
	{name: "closed and a taker not told", rule: "L9 everybody who took", names: "incident AQ-2025-000001: user 2", sql: happened("closed", "close", "") + `DELETE FROM incident_people`},
	{name: "told after it was closed", rule: "L9 everybody who took", names: "incident AQ-2025-000001: user 2", sql: happened("closed", "close", "") + `UPDATE incident_people SET told_at = now()`},
	{name: "closed and a department not told", rule: "L9 everybody who took", names: "incident AQ-2025-000001: department 1", sql: happened("closed", "close", "") + shareRequest("supplied") + `
		INSERT INTO share_grants (request_id, kind, dataset_id, department_id, purpose, began_at, last_day, ends_at) VALUES (1, 'share', 2, 1, '核对', '2020-01-01', '2099-02-01', '2099-02-02 00:00+08'); UPDATE acquisitions SET share_grant_id = 1`},
	{name: "told twice", rule: "L9 whoever was told", names: "incident AQ-2025-000001: 2 letters", sql: `
		INSERT INTO river_job (kind, max_attempts, args) SELECT 'supervision_notice', 5, '{"of": "incident", "act": "tell", "number": "AQ-2025-000001", "to": "a@people.example"}' FROM generate_series(1, 2)`},
	{name: "closed without a report", rule: "L9 a closed incident", names: "incident AQ-2025-000001: no report to police", sql: happened("closed", "close", "") + `DELETE FROM incident_reports WHERE kind = 'police'`},
	{name: "reported after it was closed", rule: "L9 a closed incident", names: "incident AQ-2025-000001: no report to sector", sql: happened("closed", "close", "") + `UPDATE incident_reports SET at = now()`},
	{name: "a record was changed after it was put aside", rule: "L9 the records", names: "incident AQ-2025-000001", sql: happened("closed", "close", "") + `UPDATE acquisitions SET channel = 'page'`},
	{name: "a record that was put aside is gone", rule: "L9 the records", names: "incident AQ-2025-000001", sql: happened("closed", "close", "") + `DELETE FROM acquisitions`},
	{name: "an incident was moved behind its history", rule: "L9 an incident stands", names: "incident AQ-2025-000001 is closed, its history ends with contain", sql: happened("closed", "contain", "")},
	{name: "a step of an incident that nobody recorded", rule: "I7 every step of an incident", names: "incident AQ-2025-000001: 1 steps, 0 acts", sql: happened("closed", "close", "")},
	{name: "a bid read before its opening", rule: "I25 no bid can be read", names: "bid 1 of TD-2025-000001", sql: tendered("closed", "opened_at = NULL", "") + `DELETE FROM tender_bids WHERE id = 2`},
	{name: "a bid that lies open", rule: "I25 no bid can be read", names: "bid 1 of TD-2025-000001", sql: tendered("opened", "", `locked = 'amount 86000000'`)},
	{name: "a key that lies open", rule: "I25 no bid can be read", names: "key of TD-2025-000001", sql: tendered("opened", `key_locked = 'AGE-SECRET-KEY-1X'`, "")},
	{name: "a price above what it was held against", rule: "I22 no live plan", names: "plan TC-2025-000001: mandate AUTH-2025-000001", sql: listed(`UPDATE listing_plans SET fen = 1001`)},
	{name: "a price that tax lifts above the ceiling", rule: "I22 no live plan", names: "plan TC-2025-000001: mandate AUTH-2025-000001", sql: listed(`UPDATE listing_plans SET tax = 600, tax_included = false`)},
	{name: "a price held against nothing", rule: "I22 no live plan", names: "plan TC-2025-000001: mandate AUTH-2025-000001", sql: listed(`UPDATE listing_plans SET ceilings = '[]'`)},
	{name: "a ceiling that nobody set", rule: "I22 a ceiling that a plan", names: "plan TC-2025-000001: mandate AUTH-2025-000001", sql: listed(`UPDATE listing_plans SET fen = 1, ceilings = jsonb_set(ceilings, '{0,fen}', '1001')`)},
	{name: "a plan that replaces one that is live", rule: "I22 what replaces", names: "plan TC-2025-000002", sql: listed(`INSERT INTO listing_plans (number, listing_id, name, kind, channel, currency, replaces_id, state, state_at, live_at, made_by, made_name, made_at) VALUES ('TC-2025-000002', 83, '示例', 'free', 'file', 'CNY', 83, 'live', now(), now(), 1, '示例', now())`)},
	{name: "a fee for public benefit", rule: "I23 nothing is charged", names: "plan TC-2025-000001: scenario SCN-2025-000001", sql: listed(`UPDATE scenarios SET use_class = 'public_benefit'`)},
	{name: "a price of what is open", rule: "I21 what is open", names: "plan TC-2025-000001: content data", sql: listed(`UPDATE datasets SET updated_at = '2025-01-01';
		INSERT INTO product_contents (version_id, position, name, form, object, digest, came_at, came_by) SELECT 83, 0, 'data', 'bytes', v.sha256, v.sha256, '2025-02-01', 1 FROM versions v JOIN resources r ON r.id = v.resource_id JOIN datasets d ON d.id = r.dataset_id WHERE d.open_type = 'unconditional' AND d.status = 'published' ORDER BY v.id LIMIT 1`)},
	{name: "a listing nobody recorded", rule: "I7 every step of a listing", names: "listing SJ-2025-000001: 1 steps, 0 acts", sql: listed(`INSERT INTO listing_events (listing_id, act, side, state, by_id, name, at) VALUES (83, 'create', 'seller', 'draft', 1, '示例', now())`)},
	{name: "a notice of nine days", rule: "I26 a certificate of registration", names: "certificate DJZ-2025-000001", sql: registered(`UPDATE registrations SET notice_from = '2025-03-10'`)},
	{name: "issued before its notice was over", rule: "I26 a certificate of registration", names: "certificate DJZ-2025-000001", sql: registered(`UPDATE registrations SET notice_until = '2025-03-21'`)},
	{name: "an objection that nobody answered", rule: "I26 a certificate of registration", names: "certificate DJZ-2025-000001", sql: registered(`UPDATE registration_objections SET upheld = NULL, answer = '', answered_by = NULL, answered_at = NULL`)},
	{name: "an objection that was upheld", rule: "I26 a certificate of registration", names: "certificate DJZ-2025-000001", sql: registered(`UPDATE registration_objections SET upheld = true`)},
	{name: "the exchange controls the registrant", rule: "I26 the registrar", names: "certificate DJZ-2025-000001", sql: registered(`UPDATE registrations SET controls = '{91350100M000100Y45}'`)},
	{name: "a certificate of another number", rule: "I26 a certificate is what was signed", names: "certificate DJZ-2025-000001", sql: registered(`UPDATE log_leaves SET entry = convert_to('{"body": {"statement": "x"}}', 'UTF8') WHERE seq = 900`)},
	{name: "a certificate that ran out long ago", rule: "I26 a certificate is what was signed", names: "certificate HGZ-2025-000001", sql: registered(`UPDATE product_certificates SET valid_until = '2025-04-01' WHERE id = 82`)},
	{name: "a certifier with a member of the developer", rule: "I27 whoever certified", names: "certificate HGZ-2025-000001", sql: registered(`INSERT INTO organisation_members (organisation_id, user_id, side, role, joined_at) VALUES (81, 1, 'use', 'owner', '2025-01-01'), (82, 1, 'use', 'member', '2025-01-01')`)},
	{name: "a certifier under the same control", rule: "I27 whoever certified", names: "certificate HGZ-2025-000001", sql: registered(`UPDATE product_reports SET controls = '{91350100M000100Y43}'`)},
	{name: "a certifier with a member of whoever holds the registration", rule: "I27 whoever certified", names: "certificate HGZ-2025-000001", sql: registered(`UPDATE product_certificates SET organisation_id = 83 WHERE id = 81; INSERT INTO organisation_members (organisation_id, user_id, side, role, joined_at) VALUES (83, 1, 'use', 'owner', '2025-01-01'), (82, 1, 'use', 'member', '2025-01-01')`)},
	{name: "a certifier that controls whoever registered", rule: "I27 whoever certified", names: "certificate HGZ-2025-000001", sql: registered(`UPDATE registrations SET controls = '{91350100M000100Y44}'`)},
	{name: "a report without one of its tests", rule: "I27 no product with data", names: "certificate HGZ-2025-000001", sql: registered(`UPDATE product_reports SET body = jsonb_set(body, '{tests,0,passed}', 'false')`)},
	{name: "a registration nobody recorded", rule: "I7 every step of a registration", names: "registration DJ-2025-000001: 1 steps, 0 acts", sql: registered(`INSERT INTO registration_events (registration_id, act, side, state, by_id, name, at) VALUES (81, 'apply', 'registrant', 'applied', 1, 'x', now())`)},
	{name: "a line that is for more than it is", rule: "B1 a line of a statement", names: "line YH-1: 6 of 5", sql: banked(`UPDATE allocations SET amount = 6 WHERE id = 1`)},
	{name: "a line that is done and for nothing", rule: "B1 a line of a statement", names: "line YH-1: 0 of 5", sql: banked(`UPDATE allocations SET state = 'freed' WHERE id = 1`)},
	{name: "an advice that is paid by nothing", rule: "B2 what came for a payment advice", names: "advice for DD-9: 6, lines 5", sql: banked(`UPDATE payment_advices SET paid = 6`)},
	{name: "a payment in another currency", rule: "B2 what came for a payment advice", names: "line YH-1 pays DD-9", sql: banked(`UPDATE bank_lines SET currency = 'USD' WHERE id = 1`)},
	{name: "a line that nobody agreed to", rule: "B3 an account, a typed line", names: "line YH-1", sql: banked(`UPDATE bank_lines SET confirmed_by = NULL WHERE id = 1`)},
	{name: "a payment for somebody else without a letter", rule: "B3 an account, a typed line", names: "line YH-1 pays for somebody else", sql: banked(`UPDATE bank_lines SET verdict = 'wrong_payer' WHERE id = 1`)},
	{name: "a transfer of another amount", rule: "B4 a transfer that went", names: "instruction ZF-2025-000001", sql: banked(`UPDATE payment_instructions SET amount = 4`)},
	{name: "a line that is not in the books", rule: "B5 money that came", names: "line YH-1: 0 times", sql: banked(`DELETE FROM ledger_transactions`)},
	{name: "a checkout that is not in the books", rule: "B6 a checkout", names: "checkout 1 of DD-9: 0 times", sql: banked(`INSERT INTO payment_checkouts (order_number, attempt, amount, currency, title, expires_at, session, payment, state, made_at, state_at) VALUES ('DD-9', 1, 5, 'USD', 'x', '2025-03-01', 's', 'p', 'confirmed', '2025-03-01', '2025-03-01')`)},
	{name: "a transaction that does not balance", rule: "M1 every transaction of the ledger", names: "transaction 91", sql: booked("5", "-4", "")},
	{name: "a transaction without entries", rule: "M1 every transaction of the ledger", names: "transaction 91", sql: booked("5", "-5", "DELETE FROM ledger_entries; UPDATE ledger_balances SET folded = 0;")},
	{name: "an entry on another currency", rule: "M1 every transaction of the ledger", names: "entry 1 of transaction 91", sql: booked("5", "-5", "UPDATE ledger_entries SET currency = 'USD';")},
	{name: "a balance of its own", rule: "M2 the balance of an account", names: "account suspense", sql: booked("5", "-5", "UPDATE ledger_balances SET folded = 6 WHERE account_id = 91;")},
	{name: "a balance that is not kept", rule: "M2 the balance of an account", names: "account suspense", sql: booked("5", "-5", "DELETE FROM ledger_balances WHERE account_id = 91;")},
	{name: "more out of a hold than was in it", rule: "M3 nobody is owed less than nothing", names: "account order:hold:DD-1", sql: booked("-5", "5", "")},
	{name: "a reversal of another amount", rule: "M4 a reversal is the reverse", names: "transaction 92 reverses 91", sql: booked("5", "-5", `INSERT INTO ledger_transactions (id, key, sha256, kind, subject, effective_on, at, by_id, by_name, reverses_id) OVERRIDING SYSTEM VALUE VALUES (92, 'k2', sha256('x'), 'reversal', 'DD-1', '2025-03-01', '2025-03-01', -1, 'x', 91);
		INSERT INTO ledger_entries VALUES (92, 1, 91, 'CNY', -4), (92, 2, 92, 'CNY', 4); UPDATE ledger_balances SET folded = sign(folded);`)},
	{name: "a posting on a closed day", rule: "M5 the books of a closed time", names: "closing through 2025-03-01", sql: booked("5", "-5", `INSERT INTO ledger_closings VALUES ('2025-03-01', 1, 90, sha256(convert_to(E'order:hold:DD-1 CNY 0 5\nsuspense CNY 5 0\n', 'UTF8')), '2025-03-02', -1, 'x');`)},
	{name: "closed books that were changed", rule: "M5 the books of a closed time", names: "closing through 2025-03-01", sql: booked("5", "-5", `INSERT INTO ledger_closings VALUES ('2025-03-01', 1, 91, sha256(convert_to(E'order:hold:DD-1 CNY 0 4\nsuspense CNY 4 0\n', 'UTF8')), '2025-03-02', -1, 'x');`)},
	{name: "a certificate of other bytes", rule: "P6 a certificate of download", names: "certificate XZZ-2025-000001", sql: received(`repeat('b', 64)`, "XZZ-2025-000001")},
	{name: "a certificate of download of another number", rule: "P6 a certificate of download", names: "certificate XZZ-2025-000001", sql: received(`v.sha256`, "XZZ-2025-000002")},
	{name: "another bid than the one that was sealed", rule: "I25 a bid that was revealed", names: "bid 1 of TD-2025-000001", sql: tendered("opened", "", `canonical = canonical || '好'`)},
	{name: "a bid for another tender", rule: "I25 a bid that was revealed", names: "bid 1 of TD-2025-000001", sql: tendered("opened", "", `canonical = replace(canonical, '000001', '000002'), commitment = encode(sha256(convert_to(nonce || replace(canonical, '000001', '000002'), 'UTF8')), 'hex')`)},
	{name: "a late bid", rule: "I25 no bid was taken", names: "bid 1 of TD-2025-000001", sql: tendered("opened", "", `sealed_at = '2025-03-10'`)},
	{name: "two winners", rule: "I24 a confirmed tender", names: "tender TD-2025-000001 (confirmed): 2 winners", sql: `DROP INDEX tender_bids_winner;` + tendered("confirmed", "", "") + `UPDATE tender_bids SET state = 'won'`},
	{name: "no winner", rule: "I24 a confirmed tender", names: "tender TD-2025-000001 (confirmed): 0 winners", sql: tendered("confirmed", "", `state = 'lost'`)},
	{name: "a winner that was not first", rule: "I24 a confirmed tender", names: "tender TD-2025-000001 (confirmed): 1 winners", sql: tendered("confirmed", "", `rank = 2`)},
	{name: "a winner before the confirmation", rule: "I24 a confirmed tender", names: "tender TD-2025-000001 (opened): 1 winners", sql: tendered("opened", "", `state = 'won'`)},
	{name: "confirmed over a challenge", rule: "I24 an award was confirmed", names: "tender TD-2025-000001", sql: tendered("confirmed", "", "") + `INSERT INTO tender_challenges (tender_id, bid_id, notice_at, grounds, made_by, made_name, made_at) VALUES (1, 2, '2025-03-20', '不对', 1, '乙', '2025-03-21')`},
	{name: "an application won by another", rule: "I24 an application that a tender decided", names: "by TD-2025-000001", sql: tendered("confirmed", "", "") + granted(`UPDATE applications SET award = '{"notice": "TD-2025-000001", "won": true}'; INSERT INTO application_tenders (application_id, tender_id, tied_at) SELECT id, 1, '2025-03-01' FROM applications LIMIT 1`)},
	{name: "weights that are not 100", rule: "I24 the weights", names: "tender TD-2025-000001: 99", sql: tendered("opened", "", "") + `UPDATE tender_criteria SET weight = 99`},
	{name: "scored without a declaration", rule: "I24 nobody scored", names: "in tender TD-2025-000001", sql: tendered("opened", "", "") + `INSERT INTO tender_panel (tender_id, user_id, name, added_at) SELECT 1, id, '评审', '2025-02-20' FROM users ORDER BY id LIMIT 1; INSERT INTO tender_scores (bid_id, user_id, scoring, marks, at) SELECT 1, user_id, 1, '{9}', '2025-03-12' FROM tender_panel`},
	{name: "a step of a tender that nobody recorded", rule: "I7 every step of a tender", names: "tender TD-2025-000001: 1 steps, 0 acts", sql: tendered("opened", "", "") + `INSERT INTO tender_events (tender_id, act, by_id, by_name, side, at) VALUES (1, 'announce', 1, 'x', 'organiser', '2025-02-20')`},
	{name: "an order was moved behind its history", rule: "L10 a rectification order stands", names: "order ZG-2025-000001 is closed, its history ends with answer", sql: ordered("closed", "answer", overOf)},
	{name: "nobody's clock of an order runs", rule: "L10 of an order", names: "order ZG-2025-000001 (answered)", sql: checks("rectification_orders") + ordered("answered", "answer", reportedOf)},
	{name: "the clock of a check runs on", rule: "L10 of an order", names: "order ZG-2025-000001 (closed)", sql: checks("rectification_orders") + ordered("closed", "answer close", overOf+`, check_from = '2025-03-10', check_path = 'y', check_profile = 'x'`)},
	{name: "a new day that nobody named", rule: "L10 of an order", names: "order ZG-2025-000001 (wanting)", sql: ordered("wanting", "answer want", reportedOf+`, finding = '不够', found_at = '2025-03-12'`)},
	{name: "more time that moved nothing", rule: "L10 of an order", names: "order ZG-2025-000001 (issued)", sql: ordered("issued", "ask extend", `, asked_days = 5, asked_for = '忙', asked_at = '2025-03-08', more_days = 5, more_at = '2025-03-10'`)},
	{name: "an order closed without an answer", rule: "L10 an order is closed", names: "order ZG-2025-000001", sql: checks("rectification_orders") + ordered("closed", "close", `, finding = '看过', found_at = '2025-03-12', ended_at = '2025-03-12'`)},
	{name: "an order taken back without a reason", rule: "L10 an order is closed", names: "order ZG-2025-000001", sql: checks("rectification_orders") + ordered("withdrawn", "withdraw", `, ended_at = '2025-03-12'`)},
	{name: "an answer that shows nothing", rule: "L10 an answer to a rectification order", names: "order ZG-2025-000001", sql: checks("rectification_orders") + ordered("wanting", "answer want", `, answer = '定了', answered_at = '2025-03-10', answered_by = 7, rounds = 1, finding = '不够', found_at = '2025-03-12', due_from = '2025-03-12'`)},
	{name: "a file of an order left behind", rule: "I10 a file of a rectification order", names: "of order ZG-2025-000001", sql: ordered("closed", "answer close", overOf) + paperOfOrder("1", "1", "NULL")},
	{name: "a file handed in with no answer", rule: "I10 a file of a rectification order", names: "of order ZG-2025-000001", sql: ordered("issued", "", "") + paperOfOrder("1", "1", "'2025-03-09'")},
	{name: "a file of another department", rule: "I10 a file of a rectification order", names: "of order ZG-2025-000001", sql: ordered("issued", "", "") + paperOfOrder("1", "2", "NULL")},
	{name: "a file of no order", rule: "I10 a file of a rectification order", names: "of order 99", sql: paperOfOrder("99", "1", "NULL")},
	{name: "more time asked for twice", rule: "L10 more time", names: "order ZG-2025-000001", sql: ordered("issued", "ask ask", `, asked_days = 5, asked_for = '忙', asked_at = '2025-03-08'`)},
	{name: "more time given by whoever asked", rule: "L10 more time", names: "order ZG-2025-000001", sql: checks("rectification_orders") + ordered("issued", "ask extend", `, asked_days = 5, asked_for = '忙', asked_at = '2025-03-08', asked_by = 7, more_by = 7, more_days = 5, more_at = '2025-03-10', due_given = 5`)},
	{name: "put right by whoever ordered it", rule: "L10 who ordered", names: "order ZG-2025-000001", sql: checks("rectification_orders") + ordered("closed", "answer close", overOf+`, issued_by = 7`)},
	{name: "a step of an order that nobody recorded", rule: "I7 every step of a rectification order", names: "order ZG-2025-000001: 1 steps, 0 acts", sql: ordered("issued", "", "")},
	{name: "a city's mandate outlives its province's", rule: "L9 a mandate under another", names: "mandate AUTH-2025-000002 under AUTH-2025-000001", sql: authorised(`UPDATE mandates SET until_at = '2099-01-02' WHERE id = 2`)},
	{name: "a city's mandate begins before its province's", rule: "L9 a mandate under another", names: "mandate AUTH-2025-000002", sql: authorised(`UPDATE mandates SET from_at = '2024-12-31' WHERE id = 2`)},
	{name: "a city's mandate has a column that its province's has not", rule: "L9 a mandate under another", names: "mandate AUTH-2025-000002", sql: authorised(`UPDATE mandate_items SET columns = '{名称}' WHERE mandate_id = 1`)},
	{name: "a city's mandate has data that its province's has not", rule: "L9 a mandate under another", names: "mandate AUTH-2025-000002", sql: authorised(`DELETE FROM mandate_items WHERE mandate_id = 1`)},
	{name: "a city's mandate has a purpose that its province's has not", rule: "L9 a mandate under another", names: "mandate AUTH-2025-000002", sql: authorised(`UPDATE mandates SET purposes = '{transport,health}' WHERE id = 2`)},
	{name: "a narrow form opened below", rule: "L9 a mandate under another", names: "mandate AUTH-2025-000002", sql: authorised(`UPDATE mandate_items SET forms = '{result_table}' WHERE mandate_id = 1`)},
	{name: "a city takes more than its province may", rule: "L9 a mandate under another", names: "mandate AUTH-2025-000002", sql: authorised(`UPDATE mandate_ceilings SET fen = 101 WHERE mandate_id = 2`)},
	{name: "a body that regulates has a mandate", rule: "L9 who manages a mandate", names: "mandate AUTH-2025-000001", sql: authorised(`UPDATE departments SET side = 'regulate' WHERE id = 1`)},
	{name: "an operator that uses the data", rule: "L9 who manages a mandate", names: "mandate AUTH-2025-000001", sql: authorised(`UPDATE organisations SET side = 'use' WHERE id = 81`)},
	{name: "an official among the people of the operator", rule: "L9 who manages a mandate", names: "mandate AUTH-2025-000002", sql: authorised(`INSERT INTO organisation_members (organisation_id, user_id, side, role, joined_at) VALUES (81, 1, 'operate', 'member', now())`)},
	{name: "both sides signed by one", rule: "L9 who manages a mandate", names: "mandate AUTH-2025-000001", sql: authorised(`UPDATE mandates SET operator_signed_by = body_signed_by WHERE id = 1`)},
	{name: "whoever drafted approved", rule: "L9 who manages a mandate", names: "mandate AUTH-2025-000002", sql: authorised(`UPDATE mandates SET approved_by = drafted_by WHERE id = 2`)},
	{name: "an official screened an entry", rule: "L9 who manages a mandate", names: "entry RZ-2025-000001", sql: authorised(`UPDATE developers SET decided_by = (SELECT id FROM users WHERE name = '授')`)},
	{name: "another text than was signed", rule: "L9 an agreement of a mandate", names: "mandate AUTH-2025-000002", sql: authorised(`UPDATE mandates SET agreement = '另一份' WHERE id = 2`)},
	{name: "text and hash were changed together", rule: "L9 an agreement of a mandate", names: "mandate AUTH-2025-000001", sql: authorised(`INSERT INTO audit_entries (at, actor, roles, department, subject, subject_id, act, commitment) VALUES (now(), 1, '{}', 1, 'mandate', 'AUTH-2025-000001', 'approve', decode(repeat('00', 32), 'hex'));
		INSERT INTO audit_personal SELECT max(id), decode(repeat('00', 32), 'hex'), '{"sha256": "' || repeat('a', 64) || '"}' FROM audit_entries`)},
	{name: "a report was changed after it was issued", rule: "L9 an agreement of a mandate", names: "about 2025", sql: authorised(`INSERT INTO disclosure_reports (body_id, year, content, sha256, issued_by, issued_name, issued_at) VALUES (1, 2025, '{}', repeat('a', 64), 1, 'x', now())`)},
	{name: "closed with a mandate below", rule: "L9 a mandate is closed", names: "mandate AUTH-2025-000001: mandate AUTH-2025-000002", sql: authorised(`UPDATE mandates SET state = 'closed' WHERE id = 1; INSERT INTO operation_events (subject, case_id, act, name, side, state, at) VALUES ('mandate', 1, 'close', 'x', 'body', 'closed', now())`)},
	{name: "closed with a workspace below", rule: "L9 a mandate is closed", names: "mandate AUTH-2025-000002: workspace KJ-2025-000001", sql: authorised(jobBelow + `UPDATE mandates SET state = 'closed' WHERE id = 2; UPDATE scenarios SET state = 'closed'`)},
	{name: "a gate that lets through what was revoked above", rule: "L9 below a mandate", names: "scenario SCN-2025-000001", sql: authorised(jobBelow + `UPDATE mandates SET state = 'revoked', reason = 'x' WHERE id = 1; CREATE OR REPLACE FUNCTION mandate_stands(mandate bigint, at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT true'`)},
	{name: "a job runs on after its mandate was revoked", rule: "L9 below a mandate", names: "job ZY-2025-000001", sql: authorised(jobBelow + `UPDATE mandates SET state = 'revoked', reason = 'x', state_at = now() - interval '2 hours' WHERE id = 1`)},
	{name: "a mandate was moved behind its history", rule: "L9 a mandate, a plan", names: "mandate AUTH-2025-000002 is suspended, its history ends with active", sql: authorised(`UPDATE mandates SET state = 'suspended' WHERE id = 2`)},
	{name: "an entry was moved behind its history", rule: "L9 a mandate, a plan", names: "developer RZ-2025-000001", sql: authorised(`UPDATE developers SET state = 'suspended'`)},
	{name: "a mandate is held by another than its history says", rule: "L9 whoever holds", names: "mandate AUTH-2025-000002 is held by body, its history says regulator", sql: authorised(checks("mandates") + `UPDATE mandates SET state = 'suspended', held_by = 'body', basis = 'x', reason = 'x' WHERE id = 2;
		INSERT INTO operation_events (subject, case_id, act, name, side, state, at) VALUES ('mandate', 2, 'suspend', 'x', 'body', 'suspended', now()), ('mandate', 2, 'take_over', 'x', 'regulator', 'suspended', now())`)},
	{name: "an entry was taken over behind its history", rule: "L9 whoever holds", names: "developer RZ-2025-000001 is held by body, its history says operator", sql: authorised(`UPDATE developers SET state = 'suspended', held_by = 'body', reason = 'x';
		INSERT INTO operation_events (subject, case_id, act, name, side, state, at) VALUES ('developer', 1, 'suspend', 'x', 'operator', 'suspended', now())`)},
	{name: "a scenario was taken over behind its history", rule: "L9 whoever holds", names: "scenario SCN-2025-000001 is held by regulator, its history says nobody", sql: developed(`UPDATE scenarios SET state = 'suspended', suspended_by = 'regulator', reason = 'x'`)},
	{name: "a freeze was taken over behind its history", rule: "L9 whoever holds", names: "workspace KJ-2025-000001 is held by regulator, its history says operator", sql: computed(`UPDATE workspaces SET state = 'frozen', frozen_by = 'regulator', frozen_from = 'ready', reason = 'x';
		INSERT INTO workspace_events (workspace_id, act, side, name, state, at) VALUES (1, 'freeze', 'operator', 'x', 'frozen', now())`)},
	{name: "a workspace was moved behind its history", rule: "W4 a workspace stands", names: "workspace KJ-2025-000001 is frozen, its history ends with ready", sql: computed(`UPDATE workspaces SET state = 'frozen', frozen_by = 'regulator', frozen_from = 'ready', reason = 'x'`)},
	{name: "a mandate outlives its term", rule: "L9 a mandate, a plan", names: "mandate AUTH-2025-000001 is active since its term is over", sql: authorised(`UPDATE mandates SET until_at = now() - interval '2 hours' WHERE id = 1`)},
	{name: "somebody writes whom nobody confirmed", rule: "L9 people of a developer", names: "entry RZ-2025-000001", sql: authorised(`INSERT INTO developer_people (developer_id, user_id, writes, releases) VALUES (1, 2, true, false)`)},
	{name: "an operator that won nothing", rule: "L9 an operator won", names: "award of plan SSFA-2025-000001", sql: authorised(`INSERT INTO mandate_awards (plan_id, winner_id, way, candidates, announced_on, words, tender, recorded_by, recorded_name, recorded_at) VALUES (1, 81, 'open_tender', 3, '2025-01-01', 'x', 'TD-2025-000001', 1, 'x', now())`)},
	{name: "a mount of more columns than were granted", rule: "W1 a workspace mounts", names: "mount 1 of workspace KJ-2025-000001", sql: computed(`UPDATE workspace_mounts SET columns = '[{"Name": "c", "Use": "group"}]'`)},
	{name: "a column used otherwise than granted", rule: "W1 a workspace mounts", names: "mount 1 of workspace KJ-2025-000001", sql: computed(`UPDATE workspace_mounts SET columns = '[{"Name": "b", "Use": "read"}]'`)},
	{name: "a mount by the grant of another scenario", rule: "W1 a workspace mounts", names: "mount 1 of workspace KJ-2025-000001", sql: computed(`UPDATE scenario_contracts SET scenario_id = 9`)},
	{name: "a job that ran before its mount was acquired", rule: "W1 what a job read", names: "job ZY-2025-000001, mount t", sql: computed(`UPDATE workspace_jobs SET started_at = '2025-02-01'`)},
	{name: "a mount that was never read to its end", rule: "W1 what a job read", names: "job ZY-2025-000001, mount t", sql: computed(`DELETE FROM acquisition_ends WHERE acquisition_id = (SELECT acquisition_id FROM workspace_mounts)`)},
	{name: "one person is two", rule: "W2 two people", names: "review SC-2025-000001", sql: checks("output_reviews") + computed(`UPDATE output_reviews SET second_by = first_by`)},
	{name: "a seal of another statement", rule: "P1 what is sealed", names: "version 1", sql: product(`UPDATE log_leaves SET entry = convert_to('{"body": {"statement": "other"}}', 'UTF8')`)},
	{name: "a seal without an acquisition", rule: "P1 what is sealed", names: "version 1", sql: product(`DELETE FROM product_sources`)},
	{name: "a version that nobody sealed", rule: "P1 what is sealed", names: "version 1 is published without a seal", sql: product(`DELETE FROM product_seals`)},
	{name: "acquired after it was built", rule: "P2 data was acquired", names: "version 1: acquisition", sql: product(`UPDATE acquisition_ends SET ended_at = '2025-02-05'`)},
	{name: "logged before it was sealed", rule: "P2 data was acquired", names: "version 1: in the log", sql: product(`UPDATE log_leaves SET at = '2025-02-01'`)},
	{name: "a file of a product that is another", rule: "P3 files of products", names: "version 1: x", sql: product(`UPDATE product_artefacts SET bytes = bytes + 1`)},
	{name: "a source that is not named", rule: "P4 a statement names", names: "version 1 names", sql: product(`UPDATE product_seals SET statement = b, digest = encode(sha256(b), 'hex') FROM (SELECT convert_to('{"predicate": {"sources": []}}', 'UTF8') AS b) x`)},
	{name: "a source too many", rule: "P4 a statement names", names: "version 1 names", sql: product(`DELETE FROM workspace_job_mounts`)},
	{name: "a key of a developer that the log does not have", rule: "P6 every key", names: "key " + strings.Repeat("e", 64), sql: product(developerKey)},
	{name: "a signature of a developer that is none", rule: "P6 what stands as signed", names: "version 1", sql: product(developerKey + `INSERT INTO product_countersignatures (version_id, key_id, signature, by_id, by_name, at, leaf) VALUES (1, repeat('e', 64), decode(repeat('00', 64), 'hex'), 2, '陈', '2025-02-06', 0)`)},
	{name: "withdrawn and not flagged", rule: "P5 every version", names: "version 1: withdrawn", sql: product(`UPDATE datasets SET status = 'withdrawn', withdrawn_reason = 'x', updated_at = '2025-03-01' WHERE id = 1`)},
	{name: "released by who asked", rule: "W2 two people", names: "review SC-2025-000001", sql: checks("output_reviews") + computed(`UPDATE output_reviews SET first_by = asked_by`)},
	{name: "reviewed by the organisation that asked", rule: "W2 two people", names: "review SC-2025-000001", sql: computed(`INSERT INTO organisation_members VALUES (5, 4, 'use', 'member', now())`)},
	{name: "a result that the rules refused left", rule: "W2 a result that", names: "release FC-2025-000001", sql: computed(`INSERT INTO output_reviews (number, workspace_id, job_id, state, state_at, title, purpose, asked_by, asked_name, asked_at, clock_profile, clock_path, clock_from, ended_at) SELECT 'SC-2025-000002', 1, 1, 'auto_rejected', now(), 'x', 'x', 2, '陈', now(), 'x', 'y', now(), now()`)},
	{name: "a release that nobody let out", rule: "W3 what left", names: "release FC-2025-000001", sql: computed(`UPDATE output_reviews SET state = 'rejected'`)},
	{name: "another result than was reviewed", rule: "W3 what left", names: "release FC-2025-000001", sql: computed(`UPDATE releases SET sha256 = repeat('d', 64)`)},
	{name: "something else was handed out", rule: "W3 what left", names: "download 1", sql: computed(`INSERT INTO release_downloads (release_id, form, sha256, user_id, at) VALUES (1, 'csv', repeat('e', 64), 2, now())`)},
	{name: "a release without one of its sources", rule: "W3 a released result", names: "release FC-2025-000001", sql: computed(`DELETE FROM release_inputs`)},
	{name: "a key that outlived its workspace", rule: "W4 of a destroyed", names: "workspace KJ-2025-000001", sql: checks("workspaces") + computed(`UPDATE workspaces SET state = 'destroyed'`)},
	{name: "a held result that outlived its workspace", rule: "W4 of a destroyed", names: "workspace KJ-2025-000001", sql: computed(`UPDATE workspaces SET state = 'destroyed', wrapped_key = NULL, key_erased_at = now(); INSERT INTO workspace_destructions VALUES (1, 'XHKJ-2025-000001', '[]', 'x', encode(sha256('x'), 'hex'), now()); UPDATE workspace_mounts SET state = 'gone'`)},
	{name: "a result that is gone", rule: "W5 a result is held", names: "job ZY-2025-000001", sql: computed(`DELETE FROM workspace_results`)},
	{name: "a job that was not measured", rule: "W6 what a job took", names: "job ZY-2025-000001", sql: computed(`DELETE FROM usage_events`)},
	{name: "usage of no job", rule: "W6 what was measured is of", names: "usage event ZY-2025-000009:cpu_ms", sql: computed(`INSERT INTO usage_events (source, event_id, workspace_id, meter, quantity, dims, at, received_at) VALUES ('workspace', 'ZY-2025-000009:cpu_ms', 1, 'cpu_ms', 7, '{"job": "ZY-2025-000009"}', now(), now())`)},
	{name: "usage of another's job", rule: "W6 what was measured is of", names: "usage event ZY-2025-000001:cpu_ms", sql: computed(`UPDATE usage_events SET dims = '{"job": "ZY-2025-000002"}'`)},
	{name: "more rows measured than were read", rule: "W6 what was measured is of", names: "usage event ZY-2025-000001:t:rows_read", sql: computed(`INSERT INTO usage_events (source, event_id, workspace_id, meter, quantity, dims, at, received_at) VALUES ('workspace', 'ZY-2025-000001:t:rows_read', 1, 'rows_read', 6, '{"job": "ZY-2025-000001", "mount": "t"}', now(), now())`)},
	{name: "cells measured of no release", rule: "W6 what was measured is of", names: "usage event FC-2025-000002:cells_released", sql: computed(`INSERT INTO usage_events (source, event_id, workspace_id, meter, quantity, dims, at, received_at) VALUES ('workspace', 'FC-2025-000002:cells_released', 1, 'cells_released', 1, '{}', now(), now())`)},
	{name: "usage of nothing that is known", rule: "W6 what was measured is of", names: "usage event x:cpu_ms", sql: computed(`INSERT INTO usage_events (source, event_id, workspace_id, meter, quantity, dims, at, received_at) VALUES ('workspace', 'x:cpu_ms', 1, 'cpu_ms', 1, '{}', now(), now())`)},
	{name: "the mounts of a workspace that is not there", rule: "W4 in the engine's", names: "mounts of KJ-2025-000009", do: func(t *testing.T, w *world) {
		w.lies(t, filepath.Join(w.engine, "mounts", "KJ-2025-000009", strings.Repeat("a", 64)), 0)
	}},
	{name: "the mounts of a workspace that was destroyed", rule: "W4 in the engine's", names: "mounts of KJ-2025-000001", sql: computed(`UPDATE workspaces SET state = 'destroyed', wrapped_key = NULL, key_erased_at = now()`), do: func(t *testing.T, w *world) {
		w.lies(t, filepath.Join(w.engine, "mounts", "KJ-2025-000001", strings.Repeat("a", 64)), 0)
	}},
	{name: "a mount that was never whole", rule: "W4 in the engine's", names: "of KJ-2025-000001: new-1", sql: computed(``), do: func(t *testing.T, w *world) {
		w.lies(t, filepath.Join(w.engine, "mounts", "KJ-2025-000001", "new-1"), 2*time.Hour)
	}},
	{name: "a copy of a table that nobody took away", rule: "W4 in the engine's", names: "left in the folder: table-1", do: func(t *testing.T, w *world) { w.lies(t, filepath.Join(w.engine, "table-1"), 2*time.Hour) }},
	{name: "plain files of a mount", rule: "W4 in the engine's", names: "plain files of a mount: ", do: func(t *testing.T, w *world) { w.lies(t, filepath.Join("/dev/shm", w.scratch+"1"), 2*time.Hour) }},
	{name: "a process that outlived its program", rule: "W4 in the engine's", names: "outlived the program", do: func(t *testing.T, w *world) {
		cmd := &exec.Cmd{Path: "/bin/sleep", Args: []string{"shuyuan-behind-a-wall", "600"}}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() }) //nolint:errcheck // it is killed
	}},
	{name: "a workspace that outlived its scenario", rule: "W4 a workspace is closed", names: "workspace KJ-2025-000001", sql: computed(`UPDATE scenarios SET state = 'expired', state_at = now() - interval '40 days'`)},
	{name: "a workspace that outlived its mandate", rule: "W4 a workspace is closed", names: "workspace KJ-2025-000001", sql: developed(`INSERT INTO workspaces (number, scenario_id, organisation_id, state, state_at, wrapped_key, cpu_seconds, memory_mb, wall_seconds, concurrent, rows_most, opened_by, opened_at) SELECT 'KJ-2025-000001', 1, organisation_id, 'ready', '2025-02-06', '\x00', 1, 1, 1, 1, 1, user_id, '2025-02-06' FROM scenarios;
		` + checks("mandates") + `UPDATE mandates SET state = 'revoked', state_at = now() - interval '40 days'`)},
	{name: "a job that nobody runs", rule: "I17 no job", names: "job ZY-2025-000001 (running)", sql: computed(`UPDATE workspace_jobs SET state = 'running', ended_at = NULL, runner = 'gone'`)},
	{name: "a mark without an objection", rule: "L5 an entry is marked", names: "population: marked 1, open 0", sql: `UPDATE datasets SET rechecks = 1 WHERE id = 1`},
	{name: "an objection without a mark", rule: "L5 an entry is marked", names: "population: marked 0, open 1", sql: objected("received", "") + `UPDATE datasets SET rechecks = 0`},
	{name: "put right before it came", rule: "L5 what puts", names: "objection FH-1", sql: checks("corrections") + objected("corrected", `outcome = 'corrected', fix_version = 2`)},
	{name: "put right by another entry", rule: "L5 what puts", names: "objection FH-1", sql: checks("corrections") + objected("corrected", `outcome = 'corrected', fix_version = 2, received_at = '2025-01-02'`) + `UPDATE resources SET dataset_id = 2, position = 9 WHERE id = 'aaaaaaaa'`},
	{name: "put right by nothing", rule: "L5 what puts", names: "objection FH-1", sql: checks("corrections") + objected("corrected", `outcome = 'corrected'`)},
	{name: "extended after its end", rule: "L5 the one extension", names: "objection FH-1", sql: checks("corrections") + objected("extended", `ask_at = now(), ask_by = 1, ask_days = 7, more_at = '2025-03-12 01:00+08', more_by = 2, more_days = 7, more_from = '2025-03-11'`)},
	{name: "extended by whoever asked", rule: "L5 the one extension", names: "objection FH-1", sql: checks("corrections") + objected("extended", `ask_at = now(), ask_by = 1, ask_days = 7, more_at = '2025-03-11', more_by = 1, more_days = 7, more_from = '2025-03-11'`)},
	{name: "extended twice", rule: "L5 the one extension", names: "objection FH-1", sql: checks("corrections") + objected("extended", `ask_at = now(), ask_by = 1, ask_days = 7, more_at = '2025-03-11', more_by = 2, more_days = 7, more_from = '2025-03-11'`) +
		`INSERT INTO correction_events SELECT 1, n, 'extend', now(), '', '' FROM generate_series(2, 3) n`},
	{name: "in a case about something else", rule: "L5 values that disagree", names: "objection FH-1", sql: objected("inconsistent", `case_id = 1`)},
	{name: "about a row that there is not", rule: "L5 an objection is about", names: "objection FH-1", sql: objected("received", `version_id = 1, position = 1, row_number = 3`)},
	{name: "about a column that there is not", rule: "L5 an objection is about", names: "objection FH-1", sql: objected("received", `version_id = 1, position = 1, column_name = '面积'`)},
	{name: "a contact that was said to be erased", rule: "L5 whoever filed", names: "objection FH-1", sql: checks("corrections") + objected("closed", `outcome = 'no_error', closed_at = now(), erased_at = now()`)},
	{name: "a contact that nobody erased", rule: "L5 whoever filed", names: "objection FH-1", sql: checks("corrections") + objected("closed", `outcome = 'no_error', closed_at = '2025-04-01'`)},
	{name: "an objection that nobody recorded", rule: "I7 every step", names: "FH-1: 1 steps, 0 acts", sql: objected("received", "")},
	{name: "a case names nobody concerned", rule: "L4 a case names", names: "case 1", sql: `INSERT INTO source_cases (kind, profile, state, origin, opened_at, opened_by, opened_name, decided_at, decided_by, source_id, reason) VALUES ('duplicate', 'x', 'decided', 'authority', now(), 1, '林', now(), 1, 1, '理由')`},
	{name: "an item is collected by another department", rule: "L4 a data item", names: "item 企业 of dataset 1", sql: `INSERT INTO source_cases (kind, profile, state, origin, opened_at, opened_by, opened_name, decided_at, decided_by, source_id, reason) VALUES ('duplicate', 'x', 'decided', 'authority', now(), 1, '林', now(), 1, 1, '理由');
		UPDATE datasets SET department_id = 2 WHERE id = 2; INSERT INTO source_case_entries VALUES (1, 1), (1, 2); INSERT INTO source_case_items VALUES (1, '企业', '企业');
		INSERT INTO item_sources (dataset_id, item, case_id, department_id, source_id) VALUES (1, '企业', 1, 1, 2)`},
	{name: "an act was altered", rule: "I7", names: "audit entry 2", sql: `UPDATE audit_entries SET act = 'dataset.read' WHERE id = 2`},
	{name: "an act was taken out", rule: "I7", names: "entries 2 to 2 are missing", sql: `DELETE FROM audit_personal WHERE entry_id = 2; DELETE FROM audit_entries WHERE id = 2`},
	{name: "the chain was made anew behind a verification", rule: "I7", names: "differs from the head remembered", sql: `INSERT INTO audit_checks (by_id, target, done, hash, finished_at) VALUES (1, 2, 2, decode(repeat('11', 32), 'hex'), now())`},
	{name: "the end of the chain was cut off behind a verification", rule: "I7", names: "ends before the remembered place 99", sql: `INSERT INTO audit_checks (by_id, target, done, hash, finished_at) VALUES (1, 99, 99, decode(repeat('11', 32), 'hex'), now())`},
	{name: "a personal row was altered", rule: "I7", names: "audit entry 1", sql: `UPDATE audit_personal SET content = '{}' WHERE entry_id = 1`},
	{name: "a personal row was taken out", rule: "I7 every entry of the audit trail has", names: "audit entry 3", sql: `DELETE FROM audit_personal WHERE entry_id = 3`},
	{name: "a publication was not announced", rule: "I7 every published", names: "hospitals", sql: `DELETE FROM changes WHERE dataset_id = 2`},

	{name: "a version that nobody published", rule: "I7 every version", names: "resource aaaaaaaa: 2 versions, 1 acts", sql: `UPDATE audit_entries SET act = 'x' WHERE id = 5`},

	{name: "an object was lost", rule: "I10 every file", names: "not in the store", do: func(t *testing.T, w *world) {
		if err := os.Remove(w.object(original)); err != nil {
			t.Fatal(err)
		}
	}},
	{name: "an object was cut", rule: "I10 every file", names: "3 in the store", do: func(t *testing.T, w *world) { w.overwrite(t, original, []byte("cut")) }},
	{name: "an object was altered", rule: "I10 every file", names: "not those", deep: true, do: func(t *testing.T, w *world) {
		b := append([]byte{}, original...)
		b[len(b)-2] = '9'
		w.overwrite(t, original, b)
	}},
	{name: "an object is nobody's", rule: "I10 every object", names: "since", do: func(t *testing.T, w *world) {
		old := time.Now().Add(-check.Lease - time.Hour)
		if err := os.Chtimes(w.object([]byte("an upload in progress")), old, old); err != nil {
			t.Fatal(err)
		}
	}},
	{name: "a version is longer than its file", rule: "I10 a version", names: "version 2 of resource aaaaaaaa", sql: `UPDATE versions SET bytes = bytes + 1 WHERE id = 2`},
	{name: "a rendition is longer than its file", rule: "I10 a rendition is as long", names: "csv-bom", sql: `UPDATE renditions SET bytes = 1`},
	{name: "a rendition of no table", rule: "I10 a rendition is of", names: "table 9", sql: `UPDATE renditions SET position = 9`},

	{name: "a table is longer than its file", rule: "I10 a table's Parquet file", names: "table 1 of version 2", sql: `UPDATE table_files SET bytes = 1 WHERE version_id = 2`},
	{name: "a Parquet file of no table", rule: "I10 a Parquet file is of", names: "table 9", sql: `UPDATE table_files SET position = 9 WHERE version_id = 2`},

	{name: "columns were renamed after they were published", rule: "I10 what is said", names: "revision 1 of table", sql: `INSERT INTO dictionary_revisions
		SELECT version_id, position, 1, '[{"name": "别的"}]', 'form', '改错', 1, now() FROM version_tables WHERE version_id = 1 LIMIT 1`},
	{name: "a version was compared with a later one", rule: "I10 versions are compared", names: "version 1 with 2", sql: `INSERT INTO version_changes VALUES (1, 2, '[]', now())`},

	{name: "the bytes of an upload were lost", rule: "I10 an upload on its way", names: "9 bytes by its row, 0 in its file", do: func(t *testing.T, w *world) { w.remove(t, upload(1)+".part") }},
	{name: "the bytes of an upload were cut", rule: "I10 an upload on its way", names: "9 bytes by its row, 3 in its file", do: func(t *testing.T, w *world) {
		if err := os.Truncate(filepath.Join(w.staged, upload(1)+".part"), 3); err != nil {
			t.Fatal(err)
		}
	}},
	{name: "a staged file is of no upload", rule: "I10 a staged file", names: upload(2), do: func(t *testing.T, w *world) { w.stage(t, upload(2), check.Lease+time.Hour) }},
	{name: "a staged file is of an upload that has ended", rule: "I10 a staged file", names: upload(1), sql: `UPDATE uploads SET state = 'expired'`},
	{name: "an upload became the version of another", rule: "I10 an upload became", names: "upload " + upload(1), sql: `UPDATE uploads SET state = 'published', version_id = 1, got = 9, format = 'csv', resource_id = 'bbbbbbbb',
		sha256 = (SELECT sha256 FROM versions WHERE id = 1)`},

	{name: "what was found outlived its upload", rule: "I10 a scan is of", names: "scan of 0000", sql: `UPDATE scans SET at = now() - interval '32 days' WHERE sha256 LIKE '00%'`},
	{name: "what was found outlived the upload that ended", rule: "I10 a scan is of", names: "scan of 0000", sql: checks("uploads") + `UPDATE scans SET at = now() - interval '32 days' WHERE sha256 LIKE '00%';
		ALTER TABLE uploads DROP CONSTRAINT uploads_sha256_fkey; UPDATE uploads SET sha256 = repeat('0', 64), state = 'expired'`},
	{name: "a finding of a version that is missing", rule: "I10 a scan is of", names: "resource aaaaaaaa", sql: `UPDATE versions SET sha256 = repeat('1', 64)`},
	{name: "a finding of no file", rule: "I10 a finding is of", names: "finding 1", sql: `DELETE FROM scans WHERE at < '2026-01-01'`},
	{name: "a finding in no table", rule: "I10 a finding in", names: "finding 1 in version 2", sql: `UPDATE findings SET position = 2`},
	{name: "a finding in no column", rule: "I10 a finding in", names: "finding 1 in version 1", sql: `UPDATE findings SET column_name = '电话'`},
	{name: "a decision about a later version was carried", rule: "I10 a decision", names: "finding 1", sql: `UPDATE findings SET state = 'dismissed', reason = '公开', decided_by = 1, decided_at = now(), carried_from = 2`},
	{name: "a decision about another file was carried", rule: "I10 a decision", names: "finding 1", sql: checks("findings") + `UPDATE findings SET carried_from = 9`},
	{name: "a profile of another column", rule: "I10 a profile", names: "column 1 of table 1 of version 1", sql: `UPDATE table_profiles SET profile = '{"column": "年份"}' WHERE field = 1`},
	{name: "a profile of no column", rule: "I10 a profile", names: "column 2 of table 1", sql: `UPDATE table_profiles SET field = 2 WHERE field = 1`},

	{name: "a withheld entry is in the index", rule: "I11", names: "secret-list", do: func(_ *testing.T, w *world) { w.index = append(w.index, "secret-list") }},
	{name: "a draft is in the index", rule: "I11", names: "draft", do: func(_ *testing.T, w *world) { w.index = append(w.index, "draft") }},
	{name: "a withdrawn entry is in the index", rule: "I11", names: "population", sql: `UPDATE datasets SET status = 'withdrawn', withdrawn_reason = '错误' WHERE id = 1`},
	{name: "a public entry is not in the index", rule: "I11", names: "hospitals", do: func(_ *testing.T, w *world) { w.index = w.index[:1] }},
	{name: "an entry is in the index twice", rule: "I11", names: "more than once", do: func(_ *testing.T, w *world) { w.index = append(w.index, "population") }},

	{name: "a job hangs", rule: "I13 no job waits", names: "job 1", sql: `UPDATE river_job SET state = 'running', attempted_at = now() - interval '2 hours' WHERE id = 1`},
	{name: "a job waits", rule: "I13 no job waits", names: "job 1", sql: `UPDATE river_job SET scheduled_at = now() - interval '2 hours' WHERE id = 1`},
	{name: "a job was given up", rule: "I13 no job was given up", names: "job 1", sql: `UPDATE river_job SET state = 'discarded', finalized_at = now() WHERE id = 1`},
	{name: "a version was never looked through", rule: "I13 every version with tables was looked", names: "version 2 of resource aaaaaaaa", sql: `DELETE FROM findings; DELETE FROM scans`},
	{name: "a column has no profile", rule: "I13 every column", names: "table 1 of version 2 of resource aaaaaaaa", sql: `DELETE FROM table_profiles WHERE version_id = 2 AND field = 1`},
	{name: "a version was never checked", rule: "I13 every version with tables was held", names: "version 1 of resource aaaaaaaa", sql: `DELETE FROM version_checks WHERE version_id = 1`},
	{name: "nobody was told of what is in a public file", rule: "I13 whoever must decide", names: "finding 1 in version 2", sql: `DELETE FROM finding_letters WHERE version_id = 2`},
	{name: "only another kind was told", rule: "I13 whoever must decide", names: "finding 1 in version 1", sql: `UPDATE finding_letters SET kind = 'passport'`},
	{name: "a dead session was kept", rule: "I13 no session", names: "session aaaa", sql: `UPDATE sessions SET expires_at = now() - interval '3 days'`},
	{name: "an act was never sealed", rule: "I13 no act", names: "audit entry", sql: `INSERT INTO audit_entries (at, actor, roles, department, subject, subject_id, act, commitment)
		VALUES (now() - interval '2 hours', 0, '{}', 0, 'x', '', 'x', decode(repeat('00', 32), 'hex'))`},
	{name: "the clock ran ahead", rule: "I13 the clock", names: "clock", sql: `INSERT INTO clock VALUES (true, now() + interval '1 day') ON CONFLICT (single) DO UPDATE SET high = excluded.high`},

	{name: "usage below nothing", rule: "I14 usage", names: "dataset 1", sql: `UPDATE usage_days SET views = -1`},
	{name: "usage of tomorrow's tomorrow", rule: "I14 usage", names: "dataset 1", sql: `UPDATE usage_days SET day = current_date + 5`},
	{name: "bytes without a download", rule: "I14 usage", names: "dataset 1", sql: `UPDATE usage_days SET downloads = 0`},
	{name: "totals that add up to something else", rule: "I14 the use", names: "dataset 1", sql: `UPDATE usage_totals SET downloads = 3`},
	{name: "days without a total", rule: "I14 the use", names: "dataset 1", sql: `DELETE FROM usage_totals`},
	{name: "usage of a draft", rule: "I14 only", names: "dataset 4", sql: `UPDATE usage_days SET dataset_id = 4`},

	{name: "an API key in a text", rule: "I16 no secret", names: "datasets.summary", sql: `UPDATE datasets SET summary = 'curl -H "Bearer sy_' || repeat('a1', 23) || '"' WHERE id = 1`},
	{name: "a private key in a job", rule: "I16 no secret", names: "river_job.args", sql: `UPDATE river_job SET args = '{"k": "-----BEGIN RSA PRIVATE KEY-----"}'`},
	{name: "a backup key in a list", rule: "I16 no secret", names: "datasets.tags", sql: `UPDATE datasets SET tags = '{AGE-SECRET-KEY-1QQQQ}' WHERE id = 1`},
	{name: "a password in an address", rule: "I16 no secret", names: "audit_personal.content", sql: `UPDATE audit_personal SET content = 'postgres://u:hunter2@db/x' WHERE entry_id = 1`},
	{name: "a password in clear", rule: "I16 passwords", names: "user 1", sql: checks("users") + `UPDATE users SET password = 'hunter2' WHERE id = 1`},
	{name: "a session token in clear", rule: "I16 passwords", names: "session", sql: checks("sessions") + `UPDATE sessions SET token_hash = 'token'`},
	{name: "a key in clear", rule: "I16 passwords", names: "key sy_", sql: checks("api_keys") + `UPDATE api_keys SET hash = 'key'`},

	{name: "a version was taken out", rule: "I18 versions are numbered", names: "aaaaaaaa", sql: `DELETE FROM versions WHERE id = 1`},
	{name: "a number was given twice", rule: "I18 versions are numbered", names: "aaaaaaaa", sql: drop("versions", "versions_resource_id_number_key") + `UPDATE versions SET number = 2`},
	{name: "an older version came later", rule: "I18 a version is not older", names: "version 2", sql: `UPDATE versions SET published_at = '2024-01-01' WHERE number = 2`},
	{name: "files are an address too", rule: "I18 a resource", names: "aaaaaaaa", sql: `INSERT INTO links (resource_id, kind, url, format) VALUES ('aaaaaaaa', 'page', 'https://a.example/', 'html')`},
	{name: "versions can be changed", rule: "I18 what guards", names: "versions_frozen of versions", sql: `DROP TRIGGER versions_frozen ON versions`},
	{name: "versions can be swept away", rule: "I18 what guards", names: "versions_kept of versions", sql: `ALTER TABLE versions DISABLE TRIGGER versions_kept`},
	{name: "the audit trail can be changed", rule: "I18 what guards", names: "audit_entries_guard", sql: `ALTER TABLE audit_entries DISABLE TRIGGER audit_entries_guard`},

	{name: "a resource of no dataset", rule: "I19 every reference", names: "dataset_id 99", sql: `UPDATE resources SET dataset_id = 99 WHERE id = 'bbbbbbbb'`},
	{name: "a version of no file", rule: "I19 every reference", names: "no sha256 of blobs", sql: `DELETE FROM blobs WHERE sha256 = (SELECT sha256 FROM versions LIMIT 1)`},
	{name: "a change of no dataset", rule: "I19 every reference", names: "changes at", sql: `UPDATE changes SET dataset_id = 99 WHERE seq = 1`},
	{name: "a key of nobody", rule: "I19 every reference", names: "api_keys", sql: `UPDATE api_keys SET user_id = 99`},
	{name: "a constraint was never proven", rule: "I19 every reference", names: "doubtful", sql: `ALTER TABLE datasets ADD CONSTRAINT doubtful CHECK (title <> 'x') NOT VALID`},
	{name: "an officer of another department", rule: "I19 who acts", names: "user 1", sql: `UPDATE user_roles SET department_id = 2 WHERE user_id = 1`},

	{name: "a preview longer than its table", rule: "I23 a preview", names: "version 1", sql: `UPDATE version_tables SET rows = 1 WHERE version_id = 1`},
	{name: "a preview of other columns", rule: "I23 a preview", names: "version 2", sql: `UPDATE version_tables SET fields = '[]' WHERE version_id = 2`},
	{name: "a table is missing", rule: "I23 tables", names: "version 2", sql: `INSERT INTO version_tables SELECT version_id, 3, name, rows, fields, preview FROM version_tables WHERE version_id = 2`},
	{name: "a rendition lost rows", rule: "I23 a CSV rendition", names: "2 rows, the table has 3", deep: true, sql: `UPDATE version_tables SET rows = 3 WHERE version_id = 1`},

	{name: "a Parquet file of other columns", rule: "I23 a Parquet file", names: "table 1 of version 1", sql: `UPDATE table_files SET columns = '[{"name": "年份"}]', misfits = 0 WHERE version_id = 1`},
	{name: "misfits that add up to something else", rule: "I23 a Parquet file", names: "table 1 of version 2", sql: `UPDATE table_files SET misfits = 7 WHERE version_id = 2`},
	{name: "a table lost rows", rule: "I23 a table has the rows", names: "2 rows, 3 were counted", deep: true, sql: `UPDATE version_tables SET rows = 3 WHERE version_id = 1`},
	{name: "a table is read as an officer said", rule: "I23 a table has the rows", names: `table 1 of version 2: it is read by "/" in "Big5"`, deep: true, sql: `UPDATE versions SET delimiter = '/', encoding = 'Big5', encoding_told = true WHERE id = 2`},
	{name: "a table of another file", rule: "I23 a table has the rows", names: "table 1 of version 2: row 1, column 1 is another", deep: true, sql: `UPDATE table_files SET sha256 = (SELECT sha256 FROM renditions), bytes = (SELECT bytes FROM renditions) WHERE version_id = 2`},

	{name: "an officer who administers", rule: "I24 nobody", names: "user 1", sql: checks("user_roles") + `INSERT INTO user_roles VALUES (1, 'administrator', NULL, 'system', now())`},
	{name: "an administrator on the side of data", rule: "I24 nobody", names: "user 2", sql: `UPDATE users SET side = 'use' WHERE id = 2`},

	{name: "an import wrote nothing", rule: "I10 what a row", names: "row 0 of import 1", sql: `
		INSERT INTO catalogue_imports (department_id, at, by_id, by_name, files, unchanged, refused) VALUES (1, now(), 1, 'x', '[{}]', 0, 0);
		INSERT INTO catalogue_import_rows (import_id, position, line, dataset_id, slug, title, after, revision) VALUES (1, 0, 2, 1, 'population', 'x', '{}', 1)`},
	{name: "an import that nobody recorded", rule: "I7 every import", names: "import 1", sql: `
		INSERT INTO catalogue_imports (department_id, at, by_id, by_name, files, unchanged, refused) VALUES (1, now(), 1, 'x', '[{}]', 0, 0)`},
	{name: "held back without a basis", rule: "L1", names: "secret-list", sql: checks("datasets") + `UPDATE datasets SET open_basis = '{}' WHERE id = 3`},
	{name: "a condition without its terms", rule: "L1", names: "hospitals", sql: checks("datasets") + `UPDATE datasets SET safeguards = '' WHERE id = 2`},
	{name: "not shared without a basis", rule: "L1", names: "population", sql: checks("datasets") + `UPDATE datasets SET share_type = 'withheld' WHERE id = 1`},
	{name: "public without a review", rule: "L3", names: "version 1 of resource aaaaaaaa", sql: `UPDATE opening_reviews SET sha256 = repeat('1', 64)`},
	{name: "let through by nobody", rule: "L3", names: "review 1", sql: `UPDATE opening_reviews SET kind = 'review' WHERE id = 1`},
	{name: "open in an emergency without a clock", rule: "L3", names: "review 1", sql: `INSERT INTO opening_events (kind, title, declared_by, declared_on, basis, profile, recorded_by, recorded_name, recorded_at) VALUES ('natural', '台风', '指挥部', '2025-01-01', '预案', '', 1, '林', now());
		UPDATE opening_reviews SET kind = 'emergency', event_id = 1, state = 'published_provisional' WHERE id = 1`},
	{name: "made of withheld data without saying so", rule: "L3", names: "version 1 of resource aaaaaaaa", sql: `INSERT INTO lineages (dataset_id, upload_id, sha256, road, source_dataset_id, source_version_id, source_sha256, consent, made_by, made_name, made_at)
		VALUES (1, '` + upload(1) + `', repeat('1', 64), 'consent', 3, 1, repeat('1', 64), '{}', 1, '林', now())`},
	{name: "brought back without a review", rule: "L3", names: "after incident 1", sql: `INSERT INTO opening_incidents (dataset_id, reason, withdrawn_by, name, role, department_id, withdrawn_at, told, restored_at) VALUES (1, '有人名', 1, '林', 'head', 1, '2025-03-01', 0, '2025-03-02')`},
	{name: "withdrawn without a reason", rule: "L2", names: "population", sql: checks("datasets") + `UPDATE datasets SET status = 'withdrawn' WHERE id = 1`},
}

func TestEveryViolationIsFoundAndNamed(t *testing.T) {
	for _, m := range mutations {
		t.Run(m.name, func(t *testing.T) {
			w := newWorld(t)
			if m.sql != "" {
				w.exec(t, m.sql)
			}
			if m.do != nil {
				m.do(t, w)
			}
			var options []check.Option
			if m.deep {
				if n, out := w.check(t); n != 0 && m.names == "not those" {
					t.Errorf("a quick look already finds it: %s", out)
				}
				options = append(options, check.Deep)
			}
			n, out := w.check(t, options...)
			if n == 0 {
				t.Fatalf("not found\n%s", out)
			}
			id, says, _ := strings.Cut(m.rule, " ")
			line := regexp.MustCompile(`(?m)^` + id + ` +BROKEN \(\d+\): ` + regexp.QuoteMeta(says) + `.*\n( {7}.*\n)*`).FindString(out)
			if !strings.Contains(line, m.names) {
				t.Errorf("%q does not name %q in\n%s", m.rule, m.names, out)
			}
			if strings.Contains(out, "hunter2") {
				t.Error("the checker tells the secret")
			}
		})
	}
}

// What the task has not come to yet, what it cannot come to, and what the public
// does not have, is no violation.
func TestWhatWaitsForItsTurnIsNoViolation(t *testing.T) {
	const nothing = `DELETE FROM findings; DELETE FROM scans; DELETE FROM table_profiles; DELETE FROM version_checks; `
	for name, sql := range map[string]string{
		"no turn has ended":              nothing + `UPDATE river_job SET state = 'running', finalized_at = NULL WHERE id = 2`,
		"another task's has":             nothing + `UPDATE river_job SET args = '{"task": "make-tables"}' WHERE id = 2`,
		"it began before they were made": nothing + `UPDATE river_job SET attempted_at = '2025-01-01 12:00Z' WHERE id = 2`,
		"their rows were not read yet":   nothing + `INSERT INTO unread_versions SELECT id, '读不了。', '[]', now() FROM versions`,
		"the letter is of the next turn": `DELETE FROM finding_letters; UPDATE findings SET at = now()`,
		"the entry is withheld":          `DELETE FROM finding_letters; UPDATE datasets SET open_type = 'withheld', open_basis = '{AS-27}'; DELETE FROM changes`,
		"it was decided":                 `DELETE FROM finding_letters; UPDATE findings SET state = 'confirmed', decided_by = 1, decided_at = now()`,
		"it only warns":                  `DELETE FROM finding_letters; UPDATE findings SET severity = 'warn'`,
		"a decision is younger": `UPDATE scans SET at = '2025-01-01' WHERE sha256 LIKE '00%'; INSERT INTO findings (resource_id, sha256, kind, position, column_name, severity, found, rows, masked, sentence, args, at, state, decided_by, decided_at)
			VALUES ('aaaaaaaa', repeat('0', 64), 'mobile', 1, '', 'block', 1, '{}', '{}', '有。', '[]', '2025-01-01', 'confirmed', 1, now() - interval '2 days')`,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.exec(t, sql)
			_, out := w.check(t)
			for _, says := range []string{"a scan is of", "every version with tables was looked", "every column of a version", "every version with tables was held", "whoever must decide"} {
				if !regexp.MustCompile(`(?m)^I1[03] +holds: ` + says).MatchString(out) {
					t.Errorf("%s does not hold\n%s", says, out)
				}
			}
		})
	}
}

// What somebody took after an incident was closed, and what goes on while it runs, is
// no violation; nor is what a text does not ask for.
func TestAnIncidentAsItShouldBeIsNoViolation(t *testing.T) {
	for name, sql := range map[string]string{
		"closed":               happened("closed", "close", ""),
		"taken after":          happened("closed", "close", "") + `INSERT INTO acquisitions (user_id, dataset_id, version_id, sha256, channel, form, terms, request, began_at) SELECT 1, 1, 2, sha256, 'file', 'csv', 'open', 'r', now() FROM versions WHERE id = 2`,
		"nobody is told yet":   happened("contained", "contain", ", ended_at = NULL, told_at = NULL, words = '', records_sha256 = '', records_count = 0") + `DELETE FROM incident_people; DELETE FROM incident_reports`,
		"the text is silent":   happened("closed", "close", ", profile = 'cn-fujian-2023'") + `DELETE FROM incident_reports`,
		"letters of two cases": `INSERT INTO river_job (kind, max_attempts, args) SELECT 'supervision_notice', 5, jsonb_build_object('of', 'incident', 'act', 'tell', 'number', n::text, 'to', 'a@people.example') FROM generate_series(1, 2) n`,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.exec(t, sql)
			if _, out := w.check(t); regexp.MustCompile(`(?m)^L9 +BROKEN`).MatchString(out) {
				t.Error(out)
			}
		})
	}
}

// A plan that is live and within its ceiling is no violation.
func TestAListingAsItShouldBeIsNoViolation(t *testing.T) {
	w := newWorld(t)
	w.exec(t, listed(""))
	if _, out := w.check(t); regexp.MustCompile(`(?m)^I2[123] +BROKEN`).MatchString(out) {
		t.Error(out)
	}
}

// A product that is registered and certified as it should be is no violation.
func TestARegistrationAsItShouldBeIsNoViolation(t *testing.T) {
	w := newWorld(t)
	w.exec(t, registered(""))
	if _, out := w.check(t); regexp.MustCompile(`(?m)^I2[67] +BROKEN`).MatchString(out) {
		t.Error(out)
	}
}

// Mandates as they should be are no violation, with what is asked for, stopped and runs
// on for a moment.
func TestMandatesAsTheyShouldBeAreNoViolation(t *testing.T) {
	for name, sql := range map[string]string{
		"active":             authorised(""),
		"with a job":         authorised(jobBelow + `DELETE FROM workspace_jobs; UPDATE scenario_contracts SET body = 'x'`),
		"revoked just now":   authorised(jobBelow + `UPDATE mandates SET state = 'revoked', reason = 'x', state_at = now() WHERE id = 1; INSERT INTO operation_events (subject, case_id, act, name, side, state, at) VALUES ('mandate', 1, 'revoke', 'x', 'body', 'revoked', now())`),
		"a change asked for": authorised(`INSERT INTO developer_people_changes (developer_id, had_writes, had_releases, writes, releases, words, asked_by, asked_name, asked_at, state) VALUES (1, '{1}', '{1}', '{2}', '{2}', 'x', 1, 'x', now(), 'asked')`),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.exec(t, sql)
			_, out := w.check(t)
			for _, says := range []string{"a mandate under another", "who manages a mandate", "an agreement of a mandate", "a mandate is closed", "below a mandate", "a mandate, a plan", "people of a developer", "an operator won"} {
				if !regexp.MustCompile(`(?m)^L9 +holds: ` + says).MatchString(out) {
					t.Errorf("%s does not hold\n%s", says, out)
				}
			}
		})
	}
}

// Every rule has at least one seeded violation, so that none can be written
// that finds nothing.
func TestEveryRuleHasAViolation(t *testing.T) {
	w := newWorld(t)
	_, out := w.check(t)
	for _, line := range strings.Split(strings.TrimSpace(out), "\n") {
		id, says, _ := strings.Cut(line, " holds: ")
		id = strings.TrimSpace(id)
		seeded := false
		for _, m := range mutations {
			mid, msays, _ := strings.Cut(m.rule, " ")
			seeded = seeded || mid == id && strings.HasPrefix(says, msays)
		}
		if !seeded {
			t.Errorf("no violation is seeded for %s: %s", id, says)
		}
	}
}
