-- What a department explains of its entries (解读).

CREATE TABLE notes (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dataset_id bigint NOT NULL REFERENCES datasets,
    state      text NOT NULL CHECK (state IN ('draft', 'submitted', 'returned', 'approved')),
    title      text NOT NULL DEFAULT '',
    title_en   text NOT NULL DEFAULT '',
    body       text NOT NULL DEFAULT '',
    body_en    text NOT NULL DEFAULT '',
    reason     text NOT NULL DEFAULT '',
    author_id  bigint NOT NULL,
    author     text NOT NULL,
    changed_at timestamptz NOT NULL,
    revision   integer NOT NULL DEFAULT 1,
    CHECK (state = 'draft' OR title <> '' AND body <> ''),
    CHECK (state <> 'returned' OR reason <> '')
);
CREATE INDEX notes_dataset ON notes (dataset_id, id DESC);
COMMENT ON TABLE notes IS 'what is being written; what everybody reads is the newest of note_versions';

CREATE TABLE note_versions (
    note_id     bigint NOT NULL REFERENCES notes,
    number      integer NOT NULL CHECK (number > 0),
    title       text NOT NULL CHECK (title <> ''),
    title_en    text NOT NULL DEFAULT '',
    body        text NOT NULL CHECK (body <> ''),
    body_en     text NOT NULL DEFAULT '',
    author_id   bigint NOT NULL,
    author      text NOT NULL,
    approver_id bigint NOT NULL,
    approver    text NOT NULL,
    approved_at timestamptz NOT NULL,
    PRIMARY KEY (note_id, number),
    CHECK (author_id <> approver_id)
);
COMMENT ON TABLE note_versions IS 'approved by somebody else than wrote it; never changed';
CREATE TRIGGER note_versions_frozen BEFORE UPDATE OR DELETE ON note_versions FOR EACH ROW EXECUTE FUNCTION refuse_change();
