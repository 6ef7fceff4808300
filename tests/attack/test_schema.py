"""Every described operation against generated input, fitting and not: each answer as the description says, none 5xx."""

import os
import re

import hypothesis
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import strategies as st
from schemathesis import GenerationMode

from harness.described import Promise, operations, resolve, says_nothing, services_of_program
from harness.door import ok
from harness.maker import unique
from harness.storm import SEED

EXAMPLES = int(os.environ.get("TAQUILLA_ATTACK_EXAMPLES") or 50)
PROMISES = {service: Promise(service) for service in services_of_program()}
OPERATIONS = [
    (service, method, path) for service, p in PROMISES.items() for method, path, _ in operations(p.whole)
]
CODES_503 = {"upstream_away", "upstream_open", "payment_unknown", "feed_busy", "overloaded", "cloud_not_configured"}
# Members whose JSON is somebody else's matter: what an event is about has as many shapes as there are types.
ANY_JSON = {("wire_event", "data")}


def label(service, method, path):
    return f"{service} {method.upper()} {path}"


# --- what is there to be asked for ---


@pytest.fixture(scope="session")
def known(town):
    """Values that lead somewhere, by the name of a parameter or member."""
    def listed(door, path, name="id", **query):
        return [row[name] for row in ok(door.get(path, params={"limit": 30} | query))]

    showings = [s["id"] for s in ok(town.gateway.get("/api/showtimes", params={"limit": 30}))]
    layout = ok(town.gateway.get(f"/api/showtimes/{showings[0]}/seats"))["seats"]
    return {
        "movie": listed(town.movies, "/api/movies", "_id"),
        "room": listed(town.rooms, "/api/rooms"),
        "schedule": showings,
        "seat": [seat["id"] for seat in layout[:30]],
        "user": listed(town.reservations, "/api/users"),
        "reservation": listed(town.reservations, "/api/reservations"),
    }


def thing_of(path, name):
    """What a parameter or member names: "movie", "room" ... or None."""
    bare = re.sub(r"(_?id|Id|_?ids|Ids)$", "", name)
    if bare in ("movie", "room", "schedule", "seat", "user", "reservation"):
        return bare
    if name not in ("id", "ids"):
        return None
    words = {"user": "user", "users": "user", "user-dashboard": "user", "rooms": "room", "schedules": "schedule"}
    words |= {"showtimes": "schedule", "showings": "schedule", "reservations": "reservation", "movies": "movie"}
    words |= {"reservation": "reservation"}
    return next((words[part] for part in reversed(path.split("/")) if part in words), None)


def put_known(draw, path, given, known):
    """Puts values that lead somewhere in place of generated ones, here and there: parameters, members, entries."""
    for name, value in list(given.items()) if isinstance(given, dict) else []:
        thing = thing_of(path, name)
        if isinstance(value, dict):
            put_known(draw, path, value, known)
        elif thing and draw(st.integers(0, 3)):
            some = st.sampled_from(known[thing])
            given[name] = draw(st.lists(some, min_size=1, max_size=3)) if isinstance(value, list) else draw(some)


@st.composite
def cases(draw, operation, known):
    """Input that fits and input that does not, where there is any to give."""
    modes = [operation.as_strategy(generation_mode=GenerationMode.POSITIVE)]
    if operation.body or operation.query or operation.path_parameters or operation.headers:
        modes.append(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    case = draw(st.one_of(modes))
    for given_values in (case.path_parameters, case.query, case.body):
        put_known(draw, operation.path, given_values, known)
    return case


@pytest.fixture(scope="session")
def schemas(town):
    made = {}
    for service in PROMISES:
        made[service] = schemathesis.openapi.from_dict(PROMISES[service].whole)
        made[service].config.update(base_url=town.cinema.url(service))
    return made


@pytest.fixture(scope="session")
def lines(town):
    """A keep-alive connection to each service, with the service token: nothing is closed to who asks."""
    made = {}
    for service in PROMISES:
        made[service] = requests.Session()
        made[service].trust_env = False
        made[service].headers["authorization"] = f"Bearer {town.cinema.service_token}"
    yield made
    for session in made.values():
        session.close()


# --- every operation ---


def judge(service, method, path, answer):
    told = f"{answer.request.method} {answer.request.url} {answer.request.body!r}: {answer.status_code} {answer.text[:1500]}"
    headers = {name.lower(): value[0] if isinstance(value, list) else value for name, value in answer.headers.items()}
    problem = PROMISES[service].problem(method, path, answer.status_code, headers, answer.content)
    assert not problem, f"{problem}\n{told}"
    if answer.status_code == 503 and not path.startswith("/health"):
        assert answer.json()["code"] in CODES_503, told


@pytest.mark.parametrize("service,method,path", OPERATIONS, ids=[label(*o) for o in OPERATIONS])
def test_answers_as_described(schemas, known, lines, service, method, path):
    @hypothesis.seed(SEED)
    @hypothesis.settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases(schemas[service][path][method.upper()], known))
    def attack(case):
        judge(service, method, path, case.call(session=lines[service], timeout=40))

    attack()


# --- and each of them once as it should be asked ---


def booking(m, **more):
    return m.booking(m.make_showing(), 2, **more)


def ticket(m):
    return booking(m) | {"paymentMethod": "cash", "hold": True}


def payment(m):
    made = m.book(m.make_showing())
    return {"reservationId": made["id"], "amount": made["totalAmount"], "paymentMethod": "cash"}


def schedule(m):
    return {"movie_id": m.make_movie()["_id"], "room_id": m.make_room()["id"], "show_time": m.at(days=2), "price": 9.5}


def seat_path(m):
    room = m.make_room()
    return {"id": room["id"], "seatId": room["seats"][0]["id"]}


