-- What a mandate is made of and by whom: the plan, the award, the agreement that both sides sign, what may be charged, the entry of developers, evaluations and disclosure.

-- A plan (实施方案) says what is to be operated before anybody is chosen for it.
CREATE TABLE mandate_plans (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number         text NOT NULL UNIQUE CHECK (number ~ '^SSFA-\d{4}-\d{6}$'),
    body_id        bigint NOT NULL,
    side           text NOT NULL DEFAULT 'manage' CHECK (side = 'manage'),
    parent_id      bigint,
    title          text NOT NULL CHECK (title <> ''),
    need           text NOT NULL DEFAULT '',
    products       text NOT NULL DEFAULT '',
    forms          text[] NOT NULL DEFAULT '{}',
    purposes       text[] NOT NULL DEFAULT '{}',
    months         integer NOT NULL DEFAULT 0 CHECK (months >= 0),
    security_level text NOT NULL DEFAULT '',
    security       text NOT NULL DEFAULT '',
    evaluation     text NOT NULL DEFAULT '',
    exit_plan      text NOT NULL DEFAULT '',
    state          text NOT NULL CHECK (state IN ('draft', 'submitted', 'approved', 'withdrawn')),
    state_at       timestamptz NOT NULL,
    reason         text NOT NULL DEFAULT '',
    drafted_by     bigint NOT NULL,
    drafted_name   text NOT NULL,
    made_at        timestamptz NOT NULL,
    decided_by     bigint,
    decided_name   text NOT NULL DEFAULT '',
    decided_at     timestamptz,
    revision       integer NOT NULL DEFAULT 1,
    sent           text UNIQUE,
    FOREIGN KEY (body_id, side) REFERENCES departments (id, side),
    FOREIGN KEY (drafted_by, side) REFERENCES users (id, side),
    FOREIGN KEY (decided_by, side) REFERENCES users (id, side),
    CHECK (decided_by <> drafted_by),
    CHECK (state <> 'approved' OR decided_by IS NOT NULL AND decided_at IS NOT NULL),
    CHECK (state IN ('draft', 'withdrawn') OR months > 0 AND cardinality(forms) > 0 AND cardinality(purposes) > 0 AND security_level <> '' AND security <> '' AND evaluation <> '' AND exit_plan <> '')
);
COMMENT ON TABLE mandate_plans IS '实施方案: what an implementing body (实施机构) wants operated, approved by somebody other than whoever drafted it';
COMMENT ON COLUMN mandate_plans.parent_id IS 'the mandate under which the one that is planned will stand: a city''s under its province''s; no foreign key, since mandates refer to plans and none is ever deleted';

CREATE TABLE mandate_plan_items (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    plan_id    bigint NOT NULL REFERENCES mandate_plans ON DELETE CASCADE,
    dataset_id bigint NOT NULL REFERENCES datasets,
    columns    text[] NOT NULL CHECK (cardinality(columns) > 0),
    UNIQUE (plan_id, dataset_id)
);

CREATE TABLE mandate_awards (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    plan_id       bigint NOT NULL UNIQUE REFERENCES mandate_plans,
    winner_id     bigint NOT NULL,
    winner_side   text NOT NULL DEFAULT 'operate' CHECK (winner_side = 'operate'),
    way           text NOT NULL CHECK (way <> ''),
    candidates    integer NOT NULL CHECK (candidates > 0),
    announced_on  date NOT NULL,
    words         text NOT NULL CHECK (words <> ''),
    tender        text NOT NULL DEFAULT '',
    side          text NOT NULL DEFAULT 'manage' CHECK (side = 'manage'),
    recorded_by   bigint NOT NULL,
    recorded_name text NOT NULL,
    recorded_at   timestamptz NOT NULL,
    FOREIGN KEY (winner_id, winner_side) REFERENCES organisations (id, side),
    FOREIGN KEY (recorded_by, side) REFERENCES users (id, side)
);
COMMENT ON TABLE mandate_awards IS 'by which competition an operator was chosen for a plan; its papers are case_papers of kind mandate_award';
COMMENT ON COLUMN mandate_awards.tender IS 'number of the tender that was held on this platform; empty: it was held elsewhere';

