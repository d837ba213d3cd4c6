"""Forgets a unit in what only the VPC reaches: Valkey, and OpenSearch where there is one."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from typing import Any

import boto3
from redis import Redis, RedisCluster

from kindred.privacy.forgetting import Names, Passed
from kindred_aws.forgotten_documents import ForgottenDocuments
from kindred_aws.forgotten_keys import ForgottenKeys
from privacy_functions.definitions import hashed_attributes
from privacy_functions.forgetting import Stores, answer

_TIMEOUT_SECONDS = 5.0


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    return answer(event, _stores())


def _stores() -> Stores:
    search = {"search index": _documents} if os.environ.get("OPENSEARCH_ENDPOINT") else {}
    return {"cache": _keys, **search}


def _keys(names: Names, remove: bool, _cursor: str | None) -> Passed:
    keys = ForgottenKeys(
        client=_cache(), experiments=_embedding_experiments, attributes=hashed_attributes
    )
    return keys.go_through(names, remove=remove)


def _cache() -> Redis | RedisCluster:
    """The password is read each time: it may have been changed."""
    answer = boto3.client("secretsmanager").get_secret_value(
        SecretId=os.environ["CACHE_SECRET_ARN"]
    )
    kind = RedisCluster if os.environ["VALKEY_CLUSTER_MODE"] == "true" else Redis
    return kind(
        host=os.environ["VALKEY_HOST"],
        port=int(os.environ["VALKEY_PORT"]),
        username=os.environ["VALKEY_USERNAME"],
        password=json.loads(answer["SecretString"])["password"],
        ssl=True,
        socket_timeout=_TIMEOUT_SECONDS,
        socket_connect_timeout=_TIMEOUT_SECONDS,
    )


def _embedding_experiments() -> Iterable[str]:
    pages = (
        boto3.client("dynamodb")
        .get_paginator("scan")
        .paginate(TableName=os.environ["EXPERIMENTS_TABLE"])
    )
    return sorted(item["experiment_id"]["S"] for page in pages for item in page["Items"])


def _documents(names: Names, remove: bool, _cursor: str | None) -> Passed:
    credentials = boto3.Session().get_credentials()
    assert credentials is not None
    documents = ForgottenDocuments(
        os.environ["OPENSEARCH_ENDPOINT"],
        prefix=os.environ["OPENSEARCH_INDEX_PREFIX"],
        region=os.environ["AWS_REGION"],
        credentials=credentials,
        # As every client of botocore reads it.
        ca_bundle=os.environ.get("AWS_CA_BUNDLE"),
    )
    return documents.go_through(names, remove=remove)
