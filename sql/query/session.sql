-- Sign-in: accounts, sessions, tokens, lockout. Format: tools/sqlgen.py.

-- name: login_by_name :opt  in: login text  out: person i64, login text, kind text, hash text?, changed_at i64?, must_change i64, failed i64, locked_until i64?, disabled i64, dkey text?, dstate text?
SELECT a.person, a.login, a.kind, a.hash, a.changed_at, a.must_change, a.failed, a.locked_until, a.disabled, d.dkey, d.state AS dstate FROM account_login a
 LEFT JOIN account_directory d ON d.person = a.person WHERE a.login = $1;
-- name: login_of :opt  in: person i64  out: person i64, login text, kind text, hash text?, changed_at i64?, must_change i64, failed i64, locked_until i64?, disabled i64, dkey text?, dstate text?
SELECT a.person, a.login, a.kind, a.hash, a.changed_at, a.must_change, a.failed, a.locked_until, a.disabled, d.dkey, d.state AS dstate FROM account_login a
 LEFT JOIN account_directory d ON d.person = a.person WHERE a.person = $1;
-- name: login_put :exec  in: person i64, login text, kind text, hash text?, changed_at i64?, must_change i64, disabled i64
INSERT INTO account_login (person, login, kind, hash, changed_at, must_change, failed, disabled) VALUES ($1, $2, $3, $4, $5, $6, 0, $7)
 ON CONFLICT (person) DO UPDATE SET login = excluded.login, kind = excluded.kind, hash = coalesce(excluded.hash, account_login.hash), disabled = excluded.disabled;
-- name: login_hash :one-row  in: person i64, hash text, changed_at i64, must_change i64
UPDATE account_login SET hash = $2, changed_at = $3, must_change = $4, failed = 0, locked_until = NULL WHERE person = $1;
-- name: login_no_hash :one-row  in: person i64
UPDATE account_login SET hash = NULL, must_change = 0, failed = 0, locked_until = NULL WHERE person = $1;
-- name: directory_by_key :opt  in: dkey text  out: person i64, state text
SELECT person, state FROM account_directory WHERE dkey = $1;
-- name: directory_put :exec  in: person i64, dkey text, since i64
INSERT INTO account_directory (person, dkey, since, state) VALUES ($1, $2, $3, 'active') ON CONFLICT (person) DO UPDATE SET dkey = excluded.dkey, since = excluded.since, state = 'active';
-- name: directory_any :opt  in:  out: person i64
SELECT person FROM account_directory ORDER BY person LIMIT 1;
-- name: directory_state :exec  in: person i64, state text, at i64
UPDATE account_directory SET state = $2, seen_at = $3 WHERE person = $1;
-- name: directory_end :exec  in: person i64
DELETE FROM account_directory WHERE person = $1;
-- name: oidc_of :opt  in: person i64  out: iss text, sub text, since i64
SELECT iss, sub, since FROM account_oidc WHERE person = $1;
-- name: oidc_by_sub :opt  in: iss text, sub text  out: person i64
SELECT person FROM account_oidc WHERE iss = $1 AND sub = $2;
-- name: oidc_add :exec  in: person i64, iss text, sub text, since i64
INSERT INTO account_oidc (person, iss, sub, since) VALUES ($1, $2, $3, $4);
-- name: oidc_end :exec  in: person i64
DELETE FROM account_oidc WHERE person = $1;
-- name: login_rehash :one-row  in: person i64, hash text
UPDATE account_login SET hash = $2 WHERE person = $1;
-- name: login_good :one-row  in: person i64, at i64
UPDATE account_login SET failed = 0, locked_until = NULL, last_at = $2 WHERE person = $1;
-- name: login_bad :one-row  in: person i64, failed i64, locked_until i64?
UPDATE account_login SET failed = $2, locked_until = $3 WHERE person = $1;
-- name: login_n :one  in:  out: n i64
SELECT count(*) FROM account_login;
-- name: password_old_add :exec  in: person i64, at i64, hash text
INSERT INTO password_old (person, at, hash) VALUES ($1, $2, $3);
-- name: password_old_since :many  in: person i64, since i64  out: hash text
SELECT hash FROM password_old WHERE person = $1 AND at >= $2 ORDER BY at DESC LIMIT 50;
-- name: session_add :exec  in: token blob, person i64, csrf text, made_at i64, ends_at i64, lang text, id i64, addr text?, device text?, half i64
INSERT INTO session (token, person, csrf, made_at, seen_at, ends_at, lang, strong_at, id, addr, device, half) VALUES ($1, $2, $3, $4, $4, $5, $6, $4, $7, $8, $9, $10);
-- name: session_by_token :opt  in: token blob  out: person i64, csrf text, made_at i64, seen_at i64, ends_at i64, lang text, strong_at i64?, id i64, half i64, device text?
SELECT person, csrf, made_at, seen_at, ends_at, lang, strong_at, id, half, device FROM session WHERE token = $1;
-- name: session_of_person :many  in: person i64, now_us i64, idle_us i64  out: id i64, made_at i64, seen_at i64, addr text?, device text?
SELECT id, made_at, seen_at, addr, device FROM session WHERE person = $1 AND half = 0 AND ends_at >= $2 AND seen_at >= $3 ORDER BY seen_at DESC, id DESC LIMIT 200;
-- name: session_end_one :exec  in: person i64, id i64
DELETE FROM session WHERE person = $1 AND id = $2;
-- name: session_end_others :exec  in: person i64, id i64
DELETE FROM session WHERE person = $1 AND id <> $2;
-- name: session_seen :exec  in: token blob, at i64
UPDATE session SET seen_at = $2 WHERE token = $1;
-- name: session_lang :exec  in: token blob, lang text
UPDATE session SET lang = $2 WHERE token = $1;
-- name: session_end :exec  in: token blob
DELETE FROM session WHERE token = $1;
-- name: session_end_all :exec  in: person i64
DELETE FROM session WHERE person = $1;
-- name: session_sweep :exec  in: now_us i64, idle_us i64
DELETE FROM session WHERE ends_at < $1 OR seen_at < $2;
-- name: session_clear :exec  in:
DELETE FROM session;
-- name: token_clear :exec  in:
DELETE FROM api_token;
-- name: token_add :exec  in: token blob, person i64, name text, made_at i64, ends_at i64
INSERT INTO api_token (token, person, name, made_at, ends_at) VALUES ($1, $2, $3, $4, $5);
-- name: token_by_hash :opt  in: token blob  out: person i64, name text, ends_at i64
SELECT person, name, ends_at FROM api_token WHERE token = $1;
-- name: token_of :many  in: person i64, lim i64  out: name text, made_at i64, ends_at i64
SELECT name, made_at, ends_at FROM api_token WHERE person = $1 ORDER BY made_at, name LIMIT $2;
-- name: token_end :exec  in: person i64, name text
DELETE FROM api_token WHERE person = $1 AND name = $2;
-- name: rate_get :opt  in: addr text  out: failed i64, until i64
SELECT failed, until FROM login_rate WHERE addr = $1;
-- name: rate_put :exec  in: addr text, failed i64, until i64
INSERT INTO login_rate (addr, failed, until) VALUES ($1, $2, $3) ON CONFLICT (addr) DO UPDATE SET failed = excluded.failed, until = excluded.until;
-- name: rate_sweep :exec  in: now_us i64
DELETE FROM login_rate WHERE until < $1;
