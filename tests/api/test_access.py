"""Who may ask once ADMIN_TOKEN is set, and that nothing listens beyond this machine without it."""

import socket
import subprocess

import pytest

from harness.cinema import SERVICES, Alone, free_ports, run
from harness.door import ok, refused


@pytest.fixture(scope="module")
def public(guarded):
    """Clients without any token."""
    doors = {s: guarded.door(s) for s in SERVICES}
    yield doors
    for door in doors.values():
        door.close()


@pytest.fixture(scope="module")
def scene(g):
    showing = g.make_showing(seats=40)
    return {
        "showing": showing,
        "user": g.make_user(),
        "made": g.book(showing),
        "other": g.book(showing, [showing["seat_ids"][1]]),
    }


def writes(g, scene):
    film, room, showing, made, user = (
        scene["showing"]["movie"],
        scene["showing"]["room"],
        scene["showing"],
        scene["made"],
        scene["user"],
    )
    return [
        ("movies", "POST", "/api/movies", g.movie_body()),
        ("movies", "PUT", f"/api/movies/{film['_id']}", {"rating": 1}),
        ("movies", "DELETE", f"/api/movies/{film['_id']}", None),
        ("movies", "POST", "/api/genres", {"name": "x"}),
        ("rooms", "POST", "/api/rooms", {"name": "x", "capacity": 1}),
        ("rooms", "PUT", f"/api/rooms/{room['id']}", {"name": "x"}),
        ("rooms", "DELETE", f"/api/rooms/{room['id']}", None),
        ("rooms", "POST", f"/api/rooms/{room['id']}/seats", {"seats": []}),
        (
            "rooms",
            "POST",
            "/api/schedules",
            {"movie_id": film["_id"], "room_id": room["id"], "show_time": g.at(days=9), "price": 1},
        ),
        ("rooms", "PUT", f"/api/schedules/{showing['id']}", {"price": 1}),
        ("rooms", "DELETE", f"/api/schedules/{showing['id']}", None),
        ("reservations", "PUT", f"/api/users/{user['id']}", g.user_body()),
        ("reservations", "DELETE", f"/api/users/{user['id']}", None),
        ("reservations", "DELETE", f"/api/reservations/{made['id']}", None),
    ]


def reads(scene):
    return [
        ("reservations", "/api/users"),
        ("reservations", "/api/reservations"),
        ("reservations", f"/api/reservations/user/{scene['user']['id']}"),
        ("reservations", f"/api/reservations/movie/{scene['showing']['movie_id']}"),
        ("gateway", f"/api/user-dashboard/{scene['user']['id']}"),
        ("analytics", "/api/analytics/user-behavior"),
    ]


@pytest.mark.parametrize(
    "token", [None, "", "wrong", "only-the-manager-knows-this-012345678", "only-the-manager-knows-this-0123456789x"]
)
def test_writes_need_the_token(g, public, scene, token):
    headers = {} if token is None else {"authorization": f"Bearer {token}".strip()}
    for service, method, path, body in writes(g, scene):
        for door in (public[service], public["gateway"]):
            answer = door.request(method, path, json=body, headers=headers)
            refused(answer, {401, 403})
            if answer.status_code == 401:
                assert "www-authenticate" in answer.headers
    assert ok(g.rooms.get(f"/api/schedules/{scene['showing']['id']}"))["price"] == 12.5
    assert ok(g.movies.get(f"/api/movies/{scene['showing']['movie_id']}"))["isActive"] is True


def test_writes_with_the_token(g):
    film = g.make_movie()
    ok(g.movies.put(f"/api/movies/{film['_id']}", json={"rating": 1}))
    ok(g.gateway.put(f"/api/movies/{film['_id']}", json={"rating": 2}))
    assert g.gateway.delete(f"/api/movies/{film['_id']}").status_code == 200


def test_lists_of_persons_need_the_token(g, public, scene):
    for service, path in reads(scene):
        for door in {public[service], public["gateway"]}:
            refused(door.get(path), {401, 403})
            refused(door.get(path, headers={"authorization": "Bearer nonsense"}), {401, 403})
            assert door.head(path).status_code in (401, 403)
        ok(getattr(g, service).get(path))
        ok(g.gateway.get(path))


def test_anyone_may_buy(g, public, scene):
    showing = scene["showing"]
    for n, door in enumerate((public["reservations"], public["gateway"])):
        user = ok(door.post("/api/users", json=g.user_body()), 201)
        made = ok(door.post("/api/reservations", json=g.booking(showing, [showing["seat_ids"][10 + n]], user)), 201)
        ok(
            door.post(
                "/api/payments",
                json={"reservationId": made["id"], "amount": made["totalAmount"], "paymentMethod": "cash"},
            ),
            201,
        )
    ok(
        public["gateway"].post(
            "/api/book-ticket",
            json={
                "buyer": g.user_body(),
                "scheduleId": showing["id"],
                "movieId": showing["movie_id"],
                "seatIds": [showing["seat_ids"][15]],
                "paymentMethod": "cash",
            },
        ),
        201,
    )


