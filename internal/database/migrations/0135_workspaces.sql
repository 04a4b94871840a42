-- Secure development workspaces (安全开发空间，可用不可见): where a developer computes on data that nobody there can see, and from where only reviewed results leave.

CREATE TABLE workspaces (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number          text NOT NULL UNIQUE CHECK (number ~ '^KJ-\d{4}-\d{6}$'),
    scenario_id     bigint NOT NULL REFERENCES scenarios,
    organisation_id bigint NOT NULL REFERENCES organisations,
    state           text NOT NULL CHECK (state IN ('provisioning', 'ready', 'frozen', 'closing', 'destroyed')),
    state_at        timestamptz NOT NULL,
    reason          text NOT NULL DEFAULT '',
    frozen_by       text NOT NULL DEFAULT '' CHECK (frozen_by IN ('', 'regulator', 'operator')),
    wrapped_key     bytea,
    key_erased_at   timestamptz,
    cpu_seconds     integer NOT NULL CHECK (cpu_seconds > 0),
    memory_mb       integer NOT NULL CHECK (memory_mb > 0),
    wall_seconds    integer NOT NULL CHECK (wall_seconds > 0),
    concurrent      integer NOT NULL CHECK (concurrent > 0),
    rows_most       integer NOT NULL CHECK (rows_most > 0),
    opened_by       bigint NOT NULL REFERENCES users,
    opened_at       timestamptz NOT NULL,
    close_profile   text NOT NULL DEFAULT '',
    close_path      text NOT NULL DEFAULT '',
    close_from      timestamptz,
    warned_at       timestamptz,
    revision        integer NOT NULL DEFAULT 1,
    UNIQUE (id, organisation_id),
    CHECK ((state = 'frozen') = (frozen_by <> '')),
    CHECK (state <> 'frozen' OR reason <> ''),
    CHECK ((wrapped_key IS NULL) = (key_erased_at IS NOT NULL)),
    CHECK ((state = 'destroyed') = (key_erased_at IS NOT NULL)),
    CHECK ((close_path = '') = (close_from IS NULL)),
    CHECK (state <> 'closing' OR close_from IS NOT NULL)
);
CREATE UNIQUE INDEX workspaces_one ON workspaces (scenario_id) WHERE state <> 'destroyed';
CREATE INDEX workspaces_organisation ON workspaces (organisation_id, id DESC);
COMMENT ON COLUMN workspaces.wrapped_key IS 'the key of its mounts and held results, wrapped by a key that lies in the data folder and never here; gone once the workspace is destroyed';
COMMENT ON COLUMN workspaces.frozen_by IS 'who froze it; what stops by the chain above it is not written here, but asked at every step';

CREATE FUNCTION workspace_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.number, OLD.scenario_id, OLD.organisation_id, OLD.opened_by, OLD.opened_at) IS DISTINCT FROM (NEW.number, NEW.scenario_id, NEW.organisation_id, NEW.opened_by, NEW.opened_at) THEN
        RAISE EXCEPTION 'workspace % is of the scenario that it was opened for', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state = 'destroyed' OR OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('provisioning', 'ready'), ('provisioning', 'frozen'), ('ready', 'frozen'), ('frozen', 'ready'), ('provisioning', 'closing'), ('ready', 'closing'), ('frozen', 'closing'), ('closing', 'destroyed')) THEN
        RAISE EXCEPTION 'workspace % does not go from % to %', OLD.number, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION workspace_moves IS 'the moves of licensing/workspace, and no others';
CREATE TRIGGER workspaces_moves BEFORE UPDATE ON workspaces FOR EACH ROW EXECUTE FUNCTION workspace_moves();

