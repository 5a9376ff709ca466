-- A request of Cannon Studio is one job's. A proxy that answered a second create with the first one's stored answer may have
-- left two jobs with one: the later has no request of its own that is known. If it is open it is as one whose create was
-- not answered: sent again with its own idempotency key while that is safe, and then refunded.
UPDATE jobs SET
    remote_id = NULL,
    recheck_at = NULL,
    in_doubt = CASE WHEN state IN ('queued', 'processing', 'ready') THEN 1 ELSE in_doubt END,
    attempts = CASE WHEN state IN ('queued', 'processing', 'ready') THEN greatest(attempts, 1) ELSE attempts END,
    cost_milli = CASE WHEN state IN ('queued', 'processing', 'ready') THEN NULL ELSE cost_milli END,
    output = CASE WHEN state IN ('queued', 'processing', 'ready') THEN '{}' ELSE output END,
    media = CASE WHEN state IN ('queued', 'processing', 'ready') THEN '[]' ELSE media END,
    state = CASE WHEN state IN ('queued', 'processing', 'ready') THEN 'submitting' ELSE state END
WHERE id IN (
    SELECT id FROM (
        SELECT id, row_number() OVER (PARTITION BY practice, remote_id ORDER BY submitted_at, rowid) AS number
        FROM jobs WHERE remote_id IS NOT NULL
    ) AS numbered WHERE number > 1
);
CREATE UNIQUE INDEX jobs_request ON jobs (remote_id, practice) WHERE remote_id IS NOT NULL;
