"""DynamoDB equals the owners item by item: after a random life, kills, replays of the past, a migration over it, and without the guard not."""

import os
import random
import signal
import threading
import time
from datetime import datetime, timedelta, timezone

import httpx
import pytest

from harness.cinema import Cinema, run
from harness.copied import INDEXES, KEYS, differences, expected, held
from harness.door import check_any, refused
from harness.history import History
from harness.maker import Maker
from harness.storm import SEED

TABLES = ("rooms", "seats", "schedules", "users", "reservations", "reserved_seats", "payments", "movies", "genres")
NEVER = "0 0 1 1 *"


@pytest.fixture
def prepared(aws, names):
    done = run("setup", **aws.settings(), **names)
    assert done.returncode == 0, done.stdout + done.stderr
    return aws.settings() | names


@pytest.fixture
def cinema(prepared):
    with Cinema(SYNC_SCHEDULE=NEVER, BACKUP_SCHEDULE=NEVER, BATCH_SIZE=40, UNPAID_UNTIL_MINUTES=60, **prepared) as cinema:
        yield cinema


@pytest.fixture
def life(cinema):
    m = Maker(cinema)
    yield History(m, random.Random(SEED))
    m.close()


@pytest.fixture
def door(cinema):
    with httpx.Client(base_url=cinema.url("ingestion"), trust_env=False, timeout=120) as client:
        yield client


def sync(door, table, since=None):
    answer = door.post(f"/sync/{table}", json={"last_sync_time": since} if since else None)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert set(body) == {"message", "timestamp", "records_synced"}
    return body["records_synced"]


def sync_all(door):
    return {table: sync(door, table) for table in TABLES}


def same(cinema, aws, names):
    found, gone = held(aws, names)
    told = differences(found, expected(cinema))
    assert not told, "\n".join(told[:20])
    return found, gone


def stamp(moment):
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def queried(door, table, index, key):
    answer = door.get(f"/dynamodb/{table}/items", params={"index": index, "key": key, "limit": 10000})
    check_any(answer)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["count"] == len(body["items"])
    return {item[KEYS[table]]: item for item in body["items"]}


def test_after_a_random_life(cinema, life, door, aws, names):
    for _ in range(3):
        life.live(60)
        sync_all(door)
        found, gone = same(cinema, aws, names)
    assert set(sync_all(door).values()) == {0}, "nothing happened"
    assert gone["users"] or gone["reservations"], "nobody left in all that time"
    for table, tombstones in gone.items():
        for tombstone in tombstones.values():
            assert set(tombstone) == {KEYS[table], "deleted", "expires_at"}
            assert 29 < (tombstone["expires_at"] - time.time()) / 86400 <= 30
    every_index(door, found)
    health = door.get("/health").json()["sync"]
    assert health["last_result"] == "ok" and set(health["lag"].values()) == {0}


def every_index(door, found):
    for table, indexes in INDEXES.items():
        for index, attribute in indexes.items():
            groups = {}
            for key, item in found[table].items():
                if attribute in item:
                    groups.setdefault(item[attribute], set()).add(key)
            assert groups
            for value, keys in groups.items():
                assert queried(door, table, index, value).keys() == keys, f"{index} {value}"
        shown = door.get(f"/dynamodb/{table}/items", params={"limit": 10000}).json()
        assert {item[KEYS[table]] for item in shown["items"]} == found[table].keys(), "tombstones are not shown"


def test_an_erased_user_is_gone(cinema, door, aws, names):
    m = Maker(cinema)
    user = m.make_user()
    assert sync(door, "users") == 1
    assert queried(door, "users", "EmailIndex", user["email"]).keys() == {str(user["id"])}
    assert m.reservations.delete(f"/api/users/{user['id']}").status_code == 200
    assert sync(door, "users") == 1
    assert queried(door, "users", "EmailIndex", user["email"]) == {}
    client = aws.boto("dynamodb")
    scan = client.scan(TableName=names["DYNAMODB_USERS_TABLE"])
    assert user["email"] not in str(scan) and user["name"] not in str(scan)
    m.close()


