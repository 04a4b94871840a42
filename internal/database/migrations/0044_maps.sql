-- What a map of an entry must say: under which number it was reviewed, and in which coordinates its places are.

ALTER TABLE datasets
    ADD COLUMN map_review  text NOT NULL DEFAULT '',
    ADD COLUMN coordinates text NOT NULL DEFAULT '' CHECK (coordinates IN ('', 'WGS 84', 'CGCS2000', 'GCJ-02', 'BD-09'));
COMMENT ON COLUMN datasets.map_review IS '审图号, of maps that have been reviewed (地图管理条例 第十五条); empty: none';
COMMENT ON COLUMN datasets.coordinates IS '坐标系; empty: nobody said';
