-- The ledger of the market: double entry in minor units. It records claims and instructs payments; the platform itself holds no money. Rows are only
-- ever added. Debits are positive, credits negative, and each transaction sums to zero in each currency when it commits, whoever writes it and how.

CREATE FUNCTION refuse_rebooking() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: what is booked is reversed, never changed', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE TABLE ledger_accounts (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code            text NOT NULL CHECK (code ~ '^[a-z_]+(:[a-z_]+)*(:[A-Za-z0-9-]+)?$' AND length(code) <= 80),
    currency        text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    kind            text NOT NULL CHECK (kind IN ('asset', 'liability', 'revenue', 'expense', 'clearing')),
    guard           text NOT NULL CHECK (guard IN ('none', 'no_debit_balance', 'no_credit_balance')),
    organisation_id bigint REFERENCES organisations,
    UNIQUE (code, currency)
);
CREATE INDEX ledger_accounts_organisation ON ledger_accounts (organisation_id) WHERE organisation_id IS NOT NULL;
COMMENT ON COLUMN ledger_accounts.guard IS 'the side on which the balance must never be: nobody is owed less than nothing';
COMMENT ON COLUMN ledger_accounts.organisation_id IS 'whose claim or debt it is';

CREATE TABLE ledger_transactions (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key          text NOT NULL UNIQUE CHECK (key <> '' AND length(key) <= 200),
    sha256       bytea NOT NULL CHECK (octet_length(sha256) = 32),
    kind         text NOT NULL CHECK (kind ~ '^[a-z_]+$'),
    subject      text NOT NULL CHECK (subject <> '' AND length(subject) <= 80),
    words        text NOT NULL DEFAULT '' CHECK (length(words) <= 500),
    effective_on date NOT NULL,
    at           timestamptz NOT NULL,
    by_id        bigint NOT NULL,
    by_name      text NOT NULL,
    reverses_id  bigint UNIQUE REFERENCES ledger_transactions CHECK (reverses_id < id)
);
CREATE INDEX ledger_transactions_subject ON ledger_transactions (subject, id);
CREATE INDEX ledger_transactions_effective ON ledger_transactions (effective_on, id);
COMMENT ON COLUMN ledger_transactions.key IS 'who posts twice under one key posts once; another body under the same key is refused';
COMMENT ON COLUMN ledger_transactions.sha256 IS 'of what was asked under the key: kind, subject, day and entries';
COMMENT ON COLUMN ledger_transactions.subject IS 'number of the order, settlement, refund or bank line that it is about';
COMMENT ON COLUMN ledger_transactions.effective_on IS 'the day it counts for in the books, Asia/Shanghai';

CREATE TABLE ledger_entries (
    transaction_id bigint NOT NULL REFERENCES ledger_transactions,
    seq            smallint NOT NULL CHECK (seq > 0),
    account_id     bigint NOT NULL,
    currency       text NOT NULL,
    amount         bigint NOT NULL CHECK (amount <> 0 AND abs(amount) <= 1000000000000000),
    PRIMARY KEY (transaction_id, seq)
);
CREATE INDEX ledger_entries_account ON ledger_entries (account_id, transaction_id);
COMMENT ON COLUMN ledger_entries.account_id IS 'of ledger_accounts, in its currency: looked up when written, since accounts never change. A foreign key would lock the same few rows for everybody who posts';
COMMENT ON COLUMN ledger_entries.amount IS 'minor units; a debit is positive, a credit negative';

CREATE TABLE ledger_closings (
    through      date PRIMARY KEY,
    transactions bigint NOT NULL CHECK (transactions >= 0),
    last_id      bigint NOT NULL CHECK (last_id >= 0),
    sha256       bytea NOT NULL CHECK (octet_length(sha256) = 32),
    at           timestamptz NOT NULL,
    by_id        bigint NOT NULL,
    by_name      text NOT NULL
);
COMMENT ON TABLE ledger_closings IS 'nothing is booked any more on or before this day; sha256 is of the trial balance at it';
COMMENT ON COLUMN ledger_closings.last_id IS 'of the transactions there were then: an instant could be mistaken, a number cannot';

-- The balances are a cache. What is posted is put beside it and folded in later, so that an account which every order touches is a queue and no lock.
CREATE TABLE ledger_balances (
    account_id bigint PRIMARY KEY REFERENCES ledger_accounts,
    folded     bigint NOT NULL DEFAULT 0
);
CREATE TABLE ledger_unfolded (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint NOT NULL,
    amount     bigint NOT NULL
);
CREATE INDEX ledger_unfolded_account ON ledger_unfolded (account_id);
COMMENT ON TABLE ledger_balances IS 'made again of ledger_entries by their triggers wherever these are read in; the balance is folded plus what is in ledger_unfolded';

