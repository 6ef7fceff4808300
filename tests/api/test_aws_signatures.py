"""Signature Version 4 by AWS's published test suite: for each request the canonical request, the string to sign and the signature."""

import re
import subprocess

from harness import aws_vectors
from harness.cinema import program

PLACE = ("us-east-1", "service", "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
SUITE_MIN = 34  # requests of the pinned version: fewer means that something was not unpacked


def wanted(request, kind):
    return request.with_suffix(kind).read_bytes().replace(b"\r", b"").decode()


def token_of(request):
    """The suite leaves it to the signer to add the session's token; what it should be stands in the canonical request."""
    in_request = re.search(r"(?im)^x-amz-security-token:", request.read_text())
    found = re.search(r"(?m)^x-amz-security-token:(.*)$", wanted(request, ".creq"))
    return [found[1]] if found and not in_request else []


def signed(request):
    tool = program().parent.parent / "lib" / "aws" / "try_sign"
    text = request.read_bytes().replace(b"\r", b"")
    done = subprocess.run([tool, *PLACE, *token_of(request)], input=text, capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode().split("\0")


def test_published_suite():
    """All of it applies: paths made plain, values folded over lines, headers that come twice, UTF-8, session tokens before and after."""
    requests = aws_vectors.requests()
    assert len(requests) >= SUITE_MIN
    problems = []
    for request in requests:
        for kind, got in zip((".creq", ".sts", ".authz"), signed(request)):
            if got != wanted(request, kind):
                problems.append(f"{request.stem}{kind}: got\n{got}\nwanted\n{wanted(request, kind)}")
    assert not problems, "\n".join(problems)
