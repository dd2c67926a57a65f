-- Rows of logs and reviews of whole registers (docs/decisions/0005). A row of a log lies in revision and revision_body like the first version of any
-- record; instead of an entry of its own it has its line in a batch, and the batch has the entry.
-- truth: rows of a log that were entered together; body: a line a row; hash binds every column (docs/LEDGER.md section 4)
CREATE TABLE log_batch (id BIGINT PRIMARY KEY, form TEXT NOT NULL, pack_set BIGINT NOT NULL, actor BIGINT NOT NULL, on_behalf BIGINT, at BIGINT NOT NULL,
  body TEXT NOT NULL, hash BLOB NOT NULL CHECK (length(hash) = 32), seq BIGINT NOT NULL);
-- truth: the rows of a register as they stood when a review of it was handed in; hash = SHA-256(body), which the value @book of the review's revision names
CREATE TABLE book (hash BLOB PRIMARY KEY CHECK (length(hash) = 32), body TEXT NOT NULL);

-- only sqlite
CREATE TRIGGER log_batch_no_update BEFORE UPDATE ON log_batch BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER log_batch_no_delete BEFORE DELETE ON log_batch BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER book_no_update BEFORE UPDATE ON book BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER book_no_delete BEFORE DELETE ON book BEGIN SELECT RAISE(ABORT, 'append-only'); END;
-- end
-- only pg
CREATE TRIGGER log_batch_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log_batch EXECUTE FUNCTION append_only();
CREATE TRIGGER book_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON book EXECUTE FUNCTION append_only();
-- end
