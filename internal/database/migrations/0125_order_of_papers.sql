-- Files that come within one moment stand in the order in which they came.

ALTER TABLE case_papers ADD COLUMN position integer NOT NULL DEFAULT 0 CHECK (position >= 0);
COMMENT ON COLUMN case_papers.position IS 'order among the files of one case that came within one moment; 0 where it was not counted yet';
