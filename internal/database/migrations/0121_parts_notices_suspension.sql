-- A file that is fetched in parts, or resumed, is one file of the day's quota.
CREATE TABLE grant_fetches (
    grant_id   bigint NOT NULL REFERENCES grants (id),
    user_id    bigint NOT NULL REFERENCES users (id),
    version_id bigint NOT NULL REFERENCES versions (id),
    content    text NOT NULL,
    began_at   timestamptz NOT NULL,
    asked      bigint NOT NULL CHECK (asked >= 0),
    counts     boolean NOT NULL,
    PRIMARY KEY (grant_id, user_id, version_id, content)
);
COMMENT ON TABLE grant_fetches IS 'the file that an account is fetching under a grant: parts of it within the time of the house rule are not counted again';
COMMENT ON COLUMN grant_fetches.content IS 'digest of the bytes: the original and its renditions are files of their own';
COMMENT ON COLUMN grant_fetches.asked IS 'bytes that were asked for since it was counted last';
COMMENT ON COLUMN grant_fetches.counts IS 'the newest part was counted';
ALTER TABLE acquisitions ADD COLUMN counted boolean NOT NULL DEFAULT true;
COMMENT ON COLUMN acquisitions.counted IS 'it took one from the quota of its grant; false: it went on with a file that did, or is the older of two versions that were compared';

-- What happens to one's own cases stands on the site, too.
ALTER TABLE notices DROP CONSTRAINT notices_desk_check,
    ADD CONSTRAINT notices_desk_check CHECK (topic = 'own' OR (topic = 'desk') = (detail <> '{}'));

-- An organisation can be suspended without losing its verification.
ALTER TABLE organisations ADD COLUMN suspended_at timestamptz, ADD COLUMN suspended_reason text NOT NULL DEFAULT '' CHECK (length(suspended_reason) <= 1000),
    ADD CONSTRAINT organisations_suspended_check CHECK ((suspended_at IS NOT NULL) = (suspended_reason <> '') AND (suspended_at IS NULL OR status = 'verified'));
COMMENT ON COLUMN organisations.suspended_at IS 'since when it may neither apply nor be given data, by the data authority; NULL: it is not suspended';