ALTER TABLE mandates
    ADD COLUMN body_side          text NOT NULL DEFAULT 'manage' CHECK (body_side = 'manage'),
    ADD COLUMN operator_side      text NOT NULL DEFAULT 'operate' CHECK (operator_side = 'operate'),
    ADD COLUMN plan_id            bigint REFERENCES mandate_plans,
    ADD COLUMN products           text NOT NULL DEFAULT '',
    ADD COLUMN security_level     text NOT NULL DEFAULT '',
    ADD COLUMN security           text NOT NULL DEFAULT '',
    ADD COLUMN evaluation         text NOT NULL DEFAULT '',
    ADD COLUMN evaluation_months  integer NOT NULL DEFAULT 12 CHECK (evaluation_months > 0),
    ADD COLUMN exit_plan          text NOT NULL DEFAULT '',
    ADD COLUMN income             bigint CHECK (income > 0),
    ADD COLUMN income_months      integer NOT NULL DEFAULT 12 CHECK (income_months > 0),
    ADD COLUMN tariff             jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(tariff) = 'array'),
    ADD COLUMN drafted_by         bigint,
    ADD COLUMN drafted_name       text NOT NULL DEFAULT '',
    ADD COLUMN approved_by        bigint,
    ADD COLUMN approved_name      text NOT NULL DEFAULT '',
    ADD COLUMN template           text NOT NULL DEFAULT '',
    ADD COLUMN agreement          text NOT NULL DEFAULT '',
    ADD COLUMN sha256             text NOT NULL DEFAULT '' CHECK (sha256 = '' OR sha256 ~ '^[0-9a-f]{64}$'),
    ADD COLUMN locked_at          timestamptz,
    ADD COLUMN body_signed_by     bigint,
    ADD COLUMN body_signed_name   text NOT NULL DEFAULT '',
    ADD COLUMN body_signed_at     timestamptz,
    ADD COLUMN body_signed_method text NOT NULL DEFAULT '',
    ADD COLUMN operator_signed_by     bigint,
    ADD COLUMN operator_signed_name   text NOT NULL DEFAULT '',
    ADD COLUMN operator_signed_at     timestamptz,
    ADD COLUMN operator_signed_method text NOT NULL DEFAULT '',
    ADD COLUMN held_by            text NOT NULL DEFAULT '' CHECK (held_by IN ('', 'body', 'regulator')),
    ADD COLUMN basis              text NOT NULL DEFAULT '',
    ADD COLUMN reminded_at        timestamptz,
    ADD COLUMN sent               text UNIQUE,
    ADD FOREIGN KEY (body_id, body_side) REFERENCES departments (id, side),
    ADD FOREIGN KEY (operator_id, operator_side) REFERENCES organisations (id, side),
    ADD FOREIGN KEY (drafted_by, body_side) REFERENCES users (id, side),
    ADD FOREIGN KEY (approved_by, body_side) REFERENCES users (id, side),
    ADD FOREIGN KEY (body_signed_by, body_side) REFERENCES users (id, side),
    ADD FOREIGN KEY (operator_signed_by, operator_side) REFERENCES users (id, side),
    ADD CHECK (approved_by <> drafted_by),
    ADD CHECK (body_signed_by <> operator_signed_by),
    ADD CHECK (parent_id <> id AND renews_id <> id),
    ADD CHECK (state NOT IN ('approved', 'signed', 'active', 'suspended', 'expired', 'revoked', 'surrendered', 'closed') OR sha256 <> '' AND approved_by IS NOT NULL AND locked_at IS NOT NULL),
    ADD CHECK (state NOT IN ('signed', 'active', 'suspended', 'expired', 'revoked', 'surrendered', 'closed') OR body_signed_by IS NOT NULL AND operator_signed_by IS NOT NULL),
    ADD CHECK ((state = 'suspended') = (held_by <> '')),
    ADD CHECK (state <> 'suspended' OR basis <> '');
