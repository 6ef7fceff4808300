"""Tickets: what is printed, what a calendar gets, and the door that lets in each of them once."""

import base64
import re
import secrets
import threading
import time
import xml.etree.ElementTree as Xml
from datetime import datetime, timedelta, timezone

import httpx
import icalendar
import nacl.exceptions
import pytest

from harness.cinema import Cinema, bare_environment, run
from harness.door import named_seats, ok, refused
from harness.imports import NOBODY
from harness.maker import Maker
from harness.tickets import bought, pdf_pages, scan, scanned, svg_codes, tickets, unpadded, verified

TITLE = "El niño & la ñandú <Ωmega>"


def keys_of(m):
    return ok(m.gateway.get("/api/ticket-keys"))["keys"]


def file(m, made, ending, **more):
    params = {"code": made["accessCode"]} | more.pop("params", {})
    return m.gateway.get(f"/api/reservations/{made['id']}/ticket.{ending}", params=params, **more)


@pytest.fixture(scope="module")
def sold(m):
    return bought(m, movie=m.make_movie(title=TITLE), price=11.9)


# --- codes and keys ---


def test_a_code_is_signed_by_a_published_key(m, sold):
    keys = keys_of(m)
    assert [k["signs"] for k in keys] == [True]
    for ticket in sold["tickets"]:
        payload = verified(ticket["ticketCode"], keys)
        assert payload == {"r": sold["id"], "s": ticket["seatId"], "h": sold["showing"]["id"]}
        changed = ticket["ticketCode"].split(".")
        changed[2] = base64.urlsafe_b64encode(b'{"r":77,"s":1,"h":1}').decode().rstrip("=")
        with pytest.raises(nacl.exceptions.BadSignatureError):
            verified(".".join(changed), keys)
    assert len({t["number"] for t in sold["tickets"]}) == 2
    assert m.reservations.get("/api/ticket-keys").json()["data"]["keys"] == keys


def test_the_key_is_its_owners_alone(opened):
    m = opened(embedded=True)
    path = m.cinema.data / "ticket.key"
    assert path.stat().st_mode & 0o777 == 0o600
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    assert len(lines) == 1 and re.fullmatch("[0-9a-f]{64}", lines[0])
    made = bought(m, 1)
    code = made["tickets"][0]["ticketCode"]
    file(m, made, "pdf"), scan(m, code)
    end = time.monotonic() + 10
    while not ("ticket.pdf" in m.cinema.log() and "/api/checkins" in m.cinema.log()):  # lines gather for a moment
        assert time.monotonic() < end, m.cinema.log()
        time.sleep(0.05)
    for secret in (code, made["accessCode"], lines[0], code.split(".")[3]):
        assert secret not in m.cinema.log()


def test_only_paid_reservations_have_tickets(m):
    showing = m.make_showing()
    held = m.book(showing, 1, hold=True)
    refused(m.gateway.get(f"/api/reservations/{held['id']}/tickets"), 409, "not_confirmed")
    for ending in ("pdf", "svg", "ics"):
        refused(file(m, held, ending), 409, "not_confirmed")
    m.pay(held)
    ok(m.gateway.get(f"/api/reservations/{held['id']}/tickets"))
    ok(m.cancel(held))
    refused(file(m, held, "pdf"), 409, "reservation_cancelled")
    refused(m.gateway.get("/api/reservations/999999999/ticket.pdf"), 404, "reservation_unknown")
    refused(m.gateway.get("/api/reservations/0/ticket.pdf"), 400)


def test_tickets_open_with_their_code(guarded, g):
    made = bought(g, 1)
    with guarded.door("gateway") as visitor:
        for ending in ("ticket.pdf", "ticket.svg", "ticket.ics", "tickets"):
            path = f"/api/reservations/{made['id']}/{ending}"
            refused(visitor.get(path), 401, "code_needed")
            refused(visitor.get(path, params={"code": "0" * 32}), 403, "code_wrong")
            assert visitor.get(path, params={"code": made["accessCode"]}).status_code == 200
            assert g.gateway.get(path).status_code == 200
        refused(visitor.post("/api/checkins", json={"ticketCode": made["tickets"][0]["ticketCode"], "where": "x"}), 401)
        refused(visitor.get(f"/api/showtimes/{made['showing']['id']}/door"), 401)
        assert ok(visitor.get("/api/ticket-keys"))["keys"]
    with guarded.door("reservations") as visitor:
        refused(visitor.post("/api/checkins", json={"ticketCode": made["tickets"][0]["ticketCode"], "where": "x"}), 401)


