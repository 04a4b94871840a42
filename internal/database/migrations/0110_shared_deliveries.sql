-- What one department takes of another's data under a grant of sharing is written down as every delivery is.

ALTER TABLE acquisitions
    ADD COLUMN share_grant_id bigint REFERENCES share_grants,
    ADD CONSTRAINT acquisitions_one_ground CHECK (grant_id IS NULL OR share_grant_id IS NULL);
CREATE INDEX acquisitions_share ON acquisitions (share_grant_id, id) WHERE share_grant_id IS NOT NULL;
