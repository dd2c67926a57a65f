"""What tools/mutate.py changes in a pack: each element that carries a duty is removed or weakened, turned round, given to somebody else, and its figures are
moved by one. Lines of the pack's YAML are changed as text, since the packs are written one element a line.

The sense of a mutant says what a catch of it proves: `less` (a case that the duty refuses or fails), `more` (a case that passes), `who`, `figure`."""
import os
import re

CARRIES = re.compile(r'carries: \[([^\]]*)\]|carries="([^"]*)"')
QUOTED = r'"(?:[^"\\]|\\.)*"'
NOBODY = "inspector"  # holds no step and no task of chapters 1, 3 and 4 but the inspection's own
OTHER = "pni_staff"   # for those
CONDITIONS = ("when", "where", "must", "deadline", "due", "value", "required_when", "allowed")


def first(pattern, text, new):
    out, n = re.subn(pattern, new, text, count=1)
    return out if n and out != text else None


def condition(line, key, new):
    return first(r"(?<![\w_])" + key + ": " + QUOTED, line, '%s: "%s"' % (key, new))


def whenever(line, new):
    """With this condition, whether it had one or not."""
    if re.search(r"(?<![\w_])when: ", line):
        return condition(line, "when", new)
    return first(r"(- \{id: [^,]+), ", line, r'\1, when: "%s", ' % new)


def somebody_else(line, key):
    m = re.search(r"(?<![\w_])" + key + r": (\{[^}]*\}|[^,}]+)", line)
    if not m:
        return None
    who = OTHER if m.group(1).strip() == NOBODY else NOBODY
    return line[:m.start(1)] + who + line[m.end(1):]


def figures(line):
    """(what, line) for each figure inside the conditions of a line."""
    for key in CONDITIONS:
        m = re.search(r"(?<![\w_])" + key + ": (" + QUOTED + ")", line)
        if not m:
            continue
        bare = re.sub(r"'[^']*'|select 1\b", lambda s: " " * len(s.group(0)), m.group(1))
        for f in re.finditer(r"(?<![\w.])(\d+)(?![\w.])", bare):
            for by, word in ((1, "one more"), (-1, "one less")):
                at = m.start(1) + f.start()
                yield "%s %s %s" % (key, f.group(1), word), line[:at] + str(int(f.group(1)) + by) + line[at + len(f.group(1)):]


def periods(line, key):
    m = re.search(r"(?<![\w_])" + key + r': "?P(T?)(\d+)', line)
    if m:
        for by, word in ((1, "one more"), (-1, "one less")):
            if int(m.group(2)) + by > 0:
                yield "%s %s" % (key, word), line[:m.start(2)] + str(int(m.group(2)) + by) + line[m.end(2):]


def field(line):
    if "required: true" in line:
        yield "less", "not required", line.replace("required: true", "required: false", 1)
        yield "more", "not there", first(r"- \{id: (\w+)", line, r"- {id: \1_x")
    if "all_ticked: true" in line:
        yield "less", "not all ticked", line.replace("all_ticked: true", "all_ticked: false", 1)
    for key, never in (("required_when", "1 = 1"), ("allowed", "1 = 2")):
        if re.search(r"(?<![\w_])" + key + ": ", line):
            yield "less", "no " + key, first(r", " + key + ": " + QUOTED, line, "")
            yield "more", key + " always" if key == "required_when" else "nothing allowed", condition(line, key, never)


def choice(line):
    m = re.search(r'default: (\[[^\]]*\]|"[^"]*")', line)
    ids = re.findall(r'\{id: "(\w+)"', line)
    if m:
        now = re.findall(r'"(\w+)"', m.group(1))
        for other in [i for i in ids if i not in now][:1]:
            yield "figure", "another default", line[:m.start(1)] + ('["%s"]' % other if m.group(1)[0] == "[" else '"%s"' % other) + line[m.end(1):]


