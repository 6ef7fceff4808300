"""Builds, runs every kind of test, and ends with one line that sums them up: tests/run.py [fast|long]."""

import os
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as Xml
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "tests"
JOBS = str(os.cpu_count())
BY_FILE = ["-n", JOBS, "--dist", "loadfile"]  # each has servers of its own, which take memory and time to start
SIDE_BY_SIDE = ["-n", str(2 * os.cpu_count()), "--dist", "worksteal"]  # most of their time they wait
SETTINGS = {
    "build-test": ["-Db_sanitize=address,undefined", "-Dtest_twins=true", "--werror"],
    "build-tsan": ["-Db_sanitize=thread", "--werror"],
    "build-fuzz": ["-Dfuzz=true", "-Db_sanitize=address,undefined", "-Dc_args=-fsanitize=fuzzer-no-link"],
    "build": ["--buildtype=release"],
}
REAL = ("--real", "all")  # every owner on its real database
REPLICAS = (*REAL, "--replicas", "2")
# What of the tests runs on them each time; the rest in script/test long.
REPLICAS_SHORT = [f"api/test_{name}.py" for name in ("movies", "rooms", "reservations", "payments", "idempotency", "own_writes", "snapshot")]
REAL_SHORT = "no_seat or take_over or two_payments or one_key or (kill_one and reservations) or keys_and_codes or every_act"
FIGURES_SHORT = "on_the_sheet or week_of_a_film or sales_as_rows or another_hour"
THREADED = ("test_loop", "test_fiber", "sqlite", "sqlite_writer", "sqlite_tables")  # what ThreadSanitizer looks at


class Tally:
    """What passed and failed so far, by kind of test."""

    def __init__(self):
        self.rows = []

    def add(self, name, passed, failed, started):
        self.rows.append((name, passed, failed, time.monotonic() - started))

    def failed(self):
        return sum(row[2] for row in self.rows)

    def print(self):
        print("\n" + "-" * 60)
        for name, passed, failed, seconds in self.rows:
            print(f"{name:34} {passed:5} passed {failed:3} failed {seconds:6.0f} s")
        print(f"{sum(row[1] for row in self.rows)} passed, {self.failed()} failed", flush=True)


def call(*command, quiet=False, **more):
    """Runs a command from the root; its output is shown, or only when it fails."""
    command = [str(c) for c in command]
    if not quiet:
        return subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, **more).returncode
    done = subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", **more
    )
    if done.returncode:
        print(f"$ {' '.join(command)}\n{done.stdout[-20000:]}{done.stderr[-20000:]}", flush=True)
    return done.returncode


def heading(text):
    print(f"\n== {text}", flush=True)


def build(tally, folder, *targets, compile=True):
    """Configures and compiles; a failure counts as a failed test. True when it worked."""
    heading(f"building {folder}")
    started = time.monotonic()
    environment = dict(os.environ)
    if folder == "build-fuzz":
        environment |= {"CC": "clang", "CC_LD": ""}
    good = (ROOT / folder / "build.ninja").is_file() or call(
        "meson", "setup", folder, *SETTINGS[folder], quiet=True, env=environment
    ) == 0
    good = good and (not compile or call("ninja", "-C", folder, "-j", JOBS, *targets, quiet=True) == 0)
    tally.add(f"build {folder}", int(good), int(not good), started)
    return good


def junit(file):
    """Passed and failed of a report; a skipped test is a failed one: what is missing must be installed, not skipped."""
    passed = failed = 0
    for case in Xml.parse(file).iter("testcase"):
        bad = [c for c in case if c.tag in ("failure", "error", "skipped")]
        passed, failed = (passed, failed + 1) if bad else (passed + 1, failed)
    return passed, failed


