-- Rows in every format. What was converted before, by another writer and into fewer formats, is made anew at its next request.

ALTER TABLE renditions DROP CONSTRAINT renditions_kind_check;
ALTER TABLE renditions ADD CONSTRAINT renditions_kind_check
    CHECK (kind IN ('csv', 'csv-bom', 'json', 'ndjson', 'xlsx', 'parquet', 'geojson', 'xml', 'zip'));

CREATE TEMPORARY TABLE made_before ON COMMIT DROP AS SELECT DISTINCT sha256 FROM renditions;
DELETE FROM renditions;
DELETE FROM blobs b USING made_before m
WHERE b.sha256 = m.sha256
  AND NOT EXISTS (SELECT FROM versions v WHERE v.sha256 = b.sha256)
  AND NOT EXISTS (SELECT FROM table_files f WHERE f.sha256 = b.sha256);
