"""Every limit at its boundary: so much is taken, one more is refused by name, and nothing is half done.

The fields' limits come from the services' own descriptions, so a field that is added is tried without a line here.
"""

import copy
import json
import re

import pytest

from harness.described import OPERATIONS, PROMISES, label, path_filled, resolve
from harness.good import GOOD

INT_MAX = 2**63 - 1
OWNER = {"gateway": "reservations"}  # what the gateway takes a body for is told there
# The other way of saying the same: these members come in place of those of the good request.
INSTEAD = {
    ("rooms POST /api/rooms/{id}/seats", "seats"): {"auto_generate": None, "seats": [{"row_number": "A", "seat_number": 1}]},
    ("reservations POST /internal/book", "buyer"): {"userId": None, "buyer": {"email": "a@b.example", "name": "A", "phone": None}},
    ("gateway POST /api/book-ticket", "buyer"): {"userId": None, "buyer": {"email": "a@b.example", "name": "A", "phone": None}},
}
ENTRIES = {"seats": lambda i: {"row_number": "A", "seat_number": i + 1}, "tickets": lambda i: {"seatId": i + 1, "type": "general"}}
TOO_MUCH = re.compile(r"at most|longer than|must be|must have|must not|at least|missing|cannot be|blank|required", re.I)
REFUSALS = {"validation_failed", "seat_invalid", "json_malformed"}  # the last: a number that no integer holds


# --- which members there are, and where ---


def bounds_of(schema):
    """Does this member have a limit of its own? Money and whole numbers always do."""
    kinds = schema.get("type")
    kinds = set(kinds if isinstance(kinds, list) else [kinds])
    return kinds & {"string", "integer", "number", "array"} and "enum" not in schema and "format" not in schema or (
        "integer" in kinds and "string" not in kinds
    )


def members(whole, schema, at=()):
    """(path of names, schema): 0 stands for the first entry of a list."""
    schema = resolve(whole, schema)
    for part in schema.get("allOf", []) + schema.get("anyOf", []):
        yield from members(whole, part, at)
    for name, member in schema.get("properties", {}).items():
        member = resolve(whole, member)
        yield from [((*at, name), member)] if bounds_of(member) else []
        if "allOf" in member or "anyOf" in member:
            yield from members(whole, member, (*at, name))
        if member.get("items"):
            entry = resolve(whole, member["items"])
            if entry.get("properties"):
                yield from members(whole, entry, (*at, name, 0))
            elif bounds_of(entry):
                yield (*at, name, 0), entry


def body_members():
    for service, method, path in OPERATIONS:
        whole = PROMISES[service].whole
        content = whole["paths"][path][method].get("requestBody", {}).get("content", {})
        for body in content.values():
            for at, schema in members(whole, body["schema"]):
                yield service, method, path, at, schema


MEMBERS = [m for m in body_members() if label(*m[:3]) in GOOD and m[0] != "ingestion"]


# --- values on both sides ---


def text(name, length):
    if name == "email":
        return "a" * (length - len("@b.example")) + "@b.example" if length > len("@b.example") else "a@b"[:length]
    return "x" * length


def entries(name, schema, count):
    if name in ENTRIES:
        return [ENTRIES[name](i) for i in range(count)]
    return ["x"] * count if schema["items"].get("type") == "string" else list(range(1, count + 1))


def number_sides(schema):
    whole_number = schema["type"] == "integer" or "integer" in schema["type"]
    step = 1 if whole_number else 0.01
    low, high = schema.get("minimum"), schema.get("maximum", INT_MAX if whole_number else None)
    if low is not None:
        yield low, round(low - step, 2)
    if high is not None:
        yield (high, high + 1) if whole_number else (round(high, 2), round(high + step, 2))


