-- The stored log: entries, tiles, head. Format: tools/sqlgen.py.

-- name: ledger_head :opt  in:  out: size i64, root blob, frontier blob, checkpoint text, epoch i64, last_us i64, boot text
SELECT size, root, frontier, checkpoint, epoch, last_us, boot FROM head WHERE one = 1;
-- name: ledger_head_add :exec  in: root blob, frontier blob, checkpoint text, boot text
INSERT INTO head (one, size, root, frontier, checkpoint, epoch, last_us, pack_set, next_id, boot) VALUES (1, 0, $1, $2, $3, 1, 0, 0, 1, $4);
-- name: ledger_head_put :one-row  in: size i64, root blob, frontier blob, checkpoint text, last_us i64
UPDATE head SET size = $1, root = $2, frontier = $3, checkpoint = $4, last_us = $5 WHERE one = 1;
-- name: ledger_head_epoch :one-row  in: epoch i64
UPDATE head SET epoch = $1 WHERE one = 1;
-- name: ledger_add :exec  in: seq i64, entry blob, leaf blob
INSERT INTO ledger (seq, entry, leaf) VALUES ($1, $2, $3);
-- name: ledger_range :many  in: from_seq i64, to_seq i64  out: seq i64, entry blob, leaf blob  bounded: callers ask for at most 4096 at a time
SELECT seq, entry, leaf FROM ledger WHERE seq >= $1 AND seq < $2 ORDER BY seq;
-- name: ledger_leaves :many  in: from_seq i64, to_seq i64  out: seq i64, leaf blob  bounded: callers ask for at most 4096 at a time
SELECT seq, leaf FROM ledger WHERE seq >= $1 AND seq < $2 ORDER BY seq;
-- name: ledger_entry_at :opt  in: seq i64  out: entry blob, leaf blob
SELECT entry, leaf FROM ledger WHERE seq = $1;
-- name: ledger_last_seq :one  in:  out: seq i64
SELECT coalesce(max(seq), -1) FROM ledger;
-- name: tile_add :exec  in: level i64, n i64, hashes blob
INSERT INTO tile (level, n, hashes) VALUES ($1, $2, $3);
-- name: tile_get :opt  in: level i64, n i64  out: hashes blob
SELECT hashes FROM tile WHERE level = $1 AND n = $2;
-- name: tile_count :one  in:  out: n i64
SELECT count(*) FROM tile;

-- Verification and export: the rows that entries speak of, with the entry at their seq.
-- name: truth_revisions :many  in: after i64  out: id i64, record i64, no i64, form text, pack_set i64, author i64, at i64, hash blob, commits text, seq i64, body text?, entry blob?
SELECT r.id, r.record, r.no, r.form, r.pack_set, r.author, r.at, r.hash, r.commits, r.seq, b.body, l.entry FROM revision r
  LEFT JOIN revision_body b ON b.revision = r.id LEFT JOIN ledger l ON l.seq = r.seq WHERE r.id > $1 ORDER BY r.id LIMIT 200;
-- name: truth_acts :many  in: after i64  out: id i64, record i64, revision i64?, no i64, kind text, step text?, actor i64, on_behalf i64?, at i64, comment_commit blob?, effect text, hash blob, seq i64, comment text?, blind blob?, entry blob?
SELECT a.id, a.record, a.revision, a.no, a.kind, a.step, a.actor, a.on_behalf, a.at, a.comment_commit, a.effect, a.hash, a.seq, b.comment, b.blind, l.entry FROM act a
  LEFT JOIN act_body b ON b.act = a.id LEFT JOIN ledger l ON l.seq = a.seq WHERE a.id > $1 ORDER BY a.id LIMIT 500;
-- name: truth_erasures :many  in: after i64  out: id i64, record i64, path text, ground text, actor i64, at i64, seq i64, entry blob?
SELECT x.id, x.record, x.path, x.ground, x.actor, x.at, x.seq, l.entry FROM erasure x LEFT JOIN ledger l ON l.seq = x.seq WHERE x.id > $1 ORDER BY x.id LIMIT 500;
-- name: truth_erasures_of :many  in: record i64, after i64  out: id i64, path text, seq i64
SELECT id, path, seq FROM erasure WHERE record = $1 AND id > $2 ORDER BY id LIMIT 500;
-- name: truth_erasure_seqs :one  in:  out: n i64
SELECT count(DISTINCT seq) FROM erasure;
-- name: truth_attachments :many  in: after i64  out: id i64, record i64, sha256 blob, bytes i64, type text, at i64, actor i64, seq i64, entry blob?, name text?
SELECT a.id, a.record, a.sha256, a.bytes, a.type, a.at, a.actor, a.seq, l.entry, b.name FROM attachment a LEFT JOIN ledger l ON l.seq = a.seq
  LEFT JOIN attachment_body b ON b.attachment = a.id WHERE a.id > $1 ORDER BY a.id LIMIT 500;
-- name: truth_sets :many  in: after i64  out: id i64, at i64, actor i64, hash blob, body text, seq i64, entry blob?
SELECT s.id, s.at, s.actor, s.hash, s.body, s.seq, l.entry FROM pack_set s LEFT JOIN ledger l ON l.seq = s.seq WHERE s.id > $1 ORDER BY s.id LIMIT 50;
-- name: truth_house_key :opt  in:  out: v text
SELECT v FROM keep WHERE k = 'bind_key';
-- name: truth_logs :many  in: after i64  out: id i64, form text, pack_set i64, actor i64, on_behalf i64?, at i64, body text, hash blob, seq i64, entry blob?
SELECT b.id, b.form, b.pack_set, b.actor, b.on_behalf, b.at, b.body, b.hash, b.seq, l.entry FROM log_batch b LEFT JOIN ledger l ON l.seq = b.seq WHERE b.id > $1 ORDER BY b.id LIMIT 50;
-- name: truth_log_row :opt  in: id i64  out: record i64, no i64, form text, pack_set i64, author i64, at i64, hash blob, seq i64
SELECT record, no, form, pack_set, author, at, hash, seq FROM revision WHERE id = $1;
-- name: truth_books :many  in: after blob  out: hash blob, body text
SELECT hash, body FROM book WHERE hash > $1 ORDER BY hash LIMIT 20;
-- name: book_get :opt  in: hash blob  out: body text
SELECT body FROM book WHERE hash = $1;
