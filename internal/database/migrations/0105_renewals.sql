-- A grant is not lengthened and not widened: who wants more time or another scope applies anew, and the
-- new grant follows the one before, or takes its place. Tables of their own, since applications are
-- referred to by grants.

CREATE TABLE application_follows (
    application_id bigint PRIMARY KEY REFERENCES applications ON DELETE CASCADE,
    kind           text   NOT NULL CHECK (kind IN ('renewal', 'change')),
    grant_id       bigint NOT NULL REFERENCES grants -- that is renewed or changed
);
CREATE INDEX application_follows_grant ON application_follows (grant_id);

CREATE TABLE grant_follows (
    grant_id   bigint PRIMARY KEY REFERENCES grants,
    earlier_id bigint NOT NULL UNIQUE REFERENCES grants, -- once
    kind       text   NOT NULL CHECK (kind IN ('renewal', 'change')),
    CHECK (grant_id > earlier_id)
);

ALTER TABLE grants DROP CONSTRAINT grants_state_check;
ALTER TABLE grants
    ADD CONSTRAINT grants_state_check CHECK (state IN ('active', 'suspended', 'expired', 'revoked', 'surrendered', 'replaced', 'closed')),
    ADD COLUMN ending_told integer NOT NULL DEFAULT 0 CHECK (ending_told BETWEEN 0 AND 2); -- letters before its end
CREATE INDEX grants_ending ON grants (until_at) WHERE state = 'active';
