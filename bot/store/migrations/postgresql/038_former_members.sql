-- Members who had their data deleted, until limits no longer count by their number: then `number`, which is random and
-- negative, takes its place everywhere in the server, and the row goes, so that nothing leads from one to the other.
CREATE TABLE former_members (
    guild_id BIGINT NOT NULL,
    member_id BIGINT NOT NULL CHECK (member_id > 0),
    number BIGINT NOT NULL CHECK (number < 0),
    asked_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (guild_id, member_id)
);

-- In a row of the ledger nothing else may change.
DROP TRIGGER ledger_never_updates ON ledger;
CREATE FUNCTION refuse_other_booking() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.guild_id, NEW.kind, NEW.credits_milli, NEW.at, NEW.practice)
            <> (OLD.id, OLD.guild_id, OLD.kind, OLD.credits_milli, OLD.at, OLD.practice)
        OR NEW.job_id IS DISTINCT FROM OLD.job_id
        OR NOT EXISTS (
            SELECT FROM former_members
            WHERE guild_id = OLD.guild_id AND member_id = OLD.member_id AND number = NEW.member_id
        )
    THEN
        RAISE integrity_constraint_violation USING MESSAGE = 'the ledger is append-only';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER ledger_never_updates BEFORE UPDATE ON ledger
    FOR EACH ROW EXECUTE FUNCTION refuse_other_booking();

-- A line of the record may change if it names such a member.
DROP TRIGGER decisions_never_update ON decisions;
CREATE FUNCTION refuse_other_decision() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.guild_id, NEW.at, NEW.kind, NEW.names_actor)
            <> (OLD.id, OLD.guild_id, OLD.at, OLD.kind, OLD.names_actor)
        OR NOT EXISTS (
            SELECT FROM former_members
            WHERE guild_id = OLD.guild_id
                AND (member_id = OLD.by_id OR strpos(OLD.text || OLD.about, member_id::text) > 0)
        )
    THEN
        RAISE integrity_constraint_violation USING MESSAGE = 'decisions are append-only';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER decisions_never_update BEFORE UPDATE ON decisions
    FOR EACH ROW EXECUTE FUNCTION refuse_other_decision();
