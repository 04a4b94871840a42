-- Products derived from public data: their versions, what each is made of and from, the seal that freezes it, and what takes it back.

CREATE TABLE products (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number          text NOT NULL UNIQUE CHECK (number ~ '^PRD-\d{4}-\d{6}$'),
    organisation_id bigint NOT NULL REFERENCES organisations,
    scenario_id     bigint REFERENCES scenarios,
    kind            text NOT NULL CHECK (kind IN ('dataset', 'api', 'report', 'model', 'tool')),
    title           text NOT NULL CHECK (title <> ''),
    title_en        text NOT NULL DEFAULT '',
    summary         text NOT NULL DEFAULT '',
    summary_en      text NOT NULL DEFAULT '',
    sold            boolean NOT NULL,
    state           text NOT NULL CHECK (state IN ('draft', 'internal_review', 'registered', 'listable', 'suspended', 'retired')),
    state_at        timestamptz NOT NULL,
    reason          text NOT NULL DEFAULT '',
    sample          boolean NOT NULL DEFAULT false,
    made_by         bigint NOT NULL REFERENCES users,
    made_name       text NOT NULL,
    made_at         timestamptz NOT NULL,
    revision        integer NOT NULL DEFAULT 1,
    sent            text UNIQUE,
    CHECK (state <> 'suspended' OR reason <> '')
);
CREATE INDEX products_organisation ON products (organisation_id, id DESC);
CREATE INDEX products_scenario ON products (scenario_id) WHERE scenario_id IS NOT NULL;
COMMENT ON COLUMN products.sold IS 'what is given for money, or for nothing: a product that is sold may not hold data that was granted for academic use alone (AB-35.2)';

CREATE FUNCTION product_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.number, OLD.organisation_id, OLD.made_by, OLD.made_at) IS DISTINCT FROM (NEW.number, NEW.organisation_id, NEW.made_by, NEW.made_at) THEN
        RAISE EXCEPTION 'product % is of who made it', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('draft', 'internal_review'), ('internal_review', 'draft'), ('internal_review', 'registered'), ('registered', 'listable'), ('listable', 'suspended'), ('suspended', 'listable'),
        ('draft', 'retired'), ('internal_review', 'retired'), ('registered', 'retired'), ('listable', 'retired'), ('suspended', 'retired')) THEN
        RAISE EXCEPTION 'product % does not go from % to %', OLD.number, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    IF (OLD.kind, OLD.scenario_id, OLD.sold) IS DISTINCT FROM (NEW.kind, NEW.scenario_id, NEW.sold) AND EXISTS (SELECT FROM product_seals s JOIN product_versions v ON v.id = s.version_id WHERE v.product_id = OLD.id) THEN
        RAISE EXCEPTION 'product % has a sealed version that says what it is', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION product_moves IS 'the moves of package marketplace, and no others';
CREATE TRIGGER products_moves BEFORE UPDATE ON products FOR EACH ROW EXECUTE FUNCTION product_moves();

-- The three rights (FJ-5.1). Public data is of the state (AB-3), and departments hold it: no seller is ever written down as its owner or holder.
CREATE TABLE product_rights (
    product_id      bigint NOT NULL REFERENCES products,
    over            text NOT NULL CHECK (over IN ('public', 'own', 'product')),
    what            text NOT NULL CHECK (what IN ('hold', 'process', 'operate')),
    organisation_id bigint REFERENCES organisations,
    holder          text NOT NULL CHECK (holder <> ''),
    source          text NOT NULL CHECK (source <> ''),
    PRIMARY KEY (product_id, over, what),
    CONSTRAINT product_rights_public CHECK (over <> 'public' OR what <> 'hold' OR organisation_id IS NULL),
    CONSTRAINT product_rights_holder CHECK (organisation_id IS NOT NULL OR over = 'public' AND what = 'hold'),
    CHECK (CASE over WHEN 'public' THEN what IN ('hold', 'process') WHEN 'own' THEN what = 'hold' ELSE what = 'operate' END)
);
COMMENT ON TABLE product_rights IS '数据资源持有权, 数据加工使用权, 数据产品经营权: who has each, and where from';
COMMENT ON COLUMN product_rights.over IS 'public: of the public data in the product; own: of what the developer brought; product: of the product itself';

