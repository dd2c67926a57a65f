-- Verification asks whether a missing value was erased.
CREATE INDEX erasure_record ON erasure (record, id);
