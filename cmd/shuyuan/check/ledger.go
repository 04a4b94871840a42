package check

// ledgerRules are the invariants of the books of the market (I-01 to I-03 of its domain
// model). The constraints of migration 0185 forbid all of them.
var ledgerRules = []rule{
	{id: "M1", says: "every transaction of the ledger has two entries or more, numbered from 1, that sum to zero in each currency", query: `
		SELECT format('transaction %s (%s)', t.id, t.key) FROM ledger_transactions t LEFT JOIN (
			SELECT transaction_id, count(*) AS n, max(seq) AS last, bool_or(off <> 0) AS off FROM (SELECT transaction_id, seq, sum(amount) OVER (PARTITION BY transaction_id, currency) AS off FROM ledger_entries) e GROUP BY transaction_id) s ON s.transaction_id = t.id
		WHERE s.n IS NULL OR s.n < 2 OR s.last <> s.n OR s.off
		UNION ALL SELECT format('entry %s of no transaction %s', e.seq, e.transaction_id) FROM ledger_entries e WHERE NOT EXISTS (SELECT FROM ledger_transactions t WHERE t.id = e.transaction_id)
		UNION ALL SELECT format('entry %s of transaction %s is on no account', e.seq, e.transaction_id) FROM ledger_entries e WHERE NOT EXISTS (SELECT FROM ledger_accounts a WHERE a.id = e.account_id AND a.currency = e.currency)`},
	{id: "M2", says: "the balance of an account is the sum of its entries", query: `
		SELECT format('account %s: %s, entries %s', a.code, ledger_balance(a.id), coalesce(s.sum, 0)) FROM ledger_accounts a LEFT JOIN (SELECT account_id, sum(amount) AS sum FROM ledger_entries GROUP BY account_id) s ON s.account_id = a.id
		WHERE ledger_balance(a.id) IS DISTINCT FROM coalesce(s.sum, 0)`},
	{id: "M3", says: "nobody is owed less than nothing, and nobody owes less than nothing", query: `
		SELECT format('account %s: %s', a.code, s.sum) FROM ledger_accounts a JOIN (SELECT account_id, sum(amount) AS sum FROM ledger_entries GROUP BY account_id) s ON s.account_id = a.id
		WHERE a.guard = 'no_debit_balance' AND s.sum > 0 OR a.guard = 'no_credit_balance' AND s.sum < 0`},
	{id: "M4", says: "a reversal is the reverse of what it reverses, which was no reversal", query: `
		SELECT format('transaction %s reverses %s', t.id, o.id) FROM ledger_transactions t JOIN ledger_transactions o ON o.id = t.reverses_id
		WHERE o.reverses_id IS NOT NULL OR t.kind <> 'reversal' OR t.subject <> o.subject
		   OR (SELECT array_agg(row(account_id, -amount) ORDER BY seq) FROM ledger_entries WHERE transaction_id = t.id) IS DISTINCT FROM (SELECT array_agg(row(account_id, amount) ORDER BY seq) FROM ledger_entries WHERE transaction_id = o.id)
		UNION ALL SELECT format('transaction %s reverses nothing', t.id) FROM ledger_transactions t WHERE t.kind = 'reversal' AND t.reverses_id IS NULL`},
	{id: "M5", says: "the books of a closed time are as they were when it was closed", query: `
		SELECT format('closing through %s', c.through) FROM ledger_closings c
		WHERE EXISTS (SELECT FROM ledger_transactions t WHERE t.effective_on <= c.through AND t.id > c.last_id) OR c.transactions <> (SELECT count(*) FROM ledger_transactions t WHERE t.effective_on <= c.through)
		   OR c.sha256 <> sha256(convert_to(coalesce((SELECT string_agg(format(E'%s %s %s %s\n', b.code, b.currency, b.debit, b.credit), '' ORDER BY b.currency COLLATE "C", b.code COLLATE "C") FROM (
				SELECT a.code, a.currency, coalesce(sum(e.amount) FILTER (WHERE e.amount > 0), 0) AS debit, coalesce(-sum(e.amount) FILTER (WHERE e.amount < 0), 0) AS credit
				FROM ledger_entries e JOIN ledger_transactions t ON t.id = e.transaction_id AND t.effective_on <= c.through JOIN ledger_accounts a ON a.id = e.account_id GROUP BY a.id) b), ''), 'UTF8'))`},
}
