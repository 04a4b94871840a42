-- What people ask about an entry, and what its department answers.

CREATE TABLE questions (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dataset_id    bigint NOT NULL REFERENCES datasets,
    user_id       bigint REFERENCES users,
    asker         text NOT NULL CHECK (asker <> ''),
    body          text NOT NULL CHECK (body <> ''),
    asked_at      timestamptz NOT NULL,
    clock_profile text NOT NULL,
    clock_path    text NOT NULL,
    state         text NOT NULL CHECK (state IN ('open', 'answered', 'declined', 'taken_back')),
    answer        text NOT NULL DEFAULT '',
    answered_by   bigint,
    answered_name text NOT NULL DEFAULT '',
    answered_at   timestamptz,
    revision      integer NOT NULL DEFAULT 1,
    CHECK ((state IN ('answered', 'declined')) = (answer <> '' AND answered_by IS NOT NULL AND answered_at IS NOT NULL))
);
CREATE INDEX questions_dataset ON questions (dataset_id, id DESC);
CREATE INDEX questions_user ON questions (user_id, id DESC);
CREATE UNIQUE INDEX questions_once ON questions (user_id, dataset_id, md5(body)) WHERE state = 'open';
COMMENT ON TABLE questions IS 'public once answered: a question that nobody has looked at is seen by its asker and the department alone';
COMMENT ON COLUMN questions.user_id IS 'who asked; null once the account is gone';
COMMENT ON COLUMN questions.asker IS 'as the asker wants to be called in public';
COMMENT ON COLUMN questions.answer IS 'the official answer, or why the question is not answered here';
