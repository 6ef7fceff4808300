"""A migration to DynamoDB as a script by boto3 makes it: exports of the three owners, rows made into items, batch_writer; one thread.

boto_migrate.py URLS TOKEN TABLES, the first and the last as JSON by name. Prints the seconds that it took, without its start, and items."""

import json
import os
import sys
import time
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import boto3  # noqa: E402
from harness.copied import expected  # noqa: E402


class Owners:
    def __init__(self, urls, token):
        self.urls, self.service_token = urls, token

    def url(self, service):
        return self.urls[service]


def main(urls, token, tables):
    dynamodb = boto3.resource("dynamodb", endpoint_url=os.environ["AWS_ENDPOINT_URL_DYNAMODB"])
    began, count = time.monotonic(), 0
    for name, items in expected(Owners(json.loads(urls), token)).items():
        with dynamodb.Table(json.loads(tables)[name]).batch_writer() as writer:
            for item in items.values():
                if name == "movies":  # boto3 takes no float
                    item = {k: Decimal(str(v)) if isinstance(v, float) else v for k, v in item.items()}
                writer.put_item(Item=item)
                count += 1
    print(time.monotonic() - began, count)


main(*sys.argv[1:])
