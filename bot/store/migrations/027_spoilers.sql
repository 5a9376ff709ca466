-- Whether a card's files are marked as spoilers, wherever they are posted.
ALTER TABLE cards ADD COLUMN spoiler INTEGER NOT NULL DEFAULT 0 CHECK (spoiler IN (0, 1));
