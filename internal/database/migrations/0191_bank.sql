-- Payments through banks: the accounts of operators that buyers transfer to, what they were told to pay, what the statements of the banks say, what each line
-- of them is for, and what operators are to transfer. Orders, bills, refunds and settlements are named by their numbers.

CREATE TABLE collection_accounts (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number          text NOT NULL UNIQUE CHECK (number ~ '^SK-\d{4}-\d{6}$'),
    organisation_id bigint NOT NULL REFERENCES organisations,
    bank            text NOT NULL CHECK (bank <> '' AND length(bank) <= 100),
    account         text NOT NULL CHECK (account ~ '^[0-9A-Z]{6,34}$'),
    holder          text NOT NULL CHECK (holder <> '' AND length(holder) <= 200),
    currency        text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    state           text NOT NULL CHECK (state IN ('proposed', 'open', 'refused', 'closed')),
    state_at        timestamptz NOT NULL,
    reason          text NOT NULL DEFAULT '' CHECK (length(reason) <= 1000),
    made_by         bigint NOT NULL REFERENCES users,
    made_at         timestamptz NOT NULL,
    confirmed_by    bigint REFERENCES users,
    sent            text UNIQUE,
    CHECK (confirmed_by <> made_by),
    CHECK (state NOT IN ('open', 'closed') OR confirmed_by IS NOT NULL),
    CHECK (state NOT IN ('refused', 'closed') OR reason <> '')
);
CREATE UNIQUE INDEX collection_accounts_account ON collection_accounts (account) WHERE state IN ('proposed', 'open');
CREATE UNIQUE INDEX collection_accounts_open ON collection_accounts (organisation_id, currency) WHERE state = 'open';
COMMENT ON TABLE collection_accounts IS 'accounts of operators: the platform has none and holds no money. One person of the operator proposes, another confirms';

CREATE TABLE payment_advices (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ref          text NOT NULL UNIQUE CHECK (ref <> '' AND length(ref) <= 80),
    code         text NOT NULL UNIQUE CHECK (code ~ '^SY[0-9A-Z]{7}$'),
    kind         text NOT NULL CHECK (kind IN ('order', 'bill')),
    order_number text NOT NULL CHECK (order_number <> ''),
    buyer_id     bigint NOT NULL REFERENCES organisations,
    account_id   bigint NOT NULL REFERENCES collection_accounts,
    payer        text NOT NULL CHECK (payer <> ''),
    amount       bigint NOT NULL CHECK (amount > 0),
    currency     text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    until        date NOT NULL,
    paid         bigint NOT NULL DEFAULT 0 CHECK (paid BETWEEN 0 AND amount),
    paid_at      timestamptz,
    ended_at     timestamptz,
    made_at      timestamptz NOT NULL,
    CHECK ((paid = amount) = (paid_at IS NOT NULL)),
    CHECK (paid_at IS NULL OR ended_at IS NULL),
    CHECK (ended_at IS NULL OR paid = 0)
);
CREATE INDEX payment_advices_open ON payment_advices (account_id, currency, (amount - paid)) WHERE paid_at IS NULL AND ended_at IS NULL;
COMMENT ON TABLE payment_advices IS 'what a buyer was told to pay, for an order or a bill (ref is its number)';
COMMENT ON COLUMN payment_advices.paid IS 'what came for it: parts wait until the whole is there, and are free again when what they were for ends';

CREATE TABLE bank_statements (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number     text NOT NULL UNIQUE CHECK (number ~ '^LS-\d{4}-\d{6}$'),
    account_id bigint NOT NULL REFERENCES collection_accounts,
    source     text NOT NULL CHECK (source IN ('csv', 'xlsx', 'typed')),
    name       text NOT NULL CHECK (length(name) <= 255),
    sha256     bytea NOT NULL CHECK (octet_length(sha256) = 32),
    lines      integer NOT NULL CHECK (lines > 0),
    fresh      integer NOT NULL CHECK (fresh BETWEEN 0 AND lines),
    made_by    bigint NOT NULL REFERENCES users,
    made_at    timestamptz NOT NULL,
    sent       text UNIQUE
);
CREATE INDEX bank_statements_account ON bank_statements (account_id, id);
COMMENT ON COLUMN bank_statements.fresh IS 'lines that were not there from another statement: files may overlap';

