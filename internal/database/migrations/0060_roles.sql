-- Every part that people play, and the side each stands on: who manages does not operate, who supervises does neither.

CREATE TABLE roles (
    role text PRIMARY KEY,
    side text NOT NULL CHECK (side IN ('manage', 'operate', 'use', 'exchange', 'arbitrate', 'regulate', 'system', 'security', 'audit')),
    body boolean NOT NULL,
    UNIQUE (role, side)
);
COMMENT ON TABLE roles IS 'the role table of the program, so that the database itself refuses what excludes each other (FJ-III.3; GB/T 22239-2019, 8.1.5)';
COMMENT ON COLUMN roles.body IS 'who plays it acts for a public body';

INSERT INTO roles (role, side, body) VALUES
    ('officer', 'manage', true),
    ('head', 'manage', true),
    ('security_reviewer', 'manage', true),
    ('secrecy_reviewer', 'manage', true),
    ('cyberspace_reviewer', 'manage', true),
    ('authority', 'manage', true),
    ('operator', 'operate', false),
    ('developer', 'use', false),
    ('buyer', 'use', false),
    ('certifier', 'use', false),
    ('valuer', 'use', false),
    ('broker', 'use', false),
    ('exchange_staff', 'exchange', false),
    ('arbitrator', 'arbitrate', false),
    ('regulator', 'regulate', true),
    ('administrator', 'system', false),
    ('security_administrator', 'security', false),
    ('audit_administrator', 'audit', false);

ALTER TABLE user_roles
    DROP CONSTRAINT user_roles_role_check,
    DROP CONSTRAINT user_roles_check,
    DROP CONSTRAINT user_roles_check1,
    DROP CONSTRAINT user_roles_user_id_side_fkey;
ALTER TABLE users DROP CONSTRAINT users_side_check;

UPDATE users SET side = CASE WHEN department_id IS NULL THEN 'use' ELSE 'manage' END WHERE side = 'data';
UPDATE user_roles r SET side = u.side FROM users u WHERE u.id = r.user_id AND r.side <> u.side;

ALTER TABLE users ADD CONSTRAINT users_side_check
    CHECK (side IN ('manage', 'operate', 'use', 'exchange', 'arbitrate', 'regulate', 'system', 'security', 'audit'));
ALTER TABLE user_roles
    ADD CONSTRAINT user_roles_user_id_side_fkey FOREIGN KEY (user_id, side) REFERENCES users (id, side),
    ADD CONSTRAINT user_roles_role_side_fkey FOREIGN KEY (role, side) REFERENCES roles (role, side),
    -- whoever manages or supervises acts for the one public body that the account belongs to
    ADD CONSTRAINT user_roles_body_check CHECK ((side IN ('manage', 'regulate')) = (department_id IS NOT NULL));
ALTER TABLE roles ADD CONSTRAINT roles_body_check CHECK ((side IN ('manage', 'regulate')) = body);

-- and so does the body itself: none manages and supervises at once
ALTER TABLE departments
    ADD COLUMN side text NOT NULL DEFAULT 'manage' CHECK (side IN ('manage', 'regulate')),
    ADD UNIQUE (id, side);
ALTER TABLE users ADD CONSTRAINT users_department_side_fkey FOREIGN KEY (department_id, side) REFERENCES departments (id, side);
COMMENT ON COLUMN departments.side IS '管 or 监: a body that manages data is never the one that supervises its market';

COMMENT ON COLUMN users.side IS 'where the account stands, for good: 管, 运, 用, 交易, 仲裁, 监, and the three administrators';
