"""The program's other verbs: version, config, status, demo, import, and how settings are read."""

import json
import re
import subprocess
from pathlib import Path

import httpx
import pytest

from harness.cinema import Alone, Cinema, free_ports, program, run
from harness.door import ok
from harness.maker import Maker

FILMS_PACKAGE = "vega-datasets@2.11.0"
FILMS = 3201


def test_version():
    for word in ("version", "--version"):
        done = run(word)
        assert done.returncode == 0 and re.search(r"\d+\.\d+\.\d+", done.stdout)


def test_help_and_unknown_verbs():
    done = run("--help")
    assert done.returncode == 0
    for verb in ("up", "movies", "rooms", "reservations", "gateway", "demo", "import", "status", "config", "version"):
        assert verb in done.stdout
    done = run("dance")
    assert done.returncode == 2 and "dance" in done.stderr
    assert run().returncode in (0, 2)


def test_config_lists_every_setting():
    done = run("config", ADMIN_TOKEN="hush-hush-hush", CURRENCY="PEN")
    assert done.returncode == 0
    for name in (
        "TIME_ZONE",
        "CURRENCY",
        "CINEMA_NAME",
        "LANGUAGE",
        "DAY_STARTS",
        "LISTEN",
        "ADMIN_TOKEN",
        "SERVICE_TOKEN",
        "OPEN",
        "CORS_ORIGINS",
        "PUBLIC_HOSTS",
        "HOLD_SECONDS",
        "UNPAID_UNTIL_MINUTES",
        "REFUND_UNTIL_MINUTES",
        "MAX_HOLDS_PER_USER",
        "PAYMENT_GRACE_SECONDS",
        "MOVIES_API_URL",
        "ROOMS_API_URL",
        "RESERVATIONS_API_URL",
    ):
        assert name in done.stdout, name
    assert "PEN" in done.stdout
    assert "hush" not in done.stdout + done.stderr, "a secret is never printed"


@pytest.mark.parametrize(
    "name,bad",
    [
        ("TIME_ZONE", "Mars/Olympus"),
        ("DAY_STARTS", "breakfast"),
        ("OPEN", "perhaps"),
        ("HOLD_SECONDS", "soon"),
        ("PORT", "99999"),
        ("LISTEN", "not an address"),
    ],
)
def test_a_bad_setting_is_one_sentence(name, bad, tmp_path):
    service = "reservations" if name == "HOLD_SECONDS" else "movies"
    arguments = [service, "--data", tmp_path / "d"] + ([] if name == "PORT" else ["--port", free_ports(1)])
    done = run(*arguments, timeout=20, **{name: bad})
    assert done.returncode == 2, done.stderr
    said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    assert any(name in line for line in said) and len(said) <= 2, said


def test_a_bad_setting_stops_up(tmp_path):
    done = run("up", "--base-port", free_ports(), "--data", tmp_path / "d", timeout=20, TIME_ZONE="Mars/Olympus")
    assert done.returncode == 2
    assert "TIME_ZONE" in done.stdout + done.stderr


def test_env_file_and_environment(tmp_path):
    (tmp_path / ".env").write_text('CINEMA_NAME="Del Archivo"\nCURRENCY=PEN\n# a remark\n')
    with Cinema(folder=tmp_path, CURRENCY="EUR") as cinema, cinema.door("gateway") as door:
        said = door.get("/api/house").text
        assert "Del Archivo" in said and "EUR" in said and "PEN" not in said, "the environment wins"


def test_a_second_process_is_told_so():
    with Alone("movies") as first:
        done = subprocess.run(
            [program(), "movies", "--port", str(free_ports(1)), "--data", str(first.data)],
            timeout=20,
            capture_output=True,
            text=True,
            cwd=first.folder,
        )
        assert done.returncode == 2 and done.stderr.strip()
        with first.door("movies") as door:
            ok(door.get("/api/movies"))


def test_a_port_in_use_is_one_sentence(tmp_path):
    with Alone("movies") as first:
        done = run("movies", "--port", first.port("movies"), "--data", tmp_path / "d", timeout=20)
        assert done.returncode == 2 and str(first.port("movies")) in done.stdout + done.stderr


