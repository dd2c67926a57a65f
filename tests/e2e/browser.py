"""Chromium as a person uses it: pages opened by what is written on links and buttons, controls found by their labels.

Every page that is reached is looked at once per language and screen: no sideways scrolling, no console error, and nothing that axe finds.
"""
import os
import re

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

DESK = (1366, 768)
PHONE = (390, 844)
AXE = "var done = arguments[0]; axe.run(document, {resultTypes: ['violations']}).then(function (r) { done(r.violations.map(function (v) {" \
      "return v.id + ' (' + v.impact + '): ' + v.help + ' at ' + v.nodes.slice(0, 3).map(function (n) { return n.target.join(' '); }).join(', '); })); })" \
      ".catch(function (e) { done(['axe failed: ' + e]); });"


class Browser:
    def __init__(self, count, axe, shots=None, script=True):
        options = webdriver.ChromeOptions()
        for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--lang=ja", "--hide-scrollbars", "--force-device-scale-factor=1"):
            options.add_argument(word)
        prefs = {"download.default_directory": count.downloads, "intl.accept_languages": "ja"}
        if not script:
            prefs["profile.managed_default_content_settings.javascript"] = 2
        options.add_experimental_option("prefs", prefs)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options)
        self.count, self.axe, self.shots, self.script = count, axe if script else None, shots, script
        self.base, self.seen, self.shot_no = None, set(), 0
        self.size(DESK)

    def size(self, size):
        self.screen = size
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size == PHONE})

    def close(self):
        self.driver.quit()

    # ---- going ----
    def go(self, path):
        self.driver.get(self.base + path)
        self.look()

    def path(self):
        return self.driver.current_url[len(self.base):]

    def text(self):
        return self.driver.find_element(By.TAG_NAME, "main").text

    def title(self):
        return self.driver.find_element(By.TAG_NAME, "h1").text

    def has(self, words):
        return words in self.text()

    def _after(self, act):
        """Does act and waits until another document stands there."""
        old = self.driver.find_element(By.TAG_NAME, "html")
        act()
        WebDriverWait(self.driver, 60).until(lambda d: _gone(old))
        WebDriverWait(self.driver, 60).until(lambda d: d.execute_script("return document.readyState") == "complete" if self.script else d.find_elements(By.TAG_NAME, "main"))
        self.look()

    def link(self, words, within="main"):
        self._after(self.find_link(words, within).click)

    def find_link(self, words, within="main"):
        return self._one("//%s//a[contains(normalize-space(.), %s)]" % (within, _quote(words)), "link " + words)

    def row(self, words):
        """Into the record of the table row (or list item) that shows these words."""
        self._after(self._one("//main//*[self::tr or self::li][contains(normalize-space(.), %s)]//a" % _quote(words), "row " + words).click)

    def press(self, words):
        self._after(self.find_button(words).click)

    def find_button(self, words):
        return self._one("//button[contains(normalize-space(.), %s)]" % _quote(words), "button " + words)

    def _one(self, xpath, what):
        for e in self.driver.find_elements(By.XPATH, xpath):
            if e.is_displayed():
                return e
        raise AssertionError("no %s on %s\n%s" % (what, self.path(), self.text()[:1500]))

    # ---- filling ----
    def control(self, label):
        for e in self.driver.find_elements(By.XPATH, "//label[starts-with(normalize-space(.), %s)]" % _quote(label)):
            key = e.get_attribute("for")
            if key:
                found = self.driver.find_elements(By.ID, key)
                if found:
                    return found[0]
            inner = e.find_elements(By.XPATH, ".//input|.//select|.//textarea")
            if inner:
                return inner[0]
        raise AssertionError("no control labelled %s on %s\n%s" % (label, self.path(), self.text()[:1500]))

    def fill(self, label, value):
        e = self.control(label)
        if e.tag_name == "select":
            self.choose(e, value)
        elif e.get_attribute("type") in ("checkbox", "radio"):
            if e.is_selected() != bool(value):
                e.click()
        elif e.get_attribute("type") == "file":
            e.send_keys(value)
        elif e.get_attribute("type") in ("date", "datetime-local", "time", "month") and self.script:
            self.driver.execute_script("arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input', {bubbles: true}));"
                                       "arguments[0].dispatchEvent(new Event('change', {bubbles: true}));", e, value)
        else:
            e.clear()
            e.send_keys(value)

    def choose(self, e, words):
        for o in Select(e).options:
            if words in o.get_attribute("textContent"):
                Select(e).select_by_value(o.get_attribute("value"))
                return
        raise AssertionError("no option %s in %s: %s" % (words, e.get_attribute("name"), [o.get_attribute("textContent") for o in Select(e).options][:30]))

    def tick(self, words):
        e = self._one("//label[contains(normalize-space(.), %s)]" % _quote(words), "box " + words)
        box = e.find_element(By.TAG_NAME, "input")
        if not box.is_selected():
            e.click()

    def keys(self, *words):
        """Typed into whatever has the focus: nothing but the keyboard."""
        from selenium.webdriver.common.action_chains import ActionChains
        ActionChains(self.driver).send_keys(*words).perform()

    def focused(self):
        return self.driver.switch_to.active_element

    # ---- looking ----
    def look(self):
        """The page now: once per address pattern, language, screen and first heading."""
        lang = self.driver.find_element(By.TAG_NAME, "html").get_attribute("lang")
        title = self.driver.find_elements(By.TAG_NAME, "h1")
        name = re.sub(r"\d+", "N", self.path().split("?")[0])
        bad = bool(self.driver.find_elements(By.CSS_SELECTOR, ".problems"))
        key = (name, lang, self.screen, title[0].text if title else "", bad)
        if key in self.seen:
            return
        self.seen.add(key)
        what = "%s %s %dpx%s" % (name, lang, self.screen[0], " refused" if bad else "")
        self.shot(what)
        self.check_width(what)
        self.check_console(what)
        self.check_axe(what)

    def both_languages(self):
        """The same page in English, too, then back."""
        here = self.path()
        for words in ("English", "日本語"):
            self._after(self._one("//header//button[contains(normalize-space(.), %s)]" % _quote(words), "button " + words).click)
            self.go(here)

    def both_languages_here(self):
        """A page that answers a POST: the language is switched before anybody has signed in, by the button in the header."""
        if not self.driver.find_elements(By.XPATH, "//header//button[contains(normalize-space(.), 'English')]"):
            return
        here = self.path()
        for words in ("English", "日本語"):
            self._after(self._one("//header//button[contains(normalize-space(.), %s)]" % _quote(words), "button " + words).click)
            self.count.check("the language can be switched before sign-in: " + words, self.path() == here or self.path() == "/", self.path() + "\n" + self.text()[:300])
            self.go(here)

    def check_width(self, what):
        if not self.script:
            return
        wide = self.driver.execute_script("return Math.max(document.documentElement.scrollWidth, window.innerWidth)") - self.screen[0]       # a phone widens innerWidth instead
        self.count.check("no sideways scrolling: " + what, wide <= 0, "%d px too wide: %s" % (wide, self.widest()))

    def widest(self):
        return self.driver.execute_script("var out = []; document.querySelectorAll('body *').forEach(function (e) { var r = e.getBoundingClientRect();"
                                          "if (r.right > arguments[0] + 1) out.push(e.tagName + '.' + e.className + ' ' + Math.round(r.right)); });"
                                          "return out.slice(0, 6).join('; ')", self.screen[0])

    def check_console(self, what):
        lines = [x["message"] for x in self.driver.get_log("browser") if x["level"] == "SEVERE" and not re.search(r"status of (401|403|409|422)", x["message"])]
        self.count.check("nothing refused by the browser: " + what, not lines, "; ".join(lines[:3]))

    def check_axe(self, what):
        if not self.script:
            return
        if self.axe is None:
            self.count.skip("axe: " + what)
            return
        if not self.driver.execute_script("return typeof axe === 'object'"):
            self.driver.execute_script(self.axe)
        found = self.driver.execute_async_script(AXE)
        self.count.check("axe: " + what, found == [], "; ".join(found))

    def shot(self, what):
        if self.shots:
            self.shot_no += 1
            full = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True}) if self.script else None
            name = os.path.join(self.shots, "%03d-%s.png" % (self.shot_no, re.sub(r"[^A-Za-z0-9]+", "-", what).strip("-")))
            if full:
                import base64
                with open(name, "wb") as out:
                    out.write(base64.b64decode(full["data"]))
            else:
                self.driver.save_screenshot(name)


def _quote(words):
    return '"%s"' % words if '"' not in words else "'%s'" % words


def _gone(element):
    try:
        element.is_enabled()
        return False
    except Exception:                                     # the driver has several names for "no longer there"
        return True


TAB, ENTER, SPACE = Keys.TAB, Keys.ENTER, Keys.SPACE
