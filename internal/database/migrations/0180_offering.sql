-- Listings of products (上架) and their plans (套餐).

CREATE TABLE listings (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number          text NOT NULL UNIQUE CHECK (number ~ '^SJ-\d{4}-\d{6}$'),
    product_id      bigint NOT NULL REFERENCES products,
    organisation_id bigint NOT NULL REFERENCES organisations,
    visibility      text NOT NULL CHECK (visibility IN ('public', 'invited', 'one_buyer')),
    channels        text[] NOT NULL CHECK (cardinality(channels) > 0 AND channels <@ '{file,api,workspace}'),
    refresh         text NOT NULL CHECK (refresh <> ''),
    availability    integer NOT NULL DEFAULT 0 CHECK (availability BETWEEN 0 AND 10000),
    response_hours  integer NOT NULL CHECK (response_hours BETWEEN 1 AND 720),
    contact         text NOT NULL CHECK (contact <> ''),
    prohibited      text NOT NULL CHECK (prohibited <> ''),
    state           text NOT NULL CHECK (state IN ('draft', 'platform_check', 'returned', 'published', 'paused', 'delisted')),
    state_at        timestamptz NOT NULL,
    reason          text NOT NULL DEFAULT '',
    paused_by       text NOT NULL DEFAULT '' CHECK (paused_by IN ('', 'seller', 'exchange', 'regulator')),
    clock_profile   text NOT NULL DEFAULT '',
    clock_path      text NOT NULL DEFAULT '',
    clock_from      timestamptz,
    checked_by      bigint REFERENCES users,
    checked_name    text NOT NULL DEFAULT '',
    sample          boolean NOT NULL DEFAULT false,
    made_by         bigint NOT NULL REFERENCES users,
    made_name       text NOT NULL,
    made_at         timestamptz NOT NULL,
    revision        integer NOT NULL DEFAULT 1,
    sent            text UNIQUE,
    CHECK (state NOT IN ('returned', 'paused', 'delisted') OR reason <> ''),
    CHECK ((state = 'paused') = (paused_by <> '')),
    CHECK (state NOT IN ('published', 'paused') OR checked_by IS NOT NULL),
    CHECK ((clock_path = '') = (clock_from IS NULL))
);
CREATE UNIQUE INDEX listings_public ON listings (product_id) WHERE visibility = 'public' AND state <> 'delisted';
CREATE INDEX listings_product ON listings (product_id, id DESC);
CREATE INDEX listings_organisation ON listings (organisation_id, id DESC);
CREATE INDEX listings_state ON listings (state, id DESC);
COMMENT ON TABLE listings IS 'a product as its seller offers it, to everybody or to some; that what it rests on still holds is no state of it and is asked each time (I-07)';
COMMENT ON COLUMN listings.organisation_id IS 'the seller: whoever had the right to run the product (数据产品经营权) when it was made';
COMMENT ON COLUMN listings.availability IS 'of what is delivered by calls, in hundredths of a percent; 0: nothing is promised';

CREATE TABLE listing_invited (
    listing_id      bigint NOT NULL REFERENCES listings,
    organisation_id bigint NOT NULL REFERENCES organisations,
    PRIMARY KEY (listing_id, organisation_id)
);
COMMENT ON TABLE listing_invited IS 'whom a listing is for that is not for everybody';

