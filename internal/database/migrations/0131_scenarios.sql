-- Scenarios (场景; FJ-4.2): what a second-tier developer may develop, on which data, for how long; and what follows from it: the contract with the operator and the grants, one for each item.

CREATE TABLE scenarios (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number          text NOT NULL UNIQUE CHECK (number ~ '^SCN-\d{4}-\d{6}$'),
    mandate_id      bigint NOT NULL REFERENCES mandates,
    organisation_id bigint NOT NULL REFERENCES organisations,
    user_id         bigint NOT NULL REFERENCES users,
    kind            text NOT NULL DEFAULT 'new' CHECK (kind IN ('new', 'change', 'extension', 'again')),
    earlier_id      bigint REFERENCES scenarios,

    title          text NOT NULL DEFAULT '',
    sector         text NOT NULL DEFAULT '',
    use_class      text NOT NULL DEFAULT 'industry' CHECK (use_class IN ('public_benefit', 'governance', 'industry', 'commercial')),
    research       boolean NOT NULL DEFAULT false,
    purpose        text NOT NULL DEFAULT '',
    description    text NOT NULL DEFAULT '',
    method         text NOT NULL DEFAULT '',
    audience       text NOT NULL DEFAULT '',
    outputs        jsonb NOT NULL DEFAULT '[]',
    personal_basis text NOT NULL DEFAULT 'none' CHECK (personal_basis IN ('none', 'consent', 'law')),
    personal_how   text NOT NULL DEFAULT '',
    security_plan  text NOT NULL DEFAULT '',
    emergency_plan text NOT NULL DEFAULT '',
    filing         text NOT NULL DEFAULT '',
    delivery       text NOT NULL DEFAULT 'sandbox' CHECK (delivery IN ('sandbox', 'api', 'connector')),
    months         integer NOT NULL DEFAULT 0 CHECK (months BETWEEN 0 AND 1200),

    submitted_at    timestamptz,
    returns         integer NOT NULL DEFAULT 0 CHECK (returns >= 0),
    missing         text[] NOT NULL DEFAULT '{}',
    screened_by     bigint,
    screened_name   text NOT NULL DEFAULT '',
    screened_at     timestamptz,
    screened_words  text NOT NULL DEFAULT '',
    security_verdict text NOT NULL DEFAULT '' CHECK (security_verdict IN ('', 'passed', 'conditions', 'failed')),
    security_words  text NOT NULL DEFAULT '',
    security_by     bigint,
    security_name   text NOT NULL DEFAULT '',
    security_at     timestamptz,
    award           jsonb,
    decided_by      bigint,
    decided_name    text NOT NULL DEFAULT '',
    decided_at      timestamptz,
    decision        text NOT NULL DEFAULT '',
    bases           jsonb NOT NULL DEFAULT '[]',

    from_at         timestamptz,
    until_at        timestamptz,
    state           text NOT NULL CHECK (state IN ('draft', 'submitted', 'returned', 'screened', 'reviewed', 'awarding', 'authorised', 'refused', 'active', 'suspended', 'expired', 'terminated', 'surrendered', 'closed', 'withdrawn', 'lapsed')),
    state_at        timestamptz NOT NULL,
    reason          text NOT NULL DEFAULT '',
    violation       text NOT NULL DEFAULT '',
    suspended_by    text NOT NULL DEFAULT '' CHECK (suspended_by IN ('', 'operator', 'regulator', 'platform')),
    told            integer NOT NULL DEFAULT 0 CHECK (told BETWEEN 0 AND 2),
    made_at         timestamptz NOT NULL,
    saved_at        timestamptz,
    revision        integer NOT NULL DEFAULT 1,
    CHECK (until_at > from_at),
    CHECK (state NOT IN ('authorised', 'active', 'suspended', 'expired', 'terminated', 'surrendered', 'closed') OR until_at IS NOT NULL AND from_at IS NOT NULL),
    CHECK (state NOT IN ('suspended', 'terminated', 'refused') OR reason <> ''),
    CHECK ((kind = 'new') = (earlier_id IS NULL)),
    CHECK (earlier_id <> id),
    CHECK (NOT research OR use_class = 'public_benefit'),
    CHECK ((security_at IS NULL) = (security_verdict = '')),
    CHECK (decided_by <> screened_by AND decided_by <> security_by AND security_by <> screened_by),
    CHECK (decided_by <> user_id AND screened_by <> user_id AND security_by <> user_id)
);
CREATE INDEX scenarios_mandate ON scenarios (mandate_id, id DESC);
CREATE INDEX scenarios_organisation ON scenarios (organisation_id, id DESC);
CREATE INDEX scenarios_earlier ON scenarios (earlier_id) WHERE earlier_id IS NOT NULL;
CREATE INDEX scenarios_ends ON scenarios (until_at) WHERE state IN ('authorised', 'active', 'suspended');
COMMENT ON COLUMN scenarios.state IS 'submitted: the operator screens; screened: departments and security give their opinions; reviewed: the authority decides; awarding: a competition decides; authorised: the contract is signed; active: the workspace is open';
COMMENT ON COLUMN scenarios.earlier_id IS 'whose scope this changes, which it goes on from, or that had ended and is asked for again';
COMMENT ON COLUMN scenarios.research IS 'of a university or an institute: for public benefit alone (AB-35.2)';
COMMENT ON COLUMN scenarios.decision IS 'of the authority, with what it bids; its legal bases in bases';
COMMENT ON COLUMN scenarios.told IS 'how often its developer was told that it ends soon';

