-- What a job has from the result that it was made from: how it is to differ (NULL: as its member's words say), the texts
-- that the API gets in place of input fields, and what the source shows, in the words of the member who made that. A job
-- from before this has its order in its prompt, and it is sent as it is stored.
ALTER TABLE jobs ADD COLUMN variation TEXT COLLATE "C";
ALTER TABLE jobs ADD COLUMN orders TEXT COLLATE "C" NOT NULL DEFAULT '{}' CHECK (orders IS JSON);
ALTER TABLE jobs ADD COLUMN subject TEXT COLLATE "C" NOT NULL DEFAULT '';

-- A job is found by what its source shows, too.
CREATE OR REPLACE FUNCTION have_job_found() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO job_texts (guild_id, job_id, text)
    VALUES (NEW.guild_id, NEW.id, NEW.id || ' ' || NEW.operation || ' ' || words_of(NEW.input)
        || CASE NEW.subject WHEN '' THEN '' ELSE ' ' || NEW.subject END);
    RETURN NULL;
END
$$;
CREATE OR REPLACE FUNCTION have_job_found_by_new_words() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE job_texts
    SET text = NEW.id || ' ' || NEW.operation || ' ' || words_of(NEW.input)
        || CASE NEW.subject WHEN '' THEN '' ELSE ' ' || NEW.subject END
    WHERE guild_id = NEW.guild_id AND job_id = NEW.id;
    RETURN NULL;
END
$$;
DROP TRIGGER jobs_are_found_by_new_words ON jobs;
CREATE TRIGGER jobs_are_found_by_new_words AFTER UPDATE OF input ON jobs
    FOR EACH ROW WHEN (NEW.input <> OLD.input OR NEW.subject <> OLD.subject)
    EXECUTE FUNCTION have_job_found_by_new_words();