CREATE TABLE workspace_members (
    workspace_id    bigint NOT NULL,
    organisation_id bigint NOT NULL,
    user_id         bigint NOT NULL,
    programs        boolean NOT NULL,
    asks            boolean NOT NULL,
    added_by        bigint NOT NULL REFERENCES users,
    added_at        timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, user_id),
    FOREIGN KEY (workspace_id, organisation_id) REFERENCES workspaces (id, organisation_id),
    FOREIGN KEY (organisation_id, user_id) REFERENCES organisation_members ON DELETE CASCADE,
    CHECK (programs OR asks)
);
COMMENT ON TABLE workspace_members IS 'people of the developer: who writes programs and runs them, and who asks for results to be released; whoever leaves the organisation leaves its workspaces';

-- Deliveries to a workspace stand in the same record as all others (AS-35, AB-35.4).
ALTER TABLE acquisitions
    ADD COLUMN workspace_id bigint REFERENCES workspaces,
    ADD COLUMN scenario_grant_id bigint REFERENCES scenario_grants,
    DROP CONSTRAINT acquisitions_channel_check,
    ADD CONSTRAINT acquisitions_channel_check CHECK (channel IN ('file', 'export', 'rows', 'page', 'mount')),
    ADD CONSTRAINT acquisitions_mount CHECK ((channel = 'mount') = (workspace_id IS NOT NULL) AND (channel = 'mount') = (scenario_grant_id IS NOT NULL)),
    ADD CONSTRAINT acquisitions_mount_ground CHECK (channel <> 'mount' OR grant_id IS NULL AND share_grant_id IS NULL AND organisation_id IS NOT NULL);
CREATE INDEX acquisitions_workspace ON acquisitions (workspace_id, id) WHERE workspace_id IS NOT NULL;
COMMENT ON COLUMN acquisitions.workspace_id IS 'of a version that was read into a workspace: nobody was given its bytes, but programs there compute on them';

CREATE TABLE workspace_mounts (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id   bigint NOT NULL REFERENCES workspaces,
    grant_id       bigint NOT NULL REFERENCES scenario_grants,
    version_id     bigint NOT NULL REFERENCES versions,
    position       integer NOT NULL DEFAULT 0 CHECK (position >= 0),
    name           text NOT NULL CHECK (name ~ '^[a-z][a-z0-9_]{0,62}$'),
    columns        jsonb NOT NULL CHECK (jsonb_typeof(columns) = 'array'),
    rows_where     text NOT NULL DEFAULT '',
    minimum        integer NOT NULL CHECK (minimum > 0),
    mask           text NOT NULL CHECK (mask ~ '^[0-9a-f]{64}$'),
    state          text NOT NULL CHECK (state IN ('waiting', 'ready', 'failed', 'gone')),
    current        boolean NOT NULL DEFAULT true,
    words          jsonb NOT NULL DEFAULT '[]',
    prepared       jsonb,
    acquisition_id bigint REFERENCES acquisitions,
    asked_by       bigint NOT NULL REFERENCES users,
    asked_at       timestamptz NOT NULL,
    ready_at       timestamptz,
    tries          integer NOT NULL DEFAULT 0,
    UNIQUE (workspace_id, grant_id, version_id, position, mask),
    UNIQUE (id, workspace_id),
    CHECK (state NOT IN ('ready', 'gone') OR acquisition_id IS NOT NULL AND prepared IS NOT NULL AND ready_at IS NOT NULL)
);
CREATE UNIQUE INDEX workspace_mounts_current ON workspace_mounts (workspace_id, name) WHERE current;
CREATE INDEX workspace_mounts_waiting ON workspace_mounts (id) WHERE state = 'waiting';
COMMENT ON COLUMN workspace_mounts.mask IS 'SHA-256 of columns, uses and filter: a mount is prepared once of each version, mask and filter';
COMMENT ON COLUMN workspace_mounts.prepared IS 'what the engine says of it: digest, size, permitted statistics; no row';
COMMENT ON COLUMN workspace_mounts.acquisition_id IS 'written by the path that served the version; without it nothing computes on the mount';

