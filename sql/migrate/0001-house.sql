-- The house: truth (append-only), projections (rebuildable), operational state. One text for both engines; the migrator maps
-- the types BIGINT, REAL, TEXT, BLOB to each engine, adds STRICT on SQLite and COLLATE "C" on PostgreSQL text, and runs
-- blocks between `-- only sqlite` / `-- only pg` and `-- end` on that engine alone. The comment line above a table is its docs/DB.md text.

-- truth: ledger entries in order; leaf = SHA-256(0x00 || entry)
CREATE TABLE ledger (seq BIGINT PRIMARY KEY CHECK (seq >= 0), entry BLOB NOT NULL, leaf BLOB NOT NULL CHECK (length(leaf) = 32));
-- truth: full 256-hash tiles of the Merkle tree (tlog-tiles level, number)
CREATE TABLE tile (level BIGINT NOT NULL, n BIGINT NOT NULL, hashes BLOB NOT NULL CHECK (length(hashes) = 8192), PRIMARY KEY (level, n));
-- operational: the one head row; locked first by every write transaction
CREATE TABLE head (one BIGINT PRIMARY KEY CHECK (one = 1), size BIGINT NOT NULL, root BLOB NOT NULL, frontier BLOB NOT NULL,
  checkpoint TEXT NOT NULL, epoch BIGINT NOT NULL, last_us BIGINT NOT NULL, pack_set BIGINT NOT NULL, next_id BIGINT NOT NULL, boot TEXT NOT NULL);
-- truth: one immutable version of a record's content; hash = SHA-256(commits); commits = lines "path SP base64(commitment)"
CREATE TABLE revision (id BIGINT PRIMARY KEY, record BIGINT NOT NULL, no BIGINT NOT NULL, form TEXT NOT NULL, pack_set BIGINT NOT NULL,
  author BIGINT NOT NULL, at BIGINT NOT NULL, hash BLOB NOT NULL CHECK (length(hash) = 32), commits TEXT NOT NULL, seq BIGINT NOT NULL, UNIQUE (record, no));
-- truth, erasable: values and blindings of a revision: JSON [[path, value, base64 blinding], ...]; an erased item is [path, null, null]
CREATE TABLE revision_body (revision BIGINT PRIMARY KEY, body TEXT NOT NULL);
-- truth: one thing that somebody did to a record; hash binds every column and the commitment of the comment; effect is canonical JSON
CREATE TABLE act (id BIGINT PRIMARY KEY, record BIGINT NOT NULL, revision BIGINT, no BIGINT NOT NULL, kind TEXT NOT NULL, step TEXT,
  actor BIGINT NOT NULL, on_behalf BIGINT, at BIGINT NOT NULL, comment_commit BLOB, effect TEXT NOT NULL, hash BLOB NOT NULL CHECK (length(hash) = 32),
  seq BIGINT NOT NULL, UNIQUE (record, no));
-- truth, erasable: comment of an act and its blinding
CREATE TABLE act_body (act BIGINT PRIMARY KEY, comment TEXT, blind BLOB);
-- truth: attachment metadata; the bytes lie under attachments/ by their SHA-256
CREATE TABLE attachment (id BIGINT PRIMARY KEY, record BIGINT NOT NULL, sha256 BLOB NOT NULL CHECK (length(sha256) = 32), bytes BIGINT NOT NULL,
  type TEXT NOT NULL, at BIGINT NOT NULL, actor BIGINT NOT NULL, seq BIGINT NOT NULL);
-- truth, erasable: the file name that the person gave
CREATE TABLE attachment_body (attachment BIGINT PRIMARY KEY, name TEXT);
-- truth: what was erased, replayed after every restore
CREATE TABLE erasure (id BIGINT PRIMARY KEY, record BIGINT NOT NULL, path TEXT NOT NULL, ground TEXT NOT NULL, actor BIGINT NOT NULL, at BIGINT NOT NULL, seq BIGINT NOT NULL);
-- truth: pack sets: adopted packs, parameters and choices as canonical JSON; hash is in the ledger
CREATE TABLE pack_set (id BIGINT PRIMARY KEY, at BIGINT NOT NULL, actor BIGINT NOT NULL, hash BLOB NOT NULL, body TEXT NOT NULL, seq BIGINT NOT NULL);
-- truth: the pack files of all sets, by content
CREATE TABLE pack_file (hash BLOB PRIMARY KEY, content BLOB NOT NULL);
-- operational, erasable: pseudonym of a person in the ledger (p:16 hex)
CREATE TABLE pseudonym (person BIGINT PRIMARY KEY, pseudo TEXT NOT NULL UNIQUE);

