-- The organisation on a day that has passed. `at`: what was recorded at that moment; `on_day`: the day that dates are compared with.

-- name: span_end :exec  in: record i64, until_us i64
UPDATE org_span SET until_us = $2 WHERE record = $1 AND until_us IS NULL;
-- name: span_put :exec  in: record i64, revision i64, form text, since_us i64, person i64?, other i64?, department i64?, role text?, from_on text?, to_on text?
INSERT INTO org_span (record, revision, form, since_us, until_us, person, other, department, role, from_on, to_on) VALUES ($1, $2, $3, $4, NULL, $5, $6, $7, $8, $9, $10)
 ON CONFLICT (record, revision) DO UPDATE SET until_us = NULL;
-- name: span_set :exec  in: record i64, revision i64, person i64?, other i64?, department i64?, role text?, from_on text?, to_on text?
UPDATE org_span SET person = $3, other = $4, department = $5, role = $6, from_on = $7, to_on = $8 WHERE record = $1 AND revision = $2;
-- name: spans_of :many  in: record i64  out: revision i64
SELECT revision FROM org_span WHERE record = $1 ORDER BY revision LIMIT 10000;
-- name: spans_clear :exec  in:
DELETE FROM org_span;
-- name: records_of_form :many  in: form text, after i64, lim i64  out: id i64
SELECT id FROM record WHERE form = $1 AND id > $2 ORDER BY id LIMIT $3;
-- name: acts_upto :many  in: record i64, after_no i64, at i64, lim i64  out: no i64, actor i64, on_behalf i64?, at i64, kind text, step text?, effect text
SELECT no, actor, on_behalf, at, kind, step, effect FROM act WHERE record = $1 AND no > $2 AND at <= $3 ORDER BY no LIMIT $4;

-- name: org_role_on :many  in: role text, on_day text, at i64, after i64, lim i64  out: record i64, since_us i64, until_us i64?, person i64, department i64?, from_on text?, to_on text?
SELECT x.record, x.since_us, x.until_us, x.person, x.department, x.from_on, x.to_on
 FROM org_span x WHERE x.form = 'assignment' AND x.role = $1 AND x.record > $4 AND x.person IS NOT NULL AND (x.from_on IS NULL OR x.from_on <= $2) AND (x.to_on IS NULL OR x.to_on >= $2)
 AND ((x.until_us IS NULL AND EXISTS (SELECT 1 FROM org_span p WHERE p.record = x.person AND p.until_us IS NULL AND (p.to_on IS NULL OR p.to_on >= $2)))
 OR (x.since_us <= $3 AND (x.until_us IS NULL OR x.until_us > $3) AND EXISTS (SELECT 1 FROM org_span p WHERE p.record = x.person AND p.since_us <= $3 AND (p.until_us IS NULL OR p.until_us > $3)
 AND (p.to_on IS NULL OR p.to_on >= $2)))) ORDER BY x.record, x.since_us LIMIT $5;
-- name: org_heads_on :many  in: on_day text, at i64, after i64, lim i64  out: record i64, person i64?, here i64
SELECT x.record, x.person, CASE WHEN EXISTS (SELECT 1 FROM org_span p WHERE p.record = x.person AND p.since_us <= $2 AND (p.until_us IS NULL OR p.until_us > $2) AND (p.to_on IS NULL OR p.to_on >= $1)) THEN 1 ELSE 0 END
 FROM org_span x WHERE x.form = 'department' AND x.record > $3 AND x.since_us <= $2 AND (x.until_us IS NULL OR x.until_us > $2)
 AND (x.from_on IS NULL OR x.from_on <= $1) AND (x.to_on IS NULL OR x.to_on >= $1) ORDER BY x.record LIMIT $4;
-- name: org_held_on :one  in: person i64, role text, on_day text, at i64  out: n i64
SELECT count(*) FROM org_span WHERE form = 'assignment' AND person = $1 AND role = $2 AND (from_on IS NULL OR from_on <= $3) AND (to_on IS NULL OR to_on >= $3)
 AND since_us <= $4 AND (until_us IS NULL OR until_us > $4);
-- name: org_headed_on :one  in: person i64, on_day text, at i64  out: n i64
SELECT count(*) FROM org_span WHERE form = 'department' AND person = $1 AND (to_on IS NULL OR to_on >= $2) AND since_us <= $3 AND (until_us IS NULL OR until_us > $3);
-- name: org_span_at :opt  in: record i64, at i64  out: person i64?, department i64?, to_on text?
SELECT person, department, to_on FROM org_span WHERE record = $1 AND since_us <= $2 AND (until_us IS NULL OR until_us > $2) ORDER BY since_us DESC, revision DESC LIMIT 1;
-- name: org_members_on :many  in: department i64, on_day text, at i64, after i64, lim i64  out: record i64
SELECT record FROM org_span WHERE form = 'person' AND department = $1 AND record > $4 AND since_us <= $3 AND (until_us IS NULL OR until_us > $3) AND (to_on IS NULL OR to_on >= $2)
 UNION SELECT person FROM org_span WHERE form = 'posting' AND department = $1 AND person > $4 AND since_us <= $3 AND (until_us IS NULL OR until_us > $3) AND from_on <= $2 AND (to_on IS NULL OR to_on >= $2)
 ORDER BY 1 LIMIT $5;
-- name: org_people_on :one  in: on_day text, at i64, lim i64  out: n i64
SELECT count(*) FROM (SELECT record FROM org_span WHERE form = 'person' AND since_us <= $2 AND (until_us IS NULL OR until_us > $2) AND (to_on IS NULL OR to_on >= $1) LIMIT $3) d;
-- name: pack_set_at :opt  in: at i64  out: id i64
SELECT id FROM pack_set WHERE at <= $1 ORDER BY id DESC LIMIT 1;
-- name: pack_set_first :opt  in:  out: id i64, at i64
SELECT id, at FROM pack_set ORDER BY id LIMIT 1;
-- name: tasks_on :many  in: record i64, at i64  out: tkey text, name text, title text, person i64?
SELECT tkey, name, title, person FROM task WHERE record = $1 AND opened_at <= $2 AND (closed_at IS NULL OR closed_at > $2) ORDER BY id LIMIT 200;
-- name: org_role_then :many  in: role text, on_day text, at i64, lim i64  out: person i64
SELECT x.person FROM org_span x WHERE x.form = 'assignment' AND x.role = $1 AND (x.from_on IS NULL OR x.from_on <= $2) AND (x.to_on IS NULL OR x.to_on >= $2)
 AND x.since_us <= $3 AND (x.until_us IS NULL OR x.until_us > $3) AND EXISTS (SELECT 1 FROM org_span p WHERE p.record = x.person AND p.since_us <= $3 AND (p.until_us IS NULL OR p.until_us > $3)
 AND (p.to_on IS NULL OR p.to_on >= $2)) ORDER BY x.record LIMIT $4;