CREATE TABLE workspace_programs (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL REFERENCES workspaces,
    name         text NOT NULL CHECK (name ~ '^[^[:cntrl:]/\\]{1,80}\.sql$'),
    version      integer NOT NULL CHECK (version > 0),
    sql          text NOT NULL CHECK (sql <> ''),
    parameters   jsonb NOT NULL DEFAULT '[]',
    sha256       text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    saved_by     bigint NOT NULL REFERENCES users,
    saved_name   text NOT NULL,
    saved_at     timestamptz NOT NULL,
    UNIQUE (workspace_id, name, version)
);
CREATE TRIGGER workspace_programs_frozen BEFORE UPDATE OR DELETE ON workspace_programs FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER workspace_programs_kept BEFORE TRUNCATE ON workspace_programs FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE workspace_algorithms (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number       text NOT NULL UNIQUE CHECK (number ~ '^SF-\d{4}-\d{6}$'),
    workspace_id bigint NOT NULL REFERENCES workspaces,
    title        text NOT NULL CHECK (title <> ''),
    sql          text NOT NULL CHECK (sql <> ''),
    parameters   jsonb NOT NULL DEFAULT '[]',
    code_digest  text NOT NULL CHECK (code_digest ~ '^[0-9a-f]{64}$'),
    state        text NOT NULL CHECK (state IN ('proposed', 'seconded', 'approved', 'refused', 'withdrawn')),
    proposed_by  bigint NOT NULL REFERENCES users,
    proposed_name text NOT NULL,
    proposed_at  timestamptz NOT NULL,
    first_by     bigint REFERENCES users,
    first_name   text NOT NULL DEFAULT '',
    first_at     timestamptz,
    second_by    bigint REFERENCES users,
    second_name  text NOT NULL DEFAULT '',
    second_at    timestamptz,
    words        text NOT NULL DEFAULT '',
    revision     integer NOT NULL DEFAULT 1,
    CHECK (first_by <> proposed_by AND second_by <> proposed_by AND first_by <> second_by),
    CHECK (state <> 'approved' OR first_by IS NOT NULL AND second_by IS NOT NULL)
);
CREATE UNIQUE INDEX workspace_algorithms_one ON workspace_algorithms (workspace_id, code_digest) WHERE state NOT IN ('refused', 'withdrawn');
COMMENT ON TABLE workspace_algorithms IS 'programs pinned by the digest of their text, which two people looked at: they run again with other parameters; their results are reviewed like all';