CREATE FUNCTION ledger_balance(account bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT b.folded + coalesce((SELECT sum(u.amount) FROM ledger_unfolded u WHERE u.account_id = account), 0)::bigint FROM ledger_balances b WHERE b.account_id = account
$$;

CREATE FUNCTION ledger_opened() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_balances (account_id) VALUES (NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_accounts_opened AFTER INSERT ON ledger_accounts FOR EACH ROW EXECUTE FUNCTION ledger_opened();

CREATE FUNCTION ledger_entered() RETURNS trigger LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    guarded bigint[];
    astray  boolean;
    beyond  text;
BEGIN
    -- All entries of a transaction come in one statement: the key of its first entry keeps a second one out, so what the transaction's own check saw stays so.
    IF EXISTS (SELECT FROM entered GROUP BY transaction_id HAVING min(seq) <> 1 OR max(seq) <> count(*)) THEN
        RAISE EXCEPTION 'the entries of a transaction are written all at once and numbered from 1' USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_entries_whole';
    END IF;
    SELECT bool_or(guard IS NULL), array_agg(DISTINCT account_id ORDER BY account_id) FILTER (WHERE guard = 'no_debit_balance' AND amount > 0 OR guard = 'no_credit_balance' AND amount < 0)
    INTO astray, guarded
    FROM (SELECT account_id, amount, (SELECT a.guard FROM ledger_accounts a WHERE a.id = e.account_id AND a.currency = e.currency) AS guard FROM entered e) e;
    IF astray THEN
        RAISE EXCEPTION 'an entry is on no account of its currency' USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'ledger_entries_account';
    END IF;
    INSERT INTO ledger_unfolded (account_id, amount) SELECT account_id, amount FROM entered;
    -- Only who moves a balance towards its guard waits for another one who does.
    IF guarded IS NOT NULL THEN
        PERFORM FROM ledger_balances WHERE account_id = ANY (guarded) ORDER BY account_id FOR UPDATE;
        SELECT a.code INTO beyond FROM ledger_accounts a JOIN ledger_balances b ON b.account_id = a.id,
            LATERAL (SELECT b.folded + coalesce(sum(u.amount), 0) AS now FROM ledger_unfolded u WHERE u.account_id = a.id) balance
        WHERE a.id = ANY (guarded) AND CASE a.guard WHEN 'no_debit_balance' THEN balance.now > 0 ELSE balance.now < 0 END LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'account % has not so much', beyond USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_guard', DETAIL = beyond;
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_entries_entered AFTER INSERT ON ledger_entries REFERENCING NEW TABLE AS entered FOR EACH STATEMENT EXECUTE FUNCTION ledger_entered();

CREATE FUNCTION ledger_balanced() RETURNS trigger LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    IF (SELECT count(*) < 2 OR bool_or(off <> 0) FROM (SELECT sum(amount) OVER (PARTITION BY currency) AS off FROM ledger_entries WHERE transaction_id = NEW.id) e) THEN
        RAISE EXCEPTION 'transaction % does not balance', NEW.key USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_balanced';
    END IF;
    IF NEW.reverses_id IS NOT NULL AND (EXISTS (SELECT FROM ledger_transactions WHERE id = NEW.reverses_id AND reverses_id IS NOT NULL)
        OR EXISTS (SELECT seq, account_id, -amount FROM ledger_entries WHERE transaction_id = NEW.id EXCEPT SELECT seq, account_id, amount FROM ledger_entries WHERE transaction_id = NEW.reverses_id)
        OR EXISTS (SELECT seq, account_id, amount FROM ledger_entries WHERE transaction_id = NEW.reverses_id EXCEPT SELECT seq, account_id, -amount FROM ledger_entries WHERE transaction_id = NEW.id)) THEN
        RAISE EXCEPTION 'transaction % is not the reverse of the one that it reverses', NEW.key USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_reverses';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_transactions_balanced AFTER INSERT ON ledger_transactions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_balanced();

CREATE FUNCTION ledger_open_day() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM ledger_closings WHERE through >= NEW.effective_on AND last_id < NEW.id) THEN
        RAISE EXCEPTION 'the books are closed through %', NEW.effective_on USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_closed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_transactions_open BEFORE INSERT ON ledger_transactions FOR EACH ROW EXECUTE FUNCTION ledger_open_day();

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['ledger_accounts', 'ledger_transactions', 'ledger_entries', 'ledger_closings'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_rebooking()', t || '_kept', t);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_rebooking()', t || '_whole', t);
    END LOOP;
END $$;
