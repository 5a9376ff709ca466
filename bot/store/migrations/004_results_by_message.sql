-- The message menus ask which results stand in a message.
CREATE INDEX jobs_message ON jobs (message_id) WHERE message_id IS NOT NULL;
