"""Who alone writes refuses lost seats from memory: without a word to PostgreSQL, in the same words as the store, and never a seat that
is free again, whoever freed it, whatever was stopped meanwhile. The twin, whom no other writer waits for, must be caught at it."""

import json
import os
import re
import signal
import socket
import time

import httpx
import pytest

from databases.test_reservations_postgres import TOKEN, booking, in_time, make_user, ready, reservations
from harness.door import ok, refused
from harness.postgres import Postgres

MANY = 400
ROUNDS = 15
SEATS = list(range(1, 9))


@pytest.fixture(scope="module")
def shared():
    with Postgres("shared_preload_libraries=pg_stat_statements") as server:
        yield server


@pytest.fixture
def url(shared):
    url = shared.database("cinema_reservations")
    shared.sql("CREATE EXTENSION pg_stat_statements")
    return url


def metric(service, name):
    answer = httpx.get(service.url("reservations") + "/metrics", headers={"Authorization": "Bearer " + TOKEN})
    return float(re.search(rf"(?m)^{name} (\S+)$", answer.text).group(1))


def from_memory(service):
    return metric(service, "taquilla_seats_refused_from_memory_total")


def lose(door, user, seats=SEATS[:1], showing=5):
    return refused(door.post("/api/reservations", json=booking(user, seats, showing)), 409, "seats_taken")


def book(door, user, seats=SEATS[:1], showing=5):
    return ok(door.post("/api/reservations", json=booking(user, seats, showing)), 201)


def cancel(door, made):
    ok(door.put(f"/api/reservations/{made['id']}/cancel?code={made['accessCode']}"), 200)


def alone(service, door, user, seats=SEATS[:1], showing=5):
    """It is the sole writer, and knows the showing by heart."""

    def refused_from_memory():
        before = from_memory(service)
        lose(door, user, seats, showing)
        return from_memory(service) > before

    in_time(refused_from_memory, "a refusal from memory")


def statements(server):
    return int(server.sql("SELECT coalesce(sum(calls), 0) FROM pg_stat_statements WHERE query NOT LIKE '%pg_stat_statements%'")[0][0])


def cost(server, service, door, user):
    """Statements that so many refusals caused, how many were from memory, and how long it took."""
    before, known, began = statements(server), from_memory(service), time.monotonic()
    for _ in range(MANY):
        lose(door, user)
    return statements(server) - before, from_memory(service) - known, time.monotonic() - began


def test_losers_ask_the_store_nothing(shared, url):
    with reservations(url) as one, one.door("reservations") as door:
        user = make_user(door)
        book(door, user)
        alone(one, door, user)
        asked, known, took_s = cost(shared, one, door, user)
        print(f"{MANY} refusals in {took_s:.1f} s: {known:.0f} from memory, {asked} statements")
        assert known >= MANY - 4 * took_s  # one meets the lease's renewal now and then
        assert asked < MANY / 4  # what an idle service asks, and the lease
        with reservations(url):
            in_time(lambda: metric(one, "taquilla_sole_writer") == 0, "the lease is given up")
            asked, known, _ = cost(shared, one, door, user)
            assert known == 0
            assert asked >= MANY, "the store has judged each of them"


def test_memory_refuses_in_the_same_words(url):
    wishes = [SEATS[:1], SEATS[:3], SEATS[1:4], [SEATS[5], SEATS[1], SEATS[4]], SEATS]

    def words(door, user):
        return [json.dumps(lose(door, user, wish) | {"requestId": ""}, sort_keys=True) for wish in wishes]

    with reservations(url) as one, one.door("reservations") as door:
        user = make_user(door)
        book(door, user, SEATS[:2])
        book(door, user, SEATS[4:6])
        alone(one, door, user)
        before = from_memory(one)
        said = words(door, user)
        assert from_memory(one) - before == len(wishes)
        with reservations(url) as other, other.door("reservations") as elsewhere:
            assert words(elsewhere, user) == said
            assert from_memory(other) == 0


