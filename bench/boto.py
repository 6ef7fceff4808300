"""What cloud.c does, by boto3 as people use it: boto.py batch|writer|put|upload FILE TABLE THREADS, or upload FILE BUCKET KEY.

batch: batch_write_item with the very batches; writer: the resource's batch_writer; the items are read before the clock runs."""

import json
import os
import sys
import threading
import time

import boto3
from boto3.dynamodb.types import TypeDeserializer
from boto3.s3.transfer import TransferConfig
from botocore.config import Config

GUARD = {
    "ConditionExpression": "attribute_not_exists(#position) OR #position < :position",
    "ExpressionAttributeNames": {"#position": "position"},
    "ExpressionAttributeValues": {":position": {"N": "1"}},
}
PART_BYTES, AT_ONCE = 8 << 20, 3  # those of lib/aws/s3.h


def main(what, file, place, more):
    config = Config(max_pool_connections=64, s3={"addressing_style": "path"})
    if what == "upload":
        s3 = boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL_S3"], config=config)
        transfer = TransferConfig(multipart_threshold=PART_BYTES, multipart_chunksize=PART_BYTES, max_concurrency=AT_ONCE)
        began = time.monotonic()
        s3.upload_file(file, place, more, Config=transfer, ExtraArgs={"ServerSideEncryption": "AES256"})
        return time.monotonic() - began
    items = [json.loads(line) for line in open(file)]
    client = boto3.client("dynamodb", config=config)
    if what == "writer":
        read = TypeDeserializer().deserialize
        items = [{name: read(value) for name, value in item.items()} for item in items]
        table = boto3.resource("dynamodb", config=config).Table(place)
        began = time.monotonic()
        with table.batch_writer() as writer:
            for item in items:
                writer.put_item(Item=item)
        return time.monotonic() - began
    step = 25 if what == "batch" else 1
    works, lock = iter(range(0, len(items), step)), threading.Lock()

    def send():
        while True:
            with lock:
                first = next(works, None)
            if first is None:
                return
            if what == "put":
                client.put_item(TableName=place, Item=items[first], **GUARD)
                continue
            left = {place: [{"PutRequest": {"Item": item}} for item in items[first : first + step]]}
            while left:
                left = client.batch_write_item(RequestItems=left)["UnprocessedItems"]

    threads = [threading.Thread(target=send) for _ in range(int(more))]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.monotonic() - began


print(main(*sys.argv[1:]))
