#!/usr/bin/env python3
"""`make bench`: makes a data folder of the asked size (kept in bench-out/), measures daicho on a copy of it, measures the floors of this
machine in the same run, and prints budget beside measured. Raw samples, seed, commit and machine load go to bench-out/run-*/.

  bench.py [--size small|mid|full|people] [--engine sqlite|postgres] [--build DIR] [--seconds S] [--only PART,...]

Parts: verify pages writes floors start people. The size `people` is made for the last one and has it alone. docs/BENCH.md explains every row."""
import argparse, http.client, json, os, re, shutil, socket, subprocess, sys, threading, time, urllib.parse
import people

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SIZES = {'tiny': (100, 30, 500), 'small': (1000, 60, 20000), 'mid': (3000, 150, 200000), 'full': (10000, 300, 1000000), 'people': (10000, 300, 600)}
SEED = 20261121


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


PORT, NGINX_PORT = free_port(), free_port()


def run(*argv, **kw):
    return subprocess.run(argv, check=True, **kw)


def spread(values):
    return '%.0f..%.0f' % (min(values), max(values)) if values else '-'


class Bench:
    def __init__(self, a):
        self.a, self.rows, self.out = a, [], {}
        self.base = os.path.join(ROOT, 'bench-out')
        commit = subprocess.run(['git', '-C', ROOT, 'rev-parse', '--short', 'HEAD'], capture_output=True, text=True).stdout.strip() or 'unknown'
        dirty = subprocess.run(['git', '-C', ROOT, 'status', '--porcelain', 'src', 'sql'], capture_output=True, text=True).stdout.strip()
        self.run_dir = os.path.join(self.base, 'run-%s-%s-%s' % (time.strftime('%Y%m%d-%H%M%S'), a.size, a.engine))
        os.makedirs(self.run_dir)
        self.out.update(size=a.size, engine=a.engine, seed=SEED, commit=commit + ('+changes' if dirty else ''), cores=os.cpu_count(), kernel=os.uname().release,
                        load_before=os.getloadavg(), seconds=a.seconds, repeats=a.repeats, rows=self.rows)
        self.server, self.pg, self.url, self.directory, self.sample_n = None, None, None, None, 0
        self.data = os.path.join(self.base, 'data-%s-%s' % (a.size, a.engine))

    def tool(self, name):
        return os.path.join(self.a.build, 'tools', 'bench', name)

    def daicho(self):
        return os.path.join(self.a.build, 'daicho')

    def options(self, data):
        return ['--data-dir', data] + (['--db', self.url] if self.url else []) + (['--directory', self.directory] if self.directory else [])

    def row(self, what, measured, budget=None, ok=None, **more):
        """ok: True, False or None (no budget at this size, or skipped)."""
        self.rows.append(dict(what=what, measured=measured, budget=budget, ok=ok, **more))
        print('  %-42s %-50s %-26s %s' % (what, measured, budget or '', '' if ok is None else 'met' if ok else 'NOT MET'), flush=True)

    # ---- the data folder ----
    def prepare(self):
        people, departments, records = SIZES[self.a.size]
        if self.a.engine == 'postgres':
            self.pg = os.path.join('/tmp', 'daicho-bench-pg-%d' % os.getpid())
            self.url = run('tools/pg_cluster.sh', 'start', self.pg, cwd=ROOT, capture_output=True, text=True).stdout.strip()
        kept = os.path.join(self.data, 'bench.json')
        if self.a.engine == 'postgres' or not os.path.exists(kept):          # a PostgreSQL cluster is thrown away after the run
            shutil.rmtree(self.data, ignore_errors=True)
            print('making %s: %d people, %d departments, %d records' % (self.a.size, people, departments, records), flush=True)
            run(self.tool('bench_make'), *self.options(self.data), str(people), str(departments), str(records), str(SEED), '48', cwd=ROOT)
        if self.a.engine == 'sqlite':
            self.work = self.data + '-work'
            shutil.rmtree(self.work, ignore_errors=True)
            run('cp', '-r', '--reflink=auto', self.data, self.work)
        else:
            self.work = self.data
        self.plan = json.load(open(kept))
        self.users = self.plan['users']
        self.out['data'] = {k: self.plan[k] for k in ('people', 'departments', 'records', 'revisions', 'entries', 'open_tasks', 'verdicts', 'refused', 'seconds')}
        print('data: ' + json.dumps(self.out['data']))
        if self.plan['refused']:
            self.row('commands refused while the data was made', str(self.plan['refused']), '0', False)

    # ---- the server ----
    def start(self):
        t0 = time.monotonic()
        log = open(os.path.join(self.run_dir, 'server.log'), 'a')
        self.server = subprocess.Popen([self.daicho(), 'serve', *self.options(self.work), '--port', str(PORT)], cwd=ROOT, stdout=log, stderr=log)
        while True:
            try:
                status = self.get('/health')[0]
                if status == 200:
                    return time.monotonic() - t0
            except OSError:
                pass
            if self.server.poll() is not None:
                sys.exit('the server ended: see %s/server.log' % self.run_dir)
            if time.monotonic() - t0 > 300:
                sys.exit('no answer for 300 seconds')
            time.sleep(0.002)

    def halt(self):
        if self.server:
            self.server.terminate()
            self.server.wait(60)
            self.server = None

    def stop(self):
        self.halt()
        if self.pg:
            run('tools/pg_cluster.sh', 'stop', self.pg, cwd=ROOT)
            self.pg = None

    def get(self, path, headers=None, method='GET', body=None, port=PORT):
        c = http.client.HTTPConnection('127.0.0.1', port, timeout=60)
        c.request(method, path, body, headers or {})
        r = c.getresponse()
        data = r.read()
        c.close()
        return r.status, data, r

    def cookie(self, user):
        body = urllib.parse.urlencode({'login': user['login'], 'password': self.plan['password']})
        status, data, r = self.get('/login', {'Content-Type': 'application/x-www-form-urlencoded'}, 'POST', body)
        m = re.match(r'([^=]+=[^;]+)', r.getheader('Set-Cookie') or '')
        if status not in (302, 303) or not m:
            sys.exit('sign-in of %s: %d' % (user['login'], status))
        return m.group(1)

    def memory(self, key):
        text = open('/proc/%d/status' % self.server.pid).read()
        return int(re.search(key + r':\s+(\d+)', text).group(1)) / 1024

    def cpu_us(self):
        """Processor time of the server so far: unlike latency it does not depend on who else uses the machine."""
        f = open('/proc/%d/stat' % self.server.pid).read().rsplit(')', 1)[1].split()
        return (int(f[11]) + int(f[12])) * 1000000 // os.sysconf('SC_CLK_TCK')

    def metrics(self):
        status, data, _ = self.get('/api/v1/metrics', {'Authorization': 'Bearer ' + self.users[0]['token']})
        return json.loads(data) if status == 200 else {}

    # ---- load ----
    def asks(self, requests):
        """requests: (method, path, headers, body) -> a file for bench_load."""
        path = os.path.join(self.run_dir, 'requests')
        with open(path, 'wb') as f:
            for method, url, headers, body in requests:
                data = body.encode() if body else b''
                head = '%s %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n' % (method, url, PORT)
                head += ''.join('%s: %s\r\n' % h for h in headers.items())
                if method == 'POST':
                    head += 'Content-Length: %d\r\n' % len(data)
                whole = head.encode() + b'\r\n' + data
                f.write(b'%d\n' % len(whole) + whole)
        return path

    def load(self, name, requests, connections, mode='loop', port=PORT, seconds=None, repeats=None):
        """Runs several times; keeps all, returns the run with the lowest p99 (this machine is shared with others)."""
        path, runs = self.asks(requests), []
        for _ in range(1 if mode == 'once' else repeats or self.a.repeats):
            self.sample_n += 1
            samples = os.path.join(self.run_dir, '%03d-%s-%d.u32' % (self.sample_n, re.sub(r'\W+', '_', name), connections))
            cpu = self.cpu_us()
            p = subprocess.run(['taskset', '-c', '1' if os.cpu_count() > 1 else '0', self.tool('bench_load'), str(port), str(connections), str(seconds or self.a.seconds), path, samples, mode],
                               capture_output=True, text=True)
            if not p.stdout:
                sys.exit('%s: %s' % (name, p.stderr))
            r = json.loads(p.stdout)
            r.update(cpu_us=round((self.cpu_us() - cpu) / max(1, r['n'])), name=name, connections=connections, samples=os.path.basename(samples), load=os.getloadavg()[0])
            if r['failed'] + r['broken'] + r['refused'] > 0:
                print(p.stderr, file=sys.stderr)
            runs.append(r)
        self.out.setdefault('runs', []).extend(runs)
        return min(runs, key=lambda r: r['p99_us'])

    def page(self, name, paths, budget_ms=5.0):
        headers = {'Cookie': self.see_all}
        status, data, _ = self.get(paths[0], headers)
        if status != 200:
            self.row(name, 'answered %d' % status, 'p99 < %g ms' % budget_ms, False)
            return
        for c in self.a.connections:
            r = self.load(name, [('GET', p, headers, None) for p in paths], c)
            bad = r['failed'] + r['broken'] + r['refused'] + r['moved']
            text = 'p50 %.2f p99 %.2f ms %6.0f/s %5d us cpu' % (r['p50_us'] / 1000, r['p99_us'] / 1000, r['rps'], r['cpu_us'])
            if bad:
                self.row('%s, %d conn' % (name, c), text + ' %d bad answers' % bad, 'none bad', False)
            elif c == 8:
                self.row('%s, %d conn (%.0f KB)' % (name, c, len(data) / 1024), text, 'p99 < %g ms' % budget_ms, r['p99_us'] < budget_ms * 1000)
            else:
                self.row('%s, %d conn' % (name, c), text)

    def pages(self):
        ids, assets = self.plan['takeouts'], self.plan['assets']
        deep = sorted(ids)[len(ids) // 2]
        self.page('home', ['/'])
        self.page('list', ['/f/takeout'])
        self.page('list, filter by state', ['/f/takeout?state=submitted'])
        self.page('list, search of two characters', ['/f/takeout?q=' + urllib.parse.quote(w) for w in ('支社', '監査', '京都')])
        self.page('list, sorted by date, newest first', ['/f/takeout?sort=-from_at'])
        self.page('list, sorted by destination', ['/f/takeout?sort=dest'])
        self.page('list, filter and sort', ['/f/takeout?state=submitted&sort=-from_at'])
        self.page('list, deep page', ['/f/takeout?after=%d' % i for i in (deep, deep + 1, deep + 2)])
        self.page('record', ['/r/%d' % i for i in ids[:200]])
        self.page('register row', ['/r/%d' % i for i in assets[:200]])
        self.page('conformity', ['/conformity'])

    # ---- writes ----
    def takeout(self, note):
        asset = self.plan['assets'][0]
        day = time.strftime('%Y-%m-%d', time.gmtime(time.time() + 86400))
        return {'form': 'takeout', 'submit': True, 'values': {'dest': note, 'purpose': '計測', 'from_at': day + ' 09:00', 'to_at': day + ' 18:00',
                'items': [{'asset': str(asset), 'medium': 'paper', 'encrypted': 'yes'}] * 3, 'sme.watch': ['near'], 'sme.pni_use': 'no'}}

    def makers(self):
        heads = {u['department']: u for u in self.users if u['head']}
        return [(u, heads[u['department']]) for u in self.users[10:24] if u['department'] in heads]

    def post(self, user, command, body, key='bench-@@KEY@@'):
        return ('POST', '/api/v1/commands/' + command, {'Authorization': 'Bearer ' + user['token'], 'Content-Type': 'application/json', 'Idempotency-Key': key},
                json.dumps(body, ensure_ascii=False))

    def writes(self):
        pairs = self.makers()
        floor = self.out.get('fdatasync', {}).get('p50_us')
        for c in self.a.connections:
            r = self.load('create', [self.post(u, 'record.create', self.takeout('計測 @@KEY@@')) for u, _ in pairs], c)
            bad = r['failed'] + r['broken'] + r['refused']
            text = 'p50 %.2f p99 %.2f ms %6.0f/s %5d us cpu%s' % (r['p50_us'] / 1000, r['p99_us'] / 1000, r['rps'], r['cpu_us'], ' %d bad answers' % bad if bad else '')
            if c == 64:
                want = 5000 if self.a.engine == 'sqlite' else 800
                self.row('create + submit, 64 conn', text, '%d/s' % want, r['rps'] >= want and not bad)
            elif c == 1 and floor:
                self.row('create + submit, 1 conn', text, 'p50 < 3 fdatasync (%.2f ms)' % (3 * floor / 1000), r['p50_us'] <= 3 * floor and not bad)
            else:
                self.row('create + submit, %d conn' % c, text, None, False if bad else None)
        for c in self.a.connections:
            made = self.submitted(pairs, 150 if c == 1 else 600)
            r = self.load('approve', made, c, 'once', seconds=60)
            bad = r['failed'] + r['broken'] + r['refused']
            self.row('approve, %d conn' % c, 'p50 %.2f p99 %.2f ms %6.0f/s %5d us cpu%s' % (r['p50_us'] / 1000, r['p99_us'] / 1000, r['rps'], r['cpu_us'], ' %d bad answers' % bad if bad else ''),
                     None, False if bad else None)
        held = self.metrics().get('writer_longest_hold_us')
        self.row('longest hold of the writer', '%.1f ms' % (held / 1000) if held is not None else 'no counter', '50 ms', held is not None and held <= 50000)

    def submitted(self, pairs, n):
        """Records that wait for approval, as requests to approve them by the right head."""
        out, lock = [], threading.Lock()

        def some(k):
            for i in range(n // 8):
                u, head = pairs[(k + i) % len(pairs)]
                m, path, headers, body = self.post(u, 'record.create', self.takeout('承認待ち'), 'wait-%d-%d-%d' % (time.monotonic_ns(), k, i))
                status, data, _ = self.get(path, headers, m, body.encode())
                a = json.loads(data)
                if status != 200:
                    sys.exit('create for approval: %s' % data.decode()[:400])
                with lock:
                    out.append(self.post(head, 'record.approve', {'record': a['record'], 'version': a['version']}))
        threads = [threading.Thread(target=some, args=(k,)) for k in range(8)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        return out

    # ---- floors ----
    def fdatasync(self):
        p = run(self.tool('bench_sync'), os.path.join(self.base, 'sync.tmp'), '2', capture_output=True, text=True)
        f = self.out['fdatasync'] = json.loads(p.stdout)
        self.row('floor: fdatasync of 4 KiB', '%.0f/s p50 %.2f p99 %.2f ms' % (f['per_s'], f['p50_us'] / 1000, f['p99_us'] / 1000))

    def nginx(self):
        if not shutil.which('nginx', path=os.environ['PATH'] + ':/usr/sbin'):
            self.row('floor: nginx', 'SKIPPED: nginx-light is not installed')
            return
        d = os.path.join(self.run_dir, 'nginx')
        os.makedirs(os.path.join(d, 'www'))
        pages = {'list': ('/f/takeout', 0.08), 'record': ('/r/%d' % self.plan['takeouts'][1], 0.2)}
        for name, (path, _) in pages.items():
            with open(os.path.join(d, 'www', name + '.html'), 'wb') as f:
                f.write(self.get(path, {'Cookie': self.see_all})[1])
        conf = os.path.join(d, 'nginx.conf')
        with open(conf, 'w') as f:
            f.write('%sworker_processes 1; worker_cpu_affinity 01; pid %s/pid; error_log %s/error.log; daemon off; events { worker_connections 512; }\n'
                    'http { access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000; open_file_cache max=10; types { text/html html; }\n'
                    'client_body_temp_path %s/b; proxy_temp_path %s/p; fastcgi_temp_path %s/f; uwsgi_temp_path %s/u; scgi_temp_path %s/s;\n'
                    'server { listen 127.0.0.1:%d; root %s/www; } }\n' % ('user root; ' if os.getuid() == 0 else '', d, d, d, d, d, d, d, NGINX_PORT, d))
        server = subprocess.Popen([shutil.which('nginx', path=os.environ['PATH'] + ':/usr/sbin'), '-c', conf, '-e', d + '/error.log'], stderr=subprocess.DEVNULL)
        time.sleep(0.7)
        run('taskset', '-a', '-c', '-p', '0', str(self.server.pid), stdout=subprocess.DEVNULL)
        for name, (path, share) in pages.items():
            n = self.load('nginx ' + name, [('GET', '/%s.html' % name, {}, None)], 8, port=NGINX_PORT)
            r = self.load('one core ' + name, [('GET', path, {'Cookie': self.see_all}, None)], 8)
            got = r['rps'] / n['rps'] if n['ok'] else 0
            self.row('one core, %s: share of nginx' % name, '%.3f (%.0f of %.0f/s)' % (got, r['rps'], n['rps']), '%g' % share, got >= share)
        run('taskset', '-a', '-c', '-p', '0-%d' % (os.cpu_count() - 1), str(self.server.pid), stdout=subprocess.DEVNULL)
        server.terminate()
        server.wait()

    # ---- start, memory, verify ----
    def starts(self):
        took = []
        for _ in range(3):
            took.append(self.start())
            self.halt()
        self.row('start to first answer (warm files), best of 3', '%.3f s (%s ms)' % (min(took), spread([t * 1000 for t in took])), '0.3 s', min(took) < 0.3)

    def verify(self):
        t0 = time.monotonic()
        p = subprocess.run([self.daicho(), 'verify', *self.options(self.work)], cwd=ROOT, capture_output=True, text=True)
        took, n = time.monotonic() - t0, self.plan['entries']
        budget = 2.0 * n / 1e6
        self.row('verify %d entries and what they bind' % n, '%.2f s%s' % (took, '' if p.returncode == 0 else ': ' + (p.stdout + p.stderr)[:200]),
                 '%.2f s (2 s for 10^6)' % budget, p.returncode == 0 and took <= budget)

    def compared(self):
        """What all of it left behind: the chain, and the projections against it."""
        for words in (['verify'], ['rebuild', 'compare']):
            p = subprocess.run([self.daicho(), words[0], *self.options(self.work), *words[1:]], cwd=ROOT, capture_output=True, text=True)
            self.row('daicho ' + ' '.join(words), 'ends with %d%s' % (p.returncode, '' if p.returncode == 0 else ': ' + (p.stdout + p.stderr)[-300:]), '0', p.returncode == 0)

    def all(self):
        only = self.a.only.split(',') if self.a.only else ['people'] if self.a.size == 'people' else ['verify', 'start', 'pages', 'floors', 'writes']
        self.prepare()
        self.fdatasync()
        if 'verify' in only:
            self.verify()
        if 'start' in only:
            self.starts()
        self.start()
        time.sleep(2)
        idle = self.memory('VmRSS')
        self.row('memory resident, idle', '%.0f MB' % idle, '60 MB', idle < 60)
        self.see_all = self.cookie(self.users[1])         # the security officer: sees every department, the dearest case
        if 'pages' in only:
            self.pages()
        if 'floors' in only:
            self.nginx()
        if 'writes' in only:
            self.writes()
        if 'people' in only:
            people.people(self)
        if 'pages' in only or 'writes' in only:
            top = self.memory('VmHWM')
            self.row('memory resident, highest under load', '%.0f MB' % top, '150 MB', top < 150)
        self.out['metrics'] = self.metrics()

    def close(self):
        self.out['load_after'] = os.getloadavg()
        with open(os.path.join(self.run_dir, 'result.json'), 'w') as f:
            json.dump(self.out, f, ensure_ascii=False, indent=1)
        shutil.rmtree(self.data + '-work', ignore_errors=True)
        print('commit %s, load %.1f -> %.1f, samples and result.json in %s' % (self.out['commit'], self.out['load_before'][0], self.out['load_after'][0], os.path.relpath(self.run_dir, ROOT)))


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--size', default='small', choices=sorted(SIZES))
    p.add_argument('--engine', default='sqlite', choices=['sqlite', 'postgres'])
    p.add_argument('--build', default='build-bench')
    p.add_argument('--seconds', type=float, default=3)
    p.add_argument('--repeats', type=int, default=3)
    p.add_argument('--connections', type=lambda s: [int(x) for x in s.split(',')], default=[1, 8, 64])
    p.add_argument('--only')
    a = p.parse_args()
    a.build = os.path.abspath(a.build)
    b = Bench(a)
    try:
        b.all()
    finally:
        b.stop()
        b.close()
    return 0 if all(r['ok'] is not False for r in b.rows) else 3


if __name__ == '__main__':
    sys.exit(main())
