"""Tasks that share a database, a Valkey and a bucket, each of which can go away."""

import contextlib
import io
import json
import uuid

from aws_lambda_powertools import Logger

from experiments_service.publication.channel import Channel
from experiments_service.publication.handover import Handover
from experiments_service.publication.publisher import Publisher
from kindred.experiments.engine.context import Context
from kindred_aws.unit_cache import connect
from tests.service.experiments.evaluation_fixtures import definitions, flag


class DatabaseFake:
    """What every task loads its definitions from."""

    def __init__(self, given):
        self.definitions, self.broken, self.loads = given, False, 0

    async def load(self):
        self.loads += 1
        if self.broken:
            raise OSError("the database is gone")
        return self.definitions


class BucketFake:
    """One object, as `DefinitionStore` keeps it."""

    def __init__(self):
        self.revision, self.payload, self.broken = -1, None, False

    def publish(self, payload, *, revision):
        if self.broken:
            raise OSError("the bucket is gone")
        if revision >= self.revision:
            self.revision, self.payload = revision, json.loads(json.dumps(payload))

    def fetch(self, etag):
        if self.broken:
            raise OSError("the bucket is gone")
        return None if self.payload is None else self


class World:
    """Tasks that share a database, a Valkey and a bucket."""

    def __init__(self, port, given, *, cluster=False):
        self.port, self.cluster = port, cluster
        self.database = DatabaseFake(given)
        self.payloads, self.copies = BucketFake(), BucketFake()
        self.log = io.StringIO()
        self.clients = []

    def task(self, *, poll_seconds=60.0, clock=None):
        client = connect(host="127.0.0.1", port=self.port, tls=False, cluster=self.cluster)
        self.clients.append(client)
        return Publisher(
            load=self.database.load,
            channel=Channel(client, ttl_seconds=60),
            handover=Handover(payloads=self.payloads, copies=self.copies),
            poll_seconds=poll_seconds,
            logger=Logger(service=f"test-{uuid.uuid4()}", stream=self.log),
            **({"clock": clock} if clock else {}),
        )

    async def close(self):
        for client in self.clients:
            await client.aclose()


@contextlib.asynccontextmanager
async def running(world, *tasks):
    for task in tasks:
        await task.start()
    try:
        yield
    finally:
        for task in tasks:
            await task.stop()
        await world.close()


def banner(task):
    return task.current.evaluate_flag("banner", Context({"id": "u"})).value


def runs(task, key):
    return task.current.run_experiment(key, Context({"id": "u"})).in_experiment


def serving(value, revision):
    return definitions(revision, flags=(flag("banner", default_value=value),))
