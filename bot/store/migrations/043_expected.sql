-- The estimate of a job that was accepted without a hold, as the price of its kind was still being found out: its credits
-- are held in `raised_milli` once the price is known. NULL: `held_milli` holds them since acceptance.
ALTER TABLE jobs ADD COLUMN expected_milli INTEGER CHECK (expected_milli BETWEEN 0 AND 999999999999);
