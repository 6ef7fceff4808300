"""Backups to S3 by the service and by its mode: what lies in the bucket, jobs, crashes, and each way in which the cloud can fail."""

import json
import re
import time

import httpx
import pytest

from harness.aws import Aws, DynamoDB, VersityGW
from harness.awsproxy import Proxy
from harness.cinema import Cinema, run
from harness.door import ok, refused
from harness.keeping import exports, first_backup_over
from harness.maker import Maker

SOURCES = {"reservations": "postgresql", "rooms": "mysql", "movies": "mongodb"}
REPORTS = {"revenue", "popular_movies", "occupancy", "user_behavior", "dashboard"}
COUNTED = {
    "mysql": ("rooms", ("rooms", "seats", "schedules")),
    "postgresql": ("reservations", ("users", "reservations", "reserved_seats", "payments")),
    "mongodb": ("movies", ("movies", "genres")),
}


def setup(aws, names, *more):
    done = run("setup", *more, **aws.settings(), **names)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def prepared(aws, names):
    """A bucket and tables of this test, made by `taquilla setup`."""
    setup(aws, names)
    return aws.settings() | names


def door(cinema, timeout=60):
    return httpx.Client(base_url=cinema.url("ingestion"), trust_env=False, timeout=timeout)


def sold(cinema):
    """A little of everything: paid, held, cancelled, erased."""
    m = Maker(cinema)
    paid, held, cancelled = (m.book(m.make_showing(), seats=n) for n in (2, 1, 1))
    m.pay(paid)
    m.cancel(cancelled)
    gone = m.make_user()
    ok(m.reservations.delete(f"/api/users/{gone['id']}"))
    assert held
    m.close()


def objects(aws, bucket, prefix=""):
    """{key: (body, metadata)} of all that lies there."""
    s3, found = aws.boto("s3"), {}
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for entry in page.get("Contents", ()):
            got = s3.get_object(Bucket=bucket, Key=entry["Key"])
            found[entry["Key"]] = got["Body"].read(), got["Metadata"]
    return found


def unfinished(aws, bucket):
    return aws.boto("s3").list_multipart_uploads(Bucket=bucket).get("Uploads", [])


def check_backup(found, stamp, want):
    """The objects of one backup hold what the owners exported, and say so."""
    manifest = json.loads(found[f"backups/manifests/{stamp}_manifest.json"][0])
    assert {s["name"] for s in manifest["services"]} == set(want)
    for service, (tables, position) in want.items():
        listed = next(s for s in manifest["services"] if s["name"] == service)
        assert listed["position"] == position
        for name, lines in tables.items():
            source = SOURCES[service]
            body, metadata = found[f"backups/{source}/{name}/{stamp}_{name}.json"]
            rows = [json.loads(line) for line in lines.splitlines()]
            assert json.loads(body) == rows
            assert metadata["table_name"] == name and metadata["source_database"] == source
            assert metadata["record_count"] == str(len(rows))
            assert metadata["backup_timestamp"] == re.sub(r"\.\d+Z$", "Z", manifest["made_at"])


def counts(want):
    found = {
        source: {t: want[owner][0].get(t, b"").count(b"\n") for t in tables} for source, (owner, tables) in COUNTED.items()
    }
    return found, sum(n for tables in found.values() for n in tables.values())


def wait_until(good, within_s=40, what=""):
    end = time.monotonic() + within_s
    while not (found := good()):
        assert time.monotonic() < end, what() if callable(what) else what
        time.sleep(0.05)
    return found


# --- setup ---


