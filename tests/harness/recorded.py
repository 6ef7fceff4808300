"""What many clients of a few seats saw, written down so that porcupine can judge it: who asked what from when to when, and was answered
what. An answer that never came is written down as an act that may have happened at any time after, or never."""

import asyncio
import time
from dataclasses import dataclass, field

from harness.storm import Gone

PATIENCE_S = 1.5  # of a client, for one answer
SLACK_NS = 5_000_000  # stores keep milliseconds
NEVER = 1 << 62
REFUSALS = ("payment_exists", "payment_refunded", "reservation_cancelled", "reservation_expired", "payment_in_progress")
ENDED = ("cancelled", "gone", "reservation_cancelled", "reservation_expired", "CANCELLED", "EXPIRED")
PAID = ("paid", "CONFIRMED")
LETTERS = {"PENDING": "h", "CONFIRMED": "s", "CANCELLED": "c", "EXPIRED": "x"}


@dataclass
class Answer:
    """The end of a request that was perhaps sent several times, with one key. status None: it has none."""

    first: int  # when it was sent first, for the last time, and when the answer was there
    last: int
    end: int
    status: int = None
    body: dict = None
    resent: bool = False

    @property
    def code(self):
        return (self.body or {}).get("code")


@dataclass
class Held:
    """A reservation that somebody made: an answer says so, or the list at the end."""

    id: int
    seats: int
    made: tuple
    hold: bool
    amount: float = None
    paid_from: list = field(default_factory=list)  # when somebody began to pay it


class Sight:
    """One showing's history."""

    def __init__(self, showing):
        self.showing, self.bits = showing, {seat: 1 << n for n, seat in enumerate(showing["seat_ids"])}
        self.held, self.acts, self.lost = {}, [], []  # lost: bookings of which nobody knows whether they were made
        self.last, self.seen_until = {}, NEVER  # what the list at the end says of each, and when nobody looks any more
        self.buyers = 0

    def mask(self, seats):
        return sum(self.bits[seat] for seat in seats)

    def note(self, client, kind, answer, call, end, **more):
        self.acts.append({"client": client, "kind": kind, "answer": answer, "call": call, "end": end} | more)

    # --- what a client was answered ---

    def booked(self, client, answer, user, seats, hold):
        if answer.status == 201:
            made = answer.body["data"]
            span = (answer.first, answer.end)
            self.held[made["id"]] = Held(made["id"], self.mask(seats), span, hold, made["totalAmount"])
            self.note(client, "book", "made", *span, id=made["id"])
            return
        if answer.status == 409:
            assert answer.code == "seats_taken", answer.body
            gone = self.mask(answer.body["seatIds"])
            self.note(client, "book", "taken", answer.last, answer.end, wanted=self.mask(seats), lost=gone)
        if answer.status is None or answer.resent:
            self.lost.append({"client": client, "call": answer.first, "user": user, "seats": sorted(seats), "hold": hold})

    def changed(self, client, kind, done, answer, about, at_gateway):
        """A payment or a cancellation of a reservation; done: what it is when it worked."""
        if answer.status in (200, 201):
            self.note(client, kind, done, answer.first, answer.end, id=about.id)
            return
        if answer.status == 402:
            self.note(client, kind, "declined", answer.last, answer.end, id=about.id)
        elif answer.status == 409:
            assert answer.code in REFUSALS, answer.body
            # A gateway sends a PUT again when its line is cut: what it hears then may be what its first one did.
            twice = kind == "cancel" and at_gateway and answer.code == "reservation_cancelled"
            self.note(client, kind, "gone" if twice else answer.code, answer.last, answer.end, id=about.id)
        if answer.status is None or answer.resent:
            self.note(client, kind, "maybe", answer.first, NEVER, id=about.id)

    def read(self, client, answer, about):
        if answer.status == 200:
            self.note(client, "read", answer.body["data"]["status"], answer.first, answer.end, id=about.id)

    # --- the end ---

    def listed(self, answer, rows):
        """The list after the storm: who is in it was made, by whoever has no answer yet."""
        for row in rows:
            if row["id"] in self.held:
                continue
            same = [b for b in self.lost if (b["user"], b["seats"]) == (row["userId"], sorted(row["seatIds"]))]
            assert len(same) == 1, f"made by nobody: {row}"
            span = (same[0]["call"], answer.end)
            self.held[row["id"]] = Held(row["id"], self.mask(row["seatIds"]), span, same[0]["hold"])
            self.note(same[0]["client"], "book", "made", *span, id=row["id"])
        status = {row["id"]: LETTERS[row["status"]] for row in rows}
        self.last = {number: status.get(number, "-") for number in self.held}
        self.seen_until = answer.end
        self.note(0, "list", "".join(self.last.values()), answer.first, answer.end)

    def decided(self, about, *answers):
        """When one of these had been answered of it for the first time."""
        return min((a["end"] for a in self.acts if a.get("id") == about.id and a["answer"] in answers), default=NEVER)

    def lapse(self, about, hold_ns):
        """The end of a hold: not before its time is over, and no later, unless somebody had begun to pay."""
        end = about.made[1] + hold_ns + SLACK_NS
        if any(begun < end for begun in about.paid_from):
            end = NEVER
        act = {"client": 0, "kind": "lapse", "answer": "", "id": about.id}
        return act | {"call": about.made[0] + hold_ns - SLACK_NS, "end": end}

    def bounded(self, act):
        """What may have happened at any time, or never, as narrow as it can be: once the reservation has ended, or is paid, it does
        nothing more; and of one that the list shows unpaid or paid nobody's attempt to cancel it did anything."""
        about = self.held[act["id"]]
        over = min(self.seen_until, self.decided(about, *ENDED))
        if act["kind"] != "cancel":
            over = min(over, self.decided(about, *PAID))
        last = self.last[about.id]
        idle = last not in {"cancel": "c", "pay": "sc", "lapse": "hxsc"}[act["kind"]]
        return None if idle or act["call"] > over else act | {"end": min(act["end"], over)}

    def history(self, hold_ns):
        """As porcupine reads it."""
        places = {number: n for n, number in enumerate(self.held)}
        acts = [act for act in self.acts if act["answer"] != "maybe"]
        loose = [act for act in self.acts if act["answer"] == "maybe"]
        loose += [self.lapse(about, hold_ns) for about in self.held.values() if about.hold]
        acts += filter(None, map(self.bounded, loose))
        acts = [act | {"return": act["end"], "reservation": places.get(act.get("id"), 0)} for act in acts]
        made = [{"id": about.id, "seats": about.seats} for about in self.held.values()]
        return {"name": f"showing-{self.showing['id']}", "reservations": made, "acts": acts}


async def answered(dice, lines, method, path, body=None, key=None, again=0.6, strict=True):
    """Asks one of the lines, and with a key perhaps another when no answer comes, or none that says what happened."""
    headers = {"Idempotency_Key": key} if key else {}
    first = last = time.monotonic_ns()
    for attempt in range(6):
        last = time.monotonic_ns()
        try:
            status, found = await dice.choice(lines).ask(method, path, body, timeout=PATIENCE_S, **headers)
            unknown = status == 503 or (status == 409 and found["code"] == "idempotency_in_progress")
            assert not strict or unknown or status in (200, 201, 402, 409), f"{method} {path}: {status} {found}"
            if not unknown and status in (200, 201, 402, 409):
                return Answer(first, last, time.monotonic_ns(), status, found, attempt > 0)
        except Gone:
            pass
        if not key or dice.random() > again:
            break
        await asyncio.sleep(0.05)
    return Answer(first, last, time.monotonic_ns())
