-- Where data comes from that was made of data that is withheld (AB-31.3): by taking away what names somebody, or because whoever has the right agreed. The original stays withheld.

CREATE TABLE lineages (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dataset_id        bigint NOT NULL REFERENCES datasets,
    upload_id         text NOT NULL UNIQUE REFERENCES uploads,
    sha256            text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    road              text NOT NULL CHECK (road IN ('deidentified', 'consent')),

    source_dataset_id bigint NOT NULL REFERENCES datasets,
    source_version_id bigint REFERENCES versions,
    source_upload_id  text REFERENCES uploads,
    source_sha256     text NOT NULL CHECK (source_sha256 ~ '^[0-9a-f]{64}$'),
    source_table      integer NOT NULL DEFAULT 0 CHECK (source_table >= 0),

    report            text,
    report_sha256     text CHECK (report_sha256 ~ '^[0-9a-f]{64}$'),
    consent           jsonb CHECK (jsonb_typeof(consent) = 'object'),

    made_by           bigint NOT NULL,
    made_name         text NOT NULL,
    made_at           timestamptz NOT NULL,

    CHECK (num_nonnulls(source_version_id, source_upload_id) = 1),
    CHECK ((road = 'deidentified') = (report IS NOT NULL AND report_sha256 IS NOT NULL)),
    CHECK ((road = 'consent') = (consent IS NOT NULL)),
    CHECK (road <> 'consent' OR sha256 = source_sha256 AND dataset_id <> source_dataset_id),
    CHECK (report IS NULL OR encode(sha256(convert_to(report, 'UTF8')), 'hex') = report_sha256)
);
CREATE INDEX lineages_dataset ON lineages (dataset_id, sha256);
CREATE INDEX lineages_source ON lineages (source_dataset_id);
CREATE INDEX lineages_version ON lineages (source_version_id);
CREATE INDEX lineages_source_upload ON lineages (source_upload_id);
COMMENT ON TABLE lineages IS 'of which withheld data a file was made, and how (AB-31.3); never changed';
COMMENT ON COLUMN lineages.report IS 'the recipe and what came of it, as JSON: the very bytes that report_sha256 is of';
COMMENT ON COLUMN lineages.consent IS 'who agreed, by which paper, when, to what';

CREATE FUNCTION lineage_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'where data comes from is never changed';
END $$;
CREATE TRIGGER lineages_final BEFORE UPDATE OR DELETE ON lineages FOR EACH ROW EXECUTE FUNCTION lineage_is_final();
