-- Payments through a provider: checkouts that were opened for orders, and what the provider said by itself. Of its words only ids are kept: what is true is
-- asked for.

CREATE TABLE payment_checkouts (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_number text NOT NULL CHECK (order_number <> ''),
    attempt      integer NOT NULL CHECK (attempt > 0),
    amount       bigint NOT NULL CHECK (amount > 0),
    currency     text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    title        text NOT NULL,
    expires_at   timestamptz NOT NULL,
    session      text UNIQUE CHECK (session <> ''),
    url          text NOT NULL DEFAULT '',
    payment      text UNIQUE CHECK (payment <> ''),
    charge       text NOT NULL DEFAULT '',
    state        text NOT NULL CHECK (state IN ('asked', 'open', 'pending', 'confirmed', 'surplus', 'mismatched', 'ended')),
    reason       text NOT NULL DEFAULT '',
    made_at      timestamptz NOT NULL,
    state_at     timestamptz NOT NULL,
    looked_at    timestamptz,
    UNIQUE (order_number, attempt),
    CHECK ((state = 'asked') = (session IS NULL)),
    CHECK (state NOT IN ('confirmed', 'surplus') OR payment IS NOT NULL)
);
CREATE UNIQUE INDEX payment_checkouts_confirmed ON payment_checkouts (order_number) WHERE state = 'confirmed';
CREATE INDEX payment_checkouts_going ON payment_checkouts (looked_at NULLS FIRST, id) WHERE state IN ('open', 'pending');
COMMENT ON TABLE payment_checkouts IS 'each time that a buyer was to pay an order online; asked: the provider has not answered yet, and is asked again under the same key';
COMMENT ON COLUMN payment_checkouts.state IS 'surplus: paid, and the order needed nothing any more, so the money goes back; mismatched: the provider has another amount, currency or order, and people look';
COMMENT ON INDEX payment_checkouts_confirmed IS 'an order is paid once';

CREATE FUNCTION payment_checkout_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.order_number, NEW.attempt, NEW.amount, NEW.currency) IS DISTINCT FROM (OLD.order_number, OLD.attempt, OLD.amount, OLD.currency) OR OLD.session IS NOT NULL AND NEW.session IS DISTINCT FROM OLD.session THEN
        RAISE EXCEPTION 'what a checkout is for never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    -- Money that was there once was there: no event that comes late takes a checkout back. One that ended may still be paid.
    IF OLD.state IN ('confirmed', 'surplus', 'mismatched') AND NEW.state <> OLD.state OR NEW.state = 'asked' AND OLD.state <> 'asked' OR OLD.state IN ('pending', 'ended') AND NEW.state = 'open' THEN
        RAISE EXCEPTION 'a checkout does not go from % to %', OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payment_checkouts_moves BEFORE UPDATE ON payment_checkouts FOR EACH ROW EXECUTE FUNCTION payment_checkout_moves();

CREATE TABLE payment_events (
    event       text PRIMARY KEY CHECK (event <> '' AND length(event) <= 255),
    kind        text NOT NULL,
    object      text NOT NULL DEFAULT '',
    subject     text NOT NULL DEFAULT '',
    about       text NOT NULL DEFAULT '',
    happened_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    sha256      bytea CHECK (octet_length(sha256) = 32),
    seen        integer NOT NULL DEFAULT 1,
    altered     integer NOT NULL DEFAULT 0,
    done_at     timestamptz,
    problem     text NOT NULL DEFAULT ''
);
CREATE INDEX payment_events_waiting ON payment_events (received_at) WHERE done_at IS NULL;
COMMENT ON TABLE payment_events IS 'what the provider said happened, each once';
COMMENT ON COLUMN payment_events.about IS 'number of the order, where the provider says it';
COMMENT ON COLUMN payment_events.sha256 IS 'of the bytes of the webhook; none where it was asked for';
COMMENT ON COLUMN payment_events.altered IS 'how often it came with other bytes than at first: somebody has to look';
COMMENT ON COLUMN payment_events.problem IS 'why nothing came of it; empty: something did, or nothing had to';

CREATE TABLE payment_cursor (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    event  text NOT NULL
);
COMMENT ON TABLE payment_cursor IS 'the last event that was asked for: whatever was never sent is found by reading on from it';