CREATE TABLE listing_plans (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number       text NOT NULL UNIQUE CHECK (number ~ '^TC-\d{4}-\d{6}$'),
    listing_id   bigint NOT NULL REFERENCES listings,
    name         text NOT NULL CHECK (name <> ''),
    name_en      text NOT NULL DEFAULT '',
    kind         text NOT NULL CHECK (kind IN ('free', 'one_off', 'subscription', 'metered', 'trial')),
    channel      text NOT NULL CHECK (channel IN ('file', 'api', 'workspace')),
    currency     text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    fen          bigint NOT NULL DEFAULT 0 CHECK (fen BETWEEN 0 AND 1000000000000),
    months       integer NOT NULL DEFAULT 0 CHECK (months >= 0),
    days         integer NOT NULL DEFAULT 0 CHECK (days >= 0),
    unit         text NOT NULL DEFAULT '',
    cap_fen      bigint NOT NULL DEFAULT 0 CHECK (cap_fen BETWEEN 0 AND 1000000000000),
    quota        bigint NOT NULL DEFAULT 0 CHECK (quota BETWEEN 0 AND 1000000000000),
    tax          integer NOT NULL DEFAULT 0 CHECK (tax BETWEEN 0 AND 10000),
    tax_included boolean NOT NULL DEFAULT true,
    refund       text NOT NULL DEFAULT '',
    refund_days  integer NOT NULL DEFAULT 0 CHECK (refund_days >= 0),
    refund_fee   integer NOT NULL DEFAULT 0 CHECK (refund_fee BETWEEN 0 AND 10000),
    private_to   bigint REFERENCES organisations,
    replaces_id  bigint REFERENCES listing_plans,
    state        text NOT NULL CHECK (state IN ('draft', 'live', 'ended')),
    state_at     timestamptz NOT NULL,
    reason       text NOT NULL DEFAULT '',
    live_at      timestamptz,
    ceilings     jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(ceilings) = 'array'),
    made_by      bigint NOT NULL REFERENCES users,
    made_name    text NOT NULL,
    made_at      timestamptz NOT NULL,
    revision     integer NOT NULL DEFAULT 1,
    sent         text UNIQUE,
    CHECK (replaces_id <> id),
    CHECK ((kind IN ('one_off', 'subscription')) = (fen > 0)),
    CHECK ((kind = 'subscription') = (months > 0)),
    CHECK ((kind = 'trial') = (days > 0)),
    CHECK ((kind = 'metered') = (unit <> '')),
    CHECK (kind = 'metered' OR cap_fen = 0),
    CHECK (kind <> 'trial' OR quota > 0),
    CHECK ((kind IN ('free', 'trial')) = (refund = '')),
    CHECK (state = 'draft' OR live_at IS NOT NULL OR state = 'ended')
);
CREATE UNIQUE INDEX listing_plans_replaced ON listing_plans (replaces_id) WHERE state <> 'ended';
CREATE INDEX listing_plans_listing ON listing_plans (listing_id, id);
COMMENT ON TABLE listing_plans IS 'how what is listed is paid for: amounts in hundredths of the currency; one that is live is never changed, and another replaces it';
COMMENT ON COLUMN listing_plans.ceilings IS 'the ceilings of the authority that it was held against when it went live: [{mandate, form, unit, fen}]';
COMMENT ON COLUMN listing_plans.tax IS 'value-added tax in basis points; tax_included: the price has it in it';

CREATE TABLE plan_bands (
    plan_id bigint NOT NULL REFERENCES listing_plans,
    from_units bigint NOT NULL CHECK (from_units >= 0),
    fen     bigint NOT NULL CHECK (fen BETWEEN 0 AND 1000000000000),
    PRIMARY KEY (plan_id, from_units)
);
COMMENT ON TABLE plan_bands IS 'the price of a unit from the band''s beginning to the next: bands are summed, each for the units that lie in it';

CREATE TABLE listing_events (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    listing_id bigint NOT NULL REFERENCES listings,
    plan_id    bigint REFERENCES listing_plans,
    act        text NOT NULL CHECK (act <> ''),
    side       text NOT NULL,
    state      text NOT NULL,
    by_id      bigint NOT NULL,
    name       text NOT NULL,
    words      text NOT NULL DEFAULT '',
    at         timestamptz NOT NULL
);
CREATE INDEX listing_events_of ON listing_events (listing_id, id);

CREATE TABLE open_contents (
    version_id bigint NOT NULL REFERENCES versions,
    position   integer NOT NULL CHECK (position >= 0),
    columns    text NOT NULL CHECK (columns ~ '^[0-9a-f]{64}$'),
    digest     text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
    PRIMARY KEY (version_id, position, columns)
);
CREATE INDEX open_contents_digest ON open_contents (digest);
COMMENT ON TABLE open_contents IS 'digests of tables of public datasets by their canonical form, worked out where a product has a table of the same size: what is open is never sold (AS-29, TJ-20)';
COMMENT ON COLUMN open_contents.columns IS 'SHA-256 of the names and types by which the digest was worked out';

