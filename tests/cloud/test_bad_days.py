"""S3 and DynamoDB on a bad day, as lib/aws sees them: what was begun is finished, or nothing of it is left."""

import hashlib
import urllib.parse

import pytest

from harness.awsproxy import Proxy
from harness.played import Played, ask

MIB = 1024 * 1024
LENGTH = 20 * MIB + 7
BODY = bytes(n % 251 for n in range(251)) * (LENGTH // 251 + 1)


@pytest.fixture
def shop(aws, tmp_path):
    """A bucket and a table, and a proxy in front of each."""

    class Shop:
        bucket, table = (aws.fresh()[name] for name in ("S3_BUCKET_NAME", "DYNAMODB_MOVIES_TABLE"))
        s3, dynamodb = aws.boto("s3"), aws.boto("dynamodb")

        def run(self, *commands):
            settings = aws.settings(self.at_s3.url, self.at_dynamodb.url)
            answers, _ = ask(tmp_path, *commands, tool="try_stores", timeout=120, **settings)
            return answers[0] if len(commands) == 1 else answers

        def uploads_left(self):
            return self.s3.list_multipart_uploads(Bucket=self.bucket).get("Uploads", [])

        def keys(self):
            return [o["Key"] for o in self.s3.list_objects_v2(Bucket=self.bucket).get("Contents", [])]

        def items(self):
            pages = self.dynamodb.get_paginator("scan").paginate(TableName=self.table)
            return sorted(int(i["movie_id"]["S"]) for page in pages for i in page["Items"])

    one = Shop()
    one.s3.create_bucket(Bucket=one.bucket)
    one.dynamodb.create_table(
        TableName=one.table,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "movie_id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "movie_id", "AttributeType": "S"}],
    )
    with Proxy(aws.s3) as one.at_s3, Proxy(aws.dynamodb, "dynamodb") as one.at_dynamodb:
        yield one


def is_end(request):
    """Parts are to be put together."""
    return request.method == "POST" and "uploadId" in request.query


def is_part(number):
    return lambda request: request.query.get("partNumber") == str(number)


def test_a_part_that_fails_for_good_leaves_nothing(shop):
    shop.at_s3.fail("InternalError", when=is_part(2))
    answer = shop.run(f"upload {shop.bucket} long {LENGTH}")
    assert answer["fault"] == "aws_failing" and shop.keys() == [] and shop.uploads_left() == []


def test_parts_are_sent_again(shop):
    shop.at_s3.fail("SlowDown", count=1, when=is_part(1))
    shop.at_s3.cut("request", at=MIB, count=1, when=is_part(2))
    shop.at_s3.cut("answer", at=0, count=1, when=is_part(3))
    answer = shop.run(f"upload {shop.bucket} long {LENGTH}")
    assert answer["fault"] == "" and answer["count"] == LENGTH and shop.uploads_left() == []
    whole = shop.s3.get_object(Bucket=shop.bucket, Key="long")["Body"].read()
    assert hashlib.sha256(whole).digest() == hashlib.sha256(BODY[:LENGTH]).digest()


def parts_played(there):
    """An S3 that loses its first answer to parts being put together, then knows their upload no more; `there`: the object's ETag and
    length by their MD5s and lengths. No stand-in does so: VersityGW and moto put them together once more, s3s-fs denies all."""
    parts, ended = {}, []

    def say(asked):
        query = dict(urllib.parse.parse_qsl(asked.path.partition("?")[2], keep_blank_values=True))
        if "uploads" in query:
            return 200, "<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>"
        if asked.method == "PUT":
            sum_ = hashlib.md5(asked.body)
            parts[int(query["partNumber"])] = (sum_.digest(), len(asked.body))
            return 200, "", {"ETag": f'"{sum_.hexdigest()}"'}
        if asked.method == "POST":
            ended.append(asked)
            return None if len(ended) == 1 else (404, "<Error><Code>NoSuchUpload</Code><Message>no</Message></Error>")
        if asked.method == "HEAD":
            etag, length = there([parts[n] for n in sorted(parts)])
            return 200, "", {"ETag": etag, "Content-Length": str(length)}
        return 204, ""

    return say


def put_together(parts):
    return f'"{hashlib.md5(b"".join(s for s, _ in parts)).hexdigest()}-{len(parts)}"', sum(length for _, length in parts)


@pytest.mark.parametrize("theirs", [None, (1, '"abc-3"'), (5, None)])
def test_parts_that_were_put_together_unheard(tmp_path, theirs):
    """What is there now must be what was sent, else it is a fault."""

    def there(parts):
        etag, length = put_together(parts)
        return (theirs[1] or etag, length + theirs[0] - 1) if theirs else (etag, length)

    keys = {"AWS_ACCESS_KEY_ID": "AKIAPLAYED", "AWS_SECRET_ACCESS_KEY": "hush"}
    with Played(parts_played(there)) as server:
        (answer,), _ = ask(tmp_path, f"upload bucket long {LENGTH}", tool="try_stores", AWS_ENDPOINT_URL_S3=server.url, **keys)
        aborted = [a for a in server.asked if a.method == "DELETE"]
    if theirs:
        assert answer["fault"] == "aws_refused" and "NoSuchUpload" in answer["sentence"] and len(aborted) == 1
    else:
        assert answer["fault"] == "" and answer["etag"].endswith('-3"') and answer["count"] == LENGTH and aborted == []


def test_parts_are_put_together_once(shop):
    shop.at_s3.cut("answer", at=0, count=1, when=is_end)
    answer = shop.run(f"upload {shop.bucket} long {LENGTH}")
    assert answer["fault"] == "" and shop.keys() == ["long"] and shop.uploads_left() == []
    assert answer["etag"] == shop.s3.head_object(Bucket=shop.bucket, Key="long")["ETag"]
    assert len([a for a in shop.at_s3.asked if is_end(a)]) == 2


def test_parts_that_cannot_be_put_together_leave_nothing(shop):
    shop.at_s3.fail("InternalError", when=is_end)
    answer = shop.run(f"upload {shop.bucket} long {LENGTH}")
    assert answer["fault"] == "aws_failing" and shop.keys() == [] and shop.uploads_left() == []


def test_what_cannot_be_taken_back_is_swept(shop):
    shop.at_s3.fail("InternalError", when=lambda request: is_end(request) or request.method == "DELETE")
    assert shop.run(f"upload {shop.bucket} long {LENGTH}")["fault"] == "aws_failing"
    assert len(shop.uploads_left()) == 1
    shop.at_s3.calm()
    answer = shop.run(f"sweep {shop.bucket}")
    assert (answer["fault"], answer["count"], shop.uploads_left()) == ("", 1, [])


def test_a_stream_that_is_cut_anywhere_goes_on(shop):
    shop.s3.put_object(Bucket=shop.bucket, Key="long", Body=BODY[:LENGTH])
    shop.at_s3.cut("answer", share=0.7, when=lambda request: request.method == "GET")
    for _ in range(3):
        answer = shop.run(f"stream {shop.bucket} long")
        assert (answer["fault"], answer["count"], answer["wrong"]) == ("", LENGTH, False)
    asked = [a for a in shop.at_s3.asked if a.method == "GET"]
    assert len(asked) > 3 and all("if-match" in a.headers for a in asked)


def test_a_stream_of_what_changed_meanwhile_ends(shop):
    shop.s3.put_object(Bucket=shop.bucket, Key="long", Body=BODY[:LENGTH])
    seen = []

    def first(request):
        if request.method == "GET":
            seen.append(request)
            if len(seen) == 2:
                shop.s3.put_object(Bucket=shop.bucket, Key="long", Body=b"another" * MIB)
        return request.method == "GET" and len(seen) == 1

    shop.at_s3.cut("answer", at=MIB, when=first)
    answer = shop.run(f"stream {shop.bucket} long")
    assert answer["fault"] == "aws_condition_failed" and answer["count"] <= MIB and not answer["wrong"]


def test_memory_is_that_of_the_parts_on_their_way(shop):
    small, large = shop.run(f"upload {shop.bucket} long {25 * MIB}", f"upload {shop.bucket} long {100 * MIB}")
    assert (small["fault"], large["fault"], large["count"]) == ("", "", 100 * MIB)
    assert large["grownKb"] < 16 * 1024, f"{small} {large}"


def test_a_list_and_its_deletion_are_asked_again(shop):
    for n in range(7):
        shop.s3.put_object(Bucket=shop.bucket, Key=f"a/{n}", Body=b"x")
    shop.s3.put_object(Bucket=shop.bucket, Key="b", Body=b"x")
    shop.at_s3.cut("answer", count=1, when=lambda request: "list-type" in request.query)
    shop.at_s3.fail("InternalError", count=1, when=lambda request: "delete" in request.query, after=True)
    answer = shop.run(f"delete {shop.bucket} a/")
    assert (answer["fault"], answer["count"], shop.keys()) == ("", 7, ["b"])


def test_what_a_batch_leaves_is_sent_again(shop):
    shop.at_dynamodb.leave(0.5, share=0.9)
    answer = shop.run(f"batch {shop.table} 60")
    assert answer["fault"] == "" and shop.items() == list(range(60))
    assert len(shop.at_dynamodb.asked) > 3


def test_a_batch_that_is_never_taken_ends(shop):
    shop.at_dynamodb.leave(1)
    answer = shop.run(f"batch {shop.table} 25")
    assert answer["fault"] == "aws_throttled" and len(shop.at_dynamodb.asked) == 10


def test_a_guarded_put_whose_answer_is_lost(shop):
    """The second try finds it there: not taken, and yet it is what lies there."""
    shop.at_dynamodb.cut("answer", at=0, count=1, when=lambda request: request.operation == "PutItem")
    answer = shop.run(f"newer {shop.table} 7 12")
    assert answer["fault"] == "" and answer["taken"] is False
    item = shop.dynamodb.get_item(TableName=shop.table, Key={"movie_id": {"S": "7"}})["Item"]
    assert item == {"movie_id": {"S": "7"}, "position": {"N": "12"}}
