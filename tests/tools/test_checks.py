#!/usr/bin/env python3
"""Tests of the tools: a small house without faults, and one fault at a time that must be found.

    test_checks.py       prints one line per failed case and `N passed, N failed`
"""
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools"))
import check_rooms  # noqa: E402
import check_src  # noqa: E402
import run_tests  # noqa: E402

HEAD = "/* What it is for. */\n"
HOUSE = {
    "docs/ARCHITECTURE.md": """# A
<!-- rooms -->
| room | what lives there | may know |
|---|---|---|
| base | ground | |
| db | data | base |
| core | domain | base db |
| cmd | main | all |
<!-- /rooms -->
<!-- libraries -->
| library | headers | only in |
|---|---|---|
| SQLite | `sqlite3.h` | db/db_sqlite.c |
| ICU | `unicode/` | base/str.c |
<!-- /libraries -->
""",
    "src/base/base.h": HEAD + "int base_one(void);\n",
    "src/base/str.c": HEAD + '#include <string.h>\n#include <unicode/uchar.h>\n#include "base/base.h"\n',
    "src/base/errors.def": HEAD + 'X(ERR_NONE, RC_OK, 200, "err.none")\n',
    "src/db/db.h": HEAD + '#include "db.gen.h"\n',
    "src/db/db_sqlite.c": HEAD + '#include <sqlite3.h>\n#include "db/db.h"\nstatic const char *t = "SELECT a FROM b";\n',
    "src/core/core.h": HEAD + '#include "db/db.h"\n',
    "src/core/act.c": HEAD + """#include "core/core.h"
/* goto is only a word here, and MSG("no.such") too */
int act(void)
{
    sql_lit(s, "SELECT record FROM f_person WHERE id = ");
    say(MSG("core.act"), "do not sprintf(x)");
    return 0;
}
""",
    "src/cmd/main.c": HEAD + '#include "core/core.h"\n#include "base/base.h"\nint main(void)\n{\n    printf("x");\n    return 0;\n}\n',
    "msg/ja.po": 'msgid "err.none"\nmsgstr "なし"\n\nmsgid "core.act"\nmsgstr "{0} "\n"です"\n',
    "msg/en.po": 'msgid "err.none"\nmsgstr "none"\n\nmsgid "core.act"\nmsgstr "it is {0}"\n',
}
ROOMS_MUST_FAIL = [
    ("knows a room above", {"src/db/up.c": HEAD + '#include "core/core.h"\n'}, "db may not know core"),
    ("past the face", {"src/core/x.c": HEAD + '#include "db/db_int.h"\n'}, "only the face db/db.h"),
    ("library elsewhere", {"src/core/x.c": HEAD + "#include <sqlite3.h>\n"}, "SQLite belongs to db/db_sqlite.c"),
    ("library folder elsewhere", {"src/core/x.c": HEAD + "#include <unicode/ustring.h>\n"}, "ICU belongs to base/str.c"),
    ("unknown library", {"src/core/x.c": HEAD + "#include <glib.h>\n"}, "neither of the C library"),
    ("room without a line", {"src/attic/x.c": HEAD}, "room attic is not in the table"),
    ("include of nowhere", {"src/core/x.c": HEAD + '#include "attic/attic.h"\n'}, "in no room"),
    ("bare name", {"src/core/x.c": HEAD + '#include "db.h"\n'}, "is not in this room"),
    ("too long", {"src/core/x.c": HEAD + "\n" * 800}, "801 lines"),
    ("cycle", {"docs/ARCHITECTURE.md": HOUSE["docs/ARCHITECTURE.md"].replace("| ground | |", "| ground | core |")}, "reaches itself"),
    ("no such room", {"docs/ARCHITECTURE.md": HOUSE["docs/ARCHITECTURE.md"].replace("| base db |", "| base db out |")}, "which is no room"),
]


def function(lines):
    return HEAD + "int f(void)\n{\n" + "    g();\n" * (lines - 2) + "}\n"


