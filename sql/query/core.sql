-- Truth and projections of core: revisions, acts, records, steps, tasks, pack sets, answers. Format: tools/sqlgen.py.

-- name: head_next_id :one  in:  out: next_id i64, pack_set i64, size i64
SELECT next_id, pack_set, size FROM head WHERE one = 1;
-- name: head_set_next_id :one-row  in: next_id i64
UPDATE head SET next_id = $1 WHERE one = 1;
-- name: head_set_pack_set :one-row  in: pack_set i64
UPDATE head SET pack_set = $1 WHERE one = 1;

-- name: pseudonym_of :opt  in: person i64  out: pseudo text
SELECT pseudo FROM pseudonym WHERE person = $1;
-- name: pseudonym_add :exec  in: person i64, pseudo text
INSERT INTO pseudonym (person, pseudo) VALUES ($1, $2);

-- name: answered_get :opt  in: ikey text  out: actor i64, digest blob, seq i64, result text
SELECT actor, digest, seq, result FROM answered WHERE ikey = $1;
-- name: answered_add :exec  in: ikey text, actor i64, digest blob, at i64, seq i64, result text
INSERT INTO answered (ikey, actor, digest, at, seq, result) VALUES ($1, $2, $3, $4, $5, $6);

-- name: revision_add :exec  in: id i64, record i64, no i64, form text, pack_set i64, author i64, at i64, hash blob, commits text, seq i64
INSERT INTO revision (id, record, no, form, pack_set, author, at, hash, commits, seq) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);
-- name: revision_body_add :exec  in: revision i64, body text
INSERT INTO revision_body (revision, body) VALUES ($1, $2);
-- name: revision_body_set :one-row  in: revision i64, body text
UPDATE revision_body SET body = $2 WHERE revision = $1;
-- name: revision_body_get :opt  in: revision i64  out: body text
SELECT body FROM revision_body WHERE revision = $1;
-- name: revision_bodies_of :many  in: record i64, lim i64  out: id i64, body text
SELECT r.id, b.body FROM revision r JOIN revision_body b ON b.revision = r.id WHERE r.record = $1 ORDER BY r.no DESC LIMIT $2;
-- name: revision_by_id :one  in: id i64  out: id i64, record i64, no i64, form text, pack_set i64, author i64, at i64, hash blob, commits text, seq i64
SELECT id, record, no, form, pack_set, author, at, hash, commits, seq FROM revision WHERE id = $1;
-- name: revision_last_no :one  in: record i64  out: no i64
SELECT coalesce(max(no), 0) FROM revision WHERE record = $1;
-- name: revisions_of :many  in: record i64, lim i64  out: id i64, no i64, author i64, at i64, pack_set i64, hash blob, seq i64
SELECT id, no, author, at, pack_set, hash, seq FROM revision WHERE record = $1 ORDER BY no DESC LIMIT $2;
-- name: revision_authors :many  in: record i64, after_no i64  out: author i64
SELECT DISTINCT author FROM revision WHERE record = $1 AND no > $2 LIMIT 100;

-- name: act_add :exec  in: id i64, record i64, revision i64?, no i64, kind text, step text?, actor i64, on_behalf i64?, at i64, comment_commit blob?, effect text, hash blob, seq i64
INSERT INTO act (id, record, revision, no, kind, step, actor, on_behalf, at, comment_commit, effect, hash, seq) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13);
-- name: act_body_add :exec  in: act i64, comment text, blind blob
INSERT INTO act_body (act, comment, blind) VALUES ($1, $2, $3);
-- name: act_last_no :one  in: record i64  out: no i64
SELECT coalesce(max(no), 0) FROM act WHERE record = $1;
-- name: act_last_seq :opt  in: record i64  out: seq i64
SELECT seq FROM act WHERE record = $1 ORDER BY no DESC LIMIT 1;
-- name: acts_of :many  in: record i64, lim i64  out: id i64, no i64, revision i64?, actor i64, on_behalf i64?, at i64, seq i64, kind text, step text?, effect text, comment text?
SELECT a.id, a.no, a.revision, a.actor, a.on_behalf, a.at, a.seq, a.kind, a.step, a.effect, b.comment FROM act a LEFT JOIN act_body b ON b.act = a.id WHERE a.record = $1 ORDER BY a.no DESC LIMIT $2;
-- name: acts_after :many  in: id i64, lim i64  out: id i64, record i64, revision i64?, no i64, kind text, step text?, actor i64, on_behalf i64?, at i64, effect text, seq i64
SELECT id, record, revision, no, kind, step, actor, on_behalf, at, effect, seq FROM act WHERE id > $1 ORDER BY id LIMIT $2;
-- name: act_people :many  in: record i64, after_no i64  out: actor i64, kind text, step text?
SELECT actor, kind, step FROM act WHERE record = $1 AND no > $2 ORDER BY no LIMIT 500;

