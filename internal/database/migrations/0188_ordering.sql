-- Orders (订单) of plans, the contract of each (合同), and by which rule its money is divided (分账规则).

CREATE FUNCTION split_sound(split jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_typeof(split) = 'array' AND coalesce(
        (SELECT sum((s ->> 'points')::bigint) = 10000 AND bool_and((s ->> 'points')::bigint > 0 AND s ->> 'basis' <> '' AND s ->> 'class' IN ('payable:developer', 'payable:operator', 'payable:broker', 'payable:treasury', 'revenue:platform_fee')
            AND (s ->> 'class' IN ('payable:treasury', 'revenue:platform_fee')) = ((s ->> 'organisation')::bigint = 0))
            AND count(DISTINCT (s ->> 'class', s ->> 'organisation')) = count(*)
        FROM jsonb_array_elements(split) s), false)
$$;
COMMENT ON FUNCTION split_sound IS 'shares in basis points, each of a payee named once and with what it rests on, that are the whole together (I-06)';

CREATE TABLE split_rules (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number      text NOT NULL UNIQUE CHECK (number ~ '^FZ-\d{4}-\d{6}$'),
    listing_id  bigint NOT NULL REFERENCES listings,
    edition     integer NOT NULL CHECK (edition > 0),
    operator_id bigint NOT NULL REFERENCES organisations,
    shares      jsonb NOT NULL CHECK (split_sound(shares)),
    state       text NOT NULL CHECK (state IN ('proposed', 'agreed', 'refused', 'withdrawn', 'replaced')),
    state_at    timestamptz NOT NULL,
    reason      text NOT NULL DEFAULT '',
    made_by     bigint NOT NULL REFERENCES users,
    made_name   text NOT NULL,
    made_at     timestamptz NOT NULL,
    agreed_by   bigint REFERENCES users CHECK (agreed_by <> made_by),
    agreed_name text NOT NULL DEFAULT '',
    agreed_at   timestamptz,
    revision    integer NOT NULL DEFAULT 1,
    sent        text UNIQUE,
    UNIQUE (listing_id, edition),
    CHECK (state NOT IN ('agreed', 'replaced') OR agreed_by IS NOT NULL AND agreed_at IS NOT NULL),
    CHECK (state <> 'refused' OR reason <> '')
);
CREATE UNIQUE INDEX split_rules_agreed ON split_rules (listing_id) WHERE state = 'agreed';
CREATE UNIQUE INDEX split_rules_proposed ON split_rules (listing_id) WHERE state = 'proposed';
COMMENT ON TABLE split_rules IS 'how what is paid for orders of a listing is divided: proposed by the seller, agreed by the operator of the mandate; a new one replaces the one in force, for orders that come after';

CREATE FUNCTION split_rule_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'proposed' THEN
            RAISE EXCEPTION 'rule % begins as a proposal', NEW.number USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.number, NEW.listing_id, NEW.edition, NEW.operator_id, NEW.shares, NEW.made_by, NEW.made_at) IS DISTINCT FROM (OLD.number, OLD.listing_id, OLD.edition, OLD.operator_id, OLD.shares, OLD.made_by, OLD.made_at) THEN
        RAISE EXCEPTION 'rule % stays as it was proposed', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF (OLD.state, NEW.state) NOT IN (('proposed', 'agreed'), ('proposed', 'refused'), ('proposed', 'withdrawn'), ('agreed', 'replaced')) THEN
        RAISE EXCEPTION 'rule % does not go from % to %', OLD.number, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER split_rules_moves BEFORE INSERT OR UPDATE ON split_rules FOR EACH ROW EXECUTE FUNCTION split_rule_moves();

-- The money of an order is counted from its snapshot of the plan, in hundredths, halves away from zero (I-31).
CREATE FUNCTION order_counted(plan jsonb, quantity integer, OUT net bigint, OUT tax bigint, OUT total bigint) LANGUAGE sql IMMUTABLE AS $$
    SELECT total - tax, tax, total FROM (SELECT CASE WHEN included THEN round(gross * rate / (10000 + rate)) ELSE round(gross * rate / 10000) END::bigint AS tax,
            (CASE WHEN included THEN gross ELSE gross + round(gross * rate / 10000) END)::bigint AS total
        FROM (SELECT (plan ->> 'fen')::numeric * quantity AS gross, (plan ->> 'tax')::numeric AS rate, (plan ->> 'tax_included')::boolean AS included) p) c
