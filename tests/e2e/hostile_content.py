"""What is written to be shown to others: scripts in every field, formulas for a spreadsheet, files that are not what they say, names of files, addresses to be sent on to."""
import io
import re
import urllib.parse
import zipfile

from hostile import PASSWORD, Client

XSS = ['"><script>alert(1)</script>', "'><img src=x onerror=alert(1)>", "javascript:alert(1)", "</textarea><svg/onload=alert(1)>", "</title><script>alert(1)</script>", "<!--<script>", "{{7*7}}${7*7}",
       "\u2028</script><script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;", "[x](javascript:alert(1))", "<a href=data:text/html,x>x</a>", "\u202emth.exe"]
FORMULA = ["=HYPERLINK(\"http://evil\")", "+81-1", "-1+1", "@SUM(A1)", "\t=1+1", "＝1+1", "＠SUM(A1)"]
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def live(page):
    """What a browser would run or fetch: tags, handlers and addresses that no text of ours makes."""
    bare = re.sub(r'"[^"]*"', '""', page.text)
    found = re.findall(r'<script(?![^>]*\ssrc="/assets/)[^>]*>', page.text, re.I) + re.findall(r"<(?:svg|img|iframe|object|embed)\b|<[a-z]+[^>]*\son[a-z]+\s*=", bare, re.I)
    links = [x for x in re.findall(r'(?:href|src|action|formaction)="([^"]*)"', page.text) if not re.match(r"/(?!/)|#|https://|\?", x)]
    return found + links


def echoed(house):
    check = house.check
    suzuki, takahashi, yamamoto = house.person("suzuki"), house.person("takahashi"), house.person("yamamoto")
    seen = []
    for i, x in enumerate(XSS):
        rec = suzuki.make("takeout", {"dest": x, "purpose": x, "from_at": "2030-01-07 09:00", "to_at": "2030-01-07 18:00"})
        asset = takahashi.make("asset", {"name": x})
        name = re.sub(r'["\r\n\u2028\u202e/\\]', "_", x)[:60] + ".pdf"
        suzuki.multipart("/r/%d/attach" % rec, [], [("file", name, PDF)])
        suzuki.form("/r/%d/act" % rec, {"act": "void", "comment": x})
        seen += [(x, p, who.get(p)) for who, p in ((suzuki, "/r/%d" % rec), (suzuki, "/r/%d/edit" % rec), (suzuki, "/r/%d/history" % rec), (suzuki, "/r/%d/print" % rec), (takahashi, "/r/%d" % asset),
                                                   (takahashi, "/f/asset?q=" + urllib.parse.quote(x)), (takahashi, "/f/asset"), (suzuki, "/f/takeout?state=" + urllib.parse.quote(x)),
                                                   (suzuki, "/?done=" + urllib.parse.quote(x)), (suzuki, "/rooms/" + urllib.parse.quote(x, safe="").replace("%2F", "_")), (suzuki, "/f/" + urllib.parse.quote(x, safe="").replace("%2F", "_").replace("%5C", "_")),
                                                   (yamamoto, "/people?q=" + urllib.parse.quote(x)), (suzuki, "/regulation/" + urllib.parse.quote(x, safe="").replace("%2F", "_")), (suzuki, "/f/takeout/new?x=" + urllib.parse.quote(x)))]
        a = suzuki.form("/f/takeout/new", {"dest": x, "f.dest": x, "then": "submit", "ikey": "x%d" % i})
        seen.append((x, "POST new", a))
        seen.append((x, "POST act", suzuki.form("/r/%d/act" % rec, {"act": x, "comment": x})))
        sheet = "%s,%s\n%s,%s\n" % (('"%s"' % x.replace('"', '""'),) * 2 + ('"%s"' % x.replace('"', '""'),) * 2)
        seen.append((x, "import preview", yamamoto.multipart("/f/person/import", [("do", "look")], [("file", "a.csv", ("氏名,%s" % sheet).encode())])))
        seen.append((x, "login", Client(house).form("/login", {"login": x, "password": "x"})))
        house.sql("DELETE FROM login_rate", write=True)
    bad = [(x, p, live(a)) for x, p, a in seen if "html" in (a.headers.get("Content-Type") or "") and live(a)]
    check("nothing that was typed is run by a browser (%d pages)" % len(seen), not bad and len(seen) > 150, bad[:5])
    check("no such page is an error of ours", not [(p, a.status) for _, p, a in seen if a.status >= 500], [(p, a.status, a.text[-400:]) for _, p, a in seen if a.status >= 500][:3])
    policies = {a.headers.get("Content-Security-Policy") for _, _, a in seen}
    check("each says what may run: nothing but our own files", all(p and p.startswith("default-src 'none'; script-src 'self'") and "unsafe" not in p for p in policies), policies)
    control = type("A", (), {"text": "<p onclick='x'><script>x</script>"})
    check("the look finds what it should (the control)", len(live(control)) == 2, live(control))