SRC_MUST_FAIL = [
    ("no opening comment", {"src/core/x.c": "int x;\n"}, "no opening comment"),
    ("goto", {"src/core/x.c": HEAD + "void f(void)\n{\n    goto end;\n}\n"}, "goto"),
    ("setjmp", {"src/core/x.c": HEAD + "void f(void)\n{\n    sigsetjmp(b, 1);\n}\n"}, "setjmp"),
    ("strcpy", {"src/core/x.c": HEAD + "void f(void)\n{\n    strcpy(a, b);\n}\n"}, "unbounded"),
    ("atoi", {"src/core/x.c": HEAD + "void f(void)\n{\n    return atoi(b);\n}\n"}, "unbounded"),
    ("localtime", {"src/core/x.c": HEAD + "void f(void)\n{\n    localtime(&t);\n}\n"}, "hidden state"),
    ("shell", {"src/core/x.c": HEAD + "void f(void)\n{\n    system(t);\n}\n"}, "a shell"),
    ("clock", {"src/core/x.c": HEAD + "void f(void)\n{\n    time(NULL);\n}\n"}, "a clock"),
    ("printf", {"src/core/x.c": HEAD + 'void f(void)\n{\n    snprintf(a, 4, "x");\n}\n'}, "printf outside"),
    ("long function", {"src/core/x.c": function(101)}, "f is 101 lines long"),
    ("assembled SQL", {"src/core/x.c": HEAD + 'void f(void)\n{\n    mem_fmt(m, "select a FROM t WHERE b = \'%s\'", v);\n}\n'}, "sql_lit"),
    ("SQL in a variable", {"src/core/x.c": HEAD + 'static const char *q = "DELETE FROM t";\n'}, "sql_lit"),
    ("compiled text elsewhere", {"src/core/x.c": HEAD + "void f(void)\n{\n    sql_compiled(s, t);\n}\n"}, "only judging"),
    ("missing message", {"src/core/x.c": HEAD + 'void f(void)\n{\n    say(MSG("core.gone"));\n}\n'}, "ja.po lacks core.gone"),
    ("missing error message", {"src/base/errors.def": HEAD + 'X(ERR_X, RC_FAIL, 500, "err.x")\n'}, "en.po lacks err.x"),
    ("one catalogue", {"msg/en.po": 'msgid "err.none"\nmsgstr "none"\n'}, "in one catalogue only"),
    ("other holes", {"msg/en.po": HOUSE["msg/en.po"].replace("{0}", "it")}, "ja has ['{0}'], en has []"),
]
SRC_MUST_WARN = [
    ("long-ish function", {"src/core/x.c": function(61)}, "f is 61 lines long"),
    ("unused message", {"msg/ja.po": HOUSE["msg/ja.po"] + 'msgid "old.key"\nmsgstr "x"\n', "msg/en.po": HOUSE["msg/en.po"] + 'msgid "old.key"\nmsgstr "x"\n'},
     "nothing uses old.key"),
]
SRC_MUST_PASS = [
    ("100 lines", {"src/core/x.c": function(100)}),
    ("split literal for the builder", {"src/core/x.c": HEAD + 'void f(void)\n{\n    sql_lit(s->x, "SELECT a "\n               "FROM b");\n}\n'}),
    ("key by prefix", {"src/core/x.c": HEAD + 'static const char *k = "old.%s";\n', "msg/ja.po": HOUSE["msg/ja.po"] + 'msgid "old.key"\nmsgstr "x"\n',
                       "msg/en.po": HOUSE["msg/en.po"] + 'msgid "old.key"\nmsgstr "x"\n'}),
]
COUNTS = [
    ("cmocka", "[==========] Running 2 test(s).\n[       OK ] a\n[  FAILED  ] b\n[  FAILED  ] tests: 1 test(s), listed below:\n[  FAILED  ] b\n", 1, (1, 1)),
    ("own line", "[       OK ] a\n7 passed, 2 failed\n", 1, (7, 2)),
    ("crash after cases", "[       OK ] a\n", -11, (1, 1)),
    ("failed without a word", "", 1, (0, 1)),
    ("own line says all is well, exit code does not", "3 passed, 0 failed\n", 1, (3, 1)),
    ("silent success", "", 0, (1, 0)),
]
PO_MUST_FAIL = [
    ("keys differ", 'msgid "a"\nmsgstr "x"\n', 'msgid "b"\nmsgstr "x"\n', "keys differ"),
    ("duplicate", 'msgid "a"\nmsgstr "x"\nmsgid "a"\nmsgstr "y"\n', 'msgid "a"\nmsgstr "x"\n', "duplicate"),
    ("empty", 'msgid "a"\nmsgstr ""\n', 'msgid "a"\nmsgstr "x"\n', "empty text"),
    ("noise", 'msgid "a"\nmsgstr "x"\nwhat\n', 'msgid "a"\nmsgstr "x"\n', "not understood"),
]