CREATE TABLE scenario_items (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scenario_id   bigint NOT NULL REFERENCES scenarios,
    dataset_id    bigint NOT NULL REFERENCES datasets,
    resource_id   text NOT NULL REFERENCES resources,
    columns       text[] NOT NULL,
    uses          jsonb NOT NULL DEFAULT '{}',
    why           jsonb NOT NULL DEFAULT '{}',
    rows_where    text NOT NULL DEFAULT '',
    span          text NOT NULL DEFAULT '',
    refresh       text NOT NULL DEFAULT '',
    open_type     text NOT NULL DEFAULT '' CHECK (open_type IN ('', 'unconditional', 'conditional')),

    decision      text NOT NULL DEFAULT '' CHECK (decision IN ('', 'open', 'granted', 'reduced', 'refused')),
    given_columns text[] NOT NULL DEFAULT '{}',
    given_uses    jsonb NOT NULL DEFAULT '{}',
    given_where   text NOT NULL DEFAULT '',
    reason        text NOT NULL DEFAULT '',
    bases         jsonb NOT NULL DEFAULT '[]',
    decided_by    bigint,
    decided_name  text NOT NULL DEFAULT '',
    decided_at    timestamptz,
    UNIQUE (scenario_id, resource_id),
    CHECK ((decision = '') = (decided_at IS NULL)),
    CHECK (decision NOT IN ('reduced', 'refused') OR reason <> ''),
    CHECK (decision NOT IN ('open', 'granted', 'reduced') OR cardinality(given_columns) > 0),
    CHECK (given_columns <@ columns)
);
CREATE INDEX scenario_items_dataset ON scenario_items (dataset_id);
COMMENT ON COLUMN scenario_items.open_type IS 'of the entry, when the scenario was submitted';
COMMENT ON COLUMN scenario_items.decision IS 'of the department; open: everybody may have it, so that nobody is asked';

