"""A migration that is killed while it writes to DynamoDB goes on with the rows that are left, and believes its mark only where it is true."""

import json
import re
import time

import httpx

from harness.awsproxy import Proxy
from harness.cinema import Cinema, run
from harness.copied import differences, expected, held
from harness.keeping import export, settle
from harness.sold import fill, hold_on

NEVER = "0 0 29 2 *"
SALES, USERS = 5_000, 500
BATCH, AT_ONCE = 25, 8  # services/ingestion/dynamodb
MARK_EVERY = 2_000
KILLED_AT = 130  # batches of reservations: 3,250 of 5,000, with a mark behind them


class Migration:
    """A cinema whose DynamoDB stands behind a proxy that counts."""

    def __init__(self, aws, names):
        self.aws, self.names = aws, names
        self.proxy = Proxy(aws.dynamodb, "dynamodb")
        self.cinema = Cinema(embedded=True, SYNC_SCHEDULE=NEVER, BACKUP_SCHEDULE=NEVER, **aws.settings(dynamodb=self.proxy.url), **names)

    def __enter__(self):
        assert run("setup", **self.aws.settings(), **self.names).returncode == 0
        self.proxy.__enter__()
        fill(self.cinema, SALES, USERS)
        hold_on(self.cinema)
        self.cinema.start()
        settle(self.cinema)
        return self

    def __exit__(self, *kinds):
        self.cinema.__exit__(*kinds)
        self.proxy.__exit__(*kinds)

    def batches(self):
        """Written so far; a request that was broken off counts."""
        return sum(request.operation == "BatchWriteItem" for request in self.proxy.asked)

    def order(self):
        """Up to the middle of the reservations; the place of the job."""
        self.proxy.slow(0.02)
        answer = httpx.post(self.cinema.url("ingestion") + "/migrate", headers={"Prefer": "respond-async"}, timeout=60)
        assert answer.status_code == 202
        before = sum(self.rows(*of) for of in (("movies", "movies"), ("rooms", "rooms"), ("reservations", "users"))) // BATCH
        self.until(lambda: self.batches() >= before + KILLED_AT)
        return answer.headers["location"]

    def rows(self, service, table):
        return export(self.cinema, service)[0][table].count(b"\n")

    def until(self, good, within_s=120):
        end = time.monotonic() + within_s
        while not (found := good()):
            assert time.monotonic() < end, self.cinema.log()[-3000:]
            time.sleep(0.01)
        return found

    def mark(self):
        file = next((self.cinema.data / "ingestion/migrate").glob("taquilla-*/dynamodb.json"))
        return json.loads(file.read_text())

    def end(self, place):
        def ended():
            try:
                job = httpx.get(self.cinema.url("ingestion") + place, timeout=30)
            except httpx.HTTPError:
                return None
            return job.status_code == 200 and job.json()["state"] != "running" and job.json()

        self.proxy.calm()
        job = self.until(ended)
        assert job["state"] == "succeeded" and job["resumed"] == 1, job
        in_cloud, _ = held(self.aws, self.names)
        found = expected(self.cinema)
        lines = differences(in_cloud, found)
        assert not lines, lines[:20]
        told = job["report"]["dynamodb"]
        assert told == {table: len(found[table]) for table in told}
        return job


def test_a_migration_goes_on_where_it_was_killed(aws, names):
    with Migration(aws, names) as m:
        place = m.order()
        m.cinema.kill("ingestion")
        killed_at, mark = m.batches(), m.mark()
        assert mark["users_rows"] > USERS - 1 and mark["movies_rows"] > 0 and mark["rooms_rows"] > 0
        assert MARK_EVERY <= mark["reservations_rows"] <= KILLED_AT * BATCH
        m.end(place)
        rows = m.rows("reservations", "reservations")
        left = -(-(rows - mark["reservations_rows"]) // BATCH)
        later = m.batches() - killed_at
        assert left <= later <= left + AT_ONCE, (left, later, killed_at, mark)
        went = re.findall(r"items_go_on[^\n]*behind row (\d+)", m.cinema.log())
        assert sorted(map(int, went)) == sorted(n for name, n in mark.items() if name.endswith("_rows"))
        assert httpx.post(m.cinema.url("ingestion") + "/sync/reservations", timeout=60).json()["records_synced"] == 0


def test_a_mark_is_not_believed_where_items_are_missing(aws, names):
    with Migration(aws, names) as m:
        place = m.order()
        m.cinema.kill_all()
        reservations = names["DYNAMODB_RESERVATIONS_TABLE"]
        table = aws.boto("dynamodb")
        some = table.scan(TableName=reservations, Limit=3)["Items"]
        for item in some:
            table.delete_item(TableName=reservations, Key={"reservation_id": item["reservation_id"]})
        m.cinema.start()
        m.end(place)
        assert re.search(rf"items_begin_anew[^\n]*{reservations}", m.cinema.log())
