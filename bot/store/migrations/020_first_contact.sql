-- The one message with which a guild is greeted: a row since the bot came. Without ended_at it is still to be sent.
CREATE TABLE welcomes (
    guild_id INTEGER NOT NULL PRIMARY KEY CHECK (guild_id > 0),
    joined_at REAL NOT NULL,
    -- When sending it first began: since then it may be there.
    tried_at REAL,
    ended_at REAL,
    place TEXT CHECK (place IN ('channel', 'owner', 'nowhere')),
    CHECK ((ended_at IS NULL) = (place IS NULL))
) STRICT;
CREATE INDEX welcomes_due ON welcomes (joined_at) WHERE ended_at IS NULL;
-- Guilds that have used the bot before need no greeting.
INSERT INTO welcomes (guild_id, joined_at, ended_at, place)
SELECT guild_id, 0, 0, 'nowhere' FROM (
    SELECT guild_id FROM rules UNION SELECT guild_id FROM guild_keys UNION SELECT guild_id FROM limits
    UNION SELECT guild_id FROM decisions UNION SELECT guild_id FROM jobs
) WHERE guild_id > 0;
-- The steps of a guild's setup that moderators have done or skipped. Whether one is done is seen from the settings.
CREATE TABLE setup_steps (
    guild_id INTEGER NOT NULL,
    step TEXT NOT NULL CHECK (step IN ('key', 'test', 'limits', 'role', 'channels')),
    outcome TEXT NOT NULL CHECK (outcome IN ('done', 'skipped')),
    by_id INTEGER NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (guild_id, step)
) STRICT, WITHOUT ROWID;
