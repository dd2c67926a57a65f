-- Schedules: how far each has come, and its tasks. Their keys are sched:<schedule>:<subject>:<day>:<person>, so that a range is a question. Format: tools/sqlgen.py.
-- name: sched_get :opt  in: key text  out: rule text, since text, upto text?, day text?, after i64
SELECT rule, since, upto, day, after FROM sched WHERE key = $1;
-- name: sched_put :exec  in: key text, rule text, since text, upto text?, day text?, after i64
INSERT INTO sched (key, rule, since, upto, day, after) VALUES ($1, $2, $3, $4, $5, $6)
 ON CONFLICT (key) DO UPDATE SET rule = excluded.rule, since = excluded.since, upto = excluded.upto, day = excluded.day, after = excluded.after;
-- name: sched_drop :exec  in: key text
DELETE FROM sched WHERE key = $1;
-- name: sched_after :opt  in: key text  out: key text
SELECT key FROM sched WHERE key > $1 ORDER BY key LIMIT 1;
-- name: sched_issued :one  in: lo text, hi text  out: n i64
SELECT count(*) FROM (SELECT 1 AS x FROM task WHERE tkey >= $1 AND tkey < $2 LIMIT 1) d;
-- name: sched_open :many  in: after text, hi text, lim i64  out: id i64, tkey text, name text, pack text, duty text?, record i64?, person i64?, role text?, title text, due_us i64?, opened_at i64
SELECT id, tkey, name, pack, duty, record, person, role, title, due_us, opened_at FROM task WHERE tkey > $1 AND tkey < $2 AND state = 'open' ORDER BY tkey LIMIT $3;
-- name: sched_newest :many  in: lo text, hi text  out: tkey text, opened_at i64
SELECT tkey, opened_at FROM task WHERE tkey >= $1 AND tkey < $2 AND state = 'open' ORDER BY tkey DESC LIMIT 500;
-- name: sched_evidence :many  in: record i64  out: tkey text, name text, title text, closed_at i64?, due_us i64?, subject i64?
SELECT tkey, name, title, closed_at, due_us, record FROM task WHERE done_record = $1 ORDER BY tkey LIMIT 500;
-- name: sched_last :opt  in: name text  out: closed_at i64, closed_by i64, done_record i64?, due_us i64?
SELECT closed_at, closed_by, done_record, due_us FROM task WHERE name = $1 AND state = 'done' ORDER BY closed_at DESC LIMIT 1;
-- name: sched_first_open :one  in: name text  out: due_us i64?
SELECT min(due_us) FROM task WHERE name = $1 AND state = 'open';
-- name: task_reopen :exec  in: tkey text
UPDATE task SET state = 'open', closed_at = NULL, closed_by = NULL, done_record = NULL WHERE tkey = $1 AND state = 'done';
-- name: act_promoted :opt  in: record i64  out: at i64
SELECT at FROM act WHERE record = $1 AND effect LIKE '%"promote":%' ORDER BY no LIMIT 1;
-- name: sched_vacant :many  in: lim i64  out: id i64, name text, title text, role text?, due_us i64?, record i64?, record_title text?
SELECT t.id, t.name, t.title, t.role, t.due_us, t.record, r.title FROM task t LEFT JOIN record r ON r.id = t.record WHERE t.person IS NULL AND t.state = 'open' AND t.tkey >= 'sched:' AND t.tkey < 'sched;' ORDER BY t.due_us, t.id LIMIT $1;
