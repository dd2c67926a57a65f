"""An organisation that brings its own lists as its office has them (CP932): the first hour, then its asset register from CSV; one form by the keyboard
alone, one with JavaScript off, the pages of the first hour on a phone."""
import os
import time

from browser import DESK, ENTER, PHONE, SPACE, TAB
from job_takeout import as_, at_home, refused, state

DATA = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "data", "office")
PASSWORD = "Hajime-no-2026!"


def first_hour(b, served, check):
    b.go("/")
    b.fill("初期設定コード", served.code)
    b.press("次へ")
    check("no regulation chosen is told", refused(b) and b.has("規程を一つ以上選んでください"), b.text()[:400])
    b.fill("初期設定コード", served.code)
    b.tick("中小企業の情報セキュリティ関連規程")
    b.press("次へ")
    check("a missing name is named, and a link leads to it", refused(b) and b.has("組織の名称を入力してください"), b.text()[:400])
    ticked = b.driver.find_elements("css selector", "input[type=checkbox][value=sme]:checked")
    check("what was ticked stays ticked", len(ticked) == 1, b.text()[:400])
    b.both_languages_here()
    b.fill("初期設定コード", served.code)
    b.tick("中小企業の情報セキュリティ関連規程")        # the page was asked for anew in the other language
    b.fill("組織の名称", "株式会社北山製作所")
    b.press("次へ")
    check("the words of the regulation come next", b.has("会社名"), b.text()[:400])
    b.fill("会社名", "株式会社北山製作所")
    b.size(PHONE)
    b.look()
    b.press("次へ")
    check("people come next", "人と部門" in b.title(), b.title())
    b.look()
    b.size(DESK)
    b.fill("従業者名簿", os.path.join(DATA, "people-bad-cp932.csv"))
    b.press("内容を確かめる")
    check("faults are shown by their lines and nothing is kept", b.has("直すところ") and b.has("まだ何も登録していません"), b.text()[:900])
    b.fill("従業者名簿", os.path.join(DATA, "people-cp932.csv"))
    b.fill("部門の一覧", os.path.join(DATA, "departments-cp932.csv"))
    b.press("内容を確かめる")
    check("the mended lists are read", b.has("従業者 5 人") and b.has("髙橋 一郎") and b.has("﨑山 花子"), b.text()[:900])
    b.size(PHONE)
    b.look()
    b.size(DESK)
    b.press("この内容で登録する")
    check("roles come next", "役割と管理者" in b.title(), b.title())
    for role, person in (("daicho の管理者", "﨑山"), ("情報セキュリティ責任者", "髙橋"), ("代表取締役", "髙橋"), ("情報システム管理者", "﨑山")):
        b.fill(role, person)
    for e in b.driver.find_elements("css selector", "select[name$='dept_security_officer']"):
        b.choose(e, "tanaka2")
    b.fill("管理者のパスワード", "short")
    b.fill("新しいパスワード(確認)", "short")
    b.press("設定を終える")
    check("a weak password is refused and the choices stay", refused(b) and "﨑山" in b.control("情報システム管理者").find_element("css selector", "option:checked").get_attribute("textContent"), b.text()[:400])
    b.fill("管理者のパスワード", PASSWORD)
    b.fill("新しいパスワード(確認)", PASSWORD)
    b.press("設定を終える")
    check("set-up ends at sign-in", b.path().startswith("/login") and b.has("初期設定が終わりました"), b.text()[:300])


def given(b, login, password):
    """The administrator issues a first password; whoever gets it must change it."""
    as_(b, "sakiyama", PASSWORD)
    b.go("/people?q=" + login)
    b.press("仮パスワードを発行")
    first = b.driver.find_element("css selector", "main pre").text
    as_(b, login, first)
    b.fill("今のパスワード", first)
    b.fill("新しいパスワード", password)
    b.fill("新しいパスワード(確認)", password)
    b.press("変更する")
    as_(b, login, password)


