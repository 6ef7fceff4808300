"""What lib/aws does with what AWS answers: tried again or not, how often, by which clock, and what the operator hears."""

import json
import time
from email.utils import formatdate

import pytest

from harness.played import Played, ask, certificate, key_of

KEYS = {"AWS_ACCESS_KEY_ID": "AKIAPLAYED", "AWS_SECRET_ACCESS_KEY": "hush-hush-secret", "AWS_SESSION_TOKEN": "hush-hush-token"}


def refusal(code, message="no"):
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'


def coded(code, message="no"):
    return json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": message})


def first(times, bad, good=(200, "well")):
    """Says `bad` that many times, then `good`."""
    seen = []

    def say(asked):
        seen.append(asked)
        return bad if len(seen) <= times else good

    return say


def s3(folder, say, *commands, **more):
    with Played(say) as server:
        answers, log = ask(folder, *commands, **(KEYS | {"AWS_ENDPOINT_URL_S3": server.url} | more))
        text = json.dumps(answers) + log
        assert "hush" not in text and "AKIAPLAYED" not in text, "a secret is told"
        return answers, server.asked


def dynamodb(folder, say, *commands, **more):
    with Played(say) as server:
        answers, _ = ask(folder, *commands, **(KEYS | {"AWS_ENDPOINT_URL_DYNAMODB": server.url} | more))
        return answers, server.asked


@pytest.mark.parametrize(
    "bad",
    [None, (500, refusal("InternalError")), (503, refusal("SlowDown")), (429, ""), (400, refusal("RequestTimeout")), (503, "<html>")],
)
def test_what_may_help_is_tried_again(tmp_path, bad):
    (answer,), asked = s3(tmp_path, first(2, bad), "ask s3 PUT b /key the body")
    assert answer["status"] == 200 and answer["fault"] == "" and answer["retries"] == 2
    assert [a.body for a in asked] == [b"the body"] * 3 and asked[0].path == "/b/key"


@pytest.mark.parametrize(
    "bad,code",
    [(None, "aws_away"), ((500, refusal("InternalError")), "aws_failing"), ((503, refusal("SlowDown")), "aws_throttled")],
)
def test_tries_have_an_end(tmp_path, bad, code):
    (answer,), asked = s3(tmp_path, first(99, bad), "ask s3 GET b /key")
    assert answer["fault"] == code and len(asked) == 3 and "Amazon S3" in answer["sentence"]
    (answer,), asked = s3(tmp_path, first(99, bad), "once s3 GET b /key")
    assert answer["fault"] == code and len(asked) == 1


@pytest.mark.parametrize(
    "bad,code",
    [
        ((403, refusal("InvalidAccessKeyId")), "aws_denied"),
        ((403, refusal("SignatureDoesNotMatch")), "aws_denied"),
        ((404, refusal("NoSuchBucket")), "bucket_missing"),
        ((404, refusal("NoSuchKey")), "object_missing"),
        ((412, refusal("PreconditionFailed")), "aws_condition_failed"),
        ((404, refusal("NoSuchUpload")), "aws_refused"),
        ((507, ""), "aws_full"),
        ((307, refusal("TemporaryRedirect"), {"Location": "http://169.254.169.254/latest/"}), "aws_refused"),
    ],
)
def test_what_does_not_help_is_not(tmp_path, bad, code):
    (answer,), asked = s3(tmp_path, first(99, bad), "ask s3 GET b /key")
    assert answer["fault"] == code and len(asked) == 1 and answer["status"] == bad[0]
    if "Code" in bad[1]:
        assert answer["refusal"] in bad[1] and answer["refusal"] in answer["sentence"]


