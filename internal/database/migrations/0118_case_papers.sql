-- Files that people hand in with a case: materials of an application, evidence of a dispute, the record of an award.

CREATE TABLE case_papers (
    id              text PRIMARY KEY CHECK (id ~ '^[0-9a-f]{32}$'),
    kind            text NOT NULL CHECK (kind ~ '^[a-z_]{1,30}$'),
    case_id         bigint NOT NULL,
    slot            text NOT NULL DEFAULT '' CHECK (length(slot) <= 500),
    name            text NOT NULL CHECK (name <> '' AND length(name) <= 100 AND name !~ '[[:cntrl:]/\\]'),
    media           text NOT NULL CHECK (media IN ('application/pdf', 'application/ofd', 'image/jpeg', 'image/png',
        'application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
        'application/vnd.openxmlformats-officedocument.presentationml.presentation')),
    bytes           bigint NOT NULL CHECK (bytes > 0),
    sha256          text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    object          text NOT NULL UNIQUE REFERENCES blobs,
    organisation_id bigint REFERENCES organisations,
    department_id   bigint REFERENCES departments,
    uploaded_by     bigint NOT NULL REFERENCES users,
    uploaded_name   text NOT NULL,
    uploaded_at     timestamptz NOT NULL,
    frozen_at       timestamptz CHECK (frozen_at >= uploaded_at),
    CHECK (organisation_id IS NULL OR department_id IS NULL)
);
CREATE INDEX case_papers_case ON case_papers (kind, case_id, uploaded_at);
CREATE INDEX case_papers_user ON case_papers (uploaded_by, uploaded_at);
CREATE INDEX case_papers_organisation ON case_papers (organisation_id) WHERE organisation_id IS NOT NULL;
CREATE INDEX case_papers_department ON case_papers (department_id) WHERE department_id IS NOT NULL;
COMMENT ON TABLE case_papers IS 'files handed in with cases: read by whom the case lets, each reading in the audit trail; frozen once they are handed in';
COMMENT ON COLUMN case_papers.kind IS 'of the case; case_id is of the table of that kind (licensing/papers)';
COMMENT ON COLUMN case_papers.slot IS 'the material it is for, in the words in which it was asked for; empty: for none of them';
COMMENT ON COLUMN case_papers.sha256 IS 'of the file as it was handed in';
COMMENT ON COLUMN case_papers.object IS 'SHA-256 of the object as it lies in the store, where it is locked with the key of the installation; no two files share one';
COMMENT ON COLUMN case_papers.organisation_id IS 'whose file it is: this organisation''s, this department''s, or of whoever uploaded it';
COMMENT ON COLUMN case_papers.frozen_at IS 'since it was handed in; before that it is of a draft, and goes with it';

CREATE FUNCTION case_paper_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'paper % was handed in and stays as it is', OLD.id USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER case_papers_frozen BEFORE UPDATE OR DELETE ON case_papers FOR EACH ROW WHEN (OLD.frozen_at IS NOT NULL) EXECUTE FUNCTION case_paper_frozen();

CREATE FUNCTION case_paper_object() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM blobs WHERE sha256 = OLD.object;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION case_paper_object IS 'the next sweep of the store takes the object of a paper that is gone';
CREATE TRIGGER case_papers_object AFTER DELETE ON case_papers FOR EACH ROW EXECUTE FUNCTION case_paper_object();

CREATE FUNCTION case_papers_go() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM case_papers WHERE kind = ANY (TG_ARGV) AND case_id = OLD.id;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION case_papers_go IS 'for a table of cases whose rows can be deleted: its papers of the kinds given go with them';
CREATE TRIGGER applications_papers AFTER DELETE ON applications FOR EACH ROW EXECUTE FUNCTION case_papers_go('application', 'dispute', 'award');

ALTER TABLE applications ADD COLUMN asked_materials text[] NOT NULL DEFAULT '{}' CHECK (cardinality(asked_materials) <= 20);
COMMENT ON COLUMN applications.asked_materials IS 'of the materials listed beforehand, those that the department asked for anew when it returned the application';