CREATE INDEX mandates_parent ON mandates (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX mandates_body ON mandates (body_id, id DESC);
CREATE UNIQUE INDEX mandates_planned_once ON mandates (plan_id) WHERE renews_id IS NULL AND state <> 'withdrawn';
CREATE UNIQUE INDEX mandates_renewed_once ON mandates (renews_id) WHERE state <> 'withdrawn';
COMMENT ON COLUMN mandates.operator_side IS 'who manages does not operate (管运分离; FJ-III.3): the sides of the body, of the operator and of all who act for either are held by foreign keys';
COMMENT ON COLUMN mandates.income IS 'most that the operator may take in fees in a period of income_months (最高准许收入), in fen; none: nothing is set';
COMMENT ON COLUMN mandates.tariff IS 'what may be charged for service, as it stood in the rules when the agreement was locked';
COMMENT ON COLUMN mandates.held_by IS 'whose suspension it is: only that side lifts it';
COMMENT ON COLUMN mandates.basis IS 'provision or clause on which it was suspended or revoked';

CREATE TABLE mandate_ceilings (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    mandate_id bigint NOT NULL REFERENCES mandates,
    form       text NOT NULL CHECK (form <> ''),
    unit       text NOT NULL CHECK (unit <> ''),
    fen        bigint NOT NULL CHECK (fen >= 0),
    UNIQUE (mandate_id, form, unit)
);
COMMENT ON TABLE mandate_ceilings IS 'the most that the operator may charge (上限收费标准) for one unit of a form of product, in fen';

-- What both sides sign stays as it is: term, scope, ceilings and text are fixed from the moment the agreement is locked.
CREATE FUNCTION mandate_locked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.parent_id, NEW.renews_id, NEW.body_id, NEW.operator_id, NEW.plan_id, NEW.title, NEW.purposes, NEW.forms, NEW.from_at, NEW.until_at, NEW.products, NEW.security_level, NEW.security, NEW.evaluation,
        NEW.evaluation_months, NEW.exit_plan, NEW.income, NEW.income_months, NEW.tariff, NEW.template, NEW.agreement, NEW.sha256, NEW.locked_at, NEW.approved_by, NEW.drafted_by)
        IS DISTINCT FROM
       (OLD.parent_id, OLD.renews_id, OLD.body_id, OLD.operator_id, OLD.plan_id, OLD.title, OLD.purposes, OLD.forms, OLD.from_at, OLD.until_at, OLD.products, OLD.security_level, OLD.security, OLD.evaluation,
        OLD.evaluation_months, OLD.exit_plan, OLD.income, OLD.income_months, OLD.tariff, OLD.template, OLD.agreement, OLD.sha256, OLD.locked_at, OLD.approved_by, OLD.drafted_by) THEN
        RAISE EXCEPTION 'the agreement of mandate % is locked', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER mandates_locked BEFORE UPDATE ON mandates FOR EACH ROW WHEN (OLD.locked_at IS NOT NULL) EXECUTE FUNCTION mandate_locked();

CREATE FUNCTION mandate_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.state, NEW.state) NOT IN (('draft', 'under_review'), ('under_review', 'draft'), ('under_review', 'approved'), ('approved', 'signed'), ('signed', 'active'), ('active', 'suspended'), ('suspended', 'active'),
        ('signed', 'revoked'), ('active', 'revoked'), ('suspended', 'revoked'), ('signed', 'surrendered'), ('active', 'surrendered'), ('suspended', 'surrendered'), ('signed', 'expired'), ('active', 'expired'), ('suspended', 'expired'),
        ('expired', 'closed'), ('revoked', 'closed'), ('surrendered', 'closed'), ('draft', 'withdrawn'), ('under_review', 'withdrawn'), ('approved', 'withdrawn')) THEN
        RAISE EXCEPTION 'mandate % does not go from % to %', OLD.number, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION mandate_moves IS 'the moves of licensing/operation, and no others';
CREATE TRIGGER mandates_moves BEFORE UPDATE OF state ON mandates FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION mandate_moves();

-- A part of a locked agreement neither comes nor goes, and whatever stands under a parent lies within it.
CREATE FUNCTION mandate_part() RETURNS trigger LANGUAGE plpgsql AS $$
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
END $$;
CREATE TRIGGER mandate_items_part BEFORE INSERT OR UPDATE OR DELETE ON mandate_items FOR EACH ROW EXECUTE FUNCTION mandate_part();
CREATE TRIGGER mandate_ceilings_part BEFORE INSERT OR UPDATE OR DELETE ON mandate_ceilings FOR EACH ROW EXECUTE FUNCTION mandate_part();

CREATE FUNCTION mandate_within() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    above mandates;
BEGIN
    SELECT * INTO above FROM mandates WHERE id = NEW.parent_id;
    IF NOT NEW.forms <@ above.forms OR NOT NEW.purposes <@ above.purposes OR NEW.income > above.income THEN
        RAISE EXCEPTION 'mandate % does not lie within the one above it', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER mandates_within BEFORE INSERT OR UPDATE OF forms, purposes, parent_id, income ON mandates FOR EACH ROW WHEN (NEW.parent_id IS NOT NULL) EXECUTE FUNCTION mandate_within();