# --- what is printed ---


def test_a_pdf_of_a_page_for_each_seat(m, sold):
    answer = file(m, sold, "pdf", params={"lang": "es"})
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "no-store"
    assert f'filename="ticket-{sold["id"]}.pdf"' in answer.headers["content-disposition"]
    pages = pdf_pages(answer.content)
    assert [codes for _, _, codes in pages] == [[t["ticketCode"]] for t in sold["tickets"]]
    local = datetime.fromisoformat(sold["showing"]["show_time"])
    for ((width, height), text, _), ticket in zip(pages, sold["tickets"]):
        assert abs(width - 80) < 0.1 and height > 80
        flat = " ".join(text.split())
        for part in (
            "Cine Prueba",
            TITLE,
            sold["showing"]["room"]["name"],
            f"Fila {ticket['rowNumber']} · Asiento {ticket['seatNumber']}",
            local.strftime("%d/%m/%Y, %H:%M"),
            "11.90 USD",
            f"N.º {ticket['number']}",
        ):
            assert part in flat, (part, flat)
        assert "mpuesto" not in flat
    english = " ".join(pdf_pages(file(m, sold, "pdf", headers={"accept-language": "de, en;q=0.8, es;q=0.2"}).content)[0][1].split())
    assert "Row A · Seat 1" in english and local.strftime("%A %Y-%m-%d, %H:%M") in english


def test_an_svg_of_all_seats(m, sold):
    answer = file(m, sold, "svg", params={"lang": "en"})
    assert answer.headers["content-type"] == "image/svg+xml"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    Xml.fromstring(answer.content)
    assert svg_codes(answer.text) == [t["ticketCode"] for t in sold["tickets"]]
    for part in ("Cine Prueba", "ñandú &lt;Ωmega&gt;", "Row A · Seat 1", "Row A · Seat 2", "11.90 USD"):
        assert part in answer.text
    assert "http" not in answer.text.replace("http://www.w3.org/2000/svg", "")


def test_long_titles_and_full_reservations(m):
    made = bought(m, 20, movie=m.make_movie(title="Ñ" * 90 + " “larga” – " * 10))
    pages = pdf_pages(file(m, made, "pdf").content)
    assert [codes for _, _, codes in pages] == [[t["ticketCode"]] for t in made["tickets"]]
    assert "…" in pages[0][1]
    assert file(m, made, "svg").text.count("<path") == 20


def test_the_tax_that_is_in_a_price(opened):
    """19 % within 11.90 is 1.90; what is half a cent goes up."""
    m = opened(embedded=True, TAX_PERCENT="19", CURRENCY="EUR", LANGUAGE="en", CINEMA_NAME="Kino")
    for price, tax in ((11.9, "1.90"), (0.05, "0.01"), (7.77, "1.24")):
        made = bought(m, 1, price=price)
        body = file(m, made, "pdf").content
        text = " ".join(pdf_pages(body)[0][1].split())
        assert len(body) < 8000, "no font of our own for Latin letters"
        assert f"Tax included (19 %): {tax} EUR" in text, text
    for wrong in ("-1", "101", "1.234", "x", "1."):
        done = run("gateway", "--port", 0, TAX_PERCENT=wrong)
        assert done.returncode == 2 and "TAX_PERCENT" in done.stderr


