-- A request for a refund was noted first and posted afterwards: a crash between the two lost the question, and who asked
-- again read that the moderators have it. Now it is a line of the record that the outbox posts. Those that nobody has
-- granted become such lines; each is posted unless its question is found where it was put.
INSERT INTO decisions (guild_id, at, by_id, kind, text, about, names_actor)
SELECT guild_id, refund_asked_at, author_id, 'refund_request',
    '<@' || author_id || '> requests a refund for job `' || id || '`.', '{"job": "' || id || '"}', 1
FROM jobs WHERE refund_asked_at IS NOT NULL AND refund_granted_at IS NULL AND practice = 0 ORDER BY refund_asked_at;
INSERT INTO outbox (decision_id, guild_id) SELECT id, guild_id FROM decisions WHERE kind = 'refund_request';
