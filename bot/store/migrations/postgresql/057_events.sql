-- Events: a theme in a channel, with a purse: a row of `grants` that belongs to no member (`member_id` 0), drawn first by
-- those who take part. `data` is JSON: cap for each member, operations, jury role, prizes. `due_at` is when a round has
-- something to do: announce it, say that its purse is empty, end it, post its places; NULL when nothing is left.
CREATE TABLE events (
    guild_id BIGINT NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    channel_id BIGINT NOT NULL,
    theme TEXT COLLATE "C" NOT NULL,
    data TEXT COLLATE "C" NOT NULL CHECK (data IS JSON),
    grant_id BIGINT NOT NULL,
    practice BIGINT NOT NULL CHECK (practice IN (0, 1)),
    made_by BIGINT NOT NULL,
    made_at DOUBLE PRECISION NOT NULL,
    begins_at DOUBLE PRECISION NOT NULL,
    ends_at DOUBLE PRECISION NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('open', 'ended', 'cancelled')),
    message_id BIGINT,
    emptied BIGINT NOT NULL DEFAULT 0 CHECK (emptied IN (0, 1)),
    due_at DOUBLE PRECISION,
    PRIMARY KEY (guild_id, id)
);
-- One at a time in a channel.
CREATE UNIQUE INDEX events_open ON events (guild_id, channel_id) WHERE state = 'open';
CREATE INDEX events_due ON events (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX events_purse ON events (guild_id, grant_id) WHERE state = 'open';

-- Who takes part, until the end.
CREATE TABLE event_members (
    guild_id BIGINT NOT NULL,
    event_id TEXT COLLATE "C" NOT NULL,
    member_id BIGINT NOT NULL,
    joined_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (guild_id, event_id, member_id)
);

-- From the end until they are posted. Their prizes are grants.
CREATE TABLE event_places (
    guild_id BIGINT NOT NULL,
    event_id TEXT COLLATE "C" NOT NULL,
    place BIGINT NOT NULL,
    member_id BIGINT NOT NULL,
    card_id TEXT COLLATE "C" NOT NULL,
    stars BIGINT NOT NULL,
    prize_milli BIGINT NOT NULL,
    PRIMARY KEY (guild_id, event_id, place)
);