CREATE TABLE workspace_jobs (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number       text NOT NULL UNIQUE CHECK (number ~ '^ZY-\d{4}-\d{6}$'),
    workspace_id bigint NOT NULL REFERENCES workspaces,
    kind         text NOT NULL CHECK (kind IN ('sql', 'algorithm', 'sample')),
    algorithm_id bigint REFERENCES workspace_algorithms,
    name         text NOT NULL DEFAULT '',
    sql          text NOT NULL CHECK (sql <> ''),
    parameters   jsonb NOT NULL DEFAULT '[]',
    given        jsonb NOT NULL DEFAULT '{}',
    state        text NOT NULL CHECK (state IN ('queued', 'vetting', 'refused', 'running', 'succeeded', 'failed', 'timed_out', 'killed', 'cancelled')),
    state_at     timestamptz NOT NULL,
    words        jsonb NOT NULL DEFAULT '[]',
    findings     jsonb NOT NULL DEFAULT '[]',
    asked_by     bigint NOT NULL REFERENCES users,
    asked_name   text NOT NULL,
    key_prefix   text NOT NULL DEFAULT '',
    asked_at     timestamptz NOT NULL,
    runner       text NOT NULL DEFAULT '',
    started_at   timestamptz,
    ended_at     timestamptz,
    percent      real NOT NULL DEFAULT 0,
    read_rows    bigint NOT NULL DEFAULT 0,
    of_rows      bigint NOT NULL DEFAULT 0,
    code_digest  text NOT NULL DEFAULT '',
    tree_digest  text NOT NULL DEFAULT '',
    engine       text NOT NULL DEFAULT '',
    log_digest   text NOT NULL DEFAULT '',
    cpu_ms       bigint NOT NULL DEFAULT 0,
    wall_ms      bigint NOT NULL DEFAULT 0,
    memory_bytes bigint NOT NULL DEFAULT 0,
    columns      jsonb NOT NULL DEFAULT '[]',
    rows_out     bigint NOT NULL DEFAULT 0,
    sha256       text NOT NULL DEFAULT '',
    sample       jsonb,
    stop_as      text NOT NULL DEFAULT '' CHECK (stop_as IN ('', 'cancelled', 'killed')),
    stop_words   jsonb NOT NULL DEFAULT '[]',
    sent         text UNIQUE,
    revision     integer NOT NULL DEFAULT 1,
    UNIQUE (id, workspace_id),
    CHECK ((kind = 'algorithm') = (algorithm_id IS NOT NULL)),
    CHECK (kind = 'sample' OR sample IS NULL),
    CHECK (state <> 'succeeded' OR kind = 'sample' OR sha256 <> ''),
    CHECK ((state IN ('vetting', 'running')) = (runner <> '')),
    CHECK ((ended_at IS NULL) = (state IN ('queued', 'vetting', 'running')))
);
CREATE INDEX workspace_jobs_workspace ON workspace_jobs (workspace_id, id DESC);
CREATE INDEX workspace_jobs_open ON workspace_jobs (state, id) WHERE state IN ('queued', 'vetting', 'running');
COMMENT ON COLUMN workspace_jobs.stop_as IS 'as what whoever runs it ends it, as soon as they see this: somebody cancelled it, or the workspace was stopped';
COMMENT ON COLUMN workspace_jobs.sample IS 'what a program gave on synthetic rows, made of permitted statistics: it may be seen at once';
COMMENT ON COLUMN workspace_jobs.words IS 'why it ended so: a sentence and what stands in it; never what the engine said, which may quote values';

CREATE FUNCTION workspace_job_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.ended_at IS NOT NULL THEN
        RAISE EXCEPTION 'job % is over and stays as it is', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF (OLD.number, OLD.workspace_id, OLD.kind, OLD.algorithm_id, OLD.sql, OLD.parameters, OLD.given, OLD.asked_by, OLD.asked_at) IS DISTINCT FROM
       (NEW.number, NEW.workspace_id, NEW.kind, NEW.algorithm_id, NEW.sql, NEW.parameters, NEW.given, NEW.asked_by, NEW.asked_at) THEN
        RAISE EXCEPTION 'job % runs what was asked for', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('queued', 'vetting'), ('vetting', 'refused'), ('vetting', 'running'), ('running', 'succeeded'), ('running', 'failed'), ('running', 'timed_out'), ('running', 'killed'),
        ('queued', 'cancelled'), ('vetting', 'cancelled'), ('running', 'cancelled'), ('queued', 'killed'), ('vetting', 'killed'), ('vetting', 'failed')) THEN
        RAISE EXCEPTION 'job % does not go from % to %', OLD.number, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION workspace_job_moves IS 'the moves of licensing/workspace, and no others';
CREATE TRIGGER workspace_jobs_moves BEFORE UPDATE ON workspace_jobs FOR EACH ROW EXECUTE FUNCTION workspace_job_moves();

CREATE TABLE workspace_job_mounts (
    job_id       bigint NOT NULL,
    workspace_id bigint NOT NULL,
    mount_id     bigint NOT NULL,
    rows_read    bigint NOT NULL DEFAULT 0 CHECK (rows_read >= 0),
    PRIMARY KEY (job_id, mount_id),
    FOREIGN KEY (job_id, workspace_id) REFERENCES workspace_jobs (id, workspace_id),
    FOREIGN KEY (mount_id, workspace_id) REFERENCES workspace_mounts (id, workspace_id)
);
COMMENT ON TABLE workspace_job_mounts IS 'what a job read: mounts of its own workspace and of no other';

