-- The search index, filled after commit. Format: tools/sqlgen.py.

-- name: record_fold_set :exec  in: id i64, fold text
UPDATE record SET fold = $2 WHERE id = $1;
-- name: gram_add :exec  in: tok text, record i64
INSERT INTO gram (tok, record) VALUES ($1, $2) ON CONFLICT (tok, record) DO NOTHING;
