-- Characters and styles of servers. `name_key` is the name as it is compared; `data` is JSON: look, voice, model, ratio, who
-- may name it, how many pictures. Its pictures are in a message of the bot's own.
CREATE TABLE cast_members (
    guild_id INTEGER NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('character', 'style')),
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    data TEXT NOT NULL CHECK (json_valid(data)),
    made_by INTEGER NOT NULL,
    made_at REAL NOT NULL,
    channel_id INTEGER,
    message_id INTEGER,
    PRIMARY KEY (guild_id, id),
    UNIQUE (guild_id, name_key)
) STRICT, WITHOUT ROWID;

-- Messages with pictures of removed or changed ones: each is deleted in Discord, next tried at `delete_at`, then here.
CREATE TABLE cast_leftovers (
    guild_id INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    delete_at REAL NOT NULL,
    PRIMARY KEY (guild_id, message_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX cast_leftovers_due ON cast_leftovers (delete_at);

-- Who plays in a job, and what that adds to its input when it is sent, as JSON; '{}' without a cast.
ALTER TABLE jobs ADD COLUMN casting TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(casting));
