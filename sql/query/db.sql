-- What the room db itself asks for, and the statements by which its tests meet every kind and type.
-- name: db_keep_get :opt  in: k text  out: v text
SELECT v FROM keep WHERE k = $1;
-- name: db_keep_set :exec  in: k text, v text
INSERT INTO keep (k, v) VALUES ($1, $2) ON CONFLICT (k) DO UPDATE SET v = excluded.v;
-- name: db_keep_swap :one-row  in: k text, old text, new text
UPDATE keep SET v = $3 WHERE k = $1 AND v = $2;
-- name: db_keep_all :many  out: k text, v text  bounded: a handful of settings
SELECT k, v FROM keep ORDER BY k;
-- name: db_file_put :exec  in: hash blob, content blob
INSERT INTO pack_file (hash, content) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING;
-- name: db_file_get :one  in: hash blob  out: content blob
SELECT content FROM pack_file WHERE hash = $1;
-- name: db_verdict_put :exec
--   in: chk text, subject i64, state text, since_us i64, next_us i64?, as_of i64
INSERT INTO verdict (chk, subject, state, since_us, next_us, as_of) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (chk, subject) DO UPDATE SET state = excluded.state, since_us = excluded.since_us,
  next_us = excluded.next_us, as_of = excluded.as_of;
-- name: db_verdict_get :opt  in: chk text, subject i64  out: state text, since_us i64, next_us i64?, as_of i64
SELECT state, since_us, next_us, as_of FROM verdict WHERE chk = $1 AND subject = $2;
