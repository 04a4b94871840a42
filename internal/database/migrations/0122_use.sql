-- After a grant was given: reports of its use, the destruction of the data at its end, and audits drawn at random.

ALTER TABLE grants DROP CONSTRAINT grants_suspended_by_check;
ALTER TABLE grants ADD CONSTRAINT grants_suspended_by_check CHECK (suspended_by IN ('', 'department', 'authority', 'regulator', 'platform'));

CREATE TABLE use_reports (
    id            bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    grant_id      bigint      NOT NULL REFERENCES grants,
    number        integer     NOT NULL CHECK (number >= 1),
    begins_at     timestamptz NOT NULL,
    state         text        NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'filed', 'returned', 'accepted', 'void')),
    clock_profile text        NOT NULL CHECK (clock_profile <> ''),
    clock_path    text        NOT NULL CHECK (clock_path <> ''),
    clock_from    timestamptz NOT NULL,
    clock_given   integer     NOT NULL DEFAULT 0,

    used          text        NOT NULL DEFAULT '',
    results       text        NOT NULL DEFAULT '',
    access        text        NOT NULL DEFAULT '',
    security      text        NOT NULL DEFAULT '',
    problems      text        NOT NULL DEFAULT '',
    personal      text        NOT NULL DEFAULT '' CHECK (personal IN ('', 'yes', 'no')),
    personal_how  text        NOT NULL DEFAULT '',
    onward        text        NOT NULL DEFAULT '' CHECK (onward IN ('', 'yes', 'no')),
    onward_how    text        NOT NULL DEFAULT '',
    shown         text        NOT NULL DEFAULT '',

    filed_at      timestamptz,
    filed_by      bigint,
    filed_name    text        NOT NULL DEFAULT '',
    returns       integer     NOT NULL DEFAULT 0,
    missing       text        NOT NULL DEFAULT '',
    accepted_at   timestamptz,
    accepted_by   bigint,
    accepted_name text        NOT NULL DEFAULT '',
    reminded_at   timestamptz,
    warned_at     timestamptz,
    suspended_at  timestamptz,
    revision      integer     NOT NULL DEFAULT 1,
    UNIQUE (grant_id, number),
    CHECK (state NOT IN ('filed', 'returned', 'accepted') OR filed_at IS NOT NULL AND used <> '' AND access <> '' AND security <> '' AND personal <> '' AND onward <> ''),
    CHECK (state <> 'returned' OR missing <> ''),
    CHECK ((state = 'accepted') = (accepted_at IS NOT NULL)),
    CHECK (suspended_at IS NULL OR warned_at IS NOT NULL)
);
CREATE INDEX use_reports_waiting ON use_reports (id) WHERE state IN ('open', 'filed', 'returned');
COMMENT ON TABLE use_reports IS 'what the holder of a grant says of its use, period by period (AB-35.4; the period is the platform''s)';
COMMENT ON COLUMN use_reports.clock_from IS 'clock_*: by when the next step is taken, by whoever has it';
COMMENT ON COLUMN use_reports.shown IS 'of the results, what everybody may read on the page of the entry; empty: nothing';
COMMENT ON COLUMN use_reports.suspended_at IS 'when the platform suspended the grant because this report had not come after a warning; null once it came';

CREATE TABLE use_destructions (
    id            bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    grant_id      bigint      NOT NULL UNIQUE REFERENCES grants,
    number        text        UNIQUE CHECK (number ~ '^XH-\d{4}-\d{6}$'),
    ended_at      timestamptz NOT NULL,
    state         text        NOT NULL CHECK (state IN ('owed', 'filed', 'wanting', 'confirmed', 'claimed', 'excused', 'carried', 'nothing', 'written_off')),
    carried_to    bigint      REFERENCES grants,
    clock_profile text        NOT NULL CHECK (clock_profile <> ''),
    clock_path    text        NOT NULL CHECK (clock_path <> ''),
    clock_from    timestamptz NOT NULL,

    items         jsonb       NOT NULL DEFAULT '[]',
    method        text        NOT NULL DEFAULT '',
    destroyer     text        NOT NULL DEFAULT '',
    destroyed_on  date,
    supervisor    text        NOT NULL DEFAULT '',
    copies        text        NOT NULL DEFAULT '',
    body          text        NOT NULL DEFAULT '',
    sha256        text        NOT NULL DEFAULT '' CHECK (sha256 ~ '^([0-9a-f]{64})?$'),
    filed_at      timestamptz,
    filed_by      bigint,
    filed_name    text        NOT NULL DEFAULT '',

    ground        text        NOT NULL DEFAULT '',
    ground_words  text        NOT NULL DEFAULT '',
    claimed_by    bigint,
    words         text        NOT NULL DEFAULT '',
    decided_at    timestamptz,
    decided_by    bigint,
    decided_name  text        NOT NULL DEFAULT '',
    reminded_at   timestamptz,
    warned_at     timestamptz,
    revision      integer     NOT NULL DEFAULT 1,
    CHECK ((state = 'carried') = (carried_to IS NOT NULL)),
    CHECK (carried_to <> grant_id),
    CHECK (state NOT IN ('filed', 'wanting', 'confirmed') OR number IS NOT NULL AND filed_at IS NOT NULL AND sha256 <> ''),
    CHECK (state NOT IN ('confirmed', 'excused', 'written_off') OR decided_at IS NOT NULL),
    CHECK (state NOT IN ('claimed', 'excused') OR ground <> '' AND ground_words <> ''),
    CHECK (state NOT IN ('wanting', 'excused', 'written_off') OR words <> '')
);
CREATE INDEX use_destructions_waiting ON use_destructions (id) WHERE state IN ('owed', 'filed', 'wanting', 'claimed');
CREATE INDEX use_destructions_carried ON use_destructions (carried_to) WHERE carried_to IS NOT NULL;
COMMENT ON TABLE use_destructions IS 'what becomes of delivered data once its grant has ended (AS-44 by analogy, FJ-4.3)';
COMMENT ON COLUMN use_destructions.state IS 'carried: a later grant of the same holder covers what was delivered, and its certificate speaks of it; nothing: nothing was ever delivered';
COMMENT ON COLUMN use_destructions.items IS 'what was delivered, from the record of deliveries, as it stood when the certificate was filed';
COMMENT ON COLUMN use_destructions.body IS 'the certificate as it was filed';

