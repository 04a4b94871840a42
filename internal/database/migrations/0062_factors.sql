-- A second step at sign-in: a code that changes, or a passkey. And when somebody last showed who they are.

CREATE TABLE totp (
    user_id      bigint PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    secret       bytea NOT NULL,
    last_step    bigint NOT NULL DEFAULT 0,
    created_at   timestamptz NOT NULL,
    confirmed_at timestamptz
);
COMMENT ON TABLE totp IS 'codes that change every 30 seconds (RFC 6238)';
COMMENT ON COLUMN totp.secret IS 'locked with the key of the installation: a copy of this table makes no code';
COMMENT ON COLUMN totp.last_step IS 'the step of the last code that was taken: none up to it is taken again';
COMMENT ON COLUMN totp.confirmed_at IS 'null until the first code was right; only then is it asked for';

CREATE TABLE recovery_codes (
    user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    hash    bytea NOT NULL CHECK (length(hash) = 32),
    used_at timestamptz,
    PRIMARY KEY (user_id, hash)
);
COMMENT ON TABLE recovery_codes IS 'hashes of codes of 80 random bits, each good once in place of a second step';

CREATE TABLE passkeys (
    id           bytea PRIMARY KEY,
    user_id      bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    name         text NOT NULL CHECK (name <> '' AND length(name) <= 100 AND name !~ '[[:cntrl:]]'),
    credential   jsonb NOT NULL,
    created_at   timestamptz NOT NULL,
    last_used_on date
);
CREATE INDEX passkeys_user ON passkeys (user_id);
COMMENT ON COLUMN passkeys.credential IS 'public key and counter (WebAuthn): it checks and opens nothing';

CREATE TABLE used_challenges (
    hash       bytea PRIMARY KEY CHECK (length(hash) = 32),
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE used_challenges IS 'what passkeys have signed already: no answer is taken twice';

CREATE TABLE sign_in_steps (
    hash       bytea PRIMARY KEY CHECK (length(hash) = 32),
    user_id    bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    network    text NOT NULL,
    agent      text NOT NULL,
    tries      smallint NOT NULL DEFAULT 0,
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE sign_in_steps IS 'who knew the password and owes the second step; opens nothing by itself';

ALTER TABLE sessions
    ADD COLUMN confirmed_at timestamptz,
    ADD COLUMN strong boolean NOT NULL DEFAULT false;
UPDATE sessions SET confirmed_at = created_at;
ALTER TABLE sessions ALTER COLUMN confirmed_at SET NOT NULL;
COMMENT ON COLUMN sessions.confirmed_at IS 'when its holder last showed who they are: acts of weight ask for it to be recent';
COMMENT ON COLUMN sessions.strong IS 'it was opened with two factors, here or at the provider of identity';
