-- Other messages that show a job's result: in the gallery (`gallery`), in who asked's direct messages (`dm`), … They
-- are taken down with it.
CREATE TABLE copies (
    job_id TEXT NOT NULL,
    guild_id INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    PRIMARY KEY (job_id, message_id),
    FOREIGN KEY (guild_id, job_id) REFERENCES jobs (guild_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX copies_message ON copies (message_id);

-- Who wants the result of a job that could not be stopped not to be posted.
ALTER TABLE jobs ADD COLUMN dropped_by INTEGER;

-- What a job came from: the step it waited for, else the job it was made from. For families, downwards.
CREATE INDEX jobs_origin ON jobs (guild_id, coalesce(json_extract(after_ids, '$[0]'), parent_id));
