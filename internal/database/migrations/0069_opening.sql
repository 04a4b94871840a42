-- The opening review: every version that people can have was let through on exactly its bytes and its columns, by people who are not each other.

CREATE TABLE opening_events (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind          text NOT NULL CHECK (kind IN ('natural', 'accident', 'health', 'security')),
    title         text NOT NULL CHECK (title <> ''),
    declared_by   text NOT NULL CHECK (declared_by <> ''),
    declared_on   date NOT NULL,
    basis         text NOT NULL CHECK (basis <> ''),
    profile       text NOT NULL,
    ended_on      date CHECK (ended_on >= declared_on),
    recorded_by   bigint NOT NULL,
    recorded_name text NOT NULL,
    recorded_at   timestamptz NOT NULL
);
COMMENT ON TABLE opening_events IS 'emergencies that were declared (AS-20.4, AB-32): without one nothing is opened before its review';
COMMENT ON COLUMN opening_events.kind IS 'AB-32: 自然灾害, 事故灾难, 公共卫生事件, 社会安全事件';

CREATE TABLE opening_reviews (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind          text NOT NULL CHECK (kind IN ('review', 'emergency', 'imported')),
    dataset_id    bigint NOT NULL REFERENCES datasets,
    department_id bigint NOT NULL REFERENCES departments,
    resource_id   text NOT NULL REFERENCES resources,
    upload_id     text REFERENCES uploads,
    version_id    bigint REFERENCES versions,
    event_id      bigint REFERENCES opening_events,

    -- the one content that it is about
    sha256        text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    schema_hash   text NOT NULL CHECK (schema_hash ~ '^([0-9a-f]{64})?$'),
    tables        jsonb NOT NULL CHECK (jsonb_typeof(tables) = 'array'),

    -- how it is to be open, as it was asked, as the entry stood then, and as it was decided
    terms         jsonb NOT NULL CHECK (terms ->> 'open' IN ('unconditional', 'conditional', 'withheld')),
    entry_terms   jsonb NOT NULL,
    decided_terms jsonb,
    approved_hash text CHECK (approved_hash ~ '^([0-9a-f]{64})?$'),

    profile       text NOT NULL,
    clock_profile text NOT NULL DEFAULT '',
    clock_path    text NOT NULL DEFAULT '',
    clock_from    timestamptz,
    note          text NOT NULL DEFAULT '',
    proposed_by   bigint NOT NULL,
    proposed_name text NOT NULL,
    proposed_at   timestamptz NOT NULL,
    state         text NOT NULL CHECK (state IN ('proposed', 'security_check', 'secrecy_check', 'joint_review',
                      'approved', 'approved_conditional', 'withheld', 'returned_for_deidentification', 'returned', 'taken_back',
                      'published_provisional', 'confirmed', 'withdrawn')),
    revision      integer NOT NULL DEFAULT 1,
    decided_at    timestamptz,

    standing_until  date,
    standing_terms  text NOT NULL DEFAULT '',
    revoked_at      timestamptz,
    revoked_by      bigint,
    revoked_name    text NOT NULL DEFAULT '',
    revoked_reason  text NOT NULL DEFAULT '',

    UNIQUE (id, proposed_by),
    CHECK ((kind = 'emergency') = (event_id IS NOT NULL)),
    CHECK (state NOT IN ('published_provisional', 'confirmed', 'withdrawn') OR kind = 'emergency'),
    CHECK ((state IN ('approved', 'approved_conditional', 'published_provisional', 'confirmed')) <= (approved_hash IS NOT NULL AND decided_terms IS NOT NULL)),
    CHECK (standing_until IS NULL OR state IN ('approved', 'approved_conditional') AND standing_terms <> ''),
    CHECK ((revoked_at IS NULL) = (revoked_reason = '')),
    CHECK (kind = 'imported' OR upload_id IS NOT NULL OR version_id IS NOT NULL)
);
CREATE INDEX opening_reviews_content ON opening_reviews (resource_id, sha256);
CREATE INDEX opening_reviews_department ON opening_reviews (department_id, id DESC);
CREATE INDEX opening_reviews_dataset ON opening_reviews (dataset_id);
CREATE INDEX opening_reviews_version ON opening_reviews (version_id);
CREATE INDEX opening_reviews_event ON opening_reviews (event_id);
-- one upload is looked at once at a time
CREATE UNIQUE INDEX opening_reviews_waiting ON opening_reviews (upload_id) WHERE state IN ('proposed', 'security_check', 'secrecy_check', 'joint_review', 'published_provisional');
CREATE UNIQUE INDEX opening_reviews_waiting_version ON opening_reviews (version_id) WHERE state IN ('proposed', 'security_check', 'secrecy_check', 'joint_review');
COMMENT ON TABLE opening_reviews IS 'whether one content may be opened (AS-28, AS-30, TJ-20.2, AB-39): its bytes by SHA-256, its columns and how it is open by schema_hash';
COMMENT ON COLUMN opening_reviews.kind IS 'imported: decided outside, as whoever imported it says';
COMMENT ON COLUMN opening_reviews.schema_hash IS 'empty: imported before reviews were kept here';
COMMENT ON COLUMN opening_reviews.entry_terms IS 'if the entry says otherwise when the version is published, somebody has changed it meanwhile';
COMMENT ON COLUMN opening_reviews.standing_until IS 'until when a version with the same columns may follow without a review of its own';

