"""Reservations on PostgreSQL as a service: away at its start, restarted and killed under load, lines cut, replicas that are stopped, a
database of the old system; and the twin without a lock, which must oversell."""

import os
import random
import signal
import threading
import time
import urllib.parse

import httpx
import pytest

from databases import old
from harness.cinema import Alone, run
from harness.cutter import Cutter
from harness.door import ok, refused
from harness.postgres import Postgres
from harness.storm import SEED
from harness.stores import ask as sql
from sweep import replay, sweep

HEAL_S = 20
STORM_S = 6
TOKEN = "t" * 32
FILM = "507f1f77bcf86cd799439011"
OLD = old.RESERVATIONS_SCRIPT + """
INSERT INTO users (id, email, name) VALUES (1, 'ana@x.com', 'Ana');
INSERT INTO reservations (id, user_id, schedule_id, movie_id, total_amount, status, reservation_date) VALUES
    (30, 1, 5, '507f1f77bcf86cd799439011', 20, 'CONFIRMED', '2025-02-01 10:00:00'),
    (31, 1, 5, '507f1f77bcf86cd799439011', 20, 'CONFIRMED', '2025-02-01 11:00:00');
INSERT INTO reserved_seats (reservation_id, seat_id) VALUES (30, 7), (31, 7);
"""


@pytest.fixture(scope="module")
def shared():
    with Postgres() as server:
        yield server


@pytest.fixture
def url(shared):
    """A fresh database on the shared server."""
    return shared.database("cinema_reservations")


def reservations(url, **settings):
    fixed = {"ROOMS_API_URL": "none", "SERVICE_TOKEN": TOKEN, "MAX_HOLDS_PER_USER": 100000}
    return Alone("reservations", RESERVATIONS_DATABASE_URL=url, **fixed | settings)


def make_user(door, name="Ana"):
    return ok(door.post("/api/users", json={"email": f"{name}-{random.random()}@x.com", "name": name}), 201)["id"]


def booking(user, seats, showing=5):
    return {"userId": user, "scheduleId": showing, "movieId": FILM, "seatIds": seats, "totalAmount": 10, "hold": True}


def feed(door, after=0, wait=0):
    answer = door.get("/feed", params={"after": after, "limit": 1000, "wait": wait}, headers={"Authorization": "Bearer " + TOKEN})
    assert answer.status_code == 200, answer.text
    return answer.json()["events"]


def every_event(door):
    found = []
    while page := feed(door, after=found[-1]["position"] if found else 0):
        found += page
    return found


def in_time(condition, what, seconds=HEAL_S):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"after {seconds} s still not: {what}"
        time.sleep(0.05)


def ready(service):
    try:
        return httpx.get(service.url("reservations") + "/health/ready").status_code == 200
    except httpx.HTTPError:
        return False


def alive(service):
    try:
        return httpx.get(service.url("reservations") + "/health/live").status_code == 200
    except httpx.HTTPError:
        return False


def whole(url, door):
    """Nothing impossible in the tables, nothing given twice in the log."""
    assert not sweep(url)
    events = every_event(door)
    assert [e["position"] for e in events] == list(range(1, len(events) + 1))
    assert not replay(events)
    return events


class Buyers:
    """Threads that buy seats of many showings, each request under a key of its own and repeated until it is decided."""

    def __init__(self, doors, user, threads=8, showing=lambda dice: dice.randint(1, 40)):
        self.doors, self.user, self.showing = doors, user, showing
        self.made, self.statuses, self.wrong, self.ended = [], {}, [], threading.Event()
        self.threads = [threading.Thread(target=self.buy, args=(number,)) for number in range(threads)]
        for thread in self.threads:
            thread.start()

    def buy(self, number):
        dice = random.Random(SEED * 100 + number)
        try:
            with self.doors[number % len(self.doors)].door("reservations", timeout=30) as door:
                count = 0
                while not self.ended.is_set():
                    count += 1
                    seats = dice.sample(range(1, 31), dice.randint(1, 3))
                    self.once(door, booking(self.user, seats, showing=self.showing(dice)), f"{number}-{count}")
        except Exception as problem:  # a thread's failure is the test's
            self.wrong.append(repr(problem))

    def once(self, door, body, key):
        for _ in range(400):
            answer = door.post("/api/reservations", json=body, headers={"Idempotency-Key": key})
            self.statuses[answer.status_code] = self.statuses.get(answer.status_code, 0) + 1
            if answer.status_code == 201:
                self.made.append(answer.json()["data"])
            if answer.status_code != 503:
                return
            time.sleep(0.05)
        self.wrong.append(f"{key} was never decided")

    def end(self):
        self.ended.set()
        for thread in self.threads:
            thread.join()
        assert not self.wrong, self.wrong
        return self.made

    def moved(self, more=20):
        """Waits until so many more were sold."""
        before = len(self.made)
        in_time(lambda: len(self.made) >= before + more or self.wrong, "seats are sold")


