-- The public transparency log: a Merkle tree (RFC 6962) of what was sealed, recalled, certified and received, and of the keys that sign. It only
-- grows. Leaves are for everybody to read: they name statements, products and certificates, and no person and no buyer.

CREATE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: the public log only grows', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE TABLE log_origin (
    single   boolean PRIMARY KEY DEFAULT true CHECK (single),
    origin   text NOT NULL CHECK (origin ~ '^[!-*,-~]{3,200}$'),
    fixed_at timestamptz NOT NULL
);
COMMENT ON TABLE log_origin IS 'the name of the log, as all its checkpoints say it: fixed when the server first starts';

CREATE TABLE log_leaves (
    seq   bigint PRIMARY KEY CHECK (seq >= 0),
    kind  text NOT NULL CHECK (kind IN ('seal', 'recall', 'certificate', 'key', 'revocation', 'receipt')),
    at    timestamptz NOT NULL,
    hash  bytea NOT NULL CHECK (octet_length(hash) = 32),
    entry bytea NOT NULL CHECK (octet_length(entry) BETWEEN 1 AND 65535)
);
COMMENT ON TABLE log_leaves IS 'the leaves in their order, from 0 without a gap; whoever appends holds an advisory lock until its transaction ends';
COMMENT ON COLUMN log_leaves.at IS 'as in the entry: never before that of the leaf before';
COMMENT ON COLUMN log_leaves.hash IS 'RFC 6962: SHA-256 of 0x00 and the entry';
COMMENT ON COLUMN log_leaves.entry IS 'the bytes that are hashed and given to everybody: kind, time and body as JSON';
CREATE INDEX log_leaves_kind ON log_leaves (kind, seq);

CREATE TABLE log_hashes (
    idx  bigint PRIMARY KEY CHECK (idx >= 0),
    hash bytea NOT NULL CHECK (octet_length(hash) = 32)
);
COMMENT ON TABLE log_hashes IS 'hashes of leaves and of whole subtrees, each once, in the order of golang.org/x/mod/sumdb/tlog';

CREATE TABLE signing_keys (
    number      bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    id          text PRIMARY KEY CHECK (id ~ '^[0-9a-f]{64}$'),
    purpose     text NOT NULL CHECK (purpose IN ('statement', 'checkpoint', 'certificate')),
    public      bytea NOT NULL CHECK (octet_length(public) = 32),
    valid_from  timestamptz NOT NULL,
    valid_until timestamptz NOT NULL CHECK (valid_until > valid_from),
    payload     bytea NOT NULL,
    signed_by   text NOT NULL CHECK (signed_by ~ '^[0-9a-f]{64}$'),
    signature   bytea NOT NULL CHECK (octet_length(signature) = 64),
    leaf        bigint NOT NULL UNIQUE REFERENCES log_leaves
);
COMMENT ON TABLE signing_keys IS 'the public halves of all keys that ever signed, with their history; private halves are never in the database';
COMMENT ON COLUMN signing_keys.payload IS 'the statement (DSSE payload) by which the key before hands over to this one; the first key of a purpose states itself';
COMMENT ON COLUMN signing_keys.signed_by IS 'the key before, of the same purpose; the key itself where it is the first';

CREATE TABLE signing_revocations (
    key_id         text PRIMARY KEY REFERENCES signing_keys,
    compromised_at timestamptz NOT NULL,
    reason         text NOT NULL CHECK (reason IN ('compromised', 'lost', 'retired')),
    leaf           bigint NOT NULL UNIQUE REFERENCES log_leaves
);
COMMENT ON TABLE signing_revocations IS 'keys that count no more for what the log has later than compromised_at';

CREATE TABLE log_checkpoints (
    size      bigint NOT NULL CHECK (size > 0),
    key_id    text NOT NULL REFERENCES signing_keys,
    root      bytea NOT NULL CHECK (octet_length(root) = 32),
    signed_at timestamptz NOT NULL,
    note      bytea NOT NULL,
    PRIMARY KEY (size, key_id)
);
COMMENT ON TABLE log_checkpoints IS 'every checkpoint that was ever signed, as it was published (C2SP tlog-checkpoint); they lie in the data folder too';

CREATE TABLE log_cosignatures (
    size     bigint NOT NULL,
    key_id   text NOT NULL,
    witness  text NOT NULL CHECK (witness ~ '^[!-*,-~]{1,200}\+[0-9a-f]{8}$'),
    line     text NOT NULL CHECK (line <> ''),
    at       timestamptz NOT NULL,
    PRIMARY KEY (size, key_id, witness),
    FOREIGN KEY (size, key_id) REFERENCES log_checkpoints
);
COMMENT ON TABLE log_cosignatures IS 'signatures of witnesses under checkpoints (C2SP tlog-cosignature)';
COMMENT ON COLUMN log_cosignatures.witness IS 'its name and the hash of its key';
COMMENT ON COLUMN log_cosignatures.line IS 'the line under the note';
COMMENT ON COLUMN log_cosignatures.at IS 'the time that the witness signed';

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['log_origin', 'log_leaves', 'log_hashes', 'signing_keys', 'signing_revocations', 'log_checkpoints', 'log_cosignatures'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_rewriting()', t || '_grow', t);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting()', t || '_kept', t);
    END LOOP;
END $$;
