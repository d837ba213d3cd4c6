"""The wire format of a deployment that is asked for. Its defaults and bounds are the core's."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from kindred.problem_details import Refusal, invalid_field
from kindred.rollout.deployment import ModelSource
from kindred.rollout.rollout_plan import Engine, InvalidPlan, OnNoData, RolloutPlan
from kindred.rollout.thresholds import InvalidThresholds, Thresholds
from rollout_functions.body_reading import WireIn
from rollout_functions.prediction_requests import EndpointName

_PLAN = RolloutPlan()
_LIMITS = Thresholds()

PackageArn = Annotated[
    str,
    Meta(
        max_length=256,
        pattern=r"^arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:\d{12}:model-package/[a-zA-Z0-9-]+/\d+\Z",
    ),
]
Image = Annotated[str, Meta(max_length=255, pattern=r"^[a-zA-Z0-9][\w.:/@-]*\Z")]
ModelDataUrl = Annotated[
    str, Meta(max_length=1024, pattern=r"^s3://[a-z0-9.-]{3,63}/[\x21-\x7e]+\Z")
]


class ArtefactIn(WireIn, frozen=True):
    """A container's image and its `model.tar.gz`; both have to stay what they are."""

    image: Image
    model_data_url: ModelDataUrl


class ThresholdsIn(WireIn, frozen=True):
    p99_latency_ms: float = _LIMITS.p99_latency_ms
    error_rate: float = _LIMITS.error_rate
    latency_ratio: float = _LIMITS.latency_ratio
    error_rate_difference: float = _LIMITS.error_rate_difference
    latency_tolerance: float = _LIMITS.latency_tolerance
    minimum_requests: int = _LIMITS.minimum_requests
    promotion_requests: int = _LIMITS.promotion_requests
    latency_checks: int = _LIMITS.latency_checks
    latency_checks_of: int = _LIMITS.latency_checks_of
    error_checks: int = _LIMITS.error_checks
    error_checks_of: int = _LIMITS.error_checks_of
    no_data_checks: int = _LIMITS.no_data_checks


class DeploymentIn(WireIn, frozen=True):
    """Either `model_package_arn` or `artefact`."""

    endpoint: EndpointName
    model_package_arn: PackageArn | None = None
    artefact: ArtefactIn | None = None
    engine: Engine = "weights"
    canary_percent: int = _PLAN.canary_percent
    step_percent: int = _PLAN.step_percent
    bake_minutes: int = _PLAN.bake_minutes
    thresholds: ThresholdsIn = ThresholdsIn()
    auto_rollback: bool = _PLAN.auto_rollback
    on_no_data: OnNoData = _PLAN.on_no_data
    maximum_minutes: int | None = None
    dry_run: bool = False


class WishIn(WireIn, frozen=True):
    """Why, for the record; a body is not needed."""

    reason: Annotated[str, Meta(max_length=500)] = ""


def source_of(asked: DeploymentIn) -> ModelSource:
    """Raises Refusal."""
    package, artefact = asked.model_package_arn, asked.artefact
    if package is not None and artefact is None:
        return ModelSource(package_arn=package)
    if artefact is not None and package is None:
        return ModelSource(image=artefact.image, model_data_url=artefact.model_data_url)
    given = "neither" if package is None else "both"
    raise invalid_field(
        "/model_package_arn", f"given {given} of model_package_arn and artefact, allowed one"
    )


def plan_of(asked: DeploymentIn) -> RolloutPlan:
    """Raises Refusal for what is out of the bounds of the plan, the thresholds or the engine."""
    try:
        plan = RolloutPlan(
            canary_percent=asked.canary_percent,
            step_percent=asked.step_percent,
            bake_minutes=asked.bake_minutes,
            thresholds=Thresholds(**msgspec.structs.asdict(asked.thresholds)),
            auto_rollback=asked.auto_rollback,
            on_no_data=asked.on_no_data,
            maximum_minutes=asked.maximum_minutes,
            dry_run=asked.dry_run,
        )
        plan.require_engine(asked.engine)
    except InvalidThresholds as error:
        raise _out_of_bounds("/thresholds/", error) from error
    except InvalidPlan as error:
        raise _out_of_bounds("/", error) from error
    return plan


def _out_of_bounds(below: str, error: ValueError) -> Refusal:
    """The core's message begins with the field's name."""
    name, _, detail = str(error).partition(": ")
    field, _, rest = name.partition(" ")
    return invalid_field(f"{below}{field}", f"{rest}: {detail}" if rest else detail)
