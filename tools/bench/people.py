"""The part `people` of bench.py: somebody with five posts, and a directory of all people (a real slapd) whose nights are lived through by a serving daicho.
Each night begins with the server's start: it takes the directory over by itself when the day has not had its sync. It is past three o'clock in Tokyo, then."""
import os, random, sqlite3, sys, threading, time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, 'tests', 'e2e'))
import slapd                                             # noqa: E402

NIGHT_BUDGET_S = 30


def sql(b, text, write=False):
    """Straight at the data of the copy that is measured."""
    db = sqlite3.connect(os.path.join(b.work, 'daicho.db'), timeout=30)
    try:
        rows = db.execute(text).fetchall()
        if write:
            db.commit()
        return rows
    finally:
        db.close()


def everybody(b):
    return [dict(zip(('login', 'name', 'code', 'department'), r)) for r in
            sql(b, 'SELECT p.login, p.name, p.code, d.name FROM f_person p JOIN f_department d ON d.record = p.department_ AND d.slot = 0 WHERE p.slot = 0 ORDER BY p.record')]


def ldif(people, host='keisoku.example'):
    return ''.join(slapd.person_ldif(p['login'], p['name'], mail='%s@%s' % (p['login'], p.get('host', host)), code=p['code'], department=p['department'],
                                     more='entryUUID: 00000000-0000-4000-8000-%s\n' % p['code'].rjust(12, '0')) for p in people)


def five_posts(b):
    busy = next(u for u in b.users if u['busy'])
    b.see_all = b.cookie(busy)
    waiting = [r[0] for r in sql(b, "SELECT DISTINCT w.record FROM step_who w JOIN step s ON s.record = w.record AND s.revision = w.revision AND s.ord = w.ord WHERE s.state = 'open' AND w.person = %d ORDER BY w.record" % busy['person'])]
    b.row('applications that wait for the person with five posts', '%d' % len(waiting), 'at least 20', len(waiting) >= 20)
    b.page('five posts: home', ['/'])
    b.page('five posts: list', ['/f/takeout'])
    b.page('five posts: what waits', ['/r/%d' % i for i in waiting[:50]])
    pairs = [(u, busy) for u in b.users[-4:]]
    for c in (c for c in b.a.connections if c <= 8):
        r = b.load('five posts: approve', b.submitted(pairs, 150 if c == 1 else 600), c, 'once', seconds=60)
        bad = r['failed'] + r['broken'] + r['refused']
        b.row('five posts: approve, %d conn' % c, 'p50 %.2f p99 %.2f ms %6.0f/s %5d us cpu%s' % (r['p50_us'] / 1000, r['p99_us'] / 1000, r['rps'], r['cpu_us'], ' %d bad answers' % bad if bad else ''),
              None, False if bad else None)


class Visitor(threading.Thread):
    """Somebody who looks at the home page all the time, and hands something in: what a night's sync does to them."""

    def __init__(self, b, cookie, user):
        super().__init__(daemon=True)
        self.b, self.cookie, self.user, self.over, self.took = b, cookie, user, False, {'/': [], 'create': []}

    def run(self):
        while not self.over:
            for what in self.took:
                t0 = time.monotonic()
                if what == '/':
                    status = self.b.get('/', {'Cookie': self.cookie})[0]
                else:
                    m, path, headers, body = self.b.post(self.user, 'record.create', self.b.takeout('夜の計測'), 'night-%d' % time.monotonic_ns())
                    status = self.b.get(path, headers, m, body.encode())[0]
                if status == 200:
                    self.took[what].append(time.monotonic() - t0)
            time.sleep(0.1)

    def worst(self, what):
        v = sorted(self.took[what])
        return '%.0f/%.0f ms' % (v[len(v) // 2] * 1000, v[-1] * 1000) if v else '-'


def night(b, name, directory, people):
    """The directory says `people`; the server starts, and one night later everything is as it says."""
    directory.stop()
    directory.load(ldif(people))
    directory.start()
    sql(b, "DELETE FROM keep WHERE k = 'directory_day'", True)
    changed = sql(b, "SELECT count(*) FROM ledger")[0][0]
    b.start()
    cpu, began = b.cpu_us(), time.monotonic()
    visitor = Visitor(b, b.see_all, b.users[12])
    visitor.start()
    while not sql(b, "SELECT v FROM keep WHERE k = 'directory_day'"):
        if time.monotonic() - began > 600:
            sys.exit('the night does not end: see %s/server.log' % b.run_dir)
        time.sleep(0.05)
    took, cpu = time.monotonic() - began, (b.cpu_us() - cpu) / 1e6
    visitor.over = True
    visitor.join()
    hold = b.metrics().get('writer_longest_hold_us', 0) / 1000
    rows = sql(b, "SELECT count(*), sum(p.email LIKE '%@keisoku.example'), sum(p.email LIKE '%@atarashii.example') FROM account_directory d JOIN f_person p ON p.record = d.person AND p.slot = 0 WHERE d.state = 'active'")[0]
    want = (len(people), sum('host' not in p for p in people), sum('host' in p for p in people))
    entries = sql(b, "SELECT count(*) FROM ledger")[0][0] - changed
    b.row('sync of %d: %s' % (len(people), name), '%.1f s, %.1f s cpu, %d entries%s' % (took, cpu, entries, '' if rows == want else '; linked, old, new: %s' % (rows,)),
          '%d s' % NIGHT_BUDGET_S, took < NIGHT_BUDGET_S and rows == want)
    b.row('  longest hold; others meanwhile, p50/worst', '%.1f ms; home %s, create %s' % (hold, visitor.worst('/'), visitor.worst('create')), '50 ms', hold <= 50)
    b.out.setdefault('nights', []).append(dict(name=name, seconds=took, cpu_s=cpu, hold_ms=hold, entries=entries, load=os.getloadavg()[0]))
    b.halt()


def sync(b):
    if b.a.engine != 'sqlite' or slapd.SLAPD is None:
        b.row('nightly sync of the directory', 'SKIPPED: needs slapd, and the data as a file')
        return
    if time.gmtime(time.time() + 9 * 3600).tm_hour < 3:
        b.row('nightly sync of the directory', 'SKIPPED: before three o\'clock in Tokyo nothing is taken over')
        return
    # Whoever has a password of the house is not linked by a login; those of the driver keep theirs and are not in the directory.
    here = {u['login'] for u in b.users}
    people = [p for p in everybody(b) if p['login'] not in here]
    directory = slapd.Slapd(ldif(people[:10]))
    b.directory = directory.conf()
    try:
        night(b, 'the first, everybody gets an address', directory, people)
        night(b, 'nothing changed', directory, people)
        rng = random.Random(1)
        for p in rng.sample(people, len(people) // 100):
            p['host'] = 'atarashii.example'
        night(b, '1 % changed', directory, people)
    finally:
        b.directory = None
        directory.remove()
    b.compared()


def people(b):
    five_posts(b)
    b.halt()
    sync(b)
    b.start()