$$;

CREATE TABLE orders (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number        text NOT NULL UNIQUE CHECK (number ~ '^DD-\d{4}-\d{6}$'),
    buyer_id      bigint NOT NULL REFERENCES organisations,
    seller_id     bigint NOT NULL REFERENCES organisations CHECK (seller_id <> buyer_id),
    developer_id  bigint NOT NULL REFERENCES organisations CHECK (developer_id <> buyer_id),
    operator_id   bigint REFERENCES organisations,
    listing_id    bigint NOT NULL REFERENCES listings,
    plan_id       bigint NOT NULL REFERENCES listing_plans,
    product_id    bigint NOT NULL REFERENCES products,
    version_id    bigint NOT NULL,
    plan          jsonb NOT NULL CHECK (jsonb_typeof(plan) = 'object' AND plan ? 'kind' AND plan ? 'fen' AND plan ? 'tax' AND plan ? 'tax_included'),
    quantity      integer NOT NULL DEFAULT 1 CHECK (quantity BETWEEN 1 AND 1000),
    currency      text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    net           bigint NOT NULL CHECK (net >= 0),
    tax           bigint NOT NULL CHECK (tax >= 0),
    total         bigint NOT NULL CHECK (total = net + tax),
    split_rule_id bigint REFERENCES split_rules,
    split         jsonb NOT NULL DEFAULT '[]',
    purpose       text NOT NULL CHECK (purpose <> ''),
    territory     text NOT NULL CHECK (territory <> ''),
    cross_border  boolean NOT NULL,
    cleared_by    bigint REFERENCES users,
    cleared_name  text NOT NULL DEFAULT '',
    cleared_at    timestamptz,
    state         text NOT NULL CHECK (state IN ('created', 'awaiting_payment', 'paid', 'delivered', 'objected', 'accepted', 'refunded', 'cancelled', 'expired', 'ended')),
    state_at      timestamptz NOT NULL,
    reason        text NOT NULL DEFAULT '',
    clock_profile text NOT NULL DEFAULT '',
    clock_path    text NOT NULL DEFAULT '',
    clock_from    timestamptz,
    pay_until     date,
    accept_until  date,
    paid_at       timestamptz,
    delivered_at  timestamptz,
    accepted_at   timestamptz,
    accepted_by   text NOT NULL DEFAULT '' CHECK (accepted_by IN ('', 'buyer', 'silence', 'withdrawal')),
    term_from     timestamptz,
    term_until    timestamptz CHECK (term_until > term_from),
    noticed_at    timestamptz,
    sample        boolean NOT NULL DEFAULT false,
    made_by       bigint NOT NULL REFERENCES users,
    made_name     text NOT NULL,
    made_at       timestamptz NOT NULL,
    revision      integer NOT NULL DEFAULT 1,
    sent          text UNIQUE,
    FOREIGN KEY (version_id, product_id) REFERENCES product_versions (id, product_id),
    CHECK ((net, tax, total) = ((order_counted(plan, quantity)).net, (order_counted(plan, quantity)).tax, (order_counted(plan, quantity)).total)),
    CHECK (total = 0 OR operator_id IS NOT NULL),
    CHECK (CASE WHEN operator_id IS NULL THEN split = '[]' AND split_rule_id IS NULL ELSE split_sound(split) AND split_rule_id IS NOT NULL END),
    CHECK (plan ->> 'kind' = 'subscription' OR quantity = 1),
    CHECK (state NOT IN ('cancelled', 'refunded') OR reason <> ''),
    CHECK (state <> 'awaiting_payment' OR total > 0 AND pay_until IS NOT NULL),
    CHECK (state NOT IN ('paid', 'delivered', 'objected', 'accepted', 'ended') OR paid_at IS NOT NULL),
    CHECK (state NOT IN ('delivered', 'objected', 'accepted', 'ended') OR delivered_at IS NOT NULL AND term_from IS NOT NULL AND term_until IS NOT NULL AND accept_until IS NOT NULL),
    CHECK (state NOT IN ('accepted', 'ended') OR accepted_at IS NOT NULL AND accepted_by <> ''),
    CHECK ((cleared_at IS NULL) = (cleared_by IS NULL)),
    CHECK (NOT cross_border OR cleared_at IS NOT NULL OR state IN ('created', 'cancelled', 'expired')),
    CHECK ((clock_path = '') = (clock_from IS NULL))
);
CREATE INDEX orders_buyer ON orders (buyer_id, id DESC);
CREATE INDEX orders_seller ON orders (seller_id, id DESC);
CREATE INDEX orders_operator ON orders (operator_id, id DESC) WHERE operator_id IS NOT NULL;
CREATE INDEX orders_listing ON orders (listing_id, id DESC);
CREATE INDEX orders_state ON orders (state, id DESC);
CREATE UNIQUE INDEX orders_trial ON orders (buyer_id, product_id) WHERE plan ->> 'kind' = 'trial' AND state NOT IN ('cancelled', 'expired');
COMMENT ON TABLE orders IS 'what an organisation orders of a plan: the plan as it was then, counted once; what changes of the plan later changes nothing of it';
COMMENT ON COLUMN orders.operator_id IS 'whose collection account takes the money: the operator of the mandate that the product was developed under; none where nothing is charged';
COMMENT ON COLUMN orders.split IS 'the rule as it was then: [{class, organisation, name, points, basis}]; what is released of the hold is divided by it';
COMMENT ON COLUMN orders.pay_until IS 'last day, in Asia/Shanghai';
COMMENT ON COLUMN orders.cleared_at IS 'when the papers for use across the border were found whole (AS-45)';

