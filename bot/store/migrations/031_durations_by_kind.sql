-- Durations are learned for what makes the price of a job too: `kind`, in words as those of `price_kind`; '' for all.
CREATE TABLE histograms_by_kind (
    operation TEXT NOT NULL,
    model TEXT NOT NULL,
    kind TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (operation, model, kind)
) STRICT, WITHOUT ROWID;
INSERT INTO histograms_by_kind (operation, model, kind, data) SELECT operation, model, '', data FROM histograms;
DROP TABLE histograms;
ALTER TABLE histograms_by_kind RENAME TO histograms;