-- What is sold is a product of a kind, under forms of a mandate: the same table as in package marketplace, which a test holds.
CREATE FUNCTION product_forms(kind text) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE kind WHEN 'dataset' THEN '{result_table}' WHEN 'api' THEN '{interface,verification}' WHEN 'report' THEN '{report_product}' WHEN 'model' THEN '{model_product}' WHEN 'tool' THEN '{model_product,verification}' ELSE '{}' END::text[]
$$;

CREATE FUNCTION version_scenarios(of bigint) RETURNS TABLE (scenario_id bigint) LANGUAGE sql STABLE AS $$
    WITH RECURSIVE up AS (SELECT of AS id UNION SELECT i.from_version FROM up JOIN product_inputs i ON i.version_id = up.id WHERE i.from_version IS NOT NULL)
    SELECT p.scenario_id FROM up JOIN product_versions v ON v.id = up.id JOIN products p ON p.id = v.product_id WHERE p.scenario_id IS NOT NULL
    UNION SELECT w.scenario_id FROM up JOIN product_sources s ON s.version_id = up.id JOIN acquisitions a ON a.id = s.acquisition_id JOIN workspaces w ON w.id = a.workspace_id
$$;
COMMENT ON FUNCTION version_scenarios IS 'the scenarios that a version of a product was developed under, through all that it was made of';

-- The mandate of a scenario says what it charges for, or nothing is charged: no ceiling is a row with none. Mandates above it count where they say something. Of several forms the lowest holds.
CREATE FUNCTION version_ceilings(of bigint, counted text) RETURNS TABLE (mandate text, form text, fen bigint) LANGUAGE sql STABLE AS $$
    WITH RECURSIVE under AS (
            SELECT DISTINCT s.mandate_id AS id, true AS own, s.outputs FROM version_scenarios(of) x JOIN scenarios s ON s.id = x.scenario_id
            UNION SELECT m.parent_id, false, u.outputs FROM under u JOIN mandates m ON m.id = u.id WHERE m.parent_id IS NOT NULL),
        kind AS (SELECT product_forms(p.kind) AS forms FROM product_versions v JOIN products p ON p.id = v.product_id WHERE v.id = of)
    SELECT m.number, coalesce(c.form, ''), c.fen FROM under u JOIN mandates m ON m.id = u.id CROSS JOIN kind k
        LEFT JOIN LATERAL (SELECT c.form, c.fen FROM mandate_ceilings c WHERE c.mandate_id = m.id AND c.unit = counted AND c.form = ANY (k.forms)
            AND (c.form IN (SELECT o ->> 'form' FROM jsonb_array_elements(u.outputs) o) OR NOT EXISTS (SELECT FROM jsonb_array_elements(u.outputs) o WHERE o ->> 'form' = ANY (k.forms)))
            ORDER BY c.fen, c.form LIMIT 1) c ON true
    WHERE u.own OR c.fen IS NOT NULL GROUP BY 1, 2, 3
$$;

CREATE FUNCTION version_open_copies(of bigint) RETURNS TABLE (content text, version_id bigint) LANGUAGE sql STABLE AS $$
    SELECT DISTINCT c.name, w.id FROM product_contents c
        JOIN versions w ON w.sha256 = c.digest OR w.id IN (SELECT r.version_id FROM renditions r WHERE r.sha256 = c.digest) OR w.id IN (SELECT o.version_id FROM open_contents o WHERE o.digest = c.digest)
        JOIN resources r ON r.id = w.resource_id JOIN datasets d ON d.id = r.dataset_id
    WHERE c.version_id = of AND d.status = 'published' AND d.open_type = 'unconditional'
$$;
COMMENT ON FUNCTION version_open_copies IS 'contents of a version of a product that equal what is open without conditions, as far as digests of it were worked out';

-- A plan with a price: not of what is open (I-21), not for public benefit or governance (I-23), not of a product that is given for nothing, and at most the ceilings (I-22), with tax.
CREATE FUNCTION plan_priced() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of record;
    most numeric;
    counted text := CASE NEW.kind WHEN 'one_off' THEN 'per_piece' WHEN 'subscription' THEN 'per_month' ELSE NEW.unit END;
    times integer := CASE NEW.kind WHEN 'subscription' THEN NEW.months ELSE 1 END;
