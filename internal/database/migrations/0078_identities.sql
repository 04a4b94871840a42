-- People sign in by a provider of identity (OpenID Connect), where an installation has one.

CREATE TABLE identities (
    issuer       text NOT NULL CHECK (issuer <> '' AND length(issuer) <= 1000),
    subject      text NOT NULL CHECK (subject ~ '^[ -~]{1,255}$'),
    user_id      bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    linked_by    text NOT NULL CHECK (linked_by IN ('self', 'staff', 'sign-up')),
    linked_at    timestamptz NOT NULL,
    last_used_on date,
    PRIMARY KEY (issuer, subject),
    UNIQUE (user_id, issuer)
);
COMMENT ON TABLE identities IS 'whom a provider of identity knows under which name that says nothing; an address is never a reason to link';
COMMENT ON COLUMN identities.linked_by IS 'the person, signed in here; the system administrator, before the first sign-in; or the sign-up that made the account';
COMMENT ON COLUMN identities.last_used_on IS 'the day only';

ALTER TABLE sessions ADD COLUMN provider boolean NOT NULL DEFAULT false;
ALTER TABLE sign_in_steps ADD COLUMN provider boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN sessions.provider IS 'it was opened by the provider of identity, where its holder may still be signed in afterwards';
COMMENT ON COLUMN users.identifier IS 'e-mail address or +phone number as it was normalised: the only spelling that exists; oidc: and a random number where the provider of identity gave no verified address';
