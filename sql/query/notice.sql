-- What people are told. Format: tools/sqlgen.py.
-- name: inbox_put :exec  in: id i64, nkey text, person i64, kind text, about text, record i64, whom i64?, due_us i64?, at i64, mailed i64
INSERT INTO inbox (id, nkey, person, kind, about, record, whom, due_us, at, read_at, over, mailed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0, $10)
 ON CONFLICT (nkey) DO UPDATE SET over = 0, due_us = excluded.due_us, read_at = CASE WHEN inbox.over = 1 THEN 0 ELSE inbox.read_at END, at = CASE WHEN inbox.over = 1 THEN excluded.at ELSE inbox.at END,
 mailed = CASE WHEN inbox.over = 1 THEN excluded.mailed ELSE inbox.mailed END;
-- Told again within the act that ended it: it is as it was.
-- name: inbox_keep :exec  in: id i64, nkey text, person i64, kind text, about text, record i64, at i64, mailed i64
INSERT INTO inbox (id, nkey, person, kind, about, record, at, read_at, over, mailed) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, $8) ON CONFLICT (nkey) DO UPDATE SET over = 0;
-- name: inbox_over :exec  in: about text
UPDATE inbox SET over = 1 WHERE about = $1;
-- name: inbox_read :exec  in: person i64, id i64, at i64
UPDATE inbox SET read_at = $3 WHERE person = $1 AND id = $2 AND read_at = 0;
-- name: inbox_read_upto :exec  in: person i64, id i64, at i64
UPDATE inbox SET read_at = $3 WHERE person = $1 AND read_at = 0 AND id <= $2;
-- name: inbox_old :exec  in: before i64
DELETE FROM inbox WHERE id IN (SELECT id FROM inbox WHERE at < $1 ORDER BY at LIMIT 200);
-- name: inbox_fresh_n :one  in: person i64  out: n i64
SELECT count(*) FROM (SELECT 1 AS x FROM inbox WHERE person = $1 AND read_at = 0 AND over = 0 LIMIT 100) d;
-- name: inbox_of :many  in: person i64, before i64, lim i64  out: id i64, kind text, about text, record i64, whom i64?, due_us i64?, at i64, read_at i64, over i64, task i64?, name text?, title text?, pack text?, duty text?, form text?, number text?
SELECT i.id, i.kind, i.about, i.record, i.whom, i.due_us, i.at, i.read_at, i.over, t.id, t.name, t.title, t.pack, t.duty, r.form, r.number FROM inbox i
 LEFT JOIN task t ON t.tkey = i.about LEFT JOIN record r ON r.id = i.record WHERE i.person = $1 AND i.id < $2 ORDER BY i.id DESC LIMIT $3;
-- name: inbox_fresh_of :many  in: person i64, before i64, lim i64  out: id i64, kind text, about text, record i64, whom i64?, due_us i64?, at i64, read_at i64, over i64, task i64?, name text?, title text?, pack text?, duty text?, form text?, number text?
SELECT i.id, i.kind, i.about, i.record, i.whom, i.due_us, i.at, i.read_at, i.over, t.id, t.name, t.title, t.pack, t.duty, r.form, r.number FROM inbox i
 LEFT JOIN task t ON t.tkey = i.about LEFT JOIN record r ON r.id = i.record WHERE i.person = $1 AND i.read_at = 0 AND i.over = 0 AND i.id < $2 ORDER BY i.id DESC LIMIT $3;
-- name: task_of_key :opt  in: tkey text  out: id i64, name text, pack text, record i64?, person i64?, due_us i64?, state text
SELECT id, name, pack, record, person, due_us, state FROM task WHERE tkey = $1;
-- name: task_due_next :many  in: us i64, id i64, upto i64, lim i64  out: id i64, tkey text, name text, pack text, record i64?, person i64?, due_us i64
SELECT id, tkey, name, pack, record, person, due_us FROM task WHERE state = 'open' AND due_us >= $1 AND due_us <= $3 AND (due_us > $1 OR id > $2) ORDER BY due_us, id LIMIT $4;
-- name: notice_waiting :one  in: soon i64, soon_to i64, late i64, late_to i64, up1 i64, up1_to i64, up2 i64, up2_to i64  out: act i64, due i64
SELECT (SELECT coalesce(max(id), 0) FROM act),
 (SELECT count(*) FROM (SELECT 1 AS x FROM task WHERE state = 'open' AND due_us > $1 AND due_us <= $2 LIMIT 1) a)
 + (SELECT count(*) FROM (SELECT 1 AS x FROM task WHERE state = 'open' AND due_us > $3 AND due_us <= $4 LIMIT 1) b)
 + (SELECT count(*) FROM (SELECT 1 AS x FROM task WHERE state = 'open' AND due_us > $5 AND due_us <= $6 LIMIT 1) c)
 + (SELECT count(*) FROM (SELECT 1 AS x FROM task WHERE state = 'open' AND due_us > $7 AND due_us <= $8 LIMIT 1) d);
-- name: inbox_key :opt  in: nkey text  out: id i64
SELECT id FROM inbox WHERE nkey = $1;
