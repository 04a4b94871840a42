-- People take along what is kept of them, and leave.

ALTER TABLE users
    ADD COLUMN leaving_at timestamptz,
    ADD COLUMN gone_at timestamptz,
    ADD CONSTRAINT users_gone_check CHECK (gone_at IS NULL OR (disabled_at IS NOT NULL AND leaving_at IS NULL AND password = '' AND identifier = 'gone:' || id));
CREATE INDEX users_leaving ON users (leaving_at) WHERE leaving_at IS NOT NULL;
COMMENT ON COLUMN users.leaving_at IS 'when its owner asked to delete the account; signing in takes it back until a sweep does it';
COMMENT ON COLUMN users.gone_at IS 'when it was deleted: the row stays without a name, so that acts and decisions of the past keep their author';

-- Second steps that were lost are taken away by two administrators.
ALTER TABLE users
    ADD COLUMN factors_asked_by bigint REFERENCES users,
    ADD COLUMN factors_asked_at timestamptz,
    ADD CONSTRAINT users_factors_asked_check CHECK ((factors_asked_by IS NULL) = (factors_asked_at IS NULL) AND factors_asked_by <> id);
COMMENT ON COLUMN users.factors_asked_by IS 'the system administrator who asked for it; the security administrator does it';
