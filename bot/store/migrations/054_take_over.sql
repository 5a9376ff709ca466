-- How many jobs the process follows under the lease, as of its last renewal or claim; NULL: it takes no more, or is of an
-- older version.
ALTER TABLE leases ADD COLUMN jobs INTEGER;

-- Of a process that died: who noticed, how many seconds after its last sign of life, and what others got.
ALTER TABLE processes ADD COLUMN heir TEXT;
ALTER TABLE processes ADD COLUMN taken_after_s REAL;
ALTER TABLE processes ADD COLUMN taken_jobs INTEGER NOT NULL DEFAULT 0;
ALTER TABLE processes ADD COLUMN taken_shards INTEGER NOT NULL DEFAULT 0;
