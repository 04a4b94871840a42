-- Organisations that people act for, each with its credit code, on one side as its members are.

CREATE TABLE credit_codes (
    code   text PRIMARY KEY CHECK (code <> ''),
    holder text NOT NULL CHECK (holder IN ('department', 'organisation')),
    UNIQUE (code, holder)
);
COMMENT ON TABLE credit_codes IS '统一社会信用代码 (GB 32100-2015): who manages and who operates never share one (FJ-III.3)';

-- a department brings its code along, so that whoever writes departments need not know of this table
CREATE FUNCTION department_credit_code() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO credit_codes (code, holder) SELECT NEW.credit_code, 'department' WHERE NEW.credit_code <> '' ON CONFLICT DO NOTHING;
    RETURN NEW;
END $$;
CREATE TRIGGER department_credit_code BEFORE INSERT OR UPDATE OF credit_code ON departments FOR EACH ROW EXECUTE FUNCTION department_credit_code();
INSERT INTO credit_codes (code, holder) SELECT DISTINCT credit_code, 'department' FROM departments WHERE credit_code <> '';
ALTER TABLE departments
    ADD COLUMN credit_key text GENERATED ALWAYS AS (nullif(credit_code, '')) STORED,
    ADD COLUMN credit_holder text GENERATED ALWAYS AS ('department') STORED,
    ADD CONSTRAINT departments_credit_code_fkey FOREIGN KEY (credit_key, credit_holder) REFERENCES credit_codes (code, holder);

CREATE TABLE organisations (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind          text NOT NULL CHECK (kind IN ('legal', 'unincorporated')),
    name          text NOT NULL CHECK (name <> '' AND length(name) <= 100 AND name !~ '[[:cntrl:]]'),
    credit_code   text NOT NULL CHECK (credit_code ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'),
    credit_holder text GENERATED ALWAYS AS ('organisation') STORED,
    side          text NOT NULL CHECK (side IN ('use', 'operate', 'exchange', 'arbitrate')),
    status        text NOT NULL CHECK (status IN ('draft', 'submitted', 'verified', 'returned')),
    reason        text NOT NULL DEFAULT '' CHECK (length(reason) <= 1000),
    submitted_at  timestamptz,
    decided_at    timestamptz,
    sample        boolean NOT NULL DEFAULT false,
    created_at    timestamptz NOT NULL,
    UNIQUE (id, side),
    FOREIGN KEY (credit_code, credit_holder) REFERENCES credit_codes (code, holder),
    CHECK ((status = 'draft') = (submitted_at IS NULL)),
    CHECK ((status IN ('verified', 'returned')) = (decided_at IS NOT NULL)),
    CHECK (status <> 'returned' OR reason <> '')
);
CREATE UNIQUE INDEX organisations_credit_code ON organisations (credit_code) WHERE status IN ('submitted', 'verified');
COMMENT ON INDEX organisations_credit_code IS 'one code is one organisation; a draft holds none back';
COMMENT ON COLUMN organisations.kind IS '法人 or 非法人组织; a natural person has none';

CREATE TABLE organisation_members (
    organisation_id bigint NOT NULL,
    user_id         bigint NOT NULL,
    side            text NOT NULL,
    role            text NOT NULL CHECK (role IN ('owner', 'member')),
    joined_at       timestamptz NOT NULL,
    PRIMARY KEY (organisation_id, user_id),
    FOREIGN KEY (organisation_id, side) REFERENCES organisations (id, side) ON DELETE CASCADE,
    FOREIGN KEY (user_id, side) REFERENCES users (id, side)
);
CREATE INDEX organisation_members_user ON organisation_members (user_id);
COMMENT ON COLUMN organisation_members.side IS 'of the organisation and of the person: nobody of one side acts for the other';

CREATE FUNCTION organisation_keeps_an_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM organisations WHERE id = OLD.organisation_id)
       AND NOT EXISTS (SELECT FROM organisation_members WHERE organisation_id = OLD.organisation_id AND role = 'owner')
    THEN
        RAISE EXCEPTION 'organisation % is left without an owner', OLD.organisation_id USING ERRCODE = 'check_violation', CONSTRAINT = 'organisation_owner';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER organisation_owner AFTER UPDATE OR DELETE ON organisation_members
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION organisation_keeps_an_owner();

CREATE TABLE invitations (
    id              bytea PRIMARY KEY CHECK (length(id) = 16),
    organisation_id bigint NOT NULL REFERENCES organisations ON DELETE CASCADE,
    identifier      text NOT NULL CHECK (length(identifier) BETWEEN 3 AND 254),
    role            text NOT NULL CHECK (role IN ('owner', 'member')),
    created_at      timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    used_at         timestamptz
);
CREATE INDEX invitations_organisation ON invitations (organisation_id);
COMMENT ON TABLE invitations IS 'mailed links to join; each is for one address and works once';
