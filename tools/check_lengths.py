#!/usr/bin/env python3
"""Fails when a function is longer than 70 lines or a file longer than 500; a file of tests may have 800.

check_lengths.py [ROOT]    A function is counted from its first line to its closing brace.
"""
import pathlib
import sys

FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 500
TEST_LINES_MAX = 800
FOLDERS = ('lib', 'services', 'taquilla')


def function_problems(path, lines):
    """Functions are recognised by their form: a brace alone in the first column, another one ends them."""
    opened = None
    for number, line in enumerate(lines, 1):
        if line == '{':
            opened = number
        elif line == '}' and opened:
            first = opened - 1
            while first > 1 and lines[first - 2].strip() and not lines[first - 2].startswith(('#', '/', '}', ' *')):
                first -= 1
            length = number - first + 1
            if length > FUNCTION_LINES_MAX:
                yield '%s:%d: a function of %d lines (%d at most)' % (path, first, length, FUNCTION_LINES_MAX)
            opened = None


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else '.')
    problems = []
    files = [path for folder in FOLDERS for path in sorted((root / folder).rglob('*.[ch]'))]
    for path in files:
        lines = path.read_text(encoding='utf-8').split('\n')
        shown = path.relative_to(root)
        most = TEST_LINES_MAX if path.name.startswith('test_') else FILE_LINES_MAX
        if len(lines) - 1 > most:
            problems.append('%s: %d lines (%d at most)' % (shown, len(lines) - 1, most))
        problems += function_problems(shown, lines)
    print('\n'.join(problems) or '%d files, none too long' % len(files))
    sys.exit(1 if problems or not files else 0)


main()
