-- Registration of products (登记): application, public notice with objections, and the signed certificates.

CREATE TABLE registrations (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number          text NOT NULL UNIQUE CHECK (number ~ '^DJ-\d{4}-\d{6}$'),
    kind            text NOT NULL CHECK (kind IN ('first', 'change', 'renewal', 'transfer')),
    product_id      bigint NOT NULL REFERENCES products,
    version_id      bigint NOT NULL,
    organisation_id bigint NOT NULL REFERENCES organisations,
    receiver_id     bigint REFERENCES organisations,
    received_at     timestamptz,
    replaces        text NOT NULL DEFAULT '',
    level           text NOT NULL DEFAULT '' CHECK (level IN ('', 'general', 'important', 'core')),
    abroad          text NOT NULL DEFAULT '' CHECK (abroad IN ('', 'no', 'yes')),
    lawful          text NOT NULL DEFAULT '',
    unidentifiable  text NOT NULL DEFAULT '',
    irreversible    text NOT NULL DEFAULT '',
    controls        text[] NOT NULL DEFAULT '{}',
    declared        boolean NOT NULL DEFAULT false,
    state           text NOT NULL CHECK (state IN ('applied', 'returned', 'accepted', 'public_notice', 'objected', 'issued', 'refused', 'withdrawn')),
    state_at        timestamptz NOT NULL,
    reason          text NOT NULL DEFAULT '',
    apply_profile   text NOT NULL,
    apply_path      text NOT NULL,
    apply_from      timestamptz NOT NULL,
    clock_profile   text NOT NULL DEFAULT '',
    clock_path      text NOT NULL DEFAULT '',
    clock_from      timestamptz,
    notice_profile  text NOT NULL DEFAULT '',
    notice_path     text NOT NULL DEFAULT '',
    notice_from     timestamptz,
    notice_until    timestamptz,
    checks          jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(checks) = 'array'),
    sample          boolean NOT NULL DEFAULT false,
    made_by         bigint NOT NULL REFERENCES users,
    made_name       text NOT NULL,
    made_at         timestamptz NOT NULL,
    revision        integer NOT NULL DEFAULT 1,
    sent            text UNIQUE,
    FOREIGN KEY (version_id, product_id) REFERENCES product_versions (id, product_id),
    CHECK ((kind = 'transfer') = (receiver_id IS NOT NULL)),
    CHECK ((kind = 'first') = (replaces = '')),
    CHECK (received_at IS NULL OR receiver_id IS NOT NULL),
    CHECK (state NOT IN ('returned', 'refused') OR reason <> ''),
    CHECK ((clock_path = '') = (clock_from IS NULL)),
    CHECK ((notice_path = '') = (notice_from IS NULL)),
    CHECK (state NOT IN ('public_notice', 'objected', 'issued') OR notice_from IS NOT NULL)
);
CREATE UNIQUE INDEX registrations_open ON registrations (product_id) WHERE state NOT IN ('issued', 'refused', 'withdrawn');
CREATE INDEX registrations_state ON registrations (state, id DESC);
CREATE INDEX registrations_organisation ON registrations (organisation_id, id DESC);
COMMENT ON TABLE registrations IS 'one application to register a version of a product, from the first on or about what is registered; 20, 3 and 10 working days after 闽数据〔2025〕15号';
COMMENT ON COLUMN registrations.controls IS 'credit codes of whoever controls the registrant, as it declares: neither the registrar nor a certifier may be among them';
COMMENT ON COLUMN registrations.replaces IS 'number of the certificate that is changed, renewed or handed over';
COMMENT ON COLUMN registrations.notice_until IS 'first moment after the public notice, as counted when the certificate was issued';

CREATE TABLE registration_objections (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    registration_id bigint NOT NULL REFERENCES registrations,
    place           integer NOT NULL CHECK (place > 0),
    by_id           bigint REFERENCES users,
    name            text NOT NULL CHECK (name <> ''),
    contact         text NOT NULL CHECK (contact <> ''),
    words           text NOT NULL CHECK (words <> ''),
    at              timestamptz NOT NULL,
    upheld          boolean,
    answer          text NOT NULL DEFAULT '',
    answered_by     bigint REFERENCES users,
    answered_name   text NOT NULL DEFAULT '',
    answered_at     timestamptz,
    UNIQUE (registration_id, place),
    CHECK (num_nulls(upheld, answered_by, answered_at) IN (0, 3)),
    CHECK ((upheld IS NULL) = (answer = ''))
);
COMMENT ON TABLE registration_objections IS 'what anybody brings forward during the public notice; one that is open lets no certificate be issued';

