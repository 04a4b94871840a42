-- What an organisation shows for itself when it is verified: who heads it, where, and its papers.

ALTER TABLE organisations
    ADD COLUMN head text NOT NULL DEFAULT '' CHECK (length(head) <= 100 AND head !~ '[[:cntrl:]]'),
    ADD COLUMN registrar text NOT NULL DEFAULT '' CHECK (length(registrar) <= 100 AND registrar !~ '[[:cntrl:]]'),
    ADD COLUMN address text NOT NULL DEFAULT '' CHECK (length(address) <= 200 AND address !~ '[[:cntrl:]]');
COMMENT ON COLUMN organisations.head IS '法定代表人 of a legal person, 负责人 of an unincorporated organisation';
COMMENT ON COLUMN organisations.registrar IS '登记机关';
COMMENT ON COLUMN organisations.address IS '住所 of a legal person, 主要经营场所 of an unincorporated organisation';

CREATE TABLE papers (
    id              text PRIMARY KEY CHECK (id ~ '^[0-9a-f]{32}$'),
    organisation_id bigint NOT NULL REFERENCES organisations ON DELETE CASCADE,
    kind            text NOT NULL CHECK (kind IN ('registration', 'authorisation', 'qualification')),
    name            text NOT NULL CHECK (name <> '' AND length(name) <= 100 AND name !~ '[[:cntrl:]/\\]'),
    media           text NOT NULL CHECK (media IN ('application/pdf', 'image/jpeg', 'image/png')),
    bytes           bigint NOT NULL CHECK (bytes > 0),
    sha256          text NOT NULL REFERENCES blobs,
    expires_on      date,
    uploaded_by     bigint NOT NULL REFERENCES users,
    uploaded_at     timestamptz NOT NULL,
    replaced_at     timestamptz
);
CREATE INDEX papers_organisation ON papers (organisation_id);
CREATE UNIQUE INDEX papers_current ON papers (organisation_id, kind) WHERE replaced_at IS NULL AND kind <> 'qualification';
COMMENT ON TABLE papers IS 'qualification papers: read by the organisation and whoever verifies it, each reading in the audit trail; replaced and never overwritten';
COMMENT ON COLUMN papers.kind IS '登记证照, 授权书 of whoever acts, 资质证书';
COMMENT ON COLUMN papers.sha256 IS 'of the object as it lies in the store, where it is locked with the key of the installation';
COMMENT ON COLUMN papers.bytes IS 'of the paper itself';
COMMENT ON COLUMN papers.expires_on IS 'the last day that it is good; null where it says none';
