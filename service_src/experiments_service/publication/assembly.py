"""The publisher of a running task, from its settings and clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger
from redis.asyncio import Redis, RedisCluster

from experiments_service.collaborators import Sessions
from experiments_service.database.definitions import load_definitions
from experiments_service.publication.channel import Channel
from experiments_service.publication.handover import Handover
from experiments_service.publication.publisher import Publisher
from experiments_service.settings import Settings
from kindred.experiments.definitions import Definitions
from kindred_aws.definition_store import SOURCE, DefinitionStore

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


def create_publisher(
    settings: Settings,
    *,
    sessions: Sessions,
    valkey: Redis | RedisCluster,
    s3: S3Client,
    logger: Logger,
) -> Publisher:
    """`sessions` are the writer's: a reader may not yet have what was just announced."""

    async def load() -> Definitions:
        async with sessions() as session:
            return await load_definitions(session)

    bucket = settings.definitions_bucket
    return Publisher(
        load=load,
        channel=Channel(valkey, ttl_seconds=settings.cache.ttl_seconds),
        handover=Handover(
            payloads=DefinitionStore(s3, bucket),
            copies=DefinitionStore(s3, bucket, key=SOURCE),
        ),
        poll_seconds=settings.cache.ttl_seconds,
        logger=logger,
    )
