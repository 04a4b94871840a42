-- The authority that authorised a scenario may stop it for a while, by a hold of its own that nobody else lifts.
ALTER TABLE scenarios
    DROP CONSTRAINT scenarios_suspended_by_check,
    ADD CONSTRAINT scenarios_suspended_by_check CHECK (suspended_by IN ('', 'operator', 'authority', 'regulator', 'platform'));
