-- Imports in chunks (docs/decisions/0006). What was staged before has no owner here and is looked at anew.
DELETE FROM staging;
-- operational: an import on its way: state looked, making, handed, applying, showing, clearing, ending (being voided), ended; line: how far the chunks are
CREATE TABLE import_batch (batch BIGINT PRIMARY KEY, form TEXT NOT NULL, person BIGINT NOT NULL, at BIGINT NOT NULL, state TEXT NOT NULL, n BIGINT NOT NULL,
  bad BIGINT NOT NULL, line BIGINT NOT NULL, done BIGINT NOT NULL, chain TEXT NOT NULL, record BIGINT NOT NULL, why TEXT);
CREATE INDEX import_batch_state ON import_batch (state, at);
CREATE INDEX import_batch_record ON import_batch (record);