-- projection: what all records share
CREATE TABLE record (id BIGINT PRIMARY KEY, form TEXT NOT NULL, number TEXT NOT NULL, state TEXT NOT NULL, draft_state TEXT, department BIGINT, made_by BIGINT NOT NULL,
  title TEXT NOT NULL, fold TEXT NOT NULL, made_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, closed_at BIGINT, happened_on TEXT, origin TEXT NOT NULL,
  force_rev BIGINT, draft_rev BIGINT, version BIGINT NOT NULL, pack_set BIGINT NOT NULL, note TEXT);
CREATE UNIQUE INDEX record_number ON record (form, number);
CREATE INDEX record_form_title ON record (form, title, id);
CREATE INDEX record_form_state ON record (form, state, id);
CREATE INDEX record_form_updated ON record (form, updated_at, id);
CREATE INDEX record_made_by ON record (made_by, state, id);
-- projection: references between records in force or draft (who points to whom)
CREATE TABLE link (from_record BIGINT NOT NULL, path TEXT NOT NULL, slot BIGINT NOT NULL, to_record BIGINT NOT NULL, PRIMARY KEY (from_record, slot, path));
CREATE INDEX link_to ON link (to_record, from_record);
-- projection: route of the draft revision: steps in order; state waiting/open/done/skipped/void
CREATE TABLE step (record BIGINT NOT NULL, revision BIGINT NOT NULL, ord BIGINT NOT NULL, step TEXT NOT NULL, state TEXT NOT NULL, need BIGINT NOT NULL,
  bind BLOB, opened_at BIGINT, done_at BIGINT, note TEXT, PRIMARY KEY (record, revision, ord));
-- projection: who may act on an open step, and who did
CREATE TABLE step_who (record BIGINT NOT NULL, revision BIGINT NOT NULL, ord BIGINT NOT NULL, person BIGINT NOT NULL, post TEXT NOT NULL, state TEXT NOT NULL,
  on_behalf BIGINT, PRIMARY KEY (record, revision, ord, person));
CREATE INDEX step_who_person ON step_who (person, state, record);
-- projection: a duty due for somebody, by a date
CREATE TABLE task (id BIGINT PRIMARY KEY, tkey TEXT NOT NULL UNIQUE, name TEXT NOT NULL, pack TEXT NOT NULL, duty TEXT, record BIGINT, person BIGINT, role TEXT, title TEXT NOT NULL,
  due_us BIGINT, state TEXT NOT NULL, opened_at BIGINT NOT NULL, closed_at BIGINT, closed_by BIGINT);
CREATE INDEX task_person ON task (person, state, due_us, id);
CREATE INDEX task_record ON task (record, state);
CREATE INDEX task_due ON task (state, due_us);
-- projection: each check's verdict per subject; next_us = when it must be judged again by time alone
CREATE TABLE verdict (chk TEXT NOT NULL, subject BIGINT NOT NULL, state TEXT NOT NULL, since_us BIGINT NOT NULL, next_us BIGINT, as_of BIGINT NOT NULL, PRIMARY KEY (chk, subject));
CREATE INDEX verdict_next ON verdict (next_us, chk);
CREATE INDEX verdict_state ON verdict (chk, state, subject);
-- operational: history of verdicts, for conformity by day
CREATE TABLE verdict_flip (id BIGINT PRIMARY KEY, chk TEXT NOT NULL, subject BIGINT NOT NULL, state TEXT NOT NULL, at BIGINT NOT NULL);
CREATE INDEX verdict_flip_chk ON verdict_flip (chk, at);
-- projection: pairs of characters of record.fold
CREATE TABLE gram (tok TEXT NOT NULL, record BIGINT NOT NULL, PRIMARY KEY (tok, record));
CREATE INDEX gram_record ON gram (record);
-- operational: after-commit work: kind search / check / stale-route
CREATE TABLE todo (id BIGINT PRIMARY KEY, kind TEXT NOT NULL, record BIGINT NOT NULL, at BIGINT NOT NULL);
-- projection: last number given, per form and fiscal year
CREATE TABLE number_seq (form TEXT NOT NULL, fy BIGINT NOT NULL, last BIGINT NOT NULL, PRIMARY KEY (form, fy));
-- reference: calendar 2000-01-01 .. 2099-12-31: n = days since 1970, bn = business-day ordinal, open = 1 on business days
CREATE TABLE day (d TEXT PRIMARY KEY, n BIGINT NOT NULL UNIQUE, bn BIGINT NOT NULL, open BIGINT NOT NULL, name TEXT);
CREATE INDEX day_bn ON day (bn, open);

