-- Keys: how much each is used, and a letter before one expires.

CREATE TABLE api_key_days (
    prefix text NOT NULL REFERENCES api_keys ON DELETE CASCADE,
    day    date NOT NULL,
    calls  bigint NOT NULL CHECK (calls > 0),
    PRIMARY KEY (prefix, day)
);
COMMENT ON TABLE api_key_days IS 'calls by a key in a day (China), for its owner to see which program asks how much; the quota is that of the account. Days older than 30 are swept';

ALTER TABLE api_keys ADD COLUMN warned_at timestamptz;
COMMENT ON COLUMN api_keys.warned_at IS 'when its owner was told by mail that it expires soon; once';

-- who had the chain verified is read from users, where a name goes when its owner does
ALTER TABLE audit_checks DROP COLUMN by_name;
COMMENT ON COLUMN audit_checks.by_id IS 'users.id of the audit administrator';
