-- Whoever certifies or values a product is independent (I-27) of its developer, of whoever holds its registration or the right to run it, and of whoever is said to control them when it was applied for.

CREATE OR REPLACE FUNCTION product_report_independent(of bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT bool_and(r.organisation_id <> d.id
       AND NOT EXISTS (SELECT FROM organisation_members a JOIN organisation_members b ON b.user_id = a.user_id WHERE a.organisation_id = r.organisation_id AND b.organisation_id = d.id)
       AND NOT (array_append(r.controls, i.credit_code) && (r.controls_asked || d.credit_code ||
           ARRAY(SELECT k FROM registrations g, unnest(g.controls) k WHERE g.product_id = p.id AND g.state NOT IN ('refused', 'withdrawn')))))
    FROM product_reports r JOIN products p ON p.id = r.product_id JOIN organisations i ON i.id = r.organisation_id
        JOIN organisations d ON d.id = p.organisation_id
            OR d.id IN (SELECT c.organisation_id FROM product_certificates c WHERE c.product_id = p.id AND c.kind = 'registration' AND c.state = 'issued')
            OR d.id IN (SELECT g.organisation_id FROM product_rights g WHERE g.product_id = p.id AND g.what = 'operate')
    WHERE r.id = of
$$;
