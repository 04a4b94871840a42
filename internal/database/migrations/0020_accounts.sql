-- Who may sign in, what part each plays, the sessions and keys they hold, and the counters that bound guessing.

CREATE TABLE users (
    id                  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    identifier          text NOT NULL UNIQUE CHECK (length(identifier) BETWEEN 3 AND 254 AND identifier !~ '[[:cntrl:][:space:]A-Z]'),
    name                text NOT NULL CHECK (name <> '' AND length(name) <= 100 AND name !~ '[[:cntrl:]]'),
    password            text NOT NULL DEFAULT '' CHECK (password = '' OR password LIKE '$argon2id$%'),
    password_changed_at timestamptz,
    department_id       bigint REFERENCES departments,
    side                text NOT NULL CHECK (side IN ('system', 'data')),
    sample              boolean NOT NULL DEFAULT false,
    disabled_at         timestamptz,
    created_at          timestamptz NOT NULL,
    UNIQUE (id, department_id),
    UNIQUE (id, side)
);
COMMENT ON COLUMN users.identifier IS 'e-mail address or +phone number as it was normalised: the only spelling that exists';
COMMENT ON COLUMN users.password IS 'argon2id in PHC form with its parameters; empty where nobody can sign in by password';
COMMENT ON COLUMN users.side IS 'whoever runs the installation has no power over data: an account is on one side for good';
COMMENT ON COLUMN users.sample IS 'a demo account of the sample world (示例)';

CREATE TABLE user_roles (
    user_id       bigint NOT NULL REFERENCES users,
    role          text NOT NULL CHECK (role IN ('officer', 'administrator')),
    department_id bigint,
    side          text NOT NULL,
    granted_at    timestamptz NOT NULL,
    PRIMARY KEY (user_id, role),
    FOREIGN KEY (user_id, department_id) REFERENCES users (id, department_id) ON UPDATE CASCADE,
    FOREIGN KEY (user_id, side) REFERENCES users (id, side),
    -- an officer acts for the one department that the account belongs to, an administrator for none
    CHECK ((role = 'officer') = (department_id IS NOT NULL)),
    CHECK ((role = 'administrator') = (side = 'system'))
);
COMMENT ON TABLE user_roles IS 'read at every request, so that a role taken away is gone at once';

CREATE TABLE sessions (
    id         text PRIMARY KEY CHECK (id ~ '^[0-9a-f]{32}$'),
    token_hash bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    user_id    bigint NOT NULL REFERENCES users,
    created_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    network    text NOT NULL,
    agent      text NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);
COMMENT ON COLUMN sessions.token_hash IS 'SHA-256 of the cookie: a copy of this table opens nothing';
COMMENT ON COLUMN sessions.seen_at IS 'moved forward at most once a minute';

CREATE TABLE api_keys (
    prefix       text PRIMARY KEY CHECK (prefix ~ '^sy_[0-9A-Za-z]{8}$'),
    hash         bytea NOT NULL UNIQUE CHECK (length(hash) = 32),
    user_id      bigint NOT NULL REFERENCES users,
    name         text NOT NULL CHECK (name <> '' AND length(name) <= 100 AND name !~ '[[:cntrl:]]'),
    scopes       text[] NOT NULL CHECK (cardinality(scopes) > 0 AND scopes <@ ARRAY['read', 'publish']),
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    last_used_on date,
    revoked_at   timestamptz,
    CHECK (expires_at > created_at)
);
CREATE INDEX api_keys_user ON api_keys (user_id);
COMMENT ON COLUMN api_keys.last_used_on IS 'the day only: enough to find keys nobody uses, too little to follow anybody';

CREATE TABLE known_networks (
    user_id bigint NOT NULL REFERENCES users,
    network bytea NOT NULL CHECK (length(network) = 16),
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, network)
);
COMMENT ON TABLE known_networks IS 'hashes of the networks an account signed in from of late: strangers who guess at an account cannot lock its owner out there';

CREATE UNLOGGED TABLE rate_windows (
    bucket   text NOT NULL,
    subject  bytea NOT NULL,
    started  timestamptz NOT NULL,
    count    integer NOT NULL,
    previous integer NOT NULL,
    refused  integer NOT NULL,
    ends     timestamptz NOT NULL,
    PRIMARY KEY (bucket, subject)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX rate_windows_ends ON rate_windows (ends);
COMMENT ON COLUMN rate_windows.refused IS 'calls refused since the last that passed; only those that passed are counted against the limit';
COMMENT ON TABLE rate_windows IS 'rate limits that hold across replicas; subjects are hashed, a crash forgets them, and that is all right';
