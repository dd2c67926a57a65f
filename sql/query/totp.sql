-- Second factor, recovery codes, what is told about one's sign-in. Format: tools/sqlgen.py.

-- name: totp_of :opt  in: person i64  out: secret blob, made_at i64, last_step i64
SELECT secret, made_at, last_step FROM account_totp WHERE person = $1;
-- name: totp_any :opt  in: person_after i64  out: person i64, secret blob
SELECT person, secret FROM account_totp WHERE person > $1 ORDER BY person LIMIT 1;
-- name: totp_put :exec  in: person i64, secret blob, made_at i64, last_step i64
INSERT INTO account_totp (person, secret, made_at, last_step) VALUES ($1, $2, $3, $4);
-- name: totp_step :one-row  in: person i64, step i64
UPDATE account_totp SET last_step = $2 WHERE person = $1;
-- name: totp_end :exec  in: person i64
DELETE FROM account_totp WHERE person = $1;
-- name: recovery_get :opt  in: person i64, no i64  out: hash text
SELECT hash FROM account_recovery WHERE person = $1 AND no = $2;
-- name: recovery_n :one  in: person i64  out: n i64
SELECT count(*) FROM account_recovery WHERE person = $1;
-- name: recovery_add :exec  in: person i64, no i64, hash text
INSERT INTO account_recovery (person, no, hash) VALUES ($1, $2, $3);
-- name: recovery_use :exec  in: person i64, no i64
DELETE FROM account_recovery WHERE person = $1 AND no = $2;
-- name: recovery_end :exec  in: person i64
DELETE FROM account_recovery WHERE person = $1;
-- name: note_add :exec  in: id i64, person i64, at i64, kind text, by_person i64, reason text?, blind blob?
INSERT INTO account_note (id, person, at, kind, by_person, reason, blind) VALUES ($1, $2, $3, $4, $5, $6, $7);
-- name: note_of :many  in: person i64  out: id i64, at i64, kind text, by_person i64, reason text?, seen_at i64?
SELECT id, at, kind, by_person, reason, seen_at FROM account_note WHERE person = $1 ORDER BY id DESC LIMIT 20;
-- name: note_seen :exec  in: person i64, at i64
UPDATE account_note SET seen_at = $2 WHERE person = $1 AND seen_at IS NULL;
-- name: session_strong :exec  in: token blob, at i64
UPDATE session SET strong_at = $2 WHERE token = $1;
