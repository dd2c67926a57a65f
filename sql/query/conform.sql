-- Conformity by day (conform_day.c). Format: tools/sqlgen.py.
-- name: conform_day_last :opt  in: pack text, article text  out: day text, state text, worst text, bad_n i64, unknown_n i64, excepted_n i64, ok_n i64
SELECT day, state, worst, bad_n, unknown_n, excepted_n, ok_n FROM conform_day WHERE pack = $1 AND article = $2 ORDER BY day DESC LIMIT 1;
-- name: conform_day_put :exec  in: pack text, article text, day text, state text, worst text, bad_n i64, unknown_n i64, excepted_n i64, ok_n i64, at i64
INSERT INTO conform_day (pack, article, day, state, worst, bad_n, unknown_n, excepted_n, ok_n, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
 ON CONFLICT (pack, article, day) DO UPDATE SET state = excluded.state, worst = excluded.worst, bad_n = excluded.bad_n, unknown_n = excluded.unknown_n, excepted_n = excluded.excepted_n, ok_n = excluded.ok_n, at = excluded.at;
-- name: conform_day_rows :many  in: pack text, article text, upto text, lim i64  out: day text, state text, worst text, bad_n i64, unknown_n i64, excepted_n i64, ok_n i64
SELECT day, state, worst, bad_n, unknown_n, excepted_n, ok_n FROM conform_day WHERE pack = $1 AND article = $2 AND day <= $3 ORDER BY day DESC LIMIT $4;
-- name: conform_total_put :exec  in: pack text, day text, bad_n i64, unknown_n i64, excepted_n i64, ok_n i64, none_n i64, at i64
INSERT INTO conform_total (pack, day, bad_n, unknown_n, excepted_n, ok_n, none_n, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
 ON CONFLICT (pack, day) DO UPDATE SET bad_n = excluded.bad_n, unknown_n = excluded.unknown_n, excepted_n = excluded.excepted_n, ok_n = excluded.ok_n, none_n = excluded.none_n, at = excluded.at;
-- name: conform_total_rows :many  in: pack text, from_on text, upto text, lim i64  out: day text, bad_n i64, unknown_n i64, excepted_n i64, ok_n i64, none_n i64, at i64
SELECT day, bad_n, unknown_n, excepted_n, ok_n, none_n, at FROM conform_total WHERE pack = $1 AND day >= $2 AND day <= $3 ORDER BY day LIMIT $4;
-- name: check_tasks_open :many  in: lim i64  out: person i64?, name text?, opened_at i64
SELECT t.person, r.title, t.opened_at FROM task t LEFT JOIN record r ON r.id = t.person WHERE t.state = 'open' AND t.tkey >= 'check:' AND t.tkey < 'check;' ORDER BY t.tkey LIMIT $1;
-- name: check_tasks_own :many  in: person i64, lim i64  out: person i64?, name text?, opened_at i64
SELECT t.person, r.title, t.opened_at FROM task t LEFT JOIN record r ON r.id = t.person WHERE t.person = $1 AND t.state = 'open' AND t.tkey >= 'check:' AND t.tkey < 'check;' ORDER BY t.due_us, t.id LIMIT $2;