CREATE FUNCTION product_right_of_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.over = 'public' AND NEW.what = 'hold' AND EXISTS (SELECT FROM organisations o WHERE o.name = NEW.holder) THEN
        RAISE EXCEPTION 'public data is held by the state, and by no organisation that develops or sells' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER product_rights_of_state BEFORE INSERT OR UPDATE ON product_rights FOR EACH ROW EXECUTE FUNCTION product_right_of_state();

CREATE TABLE product_versions (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id   bigint NOT NULL REFERENCES products,
    major        integer NOT NULL CHECK (major >= 0),
    minor        integer NOT NULL CHECK (minor >= 0),
    patch        integer NOT NULL CHECK (patch >= 0),
    semver       text GENERATED ALWAYS AS (major::text || '.' || minor::text || '.' || patch::text) STORED,
    supersedes   bigint REFERENCES product_versions,
    state        text NOT NULL CHECK (state IN ('building', 'checked', 'sealed', 'published', 'deprecated', 'recalled')),
    state_at     timestamptz NOT NULL,
    method       text NOT NULL DEFAULT '',
    notes        text NOT NULL DEFAULT '',
    forms        text[] NOT NULL DEFAULT '{}',
    built_at     timestamptz,
    facts        text NOT NULL DEFAULT '' CHECK (facts = '' OR facts ~ '^[0-9a-f]{64}$'),
    made_by      bigint NOT NULL REFERENCES users,
    made_name    text NOT NULL,
    made_at      timestamptz NOT NULL,
    revision     integer NOT NULL DEFAULT 1,
    UNIQUE (product_id, major, minor, patch),
    UNIQUE (product_id, semver),
    UNIQUE (id, product_id),
    FOREIGN KEY (supersedes, product_id) REFERENCES product_versions (id, product_id),
    CHECK (major + minor + patch > 0),
    CHECK (state = 'building' OR facts <> '' AND built_at IS NOT NULL)
);
CREATE UNIQUE INDEX product_versions_after ON product_versions (supersedes);
COMMENT ON COLUMN product_versions.facts IS 'SHA-256 of what the records said of its inputs when it was checked: sealing asks them again, and stops where they say something else';

CREATE FUNCTION product_version_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.product_id, OLD.major, OLD.minor, OLD.patch, OLD.supersedes, OLD.made_by, OLD.made_at) IS DISTINCT FROM (NEW.product_id, NEW.major, NEW.minor, NEW.patch, NEW.supersedes, NEW.made_by, NEW.made_at) THEN
        RAISE EXCEPTION 'version % keeps its number', OLD.semver USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state NOT IN ('building', 'checked') AND (OLD.method, OLD.notes, OLD.forms, OLD.built_at, OLD.facts) IS DISTINCT FROM (NEW.method, NEW.notes, NEW.forms, NEW.built_at, NEW.facts) THEN
        RAISE EXCEPTION 'version % is sealed', OLD.semver USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('building', 'checked'), ('checked', 'building'), ('checked', 'sealed'), ('sealed', 'published'), ('published', 'deprecated'),
        ('sealed', 'recalled'), ('published', 'recalled'), ('deprecated', 'recalled')) THEN
        RAISE EXCEPTION 'version % does not go from % to %', OLD.semver, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state = 'checked' AND NEW.state = 'sealed' AND NOT EXISTS (SELECT FROM product_seals WHERE version_id = NEW.id) THEN
        RAISE EXCEPTION 'version % has no seal', OLD.semver USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'recalled' AND OLD.state <> 'recalled' AND NOT EXISTS (SELECT FROM product_recalls WHERE version_id = NEW.id) THEN
        RAISE EXCEPTION 'nothing says why version % is recalled', OLD.semver USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION product_version_moves IS 'the moves of package marketplace, and no others; a seal freezes';
CREATE TRIGGER product_versions_moves BEFORE UPDATE ON product_versions FOR EACH ROW EXECUTE FUNCTION product_version_moves();

