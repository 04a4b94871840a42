-- Quality: what each column holds, what the rules say of each version, and what a person must look at before a file is public.

CREATE TABLE table_profiles (
    version_id bigint NOT NULL,
    position   integer NOT NULL,
    field      integer NOT NULL CHECK (field >= 0),
    profile    jsonb NOT NULL CHECK (jsonb_typeof(profile) = 'object'),
    PRIMARY KEY (version_id, position, field),
    FOREIGN KEY (version_id, position) REFERENCES version_tables
);
COMMENT ON TABLE table_profiles IS 'of every column of a version what its values are like, worked out by a job; it holds values, so the gate guards it as it guards rows';

CREATE TABLE version_checks (
    version_id bigint NOT NULL REFERENCES versions,
    rule       text NOT NULL CHECK (rule <> ''),
    rules      integer NOT NULL,
    verdict    text NOT NULL CHECK (verdict IN ('yes', 'no', 'unknown')),
    found      bigint NOT NULL CHECK (found >= 0),
    checked    bigint NOT NULL CHECK (checked >= 0),
    sentence   text NOT NULL CHECK (sentence <> ''),
    args       jsonb NOT NULL CHECK (jsonb_typeof(args) = 'array'),
    examples   jsonb NOT NULL CHECK (jsonb_typeof(examples) = 'array'),
    at         timestamptz NOT NULL,
    PRIMARY KEY (version_id, rule)
);
COMMENT ON TABLE version_checks IS 'what each rule of quality says of a version';
COMMENT ON COLUMN version_checks.rules IS 'the edition of the rules: a later one checks again';
COMMENT ON COLUMN version_checks.verdict IS 'unknown: nothing was there to be checked; it is not no';
COMMENT ON COLUMN version_checks.examples IS '[{table, row, column, value}], the first of what was found; it holds values, so the gate guards it';

CREATE TABLE dataset_scores (
    dataset_id bigint PRIMARY KEY REFERENCES datasets,
    yes        integer NOT NULL CHECK (yes >= 0),
    asked      integer NOT NULL CHECK (asked >= yes),
    at         timestamptz NOT NULL
);
COMMENT ON TABLE dataset_scores IS 'how many lines of quality an entry fulfils of those that could be answered, for lists to sort by; a job keeps it up to date';

CREATE TABLE scans (
    resource_id text NOT NULL REFERENCES resources,
    sha256      text NOT NULL,
    detectors   integer NOT NULL,
    at          timestamptz NOT NULL,
    PRIMARY KEY (resource_id, sha256)
);
COMMENT ON TABLE scans IS 'files in which personal and hidden data was looked for, before or after they were published';
COMMENT ON COLUMN scans.sha256 IS 'of the original: that of an upload, and of the version that is made of it';
COMMENT ON COLUMN scans.detectors IS 'the edition of the detectors: a later one looks again';

CREATE TABLE findings (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    resource_id text NOT NULL,
    sha256      text NOT NULL,
    kind        text NOT NULL CHECK (kind <> ''),
    position    integer NOT NULL CHECK (position >= 0),
    column_name text NOT NULL,
    severity    text NOT NULL CHECK (severity IN ('info', 'warn', 'block')),
    found       bigint NOT NULL CHECK (found > 0),
    rows        bigint[] NOT NULL,
    masked      text[] NOT NULL,
    sentence    text NOT NULL CHECK (sentence <> ''),
    args        jsonb NOT NULL CHECK (jsonb_typeof(args) = 'array'),
    at          timestamptz NOT NULL,
    state       text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'confirmed', 'dismissed')),
    reason      text NOT NULL DEFAULT '' CHECK (length(reason) <= 1000),
    decided_by  bigint,
    decided_at  timestamptz,
    UNIQUE (resource_id, sha256, kind, position, column_name),
    FOREIGN KEY (resource_id, sha256) REFERENCES scans,
    CHECK ((state = 'open') = (decided_by IS NULL) AND (state = 'open') = (decided_at IS NULL)),
    CHECK (state <> 'dismissed' OR reason <> '')
);
COMMENT ON TABLE findings IS 'what a person of the department must look at before a file is public, or at once where it already is; never on a public page';
COMMENT ON COLUMN findings.rows IS 'the first rows that have it, from 1, the header not counted';
COMMENT ON COLUMN findings.masked IS 'examples with most of each value blotted out; whole values are kept nowhere';
COMMENT ON COLUMN findings.state IS 'open; confirmed: it is what it seems; dismissed: a false alarm, or meant to be public, for the reason given';
COMMENT ON COLUMN findings.decided_by IS 'the id of an account, kept when the account is gone';
