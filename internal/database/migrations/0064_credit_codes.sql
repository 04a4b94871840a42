-- Only a verified organisation holds its credit code: what somebody merely wrote keeps no department out.

CREATE OR REPLACE FUNCTION department_credit_code() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- where an organisation has been verified with the code, its foreign key refuses the change
    INSERT INTO credit_codes (code, holder) SELECT NEW.credit_code, 'department' WHERE NEW.credit_code <> ''
    ON CONFLICT (code) DO UPDATE SET holder = 'department' WHERE credit_codes.holder <> 'department';
    RETURN NEW;
END $$;

CREATE FUNCTION organisation_credit_code() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO credit_codes (code, holder) VALUES (NEW.credit_code, 'organisation') ON CONFLICT DO NOTHING;
    RETURN NEW;
END $$;
CREATE TRIGGER organisation_credit_code BEFORE INSERT OR UPDATE OF status, credit_code ON organisations
    FOR EACH ROW WHEN (NEW.status = 'verified') EXECUTE FUNCTION organisation_credit_code();

ALTER TABLE organisations DROP COLUMN credit_holder; -- and with it the foreign key of drafts
ALTER TABLE organisations
    ADD COLUMN credit_holder text GENERATED ALWAYS AS (CASE WHEN status = 'verified' THEN 'organisation' END) STORED,
    ADD CONSTRAINT organisations_credit_code_credit_holder_fkey FOREIGN KEY (credit_code, credit_holder) REFERENCES credit_codes (code, holder);
DELETE FROM credit_codes c WHERE holder = 'organisation' AND NOT EXISTS (SELECT FROM organisations o WHERE o.credit_code = c.code AND o.status = 'verified');
