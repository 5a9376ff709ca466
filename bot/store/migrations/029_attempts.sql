-- What came of a job's last calls: which call, and the class of the answer, without a word of it.
CREATE TABLE job_attempts (
    id INTEGER PRIMARY KEY,
    job_id TEXT NOT NULL,
    guild_id INTEGER NOT NULL,
    at REAL NOT NULL,
    call TEXT NOT NULL,
    outcome TEXT NOT NULL,
    status INTEGER,
    FOREIGN KEY (guild_id, job_id) REFERENCES jobs (guild_id, id)
) STRICT;
CREATE INDEX job_attempts_job ON job_attempts (job_id, id);
