-- People of a developer come and go: a change of who may do what is asked for by the developer and confirmed by the operator, and each stays as history.

CREATE TABLE developer_people_changes (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    developer_id  bigint NOT NULL REFERENCES developers,
    side          text NOT NULL DEFAULT 'use' CHECK (side = 'use'),
    operator_side text NOT NULL DEFAULT 'operate' CHECK (operator_side = 'operate'),
    had_writes    bigint[] NOT NULL,
    had_releases  bigint[] NOT NULL,
    writes        bigint[] NOT NULL CHECK (cardinality(writes) > 0),
    releases      bigint[] NOT NULL CHECK (cardinality(releases) > 0),
    words         text NOT NULL CHECK (words <> ''),
    asked_by      bigint NOT NULL,
    asked_name    text NOT NULL,
    asked_at      timestamptz NOT NULL,
    state         text NOT NULL CHECK (state IN ('asked', 'confirmed', 'refused', 'withdrawn')),
    decided_by    bigint,
    decided_name  text NOT NULL DEFAULT '',
    decided_at    timestamptz,
    answer        text NOT NULL DEFAULT '',
    FOREIGN KEY (asked_by, side) REFERENCES users (id, side),
    FOREIGN KEY (decided_by, operator_side) REFERENCES users (id, side),
    CHECK ((state = 'asked') = (decided_at IS NULL)),
    CHECK ((state IN ('confirmed', 'refused')) = (decided_by IS NOT NULL)),
    CHECK (state <> 'refused' OR answer <> ''),
    CHECK ((had_writes, had_releases) IS DISTINCT FROM (writes, releases))
);
CREATE UNIQUE INDEX developer_people_changes_one ON developer_people_changes (developer_id) WHERE state = 'asked';
CREATE INDEX developer_people_changes_developer ON developer_people_changes (developer_id, id);
COMMENT ON TABLE developer_people_changes IS 'who may write programs (writes) and who may ask for releases (releases) in the place of whom: asked for by the developer, confirmed by its operator, kept; ids of users in rising order';
COMMENT ON COLUMN developer_people_changes.had_writes IS 'as it was when the change was asked for, and once it is confirmed, what it replaced; so had_releases';

CREATE FUNCTION developer_people_change_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state <> 'asked' OR (OLD.developer_id, OLD.writes, OLD.releases, OLD.words, OLD.asked_by, OLD.asked_name, OLD.asked_at) IS DISTINCT FROM (NEW.developer_id, NEW.writes, NEW.releases, NEW.words, NEW.asked_by, NEW.asked_name, NEW.asked_at) THEN
        RAISE EXCEPTION 'a change of people of developer % stays as it was asked for and decided', OLD.developer_id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER developer_people_changes_stay BEFORE UPDATE OR DELETE ON developer_people_changes FOR EACH ROW EXECUTE FUNCTION developer_people_change_moves();

-- A tender of this platform chooses one operator for one plan.
CREATE UNIQUE INDEX mandate_awards_tender ON mandate_awards (tender) WHERE tender <> '';
