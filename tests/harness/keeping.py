"""Backups and exports: what a test asks for, and what a backup's folder should hold."""

import hashlib
import json
import subprocess
import time
from pathlib import Path

import httpx

from harness.cinema import bare_environment, program, run

OWNERS = ("reservations", "rooms", "movies")


def verb(cinema, *arguments, **more):
    """One of the verbs, for a cinema that is open."""
    flags = ("--base-port", cinema.base_port, "--data", cinema.data)
    return run(*arguments, *flags, folder=cinema.folder, timeout=more.pop("timeout", 300), **more)


def begun(cinema, *arguments, executable=None, **settings):
    """The same, not waited for."""
    return subprocess.Popen(
        [executable or program(), *map(str, arguments), "--base-port", str(cinema.base_port), "--data", str(cinema.data)],
        cwd=cinema.folder,
        env=bare_environment(cinema.folder, **settings),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def good(done):
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def folders(shelf):
    """Whole backups, oldest first."""
    found = Path(shelf).glob("taquilla-*") if Path(shelf).exists() else ()
    return sorted(f for f in found if f.is_dir() and not f.name.endswith(".partial"))


def first_backup_over(cinema):
    """Waits for the end of the one that an ingestion without any makes at once: a second order would be told 409 meanwhile."""
    end = time.monotonic() + 60
    while httpx.get(cinema.url("ingestion") + "/health", timeout=10).json()["backup"]["last_result"] == "none":
        assert time.monotonic() < end, cinema.log()[-3000:]
        time.sleep(0.1)


def leftovers(shelf):
    return [f.name for f in Path(shelf).iterdir() if f.name.endswith(".partial")]


def export(cinema, service):
    """{table: bytes of its rows} of an owner at one moment, and the position."""
    token = {"authorization": f"Bearer {cinema.service_token}"}
    answer = httpx.get(cinema.url(service) + "/export", headers=token, timeout=120)
    assert answer.status_code == 200, answer.text
    lines = answer.text.splitlines()
    end = json.loads(lines.pop())
    assert end["end"] is True and end["rows"] == len(lines)
    tables = {}
    for line in lines:
        name = line[len('{"table":"') :].split('"', 1)[0]
        head = f'{{"table":"{name}","row":'
        assert line.startswith(head) and line.endswith("}")
        tables.setdefault(name, []).append(line[len(head) : -1].encode() + b"\n")
    tables = {name: b"".join(rows) for name, rows in tables.items()}
    return tables, end["position"]


def exports(cinema):
    return {service: export(cinema, service) for service in OWNERS}


def kept(folder):
    """The same, of a backup."""
    manifest = json.loads((folder / "manifest.json").read_text())
    assert [s["name"] for s in manifest["services"]] == list(OWNERS)
    found = {}
    for service in manifest["services"]:
        tables = {t["name"]: (folder / service["name"] / f"{t['name']}.ndjson").read_bytes() for t in service["tables"]}
        for table in service["tables"]:
            content = tables[table["name"]]
            assert table["bytes"] == len(content) and table["rows"] == content.count(b"\n")
            assert table["sha256"] == hashlib.sha256(content).hexdigest()
        found[service["name"]] = tables, service["position"]
    return found


def rows(tables, name):
    return [json.loads(line) for line in tables.get(name, b"").splitlines()]


def settle(cinema):
    """Waits until no refund is under way: a quiet cinema changes no more."""
    end = time.monotonic() + 30
    while any(p["refund_due"] for p in rows(export(cinema, "reservations")[0], "payments")):
        assert time.monotonic() < end
        time.sleep(0.1)


def seal(manifest):
    """The text of a manifest, as the program writes it: its last member is the SHA-256 of what stands before."""
    body = json.dumps({k: v for k, v in manifest.items() if k != "sha256"}, separators=(",", ":"))[:-1]
    return f'{body},"sha256":"{hashlib.sha256(body.encode()).hexdigest()}"}}\n'


def half_reservations(tables):
    """What a reservations backup must never hold: seats, claims and money that do not fit together."""
    reservations = {r["id"]: r for r in rows(tables, "reservations")}
    seats, problems = {}, []
    for seat in rows(tables, "reserved_seats"):
        seats.setdefault(seat["reservation_id"], set()).add(seat["seat_id"])
    claims = {}
    for claim in rows(tables, "seat_claims"):
        claims.setdefault(claim["reservation_id"], set()).add(claim["seat_id"])
    paid = {p["reservation_id"] for p in rows(tables, "payments") if p["payment_status"] == "COMPLETED"}
    made = {int(e["subject"]) for e in rows(tables, "log") if e["type"] == "reservation.made"}
    for id, r in reservations.items():
        live = r["status"] in ("PENDING", "CONFIRMED")
        if not seats.get(id):
            problems.append(f"{id} has no seats")
        if claims.get(id, set()) != (seats.get(id) if live else set()):
            problems.append(f"{id} is {r['status']} and claims {claims.get(id)} of {seats.get(id)}")
        if (r["status"] == "CONFIRMED") != (id in paid):
            problems.append(f"{id} is {r['status']}, paid: {id in paid}")
    for name, found in (("seats", seats), ("claims", claims), ("events", made)):
        problems += [f"{name} of {id}, which is not there" for id in set(found) - set(reservations)]
    problems += [f"{id} was never made" for id in set(reservations) - made]
    return problems
