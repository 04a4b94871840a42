-- What payees get: one settlement for each payee, currency, route and period, made of the entries on the account that is kept for it. The platform instructs
-- and records; the bank of an operator or the provider of payments pays.

CREATE TABLE payout_accounts (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation_id bigint NOT NULL REFERENCES organisations,
    holder          text NOT NULL CHECK (holder <> '' AND length(holder) <= 200),
    bank            text NOT NULL CHECK (bank <> '' AND length(bank) <= 200),
    account         text NOT NULL CHECK (account ~ '^[0-9A-Z]{8,34}$'),
    provider        text NOT NULL DEFAULT '' CHECK (provider ~ '^(acct_[A-Za-z0-9]{1,64})?$'),
    state           text NOT NULL CHECK (state IN ('proposed', 'confirmed', 'refused', 'ended')),
    state_at        timestamptz NOT NULL,
    reason          text NOT NULL DEFAULT '',
    made_by         bigint NOT NULL,
    made_name       text NOT NULL,
    made_at         timestamptz NOT NULL,
    confirmed_by    bigint CHECK (confirmed_by <> made_by),
    confirmed_name  text NOT NULL DEFAULT '',
    confirmed_at    timestamptz,
    revision        integer NOT NULL DEFAULT 1,
    CHECK ((state IN ('confirmed', 'ended')) <= (confirmed_by IS NOT NULL AND confirmed_at IS NOT NULL))
);
CREATE UNIQUE INDEX payout_accounts_confirmed ON payout_accounts (organisation_id) WHERE state = 'confirmed';
CREATE UNIQUE INDEX payout_accounts_proposed ON payout_accounts (organisation_id) WHERE state = 'proposed';
COMMENT ON TABLE payout_accounts IS 'where a payee is paid: one of its people says it, and somebody of the exchange without a part in it confirms it';
COMMENT ON COLUMN payout_accounts.provider IS 'account of the payee at the provider of payments online; empty: none';

CREATE FUNCTION payout_account_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.organisation_id, NEW.holder, NEW.bank, NEW.account, NEW.provider, NEW.made_by, NEW.made_at) IS DISTINCT FROM (OLD.organisation_id, OLD.holder, OLD.bank, OLD.account, OLD.provider, OLD.made_by, OLD.made_at) THEN
        RAISE EXCEPTION 'an account to pay to is replaced and never changed' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('proposed', 'confirmed'), ('proposed', 'refused'), ('confirmed', 'ended')) THEN
        RAISE EXCEPTION 'an account to pay to does not go from % to %', OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = 'confirmed' AND OLD.state = 'proposed' AND EXISTS (SELECT FROM organisation_members WHERE organisation_id = NEW.organisation_id AND user_id = NEW.confirmed_by) THEN
        RAISE EXCEPTION 'an account to pay to is confirmed by somebody who has no part in the payee' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payout_accounts_moves BEFORE UPDATE ON payout_accounts FOR EACH ROW EXECUTE FUNCTION payout_account_moves();

CREATE TABLE settlements (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number          text NOT NULL UNIQUE CHECK (number ~ '^JS-[0-9]{4}-[0-9]{6}$'),
    organisation_id bigint NOT NULL REFERENCES organisations,
    payable         text NOT NULL CHECK (payable ~ '^payable:(operator|developer|broker):[0-9]+$'),
    route           text NOT NULL CHECK (route ~ '^(bank:operator:receivable:[0-9]+|provider:stripe:receivable)$'),
    currency        text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    from_on         date NOT NULL,
    through_on      date NOT NULL CHECK (through_on >= from_on),
    gross           bigint NOT NULL,
    fees            bigint NOT NULL,
    tax             bigint NOT NULL,
    others          bigint NOT NULL,
    net             bigint NOT NULL,
    kept            bigint NOT NULL DEFAULT 0 CHECK (kept >= 0),
    paid            bigint NOT NULL DEFAULT 0 CHECK (paid >= 0),
    state           text NOT NULL CHECK (state IN ('computed', 'confirmed_by_payee', 'disputed', 'instructed', 'paid', 'failed', 'reconciled', 'void')),
    state_at        timestamptz NOT NULL,
    reason          text NOT NULL DEFAULT '',
    payout_id       bigint REFERENCES payout_accounts,
    instruction     text NOT NULL DEFAULT '',
    attempt         integer NOT NULL DEFAULT 0 CHECK (attempt >= 0),
    confirmed_by    bigint,
    confirmed_name  text NOT NULL DEFAULT '',
    instructed_by   bigint CHECK (instructed_by <> confirmed_by),
    instructed_name text NOT NULL DEFAULT '',
    made_at         timestamptz NOT NULL,
    revision        integer NOT NULL DEFAULT 1,
    CHECK (gross - fees - tax - others = net),
    CHECK (state = 'void' OR net > 0 AND kept <= net),
    CHECK (state = 'void' OR paid <= net - kept),
    CHECK (state NOT IN ('instructed', 'paid', 'failed', 'reconciled') OR confirmed_by IS NOT NULL AND instructed_by IS NOT NULL),
    CHECK (state NOT IN ('paid', 'reconciled') OR paid = net - kept)
);
CREATE INDEX settlements_of ON settlements (payable, route, currency, id);
CREATE INDEX settlements_payee ON settlements (organisation_id, id);
CREATE INDEX settlements_going ON settlements (state, id) WHERE state NOT IN ('reconciled', 'void');
COMMENT ON TABLE settlements IS 'what a payee gets for a period through one route: net is the sum of the lines, of which kept is set off against what it has to give back';
COMMENT ON COLUMN settlements.others IS 'what other payees got of the same orders';