CREATE TABLE product_certificates (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number          text NOT NULL UNIQUE CHECK (number ~ '^(DJZ|HGZ|PGZ)-\d{4}-\d{6}$'),
    kind            text NOT NULL CHECK (kind IN ('registration', 'certification', 'valuation')),
    registration_id bigint UNIQUE REFERENCES registrations,
    product_id      bigint NOT NULL REFERENCES products,
    version_id      bigint NOT NULL,
    organisation_id bigint NOT NULL REFERENCES organisations,
    issuer          text NOT NULL CHECK (issuer <> ''),
    state           text NOT NULL CHECK (state IN ('issued', 'changed', 'renewed', 'transferred', 'expired', 'cancelled')),
    state_at        timestamptz NOT NULL,
    reason          text NOT NULL DEFAULT '',
    issued_at       timestamptz NOT NULL,
    issued_by       bigint NOT NULL REFERENCES users,
    issued_name     text NOT NULL,
    valid_until     timestamptz NOT NULL,
    statement       bytea NOT NULL,
    digest          text NOT NULL UNIQUE CHECK (digest = encode(sha256(statement), 'hex')),
    envelope        bytea NOT NULL,
    key_id          text NOT NULL CHECK (key_id <> ''),
    leaf            bigint NOT NULL UNIQUE REFERENCES log_leaves,
    end_leaf        bigint UNIQUE REFERENCES log_leaves,
    replaces_id     bigint UNIQUE REFERENCES product_certificates,
    revision        integer NOT NULL DEFAULT 1,
    FOREIGN KEY (version_id, product_id) REFERENCES product_versions (id, product_id),
    CHECK ((kind = 'registration') = (registration_id IS NOT NULL)),
    CHECK (left(number, 3) = CASE kind WHEN 'registration' THEN 'DJZ' WHEN 'certification' THEN 'HGZ' ELSE 'PGZ' END),
    CHECK (valid_until > issued_at),
    CHECK (kind = 'registration' OR state NOT IN ('changed', 'renewed', 'transferred')),
    CHECK (state <> 'cancelled' OR reason <> ''),
    CHECK ((state IN ('issued', 'changed', 'renewed', 'transferred')) = (end_leaf IS NULL))
);
CREATE UNIQUE INDEX product_certificates_registered ON product_certificates (product_id) WHERE kind = 'registration' AND state = 'issued';
CREATE INDEX product_certificates_product ON product_certificates (product_id, id DESC);
CREATE INDEX product_certificates_ending ON product_certificates (valid_until) WHERE state = 'issued';
COMMENT ON TABLE product_certificates IS 'signed certificates (in-toto, DSSE), each with its leaf in the public log; what replaces one is the certificate after it';
COMMENT ON COLUMN product_certificates.end_leaf IS 'leaf of the log that says it expired or was cancelled; one that another replaces is ended by the leaf of that';

CREATE TABLE registration_events (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    registration_id bigint NOT NULL REFERENCES registrations,
    act             text NOT NULL CHECK (act <> ''),
    side            text NOT NULL,
    state           text NOT NULL,
    by_id           bigint NOT NULL,
    name            text NOT NULL,
    words           text NOT NULL DEFAULT '',
    at              timestamptz NOT NULL
);
CREATE INDEX registration_events_of ON registration_events (registration_id, id);

CREATE FUNCTION registration_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.number, OLD.kind, OLD.product_id, OLD.organisation_id, OLD.replaces, OLD.made_by, OLD.made_at, OLD.apply_profile, OLD.apply_path, OLD.apply_from)
        IS DISTINCT FROM (NEW.number, NEW.kind, NEW.product_id, NEW.organisation_id, NEW.replaces, NEW.made_by, NEW.made_at, NEW.apply_profile, NEW.apply_path, NEW.apply_from) THEN
        RAISE EXCEPTION 'registration % is what was applied for', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state NOT IN ('applied', 'returned') AND (OLD.version_id, OLD.receiver_id, OLD.received_at, OLD.level, OLD.abroad, OLD.lawful, OLD.unidentifiable, OLD.irreversible, OLD.controls, OLD.declared)
        IS DISTINCT FROM (NEW.version_id, NEW.receiver_id, NEW.received_at, NEW.level, NEW.abroad, NEW.lawful, NEW.unidentifiable, NEW.irreversible, NEW.controls, NEW.declared) THEN
        RAISE EXCEPTION 'registration % was accepted as it is', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.notice_from IS NOT NULL AND (OLD.notice_profile, OLD.notice_path, OLD.notice_from, OLD.checks) IS DISTINCT FROM (NEW.notice_profile, NEW.notice_path, NEW.notice_from, NEW.checks) THEN
        RAISE EXCEPTION 'the public notice of % has begun', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('applied', 'returned'), ('returned', 'applied'), ('applied', 'accepted'), ('accepted', 'public_notice'), ('public_notice', 'objected'), ('objected', 'public_notice'),
        ('public_notice', 'issued'), ('applied', 'refused'), ('accepted', 'refused'), ('public_notice', 'refused'),
        ('applied', 'withdrawn'), ('returned', 'withdrawn'), ('accepted', 'withdrawn'), ('public_notice', 'withdrawn'), ('objected', 'withdrawn')) THEN
        RAISE EXCEPTION 'registration % does not go from % to %', OLD.number, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state = NEW.state AND OLD.state IN ('issued', 'refused', 'withdrawn') THEN
        RAISE EXCEPTION 'registration % is over', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = 'issued' AND NOT EXISTS (SELECT FROM product_certificates WHERE registration_id = NEW.id) THEN
        RAISE EXCEPTION 'registration % has no certificate', OLD.number USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'public_notice' AND EXISTS (SELECT FROM registration_objections WHERE registration_id = NEW.id AND upheld IS NULL) THEN
        RAISE EXCEPTION 'registration % has an open objection', OLD.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION registration_moves IS 'the moves of package marketplace/registration, and no others';
