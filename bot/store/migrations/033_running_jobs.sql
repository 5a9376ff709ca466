-- The jobs that a process follows, or that are free for one. PostgreSQL keeps them in a table of their own.
CREATE VIEW running_jobs AS
SELECT id, card_id, lease, next_at FROM jobs WHERE state IN ('submitting', 'queued', 'processing', 'ready');
