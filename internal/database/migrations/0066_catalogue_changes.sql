-- What happened that obliges a department to change its catalogue (AB-17, FJ-2.2, AS-12.3), and how far the change is.

CREATE TABLE catalogue_changes (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    department_id bigint NOT NULL REFERENCES departments,
    trigger       text NOT NULL CHECK (trigger <> ''),
    event_date    date NOT NULL,
    evidence      text NOT NULL CHECK (evidence <> ''),
    state         text NOT NULL DEFAULT 'event_recorded' CHECK (state IN ('event_recorded', 'updated', 'reported', 'approved', 'returned', 'duplicate')),
    clock_profile text NOT NULL,
    clock_path    text NOT NULL,
    recorded_at   timestamptz NOT NULL,
    recorded_by   bigint NOT NULL,
    updated_at    timestamptz,
    reported_at   timestamptz,
    reported_by   bigint,
    decided_at    timestamptz,
    decided_by    text NOT NULL DEFAULT '',
    reason        text NOT NULL DEFAULT '',
    sample        boolean NOT NULL DEFAULT false,
    revision      bigint NOT NULL DEFAULT 1,
    CHECK (state = 'event_recorded' OR updated_at IS NOT NULL),
    CHECK (state IN ('event_recorded', 'updated') OR reported_at IS NOT NULL),
    CHECK (state NOT IN ('returned', 'duplicate') OR reason <> '')
);
CREATE INDEX catalogue_changes_department ON catalogue_changes (department_id);
COMMENT ON COLUMN catalogue_changes.event_date IS '情形发生之日: the clock runs from it, and not from when it was recorded';
COMMENT ON COLUMN catalogue_changes.clock_profile IS 'profile and rule of the clock of the update; whether it is late is never stored';

CREATE TABLE catalogue_change_entries (
    change_id  bigint NOT NULL REFERENCES catalogue_changes,
    dataset_id bigint NOT NULL REFERENCES datasets,
    before     jsonb NOT NULL CHECK (jsonb_typeof(before) = 'object'),
    after      jsonb CHECK (jsonb_typeof(after) = 'object'),
    applied_at timestamptz,
    PRIMARY KEY (change_id, dataset_id)
);
COMMENT ON COLUMN catalogue_change_entries.after IS 'what the entry is to say, by the keys of the form; null until it is written';
