"""The release program takes 100,000 films. Nobody holds the file in memory; what a film takes at movies is its place in the catalogue."""

import re
import subprocess
import tempfile
import time
from pathlib import Path

from harness.cinema import Cinema, bare_environment, program
from harness.imports import Account, into, write_films

FILMS = 100_000
IMPORTER_LIMIT_KB = 32_000  # the file has 39 MB; of a row are kept 64 bytes
MOVIES_LIMIT_KB = 320_000  # its catalogue keeps 1.6 KB of each film; the rows of the import must not come on top


def peak_kb(pid):
    return int(re.search(r"(?m)^VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text()).group(1))


def run_measured(release, cinema, file):
    """The account, seconds and peak memory of one import."""
    with tempfile.TemporaryFile("w+") as said:
        started = time.monotonic()
        process = subprocess.Popen(
            [str(a) for a in (release, "import", "movies", file, *into(cinema))],
            cwd=cinema.folder,
            env=bare_environment(cinema.folder),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            text=True,
        )
        peak = 0
        while process.poll() is None:
            try:
                peak = max(peak, peak_kb(process.pid))
            except (OSError, AttributeError):  # it ends
                pass
            time.sleep(0.05)
        took = time.monotonic() - started
        said.seek(0)
        text = said.read()
    assert process.returncode == 0 and peak > 0, text
    return Account(subprocess.CompletedProcess([], 0, text, "")), took, peak


def test_a_hundred_thousand_films(tmp_path):
    release = program("TAQUILLA_RELEASE", "build")
    as_json, as_csv = write_films(tmp_path, FILMS)
    with Cinema(executable=release) as cinema:
        first, seconds, importer = run_measured(release, cinema, as_json)
        assert first.outcomes() == (FILMS, FILMS, 0, 0, 0), first.text
        again, again_seconds, again_importer = run_measured(release, cinema, as_csv)
        assert again.outcomes() == (FILMS, 0, 0, FILMS, 0), again.text
        movies = peak_kb(cinema.pid("movies"))
        print(
            f"{FILMS} films: {as_json.stat().st_size >> 20} MiB of JSON in {seconds:.0f} s, again as CSV in "
            f"{again_seconds:.0f} s; peak of the importer {max(importer, again_importer) / 1000:.0f} MB, "
            f"of movies {movies / 1000:.0f} MB"
        )
        assert max(importer, again_importer) < IMPORTER_LIMIT_KB
        assert movies < MOVIES_LIMIT_KB
        with cinema.door("movies") as door:
            assert door.get("/api/movies", params={"limit": 1}).json()["pagination"]["total"] == FILMS
