-- operational: whose password the directory (LDAP) says, by a key of it that does not change; state: how the account stood there at the last sync
CREATE TABLE account_directory (person BIGINT PRIMARY KEY, dkey TEXT NOT NULL UNIQUE, since BIGINT NOT NULL, state TEXT NOT NULL, seen_at BIGINT);