CREATE TABLE use_draws (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number     text        NOT NULL UNIQUE CHECK (number ~ '^CC-\d{4}-\d{6}$'),
    side       text        NOT NULL CHECK (side IN ('authority', 'regulator')),
    profile    text        NOT NULL,
    which      text        NOT NULL CHECK (which IN ('live', 'ended', 'all')),
    drawn_at   timestamptz NOT NULL,
    drawn_by   bigint      NOT NULL,
    drawn_name text        NOT NULL,
    seed       text        NOT NULL CHECK (seed ~ '^[0-9a-f]{64}$'),
    population text[]      NOT NULL CHECK (cardinality(population) > 0),
    percent    integer     NOT NULL CHECK (percent BETWEEN 1 AND 100),
    least      integer     NOT NULL CHECK (least >= 1),
    drawn      text[]      NOT NULL CHECK (cardinality(drawn) > 0 AND drawn <@ population),
    questions  text        NOT NULL CHECK (questions <> ''),
    CHECK ((side = 'regulator') = (profile = ''))
);
COMMENT ON TABLE use_draws IS 'samples of grants to audit: from the seed and the population anybody works out the same sample, so nobody chose';
COMMENT ON COLUMN use_draws.population IS 'numbers of grants, in order; the sample are those whose SHA-256 of seed, space and number comes first';
CREATE TRIGGER use_draws_frozen BEFORE UPDATE OR DELETE ON use_draws FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER use_draws_kept BEFORE TRUNCATE ON use_draws FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE use_audits (
    id            bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    draw_id       bigint      NOT NULL REFERENCES use_draws,
    grant_id      bigint      NOT NULL REFERENCES grants,
    state         text        NOT NULL CHECK (state IN ('asked', 'answered', 'in_order', 'wanting', 'closed')),
    asked_at      timestamptz NOT NULL,
    clock_profile text        NOT NULL CHECK (clock_profile <> ''),
    clock_path    text        NOT NULL CHECK (clock_path <> ''),
    clock_from    timestamptz NOT NULL,
    answer        text        NOT NULL DEFAULT '',
    answered_at   timestamptz,
    answered_by   bigint,
    answered_name text        NOT NULL DEFAULT '',
    violation     text        NOT NULL DEFAULT '',
    violation_of  text        NOT NULL DEFAULT '',
    words         text        NOT NULL DEFAULT '',
    found_at      timestamptz,
    found_by      bigint,
    found_name    text        NOT NULL DEFAULT '',
    closing       text        NOT NULL DEFAULT '',
    closed_at     timestamptz,
    closed_by     bigint,
    reminded_at   timestamptz,
    warned_at     timestamptz,
    revision      integer     NOT NULL DEFAULT 1,
    UNIQUE (draw_id, grant_id),
    CHECK (state <> 'answered' OR answered_at IS NOT NULL),
    CHECK (state NOT IN ('in_order', 'wanting', 'closed') OR found_at IS NOT NULL AND words <> ''),
    CHECK ((state IN ('wanting', 'closed')) = (violation <> '')),
    CHECK ((state = 'closed') = (closed_at IS NOT NULL AND closing <> ''))
);
CREATE INDEX use_audits_grant ON use_audits (grant_id, id);
CREATE INDEX use_audits_waiting ON use_audits (id) WHERE state IN ('asked', 'answered', 'wanting');
COMMENT ON COLUMN use_audits.violation IS 'which of the named violations is suspected (FJ-III.4): code of an option of the rule in the text violation_of';

CREATE TABLE use_events (
    id       bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    of       text        NOT NULL CHECK (of IN ('report', 'destruction', 'audit')),
    of_id    bigint      NOT NULL,
    at       timestamptz NOT NULL,
    by_id    bigint      NOT NULL,
    by_name  text        NOT NULL,
    side     text        NOT NULL CHECK (side IN ('applicant', 'department', 'authority', 'regulator', 'platform')),
    act      text        NOT NULL,
    state    text        NOT NULL,
    words    text        NOT NULL DEFAULT ''
);
CREATE INDEX use_events_of ON use_events (of, of_id, id);
COMMENT ON TABLE use_events IS 'what happened to a report, a destruction or an audit, as both sides read it';
CREATE TRIGGER use_events_frozen BEFORE UPDATE OR DELETE ON use_events FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER use_events_kept BEFORE TRUNCATE ON use_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
