-- What the bot reports to its host in Discord: of each rule its last alert. One that is silenced begins no other.
CREATE TABLE host_alerts (
    rule TEXT NOT NULL PRIMARY KEY,
    -- Which process found it, '' for the only one.
    process TEXT NOT NULL,
    sentence TEXT NOT NULL,
    began_at REAL NOT NULL,
    ended_at REAL,
    channel_id INTEGER,
    message_id INTEGER,
    posted_at REAL,
    -- Whether its message says what is in this row.
    is_shown INTEGER NOT NULL DEFAULT 0 CHECK (is_shown IN (0, 1)),
    silenced_until REAL NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
