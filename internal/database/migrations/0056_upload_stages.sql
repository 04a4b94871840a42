-- An upload that was read is looked through row by row before a person sees it: how far that is.

ALTER TABLE uploads
    ADD COLUMN scan_done bigint NOT NULL DEFAULT 0 CHECK (scan_done >= 0),
    ADD COLUMN scan_of   bigint NOT NULL DEFAULT 0 CHECK (scan_of >= scan_done);
COMMENT ON COLUMN uploads.scan_of IS 'cells in which personal data is looked for once the file has been read; 0 before that';
COMMENT ON COLUMN uploads.scan_done IS 'as many of them are done';
