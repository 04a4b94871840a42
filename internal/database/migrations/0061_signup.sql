-- People make accounts of their own, and get in again when the password is forgotten: by a link that was mailed and works once.

ALTER TABLE users
    ADD COLUMN handle uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE,
    ADD COLUMN confirmed_at timestamptz,
    ADD COLUMN agreed_at timestamptz;
UPDATE users SET confirmed_at = created_at;
COMMENT ON COLUMN users.handle IS 'what passkeys call the account: it says nothing about the person';
COMMENT ON COLUMN users.confirmed_at IS 'when it was shown that the identifier is theirs, by a mailed link or by whoever made the account; null for a phone number, which cannot be confirmed here';
COMMENT ON COLUMN users.agreed_at IS 'when somebody who signed up read the privacy notice; null where an administrator made the account';

CREATE TABLE one_time_links (
    id         bytea PRIMARY KEY CHECK (length(id) = 16),
    purpose    text NOT NULL CHECK (purpose IN ('sign-up', 'recover')),
    identifier text NOT NULL CHECK (length(identifier) BETWEEN 3 AND 254),
    user_id    bigint REFERENCES users ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz,
    CHECK (expires_at > created_at)
);
CREATE INDEX one_time_links_identifier ON one_time_links (identifier);
CREATE INDEX one_time_links_expiry ON one_time_links (expires_at);
COMMENT ON TABLE one_time_links IS 'what was mailed and may be followed once; the link also holds a code made with the key of the installation, so that a copy of this table opens nothing';
COMMENT ON COLUMN one_time_links.user_id IS 'the account it opens; null for a sign-up, and for an address that has no account';
