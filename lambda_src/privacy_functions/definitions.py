"""The definitions as people wrote them, from where the experiments service puts its copy."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

import boto3

from kindred_aws.definition_store import SOURCE, DefinitionStore


def source_definitions() -> Mapping[str, Any]:
    """`{"definitions": {"experiments", "flags", "saved_groups", ...}}`; empty before the first."""
    store = DefinitionStore(boto3.client("s3"), os.environ["DEFINITIONS_BUCKET"], key=SOURCE)
    fetched = store.fetch(None)
    return fetched.payload if fetched else {}


def hashed_attributes() -> Iterable[str]:
    """By which experiments know their units; `id` where none says otherwise."""
    experiments = source_definitions().get("definitions", {}).get("experiments", ())
    named = {
        each.get(name) for each in experiments for name in ("hash_attribute", "fallback_attribute")
    }
    return sorted({"id", *(each for each in named if each)})
