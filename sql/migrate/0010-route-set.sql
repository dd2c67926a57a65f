-- the pack set that the rows of a record's route were made under: a running route finishes under it (design.md 6)
ALTER TABLE record ADD COLUMN route_set BIGINT;
