"""What stands between a cinema and AWS's stand-ins breaks what it is told to, as AWS would, and passes on everything else."""

import datetime
import time

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from harness.awsproxy import REFUSALS, Proxy

BODY = bytes(range(256)) * 4000


@pytest.fixture
def proxy(aws):
    with Proxy(aws.s3) as proxy:
        yield proxy


@pytest.fixture
def s3(aws, proxy):
    return aws.boto("s3", url=proxy.url)


@pytest.fixture
def bucket(aws):
    name = aws.fresh()["S3_BUCKET_NAME"]
    aws.boto("s3").create_bucket(Bucket=name)
    return name


@pytest.fixture
def tables(aws):
    with Proxy(aws.dynamodb, "dynamodb") as proxy:
        client, name = aws.boto("dynamodb", url=proxy.url), aws.fresh()["DYNAMODB_ROOMS_TABLE"]
        client.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "room_id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "room_id", "AttributeType": "N"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield proxy, client, name


def refused(call, **words):
    with pytest.raises(ClientError) as caught:
        call(**words)
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


def statuses(proxy):
    return [(r.method, r.status, r.fault) for r in proxy.asked]


def test_untouched_it_passes_everything_on(aws, proxy, s3, bucket):
    """Signatures too: the server sees the Host that was signed."""
    s3.put_object(Bucket=bucket, Key="a key/with ñ+=&", Body=BODY, Metadata={"record_count": "3"})
    got = s3.get_object(Bucket=bucket, Key="a key/with ñ+=&")
    assert got["Body"].read() == BODY and got["Metadata"] == {"record_count": "3"}
    assert s3.get_object(Bucket=bucket, Key="a key/with ñ+=&", Range="bytes=5-9")["Body"].read() == BODY[5:10]
    begun = s3.create_multipart_upload(Bucket=bucket, Key="parts")["UploadId"]
    part = s3.upload_part(Bucket=bucket, Key="parts", UploadId=begun, PartNumber=1, Body=BODY)
    s3.complete_multipart_upload(
        Bucket=bucket, Key="parts", UploadId=begun, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    )
    assert s3.head_object(Bucket=bucket, Key="parts")["ContentLength"] == len(BODY)
    s3.delete_object(Bucket=bucket, Key="parts")
    assert [o["Key"] for o in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["a key/with ñ+=&"]
    liar = aws.boto("s3", url=proxy.url, keys=(aws.keys[0], "wrong"))
    assert refused(liar.get_object, Bucket=bucket, Key="parts") == (403, "SignatureDoesNotMatch")
    assert all(fault is None for _, _, fault in statuses(proxy))


@pytest.mark.parametrize("code", sorted(REFUSALS["s3"]))
def test_refusals_of_s3(code, proxy, s3, bucket):
    proxy.fail(code, count=2)
    for _ in range(2):
        assert refused(s3.put_object, Bucket=bucket, Key="x", Body=BODY) == (REFUSALS["s3"][code][0], code)
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket), "the server was not asked"
    s3.put_object(Bucket=bucket, Key="x", Body=BODY)


@pytest.mark.parametrize("code", sorted(REFUSALS["dynamodb"]))
def test_refusals_of_dynamodb(code, tables):
    proxy, client, name = tables
    proxy.fail(code, count=1, when=lambda request: request.operation == "PutItem")
    assert client.scan(TableName=name)["Count"] == 0
    status = REFUSALS["dynamodb"][code][0]
    assert refused(client.put_item, TableName=name, Item={"room_id": {"N": "1"}}) == (status, code)
    assert client.scan(TableName=name)["Count"] == 0
    client.put_item(TableName=name, Item={"room_id": {"N": "1"}})


def test_a_share_of_all(proxy, s3, bucket):
    proxy.fail("SlowDown", share=0.3)
    failed = 0
    for _ in range(100):
        try:
            s3.list_objects_v2(Bucket=bucket)
        except ClientError:
            failed += 1
    assert 10 <= failed <= 55
    proxy.calm()
    for _ in range(20):
        s3.list_objects_v2(Bucket=bucket)


def test_done_and_refused_all_the_same(proxy, s3, bucket):
    proxy.fail("InternalError", after=True)
    assert refused(s3.put_object, Bucket=bucket, Key="x", Body=BODY) == (500, "InternalError")
    assert s3.get_object(Bucket=bucket, Key="x")["Body"].read() == BODY


