-- On PostgreSQL: locks of the host's totals, and fewer announcements. A file has one writer.
SELECT 1;
