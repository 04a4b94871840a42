-- An entry can be withdrawn, restored and withdrawn again: each time is told by itself to whoever made something from it.

ALTER TABLE datasets ADD COLUMN withdrawals integer NOT NULL DEFAULT 0 CHECK (withdrawals >= 0);
COMMENT ON COLUMN datasets.withdrawals IS 'how many times the entry was withdrawn';

ALTER TABLE product_flags ADD COLUMN withdrawal integer NOT NULL DEFAULT 0 CHECK (withdrawal >= 0);
COMMENT ON COLUMN product_flags.withdrawal IS 'which withdrawal of the entry it tells of, counted from 1; 0 of another cause, and of the first one where it was told before withdrawals were counted';

-- a flag that stands already is of withdrawal 0: so that it is not told once more, the entry counts from there
-- counted after the row was written: a trigger before it would have every writer lock the entry against whoever refers to it
CREATE FUNCTION count_withdrawals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE datasets SET withdrawals = withdrawals + 1 WHERE id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER datasets_withdrawals AFTER UPDATE OF status ON datasets FOR EACH ROW WHEN (NEW.status = 'withdrawn' AND OLD.status <> 'withdrawn') EXECUTE FUNCTION count_withdrawals();

DROP INDEX product_flags_source;
CREATE UNIQUE INDEX product_flags_source ON product_flags (version_id, why, source_version, withdrawal) WHERE source_version IS NOT NULL;
