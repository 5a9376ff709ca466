-- The least seconds between two polls of the request, as Cannon Studio last asked for; NULL where it did not.
ALTER TABLE jobs ADD COLUMN poll_after_s REAL CHECK (poll_after_s >= 0);
