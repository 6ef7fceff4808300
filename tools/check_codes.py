#!/usr/bin/env python3
"""Fails when a fault's code is missing in lib/http/codes.c, has another status there, or is there and nowhere used or out of order.

check_codes.py [ROOT]
"""
import pathlib
import re
import sys

STATUS = {
    'MALFORMED': 400, 'INVALID': 400, 'UNAUTHENTICATED': 401, 'DECLINED': 402, 'FORBIDDEN': 403, 'NOT_FOUND': 404,
    'WRONG_METHOD': 405, 'CONFLICT': 409, 'GONE': 410, 'TOO_LARGE': 413, 'WRONG_TYPE': 415, 'MISDIRECTED': 421, 'KEY_REUSED': 422,
    'TOO_MANY': 429, 'INTERNAL': 500, 'UNAVAILABLE': 503,
}
# Codes whose status is more exact than their kind's: the table's counts (lib/http/status.c).
OWN_STATUS = {408, 411, 414, 417, 431, 501, 502, 504, 505}
ROW = re.compile(r'\{\s*"([a-z0-9_]+)",\s*(\d+),')
MADE = re.compile(r'\bFAULT_([A-Z_]+)\s*,\s*"([a-z0-9_]+)"')
NAMED = re.compile(r'\.code\s*=\s*"([a-z0-9_]+)"')
ANY_TEXT = re.compile(r'"([a-z0-9_]+)"')


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else '.')
    table_path = root / 'lib/http/codes.c'
    table = {code: int(status) for code, status in ROW.findall(table_path.read_text(encoding='utf-8'))}
    problems, texts, made = [], set(), 0
    names = list(table)  # looked up by halving: one out of order hides others
    problems += ['lib/http/codes.c: %s stands after %s' % (b, a) for a, b in zip(names, names[1:]) if a >= b]
    for folder in ('lib', 'services', 'taquilla'):
        for path in sorted((root / folder).rglob('*.[ch]')):
            if path == table_path or path.name.startswith('test_') or 'fuzz' in path.parts:
                continue
            source = path.read_text(encoding='utf-8')
            texts.update(ANY_TEXT.findall(source))
            for kind, code in MADE.findall(source) + [(None, code) for code in NAMED.findall(source)]:
                made += 1
                if code not in table:
                    problems.append('%s: %s is not in lib/http/codes.c' % (path.relative_to(root), code))
                elif kind and table[code] not in (0, STATUS[kind]) and table[code] not in OWN_STATUS:
                    problems.append('%s: %s is %s (%d), the table says %d'
                                    % (path.relative_to(root), code, kind, STATUS[kind], table[code]))
    problems += ['lib/http/codes.c: %s is nowhere used' % code for code in sorted(set(table) - texts)]
    print('\n'.join(problems) or '%d codes, %d places that use them' % (len(table), made))
    sys.exit(1 if problems or not made else 0)


main()
