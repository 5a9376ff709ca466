-- Whether the card's message may not show how its jobs have ended: set with the end, cleared once it is drawn. A death, or a
-- Discord that does not answer, comes between.
ALTER TABLE cards ADD COLUMN undrawn BIGINT NOT NULL DEFAULT 0 CHECK (undrawn IN (0, 1));
CREATE INDEX cards_undrawn ON cards (created_at) WHERE undrawn = 1;
