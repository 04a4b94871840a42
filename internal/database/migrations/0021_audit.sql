-- The audit trail: what was done, by whom, in the transaction that did it; numbered and chained afterwards.

CREATE TABLE audit_entries (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor      bigint NOT NULL,
    roles      text[] NOT NULL,
    department bigint NOT NULL,
    subject    text NOT NULL CHECK (subject <> ''),
    subject_id text NOT NULL,
    act        text NOT NULL CHECK (act <> ''),
    commitment bytea NOT NULL CHECK (length(commitment) = 32),
    seq        bigint UNIQUE,
    hash       bytea CHECK (length(hash) = 32),
    CHECK ((seq IS NULL) = (hash IS NULL))
);
CREATE INDEX audit_entries_unsealed ON audit_entries (id) WHERE seq IS NULL;
CREATE INDEX audit_entries_subject ON audit_entries (subject, subject_id, id);
CREATE INDEX audit_entries_actor ON audit_entries (actor, id);
COMMENT ON COLUMN audit_entries.actor IS 'users.id; 0 nobody signed in, -1 the installation itself; without the users row it names no one';
COMMENT ON COLUMN audit_entries.commitment IS 'SHA-256 of salt and content of the personal row: the chain still holds once that row is erased';
COMMENT ON COLUMN audit_entries.seq IS 'gapless place in the chain, given by the sealer within a second; null until then';

CREATE TABLE audit_personal (
    entry_id bigint PRIMARY KEY REFERENCES audit_entries,
    salt     bytea CHECK (length(salt) = 32),
    content  text,
    CHECK ((salt IS NULL) = (content IS NULL))
);
COMMENT ON TABLE audit_personal IS 'what of an entry may concern a person (name, session, network, the words given); both columns null once erased';

CREATE FUNCTION audit_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.seq IS NULL AND NEW.seq IS NOT NULL
           AND (NEW.id, NEW.at, NEW.actor, NEW.roles, NEW.department, NEW.subject, NEW.subject_id, NEW.act, NEW.commitment)
             = (OLD.id, OLD.at, OLD.actor, OLD.roles, OLD.department, OLD.subject, OLD.subject_id, OLD.act, OLD.commitment)
        THEN
            RETURN NEW; -- sealing
        END IF;
    END IF;
    RAISE EXCEPTION '% of % is refused: the audit trail is only ever added to', TG_OP, TG_TABLE_NAME;
END $$;
CREATE TRIGGER audit_entries_guard BEFORE UPDATE OR DELETE ON audit_entries FOR EACH ROW EXECUTE FUNCTION audit_guard();
CREATE TRIGGER audit_entries_keep BEFORE TRUNCATE ON audit_entries FOR EACH STATEMENT EXECUTE FUNCTION audit_guard();

CREATE FUNCTION audit_personal_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.entry_id = OLD.entry_id AND NEW.salt IS NULL AND NEW.content IS NULL THEN
        RETURN NEW; -- erasing
    END IF;
    RAISE EXCEPTION '% of % is refused: a personal row is kept as written or erased whole', TG_OP, TG_TABLE_NAME;
END $$;
CREATE TRIGGER audit_personal_guard BEFORE UPDATE OR DELETE ON audit_personal FOR EACH ROW EXECUTE FUNCTION audit_personal_guard();
CREATE TRIGGER audit_personal_keep BEFORE TRUNCATE ON audit_personal FOR EACH STATEMENT EXECUTE FUNCTION audit_personal_guard();

-- audit_erase forgets what the trail knows of one person: the acts stay, the person goes. It returns how many rows it emptied.
CREATE FUNCTION audit_erase(person bigint) RETURNS bigint LANGUAGE sql AS $$
    WITH emptied AS (
        UPDATE audit_personal
        SET salt = NULL, content = NULL
        WHERE salt IS NOT NULL AND entry_id IN (
            SELECT id FROM audit_entries
            WHERE actor = person OR (subject = 'account' AND subject_id = person::text))
        RETURNING 1)
    SELECT count(*) FROM emptied
$$;
