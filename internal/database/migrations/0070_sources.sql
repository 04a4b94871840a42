-- One source for each data item (AS-14.2, AB-15.4), and values of departments that disagree (AB-29).

-- What two data items are compared by: the name without width, case, what stands in brackets, and punctuation.
CREATE FUNCTION item_key(name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN translate(regexp_replace(lower(normalize(coalesce(name, ''), NFKC)), '\([^)]*\)', '', 'g'), E' \t\n_-./·:、，,。;；''"“”《》', '');
CREATE FUNCTION item_keys(items jsonb) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY(
    SELECT DISTINCT k FROM jsonb_array_elements(items) AS f, LATERAL unnest(ARRAY[item_key(f ->> 'name'), item_key(f ->> 'label'), item_key(f ->> 'label_en')]) AS k
    WHERE k <> '' ORDER BY k);
COMMENT ON FUNCTION item_keys(jsonb) IS 'keys of the data items of a list of fields; what they find is compared in full by the program';
CREATE INDEX datasets_item_keys ON datasets USING gin (item_keys(items));
CREATE INDEX version_tables_item_keys ON version_tables USING gin (item_keys(fields));

CREATE TABLE source_cases (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind          text NOT NULL CHECK (kind IN ('duplicate', 'inconsistency')),
    profile       text NOT NULL,
    state         text NOT NULL CHECK (state IN ('proposed', 'open', 'negotiating', 'referred', 'settled', 'decided', 'closed')),
    origin        text NOT NULL CHECK (origin IN ('system', 'authority', 'department', 'change', 'correction')),
    change_id     bigint UNIQUE REFERENCES catalogue_changes,
    about         text NOT NULL DEFAULT '',
    opened_at     timestamptz NOT NULL,
    opened_by     bigint NOT NULL,
    opened_name   text NOT NULL,
    clock_profile text NOT NULL DEFAULT '',
    clock_path    text NOT NULL DEFAULT '',
    clock_from    timestamptz,
    decided_at    timestamptz,
    decided_by    bigint,
    decided_name  text NOT NULL DEFAULT '',
    source_id     bigint REFERENCES departments,
    reason        text NOT NULL DEFAULT '',
    sample        boolean NOT NULL DEFAULT false,
    revision      bigint NOT NULL DEFAULT 1,
    UNIQUE (id, source_id),
    CHECK (CASE kind WHEN 'duplicate' THEN state IN ('proposed', 'open', 'decided', 'closed') ELSE state IN ('negotiating', 'referred', 'settled', 'decided', 'closed') END),
    CHECK ((source_id IS NOT NULL) = (state IN ('decided', 'settled'))),
    CHECK (state NOT IN ('decided', 'closed') OR decided_by IS NOT NULL AND reason <> ''),
    CHECK (state IN ('proposed', 'closed', 'settled', 'decided') OR clock_path <> '' AND clock_from IS NOT NULL)
);
COMMENT ON TABLE source_cases IS 'cases in which one department is named: the one that collects (duplicate), or the one whose values hold (inconsistency)';
COMMENT ON COLUMN source_cases.profile IS 'the text that binds the departments: its authority decides';
COMMENT ON COLUMN source_cases.source_id IS 'the one department that was named; two cannot be';

CREATE TABLE source_case_entries (
    case_id    bigint NOT NULL REFERENCES source_cases,
    dataset_id bigint NOT NULL REFERENCES datasets,
    PRIMARY KEY (case_id, dataset_id)
);
CREATE INDEX source_case_entries_dataset ON source_case_entries (dataset_id);

CREATE TABLE source_case_items (
    case_id bigint NOT NULL REFERENCES source_cases,
    key     text NOT NULL CHECK (key <> ''),
    name    text NOT NULL CHECK (name <> ''),
    PRIMARY KEY (case_id, key)
);

CREATE TABLE source_positions (
    case_id       bigint NOT NULL REFERENCES source_cases,
    department_id bigint NOT NULL REFERENCES departments,
    names_id      bigint REFERENCES departments,
    statement     text NOT NULL CHECK (statement <> ''),
    at            timestamptz NOT NULL,
    by_id         bigint NOT NULL,
    by_name       text NOT NULL,
    PRIMARY KEY (case_id, department_id)
);
COMMENT ON COLUMN source_positions.names_id IS 'which department it thinks should be named; null: it thinks that there is no such case';

CREATE TABLE source_events (
    case_id bigint NOT NULL REFERENCES source_cases,
    number  integer NOT NULL CHECK (number >= 1),
    at      timestamptz NOT NULL,
    by_name text NOT NULL,
    act     text NOT NULL,
    words   text NOT NULL DEFAULT '',
    PRIMARY KEY (case_id, number)
);

-- Which department collects an item of an entry, as decided. That a department collects is that it is the one its case names.
CREATE TABLE item_sources (
    dataset_id    bigint NOT NULL REFERENCES datasets,
    item          text NOT NULL CHECK (item <> ''),
    case_id       bigint NOT NULL,
    department_id bigint NOT NULL REFERENCES departments,
    source_id     bigint NOT NULL REFERENCES departments,
    collects      boolean NOT NULL GENERATED ALWAYS AS (department_id = source_id) STORED,
    PRIMARY KEY (dataset_id, item),
    FOREIGN KEY (case_id, source_id) REFERENCES source_cases (id, source_id),
    FOREIGN KEY (case_id, dataset_id) REFERENCES source_case_entries (case_id, dataset_id),
    FOREIGN KEY (case_id, item) REFERENCES source_case_items (case_id, key)
);
CREATE INDEX item_sources_case ON item_sources (case_id);
COMMENT ON TABLE item_sources IS 'one item of one entry is decided once: two departments cannot both be told to collect it';

ALTER TABLE catalogue_change_entries
    ADD COLUMN held boolean NOT NULL DEFAULT false,
    ADD COLUMN opened_at timestamptz;
COMMENT ON COLUMN catalogue_change_entries.held IS 'the change opens further: all else took effect, and the opening waits for its review';
COMMENT ON COLUMN catalogue_change_entries.opened_at IS 'when the opening took effect';