def test_a_calendar_entry(m, sold):
    answer = file(m, sold, "ics", params={"lang": "es"})
    assert answer.headers["content-type"].startswith("text/calendar")
    lines = answer.content.split(b"\r\n")
    assert lines[-1] == b"" and all(len(line) <= 75 and b"\n" not in line for line in lines)
    (event,) = icalendar.Calendar.from_ical(answer.content).walk("VEVENT")
    showing = ok(m.gateway.get(f"/api/showtimes/{sold['showing']['id']}"))
    assert event["dtstart"].dt == datetime.fromisoformat(showing["startsAt"])
    assert event["dtend"].dt == datetime.fromisoformat(showing["endsAt"])
    assert event["summary"] == TITLE
    assert event["location"] == f"Cine Prueba, {sold['showing']['room']['name']}"
    assert event["description"].splitlines() == ["Fila A · Asiento 1", "Fila A · Asiento 2", f"Reserva {sold['id']}"]
    again = icalendar.Calendar.from_ical(file(m, sold, "ics").content).walk("VEVENT")[0]
    assert again["uid"] == event["uid"] and abs(datetime.now(timezone.utc) - again["dtstamp"].dt) < timedelta(minutes=1)
    awkward = bought(m, 1, movie=m.make_movie(title="A; B, C\\D " + "ñ" * 80))
    body = file(m, awkward, "ics").content
    assert icalendar.Calendar.from_ical(body).walk("VEVENT")[0]["summary"] == awkward["showing"]["movie"]["title"]
    assert all(len(line) <= 75 for line in body.split(b"\r\n"))


# --- the door ---


def test_a_ticket_lets_in_once(m):
    made = bought(m)
    first, second = (t["ticketCode"] for t in made["tickets"])
    before = datetime.now(timezone.utc)
    seen = ok(scan(m, first, "Puerta ñ", scheduleId=made["showing"]["id"]), 201)
    assert (seen["reservationId"], seen["seatId"], seen["rowNumber"], seen["seatNumber"]) == (made["id"], made["seatIds"][0], "A", 1)
    assert seen["showing"]["film"] == made["showing"]["movie"]["title"] and seen["showing"]["room"] == made["showing"]["room"]["name"]
    assert seen["checkedInWhere"] == "Puerta ñ"
    assert abs(datetime.fromisoformat(seen["checkedInAt"]) - before) < timedelta(seconds=30)
    again = refused(scan(m, first, "Door 2"), 409, "already_in")
    assert (again["checkedInAt"], again["checkedInWhere"]) == (seen["checkedInAt"], "Puerta ñ")
    told = tickets(m, made)["tickets"]
    assert [(t["checkedInAt"], t["checkedInWhere"]) for t in told] == [(seen["checkedInAt"], "Puerta ñ"), (None, None)]
    ok(scan(m, second, at_owner=True), 201)
    events = [e for e in m.feed("reservations") if e["type"].endswith("checkin.made") and e["data"]["reservationId"] == made["id"]]
    assert [set(e["data"]) for e in events] == [
        {"id", "reservationId", "seatId", "scheduleId", "checkedInAt", "recordedAt", "where"}
    ] * 2


def test_the_same_scan_again_is_the_same_answer(m):
    made = bought(m, 1)
    code = made["tickets"][0]["ticketCode"]
    for at_owner in (False, True):
        key = {"idempotency-key": f"scan-{made['id']}"}
        answers = [scan(m, code, headers=key, at_owner=at_owner) for _ in range(2)]
        assert [a.status_code for a in answers] == [201, 201]
        assert answers[0].json()["data"] == answers[1].json()["data"]
    refused(scan(m, code, "elsewhere", headers=key), 422, "idempotency_key_reused")
    refused(scan(m, code, headers={"idempotency-key": "another"}), 409, "already_in")


def test_what_a_door_refuses(m):
    made = bought(m, 1)
    code = made["tickets"][0]["ticketCode"]
    other = refused(scan(m, code, scheduleId=made["showing"]["id"] + 1), 409, "other_showing")
    assert other["scheduleId"] == made["showing"]["id"]
    parts = code.split(".")
    for wrong in (
        "x",
        "TQ1...",
        code[:-1],
        code + "A",
        code + ".x",
        code.replace("TQ1", "TQ2"),
        ".".join([parts[0], "AAAAAAAA", *parts[2:]]),
        ".".join([*parts[:2], parts[2][:-1], parts[3]]),
        ".".join([*parts[:3], base64.urlsafe_b64encode(secrets.token_bytes(64)).decode().rstrip("=")]),
        "é" * 400,
    ):
        refused(scan(m, wrong), 400, "ticket_not_ours")
    for body in ({}, {"ticketCode": code}, {"ticketCode": code, "where": " "}, {"ticketCode": code, "where": "x" * 61}, {"ticketCode": code, "where": "a\nb"}):
        refused(m.gateway.post("/api/checkins", json=body), 400, "validation_failed")
    ok(m.cancel(made))
    refused(scan(m, code), 409, "ticket_cancelled")
    removed = bought(m, 1)
    ok(m.reservations.delete(f"/api/reservations/{removed['id']}"))
    refused(scan(m, removed["tickets"][0]["ticketCode"]), 409, "ticket_cancelled")


