-- Characters and styles of servers. `name_key` is the name as it is compared; `data` is JSON: look, voice, model, ratio, who
-- may name it, how many pictures. Its pictures are in a message of the bot's own.
CREATE TABLE cast_members (
    guild_id BIGINT NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('character', 'style')),
    name TEXT COLLATE "C" NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    data TEXT COLLATE "C" NOT NULL CHECK (data IS JSON),
    made_by BIGINT NOT NULL,
    made_at DOUBLE PRECISION NOT NULL,
    channel_id BIGINT,
    message_id BIGINT,
    PRIMARY KEY (guild_id, id),
    UNIQUE (guild_id, name_key)
);

-- Messages with pictures of removed or changed ones: each is deleted in Discord, next tried at `delete_at`, then here.
CREATE TABLE cast_leftovers (
    guild_id BIGINT NOT NULL,
    channel_id BIGINT NOT NULL,
    message_id BIGINT NOT NULL,
    delete_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (guild_id, message_id)
);
CREATE INDEX cast_leftovers_due ON cast_leftovers (delete_at);

-- Who plays in a job, and what that adds to its input when it is sent, as JSON; '{}' without a cast.
ALTER TABLE jobs ADD COLUMN casting TEXT COLLATE "C" NOT NULL DEFAULT '{}' CHECK (casting IS JSON);
