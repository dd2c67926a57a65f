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
    b.fill("初期設定コード", "wrong")
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
