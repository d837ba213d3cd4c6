"""A unit's variation, and the exposure that goes with it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

from experiments_service.publication.published import Published
from kindred.experiments.definitions import Experiment
from kindred.experiments.engine.context import Context
from kindred.experiments.engine.results import ExperimentResult
from kindred.experiments.events import LARGEST_VALUE, Exposure, new_event_id
from kindred.experiments.segments import segment_values
from kindred.experiments.unit_ids import LONGEST_UNIT
from kindred_service.wire import Number, WireIn

ExperimentKey = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
UnitId = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_UNIT)]
EventId = Annotated[str, StringConstraints(min_length=16, max_length=36)]


class AssignIn(WireIn):
    """`unit_id` is the experiment's hash attribute; `event_id` makes the exposure count once,
    however often the assignment is asked for. `covariate` is the unit's value of the metric from
    before the experiment. `url` is the page, for experiments that run on some pages only.
    """

    experiment_key: ExperimentKey
    unit_id: UnitId
    attributes: Annotated[dict[str, Any], Field(max_length=100)] = {}  # noqa: RUF012
    url: Annotated[str, StringConstraints(max_length=2_048)] = ""
    event_id: EventId | None = None
    covariate: Annotated[Number, Field(ge=-LARGEST_VALUE, le=LARGEST_VALUE)] | None = None


class ExposureOut(BaseModel):
    """`retry`: the stream did not take it; send it to `track` under the same id."""

    event_id: str
    status: Literal["accepted", "retry"]


class AssignOut(BaseModel):
    """Outside the experiment the variation is what everybody else is shown, and no exposure."""

    experiment_key: str
    unit_id: str
    variation: str
    value: Any
    in_experiment: bool
    exposure: ExposureOut | None


def attributes_of(experiment: Experiment, given: AssignIn) -> dict[str, Any]:
    """The unit is what the experiment hashes, whatever else is said of it."""
    return {"id": given.unit_id, **given.attributes, experiment.hash_attribute: given.unit_id}


def assign(
    published: Published, experiment: Experiment, context: Context
) -> ExperimentResult | None:
    """None when the experiment does not take the unit."""
    if experiment.key not in published.snapshot.experiment_keys:
        return None
    result = published.snapshot.run_experiment(experiment.key, context)
    return result if result.in_experiment else None


def shown(experiment: Experiment, result: ExperimentResult | None) -> tuple[str, Any]:
    """Key and value of the variation that the unit is to see."""
    key = result.key if result else experiment.released or experiment.control.key
    variation = next(each for each in experiment.variations if each.key == key)
    if variation.redirect_url is not None:
        return key, {"urlRedirect": variation.redirect_url}
    return key, variation.value


def exposure_of(
    experiment: Experiment, given: AssignIn, result: ExperimentResult, *, now: datetime
) -> Exposure:
    """With the declared segments, as far as the attributes have them."""
    return Exposure(
        event_id=given.event_id or new_event_id(),
        occurred_at=now,
        unit_id=given.unit_id,
        experiment_id=experiment.key,
        variation=result.key,
        segments=segment_values(experiment.segments, given.attributes),
        covariate=given.covariate,
    )
