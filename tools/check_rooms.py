#!/usr/bin/env python3
"""The rooms of the house: who may include what.

    tools/check_rooms.py [ROOT]

Reads the tables of ROOT/docs/ARCHITECTURE.md between <!-- rooms --> and <!-- /rooms --> (room | what | may know) and between
<!-- libraries --> and <!-- /libraries --> (library | headers | only in) and checks every .c, .h and .def file below ROOT/src:
other rooms only through their face, only those the table allows, a library's header only in its file, no file over 800 lines,
no cycle among the rooms, every room on disk in the table. Prints one line per fault; exit code 1 if there is any.
"""
import os
import re
import sys

LINES_MAX = 800
INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]')
SYSTEM = set("""arpa/inet.h assert.h ctype.h dirent.h dlfcn.h errno.h fcntl.h fnmatch.h glob.h iconv.h inttypes.h limits.h locale.h
math.h netdb.h netinet/in.h netinet/tcp.h poll.h pthread.h pwd.h sched.h semaphore.h signal.h stdalign.h stdarg.h stdatomic.h
stdbool.h stddef.h stdint.h stdio.h stdlib.h stdnoreturn.h string.h strings.h sys/epoll.h sys/eventfd.h sys/file.h sys/ioctl.h
sys/mman.h sys/mount.h sys/prctl.h sys/random.h sys/resource.h sys/socket.h sys/stat.h sys/statfs.h sys/statvfs.h sys/sysmacros.h
sys/syscall.h sys/time.h sys/timerfd.h sys/types.h sys/uio.h sys/un.h sys/utsname.h sys/vfs.h sys/wait.h sys/sendfile.h
linux/magic.h malloc.h syslog.h termios.h threads.h time.h unistd.h""".split())


def table(text, name):
    m = re.search(r"<!-- %s -->(.*?)<!-- /%s -->" % (name, name), text, re.S)
    if not m:
        sys.exit("docs/ARCHITECTURE.md: no table between <!-- %s --> and <!-- /%s -->" % (name, name))
    rows = [[c.strip() for c in line.strip().strip("|").split("|")] for line in m.group(1).splitlines() if line.strip().startswith("|")]
    return [r for r in rows[2:] if len(r) == 3]


def read_rooms(text):
    rows = table(text, "rooms")
    names = [r[0] for r in rows]
    may = {}
    for name, _, know in rows:
        may[name] = set(names) if know == "all" else set(know.split())
    return may


def read_libraries(text):
    out = []
    for name, headers, only in table(text, "libraries"):
        out.append((name, [h.strip("` ") for h in headers.split(",")], only))
    return out


def cycle(may):
    """A room that reaches itself through others, or None."""
    for start in may:
        seen, todo = set(), [r for r in may[start] if r != start]
        while todo:
            room = todo.pop()
            if room == start:
                return start
            if room in may and room not in seen:
                seen.add(room)
                todo += may[room] - {room}
    return None


def check_local(room, path, name, may, have):
    if "/" not in name:
        near = os.path.join(os.path.dirname(path), name)
        return None if name.endswith(".gen.h") or near in have else "`%s` is not in this room" % name
    other, face = name.split("/", 1)
    if other not in may:
        return "`%s` is in no room of the table" % name
    if other == room:
        return None
    if other not in may[room]:
        return "%s may not know %s" % (room, other)
    return None if face == other + ".h" else "only the face %s/%s.h may be included from outside, not `%s`" % (other, other, name)


def check_system(path, name, libraries):
    for library, headers, only in libraries:
        if any(name == h or (h.endswith("/") and name.startswith(h)) for h in headers):
            return None if path == only else "%s belongs to %s alone" % (library, only)
    return None if name in SYSTEM else "<%s> is neither of the C library nor in the table of libraries" % name


def sources(src):
    for folder, folders, files in os.walk(src):
        folders.sort()
        for f in sorted(files):
            if f.endswith((".c", ".h", ".def")):
                yield os.path.relpath(os.path.join(folder, f), src).replace(os.sep, "/")


def faults(root):
    with open(os.path.join(root, "docs/ARCHITECTURE.md"), encoding="utf-8") as f:
        doc = f.read()
    may, libraries, src, out = read_rooms(doc), read_libraries(doc), os.path.join(root, "src"), []
    have = set(sources(src))
    for room in may:
        out += ["docs/ARCHITECTURE.md: %s may know %s, which is no room" % (room, r) for r in sorted(may[room] - set(may))]
    looped = cycle(may)
    if looped:
        out.append("docs/ARCHITECTURE.md: %s reaches itself" % looped)
    for path in sorted(have):
        room = path.split("/")[0]
        if room not in may:
            out.append("src/%s: room %s is not in the table" % (path, room))
            continue
        with open(os.path.join(src, path), encoding="utf-8") as f:
            lines = f.read().split("\n")
        if len(lines) - 1 > LINES_MAX:
            out.append("src/%s: %d lines, at most %d" % (path, len(lines) - 1, LINES_MAX))
        for no, line in enumerate(lines, 1):
            m = INCLUDE.match(line)
            if m:
                why = check_local(room, path, m.group(2), may, have) if m.group(1) == '"' else check_system(path, m.group(2), libraries)
                if why:
                    out.append("src/%s:%d: %s" % (path, no, why))
    return out


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    found = faults(root)
    for line in found:
        print(line)
    print("rooms: %d faults" % len(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