CREATE TABLE workspace_job_log (
    job_id  bigint NOT NULL REFERENCES workspace_jobs,
    line    integer NOT NULL CHECK (line > 0),
    at      timestamptz NOT NULL,
    act     text NOT NULL CHECK (act <> ''),
    details jsonb NOT NULL DEFAULT '{}',
    hash    text NOT NULL CHECK (hash ~ '^[0-9a-f]{64}$'),
    PRIMARY KEY (job_id, line)
);
CREATE TRIGGER workspace_job_log_frozen BEFORE UPDATE OR DELETE ON workspace_job_log FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER workspace_job_log_kept BEFORE TRUNCATE ON workspace_job_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
COMMENT ON COLUMN workspace_job_log.hash IS 'SHA-256 of the hash of the line before and this line';

CREATE TABLE workspace_results (
    job_id bigint PRIMARY KEY REFERENCES workspace_jobs,
    box    bytea NOT NULL,
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    bytes  bigint NOT NULL CHECK (bytes >= 0)
);
COMMENT ON TABLE workspace_results IS 'results that are held, sealed with the key of their workspace; they go when the workspace is destroyed';

CREATE TABLE output_reviews (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number         text NOT NULL UNIQUE CHECK (number ~ '^SC-\d{4}-\d{6}$'),
    workspace_id   bigint NOT NULL,
    job_id         bigint NOT NULL,
    state          text NOT NULL CHECK (state IN ('auto_check', 'auto_rejected', 'queued', 'first_review', 'second_review', 'released', 'released_with_changes', 'rejected', 'escalated', 'withdrawn')),
    state_at       timestamptz NOT NULL,
    title          text NOT NULL CHECK (title <> ''),
    purpose        text NOT NULL CHECK (purpose <> ''),
    asked_by       bigint NOT NULL REFERENCES users,
    asked_name     text NOT NULL,
    asked_at       timestamptz NOT NULL,
    round          integer NOT NULL DEFAULT 1 CHECK (round > 0),
    changes        jsonb NOT NULL DEFAULT '{}',
    checks         jsonb NOT NULL DEFAULT '[]',
    checked_at     timestamptz,
    box            bytea,
    sha256         text NOT NULL DEFAULT '',
    rows_out       bigint NOT NULL DEFAULT 0,
    first_by       bigint REFERENCES users,
    first_name     text NOT NULL DEFAULT '',
    first_words    text NOT NULL DEFAULT '',
    first_at       timestamptz,
    second_by      bigint REFERENCES users,
    second_name    text NOT NULL DEFAULT '',
    second_words   text NOT NULL DEFAULT '',
    second_at      timestamptz,
    words          text NOT NULL DEFAULT '',
    clock_profile  text NOT NULL,
    clock_path     text NOT NULL,
    clock_from     timestamptz NOT NULL,
    ended_at       timestamptz,
    tries          integer NOT NULL DEFAULT 0,
    revision       integer NOT NULL DEFAULT 1,
    FOREIGN KEY (job_id, workspace_id) REFERENCES workspace_jobs (id, workspace_id),
    CHECK (first_by <> asked_by AND second_by <> asked_by AND first_by <> second_by),
    CHECK ((first_by IS NULL) = (first_at IS NULL) AND (second_by IS NULL) = (second_at IS NULL)),
    CHECK (second_by IS NULL OR first_by IS NOT NULL),
    CHECK (state <> 'second_review' OR first_by IS NOT NULL),
    CHECK (state <> 'released' OR second_by IS NOT NULL AND sha256 <> ''),
    CHECK ((ended_at IS NULL) = (state IN ('auto_check', 'queued', 'first_review', 'second_review', 'released_with_changes', 'escalated')))
);
CREATE UNIQUE INDEX output_reviews_one ON output_reviews (job_id) WHERE ended_at IS NULL OR state = 'released';
CREATE INDEX output_reviews_workspace ON output_reviews (workspace_id, id DESC);
CREATE INDEX output_reviews_open ON output_reviews (state, id) WHERE ended_at IS NULL;
COMMENT ON TABLE output_reviews IS 'results that somebody asked to be released (结果数据不可逆算): checked by rules, then by two people, neither of whom asked nor is of the organisation that did';
COMMENT ON COLUMN output_reviews.box IS 'the result as it would leave, sealed with the key of its workspace';
COMMENT ON COLUMN output_reviews.changes IS 'what the reviewers want changed: columns that are left out, and how coarse counts are';