def variants(kind, line):
    """(sense, what, line) for one element."""
    if kind in ("rules", "no_approval"):
        yield "less", "never", condition(line, "when", "1 = 2")
        yield "more", "always", condition(line, "when", "1 = 1")
    elif kind in ("route", "then"):
        yield "less", "never", whenever(line, "1 = 2")
        if re.search(r"(?<![\w_])when: ", line):
            yield "more", "always", condition(line, "when", "1 = 1")
        if "distinct: true" in line:
            yield "less", "not distinct", first(r", distinct: true", line, "")
        yield "who", "somebody else", somebody_else(line, "by")
    elif kind == "checks":
        if "none: " in line:
            yield "less", "never", condition(line, "where", "1 = 2")
        else:
            yield "less", "always met", condition(line, "must", "1 = 1")
            yield "more", "never met", condition(line, "must", "1 = 2")
        if "where: " in line:
            yield "more", "of everything", condition(line, "where", "1 = 1")
        yield "who", "somebody else", somebody_else(line, "task_by")
    elif kind == "fields":
        yield from field(line)
    elif kind == "values":
        if "'c2'" in line:
            yield "less", "the strictest lowered", line.replace("'c2'", "'c1'", 1)
        else:
            yield "less", "nothing", condition(line, "value", "null")
    elif kind == "parameters":
        m = re.search(r'default: "(\d+)"', line)
        if m:
            for by, word in ((1, "one more"), (-1, "one less")):
                yield "figure", word, line[:m.start(1)] + str(int(m.group(1)) + by) + line[m.end(1):]
        elif re.search(r'default: "P', line):
            for what, new in periods(line, "default"):
                yield "figure", what, new
        elif re.search(r'default: "[^"]*,', line):
            yield "less", "its first word gone", first(r'default: "[^",]*,', line, 'default: "')
        elif re.search(r'default: "[^"]+"', line):
            yield "less", "another word", first(r'default: "[^"]+"', line, 'default: "zzz"')
    elif kind == "choices":
        yield from choice(line)
    elif kind in ("schedules", "declarations"):
        if "FREQ=" in line:
            yield "less", "never", first(r"FREQ=[A-Z]+", line, "FREQ=YEARLY;INTERVAL=50")
            for what, pattern in (("interval", r"INTERVAL=(\d+)"), ("month", r"BYMONTH=(\d+)")):
                yield "figure", what + " one more", first(pattern, line, lambda m: m.group(0)[:m.start(1) - m.start(0)] + str(int(m.group(1)) + 1))
            if ", month: " in line:
                yield "figure", "any month", first(r", month: \w+", line, "")
        for key in ("every", "due"):
            for what, new in periods(line, key):
                yield "figure", what, new
        yield "who", "somebody else", somebody_else(line, "by")
    for what, new in figures(line):
        yield "figure", what, new


def used(folder):
    """The settings that a carrying element of the pack speaks of, with the duties that it carries."""
    names = {}
    for base, _, files in os.walk(folder):
        for f in files:
            if f.endswith(".yaml"):
                for line in open(os.path.join(base, f), encoding="utf-8"):
                    m = CARRIES.search(line)
                    if m:
                        for n in re.findall(r"(?:param|choice|chosen|listed)\('(\w+)'", line):
                            names.setdefault(n, []).extend(d.strip() for d in (m.group(1) or "").split(","))
    return names


def of_lines(lines, settings):
    """(line number, kind, element, duties, line) of all that carries: by itself, as a step of a form that carries, or as a setting that a carrying element uses."""
    kind, form, form_duties, article = None, None, [], None
    for i, line in enumerate(lines):
        if line.startswith("## "):
            article = line.split()[1]
        m = re.match(r"([a-z_]+):\s*(.*)", line)
        if m:
            kind = m.group(1)
            if kind == "form":
                form = m.group(2).strip()
        carried = CARRIES.search(line)
        m = re.search(r"(?:id|refine): ([\w.-]+)", line)
        element = article or (m.group(1) if m else form or kind)
        duties = [d for d in re.split(r"[,\s]+", (carried.group(1) or carried.group(2)).strip()) if d] if carried else []
        if carried and kind == "carries":
            form_duties = duties
            yield i, "form", form, duties, line
        elif carried:
            yield i, kind, element, duties, line
        elif kind == "route" and form_duties and line.startswith("  - "):
            yield i, kind, element, form_duties, line
        elif kind in ("parameters", "choices") and element in settings:
            yield i, kind, element, sorted(set(settings[element])), line


def mutants(folder, chapters):
    settings = used(folder)
    for base, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            if not name.endswith((".yaml", ".md")) or name in ("duties.yaml", "explained.yaml", "roles.yaml"):
                continue
            path = os.path.join(base, name)
            lines = open(path, encoding="utf-8").read().split("\n")
            forms = [m.group(1) for line in lines[:8] if (m := re.match(r"(?:form|is): (\S+)", line))]
            for i, kind, element, duties, line in of_lines(lines, settings):
                if chapters and not any(d.split("-")[1] in chapters for d in duties if d.count("-") > 1):
                    continue
                if name.endswith(".md"):
                    changes = [("less", "not said", lines[:i - 1] + lines[i + 1:])]
                elif kind == "form":
                    changes = [("less", "no such form", None)]
                else:
                    changes = [(s, w, lines[:i] + [n] + lines[i + 1:]) for s, w, n in variants(kind, line) if n is not None and n != line]
                for sense, what, new in changes:
                    short = os.path.relpath(path, folder)
                    yield {"path": path, "text": None if new is None else "\n".join(new), "id": element, "sense": sense, "duties": duties, "kind": kind, "forms": forms,
                           "name": "%s %s %s" % (short, " ".join([element] + duties) if name.endswith(".md") else element, what), "at": "%s:%d" % (short, i + 1)}
