-- Incidents with data (AS-48, TJ-50, AB-41.2): what happened to which versions, who took them and was told, what was reported to whom, what is kept.

CREATE TABLE incidents (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number          text NOT NULL UNIQUE CHECK (number ~ '^AQ-\d{4}-\d{6}$'),
    dataset_id      bigint NOT NULL REFERENCES datasets,
    department_id   bigint NOT NULL REFERENCES departments,
    opener_id       bigint NOT NULL REFERENCES departments,
    profile         text NOT NULL,
    withdrawal_id   bigint REFERENCES opening_incidents,
    level           text NOT NULL CHECK (level <> ''),
    title           text NOT NULL CHECK (title <> ''),
    what            text NOT NULL CHECK (what <> ''),
    known_at        timestamptz NOT NULL,
    state           text NOT NULL CHECK (state IN ('open', 'contained', 'closed', 'void')),
    measures        text NOT NULL DEFAULT '',
    contained_at    timestamptz,
    records         text NOT NULL DEFAULT '',
    records_count   integer NOT NULL DEFAULT 0 CHECK (records_count >= 0),
    records_sha256  text NOT NULL DEFAULT '' CHECK (records_sha256 ~ '^([0-9a-f]{64})?$'),
    words           text NOT NULL DEFAULT '',
    words_en        text NOT NULL DEFAULT '',
    told_at         timestamptz,
    cause           text NOT NULL DEFAULT '',
    lessons         text NOT NULL DEFAULT '',
    opened_by       bigint NOT NULL,
    opened_name     text NOT NULL,
    opened_at       timestamptz NOT NULL,
    ended_at        timestamptz,
    revision        integer NOT NULL DEFAULT 1,
    CHECK ((contained_at IS NULL) = (measures = '')),
    CHECK (state NOT IN ('contained', 'closed') OR contained_at IS NOT NULL),
    CHECK ((told_at IS NULL) = (words = '')),
    CHECK (state <> 'closed' OR cause <> '' AND lessons <> '' AND records_sha256 <> ''),
    CHECK ((ended_at IS NULL) = (state IN ('open', 'contained')))
);
CREATE INDEX incidents_department ON incidents (department_id, id DESC);
CREATE INDEX incidents_profile ON incidents (profile, id DESC);
CREATE INDEX incidents_dataset ON incidents (dataset_id);
COMMENT ON TABLE incidents IS 'known to the department of the data, the authority, the regulator and the departments that were told; the people who were told see the words that they were told alone';
COMMENT ON COLUMN incidents.withdrawal_id IS 'the withdrawal at once that came with it';
COMMENT ON COLUMN incidents.records_sha256 IS 'of the records of deliveries as they stood when they were put aside as evidence';

CREATE TABLE incident_versions (
    incident_id bigint NOT NULL REFERENCES incidents,
    version_id  bigint NOT NULL REFERENCES versions,
    PRIMARY KEY (incident_id, version_id)
);

CREATE TABLE incident_people (
    incident_id bigint NOT NULL REFERENCES incidents,
    user_id     bigint NOT NULL REFERENCES users,
    took        integer NOT NULL CHECK (took >= 0),
    holds       boolean NOT NULL,
    told_at     timestamptz NOT NULL,
    PRIMARY KEY (incident_id, user_id),
    CHECK (took > 0 OR holds)
);
CREATE INDEX incident_people_user ON incident_people (user_id);
COMMENT ON TABLE incident_people IS 'who was told, once each: whoever took an affected version, or holds a grant of it';

CREATE TABLE incident_bodies (
    incident_id   bigint NOT NULL REFERENCES incidents,
    department_id bigint NOT NULL REFERENCES departments,
    told_at       timestamptz NOT NULL,
    PRIMARY KEY (incident_id, department_id)
);
COMMENT ON TABLE incident_bodies IS 'departments that were told: those that hold a grant of sharing of it, and those that it may affect (AB-41.2)';

CREATE TABLE incident_reports (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident_id bigint NOT NULL REFERENCES incidents,
    kind        text NOT NULL CHECK (kind IN ('cyberspace', 'police', 'sector', 'authority', 'other')),
    body        text NOT NULL CHECK (body <> ''),
    number      text NOT NULL DEFAULT '',
    words       text NOT NULL DEFAULT '',
    at          timestamptz NOT NULL,
    recorded_by bigint NOT NULL,
    name        text NOT NULL
);
CREATE INDEX incident_reports_incident ON incident_reports (incident_id, id);
