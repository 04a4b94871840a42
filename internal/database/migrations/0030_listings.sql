-- Lists and figures at a hundred thousand entries: totals beside the days they add up, and indexes for what pages ask most; and nothing that was published changes by a wider road.

CREATE TABLE usage_totals (
    dataset_id bigint PRIMARY KEY REFERENCES datasets,
    views      bigint NOT NULL,
    downloads  bigint NOT NULL
);
COMMENT ON TABLE usage_totals IS 'the sums of usage_days, written in the same statement: a list of the most used would otherwise add up every day of every entry';
INSERT INTO usage_totals SELECT dataset_id, sum(views), sum(downloads) FROM usage_days GROUP BY dataset_id;

DROP INDEX datasets_public;
CREATE INDEX datasets_public ON datasets (last_updated DESC, id DESC) WHERE status = 'published' AND open_type <> 'withheld';
CREATE INDEX datasets_tags ON datasets USING gin (tags);
CREATE INDEX datasets_source ON datasets USING hash (source);
CREATE INDEX datasets_code ON datasets (resource_code);
CREATE INDEX usage_days_day ON usage_days (day);

CREATE TRIGGER versions_kept BEFORE TRUNCATE ON versions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER version_tables_kept BEFORE TRUNCATE ON version_tables FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER blobs_frozen BEFORE UPDATE ON blobs FOR EACH ROW EXECUTE FUNCTION refuse_change();
