"""Where a process spends its time, from perf's samples: by whose code, by function, and as a flame graph, a picture in SVG."""

import html
import re
import signal
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path

ATTACH_S = 0.3
HERTZ = 499  # not a whole part of anything that the machine does by itself
WIDTH, ROW, LEAST_PX = 1200, 17, 3.0  # what would be narrower is left out
OWNERS = (("kernel", r"\[kernel|\[vdso|\[guest"), ("taquilla", r"/taquilla$"), ("SQLite", r"libsqlite3"), ("libc", r"/libc[.-]|/ld-"), ("PostgreSQL", r"/postgres$|libpq"))
COLOURS = {"kernel": "#9db8d9", "taquilla": "#e8845c", "SQLite": "#8fbf8a", "libc": "#e6cf7a", "PostgreSQL": "#b9a3d3", "other": "#cccccc"}
FRAME = re.compile(r"^\s+[0-9a-f]+ (.+?)(?:\+0x[0-9a-f]+)? \((.*)\)$")


class Recorder:
    """Takes samples of these processes, all their threads, until folded()."""

    def __init__(self, pids):
        self.file = tempfile.NamedTemporaryFile(suffix=".perf")
        command = ["perf", "record", "-q", "-F", str(HERTZ), "-g", "-o", self.file.name, "-p", ",".join(map(str, pids))]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        time.sleep(ATTACH_S)

    def folded(self):
        """Stacks as tuples of (function, owner), the outermost first, each with how often it was seen."""
        self.process.send_signal(signal.SIGINT)
        _, said = self.process.communicate(timeout=60)
        done = subprocess.run(["perf", "script", "-i", self.file.name, "-F", "comm,ip,sym,dso"], capture_output=True, text=True, errors="replace")
        self.file.close()
        assert done.returncode == 0, said + done.stderr
        return fold(done.stdout)


def owner(place):
    return next((name for name, pattern in OWNERS if re.search(pattern, place)), "other")


def named(function, whose):
    """A library without its own symbols tells only the names that others call."""
    return f"(no name, {whose})" if function == "[unknown]" else function.removesuffix("@plt")


def fold(text):
    """What `perf script` printed: a sample's name, its frames from the innermost, and an empty line."""
    stacks = Counter()
    for sample in text.split("\n\n"):
        frames = [FRAME.match(line) for line in sample.splitlines()[1:]]
        stack = tuple((named(m[1], owner(m[2])), owner(m[2])) for m in reversed(frames) if m)
        if stack := known_from(stack):
            stacks[stack] += 1
    return stacks


def known_from(stack):
    """Without what lies below the first frame that is of a file: code without frame pointers leaves numbers there that lead nowhere."""
    first = next((n for n, frame in enumerate(stack) if frame != ("(no name, other)", "other")), len(stack) - 1)
    return stack[first:]


def shares(stacks):
    """Percent by owner and by function of where the samples fell, the greatest first."""
    total, by_owner, by_function = sum(stacks.values()), Counter(), Counter()
    for stack, count in stacks.items():
        by_owner[stack[-1][1]] += count
        by_function[stack[-1]] += count
    return [[(name, 100 * count / total) for name, count in found.most_common()] for found in (by_owner, by_function)]


# --- the picture ---


def tree(stacks):
    """Nested: frame to [samples, what it called]."""
    root = [0, {}]
    for stack, count in stacks.items():
        at = root
        at[0] += count
        for frame in stack:
            at = at[1].setdefault(frame, [0, {}])
            at[0] += count
    return root


def rectangles(node, x, depth, px_each):
    """(frame, samples, x, width, depth) of all that is wide enough to be seen."""
    for frame, below in sorted(node[1].items()):
        width = below[0] * px_each
        if width >= LEAST_PX:
            yield frame, below[0], x, width, depth
            yield from rectangles(below, x, depth + 1, px_each)
        x += width


def svg(stacks, title):
    root = tree(stacks)
    found = list(rectangles(root, 0, 0, WIDTH / root[0]))
    height = (max(depth for *_, depth in found) + 3) * ROW
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="monospace" font-size="11"><text x="4" y="13">{html.escape(title)}</text>']
    x = WIDTH - 90 * len(COLOURS)
    for name, colour in COLOURS.items():
        parts.append(f'<rect x="{x}" y="4" width="11" height="11" fill="{colour}"/><text x="{x + 15}" y="13">{name}</text>')
        x += 90
    for (function, whose), count, x, width, depth in found:
        y, label = height - (depth + 1) * ROW, function[: int(width / 6.8)] if width > 24 else ""
        tip = html.escape(f"{function}: {100 * count / root[0]:.1f} %")
        parts.append(f'<g><title>{tip}</title><rect x="{x:.1f}" y="{y}" width="{width - 0.4:.1f}" height="{ROW - 1}" fill="{COLOURS[whose]}"/>')
        parts.append((f'<text x="{x + 2:.1f}" y="{y + 12}">{html.escape(label)}</text>' if label else "") + "</g>")
    return "\n".join(parts) + "</svg>\n"


def write(folder, name, stacks):
    (Path(folder) / f"{name}.svg").write_text(svg(stacks, f"{name.replace('-', ' ')}: {sum(stacks.values())} samples"))
