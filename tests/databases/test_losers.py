"""Losers of seats on PostgreSQL: refused without a statement while the process alone writes, in the very words of the store, and
never of a seat that somebody has given back, whichever replica took it back and whatever happens to lines and processes."""

import contextlib
import os
import signal
import threading
import time

import pytest

from databases.test_reservations_postgres import TOKEN, booking, in_time, make_user, ready, reservations
from harness.door import ok, refused
from harness.postgres import Postgres

SHOWING = 5
LOSE_S = 3
HANDED_OVER_S = 6  # a lease's three seconds, and the start of a process
TURNS = 40
TWIN_S = 60


@pytest.fixture(scope="module")
def shared():
    with Postgres("shared_preload_libraries=pg_stat_statements", "pg_stat_statements.track=top") as server:
        yield server


@pytest.fixture
def url(shared):
    fresh = shared.database("cinema_reservations")
    shared.sql("CREATE EXTENSION pg_stat_statements")
    return fresh


def calls(server):
    """Of each statement how often it was run."""
    rows = server.sql(
        "SELECT queryid, calls, regexp_replace(query, '\\s+', ' ', 'g') FROM pg_stat_statements "
        "WHERE query NOT LIKE '%pg_stat_statements%'"
    )
    return {(row[0], row[2][:100]): int(row[1]) for row in rows}


def more(before, after):
    return {key: n - before.get(key, 0) for key, n in after.items() if n > before.get(key, 0)}


def book(door, user, seats, **headers):
    return door.post("/api/reservations", json=booking(user, seats, SHOWING), headers=headers)


def lose(door, user, seats, gone=None):
    answer = book(door, user, seats)
    refused(answer, 409, "seats_taken")
    assert answer.json()["seatIds"] == (gone or seats)
    return answer


def remembered(server, door, user, seats):
    """Loses until the server hears nothing of it."""

    def unheard():
        before = sum(calls(server).values())
        for _ in range(40):
            lose(door, user, seats)
        return sum(calls(server).values()) - before < 20

    in_time(unheard, "losers are refused from memory")


def cancel(door, made):
    return ok(door.put(f"/api/reservations/{made['id']}/cancel", params={"code": made["accessCode"]}))


def words(answer):
    return {k: v for k, v in answer.json().items() if k != "requestId"}


@contextlib.contextmanager
def stopped(service):
    pid = service.pid("reservations")
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


# --- one process ---


def test_who_loses_asks_the_server_nothing(shared, url):
    """What the service says by itself meanwhile it also says, as often, when nobody loses."""
    with reservations(url) as service, service.door("reservations") as door:
        user = make_user(door)
        ok(book(door, user, [1, 2, 3]), 201)
        remembered(shared, door, user, [1, 2])
        before, lost, end = calls(shared), 0, time.monotonic() + LOSE_S
        while time.monotonic() < end:
            lose(door, user, [1, 2])
            lost += 1
        losing = more(before, calls(shared))
        before = calls(shared)
        time.sleep(LOSE_S)
        idle = more(before, calls(shared))
        print(f"{lost} lost; statements {sum(losing.values())}, idle {sum(idle.values())}")
        assert lost > 100
        for key, n in losing.items():
            assert n <= idle.get(key, 0) + LOSE_S + 1, f"{n} times for {lost} losers, {idle.get(key, 0)} times for none: {key[1]}"


def test_the_words_are_the_stores(shared, url):
    with reservations(url) as service, service.door("reservations") as door:
        user = make_user(door)
        made = ok(book(door, user, [1, 2, 3], **{"Idempotency-Key": "first"}), 201)
        by_store = book(door, user, [2, 3, 4])
        remembered(shared, door, user, [1, 2])
        by_memory = book(door, user, [2, 3, 4])
        assert words(by_memory) == words(by_store) and by_memory.json()["seatIds"] == [2, 3]
        assert {k.lower() for k in by_memory.headers} == {k.lower() for k in by_store.headers}
        refused(book(door, user + 1000, [1]), 404, "user_unknown")
        assert ok(book(door, user, [1, 2, 3], **{"Idempotency-Key": "first"}), 201) == made
        refused(book(door, user, [1, 2], **{"Idempotency-Key": "first"}), 422, "idempotency_key_reused")
        refused(book(door, user, [1, 2], **{"Idempotency-Key": "second"}), 409, "seats_taken")
        erased = make_user(door, "Eve")
        ok(door.delete(f"/api/users/{erased}"))
        refused(book(door, erased, [1]), 404, "user_unknown")


