-- Sharing between public bodies (共享, law matrix 5.3): requests, their clocks and history, and the grants that they give. Nothing of it is public.

CREATE TABLE share_requests (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text NOT NULL CHECK (kind IN ('direct', 'share', 'reclassify', 'return', 'upward')),
    state       text NOT NULL CHECK (state IN ('received', 'accepted', 'agreed', 'supplied', 'refused', 'negotiating', 'referred', 'upheld', 'withdrawn', 'void',
                    'expired', 'revoked', 'ended', 'reclassifying', 'flowing', 'declined', 'assisting', 'forwarded', 'obtained', 'denied_above')),
    dataset_id  bigint REFERENCES datasets,
    asker_id    bigint NOT NULL REFERENCES departments,
    provider_id bigint REFERENCES departments,
    profile     text NOT NULL,
    asked_by    bigint NOT NULL,
    asked_name  text NOT NULL,
    received_at timestamptz NOT NULL,

    title    text NOT NULL DEFAULT '',
    upper    text NOT NULL DEFAULT '',
    basis    text NOT NULL DEFAULT '',
    purpose  text NOT NULL CHECK (purpose <> ''),
    scenario text NOT NULL DEFAULT '',
    scope    text NOT NULL DEFAULT '',
    method   text NOT NULL DEFAULT '',
    needs    text NOT NULL DEFAULT '',
    months   integer NOT NULL DEFAULT 0,
    columns  text[] NOT NULL DEFAULT '{}',
    answers  text[] NOT NULL DEFAULT '{}',
    pledged  boolean NOT NULL CHECK (pledged OR kind IN ('reclassify', 'upward')),

    share_type text NOT NULL DEFAULT '',
    conditions text[] NOT NULL DEFAULT '{}',
    materials  text[] NOT NULL DEFAULT '{}',

    given       jsonb,
    verdicts    jsonb NOT NULL DEFAULT '[]',
    words       text NOT NULL DEFAULT '',
    bases       jsonb NOT NULL DEFAULT '[]',
    filed       text NOT NULL DEFAULT '',
    answered_at timestamptz,
    supplied_at timestamptz,
    overturned  boolean NOT NULL DEFAULT false,
    revision    integer NOT NULL DEFAULT 1,

    CHECK ((kind = 'upward') = (dataset_id IS NULL)),
    CHECK ((kind = 'upward') = (provider_id IS NULL)),
    CHECK (provider_id <> asker_id),
    CHECK (state NOT IN ('refused', 'upheld', 'declined') OR words <> ''),
    CHECK (state NOT IN ('supplied', 'flowing') OR supplied_at IS NOT NULL AND given IS NOT NULL)
);
CREATE INDEX share_requests_provider ON share_requests (provider_id, id DESC);
CREATE INDEX share_requests_asker ON share_requests (asker_id, id DESC);
CREATE INDEX share_requests_profile ON share_requests (profile, id DESC);
CREATE INDEX share_requests_waiting ON share_requests (provider_id, id) WHERE state IN ('received', 'accepted', 'agreed', 'negotiating');
CREATE INDEX share_requests_negotiating ON share_requests (asker_id, id) WHERE state = 'negotiating';
CREATE INDEX share_requests_over ON share_requests (profile, id) WHERE state IN ('referred', 'assisting', 'forwarded') OR kind = 'upward' AND state = 'received';
CREATE UNIQUE INDEX share_requests_once ON share_requests (asker_id, dataset_id, kind) WHERE kind <> 'direct' AND state IN ('received', 'accepted', 'agreed', 'negotiating', 'referred');
CREATE INDEX share_requests_dataset ON share_requests (dataset_id);
COMMENT ON TABLE share_requests IS 'what one public body asks of another; seen by both and by the authority over the provider, and by nobody else';
COMMENT ON COLUMN share_requests.profile IS 'the text that binds the provider; of upward the asker: whose authority decides, and by whose rules as of received_at';
COMMENT ON COLUMN share_requests.share_type IS 'of the entry when the request was received, as conditions and materials';

CREATE TABLE share_clocks (
    request_id bigint NOT NULL REFERENCES share_requests,
    number     integer NOT NULL CHECK (number >= 1),
    of         text NOT NULL CHECK (of IN ('acceptance', 'answer', 'negotiation', 'authority')),
    profile    text NOT NULL CHECK (profile <> ''),
    path       text NOT NULL CHECK (path <> ''),
    began_at   timestamptz NOT NULL,
    stopped_at timestamptz,
    PRIMARY KEY (request_id, number),
    CHECK (stopped_at >= began_at)
);
CREATE INDEX share_clocks_running ON share_clocks (of, began_at) WHERE stopped_at IS NULL;
COMMENT ON TABLE share_clocks IS 'the periods of a request; whether one is late is worked out from its rule';

CREATE TABLE share_events (
    request_id    bigint NOT NULL REFERENCES share_requests,
    number        integer NOT NULL CHECK (number >= 1),
    at            timestamptz NOT NULL,
    by_id         bigint NOT NULL,
    by_name       text NOT NULL,
    department_id bigint REFERENCES departments,
    act           text NOT NULL,
    state         text NOT NULL,
    words         text NOT NULL DEFAULT '',
    PRIMARY KEY (request_id, number)
);

CREATE TABLE share_grants (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request_id    bigint NOT NULL UNIQUE REFERENCES share_requests,
    kind          text NOT NULL CHECK (kind IN ('direct', 'share', 'return')),
    dataset_id    bigint NOT NULL REFERENCES datasets,
    department_id bigint NOT NULL REFERENCES departments,
    columns       text[] NOT NULL DEFAULT '{}',
    purpose       text NOT NULL CHECK (purpose <> ''),
    scope         text NOT NULL DEFAULT '',
    method        text NOT NULL DEFAULT '',
    guidance      text NOT NULL DEFAULT '',
    began_at      timestamptz NOT NULL,
    last_day      date NOT NULL,
    ends_at       timestamptz NOT NULL CHECK (ends_at > began_at),
    ended_at      timestamptz,
    ended_name    text NOT NULL DEFAULT '',
    ended_reason  text NOT NULL DEFAULT '',
    CHECK ((ended_at IS NULL) = (ended_reason = ''))
);
CREATE INDEX share_grants_allows ON share_grants (department_id, dataset_id) WHERE ended_at IS NULL;
CREATE INDEX share_grants_dataset ON share_grants (dataset_id);
CREATE INDEX share_grants_ends ON share_grants (ends_at) WHERE ended_at IS NULL;
COMMENT ON TABLE share_grants IS 'what one department may use of an entry of another: for one purpose, until a day, and for nobody else (TJ-18, AS-22)';
COMMENT ON COLUMN share_grants.columns IS 'empty: all';
COMMENT ON COLUMN share_grants.ends_at IS 'the first moment at which it is over';

CREATE FUNCTION share_event_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what happened to a request for sharing is never changed';
END $$;
CREATE TRIGGER share_events_final BEFORE UPDATE OR DELETE ON share_events FOR EACH ROW EXECUTE FUNCTION share_event_is_final();
