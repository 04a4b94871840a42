-- Entries that came in a sheet: who brought them, in which file, and what each row did, so that it can be undone.

CREATE TABLE catalogue_imports (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    department_id bigint NOT NULL REFERENCES departments,
    at            timestamptz NOT NULL,
    by_id         bigint NOT NULL,
    by_name       text NOT NULL,
    files         jsonb NOT NULL CHECK (jsonb_typeof(files) = 'array' AND jsonb_array_length(files) > 0),
    unchanged     integer NOT NULL CHECK (unchanged >= 0),
    refused       integer NOT NULL CHECK (refused >= 0),
    sample        boolean NOT NULL DEFAULT false,
    undone_at     timestamptz,
    undone_by_id  bigint,
    undone_by     text NOT NULL DEFAULT '',
    CHECK ((undone_at IS NULL) = (undone_by_id IS NULL))
);
CREATE INDEX catalogue_imports_department ON catalogue_imports (department_id, id DESC);
COMMENT ON COLUMN catalogue_imports.files IS '[{name, sha256, bytes}]: the files themselves are not kept';
COMMENT ON COLUMN catalogue_imports.refused IS 'rows that were left out on purpose; nothing of them is kept';

CREATE TABLE catalogue_import_rows (
    import_id  bigint NOT NULL REFERENCES catalogue_imports,
    position   integer NOT NULL CHECK (position >= 0),
    line       integer NOT NULL CHECK (line >= 1),
    dataset_id bigint REFERENCES datasets ON DELETE SET NULL,
    slug       text NOT NULL,
    title      text NOT NULL,
    before     jsonb CHECK (jsonb_typeof(before) = 'object'),
    after      jsonb NOT NULL CHECK (jsonb_typeof(after) = 'object'),
    revision   bigint NOT NULL,
    outcome    text NOT NULL DEFAULT '' CHECK (outcome IN ('', 'undone', 'changed', 'sent', 'public', 'used', 'gone')),
    PRIMARY KEY (import_id, position)
);
CREATE INDEX catalogue_import_rows_dataset ON catalogue_import_rows (dataset_id);
COMMENT ON COLUMN catalogue_import_rows.before IS 'what the entry said before, by the keys of the form; null: the row made it';
COMMENT ON COLUMN catalogue_import_rows.revision IS 'of the entry as the row left it: a row is undone only while the entry stands so';
COMMENT ON COLUMN catalogue_import_rows.outcome IS 'what became of the row when the import was undone; otherwise why it stayed';
