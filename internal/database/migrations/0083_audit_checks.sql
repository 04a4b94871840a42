-- The chain of the audit trail is verified in pieces, and what was found stays.

CREATE TABLE audit_checks (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    by_id       bigint NOT NULL,
    by_name     text NOT NULL,
    asked_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    target      bigint NOT NULL CHECK (target >= 0),
    done        bigint NOT NULL DEFAULT 0 CHECK (done BETWEEN 0 AND target),
    hash        bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex') CHECK (length(hash) = 32),
    erased      bigint NOT NULL DEFAULT 0 CHECK (erased >= 0),
    faults      bigint NOT NULL DEFAULT 0 CHECK (faults >= 0),
    fault_seq   bigint,
    fault_entry bigint,
    fault_kind  text,
    moved_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz,
    CHECK ((faults = 0) = (fault_kind IS NULL) AND (fault_kind IS NULL) = (fault_seq IS NULL) AND (fault_kind IS NULL) = (fault_entry IS NULL)),
    CHECK (finished_at IS NULL OR done = target)
);
CREATE UNIQUE INDEX audit_checks_one ON audit_checks ((true)) WHERE finished_at IS NULL;
COMMENT ON TABLE audit_checks IS 'verifications of the whole chain that somebody asked for; the place where one without a fault ended is remembered: the next must find it again';
COMMENT ON COLUMN audit_checks.by_id IS 'users.id of the audit administrator; by_name as it was then';
COMMENT ON COLUMN audit_checks.target IS 'the last link of the chain when it was asked for';
COMMENT ON COLUMN audit_checks.done IS 'the link that is verified up to; hash is the one it has';
COMMENT ON COLUMN audit_checks.fault_seq IS 'the first fault: the link, the entry (0: none is there) and what is wrong with it';