def test_demo_and_status():
    cinema = Cinema()
    done = run("demo", "--data", cinema.data, folder=cinema.folder, timeout=120)
    assert done.returncode == 0, done.stderr
    again = run("demo", "--data", cinema.data, folder=cinema.folder, timeout=120)
    assert again.returncode != 0, "refuses a store with data"
    with cinema:
        m = Maker(cinema)
        films = ok(m.gateway.get("/api/movies", params={"limit": 1000}))
        assert len(films) >= 50
        showings = ok(m.gateway.get("/api/showtimes", params={"limit": 1000}))
        days = {s["show_time"][:10] for s in showings}
        assert m.at()[:10] in days or m.at(days=1)[:10] in days, "lively, relative to today"
        assert len(days) >= 3
        assert len(ok(m.rooms.get("/api/rooms"))) >= 3
        seen = [m.seat_map(s)["counts"] for s in showings[:60]]
        assert any(c["sold"] for c in seen) and any(c["free"] for c in seen)
        later = next(s for s in showings if s["show_time"] > m.at(hours=3))
        free = [i for i, state in m.states(later).items() if state == "free"][:2]
        made = ok(
            m.gateway.post(
                "/api/book-ticket",
                json={
                    "buyer": m.user_body(),
                    "scheduleId": later["id"],
                    "movieId": later["movie_id"],
                    "seatIds": free,
                    "paymentMethod": "cash",
                },
            ),
            201,
        )
        assert made["status"] == "CONFIRMED"
        done = run("status", "--base-port", cinema.base_port, folder=cinema.folder)
        assert done.returncode == 0, done.stdout + done.stderr
        for service in ("movies", "rooms", "reservations", "gateway"):
            assert service in done.stdout
        m.close()
    from sweep import sweep

    cinema_problems = sweep(cinema.database()) if cinema.data.exists() else []
    assert not cinema_problems
    done = run("status", "--base-port", cinema.base_port)
    assert done.returncode != 0, "nobody is there any more"


def films_file():
    """data/movies.json of the npm package, fetched once into the cache of the tests."""
    cache = Path.home() / ".cache" / "taquilla-test" / FILMS_PACKAGE.replace("@", "-")
    file = cache / "package" / "data" / "movies.json"
    if not file.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        packed = subprocess.run(
            ["npm", "pack", "--silent", FILMS_PACKAGE],
            cwd=cache,
            capture_output=True,
            text=True,
            timeout=300,
            stdin=subprocess.DEVNULL,
        )
        assert packed.returncode == 0, packed.stderr
        subprocess.run(["tar", "xzf", packed.stdout.split()[-1], "package/data/movies.json"], cwd=cache, check=True)
    return file


def test_import_of_3201_films():
    file = films_file()
    rows = json.loads(file.read_text())
    assert len(rows) == FILMS
    with Cinema() as cinema:
        m = Maker(cinema)
        flags = ("--base-port", cinema.base_port)
        done = run("import", "movies", file, *flags, folder=cinema.folder, timeout=300)
        print(done.stdout[-2000:], done.stderr[-2000:])
        total = m.movies.get("/api/movies", params={"limit": 1}).json()["pagination"]["total"]
        numbers = [int(n.replace(",", "")) for n in re.findall(r"\d[\d,]*", done.stdout + done.stderr)]
        assert total > 2000 and total in numbers, f"says how many: {total}"
        assert total == FILMS or FILMS - total in numbers or done.returncode != 0, "and how many not"
        film = ok(m.movies.get("/api/movies", params={"search": "The Dark Knight"}))[0]
        assert film["title"] and film["duration"] >= 1
        showing = m.make_showing(film)
        made = m.book(showing, 2, hold=True)
        refuse = m.try_book(showing, 1)
        assert refuse.status_code == 409
        assert m.try_pay(made, "test_decline").status_code == 402
        m.pay(made)
        assert m.read(made)["status"] == "CONFIRMED"
        row = ok(m.gateway.get(f"/api/user-dashboard/{made['userId']}"))["reservations"][0]
        assert row["movie"]["title"] == film["title"] and row["schedule"]["room"]["name"] == showing["room"]["name"]
        ok(m.cancel(made))
        assert set(m.states(showing).values()) == {"free"}
        m.close()


def test_alone_each_owner_runs(tmp_path):
    """Running alone: the others are "none"."""
    none = {"MOVIES_API_URL": "none", "ROOMS_API_URL": "none", "RESERVATIONS_API_URL": "none"}
    with Alone("reservations", **none) as reservations, reservations.door("reservations") as door:
        user = ok(door.post("/api/users", json={"email": "a@b.example", "name": "x"}), 201)
        body = {
            "userId": user["id"],
            "scheduleId": 130,
            "movieId": "507f1f77bcf86cd799439011",
            "seatIds": [966, 967],
            "totalAmount": 25,
        }
        made = ok(door.post("/api/reservations", json=body), 201)
        assert made["totalAmount"] == 25, "the body's figure"
        assert door.post("/api/reservations", json=body).status_code == 409
        ok(door.post("/api/payments", json={"reservationId": made["id"], "amount": 25, "paymentMethod": "cash"}), 201)
    with Alone("movies", **none) as movies, movies.door("movies") as door:
        ok(door.get("/api/movies"))


def test_port_setting():
    port = free_ports(1)
    alone = Alone("movies", PORT=port)
    alone.base_port = port
    alone.command = lambda: [alone.executable, "movies", "--data", str(alone.data)]
    with alone:
        assert httpx.get(f"http://127.0.0.1:{port}/health/live", trust_env=False).status_code == 200