CREATE TRIGGER registrations_moves BEFORE UPDATE ON registrations FOR EACH ROW EXECUTE FUNCTION registration_moves();

CREATE FUNCTION registration_objection_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM registrations WHERE id = NEW.registration_id AND state IN ('public_notice', 'objected')) THEN
            RAISE EXCEPTION 'there is no public notice to object to' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (OLD.registration_id, OLD.place, OLD.by_id, OLD.name, OLD.contact, OLD.words, OLD.at) IS DISTINCT FROM (NEW.registration_id, NEW.place, NEW.by_id, NEW.name, NEW.contact, NEW.words, NEW.at) OR OLD.upheld IS NOT NULL THEN
        RAISE EXCEPTION 'an objection stays as it was filed and answered' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER registration_objections_kept BEFORE INSERT OR UPDATE ON registration_objections FOR EACH ROW EXECUTE FUNCTION registration_objection_kept();

-- I-26: a certificate of registration follows a full notice, with no objection left open; and the registrar registers nothing of its own.
CREATE FUNCTION product_certificate_issued() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE r registrations;
BEGIN
    IF NEW.state <> 'issued' THEN
        RAISE EXCEPTION 'certificate % begins as issued', NEW.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.kind <> 'registration' THEN RETURN NEW; END IF;
    SELECT * INTO r FROM registrations WHERE id = NEW.registration_id;
    IF r.state <> 'public_notice' OR r.notice_until IS NULL OR NEW.issued_at < r.notice_until OR r.notice_until < r.notice_from + interval '9 days' OR (r.product_id, r.version_id, coalesce(r.receiver_id, r.organisation_id)) IS DISTINCT FROM (NEW.product_id, NEW.version_id, NEW.organisation_id) THEN
        RAISE EXCEPTION 'certificate % has no full public notice behind it', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT FROM registration_objections o WHERE o.registration_id = r.id AND o.upheld IS NULL) THEN
        RAISE EXCEPTION 'certificate % has an open objection against it', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT FROM organisations x JOIN organisations o ON o.id = NEW.organisation_id WHERE x.side = 'exchange' AND (x.id = o.id OR x.credit_code = o.credit_code OR x.credit_code = ANY (r.controls))) THEN
        RAISE EXCEPTION 'the registrar registers no product of its own' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER product_certificates_issued BEFORE INSERT ON product_certificates FOR EACH ROW EXECUTE FUNCTION product_certificate_issued();

CREATE FUNCTION product_certificate_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.number, OLD.kind, OLD.registration_id, OLD.product_id, OLD.version_id, OLD.organisation_id, OLD.issuer, OLD.issued_at, OLD.issued_by, OLD.valid_until, OLD.statement, OLD.envelope, OLD.key_id, OLD.leaf, OLD.replaces_id)
        IS DISTINCT FROM (NEW.number, NEW.kind, NEW.registration_id, NEW.product_id, NEW.version_id, NEW.organisation_id, NEW.issuer, NEW.issued_at, NEW.issued_by, NEW.valid_until, NEW.statement, NEW.envelope, NEW.key_id, NEW.leaf, NEW.replaces_id) THEN
        RAISE EXCEPTION 'certificate % is signed', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> 'issued' AND (OLD.state, OLD.state_at, OLD.reason, OLD.end_leaf) IS DISTINCT FROM (NEW.state, NEW.state_at, NEW.reason, NEW.end_leaf) THEN
        RAISE EXCEPTION 'certificate % is over', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION product_certificate_moves IS 'the moves of package marketplace/registration: from issued to its end, and no others';
CREATE TRIGGER product_certificates_moves BEFORE UPDATE ON product_certificates FOR EACH ROW EXECUTE FUNCTION product_certificate_moves();

DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['registration_objections', 'product_certificates'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE DELETE ON %I FOR EACH ROW EXECUTE FUNCTION refuse_change()', t || '_frozen', t);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', t || '_whole', t);
    END LOOP;
    CREATE TRIGGER registration_events_frozen BEFORE UPDATE OR DELETE ON registration_events FOR EACH ROW EXECUTE FUNCTION refuse_change();
    CREATE TRIGGER registration_events_whole BEFORE TRUNCATE ON registration_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
END $$;