CREATE TABLE contracts (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number        text NOT NULL UNIQUE CHECK (number ~ '^HT-\d{4}-\d{6}$'),
    order_id      bigint NOT NULL UNIQUE REFERENCES orders,
    template      text NOT NULL CHECK (template <> ''),
    terms         jsonb NOT NULL CHECK (jsonb_typeof(terms) = 'object'),
    body          text NOT NULL CHECK (body <> ''),
    sha256        text NOT NULL CHECK (sha256 = encode(sha256(convert_to(body, 'UTF8')), 'hex')),
    from_at       timestamptz NOT NULL,
    until_at      timestamptz NOT NULL CHECK (until_at > from_at),
    buyer_by      bigint REFERENCES users,
    buyer_name    text NOT NULL DEFAULT '',
    buyer_at      timestamptz,
    buyer_method  text NOT NULL DEFAULT '',
    seller_by     bigint REFERENCES users CHECK (seller_by <> buyer_by),
    seller_name   text NOT NULL DEFAULT '',
    seller_at     timestamptz,
    seller_method text NOT NULL DEFAULT '',
    state         text NOT NULL CHECK (state IN ('offered', 'effective', 'ended', 'void')),
    state_at      timestamptz NOT NULL,
    void_at       timestamptz,
    made_at       timestamptz NOT NULL,
    CHECK ((buyer_by IS NULL) = (buyer_at IS NULL) AND (seller_by IS NULL) = (seller_at IS NULL)),
    CHECK (state NOT IN ('effective', 'ended') OR buyer_at IS NOT NULL AND seller_at IS NOT NULL),
    CHECK ((state = 'void') = (void_at IS NOT NULL))
);
COMMENT ON TABLE contracts IS 'what buyer and seller sign of an order: locked before either does, so that both sign the same SHA-256';
COMMENT ON COLUMN contracts.terms IS 'the same terms for programs: {purposes, areas, seats, resale, derivative, attribution, destroy_on_end, audit_right, acceptance_days}, and no others';

CREATE TABLE order_clearances (
    order_id  bigint NOT NULL REFERENCES orders,
    kind      text NOT NULL CHECK (kind IN ('assessment', 'security_review', 'filing')),
    reference text NOT NULL CHECK (reference <> ''),
    issuer    text NOT NULL CHECK (issuer <> ''),
    dated     date NOT NULL,
    given_by  bigint NOT NULL REFERENCES users,
    given_name text NOT NULL,
    given_at  timestamptz NOT NULL,
    PRIMARY KEY (order_id, kind)
);
COMMENT ON TABLE order_clearances IS 'the three papers that use across the border needs: assessment (出境安全评估), review (国家安全审查), filing with the cyberspace administration (网信部门报备) (AS-45)';

