-- Writes of different servers overlap (docs/decisions/0086-locks-of-a-server.md). What all of them spend on the host's key is
-- in shared rows: who changes these has the host's lock, as who decides by them has.
CREATE OR REPLACE FUNCTION change_totals() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
    an_hour BIGINT := floor(NEW.at)::BIGINT / 3600 * 3600;
    a_day BIGINT := floor(NEW.at)::BIGINT / 86400 * 86400;
BEGIN
    IF NEW.charged_milli = 0 AND NEW.drawn_milli = 0 AND NEW.spent_milli = 0 AND NEW.paid_jobs = 0 THEN
        RETURN NEW;
    END IF;
    IF NEW.on_host_key = 1 AND NEW.charged_milli <> 0 THEN
        PERFORM pg_advisory_xact_lock(206215437);
    END IF;
    INSERT INTO running_totals AS total
    SELECT NEW.guild_id, NEW.practice, of, since, '', 0, 0, 0,
        NEW.charged_milli, NEW.drawn_milli, NEW.spent_milli, NEW.paid_jobs
    FROM (VALUES (0::BIGINT, an_hour), (NEW.member_id, a_day)) AS counted (of, since)
    UNION ALL
    SELECT NEW.guild_id, NEW.practice, of, a_day, NEW.operation,
        coalesce(NEW.channel_id, 0), coalesce(NEW.parent_channel_id, 0), coalesce(NEW.category_id, 0),
        NEW.charged_milli, NEW.drawn_milli, NEW.spent_milli, NEW.paid_jobs
    FROM (VALUES (0::BIGINT), (NEW.member_id)) AS counted (of) WHERE NEW.operation IS NOT NULL
    UNION ALL
    SELECT 0, 0, of, since, '', 0, 0, 0, NEW.charged_milli, 0, 0, 0
    FROM (VALUES (0::BIGINT, an_hour), (NEW.guild_id, a_day)) AS counted (of, since)
    WHERE NEW.on_host_key = 1 AND NEW.charged_milli <> 0
    ON CONFLICT (guild_id, practice, member_id, since, operation, channel_id, parent_channel_id, category_id)
    DO UPDATE SET
        charged_milli = total.charged_milli + excluded.charged_milli,
        drawn_milli = total.drawn_milli + excluded.drawn_milli,
        spent_milli = total.spent_milli + excluded.spent_milli,
        paid_jobs = total.paid_jobs + excluded.paid_jobs;
    IF NEW.charged_milli < 0 OR NEW.drawn_milli < 0 OR NEW.spent_milli < 0 OR NEW.paid_jobs < 0 THEN
        DELETE FROM running_totals
        WHERE guild_id = NEW.guild_id AND practice = NEW.practice AND member_id IN (0, NEW.member_id)
            AND since IN (an_hour, a_day) AND operation IN ('', NEW.operation)
            AND charged_milli = 0 AND drawn_milli = 0 AND spent_milli = 0 AND paid_jobs = 0;
    END IF;
    IF NEW.on_host_key = 1 AND NEW.charged_milli < 0 THEN
        DELETE FROM running_totals
        WHERE guild_id = 0 AND practice = 0 AND member_id IN (0, NEW.guild_id) AND since IN (an_hour, a_day)
            AND charged_milli = 0;
    END IF;
    RETURN NEW;
END
$$;

-- A commit that notifies waits for every other that does. Of a card only what is kept in memory is worth that: no other
-- process has one in memory before it is stored, nor whether it is drawn and who was pinged.
DROP TRIGGER cards_tell_cards ON cards;
CREATE TRIGGER cards_tell_cards AFTER DELETE OR UPDATE OF channel_id, author_id, interaction_id, token_expires_at,
    message_id, message_channel_id, private, spoiler, answered, locale, created_at, parent_channel_id, category_id, label,
    role_ids
    ON cards FOR EACH ROW EXECUTE FUNCTION tell_written('CARDS', 'id', 'guild_id');
