-- Conditional data is applied for, decided, agreed upon, granted and delivered; each delivery is written down.

CREATE TABLE case_numbers (
    kind text    NOT NULL,
    year integer NOT NULL,
    last integer NOT NULL CHECK (last > 0),
    PRIMARY KEY (kind, year)
);
COMMENT ON TABLE case_numbers IS 'the last number given in a year to an application (SQ) or a grant (SQZ)';

CREATE TABLE open_conditions (
    dataset_id  bigint      PRIMARY KEY REFERENCES datasets,
    months      integer     NOT NULL CHECK (months > 0),
    files_day   integer     NOT NULL CHECK (files_day > 0),
    rows_day    integer     NOT NULL CHECK (rows_day > 0),
    materials   text[]      NOT NULL DEFAULT '{}' CHECK (cardinality(materials) <= 20),
    set_by      bigint      NOT NULL,
    set_name    text        NOT NULL,
    set_at      timestamptz NOT NULL,
    revision    integer     NOT NULL DEFAULT 1
);
COMMENT ON TABLE open_conditions IS 'what every applicant for an entry is given and asked for alike (AS-27.2): nothing of it is set for one of them';
COMMENT ON COLUMN open_conditions.months IS 'the longest term of a grant';
COMMENT ON COLUMN open_conditions.files_day IS 'files a grant takes in a day (China)';
COMMENT ON COLUMN open_conditions.rows_day IS 'questions about rows a grant asks in a day';
COMMENT ON COLUMN open_conditions.materials IS 'what an applicant hands in: only what stands here may be asked for (AB-26.2)';

CREATE TABLE applications (
    id              bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number          text        NOT NULL UNIQUE CHECK (number ~ '^SQ-\d{4}-\d{6}$'),
    dataset_id      bigint      NOT NULL REFERENCES datasets,
    user_id         bigint      NOT NULL REFERENCES users,
    organisation_id bigint      REFERENCES organisations,
    applicant       text        NOT NULL CHECK (applicant IN ('natural', 'legal', 'unincorporated')),
    applicant_name  text        NOT NULL,
    applicant_code  text        NOT NULL DEFAULT '',
    state           text        NOT NULL CHECK (state IN ('draft', 'submitted', 'returned', 'lapsed', 'withdrawn', 'out_of_scope', 'accepted', 'awarding', 'offered', 'granted', 'refused', 'disputed', 'upheld')),
    revision        integer     NOT NULL DEFAULT 1,
    created_at      timestamptz NOT NULL,
    saved_at        timestamptz NOT NULL,

    seen            boolean     NOT NULL DEFAULT false,
    lane            text        NOT NULL DEFAULT '' CHECK (lane IN ('', 'public', 'academic', 'commercial')),
    use_area        text        NOT NULL DEFAULT '',
    purpose         text        NOT NULL DEFAULT '',
    outputs         text        NOT NULL DEFAULT '',
    months          integer     NOT NULL DEFAULT 0 CHECK (months BETWEEN 0 AND 1200),
    storage         text        NOT NULL DEFAULT '',

    profile         text        NOT NULL DEFAULT '',
    conditions      jsonb,
    submitted_at    timestamptz,
    accepted_at     timestamptz,
    decided_at      timestamptz,
    ended_at        timestamptz,
    clock_profile   text        NOT NULL DEFAULT '',
    clock_path      text        NOT NULL DEFAULT '',
    clock_from      timestamptz,
    clock_used      integer     NOT NULL DEFAULT 0,
    stopped_at      timestamptz,
    stage_profile   text        NOT NULL DEFAULT '',
    stage_path      text        NOT NULL DEFAULT '',
    stage_from      timestamptz,
    missing         text[]      NOT NULL DEFAULT '{}',
    completions     integer     NOT NULL DEFAULT 0,
    automatic       boolean     NOT NULL DEFAULT false,
    ground          text        NOT NULL DEFAULT '',
    reason          text        NOT NULL DEFAULT '',
    bases           jsonb       NOT NULL DEFAULT '[]',
    decided_by      bigint,
    decided_name    text        NOT NULL DEFAULT '',
    must_grant      boolean     NOT NULL DEFAULT false,
    award           jsonb,
    grounds         text        NOT NULL DEFAULT '',
    verdict         text        NOT NULL DEFAULT '',

    CHECK ((applicant = 'natural') = (organisation_id IS NULL)),
    CHECK ((state IN ('draft')) = (submitted_at IS NULL) OR state = 'withdrawn'),
    CHECK (state NOT IN ('accepted', 'awarding', 'offered', 'granted', 'refused', 'disputed', 'upheld') OR accepted_at IS NOT NULL),
    CHECK (state NOT IN ('refused', 'disputed', 'upheld', 'out_of_scope') OR reason <> ''),
    CHECK (state NOT IN ('granted', 'refused', 'upheld', 'out_of_scope') OR decided_at IS NOT NULL)
);
CREATE INDEX applications_dataset ON applications (dataset_id, id);
CREATE INDEX applications_user ON applications (user_id, id);
CREATE INDEX applications_organisation ON applications (organisation_id, id) WHERE organisation_id IS NOT NULL;
CREATE INDEX applications_open ON applications (state, id) WHERE state IN ('submitted', 'returned', 'accepted', 'awarding', 'offered', 'disputed');
CREATE UNIQUE INDEX applications_once ON applications (dataset_id, coalesce(organisation_id, -user_id))
    WHERE state IN ('draft', 'submitted', 'returned', 'accepted', 'awarding', 'offered');
