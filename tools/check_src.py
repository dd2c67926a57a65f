#!/usr/bin/env python3
"""The style that a compiler does not check.

    tools/check_src.py [ROOT]

Faults: a file of ROOT/src without its opening comment; a banned call or word outside of the files that may use it; a function of more
than 100 lines; SQL text that is not handed to the builder of db; a MSG("key") or a key of errors.def that a catalogue lacks; keys
or {0} that differ between the catalogues. Warnings: a function of more than 60 lines; a key that nothing uses.
Prints one line each; exit code 1 if there is a fault.
"""
import ast
import os
import re
import sys

FUNCTION_MAX, FUNCTION_LONG = 100, 60
TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
# what -> (pattern over code without comments and strings, where it is allowed: a file or a folder/)
BANS = {
    "goto": (r"\bgoto\b", []),
    "setjmp": (r"\b(sig)?(setjmp|longjmp)\b", []),
    "an unbounded or locale-bound call": (r"\b(strcpy|strcat|stpcpy|v?sprintf|strtok|atoi|atol|atoll|atof|gets|alloca)\s*\(", []),
    "a call with hidden state": (r"\b(gmtime|localtime|strerror|asctime|ctime|rand|srand|getpwnam|readdir_r)\s*\(", []),
    "a shell": (r"\b(system|popen|execlp|execvp)\s*\(", []),
    "a clock beside base/clock.h": (r"\b(time|gettimeofday|clock_gettime|clock)\s*\(",
                                    ["base/clock.c", "core/keeper.c", "http/reaper.c"]),      # until when a condition variable waits
    "printf outside base/buf.h and mem_fmt": (r"\b(f|d|s|sn|v|vf|vd|vsn|as|vas)?printf\s*\(",
                                              ["base/buf.c", "base/log.c", "base/err.c", "base/conf.c", "cmd/"]),
}
SQL = re.compile(r'^"\s*(SELECT\s+\S+.*\sFROM\s|INSERT\s+INTO\s|UPDATE\s+\S+\s+SET\s|DELETE\s+FROM\s|CREATE\s+(TABLE|INDEX|VIEW)\s|ALTER\s+TABLE\s|'
                 r'DROP\s+(TABLE|INDEX|VIEW)\s)', re.I)
SQL_ALLOWED = ["db/", "pack/cond_write.c", "pack/cond_fn.c"]      # the compiler of conditions writes SQL from checked tokens
SQL_BUILDER = re.compile(r"\bsql_lit\s*\(\s*[^()\";]*,\s*$")          # what must stand before SQL text anywhere else
COMPILED = ["db/", "core/judge.c", "core/check_eval.c"]


def allowed(path, places):
    return any(path == p or (p.endswith("/") and path.startswith(p)) for p in places)


def bare(text):
    """The code with comments and the insides of literals blanked; lines stay where they are."""
    return TOKEN.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)) if m.group(0)[0] == "/" else m.group(0)[0] * 2, text)


def literals(text):
    """(line, literal) of every string in the code."""
    return [(text.count("\n", 0, m.start()) + 1, m.group(0)) for m in TOKEN.finditer(text) if m.group(0)[0] == '"']


def commentless(text):
    return TOKEN.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)) if m.group(0)[0] == "/" else m.group(0), text)


def sql_beside_builder(text):
    """(line, literal) of SQL text that is not handed to sql_lit, where only literals and bound values come together."""
    text, out = commentless(text), []
    for m in TOKEN.finditer(text):
        if m.group(0)[0] == '"' and SQL.match(m.group(0)) and not SQL_BUILDER.search(text[max(0, m.start() - 200):m.start()]):
            out.append((text.count("\n", 0, m.start()) + 1, m.group(0)))
    return out


def functions(text):
    """(line, name, length) of the functions whose braces stand in the first column."""
    out, start, name = [], None, ""
    lines = bare(text).split("\n")
    for i, line in enumerate(lines):
        if line.startswith("{"):
            start = i
            head = next((l for l in reversed(lines[max(0, i - 6):i]) if re.match(r"^[a-z].*\(", l)), "")
            m = re.search(r"(\w+)\s*\(", head)
            name = m.group(1) if m else "?"
        elif line.startswith("}") and start is not None:
            out.append((start + 1, name, i - start + 1))
            start = None
    return out


