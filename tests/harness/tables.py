"""Exports taken and put back as a backup would: every table's lines, their number and their checksum."""

import hashlib
import json

import httpx

OWNERS = ("movies", "rooms", "reservations")
ROWS_AT_ONCE = 500


class Tables:
    """One owner's door for exports and restores. Plain httpx: these are not answers for clients."""

    def __init__(self, cinema, service, token=None):
        self.service = service
        self.http = httpx.Client(
            base_url=cinema.url(service),
            timeout=60,
            headers={"authorization": f"Bearer {token or cinema.service_token}"},
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.http.close()

    def export(self, *tables):
        """{table: [line, ...]} and the position, of the whole export or of some tables."""
        answer = self.http.get("/export", params={"tables": ",".join(tables)} if tables else None)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/x-ndjson"
        *lines, last = answer.text.split("\n")[:-1]
        end = json.loads(last)
        assert end == {"end": True, "position": end["position"], "rows": len(lines)}
        assert answer.headers["taquilla-position"] == f"{self.service}/{end['position']}"
        found = {}
        for line in lines:
            table = json.loads(line)["table"]
            row = line.removeprefix('{"table":"%s","row":' % table).removesuffix("}")
            found.setdefault(table, []).append(row)
        return found, end["position"]

    def rows(self, *tables):
        """{table: [row, ...]}"""
        return {table: [json.loads(line) for line in lines] for table, lines in self.export(*tables)[0].items()}

    def start(self):
        return self.http.post("/internal/restore/start")

    def put(self, table, lines):
        return self.http.post(
            "/internal/restore/rows",
            content='{"table":"%s","rows":[%s]}' % (table, ",".join(lines)),
            headers={"content-type": "application/json"},
        )

    def put_all(self, found):
        for table, lines in found.items():
            for i in range(0, len(lines), ROWS_AT_ONCE):
                answer = self.put(table, lines[i : i + ROWS_AT_ONCE])
                assert answer.status_code == 200, answer.text

    def finish(self, found):
        return self.http.post("/internal/restore/finish", json={"tables": sums(found)})

    def restore(self, found):
        answer = self.start()
        assert answer.status_code == 200, answer.text
        self.put_all(found)
        answer = self.finish(found)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]


def sums(found):
    return [
        {
            "table": table,
            "rows": len(lines),
            "sha256": hashlib.sha256("".join(line + "\n" for line in lines).encode()).hexdigest(),
        }
        for table, lines in found.items()
    ]


def export_all(cinema):
    """{owner: {table: lines}} of a cinema that nobody changes meanwhile."""
    copies = {}
    for service in OWNERS:
        with Tables(cinema, service) as tables:
            copies[service] = tables.export()[0]
    return copies


def restore_all(cinema, copies, order=OWNERS):
    for service in order:
        with Tables(cinema, service) as tables:
            tables.restore(copies[service])
