"""What the services' own descriptions promise, taken at their word: an answer may have no status and no member beside."""

import copy
import json
import re

import jsonschema_rs

from harness.cinema import run

METHODS = ("get", "post", "put", "patch", "delete")


def services_of_program():
    """Every service that the program holds, in its order."""
    done = run("routes")
    assert done.returncode == 0, done.stderr
    return list(dict.fromkeys(line.split()[0] for line in done.stdout.splitlines()))


def description(service):
    done = run("openapi", service)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def resolve(whole, thing):
    while isinstance(thing, dict) and "$ref" in thing:
        reference, thing = thing["$ref"], whole
        for part in reference.removeprefix("#/").split("/"):
            thing = thing[part]
    return thing


def operations(whole):
    """(method, path, operation)"""
    for path, methods in whole["paths"].items():
        for method in METHODS:
            if method in methods:
                yield method, path, methods[method]


def made_strict(schema):
    """The same schema, in which an object that lists its members has no others."""
    if isinstance(schema, list):
        return [made_strict(s) for s in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {name: made_strict(value) for name, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and "additionalProperties" not in schema:
        strict["additionalProperties"] = False
    return strict


def says_nothing(whole, schema):
    """Is there a part that any JSON fits? Members that pass on what others wrote are named by the caller."""
    schema = resolve(whole, schema)
    return not set(schema) - {"description"}


class Promise:
    """One service's description, and whether an answer keeps it."""

    def __init__(self, service):
        self.service = service
        self.whole = description(service)
        self.strict = copy.deepcopy(self.whole)
        self.strict["components"]["schemas"] = {
            name: made_strict(s) for name, s in self.whole["components"]["schemas"].items()
        }
        self._made = {}

    def responses(self, method, path):
        found = self.whole["paths"][path][method]["responses"]
        return {int(status): resolve(self.whole, r) for status, r in found.items()}

    def validator(self, method, path, status):
        key = (method, path, status)
        if key not in self._made:
            schema = self.responses(method, path)[status]["content"]["application/json"]["schema"]
            self._made[key] = jsonschema_rs.Draft202012Validator(
                made_strict(schema) | {"components": self.strict["components"]}, validate_formats=True
            )
        return self._made[key]

    def problem(self, method, path, status, headers, content):
        """A sentence on what the description did not say, or None."""
        responses = self.responses(method, path)
        if status not in responses:
            return f"status {status} is not described"
        if status == 503 and not headers.get("retry-after") and not path.startswith("/health"):
            return "503 without Retry-After"
        if status >= 500 and status != 503:
            return f"status {status}"
        promised = responses[status].get("content")
        if not promised:
            return f"a body with {status}, which has none" if content else None
        kind = headers.get("content-type", "").split(";")[0]
        if kind not in promised:
            return f"content type {kind!r}, described is {list(promised)}"
        if kind != "application/json":
            return None
        errors = list(self.validator(method, path, status).iter_errors(json.loads(content)))
        return "; ".join(f"{'.'.join(map(str, e.instance_path))}: {e.message}"[:300] for e in errors[:3]) or None


def has_no_end(operation):
    """Its answer goes on as long as somebody listens: whoever waits for the whole of it waits for ever."""
    return "text/event-stream" in operation["responses"].get("200", {}).get("content", {})


# What the program describes, as it is when the tests are gathered; streams have tests of their own.
PROMISES = {service: Promise(service) for service in services_of_program()}
OPERATIONS = [
    (service, method, path)
    for service, p in PROMISES.items()
    for method, path, operation in operations(p.whole)
    if not has_no_end(operation)
]


def label(service, method, path):
    return f"{service} {method.upper()} {path}"


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


def path_filled(path, values, known):
    def value(name):
        return str(values[name] if name in values else known[thing_of(path, name)][0])

    return re.sub(r"{([^}]+)}", lambda part: value(part[1]), path)
