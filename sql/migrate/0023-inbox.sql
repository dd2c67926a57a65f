-- operational: what a person was told, each thing once by its key (decisions/0021); about: a task's key, wait:<record>, rec:<record>; over: it is so no longer; mailed: 0 to be looked at, 1 through, 2 for the next digest
CREATE TABLE inbox (id BIGINT PRIMARY KEY, nkey TEXT NOT NULL UNIQUE, person BIGINT NOT NULL, kind TEXT NOT NULL, about TEXT NOT NULL, record BIGINT NOT NULL, whom BIGINT, due_us BIGINT,
  at BIGINT NOT NULL, read_at BIGINT NOT NULL, over BIGINT NOT NULL, mailed BIGINT NOT NULL);
CREATE INDEX inbox_person ON inbox (person, id);
CREATE INDEX inbox_fresh ON inbox (person, read_at, over, id);
CREATE INDEX inbox_about ON inbox (about);
CREATE INDEX inbox_mailed ON inbox (mailed, person, id);
CREATE INDEX inbox_at ON inbox (at);
-- What was done before is not told any more.
INSERT INTO keep (k, v) SELECT 'notices', '' || max(id) FROM act HAVING max(id) IS NOT NULL;
