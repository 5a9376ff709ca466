-- What Cannon Studio has changed in its API, as its own description tells: a row for each change that was seen.
CREATE TABLE api_changes (
    subject TEXT NOT NULL CHECK (subject IN ('operation', 'model', 'field')),
    operation TEXT NOT NULL,
    -- The model or field; of an operation its former id, '' if it has none.
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('came', 'gone', 'changed')),
    -- How it changed, '' for what came or is gone.
    sentence TEXT NOT NULL,
    -- When it was seen last, after anything else was seen of the same thing.
    at REAL NOT NULL,
    -- When moderators were told last.
    told_at REAL,
    PRIMARY KEY (subject, operation, name, kind, sentence)
) STRICT, WITHOUT ROWID;
CREATE INDEX api_changes_at ON api_changes (at);