def test_a_door_that_was_offline(m):
    """It tells when somebody came in; its clock may be some minutes fast."""
    made = bought(m, 3)
    codes = [t["ticketCode"] for t in made["tickets"]]
    now = datetime.now(timezone.utc)
    past = (now - timedelta(hours=3)).isoformat(timespec="milliseconds")
    seen = ok(scan(m, codes[0], at=past), 201)
    assert datetime.fromisoformat(seen["checkedInAt"]) == datetime.fromisoformat(past)
    assert datetime.fromisoformat(seen["recordedAt"]) > now - timedelta(minutes=1)
    fast = ok(scan(m, codes[1], at=(now + timedelta(minutes=2)).isoformat()), 201)
    assert fast["checkedInAt"] == fast["recordedAt"]
    for wrong in (now + timedelta(hours=1), now - timedelta(hours=25)):
        refused(scan(m, codes[2], at=wrong.isoformat()), 400, "checkin_time_invalid")


def test_who_came_in_gives_nothing_back(m):
    made = bought(m)
    ok(scan(m, made["tickets"][0]["ticketCode"]), 201)
    refused(m.cancel(made), 409, "tickets_used")
    refused(m.gateway.delete(f"/api/reservations/{made['id']}"), 409, "tickets_used")
    assert m.read(made)["status"] == "CONFIRMED"


def test_a_showing_that_the_house_stops_refunds_all_the_same(m):
    made = bought(m, 1)
    code = made["tickets"][0]["ticketCode"]
    ok(scan(m, code), 201)
    assert m.rooms.delete(f"/api/schedules/{made['showing']['id']}", params={"refund": "true"}).status_code == 202
    end = time.monotonic() + 5
    while m.read(made)["status"] != "CANCELLED" and time.monotonic() < end:
        time.sleep(0.05)
    refused(scan(m, code), 409, "ticket_cancelled")
    assert m.newest_payment(made)["status"] == "REFUNDED"


def test_the_list_of_a_door(m):
    showing = m.make_showing()
    kept, given_back, held = m.book(showing, [showing["seat_ids"][0], showing["seat_ids"][1]]), m.book(showing, [showing["seat_ids"][2]]), m.book(
        showing, [showing["seat_ids"][3]], hold=True
    )
    m.pay(kept), m.pay(given_back)
    seen = ok(scan(m, tickets(m, kept)["tickets"][1]["ticketCode"]), 201)
    ok(m.cancel(given_back))
    told = ok(m.gateway.get(f"/api/showtimes/{showing['id']}/door"))
    assert told["showing"]["film"] == showing["movie"]["title"] and told["showing"]["startsAt"] == showing["startsAt"]
    assert [(s["reservationId"], s["seatId"], s["status"], s["checkedInAt"], s["checkedInWhere"]) for s in told["seats"]] == [
        (kept["id"], kept["seatIds"][0], "CONFIRMED", None, None),
        (kept["id"], kept["seatIds"][1], "CONFIRMED", seen["checkedInAt"], "Door 1"),
        (given_back["id"], given_back["seatIds"][0], "CANCELLED", None, None),
    ]
    assert held["id"] not in {s["reservationId"] for s in told["seats"]}
    refused(m.gateway.get("/api/showtimes/999999999/door"), 404, "showing_unknown")


# --- two doors at once ---


