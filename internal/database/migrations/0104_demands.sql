-- Data that people ask for and that is not there yet (供需对接; AS-26, FJ-3.1): who wants it too, and what departments answer.

CREATE TABLE demands (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id       bigint REFERENCES users,
    proposer      text NOT NULL CHECK (proposer <> ''),
    title         text NOT NULL CHECK (title <> ''),
    need          text NOT NULL CHECK (need <> ''),
    purpose       text NOT NULL CHECK (purpose <> ''),
    title_grams   text[] NOT NULL,
    grams         text[] NOT NULL,
    proposed_at   timestamptz NOT NULL,
    department_id bigint REFERENCES departments,
    state         text NOT NULL CHECK (state IN ('unassigned', 'open', 'planned', 'there', 'refused', 'withdrawn')),
    ground        text NOT NULL DEFAULT '' CHECK (ground IN ('', 'barred', 'nothing', 'undue')),
    answer        text NOT NULL DEFAULT '',
    bases         jsonb NOT NULL DEFAULT '[]',
    answered_by   bigint,
    answered_name text NOT NULL DEFAULT '',
    answered_at   timestamptz,
    planned_on    date,
    entry_id      bigint REFERENCES datasets,
    dataset_id    bigint REFERENCES datasets,
    merged_into   bigint REFERENCES demands CHECK (merged_into <> id),
    root_id       bigint REFERENCES demands CHECK (root_id <> id),
    hidden_at     timestamptz,
    hidden_by     bigint,
    hidden_name   text NOT NULL DEFAULT '',
    hidden_reason text NOT NULL DEFAULT '',
    votes         integer NOT NULL DEFAULT 0 CHECK (votes >= 0),
    revision      integer NOT NULL DEFAULT 1,
    CHECK (department_id IS NOT NULL OR state IN ('unassigned', 'withdrawn')),
    CHECK (state <> 'unassigned' OR department_id IS NULL),
    CHECK ((state IN ('planned', 'there', 'refused')) = (answered_at IS NOT NULL)),
    CHECK (state <> 'planned' OR planned_on IS NOT NULL),
    CHECK ((state = 'there') = (dataset_id IS NOT NULL)),
    CHECK ((state = 'refused') = (ground <> '')),
    CHECK (state <> 'refused' OR answer <> ''),
    CHECK ((merged_into IS NULL) = (root_id IS NULL)),
    CHECK ((hidden_at IS NULL) = (hidden_reason = '') AND (hidden_at IS NULL) = (hidden_by IS NULL))
);
CREATE INDEX demands_votes ON demands (votes DESC, id DESC) WHERE root_id IS NULL AND hidden_at IS NULL AND state <> 'withdrawn';
CREATE INDEX demands_state ON demands (state, votes DESC, id DESC) WHERE root_id IS NULL AND hidden_at IS NULL;
CREATE INDEX demands_department ON demands (department_id, id DESC);
CREATE INDEX demands_user ON demands (user_id, id DESC);
CREATE INDEX demands_root ON demands (coalesce(root_id, id));
CREATE INDEX demands_planned ON demands (entry_id) WHERE state = 'planned' AND entry_id IS NOT NULL;
CREATE INDEX demands_grams ON demands USING gin (grams);
CREATE INDEX demands_title_grams ON demands USING gin (title_grams);
CREATE UNIQUE INDEX demands_once ON demands (user_id, md5(title)) WHERE state IN ('unassigned', 'open');
COMMENT ON TABLE demands IS 'public at once, unlike questions: others are to see and second them before they are answered';
COMMENT ON COLUMN demands.user_id IS 'who proposed it; null once the account is gone';
COMMENT ON COLUMN demands.proposer IS 'as the proposer wants to be called in public';
COMMENT ON COLUMN demands.department_id IS 'whose turn it is, or whose answer it is; null while the platform looks for one';
COMMENT ON COLUMN demands.entry_id IS 'the entry that is to become it: once everybody may see that, the demand is met';
COMMENT ON COLUMN demands.dataset_id IS 'the entry that is it';
COMMENT ON COLUMN demands.merged_into IS 'the demand that it is the same as';
COMMENT ON COLUMN demands.root_id IS 'the demand at the end of that way, where its votes count';
COMMENT ON COLUMN demands.votes IS 'accounts that second it or one that was merged into it, but for its proposer; 0 of one that was merged';
COMMENT ON COLUMN demands.grams IS 'pairs of neighbouring characters of all it says, by which it is found';

