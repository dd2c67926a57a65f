-- name: day_get :opt  in: d text  out: n i64, bn i64, open i64, name text?
SELECT n, bn, open, name FROM day WHERE d = $1;
-- The k-th business day after a day is the open day with bn = bn(day) + k.
-- name: day_business :opt  in: bn i64  out: d text
SELECT d FROM day WHERE bn = $1 AND open = 1;
