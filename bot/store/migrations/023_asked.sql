-- What a card exceeds that a moderator is asked to allow: `limit` or `ceiling`, '' if it only needs an approval.
ALTER TABLE approvals ADD COLUMN asked TEXT NOT NULL DEFAULT '';
