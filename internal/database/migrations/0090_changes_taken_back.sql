-- A change that was recorded by mistake is taken back with a reason, and stays readable.

ALTER TABLE catalogue_changes
    DROP CONSTRAINT catalogue_changes_check,
    DROP CONSTRAINT catalogue_changes_check1,
    DROP CONSTRAINT catalogue_changes_check2,
    DROP CONSTRAINT catalogue_changes_state_check,
    ADD CONSTRAINT catalogue_changes_state_check CHECK (state IN ('event_recorded', 'updated', 'reported', 'approved', 'returned', 'duplicate', 'cancelled')),
    ADD CONSTRAINT catalogue_changes_updated_check CHECK (state IN ('event_recorded', 'cancelled') OR updated_at IS NOT NULL),
    ADD CONSTRAINT catalogue_changes_reported_check CHECK (state IN ('event_recorded', 'updated', 'cancelled') OR reported_at IS NOT NULL),
    ADD CONSTRAINT catalogue_changes_reason_check CHECK (state NOT IN ('returned', 'duplicate', 'cancelled') OR reason <> '');
