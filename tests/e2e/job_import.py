"""Imports beside the office's first one (job_office): the empty sheet of every register fits its own import; a big one is stopped on its way by its button;
one that no longer holds after the approval names its rows, which can be downloaded; a log has no import and says why."""
import csv
import io
import os
import time
import urllib.error
import urllib.parse
import urllib.request

from browser import DESK, PHONE
from desk import Desk, EXAMPLE
from job_takeout import as_, refused

HEADINGS = {"媒体番号": "X-001", "種類": "USBメモリ", "用途": "社内", "暗号化機能": "あり", "保管場所": "鍵付きキャビネット", "紛失防止": "大きなタグ、鈴", "施錠": "あり"}


def fetched(desk, path):
    with urllib.request.urlopen(urllib.request.Request(desk.url + path, None, {"Cookie": desk.headers["Cookie"]}), timeout=60) as r:
        return r.read(), r.headers


def sheet(codes, values):
    out = io.StringIO()
    w = csv.writer(out, lineterminator="\r\n")
    w.writerow(list(values))
    for code in codes:
        w.writerow([code if k == "媒体番号" else v for k, v in values.items()])
    return out.getvalue().encode("cp932")


def template(house, served, b, check, values):
    desk = Desk(served, "yamamoto")
    body, headers = fetched(desk, "/f/medium/import/template")
    heads = next(csv.reader(io.StringIO(body.decode("cp932"))))
    check("the empty sheet is for Excel in Japan: Shift_JIS, no mark", "Shift_JIS" in headers["Content-Type"] and not body.startswith(b"\xef\xbb\xbf"), headers["Content-Type"])
    check("its headings are the labels of the register", set(values) <= set(heads), "%s" % heads)
    body, headers = fetched(desk, "/f/medium/import/template?as=utf8")
    check("or UTF-8 with its mark", body.startswith(b"\xef\xbb\xbf") and next(csv.reader(io.StringIO(body.decode("utf-8-sig")))) == heads, headers["Content-Type"])
    row = io.StringIO()
    w = csv.writer(row, lineterminator="\r\n")
    w.writerow(heads)
    w.writerow([values.get(h, "") for h in heads])
    as_(b, "yamamoto", EXAMPLE)
    b.go("/f/medium")
    b.link("CSV から取り込む")
    for e in b.driver.find_elements("css selector", "main details > summary"):
        e.click()
    check("the page says how each column is written", b.has("ひな形") and b.has("書き方") and b.has("USBメモリ / "), b.text()[:900])
    b.both_languages()
    b.size(PHONE)
    b.go("/f/medium/import")
    b.size(DESK)
    b.go("/f/medium/import")
    b.fill("取り込む CSV", house.file("empty.csv", (",".join(heads) + "\r\n").encode("cp932")))
    b.press("内容を確かめる")
    check("an empty sheet holds no rows, and says so", refused(b) and b.has("取り込む行がありません"), b.text()[:600])
    b.fill("取り込む CSV", house.file("filled.csv", row.getvalue().encode("cp932")))
    b.press("内容を確かめる")
    check("the filled sheet is read", b.has("1 行を読み取れました"), b.text()[:900])
    b.press("この内容で登録する")
    check("and waits for its approval", b.has("1 行の取込み") or b.has("承認待ち"), b.text()[:900])
    number = int(b.path().split("?")[0].split("/")[-1])
    Desk(served, "nakamura").command("record.approve", record=number)
    arrived(desk, "medium", "X-001")
    b.go("/f/medium?q=X-001")
    check("approved, the row of the sheet is in the register", b.has("X-001"), b.text()[:600])


def arrived(desk, form, name):
    for _ in range(600):
        if desk.get("/api/v1/forms/%s/records?q=%s" % (form, urllib.parse.quote(name)))["records"]:
            return
        time.sleep(0.1)


