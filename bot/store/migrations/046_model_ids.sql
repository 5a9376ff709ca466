-- Likely ids of models whose id is not public, as the API took or rejected them, for all servers: they are made of the
-- models' names, and are nobody's own words. `works` is 1 once a result was made with it.
CREATE TABLE model_ids (
    operation TEXT NOT NULL,
    model_id TEXT NOT NULL,
    works INTEGER NOT NULL CHECK (works IN (0, 1)),
    noted_at REAL NOT NULL,
    PRIMARY KEY (operation, model_id)
) STRICT, WITHOUT ROWID;
