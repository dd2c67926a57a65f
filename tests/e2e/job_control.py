"""The checks themselves: on a page with faults each of them must find something, or they prove nothing elsewhere."""
import os

from browser import PHONE

BAD = "data:text/html,<html><head><meta name='viewport' content='width=device-width, initial-scale=1'><title></title></head><body><main><h1>x</h1><h4>y</h4><img src='data:,' width=2000 height=9>" \
      "<input><p style='color:%23aaa;background:%23bbb'>pale</p></main><script src='http://127.0.0.1:1/none.js'></script></body></html>"


class Found:
    """A count that only listens."""
    def __init__(self):
        self.bad, self.skipped, self.downloads = [], [], os.devnull

    def check(self, what, good, why=""):
        if not good:
            self.bad.append(what + " " + why)

    def skip(self, what):
        self.skipped.append(what)


def job(house):
    check = house.count.check
    served = house.served()
    b = house.browser(served)
    b.size(PHONE)
    b.driver.get(BAD)
    real, b.count = b.count, Found()
    b.check_width("bad")
    check("a page that is too wide is noticed", len(b.count.bad) == 1, str(b.count.bad))
    b.count = Found()
    b.check_console("bad")
    check("a resource that cannot be loaded is noticed", len(b.count.bad) == 1, str(b.count.bad))
    b.count = Found()
    b.check_axe("bad")
    if b.axe is None:
        real.skip("axe notices faults")
    else:
        check("axe notices faults", b.count.bad and all(x in b.count.bad[0] for x in ("image-alt", "document-title", "html-has-lang", "heading-order", "color-contrast", "label")), str(b.count.bad))
