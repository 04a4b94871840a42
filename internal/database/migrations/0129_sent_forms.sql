-- A form that makes something makes it once, however often it is sent; and a report of an incident says when it went out.

ALTER TABLE rectification_orders ADD COLUMN sent text UNIQUE CHECK (sent ~ '^[0-9a-f]{64}$');
ALTER TABLE breaches ADD COLUMN sent text UNIQUE CHECK (sent ~ '^[0-9a-f]{64}$');
ALTER TABLE incidents ADD COLUMN sent text UNIQUE CHECK (sent ~ '^[0-9a-f]{64}$');
ALTER TABLE use_draws ADD COLUMN sent text UNIQUE CHECK (sent ~ '^[0-9a-f]{64}$');
COMMENT ON COLUMN rectification_orders.sent IS 'the digest of the form that made it, with who sent it and a word of chance of its page; the same form sent again leads here';
COMMENT ON COLUMN breaches.sent IS 'as of rectification_orders';
COMMENT ON COLUMN incidents.sent IS 'as of rectification_orders';
COMMENT ON COLUMN use_draws.sent IS 'as of rectification_orders';

ALTER TABLE incident_reports ADD COLUMN sent_at timestamptz CHECK (sent_at <= at);
COMMENT ON COLUMN incident_reports.sent_at IS 'when it went out, as whoever recorded it says; of older ones only at is known, when it was recorded';
