-- Certificates of download (下载凭证): the platform signs which bytes it supplies as an open file (TJ-21.2, AS-33.2). Nobody who asked for one is in it.

CREATE TABLE download_receipts (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number     text NOT NULL UNIQUE CHECK (number ~ '^XZZ-\d{4}-\d{6}$'),
    version_id bigint NOT NULL REFERENCES versions,
    position   integer NOT NULL DEFAULT 0 CHECK (position >= 0),
    kind       text NOT NULL DEFAULT '',
    sha256     text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    bytes      bigint NOT NULL CHECK (bytes >= 0),
    issued_at  timestamptz NOT NULL,
    statement  bytea NOT NULL,
    digest     text NOT NULL UNIQUE CHECK (digest = encode(sha256(statement), 'hex')),
    envelope   bytea NOT NULL,
    key_id     text NOT NULL CHECK (key_id <> '')
);
CREATE INDEX download_receipts_file ON download_receipts (sha256, id DESC);
CREATE INDEX download_receipts_version ON download_receipts (version_id);
COMMENT ON TABLE download_receipts IS 'signed certificates of download (in-toto, DSSE); who asked is not kept';
COMMENT ON COLUMN download_receipts.kind IS 'of the rendition; empty: the original';

CREATE TABLE download_receipt_papers (
    sha256     text PRIMARY KEY CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    receipt_id bigint NOT NULL REFERENCES download_receipts,
    made_at    timestamptz NOT NULL
);
CREATE INDEX download_receipt_papers_of ON download_receipt_papers (receipt_id);
COMMENT ON TABLE download_receipt_papers IS 'digests of the PDFs that were made of certificates of download: a PDF with other bytes was changed';

-- A certificate is of the very bytes of an open version that is published.
CREATE FUNCTION download_receipt_issued() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM versions v JOIN resources r ON r.id = v.resource_id JOIN datasets d ON d.id = r.dataset_id
        WHERE v.id = NEW.version_id AND d.status = 'published' AND d.open_type = 'unconditional'
          AND CASE WHEN NEW.kind = '' THEN v.sha256 = NEW.sha256 AND v.bytes = NEW.bytes
              ELSE EXISTS (SELECT FROM renditions x WHERE x.version_id = v.id AND x.position = NEW.position AND x.kind = NEW.kind AND x.sha256 = NEW.sha256 AND x.bytes = NEW.bytes) END) THEN
        RAISE EXCEPTION 'certificate % is of no open file', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER download_receipts_issued BEFORE INSERT ON download_receipts FOR EACH ROW EXECUTE FUNCTION download_receipt_issued();

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['download_receipts', 'download_receipt_papers'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()', t || '_frozen', t);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', t || '_whole', t);
    END LOOP;
END $$;

CREATE INDEX versions_sha256 ON versions (sha256);
CREATE INDEX renditions_sha256 ON renditions (sha256);