CREATE TABLE product_contents (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version_id bigint NOT NULL REFERENCES product_versions,
    position   integer NOT NULL CHECK (position >= 0),
    name       text NOT NULL CHECK (name ~ '^[a-z][a-z0-9_]{0,62}$'),
    form       text NOT NULL CHECK (form IN ('table', 'bytes')),
    release_id bigint REFERENCES releases,
    object     text NOT NULL REFERENCES blobs,
    file_name  text NOT NULL DEFAULT '',
    media      text NOT NULL DEFAULT '',
    columns    jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(columns) = 'array'),
    description jsonb NOT NULL DEFAULT '{}',
    rows       bigint NOT NULL DEFAULT 0 CHECK (rows >= 0),
    bytes      bigint NOT NULL DEFAULT 0 CHECK (bytes >= 0),
    digest     text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
    came_at    timestamptz NOT NULL,
    came_by    bigint NOT NULL REFERENCES users,
    UNIQUE (version_id, name),
    CHECK (form = 'table' OR release_id IS NULL),
    CHECK ((form = 'table') = (columns <> '[]'))
);
CREATE INDEX product_contents_digest ON product_contents (digest);
CREATE INDEX product_contents_release ON product_contents (release_id) WHERE release_id IS NOT NULL;
COMMENT ON TABLE product_contents IS 'what a version is made of: a released result as it left, a table that was uploaded and read, or bytes';
COMMENT ON COLUMN product_contents.object IS 'of a table the Parquet file that reading it made, as of datasets; of bytes the bytes';
COMMENT ON COLUMN product_contents.columns IS 'of that Parquet file, in the order of the table';
COMMENT ON COLUMN product_contents.description IS 'what the statement says of the content';
COMMENT ON COLUMN product_contents.digest IS 'of the content: of a table by its canonical form, which no form of a file changes; of bytes, SHA-256';

CREATE TABLE product_inputs (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version_id      bigint NOT NULL REFERENCES product_versions,
    acquisition_id  bigint REFERENCES acquisitions,
    from_version    bigint REFERENCES product_versions,
    title           text NOT NULL DEFAULT '',
    evidence        text REFERENCES blobs,
    evidence_name   text NOT NULL DEFAULT '',
    added_by        bigint NOT NULL REFERENCES users,
    added_at        timestamptz NOT NULL,
    UNIQUE (version_id, acquisition_id),
    UNIQUE (version_id, from_version),
    CHECK (num_nonnulls(acquisition_id, from_version, evidence) = 1),
    CHECK ((evidence IS NULL) = (title = '')),
    CHECK (from_version <> version_id)
);
CREATE INDEX product_inputs_acquisition ON product_inputs (acquisition_id) WHERE acquisition_id IS NOT NULL;
CREATE INDEX product_inputs_from ON product_inputs (from_version) WHERE from_version IS NOT NULL;
COMMENT ON TABLE product_inputs IS 'what went in besides what the jobs of released results read: acquisitions that the developer holds, versions of other products, and what is declared with evidence';

CREATE TABLE product_seals (
    version_id bigint PRIMARY KEY REFERENCES product_versions,
    statement  bytea NOT NULL,
    digest     text NOT NULL UNIQUE CHECK (digest ~ '^[0-9a-f]{64}$'),
    envelope   bytea NOT NULL,
    key_id     text NOT NULL CHECK (key_id <> ''),
    leaf       bigint NOT NULL UNIQUE REFERENCES log_leaves,
    built_at   timestamptz NOT NULL,
    sealed_at  timestamptz NOT NULL,
    sealed_by  bigint NOT NULL REFERENCES users,
    sealed_name text NOT NULL,
    CHECK (digest = encode(sha256(statement), 'hex')),
    CHECK (built_at <= sealed_at)
);
COMMENT ON TABLE product_seals IS 'the statement of sources (in-toto) as it was signed, its envelope (DSSE), and its place in the transparency log';

CREATE TABLE product_sources (
    version_id     bigint NOT NULL REFERENCES product_versions,
    acquisition_id bigint NOT NULL REFERENCES acquisitions,
    dataset_id     bigint NOT NULL REFERENCES datasets,
    source_version bigint NOT NULL REFERENCES versions,
    basis          text NOT NULL CHECK (basis IN ('machine', 'held')),
    PRIMARY KEY (version_id, acquisition_id)
);
CREATE INDEX product_sources_version ON product_sources (source_version);
CREATE INDEX product_sources_dataset ON product_sources (dataset_id);
COMMENT ON TABLE product_sources IS 'every version of public data in a sealed version, through all that it was made of';

