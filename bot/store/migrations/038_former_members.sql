-- Members who had their data deleted, until limits no longer count by their number: then `number`, which is random and
-- negative, takes its place everywhere in the server, and the row goes, so that nothing leads from one to the other.
CREATE TABLE former_members (
    guild_id INTEGER NOT NULL,
    member_id INTEGER NOT NULL CHECK (member_id > 0),
    number INTEGER NOT NULL CHECK (number < 0),
    asked_at REAL NOT NULL,
    PRIMARY KEY (guild_id, member_id)
) STRICT;

-- In a row of the ledger nothing else may change.
DROP TRIGGER ledger_never_updates;
CREATE TRIGGER ledger_never_updates BEFORE UPDATE ON ledger
WHEN NEW.id <> OLD.id OR NEW.guild_id <> OLD.guild_id OR NEW.job_id IS NOT OLD.job_id OR NEW.kind <> OLD.kind
    OR NEW.credits_milli <> OLD.credits_milli OR NEW.at <> OLD.at OR NEW.practice <> OLD.practice
    OR NOT EXISTS (
        SELECT 1 FROM former_members
        WHERE guild_id = OLD.guild_id AND member_id = OLD.member_id AND number = NEW.member_id
    )
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;

-- A line of the record may change if it names such a member.
DROP TRIGGER decisions_never_update;
CREATE TRIGGER decisions_never_update BEFORE UPDATE ON decisions
WHEN NEW.id <> OLD.id OR NEW.guild_id <> OLD.guild_id OR NEW.at <> OLD.at OR NEW.kind <> OLD.kind
    OR NEW.names_actor <> OLD.names_actor
    OR NOT EXISTS (
        SELECT 1 FROM former_members
        WHERE guild_id = OLD.guild_id
            AND (member_id = OLD.by_id OR instr(OLD.text || OLD.about, CAST(member_id AS TEXT)) > 0)
    )
BEGIN
    SELECT RAISE(ABORT, 'decisions are append-only');
END;
