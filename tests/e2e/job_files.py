"""Files that come with a form: a refused post leaves nothing of them behind and says that they must be chosen again; a saved draft keeps them once."""
import os
import urllib.parse

from desk import Desk, EXAMPLE
from job_takeout import as_, refused
from webclient import Browser as Plain

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
AGAIN = "もう一度選んでください"


def plain(served, login):
    b = Plain(urllib.parse.urlparse(served.url).port)
    b.login(login, EXAMPLE)
    return b


def attached(desk, record):
    return [a["name"] for a in desk.get("/api/v1/records/%d" % record)["attachments"]]


def on_disk(served):
    """Files under attachments, wherever: (waiting, kept)."""
    root = os.path.join(served.data, "data", "attachments")
    found = [os.path.join(d, f) for d, _, files in os.walk(root) for f in files]
    waiting = sum(1 for f in found if f.startswith(os.path.join(root, "tmp") + os.sep))
    return waiting, len(found) - waiting


def later(served, check):
    """A field of a later stage: refused, then taken."""
    tanaka = Desk(served, "tanaka")
    record = tanaka.create("disposal", True, act="discard", medium="cd_r", ident="D-077", assets=["見積書"], done_by="tanaka",
                           **{"sme.method": "destroy", "sme.outsourced": "北国リサイクル株式会社"})
    Desk(served, "takahashi").command("record.approve", record=record)
    b = plain(served, "tanaka")
    before = on_disk(served)
    f = b.get("/r/%d/edit?stage=later" % record).form("/edit")
    f.set("f.done_on", "きのう")
    p = b.send(f, button="save", files={"u.certificate": ("certificate.pdf", PDF)})
    check("a date that is none refuses the post", p.status == 422, "%d %s" % (p.status, p.text[:300]))
    check("and says that the file must be chosen again", AGAIN in p.text and "certificate.pdf" in p.text, p.text[:900])
    check("what was typed stays", 'value="きのう"' in p.html, p.html[:300])
    check("nothing of the file is attached", attached(tanaka, record) == [], "%s" % attached(tanaka, record))
    check("nor kept on the disk", on_disk(served) == before, "%s %s" % (before, on_disk(served)))
    f = p.form("/edit")
    f.set("f.done_on", "2026-11-20")
    p = b.send(f, button="save", files={"u.certificate": ("certificate.pdf", PDF)})
    check("chosen again it is taken", p.status == 200 and attached(tanaka, record) == ["certificate.pdf"], "%d %s" % (p.status, p.text[:600]))
    check("its bytes are kept, nothing waits", on_disk(served) == (0, before[1] + 1), "%s" % (on_disk(served),))
    return record


def fresh(served, check):
    """A new record: a kind of file that is not taken, then a draft that is saved but not handed in."""
    b, desk = plain(served, "yamamoto"), Desk(served, "yamamoto")
    f = b.get("/f/sf_307/new").form("/new")
    f.set("f.service", "南国クラウド")
    p = b.send(f, button="save", files={"u.terms_file": ("tool.exe", b"MZ\x90\x00\x03")})
    check("a program is not taken for terms", p.status in (409, 422) and AGAIN in p.text, "%d %s" % (p.status, p.text[:900]))
    record = int(p.form("/edit").action.split("/r/")[1].split("/")[0])
    check("the draft is there without it", attached(desk, record) == [], "%s" % attached(desk, record))
    p = b.send(p.form("/edit"), button="save", files={"u.service": ("terms.pdf", PDF)})
    check("a file for a field that takes none is refused", p.status == 422 and attached(desk, record) == [], "%d %s" % (p.status, p.text[:300]))
    f = p.form("/edit")
    p = b.send(f, button="submit", files={"u.terms_file": ("terms.pdf", PDF)})
    check("not handed in, for much is missing", p.status == 422 and AGAIN not in p.text, p.text[:600])
    check("but the draft was saved, with its file", attached(desk, record) == ["terms.pdf"], "%s" % attached(desk, record))
    p = b.send(p.form("/edit"), button="submit")
    check("which is there once, however often it is tried", p.status == 422 and attached(desk, record) == ["terms.pdf"], "%s" % attached(desk, record))
    return record


def job(house):
    check = house.count.check
    served = house.kita("sme")
    later(served, check)
    record = fresh(served, check)
    b = house.browser(served)
    as_(b, "yamamoto", EXAMPLE)
    b.go("/r/%d/edit" % record)
    b.fill("サービス名・提供者", "")
    b.fill("約款・方針の写し", house.file("tool.exe", b"MZ\x90\x00\x03"))
    b.press("下書きとして保存")
    check("in the browser the field says so, too", refused(b) and b.has(AGAIN), b.text()[:900])
    b.both_languages_here()