def test_setup_makes_what_is_missing_and_nothing_twice(aws, names):
    plan = setup(aws, names, "--plan")
    assert "nothing was changed" in plan and plan.count("to make") >= 8 and "made " not in plan
    assert names["S3_BUCKET_NAME"] not in [b["Name"] for b in aws.boto("s3").list_buckets()["Buckets"]]
    first = setup(aws, names)
    assert not re.search(r"^  to make", first, re.M) and first.count("made  ") >= 8
    again = setup(aws, names)
    assert "0 made" in again and not re.search(r"^  made", again, re.M)
    tables = aws.boto("dynamodb")
    for table, index in (("movies", ["GenreIndex"]), ("rooms", ["ScreenTypeIndex"]), ("users", ["EmailIndex"])):
        found = tables.describe_table(TableName=names[f"DYNAMODB_{table.upper()}_TABLE"])["Table"]
        assert [i["IndexName"] for i in found["GlobalSecondaryIndexes"]] == index
        assert found["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    found = tables.describe_table(TableName=names["DYNAMODB_RESERVATIONS_TABLE"])["Table"]
    assert {i["IndexName"] for i in found["GlobalSecondaryIndexes"]} == {"UserIndex", "MovieIndex"}
    assert aws.boto("s3").get_bucket_versioning(Bucket=names["S3_BUCKET_NAME"])["Status"] == "Enabled"


def test_setup_at_a_server_that_knows_all_of_it(moto_aws):
    names = moto_aws.fresh()
    assert "unknown" not in setup(moto_aws, names)
    s3, bucket = moto_aws.boto("s3"), names["S3_BUCKET_NAME"]
    rule = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
    rules = {r["ID"]: r for r in s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]}
    backups, users = rules["taquilla-backups"], rules["taquilla-users"]
    assert [(t["Days"], t["StorageClass"]) for t in backups["Transitions"]] == [(30, "STANDARD_IA"), (90, "GLACIER")]
    assert backups["Expiration"]["Days"] == 365 and backups["Filter"]["Prefix"] == "backups/"
    assert users["Expiration"]["Days"] == 30 and users["Filter"]["Prefix"] == "backups/postgresql/users/"
    ttl = moto_aws.boto("dynamodb").describe_time_to_live(TableName=names["DYNAMODB_USERS_TABLE"])
    assert ttl["TimeToLiveDescription"]["AttributeName"] == "expires_at"
    assert "0 made" in setup(moto_aws, names)
    # Rules of somebody else stay, and what is missing is said.
    rules = [{"ID": "theirs", "Filter": {"Prefix": "x/"}, "Status": "Enabled", "Expiration": {"Days": 3}}]
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})
    assert "not ours" in setup(moto_aws, names)
    assert [r["ID"] for r in s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]] == ["theirs"]


def test_the_policy_names_this_cinema(aws, names):
    policy = json.loads(setup(aws, names, "--policy"))
    told = {s["Sid"]: s for s in policy["Statement"]}
    bucket = f"arn:aws:s3:::{names['S3_BUCKET_NAME']}"
    assert told["RunBucket"]["Resource"] == [bucket]
    assert told["RunObjects"]["Resource"] == [f"{bucket}/backups/*", f"{bucket}/analytics/*"]
    assert not any("*" in action for s in policy["Statement"] for action in s["Action"])
    assert not any("Delete" in action for s in policy["Statement"] for action in s["Action"])


# --- a backup ---


def test_a_backup_holds_what_the_owners_hold(aws, prepared):
    bucket = prepared["S3_BUCKET_NAME"]
    with Cinema(BACKUP_SCHEDULE="0 0 29 2 *", **prepared) as cinema, door(cinema) as client:
        wait_until(lambda: client.get("/health").json()["backup"]["last_result"] == "ok")  # the first is made at once
        empty = client.post("/backup").json()
        assert empty["backup"] is None and empty["error"] is None
        assert client.get("/backups").json() == {"backups": [], "count": 0}, "an empty cinema never hides a good backup"
        sold(cinema)
        answer = client.post("/backup")
        assert answer.status_code == 200, answer.text
        report, want = answer.json(), exports(cinema)
        found = objects(aws, bucket)
        check_backup(found, report["backup"], want)
        assert (report["record_counts"], report["total_records"]) == counts(want)
        assert report["message"] == "Backup completed" and report["errors"] == [] and report["reports"] == 5
        assert report["positions"] == {service: position for service, (_, position) in want.items()}
        for kind in REPORTS:
            body = found[f"analytics/{kind}/{report['backup']}_{kind}.json"][0]
            assert json.loads(body)["success"] is True
        behaviour = json.loads(found[f"analytics/user_behavior/{report['backup']}_user_behavior.json"][0])["data"]
        assert behaviour["topUsers"] and all(user["userName"] is None for user in behaviour["topUsers"])
        # what is listed, and how it can be asked for
        listed = client.get("/backups").json()
        assert listed["count"] == len(listed["backups"])
        assert {b["key"]: b["size"] for b in listed["backups"]} == {
            k: len(v[0]) for k, v in found.items() if k.startswith("backups/")
        }
        assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b["last_modified"]) for b in listed["backups"])
        rooms = client.get("/backups", params={"source_db": "mysql", "table_name": "rooms"}).json()
        key = f"backups/mysql/rooms/{report['backup']}_rooms.json"
        assert [b["key"] for b in rooms["backups"]] == [key]
        assert client.get("/backups", params={"table_name": "users"}).json()["count"] == 1
        assert client.get("/backups", params={"source_db": "oracle"}).json() == {"backups": [], "count": 0}
        assert unfinished(aws, bucket) == []
        assert not list((cinema.data / "ingestion" / "backup").glob("taquilla-2*")), "the copy on this disk goes"
        health = client.get("/health").json()
        assert {health["aws_connections"][c]["status"] for c in ("s3", "dynamodb")} == {"success"}
        assert health["aws_connections"]["rds"]["status"] == "not_configured"