def double_entries(m, count):
    """How many of so many tickets let in somebody twice, when two doors scan each at the same moment."""
    codes = [t["ticketCode"] for _ in range(count // 20) for t in bought(m, 20)["tickets"]]
    urls = [m.cinema.replica(n).url("reservations") + "/api/checkins" for n in (0, 1)]
    answers = [[], []]
    gate = threading.Barrier(2)

    def door(number):
        with httpx.Client(trust_env=False, timeout=30) as client:
            for code in codes:
                gate.wait(30)
                answer = client.post(urls[number], json={"ticketCode": code, "where": f"Door {number}"}, headers=m.admin())
                answers[number].append(answer.status_code)

    doors = [threading.Thread(target=door, args=(n,)) for n in (0, 1)]
    [d.start() for d in doors]
    [d.join() for d in doors]
    pairs = [sorted(pair) for pair in zip(*answers)]
    assert len(pairs) == len(codes) and all(pair[0] == 201 for pair in pairs)
    return pairs.count([201, 201])


def test_two_doors_at_once(m):
    assert double_entries(m, 60) == 0


def test_two_doors_of_the_twin_let_in_twice():
    with Cinema(embedded=True, TAQUILLA_TEST_UNSAFE="checkins", TAQUILLA_TEST_COMMIT_PAUSE_MS=5) as twin:
        maker = Maker(twin)
        assert double_entries(maker, 60) > 0
        maker.close()


# --- keys change, stores move ---


def restarted(m, **settings):
    m.cinema.stop(remove=False)
    m.cinema.settings = {k: v for k, v in m.cinema.settings.items() if k != "TICKET_KEY"} | settings
    m.cinema.start()


def test_keys_are_changed_in_two_steps(opened):
    new, newer = secrets.token_hex(32), secrets.token_hex(32)
    m = opened(embedded=True)
    made = bought(m, 4)
    (own,) = keys_of(m)
    old_codes = [t["ticketCode"] for t in made["tickets"]]
    restarted(m, TICKET_KEY=f"{new},own")
    assert [k["signs"] for k in keys_of(m)] == [True, False] and keys_of(m)[1] == own | {"signs": False}
    new_codes = [t["ticketCode"] for t in tickets(m, made)["tickets"]]
    assert verified(new_codes[0], keys_of(m)) == verified(old_codes[0], keys_of(m)) and new_codes[0] != old_codes[0]
    ok(scan(m, old_codes[0]), 201)
    ok(scan(m, new_codes[1]), 201)
    refused(scan(m, new_codes[0]), 409, "already_in")
    restarted(m, TICKET_KEY=f"{newer},{new}")
    refused(scan(m, old_codes[2]), 400, "ticket_not_ours")
    ok(scan(m, new_codes[2]), 201)
    kept = (m.cinema.data / "ticket.key").read_text()
    (m.cinema.data / "ticket.key").write_text(f"# ours\n{newer}\n{kept.splitlines()[-1]}\n")
    (m.cinema.data / "ticket.key").chmod(0o644)
    restarted(m)
    assert (m.cinema.data / "ticket.key").stat().st_mode & 0o777 == 0o600
    assert len(keys_of(m)) == 2
    ok(scan(m, old_codes[3]), 201)


def test_keys_that_are_none(tmp_path):
    for wrong in ("x", "ab" * 31, f"{'ab' * 32},{'ab' * 32}", f"{'ab' * 32},{'cd' * 32},{'ef' * 32}", "own,own"):
        done = run("reservations", "--port", 0, "--data", tmp_path, ROOMS_API_URL="none", TICKET_KEY=wrong)
        assert done.returncode == 2 and "TICKET_KEY" in done.stderr and (len(wrong) < 9 or wrong not in done.stderr)
    (tmp_path / "ticket.key").write_text("nothing\n")
    done = run("reservations", "--port", 0, "--data", tmp_path, ROOMS_API_URL="none")
    assert done.returncode == 2 and "ticket.key" in done.stderr


def test_a_restored_cinema_knows_its_tickets(opened, tmp_path):
    m = opened(embedded=True)
    made = bought(m, 3)
    codes = [t["ticketCode"] for t in made["tickets"]]
    seen = ok(scan(m, codes[0]), 201)
    keys = keys_of(m)
    done = m.cinema.run("backup", "--base-port", m.cinema.base_port, "--to", tmp_path / "kept", timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    other = opened(embedded=True)
    other.cinema.stop(remove=False)
    done = other.cinema.run("restore", *NOBODY, "--from", tmp_path / "kept", timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    other.cinema.start()
    assert keys_of(other) == keys
    again = refused(scan(other, codes[0]), 409, "already_in")
    assert again["checkedInAt"] == seen["checkedInAt"]
    assert ok(scan(other, codes[1]), 201)["id"] > seen["id"]
    done = other.cinema.run("replay", "--base-port", other.cinema.base_port, timeout=120)
    assert done.returncode == 0 and re.search(r"checkins +2 rows, the same", done.stdout), done.stdout + done.stderr
