-- A side of higher rank may take over what another has suspended; a body above is told from the body itself; and what was done with a workspace is kept.

CREATE FUNCTION hold_rank(side text) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE side WHEN 'platform' THEN 1 WHEN 'operator' THEN 2 WHEN 'body' THEN 3 WHEN 'authority' THEN 3 WHEN 'above' THEN 4 WHEN 'regulator' THEN 5 ELSE 0 END
$$;
COMMENT ON FUNCTION hold_rank IS 'the rank of licensing/hold';

ALTER TABLE mandates
    ADD COLUMN held_body bigint,
    DROP CONSTRAINT mandates_held_by_check,
    ADD CONSTRAINT mandates_held_by_check CHECK (held_by IN ('', 'body', 'above', 'regulator')),
    ADD CONSTRAINT mandates_held_body_check CHECK ((held_by = 'above') = (held_body IS NOT NULL)),
    ADD FOREIGN KEY (held_body, body_side) REFERENCES departments (id, side);
COMMENT ON COLUMN mandates.held_by IS 'whose suspension it is: that side, or one above it, lifts it';
COMMENT ON COLUMN mandates.held_body IS 'which of the bodies above holds it';

ALTER TABLE developers
    ADD COLUMN held_body bigint REFERENCES departments,
    DROP CONSTRAINT developers_held_by_check,
    ADD CONSTRAINT developers_held_by_check CHECK (held_by IN ('', 'operator', 'body', 'above')),
    ADD CONSTRAINT developers_held_body_check CHECK ((held_by = 'above') = (held_body IS NOT NULL));
COMMENT ON COLUMN developers.held_body IS 'which of the bodies above that of its mandate holds it';

ALTER TABLE operation_events
    DROP CONSTRAINT operation_events_side_check,
    ADD CONSTRAINT operation_events_side_check CHECK (side IN ('body', 'above', 'operator', 'developer', 'regulator', 'platform'));

-- While a thing is held the hold passes upward only.
CREATE FUNCTION hold_passes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is held by a side that is as high, or higher', NEW.number USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER mandates_hold BEFORE UPDATE OF held_by ON mandates FOR EACH ROW WHEN (OLD.held_by <> '' AND NEW.held_by <> OLD.held_by AND hold_rank(NEW.held_by) BETWEEN 1 AND hold_rank(OLD.held_by)) EXECUTE FUNCTION hold_passes();
CREATE TRIGGER developers_hold BEFORE UPDATE OF held_by ON developers FOR EACH ROW WHEN (OLD.held_by <> '' AND NEW.held_by <> OLD.held_by AND hold_rank(NEW.held_by) BETWEEN 1 AND hold_rank(OLD.held_by)) EXECUTE FUNCTION hold_passes();
CREATE TRIGGER scenarios_hold BEFORE UPDATE OF suspended_by ON scenarios FOR EACH ROW WHEN (OLD.suspended_by <> '' AND NEW.suspended_by <> OLD.suspended_by AND hold_rank(NEW.suspended_by) BETWEEN 1 AND hold_rank(OLD.suspended_by)) EXECUTE FUNCTION hold_passes();
CREATE TRIGGER workspaces_hold BEFORE UPDATE OF frozen_by ON workspaces FOR EACH ROW WHEN (OLD.frozen_by <> '' AND NEW.frozen_by <> OLD.frozen_by AND hold_rank(NEW.frozen_by) BETWEEN 1 AND hold_rank(OLD.frozen_by)) EXECUTE FUNCTION hold_passes();

CREATE TABLE workspace_events (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id bigint NOT NULL REFERENCES workspaces,
    act          text NOT NULL CHECK (act <> ''),
    side         text NOT NULL CHECK (side IN ('developer', 'operator', 'authority', 'regulator', 'platform')),
    by_id        bigint REFERENCES users,
    name         text NOT NULL,
    words        text NOT NULL DEFAULT '',
    state        text NOT NULL,
    at           timestamptz NOT NULL
);
CREATE INDEX workspace_events_workspace ON workspace_events (workspace_id, id);
COMMENT ON TABLE workspace_events IS 'what was done with a workspace, and the state that it led to; of one that is older than this table, where it stood first of all';
INSERT INTO workspace_events (workspace_id, act, side, by_id, name, state, at) SELECT w.id, 'open', 'developer', w.opened_by, u.name, 'provisioning', w.opened_at FROM workspaces w JOIN users u ON u.id = w.opened_by ORDER BY w.id;
INSERT INTO workspace_events (workspace_id, act, side, name, words, state, at)
    SELECT id, CASE state WHEN 'ready' THEN 'begin' WHEN 'frozen' THEN 'freeze' WHEN 'closing' THEN 'close' ELSE 'destroy' END, coalesce(nullif(frozen_by, ''), 'platform'), '', reason, state, state_at
    FROM workspaces WHERE state <> 'provisioning' ORDER BY id;
CREATE TRIGGER workspace_events_frozen BEFORE UPDATE OR DELETE ON workspace_events FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER workspace_events_kept BEFORE TRUNCATE ON workspace_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
