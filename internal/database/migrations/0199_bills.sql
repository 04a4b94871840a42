-- Closed months of what metered orders used, and the bills (账单) of them.

CREATE TABLE usage_windows (
    delivery_id bigint NOT NULL REFERENCES deliveries,
    month       date NOT NULL CHECK (extract(day FROM month) = 1),
    events      bigint NOT NULL CHECK (events >= 0),
    quantity    bigint NOT NULL CHECK (quantity >= 0),
    adjusted    bigint NOT NULL CHECK (adjusted >= 0),
    closed_at   timestamptz NOT NULL,
    PRIMARY KEY (delivery_id, month),
    CHECK (closed_at AT TIME ZONE 'Asia/Shanghai' >= month + interval '1 month')
);
COMMENT ON TABLE usage_windows IS 'months that are closed, and never change; one that is open has no row (I-29)';
COMMENT ON COLUMN usage_windows.adjusted IS 'of events that came after their own month had been closed';

CREATE FUNCTION usage_window_sums() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.events, NEW.quantity, NEW.adjusted) IS DISTINCT FROM (SELECT (count(*), coalesce(sum(e.quantity) FILTER (WHERE NOT e.late), 0)::bigint, coalesce(sum(e.quantity) FILTER (WHERE e.late), 0)::bigint)
            FROM delivery_events e WHERE e.delivery_id = NEW.delivery_id AND e.month = NEW.month) THEN
        RAISE EXCEPTION 'the month % is not the sum of its events', NEW.month USING ERRCODE = 'check_violation', CONSTRAINT = 'usage_window_sums';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER usage_windows_sums BEFORE INSERT ON usage_windows FOR EACH ROW EXECUTE FUNCTION usage_window_sums();

CREATE FUNCTION delivery_event_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM deliveries WHERE id = NEW.delivery_id FOR UPDATE; -- whoever closes the month waits, or has closed it
    IF EXISTS (SELECT FROM usage_windows WHERE delivery_id = NEW.delivery_id AND month = NEW.month) THEN
        RAISE EXCEPTION 'the month % is closed', NEW.month USING ERRCODE = 'restrict_violation', CONSTRAINT = 'delivery_event_open';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER delivery_events_open BEFORE INSERT ON delivery_events FOR EACH ROW EXECUTE FUNCTION delivery_event_open();