-- name: record_row :opt  in: id i64  out: id i64, form text, number text, state text, draft_state text?, department i64?, made_by i64, title text, made_at i64, updated_at i64, closed_at i64?, happened_on text?, origin text, force_rev i64?, draft_rev i64?, version i64, pack_set i64, note text?, route_set i64?
SELECT id, form, number, state, draft_state, department, made_by, title, made_at, updated_at, closed_at, happened_on, origin, force_rev, draft_rev, version, pack_set, note, route_set FROM record WHERE id = $1;
-- name: record_born :exec  in: id i64, form text, number text, state text, draft_state text?, department i64?, made_by i64, title text, made_at i64, updated_at i64, closed_at i64?, happened_on text?, origin text, force_rev i64?, draft_rev i64?, version i64, pack_set i64, note text?, route_set i64?
INSERT INTO record (id, form, number, state, draft_state, department, made_by, title, fold, made_at, updated_at, closed_at, happened_on, origin, force_rev, draft_rev, version, pack_set, note, route_set) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19);
-- name: record_put :one-row  in: id i64, state text, draft_state text?, department i64?, title text, updated_at i64, closed_at i64?, force_rev i64?, draft_rev i64?, version i64, pack_set i64, route_set i64?
UPDATE record SET state = $2, draft_state = $3, department = $4, title = $5, updated_at = $6, closed_at = $7, force_rev = $8, draft_rev = $9, version = $10, pack_set = $11, route_set = $12 WHERE id = $1;
-- name: record_by_number :opt  in: form text, number text  out: id i64
SELECT id FROM record WHERE form = $1 AND number = $2 AND state <> 'importing';
-- name: record_by_title :many  in: form text, title text  out: id i64
SELECT id FROM record WHERE form = $1 AND title = $2 AND state NOT IN ('void', 'importing') ORDER BY id LIMIT 20;
-- name: record_title_of :opt  in: id i64  out: title text, number text, form text, force_rev i64?
SELECT title, number, form, force_rev FROM record WHERE id = $1;

-- name: number_next :one  in: form text, fy i64  out: last i64
SELECT coalesce(max(last), 0) FROM number_seq WHERE form = $1 AND fy = $2;
-- name: number_next_ever :one  in: form text  out: last i64
SELECT coalesce(max(last), 0) FROM number_seq WHERE form = $1;
-- name: number_put :exec  in: form text, fy i64, last i64
INSERT INTO number_seq (form, fy, last) VALUES ($1, $2, $3) ON CONFLICT (form, fy) DO UPDATE SET last = excluded.last;

-- name: link_clear :exec  in: from_record i64, slot i64
DELETE FROM link WHERE from_record = $1 AND slot = $2;
-- name: link_add :exec  in: from_record i64, path text, slot i64, to_record i64
INSERT INTO link (from_record, path, slot, to_record) VALUES ($1, $2, $3, $4);
-- name: link_move :exec  in: from_record i64, slot i64, to_slot i64
UPDATE link SET slot = $3 WHERE from_record = $1 AND slot = $2;
-- name: links_to :many  in: to_record i64, lim i64  out: from_record i64, path text, slot i64
SELECT from_record, path, slot FROM link WHERE to_record = $1 ORDER BY from_record LIMIT $2;
-- name: open_routes_touching :many  in: to_record i64  out: id i64
SELECT DISTINCT r.id FROM link l JOIN record r ON r.id = l.from_record WHERE l.to_record = $1 AND l.slot = 1 AND r.draft_state = 'submitted' LIMIT 200;

