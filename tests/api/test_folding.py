"""Whatever happens in whatever order, in pages of whatever length and with restarts between: the figures are what the tables say."""

import json
import random
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.cinema import Alone
from harness.figures import Figures, compare
from harness.owners import Owners
from harness.story import Story
from test_figures import edges

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
FACTS = 2000  # of one history; five of them are ten thousand


def compare_now(door, rows, zone, day_starts, week_starts):
    """Once more when it was midnight meanwhile."""
    exact = json.loads(json.dumps(rows), parse_float=Decimal)
    for attempt in (1, 2):
        expected = Figures(exact, zone, datetime.now(ZoneInfo(zone)).date(), day_starts, week_starts)
        try:
            return compare(door, expected)
        except AssertionError:
            if attempt == 2 or datetime.now(ZoneInfo(zone)).date() == expected.today:
                raise


class History:
    """One run of analytics beside owners who tell a story bit by bit."""

    def __init__(self, seed, zone, day_starts, week_starts=0):
        self.random, self.zone, self.day_starts, self.week_starts = random.Random(seed), zone, day_starts, week_starts
        self.story = Story(self.random, ZoneInfo(zone), edges(ZoneInfo(zone)))
        self.owners = Owners(base=0)
        for owner in self.owners.of.values():
            owner.page_events = lambda: self.random.choice((1, 2, 7, 100, 1000))

    def tell(self, owner):
        """Some more of what happened to this owner; the others may know nothing of it yet."""
        end = self.owners.of[owner].end + self.random.choice((1, 3, 30, 300))
        self.owners.of[owner].tell(end=min(end, len(self.owners.of[owner].log)))

    def ends(self):
        return {name: owner.end for name, owner in self.owners.of.items()}

    def told(self):
        return all(owner.end == len(owner.log) for owner in self.owners.of.values())

    def check(self, door):
        compare_now(door, self.story.rows(self.ends()), self.zone, self.day_starts, self.week_starts)

    def restart(self, analytics):
        if self.random.random() < 0.5:
            analytics.kill_all()
        else:
            analytics.stop(remove=False)
        analytics.start()

    def run(self, facts, restarts):
        self.story.live(facts)
        for name, owner in self.owners.of.items():
            owner.tell([fact for fact, _ in self.story.logs[name]], end=0)
        self.owners.of["reservations"].users = [{"id": u["id"], "name": u["name"]} for u in self.story.users]
        for _ in range(self.random.randint(0, 8)):
            self.tell(self.random.choice(list(self.owners.of)))  # before analytics is there: its snapshots
        names = self.owners.settings() | {"TIME_ZONE": self.zone, "DAY_STARTS": self.day_starts, "WEEK_STARTS": WEEKDAYS[self.week_starts]}
        with Alone("analytics", **names) as analytics, analytics.door("analytics") as door:
            self.check(door)
            stops = sorted(self.random.random() for _ in range(restarts))
            while not self.told():
                self.tell(self.random.choice(list(self.owners.of)))
                if stops and sum(self.ends().values()) > stops[0] * facts:
                    stops.pop(0)
                    self.restart(analytics)
                    self.check(door)
            self.check(door)
        self.owners.close()


@settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), report_multiple_bugs=False)
@given(
    seed=st.integers(0, 2**32),
    zone=st.sampled_from(("Europe/Madrid", "America/New_York", "America/Lima")),
    day_starts=st.sampled_from(("00:00", "05:00", "23:30")),
    week_starts=st.integers(0, 6),
    restarts=st.integers(0, 3),
)
def test_histories_in_any_order(seed, zone, day_starts, week_starts, restarts):
    History(seed, zone, day_starts, week_starts).run(FACTS, restarts)


@pytest.mark.parametrize("zone", ("America/Lima",))
def test_a_day_that_begins_at_another_hour_is_asked_for_anew(zone):
    """And so is one in another zone: sums are of days."""
    history = History(7, zone, "05:00")
    history.story.live(300)
    for name, owner in history.owners.of.items():
        owner.tell([fact for fact, _ in history.story.logs[name]])
    history.owners.of["reservations"].users = [{"id": u["id"], "name": u["name"]} for u in history.story.users]
    with Alone("analytics", **history.owners.settings(), TIME_ZONE=zone, DAY_STARTS="05:00") as analytics:
        with analytics.door("analytics") as door:
            history.check(door)
            for name, value, snapshots in (("DAY_STARTS", "06:00", 2), ("TIME_ZONE", "Europe/Madrid", 3), ("WEEK_STARTS", "friday", 3)):
                analytics.stop(remove=False)
                analytics.settings[name] = value
                analytics.start()
                history.week_starts = WEEKDAYS.index(analytics.settings.get("WEEK_STARTS", "monday"))
                history.zone, history.day_starts = analytics.settings["TIME_ZONE"], analytics.settings["DAY_STARTS"]
                history.check(door)
                assert {owner.snapshots for owner in history.owners.of.values()} == {snapshots}, name
    history.owners.close()
