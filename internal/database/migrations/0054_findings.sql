-- A decision about a finding holds for the next version where it is no worse there, and what is found in public files is told by letter once.

ALTER TABLE findings
    ADD COLUMN decided_name text NOT NULL DEFAULT '',
    ADD COLUMN carried_from bigint REFERENCES versions,
    ADD CHECK (state <> 'open' OR decided_name = ''),
    ADD CHECK (carried_from IS NULL OR state = 'dismissed');
COMMENT ON COLUMN findings.decided_name IS 'who decided, as they were called then';
COMMENT ON COLUMN findings.carried_from IS 'the version before, about which it was decided: the same kind in the same column, and no more of it here; who and when are those of that decision';
CREATE INDEX findings_blocking ON findings (resource_id, sha256) WHERE state = 'open' AND severity = 'block';
UPDATE findings f SET decided_name = u.name FROM users u WHERE u.id = f.decided_by;

CREATE TABLE finding_letters (
    version_id bigint NOT NULL REFERENCES versions,
    kind       text NOT NULL CHECK (kind <> ''),
    at         timestamptz NOT NULL,
    PRIMARY KEY (version_id, kind)
);
COMMENT ON TABLE finding_letters IS 'of which public versions a department was told by letter that an officer must decide about something in it: once for each kind, also where nobody has an address';
