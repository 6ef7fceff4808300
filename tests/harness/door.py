"""A client of one service that holds every single answer to what the contract says of all answers."""

import re

import httpx

LEAKS = re.compile(
    r"sqlite|mysql|mariadb|SELECT\s|INSERT\s+INTO|UPDATE\s+\w+\s+SET|constraint failed|\.[ch]:\d+|/tmp/|/root/"
    r"|jansson|errno|backtrace|0x[0-9a-f]{6,}",
    re.I,
)
POSITION = re.compile(r"^(movies|rooms|reservations)/[1-9]\d*$")
STRONG_TAG = re.compile(r'^"[\x21\x23-\x7e]+"$')
PROBLEM_MEMBERS = {"success", "data", "error", "message", "code", "status", "title", "detail", "requestId"}


def check_problem(answer):
    """An error's body: one form for all readers."""
    assert answer.headers["content-type"].split(";")[0] in ("application/json", "application/problem+json")
    if answer.request.method == "HEAD":
        assert answer.content == b""
        return
    assert not LEAKS.search(answer.text), f"says too much: {answer.text}"
    body = answer.json()
    assert PROBLEM_MEMBERS <= set(body), f"missing {PROBLEM_MEMBERS - set(body)} in {body}"
    assert body["success"] is False and body["data"] is None
    assert body["error"] == body["message"] == body["detail"]
    assert isinstance(body["error"], str) and body["error"]
    assert re.fullmatch(r"[a-z][a-z0-9_]*", body["code"])
    assert body["status"] == answer.status_code
    assert isinstance(body["title"], str) and body["title"]
    assert isinstance(body["requestId"], str) and body["requestId"]
    if "x-request-id" in answer.headers:
        assert answer.headers["x-request-id"] == body["requestId"]
    if answer.status_code in (429, 503):
        assert int(answer.headers["retry-after"]) >= 0
    if answer.status_code == 405:
        assert answer.headers["allow"]


def check_success(answer):
    request = answer.request
    json = answer.headers.get("content-type", "").startswith("application/json")
    if (
        request.method in ("GET", "HEAD")
        and json
        and "/health" not in request.url.path
        and "/feed" not in request.url.path
        and "/internal" not in request.url.path
    ):
        assert STRONG_TAG.match(answer.headers.get("etag", "")), f"no strong ETag: {answer.headers}"
    stored = not request.url.path.endswith("/queue")  # a place is its buyer's token: no log has it
    if request.method in ("POST", "PUT", "DELETE") and answer.status_code < 300 and stored:
        assert POSITION.match(
            answer.headers.get("taquilla-position", "")
        ), f"{request.method} {request.url.path}: no Taquilla-Position: {answer.headers}"


def check_any(answer):
    answer.read()
    said = f"{answer.request.method} {answer.request.url} {answer.status_code}: {answer.text[:2000]}"
    assert answer.status_code < 500 or answer.status_code == 503, said
    if answer.status_code >= 400:
        check_problem(answer)
    elif answer.status_code < 300:
        check_success(answer)


class Door(httpx.Client):
    """httpx.Client with a base address; every answer is checked when it arrives."""

    def __init__(self, url, token=None, **more):
        headers = {"authorization": f"Bearer {token}"} if token else {}
        super().__init__(
            base_url=url,
            timeout=more.pop("timeout", 40),
            headers=headers,
            event_hooks={"response": [check_any]},
            trust_env=False,
            **more,
        )


def ok(answer, status=200):
    """The data of an answer that should have gone well."""
    assert answer.status_code == status, (
        f"{answer.request.method} {answer.request.url}: {answer.status_code} " f"{answer.text[:1000]}"
    )
    body = answer.json()
    assert body["success"] is True, body
    return body["data"]


def refused(answer, status, code=None, sentence=None):
    """The body of an answer that should have been refused. Status and code may be sets of sensible ones."""
    allowed = status if isinstance(status, (set, tuple)) else {status}
    assert answer.status_code in allowed, (
        f"{answer.request.method} {answer.request.url}: wanted {status}, got "
        f"{answer.status_code} {answer.text[:1000]}"
    )
    body = answer.json()
    if code:
        assert body["code"] in ({code} if isinstance(code, str) else code), body
    if sentence:
        assert body["error"] == sentence, body
    return body


def named_seats(body):
    """The seats that a refusal names."""
    for place in (body, body.get("details") or {}):
        if "seatIds" in place:
            return sorted(int(s) for s in place["seatIds"])
    raise AssertionError(f"no seatIds in {body}")
