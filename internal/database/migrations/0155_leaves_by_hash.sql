-- Proofs are asked for by the hash of a leaf too.
CREATE INDEX log_leaves_hash ON log_leaves (hash);
