-- The catalogue: who publishes, under which theme and licence, what exists, and every version of its files.

CREATE TABLE departments (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slug           text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    name           text NOT NULL UNIQUE,
    name_en        text NOT NULL,
    description    text NOT NULL DEFAULT '',
    description_en text NOT NULL DEFAULT '',
    region         text NOT NULL CHECK (region ~ '^[0-9]{6}$'),
    credit_code    text NOT NULL DEFAULT '',
    aliases        text[] NOT NULL DEFAULT '{}',
    contact        text NOT NULL DEFAULT '',
    phone          text NOT NULL DEFAULT '',
    email          text NOT NULL DEFAULT '',
    profile        text NOT NULL DEFAULT '',
    sample         boolean NOT NULL DEFAULT false
);
COMMENT ON COLUMN departments.region IS 'six-digit division code (GB/T 2260) of the place it serves';
COMMENT ON COLUMN departments.profile IS 'id of the policy profile whose rules bind it; empty where no local text applies';
COMMENT ON COLUMN departments.sample IS 'a plausible department of the sample world, shown as 发布单位(示例)';

CREATE TABLE regions (
    code    text PRIMARY KEY CHECK (code ~ '^[0-9]{6}$'),
    name    text NOT NULL,
    name_en text NOT NULL,
    parent  text REFERENCES regions
);

CREATE TABLE themes (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slug     text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    name     text NOT NULL UNIQUE,
    name_en  text NOT NULL,
    position integer NOT NULL
);
COMMENT ON TABLE themes IS '数据领域, the 22 values common to provincial portals';

CREATE TABLE licences (
    id          text PRIMARY KEY,
    name        text NOT NULL,
    name_en     text NOT NULL,
    url         text NOT NULL DEFAULT '',
    attribution boolean NOT NULL DEFAULT false,
    share_alike boolean NOT NULL DEFAULT false,
    terms       text NOT NULL DEFAULT '',
    terms_en    text NOT NULL DEFAULT ''
);
COMMENT ON COLUMN licences.terms IS 'the licence in one plain sentence';

CREATE TABLE datasets (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slug               text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    title              text NOT NULL CHECK (title <> ''),
    title_en           text NOT NULL DEFAULT '',
    summary            text NOT NULL,
    summary_en         text NOT NULL DEFAULT '',
    department_id      bigint NOT NULL REFERENCES departments,
    theme_id           bigint NOT NULL REFERENCES themes,
    licence_id         text NOT NULL REFERENCES licences,
    region             text NOT NULL REFERENCES regions,
    tags               text[] NOT NULL DEFAULT '{}',
    status             text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'published', 'withdrawn')),
    withdrawn_reason   text NOT NULL DEFAULT '',
    sample             boolean NOT NULL DEFAULT false,

    -- how it is opened (AS-27, TJ-20, AB-31, FJ-4.1)
    open_type          text NOT NULL CHECK (open_type IN ('unconditional', 'conditional', 'withheld')),
    open_basis         text[] NOT NULL DEFAULT '{}',
    open_reason        text NOT NULL DEFAULT '',
    open_method        text NOT NULL DEFAULT '',
    use_requirements   text NOT NULL DEFAULT '',
    safeguards         text NOT NULL DEFAULT '',

    -- how it is shared between public bodies (AS-20, TJ-15, AB-24); an axis of its own
    share_type         text NOT NULL DEFAULT 'unconditional' CHECK (share_type IN ('unconditional', 'conditional', 'withheld')),
    share_content      text NOT NULL DEFAULT '',
    share_conditions   text NOT NULL DEFAULT '',
    share_scope        text NOT NULL DEFAULT '',
    share_method       text NOT NULL DEFAULT '',
    share_basis        text[] NOT NULL DEFAULT '{}',
    required_materials text NOT NULL DEFAULT '',

    -- how it is kept up: how often (更新频率) and by when (更新时限) are two fields
    update_frequency   text NOT NULL CHECK (update_frequency IN
        ('realtime', 'daily', 'weekly', 'monthly', 'quarterly', 'semiannual', 'annual', 'biennial', 'irregular', 'never')),
    update_due         text NOT NULL DEFAULT '',
    update_method      text NOT NULL DEFAULT '',
    last_updated       date NOT NULL,
    next_due           date,

    -- the rest of the catalogue entry (law matrix 1.7) and of the national core metadata
    resource_code      text NOT NULL DEFAULT '',
    category           text NOT NULL DEFAULT '',
    data_form          text NOT NULL DEFAULT '',
    attributes         text NOT NULL DEFAULT '',
    collect_due        text NOT NULL DEFAULT '',
    collecting_org     text NOT NULL DEFAULT '',
    approving_org      text NOT NULL DEFAULT '',
    responsible_org    text NOT NULL DEFAULT '',
    duties             text NOT NULL DEFAULT '',
    source             text NOT NULL,
    source_url         text NOT NULL DEFAULT '',
    processing         text NOT NULL DEFAULT '',
    security_level     text NOT NULL DEFAULT '',
    linked_system      text NOT NULL DEFAULT '',
    duty_item          text NOT NULL DEFAULT '',
    core_business      text NOT NULL DEFAULT '',
    collection_method  text NOT NULL DEFAULT '',
    related_codes      text[] NOT NULL DEFAULT '{}',
    temporal_start     text NOT NULL DEFAULT '',
    temporal_end       text NOT NULL DEFAULT '',
    spatial            text NOT NULL DEFAULT '',
    language           text NOT NULL DEFAULT 'zh-CN',
    contact            text NOT NULL DEFAULT '',
    phone              text NOT NULL DEFAULT '',
    email              text NOT NULL DEFAULT '',

    published_at       timestamptz,
    updated_at         timestamptz NOT NULL,
    revision           bigint NOT NULL DEFAULT 1,

    UNIQUE (department_id, id),
    -- AS-27.3, TJ-21, AB-31: nothing is held back without its basis, and a condition says how it can be met
    CHECK (open_type = 'unconditional' OR cardinality(open_basis) > 0),
    CHECK (open_type <> 'conditional' OR (open_method <> '' AND use_requirements <> '' AND safeguards <> '')),
    CHECK (share_type = 'unconditional' OR cardinality(share_basis) > 0),
    CHECK (status = 'draft' OR published_at IS NOT NULL),
    CHECK (status <> 'withdrawn' OR withdrawn_reason <> '')
);
CREATE INDEX datasets_public ON datasets (last_updated DESC, id) WHERE status = 'published' AND open_type <> 'withheld';
CREATE INDEX datasets_department ON datasets (department_id);
CREATE INDEX datasets_theme ON datasets (theme_id);
COMMENT ON COLUMN datasets.next_due IS 'the day by which the department promised the next version; null where none is promised';
COMMENT ON COLUMN datasets.source IS 'true 原始来源, also where the publisher is a sample';
COMMENT ON COLUMN datasets.revision IS 'counts every saved change; a form that carries an older one is refused';