def test_jobs_are_told_of_and_one_of_a_kind_runs(own_aws):
    names = own_aws.fresh()
    setup(own_aws, names)
    with Cinema(BACKUP_SCHEDULE="0 0 29 2 *", **own_aws.settings(), **names) as cinema, door(cinema) as client:
        wait_until(lambda: client.get("/health").json()["backup"]["last_result"] == "ok")
        refused(client.get("/jobs/backup-20200101_000000"), 404, "job_unknown")
        refused(client.get("/jobs/..%2f..%2fservice.token"), 404, "route_unknown")
        sold(cinema)
        own_aws.s3.pause()
        answer = client.post("/backup", headers={"Prefer": "respond-async"})
        assert answer.status_code == 202 and answer.headers["preference-applied"] == "respond-async"
        place = answer.headers["location"]
        job = client.get(place).json()
        assert job["state"] == "running" and job["kind"] == "backup" and place == f"/jobs/{job['id']}"
        second = client.post("/backup")
        refused(second, 409, "job_running")
        assert second.headers["location"] == place
        own_aws.s3.resume()
        job = wait_until(lambda: (j := client.get(place).json())["state"] != "running" and j)
        assert job["state"] == "succeeded" and job["report"]["message"] == "Backup completed" and job["ended_at"]
        assert client.post("/backup").status_code == 200


def test_a_backup_goes_on_after_a_crash(own_aws):
    """kill -9 of ingestion while it sends; the next start ends the same job, and nothing half is left."""
    names = own_aws.fresh()
    setup(own_aws, names)
    bucket = names["S3_BUCKET_NAME"]
    with Proxy(own_aws.s3) as proxy:
        settings = own_aws.settings(s3=proxy.url) | names
        with Cinema(BACKUP_SCHEDULE="0 0 29 2 *", **settings) as cinema, door(cinema) as client:
            wait_until(lambda: client.get("/health").json()["backup"]["last_result"] == "ok")
            sold(cinema)
            want = exports(cinema)
            proxy.slow(0.2)
            place = client.post("/backup", headers={"Prefer": "respond-async"}).headers["location"]
            stamp = place.rsplit("-", 1)[1]
            wait_until(lambda: client.get(place).json()["step"] == "upload" and client.get(place).json()["bytes"] > 0)
            cinema.kill("ingestion")
            assert f"backups/manifests/{stamp}_manifest.json" not in objects(own_aws, bucket, "backups/manifests/")
            cinema.wait_ready(["ingestion"])
            proxy.calm()
            job = wait_until(lambda: (j := client.get(place).json())["state"] != "running" and j)
            assert job["state"] == "succeeded" and job["resumed"] == 1
            check_backup(objects(own_aws, bucket), job["report"]["backup"], want)
            assert unfinished(own_aws, bucket) == []


def mode(cinema, *arguments, **settings):
    """`taquilla ingestion --mode ...` for the services of a cinema that is open."""
    where = {f"{s.upper()}_API_URL": cinema.url(s) for s in ("movies", "rooms", "reservations", "analytics")}
    settings = {"SERVICE_TOKEN": cinema.service_token} | where | settings
    return run("ingestion", "--mode", *arguments, "--data", cinema.folder / "mode", folder=cinema.folder, timeout=120, **settings)


