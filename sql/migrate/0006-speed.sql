-- after-commit work is queued once, however often a record changes before it is done
DELETE FROM todo WHERE id NOT IN (SELECT min(id) FROM todo GROUP BY kind, record);
CREATE UNIQUE INDEX todo_what ON todo (kind, record);
-- how many subjects violate a check, and since when, comes from the index alone
CREATE INDEX verdict_since ON verdict (chk, state, since_us, subject);
DROP INDEX verdict_state;
