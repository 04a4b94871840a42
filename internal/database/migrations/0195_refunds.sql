-- Money that goes back to buyers: by the rule of the plan as it was ordered, or because the parties agree, an objection was right, a mandate ended, or nobody
-- wanted it. Orders are named by their numbers.

-- What came for an order, in its currency: what was booked as its payment and not taken back.
CREATE FUNCTION order_paid(of text, counted text) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(e.amount), 0)::bigint FROM ledger_transactions t JOIN ledger_entries e ON e.transaction_id = t.id
    WHERE t.subject = of AND t.kind IN ('payment_in', 'matched', 'bill_paid') AND e.currency = counted AND e.amount > 0 AND NOT EXISTS (SELECT FROM ledger_transactions r WHERE r.reverses_id = t.id)
$$;

CREATE TABLE refunds (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number         text NOT NULL UNIQUE CHECK (number ~ '^TK-[0-9]{4}-[0-9]{6}$'),
    order_number   text NOT NULL CHECK (order_number <> ''),
    buyer_id       bigint NOT NULL REFERENCES organisations,
    seller_id      bigint NOT NULL REFERENCES organisations,
    operator_id    bigint NOT NULL REFERENCES organisations,
    cause          text NOT NULL CHECK (cause IN ('rule', 'objection', 'agreed', 'mandate_end', 'surplus')),
    rule           text NOT NULL DEFAULT '',
    counted        text NOT NULL DEFAULT '',
    amount         bigint NOT NULL CHECK (amount > 0),
    currency       text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    ends           boolean NOT NULL,
    online         boolean NOT NULL,
    payment        text NOT NULL DEFAULT '' CHECK ((payment <> '') = online),
    payee          text NOT NULL DEFAULT '',
    payee_bank     text NOT NULL DEFAULT '',
    payee_account  text NOT NULL DEFAULT '',
    words          text NOT NULL DEFAULT '',
    state          text NOT NULL CHECK (state IN ('requested', 'rejected', 'approved', 'submitted', 'succeeded', 'failed', 'manual')),
    state_at       timestamptz NOT NULL,
    reason         text NOT NULL DEFAULT '',
    instruction    text NOT NULL DEFAULT '',
    provider_ref   text UNIQUE CHECK (provider_ref <> ''),
    attempt        integer NOT NULL DEFAULT 0 CHECK (attempt >= 0),
    requested_by   bigint NOT NULL,
    requested_name text NOT NULL,
    requested_side text NOT NULL CHECK (requested_side IN ('buyer', 'seller', 'exchange', 'platform')),
    made_at        timestamptz NOT NULL,
    sent           text UNIQUE,
    revision       integer NOT NULL DEFAULT 1,
    CHECK (state NOT IN ('rejected', 'failed', 'manual') OR reason <> ''),
    CHECK ((cause = 'surplus') = (requested_side = 'platform'))
);
CREATE INDEX refunds_order ON refunds (order_number, id);
CREATE INDEX refunds_going ON refunds (state, id) WHERE state NOT IN ('rejected', 'succeeded', 'manual');
CREATE UNIQUE INDEX refunds_surplus ON refunds (payment) WHERE cause = 'surplus' AND state <> 'rejected';
COMMENT ON COLUMN refunds.ends IS 'the order is over with it: nothing was accepted yet, or what is left of the term goes back';
COMMENT ON COLUMN refunds.payment IS 'of the provider of payments, that is given back; empty: an operator transfers';

CREATE TABLE refund_approvals (
    refund_id bigint NOT NULL REFERENCES refunds,
    user_id   bigint NOT NULL,
    name      text NOT NULL,
    side      text NOT NULL CHECK (side IN ('trade', 'exchange')),
    at        timestamptz NOT NULL,
    PRIMARY KEY (refund_id, user_id),
    UNIQUE (refund_id, side)
);
COMMENT ON COLUMN refund_approvals.side IS 'trade: of the seller or of the operator whose account pays';

CREATE TABLE refund_events (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    refund_id bigint NOT NULL REFERENCES refunds,
    act       text NOT NULL CHECK (act <> ''),
    state     text NOT NULL,
    by_id     bigint NOT NULL,
    name      text NOT NULL,
    words     text NOT NULL DEFAULT '',
    at        timestamptz NOT NULL
);
CREATE INDEX refund_events_of ON refund_events (refund_id, id);

-- All that goes back of an order is never more than what came (I-05), for whoever writes: one at a time for each order.
CREATE FUNCTION refund_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'requested' THEN
            RAISE EXCEPTION 'refund % begins as requested', NEW.number USING ERRCODE = 'restrict_violation';
        END IF;
        PERFORM pg_advisory_xact_lock(hashtextextended('refund ' || NEW.order_number, 0));
        IF NEW.cause <> 'surplus' AND NEW.amount + (SELECT coalesce(sum(amount), 0) FROM refunds WHERE order_number = NEW.order_number AND currency = NEW.currency AND cause <> 'surplus' AND state <> 'rejected') > order_paid(NEW.order_number, NEW.currency) THEN
            RAISE EXCEPTION 'more would go back of order % than came for it', NEW.order_number USING ERRCODE = 'check_violation', CONSTRAINT = 'refunds_within_paid';
        END IF;
        RETURN NEW;
    END IF;
    IF (OLD.number, OLD.order_number, OLD.buyer_id, OLD.seller_id, OLD.operator_id, OLD.cause, OLD.rule, OLD.counted, OLD.amount, OLD.currency, OLD.online, OLD.payment, OLD.requested_by, OLD.made_at) IS DISTINCT FROM (NEW.number, NEW.order_number, NEW.buyer_id, NEW.seller_id, NEW.operator_id, NEW.cause, NEW.rule, NEW.counted, NEW.amount, NEW.currency, NEW.online, NEW.payment, NEW.requested_by, NEW.made_at) THEN
        RAISE EXCEPTION 'refund % stays what was requested', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('requested', 'rejected'), ('requested', 'approved'), ('approved', 'submitted'), ('submitted', 'succeeded'), ('submitted', 'failed'), ('succeeded', 'failed'), ('failed', 'submitted'), ('failed', 'manual')) THEN
        RAISE EXCEPTION 'refund % does not go from % to %', OLD.number, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state = 'requested' AND NEW.state = 'approved' AND NEW.cause <> 'surplus' AND (
        (SELECT count(*) FROM refund_approvals WHERE refund_id = NEW.id AND user_id <> NEW.requested_by) <> 2
        OR EXISTS (SELECT FROM refund_approvals a JOIN organisation_members m ON m.user_id = a.user_id WHERE a.refund_id = NEW.id AND m.organisation_id = NEW.buyer_id)) THEN
        RAISE EXCEPTION 'refund % is approved by two people who did not ask for it: one who sells or pays, one of the exchange', OLD.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION refund_moves IS 'the moves of package marketplace/refunding, and no others';
CREATE TRIGGER refunds_moves BEFORE INSERT OR UPDATE ON refunds FOR EACH ROW EXECUTE FUNCTION refund_moves();

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['refund_approvals', 'refund_events'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()', t || '_frozen', t);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', t || '_whole', t);
    END LOOP;
    CREATE TRIGGER refunds_frozen BEFORE DELETE ON refunds FOR EACH ROW EXECUTE FUNCTION refuse_change();
    CREATE TRIGGER refunds_whole BEFORE TRUNCATE ON refunds FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
END $$;