COMMENT ON TABLE applications IS 'applications for conditionally open data (law: TJ-23, AB-35; states as docs/lifecycles.md draws them)';
COMMENT ON COLUMN applications.profile IS 'the text that bound the department on the day it was received: it stays, also where it lapses meanwhile';
COMMENT ON COLUMN applications.conditions IS 'what the entry asked for and gives, as it stood when the application was submitted';
COMMENT ON COLUMN applications.clock_profile IS 'clock_*: by when it is decided; stage_*: by when the next step is taken, by whoever has it';
COMMENT ON COLUMN applications.automatic IS 'accepted because the department had let its days pass';
COMMENT ON COLUMN applications.must_grant IS 'the authority decided against a refusal';
COMMENT ON INDEX applications_once IS 'one application at a time for one entry by one applicant';

CREATE TABLE application_items (
    application_id bigint  NOT NULL REFERENCES applications ON DELETE CASCADE,
    resource_id    text    NOT NULL REFERENCES resources,
    version        integer,
    columns        text[],
    rows_where     text    NOT NULL DEFAULT '',
    why            text    NOT NULL DEFAULT '',
    decision       text    NOT NULL DEFAULT '' CHECK (decision IN ('', 'granted', 'reduced', 'refused')),
    given_columns  text[],
    given_where    text    NOT NULL DEFAULT '',
    reason         text    NOT NULL DEFAULT '',
    PRIMARY KEY (application_id, resource_id),
    CHECK (decision NOT IN ('reduced', 'refused') OR reason <> '')
);
COMMENT ON COLUMN application_items.version IS 'the newest version when it was submitted';
COMMENT ON COLUMN application_items.columns IS 'names of columns; null: of a file that is no table, the whole';

CREATE TABLE application_events (
    id             bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    application_id bigint      NOT NULL REFERENCES applications ON DELETE CASCADE,
    at             timestamptz NOT NULL,
    by_id          bigint      NOT NULL,
    by_name        text        NOT NULL,
    side           text        NOT NULL CHECK (side IN ('applicant', 'department', 'authority', 'platform')),
    action         text        NOT NULL,
    words          text        NOT NULL DEFAULT '',
    clock_profile  text        NOT NULL DEFAULT '',
    clock_path     text        NOT NULL DEFAULT '',
    clock_last     date
);
CREATE INDEX application_events_application ON application_events (application_id, id);
COMMENT ON TABLE application_events IS 'what happened to an application, as its applicant and its department read it; the audit trail keeps who really did what';

CREATE TABLE agreements (
    id             bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    application_id bigint      NOT NULL REFERENCES applications,
    edition        integer     NOT NULL,
    template       text        NOT NULL,
    body           text        NOT NULL,
    sha256         text        NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    made_at        timestamptz NOT NULL,
    user_by        bigint,
    user_name      text        NOT NULL DEFAULT '',
    user_at        timestamptz,
    provider_by    bigint,
    provider_name  text        NOT NULL DEFAULT '',
    provider_at    timestamptz,
    void_at        timestamptz,
    UNIQUE (application_id, edition),
    CHECK ((user_by IS NULL) = (user_at IS NULL) AND (provider_by IS NULL) = (provider_at IS NULL)),
    CHECK (user_by <> provider_by)
);
COMMENT ON TABLE agreements IS 'the text that both sides signed, as it was shown to them; each edition is kept';