-- operational: sign-in of people; kind general or privileged
CREATE TABLE account_login (person BIGINT PRIMARY KEY, login TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, hash TEXT, changed_at BIGINT, must_change BIGINT NOT NULL,
  failed BIGINT NOT NULL, locked_until BIGINT, disabled BIGINT NOT NULL, last_at BIGINT);
-- operational: former password hashes (no reuse within the period)
CREATE TABLE password_old (person BIGINT NOT NULL, at BIGINT NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (person, at));
-- operational: sessions by SHA-256 of their token
CREATE TABLE session (token BLOB PRIMARY KEY, person BIGINT NOT NULL, csrf TEXT NOT NULL, made_at BIGINT NOT NULL, seen_at BIGINT NOT NULL, ends_at BIGINT NOT NULL, lang TEXT NOT NULL, strong_at BIGINT);
CREATE INDEX session_person ON session (person);
-- operational: API tokens by SHA-256
CREATE TABLE api_token (token BLOB PRIMARY KEY, person BIGINT NOT NULL, name TEXT NOT NULL, made_at BIGINT NOT NULL, ends_at BIGINT NOT NULL, last_at BIGINT);
-- operational: failed sign-ins per address
CREATE TABLE login_rate (addr TEXT PRIMARY KEY, failed BIGINT NOT NULL, until BIGINT NOT NULL);
-- operational: answers already given, by idempotency key
CREATE TABLE answered (ikey TEXT PRIMARY KEY, actor BIGINT NOT NULL, digest BLOB NOT NULL, at BIGINT NOT NULL, seq BIGINT NOT NULL, result TEXT NOT NULL);
-- operational: small values: set-up progress, instance id, organisation closed days
CREATE TABLE keep (k TEXT PRIMARY KEY, v TEXT NOT NULL);
-- operational: an import being checked, outside of the writer's hot path; rows are JSON with their problems
CREATE TABLE staging (batch BIGINT NOT NULL, line BIGINT NOT NULL, state TEXT NOT NULL, cells TEXT NOT NULL, content TEXT, problems TEXT, record BIGINT, PRIMARY KEY (batch, line));

-- only sqlite
CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER tile_no_update BEFORE UPDATE ON tile BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER tile_no_delete BEFORE DELETE ON tile BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER revision_no_update BEFORE UPDATE ON revision BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER revision_no_delete BEFORE DELETE ON revision BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER act_no_update BEFORE UPDATE ON act BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER act_no_delete BEFORE DELETE ON act BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER attachment_no_update BEFORE UPDATE ON attachment BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER attachment_no_delete BEFORE DELETE ON attachment BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER erasure_no_update BEFORE UPDATE ON erasure BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER erasure_no_delete BEFORE DELETE ON erasure BEGIN SELECT RAISE(ABORT, 'append-only'); END;
-- end
-- only pg
CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append-only'; END $$;
CREATE TRIGGER ledger_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger EXECUTE FUNCTION append_only();
CREATE TRIGGER tile_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tile EXECUTE FUNCTION append_only();
CREATE TRIGGER revision_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON revision EXECUTE FUNCTION append_only();
CREATE TRIGGER act_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON act EXECUTE FUNCTION append_only();
CREATE TRIGGER attachment_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON attachment EXECUTE FUNCTION append_only();
CREATE TRIGGER erasure_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON erasure EXECUTE FUNCTION append_only();
-- end
