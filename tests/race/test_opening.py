"""Sales open at their second: what is asked before is refused, what is asked after is sold, by every way to book."""

import asyncio
import time
from datetime import datetime, timedelta

from harness.cinema import Cinema
from harness.maker import Maker
from harness.storm import Crowd, storm

BUYERS, SEATS, AHEAD_S = 30, 400, 4


async def besiege(dice, cinema, showing, users, opens):
    """Every buyer asks again and again from before the opening until after it: (way, asked at, answered at, code or None)."""
    seen = []
    async with Crowd(cinema, BUYERS) as crowd:

        async def buy(number, lines):
            await asyncio.sleep(max(0, opens - time.time() - 1.5 - dice.random()))
            while time.time() < opens + 1:
                way = dice.choice(("reserve", "book", "best"))
                body = {"userId": users[number], "count": 1} if way == "best" else {
                    "userId": users[number],
                    "scheduleId": showing["id"],
                    "movieId": showing["movie_id"],
                    "seatIds": [dice.choice(showing["seat_ids"])],
                    "totalAmount": 1,
                }
                path = {
                    "reserve": "/api/reservations",
                    "book": "/api/book-ticket",
                    "best": f"/api/showtimes/{showing['id']}/best-seats",
                }[way]
                asked = time.time()
                status, answer = await lines["gateway"].ask("POST", path, body)
                seen.append((way, asked, time.time(), answer.get("code")))
                assert status in (201, 409), answer
                if answer.get("code") == "not_on_sale_yet":
                    wait = int(lines["gateway"].headers["retry-after"])
                    assert wait in (1, 2, 3, 4), wait
                await asyncio.sleep(dice.random() * 0.02)

        await crowd.each(buy)
    return seen


def test_sales_open_at_their_second():
    with Cinema(MAX_HOLDS_PER_USER=100000) as cinema:
        m = Maker(cinema)
        users = [m.make_user()["id"] for _ in range(BUYERS)]
        moment = m.now() + timedelta(seconds=AHEAD_S)
        showing = m.make_showing(room=m.make_room(seats=SEATS, per_row=20), sales_open_at=moment.isoformat())
        opens = moment.timestamp()
        assert datetime.fromisoformat(showing["sales_open_at"]).timestamp() == opens
        seen = storm(lambda dice: besiege(dice, cinema, showing, users, opens))
        early = [s for s in seen if s[2] < opens]
        late = [s for s in seen if s[1] >= opens]
        print(f"{len(early)} answered before the opening, {len(late)} asked after it")
        for way in ("reserve", "book", "best"):
            assert any(s[0] == way for s in early) and any(s[0] == way for s in late)
        assert {code for *_, code in early} == {"not_on_sale_yet"}
        assert "not_on_sale_yet" not in {code for *_, code in late}
        sold = [e for e in m.feed("reservations") if e["type"].endswith("reservation.made")]
        moments = [datetime.fromisoformat(e["time"].replace("Z", "+00:00")).timestamp() for e in sold]
        print(f"{len(sold)} sold, the first {1000 * (min(moments) - opens):.0f} ms after the opening")
        assert min(moments) >= opens, "sold before its moment"
        assert min(moments) < opens + 0.5
        m.close()