-- What a quantity costs by the snapshot of a plan, as offering.Price.Amount counts: bands are summed, each for the units that lie in it, up to the cap (I-30).
CREATE FUNCTION usage_units(plan jsonb, quantity bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE plan ->> 'unit' WHEN 'per_thousand_rows' THEN (quantity + 999) / 1000 ELSE quantity END
$$;
CREATE FUNCTION usage_rated(plan jsonb, units bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN coalesce((plan ->> 'cap')::numeric, 0) > 0 THEN least(fen, (plan ->> 'cap')::numeric) ELSE fen END::bigint FROM (
        SELECT coalesce(sum(greatest(0, least(units, coalesce(b.until, units)) - b.since) * b.fen), 0) AS fen
        FROM (SELECT (x ->> 'from')::numeric AS since, (x ->> 'fen')::numeric AS fen, lead((x ->> 'from')::numeric) OVER (ORDER BY (x ->> 'from')::numeric) AS until FROM jsonb_array_elements(coalesce(plan -> 'bands', '[]')) x) b) r
$$;

CREATE TABLE usage_bills (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number       text NOT NULL UNIQUE CHECK (number ~ '^ZD-\d{4}-\d{6}$'),
    delivery_id  bigint NOT NULL,
    month        date NOT NULL,
    units        bigint NOT NULL CHECK (units > 0),
    rated        bigint NOT NULL CHECK (rated > 0),
    net          bigint NOT NULL CHECK (net >= 0),
    tax          bigint NOT NULL CHECK (tax >= 0),
    total        bigint NOT NULL CHECK (total = net + tax AND total > 0),
    currency     text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    state        text NOT NULL CHECK (state IN ('issued', 'objected', 'withdrawn', 'paid', 'released')),
    state_at     timestamptz NOT NULL,
    object_until date NOT NULL,
    pay_until    date NOT NULL CHECK (pay_until >= object_until),
    advised_at   timestamptz,
    reminded_at  timestamptz,
    words        text NOT NULL DEFAULT '',
    objected_by  bigint REFERENCES users,
    objected_name text NOT NULL DEFAULT '',
    objected_at  timestamptz,
    answer       text NOT NULL DEFAULT '',
    answered_by  bigint REFERENCES users CHECK (answered_by <> objected_by),
    answered_name text NOT NULL DEFAULT '',
    answered_at  timestamptz,
    paid_at      timestamptz,
    released_at  timestamptz,
    made_at      timestamptz NOT NULL,
    revision     integer NOT NULL DEFAULT 1,
    UNIQUE (delivery_id, month),
    FOREIGN KEY (delivery_id, month) REFERENCES usage_windows,
    CHECK ((objected_at IS NULL) = (objected_by IS NULL) AND (objected_at IS NULL) = (words = '')),
    CHECK ((answered_at IS NULL) = (answered_by IS NULL) AND (answered_at IS NULL) = (answer = '')),
    CHECK ((state IN ('paid', 'released')) = (paid_at IS NOT NULL) AND (state = 'released') = (released_at IS NOT NULL)),
    CHECK (state <> 'objected' OR objected_at IS NOT NULL AND answered_at IS NULL),
    CHECK (state <> 'withdrawn' OR answered_at IS NOT NULL)
);
CREATE INDEX usage_bills_state ON usage_bills (state, id);
COMMENT ON TABLE usage_bills IS 'of a closed month for which something is to be paid';
COMMENT ON COLUMN usage_bills.object_until IS 'last day, in Asia/Shanghai, as pay_until';

CREATE FUNCTION usage_bill_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'issued' OR NOT EXISTS (SELECT FROM usage_windows w JOIN deliveries d ON d.id = w.delivery_id JOIN orders o ON o.id = d.order_id, LATERAL order_counted(o.plan || jsonb_build_object('fen', NEW.rated), 1) c
                WHERE w.delivery_id = NEW.delivery_id AND w.month = NEW.month AND o.plan ->> 'kind' = 'metered' AND o.currency = NEW.currency AND NEW.units = usage_units(o.plan, w.quantity + w.adjusted) AND NEW.rated = usage_rated(o.plan, NEW.units)
                    AND (c.net, c.tax, c.total) = (NEW.net, NEW.tax, NEW.total)) THEN
            RAISE EXCEPTION 'bill % is not what its events come to', NEW.number USING ERRCODE = 'check_violation', CONSTRAINT = 'usage_bill_moves';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.number, NEW.delivery_id, NEW.month, NEW.units, NEW.rated, NEW.net, NEW.tax, NEW.total, NEW.currency, NEW.made_at, NEW.object_until, NEW.pay_until) IS DISTINCT FROM (OLD.number, OLD.delivery_id, OLD.month, OLD.units, OLD.rated, OLD.net, OLD.tax, OLD.total, OLD.currency, OLD.made_at, OLD.object_until, OLD.pay_until)
        OR OLD.objected_at IS NOT NULL AND (NEW.words, NEW.objected_by, NEW.objected_at) IS DISTINCT FROM (OLD.words, OLD.objected_by, OLD.objected_at) OR OLD.answered_at IS NOT NULL AND (NEW.answer, NEW.answered_by, NEW.answered_at) IS DISTINCT FROM (OLD.answer, OLD.answered_by, OLD.answered_at) THEN
        RAISE EXCEPTION 'bill % stays as it was issued', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (('issued', 'objected'), ('objected', 'issued'), ('objected', 'withdrawn'), ('issued', 'paid'), ('objected', 'paid'), ('paid', 'released')) THEN
        RAISE EXCEPTION 'bill % does not go from % to %', OLD.number, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION usage_bill_moves IS 'the moves of package marketplace/delivery, and no others';
CREATE TRIGGER usage_bills_moves BEFORE INSERT OR UPDATE ON usage_bills FOR EACH ROW EXECUTE FUNCTION usage_bill_moves();

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['usage_windows', 'usage_bills'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()', t || '_kept', t);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', t || '_whole', t);
    END LOOP;
END $$;
CREATE TRIGGER usage_windows_frozen BEFORE UPDATE ON usage_windows FOR EACH ROW EXECUTE FUNCTION refuse_change();