CREATE TABLE settlement_lines (
    settlement_id  bigint NOT NULL REFERENCES settlements,
    transaction_id bigint NOT NULL,
    seq            smallint NOT NULL,
    subject        text NOT NULL,
    order_number   text NOT NULL,
    gross          bigint NOT NULL,
    fees           bigint NOT NULL,
    tax            bigint NOT NULL,
    amount         bigint NOT NULL CHECK (amount <> 0),
    released       boolean NOT NULL DEFAULT false,
    PRIMARY KEY (settlement_id, transaction_id, seq),
    FOREIGN KEY (transaction_id, seq) REFERENCES ledger_entries
);
CREATE UNIQUE INDEX settlement_lines_once ON settlement_lines (transaction_id, seq) WHERE NOT released;
CREATE INDEX settlement_lines_order ON settlement_lines (order_number);
COMMENT ON TABLE settlement_lines IS 'the entries that a settlement is made of: each in one settlement or in none (I-33); released where the settlement was void';
COMMENT ON COLUMN settlement_lines.amount IS 'for the payee above zero, as the entry''s amount with the other sign';

CREATE TABLE settlement_transfers (
    settlement_id bigint NOT NULL REFERENCES settlements,
    attempt       integer NOT NULL CHECK (attempt > 0),
    order_number  text NOT NULL,
    charge        text NOT NULL CHECK (charge <> ''),
    account       text NOT NULL CHECK (account <> ''),
    amount        bigint NOT NULL CHECK (amount > 0),
    transfer      text UNIQUE CHECK (transfer <> ''),
    state         text NOT NULL CHECK (state IN ('asked', 'done', 'failed')),
    reason        text NOT NULL DEFAULT '',
    at            timestamptz NOT NULL,
    PRIMARY KEY (settlement_id, attempt, order_number),
    CHECK ((state = 'done') = (transfer IS NOT NULL))
);
COMMENT ON TABLE settlement_transfers IS 'parts of payments online that the provider was asked to hand to a payee: asked is written first, and asking again under its key moves nothing again';

CREATE TABLE settlement_events (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    settlement_id bigint NOT NULL REFERENCES settlements,
    act           text NOT NULL CHECK (act <> ''),
    state         text NOT NULL,
    by_id         bigint NOT NULL,
    name          text NOT NULL,
    words         text NOT NULL DEFAULT '',
    at            timestamptz NOT NULL
);
CREATE INDEX settlement_events_of ON settlement_events (settlement_id, id);

