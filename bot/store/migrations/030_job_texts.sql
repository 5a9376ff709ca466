-- What members find a job by: its id, its operation and its words, one line for each job, in the order they came.
-- The index over it is no migration: it is made at opening where SQLite can (bot/store/engine/text_index.py).
CREATE TABLE job_texts (
    number INTEGER PRIMARY KEY,
    guild_id INTEGER NOT NULL,
    job_id TEXT NOT NULL,
    text TEXT NOT NULL,
    UNIQUE (guild_id, job_id),
    FOREIGN KEY (guild_id, job_id) REFERENCES jobs (guild_id, id)
) STRICT;
CREATE INDEX job_texts_newest ON job_texts (guild_id);
INSERT INTO job_texts (guild_id, job_id, text)
    SELECT guild_id, id, id || ' ' || operation || ' '
        || coalesce(input ->> 'prompt', input ->> 'text', input ->> 'description', '')
    FROM jobs ORDER BY created_at, rowid;
CREATE TRIGGER jobs_are_found AFTER INSERT ON jobs
BEGIN
    INSERT INTO job_texts (guild_id, job_id, text) VALUES (NEW.guild_id, NEW.id, NEW.id || ' ' || NEW.operation || ' '
        || coalesce(NEW.input ->> 'prompt', NEW.input ->> 'text', NEW.input ->> 'description', ''));
END;
-- Also what erases a job's words.
CREATE TRIGGER jobs_are_found_by_new_words AFTER UPDATE OF input ON jobs WHEN NEW.input <> OLD.input
BEGIN
    UPDATE job_texts SET text = NEW.id || ' ' || NEW.operation || ' '
        || coalesce(NEW.input ->> 'prompt', NEW.input ->> 'text', NEW.input ->> 'description', '')
    WHERE guild_id = NEW.guild_id AND job_id = NEW.id;
END;
