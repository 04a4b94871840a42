-- A plan is kept for as long as a session lasts. One that was made while the books were nearly empty reads whole tables, and goes on doing so as they grow: postings became slower with every posting before. What the triggers of the books look up is few rows by a key, always.

ALTER FUNCTION ledger_entered() SET enable_seqscan = off;
ALTER FUNCTION ledger_balanced() SET enable_seqscan = off;