def sides(name, schema):
    """(taken, refused) for each limit of a member."""
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if "maxItems" in schema:
        yield entries(name, schema, schema["maxItems"]), entries(name, schema, schema["maxItems"] + 1)
    if schema.get("minItems"):
        yield entries(name, schema, schema["minItems"]), entries(name, schema, schema["minItems"] - 1)
    if "maxLength" in schema:
        yield text(name, schema["maxLength"]), text(name, schema["maxLength"] + 1)
    if schema.get("minLength"):
        yield text(name, max(schema["minLength"], 3)), text(name, schema["minLength"] - 1)
    if "integer" in kinds or "number" in kinds:
        yield from number_sides(schema)


def put(body, at, value):
    """The body with the value at a path of names; what is not there on the way is made."""
    here = body
    for name, after in zip(at, at[1:]):
        if isinstance(here, list):
            here = here[name]
        else:
            empty = [ENTRIES[name](0) if name in ENTRIES else "x"] if after == 0 else {}
            here = here.setdefault(name, empty) or here.__setitem__(name, empty) or here[name]
    here[at[-1]] = value
    return body


def blamed(answer, at):
    """The sentences of details that blame this very member."""
    if answer.status_code != 400:
        return []
    details = answer.json().get("details") or {}
    want = [str(name) for name in at]
    found = []
    for field, said in details.items():
        parts = re.findall(r"[^.\[\]]+", field)
        if parts == want or parts == [w for w in want if w != "0"] or parts == want[:-1]:
            found += said if isinstance(said, list) else [said["message"]]
    return found


def log_end(lines, town, service):
    service = OWNER.get(service, service)
    answer = lines[service].get(f"{town.cinema.url(service)}/feed", params={"limit": 0})
    return answer.json()["position"]


@pytest.mark.parametrize(
    "service,method,path,at,schema", MEMBERS, ids=[f"{label(*m[:3])} {'.'.join(map(str, m[3]))}" for m in MEMBERS]
)
def test_a_member_of_a_body(town, known, lines, service, method, path, at, schema):
    name = label(service, method, path)
    tried = list(sides(at[-1] if at[-1] != 0 else at[-2], schema))
    if not tried:
        assert schema.get("type") == "string" and "pattern" in schema, f"no limit is described: {schema}"
        return
    for taken, too_much in tried:
        good = GOOD[name](town)
        url = town.cinema.url(service) + path_filled(path, good.get("path", {}), known)
        body = {k: v for k, v in (good["json"] | INSTEAD.get((name, at[0]), {})).items() if v is not None}

        before = log_end(lines, town, service)
        wrong = put(copy.deepcopy(body), at, too_much)
        answer = lines[service].request(method, url, json=wrong, timeout=40)
        shown = f"{at} {json.dumps(too_much)[:60]}: {answer.status_code} {answer.text[:600]}"
        assert answer.status_code == 400 and answer.json()["code"] in REFUSALS, f"taken: {shown}"
        if answer.json()["code"] == "json_malformed":
            assert too_much == INT_MAX + 1, shown
        elif answer.json()["code"] == "validation_failed":
            assert any(TOO_MUCH.search(s) for s in blamed(answer, at)), f"not blamed by name: {shown}"
        assert log_end(lines, town, service) == before, f"something was done: {shown}"

        right = put(copy.deepcopy(body), at, taken)
        answer = lines[service].request(method, url, json=right, timeout=40)
        shown = f"{at} {json.dumps(taken)[:60]}: {answer.status_code} {answer.text[:600]}"
        assert answer.status_code < 500, shown
        assert not any(re.search(r"at most|at least|longer than", s) for s in blamed(answer, at)), f"refused: {shown}"


def test_there_are_members():
    assert len(MEMBERS) > 60


# --- what stands in a query ---


def query_members():
    for service, method, path in OPERATIONS:
        whole = PROMISES[service].whole
        for parameter in whole["paths"][path][method].get("parameters", []):
            parameter = resolve(whole, parameter)
            if parameter.get("in") == "query" and method == "get" and service != "ingestion":
                yield service, path, parameter["name"], resolve(whole, parameter["schema"])