CREATE TABLE product_artefacts (
    version_id bigint NOT NULL REFERENCES product_versions,
    content_id bigint NOT NULL REFERENCES product_contents,
    form       text NOT NULL,
    name       text NOT NULL CHECK (name <> ''),
    media      text NOT NULL,
    sha256     text NOT NULL REFERENCES blobs,
    bytes      bigint NOT NULL CHECK (bytes >= 0),
    PRIMARY KEY (version_id, content_id, form),
    UNIQUE (version_id, name)
);
CREATE INDEX product_artefacts_sha256 ON product_artefacts (sha256);
COMMENT ON TABLE product_artefacts IS 'the files of a sealed version, each with its stamp in it';

CREATE TABLE product_flags (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version_id     bigint NOT NULL REFERENCES product_versions,
    why            text NOT NULL CHECK (why IN ('withdrawn', 'corrected', 'recalled')),
    source_version bigint REFERENCES versions,
    from_version   bigint REFERENCES product_versions,
    words          text NOT NULL DEFAULT '',
    at             timestamptz NOT NULL,
    leaf           bigint NOT NULL UNIQUE REFERENCES log_leaves,
    CHECK ((why = 'recalled') = (from_version IS NOT NULL) AND (why <> 'recalled') = (source_version IS NOT NULL))
);
CREATE UNIQUE INDEX product_flags_source ON product_flags (version_id, why, source_version) WHERE source_version IS NOT NULL;
CREATE UNIQUE INDEX product_flags_from ON product_flags (version_id, from_version) WHERE from_version IS NOT NULL;
COMMENT ON TABLE product_flags IS 'sealed versions one of whose inputs was withdrawn, put right or recalled after they were sealed';

CREATE TABLE product_recalls (
    version_id bigint PRIMARY KEY REFERENCES product_versions,
    by_side    text NOT NULL CHECK (by_side IN ('developer', 'platform')),
    by_id      bigint NOT NULL,
    by_name    text NOT NULL,
    reason     text NOT NULL CHECK (reason <> ''),
    at         timestamptz NOT NULL,
    leaf       bigint NOT NULL UNIQUE REFERENCES log_leaves
);

CREATE TABLE product_events (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id bigint NOT NULL REFERENCES products,
    version_id bigint REFERENCES product_versions,
    act        text NOT NULL CHECK (act <> ''),
    side       text NOT NULL,
    by_id      bigint NOT NULL,
    name       text NOT NULL,
    words      text NOT NULL DEFAULT '',
    at         timestamptz NOT NULL
);
CREATE INDEX product_events_product ON product_events (product_id, id);

-- What a version is made of and from changes only while it is built.
CREATE FUNCTION product_version_open() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE of bigint; now_state text;
BEGIN
    IF TG_OP = 'DELETE' THEN of := OLD.version_id; ELSE of := NEW.version_id; END IF;
    SELECT state INTO now_state FROM product_versions WHERE id = of;
    IF now_state <> 'building' THEN
        RAISE EXCEPTION 'version % is % and no more built', of, now_state USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    IF TG_OP = 'UPDATE' AND NEW.version_id <> OLD.version_id THEN
        RAISE EXCEPTION 'what a version is made of stays with it' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER product_contents_open BEFORE INSERT OR UPDATE OR DELETE ON product_contents FOR EACH ROW EXECUTE FUNCTION product_version_open();
CREATE TRIGGER product_inputs_open BEFORE INSERT OR UPDATE OR DELETE ON product_inputs FOR EACH ROW EXECUTE FUNCTION product_version_open();

-- A seal is of a version that was checked; its parts come with it, in the same transaction.
CREATE FUNCTION product_sealing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM product_versions WHERE id = NEW.version_id AND state = 'checked') THEN
        RAISE EXCEPTION 'version % is not being sealed', NEW.version_id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

-- What a product's version is made from does not lead back to it.
CREATE FUNCTION product_inputs_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.from_version IS NOT NULL AND NOT EXISTS (SELECT FROM product_seals WHERE version_id = NEW.from_version) THEN
        RAISE EXCEPTION 'a product is made from what is sealed' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER product_inputs_sealed BEFORE INSERT OR UPDATE ON product_inputs FOR EACH ROW EXECUTE FUNCTION product_inputs_sealed();

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['product_seals', 'product_sources', 'product_artefacts'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE INSERT ON %I FOR EACH ROW EXECUTE FUNCTION product_sealing()', t || '_sealing', t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['product_seals', 'product_sources', 'product_artefacts', 'product_flags', 'product_recalls', 'product_events'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()', t || '_frozen', t);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', t || '_kept', t);
    END LOOP;
END $$;
