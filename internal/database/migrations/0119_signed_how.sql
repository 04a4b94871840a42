-- How somebody who signed an agreement had shown who they are.

ALTER TABLE sessions ADD COLUMN confirmed_by text NOT NULL DEFAULT '' CHECK (confirmed_by IN ('', 'password', 'totp', 'recovery', 'passkey', 'identity'));
COMMENT ON COLUMN sessions.confirmed_by IS 'how its holder showed anew who they are; empty: not since signing in';
ALTER TABLE agreements
    ADD COLUMN user_method     text NOT NULL DEFAULT '' CHECK (user_method IN ('', 'sign-in', 'password', 'totp', 'recovery', 'passkey', 'identity')),
    ADD COLUMN provider_method text NOT NULL DEFAULT '' CHECK (provider_method IN ('', 'sign-in', 'password', 'totp', 'recovery', 'passkey', 'identity'));
COMMENT ON COLUMN agreements.user_method IS 'how whoever signed had shown who they are, within the minutes that count: sign-in, or anew by a password, a code, a passkey, the provider of identity; empty: it was not written down';