def test_last_sync_time_reads_again_what_happened_since(cinema, door):
    m = Maker(cinema)
    m.make_movie()
    time.sleep(1.1)
    since = stamp(datetime.now(timezone.utc))
    films = [m.make_movie() for _ in range(3)]
    assert sync(door, "movies") == 4 and sync(door, "movies") == 0
    assert sync(door, "movies", since) == len(films)
    assert sync(door, "movies", "2000-01-01T00:00:00Z") == 4
    assert sync(door, "movies", "2999-01-01T00:00:00Z") == 0
    m.close()


def test_a_moved_showing_moves_its_reservations(cinema, door, aws, names):
    m = Maker(cinema)
    showing, other = m.make_showing(), m.make_showing()
    sold = [m.book(s, seats=[s["seat_ids"][n]]) for n in range(3) for s in (showing, other)]
    gone = sold.pop()
    sync_all(door)
    m.rooms.put(f"/api/schedules/{showing['id']}", json={"show_time": m.at(days=3)})
    m.reservations.delete(f"/api/reservations/{gone['id']}")
    assert sync(door, "schedules") == 1
    sync_all(door)
    found, _ = same(cinema, aws, names)
    assert len(found["reservations"]) == len(sold)
    m.close()


def test_what_is_no_table(door):
    refused(door.post("/sync/log"), 404, "table_unknown")
    refused(door.post("/sync/rooms", json={"last_sync_time": "yesterday"}), 400)
    refused(door.get("/dynamodb/log/items"), 404, "table_unknown")
    for query in ({"index": "GenreIndex"}, {"key": "x"}, {"index": "UserIndex", "key": "1"}, {"limit": 10001}):
        refused(door.get("/dynamodb/movies/items", params=query), 400, "validation_failed")


def test_tables(cinema, door, names):
    m = Maker(cinema)
    film = m.make_movie(genre=["Ópera \"bufa\"", "Drama"])
    assert sync(door, "movies") == 1
    tables = door.get("/dynamodb/tables").json()["tables"]
    assert set(tables) == set(KEYS)
    for table, told in tables.items():
        assert told["table_name"] == names[f"DYNAMODB_{table.upper()}_TABLE"] and told["table_status"] == "ACTIVE"
    full = door.get(f"/dynamodb/{names['DYNAMODB_MOVIES_TABLE']}/items").json()
    assert full == door.get("/dynamodb/movies/items").json() and full["count"] == 1
    item = full["items"][0]
    assert item["movie_id"] == film["_id"] and item["genres"] == film["genre"] and item["rating"] == film["rating"]
    assert queried(door, "movies", "GenreIndex", film["genre"][0]).keys() == {film["_id"]}
    m.close()


def interrupted(cinema, life, door, rounds):
    """Lives on; each round copies what is new, begins anew in the past and is killed in the middle of that, then copies again."""
    began = datetime.now(timezone.utc) - timedelta(seconds=1)
    life.live(80)
    sync_all(door)
    for _ in range(rounds):
        life.live(15)
        sync_all(door)
        table = life.dice.choice(("reservations", "reserved_seats", "payments", "movies"))
        since, start = stamp(began), time.monotonic()
        assert sync(door, table, since) > 0
        took = time.monotonic() - start
        replay, pid = threading.Thread(target=replayed, args=(cinema, table, since)), cinema.pid("ingestion")
        replay.start()
        time.sleep(took * life.dice.uniform(0.3, 0.9))
        cinema.killed.add("ingestion")
        os.kill(pid, signal.SIGKILL)
        replay.join()
        cinema.wait_ready(["ingestion"])
        settled(door)
        sync_all(door)
        yield


def replayed(cinema, table, since):
    """Until the service is killed."""
    try:
        httpx.post(f"{cinema.url('ingestion')}/sync/{table}", json={"last_sync_time": since}, trust_env=False, timeout=60)
    except httpx.HTTPError:
        pass


def settled(door):
    end = time.monotonic() + 20
    while True:
        try:
            if door.post("/sync/genres").status_code == 200:
                return
        except httpx.HTTPError:
            pass
        assert time.monotonic() < end, "the service does not come back"
        time.sleep(0.1)


