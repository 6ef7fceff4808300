"""Stand-ins for AWS, started once for all who share them; a bucket and tables of its own for each test."""

import pytest

from harness.aws import Aws
from harness.cinema import Cinema


def running(*names):
    with Aws(*names) as aws:
        yield aws


@pytest.fixture(scope="session")
def aws():
    """VersityGW and DynamoDB Local: for whoever does not kill them."""
    yield from running()


@pytest.fixture(scope="session")
def strict_aws():
    """s3s-fs and moto: they see what those let pass, a wrong signature at DynamoDB for one."""
    yield from running("s3s", "moto")


@pytest.fixture(scope="session")
def moto_aws():
    """moto alone, for sessions and for what S3 answers about encryption."""
    yield from running("moto", "moto")


@pytest.fixture
def own_aws():
    """VersityGW and DynamoDB Local that this test may kill."""
    yield from running()


@pytest.fixture
def names(request, aws):
    """The settings of a bucket and tables of this test."""
    return aws.fresh()


@pytest.fixture
def bucket(aws, names):
    """Its bucket, made."""
    aws.boto("s3").create_bucket(Bucket=names["S3_BUCKET_NAME"])
    return names["S3_BUCKET_NAME"]


@pytest.fixture
def settings(aws, names, bucket):
    """The settings of a cinema with that bucket."""
    return aws.settings() | names


@pytest.fixture
def cinema():
    """One without a cloud of its own."""
    with Cinema() as opened:
        yield opened