CREATE TABLE demand_votes (
    demand_id bigint NOT NULL REFERENCES demands,
    user_id   bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    at        timestamptz NOT NULL,
    PRIMARY KEY (demand_id, user_id)
);
CREATE INDEX demand_votes_user ON demand_votes (user_id);
COMMENT ON TABLE demand_votes IS 'kept with the demand that was seconded, also once that is merged: so that a merge can be undone';

CREATE TABLE demand_follows (
    demand_id bigint NOT NULL REFERENCES demands,
    user_id   bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    at        timestamptz NOT NULL,
    PRIMARY KEY (demand_id, user_id)
);
CREATE INDEX demand_follows_user ON demand_follows (user_id);

CREATE TABLE demand_reports (
    demand_id bigint NOT NULL REFERENCES demands,
    user_id   bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    reason    text NOT NULL CHECK (reason IN ('personal', 'abuse', 'advert', 'unlawful')),
    at        timestamptz NOT NULL,
    closed_at timestamptz,
    upheld    boolean,
    PRIMARY KEY (demand_id, user_id),
    CHECK ((closed_at IS NULL) = (upheld IS NULL))
);
CREATE INDEX demand_reports_user ON demand_reports (user_id);

CREATE TABLE demand_turns (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    demand_id     bigint NOT NULL REFERENCES demands,
    department_id bigint REFERENCES departments,
    clock_profile text NOT NULL,
    clock_path    text NOT NULL,
    began_at      timestamptz NOT NULL,
    ended_at      timestamptz CHECK (ended_at >= began_at),
    ended         text NOT NULL DEFAULT '',
    CHECK ((ended_at IS NULL) = (ended = ''))
);
CREATE UNIQUE INDEX demand_turns_open ON demand_turns (demand_id) WHERE ended_at IS NULL;
CREATE INDEX demand_turns_demand ON demand_turns (demand_id, id);
CREATE INDEX demand_turns_department ON demand_turns (department_id, id);
COMMENT ON TABLE demand_turns IS 'whose turn it was, from when to when, by which clock; no department: the turn of the platform, which finds one';
COMMENT ON COLUMN demand_turns.ended IS 'the act that ended it';

CREATE TABLE demand_steps (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    demand_id     bigint NOT NULL REFERENCES demands,
    act           text NOT NULL CHECK (act <> ''),
    by_id         bigint,
    name          text NOT NULL DEFAULT '',
    by_department bigint REFERENCES departments,
    department_id bigint REFERENCES departments,
    other_id      bigint REFERENCES demands,
    dataset_id    bigint REFERENCES datasets,
    planned_on    date,
    words         text NOT NULL DEFAULT '',
    at            timestamptz NOT NULL,
    told_at       timestamptz
);
CREATE INDEX demand_steps_demand ON demand_steps (demand_id, id);
COMMENT ON TABLE demand_steps IS 'what was done with a demand, in public';
COMMENT ON COLUMN demand_steps.by_id IS 'who did it for a body; null of its proposer and of the program';
COMMENT ON COLUMN demand_steps.department_id IS 'to which department it went';
COMMENT ON COLUMN demand_steps.other_id IS 'with which demand it was merged';
COMMENT ON COLUMN demand_steps.told_at IS 'when those who wait for it were written to: once';

-- A key may ask for data in its owner's name.
ALTER TABLE api_keys DROP CONSTRAINT api_keys_scopes_check;
ALTER TABLE api_keys ADD CONSTRAINT api_keys_scopes_check CHECK (cardinality(scopes) > 0 AND scopes <@ ARRAY['read', 'publish', 'apply']);