def formulas(house):
    check = house.check
    yamamoto = house.person("yamamoto")
    for x in FORMULA:
        yamamoto.make("asset", {"name": x})
    text = yamamoto.get("/f/asset/csv").body.decode("utf-8-sig")
    cells = re.findall(r'(?:^|,)("(?:[^"]|"")*"|[^,\r\n]*)', text, re.M)
    check("an export holds no formula", not [c for c in cells if c.strip('"')[:1] in ("=", "+", "-", "@", "\t", "＝", "＋", "－", "＠")] and "'=HYPERLINK" in text, [c for c in cells if c.strip('"')[:1] in "=+-@"][:5])
    check("an export is asked for by who may make such rows or reads everything", house.person("kato").get("/f/asset/csv").status == 403, house.person("kato").get("/f/asset/csv").status)


def bomb():
    b = io.BytesIO()
    with zipfile.ZipFile(b, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("../../../../tmp/x.txt", b"0" * (80 << 20))
    return b.getvalue()


def files(house):
    """By their first bytes and their ending; never opened, never shown inside a page, never under a name that was sent."""
    check = house.check
    suzuki = house.person("suzuki")
    rec = suzuki.make("takeout", {"dest": "客先", "purpose": "納品", "from_at": "2030-01-07 09:00", "to_at": "2030-01-07 18:00"})
    page = b"<!DOCTYPE html><script>alert(1)</script>"
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
    exe = b"MZ" + b"\0" * 100
    for name, data in (("a.html", page), ("a.png", page), ("a.pdf", page), ("a.svg", svg), ("a.png", svg), ("a.jpg", b"GIF89a" + page), ("a.exe", exe), ("a.pdf", exe), ("a.txt", exe), ("a.sh", b"#!/bin/sh\nid\n"),
                       ("a.pdf", b"\x7fELF" + b"\0" * 60), ("a.js", b"alert(1)"), ("a.pdf.exe", PDF), ("a", PDF), ("a.docx", PDF), ("a.pdf", b""), ("a.txt", page), ("a.csv", page), ("a.xml", b"<?xml version='1.0'?><x/>"),
                       ("a.pdf\x00.png", PDF), ("a\u202efdp.exe", PDF)):
        a = suzuki.multipart("/r/%d/attach" % rec, [], [("file", name, data)])
        n = len(suzuki.get("/api/v1/records/%d" % rec).json()["attachments"])
        check("%r of %r is refused" % (name, data[:12]), a.status in (400, 422) and n == 0, (a.status, n, a.text[:200]))
    a = suzuki.multipart("/r/%d/attach" % rec, [], [("file", "bomb.zip", bomb())])
    check("an archive is kept closed", a.status == 303 and not __import__("os").path.exists("/tmp/x.txt"), a.status)
    for name, shown in (("../../etc/passwd.pdf", "passwd.pdf"), ("..\\..\\x.pdf", "x.pdf"), ("日本語 %0d%0aSet-Cookie: x=1.pdf", None), ("a;b=c.pdf", "a;b=c.pdf"), ("x" * 200 + ".pdf", None), ("a'b`c$(id).pdf", "a'b`c$(id).pdf")):
        a = suzuki.multipart("/r/%d/attach" % rec, [], [("file", name, PDF)])
        check("a name like %r does no harm" % name[:30], a.status in (303, 400, 422), (a.status, a.text[:200]))
    kept = suzuki.get("/api/v1/records/%d" % rec).json()["attachments"]
    check("paths were cut off the names", not [f["name"] for f in kept if "/" in f["name"] or "\\" in f["name"] or "\n" in f["name"]], kept)
    for f in kept:
        a = suzuki.get("/attachment/%d" % f["attachment"])
        h = a.headers
        check("%s is handed over, not shown" % f["name"][:20], a.status == 200 and (h.get("Content-Disposition") or "").startswith("attachment;") and "sandbox" in h.get("Content-Security-Policy", "") and
              h.get("X-Content-Type-Options") == "nosniff" and h.get("Set-Cookie") is None and "html" not in h.get("Content-Type", ""), h.items())
    huge = suzuki.ask("POST", "/r/%d/attach" % rec, b"", {"Content-Type": "multipart/form-data; boundary=x", "Content-Length": str(4 << 30)})
    check("four gigabytes are refused before they come", huge.status == 413, huge.status)


def addresses(house):
    """Where a page sends one on, and files of the server."""
    check = house.check
    kato = house.person("kato")
    host = "127.0.0.1:%d" % house.port
    for ref in ("https://evil.example/", "//evil.example/x", "http://%s//evil.example" % host, "http://%s/\\evil.example" % host, "http://%s@evil.example/" % host, "http://%s.evil.example/" % host, "http://%s/login\r\nX: y" % host,
                "http://%s/%%0d%%0aSet-Cookie:x=1" % host, "javascript://%s/%%0aalert(1)" % host, "http://%s/f/x?next=//evil" % host):
        try:
            a = kato.form("/language", {"next": "//evil.example", "back": "https://evil.example"}, {"Referer": ref})
        except ValueError:
            continue                                                  # the library itself refuses the line break
        where = a.where()
        check("not sent to %r" % ref[:40], a.status == 303 and re.match(r"/(?![/\\])", where) and "\r" not in where and "evil" not in where.split("?")[0] and a.headers.get("X") is None, (a.status, where))
    a = Client(house).form("/login", {"login": "kato", "password": PASSWORD, "next": "//evil.example/"}, {"Referer": "https://evil.example/"})
    check("a sign-in leads home", a.where() == "/", a.where())
    a = Client(house).ask("GET", "/r/1", None, {"Host": "evil.example"})
    check("a foreign Host leads nowhere", a.where() == "/login", a.where())
    for path in ("/../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/assets/../../etc/passwd", "/assets/x/..%2f..%2fetc%2fpasswd", "/assets/%2e%2e/x", "/assets/x/app.css%00", "/assets/x/app.css", "/.git/config", "/data/daicho.db", "/daicho.db",
                 "/assets/", "/assets", "/server-status", "/metrics", "/debug", "/.env", "/attachment/../1", "/attachment/-1", "/attachment/1e9", "/attachment/99999999999999999999", "/r/0", "/r/-1", "/r/01", "/r/1/", "//r/1", "/r//1"):
        a = kato.get(path)
        check("%s is nothing" % path, a.status in (400, 404) and "root:" not in a.text and "SQLite" not in a.text, (a.status, a.text[:100]))
    for method in ("PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "CONNECT", "PROPFIND", "get"):
        a = kato.ask(method, "/")
        check("%s is not a method here" % method, a.status in (400, 405, 501), a.status)
