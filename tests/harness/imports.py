"""Runs `taquilla import` and reads its account; and makes files of any number of films."""

import csv
import json
import random
import re
import subprocess
from pathlib import Path

from harness.cinema import run

COUNTS = re.compile(r"^  (read|created|changed|unchanged|refused|repaired) +(\d+)$", re.M)
PACKAGE = "vega-datasets@2.11.0"
WORDS = "the of river night day last golden silent house war love queen city road summer winter stone glass".split()


def real_films():
    """data/movies.json of the npm package, 3,201 films, fetched once into the cache of the tests."""
    cache = Path.home() / ".cache" / "taquilla-test" / PACKAGE.replace("@", "-")
    file = cache / "package" / "data" / "movies.json"
    if not file.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        packed = subprocess.run(
            ["npm", "pack", "--silent", PACKAGE],
            cwd=cache,
            capture_output=True,
            text=True,
            timeout=300,
            stdin=subprocess.DEVNULL,
        )
        assert packed.returncode == 0, packed.stderr
        subprocess.run(["tar", "xzf", packed.stdout.split()[-1], "package/data/movies.json"], cwd=cache, check=True)
    return file


class Account:
    """What an import said, and the rows of its --report."""

    def __init__(self, done, report=None):
        self.done = done
        self.text = done.stdout
        self.counts = {name: int(number) for name, number in COUNTS.findall(done.stdout)}
        self.report = []
        if report is not None and report.is_file():
            with open(report, newline="", encoding="utf-8") as file:
                self.report = list(csv.DictReader(file))

    def outcomes(self):
        """read, created, changed, unchanged, refused."""
        return tuple(self.counts[n] for n in ("read", "created", "changed", "unchanged", "refused"))

    def refused(self):
        """Why, by line."""
        return {int(row["line"]): row["why"] for row in self.report if row["what"] == "refused"}

    def changed(self):
        """Field names, by line."""
        found = {}
        for row in self.report:
            if row["what"] == "changed":
                found.setdefault(int(row["line"]), []).append(row["field"])
        return found


def imported(kind, file, into, folder, *flags, code=0, timeout=300):
    """Into a cinema, by its flags; its exit code must be the one given."""
    report = folder / "report.csv"
    report.unlink(missing_ok=True)
    done = run("import", kind, file, "--report", report, *flags, *into, folder=folder, timeout=timeout)
    assert done.returncode == code, f"exit {done.returncode}: {done.stdout}{done.stderr}"
    return Account(done, report)


def into(cinema):
    """The flags that name an open cinema."""
    return ("--base-port", cinema.base_port, "--data", cinema.data)


NOBODY = ("--base-port", 1)  # no cinema is ever there


def write_csv(folder, name, rows, **form):
    """A file of these dictionaries; the first one's keys are the columns."""
    file = folder / name
    with open(file, "w", newline="", encoding="utf-8") as out:
        made = csv.DictWriter(out, list(rows[0]), **form)
        made.writeheader()
        made.writerows(rows)
    return file


def write_json(folder, name, rows):
    """A text as it is, or rows: the first one stands on line 1, the next on line 2 ..."""
    file = folder / name
    if not isinstance(rows, str):
        rows = "[" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "]"
    file.write_text(rows, encoding="utf-8")
    return file


def films(count, seed=1):
    """As somebody's list of films has them, with gaps."""
    chance = random.Random(seed)
    for i in range(count):
        yield {
            "Title": f"{' '.join(chance.choice(WORDS).title() for _ in range(4))} {i}",
            "Release Date": f"{1930 + chance.randrange(95)}-{1 + chance.randrange(12):02}-{1 + chance.randrange(28):02}",
            "Running Time min": 60 + chance.randrange(120) if chance.random() < 0.8 else None,
            "Director": f"D{chance.randrange(5000)} Name" if chance.random() < 0.7 else None,
            "IMDB Rating": round(chance.random() * 10, 1) if chance.random() < 0.9 else None,
            "Major Genre": chance.choice(["Drama", "Comedy", "Action", "Thriller", "Horror"]),
            "Distributor": f"Studio {chance.randrange(50)}",
            "Overview": " ".join(chance.choice(WORDS) for _ in range(30)),
            "Votes": chance.randrange(10**6),
        }


def write_films(folder, count):
    """The same films as JSON and as CSV, row by row."""
    as_json, as_csv = folder / "films.json", folder / "films.csv"
    with open(as_json, "w") as out, open(as_csv, "w", newline="") as table:
        rows = csv.DictWriter(table, list(next(films(1))))
        rows.writeheader()
        out.write("[\n")
        for i, film in enumerate(films(count)):
            out.write((",\n" if i else "") + json.dumps(film))
            rows.writerow(film)
        out.write("\n]\n")
    return as_json, as_csv
