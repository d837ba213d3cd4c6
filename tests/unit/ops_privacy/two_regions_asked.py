"""An environment of two regions in memory: stores of both, and the functions that forget there."""

import base64
import io
import json
import os
from dataclasses import asdict
from datetime import UTC, datetime
from unittest.mock import patch

import boto3
from botocore.exceptions import EndpointConnectionError

from kindred.privacy.forgetting import Passed, names_of
from ops.deployed_stage import NotDeployed
from privacy_functions import forget_records
from tests.pseudonyms import SecretFake, pseudonym
from tests.unit.aws.lake import LakeFake
from tests.unit.aws.two_regions import FIRST, REPLICA, SECOND, SOURCE

HERS, ANOTHERS = pseudonym("anna"), pseudonym("bert")
GATHERED = "gathered-while-it-served"
EVENT, FAILED = "events/day=2026-11-20/1", "failed/1"
LOGS = {FIRST: "logs-here", SECOND: "logs-there"}
SETTINGS = {
    "ARCHIVE_FAILED_PREFIX": "failed/",
    "ARCHIVE_FIRST_DAY": f"{datetime.now(UTC):%Y-%m-01}",
    "ARCHIVE_DAYS": "365",
    "ATHENA_WORKGROUP": "kindred-prod",
    "EVENTS_DATABASE": "kindred_prod_events",
    "EVENTS_TABLE": "events",
    "EVENT_COLUMNS": "unit_id",
    "DEAD_LETTER_QUEUE_URLS": "https://queue",
}
OF_REGION = {
    FIRST: {
        "REQUEST_LOG_TABLE": "request_log",
        "LEDGER_TABLE": "ledger",
        "ARCHIVE_BUCKET": SOURCE,
        "TRAINING_BUCKET": SOURCE,
        "DATA_CAPTURE_PREFIX": "data-capture/",
        "REPLICA_REGION": SECOND,
        "ARCHIVE_REPLICA_BUCKET": REPLICA,
        "ARCHIVE_EVENTS_PREFIX": "events/",
        "TRAINING_REPLICA_BUCKET": REPLICA,
    },
    SECOND: {"ARCHIVE_BUCKET": GATHERED},
}
# What lies in a bucket is gone through; all else is empty here, and tested where it is.
IN_BUCKETS = {
    *("event archive", "events not archived", "captured requests"),
    *("copies of the event archive", "copies of captured requests"),
}


def always(question):
    return True


def never(question):
    return False


class Functions:
    """Of one region, under its settings; `answers` decides which questions it hears."""

    def __init__(self, region):
        given = {"AWS_REGION": region, "AWS_DEFAULT_REGION": region}
        self.settings = {**SETTINGS, **OF_REGION[region], **given}
        self.answers = always

    def invoke(self, *, FunctionName, Payload):
        question = json.loads(Payload)
        if not self.answers(question):
            raise EndpointConnectionError(endpoint_url="https://lambda")
        with patch.dict(os.environ, self.settings):
            if FunctionName == "ForgetInsideFunctionName":
                answer = {"stores": {}}
            elif question.get("store", "event archive") in IN_BUCKETS:
                answer = forget_records.handler(question, None)
            else:
                answer = asdict(Passed())
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}


class Lake(LakeFake):
    def __init__(self, *, client, workgroup):
        bucket, names = os.environ["ARCHIVE_BUCKET"], names_of("anna", SecretFake().current)
        super().__init__(boto3.client("s3"), bucket=bucket, names=names)


class Place:
    """Both regions of an environment, and how much of each answers."""

    def __init__(self, regions):
        self.regions = regions
        self.functions = {region: Functions(region) for region in (FIRST, SECOND)}
        self.lost = None
        there = {"CreateBucketConfiguration": {"LocationConstraint": SECOND}}
        regions.there.create_bucket(Bucket=GATHERED, **there)
        enabled = {"Status": "Enabled"}
        regions.there.put_bucket_versioning(Bucket=GATHERED, VersioningConfiguration=enabled)
        regions.here.create_bucket(Bucket=LOGS[FIRST])
        regions.there.create_bucket(Bucket=LOGS[SECOND], **there)
        both = f"{HERS}\n{ANOTHERS}".encode()
        regions.put(EVENT, both)
        regions.there.put_object(Bucket=GATHERED, Key=EVENT, Body=both)
        regions.there.put_object(Bucket=GATHERED, Key=FAILED, Body=undelivered(HERS, ANOTHERS))

    def output(self, stage, stack, name):
        """By which both regions are told apart: the command asks for the stacks of each."""
        assert stage.before == ("Standby" if stage.region == SECOND else "")
        if stage.region == self.lost:
            raise NotDeployed(f"the outputs of stack {stack} cannot be read in {stage.region}")
        return LOGS[stage.region] if name == "LogsBucketName" else name

    def kept(self, region):
        client = self.regions.here if region == FIRST else self.regions.there
        listed = client.list_objects_v2(Bucket=LOGS[region]).get("Contents", [])
        bodies = [client.get_object(Bucket=LOGS[region], Key=each["Key"]) for each in listed]
        return [json.loads(each["Body"].read()) for each in bodies]

    def held(self, bucket):
        """All that is in any version of any object."""
        client = self.regions.here if bucket == SOURCE else self.regions.there
        listed = client.list_object_versions(Bucket=bucket).get("Versions", [])
        asked = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in listed]
        bodies = [client.get_object(Bucket=bucket, **each)["Body"].read() for each in asked]
        return b"\n".join(bodies).decode()


def undelivered(*units):
    raw = [base64.b64encode(json.dumps({"unit_id": each}).encode()).decode() for each in units]
    return b"".join(json.dumps({"rawData": each}).encode() + b"\n" for each in raw)
