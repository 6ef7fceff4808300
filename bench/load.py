"""wrk as the load, and the CPU that it costs the processes under it."""

import os
import re
import subprocess
import tempfile
from pathlib import Path

CONNECTIONS = 64
TICKS_S = os.sysconf("SC_CLK_TCK")
CPUS = sorted(os.sched_getaffinity(0))
SERVER_CPU, LOAD_CPU = CPUS[0], CPUS[-1]


def pin(pid, cpu=SERVER_CPU):
    """All threads of a process on one processor: the load has the other."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), {cpu})


def cpu_s(pid):
    """User and system seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_S


class Run:
    """What one run of wrk saw."""

    def __init__(self, text, cpu):
        found = re.search(r"(\d+) requests in ([\d.]+)(ms|s|m)", text)
        assert found, f"wrk printed no figures:\n{text}"
        unit_s = {"ms": 0.001, "s": 1, "m": 60}[found[3]]
        self.requests, self.seconds = int(found[1]), float(found[2]) * unit_s
        refused = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
        self.failed = int(refused[1]) if refused else 0
        broken = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
        assert not broken or not any(map(int, broken.groups())), text
        self.text = text
        self.per_s = self.requests / self.seconds
        self.cpu_us = cpu / self.requests * 1e6


def wrk(url, pids, seconds=4, headers=(), script=None, arguments=(), connections=CONNECTIONS):
    """One thread, keep-alive; `pids` are the processes whose CPU counts."""
    command = ["taskset", "-c", str(LOAD_CPU), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s"]
    for header in headers:
        command += ["-H", header]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as lua:
        if script:
            lua.write(script)
            lua.flush()
            command += ["-s", lua.name]
        before = sum(map(cpu_s, pids))
        done = subprocess.run([*command, url, *arguments], capture_output=True, text=True, timeout=seconds + 30)
        after = sum(map(cpu_s, pids))
    return Run(done.stdout + done.stderr, after - before)
