-- What a guild's moderators have written; those that come with the bot are not here.
CREATE TABLE recipes (
    guild_id INTEGER NOT NULL CHECK (guild_id > 0),
    name TEXT NOT NULL,
    data TEXT NOT NULL,
    made_by INTEGER NOT NULL,
    changed_by INTEGER NOT NULL,
    changed_at REAL NOT NULL,
    PRIMARY KEY (guild_id, name)
) STRICT, WITHOUT ROWID;

-- What a card is called where no operation's title says it: the recipe that it is a run of.
ALTER TABLE cards ADD COLUMN label TEXT NOT NULL DEFAULT '';
