"""Providers of sign-ins (OpenID Connect) for tests: Debian's glewlwyd in a folder of its own on a free port, and one of our own that lies when it is told to."""
import base64
import hashlib
import hmac
import http.client
import http.server
import json
import os
import secrets
import shutil
import sqlite3
import subprocess
import tempfile
import threading
import time
import urllib.parse

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from slapd import free_port

GLEWLWYD = shutil.which("glewlwyd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
SCHEMA = "/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3"
CLIENT, SECRET = "daicho", "himitsu no kagi+1/2%3"
PLAIN_SECRET = "himitsu-no-kagi-123"           # glewlwyd takes the head's secret as it comes, without the encoding of RFC 6749 2.3.1


def b64u(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(n, size=None):
    return b64u(n.to_bytes(size or (n.bit_length() + 7) // 8, "big"))


class Key:
    def __init__(self, kid, kind="RS256", bits=2048):
        self.kid, self.alg = kid, kind
        self.private = ec.generate_private_key(ec.SECP256R1()) if kind == "ES256" else rsa.generate_private_key(65537, bits)

    def public(self):
        n = self.private.public_key().public_numbers()
        if self.alg == "ES256":
            return {"kty": "EC", "crv": "P-256", "x": number(n.x, 32), "y": number(n.y, 32), "kid": self.kid, "alg": self.alg, "use": "sig"}
        return {"kty": "RSA", "n": number(n.n), "e": number(n.e), "kid": self.kid, "alg": self.alg, "use": "sig"}

    def pem(self):
        return self.private.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    def private_pem(self):
        return self.private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()).decode()

    def sign(self, data):
        if self.alg == "ES256":
            r, s = utils.decode_dss_signature(self.private.sign(data, ec.ECDSA(hashes.SHA256())))
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")
        return self.private.sign(data, padding.PKCS1v15(), hashes.SHA256())


class Fake:
    """A provider of which everything can be bent. twist: what differs in the next answers."""

    def __init__(self):
        self.keys, self.codes, self.twist, self.asked = [Key("first")], {}, {}, []
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *args):
                pass

            def answer(self, status, body, headers=()):
                data = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                for k, v in (("Content-Type", "application/json"), ("Content-Length", str(len(data)))) + tuple(headers):
                    self.send_header(k, v)
                try:
                    self.end_headers()
                    self.wfile.write(data)
                except OSError:                # who asked has had enough
                    pass

            def do_GET(self):
                provider.asked.append(self.path)
                if self.path == "/.well-known/openid-configuration":
                    self.answer(200, {**provider.document(), **provider.twist.get("document", {})})
                elif self.path == "/jwks":
                    self.answer(200, {"keys": [k.public() for k in provider.keys]})
                else:
                    self.answer(404, {})

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                provider.asked.append(self.path)
                self.answer(*provider.token(dict(urllib.parse.parse_qsl(body)), self.headers.get("Authorization", "")))

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.issuer = "http://127.0.0.1:%d" % self.port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def end(self):
        self.server.shutdown()
        self.server.server_close()

    def document(self):
        return {"issuer": self.issuer, "authorization_endpoint": self.issuer + "/authorize?from=daicho", "token_endpoint": self.issuer + "/token", "jwks_uri": self.issuer + "/jwks"}

    def code(self, there, **claims):
        """Somebody has signed in at the address `there`: the code that goes back."""
        q = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(there).query))
        code = secrets.token_urlsafe(16)
        self.codes[code] = (q, claims)
        return code, q

    def token(self, form, auth):
        want = "Basic " + base64.b64encode(("%s:%s" % (urllib.parse.quote(CLIENT, safe=""), urllib.parse.quote(SECRET, safe=""))).encode()).decode()
        t = self.twist
        if "status" in t:
            return t["status"]
        if "sleep" in t:
            time.sleep(t["sleep"])
        if auth != want:
            return 401, {"error": "invalid_client"}
        q, claims = self.codes.get(form.get("code"), (None, None))
        if q is None or form.get("redirect_uri") != q["redirect_uri"] or b64u(hashlib.sha256(form.get("code_verifier", "").encode()).digest()) != q["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        if not t.get("codes_again"):
            del self.codes[form["code"]]
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": self.jwt(q, claims)}

    def jwt(self, q, claims):
        t, now = self.twist, int(time.time())
        key = t.get("key", self.keys[0])
        said = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": q.get("nonce"), **claims, **t.get("claims", {})}
        head = {"alg": key.alg, "kid": key.kid, **t.get("head", {})}
        said, head = ({k: v for k, v in d.items() if v is not None} for d in (said, head))
        text = b64u(json.dumps(head).encode()) + "." + b64u(json.dumps(said).encode())
        if head["alg"] == "none":
            return text + "."
        if head["alg"] == "HS256":
            return text + "." + b64u(hmac.new(t["secret"], text.encode(), hashlib.sha256).digest())
        sig = key.sign(text.encode())
        return text + "." + b64u(sig[:-1] + bytes([sig[-1] ^ 1]) if t.get("broken") else sig)


class Glewlwyd:
    """people: {login: password}. Its issuer is http on this machine."""

    def __init__(self, people, redirect):
        self.tmp = tempfile.TemporaryDirectory(prefix="daicho-glewlwyd-")
        self.dir, self.port, self.proc = self.tmp.name, free_port(), None
        self.base = "http://127.0.0.1:%d" % self.port
        self.issuer = self.base + "/api/oidc"
        self.redirect, self.people = redirect, people
        db = sqlite3.connect(os.path.join(self.dir, "db"))
        with open(SCHEMA, encoding="utf-8") as f:
            db.executescript(f.read())
        db.commit()
        db.close()
        self.start()
        self.fill()

    def config(self):
        path = os.path.join(self.dir, "glewlwyd.conf")
        with open(path, "w", encoding="utf-8") as f:
            f.write('port=%d\nbind_address="127.0.0.1"\nexternal_url="%s"\nlogin_url="login.html"\napi_prefix="api"\nlog_mode="file"\nlog_level="INFO"\nlog_file="%s/log"\n' % (self.port, self.base, self.dir))
            f.write('cookie_domain=""\ncookie_secure=0\nsession_expiration=86400\nsession_key="GLEWLWYD2_SESSION_ID"\nadmin_scope="g_admin"\nprofile_scope="g_profile"\n')
            for kind, folder in (("user", "user"), ("client", "client"), ("user_auth_scheme", "scheme"), ("plugin", "plugin")):
                f.write('%s_module_path="/usr/lib/glewlwyd/%s"\n' % (kind, folder))
            f.write('hash_algorithm="SHA512"\ndatabase =\n{\n  type = "sqlite3";\n  path = "%s/db";\n};\n' % self.dir)
        return path

    def start(self):
        with open(os.path.join(self.dir, "out"), "ab") as out:
            self.proc = subprocess.Popen([GLEWLWYD, "--config-file=" + self.config()], stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        for _ in range(400):
            try:
                if self.ask("GET", "/config")[0] == 200:
                    return
            except OSError:
                pass
            if self.proc.poll() is not None:
                break
            time.sleep(0.05)
        said = ""
        for name in ("out", "log"):
            path = os.path.join(self.dir, name)
            if os.path.exists(path):
                with open(path, "rb") as f:
                    said += f.read().decode("utf-8", "replace")[-2000:]
        raise RuntimeError("glewlwyd does not start: " + said)

    def stop(self):
        if self.proc is not None and self.proc.poll() is None:
            self.proc.terminate()
            self.proc.wait(30)
        self.proc = None

    def remove(self):
        self.stop()
        self.tmp.cleanup()

    def ask(self, method, path, body=None, cookie=None):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            c.request(method, path, None if body is None else json.dumps(body), {"Content-Type": "application/json", **({"Cookie": cookie} if cookie else {})})
            r = c.getresponse()
            return r.status, r.headers, r.read().decode("utf-8", "replace")
        finally:
            c.close()

    def sign_in(self, login, password):
        """Its own session, as the browser of somebody who signed in there."""
        status, headers, text = self.ask("POST", "/api/auth/", {"username": login, "password": password})
        if status != 200:
            raise RuntimeError("glewlwyd: %s: %d %s" % (login, status, text))
        return headers["Set-Cookie"].split(";")[0]

    def must(self, method, path, body, cookie):
        status, _, text = self.ask(method, path, body, cookie)
        if status != 200:
            raise RuntimeError("glewlwyd: %s %s: %d %s" % (method, path, status, text))

    def fill(self):
        admin, key = self.sign_in("admin", "password"), Key("glewlwyd")
        parameters = {"iss": self.issuer, "jwt-type": "rsa", "jwt-key-size": "256", "key": key.private_pem(), "cert": key.pem().decode(), "access-token-duration": 3600,
                      "refresh-token-duration": 3600, "code-duration": 60, "refresh-token-rolling": False, "allow-non-oidc": False, "auth-type-code-enabled": True, "jwks-show": True,
                      "subject-type": "public", "pkce-allowed": True, "pkce-required": True, "pkce-method-plain-allowed": False, "email-claim": "mandatory", "name-claim": "no",
                      "claims": [{"name": "preferred_username", "user-property": "username", "mandatory": True}]}
        self.must("POST", "/api/mod/plugin/", {"module": "oidc", "name": "oidc", "display_name": "oidc", "parameters": parameters}, admin)
        self.must("POST", "/api/client/", {"client_id": CLIENT, "name": CLIENT, "confidential": True, "enabled": True, "password": PLAIN_SECRET, "redirect_uri": [self.redirect], "token_endpoint_auth_method": ["client_secret_basic"], "client_secret": PLAIN_SECRET,
                                           "authorization_type": ["code"], "scope": ["openid"]}, admin)
        for login, password in self.people.items():
            self.must("POST", "/api/user/", {"username": login, "name": login, "email": login + "@example.jp", "password": password, "scope": ["openid", "g_profile"], "enabled": True}, admin)
            self.must("PUT", "/api/auth/grant/" + CLIENT, {"scope": "openid"}, self.sign_in(login, password))

    def go(self, there, cookie):
        """The browser is at `there`; where it is sent next."""
        path = there[len(self.base):]
        status, headers, text = self.ask("GET", path + "&g_continue", None, cookie)
        return headers.get("Location") or "%d %s" % (status, text)
