-- Cards on which members vote between models. `ends_at` is NULL until all results are there; `data` is JSON: once it has
-- ended, each model with its votes, credits, and seconds. Who voted for what is in no table then.
CREATE TABLE shootouts (
    guild_id INTEGER NOT NULL,
    card_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    minutes INTEGER NOT NULL CHECK (minutes > 0),
    ends_at REAL,
    ended_at REAL,
    data TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(data)),
    -- Whether the card has to be drawn, as someone voted.
    undrawn INTEGER NOT NULL DEFAULT 0 CHECK (undrawn IN (0, 1)),
    PRIMARY KEY (guild_id, card_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX shootouts_open ON shootouts (guild_id, card_id) WHERE ended_at IS NULL;
CREATE INDEX shootouts_ended ON shootouts (guild_id, ended_at);

CREATE TABLE shootout_votes (
    guild_id INTEGER NOT NULL,
    card_id TEXT NOT NULL,
    member_id INTEGER NOT NULL,
    job_id TEXT NOT NULL,
    PRIMARY KEY (guild_id, card_id, member_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX shootout_votes_member ON shootout_votes (member_id);

-- Whether a job is in a shoot-out: 'open', while no one may learn its model; then 'won' or 'ended'; '' in none.
ALTER TABLE jobs ADD COLUMN shootout TEXT NOT NULL DEFAULT '' CHECK (shootout IN ('', 'open', 'won', 'ended'));
