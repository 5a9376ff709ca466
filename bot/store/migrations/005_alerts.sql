-- What moderators were told, and until when they are not told it again.
CREATE TABLE alerts (
    guild_id INTEGER NOT NULL CHECK (guild_id > 0),
    name TEXT NOT NULL,
    until REAL NOT NULL,
    PRIMARY KEY (guild_id, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX alerts_until ON alerts (until);

-- When who asked was pinged for the card's results: once.
ALTER TABLE cards ADD COLUMN pinged_at REAL;