CREATE TABLE bank_lines (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id   bigint NOT NULL REFERENCES collection_accounts,
    statement_id bigint NOT NULL REFERENCES bank_statements,
    serial       text NOT NULL CHECK (serial <> '' AND length(serial) <= 64),
    booked_on    date NOT NULL,
    amount       bigint NOT NULL CHECK (amount <> 0),
    currency     text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    party        text NOT NULL,
    party_account text NOT NULL DEFAULT '',
    remark       text NOT NULL DEFAULT '',
    state        text NOT NULL CHECK (state IN ('typed', 'refused', 'new', 'waiting', 'proposed', 'done')),
    state_at     timestamptz NOT NULL,
    verdict      text NOT NULL DEFAULT '',
    candidates   text[] NOT NULL DEFAULT '{}',
    reason       text NOT NULL DEFAULT '' CHECK (length(reason) <= 1000),
    made_by      bigint REFERENCES users,
    proposed_by  bigint REFERENCES users,
    confirmed_by bigint REFERENCES users,
    revision     integer NOT NULL DEFAULT 1,
    CHECK (confirmed_by <> proposed_by),
    CHECK (state <> 'proposed' OR proposed_by IS NOT NULL),
    CHECK ((verdict = '') = (state IN ('typed', 'refused', 'new')))
);
CREATE UNIQUE INDEX bank_lines_serial ON bank_lines (account_id, serial) WHERE state <> 'refused';
CREATE INDEX bank_lines_statement ON bank_lines (statement_id, id);
CREATE INDEX bank_lines_new ON bank_lines (id) WHERE state = 'new';
CREATE INDEX bank_lines_queue ON bank_lines (account_id, id) WHERE state IN ('typed', 'waiting', 'proposed');
COMMENT ON TABLE bank_lines IS 'each line of an account once, whatever statements have it; above zero it came, below it went';
COMMENT ON COLUMN bank_lines.state IS 'typed: entered by hand, and another person has to confirm that the bank says so; new: not looked at; waiting: two people say what it is for; proposed: one has';
COMMENT ON COLUMN bank_lines.verdict IS 'what the line was found to be when it was looked at';
COMMENT ON COLUMN bank_lines.made_by IS 'who typed it in; none: it was read from a file';

CREATE TABLE payment_instructions (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number          text NOT NULL UNIQUE CHECK (number ~ '^ZF-\d{4}-\d{6}$'),
    kind            text NOT NULL CHECK (kind IN ('refund', 'payout', 'send_back')),
    ref             text NOT NULL CHECK (ref <> '' AND length(ref) <= 80),
    code            text NOT NULL UNIQUE CHECK (code ~ '^SY[0-9A-Z]{7}$'),
    account_id      bigint NOT NULL REFERENCES collection_accounts,
    organisation_id bigint REFERENCES organisations,
    amount          bigint NOT NULL CHECK (amount > 0),
    currency        text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    payee           text NOT NULL CHECK (payee <> ''),
    payee_bank      text NOT NULL DEFAULT '',
    payee_account   text NOT NULL CHECK (payee_account <> ''),
    state           text NOT NULL CHECK (state IN ('instructed', 'paid', 'failed')),
    state_at        timestamptz NOT NULL,
    why             text NOT NULL DEFAULT '' CHECK (length(why) <= 1000),
    line_id         bigint REFERENCES bank_lines,
    stopped_by      bigint REFERENCES users,
    confirmed_by    bigint REFERENCES users,
    made_at         timestamptz NOT NULL,
    revision        integer NOT NULL DEFAULT 1,
    CHECK (confirmed_by <> stopped_by),
    CHECK (state <> 'paid' OR line_id IS NOT NULL),
    CHECK (state <> 'failed' OR why <> '')
);
CREATE UNIQUE INDEX payment_instructions_once ON payment_instructions (kind, ref) WHERE state <> 'failed';
CREATE UNIQUE INDEX payment_instructions_line ON payment_instructions (line_id);
CREATE INDEX payment_instructions_account ON payment_instructions (account_id, id);
COMMENT ON TABLE payment_instructions IS 'what an operator is to transfer from its account: the platform says so, people do it at the bank, and the statement shows it';
COMMENT ON COLUMN payment_instructions.line_id IS 'line of a statement that shows that it went';
COMMENT ON COLUMN payment_instructions.stopped_by IS 'who says that the bank did not take it; another person confirms';

CREATE TABLE allocations (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    line_id        bigint NOT NULL REFERENCES bank_lines,
    kind           text NOT NULL CHECK (kind IN ('advice', 'send_back', 'not_ours', 'instruction', 'returned')),
    amount         bigint NOT NULL CHECK (amount > 0),
    advice_id      bigint REFERENCES payment_advices,
    instruction_id bigint REFERENCES payment_instructions,
    payee          text NOT NULL DEFAULT '',
    payee_bank     text NOT NULL DEFAULT '',
    payee_account  text NOT NULL DEFAULT '',
    letter         text NOT NULL DEFAULT '' CHECK (length(letter) <= 1000),
    state          text NOT NULL CHECK (state IN ('proposed', 'dropped', 'held', 'booked', 'freed')),
    CHECK ((kind = 'advice') = (advice_id IS NOT NULL)),
    CHECK ((kind IN ('instruction', 'returned')) = (instruction_id IS NOT NULL)),
    CHECK (kind <> 'send_back' OR payee_account <> '' AND payee <> '')
);
CREATE INDEX allocations_line ON allocations (line_id, id);
CREATE INDEX allocations_advice ON allocations (advice_id) WHERE advice_id IS NOT NULL;
COMMENT ON TABLE allocations IS 'what a line of a statement is for';
COMMENT ON COLUMN allocations.state IS 'dropped: the other person did not agree; held: a part of what is to be paid, in suspense until the rest is there; freed: what it was for ended before, so the line waits again';
COMMENT ON COLUMN allocations.letter IS 'of who paid for somebody else: what it says, and where it lies';

