-- How many jobs the process follows under the lease, as of its last renewal or claim; NULL: it takes no more, or is of an
-- older version.
ALTER TABLE leases ADD COLUMN jobs BIGINT;

-- Of a process that died: who noticed, how many seconds after its last sign of life, and what others got.
ALTER TABLE processes ADD COLUMN heir TEXT COLLATE "C";
ALTER TABLE processes ADD COLUMN taken_after_s DOUBLE PRECISION;
ALTER TABLE processes ADD COLUMN taken_jobs BIGINT NOT NULL DEFAULT 0;
ALTER TABLE processes ADD COLUMN taken_shards BIGINT NOT NULL DEFAULT 0;
