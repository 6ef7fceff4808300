"""What an owner tells of its things: the facts that events make in the end, and its snapshot, which must say the same."""


def snapshot_of(m, owner, of, limit=1000):
    """All pages in one: the events, and the position of the first."""
    events, after, first = [], "", None
    with m.internal(owner) as door:
        while after is not None:
            page = door.get("/feed/snapshot", params={"of": of, "limit": limit} | ({"after": after} if after else {})).json()
            assert len(page["events"]) <= limit
            first = page["position"] if first is None else first
            events += page["events"]
            after = page["next"]
    return events, first


def facts_of(events):
    """What events say of each thing in the end; seats come several in one."""
    facts = {}
    for e in events:
        kind = e["type"].split(".")[0]
        if kind == "seats":
            facts |= {("seat", str(seat["id"])): seat for seat in e["data"]["seats"]}
        else:
            facts[kind, e["subject"]] = e["data"]
    return facts
