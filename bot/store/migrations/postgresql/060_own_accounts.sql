-- Members' own accounts (docs/decisions/0099-a-members-own-account.md). A member's key is a row of `guild_keys` whose
-- `guild_id` is the member's id: Discord gives no id twice.
ALTER TABLE guild_keys ADD COLUMN own BIGINT NOT NULL DEFAULT 0 CHECK (own IN (0, 1));

-- `practice` says whose credits pay: 0 the server's, 1 practice, 2 the author's own. All sums of a server name theirs, so
-- that one is never in another. The key of a job is then its author's, which the trigger below checks.
ALTER TABLE jobs DROP CONSTRAINT jobs_guild_id_key_id_fkey;
ALTER TABLE jobs DROP CONSTRAINT jobs_practice_check, ADD CHECK (practice IN (0, 1, 2));
ALTER TABLE ledger DROP CONSTRAINT ledger_practice_check, ADD CHECK (practice IN (0, 1, 2));
ALTER TABLE running_totals DROP CONSTRAINT running_totals_practice_check, ADD CHECK (practice IN (0, 1, 2));
ALTER TABLE ledger_totals DROP CONSTRAINT ledger_totals_practice_check, ADD CHECK (practice IN (0, 1, 2));
ALTER TABLE archived_jobs DROP CONSTRAINT archived_jobs_practice_check, ADD CHECK (practice IN (0, 1, 2));
ALTER TABLE archived_ledger DROP CONSTRAINT archived_ledger_practice_check, ADD CHECK (practice IN (0, 1, 2));
ALTER TABLE archived_running_totals
    DROP CONSTRAINT archived_running_totals_practice_check, ADD CHECK (practice IN (0, 1, 2));
ALTER TABLE archived_ledger_totals
    DROP CONSTRAINT archived_ledger_totals_practice_check, ADD CHECK (practice IN (0, 1, 2));
CREATE FUNCTION refuse_key_of_another() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.practice <> NEW.practice OR (NEW.practice = 2 AND NEW.key_id IS NULL) THEN
            RAISE EXCEPTION 'a job is paid by its server or its author' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF NEW.key_id IS NOT DISTINCT FROM OLD.key_id THEN
            RETURN NEW;
        END IF;
    END IF;
    IF NEW.key_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM guild_keys WHERE id = NEW.key_id
        AND guild_id = CASE NEW.practice WHEN 2 THEN NEW.author_id ELSE NEW.guild_id END
    ) THEN
        RAISE EXCEPTION 'a job is paid by its server or its author' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END;
$$;
CREATE TRIGGER jobs_have_their_key BEFORE INSERT ON jobs
    FOR EACH ROW EXECUTE FUNCTION refuse_key_of_another();
CREATE TRIGGER jobs_keep_their_key BEFORE UPDATE OF key_id, practice ON jobs
    FOR EACH ROW EXECUTE FUNCTION refuse_key_of_another();
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
