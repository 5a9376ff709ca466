-- Events: a theme in a channel, with a purse: a row of `grants` that belongs to no member (`member_id` 0), drawn first by
-- those who take part. `data` is JSON: cap for each member, operations, jury role, prizes. `due_at` is when a round has
-- something to do: announce it, say that its purse is empty, end it, post its places; NULL when nothing is left.
CREATE TABLE events (
    guild_id INTEGER NOT NULL,
    id TEXT NOT NULL,
    channel_id INTEGER NOT NULL,
    theme TEXT NOT NULL,
    data TEXT NOT NULL CHECK (json_valid(data)),
    grant_id INTEGER NOT NULL,
    practice INTEGER NOT NULL CHECK (practice IN (0, 1)),
    made_by INTEGER NOT NULL,
    made_at REAL NOT NULL,
    begins_at REAL NOT NULL,
    ends_at REAL NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'ended', 'cancelled')),
    message_id INTEGER,
    emptied INTEGER NOT NULL DEFAULT 0 CHECK (emptied IN (0, 1)),
    due_at REAL,
    PRIMARY KEY (guild_id, id)
) STRICT, WITHOUT ROWID;
-- One at a time in a channel.
CREATE UNIQUE INDEX events_open ON events (guild_id, channel_id) WHERE state = 'open';
CREATE INDEX events_due ON events (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX events_purse ON events (guild_id, grant_id) WHERE state = 'open';

-- Who takes part, until the end.
CREATE TABLE event_members (
    guild_id INTEGER NOT NULL,
    event_id TEXT NOT NULL,
    member_id INTEGER NOT NULL,
    joined_at REAL NOT NULL,
    PRIMARY KEY (guild_id, event_id, member_id)
) STRICT, WITHOUT ROWID;

-- From the end until they are posted. Their prizes are grants.
CREATE TABLE event_places (
    guild_id INTEGER NOT NULL,
    event_id TEXT NOT NULL,
    place INTEGER NOT NULL,
    member_id INTEGER NOT NULL,
    card_id TEXT NOT NULL,
    stars INTEGER NOT NULL,
    prize_milli INTEGER NOT NULL,
    PRIMARY KEY (guild_id, event_id, place)
) STRICT, WITHOUT ROWID;
