-- Compliance certification (合规认证) and valuation (资产评估) of products, by organisations that are independent of whoever developed them.

CREATE TABLE product_reports (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number          text NOT NULL UNIQUE CHECK (number ~ '^(HG|PG)-\d{4}-\d{6}$'),
    kind            text NOT NULL CHECK (kind IN ('certification', 'valuation')),
    product_id      bigint NOT NULL REFERENCES products,
    version_id      bigint NOT NULL,
    organisation_id bigint NOT NULL REFERENCES organisations,
    controls_asked  text[] NOT NULL DEFAULT '{}',
    controls        text[] NOT NULL DEFAULT '{}',
    declaration     text NOT NULL DEFAULT '',
    declared_at     timestamptz,
    declared_by     bigint REFERENCES users,
    declared_name   text NOT NULL DEFAULT '',
    method          text NOT NULL DEFAULT '',
    body            jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(body) = 'object'),
    evaluator       text NOT NULL DEFAULT '',
    conclusion      text NOT NULL DEFAULT '',
    digest          text NOT NULL DEFAULT '' CHECK (digest = '' OR digest ~ '^[0-9a-f]{64}$'),
    state           text NOT NULL CHECK (state IN ('requested', 'draft', 'issued', 'rejected', 'declined', 'withdrawn')),
    state_at        timestamptz NOT NULL,
    reason          text NOT NULL DEFAULT '',
    clock_profile   text NOT NULL,
    clock_path      text NOT NULL,
    clock_from      timestamptz NOT NULL,
    sample          boolean NOT NULL DEFAULT false,
    made_by         bigint NOT NULL REFERENCES users,
    made_name       text NOT NULL,
    made_at         timestamptz NOT NULL,
    revision        integer NOT NULL DEFAULT 1,
    sent            text UNIQUE,
    FOREIGN KEY (version_id, product_id) REFERENCES product_versions (id, product_id),
    CHECK (left(number, 2) = CASE kind WHEN 'certification' THEN 'HG' ELSE 'PG' END),
    CHECK (num_nulls(declared_at, declared_by) IN (0, 2)),
    CHECK (state NOT IN ('draft', 'issued', 'rejected') OR declared_at IS NOT NULL AND declaration <> ''),
    CHECK (state NOT IN ('rejected', 'declined') OR reason <> ''),
    CHECK ((state IN ('issued', 'rejected')) = (digest <> ''))
);
CREATE UNIQUE INDEX product_reports_open ON product_reports (version_id, kind, organisation_id) WHERE state IN ('requested', 'draft');
CREATE INDEX product_reports_organisation ON product_reports (organisation_id, id DESC);
CREATE INDEX product_reports_product ON product_reports (product_id, id DESC);
COMMENT ON TABLE product_reports IS 'the report of a certifier (the tests of TJ-29 and the categories of TJ-54), or the worksheet of a valuer; neither is a price';
COMMENT ON COLUMN product_reports.controls_asked IS 'credit codes of whoever controls the developer, as it declares; controls are those of whoever reports';

ALTER TABLE product_certificates ADD COLUMN report_id bigint UNIQUE REFERENCES product_reports,
    ADD CHECK ((kind = 'registration') = (report_id IS NULL));

CREATE TABLE product_report_events (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    report_id  bigint NOT NULL REFERENCES product_reports,
    act        text NOT NULL CHECK (act <> ''),
    side       text NOT NULL,
    state      text NOT NULL,
    by_id      bigint NOT NULL,
    name       text NOT NULL,
    words      text NOT NULL DEFAULT '',
    at         timestamptz NOT NULL
);
CREATE INDEX product_report_events_of ON product_report_events (report_id, id);

-- I-27: whoever certifies or values is another than the developer, has nobody in common with it, and neither controls the other nor is controlled by the same.
CREATE FUNCTION product_report_independent(of bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT r.organisation_id <> p.organisation_id
       AND NOT EXISTS (SELECT FROM organisation_members a JOIN organisation_members b ON b.user_id = a.user_id WHERE a.organisation_id = r.organisation_id AND b.organisation_id = p.organisation_id)
       AND NOT (array_append(r.controls, i.credit_code) && array_append(r.controls_asked, d.credit_code))
    FROM product_reports r JOIN products p ON p.id = r.product_id JOIN organisations i ON i.id = r.organisation_id JOIN organisations d ON d.id = p.organisation_id WHERE r.id = of
$$;

-- AB-35.2: what was given for academic use alone is in no product that is certified for the market.
CREATE FUNCTION product_version_academic(of bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM product_sources s JOIN acquisitions a ON a.id = s.acquisition_id JOIN grants g ON g.id = a.grant_id WHERE s.version_id = of AND g.lane = 'academic')
        OR EXISTS (SELECT FROM product_versions v JOIN products p ON p.id = v.product_id JOIN scenarios c ON c.id = p.scenario_id WHERE v.id = of AND c.research)
$$;

CREATE FUNCTION product_report_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.number, OLD.kind, OLD.product_id, OLD.version_id, OLD.organisation_id, OLD.controls_asked, OLD.made_by, OLD.made_at, OLD.clock_profile, OLD.clock_path, OLD.clock_from)
        IS DISTINCT FROM (NEW.number, NEW.kind, NEW.product_id, NEW.version_id, NEW.organisation_id, NEW.controls_asked, NEW.made_by, NEW.made_at, NEW.clock_profile, NEW.clock_path, NEW.clock_from) THEN
        RAISE EXCEPTION 'report % is what was asked for', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state IN ('issued', 'rejected', 'declined', 'withdrawn') THEN
        RAISE EXCEPTION 'report % is over', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('requested', 'draft'), ('requested', 'declined'), ('requested', 'withdrawn'), ('draft', 'issued'), ('draft', 'rejected'), ('draft', 'declined')) THEN
        RAISE EXCEPTION 'report % does not go from % to %', OLD.number, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION product_report_moves IS 'the moves of package marketplace/registration, and no others';
CREATE TRIGGER product_reports_moves BEFORE UPDATE ON product_reports FOR EACH ROW EXECUTE FUNCTION product_report_moves();

CREATE FUNCTION product_report_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state IN ('draft', 'issued') AND NOT product_report_independent(NEW.id) THEN
        RAISE EXCEPTION 'whoever reports in % is not independent of the developer', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'issued' AND NEW.kind = 'certification' AND product_version_academic(NEW.version_id) THEN
        RAISE EXCEPTION 'what report % is about holds data for academic use alone', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'issued' AND NOT EXISTS (SELECT FROM product_certificates WHERE report_id = NEW.id) THEN
        RAISE EXCEPTION 'report % has no certificate', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER product_reports_kept AFTER UPDATE ON product_reports FOR EACH ROW EXECUTE FUNCTION product_report_kept();

DO $$
DECLARE t text;
BEGIN
    CREATE TRIGGER product_reports_frozen BEFORE DELETE ON product_reports FOR EACH ROW EXECUTE FUNCTION refuse_change();
    CREATE TRIGGER product_report_events_frozen BEFORE UPDATE OR DELETE ON product_report_events FOR EACH ROW EXECUTE FUNCTION refuse_change();
    FOREACH t IN ARRAY ARRAY['product_reports', 'product_report_events'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', t || '_whole', t);
    END LOOP;
END $$;