def report_of(done):
    return json.loads(done.stdout.splitlines()[-1])  # before it stands the log


def test_the_mode_alone_and_its_exit_codes(aws, prepared):
    with Cinema() as cinema:
        sold(cinema)
        done = mode(cinema, "backup", **prepared)
        assert done.returncode == 0, done.stdout + done.stderr
        report = report_of(done)
        check_backup(objects(aws, prepared["S3_BUCKET_NAME"]), report["backup"], exports(cinema))
        partial = mode(cinema, "backup", ANALYTICS_API_URL="none", **{k: v for k, v in prepared.items()})
        assert partial.returncode == 3, partial.stdout + partial.stderr
        assert [e["step"] for e in report_of(partial)["errors"]] == ["reports"]
        assert report_of(partial)["backup"]
        failed = mode(cinema, "backup", **prepared | {"S3_BUCKET_NAME": "no-such-bucket-here"}, MAX_RETRIES=0)
        assert failed.returncode == 1 and "bucket" in failed.stderr
        assert report_of(failed)["code"] == "bucket_missing"
        assert mode(cinema, "backup").returncode == 2
        assert mode(cinema, "sideways", **prepared).returncode == 2


# --- each way to fail ---


def cinema_that_fails(settings, code, connection="s3"):
    """The order is refused with the report so far, health names the part that fails, and the service stays ready."""
    with Cinema(MAX_RETRIES=0, RETRY_DELAY=1, BACKUP_SCHEDULE="0 0 29 2 *", **settings) as cinema, door(cinema) as client:
        first_backup_over(cinema)
        sold(cinema)
        answer = client.post("/backup")
        assert answer.status_code == 502, answer.text
        report = answer.json()
        assert report["code"] == code and report["error"] and report["backup"] is None
        assert report["record_counts"]["mysql"]["rooms"] == 3, "what was read is told all the same"
        health = client.get("/health")
        assert health.status_code == 503 and health.json()["status"] == "unhealthy"
        told = health.json()["aws_connections"][connection]
        assert told["status"] == "error" and told["message"]
        assert health.json()["checks"][connection]["status"] == "away"
        assert client.get("/health/ready").status_code == 200
        secrets = [settings["AWS_SECRET_ACCESS_KEY"], settings["AWS_ACCESS_KEY_ID"]]
        for text in (answer.text, health.text, cinema.log()):
            assert not any(secret in text for secret in secrets)
        return report


def test_a_wrong_key(aws, prepared):
    wrong = prepared | {"AWS_SECRET_ACCESS_KEY": "the+secret/of+somebody+else+0123456789abcd"}
    cinema_that_fails(wrong, "aws_denied")
    assert objects(aws, prepared["S3_BUCKET_NAME"]) == {}


def test_no_bucket(aws, prepared):
    cinema_that_fails(prepared | {"S3_BUCKET_NAME": "not-made-by-anybody"}, "bucket_missing")


def test_nobody_there(prepared):
    cinema_that_fails(prepared | {"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1"}, "aws_away")


def test_without_tables_health_says_which(aws, prepared):
    settings = prepared | {"DYNAMODB_ROOMS_TABLE": "not-made-by-anybody"}
    with Cinema(BACKUP_SCHEDULE="0 0 29 2 *", **settings) as cinema, door(cinema) as client:
        health = client.get("/health")
        assert health.status_code == 503
        told = health.json()["aws_connections"]
        assert told["dynamodb"]["status"] == "error" and "not-made-by-anybody" in told["dynamodb"]["message"]
        assert told["s3"]["status"] == "success"
        first_backup_over(cinema)
        assert client.post("/backup").status_code == 200


def metric(cinema, name):
    token = {"authorization": f"Bearer {cinema.service_token}"}
    text = httpx.get(cinema.url("ingestion") + "/metrics", headers=token, timeout=20).text
    return float(re.search(rf"^{re.escape(name)} (\S+)$", text, re.M)[1])


