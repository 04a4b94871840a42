-- What waits for a department, those whose clock has run longest first: the inbox
-- lists the first of them.
CREATE INDEX applications_waiting ON applications (coalesce(clock_from, stage_from, saved_at), id) WHERE state IN ('submitted', 'accepted', 'awarding');

-- What waits at the desk of a department of requests for data, the oldest first.
CREATE INDEX demands_desk ON demands (department_id, proposed_at, id) WHERE root_id IS NULL AND hidden_at IS NULL;