def house(tmp, change):
    for path, text in dict(HOUSE, **change).items():
        full = os.path.join(tmp, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as f:
            f.write(text)
    return tmp


def found(lines, word):
    return any(word in line for line in lines)


def msggen(tmp, ja, en):
    for name, text in (("ja.po", ja), ("en.po", en)):
        with open(os.path.join(tmp, name), "w", encoding="utf-8") as f:
            f.write(text)
    out = [os.path.join(tmp, n) for n in ("ja.po", "en.po", "o.c", "o.h")]
    p = subprocess.run([sys.executable, os.path.join(ROOT, "tools/msggen.py")] + out, stderr=subprocess.PIPE, text=True, check=False)
    return p.returncode, p.stderr


def cases():
    """Yields (name, passed, what was seen)."""
    with tempfile.TemporaryDirectory() as tmp:
        seen = check_rooms.faults(house(tmp, {}))
        yield "rooms: a sound house", seen == [], seen
        seen = check_src.check(tmp)
        yield "source: a sound house", seen == ([], []), seen
    for name, change, word in ROOMS_MUST_FAIL:
        with tempfile.TemporaryDirectory() as tmp:
            seen = check_rooms.faults(house(tmp, change))
            yield "rooms: " + name, found(seen, word), seen
    for name, change, word in SRC_MUST_FAIL:
        with tempfile.TemporaryDirectory() as tmp:
            seen = check_src.check(house(tmp, change))
            yield "source: " + name, found(seen[0], word), seen
    for name, change, word in SRC_MUST_WARN:
        with tempfile.TemporaryDirectory() as tmp:
            seen = check_src.check(house(tmp, change))
            yield "source warns: " + name, seen[0] == [] and found(seen[1], word), seen
    for name, change in SRC_MUST_PASS:
        with tempfile.TemporaryDirectory() as tmp:
            seen = check_src.check(house(tmp, change))
            yield "source allows: " + name, seen[0] == [] and not found(seen[1], "old.key"), seen
    for name, text, code, want in COUNTS:
        seen = run_tests.count(text, code)
        yield "counting: " + name, seen == want, seen
    for name, ja, en, word in PO_MUST_FAIL:
        with tempfile.TemporaryDirectory() as tmp:
            code, said = msggen(tmp, ja, en)
            yield "msggen: " + name, code != 0 and word in said, said
    with tempfile.TemporaryDirectory() as tmp:
        code, said = msggen(tmp, HOUSE["msg/ja.po"], HOUSE["msg/en.po"])
        yield "msggen: sound", code == 0 and os.path.exists(os.path.join(tmp, "o.c")), said


def main():
    passed = failed = 0
    for name, ok, seen in cases():
        passed, failed = passed + ok, failed + (not ok)
        if not ok:
            print("FAILED %s: saw %s" % (name, seen))
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