CREATE FUNCTION output_review_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.ended_at IS NOT NULL THEN
        IF NEW.box IS NULL AND (to_jsonb(NEW) - 'box') = (to_jsonb(OLD) - 'box') THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'review % is over and stays as it is', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF (OLD.number, OLD.workspace_id, OLD.job_id, OLD.asked_by, OLD.asked_at) IS DISTINCT FROM (NEW.number, NEW.workspace_id, NEW.job_id, NEW.asked_by, NEW.asked_at) THEN
        RAISE EXCEPTION 'review % is of the result that it was asked for', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('auto_check', 'auto_rejected'), ('auto_check', 'queued'), ('queued', 'first_review'), ('first_review', 'second_review'), ('second_review', 'released'),
        ('first_review', 'rejected'), ('second_review', 'rejected'), ('first_review', 'released_with_changes'), ('second_review', 'released_with_changes'), ('released_with_changes', 'auto_check'),
        ('first_review', 'escalated'), ('second_review', 'escalated'), ('escalated', 'second_review'), ('escalated', 'released'), ('escalated', 'rejected'),
        ('auto_check', 'withdrawn'), ('queued', 'withdrawn'), ('first_review', 'withdrawn'), ('second_review', 'withdrawn'), ('released_with_changes', 'withdrawn'), ('escalated', 'withdrawn')) THEN
        RAISE EXCEPTION 'review % does not go from % to %', OLD.number, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.first_by IS NOT NULL AND EXISTS (SELECT FROM organisation_members m JOIN workspaces w ON w.organisation_id = m.organisation_id WHERE w.id = NEW.workspace_id AND m.user_id IN (NEW.first_by, coalesce(NEW.second_by, NEW.first_by))) THEN
        RAISE EXCEPTION 'review %: whoever is of the organisation that asks does not review', OLD.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION output_review_moves IS 'the moves of licensing/workspace, and no others; reviewers are of another organisation than who asks';
CREATE TRIGGER output_reviews_moves BEFORE UPDATE ON output_reviews FOR EACH ROW EXECUTE FUNCTION output_review_moves();

CREATE TABLE output_review_events (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    review_id bigint NOT NULL REFERENCES output_reviews,
    act       text NOT NULL,
    side      text NOT NULL,
    by_id     bigint NOT NULL,
    name      text NOT NULL,
    words     text NOT NULL DEFAULT '',
    at        timestamptz NOT NULL
);
CREATE INDEX output_review_events_review ON output_review_events (review_id, id);
CREATE TRIGGER output_review_events_frozen BEFORE UPDATE OR DELETE ON output_review_events FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER output_review_events_kept BEFORE TRUNCATE ON output_review_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE releases (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number       text NOT NULL UNIQUE CHECK (number ~ '^FC-\d{4}-\d{6}$'),
    review_id    bigint NOT NULL UNIQUE REFERENCES output_reviews,
    workspace_id bigint NOT NULL,
    job_id       bigint NOT NULL,
    title        text NOT NULL,
    sha256       text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    columns      jsonb NOT NULL,
    rows_out     bigint NOT NULL,
    cells        bigint NOT NULL,
    sources      jsonb NOT NULL CHECK (jsonb_typeof(sources) = 'array' AND sources <> '[]'),
    ledger       bytea NOT NULL,
    at           timestamptz NOT NULL,
    FOREIGN KEY (job_id, workspace_id) REFERENCES workspace_jobs (id, workspace_id)
);
CREATE INDEX releases_workspace ON releases (workspace_id, id DESC);
COMMENT ON TABLE releases IS 'what left a workspace: the only place from which anything of a result is served';
COMMENT ON COLUMN releases.sources IS 'of every mount that the job read: the acquisition, the version with its digest, the department, the day of acquisition';
COMMENT ON COLUMN releases.ledger IS 'who stands behind its rows, without saying who, sealed: later releases of the same sources are held against it';

