-- Logs and books (docs/decisions/0005). Format: tools/sqlgen.py.

-- name: log_batch_add :exec  in: id i64, form text, pack_set i64, actor i64, on_behalf i64?, at i64, body text, hash blob, seq i64
INSERT INTO log_batch (id, form, pack_set, actor, on_behalf, at, body, hash, seq) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);
-- name: log_batches_after :many  in: id i64, upto i64, lim i64  out: id i64, form text, pack_set i64, actor i64, at i64, body text
SELECT id, form, pack_set, actor, at, body FROM log_batch WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3;
-- name: book_add :exec  in: hash blob, body text
INSERT INTO book (hash, body) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING;
-- name: book_rows :many  in: form text, lim i64  out: id i64, department i64?, no i64, hash blob
SELECT r.id, r.department, v.no, v.hash FROM record r JOIN revision v ON v.id = r.force_rev WHERE r.form = $1 AND r.state IN ('approved', 'closed') ORDER BY r.id LIMIT $2;
-- name: revision_at :opt  in: record i64, no i64  out: id i64
SELECT id FROM revision WHERE record = $1 AND no = $2;
