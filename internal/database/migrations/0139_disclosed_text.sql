-- A report is frozen as the text that is given out: its digest is of these bytes.

ALTER TABLE disclosure_reports
    DROP COLUMN content,
    ADD COLUMN content text NOT NULL CHECK (content <> '');
COMMENT ON TABLE disclosure_reports IS 'yearly disclosure (信息披露) of a body''s mandates as it was issued; sha256 is of content, byte for byte';

-- What keeps a mandate from being closed: also scenarios that were given back, and workspaces whose data are not destroyed.
CREATE OR REPLACE FUNCTION mandate_holds(mandate bigint) RETURNS TABLE (kind text, number text) LANGUAGE sql STABLE AS $$
    SELECT 'mandate', m.number FROM mandates m WHERE m.parent_id = mandate AND m.state NOT IN ('closed', 'withdrawn')
    UNION ALL SELECT 'scenario', s.number FROM scenarios s WHERE s.mandate_id = mandate AND s.state IN ('authorised', 'active', 'suspended', 'expired', 'terminated', 'surrendered')
    UNION ALL SELECT 'contract', c.number FROM scenario_contracts c JOIN scenarios s ON s.id = c.scenario_id WHERE s.mandate_id = mandate AND c.state IN ('offered', 'active', 'suspended')
    UNION ALL SELECT 'grant', g.number FROM scenario_grants g JOIN scenario_contracts c ON c.id = g.contract_id JOIN scenarios s ON s.id = c.scenario_id WHERE s.mandate_id = mandate AND g.state <> 'ended'
    UNION ALL SELECT 'workspace', w.number FROM workspaces w JOIN scenarios s ON s.id = w.scenario_id WHERE s.mandate_id = mandate AND w.state <> 'destroyed'
$$;
