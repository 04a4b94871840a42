package check

// ceilings joins plans that are live and have a price with the ceilings of the mandates
// that published versions of their products came under.
const ceilings = `
	WITH RECURSIVE priced AS (
		SELECT t.number, l.product_id, CASE t.kind WHEN 'one_off' THEN 'per_piece' WHEN 'subscription' THEN 'per_month' ELSE t.unit END AS unit, CASE t.kind WHEN 'subscription' THEN t.months ELSE 1 END AS times,
			greatest(t.fen, (SELECT max(b.fen) FROM plan_bands b WHERE b.plan_id = t.id)) * CASE WHEN t.tax_included THEN 1 ELSE 1 + t.tax / 10000.0 END AS most
		FROM listing_plans t JOIN listings l ON l.id = t.listing_id WHERE t.state = 'live' AND t.kind NOT IN ('free', 'trial')),
	up AS (SELECT v.id AS root, v.product_id, v.id FROM product_versions v WHERE v.state = 'published' AND v.product_id IN (SELECT product_id FROM priced)
		UNION SELECT u.root, u.product_id, i.from_version FROM up u JOIN product_inputs i ON i.version_id = u.id WHERE i.from_version IS NOT NULL),
	under AS (SELECT u.product_id, p.scenario_id FROM up u JOIN product_versions v ON v.id = u.id JOIN products p ON p.id = v.product_id WHERE p.scenario_id IS NOT NULL
		UNION SELECT u.product_id, w.scenario_id FROM up u JOIN product_sources s ON s.version_id = u.id JOIN acquisitions a ON a.id = s.acquisition_id JOIN workspaces w ON w.id = a.workspace_id)`

// listingRules are the invariants of listings and plans. What may end at any time
// (certificates, mandates, ceilings) is asked by the gate and is no violation here; a
// ceiling is one against which a plan went live.
var listingRules = []rule{
	{id: "I21", says: "what is open without conditions has no plan with a price, as no part of a product either", query: `
		SELECT DISTINCT format('plan %s: content %s', t.number, c.name) FROM listing_plans t JOIN listings l ON l.id = t.listing_id JOIN product_versions v ON v.product_id = l.product_id AND v.state = 'published' JOIN product_contents c ON c.version_id = v.id
			JOIN versions w ON w.sha256 = c.digest OR EXISTS (SELECT FROM renditions r WHERE r.version_id = w.id AND r.sha256 = c.digest) OR EXISTS (SELECT FROM open_contents o WHERE o.version_id = w.id AND o.digest = c.digest)
			JOIN resources r ON r.id = w.resource_id JOIN datasets d ON d.id = r.dataset_id
		WHERE t.state = 'live' AND t.kind NOT IN ('free', 'trial') AND d.status = 'published' AND d.open_type = 'unconditional' AND d.updated_at < t.live_at AND v.state_at < t.live_at`},
	{id: "I22", says: "no live plan costs more than the ceilings that it was held against, and each mandate below it is among them", query: ceilings + `
		SELECT DISTINCT format('plan %s: mandate %s', p.number, m.number) FROM priced p JOIN listing_plans t ON t.number = p.number JOIN under u ON u.product_id = p.product_id JOIN scenarios s ON s.id = u.scenario_id JOIN mandates m ON m.id = s.mandate_id
			LEFT JOIN LATERAL (SELECT min((c ->> 'fen')::numeric) AS fen FROM jsonb_array_elements(t.ceilings) c WHERE c ->> 'mandate' = m.number AND c ->> 'unit' = p.unit) c ON true
		WHERE c.fen IS NULL OR c.fen * p.times < p.most`},
	{id: "I22", says: "a ceiling that a plan was held against is the one of its mandate", query: `
		SELECT format('plan %s: mandate %s', t.number, c ->> 'mandate') FROM listing_plans t, jsonb_array_elements(t.ceilings) c
		WHERE NOT EXISTS (SELECT FROM mandates m JOIN mandate_ceilings x ON x.mandate_id = m.id WHERE m.number = c ->> 'mandate' AND x.form = c ->> 'form' AND x.unit = c ->> 'unit' AND x.fen = (c ->> 'fen')::bigint)`},
	{id: "I22", says: "what replaces a plan went live as that ended, and of two at most one is live", query: `
		SELECT format('plan %s', t.number) FROM listing_plans t JOIN listing_plans o ON o.id = t.replaces_id WHERE t.state = 'live' AND (o.state <> 'ended' OR o.state_at > t.live_at) OR o.listing_id <> t.listing_id`},
	{id: "I23", says: "nothing is charged for public benefit or governance", query: ceilings + `
		SELECT DISTINCT format('plan %s: scenario %s', p.number, s.number) FROM priced p JOIN under u ON u.product_id = p.product_id JOIN scenarios s ON s.id = u.scenario_id WHERE s.use_class IN ('public_benefit', 'governance')`},
	{id: "I7", says: "every step of a listing and of a plan was recorded", query: `
		SELECT format('listing %s: %s steps, %s acts', l.number, n.steps, acts.n) FROM listings l
		CROSS JOIN LATERAL (SELECT count(*) AS steps FROM listing_events e WHERE e.listing_id = l.id AND e.plan_id IS NULL) n
		CROSS JOIN LATERAL (SELECT count(*) AS n FROM audit_entries WHERE subject = 'listing' AND subject_id = l.number AND act <> 'read') acts WHERE n.steps <> acts.n
		UNION ALL SELECT format('plan %s: %s steps, %s acts', t.number, n.steps, acts.n) FROM listing_plans t
		CROSS JOIN LATERAL (SELECT count(*) AS steps FROM listing_events e WHERE e.plan_id = t.id) n
		CROSS JOIN LATERAL (SELECT count(*) AS n FROM audit_entries WHERE subject = 'plan' AND subject_id = t.number) acts WHERE n.steps <> acts.n`},
}
