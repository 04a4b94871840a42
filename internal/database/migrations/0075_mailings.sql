-- A letter that goes with its reader takes the notices that it told along, in
-- whatever order the tables of a person are emptied.

ALTER TABLE notices DROP CONSTRAINT notices_mailing_id_fkey;
ALTER TABLE notices ADD CONSTRAINT notices_mailing_id_fkey FOREIGN KEY (mailing_id) REFERENCES mailings ON DELETE CASCADE;
