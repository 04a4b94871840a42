-- A backup is restored into empty tables: what is only added to is guarded row by row, as everything of its kind.

DROP TRIGGER acquisitions_only_insert ON acquisitions;
DROP TRIGGER acquisition_ends_only_insert ON acquisition_ends;
DROP FUNCTION only_insert();

CREATE TRIGGER acquisitions_frozen BEFORE UPDATE OR DELETE ON acquisitions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER acquisitions_kept BEFORE TRUNCATE ON acquisitions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER acquisition_ends_frozen BEFORE UPDATE OR DELETE ON acquisition_ends FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER acquisition_ends_kept BEFORE TRUNCATE ON acquisition_ends FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
