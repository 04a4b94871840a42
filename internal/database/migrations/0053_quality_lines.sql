-- What each line of quality says of an entry, for the card of a department; and an entry is found by its title.

ALTER TABLE dataset_scores ADD COLUMN lines jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(lines) = 'array');
COMMENT ON COLUMN dataset_scores.lines IS '[{rule, verdict}], one for each rule';
CREATE INDEX datasets_title ON datasets (title);
