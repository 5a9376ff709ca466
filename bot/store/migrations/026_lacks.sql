-- The fields that the API has said a refused job lacks, by their names on the wire. They were read off the sentence
-- in `error`, which is in the language of the card.
ALTER TABLE jobs ADD COLUMN lacks TEXT NOT NULL DEFAULT '[]';
