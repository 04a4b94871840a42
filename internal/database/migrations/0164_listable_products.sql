-- A product is offered while its registration and its certification count (I-07), whoever brings it there; and whoever certifies or values it is independent of its developer and of whoever holds its registration (I-27).

CREATE FUNCTION product_listable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(DISTINCT c.kind) FROM product_certificates c WHERE c.product_id = NEW.id AND c.kind IN ('registration', 'certification') AND c.state = 'issued' AND c.valid_until > NEW.state_at) < 2 THEN
        RAISE EXCEPTION 'product % has no certificate in force of its registration and of its compliance', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER products_listable BEFORE UPDATE OF state ON products FOR EACH ROW WHEN (NEW.state = 'listable' AND OLD.state <> 'listable') EXECUTE FUNCTION product_listable();

CREATE OR REPLACE FUNCTION product_report_independent(of bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT bool_and(r.organisation_id <> d.id
       AND NOT EXISTS (SELECT FROM organisation_members a JOIN organisation_members b ON b.user_id = a.user_id WHERE a.organisation_id = r.organisation_id AND b.organisation_id = d.id)
       AND NOT (array_append(r.controls, i.credit_code) && array_append(r.controls_asked, d.credit_code)))
    FROM product_reports r JOIN products p ON p.id = r.product_id JOIN organisations i ON i.id = r.organisation_id
        JOIN organisations d ON d.id = p.organisation_id OR d.id = (SELECT c.organisation_id FROM product_certificates c WHERE c.product_id = p.id AND c.kind = 'registration' AND c.state = 'issued')
    WHERE r.id = of
$$;