@pytest.mark.parametrize(
    "code,ours,tries",
    [
        ("ProvisionedThroughputExceededException", "aws_throttled", 3),
        ("ThrottlingException", "aws_throttled", 3),
        ("ConditionalCheckFailedException", "aws_condition_failed", 1),
        ("ResourceNotFoundException", "table_missing", 1),
        ("UnrecognizedClientException", "aws_denied", 1),
        ("ValidationException", "aws_refused", 1),
    ],
)
def test_dynamodb_refuses(tmp_path, code, ours, tries):
    (answer,), asked = dynamodb(tmp_path, first(99, (400, coded(code))), "ask dynamodb POST - / {}")
    assert answer["fault"] == ours and answer["refusal"] == code and len(asked) == tries
    assert "x-amz-content-sha256" not in asked[0].headers and "/dynamodb/aws4_request" in asked[0].headers["authorization"]


def test_parts_put_together_may_fail_behind_a_200(tmp_path):
    bad = (200, "   \n" + refusal("InternalError"))  # S3 sends white space while it takes long
    (answer,), asked = s3(tmp_path, first(1, bad), "ask s3 POST b /key x")
    assert answer["fault"] == "" and answer["body"] == "well" and len(asked) == 2


def skewed(off_s, code):
    """A service whose clock differs and who says so, until it is asked by its own time."""

    def say(asked):
        theirs = time.time() + off_s
        stamp = asked.headers["x-amz-date"]
        ours = time.mktime(time.strptime(stamp, "%Y%m%dT%H%M%SZ")) - time.timezone
        head = {"Date": formatdate(theirs, usegmt=True)}
        return (200, "well", head) if abs(ours - theirs) < 5 else (403, code and refusal(code), head)

    return say


@pytest.mark.parametrize("code", ["RequestTimeTooSkewed", "RequestExpired", ""])
@pytest.mark.parametrize("off_s", [-3600, 7200])
def test_their_clock_is_taken(tmp_path, off_s, code):
    """Once for all: the second question is signed by it at once."""
    answers, asked = s3(tmp_path, skewed(off_s, code), "ask s3 HEAD b /key", "ask s3 GET b /key", retries=0)
    assert [a["status"] for a in answers] == [200, 200] and len(asked) == 3
    assert abs(answers[0]["clock"] - off_s * 1000) < 3000


def test_many_find_the_clock_off_at_once(tmp_path):
    answers, asked = s3(tmp_path, skewed(7200, "RequestTimeTooSkewed"), "20*s3 GET b /key", "ask s3 GET b /key")
    assert {a["status"] for a in answers} == {200} and len(answers) == 21


def test_a_clock_that_cannot_be_helped(tmp_path):
    (answer,), asked = s3(tmp_path, first(99, (403, refusal("RequestTimeTooSkewed"))), "ask s3 GET b /key")
    assert answer["fault"] == "aws_clock_off" and len(asked) <= 2


def test_dynamodb_tells_the_clock_as_a_signature(tmp_path):
    bad = (400, coded("InvalidSignatureException", "Signature expired: 20130524T000000Z"), {"Date": formatdate(time.time() + 900, usegmt=True)})
    (answer,), asked = dynamodb(tmp_path, first(1, bad), "ask dynamodb POST - / {}")
    assert answer["status"] == 200 and len(asked) == 2


def test_a_token_that_ran_out(tmp_path):
    """Those of the environment cannot be renewed: asked once more, then told."""
    (answer,), asked = s3(tmp_path, first(99, (400, refusal("ExpiredToken"))), "ask s3 GET b /key")
    assert answer["fault"] == "aws_token_expired" and len(asked) == 2


def test_late_and_lost(tmp_path):
    def late(asked):
        time.sleep(12)
        return 200, "too late"

    begun = time.monotonic()
    (answer,), asked = s3(tmp_path, late, "ask s3 GET b /key", retries=0)
    assert answer["fault"] == "aws_away" and "in time" in answer["sentence"] and time.monotonic() - begun < 10
    answers, _ = ask(tmp_path, "ask s3 GET b /key", **KEYS, AWS_ENDPOINT_URL_S3="http://127.0.0.1:1")
    assert answers[0]["fault"] == "aws_away" and answers[0]["requests"] == 3
    answers, _ = ask(tmp_path, "ask s3 GET b /key", **KEYS, AWS_ENDPOINT_URL_S3="http://no-such-host.invalid", retries=0)
    assert answers[0]["fault"] == "aws_away"


