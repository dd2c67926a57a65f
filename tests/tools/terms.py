"""Terms counted a second time, from the words of the law and the published list of holidays alone, to hold src/cal/term.c and the SQL of
deadline() against (tests/unit/cal/test_term.c, tests/unit/pack/test_cond_engines.c): tests/data/terms.csv.

terms.py --write writes the file; terms.py (a test) compares it, and the worked examples with it."""
import datetime
import os
import random
import re
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
FILE = os.path.join(ROOT, "tests", "data", "terms.csv")
DAY = datetime.timedelta(days=1)

HOLIDAYS = set()
with open(os.path.join(ROOT, "tests", "data", "holidays", "holidays.yml"), encoding="utf-8") as f:
    for line in f:
        m = re.match(r"(\d{4}-\d\d-\d\d): ", line)
        if m:
            HOLIDAYS.add(datetime.date.fromisoformat(m.group(1)))


def closed(day):
    """A holiday of administrative organs: Saturday, Sunday, a national holiday, 29 December to 3 January."""
    return day.isoformat()[5:] in ("12-29", "12-30", "12-31", "01-01", "01-02", "01-03") or day.weekday() >= 5 or day in HOLIDAYS


def term(start, days, first, open_only, moves):
    """The days of the term, one by one, until there are enough of them."""
    counted = []
    day = start.date() if first else start.date() + DAY
    while True:
        if not (open_only and closed(day)):
            counted.append(day)
        if len(counted) == days:
            break
        day += DAY
    last = counted[-1]
    while moves and closed(last):
        last += DAY
    return datetime.datetime.combine(last + DAY, datetime.time())


# name -> days, the day of the start is day 1, only open days count, a closed last day moves
TERMS = {"d30": (30, True, False, True), "d60": (60, True, False, True), "d5": (5, True, False, False), "n10": (10, False, False, False),
         "n10o": (10, False, False, True), "o3": (3, False, True, False), "o3f": (3, True, True, False)}
# Worked examples: start, term, the last day.
WORKED = [("2026-12-01 10:00", "d30", "2027-01-04"),      # the 30th day is 30 December: closed until 3 January
          ("2026-12-01 23:59", "d30", "2027-01-04"), ("2026-12-02 00:00", "d30", "2027-01-04"), ("2026-12-06 09:00", "d30", "2027-01-04"),
          ("2026-12-07 09:00", "d30", "2027-01-05"), ("2026-06-01 09:00", "d30", "2026-06-30"), ("2026-06-01 09:00", "d60", "2026-07-30"),
          ("2026-06-05 09:00", "d30", "2026-07-06"),      # the 30th day is a Saturday
          ("2026-04-04 09:00", "d30", "2026-05-07"),      # Sunday 3 May, and the holidays up to 6 May
          ("2026-06-01 09:00", "d5", "2026-06-05"), ("2026-06-03 09:00", "d5", "2026-06-07"),      # three to five days: Sundays do not move it
          ("2026-08-23 09:00", "d30", "2026-09-24"),      # the silver week
          ("2028-01-31 12:00", "d30", "2028-02-29"), ("2026-06-05 12:00", "o3", "2026-06-10"), ("2026-06-06 12:00", "o3f", "2026-06-10")]


def rows():
    starts = [w[0] for w in WORKED] + [(datetime.datetime(2026, 1, 1) + n * DAY).strftime("%Y-%m-%d 12:34") for n in range(0, 366)]
    dice = random.Random(20261122)
    for _ in range(400):
        minute = dice.randrange(365 * 24 * 60 * 49)
        starts.append((datetime.datetime(2000, 3, 1) + datetime.timedelta(minutes=minute)).strftime("%Y-%m-%d %H:%M"))
    yield "start," + ",".join(TERMS) + ",h72"
    for text in starts:
        start = datetime.datetime.strptime(text, "%Y-%m-%d %H:%M")
        ends = [term(start, *t) for t in TERMS.values()] + [start + datetime.timedelta(hours=72)]
        yield text + "," + ",".join(e.strftime("%Y-%m-%d %H:%M") for e in ends)


def main():
    for start, name, last in WORKED:
        got = term(datetime.datetime.strptime(start, "%Y-%m-%d %H:%M"), *TERMS[name]) - DAY
        assert got.strftime("%Y-%m-%d") == last, (start, name, last, got)
    text = "\n".join(rows()) + "\n"
    if sys.argv[1:] == ["--write"]:
        with open(FILE, "w", encoding="utf-8") as out:
            out.write(text)
    with open(FILE, encoding="utf-8") as have:
        if have.read() != text:
            sys.exit("tests/data/terms.csv is not what terms.py computes")
    print("%d starts, %d worked examples" % (text.count("\n") - 1, len(WORKED)))


main()
