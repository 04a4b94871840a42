-- What buyers declare about copies once the term of their order is over (FJ-4.3 溯源、销毁).

CREATE TABLE delivery_destructions (
    delivery_id bigint PRIMARY KEY REFERENCES deliveries,
    since       timestamptz NOT NULL,
    due_on      date NOT NULL,
    reminded_at timestamptz,
    method      text NOT NULL DEFAULT '' CHECK (method IN ('', 'erased', 'overwritten', 'keys_destroyed', 'nothing_kept')),
    words       text NOT NULL DEFAULT '' CHECK (length(words) <= 2000),
    destroyed_on date,
    by_id       bigint REFERENCES users,
    by_name     text NOT NULL DEFAULT '',
    declared_at timestamptz,
    CHECK ((declared_at IS NULL) = (by_id IS NULL) AND (declared_at IS NULL) = (method = '') AND (declared_at IS NULL) = (destroyed_on IS NULL))
);
CREATE INDEX delivery_destructions_due ON delivery_destructions (due_on) WHERE declared_at IS NULL;
COMMENT ON TABLE delivery_destructions IS 'of each delivery that ended: by when its buyer declares that the copies are destroyed, and what it declared';

CREATE FUNCTION delivery_destruction_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.delivery_id, NEW.since, NEW.due_on) IS DISTINCT FROM (OLD.delivery_id, OLD.since, OLD.due_on) OR OLD.declared_at IS NOT NULL THEN
        RAISE EXCEPTION 'what was declared stays' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER delivery_destructions_moves BEFORE UPDATE ON delivery_destructions FOR EACH ROW EXECUTE FUNCTION delivery_destruction_moves();
CREATE TRIGGER delivery_destructions_kept BEFORE DELETE ON delivery_destructions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER delivery_destructions_whole BEFORE TRUNCATE ON delivery_destructions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