CREATE TABLE scenario_contracts (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number           text NOT NULL UNIQUE CHECK (number ~ '^KFHT-\d{4}-\d{6}$'),
    scenario_id      bigint NOT NULL REFERENCES scenarios,
    template         text NOT NULL DEFAULT '',
    blanks           jsonb NOT NULL DEFAULT '{}',
    body             text NOT NULL DEFAULT '',
    sha256           text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    from_at          timestamptz NOT NULL,
    until_at         timestamptz NOT NULL,
    offered_at       timestamptz,
    operator_by      bigint,
    operator_name    text NOT NULL DEFAULT '',
    operator_at      timestamptz,
    operator_method  text NOT NULL DEFAULT '',
    developer_by     bigint,
    developer_name   text NOT NULL DEFAULT '',
    developer_at     timestamptz,
    developer_method text NOT NULL DEFAULT '',
    state            text NOT NULL CHECK (state IN ('offered', 'active', 'suspended', 'ended', 'void')),
    state_at         timestamptz NOT NULL,
    reason           text NOT NULL DEFAULT '',
    revision         integer NOT NULL DEFAULT 1,
    CHECK (until_at > from_at),
    CHECK (operator_by <> developer_by)
);
CREATE UNIQUE INDEX scenario_contracts_one ON scenario_contracts (scenario_id) WHERE state IN ('offered', 'active', 'suspended');
COMMENT ON TABLE scenario_contracts IS 'the agreement on use (数据使用协议) of operator and developer about one scenario (AS-44)';
COMMENT ON COLUMN scenario_contracts.body IS 'as it was shown, whose SHA-256 both sides sign';

CREATE TABLE scenario_grants (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number      text NOT NULL UNIQUE CHECK (number ~ '^CSQ-\d{4}-\d{6}$'),
    contract_id bigint NOT NULL REFERENCES scenario_contracts,
    item_id     bigint NOT NULL REFERENCES scenario_items,
    dataset_id  bigint NOT NULL REFERENCES datasets,
    resource_id text NOT NULL REFERENCES resources,
    columns     text[] NOT NULL CHECK (cardinality(columns) > 0),
    uses        jsonb NOT NULL,
    rows_where  text NOT NULL DEFAULT '',
    from_at     timestamptz NOT NULL,
    until_at    timestamptz NOT NULL,
    state       text NOT NULL CHECK (state IN ('active', 'suspended', 'ended')),
    state_at    timestamptz NOT NULL,
    reason      text NOT NULL DEFAULT '',
    revision    integer NOT NULL DEFAULT 1,
    CHECK (until_at > from_at),
    UNIQUE (contract_id, item_id)
);
CREATE INDEX scenario_grants_resource ON scenario_grants (resource_id) WHERE state = 'active';
COMMENT ON TABLE scenario_grants IS 'what the workspace of a scenario may mount, item by item: the lowest link of grant, contract, scenario and mandate';
COMMENT ON COLUMN scenario_grants.uses IS 'of each column what a program may do with it: group, aggregate, read or subject';

CREATE FUNCTION scenario_stands(scenario bigint, at timestamptz) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT EXISTS (SELECT FROM scenarios s
        JOIN organisations o ON o.id = s.organisation_id AND o.suspended_at IS NULL
        JOIN developers d ON d.mandate_id = s.mandate_id AND d.organisation_id = s.organisation_id AND d.state = 'admitted'
        JOIN scenario_contracts c ON c.scenario_id = s.id AND c.state = 'active' AND c.from_at <= at AND at < c.until_at
        WHERE s.id = scenario AND s.state = 'active' AND s.from_at <= at AND at < s.until_at AND mandate_stands(s.mandate_id, at))
$$;
COMMENT ON FUNCTION scenario_stands IS 'whether a scenario lets anything pass at a moment: contract, scenario, the developer''s entry and organisation, and the mandate with all above it';

CREATE FUNCTION terms_nest() RETURNS trigger LANGUAGE plpgsql AS $$
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
END $$;
COMMENT ON FUNCTION terms_nest IS 'grant within contract within scenario within mandate within the mandate above';
CREATE TRIGGER mandates_nest BEFORE INSERT OR UPDATE OF from_at, until_at, parent_id ON mandates FOR EACH ROW EXECUTE FUNCTION terms_nest();
CREATE TRIGGER scenarios_nest BEFORE INSERT OR UPDATE OF from_at, until_at, mandate_id ON scenarios FOR EACH ROW EXECUTE FUNCTION terms_nest();
CREATE TRIGGER scenario_contracts_nest BEFORE INSERT OR UPDATE OF from_at, until_at ON scenario_contracts FOR EACH ROW EXECUTE FUNCTION terms_nest();
CREATE TRIGGER scenario_grants_nest BEFORE INSERT OR UPDATE OF from_at, until_at ON scenario_grants FOR EACH ROW EXECUTE FUNCTION terms_nest();