CREATE FUNCTION settlement_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'computed' THEN
            RAISE EXCEPTION 'settlement % begins as computed', NEW.number USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (OLD.number, OLD.organisation_id, OLD.payable, OLD.route, OLD.currency, OLD.from_on, OLD.made_at) IS DISTINCT FROM (NEW.number, NEW.organisation_id, NEW.payable, NEW.route, NEW.currency, NEW.from_on, NEW.made_at) THEN
        RAISE EXCEPTION 'settlement % stays whose it is', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('computed', 'confirmed_by_payee'), ('computed', 'disputed'), ('confirmed_by_payee', 'disputed'), ('disputed', 'computed'), ('confirmed_by_payee', 'computed'), ('confirmed_by_payee', 'instructed'),
        ('instructed', 'paid'), ('instructed', 'failed'), ('paid', 'failed'), ('reconciled', 'failed'), ('failed', 'instructed'), ('paid', 'reconciled'), ('computed', 'void'), ('confirmed_by_payee', 'void'), ('disputed', 'void')) THEN
        RAISE EXCEPTION 'settlement % does not go from % to %', OLD.number, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state NOT IN ('computed', 'confirmed_by_payee', 'disputed') AND (OLD.gross, OLD.fees, OLD.tax, OLD.others, OLD.net, OLD.kept, OLD.confirmed_by) IS DISTINCT FROM (NEW.gross, NEW.fees, NEW.tax, NEW.others, NEW.net, NEW.kept, NEW.confirmed_by) THEN
        RAISE EXCEPTION 'settlement % was instructed and stays as it is', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = 'confirmed_by_payee' AND OLD.state = 'computed' AND NOT EXISTS (SELECT FROM organisation_members WHERE organisation_id = NEW.organisation_id AND user_id = NEW.confirmed_by) THEN
        RAISE EXCEPTION 'settlement % is confirmed by a person of its payee', OLD.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION settlement_moves IS 'the moves of package marketplace/settlement, and no others';
CREATE TRIGGER settlements_moves BEFORE INSERT OR UPDATE ON settlements FOR EACH ROW EXECUTE FUNCTION settlement_moves();

-- What was instructed is the sum of its lines, each an entry on the account of the payee.
CREATE FUNCTION settlement_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state NOT IN ('computed', 'void') AND (SELECT coalesce(sum(amount), 0) FROM settlement_lines WHERE settlement_id = NEW.id AND NOT released) <> NEW.net THEN
        RAISE EXCEPTION 'settlement % is not the sum of its lines', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER settlements_add_up AFTER UPDATE ON settlements DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION settlement_adds_up();

CREATE FUNCTION settlement_line_held() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of record;
BEGIN
    SELECT state, payable, currency INTO of FROM settlements WHERE id = NEW.settlement_id;
    IF TG_OP = 'UPDATE' THEN
        IF (OLD.settlement_id, OLD.transaction_id, OLD.seq, OLD.subject, OLD.order_number, OLD.gross, OLD.fees, OLD.tax, OLD.amount) IS DISTINCT FROM (NEW.settlement_id, NEW.transaction_id, NEW.seq, NEW.subject, NEW.order_number, NEW.gross, NEW.fees, NEW.tax, NEW.amount) OR OLD.released OR of.state <> 'void' THEN
            RAISE EXCEPTION 'a line of a settlement is released where that is void, and else stays' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF of.state NOT IN ('computed', 'confirmed_by_payee', 'disputed') THEN
        RAISE EXCEPTION 'a settlement that was instructed takes no more lines' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NOT EXISTS (SELECT FROM ledger_entries e JOIN ledger_accounts a ON a.id = e.account_id WHERE e.transaction_id = NEW.transaction_id AND e.seq = NEW.seq AND a.code = of.payable AND a.currency = of.currency AND e.amount = -NEW.amount) THEN
        RAISE EXCEPTION 'a line of a settlement is an entry on the account of its payee' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER settlement_lines_held BEFORE INSERT OR UPDATE ON settlement_lines FOR EACH ROW EXECUTE FUNCTION settlement_line_held();

CREATE FUNCTION settlement_transfer_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.settlement_id, OLD.attempt, OLD.order_number, OLD.charge, OLD.account, OLD.amount) IS DISTINCT FROM (NEW.settlement_id, NEW.attempt, NEW.order_number, NEW.charge, NEW.account, NEW.amount) OR OLD.state <> 'asked' THEN
        RAISE EXCEPTION 'what the provider was asked for stays, and so does what came of it' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER settlement_transfers_moves BEFORE UPDATE ON settlement_transfers FOR EACH ROW EXECUTE FUNCTION settlement_transfer_moves();

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['payout_accounts', 'settlements', 'settlement_lines', 'settlement_transfers'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()', t || '_frozen', t);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', t || '_whole', t);
    END LOOP;
    CREATE TRIGGER settlement_events_frozen BEFORE UPDATE OR DELETE ON settlement_events FOR EACH ROW EXECUTE FUNCTION refuse_change();
    CREATE TRIGGER settlement_events_whole BEFORE TRUNCATE ON settlement_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
END $$;