def unit_tests(tally, folder, *which):
    heading(f"unit tests in {folder}")
    started = time.monotonic()
    report = ROOT / folder / "meson-logs" / "testlog.junit.xml"
    report.unlink(missing_ok=True)
    environment = os.environ | {
        "TSAN_OPTIONS": "halt_on_error=1",
        "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    }
    code = call("meson", "test", "-C", folder, "--print-errorlogs", "--num-processes", JOBS, *which, env=environment)
    passed, failed = junit(report) if report.is_file() else (0, 0)
    tally.add(f"unit tests ({folder})", passed, max(failed, int(code != 0 or passed + failed == 0)), started)


def python_tests(tally, folder, *arguments, name=None, **settings):
    name = name or f"tests/{folder}"
    heading(name)
    started = time.monotonic()
    report = ROOT / "build-test" / f"report-{re.sub('[^a-z_]+', '-', name)}.xml"
    report.unlink(missing_ok=True)
    code = call(
        sys.executable,
        "-m",
        "pytest",
        "-c",
        TESTS / "pytest.ini",
        "--rootdir",
        TESTS,
        TESTS / folder,
        "-q",
        f"--junitxml={report}",
        *arguments,
        env=os.environ | settings,
    )
    passed, failed = junit(report) if report.is_file() else (0, 0)
    tally.add(name, passed, max(failed, int(code != 0)), started)


def real_tests(tally, mode, **settings):
    """The tests of the wire, of races and of killed processes once more, on the real databases and with two replicas of every service."""
    if mode != "long":
        first, *more = REPLICAS_SHORT
        python_tests(tally, first, *(TESTS / m for m in more), *REPLICAS, "-m", "not long", name="tests/api, two replicas", **settings)
        kills = [TESTS / "faults" / f"test_{name}.py" for name in ("kill", "exactly_once")]
        python_tests(tally, "race", *kills, *REAL, "-k", REAL_SHORT, name="tests/race and kill, real", **settings)
        figures = [TESTS / "api" / f"test_{name}.py" for name in ("sheets", "folding")]
        python_tests(tally, *figures, *REAL, "-k", FIGURES_SHORT, name="figures, real", **settings)
        return
    for name, how in (("real", REAL), ("two replicas", REPLICAS)):
        for folder in ("api", "race", "faults/test_kill.py", "faults/test_exactly_once.py"):
            python_tests(tally, folder, *how, name=f"tests/{folder}, {name}", **settings)


def fuzzed(target, seconds):
    corpus = TESTS / "fuzz" / "corpus" / target.name.split("_")[1]  # fuzz_json_rooms: json
    with tempfile.TemporaryDirectory() as found:
        limits = [f"-max_total_time={seconds}", "-rss_limit_mb=2048", "-timeout=10", f"-artifact_prefix={target}."]
        good = corpus.is_dir() and call(target, *limits, found, corpus, quiet=True) == 0
    print(f"{'ok  ' if good else 'FAIL'} {target.name}{'' if corpus.is_dir() else f': has no corpus {corpus}'}", flush=True)
    return good


def fuzz(tally, seconds):
    """Every target a few seconds beyond its corpus; the unit tests have replayed the corpora already."""
    heading(f"fuzzing, {seconds} s a target")
    started = time.monotonic()
    listed = subprocess.run(
        ["ninja", "-C", "build-fuzz", "-t", "targets", "all"], cwd=ROOT, capture_output=True, text=True
    )
    targets = sorted(set(re.findall(r"(?m)^(\S*/fuzz_\w+): ", listed.stdout)))
    if not targets or call("ninja", "-C", "build-fuzz", "-j", JOBS, *targets, quiet=True) != 0:
        tally.add("fuzzing", 0, 1, started)
        return
    with ThreadPoolExecutor(int(JOBS)) as side_by_side:
        good = list(side_by_side.map(lambda target: fuzzed(ROOT / "build-fuzz" / target, seconds), targets))
    tally.add("fuzzing", sum(good), len(good) - sum(good), started)


class Making:
    """What stands in for AWS takes minutes to make, once for each version: in the background, while other things are built and waited for."""

    def __init__(self):
        self.started, self.said = time.monotonic(), tempfile.TemporaryFile("w+")
        command = ["nice", sys.executable, TESTS / "harness" / "awstools.py"]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.said, stderr=subprocess.STDOUT)

    def wait(self, tally):
        heading("what stands in for AWS")
        code = self.process.wait()
        self.said.seek(0)
        print(self.said.read()[-20000:], flush=True)
        tally.add("make AWS's stand-ins", int(code == 0), int(code != 0), self.started)


def main(mode):
    if mode not in ("", "fast", "long"):
        sys.exit("usage: script/test [fast|long]")
    tally = Tally()
    fast = mode == "fast"
    settings = {"TAQUILLA_STORM_SECONDS": "60", "TAQUILLA_SOAK_MINUTES": "30"} if mode == "long" else {}
    making = None if fast else Making()
    built = build(tally, "build-test")
    if built:
        unit_tests(tally, "build-test", "--suite", "unit")
        quick = ["-m", "not long"] if fast else []
        python_tests(tally, "api", *SIDE_BY_SIDE, *quick, **settings)
        python_tests(tally, "attack", *SIDE_BY_SIDE, *quick, **settings | ({"TAQUILLA_ATTACK_EXAMPLES": "3"} if fast else {}))
    if making:
        making.wait(tally)
    if built and not fast:
        unit_tests(tally, "build-test", "--suite", "servers")
        release = build(tally, "build", "taquilla/taquilla", "bench/crowd")  # what holds the memory of a service to a limit is held by this one
        python_tests(tally, "cloud", *BY_FILE, *([] if mode == "long" else ["-m", "not long"]), **settings)
        python_tests(tally, "databases", *SIDE_BY_SIDE, *([] if mode == "long" else ["-m", "not long"]), **settings)
        real_tests(tally, mode, **settings)
        python_tests(tally, "deploy", **settings)
        if release:
            for folder in ("race", "faults"):
                python_tests(tally, folder, **settings)
            python_tests(tally, "web", *BY_FILE, *([] if mode == "long" else ["-m", "not long"]), **settings)
        if build(tally, "build-tsan", compile=False):
            unit_tests(tally, "build-tsan", *THREADED)
        if build(tally, "build-fuzz", compile=False):
            fuzz(tally, 60 if mode == "long" else 5)
    tally.print()
    return int(tally.failed() > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
