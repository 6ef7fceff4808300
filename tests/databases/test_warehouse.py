"""Analytics on PostgreSQL: what people with SQL read there, and its server that goes away or whose lines are cut."""

import random
import re
import subprocess
import time
import urllib.parse
from decimal import Decimal

import httpx
import pytest

from harness.cinema import ROOT, Alone, Up
from harness.cutter import Cutter
from harness.door import ok, refused
from harness.maker import Maker
from harness.postgres import Postgres
from harness.storm import SEED

ANSWER_S = 4  # a question waits for facts, then for the store
HEAL_S = 30
LOOK_S = 40  # an idle follower looks at its store with each poll


def in_time(condition, what, seconds=HEAL_S):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, f"after {seconds} s still not: {what}"
        time.sleep(0.05)
    return found


def revenue(door):
    return Decimal(str(ok(door.get("/api/analytics/revenue", params={"period": "all"}))["summary"]["totalRevenue"]))


def sell(maker, showing):
    made = maker.book(showing, [showing["seat_ids"].pop()], hold=True)
    maker.pay(made)
    return Decimal(str(made["totalAmount"]))


# --- people with SQL ---


def blocks(guide):
    """The role, and the questions one by one, as a guide has them."""
    text = (ROOT / "docs/guide" / guide).read_text()
    role, questions = re.findall(r"(?ms)^```sql\n(.*?)^```$", text)
    return role, questions.strip().split("\n")


def ask(url, question, user=None):
    if user:
        parts = urllib.parse.urlsplit(url)
        url = parts._replace(netloc=f"{user}@127.0.0.1:{parts.port}").geturl()
    done = subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", url, "-c", question], capture_output=True, text=True)
    assert done.returncode == 0, f"{question}: {done.stderr}"
    return [line.split("|") for line in done.stdout.splitlines()]


def test_both_guides_ask_the_same():
    assert blocks("operator.md") == blocks("operator.es.md")


def test_the_questions_of_the_guide():
    """As the role of the guide, which may read nothing else; and they agree with the figures and among themselves."""
    role, questions = blocks("operator.md")
    with Postgres() as server:
        url = server.database("cinema_analytics")
        with Up(stores={"ANALYTICS_DATABASE_URL": url}) as cinema:
            m = Maker(cinema)
            showing = m.make_showing()
            total = sum(sell(m, showing) for _ in range(3))
            assert total > 0 and revenue(m.analytics) == total
            ask(url, role)
            views = [name for (name,) in ask(url, "SELECT table_name FROM information_schema.views WHERE table_schema = 'reports'")]
            asked = {re.search(r"FROM (\w+)", q)[1] for q in questions}
            assert asked == set(views), "a question to each view"
            for question in questions:
                ask(url, question, user="analyst")
            for view, money in (
                ("daily_sales", "revenue"), ("daily_sales_by_film", "revenue"), ("takings", "net"), ("daily_takings_by_hour", "net"),
                ("daily_takings_by_payment_method", "net"), ("admissions", "takings"), ("daily_sales_by_room", "takings"),
                ("sales", "amount"), ("users", "spent"),
            ):  # fmt: skip
                assert Decimal(ask(url, f"SELECT sum({money}) FROM {view}", user="analyst")[0][0]) == total, view
            [[title, room]] = ask(url, "SELECT DISTINCT film, room FROM admissions", user="analyst")
            assert title and room
            assert ask(url, "SELECT seats_taken FROM daily_occupancy", user="analyst") == ask(
                url, "SELECT sum(tickets) FROM admissions", user="analyst"
            )
            assert ask(url, "SELECT count(*) FROM freshness WHERE whole", user="analyst") == [["3"]]
            for forbidden in ("SELECT * FROM public.sales", "DELETE FROM sales", "CREATE TABLE reports.x (y int)"):
                with pytest.raises(AssertionError, match="permission denied|cannot delete"):
                    ask(url, forbidden, user="analyst")
            m.close()


# --- a server that goes away ---


def test_away_at_the_start_and_later():
    server = Postgres().start()
    url = server.database("cinema_analytics")
    server.rest()
    cinema = Up(stores={"ANALYTICS_DATABASE_URL": url})
    try:
        cinema.start(wait=False)
        in_time(lambda: live(cinema), "analytics listens")
        m = Maker(cinema)
        assert httpx.get(cinema.url("analytics") + "/health/ready").status_code == 503
        refused_in_time(m.analytics)
        server.start()
        cinema.wait_ready(within_s=HEAL_S)
        showing = m.make_showing()
        total = sell(m, showing)
        assert revenue(m.analytics) == total
        for leave in (server.rest, server.kill):
            leave()
            refused_in_time(m.analytics)
            total += sell(m, showing)  # nobody who buys hears of it
            server.start()
            in_time(lambda: m.analytics.get("/api/analytics/revenue").status_code == 200, "it answers again")
            in_time(lambda: revenue(m.analytics) == total, "what was sold meanwhile is counted")
        metrics = m.analytics.get("/metrics", headers={"authorization": f"Bearer {cinema.service_token}"}).text
        snapshots = re.search(r'taquilla_feed_snapshots_total\{owner="reservations"\} (\d+)', metrics)
        assert snapshots[1] == "1", "it went on from where it was"
        cinema.first_pids = {s: cinema.sure_pid(s) for s in cinema.services}
        assert "was started again" not in cinema.log()
        m.close()
    finally:
        if cinema.process:
            cinema.stop()
        server.stop()


