-- Deliveries (交付) of orders: what was handed over to whom, call by call, and the receipt of each copy.

CREATE TABLE deliveries (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id  bigint NOT NULL UNIQUE REFERENCES orders,
    channel   text NOT NULL CHECK (channel IN ('file', 'api', 'workspace')),
    quota     bigint NOT NULL CHECK (quota >= 0),
    used      bigint NOT NULL DEFAULT 0 CHECK (used >= 0),
    opened_at timestamptz NOT NULL,
    ended_at  timestamptz CHECK (ended_at >= opened_at),
    ended_why text NOT NULL DEFAULT '',
    CONSTRAINT deliveries_quota CHECK (quota = 0 OR used <= quota),
    CHECK ((ended_at IS NULL) = (ended_why = ''))
);
COMMENT ON TABLE deliveries IS 'what a paid order opens; whether anything may be served now is no state of it and is asked at each call (I-07)';
COMMENT ON COLUMN deliveries.quota IS 'calls or copies, from the snapshot of the plan; 0: as many as one likes';

CREATE FUNCTION delivery_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM orders o JOIN contracts c ON c.order_id = o.id WHERE o.id = NEW.order_id AND o.state IN ('paid', 'delivered') AND c.state = 'effective'
                AND (o.plan ->> 'channel', (o.plan ->> 'quota')::bigint) = (NEW.channel, NEW.quota)) THEN
            RAISE EXCEPTION 'nothing is delivered of an order that is not paid under a contract in force' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.order_id, NEW.channel, NEW.quota, NEW.opened_at) IS DISTINCT FROM (OLD.order_id, OLD.channel, OLD.quota, OLD.opened_at) OR NEW.used < OLD.used
        OR OLD.ended_at IS NOT NULL AND (NEW.ended_at, NEW.ended_why, NEW.used) IS DISTINCT FROM (OLD.ended_at, OLD.ended_why, OLD.used) THEN
        RAISE EXCEPTION 'what was delivered stays delivered' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION delivery_moves IS 'opened once, counted upwards, ended once';
CREATE TRIGGER deliveries_moves BEFORE INSERT OR UPDATE ON deliveries FOR EACH ROW EXECUTE FUNCTION delivery_moves();

ALTER TABLE api_keys ADD COLUMN delivery_id bigint REFERENCES deliveries;
ALTER TABLE api_keys ADD CONSTRAINT api_keys_of_one CHECK (grant_id IS NULL OR delivery_id IS NULL);
CREATE INDEX api_keys_delivery ON api_keys (delivery_id) WHERE delivery_id IS NOT NULL;
COMMENT ON COLUMN api_keys.delivery_id IS 'the one order whose product the key reads; such a key reads nothing else that is not open';

CREATE TABLE delivery_receipts (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number      text NOT NULL UNIQUE CHECK (number ~ '^JF-\d{4}-\d{6}$'),
    delivery_id bigint NOT NULL REFERENCES deliveries,
    version_id  bigint NOT NULL,
    name        text NOT NULL,
    sha256      text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    bytes       bigint NOT NULL CHECK (bytes >= 0),
    salt        text NOT NULL CHECK (length(salt) >= 26),
    statement   bytea NOT NULL,
    digest      text NOT NULL UNIQUE CHECK (digest = encode(sha256(statement), 'hex')),
    envelope    bytea NOT NULL,
    key_id      text NOT NULL CHECK (key_id <> ''),
    by_id       bigint NOT NULL REFERENCES users,
    by_name     text NOT NULL,
    handed_at   timestamptz NOT NULL,
    FOREIGN KEY (version_id, name) REFERENCES product_artefacts (version_id, name)
);
CREATE INDEX delivery_receipts_of ON delivery_receipts (delivery_id, id DESC);
COMMENT ON TABLE delivery_receipts IS 'one for each copy that was handed over; what is signed names neither buyer nor order, and the salt opens what it says of them (I-41)';

CREATE TABLE delivery_events (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    delivery_id bigint NOT NULL REFERENCES deliveries,
    source      text NOT NULL CHECK (source <> ''),
    event_id    text NOT NULL CHECK (event_id <> '' AND length(event_id) <= 200),
    kind        text NOT NULL CHECK (kind IN ('call', 'range')),
    counts      integer NOT NULL CHECK (counts IN (0, 1)),
    quantity    bigint NOT NULL CHECK (quantity >= 0),
    bytes       bigint NOT NULL DEFAULT 0 CHECK (bytes >= 0),
    what        text NOT NULL DEFAULT '',
    part        text NOT NULL DEFAULT '',
    receipt_id  bigint REFERENCES delivery_receipts,
    by_id       bigint REFERENCES users,
    key_prefix  text NOT NULL DEFAULT '',
    at          timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    month       date NOT NULL CHECK (extract(day FROM month) = 1),
    late        boolean NOT NULL,
    UNIQUE (source, event_id),
    CHECK (late = (month > date_trunc('month', at AT TIME ZONE 'Asia/Shanghai')::date)),
    CHECK (month >= date_trunc('month', at AT TIME ZONE 'Asia/Shanghai')::date),
    CHECK ((kind = 'range') = (receipt_id IS NOT NULL))
);
CREATE INDEX delivery_events_month ON delivery_events (delivery_id, month, id);
COMMENT ON TABLE delivery_events IS 'every call and every range of a file that was served; one of a source is counted once (I-29)';
COMMENT ON COLUMN delivery_events.counts IS 'of the quota: 1 for a call and for the first range of a copy';
COMMENT ON COLUMN delivery_events.quantity IS 'in what the plan meters: calls, rows or copies; 0 where it meters nothing';
COMMENT ON COLUMN delivery_events.month IS 'in which it is billed, in Asia/Shanghai: the month of at, or where that was closed before it came the first that is not: then it is late, and an adjustment there';

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['deliveries', 'delivery_receipts', 'delivery_events'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()', t || '_kept', t);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', t || '_whole', t);
    END LOOP;
END $$;
CREATE TRIGGER delivery_receipts_frozen BEFORE UPDATE ON delivery_receipts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER delivery_events_frozen BEFORE UPDATE ON delivery_events FOR EACH ROW EXECUTE FUNCTION refuse_change();
