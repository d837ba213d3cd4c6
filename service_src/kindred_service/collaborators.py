"""What an application is made with."""

from __future__ import annotations

from dataclasses import dataclass

from aws_lambda_powertools import Logger

from kindred_aws.unit_cache import UnitCache
from kindred_service.arms import Arms
from kindred_service.interactions import Interactions
from kindred_service.metrics import ServiceMetrics
from kindred_service.query import QueryResolver
from kindred_service.recorder import Recorder


@dataclass(frozen=True, slots=True, kw_only=True)
class Collaborators:
    service_name: str
    resolver: QueryResolver
    arms: Arms
    cache: UnitCache
    recorder: Recorder
    interactions: Interactions
    metrics: ServiceMetrics
    logger: Logger
