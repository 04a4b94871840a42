-- Links by which people change the address that they sign in by.

ALTER TABLE one_time_links
    DROP CONSTRAINT one_time_links_purpose_check,
    ADD CONSTRAINT one_time_links_purpose_check CHECK (purpose IN ('sign-up', 'recover', 'address')),
    ADD CONSTRAINT one_time_links_address_check CHECK (purpose <> 'address' OR user_id IS NOT NULL);