def newest(_):
    """A showing that has just gone on sale: all fight for the same seats."""
    return 100000 + int(time.monotonic() * 4)


def owned(url, made):
    """Whoever was told that he has his seats has them, and nobody has what nobody was told of."""
    pairs = sorted((b["id"], b["scheduleId"], s) for b in made for s in b["seatIds"])
    with_claims = sorted(
        tuple(map(int, row)) for row in sql(url, "SELECT reservation_id, schedule_id, seat_id FROM seat_claims")
    )
    assert with_claims == pairs, f"{len(with_claims)} claims, {len(pairs)} seats acknowledged"


# --- the server goes and comes ---


def test_a_server_that_comes_later():
    with Postgres() as server:
        server.rest()
        with reservations(server.url).start(wait=False) as service:
            in_time(lambda: alive(service), "it listens")
            unready = httpx.get(service.url("reservations") + "/health/ready")
            assert unready.status_code == 503 and unready.json()["checks"]["store"]["status"] == "away"
            with service.door("reservations") as door:
                began = time.monotonic()
                away = door.get("/api/users")
                refused(away, 503, "store_unavailable")
                assert away.headers["Retry-After"] == "1"
                refused(door.post("/api/users", json={"email": "a@x", "name": "x"}), 503, "store_unavailable")
                assert time.monotonic() - began < 5, "two answers, two seconds each"
                server.start()
                in_time(lambda: ready(service), "ready")
                assert make_user(door) == 1


@pytest.mark.parametrize("how", ["restart", "crash"])
def test_a_server_that_goes_and_comes_back_under_load(how):
    """Whatever was acknowledged is there, once; while the server is away everybody is told so, and nobody anything else."""
    with Postgres(durable=True) as server, reservations(server.url) as service:
        with service.door("reservations") as door:
            buyers = Buyers([service], make_user(door))
            for _ in range(2):
                buyers.moved()
                server.kill() if how == "crash" else server.rest()
                time.sleep(0.5)
                server.start()
            buyers.moved()
            made = buyers.end()
            print(f"{len(made)} sold, answers {buyers.statuses}")
            assert set(buyers.statuses) <= {201, 409, 503}, buyers.statuses
            owned(server.url, made)
            whole(server.url, door)


def test_lines_that_are_cut_anywhere(shared, url):
    """No booking twice, and no true owner is told that his seat is another's."""
    cutter = Cutter(shared.port, random.Random(SEED))
    through = urllib.parse.urlsplit(url)._replace(netloc=f"taquilla@127.0.0.1:{cutter.port}").geturl()
    with reservations(through) as service, service.door("reservations", timeout=30) as door:
        buyers = Buyers([service], make_user(door), threads=16)
        end = time.monotonic() + STORM_S
        while time.monotonic() < end:
            cutter.cutting = True
            time.sleep(0.6)
            cutter.cutting = False
            buyers.moved(5)
        made = buyers.end()
        metrics = httpx.get(service.url("reservations") + "/metrics", headers={"Authorization": "Bearer " + TOKEN}).text
        found = [line for line in metrics.splitlines() if line.startswith("taquilla_store_found_after_loss_total")]
        print(f"seed {SEED}: {cutter.cuts} cuts, {len(made)} sold, answers {buyers.statuses}, {found}")
        assert cutter.cuts > 5
        assert set(buyers.statuses) <= {201, 409, 503}, buyers.statuses
        owned(url, made)
        whole(url, door)
    cutter.close()


def test_an_encrypted_line():
    """By the URL alone; and a server that cannot prove its name is none."""
    server = Postgres()
    own, other = server.encrypt(), Postgres()
    try:
        server.start().database("cinema_reservations")
        by_name = server.url.replace("127.0.0.1", "localhost") + "?sslmode=verify-full&sslrootcert="
        with reservations(by_name + str(own)) as service, service.door("reservations") as door:
            assert make_user(door) == 1
            lines = sql(server.url, "SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name LIKE 'taquilla%'")
            assert lines == [("t",)]
        with reservations(by_name + str(other.encrypt())).start(wait=False) as service:
            in_time(lambda: "store_away" in service.log(), "it says that the store is away")
            in_time(lambda: alive(service), "it listens")
            assert not ready(service) and "certificate verify failed" in service.log()
    finally:
        server.stop()
        other.stop()


# --- several replicas ---


@pytest.fixture
def replicas(url):
    with reservations(url) as one, reservations(url) as other:
        yield one, other