-- name: steps_open_after :many  in: record i64, lim i64  out: record i64
SELECT DISTINCT record FROM step WHERE state = 'open' AND record > $1 ORDER BY record LIMIT $2;
-- name: seats_due :one  in: day_key text  out: n i64, day text?
SELECT (SELECT count(*) FROM todo WHERE kind = 'seats'), (SELECT v FROM keep WHERE k = $1);

-- name: step_clear :exec  in: record i64
DELETE FROM step WHERE record = $1;
-- name: step_who_clear :exec  in: record i64
DELETE FROM step_who WHERE record = $1;
-- name: step_add :exec  in: record i64, revision i64, ord i64, step text, state text, need i64, bind blob?, opened_at i64?, done_at i64?, note text?
INSERT INTO step (record, revision, ord, step, state, need, bind, opened_at, done_at, note) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);
-- name: step_who_add :exec  in: record i64, revision i64, ord i64, person i64, post text, state text, on_behalf i64?
INSERT INTO step_who (record, revision, ord, person, post, state, on_behalf) VALUES ($1, $2, $3, $4, $5, $6, $7);
-- name: steps_of :many  in: record i64  out: ord i64, step text, state text, need i64, bind blob?, opened_at i64?, done_at i64?, note text?, revision i64
SELECT ord, step, state, need, bind, opened_at, done_at, note, revision FROM step WHERE record = $1 ORDER BY ord LIMIT 64;
-- name: step_whos_of :many  in: record i64  out: ord i64, person i64, post text, state text, on_behalf i64?
SELECT ord, person, post, state, on_behalf FROM step_who WHERE record = $1 ORDER BY ord, person LIMIT 500;
-- name: waiting_for :many  in: person i64, lim i64  out: record i64, number text, title text, form text, post text, since i64, made_by i64, step text, route_set i64?
SELECT w.record, r.number, r.title, r.form, w.post, s.opened_at, r.made_by, s.step, r.route_set FROM step_who w JOIN step s ON s.record = w.record AND s.revision = w.revision AND s.ord = w.ord JOIN record r ON r.id = w.record WHERE w.person = $1 AND w.state = 'open' ORDER BY w.record LIMIT $2;
-- name: returned_to :many  in: person i64, lim i64  out: record i64, number text, title text, form text, draft_state text, updated_at i64
SELECT id, number, title, form, draft_state, updated_at FROM record WHERE made_by = $1 AND draft_state IN ('returned', 'draft', 'rejected') ORDER BY updated_at DESC LIMIT $2;