def test_connections_are_kept_and_few(tmp_path):
    answers, asked = s3(tmp_path, lambda asked: (200, "x"), *["ask s3 GET b /key"] * 5)
    assert len({a.connection for a in asked}) == 1

    under_way, most = [], []

    def slow(asked):
        under_way.append(1)
        most.append(len(under_way))
        time.sleep(0.2)
        under_way.pop()
        return 200, "x"

    answers, asked = s3(tmp_path, slow, "200*s3 GET b /key")
    assert {a["status"] for a in answers} == {200} and len(asked) == 200
    assert max(most) <= 64 and len({a.connection for a in asked}) <= 70


def test_more_may_not_wait(tmp_path):
    def never(asked):
        time.sleep(0.5)
        return 200, "x"

    answers, asked = s3(tmp_path, never, "1200*s3 GET b /key", retries=0)
    assert sum(a["fault"] == "aws_busy" for a in answers) == 1200 - 64 - 1024


def test_pieces(tmp_path):
    answers, asked = s3(tmp_path, lambda asked: (200, b"x" * 20_000_000), "stream s3 GET b /key", "ask s3 GET b /key")
    assert answers[0]["pieceBytes"] == 20_000_000 and answers[0]["pieces"] > 10 and answers[0]["body"] == ""
    assert answers[1]["fault"] == "aws_strange" and len(asked) == 2


def test_broken_off_in_pieces_is_not_begun_anew(tmp_path):
    half = (200, b"x" * 1000, {"Content-Length": "2000", "Connection": "close"})

    def say(asked):
        return half

    (answer,), asked = s3(tmp_path, say, "stream s3 GET b /key")
    assert answer["fault"] == "aws_away" and answer["pieceBytes"] == 1000 and len(asked) == 1


def test_certificates_are_looked_at(tmp_path):
    own = certificate(tmp_path)
    with Played(lambda asked: (200, "well"), certificate=own) as server:
        where = KEYS | {"AWS_ENDPOINT_URL_S3": server.url}
        (answer,), _ = ask(tmp_path, "ask s3 GET b /key", retries=0, **where)
        assert answer["fault"] == "aws_away" and "certificate" in answer["sentence"] and not server.asked
        answers, _ = ask(tmp_path, "ask s3 GET b /key", "ask s3 PUT b /key body", retries=0, AWS_CA_BUNDLE=own[0], **where)
        assert [a["status"] for a in answers] == [200, 200] and server.asked[1].body == b"body"


@pytest.mark.parametrize("setting", ["s3.example.com", "http://", "ftp://x", "https://x/path", "https://user@x", "http://a b"])
def test_endpoints_that_are_none(tmp_path, setting):
    with pytest.raises(AssertionError, match="AWS_ENDPOINT_URL_S3 must be like"):
        ask(tmp_path, "ask s3 GET b /key", **KEYS, AWS_ENDPOINT_URL_S3=setting)


def test_presigned(tmp_path):
    (url,), _ = ask(tmp_path, "presign GET cinema-data-bucket /a b 60".replace("a b", "a+b"), **KEYS)
    assert url.startswith("https://cinema-data-bucket.s3.us-east-1.amazonaws.com/a%2Bb?X-Amz-Algorithm=AWS4-HMAC-SHA256&")
    (url,), _ = ask(tmp_path, "presign GET with.dots /a 60", **KEYS)
    assert url.startswith("https://s3.us-east-1.amazonaws.com/with.dots/a?")


def test_signed_by_the_key_that_is_set(tmp_path):
    _, asked = s3(tmp_path, lambda asked: (200, "x"), "ask s3 GET b /")
    assert key_of(asked[0]) == "AKIAPLAYED" and asked[0].path == "/b" and asked[0].headers["x-amz-security-token"] == "hush-hush-token"
    assert "expect" not in asked[0].headers and "content-type" not in asked[0].headers
