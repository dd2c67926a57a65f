-- operational: second factor of a sign-in: the secret sealed under keys/signin.key; last_step: the newest code that was used
CREATE TABLE account_totp (person BIGINT PRIMARY KEY, secret BLOB NOT NULL, made_at BIGINT NOT NULL, last_step BIGINT NOT NULL);
-- operational: recovery codes that were not used yet, argon2id
CREATE TABLE account_recovery (person BIGINT NOT NULL, no BIGINT NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (person, no));
-- operational: what others did to somebody's sign-in, told until seen; blind opens the commitment of the reason in the ledger
CREATE TABLE account_note (id BIGINT PRIMARY KEY, person BIGINT NOT NULL, at BIGINT NOT NULL, kind TEXT NOT NULL, by_person BIGINT NOT NULL, reason TEXT, blind BLOB, seen_at BIGINT);
CREATE INDEX account_note_person ON account_note (person, id);
-- half: the password was right, the code is still to come; such a session opens nothing
ALTER TABLE session ADD COLUMN half BIGINT NOT NULL DEFAULT 0;