@pytest.mark.parametrize("at", [0, 1000, None])
def test_cut_in_the_request(at, proxy, s3, bucket):
    proxy.cut("request", at=at)
    with pytest.raises(BotoCoreError):
        s3.put_object(Bucket=bucket, Key="x", Body=BODY)
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


@pytest.mark.parametrize("at", [0, 1000, None])
def test_cut_in_the_answer(at, proxy, s3, bucket):
    s3.put_object(Bucket=bucket, Key="x", Body=BODY)
    proxy.cut("answer", at=at)
    with pytest.raises(BotoCoreError):
        s3.get_object(Bucket=bucket, Key="x")["Body"].read()
    proxy.cut("answer", at=0, when=lambda request: request.method == "PUT")
    with pytest.raises(BotoCoreError):
        s3.put_object(Bucket=bucket, Key="y", Body=BODY)
    assert s3.get_object(Bucket=bucket, Key="y")["Body"].read() == BODY, "it was done, only nobody was told"


def test_slow(proxy, s3, bucket):
    proxy.slow(1)
    started = time.monotonic()
    s3.list_objects_v2(Bucket=bucket)
    assert 1 <= time.monotonic() - started < 3


def test_keys_that_ran_out(aws, proxy, s3, tables, bucket):
    proxy.expire(aws.keys[0])
    assert refused(s3.list_objects_v2, Bucket=bucket) == (400, "ExpiredToken")
    proxy.give_back(aws.keys[0])
    s3.list_objects_v2(Bucket=bucket)
    proxy, client, name = tables
    proxy.expire(aws.keys[0])
    assert refused(client.scan, TableName=name) == (400, "ExpiredTokenException")


def test_part_of_a_batch_stays_behind(tables):
    proxy, client, name = tables
    proxy.leave(0.4, count=1)
    batch = {name: [{"PutRequest": {"Item": {"room_id": {"N": str(n)}}}} for n in range(25)]}
    left = client.batch_write_item(RequestItems=batch)["UnprocessedItems"]
    assert len(left[name]) == 10 and client.scan(TableName=name)["Count"] == 15
    assert not client.batch_write_item(RequestItems=left)["UnprocessedItems"]
    assert client.scan(TableName=name)["Count"] == 25


@pytest.fixture
def signed_in(monkeypatch):
    """Signs as if so many seconds had passed."""

    def shift(seconds):
        def now(remove_tzinfo=True):
            when = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds)
            return when.replace(tzinfo=None) if remove_tzinfo else when

        monkeypatch.setattr("botocore.auth.get_current_datetime", now)

    return shift


def test_a_clock_that_differs(moto_aws, signed_in):
    bucket = moto_aws.fresh()["S3_BUCKET_NAME"]
    with Proxy(moto_aws.s3) as proxy:
        s3 = moto_aws.boto("s3", url=proxy.url)
        s3.create_bucket(Bucket=bucket)
        for ahead in (3600, -3600):
            proxy.clock(ahead)
            signed_in(0)
            with pytest.raises(ClientError) as caught:
                s3.list_objects_v2(Bucket=bucket)
            answer = caught.value.response
            assert answer["Error"]["Code"] == "RequestTimeTooSkewed" and answer["ResponseMetadata"]["HTTPStatusCode"] == 403
            theirs = datetime.datetime.strptime(answer["ResponseMetadata"]["HTTPHeaders"]["date"], "%a, %d %b %Y %H:%M:%S GMT")
            ours = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
            assert abs((theirs - ours).total_seconds() - ahead) < 5
            signed_in(ahead)
            good = s3.put_object(Bucket=bucket, Key="x", Body=b"x")["ResponseMetadata"]["HTTPHeaders"]["date"]
            assert abs((datetime.datetime.strptime(good, "%a, %d %b %Y %H:%M:%S GMT") - ours).total_seconds() - ahead) < 5


def test_a_clock_that_differs_at_dynamodb(tables, signed_in):
    proxy, client, name = tables
    proxy.clock(600)
    assert refused(client.scan, TableName=name) == (400, "InvalidSignatureException")
    signed_in(600)
    client.scan(TableName=name)


def test_versitygw_has_a_clock_of_its_own(aws, signed_in, bucket):
    signed_in(3600)
    assert refused(aws.boto("s3").list_objects_v2, Bucket=bucket) == (403, "RequestTimeTooSkewed")