CREATE TABLE order_objections (
    order_id      bigint PRIMARY KEY REFERENCES orders,
    ground        text NOT NULL CHECK (ground IN ('quality', 'mismatch', 'legality')),
    words         text NOT NULL CHECK (words <> ''),
    by_id         bigint NOT NULL REFERENCES users,
    name          text NOT NULL,
    at            timestamptz NOT NULL,
    answer        text NOT NULL DEFAULT '' CHECK (answer IN ('', 'refused', 'refund')),
    answer_words  text NOT NULL DEFAULT '',
    answered_by   bigint REFERENCES users,
    answered_name text NOT NULL DEFAULT '',
    answered_at   timestamptz,
    withdrawn_at  timestamptz,
    CHECK ((answer = '') = (answered_at IS NULL) AND (answered_at IS NULL) = (answered_by IS NULL) AND (answer = '') = (answer_words = ''))
);
COMMENT ON TABLE order_objections IS 'what a buyer says against what was delivered while it is looked at, and what the seller answers: refund is carried out as one, and then the order is refunded';

CREATE TABLE order_events (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id bigint NOT NULL REFERENCES orders,
    act      text NOT NULL CHECK (act <> ''),
    side     text NOT NULL,
    state    text NOT NULL,
    by_id    bigint NOT NULL,
    name     text NOT NULL,
    words    text NOT NULL DEFAULT '',
    at       timestamptz NOT NULL
);
CREATE INDEX order_events_of ON order_events (order_id, id);

CREATE FUNCTION order_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'created' THEN
            RAISE EXCEPTION 'order % begins with its contract', NEW.number USING ERRCODE = 'restrict_violation';
        END IF;
        IF NOT EXISTS (SELECT FROM listing_plans p JOIN listings l ON l.id = p.listing_id WHERE p.id = NEW.plan_id AND p.state = 'live' AND l.id = NEW.listing_id AND l.state = 'published' AND l.product_id = NEW.product_id AND l.organisation_id = NEW.seller_id
                AND (p.kind, p.channel, p.currency, p.fen::text, p.months::text, p.days::text, p.tax::text, p.tax_included::text) = (NEW.plan ->> 'kind', NEW.plan ->> 'channel', NEW.plan ->> 'currency', NEW.plan ->> 'fen', NEW.plan ->> 'months', NEW.plan ->> 'days', NEW.plan ->> 'tax', NEW.plan ->> 'tax_included')) THEN
            RAISE EXCEPTION 'order % is of no plan that is offered as it says', NEW.number USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.operator_id IS NOT NULL AND NOT EXISTS (SELECT FROM split_rules r WHERE r.id = NEW.split_rule_id AND r.listing_id = NEW.listing_id AND r.state = 'agreed' AND r.operator_id = NEW.operator_id AND r.shares = NEW.split) THEN
            RAISE EXCEPTION 'order % is divided by no rule in force', NEW.number USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.number, NEW.buyer_id, NEW.seller_id, NEW.developer_id, NEW.operator_id, NEW.listing_id, NEW.plan_id, NEW.product_id, NEW.version_id, NEW.plan, NEW.quantity, NEW.currency, NEW.net, NEW.tax, NEW.total, NEW.split_rule_id, NEW.split, NEW.purpose, NEW.territory, NEW.cross_border, NEW.sample, NEW.made_by, NEW.made_at)
        IS DISTINCT FROM (OLD.number, OLD.buyer_id, OLD.seller_id, OLD.developer_id, OLD.operator_id, OLD.listing_id, OLD.plan_id, OLD.product_id, OLD.version_id, OLD.plan, OLD.quantity, OLD.currency, OLD.net, OLD.tax, OLD.total, OLD.split_rule_id, OLD.split, OLD.purpose, OLD.territory, OLD.cross_border, OLD.sample, OLD.made_by, OLD.made_at) THEN
        RAISE EXCEPTION 'order % stays what was ordered', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.cleared_at IS NOT NULL AND NEW.cleared_at IS DISTINCT FROM OLD.cleared_at OR OLD.paid_at IS NOT NULL AND NEW.paid_at IS DISTINCT FROM OLD.paid_at
        OR OLD.delivered_at IS NOT NULL AND (NEW.delivered_at, NEW.term_from, NEW.accept_until) IS DISTINCT FROM (OLD.delivered_at, OLD.term_from, OLD.accept_until) OR OLD.accepted_at IS NOT NULL AND NEW.accepted_at IS DISTINCT FROM OLD.accepted_at
        OR OLD.pay_until IS NOT NULL AND NEW.pay_until IS DISTINCT FROM OLD.pay_until OR OLD.term_until IS NOT NULL AND NEW.term_until IS DISTINCT FROM OLD.term_until THEN
        RAISE EXCEPTION 'what happened of order % stays', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('created', 'awaiting_payment'), ('created', 'paid'), ('created', 'cancelled'), ('created', 'expired'),
        ('awaiting_payment', 'paid'), ('awaiting_payment', 'cancelled'), ('awaiting_payment', 'expired'), ('paid', 'delivered'), ('paid', 'refunded'),
        ('delivered', 'accepted'), ('delivered', 'objected'), ('delivered', 'refunded'), ('objected', 'accepted'), ('objected', 'refunded'), ('accepted', 'ended'), ('accepted', 'refunded'))
        OR OLD.state IN ('refunded', 'cancelled', 'expired', 'ended') THEN
        RAISE EXCEPTION 'order % does not go from % to %', OLD.number, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state = 'created' AND NEW.state IN ('awaiting_payment', 'paid') AND (NOT EXISTS (SELECT FROM contracts WHERE order_id = NEW.id AND state = 'effective') OR (NEW.state = 'paid') <> (NEW.total = 0)) THEN
        RAISE EXCEPTION 'order % is signed by both first, and then paid', OLD.number USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.cleared_at IS NOT NULL AND OLD.cleared_at IS NULL AND (SELECT count(*) <> 3 FROM order_clearances WHERE order_id = NEW.id) THEN
        RAISE EXCEPTION 'order % lacks papers for use across the border', OLD.number USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.term_until IS NOT NULL AND NOT EXISTS (SELECT FROM contracts c WHERE c.order_id = NEW.id AND c.from_at <= NEW.term_from AND NEW.term_until <= c.until_at) THEN
        RAISE EXCEPTION 'the term of order % does not lie within its contract', OLD.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION order_moves IS 'the moves of package marketplace/ordering, and no others';
