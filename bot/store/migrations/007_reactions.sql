-- What an emoji does on a result, where the guild has changed that; action 'none': nothing. `emoji` is the character
-- itself or a custom emoji's id, `shown` how it is written.
CREATE TABLE reactions (
    guild_id INTEGER NOT NULL CHECK (guild_id > 0),
    emoji TEXT NOT NULL,
    shown TEXT NOT NULL,
    action TEXT NOT NULL,
    who TEXT NOT NULL,
    role_id INTEGER,
    needed INTEGER NOT NULL CHECK (needed BETWEEN 1 AND 100),
    payer TEXT NOT NULL,
    PRIMARY KEY (guild_id, emoji)
) STRICT, WITHOUT ROWID;

CREATE TABLE reaction_settings (
    guild_id INTEGER NOT NULL PRIMARY KEY CHECK (guild_id > 0),
    is_on INTEGER NOT NULL CHECK (is_on IN (0, 1)),
    seeds INTEGER NOT NULL CHECK (seeds IN (0, 1)),
    gallery_channel INTEGER,
    gallery_stars INTEGER NOT NULL CHECK (gallery_stars BETWEEN 1 AND 100)
) STRICT;

-- One row as long as a member's reaction stands: the same one acts once until it is taken back. `fired`: it was this
-- one that started something; `made_card`: the card that came of it.
CREATE TABLE reaction_acts (
    guild_id INTEGER NOT NULL CHECK (guild_id > 0),
    message_id INTEGER NOT NULL,
    emoji TEXT NOT NULL,
    member_id INTEGER NOT NULL,
    card_id TEXT NOT NULL,
    action TEXT NOT NULL,
    fired INTEGER NOT NULL CHECK (fired IN (0, 1)),
    made_card TEXT,
    at REAL NOT NULL,
    PRIMARY KEY (guild_id, message_id, emoji, member_id),
    FOREIGN KEY (guild_id, card_id) REFERENCES cards (guild_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX reaction_acts_card ON reaction_acts (card_id, action);

-- A reaction only says on which message it is.
CREATE INDEX cards_message ON cards (message_id) WHERE message_id IS NOT NULL;