def test_anyone_may_look(g, public, scene):
    for service, path in (
        ("movies", "/api/movies"),
        ("movies", "/api/genres"),
        ("rooms", "/api/rooms"),
        ("rooms", "/api/schedules"),
        ("gateway", "/api/showtimes"),
        ("gateway", "/api/house"),
        ("gateway", "/"),
        ("gateway", f"/api/showtimes/{scene['showing']['id']}/seats"),
        ("gateway", f"/api/movie-details/{scene['showing']['movie_id']}"),
        ("analytics", "/api/analytics/revenue"),
        ("analytics", "/api/analytics/popular-movies"),
        ("analytics", "/api/analytics/occupancy"),
        ("analytics", "/api/analytics/dashboard"),
    ):
        assert public[service].get(path).status_code == 200, path
    for service in SERVICES:
        for path in ("/health", "/health/live", "/health/ready", "/openapi.json", "/docs"):
            assert public[service].get(path).status_code == 200


def test_a_reservation_needs_its_code(g, public, scene):
    made, other = scene["made"], scene["other"]
    for door in (public["reservations"], public["gateway"]):
        path = f"/api/reservations/{made['id']}"
        for code in (None, "", "x", other["accessCode"], made["accessCode"][:-1], made["accessCode"] + "0"):
            query = {} if code is None else {"code": code}
            refused(door.get(path, params=query), {401, 403, 404})
            refused(door.put(path + "/cancel", params=query), {401, 403, 404})
        assert ok(door.get(path, params={"code": made["accessCode"]}))["id"] == made["id"]
    assert ok(g.reservations.get(f"/api/reservations/{made['id']}"))["status"] == "PENDING"
    assert ok(g.gateway.get(f"/api/reservations/{made['id']}"))["id"] == made["id"]


def test_a_stranger_cannot_tell_which_reservations_exist(public, scene):
    there = public["reservations"].get(f"/api/reservations/{scene['made']['id']}", params={"code": "0" * 32})
    absent = public["reservations"].get("/api/reservations/99999999", params={"code": "0" * 32})
    assert there.status_code == absent.status_code


def test_its_payment_and_cancel_by_code(g, public, scene):
    showing, door = scene["showing"], public["gateway"]
    made = ok(
        door.post("/api/book-ticket", json=g.booking(showing, [showing["seat_ids"][20]], paymentMethod="cash")), 201
    )
    path, code = f"/api/payments/reservation/{made['id']}", {"code": made["accessCode"]}
    refused(door.get(path), {401, 403, 404})
    refused(door.get(path, params={"code": scene["made"]["accessCode"]}), {401, 403, 404})
    assert ok(door.get(path, params=code))["status"] == "COMPLETED"
    assert ok(door.put(f"/api/reservations/{made['id']}/cancel", params=code))["status"] == "CANCELLED"


def test_the_code_is_kept_by_its_key(g, public, scene):
    """A buyer whose line broke asks again with the same key and gets the same code."""
    body, headers = g.booking(scene["showing"], [scene["showing"]["seat_ids"][25]]), {"idempotency-key": "lost-line-1"}
    first = ok(public["gateway"].post("/api/reservations", json=body, headers=headers), 201)
    assert (
        ok(public["gateway"].post("/api/reservations", json=body, headers=headers), 201)["accessCode"]
        == first["accessCode"]
    )


# --- beyond this machine ---


def refuses_to_listen(*arguments, **settings):
    done = run(*arguments, timeout=20, **settings)
    assert done.returncode == 2, f"{done.returncode} {done.stdout} {done.stderr}"
    assert "ADMIN_TOKEN" in done.stdout + done.stderr
    return done


@pytest.mark.parametrize("service", SERVICES)
def test_no_token_no_network(service, tmp_path):
    port = free_ports(1)
    refuses_to_listen(service, "--port", port, "--listen", "0.0.0.0", "--data", tmp_path / "d")
    refuses_to_listen(service, "--port", port, "--data", tmp_path / "d", LISTEN="0.0.0.0")
    refuses_to_listen(service, "--port", port, "--listen", "::", "--data", tmp_path / "d")


def test_up_no_token_no_network(tmp_path):
    refuses_to_listen("up", "--base-port", free_ports(), "--listen", "0.0.0.0", "--data", tmp_path / "d")


@pytest.mark.parametrize("settings", [{"OPEN": "true"}, {"ADMIN_TOKEN": "secret-of-the-house-123"}])
def test_with_token_or_open_it_listens(settings):
    with Alone("movies", flags=("--listen", "0.0.0.0"), **settings) as movies:
        with movies.door("movies") as door:
            ok(door.get("/api/movies"))
            if "ADMIN_TOKEN" in settings:
                refused(door.post("/api/genres", json={"name": "x"}), {401, 403})
            else:
                ok(door.post("/api/genres", json={"name": "x"}), 201)


def test_loopback_only_by_default(cinema):
    if not hasattr(cinema, "port"):
        pytest.skip("a deployment elsewhere")
    own = subprocess.run(["hostname", "-I"], capture_output=True, text=True).stdout.split()
    for service in SERVICES:
        for address in own:
            with pytest.raises(OSError):
                socket.create_connection((address, cinema.port(service)), 1).close()


def test_the_service_token_file(guarded):
    file = guarded.data / "service.token"
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(file.read_text().strip()) >= 43, "32 random bytes"


def test_any_origin_by_setting(tmp_path):
    with Alone("movies", CORS_ORIGINS="*") as movies, movies.door("movies") as door:
        answer = door.get("/api/movies", headers={"origin": "https://anything.example"})
        assert answer.headers["access-control-allow-origin"] in ("*", "https://anything.example")
        assert "CORS_ORIGINS" in movies.log(), "and warned about"
