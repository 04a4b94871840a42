-- The developer's own signature beside that of the platform: keys that organisations sign with, whose private halves are never here, and the
-- countersignatures of sealed statements. Each key, its end and each countersignature is a leaf of the public log.

ALTER TABLE log_leaves DROP CONSTRAINT log_leaves_kind_check;
ALTER TABLE log_leaves ADD CONSTRAINT log_leaves_kind_check CHECK (kind IN ('seal', 'recall', 'certificate', 'key', 'revocation', 'receipt', 'developer-key', 'countersign'));

CREATE TABLE developer_keys (
    id              text PRIMARY KEY CHECK (id ~ '^[0-9a-f]{64}$'),
    organisation_id bigint NOT NULL REFERENCES organisations,
    code            text NOT NULL CHECK (code ~ '^[0-9A-Z]{18}$'),
    public          bytea NOT NULL CHECK (octet_length(public) = 32),
    possession      bytea NOT NULL CHECK (octet_length(possession) = 64),
    valid_from      timestamptz NOT NULL,
    valid_until     timestamptz NOT NULL CHECK (valid_until > valid_from),
    registered_by   bigint NOT NULL REFERENCES users,
    registered_name text NOT NULL,
    leaf            bigint NOT NULL UNIQUE REFERENCES log_leaves
);
CREATE INDEX developer_keys_organisation ON developer_keys (organisation_id, leaf);
COMMENT ON TABLE developer_keys IS 'the public halves of the keys with which organisations sign for their products, with their history';
COMMENT ON COLUMN developer_keys.code IS 'unified social credit code of the organisation when the key was registered, as the log and the statements say it';
COMMENT ON COLUMN developer_keys.possession IS 'signature by which the key itself says for whom it signs';

CREATE TABLE developer_key_revocations (
    key_id         text PRIMARY KEY REFERENCES developer_keys,
    compromised_at timestamptz NOT NULL,
    reason         text NOT NULL CHECK (reason IN ('compromised', 'lost', 'retired')),
    by_id          bigint NOT NULL,
    by_name        text NOT NULL,
    leaf           bigint NOT NULL UNIQUE REFERENCES log_leaves
);
COMMENT ON TABLE developer_key_revocations IS 'keys that count no more for what the log has later than compromised_at';

CREATE TABLE product_countersignatures (
    version_id bigint NOT NULL REFERENCES product_seals,
    key_id     text NOT NULL REFERENCES developer_keys,
    signature  bytea NOT NULL CHECK (octet_length(signature) = 64),
    by_id      bigint NOT NULL,
    by_name    text NOT NULL,
    at         timestamptz NOT NULL,
    leaf       bigint NOT NULL UNIQUE REFERENCES log_leaves,
    PRIMARY KEY (version_id, key_id)
);
COMMENT ON TABLE product_countersignatures IS 'the signatures of developers over the statements that were sealed, byte for byte (DSSE); the newest counts';
CREATE INDEX product_countersignatures_key ON product_countersignatures (key_id);

CREATE FUNCTION product_countersigning() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM product_versions v JOIN products p ON p.id = v.product_id JOIN developer_keys k ON k.id = NEW.key_id AND k.organisation_id = p.organisation_id
        WHERE v.id = NEW.version_id AND v.state = 'sealed' AND NOT EXISTS (SELECT FROM developer_key_revocations r WHERE r.key_id = k.id)) THEN
        RAISE EXCEPTION 'version % is not signed with a key of its developer between its seal and its publication', NEW.version_id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER product_countersignatures_signing BEFORE INSERT ON product_countersignatures FOR EACH ROW EXECUTE FUNCTION product_countersigning();

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['developer_keys', 'developer_key_revocations', 'product_countersignatures'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()', t || '_frozen', t);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', t || '_kept', t);
    END LOOP;
END $$;