def read_po(path):
    keys, key = {}, None
    with open(path, encoding="utf-8") as f:
        for line in f:
            line = line.strip()
            if line.startswith("msgid "):
                key = ast.literal_eval(line[6:])
                keys[key] = ""
            elif key is not None and (line.startswith("msgstr ") or line.startswith('"')):
                keys[key] += ast.literal_eval(line[7:] if line.startswith("msgstr ") else line)
    return keys


def check_file(path, text, faults, warnings):
    if not text.lstrip().startswith("/*"):
        faults.append("src/%s:1: no opening comment that says what the file is for" % path)
    code = bare(text)
    for what, (pattern, places) in BANS.items():
        if not allowed(path, places):
            for m in re.finditer(pattern, code):
                faults.append("src/%s:%d: %s: %s" % (path, code.count("\n", 0, m.start()) + 1, what, m.group(0).strip(" (")))
    if path.endswith(".c"):
        for line, name, length in functions(text):
            if length > FUNCTION_LONG:
                (faults if length > FUNCTION_MAX else warnings).append("src/%s:%d: %s is %d lines long" % (path, line, name, length))
    if not allowed(path, SQL_ALLOWED):
        for line, lit in sql_beside_builder(text):
            faults.append("src/%s:%d: SQL that does not go through sql_lit: %s" % (path, line, lit[:60]))
    if not allowed(path, COMPILED):
        for m in re.finditer(r"\bsql_(compiled|lit_)\s*\(", code):
            faults.append("src/%s:%d: only judging may use %s" % (path, code.count("\n", 0, m.start()) + 1, m.group(0).strip(" (")))


def check_messages(root, texts, faults, warnings):
    po = {lang: read_po(os.path.join(root, "msg", lang + ".po")) for lang in ("ja", "en")}
    demanded, said, starts = {}, set(), set()
    for path, text in texts.items():
        text = commentless(text)
        for m in re.finditer(r'\bMSG\(\s*"([^"]+)"\s*\)', text):
            demanded.setdefault(m.group(1), "src/%s:%d" % (path, text.count("\n", 0, m.start()) + 1))
        for _, lit in literals(text):
            said.add(lit[1:-1])
            if re.match(r'^"[a-z][a-z0-9-]*\.([a-z0-9.%s-]*[.-])?(%s)?"$', lit):
                starts.add(lit[1:-1].replace("%s", ""))
        if path == "base/errors.def":
            for m in re.finditer(r'^X\(\w+, \w+, \d+, "([^"]+)"\)', text, re.M):
                demanded.setdefault(m.group(1), "src/%s:%d" % (path, text.count("\n", 0, m.start()) + 1))
    for key, where in sorted(demanded.items()):
        for lang in po:
            if key not in po[lang]:
                faults.append("%s: msg/%s.po lacks %s" % (where, lang, key))
    for key in sorted(set(po["ja"]) ^ set(po["en"])):
        faults.append("msg: %s is in one catalogue only" % key)
    for key in sorted(set(po["ja"]) & set(po["en"])):
        holes = [set(re.findall(r"\{[0-9]\}", po[lang][key])) for lang in ("ja", "en")]
        if holes[0] != holes[1]:
            faults.append("msg: %s: ja has %s, en has %s" % (key, sorted(holes[0]), sorted(holes[1])))
        if key not in demanded and key not in said and not any(s.endswith((".", "-")) and key.startswith(s) for s in starts):
            warnings.append("msg: nothing uses %s" % key)


def check(root):
    faults, warnings, texts = [], [], {}
    src = os.path.join(root, "src")
    for folder, folders, files in os.walk(src):
        folders.sort()
        for name in sorted(files):
            if name.endswith((".c", ".h", ".def")):
                full = os.path.join(folder, name)
                with open(full, encoding="utf-8") as f:
                    texts[os.path.relpath(full, src).replace(os.sep, "/")] = f.read()
    for path, text in sorted(texts.items()):
        check_file(path, text, faults, warnings)
    check_messages(root, texts, faults, warnings)
    return faults, warnings


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    faults, warnings = check(root)
    for line in warnings:
        print("warning: " + line)
    for line in faults:
        print(line)
    print("source: %d faults, %d warnings" % (len(faults), len(warnings)))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
