"""A newcomer takes the example organisation and looks around: set-up, sign-in, every kind of page, in both languages, at a desk and on a phone."""
from browser import DESK, PHONE

PASSWORD = "Kita-Shouji-2026!"
ROOMS = ("ホーム", "台帳", "申請", "監査", "文書", "適合状況", "台帳の検証", "設定")


def sign_in(b, login, password=PASSWORD):
    b.go("/login")
    b.fill("ログインID", login)
    b.fill("パスワード", password)
    b.press("サインイン")


def sign_out(b):
    b.press("サインアウト")


def set_up(house):
    """The example through the set-up page; everybody has PASSWORD."""
    check = house.count.check
    served = house.served()
    b = house.browser(served)
    b.go("/")
    check("a fresh house begins with set-up", b.path() == "/setup", b.path())
    check("every regulation is offered with what daicho carries of it, none is ticked", b.has("規程の義務 741 件のうち、この版の daicho が担うのは 268 件") and b.has("義務 843 件のうち") and
          not b.driver.find_elements("css selector", "input[name='adopt[]']:checked"), b.text()[:900])
    b.fill("初期設定コード", "wrong")
    b.tick("中小企業の情報セキュリティ関連規程")
    b.tick("例の組織")
    b.press("次へ")
    check("a wrong set-up code is refused in place", b.has("初期設定コードが違います"), b.text()[:300])
    b.fill("初期設定コード", served.code)
    b.tick("例の組織")
    b.fill("例の全員に共通のパスワード", "short")
    b.press("次へ")
    check("a weak password is refused", bool(b.driver.find_elements("css selector", ".problems")), b.text()[:300])
    b.fill("初期設定コード", served.code)
    b.tick("例の組織")
    b.fill("例の全員に共通のパスワード", PASSWORD)
    b.press("次へ")
    check("the example is loaded and says who is who", b.has("suzuki") and b.has("鈴木 翔太"), b.text()[:500])
    b.link("サインイン")
    return served, b


def rooms(b, check):
    for room in ROOMS:
        b.go("/")
        b.link(room, within="nav")
        check("the navigation opens " + room, b.driver.find_elements("css selector", "nav a[aria-current]") != [], b.path())
        b.both_languages()


def job(house):
    check = house.count.check
    served, b = set_up(house)
    b.fill("ログインID", "suzuki")
    b.fill("パスワード", "wrong")
    b.press("サインイン")
    check("a wrong password is refused", b.path() == "/login" and bool(b.driver.find_elements("css selector", ".problems")), b.text()[:300])
    sign_in(b, "suzuki")
    check("ホーム is the first page", b.path() == "/" and "鈴木" in b.driver.find_element("tag name", "header").text, b.path())
    b.both_languages()
    rooms(b, check)
    b.size(PHONE)
    rooms_phone = ["/", "/rooms/registers", "/rooms/applications", "/f/asset", "/f/takeout", "/f/takeout/new", "/conformity", "/ledger", "/settings"]
    for path in rooms_phone:
        b.go(path)
    b.size(DESK)
    sign_out(b)
    check("signed out", b.path() == "/login", b.path())
    sign_in(b, "yamamoto")
    for path in ("/settings", "/people", "/f/asset", "/f/asset/import", "/f/asset/new", "/f/takeout/new", "/settings/words/sme", "/settings/coverage/sme", "/regulation/sme"):
        b.go(path)
        b.both_languages()
    words(b, check)


def words(b, check):
    """The administrator changes a figure of the regulation; weaker than the source states is refused, and what was typed stays."""
    def opened():
        for e in b.driver.find_elements("css selector", "main details:not([open]) > summary"):
            e.click()
    b.go("/settings/words/sme")
    opened()
    b.fill("一般アカウントの最小文字数", "8")
    b.press("保存する")
    opened()
    check("a figure weaker than the regulation states is refused", b.driver.find_elements("css selector", ".problems") != [] and b.has("規程が定める 10 より緩い"), b.text()[:600])
    check("what was typed stays", b.control("一般アカウントの最小文字数").get_attribute("value") == "8")
    b.fill("一般アカウントの最小文字数", "十四")
    b.press("保存する")
    opened()
    check("what is no figure is refused", b.driver.find_elements("css selector", ".problems") != [], b.text()[:400])
    b.fill("一般アカウントの最小文字数", "14")
    b.fill("会社名", "株式会社北屋商事")
    b.press("保存する")
    opened()
    check("a stricter figure is taken", b.has("設定を変更しました") and b.control("一般アカウントの最小文字数").get_attribute("value") == "14", b.text()[:400])
    b.press("保存する")
    check("saving without a change says so", b.has("変更された項目がありません"), b.text()[:400])
    b.go("/settings")
    check("the sets in force are listed, an earlier one can be brought back", len(b.driver.find_elements("xpath", "//button[contains(., 'この版に戻す')]")) >= 1, b.text()[:600])
    b.press("この版に戻す")
    b.go("/settings/words/sme")
    opened()
    check("the earlier figure is back", b.control("一般アカウントの最小文字数").get_attribute("value") == "10")
    as_employee(b, check)


def as_employee(b, check):
    b.driver.delete_all_cookies()
    sign_in(b, "suzuki")
    b.go("/settings/words/sme")
    check("somebody else may look but not change", not b.driver.find_elements("xpath", "//button[contains(., '保存する')]"), b.text()[:300])
    b.driver.get(b.base + "/people")
    check("sign-ins of people are the administrator's", b.has("権限"), b.text()[:300])
