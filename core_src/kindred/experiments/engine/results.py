"""What an evaluation answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

Source = str


class BanditLeaf(NamedTuple):
    """The part of a contextual bandit that set the weights; `leaf_id` -1 is none of its own."""

    leaf_id: int
    weights: Sequence[float]
    version: int | None


# Named tuples: immutable, and made in a quarter of the time that a frozen dataclass takes.
class ExperimentResult(NamedTuple):
    """`key` is the variation's. `bucket` in [0, 1) is None when no hash decided.

    A unit that is not `in_experiment` has the first variation's value. `hash_value` is the
    attribute as it was given, "" when missing. `sticky_document` is what has to be stored so that
    the unit stays in its variation; None when nothing changed.
    """

    experiment_key: str
    key: str
    variation_id: int
    value: Any
    in_experiment: bool
    hash_used: bool
    hash_attribute: str
    hash_value: Any
    bucket: float | None = None
    name: str | None = None
    feature_id: str | None = None
    sticky_used: bool = False
    passthrough: bool = False
    bandit: BanditLeaf | None = None
    sticky_document: Mapping[str, Any] | None = None


class FlagResult(NamedTuple):
    """`source` says why: defaultValue, force, experiment, prerequisite, cyclicPrerequisite,
    override or unknownFeature. `experiment` is the experiment's definition as it was evaluated.
    `tracks` are the exposures that a rule carries with its value.
    """

    key: str
    value: Any
    on: bool
    source: Source
    rule_id: str = ""
    experiment: Mapping[str, Any] | None = None
    assignment: ExperimentResult | None = None
    tracks: tuple[Mapping[str, Any], ...] = ()

    @property
    def experiment_key(self) -> str | None:
        return None if self.experiment is None else str(self.experiment["key"])


class Redirect(NamedTuple):
    """`url` as the variation names it; `url_with_params` with the query to go to."""

    assignment: ExperimentResult
    url: str
    url_with_params: str


def is_on(value: Any) -> bool:
    """Whether a flag's value switches on: all but null, false, zero and the empty string."""
    return value is not None and value is not False and value != 0 and value != ""
