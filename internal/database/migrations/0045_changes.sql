-- What changed from one version to another, when columns did, and what was said of columns since they were published.

CREATE TABLE version_changes (
    to_id   bigint NOT NULL REFERENCES versions,
    from_id bigint NOT NULL REFERENCES versions,
    tables  jsonb NOT NULL CHECK (jsonb_typeof(tables) = 'array'),
    at      timestamptz NOT NULL,
    PRIMARY KEY (to_id, from_id),
    CHECK (to_id <> from_id)
);
COMMENT ON TABLE version_changes IS 'the rows of two versions of one file held against each other: of each with the one before by a job, of others when somebody asks; could be made again';
COMMENT ON COLUMN version_changes.tables IS 'each pair of tables: [{position, before, key, why, added, removed, changed, same, cells, renamed, listed}]';

CREATE TABLE change_files (
    to_id    bigint NOT NULL,
    from_id  bigint NOT NULL,
    position integer NOT NULL,
    sha256   text NOT NULL REFERENCES blobs,
    columns  jsonb NOT NULL CHECK (jsonb_typeof(columns) = 'array'),
    PRIMARY KEY (to_id, from_id, position),
    FOREIGN KEY (to_id, from_id) REFERENCES version_changes ON DELETE CASCADE
);
COMMENT ON TABLE change_files IS 'the first differing rows of a pair of tables as a Parquet file; served only to who may have both versions';
COMMENT ON COLUMN change_files.position IS 'of the table in the newer version';

CREATE TABLE schema_changes (
    version_id bigint PRIMARY KEY REFERENCES versions,
    from_id    bigint NOT NULL REFERENCES versions,
    tables     jsonb NOT NULL CHECK (jsonb_typeof(tables) = 'array'),
    at         timestamptz NOT NULL
);
COMMENT ON TABLE schema_changes IS 'versions whose columns are others than those of the version before: written with the version';
COMMENT ON COLUMN schema_changes.tables IS '[{name, added, removed, renamed, retyped, moved, new, gone}]';

CREATE TABLE dictionary_revisions (
    version_id bigint NOT NULL,
    position   integer NOT NULL,
    number     integer NOT NULL CHECK (number >= 1),
    fields     jsonb NOT NULL CHECK (jsonb_typeof(fields) = 'array'),
    source     text NOT NULL CHECK (source IN ('form', 'file')),
    reason     text NOT NULL CHECK (reason <> ''),
    by_user    bigint NOT NULL,
    at         timestamptz NOT NULL,
    PRIMARY KEY (version_id, position, number),
    FOREIGN KEY (version_id, position) REFERENCES version_tables
);
COMMENT ON TABLE dictionary_revisions IS 'what is said of a published table''s columns since: names, types and bytes never change; the highest number counts, and version_tables.fields is number 0';
COMMENT ON COLUMN dictionary_revisions.by_user IS 'users.id, as in the audit trail';
CREATE TRIGGER dictionary_revisions_frozen BEFORE UPDATE OR DELETE ON dictionary_revisions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER dictionary_revisions_kept BEFORE TRUNCATE ON dictionary_revisions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
