-- Breach cases (FJ-III.4, AB-44(9) to (11), AS-22b): what is held against whoever holds a grant, how they are heard, what is decided.

ALTER TABLE grants DROP CONSTRAINT grants_suspended_by_check;
ALTER TABLE grants ADD CONSTRAINT grants_suspended_by_check CHECK (suspended_by IN ('', 'department', 'authority', 'regulator'));

ALTER TABLE share_grants
    ADD COLUMN halted_at timestamptz,
    ADD COLUMN halted_reason text NOT NULL DEFAULT '',
    ADD CONSTRAINT share_grants_halted CHECK ((halted_at IS NULL) = (halted_reason = ''));
COMMENT ON COLUMN share_grants.halted_at IS 'since when a breach case keeps it from being used';

CREATE TABLE breaches (
    id                   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number               text NOT NULL UNIQUE CHECK (number ~ '^WY-\d{4}-\d{6}$'),
    grant_id             bigint REFERENCES grants,
    share_grant_id       bigint REFERENCES share_grants,
    dataset_id           bigint NOT NULL REFERENCES datasets,
    department_id        bigint NOT NULL REFERENCES departments,
    holder_user_id       bigint REFERENCES users,
    holder_organisation_id bigint REFERENCES organisations,
    holder_department_id bigint REFERENCES departments,
    holder_name          text NOT NULL CHECK (holder_name <> ''),
    profile              text NOT NULL,
    rule_profile         text NOT NULL DEFAULT '',
    rule_path            text NOT NULL DEFAULT '',
    violations           text[] NOT NULL DEFAULT '{}',
    facts                text NOT NULL CHECK (facts <> ''),
    evidence             text NOT NULL DEFAULT '',
    decider              text NOT NULL CHECK (decider IN ('department', 'authority', 'regulator')),
    state                text NOT NULL CHECK (state IN ('suspected', 'dismissed', 'hearing', 'answered', 'cleared', 'warned', 'held', 'revoking', 'disputed', 'upheld', 'overturned', 'mended', 'revoked')),
    outcome              text NOT NULL DEFAULT '' CHECK (outcome IN ('', 'none', 'warning', 'suspension', 'revocation')),
    holds                boolean NOT NULL DEFAULT false,
    suspended            boolean NOT NULL DEFAULT false,
    reported_by          bigint,
    reported_name        text NOT NULL DEFAULT '',
    reported_at          timestamptz,
    opened_by            bigint,
    opened_name          text NOT NULL DEFAULT '',
    opened_at            timestamptz,
    answer               text NOT NULL DEFAULT '',
    answered_at          timestamptz,
    reason               text NOT NULL DEFAULT '',
    basis                text NOT NULL DEFAULT '',
    decided_by           bigint,
    decided_name         text NOT NULL DEFAULT '',
    decided_at           timestamptz,
    grounds              text NOT NULL DEFAULT '',
    disputed_at          timestamptz,
    verdict              text NOT NULL DEFAULT '',
    verdict_by           bigint,
    verdict_name         text NOT NULL DEFAULT '',
    verdict_at           timestamptz,
    ended_at             timestamptz,
    clock_profile        text NOT NULL DEFAULT '',
    clock_path           text NOT NULL DEFAULT '',
    clock_from           timestamptz,
    revision             integer NOT NULL DEFAULT 1,
    CHECK ((grant_id IS NULL) <> (share_grant_id IS NULL)),
    CHECK ((share_grant_id IS NULL) = (holder_department_id IS NULL)),
    CHECK ((opened_at IS NULL) = (state IN ('suspected', 'dismissed'))),
    CHECK (opened_at IS NULL OR cardinality(violations) > 0),
    CHECK ((decided_at IS NULL) = (outcome = '')),
    CHECK (decided_at IS NULL OR reason <> ''),
    CHECK (outcome <> 'revocation' OR basis <> ''),
    CHECK ((disputed_at IS NULL) = (grounds = '')),
    CHECK ((verdict_at IS NULL) = (verdict = '')),
    CHECK (NOT suspended OR holds),
    CHECK (NOT holds OR state IN ('hearing', 'answered', 'held', 'revoking', 'disputed', 'upheld'))
);
CREATE INDEX breaches_department ON breaches (department_id, id DESC);
CREATE INDEX breaches_grant ON breaches (grant_id);
CREATE INDEX breaches_share_grant ON breaches (share_grant_id);
CREATE INDEX breaches_profile ON breaches (profile, id DESC);
CREATE INDEX breaches_user ON breaches (holder_user_id) WHERE holder_user_id IS NOT NULL;
CREATE INDEX breaches_organisation ON breaches (holder_organisation_id) WHERE holder_organisation_id IS NOT NULL;
CREATE INDEX breaches_holder_department ON breaches (holder_department_id, id DESC) WHERE holder_department_id IS NOT NULL;
COMMENT ON TABLE breaches IS 'what is held against a holder of a grant; known to the holder, the department of the data, the authority and the regulator';
COMMENT ON COLUMN breaches.rule_path IS 'the rule that names the violations: of the text in force when the case was opened, or of the platform';
COMMENT ON COLUMN breaches.decider IS 'on which side it is decided; of a regulator, the authority where it was referred to it';
COMMENT ON COLUMN breaches.holds IS 'the grant stays suspended while this is so';
COMMENT ON COLUMN breaches.suspended IS 'it was this case that suspended the grant';

CREATE TABLE supervision_events (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subject text NOT NULL CHECK (subject IN ('breach', 'incident', 'order')),
    case_id bigint NOT NULL,
    act     text NOT NULL,
    by_id   bigint,
    name    text NOT NULL DEFAULT '',
    side    text NOT NULL,
    words   text NOT NULL DEFAULT '',
    at      timestamptz NOT NULL
);
CREATE INDEX supervision_events_case ON supervision_events (subject, case_id, id);
COMMENT ON TABLE supervision_events IS 'what was done in breach cases, incidents and orders, the oldest first';
