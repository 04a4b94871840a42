-- Uploads: files on their way to become versions, and what officers decided about columns.

CREATE TABLE uploads (
    id            text PRIMARY KEY CHECK (id ~ '^[0-9a-z]{26}$'),
    resource_id   text NOT NULL REFERENCES resources,
    department_id bigint NOT NULL REFERENCES departments,
    user_id       bigint NOT NULL,
    user_name     text NOT NULL,
    file_name     text NOT NULL CHECK (file_name <> '' AND file_name !~ '[/\\[:cntrl:]]'),
    bytes         bigint NOT NULL CHECK (bytes > 0),
    got           bigint NOT NULL DEFAULT 0 CHECK (got BETWEEN 0 AND bytes),
    state         text NOT NULL CHECK (state IN ('uploading', 'received', 'reading', 'review', 'rejected', 'failed', 'published', 'discarded', 'expired')),
    sha256        text REFERENCES blobs,

    -- how an officer said that it is to be read
    header        text NOT NULL DEFAULT '' CHECK (header IN ('', 'yes', 'no')),
    encoding      text NOT NULL DEFAULT '' CHECK (encoding IN ('', 'UTF-8', 'UTF-8-BOM', 'GB18030', 'Big5', 'UTF-16LE', 'UTF-16BE')),
    delimiter     text NOT NULL DEFAULT '' CHECK (length(delimiter) <= 1),

    -- how far reading it is
    attempt       integer NOT NULL DEFAULT 0,
    heard_at      timestamptz,
    started_at    timestamptz,
    read_rows     bigint NOT NULL DEFAULT 0,
    read_bytes    bigint NOT NULL DEFAULT 0,
    read_of       bigint NOT NULL DEFAULT 0,

    -- what came of it
    format            text NOT NULL DEFAULT '',
    compression       text NOT NULL DEFAULT '',
    found_encoding    text NOT NULL DEFAULT '',
    found_header      boolean NOT NULL DEFAULT true,
    notes             jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(notes) = 'array'),
    findings          jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(findings) = 'array'),
    sentence          text NOT NULL DEFAULT '',
    args              jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(args) = 'array'),
    reviewed_by       bigint,
    reviewed_name     text NOT NULL DEFAULT '',
    reviewed_reason   text NOT NULL DEFAULT '',
    version_id        bigint UNIQUE REFERENCES versions,

    created_at    timestamptz NOT NULL,
    changed_at    timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,

    CHECK (state <> 'published' OR version_id IS NOT NULL),
    CHECK (state IN ('uploading', 'discarded', 'expired') OR got = bytes),
    CHECK (state NOT IN ('review', 'published') OR sha256 IS NOT NULL AND format <> ''),
    CHECK ((state IN ('rejected', 'failed')) = (sentence <> '')),
    CHECK ((reviewed_by IS NULL) = (reviewed_reason = ''))
);
CREATE INDEX uploads_department ON uploads (department_id, created_at DESC, id);
CREATE INDEX uploads_resource ON uploads (resource_id);
CREATE INDEX uploads_user ON uploads (user_id) WHERE state IN ('uploading', 'received', 'reading', 'review', 'rejected', 'failed');
CREATE INDEX uploads_expiry ON uploads (expires_at) WHERE state NOT IN ('published', 'discarded', 'expired');
CREATE INDEX uploads_object ON uploads (sha256);
COMMENT ON TABLE uploads IS 'one row for a file from its first byte to the version that it becomes; the row stays when the file is gone';
COMMENT ON COLUMN uploads.got IS 'bytes that are durable: no more was ever acknowledged';
COMMENT ON COLUMN uploads.user_id IS 'whose it is: nobody else may send bytes to it';
COMMENT ON COLUMN uploads.header IS 'whether the first line names the columns; empty: as it is found';
COMMENT ON COLUMN uploads.encoding IS 'empty: as it is found';
COMMENT ON COLUMN uploads.heard_at IS 'when whoever reads it was last heard of; silence means that it died';
COMMENT ON COLUMN uploads.sentence IS 'why nothing came of it, with its arguments in args';
COMMENT ON COLUMN uploads.findings IS 'what the file hides: [{Kind, Note}]; a person must say why it may be public all the same';

CREATE TABLE upload_tables (
    upload_id text NOT NULL REFERENCES uploads ON DELETE CASCADE,
    position  integer NOT NULL,
    name      text NOT NULL,
    rows      bigint NOT NULL CHECK (rows >= 0),
    columns   jsonb NOT NULL CHECK (jsonb_typeof(columns) = 'array'),
    notes     jsonb NOT NULL CHECK (jsonb_typeof(notes) = 'array'),
    preview   jsonb NOT NULL CHECK (jsonb_typeof(preview) = 'array'),
    misfits   bigint NOT NULL CHECK (misfits >= 0),
    sha256    text NOT NULL REFERENCES blobs,
    bytes     bigint NOT NULL CHECK (bytes >= 0),
    PRIMARY KEY (upload_id, position)
);
CREATE INDEX upload_tables_object ON upload_tables (sha256);
COMMENT ON TABLE upload_tables IS 'what a file was read as, until it is published or discarded';

CREATE TABLE upload_misfits (
    upload_id text NOT NULL,
    position  integer NOT NULL,
    number    integer NOT NULL,
    row       bigint NOT NULL CHECK (row >= 1),
    name      text NOT NULL,
    text      text NOT NULL,
    reason    jsonb NOT NULL CHECK (jsonb_typeof(reason) = 'array'),
    PRIMARY KEY (upload_id, position, number),
    FOREIGN KEY (upload_id, position) REFERENCES upload_tables ON DELETE CASCADE
);
COMMENT ON TABLE upload_misfits IS 'cells that are no value of their column''s type, as many as are listed; all of them are in the Parquet file';

CREATE TABLE column_overrides (
    resource_id text NOT NULL REFERENCES resources,
    position    integer NOT NULL CHECK (position >= 0),
    name        text NOT NULL,
    type        text NOT NULL DEFAULT '' CHECK (type IN ('', 'text', 'integer', 'decimal', 'date', 'yearmonth', 'datetime', 'boolean', 'point', 'geometry', 'array', 'object')),
    label       text NOT NULL DEFAULT '',
    unit        text NOT NULL DEFAULT '',
    by_name     text NOT NULL,
    at          timestamptz NOT NULL,
    PRIMARY KEY (resource_id, position, name),
    CHECK (type <> '' OR label <> '' OR unit <> '')
);
COMMENT ON TABLE column_overrides IS 'what an officer said of a column against what its values propose: it holds for every version to come';
COMMENT ON COLUMN column_overrides.position IS 'of the table in the file, from 0';

-- How the bytes of a version were read where an officer had to say it, so that they can be read again.
ALTER TABLE versions ADD COLUMN delimiter text NOT NULL DEFAULT '' CHECK (length(delimiter) <= 1);
ALTER TABLE versions ADD COLUMN encoding_told boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN versions.delimiter IS 'what separates the cells where an officer said it; empty: as it is found';
COMMENT ON COLUMN versions.encoding_told IS 'an officer named the encoding: it is not what would be found';
