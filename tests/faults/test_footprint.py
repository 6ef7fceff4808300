"""The release program: cold start to ready, and idle memory of all processes as the sum of PSS."""

import re
import time
from pathlib import Path

from harness.cinema import Cinema, descendants, program

PSS_LIMIT_KB = 40_000


def pss_kb(pid):
    return int(re.search(r"(?m)^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text()).group(1))


def test_start_and_memory():
    release = program("TAQUILLA_RELEASE", "build")
    took = []
    for _ in range(3):
        with Cinema(executable=release) as cinema:
            pass
        start = time.monotonic()
        with Cinema(executable=release) as cinema:
            took.append(time.monotonic() - start)
            time.sleep(1)
            each = {p: pss_kb(p) for p in [cinema.process.pid, *descendants(cinema.process.pid)]}
    print(
        f"cold start to ready {min(took) * 1000:.0f} ms (best of {len(took)}), "
        f"idle PSS {sum(each.values()) / 1000:.1f} MB in {len(each)} processes: {sorted(each.values())} kB"
    )
    assert len(each) >= 5
    assert sum(each.values()) < PSS_LIMIT_KB
