-- Letters about work at a desk: a notice names what waits and keeps no text of it.

ALTER TABLE notices DROP COLUMN title, DROP COLUMN title_en, DROP COLUMN path;
ALTER TABLE notices ADD CONSTRAINT notices_desk_check CHECK ((topic = 'desk') = (detail <> '{}'));
COMMENT ON COLUMN notices.detail IS 'of the desk: kind and id of what waits; what it says is read at the desk when it is told';
