-- The second approval holds a result against the rules once more, and what does not pass any more does not leave. What was frozen goes back to where it was.

CREATE OR REPLACE FUNCTION output_review_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.ended_at IS NOT NULL THEN
        IF NEW.box IS NULL AND (to_jsonb(NEW) - 'box') = (to_jsonb(OLD) - 'box') THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'review % is over and stays as it is', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF (OLD.number, OLD.workspace_id, OLD.job_id, OLD.asked_by, OLD.asked_at) IS DISTINCT FROM (NEW.number, NEW.workspace_id, NEW.job_id, NEW.asked_by, NEW.asked_at) THEN
        RAISE EXCEPTION 'review % is of the result that it was asked for', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('auto_check', 'auto_rejected'), ('auto_check', 'queued'), ('queued', 'first_review'), ('first_review', 'second_review'), ('second_review', 'released'),
        ('first_review', 'rejected'), ('second_review', 'rejected'), ('first_review', 'released_with_changes'), ('second_review', 'released_with_changes'), ('released_with_changes', 'auto_check'),
        ('first_review', 'escalated'), ('second_review', 'escalated'), ('escalated', 'second_review'), ('escalated', 'released'), ('escalated', 'rejected'), ('second_review', 'auto_rejected'), ('escalated', 'auto_rejected'),
        ('auto_check', 'withdrawn'), ('queued', 'withdrawn'), ('first_review', 'withdrawn'), ('second_review', 'withdrawn'), ('released_with_changes', 'withdrawn'), ('escalated', 'withdrawn')) THEN
        RAISE EXCEPTION 'review % does not go from % to %', OLD.number, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.first_by IS NOT NULL AND EXISTS (SELECT FROM organisation_members m JOIN workspaces w ON w.organisation_id = m.organisation_id WHERE w.id = NEW.workspace_id AND m.user_id IN (NEW.first_by, coalesce(NEW.second_by, NEW.first_by))) THEN
        RAISE EXCEPTION 'review %: whoever is of the organisation that asks does not review', OLD.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

ALTER TABLE workspaces
    ADD COLUMN frozen_from text NOT NULL DEFAULT '' CHECK (frozen_from IN ('', 'provisioning', 'ready'));
UPDATE workspaces w SET frozen_from = CASE WHEN EXISTS (SELECT FROM workspace_mounts m WHERE m.workspace_id = w.id AND m.state = 'waiting') THEN 'provisioning' ELSE 'ready' END WHERE state = 'frozen';
ALTER TABLE workspaces ADD CONSTRAINT workspaces_frozen_from CHECK ((state = 'frozen') = (frozen_from <> ''));
COMMENT ON COLUMN workspaces.frozen_from IS 'where it goes back to when that is lifted';

CREATE OR REPLACE FUNCTION workspace_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.number, OLD.scenario_id, OLD.organisation_id, OLD.opened_by, OLD.opened_at) IS DISTINCT FROM (NEW.number, NEW.scenario_id, NEW.organisation_id, NEW.opened_by, NEW.opened_at) THEN
        RAISE EXCEPTION 'workspace % is of the scenario that it was opened for', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state = 'destroyed' OR OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('provisioning', 'ready'), ('provisioning', 'frozen'), ('ready', 'frozen'), ('frozen', 'ready'), ('frozen', 'provisioning'), ('provisioning', 'closing'), ('ready', 'closing'), ('frozen', 'closing'), ('closing', 'destroyed')) THEN
        RAISE EXCEPTION 'workspace % does not go from % to %', OLD.number, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state = 'frozen' AND NEW.state IN ('provisioning', 'ready') AND NEW.state <> OLD.frozen_from THEN
        RAISE EXCEPTION 'workspace % was % before it was frozen', OLD.number, OLD.frozen_from USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