-- Entry of developers.
ALTER TABLE developers
    ADD COLUMN side            text NOT NULL DEFAULT 'use' CHECK (side = 'use'),
    ADD COLUMN operator_side   text NOT NULL DEFAULT 'operate' CHECK (operator_side = 'operate'),
    ADD COLUMN contact         text NOT NULL DEFAULT '',
    ADD COLUMN security        text NOT NULL DEFAULT '',
    ADD COLUMN trained_on      date,
    ADD COLUMN training        text NOT NULL DEFAULT '',
    ADD COLUMN trained_until   timestamptz,
    ADD COLUMN declared        boolean NOT NULL DEFAULT false,
    ADD COLUMN declared_years  integer NOT NULL DEFAULT 0,
    ADD COLUMN dcmm            integer NOT NULL DEFAULT 0 CHECK (dcmm BETWEEN 0 AND 5),
    ADD COLUMN submitted_by    bigint,
    ADD COLUMN submitted_at    timestamptz,
    ADD COLUMN clock_profile   text NOT NULL DEFAULT '',
    ADD COLUMN clock_path      text NOT NULL DEFAULT '',
    ADD COLUMN clock_from      timestamptz,
    ADD COLUMN decided_by      bigint,
    ADD COLUMN decided_name    text NOT NULL DEFAULT '',
    ADD COLUMN decided_at      timestamptz,
    ADD COLUMN held_by         text NOT NULL DEFAULT '' CHECK (held_by IN ('', 'operator', 'body')),
    ADD COLUMN reminded_at     timestamptz,
    ADD COLUMN sent            text UNIQUE,
    ADD FOREIGN KEY (organisation_id, side) REFERENCES organisations (id, side),
    ADD FOREIGN KEY (submitted_by, side) REFERENCES users (id, side),
    ADD FOREIGN KEY (decided_by, operator_side) REFERENCES users (id, side),
    ADD CHECK (state NOT IN ('submitted', 'admitted') OR submitted_by IS NOT NULL AND declared),
    ADD CHECK (state <> 'admitted' OR decided_by IS NOT NULL AND trained_until IS NOT NULL),
    ADD CHECK (state NOT IN ('returned', 'refused', 'suspended') OR reason <> ''),
    ADD CHECK ((state = 'suspended') = (held_by <> ''));
COMMENT ON COLUMN developers.trained_until IS 'the first moment at which the training no longer counts: from then on nothing passes';
COMMENT ON COLUMN developers.declared IS 'that no listed breach was found of it in the last declared_years years';
COMMENT ON COLUMN developers.dcmm IS '数据管理能力成熟度 (DCMM); 0: not rated';
COMMENT ON COLUMN developers.decided_by IS 'of the operator: neither the authority nor the developer screens an entry';

CREATE TABLE developer_people (
    developer_id bigint NOT NULL REFERENCES developers ON DELETE CASCADE,
    user_id      bigint NOT NULL,
    side         text NOT NULL DEFAULT 'use' CHECK (side = 'use'),
    writes       boolean NOT NULL,
    releases     boolean NOT NULL,
    PRIMARY KEY (developer_id, user_id),
    FOREIGN KEY (user_id, side) REFERENCES users (id, side),
    CHECK (writes OR releases)
);
COMMENT ON TABLE developer_people IS 'who of a developer may write and run programs (writes), and who may ask that a result be released (releases)';

CREATE TABLE mandate_evaluations (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    mandate_id    bigint NOT NULL REFERENCES mandates,
    from_on       date NOT NULL,
    until_on      date NOT NULL,
    verdict       text NOT NULL CHECK (verdict <> ''),
    findings      text NOT NULL CHECK (findings <> ''),
    income        bigint NOT NULL CHECK (income >= 0),
    carried       bigint NOT NULL CHECK (carried >= 0),
    side          text NOT NULL DEFAULT 'manage' CHECK (side = 'manage'),
    evaluated_by  bigint NOT NULL,
    evaluated_name text NOT NULL,
    evaluated_at  timestamptz NOT NULL,
    UNIQUE (mandate_id, from_on),
    CHECK (until_on > from_on),
    FOREIGN KEY (evaluated_by, side) REFERENCES users (id, side)
);
COMMENT ON TABLE mandate_evaluations IS 'what the body found of the operator in a cycle (评估评价), and what it took in fees: what exceeds the permitted income is carried into the next period';

