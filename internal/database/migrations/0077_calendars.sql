-- Working-day calendars that an administrator has registered, over those that ship with the program.

CREATE TABLE calendar_years (
    year     integer PRIMARY KEY CHECK (year BETWEEN 2004 AND 2100),
    notice   text NOT NULL CHECK (notice <> ''),
    revision bigint NOT NULL,
    put_at   timestamptz NOT NULL,
    put_by   text NOT NULL
);
COMMENT ON TABLE calendar_years IS 'years whose days are taken from here and no longer from the file of the program';
COMMENT ON COLUMN calendar_years.notice IS 'the notice of the State Council, as 国办发明电〔2025〕7 号';
COMMENT ON COLUMN calendar_years.revision IS 'grows with every change of any year: who holds an older one reads anew';

CREATE TABLE calendar_days (
    day       date PRIMARY KEY,
    year      integer NOT NULL REFERENCES calendar_years ON DELETE CASCADE,
    festival  text NOT NULL CHECK (festival <> ''),
    kind      text NOT NULL CHECK (kind IN ('放假', '放假（调休）', '调休上班')),
    statutory integer NOT NULL CHECK (statutory BETWEEN 0 AND 10),
    CHECK (kind <> '调休上班' OR extract(isodow FROM day) IN (6, 7)),
    CHECK (extract(year FROM day) = year OR extract(year FROM day) = year - 1 AND extract(month FROM day) = 12)
);
CREATE INDEX calendar_days_year ON calendar_days (year);
COMMENT ON COLUMN calendar_days.kind IS 'a day worked to make up for another can only be a Saturday or a Sunday';

CREATE SEQUENCE calendar_revision;
