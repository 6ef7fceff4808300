"""The places where AWS's machines find their keys, asked by AWS's own client; what they hand out is good at the stand-ins."""

import datetime
import time
import urllib.error
import urllib.request

import boto3
import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from harness.awskeys import Container, Keys, Machine, Sts, nobody
from harness.awsproxy import Proxy

PLAYERS = {"container": Container, "machine": Machine, "web identity": Sts}
METHODS = {"container": "container-role", "machine": "iam-role", "web identity": "assume-role-with-web-identity"}


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    """No keys in the environment nor in a home."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_METADATA_SERVICE_TIMEOUT", "20")  # seconds; boto3's one is too few for a busy machine

    def told(settings):
        for name, value in settings.items():
            monkeypatch.setenv(name, value)

    return told


@pytest.fixture(params=list(PLAYERS))
def player(request, moto_aws, nowhere):
    with PLAYERS[request.param](Keys(moto_aws.s3)) as player:
        player.kind = request.param
        nowhere(nobody(moto_aws.settings()) | player.settings())
        yield player


def client(service, url):
    config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
    return boto3.Session(region_name="us-east-1").client(service, endpoint_url=url, config=config)


def test_boto3_finds_them_and_they_are_good(player, moto_aws):
    found = botocore.session.Session().get_credentials()
    assert found.method == METHODS[player.kind] and found.access_key in player.keys.handed
    assert found.get_frozen_credentials().token
    s3, bucket = client("s3", moto_aws.s3.url), moto_aws.fresh()["S3_BUCKET_NAME"]
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="x", Body=b"x")
    assert client("dynamodb", moto_aws.dynamodb.url).list_tables()["TableNames"] is not None
    key, secret, _ = moto_aws.s3.session()
    with pytest.raises(ClientError) as caught:
        moto_aws.boto("s3", keys=(key, secret), token="wrong").list_objects_v2(Bucket=bucket)
    assert caught.value.response["Error"]["Code"] == "InvalidToken"


def test_after_their_end_they_are_refused_and_new_ones_taken(player, moto_aws):
    player.keys.lives_s = 5
    with Proxy(moto_aws.s3, keys=player.keys) as proxy:
        client("s3", proxy.url).list_buckets()
        key, end = next(iter(player.keys.handed.items()))
        time.sleep(end - time.time() + 0.1)
        with pytest.raises(ClientError) as caught:
            moto_aws.boto("s3", url=proxy.url, keys=(key, "whatever")).list_buckets()
        assert caught.value.response["Error"]["Code"] == "ExpiredToken"
        client("s3", proxy.url).list_buckets()  # another session, which asks anew: boto3 itself goes on with those of a machine
        assert len(player.keys.handed) >= 2


def test_it_refuses_and_heals(player):
    player.refuse(503, count=1)
    with pytest.raises(urllib.error.HTTPError, match="503"):
        urllib.request.urlopen(player.url)
    assert player.asked == [("GET", "/")]
    assert botocore.session.Session().get_credentials().access_key


def test_whoever_does_not_know_the_secret_gets_nothing(moto_aws, nowhere):
    keys = Keys(moto_aws.s3)

    def status(url, method="GET", **headers):
        try:
            asked = urllib.request.Request(url, method=method, headers={n.replace("_", "-"): v for n, v in headers.items()})
            return urllib.request.urlopen(asked).status
        except urllib.error.HTTPError as refusal:
            return refusal.code

    with Container(keys) as player:
        address = player.url + player.PATH
        assert [status(address), status(address, Authorization="x"), status(address, Authorization=player.token)] == [401, 401, 200]
        old = player.token
        player.rotate()
        assert status(address, Authorization=old) == 401
    with Machine(keys) as player:
        address, tokens = player.url + player.PATH, player.url + "/latest/api/token"
        assert [status(address), status(tokens), status(tokens, "PUT")] == [401, 405, 400]
        ttl = {player.TTL: "1"}
        token = urllib.request.urlopen(urllib.request.Request(tokens, method="PUT", headers=ttl)).read().decode()
        assert status(address, X_aws_ec2_metadata_token=token) == 200
        time.sleep(1.1)
        assert status(address, X_aws_ec2_metadata_token=token) == 401
    with Sts(keys) as player:
        nowhere(nobody(moto_aws.settings()) | player.settings())
        first = player.token
        player.rotate()
        player.file.write_text(first)
        for token, code in ((first, "ExpiredTokenException"), ("made up", "InvalidIdentityToken")):
            player.file.write_text(token)
            with pytest.raises(ClientError, match=code):
                botocore.session.Session().get_credentials().access_key


def test_versitygw_knows_no_token(aws):
    """Its own keys are handed out without one."""
    given = Keys(aws.s3).new()
    assert given["Token"] == "" and datetime.datetime.fromisoformat(given["Expiration"]) > datetime.datetime.now(datetime.UTC)
    keys = given["AccessKeyId"], given["SecretAccessKey"]
    aws.boto("s3", keys=keys).list_buckets()
    with pytest.raises(ClientError) as caught:
        aws.boto("s3", keys=keys, token="any").list_buckets()
    assert caught.value.response["Error"]["Code"] == "InvalidToken"
