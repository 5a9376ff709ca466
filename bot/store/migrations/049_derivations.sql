-- What a job has from the result that it was made from: how it is to differ (NULL: as its member's words say), the texts
-- that the API gets in place of input fields, and what the source shows, in the words of the member who made that. A job
-- from before this has its order in its prompt, and it is sent as it is stored.
ALTER TABLE jobs ADD COLUMN variation TEXT;
ALTER TABLE jobs ADD COLUMN orders TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(orders));
ALTER TABLE jobs ADD COLUMN subject TEXT NOT NULL DEFAULT '';

-- A job is found by what its source shows, too.
DROP TRIGGER jobs_are_found;
CREATE TRIGGER jobs_are_found AFTER INSERT ON jobs
BEGIN
    INSERT INTO job_texts (guild_id, job_id, text) VALUES (NEW.guild_id, NEW.id, NEW.id || ' ' || NEW.operation || ' '
        || coalesce(NEW.input ->> 'prompt', NEW.input ->> 'text', NEW.input ->> 'description', '')
        || CASE NEW.subject WHEN '' THEN '' ELSE ' ' || NEW.subject END);
END;
DROP TRIGGER jobs_are_found_by_new_words;
CREATE TRIGGER jobs_are_found_by_new_words AFTER UPDATE OF input ON jobs
WHEN NEW.input <> OLD.input OR NEW.subject <> OLD.subject
BEGIN
    UPDATE job_texts SET text = NEW.id || ' ' || NEW.operation || ' '
        || coalesce(NEW.input ->> 'prompt', NEW.input ->> 'text', NEW.input ->> 'description', '')
        || CASE NEW.subject WHEN '' THEN '' ELSE ' ' || NEW.subject END
    WHERE guild_id = NEW.guild_id AND job_id = NEW.id;
END;