def fails_then_heals(cinema, client, code, mend, connection="s3"):
    answer = client.post("/backup")
    assert answer.status_code == 502 and answer.json()["code"] == code, answer.text
    assert answer.json()["backup"] is None and answer.json()["error"]
    told = wait_until(lambda: (h := client.get("/health").json()["aws_connections"][connection])["status"] == "error" and h, 20)
    assert told["message"]
    mend()
    answer = client.post("/backup")
    assert answer.status_code == 200 and answer.json()["backup"], answer.text
    wait_until(lambda: client.get("/health").json()["status"] == "healthy", 20)
    return answer.json()


def test_throttled(aws, prepared):
    """Some refusals are waited out; nothing but refusals is told, and heals."""
    with Proxy(aws.s3) as proxy:
        with Cinema(RETRY_DELAY=1, MAX_RETRIES=2, BACKUP_SCHEDULE="0 0 29 2 *", **prepared | {"AWS_ENDPOINT_URL_S3": proxy.url}) as cinema:
            with door(cinema, 120) as client:
                first_backup_over(cinema)
                sold(cinema)
                proxy.fail("SlowDown", share=0.25)
                report = client.post("/backup").json()
                assert report["backup"], report
                assert metric(cinema, 'taquilla_aws_throttled_total{service="s3"}') > 0
                assert metric(cinema, 'taquilla_aws_retries_total{service="s3"}') > 0
                proxy.calm()
                check_backup(objects(aws, prepared["S3_BUCKET_NAME"]), report["backup"], exports(cinema))
                proxy.fail("SlowDown", share=1)
                fails_then_heals(cinema, client, "aws_throttled", proxy.calm)
    assert unfinished(aws, prepared["S3_BUCKET_NAME"]) == []


def test_keys_that_ran_out(moto_aws):
    names = moto_aws.fresh()
    setup(moto_aws, names)
    with Proxy(moto_aws.s3) as proxy:
        settings = moto_aws.settings(s3=proxy.url) | names
        with Cinema(RETRY_DELAY=1, MAX_RETRIES=0, BACKUP_SCHEDULE="0 0 29 2 *", **settings) as cinema, door(cinema) as client:
            first_backup_over(cinema)
            sold(cinema)
            proxy.expire(moto_aws.keys[0])
            fails_then_heals(cinema, client, "aws_token_expired", proxy.calm)


def test_a_clock_that_is_off_is_corrected(aws, prepared):
    """Ten minutes: more than DynamoDB takes."""
    with Proxy(aws.dynamodb, "dynamodb") as proxy:
        proxy.clock(600)
        with Cinema(BACKUP_SCHEDULE="0 0 29 2 *", **prepared | {"AWS_ENDPOINT_URL_DYNAMODB": proxy.url}) as cinema, door(cinema) as client:
            sold(cinema)
            answer = client.post("/sync/rooms")
            assert answer.status_code == 200 and answer.json()["records_synced"] > 0, answer.text
            assert client.get("/dynamodb/rooms/items").json()["count"] == 3
            assert any(asked.status == 400 for asked in proxy.asked), "the proxy judged by its own clock"


def test_no_room_at_the_server(tmp_path):
    """A full disk under S3: a clear refusal, whole objects or none, and it goes on when there is room."""
    with VersityGW(disk_mb=16) as s3, DynamoDB() as dynamodb:
        aws = Aws()
        aws.servers = {"versitygw": s3, "dynamodb": dynamodb}
        names = aws.fresh()
        setup(aws, names)
        settings = aws.settings() | names
        with Cinema(RETRY_DELAY=1, MAX_RETRIES=0, BACKUP_SCHEDULE="0 0 29 2 *", **settings) as cinema, door(cinema) as client:
            first_backup_over(cinema)
            sold(cinema)
            assert client.post("/backup").status_code == 200
            before = set(objects(aws, names["S3_BUCKET_NAME"], "backups/manifests/"))
            assert len(before) == 1
            s3.fill()
            answer = client.post("/backup")
            assert answer.status_code == 502 and answer.json()["code"] in ("aws_full", "aws_failing"), answer.text
            assert set(objects(aws, names["S3_BUCKET_NAME"], "backups/manifests/")) == before
            s3.empty()
            report = client.post("/backup").json()
            check_backup(objects(aws, names["S3_BUCKET_NAME"]), report["backup"], exports(cinema))
        aws.servers = {}
