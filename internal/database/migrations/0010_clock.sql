-- The latest time that this installation has acted on, so that no restart and no clock set back makes it act on an earlier one.

CREATE TABLE clock (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    high timestamptz NOT NULL
);
COMMENT ON TABLE clock IS 'one row; a clock that ran wild into the future is put right by an administrator who lowers it by hand';