def test_a_stopped_sale_is_said_before_lost_seats(shared, url):
    with reservations(url) as service, service.door("reservations") as door:
        user = make_user(door)
        ok(book(door, user, [1, 2, 3]), 201)
        remembered(shared, door, user, [1])
        service_token = {"Authorization": "Bearer " + TOKEN}
        order = {"scheduleIds": [SHOWING], "seatIds": [9]}  # nobody sits there, so no ticket stands in the way
        assert ok(door.post("/internal/sales/stop", json=order, headers=service_token))["stopped"]
        refused(book(door, user, [1]), 409, "showing_cancelled")
        refused(book(door, user + 1000, [1]), 404, "user_unknown")
        assert door.post("/internal/sales/resume", json=order, headers=service_token).status_code < 300
        lose(door, user, [1])


def test_a_seat_given_back_is_sold_at_once(shared, url):
    with reservations(url) as service, service.door("reservations") as door:
        user = make_user(door)
        made = ok(book(door, user, [1, 2]), 201)
        ok(book(door, user, [3]), 201)
        remembered(shared, door, user, [1, 2, 3])
        for turn in range(TURNS):
            if turn % 2:
                ok(door.post("/api/payments", json={"reservationId": made["id"], "amount": 10, "paymentMethod": "cash"}), 201)
            cancel(door, made)
            lose(door, user, [1, 3], [3])
            made = ok(book(door, user, [1, 2]), 201)
            lose(door, user, [1, 2])


def test_a_hold_that_ran_out_is_sold_at_once(shared, url):
    with reservations(url, HOLD_SECONDS=3) as service, service.door("reservations") as door:
        user = make_user(door)
        for _ in range(3):
            ok(book(door, user, [1, 2]), 201)
            began = time.monotonic()
            while book(door, user, [1]).status_code == 409:
                assert time.monotonic() - began < 4, "refused after its end"
            assert time.monotonic() - began > 2.5, "sold before its end"
            time.sleep(3.1)


def test_a_seat_in_a_payment_is_named_too(shared, url):
    """Its hold has run out, but a payment under way keeps it: who also wants a sold seat is told of both."""
    settings = {"HOLD_SECONDS": 2, "PAYMENT_TIMEOUT_SECONDS": 7}
    with reservations(url, **settings) as service, service.door("reservations", timeout=30) as door:
        user = make_user(door)
        sold = ok(book(door, user, [1]), 201)
        ok(door.post("/api/payments", json={"reservationId": sold["id"], "amount": 10, "paymentMethod": "cash"}), 201)
        remembered(shared, door, user, [1])
        held = ok(book(door, user, [2]), 201)
        order = {"reservationId": held["id"], "amount": 10, "paymentMethod": "test_lost"}
        paying = threading.Thread(target=door.post, args=("/api/payments",), kwargs={"json": order})
        paying.start()
        try:
            end = time.monotonic() + 5
            while time.monotonic() < end:
                lose(door, user, [1, 2])
                time.sleep(0.02)
        finally:
            paying.join()


# --- another that writes ---


@contextlib.contextmanager
def holder(shared, url):
    """A process that refuses from memory, its door, a buyer, and a booking that somebody may cancel."""
    with reservations(url) as service, service.door("reservations", timeout=30) as door:
        user = make_user(door)
        made = ok(book(door, user, [1, 2]), 201)
        remembered(shared, door, user, [1, 2])
        yield service, door, user, made


def test_a_second_replica_takes_seats_back(shared, url):
    """Whoever starts can write within seconds, and from then on what he has answered holds for all."""
    with holder(shared, url) as (_, door, user, made):
        began = time.monotonic()
        with reservations(url) as other, other.door("reservations", timeout=30) as second:
            in_time(lambda: ready(other), "the second writes", HANDED_OVER_S)
            print(f"handed over after {time.monotonic() - began:.2f} s")
            for _ in range(TURNS):
                cancel(second, made)
                made = ok(book(door, user, [1, 2]), 201)
                lose(second, user, [1, 2])
                lose(door, user, [1, 2])
        remembered(shared, door, user, [1, 2])  # alone again


