-- The schema that the migrations make. Written by `make generate`; for reading, not for running.

CREATE OR REPLACE FUNCTION public.audit_erase(person bigint)
 RETURNS bigint
 LANGUAGE sql
AS $function$
    WITH emptied AS (
        UPDATE audit_personal
        SET salt = NULL, content = NULL
        WHERE salt IS NOT NULL AND entry_id IN (
            SELECT id FROM audit_entries
            WHERE actor = person OR (subject = 'account' AND subject_id = person::text))
        RETURNING 1)
    SELECT count(*) FROM emptied
$function$
;

CREATE OR REPLACE FUNCTION public.audit_guard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.seq IS NULL AND NEW.seq IS NOT NULL
           AND (NEW.id, NEW.at, NEW.actor, NEW.roles, NEW.department, NEW.subject, NEW.subject_id, NEW.act, NEW.commitment)
             = (OLD.id, OLD.at, OLD.actor, OLD.roles, OLD.department, OLD.subject, OLD.subject_id, OLD.act, OLD.commitment)
        THEN
            RETURN NEW; -- sealing
        END IF;
    END IF;
    RAISE EXCEPTION '% of % is refused: the audit trail is only ever added to', TG_OP, TG_TABLE_NAME;
END $function$
;

CREATE OR REPLACE FUNCTION public.audit_personal_guard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.entry_id = OLD.entry_id AND NEW.salt IS NULL AND NEW.content IS NULL THEN
        RETURN NEW; -- erasing
    END IF;
    RAISE EXCEPTION '% of % is refused: a personal row is kept as written or erased whole', TG_OP, TG_TABLE_NAME;
END $function$
;

CREATE OR REPLACE FUNCTION public.bank_line_moves()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
END $function$
;

CREATE OR REPLACE FUNCTION public.bank_line_whole()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
DECLARE
    of bigint := CASE TG_TABLE_NAME WHEN 'bank_lines' THEN NEW.id ELSE NULL END;
BEGIN
    IF of IS NULL THEN of := NEW.line_id; END IF;
    IF EXISTS (SELECT FROM bank_lines l, LATERAL (SELECT coalesce(sum(a.amount), 0) AS n FROM allocations a WHERE a.line_id = l.id AND a.state IN ('held', 'booked')) a WHERE l.id = of
        AND (a.n > abs(l.amount) OR l.state = 'done' AND a.n <> abs(l.amount))) THEN
        RAISE EXCEPTION 'line % is not for what it is', of USING ERRCODE = 'check_violation', CONSTRAINT = 'bank_line_whole';
    END IF;
    RETURN NULL;
END $function$
;

CREATE OR REPLACE FUNCTION public.case_paper_frozen()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    RAISE EXCEPTION 'paper % was handed in and stays as it is', OLD.id USING ERRCODE = 'restrict_violation';
END $function$
;

CREATE OR REPLACE FUNCTION public.case_paper_object()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    DELETE FROM blobs WHERE sha256 = OLD.object;
    RETURN NULL;
END $function$
;

CREATE OR REPLACE FUNCTION public.case_papers_go()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    DELETE FROM case_papers WHERE kind = ANY (TG_ARGV) AND case_id = OLD.id;
    RETURN NULL;
END $function$
;

CREATE OR REPLACE FUNCTION public.contract_moves()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
END $function$
;

CREATE OR REPLACE FUNCTION public.count_withdrawals()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    UPDATE datasets SET withdrawals = withdrawals + 1 WHERE id = NEW.id;
    RETURN NULL;
END $function$
;

CREATE OR REPLACE FUNCTION public.delivery_destruction_moves()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF (NEW.delivery_id, NEW.since, NEW.due_on) IS DISTINCT FROM (OLD.delivery_id, OLD.since, OLD.due_on) OR OLD.declared_at IS NOT NULL THEN
        RAISE EXCEPTION 'what was declared stays' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.delivery_event_open()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    PERFORM FROM deliveries WHERE id = NEW.delivery_id FOR UPDATE; -- whoever closes the month waits, or has closed it
    IF EXISTS (SELECT FROM usage_windows WHERE delivery_id = NEW.delivery_id AND month = NEW.month) THEN
        RAISE EXCEPTION 'the month % is closed', NEW.month USING ERRCODE = 'restrict_violation', CONSTRAINT = 'delivery_event_open';
    END IF;
    RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.delivery_moves()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
END $function$
;

CREATE OR REPLACE FUNCTION public.department_credit_code()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    -- where an organisation has been verified with the code, its foreign key refuses the change
    INSERT INTO credit_codes (code, holder) SELECT NEW.credit_code, 'department' WHERE NEW.credit_code <> ''
    ON CONFLICT (code) DO UPDATE SET holder = 'department' WHERE credit_codes.holder <> 'department';
    RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.developer_people_change_moves()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state <> 'asked' OR (OLD.developer_id, OLD.writes, OLD.releases, OLD.words, OLD.asked_by, OLD.asked_name, OLD.asked_at) IS DISTINCT FROM (NEW.developer_id, NEW.writes, NEW.releases, NEW.words, NEW.asked_by, NEW.asked_name, NEW.asked_at) THEN
        RAISE EXCEPTION 'a change of people of developer % stays as it was asked for and decided', OLD.developer_id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.download_receipt_issued()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF NOT EXISTS (SELECT FROM versions v JOIN resources r ON r.id = v.resource_id JOIN datasets d ON d.id = r.dataset_id
        WHERE v.id = NEW.version_id AND d.status = 'published' AND d.open_type = 'unconditional'
          AND CASE WHEN NEW.kind = '' THEN v.sha256 = NEW.sha256 AND v.bytes = NEW.bytes
              ELSE EXISTS (SELECT FROM renditions x WHERE x.version_id = v.id AND x.position = NEW.position AND x.kind = NEW.kind AND x.sha256 = NEW.sha256 AND x.bytes = NEW.bytes) END) THEN
        RAISE EXCEPTION 'certificate % is of no open file', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.files_or_address()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF TG_TABLE_NAME = 'versions' AND EXISTS (SELECT FROM links WHERE resource_id = NEW.resource_id)
       OR TG_TABLE_NAME = 'links' AND EXISTS (SELECT FROM versions WHERE resource_id = NEW.resource_id) THEN
        RAISE EXCEPTION 'resource % is either files or an address', NEW.resource_id USING CONSTRAINT = 'files_or_address';
    END IF;
    RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.hold_passes()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    RAISE EXCEPTION '% is held by a side that is as high, or higher', NEW.number USING ERRCODE = 'restrict_violation';
END $function$
;

CREATE OR REPLACE FUNCTION public.hold_rank(side text)
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
    SELECT CASE side WHEN 'platform' THEN 1 WHEN 'operator' THEN 2 WHEN 'body' THEN 3 WHEN 'authority' THEN 3 WHEN 'above' THEN 4 WHEN 'regulator' THEN 5 ELSE 0 END
$function$
;

CREATE OR REPLACE FUNCTION public.item_key(name text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN translate(regexp_replace(lower(NORMALIZE(COALESCE(name, ''::text), NFKC)), '\([^)]*\)'::text, ''::text, 'g'::text), ' 	
_-./·:、，,。;；''"“”《》'::text, ''::text)
;

CREATE OR REPLACE FUNCTION public.item_keys(items jsonb)
 RETURNS text[]
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN ARRAY(SELECT DISTINCT k.k FROM jsonb_array_elements(item_keys.items) f(value), LATERAL unnest(ARRAY[item_key((f.value ->> 'name'::text)), item_key((f.value ->> 'label'::text)), item_key((f.value ->> 'label_en'::text))]) k(k) WHERE (k.k <> ''::text) ORDER BY k.k)
;

CREATE OR REPLACE FUNCTION public.ledger_balance(account bigint)
 RETURNS bigint
 LANGUAGE sql
 STABLE
AS $function$
    SELECT b.folded + coalesce((SELECT sum(u.amount) FROM ledger_unfolded u WHERE u.account_id = account), 0)::bigint FROM ledger_balances b WHERE b.account_id = account
$function$
;

CREATE OR REPLACE FUNCTION public.ledger_balanced()
 RETURNS trigger
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
AS $function$
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
END $function$
;

CREATE OR REPLACE FUNCTION public.ledger_entered()
 RETURNS trigger
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
AS $function$
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
END $function$
;

CREATE OR REPLACE FUNCTION public.ledger_open_day()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF EXISTS (SELECT FROM ledger_closings WHERE through >= NEW.effective_on AND last_id < NEW.id) THEN
        RAISE EXCEPTION 'the books are closed through %', NEW.effective_on USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_closed';
    END IF;
    RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.ledger_opened()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    INSERT INTO ledger_balances (account_id) VALUES (NEW.id);
    RETURN NULL;
END $function$
;

CREATE OR REPLACE FUNCTION public.lineage_is_final()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    RAISE EXCEPTION 'where data comes from is never changed';
END $function$
;

CREATE OR REPLACE FUNCTION public.listing_invited_open()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF NOT EXISTS (SELECT FROM listings WHERE id = CASE TG_OP WHEN 'DELETE' THEN OLD.listing_id ELSE NEW.listing_id END AND state IN ('draft', 'returned')) OR TG_OP = 'UPDATE' THEN
        RAISE EXCEPTION 'whom a listing is for is checked as it is' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.listing_moves()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
END $function$
;

CREATE OR REPLACE FUNCTION public.mandate_empty()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF EXISTS (SELECT FROM mandate_holds(NEW.id)) THEN
        RAISE EXCEPTION 'mandate % is not empty', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.mandate_holds(mandate bigint)
 RETURNS TABLE(kind text, number text)
 LANGUAGE sql
 STABLE
AS $function$
    SELECT 'mandate', m.number FROM mandates m WHERE m.parent_id = mandate AND m.state NOT IN ('closed', 'withdrawn')
    UNION ALL SELECT 'scenario', s.number FROM scenarios s WHERE s.mandate_id = mandate AND s.state IN ('authorised', 'active', 'suspended', 'expired', 'terminated', 'surrendered')
    UNION ALL SELECT 'contract', c.number FROM scenario_contracts c JOIN scenarios s ON s.id = c.scenario_id WHERE s.mandate_id = mandate AND c.state IN ('offered', 'active', 'suspended')
    UNION ALL SELECT 'grant', g.number FROM scenario_grants g JOIN scenario_contracts c ON c.id = g.contract_id JOIN scenarios s ON s.id = c.scenario_id WHERE s.mandate_id = mandate AND g.state <> 'ended'
    UNION ALL SELECT 'workspace', w.number FROM workspaces w JOIN scenarios s ON s.id = w.scenario_id WHERE s.mandate_id = mandate AND w.state <> 'destroyed'
$function$
;

CREATE OR REPLACE FUNCTION public.mandate_locked()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF (NEW.parent_id, NEW.renews_id, NEW.body_id, NEW.operator_id, NEW.plan_id, NEW.title, NEW.purposes, NEW.forms, NEW.from_at, NEW.until_at, NEW.products, NEW.security_level, NEW.security, NEW.evaluation,
        NEW.evaluation_months, NEW.exit_plan, NEW.income, NEW.income_months, NEW.tariff, NEW.template, NEW.agreement, NEW.sha256, NEW.locked_at, NEW.approved_by, NEW.drafted_by)
        IS DISTINCT FROM
       (OLD.parent_id, OLD.renews_id, OLD.body_id, OLD.operator_id, OLD.plan_id, OLD.title, OLD.purposes, OLD.forms, OLD.from_at, OLD.until_at, OLD.products, OLD.security_level, OLD.security, OLD.evaluation,
        OLD.evaluation_months, OLD.exit_plan, OLD.income, OLD.income_months, OLD.tariff, OLD.template, OLD.agreement, OLD.sha256, OLD.locked_at, OLD.approved_by, OLD.drafted_by) THEN
        RAISE EXCEPTION 'the agreement of mandate % is locked', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.mandate_moves()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF (OLD.state, NEW.state) NOT IN (('draft', 'under_review'), ('under_review', 'draft'), ('under_review', 'approved'), ('approved', 'signed'), ('signed', 'active'), ('active', 'suspended'), ('suspended', 'active'),
        ('signed', 'revoked'), ('active', 'revoked'), ('suspended', 'revoked'), ('signed', 'surrendered'), ('active', 'surrendered'), ('suspended', 'surrendered'), ('signed', 'expired'), ('active', 'expired'), ('suspended', 'expired'),
        ('expired', 'closed'), ('revoked', 'closed'), ('surrendered', 'closed'), ('draft', 'withdrawn'), ('under_review', 'withdrawn'), ('approved', 'withdrawn')) THEN
        RAISE EXCEPTION 'mandate % does not go from % to %', OLD.number, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.mandate_part()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
DECLARE
    of mandates; above mandate_items;
BEGIN
    SELECT * INTO of FROM mandates WHERE id = CASE TG_OP WHEN 'DELETE' THEN OLD.mandate_id ELSE NEW.mandate_id END;
    IF of.locked_at IS NOT NULL THEN
        RAISE EXCEPTION 'the agreement of mandate % is locked', of.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    IF of.parent_id IS NULL THEN RETURN NEW; END IF;
    IF TG_TABLE_NAME = 'mandate_items' THEN
        SELECT * INTO above FROM mandate_items WHERE mandate_id = of.parent_id AND dataset_id = NEW.dataset_id;
        IF above.id IS NULL OR NOT NEW.columns <@ above.columns OR cardinality(above.forms) > 0 AND NOT NEW.forms <@ above.forms OR cardinality(above.purposes) > 0 AND NOT NEW.purposes <@ above.purposes THEN
            RAISE EXCEPTION 'the scope of mandate % does not lie within the one above it', of.number USING ERRCODE = 'check_violation';
        END IF;
    ELSIF EXISTS (SELECT FROM mandate_ceilings c WHERE c.mandate_id = of.parent_id AND c.form = NEW.form AND c.unit = NEW.unit AND c.fen < NEW.fen) THEN
        RAISE EXCEPTION 'a ceiling of mandate % lies above the one of the mandate above it', of.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.mandate_stands(mandate bigint, at timestamp with time zone)
 RETURNS boolean
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
    WITH RECURSIVE chain AS (
        SELECT m.parent_id, m.state, m.from_at, m.until_at, m.operator_id FROM mandates m WHERE m.id = mandate
        UNION ALL
        SELECT m.parent_id, m.state, m.from_at, m.until_at, m.operator_id FROM mandates m JOIN chain c ON m.id = c.parent_id)
    SELECT coalesce(bool_and(c.state = 'active' AND c.from_at <= at AND at < c.until_at AND o.suspended_at IS NULL), false)
    FROM chain c JOIN organisations o ON o.id = c.operator_id
$function$
;

CREATE OR REPLACE FUNCTION public.mandate_within()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
DECLARE
    above mandates;
BEGIN
    SELECT * INTO above FROM mandates WHERE id = NEW.parent_id;
    IF NOT NEW.forms <@ above.forms OR NOT NEW.purposes <@ above.purposes OR NEW.income > above.income THEN
        RAISE EXCEPTION 'mandate % does not lie within the one above it', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.only_released()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF NOT EXISTS (SELECT FROM output_reviews r WHERE r.id = NEW.review_id AND r.state = 'released' AND r.job_id = NEW.job_id AND r.workspace_id = NEW.workspace_id AND r.sha256 = NEW.sha256) THEN
        RAISE EXCEPTION 'nothing leaves workspace % but what two people released', NEW.workspace_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.opening_check_is_final()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    RAISE EXCEPTION 'what was decided at a gate of an opening review is never changed';
END $function$
;

CREATE OR REPLACE FUNCTION public.order_clearance_open()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF NOT EXISTS (SELECT FROM orders WHERE id = NEW.order_id AND cross_border AND state = 'created' AND cleared_at IS NULL) THEN
        RAISE EXCEPTION 'papers are handed in while the order is held' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.order_counted(plan jsonb, quantity integer, OUT net bigint, OUT tax bigint, OUT total bigint)
 RETURNS record
 LANGUAGE sql
 IMMUTABLE
AS $function$
    SELECT total - tax, tax, total FROM (SELECT CASE WHEN included THEN round(gross * rate / (10000 + rate)) ELSE round(gross * rate / 10000) END::bigint AS tax,
            (CASE WHEN included THEN gross ELSE gross + round(gross * rate / 10000) END)::bigint AS total
        FROM (SELECT (plan ->> 'fen')::numeric * quantity AS gross, (plan ->> 'tax')::numeric AS rate, (plan ->> 'tax_included')::boolean AS included) p) c
$function$
;

CREATE OR REPLACE FUNCTION public.order_moves()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
END $function$
;

CREATE OR REPLACE FUNCTION public.order_objection_kept()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF (NEW.order_id, NEW.ground, NEW.words, NEW.by_id, NEW.name, NEW.at) IS DISTINCT FROM (OLD.order_id, OLD.ground, OLD.words, OLD.by_id, OLD.name, OLD.at) OR OLD.answered_at IS NOT NULL AND (NEW.answer, NEW.answer_words, NEW.answered_at) IS DISTINCT FROM (OLD.answer, OLD.answer_words, OLD.answered_at)
        OR OLD.withdrawn_at IS NOT NULL THEN
        RAISE EXCEPTION 'what was objected and answered stays' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.order_paid(of text, counted text)
 RETURNS bigint
 LANGUAGE sql
 STABLE
AS $function$
    SELECT coalesce(sum(e.amount), 0)::bigint FROM ledger_transactions t JOIN ledger_entries e ON e.transaction_id = t.id
    WHERE t.subject = of AND t.kind IN ('payment_in', 'matched', 'bill_paid') AND e.currency = counted AND e.amount > 0 AND NOT EXISTS (SELECT FROM ledger_transactions r WHERE r.reverses_id = t.id)
$function$
;

CREATE OR REPLACE FUNCTION public.organisation_credit_code()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    INSERT INTO credit_codes (code, holder) VALUES (NEW.credit_code, 'organisation') ON CONFLICT DO NOTHING;
    RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.organisation_keeps_an_owner()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF EXISTS (SELECT FROM organisations WHERE id = OLD.organisation_id)
       AND NOT EXISTS (SELECT FROM organisation_members WHERE organisation_id = OLD.organisation_id AND role = 'owner')
    THEN
        RAISE EXCEPTION 'organisation % is left without an owner', OLD.organisation_id USING ERRCODE = 'check_violation', CONSTRAINT = 'organisation_owner';
    END IF;
    RETURN NULL;
END $function$
;

CREATE OR REPLACE FUNCTION public.output_review_moves()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF OLD.ended_at IS NOT NULL THEN
        IF NEW.box IS NULL AND (to_jsonb(NEW) - 'box') = (to_jsonb(OLD) - 'box') THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'review % is over and stays as it is', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF (OLD.number, OLD.workspace_id, OLD.job_id, OLD.asked_by, OLD.asked_at) IS DISTINCT FROM (NEW.number, NEW.workspace_id, NEW.job_id, NEW.asked_by, NEW.asked_at) THEN
        RAISE EXCEPTION 'review % is of the result that it was asked for', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('auto_check', 'auto_rejected'), ('auto_check', 'queued'), ('queued', 'first_review'), ('first_review', 'second_review'), ('second_review', 'released'),
        ('first_review', 'rejected'), ('second_review', 'rejected'), ('first_review', 'released_with_changes'), ('second_review', 'released_with_changes'), ('released_with_changes', 'auto_check'),
        ('first_review', 'escalated'), ('second_review', 'escalated'), ('escalated', 'second_review'), ('escalated', 'released'), ('escalated', 'rejected'), ('second_review', 'auto_rejected'), ('escalated', 'auto_rejected'),
        ('auto_check', 'withdrawn'), ('queued', 'withdrawn'), ('first_review', 'withdrawn'), ('second_review', 'withdrawn'), ('released_with_changes', 'withdrawn'), ('escalated', 'withdrawn')) THEN
        RAISE EXCEPTION 'review % does not go from % to %', OLD.number, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.first_by IS NOT NULL AND EXISTS (SELECT FROM organisation_members m JOIN workspaces w ON w.organisation_id = m.organisation_id WHERE w.id = NEW.workspace_id AND m.user_id IN (NEW.first_by, coalesce(NEW.second_by, NEW.first_by))) THEN
        RAISE EXCEPTION 'review %: whoever is of the organisation that asks does not review', OLD.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.payment_advice_moves()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF (NEW.ref, NEW.code, NEW.kind, NEW.order_number, NEW.buyer_id, NEW.account_id, NEW.payer, NEW.amount, NEW.currency) IS DISTINCT FROM (OLD.ref, OLD.code, OLD.kind, OLD.order_number, OLD.buyer_id, OLD.account_id, OLD.payer, OLD.amount, OLD.currency)
        OR OLD.paid_at IS NOT NULL AND NEW.paid_at IS DISTINCT FROM OLD.paid_at OR OLD.ended_at IS NOT NULL AND NEW.ended_at IS DISTINCT FROM OLD.ended_at THEN
        RAISE EXCEPTION 'what is to be paid for % never changes', OLD.ref USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.payment_checkout_moves()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF (NEW.order_number, NEW.attempt, NEW.amount, NEW.currency) IS DISTINCT FROM (OLD.order_number, OLD.attempt, OLD.amount, OLD.currency) OR OLD.session IS NOT NULL AND NEW.session IS DISTINCT FROM OLD.session THEN
        RAISE EXCEPTION 'what a checkout is for never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    -- Money that was there once was there: no event that comes late takes a checkout back. One that ended may still be paid.
    IF OLD.state IN ('confirmed', 'surplus', 'mismatched') AND NEW.state <> OLD.state OR NEW.state = 'asked' AND OLD.state <> 'asked' OR OLD.state IN ('pending', 'ended') AND NEW.state = 'open' THEN
        RAISE EXCEPTION 'a checkout does not go from % to %', OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.payment_instruction_moves()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF (NEW.number, NEW.kind, NEW.ref, NEW.code, NEW.account_id, NEW.organisation_id, NEW.amount, NEW.currency, NEW.payee, NEW.payee_bank, NEW.payee_account) IS DISTINCT FROM (OLD.number, OLD.kind, OLD.ref, OLD.code, OLD.account_id, OLD.organisation_id, OLD.amount, OLD.currency, OLD.payee, OLD.payee_bank, OLD.payee_account) THEN
        RAISE EXCEPTION 'what is to be transferred never changes: it fails, and another one is made' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (('instructed', 'paid'), ('instructed', 'failed'), ('paid', 'failed')) THEN
        RAISE EXCEPTION 'instruction % does not go from % to %', OLD.number, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.payout_account_moves()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
END $function$
;

CREATE OR REPLACE FUNCTION public.plan_bands_open()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF NOT EXISTS (SELECT FROM listing_plans WHERE id = CASE TG_OP WHEN 'DELETE' THEN OLD.plan_id ELSE NEW.plan_id END AND state = 'draft' AND kind = 'metered') OR TG_OP = 'UPDATE' THEN
        RAISE EXCEPTION 'bands are of a metered plan that is a draft' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.plan_moves()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
END $function$
;

CREATE OR REPLACE FUNCTION public.plan_priced()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
END $function$
;

CREATE OR REPLACE FUNCTION public.product_certificate_issued()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
DECLARE r registrations;
BEGIN
    IF NEW.state <> 'issued' THEN
        RAISE EXCEPTION 'certificate % begins as issued', NEW.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.kind <> 'registration' THEN RETURN NEW; END IF;
    SELECT * INTO r FROM registrations WHERE id = NEW.registration_id;
    IF r.state <> 'public_notice' OR r.notice_until IS NULL OR NEW.issued_at < r.notice_until OR r.notice_until < r.notice_from + interval '9 days' OR (r.product_id, r.version_id, coalesce(r.receiver_id, r.organisation_id)) IS DISTINCT FROM (NEW.product_id, NEW.version_id, NEW.organisation_id) THEN
        RAISE EXCEPTION 'certificate % has no full public notice behind it', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT FROM registration_objections o WHERE o.registration_id = r.id AND o.upheld IS NULL) THEN
        RAISE EXCEPTION 'certificate % has an open objection against it', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT FROM organisations x JOIN organisations o ON o.id = NEW.organisation_id WHERE x.side = 'exchange' AND (x.id = o.id OR x.credit_code = o.credit_code OR x.credit_code = ANY (r.controls))) THEN
        RAISE EXCEPTION 'the registrar registers no product of its own' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.product_certificate_moves()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF (OLD.number, OLD.kind, OLD.registration_id, OLD.product_id, OLD.version_id, OLD.organisation_id, OLD.issuer, OLD.issued_at, OLD.issued_by, OLD.valid_until, OLD.statement, OLD.envelope, OLD.key_id, OLD.leaf, OLD.replaces_id)
        IS DISTINCT FROM (NEW.number, NEW.kind, NEW.registration_id, NEW.product_id, NEW.version_id, NEW.organisation_id, NEW.issuer, NEW.issued_at, NEW.issued_by, NEW.valid_until, NEW.statement, NEW.envelope, NEW.key_id, NEW.leaf, NEW.replaces_id) THEN
        RAISE EXCEPTION 'certificate % is signed', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> 'issued' AND (OLD.state, OLD.state_at, OLD.reason, OLD.end_leaf) IS DISTINCT FROM (NEW.state, NEW.state_at, NEW.reason, NEW.end_leaf) THEN
        RAISE EXCEPTION 'certificate % is over', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.product_certified(of bigint, at timestamp with time zone)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
    SELECT EXISTS (SELECT FROM product_certificates c WHERE c.product_id = of AND c.kind = 'registration' AND c.state = 'issued' AND c.valid_until > at)
       AND EXISTS (SELECT FROM product_certificates c WHERE c.product_id = of AND c.kind = 'certification' AND c.state = 'issued' AND c.valid_until > at)
       AND coalesce((SELECT product_version_certified(v.id, at) FROM product_versions v WHERE v.product_id = of AND v.state = 'published' ORDER BY v.major DESC, v.minor DESC, v.patch DESC LIMIT 1), true)
$function$
;

CREATE OR REPLACE FUNCTION public.product_countersigning()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF NOT EXISTS (SELECT FROM product_versions v JOIN products p ON p.id = v.product_id JOIN developer_keys k ON k.id = NEW.key_id AND k.organisation_id = p.organisation_id
        WHERE v.id = NEW.version_id AND v.state = 'sealed' AND NOT EXISTS (SELECT FROM developer_key_revocations r WHERE r.key_id = k.id)) THEN
        RAISE EXCEPTION 'version % is not signed with a key of its developer between its seal and its publication', NEW.version_id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.product_forms(kind text)
 RETURNS text[]
 LANGUAGE sql
 IMMUTABLE
AS $function$
    SELECT CASE kind WHEN 'dataset' THEN '{result_table}' WHEN 'api' THEN '{interface,verification}' WHEN 'report' THEN '{report_product}' WHEN 'model' THEN '{model_product}' WHEN 'tool' THEN '{model_product,verification}' ELSE '{}' END::text[]
$function$
;

CREATE OR REPLACE FUNCTION public.product_inputs_sealed()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF NEW.from_version IS NOT NULL AND NOT EXISTS (SELECT FROM product_seals WHERE version_id = NEW.from_version) THEN
        RAISE EXCEPTION 'a product is made from what is sealed' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.product_listable()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF NOT product_certified(NEW.id, NEW.state_at) THEN
        RAISE EXCEPTION 'product % has no certificate in force of its registration and of the compliance of its newest version', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.product_moves()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF (OLD.number, OLD.organisation_id, OLD.made_by, OLD.made_at) IS DISTINCT FROM (NEW.number, NEW.organisation_id, NEW.made_by, NEW.made_at) THEN
        RAISE EXCEPTION 'product % is of who made it', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('draft', 'internal_review'), ('internal_review', 'draft'), ('internal_review', 'registered'), ('registered', 'listable'), ('listable', 'suspended'), ('suspended', 'listable'),
        ('draft', 'retired'), ('internal_review', 'retired'), ('registered', 'retired'), ('listable', 'retired'), ('suspended', 'retired')) THEN
        RAISE EXCEPTION 'product % does not go from % to %', OLD.number, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    IF (OLD.kind, OLD.scenario_id, OLD.sold) IS DISTINCT FROM (NEW.kind, NEW.scenario_id, NEW.sold) AND EXISTS (SELECT FROM product_seals s JOIN product_versions v ON v.id = s.version_id WHERE v.product_id = OLD.id) THEN
        RAISE EXCEPTION 'product % has a sealed version that says what it is', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.product_report_independent(of bigint)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
    SELECT bool_and(r.organisation_id <> d.id
       AND NOT EXISTS (SELECT FROM organisation_members a JOIN organisation_members b ON b.user_id = a.user_id WHERE a.organisation_id = r.organisation_id AND b.organisation_id = d.id)
       AND NOT (array_append(r.controls, i.credit_code) && (r.controls_asked || d.credit_code ||
           ARRAY(SELECT k FROM registrations g, unnest(g.controls) k WHERE g.product_id = p.id AND g.state NOT IN ('refused', 'withdrawn')))))
    FROM product_reports r JOIN products p ON p.id = r.product_id JOIN organisations i ON i.id = r.organisation_id
        JOIN organisations d ON d.id = p.organisation_id
            OR d.id IN (SELECT c.organisation_id FROM product_certificates c WHERE c.product_id = p.id AND c.kind = 'registration' AND c.state = 'issued')
            OR d.id IN (SELECT g.organisation_id FROM product_rights g WHERE g.product_id = p.id AND g.what = 'operate')
    WHERE r.id = of
$function$
;

CREATE OR REPLACE FUNCTION public.product_report_kept()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
END $function$
;

CREATE OR REPLACE FUNCTION public.product_report_moves()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
END $function$
;

CREATE OR REPLACE FUNCTION public.product_right_of_state()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF NEW.over = 'public' AND NEW.what = 'hold' AND EXISTS (SELECT FROM organisations o WHERE o.name = NEW.holder) THEN
        RAISE EXCEPTION 'public data is held by the state, and by no organisation that develops or sells' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.product_sealing()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF NOT EXISTS (SELECT FROM product_versions WHERE id = NEW.version_id AND state = 'checked') THEN
        RAISE EXCEPTION 'version % is not being sealed', NEW.version_id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.product_version_academic(of bigint)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
    SELECT EXISTS (SELECT FROM product_sources s JOIN acquisitions a ON a.id = s.acquisition_id JOIN grants g ON g.id = a.grant_id WHERE s.version_id = of AND g.lane = 'academic')
        OR EXISTS (SELECT FROM product_versions v JOIN products p ON p.id = v.product_id JOIN scenarios c ON c.id = p.scenario_id WHERE v.id = of AND c.research)
$function$
;

CREATE OR REPLACE FUNCTION public.product_version_certified(of bigint, at timestamp with time zone)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
    SELECT EXISTS (SELECT FROM product_versions v JOIN product_versions c ON c.product_id = v.product_id AND (c.major, c.minor) = (v.major, v.minor) JOIN product_certificates k ON k.version_id = c.id
        WHERE v.id = of AND k.kind = 'certification' AND k.state = 'issued' AND k.valid_until > at)
$function$
;

CREATE OR REPLACE FUNCTION public.product_version_moves()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF (OLD.product_id, OLD.major, OLD.minor, OLD.patch, OLD.supersedes, OLD.made_by, OLD.made_at) IS DISTINCT FROM (NEW.product_id, NEW.major, NEW.minor, NEW.patch, NEW.supersedes, NEW.made_by, NEW.made_at) THEN
        RAISE EXCEPTION 'version % keeps its number', OLD.semver USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state NOT IN ('building', 'checked') AND (OLD.method, OLD.notes, OLD.forms, OLD.built_at, OLD.facts) IS DISTINCT FROM (NEW.method, NEW.notes, NEW.forms, NEW.built_at, NEW.facts) THEN
        RAISE EXCEPTION 'version % is sealed', OLD.semver USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('building', 'checked'), ('checked', 'building'), ('checked', 'sealed'), ('sealed', 'published'), ('published', 'deprecated'),
        ('sealed', 'recalled'), ('published', 'recalled'), ('deprecated', 'recalled')) THEN
        RAISE EXCEPTION 'version % does not go from % to %', OLD.semver, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state = 'checked' AND NEW.state = 'sealed' AND NOT EXISTS (SELECT FROM product_seals WHERE version_id = NEW.id) THEN
        RAISE EXCEPTION 'version % has no seal', OLD.semver USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'recalled' AND OLD.state <> 'recalled' AND NOT EXISTS (SELECT FROM product_recalls WHERE version_id = NEW.id) THEN
        RAISE EXCEPTION 'nothing says why version % is recalled', OLD.semver USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.product_version_offered()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF EXISTS (SELECT FROM products WHERE id = NEW.product_id AND state = 'listable') AND NOT product_version_certified(NEW.id, NEW.state_at) THEN
        RAISE EXCEPTION 'version % of a product that is offered has other inputs or another method than what was certified', NEW.semver USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.product_version_open()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
DECLARE of bigint; now_state text;
BEGIN
    IF TG_OP = 'DELETE' THEN of := OLD.version_id; ELSE of := NEW.version_id; END IF;
    SELECT state INTO now_state FROM product_versions WHERE id = of;
    IF now_state <> 'building' THEN
        RAISE EXCEPTION 'version % is % and no more built', of, now_state USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    IF TG_OP = 'UPDATE' AND NEW.version_id <> OLD.version_id THEN
        RAISE EXCEPTION 'what a version is made of stays with it' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.rectification_answer_shown()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF NOT EXISTS (SELECT FROM case_papers WHERE kind = 'order' AND case_id = NEW.id AND frozen_at = NEW.answered_at) THEN
        RAISE EXCEPTION 'an answer to order % shows nothing', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.rectification_order_moves()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF OLD.ended_at IS NOT NULL THEN
        RAISE EXCEPTION 'order % is over and stays as it is', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF (OLD.number, OLD.department_id, OLD.issuer_id, OLD.profile, OLD.rule_profile, OLD.rule_path, OLD.grounds, OLD.facts, OLD.remedy, OLD.issued_by, OLD.issued_name, OLD.issued_at)
        IS DISTINCT FROM (NEW.number, NEW.department_id, NEW.issuer_id, NEW.profile, NEW.rule_profile, NEW.rule_path, NEW.grounds, NEW.facts, NEW.remedy, NEW.issued_by, NEW.issued_name, NEW.issued_at) THEN
        RAISE EXCEPTION 'order % says what it said when it was issued', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.revision <> OLD.revision + 1 OR (OLD.state, NEW.state) NOT IN (('issued', 'issued'), ('wanting', 'wanting'), ('issued', 'answered'), ('wanting', 'answered'), ('answered', 'wanting'), ('answered', 'closed'),
        ('issued', 'withdrawn'), ('answered', 'withdrawn'), ('wanting', 'withdrawn')) THEN
        RAISE EXCEPTION 'order % does not go from % to %', OLD.number, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.refund_moves()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
END $function$
;

CREATE OR REPLACE FUNCTION public.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    RAISE EXCEPTION '% of % is refused: a published version never changes', TG_OP, TG_TABLE_NAME;
END $function$
;

CREATE OR REPLACE FUNCTION public.refuse_rebooking()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    RAISE EXCEPTION '% of % is refused: what is booked is reversed, never changed', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $function$
;

CREATE OR REPLACE FUNCTION public.refuse_rewriting()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    RAISE EXCEPTION '% of % is refused: the public log only grows', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $function$
;

CREATE OR REPLACE FUNCTION public.registration_moves()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF (OLD.number, OLD.kind, OLD.product_id, OLD.organisation_id, OLD.replaces, OLD.made_by, OLD.made_at, OLD.apply_profile, OLD.apply_path, OLD.apply_from)
        IS DISTINCT FROM (NEW.number, NEW.kind, NEW.product_id, NEW.organisation_id, NEW.replaces, NEW.made_by, NEW.made_at, NEW.apply_profile, NEW.apply_path, NEW.apply_from) THEN
        RAISE EXCEPTION 'registration % is what was applied for', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state NOT IN ('applied', 'returned') AND (OLD.version_id, OLD.receiver_id, OLD.received_at, OLD.level, OLD.abroad, OLD.lawful, OLD.unidentifiable, OLD.irreversible, OLD.controls, OLD.declared)
        IS DISTINCT FROM (NEW.version_id, NEW.receiver_id, NEW.received_at, NEW.level, NEW.abroad, NEW.lawful, NEW.unidentifiable, NEW.irreversible, NEW.controls, NEW.declared) THEN
        RAISE EXCEPTION 'registration % was accepted as it is', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.notice_from IS NOT NULL AND (OLD.notice_profile, OLD.notice_path, OLD.notice_from, OLD.checks) IS DISTINCT FROM (NEW.notice_profile, NEW.notice_path, NEW.notice_from, NEW.checks) THEN
        RAISE EXCEPTION 'the public notice of % has begun', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('applied', 'returned'), ('returned', 'applied'), ('applied', 'accepted'), ('accepted', 'public_notice'), ('public_notice', 'objected'), ('objected', 'public_notice'),
        ('public_notice', 'issued'), ('applied', 'refused'), ('accepted', 'refused'), ('public_notice', 'refused'),
        ('applied', 'withdrawn'), ('returned', 'withdrawn'), ('accepted', 'withdrawn'), ('public_notice', 'withdrawn'), ('objected', 'withdrawn')) THEN
        RAISE EXCEPTION 'registration % does not go from % to %', OLD.number, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state = NEW.state AND OLD.state IN ('issued', 'refused', 'withdrawn') THEN
        RAISE EXCEPTION 'registration % is over', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = 'issued' AND NOT EXISTS (SELECT FROM product_certificates WHERE registration_id = NEW.id) THEN
        RAISE EXCEPTION 'registration % has no certificate', OLD.number USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'public_notice' AND EXISTS (SELECT FROM registration_objections WHERE registration_id = NEW.id AND upheld IS NULL) THEN
        RAISE EXCEPTION 'registration % has an open objection', OLD.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.registration_objection_kept()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM registrations WHERE id = NEW.registration_id AND state IN ('public_notice', 'objected')) THEN
            RAISE EXCEPTION 'there is no public notice to object to' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (OLD.registration_id, OLD.place, OLD.by_id, OLD.name, OLD.contact, OLD.words, OLD.at) IS DISTINCT FROM (NEW.registration_id, NEW.place, NEW.by_id, NEW.name, NEW.contact, NEW.words, NEW.at) OR OLD.upheld IS NOT NULL THEN
        RAISE EXCEPTION 'an objection stays as it was filed and answered' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.scenario_moves()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
        ('draft', 'submitted'), ('draft', 'withdrawn'), ('submitted', 'returned'), ('submitted', 'screened'), ('submitted', 'withdrawn'), ('returned', 'submitted'), ('returned', 'lapsed'), ('returned', 'withdrawn'),
        ('screened', 'reviewed'), ('screened', 'withdrawn'), ('reviewed', 'awarding'), ('reviewed', 'authorised'), ('reviewed', 'refused'), ('reviewed', 'withdrawn'), ('awarding', 'authorised'), ('awarding', 'refused'), ('awarding', 'withdrawn'),
        ('authorised', 'active'), ('authorised', 'terminated'), ('authorised', 'surrendered'), ('authorised', 'expired'), ('active', 'suspended'), ('active', 'expired'), ('active', 'terminated'), ('active', 'surrendered'),
        ('suspended', 'active'), ('suspended', 'expired'), ('suspended', 'terminated'), ('suspended', 'surrendered'), ('expired', 'closed'), ('terminated', 'closed'), ('surrendered', 'closed')) THEN
        RAISE EXCEPTION 'scenario % does not go from % to %', OLD.number, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.until_at IS NOT NULL AND (OLD.from_at, OLD.until_at) IS DISTINCT FROM (NEW.from_at, NEW.until_at) AND OLD.state <> 'authorised' THEN
        RAISE EXCEPTION 'the term of scenario % stays as it was authorised', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.scenario_separate()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF NEW.decided_by IS NOT NULL AND EXISTS (SELECT FROM user_roles r WHERE r.user_id = NEW.decided_by AND r.side <> 'manage')
       OR NEW.screened_by > 0 AND EXISTS (SELECT FROM user_roles r WHERE r.user_id = NEW.screened_by AND r.side <> 'operate')
       OR EXISTS (SELECT FROM scenario_items i WHERE i.scenario_id = NEW.id AND i.consent_id IS NULL AND i.decided_by > 0 AND i.decided_by IN (NEW.decided_by, NEW.screened_by, NEW.security_by)) THEN
        RAISE EXCEPTION 'who screens, gives opinions, reviews and decides about scenario % are different people of their own sides', NEW.number USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.scenario_stands(scenario bigint, at timestamp with time zone)
 RETURNS boolean
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$
    SELECT EXISTS (SELECT FROM scenarios s
        JOIN organisations o ON o.id = s.organisation_id AND o.suspended_at IS NULL
        JOIN developers d ON d.mandate_id = s.mandate_id AND d.organisation_id = s.organisation_id AND d.state = 'admitted' AND at < d.trained_until
        JOIN scenario_contracts c ON c.scenario_id = s.id AND c.state = 'active' AND c.from_at <= at AND at < c.until_at
        WHERE s.id = scenario AND s.state = 'active' AND s.from_at <= at AND at < s.until_at AND mandate_stands(s.mandate_id, at))
$function$
;

CREATE OR REPLACE FUNCTION public.settlement_adds_up()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF NEW.state NOT IN ('computed', 'void') AND (SELECT coalesce(sum(amount), 0) FROM settlement_lines WHERE settlement_id = NEW.id AND NOT released) <> NEW.net THEN
        RAISE EXCEPTION 'settlement % is not the sum of its lines', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $function$
;

CREATE OR REPLACE FUNCTION public.settlement_line_held()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
END $function$
;

CREATE OR REPLACE FUNCTION public.settlement_moves()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
END $function$
;

CREATE OR REPLACE FUNCTION public.settlement_transfer_moves()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF (OLD.settlement_id, OLD.attempt, OLD.order_number, OLD.charge, OLD.account, OLD.amount) IS DISTINCT FROM (NEW.settlement_id, NEW.attempt, NEW.order_number, NEW.charge, NEW.account, NEW.amount) OR OLD.state <> 'asked' THEN
        RAISE EXCEPTION 'what the provider was asked for stays, and so does what came of it' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.share_event_is_final()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    RAISE EXCEPTION 'what happened to a request for sharing is never changed';
END $function$
;

CREATE OR REPLACE FUNCTION public.split_rule_moves()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
END $function$
;

CREATE OR REPLACE FUNCTION public.split_sound(split jsonb)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
AS $function$
    SELECT jsonb_typeof(split) = 'array' AND coalesce(
        (SELECT sum((s ->> 'points')::bigint) = 10000 AND bool_and((s ->> 'points')::bigint > 0 AND s ->> 'basis' <> '' AND s ->> 'class' IN ('payable:developer', 'payable:operator', 'payable:broker', 'payable:treasury', 'revenue:platform_fee')
            AND (s ->> 'class' IN ('payable:treasury', 'revenue:platform_fee')) = ((s ->> 'organisation')::bigint = 0))
            AND count(DISTINCT (s ->> 'class', s ->> 'organisation')) = count(*)
        FROM jsonb_array_elements(split) s), false)
$function$
;

CREATE OR REPLACE FUNCTION public.stays_as_it_is()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    RAISE EXCEPTION 'what % says was given out and stays as it is', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $function$
;

CREATE OR REPLACE FUNCTION public.tender_bid_moves()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
DECLARE t tenders;
BEGIN
    SELECT * INTO t FROM tenders WHERE id = NEW.tender_id;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'withdrawn' AND (NEW.round <> t.round OR NEW.sealed_at < t.opens OR NEW.sealed_at >= t.closes OR t.state IN ('draft', 'announced', 'failed')) THEN
            RAISE EXCEPTION 'tender % takes no bid at %', t.number, NEW.sealed_at USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (OLD.tender_id, OLD.round, OLD.organisation_id, OLD.bidder, OLD.code, OLD.way, OLD.commitment, OLD.sealed_at, OLD.sealed_by, OLD.sealed_name)
        IS DISTINCT FROM (NEW.tender_id, NEW.round, NEW.organisation_id, NEW.bidder, NEW.code, NEW.way, NEW.commitment, NEW.sealed_at, NEW.sealed_by, NEW.sealed_name)
        OR OLD.revealed_at IS NOT NULL AND (OLD.nonce, OLD.canonical, OLD.amount_minor, OLD.revealed_at) IS DISTINCT FROM (NEW.nonce, NEW.canonical, NEW.amount_minor, NEW.revealed_at) THEN
        RAISE EXCEPTION 'bid % stays as it was sealed', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('sealed', 'withdrawn'), ('sealed', 'revealed'), ('sealed', 'invalid'), ('revealed', 'valid'), ('revealed', 'invalid'), ('valid', 'invalid'), ('valid', 'scored'),
        ('scored', 'valid'), ('scored', 'invalid'), ('scored', 'won'), ('scored', 'lost')) THEN
        RAISE EXCEPTION 'bid % does not go from % to %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.revealed_at IS NULL AND NEW.revealed_at IS NOT NULL AND (NEW.revealed_at < t.opening_at OR NEW.revealed_at < t.closes OR t.state NOT IN ('closed', 'opened')) THEN
        RAISE EXCEPTION 'bid % is not read before %', OLD.id, t.opening_at USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.tender_criteria_stay()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
DECLARE at text;
BEGIN
    SELECT state INTO at FROM tenders WHERE id = OLD.tender_id;
    IF at NOT IN ('draft', 'failed') THEN
        RAISE EXCEPTION 'the criteria of a tender stay as they were announced' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN coalesce(NEW, OLD);
END $function$
;

CREATE OR REPLACE FUNCTION public.tender_moves()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF OLD.ended_at IS NOT NULL THEN
        RAISE EXCEPTION 'tender % is over and stays as it is', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state NOT IN ('draft', 'failed') AND (OLD.number, OLD.kind, OLD.about, OLD.department_id, OLD.profile, OLD.rule_profile, OLD.rule_path, OLD.method, OLD.title, OLD.title_en, OLD.description, OLD.requirements,
            OLD.pricing, OLD.limit_minor, OLD.opens, OLD.closes, OLD.opening_at, OLD.reveal_until, OLD.round, OLD.least_bidders, OLD.least_panel, OLD.announced_at)
        IS DISTINCT FROM (NEW.number, NEW.kind, NEW.about, NEW.department_id, NEW.profile, NEW.rule_profile, NEW.rule_path, NEW.method, NEW.title, NEW.title_en, NEW.description, NEW.requirements,
            NEW.pricing, NEW.limit_minor, NEW.opens, NEW.closes, NEW.opening_at, NEW.reveal_until, NEW.round, NEW.least_bidders, NEW.least_panel, NEW.announced_at) THEN
        RAISE EXCEPTION 'tender % says what was announced', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.revision <> OLD.revision + 1 OR OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('draft', 'announced'), ('failed', 'announced'), ('announced', 'open'), ('open', 'closed'), ('closed', 'opened'), ('closed', 'failed'),
        ('opened', 'failed'), ('opened', 'evaluated'), ('evaluated', 'opened'), ('evaluated', 'award_notice'), ('evaluated', 'failed'), ('award_notice', 'challenged'), ('challenged', 'award_notice'), ('challenged', 'evaluated'),
        ('award_notice', 'confirmed'), ('confirmed', 'contracted')) AND NEW.state <> 'cancelled' THEN
        RAISE EXCEPTION 'tender % does not go from % to %', OLD.number, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.opened_at IS NOT NULL AND NEW.opened_at < NEW.opening_at) OR NEW.state = 'opened' AND NEW.opened_at IS NULL THEN
        RAISE EXCEPTION 'tender % is not opened before %', OLD.number, OLD.opening_at USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.tender_scores_stay()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    RAISE EXCEPTION 'marks that were handed in stay' USING ERRCODE = 'restrict_violation';
END $function$
;

CREATE OR REPLACE FUNCTION public.terms_nest()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
DECLARE
    outer_from timestamptz; outer_until timestamptz;
BEGIN
    CASE TG_TABLE_NAME
    WHEN 'mandates' THEN
        IF NEW.parent_id IS NULL THEN RETURN NEW; END IF;
        SELECT from_at, until_at INTO outer_from, outer_until FROM mandates WHERE id = NEW.parent_id;
    WHEN 'scenarios' THEN
        IF NEW.until_at IS NULL THEN RETURN NEW; END IF;
        SELECT from_at, until_at INTO outer_from, outer_until FROM mandates WHERE id = NEW.mandate_id;
    WHEN 'scenario_contracts' THEN
        SELECT from_at, until_at INTO outer_from, outer_until FROM scenarios WHERE id = NEW.scenario_id;
    ELSE
        SELECT from_at, until_at INTO outer_from, outer_until FROM scenario_contracts WHERE id = NEW.contract_id;
    END CASE;
    IF NEW.from_at < outer_from OR NEW.until_at > outer_until THEN
        RAISE EXCEPTION 'the term of % % does not lie within the one above it', TG_TABLE_NAME, NEW.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.usage_bill_moves()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
END $function$
;

CREATE OR REPLACE FUNCTION public.usage_counted(meter text, quantity bigint, dims jsonb)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE
AS $function$
    SELECT CASE meter
        WHEN 'cpu_ms' THEN (quantity + 999) / 1000 * 1000
        WHEN 'rows_read' THEN coalesce((dims ->> 'whole')::bigint, quantity)
        ELSE quantity END
$function$
;

CREATE OR REPLACE FUNCTION public.usage_rated(plan jsonb, units bigint)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE
AS $function$
    SELECT CASE WHEN coalesce((plan ->> 'cap')::numeric, 0) > 0 THEN least(fen, (plan ->> 'cap')::numeric) ELSE fen END::bigint FROM (
        SELECT coalesce(sum(greatest(0, least(units, coalesce(b.until, units)) - b.since) * b.fen), 0) AS fen
        FROM (SELECT (x ->> 'from')::numeric AS since, (x ->> 'fen')::numeric AS fen, lead((x ->> 'from')::numeric) OVER (ORDER BY (x ->> 'from')::numeric) AS until FROM jsonb_array_elements(coalesce(plan -> 'bands', '[]')) x) b) r
$function$
;

CREATE OR REPLACE FUNCTION public.usage_units(plan jsonb, quantity bigint)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE
AS $function$
    SELECT CASE plan ->> 'unit' WHEN 'per_thousand_rows' THEN (quantity + 999) / 1000 ELSE quantity END
$function$
;

CREATE OR REPLACE FUNCTION public.usage_window_sums()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF (NEW.events, NEW.quantity, NEW.adjusted) IS DISTINCT FROM (SELECT (count(*), coalesce(sum(e.quantity) FILTER (WHERE NOT e.late), 0)::bigint, coalesce(sum(e.quantity) FILTER (WHERE e.late), 0)::bigint)
            FROM delivery_events e WHERE e.delivery_id = NEW.delivery_id AND e.month = NEW.month) THEN
        RAISE EXCEPTION 'the month % is not the sum of its events', NEW.month USING ERRCODE = 'check_violation', CONSTRAINT = 'usage_window_sums';
    END IF;
    RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.version_ceilings(of bigint, counted text)
 RETURNS TABLE(mandate text, form text, fen bigint)
 LANGUAGE sql
 STABLE
AS $function$
    WITH RECURSIVE under AS (
            SELECT DISTINCT s.mandate_id AS id, true AS own, s.outputs FROM version_scenarios(of) x JOIN scenarios s ON s.id = x.scenario_id
            UNION SELECT m.parent_id, false, u.outputs FROM under u JOIN mandates m ON m.id = u.id WHERE m.parent_id IS NOT NULL),
        kind AS (SELECT product_forms(p.kind) AS forms FROM product_versions v JOIN products p ON p.id = v.product_id WHERE v.id = of)
    SELECT m.number, coalesce(c.form, ''), c.fen FROM under u JOIN mandates m ON m.id = u.id CROSS JOIN kind k
        LEFT JOIN LATERAL (SELECT c.form, c.fen FROM mandate_ceilings c WHERE c.mandate_id = m.id AND c.unit = counted AND c.form = ANY (k.forms)
            AND (c.form IN (SELECT o ->> 'form' FROM jsonb_array_elements(u.outputs) o) OR NOT EXISTS (SELECT FROM jsonb_array_elements(u.outputs) o WHERE o ->> 'form' = ANY (k.forms)))
            ORDER BY c.fen, c.form LIMIT 1) c ON true
    WHERE u.own OR c.fen IS NOT NULL GROUP BY 1, 2, 3
$function$
;

CREATE OR REPLACE FUNCTION public.version_open_copies(of bigint)
 RETURNS TABLE(content text, version_id bigint)
 LANGUAGE sql
 STABLE
AS $function$
    SELECT DISTINCT c.name, w.id FROM product_contents c
        JOIN versions w ON w.sha256 = c.digest OR w.id IN (SELECT r.version_id FROM renditions r WHERE r.sha256 = c.digest) OR w.id IN (SELECT o.version_id FROM open_contents o WHERE o.digest = c.digest)
        JOIN resources r ON r.id = w.resource_id JOIN datasets d ON d.id = r.dataset_id
    WHERE c.version_id = of AND d.status = 'published' AND d.open_type = 'unconditional'
$function$
;

CREATE OR REPLACE FUNCTION public.version_purposes(of bigint)
 RETURNS TABLE(purpose text)
 LANGUAGE sql
 STABLE
AS $function$
    WITH RECURSIVE under AS (
            SELECT s.id AS scenario, s.purpose, m.id, m.parent_id, m.purposes FROM version_scenarios(of) x JOIN scenarios s ON s.id = x.scenario_id JOIN mandates m ON m.id = s.mandate_id
            UNION SELECT u.scenario, u.purpose, m.id, m.parent_id, m.purposes FROM under u JOIN mandates m ON m.id = u.parent_id)
    SELECT purpose FROM under GROUP BY purpose HAVING bool_and(purpose = ANY (purposes)) AND count(DISTINCT scenario) = (SELECT count(DISTINCT scenario) FROM under)
$function$
;

CREATE OR REPLACE FUNCTION public.version_scenarios(of bigint)
 RETURNS TABLE(scenario_id bigint)
 LANGUAGE sql
 STABLE
AS $function$
    WITH RECURSIVE up AS (SELECT of AS id UNION SELECT i.from_version FROM up JOIN product_inputs i ON i.version_id = up.id WHERE i.from_version IS NOT NULL)
    SELECT p.scenario_id FROM up JOIN product_versions v ON v.id = up.id JOIN products p ON p.id = v.product_id WHERE p.scenario_id IS NOT NULL
    UNION SELECT w.scenario_id FROM up JOIN product_sources s ON s.version_id = up.id JOIN acquisitions a ON a.id = s.acquisition_id JOIN workspaces w ON w.id = a.workspace_id
$function$
;

CREATE OR REPLACE FUNCTION public.version_until(of bigint)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE
AS $function$
    WITH RECURSIVE under AS (
            SELECT s.until_at AS scenario_until, m.id, m.parent_id, m.until_at FROM version_scenarios(of) x JOIN scenarios s ON s.id = x.scenario_id JOIN mandates m ON m.id = s.mandate_id
            UNION SELECT u.scenario_until, m.id, m.parent_id, m.until_at FROM under u JOIN mandates m ON m.id = u.parent_id)
    SELECT min(least(scenario_until, until_at)) FROM under
$function$
;

CREATE OR REPLACE FUNCTION public.workspace_job_moves()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF OLD.ended_at IS NOT NULL THEN
        RAISE EXCEPTION 'job % is over and stays as it is', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF (OLD.number, OLD.workspace_id, OLD.kind, OLD.algorithm_id, OLD.sql, OLD.parameters, OLD.given, OLD.asked_by, OLD.asked_at) IS DISTINCT FROM
       (NEW.number, NEW.workspace_id, NEW.kind, NEW.algorithm_id, NEW.sql, NEW.parameters, NEW.given, NEW.asked_by, NEW.asked_at) THEN
        RAISE EXCEPTION 'job % runs what was asked for', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('queued', 'vetting'), ('vetting', 'refused'), ('vetting', 'running'), ('running', 'succeeded'), ('running', 'failed'), ('running', 'timed_out'), ('running', 'killed'),
        ('queued', 'cancelled'), ('vetting', 'cancelled'), ('running', 'cancelled'), ('queued', 'killed'), ('vetting', 'killed'), ('vetting', 'failed')) THEN
        RAISE EXCEPTION 'job % does not go from % to %', OLD.number, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $function$
;

CREATE OR REPLACE FUNCTION public.workspace_moves()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF (OLD.number, OLD.scenario_id, OLD.organisation_id, OLD.opened_by, OLD.opened_at) IS DISTINCT FROM (NEW.number, NEW.scenario_id, NEW.organisation_id, NEW.opened_by, NEW.opened_at) THEN
        RAISE EXCEPTION 'workspace % is of the scenario that it was opened for', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state = 'destroyed' OR OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('provisioning', 'ready'), ('provisioning', 'frozen'), ('ready', 'frozen'), ('frozen', 'ready'), ('frozen', 'provisioning'), ('provisioning', 'closing'), ('ready', 'closing'), ('frozen', 'closing'), ('closing', 'destroyed')) THEN
        RAISE EXCEPTION 'workspace % does not go from % to %', OLD.number, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state = 'frozen' AND NEW.state IN ('provisioning', 'ready') AND NEW.state <> OLD.frozen_from THEN
        RAISE EXCEPTION 'workspace % was % before it was frozen', OLD.number, OLD.frozen_from USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $function$
;

CREATE TABLE acquisition_ends (
    acquisition_id bigint NOT NULL,
    bytes bigint NOT NULL,
    ended_at timestamp with time zone NOT NULL,
    whole boolean NOT NULL,
    CONSTRAINT acquisition_ends_bytes_check CHECK ((bytes >= 0)),
    CONSTRAINT acquisition_ends_acquisition_id_fkey FOREIGN KEY (acquisition_id) REFERENCES acquisitions(id),
    CONSTRAINT acquisition_ends_pkey PRIMARY KEY (acquisition_id)
);
CREATE TRIGGER acquisition_ends_frozen BEFORE DELETE OR UPDATE ON public.acquisition_ends FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER acquisition_ends_kept BEFORE TRUNCATE ON public.acquisition_ends FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE acquisition_ends IS 'when the last byte left, and whether all had; without it the server went down while it sent';

CREATE TABLE acquisitions (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    user_id bigint NOT NULL,
    organisation_id bigint,
    key_prefix text NOT NULL DEFAULT ''::text,
    grant_id bigint,
    dataset_id bigint NOT NULL,
    version_id bigint NOT NULL,
    sha256 text NOT NULL,
    channel text NOT NULL,
    form text NOT NULL,
    part text NOT NULL DEFAULT ''::text,
    terms text NOT NULL,
    request text NOT NULL,
    began_at timestamp with time zone NOT NULL,
    share_grant_id bigint,
    counted boolean NOT NULL DEFAULT true,
    workspace_id bigint,
    scenario_grant_id bigint,
    CONSTRAINT acquisitions_channel_check CHECK ((channel = ANY (ARRAY['file'::text, 'export'::text, 'rows'::text, 'page'::text, 'mount'::text]))),
    CONSTRAINT acquisitions_mount CHECK ((((channel = 'mount'::text) = (workspace_id IS NOT NULL)) AND ((channel = 'mount'::text) = (scenario_grant_id IS NOT NULL)))),
    CONSTRAINT acquisitions_mount_ground CHECK (((channel <> 'mount'::text) OR ((grant_id IS NULL) AND (share_grant_id IS NULL) AND (organisation_id IS NOT NULL)))),
    CONSTRAINT acquisitions_one_ground CHECK (((grant_id IS NULL) OR (share_grant_id IS NULL))),
    CONSTRAINT acquisitions_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES datasets(id),
    CONSTRAINT acquisitions_grant_id_fkey FOREIGN KEY (grant_id) REFERENCES grants(id),
    CONSTRAINT acquisitions_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES organisations(id),
    CONSTRAINT acquisitions_scenario_grant_id_fkey FOREIGN KEY (scenario_grant_id) REFERENCES scenario_grants(id),
    CONSTRAINT acquisitions_share_grant_id_fkey FOREIGN KEY (share_grant_id) REFERENCES share_grants(id),
    CONSTRAINT acquisitions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id),
    CONSTRAINT acquisitions_version_id_fkey FOREIGN KEY (version_id) REFERENCES versions(id),
    CONSTRAINT acquisitions_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(id),
    CONSTRAINT acquisitions_pkey PRIMARY KEY (id)
);
CREATE INDEX acquisitions_dataset ON public.acquisitions USING btree (dataset_id, id);
CREATE INDEX acquisitions_grant ON public.acquisitions USING btree (grant_id, id) WHERE (grant_id IS NOT NULL);
CREATE INDEX acquisitions_organisation ON public.acquisitions USING btree (organisation_id, id) WHERE (organisation_id IS NOT NULL);
CREATE INDEX acquisitions_share ON public.acquisitions USING btree (share_grant_id, id) WHERE (share_grant_id IS NOT NULL);
CREATE INDEX acquisitions_user ON public.acquisitions USING btree (user_id, id);
CREATE INDEX acquisitions_workspace ON public.acquisitions USING btree (workspace_id, id) WHERE (workspace_id IS NOT NULL);
CREATE TRIGGER acquisitions_frozen BEFORE DELETE OR UPDATE ON public.acquisitions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER acquisitions_kept BEFORE TRUNCATE ON public.acquisitions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE acquisitions IS 'who was given which version, when, how and on what terms: written by whoever serves the bytes, before the first of them; the ground of the stamp (AS-35, AB-35.4)';
COMMENT ON COLUMN acquisitions.terms IS 'SHA-256 of the agreement, or the id of the licence of what is open';
COMMENT ON COLUMN acquisitions.counted IS 'it took one from the quota of its grant; false: it went on with a file that did, or is the older of two versions that were compared';
COMMENT ON COLUMN acquisitions.workspace_id IS 'of a version that was read into a workspace: nobody was given its bytes, but programs there compute on them';

CREATE TABLE agreements (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    application_id bigint NOT NULL,
    edition integer NOT NULL,
    template text NOT NULL,
    body text NOT NULL,
    sha256 text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    user_by bigint,
    user_name text NOT NULL DEFAULT ''::text,
    user_at timestamp with time zone,
    provider_by bigint,
    provider_name text NOT NULL DEFAULT ''::text,
    provider_at timestamp with time zone,
    void_at timestamp with time zone,
    user_method text NOT NULL DEFAULT ''::text,
    provider_method text NOT NULL DEFAULT ''::text,
    CONSTRAINT agreements_check CHECK ((((user_by IS NULL) = (user_at IS NULL)) AND ((provider_by IS NULL) = (provider_at IS NULL)))),
    CONSTRAINT agreements_check1 CHECK ((user_by <> provider_by)),
    CONSTRAINT agreements_provider_method_check CHECK ((provider_method = ANY (ARRAY[''::text, 'sign-in'::text, 'password'::text, 'totp'::text, 'recovery'::text, 'passkey'::text, 'identity'::text]))),
    CONSTRAINT agreements_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT agreements_user_method_check CHECK ((user_method = ANY (ARRAY[''::text, 'sign-in'::text, 'password'::text, 'totp'::text, 'recovery'::text, 'passkey'::text, 'identity'::text]))),
    CONSTRAINT agreements_application_id_fkey FOREIGN KEY (application_id) REFERENCES applications(id),
    CONSTRAINT agreements_pkey PRIMARY KEY (id),
    CONSTRAINT agreements_application_id_edition_key UNIQUE (application_id, edition)
);
COMMENT ON TABLE agreements IS 'the text that both sides signed, as it was shown to them; each edition is kept';
COMMENT ON COLUMN agreements.user_method IS 'how whoever signed had shown who they are, within the minutes that count: sign-in, or anew by a password, a code, a passkey, the provider of identity; empty: it was not written down';

CREATE TABLE allocations (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    line_id bigint NOT NULL,
    kind text NOT NULL,
    amount bigint NOT NULL,
    advice_id bigint,
    instruction_id bigint,
    payee text NOT NULL DEFAULT ''::text,
    payee_bank text NOT NULL DEFAULT ''::text,
    payee_account text NOT NULL DEFAULT ''::text,
    letter text NOT NULL DEFAULT ''::text,
    state text NOT NULL,
    CONSTRAINT allocations_amount_check CHECK ((amount > 0)),
    CONSTRAINT allocations_check CHECK (((kind = 'advice'::text) = (advice_id IS NOT NULL))),
    CONSTRAINT allocations_check1 CHECK (((kind = ANY (ARRAY['instruction'::text, 'returned'::text])) = (instruction_id IS NOT NULL))),
    CONSTRAINT allocations_check2 CHECK (((kind <> 'send_back'::text) OR ((payee_account <> ''::text) AND (payee <> ''::text)))),
    CONSTRAINT allocations_kind_check CHECK ((kind = ANY (ARRAY['advice'::text, 'send_back'::text, 'not_ours'::text, 'instruction'::text, 'returned'::text]))),
    CONSTRAINT allocations_letter_check CHECK ((length(letter) <= 1000)),
    CONSTRAINT allocations_state_check CHECK ((state = ANY (ARRAY['proposed'::text, 'dropped'::text, 'held'::text, 'booked'::text, 'freed'::text]))),
    CONSTRAINT allocations_advice_id_fkey FOREIGN KEY (advice_id) REFERENCES payment_advices(id),
    CONSTRAINT allocations_instruction_id_fkey FOREIGN KEY (instruction_id) REFERENCES payment_instructions(id),
    CONSTRAINT allocations_line_id_fkey FOREIGN KEY (line_id) REFERENCES bank_lines(id),
    CONSTRAINT allocations_pkey PRIMARY KEY (id)
);
CREATE INDEX allocations_advice ON public.allocations USING btree (advice_id) WHERE (advice_id IS NOT NULL);
CREATE INDEX allocations_line ON public.allocations USING btree (line_id, id);
CREATE TRIGGER allocations_kept BEFORE DELETE ON public.allocations FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER allocations_sum AFTER INSERT OR UPDATE ON public.allocations DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION bank_line_whole();
CREATE TRIGGER allocations_whole BEFORE TRUNCATE ON public.allocations FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE allocations IS 'what a line of a statement is for';
COMMENT ON COLUMN allocations.letter IS 'of who paid for somebody else: what it says, and where it lies';
COMMENT ON COLUMN allocations.state IS 'dropped: the other person did not agree; held: a part of what is to be paid, in suspense until the rest is there; freed: what it was for ended before, so the line waits again';

CREATE TABLE api_key_days (
    prefix text NOT NULL,
    day date NOT NULL,
    calls bigint NOT NULL,
    CONSTRAINT api_key_days_calls_check CHECK ((calls > 0)),
    CONSTRAINT api_key_days_prefix_fkey FOREIGN KEY (prefix) REFERENCES api_keys(prefix) ON DELETE CASCADE,
    CONSTRAINT api_key_days_pkey PRIMARY KEY (prefix, day)
);
COMMENT ON TABLE api_key_days IS 'calls by a key in a day (China), for its owner to see which program asks how much; the quota is that of the account. Days older than 30 are swept';

CREATE TABLE api_keys (
    prefix text NOT NULL,
    hash bytea NOT NULL,
    user_id bigint NOT NULL,
    name text NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    last_used_on date,
    revoked_at timestamp with time zone,
    warned_at timestamp with time zone,
    grant_id bigint,
    delivery_id bigint,
    CONSTRAINT api_keys_check CHECK ((expires_at > created_at)),
    CONSTRAINT api_keys_hash_check CHECK ((length(hash) = 32)),
    CONSTRAINT api_keys_name_check CHECK (((name <> ''::text) AND (length(name) <= 100) AND (name !~ '[[:cntrl:]]'::text))),
    CONSTRAINT api_keys_of_one CHECK (((grant_id IS NULL) OR (delivery_id IS NULL))),
    CONSTRAINT api_keys_prefix_check CHECK ((prefix ~ '^sy_[0-9A-Za-z]{8}$'::text)),
    CONSTRAINT api_keys_scopes_check CHECK (((cardinality(scopes) > 0) AND (scopes <@ ARRAY['read'::text, 'publish'::text, 'apply'::text, 'share'::text, 'develop'::text]))),
    CONSTRAINT api_keys_delivery_id_fkey FOREIGN KEY (delivery_id) REFERENCES deliveries(id),
    CONSTRAINT api_keys_grant_id_fkey FOREIGN KEY (grant_id) REFERENCES grants(id),
    CONSTRAINT api_keys_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id),
    CONSTRAINT api_keys_pkey PRIMARY KEY (prefix),
    CONSTRAINT api_keys_hash_key UNIQUE (hash)
);
CREATE INDEX api_keys_delivery ON public.api_keys USING btree (delivery_id) WHERE (delivery_id IS NOT NULL);
CREATE INDEX api_keys_grant ON public.api_keys USING btree (grant_id) WHERE (grant_id IS NOT NULL);
CREATE INDEX api_keys_user ON public.api_keys USING btree (user_id);
COMMENT ON COLUMN api_keys.last_used_on IS 'the day only: enough to find keys nobody uses, too little to follow anybody';
COMMENT ON COLUMN api_keys.warned_at IS 'when its owner was told by mail that it expires soon; once';
COMMENT ON COLUMN api_keys.grant_id IS 'the one grant whose data the key reads besides what is open; a key without it reads only what is open';
COMMENT ON COLUMN api_keys.delivery_id IS 'the one order whose product the key reads; such a key reads nothing else that is not open';

CREATE TABLE appearances (
    dataset_id bigint NOT NULL,
    public boolean NOT NULL,
    CONSTRAINT appearances_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES datasets(id),
    CONSTRAINT appearances_pkey PRIMARY KEY (dataset_id)
);
COMMENT ON TABLE appearances IS 'entries that everybody may see or could once: how it is noticed that one appears or goes';

CREATE TABLE application_events (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    application_id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    by_id bigint NOT NULL,
    by_name text NOT NULL,
    side text NOT NULL,
    action text NOT NULL,
    words text NOT NULL DEFAULT ''::text,
    clock_profile text NOT NULL DEFAULT ''::text,
    clock_path text NOT NULL DEFAULT ''::text,
    clock_last date,
    CONSTRAINT application_events_side_check CHECK ((side = ANY (ARRAY['applicant'::text, 'department'::text, 'authority'::text, 'platform'::text]))),
    CONSTRAINT application_events_application_id_fkey FOREIGN KEY (application_id) REFERENCES applications(id) ON DELETE CASCADE,
    CONSTRAINT application_events_pkey PRIMARY KEY (id)
);
CREATE INDEX application_events_application ON public.application_events USING btree (application_id, id);
COMMENT ON TABLE application_events IS 'what happened to an application, as its applicant and its department read it; the audit trail keeps who really did what';

CREATE TABLE application_follows (
    application_id bigint NOT NULL,
    kind text NOT NULL,
    grant_id bigint NOT NULL,
    CONSTRAINT application_follows_kind_check CHECK ((kind = ANY (ARRAY['renewal'::text, 'change'::text]))),
    CONSTRAINT application_follows_application_id_fkey FOREIGN KEY (application_id) REFERENCES applications(id) ON DELETE CASCADE,
    CONSTRAINT application_follows_grant_id_fkey FOREIGN KEY (grant_id) REFERENCES grants(id),
    CONSTRAINT application_follows_pkey PRIMARY KEY (application_id)
);
CREATE INDEX application_follows_grant ON public.application_follows USING btree (grant_id);

CREATE TABLE application_items (
    application_id bigint NOT NULL,
    resource_id text NOT NULL,
    version integer,
    columns text[],
    rows_where text NOT NULL DEFAULT ''::text,
    why text NOT NULL DEFAULT ''::text,
    decision text NOT NULL DEFAULT ''::text,
    given_columns text[],
    given_where text NOT NULL DEFAULT ''::text,
    reason text NOT NULL DEFAULT ''::text,
    CONSTRAINT application_items_check CHECK (((decision <> ALL (ARRAY['reduced'::text, 'refused'::text])) OR (reason <> ''::text))),
    CONSTRAINT application_items_decision_check CHECK ((decision = ANY (ARRAY[''::text, 'granted'::text, 'reduced'::text, 'refused'::text]))),
    CONSTRAINT application_items_application_id_fkey FOREIGN KEY (application_id) REFERENCES applications(id) ON DELETE CASCADE,
    CONSTRAINT application_items_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES resources(id),
    CONSTRAINT application_items_pkey PRIMARY KEY (application_id, resource_id)
);
COMMENT ON COLUMN application_items.version IS 'the newest version when it was submitted';
COMMENT ON COLUMN application_items.columns IS 'names of columns; null: of a file that is no table, the whole';

CREATE TABLE application_tenders (
    application_id bigint NOT NULL,
    tender_id bigint NOT NULL,
    tied_at timestamp with time zone NOT NULL,
    CONSTRAINT application_tenders_application_id_fkey FOREIGN KEY (application_id) REFERENCES applications(id),
    CONSTRAINT application_tenders_tender_id_fkey FOREIGN KEY (tender_id) REFERENCES tenders(id),
    CONSTRAINT application_tenders_pkey PRIMARY KEY (application_id)
);
CREATE INDEX application_tenders_tender ON public.application_tenders USING btree (tender_id);
COMMENT ON TABLE application_tenders IS 'which tender decides an application for commercial use; its confirmed result is the award';

CREATE TABLE applications (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    number text NOT NULL,
    dataset_id bigint NOT NULL,
    user_id bigint NOT NULL,
    organisation_id bigint,
    applicant text NOT NULL,
    applicant_name text NOT NULL,
    applicant_code text NOT NULL DEFAULT ''::text,
    state text NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    created_at timestamp with time zone NOT NULL,
    saved_at timestamp with time zone NOT NULL,
    seen boolean NOT NULL DEFAULT false,
    lane text NOT NULL DEFAULT ''::text,
    use_area text NOT NULL DEFAULT ''::text,
    purpose text NOT NULL DEFAULT ''::text,
    outputs text NOT NULL DEFAULT ''::text,
    months integer NOT NULL DEFAULT 0,
    storage text NOT NULL DEFAULT ''::text,
    profile text NOT NULL DEFAULT ''::text,
    conditions jsonb,
    submitted_at timestamp with time zone,
    accepted_at timestamp with time zone,
    decided_at timestamp with time zone,
    ended_at timestamp with time zone,
    clock_profile text NOT NULL DEFAULT ''::text,
    clock_path text NOT NULL DEFAULT ''::text,
    clock_from timestamp with time zone,
    clock_used integer NOT NULL DEFAULT 0,
    stopped_at timestamp with time zone,
    stage_profile text NOT NULL DEFAULT ''::text,
    stage_path text NOT NULL DEFAULT ''::text,
    stage_from timestamp with time zone,
    missing text[] NOT NULL DEFAULT '{}'::text[],
    completions integer NOT NULL DEFAULT 0,
    automatic boolean NOT NULL DEFAULT false,
    ground text NOT NULL DEFAULT ''::text,
    reason text NOT NULL DEFAULT ''::text,
    bases jsonb NOT NULL DEFAULT '[]'::jsonb,
    decided_by bigint,
    decided_name text NOT NULL DEFAULT ''::text,
    must_grant boolean NOT NULL DEFAULT false,
    award jsonb,
    grounds text NOT NULL DEFAULT ''::text,
    verdict text NOT NULL DEFAULT ''::text,
    asked_materials text[] NOT NULL DEFAULT '{}'::text[],
    CONSTRAINT applications_applicant_check CHECK ((applicant = ANY (ARRAY['natural'::text, 'legal'::text, 'unincorporated'::text]))),
    CONSTRAINT applications_asked_materials_check CHECK ((cardinality(asked_materials) <= 20)),
    CONSTRAINT applications_check CHECK (((applicant = 'natural'::text) = (organisation_id IS NULL))),
    CONSTRAINT applications_check1 CHECK ((((state = 'draft'::text) = (submitted_at IS NULL)) OR (state = 'withdrawn'::text))),
    CONSTRAINT applications_check2 CHECK (((state <> ALL (ARRAY['accepted'::text, 'awarding'::text, 'offered'::text, 'granted'::text, 'refused'::text, 'disputed'::text, 'upheld'::text])) OR (accepted_at IS NOT NULL))),
    CONSTRAINT applications_check3 CHECK (((state <> ALL (ARRAY['refused'::text, 'disputed'::text, 'upheld'::text, 'out_of_scope'::text])) OR (reason <> ''::text))),
    CONSTRAINT applications_check4 CHECK (((state <> ALL (ARRAY['granted'::text, 'refused'::text, 'upheld'::text, 'out_of_scope'::text])) OR (decided_at IS NOT NULL))),
    CONSTRAINT applications_lane_check CHECK ((lane = ANY (ARRAY[''::text, 'public'::text, 'academic'::text, 'commercial'::text]))),
    CONSTRAINT applications_months_check CHECK (((months >= 0) AND (months <= 1200))),
    CONSTRAINT applications_number_check CHECK ((number ~ '^SQ-\d{4}-\d{6}$'::text)),
    CONSTRAINT applications_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'submitted'::text, 'returned'::text, 'lapsed'::text, 'withdrawn'::text, 'out_of_scope'::text, 'accepted'::text, 'awarding'::text, 'offered'::text, 'granted'::text, 'refused'::text, 'disputed'::text, 'upheld'::text]))),
    CONSTRAINT applications_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES datasets(id),
    CONSTRAINT applications_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES organisations(id),
    CONSTRAINT applications_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id),
    CONSTRAINT applications_pkey PRIMARY KEY (id),
    CONSTRAINT applications_number_key UNIQUE (number)
);
CREATE INDEX applications_dataset ON public.applications USING btree (dataset_id, id);
CREATE UNIQUE INDEX applications_once ON public.applications USING btree (dataset_id, COALESCE(organisation_id, (- user_id))) WHERE (state = ANY (ARRAY['draft'::text, 'submitted'::text, 'returned'::text, 'accepted'::text, 'awarding'::text, 'offered'::text]));
CREATE INDEX applications_open ON public.applications USING btree (state, id) WHERE (state = ANY (ARRAY['submitted'::text, 'returned'::text, 'accepted'::text, 'awarding'::text, 'offered'::text, 'disputed'::text]));
CREATE INDEX applications_organisation ON public.applications USING btree (organisation_id, id) WHERE (organisation_id IS NOT NULL);
CREATE INDEX applications_user ON public.applications USING btree (user_id, id);
CREATE INDEX applications_waiting ON public.applications USING btree (COALESCE(clock_from, stage_from, saved_at), id) WHERE (state = ANY (ARRAY['submitted'::text, 'accepted'::text, 'awarding'::text]));
CREATE TRIGGER applications_papers AFTER DELETE ON public.applications FOR EACH ROW EXECUTE FUNCTION case_papers_go('application', 'dispute', 'award');
COMMENT ON TABLE applications IS 'applications for conditionally open data (law: TJ-23, AB-35; states as docs/lifecycles.md draws them)';
COMMENT ON COLUMN applications.profile IS 'the text that bound the department on the day it was received: it stays, also where it lapses meanwhile';
COMMENT ON COLUMN applications.conditions IS 'what the entry asked for and gives, as it stood when the application was submitted';
COMMENT ON COLUMN applications.clock_profile IS 'clock_*: by when it is decided; stage_*: by when the next step is taken, by whoever has it';
COMMENT ON COLUMN applications.automatic IS 'accepted because the department had let its days pass';
COMMENT ON COLUMN applications.must_grant IS 'the authority decided against a refusal';
COMMENT ON COLUMN applications.asked_materials IS 'of the materials listed beforehand, those that the department asked for anew when it returned the application';

CREATE TABLE audit_checks (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    by_id bigint NOT NULL,
    asked_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
    target bigint NOT NULL,
    done bigint NOT NULL DEFAULT 0,
    hash bytea NOT NULL DEFAULT decode(repeat('00'::text, 32), 'hex'::text),
    erased bigint NOT NULL DEFAULT 0,
    faults bigint NOT NULL DEFAULT 0,
    fault_seq bigint,
    fault_entry bigint,
    fault_kind text,
    moved_at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamp with time zone,
    CONSTRAINT audit_checks_check CHECK (((done >= 0) AND (done <= target))),
    CONSTRAINT audit_checks_check1 CHECK ((((faults = 0) = (fault_kind IS NULL)) AND ((fault_kind IS NULL) = (fault_seq IS NULL)) AND ((fault_kind IS NULL) = (fault_entry IS NULL)))),
    CONSTRAINT audit_checks_check2 CHECK (((finished_at IS NULL) OR (done = target))),
    CONSTRAINT audit_checks_erased_check CHECK ((erased >= 0)),
    CONSTRAINT audit_checks_faults_check CHECK ((faults >= 0)),
    CONSTRAINT audit_checks_hash_check CHECK ((length(hash) = 32)),
    CONSTRAINT audit_checks_target_check CHECK ((target >= 0)),
    CONSTRAINT audit_checks_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX audit_checks_one ON public.audit_checks USING btree ((true)) WHERE (finished_at IS NULL);
COMMENT ON TABLE audit_checks IS 'verifications of the whole chain that somebody asked for; the place where one without a fault ended is remembered: the next must find it again';
COMMENT ON COLUMN audit_checks.by_id IS 'users.id of the audit administrator';
COMMENT ON COLUMN audit_checks.target IS 'the last link of the chain when it was asked for';
COMMENT ON COLUMN audit_checks.done IS 'the link that is verified up to; hash is the one it has';
COMMENT ON COLUMN audit_checks.fault_seq IS 'the first fault: the link, the entry (0: none is there) and what is wrong with it';

CREATE TABLE audit_entries (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    at timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
    actor bigint NOT NULL,
    roles text[] NOT NULL,
    department bigint NOT NULL,
    subject text NOT NULL,
    subject_id text NOT NULL,
    act text NOT NULL,
    commitment bytea NOT NULL,
    seq bigint,
    hash bytea,
    CONSTRAINT audit_entries_act_check CHECK ((act <> ''::text)),
    CONSTRAINT audit_entries_check CHECK (((seq IS NULL) = (hash IS NULL))),
    CONSTRAINT audit_entries_commitment_check CHECK ((length(commitment) = 32)),
    CONSTRAINT audit_entries_hash_check CHECK ((length(hash) = 32)),
    CONSTRAINT audit_entries_subject_check CHECK ((subject <> ''::text)),
    CONSTRAINT audit_entries_pkey PRIMARY KEY (id),
    CONSTRAINT audit_entries_seq_key UNIQUE (seq)
);
CREATE INDEX audit_entries_actor ON public.audit_entries USING btree (actor, id);
CREATE INDEX audit_entries_subject ON public.audit_entries USING btree (subject, subject_id, id);
CREATE INDEX audit_entries_unsealed ON public.audit_entries USING btree (id) WHERE (seq IS NULL);
CREATE TRIGGER audit_entries_guard BEFORE DELETE OR UPDATE ON public.audit_entries FOR EACH ROW EXECUTE FUNCTION audit_guard();
CREATE TRIGGER audit_entries_keep BEFORE TRUNCATE ON public.audit_entries FOR EACH STATEMENT EXECUTE FUNCTION audit_guard();
COMMENT ON COLUMN audit_entries.actor IS 'users.id; 0 nobody signed in, -1 the installation itself; without the users row it names no one';
COMMENT ON COLUMN audit_entries.commitment IS 'SHA-256 of salt and content of the personal row: the chain still holds once that row is erased';
COMMENT ON COLUMN audit_entries.seq IS 'gapless place in the chain, given by the sealer within a second; null until then';

CREATE TABLE audit_personal (
    entry_id bigint NOT NULL,
    salt bytea,
    content text,
    CONSTRAINT audit_personal_check CHECK (((salt IS NULL) = (content IS NULL))),
    CONSTRAINT audit_personal_salt_check CHECK ((length(salt) = 32)),
    CONSTRAINT audit_personal_entry_id_fkey FOREIGN KEY (entry_id) REFERENCES audit_entries(id),
    CONSTRAINT audit_personal_pkey PRIMARY KEY (entry_id)
);
CREATE TRIGGER audit_personal_guard BEFORE DELETE OR UPDATE ON public.audit_personal FOR EACH ROW EXECUTE FUNCTION audit_personal_guard();
CREATE TRIGGER audit_personal_keep BEFORE TRUNCATE ON public.audit_personal FOR EACH STATEMENT EXECUTE FUNCTION audit_personal_guard();
COMMENT ON TABLE audit_personal IS 'what of an entry may concern a person (name, session, network, the words given); both columns null once erased';

CREATE TABLE bank_lines (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    account_id bigint NOT NULL,
    statement_id bigint NOT NULL,
    serial text NOT NULL,
    booked_on date NOT NULL,
    amount bigint NOT NULL,
    currency text NOT NULL,
    party text NOT NULL,
    party_account text NOT NULL DEFAULT ''::text,
    remark text NOT NULL DEFAULT ''::text,
    state text NOT NULL,
    state_at timestamp with time zone NOT NULL,
    verdict text NOT NULL DEFAULT ''::text,
    candidates text[] NOT NULL DEFAULT '{}'::text[],
    reason text NOT NULL DEFAULT ''::text,
    made_by bigint,
    proposed_by bigint,
    confirmed_by bigint,
    revision integer NOT NULL DEFAULT 1,
    CONSTRAINT bank_lines_amount_check CHECK ((amount <> 0)),
    CONSTRAINT bank_lines_check CHECK ((confirmed_by <> proposed_by)),
    CONSTRAINT bank_lines_check1 CHECK (((state <> 'proposed'::text) OR (proposed_by IS NOT NULL))),
    CONSTRAINT bank_lines_check2 CHECK (((verdict = ''::text) = (state = ANY (ARRAY['typed'::text, 'refused'::text, 'new'::text])))),
    CONSTRAINT bank_lines_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT bank_lines_reason_check CHECK ((length(reason) <= 1000)),
    CONSTRAINT bank_lines_serial_check CHECK (((serial <> ''::text) AND (length(serial) <= 64))),
    CONSTRAINT bank_lines_state_check CHECK ((state = ANY (ARRAY['typed'::text, 'refused'::text, 'new'::text, 'waiting'::text, 'proposed'::text, 'done'::text]))),
    CONSTRAINT bank_lines_account_id_fkey FOREIGN KEY (account_id) REFERENCES collection_accounts(id),
    CONSTRAINT bank_lines_confirmed_by_fkey FOREIGN KEY (confirmed_by) REFERENCES users(id),
    CONSTRAINT bank_lines_made_by_fkey FOREIGN KEY (made_by) REFERENCES users(id),
    CONSTRAINT bank_lines_proposed_by_fkey FOREIGN KEY (proposed_by) REFERENCES users(id),
    CONSTRAINT bank_lines_statement_id_fkey FOREIGN KEY (statement_id) REFERENCES bank_statements(id),
    CONSTRAINT bank_lines_pkey PRIMARY KEY (id)
);
CREATE INDEX bank_lines_new ON public.bank_lines USING btree (id) WHERE (state = 'new'::text);
CREATE INDEX bank_lines_queue ON public.bank_lines USING btree (account_id, id) WHERE (state = ANY (ARRAY['typed'::text, 'waiting'::text, 'proposed'::text]));
CREATE UNIQUE INDEX bank_lines_serial ON public.bank_lines USING btree (account_id, serial) WHERE (state <> 'refused'::text);
CREATE INDEX bank_lines_statement ON public.bank_lines USING btree (statement_id, id);
CREATE TRIGGER bank_lines_kept BEFORE DELETE ON public.bank_lines FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER bank_lines_moves BEFORE UPDATE ON public.bank_lines FOR EACH ROW EXECUTE FUNCTION bank_line_moves();
CREATE CONSTRAINT TRIGGER bank_lines_sum AFTER INSERT OR UPDATE ON public.bank_lines DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION bank_line_whole();
CREATE TRIGGER bank_lines_whole BEFORE TRUNCATE ON public.bank_lines FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE bank_lines IS 'each line of an account once, whatever statements have it; above zero it came, below it went';
COMMENT ON COLUMN bank_lines.state IS 'typed: entered by hand, and another person has to confirm that the bank says so; new: not looked at; waiting: two people say what it is for; proposed: one has';
COMMENT ON COLUMN bank_lines.verdict IS 'what the line was found to be when it was looked at';
COMMENT ON COLUMN bank_lines.made_by IS 'who typed it in; none: it was read from a file';

CREATE TABLE bank_statements (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    number text NOT NULL,
    account_id bigint NOT NULL,
    source text NOT NULL,
    name text NOT NULL,
    sha256 bytea NOT NULL,
    lines integer NOT NULL,
    fresh integer NOT NULL,
    made_by bigint NOT NULL,
    made_at timestamp with time zone NOT NULL,
    sent text,
    CONSTRAINT bank_statements_check CHECK (((fresh >= 0) AND (fresh <= lines))),
    CONSTRAINT bank_statements_lines_check CHECK ((lines > 0)),
    CONSTRAINT bank_statements_name_check CHECK ((length(name) <= 255)),
    CONSTRAINT bank_statements_number_check CHECK ((number ~ '^LS-\d{4}-\d{6}$'::text)),
    CONSTRAINT bank_statements_sha256_check CHECK ((octet_length(sha256) = 32)),
    CONSTRAINT bank_statements_source_check CHECK ((source = ANY (ARRAY['csv'::text, 'xlsx'::text, 'typed'::text]))),
    CONSTRAINT bank_statements_account_id_fkey FOREIGN KEY (account_id) REFERENCES collection_accounts(id),
    CONSTRAINT bank_statements_made_by_fkey FOREIGN KEY (made_by) REFERENCES users(id),
    CONSTRAINT bank_statements_pkey PRIMARY KEY (id),
    CONSTRAINT bank_statements_number_key UNIQUE (number),
    CONSTRAINT bank_statements_sent_key UNIQUE (sent)
);
CREATE INDEX bank_statements_account ON public.bank_statements USING btree (account_id, id);
CREATE TRIGGER bank_statements_frozen BEFORE UPDATE ON public.bank_statements FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER bank_statements_kept BEFORE DELETE ON public.bank_statements FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER bank_statements_whole BEFORE TRUNCATE ON public.bank_statements FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON COLUMN bank_statements.fresh IS 'lines that were not there from another statement: files may overlap';

CREATE TABLE blobs (
    sha256 text NOT NULL,
    bytes bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT blobs_bytes_check CHECK ((bytes >= 0)),
    CONSTRAINT blobs_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT blobs_pkey PRIMARY KEY (sha256)
);
CREATE TRIGGER blobs_frozen BEFORE UPDATE ON public.blobs FOR EACH ROW EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE blobs IS 'every object that must be in the store; written after the object itself is durable there';

CREATE TABLE breaches (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    number text NOT NULL,
    grant_id bigint,
    share_grant_id bigint,
    dataset_id bigint NOT NULL,
    department_id bigint NOT NULL,
    holder_user_id bigint,
    holder_organisation_id bigint,
    holder_department_id bigint,
    holder_name text NOT NULL,
    profile text NOT NULL,
    rule_profile text NOT NULL DEFAULT ''::text,
    rule_path text NOT NULL DEFAULT ''::text,
    violations text[] NOT NULL DEFAULT '{}'::text[],
    facts text NOT NULL,
    evidence text NOT NULL DEFAULT ''::text,
    decider text NOT NULL,
    state text NOT NULL,
    outcome text NOT NULL DEFAULT ''::text,
    holds boolean NOT NULL DEFAULT false,
    suspended boolean NOT NULL DEFAULT false,
    reported_by bigint,
    reported_name text NOT NULL DEFAULT ''::text,
    reported_at timestamp with time zone,
    opened_by bigint,
    opened_name text NOT NULL DEFAULT ''::text,
    opened_at timestamp with time zone,
    answer text NOT NULL DEFAULT ''::text,
    answered_at timestamp with time zone,
    reason text NOT NULL DEFAULT ''::text,
    basis text NOT NULL DEFAULT ''::text,
    decided_by bigint,
    decided_name text NOT NULL DEFAULT ''::text,
    decided_at timestamp with time zone,
    grounds text NOT NULL DEFAULT ''::text,
    disputed_at timestamp with time zone,
    verdict text NOT NULL DEFAULT ''::text,
    verdict_by bigint,
    verdict_name text NOT NULL DEFAULT ''::text,
    verdict_at timestamp with time zone,
    ended_at timestamp with time zone,
    clock_profile text NOT NULL DEFAULT ''::text,
    clock_path text NOT NULL DEFAULT ''::text,
    clock_from timestamp with time zone,
    revision integer NOT NULL DEFAULT 1,
    sent text,
    CONSTRAINT breaches_check CHECK (((grant_id IS NULL) <> (share_grant_id IS NULL))),
    CONSTRAINT breaches_check1 CHECK (((share_grant_id IS NULL) = (holder_department_id IS NULL))),
    CONSTRAINT breaches_check10 CHECK (((NOT holds) OR (state = ANY (ARRAY['hearing'::text, 'answered'::text, 'held'::text, 'revoking'::text, 'disputed'::text, 'upheld'::text])))),
    CONSTRAINT breaches_check2 CHECK (((opened_at IS NULL) = (state = ANY (ARRAY['suspected'::text, 'dismissed'::text])))),
    CONSTRAINT breaches_check3 CHECK (((opened_at IS NULL) OR (cardinality(violations) > 0))),
    CONSTRAINT breaches_check4 CHECK (((decided_at IS NULL) = (outcome = ''::text))),
    CONSTRAINT breaches_check5 CHECK (((decided_at IS NULL) OR (reason <> ''::text))),
    CONSTRAINT breaches_check6 CHECK (((outcome <> 'revocation'::text) OR (basis <> ''::text))),
    CONSTRAINT breaches_check7 CHECK (((disputed_at IS NULL) = (grounds = ''::text))),
    CONSTRAINT breaches_check8 CHECK (((verdict_at IS NULL) = (verdict = ''::text))),
    CONSTRAINT breaches_check9 CHECK (((NOT suspended) OR holds)),
    CONSTRAINT breaches_decider_check CHECK ((decider = ANY (ARRAY['department'::text, 'authority'::text, 'regulator'::text]))),
    CONSTRAINT breaches_facts_check CHECK ((facts <> ''::text)),
    CONSTRAINT breaches_holder_name_check CHECK ((holder_name <> ''::text)),
    CONSTRAINT breaches_number_check CHECK ((number ~ '^WY-\d{4}-\d{6}$'::text)),
    CONSTRAINT breaches_outcome_check CHECK ((outcome = ANY (ARRAY[''::text, 'none'::text, 'warning'::text, 'suspension'::text, 'revocation'::text]))),
    CONSTRAINT breaches_sent_check CHECK ((sent ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT breaches_state_check CHECK ((state = ANY (ARRAY['suspected'::text, 'dismissed'::text, 'hearing'::text, 'answered'::text, 'cleared'::text, 'warned'::text, 'held'::text, 'revoking'::text, 'disputed'::text, 'upheld'::text, 'overturned'::text, 'mended'::text, 'revoked'::text]))),
    CONSTRAINT breaches_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES datasets(id),
    CONSTRAINT breaches_department_id_fkey FOREIGN KEY (department_id) REFERENCES departments(id),
    CONSTRAINT breaches_grant_id_fkey FOREIGN KEY (grant_id) REFERENCES grants(id),
    CONSTRAINT breaches_holder_department_id_fkey FOREIGN KEY (holder_department_id) REFERENCES departments(id),
    CONSTRAINT breaches_holder_organisation_id_fkey FOREIGN KEY (holder_organisation_id) REFERENCES organisations(id),
    CONSTRAINT breaches_holder_user_id_fkey FOREIGN KEY (holder_user_id) REFERENCES users(id),
    CONSTRAINT breaches_share_grant_id_fkey FOREIGN KEY (share_grant_id) REFERENCES share_grants(id),
    CONSTRAINT breaches_pkey PRIMARY KEY (id),
    CONSTRAINT breaches_number_key UNIQUE (number),
    CONSTRAINT breaches_sent_key UNIQUE (sent)
);
CREATE INDEX breaches_department ON public.breaches USING btree (department_id, id DESC);
CREATE INDEX breaches_grant ON public.breaches USING btree (grant_id);
CREATE INDEX breaches_holder_department ON public.breaches USING btree (holder_department_id, id DESC) WHERE (holder_department_id IS NOT NULL);
CREATE INDEX breaches_organisation ON public.breaches USING btree (holder_organisation_id) WHERE (holder_organisation_id IS NOT NULL);
CREATE INDEX breaches_profile ON public.breaches USING btree (profile, id DESC);
CREATE INDEX breaches_share_grant ON public.breaches USING btree (share_grant_id);
CREATE INDEX breaches_user ON public.breaches USING btree (holder_user_id) WHERE (holder_user_id IS NOT NULL);
COMMENT ON TABLE breaches IS 'what is held against a holder of a grant; known to the holder, the department of the data, the authority and the regulator';
COMMENT ON COLUMN breaches.rule_path IS 'the rule that names the violations: of the text in force when the case was opened, or of the platform';
COMMENT ON COLUMN breaches.decider IS 'on which side it is decided; of a regulator, the authority where it was referred to it';
COMMENT ON COLUMN breaches.holds IS 'the grant stays suspended while this is so';
COMMENT ON COLUMN breaches.suspended IS 'it was this case that suspended the grant';
COMMENT ON COLUMN breaches.sent IS 'as of rectification_orders';

CREATE TABLE calendar_days (
    day date NOT NULL,
    year integer NOT NULL,
    festival text NOT NULL,
    kind text NOT NULL,
    statutory integer NOT NULL,
    CONSTRAINT calendar_days_check CHECK (((kind <> '调休上班'::text) OR (EXTRACT(isodow FROM day) = ANY (ARRAY[(6)::numeric, (7)::numeric])))),
    CONSTRAINT calendar_days_check1 CHECK (((EXTRACT(year FROM day) = (year)::numeric) OR ((EXTRACT(year FROM day) = ((year - 1))::numeric) AND (EXTRACT(month FROM day) = (12)::numeric)))),
    CONSTRAINT calendar_days_festival_check CHECK ((festival <> ''::text)),
    CONSTRAINT calendar_days_kind_check CHECK ((kind = ANY (ARRAY['放假'::text, '放假（调休）'::text, '调休上班'::text]))),
    CONSTRAINT calendar_days_statutory_check CHECK (((statutory >= 0) AND (statutory <= 10))),
    CONSTRAINT calendar_days_year_fkey FOREIGN KEY (year) REFERENCES calendar_years(year) ON DELETE CASCADE,
    CONSTRAINT calendar_days_pkey PRIMARY KEY (day)
);
CREATE INDEX calendar_days_year ON public.calendar_days USING btree (year);
COMMENT ON COLUMN calendar_days.kind IS 'a day worked to make up for another can only be a Saturday or a Sunday';

CREATE TABLE calendar_years (
    year integer NOT NULL,
    notice text NOT NULL,
    revision bigint NOT NULL,
    put_at timestamp with time zone NOT NULL,
    put_by text NOT NULL,
    CONSTRAINT calendar_years_notice_check CHECK ((notice <> ''::text)),
    CONSTRAINT calendar_years_year_check CHECK (((year >= 2004) AND (year <= 2100))),
    CONSTRAINT calendar_years_pkey PRIMARY KEY (year)
);
COMMENT ON TABLE calendar_years IS 'years whose days are taken from here and no longer from the file of the program';
COMMENT ON COLUMN calendar_years.notice IS 'the notice of the State Council, as 国办发明电〔2025〕7 号';
COMMENT ON COLUMN calendar_years.revision IS 'grows with every change of any year: who holds an older one reads anew';

CREATE TABLE case_numbers (
    kind text NOT NULL,
    year integer NOT NULL,
    last integer NOT NULL,
    CONSTRAINT case_numbers_last_check CHECK ((last > 0)),
    CONSTRAINT case_numbers_pkey PRIMARY KEY (kind, year)
);
COMMENT ON TABLE case_numbers IS 'the last number given in a year to an application (SQ) or a grant (SQZ)';

CREATE TABLE case_papers (
    id text NOT NULL,
    kind text NOT NULL,
    case_id bigint NOT NULL,
    slot text NOT NULL DEFAULT ''::text,
    name text NOT NULL,
    media text NOT NULL,
    bytes bigint NOT NULL,
    sha256 text NOT NULL,
    object text NOT NULL,
    organisation_id bigint,
    department_id bigint,
    uploaded_by bigint NOT NULL,
    uploaded_name text NOT NULL,
    uploaded_at timestamp with time zone NOT NULL,
    frozen_at timestamp with time zone,
    "position" integer NOT NULL DEFAULT 0,
    CONSTRAINT case_papers_bytes_check CHECK ((bytes > 0)),
    CONSTRAINT case_papers_check CHECK ((frozen_at >= uploaded_at)),
    CONSTRAINT case_papers_check1 CHECK (((organisation_id IS NULL) OR (department_id IS NULL))),
    CONSTRAINT case_papers_id_check CHECK ((id ~ '^[0-9a-f]{32}$'::text)),
    CONSTRAINT case_papers_kind_check CHECK ((kind ~ '^[a-z_]{1,30}$'::text)),
    CONSTRAINT case_papers_media_check CHECK ((media = ANY (ARRAY['application/pdf'::text, 'application/ofd'::text, 'image/jpeg'::text, 'image/png'::text, 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'::text, 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'::text, 'application/vnd.openxmlformats-officedocument.presentationml.presentation'::text]))),
    CONSTRAINT case_papers_name_check CHECK (((name <> ''::text) AND (length(name) <= 100) AND (name !~ '[[:cntrl:]/\\]'::text))),
    CONSTRAINT case_papers_position_check CHECK (("position" >= 0)),
    CONSTRAINT case_papers_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT case_papers_slot_check CHECK ((length(slot) <= 500)),
    CONSTRAINT case_papers_department_id_fkey FOREIGN KEY (department_id) REFERENCES departments(id),
    CONSTRAINT case_papers_object_fkey FOREIGN KEY (object) REFERENCES blobs(sha256),
    CONSTRAINT case_papers_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES organisations(id),
    CONSTRAINT case_papers_uploaded_by_fkey FOREIGN KEY (uploaded_by) REFERENCES users(id),
    CONSTRAINT case_papers_pkey PRIMARY KEY (id),
    CONSTRAINT case_papers_object_key UNIQUE (object)
);
CREATE INDEX case_papers_case ON public.case_papers USING btree (kind, case_id, uploaded_at);
CREATE INDEX case_papers_department ON public.case_papers USING btree (department_id) WHERE (department_id IS NOT NULL);
CREATE INDEX case_papers_organisation ON public.case_papers USING btree (organisation_id) WHERE (organisation_id IS NOT NULL);
CREATE INDEX case_papers_user ON public.case_papers USING btree (uploaded_by, uploaded_at);
CREATE TRIGGER case_papers_frozen BEFORE DELETE OR UPDATE ON public.case_papers FOR EACH ROW WHEN ((old.frozen_at IS NOT NULL)) EXECUTE FUNCTION case_paper_frozen();
CREATE TRIGGER case_papers_object AFTER DELETE ON public.case_papers FOR EACH ROW EXECUTE FUNCTION case_paper_object();
COMMENT ON TABLE case_papers IS 'files handed in with cases: read by whom the case lets, each reading in the audit trail; frozen once they are handed in';
COMMENT ON COLUMN case_papers.kind IS 'of the case; case_id is of the table of that kind (licensing/papers)';
COMMENT ON COLUMN case_papers.slot IS 'the material it is for, in the words in which it was asked for; empty: for none of them';
COMMENT ON COLUMN case_papers.sha256 IS 'of the file as it was handed in';
COMMENT ON COLUMN case_papers.object IS 'SHA-256 of the object as it lies in the store, where it is locked with the key of the installation; no two files share one';
COMMENT ON COLUMN case_papers.organisation_id IS 'whose file it is: this organisation''s, this department''s, or of whoever uploaded it';
COMMENT ON COLUMN case_papers.frozen_at IS 'since it was handed in; before that it is of a draft, and goes with it';
COMMENT ON COLUMN case_papers."position" IS 'order among the files of one case that came within one moment; 0 where it was not counted yet';

CREATE TABLE catalogue_autosaves (
    dataset_id bigint NOT NULL,
    user_id bigint NOT NULL,
    user_name text NOT NULL,
    revision bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    content jsonb NOT NULL,
    CONSTRAINT catalogue_autosaves_content_check CHECK ((jsonb_typeof(content) = 'object'::text)),
    CONSTRAINT catalogue_autosaves_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES datasets(id),
    CONSTRAINT catalogue_autosaves_pkey PRIMARY KEY (dataset_id, user_id)
);
COMMENT ON TABLE catalogue_autosaves IS 'what somebody is typing, until it is saved';

CREATE TABLE catalogue_change_entries (
    change_id bigint NOT NULL,
    dataset_id bigint NOT NULL,
    before jsonb NOT NULL,
    after jsonb,
    applied_at timestamp with time zone,
    held boolean NOT NULL DEFAULT false,
    opened_at timestamp with time zone,
    CONSTRAINT catalogue_change_entries_after_check CHECK ((jsonb_typeof(after) = 'object'::text)),
    CONSTRAINT catalogue_change_entries_before_check CHECK ((jsonb_typeof(before) = 'object'::text)),
    CONSTRAINT catalogue_change_entries_change_id_fkey FOREIGN KEY (change_id) REFERENCES catalogue_changes(id),
    CONSTRAINT catalogue_change_entries_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES datasets(id),
    CONSTRAINT catalogue_change_entries_pkey PRIMARY KEY (change_id, dataset_id)
);
COMMENT ON COLUMN catalogue_change_entries.after IS 'what the entry is to say, by the keys of the form; null until it is written';
COMMENT ON COLUMN catalogue_change_entries.held IS 'the change opens further: all else took effect, and the opening waits for its review';
COMMENT ON COLUMN catalogue_change_entries.opened_at IS 'when the opening took effect';

CREATE TABLE catalogue_changes (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    department_id bigint NOT NULL,
    trigger text NOT NULL,
    event_date date NOT NULL,
    evidence text NOT NULL,
    state text NOT NULL DEFAULT 'event_recorded'::text,
    clock_profile text NOT NULL,
    clock_path text NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    recorded_by bigint NOT NULL,
    updated_at timestamp with time zone,
    reported_at timestamp with time zone,
    reported_by bigint,
    decided_at timestamp with time zone,
    decided_by text NOT NULL DEFAULT ''::text,
    reason text NOT NULL DEFAULT ''::text,
    sample boolean NOT NULL DEFAULT false,
    revision bigint NOT NULL DEFAULT 1,
    CONSTRAINT catalogue_changes_evidence_check CHECK ((evidence <> ''::text)),
    CONSTRAINT catalogue_changes_reason_check CHECK (((state <> ALL (ARRAY['returned'::text, 'duplicate'::text, 'cancelled'::text])) OR (reason <> ''::text))),
    CONSTRAINT catalogue_changes_reported_check CHECK (((state = ANY (ARRAY['event_recorded'::text, 'updated'::text, 'cancelled'::text])) OR (reported_at IS NOT NULL))),
    CONSTRAINT catalogue_changes_state_check CHECK ((state = ANY (ARRAY['event_recorded'::text, 'updated'::text, 'reported'::text, 'approved'::text, 'returned'::text, 'duplicate'::text, 'cancelled'::text]))),
    CONSTRAINT catalogue_changes_trigger_check CHECK ((trigger <> ''::text)),
    CONSTRAINT catalogue_changes_updated_check CHECK (((state = ANY (ARRAY['event_recorded'::text, 'cancelled'::text])) OR (updated_at IS NOT NULL))),
    CONSTRAINT catalogue_changes_department_id_fkey FOREIGN KEY (department_id) REFERENCES departments(id),
    CONSTRAINT catalogue_changes_pkey PRIMARY KEY (id)
);
CREATE INDEX catalogue_changes_department ON public.catalogue_changes USING btree (department_id);
COMMENT ON COLUMN catalogue_changes.event_date IS '情形发生之日: the clock runs from it, and not from when it was recorded';
COMMENT ON COLUMN catalogue_changes.clock_profile IS 'profile and rule of the clock of the update; whether it is late is never stored';

CREATE TABLE catalogue_entries (
    dataset_id bigint NOT NULL,
    state text NOT NULL,
    submitted_at timestamp with time zone,
    submitted_by bigint,
    clock_profile text NOT NULL DEFAULT ''::text,
    clock_path text NOT NULL DEFAULT ''::text,
    decided_at timestamp with time zone,
    decided_by text NOT NULL DEFAULT ''::text,
    reason text NOT NULL DEFAULT ''::text,
    imported boolean NOT NULL DEFAULT false,
    CONSTRAINT catalogue_entries_check CHECK (((state <> ALL (ARRAY['submitted'::text, 'awaiting_head'::text])) OR (submitted_at IS NOT NULL))),
    CONSTRAINT catalogue_entries_check1 CHECK (((state <> 'returned'::text) OR (reason <> ''::text))),
    CONSTRAINT catalogue_entries_check2 CHECK (((state <> ALL (ARRAY['confirmed'::text, 'returned'::text])) OR (decided_at IS NOT NULL))),
    CONSTRAINT catalogue_entries_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'awaiting_head'::text, 'submitted'::text, 'confirmed'::text, 'returned'::text]))),
    CONSTRAINT catalogue_entries_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES datasets(id),
    CONSTRAINT catalogue_entries_pkey PRIMARY KEY (dataset_id)
);
COMMENT ON TABLE catalogue_entries IS 'where an entry stands between its department and the authority; an entry without a row is a draft';
COMMENT ON COLUMN catalogue_entries.clock_profile IS 'profile and rule of the clock that began when it was submitted';
COMMENT ON COLUMN catalogue_entries.imported IS 'it came with an import, as it was confirmed elsewhere: nobody here confirmed it';

CREATE TABLE catalogue_import_rows (
    import_id bigint NOT NULL,
    "position" integer NOT NULL,
    line integer NOT NULL,
    dataset_id bigint,
    slug text NOT NULL,
    title text NOT NULL,
    before jsonb,
    after jsonb NOT NULL,
    revision bigint NOT NULL,
    outcome text NOT NULL DEFAULT ''::text,
    CONSTRAINT catalogue_import_rows_after_check CHECK ((jsonb_typeof(after) = 'object'::text)),
    CONSTRAINT catalogue_import_rows_before_check CHECK ((jsonb_typeof(before) = 'object'::text)),
    CONSTRAINT catalogue_import_rows_line_check CHECK ((line >= 1)),
    CONSTRAINT catalogue_import_rows_outcome_check CHECK ((outcome = ANY (ARRAY[''::text, 'undone'::text, 'changed'::text, 'sent'::text, 'public'::text, 'used'::text, 'gone'::text]))),
    CONSTRAINT catalogue_import_rows_position_check CHECK (("position" >= 0)),
    CONSTRAINT catalogue_import_rows_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES datasets(id) ON DELETE SET NULL,
    CONSTRAINT catalogue_import_rows_import_id_fkey FOREIGN KEY (import_id) REFERENCES catalogue_imports(id),
    CONSTRAINT catalogue_import_rows_pkey PRIMARY KEY (import_id, "position")
);
CREATE INDEX catalogue_import_rows_dataset ON public.catalogue_import_rows USING btree (dataset_id);
COMMENT ON COLUMN catalogue_import_rows.before IS 'what the entry said before, by the keys of the form; null: the row made it';
COMMENT ON COLUMN catalogue_import_rows.revision IS 'of the entry as the row left it: a row is undone only while the entry stands so';
COMMENT ON COLUMN catalogue_import_rows.outcome IS 'what became of the row when the import was undone; otherwise why it stayed';

CREATE TABLE catalogue_imports (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    department_id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    by_id bigint NOT NULL,
    by_name text NOT NULL,
    files jsonb NOT NULL,
    unchanged integer NOT NULL,
    refused integer NOT NULL,
    sample boolean NOT NULL DEFAULT false,
    undone_at timestamp with time zone,
    undone_by_id bigint,
    undone_by text NOT NULL DEFAULT ''::text,
    CONSTRAINT catalogue_imports_check CHECK (((undone_at IS NULL) = (undone_by_id IS NULL))),
    CONSTRAINT catalogue_imports_files_check CHECK (((jsonb_typeof(files) = 'array'::text) AND (jsonb_array_length(files) > 0))),
    CONSTRAINT catalogue_imports_refused_check CHECK ((refused >= 0)),
    CONSTRAINT catalogue_imports_unchanged_check CHECK ((unchanged >= 0)),
    CONSTRAINT catalogue_imports_department_id_fkey FOREIGN KEY (department_id) REFERENCES departments(id),
    CONSTRAINT catalogue_imports_pkey PRIMARY KEY (id)
);
CREATE INDEX catalogue_imports_department ON public.catalogue_imports USING btree (department_id, id DESC);
COMMENT ON COLUMN catalogue_imports.files IS '[{name, sha256, bytes}]: the files themselves are not kept';
COMMENT ON COLUMN catalogue_imports.refused IS 'rows that were left out on purpose; nothing of them is kept';

CREATE TABLE catalogue_revisions (
    dataset_id bigint NOT NULL,
    number integer NOT NULL,
    at timestamp with time zone NOT NULL,
    by_id bigint NOT NULL,
    by_name text NOT NULL,
    act text NOT NULL,
    content jsonb NOT NULL,
    CONSTRAINT catalogue_revisions_content_check CHECK ((jsonb_typeof(content) = 'object'::text)),
    CONSTRAINT catalogue_revisions_number_check CHECK ((number >= 1)),
    CONSTRAINT catalogue_revisions_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES datasets(id),
    CONSTRAINT catalogue_revisions_pkey PRIMARY KEY (dataset_id, number)
);
COMMENT ON TABLE catalogue_revisions IS 'every saved state of an entry, whole, by the keys of the form';

CREATE TABLE catalogue_templates (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    department_id bigint NOT NULL,
    name text NOT NULL,
    content jsonb NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT catalogue_templates_content_check CHECK ((jsonb_typeof(content) = 'object'::text)),
    CONSTRAINT catalogue_templates_name_check CHECK ((name <> ''::text)),
    CONSTRAINT catalogue_templates_department_id_fkey FOREIGN KEY (department_id) REFERENCES departments(id),
    CONSTRAINT catalogue_templates_pkey PRIMARY KEY (id),
    CONSTRAINT catalogue_templates_department_id_name_key UNIQUE (department_id, name)
);

CREATE TABLE change_files (
    to_id bigint NOT NULL,
    from_id bigint NOT NULL,
    "position" integer NOT NULL,
    sha256 text NOT NULL,
    columns jsonb NOT NULL,
    CONSTRAINT change_files_columns_check CHECK ((jsonb_typeof(columns) = 'array'::text)),
    CONSTRAINT change_files_sha256_fkey FOREIGN KEY (sha256) REFERENCES blobs(sha256),
    CONSTRAINT change_files_to_id_from_id_fkey FOREIGN KEY (to_id, from_id) REFERENCES version_changes(to_id, from_id) ON DELETE CASCADE,
    CONSTRAINT change_files_pkey PRIMARY KEY (to_id, from_id, "position")
);
COMMENT ON TABLE change_files IS 'the first differing rows of a pair of tables as a Parquet file; served only to who may have both versions';
COMMENT ON COLUMN change_files."position" IS 'of the table in the newer version';

CREATE TABLE changes (
    seq bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    dataset_id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT changes_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES datasets(id),
    CONSTRAINT changes_pkey PRIMARY KEY (seq)
);
COMMENT ON TABLE changes IS 'what each replica''s search index and page cache follow, in commit order: a writer holds advisory lock 7301 from its insert to its commit';

CREATE TABLE clock (
    single boolean NOT NULL DEFAULT true,
    high timestamp with time zone NOT NULL,
    CONSTRAINT clock_single_check CHECK (single),
    CONSTRAINT clock_pkey PRIMARY KEY (single)
);
COMMENT ON TABLE clock IS 'one row; a clock that ran wild into the future is put right by an administrator who lowers it by hand';

CREATE TABLE collection_accounts (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    number text NOT NULL,
    organisation_id bigint NOT NULL,
    bank text NOT NULL,
    account text NOT NULL,
    holder text NOT NULL,
    currency text NOT NULL,
    state text NOT NULL,
    state_at timestamp with time zone NOT NULL,
    reason text NOT NULL DEFAULT ''::text,
    made_by bigint NOT NULL,
    made_at timestamp with time zone NOT NULL,
    confirmed_by bigint,
    sent text,
    CONSTRAINT collection_accounts_account_check CHECK ((account ~ '^[0-9A-Z]{6,34}$'::text)),
    CONSTRAINT collection_accounts_bank_check CHECK (((bank <> ''::text) AND (length(bank) <= 100))),
    CONSTRAINT collection_accounts_check CHECK ((confirmed_by <> made_by)),
    CONSTRAINT collection_accounts_check1 CHECK (((state <> ALL (ARRAY['open'::text, 'closed'::text])) OR (confirmed_by IS NOT NULL))),
    CONSTRAINT collection_accounts_check2 CHECK (((state <> ALL (ARRAY['refused'::text, 'closed'::text])) OR (reason <> ''::text))),
    CONSTRAINT collection_accounts_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT collection_accounts_holder_check CHECK (((holder <> ''::text) AND (length(holder) <= 200))),
    CONSTRAINT collection_accounts_number_check CHECK ((number ~ '^SK-\d{4}-\d{6}$'::text)),
    CONSTRAINT collection_accounts_reason_check CHECK ((length(reason) <= 1000)),
    CONSTRAINT collection_accounts_state_check CHECK ((state = ANY (ARRAY['proposed'::text, 'open'::text, 'refused'::text, 'closed'::text]))),
    CONSTRAINT collection_accounts_confirmed_by_fkey FOREIGN KEY (confirmed_by) REFERENCES users(id),
    CONSTRAINT collection_accounts_made_by_fkey FOREIGN KEY (made_by) REFERENCES users(id),
    CONSTRAINT collection_accounts_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES organisations(id),
    CONSTRAINT collection_accounts_pkey PRIMARY KEY (id),
    CONSTRAINT collection_accounts_number_key UNIQUE (number),
    CONSTRAINT collection_accounts_sent_key UNIQUE (sent)
);
CREATE UNIQUE INDEX collection_accounts_account ON public.collection_accounts USING btree (account) WHERE (state = ANY (ARRAY['proposed'::text, 'open'::text]));
CREATE UNIQUE INDEX collection_accounts_open ON public.collection_accounts USING btree (organisation_id, currency) WHERE (state = 'open'::text);
CREATE TRIGGER collection_accounts_kept BEFORE DELETE ON public.collection_accounts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER collection_accounts_whole BEFORE TRUNCATE ON public.collection_accounts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE collection_accounts IS 'accounts of operators: the platform has none and holds no money. One person of the operator proposes, another confirms';

CREATE TABLE column_overrides (
    resource_id text NOT NULL,
    "position" integer NOT NULL,
    name text NOT NULL,
    type text NOT NULL DEFAULT ''::text,
    label text NOT NULL DEFAULT ''::text,
    unit text NOT NULL DEFAULT ''::text,
    by_name text NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT column_overrides_check CHECK (((type <> ''::text) OR (label <> ''::text) OR (unit <> ''::text))),
    CONSTRAINT column_overrides_position_check CHECK (("position" >= 0)),
    CONSTRAINT column_overrides_type_check CHECK ((type = ANY (ARRAY[''::text, 'text'::text, 'integer'::text, 'decimal'::text, 'date'::text, 'yearmonth'::text, 'datetime'::text, 'boolean'::text, 'point'::text, 'geometry'::text, 'array'::text, 'object'::text]))),
    CONSTRAINT column_overrides_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES resources(id),
    CONSTRAINT column_overrides_pkey PRIMARY KEY (resource_id, "position", name)
);
COMMENT ON TABLE column_overrides IS 'what an officer said of a column against what its values propose: it holds for every version to come';
COMMENT ON COLUMN column_overrides."position" IS 'of the table in the file, from 0';

CREATE TABLE contracts (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    number text NOT NULL,
    order_id bigint NOT NULL,
    template text NOT NULL,
    terms jsonb NOT NULL,
    body text NOT NULL,
    sha256 text NOT NULL,
    from_at timestamp with time zone NOT NULL,
    until_at timestamp with time zone NOT NULL,
    buyer_by bigint,
    buyer_name text NOT NULL DEFAULT ''::text,
    buyer_at timestamp with time zone,
    buyer_method text NOT NULL DEFAULT ''::text,
    seller_by bigint,
    seller_name text NOT NULL DEFAULT ''::text,
    seller_at timestamp with time zone,
    seller_method text NOT NULL DEFAULT ''::text,
    state text NOT NULL,
    state_at timestamp with time zone NOT NULL,
    void_at timestamp with time zone,
    made_at timestamp with time zone NOT NULL,
    CONSTRAINT contracts_body_check CHECK ((body <> ''::text)),
    CONSTRAINT contracts_check CHECK ((sha256 = encode(sha256(convert_to(body, 'UTF8'::name)), 'hex'::text))),
    CONSTRAINT contracts_check1 CHECK ((until_at > from_at)),
    CONSTRAINT contracts_check2 CHECK ((seller_by <> buyer_by)),
    CONSTRAINT contracts_check3 CHECK ((((buyer_by IS NULL) = (buyer_at IS NULL)) AND ((seller_by IS NULL) = (seller_at IS NULL)))),
    CONSTRAINT contracts_check4 CHECK (((state <> ALL (ARRAY['effective'::text, 'ended'::text])) OR ((buyer_at IS NOT NULL) AND (seller_at IS NOT NULL)))),
    CONSTRAINT contracts_check5 CHECK (((state = 'void'::text) = (void_at IS NOT NULL))),
    CONSTRAINT contracts_number_check CHECK ((number ~ '^HT-\d{4}-\d{6}$'::text)),
    CONSTRAINT contracts_state_check CHECK ((state = ANY (ARRAY['offered'::text, 'effective'::text, 'ended'::text, 'void'::text]))),
    CONSTRAINT contracts_template_check CHECK ((template <> ''::text)),
    CONSTRAINT contracts_terms_check CHECK ((jsonb_typeof(terms) = 'object'::text)),
    CONSTRAINT contracts_buyer_by_fkey FOREIGN KEY (buyer_by) REFERENCES users(id),
    CONSTRAINT contracts_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id),
    CONSTRAINT contracts_seller_by_fkey FOREIGN KEY (seller_by) REFERENCES users(id),
    CONSTRAINT contracts_pkey PRIMARY KEY (id),
    CONSTRAINT contracts_number_key UNIQUE (number),
    CONSTRAINT contracts_order_id_key UNIQUE (order_id)
);
CREATE TRIGGER contracts_frozen BEFORE DELETE ON public.contracts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER contracts_moves BEFORE INSERT OR UPDATE ON public.contracts FOR EACH ROW EXECUTE FUNCTION contract_moves();
CREATE TRIGGER contracts_whole BEFORE TRUNCATE ON public.contracts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE contracts IS 'what buyer and seller sign of an order: locked before either does, so that both sign the same SHA-256';
COMMENT ON COLUMN contracts.terms IS 'the same terms for programs: {purposes, areas, seats, resale, derivative, attribution, destroy_on_end, audit_right, acceptance_days}, and no others';

CREATE TABLE correction_events (
    correction_id bigint NOT NULL,
    number integer NOT NULL,
    act text NOT NULL,
    at timestamp with time zone NOT NULL,
    by_name text NOT NULL DEFAULT ''::text,
    words text NOT NULL DEFAULT ''::text,
    CONSTRAINT correction_events_number_check CHECK ((number >= 1)),
    CONSTRAINT correction_events_correction_id_fkey FOREIGN KEY (correction_id) REFERENCES corrections(id),
    CONSTRAINT correction_events_pkey PRIMARY KEY (correction_id, number)
);
COMMENT ON COLUMN correction_events.by_name IS 'empty: whoever filed it, or the platform';

CREATE TABLE correction_reporters (
    correction_id bigint NOT NULL,
    user_id bigint,
    contact text NOT NULL,
    language text NOT NULL,
    CONSTRAINT correction_reporters_contact_check CHECK ((contact <> ''::text)),
    CONSTRAINT correction_reporters_language_check CHECK ((language = ANY (ARRAY['zh'::text, 'en'::text]))),
    CONSTRAINT correction_reporters_correction_id_fkey FOREIGN KEY (correction_id) REFERENCES corrections(id),
    CONSTRAINT correction_reporters_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
    CONSTRAINT correction_reporters_pkey PRIMARY KEY (correction_id)
);
CREATE INDEX correction_reporters_user ON public.correction_reporters USING btree (user_id, correction_id DESC);
COMMENT ON TABLE correction_reporters IS 'personal data: the department alone sees it';

CREATE TABLE corrections (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    dataset_id bigint NOT NULL,
    department_id bigint NOT NULL,
    profile text NOT NULL,
    channel text NOT NULL,
    version_id bigint,
    "position" integer,
    row_number bigint,
    column_name text NOT NULL DEFAULT ''::text,
    alleged text NOT NULL,
    evidence text NOT NULL,
    salt bytea NOT NULL,
    state text NOT NULL,
    filed_at timestamp with time zone NOT NULL,
    received_at timestamp with time zone,
    clock_profile text NOT NULL,
    clock_path text NOT NULL,
    clock_from timestamp with time zone NOT NULL,
    ask_at timestamp with time zone,
    ask_by bigint,
    ask_name text NOT NULL DEFAULT ''::text,
    ask_days integer,
    ask_reason text NOT NULL DEFAULT ''::text,
    more_at timestamp with time zone,
    more_by bigint,
    more_name text NOT NULL DEFAULT ''::text,
    more_path text NOT NULL DEFAULT ''::text,
    more_days integer,
    more_from date,
    case_id bigint,
    outcome text NOT NULL DEFAULT ''::text,
    answer text NOT NULL DEFAULT ''::text,
    answered_at timestamp with time zone,
    answered_by bigint,
    answered_name text NOT NULL DEFAULT ''::text,
    fix_version bigint,
    fix_position integer,
    fix_revision integer,
    fix_entry integer,
    reopened_at timestamp with time zone,
    closed_at timestamp with time zone,
    erased_at timestamp with time zone,
    revision integer NOT NULL DEFAULT 1,
    CONSTRAINT corrections_alleged_check CHECK ((alleged <> ''::text)),
    CONSTRAINT corrections_channel_check CHECK ((channel = ANY (ARRAY['provider'::text, 'platform'::text]))),
    CONSTRAINT corrections_check CHECK ((("position" IS NULL) OR (version_id IS NOT NULL))),
    CONSTRAINT corrections_check1 CHECK ((((row_number IS NULL) AND (column_name = ''::text)) OR ("position" IS NOT NULL))),
    CONSTRAINT corrections_check10 CHECK (((state = ANY (ARRAY['corrected'::text, 'no_error'::text, 'closed'::text])) = (outcome <> ''::text))),
    CONSTRAINT corrections_check11 CHECK (((state <> ALL (ARRAY['corrected'::text, 'no_error'::text])) OR (state = outcome))),
    CONSTRAINT corrections_check12 CHECK (((outcome <> ''::text) = ((answer <> ''::text) AND (answered_by IS NOT NULL) AND (answered_at IS NOT NULL)))),
    CONSTRAINT corrections_check13 CHECK (((outcome = 'corrected'::text) = ((fix_version IS NOT NULL) OR (fix_entry IS NOT NULL)))),
    CONSTRAINT corrections_check14 CHECK ((((fix_position IS NULL) = (fix_revision IS NULL)) AND ((fix_position IS NULL) OR (fix_version IS NOT NULL)) AND ((fix_entry IS NULL) OR (fix_version IS NULL)))),
    CONSTRAINT corrections_check15 CHECK (((closed_at IS NOT NULL) = (state = 'closed'::text))),
    CONSTRAINT corrections_check16 CHECK (((erased_at IS NULL) OR (closed_at IS NOT NULL))),
    CONSTRAINT corrections_check2 CHECK (((received_at IS NULL) = (state = 'submitted'::text))),
    CONSTRAINT corrections_check3 CHECK (((received_at >= filed_at) AND ((channel = 'platform'::text) OR (received_at = filed_at)))),
    CONSTRAINT corrections_check4 CHECK (((channel = 'platform'::text) OR (state <> 'submitted'::text))),
    CONSTRAINT corrections_check5 CHECK ((((ask_at IS NULL) = (ask_by IS NULL)) AND ((ask_at IS NULL) = (ask_days IS NULL)) AND ((ask_at IS NULL) = (ask_reason = ''::text)))),
    CONSTRAINT corrections_check6 CHECK ((((more_at IS NULL) = (more_by IS NULL)) AND ((more_at IS NULL) = (more_days IS NULL)) AND ((more_at IS NULL) = (more_from IS NULL)) AND ((more_at IS NULL) = (more_path = ''::text)))),
    CONSTRAINT corrections_check7 CHECK (((more_at IS NULL) OR ((ask_at IS NOT NULL) AND (more_by <> ask_by) AND (more_days <= ask_days)))),
    CONSTRAINT corrections_check8 CHECK (((state <> 'extended'::text) OR (more_at IS NOT NULL))),
    CONSTRAINT corrections_check9 CHECK (((state <> 'inconsistent'::text) OR (case_id IS NOT NULL))),
    CONSTRAINT corrections_evidence_check CHECK ((evidence <> ''::text)),
    CONSTRAINT corrections_more_days_check CHECK ((more_days >= 1)),
    CONSTRAINT corrections_outcome_check CHECK ((outcome = ANY (ARRAY[''::text, 'corrected'::text, 'no_error'::text]))),
    CONSTRAINT corrections_row_number_check CHECK ((row_number >= 1)),
    CONSTRAINT corrections_salt_check CHECK ((length(salt) = 16)),
    CONSTRAINT corrections_state_check CHECK ((state = ANY (ARRAY['submitted'::text, 'received'::text, 'checking'::text, 'extended'::text, 'inconsistent'::text, 'corrected'::text, 'no_error'::text, 'closed'::text]))),
    CONSTRAINT corrections_case_id_fkey FOREIGN KEY (case_id) REFERENCES source_cases(id),
    CONSTRAINT corrections_dataset_id_fix_entry_fkey FOREIGN KEY (dataset_id, fix_entry) REFERENCES catalogue_revisions(dataset_id, number),
    CONSTRAINT corrections_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES datasets(id),
    CONSTRAINT corrections_department_id_fkey FOREIGN KEY (department_id) REFERENCES departments(id),
    CONSTRAINT corrections_fix_version_fix_position_fix_revision_fkey FOREIGN KEY (fix_version, fix_position, fix_revision) REFERENCES dictionary_revisions(version_id, "position", number),
    CONSTRAINT corrections_fix_version_fkey FOREIGN KEY (fix_version) REFERENCES versions(id),
    CONSTRAINT corrections_version_id_fkey FOREIGN KEY (version_id) REFERENCES versions(id),
    CONSTRAINT corrections_version_id_position_fkey FOREIGN KEY (version_id, "position") REFERENCES version_tables(version_id, "position"),
    CONSTRAINT corrections_pkey PRIMARY KEY (id)
);
CREATE INDEX corrections_answered ON public.corrections USING btree (dataset_id, id DESC) WHERE (outcome <> ''::text);
CREATE INDEX corrections_asked ON public.corrections USING btree (department_id, clock_from, id) WHERE ((state = 'checking'::text) AND (ask_at IS NOT NULL) AND (more_at IS NULL));
CREATE INDEX corrections_case ON public.corrections USING btree (case_id) WHERE (case_id IS NOT NULL);
CREATE INDEX corrections_closed ON public.corrections USING btree (closed_at, id) WHERE ((state = 'closed'::text) AND (erased_at IS NULL));
CREATE INDEX corrections_department ON public.corrections USING btree (department_id, id DESC);
CREATE INDEX corrections_desk ON public.corrections USING btree (department_id, clock_from, id) WHERE (state = ANY (ARRAY['received'::text, 'checking'::text, 'extended'::text, 'inconsistent'::text]));
CREATE INDEX corrections_ending ON public.corrections USING btree (answered_at, id) WHERE (state = ANY (ARRAY['corrected'::text, 'no_error'::text]));
CREATE UNIQUE INDEX corrections_once ON public.corrections USING btree (dataset_id, COALESCE(version_id, (0)::bigint), COALESCE("position", '-1'::integer), COALESCE(row_number, (0)::bigint), column_name, md5(alleged)) WHERE (outcome = ''::text);
CREATE INDEX corrections_open ON public.corrections USING btree (dataset_id, id) WHERE (outcome = ''::text);
CREATE INDEX corrections_profile ON public.corrections USING btree (profile, id DESC);
CREATE INDEX corrections_submitted ON public.corrections USING btree (profile, clock_from, id) WHERE (state = 'submitted'::text);
COMMENT ON TABLE corrections IS 'public once answered; until then its place and its clock are, and not its words';
COMMENT ON COLUMN corrections.department_id IS 'who had the entry when it was filed, and answers';
COMMENT ON COLUMN corrections.profile IS 'the text that bound that department then';
COMMENT ON COLUMN corrections.version_id IS 'what the place is counted in; null: the entry';
COMMENT ON COLUMN corrections.row_number IS 'of the file, from 1';
COMMENT ON COLUMN corrections.evidence IS 'the department alone reads it';
COMMENT ON COLUMN corrections.salt IS 'of the link of whoever filed it, which nothing keeps';
COMMENT ON COLUMN corrections.filed_at IS 'when the platform had it';
COMMENT ON COLUMN corrections.received_at IS 'when the department had it: the clock runs from here (AB-28.2)';
COMMENT ON COLUMN corrections.clock_from IS 'of the forwarding, of the receipt, or of the reopening';
COMMENT ON COLUMN corrections.ask_at IS 'an officer asked for the one extension';
COMMENT ON COLUMN corrections.more_at IS 'the head gave it';
COMMENT ON COLUMN corrections.more_from IS 'the old last day: the extension runs from it';
COMMENT ON COLUMN corrections.fix_version IS 'the version that puts it right, or of which a revision of the dictionary does';
COMMENT ON COLUMN corrections.fix_entry IS 'the revision of the entry that puts it right';

CREATE TABLE credit_codes (
    code text NOT NULL,
    holder text NOT NULL,
    CONSTRAINT credit_codes_code_check CHECK ((code <> ''::text)),
    CONSTRAINT credit_codes_holder_check CHECK ((holder = ANY (ARRAY['department'::text, 'organisation'::text]))),
    CONSTRAINT credit_codes_pkey PRIMARY KEY (code),
    CONSTRAINT credit_codes_code_holder_key UNIQUE (code, holder)
);
COMMENT ON TABLE credit_codes IS '统一社会信用代码 (GB 32100-2015): who manages and who operates never share one (FJ-III.3)';

CREATE TABLE dataset_scores (
    dataset_id bigint NOT NULL,
    yes integer NOT NULL,
    asked integer NOT NULL,
    at timestamp with time zone NOT NULL,
    lines jsonb NOT NULL DEFAULT '[]'::jsonb,
    CONSTRAINT dataset_scores_check CHECK ((asked >= yes)),
    CONSTRAINT dataset_scores_lines_check CHECK ((jsonb_typeof(lines) = 'array'::text)),
    CONSTRAINT dataset_scores_yes_check CHECK ((yes >= 0)),
    CONSTRAINT dataset_scores_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES datasets(id),
    CONSTRAINT dataset_scores_pkey PRIMARY KEY (dataset_id)
);
COMMENT ON TABLE dataset_scores IS 'how many lines of quality an entry fulfils of those that could be answered, for lists to sort by; a job keeps it up to date';
COMMENT ON COLUMN dataset_scores.lines IS '[{rule, verdict}], one for each rule';

CREATE TABLE datasets (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    slug text NOT NULL,
    title text NOT NULL,
    title_en text NOT NULL DEFAULT ''::text,
    summary text NOT NULL,
    summary_en text NOT NULL DEFAULT ''::text,
    department_id bigint NOT NULL,
    theme_id bigint,
    licence_id text,
    region text NOT NULL,
    tags text[] NOT NULL DEFAULT '{}'::text[],
    status text NOT NULL DEFAULT 'draft'::text,
    withdrawn_reason text NOT NULL DEFAULT ''::text,
    sample boolean NOT NULL DEFAULT false,
    open_type text NOT NULL,
    open_basis text[] NOT NULL DEFAULT '{}'::text[],
    open_reason text NOT NULL DEFAULT ''::text,
    open_method text NOT NULL DEFAULT ''::text,
    use_requirements text NOT NULL DEFAULT ''::text,
    safeguards text NOT NULL DEFAULT ''::text,
    share_type text NOT NULL DEFAULT 'unconditional'::text,
    share_content text NOT NULL DEFAULT ''::text,
    share_conditions text NOT NULL DEFAULT ''::text,
    share_scope text NOT NULL DEFAULT ''::text,
    share_method text NOT NULL DEFAULT ''::text,
    share_basis text[] NOT NULL DEFAULT '{}'::text[],
    required_materials text NOT NULL DEFAULT ''::text,
    update_frequency text NOT NULL,
    update_due text NOT NULL DEFAULT ''::text,
    update_method text NOT NULL DEFAULT ''::text,
    last_updated date NOT NULL,
    next_due date,
    resource_code text NOT NULL DEFAULT ''::text,
    category text NOT NULL DEFAULT ''::text,
    data_form text NOT NULL DEFAULT ''::text,
    attributes text NOT NULL DEFAULT ''::text,
    collect_due text NOT NULL DEFAULT ''::text,
    collecting_org text NOT NULL DEFAULT ''::text,
    approving_org text NOT NULL DEFAULT ''::text,
    responsible_org text NOT NULL DEFAULT ''::text,
    duties text NOT NULL DEFAULT ''::text,
    source text NOT NULL,
    source_url text NOT NULL DEFAULT ''::text,
    processing text NOT NULL DEFAULT ''::text,
    security_level text NOT NULL DEFAULT ''::text,
    linked_system text NOT NULL DEFAULT ''::text,
    duty_item text NOT NULL DEFAULT ''::text,
    core_business text NOT NULL DEFAULT ''::text,
    collection_method text NOT NULL DEFAULT ''::text,
    related_codes text[] NOT NULL DEFAULT '{}'::text[],
    temporal_start text NOT NULL DEFAULT ''::text,
    temporal_end text NOT NULL DEFAULT ''::text,
    spatial text NOT NULL DEFAULT ''::text,
    language text NOT NULL DEFAULT 'zh-CN'::text,
    contact text NOT NULL DEFAULT ''::text,
    phone text NOT NULL DEFAULT ''::text,
    email text NOT NULL DEFAULT ''::text,
    published_at timestamp with time zone,
    updated_at timestamp with time zone NOT NULL,
    revision bigint NOT NULL DEFAULT 1,
    open_reason_en text NOT NULL DEFAULT ''::text,
    open_method_en text NOT NULL DEFAULT ''::text,
    use_requirements_en text NOT NULL DEFAULT ''::text,
    safeguards_en text NOT NULL DEFAULT ''::text,
    share_content_en text NOT NULL DEFAULT ''::text,
    share_conditions_en text NOT NULL DEFAULT ''::text,
    share_scope_en text NOT NULL DEFAULT ''::text,
    share_method_en text NOT NULL DEFAULT ''::text,
    required_materials_en text NOT NULL DEFAULT ''::text,
    update_due_en text NOT NULL DEFAULT ''::text,
    update_method_en text NOT NULL DEFAULT ''::text,
    source_en text NOT NULL DEFAULT ''::text,
    processing_en text NOT NULL DEFAULT ''::text,
    spatial_en text NOT NULL DEFAULT ''::text,
    tags_en text[] NOT NULL DEFAULT '{}'::text[],
    map_review text NOT NULL DEFAULT ''::text,
    coordinates text NOT NULL DEFAULT ''::text,
    db_class text NOT NULL DEFAULT ''::text,
    format text NOT NULL DEFAULT ''::text,
    share_reason text NOT NULL DEFAULT ''::text,
    source_kind text NOT NULL DEFAULT ''::text,
    open_bases jsonb NOT NULL DEFAULT '[]'::jsonb,
    share_bases jsonb NOT NULL DEFAULT '[]'::jsonb,
    filings jsonb NOT NULL DEFAULT '[]'::jsonb,
    items jsonb NOT NULL DEFAULT '[]'::jsonb,
    rechecks integer NOT NULL DEFAULT 0,
    withdrawals integer NOT NULL DEFAULT 0,
    CONSTRAINT datasets_check3 CHECK (((status = 'draft'::text) OR (published_at IS NOT NULL))),
    CONSTRAINT datasets_check4 CHECK (((status <> 'withdrawn'::text) OR (withdrawn_reason <> ''::text))),
    CONSTRAINT datasets_check5 CHECK (((cardinality(tags_en) = 0) OR (cardinality(tags_en) = cardinality(tags)))),
    CONSTRAINT datasets_coordinates_check CHECK ((coordinates = ANY (ARRAY[''::text, 'WGS 84'::text, 'CGCS2000'::text, 'GCJ-02'::text, 'BD-09'::text]))),
    CONSTRAINT datasets_db_class_check CHECK ((db_class = ANY (ARRAY[''::text, 'base'::text, 'theme'::text, 'business'::text]))),
    CONSTRAINT datasets_filings_check CHECK ((jsonb_typeof(filings) = 'array'::text)),
    CONSTRAINT datasets_items_check CHECK ((jsonb_typeof(items) = 'array'::text)),
    CONSTRAINT datasets_last_updated_check CHECK (((status = 'draft'::text) OR (last_updated >= '1900-01-01'::date))),
    CONSTRAINT datasets_licence_check CHECK (((status = 'draft'::text) OR (licence_id IS NOT NULL))),
    CONSTRAINT datasets_open_bases_check CHECK ((jsonb_typeof(open_bases) = 'array'::text)),
    CONSTRAINT datasets_open_basis_check CHECK (((status = 'draft'::text) OR (open_type = 'unconditional'::text) OR (cardinality(open_basis) > 0))),
    CONSTRAINT datasets_open_conditions_check CHECK (((status = 'draft'::text) OR (open_type <> 'conditional'::text) OR ((open_method <> ''::text) AND (use_requirements <> ''::text) AND (safeguards <> ''::text)))),
    CONSTRAINT datasets_open_type_check CHECK (((open_type = ANY (ARRAY['unconditional'::text, 'conditional'::text, 'withheld'::text])) OR ((status = 'draft'::text) AND (open_type = ''::text)))),
    CONSTRAINT datasets_rechecks_check CHECK ((rechecks >= 0)),
    CONSTRAINT datasets_share_bases_check CHECK ((jsonb_typeof(share_bases) = 'array'::text)),
    CONSTRAINT datasets_share_basis_check CHECK (((status = 'draft'::text) OR (share_type = 'unconditional'::text) OR (cardinality(share_basis) > 0))),
    CONSTRAINT datasets_share_type_check CHECK (((share_type = ANY (ARRAY['unconditional'::text, 'conditional'::text, 'withheld'::text])) OR ((status = 'draft'::text) AND (share_type = ''::text)))),
    CONSTRAINT datasets_slug_check CHECK ((slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'::text)),
    CONSTRAINT datasets_status_check CHECK ((status = ANY (ARRAY['draft'::text, 'published'::text, 'withdrawn'::text]))),
    CONSTRAINT datasets_theme_check CHECK (((status = 'draft'::text) OR (theme_id IS NOT NULL))),
    CONSTRAINT datasets_title_check CHECK (((status = 'draft'::text) OR (title <> ''::text))),
    CONSTRAINT datasets_update_frequency_check CHECK (((update_frequency = ANY (ARRAY['realtime'::text, 'daily'::text, 'weekly'::text, 'monthly'::text, 'quarterly'::text, 'semiannual'::text, 'annual'::text, 'biennial'::text, 'irregular'::text, 'never'::text])) OR ((status = 'draft'::text) AND (update_frequency = ''::text)))),
    CONSTRAINT datasets_withdrawals_check CHECK ((withdrawals >= 0)),
    CONSTRAINT datasets_department_id_fkey FOREIGN KEY (department_id) REFERENCES departments(id),
    CONSTRAINT datasets_licence_id_fkey FOREIGN KEY (licence_id) REFERENCES licences(id),
    CONSTRAINT datasets_region_fkey FOREIGN KEY (region) REFERENCES regions(code),
    CONSTRAINT datasets_theme_id_fkey FOREIGN KEY (theme_id) REFERENCES themes(id),
    CONSTRAINT datasets_pkey PRIMARY KEY (id),
    CONSTRAINT datasets_department_id_id_key UNIQUE (department_id, id),
    CONSTRAINT datasets_slug_key UNIQUE (slug)
);
CREATE INDEX datasets_code ON public.datasets USING btree (resource_code);
CREATE INDEX datasets_department ON public.datasets USING btree (department_id);
CREATE INDEX datasets_item_keys ON public.datasets USING gin (item_keys(items));
CREATE INDEX datasets_public ON public.datasets USING btree (last_updated DESC, id DESC) WHERE ((status = 'published'::text) AND (open_type <> 'withheld'::text));
CREATE INDEX datasets_source ON public.datasets USING hash (source);
CREATE INDEX datasets_tags ON public.datasets USING gin (tags);
CREATE INDEX datasets_theme ON public.datasets USING btree (theme_id);
CREATE INDEX datasets_title ON public.datasets USING btree (title);
CREATE TRIGGER datasets_withdrawals AFTER UPDATE OF status ON public.datasets FOR EACH ROW WHEN (((new.status = 'withdrawn'::text) AND (old.status <> 'withdrawn'::text))) EXECUTE FUNCTION count_withdrawals();
COMMENT ON COLUMN datasets.next_due IS 'the day by which the department promised the next version; null where none is promised';
COMMENT ON COLUMN datasets.source IS 'true 原始来源, also where the publisher is a sample';
COMMENT ON COLUMN datasets.revision IS 'counts every saved change; a form that carries an older one is refused';
COMMENT ON COLUMN datasets.tags_en IS 'one for each of tags, in its order, or none at all';
COMMENT ON COLUMN datasets.map_review IS '审图号, of maps that have been reviewed (地图管理条例 第十五条); empty: none';
COMMENT ON COLUMN datasets.coordinates IS '坐标系; empty: nobody said';
COMMENT ON COLUMN datasets.db_class IS '基础、主题、业务 (AS-11, FJ-2.5)';
COMMENT ON COLUMN datasets.format IS '格式 as the department declares it, before and besides what its files are';
COMMENT ON COLUMN datasets.share_reason IS '理由 of a limit on sharing (AB-24.3)';
COMMENT ON COLUMN datasets.source_kind IS '来源属性, of the kinds of RF-7';
COMMENT ON COLUMN datasets.open_bases IS '[{kind, instrument, article, quote}]; open_basis has each as one line';
COMMENT ON COLUMN datasets.filings IS '备案 (TJ-16, RF-6): [{date, with, number}]';
COMMENT ON COLUMN datasets.items IS '数据项 declared before there is a file: fields of a dictionary';
COMMENT ON COLUMN datasets.rechecks IS 'how many objections to it are open: it stays open meanwhile and is marked (AB-28.3)';
COMMENT ON COLUMN datasets.withdrawals IS 'how many times the entry was withdrawn';

CREATE TABLE deliveries (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    order_id bigint NOT NULL,
    channel text NOT NULL,
    quota bigint NOT NULL,
    used bigint NOT NULL DEFAULT 0,
    opened_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    ended_why text NOT NULL DEFAULT ''::text,
    CONSTRAINT deliveries_channel_check CHECK ((channel = ANY (ARRAY['file'::text, 'api'::text, 'workspace'::text]))),
    CONSTRAINT deliveries_check CHECK ((ended_at >= opened_at)),
    CONSTRAINT deliveries_check1 CHECK (((ended_at IS NULL) = (ended_why = ''::text))),
    CONSTRAINT deliveries_quota CHECK (((quota = 0) OR (used <= quota))),
    CONSTRAINT deliveries_quota_check CHECK ((quota >= 0)),
    CONSTRAINT deliveries_used_check CHECK ((used >= 0)),
    CONSTRAINT deliveries_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id),
    CONSTRAINT deliveries_pkey PRIMARY KEY (id),
    CONSTRAINT deliveries_order_id_key UNIQUE (order_id)
);
CREATE TRIGGER deliveries_kept BEFORE DELETE ON public.deliveries FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER deliveries_moves BEFORE INSERT OR UPDATE ON public.deliveries FOR EACH ROW EXECUTE FUNCTION delivery_moves();
CREATE TRIGGER deliveries_whole BEFORE TRUNCATE ON public.deliveries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE deliveries IS 'what a paid order opens; whether anything may be served now is no state of it and is asked at each call (I-07)';
COMMENT ON COLUMN deliveries.quota IS 'calls or copies, from the snapshot of the plan; 0: as many as one likes';

CREATE TABLE delivery_destructions (
    delivery_id bigint NOT NULL,
    since timestamp with time zone NOT NULL,
    due_on date NOT NULL,
    reminded_at timestamp with time zone,
    method text NOT NULL DEFAULT ''::text,
    words text NOT NULL DEFAULT ''::text,
    destroyed_on date,
    by_id bigint,
    by_name text NOT NULL DEFAULT ''::text,
    declared_at timestamp with time zone,
    CONSTRAINT delivery_destructions_check CHECK ((((declared_at IS NULL) = (by_id IS NULL)) AND ((declared_at IS NULL) = (method = ''::text)) AND ((declared_at IS NULL) = (destroyed_on IS NULL)))),
    CONSTRAINT delivery_destructions_method_check CHECK ((method = ANY (ARRAY[''::text, 'erased'::text, 'overwritten'::text, 'keys_destroyed'::text, 'nothing_kept'::text]))),
    CONSTRAINT delivery_destructions_words_check CHECK ((length(words) <= 2000)),
    CONSTRAINT delivery_destructions_by_id_fkey FOREIGN KEY (by_id) REFERENCES users(id),
    CONSTRAINT delivery_destructions_delivery_id_fkey FOREIGN KEY (delivery_id) REFERENCES deliveries(id),
    CONSTRAINT delivery_destructions_pkey PRIMARY KEY (delivery_id)
);
CREATE INDEX delivery_destructions_due ON public.delivery_destructions USING btree (due_on) WHERE (declared_at IS NULL);
CREATE TRIGGER delivery_destructions_kept BEFORE DELETE ON public.delivery_destructions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER delivery_destructions_moves BEFORE UPDATE ON public.delivery_destructions FOR EACH ROW EXECUTE FUNCTION delivery_destruction_moves();
CREATE TRIGGER delivery_destructions_whole BEFORE TRUNCATE ON public.delivery_destructions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE delivery_destructions IS 'of each delivery that ended: by when its buyer declares that the copies are destroyed, and what it declared';

CREATE TABLE delivery_events (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    delivery_id bigint NOT NULL,
    source text NOT NULL,
    event_id text NOT NULL,
    kind text NOT NULL,
    counts integer NOT NULL,
    quantity bigint NOT NULL,
    bytes bigint NOT NULL DEFAULT 0,
    what text NOT NULL DEFAULT ''::text,
    part text NOT NULL DEFAULT ''::text,
    receipt_id bigint,
    by_id bigint,
    key_prefix text NOT NULL DEFAULT ''::text,
    at timestamp with time zone NOT NULL,
    received_at timestamp with time zone NOT NULL,
    month date NOT NULL,
    late boolean NOT NULL,
    CONSTRAINT delivery_events_bytes_check CHECK ((bytes >= 0)),
    CONSTRAINT delivery_events_check CHECK ((late = (month > (date_trunc('month'::text, (at AT TIME ZONE 'Asia/Shanghai'::text)))::date))),
    CONSTRAINT delivery_events_check1 CHECK ((month >= (date_trunc('month'::text, (at AT TIME ZONE 'Asia/Shanghai'::text)))::date)),
    CONSTRAINT delivery_events_check2 CHECK (((kind = 'range'::text) = (receipt_id IS NOT NULL))),
    CONSTRAINT delivery_events_counts_check CHECK ((counts = ANY (ARRAY[0, 1]))),
    CONSTRAINT delivery_events_event_id_check CHECK (((event_id <> ''::text) AND (length(event_id) <= 200))),
    CONSTRAINT delivery_events_kind_check CHECK ((kind = ANY (ARRAY['call'::text, 'range'::text]))),
    CONSTRAINT delivery_events_month_check CHECK ((EXTRACT(day FROM month) = (1)::numeric)),
    CONSTRAINT delivery_events_quantity_check CHECK ((quantity >= 0)),
    CONSTRAINT delivery_events_source_check CHECK ((source <> ''::text)),
    CONSTRAINT delivery_events_by_id_fkey FOREIGN KEY (by_id) REFERENCES users(id),
    CONSTRAINT delivery_events_delivery_id_fkey FOREIGN KEY (delivery_id) REFERENCES deliveries(id),
    CONSTRAINT delivery_events_receipt_id_fkey FOREIGN KEY (receipt_id) REFERENCES delivery_receipts(id),
    CONSTRAINT delivery_events_pkey PRIMARY KEY (id),
    CONSTRAINT delivery_events_source_event_id_key UNIQUE (source, event_id)
);
CREATE INDEX delivery_events_month ON public.delivery_events USING btree (delivery_id, month, id);
CREATE TRIGGER delivery_events_frozen BEFORE UPDATE ON public.delivery_events FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER delivery_events_kept BEFORE DELETE ON public.delivery_events FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER delivery_events_open BEFORE INSERT ON public.delivery_events FOR EACH ROW EXECUTE FUNCTION delivery_event_open();
CREATE TRIGGER delivery_events_whole BEFORE TRUNCATE ON public.delivery_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE delivery_events IS 'every call and every range of a file that was served; one of a source is counted once (I-29)';
COMMENT ON COLUMN delivery_events.counts IS 'of the quota: 1 for a call and for the first range of a copy';
COMMENT ON COLUMN delivery_events.quantity IS 'in what the plan meters: calls, rows or copies; 0 where it meters nothing';
COMMENT ON COLUMN delivery_events.month IS 'in which it is billed, in Asia/Shanghai: the month of at, or where that was closed before it came the first that is not: then it is late, and an adjustment there';

CREATE TABLE delivery_receipts (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    number text NOT NULL,
    delivery_id bigint NOT NULL,
    version_id bigint NOT NULL,
    name text NOT NULL,
    sha256 text NOT NULL,
    bytes bigint NOT NULL,
    salt text NOT NULL,
    statement bytea NOT NULL,
    digest text NOT NULL,
    envelope bytea NOT NULL,
    key_id text NOT NULL,
    by_id bigint NOT NULL,
    by_name text NOT NULL,
    handed_at timestamp with time zone NOT NULL,
    CONSTRAINT delivery_receipts_bytes_check CHECK ((bytes >= 0)),
    CONSTRAINT delivery_receipts_check CHECK ((digest = encode(sha256(statement), 'hex'::text))),
    CONSTRAINT delivery_receipts_key_id_check CHECK ((key_id <> ''::text)),
    CONSTRAINT delivery_receipts_number_check CHECK ((number ~ '^JF-\d{4}-\d{6}$'::text)),
    CONSTRAINT delivery_receipts_salt_check CHECK ((length(salt) >= 26)),
    CONSTRAINT delivery_receipts_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT delivery_receipts_by_id_fkey FOREIGN KEY (by_id) REFERENCES users(id),
    CONSTRAINT delivery_receipts_delivery_id_fkey FOREIGN KEY (delivery_id) REFERENCES deliveries(id),
    CONSTRAINT delivery_receipts_version_id_name_fkey FOREIGN KEY (version_id, name) REFERENCES product_artefacts(version_id, name),
    CONSTRAINT delivery_receipts_pkey PRIMARY KEY (id),
    CONSTRAINT delivery_receipts_digest_key UNIQUE (digest),
    CONSTRAINT delivery_receipts_number_key UNIQUE (number)
);
CREATE INDEX delivery_receipts_of ON public.delivery_receipts USING btree (delivery_id, id DESC);
CREATE TRIGGER delivery_receipts_frozen BEFORE UPDATE ON public.delivery_receipts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER delivery_receipts_kept BEFORE DELETE ON public.delivery_receipts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER delivery_receipts_whole BEFORE TRUNCATE ON public.delivery_receipts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE delivery_receipts IS 'one for each copy that was handed over; what is signed names neither buyer nor order, and the salt opens what it says of them (I-41)';

CREATE TABLE demand_follows (
    demand_id bigint NOT NULL,
    user_id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT demand_follows_demand_id_fkey FOREIGN KEY (demand_id) REFERENCES demands(id),
    CONSTRAINT demand_follows_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
    CONSTRAINT demand_follows_pkey PRIMARY KEY (demand_id, user_id)
);
CREATE INDEX demand_follows_user ON public.demand_follows USING btree (user_id);

CREATE TABLE demand_reports (
    demand_id bigint NOT NULL,
    user_id bigint NOT NULL,
    reason text NOT NULL,
    at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    upheld boolean,
    CONSTRAINT demand_reports_check CHECK (((closed_at IS NULL) = (upheld IS NULL))),
    CONSTRAINT demand_reports_reason_check CHECK ((reason = ANY (ARRAY['personal'::text, 'abuse'::text, 'advert'::text, 'unlawful'::text]))),
    CONSTRAINT demand_reports_demand_id_fkey FOREIGN KEY (demand_id) REFERENCES demands(id),
    CONSTRAINT demand_reports_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
    CONSTRAINT demand_reports_pkey PRIMARY KEY (demand_id, user_id)
);
CREATE INDEX demand_reports_user ON public.demand_reports USING btree (user_id);

CREATE TABLE demand_steps (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    demand_id bigint NOT NULL,
    act text NOT NULL,
    by_id bigint,
    name text NOT NULL DEFAULT ''::text,
    by_department bigint,
    department_id bigint,
    other_id bigint,
    dataset_id bigint,
    planned_on date,
    words text NOT NULL DEFAULT ''::text,
    at timestamp with time zone NOT NULL,
    told_at timestamp with time zone,
    CONSTRAINT demand_steps_act_check CHECK ((act <> ''::text)),
    CONSTRAINT demand_steps_by_department_fkey FOREIGN KEY (by_department) REFERENCES departments(id),
    CONSTRAINT demand_steps_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES datasets(id),
    CONSTRAINT demand_steps_demand_id_fkey FOREIGN KEY (demand_id) REFERENCES demands(id),
    CONSTRAINT demand_steps_department_id_fkey FOREIGN KEY (department_id) REFERENCES departments(id),
    CONSTRAINT demand_steps_other_id_fkey FOREIGN KEY (other_id) REFERENCES demands(id),
    CONSTRAINT demand_steps_pkey PRIMARY KEY (id)
);
CREATE INDEX demand_steps_demand ON public.demand_steps USING btree (demand_id, id);
COMMENT ON TABLE demand_steps IS 'what was done with a demand, in public';
COMMENT ON COLUMN demand_steps.by_id IS 'who did it for a body; null of its proposer and of the program';
COMMENT ON COLUMN demand_steps.department_id IS 'to which department it went';
COMMENT ON COLUMN demand_steps.other_id IS 'with which demand it was merged';
COMMENT ON COLUMN demand_steps.told_at IS 'when those who wait for it were written to: once';

CREATE TABLE demand_turns (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    demand_id bigint NOT NULL,
    department_id bigint,
    clock_profile text NOT NULL,
    clock_path text NOT NULL,
    began_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    ended text NOT NULL DEFAULT ''::text,
    CONSTRAINT demand_turns_check CHECK ((ended_at >= began_at)),
    CONSTRAINT demand_turns_check1 CHECK (((ended_at IS NULL) = (ended = ''::text))),
    CONSTRAINT demand_turns_demand_id_fkey FOREIGN KEY (demand_id) REFERENCES demands(id),
    CONSTRAINT demand_turns_department_id_fkey FOREIGN KEY (department_id) REFERENCES departments(id),
    CONSTRAINT demand_turns_pkey PRIMARY KEY (id)
);
CREATE INDEX demand_turns_demand ON public.demand_turns USING btree (demand_id, id);
CREATE INDEX demand_turns_department ON public.demand_turns USING btree (department_id, id);
CREATE UNIQUE INDEX demand_turns_open ON public.demand_turns USING btree (demand_id) WHERE (ended_at IS NULL);
COMMENT ON TABLE demand_turns IS 'whose turn it was, from when to when, by which clock; no department: the turn of the platform, which finds one';
COMMENT ON COLUMN demand_turns.ended IS 'the act that ended it';

CREATE TABLE demand_votes (
    demand_id bigint NOT NULL,
    user_id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT demand_votes_demand_id_fkey FOREIGN KEY (demand_id) REFERENCES demands(id),
    CONSTRAINT demand_votes_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
    CONSTRAINT demand_votes_pkey PRIMARY KEY (demand_id, user_id)
);
CREATE INDEX demand_votes_user ON public.demand_votes USING btree (user_id);
COMMENT ON TABLE demand_votes IS 'kept with the demand that was seconded, also once that is merged: so that a merge can be undone';

CREATE TABLE demands (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    user_id bigint,
    proposer text NOT NULL,
    title text NOT NULL,
    need text NOT NULL,
    purpose text NOT NULL,
    title_grams text[] NOT NULL,
    grams text[] NOT NULL,
    proposed_at timestamp with time zone NOT NULL,
    department_id bigint,
    state text NOT NULL,
    ground text NOT NULL DEFAULT ''::text,
    answer text NOT NULL DEFAULT ''::text,
    bases jsonb NOT NULL DEFAULT '[]'::jsonb,
    answered_by bigint,
    answered_name text NOT NULL DEFAULT ''::text,
    answered_at timestamp with time zone,
    planned_on date,
    entry_id bigint,
    dataset_id bigint,
    merged_into bigint,
    root_id bigint,
    hidden_at timestamp with time zone,
    hidden_by bigint,
    hidden_name text NOT NULL DEFAULT ''::text,
    hidden_reason text NOT NULL DEFAULT ''::text,
    votes integer NOT NULL DEFAULT 0,
    revision integer NOT NULL DEFAULT 1,
    CONSTRAINT demands_check CHECK ((merged_into <> id)),
    CONSTRAINT demands_check1 CHECK ((root_id <> id)),
    CONSTRAINT demands_check10 CHECK ((((hidden_at IS NULL) = (hidden_reason = ''::text)) AND ((hidden_at IS NULL) = (hidden_by IS NULL)))),
    CONSTRAINT demands_check2 CHECK (((department_id IS NOT NULL) OR (state = ANY (ARRAY['unassigned'::text, 'withdrawn'::text])))),
    CONSTRAINT demands_check3 CHECK (((state <> 'unassigned'::text) OR (department_id IS NULL))),
    CONSTRAINT demands_check4 CHECK (((state = ANY (ARRAY['planned'::text, 'there'::text, 'refused'::text])) = (answered_at IS NOT NULL))),
    CONSTRAINT demands_check5 CHECK (((state <> 'planned'::text) OR (planned_on IS NOT NULL))),
    CONSTRAINT demands_check6 CHECK (((state = 'there'::text) = (dataset_id IS NOT NULL))),
    CONSTRAINT demands_check7 CHECK (((state = 'refused'::text) = (ground <> ''::text))),
    CONSTRAINT demands_check8 CHECK (((state <> 'refused'::text) OR (answer <> ''::text))),
    CONSTRAINT demands_check9 CHECK (((merged_into IS NULL) = (root_id IS NULL))),
    CONSTRAINT demands_ground_check CHECK ((ground = ANY (ARRAY[''::text, 'barred'::text, 'nothing'::text, 'undue'::text]))),
    CONSTRAINT demands_need_check CHECK ((need <> ''::text)),
    CONSTRAINT demands_proposer_check CHECK ((proposer <> ''::text)),
    CONSTRAINT demands_purpose_check CHECK ((purpose <> ''::text)),
    CONSTRAINT demands_state_check CHECK ((state = ANY (ARRAY['unassigned'::text, 'open'::text, 'planned'::text, 'there'::text, 'refused'::text, 'withdrawn'::text]))),
    CONSTRAINT demands_title_check CHECK ((title <> ''::text)),
    CONSTRAINT demands_votes_check CHECK ((votes >= 0)),
    CONSTRAINT demands_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES datasets(id),
    CONSTRAINT demands_department_id_fkey FOREIGN KEY (department_id) REFERENCES departments(id),
    CONSTRAINT demands_entry_id_fkey FOREIGN KEY (entry_id) REFERENCES datasets(id),
    CONSTRAINT demands_merged_into_fkey FOREIGN KEY (merged_into) REFERENCES demands(id),
    CONSTRAINT demands_root_id_fkey FOREIGN KEY (root_id) REFERENCES demands(id),
    CONSTRAINT demands_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id),
    CONSTRAINT demands_pkey PRIMARY KEY (id)
);
CREATE INDEX demands_department ON public.demands USING btree (department_id, id DESC);
CREATE INDEX demands_desk ON public.demands USING btree (department_id, proposed_at, id) WHERE ((root_id IS NULL) AND (hidden_at IS NULL));
CREATE INDEX demands_grams ON public.demands USING gin (grams);
CREATE UNIQUE INDEX demands_once ON public.demands USING btree (user_id, md5(title)) WHERE (state = ANY (ARRAY['unassigned'::text, 'open'::text]));
CREATE INDEX demands_planned ON public.demands USING btree (entry_id) WHERE ((state = 'planned'::text) AND (entry_id IS NOT NULL));
CREATE INDEX demands_root ON public.demands USING btree (COALESCE(root_id, id));
CREATE INDEX demands_state ON public.demands USING btree (state, votes DESC, id DESC) WHERE ((root_id IS NULL) AND (hidden_at IS NULL));
CREATE INDEX demands_title_grams ON public.demands USING gin (title_grams);
CREATE INDEX demands_user ON public.demands USING btree (user_id, id DESC);
CREATE INDEX demands_votes ON public.demands USING btree (votes DESC, id DESC) WHERE ((root_id IS NULL) AND (hidden_at IS NULL) AND (state <> 'withdrawn'::text));
COMMENT ON TABLE demands IS 'public at once, unlike questions: others are to see and second them before they are answered';
COMMENT ON COLUMN demands.user_id IS 'who proposed it; null once the account is gone';
COMMENT ON COLUMN demands.proposer IS 'as the proposer wants to be called in public';
COMMENT ON COLUMN demands.grams IS 'pairs of neighbouring characters of all it says, by which it is found';
COMMENT ON COLUMN demands.department_id IS 'whose turn it is, or whose answer it is; null while the platform looks for one';
COMMENT ON COLUMN demands.entry_id IS 'the entry that is to become it: once everybody may see that, the demand is met';
COMMENT ON COLUMN demands.dataset_id IS 'the entry that is it';
COMMENT ON COLUMN demands.merged_into IS 'the demand that it is the same as';
COMMENT ON COLUMN demands.root_id IS 'the demand at the end of that way, where its votes count';
COMMENT ON COLUMN demands.votes IS 'accounts that second it or one that was merged into it, but for its proposer; 0 of one that was merged';

CREATE TABLE departments (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    slug text NOT NULL,
    name text NOT NULL,
    name_en text NOT NULL,
    description text NOT NULL DEFAULT ''::text,
    description_en text NOT NULL DEFAULT ''::text,
    region text NOT NULL,
    credit_code text NOT NULL DEFAULT ''::text,
    aliases text[] NOT NULL DEFAULT '{}'::text[],
    contact text NOT NULL DEFAULT ''::text,
    phone text NOT NULL DEFAULT ''::text,
    email text NOT NULL DEFAULT ''::text,
    profile text NOT NULL DEFAULT ''::text,
    sample boolean NOT NULL DEFAULT false,
    side text NOT NULL DEFAULT 'manage'::text,
    credit_key text GENERATED ALWAYS AS (NULLIF(credit_code, ''::text)) STORED,
    credit_holder text GENERATED ALWAYS AS ('department'::text) STORED,
    CONSTRAINT departments_region_check CHECK ((region ~ '^[0-9]{6}$'::text)),
    CONSTRAINT departments_side_check CHECK ((side = ANY (ARRAY['manage'::text, 'regulate'::text]))),
    CONSTRAINT departments_slug_check CHECK ((slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'::text)),
    CONSTRAINT departments_credit_code_fkey FOREIGN KEY (credit_key, credit_holder) REFERENCES credit_codes(code, holder),
    CONSTRAINT departments_pkey PRIMARY KEY (id),
    CONSTRAINT departments_id_side_key UNIQUE (id, side),
    CONSTRAINT departments_name_key UNIQUE (name),
    CONSTRAINT departments_slug_key UNIQUE (slug)
);
CREATE TRIGGER department_credit_code BEFORE INSERT OR UPDATE OF credit_code ON public.departments FOR EACH ROW EXECUTE FUNCTION department_credit_code();
COMMENT ON COLUMN departments.region IS 'six-digit division code (GB/T 2260) of the place it serves';
COMMENT ON COLUMN departments.profile IS 'id of the policy profile whose rules bind it; empty where no local text applies';
COMMENT ON COLUMN departments.sample IS 'a plausible department of the sample world, shown as 发布单位(示例)';
COMMENT ON COLUMN departments.side IS '管 or 监: a body that manages data is never the one that supervises its market';

CREATE TABLE developer_key_revocations (
    key_id text NOT NULL,
    compromised_at timestamp with time zone NOT NULL,
    reason text NOT NULL,
    by_id bigint NOT NULL,
    by_name text NOT NULL,
    leaf bigint NOT NULL,
    CONSTRAINT developer_key_revocations_reason_check CHECK ((reason = ANY (ARRAY['compromised'::text, 'lost'::text, 'retired'::text]))),
    CONSTRAINT developer_key_revocations_key_id_fkey FOREIGN KEY (key_id) REFERENCES developer_keys(id),
    CONSTRAINT developer_key_revocations_leaf_fkey FOREIGN KEY (leaf) REFERENCES log_leaves(seq),
    CONSTRAINT developer_key_revocations_pkey PRIMARY KEY (key_id),
    CONSTRAINT developer_key_revocations_leaf_key UNIQUE (leaf)
);
CREATE TRIGGER developer_key_revocations_frozen BEFORE DELETE OR UPDATE ON public.developer_key_revocations FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER developer_key_revocations_kept BEFORE TRUNCATE ON public.developer_key_revocations FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE developer_key_revocations IS 'keys that count no more for what the log has later than compromised_at';

CREATE TABLE developer_keys (
    id text NOT NULL,
    organisation_id bigint NOT NULL,
    code text NOT NULL,
    public bytea NOT NULL,
    possession bytea NOT NULL,
    valid_from timestamp with time zone NOT NULL,
    valid_until timestamp with time zone NOT NULL,
    registered_by bigint NOT NULL,
    registered_name text NOT NULL,
    leaf bigint NOT NULL,
    CONSTRAINT developer_keys_check CHECK ((valid_until > valid_from)),
    CONSTRAINT developer_keys_code_check CHECK ((code ~ '^[0-9A-Z]{18}$'::text)),
    CONSTRAINT developer_keys_id_check CHECK ((id ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT developer_keys_possession_check CHECK ((octet_length(possession) = 64)),
    CONSTRAINT developer_keys_public_check CHECK ((octet_length(public) = 32)),
    CONSTRAINT developer_keys_leaf_fkey FOREIGN KEY (leaf) REFERENCES log_leaves(seq),
    CONSTRAINT developer_keys_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES organisations(id),
    CONSTRAINT developer_keys_registered_by_fkey FOREIGN KEY (registered_by) REFERENCES users(id),
    CONSTRAINT developer_keys_pkey PRIMARY KEY (id),
    CONSTRAINT developer_keys_leaf_key UNIQUE (leaf)
);
CREATE INDEX developer_keys_organisation ON public.developer_keys USING btree (organisation_id, leaf);
CREATE TRIGGER developer_keys_frozen BEFORE DELETE OR UPDATE ON public.developer_keys FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER developer_keys_kept BEFORE TRUNCATE ON public.developer_keys FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE developer_keys IS 'the public halves of the keys with which organisations sign for their products, with their history';
COMMENT ON COLUMN developer_keys.code IS 'unified social credit code of the organisation when the key was registered, as the log and the statements say it';
COMMENT ON COLUMN developer_keys.possession IS 'signature by which the key itself says for whom it signs';

CREATE TABLE developer_people (
    developer_id bigint NOT NULL,
    user_id bigint NOT NULL,
    side text NOT NULL DEFAULT 'use'::text,
    writes boolean NOT NULL,
    releases boolean NOT NULL,
    CONSTRAINT developer_people_check CHECK ((writes OR releases)),
    CONSTRAINT developer_people_side_check CHECK ((side = 'use'::text)),
    CONSTRAINT developer_people_developer_id_fkey FOREIGN KEY (developer_id) REFERENCES developers(id) ON DELETE CASCADE,
    CONSTRAINT developer_people_user_id_side_fkey FOREIGN KEY (user_id, side) REFERENCES users(id, side),
    CONSTRAINT developer_people_pkey PRIMARY KEY (developer_id, user_id)
);
COMMENT ON TABLE developer_people IS 'who of a developer may write and run programs (writes), and who may ask that a result be released (releases)';

CREATE TABLE developer_people_changes (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    developer_id bigint NOT NULL,
    side text NOT NULL DEFAULT 'use'::text,
    operator_side text NOT NULL DEFAULT 'operate'::text,
    had_writes bigint[] NOT NULL,
    had_releases bigint[] NOT NULL,
    writes bigint[] NOT NULL,
    releases bigint[] NOT NULL,
    words text NOT NULL,
    asked_by bigint NOT NULL,
    asked_name text NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    state text NOT NULL,
    decided_by bigint,
    decided_name text NOT NULL DEFAULT ''::text,
    decided_at timestamp with time zone,
    answer text NOT NULL DEFAULT ''::text,
    CONSTRAINT developer_people_changes_check CHECK (((state = 'asked'::text) = (decided_at IS NULL))),
    CONSTRAINT developer_people_changes_check1 CHECK (((state = ANY (ARRAY['confirmed'::text, 'refused'::text])) = (decided_by IS NOT NULL))),
    CONSTRAINT developer_people_changes_check2 CHECK (((state <> 'refused'::text) OR (answer <> ''::text))),
    CONSTRAINT developer_people_changes_check3 CHECK (((had_writes IS DISTINCT FROM writes) OR (had_releases IS DISTINCT FROM releases))),
    CONSTRAINT developer_people_changes_operator_side_check CHECK ((operator_side = 'operate'::text)),
    CONSTRAINT developer_people_changes_releases_check CHECK ((cardinality(releases) > 0)),
    CONSTRAINT developer_people_changes_side_check CHECK ((side = 'use'::text)),
    CONSTRAINT developer_people_changes_state_check CHECK ((state = ANY (ARRAY['asked'::text, 'confirmed'::text, 'refused'::text, 'withdrawn'::text]))),
    CONSTRAINT developer_people_changes_words_check CHECK ((words <> ''::text)),
    CONSTRAINT developer_people_changes_writes_check CHECK ((cardinality(writes) > 0)),
    CONSTRAINT developer_people_changes_asked_by_side_fkey FOREIGN KEY (asked_by, side) REFERENCES users(id, side),
    CONSTRAINT developer_people_changes_decided_by_operator_side_fkey FOREIGN KEY (decided_by, operator_side) REFERENCES users(id, side),
    CONSTRAINT developer_people_changes_developer_id_fkey FOREIGN KEY (developer_id) REFERENCES developers(id),
    CONSTRAINT developer_people_changes_pkey PRIMARY KEY (id)
);
CREATE INDEX developer_people_changes_developer ON public.developer_people_changes USING btree (developer_id, id);
CREATE UNIQUE INDEX developer_people_changes_one ON public.developer_people_changes USING btree (developer_id) WHERE (state = 'asked'::text);
CREATE TRIGGER developer_people_changes_stay BEFORE DELETE OR UPDATE ON public.developer_people_changes FOR EACH ROW EXECUTE FUNCTION developer_people_change_moves();
COMMENT ON TABLE developer_people_changes IS 'who may write programs (writes) and who may ask for releases (releases) in the place of whom: asked for by the developer, confirmed by its operator, kept; ids of users in rising order';
COMMENT ON COLUMN developer_people_changes.had_writes IS 'as it was when the change was asked for, and once it is confirmed, what it replaced; so had_releases';

CREATE TABLE developers (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    number text NOT NULL,
    mandate_id bigint NOT NULL,
    organisation_id bigint NOT NULL,
    state text NOT NULL,
    state_at timestamp with time zone NOT NULL,
    reason text NOT NULL DEFAULT ''::text,
    made_at timestamp with time zone NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    side text NOT NULL DEFAULT 'use'::text,
    operator_side text NOT NULL DEFAULT 'operate'::text,
    contact text NOT NULL DEFAULT ''::text,
    security text NOT NULL DEFAULT ''::text,
    trained_on date,
    training text NOT NULL DEFAULT ''::text,
    trained_until timestamp with time zone,
    declared boolean NOT NULL DEFAULT false,
    declared_years integer NOT NULL DEFAULT 0,
    dcmm integer NOT NULL DEFAULT 0,
    submitted_by bigint,
    submitted_at timestamp with time zone,
    clock_profile text NOT NULL DEFAULT ''::text,
    clock_path text NOT NULL DEFAULT ''::text,
    clock_from timestamp with time zone,
    decided_by bigint,
    decided_name text NOT NULL DEFAULT ''::text,
    decided_at timestamp with time zone,
    held_by text NOT NULL DEFAULT ''::text,
    reminded_at timestamp with time zone,
    sent text,
    held_body bigint,
    CONSTRAINT developers_check CHECK (((state <> ALL (ARRAY['submitted'::text, 'admitted'::text])) OR ((submitted_by IS NOT NULL) AND declared))),
    CONSTRAINT developers_check1 CHECK (((state <> 'admitted'::text) OR ((decided_by IS NOT NULL) AND (trained_until IS NOT NULL)))),
    CONSTRAINT developers_check2 CHECK (((state <> ALL (ARRAY['returned'::text, 'refused'::text, 'suspended'::text])) OR (reason <> ''::text))),
    CONSTRAINT developers_check3 CHECK (((state = 'suspended'::text) = (held_by <> ''::text))),
    CONSTRAINT developers_dcmm_check CHECK (((dcmm >= 0) AND (dcmm <= 5))),
    CONSTRAINT developers_held_body_check CHECK (((held_by = 'above'::text) = (held_body IS NOT NULL))),
    CONSTRAINT developers_held_by_check CHECK ((held_by = ANY (ARRAY[''::text, 'operator'::text, 'body'::text, 'above'::text]))),
    CONSTRAINT developers_number_check CHECK ((number ~ '^RZ-\d{4}-\d{6}$'::text)),
    CONSTRAINT developers_operator_side_check CHECK ((operator_side = 'operate'::text)),
    CONSTRAINT developers_side_check CHECK ((side = 'use'::text)),
    CONSTRAINT developers_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'submitted'::text, 'returned'::text, 'admitted'::text, 'refused'::text, 'suspended'::text, 'left'::text]))),
    CONSTRAINT developers_decided_by_operator_side_fkey FOREIGN KEY (decided_by, operator_side) REFERENCES users(id, side),
    CONSTRAINT developers_held_body_fkey FOREIGN KEY (held_body) REFERENCES departments(id),
    CONSTRAINT developers_mandate_id_fkey FOREIGN KEY (mandate_id) REFERENCES mandates(id),
    CONSTRAINT developers_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES organisations(id),
    CONSTRAINT developers_organisation_id_side_fkey FOREIGN KEY (organisation_id, side) REFERENCES organisations(id, side),
    CONSTRAINT developers_submitted_by_side_fkey FOREIGN KEY (submitted_by, side) REFERENCES users(id, side),
    CONSTRAINT developers_pkey PRIMARY KEY (id),
    CONSTRAINT developers_number_key UNIQUE (number),
    CONSTRAINT developers_sent_key UNIQUE (sent)
);
CREATE UNIQUE INDEX developers_one ON public.developers USING btree (mandate_id, organisation_id) WHERE (state <> ALL (ARRAY['refused'::text, 'left'::text]));
CREATE INDEX developers_organisation ON public.developers USING btree (organisation_id, id DESC);
CREATE TRIGGER developers_hold BEFORE UPDATE OF held_by ON public.developers FOR EACH ROW WHEN (((old.held_by <> ''::text) AND (new.held_by <> old.held_by) AND ((hold_rank(new.held_by) >= 1) AND (hold_rank(new.held_by) <= hold_rank(old.held_by))))) EXECUTE FUNCTION hold_passes();
COMMENT ON TABLE developers IS 'entry (入驻) of second-tier developers (二级开发主体) with the operator of a mandate';
COMMENT ON COLUMN developers.trained_until IS 'the first moment at which the training no longer counts: from then on nothing passes';
COMMENT ON COLUMN developers.declared IS 'that no listed breach was found of it in the last declared_years years';
COMMENT ON COLUMN developers.dcmm IS '数据管理能力成熟度 (DCMM); 0: not rated';
COMMENT ON COLUMN developers.decided_by IS 'of the operator: neither the authority nor the developer screens an entry';
COMMENT ON COLUMN developers.held_body IS 'which of the bodies above that of its mandate holds it';

CREATE TABLE dictionary_revisions (
    version_id bigint NOT NULL,
    "position" integer NOT NULL,
    number integer NOT NULL,
    fields jsonb NOT NULL,
    source text NOT NULL,
    reason text NOT NULL,
    by_user bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT dictionary_revisions_fields_check CHECK ((jsonb_typeof(fields) = 'array'::text)),
    CONSTRAINT dictionary_revisions_number_check CHECK ((number >= 1)),
    CONSTRAINT dictionary_revisions_reason_check CHECK ((reason <> ''::text)),
    CONSTRAINT dictionary_revisions_source_check CHECK ((source = ANY (ARRAY['form'::text, 'file'::text]))),
    CONSTRAINT dictionary_revisions_version_id_position_fkey FOREIGN KEY (version_id, "position") REFERENCES version_tables(version_id, "position"),
    CONSTRAINT dictionary_revisions_pkey PRIMARY KEY (version_id, "position", number)
);
CREATE TRIGGER dictionary_revisions_frozen BEFORE DELETE OR UPDATE ON public.dictionary_revisions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER dictionary_revisions_kept BEFORE TRUNCATE ON public.dictionary_revisions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE dictionary_revisions IS 'what is said of a published table''s columns since: names, types and bytes never change; the highest number counts, and version_tables.fields is number 0';
COMMENT ON COLUMN dictionary_revisions.by_user IS 'users.id, as in the audit trail';

CREATE TABLE disclosure_reports (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    body_id bigint NOT NULL,
    year integer NOT NULL,
    sha256 text NOT NULL,
    side text NOT NULL DEFAULT 'manage'::text,
    issued_by bigint NOT NULL,
    issued_name text NOT NULL,
    issued_at timestamp with time zone NOT NULL,
    content text NOT NULL,
    CONSTRAINT disclosure_reports_content_check CHECK ((content <> ''::text)),
    CONSTRAINT disclosure_reports_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT disclosure_reports_side_check CHECK ((side = 'manage'::text)),
    CONSTRAINT disclosure_reports_year_check CHECK (((year >= 2000) AND (year <= 2999))),
    CONSTRAINT disclosure_reports_body_id_side_fkey FOREIGN KEY (body_id, side) REFERENCES departments(id, side),
    CONSTRAINT disclosure_reports_issued_by_side_fkey FOREIGN KEY (issued_by, side) REFERENCES users(id, side),
    CONSTRAINT disclosure_reports_pkey PRIMARY KEY (id),
    CONSTRAINT disclosure_reports_body_id_year_key UNIQUE (body_id, year)
);
CREATE TRIGGER disclosure_reports_stay BEFORE DELETE OR UPDATE ON public.disclosure_reports FOR EACH ROW EXECUTE FUNCTION stays_as_it_is();
COMMENT ON TABLE disclosure_reports IS 'yearly disclosure (信息披露) of a body''s mandates as it was issued; sha256 is of content, byte for byte';

CREATE TABLE download_receipt_papers (
    sha256 text NOT NULL,
    receipt_id bigint NOT NULL,
    made_at timestamp with time zone NOT NULL,
    CONSTRAINT download_receipt_papers_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT download_receipt_papers_receipt_id_fkey FOREIGN KEY (receipt_id) REFERENCES download_receipts(id),
    CONSTRAINT download_receipt_papers_pkey PRIMARY KEY (sha256)
);
CREATE INDEX download_receipt_papers_of ON public.download_receipt_papers USING btree (receipt_id);
CREATE TRIGGER download_receipt_papers_frozen BEFORE DELETE OR UPDATE ON public.download_receipt_papers FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER download_receipt_papers_whole BEFORE TRUNCATE ON public.download_receipt_papers FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE download_receipt_papers IS 'digests of the PDFs that were made of certificates of download: a PDF with other bytes was changed';

CREATE TABLE download_receipts (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    number text NOT NULL,
    version_id bigint NOT NULL,
    "position" integer NOT NULL DEFAULT 0,
    kind text NOT NULL DEFAULT ''::text,
    sha256 text NOT NULL,
    bytes bigint NOT NULL,
    issued_at timestamp with time zone NOT NULL,
    statement bytea NOT NULL,
    digest text NOT NULL,
    envelope bytea NOT NULL,
    key_id text NOT NULL,
    CONSTRAINT download_receipts_bytes_check CHECK ((bytes >= 0)),
    CONSTRAINT download_receipts_check CHECK ((digest = encode(sha256(statement), 'hex'::text))),
    CONSTRAINT download_receipts_key_id_check CHECK ((key_id <> ''::text)),
    CONSTRAINT download_receipts_number_check CHECK ((number ~ '^XZZ-\d{4}-\d{6}$'::text)),
    CONSTRAINT download_receipts_position_check CHECK (("position" >= 0)),
    CONSTRAINT download_receipts_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT download_receipts_version_id_fkey FOREIGN KEY (version_id) REFERENCES versions(id),
    CONSTRAINT download_receipts_pkey PRIMARY KEY (id),
    CONSTRAINT download_receipts_digest_key UNIQUE (digest),
    CONSTRAINT download_receipts_number_key UNIQUE (number)
);
CREATE INDEX download_receipts_file ON public.download_receipts USING btree (sha256, id DESC);
CREATE INDEX download_receipts_version ON public.download_receipts USING btree (version_id);
CREATE TRIGGER download_receipts_frozen BEFORE DELETE OR UPDATE ON public.download_receipts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER download_receipts_issued BEFORE INSERT ON public.download_receipts FOR EACH ROW EXECUTE FUNCTION download_receipt_issued();
CREATE TRIGGER download_receipts_whole BEFORE TRUNCATE ON public.download_receipts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE download_receipts IS 'signed certificates of download (in-toto, DSSE); who asked is not kept';
COMMENT ON COLUMN download_receipts.kind IS 'of the rendition; empty: the original';

CREATE TABLE events (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    kind text NOT NULL,
    dataset_id bigint NOT NULL,
    resource_id text,
    number bigint NOT NULL DEFAULT 0,
    key text NOT NULL,
    detail jsonb NOT NULL DEFAULT '{}'::jsonb,
    at timestamp with time zone NOT NULL,
    retracted boolean NOT NULL DEFAULT false,
    CONSTRAINT events_key_check CHECK ((key <> ''::text)),
    CONSTRAINT events_kind_check CHECK ((kind = ANY (ARRAY['published'::text, 'restored'::text, 'withdrawn'::text, 'version'::text, 'schema'::text, 'correction'::text, 'overdue'::text, 'answer'::text, 'note'::text, 'recheck'::text]))),
    CONSTRAINT events_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES datasets(id),
    CONSTRAINT events_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES resources(id),
    CONSTRAINT events_pkey PRIMARY KEY (id),
    CONSTRAINT events_dataset_id_kind_key_key UNIQUE (dataset_id, kind, key)
);
CREATE INDEX events_dataset ON public.events USING btree (dataset_id, id DESC);
COMMENT ON TABLE events IS 'written in the transaction of the act; an act that is done twice is one event';
COMMENT ON COLUMN events.number IS 'version, question or note that it is about; 0 for the entry itself';
COMMENT ON COLUMN events.key IS 'which happening of its kind it is: tells one from a repetition';
COMMENT ON COLUMN events.retracted IS 'what it tells of is hidden: no list, letter or program is told of it';

CREATE TABLE finding_letters (
    version_id bigint NOT NULL,
    kind text NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT finding_letters_kind_check CHECK ((kind <> ''::text)),
    CONSTRAINT finding_letters_version_id_fkey FOREIGN KEY (version_id) REFERENCES versions(id),
    CONSTRAINT finding_letters_pkey PRIMARY KEY (version_id, kind)
);
COMMENT ON TABLE finding_letters IS 'of which public versions a department was told by letter that an officer must decide about something in it: once for each kind, also where nobody has an address';

CREATE TABLE findings (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    resource_id text NOT NULL,
    sha256 text NOT NULL,
    kind text NOT NULL,
    "position" integer NOT NULL,
    column_name text NOT NULL,
    severity text NOT NULL,
    found bigint NOT NULL,
    rows bigint[] NOT NULL,
    masked text[] NOT NULL,
    sentence text NOT NULL,
    args jsonb NOT NULL,
    at timestamp with time zone NOT NULL,
    state text NOT NULL DEFAULT 'open'::text,
    reason text NOT NULL DEFAULT ''::text,
    decided_by bigint,
    decided_at timestamp with time zone,
    decided_name text NOT NULL DEFAULT ''::text,
    carried_from bigint,
    CONSTRAINT findings_args_check CHECK ((jsonb_typeof(args) = 'array'::text)),
    CONSTRAINT findings_check CHECK ((((state = 'open'::text) = (decided_by IS NULL)) AND ((state = 'open'::text) = (decided_at IS NULL)))),
    CONSTRAINT findings_check1 CHECK (((state <> 'dismissed'::text) OR (reason <> ''::text))),
    CONSTRAINT findings_check2 CHECK (((state <> 'open'::text) OR (decided_name = ''::text))),
    CONSTRAINT findings_check3 CHECK (((carried_from IS NULL) OR (state = 'dismissed'::text))),
    CONSTRAINT findings_found_check CHECK ((found > 0)),
    CONSTRAINT findings_kind_check CHECK ((kind <> ''::text)),
    CONSTRAINT findings_position_check CHECK (("position" >= 0)),
    CONSTRAINT findings_reason_check CHECK ((length(reason) <= 1000)),
    CONSTRAINT findings_sentence_check CHECK ((sentence <> ''::text)),
    CONSTRAINT findings_severity_check CHECK ((severity = ANY (ARRAY['info'::text, 'warn'::text, 'block'::text]))),
    CONSTRAINT findings_state_check CHECK ((state = ANY (ARRAY['open'::text, 'confirmed'::text, 'dismissed'::text]))),
    CONSTRAINT findings_carried_from_fkey FOREIGN KEY (carried_from) REFERENCES versions(id),
    CONSTRAINT findings_resource_id_sha256_fkey FOREIGN KEY (resource_id, sha256) REFERENCES scans(resource_id, sha256),
    CONSTRAINT findings_pkey PRIMARY KEY (id),
    CONSTRAINT findings_resource_id_sha256_kind_position_column_name_key UNIQUE (resource_id, sha256, kind, "position", column_name)
);
CREATE INDEX findings_blocking ON public.findings USING btree (resource_id, sha256) WHERE ((state = 'open'::text) AND (severity = 'block'::text));
COMMENT ON TABLE findings IS 'what a person of the department must look at before a file is public, or at once where it already is; never on a public page';
COMMENT ON COLUMN findings.rows IS 'the first rows that have it, from 1, the header not counted';
COMMENT ON COLUMN findings.masked IS 'examples with most of each value blotted out; whole values are kept nowhere';
COMMENT ON COLUMN findings.state IS 'open; confirmed: it is what it seems; dismissed: a false alarm, or meant to be public, for the reason given';
COMMENT ON COLUMN findings.decided_by IS 'the id of an account, kept when the account is gone';
COMMENT ON COLUMN findings.decided_name IS 'who decided, as they were called then';
COMMENT ON COLUMN findings.carried_from IS 'the version before, about which it was decided: the same kind in the same column, and no more of it here; who and when are those of that decision';

CREATE TABLE follows (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    user_id bigint NOT NULL,
    kind text NOT NULL,
    dataset_id bigint,
    department_id bigint,
    theme_id bigint,
    search text NOT NULL DEFAULT ''::text,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT follows_check CHECK (((kind = 'dataset'::text) = (dataset_id IS NOT NULL))),
    CONSTRAINT follows_check1 CHECK (((kind = 'department'::text) = (department_id IS NOT NULL))),
    CONSTRAINT follows_check2 CHECK (((kind = 'theme'::text) = (theme_id IS NOT NULL))),
    CONSTRAINT follows_check3 CHECK (((kind = 'search'::text) = (search <> ''::text))),
    CONSTRAINT follows_kind_check CHECK ((kind = ANY (ARRAY['dataset'::text, 'department'::text, 'theme'::text, 'search'::text]))),
    CONSTRAINT follows_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES datasets(id),
    CONSTRAINT follows_department_id_fkey FOREIGN KEY (department_id) REFERENCES departments(id),
    CONSTRAINT follows_theme_id_fkey FOREIGN KEY (theme_id) REFERENCES themes(id),
    CONSTRAINT follows_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
    CONSTRAINT follows_pkey PRIMARY KEY (id),
    CONSTRAINT follows_user_id_kind_dataset_id_department_id_theme_id_sear_key UNIQUE NULLS NOT DISTINCT (user_id, kind, dataset_id, department_id, theme_id, search)
);
CREATE INDEX follows_dataset ON public.follows USING btree (dataset_id) WHERE (dataset_id IS NOT NULL);
CREATE INDEX follows_department ON public.follows USING btree (department_id) WHERE (department_id IS NOT NULL);
CREATE INDEX follows_search ON public.follows USING btree (id) WHERE (kind = 'search'::text);
CREATE INDEX follows_theme ON public.follows USING btree (theme_id) WHERE (theme_id IS NOT NULL);
COMMENT ON COLUMN follows.search IS 'the query of the address of a search, in its one spelling';

CREATE TABLE grant_days (
    grant_id bigint NOT NULL,
    day date NOT NULL,
    files integer NOT NULL DEFAULT 0,
    questions integer NOT NULL DEFAULT 0,
    CONSTRAINT grant_days_files_check CHECK ((files >= 0)),
    CONSTRAINT grant_days_questions_check CHECK ((questions >= 0)),
    CONSTRAINT grant_days_grant_id_fkey FOREIGN KEY (grant_id) REFERENCES grants(id),
    CONSTRAINT grant_days_pkey PRIMARY KEY (grant_id, day)
);
COMMENT ON TABLE grant_days IS 'what of its quota a grant has used on a day (China)';

CREATE TABLE grant_fetches (
    grant_id bigint NOT NULL,
    user_id bigint NOT NULL,
    version_id bigint NOT NULL,
    content text NOT NULL,
    began_at timestamp with time zone NOT NULL,
    asked bigint NOT NULL,
    counts boolean NOT NULL,
    CONSTRAINT grant_fetches_asked_check CHECK ((asked >= 0)),
    CONSTRAINT grant_fetches_grant_id_fkey FOREIGN KEY (grant_id) REFERENCES grants(id),
    CONSTRAINT grant_fetches_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id),
    CONSTRAINT grant_fetches_version_id_fkey FOREIGN KEY (version_id) REFERENCES versions(id),
    CONSTRAINT grant_fetches_pkey PRIMARY KEY (grant_id, user_id, version_id, content)
);
COMMENT ON TABLE grant_fetches IS 'the file that an account is fetching under a grant: parts of it within the time of the house rule are not counted again';
COMMENT ON COLUMN grant_fetches.content IS 'digest of the bytes: the original and its renditions are files of their own';
COMMENT ON COLUMN grant_fetches.asked IS 'bytes that were asked for since it was counted last';
COMMENT ON COLUMN grant_fetches.counts IS 'the newest part was counted';

CREATE TABLE grant_follows (
    grant_id bigint NOT NULL,
    earlier_id bigint NOT NULL,
    kind text NOT NULL,
    CONSTRAINT grant_follows_check CHECK ((grant_id > earlier_id)),
    CONSTRAINT grant_follows_kind_check CHECK ((kind = ANY (ARRAY['renewal'::text, 'change'::text]))),
    CONSTRAINT grant_follows_earlier_id_fkey FOREIGN KEY (earlier_id) REFERENCES grants(id),
    CONSTRAINT grant_follows_grant_id_fkey FOREIGN KEY (grant_id) REFERENCES grants(id),
    CONSTRAINT grant_follows_pkey PRIMARY KEY (grant_id),
    CONSTRAINT grant_follows_earlier_id_key UNIQUE (earlier_id)
);

CREATE TABLE grant_items (
    grant_id bigint NOT NULL,
    resource_id text NOT NULL,
    columns text[],
    rows_where text NOT NULL DEFAULT ''::text,
    CONSTRAINT grant_items_grant_id_fkey FOREIGN KEY (grant_id) REFERENCES grants(id),
    CONSTRAINT grant_items_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES resources(id),
    CONSTRAINT grant_items_pkey PRIMARY KEY (grant_id, resource_id)
);
CREATE INDEX grant_items_resource ON public.grant_items USING btree (resource_id);
COMMENT ON COLUMN grant_items.columns IS 'names of columns; null: of a file that is no table, the whole. What a later version has more is not granted';

CREATE TABLE grants (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    number text NOT NULL,
    application_id bigint NOT NULL,
    agreement_id bigint NOT NULL,
    dataset_id bigint NOT NULL,
    user_id bigint NOT NULL,
    organisation_id bigint,
    lane text NOT NULL,
    purpose text NOT NULL,
    terms text NOT NULL,
    files_day integer NOT NULL,
    rows_day integer NOT NULL,
    from_at timestamp with time zone NOT NULL,
    until_at timestamp with time zone NOT NULL,
    state text NOT NULL,
    state_at timestamp with time zone NOT NULL,
    reason text NOT NULL DEFAULT ''::text,
    revision integer NOT NULL DEFAULT 1,
    ending_told integer NOT NULL DEFAULT 0,
    suspended_by text NOT NULL DEFAULT ''::text,
    CONSTRAINT grants_check CHECK ((until_at > from_at)),
    CONSTRAINT grants_check1 CHECK (((state <> ALL (ARRAY['suspended'::text, 'revoked'::text])) OR (reason <> ''::text))),
    CONSTRAINT grants_ending_told_check CHECK (((ending_told >= 0) AND (ending_told <= 2))),
    CONSTRAINT grants_files_day_check CHECK ((files_day > 0)),
    CONSTRAINT grants_lane_check CHECK ((lane = ANY (ARRAY['public'::text, 'academic'::text, 'commercial'::text]))),
    CONSTRAINT grants_number_check CHECK ((number ~ '^SQZ-\d{4}-\d{6}$'::text)),
    CONSTRAINT grants_purpose_check CHECK ((purpose <> ''::text)),
    CONSTRAINT grants_rows_day_check CHECK ((rows_day > 0)),
    CONSTRAINT grants_state_check CHECK ((state = ANY (ARRAY['active'::text, 'suspended'::text, 'expired'::text, 'revoked'::text, 'surrendered'::text, 'replaced'::text, 'closed'::text]))),
    CONSTRAINT grants_suspended_by_check CHECK ((suspended_by = ANY (ARRAY[''::text, 'department'::text, 'authority'::text, 'regulator'::text, 'platform'::text]))),
    CONSTRAINT grants_suspended_check CHECK (((state = 'suspended'::text) = (suspended_by <> ''::text))),
    CONSTRAINT grants_terms_check CHECK ((terms ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT grants_agreement_id_fkey FOREIGN KEY (agreement_id) REFERENCES agreements(id),
    CONSTRAINT grants_application_id_fkey FOREIGN KEY (application_id) REFERENCES applications(id),
    CONSTRAINT grants_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES datasets(id),
    CONSTRAINT grants_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES organisations(id),
    CONSTRAINT grants_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id),
    CONSTRAINT grants_pkey PRIMARY KEY (id),
    CONSTRAINT grants_agreement_id_key UNIQUE (agreement_id),
    CONSTRAINT grants_application_id_key UNIQUE (application_id),
    CONSTRAINT grants_number_key UNIQUE (number)
);
CREATE INDEX grants_dataset ON public.grants USING btree (dataset_id, id);
CREATE INDEX grants_ending ON public.grants USING btree (until_at) WHERE (state = 'active'::text);
CREATE INDEX grants_held_by_organisation ON public.grants USING btree (organisation_id, dataset_id) WHERE ((state = 'active'::text) AND (organisation_id IS NOT NULL));
CREATE INDEX grants_held_by_person ON public.grants USING btree (user_id, dataset_id) WHERE ((state = 'active'::text) AND (organisation_id IS NULL));
CREATE INDEX grants_organisation ON public.grants USING btree (organisation_id, id) WHERE (organisation_id IS NOT NULL);
CREATE INDEX grants_running ON public.grants USING btree (until_at) WHERE (state = ANY (ARRAY['active'::text, 'suspended'::text]));
CREATE INDEX grants_user ON public.grants USING btree (user_id, id);
COMMENT ON COLUMN grants.terms IS 'SHA-256 of the agreement';

CREATE TABLE identities (
    issuer text NOT NULL,
    subject text NOT NULL,
    user_id bigint NOT NULL,
    linked_by text NOT NULL,
    linked_at timestamp with time zone NOT NULL,
    last_used_on date,
    CONSTRAINT identities_issuer_check CHECK (((issuer <> ''::text) AND (length(issuer) <= 1000))),
    CONSTRAINT identities_linked_by_check CHECK ((linked_by = ANY (ARRAY['self'::text, 'staff'::text, 'sign-up'::text]))),
    CONSTRAINT identities_subject_check CHECK ((subject ~ '^[ -~]{1,255}$'::text)),
    CONSTRAINT identities_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
    CONSTRAINT identities_pkey PRIMARY KEY (issuer, subject),
    CONSTRAINT identities_user_id_issuer_key UNIQUE (user_id, issuer)
);
COMMENT ON TABLE identities IS 'whom a provider of identity knows under which name that says nothing; an address is never a reason to link';
COMMENT ON COLUMN identities.linked_by IS 'the person, signed in here; the system administrator, before the first sign-in; or the sign-up that made the account';
COMMENT ON COLUMN identities.last_used_on IS 'the day only';

CREATE TABLE incident_bodies (
    incident_id bigint NOT NULL,
    department_id bigint NOT NULL,
    told_at timestamp with time zone NOT NULL,
    CONSTRAINT incident_bodies_department_id_fkey FOREIGN KEY (department_id) REFERENCES departments(id),
    CONSTRAINT incident_bodies_incident_id_fkey FOREIGN KEY (incident_id) REFERENCES incidents(id),
    CONSTRAINT incident_bodies_pkey PRIMARY KEY (incident_id, department_id)
);
COMMENT ON TABLE incident_bodies IS 'departments that were told: those that hold a grant of sharing of it, and those that it may affect (AB-41.2)';

CREATE TABLE incident_people (
    incident_id bigint NOT NULL,
    user_id bigint NOT NULL,
    took integer NOT NULL,
    holds boolean NOT NULL,
    told_at timestamp with time zone NOT NULL,
    CONSTRAINT incident_people_check CHECK (((took > 0) OR holds)),
    CONSTRAINT incident_people_took_check CHECK ((took >= 0)),
    CONSTRAINT incident_people_incident_id_fkey FOREIGN KEY (incident_id) REFERENCES incidents(id),
    CONSTRAINT incident_people_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id),
    CONSTRAINT incident_people_pkey PRIMARY KEY (incident_id, user_id)
);
CREATE INDEX incident_people_user ON public.incident_people USING btree (user_id);
COMMENT ON TABLE incident_people IS 'who was told, once each: whoever took an affected version, or holds a grant of it';

CREATE TABLE incident_reports (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    incident_id bigint NOT NULL,
    kind text NOT NULL,
    body text NOT NULL,
    number text NOT NULL DEFAULT ''::text,
    words text NOT NULL DEFAULT ''::text,
    at timestamp with time zone NOT NULL,
    recorded_by bigint NOT NULL,
    name text NOT NULL,
    sent_at timestamp with time zone,
    CONSTRAINT incident_reports_body_check CHECK ((body <> ''::text)),
    CONSTRAINT incident_reports_check CHECK ((sent_at <= at)),
    CONSTRAINT incident_reports_kind_check CHECK ((kind = ANY (ARRAY['cyberspace'::text, 'police'::text, 'sector'::text, 'authority'::text, 'other'::text]))),
    CONSTRAINT incident_reports_incident_id_fkey FOREIGN KEY (incident_id) REFERENCES incidents(id),
    CONSTRAINT incident_reports_pkey PRIMARY KEY (id)
);
CREATE INDEX incident_reports_incident ON public.incident_reports USING btree (incident_id, id);
COMMENT ON COLUMN incident_reports.sent_at IS 'when it went out, as whoever recorded it says; of older ones only at is known, when it was recorded';

CREATE TABLE incident_versions (
    incident_id bigint NOT NULL,
    version_id bigint NOT NULL,
    CONSTRAINT incident_versions_incident_id_fkey FOREIGN KEY (incident_id) REFERENCES incidents(id),
    CONSTRAINT incident_versions_version_id_fkey FOREIGN KEY (version_id) REFERENCES versions(id),
    CONSTRAINT incident_versions_pkey PRIMARY KEY (incident_id, version_id)
);

CREATE TABLE incidents (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    number text NOT NULL,
    dataset_id bigint NOT NULL,
    department_id bigint NOT NULL,
    opener_id bigint NOT NULL,
    profile text NOT NULL,
    withdrawal_id bigint,
    level text NOT NULL,
    title text NOT NULL,
    what text NOT NULL,
    known_at timestamp with time zone NOT NULL,
    state text NOT NULL,
    measures text NOT NULL DEFAULT ''::text,
    contained_at timestamp with time zone,
    records text NOT NULL DEFAULT ''::text,
    records_count integer NOT NULL DEFAULT 0,
    records_sha256 text NOT NULL DEFAULT ''::text,
    words text NOT NULL DEFAULT ''::text,
    words_en text NOT NULL DEFAULT ''::text,
    told_at timestamp with time zone,
    cause text NOT NULL DEFAULT ''::text,
    lessons text NOT NULL DEFAULT ''::text,
    opened_by bigint NOT NULL,
    opened_name text NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    revision integer NOT NULL DEFAULT 1,
    sent text,
    CONSTRAINT incidents_check CHECK (((contained_at IS NULL) = (measures = ''::text))),
    CONSTRAINT incidents_check1 CHECK (((state <> ALL (ARRAY['contained'::text, 'closed'::text])) OR (contained_at IS NOT NULL))),
    CONSTRAINT incidents_check2 CHECK (((told_at IS NULL) = (words = ''::text))),
    CONSTRAINT incidents_check3 CHECK (((state <> 'closed'::text) OR ((cause <> ''::text) AND (lessons <> ''::text) AND (records_sha256 <> ''::text)))),
    CONSTRAINT incidents_check4 CHECK (((ended_at IS NULL) = (state = ANY (ARRAY['open'::text, 'contained'::text])))),
    CONSTRAINT incidents_level_check CHECK ((level <> ''::text)),
    CONSTRAINT incidents_number_check CHECK ((number ~ '^AQ-\d{4}-\d{6}$'::text)),
    CONSTRAINT incidents_records_count_check CHECK ((records_count >= 0)),
    CONSTRAINT incidents_records_sha256_check CHECK ((records_sha256 ~ '^([0-9a-f]{64})?$'::text)),
    CONSTRAINT incidents_sent_check CHECK ((sent ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT incidents_state_check CHECK ((state = ANY (ARRAY['open'::text, 'contained'::text, 'closed'::text, 'void'::text]))),
    CONSTRAINT incidents_title_check CHECK ((title <> ''::text)),
    CONSTRAINT incidents_what_check CHECK ((what <> ''::text)),
    CONSTRAINT incidents_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES datasets(id),
    CONSTRAINT incidents_department_id_fkey FOREIGN KEY (department_id) REFERENCES departments(id),
    CONSTRAINT incidents_opener_id_fkey FOREIGN KEY (opener_id) REFERENCES departments(id),
    CONSTRAINT incidents_withdrawal_id_fkey FOREIGN KEY (withdrawal_id) REFERENCES opening_incidents(id),
    CONSTRAINT incidents_pkey PRIMARY KEY (id),
    CONSTRAINT incidents_number_key UNIQUE (number),
    CONSTRAINT incidents_sent_key UNIQUE (sent)
);
CREATE INDEX incidents_dataset ON public.incidents USING btree (dataset_id);
CREATE INDEX incidents_department ON public.incidents USING btree (department_id, id DESC);
CREATE INDEX incidents_profile ON public.incidents USING btree (profile, id DESC);
COMMENT ON TABLE incidents IS 'known to the department of the data, the authority, the regulator and the departments that were told; the people who were told see the words that they were told alone';
COMMENT ON COLUMN incidents.withdrawal_id IS 'the withdrawal at once that came with it';
COMMENT ON COLUMN incidents.records_sha256 IS 'of the records of deliveries as they stood when they were put aside as evidence';
COMMENT ON COLUMN incidents.sent IS 'as of rectification_orders';

CREATE TABLE invitations (
    id bytea NOT NULL,
    organisation_id bigint NOT NULL,
    identifier text NOT NULL,
    role text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    CONSTRAINT invitations_id_check CHECK ((length(id) = 16)),
    CONSTRAINT invitations_identifier_check CHECK (((length(identifier) >= 3) AND (length(identifier) <= 254))),
    CONSTRAINT invitations_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'member'::text]))),
    CONSTRAINT invitations_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES organisations(id) ON DELETE CASCADE,
    CONSTRAINT invitations_pkey PRIMARY KEY (id)
);
CREATE INDEX invitations_organisation ON public.invitations USING btree (organisation_id);
COMMENT ON TABLE invitations IS 'mailed links to join; each is for one address and works once';

CREATE TABLE item_sources (
    dataset_id bigint NOT NULL,
    item text NOT NULL,
    case_id bigint NOT NULL,
    department_id bigint NOT NULL,
    source_id bigint NOT NULL,
    collects boolean NOT NULL GENERATED ALWAYS AS ((department_id = source_id)) STORED,
    CONSTRAINT item_sources_item_check CHECK ((item <> ''::text)),
    CONSTRAINT item_sources_case_id_dataset_id_fkey FOREIGN KEY (case_id, dataset_id) REFERENCES source_case_entries(case_id, dataset_id),
    CONSTRAINT item_sources_case_id_item_fkey FOREIGN KEY (case_id, item) REFERENCES source_case_items(case_id, key),
    CONSTRAINT item_sources_case_id_source_id_fkey FOREIGN KEY (case_id, source_id) REFERENCES source_cases(id, source_id),
    CONSTRAINT item_sources_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES datasets(id),
    CONSTRAINT item_sources_department_id_fkey FOREIGN KEY (department_id) REFERENCES departments(id),
    CONSTRAINT item_sources_source_id_fkey FOREIGN KEY (source_id) REFERENCES departments(id),
    CONSTRAINT item_sources_pkey PRIMARY KEY (dataset_id, item)
);
CREATE INDEX item_sources_case ON public.item_sources USING btree (case_id);
COMMENT ON TABLE item_sources IS 'one item of one entry is decided once: two departments cannot both be told to collect it';

CREATE TABLE known_downloads (
    user_id bigint NOT NULL,
    dataset_id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT known_downloads_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES datasets(id),
    CONSTRAINT known_downloads_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
    CONSTRAINT known_downloads_pkey PRIMARY KEY (dataset_id, user_id)
);
CREATE INDEX known_downloads_user ON public.known_downloads USING btree (user_id);
COMMENT ON TABLE known_downloads IS 'who had signed in when they took data, and when last: to be told when something is wrong with it (TJ-50), and for nothing else';

CREATE TABLE known_networks (
    user_id bigint NOT NULL,
    network bytea NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    CONSTRAINT known_networks_network_check CHECK ((length(network) = 16)),
    CONSTRAINT known_networks_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id),
    CONSTRAINT known_networks_pkey PRIMARY KEY (user_id, network)
);
COMMENT ON TABLE known_networks IS 'hashes of the networks an account signed in from of late: strangers who guess at an account cannot lock its owner out there';

CREATE TABLE ledger_accounts (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    code text NOT NULL,
    currency text NOT NULL,
    kind text NOT NULL,
    guard text NOT NULL,
    organisation_id bigint,
    CONSTRAINT ledger_accounts_code_check CHECK (((code ~ '^[a-z_]+(:[a-z_]+)*(:[A-Za-z0-9-]+)?$'::text) AND (length(code) <= 80))),
    CONSTRAINT ledger_accounts_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT ledger_accounts_guard_check CHECK ((guard = ANY (ARRAY['none'::text, 'no_debit_balance'::text, 'no_credit_balance'::text]))),
    CONSTRAINT ledger_accounts_kind_check CHECK ((kind = ANY (ARRAY['asset'::text, 'liability'::text, 'revenue'::text, 'expense'::text, 'clearing'::text]))),
    CONSTRAINT ledger_accounts_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES organisations(id),
    CONSTRAINT ledger_accounts_pkey PRIMARY KEY (id),
    CONSTRAINT ledger_accounts_code_currency_key UNIQUE (code, currency)
);
CREATE INDEX ledger_accounts_organisation ON public.ledger_accounts USING btree (organisation_id) WHERE (organisation_id IS NOT NULL);
CREATE TRIGGER ledger_accounts_kept BEFORE DELETE OR UPDATE ON public.ledger_accounts FOR EACH ROW EXECUTE FUNCTION refuse_rebooking();
CREATE TRIGGER ledger_accounts_opened AFTER INSERT ON public.ledger_accounts FOR EACH ROW EXECUTE FUNCTION ledger_opened();
CREATE TRIGGER ledger_accounts_whole BEFORE TRUNCATE ON public.ledger_accounts FOR EACH STATEMENT EXECUTE FUNCTION refuse_rebooking();
COMMENT ON COLUMN ledger_accounts.guard IS 'the side on which the balance must never be: nobody is owed less than nothing';
COMMENT ON COLUMN ledger_accounts.organisation_id IS 'whose claim or debt it is';

CREATE TABLE ledger_balances (
    account_id bigint NOT NULL,
    folded bigint NOT NULL DEFAULT 0,
    CONSTRAINT ledger_balances_account_id_fkey FOREIGN KEY (account_id) REFERENCES ledger_accounts(id),
    CONSTRAINT ledger_balances_pkey PRIMARY KEY (account_id)
);
COMMENT ON TABLE ledger_balances IS 'made again of ledger_entries by their triggers wherever these are read in; the balance is folded plus what is in ledger_unfolded';

CREATE TABLE ledger_closings (
    through date NOT NULL,
    transactions bigint NOT NULL,
    last_id bigint NOT NULL,
    sha256 bytea NOT NULL,
    at timestamp with time zone NOT NULL,
    by_id bigint NOT NULL,
    by_name text NOT NULL,
    CONSTRAINT ledger_closings_last_id_check CHECK ((last_id >= 0)),
    CONSTRAINT ledger_closings_sha256_check CHECK ((octet_length(sha256) = 32)),
    CONSTRAINT ledger_closings_transactions_check CHECK ((transactions >= 0)),
    CONSTRAINT ledger_closings_pkey PRIMARY KEY (through)
);
CREATE TRIGGER ledger_closings_kept BEFORE DELETE OR UPDATE ON public.ledger_closings FOR EACH ROW EXECUTE FUNCTION refuse_rebooking();
CREATE TRIGGER ledger_closings_whole BEFORE TRUNCATE ON public.ledger_closings FOR EACH STATEMENT EXECUTE FUNCTION refuse_rebooking();
COMMENT ON TABLE ledger_closings IS 'nothing is booked any more on or before this day; sha256 is of the trial balance at it';
COMMENT ON COLUMN ledger_closings.last_id IS 'of the transactions there were then: an instant could be mistaken, a number cannot';

CREATE TABLE ledger_entries (
    transaction_id bigint NOT NULL,
    seq smallint NOT NULL,
    account_id bigint NOT NULL,
    currency text NOT NULL,
    amount bigint NOT NULL,
    CONSTRAINT ledger_entries_amount_check CHECK (((amount <> 0) AND (abs(amount) <= '1000000000000000'::bigint))),
    CONSTRAINT ledger_entries_seq_check CHECK ((seq > 0)),
    CONSTRAINT ledger_entries_transaction_id_fkey FOREIGN KEY (transaction_id) REFERENCES ledger_transactions(id),
    CONSTRAINT ledger_entries_pkey PRIMARY KEY (transaction_id, seq)
);
CREATE INDEX ledger_entries_account ON public.ledger_entries USING btree (account_id, transaction_id);
CREATE TRIGGER ledger_entries_entered AFTER INSERT ON public.ledger_entries REFERENCING NEW TABLE AS entered FOR EACH STATEMENT EXECUTE FUNCTION ledger_entered();
CREATE TRIGGER ledger_entries_kept BEFORE DELETE OR UPDATE ON public.ledger_entries FOR EACH ROW EXECUTE FUNCTION refuse_rebooking();
CREATE TRIGGER ledger_entries_whole BEFORE TRUNCATE ON public.ledger_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_rebooking();
COMMENT ON COLUMN ledger_entries.account_id IS 'of ledger_accounts, in its currency: looked up when written, since accounts never change. A foreign key would lock the same few rows for everybody who posts';
COMMENT ON COLUMN ledger_entries.amount IS 'minor units; a debit is positive, a credit negative';

CREATE TABLE ledger_transactions (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    key text NOT NULL,
    sha256 bytea NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    words text NOT NULL DEFAULT ''::text,
    effective_on date NOT NULL,
    at timestamp with time zone NOT NULL,
    by_id bigint NOT NULL,
    by_name text NOT NULL,
    reverses_id bigint,
    CONSTRAINT ledger_transactions_check CHECK ((reverses_id < id)),
    CONSTRAINT ledger_transactions_key_check CHECK (((key <> ''::text) AND (length(key) <= 200))),
    CONSTRAINT ledger_transactions_kind_check CHECK ((kind ~ '^[a-z_]+$'::text)),
    CONSTRAINT ledger_transactions_sha256_check CHECK ((octet_length(sha256) = 32)),
    CONSTRAINT ledger_transactions_subject_check CHECK (((subject <> ''::text) AND (length(subject) <= 80))),
    CONSTRAINT ledger_transactions_words_check CHECK ((length(words) <= 500)),
    CONSTRAINT ledger_transactions_reverses_id_fkey FOREIGN KEY (reverses_id) REFERENCES ledger_transactions(id),
    CONSTRAINT ledger_transactions_pkey PRIMARY KEY (id),
    CONSTRAINT ledger_transactions_key_key UNIQUE (key),
    CONSTRAINT ledger_transactions_reverses_id_key UNIQUE (reverses_id)
);
CREATE INDEX ledger_transactions_effective ON public.ledger_transactions USING btree (effective_on, id);
CREATE INDEX ledger_transactions_subject ON public.ledger_transactions USING btree (subject, id);
CREATE CONSTRAINT TRIGGER ledger_transactions_balanced AFTER INSERT ON public.ledger_transactions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_balanced();
CREATE TRIGGER ledger_transactions_kept BEFORE DELETE OR UPDATE ON public.ledger_transactions FOR EACH ROW EXECUTE FUNCTION refuse_rebooking();
CREATE TRIGGER ledger_transactions_open BEFORE INSERT ON public.ledger_transactions FOR EACH ROW EXECUTE FUNCTION ledger_open_day();
CREATE TRIGGER ledger_transactions_whole BEFORE TRUNCATE ON public.ledger_transactions FOR EACH STATEMENT EXECUTE FUNCTION refuse_rebooking();
COMMENT ON COLUMN ledger_transactions.key IS 'who posts twice under one key posts once; another body under the same key is refused';
COMMENT ON COLUMN ledger_transactions.sha256 IS 'of what was asked under the key: kind, subject, day and entries';
COMMENT ON COLUMN ledger_transactions.subject IS 'number of the order, settlement, refund or bank line that it is about';
COMMENT ON COLUMN ledger_transactions.effective_on IS 'the day it counts for in the books, Asia/Shanghai';

CREATE TABLE ledger_unfolded (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    account_id bigint NOT NULL,
    amount bigint NOT NULL,
    CONSTRAINT ledger_unfolded_pkey PRIMARY KEY (id)
);
CREATE INDEX ledger_unfolded_account ON public.ledger_unfolded USING btree (account_id);

CREATE TABLE licences (
    id text NOT NULL,
    name text NOT NULL,
    name_en text NOT NULL,
    url text NOT NULL DEFAULT ''::text,
    attribution boolean NOT NULL DEFAULT false,
    share_alike boolean NOT NULL DEFAULT false,
    terms text NOT NULL DEFAULT ''::text,
    terms_en text NOT NULL DEFAULT ''::text,
    CONSTRAINT licences_pkey PRIMARY KEY (id)
);
COMMENT ON COLUMN licences.terms IS 'the licence in one plain sentence';

CREATE TABLE lineages (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    dataset_id bigint NOT NULL,
    upload_id text NOT NULL,
    sha256 text NOT NULL,
    road text NOT NULL,
    source_dataset_id bigint NOT NULL,
    source_version_id bigint,
    source_upload_id text,
    source_sha256 text NOT NULL,
    source_table integer NOT NULL DEFAULT 0,
    report text,
    report_sha256 text,
    consent jsonb,
    made_by bigint NOT NULL,
    made_name text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    CONSTRAINT lineages_check CHECK ((num_nonnulls(source_version_id, source_upload_id) = 1)),
    CONSTRAINT lineages_check1 CHECK (((road = 'deidentified'::text) = ((report IS NOT NULL) AND (report_sha256 IS NOT NULL)))),
    CONSTRAINT lineages_check2 CHECK (((road = 'consent'::text) = (consent IS NOT NULL))),
    CONSTRAINT lineages_check3 CHECK (((road <> 'consent'::text) OR ((sha256 = source_sha256) AND (dataset_id <> source_dataset_id)))),
    CONSTRAINT lineages_check4 CHECK (((report IS NULL) OR (encode(sha256(convert_to(report, 'UTF8'::name)), 'hex'::text) = report_sha256))),
    CONSTRAINT lineages_consent_check CHECK ((jsonb_typeof(consent) = 'object'::text)),
    CONSTRAINT lineages_report_sha256_check CHECK ((report_sha256 ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT lineages_road_check CHECK ((road = ANY (ARRAY['deidentified'::text, 'consent'::text]))),
    CONSTRAINT lineages_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT lineages_source_sha256_check CHECK ((source_sha256 ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT lineages_source_table_check CHECK ((source_table >= 0)),
    CONSTRAINT lineages_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES datasets(id),
    CONSTRAINT lineages_source_dataset_id_fkey FOREIGN KEY (source_dataset_id) REFERENCES datasets(id),
    CONSTRAINT lineages_source_upload_id_fkey FOREIGN KEY (source_upload_id) REFERENCES uploads(id),
    CONSTRAINT lineages_source_version_id_fkey FOREIGN KEY (source_version_id) REFERENCES versions(id),
    CONSTRAINT lineages_upload_id_fkey FOREIGN KEY (upload_id) REFERENCES uploads(id),
    CONSTRAINT lineages_pkey PRIMARY KEY (id),
    CONSTRAINT lineages_upload_id_key UNIQUE (upload_id)
);
CREATE INDEX lineages_dataset ON public.lineages USING btree (dataset_id, sha256);
CREATE INDEX lineages_source ON public.lineages USING btree (source_dataset_id);
CREATE INDEX lineages_source_upload ON public.lineages USING btree (source_upload_id);
CREATE INDEX lineages_version ON public.lineages USING btree (source_version_id);
CREATE TRIGGER lineages_final BEFORE DELETE OR UPDATE ON public.lineages FOR EACH ROW EXECUTE FUNCTION lineage_is_final();
COMMENT ON TABLE lineages IS 'of which withheld data a file was made, and how (AB-31.3); never changed';
COMMENT ON COLUMN lineages.report IS 'the recipe and what came of it, as JSON: the very bytes that report_sha256 is of';
COMMENT ON COLUMN lineages.consent IS 'who agreed, by which paper, when, to what';

CREATE TABLE link_days (
    resource_id text NOT NULL,
    day date NOT NULL,
    checks integer NOT NULL,
    answered integer NOT NULL,
    took_ms bigint NOT NULL,
    CONSTRAINT link_days_check CHECK (((answered >= 0) AND (answered <= checks))),
    CONSTRAINT link_days_checks_check CHECK ((checks > 0)),
    CONSTRAINT link_days_took_ms_check CHECK ((took_ms >= 0)),
    CONSTRAINT link_days_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES links(resource_id),
    CONSTRAINT link_days_pkey PRIMARY KEY (resource_id, day)
);
COMMENT ON TABLE link_days IS 'checks of a day in China: how many, how many of them were answered, and how long the answers took together';

CREATE TABLE link_states (
    resource_id text NOT NULL,
    state text NOT NULL,
    problem text NOT NULL DEFAULT ''::text,
    status integer NOT NULL DEFAULT 0,
    took_ms integer NOT NULL DEFAULT 0,
    content_type text NOT NULL DEFAULT ''::text,
    bytes bigint,
    moved_to text NOT NULL DEFAULT ''::text,
    certificate_ends timestamp with time zone,
    checked_at timestamp with time zone NOT NULL,
    ok_at timestamp with time zone,
    failures integer NOT NULL DEFAULT 0,
    failing_since timestamp with time zone,
    dead_since timestamp with time zone,
    next_check timestamp with time zone NOT NULL,
    told boolean NOT NULL DEFAULT false,
    CONSTRAINT link_states_bytes_check CHECK ((bytes >= 0)),
    CONSTRAINT link_states_check CHECK (((state = ANY (ARRAY['failing'::text, 'dead'::text])) = (failures > 0))),
    CONSTRAINT link_states_check1 CHECK (((failing_since IS NOT NULL) = (failures > 0))),
    CONSTRAINT link_states_check2 CHECK (((dead_since IS NOT NULL) = (state = 'dead'::text))),
    CONSTRAINT link_states_check3 CHECK (((problem = ''::text) = (state = 'ok'::text))),
    CONSTRAINT link_states_check4 CHECK (((ok_at <= checked_at) AND (failing_since <= checked_at) AND (next_check > checked_at))),
    CONSTRAINT link_states_failures_check CHECK ((failures >= 0)),
    CONSTRAINT link_states_state_check CHECK ((state = ANY (ARRAY['ok'::text, 'wrong'::text, 'failing'::text, 'dead'::text]))),
    CONSTRAINT link_states_status_check CHECK (((status = 0) OR ((status >= 100) AND (status <= 999)))),
    CONSTRAINT link_states_took_ms_check CHECK ((took_ms >= 0)),
    CONSTRAINT link_states_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES links(resource_id),
    CONSTRAINT link_states_pkey PRIMARY KEY (resource_id)
);
CREATE INDEX link_states_due ON public.link_states USING btree (next_check);
COMMENT ON TABLE link_states IS 'how the last check went; no row: not checked yet, or not since the address changed';
COMMENT ON COLUMN link_states.told IS 'the department has been told by mail that the address is dead, and not yet that it is back';

CREATE TABLE links (
    resource_id text NOT NULL,
    kind text NOT NULL,
    url text NOT NULL,
    format text NOT NULL DEFAULT ''::text,
    formats text[] NOT NULL GENERATED ALWAYS AS (array_remove(
CASE kind
    WHEN 'api'::text THEN ARRAY['api'::text, format]
    ELSE ARRAY[format]
END, ''::text)) STORED,
    example text NOT NULL DEFAULT ''::text,
    docs text NOT NULL DEFAULT ''::text,
    usage text NOT NULL DEFAULT ''::text,
    usage_en text NOT NULL DEFAULT ''::text,
    notes text NOT NULL DEFAULT ''::text,
    notes_en text NOT NULL DEFAULT ''::text,
    CONSTRAINT links_check CHECK (((kind <> 'page'::text) OR (format = 'html'::text))),
    CONSTRAINT links_check1 CHECK (((kind <> 'file'::text) OR (format <> ALL (ARRAY[''::text, 'html'::text, 'wms'::text, 'wmts'::text, 'wfs'::text])))),
    CONSTRAINT links_docs_check CHECK (((docs = ''::text) OR ((docs ~ '^(https?://[^/]|/[^/])'::text) AND (docs !~ '[[:cntrl:][:space:]\\]'::text) AND (length(docs) <= 2000)))),
    CONSTRAINT links_example_check CHECK (((example = ''::text) OR ((example ~ '^(https?://[^/]|/[^/])'::text) AND (example !~ '[[:cntrl:][:space:]\\]'::text) AND (length(example) <= 2000)))),
    CONSTRAINT links_format_check CHECK ((format = ANY (ARRAY[''::text, 'csv'::text, 'tsv'::text, 'txt'::text, 'json'::text, 'ndjson'::text, 'xml'::text, 'xlsx'::text, 'geojson'::text, 'shp'::text, 'parquet'::text, 'pdf'::text, 'docx'::text, 'zip'::text, 'html'::text, 'wms'::text, 'wmts'::text, 'wfs'::text]))),
    CONSTRAINT links_kind_check CHECK ((kind = ANY (ARRAY['api'::text, 'file'::text, 'page'::text]))),
    CONSTRAINT links_url_check CHECK (((url ~ '^(https?://[^/]|/[^/])'::text) AND (url !~ '[[:cntrl:][:space:]\\]'::text) AND (length(url) <= 2000))),
    CONSTRAINT links_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES resources(id),
    CONSTRAINT links_pkey PRIMARY KEY (resource_id)
);
CREATE TRIGGER links_files_or_address BEFORE INSERT ON public.links FOR EACH ROW EXECUTE FUNCTION files_or_address();
COMMENT ON COLUMN links.url IS 'an address of the web; one that begins with / is of the portal itself';
COMMENT ON COLUMN links.formats IS 'what the entry is found under';
COMMENT ON COLUMN links.example IS 'a request that a service answers with data; what is checked, where there is one';
COMMENT ON COLUMN links.usage IS 'how to use it: method, parameters, where a key is had';
COMMENT ON COLUMN links.notes IS 'coordinates and whatever is peculiar about the format';

CREATE TABLE listing_events (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    listing_id bigint NOT NULL,
    plan_id bigint,
    act text NOT NULL,
    side text NOT NULL,
    state text NOT NULL,
    by_id bigint NOT NULL,
    name text NOT NULL,
    words text NOT NULL DEFAULT ''::text,
    at timestamp with time zone NOT NULL,
    CONSTRAINT listing_events_act_check CHECK ((act <> ''::text)),
    CONSTRAINT listing_events_listing_id_fkey FOREIGN KEY (listing_id) REFERENCES listings(id),
    CONSTRAINT listing_events_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES listing_plans(id),
    CONSTRAINT listing_events_pkey PRIMARY KEY (id)
);
CREATE INDEX listing_events_of ON public.listing_events USING btree (listing_id, id);
CREATE TRIGGER listing_events_frozen BEFORE DELETE OR UPDATE ON public.listing_events FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER listing_events_whole BEFORE TRUNCATE ON public.listing_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE listing_invited (
    listing_id bigint NOT NULL,
    organisation_id bigint NOT NULL,
    CONSTRAINT listing_invited_listing_id_fkey FOREIGN KEY (listing_id) REFERENCES listings(id),
    CONSTRAINT listing_invited_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES organisations(id),
    CONSTRAINT listing_invited_pkey PRIMARY KEY (listing_id, organisation_id)
);
CREATE TRIGGER listing_invited_open BEFORE INSERT OR DELETE OR UPDATE ON public.listing_invited FOR EACH ROW EXECUTE FUNCTION listing_invited_open();
COMMENT ON TABLE listing_invited IS 'whom a listing is for that is not for everybody';

CREATE TABLE listing_plans (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    number text NOT NULL,
    listing_id bigint NOT NULL,
    name text NOT NULL,
    name_en text NOT NULL DEFAULT ''::text,
    kind text NOT NULL,
    channel text NOT NULL,
    currency text NOT NULL,
    fen bigint NOT NULL DEFAULT 0,
    months integer NOT NULL DEFAULT 0,
    days integer NOT NULL DEFAULT 0,
    unit text NOT NULL DEFAULT ''::text,
    cap_fen bigint NOT NULL DEFAULT 0,
    quota bigint NOT NULL DEFAULT 0,
    tax integer NOT NULL DEFAULT 0,
    tax_included boolean NOT NULL DEFAULT true,
    refund text NOT NULL DEFAULT ''::text,
    refund_days integer NOT NULL DEFAULT 0,
    refund_fee integer NOT NULL DEFAULT 0,
    private_to bigint,
    replaces_id bigint,
    state text NOT NULL,
    state_at timestamp with time zone NOT NULL,
    reason text NOT NULL DEFAULT ''::text,
    live_at timestamp with time zone,
    ceilings jsonb NOT NULL DEFAULT '[]'::jsonb,
    made_by bigint NOT NULL,
    made_name text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    sent text,
    CONSTRAINT listing_plans_cap_fen_check CHECK (((cap_fen >= 0) AND (cap_fen <= '1000000000000'::bigint))),
    CONSTRAINT listing_plans_ceilings_check CHECK ((jsonb_typeof(ceilings) = 'array'::text)),
    CONSTRAINT listing_plans_channel_check CHECK ((channel = ANY (ARRAY['file'::text, 'api'::text, 'workspace'::text]))),
    CONSTRAINT listing_plans_check CHECK ((replaces_id <> id)),
    CONSTRAINT listing_plans_check1 CHECK (((kind = ANY (ARRAY['one_off'::text, 'subscription'::text])) = (fen > 0))),
    CONSTRAINT listing_plans_check2 CHECK (((kind = 'subscription'::text) = (months > 0))),
    CONSTRAINT listing_plans_check3 CHECK (((kind = 'trial'::text) = (days > 0))),
    CONSTRAINT listing_plans_check4 CHECK (((kind = 'metered'::text) = (unit <> ''::text))),
    CONSTRAINT listing_plans_check5 CHECK (((kind = 'metered'::text) OR (cap_fen = 0))),
    CONSTRAINT listing_plans_check6 CHECK (((kind <> 'trial'::text) OR (quota > 0))),
    CONSTRAINT listing_plans_check7 CHECK (((kind = ANY (ARRAY['free'::text, 'trial'::text])) = (refund = ''::text))),
    CONSTRAINT listing_plans_check8 CHECK (((state = 'draft'::text) OR (live_at IS NOT NULL) OR (state = 'ended'::text))),
    CONSTRAINT listing_plans_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT listing_plans_days_check CHECK ((days >= 0)),
    CONSTRAINT listing_plans_fen_check CHECK (((fen >= 0) AND (fen <= '1000000000000'::bigint))),
    CONSTRAINT listing_plans_kind_check CHECK ((kind = ANY (ARRAY['free'::text, 'one_off'::text, 'subscription'::text, 'metered'::text, 'trial'::text]))),
    CONSTRAINT listing_plans_months_check CHECK ((months >= 0)),
    CONSTRAINT listing_plans_name_check CHECK ((name <> ''::text)),
    CONSTRAINT listing_plans_number_check CHECK ((number ~ '^TC-\d{4}-\d{6}$'::text)),
    CONSTRAINT listing_plans_quota_check CHECK (((quota >= 0) AND (quota <= '1000000000000'::bigint))),
    CONSTRAINT listing_plans_refund_days_check CHECK ((refund_days >= 0)),
    CONSTRAINT listing_plans_refund_fee_check CHECK (((refund_fee >= 0) AND (refund_fee <= 10000))),
    CONSTRAINT listing_plans_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'live'::text, 'ended'::text]))),
    CONSTRAINT listing_plans_tax_check CHECK (((tax >= 0) AND (tax <= 10000))),
    CONSTRAINT listing_plans_listing_id_fkey FOREIGN KEY (listing_id) REFERENCES listings(id),
    CONSTRAINT listing_plans_made_by_fkey FOREIGN KEY (made_by) REFERENCES users(id),
    CONSTRAINT listing_plans_private_to_fkey FOREIGN KEY (private_to) REFERENCES organisations(id),
    CONSTRAINT listing_plans_replaces_id_fkey FOREIGN KEY (replaces_id) REFERENCES listing_plans(id),
    CONSTRAINT listing_plans_pkey PRIMARY KEY (id),
    CONSTRAINT listing_plans_number_key UNIQUE (number),
    CONSTRAINT listing_plans_sent_key UNIQUE (sent)
);
CREATE INDEX listing_plans_listing ON public.listing_plans USING btree (listing_id, id);
CREATE UNIQUE INDEX listing_plans_replaced ON public.listing_plans USING btree (replaces_id) WHERE (state <> 'ended'::text);
CREATE TRIGGER listing_plans_frozen BEFORE DELETE ON public.listing_plans FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER listing_plans_moves BEFORE INSERT OR UPDATE ON public.listing_plans FOR EACH ROW EXECUTE FUNCTION plan_moves();
CREATE TRIGGER listing_plans_priced BEFORE UPDATE OF state ON public.listing_plans FOR EACH ROW WHEN (((new.state = 'live'::text) AND (old.state <> 'live'::text))) EXECUTE FUNCTION plan_priced();
CREATE TRIGGER listing_plans_whole BEFORE TRUNCATE ON public.listing_plans FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE listing_plans IS 'how what is listed is paid for: amounts in hundredths of the currency; one that is live is never changed, and another replaces it';
COMMENT ON COLUMN listing_plans.tax IS 'value-added tax in basis points; tax_included: the price has it in it';
COMMENT ON COLUMN listing_plans.ceilings IS 'the ceilings of the authority that it was held against when it went live: [{mandate, form, unit, fen}]';

CREATE TABLE listings (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    number text NOT NULL,
    product_id bigint NOT NULL,
    organisation_id bigint NOT NULL,
    visibility text NOT NULL,
    channels text[] NOT NULL,
    refresh text NOT NULL,
    availability integer NOT NULL DEFAULT 0,
    response_hours integer NOT NULL,
    contact text NOT NULL,
    prohibited text NOT NULL,
    state text NOT NULL,
    state_at timestamp with time zone NOT NULL,
    reason text NOT NULL DEFAULT ''::text,
    paused_by text NOT NULL DEFAULT ''::text,
    clock_profile text NOT NULL DEFAULT ''::text,
    clock_path text NOT NULL DEFAULT ''::text,
    clock_from timestamp with time zone,
    checked_by bigint,
    checked_name text NOT NULL DEFAULT ''::text,
    sample boolean NOT NULL DEFAULT false,
    made_by bigint NOT NULL,
    made_name text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    sent text,
    CONSTRAINT listings_availability_check CHECK (((availability >= 0) AND (availability <= 10000))),
    CONSTRAINT listings_channels_check CHECK (((cardinality(channels) > 0) AND (channels <@ '{file,api,workspace}'::text[]))),
    CONSTRAINT listings_check CHECK (((state <> ALL (ARRAY['returned'::text, 'paused'::text, 'delisted'::text])) OR (reason <> ''::text))),
    CONSTRAINT listings_check1 CHECK (((state = 'paused'::text) = (paused_by <> ''::text))),
    CONSTRAINT listings_check2 CHECK (((state <> ALL (ARRAY['published'::text, 'paused'::text])) OR (checked_by IS NOT NULL))),
    CONSTRAINT listings_check3 CHECK (((clock_path = ''::text) = (clock_from IS NULL))),
    CONSTRAINT listings_contact_check CHECK ((contact <> ''::text)),
    CONSTRAINT listings_number_check CHECK ((number ~ '^SJ-\d{4}-\d{6}$'::text)),
    CONSTRAINT listings_paused_by_check CHECK ((paused_by = ANY (ARRAY[''::text, 'seller'::text, 'exchange'::text, 'regulator'::text]))),
    CONSTRAINT listings_prohibited_check CHECK ((prohibited <> ''::text)),
    CONSTRAINT listings_refresh_check CHECK ((refresh <> ''::text)),
    CONSTRAINT listings_response_hours_check CHECK (((response_hours >= 1) AND (response_hours <= 720))),
    CONSTRAINT listings_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'platform_check'::text, 'returned'::text, 'published'::text, 'paused'::text, 'delisted'::text]))),
    CONSTRAINT listings_visibility_check CHECK ((visibility = ANY (ARRAY['public'::text, 'invited'::text, 'one_buyer'::text]))),
    CONSTRAINT listings_checked_by_fkey FOREIGN KEY (checked_by) REFERENCES users(id),
    CONSTRAINT listings_made_by_fkey FOREIGN KEY (made_by) REFERENCES users(id),
    CONSTRAINT listings_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES organisations(id),
    CONSTRAINT listings_product_id_fkey FOREIGN KEY (product_id) REFERENCES products(id),
    CONSTRAINT listings_pkey PRIMARY KEY (id),
    CONSTRAINT listings_number_key UNIQUE (number),
    CONSTRAINT listings_sent_key UNIQUE (sent)
);
CREATE INDEX listings_organisation ON public.listings USING btree (organisation_id, id DESC);
CREATE INDEX listings_product ON public.listings USING btree (product_id, id DESC);
CREATE UNIQUE INDEX listings_public ON public.listings USING btree (product_id) WHERE ((visibility = 'public'::text) AND (state <> 'delisted'::text));
CREATE INDEX listings_state ON public.listings USING btree (state, id DESC);
CREATE TRIGGER listings_frozen BEFORE DELETE ON public.listings FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER listings_moves BEFORE INSERT OR UPDATE ON public.listings FOR EACH ROW EXECUTE FUNCTION listing_moves();
CREATE TRIGGER listings_whole BEFORE TRUNCATE ON public.listings FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE listings IS 'a product as its seller offers it, to everybody or to some; that what it rests on still holds is no state of it and is asked each time (I-07)';
COMMENT ON COLUMN listings.organisation_id IS 'the seller: whoever had the right to run the product (数据产品经营权) when it was made';
COMMENT ON COLUMN listings.availability IS 'of what is delivered by calls, in hundredths of a percent; 0: nothing is promised';

CREATE TABLE log_checkpoints (
    size bigint NOT NULL,
    key_id text NOT NULL,
    root bytea NOT NULL,
    signed_at timestamp with time zone NOT NULL,
    note bytea NOT NULL,
    CONSTRAINT log_checkpoints_root_check CHECK ((octet_length(root) = 32)),
    CONSTRAINT log_checkpoints_size_check CHECK ((size > 0)),
    CONSTRAINT log_checkpoints_key_id_fkey FOREIGN KEY (key_id) REFERENCES signing_keys(id),
    CONSTRAINT log_checkpoints_pkey PRIMARY KEY (size, key_id)
);
CREATE TRIGGER log_checkpoints_grow BEFORE DELETE OR UPDATE ON public.log_checkpoints FOR EACH ROW EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER log_checkpoints_kept BEFORE TRUNCATE ON public.log_checkpoints FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
COMMENT ON TABLE log_checkpoints IS 'every checkpoint that was ever signed, as it was published (C2SP tlog-checkpoint); they lie in the data folder too';

CREATE TABLE log_contradictions (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    witness text NOT NULL,
    size bigint NOT NULL,
    seen bigint NOT NULL,
    since timestamp with time zone NOT NULL,
    until timestamp with time zone,
    CONSTRAINT log_contradictions_check CHECK ((until >= since)),
    CONSTRAINT log_contradictions_seen_check CHECK ((seen >= 0)),
    CONSTRAINT log_contradictions_size_check CHECK ((size > 0)),
    CONSTRAINT log_contradictions_witness_check CHECK ((witness ~ '^[!-*,-~]{1,200}\+[0-9a-f]{8}$'::text)),
    CONSTRAINT log_contradictions_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX log_contradictions_open ON public.log_contradictions USING btree (witness) WHERE (until IS NULL);
COMMENT ON TABLE log_contradictions IS 'times in which a witness refused to sign because it had seen another log than this';
COMMENT ON COLUMN log_contradictions.witness IS 'its name and the hash of its key';
COMMENT ON COLUMN log_contradictions.size IS 'leaves of our checkpoint that it refused last';
COMMENT ON COLUMN log_contradictions.seen IS 'leaves of the log that it saw, as it says';
COMMENT ON COLUMN log_contradictions.until IS 'when it signed again';

CREATE TABLE log_cosignatures (
    size bigint NOT NULL,
    key_id text NOT NULL,
    witness text NOT NULL,
    line text NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT log_cosignatures_line_check CHECK ((line <> ''::text)),
    CONSTRAINT log_cosignatures_witness_check CHECK ((witness ~ '^[!-*,-~]{1,200}\+[0-9a-f]{8}$'::text)),
    CONSTRAINT log_cosignatures_size_key_id_fkey FOREIGN KEY (size, key_id) REFERENCES log_checkpoints(size, key_id),
    CONSTRAINT log_cosignatures_pkey PRIMARY KEY (size, key_id, witness)
);
CREATE TRIGGER log_cosignatures_grow BEFORE DELETE OR UPDATE ON public.log_cosignatures FOR EACH ROW EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER log_cosignatures_kept BEFORE TRUNCATE ON public.log_cosignatures FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
COMMENT ON TABLE log_cosignatures IS 'signatures of witnesses under checkpoints (C2SP tlog-cosignature)';
COMMENT ON COLUMN log_cosignatures.witness IS 'its name and the hash of its key';
COMMENT ON COLUMN log_cosignatures.line IS 'the line under the note';
COMMENT ON COLUMN log_cosignatures.at IS 'the time that the witness signed';

CREATE TABLE log_hashes (
    idx bigint NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT log_hashes_hash_check CHECK ((octet_length(hash) = 32)),
    CONSTRAINT log_hashes_idx_check CHECK ((idx >= 0)),
    CONSTRAINT log_hashes_pkey PRIMARY KEY (idx)
);
CREATE TRIGGER log_hashes_grow BEFORE DELETE OR UPDATE ON public.log_hashes FOR EACH ROW EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER log_hashes_kept BEFORE TRUNCATE ON public.log_hashes FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
COMMENT ON TABLE log_hashes IS 'hashes of leaves and of whole subtrees, each once, in the order of golang.org/x/mod/sumdb/tlog';

CREATE TABLE log_leaves (
    seq bigint NOT NULL,
    kind text NOT NULL,
    at timestamp with time zone NOT NULL,
    hash bytea NOT NULL,
    entry bytea NOT NULL,
    CONSTRAINT log_leaves_entry_check CHECK (((octet_length(entry) >= 1) AND (octet_length(entry) <= 65535))),
    CONSTRAINT log_leaves_hash_check CHECK ((octet_length(hash) = 32)),
    CONSTRAINT log_leaves_kind_check CHECK ((kind = ANY (ARRAY['seal'::text, 'recall'::text, 'certificate'::text, 'key'::text, 'revocation'::text, 'receipt'::text, 'developer-key'::text, 'countersign'::text]))),
    CONSTRAINT log_leaves_seq_check CHECK ((seq >= 0)),
    CONSTRAINT log_leaves_pkey PRIMARY KEY (seq)
);
CREATE INDEX log_leaves_hash ON public.log_leaves USING btree (hash);
CREATE INDEX log_leaves_kind ON public.log_leaves USING btree (kind, seq);
CREATE TRIGGER log_leaves_grow BEFORE DELETE OR UPDATE ON public.log_leaves FOR EACH ROW EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER log_leaves_kept BEFORE TRUNCATE ON public.log_leaves FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
COMMENT ON TABLE log_leaves IS 'the leaves in their order, from 0 without a gap; whoever appends holds an advisory lock until its transaction ends';
COMMENT ON COLUMN log_leaves.at IS 'as in the entry: never before that of the leaf before';
COMMENT ON COLUMN log_leaves.hash IS 'RFC 6962: SHA-256 of 0x00 and the entry';
COMMENT ON COLUMN log_leaves.entry IS 'the bytes that are hashed and given to everybody: kind, time and body as JSON';

CREATE TABLE log_origin (
    single boolean NOT NULL DEFAULT true,
    origin text NOT NULL,
    fixed_at timestamp with time zone NOT NULL,
    CONSTRAINT log_origin_origin_check CHECK ((origin ~ '^[!-*,-~]{3,200}$'::text)),
    CONSTRAINT log_origin_single_check CHECK (single),
    CONSTRAINT log_origin_pkey PRIMARY KEY (single)
);
CREATE TRIGGER log_origin_grow BEFORE DELETE OR UPDATE ON public.log_origin FOR EACH ROW EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER log_origin_kept BEFORE TRUNCATE ON public.log_origin FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
COMMENT ON TABLE log_origin IS 'the name of the log, as all its checkpoints say it: fixed when the server first starts';

CREATE TABLE mailings (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    user_id bigint NOT NULL,
    digest boolean NOT NULL,
    day date,
    at timestamp with time zone NOT NULL,
    done_at timestamp with time zone,
    CONSTRAINT mailings_check CHECK ((digest = (day IS NOT NULL))),
    CONSTRAINT mailings_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
    CONSTRAINT mailings_pkey PRIMARY KEY (id),
    CONSTRAINT mailings_user_id_day_key UNIQUE (user_id, day)
);
COMMENT ON TABLE mailings IS 'letters that are under way or sent; a letter is written from the notices that name it';
COMMENT ON COLUMN mailings.day IS 'of a digest: the day it tells of, so that there is one a day';

CREATE TABLE mandate_awards (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    plan_id bigint NOT NULL,
    winner_id bigint NOT NULL,
    winner_side text NOT NULL DEFAULT 'operate'::text,
    way text NOT NULL,
    candidates integer NOT NULL,
    announced_on date NOT NULL,
    words text NOT NULL,
    tender text NOT NULL DEFAULT ''::text,
    side text NOT NULL DEFAULT 'manage'::text,
    recorded_by bigint NOT NULL,
    recorded_name text NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT mandate_awards_candidates_check CHECK ((candidates > 0)),
    CONSTRAINT mandate_awards_side_check CHECK ((side = 'manage'::text)),
    CONSTRAINT mandate_awards_way_check CHECK ((way <> ''::text)),
    CONSTRAINT mandate_awards_winner_side_check CHECK ((winner_side = 'operate'::text)),
    CONSTRAINT mandate_awards_words_check CHECK ((words <> ''::text)),
    CONSTRAINT mandate_awards_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES mandate_plans(id),
    CONSTRAINT mandate_awards_recorded_by_side_fkey FOREIGN KEY (recorded_by, side) REFERENCES users(id, side),
    CONSTRAINT mandate_awards_winner_id_winner_side_fkey FOREIGN KEY (winner_id, winner_side) REFERENCES organisations(id, side),
    CONSTRAINT mandate_awards_pkey PRIMARY KEY (id),
    CONSTRAINT mandate_awards_plan_id_key UNIQUE (plan_id)
);
CREATE UNIQUE INDEX mandate_awards_tender ON public.mandate_awards USING btree (tender) WHERE (tender <> ''::text);
COMMENT ON TABLE mandate_awards IS 'by which competition an operator was chosen for a plan; its papers are case_papers of kind mandate_award';
COMMENT ON COLUMN mandate_awards.tender IS 'number of the tender that was held on this platform; empty: it was held elsewhere';

CREATE TABLE mandate_ceilings (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    mandate_id bigint NOT NULL,
    form text NOT NULL,
    unit text NOT NULL,
    fen bigint NOT NULL,
    CONSTRAINT mandate_ceilings_fen_check CHECK ((fen >= 0)),
    CONSTRAINT mandate_ceilings_form_check CHECK ((form <> ''::text)),
    CONSTRAINT mandate_ceilings_unit_check CHECK ((unit <> ''::text)),
    CONSTRAINT mandate_ceilings_mandate_id_fkey FOREIGN KEY (mandate_id) REFERENCES mandates(id),
    CONSTRAINT mandate_ceilings_pkey PRIMARY KEY (id),
    CONSTRAINT mandate_ceilings_mandate_id_form_unit_key UNIQUE (mandate_id, form, unit)
);
CREATE TRIGGER mandate_ceilings_part BEFORE INSERT OR DELETE OR UPDATE ON public.mandate_ceilings FOR EACH ROW EXECUTE FUNCTION mandate_part();
COMMENT ON TABLE mandate_ceilings IS 'the most that the operator may charge (上限收费标准) for one unit of a form of product, in fen';

CREATE TABLE mandate_evaluations (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    mandate_id bigint NOT NULL,
    from_on date NOT NULL,
    until_on date NOT NULL,
    verdict text NOT NULL,
    findings text NOT NULL,
    income bigint NOT NULL,
    carried bigint NOT NULL,
    side text NOT NULL DEFAULT 'manage'::text,
    evaluated_by bigint NOT NULL,
    evaluated_name text NOT NULL,
    evaluated_at timestamp with time zone NOT NULL,
    CONSTRAINT mandate_evaluations_carried_check CHECK ((carried >= 0)),
    CONSTRAINT mandate_evaluations_check CHECK ((until_on > from_on)),
    CONSTRAINT mandate_evaluations_findings_check CHECK ((findings <> ''::text)),
    CONSTRAINT mandate_evaluations_income_check CHECK ((income >= 0)),
    CONSTRAINT mandate_evaluations_side_check CHECK ((side = 'manage'::text)),
    CONSTRAINT mandate_evaluations_verdict_check CHECK ((verdict <> ''::text)),
    CONSTRAINT mandate_evaluations_evaluated_by_side_fkey FOREIGN KEY (evaluated_by, side) REFERENCES users(id, side),
    CONSTRAINT mandate_evaluations_mandate_id_fkey FOREIGN KEY (mandate_id) REFERENCES mandates(id),
    CONSTRAINT mandate_evaluations_pkey PRIMARY KEY (id),
    CONSTRAINT mandate_evaluations_mandate_id_from_on_key UNIQUE (mandate_id, from_on)
);
CREATE TRIGGER mandate_evaluations_stay BEFORE DELETE OR UPDATE ON public.mandate_evaluations FOR EACH ROW EXECUTE FUNCTION stays_as_it_is();
COMMENT ON TABLE mandate_evaluations IS 'what the body found of the operator in a cycle (评估评价), and what it took in fees: what exceeds the permitted income is carried into the next period';

CREATE TABLE mandate_items (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    mandate_id bigint NOT NULL,
    dataset_id bigint NOT NULL,
    columns text[] NOT NULL,
    forms text[] NOT NULL DEFAULT '{}'::text[],
    purposes text[] NOT NULL DEFAULT '{}'::text[],
    CONSTRAINT mandate_items_columns_check CHECK ((cardinality(columns) > 0)),
    CONSTRAINT mandate_items_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES datasets(id),
    CONSTRAINT mandate_items_mandate_id_fkey FOREIGN KEY (mandate_id) REFERENCES mandates(id),
    CONSTRAINT mandate_items_pkey PRIMARY KEY (id),
    CONSTRAINT mandate_items_mandate_id_dataset_id_key UNIQUE (mandate_id, dataset_id)
);
CREATE TRIGGER mandate_items_part BEFORE INSERT OR DELETE OR UPDATE ON public.mandate_items FOR EACH ROW EXECUTE FUNCTION mandate_part();
COMMENT ON TABLE mandate_items IS 'the scope of a mandate, down to columns; empty forms and purposes: those of the mandate';

CREATE TABLE mandate_plan_items (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    plan_id bigint NOT NULL,
    dataset_id bigint NOT NULL,
    columns text[] NOT NULL,
    CONSTRAINT mandate_plan_items_columns_check CHECK ((cardinality(columns) > 0)),
    CONSTRAINT mandate_plan_items_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES datasets(id),
    CONSTRAINT mandate_plan_items_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES mandate_plans(id) ON DELETE CASCADE,
    CONSTRAINT mandate_plan_items_pkey PRIMARY KEY (id),
    CONSTRAINT mandate_plan_items_plan_id_dataset_id_key UNIQUE (plan_id, dataset_id)
);

CREATE TABLE mandate_plans (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    number text NOT NULL,
    body_id bigint NOT NULL,
    side text NOT NULL DEFAULT 'manage'::text,
    parent_id bigint,
    title text NOT NULL,
    need text NOT NULL DEFAULT ''::text,
    products text NOT NULL DEFAULT ''::text,
    forms text[] NOT NULL DEFAULT '{}'::text[],
    purposes text[] NOT NULL DEFAULT '{}'::text[],
    months integer NOT NULL DEFAULT 0,
    security_level text NOT NULL DEFAULT ''::text,
    security text NOT NULL DEFAULT ''::text,
    evaluation text NOT NULL DEFAULT ''::text,
    exit_plan text NOT NULL DEFAULT ''::text,
    state text NOT NULL,
    state_at timestamp with time zone NOT NULL,
    reason text NOT NULL DEFAULT ''::text,
    drafted_by bigint NOT NULL,
    drafted_name text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    decided_by bigint,
    decided_name text NOT NULL DEFAULT ''::text,
    decided_at timestamp with time zone,
    revision integer NOT NULL DEFAULT 1,
    sent text,
    CONSTRAINT mandate_plans_check CHECK ((decided_by <> drafted_by)),
    CONSTRAINT mandate_plans_check1 CHECK (((state <> 'approved'::text) OR ((decided_by IS NOT NULL) AND (decided_at IS NOT NULL)))),
    CONSTRAINT mandate_plans_check2 CHECK (((state = ANY (ARRAY['draft'::text, 'withdrawn'::text])) OR ((months > 0) AND (cardinality(forms) > 0) AND (cardinality(purposes) > 0) AND (security_level <> ''::text) AND (security <> ''::text) AND (evaluation <> ''::text) AND (exit_plan <> ''::text)))),
    CONSTRAINT mandate_plans_months_check CHECK ((months >= 0)),
    CONSTRAINT mandate_plans_number_check CHECK ((number ~ '^SSFA-\d{4}-\d{6}$'::text)),
    CONSTRAINT mandate_plans_side_check CHECK ((side = 'manage'::text)),
    CONSTRAINT mandate_plans_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'submitted'::text, 'approved'::text, 'withdrawn'::text]))),
    CONSTRAINT mandate_plans_title_check CHECK ((title <> ''::text)),
    CONSTRAINT mandate_plans_body_id_side_fkey FOREIGN KEY (body_id, side) REFERENCES departments(id, side),
    CONSTRAINT mandate_plans_decided_by_side_fkey FOREIGN KEY (decided_by, side) REFERENCES users(id, side),
    CONSTRAINT mandate_plans_drafted_by_side_fkey FOREIGN KEY (drafted_by, side) REFERENCES users(id, side),
    CONSTRAINT mandate_plans_pkey PRIMARY KEY (id),
    CONSTRAINT mandate_plans_number_key UNIQUE (number),
    CONSTRAINT mandate_plans_sent_key UNIQUE (sent)
);
COMMENT ON TABLE mandate_plans IS '实施方案: what an implementing body (实施机构) wants operated, approved by somebody other than whoever drafted it';
COMMENT ON COLUMN mandate_plans.parent_id IS 'the mandate under which the one that is planned will stand: a city''s under its province''s; no foreign key, since mandates refer to plans and none is ever deleted';

CREATE TABLE mandates (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    number text NOT NULL,
    parent_id bigint,
    renews_id bigint,
    body_id bigint NOT NULL,
    operator_id bigint NOT NULL,
    title text NOT NULL,
    purposes text[] NOT NULL DEFAULT '{}'::text[],
    forms text[] NOT NULL DEFAULT '{}'::text[],
    from_at timestamp with time zone NOT NULL,
    until_at timestamp with time zone NOT NULL,
    state text NOT NULL,
    state_at timestamp with time zone NOT NULL,
    reason text NOT NULL DEFAULT ''::text,
    made_at timestamp with time zone NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    body_side text NOT NULL DEFAULT 'manage'::text,
    operator_side text NOT NULL DEFAULT 'operate'::text,
    plan_id bigint,
    products text NOT NULL DEFAULT ''::text,
    security_level text NOT NULL DEFAULT ''::text,
    security text NOT NULL DEFAULT ''::text,
    evaluation text NOT NULL DEFAULT ''::text,
    evaluation_months integer NOT NULL DEFAULT 12,
    exit_plan text NOT NULL DEFAULT ''::text,
    income bigint,
    income_months integer NOT NULL DEFAULT 12,
    tariff jsonb NOT NULL DEFAULT '[]'::jsonb,
    drafted_by bigint,
    drafted_name text NOT NULL DEFAULT ''::text,
    approved_by bigint,
    approved_name text NOT NULL DEFAULT ''::text,
    template text NOT NULL DEFAULT ''::text,
    agreement text NOT NULL DEFAULT ''::text,
    sha256 text NOT NULL DEFAULT ''::text,
    locked_at timestamp with time zone,
    body_signed_by bigint,
    body_signed_name text NOT NULL DEFAULT ''::text,
    body_signed_at timestamp with time zone,
    body_signed_method text NOT NULL DEFAULT ''::text,
    operator_signed_by bigint,
    operator_signed_name text NOT NULL DEFAULT ''::text,
    operator_signed_at timestamp with time zone,
    operator_signed_method text NOT NULL DEFAULT ''::text,
    held_by text NOT NULL DEFAULT ''::text,
    basis text NOT NULL DEFAULT ''::text,
    reminded_at timestamp with time zone,
    sent text,
    held_body bigint,
    CONSTRAINT mandates_body_side_check CHECK ((body_side = 'manage'::text)),
    CONSTRAINT mandates_check CHECK ((until_at > from_at)),
    CONSTRAINT mandates_check1 CHECK (((state <> ALL (ARRAY['suspended'::text, 'revoked'::text])) OR (reason <> ''::text))),
    CONSTRAINT mandates_check2 CHECK ((approved_by <> drafted_by)),
    CONSTRAINT mandates_check3 CHECK ((body_signed_by <> operator_signed_by)),
    CONSTRAINT mandates_check4 CHECK (((parent_id <> id) AND (renews_id <> id))),
    CONSTRAINT mandates_check5 CHECK (((state <> ALL (ARRAY['approved'::text, 'signed'::text, 'active'::text, 'suspended'::text, 'expired'::text, 'revoked'::text, 'surrendered'::text, 'closed'::text])) OR ((sha256 <> ''::text) AND (approved_by IS NOT NULL) AND (locked_at IS NOT NULL)))),
    CONSTRAINT mandates_check6 CHECK (((state <> ALL (ARRAY['signed'::text, 'active'::text, 'suspended'::text, 'expired'::text, 'revoked'::text, 'surrendered'::text, 'closed'::text])) OR ((body_signed_by IS NOT NULL) AND (operator_signed_by IS NOT NULL)))),
    CONSTRAINT mandates_check7 CHECK (((state = 'suspended'::text) = (held_by <> ''::text))),
    CONSTRAINT mandates_check8 CHECK (((state <> 'suspended'::text) OR (basis <> ''::text))),
    CONSTRAINT mandates_evaluation_months_check CHECK ((evaluation_months > 0)),
    CONSTRAINT mandates_held_body_check CHECK (((held_by = 'above'::text) = (held_body IS NOT NULL))),
    CONSTRAINT mandates_held_by_check CHECK ((held_by = ANY (ARRAY[''::text, 'body'::text, 'above'::text, 'regulator'::text]))),
    CONSTRAINT mandates_income_check CHECK ((income > 0)),
    CONSTRAINT mandates_income_months_check CHECK ((income_months > 0)),
    CONSTRAINT mandates_number_check CHECK ((number ~ '^AUTH-\d{4}-\d{6}$'::text)),
    CONSTRAINT mandates_operator_side_check CHECK ((operator_side = 'operate'::text)),
    CONSTRAINT mandates_sha256_check CHECK (((sha256 = ''::text) OR (sha256 ~ '^[0-9a-f]{64}$'::text))),
    CONSTRAINT mandates_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'under_review'::text, 'approved'::text, 'signed'::text, 'active'::text, 'suspended'::text, 'expired'::text, 'revoked'::text, 'surrendered'::text, 'closed'::text, 'withdrawn'::text]))),
    CONSTRAINT mandates_tariff_check CHECK ((jsonb_typeof(tariff) = 'array'::text)),
    CONSTRAINT mandates_title_check CHECK ((title <> ''::text)),
    CONSTRAINT mandates_approved_by_body_side_fkey FOREIGN KEY (approved_by, body_side) REFERENCES users(id, side),
    CONSTRAINT mandates_body_id_body_side_fkey FOREIGN KEY (body_id, body_side) REFERENCES departments(id, side),
    CONSTRAINT mandates_body_id_fkey FOREIGN KEY (body_id) REFERENCES departments(id),
    CONSTRAINT mandates_body_signed_by_body_side_fkey FOREIGN KEY (body_signed_by, body_side) REFERENCES users(id, side),
    CONSTRAINT mandates_drafted_by_body_side_fkey FOREIGN KEY (drafted_by, body_side) REFERENCES users(id, side),
    CONSTRAINT mandates_held_body_body_side_fkey FOREIGN KEY (held_body, body_side) REFERENCES departments(id, side),
    CONSTRAINT mandates_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES organisations(id),
    CONSTRAINT mandates_operator_id_operator_side_fkey FOREIGN KEY (operator_id, operator_side) REFERENCES organisations(id, side),
    CONSTRAINT mandates_operator_signed_by_operator_side_fkey FOREIGN KEY (operator_signed_by, operator_side) REFERENCES users(id, side),
    CONSTRAINT mandates_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES mandates(id),
    CONSTRAINT mandates_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES mandate_plans(id),
    CONSTRAINT mandates_renews_id_fkey FOREIGN KEY (renews_id) REFERENCES mandates(id),
    CONSTRAINT mandates_pkey PRIMARY KEY (id),
    CONSTRAINT mandates_number_key UNIQUE (number),
    CONSTRAINT mandates_sent_key UNIQUE (sent)
);
CREATE INDEX mandates_body ON public.mandates USING btree (body_id, id DESC);
CREATE INDEX mandates_operator ON public.mandates USING btree (operator_id, id DESC);
CREATE INDEX mandates_parent ON public.mandates USING btree (parent_id) WHERE (parent_id IS NOT NULL);
CREATE UNIQUE INDEX mandates_planned_once ON public.mandates USING btree (plan_id) WHERE ((renews_id IS NULL) AND (state <> 'withdrawn'::text));
CREATE UNIQUE INDEX mandates_renewed_once ON public.mandates USING btree (renews_id) WHERE (state <> 'withdrawn'::text);
CREATE TRIGGER mandates_empty BEFORE INSERT OR UPDATE OF state ON public.mandates FOR EACH ROW WHEN ((new.state = 'closed'::text)) EXECUTE FUNCTION mandate_empty();
CREATE TRIGGER mandates_hold BEFORE UPDATE OF held_by ON public.mandates FOR EACH ROW WHEN (((old.held_by <> ''::text) AND (new.held_by <> old.held_by) AND ((hold_rank(new.held_by) >= 1) AND (hold_rank(new.held_by) <= hold_rank(old.held_by))))) EXECUTE FUNCTION hold_passes();
CREATE TRIGGER mandates_locked BEFORE UPDATE ON public.mandates FOR EACH ROW WHEN ((old.locked_at IS NOT NULL)) EXECUTE FUNCTION mandate_locked();
CREATE TRIGGER mandates_moves BEFORE UPDATE OF state ON public.mandates FOR EACH ROW WHEN ((old.state <> new.state)) EXECUTE FUNCTION mandate_moves();
CREATE TRIGGER mandates_nest BEFORE INSERT OR UPDATE OF from_at, until_at, parent_id ON public.mandates FOR EACH ROW EXECUTE FUNCTION terms_nest();
CREATE TRIGGER mandates_within BEFORE INSERT OR UPDATE OF forms, purposes, parent_id, income ON public.mandates FOR EACH ROW WHEN ((new.parent_id IS NOT NULL)) EXECUTE FUNCTION mandate_within();
COMMENT ON TABLE mandates IS 'authorisation agreements (授权运营协议) between an implementing body and an operator; a city''s stands under its province''s (parent_id)';
COMMENT ON COLUMN mandates.until_at IS 'the first moment that is no longer in the term; renewal makes another mandate and never moves it';
COMMENT ON COLUMN mandates.operator_side IS 'who manages does not operate (管运分离; FJ-III.3): the sides of the body, of the operator and of all who act for either are held by foreign keys';
COMMENT ON COLUMN mandates.income IS 'most that the operator may take in fees in a period of income_months (最高准许收入), in fen; none: nothing is set';
COMMENT ON COLUMN mandates.tariff IS 'what may be charged for service, as it stood in the rules when the agreement was locked';
COMMENT ON COLUMN mandates.held_by IS 'whose suspension it is: that side, or one above it, lifts it';
COMMENT ON COLUMN mandates.basis IS 'provision or clause on which it was suspended or revoked';
COMMENT ON COLUMN mandates.held_body IS 'which of the bodies above holds it';

CREATE TABLE note_versions (
    note_id bigint NOT NULL,
    number integer NOT NULL,
    title text NOT NULL,
    title_en text NOT NULL DEFAULT ''::text,
    body text NOT NULL,
    body_en text NOT NULL DEFAULT ''::text,
    author_id bigint NOT NULL,
    author text NOT NULL,
    approver_id bigint NOT NULL,
    approver text NOT NULL,
    approved_at timestamp with time zone NOT NULL,
    CONSTRAINT note_versions_body_check CHECK ((body <> ''::text)),
    CONSTRAINT note_versions_check CHECK ((author_id <> approver_id)),
    CONSTRAINT note_versions_number_check CHECK ((number > 0)),
    CONSTRAINT note_versions_title_check CHECK ((title <> ''::text)),
    CONSTRAINT note_versions_note_id_fkey FOREIGN KEY (note_id) REFERENCES notes(id),
    CONSTRAINT note_versions_pkey PRIMARY KEY (note_id, number)
);
CREATE TRIGGER note_versions_frozen BEFORE DELETE OR UPDATE ON public.note_versions FOR EACH ROW EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE note_versions IS 'approved by somebody else than wrote it; never changed';

CREATE TABLE notes (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    dataset_id bigint NOT NULL,
    state text NOT NULL,
    title text NOT NULL DEFAULT ''::text,
    title_en text NOT NULL DEFAULT ''::text,
    body text NOT NULL DEFAULT ''::text,
    body_en text NOT NULL DEFAULT ''::text,
    reason text NOT NULL DEFAULT ''::text,
    author_id bigint NOT NULL,
    author text NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    CONSTRAINT notes_check CHECK (((state = 'draft'::text) OR ((title <> ''::text) AND (body <> ''::text)))),
    CONSTRAINT notes_check1 CHECK (((state <> 'returned'::text) OR (reason <> ''::text))),
    CONSTRAINT notes_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'submitted'::text, 'returned'::text, 'approved'::text]))),
    CONSTRAINT notes_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES datasets(id),
    CONSTRAINT notes_pkey PRIMARY KEY (id)
);
CREATE INDEX notes_dataset ON public.notes USING btree (dataset_id, id DESC);
COMMENT ON TABLE notes IS 'what is being written; what everybody reads is the newest of note_versions';

CREATE TABLE notice_settings (
    user_id bigint NOT NULL,
    topic text NOT NULL,
    channel text NOT NULL,
    mode text NOT NULL,
    CONSTRAINT notice_settings_channel_check CHECK ((channel = ANY (ARRAY['app'::text, 'mail'::text]))),
    CONSTRAINT notice_settings_mode_check CHECK ((mode = ANY (ARRAY['now'::text, 'daily'::text, 'off'::text]))),
    CONSTRAINT notice_settings_topic_check CHECK ((topic = ANY (ARRAY['follow'::text, 'desk'::text, 'own'::text]))),
    CONSTRAINT notice_settings_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
    CONSTRAINT notice_settings_pkey PRIMARY KEY (user_id, topic, channel)
);
COMMENT ON TABLE notice_settings IS 'what somebody chose; where there is no row, what the program begins with';

CREATE TABLE notices (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    user_id bigint NOT NULL,
    topic text NOT NULL,
    key text NOT NULL,
    dataset_id bigint,
    event_id bigint,
    follow_id bigint,
    kind text NOT NULL,
    detail jsonb NOT NULL DEFAULT '{}'::jsonb,
    at timestamp with time zone NOT NULL,
    read_at timestamp with time zone,
    shown boolean NOT NULL DEFAULT true,
    mail text NOT NULL,
    mailing_id bigint,
    CONSTRAINT notices_check CHECK (((topic <> 'follow'::text) OR ((dataset_id IS NOT NULL) AND (follow_id IS NOT NULL)))),
    CONSTRAINT notices_check1 CHECK (((event_id IS NULL) OR (dataset_id IS NOT NULL))),
    CONSTRAINT notices_check2 CHECK (((mailing_id IS NULL) OR (mail <> 'off'::text))),
    CONSTRAINT notices_desk_check CHECK (((topic = 'own'::text) OR ((topic = 'desk'::text) = (detail <> '{}'::jsonb)))),
    CONSTRAINT notices_key_check CHECK ((key <> ''::text)),
    CONSTRAINT notices_kind_check CHECK ((kind <> ''::text)),
    CONSTRAINT notices_mail_check CHECK ((mail = ANY (ARRAY['now'::text, 'daily'::text, 'off'::text]))),
    CONSTRAINT notices_topic_check CHECK ((topic = ANY (ARRAY['follow'::text, 'desk'::text, 'own'::text]))),
    CONSTRAINT notices_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES datasets(id),
    CONSTRAINT notices_event_id_fkey FOREIGN KEY (event_id) REFERENCES events(id),
    CONSTRAINT notices_follow_id_fkey FOREIGN KEY (follow_id) REFERENCES follows(id) ON DELETE CASCADE,
    CONSTRAINT notices_mailing_id_fkey FOREIGN KEY (mailing_id) REFERENCES mailings(id) ON DELETE CASCADE,
    CONSTRAINT notices_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
    CONSTRAINT notices_pkey PRIMARY KEY (id),
    CONSTRAINT notices_user_id_key_key UNIQUE (user_id, key)
);
CREATE INDEX notices_list ON public.notices USING btree (user_id, id DESC) WHERE shown;
CREATE INDEX notices_mail ON public.notices USING btree (user_id) WHERE ((mailing_id IS NULL) AND (mail <> 'off'::text));
CREATE INDEX notices_mailing ON public.notices USING btree (mailing_id) WHERE (mailing_id IS NOT NULL);
CREATE INDEX notices_unread ON public.notices USING btree (user_id) WHERE (shown AND (read_at IS NULL));
COMMENT ON COLUMN notices.key IS 'what it tells, so that nobody is told twice';
COMMENT ON COLUMN notices.dataset_id IS 'shown and sent only while everybody may see the entry, or its page says that it was withdrawn';
COMMENT ON COLUMN notices.follow_id IS 'whoever ends a follow has no more of its notices';
COMMENT ON COLUMN notices.detail IS 'of the desk: kind and id of what waits; what it says is read at the desk when it is told';
COMMENT ON COLUMN notices.shown IS 'stands in the list of the app';
COMMENT ON COLUMN notices.mail IS 'how it goes out by mail, as the reader had chosen when it happened';

CREATE TABLE one_time_links (
    id bytea NOT NULL,
    purpose text NOT NULL,
    identifier text NOT NULL,
    user_id bigint,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    CONSTRAINT one_time_links_address_check CHECK (((purpose <> 'address'::text) OR (user_id IS NOT NULL))),
    CONSTRAINT one_time_links_check CHECK ((expires_at > created_at)),
    CONSTRAINT one_time_links_id_check CHECK ((length(id) = 16)),
    CONSTRAINT one_time_links_identifier_check CHECK (((length(identifier) >= 3) AND (length(identifier) <= 254))),
    CONSTRAINT one_time_links_purpose_check CHECK ((purpose = ANY (ARRAY['sign-up'::text, 'recover'::text, 'address'::text]))),
    CONSTRAINT one_time_links_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
    CONSTRAINT one_time_links_pkey PRIMARY KEY (id)
);
CREATE INDEX one_time_links_expiry ON public.one_time_links USING btree (expires_at);
CREATE INDEX one_time_links_identifier ON public.one_time_links USING btree (identifier);
COMMENT ON TABLE one_time_links IS 'what was mailed and may be followed once; the link also holds a code made with the key of the installation, so that a copy of this table opens nothing';
COMMENT ON COLUMN one_time_links.user_id IS 'the account it opens; null for a sign-up, and for an address that has no account';

CREATE TABLE open_conditions (
    dataset_id bigint NOT NULL,
    months integer NOT NULL,
    files_day integer NOT NULL,
    rows_day integer NOT NULL,
    materials text[] NOT NULL DEFAULT '{}'::text[],
    set_by bigint NOT NULL,
    set_name text NOT NULL,
    set_at timestamp with time zone NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    CONSTRAINT open_conditions_files_day_check CHECK ((files_day > 0)),
    CONSTRAINT open_conditions_materials_check CHECK ((cardinality(materials) <= 20)),
    CONSTRAINT open_conditions_months_check CHECK ((months > 0)),
    CONSTRAINT open_conditions_rows_day_check CHECK ((rows_day > 0)),
    CONSTRAINT open_conditions_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES datasets(id),
    CONSTRAINT open_conditions_pkey PRIMARY KEY (dataset_id)
);
COMMENT ON TABLE open_conditions IS 'what every applicant for an entry is given and asked for alike (AS-27.2): nothing of it is set for one of them';
COMMENT ON COLUMN open_conditions.months IS 'the longest term of a grant';
COMMENT ON COLUMN open_conditions.files_day IS 'files a grant takes in a day (China)';
COMMENT ON COLUMN open_conditions.rows_day IS 'questions about rows a grant asks in a day';
COMMENT ON COLUMN open_conditions.materials IS 'what an applicant hands in: only what stands here may be asked for (AB-26.2)';

CREATE TABLE open_contents (
    version_id bigint NOT NULL,
    "position" integer NOT NULL,
    columns text NOT NULL,
    digest text NOT NULL,
    CONSTRAINT open_contents_columns_check CHECK ((columns ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT open_contents_digest_check CHECK ((digest ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT open_contents_position_check CHECK (("position" >= 0)),
    CONSTRAINT open_contents_version_id_fkey FOREIGN KEY (version_id) REFERENCES versions(id),
    CONSTRAINT open_contents_pkey PRIMARY KEY (version_id, "position", columns)
);
CREATE INDEX open_contents_digest ON public.open_contents USING btree (digest);
CREATE TRIGGER open_contents_frozen BEFORE DELETE OR UPDATE ON public.open_contents FOR EACH ROW EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE open_contents IS 'digests of tables of public datasets by their canonical form, worked out where a product has a table of the same size: what is open is never sold (AS-29, TJ-20)';
COMMENT ON COLUMN open_contents.columns IS 'SHA-256 of the names and types by which the digest was worked out';

CREATE TABLE opening_checks (
    review_id bigint NOT NULL,
    gate text NOT NULL,
    proposed_by bigint NOT NULL,
    reviewer_id bigint NOT NULL,
    name text NOT NULL,
    department_id bigint NOT NULL,
    result text NOT NULL,
    words text NOT NULL DEFAULT ''::text,
    ticked text[] NOT NULL DEFAULT '{}'::text[],
    sha256 text NOT NULL,
    schema_hash text NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT opening_checks_check CHECK ((reviewer_id <> proposed_by)),
    CONSTRAINT opening_checks_check1 CHECK (((words <> ''::text) OR (result = ANY (ARRAY['pass'::text, 'approve'::text, 'confirm'::text])))),
    CONSTRAINT opening_checks_gate_check CHECK ((gate = ANY (ARRAY['security'::text, 'secrecy'::text, 'joint'::text]))),
    CONSTRAINT opening_checks_result_check CHECK ((result = ANY (ARRAY['pass'::text, 'approve'::text, 'approve_conditional'::text, 'withhold'::text, 'return'::text, 'return_for_deidentification'::text, 'confirm'::text, 'end'::text]))),
    CONSTRAINT opening_checks_department_id_fkey FOREIGN KEY (department_id) REFERENCES departments(id),
    CONSTRAINT opening_checks_review_id_proposed_by_fkey FOREIGN KEY (review_id, proposed_by) REFERENCES opening_reviews(id, proposed_by),
    CONSTRAINT opening_checks_pkey PRIMARY KEY (review_id, gate),
    CONSTRAINT opening_checks_review_id_reviewer_id_key UNIQUE (review_id, reviewer_id)
);
CREATE TRIGGER opening_checks_final BEFORE DELETE OR UPDATE ON public.opening_checks FOR EACH ROW EXECUTE FUNCTION opening_check_is_final();
COMMENT ON TABLE opening_checks IS 'what one person decided at one gate, about which content; never changed';

CREATE TABLE opening_events (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    kind text NOT NULL,
    title text NOT NULL,
    declared_by text NOT NULL,
    declared_on date NOT NULL,
    basis text NOT NULL,
    profile text NOT NULL,
    ended_on date,
    recorded_by bigint NOT NULL,
    recorded_name text NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT opening_events_basis_check CHECK ((basis <> ''::text)),
    CONSTRAINT opening_events_check CHECK ((ended_on >= declared_on)),
    CONSTRAINT opening_events_declared_by_check CHECK ((declared_by <> ''::text)),
    CONSTRAINT opening_events_kind_check CHECK ((kind = ANY (ARRAY['natural'::text, 'accident'::text, 'health'::text, 'security'::text]))),
    CONSTRAINT opening_events_title_check CHECK ((title <> ''::text)),
    CONSTRAINT opening_events_pkey PRIMARY KEY (id)
);
COMMENT ON TABLE opening_events IS 'emergencies that were declared (AS-20.4, AB-32): without one nothing is opened before its review';
COMMENT ON COLUMN opening_events.kind IS 'AB-32: 自然灾害, 事故灾难, 公共卫生事件, 社会安全事件';

CREATE TABLE opening_incidents (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    dataset_id bigint NOT NULL,
    reason text NOT NULL,
    withdrawn_by bigint NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    department_id bigint NOT NULL,
    withdrawn_at timestamp with time zone NOT NULL,
    told integer NOT NULL,
    restored_at timestamp with time zone,
    CONSTRAINT opening_incidents_check CHECK ((restored_at >= withdrawn_at)),
    CONSTRAINT opening_incidents_reason_check CHECK ((reason <> ''::text)),
    CONSTRAINT opening_incidents_role_check CHECK ((role = ANY (ARRAY['head'::text, 'authority'::text, 'regulator'::text]))),
    CONSTRAINT opening_incidents_told_check CHECK ((told >= 0)),
    CONSTRAINT opening_incidents_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES datasets(id),
    CONSTRAINT opening_incidents_department_id_fkey FOREIGN KEY (department_id) REFERENCES departments(id),
    CONSTRAINT opening_incidents_pkey PRIMARY KEY (id)
);
CREATE INDEX opening_incidents_dataset ON public.opening_incidents USING btree (dataset_id);
CREATE INDEX opening_incidents_department ON public.opening_incidents USING btree (department_id);
CREATE UNIQUE INDEX opening_incidents_open ON public.opening_incidents USING btree (dataset_id) WHERE (restored_at IS NULL);
COMMENT ON TABLE opening_incidents IS 'published -> emergency_withdrawn: what an entry was taken from the public at once for';
COMMENT ON COLUMN opening_incidents.department_id IS 'for which whoever withdrew it acted';
COMMENT ON COLUMN opening_incidents.told IS 'so many known downloaders were written to';

CREATE TABLE opening_reviews (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    kind text NOT NULL,
    dataset_id bigint NOT NULL,
    department_id bigint NOT NULL,
    resource_id text NOT NULL,
    upload_id text,
    version_id bigint,
    event_id bigint,
    sha256 text NOT NULL,
    schema_hash text NOT NULL,
    tables jsonb NOT NULL,
    terms jsonb NOT NULL,
    entry_terms jsonb NOT NULL,
    decided_terms jsonb,
    approved_hash text,
    profile text NOT NULL,
    clock_profile text NOT NULL DEFAULT ''::text,
    clock_path text NOT NULL DEFAULT ''::text,
    clock_from timestamp with time zone,
    note text NOT NULL DEFAULT ''::text,
    proposed_by bigint NOT NULL,
    proposed_name text NOT NULL,
    proposed_at timestamp with time zone NOT NULL,
    state text NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    decided_at timestamp with time zone,
    standing_until date,
    standing_terms text NOT NULL DEFAULT ''::text,
    revoked_at timestamp with time zone,
    revoked_by bigint,
    revoked_name text NOT NULL DEFAULT ''::text,
    revoked_reason text NOT NULL DEFAULT ''::text,
    security_level text,
    source text,
    CONSTRAINT opening_reviews_approved_hash_check CHECK ((approved_hash ~ '^([0-9a-f]{64})?$'::text)),
    CONSTRAINT opening_reviews_check CHECK (((kind = 'emergency'::text) = (event_id IS NOT NULL))),
    CONSTRAINT opening_reviews_check1 CHECK (((state <> ALL (ARRAY['published_provisional'::text, 'confirmed'::text, 'withdrawn'::text])) OR (kind = 'emergency'::text))),
    CONSTRAINT opening_reviews_check2 CHECK (((state = ANY (ARRAY['approved'::text, 'approved_conditional'::text, 'published_provisional'::text, 'confirmed'::text])) <= ((approved_hash IS NOT NULL) AND (decided_terms IS NOT NULL)))),
    CONSTRAINT opening_reviews_check3 CHECK (((standing_until IS NULL) OR ((state = ANY (ARRAY['approved'::text, 'approved_conditional'::text])) AND (standing_terms <> ''::text)))),
    CONSTRAINT opening_reviews_check4 CHECK (((revoked_at IS NULL) = (revoked_reason = ''::text))),
    CONSTRAINT opening_reviews_check5 CHECK (((kind = 'imported'::text) OR (upload_id IS NOT NULL) OR (version_id IS NOT NULL))),
    CONSTRAINT opening_reviews_kind_check CHECK ((kind = ANY (ARRAY['review'::text, 'emergency'::text, 'imported'::text]))),
    CONSTRAINT opening_reviews_reviewed_check CHECK (((security_level IS NULL) = (source IS NULL))),
    CONSTRAINT opening_reviews_schema_hash_check CHECK ((schema_hash ~ '^([0-9a-f]{64})?$'::text)),
    CONSTRAINT opening_reviews_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT opening_reviews_state_check CHECK ((state = ANY (ARRAY['proposed'::text, 'security_check'::text, 'secrecy_check'::text, 'joint_review'::text, 'approved'::text, 'approved_conditional'::text, 'withheld'::text, 'returned_for_deidentification'::text, 'returned'::text, 'taken_back'::text, 'published_provisional'::text, 'confirmed'::text, 'withdrawn'::text]))),
    CONSTRAINT opening_reviews_tables_check CHECK ((jsonb_typeof(tables) = 'array'::text)),
    CONSTRAINT opening_reviews_terms_check CHECK (((terms ->> 'open'::text) = ANY (ARRAY['unconditional'::text, 'conditional'::text, 'withheld'::text]))),
    CONSTRAINT opening_reviews_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES datasets(id),
    CONSTRAINT opening_reviews_department_id_fkey FOREIGN KEY (department_id) REFERENCES departments(id),
    CONSTRAINT opening_reviews_event_id_fkey FOREIGN KEY (event_id) REFERENCES opening_events(id),
    CONSTRAINT opening_reviews_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES resources(id),
    CONSTRAINT opening_reviews_upload_id_fkey FOREIGN KEY (upload_id) REFERENCES uploads(id),
    CONSTRAINT opening_reviews_version_id_fkey FOREIGN KEY (version_id) REFERENCES versions(id),
    CONSTRAINT opening_reviews_pkey PRIMARY KEY (id),
    CONSTRAINT opening_reviews_id_proposed_by_key UNIQUE (id, proposed_by)
);
CREATE INDEX opening_reviews_content ON public.opening_reviews USING btree (resource_id, sha256);
CREATE INDEX opening_reviews_dataset ON public.opening_reviews USING btree (dataset_id);
CREATE INDEX opening_reviews_department ON public.opening_reviews USING btree (department_id, id DESC);
CREATE INDEX opening_reviews_event ON public.opening_reviews USING btree (event_id);
CREATE INDEX opening_reviews_version ON public.opening_reviews USING btree (version_id);
CREATE UNIQUE INDEX opening_reviews_waiting ON public.opening_reviews USING btree (upload_id) WHERE (state = ANY (ARRAY['proposed'::text, 'security_check'::text, 'secrecy_check'::text, 'joint_review'::text, 'published_provisional'::text]));
CREATE UNIQUE INDEX opening_reviews_waiting_version ON public.opening_reviews USING btree (version_id) WHERE (state = ANY (ARRAY['proposed'::text, 'security_check'::text, 'secrecy_check'::text, 'joint_review'::text]));
COMMENT ON TABLE opening_reviews IS 'whether one content may be opened (AS-28, AS-30, TJ-20.2, AB-39): its bytes by SHA-256, its columns and how it is open by schema_hash';
COMMENT ON COLUMN opening_reviews.kind IS 'imported: decided outside, as whoever imported it says';
COMMENT ON COLUMN opening_reviews.schema_hash IS 'empty: imported before reviews were kept here';
COMMENT ON COLUMN opening_reviews.entry_terms IS 'if the entry says otherwise when the version is published, somebody has changed it meanwhile';
COMMENT ON COLUMN opening_reviews.standing_until IS 'until when a version with the same columns may follow without a review of its own';
COMMENT ON COLUMN opening_reviews.security_level IS 'of the entry when the review was asked, as in schema_hash; null of a review older than this column';

CREATE TABLE operation_events (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    subject text NOT NULL,
    case_id bigint NOT NULL,
    act text NOT NULL,
    by_id bigint,
    name text NOT NULL,
    side text NOT NULL,
    words text NOT NULL DEFAULT ''::text,
    state text NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT operation_events_side_check CHECK ((side = ANY (ARRAY['body'::text, 'above'::text, 'operator'::text, 'developer'::text, 'regulator'::text, 'platform'::text]))),
    CONSTRAINT operation_events_subject_check CHECK ((subject = ANY (ARRAY['plan'::text, 'mandate'::text, 'developer'::text]))),
    CONSTRAINT operation_events_by_id_fkey FOREIGN KEY (by_id) REFERENCES users(id),
    CONSTRAINT operation_events_pkey PRIMARY KEY (id)
);
CREATE INDEX operation_events_case ON public.operation_events USING btree (subject, case_id, id);
CREATE TRIGGER operation_events_stay BEFORE DELETE OR UPDATE ON public.operation_events FOR EACH ROW EXECUTE FUNCTION stays_as_it_is();
COMMENT ON TABLE operation_events IS 'what was done in a plan, a mandate or an entry, and the state that it led to: of a mandate the states and their days are public';

CREATE TABLE order_clearances (
    order_id bigint NOT NULL,
    kind text NOT NULL,
    reference text NOT NULL,
    issuer text NOT NULL,
    dated date NOT NULL,
    given_by bigint NOT NULL,
    given_name text NOT NULL,
    given_at timestamp with time zone NOT NULL,
    CONSTRAINT order_clearances_issuer_check CHECK ((issuer <> ''::text)),
    CONSTRAINT order_clearances_kind_check CHECK ((kind = ANY (ARRAY['assessment'::text, 'security_review'::text, 'filing'::text]))),
    CONSTRAINT order_clearances_reference_check CHECK ((reference <> ''::text)),
    CONSTRAINT order_clearances_given_by_fkey FOREIGN KEY (given_by) REFERENCES users(id),
    CONSTRAINT order_clearances_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id),
    CONSTRAINT order_clearances_pkey PRIMARY KEY (order_id, kind)
);
CREATE TRIGGER order_clearances_frozen BEFORE DELETE ON public.order_clearances FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER order_clearances_open BEFORE INSERT OR UPDATE ON public.order_clearances FOR EACH ROW EXECUTE FUNCTION order_clearance_open();
CREATE TRIGGER order_clearances_whole BEFORE TRUNCATE ON public.order_clearances FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE order_clearances IS 'the three papers that use across the border needs: assessment (出境安全评估), review (国家安全审查), filing with the cyberspace administration (网信部门报备) (AS-45)';

CREATE TABLE order_events (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    order_id bigint NOT NULL,
    act text NOT NULL,
    side text NOT NULL,
    state text NOT NULL,
    by_id bigint NOT NULL,
    name text NOT NULL,
    words text NOT NULL DEFAULT ''::text,
    at timestamp with time zone NOT NULL,
    CONSTRAINT order_events_act_check CHECK ((act <> ''::text)),
    CONSTRAINT order_events_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id),
    CONSTRAINT order_events_pkey PRIMARY KEY (id)
);
CREATE INDEX order_events_of ON public.order_events USING btree (order_id, id);
CREATE TRIGGER order_events_frozen BEFORE DELETE ON public.order_events FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER order_events_kept BEFORE UPDATE ON public.order_events FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER order_events_whole BEFORE TRUNCATE ON public.order_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE order_objections (
    order_id bigint NOT NULL,
    ground text NOT NULL,
    words text NOT NULL,
    by_id bigint NOT NULL,
    name text NOT NULL,
    at timestamp with time zone NOT NULL,
    answer text NOT NULL DEFAULT ''::text,
    answer_words text NOT NULL DEFAULT ''::text,
    answered_by bigint,
    answered_name text NOT NULL DEFAULT ''::text,
    answered_at timestamp with time zone,
    withdrawn_at timestamp with time zone,
    CONSTRAINT order_objections_answer_check CHECK ((answer = ANY (ARRAY[''::text, 'refused'::text, 'refund'::text]))),
    CONSTRAINT order_objections_check CHECK ((((answer = ''::text) = (answered_at IS NULL)) AND ((answered_at IS NULL) = (answered_by IS NULL)) AND ((answer = ''::text) = (answer_words = ''::text)))),
    CONSTRAINT order_objections_ground_check CHECK ((ground = ANY (ARRAY['quality'::text, 'mismatch'::text, 'legality'::text]))),
    CONSTRAINT order_objections_words_check CHECK ((words <> ''::text)),
    CONSTRAINT order_objections_answered_by_fkey FOREIGN KEY (answered_by) REFERENCES users(id),
    CONSTRAINT order_objections_by_id_fkey FOREIGN KEY (by_id) REFERENCES users(id),
    CONSTRAINT order_objections_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id),
    CONSTRAINT order_objections_pkey PRIMARY KEY (order_id)
);
CREATE TRIGGER order_objections_frozen BEFORE DELETE ON public.order_objections FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER order_objections_kept BEFORE UPDATE ON public.order_objections FOR EACH ROW EXECUTE FUNCTION order_objection_kept();
CREATE TRIGGER order_objections_whole BEFORE TRUNCATE ON public.order_objections FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE order_objections IS 'what a buyer says against what was delivered while it is looked at, and what the seller answers: refund is carried out as one, and then the order is refunded';

CREATE TABLE orders (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    number text NOT NULL,
    buyer_id bigint NOT NULL,
    seller_id bigint NOT NULL,
    developer_id bigint NOT NULL,
    operator_id bigint,
    listing_id bigint NOT NULL,
    plan_id bigint NOT NULL,
    product_id bigint NOT NULL,
    version_id bigint NOT NULL,
    plan jsonb NOT NULL,
    quantity integer NOT NULL DEFAULT 1,
    currency text NOT NULL,
    net bigint NOT NULL,
    tax bigint NOT NULL,
    total bigint NOT NULL,
    split_rule_id bigint,
    split jsonb NOT NULL DEFAULT '[]'::jsonb,
    purpose text NOT NULL,
    territory text NOT NULL,
    cross_border boolean NOT NULL,
    cleared_by bigint,
    cleared_name text NOT NULL DEFAULT ''::text,
    cleared_at timestamp with time zone,
    state text NOT NULL,
    state_at timestamp with time zone NOT NULL,
    reason text NOT NULL DEFAULT ''::text,
    clock_profile text NOT NULL DEFAULT ''::text,
    clock_path text NOT NULL DEFAULT ''::text,
    clock_from timestamp with time zone,
    pay_until date,
    accept_until date,
    paid_at timestamp with time zone,
    delivered_at timestamp with time zone,
    accepted_at timestamp with time zone,
    accepted_by text NOT NULL DEFAULT ''::text,
    term_from timestamp with time zone,
    term_until timestamp with time zone,
    noticed_at timestamp with time zone,
    sample boolean NOT NULL DEFAULT false,
    made_by bigint NOT NULL,
    made_name text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    sent text,
    CONSTRAINT orders_accepted_by_check CHECK ((accepted_by = ANY (ARRAY[''::text, 'buyer'::text, 'silence'::text, 'withdrawal'::text]))),
    CONSTRAINT orders_check CHECK ((seller_id <> buyer_id)),
    CONSTRAINT orders_check1 CHECK ((developer_id <> buyer_id)),
    CONSTRAINT orders_check10 CHECK (((state <> ALL (ARRAY['paid'::text, 'delivered'::text, 'objected'::text, 'accepted'::text, 'ended'::text])) OR (paid_at IS NOT NULL))),
    CONSTRAINT orders_check11 CHECK (((state <> ALL (ARRAY['delivered'::text, 'objected'::text, 'accepted'::text, 'ended'::text])) OR ((delivered_at IS NOT NULL) AND (term_from IS NOT NULL) AND (term_until IS NOT NULL) AND (accept_until IS NOT NULL)))),
    CONSTRAINT orders_check12 CHECK (((state <> ALL (ARRAY['accepted'::text, 'ended'::text])) OR ((accepted_at IS NOT NULL) AND (accepted_by <> ''::text)))),
    CONSTRAINT orders_check13 CHECK (((cleared_at IS NULL) = (cleared_by IS NULL))),
    CONSTRAINT orders_check14 CHECK (((NOT cross_border) OR (cleared_at IS NOT NULL) OR (state = ANY (ARRAY['created'::text, 'cancelled'::text, 'expired'::text])))),
    CONSTRAINT orders_check15 CHECK (((clock_path = ''::text) = (clock_from IS NULL))),
    CONSTRAINT orders_check2 CHECK ((total = (net + tax))),
    CONSTRAINT orders_check3 CHECK ((term_until > term_from)),
    CONSTRAINT orders_check4 CHECK (((net = (order_counted(plan, quantity)).net) AND (tax = (order_counted(plan, quantity)).tax) AND (total = (order_counted(plan, quantity)).total))),
    CONSTRAINT orders_check5 CHECK (((total = 0) OR (operator_id IS NOT NULL))),
    CONSTRAINT orders_check6 CHECK (
CASE
    WHEN (operator_id IS NULL) THEN ((split = '[]'::jsonb) AND (split_rule_id IS NULL))
    ELSE (split_sound(split) AND (split_rule_id IS NOT NULL))
END),
    CONSTRAINT orders_check7 CHECK ((((plan ->> 'kind'::text) = 'subscription'::text) OR (quantity = 1))),
    CONSTRAINT orders_check8 CHECK (((state <> ALL (ARRAY['cancelled'::text, 'refunded'::text])) OR (reason <> ''::text))),
    CONSTRAINT orders_check9 CHECK (((state <> 'awaiting_payment'::text) OR ((total > 0) AND (pay_until IS NOT NULL)))),
    CONSTRAINT orders_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT orders_net_check CHECK ((net >= 0)),
    CONSTRAINT orders_number_check CHECK ((number ~ '^DD-\d{4}-\d{6}$'::text)),
    CONSTRAINT orders_plan_check CHECK (((jsonb_typeof(plan) = 'object'::text) AND (plan ? 'kind'::text) AND (plan ? 'fen'::text) AND (plan ? 'tax'::text) AND (plan ? 'tax_included'::text))),
    CONSTRAINT orders_purpose_check CHECK ((purpose <> ''::text)),
    CONSTRAINT orders_quantity_check CHECK (((quantity >= 1) AND (quantity <= 1000))),
    CONSTRAINT orders_state_check CHECK ((state = ANY (ARRAY['created'::text, 'awaiting_payment'::text, 'paid'::text, 'delivered'::text, 'objected'::text, 'accepted'::text, 'refunded'::text, 'cancelled'::text, 'expired'::text, 'ended'::text]))),
    CONSTRAINT orders_tax_check CHECK ((tax >= 0)),
    CONSTRAINT orders_territory_check CHECK ((territory <> ''::text)),
    CONSTRAINT orders_buyer_id_fkey FOREIGN KEY (buyer_id) REFERENCES organisations(id),
    CONSTRAINT orders_cleared_by_fkey FOREIGN KEY (cleared_by) REFERENCES users(id),
    CONSTRAINT orders_developer_id_fkey FOREIGN KEY (developer_id) REFERENCES organisations(id),
    CONSTRAINT orders_listing_id_fkey FOREIGN KEY (listing_id) REFERENCES listings(id),
    CONSTRAINT orders_made_by_fkey FOREIGN KEY (made_by) REFERENCES users(id),
    CONSTRAINT orders_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES organisations(id),
    CONSTRAINT orders_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES listing_plans(id),
    CONSTRAINT orders_product_id_fkey FOREIGN KEY (product_id) REFERENCES products(id),
    CONSTRAINT orders_seller_id_fkey FOREIGN KEY (seller_id) REFERENCES organisations(id),
    CONSTRAINT orders_split_rule_id_fkey FOREIGN KEY (split_rule_id) REFERENCES split_rules(id),
    CONSTRAINT orders_version_id_product_id_fkey FOREIGN KEY (version_id, product_id) REFERENCES product_versions(id, product_id),
    CONSTRAINT orders_pkey PRIMARY KEY (id),
    CONSTRAINT orders_number_key UNIQUE (number),
    CONSTRAINT orders_sent_key UNIQUE (sent)
);
CREATE INDEX orders_buyer ON public.orders USING btree (buyer_id, id DESC);
CREATE INDEX orders_listing ON public.orders USING btree (listing_id, id DESC);
CREATE INDEX orders_operator ON public.orders USING btree (operator_id, id DESC) WHERE (operator_id IS NOT NULL);
CREATE INDEX orders_seller ON public.orders USING btree (seller_id, id DESC);
CREATE INDEX orders_state ON public.orders USING btree (state, id DESC);
CREATE UNIQUE INDEX orders_trial ON public.orders USING btree (buyer_id, product_id) WHERE (((plan ->> 'kind'::text) = 'trial'::text) AND (state <> ALL (ARRAY['cancelled'::text, 'expired'::text])));
CREATE TRIGGER orders_frozen BEFORE DELETE ON public.orders FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER orders_moves BEFORE INSERT OR UPDATE ON public.orders FOR EACH ROW EXECUTE FUNCTION order_moves();
CREATE TRIGGER orders_whole BEFORE TRUNCATE ON public.orders FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE orders IS 'what an organisation orders of a plan: the plan as it was then, counted once; what changes of the plan later changes nothing of it';
COMMENT ON COLUMN orders.operator_id IS 'whose collection account takes the money: the operator of the mandate that the product was developed under; none where nothing is charged';
COMMENT ON COLUMN orders.split IS 'the rule as it was then: [{class, organisation, name, points, basis}]; what is released of the hold is divided by it';
COMMENT ON COLUMN orders.cleared_at IS 'when the papers for use across the border were found whole (AS-45)';
COMMENT ON COLUMN orders.pay_until IS 'last day, in Asia/Shanghai';

CREATE TABLE organisation_members (
    organisation_id bigint NOT NULL,
    user_id bigint NOT NULL,
    side text NOT NULL,
    role text NOT NULL,
    joined_at timestamp with time zone NOT NULL,
    CONSTRAINT organisation_members_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'member'::text]))),
    CONSTRAINT organisation_members_organisation_id_side_fkey FOREIGN KEY (organisation_id, side) REFERENCES organisations(id, side) ON DELETE CASCADE,
    CONSTRAINT organisation_members_user_id_side_fkey FOREIGN KEY (user_id, side) REFERENCES users(id, side),
    CONSTRAINT organisation_members_pkey PRIMARY KEY (organisation_id, user_id)
);
CREATE INDEX organisation_members_user ON public.organisation_members USING btree (user_id);
CREATE CONSTRAINT TRIGGER organisation_owner AFTER DELETE OR UPDATE ON public.organisation_members DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION organisation_keeps_an_owner();
COMMENT ON COLUMN organisation_members.side IS 'of the organisation and of the person: nobody of one side acts for the other';

CREATE TABLE organisations (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    kind text NOT NULL,
    name text NOT NULL,
    credit_code text NOT NULL,
    side text NOT NULL,
    status text NOT NULL,
    reason text NOT NULL DEFAULT ''::text,
    submitted_at timestamp with time zone,
    decided_at timestamp with time zone,
    sample boolean NOT NULL DEFAULT false,
    created_at timestamp with time zone NOT NULL,
    credit_holder text GENERATED ALWAYS AS (
CASE
    WHEN (status = 'verified'::text) THEN 'organisation'::text
    ELSE NULL::text
END) STORED,
    head text NOT NULL DEFAULT ''::text,
    registrar text NOT NULL DEFAULT ''::text,
    address text NOT NULL DEFAULT ''::text,
    suspended_at timestamp with time zone,
    suspended_reason text NOT NULL DEFAULT ''::text,
    CONSTRAINT organisations_address_check CHECK (((length(address) <= 200) AND (address !~ '[[:cntrl:]]'::text))),
    CONSTRAINT organisations_check CHECK (((status = 'draft'::text) = (submitted_at IS NULL))),
    CONSTRAINT organisations_check1 CHECK (((status = ANY (ARRAY['verified'::text, 'returned'::text])) = (decided_at IS NOT NULL))),
    CONSTRAINT organisations_check2 CHECK (((status <> 'returned'::text) OR (reason <> ''::text))),
    CONSTRAINT organisations_credit_code_check CHECK ((credit_code ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'::text)),
    CONSTRAINT organisations_head_check CHECK (((length(head) <= 100) AND (head !~ '[[:cntrl:]]'::text))),
    CONSTRAINT organisations_kind_check CHECK ((kind = ANY (ARRAY['legal'::text, 'unincorporated'::text]))),
    CONSTRAINT organisations_name_check CHECK (((name <> ''::text) AND (length(name) <= 100) AND (name !~ '[[:cntrl:]]'::text))),
    CONSTRAINT organisations_reason_check CHECK ((length(reason) <= 1000)),
    CONSTRAINT organisations_registrar_check CHECK (((length(registrar) <= 100) AND (registrar !~ '[[:cntrl:]]'::text))),
    CONSTRAINT organisations_side_check CHECK ((side = ANY (ARRAY['use'::text, 'operate'::text, 'exchange'::text, 'arbitrate'::text]))),
    CONSTRAINT organisations_status_check CHECK ((status = ANY (ARRAY['draft'::text, 'submitted'::text, 'verified'::text, 'returned'::text]))),
    CONSTRAINT organisations_suspended_check CHECK ((((suspended_at IS NOT NULL) = (suspended_reason <> ''::text)) AND ((suspended_at IS NULL) OR (status = 'verified'::text)))),
    CONSTRAINT organisations_suspended_reason_check CHECK ((length(suspended_reason) <= 1000)),
    CONSTRAINT organisations_credit_code_credit_holder_fkey FOREIGN KEY (credit_code, credit_holder) REFERENCES credit_codes(code, holder),
    CONSTRAINT organisations_pkey PRIMARY KEY (id),
    CONSTRAINT organisations_id_side_key UNIQUE (id, side)
);
CREATE UNIQUE INDEX organisations_credit_code ON public.organisations USING btree (credit_code) WHERE (status = ANY (ARRAY['submitted'::text, 'verified'::text]));
CREATE TRIGGER organisation_credit_code BEFORE INSERT OR UPDATE OF status, credit_code ON public.organisations FOR EACH ROW WHEN ((new.status = 'verified'::text)) EXECUTE FUNCTION organisation_credit_code();
COMMENT ON COLUMN organisations.kind IS '法人 or 非法人组织; a natural person has none';
COMMENT ON COLUMN organisations.head IS '法定代表人 of a legal person, 负责人 of an unincorporated organisation';
COMMENT ON COLUMN organisations.registrar IS '登记机关';
COMMENT ON COLUMN organisations.address IS '住所 of a legal person, 主要经营场所 of an unincorporated organisation';
COMMENT ON COLUMN organisations.suspended_at IS 'since when it may neither apply nor be given data, by the data authority; NULL: it is not suspended';

CREATE TABLE output_review_events (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    review_id bigint NOT NULL,
    act text NOT NULL,
    side text NOT NULL,
    by_id bigint NOT NULL,
    name text NOT NULL,
    words text NOT NULL DEFAULT ''::text,
    at timestamp with time zone NOT NULL,
    CONSTRAINT output_review_events_review_id_fkey FOREIGN KEY (review_id) REFERENCES output_reviews(id),
    CONSTRAINT output_review_events_pkey PRIMARY KEY (id)
);
CREATE INDEX output_review_events_review ON public.output_review_events USING btree (review_id, id);
CREATE TRIGGER output_review_events_frozen BEFORE DELETE OR UPDATE ON public.output_review_events FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER output_review_events_kept BEFORE TRUNCATE ON public.output_review_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE output_reviews (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    number text NOT NULL,
    workspace_id bigint NOT NULL,
    job_id bigint NOT NULL,
    state text NOT NULL,
    state_at timestamp with time zone NOT NULL,
    title text NOT NULL,
    purpose text NOT NULL,
    asked_by bigint NOT NULL,
    asked_name text NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    round integer NOT NULL DEFAULT 1,
    changes jsonb NOT NULL DEFAULT '{}'::jsonb,
    checks jsonb NOT NULL DEFAULT '[]'::jsonb,
    checked_at timestamp with time zone,
    box bytea,
    sha256 text NOT NULL DEFAULT ''::text,
    rows_out bigint NOT NULL DEFAULT 0,
    first_by bigint,
    first_name text NOT NULL DEFAULT ''::text,
    first_words text NOT NULL DEFAULT ''::text,
    first_at timestamp with time zone,
    second_by bigint,
    second_name text NOT NULL DEFAULT ''::text,
    second_words text NOT NULL DEFAULT ''::text,
    second_at timestamp with time zone,
    words text NOT NULL DEFAULT ''::text,
    clock_profile text NOT NULL,
    clock_path text NOT NULL,
    clock_from timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    tries integer NOT NULL DEFAULT 0,
    revision integer NOT NULL DEFAULT 1,
    CONSTRAINT output_reviews_check CHECK (((first_by <> asked_by) AND (second_by <> asked_by) AND (first_by <> second_by))),
    CONSTRAINT output_reviews_check1 CHECK ((((first_by IS NULL) = (first_at IS NULL)) AND ((second_by IS NULL) = (second_at IS NULL)))),
    CONSTRAINT output_reviews_check2 CHECK (((second_by IS NULL) OR (first_by IS NOT NULL))),
    CONSTRAINT output_reviews_check3 CHECK (((state <> 'second_review'::text) OR (first_by IS NOT NULL))),
    CONSTRAINT output_reviews_check4 CHECK (((state <> 'released'::text) OR ((second_by IS NOT NULL) AND (sha256 <> ''::text)))),
    CONSTRAINT output_reviews_check5 CHECK (((ended_at IS NULL) = (state = ANY (ARRAY['auto_check'::text, 'queued'::text, 'first_review'::text, 'second_review'::text, 'released_with_changes'::text, 'escalated'::text])))),
    CONSTRAINT output_reviews_number_check CHECK ((number ~ '^SC-\d{4}-\d{6}$'::text)),
    CONSTRAINT output_reviews_purpose_check CHECK ((purpose <> ''::text)),
    CONSTRAINT output_reviews_round_check CHECK ((round > 0)),
    CONSTRAINT output_reviews_state_check CHECK ((state = ANY (ARRAY['auto_check'::text, 'auto_rejected'::text, 'queued'::text, 'first_review'::text, 'second_review'::text, 'released'::text, 'released_with_changes'::text, 'rejected'::text, 'escalated'::text, 'withdrawn'::text]))),
    CONSTRAINT output_reviews_title_check CHECK ((title <> ''::text)),
    CONSTRAINT output_reviews_asked_by_fkey FOREIGN KEY (asked_by) REFERENCES users(id),
    CONSTRAINT output_reviews_first_by_fkey FOREIGN KEY (first_by) REFERENCES users(id),
    CONSTRAINT output_reviews_job_id_workspace_id_fkey FOREIGN KEY (job_id, workspace_id) REFERENCES workspace_jobs(id, workspace_id),
    CONSTRAINT output_reviews_second_by_fkey FOREIGN KEY (second_by) REFERENCES users(id),
    CONSTRAINT output_reviews_pkey PRIMARY KEY (id),
    CONSTRAINT output_reviews_number_key UNIQUE (number)
);
CREATE UNIQUE INDEX output_reviews_one ON public.output_reviews USING btree (job_id) WHERE ((ended_at IS NULL) OR (state = 'released'::text));
CREATE INDEX output_reviews_open ON public.output_reviews USING btree (state, id) WHERE (ended_at IS NULL);
CREATE INDEX output_reviews_workspace ON public.output_reviews USING btree (workspace_id, id DESC);
CREATE TRIGGER output_reviews_moves BEFORE UPDATE ON public.output_reviews FOR EACH ROW EXECUTE FUNCTION output_review_moves();
COMMENT ON TABLE output_reviews IS 'results that somebody asked to be released (结果数据不可逆算): checked by rules, then by two people, neither of whom asked nor is of the organisation that did';
COMMENT ON COLUMN output_reviews.changes IS 'what the reviewers want changed: columns that are left out, and how coarse counts are';
COMMENT ON COLUMN output_reviews.box IS 'the result as it would leave, sealed with the key of its workspace';

CREATE TABLE papers (
    id text NOT NULL,
    organisation_id bigint NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    media text NOT NULL,
    bytes bigint NOT NULL,
    sha256 text NOT NULL,
    expires_on date,
    uploaded_by bigint NOT NULL,
    uploaded_at timestamp with time zone NOT NULL,
    replaced_at timestamp with time zone,
    CONSTRAINT papers_bytes_check CHECK ((bytes > 0)),
    CONSTRAINT papers_id_check CHECK ((id ~ '^[0-9a-f]{32}$'::text)),
    CONSTRAINT papers_kind_check CHECK ((kind = ANY (ARRAY['registration'::text, 'authorisation'::text, 'qualification'::text]))),
    CONSTRAINT papers_media_check CHECK ((media = ANY (ARRAY['application/pdf'::text, 'image/jpeg'::text, 'image/png'::text]))),
    CONSTRAINT papers_name_check CHECK (((name <> ''::text) AND (length(name) <= 100) AND (name !~ '[[:cntrl:]/\\]'::text))),
    CONSTRAINT papers_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES organisations(id) ON DELETE CASCADE,
    CONSTRAINT papers_sha256_fkey FOREIGN KEY (sha256) REFERENCES blobs(sha256),
    CONSTRAINT papers_uploaded_by_fkey FOREIGN KEY (uploaded_by) REFERENCES users(id),
    CONSTRAINT papers_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX papers_current ON public.papers USING btree (organisation_id, kind) WHERE ((replaced_at IS NULL) AND (kind <> 'qualification'::text));
CREATE INDEX papers_organisation ON public.papers USING btree (organisation_id);
COMMENT ON TABLE papers IS 'qualification papers: read by the organisation and whoever verifies it, each reading in the audit trail; replaced and never overwritten';
COMMENT ON COLUMN papers.kind IS '登记证照, 授权书 of whoever acts, 资质证书';
COMMENT ON COLUMN papers.bytes IS 'of the paper itself';
COMMENT ON COLUMN papers.sha256 IS 'of the object as it lies in the store, where it is locked with the key of the installation';
COMMENT ON COLUMN papers.expires_on IS 'the last day that it is good; null where it says none';

CREATE TABLE passkeys (
    id bytea NOT NULL,
    user_id bigint NOT NULL,
    name text NOT NULL,
    credential jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_used_on date,
    CONSTRAINT passkeys_name_check CHECK (((name <> ''::text) AND (length(name) <= 100) AND (name !~ '[[:cntrl:]]'::text))),
    CONSTRAINT passkeys_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
    CONSTRAINT passkeys_pkey PRIMARY KEY (id)
);
CREATE INDEX passkeys_user ON public.passkeys USING btree (user_id);
COMMENT ON COLUMN passkeys.credential IS 'public key and counter (WebAuthn): it checks and opens nothing';

CREATE TABLE payment_advices (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    ref text NOT NULL,
    code text NOT NULL,
    kind text NOT NULL,
    order_number text NOT NULL,
    buyer_id bigint NOT NULL,
    account_id bigint NOT NULL,
    payer text NOT NULL,
    amount bigint NOT NULL,
    currency text NOT NULL,
    until date NOT NULL,
    paid bigint NOT NULL DEFAULT 0,
    paid_at timestamp with time zone,
    ended_at timestamp with time zone,
    made_at timestamp with time zone NOT NULL,
    CONSTRAINT payment_advices_amount_check CHECK ((amount > 0)),
    CONSTRAINT payment_advices_check CHECK (((paid >= 0) AND (paid <= amount))),
    CONSTRAINT payment_advices_check1 CHECK (((paid = amount) = (paid_at IS NOT NULL))),
    CONSTRAINT payment_advices_check2 CHECK (((paid_at IS NULL) OR (ended_at IS NULL))),
    CONSTRAINT payment_advices_check3 CHECK (((ended_at IS NULL) OR (paid = 0))),
    CONSTRAINT payment_advices_code_check CHECK ((code ~ '^SY[0-9A-Z]{7}$'::text)),
    CONSTRAINT payment_advices_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT payment_advices_kind_check CHECK ((kind = ANY (ARRAY['order'::text, 'bill'::text]))),
    CONSTRAINT payment_advices_order_number_check CHECK ((order_number <> ''::text)),
    CONSTRAINT payment_advices_payer_check CHECK ((payer <> ''::text)),
    CONSTRAINT payment_advices_ref_check CHECK (((ref <> ''::text) AND (length(ref) <= 80))),
    CONSTRAINT payment_advices_account_id_fkey FOREIGN KEY (account_id) REFERENCES collection_accounts(id),
    CONSTRAINT payment_advices_buyer_id_fkey FOREIGN KEY (buyer_id) REFERENCES organisations(id),
    CONSTRAINT payment_advices_pkey PRIMARY KEY (id),
    CONSTRAINT payment_advices_code_key UNIQUE (code),
    CONSTRAINT payment_advices_ref_key UNIQUE (ref)
);
CREATE INDEX payment_advices_open ON public.payment_advices USING btree (account_id, currency, ((amount - paid))) WHERE ((paid_at IS NULL) AND (ended_at IS NULL));
CREATE TRIGGER payment_advices_kept BEFORE DELETE ON public.payment_advices FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payment_advices_moves BEFORE UPDATE ON public.payment_advices FOR EACH ROW EXECUTE FUNCTION payment_advice_moves();
CREATE TRIGGER payment_advices_whole BEFORE TRUNCATE ON public.payment_advices FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE payment_advices IS 'what a buyer was told to pay, for an order or a bill (ref is its number)';
COMMENT ON COLUMN payment_advices.paid IS 'what came for it: parts wait until the whole is there, and are free again when what they were for ends';

CREATE TABLE payment_checkouts (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    order_number text NOT NULL,
    attempt integer NOT NULL,
    amount bigint NOT NULL,
    currency text NOT NULL,
    title text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    session text,
    url text NOT NULL DEFAULT ''::text,
    payment text,
    charge text NOT NULL DEFAULT ''::text,
    state text NOT NULL,
    reason text NOT NULL DEFAULT ''::text,
    made_at timestamp with time zone NOT NULL,
    state_at timestamp with time zone NOT NULL,
    looked_at timestamp with time zone,
    CONSTRAINT payment_checkouts_amount_check CHECK ((amount > 0)),
    CONSTRAINT payment_checkouts_attempt_check CHECK ((attempt > 0)),
    CONSTRAINT payment_checkouts_check CHECK (((state = 'asked'::text) = (session IS NULL))),
    CONSTRAINT payment_checkouts_check1 CHECK (((state <> ALL (ARRAY['confirmed'::text, 'surplus'::text])) OR (payment IS NOT NULL))),
    CONSTRAINT payment_checkouts_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT payment_checkouts_order_number_check CHECK ((order_number <> ''::text)),
    CONSTRAINT payment_checkouts_payment_check CHECK ((payment <> ''::text)),
    CONSTRAINT payment_checkouts_session_check CHECK ((session <> ''::text)),
    CONSTRAINT payment_checkouts_state_check CHECK ((state = ANY (ARRAY['asked'::text, 'open'::text, 'pending'::text, 'confirmed'::text, 'surplus'::text, 'mismatched'::text, 'ended'::text]))),
    CONSTRAINT payment_checkouts_pkey PRIMARY KEY (id),
    CONSTRAINT payment_checkouts_order_number_attempt_key UNIQUE (order_number, attempt),
    CONSTRAINT payment_checkouts_payment_key UNIQUE (payment),
    CONSTRAINT payment_checkouts_session_key UNIQUE (session)
);
CREATE UNIQUE INDEX payment_checkouts_confirmed ON public.payment_checkouts USING btree (order_number) WHERE (state = 'confirmed'::text);
CREATE INDEX payment_checkouts_going ON public.payment_checkouts USING btree (looked_at NULLS FIRST, id) WHERE (state = ANY (ARRAY['open'::text, 'pending'::text]));
CREATE TRIGGER payment_checkouts_moves BEFORE UPDATE ON public.payment_checkouts FOR EACH ROW EXECUTE FUNCTION payment_checkout_moves();
COMMENT ON TABLE payment_checkouts IS 'each time that a buyer was to pay an order online; asked: the provider has not answered yet, and is asked again under the same key';
COMMENT ON COLUMN payment_checkouts.state IS 'surplus: paid, and the order needed nothing any more, so the money goes back; mismatched: the provider has another amount, currency or order, and people look';

CREATE TABLE payment_cursor (
    single boolean NOT NULL DEFAULT true,
    event text NOT NULL,
    CONSTRAINT payment_cursor_single_check CHECK (single),
    CONSTRAINT payment_cursor_pkey PRIMARY KEY (single)
);
COMMENT ON TABLE payment_cursor IS 'the last event that was asked for: whatever was never sent is found by reading on from it';

CREATE TABLE payment_events (
    event text NOT NULL,
    kind text NOT NULL,
    object text NOT NULL DEFAULT ''::text,
    subject text NOT NULL DEFAULT ''::text,
    about text NOT NULL DEFAULT ''::text,
    happened_at timestamp with time zone NOT NULL,
    received_at timestamp with time zone NOT NULL,
    sha256 bytea,
    seen integer NOT NULL DEFAULT 1,
    altered integer NOT NULL DEFAULT 0,
    done_at timestamp with time zone,
    problem text NOT NULL DEFAULT ''::text,
    CONSTRAINT payment_events_event_check CHECK (((event <> ''::text) AND (length(event) <= 255))),
    CONSTRAINT payment_events_sha256_check CHECK ((octet_length(sha256) = 32)),
    CONSTRAINT payment_events_pkey PRIMARY KEY (event)
);
CREATE INDEX payment_events_waiting ON public.payment_events USING btree (received_at) WHERE (done_at IS NULL);
COMMENT ON TABLE payment_events IS 'what the provider said happened, each once';
COMMENT ON COLUMN payment_events.about IS 'number of the order, where the provider says it';
COMMENT ON COLUMN payment_events.sha256 IS 'of the bytes of the webhook; none where it was asked for';
COMMENT ON COLUMN payment_events.altered IS 'how often it came with other bytes than at first: somebody has to look';
COMMENT ON COLUMN payment_events.problem IS 'why nothing came of it; empty: something did, or nothing had to';

CREATE TABLE payment_instructions (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    number text NOT NULL,
    kind text NOT NULL,
    ref text NOT NULL,
    code text NOT NULL,
    account_id bigint NOT NULL,
    organisation_id bigint,
    amount bigint NOT NULL,
    currency text NOT NULL,
    payee text NOT NULL,
    payee_bank text NOT NULL DEFAULT ''::text,
    payee_account text NOT NULL,
    state text NOT NULL,
    state_at timestamp with time zone NOT NULL,
    why text NOT NULL DEFAULT ''::text,
    line_id bigint,
    stopped_by bigint,
    confirmed_by bigint,
    made_at timestamp with time zone NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    CONSTRAINT payment_instructions_amount_check CHECK ((amount > 0)),
    CONSTRAINT payment_instructions_check CHECK ((confirmed_by <> stopped_by)),
    CONSTRAINT payment_instructions_check1 CHECK (((state <> 'paid'::text) OR (line_id IS NOT NULL))),
    CONSTRAINT payment_instructions_check2 CHECK (((state <> 'failed'::text) OR (why <> ''::text))),
    CONSTRAINT payment_instructions_code_check CHECK ((code ~ '^SY[0-9A-Z]{7}$'::text)),
    CONSTRAINT payment_instructions_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT payment_instructions_kind_check CHECK ((kind = ANY (ARRAY['refund'::text, 'payout'::text, 'send_back'::text]))),
    CONSTRAINT payment_instructions_number_check CHECK ((number ~ '^ZF-\d{4}-\d{6}$'::text)),
    CONSTRAINT payment_instructions_payee_account_check CHECK ((payee_account <> ''::text)),
    CONSTRAINT payment_instructions_payee_check CHECK ((payee <> ''::text)),
    CONSTRAINT payment_instructions_ref_check CHECK (((ref <> ''::text) AND (length(ref) <= 80))),
    CONSTRAINT payment_instructions_state_check CHECK ((state = ANY (ARRAY['instructed'::text, 'paid'::text, 'failed'::text]))),
    CONSTRAINT payment_instructions_why_check CHECK ((length(why) <= 1000)),
    CONSTRAINT payment_instructions_account_id_fkey FOREIGN KEY (account_id) REFERENCES collection_accounts(id),
    CONSTRAINT payment_instructions_confirmed_by_fkey FOREIGN KEY (confirmed_by) REFERENCES users(id),
    CONSTRAINT payment_instructions_line_id_fkey FOREIGN KEY (line_id) REFERENCES bank_lines(id),
    CONSTRAINT payment_instructions_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES organisations(id),
    CONSTRAINT payment_instructions_stopped_by_fkey FOREIGN KEY (stopped_by) REFERENCES users(id),
    CONSTRAINT payment_instructions_pkey PRIMARY KEY (id),
    CONSTRAINT payment_instructions_code_key UNIQUE (code),
    CONSTRAINT payment_instructions_number_key UNIQUE (number)
);
CREATE INDEX payment_instructions_account ON public.payment_instructions USING btree (account_id, id);
CREATE UNIQUE INDEX payment_instructions_line ON public.payment_instructions USING btree (line_id);
CREATE UNIQUE INDEX payment_instructions_once ON public.payment_instructions USING btree (kind, ref) WHERE (state <> 'failed'::text);
CREATE TRIGGER payment_instructions_kept BEFORE DELETE ON public.payment_instructions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payment_instructions_moves BEFORE UPDATE ON public.payment_instructions FOR EACH ROW EXECUTE FUNCTION payment_instruction_moves();
CREATE TRIGGER payment_instructions_whole BEFORE TRUNCATE ON public.payment_instructions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE payment_instructions IS 'what an operator is to transfer from its account: the platform says so, people do it at the bank, and the statement shows it';
COMMENT ON COLUMN payment_instructions.line_id IS 'line of a statement that shows that it went';
COMMENT ON COLUMN payment_instructions.stopped_by IS 'who says that the bank did not take it; another person confirms';

CREATE TABLE payout_accounts (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    organisation_id bigint NOT NULL,
    holder text NOT NULL,
    bank text NOT NULL,
    account text NOT NULL,
    provider text NOT NULL DEFAULT ''::text,
    state text NOT NULL,
    state_at timestamp with time zone NOT NULL,
    reason text NOT NULL DEFAULT ''::text,
    made_by bigint NOT NULL,
    made_name text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    confirmed_by bigint,
    confirmed_name text NOT NULL DEFAULT ''::text,
    confirmed_at timestamp with time zone,
    revision integer NOT NULL DEFAULT 1,
    CONSTRAINT payout_accounts_account_check CHECK ((account ~ '^[0-9A-Z]{8,34}$'::text)),
    CONSTRAINT payout_accounts_bank_check CHECK (((bank <> ''::text) AND (length(bank) <= 200))),
    CONSTRAINT payout_accounts_check CHECK ((confirmed_by <> made_by)),
    CONSTRAINT payout_accounts_check1 CHECK (((state = ANY (ARRAY['confirmed'::text, 'ended'::text])) <= ((confirmed_by IS NOT NULL) AND (confirmed_at IS NOT NULL)))),
    CONSTRAINT payout_accounts_holder_check CHECK (((holder <> ''::text) AND (length(holder) <= 200))),
    CONSTRAINT payout_accounts_provider_check CHECK ((provider ~ '^(acct_[A-Za-z0-9]{1,64})?$'::text)),
    CONSTRAINT payout_accounts_state_check CHECK ((state = ANY (ARRAY['proposed'::text, 'confirmed'::text, 'refused'::text, 'ended'::text]))),
    CONSTRAINT payout_accounts_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES organisations(id),
    CONSTRAINT payout_accounts_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX payout_accounts_confirmed ON public.payout_accounts USING btree (organisation_id) WHERE (state = 'confirmed'::text);
CREATE UNIQUE INDEX payout_accounts_proposed ON public.payout_accounts USING btree (organisation_id) WHERE (state = 'proposed'::text);
CREATE TRIGGER payout_accounts_frozen BEFORE DELETE ON public.payout_accounts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payout_accounts_moves BEFORE UPDATE ON public.payout_accounts FOR EACH ROW EXECUTE FUNCTION payout_account_moves();
CREATE TRIGGER payout_accounts_whole BEFORE TRUNCATE ON public.payout_accounts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE payout_accounts IS 'where a payee is paid: one of its people says it, and somebody of the exchange without a part in it confirms it';
COMMENT ON COLUMN payout_accounts.provider IS 'account of the payee at the provider of payments online; empty: none';

CREATE TABLE plan_bands (
    plan_id bigint NOT NULL,
    from_units bigint NOT NULL,
    fen bigint NOT NULL,
    CONSTRAINT plan_bands_fen_check CHECK (((fen >= 0) AND (fen <= '1000000000000'::bigint))),
    CONSTRAINT plan_bands_from_units_check CHECK ((from_units >= 0)),
    CONSTRAINT plan_bands_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES listing_plans(id),
    CONSTRAINT plan_bands_pkey PRIMARY KEY (plan_id, from_units)
);
CREATE TRIGGER plan_bands_open BEFORE INSERT OR DELETE OR UPDATE ON public.plan_bands FOR EACH ROW EXECUTE FUNCTION plan_bands_open();
COMMENT ON TABLE plan_bands IS 'the price of a unit from the band''s beginning to the next: bands are summed, each for the units that lie in it';

CREATE TABLE product_artefacts (
    version_id bigint NOT NULL,
    content_id bigint NOT NULL,
    form text NOT NULL,
    name text NOT NULL,
    media text NOT NULL,
    sha256 text NOT NULL,
    bytes bigint NOT NULL,
    CONSTRAINT product_artefacts_bytes_check CHECK ((bytes >= 0)),
    CONSTRAINT product_artefacts_name_check CHECK ((name <> ''::text)),
    CONSTRAINT product_artefacts_content_id_fkey FOREIGN KEY (content_id) REFERENCES product_contents(id),
    CONSTRAINT product_artefacts_sha256_fkey FOREIGN KEY (sha256) REFERENCES blobs(sha256),
    CONSTRAINT product_artefacts_version_id_fkey FOREIGN KEY (version_id) REFERENCES product_versions(id),
    CONSTRAINT product_artefacts_pkey PRIMARY KEY (version_id, content_id, form),
    CONSTRAINT product_artefacts_version_id_name_key UNIQUE (version_id, name)
);
CREATE INDEX product_artefacts_sha256 ON public.product_artefacts USING btree (sha256);
CREATE TRIGGER product_artefacts_frozen BEFORE DELETE OR UPDATE ON public.product_artefacts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER product_artefacts_kept BEFORE TRUNCATE ON public.product_artefacts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER product_artefacts_sealing BEFORE INSERT ON public.product_artefacts FOR EACH ROW EXECUTE FUNCTION product_sealing();
COMMENT ON TABLE product_artefacts IS 'the files of a sealed version, each with its stamp in it';

CREATE TABLE product_certificates (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    number text NOT NULL,
    kind text NOT NULL,
    registration_id bigint,
    product_id bigint NOT NULL,
    version_id bigint NOT NULL,
    organisation_id bigint NOT NULL,
    issuer text NOT NULL,
    state text NOT NULL,
    state_at timestamp with time zone NOT NULL,
    reason text NOT NULL DEFAULT ''::text,
    issued_at timestamp with time zone NOT NULL,
    issued_by bigint NOT NULL,
    issued_name text NOT NULL,
    valid_until timestamp with time zone NOT NULL,
    statement bytea NOT NULL,
    digest text NOT NULL,
    envelope bytea NOT NULL,
    key_id text NOT NULL,
    leaf bigint NOT NULL,
    end_leaf bigint,
    replaces_id bigint,
    revision integer NOT NULL DEFAULT 1,
    report_id bigint,
    CONSTRAINT product_certificates_check CHECK ((digest = encode(sha256(statement), 'hex'::text))),
    CONSTRAINT product_certificates_check1 CHECK (((kind = 'registration'::text) = (registration_id IS NOT NULL))),
    CONSTRAINT product_certificates_check2 CHECK (("left"(number, 3) =
CASE kind
    WHEN 'registration'::text THEN 'DJZ'::text
    WHEN 'certification'::text THEN 'HGZ'::text
    ELSE 'PGZ'::text
END)),
    CONSTRAINT product_certificates_check3 CHECK ((valid_until > issued_at)),
    CONSTRAINT product_certificates_check4 CHECK (((kind = 'registration'::text) OR (state <> ALL (ARRAY['changed'::text, 'renewed'::text, 'transferred'::text])))),
    CONSTRAINT product_certificates_check5 CHECK (((state <> 'cancelled'::text) OR (reason <> ''::text))),
    CONSTRAINT product_certificates_check6 CHECK (((state = ANY (ARRAY['issued'::text, 'changed'::text, 'renewed'::text, 'transferred'::text])) = (end_leaf IS NULL))),
    CONSTRAINT product_certificates_check7 CHECK (((kind = 'registration'::text) = (report_id IS NULL))),
    CONSTRAINT product_certificates_issuer_check CHECK ((issuer <> ''::text)),
    CONSTRAINT product_certificates_key_id_check CHECK ((key_id <> ''::text)),
    CONSTRAINT product_certificates_kind_check CHECK ((kind = ANY (ARRAY['registration'::text, 'certification'::text, 'valuation'::text]))),
    CONSTRAINT product_certificates_number_check CHECK ((number ~ '^(DJZ|HGZ|PGZ)-\d{4}-\d{6}$'::text)),
    CONSTRAINT product_certificates_state_check CHECK ((state = ANY (ARRAY['issued'::text, 'changed'::text, 'renewed'::text, 'transferred'::text, 'expired'::text, 'cancelled'::text]))),
    CONSTRAINT product_certificates_end_leaf_fkey FOREIGN KEY (end_leaf) REFERENCES log_leaves(seq),
    CONSTRAINT product_certificates_issued_by_fkey FOREIGN KEY (issued_by) REFERENCES users(id),
    CONSTRAINT product_certificates_leaf_fkey FOREIGN KEY (leaf) REFERENCES log_leaves(seq),
    CONSTRAINT product_certificates_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES organisations(id),
    CONSTRAINT product_certificates_product_id_fkey FOREIGN KEY (product_id) REFERENCES products(id),
    CONSTRAINT product_certificates_registration_id_fkey FOREIGN KEY (registration_id) REFERENCES registrations(id),
    CONSTRAINT product_certificates_replaces_id_fkey FOREIGN KEY (replaces_id) REFERENCES product_certificates(id),
    CONSTRAINT product_certificates_report_id_fkey FOREIGN KEY (report_id) REFERENCES product_reports(id),
    CONSTRAINT product_certificates_version_id_product_id_fkey FOREIGN KEY (version_id, product_id) REFERENCES product_versions(id, product_id),
    CONSTRAINT product_certificates_pkey PRIMARY KEY (id),
    CONSTRAINT product_certificates_digest_key UNIQUE (digest),
    CONSTRAINT product_certificates_end_leaf_key UNIQUE (end_leaf),
    CONSTRAINT product_certificates_leaf_key UNIQUE (leaf),
    CONSTRAINT product_certificates_number_key UNIQUE (number),
    CONSTRAINT product_certificates_registration_id_key UNIQUE (registration_id),
    CONSTRAINT product_certificates_replaces_id_key UNIQUE (replaces_id),
    CONSTRAINT product_certificates_report_id_key UNIQUE (report_id)
);
CREATE INDEX product_certificates_ending ON public.product_certificates USING btree (valid_until) WHERE (state = 'issued'::text);
CREATE INDEX product_certificates_product ON public.product_certificates USING btree (product_id, id DESC);
CREATE UNIQUE INDEX product_certificates_registered ON public.product_certificates USING btree (product_id) WHERE ((kind = 'registration'::text) AND (state = 'issued'::text));
CREATE TRIGGER product_certificates_frozen BEFORE DELETE ON public.product_certificates FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER product_certificates_issued BEFORE INSERT ON public.product_certificates FOR EACH ROW EXECUTE FUNCTION product_certificate_issued();
CREATE TRIGGER product_certificates_moves BEFORE UPDATE ON public.product_certificates FOR EACH ROW EXECUTE FUNCTION product_certificate_moves();
CREATE TRIGGER product_certificates_whole BEFORE TRUNCATE ON public.product_certificates FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE product_certificates IS 'signed certificates (in-toto, DSSE), each with its leaf in the public log; what replaces one is the certificate after it';
COMMENT ON COLUMN product_certificates.end_leaf IS 'leaf of the log that says it expired or was cancelled; one that another replaces is ended by the leaf of that';

CREATE TABLE product_contents (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    version_id bigint NOT NULL,
    "position" integer NOT NULL,
    name text NOT NULL,
    form text NOT NULL,
    release_id bigint,
    object text NOT NULL,
    file_name text NOT NULL DEFAULT ''::text,
    media text NOT NULL DEFAULT ''::text,
    columns jsonb NOT NULL DEFAULT '[]'::jsonb,
    description jsonb NOT NULL DEFAULT '{}'::jsonb,
    rows bigint NOT NULL DEFAULT 0,
    bytes bigint NOT NULL DEFAULT 0,
    digest text NOT NULL,
    came_at timestamp with time zone NOT NULL,
    came_by bigint NOT NULL,
    CONSTRAINT product_contents_bytes_check CHECK ((bytes >= 0)),
    CONSTRAINT product_contents_check CHECK (((form = 'table'::text) OR (release_id IS NULL))),
    CONSTRAINT product_contents_check1 CHECK (((form = 'table'::text) = (columns <> '[]'::jsonb))),
    CONSTRAINT product_contents_columns_check CHECK ((jsonb_typeof(columns) = 'array'::text)),
    CONSTRAINT product_contents_digest_check CHECK ((digest ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT product_contents_form_check CHECK ((form = ANY (ARRAY['table'::text, 'bytes'::text]))),
    CONSTRAINT product_contents_name_check CHECK ((name ~ '^[a-z][a-z0-9_]{0,62}$'::text)),
    CONSTRAINT product_contents_position_check CHECK (("position" >= 0)),
    CONSTRAINT product_contents_rows_check CHECK ((rows >= 0)),
    CONSTRAINT product_contents_came_by_fkey FOREIGN KEY (came_by) REFERENCES users(id),
    CONSTRAINT product_contents_object_fkey FOREIGN KEY (object) REFERENCES blobs(sha256),
    CONSTRAINT product_contents_release_id_fkey FOREIGN KEY (release_id) REFERENCES releases(id),
    CONSTRAINT product_contents_version_id_fkey FOREIGN KEY (version_id) REFERENCES product_versions(id),
    CONSTRAINT product_contents_pkey PRIMARY KEY (id),
    CONSTRAINT product_contents_version_id_name_key UNIQUE (version_id, name)
);
CREATE INDEX product_contents_digest ON public.product_contents USING btree (digest);
CREATE INDEX product_contents_release ON public.product_contents USING btree (release_id) WHERE (release_id IS NOT NULL);
CREATE TRIGGER product_contents_open BEFORE INSERT OR DELETE OR UPDATE ON public.product_contents FOR EACH ROW EXECUTE FUNCTION product_version_open();
COMMENT ON TABLE product_contents IS 'what a version is made of: a released result as it left, a table that was uploaded and read, or bytes';
COMMENT ON COLUMN product_contents.object IS 'of a table the Parquet file that reading it made, as of datasets; of bytes the bytes';
COMMENT ON COLUMN product_contents.columns IS 'of that Parquet file, in the order of the table';
COMMENT ON COLUMN product_contents.description IS 'what the statement says of the content';
COMMENT ON COLUMN product_contents.digest IS 'of the content: of a table by its canonical form, which no form of a file changes; of bytes, SHA-256';

CREATE TABLE product_countersignatures (
    version_id bigint NOT NULL,
    key_id text NOT NULL,
    signature bytea NOT NULL,
    by_id bigint NOT NULL,
    by_name text NOT NULL,
    at timestamp with time zone NOT NULL,
    leaf bigint NOT NULL,
    CONSTRAINT product_countersignatures_signature_check CHECK ((octet_length(signature) = 64)),
    CONSTRAINT product_countersignatures_key_id_fkey FOREIGN KEY (key_id) REFERENCES developer_keys(id),
    CONSTRAINT product_countersignatures_leaf_fkey FOREIGN KEY (leaf) REFERENCES log_leaves(seq),
    CONSTRAINT product_countersignatures_version_id_fkey FOREIGN KEY (version_id) REFERENCES product_seals(version_id),
    CONSTRAINT product_countersignatures_pkey PRIMARY KEY (version_id, key_id),
    CONSTRAINT product_countersignatures_leaf_key UNIQUE (leaf)
);
CREATE INDEX product_countersignatures_key ON public.product_countersignatures USING btree (key_id);
CREATE TRIGGER product_countersignatures_frozen BEFORE DELETE OR UPDATE ON public.product_countersignatures FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER product_countersignatures_kept BEFORE TRUNCATE ON public.product_countersignatures FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER product_countersignatures_signing BEFORE INSERT ON public.product_countersignatures FOR EACH ROW EXECUTE FUNCTION product_countersigning();
COMMENT ON TABLE product_countersignatures IS 'the signatures of developers over the statements that were sealed, byte for byte (DSSE); the newest counts';

CREATE TABLE product_events (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    product_id bigint NOT NULL,
    version_id bigint,
    act text NOT NULL,
    side text NOT NULL,
    by_id bigint NOT NULL,
    name text NOT NULL,
    words text NOT NULL DEFAULT ''::text,
    at timestamp with time zone NOT NULL,
    CONSTRAINT product_events_act_check CHECK ((act <> ''::text)),
    CONSTRAINT product_events_product_id_fkey FOREIGN KEY (product_id) REFERENCES products(id),
    CONSTRAINT product_events_version_id_fkey FOREIGN KEY (version_id) REFERENCES product_versions(id),
    CONSTRAINT product_events_pkey PRIMARY KEY (id)
);
CREATE INDEX product_events_product ON public.product_events USING btree (product_id, id);
CREATE TRIGGER product_events_frozen BEFORE DELETE OR UPDATE ON public.product_events FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER product_events_kept BEFORE TRUNCATE ON public.product_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE product_flags (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    version_id bigint NOT NULL,
    why text NOT NULL,
    source_version bigint,
    from_version bigint,
    words text NOT NULL DEFAULT ''::text,
    at timestamp with time zone NOT NULL,
    leaf bigint NOT NULL,
    withdrawal integer NOT NULL DEFAULT 0,
    CONSTRAINT product_flags_check CHECK ((((why = 'recalled'::text) = (from_version IS NOT NULL)) AND ((why <> 'recalled'::text) = (source_version IS NOT NULL)))),
    CONSTRAINT product_flags_why_check CHECK ((why = ANY (ARRAY['withdrawn'::text, 'corrected'::text, 'recalled'::text]))),
    CONSTRAINT product_flags_withdrawal_check CHECK ((withdrawal >= 0)),
    CONSTRAINT product_flags_from_version_fkey FOREIGN KEY (from_version) REFERENCES product_versions(id),
    CONSTRAINT product_flags_leaf_fkey FOREIGN KEY (leaf) REFERENCES log_leaves(seq),
    CONSTRAINT product_flags_source_version_fkey FOREIGN KEY (source_version) REFERENCES versions(id),
    CONSTRAINT product_flags_version_id_fkey FOREIGN KEY (version_id) REFERENCES product_versions(id),
    CONSTRAINT product_flags_pkey PRIMARY KEY (id),
    CONSTRAINT product_flags_leaf_key UNIQUE (leaf)
);
CREATE UNIQUE INDEX product_flags_from ON public.product_flags USING btree (version_id, from_version) WHERE (from_version IS NOT NULL);
CREATE UNIQUE INDEX product_flags_source ON public.product_flags USING btree (version_id, why, source_version, withdrawal) WHERE (source_version IS NOT NULL);
CREATE TRIGGER product_flags_frozen BEFORE DELETE OR UPDATE ON public.product_flags FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER product_flags_kept BEFORE TRUNCATE ON public.product_flags FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE product_flags IS 'sealed versions one of whose inputs was withdrawn, put right or recalled after they were sealed';
COMMENT ON COLUMN product_flags.withdrawal IS 'which withdrawal of the entry it tells of, counted from 1; 0 of another cause, and of the first one where it was told before withdrawals were counted';

CREATE TABLE product_inputs (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    version_id bigint NOT NULL,
    acquisition_id bigint,
    from_version bigint,
    title text NOT NULL DEFAULT ''::text,
    evidence text,
    evidence_name text NOT NULL DEFAULT ''::text,
    added_by bigint NOT NULL,
    added_at timestamp with time zone NOT NULL,
    CONSTRAINT product_inputs_check CHECK ((num_nonnulls(acquisition_id, from_version, evidence) = 1)),
    CONSTRAINT product_inputs_check1 CHECK (((evidence IS NULL) = (title = ''::text))),
    CONSTRAINT product_inputs_check2 CHECK ((from_version <> version_id)),
    CONSTRAINT product_inputs_acquisition_id_fkey FOREIGN KEY (acquisition_id) REFERENCES acquisitions(id),
    CONSTRAINT product_inputs_added_by_fkey FOREIGN KEY (added_by) REFERENCES users(id),
    CONSTRAINT product_inputs_evidence_fkey FOREIGN KEY (evidence) REFERENCES blobs(sha256),
    CONSTRAINT product_inputs_from_version_fkey FOREIGN KEY (from_version) REFERENCES product_versions(id),
    CONSTRAINT product_inputs_version_id_fkey FOREIGN KEY (version_id) REFERENCES product_versions(id),
    CONSTRAINT product_inputs_pkey PRIMARY KEY (id),
    CONSTRAINT product_inputs_version_id_acquisition_id_key UNIQUE (version_id, acquisition_id),
    CONSTRAINT product_inputs_version_id_from_version_key UNIQUE (version_id, from_version)
);
CREATE INDEX product_inputs_acquisition ON public.product_inputs USING btree (acquisition_id) WHERE (acquisition_id IS NOT NULL);
CREATE INDEX product_inputs_from ON public.product_inputs USING btree (from_version) WHERE (from_version IS NOT NULL);
CREATE TRIGGER product_inputs_open BEFORE INSERT OR DELETE OR UPDATE ON public.product_inputs FOR EACH ROW EXECUTE FUNCTION product_version_open();
CREATE TRIGGER product_inputs_sealed BEFORE INSERT OR UPDATE ON public.product_inputs FOR EACH ROW EXECUTE FUNCTION product_inputs_sealed();
COMMENT ON TABLE product_inputs IS 'what went in besides what the jobs of released results read: acquisitions that the developer holds, versions of other products, and what is declared with evidence';

CREATE TABLE product_marks (
    version_id bigint NOT NULL,
    digest text NOT NULL,
    CONSTRAINT product_marks_digest_check CHECK ((digest ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT product_marks_version_id_fkey FOREIGN KEY (version_id) REFERENCES product_versions(id),
    CONSTRAINT product_marks_pkey PRIMARY KEY (version_id, digest)
);
CREATE INDEX product_marks_digest ON public.product_marks USING btree (digest);
CREATE TRIGGER product_marks_frozen BEFORE DELETE OR UPDATE ON public.product_marks FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER product_marks_kept BEFORE TRUNCATE ON public.product_marks FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER product_marks_sealing BEFORE INSERT ON public.product_marks FOR EACH ROW EXECUTE FUNCTION product_sealing();
COMMENT ON TABLE product_marks IS 'by what the proof of a seal is looked for: the statement, the contents, and the names of the columns of a table whose stamp was cut off (verify.Digests)';

CREATE TABLE product_recalls (
    version_id bigint NOT NULL,
    by_side text NOT NULL,
    by_id bigint NOT NULL,
    by_name text NOT NULL,
    reason text NOT NULL,
    at timestamp with time zone NOT NULL,
    leaf bigint NOT NULL,
    CONSTRAINT product_recalls_by_side_check CHECK ((by_side = ANY (ARRAY['developer'::text, 'platform'::text]))),
    CONSTRAINT product_recalls_reason_check CHECK ((reason <> ''::text)),
    CONSTRAINT product_recalls_leaf_fkey FOREIGN KEY (leaf) REFERENCES log_leaves(seq),
    CONSTRAINT product_recalls_version_id_fkey FOREIGN KEY (version_id) REFERENCES product_versions(id),
    CONSTRAINT product_recalls_pkey PRIMARY KEY (version_id),
    CONSTRAINT product_recalls_leaf_key UNIQUE (leaf)
);
CREATE TRIGGER product_recalls_frozen BEFORE DELETE OR UPDATE ON public.product_recalls FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER product_recalls_kept BEFORE TRUNCATE ON public.product_recalls FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE product_report_events (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    report_id bigint NOT NULL,
    act text NOT NULL,
    side text NOT NULL,
    state text NOT NULL,
    by_id bigint NOT NULL,
    name text NOT NULL,
    words text NOT NULL DEFAULT ''::text,
    at timestamp with time zone NOT NULL,
    CONSTRAINT product_report_events_act_check CHECK ((act <> ''::text)),
    CONSTRAINT product_report_events_report_id_fkey FOREIGN KEY (report_id) REFERENCES product_reports(id),
    CONSTRAINT product_report_events_pkey PRIMARY KEY (id)
);
CREATE INDEX product_report_events_of ON public.product_report_events USING btree (report_id, id);
CREATE TRIGGER product_report_events_frozen BEFORE DELETE OR UPDATE ON public.product_report_events FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER product_report_events_whole BEFORE TRUNCATE ON public.product_report_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE product_reports (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    number text NOT NULL,
    kind text NOT NULL,
    product_id bigint NOT NULL,
    version_id bigint NOT NULL,
    organisation_id bigint NOT NULL,
    controls_asked text[] NOT NULL DEFAULT '{}'::text[],
    controls text[] NOT NULL DEFAULT '{}'::text[],
    declaration text NOT NULL DEFAULT ''::text,
    declared_at timestamp with time zone,
    declared_by bigint,
    declared_name text NOT NULL DEFAULT ''::text,
    method text NOT NULL DEFAULT ''::text,
    body jsonb NOT NULL DEFAULT '{}'::jsonb,
    evaluator text NOT NULL DEFAULT ''::text,
    conclusion text NOT NULL DEFAULT ''::text,
    digest text NOT NULL DEFAULT ''::text,
    state text NOT NULL,
    state_at timestamp with time zone NOT NULL,
    reason text NOT NULL DEFAULT ''::text,
    clock_profile text NOT NULL,
    clock_path text NOT NULL,
    clock_from timestamp with time zone NOT NULL,
    sample boolean NOT NULL DEFAULT false,
    made_by bigint NOT NULL,
    made_name text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    sent text,
    CONSTRAINT product_reports_body_check CHECK ((jsonb_typeof(body) = 'object'::text)),
    CONSTRAINT product_reports_check CHECK (("left"(number, 2) =
CASE kind
    WHEN 'certification'::text THEN 'HG'::text
    ELSE 'PG'::text
END)),
    CONSTRAINT product_reports_check1 CHECK ((num_nulls(declared_at, declared_by) = ANY (ARRAY[0, 2]))),
    CONSTRAINT product_reports_check2 CHECK (((state <> ALL (ARRAY['draft'::text, 'issued'::text, 'rejected'::text])) OR ((declared_at IS NOT NULL) AND (declaration <> ''::text)))),
    CONSTRAINT product_reports_check3 CHECK (((state <> ALL (ARRAY['rejected'::text, 'declined'::text])) OR (reason <> ''::text))),
    CONSTRAINT product_reports_check4 CHECK (((state = ANY (ARRAY['issued'::text, 'rejected'::text])) = (digest <> ''::text))),
    CONSTRAINT product_reports_digest_check CHECK (((digest = ''::text) OR (digest ~ '^[0-9a-f]{64}$'::text))),
    CONSTRAINT product_reports_kind_check CHECK ((kind = ANY (ARRAY['certification'::text, 'valuation'::text]))),
    CONSTRAINT product_reports_number_check CHECK ((number ~ '^(HG|PG)-\d{4}-\d{6}$'::text)),
    CONSTRAINT product_reports_state_check CHECK ((state = ANY (ARRAY['requested'::text, 'draft'::text, 'issued'::text, 'rejected'::text, 'declined'::text, 'withdrawn'::text]))),
    CONSTRAINT product_reports_declared_by_fkey FOREIGN KEY (declared_by) REFERENCES users(id),
    CONSTRAINT product_reports_made_by_fkey FOREIGN KEY (made_by) REFERENCES users(id),
    CONSTRAINT product_reports_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES organisations(id),
    CONSTRAINT product_reports_product_id_fkey FOREIGN KEY (product_id) REFERENCES products(id),
    CONSTRAINT product_reports_version_id_product_id_fkey FOREIGN KEY (version_id, product_id) REFERENCES product_versions(id, product_id),
    CONSTRAINT product_reports_pkey PRIMARY KEY (id),
    CONSTRAINT product_reports_number_key UNIQUE (number),
    CONSTRAINT product_reports_sent_key UNIQUE (sent)
);
CREATE UNIQUE INDEX product_reports_open ON public.product_reports USING btree (version_id, kind, organisation_id) WHERE (state = ANY (ARRAY['requested'::text, 'draft'::text]));
CREATE INDEX product_reports_organisation ON public.product_reports USING btree (organisation_id, id DESC);
CREATE INDEX product_reports_product ON public.product_reports USING btree (product_id, id DESC);
CREATE TRIGGER product_reports_frozen BEFORE DELETE ON public.product_reports FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER product_reports_kept AFTER UPDATE ON public.product_reports FOR EACH ROW EXECUTE FUNCTION product_report_kept();
CREATE TRIGGER product_reports_moves BEFORE UPDATE ON public.product_reports FOR EACH ROW EXECUTE FUNCTION product_report_moves();
CREATE TRIGGER product_reports_whole BEFORE TRUNCATE ON public.product_reports FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE product_reports IS 'the report of a certifier (the tests of TJ-29 and the categories of TJ-54), or the worksheet of a valuer; neither is a price';
COMMENT ON COLUMN product_reports.controls_asked IS 'credit codes of whoever controls the developer, as it declares; controls are those of whoever reports';

CREATE TABLE product_rights (
    product_id bigint NOT NULL,
    over text NOT NULL,
    what text NOT NULL,
    organisation_id bigint,
    holder text NOT NULL,
    source text NOT NULL,
    CONSTRAINT product_rights_check CHECK (
CASE over
    WHEN 'public'::text THEN (what = ANY (ARRAY['hold'::text, 'process'::text]))
    WHEN 'own'::text THEN (what = 'hold'::text)
    ELSE (what = 'operate'::text)
END),
    CONSTRAINT product_rights_holder CHECK (((organisation_id IS NOT NULL) OR ((over = 'public'::text) AND (what = 'hold'::text)))),
    CONSTRAINT product_rights_holder_check CHECK ((holder <> ''::text)),
    CONSTRAINT product_rights_over_check CHECK ((over = ANY (ARRAY['public'::text, 'own'::text, 'product'::text]))),
    CONSTRAINT product_rights_public CHECK (((over <> 'public'::text) OR (what <> 'hold'::text) OR (organisation_id IS NULL))),
    CONSTRAINT product_rights_source_check CHECK ((source <> ''::text)),
    CONSTRAINT product_rights_what_check CHECK ((what = ANY (ARRAY['hold'::text, 'process'::text, 'operate'::text]))),
    CONSTRAINT product_rights_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES organisations(id),
    CONSTRAINT product_rights_product_id_fkey FOREIGN KEY (product_id) REFERENCES products(id),
    CONSTRAINT product_rights_pkey PRIMARY KEY (product_id, over, what)
);
CREATE TRIGGER product_rights_of_state BEFORE INSERT OR UPDATE ON public.product_rights FOR EACH ROW EXECUTE FUNCTION product_right_of_state();
COMMENT ON TABLE product_rights IS '数据资源持有权, 数据加工使用权, 数据产品经营权: who has each, and where from';
COMMENT ON COLUMN product_rights.over IS 'public: of the public data in the product; own: of what the developer brought; product: of the product itself';

CREATE TABLE product_seals (
    version_id bigint NOT NULL,
    statement bytea NOT NULL,
    digest text NOT NULL,
    envelope bytea NOT NULL,
    key_id text NOT NULL,
    leaf bigint NOT NULL,
    built_at timestamp with time zone NOT NULL,
    sealed_at timestamp with time zone NOT NULL,
    sealed_by bigint NOT NULL,
    sealed_name text NOT NULL,
    CONSTRAINT product_seals_check CHECK ((digest = encode(sha256(statement), 'hex'::text))),
    CONSTRAINT product_seals_check1 CHECK ((built_at <= sealed_at)),
    CONSTRAINT product_seals_digest_check CHECK ((digest ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT product_seals_key_id_check CHECK ((key_id <> ''::text)),
    CONSTRAINT product_seals_leaf_fkey FOREIGN KEY (leaf) REFERENCES log_leaves(seq),
    CONSTRAINT product_seals_sealed_by_fkey FOREIGN KEY (sealed_by) REFERENCES users(id),
    CONSTRAINT product_seals_version_id_fkey FOREIGN KEY (version_id) REFERENCES product_versions(id),
    CONSTRAINT product_seals_pkey PRIMARY KEY (version_id),
    CONSTRAINT product_seals_digest_key UNIQUE (digest),
    CONSTRAINT product_seals_leaf_key UNIQUE (leaf)
);
CREATE TRIGGER product_seals_frozen BEFORE DELETE OR UPDATE ON public.product_seals FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER product_seals_kept BEFORE TRUNCATE ON public.product_seals FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER product_seals_sealing BEFORE INSERT ON public.product_seals FOR EACH ROW EXECUTE FUNCTION product_sealing();
COMMENT ON TABLE product_seals IS 'the statement of sources (in-toto) as it was signed, its envelope (DSSE), and its place in the transparency log';

CREATE TABLE product_sources (
    version_id bigint NOT NULL,
    acquisition_id bigint NOT NULL,
    dataset_id bigint NOT NULL,
    source_version bigint NOT NULL,
    basis text NOT NULL,
    CONSTRAINT product_sources_basis_check CHECK ((basis = ANY (ARRAY['machine'::text, 'held'::text]))),
    CONSTRAINT product_sources_acquisition_id_fkey FOREIGN KEY (acquisition_id) REFERENCES acquisitions(id),
    CONSTRAINT product_sources_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES datasets(id),
    CONSTRAINT product_sources_source_version_fkey FOREIGN KEY (source_version) REFERENCES versions(id),
    CONSTRAINT product_sources_version_id_fkey FOREIGN KEY (version_id) REFERENCES product_versions(id),
    CONSTRAINT product_sources_pkey PRIMARY KEY (version_id, acquisition_id)
);
CREATE INDEX product_sources_dataset ON public.product_sources USING btree (dataset_id);
CREATE INDEX product_sources_version ON public.product_sources USING btree (source_version);
CREATE TRIGGER product_sources_frozen BEFORE DELETE OR UPDATE ON public.product_sources FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER product_sources_kept BEFORE TRUNCATE ON public.product_sources FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER product_sources_sealing BEFORE INSERT ON public.product_sources FOR EACH ROW EXECUTE FUNCTION product_sealing();
COMMENT ON TABLE product_sources IS 'every version of public data in a sealed version, through all that it was made of';

CREATE TABLE product_versions (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    product_id bigint NOT NULL,
    major integer NOT NULL,
    minor integer NOT NULL,
    patch integer NOT NULL,
    semver text GENERATED ALWAYS AS ((((((major)::text || '.'::text) || (minor)::text) || '.'::text) || (patch)::text)) STORED,
    supersedes bigint,
    state text NOT NULL,
    state_at timestamp with time zone NOT NULL,
    method text NOT NULL DEFAULT ''::text,
    notes text NOT NULL DEFAULT ''::text,
    forms text[] NOT NULL DEFAULT '{}'::text[],
    built_at timestamp with time zone,
    facts text NOT NULL DEFAULT ''::text,
    made_by bigint NOT NULL,
    made_name text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    CONSTRAINT product_versions_check CHECK ((((major + minor) + patch) > 0)),
    CONSTRAINT product_versions_check1 CHECK (((state = 'building'::text) OR ((facts <> ''::text) AND (built_at IS NOT NULL)))),
    CONSTRAINT product_versions_facts_check CHECK (((facts = ''::text) OR (facts ~ '^[0-9a-f]{64}$'::text))),
    CONSTRAINT product_versions_major_check CHECK ((major >= 0)),
    CONSTRAINT product_versions_minor_check CHECK ((minor >= 0)),
    CONSTRAINT product_versions_patch_check CHECK ((patch >= 0)),
    CONSTRAINT product_versions_state_check CHECK ((state = ANY (ARRAY['building'::text, 'checked'::text, 'sealed'::text, 'published'::text, 'deprecated'::text, 'recalled'::text]))),
    CONSTRAINT product_versions_made_by_fkey FOREIGN KEY (made_by) REFERENCES users(id),
    CONSTRAINT product_versions_product_id_fkey FOREIGN KEY (product_id) REFERENCES products(id),
    CONSTRAINT product_versions_supersedes_fkey FOREIGN KEY (supersedes) REFERENCES product_versions(id),
    CONSTRAINT product_versions_supersedes_product_id_fkey FOREIGN KEY (supersedes, product_id) REFERENCES product_versions(id, product_id),
    CONSTRAINT product_versions_pkey PRIMARY KEY (id),
    CONSTRAINT product_versions_id_product_id_key UNIQUE (id, product_id),
    CONSTRAINT product_versions_product_id_major_minor_patch_key UNIQUE (product_id, major, minor, patch),
    CONSTRAINT product_versions_product_id_semver_key UNIQUE (product_id, semver)
);
CREATE UNIQUE INDEX product_versions_after ON public.product_versions USING btree (supersedes);
CREATE TRIGGER product_versions_moves BEFORE UPDATE ON public.product_versions FOR EACH ROW EXECUTE FUNCTION product_version_moves();
CREATE TRIGGER product_versions_offered BEFORE UPDATE OF state ON public.product_versions FOR EACH ROW WHEN (((new.state = 'published'::text) AND (old.state = 'sealed'::text))) EXECUTE FUNCTION product_version_offered();
COMMENT ON COLUMN product_versions.facts IS 'SHA-256 of what the records said of its inputs when it was checked: sealing asks them again, and stops where they say something else';

CREATE TABLE products (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    number text NOT NULL,
    organisation_id bigint NOT NULL,
    scenario_id bigint,
    kind text NOT NULL,
    title text NOT NULL,
    title_en text NOT NULL DEFAULT ''::text,
    summary text NOT NULL DEFAULT ''::text,
    summary_en text NOT NULL DEFAULT ''::text,
    sold boolean NOT NULL,
    state text NOT NULL,
    state_at timestamp with time zone NOT NULL,
    reason text NOT NULL DEFAULT ''::text,
    sample boolean NOT NULL DEFAULT false,
    made_by bigint NOT NULL,
    made_name text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    sent text,
    CONSTRAINT products_check CHECK (((state <> 'suspended'::text) OR (reason <> ''::text))),
    CONSTRAINT products_kind_check CHECK ((kind = ANY (ARRAY['dataset'::text, 'api'::text, 'report'::text, 'model'::text, 'tool'::text]))),
    CONSTRAINT products_number_check CHECK ((number ~ '^PRD-\d{4}-\d{6}$'::text)),
    CONSTRAINT products_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'internal_review'::text, 'registered'::text, 'listable'::text, 'suspended'::text, 'retired'::text]))),
    CONSTRAINT products_title_check CHECK ((title <> ''::text)),
    CONSTRAINT products_made_by_fkey FOREIGN KEY (made_by) REFERENCES users(id),
    CONSTRAINT products_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES organisations(id),
    CONSTRAINT products_scenario_id_fkey FOREIGN KEY (scenario_id) REFERENCES scenarios(id),
    CONSTRAINT products_pkey PRIMARY KEY (id),
    CONSTRAINT products_number_key UNIQUE (number),
    CONSTRAINT products_sent_key UNIQUE (sent)
);
CREATE INDEX products_organisation ON public.products USING btree (organisation_id, id DESC);
CREATE INDEX products_scenario ON public.products USING btree (scenario_id) WHERE (scenario_id IS NOT NULL);
CREATE TRIGGER products_listable BEFORE UPDATE OF state ON public.products FOR EACH ROW WHEN (((new.state = 'listable'::text) AND (old.state <> 'listable'::text))) EXECUTE FUNCTION product_listable();
CREATE TRIGGER products_moves BEFORE UPDATE ON public.products FOR EACH ROW EXECUTE FUNCTION product_moves();
COMMENT ON COLUMN products.sold IS 'what is given for money, or for nothing: a product that is sold may not hold data that was granted for academic use alone (AB-35.2)';

CREATE TABLE question_reports (
    question_id bigint NOT NULL,
    user_id bigint NOT NULL,
    reason text NOT NULL,
    at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    upheld boolean,
    CONSTRAINT question_reports_check CHECK (((closed_at IS NULL) = (upheld IS NULL))),
    CONSTRAINT question_reports_reason_check CHECK ((reason = ANY (ARRAY['personal'::text, 'abuse'::text, 'advert'::text, 'unlawful'::text]))),
    CONSTRAINT question_reports_question_id_fkey FOREIGN KEY (question_id) REFERENCES questions(id),
    CONSTRAINT question_reports_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
    CONSTRAINT question_reports_pkey PRIMARY KEY (question_id, user_id)
);
CREATE INDEX question_reports_user ON public.question_reports USING btree (user_id);
COMMENT ON TABLE question_reports IS 'what readers say is wrong with a public question and its answer: once for each account';
COMMENT ON COLUMN question_reports.upheld IS 'the question was hidden; false: it stays';

CREATE TABLE questions (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    dataset_id bigint NOT NULL,
    user_id bigint,
    asker text NOT NULL,
    body text NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    clock_profile text NOT NULL,
    clock_path text NOT NULL,
    state text NOT NULL,
    answer text NOT NULL DEFAULT ''::text,
    answered_by bigint,
    answered_name text NOT NULL DEFAULT ''::text,
    answered_at timestamp with time zone,
    revision integer NOT NULL DEFAULT 1,
    hidden_at timestamp with time zone,
    hidden_by bigint,
    hidden_name text NOT NULL DEFAULT ''::text,
    hidden_reason text NOT NULL DEFAULT ''::text,
    CONSTRAINT questions_asker_check CHECK ((asker <> ''::text)),
    CONSTRAINT questions_body_check CHECK ((body <> ''::text)),
    CONSTRAINT questions_check CHECK (((state = ANY (ARRAY['answered'::text, 'declined'::text, 'hidden'::text])) = ((answer <> ''::text) AND (answered_by IS NOT NULL) AND (answered_at IS NOT NULL)))),
    CONSTRAINT questions_hidden_check CHECK (((state = 'hidden'::text) = ((hidden_reason <> ''::text) AND (hidden_at IS NOT NULL) AND (hidden_by IS NOT NULL)))),
    CONSTRAINT questions_state_check CHECK ((state = ANY (ARRAY['open'::text, 'answered'::text, 'declined'::text, 'taken_back'::text, 'hidden'::text]))),
    CONSTRAINT questions_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES datasets(id),
    CONSTRAINT questions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id),
    CONSTRAINT questions_pkey PRIMARY KEY (id)
);
CREATE INDEX questions_dataset ON public.questions USING btree (dataset_id, id DESC);
CREATE UNIQUE INDEX questions_once ON public.questions USING btree (user_id, dataset_id, md5(body)) WHERE (state = 'open'::text);
CREATE INDEX questions_user ON public.questions USING btree (user_id, id DESC);
COMMENT ON TABLE questions IS 'public once answered: a question that nobody has looked at is seen by its asker and the department alone';
COMMENT ON COLUMN questions.user_id IS 'who asked; null once the account is gone';
COMMENT ON COLUMN questions.asker IS 'as the asker wants to be called in public';
COMMENT ON COLUMN questions.answer IS 'the official answer, or why the question is not answered here';
COMMENT ON COLUMN questions.hidden_reason IS 'stands in public in the place of what was hidden';

CREATE UNLOGGED TABLE rate_windows (
    bucket text NOT NULL,
    subject bytea NOT NULL,
    started timestamp with time zone NOT NULL,
    count integer NOT NULL,
    previous integer NOT NULL,
    refused integer NOT NULL,
    ends timestamp with time zone NOT NULL,
    CONSTRAINT rate_windows_pkey PRIMARY KEY (bucket, subject)
);
CREATE INDEX rate_windows_ends ON public.rate_windows USING btree (ends);
COMMENT ON TABLE rate_windows IS 'rate limits that hold across replicas; subjects are hashed, a crash forgets them, and that is all right';
COMMENT ON COLUMN rate_windows.refused IS 'calls refused since the last that passed; only those that passed are counted against the limit';

CREATE TABLE readers (
    user_id bigint NOT NULL,
    lang text NOT NULL,
    CONSTRAINT readers_lang_check CHECK ((lang = ANY (ARRAY['zh'::text, 'en'::text]))),
    CONSTRAINT readers_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
    CONSTRAINT readers_pkey PRIMARY KEY (user_id)
);
COMMENT ON TABLE readers IS 'in which language somebody is written to';

CREATE TABLE recovery_codes (
    user_id bigint NOT NULL,
    hash bytea NOT NULL,
    used_at timestamp with time zone,
    CONSTRAINT recovery_codes_hash_check CHECK ((length(hash) = 32)),
    CONSTRAINT recovery_codes_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
    CONSTRAINT recovery_codes_pkey PRIMARY KEY (user_id, hash)
);
COMMENT ON TABLE recovery_codes IS 'hashes of codes of 80 random bits, each good once in place of a second step';

CREATE TABLE rectification_entries (
    order_id bigint NOT NULL,
    dataset_id bigint NOT NULL,
    CONSTRAINT rectification_entries_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES datasets(id),
    CONSTRAINT rectification_entries_order_id_fkey FOREIGN KEY (order_id) REFERENCES rectification_orders(id),
    CONSTRAINT rectification_entries_pkey PRIMARY KEY (order_id, dataset_id)
);
COMMENT ON TABLE rectification_entries IS 'the entries that an order is about, where it is about some';

CREATE TABLE rectification_orders (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    number text NOT NULL,
    department_id bigint NOT NULL,
    issuer_id bigint NOT NULL,
    profile text NOT NULL,
    rule_profile text NOT NULL,
    rule_path text NOT NULL,
    grounds text[] NOT NULL,
    facts text NOT NULL,
    remedy text NOT NULL,
    state text NOT NULL,
    issued_by bigint NOT NULL,
    issued_name text NOT NULL,
    issued_at timestamp with time zone NOT NULL,
    due_profile text NOT NULL,
    due_path text NOT NULL,
    due_from timestamp with time zone NOT NULL,
    due_given integer NOT NULL,
    asked_days integer NOT NULL DEFAULT 0,
    asked_for text NOT NULL DEFAULT ''::text,
    asked_by bigint,
    asked_name text NOT NULL DEFAULT ''::text,
    asked_at timestamp with time zone,
    more_days integer NOT NULL DEFAULT 0,
    more_reason text NOT NULL DEFAULT ''::text,
    more_by bigint,
    more_name text NOT NULL DEFAULT ''::text,
    more_at timestamp with time zone,
    answer text NOT NULL DEFAULT ''::text,
    evidence text NOT NULL DEFAULT ''::text,
    links text[] NOT NULL DEFAULT '{}'::text[],
    answered_by bigint,
    answered_name text NOT NULL DEFAULT ''::text,
    answered_at timestamp with time zone,
    rounds integer NOT NULL DEFAULT 0,
    check_profile text NOT NULL DEFAULT ''::text,
    check_path text NOT NULL DEFAULT ''::text,
    check_from timestamp with time zone,
    finding text NOT NULL DEFAULT ''::text,
    found_by bigint,
    found_name text NOT NULL DEFAULT ''::text,
    found_at timestamp with time zone,
    ended_at timestamp with time zone,
    revision integer NOT NULL DEFAULT 1,
    sent text,
    CONSTRAINT rectification_orders_asked_days_check CHECK ((asked_days >= 0)),
    CONSTRAINT rectification_orders_check CHECK (((more_days >= 0) AND (more_days <= asked_days))),
    CONSTRAINT rectification_orders_check1 CHECK ((issuer_id <> department_id)),
    CONSTRAINT rectification_orders_check10 CHECK ((((check_path = ''::text) = (check_from IS NULL)) AND ((check_path = ''::text) = (check_profile = ''::text)))),
    CONSTRAINT rectification_orders_check11 CHECK (((check_from IS NULL) = (state <> 'answered'::text))),
    CONSTRAINT rectification_orders_check12 CHECK (((found_at IS NULL) = (finding = ''::text))),
    CONSTRAINT rectification_orders_check13 CHECK (((state <> ALL (ARRAY['wanting'::text, 'closed'::text, 'withdrawn'::text])) OR (found_at IS NOT NULL))),
    CONSTRAINT rectification_orders_check14 CHECK (((ended_at IS NULL) = (state = ANY (ARRAY['issued'::text, 'answered'::text, 'wanting'::text])))),
    CONSTRAINT rectification_orders_check2 CHECK (((answered_by <> issued_by) AND (answered_by <> found_by) AND (asked_by <> more_by))),
    CONSTRAINT rectification_orders_check3 CHECK ((((asked_at IS NULL) = (asked_for = ''::text)) AND ((asked_at IS NULL) = (asked_days = 0)))),
    CONSTRAINT rectification_orders_check4 CHECK (((more_at IS NULL) OR (asked_at IS NOT NULL))),
    CONSTRAINT rectification_orders_check5 CHECK (((more_days = 0) OR (more_at IS NOT NULL))),
    CONSTRAINT rectification_orders_check6 CHECK (((more_at IS NULL) OR (more_days = asked_days) OR (more_reason <> ''::text))),
    CONSTRAINT rectification_orders_check7 CHECK ((((answered_at IS NULL) = (answer = ''::text)) AND ((answered_at IS NULL) = (rounds = 0)))),
    CONSTRAINT rectification_orders_check9 CHECK (((state <> ALL (ARRAY['answered'::text, 'wanting'::text, 'closed'::text])) OR (answered_at IS NOT NULL))),
    CONSTRAINT rectification_orders_due_given_check CHECK ((due_given > 0)),
    CONSTRAINT rectification_orders_due_path_check CHECK ((due_path <> ''::text)),
    CONSTRAINT rectification_orders_due_profile_check CHECK ((due_profile <> ''::text)),
    CONSTRAINT rectification_orders_facts_check CHECK ((facts <> ''::text)),
    CONSTRAINT rectification_orders_grounds_check CHECK ((cardinality(grounds) > 0)),
    CONSTRAINT rectification_orders_issued_name_check CHECK ((issued_name <> ''::text)),
    CONSTRAINT rectification_orders_links_check CHECK ((cardinality(links) <= 50)),
    CONSTRAINT rectification_orders_number_check CHECK ((number ~ '^ZG-\d{4}-\d{6}$'::text)),
    CONSTRAINT rectification_orders_profile_check CHECK ((profile <> ''::text)),
    CONSTRAINT rectification_orders_remedy_check CHECK ((remedy <> ''::text)),
    CONSTRAINT rectification_orders_rounds_check CHECK ((rounds >= 0)),
    CONSTRAINT rectification_orders_rule_path_check CHECK ((rule_path <> ''::text)),
    CONSTRAINT rectification_orders_rule_profile_check CHECK ((rule_profile <> ''::text)),
    CONSTRAINT rectification_orders_sent_check CHECK ((sent ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT rectification_orders_state_check CHECK ((state = ANY (ARRAY['issued'::text, 'answered'::text, 'wanting'::text, 'closed'::text, 'withdrawn'::text]))),
    CONSTRAINT rectification_orders_department_id_fkey FOREIGN KEY (department_id) REFERENCES departments(id),
    CONSTRAINT rectification_orders_issuer_id_fkey FOREIGN KEY (issuer_id) REFERENCES departments(id),
    CONSTRAINT rectification_orders_pkey PRIMARY KEY (id),
    CONSTRAINT rectification_orders_number_key UNIQUE (number),
    CONSTRAINT rectification_orders_sent_key UNIQUE (sent)
);
CREATE INDEX rectification_orders_department ON public.rectification_orders USING btree (department_id, id DESC);
CREATE INDEX rectification_orders_profile ON public.rectification_orders USING btree (profile, id DESC);
CREATE TRIGGER rectification_orders_moves BEFORE UPDATE ON public.rectification_orders FOR EACH ROW EXECUTE FUNCTION rectification_order_moves();
CREATE TRIGGER rectification_orders_papers AFTER DELETE ON public.rectification_orders FOR EACH ROW EXECUTE FUNCTION case_papers_go('order');
CREATE TRIGGER rectification_orders_shown BEFORE INSERT OR UPDATE ON public.rectification_orders FOR EACH ROW WHEN (((new.answered_at IS NOT NULL) AND (new.evidence = ''::text) AND (cardinality(new.links) = 0))) EXECUTE FUNCTION rectification_answer_shown();
COMMENT ON TABLE rectification_orders IS 'known to the department that it is addressed to, the authority and the regulator';
COMMENT ON COLUMN rectification_orders.rule_path IS 'the rule that names the grounds: of the text in force when it was issued, or of the platform';
COMMENT ON COLUMN rectification_orders.due_given IS 'working days after due_from by which it is to be put right; the day is worked out from them';
COMMENT ON COLUMN rectification_orders.more_days IS 'of the days that were asked for, those that were given; none where more_at says that it was refused';
COMMENT ON COLUMN rectification_orders.check_from IS 'since when the authority has an answer to check; only while it has';
COMMENT ON COLUMN rectification_orders.finding IS 'of the authority about the last answer, or why it took the order back';
COMMENT ON COLUMN rectification_orders.sent IS 'the digest of the form that made it, with who sent it and a word of chance of its page; the same form sent again leads here';

CREATE TABLE refund_approvals (
    refund_id bigint NOT NULL,
    user_id bigint NOT NULL,
    name text NOT NULL,
    side text NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT refund_approvals_side_check CHECK ((side = ANY (ARRAY['trade'::text, 'exchange'::text]))),
    CONSTRAINT refund_approvals_refund_id_fkey FOREIGN KEY (refund_id) REFERENCES refunds(id),
    CONSTRAINT refund_approvals_pkey PRIMARY KEY (refund_id, user_id),
    CONSTRAINT refund_approvals_refund_id_side_key UNIQUE (refund_id, side)
);
CREATE TRIGGER refund_approvals_frozen BEFORE DELETE OR UPDATE ON public.refund_approvals FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refund_approvals_whole BEFORE TRUNCATE ON public.refund_approvals FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON COLUMN refund_approvals.side IS 'trade: of the seller or of the operator whose account pays';

CREATE TABLE refund_events (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    refund_id bigint NOT NULL,
    act text NOT NULL,
    state text NOT NULL,
    by_id bigint NOT NULL,
    name text NOT NULL,
    words text NOT NULL DEFAULT ''::text,
    at timestamp with time zone NOT NULL,
    CONSTRAINT refund_events_act_check CHECK ((act <> ''::text)),
    CONSTRAINT refund_events_refund_id_fkey FOREIGN KEY (refund_id) REFERENCES refunds(id),
    CONSTRAINT refund_events_pkey PRIMARY KEY (id)
);
CREATE INDEX refund_events_of ON public.refund_events USING btree (refund_id, id);
CREATE TRIGGER refund_events_frozen BEFORE DELETE OR UPDATE ON public.refund_events FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refund_events_whole BEFORE TRUNCATE ON public.refund_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE refunds (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    number text NOT NULL,
    order_number text NOT NULL,
    buyer_id bigint NOT NULL,
    seller_id bigint NOT NULL,
    operator_id bigint NOT NULL,
    cause text NOT NULL,
    rule text NOT NULL DEFAULT ''::text,
    counted text NOT NULL DEFAULT ''::text,
    amount bigint NOT NULL,
    currency text NOT NULL,
    ends boolean NOT NULL,
    online boolean NOT NULL,
    payment text NOT NULL DEFAULT ''::text,
    payee text NOT NULL DEFAULT ''::text,
    payee_bank text NOT NULL DEFAULT ''::text,
    payee_account text NOT NULL DEFAULT ''::text,
    words text NOT NULL DEFAULT ''::text,
    state text NOT NULL,
    state_at timestamp with time zone NOT NULL,
    reason text NOT NULL DEFAULT ''::text,
    instruction text NOT NULL DEFAULT ''::text,
    provider_ref text,
    attempt integer NOT NULL DEFAULT 0,
    requested_by bigint NOT NULL,
    requested_name text NOT NULL,
    requested_side text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    sent text,
    revision integer NOT NULL DEFAULT 1,
    CONSTRAINT refunds_amount_check CHECK ((amount > 0)),
    CONSTRAINT refunds_attempt_check CHECK ((attempt >= 0)),
    CONSTRAINT refunds_cause_check CHECK ((cause = ANY (ARRAY['rule'::text, 'objection'::text, 'agreed'::text, 'mandate_end'::text, 'surplus'::text]))),
    CONSTRAINT refunds_check CHECK (((payment <> ''::text) = online)),
    CONSTRAINT refunds_check1 CHECK (((state <> ALL (ARRAY['rejected'::text, 'failed'::text, 'manual'::text])) OR (reason <> ''::text))),
    CONSTRAINT refunds_check2 CHECK (((cause = 'surplus'::text) = (requested_side = 'platform'::text))),
    CONSTRAINT refunds_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT refunds_number_check CHECK ((number ~ '^TK-[0-9]{4}-[0-9]{6}$'::text)),
    CONSTRAINT refunds_order_number_check CHECK ((order_number <> ''::text)),
    CONSTRAINT refunds_provider_ref_check CHECK ((provider_ref <> ''::text)),
    CONSTRAINT refunds_requested_side_check CHECK ((requested_side = ANY (ARRAY['buyer'::text, 'seller'::text, 'exchange'::text, 'platform'::text]))),
    CONSTRAINT refunds_state_check CHECK ((state = ANY (ARRAY['requested'::text, 'rejected'::text, 'approved'::text, 'submitted'::text, 'succeeded'::text, 'failed'::text, 'manual'::text]))),
    CONSTRAINT refunds_buyer_id_fkey FOREIGN KEY (buyer_id) REFERENCES organisations(id),
    CONSTRAINT refunds_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES organisations(id),
    CONSTRAINT refunds_seller_id_fkey FOREIGN KEY (seller_id) REFERENCES organisations(id),
    CONSTRAINT refunds_pkey PRIMARY KEY (id),
    CONSTRAINT refunds_number_key UNIQUE (number),
    CONSTRAINT refunds_provider_ref_key UNIQUE (provider_ref),
    CONSTRAINT refunds_sent_key UNIQUE (sent)
);
CREATE INDEX refunds_going ON public.refunds USING btree (state, id) WHERE (state <> ALL (ARRAY['rejected'::text, 'succeeded'::text, 'manual'::text]));
CREATE INDEX refunds_order ON public.refunds USING btree (order_number, id);
CREATE UNIQUE INDEX refunds_surplus ON public.refunds USING btree (payment) WHERE ((cause = 'surplus'::text) AND (state <> 'rejected'::text));
CREATE TRIGGER refunds_frozen BEFORE DELETE ON public.refunds FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refunds_moves BEFORE INSERT OR UPDATE ON public.refunds FOR EACH ROW EXECUTE FUNCTION refund_moves();
CREATE TRIGGER refunds_whole BEFORE TRUNCATE ON public.refunds FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON COLUMN refunds.ends IS 'the order is over with it: nothing was accepted yet, or what is left of the term goes back';
COMMENT ON COLUMN refunds.payment IS 'of the provider of payments, that is given back; empty: an operator transfers';

CREATE TABLE regions (
    code text NOT NULL,
    name text NOT NULL,
    name_en text NOT NULL,
    parent text,
    CONSTRAINT regions_code_check CHECK ((code ~ '^[0-9]{6}$'::text)),
    CONSTRAINT regions_parent_fkey FOREIGN KEY (parent) REFERENCES regions(code),
    CONSTRAINT regions_pkey PRIMARY KEY (code)
);

CREATE TABLE registration_events (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    registration_id bigint NOT NULL,
    act text NOT NULL,
    side text NOT NULL,
    state text NOT NULL,
    by_id bigint NOT NULL,
    name text NOT NULL,
    words text NOT NULL DEFAULT ''::text,
    at timestamp with time zone NOT NULL,
    CONSTRAINT registration_events_act_check CHECK ((act <> ''::text)),
    CONSTRAINT registration_events_registration_id_fkey FOREIGN KEY (registration_id) REFERENCES registrations(id),
    CONSTRAINT registration_events_pkey PRIMARY KEY (id)
);
CREATE INDEX registration_events_of ON public.registration_events USING btree (registration_id, id);
CREATE TRIGGER registration_events_frozen BEFORE DELETE OR UPDATE ON public.registration_events FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER registration_events_whole BEFORE TRUNCATE ON public.registration_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE registration_objections (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    registration_id bigint NOT NULL,
    place integer NOT NULL,
    by_id bigint,
    name text NOT NULL,
    contact text NOT NULL,
    words text NOT NULL,
    at timestamp with time zone NOT NULL,
    upheld boolean,
    answer text NOT NULL DEFAULT ''::text,
    answered_by bigint,
    answered_name text NOT NULL DEFAULT ''::text,
    answered_at timestamp with time zone,
    CONSTRAINT registration_objections_check CHECK ((num_nulls(upheld, answered_by, answered_at) = ANY (ARRAY[0, 3]))),
    CONSTRAINT registration_objections_check1 CHECK (((upheld IS NULL) = (answer = ''::text))),
    CONSTRAINT registration_objections_contact_check CHECK ((contact <> ''::text)),
    CONSTRAINT registration_objections_name_check CHECK ((name <> ''::text)),
    CONSTRAINT registration_objections_place_check CHECK ((place > 0)),
    CONSTRAINT registration_objections_words_check CHECK ((words <> ''::text)),
    CONSTRAINT registration_objections_answered_by_fkey FOREIGN KEY (answered_by) REFERENCES users(id),
    CONSTRAINT registration_objections_by_id_fkey FOREIGN KEY (by_id) REFERENCES users(id),
    CONSTRAINT registration_objections_registration_id_fkey FOREIGN KEY (registration_id) REFERENCES registrations(id),
    CONSTRAINT registration_objections_pkey PRIMARY KEY (id),
    CONSTRAINT registration_objections_registration_id_place_key UNIQUE (registration_id, place)
);
CREATE TRIGGER registration_objections_frozen BEFORE DELETE ON public.registration_objections FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER registration_objections_kept BEFORE INSERT OR UPDATE ON public.registration_objections FOR EACH ROW EXECUTE FUNCTION registration_objection_kept();
CREATE TRIGGER registration_objections_whole BEFORE TRUNCATE ON public.registration_objections FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE registration_objections IS 'what anybody brings forward during the public notice; one that is open lets no certificate be issued';

CREATE TABLE registrations (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    number text NOT NULL,
    kind text NOT NULL,
    product_id bigint NOT NULL,
    version_id bigint NOT NULL,
    organisation_id bigint NOT NULL,
    receiver_id bigint,
    received_at timestamp with time zone,
    replaces text NOT NULL DEFAULT ''::text,
    level text NOT NULL DEFAULT ''::text,
    abroad text NOT NULL DEFAULT ''::text,
    lawful text NOT NULL DEFAULT ''::text,
    unidentifiable text NOT NULL DEFAULT ''::text,
    irreversible text NOT NULL DEFAULT ''::text,
    controls text[] NOT NULL DEFAULT '{}'::text[],
    declared boolean NOT NULL DEFAULT false,
    state text NOT NULL,
    state_at timestamp with time zone NOT NULL,
    reason text NOT NULL DEFAULT ''::text,
    apply_profile text NOT NULL,
    apply_path text NOT NULL,
    apply_from timestamp with time zone NOT NULL,
    clock_profile text NOT NULL DEFAULT ''::text,
    clock_path text NOT NULL DEFAULT ''::text,
    clock_from timestamp with time zone,
    notice_profile text NOT NULL DEFAULT ''::text,
    notice_path text NOT NULL DEFAULT ''::text,
    notice_from timestamp with time zone,
    notice_until timestamp with time zone,
    checks jsonb NOT NULL DEFAULT '[]'::jsonb,
    sample boolean NOT NULL DEFAULT false,
    made_by bigint NOT NULL,
    made_name text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    sent text,
    CONSTRAINT registrations_abroad_check CHECK ((abroad = ANY (ARRAY[''::text, 'no'::text, 'yes'::text]))),
    CONSTRAINT registrations_check CHECK (((kind = 'transfer'::text) = (receiver_id IS NOT NULL))),
    CONSTRAINT registrations_check1 CHECK (((kind = 'first'::text) = (replaces = ''::text))),
    CONSTRAINT registrations_check2 CHECK (((received_at IS NULL) OR (receiver_id IS NOT NULL))),
    CONSTRAINT registrations_check3 CHECK (((state <> ALL (ARRAY['returned'::text, 'refused'::text])) OR (reason <> ''::text))),
    CONSTRAINT registrations_check4 CHECK (((clock_path = ''::text) = (clock_from IS NULL))),
    CONSTRAINT registrations_check5 CHECK (((notice_path = ''::text) = (notice_from IS NULL))),
    CONSTRAINT registrations_check6 CHECK (((state <> ALL (ARRAY['public_notice'::text, 'objected'::text, 'issued'::text])) OR (notice_from IS NOT NULL))),
    CONSTRAINT registrations_checks_check CHECK ((jsonb_typeof(checks) = 'array'::text)),
    CONSTRAINT registrations_kind_check CHECK ((kind = ANY (ARRAY['first'::text, 'change'::text, 'renewal'::text, 'transfer'::text]))),
    CONSTRAINT registrations_level_check CHECK ((level = ANY (ARRAY[''::text, 'general'::text, 'important'::text, 'core'::text]))),
    CONSTRAINT registrations_number_check CHECK ((number ~ '^DJ-\d{4}-\d{6}$'::text)),
    CONSTRAINT registrations_state_check CHECK ((state = ANY (ARRAY['applied'::text, 'returned'::text, 'accepted'::text, 'public_notice'::text, 'objected'::text, 'issued'::text, 'refused'::text, 'withdrawn'::text]))),
    CONSTRAINT registrations_made_by_fkey FOREIGN KEY (made_by) REFERENCES users(id),
    CONSTRAINT registrations_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES organisations(id),
    CONSTRAINT registrations_product_id_fkey FOREIGN KEY (product_id) REFERENCES products(id),
    CONSTRAINT registrations_receiver_id_fkey FOREIGN KEY (receiver_id) REFERENCES organisations(id),
    CONSTRAINT registrations_version_id_product_id_fkey FOREIGN KEY (version_id, product_id) REFERENCES product_versions(id, product_id),
    CONSTRAINT registrations_pkey PRIMARY KEY (id),
    CONSTRAINT registrations_number_key UNIQUE (number),
    CONSTRAINT registrations_sent_key UNIQUE (sent)
);
CREATE UNIQUE INDEX registrations_open ON public.registrations USING btree (product_id) WHERE (state <> ALL (ARRAY['issued'::text, 'refused'::text, 'withdrawn'::text]));
CREATE INDEX registrations_organisation ON public.registrations USING btree (organisation_id, id DESC);
CREATE INDEX registrations_state ON public.registrations USING btree (state, id DESC);
CREATE TRIGGER registrations_moves BEFORE UPDATE ON public.registrations FOR EACH ROW EXECUTE FUNCTION registration_moves();
COMMENT ON TABLE registrations IS 'one application to register a version of a product, from the first on or about what is registered; 20, 3 and 10 working days after 闽数据〔2025〕15号';
COMMENT ON COLUMN registrations.replaces IS 'number of the certificate that is changed, renewed or handed over';
COMMENT ON COLUMN registrations.controls IS 'credit codes of whoever controls the registrant, as it declares: neither the registrar nor a certifier may be among them';
COMMENT ON COLUMN registrations.notice_until IS 'first moment after the public notice, as counted when the certificate was issued';

CREATE TABLE release_downloads (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    release_id bigint NOT NULL,
    form text NOT NULL,
    sha256 text NOT NULL,
    user_id bigint NOT NULL,
    key_prefix text NOT NULL DEFAULT ''::text,
    at timestamp with time zone NOT NULL,
    CONSTRAINT release_downloads_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT release_downloads_release_id_fkey FOREIGN KEY (release_id) REFERENCES releases(id),
    CONSTRAINT release_downloads_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id),
    CONSTRAINT release_downloads_pkey PRIMARY KEY (id)
);
CREATE INDEX release_downloads_release ON public.release_downloads USING btree (release_id, id);
CREATE TRIGGER release_downloads_frozen BEFORE DELETE OR UPDATE ON public.release_downloads FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER release_downloads_kept BEFORE TRUNCATE ON public.release_downloads FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE release_downloads IS 'every time that anything of a workspace was handed out';

CREATE TABLE release_files (
    release_id bigint NOT NULL,
    form text NOT NULL,
    body bytea NOT NULL,
    sha256 text NOT NULL,
    CONSTRAINT release_files_form_check CHECK ((form = ANY (ARRAY['csv'::text, 'json'::text]))),
    CONSTRAINT release_files_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT release_files_release_id_fkey FOREIGN KEY (release_id) REFERENCES releases(id),
    CONSTRAINT release_files_pkey PRIMARY KEY (release_id, form)
);
CREATE TRIGGER release_files_frozen BEFORE DELETE OR UPDATE ON public.release_files FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER release_files_kept BEFORE TRUNCATE ON public.release_files FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE release_inputs (
    release_id bigint NOT NULL,
    acquisition_id bigint NOT NULL,
    dataset_id bigint NOT NULL,
    CONSTRAINT release_inputs_acquisition_id_fkey FOREIGN KEY (acquisition_id) REFERENCES acquisitions(id),
    CONSTRAINT release_inputs_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES datasets(id),
    CONSTRAINT release_inputs_release_id_fkey FOREIGN KEY (release_id) REFERENCES releases(id),
    CONSTRAINT release_inputs_pkey PRIMARY KEY (release_id, acquisition_id)
);
CREATE INDEX release_inputs_acquisition ON public.release_inputs USING btree (acquisition_id);
CREATE INDEX release_inputs_dataset ON public.release_inputs USING btree (dataset_id, release_id);
CREATE TRIGGER release_inputs_frozen BEFORE DELETE OR UPDATE ON public.release_inputs FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER release_inputs_kept BEFORE TRUNCATE ON public.release_inputs FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE release_inputs IS 'the acquisitions of what a released result was made of';

CREATE TABLE releases (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    number text NOT NULL,
    review_id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    job_id bigint NOT NULL,
    title text NOT NULL,
    sha256 text NOT NULL,
    columns jsonb NOT NULL,
    rows_out bigint NOT NULL,
    cells bigint NOT NULL,
    sources jsonb NOT NULL,
    ledger bytea NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT releases_number_check CHECK ((number ~ '^FC-\d{4}-\d{6}$'::text)),
    CONSTRAINT releases_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT releases_sources_check CHECK (((jsonb_typeof(sources) = 'array'::text) AND (sources <> '[]'::jsonb))),
    CONSTRAINT releases_job_id_workspace_id_fkey FOREIGN KEY (job_id, workspace_id) REFERENCES workspace_jobs(id, workspace_id),
    CONSTRAINT releases_review_id_fkey FOREIGN KEY (review_id) REFERENCES output_reviews(id),
    CONSTRAINT releases_pkey PRIMARY KEY (id),
    CONSTRAINT releases_number_key UNIQUE (number),
    CONSTRAINT releases_review_id_key UNIQUE (review_id)
);
CREATE INDEX releases_workspace ON public.releases USING btree (workspace_id, id DESC);
CREATE TRIGGER releases_frozen BEFORE DELETE OR UPDATE ON public.releases FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER releases_kept BEFORE TRUNCATE ON public.releases FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER releases_only BEFORE INSERT ON public.releases FOR EACH ROW EXECUTE FUNCTION only_released();
COMMENT ON TABLE releases IS 'what left a workspace: the only place from which anything of a result is served';
COMMENT ON COLUMN releases.sources IS 'of every mount that the job read: the acquisition, the version with its digest, the department, the day of acquisition';
COMMENT ON COLUMN releases.ledger IS 'who stands behind its rows, without saying who, sealed: later releases of the same sources are held against it';

CREATE TABLE renditions (
    version_id bigint NOT NULL,
    "position" integer NOT NULL,
    kind text NOT NULL,
    sha256 text NOT NULL,
    bytes bigint NOT NULL,
    CONSTRAINT renditions_kind_check CHECK ((kind = ANY (ARRAY['csv'::text, 'csv-bom'::text, 'json'::text, 'ndjson'::text, 'xlsx'::text, 'parquet'::text, 'geojson'::text, 'xml'::text, 'zip'::text]))),
    CONSTRAINT renditions_sha256_fkey FOREIGN KEY (sha256) REFERENCES blobs(sha256),
    CONSTRAINT renditions_version_id_fkey FOREIGN KEY (version_id) REFERENCES versions(id),
    CONSTRAINT renditions_pkey PRIMARY KEY (version_id, "position", kind)
);
CREATE INDEX renditions_sha256 ON public.renditions USING btree (sha256);
COMMENT ON TABLE renditions IS 'the same rows in another format, made once at the first request and kept';

CREATE TABLE resources (
    id text NOT NULL,
    dataset_id bigint NOT NULL,
    "position" integer NOT NULL,
    name text NOT NULL,
    name_en text NOT NULL DEFAULT ''::text,
    description text NOT NULL DEFAULT ''::text,
    description_en text NOT NULL DEFAULT ''::text,
    CONSTRAINT resources_id_check CHECK ((id ~ '^[0-9a-z]{8,32}$'::text)),
    CONSTRAINT resources_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES datasets(id),
    CONSTRAINT resources_pkey PRIMARY KEY (id),
    CONSTRAINT resources_dataset_id_position_key UNIQUE (dataset_id, "position")
);
COMMENT ON COLUMN resources.id IS 'made by the server at random, so that its gaps tell nothing about entries that are withheld';

CREATE TABLE roles (
    role text NOT NULL,
    side text NOT NULL,
    body boolean NOT NULL,
    CONSTRAINT roles_body_check CHECK (((side = ANY (ARRAY['manage'::text, 'regulate'::text])) = body)),
    CONSTRAINT roles_side_check CHECK ((side = ANY (ARRAY['manage'::text, 'operate'::text, 'use'::text, 'exchange'::text, 'arbitrate'::text, 'regulate'::text, 'system'::text, 'security'::text, 'audit'::text]))),
    CONSTRAINT roles_pkey PRIMARY KEY (role),
    CONSTRAINT roles_role_side_key UNIQUE (role, side)
);
COMMENT ON TABLE roles IS 'the role table of the program, so that the database itself refuses what excludes each other (FJ-III.3; GB/T 22239-2019, 8.1.5)';
COMMENT ON COLUMN roles.body IS 'who plays it acts for a public body';

CREATE TABLE scans (
    resource_id text NOT NULL,
    sha256 text NOT NULL,
    detectors integer NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT scans_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES resources(id),
    CONSTRAINT scans_pkey PRIMARY KEY (resource_id, sha256)
);
COMMENT ON TABLE scans IS 'files in which personal and hidden data was looked for, before or after they were published';
COMMENT ON COLUMN scans.sha256 IS 'of the original: that of an upload, and of the version that is made of it';
COMMENT ON COLUMN scans.detectors IS 'the edition of the detectors: a later one looks again';

CREATE TABLE scenario_clocks (
    scenario_id bigint NOT NULL,
    number integer NOT NULL,
    of text NOT NULL,
    item_id bigint,
    profile text NOT NULL,
    path text NOT NULL,
    began_at timestamp with time zone NOT NULL,
    stopped_at timestamp with time zone,
    CONSTRAINT scenario_clocks_check CHECK ((stopped_at >= began_at)),
    CONSTRAINT scenario_clocks_check1 CHECK (((of = 'opinion'::text) = (item_id IS NOT NULL))),
    CONSTRAINT scenario_clocks_number_check CHECK ((number >= 1)),
    CONSTRAINT scenario_clocks_of_check CHECK ((of = ANY (ARRAY['screening'::text, 'completion'::text, 'opinion'::text, 'security'::text, 'authority'::text, 'signing'::text]))),
    CONSTRAINT scenario_clocks_path_check CHECK ((path <> ''::text)),
    CONSTRAINT scenario_clocks_profile_check CHECK ((profile <> ''::text)),
    CONSTRAINT scenario_clocks_item_id_fkey FOREIGN KEY (item_id) REFERENCES scenario_items(id),
    CONSTRAINT scenario_clocks_scenario_id_fkey FOREIGN KEY (scenario_id) REFERENCES scenarios(id),
    CONSTRAINT scenario_clocks_pkey PRIMARY KEY (scenario_id, number)
);
CREATE INDEX scenario_clocks_running ON public.scenario_clocks USING btree (of, began_at) WHERE (stopped_at IS NULL);
COMMENT ON TABLE scenario_clocks IS 'the periods of a scenario; an opinion has one for each item, by the text that binds its department. Whether one is late is worked out from its rule, and being late agrees to nothing';

CREATE TABLE scenario_consents (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    template_item_id bigint NOT NULL,
    department_id bigint NOT NULL,
    columns text[] NOT NULL,
    uses jsonb NOT NULL,
    rows_where text NOT NULL DEFAULT ''::text,
    by_id bigint NOT NULL,
    by_name text NOT NULL,
    at timestamp with time zone NOT NULL,
    until_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    ended_name text NOT NULL DEFAULT ''::text,
    CONSTRAINT scenario_consents_check CHECK ((until_at > at)),
    CONSTRAINT scenario_consents_columns_check CHECK ((cardinality(columns) > 0)),
    CONSTRAINT scenario_consents_department_id_fkey FOREIGN KEY (department_id) REFERENCES departments(id),
    CONSTRAINT scenario_consents_template_item_id_fkey FOREIGN KEY (template_item_id) REFERENCES scenario_template_items(id),
    CONSTRAINT scenario_consents_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX scenario_consents_one ON public.scenario_consents USING btree (template_item_id) WHERE (ended_at IS NULL);
COMMENT ON TABLE scenario_consents IS 'what a department agrees to beforehand of an item of a template: it fills the opinion in, which stays the department''s';

CREATE TABLE scenario_contracts (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    number text NOT NULL,
    scenario_id bigint NOT NULL,
    template text NOT NULL DEFAULT ''::text,
    blanks jsonb NOT NULL DEFAULT '{}'::jsonb,
    body text NOT NULL DEFAULT ''::text,
    sha256 text NOT NULL,
    from_at timestamp with time zone NOT NULL,
    until_at timestamp with time zone NOT NULL,
    offered_at timestamp with time zone,
    operator_by bigint,
    operator_name text NOT NULL DEFAULT ''::text,
    operator_at timestamp with time zone,
    operator_method text NOT NULL DEFAULT ''::text,
    developer_by bigint,
    developer_name text NOT NULL DEFAULT ''::text,
    developer_at timestamp with time zone,
    developer_method text NOT NULL DEFAULT ''::text,
    state text NOT NULL,
    state_at timestamp with time zone NOT NULL,
    reason text NOT NULL DEFAULT ''::text,
    revision integer NOT NULL DEFAULT 1,
    CONSTRAINT scenario_contracts_check CHECK ((until_at > from_at)),
    CONSTRAINT scenario_contracts_check1 CHECK ((operator_by <> developer_by)),
    CONSTRAINT scenario_contracts_number_check CHECK ((number ~ '^KFHT-\d{4}-\d{6}$'::text)),
    CONSTRAINT scenario_contracts_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT scenario_contracts_state_check CHECK ((state = ANY (ARRAY['offered'::text, 'active'::text, 'suspended'::text, 'ended'::text, 'void'::text]))),
    CONSTRAINT scenario_contracts_scenario_id_fkey FOREIGN KEY (scenario_id) REFERENCES scenarios(id),
    CONSTRAINT scenario_contracts_pkey PRIMARY KEY (id),
    CONSTRAINT scenario_contracts_number_key UNIQUE (number)
);
CREATE UNIQUE INDEX scenario_contracts_one ON public.scenario_contracts USING btree (scenario_id) WHERE (state = ANY (ARRAY['offered'::text, 'active'::text, 'suspended'::text]));
CREATE TRIGGER scenario_contracts_nest BEFORE INSERT OR UPDATE OF from_at, until_at ON public.scenario_contracts FOR EACH ROW EXECUTE FUNCTION terms_nest();
COMMENT ON TABLE scenario_contracts IS 'the agreement on use (数据使用协议) of operator and developer about one scenario (AS-44)';
COMMENT ON COLUMN scenario_contracts.body IS 'as it was shown, whose SHA-256 both sides sign';

CREATE TABLE scenario_events (
    scenario_id bigint NOT NULL,
    number integer NOT NULL,
    at timestamp with time zone NOT NULL,
    by_id bigint NOT NULL,
    by_name text NOT NULL,
    side text NOT NULL,
    department_id bigint,
    act text NOT NULL,
    state text NOT NULL,
    words text NOT NULL DEFAULT ''::text,
    CONSTRAINT scenario_events_number_check CHECK ((number >= 1)),
    CONSTRAINT scenario_events_side_check CHECK ((side = ANY (ARRAY['developer'::text, 'operator'::text, 'department'::text, 'security'::text, 'authority'::text, 'regulator'::text, 'platform'::text]))),
    CONSTRAINT scenario_events_department_id_fkey FOREIGN KEY (department_id) REFERENCES departments(id),
    CONSTRAINT scenario_events_scenario_id_fkey FOREIGN KEY (scenario_id) REFERENCES scenarios(id),
    CONSTRAINT scenario_events_pkey PRIMARY KEY (scenario_id, number)
);

CREATE TABLE scenario_grants (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    number text NOT NULL,
    contract_id bigint NOT NULL,
    item_id bigint NOT NULL,
    dataset_id bigint NOT NULL,
    resource_id text NOT NULL,
    columns text[] NOT NULL,
    uses jsonb NOT NULL,
    rows_where text NOT NULL DEFAULT ''::text,
    from_at timestamp with time zone NOT NULL,
    until_at timestamp with time zone NOT NULL,
    state text NOT NULL,
    state_at timestamp with time zone NOT NULL,
    reason text NOT NULL DEFAULT ''::text,
    revision integer NOT NULL DEFAULT 1,
    CONSTRAINT scenario_grants_check CHECK ((until_at > from_at)),
    CONSTRAINT scenario_grants_columns_check CHECK ((cardinality(columns) > 0)),
    CONSTRAINT scenario_grants_number_check CHECK ((number ~ '^CSQ-\d{4}-\d{6}$'::text)),
    CONSTRAINT scenario_grants_state_check CHECK ((state = ANY (ARRAY['active'::text, 'suspended'::text, 'ended'::text]))),
    CONSTRAINT scenario_grants_contract_id_fkey FOREIGN KEY (contract_id) REFERENCES scenario_contracts(id),
    CONSTRAINT scenario_grants_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES datasets(id),
    CONSTRAINT scenario_grants_item_id_fkey FOREIGN KEY (item_id) REFERENCES scenario_items(id),
    CONSTRAINT scenario_grants_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES resources(id),
    CONSTRAINT scenario_grants_pkey PRIMARY KEY (id),
    CONSTRAINT scenario_grants_contract_id_item_id_key UNIQUE (contract_id, item_id),
    CONSTRAINT scenario_grants_number_key UNIQUE (number)
);
CREATE INDEX scenario_grants_resource ON public.scenario_grants USING btree (resource_id) WHERE (state = 'active'::text);
CREATE TRIGGER scenario_grants_nest BEFORE INSERT OR UPDATE OF from_at, until_at ON public.scenario_grants FOR EACH ROW EXECUTE FUNCTION terms_nest();
COMMENT ON TABLE scenario_grants IS 'what the workspace of a scenario may mount, item by item: the lowest link of grant, contract, scenario and mandate';
COMMENT ON COLUMN scenario_grants.uses IS 'of each column what a program may do with it: group, aggregate, read or subject';

CREATE TABLE scenario_items (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    scenario_id bigint NOT NULL,
    dataset_id bigint NOT NULL,
    resource_id text NOT NULL,
    columns text[] NOT NULL,
    uses jsonb NOT NULL DEFAULT '{}'::jsonb,
    why jsonb NOT NULL DEFAULT '{}'::jsonb,
    rows_where text NOT NULL DEFAULT ''::text,
    span text NOT NULL DEFAULT ''::text,
    refresh text NOT NULL DEFAULT ''::text,
    open_type text NOT NULL DEFAULT ''::text,
    decision text NOT NULL DEFAULT ''::text,
    given_columns text[] NOT NULL DEFAULT '{}'::text[],
    given_uses jsonb NOT NULL DEFAULT '{}'::jsonb,
    given_where text NOT NULL DEFAULT ''::text,
    reason text NOT NULL DEFAULT ''::text,
    bases jsonb NOT NULL DEFAULT '[]'::jsonb,
    decided_by bigint,
    decided_name text NOT NULL DEFAULT ''::text,
    decided_at timestamp with time zone,
    consent_id bigint,
    CONSTRAINT scenario_items_check CHECK (((decision = ''::text) = (decided_at IS NULL))),
    CONSTRAINT scenario_items_check1 CHECK (((decision <> ALL (ARRAY['reduced'::text, 'refused'::text])) OR (reason <> ''::text))),
    CONSTRAINT scenario_items_check2 CHECK (((decision <> ALL (ARRAY['open'::text, 'granted'::text, 'reduced'::text])) OR (cardinality(given_columns) > 0))),
    CONSTRAINT scenario_items_check3 CHECK ((given_columns <@ columns)),
    CONSTRAINT scenario_items_decision_check CHECK ((decision = ANY (ARRAY[''::text, 'open'::text, 'granted'::text, 'reduced'::text, 'refused'::text]))),
    CONSTRAINT scenario_items_open_type_check CHECK ((open_type = ANY (ARRAY[''::text, 'unconditional'::text, 'conditional'::text]))),
    CONSTRAINT scenario_items_consent_id_fkey FOREIGN KEY (consent_id) REFERENCES scenario_consents(id),
    CONSTRAINT scenario_items_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES datasets(id),
    CONSTRAINT scenario_items_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES resources(id),
    CONSTRAINT scenario_items_scenario_id_fkey FOREIGN KEY (scenario_id) REFERENCES scenarios(id),
    CONSTRAINT scenario_items_pkey PRIMARY KEY (id),
    CONSTRAINT scenario_items_scenario_id_resource_id_key UNIQUE (scenario_id, resource_id)
);
CREATE INDEX scenario_items_dataset ON public.scenario_items USING btree (dataset_id);
COMMENT ON COLUMN scenario_items.open_type IS 'of the entry, when the scenario was submitted';
COMMENT ON COLUMN scenario_items.decision IS 'of the department; open: everybody may have it, so that nobody is asked';
COMMENT ON COLUMN scenario_items.consent_id IS 'the standing consent by which the opinion was filled in; null: it was given for this scenario';

CREATE TABLE scenario_reports (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    scenario_id bigint NOT NULL,
    number integer NOT NULL,
    begins_at timestamp with time zone NOT NULL,
    state text NOT NULL,
    clock_profile text NOT NULL,
    clock_path text NOT NULL,
    clock_from timestamp with time zone NOT NULL,
    clock_given integer NOT NULL DEFAULT 0,
    used text NOT NULL DEFAULT ''::text,
    results text NOT NULL DEFAULT ''::text,
    security text NOT NULL DEFAULT ''::text,
    problems text NOT NULL DEFAULT ''::text,
    filed_at timestamp with time zone,
    filed_by bigint,
    filed_name text NOT NULL DEFAULT ''::text,
    missing text NOT NULL DEFAULT ''::text,
    returns integer NOT NULL DEFAULT 0,
    accepted_at timestamp with time zone,
    accepted_name text NOT NULL DEFAULT ''::text,
    reminded_at timestamp with time zone,
    warned_at timestamp with time zone,
    suspended_at timestamp with time zone,
    revision integer NOT NULL DEFAULT 1,
    CONSTRAINT scenario_reports_check CHECK (((state <> ALL (ARRAY['filed'::text, 'returned'::text, 'accepted'::text])) OR ((filed_at IS NOT NULL) AND (used <> ''::text) AND (results <> ''::text) AND (security <> ''::text)))),
    CONSTRAINT scenario_reports_check1 CHECK (((state <> 'returned'::text) OR (missing <> ''::text))),
    CONSTRAINT scenario_reports_check2 CHECK (((state = 'accepted'::text) = (accepted_at IS NOT NULL))),
    CONSTRAINT scenario_reports_check3 CHECK (((suspended_at IS NULL) OR (warned_at IS NOT NULL))),
    CONSTRAINT scenario_reports_clock_given_check CHECK ((clock_given >= 0)),
    CONSTRAINT scenario_reports_clock_path_check CHECK ((clock_path <> ''::text)),
    CONSTRAINT scenario_reports_clock_profile_check CHECK ((clock_profile <> ''::text)),
    CONSTRAINT scenario_reports_number_check CHECK ((number >= 1)),
    CONSTRAINT scenario_reports_returns_check CHECK ((returns >= 0)),
    CONSTRAINT scenario_reports_state_check CHECK ((state = ANY (ARRAY['open'::text, 'filed'::text, 'returned'::text, 'accepted'::text, 'void'::text]))),
    CONSTRAINT scenario_reports_scenario_id_fkey FOREIGN KEY (scenario_id) REFERENCES scenarios(id),
    CONSTRAINT scenario_reports_pkey PRIMARY KEY (id),
    CONSTRAINT scenario_reports_scenario_id_number_key UNIQUE (scenario_id, number)
);
CREATE INDEX scenario_reports_waiting ON public.scenario_reports USING btree (id) WHERE (state = ANY (ARRAY['open'::text, 'filed'::text, 'returned'::text]));
COMMENT ON TABLE scenario_reports IS 'what a developer says each year of the use of a scenario; the operator reads it';
COMMENT ON COLUMN scenario_reports.suspended_at IS 'when the platform suspended the scenario because this had not come after a warning; null once it came';

CREATE TABLE scenario_template_items (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    template_id bigint NOT NULL,
    dataset_id bigint NOT NULL,
    resource_id text NOT NULL,
    columns text[] NOT NULL,
    uses jsonb NOT NULL,
    rows_where text NOT NULL DEFAULT ''::text,
    CONSTRAINT scenario_template_items_columns_check CHECK ((cardinality(columns) > 0)),
    CONSTRAINT scenario_template_items_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES datasets(id),
    CONSTRAINT scenario_template_items_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES resources(id),
    CONSTRAINT scenario_template_items_template_id_fkey FOREIGN KEY (template_id) REFERENCES scenario_templates(id),
    CONSTRAINT scenario_template_items_pkey PRIMARY KEY (id),
    CONSTRAINT scenario_template_items_template_id_resource_id_key UNIQUE (template_id, resource_id)
);
CREATE INDEX scenario_template_items_dataset ON public.scenario_template_items USING btree (dataset_id);

CREATE TABLE scenario_templates (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    number text NOT NULL,
    mandate_id bigint NOT NULL,
    title text NOT NULL,
    sector text NOT NULL,
    use_class text NOT NULL,
    purpose text NOT NULL,
    description text NOT NULL,
    method text NOT NULL DEFAULT ''::text,
    outputs jsonb NOT NULL,
    made_by bigint NOT NULL,
    made_name text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    revision integer NOT NULL DEFAULT 1,
    CONSTRAINT scenario_templates_description_check CHECK ((description <> ''::text)),
    CONSTRAINT scenario_templates_number_check CHECK ((number ~ '^MB-\d{4}-\d{6}$'::text)),
    CONSTRAINT scenario_templates_purpose_check CHECK ((purpose <> ''::text)),
    CONSTRAINT scenario_templates_sector_check CHECK ((sector <> ''::text)),
    CONSTRAINT scenario_templates_title_check CHECK ((title <> ''::text)),
    CONSTRAINT scenario_templates_use_class_check CHECK ((use_class = ANY (ARRAY['public_benefit'::text, 'governance'::text, 'industry'::text, 'commercial'::text]))),
    CONSTRAINT scenario_templates_mandate_id_fkey FOREIGN KEY (mandate_id) REFERENCES mandates(id),
    CONSTRAINT scenario_templates_pkey PRIMARY KEY (id),
    CONSTRAINT scenario_templates_number_key UNIQUE (number)
);
CREATE INDEX scenario_templates_mandate ON public.scenario_templates USING btree (mandate_id, id DESC);
COMMENT ON TABLE scenario_templates IS 'known kinds of scenarios (场景快审): what one asks for, and which departments have consented beforehand';

CREATE TABLE scenarios (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    number text NOT NULL,
    mandate_id bigint NOT NULL,
    organisation_id bigint NOT NULL,
    user_id bigint NOT NULL,
    kind text NOT NULL DEFAULT 'new'::text,
    earlier_id bigint,
    title text NOT NULL DEFAULT ''::text,
    sector text NOT NULL DEFAULT ''::text,
    use_class text NOT NULL DEFAULT 'industry'::text,
    research boolean NOT NULL DEFAULT false,
    purpose text NOT NULL DEFAULT ''::text,
    description text NOT NULL DEFAULT ''::text,
    method text NOT NULL DEFAULT ''::text,
    audience text NOT NULL DEFAULT ''::text,
    outputs jsonb NOT NULL DEFAULT '[]'::jsonb,
    personal_basis text NOT NULL DEFAULT 'none'::text,
    personal_how text NOT NULL DEFAULT ''::text,
    security_plan text NOT NULL DEFAULT ''::text,
    emergency_plan text NOT NULL DEFAULT ''::text,
    filing text NOT NULL DEFAULT ''::text,
    delivery text NOT NULL DEFAULT 'sandbox'::text,
    months integer NOT NULL DEFAULT 0,
    submitted_at timestamp with time zone,
    returns integer NOT NULL DEFAULT 0,
    missing text[] NOT NULL DEFAULT '{}'::text[],
    screened_by bigint,
    screened_name text NOT NULL DEFAULT ''::text,
    screened_at timestamp with time zone,
    screened_words text NOT NULL DEFAULT ''::text,
    security_verdict text NOT NULL DEFAULT ''::text,
    security_words text NOT NULL DEFAULT ''::text,
    security_by bigint,
    security_name text NOT NULL DEFAULT ''::text,
    security_at timestamp with time zone,
    award jsonb,
    decided_by bigint,
    decided_name text NOT NULL DEFAULT ''::text,
    decided_at timestamp with time zone,
    decision text NOT NULL DEFAULT ''::text,
    bases jsonb NOT NULL DEFAULT '[]'::jsonb,
    from_at timestamp with time zone,
    until_at timestamp with time zone,
    state text NOT NULL,
    state_at timestamp with time zone NOT NULL,
    reason text NOT NULL DEFAULT ''::text,
    violation text NOT NULL DEFAULT ''::text,
    suspended_by text NOT NULL DEFAULT ''::text,
    told integer NOT NULL DEFAULT 0,
    made_at timestamp with time zone NOT NULL,
    saved_at timestamp with time zone,
    revision integer NOT NULL DEFAULT 1,
    template_id bigint,
    sent text,
    CONSTRAINT scenarios_check CHECK ((until_at > from_at)),
    CONSTRAINT scenarios_check1 CHECK (((state <> ALL (ARRAY['authorised'::text, 'active'::text, 'suspended'::text, 'expired'::text, 'terminated'::text, 'surrendered'::text, 'closed'::text])) OR ((until_at IS NOT NULL) AND (from_at IS NOT NULL)))),
    CONSTRAINT scenarios_check2 CHECK (((state <> ALL (ARRAY['suspended'::text, 'terminated'::text, 'refused'::text])) OR (reason <> ''::text))),
    CONSTRAINT scenarios_check3 CHECK (((kind = 'new'::text) = (earlier_id IS NULL))),
    CONSTRAINT scenarios_check4 CHECK ((earlier_id <> id)),
    CONSTRAINT scenarios_check5 CHECK (((NOT research) OR (use_class = 'public_benefit'::text))),
    CONSTRAINT scenarios_check6 CHECK (((security_at IS NULL) = (security_verdict = ''::text))),
    CONSTRAINT scenarios_check7 CHECK (((decided_by <> screened_by) AND (decided_by <> security_by) AND (security_by <> screened_by))),
    CONSTRAINT scenarios_check8 CHECK (((decided_by <> user_id) AND (screened_by <> user_id) AND (security_by <> user_id))),
    CONSTRAINT scenarios_delivery_check CHECK ((delivery = ANY (ARRAY['sandbox'::text, 'api'::text, 'connector'::text]))),
    CONSTRAINT scenarios_kind_check CHECK ((kind = ANY (ARRAY['new'::text, 'change'::text, 'extension'::text, 'again'::text]))),
    CONSTRAINT scenarios_months_check CHECK (((months >= 0) AND (months <= 1200))),
    CONSTRAINT scenarios_number_check CHECK ((number ~ '^SCN-\d{4}-\d{6}$'::text)),
    CONSTRAINT scenarios_personal_basis_check CHECK ((personal_basis = ANY (ARRAY['none'::text, 'consent'::text, 'law'::text]))),
    CONSTRAINT scenarios_returns_check CHECK ((returns >= 0)),
    CONSTRAINT scenarios_security_verdict_check CHECK ((security_verdict = ANY (ARRAY[''::text, 'passed'::text, 'conditions'::text, 'failed'::text]))),
    CONSTRAINT scenarios_sent_check CHECK ((sent ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT scenarios_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'submitted'::text, 'returned'::text, 'screened'::text, 'reviewed'::text, 'awarding'::text, 'authorised'::text, 'refused'::text, 'active'::text, 'suspended'::text, 'expired'::text, 'terminated'::text, 'surrendered'::text, 'closed'::text, 'withdrawn'::text, 'lapsed'::text]))),
    CONSTRAINT scenarios_suspended_by_check CHECK ((suspended_by = ANY (ARRAY[''::text, 'operator'::text, 'authority'::text, 'regulator'::text, 'platform'::text]))),
    CONSTRAINT scenarios_told_check CHECK (((told >= 0) AND (told <= 2))),
    CONSTRAINT scenarios_use_class_check CHECK ((use_class = ANY (ARRAY['public_benefit'::text, 'governance'::text, 'industry'::text, 'commercial'::text]))),
    CONSTRAINT scenarios_earlier_id_fkey FOREIGN KEY (earlier_id) REFERENCES scenarios(id),
    CONSTRAINT scenarios_mandate_id_fkey FOREIGN KEY (mandate_id) REFERENCES mandates(id),
    CONSTRAINT scenarios_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES organisations(id),
    CONSTRAINT scenarios_template_id_fkey FOREIGN KEY (template_id) REFERENCES scenario_templates(id),
    CONSTRAINT scenarios_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id),
    CONSTRAINT scenarios_pkey PRIMARY KEY (id),
    CONSTRAINT scenarios_number_key UNIQUE (number),
    CONSTRAINT scenarios_sent_key UNIQUE (sent)
);
CREATE INDEX scenarios_earlier ON public.scenarios USING btree (earlier_id) WHERE (earlier_id IS NOT NULL);
CREATE INDEX scenarios_ends ON public.scenarios USING btree (until_at) WHERE (state = ANY (ARRAY['authorised'::text, 'active'::text, 'suspended'::text]));
CREATE INDEX scenarios_mandate ON public.scenarios USING btree (mandate_id, id DESC);
CREATE INDEX scenarios_organisation ON public.scenarios USING btree (organisation_id, id DESC);
CREATE INDEX scenarios_template ON public.scenarios USING btree (template_id) WHERE (template_id IS NOT NULL);
CREATE TRIGGER scenarios_hold BEFORE UPDATE OF suspended_by ON public.scenarios FOR EACH ROW WHEN (((old.suspended_by <> ''::text) AND (new.suspended_by <> old.suspended_by) AND ((hold_rank(new.suspended_by) >= 1) AND (hold_rank(new.suspended_by) <= hold_rank(old.suspended_by))))) EXECUTE FUNCTION hold_passes();
CREATE TRIGGER scenarios_moves BEFORE UPDATE ON public.scenarios FOR EACH ROW EXECUTE FUNCTION scenario_moves();
CREATE TRIGGER scenarios_nest BEFORE INSERT OR UPDATE OF from_at, until_at, mandate_id ON public.scenarios FOR EACH ROW EXECUTE FUNCTION terms_nest();
CREATE TRIGGER scenarios_papers AFTER DELETE ON public.scenarios FOR EACH ROW EXECUTE FUNCTION case_papers_go('scenario', 'scenario_award');
CREATE TRIGGER scenarios_separate BEFORE UPDATE OF decided_by, screened_by, security_by ON public.scenarios FOR EACH ROW EXECUTE FUNCTION scenario_separate();
COMMENT ON COLUMN scenarios.earlier_id IS 'whose scope this changes, which it goes on from, or that had ended and is asked for again';
COMMENT ON COLUMN scenarios.research IS 'of a university or an institute: for public benefit alone (AB-35.2)';
COMMENT ON COLUMN scenarios.decision IS 'of the authority, with what it bids; its legal bases in bases';
COMMENT ON COLUMN scenarios.state IS 'submitted: the operator screens; screened: departments and security give their opinions; reviewed: the authority decides; awarding: a competition decides; authorised: the contract is signed; active: the workspace is open';
COMMENT ON COLUMN scenarios.told IS 'how often its developer was told that it ends soon';
COMMENT ON COLUMN scenarios.sent IS 'the digest of the form that made it; the same form sent again leads here';

CREATE TABLE schema_changes (
    version_id bigint NOT NULL,
    from_id bigint NOT NULL,
    tables jsonb NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT schema_changes_tables_check CHECK ((jsonb_typeof(tables) = 'array'::text)),
    CONSTRAINT schema_changes_from_id_fkey FOREIGN KEY (from_id) REFERENCES versions(id),
    CONSTRAINT schema_changes_version_id_fkey FOREIGN KEY (version_id) REFERENCES versions(id),
    CONSTRAINT schema_changes_pkey PRIMARY KEY (version_id)
);
COMMENT ON TABLE schema_changes IS 'versions whose columns are others than those of the version before: written with the version';
COMMENT ON COLUMN schema_changes.tables IS '[{name, added, removed, renamed, retyped, moved, new, gone}]';

CREATE TABLE search_cursor (
    one boolean NOT NULL DEFAULT true,
    seq bigint NOT NULL,
    CONSTRAINT search_cursor_one_check CHECK (one),
    CONSTRAINT search_cursor_pkey PRIMARY KEY (one)
);
COMMENT ON TABLE search_cursor IS 'the last change for which followed searches were looked through';

CREATE TABLE search_matches (
    follow_id bigint NOT NULL,
    dataset_id bigint NOT NULL,
    CONSTRAINT search_matches_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES datasets(id),
    CONSTRAINT search_matches_follow_id_fkey FOREIGN KEY (follow_id) REFERENCES follows(id) ON DELETE CASCADE,
    CONSTRAINT search_matches_pkey PRIMARY KEY (follow_id, dataset_id)
);
COMMENT ON TABLE search_matches IS 'what a followed search found when it was first followed, and what it told of since: each entry once';

CREATE TABLE sessions (
    id text NOT NULL,
    token_hash bytea NOT NULL,
    user_id bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    network text NOT NULL,
    agent text NOT NULL,
    confirmed_at timestamp with time zone NOT NULL,
    strong boolean NOT NULL DEFAULT false,
    provider boolean NOT NULL DEFAULT false,
    confirmed_by text NOT NULL DEFAULT ''::text,
    CONSTRAINT sessions_confirmed_by_check CHECK ((confirmed_by = ANY (ARRAY[''::text, 'password'::text, 'totp'::text, 'recovery'::text, 'passkey'::text, 'identity'::text]))),
    CONSTRAINT sessions_id_check CHECK ((id ~ '^[0-9a-f]{32}$'::text)),
    CONSTRAINT sessions_token_hash_check CHECK ((length(token_hash) = 32)),
    CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id),
    CONSTRAINT sessions_pkey PRIMARY KEY (id),
    CONSTRAINT sessions_token_hash_key UNIQUE (token_hash)
);
CREATE INDEX sessions_expiry ON public.sessions USING btree (expires_at);
CREATE INDEX sessions_user ON public.sessions USING btree (user_id);
COMMENT ON COLUMN sessions.token_hash IS 'SHA-256 of the cookie: a copy of this table opens nothing';
COMMENT ON COLUMN sessions.seen_at IS 'moved forward at most once a minute';
COMMENT ON COLUMN sessions.confirmed_at IS 'when its holder last showed who they are: acts of weight ask for it to be recent';
COMMENT ON COLUMN sessions.strong IS 'it was opened with two factors, here or at the provider of identity';
COMMENT ON COLUMN sessions.provider IS 'it was opened by the provider of identity, where its holder may still be signed in afterwards';
COMMENT ON COLUMN sessions.confirmed_by IS 'how its holder showed anew who they are; empty: not since signing in';

CREATE TABLE settlement_events (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    settlement_id bigint NOT NULL,
    act text NOT NULL,
    state text NOT NULL,
    by_id bigint NOT NULL,
    name text NOT NULL,
    words text NOT NULL DEFAULT ''::text,
    at timestamp with time zone NOT NULL,
    CONSTRAINT settlement_events_act_check CHECK ((act <> ''::text)),
    CONSTRAINT settlement_events_settlement_id_fkey FOREIGN KEY (settlement_id) REFERENCES settlements(id),
    CONSTRAINT settlement_events_pkey PRIMARY KEY (id)
);
CREATE INDEX settlement_events_of ON public.settlement_events USING btree (settlement_id, id);
CREATE TRIGGER settlement_events_frozen BEFORE DELETE OR UPDATE ON public.settlement_events FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER settlement_events_whole BEFORE TRUNCATE ON public.settlement_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE settlement_lines (
    settlement_id bigint NOT NULL,
    transaction_id bigint NOT NULL,
    seq smallint NOT NULL,
    subject text NOT NULL,
    order_number text NOT NULL,
    gross bigint NOT NULL,
    fees bigint NOT NULL,
    tax bigint NOT NULL,
    amount bigint NOT NULL,
    released boolean NOT NULL DEFAULT false,
    CONSTRAINT settlement_lines_amount_check CHECK ((amount <> 0)),
    CONSTRAINT settlement_lines_settlement_id_fkey FOREIGN KEY (settlement_id) REFERENCES settlements(id),
    CONSTRAINT settlement_lines_transaction_id_seq_fkey FOREIGN KEY (transaction_id, seq) REFERENCES ledger_entries(transaction_id, seq),
    CONSTRAINT settlement_lines_pkey PRIMARY KEY (settlement_id, transaction_id, seq)
);
CREATE UNIQUE INDEX settlement_lines_once ON public.settlement_lines USING btree (transaction_id, seq) WHERE (NOT released);
CREATE INDEX settlement_lines_order ON public.settlement_lines USING btree (order_number);
CREATE TRIGGER settlement_lines_frozen BEFORE DELETE ON public.settlement_lines FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER settlement_lines_held BEFORE INSERT OR UPDATE ON public.settlement_lines FOR EACH ROW EXECUTE FUNCTION settlement_line_held();
CREATE TRIGGER settlement_lines_whole BEFORE TRUNCATE ON public.settlement_lines FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE settlement_lines IS 'the entries that a settlement is made of: each in one settlement or in none (I-33); released where the settlement was void';
COMMENT ON COLUMN settlement_lines.amount IS 'for the payee above zero, as the entry''s amount with the other sign';

CREATE TABLE settlement_transfers (
    settlement_id bigint NOT NULL,
    attempt integer NOT NULL,
    order_number text NOT NULL,
    charge text NOT NULL,
    account text NOT NULL,
    amount bigint NOT NULL,
    transfer text,
    state text NOT NULL,
    reason text NOT NULL DEFAULT ''::text,
    at timestamp with time zone NOT NULL,
    CONSTRAINT settlement_transfers_account_check CHECK ((account <> ''::text)),
    CONSTRAINT settlement_transfers_amount_check CHECK ((amount > 0)),
    CONSTRAINT settlement_transfers_attempt_check CHECK ((attempt > 0)),
    CONSTRAINT settlement_transfers_charge_check CHECK ((charge <> ''::text)),
    CONSTRAINT settlement_transfers_check CHECK (((state = 'done'::text) = (transfer IS NOT NULL))),
    CONSTRAINT settlement_transfers_state_check CHECK ((state = ANY (ARRAY['asked'::text, 'done'::text, 'failed'::text]))),
    CONSTRAINT settlement_transfers_transfer_check CHECK ((transfer <> ''::text)),
    CONSTRAINT settlement_transfers_settlement_id_fkey FOREIGN KEY (settlement_id) REFERENCES settlements(id),
    CONSTRAINT settlement_transfers_pkey PRIMARY KEY (settlement_id, attempt, order_number),
    CONSTRAINT settlement_transfers_transfer_key UNIQUE (transfer)
);
CREATE TRIGGER settlement_transfers_frozen BEFORE DELETE ON public.settlement_transfers FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER settlement_transfers_moves BEFORE UPDATE ON public.settlement_transfers FOR EACH ROW EXECUTE FUNCTION settlement_transfer_moves();
CREATE TRIGGER settlement_transfers_whole BEFORE TRUNCATE ON public.settlement_transfers FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE settlement_transfers IS 'parts of payments online that the provider was asked to hand to a payee: asked is written first, and asking again under its key moves nothing again';

CREATE TABLE settlements (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    number text NOT NULL,
    organisation_id bigint NOT NULL,
    payable text NOT NULL,
    route text NOT NULL,
    currency text NOT NULL,
    from_on date NOT NULL,
    through_on date NOT NULL,
    gross bigint NOT NULL,
    fees bigint NOT NULL,
    tax bigint NOT NULL,
    others bigint NOT NULL,
    net bigint NOT NULL,
    kept bigint NOT NULL DEFAULT 0,
    paid bigint NOT NULL DEFAULT 0,
    state text NOT NULL,
    state_at timestamp with time zone NOT NULL,
    reason text NOT NULL DEFAULT ''::text,
    payout_id bigint,
    instruction text NOT NULL DEFAULT ''::text,
    attempt integer NOT NULL DEFAULT 0,
    confirmed_by bigint,
    confirmed_name text NOT NULL DEFAULT ''::text,
    instructed_by bigint,
    instructed_name text NOT NULL DEFAULT ''::text,
    made_at timestamp with time zone NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    CONSTRAINT settlements_attempt_check CHECK ((attempt >= 0)),
    CONSTRAINT settlements_check CHECK ((through_on >= from_on)),
    CONSTRAINT settlements_check1 CHECK ((instructed_by <> confirmed_by)),
    CONSTRAINT settlements_check2 CHECK (((((gross - fees) - tax) - others) = net)),
    CONSTRAINT settlements_check3 CHECK (((state = 'void'::text) OR ((net > 0) AND (kept <= net)))),
    CONSTRAINT settlements_check4 CHECK (((state = 'void'::text) OR (paid <= (net - kept)))),
    CONSTRAINT settlements_check5 CHECK (((state <> ALL (ARRAY['instructed'::text, 'paid'::text, 'failed'::text, 'reconciled'::text])) OR ((confirmed_by IS NOT NULL) AND (instructed_by IS NOT NULL)))),
    CONSTRAINT settlements_check6 CHECK (((state <> ALL (ARRAY['paid'::text, 'reconciled'::text])) OR (paid = (net - kept)))),
    CONSTRAINT settlements_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT settlements_kept_check CHECK ((kept >= 0)),
    CONSTRAINT settlements_number_check CHECK ((number ~ '^JS-[0-9]{4}-[0-9]{6}$'::text)),
    CONSTRAINT settlements_paid_check CHECK ((paid >= 0)),
    CONSTRAINT settlements_payable_check CHECK ((payable ~ '^payable:(operator|developer|broker):[0-9]+$'::text)),
    CONSTRAINT settlements_route_check CHECK ((route ~ '^(bank:operator:receivable:[0-9]+|provider:stripe:receivable)$'::text)),
    CONSTRAINT settlements_state_check CHECK ((state = ANY (ARRAY['computed'::text, 'confirmed_by_payee'::text, 'disputed'::text, 'instructed'::text, 'paid'::text, 'failed'::text, 'reconciled'::text, 'void'::text]))),
    CONSTRAINT settlements_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES organisations(id),
    CONSTRAINT settlements_payout_id_fkey FOREIGN KEY (payout_id) REFERENCES payout_accounts(id),
    CONSTRAINT settlements_pkey PRIMARY KEY (id),
    CONSTRAINT settlements_number_key UNIQUE (number)
);
CREATE INDEX settlements_going ON public.settlements USING btree (state, id) WHERE (state <> ALL (ARRAY['reconciled'::text, 'void'::text]));
CREATE INDEX settlements_of ON public.settlements USING btree (payable, route, currency, id);
CREATE INDEX settlements_payee ON public.settlements USING btree (organisation_id, id);
CREATE CONSTRAINT TRIGGER settlements_add_up AFTER UPDATE ON public.settlements DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION settlement_adds_up();
CREATE TRIGGER settlements_frozen BEFORE DELETE ON public.settlements FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER settlements_moves BEFORE INSERT OR UPDATE ON public.settlements FOR EACH ROW EXECUTE FUNCTION settlement_moves();
CREATE TRIGGER settlements_whole BEFORE TRUNCATE ON public.settlements FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE settlements IS 'what a payee gets for a period through one route: net is the sum of the lines, of which kept is set off against what it has to give back';
COMMENT ON COLUMN settlements.others IS 'what other payees got of the same orders';

CREATE TABLE share_clocks (
    request_id bigint NOT NULL,
    number integer NOT NULL,
    of text NOT NULL,
    profile text NOT NULL,
    path text NOT NULL,
    began_at timestamp with time zone NOT NULL,
    stopped_at timestamp with time zone,
    CONSTRAINT share_clocks_check CHECK ((stopped_at >= began_at)),
    CONSTRAINT share_clocks_number_check CHECK ((number >= 1)),
    CONSTRAINT share_clocks_of_check CHECK ((of = ANY (ARRAY['acceptance'::text, 'answer'::text, 'negotiation'::text, 'authority'::text]))),
    CONSTRAINT share_clocks_path_check CHECK ((path <> ''::text)),
    CONSTRAINT share_clocks_profile_check CHECK ((profile <> ''::text)),
    CONSTRAINT share_clocks_request_id_fkey FOREIGN KEY (request_id) REFERENCES share_requests(id),
    CONSTRAINT share_clocks_pkey PRIMARY KEY (request_id, number)
);
CREATE INDEX share_clocks_running ON public.share_clocks USING btree (of, began_at) WHERE (stopped_at IS NULL);
COMMENT ON TABLE share_clocks IS 'the periods of a request; whether one is late is worked out from its rule';

CREATE TABLE share_events (
    request_id bigint NOT NULL,
    number integer NOT NULL,
    at timestamp with time zone NOT NULL,
    by_id bigint NOT NULL,
    by_name text NOT NULL,
    department_id bigint,
    act text NOT NULL,
    state text NOT NULL,
    words text NOT NULL DEFAULT ''::text,
    CONSTRAINT share_events_number_check CHECK ((number >= 1)),
    CONSTRAINT share_events_department_id_fkey FOREIGN KEY (department_id) REFERENCES departments(id),
    CONSTRAINT share_events_request_id_fkey FOREIGN KEY (request_id) REFERENCES share_requests(id),
    CONSTRAINT share_events_pkey PRIMARY KEY (request_id, number)
);
CREATE TRIGGER share_events_final BEFORE DELETE OR UPDATE ON public.share_events FOR EACH ROW EXECUTE FUNCTION share_event_is_final();

CREATE TABLE share_grants (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    request_id bigint NOT NULL,
    kind text NOT NULL,
    dataset_id bigint NOT NULL,
    department_id bigint NOT NULL,
    columns text[] NOT NULL DEFAULT '{}'::text[],
    purpose text NOT NULL,
    scope text NOT NULL DEFAULT ''::text,
    method text NOT NULL DEFAULT ''::text,
    guidance text NOT NULL DEFAULT ''::text,
    began_at timestamp with time zone NOT NULL,
    last_day date NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    ended_name text NOT NULL DEFAULT ''::text,
    ended_reason text NOT NULL DEFAULT ''::text,
    halted_at timestamp with time zone,
    halted_reason text NOT NULL DEFAULT ''::text,
    CONSTRAINT share_grants_check CHECK ((ends_at > began_at)),
    CONSTRAINT share_grants_check1 CHECK (((ended_at IS NULL) = (ended_reason = ''::text))),
    CONSTRAINT share_grants_halted CHECK (((halted_at IS NULL) = (halted_reason = ''::text))),
    CONSTRAINT share_grants_kind_check CHECK ((kind = ANY (ARRAY['direct'::text, 'share'::text, 'return'::text]))),
    CONSTRAINT share_grants_purpose_check CHECK ((purpose <> ''::text)),
    CONSTRAINT share_grants_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES datasets(id),
    CONSTRAINT share_grants_department_id_fkey FOREIGN KEY (department_id) REFERENCES departments(id),
    CONSTRAINT share_grants_request_id_fkey FOREIGN KEY (request_id) REFERENCES share_requests(id),
    CONSTRAINT share_grants_pkey PRIMARY KEY (id),
    CONSTRAINT share_grants_request_id_key UNIQUE (request_id)
);
CREATE INDEX share_grants_allows ON public.share_grants USING btree (department_id, dataset_id) WHERE (ended_at IS NULL);
CREATE INDEX share_grants_dataset ON public.share_grants USING btree (dataset_id);
CREATE INDEX share_grants_ends ON public.share_grants USING btree (ends_at) WHERE (ended_at IS NULL);
COMMENT ON TABLE share_grants IS 'what one department may use of an entry of another: for one purpose, until a day, and for nobody else (TJ-18, AS-22)';
COMMENT ON COLUMN share_grants.columns IS 'empty: all';
COMMENT ON COLUMN share_grants.ends_at IS 'the first moment at which it is over';
COMMENT ON COLUMN share_grants.halted_at IS 'since when a breach case keeps it from being used';

CREATE TABLE share_requests (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    kind text NOT NULL,
    state text NOT NULL,
    dataset_id bigint,
    asker_id bigint NOT NULL,
    provider_id bigint,
    profile text NOT NULL,
    asked_by bigint NOT NULL,
    asked_name text NOT NULL,
    received_at timestamp with time zone NOT NULL,
    title text NOT NULL DEFAULT ''::text,
    upper text NOT NULL DEFAULT ''::text,
    basis text NOT NULL DEFAULT ''::text,
    purpose text NOT NULL,
    scenario text NOT NULL DEFAULT ''::text,
    scope text NOT NULL DEFAULT ''::text,
    method text NOT NULL DEFAULT ''::text,
    needs text NOT NULL DEFAULT ''::text,
    months integer NOT NULL DEFAULT 0,
    columns text[] NOT NULL DEFAULT '{}'::text[],
    answers text[] NOT NULL DEFAULT '{}'::text[],
    pledged boolean NOT NULL,
    share_type text NOT NULL DEFAULT ''::text,
    conditions text[] NOT NULL DEFAULT '{}'::text[],
    materials text[] NOT NULL DEFAULT '{}'::text[],
    given jsonb,
    verdicts jsonb NOT NULL DEFAULT '[]'::jsonb,
    words text NOT NULL DEFAULT ''::text,
    bases jsonb NOT NULL DEFAULT '[]'::jsonb,
    filed text NOT NULL DEFAULT ''::text,
    answered_at timestamp with time zone,
    supplied_at timestamp with time zone,
    overturned boolean NOT NULL DEFAULT false,
    revision integer NOT NULL DEFAULT 1,
    CONSTRAINT share_requests_check CHECK ((pledged OR (kind = ANY (ARRAY['reclassify'::text, 'upward'::text])))),
    CONSTRAINT share_requests_check1 CHECK (((kind = 'upward'::text) = (dataset_id IS NULL))),
    CONSTRAINT share_requests_check2 CHECK (((kind = 'upward'::text) = (provider_id IS NULL))),
    CONSTRAINT share_requests_check3 CHECK ((provider_id <> asker_id)),
    CONSTRAINT share_requests_check4 CHECK (((state <> ALL (ARRAY['refused'::text, 'upheld'::text, 'declined'::text])) OR (words <> ''::text))),
    CONSTRAINT share_requests_check5 CHECK (((state <> ALL (ARRAY['supplied'::text, 'flowing'::text])) OR ((supplied_at IS NOT NULL) AND (given IS NOT NULL)))),
    CONSTRAINT share_requests_kind_check CHECK ((kind = ANY (ARRAY['direct'::text, 'share'::text, 'reclassify'::text, 'return'::text, 'upward'::text]))),
    CONSTRAINT share_requests_purpose_check CHECK ((purpose <> ''::text)),
    CONSTRAINT share_requests_state_check CHECK ((state = ANY (ARRAY['received'::text, 'accepted'::text, 'agreed'::text, 'supplied'::text, 'refused'::text, 'negotiating'::text, 'referred'::text, 'upheld'::text, 'withdrawn'::text, 'void'::text, 'expired'::text, 'revoked'::text, 'ended'::text, 'reclassifying'::text, 'flowing'::text, 'declined'::text, 'assisting'::text, 'forwarded'::text, 'obtained'::text, 'denied_above'::text]))),
    CONSTRAINT share_requests_asker_id_fkey FOREIGN KEY (asker_id) REFERENCES departments(id),
    CONSTRAINT share_requests_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES datasets(id),
    CONSTRAINT share_requests_provider_id_fkey FOREIGN KEY (provider_id) REFERENCES departments(id),
    CONSTRAINT share_requests_pkey PRIMARY KEY (id)
);
CREATE INDEX share_requests_asker ON public.share_requests USING btree (asker_id, id DESC);
CREATE INDEX share_requests_dataset ON public.share_requests USING btree (dataset_id);
CREATE INDEX share_requests_negotiating ON public.share_requests USING btree (asker_id, id) WHERE (state = 'negotiating'::text);
CREATE UNIQUE INDEX share_requests_once ON public.share_requests USING btree (asker_id, dataset_id, kind) WHERE ((kind <> 'direct'::text) AND (state = ANY (ARRAY['received'::text, 'accepted'::text, 'agreed'::text, 'negotiating'::text, 'referred'::text])));
CREATE INDEX share_requests_over ON public.share_requests USING btree (profile, id) WHERE ((state = ANY (ARRAY['referred'::text, 'assisting'::text, 'forwarded'::text])) OR ((kind = 'upward'::text) AND (state = 'received'::text)));
CREATE INDEX share_requests_profile ON public.share_requests USING btree (profile, id DESC);
CREATE INDEX share_requests_provider ON public.share_requests USING btree (provider_id, id DESC);
CREATE INDEX share_requests_waiting ON public.share_requests USING btree (provider_id, id) WHERE (state = ANY (ARRAY['received'::text, 'accepted'::text, 'agreed'::text, 'negotiating'::text]));
COMMENT ON TABLE share_requests IS 'what one public body asks of another; seen by both and by the authority over the provider, and by nobody else';
COMMENT ON COLUMN share_requests.profile IS 'the text that binds the provider; of upward the asker: whose authority decides, and by whose rules as of received_at';
COMMENT ON COLUMN share_requests.share_type IS 'of the entry when the request was received, as conditions and materials';

CREATE TABLE sign_in_steps (
    hash bytea NOT NULL,
    user_id bigint NOT NULL,
    network text NOT NULL,
    agent text NOT NULL,
    tries smallint NOT NULL DEFAULT 0,
    expires_at timestamp with time zone NOT NULL,
    provider boolean NOT NULL DEFAULT false,
    CONSTRAINT sign_in_steps_hash_check CHECK ((length(hash) = 32)),
    CONSTRAINT sign_in_steps_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
    CONSTRAINT sign_in_steps_pkey PRIMARY KEY (hash)
);
COMMENT ON TABLE sign_in_steps IS 'who knew the password and owes the second step; opens nothing by itself';

CREATE TABLE signing_keys (
    number bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    id text NOT NULL,
    purpose text NOT NULL,
    public bytea NOT NULL,
    valid_from timestamp with time zone NOT NULL,
    valid_until timestamp with time zone NOT NULL,
    payload bytea NOT NULL,
    signed_by text NOT NULL,
    signature bytea NOT NULL,
    leaf bigint NOT NULL,
    CONSTRAINT signing_keys_check CHECK ((valid_until > valid_from)),
    CONSTRAINT signing_keys_id_check CHECK ((id ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT signing_keys_public_check CHECK ((octet_length(public) = 32)),
    CONSTRAINT signing_keys_purpose_check CHECK ((purpose = ANY (ARRAY['statement'::text, 'checkpoint'::text, 'certificate'::text]))),
    CONSTRAINT signing_keys_signature_check CHECK ((octet_length(signature) = 64)),
    CONSTRAINT signing_keys_signed_by_check CHECK ((signed_by ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT signing_keys_leaf_fkey FOREIGN KEY (leaf) REFERENCES log_leaves(seq),
    CONSTRAINT signing_keys_pkey PRIMARY KEY (id),
    CONSTRAINT signing_keys_leaf_key UNIQUE (leaf),
    CONSTRAINT signing_keys_number_key UNIQUE (number)
);
CREATE TRIGGER signing_keys_grow BEFORE DELETE OR UPDATE ON public.signing_keys FOR EACH ROW EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER signing_keys_kept BEFORE TRUNCATE ON public.signing_keys FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
COMMENT ON TABLE signing_keys IS 'the public halves of all keys that ever signed, with their history; private halves are never in the database';
COMMENT ON COLUMN signing_keys.payload IS 'the statement (DSSE payload) by which the key before hands over to this one; the first key of a purpose states itself';
COMMENT ON COLUMN signing_keys.signed_by IS 'the key before, of the same purpose; the key itself where it is the first';

CREATE TABLE signing_revocations (
    key_id text NOT NULL,
    compromised_at timestamp with time zone NOT NULL,
    reason text NOT NULL,
    leaf bigint NOT NULL,
    CONSTRAINT signing_revocations_reason_check CHECK ((reason = ANY (ARRAY['compromised'::text, 'lost'::text, 'retired'::text]))),
    CONSTRAINT signing_revocations_key_id_fkey FOREIGN KEY (key_id) REFERENCES signing_keys(id),
    CONSTRAINT signing_revocations_leaf_fkey FOREIGN KEY (leaf) REFERENCES log_leaves(seq),
    CONSTRAINT signing_revocations_pkey PRIMARY KEY (key_id),
    CONSTRAINT signing_revocations_leaf_key UNIQUE (leaf)
);
CREATE TRIGGER signing_revocations_grow BEFORE DELETE OR UPDATE ON public.signing_revocations FOR EACH ROW EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER signing_revocations_kept BEFORE TRUNCATE ON public.signing_revocations FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
COMMENT ON TABLE signing_revocations IS 'keys that count no more for what the log has later than compromised_at';

CREATE TABLE source_case_entries (
    case_id bigint NOT NULL,
    dataset_id bigint NOT NULL,
    CONSTRAINT source_case_entries_case_id_fkey FOREIGN KEY (case_id) REFERENCES source_cases(id),
    CONSTRAINT source_case_entries_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES datasets(id),
    CONSTRAINT source_case_entries_pkey PRIMARY KEY (case_id, dataset_id)
);
CREATE INDEX source_case_entries_dataset ON public.source_case_entries USING btree (dataset_id);

CREATE TABLE source_case_items (
    case_id bigint NOT NULL,
    key text NOT NULL,
    name text NOT NULL,
    CONSTRAINT source_case_items_key_check CHECK ((key <> ''::text)),
    CONSTRAINT source_case_items_name_check CHECK ((name <> ''::text)),
    CONSTRAINT source_case_items_case_id_fkey FOREIGN KEY (case_id) REFERENCES source_cases(id),
    CONSTRAINT source_case_items_pkey PRIMARY KEY (case_id, key)
);

CREATE TABLE source_cases (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    kind text NOT NULL,
    profile text NOT NULL,
    state text NOT NULL,
    origin text NOT NULL,
    change_id bigint,
    about text NOT NULL DEFAULT ''::text,
    opened_at timestamp with time zone NOT NULL,
    opened_by bigint NOT NULL,
    opened_name text NOT NULL,
    clock_profile text NOT NULL DEFAULT ''::text,
    clock_path text NOT NULL DEFAULT ''::text,
    clock_from timestamp with time zone,
    decided_at timestamp with time zone,
    decided_by bigint,
    decided_name text NOT NULL DEFAULT ''::text,
    source_id bigint,
    reason text NOT NULL DEFAULT ''::text,
    sample boolean NOT NULL DEFAULT false,
    revision bigint NOT NULL DEFAULT 1,
    CONSTRAINT source_cases_check CHECK (
CASE kind
    WHEN 'duplicate'::text THEN (state = ANY (ARRAY['proposed'::text, 'open'::text, 'decided'::text, 'closed'::text]))
    ELSE (state = ANY (ARRAY['negotiating'::text, 'referred'::text, 'settled'::text, 'decided'::text, 'closed'::text]))
END),
    CONSTRAINT source_cases_check1 CHECK (((source_id IS NOT NULL) = (state = ANY (ARRAY['decided'::text, 'settled'::text])))),
    CONSTRAINT source_cases_check2 CHECK (((state <> ALL (ARRAY['decided'::text, 'closed'::text])) OR ((decided_by IS NOT NULL) AND (reason <> ''::text)))),
    CONSTRAINT source_cases_check3 CHECK (((state = ANY (ARRAY['proposed'::text, 'closed'::text, 'settled'::text, 'decided'::text])) OR ((clock_path <> ''::text) AND (clock_from IS NOT NULL)))),
    CONSTRAINT source_cases_kind_check CHECK ((kind = ANY (ARRAY['duplicate'::text, 'inconsistency'::text]))),
    CONSTRAINT source_cases_origin_check CHECK ((origin = ANY (ARRAY['system'::text, 'authority'::text, 'department'::text, 'change'::text, 'correction'::text]))),
    CONSTRAINT source_cases_state_check CHECK ((state = ANY (ARRAY['proposed'::text, 'open'::text, 'negotiating'::text, 'referred'::text, 'settled'::text, 'decided'::text, 'closed'::text]))),
    CONSTRAINT source_cases_change_id_fkey FOREIGN KEY (change_id) REFERENCES catalogue_changes(id),
    CONSTRAINT source_cases_source_id_fkey FOREIGN KEY (source_id) REFERENCES departments(id),
    CONSTRAINT source_cases_pkey PRIMARY KEY (id),
    CONSTRAINT source_cases_change_id_key UNIQUE (change_id),
    CONSTRAINT source_cases_id_source_id_key UNIQUE (id, source_id)
);
COMMENT ON TABLE source_cases IS 'cases in which one department is named: the one that collects (duplicate), or the one whose values hold (inconsistency)';
COMMENT ON COLUMN source_cases.profile IS 'the text that binds the departments: its authority decides';
COMMENT ON COLUMN source_cases.source_id IS 'the one department that was named; two cannot be';

CREATE TABLE source_events (
    case_id bigint NOT NULL,
    number integer NOT NULL,
    at timestamp with time zone NOT NULL,
    by_name text NOT NULL,
    act text NOT NULL,
    words text NOT NULL DEFAULT ''::text,
    CONSTRAINT source_events_number_check CHECK ((number >= 1)),
    CONSTRAINT source_events_case_id_fkey FOREIGN KEY (case_id) REFERENCES source_cases(id),
    CONSTRAINT source_events_pkey PRIMARY KEY (case_id, number)
);

CREATE TABLE source_positions (
    case_id bigint NOT NULL,
    department_id bigint NOT NULL,
    names_id bigint,
    statement text NOT NULL,
    at timestamp with time zone NOT NULL,
    by_id bigint NOT NULL,
    by_name text NOT NULL,
    CONSTRAINT source_positions_statement_check CHECK ((statement <> ''::text)),
    CONSTRAINT source_positions_case_id_fkey FOREIGN KEY (case_id) REFERENCES source_cases(id),
    CONSTRAINT source_positions_department_id_fkey FOREIGN KEY (department_id) REFERENCES departments(id),
    CONSTRAINT source_positions_names_id_fkey FOREIGN KEY (names_id) REFERENCES departments(id),
    CONSTRAINT source_positions_pkey PRIMARY KEY (case_id, department_id)
);
COMMENT ON COLUMN source_positions.names_id IS 'which department it thinks should be named; null: it thinks that there is no such case';

CREATE TABLE split_rules (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    number text NOT NULL,
    listing_id bigint NOT NULL,
    edition integer NOT NULL,
    operator_id bigint NOT NULL,
    shares jsonb NOT NULL,
    state text NOT NULL,
    state_at timestamp with time zone NOT NULL,
    reason text NOT NULL DEFAULT ''::text,
    made_by bigint NOT NULL,
    made_name text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    agreed_by bigint,
    agreed_name text NOT NULL DEFAULT ''::text,
    agreed_at timestamp with time zone,
    revision integer NOT NULL DEFAULT 1,
    sent text,
    CONSTRAINT split_rules_check CHECK ((agreed_by <> made_by)),
    CONSTRAINT split_rules_check1 CHECK (((state <> ALL (ARRAY['agreed'::text, 'replaced'::text])) OR ((agreed_by IS NOT NULL) AND (agreed_at IS NOT NULL)))),
    CONSTRAINT split_rules_check2 CHECK (((state <> 'refused'::text) OR (reason <> ''::text))),
    CONSTRAINT split_rules_edition_check CHECK ((edition > 0)),
    CONSTRAINT split_rules_number_check CHECK ((number ~ '^FZ-\d{4}-\d{6}$'::text)),
    CONSTRAINT split_rules_shares_check CHECK (split_sound(shares)),
    CONSTRAINT split_rules_state_check CHECK ((state = ANY (ARRAY['proposed'::text, 'agreed'::text, 'refused'::text, 'withdrawn'::text, 'replaced'::text]))),
    CONSTRAINT split_rules_agreed_by_fkey FOREIGN KEY (agreed_by) REFERENCES users(id),
    CONSTRAINT split_rules_listing_id_fkey FOREIGN KEY (listing_id) REFERENCES listings(id),
    CONSTRAINT split_rules_made_by_fkey FOREIGN KEY (made_by) REFERENCES users(id),
    CONSTRAINT split_rules_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES organisations(id),
    CONSTRAINT split_rules_pkey PRIMARY KEY (id),
    CONSTRAINT split_rules_listing_id_edition_key UNIQUE (listing_id, edition),
    CONSTRAINT split_rules_number_key UNIQUE (number),
    CONSTRAINT split_rules_sent_key UNIQUE (sent)
);
CREATE UNIQUE INDEX split_rules_agreed ON public.split_rules USING btree (listing_id) WHERE (state = 'agreed'::text);
CREATE UNIQUE INDEX split_rules_proposed ON public.split_rules USING btree (listing_id) WHERE (state = 'proposed'::text);
CREATE TRIGGER split_rules_frozen BEFORE DELETE ON public.split_rules FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER split_rules_moves BEFORE INSERT OR UPDATE ON public.split_rules FOR EACH ROW EXECUTE FUNCTION split_rule_moves();
CREATE TRIGGER split_rules_whole BEFORE TRUNCATE ON public.split_rules FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE split_rules IS 'how what is paid for orders of a listing is divided: proposed by the seller, agreed by the operator of the mandate; a new one replaces the one in force, for orders that come after';

CREATE TABLE supervision_events (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    subject text NOT NULL,
    case_id bigint NOT NULL,
    act text NOT NULL,
    by_id bigint,
    name text NOT NULL DEFAULT ''::text,
    side text NOT NULL,
    words text NOT NULL DEFAULT ''::text,
    at timestamp with time zone NOT NULL,
    CONSTRAINT supervision_events_subject_check CHECK ((subject = ANY (ARRAY['breach'::text, 'incident'::text, 'order'::text]))),
    CONSTRAINT supervision_events_pkey PRIMARY KEY (id)
);
CREATE INDEX supervision_events_case ON public.supervision_events USING btree (subject, case_id, id);
COMMENT ON TABLE supervision_events IS 'what was done in breach cases, incidents and orders, the oldest first';

CREATE TABLE table_files (
    version_id bigint NOT NULL,
    "position" integer NOT NULL,
    sha256 text NOT NULL,
    bytes bigint NOT NULL,
    columns jsonb NOT NULL,
    misfits bigint NOT NULL,
    notes jsonb NOT NULL,
    CONSTRAINT table_files_bytes_check CHECK ((bytes >= 0)),
    CONSTRAINT table_files_columns_check CHECK ((jsonb_typeof(columns) = 'array'::text)),
    CONSTRAINT table_files_misfits_check CHECK ((misfits >= 0)),
    CONSTRAINT table_files_notes_check CHECK ((jsonb_typeof(notes) = 'array'::text)),
    CONSTRAINT table_files_sha256_fkey FOREIGN KEY (sha256) REFERENCES blobs(sha256),
    CONSTRAINT table_files_version_id_position_fkey FOREIGN KEY (version_id, "position") REFERENCES version_tables(version_id, "position"),
    CONSTRAINT table_files_pkey PRIMARY KEY (version_id, "position")
);
COMMENT ON TABLE table_files IS 'made of the original when it is read, or later by a job for versions that are older than this table; like a rendition it could be made again';
COMMENT ON COLUMN table_files.columns IS 'how each column is kept: [{name, type, proposed, store, form, unit, nulls, misfits, others, evidence}]';
COMMENT ON COLUMN table_files.misfits IS 'cells that are no value of their column''s type; their texts are in the file';
COMMENT ON COLUMN table_files.notes IS 'what there is to say of the table: [[sentence, argument, …]]';

CREATE TABLE table_profiles (
    version_id bigint NOT NULL,
    "position" integer NOT NULL,
    field integer NOT NULL,
    profile jsonb NOT NULL,
    CONSTRAINT table_profiles_field_check CHECK ((field >= 0)),
    CONSTRAINT table_profiles_profile_check CHECK ((jsonb_typeof(profile) = 'object'::text)),
    CONSTRAINT table_profiles_version_id_position_fkey FOREIGN KEY (version_id, "position") REFERENCES version_tables(version_id, "position"),
    CONSTRAINT table_profiles_pkey PRIMARY KEY (version_id, "position", field)
);
COMMENT ON TABLE table_profiles IS 'of every column of a version what its values are like, worked out by a job; it holds values, so the gate guards it as it guards rows';

CREATE TABLE tender_bids (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    tender_id bigint NOT NULL,
    round integer NOT NULL,
    organisation_id bigint NOT NULL,
    bidder text NOT NULL,
    code text NOT NULL,
    way text NOT NULL,
    commitment text NOT NULL,
    locked bytea,
    sealed_at timestamp with time zone NOT NULL,
    sealed_by bigint NOT NULL,
    sealed_name text NOT NULL,
    state text NOT NULL,
    withdrawn_at timestamp with time zone,
    nonce text,
    canonical text,
    amount_minor bigint,
    revealed_at timestamp with time zone,
    reason text NOT NULL DEFAULT ''::text,
    marks integer,
    price_points integer,
    total integer,
    rank integer,
    CONSTRAINT tender_bids_amount_minor_check CHECK ((amount_minor >= 0)),
    CONSTRAINT tender_bids_bidder_check CHECK ((bidder <> ''::text)),
    CONSTRAINT tender_bids_check CHECK (((locked IS NULL) OR (way = 'kept'::text))),
    CONSTRAINT tender_bids_check1 CHECK (((withdrawn_at IS NOT NULL) = (state = 'withdrawn'::text))),
    CONSTRAINT tender_bids_check2 CHECK ((((nonce IS NULL) = (canonical IS NULL)) AND ((nonce IS NULL) = (revealed_at IS NULL)))),
    CONSTRAINT tender_bids_check3 CHECK (((amount_minor IS NULL) OR (revealed_at IS NOT NULL))),
    CONSTRAINT tender_bids_check4 CHECK (((state <> ALL (ARRAY['sealed'::text, 'withdrawn'::text])) OR (revealed_at IS NULL))),
    CONSTRAINT tender_bids_check5 CHECK (((state <> ALL (ARRAY['revealed'::text, 'valid'::text, 'scored'::text, 'won'::text, 'lost'::text])) OR (revealed_at IS NOT NULL))),
    CONSTRAINT tender_bids_check6 CHECK (((state <> 'invalid'::text) OR (reason <> ''::text))),
    CONSTRAINT tender_bids_check7 CHECK (((state <> ALL (ARRAY['scored'::text, 'won'::text, 'lost'::text])) OR ((total IS NOT NULL) AND (rank IS NOT NULL)))),
    CONSTRAINT tender_bids_code_check CHECK ((code <> ''::text)),
    CONSTRAINT tender_bids_commitment_check CHECK ((commitment ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT tender_bids_hash CHECK (((nonce IS NULL) OR (encode(sha256(convert_to((nonce || canonical), 'UTF8'::name)), 'hex'::text) = commitment))),
    CONSTRAINT tender_bids_marks_check CHECK (((marks >= 0) AND (marks <= 10000))),
    CONSTRAINT tender_bids_nonce_check CHECK ((nonce ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT tender_bids_price_points_check CHECK (((price_points >= 0) AND (price_points <= 10000))),
    CONSTRAINT tender_bids_rank_check CHECK ((rank > 0)),
    CONSTRAINT tender_bids_round_check CHECK ((round > 0)),
    CONSTRAINT tender_bids_sealed_name_check CHECK ((sealed_name <> ''::text)),
    CONSTRAINT tender_bids_state_check CHECK ((state = ANY (ARRAY['sealed'::text, 'withdrawn'::text, 'revealed'::text, 'valid'::text, 'invalid'::text, 'scored'::text, 'won'::text, 'lost'::text]))),
    CONSTRAINT tender_bids_total_check CHECK (((total >= 0) AND (total <= 10000))),
    CONSTRAINT tender_bids_way_check CHECK ((way = ANY (ARRAY['kept'::text, 'own'::text]))),
    CONSTRAINT tender_bids_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES organisations(id),
    CONSTRAINT tender_bids_tender_id_fkey FOREIGN KEY (tender_id) REFERENCES tenders(id),
    CONSTRAINT tender_bids_pkey PRIMARY KEY (id),
    CONSTRAINT tender_bids_commitment_key UNIQUE (commitment)
);
CREATE UNIQUE INDEX tender_bids_once ON public.tender_bids USING btree (tender_id, organisation_id) WHERE (state <> 'withdrawn'::text);
CREATE INDEX tender_bids_organisation ON public.tender_bids USING btree (organisation_id);
CREATE UNIQUE INDEX tender_bids_winner ON public.tender_bids USING btree (tender_id) WHERE (state = 'won'::text);
CREATE TRIGGER tender_bids_moves BEFORE INSERT OR UPDATE ON public.tender_bids FOR EACH ROW EXECUTE FUNCTION tender_bid_moves();
COMMENT ON TABLE tender_bids IS 'before the opening the seal alone is public: commitment and time';
COMMENT ON COLUMN tender_bids.way IS 'kept: the server keeps the bid, locked; own: the bidder keeps it, and reveals it after the opening';
COMMENT ON COLUMN tender_bids.commitment IS 'SHA-256 of nonce and canonical bid';
COMMENT ON COLUMN tender_bids.locked IS 'the bid as the server keeps it until the opening, locked for the key of the round';
COMMENT ON COLUMN tender_bids.marks IS 'hundredths of a point: the average of the panel; so price_points and total';

CREATE TABLE tender_challenges (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    tender_id bigint NOT NULL,
    bid_id bigint NOT NULL,
    notice_at timestamp with time zone NOT NULL,
    grounds text NOT NULL,
    made_by bigint NOT NULL,
    made_name text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    upheld boolean,
    answer text NOT NULL DEFAULT ''::text,
    answered_by bigint,
    answered_name text NOT NULL DEFAULT ''::text,
    answered_at timestamp with time zone,
    CONSTRAINT tender_challenges_check CHECK ((made_at >= notice_at)),
    CONSTRAINT tender_challenges_check1 CHECK ((((upheld IS NULL) = (answered_at IS NULL)) AND ((upheld IS NULL) = (answer = ''::text)))),
    CONSTRAINT tender_challenges_grounds_check CHECK ((grounds <> ''::text)),
    CONSTRAINT tender_challenges_made_name_check CHECK ((made_name <> ''::text)),
    CONSTRAINT tender_challenges_bid_id_fkey FOREIGN KEY (bid_id) REFERENCES tender_bids(id),
    CONSTRAINT tender_challenges_tender_id_fkey FOREIGN KEY (tender_id) REFERENCES tenders(id),
    CONSTRAINT tender_challenges_pkey PRIMARY KEY (id),
    CONSTRAINT tender_challenges_bid_id_notice_at_key UNIQUE (bid_id, notice_at)
);
CREATE INDEX tender_challenges_tender ON public.tender_challenges USING btree (tender_id, id);
COMMENT ON COLUMN tender_challenges.notice_at IS 'the notice that is challenged: each bidder challenges it once';
COMMENT ON COLUMN tender_challenges.upheld IS 'upheld: back to the evaluation';

CREATE TABLE tender_criteria (
    tender_id bigint NOT NULL,
    "position" integer NOT NULL,
    name text NOT NULL,
    says text NOT NULL DEFAULT ''::text,
    weight integer NOT NULL,
    price boolean NOT NULL,
    CONSTRAINT tender_criteria_name_check CHECK ((name <> ''::text)),
    CONSTRAINT tender_criteria_position_check CHECK ((("position" >= 1) AND ("position" <= 12))),
    CONSTRAINT tender_criteria_weight_check CHECK (((weight >= 1) AND (weight <= 100))),
    CONSTRAINT tender_criteria_tender_id_fkey FOREIGN KEY (tender_id) REFERENCES tenders(id),
    CONSTRAINT tender_criteria_pkey PRIMARY KEY (tender_id, "position")
);
CREATE UNIQUE INDEX tender_criteria_price ON public.tender_criteria USING btree (tender_id) WHERE price;
CREATE TRIGGER tender_criteria_stay BEFORE DELETE OR UPDATE ON public.tender_criteria FOR EACH ROW EXECUTE FUNCTION tender_criteria_stay();
COMMENT ON TABLE tender_criteria IS 'by what bids are scored; the weights of one tender add up to 100 once it is announced';
COMMENT ON COLUMN tender_criteria.price IS 'scored by calculation; the others by the panel, from 0 to the weight';

CREATE TABLE tender_datasets (
    tender_id bigint NOT NULL,
    dataset_id bigint NOT NULL,
    columns text NOT NULL DEFAULT ''::text,
    CONSTRAINT tender_datasets_columns_check CHECK ((length(columns) <= 1000)),
    CONSTRAINT tender_datasets_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES datasets(id),
    CONSTRAINT tender_datasets_tender_id_fkey FOREIGN KEY (tender_id) REFERENCES tenders(id),
    CONSTRAINT tender_datasets_pkey PRIMARY KEY (tender_id, dataset_id)
);
COMMENT ON TABLE tender_datasets IS 'what data a tender is about';

CREATE TABLE tender_events (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    tender_id bigint NOT NULL,
    act text NOT NULL,
    by_id bigint NOT NULL,
    by_name text NOT NULL,
    side text NOT NULL,
    words text NOT NULL DEFAULT ''::text,
    at timestamp with time zone NOT NULL,
    CONSTRAINT tender_events_act_check CHECK ((act <> ''::text)),
    CONSTRAINT tender_events_side_check CHECK ((side = ANY (ARRAY['organiser'::text, 'panel'::text, 'bidder'::text, 'platform'::text]))),
    CONSTRAINT tender_events_tender_id_fkey FOREIGN KEY (tender_id) REFERENCES tenders(id),
    CONSTRAINT tender_events_pkey PRIMARY KEY (id)
);
CREATE INDEX tender_events_tender ON public.tender_events USING btree (tender_id, id);
COMMENT ON TABLE tender_events IS 'the public history of a tender: no bid and no bidder is in it before the opening';

CREATE TABLE tender_panel (
    tender_id bigint NOT NULL,
    user_id bigint NOT NULL,
    name text NOT NULL,
    added_at timestamp with time zone NOT NULL,
    declared_at timestamp with time zone,
    conflict text NOT NULL DEFAULT ''::text,
    struck_at timestamp with time zone,
    struck_why text NOT NULL DEFAULT ''::text,
    CONSTRAINT tender_panel_check CHECK (((struck_at IS NULL) = (struck_why = ''::text))),
    CONSTRAINT tender_panel_check1 CHECK (((conflict = ''::text) OR ((declared_at IS NOT NULL) AND (struck_at IS NOT NULL)))),
    CONSTRAINT tender_panel_name_check CHECK ((name <> ''::text)),
    CONSTRAINT tender_panel_tender_id_fkey FOREIGN KEY (tender_id) REFERENCES tenders(id),
    CONSTRAINT tender_panel_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id),
    CONSTRAINT tender_panel_pkey PRIMARY KEY (tender_id, user_id)
);
CREATE INDEX tender_panel_user ON public.tender_panel USING btree (user_id);
COMMENT ON TABLE tender_panel IS 'who scores; names are public with the award notice';
COMMENT ON COLUMN tender_panel.conflict IS 'the interest in a bidder that the member declared; empty with declared_at: none';
COMMENT ON COLUMN tender_panel.struck_why IS 'why the member scores no more';

CREATE TABLE tender_scores (
    bid_id bigint NOT NULL,
    user_id bigint NOT NULL,
    scoring integer NOT NULL,
    marks integer[] NOT NULL,
    words text NOT NULL DEFAULT ''::text,
    at timestamp with time zone NOT NULL,
    CONSTRAINT tender_scores_scoring_check CHECK ((scoring > 0)),
    CONSTRAINT tender_scores_bid_id_fkey FOREIGN KEY (bid_id) REFERENCES tender_bids(id),
    CONSTRAINT tender_scores_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id),
    CONSTRAINT tender_scores_pkey PRIMARY KEY (bid_id, user_id, scoring)
);
CREATE TRIGGER tender_scores_stay BEFORE DELETE OR UPDATE ON public.tender_scores FOR EACH ROW EXECUTE FUNCTION tender_scores_stay();
COMMENT ON TABLE tender_scores IS 'what one member gave one bid, by the criteria that the panel scores, in their order; known to others once all are in';

CREATE TABLE tenders (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    number text NOT NULL,
    kind text NOT NULL,
    about text NOT NULL DEFAULT ''::text,
    department_id bigint NOT NULL,
    profile text NOT NULL,
    rule_profile text NOT NULL,
    rule_path text NOT NULL,
    method text NOT NULL,
    title text NOT NULL,
    title_en text NOT NULL DEFAULT ''::text,
    description text NOT NULL,
    requirements text NOT NULL,
    pricing text NOT NULL,
    limit_minor bigint,
    opens timestamp with time zone NOT NULL,
    closes timestamp with time zone NOT NULL,
    opening_at timestamp with time zone NOT NULL,
    reveal_until timestamp with time zone NOT NULL,
    least_bidders integer NOT NULL,
    least_panel integer NOT NULL,
    state text NOT NULL,
    round integer NOT NULL DEFAULT 0,
    scoring integer NOT NULL DEFAULT 1,
    sent_back boolean NOT NULL DEFAULT false,
    key_public text NOT NULL DEFAULT ''::text,
    key_locked bytea,
    stage_profile text NOT NULL DEFAULT ''::text,
    stage_path text NOT NULL DEFAULT ''::text,
    stage_from timestamp with time zone,
    report text NOT NULL DEFAULT ''::text,
    contract text NOT NULL DEFAULT ''::text,
    made_by bigint NOT NULL,
    made_name text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    announced_at timestamp with time zone,
    opened_at timestamp with time zone,
    evaluated_at timestamp with time zone,
    notice_at timestamp with time zone,
    confirmed_at timestamp with time zone,
    ended_at timestamp with time zone,
    sent text,
    revision integer NOT NULL DEFAULT 1,
    CONSTRAINT tenders_about_check CHECK ((length(about) <= 100)),
    CONSTRAINT tenders_check CHECK ((closes > opens)),
    CONSTRAINT tenders_check1 CHECK ((opening_at >= closes)),
    CONSTRAINT tenders_check10 CHECK (((contract <> ''::text) = (state = 'contracted'::text))),
    CONSTRAINT tenders_check11 CHECK (((ended_at IS NOT NULL) = (state = ANY (ARRAY['contracted'::text, 'cancelled'::text])))),
    CONSTRAINT tenders_check2 CHECK ((reveal_until >= opening_at)),
    CONSTRAINT tenders_check3 CHECK (((pricing = 'none'::text) <= (limit_minor IS NULL))),
    CONSTRAINT tenders_check4 CHECK ((((stage_path = ''::text) = (stage_from IS NULL)) AND ((stage_path = ''::text) = (stage_profile = ''::text)))),
    CONSTRAINT tenders_check5 CHECK (((announced_at IS NULL) = (round = 0))),
    CONSTRAINT tenders_check6 CHECK (((state = 'draft'::text) OR (state = 'cancelled'::text) OR (announced_at IS NOT NULL))),
    CONSTRAINT tenders_check7 CHECK (((key_locked IS NOT NULL) = (state = ANY (ARRAY['announced'::text, 'open'::text, 'closed'::text])))),
    CONSTRAINT tenders_check8 CHECK (((state <> ALL (ARRAY['award_notice'::text, 'challenged'::text, 'confirmed'::text, 'contracted'::text])) OR ((report <> ''::text) AND (notice_at IS NOT NULL)))),
    CONSTRAINT tenders_check9 CHECK (((confirmed_at IS NOT NULL) OR (state <> ALL (ARRAY['confirmed'::text, 'contracted'::text])))),
    CONSTRAINT tenders_description_check CHECK ((description <> ''::text)),
    CONSTRAINT tenders_kind_check CHECK ((kind = ANY (ARRAY['data_use'::text, 'scenario'::text, 'mandate'::text, 'supply'::text]))),
    CONSTRAINT tenders_least_bidders_check CHECK ((least_bidders > 0)),
    CONSTRAINT tenders_least_panel_check CHECK ((least_panel > 0)),
    CONSTRAINT tenders_limit_minor_check CHECK ((limit_minor > 0)),
    CONSTRAINT tenders_made_name_check CHECK ((made_name <> ''::text)),
    CONSTRAINT tenders_method_check CHECK ((method <> ''::text)),
    CONSTRAINT tenders_number_check CHECK ((number ~ '^TD-\d{4}-\d{6}$'::text)),
    CONSTRAINT tenders_pricing_check CHECK ((pricing = ANY (ARRAY['none'::text, 'pays'::text, 'asks'::text]))),
    CONSTRAINT tenders_requirements_check CHECK ((requirements <> ''::text)),
    CONSTRAINT tenders_round_check CHECK ((round >= 0)),
    CONSTRAINT tenders_rule_path_check CHECK ((rule_path <> ''::text)),
    CONSTRAINT tenders_rule_profile_check CHECK ((rule_profile <> ''::text)),
    CONSTRAINT tenders_scoring_check CHECK ((scoring > 0)),
    CONSTRAINT tenders_sent_check CHECK ((sent ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT tenders_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'announced'::text, 'open'::text, 'closed'::text, 'opened'::text, 'evaluated'::text, 'award_notice'::text, 'challenged'::text, 'confirmed'::text, 'contracted'::text, 'failed'::text, 'cancelled'::text]))),
    CONSTRAINT tenders_title_check CHECK ((title <> ''::text)),
    CONSTRAINT tenders_department_id_fkey FOREIGN KEY (department_id) REFERENCES departments(id),
    CONSTRAINT tenders_pkey PRIMARY KEY (id),
    CONSTRAINT tenders_number_key UNIQUE (number),
    CONSTRAINT tenders_sent_key UNIQUE (sent)
);
CREATE INDEX tenders_department ON public.tenders USING btree (department_id, id DESC);
CREATE INDEX tenders_running ON public.tenders USING btree (state) WHERE (state = ANY (ARRAY['announced'::text, 'open'::text, 'closed'::text, 'opened'::text]));
CREATE TRIGGER tenders_moves BEFORE UPDATE ON public.tenders FOR EACH ROW EXECUTE FUNCTION tender_moves();
COMMENT ON TABLE tenders IS 'a draft is known to its department alone; the rest is public but for the bids, which nobody reads before the opening';
COMMENT ON COLUMN tenders.about IS 'the number of what is awarded where it has one: of a scenario, a mandate';
COMMENT ON COLUMN tenders.rule_path IS 'the rule by which it is held and that names the method: of the text in force when it was announced, or of the platform';
COMMENT ON COLUMN tenders.pricing IS 'pays: the bidder pays, and more is better; asks: is paid, and less is better';
COMMENT ON COLUMN tenders.limit_minor IS 'in fen: the least where bidders pay, the most where they ask';
COMMENT ON COLUMN tenders.least_bidders IS 'as the rules of the day of its announcement have it; so least_panel';
COMMENT ON COLUMN tenders.round IS 'how often it was announced; bids are of a round';
COMMENT ON COLUMN tenders.scoring IS 'how often it was scored; marks are of a scoring';
COMMENT ON COLUMN tenders.sent_back IS 'a challenge was upheld, and the evaluation is looked at again';
COMMENT ON COLUMN tenders.key_public IS 'bids that the server keeps are locked for this half of the key pair of the round';
COMMENT ON COLUMN tenders.key_locked IS 'the other half, locked with a secret that lies in the data folder and not here; erased at the opening, or where there is none';

CREATE TABLE themes (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    slug text NOT NULL,
    name text NOT NULL,
    name_en text NOT NULL,
    "position" integer NOT NULL,
    CONSTRAINT themes_slug_check CHECK ((slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'::text)),
    CONSTRAINT themes_pkey PRIMARY KEY (id),
    CONSTRAINT themes_name_key UNIQUE (name),
    CONSTRAINT themes_slug_key UNIQUE (slug)
);
COMMENT ON TABLE themes IS '数据领域, the 22 values common to provincial portals';

CREATE TABLE totp (
    user_id bigint NOT NULL,
    secret bytea NOT NULL,
    last_step bigint NOT NULL DEFAULT 0,
    created_at timestamp with time zone NOT NULL,
    confirmed_at timestamp with time zone,
    CONSTRAINT totp_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
    CONSTRAINT totp_pkey PRIMARY KEY (user_id)
);
COMMENT ON TABLE totp IS 'codes that change every 30 seconds (RFC 6238)';
COMMENT ON COLUMN totp.secret IS 'locked with the key of the installation: a copy of this table makes no code';
COMMENT ON COLUMN totp.last_step IS 'the step of the last code that was taken: none up to it is taken again';
COMMENT ON COLUMN totp.confirmed_at IS 'null until the first code was right; only then is it asked for';

CREATE TABLE unread_versions (
    version_id bigint NOT NULL,
    sentence text NOT NULL,
    args jsonb NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT unread_versions_args_check CHECK ((jsonb_typeof(args) = 'array'::text)),
    CONSTRAINT unread_versions_sentence_check CHECK ((sentence <> ''::text)),
    CONSTRAINT unread_versions_version_id_fkey FOREIGN KEY (version_id) REFERENCES versions(id),
    CONSTRAINT unread_versions_pkey PRIMARY KEY (version_id)
);
COMMENT ON TABLE unread_versions IS 'versions that were published before tables were kept and whose file is refused today: why; their originals are served as ever';

CREATE TABLE upload_misfits (
    upload_id text NOT NULL,
    "position" integer NOT NULL,
    number integer NOT NULL,
    "row" bigint NOT NULL,
    name text NOT NULL,
    text text NOT NULL,
    reason jsonb NOT NULL,
    CONSTRAINT upload_misfits_reason_check CHECK ((jsonb_typeof(reason) = 'array'::text)),
    CONSTRAINT upload_misfits_row_check CHECK (("row" >= 1)),
    CONSTRAINT upload_misfits_upload_id_position_fkey FOREIGN KEY (upload_id, "position") REFERENCES upload_tables(upload_id, "position") ON DELETE CASCADE,
    CONSTRAINT upload_misfits_pkey PRIMARY KEY (upload_id, "position", number)
);
COMMENT ON TABLE upload_misfits IS 'cells that are no value of their column''s type, as many as are listed; all of them are in the Parquet file';

CREATE TABLE upload_tables (
    upload_id text NOT NULL,
    "position" integer NOT NULL,
    name text NOT NULL,
    rows bigint NOT NULL,
    columns jsonb NOT NULL,
    notes jsonb NOT NULL,
    preview jsonb NOT NULL,
    misfits bigint NOT NULL,
    sha256 text NOT NULL,
    bytes bigint NOT NULL,
    CONSTRAINT upload_tables_bytes_check CHECK ((bytes >= 0)),
    CONSTRAINT upload_tables_columns_check CHECK ((jsonb_typeof(columns) = 'array'::text)),
    CONSTRAINT upload_tables_misfits_check CHECK ((misfits >= 0)),
    CONSTRAINT upload_tables_notes_check CHECK ((jsonb_typeof(notes) = 'array'::text)),
    CONSTRAINT upload_tables_preview_check CHECK ((jsonb_typeof(preview) = 'array'::text)),
    CONSTRAINT upload_tables_rows_check CHECK ((rows >= 0)),
    CONSTRAINT upload_tables_sha256_fkey FOREIGN KEY (sha256) REFERENCES blobs(sha256),
    CONSTRAINT upload_tables_upload_id_fkey FOREIGN KEY (upload_id) REFERENCES uploads(id) ON DELETE CASCADE,
    CONSTRAINT upload_tables_pkey PRIMARY KEY (upload_id, "position")
);
CREATE INDEX upload_tables_object ON public.upload_tables USING btree (sha256);
COMMENT ON TABLE upload_tables IS 'what a file was read as, until it is published or discarded';

CREATE TABLE uploads (
    id text NOT NULL,
    resource_id text NOT NULL,
    department_id bigint NOT NULL,
    user_id bigint NOT NULL,
    user_name text NOT NULL,
    file_name text NOT NULL,
    bytes bigint NOT NULL,
    got bigint NOT NULL DEFAULT 0,
    state text NOT NULL,
    sha256 text,
    header text NOT NULL DEFAULT ''::text,
    encoding text NOT NULL DEFAULT ''::text,
    delimiter text NOT NULL DEFAULT ''::text,
    attempt integer NOT NULL DEFAULT 0,
    heard_at timestamp with time zone,
    started_at timestamp with time zone,
    read_rows bigint NOT NULL DEFAULT 0,
    read_bytes bigint NOT NULL DEFAULT 0,
    read_of bigint NOT NULL DEFAULT 0,
    format text NOT NULL DEFAULT ''::text,
    compression text NOT NULL DEFAULT ''::text,
    found_encoding text NOT NULL DEFAULT ''::text,
    found_header boolean NOT NULL DEFAULT true,
    notes jsonb NOT NULL DEFAULT '[]'::jsonb,
    findings jsonb NOT NULL DEFAULT '[]'::jsonb,
    sentence text NOT NULL DEFAULT ''::text,
    args jsonb NOT NULL DEFAULT '[]'::jsonb,
    reviewed_by bigint,
    reviewed_name text NOT NULL DEFAULT ''::text,
    reviewed_reason text NOT NULL DEFAULT ''::text,
    version_id bigint,
    created_at timestamp with time zone NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    scan_done bigint NOT NULL DEFAULT 0,
    scan_of bigint NOT NULL DEFAULT 0,
    compared jsonb,
    bad_rows jsonb,
    CONSTRAINT uploads_args_check CHECK ((jsonb_typeof(args) = 'array'::text)),
    CONSTRAINT uploads_bad_rows_check CHECK ((jsonb_typeof(bad_rows) = 'object'::text)),
    CONSTRAINT uploads_bytes_check CHECK ((bytes > 0)),
    CONSTRAINT uploads_check CHECK (((got >= 0) AND (got <= bytes))),
    CONSTRAINT uploads_check1 CHECK (((state <> 'published'::text) OR (version_id IS NOT NULL))),
    CONSTRAINT uploads_check2 CHECK (((state = ANY (ARRAY['uploading'::text, 'discarded'::text, 'expired'::text])) OR (got = bytes))),
    CONSTRAINT uploads_check3 CHECK (((state <> ALL (ARRAY['review'::text, 'published'::text])) OR ((sha256 IS NOT NULL) AND (format <> ''::text)))),
    CONSTRAINT uploads_check4 CHECK (((state = ANY (ARRAY['rejected'::text, 'failed'::text])) = (sentence <> ''::text))),
    CONSTRAINT uploads_check5 CHECK (((reviewed_by IS NULL) = (reviewed_reason = ''::text))),
    CONSTRAINT uploads_check6 CHECK ((scan_of >= scan_done)),
    CONSTRAINT uploads_check7 CHECK (((bad_rows IS NULL) OR (state = 'rejected'::text))),
    CONSTRAINT uploads_compared_check CHECK ((jsonb_typeof(compared) = 'object'::text)),
    CONSTRAINT uploads_delimiter_check CHECK ((length(delimiter) <= 1)),
    CONSTRAINT uploads_encoding_check CHECK ((encoding = ANY (ARRAY[''::text, 'UTF-8'::text, 'UTF-8-BOM'::text, 'GB18030'::text, 'Big5'::text, 'UTF-16LE'::text, 'UTF-16BE'::text]))),
    CONSTRAINT uploads_file_name_check CHECK (((file_name <> ''::text) AND (file_name !~ '[/\\[:cntrl:]]'::text))),
    CONSTRAINT uploads_findings_check CHECK ((jsonb_typeof(findings) = 'array'::text)),
    CONSTRAINT uploads_header_check CHECK ((header = ANY (ARRAY[''::text, 'yes'::text, 'no'::text]))),
    CONSTRAINT uploads_id_check CHECK ((id ~ '^[0-9a-z]{26}$'::text)),
    CONSTRAINT uploads_notes_check CHECK ((jsonb_typeof(notes) = 'array'::text)),
    CONSTRAINT uploads_scan_done_check CHECK ((scan_done >= 0)),
    CONSTRAINT uploads_state_check CHECK ((state = ANY (ARRAY['uploading'::text, 'received'::text, 'reading'::text, 'review'::text, 'rejected'::text, 'failed'::text, 'published'::text, 'discarded'::text, 'expired'::text]))),
    CONSTRAINT uploads_department_id_fkey FOREIGN KEY (department_id) REFERENCES departments(id),
    CONSTRAINT uploads_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES resources(id),
    CONSTRAINT uploads_sha256_fkey FOREIGN KEY (sha256) REFERENCES blobs(sha256),
    CONSTRAINT uploads_version_id_fkey FOREIGN KEY (version_id) REFERENCES versions(id),
    CONSTRAINT uploads_pkey PRIMARY KEY (id),
    CONSTRAINT uploads_version_id_key UNIQUE (version_id)
);
CREATE INDEX uploads_department ON public.uploads USING btree (department_id, created_at DESC, id);
CREATE INDEX uploads_expiry ON public.uploads USING btree (expires_at) WHERE (state <> ALL (ARRAY['published'::text, 'discarded'::text, 'expired'::text]));
CREATE INDEX uploads_object ON public.uploads USING btree (sha256);
CREATE INDEX uploads_resource ON public.uploads USING btree (resource_id);
CREATE INDEX uploads_user ON public.uploads USING btree (user_id) WHERE (state = ANY (ARRAY['uploading'::text, 'received'::text, 'reading'::text, 'review'::text, 'rejected'::text, 'failed'::text]));
COMMENT ON TABLE uploads IS 'one row for a file from its first byte to the version that it becomes; the row stays when the file is gone';
COMMENT ON COLUMN uploads.user_id IS 'whose it is: nobody else may send bytes to it';
COMMENT ON COLUMN uploads.got IS 'bytes that are durable: no more was ever acknowledged';
COMMENT ON COLUMN uploads.header IS 'whether the first line names the columns; empty: as it is found';
COMMENT ON COLUMN uploads.encoding IS 'empty: as it is found';
COMMENT ON COLUMN uploads.heard_at IS 'when whoever reads it was last heard of; silence means that it died';
COMMENT ON COLUMN uploads.findings IS 'what the file hides: [{Kind, Note}]; a person must say why it may be public all the same';
COMMENT ON COLUMN uploads.sentence IS 'why nothing came of it, with its arguments in args';
COMMENT ON COLUMN uploads.scan_done IS 'as many of them are done';
COMMENT ON COLUMN uploads.scan_of IS 'cells in which personal data is looked for once the file has been read; 0 before that';
COMMENT ON COLUMN uploads.compared IS 'how its rows differ from those of the version whose id is From, as many as are cheap to compare; null: not compared yet';
COMMENT ON COLUMN uploads.bad_rows IS 'the rows for which it was rejected, the first of them one by one';

CREATE TABLE usage_bills (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    number text NOT NULL,
    delivery_id bigint NOT NULL,
    month date NOT NULL,
    units bigint NOT NULL,
    rated bigint NOT NULL,
    net bigint NOT NULL,
    tax bigint NOT NULL,
    total bigint NOT NULL,
    currency text NOT NULL,
    state text NOT NULL,
    state_at timestamp with time zone NOT NULL,
    object_until date NOT NULL,
    pay_until date NOT NULL,
    advised_at timestamp with time zone,
    reminded_at timestamp with time zone,
    words text NOT NULL DEFAULT ''::text,
    objected_by bigint,
    objected_name text NOT NULL DEFAULT ''::text,
    objected_at timestamp with time zone,
    answer text NOT NULL DEFAULT ''::text,
    answered_by bigint,
    answered_name text NOT NULL DEFAULT ''::text,
    answered_at timestamp with time zone,
    paid_at timestamp with time zone,
    released_at timestamp with time zone,
    made_at timestamp with time zone NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    CONSTRAINT usage_bills_check CHECK (((total = (net + tax)) AND (total > 0))),
    CONSTRAINT usage_bills_check1 CHECK ((pay_until >= object_until)),
    CONSTRAINT usage_bills_check2 CHECK ((answered_by <> objected_by)),
    CONSTRAINT usage_bills_check3 CHECK ((((objected_at IS NULL) = (objected_by IS NULL)) AND ((objected_at IS NULL) = (words = ''::text)))),
    CONSTRAINT usage_bills_check4 CHECK ((((answered_at IS NULL) = (answered_by IS NULL)) AND ((answered_at IS NULL) = (answer = ''::text)))),
    CONSTRAINT usage_bills_check5 CHECK ((((state = ANY (ARRAY['paid'::text, 'released'::text])) = (paid_at IS NOT NULL)) AND ((state = 'released'::text) = (released_at IS NOT NULL)))),
    CONSTRAINT usage_bills_check6 CHECK (((state <> 'objected'::text) OR ((objected_at IS NOT NULL) AND (answered_at IS NULL)))),
    CONSTRAINT usage_bills_check7 CHECK (((state <> 'withdrawn'::text) OR (answered_at IS NOT NULL))),
    CONSTRAINT usage_bills_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT usage_bills_net_check CHECK ((net >= 0)),
    CONSTRAINT usage_bills_number_check CHECK ((number ~ '^ZD-\d{4}-\d{6}$'::text)),
    CONSTRAINT usage_bills_rated_check CHECK ((rated > 0)),
    CONSTRAINT usage_bills_state_check CHECK ((state = ANY (ARRAY['issued'::text, 'objected'::text, 'withdrawn'::text, 'paid'::text, 'released'::text]))),
    CONSTRAINT usage_bills_tax_check CHECK ((tax >= 0)),
    CONSTRAINT usage_bills_units_check CHECK ((units > 0)),
    CONSTRAINT usage_bills_answered_by_fkey FOREIGN KEY (answered_by) REFERENCES users(id),
    CONSTRAINT usage_bills_delivery_id_month_fkey FOREIGN KEY (delivery_id, month) REFERENCES usage_windows(delivery_id, month),
    CONSTRAINT usage_bills_objected_by_fkey FOREIGN KEY (objected_by) REFERENCES users(id),
    CONSTRAINT usage_bills_pkey PRIMARY KEY (id),
    CONSTRAINT usage_bills_delivery_id_month_key UNIQUE (delivery_id, month),
    CONSTRAINT usage_bills_number_key UNIQUE (number)
);
CREATE INDEX usage_bills_state ON public.usage_bills USING btree (state, id);
CREATE TRIGGER usage_bills_kept BEFORE DELETE ON public.usage_bills FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER usage_bills_moves BEFORE INSERT OR UPDATE ON public.usage_bills FOR EACH ROW EXECUTE FUNCTION usage_bill_moves();
CREATE TRIGGER usage_bills_whole BEFORE TRUNCATE ON public.usage_bills FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE usage_bills IS 'of a closed month for which something is to be paid';
COMMENT ON COLUMN usage_bills.object_until IS 'last day, in Asia/Shanghai, as pay_until';

CREATE TABLE usage_days (
    dataset_id bigint NOT NULL,
    day date NOT NULL,
    views bigint NOT NULL DEFAULT 0,
    downloads bigint NOT NULL DEFAULT 0,
    bytes bigint NOT NULL DEFAULT 0,
    CONSTRAINT usage_days_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES datasets(id),
    CONSTRAINT usage_days_pkey PRIMARY KEY (dataset_id, day)
);
CREATE INDEX usage_days_day ON public.usage_days USING btree (day);
COMMENT ON TABLE usage_days IS 'counted in memory and added once a minute: a figure, not a record of who read what';

CREATE TABLE usage_events (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    source text NOT NULL,
    event_id text NOT NULL,
    workspace_id bigint NOT NULL,
    meter text NOT NULL,
    quantity bigint NOT NULL,
    dims jsonb NOT NULL DEFAULT '{}'::jsonb,
    at timestamp with time zone NOT NULL,
    received_at timestamp with time zone NOT NULL,
    CONSTRAINT usage_events_event_id_check CHECK ((event_id <> ''::text)),
    CONSTRAINT usage_events_meter_check CHECK ((meter = ANY (ARRAY['cpu_ms'::text, 'memory_bytes'::text, 'rows_read'::text, 'cells_released'::text, 'storage_bytes'::text]))),
    CONSTRAINT usage_events_quantity_check CHECK ((quantity >= 0)),
    CONSTRAINT usage_events_source_check CHECK ((source <> ''::text)),
    CONSTRAINT usage_events_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(id),
    CONSTRAINT usage_events_pkey PRIMARY KEY (id),
    CONSTRAINT usage_events_source_event_id_key UNIQUE (source, event_id)
);
CREATE INDEX usage_events_workspace ON public.usage_events USING btree (workspace_id, at);
CREATE TRIGGER usage_events_frozen BEFORE DELETE OR UPDATE ON public.usage_events FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER usage_events_kept BEFORE TRUNCATE ON public.usage_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE usage_events IS 'what was used, measured whether it is charged or not; one of a source is counted once';
COMMENT ON COLUMN usage_events.quantity IS 'as it was measured, for the operator; usage_counted is what counts';

CREATE TABLE usage_totals (
    dataset_id bigint NOT NULL,
    views bigint NOT NULL,
    downloads bigint NOT NULL,
    CONSTRAINT usage_totals_dataset_id_fkey FOREIGN KEY (dataset_id) REFERENCES datasets(id),
    CONSTRAINT usage_totals_pkey PRIMARY KEY (dataset_id)
);
COMMENT ON TABLE usage_totals IS 'the sums of usage_days, written in the same statement: a list of the most used would otherwise add up every day of every entry';

CREATE TABLE usage_windows (
    delivery_id bigint NOT NULL,
    month date NOT NULL,
    events bigint NOT NULL,
    quantity bigint NOT NULL,
    adjusted bigint NOT NULL,
    closed_at timestamp with time zone NOT NULL,
    CONSTRAINT usage_windows_adjusted_check CHECK ((adjusted >= 0)),
    CONSTRAINT usage_windows_check CHECK (((closed_at AT TIME ZONE 'Asia/Shanghai'::text) >= (month + '1 mon'::interval))),
    CONSTRAINT usage_windows_events_check CHECK ((events >= 0)),
    CONSTRAINT usage_windows_month_check CHECK ((EXTRACT(day FROM month) = (1)::numeric)),
    CONSTRAINT usage_windows_quantity_check CHECK ((quantity >= 0)),
    CONSTRAINT usage_windows_delivery_id_fkey FOREIGN KEY (delivery_id) REFERENCES deliveries(id),
    CONSTRAINT usage_windows_pkey PRIMARY KEY (delivery_id, month)
);
CREATE TRIGGER usage_windows_frozen BEFORE UPDATE ON public.usage_windows FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER usage_windows_kept BEFORE DELETE ON public.usage_windows FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER usage_windows_sums BEFORE INSERT ON public.usage_windows FOR EACH ROW EXECUTE FUNCTION usage_window_sums();
CREATE TRIGGER usage_windows_whole BEFORE TRUNCATE ON public.usage_windows FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE usage_windows IS 'months that are closed, and never change; one that is open has no row (I-29)';
COMMENT ON COLUMN usage_windows.adjusted IS 'of events that came after their own month had been closed';

CREATE TABLE use_audits (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    draw_id bigint NOT NULL,
    grant_id bigint NOT NULL,
    state text NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    clock_profile text NOT NULL,
    clock_path text NOT NULL,
    clock_from timestamp with time zone NOT NULL,
    answer text NOT NULL DEFAULT ''::text,
    answered_at timestamp with time zone,
    answered_by bigint,
    answered_name text NOT NULL DEFAULT ''::text,
    violation text NOT NULL DEFAULT ''::text,
    violation_of text NOT NULL DEFAULT ''::text,
    words text NOT NULL DEFAULT ''::text,
    found_at timestamp with time zone,
    found_by bigint,
    found_name text NOT NULL DEFAULT ''::text,
    closing text NOT NULL DEFAULT ''::text,
    closed_at timestamp with time zone,
    closed_by bigint,
    reminded_at timestamp with time zone,
    warned_at timestamp with time zone,
    revision integer NOT NULL DEFAULT 1,
    CONSTRAINT use_audits_check CHECK (((state <> 'answered'::text) OR (answered_at IS NOT NULL))),
    CONSTRAINT use_audits_check1 CHECK (((state <> ALL (ARRAY['in_order'::text, 'wanting'::text, 'closed'::text])) OR ((found_at IS NOT NULL) AND (words <> ''::text)))),
    CONSTRAINT use_audits_check2 CHECK (((state = ANY (ARRAY['wanting'::text, 'closed'::text])) = (violation <> ''::text))),
    CONSTRAINT use_audits_check3 CHECK (((state = 'closed'::text) = ((closed_at IS NOT NULL) AND (closing <> ''::text)))),
    CONSTRAINT use_audits_clock_path_check CHECK ((clock_path <> ''::text)),
    CONSTRAINT use_audits_clock_profile_check CHECK ((clock_profile <> ''::text)),
    CONSTRAINT use_audits_state_check CHECK ((state = ANY (ARRAY['asked'::text, 'answered'::text, 'in_order'::text, 'wanting'::text, 'closed'::text]))),
    CONSTRAINT use_audits_draw_id_fkey FOREIGN KEY (draw_id) REFERENCES use_draws(id),
    CONSTRAINT use_audits_grant_id_fkey FOREIGN KEY (grant_id) REFERENCES grants(id),
    CONSTRAINT use_audits_pkey PRIMARY KEY (id),
    CONSTRAINT use_audits_draw_id_grant_id_key UNIQUE (draw_id, grant_id)
);
CREATE INDEX use_audits_grant ON public.use_audits USING btree (grant_id, id);
CREATE INDEX use_audits_waiting ON public.use_audits USING btree (id) WHERE (state = ANY (ARRAY['asked'::text, 'answered'::text, 'wanting'::text]));
COMMENT ON COLUMN use_audits.violation IS 'which of the named violations is suspected (FJ-III.4): code of an option of the rule in the text violation_of';

CREATE TABLE use_destructions (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    grant_id bigint NOT NULL,
    number text,
    ended_at timestamp with time zone NOT NULL,
    state text NOT NULL,
    carried_to bigint,
    clock_profile text NOT NULL,
    clock_path text NOT NULL,
    clock_from timestamp with time zone NOT NULL,
    items jsonb NOT NULL DEFAULT '[]'::jsonb,
    method text NOT NULL DEFAULT ''::text,
    destroyer text NOT NULL DEFAULT ''::text,
    destroyed_on date,
    supervisor text NOT NULL DEFAULT ''::text,
    copies text NOT NULL DEFAULT ''::text,
    body text NOT NULL DEFAULT ''::text,
    sha256 text NOT NULL DEFAULT ''::text,
    filed_at timestamp with time zone,
    filed_by bigint,
    filed_name text NOT NULL DEFAULT ''::text,
    ground text NOT NULL DEFAULT ''::text,
    ground_words text NOT NULL DEFAULT ''::text,
    claimed_by bigint,
    words text NOT NULL DEFAULT ''::text,
    decided_at timestamp with time zone,
    decided_by bigint,
    decided_name text NOT NULL DEFAULT ''::text,
    reminded_at timestamp with time zone,
    warned_at timestamp with time zone,
    revision integer NOT NULL DEFAULT 1,
    CONSTRAINT use_destructions_check CHECK (((state = 'carried'::text) = (carried_to IS NOT NULL))),
    CONSTRAINT use_destructions_check1 CHECK ((carried_to <> grant_id)),
    CONSTRAINT use_destructions_check2 CHECK (((state <> ALL (ARRAY['filed'::text, 'wanting'::text, 'confirmed'::text])) OR ((number IS NOT NULL) AND (filed_at IS NOT NULL) AND (sha256 <> ''::text)))),
    CONSTRAINT use_destructions_check3 CHECK (((state <> ALL (ARRAY['confirmed'::text, 'excused'::text, 'written_off'::text])) OR (decided_at IS NOT NULL))),
    CONSTRAINT use_destructions_check4 CHECK (((state <> ALL (ARRAY['claimed'::text, 'excused'::text])) OR ((ground <> ''::text) AND (ground_words <> ''::text)))),
    CONSTRAINT use_destructions_check5 CHECK (((state <> ALL (ARRAY['wanting'::text, 'excused'::text, 'written_off'::text])) OR (words <> ''::text))),
    CONSTRAINT use_destructions_clock_path_check CHECK ((clock_path <> ''::text)),
    CONSTRAINT use_destructions_clock_profile_check CHECK ((clock_profile <> ''::text)),
    CONSTRAINT use_destructions_number_check CHECK ((number ~ '^XH-\d{4}-\d{6}$'::text)),
    CONSTRAINT use_destructions_sha256_check CHECK ((sha256 ~ '^([0-9a-f]{64})?$'::text)),
    CONSTRAINT use_destructions_state_check CHECK ((state = ANY (ARRAY['owed'::text, 'filed'::text, 'wanting'::text, 'confirmed'::text, 'claimed'::text, 'excused'::text, 'carried'::text, 'nothing'::text, 'written_off'::text]))),
    CONSTRAINT use_destructions_carried_to_fkey FOREIGN KEY (carried_to) REFERENCES grants(id),
    CONSTRAINT use_destructions_grant_id_fkey FOREIGN KEY (grant_id) REFERENCES grants(id),
    CONSTRAINT use_destructions_pkey PRIMARY KEY (id),
    CONSTRAINT use_destructions_grant_id_key UNIQUE (grant_id),
    CONSTRAINT use_destructions_number_key UNIQUE (number)
);
CREATE INDEX use_destructions_carried ON public.use_destructions USING btree (carried_to) WHERE (carried_to IS NOT NULL);
CREATE INDEX use_destructions_waiting ON public.use_destructions USING btree (id) WHERE (state = ANY (ARRAY['owed'::text, 'filed'::text, 'wanting'::text, 'claimed'::text]));
COMMENT ON TABLE use_destructions IS 'what becomes of delivered data once its grant has ended (AS-44 by analogy, FJ-4.3)';
COMMENT ON COLUMN use_destructions.state IS 'carried: a later grant of the same holder covers what was delivered, and its certificate speaks of it; nothing: nothing was ever delivered';
COMMENT ON COLUMN use_destructions.items IS 'what was delivered, from the record of deliveries, as it stood when the certificate was filed';
COMMENT ON COLUMN use_destructions.body IS 'the certificate as it was filed';

CREATE TABLE use_draws (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    number text NOT NULL,
    side text NOT NULL,
    profile text NOT NULL,
    which text NOT NULL,
    drawn_at timestamp with time zone NOT NULL,
    drawn_by bigint NOT NULL,
    drawn_name text NOT NULL,
    seed text NOT NULL,
    population text[] NOT NULL,
    percent integer NOT NULL,
    "least" integer NOT NULL,
    drawn text[] NOT NULL,
    questions text NOT NULL,
    sent text,
    CONSTRAINT use_draws_check CHECK (((cardinality(drawn) > 0) AND (drawn <@ population))),
    CONSTRAINT use_draws_check1 CHECK (((side = 'regulator'::text) = (profile = ''::text))),
    CONSTRAINT use_draws_least_check CHECK (("least" >= 1)),
    CONSTRAINT use_draws_number_check CHECK ((number ~ '^CC-\d{4}-\d{6}$'::text)),
    CONSTRAINT use_draws_percent_check CHECK (((percent >= 1) AND (percent <= 100))),
    CONSTRAINT use_draws_population_check CHECK ((cardinality(population) > 0)),
    CONSTRAINT use_draws_questions_check CHECK ((questions <> ''::text)),
    CONSTRAINT use_draws_seed_check CHECK ((seed ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT use_draws_sent_check CHECK ((sent ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT use_draws_side_check CHECK ((side = ANY (ARRAY['authority'::text, 'regulator'::text]))),
    CONSTRAINT use_draws_which_check CHECK ((which = ANY (ARRAY['live'::text, 'ended'::text, 'all'::text]))),
    CONSTRAINT use_draws_pkey PRIMARY KEY (id),
    CONSTRAINT use_draws_number_key UNIQUE (number),
    CONSTRAINT use_draws_sent_key UNIQUE (sent)
);
CREATE TRIGGER use_draws_frozen BEFORE DELETE OR UPDATE ON public.use_draws FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER use_draws_kept BEFORE TRUNCATE ON public.use_draws FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE use_draws IS 'samples of grants to audit: from the seed and the population anybody works out the same sample, so nobody chose';
COMMENT ON COLUMN use_draws.population IS 'numbers of grants, in order; the sample are those whose SHA-256 of seed, space and number comes first';
COMMENT ON COLUMN use_draws.sent IS 'as of rectification_orders';

CREATE TABLE use_events (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    of text NOT NULL,
    of_id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    by_id bigint NOT NULL,
    by_name text NOT NULL,
    side text NOT NULL,
    act text NOT NULL,
    state text NOT NULL,
    words text NOT NULL DEFAULT ''::text,
    CONSTRAINT use_events_of_check CHECK ((of = ANY (ARRAY['report'::text, 'destruction'::text, 'audit'::text]))),
    CONSTRAINT use_events_side_check CHECK ((side = ANY (ARRAY['applicant'::text, 'department'::text, 'authority'::text, 'regulator'::text, 'platform'::text]))),
    CONSTRAINT use_events_pkey PRIMARY KEY (id)
);
CREATE INDEX use_events_of ON public.use_events USING btree (of, of_id, id);
CREATE TRIGGER use_events_frozen BEFORE DELETE OR UPDATE ON public.use_events FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER use_events_kept BEFORE TRUNCATE ON public.use_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE use_events IS 'what happened to a report, a destruction or an audit, as both sides read it';

CREATE TABLE use_reports (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    grant_id bigint NOT NULL,
    number integer NOT NULL,
    begins_at timestamp with time zone NOT NULL,
    state text NOT NULL DEFAULT 'open'::text,
    clock_profile text NOT NULL,
    clock_path text NOT NULL,
    clock_from timestamp with time zone NOT NULL,
    clock_given integer NOT NULL DEFAULT 0,
    used text NOT NULL DEFAULT ''::text,
    results text NOT NULL DEFAULT ''::text,
    access text NOT NULL DEFAULT ''::text,
    security text NOT NULL DEFAULT ''::text,
    problems text NOT NULL DEFAULT ''::text,
    personal text NOT NULL DEFAULT ''::text,
    personal_how text NOT NULL DEFAULT ''::text,
    onward text NOT NULL DEFAULT ''::text,
    onward_how text NOT NULL DEFAULT ''::text,
    shown text NOT NULL DEFAULT ''::text,
    filed_at timestamp with time zone,
    filed_by bigint,
    filed_name text NOT NULL DEFAULT ''::text,
    returns integer NOT NULL DEFAULT 0,
    missing text NOT NULL DEFAULT ''::text,
    accepted_at timestamp with time zone,
    accepted_by bigint,
    accepted_name text NOT NULL DEFAULT ''::text,
    reminded_at timestamp with time zone,
    warned_at timestamp with time zone,
    suspended_at timestamp with time zone,
    revision integer NOT NULL DEFAULT 1,
    CONSTRAINT use_reports_check CHECK (((state <> ALL (ARRAY['filed'::text, 'returned'::text, 'accepted'::text])) OR ((filed_at IS NOT NULL) AND (used <> ''::text) AND (access <> ''::text) AND (security <> ''::text) AND (personal <> ''::text) AND (onward <> ''::text)))),
    CONSTRAINT use_reports_check1 CHECK (((state <> 'returned'::text) OR (missing <> ''::text))),
    CONSTRAINT use_reports_check2 CHECK (((state = 'accepted'::text) = (accepted_at IS NOT NULL))),
    CONSTRAINT use_reports_check3 CHECK (((suspended_at IS NULL) OR (warned_at IS NOT NULL))),
    CONSTRAINT use_reports_clock_path_check CHECK ((clock_path <> ''::text)),
    CONSTRAINT use_reports_clock_profile_check CHECK ((clock_profile <> ''::text)),
    CONSTRAINT use_reports_number_check CHECK ((number >= 1)),
    CONSTRAINT use_reports_onward_check CHECK ((onward = ANY (ARRAY[''::text, 'yes'::text, 'no'::text]))),
    CONSTRAINT use_reports_personal_check CHECK ((personal = ANY (ARRAY[''::text, 'yes'::text, 'no'::text]))),
    CONSTRAINT use_reports_state_check CHECK ((state = ANY (ARRAY['open'::text, 'filed'::text, 'returned'::text, 'accepted'::text, 'void'::text]))),
    CONSTRAINT use_reports_grant_id_fkey FOREIGN KEY (grant_id) REFERENCES grants(id),
    CONSTRAINT use_reports_pkey PRIMARY KEY (id),
    CONSTRAINT use_reports_grant_id_number_key UNIQUE (grant_id, number)
);
CREATE INDEX use_reports_waiting ON public.use_reports USING btree (id) WHERE (state = ANY (ARRAY['open'::text, 'filed'::text, 'returned'::text]));
COMMENT ON TABLE use_reports IS 'what the holder of a grant says of its use, period by period (AB-35.4; the period is the platform''s)';
COMMENT ON COLUMN use_reports.clock_from IS 'clock_*: by when the next step is taken, by whoever has it';
COMMENT ON COLUMN use_reports.shown IS 'of the results, what everybody may read on the page of the entry; empty: nothing';
COMMENT ON COLUMN use_reports.suspended_at IS 'when the platform suspended the grant because this report had not come after a warning; null once it came';

CREATE TABLE used_challenges (
    hash bytea NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT used_challenges_hash_check CHECK ((length(hash) = 32)),
    CONSTRAINT used_challenges_pkey PRIMARY KEY (hash)
);
COMMENT ON TABLE used_challenges IS 'what passkeys have signed already: no answer is taken twice';

CREATE TABLE user_roles (
    user_id bigint NOT NULL,
    role text NOT NULL,
    department_id bigint,
    side text NOT NULL,
    granted_at timestamp with time zone NOT NULL,
    CONSTRAINT user_roles_body_check CHECK (((side = ANY (ARRAY['manage'::text, 'regulate'::text])) = (department_id IS NOT NULL))),
    CONSTRAINT user_roles_role_side_fkey FOREIGN KEY (role, side) REFERENCES roles(role, side),
    CONSTRAINT user_roles_user_id_department_id_fkey FOREIGN KEY (user_id, department_id) REFERENCES users(id, department_id) ON UPDATE CASCADE,
    CONSTRAINT user_roles_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id),
    CONSTRAINT user_roles_user_id_side_fkey FOREIGN KEY (user_id, side) REFERENCES users(id, side),
    CONSTRAINT user_roles_pkey PRIMARY KEY (user_id, role)
);
COMMENT ON TABLE user_roles IS 'read at every request, so that a role taken away is gone at once';

CREATE TABLE users (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    identifier text NOT NULL,
    name text NOT NULL,
    password text NOT NULL DEFAULT ''::text,
    password_changed_at timestamp with time zone,
    department_id bigint,
    side text NOT NULL,
    sample boolean NOT NULL DEFAULT false,
    disabled_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    handle uuid NOT NULL DEFAULT gen_random_uuid(),
    confirmed_at timestamp with time zone,
    agreed_at timestamp with time zone,
    leaving_at timestamp with time zone,
    gone_at timestamp with time zone,
    factors_asked_by bigint,
    factors_asked_at timestamp with time zone,
    CONSTRAINT users_factors_asked_check CHECK ((((factors_asked_by IS NULL) = (factors_asked_at IS NULL)) AND (factors_asked_by <> id))),
    CONSTRAINT users_gone_check CHECK (((gone_at IS NULL) OR ((disabled_at IS NOT NULL) AND (leaving_at IS NULL) AND (password = ''::text) AND (identifier = ('gone:'::text || id))))),
    CONSTRAINT users_identifier_check CHECK ((((length(identifier) >= 3) AND (length(identifier) <= 254)) AND (identifier !~ '[[:cntrl:][:space:]A-Z]'::text))),
    CONSTRAINT users_name_check CHECK (((name <> ''::text) AND (length(name) <= 100) AND (name !~ '[[:cntrl:]]'::text))),
    CONSTRAINT users_password_check CHECK (((password = ''::text) OR (password ~~ '$argon2id$%'::text))),
    CONSTRAINT users_side_check CHECK ((side = ANY (ARRAY['manage'::text, 'operate'::text, 'use'::text, 'exchange'::text, 'arbitrate'::text, 'regulate'::text, 'system'::text, 'security'::text, 'audit'::text]))),
    CONSTRAINT users_department_id_fkey FOREIGN KEY (department_id) REFERENCES departments(id),
    CONSTRAINT users_department_side_fkey FOREIGN KEY (department_id, side) REFERENCES departments(id, side),
    CONSTRAINT users_factors_asked_by_fkey FOREIGN KEY (factors_asked_by) REFERENCES users(id),
    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_handle_key UNIQUE (handle),
    CONSTRAINT users_id_department_id_key UNIQUE (id, department_id),
    CONSTRAINT users_id_side_key UNIQUE (id, side),
    CONSTRAINT users_identifier_key UNIQUE (identifier)
);
CREATE INDEX users_leaving ON public.users USING btree (leaving_at) WHERE (leaving_at IS NOT NULL);
COMMENT ON COLUMN users.identifier IS 'e-mail address or +phone number as it was normalised: the only spelling that exists; oidc: and a random number where the provider of identity gave no verified address';
COMMENT ON COLUMN users.password IS 'argon2id in PHC form with its parameters; empty where nobody can sign in by password';
COMMENT ON COLUMN users.side IS 'where the account stands, for good: 管, 运, 用, 交易, 仲裁, 监, and the three administrators';
COMMENT ON COLUMN users.sample IS 'a demo account of the sample world (示例)';
COMMENT ON COLUMN users.handle IS 'what passkeys call the account: it says nothing about the person';
COMMENT ON COLUMN users.confirmed_at IS 'when it was shown that the identifier is theirs, by a mailed link or by whoever made the account; null for a phone number, which cannot be confirmed here';
COMMENT ON COLUMN users.agreed_at IS 'when somebody who signed up read the privacy notice; null where an administrator made the account';
COMMENT ON COLUMN users.leaving_at IS 'when its owner asked to delete the account; signing in takes it back until a sweep does it';
COMMENT ON COLUMN users.gone_at IS 'when it was deleted: the row stays without a name, so that acts and decisions of the past keep their author';
COMMENT ON COLUMN users.factors_asked_by IS 'the system administrator who asked for it; the security administrator does it';

CREATE TABLE version_approvals (
    version_id bigint NOT NULL,
    review_id bigint,
    standing boolean NOT NULL DEFAULT false,
    at timestamp with time zone NOT NULL,
    CONSTRAINT version_approvals_check CHECK (((NOT standing) OR (review_id IS NOT NULL))),
    CONSTRAINT version_approvals_review_id_fkey FOREIGN KEY (review_id) REFERENCES opening_reviews(id),
    CONSTRAINT version_approvals_version_id_fkey FOREIGN KEY (version_id) REFERENCES versions(id),
    CONSTRAINT version_approvals_pkey PRIMARY KEY (version_id)
);
CREATE INDEX version_approvals_review ON public.version_approvals USING btree (review_id);
COMMENT ON TABLE version_approvals IS 'by which review each version was let through; none where its entry was withheld, so that nobody could have it';

CREATE TABLE version_changes (
    to_id bigint NOT NULL,
    from_id bigint NOT NULL,
    tables jsonb NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT version_changes_check CHECK ((to_id <> from_id)),
    CONSTRAINT version_changes_tables_check CHECK ((jsonb_typeof(tables) = 'array'::text)),
    CONSTRAINT version_changes_from_id_fkey FOREIGN KEY (from_id) REFERENCES versions(id),
    CONSTRAINT version_changes_to_id_fkey FOREIGN KEY (to_id) REFERENCES versions(id),
    CONSTRAINT version_changes_pkey PRIMARY KEY (to_id, from_id)
);
COMMENT ON TABLE version_changes IS 'the rows of two versions of one file held against each other: of each with the one before by a job, of others when somebody asks; could be made again';
COMMENT ON COLUMN version_changes.tables IS 'each pair of tables: [{position, before, key, why, added, removed, changed, same, cells, renamed, listed}]';

CREATE TABLE version_checks (
    version_id bigint NOT NULL,
    rule text NOT NULL,
    rules integer NOT NULL,
    verdict text NOT NULL,
    found bigint NOT NULL,
    checked bigint NOT NULL,
    sentence text NOT NULL,
    args jsonb NOT NULL,
    examples jsonb NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT version_checks_args_check CHECK ((jsonb_typeof(args) = 'array'::text)),
    CONSTRAINT version_checks_checked_check CHECK ((checked >= 0)),
    CONSTRAINT version_checks_examples_check CHECK ((jsonb_typeof(examples) = 'array'::text)),
    CONSTRAINT version_checks_found_check CHECK ((found >= 0)),
    CONSTRAINT version_checks_rule_check CHECK ((rule <> ''::text)),
    CONSTRAINT version_checks_sentence_check CHECK ((sentence <> ''::text)),
    CONSTRAINT version_checks_verdict_check CHECK ((verdict = ANY (ARRAY['yes'::text, 'no'::text, 'unknown'::text]))),
    CONSTRAINT version_checks_version_id_fkey FOREIGN KEY (version_id) REFERENCES versions(id),
    CONSTRAINT version_checks_pkey PRIMARY KEY (version_id, rule)
);
COMMENT ON TABLE version_checks IS 'what each rule of quality says of a version';
COMMENT ON COLUMN version_checks.rules IS 'the edition of the rules: a later one checks again';
COMMENT ON COLUMN version_checks.verdict IS 'unknown: nothing was there to be checked; it is not no';
COMMENT ON COLUMN version_checks.examples IS '[{table, row, column, value}], the first of what was found; it holds values, so the gate guards it';

CREATE TABLE version_tables (
    version_id bigint NOT NULL,
    "position" integer NOT NULL,
    name text NOT NULL DEFAULT ''::text,
    rows bigint NOT NULL,
    fields jsonb NOT NULL,
    preview jsonb NOT NULL,
    name_en text NOT NULL DEFAULT ''::text,
    CONSTRAINT version_tables_rows_check CHECK ((rows >= 0)),
    CONSTRAINT version_tables_version_id_fkey FOREIGN KEY (version_id) REFERENCES versions(id),
    CONSTRAINT version_tables_pkey PRIMARY KEY (version_id, "position")
);
CREATE INDEX version_tables_item_keys ON public.version_tables USING gin (item_keys(fields));
CREATE TRIGGER version_tables_frozen BEFORE DELETE OR UPDATE ON public.version_tables FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER version_tables_kept BEFORE TRUNCATE ON public.version_tables FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE version_tables IS 'the tables found in a version: one for a CSV, one a sheet for a workbook, none for a document';
COMMENT ON COLUMN version_tables.fields IS 'the data dictionary: [{name, label, label_en, type, unit, unit_en, description, description_en, codes: [{value, label, label_en}]}]';
COMMENT ON COLUMN version_tables.preview IS 'the first rows as text, an array of arrays; served only through MayServe';

CREATE TABLE versions (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    resource_id text NOT NULL,
    number integer NOT NULL,
    file_name text NOT NULL,
    media_type text NOT NULL,
    format text NOT NULL,
    compression text NOT NULL DEFAULT ''::text,
    encoding text NOT NULL DEFAULT ''::text,
    header boolean NOT NULL DEFAULT true,
    sha256 text NOT NULL,
    bytes bigint NOT NULL,
    reason text NOT NULL DEFAULT ''::text,
    published_at timestamp with time zone NOT NULL,
    reason_en text NOT NULL DEFAULT ''::text,
    delimiter text NOT NULL DEFAULT ''::text,
    encoding_told boolean NOT NULL DEFAULT false,
    CONSTRAINT versions_bytes_check CHECK ((bytes >= 0)),
    CONSTRAINT versions_compression_check CHECK ((compression = ANY (ARRAY[''::text, 'gzip'::text, 'zip'::text]))),
    CONSTRAINT versions_delimiter_check CHECK ((length(delimiter) <= 1)),
    CONSTRAINT versions_file_name_check CHECK (((file_name <> ''::text) AND (file_name !~ '[/\\[:cntrl:]]'::text))),
    CONSTRAINT versions_format_check CHECK ((format = ANY (ARRAY['csv'::text, 'tsv'::text, 'txt'::text, 'json'::text, 'ndjson'::text, 'xml'::text, 'xlsx'::text, 'geojson'::text, 'shp'::text, 'parquet'::text, 'pdf'::text, 'docx'::text, 'zip'::text]))),
    CONSTRAINT versions_number_check CHECK ((number >= 1)),
    CONSTRAINT versions_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES resources(id),
    CONSTRAINT versions_sha256_fkey FOREIGN KEY (sha256) REFERENCES blobs(sha256),
    CONSTRAINT versions_pkey PRIMARY KEY (id),
    CONSTRAINT versions_resource_id_number_key UNIQUE (resource_id, number)
);
CREATE INDEX versions_sha256 ON public.versions USING btree (sha256);
CREATE TRIGGER versions_files_or_address BEFORE INSERT ON public.versions FOR EACH ROW EXECUTE FUNCTION files_or_address();
CREATE TRIGGER versions_frozen BEFORE DELETE OR UPDATE ON public.versions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER versions_kept BEFORE TRUNCATE ON public.versions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON COLUMN versions.encoding IS 'character encoding of the original bytes: UTF-8, UTF-8-BOM, GB18030; empty for binary formats';
COMMENT ON COLUMN versions.header IS 'whether the first line of a CSV, TSV or TXT names the columns';
COMMENT ON COLUMN versions.delimiter IS 'what separates the cells where an officer said it; empty: as it is found';
COMMENT ON COLUMN versions.encoding_told IS 'an officer named the encoding: it is not what would be found';

CREATE TABLE webhook_attempts (
    delivery_id bigint NOT NULL,
    number integer NOT NULL,
    at timestamp with time zone NOT NULL,
    status integer NOT NULL DEFAULT 0,
    problem text NOT NULL DEFAULT ''::text,
    took_ms integer NOT NULL DEFAULT 0,
    CONSTRAINT webhook_attempts_check CHECK (((status = 0) = (problem <> ''::text))),
    CONSTRAINT webhook_attempts_number_check CHECK ((number > 0)),
    CONSTRAINT webhook_attempts_delivery_id_fkey FOREIGN KEY (delivery_id) REFERENCES webhook_deliveries(id) ON DELETE CASCADE,
    CONSTRAINT webhook_attempts_pkey PRIMARY KEY (delivery_id, number)
);
COMMENT ON COLUMN webhook_attempts.problem IS 'why there was no answer, as of outbound';

CREATE TABLE webhook_deliveries (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    webhook_id bigint NOT NULL,
    notice_id bigint,
    event text NOT NULL,
    message text NOT NULL,
    at timestamp with time zone NOT NULL,
    state text NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    tries integer NOT NULL,
    next_at timestamp with time zone,
    CONSTRAINT webhook_deliveries_check CHECK (((state = 'waiting'::text) = (next_at IS NOT NULL))),
    CONSTRAINT webhook_deliveries_event_check CHECK ((event <> ''::text)),
    CONSTRAINT webhook_deliveries_message_check CHECK ((message ~ '^msg_[0-9A-Za-z]+$'::text)),
    CONSTRAINT webhook_deliveries_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'accepted'::text, 'failed'::text, 'dropped'::text]))),
    CONSTRAINT webhook_deliveries_notice_id_fkey FOREIGN KEY (notice_id) REFERENCES notices(id) ON DELETE CASCADE,
    CONSTRAINT webhook_deliveries_webhook_id_fkey FOREIGN KEY (webhook_id) REFERENCES webhooks(id) ON DELETE CASCADE,
    CONSTRAINT webhook_deliveries_pkey PRIMARY KEY (id),
    CONSTRAINT webhook_deliveries_message_key UNIQUE (message),
    CONSTRAINT webhook_deliveries_webhook_id_notice_id_key UNIQUE (webhook_id, notice_id)
);
CREATE INDEX webhook_deliveries_list ON public.webhook_deliveries USING btree (webhook_id, id DESC);
CREATE INDEX webhook_deliveries_notice ON public.webhook_deliveries USING btree (notice_id) WHERE (notice_id IS NOT NULL);
COMMENT ON TABLE webhook_deliveries IS 'what is sent is written from the notice when it is sent; no text is kept here';
COMMENT ON COLUMN webhook_deliveries.notice_id IS 'null for a test';
COMMENT ON COLUMN webhook_deliveries.message IS 'webhook-id: the same at every attempt';
COMMENT ON COLUMN webhook_deliveries.tries IS 'the number of the attempt after which it is given up';

CREATE TABLE webhook_secrets (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    webhook_id bigint NOT NULL,
    locked bytea NOT NULL,
    made_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone,
    CONSTRAINT webhook_secrets_webhook_id_fkey FOREIGN KEY (webhook_id) REFERENCES webhooks(id) ON DELETE CASCADE,
    CONSTRAINT webhook_secrets_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX webhook_secrets_current ON public.webhook_secrets USING btree (webhook_id) WHERE (ends_at IS NULL);
COMMENT ON COLUMN webhook_secrets.locked IS 'locked with the key of the installation; the plain one was shown once';
COMMENT ON COLUMN webhook_secrets.ends_at IS 'of one that was replaced: it signs as well until then';

CREATE TABLE webhooks (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    user_id bigint NOT NULL,
    url text NOT NULL,
    events text[] NOT NULL,
    state text NOT NULL,
    why text NOT NULL DEFAULT ''::text,
    created_at timestamp with time zone NOT NULL,
    proved_at timestamp with time zone,
    failing_since timestamp with time zone,
    CONSTRAINT webhooks_check CHECK (((why <> ''::text) = (state = 'off'::text))),
    CONSTRAINT webhooks_check1 CHECK (((state <> 'on'::text) OR (proved_at IS NOT NULL))),
    CONSTRAINT webhooks_events_check CHECK ((cardinality(events) > 0)),
    CONSTRAINT webhooks_state_check CHECK ((state = ANY (ARRAY['new'::text, 'on'::text, 'off'::text]))),
    CONSTRAINT webhooks_url_check CHECK (((length(url) >= 1) AND (length(url) <= 2000))),
    CONSTRAINT webhooks_why_check CHECK ((why = ANY (ARRAY[''::text, 'owner'::text, 'failing'::text, 'gone'::text]))),
    CONSTRAINT webhooks_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE,
    CONSTRAINT webhooks_pkey PRIMARY KEY (id),
    CONSTRAINT webhooks_user_id_url_key UNIQUE (user_id, url)
);
COMMENT ON TABLE webhooks IS 'addresses that somebody has told of what happens; nothing is sent to one that has not proved itself';
COMMENT ON COLUMN webhooks.events IS 'what it is told of';
COMMENT ON COLUMN webhooks.failing_since IS 'the first failure after the last sending that was accepted';

CREATE TABLE workspace_algorithms (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    number text NOT NULL,
    workspace_id bigint NOT NULL,
    title text NOT NULL,
    sql text NOT NULL,
    parameters jsonb NOT NULL DEFAULT '[]'::jsonb,
    code_digest text NOT NULL,
    state text NOT NULL,
    proposed_by bigint NOT NULL,
    proposed_name text NOT NULL,
    proposed_at timestamp with time zone NOT NULL,
    first_by bigint,
    first_name text NOT NULL DEFAULT ''::text,
    first_at timestamp with time zone,
    second_by bigint,
    second_name text NOT NULL DEFAULT ''::text,
    second_at timestamp with time zone,
    words text NOT NULL DEFAULT ''::text,
    revision integer NOT NULL DEFAULT 1,
    CONSTRAINT workspace_algorithms_check CHECK (((first_by <> proposed_by) AND (second_by <> proposed_by) AND (first_by <> second_by))),
    CONSTRAINT workspace_algorithms_check1 CHECK (((state <> 'approved'::text) OR ((first_by IS NOT NULL) AND (second_by IS NOT NULL)))),
    CONSTRAINT workspace_algorithms_code_digest_check CHECK ((code_digest ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT workspace_algorithms_number_check CHECK ((number ~ '^SF-\d{4}-\d{6}$'::text)),
    CONSTRAINT workspace_algorithms_sql_check CHECK ((sql <> ''::text)),
    CONSTRAINT workspace_algorithms_state_check CHECK ((state = ANY (ARRAY['proposed'::text, 'seconded'::text, 'approved'::text, 'refused'::text, 'withdrawn'::text]))),
    CONSTRAINT workspace_algorithms_title_check CHECK ((title <> ''::text)),
    CONSTRAINT workspace_algorithms_first_by_fkey FOREIGN KEY (first_by) REFERENCES users(id),
    CONSTRAINT workspace_algorithms_proposed_by_fkey FOREIGN KEY (proposed_by) REFERENCES users(id),
    CONSTRAINT workspace_algorithms_second_by_fkey FOREIGN KEY (second_by) REFERENCES users(id),
    CONSTRAINT workspace_algorithms_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(id),
    CONSTRAINT workspace_algorithms_pkey PRIMARY KEY (id),
    CONSTRAINT workspace_algorithms_number_key UNIQUE (number)
);
CREATE UNIQUE INDEX workspace_algorithms_one ON public.workspace_algorithms USING btree (workspace_id, code_digest) WHERE (state <> ALL (ARRAY['refused'::text, 'withdrawn'::text]));
COMMENT ON TABLE workspace_algorithms IS 'programs pinned by the digest of their text, which two people looked at: they run again with other parameters; their results are reviewed like all';

CREATE TABLE workspace_destructions (
    workspace_id bigint NOT NULL,
    number text NOT NULL,
    items jsonb NOT NULL,
    body text NOT NULL,
    sha256 text NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT workspace_destructions_body_check CHECK ((body <> ''::text)),
    CONSTRAINT workspace_destructions_items_check CHECK ((jsonb_typeof(items) = 'array'::text)),
    CONSTRAINT workspace_destructions_number_check CHECK ((number ~ '^XHKJ-\d{4}-\d{6}$'::text)),
    CONSTRAINT workspace_destructions_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT workspace_destructions_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(id),
    CONSTRAINT workspace_destructions_pkey PRIMARY KEY (workspace_id),
    CONSTRAINT workspace_destructions_number_key UNIQUE (number)
);
CREATE TRIGGER workspace_destructions_frozen BEFORE DELETE OR UPDATE ON public.workspace_destructions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER workspace_destructions_kept BEFORE TRUNCATE ON public.workspace_destructions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE workspace_destructions IS 'certificates of destruction: what was destroyed, by digest, and when the key was erased';

CREATE TABLE workspace_events (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    workspace_id bigint NOT NULL,
    act text NOT NULL,
    side text NOT NULL,
    by_id bigint,
    name text NOT NULL,
    words text NOT NULL DEFAULT ''::text,
    state text NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT workspace_events_act_check CHECK ((act <> ''::text)),
    CONSTRAINT workspace_events_side_check CHECK ((side = ANY (ARRAY['developer'::text, 'operator'::text, 'authority'::text, 'regulator'::text, 'platform'::text]))),
    CONSTRAINT workspace_events_by_id_fkey FOREIGN KEY (by_id) REFERENCES users(id),
    CONSTRAINT workspace_events_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(id),
    CONSTRAINT workspace_events_pkey PRIMARY KEY (id)
);
CREATE INDEX workspace_events_workspace ON public.workspace_events USING btree (workspace_id, id);
CREATE TRIGGER workspace_events_frozen BEFORE DELETE OR UPDATE ON public.workspace_events FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER workspace_events_kept BEFORE TRUNCATE ON public.workspace_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON TABLE workspace_events IS 'what was done with a workspace, and the state that it led to; of one that is older than this table, where it stood first of all';

CREATE TABLE workspace_job_log (
    job_id bigint NOT NULL,
    line integer NOT NULL,
    at timestamp with time zone NOT NULL,
    act text NOT NULL,
    details jsonb NOT NULL DEFAULT '{}'::jsonb,
    hash text NOT NULL,
    CONSTRAINT workspace_job_log_act_check CHECK ((act <> ''::text)),
    CONSTRAINT workspace_job_log_hash_check CHECK ((hash ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT workspace_job_log_line_check CHECK ((line > 0)),
    CONSTRAINT workspace_job_log_job_id_fkey FOREIGN KEY (job_id) REFERENCES workspace_jobs(id),
    CONSTRAINT workspace_job_log_pkey PRIMARY KEY (job_id, line)
);
CREATE TRIGGER workspace_job_log_frozen BEFORE DELETE OR UPDATE ON public.workspace_job_log FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER workspace_job_log_kept BEFORE TRUNCATE ON public.workspace_job_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON COLUMN workspace_job_log.hash IS 'SHA-256 of the hash of the line before and this line';

CREATE TABLE workspace_job_mounts (
    job_id bigint NOT NULL,
    workspace_id bigint NOT NULL,
    mount_id bigint NOT NULL,
    rows_read bigint NOT NULL DEFAULT 0,
    CONSTRAINT workspace_job_mounts_rows_read_check CHECK ((rows_read >= 0)),
    CONSTRAINT workspace_job_mounts_job_id_workspace_id_fkey FOREIGN KEY (job_id, workspace_id) REFERENCES workspace_jobs(id, workspace_id),
    CONSTRAINT workspace_job_mounts_mount_id_workspace_id_fkey FOREIGN KEY (mount_id, workspace_id) REFERENCES workspace_mounts(id, workspace_id),
    CONSTRAINT workspace_job_mounts_pkey PRIMARY KEY (job_id, mount_id)
);
COMMENT ON TABLE workspace_job_mounts IS 'what a job read: mounts of its own workspace and of no other';

CREATE TABLE workspace_jobs (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    number text NOT NULL,
    workspace_id bigint NOT NULL,
    kind text NOT NULL,
    algorithm_id bigint,
    name text NOT NULL DEFAULT ''::text,
    sql text NOT NULL,
    parameters jsonb NOT NULL DEFAULT '[]'::jsonb,
    given jsonb NOT NULL DEFAULT '{}'::jsonb,
    state text NOT NULL,
    state_at timestamp with time zone NOT NULL,
    words jsonb NOT NULL DEFAULT '[]'::jsonb,
    findings jsonb NOT NULL DEFAULT '[]'::jsonb,
    asked_by bigint NOT NULL,
    asked_name text NOT NULL,
    key_prefix text NOT NULL DEFAULT ''::text,
    asked_at timestamp with time zone NOT NULL,
    runner text NOT NULL DEFAULT ''::text,
    started_at timestamp with time zone,
    ended_at timestamp with time zone,
    percent real NOT NULL DEFAULT 0,
    read_rows bigint NOT NULL DEFAULT 0,
    of_rows bigint NOT NULL DEFAULT 0,
    code_digest text NOT NULL DEFAULT ''::text,
    tree_digest text NOT NULL DEFAULT ''::text,
    engine text NOT NULL DEFAULT ''::text,
    log_digest text NOT NULL DEFAULT ''::text,
    cpu_ms bigint NOT NULL DEFAULT 0,
    wall_ms bigint NOT NULL DEFAULT 0,
    memory_bytes bigint NOT NULL DEFAULT 0,
    columns jsonb NOT NULL DEFAULT '[]'::jsonb,
    rows_out bigint NOT NULL DEFAULT 0,
    sha256 text NOT NULL DEFAULT ''::text,
    sample jsonb,
    stop_as text NOT NULL DEFAULT ''::text,
    stop_words jsonb NOT NULL DEFAULT '[]'::jsonb,
    sent text,
    revision integer NOT NULL DEFAULT 1,
    CONSTRAINT workspace_jobs_check CHECK (((kind = 'algorithm'::text) = (algorithm_id IS NOT NULL))),
    CONSTRAINT workspace_jobs_check1 CHECK (((kind = 'sample'::text) OR (sample IS NULL))),
    CONSTRAINT workspace_jobs_check2 CHECK (((state <> 'succeeded'::text) OR (kind = 'sample'::text) OR (sha256 <> ''::text))),
    CONSTRAINT workspace_jobs_check3 CHECK (((state = ANY (ARRAY['vetting'::text, 'running'::text])) = (runner <> ''::text))),
    CONSTRAINT workspace_jobs_check4 CHECK (((ended_at IS NULL) = (state = ANY (ARRAY['queued'::text, 'vetting'::text, 'running'::text])))),
    CONSTRAINT workspace_jobs_kind_check CHECK ((kind = ANY (ARRAY['sql'::text, 'algorithm'::text, 'sample'::text]))),
    CONSTRAINT workspace_jobs_number_check CHECK ((number ~ '^ZY-\d{4}-\d{6}$'::text)),
    CONSTRAINT workspace_jobs_sql_check CHECK ((sql <> ''::text)),
    CONSTRAINT workspace_jobs_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'vetting'::text, 'refused'::text, 'running'::text, 'succeeded'::text, 'failed'::text, 'timed_out'::text, 'killed'::text, 'cancelled'::text]))),
    CONSTRAINT workspace_jobs_stop_as_check CHECK ((stop_as = ANY (ARRAY[''::text, 'cancelled'::text, 'killed'::text]))),
    CONSTRAINT workspace_jobs_algorithm_id_fkey FOREIGN KEY (algorithm_id) REFERENCES workspace_algorithms(id),
    CONSTRAINT workspace_jobs_asked_by_fkey FOREIGN KEY (asked_by) REFERENCES users(id),
    CONSTRAINT workspace_jobs_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(id),
    CONSTRAINT workspace_jobs_pkey PRIMARY KEY (id),
    CONSTRAINT workspace_jobs_id_workspace_id_key UNIQUE (id, workspace_id),
    CONSTRAINT workspace_jobs_number_key UNIQUE (number),
    CONSTRAINT workspace_jobs_sent_key UNIQUE (sent)
);
CREATE INDEX workspace_jobs_open ON public.workspace_jobs USING btree (state, id) WHERE (state = ANY (ARRAY['queued'::text, 'vetting'::text, 'running'::text]));
CREATE INDEX workspace_jobs_workspace ON public.workspace_jobs USING btree (workspace_id, id DESC);
CREATE TRIGGER workspace_jobs_moves BEFORE UPDATE ON public.workspace_jobs FOR EACH ROW EXECUTE FUNCTION workspace_job_moves();
COMMENT ON COLUMN workspace_jobs.words IS 'why it ended so: a sentence and what stands in it; never what the engine said, which may quote values';
COMMENT ON COLUMN workspace_jobs.sample IS 'what a program gave on synthetic rows, made of permitted statistics: it may be seen at once';
COMMENT ON COLUMN workspace_jobs.stop_as IS 'as what whoever runs it ends it, as soon as they see this: somebody cancelled it, or the workspace was stopped';

CREATE TABLE workspace_members (
    workspace_id bigint NOT NULL,
    organisation_id bigint NOT NULL,
    user_id bigint NOT NULL,
    programs boolean NOT NULL,
    asks boolean NOT NULL,
    added_by bigint NOT NULL,
    added_at timestamp with time zone NOT NULL,
    CONSTRAINT workspace_members_check CHECK ((programs OR asks)),
    CONSTRAINT workspace_members_added_by_fkey FOREIGN KEY (added_by) REFERENCES users(id),
    CONSTRAINT workspace_members_organisation_id_user_id_fkey FOREIGN KEY (organisation_id, user_id) REFERENCES organisation_members(organisation_id, user_id) ON DELETE CASCADE,
    CONSTRAINT workspace_members_workspace_id_organisation_id_fkey FOREIGN KEY (workspace_id, organisation_id) REFERENCES workspaces(id, organisation_id),
    CONSTRAINT workspace_members_pkey PRIMARY KEY (workspace_id, user_id)
);
COMMENT ON TABLE workspace_members IS 'people of the developer: who writes programs and runs them, and who asks for results to be released; whoever leaves the organisation leaves its workspaces';

CREATE TABLE workspace_mounts (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    workspace_id bigint NOT NULL,
    grant_id bigint NOT NULL,
    version_id bigint NOT NULL,
    "position" integer NOT NULL DEFAULT 0,
    name text NOT NULL,
    columns jsonb NOT NULL,
    rows_where text NOT NULL DEFAULT ''::text,
    minimum integer NOT NULL,
    mask text NOT NULL,
    state text NOT NULL,
    current boolean NOT NULL DEFAULT true,
    words jsonb NOT NULL DEFAULT '[]'::jsonb,
    prepared jsonb,
    acquisition_id bigint,
    asked_by bigint NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    ready_at timestamp with time zone,
    tries integer NOT NULL DEFAULT 0,
    CONSTRAINT workspace_mounts_check CHECK (((state <> ALL (ARRAY['ready'::text, 'gone'::text])) OR ((acquisition_id IS NOT NULL) AND (prepared IS NOT NULL) AND (ready_at IS NOT NULL)))),
    CONSTRAINT workspace_mounts_columns_check CHECK ((jsonb_typeof(columns) = 'array'::text)),
    CONSTRAINT workspace_mounts_mask_check CHECK ((mask ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT workspace_mounts_minimum_check CHECK ((minimum > 0)),
    CONSTRAINT workspace_mounts_name_check CHECK ((name ~ '^[a-z][a-z0-9_]{0,62}$'::text)),
    CONSTRAINT workspace_mounts_position_check CHECK (("position" >= 0)),
    CONSTRAINT workspace_mounts_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'ready'::text, 'failed'::text, 'gone'::text]))),
    CONSTRAINT workspace_mounts_acquisition_id_fkey FOREIGN KEY (acquisition_id) REFERENCES acquisitions(id),
    CONSTRAINT workspace_mounts_asked_by_fkey FOREIGN KEY (asked_by) REFERENCES users(id),
    CONSTRAINT workspace_mounts_grant_id_fkey FOREIGN KEY (grant_id) REFERENCES scenario_grants(id),
    CONSTRAINT workspace_mounts_version_id_fkey FOREIGN KEY (version_id) REFERENCES versions(id),
    CONSTRAINT workspace_mounts_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(id),
    CONSTRAINT workspace_mounts_pkey PRIMARY KEY (id),
    CONSTRAINT workspace_mounts_id_workspace_id_key UNIQUE (id, workspace_id),
    CONSTRAINT workspace_mounts_workspace_id_grant_id_version_id_position__key UNIQUE (workspace_id, grant_id, version_id, "position", mask)
);
CREATE UNIQUE INDEX workspace_mounts_current ON public.workspace_mounts USING btree (workspace_id, name) WHERE current;
CREATE INDEX workspace_mounts_waiting ON public.workspace_mounts USING btree (id) WHERE (state = 'waiting'::text);
COMMENT ON COLUMN workspace_mounts.mask IS 'SHA-256 of columns, uses and filter: a mount is prepared once of each version, mask and filter';
COMMENT ON COLUMN workspace_mounts.prepared IS 'what the engine says of it: digest, size, permitted statistics; no row';
COMMENT ON COLUMN workspace_mounts.acquisition_id IS 'written by the path that served the version; without it nothing computes on the mount';

CREATE TABLE workspace_programs (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    workspace_id bigint NOT NULL,
    name text NOT NULL,
    version integer NOT NULL,
    sql text NOT NULL,
    parameters jsonb NOT NULL DEFAULT '[]'::jsonb,
    sha256 text NOT NULL,
    saved_by bigint NOT NULL,
    saved_name text NOT NULL,
    saved_at timestamp with time zone NOT NULL,
    CONSTRAINT workspace_programs_name_check CHECK ((name ~ '^[^[:cntrl:]/\\]{1,80}\.sql$'::text)),
    CONSTRAINT workspace_programs_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT workspace_programs_sql_check CHECK ((sql <> ''::text)),
    CONSTRAINT workspace_programs_version_check CHECK ((version > 0)),
    CONSTRAINT workspace_programs_saved_by_fkey FOREIGN KEY (saved_by) REFERENCES users(id),
    CONSTRAINT workspace_programs_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(id),
    CONSTRAINT workspace_programs_pkey PRIMARY KEY (id),
    CONSTRAINT workspace_programs_workspace_id_name_version_key UNIQUE (workspace_id, name, version)
);
CREATE TRIGGER workspace_programs_frozen BEFORE DELETE OR UPDATE ON public.workspace_programs FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER workspace_programs_kept BEFORE TRUNCATE ON public.workspace_programs FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE workspace_results (
    job_id bigint NOT NULL,
    box bytea NOT NULL,
    sha256 text NOT NULL,
    bytes bigint NOT NULL,
    CONSTRAINT workspace_results_bytes_check CHECK ((bytes >= 0)),
    CONSTRAINT workspace_results_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT workspace_results_job_id_fkey FOREIGN KEY (job_id) REFERENCES workspace_jobs(id),
    CONSTRAINT workspace_results_pkey PRIMARY KEY (job_id)
);
COMMENT ON TABLE workspace_results IS 'results that are held, sealed with the key of their workspace; they go when the workspace is destroyed';

CREATE TABLE workspaces (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    number text NOT NULL,
    scenario_id bigint NOT NULL,
    organisation_id bigint NOT NULL,
    state text NOT NULL,
    state_at timestamp with time zone NOT NULL,
    reason text NOT NULL DEFAULT ''::text,
    frozen_by text NOT NULL DEFAULT ''::text,
    wrapped_key bytea,
    key_erased_at timestamp with time zone,
    cpu_seconds integer NOT NULL,
    memory_mb integer NOT NULL,
    wall_seconds integer NOT NULL,
    concurrent integer NOT NULL,
    rows_most integer NOT NULL,
    opened_by bigint NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    close_profile text NOT NULL DEFAULT ''::text,
    close_path text NOT NULL DEFAULT ''::text,
    close_from timestamp with time zone,
    warned_at timestamp with time zone,
    revision integer NOT NULL DEFAULT 1,
    frozen_from text NOT NULL DEFAULT ''::text,
    CONSTRAINT workspaces_check CHECK (((state = 'frozen'::text) = (frozen_by <> ''::text))),
    CONSTRAINT workspaces_check1 CHECK (((state <> 'frozen'::text) OR (reason <> ''::text))),
    CONSTRAINT workspaces_check2 CHECK (((wrapped_key IS NULL) = (key_erased_at IS NOT NULL))),
    CONSTRAINT workspaces_check3 CHECK (((state = 'destroyed'::text) = (key_erased_at IS NOT NULL))),
    CONSTRAINT workspaces_check4 CHECK (((close_path = ''::text) = (close_from IS NULL))),
    CONSTRAINT workspaces_check5 CHECK (((state <> 'closing'::text) OR (close_from IS NOT NULL))),
    CONSTRAINT workspaces_concurrent_check CHECK ((concurrent > 0)),
    CONSTRAINT workspaces_cpu_seconds_check CHECK ((cpu_seconds > 0)),
    CONSTRAINT workspaces_frozen_by_check CHECK ((frozen_by = ANY (ARRAY[''::text, 'regulator'::text, 'operator'::text]))),
    CONSTRAINT workspaces_frozen_from CHECK (((state = 'frozen'::text) = (frozen_from <> ''::text))),
    CONSTRAINT workspaces_frozen_from_check CHECK ((frozen_from = ANY (ARRAY[''::text, 'provisioning'::text, 'ready'::text]))),
    CONSTRAINT workspaces_memory_mb_check CHECK ((memory_mb > 0)),
    CONSTRAINT workspaces_number_check CHECK ((number ~ '^KJ-\d{4}-\d{6}$'::text)),
    CONSTRAINT workspaces_rows_most_check CHECK ((rows_most > 0)),
    CONSTRAINT workspaces_state_check CHECK ((state = ANY (ARRAY['provisioning'::text, 'ready'::text, 'frozen'::text, 'closing'::text, 'destroyed'::text]))),
    CONSTRAINT workspaces_wall_seconds_check CHECK ((wall_seconds > 0)),
    CONSTRAINT workspaces_opened_by_fkey FOREIGN KEY (opened_by) REFERENCES users(id),
    CONSTRAINT workspaces_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES organisations(id),
    CONSTRAINT workspaces_scenario_id_fkey FOREIGN KEY (scenario_id) REFERENCES scenarios(id),
    CONSTRAINT workspaces_pkey PRIMARY KEY (id),
    CONSTRAINT workspaces_id_organisation_id_key UNIQUE (id, organisation_id),
    CONSTRAINT workspaces_number_key UNIQUE (number)
);
CREATE UNIQUE INDEX workspaces_one ON public.workspaces USING btree (scenario_id) WHERE (state <> 'destroyed'::text);
CREATE INDEX workspaces_organisation ON public.workspaces USING btree (organisation_id, id DESC);
CREATE TRIGGER workspaces_hold BEFORE UPDATE OF frozen_by ON public.workspaces FOR EACH ROW WHEN (((old.frozen_by <> ''::text) AND (new.frozen_by <> old.frozen_by) AND ((hold_rank(new.frozen_by) >= 1) AND (hold_rank(new.frozen_by) <= hold_rank(old.frozen_by))))) EXECUTE FUNCTION hold_passes();
CREATE TRIGGER workspaces_moves BEFORE UPDATE ON public.workspaces FOR EACH ROW EXECUTE FUNCTION workspace_moves();
COMMENT ON COLUMN workspaces.frozen_by IS 'who froze it; what stops by the chain above it is not written here, but asked at every step';
COMMENT ON COLUMN workspaces.wrapped_key IS 'the key of its mounts and held results, wrapped by a key that lies in the data folder and never here; gone once the workspace is destroyed';
COMMENT ON COLUMN workspaces.frozen_from IS 'where it goes back to when that is lifted';
