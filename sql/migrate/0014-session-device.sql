-- Sessions can be listed and ended one by one, by who holds them. Those of before have no number: they end.
DELETE FROM session;
ALTER TABLE session ADD COLUMN id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN addr TEXT;
ALTER TABLE session ADD COLUMN device TEXT;
