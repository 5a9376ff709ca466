-- The time of the newest result whose author is still to hear of it; NULL once they did, or need not. Set with the result.
-- Since `pinged_at` is written before the message is sent, both together are an attempt that a death may have cut off.
ALTER TABLE cards ADD COLUMN ping_due_at REAL;
CREATE INDEX cards_ping_due ON cards (ping_due_at) WHERE ping_due_at IS NOT NULL;
