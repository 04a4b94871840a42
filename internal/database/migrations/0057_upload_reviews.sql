-- What a person sees of an upload: what it would change, and why it is refused row by row.

ALTER TABLE uploads
    ADD COLUMN compared jsonb CHECK (jsonb_typeof(compared) = 'object'),
    ADD COLUMN bad_rows jsonb CHECK (jsonb_typeof(bad_rows) = 'object'),
    ADD CHECK (bad_rows IS NULL OR state = 'rejected');
COMMENT ON COLUMN uploads.compared IS 'how its rows differ from those of the version whose id is From, as many as are cheap to compare; null: not compared yet';
COMMENT ON COLUMN uploads.bad_rows IS 'the rows for which it was rejected, the first of them one by one';
