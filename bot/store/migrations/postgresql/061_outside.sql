-- Cards outside servers (docs/decisions/0100-outside-servers.md): the server that lacks the bot, 0 for a group; NULL where
-- the bot reaches its message.
ALTER TABLE cards ADD COLUMN outside_id BIGINT;
DROP TRIGGER cards_tell_cards ON cards;
CREATE TRIGGER cards_tell_cards AFTER DELETE OR UPDATE OF channel_id, author_id, interaction_id, token_expires_at,
    message_id, message_channel_id, outside_id, private, spoiler, answered, locale, created_at, parent_channel_id,
    category_id, label, role_ids
    ON cards FOR EACH ROW EXECUTE FUNCTION tell_written('CARDS', 'id', 'guild_id');
