-- What witnesses hold against the log: everybody is told on its page.

CREATE TABLE log_contradictions (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    witness text NOT NULL CHECK (witness ~ '^[!-*,-~]{1,200}\+[0-9a-f]{8}$'),
    size    bigint NOT NULL CHECK (size > 0),
    seen    bigint NOT NULL CHECK (seen >= 0),
    since   timestamptz NOT NULL,
    until   timestamptz CHECK (until >= since)
);
CREATE UNIQUE INDEX log_contradictions_open ON log_contradictions (witness) WHERE until IS NULL;
COMMENT ON TABLE log_contradictions IS 'times in which a witness refused to sign because it had seen another log than this';
COMMENT ON COLUMN log_contradictions.witness IS 'its name and the hash of its key';
COMMENT ON COLUMN log_contradictions.size IS 'leaves of our checkpoint that it refused last';
COMMENT ON COLUMN log_contradictions.seen IS 'leaves of the log that it saw, as it says';
COMMENT ON COLUMN log_contradictions.until IS 'when it signed again';
