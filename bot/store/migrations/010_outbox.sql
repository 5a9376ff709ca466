-- Lines of the record that are still to be posted to their guild's log channel. A row is deleted when that is done.
CREATE TABLE outbox (
    decision_id INTEGER NOT NULL PRIMARY KEY REFERENCES decisions (id),
    guild_id INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_by_guild ON outbox (guild_id, decision_id);
