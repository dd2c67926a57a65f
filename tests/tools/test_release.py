#!/usr/bin/env python3
"""What only a scene build may hold is not in a release: the sources as a release compiles them (without DAICHO_SCENE) name neither the clock that can be set,
nor the fault switches, nor the route that sets them.

  test_release.py SOURCE_ROOT"""
import glob, os, re, sys

ONLY_SCENE = re.compile(r'/api/v1/scene|\bclock_scene_set\b|\bapi_scene\b|getenv\("DAICHO_(?:SCENE|FAULT)|OPSLIMIT_MIN|MEMLIMIT_MIN')


def release(text):
    """The lines that are left without DAICHO_SCENE; other conditions are kept whole."""
    out, stack = [], []
    text = re.sub(r'/\*.*?\*/', '', text, flags=re.S)
    for line in text.split('\n'):
        word = re.match(r'\s*#\s*(ifdef|ifndef|if|else|elif|endif)\b(.*)', line)
        if not word:
            if all(stack):
                out.append(line)
        elif word.group(1) in ('ifdef', 'ifndef', 'if'):
            scene = 'DAICHO_SCENE' in word.group(2)
            stack.append(not scene if word.group(1) != 'ifndef' else True)
            if scene and word.group(1) == 'if':
                raise SystemExit('a condition with DAICHO_SCENE that this test cannot read: ' + line)
        elif word.group(1) == 'else':
            stack[-1] = True
        elif word.group(1) == 'endif':
            stack.pop()
    return '\n'.join(out)


def main():
    root = sys.argv[1]
    # the control: it is there in a scene build, and the test sees it outside the condition
    assert ONLY_SCENE.search('{{"/api/v1/scene"}, x}') and not ONLY_SCENE.search(release('#ifdef DAICHO_SCENE\nclock_scene_set(1);\n#else\nx();\n#endif\n'))
    faults, scene = [], 0
    for f in sorted(glob.glob(os.path.join(root, 'src', '*', '*.[ch]'))):
        if os.sep + 'scene' + os.sep in f:
            continue
        text = open(f, encoding='utf-8').read()
        scene += len(ONLY_SCENE.findall(text))
        faults += ['%s: %s' % (os.path.relpath(f, root), x) for x in ONLY_SCENE.findall(release(text))]
    print('\n'.join(faults))
    print('%d passed, %d failed' % (1 if not faults and scene > 5 else 0, len(faults) or (scene <= 5)))
    return 1 if faults or scene <= 5 else 0


if __name__ == '__main__':
    sys.exit(main())