BEGIN
    SELECT l.state, p.id AS product, p.sold INTO of FROM listings l JOIN products p ON p.id = l.product_id WHERE l.id = NEW.listing_id;
    IF of.state = 'delisted' THEN
        RAISE EXCEPTION 'listing of plan % is over', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.kind = 'metered' AND NOT EXISTS (SELECT FROM plan_bands WHERE plan_id = NEW.id AND from_units = 0) THEN
        RAISE EXCEPTION 'plan % has no bands', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.kind IN ('free', 'trial') THEN RETURN NEW; END IF;
    IF NOT of.sold THEN
        RAISE EXCEPTION 'plan % has a price, and its product is given for nothing', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    SELECT greatest(NEW.fen, (SELECT max(fen) FROM plan_bands WHERE plan_id = NEW.id)) * CASE WHEN NEW.tax_included THEN 1 ELSE 1 + NEW.tax / 10000.0 END INTO most;
    IF EXISTS (SELECT FROM product_versions v WHERE v.product_id = of.product AND v.state = 'published' AND (
            EXISTS (SELECT FROM version_open_copies(v.id))
            OR EXISTS (SELECT FROM version_scenarios(v.id) x JOIN scenarios s ON s.id = x.scenario_id WHERE s.use_class IN ('public_benefit', 'governance'))
            OR EXISTS (SELECT FROM version_ceilings(v.id, counted) c WHERE c.fen IS NULL OR c.fen * times < most))) THEN
        RAISE EXCEPTION 'plan % has a price that it may not have', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER listing_plans_priced BEFORE UPDATE OF state ON listing_plans FOR EACH ROW WHEN (NEW.state = 'live' AND OLD.state <> 'live') EXECUTE FUNCTION plan_priced();

CREATE FUNCTION plan_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'draft' THEN
            RAISE EXCEPTION 'plan % begins as a draft', NEW.number USING ERRCODE = 'restrict_violation';
        END IF;
        IF NEW.replaces_id IS NOT NULL AND NOT EXISTS (SELECT FROM listing_plans WHERE id = NEW.replaces_id AND listing_id = NEW.listing_id AND state = 'live') THEN
            RAISE EXCEPTION 'plan % replaces one of its listing that is live', NEW.number USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (OLD.number, OLD.listing_id, OLD.replaces_id, OLD.made_by, OLD.made_at) IS DISTINCT FROM (NEW.number, NEW.listing_id, NEW.replaces_id, NEW.made_by, NEW.made_at) THEN
        RAISE EXCEPTION 'plan % is of who made it', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> 'draft' AND (OLD.name, OLD.name_en, OLD.kind, OLD.channel, OLD.currency, OLD.fen, OLD.months, OLD.days, OLD.unit, OLD.cap_fen, OLD.quota, OLD.tax, OLD.tax_included, OLD.refund, OLD.refund_days, OLD.refund_fee, OLD.private_to, OLD.live_at, OLD.ceilings)
        IS DISTINCT FROM (NEW.name, NEW.name_en, NEW.kind, NEW.channel, NEW.currency, NEW.fen, NEW.months, NEW.days, NEW.unit, NEW.cap_fen, NEW.quota, NEW.tax, NEW.tax_included, NEW.refund, NEW.refund_days, NEW.refund_fee, NEW.private_to, NEW.live_at, NEW.ceilings) THEN
        RAISE EXCEPTION 'plan % was live and stays as it is', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('draft', 'live'), ('draft', 'ended'), ('live', 'ended')) OR OLD.state = 'ended' THEN
        RAISE EXCEPTION 'plan % does not go from % to %', OLD.number, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = 'live' AND NEW.replaces_id IS NOT NULL AND EXISTS (SELECT FROM listing_plans WHERE id = NEW.replaces_id AND state = 'live') THEN
        RAISE EXCEPTION 'plan % replaces one that is still live', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION plan_moves IS 'the moves of package marketplace/offering, and no others; what was live stays as it is';