CREATE TRIGGER orders_moves BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION order_moves();

-- What an order of a version may be for: the purpose of each scenario that it was developed under, where its mandate and those above have it (I-10); and until
-- when: no longer than any of them (I-08).
CREATE FUNCTION version_purposes(of bigint) RETURNS TABLE (purpose text) LANGUAGE sql STABLE AS $$
    WITH RECURSIVE under AS (
            SELECT s.id AS scenario, s.purpose, m.id, m.parent_id, m.purposes FROM version_scenarios(of) x JOIN scenarios s ON s.id = x.scenario_id JOIN mandates m ON m.id = s.mandate_id
            UNION SELECT u.scenario, u.purpose, m.id, m.parent_id, m.purposes FROM under u JOIN mandates m ON m.id = u.parent_id)
    SELECT purpose FROM under GROUP BY purpose HAVING bool_and(purpose = ANY (purposes)) AND count(DISTINCT scenario) = (SELECT count(DISTINCT scenario) FROM under)
$$;

CREATE FUNCTION version_until(of bigint) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    WITH RECURSIVE under AS (
            SELECT s.until_at AS scenario_until, m.id, m.parent_id, m.until_at FROM version_scenarios(of) x JOIN scenarios s ON s.id = x.scenario_id JOIN mandates m ON m.id = s.mandate_id
            UNION SELECT u.scenario_until, m.id, m.parent_id, m.until_at FROM under u JOIN mandates m ON m.id = u.parent_id)
    SELECT min(least(scenario_until, until_at)) FROM under
$$;
COMMENT ON FUNCTION version_until IS 'when the first of the scenarios and mandates that a version was developed under ends; none: it rests on none';

