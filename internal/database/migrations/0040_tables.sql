-- Tables that can be asked: of every table of a version the Parquet file that its rows are read from.

CREATE TABLE table_files (
    version_id bigint NOT NULL,
    position   integer NOT NULL,
    sha256     text NOT NULL REFERENCES blobs,
    bytes      bigint NOT NULL CHECK (bytes >= 0),
    columns    jsonb NOT NULL CHECK (jsonb_typeof(columns) = 'array'),
    misfits    bigint NOT NULL CHECK (misfits >= 0),
    notes      jsonb NOT NULL CHECK (jsonb_typeof(notes) = 'array'),
    PRIMARY KEY (version_id, position),
    FOREIGN KEY (version_id, position) REFERENCES version_tables
);
COMMENT ON TABLE table_files IS 'made of the original when it is read, or later by a job for versions that are older than this table; like a rendition it could be made again';
COMMENT ON COLUMN table_files.columns IS 'how each column is kept: [{name, type, proposed, store, form, unit, nulls, misfits, others, evidence}]';
COMMENT ON COLUMN table_files.misfits IS 'cells that are no value of their column''s type; their texts are in the file';
COMMENT ON COLUMN table_files.notes IS 'what there is to say of the table: [[sentence, argument, …]]';

CREATE TABLE unread_versions (
    version_id bigint PRIMARY KEY REFERENCES versions,
    sentence   text NOT NULL CHECK (sentence <> ''),
    args       jsonb NOT NULL CHECK (jsonb_typeof(args) = 'array'),
    at         timestamptz NOT NULL
);
COMMENT ON TABLE unread_versions IS 'versions that were published before tables were kept and whose file is refused today: why; their originals are served as ever';
