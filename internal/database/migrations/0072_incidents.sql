-- Data that is taken from the public at once: why, by whom, whom to tell (TJ-50), and that only a new review brings it back.

CREATE TABLE opening_incidents (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dataset_id    bigint NOT NULL REFERENCES datasets,
    reason        text NOT NULL CHECK (reason <> ''),
    withdrawn_by  bigint NOT NULL,
    name          text NOT NULL,
    role          text NOT NULL CHECK (role IN ('head', 'authority', 'regulator')),
    department_id bigint NOT NULL REFERENCES departments,
    withdrawn_at  timestamptz NOT NULL,
    told          integer NOT NULL CHECK (told >= 0),
    restored_at   timestamptz CHECK (restored_at >= withdrawn_at)
);
CREATE INDEX opening_incidents_dataset ON opening_incidents (dataset_id);
CREATE INDEX opening_incidents_department ON opening_incidents (department_id);
CREATE UNIQUE INDEX opening_incidents_open ON opening_incidents (dataset_id) WHERE restored_at IS NULL;
COMMENT ON TABLE opening_incidents IS 'published -> emergency_withdrawn: what an entry was taken from the public at once for';
COMMENT ON COLUMN opening_incidents.department_id IS 'for which whoever withdrew it acted';
COMMENT ON COLUMN opening_incidents.told IS 'so many known downloaders were written to';

CREATE TABLE known_downloads (
    user_id    bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    dataset_id bigint NOT NULL REFERENCES datasets,
    at         timestamptz NOT NULL,
    PRIMARY KEY (dataset_id, user_id)
);
CREATE INDEX known_downloads_user ON known_downloads (user_id);
COMMENT ON TABLE known_downloads IS 'who had signed in when they took data, and when last: to be told when something is wrong with it (TJ-50), and for nothing else';
