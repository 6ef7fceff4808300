"""The program's other verbs: version, config, status, and how settings are read."""

import re
import subprocess

import httpx
import pytest

from harness.cinema import SERVICES, Alone, Cinema, free_ports, program, run
from harness.door import ok


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
    about = name.lower().replace("_", " ")
    assert any(name in line or about in line for line in said) and len(said) <= 2, said


def test_a_bad_setting_stops_up(tmp_path):
    done = run("up", "--base-port", free_ports(), "--data", tmp_path / "d", timeout=20, TIME_ZONE="Mars/Olympus")
    assert done.returncode == 2
    assert "Mars/Olympus" in done.stdout + done.stderr


def test_env_file_and_environment(tmp_path):
    (tmp_path / ".env").write_text('CINEMA_NAME="Del Archivo"\nCURRENCY=PEN\n# a remark\n')
    with Cinema(folder=tmp_path, CURRENCY="EUR") as cinema, cinema.door("gateway") as door:
        said = door.get("/api/house").text
        assert "Del Archivo" in said and "EUR" in said and "PEN" not in said, "the environment wins"


def test_a_second_process_is_told_so():
    with Alone("movies", embedded=True) as first:
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


def test_status(tmp_path):
    with Cinema() as cinema:
        done = run("status", "--base-port", cinema.base_port, folder=cinema.folder)
        assert done.returncode == 0, done.stdout + done.stderr
        for service in SERVICES:
            assert service in done.stdout
        base = cinema.base_port
    done = run("status", "--base-port", base, folder=tmp_path)
    assert done.returncode != 0, "nobody is there any more"


def test_status_of_one_that_runs_alone(tmp_path):
    """What a container asks itself: by the settings that the service has, no matter which."""
    none = {"MOVIES_API_URL": "none", "ROOMS_API_URL": "none", "RESERVATIONS_API_URL": "none"}
    with Alone("rooms", **none) as rooms:
        settings = {"PORT": rooms.port("rooms"), "LISTEN": "0.0.0.0"}
        done = run("status", "rooms", folder=tmp_path, **settings)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "healthy" in done.stdout and "movies" not in done.stdout
        assert run("status", "rooms", "--base-port", rooms.base_port, folder=tmp_path).returncode == 0
        assert run("status", "movies", "--base-port", rooms.base_port, folder=tmp_path).returncode == 1
    assert run("status", "rooms", folder=tmp_path, **settings).returncode == 1, "nobody is there any more"
    done = run("status", "rooms", "--dance", folder=tmp_path)
    assert done.returncode == 2 and "taquilla status" in done.stderr and "--dance" in done.stderr
    assert run("status", "dance", folder=tmp_path).returncode == 2


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
