-- Lines of the record are whole sentences with who acted in them; those of before say what was done alone.
ALTER TABLE decisions ADD COLUMN names_actor INTEGER NOT NULL DEFAULT 0 CHECK (names_actor IN (0, 1));
