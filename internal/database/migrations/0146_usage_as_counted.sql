-- What of a measured quantity counts for quotas and fees, and may be told to whoever develops: nothing of it depends on what the rows say.

CREATE FUNCTION usage_counted(meter text, quantity bigint, dims jsonb) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE meter
        WHEN 'cpu_ms' THEN (quantity + 999) / 1000 * 1000
        WHEN 'rows_read' THEN coalesce((dims ->> 'whole')::bigint, quantity)
        ELSE quantity END
$$;
COMMENT ON FUNCTION usage_counted IS 'Metered.Counted of licensing/workspace: processor time in whole seconds of each job, and of each mount that a job was given all its rows, as they are published, whether it read them or not';
COMMENT ON COLUMN usage_events.quantity IS 'as it was measured, for the operator; usage_counted is what counts';
