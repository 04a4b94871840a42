-- Of scenarios: their clocks and history, reports of use, and templates with the standing consents of departments.

CREATE TABLE scenario_clocks (
    scenario_id bigint NOT NULL REFERENCES scenarios,
    number      integer NOT NULL CHECK (number >= 1),
    of          text NOT NULL CHECK (of IN ('screening', 'completion', 'opinion', 'security', 'authority', 'signing')),
    item_id     bigint REFERENCES scenario_items,
    profile     text NOT NULL CHECK (profile <> ''),
    path        text NOT NULL CHECK (path <> ''),
    began_at    timestamptz NOT NULL,
    stopped_at  timestamptz,
    PRIMARY KEY (scenario_id, number),
    CHECK (stopped_at >= began_at),
    CHECK ((of = 'opinion') = (item_id IS NOT NULL))
);
CREATE INDEX scenario_clocks_running ON scenario_clocks (of, began_at) WHERE stopped_at IS NULL;
COMMENT ON TABLE scenario_clocks IS 'the periods of a scenario; an opinion has one for each item, by the text that binds its department. Whether one is late is worked out from its rule, and being late agrees to nothing';

CREATE TABLE scenario_events (
    scenario_id   bigint NOT NULL REFERENCES scenarios,
    number        integer NOT NULL CHECK (number >= 1),
    at            timestamptz NOT NULL,
    by_id         bigint NOT NULL,
    by_name       text NOT NULL,
    side          text NOT NULL CHECK (side IN ('developer', 'operator', 'department', 'security', 'authority', 'regulator', 'platform')),
    department_id bigint REFERENCES departments,
    act           text NOT NULL,
    state         text NOT NULL,
    words         text NOT NULL DEFAULT '',
    PRIMARY KEY (scenario_id, number)
);

CREATE TABLE scenario_reports (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scenario_id   bigint NOT NULL REFERENCES scenarios,
    number        integer NOT NULL CHECK (number >= 1),
    begins_at     timestamptz NOT NULL,
    state         text NOT NULL CHECK (state IN ('open', 'filed', 'returned', 'accepted', 'void')),
    clock_profile text NOT NULL CHECK (clock_profile <> ''),
    clock_path    text NOT NULL CHECK (clock_path <> ''),
    clock_from    timestamptz NOT NULL,
    clock_given   integer NOT NULL DEFAULT 0 CHECK (clock_given >= 0),
    used          text NOT NULL DEFAULT '',
    results       text NOT NULL DEFAULT '',
    security      text NOT NULL DEFAULT '',
    problems      text NOT NULL DEFAULT '',
    filed_at      timestamptz,
    filed_by      bigint,
    filed_name    text NOT NULL DEFAULT '',
    missing       text NOT NULL DEFAULT '',
    returns       integer NOT NULL DEFAULT 0 CHECK (returns >= 0),
    accepted_at   timestamptz,
    accepted_name text NOT NULL DEFAULT '',
    reminded_at   timestamptz,
    warned_at     timestamptz,
    suspended_at  timestamptz,
    revision      integer NOT NULL DEFAULT 1,
    UNIQUE (scenario_id, number),
    CHECK (state NOT IN ('filed', 'returned', 'accepted') OR filed_at IS NOT NULL AND used <> '' AND results <> '' AND security <> ''),
    CHECK (state <> 'returned' OR missing <> ''),
    CHECK ((state = 'accepted') = (accepted_at IS NOT NULL)),
    CHECK (suspended_at IS NULL OR warned_at IS NOT NULL)
);
CREATE INDEX scenario_reports_waiting ON scenario_reports (id) WHERE state IN ('open', 'filed', 'returned');
COMMENT ON TABLE scenario_reports IS 'what a developer says each year of the use of a scenario; the operator reads it';
COMMENT ON COLUMN scenario_reports.suspended_at IS 'when the platform suspended the scenario because this had not come after a warning; null once it came';

