-- The bot puts emojis under results from the start now, a few of them: servers that are there keep what they have.
-- `all_seeds`: every emoji that fits, not the few.
ALTER TABLE reaction_settings ADD COLUMN all_seeds INTEGER NOT NULL DEFAULT 0 CHECK (all_seeds IN (0, 1));
UPDATE reaction_settings SET all_seeds = 1 WHERE seeds = 1;
INSERT INTO reaction_settings (guild_id, is_on, seeds, gallery_channel, gallery_stars)
SELECT guild_id, 1, 0, NULL, 3 FROM (
    SELECT guild_id FROM cards UNION SELECT guild_id FROM rules UNION SELECT guild_id FROM reactions
    UNION SELECT guild_id FROM guild_keys
) AS known WHERE guild_id > 0 AND guild_id NOT IN (SELECT guild_id FROM reaction_settings);

-- The channels in which it was said once what the emojis do.
CREATE TABLE reaction_legends (
    guild_id INTEGER NOT NULL CHECK (guild_id > 0),
    channel_id INTEGER NOT NULL,
    PRIMARY KEY (guild_id, channel_id)
) STRICT, WITHOUT ROWID;

-- The bot's answers to what members ask for in words, until they are pressed or deleted. The words are in `drafts`.
CREATE TABLE word_offers (
    guild_id INTEGER NOT NULL CHECK (guild_id > 0),
    channel_id INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    delete_at REAL NOT NULL,
    PRIMARY KEY (guild_id, message_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX word_offers_due ON word_offers (delete_at);
