-- Programs that people have told of what happens (webhooks).

-- By mail and in the app one chooses by topic; a program is told what its address asks for.
ALTER TABLE notice_settings DROP CONSTRAINT notice_settings_channel_check;
DELETE FROM notice_settings WHERE channel = 'hook';
ALTER TABLE notice_settings ADD CONSTRAINT notice_settings_channel_check CHECK (channel IN ('app', 'mail'));

CREATE TABLE webhooks (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id       bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    url           text NOT NULL CHECK (length(url) BETWEEN 1 AND 2000),
    events        text[] NOT NULL CHECK (cardinality(events) > 0),
    state         text NOT NULL CHECK (state IN ('new', 'on', 'off')),
    why           text NOT NULL DEFAULT '' CHECK (why IN ('', 'owner', 'failing', 'gone')),
    created_at    timestamptz NOT NULL,
    proved_at     timestamptz,
    failing_since timestamptz,
    UNIQUE (user_id, url),
    CHECK ((why <> '') = (state = 'off')),
    CHECK (state <> 'on' OR proved_at IS NOT NULL)
);
COMMENT ON TABLE webhooks IS 'addresses that somebody has told of what happens; nothing is sent to one that has not proved itself';
COMMENT ON COLUMN webhooks.events IS 'what it is told of';
COMMENT ON COLUMN webhooks.failing_since IS 'the first failure after the last sending that was accepted';

CREATE TABLE webhook_secrets (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    webhook_id bigint NOT NULL REFERENCES webhooks ON DELETE CASCADE,
    locked     bytea NOT NULL,
    made_at    timestamptz NOT NULL,
    ends_at    timestamptz
);
CREATE UNIQUE INDEX webhook_secrets_current ON webhook_secrets (webhook_id) WHERE ends_at IS NULL;
COMMENT ON COLUMN webhook_secrets.locked IS 'locked with the key of the installation; the plain one was shown once';
COMMENT ON COLUMN webhook_secrets.ends_at IS 'of one that was replaced: it signs as well until then';

CREATE TABLE webhook_deliveries (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    webhook_id bigint NOT NULL REFERENCES webhooks ON DELETE CASCADE,
    notice_id  bigint REFERENCES notices ON DELETE CASCADE,
    event      text NOT NULL CHECK (event <> ''),
    message    text NOT NULL UNIQUE CHECK (message ~ '^msg_[0-9A-Za-z]+$'),
    at         timestamptz NOT NULL,
    state      text NOT NULL CHECK (state IN ('waiting', 'accepted', 'failed', 'dropped')),
    attempts   integer NOT NULL DEFAULT 0,
    tries      integer NOT NULL,
    next_at    timestamptz,
    UNIQUE (webhook_id, notice_id),
    CHECK ((state = 'waiting') = (next_at IS NOT NULL))
);
CREATE INDEX webhook_deliveries_list ON webhook_deliveries (webhook_id, id DESC);
CREATE INDEX webhook_deliveries_notice ON webhook_deliveries (notice_id) WHERE notice_id IS NOT NULL;
COMMENT ON TABLE webhook_deliveries IS 'what is sent is written from the notice when it is sent; no text is kept here';
COMMENT ON COLUMN webhook_deliveries.notice_id IS 'null for a test';
COMMENT ON COLUMN webhook_deliveries.message IS 'webhook-id: the same at every attempt';
COMMENT ON COLUMN webhook_deliveries.tries IS 'the number of the attempt after which it is given up';

CREATE TABLE webhook_attempts (
    delivery_id bigint NOT NULL REFERENCES webhook_deliveries ON DELETE CASCADE,
    number      integer NOT NULL CHECK (number > 0),
    at          timestamptz NOT NULL,
    status      integer NOT NULL DEFAULT 0,
    problem     text NOT NULL DEFAULT '',
    took_ms     integer NOT NULL DEFAULT 0,
    PRIMARY KEY (delivery_id, number),
    CHECK ((status = 0) = (problem <> ''))
);
COMMENT ON COLUMN webhook_attempts.problem IS 'why there was no answer, as of outbound';
