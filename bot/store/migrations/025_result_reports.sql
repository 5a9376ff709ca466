-- Results that members have reported to the moderators, once each; the reason is in the record of decisions alone.
CREATE TABLE result_reports (
    job_id TEXT NOT NULL,
    guild_id INTEGER NOT NULL,
    member_id INTEGER NOT NULL,
    at REAL NOT NULL,
    dismissed_at REAL,
    PRIMARY KEY (job_id, member_id),
    FOREIGN KEY (guild_id, job_id) REFERENCES jobs (guild_id, id)
) STRICT;
CREATE INDEX result_reports_of_member ON result_reports (guild_id, member_id, at);