def test_kills_and_replays_do_no_harm(cinema, life, door, aws, names):
    began = datetime.now(timezone.utc)
    for _ in interrupted(cinema, life, door, 4):
        same(cinema, aws, names)
    tables = list(TABLES) * 2
    life.dice.shuffle(tables)
    for table in tables:
        life.live(3)
        sync(door, table, stamp(began + (datetime.now(timezone.utc) - began) * life.dice.random()))
    sync_all(door)
    same(cinema, aws, names)


def test_without_the_guard_the_past_comes_back(prepared, aws, names):
    """The same with plain writes: a replay that is killed leaves what was once. Else the test above could not fail."""
    unsafe = {"TAQUILLA_TEST_UNSAFE": "guard", "SYNC_SCHEDULE": NEVER, "BACKUP_SCHEDULE": NEVER, "BATCH_SIZE": 40}
    with Cinema(**unsafe, **prepared) as cinema, httpx.Client(base_url=cinema.url("ingestion"), timeout=120) as door:
        m = Maker(cinema)
        seen = any(
            differences(held(aws, names)[0], expected(cinema))
            for _ in interrupted(cinema, History(m, random.Random(SEED)), door, 10)
        )
        m.close()
        assert seen, "plain writes went unseen"


def test_a_migration_writes_it_all_anew(cinema, life, door, aws, names):
    life.live(80)
    sync_all(door)
    client = aws.boto("dynamodb")
    # Of a cinema that once used these tables, and what this one has but shows wrongly.
    client.put_item(
        TableName=names["DYNAMODB_MOVIES_TABLE"],
        Item={"movie_id": {"S": "another"}, "genre_id": {"S": "Drama"}, "position": {"N": "999999"}},
    )
    film = life.films[0]["_id"]
    client.put_item(
        TableName=names["DYNAMODB_MOVIES_TABLE"], Item={"movie_id": {"S": film}, "position": {"N": "999999"}}
    )
    life.live(30)
    answer = door.post("/migrate", timeout=300)
    assert answer.status_code == 200, answer.text
    found, gone = same(cinema, aws, names)
    assert gone["movies"].keys() == {"another"}
    assert answer.json()["dynamodb"] == {table: len(items) for table, items in found.items()}
    life.live(30)
    sync_all(door)
    same(cinema, aws, names)


def test_a_migration_of_little(cinema, door, aws, names):
    """A backup has no file of an empty table, and what DynamoDB has of it goes."""
    aws.boto("dynamodb").put_item(
        TableName=names["DYNAMODB_ROOMS_TABLE"], Item={"room_id": {"N": "7"}, "screen_type": {"S": "2D"}, "position": {"N": "3"}}
    )
    m = Maker(cinema)
    for step in (m.make_movie, lambda: m.book(m.make_showing())):
        step()
        assert door.post("/migrate", timeout=300).status_code == 200
        found, gone = same(cinema, aws, names)
        assert gone["rooms"].keys() == {7}
    assert len(found["reservations"]) == 1 and not found["reservations"]["1"].get("payment_id")
    m.close()


def test_by_schedule(prepared, aws, names):
    with Cinema(SYNC_SCHEDULE="* * * * *", BACKUP_SCHEDULE=NEVER, **prepared) as cinema:
        m = Maker(cinema)
        m.pay(m.book(m.make_showing()))
        end = time.monotonic() + 90
        with httpx.Client(base_url=cinema.url("ingestion"), timeout=20) as door:
            while not door.get("/health").json()["sync"]["last_ok"]:
                assert time.monotonic() < end, cinema.log()[-2000:]
                time.sleep(0.5)
        same(cinema, aws, names)
        token = {"authorization": f"Bearer {cinema.service_token}"}
        metrics = httpx.get(cinema.url("ingestion") + "/metrics", headers=token).text
        assert 'taquilla_sync_lag_events{owner="reservations"} 0' in metrics
        assert 'taquilla_syncs_total{result="ok"} 1' in metrics
        m.close()