CREATE TABLE resources (
    id          text PRIMARY KEY CHECK (id ~ '^[0-9a-z]{8,32}$'),
    dataset_id  bigint NOT NULL REFERENCES datasets,
    position    integer NOT NULL,
    name        text NOT NULL,
    name_en     text NOT NULL DEFAULT '',
    description text NOT NULL DEFAULT '',
    UNIQUE (dataset_id, position)
);
COMMENT ON COLUMN resources.id IS 'made by the server at random, so that its gaps tell nothing about entries that are withheld';

CREATE TABLE blobs (
    sha256     text PRIMARY KEY CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    bytes      bigint NOT NULL CHECK (bytes >= 0),
    created_at timestamptz NOT NULL
);
COMMENT ON TABLE blobs IS 'every object that must be in the store; written after the object itself is durable there';

CREATE TABLE versions (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    resource_id  text NOT NULL REFERENCES resources,
    number       integer NOT NULL CHECK (number >= 1),
    file_name    text NOT NULL CHECK (file_name <> '' AND file_name !~ '[/\\[:cntrl:]]'),
    media_type   text NOT NULL,
    format       text NOT NULL CHECK (format IN ('csv', 'tsv', 'txt', 'json', 'ndjson', 'xml', 'xlsx', 'geojson', 'shp', 'parquet', 'pdf', 'docx', 'zip')),
    compression  text NOT NULL DEFAULT '' CHECK (compression IN ('', 'gzip', 'zip')),
    encoding     text NOT NULL DEFAULT '',
    header       boolean NOT NULL DEFAULT true,
    sha256       text NOT NULL REFERENCES blobs,
    bytes        bigint NOT NULL CHECK (bytes >= 0),
    reason       text NOT NULL DEFAULT '',
    published_at timestamptz NOT NULL,
    UNIQUE (resource_id, number)
);
COMMENT ON COLUMN versions.encoding IS 'character encoding of the original bytes: UTF-8, UTF-8-BOM, GB18030; empty for binary formats';

COMMENT ON COLUMN versions.header IS 'whether the first line of a CSV, TSV or TXT names the columns';

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: a published version never changes', TG_OP, TG_TABLE_NAME;
END $$;
CREATE TRIGGER versions_frozen BEFORE UPDATE OR DELETE ON versions FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE version_tables (
    version_id bigint NOT NULL REFERENCES versions,
    position   integer NOT NULL,
    name       text NOT NULL DEFAULT '',
    rows       bigint NOT NULL CHECK (rows >= 0),
    fields     jsonb NOT NULL,
    preview    jsonb NOT NULL,
    PRIMARY KEY (version_id, position)
);
COMMENT ON TABLE version_tables IS 'the tables found in a version: one for a CSV, one a sheet for a workbook, none for a document';
COMMENT ON COLUMN version_tables.fields IS 'the data dictionary: [{name, label, label_en, type, unit, description, codes}]';
COMMENT ON COLUMN version_tables.preview IS 'the first rows as text, an array of arrays; served only through MayServe';
CREATE TRIGGER version_tables_frozen BEFORE UPDATE OR DELETE ON version_tables FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE renditions (
    version_id bigint NOT NULL REFERENCES versions,
    position   integer NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('csv', 'csv-bom', 'json')),
    sha256     text NOT NULL REFERENCES blobs,
    bytes      bigint NOT NULL,
    PRIMARY KEY (version_id, position, kind)
);
COMMENT ON TABLE renditions IS 'the same rows in another format, made once at the first request and kept';

CREATE TABLE changes (
    seq        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dataset_id bigint NOT NULL REFERENCES datasets,
    at         timestamptz NOT NULL
);
COMMENT ON TABLE changes IS 'what each replica''s search index and page cache follow, in commit order: a writer holds advisory lock 7301 from its insert to its commit';

CREATE TABLE usage_days (
    dataset_id bigint NOT NULL REFERENCES datasets,
    day        date NOT NULL,
    views      bigint NOT NULL DEFAULT 0,
    downloads  bigint NOT NULL DEFAULT 0,
    bytes      bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (dataset_id, day)
);
COMMENT ON TABLE usage_days IS 'counted in memory and added once a minute: a figure, not a record of who read what';
