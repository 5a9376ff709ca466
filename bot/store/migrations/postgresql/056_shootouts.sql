-- Cards on which members vote between models. `ends_at` is NULL until all results are there; `data` is JSON: once it has
-- ended, each model with its votes, credits, and seconds. Who voted for what is in no table then.
CREATE TABLE shootouts (
    guild_id BIGINT NOT NULL,
    card_id TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    minutes BIGINT NOT NULL CHECK (minutes > 0),
    ends_at DOUBLE PRECISION,
    ended_at DOUBLE PRECISION,
    data TEXT COLLATE "C" NOT NULL DEFAULT '[]' CHECK (data IS JSON),
    -- Whether the card has to be drawn, as someone voted.
    undrawn BIGINT NOT NULL DEFAULT 0 CHECK (undrawn IN (0, 1)),
    PRIMARY KEY (guild_id, card_id)
);
CREATE INDEX shootouts_open ON shootouts (guild_id, card_id) WHERE ended_at IS NULL;
CREATE INDEX shootouts_ended ON shootouts (guild_id, ended_at);

CREATE TABLE shootout_votes (
    guild_id BIGINT NOT NULL,
    card_id TEXT COLLATE "C" NOT NULL,
    member_id BIGINT NOT NULL,
    job_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (guild_id, card_id, member_id)
);
CREATE INDEX shootout_votes_member ON shootout_votes (member_id);

-- Whether a job is in a shoot-out: 'open', while no one may learn its model; then 'won' or 'ended'; '' in none.
ALTER TABLE jobs ADD COLUMN shootout TEXT COLLATE "C" NOT NULL DEFAULT '' CHECK (shootout IN ('', 'open', 'won', 'ended'));
