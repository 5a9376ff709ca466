-- Values of telling fields (bot/catalogue/tried.py) that were sent from an account: those the API made a result with, and
-- those it refused. `key_id` is 0 for the host's key. `refusals` counts since the value worked last. `member_id` is the
-- only member who has sent the value, NULL once another has: then it is nobody's own words.
CREATE TABLE tried_values (
    guild_id INTEGER NOT NULL CHECK (guild_id > 0),
    key_id INTEGER NOT NULL,
    operation TEXT NOT NULL,
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    uses INTEGER NOT NULL DEFAULT 0 CHECK (uses >= 0),
    refusals INTEGER NOT NULL DEFAULT 0 CHECK (refusals >= 0),
    used_at REAL NOT NULL,
    said TEXT NOT NULL DEFAULT '',
    member_id INTEGER,
    PRIMARY KEY (guild_id, key_id, operation, field, value)
) STRICT, WITHOUT ROWID;