CREATE TRIGGER listing_plans_moves BEFORE INSERT OR UPDATE ON listing_plans FOR EACH ROW EXECUTE FUNCTION plan_moves();

CREATE FUNCTION plan_bands_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM listing_plans WHERE id = CASE TG_OP WHEN 'DELETE' THEN OLD.plan_id ELSE NEW.plan_id END AND state = 'draft' AND kind = 'metered') OR TG_OP = 'UPDATE' THEN
        RAISE EXCEPTION 'bands are of a metered plan that is a draft' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER plan_bands_open BEFORE INSERT OR UPDATE OR DELETE ON plan_bands FOR EACH ROW EXECUTE FUNCTION plan_bands_open();

CREATE FUNCTION listing_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'draft' THEN
            RAISE EXCEPTION 'listing % begins as a draft', NEW.number USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (OLD.number, OLD.product_id, OLD.organisation_id, OLD.made_by, OLD.made_at) IS DISTINCT FROM (NEW.number, NEW.product_id, NEW.organisation_id, NEW.made_by, NEW.made_at) THEN
        RAISE EXCEPTION 'listing % is of who made it', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state NOT IN ('draft', 'returned') AND (OLD.visibility, OLD.channels, OLD.refresh, OLD.availability, OLD.response_hours, OLD.contact, OLD.prohibited) IS DISTINCT FROM (NEW.visibility, NEW.channels, NEW.refresh, NEW.availability, NEW.response_hours, NEW.contact, NEW.prohibited) THEN
        RAISE EXCEPTION 'listing % is checked as it is', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('draft', 'platform_check'), ('returned', 'platform_check'), ('platform_check', 'draft'), ('platform_check', 'returned'), ('platform_check', 'published'), ('published', 'paused'), ('paused', 'published'),
        ('published', 'delisted'), ('paused', 'delisted'), ('draft', 'delisted'), ('returned', 'delisted')) OR OLD.state = 'delisted' THEN
        RAISE EXCEPTION 'listing % does not go from % to %', OLD.number, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    -- The exchange sells nothing that it checks, and nobody of the seller or the developer checks.
    IF NEW.state = 'published' AND OLD.state = 'platform_check' AND (
        EXISTS (SELECT FROM organisation_members m JOIN products p ON p.id = NEW.product_id WHERE m.user_id = NEW.checked_by AND m.organisation_id IN (NEW.organisation_id, p.organisation_id))
        OR EXISTS (SELECT FROM organisations x JOIN products p ON p.id = NEW.product_id JOIN organisations o ON o.id IN (NEW.organisation_id, p.organisation_id) WHERE x.side = 'exchange' AND (x.id = o.id OR x.credit_code = o.credit_code))) THEN
        RAISE EXCEPTION 'listing % is checked by who has no part in it', OLD.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION listing_moves IS 'the moves of package marketplace/offering, and no others';
CREATE TRIGGER listings_moves BEFORE INSERT OR UPDATE ON listings FOR EACH ROW EXECUTE FUNCTION listing_moves();

CREATE FUNCTION listing_invited_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM listings WHERE id = CASE TG_OP WHEN 'DELETE' THEN OLD.listing_id ELSE NEW.listing_id END AND state IN ('draft', 'returned')) OR TG_OP = 'UPDATE' THEN
        RAISE EXCEPTION 'whom a listing is for is checked as it is' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER listing_invited_open BEFORE INSERT OR UPDATE OR DELETE ON listing_invited FOR EACH ROW EXECUTE FUNCTION listing_invited_open();

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['listings', 'listing_plans'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()', t || '_frozen', t);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', t || '_whole', t);
    END LOOP;
    CREATE TRIGGER listing_events_frozen BEFORE UPDATE OR DELETE ON listing_events FOR EACH ROW EXECUTE FUNCTION refuse_change();
    CREATE TRIGGER listing_events_whole BEFORE TRUNCATE ON listing_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
    CREATE TRIGGER open_contents_frozen BEFORE UPDATE OR DELETE ON open_contents FOR EACH ROW EXECUTE FUNCTION refuse_change();
END $$;
