-- Imports in chunks (docs/decisions/0006). Format: tools/sqlgen.py.

-- name: batch_add :exec  in: batch i64, form text, person i64, at i64
INSERT INTO import_batch (batch, form, person, at, state, n, bad, line, done, chain, record) VALUES ($1, $2, $3, $4, 'looked', 0, 0, 0, 0, '', 0);
-- name: batch_get :opt  in: batch i64  out: batch i64, form text, person i64, at i64, state text, n i64, bad i64, line i64, done i64, chain text, record i64, why text?
SELECT batch, form, person, at, state, n, bad, line, done, chain, record, why FROM import_batch WHERE batch = $1;
-- name: batch_of_record :opt  in: record i64  out: batch i64
SELECT batch FROM import_batch WHERE record = $1 ORDER BY batch LIMIT 1;
-- name: batch_put :one-row  in: batch i64, at i64, state text, n i64, bad i64, line i64, done i64, chain text, record i64, why text?
UPDATE import_batch SET at = $2, state = $3, n = $4, bad = $5, line = $6, done = $7, chain = $8, record = $9, why = $10 WHERE batch = $1;
-- name: batch_drop :exec  in: batch i64
DELETE FROM import_batch WHERE batch = $1;
-- name: batch_working :opt  in:  out: batch i64, state text
SELECT batch, state FROM import_batch WHERE state IN ('applying', 'showing', 'taking', 'leaving', 'clearing', 'ending') ORDER BY batch LIMIT 1;
-- name: batch_stale :opt  in: before i64  out: batch i64, state text
SELECT batch, state FROM import_batch WHERE state IN ('looked', 'making', 'ended') AND at < $1 ORDER BY batch LIMIT 1;
-- name: batch_refused :opt  in:  out: batch i64, state text
SELECT b.batch, b.state FROM import_batch b JOIN record r ON r.id = b.record WHERE b.state = 'handed' AND (r.state = 'void' OR r.draft_state = 'rejected') LIMIT 1;
-- name: staging_add :exec  in: batch i64, line i64, state text, cells text, content text, problems text
INSERT INTO staging (batch, line, state, cells, content, problems) VALUES ($1, $2, $3, $4, $5, $6);
-- name: staging_of :many  in: batch i64, lim i64  out: line i64, state text, cells text, content text, problems text, record i64?
SELECT line, state, cells, content, problems, record FROM staging WHERE batch = $1 ORDER BY line LIMIT $2;
-- name: staging_after :many  in: batch i64, line i64, lim i64  out: line i64, state text, cells text, content text, problems text, record i64?
SELECT line, state, cells, content, problems, record FROM staging WHERE batch = $1 AND line > $2 ORDER BY line LIMIT $3;
-- name: staging_records :many  in: batch i64, lim i64  out: record i64?
SELECT record FROM staging WHERE batch = $1 ORDER BY line LIMIT $2;
-- name: staging_faults :many  in: batch i64, lim i64  out: line i64, state text, content text, problems text
SELECT line, state, content, problems FROM staging WHERE batch = $1 AND state <> 'ok' ORDER BY line LIMIT $2;
-- name: staging_made :one-row  in: batch i64, line i64, record i64
UPDATE staging SET record = $3 WHERE batch = $1 AND line = $2;
-- name: staging_bad :one-row  in: batch i64, line i64, state text, problems text
UPDATE staging SET state = $3, problems = $4 WHERE batch = $1 AND line = $2;
-- name: staging_cut :exec  in: batch i64, line i64
DELETE FROM staging WHERE batch = $1 AND line <= $2;
-- name: task_show :exec  in: record i64
UPDATE task SET state = 'open' WHERE record = $1 AND state = 'importing';
-- name: staging_counts :many  in: batch i64  out: state text, n i64
SELECT state, CAST(count(*) AS BIGINT) FROM staging WHERE batch = $1 GROUP BY state ORDER BY state LIMIT 10;