CREATE TABLE release_files (
    release_id bigint NOT NULL REFERENCES releases,
    form       text NOT NULL CHECK (form IN ('csv', 'json')),
    body       bytea NOT NULL,
    sha256     text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    PRIMARY KEY (release_id, form)
);

CREATE TABLE release_inputs (
    release_id     bigint NOT NULL REFERENCES releases,
    acquisition_id bigint NOT NULL REFERENCES acquisitions,
    dataset_id     bigint NOT NULL REFERENCES datasets,
    PRIMARY KEY (release_id, acquisition_id)
);
CREATE INDEX release_inputs_dataset ON release_inputs (dataset_id, release_id);
CREATE INDEX release_inputs_acquisition ON release_inputs (acquisition_id);
COMMENT ON TABLE release_inputs IS 'the acquisitions of what a released result was made of';

CREATE TABLE release_downloads (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    release_id bigint NOT NULL REFERENCES releases,
    form       text NOT NULL,
    sha256     text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    user_id    bigint NOT NULL REFERENCES users,
    key_prefix text NOT NULL DEFAULT '',
    at         timestamptz NOT NULL
);
CREATE INDEX release_downloads_release ON release_downloads (release_id, id);
COMMENT ON TABLE release_downloads IS 'every time that anything of a workspace was handed out';

CREATE FUNCTION only_released() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM output_reviews r WHERE r.id = NEW.review_id AND r.state = 'released' AND r.job_id = NEW.job_id AND r.workspace_id = NEW.workspace_id AND r.sha256 = NEW.sha256) THEN
        RAISE EXCEPTION 'nothing leaves workspace % but what two people released', NEW.workspace_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION only_released IS 'egress = released';
CREATE TRIGGER releases_only BEFORE INSERT ON releases FOR EACH ROW EXECUTE FUNCTION only_released();

CREATE TABLE usage_events (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source       text NOT NULL CHECK (source <> ''),
    event_id     text NOT NULL CHECK (event_id <> ''),
    workspace_id bigint NOT NULL REFERENCES workspaces,
    meter        text NOT NULL CHECK (meter IN ('cpu_ms', 'memory_bytes', 'rows_read', 'cells_released', 'storage_bytes')),
    quantity     bigint NOT NULL CHECK (quantity >= 0),
    dims         jsonb NOT NULL DEFAULT '{}',
    at           timestamptz NOT NULL,
    received_at  timestamptz NOT NULL,
    UNIQUE (source, event_id)
);
CREATE INDEX usage_events_workspace ON usage_events (workspace_id, at);
COMMENT ON TABLE usage_events IS 'what was used, measured whether it is charged or not; one of a source is counted once';

CREATE TABLE workspace_destructions (
    workspace_id bigint PRIMARY KEY REFERENCES workspaces,
    number       text NOT NULL UNIQUE CHECK (number ~ '^XHKJ-\d{4}-\d{6}$'),
    items        jsonb NOT NULL CHECK (jsonb_typeof(items) = 'array'),
    body         text NOT NULL CHECK (body <> ''),
    sha256       text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    at           timestamptz NOT NULL
);
COMMENT ON TABLE workspace_destructions IS 'certificates of destruction: what was destroyed, by digest, and when the key was erased';

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['releases', 'release_files', 'release_inputs', 'release_downloads', 'usage_events', 'workspace_destructions'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()', t || '_frozen', t);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', t || '_kept', t);
    END LOOP;
END $$;
