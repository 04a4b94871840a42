CREATE TABLE product_marks (
    version_id bigint NOT NULL REFERENCES product_versions,
    digest     text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
    PRIMARY KEY (version_id, digest)
);
CREATE INDEX product_marks_digest ON product_marks (digest);
COMMENT ON TABLE product_marks IS 'by what the proof of a seal is looked for: the statement, the contents, and the names of the columns of a table whose stamp was cut off (verify.Digests)';
CREATE TRIGGER product_marks_sealing BEFORE INSERT ON product_marks FOR EACH ROW EXECUTE FUNCTION product_sealing();
CREATE TRIGGER product_marks_frozen BEFORE UPDATE OR DELETE ON product_marks FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER product_marks_kept BEFORE TRUNCATE ON product_marks FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