def test_replicas_are_one_service(replicas):
    """Each request to the other replica: what one wrote, the other has; a key is a key; a seat is free or it is not."""
    with replicas[0].door("reservations") as one, replicas[1].door("reservations") as other:
        user = make_user(one)
        assert ok(other.get(f"/api/users/{user}"))["name"] == "Ana"
        body = booking(user, [1, 2])
        made = ok(one.post("/api/reservations", json=body, headers={"Idempotency-Key": "k"}), 201)
        assert ok(other.post("/api/reservations", json=body, headers={"Idempotency-Key": "k"}), 201) == made
        refused(other.post("/api/reservations", json=body | {"seatIds": [3]}, headers={"Idempotency-Key": "k"}), 422, "idempotency_key_reused")
        gone = other.post("/api/reservations", json=booking(user, [2, 3]))
        refused(gone, 409, "seats_taken")
        assert gone.json()["seatIds"] == [2]
        pay = {"reservationId": made["id"], "amount": 10, "paymentMethod": "cash"}
        code = {"code": made["accessCode"]}
        assert ok(other.post("/api/payments", json=pay), 201)["paymentStatus"] == "COMPLETED"
        refused(one.post("/api/payments", json=pay), 409, "payment_exists")
        assert ok(one.get(f"/api/reservations/{made['id']}", params=code))["status"] == "CONFIRMED"
        assert ok(one.put(f"/api/reservations/{made['id']}/cancel", params=code))["payment"]["paymentStatus"] == "REFUNDED"
        ok(other.post("/api/reservations", json=booking(user, [1, 2])), 201)
        assert feed(one) == feed(other)


def test_a_feed_tells_of_the_other_replicas_commits(replicas):
    with replicas[0].door("reservations") as one, replicas[1].door("reservations", timeout=30) as other:
        make_user(one)
        threading.Timer(0.3, make_user, args=(one, "Bo")).start()
        began = time.monotonic()
        told = feed(other, after=1, wait=20)
        assert [e["position"] for e in told] == [2]
        assert time.monotonic() - began < 10, "told when the wait was over, not when it was written"


def test_replicas_that_race_never_sell_a_seat_twice(url, replicas):
    with replicas[0].door("reservations") as door:
        buyers = Buyers(replicas, make_user(door), threads=16, showing=newest)
        time.sleep(STORM_S)
        made = buyers.end()
        print(f"seed {SEED}: {len(made)} sold, answers {buyers.statuses}")
        assert set(buyers.statuses) == {201, 409}, buyers.statuses
        owned(url, made)
        whole(url, door)


def test_the_twin_without_a_lock_oversells(url):
    """Two replicas that look first and insert plainly, no lock and no unique key: or the race above could not fail."""
    with reservations(url, TAQUILLA_TEST_UNSAFE="claims") as one, reservations(url, TAQUILLA_TEST_UNSAFE="claims") as other:
        with one.door("reservations") as door:
            user = make_user(door)
        for _ in range(5):
            buyers = Buyers([one, other], user, threads=16, showing=newest)
            time.sleep(STORM_S / 2)
            buyers.end()
            problems = sweep(url)
            if any("claimed twice" in p for p in problems) and any("not dense" in p for p in problems):
                return
        assert False, f"without the lock nothing was oversold: the race cannot fail: {problems}"


def test_a_replica_that_is_stopped_keeps_nobody_waiting(url, replicas):
    """Stopped at whatever byte of whatever message: the other sells on within a second."""
    dice = random.Random(SEED)
    one, other = replicas
    with other.door("reservations", timeout=30) as door:
        user = make_user(door)
        buyers = Buyers([one], user)
        longest = 0
        for turn in range(12):
            time.sleep(0.15 + dice.random() * 0.1)
            os.kill(one.pid("reservations"), signal.SIGSTOP)
            try:
                for seat in range(1, 6):
                    began = time.monotonic()
                    ok(door.post("/api/reservations", json=booking(user, [seat], showing=1000 + turn)), 201)
                    longest = max(longest, time.monotonic() - began)
            finally:
                os.kill(one.pid("reservations"), signal.SIGCONT)
        buyers.end()
        print(f"seed {SEED}: the longest answer took {longest * 1000:.0f} ms")
        assert longest < 1 + 2 * (os.getloadavg()[0] > 4), "a stopped replica holds something"
        whole(url, door)


# --- settings, and a database of the old system ---


def test_a_key_of_another_day_is_free_again(url):
    """Whether the sweep has been there or not."""
    with reservations(url) as service, service.door("reservations") as door:
        user, key = make_user(door), {"Idempotency-Key": "till-3"}
        ok(door.post("/api/reservations", json=booking(user, [1]), headers=key), 201)
        refused(door.post("/api/reservations", json=booking(user, [2]), headers=key), 422, "idempotency_key_reused")
        sql(url, "UPDATE once_keys SET made_at = made_at - interval '25 hours'")
        made = ok(door.post("/api/reservations", json=booking(user, [2]), headers=key), 201)
        assert ok(door.post("/api/reservations", json=booking(user, [2]), headers=key), 201) == made
        assert sql(url, "SELECT count(*) FROM once_keys WHERE key = 'till-3'")[0][0] in (1, "1")
        assert len(every_event(door)) == 3


