-- What happens to entries, who follows them, and what each reader was told.

CREATE TABLE events (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text NOT NULL CHECK (kind IN ('published', 'restored', 'withdrawn', 'version', 'schema', 'correction', 'overdue', 'answer', 'note')),
    dataset_id  bigint NOT NULL REFERENCES datasets,
    resource_id text REFERENCES resources,
    number      bigint NOT NULL DEFAULT 0,
    key         text NOT NULL CHECK (key <> ''),
    detail      jsonb NOT NULL DEFAULT '{}',
    at          timestamptz NOT NULL,
    UNIQUE (dataset_id, kind, key)
);
CREATE INDEX events_dataset ON events (dataset_id, id DESC);
COMMENT ON TABLE events IS 'written in the transaction of the act; an act that is done twice is one event';
COMMENT ON COLUMN events.number IS 'version, question or note that it is about; 0 for the entry itself';
COMMENT ON COLUMN events.key IS 'which happening of its kind it is: tells one from a repetition';

CREATE TABLE appearances (
    dataset_id bigint PRIMARY KEY REFERENCES datasets,
    public     boolean NOT NULL
);
COMMENT ON TABLE appearances IS 'entries that everybody may see or could once: how it is noticed that one appears or goes';
INSERT INTO appearances (dataset_id, public)
SELECT id, status = 'published' AND open_type <> 'withheld' FROM datasets WHERE status <> 'draft' AND open_type <> 'withheld';

CREATE TABLE follows (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id       bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    kind          text NOT NULL CHECK (kind IN ('dataset', 'department', 'theme', 'search')),
    dataset_id    bigint REFERENCES datasets,
    department_id bigint REFERENCES departments,
    theme_id      bigint REFERENCES themes,
    search        text NOT NULL DEFAULT '',
    created_at    timestamptz NOT NULL,
    CHECK ((kind = 'dataset') = (dataset_id IS NOT NULL)),
    CHECK ((kind = 'department') = (department_id IS NOT NULL)),
    CHECK ((kind = 'theme') = (theme_id IS NOT NULL)),
    CHECK ((kind = 'search') = (search <> '')),
    UNIQUE NULLS NOT DISTINCT (user_id, kind, dataset_id, department_id, theme_id, search)
);
CREATE INDEX follows_dataset ON follows (dataset_id) WHERE dataset_id IS NOT NULL;
CREATE INDEX follows_department ON follows (department_id) WHERE department_id IS NOT NULL;
CREATE INDEX follows_theme ON follows (theme_id) WHERE theme_id IS NOT NULL;
CREATE INDEX follows_search ON follows (id) WHERE kind = 'search';
COMMENT ON COLUMN follows.search IS 'the query of the address of a search, in its one spelling';

CREATE TABLE search_matches (
    follow_id  bigint NOT NULL REFERENCES follows ON DELETE CASCADE,
    dataset_id bigint NOT NULL REFERENCES datasets,
    PRIMARY KEY (follow_id, dataset_id)
);
COMMENT ON TABLE search_matches IS 'what a followed search found when it was first followed, and what it told of since: each entry once';

CREATE TABLE search_cursor (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    seq bigint NOT NULL
);
COMMENT ON TABLE search_cursor IS 'the last change for which followed searches were looked through';
INSERT INTO search_cursor (seq) SELECT coalesce(max(seq), 0) FROM changes;

CREATE TABLE readers (
    user_id bigint PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    lang    text NOT NULL CHECK (lang IN ('zh', 'en'))
);
COMMENT ON TABLE readers IS 'in which language somebody is written to';

CREATE TABLE notice_settings (
    user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    topic   text NOT NULL CHECK (topic IN ('follow', 'desk', 'own')),
    channel text NOT NULL CHECK (channel IN ('app', 'mail', 'hook')),
    mode    text NOT NULL CHECK (mode IN ('now', 'daily', 'off')),
    PRIMARY KEY (user_id, topic, channel)
);
COMMENT ON TABLE notice_settings IS 'what somebody chose; where there is no row, what the program begins with';

CREATE TABLE mailings (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    digest  boolean NOT NULL,
    day     date,
    at      timestamptz NOT NULL,
    done_at timestamptz,
    CHECK (digest = (day IS NOT NULL)),
    UNIQUE (user_id, day)
);
COMMENT ON TABLE mailings IS 'letters that are under way or sent; a letter is written from the notices that name it';
COMMENT ON COLUMN mailings.day IS 'of a digest: the day it tells of, so that there is one a day';

CREATE TABLE notices (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id    bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    topic      text NOT NULL CHECK (topic IN ('follow', 'desk', 'own')),
    key        text NOT NULL CHECK (key <> ''),
    dataset_id bigint REFERENCES datasets,
    event_id   bigint REFERENCES events,
    follow_id  bigint REFERENCES follows ON DELETE CASCADE,
    kind       text NOT NULL CHECK (kind <> ''),
    title      text NOT NULL DEFAULT '',
    title_en   text NOT NULL DEFAULT '',
    detail     jsonb NOT NULL DEFAULT '{}',
    path       text NOT NULL DEFAULT '',
    at         timestamptz NOT NULL,
    read_at    timestamptz,
    shown      boolean NOT NULL DEFAULT true,
    mail       text NOT NULL CHECK (mail IN ('now', 'daily', 'off')),
    mailing_id bigint REFERENCES mailings,
    CHECK (topic <> 'follow' OR dataset_id IS NOT NULL AND follow_id IS NOT NULL),
    CHECK (event_id IS NULL OR dataset_id IS NOT NULL),
    CHECK (mailing_id IS NULL OR mail <> 'off'),
    UNIQUE (user_id, key)
);
CREATE INDEX notices_list ON notices (user_id, id DESC) WHERE shown;
CREATE INDEX notices_unread ON notices (user_id) WHERE shown AND read_at IS NULL;
CREATE INDEX notices_mail ON notices (user_id) WHERE mailing_id IS NULL AND mail <> 'off';
CREATE INDEX notices_mailing ON notices (mailing_id) WHERE mailing_id IS NOT NULL;
COMMENT ON COLUMN notices.key IS 'what it tells, so that nobody is told twice';
COMMENT ON COLUMN notices.dataset_id IS 'shown and sent only while everybody may see the entry, or its page says that it was withdrawn';
COMMENT ON COLUMN notices.follow_id IS 'whoever ends a follow has no more of its notices';
COMMENT ON COLUMN notices.shown IS 'stands in the list of the app';
COMMENT ON COLUMN notices.mail IS 'how it goes out by mail, as the reader had chosen when it happened';