CREATE TABLE grants (
    id              bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number          text        NOT NULL UNIQUE CHECK (number ~ '^SQZ-\d{4}-\d{6}$'),
    application_id  bigint      NOT NULL UNIQUE REFERENCES applications,
    agreement_id    bigint      NOT NULL UNIQUE REFERENCES agreements,
    dataset_id      bigint      NOT NULL REFERENCES datasets,
    user_id         bigint      NOT NULL REFERENCES users,
    organisation_id bigint      REFERENCES organisations,
    lane            text        NOT NULL CHECK (lane IN ('public', 'academic', 'commercial')),
    purpose         text        NOT NULL CHECK (purpose <> ''),
    terms           text        NOT NULL CHECK (terms ~ '^[0-9a-f]{64}$'),
    files_day       integer     NOT NULL CHECK (files_day > 0),
    rows_day        integer     NOT NULL CHECK (rows_day > 0),
    from_at         timestamptz NOT NULL,
    until_at        timestamptz NOT NULL,
    state           text        NOT NULL CHECK (state IN ('active', 'suspended', 'expired', 'revoked', 'surrendered', 'closed')),
    state_at        timestamptz NOT NULL,
    reason          text        NOT NULL DEFAULT '',
    revision        integer     NOT NULL DEFAULT 1,
    CHECK (until_at > from_at),
    CHECK (state NOT IN ('suspended', 'revoked') OR reason <> '')
);
CREATE INDEX grants_user ON grants (user_id, id);
CREATE INDEX grants_organisation ON grants (organisation_id, id) WHERE organisation_id IS NOT NULL;
CREATE INDEX grants_dataset ON grants (dataset_id, id);
CREATE INDEX grants_running ON grants (until_at) WHERE state IN ('active', 'suspended');
COMMENT ON COLUMN grants.terms IS 'SHA-256 of the agreement';

CREATE TABLE grant_items (
    grant_id    bigint NOT NULL REFERENCES grants,
    resource_id text   NOT NULL REFERENCES resources,
    columns     text[],
    rows_where  text   NOT NULL DEFAULT '',
    PRIMARY KEY (grant_id, resource_id)
);
CREATE INDEX grant_items_resource ON grant_items (resource_id);
COMMENT ON COLUMN grant_items.columns IS 'names of columns; null: of a file that is no table, the whole. What a later version has more is not granted';

CREATE TABLE grant_days (
    grant_id bigint  NOT NULL REFERENCES grants,
    day      date    NOT NULL,
    files    integer NOT NULL DEFAULT 0 CHECK (files >= 0),
    questions integer NOT NULL DEFAULT 0 CHECK (questions >= 0),
    PRIMARY KEY (grant_id, day)
);
COMMENT ON TABLE grant_days IS 'what of its quota a grant has used on a day (China)';

CREATE TABLE acquisitions (
    id              bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id         bigint      NOT NULL REFERENCES users,
    organisation_id bigint      REFERENCES organisations,
    key_prefix      text        NOT NULL DEFAULT '',
    grant_id        bigint      REFERENCES grants,
    dataset_id      bigint      NOT NULL REFERENCES datasets,
    version_id      bigint      NOT NULL REFERENCES versions,
    sha256          text        NOT NULL,
    channel         text        NOT NULL CHECK (channel IN ('file', 'export', 'rows', 'page')),
    form            text        NOT NULL,
    part            text        NOT NULL DEFAULT '',
    terms           text        NOT NULL,
    request         text        NOT NULL,
    began_at        timestamptz NOT NULL
);
CREATE INDEX acquisitions_user ON acquisitions (user_id, id);
CREATE INDEX acquisitions_organisation ON acquisitions (organisation_id, id) WHERE organisation_id IS NOT NULL;
CREATE INDEX acquisitions_grant ON acquisitions (grant_id, id) WHERE grant_id IS NOT NULL;
CREATE INDEX acquisitions_dataset ON acquisitions (dataset_id, id);
COMMENT ON TABLE acquisitions IS 'who was given which version, when, how and on what terms: written by whoever serves the bytes, before the first of them; the ground of the stamp (AS-35, AB-35.4)';
COMMENT ON COLUMN acquisitions.terms IS 'SHA-256 of the agreement, or the id of the licence of what is open';

CREATE TABLE acquisition_ends (
    acquisition_id bigint      PRIMARY KEY REFERENCES acquisitions,
    bytes          bigint      NOT NULL CHECK (bytes >= 0),
    ended_at       timestamptz NOT NULL,
    whole          boolean     NOT NULL
);
COMMENT ON TABLE acquisition_ends IS 'when the last byte left, and whether all had; without it the server went down while it sent';

CREATE FUNCTION only_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is only added to', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER acquisitions_only_insert BEFORE UPDATE OR DELETE OR TRUNCATE ON acquisitions FOR EACH STATEMENT EXECUTE FUNCTION only_insert();
CREATE TRIGGER acquisition_ends_only_insert BEFORE UPDATE OR DELETE OR TRUNCATE ON acquisition_ends FOR EACH STATEMENT EXECUTE FUNCTION only_insert();

ALTER TABLE api_keys ADD COLUMN grant_id bigint REFERENCES grants;
CREATE INDEX api_keys_grant ON api_keys (grant_id) WHERE grant_id IS NOT NULL;
COMMENT ON COLUMN api_keys.grant_id IS 'the one grant whose data the key reads besides what is open; a key without it reads only what is open';