def test_what_is_over_leaves_the_indexes_of_what_is_pending(url):
    """PostgreSQL is told to clean them long before a fifth of a big table is dead, and to go through the indexes too."""
    with Alone("reservations", RESERVATIONS_DATABASE_URL=url, ROOMS_API_URL="none"):
        pass
    told = dict(sql(url, "SELECT relname, array_to_string(reloptions, ' ') FROM pg_class WHERE relname IN ('reservations', 'payments')"))
    for table in ("reservations", "payments"):
        assert "autovacuum_vacuum_scale_factor=0.005" in told[table] and "vacuum_index_cleanup=on" in told[table], told


def test_a_database_of_the_old_system_by_its_old_names(shared, url):
    shared.sql(OLD + "DROP ROLE IF EXISTS \"cine ma\"; CREATE ROLE \"cine ma\" SUPERUSER LOGIN PASSWORD 'p@ss/w?rd'")
    old_names = {"POSTGRES_HOST": "127.0.0.1", "POSTGRES_PORT": shared.port, "POSTGRES_USER": "cine ma", "POSTGRES_PASSWORD": "p@ss/w?rd"}
    fixed = {"ROOMS_API_URL": "none", "SERVICE_TOKEN": TOKEN}
    with Alone("reservations", **old_names, **fixed) as service, service.door("reservations") as door:
        assert [r["id"] for r in ok(door.get("/api/reservations"))] == [31, 30]
        assert [e["type"] for e in feed(door)] == ["user.adopted", "reservation.adopted", "reservation.adopted"]
        refused(door.post("/api/reservations", json=booking(1, [7])), 409, "seats_taken")
        assert ok(door.post("/api/reservations", json=booking(1, [8])), 201)["id"] > 31
        assert "seat 7 of showing 5 was sold to reservation 30 and again to reservation 31" in service.log()
    jdbc = {"SPRING_DATASOURCE_URL": f"jdbc:postgresql://localhost:{shared.port}/cinema_reservations?currentSchema=public&sslmode=prefer"}
    with Alone("reservations", **jdbc, DB_USERNAME="cine ma", DB_PASSWORD="p@ss/w?rd", **fixed) as service:
        with service.door("reservations") as door:
            assert len(ok(door.get("/api/reservations"))) == 3


def test_unpaid_sales_of_old_end_with_their_showing(shared, url):
    """Rooms tells when the showing is: in twenty minutes, so what is unpaid until thirty minutes before it has run out."""
    with Alone("rooms", MOVIES_API_URL="none", RESERVATIONS_API_URL="none", SERVICE_TOKEN=TOKEN, TIME_ZONE="UTC") as rooms:
        with rooms.door("rooms") as door:
            room = ok(door.post("/api/rooms", json={"name": "Sala", "capacity": 10}), 201)["id"]
            soon = time.strftime("%Y-%m-%dT%H:%M:00", time.gmtime(time.time() + 20 * 60))
            showing = ok(
                door.post("/api/schedules", json={"movie_id": FILM, "room_id": room, "show_time": soon, "price": 5}), 201
            )["id"]
        unpaid = f"UPDATE reservations SET schedule_id = {showing}, status = 'PENDING' WHERE id = 31"
        shared.sql(OLD + unpaid)
        with reservations(url, ROOMS_API_URL=rooms.url("rooms")) as service, service.door("reservations") as door:
            def status():
                return {r["id"]: r["status"] for r in ok(door.get("/api/reservations"))}

            in_time(lambda: status() == {30: "CONFIRMED", 31: "EXPIRED"}, "the unpaid reservation has expired")
            assert not sql(url, f"SELECT seat_id FROM seat_claims WHERE schedule_id = {showing}")


@pytest.mark.parametrize(
    "url,told",
    [
        ("oracle://x/y", "sqlite: or postgres://"),
        ("postgres://u:topsecret@h:port/d", "not of the form"),
        ("postgres://u:topsecret@h/d?sslmode=perhaps", "not of the form"),
        ("postgres://u:topsecret@h/d?colour=red", "not of the form"),
    ],
)
def test_an_address_that_cannot_be(url, told):
    done = run("reservations", "--port", "0", RESERVATIONS_DATABASE_URL=url)
    assert done.returncode == 2 and told in done.stderr and "topsecret" not in done.stderr, done.stderr
