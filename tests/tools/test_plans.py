#!/usr/bin/env python3
"""Every generated statement (sql/query) reads through an index: EXPLAIN QUERY PLAN of each on the schema of sql/migrate, with the SQLite
that daicho links. A scan of a real table is a fault unless it is declared here with its reason; a declaration that nothing needs any more
is a fault, too. The statements of lists (built, not generated) have their own test: tests/unit/db/test_list.c.

  test_plans.py SOURCE_ROOT"""
import glob, os, re, sqlite3, sys

DECLARED = {
    'todo_first': 'in the order of the key, to a limit',
    'pack_set_list': 'pack sets are few',
    'pack_set_at': 'pack sets are few, and the newest comes first',
    'pack_set_first': 'the first of the key',
    'directory_any': 'the first of the key',
    'routes_running': 'a pack switch walks the records once, in the order of the key, to a limit',
    'db_keep_all': 'a few dozen keys',
    'tile_count': 'verification reads everything',
    'truth_erasure_seqs': 'verification reads everything',
    'login_n': 'counted once on the screen of people',
    'rate_sweep': 'addresses and unknown names of failed sign-ins, at most a day old',
    'session_sweep': 'sessions of at most twelve hours',
}


def schema(root):
    db = sqlite3.connect(':memory:')
    for f in sorted(glob.glob(os.path.join(root, 'sql', 'migrate', '*.sql'))):
        db.executescript(re.sub(r'-- only pg.*?-- end', '', open(f, encoding='utf-8').read(), flags=re.S))
    return db, {r[0] for r in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def statements(root):
    for f in sorted(glob.glob(os.path.join(root, 'sql', 'query', '*.sql'))):
        for part in re.split(r'^-- name: ', open(f, encoding='utf-8').read(), flags=re.M)[1:]:
            yield part.split()[0], '\n'.join(x for x in part.split('\n')[1:] if not x.startswith('--')).strip()


def scans(db, tables, text):
    """Names of real tables that the statement walks whole; a subquery's alias is none."""
    names = set(re.findall(r'\b(?:FROM|JOIN|UPDATE|INTO)\s+(\w+)(?:\s+(?!WHERE|ON|JOIN|ORDER|GROUP|SET|LIMIT|LEFT|USING)(\w+))?', text))
    alias = {a or t: t for t, a in names if t in tables}
    found = []
    for row in db.execute('EXPLAIN QUERY PLAN ' + text, {str(i): 1 for i in range(1, 40)}):
        m = re.match(r'SCAN (\w+)', row[3])
        if m and (m.group(1) in alias or m.group(1) in tables):
            found.append(row[3])
    return found


def main():
    root = sys.argv[1]
    db, tables = schema(root)
    # the control: the test must see a scan where there is one
    assert scans(db, tables, "SELECT id FROM record WHERE note = 'x'") and scans(db, tables, "SELECT r.id FROM record r WHERE r.note = 'x'")
    faults, seen, n = [], set(), 0
    for name, text in statements(root):
        n += 1
        try:
            found = scans(db, tables, text)
        except sqlite3.Error as e:
            faults.append('%s: %s' % (name, e))
            continue
        if found:
            seen.add(name)
        if found and name not in DECLARED:
            faults.append('%s: %s' % (name, '; '.join(found)))
    faults += ['%s is declared as a scan and is none' % k for k in DECLARED if k not in seen]
    for f in faults:
        print('plans: ' + f)
    print('plans: %d statements, %d declared scans, %d faults' % (n, len(DECLARED), len(faults)))
    return 1 if faults or n < 100 else 0


if __name__ == '__main__':
    sys.exit(main())
