"""LOG_KEEP_DAYS: the old beginning of a log goes when it is kept elsewhere, and who lacks it begins anew."""

import shutil

from harness.archived import aged, sell
from harness.cinema import Cinema
from harness.keeping import export, good, verb
from harness.maker import Maker


def ask(cinema, position, service="reservations"):
    answer = Maker(cinema).internal(service).post("/internal/log/archived", json={"position": position})
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def feed(cinema, after, **more):
    return Maker(cinema).internal("reservations").get("/feed", params={"after": after, **more})


def test_a_log_is_archived(tmp_path):
    cinema = Cinema(folder=tmp_path, embedded=True, LOG_KEEP_DAYS=5)
    cinema.start()
    sell(cinema, 3)
    cinema.stop(remove=False)
    shutil.copy(cinema.data / "analytics.db", tmp_path / "analytics.db")
    cinema.start()
    sell(cinema, 4)
    cinema.stop(remove=False)
    last = aged(cinema)
    cinema.start()
    sell(cinema, 2)

    # A reader that lacks something holds it.
    assert feed(cinema, 5, reader="slow").status_code == 200
    assert ask(cinema, last)["archived"] == 5
    cinema.stop(remove=False)
    aged(cinema)
    cinema.start()
    assert feed(cinema, 4).status_code == 410
    assert ask(cinema, last - 3)["archived"] == last - 3
    gone = feed(cinema, last - 4)
    assert gone.status_code == 410 and gone.json()["code"] == "feed_archived"
    stream = Maker(cinema).internal("reservations").get("/feed?after=0", headers={"accept": "text/event-stream"})
    assert stream.status_code == 410
    assert [e["position"] for e in feed(cinema, last - 3).json()["events"]][:3] == [last - 2, last - 1, last]

    said = good(verb(cinema, "replay")).stdout
    assert f"archived up to position {last - 3}" in said

    # What follows from an older position is told the present state instead, and has the same figures.
    before = export(cinema, "reservations")
    cinema.stop(remove=False)
    shutil.copy(tmp_path / "analytics.db", cinema.data / "analytics.db")
    for left in ("analytics.db-wal", "analytics.db-shm"):
        (cinema.data / left).unlink(missing_ok=True)
    cinema.start()
    assert feed(cinema, 0).status_code == 410
    assert export(cinema, "reservations") == before
    m = Maker(cinema)
    assert "feed_archived" in cinema.log()
    m.close()
    sell(cinema, 1)
    cinema.stop()