def paid(m):
    made = m.book(m.make_showing())
    m.pay(made)
    return made["id"]


# What to put into path, query and body; what is not here is asked with known ids and nothing else.
GOOD = {
    "movies POST /api/movies": lambda m: {"json": m.movie_body()},
    "movies PUT /api/movies/{movieId}": lambda m: {"json": {"rating": 7.5}},
    "movies DELETE /api/movies/{movieId}": lambda m: {"path": {"movieId": m.make_movie()["_id"]}},
    "movies POST /api/genres": lambda m: {"json": {"name": unique("Género ")}},
    "rooms POST /api/rooms": lambda m: {"json": {"name": unique("Sala "), "capacity": 5}},
    "rooms PUT /api/rooms/{id}": lambda m: {"json": {"name": unique("Sala ")}},
    "rooms DELETE /api/rooms/{id}": lambda m: {"path": {"id": m.make_room()["id"]}},
    "rooms POST /api/rooms/{id}/seats": lambda m: {
        "path": {"id": m.make_room(seats=0, capacity=9)["id"]},
        "json": {"auto_generate": True},
    },
    "rooms PUT /api/rooms/{id}/seats/{seatId}": lambda m: {"path": seat_path(m), "json": {"seat_type": "vip"}},
    "rooms DELETE /api/rooms/{id}/seats/{seatId}": lambda m: {"path": seat_path(m)},
    "rooms POST /api/schedules": lambda m: {"json": schedule(m)},
    "rooms PUT /api/schedules/{id}": lambda m: {"json": {"price": 8}},
    "rooms DELETE /api/schedules/{id}": lambda m: {"path": {"id": m.make_showing()["id"]}},
    "reservations POST /api/users": lambda m: {"json": m.user_body()},
    "reservations PUT /api/users/{id}": lambda m: {"path": {"id": m.make_user()["id"]}, "json": m.user_body()},
    "reservations DELETE /api/users/{id}": lambda m: {"path": {"id": m.make_user()["id"]}},
    "reservations POST /api/reservations": lambda m: {"json": booking(m)},
    "reservations DELETE /api/reservations/{id}": lambda m: {"path": {"id": m.book(m.make_showing())["id"]}},
    "reservations PUT /api/reservations/{id}/cancel": lambda m: {"path": {"id": m.book(m.make_showing())["id"]}},
    "reservations POST /api/payments": lambda m: {"json": payment(m)},
    "reservations GET /api/payments/reservation/{id}": lambda m: {"path": {"id": paid(m)}},
    "reservations POST /internal/book": lambda m: {"json": ticket(m)},
    "reservations GET /internal/users": lambda m: {"params": {"ids": m.make_user()["id"]}},
    "reservations POST /internal/sales/stop": lambda m: {"json": {"scheduleIds": [m.make_showing()["id"]]}},
    "reservations POST /internal/sales/resume": lambda m: {"json": {"scheduleIds": [m.make_showing()["id"]]}},
    "reservations GET /internal/sales/live": lambda m: {"params": {"scheduleIds": m.make_showing()["id"]}},
    "gateway POST /api/book-ticket": lambda m: {"json": ticket(m)},
    "ingestion POST /sync/{table_name}": lambda m: {"path": {"table_name": "rooms"}},
    "ingestion GET /dynamodb/{table_name}/items": lambda m: {"path": {"table_name": "rooms"}},
}
CLOUD = (503, "cloud_not_configured")
# These say no in a cinema like this one, which has no cloud.
NEVER_WELL = {
    "ingestion POST /migrate": CLOUD,
    "ingestion POST /backup": CLOUD,
    "ingestion POST /sync/{table_name}": CLOUD,
    "ingestion GET /backups": CLOUD,
    "ingestion GET /dynamodb/tables": CLOUD,
    "ingestion GET /dynamodb/{table_name}/items": CLOUD,
}


def path_filled(path, values, known):
    def value(name):
        return str(values[name] if name in values else known[thing_of(path, name)][0])

    return re.sub(r"{([^}]+)}", lambda part: value(part[1]), path)


@pytest.mark.parametrize("service,method,path", OPERATIONS, ids=[label(*o) for o in OPERATIONS])
def test_a_good_request_goes_well(town, known, lines, service, method, path):
    name = label(service, method, path)
    more = GOOD[name](town) if name in GOOD else {}
    url = town.cinema.url(service) + path_filled(path, more.pop("path", {}), known)
    answer = lines[service].request(method.upper(), url, timeout=40, **more)
    judge(service, method, path, answer)
    if name in NEVER_WELL:
        assert (answer.status_code, answer.json()["code"]) == NEVER_WELL[name], answer.text[:500]
    else:
        assert 200 <= answer.status_code < 300, answer.text[:1000]


def test_nothing_is_described_that_is_not_there():
    assert not set(GOOD) - {label(*o) for o in OPERATIONS}


@pytest.mark.parametrize("service", PROMISES)
def test_every_part_of_an_answer_is_described(service):
    """A member that any JSON fits would let everything through."""
    whole = PROMISES[service].whole
    open_ones = []
    for name, shape in whole["components"]["schemas"].items():
        for member, schema in shape.get("properties", {}).items():
            if says_nothing(whole, schema) and (name, member) not in ANY_JSON:
                open_ones.append(f"{name}.{member}")
    for method, path, operation in operations(whole):
        if label(service, method, path) in NEVER_WELL:
            continue
        for status, answer in operation["responses"].items():
            for content in resolve(whole, answer).get("content", {}).values():
                data = content["schema"].get("properties", {}).get("data", content["schema"])
                if says_nothing(whole, data):
                    open_ones.append(f"{method} {path} {status}")
    assert not open_ones, open_ones
