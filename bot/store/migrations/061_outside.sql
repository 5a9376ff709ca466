-- Cards outside servers (docs/decisions/0100-outside-servers.md): the server that lacks the bot, 0 for a group; NULL where
-- the bot reaches its message.
ALTER TABLE cards ADD COLUMN outside_id INTEGER;
