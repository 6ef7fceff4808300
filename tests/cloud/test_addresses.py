"""Where a bucket is asked: its name in the path or in the host's, and in a region that is not the first of all."""

import pytest

from harness.aws import DynamoDB, Moto, S3s, VersityGW, boto
from harness.cinema import Cinema, run
from harness.keeping import exports
from harness.maker import Maker
from test_restore import backup, restore

DOMAIN = "localhost"
KINDS = {"versitygw": lambda: VersityGW(domain=DOMAIN), "s3s": lambda: S3s(domain=DOMAIN), "moto": Moto}


def cloud(s3, dynamodb, name, **more):
    return {
        "AWS_ACCESS_KEY_ID": s3.keys[0],
        "AWS_SECRET_ACCESS_KEY": s3.keys[1],
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL_S3": s3.url,
        "AWS_ENDPOINT_URL_DYNAMODB": dynamodb.url,
        "AWS_EC2_METADATA_DISABLED": "true",
        "S3_BUCKET_NAME": name,
    } | more


@pytest.mark.parametrize("kind", KINDS)
def test_a_bucket_in_the_hosts_name(kind, cinema):
    """There and back; asked for by its path the same server shows what the other address wrote."""
    m = Maker(cinema)
    m.pay(m.book(m.make_showing()))
    m.close()
    want = exports(cinema)
    with KINDS[kind]() as s3, DynamoDB(s3.keys) as dynamodb:
        by_host = cloud(s3, dynamodb, "in-the-name", AWS_ENDPOINT_URL_S3=f"http://{{bucket}}.{DOMAIN}:{s3.port}")
        boto("s3", s3.url, s3.keys).create_bucket(Bucket="in-the-name")
        backup(cinema, by_host)
        with Cinema() as fresh:
            restore(fresh, by_host, "--from", "s3://in-the-name")
            assert exports(fresh) == want
        keys = [o["Key"] for o in boto("s3", s3.url, s3.keys).list_objects_v2(Bucket="in-the-name")["Contents"]]
        assert any(key.startswith("backups/manifests/") for key in keys), keys


def test_only_s3_has_buckets():
    for name, url in (("AWS_ENDPOINT_URL_DYNAMODB", "http://{bucket}.localhost:1"), ("AWS_ENDPOINT_URL_S3", "http://a.{bucket}.localhost:1")):
        done = run("setup", "--plan", AWS_ACCESS_KEY_ID="a", AWS_SECRET_ACCESS_KEY="b", **{name: url})
        assert done.returncode == 2 and f"{name} must be like" in done.stderr, done.stdout + done.stderr


@pytest.mark.parametrize("kind", ("versitygw", "moto"))
def test_a_bucket_in_another_region(kind):
    region = "eu-west-1"
    with (VersityGW(region=region) if kind == "versitygw" else Moto()) as s3, DynamoDB(s3.keys) as dynamodb:
        settings = cloud(s3, dynamodb, "elsewhere", AWS_REGION=region)
        for _ in range(2):
            done = run("setup", **settings)
            assert done.returncode == 0, done.stdout + done.stderr
        place = boto("s3", s3.url, s3.keys, region=region).get_bucket_location(Bucket="elsewhere")
        assert place["LocationConstraint"] == region
