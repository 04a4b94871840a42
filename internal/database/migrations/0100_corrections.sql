-- Objections to data and their re-check (数据复核: AB-28, AS-23.2).

CREATE TABLE corrections (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dataset_id     bigint NOT NULL REFERENCES datasets,
    department_id  bigint NOT NULL REFERENCES departments,
    profile        text NOT NULL,
    channel        text NOT NULL CHECK (channel IN ('provider', 'platform')),
    version_id     bigint REFERENCES versions,
    position       integer,
    row_number     bigint CHECK (row_number >= 1),
    column_name    text NOT NULL DEFAULT '',
    alleged        text NOT NULL CHECK (alleged <> ''),
    evidence       text NOT NULL CHECK (evidence <> ''),
    salt           bytea NOT NULL CHECK (length(salt) = 16),
    state          text NOT NULL CHECK (state IN ('submitted', 'received', 'checking', 'extended', 'inconsistent', 'corrected', 'no_error', 'closed')),
    filed_at       timestamptz NOT NULL,
    received_at    timestamptz,
    clock_profile  text NOT NULL,
    clock_path     text NOT NULL,
    clock_from     timestamptz NOT NULL,
    ask_at         timestamptz,
    ask_by         bigint,
    ask_name       text NOT NULL DEFAULT '',
    ask_days       integer,
    ask_reason     text NOT NULL DEFAULT '',
    more_at        timestamptz,
    more_by        bigint,
    more_name      text NOT NULL DEFAULT '',
    more_path      text NOT NULL DEFAULT '',
    more_days      integer CHECK (more_days >= 1),
    more_from      date,
    case_id        bigint REFERENCES source_cases,
    outcome        text NOT NULL DEFAULT '' CHECK (outcome IN ('', 'corrected', 'no_error')),
    answer         text NOT NULL DEFAULT '',
    answered_at    timestamptz,
    answered_by    bigint,
    answered_name  text NOT NULL DEFAULT '',
    fix_version    bigint REFERENCES versions,
    fix_position   integer,
    fix_revision   integer,
    fix_entry      integer,
    reopened_at    timestamptz,
    closed_at      timestamptz,
    erased_at      timestamptz,
    revision       integer NOT NULL DEFAULT 1,
    FOREIGN KEY (version_id, position) REFERENCES version_tables (version_id, position),
    FOREIGN KEY (fix_version, fix_position, fix_revision) REFERENCES dictionary_revisions (version_id, position, number),
    FOREIGN KEY (dataset_id, fix_entry) REFERENCES catalogue_revisions (dataset_id, number),
    CHECK (position IS NULL OR version_id IS NOT NULL),
    CHECK (row_number IS NULL AND column_name = '' OR position IS NOT NULL),
    CHECK ((received_at IS NULL) = (state = 'submitted')),
    CHECK (received_at >= filed_at AND (channel = 'platform' OR received_at = filed_at)),
    CHECK (channel = 'platform' OR state <> 'submitted'),
    CHECK ((ask_at IS NULL) = (ask_by IS NULL) AND (ask_at IS NULL) = (ask_days IS NULL) AND (ask_at IS NULL) = (ask_reason = '')),
    CHECK ((more_at IS NULL) = (more_by IS NULL) AND (more_at IS NULL) = (more_days IS NULL) AND (more_at IS NULL) = (more_from IS NULL) AND (more_at IS NULL) = (more_path = '')),
    CHECK (more_at IS NULL OR ask_at IS NOT NULL AND more_by <> ask_by AND more_days <= ask_days),
    CHECK (state <> 'extended' OR more_at IS NOT NULL),
    CHECK (state <> 'inconsistent' OR case_id IS NOT NULL),
    CHECK ((state IN ('corrected', 'no_error', 'closed')) = (outcome <> '')),
    CHECK (state NOT IN ('corrected', 'no_error') OR state = outcome),
    CHECK ((outcome <> '') = (answer <> '' AND answered_by IS NOT NULL AND answered_at IS NOT NULL)),
    CHECK ((outcome = 'corrected') = (fix_version IS NOT NULL OR fix_entry IS NOT NULL)),
    CHECK ((fix_position IS NULL) = (fix_revision IS NULL) AND (fix_position IS NULL OR fix_version IS NOT NULL) AND (fix_entry IS NULL OR fix_version IS NULL)),
    CHECK ((closed_at IS NOT NULL) = (state = 'closed')),
    CHECK (erased_at IS NULL OR closed_at IS NOT NULL)
);
CREATE INDEX corrections_desk ON corrections (department_id, clock_from, id) WHERE state IN ('received', 'checking', 'extended', 'inconsistent');
CREATE INDEX corrections_submitted ON corrections (profile, clock_from, id) WHERE state = 'submitted';
CREATE INDEX corrections_asked ON corrections (department_id, clock_from, id) WHERE state = 'checking' AND ask_at IS NOT NULL AND more_at IS NULL;
CREATE INDEX corrections_department ON corrections (department_id, id DESC);
CREATE INDEX corrections_profile ON corrections (profile, id DESC);
CREATE INDEX corrections_answered ON corrections (dataset_id, id DESC) WHERE outcome <> '';
CREATE INDEX corrections_open ON corrections (dataset_id, id) WHERE outcome = '';
CREATE INDEX corrections_ending ON corrections (answered_at, id) WHERE state IN ('corrected', 'no_error');
CREATE INDEX corrections_closed ON corrections (closed_at, id) WHERE state = 'closed' AND erased_at IS NULL;
CREATE INDEX corrections_case ON corrections (case_id) WHERE case_id IS NOT NULL;
CREATE UNIQUE INDEX corrections_once ON corrections (dataset_id, coalesce(version_id, 0), coalesce(position, -1), coalesce(row_number, 0), column_name, md5(alleged)) WHERE outcome = '';
COMMENT ON TABLE corrections IS 'public once answered; until then its place and its clock are, and not its words';
COMMENT ON COLUMN corrections.department_id IS 'who had the entry when it was filed, and answers';
COMMENT ON COLUMN corrections.profile IS 'the text that bound that department then';
COMMENT ON COLUMN corrections.version_id IS 'what the place is counted in; null: the entry';
COMMENT ON COLUMN corrections.row_number IS 'of the file, from 1';
COMMENT ON COLUMN corrections.evidence IS 'the department alone reads it';
COMMENT ON COLUMN corrections.salt IS 'of the link of whoever filed it, which nothing keeps';
COMMENT ON COLUMN corrections.filed_at IS 'when the platform had it';
COMMENT ON COLUMN corrections.received_at IS 'when the department had it: the clock runs from here (AB-28.2)';
COMMENT ON COLUMN corrections.clock_from IS 'of the forwarding, of the receipt, or of the reopening';
COMMENT ON COLUMN corrections.ask_at IS 'an officer asked for the one extension';
COMMENT ON COLUMN corrections.more_at IS 'the head gave it';
COMMENT ON COLUMN corrections.more_from IS 'the old last day: the extension runs from it';
COMMENT ON COLUMN corrections.fix_version IS 'the version that puts it right, or of which a revision of the dictionary does';
COMMENT ON COLUMN corrections.fix_entry IS 'the revision of the entry that puts it right';

