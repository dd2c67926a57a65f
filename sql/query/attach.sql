-- Attachments. Format: tools/sqlgen.py.

-- name: attachment_n :one  in: record i64  out: n i64
SELECT count(*) FROM attachment WHERE record = $1;
-- name: attachment_add :exec  in: id i64, record i64, sha256 blob, bytes i64, type text, at i64, actor i64, seq i64
INSERT INTO attachment (id, record, sha256, bytes, type, at, actor, seq) VALUES ($1, $2, $3, $4, $5, $6, $7, $8);
-- name: attachment_body_add :exec  in: attachment i64, name text
INSERT INTO attachment_body (attachment, name) VALUES ($1, $2);
-- name: attachment_by_id :opt  in: id i64  out: id i64, record i64, sha256 blob, bytes i64, type text, at i64, actor i64, name text?
SELECT a.id, a.record, a.sha256, a.bytes, a.type, a.at, a.actor, b.name FROM attachment a LEFT JOIN attachment_body b ON b.attachment = a.id WHERE a.id = $1;
-- name: attachments_of :many  in: record i64, lim i64  out: id i64, bytes i64, type text, at i64, actor i64, name text?
SELECT a.id, a.bytes, a.type, a.at, a.actor, b.name FROM attachment a LEFT JOIN attachment_body b ON b.attachment = a.id WHERE a.record = $1 ORDER BY a.id LIMIT $2;
-- name: attachment_blank :exec  in: attachment i64
UPDATE attachment_body SET name = NULL WHERE attachment = $1;
-- name: attachments_gone :many  in: after i64  out: id i64, sha256 blob
SELECT a.id, a.sha256 FROM attachment a JOIN attachment_body b ON b.attachment = a.id WHERE b.name IS NULL AND a.id > $1
  AND NOT EXISTS (SELECT 1 FROM attachment c JOIN attachment_body d ON d.attachment = c.id WHERE c.sha256 = a.sha256 AND d.name IS NOT NULL) ORDER BY a.id LIMIT 500;
