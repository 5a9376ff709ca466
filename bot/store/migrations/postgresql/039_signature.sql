-- The installation's signature: every control that the bot makes carries it, and every idempotency key. By it a message
-- shows which database has made it. A copy of the database, a backup, and a move to another server have the same one.
INSERT INTO meta (name, value) VALUES ('signature', upper(left(replace(gen_random_uuid()::text, '-', ''), 6)))
ON CONFLICT (name) DO NOTHING;
