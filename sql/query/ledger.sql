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
-- name: revisions_all :many  in: after i64, lim i64  out: id i64, record i64, hash blob, commits text, seq i64, body text?
SELECT r.id, r.record, r.hash, r.commits, r.seq, b.body FROM revision r LEFT JOIN revision_body b ON b.revision = r.id WHERE r.id > $1 ORDER BY r.id LIMIT $2;
-- name: acts_all :many  in: after i64, lim i64  out: id i64, record i64, revision i64?, no i64, kind text, step text?, actor i64, on_behalf i64?, at i64, comment_commit blob?, effect text, hash blob, seq i64
SELECT id, record, revision, no, kind, step, actor, on_behalf, at, comment_commit, effect, hash, seq FROM act WHERE id > $1 ORDER BY id LIMIT $2;
-- name: erasures_of :many  in: record i64  out: path text, seq i64
SELECT path, seq FROM erasure WHERE record = $1 ORDER BY id LIMIT 1000;
-- name: erasures_every :many  in:  out: record i64, path text, seq i64  bounded: erasures are few and each was asked for by a person
SELECT record, path, seq FROM erasure ORDER BY id;
