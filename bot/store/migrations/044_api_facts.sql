-- What Cannon Studio publishes about its API, as it was read: its description (`openapi`), and answers of its keyless tools,
-- by the tool's name. `subject` is an operation's id or a surface, '' for all; `body` is JSON, null for what a tool does not
-- know. A forgotten one is not used until another answer comes in its place.
CREATE TABLE api_facts (
    source TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    read_at REAL NOT NULL,
    forgotten INTEGER NOT NULL DEFAULT 0 CHECK (forgotten IN (0, 1)),
    PRIMARY KEY (source, subject)
) STRICT, WITHOUT ROWID;

INSERT INTO api_facts (source, subject, body, read_at)
SELECT 'openapi', '', value, 0 FROM meta WHERE name = 'openapi_document';
DELETE FROM meta WHERE name IN ('openapi_document', 'openapi_forgotten');
