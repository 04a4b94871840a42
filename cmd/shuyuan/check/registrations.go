package check

// registrationRules are the invariants of the registration, certification and valuation
// of products.
var registrationRules = []rule{
	{id: "I26", says: "a certificate of registration follows a full public notice with no objection left open or upheld", query: `
		SELECT format('certificate %s', c.number) FROM product_certificates c LEFT JOIN registrations r ON r.id = c.registration_id
		WHERE c.kind = 'registration' AND (r.notice_from IS NULL OR r.notice_until IS NULL OR c.issued_at < r.notice_until OR (c.issued_at AT TIME ZONE 'Asia/Shanghai')::date - (r.notice_from AT TIME ZONE 'Asia/Shanghai')::date < 11
			OR EXISTS (SELECT FROM registration_objections o WHERE o.registration_id = r.id AND (o.upheld IS NOT FALSE OR o.answered_at > c.issued_at)))`},
	{id: "I26", says: "the registrar registered no product of its own", query: `
		SELECT format('certificate %s', c.number) FROM product_certificates c JOIN registrations r ON r.id = c.registration_id JOIN organisations o ON o.id = c.organisation_id JOIN organisations d ON d.id = r.organisation_id JOIN organisations x ON x.side = 'exchange'
		WHERE x.credit_code IN (o.credit_code, d.credit_code) OR x.credit_code = ANY (r.controls)`},
	{id: "I26", says: "a certificate is what was signed, its leaf of the log says so, and it ends in time", query: `
		SELECT format('certificate %s', c.number) FROM product_certificates c LEFT JOIN log_leaves l ON l.seq = c.leaf
		WHERE c.digest <> encode(sha256(c.statement), 'hex') OR convert_from(c.statement, 'UTF8')::jsonb #>> '{predicate,certificate}' IS DISTINCT FROM c.number OR l.seq IS NULL
		   OR l.kind <> 'certificate' OR convert_from(l.entry, 'UTF8')::jsonb #>> '{body,statement}' IS DISTINCT FROM c.digest OR c.state = 'issued' AND c.valid_until < @now::timestamptz - interval '1 day'`},
	{id: "I27", says: "whoever certified or valued a product had nobody in common with its developer or with whoever held its registration then, and neither controlled the other", query: `
		SELECT DISTINCT format('certificate %s', c.number) FROM product_certificates c JOIN product_reports r ON r.id = c.report_id JOIN products p ON p.id = c.product_id JOIN organisations i ON i.id = r.organisation_id
		JOIN organisations d ON d.id IN (p.organisation_id, c.organisation_id) OR d.id IN (SELECT h.organisation_id FROM product_certificates h
			WHERE h.product_id = p.id AND h.kind = 'registration' AND h.issued_at <= c.issued_at AND (h.state = 'issued' OR h.state_at > c.issued_at))
		WHERE i.id = d.id OR r.declared_at IS NULL OR r.declared_at > c.issued_at
		   OR (r.controls || i.credit_code) && (r.controls_asked || d.credit_code || ARRAY(SELECT k FROM registrations g, unnest(g.controls) k WHERE g.product_id = p.id AND g.made_at <= c.issued_at AND g.state NOT IN ('refused', 'withdrawn')))
		   OR EXISTS (SELECT FROM organisation_members a JOIN organisation_members b ON b.user_id = a.user_id WHERE a.organisation_id = i.id AND b.organisation_id = d.id AND a.joined_at <= c.issued_at AND b.joined_at <= c.issued_at)`},
	{id: "I27", says: "no product with data for academic use alone was certified, and none without its tests", query: `
		SELECT format('certificate %s', c.number) FROM product_certificates c JOIN product_reports r ON r.id = c.report_id
		WHERE c.kind = 'certification' AND (r.state <> 'issued' OR (SELECT count(*) FROM jsonb_array_elements(r.body -> 'tests') t WHERE (t ->> 'passed')::boolean AND t ->> 'evidence' <> '') <> 3
			OR (SELECT count(*) FROM jsonb_array_elements(r.body -> 'categories') t WHERE NOT (t ->> 'found')::boolean AND t ->> 'words' <> '') <> 4
			OR EXISTS (SELECT FROM product_sources s JOIN acquisitions a ON a.id = s.acquisition_id JOIN grants g ON g.id = a.grant_id WHERE s.version_id = c.version_id AND g.lane = 'academic'))`},
	{id: "I7", says: "every step of a registration and of a report was recorded", query: `
		SELECT format('registration %s: %s steps, %s acts', r.number, n.steps, acts.n) FROM registrations r
		CROSS JOIN LATERAL (SELECT count(*) AS steps FROM registration_events e WHERE e.registration_id = r.id) n
		CROSS JOIN LATERAL (SELECT count(*) AS n FROM audit_entries WHERE subject = 'registration' AND subject_id = r.number) acts WHERE n.steps <> acts.n
		UNION ALL SELECT format('report %s: %s steps, %s acts', r.number, n.steps, acts.n) FROM product_reports r
		CROSS JOIN LATERAL (SELECT count(*) AS steps FROM product_report_events e WHERE e.report_id = r.id) n
		CROSS JOIN LATERAL (SELECT count(*) AS n FROM audit_entries WHERE subject = 'product-report' AND subject_id = r.number) acts WHERE n.steps <> acts.n`},
}