QUERIES = list(query_members())
FORMS = {"from": "a day or time", "to": "a day or time", "date": "a day", "week": "a week", "status": "one of a few", "after": "a cursor",
         "token": "a queue token"}


def written(value):
    return ",".join(map(str, value)) if isinstance(value, list) else value


@pytest.mark.parametrize(
    "service,path,name,schema", QUERIES, ids=[f"{q[0]} {q[1]} {q[2]}" for q in QUERIES]
)
def test_a_member_of_a_query(town, known, lines, service, path, name, schema):
    good = GOOD[label(service, "get", path)](town) if label(service, "get", path) in GOOD else {}
    url = town.cinema.url(service) + path_filled(path, good.get("path", {}), known)

    def ask(value):
        return lines[service].get(url, params=good.get("params", {}) | {name: written(value)}, timeout=40)

    kinds = schema.get("type")
    if "enum" in schema or kinds == "boolean":
        pairs = [(choice, "nonsense") for choice in schema.get("enum", ["true", "false"]) if choice is not None]
    elif schema.get("format") == "date":
        pairs = [("2026-02-28", "2026-02-30")]
    else:
        pairs = list(sides(name, schema))
    assert pairs, f"no limit is described: {schema}"
    for taken, too_much in pairs:
        answer = ask(too_much)
        shown = f"{name}={str(too_much)[:60]}: {answer.status_code} {answer.text[:500]}"
        assert answer.status_code == 400 and name in answer.json()["error"], f"taken: {shown}"
        answer = ask(taken)
        shown = f"{name}={str(taken)[:60]}: {answer.status_code} {answer.text[:500]}"
        assert answer.status_code in (200, 404) or (name in FORMS and answer.status_code in (400, 403)), f"refused: {shown}"
        assert not re.search(r"at most|at least|longer than", answer.text[:500]), shown


PATH_IDS = [
    o
    for o in OPERATIONS
    if any(
        resolve(PROMISES[o[0]].whole, p).get("schema", {}).get("type") == "integer"
        for p in PROMISES[o[0]].whole["paths"][o[2]][o[1]].get("parameters", [])
        if resolve(PROMISES[o[0]].whole, p).get("in") == "path"
    )
]


@pytest.mark.parametrize("service,method,path", PATH_IDS, ids=[label(*o) for o in PATH_IDS])
def test_a_number_in_a_path(town, lines, service, method, path):
    url = town.cinema.url(service)
    for number in (0, -1, INT_MAX + 1, 10**30, "1.0", "0x1", "+1", "1e3"):
        where = re.sub(r"{[^}]+}", str(number), path)
        answer = lines[service].request(method, url + where, json={} if method in ("post", "put") else None)
        assert answer.status_code == 400, f"{where}: {answer.status_code} {answer.text[:300]}"
        assert answer.json()["code"] == "path_id_invalid"
    last = re.sub(r"{[^}]+}", str(INT_MAX), path)
    answer = lines[service].request(method, url + last, json={"price": 5} if method in ("post", "put") else None)
    assert answer.status_code in (200, 400, 404), f"{last}: {answer.status_code} {answer.text[:300]}"
    if answer.status_code == 400:
        assert answer.json()["code"] == "validation_failed", answer.text


@pytest.mark.parametrize("service,path,value,most", [
    ("rooms", "/internal/showings", "1234567", 2000),
    ("reservations", "/internal/users", "1", 100),
    ("reservations", "/internal/sales/live?scheduleIds=1&", "1234567", 1000),
])
def test_ids_between_services(town, lines, service, path, value, most):
    """As many as a head of 16 KiB holds, and not one more."""
    url = town.cinema.url(service) + path
    name = "seatIds" if "?" in path else "ids"

    def ask(count):
        return lines[service].get(f"{url}{'' if '?' in path else '?'}{name}={','.join([value] * count)}")

    assert ask(most).status_code == 200
    answer = ask(most + 1)
    assert answer.status_code == 400 and name in answer.json()["error"], answer.text[:300]
    assert ask(20000).status_code == 431
