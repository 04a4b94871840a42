-- The English of what a page says about an entry beside its Chinese; empty where none was written. Fields of a dictionary carry theirs in their JSON.

ALTER TABLE datasets
    ADD COLUMN open_reason_en        text NOT NULL DEFAULT '',
    ADD COLUMN open_method_en        text NOT NULL DEFAULT '',
    ADD COLUMN use_requirements_en   text NOT NULL DEFAULT '',
    ADD COLUMN safeguards_en         text NOT NULL DEFAULT '',
    ADD COLUMN share_content_en      text NOT NULL DEFAULT '',
    ADD COLUMN share_conditions_en   text NOT NULL DEFAULT '',
    ADD COLUMN share_scope_en        text NOT NULL DEFAULT '',
    ADD COLUMN share_method_en       text NOT NULL DEFAULT '',
    ADD COLUMN required_materials_en text NOT NULL DEFAULT '',
    ADD COLUMN update_due_en         text NOT NULL DEFAULT '',
    ADD COLUMN update_method_en      text NOT NULL DEFAULT '',
    ADD COLUMN source_en             text NOT NULL DEFAULT '',
    ADD COLUMN processing_en         text NOT NULL DEFAULT '',
    ADD COLUMN spatial_en            text NOT NULL DEFAULT '',
    ADD COLUMN tags_en               text[] NOT NULL DEFAULT '{}',
    ADD CHECK (cardinality(tags_en) IN (0, cardinality(tags)));
COMMENT ON COLUMN datasets.tags_en IS 'one for each of tags, in its order, or none at all';

ALTER TABLE resources ADD COLUMN description_en text NOT NULL DEFAULT '';
ALTER TABLE versions ADD COLUMN reason_en text NOT NULL DEFAULT '';
ALTER TABLE version_tables ADD COLUMN name_en text NOT NULL DEFAULT '';
COMMENT ON COLUMN version_tables.fields IS 'the data dictionary: [{name, label, label_en, type, unit, unit_en, description, description_en, codes: [{value, label, label_en}]}]';
