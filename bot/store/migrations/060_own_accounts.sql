-- Members' own accounts (docs/decisions/0099-a-members-own-account.md). A member's key is a row of `guild_keys` whose
-- `guild_id` is the member's id: Discord gives no id twice.
ALTER TABLE guild_keys ADD COLUMN own INTEGER NOT NULL DEFAULT 0 CHECK (own IN (0, 1));

-- `practice` says whose credits pay: 0 the server's, 1 practice, 2 the author's own. All sums of a server name theirs, so
-- that one is never in another. The key of a job is then its author's, which the trigger below checks. Constraints are
-- taken out as sqlite.org/lang_altertable.html, section 7, says: nothing of it is in the rows.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(
    replace(sql, 'practice IN (0, 1)', 'practice IN (0, 1, 2)'),
    'FOREIGN KEY (guild_id, key_id) REFERENCES guild_keys (guild_id, id),', ''
)
WHERE type = 'table' AND name IN (
    'jobs', 'ledger', 'running_totals', 'ledger_totals', 'archived_jobs', 'archived_ledger', 'archived_running_totals',
    'archived_ledger_totals'
);
PRAGMA writable_schema = RESET;
CREATE TRIGGER jobs_have_their_key BEFORE INSERT ON jobs
WHEN NEW.key_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM guild_keys WHERE id = NEW.key_id
    AND guild_id = CASE NEW.practice WHEN 2 THEN NEW.author_id ELSE NEW.guild_id END
)
BEGIN
    SELECT RAISE(ABORT, 'a job is paid by its server or its author');
END;
CREATE TRIGGER jobs_keep_their_key BEFORE UPDATE OF key_id, practice ON jobs
WHEN OLD.practice <> NEW.practice OR (NEW.practice = 2 AND NEW.key_id IS NULL) OR (
    NEW.key_id IS NOT NULL AND NEW.key_id IS NOT OLD.key_id AND NOT EXISTS (
        SELECT 1 FROM guild_keys WHERE id = NEW.key_id
        AND guild_id = CASE NEW.practice WHEN 2 THEN NEW.author_id ELSE NEW.guild_id END
    )
)
BEGIN
    SELECT RAISE(ABORT, 'a job is paid by its server or its author');
END;
-- What a member's account has paid, in all servers.
CREATE INDEX jobs_own ON jobs (author_id, created_at) WHERE practice = 2;
-- A key's costs, whichever servers it has paid in.
DROP INDEX jobs_costs;
CREATE INDEX jobs_costs ON jobs (
    key_id, operation, price_kind, created_at, cost_milli, price_size, price_outputs
) WHERE key_id IS NOT NULL AND state IN ('queued', 'processing', 'ready', 'delivered', 'held')
    AND price_kind IS NOT NULL AND cost_milli IS NOT NULL;
-- A request of the API is one job's, whichever account pays.
DROP INDEX jobs_request;
CREATE UNIQUE INDEX jobs_request ON jobs (remote_id, (CASE practice WHEN 1 THEN 1 ELSE 0 END)) WHERE remote_id IS NOT NULL;
