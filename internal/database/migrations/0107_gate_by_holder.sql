-- The gate asks at every request what somebody holds of an entry.
CREATE INDEX grants_held_by_person ON grants (user_id, dataset_id) WHERE state = 'active' AND organisation_id IS NULL;
CREATE INDEX grants_held_by_organisation ON grants (organisation_id, dataset_id) WHERE state = 'active' AND organisation_id IS NOT NULL;
