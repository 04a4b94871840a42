-- Authorised operation (管运分离、授权经营; FJ-III.3, FJ-4.1): the mandate by which an authority lets an operator develop public data, and who may develop under it.

CREATE TABLE mandates (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number      text NOT NULL UNIQUE CHECK (number ~ '^AUTH-\d{4}-\d{6}$'),
    parent_id   bigint REFERENCES mandates,
    renews_id   bigint REFERENCES mandates,
    body_id     bigint NOT NULL REFERENCES departments,
    operator_id bigint NOT NULL REFERENCES organisations,
    title       text NOT NULL CHECK (title <> ''),
    purposes    text[] NOT NULL DEFAULT '{}',
    forms       text[] NOT NULL DEFAULT '{}',
    from_at     timestamptz NOT NULL,
    until_at    timestamptz NOT NULL,
    state       text NOT NULL CHECK (state IN ('draft', 'under_review', 'approved', 'signed', 'active', 'suspended', 'expired', 'revoked', 'surrendered', 'closed', 'withdrawn')),
    state_at    timestamptz NOT NULL,
    reason      text NOT NULL DEFAULT '',
    made_at     timestamptz NOT NULL,
    revision    integer NOT NULL DEFAULT 1,
    CHECK (until_at > from_at),
    CHECK (state NOT IN ('suspended', 'revoked') OR reason <> '')
);
CREATE INDEX mandates_operator ON mandates (operator_id, id DESC);
COMMENT ON TABLE mandates IS 'authorisation agreements (授权运营协议) between an implementing body and an operator; a city''s stands under its province''s (parent_id)';
COMMENT ON COLUMN mandates.until_at IS 'the first moment that is no longer in the term; renewal makes another mandate and never moves it';

CREATE TABLE mandate_items (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    mandate_id bigint NOT NULL REFERENCES mandates,
    dataset_id bigint NOT NULL REFERENCES datasets,
    columns    text[] NOT NULL CHECK (cardinality(columns) > 0),
    forms      text[] NOT NULL DEFAULT '{}',
    purposes   text[] NOT NULL DEFAULT '{}',
    UNIQUE (mandate_id, dataset_id)
);
COMMENT ON TABLE mandate_items IS 'the scope of a mandate, down to columns; empty forms and purposes: those of the mandate';

CREATE TABLE developers (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number          text NOT NULL UNIQUE CHECK (number ~ '^RZ-\d{4}-\d{6}$'),
    mandate_id      bigint NOT NULL REFERENCES mandates,
    organisation_id bigint NOT NULL REFERENCES organisations,
    state           text NOT NULL CHECK (state IN ('draft', 'submitted', 'returned', 'admitted', 'refused', 'suspended', 'left')),
    state_at        timestamptz NOT NULL,
    reason          text NOT NULL DEFAULT '',
    made_at         timestamptz NOT NULL,
    revision        integer NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX developers_one ON developers (mandate_id, organisation_id) WHERE state NOT IN ('refused', 'left');
CREATE INDEX developers_organisation ON developers (organisation_id, id DESC);
COMMENT ON TABLE developers IS 'entry (入驻) of second-tier developers (二级开发主体) with the operator of a mandate';

CREATE FUNCTION mandate_stands(mandate bigint, at timestamptz) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    WITH RECURSIVE chain AS (
        SELECT m.parent_id, m.state, m.from_at, m.until_at, m.operator_id FROM mandates m WHERE m.id = mandate
        UNION ALL
        SELECT m.parent_id, m.state, m.from_at, m.until_at, m.operator_id FROM mandates m JOIN chain c ON m.id = c.parent_id)
    SELECT coalesce(bool_and(c.state = 'active' AND c.from_at <= at AND at < c.until_at AND o.suspended_at IS NULL), false)
    FROM chain c JOIN organisations o ON o.id = c.operator_id
$$;
COMMENT ON FUNCTION mandate_stands IS 'whether a mandate lets anything pass at a moment: it and every one above it is active and in its term, and no operator of them is suspended';