CREATE TABLE disclosure_reports (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    body_id     bigint NOT NULL,
    year        integer NOT NULL CHECK (year BETWEEN 2000 AND 2999),
    content     jsonb NOT NULL CHECK (jsonb_typeof(content) = 'object'),
    sha256      text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    side        text NOT NULL DEFAULT 'manage' CHECK (side = 'manage'),
    issued_by   bigint NOT NULL,
    issued_name text NOT NULL,
    issued_at   timestamptz NOT NULL,
    UNIQUE (body_id, year),
    FOREIGN KEY (body_id, side) REFERENCES departments (id, side),
    FOREIGN KEY (issued_by, side) REFERENCES users (id, side)
);
COMMENT ON TABLE disclosure_reports IS 'yearly disclosure (信息披露) of a body''s mandates as it was issued; sha256 is of the text of content as it is given out';

CREATE FUNCTION stays_as_it_is() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what % says was given out and stays as it is', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER disclosure_reports_stay BEFORE UPDATE OR DELETE ON disclosure_reports FOR EACH ROW EXECUTE FUNCTION stays_as_it_is();
CREATE TRIGGER mandate_evaluations_stay BEFORE UPDATE OR DELETE ON mandate_evaluations FOR EACH ROW EXECUTE FUNCTION stays_as_it_is();

CREATE TABLE operation_events (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subject text NOT NULL CHECK (subject IN ('plan', 'mandate', 'developer')),
    case_id bigint NOT NULL,
    act     text NOT NULL,
    by_id   bigint REFERENCES users,
    name    text NOT NULL,
    side    text NOT NULL CHECK (side IN ('body', 'operator', 'developer', 'regulator', 'platform')),
    words   text NOT NULL DEFAULT '',
    state   text NOT NULL,
    at      timestamptz NOT NULL
);
CREATE INDEX operation_events_case ON operation_events (subject, case_id, id);
COMMENT ON TABLE operation_events IS 'what was done in a plan, a mandate or an entry, and the state that it led to: of a mandate the states and their days are public';
CREATE TRIGGER operation_events_stay BEFORE UPDATE OR DELETE ON operation_events FOR EACH ROW EXECUTE FUNCTION stays_as_it_is();

-- Who is admitted stands only while the training counts.
CREATE OR REPLACE FUNCTION scenario_stands(scenario bigint, at timestamptz) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT EXISTS (SELECT FROM scenarios s
        JOIN organisations o ON o.id = s.organisation_id AND o.suspended_at IS NULL
        JOIN developers d ON d.mandate_id = s.mandate_id AND d.organisation_id = s.organisation_id AND d.state = 'admitted' AND at < d.trained_until
        JOIN scenario_contracts c ON c.scenario_id = s.id AND c.state = 'active' AND c.from_at <= at AND at < c.until_at
        WHERE s.id = scenario AND s.state = 'active' AND s.from_at <= at AND at < s.until_at AND mandate_stands(s.mandate_id, at))
$$;

-- What is below a mandate and has not ended; a mandate is closed only when there is nothing.
CREATE FUNCTION mandate_holds(mandate bigint) RETURNS TABLE (kind text, number text) LANGUAGE sql STABLE AS $$
    SELECT 'mandate', m.number FROM mandates m WHERE m.parent_id = mandate AND m.state NOT IN ('closed', 'withdrawn')
    UNION ALL SELECT 'scenario', s.number FROM scenarios s WHERE s.mandate_id = mandate AND s.state IN ('authorised', 'active', 'suspended', 'expired', 'terminated')
    UNION ALL SELECT 'contract', c.number FROM scenario_contracts c JOIN scenarios s ON s.id = c.scenario_id WHERE s.mandate_id = mandate AND c.state IN ('offered', 'active', 'suspended')
    UNION ALL SELECT 'grant', g.number FROM scenario_grants g JOIN scenario_contracts c ON c.id = g.contract_id JOIN scenarios s ON s.id = c.scenario_id WHERE s.mandate_id = mandate AND g.state <> 'ended'
$$;
CREATE FUNCTION mandate_empty() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM mandate_holds(NEW.id)) THEN
        RAISE EXCEPTION 'mandate % is not empty', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER mandates_empty BEFORE INSERT OR UPDATE OF state ON mandates FOR EACH ROW WHEN (NEW.state = 'closed') EXECUTE FUNCTION mandate_empty();
