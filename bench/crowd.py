"""Clients by crowd.c, what each was answered and when; and what that cost every process that took part."""

import re
import statistics
import struct
import subprocess
import tempfile
from pathlib import Path

from harness.cinema import descendants
from load import LOAD_CPU, cpu_s

PROGRAM = Path(__file__).resolve().parents[1] / "build/bench/crowd"
NOTE = struct.Struct("qqqii")


class Seen:
    """The answers of one crowd: (due, sent, done in ns of CLOCK_MONOTONIC, status, line)."""

    def __init__(self, notes):
        self.notes = notes
        assert notes, "nobody was answered"
        self.seconds = (max(n[2] for n in notes) - min(n[0] for n in notes)) / 1e9

    def of(self, *statuses):
        """All, when none is named."""
        return [n for n in self.notes if not statuses or n[3] in statuses]

    def per_s(self, *statuses):
        return len(self.of(*statuses)) / self.seconds

    def per_s_until_last(self, *statuses):
        """As long as there were such answers: who comes after the last does not count."""
        found = self.of(*statuses)
        return len(found) / (max(n[2] for n in found) - min(n[0] for n in self.notes)) * 1e9

    def only(self, *statuses):
        wrong = [n[3] for n in self.notes if statuses and n[3] not in statuses]
        assert not wrong, f"{len(wrong)} answers of another kind than {statuses}, as {wrong[:5]}"
        return self

    def late_ms(self, *statuses):
        """p50, p99 and p99.9 from the moment in which a request was due to its answer."""
        late = sorted((n[2] - n[0]) / 1e6 for n in self.of(*statuses))
        return {f"p{p:g}_ms": round(late[min(len(late) - 1, int(len(late) * p / 100))], 2) for p in (50, 99, 99.9)}


class Crowd:
    """Started at once; seen() waits for its end."""

    def __init__(self, port, lines, clients=64, rate=0, seconds=4):
        self.plan, self.file = tempfile.NamedTemporaryFile("w", suffix=".plan"), tempfile.NamedTemporaryFile()
        self.plan.write("\n".join(lines) + "\n")
        self.plan.flush()
        self.patience = seconds + 60
        command = ["taskset", "-c", str(LOAD_CPU), PROGRAM, port, self.plan.name, self.file.name, clients, rate, seconds]
        self.process = subprocess.Popen(list(map(str, command)), stderr=subprocess.PIPE, text=True)

    def seen(self):
        _, said = self.process.communicate(timeout=self.patience)
        assert self.process.returncode == 0, said
        self.plan.close()
        return Seen(list(NOTE.iter_unpack(Path(self.file.name).read_bytes())))


def crowd(port, lines, **more):
    return Crowd(port, lines, **more).seen()


class Cost:
    """CPU seconds and memory of processes by name: the services asked, and the database server with all that it started."""

    def __init__(self, cinema, services, server=None):
        self.roots = {s: [cinema.pid(s)] for s in services}
        self.server = server.process.pid if server else None
        self.before = self.cpu()

    def pids(self):
        return self.roots | ({"PostgreSQL": [self.server, *descendants(self.server)]} if self.server else {})

    def cpu(self):
        return {name: sum(still(cpu_s, pid) for pid in pids) for name, pids in self.pids().items()}

    def us_each(self, requests):
        after = self.cpu()
        return {name: round((after[name] - self.before[name]) / requests * 1e6, 1) for name in after}

    def pss_mb(self):
        """Shared pages count for each of their users in part."""
        return {name: round(sum(still(pss_kb, pid) for pid in pids) / 1000, 1) for name, pids in self.pids().items()}


def still(measure, pid):
    """Of a process that may have ended this moment: then nothing."""
    try:
        return measure(pid)
    except OSError:
        return 0


def pss_kb(pid):
    return int(re.search(r"(?m)^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text())[1])


def middle(runs, name):
    """The median of a figure, and the same of each process where it has several."""
    values = [run[name] for run in runs]
    if isinstance(values[0], dict):
        return {key: round(statistics.median(v[key] for v in values), 2) for key in values[0]}
    return statistics.median(values)
