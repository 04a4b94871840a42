-- Whoever suspended a grant lifts that again: a department does not undo what the regulator stopped.

ALTER TABLE grants ADD COLUMN suspended_by text NOT NULL DEFAULT '' CHECK (suspended_by IN ('', 'department', 'regulator'));
UPDATE grants SET suspended_by = 'department' WHERE state = 'suspended';
ALTER TABLE grants ADD CONSTRAINT grants_suspended_check CHECK ((state = 'suspended') = (suspended_by <> ''));
