"""Every described operation against generated input, fitting and not: each answer as the description says, none 5xx."""

import os

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import strategies as st
from schemathesis import GenerationMode

from harness.described import (
    OPERATIONS,
    PROMISES,
    label,
    operations,
    path_filled,
    resolve,
    says_nothing,
    thing_of,
)
from harness.good import GOOD
from harness.storm import SEED

EXAMPLES = int(os.environ.get("TAQUILLA_ATTACK_EXAMPLES") or 50)
CODES_503 = {"upstream_away", "upstream_open", "payment_unknown", "feed_busy", "overloaded", "cloud_not_configured"}
# Members whose JSON is somebody else's matter: what an event is about has as many shapes as there are types.
ANY_JSON = {("wire_event", "data"), ("job", "report"), ("item_told", "")}


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


# --- every operation ---


def judge(service, method, path, answer):
    told = f"{answer.request.method} {answer.request.url} {answer.request.body!r}: {answer.status_code} {answer.content[:1500].decode(errors='replace')}"
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


CLOUD = (503, "cloud_not_configured")
# These say no in a cinema like this one, which has no cloud.
NEVER_WELL = {
    "ingestion POST /migrate": CLOUD,
    "ingestion POST /backup": CLOUD,
    "ingestion GET /jobs/{id}": CLOUD,
    "ingestion POST /sync/{table_name}": CLOUD,
    "ingestion GET /backups": CLOUD,
    "ingestion GET /dynamodb/tables": CLOUD,
    "ingestion GET /dynamodb/{table_name}/items": CLOUD,
}


@pytest.mark.parametrize("service,method,path", OPERATIONS, ids=[label(*o) for o in OPERATIONS])
def test_a_good_request_goes_well(town, known, lines, service, method, path):
    name = label(service, method, path)
    more = GOOD[name](town) if name in GOOD else {}
    url = town.cinema.url(service) + path_filled(path, more.pop("path", {}), known)
    answer = lines[service].request(method.upper(), url, timeout=40, data=more.pop("content", None), **more)
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
