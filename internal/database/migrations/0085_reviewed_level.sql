-- The level and the source that a review was about, so that a change of either
-- in a public entry asks for a new one at once.

ALTER TABLE opening_reviews
    ADD COLUMN security_level text,
    ADD COLUMN source text,
    ADD CONSTRAINT opening_reviews_reviewed_check CHECK ((security_level IS NULL) = (source IS NULL));
COMMENT ON COLUMN opening_reviews.security_level IS 'of the entry when the review was asked, as in schema_hash; null of a review older than this column';
