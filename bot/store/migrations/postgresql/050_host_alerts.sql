-- What the bot reports to its host in Discord: of each rule its last alert. One that is silenced begins no other.
CREATE TABLE host_alerts (
    rule TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    -- Which process found it, '' for the only one.
    process TEXT COLLATE "C" NOT NULL,
    sentence TEXT COLLATE "C" NOT NULL,
    began_at DOUBLE PRECISION NOT NULL,
    ended_at DOUBLE PRECISION,
    channel_id BIGINT,
    message_id BIGINT,
    posted_at DOUBLE PRECISION,
    -- Whether its message says what is in this row.
    is_shown BIGINT NOT NULL DEFAULT 0 CHECK (is_shown IN (0, 1)),
    silenced_until DOUBLE PRECISION NOT NULL DEFAULT 0
);
