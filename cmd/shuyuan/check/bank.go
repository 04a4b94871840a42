package check

// bankRules are those of payments by transfer (I-29, I-30 of the domain model, and that
// two people say what is not exact). Migration 0191 forbids most of them.
var bankRules = []rule{
	{id: "B1", says: "a line of a statement that is done is for its whole amount, and none is for more", query: `
		SELECT format('line YH-%s: %s of %s', l.id, a.n, abs(l.amount)) FROM bank_lines l CROSS JOIN LATERAL (SELECT coalesce(sum(a.amount), 0) AS n FROM allocations a WHERE a.line_id = l.id AND a.state IN ('held', 'booked')) a
		WHERE a.n > abs(l.amount) OR l.state = 'done' AND a.n <> abs(l.amount)`},
	{id: "B2", says: "what came for a payment advice is the sum of the lines that are for it, in its currency and its account", query: `
		SELECT format('advice for %s: %s, lines %s', p.ref, p.paid, s.n) FROM payment_advices p CROSS JOIN LATERAL (SELECT coalesce(sum(a.amount), 0) AS n FROM allocations a WHERE a.advice_id = p.id AND a.state IN ('held', 'booked')) s WHERE s.n <> p.paid
		UNION ALL SELECT format('line YH-%s pays %s in another currency or account', l.id, p.ref) FROM allocations a JOIN bank_lines l ON l.id = a.line_id JOIN payment_advices p ON p.id = a.advice_id JOIN collection_accounts c ON c.id = l.account_id JOIN collection_accounts o ON o.id = p.account_id
		WHERE a.state IN ('held', 'booked') AND (l.currency <> p.currency OR c.organisation_id <> o.organisation_id)`},
	{id: "B3", says: "an account, a typed line and what is not exact are of two people, and what needs a letter has one", query: `
		SELECT format('account %s', number) FROM collection_accounts WHERE state IN ('open', 'closed') AND (confirmed_by IS NULL OR confirmed_by = made_by)
		UNION ALL SELECT format('line YH-%s', l.id) FROM bank_lines l WHERE l.state = 'done' AND NOT (l.proposed_by IS NULL AND (l.verdict IN ('exact', 'outgoing'))) AND (l.proposed_by IS NULL OR l.confirmed_by IS NULL OR l.proposed_by = l.confirmed_by)
		UNION ALL SELECT format('line YH-%s pays for somebody else', l.id) FROM allocations a JOIN bank_lines l ON l.id = a.line_id WHERE a.kind = 'advice' AND a.state IN ('held', 'booked') AND l.verdict = 'wrong_payer' AND a.letter = ''`},
	{id: "B4", says: "a transfer that went is shown by a line of its account, of its amount and currency, that went", query: `
		SELECT format('instruction %s', i.number) FROM payment_instructions i LEFT JOIN bank_lines l ON l.id = i.line_id
		WHERE i.state = 'paid' AND (l.id IS NULL OR l.amount <> -i.amount OR l.currency <> i.currency OR l.account_id <> i.account_id OR l.state <> 'done') OR i.state = 'failed' AND i.stopped_by IS NOT NULL AND (i.confirmed_by IS NULL OR i.confirmed_by = i.stopped_by)`},
	{id: "B5", says: "money that came by a line and is for nothing yet is in the books, once", query: `
		SELECT format('line YH-%s: %s times in the books', l.id, t.n) FROM bank_lines l CROSS JOIN LATERAL (SELECT count(*) AS n FROM ledger_transactions t WHERE t.subject = 'YH-' || l.id AND t.kind = 'unmatched' AND NOT EXISTS (SELECT FROM ledger_transactions r WHERE r.reverses_id = t.id)) t
		WHERE l.amount > 0 AND t.n <> CASE WHEN l.state IN ('waiting', 'proposed') OR l.state = 'done' AND l.verdict <> 'exact' AND NOT EXISTS (SELECT FROM allocations a WHERE a.line_id = l.id AND a.kind IN ('not_ours', 'returned') AND a.state = 'booked') THEN 1 ELSE 0 END`},
	{id: "B6", says: "a checkout whose money is there is in the books once, and pays an order once", query: `
		SELECT format('checkout %s of %s: %s times in the books', c.attempt, c.order_number, t.n) FROM payment_checkouts c CROSS JOIN LATERAL (SELECT count(*) AS n FROM ledger_transactions t WHERE t.key = format('checkout:order:%s:%s', c.order_number, c.attempt) AND t.kind = CASE c.state WHEN 'confirmed' THEN 'payment_in' ELSE 'unmatched' END) t
		WHERE t.n <> CASE WHEN c.state IN ('confirmed', 'surplus') THEN 1 ELSE 0 END`},
}