def test_a_holder_that_slept(shared, url):
    """It is stopped with the lease, another takes seats back, and what waits at its door when it wakes is sold them."""
    with holder(shared, url) as (service, door, user, made), contextlib.ExitStack() as stack:
        answers = []
        with stopped(service):
            other = stack.enter_context(reservations(url))
            in_time(lambda: ready(other), "the second writes though the first has slept in", HANDED_OVER_S)
            second = stack.enter_context(other.door("reservations", timeout=30))
            cancel(second, made)
            waiting = threading.Thread(target=lambda: answers.append(book(door, user, [1, 2])))
            waiting.start()
            time.sleep(0.3)
        waiting.join()
        ok(answers[0], 201)


def test_another_that_slept(shared, url):
    """Its act arrives when it wakes, and once it has answered the first knows."""
    with holder(shared, url) as (_, door, user, made), reservations(url) as other:
        in_time(lambda: ready(other), "the second writes", HANDED_OVER_S)
        with other.door("reservations", timeout=30) as second:
            lose(second, user, [1])
            for _ in range(3):
                waiting = threading.Thread(target=cancel, args=(second, made))
                with stopped(other):
                    waiting.start()
                    for _ in range(40):
                        lose(door, user, [1, 2])
                        time.sleep(0.1)
                waiting.join()
                made = ok(book(door, user, [1, 2]), 201)


def taken_back(door, made):
    """Now, or by a try before whose answer was lost."""
    answer = door.put(f"/api/reservations/{made['id']}/cancel", params={"code": made["accessCode"]})
    return answer.status_code in (200, 409)


@pytest.mark.parametrize("how", ["its lines are cut", "the server restarts", "the server crashes"])
def test_what_is_cut(shared, url, how):
    with contextlib.ExitStack() as stack:
        if how == "its lines are cut":
            server = shared
        else:
            server = stack.enter_context(Postgres("shared_preload_libraries=pg_stat_statements", durable=True))
            server.sql("CREATE EXTENSION pg_stat_statements")
            url = server.url
        _, door, user, made = stack.enter_context(holder(server, url))
        other = reservations(url)
        starting = threading.Thread(target=other.start)
        starting.start()
        stack.callback(other.stop)
        if how == "its lines are cut":
            server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'taquilla%'")
        else:
            server.kill() if how == "the server crashes" else server.rest()
            time.sleep(0.3)
            server.start()
        starting.join()
        in_time(lambda: ready(other), "the second writes")
        with other.door("reservations", timeout=30) as second:
            for _ in range(TURNS):
                in_time(lambda: taken_back(second, made), "taken back")
                again = book(door, user, [1, 2])
                while again.status_code == 503:
                    again = book(door, user, [1, 2])
                made = ok(again, 201)


def test_who_ends_gives_the_lease_up(shared, url):
    with holder(shared, url):
        pass
    began = time.monotonic()
    with reservations(url) as other:
        in_time(lambda: ready(other), "the next writes", HANDED_OVER_S)
        took = time.monotonic() - began
        print(f"ready after {took:.2f} s")
        assert took < 2.5, "it waited for the lease of one who has ended"


def test_the_twin_that_does_not_look_is_caught(shared, url):
    """It writes while another holds the lease; that one's memory then refuses a free seat, or the tests above cannot fail."""
    with holder(shared, url) as (_, door, user, made):
        with reservations(url, TAQUILLA_TEST_UNSAFE="lease") as twin, twin.door("reservations", timeout=30) as second:
            end = time.monotonic() + TWIN_S  # how often it is caught is a matter of who is faster
            while time.monotonic() < end:
                cancel(second, made)
                answer = book(door, user, [1, 2])
                if answer.status_code == 409:
                    return
                made = ok(answer, 201)
                lose(door, user, [1, 2])
                time.sleep(0.02)
    assert False, "nobody was refused a free seat though nobody looked at the lease"
