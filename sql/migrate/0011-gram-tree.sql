-- The pairs of a record are known from record.fold: no index by record; on SQLite the key's own tree is the table, so that a pair is written
-- once, not three times.
DROP INDEX gram_record;
-- only sqlite
ALTER TABLE gram RENAME TO gram_before;
-- projection: pairs of characters of record.fold
CREATE TABLE gram (tok TEXT NOT NULL, record INTEGER NOT NULL, PRIMARY KEY (tok, record)) STRICT, WITHOUT ROWID;
INSERT INTO gram (tok, record) SELECT tok, record FROM gram_before;
DROP TABLE gram_before;
-- end