CREATE TABLE opening_checks (
    review_id   bigint NOT NULL,
    gate        text NOT NULL CHECK (gate IN ('security', 'secrecy', 'joint')),
    proposed_by bigint NOT NULL,
    reviewer_id bigint NOT NULL,
    name        text NOT NULL,
    department_id bigint NOT NULL REFERENCES departments,
    result      text NOT NULL CHECK (result IN ('pass', 'approve', 'approve_conditional', 'withhold', 'return', 'return_for_deidentification', 'confirm', 'end')),
    words       text NOT NULL DEFAULT '',
    ticked      text[] NOT NULL DEFAULT '{}',
    sha256      text NOT NULL,
    schema_hash text NOT NULL,
    at          timestamptz NOT NULL,
    PRIMARY KEY (review_id, gate),
    -- nobody decides twice about one review, and nobody about what they proposed
    UNIQUE (review_id, reviewer_id),
    FOREIGN KEY (review_id, proposed_by) REFERENCES opening_reviews (id, proposed_by),
    CHECK (reviewer_id <> proposed_by),
    CHECK (words <> '' OR result IN ('pass', 'approve', 'confirm'))
);
COMMENT ON TABLE opening_checks IS 'what one person decided at one gate, about which content; never changed';

CREATE TABLE version_approvals (
    version_id bigint PRIMARY KEY REFERENCES versions,
    review_id  bigint REFERENCES opening_reviews,
    standing   boolean NOT NULL DEFAULT false,
    at         timestamptz NOT NULL,
    CHECK (NOT standing OR review_id IS NOT NULL)
);
CREATE INDEX version_approvals_review ON version_approvals (review_id);
COMMENT ON TABLE version_approvals IS 'by which review each version was let through; none where its entry was withheld, so that nobody could have it';

CREATE FUNCTION opening_check_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was decided at a gate of an opening review is never changed';
END $$;
CREATE TRIGGER opening_checks_final BEFORE UPDATE OR DELETE ON opening_checks FOR EACH ROW EXECUTE FUNCTION opening_check_is_final();

-- what was published before reviews were kept here
INSERT INTO opening_reviews (kind, dataset_id, department_id, resource_id, version_id, sha256, schema_hash, tables, terms, entry_terms, decided_terms, approved_hash, profile, note, proposed_by, proposed_name, proposed_at, state, decided_at)
SELECT 'imported', d.id, d.department_id, v.resource_id, v.id, v.sha256, '', '[]', t.terms, t.terms, t.terms, '', p.profile, 'published before reviews were kept here', -1, 'migration', v.published_at, 'approved', v.published_at
FROM versions v JOIN resources r ON r.id = v.resource_id JOIN datasets d ON d.id = r.dataset_id JOIN departments p ON p.id = d.department_id,
     LATERAL (SELECT jsonb_build_object('open', d.open_type)) t (terms)
WHERE d.open_type <> 'withheld';
INSERT INTO version_approvals (version_id, review_id, at)
SELECT v.id, o.id, v.published_at FROM versions v LEFT JOIN opening_reviews o ON o.version_id = v.id;
