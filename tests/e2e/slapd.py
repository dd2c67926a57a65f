"""A real directory for tests: Debian's slapd in a folder of its own on a free port, with certificates of its own; and servers that only look like one."""
import base64
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time

SLAPD = shutil.which("slapd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
BASE = "dc=example,dc=jp"
READER = "cn=daicho,dc=example,dc=jp"
READER_PASSWORD = "yomitori no kagi #1"

# Of Active Directory what daicho reads; the real names and numbers.
AD_SCHEMA = """
attributetype ( 1.2.840.113556.1.4.2 NAME 'objectGUID' EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.221 NAME 'sAMAccountName' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.8 NAME 'userAccountControl' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.96 NAME 'pwdLastSet' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.159 NAME 'accountExpires' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.2.102 NAME 'memberOf' EQUALITY distinguishedNameMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.12 )
objectclass ( 1.2.840.113556.1.5.9 NAME 'user' SUP top AUXILIARY MAY ( objectGUID $ sAMAccountName $ userAccountControl $ pwdLastSet $ accountExpires $ memberOf ) )
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def b64(text):
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def certificate(folder, name, ca=None, host="IP:127.0.0.1"):
    """name.pem and name.key; signed by ca, or by itself as an authority."""
    key, pem, csr = (os.path.join(folder, name + end) for end in (".key", ".pem", ".csr"))
    run = lambda *a: subprocess.run(a, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key)
    if ca is None:
        run("openssl", "req", "-x509", "-new", "-key", key, "-days", "2", "-subj", "/CN=" + name, "-out", pem)
    else:
        ext = os.path.join(folder, name + ".ext")
        with open(ext, "w") as f:
            f.write("subjectAltName=%s\n" % host)
        run("openssl", "req", "-new", "-key", key, "-subj", "/CN=" + name, "-out", csr)
        run("openssl", "x509", "-req", "-in", csr, "-CA", os.path.join(folder, ca + ".pem"), "-CAkey", os.path.join(folder, ca + ".key"), "-CAcreateserial", "-days", "2", "-extfile", ext, "-out", pem)
    return pem


def person_ldif(uid, name, password=None, mail=None, code=None, department=None, ad=None, base=BASE, more=""):
    """ad: {attribute: value} makes it a user of Active Directory, too."""
    out = ["dn: uid=%s,ou=people,%s" % (uid, base), "objectClass: inetOrgPerson"]
    if ad is not None:
        out += ["objectClass: user", "sAMAccountName: " + uid]
        out += ["%s:: %s" % (k, b64(v)) if isinstance(v, bytes) else "%s: %s" % (k, v) for k, v in ad.items()]
    out += ["uid: " + uid, "cn:: " + b64(name), "sn:: " + b64(name)]
    out += ["%s:: %s" % (k, b64(v)) for k, v in (("userPassword", password), ("mail", mail), ("employeeNumber", code), ("ou", department)) if v]
    return "\n".join(out) + "\n" + more + "\n"


class Slapd:
    def __init__(self, people, size_limit="unlimited", cert="server"):
        self.tmp = tempfile.TemporaryDirectory(prefix="daicho-slapd-")
        d = self.dir = self.tmp.name
        certificate(d, "ca")
        certificate(d, "server", "ca")
        certificate(d, "elsewhere", "ca", "DNS:elsewhere.example.jp")
        certificate(d, "stranger")
        self.size_limit, self.cert, self.proc = size_limit, cert, None
        self.port, self.tls_port = free_port(), free_port()
        self.load(people)

    def config(self):
        path = os.path.join(self.dir, "slapd.conf")
        with open(path, "w") as f:
            f.write("".join("include /etc/ldap/schema/%s.schema\n" % s for s in ("core", "cosine", "inetorgperson")) + AD_SCHEMA)
            f.write("modulepath /usr/lib/ldap\nmoduleload back_mdb\nTLSCACertificateFile %s/ca.pem\nTLSCertificateFile %s/%s.pem\nTLSCertificateKeyFile %s/%s.key\n"
                    % (self.dir, self.dir, self.cert, self.dir, self.cert))
            f.write("sizelimit %s\ndatabase mdb\nmaxsize 268435456\nsuffix \"%s\"\ndirectory %s/db\nindex objectClass,uid,entryUUID,objectGUID,sAMAccountName eq\n" % (self.size_limit, BASE, self.dir))
            f.write("rootdn cn=root,%s\nrootpw root\naccess to attrs=userPassword by anonymous auth by * none\naccess to * by dn.exact=\"%s\" read by * none\n" % (BASE, READER))
        return path

    def load(self, people):
        """The whole directory anew: people is LDIF."""
        shutil.rmtree(os.path.join(self.dir, "db"), ignore_errors=True)
        os.mkdir(os.path.join(self.dir, "db"))
        head = "dn: %s\nobjectClass: domain\ndc: example\n\ndn: ou=people,%s\nobjectClass: organizationalUnit\nou: people\n\n" % (BASE, BASE)
        head += "dn: %s\nobjectClass: applicationProcess\nobjectClass: simpleSecurityObject\ncn: daicho\nuserPassword:: %s\n\n" % (READER, b64(READER_PASSWORD))
        ldif = os.path.join(self.dir, "all.ldif")
        with open(ldif, "w") as f:
            f.write(head + people)
        p = subprocess.run([SLAPD, "-T", "add", "-q", "-f", self.config(), "-l", ldif], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if p.returncode != 0:
            raise RuntimeError(p.stdout.decode("utf-8", "replace")[-2000:])

    def start(self):
        log = open(os.path.join(self.dir, "log"), "ab")
        self.proc = subprocess.Popen([SLAPD, "-d", "0", "-f", self.config(), "-h", "ldap://127.0.0.1:%d ldaps://127.0.0.1:%d" % (self.port, self.tls_port)], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()
        for _ in range(200):
            try:
                for port in (self.port, self.tls_port):
                    socket.create_connection(("127.0.0.1", port), 1).close()
                return self
            except OSError:
                if self.proc.poll() is not None:
                    break
                time.sleep(0.05)
        with open(os.path.join(self.dir, "log"), "rb") as f:
            raise RuntimeError("slapd does not start: " + f.read().decode("utf-8", "replace")[-2000:])

    def stop(self):
        if self.proc is not None and self.proc.poll() is None:
            self.proc.terminate()
            self.proc.wait(30)
        self.proc = None

    def remove(self):
        self.stop()
        self.tmp.cleanup()

    def conf(self, file="directory.conf", **lines):
        """A configuration file for this directory; a line with the value None is left out. _ stands for -."""
        secret = os.path.join(self.dir, "secret")
        with open(secret, "w") as f:
            f.write(READER_PASSWORD + "\n")
        os.chmod(secret, 0o600)
        has = {"url": "ldaps://127.0.0.1:%d" % self.tls_port, "ca_file": os.path.join(self.dir, "ca.pem"), "base": BASE, "bind_dn": READER, "bind_password_file": secret}
        kind = lines.pop("kind", None)
        has.update(lines)
        path = os.path.join(self.dir, file)
        with open(path, "w") as f:
            f.write("kind = %s\n" % kind if kind else "")
            f.writelines("%s = %s\n" % (k.replace("_", "-"), v) for k, v in has.items() if v is not None)
        return path


class Fake:
    """Accepts connections and gives each to `talk` in a thread of its own."""

    def __init__(self, talk):
        self.talk, self.open, self.sock = talk, [], socket.create_server(("127.0.0.1", 0))
        self.port = self.sock.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                s = self.sock.accept()[0]
            except OSError:
                return
            self.open.append(s)
            threading.Thread(target=self.one, args=(s,), daemon=True).start()

    def one(self, s):
        try:
            self.talk(s)
        except OSError:
            pass

    def end(self):
        for s in [self.sock] + self.open:
            s.close()
