-- Where results are looked at before they are posted, and in which channel. `channel_id` 0: in the whole server; else
-- in this channel or category and all that is in it.
CREATE TABLE review_rules (
    guild_id INTEGER NOT NULL CHECK (guild_id > 0),
    channel_id INTEGER NOT NULL CHECK (channel_id >= 0),
    review_channel INTEGER NOT NULL CHECK (review_channel > 0),
    PRIMARY KEY (guild_id, channel_id)
) STRICT, WITHOUT ROWID;

-- Results that wait for a moderator's look (no verdict), and what was decided. `sentence` tells the member why not.
CREATE TABLE reviews (
    job_id TEXT NOT NULL PRIMARY KEY,
    guild_id INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    message_id INTEGER,
    asked_at REAL NOT NULL,
    expires_at REAL NOT NULL,
    verdict TEXT CHECK (verdict IN ('published', 'refused')),
    decided_by INTEGER,
    sentence TEXT NOT NULL DEFAULT '',
    FOREIGN KEY (guild_id, job_id) REFERENCES jobs (guild_id, id)
) STRICT;
CREATE INDEX reviews_waiting ON reviews (guild_id) WHERE verdict IS NULL;
