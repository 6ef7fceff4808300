"""The data lake as a test sees it: written for a cinema that is open, read back from the bucket."""

import gzip
import hashlib
import json
import subprocess

from harness.cinema import bare_environment, program
from harness.keeping import OWNERS

WRITER = "services/ingestion/test_lake_write"


def environment(cinema, settings, data=None):
    urls = {f"{name.upper()}_API_URL": cinema.url(name) for name in (*OWNERS, "analytics")}
    kept = bare_environment(cinema.folder, **settings, **urls, SERVICE_TOKEN=cinema.service_token)
    return [program().parent.parent / WRITER, data or cinema.data], kept


def begin_writing(cinema, settings):
    """Not waited for."""
    command, kept = environment(cinema, settings)
    return subprocess.Popen(command, cwd=cinema.folder, env=kept, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)


def try_write(cinema, settings):
    """Brings the lake to where the feeds end: exit code and what was said."""
    writer = begin_writing(cinema, settings)
    said = writer.communicate(timeout=120)[0]
    return writer.returncode, said


def write(cinema, settings):
    code, said = try_write(cinema, settings)
    assert code == 0, said
    return json.loads(said.splitlines()[-1])  # before it stands the log


FIRST = "analytics/lake"


def prefix(table, place=FIRST):
    return f"{place}/{table}/"


def manifest(s3, bucket, table, place=FIRST):
    return json.loads(s3.get_object(Bucket=bucket, Key=prefix(table, place) + "manifest.json")["Body"].read())


def keys(s3, bucket, table, place=FIRST):
    """Of every object of a table but its manifest."""
    found = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix(table, place) + "dt=")
    return sorted(entry["Key"] for page in found for entry in page.get("Contents", ()))


def rows(s3, bucket, table, place=FIRST):
    """All of its lines, in the manifest's order; the manifest must tell of each object, and the truth."""
    kept, found, key_of = manifest(s3, bucket, table, place), [], []
    for segment in kept["segments"]:
        got = s3.get_object(Bucket=bucket, Key=segment["key"])
        packed = got["Body"].read()
        lines = gzip.decompress(packed)
        assert len(packed) == segment["bytes"] and lines.count(b"\n") == segment["rows"]
        assert hashlib.sha256(lines).hexdigest() == segment["sha256"] == got["Metadata"]["sha256"]
        assert segment["key"] == f"{prefix(table, place)}dt={segment['dt']}/{segment['first']:012}.ndjson.gz"
        key_of.append(segment["key"])
        found += [json.loads(line) for line in lines.splitlines()]
    assert sorted(key_of) == keys(s3, bucket, table, place)
    if kept["segments"]:
        assert kept["last"] == kept["segments"][-1]["last"]
    return found


def places(s3, bucket):
    """Of the lakes that were begun after the first, the oldest first."""
    found = s3.list_objects_v2(Bucket=bucket, Prefix="analytics/lives/").get("Contents", ())
    return [json.loads(s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read())["lake"] for entry in found]


def make_part(s3, bucket, table):
    """Lists all segments but the last in an object of their own, as is done with the older ones of very many."""
    kept = manifest(s3, bucket, table)
    old = kept["segments"][:-1]
    assert old and not kept["parts"]
    key, text = f"{prefix(table)}manifest/{old[0]['first']:012}.json", json.dumps({"segments": old}).encode()
    s3.put_object(Bucket=bucket, Key=key, Body=text)
    part = {"key": key, "first": old[0]["first"], "last": old[-1]["last"], "segments": len(old)}
    kept |= {"parts": [part | {"sha256": hashlib.sha256(text).hexdigest()}], "segments": kept["segments"][-1:]}
    s3.put_object(Bucket=bucket, Key=prefix(table) + "manifest.json", Body=json.dumps(kept))