CREATE FUNCTION contract_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'offered' OR NEW.buyer_by IS NOT NULL OR NEW.seller_by IS NOT NULL THEN
            RAISE EXCEPTION 'contract % is locked before anybody signs', NEW.number USING ERRCODE = 'restrict_violation';
        END IF;
        IF EXISTS (SELECT FROM orders o WHERE o.id = NEW.order_id AND (NEW.until_at > version_until(o.version_id)
                OR EXISTS (SELECT FROM version_scenarios(o.version_id)) AND o.purpose NOT IN (SELECT purpose FROM version_purposes(o.version_id))
                OR NEW.terms -> 'purposes' IS DISTINCT FROM jsonb_build_array(o.purpose) OR NEW.terms -> 'areas' IS DISTINCT FROM jsonb_build_array(o.territory))) THEN
            RAISE EXCEPTION 'contract % goes beyond what its product was authorised for', NEW.number USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.number, NEW.order_id, NEW.template, NEW.terms, NEW.body, NEW.sha256, NEW.from_at, NEW.until_at, NEW.made_at) IS DISTINCT FROM (OLD.number, OLD.order_id, OLD.template, OLD.terms, OLD.body, OLD.sha256, OLD.from_at, OLD.until_at, OLD.made_at)
        OR OLD.buyer_at IS NOT NULL AND (NEW.buyer_by, NEW.buyer_name, NEW.buyer_at, NEW.buyer_method) IS DISTINCT FROM (OLD.buyer_by, OLD.buyer_name, OLD.buyer_at, OLD.buyer_method)
        OR OLD.seller_at IS NOT NULL AND (NEW.seller_by, NEW.seller_name, NEW.seller_at, NEW.seller_method) IS DISTINCT FROM (OLD.seller_by, OLD.seller_name, OLD.seller_at, OLD.seller_method) THEN
        RAISE EXCEPTION 'contract % stays as it was signed', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('offered', 'effective'), ('offered', 'void'), ('effective', 'ended'), ('effective', 'void')) OR OLD.state IN ('ended', 'void') THEN
        RAISE EXCEPTION 'contract % does not go from % to %', OLD.number, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> 'offered' AND (NEW.buyer_at, NEW.seller_at) IS DISTINCT FROM (OLD.buyer_at, OLD.seller_at)
        OR (NEW.buyer_at IS NOT NULL OR NEW.seller_at IS NOT NULL) AND EXISTS (SELECT FROM orders o WHERE o.id = NEW.order_id AND o.cross_border AND o.cleared_at IS NULL) THEN
        RAISE EXCEPTION 'contract % cannot be signed now', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER contracts_moves BEFORE INSERT OR UPDATE ON contracts FOR EACH ROW EXECUTE FUNCTION contract_moves();

CREATE FUNCTION order_clearance_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM orders WHERE id = NEW.order_id AND cross_border AND state = 'created' AND cleared_at IS NULL) THEN
        RAISE EXCEPTION 'papers are handed in while the order is held' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER order_clearances_open BEFORE INSERT OR UPDATE ON order_clearances FOR EACH ROW EXECUTE FUNCTION order_clearance_open();

CREATE FUNCTION order_objection_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.order_id, NEW.ground, NEW.words, NEW.by_id, NEW.name, NEW.at) IS DISTINCT FROM (OLD.order_id, OLD.ground, OLD.words, OLD.by_id, OLD.name, OLD.at) OR OLD.answered_at IS NOT NULL AND (NEW.answer, NEW.answer_words, NEW.answered_at) IS DISTINCT FROM (OLD.answer, OLD.answer_words, OLD.answered_at)
        OR OLD.withdrawn_at IS NOT NULL THEN
        RAISE EXCEPTION 'what was objected and answered stays' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER order_objections_kept BEFORE UPDATE ON order_objections FOR EACH ROW EXECUTE FUNCTION order_objection_kept();

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['split_rules', 'orders', 'contracts', 'order_clearances', 'order_objections', 'order_events'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()', t || '_frozen', t);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', t || '_whole', t);
    END LOOP;
    CREATE TRIGGER order_events_kept BEFORE UPDATE ON order_events FOR EACH ROW EXECUTE FUNCTION refuse_change();
END $$;
