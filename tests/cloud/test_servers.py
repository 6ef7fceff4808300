"""The stand-ins for AWS are what the other tests take them for: who checks what, and what outlives what."""

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from harness.aws import KEYS, VersityGW, boto

WRONG = "the+secret/of+the/tests+0123456789/abcdeX"


def refused(call, **words):
    """Status and code of a refusal."""
    with pytest.raises(ClientError) as caught:
        call(**words)
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


def table(client, name):
    client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "user_id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": a, "AttributeType": "S"} for a in ("user_id", "email")],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "EmailIndex",
                "KeySchema": [{"AttributeName": "email", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )


def put_and_query(client, name):
    table(client, name)
    client.put_item(TableName=name, Item={"user_id": {"S": "7"}, "email": {"S": "ana@x.example"}, "position": {"N": "12"}})
    found = client.query(
        TableName=name,
        IndexName="EmailIndex",
        KeyConditionExpression="email = :e",
        ExpressionAttributeValues={":e": {"S": "ana@x.example"}},
    )
    assert [item["position"]["N"] for item in found["Items"]] == ["12"]


@pytest.mark.parametrize("which", ["aws", "strict_aws", "moto_aws"])
def test_s3_takes_the_key_it_knows_and_no_other(which, request):
    aws, bucket = request.getfixturevalue(which), "put-and-get"
    s3 = aws.boto("s3")
    s3.create_bucket(Bucket=bucket)
    for key in ("backups/mysql/rooms/20261128_010000_rooms.json", "a key/with (odd) ñ+=&"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"seats" * 1000, ContentType="text/plain", Metadata={"record_count": "3"})
        got = s3.get_object(Bucket=bucket, Key=key)
        assert got["Body"].read() == b"seats" * 1000 and got["Metadata"] == {"record_count": "3"}
    liar = aws.boto("s3", keys=(aws.keys[0], WRONG))
    assert refused(liar.put_object, Bucket=bucket, Key="x", Body=b"x") == (403, "SignatureDoesNotMatch")
    stranger = aws.boto("s3", keys=("AKIANOBODYKNOWSTHIS0", WRONG))
    status, code = refused(stranger.put_object, Bucket=bucket, Key="x", Body=b"x")
    assert (status, code) == (403, "NotSignedUp" if which == "strict_aws" else "InvalidAccessKeyId")


@pytest.mark.parametrize("which", ["aws", "moto_aws"])
def test_dynamodb_keeps_and_finds(which, request):
    aws = request.getfixturevalue(which)
    client = aws.boto("dynamodb")
    put_and_query(client, "users")
    assert refused(
        client.put_item, TableName="users", Item={"user_id": {"S": "7"}}, ConditionExpression="attribute_not_exists(user_id)"
    ) == (400, "ConditionalCheckFailedException")


def test_only_moto_checks_who_asks_dynamodb(aws, moto_aws):
    assert aws.boto("dynamodb", keys=(KEYS[0], WRONG)).list_tables()["TableNames"] is not None
    for keys, said in (((moto_aws.keys[0], WRONG), "SignatureDoesNotMatch"), (KEYS, "InvalidClientTokenId")):
        with pytest.raises(ClientError, match=f"<Code>{said}") as caught:  # in XML, where AWS has JSON
            moto_aws.boto("dynamodb", keys=keys).list_tables()
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_only_moto_tells_of_encryption(aws, moto_aws):
    said = []
    for which in (aws, moto_aws):
        s3 = which.boto("s3")
        s3.create_bucket(Bucket="encrypted")
        s3.put_object(Bucket="encrypted", Key="x", Body=b"x", ServerSideEncryption="AES256")
        said.append(s3.head_object(Bucket="encrypted", Key="x").get("ServerSideEncryption"))
    assert said == [None, "AES256"]


def test_killed_and_started_again_they_have_what_they_took(own_aws):
    s3, client, names = own_aws.boto("s3"), own_aws.boto("dynamodb"), own_aws.fresh()
    bucket, users = names["S3_BUCKET_NAME"], names["DYNAMODB_USERS_TABLE"]
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=bucket, Key="a/b", Body=b"kept", Metadata={"record_count": "3"})
    put_and_query(client, users)
    for n in range(200):
        client.put_item(TableName=users, Item={"user_id": {"S": f"u{n}"}})
    own_aws.s3.kill()
    own_aws.dynamodb.kill()
    with pytest.raises(EndpointConnectionError):
        s3.head_object(Bucket=bucket, Key="a/b")
    own_aws.s3.start()
    own_aws.dynamodb.start()
    got = s3.get_object(Bucket=bucket, Key="a/b")
    assert got["Body"].read() == b"kept" and got["Metadata"] == {"record_count": "3"}
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert client.scan(TableName=users, Select="COUNT")["Count"] == 201


def test_paused_they_are_silent(own_aws):
    for server, service, operation in ((own_aws.s3, "s3", "list_buckets"), (own_aws.dynamodb, "dynamodb", "list_tables")):
        patient, hasty = own_aws.boto(service), own_aws.boto(service, read_timeout=1)
        getattr(patient, operation)()
        server.pause()
        with pytest.raises(ReadTimeoutError):
            getattr(hasty, operation)()
        server.resume()
        getattr(patient, operation)()


def test_a_full_disk_of_s3():
    with VersityGW(disk_mb=16) as server:
        s3 = boto("s3", server.url, server.keys)
        s3.create_bucket(Bucket="full")
        s3.put_object(Bucket="full", Key="before", Body=b"x" * 100_000)
        parts = s3.create_multipart_upload(Bucket="full", Key="parts")["UploadId"]
        server.fill(leave_kb=512)
        full = (507, "InsufficientStorage")
        assert refused(s3.put_object, Bucket="full", Key="large", Body=b"x" * 1_000_000) == full
        assert refused(s3.upload_part, Bucket="full", Key="parts", UploadId=parts, PartNumber=1, Body=b"x" * 5_000_000) == full
        assert [o["Key"] for o in s3.list_objects_v2(Bucket="full")["Contents"]] == ["before"], "nothing half is there"
        server.fill()
        assert refused(s3.put_object, Bucket="full", Key="small", Body=b"x" * 10) == full
        assert refused(s3.create_multipart_upload, Bucket="full", Key="more") == (500, "InternalError")  # where AWS has no such case
        assert len(s3.get_object(Bucket="full", Key="before")["Body"].read()) == 100_000
        server.empty()
        s3.put_object(Bucket="full", Key="large", Body=b"x" * 1_000_000)
