-- Rectification orders (责令限期整改; AS-49, TJ-52, AB-44(2) to (12)): what an authority orders a department to put right by a day, what the department did, and what the authority found.

CREATE TABLE rectification_orders (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number        text NOT NULL UNIQUE CHECK (number ~ '^ZG-\d{4}-\d{6}$'),
    department_id bigint NOT NULL REFERENCES departments,
    issuer_id     bigint NOT NULL REFERENCES departments,
    profile       text NOT NULL CHECK (profile <> ''),
    rule_profile  text NOT NULL CHECK (rule_profile <> ''),
    rule_path     text NOT NULL CHECK (rule_path <> ''),
    grounds       text[] NOT NULL CHECK (cardinality(grounds) > 0),
    facts         text NOT NULL CHECK (facts <> ''),
    remedy        text NOT NULL CHECK (remedy <> ''),
    state         text NOT NULL CHECK (state IN ('issued', 'answered', 'wanting', 'closed', 'withdrawn')),
    issued_by     bigint NOT NULL,
    issued_name   text NOT NULL CHECK (issued_name <> ''),
    issued_at     timestamptz NOT NULL,
    due_profile   text NOT NULL CHECK (due_profile <> ''),
    due_path      text NOT NULL CHECK (due_path <> ''),
    due_from      timestamptz NOT NULL,
    due_given     integer NOT NULL CHECK (due_given > 0),
    asked_days    integer NOT NULL DEFAULT 0 CHECK (asked_days >= 0),
    asked_for     text NOT NULL DEFAULT '',
    asked_by      bigint,
    asked_name    text NOT NULL DEFAULT '',
    asked_at      timestamptz,
    more_days     integer NOT NULL DEFAULT 0 CHECK (more_days BETWEEN 0 AND asked_days),
    more_reason   text NOT NULL DEFAULT '',
    more_by       bigint,
    more_name     text NOT NULL DEFAULT '',
    more_at       timestamptz,
    answer        text NOT NULL DEFAULT '',
    evidence      text NOT NULL DEFAULT '',
    links         text[] NOT NULL DEFAULT '{}' CHECK (cardinality(links) <= 50),
    answered_by   bigint,
    answered_name text NOT NULL DEFAULT '',
    answered_at   timestamptz,
    rounds        integer NOT NULL DEFAULT 0 CHECK (rounds >= 0),
    check_profile text NOT NULL DEFAULT '',
    check_path    text NOT NULL DEFAULT '',
    check_from    timestamptz,
    finding       text NOT NULL DEFAULT '',
    found_by      bigint,
    found_name    text NOT NULL DEFAULT '',
    found_at      timestamptz,
    ended_at      timestamptz,
    revision      integer NOT NULL DEFAULT 1,
    CHECK (issuer_id <> department_id),
    CHECK (answered_by <> issued_by AND answered_by <> found_by AND asked_by <> more_by),
    CHECK ((asked_at IS NULL) = (asked_for = '') AND (asked_at IS NULL) = (asked_days = 0)),
    CHECK (more_at IS NULL OR asked_at IS NOT NULL),
    CHECK (more_days = 0 OR more_at IS NOT NULL),
    CHECK (more_at IS NULL OR more_days = asked_days OR more_reason <> ''),
    CHECK ((answered_at IS NULL) = (answer = '') AND (answered_at IS NULL) = (rounds = 0)),
    CHECK (answered_at IS NULL OR evidence <> '' OR cardinality(links) > 0),
    CHECK (state NOT IN ('answered', 'wanting', 'closed') OR answered_at IS NOT NULL),
    CHECK ((check_path = '') = (check_from IS NULL) AND (check_path = '') = (check_profile = '')),
    CHECK ((check_from IS NULL) = (state <> 'answered')),
    CHECK ((found_at IS NULL) = (finding = '')),
    CHECK (state NOT IN ('wanting', 'closed', 'withdrawn') OR found_at IS NOT NULL),
    CHECK ((ended_at IS NULL) = (state IN ('issued', 'answered', 'wanting')))
);
CREATE INDEX rectification_orders_department ON rectification_orders (department_id, id DESC);
CREATE INDEX rectification_orders_profile ON rectification_orders (profile, id DESC);
COMMENT ON TABLE rectification_orders IS 'known to the department that it is addressed to, the authority and the regulator';
COMMENT ON COLUMN rectification_orders.rule_path IS 'the rule that names the grounds: of the text in force when it was issued, or of the platform';
COMMENT ON COLUMN rectification_orders.due_given IS 'working days after due_from by which it is to be put right; the day is worked out from them';
COMMENT ON COLUMN rectification_orders.more_days IS 'of the days that were asked for, those that were given; none where more_at says that it was refused';
COMMENT ON COLUMN rectification_orders.check_from IS 'since when the authority has an answer to check; only while it has';
COMMENT ON COLUMN rectification_orders.finding IS 'of the authority about the last answer, or why it took the order back';

CREATE TABLE rectification_entries (
    order_id   bigint NOT NULL REFERENCES rectification_orders,
    dataset_id bigint NOT NULL REFERENCES datasets,
    PRIMARY KEY (order_id, dataset_id)
);
COMMENT ON TABLE rectification_entries IS 'the entries that an order is about, where it is about some';

CREATE FUNCTION rectification_order_moves() RETURNS trigger LANGUAGE plpgsql AS $$
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
END $$;
COMMENT ON FUNCTION rectification_order_moves IS 'the moves of licensing/supervision, and no others';
CREATE TRIGGER rectification_orders_moves BEFORE UPDATE ON rectification_orders FOR EACH ROW EXECUTE FUNCTION rectification_order_moves();
