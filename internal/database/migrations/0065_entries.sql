-- Compiling the catalogue: a draft may be incomplete, a basis is more than a line of text, and an entry goes from the department to the authority.

-- What a published entry must have, a draft need not have yet.
ALTER TABLE datasets
    ALTER COLUMN theme_id DROP NOT NULL,
    ALTER COLUMN licence_id DROP NOT NULL,
    DROP CONSTRAINT datasets_check,
    DROP CONSTRAINT datasets_check1,
    DROP CONSTRAINT datasets_check2,
    DROP CONSTRAINT datasets_title_check,
    DROP CONSTRAINT datasets_open_type_check,
    DROP CONSTRAINT datasets_share_type_check,
    DROP CONSTRAINT datasets_update_frequency_check;
ALTER TABLE datasets
    ADD CONSTRAINT datasets_title_check CHECK (status = 'draft' OR title <> ''),
    ADD CONSTRAINT datasets_theme_check CHECK (status = 'draft' OR theme_id IS NOT NULL),
    ADD CONSTRAINT datasets_licence_check CHECK (status = 'draft' OR licence_id IS NOT NULL),
    ADD CONSTRAINT datasets_open_type_check CHECK (open_type IN ('unconditional', 'conditional', 'withheld') OR (status = 'draft' AND open_type = '')),
    ADD CONSTRAINT datasets_share_type_check CHECK (share_type IN ('unconditional', 'conditional', 'withheld') OR (status = 'draft' AND share_type = '')),
    ADD CONSTRAINT datasets_update_frequency_check CHECK (update_frequency IN
        ('realtime', 'daily', 'weekly', 'monthly', 'quarterly', 'semiannual', 'annual', 'biennial', 'irregular', 'never') OR (status = 'draft' AND update_frequency = '')),
    ADD CONSTRAINT datasets_last_updated_check CHECK (status = 'draft' OR last_updated >= '1900-01-01'),
    -- AS-27.3, TJ-21, AB-31: nothing is held back without its basis, and a condition says how it can be met
    ADD CONSTRAINT datasets_open_basis_check CHECK (status = 'draft' OR open_type = 'unconditional' OR cardinality(open_basis) > 0),
    ADD CONSTRAINT datasets_open_conditions_check CHECK (status = 'draft' OR open_type <> 'conditional' OR (open_method <> '' AND use_requirements <> '' AND safeguards <> '')),
    ADD CONSTRAINT datasets_share_basis_check CHECK (status = 'draft' OR share_type = 'unconditional' OR cardinality(share_basis) > 0);

ALTER TABLE datasets
    ADD COLUMN db_class     text NOT NULL DEFAULT '' CHECK (db_class IN ('', 'base', 'theme', 'business')),
    ADD COLUMN format       text NOT NULL DEFAULT '',
    ADD COLUMN share_reason text NOT NULL DEFAULT '',
    ADD COLUMN source_kind  text NOT NULL DEFAULT '',
    ADD COLUMN open_bases   jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(open_bases) = 'array'),
    ADD COLUMN share_bases  jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(share_bases) = 'array'),
    ADD COLUMN filings      jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(filings) = 'array'),
    ADD COLUMN items        jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(items) = 'array');
COMMENT ON COLUMN datasets.db_class IS '基础、主题、业务 (AS-11, FJ-2.5)';
COMMENT ON COLUMN datasets.format IS '格式 as the department declares it, before and besides what its files are';
COMMENT ON COLUMN datasets.share_reason IS '理由 of a limit on sharing (AB-24.3)';
COMMENT ON COLUMN datasets.source_kind IS '来源属性, of the kinds of RF-7';
COMMENT ON COLUMN datasets.open_bases IS '[{kind, instrument, article, quote}]; open_basis has each as one line';
COMMENT ON COLUMN datasets.filings IS '备案 (TJ-16, RF-6): [{date, with, number}]';
COMMENT ON COLUMN datasets.items IS '数据项 declared before there is a file: fields of a dictionary';

CREATE TABLE catalogue_entries (
    dataset_id   bigint PRIMARY KEY REFERENCES datasets,
    state        text NOT NULL CHECK (state IN ('draft', 'awaiting_head', 'submitted', 'confirmed', 'returned')),
    submitted_at timestamptz,
    submitted_by bigint,
    clock_profile text NOT NULL DEFAULT '',
    clock_path   text NOT NULL DEFAULT '',
    decided_at   timestamptz,
    decided_by   text NOT NULL DEFAULT '',
    reason       text NOT NULL DEFAULT '',
    imported     boolean NOT NULL DEFAULT false,
    CHECK (state NOT IN ('submitted', 'awaiting_head') OR submitted_at IS NOT NULL),
    CHECK (state <> 'returned' OR reason <> ''),
    CHECK (state NOT IN ('confirmed', 'returned') OR decided_at IS NOT NULL)
);
COMMENT ON TABLE catalogue_entries IS 'where an entry stands between its department and the authority; an entry without a row is a draft';
COMMENT ON COLUMN catalogue_entries.clock_profile IS 'profile and rule of the clock that began when it was submitted';
COMMENT ON COLUMN catalogue_entries.imported IS 'it came with an import, as it was confirmed elsewhere: nobody here confirmed it';

INSERT INTO catalogue_entries (dataset_id, state, decided_at, imported)
SELECT id, 'confirmed', coalesce(published_at, updated_at), true FROM datasets WHERE status <> 'draft';

CREATE TABLE catalogue_revisions (
    dataset_id bigint NOT NULL REFERENCES datasets,
    number     integer NOT NULL CHECK (number >= 1),
    at         timestamptz NOT NULL,
    by_id      bigint NOT NULL,
    by_name    text NOT NULL,
    act        text NOT NULL,
    content    jsonb NOT NULL CHECK (jsonb_typeof(content) = 'object'),
    PRIMARY KEY (dataset_id, number)
);
COMMENT ON TABLE catalogue_revisions IS 'every saved state of an entry, whole, by the keys of the form';

CREATE TABLE catalogue_autosaves (
    dataset_id bigint NOT NULL REFERENCES datasets,
    user_id    bigint NOT NULL,
    user_name  text NOT NULL,
    revision   bigint NOT NULL,
    at         timestamptz NOT NULL,
    content    jsonb NOT NULL CHECK (jsonb_typeof(content) = 'object'),
    PRIMARY KEY (dataset_id, user_id)
);
COMMENT ON TABLE catalogue_autosaves IS 'what somebody is typing, until it is saved';

CREATE TABLE catalogue_templates (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    department_id bigint NOT NULL REFERENCES departments,
    name          text NOT NULL CHECK (name <> ''),
    content       jsonb NOT NULL CHECK (jsonb_typeof(content) = 'object'),
    at            timestamptz NOT NULL,
    UNIQUE (department_id, name)
);
