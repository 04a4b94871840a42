-- Resources that are addresses instead of files: where a service, a file or a page lies, and whether it still answers.

CREATE TABLE links (
    resource_id text PRIMARY KEY REFERENCES resources,
    kind        text NOT NULL CHECK (kind IN ('api', 'file', 'page')),
    url         text NOT NULL CHECK (url ~ '^(https?://[^/]|/[^/])' AND url !~ '[[:cntrl:][:space:]\\]' AND length(url) <= 2000),
    format      text NOT NULL DEFAULT '' CHECK (format IN ('', 'csv', 'tsv', 'txt', 'json', 'ndjson', 'xml', 'xlsx', 'geojson', 'shp', 'parquet', 'pdf', 'docx', 'zip', 'html', 'wms', 'wmts', 'wfs')),
    formats     text[] NOT NULL GENERATED ALWAYS AS (
        array_remove(CASE kind WHEN 'api' THEN ARRAY['api', format] ELSE ARRAY[format] END, '')) STORED,
    example     text NOT NULL DEFAULT '' CHECK (example = '' OR example ~ '^(https?://[^/]|/[^/])' AND example !~ '[[:cntrl:][:space:]\\]' AND length(example) <= 2000),
    docs        text NOT NULL DEFAULT '' CHECK (docs = '' OR docs ~ '^(https?://[^/]|/[^/])' AND docs !~ '[[:cntrl:][:space:]\\]' AND length(docs) <= 2000),
    usage       text NOT NULL DEFAULT '',
    usage_en    text NOT NULL DEFAULT '',
    notes       text NOT NULL DEFAULT '',
    notes_en    text NOT NULL DEFAULT '',
    CHECK (kind <> 'page' OR format = 'html'),
    CHECK (kind <> 'file' OR format NOT IN ('', 'html', 'wms', 'wmts', 'wfs'))
);
COMMENT ON COLUMN links.url IS 'an address of the web; one that begins with / is of the portal itself';
COMMENT ON COLUMN links.formats IS 'what the entry is found under';
COMMENT ON COLUMN links.example IS 'a request that a service answers with data; what is checked, where there is one';
COMMENT ON COLUMN links.usage IS 'how to use it: method, parameters, where a key is had';
COMMENT ON COLUMN links.notes IS 'coordinates and whatever is peculiar about the format';

CREATE TABLE link_states (
    resource_id      text PRIMARY KEY REFERENCES links,
    state            text NOT NULL CHECK (state IN ('ok', 'wrong', 'failing', 'dead')),
    problem          text NOT NULL DEFAULT '',
    status           integer NOT NULL DEFAULT 0 CHECK (status = 0 OR status BETWEEN 100 AND 999),
    took_ms          integer NOT NULL DEFAULT 0 CHECK (took_ms >= 0),
    content_type     text NOT NULL DEFAULT '',
    bytes            bigint CHECK (bytes >= 0),
    moved_to         text NOT NULL DEFAULT '',
    certificate_ends timestamptz,
    checked_at       timestamptz NOT NULL,
    ok_at            timestamptz,
    failures         integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
    failing_since    timestamptz,
    dead_since       timestamptz,
    next_check       timestamptz NOT NULL,
    told             boolean NOT NULL DEFAULT false,
    CHECK ((state IN ('failing', 'dead')) = (failures > 0)),
    CHECK ((failing_since IS NOT NULL) = (failures > 0)),
    CHECK ((dead_since IS NOT NULL) = (state = 'dead')),
    CHECK ((problem = '') = (state = 'ok')),
    CHECK (ok_at <= checked_at AND failing_since <= checked_at AND next_check > checked_at)
);
CREATE INDEX link_states_due ON link_states (next_check);
COMMENT ON TABLE link_states IS 'how the last check went; no row: not checked yet, or not since the address changed';
COMMENT ON COLUMN link_states.told IS 'the department has been told by mail that the address is dead, and not yet that it is back';

CREATE TABLE link_days (
    resource_id text NOT NULL REFERENCES links,
    day         date NOT NULL,
    checks      integer NOT NULL CHECK (checks > 0),
    answered    integer NOT NULL CHECK (answered BETWEEN 0 AND checks),
    took_ms     bigint NOT NULL CHECK (took_ms >= 0),
    PRIMARY KEY (resource_id, day)
);
COMMENT ON TABLE link_days IS 'checks of a day in China: how many, how many of them were answered, and how long the answers took together';

CREATE FUNCTION files_or_address() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'versions' AND EXISTS (SELECT FROM links WHERE resource_id = NEW.resource_id)
       OR TG_TABLE_NAME = 'links' AND EXISTS (SELECT FROM versions WHERE resource_id = NEW.resource_id) THEN
        RAISE EXCEPTION 'resource % is either files or an address', NEW.resource_id USING CONSTRAINT = 'files_or_address';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER versions_files_or_address BEFORE INSERT ON versions FOR EACH ROW EXECUTE FUNCTION files_or_address();
CREATE TRIGGER links_files_or_address BEFORE INSERT ON links FOR EACH ROW EXECUTE FUNCTION files_or_address();