def test_a_copy_that_is_put_back():
    """What was told since the copy was taken is counted again, and nothing twice; nobody begins from the start."""
    with Postgres() as server:
        url = server.database("cinema_analytics")
        with Up(stores={"ANALYTICS_DATABASE_URL": url}) as cinema:
            m = Maker(cinema)
            showing = m.make_showing()
            total = sell(m, showing)
            assert revenue(m.analytics) == total
            server.sql("ALTER DATABASE cinema_analytics ALLOW_CONNECTIONS false", database="postgres")
            server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'cinema_analytics'", database="postgres")
            in_time(lambda: server.sql("SELECT 1 FROM pg_stat_activity WHERE datname = 'cinema_analytics'", database="postgres") == [], "all are out")
            server.sql("CREATE DATABASE copy TEMPLATE cinema_analytics", database="postgres")
            server.sql("ALTER DATABASE cinema_analytics ALLOW_CONNECTIONS true", database="postgres")
            total += sum(sell(m, showing) for _ in range(3))
            in_time(lambda: m.analytics.get("/api/analytics/revenue").status_code == 200, "it answers again")
            in_time(lambda: revenue(m.analytics) == total, "what was sold meanwhile is counted")
            server.sql("DROP DATABASE cinema_analytics WITH (FORCE)", database="postgres")
            server.sql("ALTER DATABASE copy RENAME TO cinema_analytics", database="postgres")
            in_time(lambda: m.analytics.get("/api/analytics/revenue").status_code == 200, "it answers again")
            in_time(lambda: revenue(m.analytics) == total, "what the copy does not have is told again", LOOK_S)
            assert re.search(r"reservations is followed from position [1-9]\d*, where the store is\b", cinema.log())
            m.close()


def live(cinema):
    try:
        return httpx.get(cinema.url("analytics") + "/health/live", timeout=10).status_code == 200
    except httpx.HTTPError:
        return False


def refused_in_time(door):
    began = time.monotonic()
    answer = door.get("/api/analytics/revenue")
    took = time.monotonic() - began
    refused(answer, 503)
    assert int(answer.headers["Retry-After"]) >= 1
    assert took < ANSWER_S, f"it took {took:.1f} s"


def test_lines_that_are_cut_anywhere():
    """Also after the commit and before its answer: each sale counts once."""
    with Postgres() as server:
        url = server.database("cinema_analytics")
        cutter = Cutter(server.port, random.Random(SEED), most=20000)
        parts = urllib.parse.urlsplit(url)
        through = parts._replace(netloc=f"{parts.username}@127.0.0.1:{cutter.port}").geturl()
        with Up(stores={"ANALYTICS_DATABASE_URL": through}, MAX_HOLDS_PER_USER=100000) as cinema:
            m = Maker(cinema)
            showing = m.make_showing(seats=400)
            total, codes = sell(m, showing), set()
            cutter.cutting = True
            end = time.monotonic() + 10
            while time.monotonic() < end and showing["seat_ids"]:
                total += sell(m, showing)
                codes.add(m.analytics.get("/api/analytics/dashboard").status_code)
            cutter.cutting = False
            in_time(lambda: m.analytics.get("/api/analytics/revenue").status_code == 200, "it is whole again")
            in_time(lambda: revenue(m.analytics) == total, "each sale is counted, and once")
            assert codes <= {200, 503} and cutter.cuts > 3, (codes, cutter.cuts)
            sold = ask(url, "SELECT sum(net), sum(tickets) FROM reports.takings")
            assert sold == ask(url, "SELECT sum(takings), sum(tickets) FROM reports.admissions")
            found = len(re.findall("facts_found_kept", cinema.log()))
            print(f"seed {SEED}: {cutter.cuts} cuts, {found} found after the loss, {codes}")
            m.close()
        cutter.close()


def test_the_one_started_last_folds():
    """Two analytics on one database: the sums stay right, and the earlier one goes on answering from them."""
    with Postgres() as server:
        url = server.database("cinema_analytics")
        with Up(stores={"ANALYTICS_DATABASE_URL": url}) as cinema:
            m = Maker(cinema)
            showing = m.make_showing()
            total = sell(m, showing)
            assert revenue(m.analytics) == total
            owners = {f"{o.upper()}_API_URL": cinema.url(o) for o in ("movies", "rooms", "reservations")}
            token = cinema.service_token
            with Alone("analytics", stores={"ANALYTICS_DATABASE_URL": url}, SERVICE_TOKEN=token, **owners) as other:
                with other.door("analytics") as door:
                    for _ in range(5):
                        total += sell(m, showing)
                    assert revenue(door) == total
                    in_time(lambda: revenue(m.analytics) == total, "the earlier one reads the same sums")
                    assert "another analytics keeps its figures" in cinema.log()
            m.close()
