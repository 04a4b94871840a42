-- What is offered is certified as it is: a certificate of compliance is of a version, and speaks for later ones only while inputs and method are the same, which their numbers say.

CREATE FUNCTION product_version_certified(of bigint, at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM product_versions v JOIN product_versions c ON c.product_id = v.product_id AND (c.major, c.minor) = (v.major, v.minor) JOIN product_certificates k ON k.version_id = c.id
        WHERE v.id = of AND k.kind = 'certification' AND k.state = 'issued' AND k.valid_until > at)
$$;
COMMENT ON FUNCTION product_version_certified IS 'whether a certificate of compliance counts for a version: of itself, or of one that differs in the last number alone, by which neither inputs nor method change';

CREATE FUNCTION product_certified(of bigint, at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM product_certificates c WHERE c.product_id = of AND c.kind = 'registration' AND c.state = 'issued' AND c.valid_until > at)
       AND EXISTS (SELECT FROM product_certificates c WHERE c.product_id = of AND c.kind = 'certification' AND c.state = 'issued' AND c.valid_until > at)
       AND coalesce((SELECT product_version_certified(v.id, at) FROM product_versions v WHERE v.product_id = of AND v.state = 'published' ORDER BY v.major DESC, v.minor DESC, v.patch DESC LIMIT 1), true)
$$;
COMMENT ON FUNCTION product_certified IS 'whether a product may be offered: its registration counts, and a certificate of compliance for the newest version that is published';

CREATE OR REPLACE FUNCTION product_listable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT product_certified(NEW.id, NEW.state_at) THEN
        RAISE EXCEPTION 'product % has no certificate in force of its registration and of the compliance of its newest version', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION product_version_offered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM products WHERE id = NEW.product_id AND state = 'listable') AND NOT product_version_certified(NEW.id, NEW.state_at) THEN
        RAISE EXCEPTION 'version % of a product that is offered has other inputs or another method than what was certified', NEW.semver USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER product_versions_offered BEFORE UPDATE OF state ON product_versions FOR EACH ROW WHEN (NEW.state = 'published' AND OLD.state = 'sealed') EXECUTE FUNCTION product_version_offered();