def every_template(served, check):
    """Each heading of each empty sheet means its own field: every register that somebody here may import."""
    wrong, seen = [], set()
    for login in ("yamamoto", "suzuki", "matsui", "nakamura", "sato", "kitagawa"):
        desk = Desk(served, login)
        for form in desk.get("/api/v1/forms")["forms"]:
            ident = form["form"]
            if ident in seen:
                continue
            try:
                body, _ = fetched(desk, "/f/%s/import/template" % ident)
            except urllib.error.HTTPError:
                continue
            seen.add(ident)
            text = body.decode("utf-8-sig" if body.startswith(b"\xef\xbb\xbf") else "cp932")
            heads = next(csv.reader(io.StringIO(text)))
            if len(set(heads)) != len(heads):
                wrong.append("%s: %s" % (ident, [h for h in heads if heads.count(h) > 1]))
    check("every register has an empty sheet, no heading twice", len(seen) > 20 and not wrong, "%d: %s" % (len(seen), wrong[:5]))


def handed_in(house, b, name, codes, values):
    b.go("/f/medium/import")
    b.fill("取り込む CSV", house.file(name, sheet(codes, values)))
    b.press("内容を確かめる")
    b.press("この内容で登録する")
    return int(b.path().split("?")[0].split("/")[-1])


def stopped(house, served, b, check, values):
    nakamura = Desk(served, "nakamura")
    n = 1500
    record = handed_in(house, b, "looked-at.csv", ["B-%04d" % i for i in range(300)], values)
    nakamura.command("record.approve", record=record)
    b.go("/r/%d" % record)
    b.both_languages()
    record = handed_in(house, b, "many.csv", ["C-%04d" % i for i in range(n)], values)
    nakamura.command("record.approve", record=record)
    b.go("/r/%d" % record)
    check("on its way the page says how far it is", b.has("%d 件中" % n), b.text()[:900])
    b.press("取り込みを中止する")                   # at once: what is looked at for long would meanwhile be applied
    check("the button stops it", b.path().startswith("/f/medium") and b.has("中止しました"), b.path() + "\n" + b.text()[:600])
    for _ in range(300):
        b.go("/r/%d" % record)
        if b.has("取り込みは中止されました"):
            break
        time.sleep(0.2)
    check("and the import says that nothing came of it", b.has("取り込みは中止されました") and not b.driver.find_elements("xpath", "//button[contains(., '取り込みを中止する')]"), b.text()[:900])
    b.go("/f/medium?q=C-0001")
    check("none of its rows is there", not b.driver.find_elements("css selector", "main tbody tr"), b.text()[:600])


def faults(house, served, b, check, values):
    nakamura = Desk(served, "nakamura")
    first = handed_in(house, b, "one.csv", ["D-1", "D-2"], values)
    second = handed_in(house, b, "two.csv", ["D-2", "D-3"], values)
    nakamura.command("record.approve", record=first)
    arrived(Desk(served, "yamamoto"), "medium", "D-2")
    nakamura.command("record.approve", record=second)
    for _ in range(300):
        b.go("/r/%d" % second)
        if b.has("取り込みは中止されました"):
            break
        time.sleep(0.1)
    check("a row that does not hold any more ends the import and is named", b.has("承認の後で受け付けられなくなって"), b.text()[:900])
    before = set(os.listdir(house.count.downloads))
    b.find_button("CSV").click()
    new = []
    for _ in range(100):
        new = [f for f in set(os.listdir(house.count.downloads)) - before if not f.endswith(".crdownload")]
        if new:
            break
        time.sleep(0.1)
    data = b""
    if new:
        with open(os.path.join(house.count.downloads, new[0]), "rb") as f:
            data = f.read()
    check("the rows with faults can be downloaded", "D-2".encode() in data and b"D-3" not in data, "%s %s" % (new, data[:300]))
    b.go("/f/medium?q=D-3")
    check("the good row of the same file is not there either", not b.driver.find_elements("css selector", "main tbody tr"), b.text()[:600])


def job(house):
    check = house.count.check
    served = house.kita("sme")
    values = HEADINGS
    b = house.browser(served)
    template(house, served, b, check, values)
    every_template(served, check)
    stopped(house, served, b, check, values)
    faults(house, served, b, check, values)
