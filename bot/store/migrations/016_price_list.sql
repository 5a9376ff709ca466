-- What a listed price is for (bot/domain/price_list.py): the whole job, each result, or each second of each result.
ALTER TABLE prices ADD COLUMN per TEXT NOT NULL DEFAULT 'job' CHECK (per IN ('job', 'output', 'second'));