def register(house, b, check):
    given(b, "takahashi", "Aratana-no-77?t")
    given(b, "tanaka1", "Aratana-no-78?k")
    check("a first password is changed at the first sign-in", b.path() == "/", b.path())
    b.go("/rooms/registers")
    b.link("情報資産管理台帳")
    b.link("CSV から取り込む")
    b.both_languages()
    b.press("内容を確かめる")
    check("no file chosen is told", refused(b), b.text()[:400])
    b.fill("取り込む CSV", os.path.join(DATA, "assets-bad-cp932.csv"))
    b.press("内容を確かめる")
    check("the row that cannot be read is shown", b.has("直すところ"), b.text()[:900])
    b.fill("直した CSV", os.path.join(DATA, "assets-rule-cp932.csv"))
    b.press("内容を確かめる")
    check("the regulation refuses a row: nothing is kept", b.has("直すところ") and b.has("極秘") and b.has("3-1.1") and not b.has("この内容で登録する"), b.text()[:900])
    b.fill("直した CSV", os.path.join(DATA, "assets-cp932.csv"))
    b.press("内容を確かめる")
    check("three rows can be read", b.has("3 行を読み取れました"), b.text()[:600])
    b.size(PHONE)
    b.look()
    b.size(DESK)
    b.fill("業務分類", "使いません")
    b.press("この割当てで確かめ直す")
    check("a column can be left out", b.has("3 行を読み取れました") and "業務分類" not in b.driver.find_element("css selector", "main table").text, b.text()[:600])
    b.fill("№", "業務分類")
    b.fill("情報資産名称", "使いません")
    b.press("この割当てで確かめ直す")
    check("a required column that is left out is a fault in each row", b.has("3 行のうち 3 行に直すところ") and b.has("情報資産名称"), b.text()[:600])
    b.fill("№", "使いません")
    b.fill("情報資産名称", "情報資産名称")
    b.fill("業務分類", "業務分類")
    b.press("この割当てで確かめ直す")
    check("put right again", b.has("3 行を読み取れました"), b.text()[:600])
    b.press("この内容で登録する")
    check("the import waits for somebody else", b.has("承認待ち"), b.text()[:600])
    as_(b, "takahashi", "Aratana-no-77?t")
    b.row("台帳の取込み")
    b.press("承認・確認する")
    for _ in range(100):                                     # the rows follow the approval in chunks
        b.go("/f/asset")
        if b.has("顧客名簿"):
            break
        time.sleep(0.1)
    check("the register is in force", all(b.has(n) for n in ("顧客名簿", "製品カタログ", "原価表")), b.text()[:600])
    b.fill("検索する言葉", "ｺｷｬｸ")
    b.press("絞り込む")
    check("search folds width: nothing else is listed", not b.has("原価表"), b.text()[:400])
    b.fill("検索する言葉", "顧客")
    b.press("絞り込む")
    check("search finds two characters", b.has("顧客名簿") and not b.has("原価表"), b.text()[:400])


def keyboard(b, check):
    """A take-out of public material, from sign-in to submission, without touching the mouse."""
    b.driver.delete_all_cookies()
    b.go("/login")

    def to(name, most=60):
        for _ in range(most):
            e = b.focused()
            if e.get_attribute("name") == name or (e.text or "").strip().startswith(name):
                return e
            b.keys(TAB)
        raise AssertionError("the keyboard does not reach %s on %s" % (name, b.path()))

    to("login")
    b.keys("tanaka1")
    to("password")
    b._after(lambda: b.keys("Aratana-no-78?k", ENTER))
    check("signed in by keyboard", b.path() == "/", b.path())
    b.keys(TAB)
    check("the first stop leads past the navigation", b.focused().get_attribute("class") == "skip", b.focused().get_attribute("outerHTML")[:200])
    b.keys(ENTER)
    e = to("情報資産 社外持出し許可申請書")
    b._after(lambda: b.keys(ENTER))
    to("f.dest")
    b.keys("山田商店")
    to("f.purpose")
    b.keys("カタログの説明")
    for name, at in (("f.from_at", ("12012026", TAB, "0900AM")), ("f.to_at", ("12012026", TAB, "0500PM"))):
        to(name)
        b.keys(*at)
    to("f.items[0].asset")
    b.keys("製品カタログ")
    to("f.items[0].medium")
    b.keys("書類")
    to("f.sme.watch[]")
    b.keys(SPACE)
    to("f.sme.pni_use")
    b.keys("なし")
    to("保存して提出")
    b._after(lambda: b.keys(ENTER))
    check("an application by keyboard alone: public material needs no approval", b.path().startswith("/r/") and "承認済み" in state(b), b.text()[:900])


def without_script(house, served, check):
    b = house.browser(served, script=False)
    as_(b, "tanaka1", "Aratana-no-78?k")
    b.link("社外持出し許可申請書")
    b.fill("持出し先", "青森支店")
    b.fill("目的", "会議")
    b.press("保存して提出")
    check("without JavaScript a refusal keeps what was typed", refused(b) and b.control("持出し先").get_attribute("value") == "青森支店", b.text()[:400])
    for label, day in (("持出し日時", "12012026\t0900AM"), ("返却予定", "12022026\t0500PM")):
        b.control(label).send_keys(day)
    row = b.driver.find_elements("css selector", "tbody tr")[0].find_elements("css selector", "select")
    b.choose(row[0], "製品カタログ")
    b.choose(row[1], "書類")
    b.tick("携行中は目を離さず")
    b.fill("特定個人情報を含む", "なし")
    b.press("保存して提出")
    check("without JavaScript the form is handed in", b.path().startswith("/r/") and "承認済み" in state(b), b.text()[:900])
    b.link("後から書く欄を書く")
    check("and the later fields open", b.has("返却日時"), b.text()[:400])


def job(house):
    check = house.count.check
    served = house.served()
    b = house.browser(served)
    first_hour(b, served, check)
    register(house, b, check)
    for step in (lambda: keyboard(b, check), lambda: without_script(house, served, check)):
        try:
            step()
        except AssertionError as why:
            check("goes on", False, str(why))
    check("ホーム lists the return", at_home(b, "持出し品の返却"), b.text()[:400])
