-- The search index, filled after commit. Format: tools/sqlgen.py.

-- name: record_fold_set :exec  in: id i64, fold text
UPDATE record SET fold = $2 WHERE id = $1;
-- name: record_fold_get :opt  in: id i64  out: fold text
SELECT fold FROM record WHERE id = $1;
-- name: gram_drop :exec  in: tok text, record i64
DELETE FROM gram WHERE tok = $1 AND record = $2;
-- name: gram_add :exec  in: record i64, t1 text, t2 text, t3 text, t4 text, t5 text, t6 text, t7 text, t8 text
INSERT INTO gram (tok, record) VALUES ($2, $1), ($3, $1), ($4, $1), ($5, $1), ($6, $1), ($7, $1), ($8, $1), ($9, $1) ON CONFLICT (tok, record) DO NOTHING;
