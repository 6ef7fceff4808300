"""Where lib/aws finds its credentials, in which order, and when it looks again: the environment, STS, AWS's files, a container's
endpoint and a machine's, each played by its documented protocol."""

import json
import time
from contextlib import ExitStack
from urllib.parse import parse_qs

import pytest

from harness.played import Played, ask, expires, handed_out, key_of

ASK = "ask s3 GET b /key"
ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "AKIAENVIRONMENT", "AWS_SECRET_ACCESS_KEY": "hush"}
ROLES = "/latest/meta-data/iam/security-credentials/"


class House:
    """S3 that takes everybody, and any of those who hand out credentials."""

    def __init__(self, folder):
        self.folder, self.open = folder, ExitStack()
        self.say_s3 = lambda asked: (200, "well")
        self.s3 = self.play(lambda asked: self.say_s3(asked))
        self.settings = {"AWS_ENDPOINT_URL_S3": self.s3.url}

    def play(self, say):
        return self.open.enter_context(Played(say))

    def container(self, say, **more):
        server = self.play(say)
        self.settings |= {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{server.url}/role"} | more
        return server

    def machine(self, keys, token=lambda asked: (200, "the-token"), roles=lambda asked: (200, "the role")):
        def say(asked):
            if asked.method == "PUT":
                return token(asked)
            if asked.headers.get("x-aws-ec2-metadata-token") != "the-token":
                return 401, "no token"
            return roles(asked) if asked.path == ROLES else keys(asked)

        server = self.play(say)
        self.settings |= {"AWS_EC2_METADATA_SERVICE_ENDPOINT": server.url, "AWS_EC2_METADATA_DISABLED": ""}
        return server

    def identity(self, say):
        token = self.folder / "identity"
        token.write_text("the.identity.token\n")
        server = self.play(say)
        self.settings |= {
            "AWS_WEB_IDENTITY_TOKEN_FILE": token,
            "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/cinema",
            "AWS_ENDPOINT_URL_STS": server.url,
        }
        return server

    def files(self, credentials="", config=""):
        at = self.folder / ".aws"
        at.mkdir(exist_ok=True)
        for name, text in (("credentials", credentials), ("config", config)):
            (at / name).write_text(text)

    def ask(self, *commands, **more):
        answers, log = ask(self.folder, *commands, **(self.settings | more))
        told = json.dumps(answers) + log
        assert "secret-of" not in told and "token-of" not in told and "hush" not in told and "identity.token" not in told
        return answers, log

    def keys(self):
        return [key_of(a) for a in self.s3.asked]


@pytest.fixture
def house(tmp_path):
    made = House(tmp_path)
    with made.open:
        yield made


def assumed(key="ASIAWEB", in_s=3600):
    return (
        '<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>'
        f"<Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>secret-of-{key}</SecretAccessKey>"
        f"<SessionToken>token-of-{key}</SessionToken><Expiration>{expires(in_s)}</Expiration></Credentials>"
        "</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"
    )


# --- each source ---


def test_nothing_anywhere(house):
    (answer,), _ = house.ask(ASK)
    assert answer["fault"] == "aws_no_credentials" and answer["status"] == 0 and not house.s3.asked


def test_environment_by_half(house):
    (answer,), _ = house.ask(ASK, AWS_ACCESS_KEY_ID="AKIAHALF")
    assert answer["fault"] == "aws_no_credentials" and "AWS_SECRET_ACCESS_KEY" in answer["sentence"] and "HALF" not in answer["sentence"]
    (answer,), _ = house.ask(ASK, AWS_ACCESS_KEY_ID="AKIA\r\nX: y", AWS_SECRET_ACCESS_KEY="hush")
    assert answer["fault"] == "aws_no_credentials" and not house.s3.asked


def test_files(house):
    shared = "[default]\naws_access_key_id = AKIAFILE\naws_secret_access_key = hush\n[other]\naws_access_key_id=AKIAOTHER\naws_secret_access_key=hush\n"
    house.files(shared, "[profile third]\naws_access_key_id=AKIATHIRD\naws_secret_access_key=hush\naws_session_token=hush-t\n")
    house.ask(ASK)
    house.ask(ASK, AWS_PROFILE="other")
    house.ask(ASK, AWS_PROFILE="third")
    assert house.keys() == ["AKIAFILE", "AKIAOTHER", "AKIATHIRD"]
    assert house.s3.asked[2].headers["x-amz-security-token"] == "hush-t"
    (answer,), _ = house.ask(ASK, AWS_PROFILE="fourth")
    assert answer["fault"] == "aws_no_credentials" and "fourth" in answer["sentence"]
    elsewhere = house.folder / "elsewhere"
    elsewhere.write_text(shared.replace("AKIAFILE", "AKIAELSEWHERE"))
    house.ask(ASK, AWS_SHARED_CREDENTIALS_FILE=elsewhere)
    assert house.keys()[3] == "AKIAELSEWHERE"


def test_profiles_that_are_not_ours(house):
    house.files(config="[default]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = y\n")
    (answer,), _ = house.ask(ASK)
    assert answer["fault"] == "aws_no_credentials" and "source_profile" in answer["sentence"]


def test_profile_with_a_web_identity(house):
    server = house.identity(lambda asked: (200, assumed()))
    token = house.settings.pop("AWS_WEB_IDENTITY_TOKEN_FILE")
    house.files(config=f"[default]\nrole_arn = {house.settings.pop('AWS_ROLE_ARN')}\nweb_identity_token_file = {token}\n")
    house.ask(ASK)
    assert house.keys() == ["ASIAWEB"] and len(server.asked) == 1


def test_container(house):
    server = house.container(lambda asked: (200, handed_out()), AWS_CONTAINER_AUTHORIZATION_TOKEN="Basic hush")
    house.ask(ASK, ASK)
    assert house.keys() == ["ASIAPLAYED"] * 2 and house.s3.asked[0].headers["x-amz-security-token"] == "token-of-ASIAPLAYED"
    assert [(a.method, a.path, a.headers["authorization"]) for a in server.asked] == [("GET", "/role", "Basic hush")]


def test_container_token_is_read_each_time(house):
    file = house.folder / "token"
    file.write_text("hush-one\n")

    def say(asked):
        file.write_text("hush-two")
        return 200, handed_out(in_s=3)

    server = house.container(say, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=file)
    house.ask(ASK, "sleep 2000", ASK)
    assert [a.headers["authorization"] for a in server.asked] == ["hush-one", "hush-two"]
    file.write_text("two\nlines")
    (answer,), _ = house.ask(ASK)
    assert answer["fault"] == "aws_no_credentials" and len(server.asked) == 2


@pytest.mark.parametrize("say", [None, (500, ""), (404, "{}"), (200, "<html>"), (200, '{"AccessKeyId":"A"}')])
def test_container_that_gives_none(house, say):
    """It was set, so the machine's are not taken instead."""
    machine = house.machine(lambda asked: (200, handed_out("ASIAMACHINE")))
    server = house.container(lambda asked: say)
    (answer,), _ = house.ask(ASK)
    assert answer["fault"] == "aws_no_credentials" and "container" in answer["sentence"] and not machine.asked
    assert len(server.asked) == (3 if say is None or say[0] == 500 else 1)


def test_container_elsewhere_is_not_asked(house):
    (answer,), _ = house.ask(ASK, AWS_CONTAINER_CREDENTIALS_FULL_URI="http://example.com/role")
    assert answer["fault"] == "aws_no_credentials" and "https" in answer["sentence"]


def test_machine(house):
    server = house.machine(lambda asked: (200, handed_out("ASIAMACHINE")))
    house.ask(ASK, ASK)
    assert house.keys() == ["ASIAMACHINE"] * 2
    assert [(a.method, a.path) for a in server.asked] == [("PUT", "/latest/api/token"), ("GET", ROLES), ("GET", f"{ROLES}the%20role")]
    assert server.asked[0].headers["x-aws-ec2-metadata-token-ttl-seconds"] == "21600" and server.asked[0].headers["content-length"] == "0"


@pytest.mark.parametrize("token,roles", [((403, ""), (200, "role")), ((200, "the-token"), (404, "")), ((200, "the-token"), (200, ""))])
def test_machine_without_a_role(house, token, roles):
    house.machine(lambda asked: (200, handed_out()), lambda asked: token, lambda asked: roles)
    (answer,), _ = house.ask(ASK)
    assert answer["fault"] == "aws_no_credentials" and "No credentials" in answer["sentence"]


def test_machine_that_is_none(house):
    """Nobody answers there: two tries of a second, and then it is not asked for every question again."""
    server = house.machine(lambda asked: None, lambda asked: time.sleep(3))
    begun = time.monotonic()
    answers, _ = house.ask(ASK, ASK, ASK)
    assert {a["fault"] for a in answers} == {"aws_no_credentials"} and time.monotonic() - begun < 10
    assert len(server.asked) == 2


def test_machine_is_switched_off(house):
    server = house.machine(lambda asked: (200, handed_out()))
    (answer,), _ = house.ask(ASK, AWS_EC2_METADATA_DISABLED="true")
    assert answer["fault"] == "aws_no_credentials" and not server.asked


def test_web_identity(house):
    server = house.identity(lambda asked: (200, assumed()))
    house.ask(ASK, ASK)
    (asked,) = server.asked
    form = {k: v[0] for k, v in parse_qs(asked.body.decode()).items()}
    assert form == {
        "Action": "AssumeRoleWithWebIdentity",
        "Version": "2011-06-15",
        "RoleArn": "arn:aws:iam::123456789012:role/cinema",
        "RoleSessionName": "taquilla",
        "WebIdentityToken": "the.identity.token",
    }
    assert asked.method == "POST" and asked.path == "/" and "authorization" not in asked.headers and "the.identity.token" not in asked.path
    assert house.keys() == ["ASIAWEB"] * 2


def test_web_identity_is_refused(house):
    bad = "<ErrorResponse><Error><Code>InvalidIdentityToken</Code><Message>the.identity.token</Message></Error></ErrorResponse>"
    server = house.identity(lambda asked: (400, bad))
    (answer,), _ = house.ask(ASK)
    assert answer["fault"] == "aws_no_credentials" and "InvalidIdentityToken" in answer["sentence"] and len(server.asked) == 1
    (answer,), _ = house.ask(ASK, AWS_WEB_IDENTITY_TOKEN_FILE=house.folder / "nowhere")
    assert answer["fault"] == "aws_no_credentials" and len(server.asked) == 1


# --- their order ---


def test_the_order(house):
    """Each is taken away after it was used: the next of AWS's order steps in."""
    house.machine(lambda asked: (200, handed_out("ASIAMACHINE")))
    house.container(lambda asked: (200, handed_out("ASIACONTAINER")))
    house.files("[default]\naws_access_key_id = AKIAFILE\naws_secret_access_key = hush\n")
    house.identity(lambda asked: (200, assumed()))
    house.ask(ASK, **ENVIRONMENT)
    house.ask(ASK)
    del house.settings["AWS_WEB_IDENTITY_TOKEN_FILE"]
    house.ask(ASK)
    house.files()
    house.ask(ASK)
    del house.settings["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
    house.ask(ASK)
    assert house.keys() == ["AKIAENVIRONMENT", "ASIAWEB", "AKIAFILE", "ASIACONTAINER", "ASIAMACHINE"]


# --- renewal ---


def counted(in_s, after=None):
    """Another key each time, ASIA1 ASIA2 ..., that holds for in_s seconds; after so many no more."""
    given = []

    def say(asked):
        if after is not None and len(given) >= after:
            return 500, ""
        given.append(asked)
        return 200, handed_out(f"ASIA{len(given)}", in_s)

    return say


def test_renewed_before_they_run_out(house):
    """Less than five minutes are left: it is time, at half of what is left."""
    server = house.container(counted(4))
    house.ask(ASK, "sleep 2200", ASK, "sleep 2200", ASK)
    assert house.keys() == ["ASIA1", "ASIA2", "ASIA3"] and len(server.asked) == 3


def test_those_with_time_are_not_renewed(house):
    server = house.container(counted(3600))
    house.ask(*[ASK, "sleep 300"] * 5)
    assert house.keys() == ["ASIA1"] * 5 and len(server.asked) == 1


def test_one_looks_for_all(house):
    def slow(asked):
        time.sleep(0.5)
        return 200, handed_out()

    server = house.container(slow)
    answers, _ = house.ask("40*s3 GET b /key")
    assert {a["status"] for a in answers} == {200} and len(answers) == 40 and len(server.asked) == 1


def test_old_ones_serve_while_they_hold(house):
    """The renewal fails: told once, and every question is answered by the old ones until they run out."""
    house.container(counted(8, after=1))
    answers, log = house.ask(ASK, "sleep 4500", ASK, ASK, "sleep 4500", ASK)
    assert [a["fault"] for a in answers] == ["", "", "", "aws_no_credentials"] and house.keys() == ["ASIA1"] * 3
    assert log.count("aws_renewal_failed") == 1


def test_a_token_that_aws_finds_expired(house):
    """AWS says so before the time that was told: renewed at once, by one for all, and the question is asked again."""
    server = house.container(counted(3600))
    expired = '<Error><Code>ExpiredToken</Code><Message>no</Message></Error>'
    house.say_s3 = lambda asked: (400, expired) if key_of(asked) == "ASIA1" else (200, "well")
    answers, _ = house.ask("20*s3 GET b /key")
    assert {a["status"] for a in answers} == {200} and len(server.asked) == 2
    assert set(house.keys()) == {"ASIA1", "ASIA2"}


def test_a_token_that_head_cannot_tell_expired(house):
    """An answer to HEAD has no body: S3 says 400 and no more."""
    server = house.container(counted(3600))
    house.say_s3 = lambda asked: (400, "") if key_of(asked) == "ASIA1" else (200, "")
    (answer,), _ = house.ask("ask s3 HEAD b /key")
    assert answer["status"] == 200 and len(server.asked) == 2 and house.keys() == ["ASIA1", "ASIA2"]


def test_handed_out_when_they_had_run_out(house):
    """The machine's service has troubles, or our clock is wrong: AWS is let to judge, and they are asked for again only later."""
    server = house.machine(lambda asked: (200, handed_out("ASIAOLD", -3600)))
    answers, _ = house.ask(ASK, ASK)
    assert [a["fault"] for a in answers] == ["", ""] and house.keys() == ["ASIAOLD"] * 2 and len(server.asked) == 3
