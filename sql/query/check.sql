-- Verdicts of checks, their history, and what conformity counts. Format: tools/sqlgen.py.
-- A row with subject 0 is a pending evaluation of all subjects (as_of = last subject done); subject -1 asks for one more after it.

-- name: verdict_get :opt  in: chk text, subject i64  out: state text, since_us i64, next_us i64?, as_of i64, why text?
SELECT state, since_us, next_us, as_of, why FROM verdict WHERE chk = $1 AND subject = $2;
-- name: verdict_put :exec  in: chk text, subject i64, state text, since_us i64, next_us i64?, as_of i64, why text?
INSERT INTO verdict (chk, subject, state, since_us, next_us, as_of, why) VALUES ($1, $2, $3, $4, $5, $6, $7)
 ON CONFLICT (chk, subject) DO UPDATE SET state = excluded.state, since_us = excluded.since_us, next_us = excluded.next_us, as_of = excluded.as_of, why = excluded.why;
-- name: verdict_drop :exec  in: chk text, subject i64
DELETE FROM verdict WHERE chk = $1 AND subject = $2;
-- name: verdicts_due :many  in: now_us i64, lim i64  out: chk text, subject i64
SELECT chk, subject FROM verdict WHERE next_us <= $1 ORDER BY next_us, chk LIMIT $2;
-- name: verdicts_between :many  in: chk text, lo i64, hi i64, lim i64  out: subject i64
SELECT subject FROM verdict WHERE chk = $1 AND subject > $2 AND subject <= $3 ORDER BY subject LIMIT $4;
-- name: verdict_chk_after :opt  in: chk text  out: chk text
SELECT chk FROM verdict WHERE chk > $1 ORDER BY chk LIMIT 1;
-- name: verdict_flip_add :exec  in: id i64, chk text, subject i64, state text, at i64
INSERT INTO verdict_flip (id, chk, subject, state, at) VALUES ($1, $2, $3, $4, $5);
-- name: verdict_flip_last :opt  in: chk text, subject i64  out: state text, at i64
SELECT state, at FROM verdict_flip WHERE chk = $1 AND subject = $2 ORDER BY at DESC, id DESC LIMIT 1;
-- name: verdict_violators :many  in: chk text, state text, lim i64  out: subject i64, since_us i64, title text, number text, why text?
SELECT v.subject, v.since_us, r.title, r.number, v.why FROM verdict v JOIN record r ON r.id = v.subject WHERE v.chk = $1 AND v.state = $2 ORDER BY v.since_us, v.subject LIMIT $3;

-- name: check_tasks :many  in: lo text, hi text  out: tkey text
SELECT tkey FROM task WHERE tkey >= $1 AND tkey < $2 AND state = 'open' ORDER BY tkey LIMIT 500;
-- name: tasks_overdue_of_duty :many  in: duty text, now_us i64, lim i64  out: record i64?, name text, due_us i64, title text, number text
SELECT t.record, t.name, t.due_us, coalesce(r.title, t.title), coalesce(r.number, '') FROM task t LEFT JOIN record r ON r.id = t.record WHERE t.state = 'open' AND t.due_us < $2 AND t.duty = $1 AND NOT (t.tkey >= 'check:' AND t.tkey < 'check;') ORDER BY t.due_us, t.id LIMIT $3;

-- name: links_to_form :many  in: to_record i64, form text, lim i64  out: id i64
SELECT DISTINCT l.from_record FROM link l JOIN record r ON r.id = l.from_record WHERE l.to_record = $1 AND l.slot = 0 AND r.form = $2 LIMIT $3;
-- name: links_from_form :many  in: from_record i64, form text, lim i64  out: id i64
SELECT DISTINCT l.to_record FROM link l JOIN record r ON r.id = l.to_record WHERE l.from_record = $1 AND r.form = $2 LIMIT $3;
-- name: task_open_of :one  in: record i64, person i64  out: n i64
SELECT count(*) FROM task WHERE record = $1 AND person = $2 AND state = 'open';
