-- Whether a moderator has allowed the job above a limit of the server: that limit does not stop it at its start.
ALTER TABLE jobs ADD COLUMN allowed BIGINT NOT NULL DEFAULT 0 CHECK (allowed IN (0, 1));
