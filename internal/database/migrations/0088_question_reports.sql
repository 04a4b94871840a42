-- Readers report a question with its answer; its department hides it with a reason, or dismisses the report.

ALTER TABLE questions
    DROP CONSTRAINT questions_state_check,
    DROP CONSTRAINT questions_check,
    ADD COLUMN hidden_at timestamptz,
    ADD COLUMN hidden_by bigint,
    ADD COLUMN hidden_name text NOT NULL DEFAULT '',
    ADD COLUMN hidden_reason text NOT NULL DEFAULT '',
    ADD CONSTRAINT questions_state_check CHECK (state IN ('open', 'answered', 'declined', 'taken_back', 'hidden')),
    ADD CONSTRAINT questions_check CHECK ((state IN ('answered', 'declined', 'hidden')) = (answer <> '' AND answered_by IS NOT NULL AND answered_at IS NOT NULL)),
    ADD CONSTRAINT questions_hidden_check CHECK ((state = 'hidden') = (hidden_reason <> '' AND hidden_at IS NOT NULL AND hidden_by IS NOT NULL));
COMMENT ON COLUMN questions.hidden_reason IS 'stands in public in the place of what was hidden';

CREATE TABLE question_reports (
    question_id bigint NOT NULL REFERENCES questions,
    user_id     bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    reason      text NOT NULL CHECK (reason IN ('personal', 'abuse', 'advert', 'unlawful')),
    at          timestamptz NOT NULL,
    closed_at   timestamptz,
    upheld      boolean,
    PRIMARY KEY (question_id, user_id),
    CHECK ((closed_at IS NULL) = (upheld IS NULL))
);
CREATE INDEX question_reports_user ON question_reports (user_id);
COMMENT ON TABLE question_reports IS 'what readers say is wrong with a public question and its answer: once for each account';
COMMENT ON COLUMN question_reports.upheld IS 'the question was hidden; false: it stays';

ALTER TABLE events ADD COLUMN retracted boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN events.retracted IS 'what it tells of is hidden: no list, letter or program is told of it';
