-- An upload is held against the newest version of its resource before a person sees it.

ALTER TABLE uploads ADD COLUMN compared jsonb CHECK (jsonb_typeof(compared) = 'object');
COMMENT ON COLUMN uploads.compared IS 'how its rows differ from those of the version whose id is From, as many as are cheap to compare; null: not compared yet';
