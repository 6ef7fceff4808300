"""Random histories of one showing against a model of a page, and random JSON against every POST and PUT."""

import json

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule, run_state_machine_as_test

from harness.door import named_seats, ok, refused
from test_nesting import filled, operations

SEATS = 6


def history(m):
    """A state machine over a new showing of six seats; each run of it is one history."""

    class History(RuleBasedStateMachine):
        open = Bundle("open")
        paid = Bundle("paid")

        def __init__(self):
            super().__init__()
            self.showing, self.user = m.make_showing(seats=SEATS, price=7.5), m.make_user()
            self.owner, self.state = {}, {}

        @rule(target=open, picks=st.sets(st.integers(0, SEATS - 1), min_size=1), hold=st.booleans(), door=st.booleans())
        def book(self, picks, hold, door):
            seats = [self.showing["seat_ids"][i] for i in picks]
            taken = sorted(s for s in seats if s in self.owner)
            unpaid = sum(state == "PENDING" for state in self.state.values())
            service, path = (m.gateway, "/api/book-ticket") if door else (m.reservations, "/api/reservations")
            answer = service.post(path, json=m.booking(self.showing, seats, self.user, hold=hold))
            if taken or unpaid >= 10:
                body = refused(answer, 409)
                assert body["code"] != "seats_taken" or named_seats(body) == taken
                return None
            made = ok(answer, 201)
            assert made["totalAmount"] == 7.5 * len(seats)
            self.state[made["id"]] = "PENDING"
            self.owner |= dict.fromkeys(seats, made["id"])
            return made

        @rule(target=paid, made=consumes(open), declined=st.integers(0, 2))
        def pay(self, made, declined):
            assume(made)
            if self.state.get(made["id"]) != "PENDING":
                refused(m.try_pay(made), {404, 409})
                return None
            for _ in range(declined):
                refused(m.try_pay(made, "test_decline"), 402)
            m.pay(made)
            self.state[made["id"]] = "CONFIRMED"
            return made

        @rule(made=st.one_of(open, paid), amount=st.sampled_from([0.01, 7.49, 1000]))
        def pay_wrongly(self, made, amount):
            if made:
                refused(m.try_pay(made, amount=amount), {404, 409})

        @rule(made=st.one_of(open, paid), forget=st.booleans())
        def give_back(self, made, forget):
            assume(made)
            before = self.state.get(made["id"])
            answer = m.reservations.delete(f"/api/reservations/{made['id']}") if forget else m.cancel(made)
            if before is None:
                refused(answer, 404)
            elif before == "CANCELLED" and not forget:
                refused(answer, 409)
            else:
                assert answer.status_code == 200, answer.text
                self.owner = {s: o for s, o in self.owner.items() if o != made["id"]}
                self.state[made["id"]] = "CANCELLED"
                if forget:
                    del self.state[made["id"]]

        @invariant()
        def all_say_the_same(self):
            want = {s: "free" for s in self.showing["seat_ids"]}
            want |= {s: "sold" if self.state[o] == "CONFIRMED" else "held" for s, o in self.owner.items()}
            assert m.states_once(self.showing, lambda states: states == want) == want
            listed = ok(m.reservations.get("/api/reservations", params={"scheduleId": self.showing["id"]}))
            assert {r["id"]: r["status"] for r in listed} == self.state

    return History


def test_histories(m):
    run_state_machine_as_test(
        history(m),
        settings=settings(
            max_examples=15,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(["2030-01-01T10:00:00", "1", "-1", "9" * 30, "\u0000", "💺", "a@b.c"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


def names_of(operation, whole):
    """Every property name of an operation's body, nested ones too."""
    found, todo = set(), [operation.get("requestBody", {})]
    while todo:
        at = todo.pop()
        if isinstance(at, dict):
            if "$ref" in at:
                todo.append(whole["components"]["schemas"][at["$ref"].rsplit("/", 1)[1]])
            found |= set(at.get("properties", {}))
            todo += [v for k, v in at.items() if k != "$ref"]
        elif isinstance(at, list):
            todo += at
    return sorted(found)


def test_any_json_is_answered(m, cinema):
    """Bodies made of the right names with anything below them: answered in form, and never a 500."""
    internal = {"authorization": f"Bearer {cinema.service_token}"}
    targets = []
    for service, method, path, operation, whole in operations(m):
        names = names_of(operation, whole) or ["name"]
        targets.append((getattr(m, service), method.upper(), filled(path), names))

    @settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(target=st.sampled_from(targets), data=st.data())
    def attempt(target, data):
        door, method, path, names = target
        body = data.draw(st.dictionaries(st.sampled_from(names), JSON, max_size=len(names)))
        answer = door.request(
            method, path, content=json.dumps(body).encode(), headers=internal | {"content-type": "application/json"}
        )
        said = answer.status_code < 500 or answer.json()["code"] == "cloud_not_configured"
        assert said, answer.text

    attempt()
