-- Guilds that have removed the bot, since when (Unix seconds). The row is deleted when they invite it again.
CREATE TABLE absent_guilds (
    guild_id INTEGER NOT NULL PRIMARY KEY CHECK (guild_id > 0),
    since REAL NOT NULL
) STRICT;