-- Who filed it, apart from what was filed: it goes once the objection is closed for so long, and with the account.
CREATE TABLE correction_reporters (
    correction_id bigint PRIMARY KEY REFERENCES corrections,
    user_id       bigint REFERENCES users ON DELETE CASCADE,
    contact       text NOT NULL CHECK (contact <> ''),
    language      text NOT NULL CHECK (language IN ('zh', 'en'))
);
CREATE INDEX correction_reporters_user ON correction_reporters (user_id, correction_id DESC);
COMMENT ON TABLE correction_reporters IS 'personal data: the department alone sees it';

CREATE TABLE correction_events (
    correction_id bigint NOT NULL REFERENCES corrections,
    number        integer NOT NULL CHECK (number >= 1),
    act           text NOT NULL,
    at            timestamptz NOT NULL,
    by_name       text NOT NULL DEFAULT '',
    words         text NOT NULL DEFAULT '',
    PRIMARY KEY (correction_id, number)
);
COMMENT ON COLUMN correction_events.by_name IS 'empty: whoever filed it, or the platform';

ALTER TABLE datasets ADD COLUMN rechecks integer NOT NULL DEFAULT 0 CHECK (rechecks >= 0);
COMMENT ON COLUMN datasets.rechecks IS 'how many objections to it are open: it stays open meanwhile and is marked (AB-28.3)';

ALTER TABLE events DROP CONSTRAINT events_kind_check,
    ADD CONSTRAINT events_kind_check CHECK (kind IN ('published', 'restored', 'withdrawn', 'version', 'schema', 'correction', 'overdue', 'answer', 'note', 'recheck'));