-- name: task_put :exec  in: id i64, tkey text, name text, pack text, duty text?, record i64?, person i64?, role text?, title text, due_us i64?, state text, opened_at i64, closed_at i64?, closed_by i64?
INSERT INTO task (id, tkey, name, pack, duty, record, person, role, title, due_us, state, opened_at, closed_at, closed_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
 ON CONFLICT (tkey) DO UPDATE SET person = excluded.person, due_us = excluded.due_us, state = excluded.state, closed_at = excluded.closed_at, closed_by = excluded.closed_by, title = excluded.title;
-- name: task_close :exec  in: tkey text, closed_at i64, closed_by i64, state text, done_record i64?
UPDATE task SET state = $4, closed_at = $2, closed_by = $3, done_record = $5 WHERE tkey = $1 AND state = 'open';
-- name: task_by_id :opt  in: id i64  out: id i64, tkey text, name text, pack text, duty text?, record i64?, person i64?, role text?, title text, due_us i64?, state text, opened_at i64
SELECT id, tkey, name, pack, duty, record, person, role, title, due_us, state, opened_at FROM task WHERE id = $1;
-- name: tasks_of_person :many  in: person i64, due_before i64, lim i64  out: id i64, name text, pack text, duty text?, record i64?, role text?, title text, due_us i64?, state text, opened_at i64, record_title text?, record_number text?, form text?
SELECT t.id, t.name, t.pack, t.duty, t.record, t.role, t.title, t.due_us, t.state, t.opened_at, r.title, r.number, r.form FROM task t LEFT JOIN record r ON r.id = t.record WHERE t.person = $1 AND t.state = 'open' AND coalesce(t.due_us, 0) < $2 ORDER BY t.due_us, t.id LIMIT $3;
-- name: task_by_key :opt  in: tkey text  out: id i64
SELECT id FROM task WHERE tkey = $1;
-- name: task_left_to :opt  in: record i64, person i64  out: id i64
SELECT id FROM task WHERE record = $1 AND state = 'open' AND name = 'core:left' AND person = $2 LIMIT 1;
-- name: tasks_of_leaver :many  in: person i64, lim i64  out: tkey text, name text, duty text?, role text?, title text, record i64, due_us i64?, opened_at i64
SELECT tkey, name, duty, role, title, record, due_us, opened_at FROM task WHERE person = $1 AND state = 'open' AND record IS NOT NULL
 AND NOT (tkey >= 'check:' AND tkey < 'check;') AND NOT (tkey >= 'sched:' AND tkey < 'sched;') ORDER BY id LIMIT $2;
-- name: drafts_untold :many  in: person i64, lim i64  out: id i64
SELECT r.id FROM record r WHERE r.made_by = $1 AND r.draft_rev IS NOT NULL AND r.draft_state <> 'rejected'
 AND NOT EXISTS (SELECT 1 FROM task t WHERE t.record = r.id AND t.name = 'core:left') ORDER BY r.id LIMIT $2;
-- name: act_submitted_by :opt  in: record i64  out: actor i64
SELECT actor FROM act WHERE record = $1 AND kind = 'submit' ORDER BY no DESC LIMIT 1;
-- name: tasks_of_record :many  in: record i64  out: id i64, tkey text, name text, pack text, duty text?, person i64?, role text?, title text, due_us i64?, state text, opened_at i64
SELECT id, tkey, name, pack, duty, person, role, title, due_us, state, opened_at FROM
 (SELECT id, tkey, name, pack, duty, person, role, title, due_us, state, opened_at FROM task WHERE record = $1 ORDER BY CASE state WHEN 'open' THEN 0 ELSE 1 END, id DESC LIMIT 200) d ORDER BY id;

-- name: todo_add :exec  in: id i64, kind text, record i64, at i64
INSERT INTO todo (id, kind, record, at) VALUES ($1, $2, $3, $4) ON CONFLICT (kind, record) DO NOTHING;
-- name: todo_first :many  in: lim i64  out: id i64, kind text, record i64, at i64
SELECT id, kind, record, at FROM todo ORDER BY id LIMIT $1;
-- name: todo_drop :exec  in: id i64
DELETE FROM todo WHERE id = $1;

-- name: pack_set_add :exec  in: id i64, at i64, actor i64, hash blob, body text, seq i64
INSERT INTO pack_set (id, at, actor, hash, body, seq) VALUES ($1, $2, $3, $4, $5, $6);
-- name: pack_set_get :opt  in: id i64  out: id i64, at i64, actor i64, hash blob, body text, seq i64
SELECT id, at, actor, hash, body, seq FROM pack_set WHERE id = $1;
-- name: pack_set_list :many  in: lim i64  out: id i64, at i64, actor i64, seq i64
SELECT id, at, actor, seq FROM pack_set ORDER BY id DESC LIMIT $1;
-- name: pack_file_put :exec  in: hash blob, content blob
INSERT INTO pack_file (hash, content) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING;
-- name: pack_file_get :opt  in: hash blob  out: content blob
SELECT content FROM pack_file WHERE hash = $1;

-- name: keep_get :opt  in: k text  out: v text
SELECT v FROM keep WHERE k = $1;
-- name: keep_put :exec  in: k text, v text
INSERT INTO keep (k, v) VALUES ($1, $2) ON CONFLICT (k) DO UPDATE SET v = excluded.v;
-- name: keep_del :exec  in: k text
DELETE FROM keep WHERE k = $1;

-- name: erasure_add :exec  in: id i64, record i64, path text, ground text, actor i64, at i64, seq i64
INSERT INTO erasure (id, record, path, ground, actor, at, seq) VALUES ($1, $2, $3, $4, $5, $6, $7);
-- name: erasures_all :many  in: id i64, lim i64  out: id i64, record i64, path text
SELECT id, record, path FROM erasure WHERE id > $1 ORDER BY id LIMIT $2;
-- name: pseudonym_drop :exec  in: person i64
DELETE FROM pseudonym WHERE person = $1;
-- name: act_bodies_blank :exec  in: record i64
UPDATE act_body SET comment = NULL, blind = NULL WHERE act IN (SELECT id FROM act WHERE record = $1);

-- name: projection_clear_record :exec  in:
DELETE FROM record;
-- name: projection_clear_step :exec  in:
DELETE FROM step;
-- name: projection_clear_step_who :exec  in:
DELETE FROM step_who;
-- name: projection_clear_task :exec  in:
DELETE FROM task;
-- name: projection_clear_sched :exec  in:
DELETE FROM sched;
-- name: projection_clear_link :exec  in:
DELETE FROM link;
-- name: projection_clear_verdict :exec  in:
DELETE FROM verdict;
-- name: projection_clear_gram :exec  in:
DELETE FROM gram;
-- name: projection_clear_number :exec  in:
DELETE FROM number_seq;

-- name: attachment_hashes :many  in: record i64  out: sha256 blob
SELECT sha256 FROM attachment WHERE record = $1 ORDER BY id LIMIT 200;
-- name: act_last_at :one  in: record i64, revision i64  out: at i64
SELECT coalesce(max(at), 0) FROM act WHERE record = $1 AND revision = $2;
-- name: act_makers :many  in: record i64, force_rev i64  out: actor i64, on_behalf i64?
SELECT DISTINCT actor, on_behalf FROM act WHERE record = $1 AND kind IN ('create', 'save', 'fill', 'import') AND actor <> 0
 AND no > coalesce((SELECT max(no) FROM act WHERE record = $1 AND revision = $2), 0) LIMIT 100;
-- name: links_from :many  in: from_record i64  out: to_record i64
SELECT DISTINCT to_record FROM link WHERE from_record = $1 AND slot = 0 LIMIT 200;
-- name: verdict_due_n :one  in: now_us i64  out: n i64
SELECT count(*) FROM (SELECT 1 AS x FROM verdict WHERE next_us <= $1 LIMIT 1) d;
-- name: routes_running :many  in:  out: id i64
SELECT id FROM record WHERE draft_state = 'submitted' ORDER BY id LIMIT 10000;
-- name: step_person :one  in: record i64, person i64  out: n i64
SELECT count(*) FROM step_who WHERE record = $1 AND person = $2;
-- name: step_open :one  in: record i64, person i64  out: n i64
SELECT count(*) FROM step_who WHERE record = $1 AND person = $2 AND state = 'open';
-- name: act_by :one  in: record i64, person i64  out: n i64
SELECT count(*) FROM act WHERE record = $1 AND (actor = $2 OR on_behalf = $2);
-- name: task_duty_next :one  in: duty text  out: due_us i64?
SELECT min(due_us) FROM task WHERE duty = $1 AND state = 'open';
-- name: task_duty_last :one  in: duty text  out: closed_at i64?
SELECT max(closed_at) FROM task WHERE duty = $1 AND state = 'done';