CREATE FUNCTION bank_line_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.account_id, NEW.statement_id, NEW.serial, NEW.booked_on, NEW.amount, NEW.currency, NEW.party, NEW.party_account, NEW.remark, NEW.made_by) IS DISTINCT FROM (OLD.account_id, OLD.statement_id, OLD.serial, OLD.booked_on, OLD.amount, OLD.currency, OLD.party, OLD.party_account, OLD.remark, OLD.made_by) THEN
        RAISE EXCEPTION 'what a bank says never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (('typed', 'new'), ('typed', 'refused'), ('new', 'waiting'), ('new', 'done'), ('waiting', 'proposed'), ('proposed', 'waiting'), ('proposed', 'done'), ('done', 'waiting')) THEN
        RAISE EXCEPTION 'a line does not go from % to %', OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state = 'typed' AND NEW.state = 'new' AND NEW.confirmed_by IS NOT DISTINCT FROM OLD.made_by THEN
        RAISE EXCEPTION 'another person confirms what was typed' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER bank_lines_moves BEFORE UPDATE ON bank_lines FOR EACH ROW EXECUTE FUNCTION bank_line_moves();

-- When a transaction ends, a line that is done is for its whole amount, and no line is for more than it is.
CREATE FUNCTION bank_line_whole() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of bigint := CASE TG_TABLE_NAME WHEN 'bank_lines' THEN NEW.id ELSE NULL END;
BEGIN
    IF of IS NULL THEN of := NEW.line_id; END IF;
    IF EXISTS (SELECT FROM bank_lines l, LATERAL (SELECT coalesce(sum(a.amount), 0) AS n FROM allocations a WHERE a.line_id = l.id AND a.state IN ('held', 'booked')) a WHERE l.id = of
        AND (a.n > abs(l.amount) OR l.state = 'done' AND a.n <> abs(l.amount))) THEN
        RAISE EXCEPTION 'line % is not for what it is', of USING ERRCODE = 'check_violation', CONSTRAINT = 'bank_line_whole';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER bank_lines_sum AFTER INSERT OR UPDATE ON bank_lines DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION bank_line_whole();
CREATE CONSTRAINT TRIGGER allocations_sum AFTER INSERT OR UPDATE ON allocations DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION bank_line_whole();

CREATE FUNCTION payment_advice_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.ref, NEW.code, NEW.kind, NEW.order_number, NEW.buyer_id, NEW.account_id, NEW.payer, NEW.amount, NEW.currency) IS DISTINCT FROM (OLD.ref, OLD.code, OLD.kind, OLD.order_number, OLD.buyer_id, OLD.account_id, OLD.payer, OLD.amount, OLD.currency)
        OR OLD.paid_at IS NOT NULL AND NEW.paid_at IS DISTINCT FROM OLD.paid_at OR OLD.ended_at IS NOT NULL AND NEW.ended_at IS DISTINCT FROM OLD.ended_at THEN
        RAISE EXCEPTION 'what is to be paid for % never changes', OLD.ref USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payment_advices_moves BEFORE UPDATE ON payment_advices FOR EACH ROW EXECUTE FUNCTION payment_advice_moves();

CREATE FUNCTION payment_instruction_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.number, NEW.kind, NEW.ref, NEW.code, NEW.account_id, NEW.organisation_id, NEW.amount, NEW.currency, NEW.payee, NEW.payee_bank, NEW.payee_account) IS DISTINCT FROM (OLD.number, OLD.kind, OLD.ref, OLD.code, OLD.account_id, OLD.organisation_id, OLD.amount, OLD.currency, OLD.payee, OLD.payee_bank, OLD.payee_account) THEN
        RAISE EXCEPTION 'what is to be transferred never changes: it fails, and another one is made' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (('instructed', 'paid'), ('instructed', 'failed'), ('paid', 'failed')) THEN
        RAISE EXCEPTION 'instruction % does not go from % to %', OLD.number, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payment_instructions_moves BEFORE UPDATE ON payment_instructions FOR EACH ROW EXECUTE FUNCTION payment_instruction_moves();

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['collection_accounts', 'payment_advices', 'bank_statements', 'bank_lines', 'payment_instructions', 'allocations'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()', t || '_kept', t);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', t || '_whole', t);
    END LOOP;
END $$;
CREATE TRIGGER bank_statements_frozen BEFORE UPDATE ON bank_statements FOR EACH ROW EXECUTE FUNCTION refuse_change();