def test_a_seat_that_is_free_again_is_sold(url):
    """Given back, its buyer erased, its hold over, its showing stopped: the next booking gets it."""
    with reservations(url, HOLD_SECONDS=2) as one, one.door("reservations") as door:
        other, service = make_user(door), {"Authorization": "Bearer " + TOKEN}
        made = book(door, other)
        alone(one, door, other)
        for _ in range(ROUNDS):
            lose(door, other)
            cancel(door, made)
            made = book(door, other)
        cancel(door, made)
        for _ in range(3):
            leaving = make_user(door)
            book(door, leaving, SEATS[2:4])
            alone(one, door, other, SEATS[2:3])
            ok(door.delete(f"/api/users/{leaving}"), 200)
            cancel(door, book(door, other, SEATS[2:4]))
        made = book(door, other)
        alone(one, door, other)
        in_time(lambda: door.post("/api/reservations", json=booking(other, SEATS[:1])).status_code == 201, "its hold is over", 2.5)
        alone(one, door, other)
        stopped = door.post("/internal/sales/stop", json={"scheduleIds": [5], "refund": True}, headers=service)
        assert stopped.status_code == 200, stopped.text
        assert door.post("/internal/sales/resume", json={"scheduleIds": [5]}, headers=service).status_code == 200
        book(door, other)


def ear_of(server):
    return int(server.sql("SELECT pid FROM pg_stat_activity WHERE application_name LIKE '%ear'")[0][0])


def freed_elsewhere(server, url, **twin):
    """One is the sole writer and hears nothing of the others any more; another frees the seats that it refuses. How often the first
    refuses them still."""
    wrong = 0
    with reservations(url, **twin) as one, one.door("reservations") as door:
        user = make_user(door)
        made = [book(door, user, [seat]) for seat in SEATS]
        for seat in SEATS:
            alone(one, door, user, [seat])
        ear = ear_of(server)
        os.kill(ear, signal.SIGSTOP)
        try:
            with reservations(url, **twin) as two, two.door("reservations") as elsewhere:
                for reservation, seat in zip(made, SEATS):
                    cancel(elsewhere, reservation)
                    wrong += door.post("/api/reservations", json=booking(user, [seat])).status_code == 409
        finally:
            os.kill(ear, signal.SIGCONT)
    return wrong


def test_what_another_frees_is_sold(shared, url):
    assert freed_elsewhere(shared, url) == 0


def test_the_twin_whom_nobody_waits_for_is_caught(shared, url):
    assert freed_elsewhere(shared, url, TAQUILLA_TEST_UNSAFE="lease") > 0


def test_one_that_was_stopped_knows_that_its_time_is_over(url):
    """What came in meanwhile is judged by the store when it wakes."""
    with reservations(url) as one, one.door("reservations") as door:
        user = make_user(door)
        made = book(door, user)
        alone(one, door, user)
        body = json.dumps(booking(user, SEATS[:1])).encode()
        with socket.create_connection(("127.0.0.1", one.port("reservations"))) as line:
            os.kill(one.pid("reservations"), signal.SIGSTOP)
            try:
                line.sendall(
                    b"POST /api/reservations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                    b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
                )
                with reservations(url) as two, two.door("reservations") as elsewhere:
                    cancel(elsewhere, made)
            finally:
                os.kill(one.pid("reservations"), signal.SIGCONT)
            assert line.recv(4096).startswith(b"HTTP/1.1 201 ")


def test_a_lease_ends_with_its_holder(shared, url):
    """Given back at an orderly end; after a kill the next one waits until it has run out, and then sells."""
    with reservations(url) as one, one.door("reservations") as door:
        user = make_user(door)
        made = book(door, user)
        alone(one, door, user)
        assert shared.sql("SELECT until > now() FROM sole_writer") == [["t"]]
    assert shared.sql("SELECT until > now() FROM sole_writer") == [["f"]]
    killed = reservations(url).start()
    with killed.door("reservations") as door:
        alone(killed, door, user)
        killed.kill_all()
    with reservations(url) as two, two.door("reservations") as elsewhere:
        assert shared.sql("SELECT until > now() FROM sole_writer") == [["f"]], "it has not waited"
        cancel(elsewhere, made)
        book(elsewhere, user)


def test_after_the_server_was_away(shared, url):
    with reservations(url) as one, one.door("reservations") as door:
        user = make_user(door)
        made = book(door, user)
        for _ in range(2):
            alone(one, door, user)
            shared.rest()
            shared.start()
            in_time(lambda: ready(one), "ready again")
            lose(door, user)
            cancel(door, made)
            made = book(door, user)