CREATE TABLE scenario_templates (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number      text NOT NULL UNIQUE CHECK (number ~ '^MB-\d{4}-\d{6}$'),
    mandate_id  bigint NOT NULL REFERENCES mandates,
    title       text NOT NULL CHECK (title <> ''),
    sector      text NOT NULL CHECK (sector <> ''),
    use_class   text NOT NULL CHECK (use_class IN ('public_benefit', 'governance', 'industry', 'commercial')),
    purpose     text NOT NULL CHECK (purpose <> ''),
    description text NOT NULL CHECK (description <> ''),
    method      text NOT NULL DEFAULT '',
    outputs     jsonb NOT NULL,
    made_by     bigint NOT NULL,
    made_name   text NOT NULL,
    made_at     timestamptz NOT NULL,
    ended_at    timestamptz,
    revision    integer NOT NULL DEFAULT 1
);
CREATE INDEX scenario_templates_mandate ON scenario_templates (mandate_id, id DESC);
COMMENT ON TABLE scenario_templates IS 'known kinds of scenarios (场景快审): what one asks for, and which departments have consented beforehand';

CREATE TABLE scenario_template_items (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    template_id bigint NOT NULL REFERENCES scenario_templates,
    dataset_id  bigint NOT NULL REFERENCES datasets,
    resource_id text NOT NULL REFERENCES resources,
    columns     text[] NOT NULL CHECK (cardinality(columns) > 0),
    uses        jsonb NOT NULL,
    rows_where  text NOT NULL DEFAULT '',
    UNIQUE (template_id, resource_id)
);
CREATE INDEX scenario_template_items_dataset ON scenario_template_items (dataset_id);

CREATE TABLE scenario_consents (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    template_item_id bigint NOT NULL REFERENCES scenario_template_items,
    department_id    bigint NOT NULL REFERENCES departments,
    columns          text[] NOT NULL CHECK (cardinality(columns) > 0),
    uses             jsonb NOT NULL,
    rows_where       text NOT NULL DEFAULT '',
    by_id            bigint NOT NULL,
    by_name          text NOT NULL,
    at               timestamptz NOT NULL,
    until_at         timestamptz NOT NULL CHECK (until_at > at),
    ended_at         timestamptz,
    ended_name       text NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX scenario_consents_one ON scenario_consents (template_item_id) WHERE ended_at IS NULL;
COMMENT ON TABLE scenario_consents IS 'what a department agrees to beforehand of an item of a template: it fills the opinion in, which stays the department''s';

ALTER TABLE scenarios ADD COLUMN template_id bigint REFERENCES scenario_templates;
ALTER TABLE scenarios ADD COLUMN sent text UNIQUE CHECK (sent ~ '^[0-9a-f]{64}$');
ALTER TABLE scenario_items ADD COLUMN consent_id bigint REFERENCES scenario_consents;
CREATE INDEX scenarios_template ON scenarios (template_id) WHERE template_id IS NOT NULL;
COMMENT ON COLUMN scenarios.sent IS 'the digest of the form that made it; the same form sent again leads here';
COMMENT ON COLUMN scenario_items.consent_id IS 'the standing consent by which the opinion was filled in; null: it was given for this scenario';

CREATE TRIGGER scenarios_papers AFTER DELETE ON scenarios FOR EACH ROW EXECUTE FUNCTION case_papers_go('scenario', 'scenario_award');

CREATE FUNCTION scenario_moves() RETURNS trigger LANGUAGE plpgsql AS $$
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
END $$;
COMMENT ON FUNCTION scenario_moves IS 'the moves of licensing/scenario, and no others';
CREATE TRIGGER scenarios_moves BEFORE UPDATE ON scenarios FOR EACH ROW EXECUTE FUNCTION scenario_moves();

CREATE FUNCTION scenario_separate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.decided_by IS NOT NULL AND EXISTS (SELECT FROM user_roles r WHERE r.user_id = NEW.decided_by AND r.side <> 'manage')
       OR NEW.screened_by > 0 AND EXISTS (SELECT FROM user_roles r WHERE r.user_id = NEW.screened_by AND r.side <> 'operate')
       OR EXISTS (SELECT FROM scenario_items i WHERE i.scenario_id = NEW.id AND i.consent_id IS NULL AND i.decided_by > 0 AND i.decided_by IN (NEW.decided_by, NEW.screened_by, NEW.security_by)) THEN
        RAISE EXCEPTION 'who screens, gives opinions, reviews and decides about scenario % are different people of their own sides', NEW.number USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION scenario_separate IS 'an operator decides nothing (FJ-III.3), and nobody acts twice';
CREATE TRIGGER scenarios_separate BEFORE UPDATE OF decided_by, screened_by, security_by ON scenarios FOR EACH ROW EXECUTE FUNCTION scenario_separate();
